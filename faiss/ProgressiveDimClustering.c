/* k-means on growing parts of the dimensions. */
#include <faiss/ProgressiveDimClustering.h>

#include <limits.h>
#include <math.h>
#include <string.h>

#include <faiss/IndexFlat.h>
#include <faiss/VectorTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/clustering_points.h>

/* ---- parameters and life --------------------------------------------------------------------- */

void faiss_ProgressiveDimClusteringParameters_set_defaults (
    FaissProgressiveDimClusteringParameters *self) {
    if (!self) {
        return;
    }
    enum { NITER = 10, STEPS = 10 };
    faiss_ClusteringParameters_set_defaults (&self->cp);
    self->cp.niter = NITER;
    self->progressive_dim_steps = STEPS;
    self->apply_pca = true;
}

FaissStatus faiss_ProgressiveDimClustering_new (FaissProgressiveDimClustering **out, int d, int k) {
    FaissProgressiveDimClusteringParameters cp;
    faiss_ProgressiveDimClusteringParameters_set_defaults (&cp);
    return faiss_ProgressiveDimClustering_new_with_cp (out, d, k, &cp);
}

FaissStatus faiss_ProgressiveDimClustering_new_with_cp (
    FaissProgressiveDimClustering **out, int d, int k,
    const FaissProgressiveDimClusteringParameters *cp) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (cp);
    FAISS_REQUIRE (d > 0, "expected d > 0, got %d", d);
    FAISS_REQUIRE (k > 0, "expected k > 0, got %d", k);
    FaissProgressiveDimClustering *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    self->params = *cp;
    self->d = (size_t)d;
    self->k = (size_t)k;
    *out = self;
    return FAISS_OK;
}

void faiss_ProgressiveDimClustering_free (FaissProgressiveDimClustering *self) {
    if (self) {
        faiss_Float32Vector_clear (&self->centroids);
        faiss_ClusteringIterationStatsVector_clear (&self->iteration_stats);
        free (self);
    }
}

/* ---- indexes --------------------------------------------------------------------------------- */

static FaissStatus ProgressiveDimIndexFactory_make (FaissProgressiveDimIndexFactory *self, int dim,
                                                    FaissIndex **out) {
    (void)self;
    FaissIndexFlatL2 *index = NULL;
    FAISS_TRY (faiss_IndexFlatL2_new_with (&index, dim));
    *out = &index->index;
    return FAISS_OK;
}

FaissProgressiveDimIndexFactoryClass faiss_ProgressiveDimIndexFactory_class = {
    .head = {.name = "ProgressiveDimIndexFactory",
             .instance_size = sizeof (FaissProgressiveDimIndexFactory),
             .table_size = sizeof (FaissProgressiveDimIndexFactoryClass)},
    .make = ProgressiveDimIndexFactory_make,
};

FaissStatus faiss_ProgressiveDimIndexFactory_new (FaissProgressiveDimIndexFactory **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_object_new (out, &faiss_ProgressiveDimIndexFactory_class.head);
}

void faiss_ProgressiveDimIndexFactory_free (FaissProgressiveDimIndexFactory *self) {
    faiss_object_free (self);
}

FaissStatus faiss_ProgressiveDimIndexFactory_make (FaissProgressiveDimIndexFactory *self, int dim,
                                                   FaissIndex **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (dim > 0, "expected dim > 0, got %d", dim);
    return self ? self->cls->make (self, dim, out)
                : ProgressiveDimIndexFactory_make (NULL, dim, out);
}

/* ---- training -------------------------------------------------------------------------------- */

typedef struct Training {
    size_t d, k;
    FaissClusteringPoints points; ///< the sample that all steps use
    FaissPCAMatrix *pca;          ///< or NULL
    float *rotated;               ///< the points in the components of the PCA
    float *part;                  ///< their first components
    FaissFloat32Vector centroids;
    FaissClusteringIterationStatsVector stats;
} Training;

static void Training_clear (Training *self) {
    faiss_ClusteringPoints_clear (&self->points);
    faiss_PCAMatrix_free (self->pca);
    free (self->rotated);
    free (self->part);
    faiss_Float32Vector_clear (&self->centroids);
    faiss_ClusteringIterationStatsVector_clear (&self->stats);
}

/* The steps would all draw the same sample: it is drawn once. The PCA looks at more points. */
static FaissStatus prepare (Training *self, const FaissProgressiveDimClusteringParameters *params) {
    FaissClusteringPoints *points = &self->points;
    if (params->apply_pca) {
        int d = (int)self->d;
        FAISS_TRY (faiss_PCAMatrix_new_with (&self->pca, d, d, 0, false));
        FAISS_TRY (faiss_VectorTransform_train (&self->pca->transform, points->n, points->x));
    }
    if (!params->cp.use_faster_subsampling) {
        FAISS_TRY (faiss_clustering_subsample (points,
                                               (idx_t)self->k * params->cp.max_points_per_centroid,
                                               faiss_clustering_seed (params->cp.seed), false));
    }
    if (params->apply_pca) {
        size_t size = (size_t)points->n * self->d;
        FAISS_TRY (faiss_alloc (&self->rotated, size, sizeof *self->rotated));
        FAISS_TRY (faiss_VectorTransform_try_apply (&self->pca->transform, points->n, points->x,
                                                    self->rotated));
        free (points->owned_points);
        points->owned_points = NULL;
        points->x = NULL;
    }
    return FAISS_OK;
}

