/* k-means. */
#ifndef FAISS_CLUSTERING_H
#define FAISS_CLUSTERING_H

#include <faiss/Index.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/// How the first centroids are chosen.
typedef enum FaissClusteringInitMethod {
    ClusteringInitMethod_RANDOM = 0, ///< distinct training points
    ClusteringInitMethod_KMEANS_PLUS_PLUS =
        1,                            ///< far from those chosen (Arthur, Vassilvitskii 2007)
    ClusteringInitMethod_AFK_MC2 = 2, ///< the same by Markov chains (Bachem et al. 2016)
} FaissClusteringInitMethod;

/// All parameters of a clustering; set defaults with faiss_ClusteringParameters_set_defaults.
typedef struct FaissClusteringParameters {
    int niter;                             ///< iterations (25)
    int nredo;                             ///< restarts, of which the best is kept (1)
    bool verbose;                          ///< (false)
    bool spherical;                        ///< normalise the centroids after each iteration (false)
    bool int_centroids;                    ///< round the centroids' components to integers (false)
    bool update_index;                     ///< re-train the index after each iteration (false)
    bool frozen_centroids;                 ///< keep the centroids given at the start (false)
    int min_points_per_centroid;           ///< warn below (39)
    int max_points_per_centroid;           ///< subsample above (256)
    int seed;                              ///< of the random generator; < 0 for the clock (1234)
    size_t decode_block_size;              ///< vectors decoded at a time by train_encoded (32768)
    bool check_input_data_for_NaNs;        ///< (true)
    bool use_faster_subsampling;           ///< with replacement (false)
    FaissClusteringInitMethod init_method; ///< (RANDOM)
    uint16_t afkmc2_chain_length;          ///< (50)
    double early_stop_threshold;           ///< stop when the objective changes less, relatively (0)
    bool use_super_kmeans;                 ///< level-1 quantizers: train with SuperKMeans (false)
} FaissClusteringParameters;

/// The values in brackets above.
void faiss_ClusteringParameters_set_defaults (FaissClusteringParameters *self);

/// What one iteration did.
typedef struct FaissClusteringIterationStats {
    float obj;               ///< objective: sum of the distances (or similarities)
    double time;             ///< seconds since the start
    double time_search;      ///< seconds of it spent on assignment
    double imbalance_factor; ///< 1 for clusters of equal size
    int nsplit;              ///< clusters that were empty and got half of another
} FaissClusteringIterationStats;

FAISS_DECLARE_VECTOR (ClusteringIterationStatsVector, FaissClusteringIterationStats)

/** k-means on the vectors of an index's metric.
 *
 * Centroids present before train () are the start (warm start), and stay if frozen_centroids.
 */
typedef struct FaissClustering FAISS_EXTENDS (FaissClusteringParameters) {
    union {
        FaissClusteringParameters cp;
    };
    size_t d;
    size_t k;
    FaissFloat32Vector centroids; ///< size k * d after training
    FaissClusteringIterationStatsVector iteration_stats;
} FaissClustering;

/// k-means of k centroids of d components, with the default parameters.
FaissStatus faiss_Clustering_new (FaissClustering **out, int d, int k);
/// @param cp  copied
FaissStatus faiss_Clustering_new_with_cp (FaissClustering **out, int d, int k,
                                          const FaissClusteringParameters *cp);
void faiss_Clustering_free (FaissClustering *self);

/** Run k-means. The index (d dimensions) is used for assignment and holds the centroids at the end.
 *
 * @param x  training vectors, size n * d; NaN and infinite values are an error
 */
FaissStatus faiss_Clustering_train (FaissClustering *self, idx_t n, const float *x,
                                    FaissIndex *index);

/// The same with a weight per point, size n, or NULL.
FaissStatus faiss_Clustering_train_weighted (FaissClustering *self, idx_t n, const float *x,
                                             FaissIndex *index, const float *x_weights);

/// The same on encoded vectors. @param codec  decodes x_in by sa_decode
FaissStatus faiss_Clustering_train_encoded (FaissClustering *self, idx_t nx, const uint8_t *x_in,
                                            const FaissIndex *codec, FaissIndex *index,
                                            const float *weights);

/// Normalise or round the centroids, as the parameters say.
void faiss_Clustering_post_process_centroids (FaissClustering *self);

/* The part of the parameters that upstream's C API knows, in its layout (48 bytes). */
typedef struct FaissClusteringParametersC {
    int niter;
    int nredo;
    int verbose;
    int spherical;
    int int_centroids;
    int update_index;
    int frozen_centroids;
    int min_points_per_centroid;
    int max_points_per_centroid;
    int seed;
    size_t decode_block_size;
} FaissClusteringParametersC;

/// The default values.
void faiss_ClusteringParameters_init (FaissClusteringParametersC *params);
/// @param cp  copied; parameters that are not among these get their defaults
FaissStatus faiss_Clustering_new_with_params (FaissClustering **out, int d, int k,
                                              const FaissClusteringParametersC *cp);

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
/// The centroids and their number (outputs may be NULL); valid until the next train ().
void faiss_Clustering_centroids (FaissClustering *self, float **centroids, size_t *size);
/// The statistics of all iterations and their number (outputs may be NULL).
void faiss_Clustering_iteration_stats (FaissClustering *self,
                                       FaissClusteringIterationStats **iteration_stats,
                                       size_t *size);
float faiss_ClusteringIterationStats_obj (const FaissClusteringIterationStats *self);
double faiss_ClusteringIterationStats_time (const FaissClusteringIterationStats *self);
double faiss_ClusteringIterationStats_time_search (const FaissClusteringIterationStats *self);
double faiss_ClusteringIterationStats_imbalance_factor (const FaissClusteringIterationStats *self);
int faiss_ClusteringIterationStats_nsplit (const FaissClusteringIterationStats *self);

/// Exact k-means of numbers (d = 1).
typedef struct FaissClustering1D FAISS_EXTENDS (FaissClustering) {
    union {
        FaissClusteringParameters cp;
        FaissClustering clustering;
    };
} FaissClustering1D;

/// k centroids of one component.
FaissStatus faiss_Clustering1D_new (FaissClustering1D **out, int k);
/// @param cp  copied
FaissStatus faiss_Clustering1D_new_with_cp (FaissClustering1D **out, int k,
                                            const FaissClusteringParameters *cp);
void faiss_Clustering1D_free (FaissClustering1D *self);
/// The best centroids that there are, by dynamic programming. @param x  size n
FaissStatus faiss_Clustering1D_train_exact (FaissClustering1D *self, idx_t n, const float *x);

/** k-means in one call, with the default parameters.
 *
 * @param x          training vectors, size n * d
 * @param centroids  output, size k * d
 * @param q_error    output, the final objective; may be NULL
 */
FaissStatus faiss_kmeans_clustering (size_t d, size_t n, size_t k, const float *x, float *centroids,
                                     float *q_error);

FAISS_END_DECLS

#endif
