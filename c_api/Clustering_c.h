/* k-means. */
#ifndef FAISS_CLUSTERING_C_H
#define FAISS_CLUSTERING_C_H

#include "Index_c.h"

FAISS_C_API_BEGIN

/// Parameters of a clustering, owned by the caller; see faiss_ClusteringParameters_init.
typedef struct FaissClusteringParameters {
    int niter;                   ///< iterations (25)
    int nredo;                   ///< restarts, of which the best is kept (1)
    int verbose;                 ///< boolean (0)
    int spherical;               ///< boolean: normalise the centroids (0)
    int int_centroids;           ///< boolean: round the centroids (0)
    int update_index;            ///< boolean: re-train the index after each iteration (0)
    int frozen_centroids;        ///< boolean: keep the centroids there are at the start (0)
    int min_points_per_centroid; ///< warn below (39)
    int max_points_per_centroid; ///< subsample above (256)
    int seed;                    ///< of the random generator (1234)
    size_t decode_block_size;    ///< encoded vectors decoded at a time (32768)
} FaissClusteringParameters;

/// Set the defaults.
void faiss_ClusteringParameters_init (FaissClusteringParameters *params);

FAISS_DECLARE_CLASS (Clustering)
FAISS_DECLARE_CLASS (ClusteringIterationStats)

int faiss_Clustering_new (FaissClustering **out, int d, int k);
int faiss_Clustering_new_with_params (FaissClustering **out, int d, int k,
                                      const FaissClusteringParameters *cp);
void faiss_Clustering_free (FaissClustering *self);

/** Cluster n vectors.
 *
 * @param x      size n * d
 * @param index  assigns vectors to centroids, and holds the centroids afterwards
 */
int faiss_Clustering_train (FaissClustering *self, idx_t n, const float *x, FaissIndex *index);

int faiss_Clustering_niter (const FaissClustering *self);
int faiss_Clustering_nredo (const FaissClustering *self);
int faiss_Clustering_verbose (const FaissClustering *self);
int faiss_Clustering_spherical (const FaissClustering *self);
int faiss_Clustering_int_centroids (const FaissClustering *self);
int faiss_Clustering_update_index (const FaissClustering *self);
int faiss_Clustering_frozen_centroids (const FaissClustering *self);
int faiss_Clustering_min_points_per_centroid (const FaissClustering *self);
int faiss_Clustering_max_points_per_centroid (const FaissClustering *self);
int faiss_Clustering_seed (const FaissClustering *self);
size_t faiss_Clustering_decode_block_size (const FaissClustering *self);
size_t faiss_Clustering_d (const FaissClustering *self);
size_t faiss_Clustering_k (const FaissClustering *self);

/// The centroids and their number of floats, valid until the next train () (both may be NULL).
void faiss_Clustering_centroids (FaissClustering *self, float **centroids, size_t *size);

/** The statistics of the iterations and their number (both may be NULL).
 *
 * There can be fewer than niter: training ends when the objective repeats. Entry i is 40 * i bytes
 * behind the first.
 */
void faiss_Clustering_iteration_stats (FaissClustering *self,
                                       FaissClusteringIterationStats **iteration_stats,
                                       size_t *size);

/// Sum of the distances (or similarities).
float faiss_ClusteringIterationStats_obj (const FaissClusteringIterationStats *self);
/// Seconds since the start.
double faiss_ClusteringIterationStats_time (const FaissClusteringIterationStats *self);
/// Seconds of it spent on assignment.
double faiss_ClusteringIterationStats_time_search (const FaissClusteringIterationStats *self);
/// 1 for clusters of equal size.
double faiss_ClusteringIterationStats_imbalance_factor (const FaissClusteringIterationStats *self);
/// Clusters that were empty and got half of another.
int faiss_ClusteringIterationStats_nsplit (const FaissClusteringIterationStats *self);

/** k-means in one call.
 *
 * @param x          size n * d
 * @param centroids  output, size k * d
 * @param q_error    output, the last objective; may be NULL
 */
int faiss_kmeans_clustering (size_t d, size_t n, size_t k, const float *x, float *centroids,
                             float *q_error);

FAISS_C_API_END

#endif
