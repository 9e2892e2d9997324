/* How the first centroids of a k-means are chosen. Not for public headers. */
#ifndef FAISS_CLUSTERING_INITIALIZATION_H
#define FAISS_CLUSTERING_INITIALIZATION_H

#include <faiss/impl/clustering_points.h>

/** Choose the centroids n_input .. k - 1; the first n_input are there already.
 *
 * @param centroids  size k * d
 */
FaissStatus faiss_clustering_init_centroids (FaissClusteringPoints *points,
                                             const FaissClusteringParameters *cp, int64_t seed,
                                             size_t n_input, size_t k, float *centroids);

#endif
