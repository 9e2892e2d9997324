/* The training set of a k-means: plain vectors, or codes decoded where they are needed.
 * Not for public headers. */
#ifndef FAISS_CLUSTERING_POINTS_H
#define FAISS_CLUSTERING_POINTS_H

#include <faiss/Clustering.h>

typedef struct FaissClusteringPoints {
    idx_t n;
    size_t d;
    const float *x;          ///< size n * d, or NULL if the points are codes
    const uint8_t *codes;    ///< size n * code_size
    const FaissIndex *codec; ///< decodes the codes
    size_t code_size;
    idx_t block;          ///< how many points are looked at together: n, or the decode block size
    const float *weights; ///< size n, or NULL
    float *decoded;       ///< one block, if there is a codec
    void *owned_points;   ///< what a sample allocated
    float *owned_weights;
} FaissClusteringPoints;

/// Release what the points own.
void faiss_ClusteringPoints_clear (FaissClusteringPoints *self);

/// An error unless all components are finite. Codes are not looked at.
FaissStatus faiss_clustering_check_finite (const FaissClusteringPoints *points);

/** Replace the points by a random sample of at most nmax.
 *
 * Nothing happens if there are not more.
 */
FaissStatus faiss_clustering_subsample (FaissClusteringPoints *points, idx_t nmax, int64_t seed,
                                        bool with_replacement);

/// One point as a vector. @param out  size d
FaissStatus faiss_clustering_point (const FaissClusteringPoints *points, idx_t i, float *out);

/** The points begin .. end - 1 as vectors, at most one block.
 *
 * *out is the plain vectors themselves, or a buffer that the next call overwrites.
 */
FaissStatus faiss_clustering_block (FaissClusteringPoints *points, idx_t begin, idx_t end,
                                    const float **out);

/// The seed itself, or the clock if it is negative.
int64_t faiss_clustering_seed (int seed);

#endif
