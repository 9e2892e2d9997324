/* Eigenvectors of symmetric matrices. Not for public headers. */
#ifndef FAISS_EIGEN_H
#define FAISS_EIGEN_H

#include <stddef.h>

#include <faiss/impl/error.h>

/** What LAPACK's dsyev computes, in pieces between which the caller may ask for the end.
 *
 * @param a       the upper triangle, column by column, size n * n; the eigenvectors replace it
 * @param values  in ascending order, size n
 */
FaissStatus faiss_symmetric_eigen (size_t n, double *a, double *values);

#endif
