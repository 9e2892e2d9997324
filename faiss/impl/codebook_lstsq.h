/* The best codebooks for given codes: linear least squares. Not for public headers.
 *
 * The unknowns are the rows of all codebooks. The matrix of the problem has M ones in each row: it
 * is never written down, the normal equations are sums over the codes.
 */
#ifndef FAISS_CODEBOOK_LSTSQ_H
#define FAISS_CODEBOOK_LSTSQ_H

#include <stddef.h>
#include <stdint.h>

#include <faiss/impl/error.h>

typedef struct FaissCodebookProblem {
    size_t n, d, M;
    const uint64_t *offsets; ///< size M + 1: the first row of each codebook
    const int32_t *codes;    ///< n rows of M numbers of codebook rows
    const float *x;          ///< n rows of d
} FaissCodebookProblem;

/** The shortest solution, as by a singular value decomposition of the matrix of the problem.
 *
 * @param rcond      singular values below rcond times the largest are taken for zero
 * @param codebooks  output, offsets[M] rows of d
 */
FaissStatus faiss_codebook_least_squares (const FaissCodebookProblem *problem, double rcond,
                                          float *codebooks);

/// The solution of least squares with a penalty: lambda times the squared norms of all rows.
FaissStatus faiss_codebook_ridge (const FaissCodebookProblem *problem, double lambda,
                                  float *codebooks);

/// The sum of the squared errors of some codebooks. @param out  a float, as sums of floats are
FaissStatus faiss_codebook_error (const FaissCodebookProblem *problem, const float *codebooks,
                                  float *out);

#endif
