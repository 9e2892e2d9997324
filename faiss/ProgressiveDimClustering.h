/* k-means on growing parts of the dimensions. */
#ifndef FAISS_PROGRESSIVE_DIM_CLUSTERING_H
#define FAISS_PROGRESSIVE_DIM_CLUSTERING_H

#include <faiss/Clustering.h>

FAISS_BEGIN_DECLS

/// Parameters of a k-means that begins with few dimensions.
typedef struct FaissProgressiveDimClusteringParameters FAISS_EXTENDS (FaissClusteringParameters) {
    union {
        FaissClusteringParameters cp; ///< of the steps; niter is 10 by default
    };
    int progressive_dim_steps; ///< number of steps (10)
    bool apply_pca;            ///< order the dimensions by principal components (true)
} FaissProgressiveDimClusteringParameters;

/// The values in brackets above.
void faiss_ProgressiveDimClusteringParameters_set_defaults (
    FaissProgressiveDimClusteringParameters *self);

/** Makes the indexes that the steps assign points with; the root makes an IndexFlatL2.
 *
 * A subclass that keeps an index on another device for instance overrides `make`.
 */
typedef struct FaissProgressiveDimIndexFactory {
    FAISS_PRIVATE (struct FaissProgressiveDimIndexFactoryClass *cls;)
} FaissProgressiveDimIndexFactory;

#ifndef SWIG
typedef struct FaissProgressiveDimIndexFactoryClass {
    FaissClass head;
    /// an empty index of `dim` dimensions, owned by the caller
    FaissStatus (*make) (FaissProgressiveDimIndexFactory *self, int dim, FaissIndex **out);
} FaissProgressiveDimIndexFactoryClass;

extern FaissProgressiveDimIndexFactoryClass faiss_ProgressiveDimIndexFactory_class;
#endif

FaissStatus faiss_ProgressiveDimIndexFactory_new (FaissProgressiveDimIndexFactory **out);
void faiss_ProgressiveDimIndexFactory_free (FaissProgressiveDimIndexFactory *self);
/// A new index of a number of dimensions.
FaissStatus faiss_ProgressiveDimIndexFactory_make (FaissProgressiveDimIndexFactory *self, int dim,
                                                   FaissIndex **out);

/** k-means in steps: step s of S uses the first d^(s / S) dimensions, rounded down, and starts from
 * the centroids of the step before, whose new components are zero.
 *
 * With apply_pca the dimensions are the principal components of the training points.
 */
typedef struct FaissProgressiveDimClustering FAISS_EXTENDS (
    FaissProgressiveDimClusteringParameters) {
    union {
        FaissClusteringParameters cp;
        FaissProgressiveDimClusteringParameters params;
    };
    size_t d;
    size_t k;
    FaissFloat32Vector centroids;                        ///< size k * d after training
    FaissClusteringIterationStatsVector iteration_stats; ///< of all steps, one after the other
} FaissProgressiveDimClustering;

FaissStatus faiss_ProgressiveDimClustering_new (FaissProgressiveDimClustering **out, int d, int k);
/// @param cp  copied
FaissStatus faiss_ProgressiveDimClustering_new_with_cp (
    FaissProgressiveDimClustering **out, int d, int k,
    const FaissProgressiveDimClusteringParameters *cp);
void faiss_ProgressiveDimClustering_free (FaissProgressiveDimClustering *self);

/** Run k-means.
 *
 * @param x        training vectors, size n * d; NaN and infinite values are an error
 * @param factory  makes the assignment indexes; NULL: IndexFlatL2
 */
FaissStatus faiss_ProgressiveDimClustering_train (FaissProgressiveDimClustering *self, idx_t n,
                                                  const float *x,
                                                  FaissProgressiveDimIndexFactory *factory);

FAISS_END_DECLS

#endif
