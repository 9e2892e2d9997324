/* Exact k-means of numbers. */
#ifndef FAISS_KMEANS1D_H
#define FAISS_KMEANS1D_H

#include <stddef.h>

#include <faiss/MetricType.h>

FAISS_BEGIN_DECLS

/** The k-means of n numbers with the smallest possible objective, by dynamic programming.
 *
 * Time O(nclusters * n), memory the same. Where there are fewer distinct values than clusters some
 * centroids are equal.
 * @param x          n finite numbers in any order
 * @param nclusters  1 .. n
 * @param centroids  output, size nclusters, ascending; x itself if nclusters = n
 * @param imbalance  output, the imbalance factor (0 if nclusters = n); may be NULL
 */
FaissStatus faiss_kmeans1d (const float *x, size_t n, size_t nclusters, float *centroids,
                            double *imbalance);

/** The column of the minimum of each row of a totally monotone matrix (Aggarwal et al. 1987).
 *
 * @param x        size nrows * ncols
 * @param argmins  output, size nrows, the first column among equals
 */
FaissStatus faiss_smawk (idx_t nrows, idx_t ncols, const float *x, idx_t *argmins);

FAISS_END_DECLS

#endif
