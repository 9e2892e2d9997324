/* Singular values, and the rotation nearest to a matrix. Not for public headers. */
#ifndef FAISS_PROCRUSTES_H
#define FAISS_PROCRUSTES_H

#include <stddef.h>

#include <faiss/impl/error.h>

/** The singular value decomposition U S V^T of an m x n matrix, m >= n; all column by column.
 *
 * The signs of the columns of U and V are LAPACK's choice.
 * @param a   is overwritten
 * @param u   output, m x n
 * @param vt  output, n x n
 */
FaissStatus faiss_svd (size_t m, size_t n, double *a, double *u, double *vt);

/** U V^T of the singular value decomposition U S V^T of a matrix: of all matrices with orthonormal
 * rows the one that maximises the sum of the products of entries (Schönemann 1966).
 *
 * @param matrix  rows x columns, row by row, rows <= columns
 * @param out     the same size, row by row; may be the matrix itself
 */
FaissStatus faiss_nearest_rotation (size_t rows, size_t columns, const float *matrix, float *out);

#endif
