/* The second half of a k-means iteration: from an assignment to new centroids.
 * Not for public headers. */
#ifndef FAISS_CLUSTERING_UPDATE_H
#define FAISS_CLUSTERING_UPDATE_H

#include <faiss/Clustering.h>

/** Sums of the points of each cluster, and the buffers to make them.
 *
 * The sums are taken in the order of the points, one thread per cluster, so that the threads do not
 * show in the result. The first k_frozen clusters are not summed.
 */
typedef struct FaissClusterSums {
    size_t d, k, k_frozen;
    float *sums;    ///< borrowed, size k * d: the centroids to be
    float *hassign; ///< number of points, or sum of their weights, per cluster; 0 if frozen
    int64_t *sizes; ///< number of points per cluster
    int *order;     ///< the points of a block, sorted by cluster
    int64_t *begin; ///< where a cluster begins in `order`, size k + 1
} FaissClusterSums;

/// @param block  the largest number of points added at a time
FaissStatus faiss_ClusterSums_init (FaissClusterSums *self, size_t d, size_t k, size_t k_frozen,
                                    idx_t block);
void faiss_ClusterSums_clear (FaissClusterSums *self);

/// Begin an iteration. @param centroids  size k * d; those that are not frozen become sums
void faiss_ClusterSums_start (FaissClusterSums *self, float *centroids);

/** Add n points.
 *
 * @param assign   their clusters; an error if one is not in 0 .. k - 1
 * @param weights  or NULL
 */
FaissStatus faiss_ClusterSums_add (FaissClusterSums *self, idx_t n, const float *x,
                                   const idx_t *assign, const float *weights);

/// Turn the sums into means. Empty clusters stay zero.
void faiss_ClusterSums_finish (FaissClusterSums *self);

/** Give each empty cluster the half of a large one.
 *
 * The first k_frozen clusters take no part.
 * @param n        number of training points
 * @param hassign  size k, changed with the centroids
 * @return         how many clusters were split
 */
int faiss_split_clusters (size_t d, size_t k, size_t n, size_t k_frozen, float *hassign,
                          float *centroids);

#endif