static const float *first_components (Training *self, size_t di) {
    const float *x = self->rotated ? self->rotated : self->points.x;
    if (di == self->d) {
        return x;
    }
    for (size_t i = 0; i < (size_t)self->points.n; i++) {
        memcpy (self->part + i * di, x + i * self->d, di * sizeof *x);
    }
    return self->part;
}

/* The centroids of the step before with more components, in the new clustering. */
static FaissStatus start_from (FaissClustering *clustering, const FaissFloat32Vector *centroids) {
    size_t d_new = clustering->d, d_old = centroids->size / clustering->k;
    if (d_old == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_Float32Vector_resize (&clustering->centroids, clustering->k * d_new));
    for (size_t i = 0; i < clustering->k; i++) {
        memcpy (clustering->centroids.data + i * d_new, centroids->data + i * d_old,
                d_old * sizeof (float));
    }
    return FAISS_OK;
}

static FaissStatus train_on (Training *self, FaissClustering *clustering,
                             FaissProgressiveDimIndexFactory *factory) {
    FAISS_OWNED (Index) *index = NULL;
    FAISS_TRY (faiss_ProgressiveDimIndexFactory_make (factory, (int)clustering->d, &index));
    FAISS_TRY (start_from (clustering, &self->centroids));
    FAISS_TRY (faiss_Clustering_train (clustering, self->points.n,
                                       first_components (self, clustering->d), index));
    FAISS_TRY (faiss_ClusteringIterationStatsVector_append (
        &self->stats, clustering->iteration_stats.data, clustering->iteration_stats.size));
    faiss_Float32Vector_swap (&self->centroids, &clustering->centroids);
    return FAISS_OK;
}

static FaissStatus run_steps (Training *self, const FaissProgressiveDimClusteringParameters *params,
                              FaissProgressiveDimIndexFactory *factory) {
    int n_steps = params->progressive_dim_steps;
    for (int step = 0; step < n_steps; step++) {
        int di = (int)pow ((double)self->d, (1. + step) / n_steps);
        if (step == n_steps - 1) {
            di = (int)self->d; /* whatever pow rounds to */
        } else if (!self->part) {
            FAISS_TRY (
                faiss_alloc (&self->part, (size_t)self->points.n * self->d, sizeof *self->part));
        }
        FaissClustering *clustering = NULL;
        FAISS_TRY (faiss_Clustering_new_with_cp (&clustering, di, (int)self->k, &params->cp));
        if (params->cp.verbose) {
            faiss_say ("progressive dim step %d: cluster in dimension %d\n", step, di);
        }
        FaissStatus status = train_on (self, clustering, factory);
        faiss_Clustering_free (clustering);
        FAISS_TRY (status);
    }
    return FAISS_OK;
}

FaissStatus faiss_ProgressiveDimClustering_train (FaissProgressiveDimClustering *self, idx_t n,
                                                  const float *x,
                                                  FaissProgressiveDimIndexFactory *factory) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (x);
    FAISS_REQUIRE (self->d > 0 && self->d <= INT_MAX && self->k > 0 && self->k <= INT_MAX,
                   "expected d and k in 1 .. %d, got %zu and %zu", INT_MAX, self->d, self->k);
    FAISS_REQUIRE (n >= (idx_t)self->k && n <= INT_MAX,
                   "Number of training points (%lld) should be at least as large as number of "
                   "clusters (%zu)",
                   (long long)n, self->k);
    FAISS_REQUIRE (self->params.progressive_dim_steps > 0,
                   "expected progressive_dim_steps > 0, got %d",
                   self->params.progressive_dim_steps);
    FAISS_REQUIRE (self->cp.max_points_per_centroid > 0,
                   "expected max_points_per_centroid > 0, got %d",
                   self->cp.max_points_per_centroid);
    __attribute__ ((cleanup (Training_clear))) Training training = {
        .d = self->d, .k = self->k, .points = {.n = n, .d = self->d, .x = x, .block = n}};
    if (self->cp.check_input_data_for_NaNs) {
        FAISS_TRY (faiss_clustering_check_finite (&training.points));
    }
    FAISS_TRY (prepare (&training, &self->params));
    FAISS_TRY (run_steps (&training, &self->params, factory));
    if (training.pca) {
        FAISS_AUTO (Float32Vector) centroids = {0};
        FAISS_TRY (faiss_Float32Vector_resize (&centroids, self->k * self->d));
        FAISS_TRY (faiss_VectorTransform_try_reverse (&training.pca->transform, (idx_t)self->k,
                                                      training.centroids.data, centroids.data));
        faiss_Float32Vector_swap (&centroids, &training.centroids);
    }
    FAISS_TRY (faiss_ClusteringIterationStatsVector_append (
        &self->iteration_stats, training.stats.data, training.stats.size));
    faiss_Float32Vector_swap (&self->centroids, &training.centroids);
    return FAISS_OK;
}
