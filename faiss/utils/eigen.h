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

/// The same as by dsyevd: faster for large matrices, with other signs and, of equal values, others.
FaissStatus faiss_symmetric_eigen_divide (size_t n, double *a, double *values);

/** a = Q T Q^T with a tridiagonal T, as by LAPACK's dsytrd.
 *
 * @param a    the upper triangle; reflections replace it, of which dorgtr makes Q
 * @param d    T's diagonal, size n
 * @param e    what is beside it, size n
 * @param tau  of the reflections, size n
 */
FaissStatus faiss_tridiagonalize (size_t n, double *a, double *d, double *e, double *tau);

#endif
