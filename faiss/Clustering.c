/* k-means: parameters, objects, and the loop. */
#include <faiss/Clustering.h>

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <faiss/IndexFlat.h>
#include <faiss/impl/ClusteringInitialization.h>
#include <faiss/impl/check.h>
#include <faiss/impl/clustering_assign.h>
#include <faiss/impl/clustering_points.h>
#include <faiss/impl/clustering_update.h>
#include <faiss/impl/kmeans1d.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/utils.h>

#define NAME ClusteringIterationStatsVector
#define T FaissClusteringIterationStats
#include <faiss/utils/vector_tmpl.h>

/* ---- objects --------------------------------------------------------------------------------- */

void faiss_ClusteringParameters_set_defaults (FaissClusteringParameters *self) {
    if (!self) {
        return;
    }
    *self = (FaissClusteringParameters){
        .niter = 25,
        .nredo = 1,
        .min_points_per_centroid = 39,
        .max_points_per_centroid = 256,
        .seed = 1234,
        .decode_block_size = 32768,
        .check_input_data_for_NaNs = true,
        .init_method = ClusteringInitMethod_RANDOM,
        .afkmc2_chain_length = 50,
    };
}

void faiss_ClusteringParameters_init (FaissClusteringParametersC *params) {
    if (!params) {
        return;
    }
    FaissClusteringParameters cp;
    faiss_ClusteringParameters_set_defaults (&cp);
    *params = (FaissClusteringParametersC){
        .niter = cp.niter,
        .nredo = cp.nredo,
        .min_points_per_centroid = cp.min_points_per_centroid,
        .max_points_per_centroid = cp.max_points_per_centroid,
        .seed = cp.seed,
        .decode_block_size = cp.decode_block_size,
    };
}

static FaissStatus check_sizes (const char *function, size_t d, size_t k) {
    if (d == 0 || d > INT_MAX) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected d > 0, got %lld", (long long)d);
    }
    if (k == 0 || k > INT_MAX) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected k > 0, got %lld", (long long)k);
    }
    if (k > SIZE_MAX / sizeof (float) / d) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "%zu centroids of %zu dimensions are too many", k, d);
    }
    return FAISS_OK;
}

FaissStatus faiss_Clustering_new_with_cp (FaissClustering **out, int d, int k,
                                          const FaissClusteringParameters *cp) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (cp);
    FAISS_REQUIRE (d > 0, "expected d > 0, got %d", d);
    FAISS_REQUIRE (k > 0, "expected k > 0, got %d", k);
    FaissClustering *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    self->cp = *cp;
    self->d = (size_t)d;
    self->k = (size_t)k;
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_Clustering_new (FaissClustering **out, int d, int k) {
    FaissClusteringParameters cp;
    faiss_ClusteringParameters_set_defaults (&cp);
    return faiss_Clustering_new_with_cp (out, d, k, &cp);
}

FaissStatus faiss_Clustering_new_with_params (FaissClustering **out, int d, int k,
                                              const FaissClusteringParametersC *cp) {
    FAISS_REQUIRE_ARG (cp);
    FaissClusteringParameters full;
    faiss_ClusteringParameters_set_defaults (&full);
    full.niter = cp->niter;
    full.nredo = cp->nredo;
    full.verbose = cp->verbose;
    full.spherical = cp->spherical;
    full.int_centroids = cp->int_centroids;
    full.update_index = cp->update_index;
    full.frozen_centroids = cp->frozen_centroids;
    full.min_points_per_centroid = cp->min_points_per_centroid;
    full.max_points_per_centroid = cp->max_points_per_centroid;
    full.seed = cp->seed;
    full.decode_block_size = cp->decode_block_size;
    return faiss_Clustering_new_with_cp (out, d, k, &full);
}

void faiss_Clustering_free (FaissClustering *self) {
    if (self) {
        faiss_Float32Vector_clear (&self->centroids);
        faiss_ClusteringIterationStatsVector_clear (&self->iteration_stats);
        free (self);
    }
}

#define GETTER(type, field)                                                                        \
    type faiss_Clustering_##field (const FaissClustering *self) {                                  \
        return self ? self->field : 0;                                                             \
    }
#define PARAMETER_GETTER(type, field)                                                              \
    type faiss_Clustering_##field (const FaissClustering *self) {                                  \
        return self ? self->cp.field : 0;                                                          \
    }
PARAMETER_GETTER (int, niter)
PARAMETER_GETTER (int, nredo)
PARAMETER_GETTER (int, verbose)
PARAMETER_GETTER (int, spherical)
PARAMETER_GETTER (int, int_centroids)
PARAMETER_GETTER (int, update_index)
PARAMETER_GETTER (int, frozen_centroids)
PARAMETER_GETTER (int, min_points_per_centroid)
PARAMETER_GETTER (int, max_points_per_centroid)
PARAMETER_GETTER (int, seed)
PARAMETER_GETTER (size_t, decode_block_size)
GETTER (size_t, d)
GETTER (size_t, k)

void faiss_Clustering_centroids (FaissClustering *self, float **centroids, size_t *size) {
    if (!self) {
        return;
    }
    if (centroids) {
        *centroids = self->centroids.data;
    }
    if (size) {
        *size = self->centroids.size;
    }
}

void faiss_Clustering_iteration_stats (FaissClustering *self,
                                       FaissClusteringIterationStats **iteration_stats,
                                       size_t *size) {
    if (!self) {
        return;
    }
    if (iteration_stats) {
        *iteration_stats = self->iteration_stats.data;
    }
    if (size) {
        *size = self->iteration_stats.size;
    }
}

#define STATS_GETTER(type, field)                                                                  \
    type faiss_ClusteringIterationStats_##field (const FaissClusteringIterationStats *self) {      \
        return self ? self->field : 0;                                                             \
    }
STATS_GETTER (float, obj)
STATS_GETTER (double, time)
STATS_GETTER (double, time_search)
STATS_GETTER (double, imbalance_factor)
STATS_GETTER (int, nsplit)

/* ---- training -------------------------------------------------------------------------------- */

/* One training: the results stay here until it has succeeded. */
typedef struct Training {
    FaissClusteringParameters cp;
    size_t d, k;
    size_t n_input; /* centroids given at the start */
    FaissClusteringPoints points;
    FaissIndex *index;              /* borrowed */
    FaissClusterAssigner *assigner; /* instead of the index's search, or NULL */
    FaissFloat32Vector centroids;
    FaissClusteringIterationStatsVector stats;
    FaissClusterSums sums;
    float *distances;          /* of the points to their centroids */
    idx_t *assign;             /* the points' centroids */
    double start, search_time; /* milliseconds */
} Training;

static void Training_clear (Training *self) {
    faiss_ClusteringPoints_clear (&self->points);
    faiss_Float32Vector_clear (&self->centroids);
    faiss_ClusteringIterationStatsVector_clear (&self->stats);
    faiss_ClusterSums_clear (&self->sums);
    faiss_ClusterAssigner_free (self->assigner);
    free (self->distances);
    free (self->assign);
}

static void post_process (const FaissClusteringParameters *cp, size_t d, size_t n,
                          float *centroids) {
    if (cp->spherical) {
        faiss_fvec_renorm_L2 (d, n, centroids);
    }
    if (cp->int_centroids) {
        for (size_t i = 0; i < n * d; i++) {
            centroids[i] = roundf (centroids[i]);
        }
    }
}

void faiss_Clustering_post_process_centroids (FaissClustering *self) {
    if (!self) {
        return;
    }
    if (self->d) {
        post_process (&self->cp, self->d, self->centroids.size / self->d, self->centroids.data);
    }
}

/* Put the centroids into the index. */
static FaissStatus fill_index (Training *self, bool train) {
    FaissIndex *index = self->index;
    if (index->ntotal != 0) {
        FAISS_TRY (faiss_Index_reset (index));
    }
    if (train || !index->is_trained) {
        FAISS_TRY (faiss_Index_train (index, (idx_t)self->k, self->centroids.data));
    }
    return faiss_Index_add (index, (idx_t)self->k, self->centroids.data);
}

/* As many points as centroids: each is one. */
static FaissStatus copy_points (Training *self, const FaissClusteringPoints *original) {
    FAISS_TRY (faiss_Float32Vector_resize (&self->centroids, self->k * self->d));
    for (size_t i = 0; i < self->k; i++) {
        FAISS_TRY (faiss_clustering_point (original, (idx_t)i, self->centroids.data + i * self->d));
    }
    FaissClusteringIterationStats stats = {.imbalance_factor = 1};
    FAISS_TRY (faiss_ClusteringIterationStatsVector_push_back (&self->stats, stats));
    return fill_index (self, false);
}

/* Assign the points to the centroids by the index's search, and sum them up for the next ones. */
static FaissStatus search_points (Training *self) {
    FaissClusteringPoints *points = &self->points;
    faiss_ClusterSums_start (&self->sums, self->centroids.data);
    for (idx_t i = 0; i < points->n; i += points->block) {
        idx_t n = points->n - i < points->block ? points->n - i : points->block;
        double start = faiss_getmillisecs ();
        const float *x;
        FAISS_TRY (faiss_clustering_block (points, i, i + n, &x));
        FAISS_TRY (
            faiss_Index_search (self->index, n, x, 1, self->distances + i, self->assign + i));
        self->search_time += faiss_getmillisecs () - start;
        FAISS_TRY (faiss_ClusterSums_add (&self->sums, n, x, self->assign + i,
                                          points->weights ? points->weights + i : NULL));
    }
    return FAISS_OK;
}

/* The same without the index where that is possible; it need not hold the centroids then. */
static FaissStatus assign_points (Training *self) {
    bool done = false;
    if (self->assigner) {
        double start = faiss_getmillisecs ();
        FAISS_TRY (faiss_ClusterAssigner_run (self->assigner, self->centroids.data, self->distances,
                                              self->assign, &done));
        self->search_time += faiss_getmillisecs () - start;
        if (!done) {
            FAISS_TRY (fill_index (self, false));
        }
    }
    if (!done) {
        return search_points (self);
    }
    faiss_ClusterSums_start (&self->sums, self->centroids.data);
    return faiss_ClusterSums_add (&self->sums, self->points.n, self->points.x, self->assign,
                                  self->points.weights);
}

/* One iteration. @param obj  output, the objective before it */
static FaissStatus iterate (Training *self, float *obj) {
    size_t n_frozen = self->sums.k_frozen;
    FAISS_TRY (assign_points (self));
    *obj = 0;
    for (idx_t i = 0; i < self->points.n; i++) {
        *obj += self->distances[i];
    }
    faiss_ClusterSums_finish (&self->sums);
    int n_split = 0;
    if (self->k > n_frozen) {
        n_split = faiss_split_clusters (self->d, self->k, (size_t)self->points.n, n_frozen,
                                        self->sums.hassign, self->centroids.data);
    }
    FaissClusteringIterationStats stats = {
        .obj = *obj,
        .time = (faiss_getmillisecs () - self->start) / 1000,
        .time_search = self->search_time / 1000,
        .imbalance_factor = faiss_imbalance_factor_hist ((int)self->k, self->sums.sizes),
        .nsplit = n_split,
    };
    FAISS_TRY (faiss_ClusteringIterationStatsVector_push_back (&self->stats, stats));
    post_process (&self->cp, self->d, self->k, self->centroids.data);
    return self->assigner ? FAISS_OK : fill_index (self, self->cp.update_index);
}

static bool has_converged (float previous, float obj, double threshold) {
    double change = DBL_MAX;
    if (previous != 0) {
        change = fabs ((double)previous - (double)obj) / fabs ((double)previous);
    }
    return change <= threshold;
}

/* One run from new first centroids. */
static FaissStatus run (Training *self, int redo, float *obj) {
    int64_t seed = faiss_clustering_seed (self->cp.seed) + 1 + (int64_t)redo * 15486557;
    FAISS_TRY (faiss_clustering_init_centroids (&self->points, &self->cp, seed, self->n_input,
                                                self->k, self->centroids.data));
    post_process (&self->cp, self->d, self->k, self->centroids.data);
    if (self->assigner) {
        faiss_ClusterAssigner_restart (self->assigner);
    } else {
        FAISS_TRY (fill_index (self, false));
    }
    float previous = 0;
    for (int i = 0; i < self->cp.niter; i++) {
        FAISS_TRY (faiss_check_interrupt ());
        FAISS_TRY (iterate (self, obj));
        faiss_progress ("k-means", (size_t)redo * (size_t)self->cp.niter + (size_t)i + 1,
                        (size_t)self->cp.nredo * (size_t)self->cp.niter);
        if (self->cp.verbose) {
            const FaissClusteringIterationStats *stats = &self->stats.data[self->stats.size - 1];
            faiss_say ("  Iteration %d (%.2f s, search %.2f s): objective=%g imbalance=%.3f "
                       "nsplit=%d\n",
                       i, stats->time, stats->time_search, stats->obj, stats->imbalance_factor,
                       stats->nsplit);
        }
        if (i > 0 && has_converged (previous, *obj, self->cp.early_stop_threshold)) {
            faiss_progress ("k-means", ((size_t)redo + 1) * (size_t)self->cp.niter,
                            (size_t)self->cp.nredo * (size_t)self->cp.niter);
            break;
        }
        previous = *obj;
    }
    return self->assigner ? fill_index (self, false) : FAISS_OK;
}

/* All runs; the best one's centroids remain, with the statistics of the runs up to it. */
static FaissStatus run_all (Training *self) {
    bool larger_is_better = faiss_is_similarity_metric (self->index->metric_type);
    FAISS_AUTO (Float32Vector) best = {0};
    size_t best_stats = 0;
    float obj = 0, best_obj = 0;
    for (int redo = 0; redo < self->cp.nredo; redo++) {
        if (self->cp.verbose && self->cp.nredo > 1) {
            faiss_say ("Outer iteration %d / %d\n", redo, self->cp.nredo);
        }
        FAISS_TRY (run (self, redo, &obj));
        if (self->cp.nredo > 1 &&
            (redo == 0 || (larger_is_better ? obj > best_obj : obj < best_obj))) {
            FAISS_TRY (
                faiss_Float32Vector_assign (&best, self->centroids.data, self->centroids.size));
            best_stats = self->stats.size;
            best_obj = obj;
        }
    }
    if (self->cp.nredo > 1) {
        faiss_Float32Vector_swap (&self->centroids, &best);
        self->stats.size = best_stats;
        FAISS_TRY (fill_index (self, false));
    }
    return FAISS_OK;
}

static FaissStatus check_training (const FaissClustering *self, idx_t n, const void *x,
                                   const FaissIndex *codec, const FaissIndex *index) {
    static const char function[] = "Clustering_train";
#define REQUIRE(cond, ...)                                                                         \
    if (!(cond)) {                                                                                 \
        return faiss_fail_in (FAISS_EXCEPT, function, __VA_ARGS__);                                \
    }
    REQUIRE (self, "the clustering is NULL")
    FAISS_TRY (check_sizes (function, self->d, self->k));
    REQUIRE (n >= (idx_t)self->k,
             "Number of training points (%lld) should be at least as large as number of clusters "
             "(%zu)",
             (long long)n, self->k)
    REQUIRE (n <= INT_MAX, "expected at most %d training points, got %lld", INT_MAX, (long long)n)
    REQUIRE (x, "x is NULL")
    REQUIRE (index, "index is NULL")
    REQUIRE ((size_t)index->d == self->d, "Index dimension %d not the same as data dimension %zu",
             index->d, self->d)
    REQUIRE (!codec || (size_t)codec->d == self->d,
             "Codec dimension %d not the same as data dimension %zu", codec->d, self->d)
    REQUIRE (!codec || self->cp.decode_block_size > 0, "expected decode_block_size > 0, got 0")
    REQUIRE (self->cp.nredo > 0, "expected nredo > 0, got %d", self->cp.nredo)
    REQUIRE (self->cp.max_points_per_centroid > 0, "expected max_points_per_centroid > 0, got %d",
             self->cp.max_points_per_centroid)
    REQUIRE ((unsigned)self->cp.init_method <= ClusteringInitMethod_AFK_MC2,
             "unknown init_method %d", (int)self->cp.init_method)
    REQUIRE (self->centroids.size % self->d == 0,
             "size of provided input centroids (%zu) not a multiple of dimension %zu",
             self->centroids.size, self->d)
    REQUIRE (self->centroids.size / self->d <= self->k,
             "expected at most %zu provided input centroids, got %zu", self->k,
             self->centroids.size / self->d)
#undef REQUIRE
    return FAISS_OK;
}

static FaissStatus sample_points (Training *self) {
    FaissClusteringPoints *points = &self->points;
    const FaissClusteringParameters *cp = &self->cp;
    idx_t n = points->n;
    idx_t nmax = (idx_t)self->k * cp->max_points_per_centroid;
    FAISS_TRY (faiss_clustering_subsample (points, nmax, faiss_clustering_seed (cp->seed),
                                           cp->use_faster_subsampling));
    if (cp->verbose && points->n < n) {
        faiss_say ("Sampling a subset of %lld / %lld for training\n", (long long)points->n,
                   (long long)n);
    } else if (cp->verbose && n < (idx_t)self->k * cp->min_points_per_centroid) {
        faiss_warn ("WARNING clustering %lld points to %zu centroids: please provide at least %lld "
                    "training points\n",
                    (long long)n, self->k, (long long)self->k * cp->min_points_per_centroid);
    }
    return FAISS_OK;
}

/* What the loop needs beside the points. */
static FaissStatus prepare_loop (Training *self, const FaissFloat32Vector *input) {
    idx_t n = self->points.n;
    self->n_input = input->size / self->d;
    size_t n_frozen = self->cp.frozen_centroids ? self->n_input : 0;
    if (!self->points.codec || self->points.block > n) {
        self->points.block = n;
    }
    FAISS_TRY (faiss_Float32Vector_append (&self->centroids, input->data, input->size));
    FAISS_TRY (faiss_Float32Vector_resize (&self->centroids, self->k * self->d));
    FAISS_TRY (
        faiss_ClusterSums_init (&self->sums, self->d, self->k, n_frozen, self->points.block));
    FAISS_TRY (faiss_alloc (&self->distances, (size_t)n, sizeof *self->distances));
    FAISS_TRY (faiss_alloc (&self->assign, (size_t)n, sizeof *self->assign));
    if (!self->points.x || !self->cp.check_input_data_for_NaNs) {
        return FAISS_OK;
    }
    return faiss_ClusterAssigner_new (&self->assigner, self->index, (size_t)n, self->points.x,
                                      self->k);
}

/* Train on points that were checked; self->points is theirs to keep. */
static FaissStatus train (FaissClustering *clustering, Training *self) {
    FaissClusteringPoints original = self->points;
    self->start = faiss_getmillisecs ();
    if (self->cp.check_input_data_for_NaNs) {
        FAISS_TRY (faiss_clustering_check_finite (&self->points));
    }
    FAISS_TRY (sample_points (self));
    if (self->points.n == (idx_t)self->k) {
        FAISS_TRY (copy_points (self, &original));
    } else {
        FAISS_TRY (prepare_loop (self, &clustering->centroids));
        if (self->cp.verbose) {
            faiss_say ("Clustering %lld points in %zuD to %zu clusters, redo %d times, %d "
                       "iterations\n",
                       (long long)self->points.n, self->d, self->k, self->cp.nredo, self->cp.niter);
        }
        FAISS_TRY (run_all (self));
    }
    FAISS_TRY (faiss_ClusteringIterationStatsVector_append (&clustering->iteration_stats,
                                                            self->stats.data, self->stats.size));
    faiss_Float32Vector_swap (&clustering->centroids, &self->centroids);
    return FAISS_OK;
}

FaissStatus faiss_Clustering_train_encoded (FaissClustering *self, idx_t nx, const uint8_t *x_in,
                                            const FaissIndex *codec, FaissIndex *index,
                                            const float *weights) {
    FAISS_TRY (check_training (self, nx, x_in, codec, index));
    __attribute__ ((cleanup (Training_clear)))
    Training training = {.cp = self->cp, .d = self->d, .k = self->k, .index = index};
    FaissClusteringPoints *points = &training.points;
    *points = (FaissClusteringPoints){.n = nx, .d = self->d, .block = nx, .weights = weights};
    if (codec) {
        points->codes = x_in;
        points->codec = codec;
        FAISS_TRY (faiss_Index_sa_code_size (codec, &points->code_size));
        if (self->cp.decode_block_size < (size_t)nx) {
            points->block = (idx_t)self->cp.decode_block_size;
        }
    } else {
        points->x = (const float *)(const void *)x_in;
    }
    return train (self, &training);
}

FaissStatus faiss_Clustering_train_weighted (FaissClustering *self, idx_t n, const float *x,
                                             FaissIndex *index, const float *x_weights) {
    return faiss_Clustering_train_encoded (self, n, (const uint8_t *)x, NULL, index, x_weights);
}

FaissStatus faiss_Clustering_train (FaissClustering *self, idx_t n, const float *x,
                                    FaissIndex *index) {
    return faiss_Clustering_train_weighted (self, n, x, index, NULL);
}

FaissStatus faiss_kmeans_clustering (size_t d, size_t n, size_t k, const float *x, float *centroids,
                                     float *q_error) {
    FAISS_TRY (check_sizes (__func__, d, k));
    FAISS_REQUIRE (n <= INT_MAX, "expected at most %d training points, got %zu", INT_MAX, n);
    FAISS_REQUIRE_ARG (centroids);
    FaissClusteringParameters cp;
    faiss_ClusteringParameters_set_defaults (&cp);
    FaissClustering clustering = {.cp = cp, .d = d, .k = k};
    FAISS_OWNED (IndexFlatL2) *index = NULL;
    FAISS_TRY (faiss_IndexFlatL2_new_with (&index, (idx_t)d));
    FaissStatus status = faiss_Clustering_train (&clustering, (idx_t)n, x, &index->index);
    if (status == FAISS_OK) {
        memcpy (centroids, clustering.centroids.data, k * d * sizeof *centroids);
        if (q_error) {
            *q_error = clustering.iteration_stats.data[clustering.iteration_stats.size - 1].obj;
        }
    }
    faiss_Float32Vector_clear (&clustering.centroids);
    faiss_ClusteringIterationStatsVector_clear (&clustering.iteration_stats);
    return status;
}

/* ---- numbers --------------------------------------------------------------------------------- */

FaissStatus faiss_Clustering1D_new_with_cp (FaissClustering1D **out, int k,
                                            const FaissClusteringParameters *cp) {
    FaissClustering *clustering = NULL;
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_Clustering_new_with_cp (&clustering, 1, k, cp));
    *out = (FaissClustering1D *)clustering; /* the same structure by another name */
    return FAISS_OK;
}

FaissStatus faiss_Clustering1D_new (FaissClustering1D **out, int k) {
    FaissClusteringParameters cp;
    faiss_ClusteringParameters_set_defaults (&cp);
    return faiss_Clustering1D_new_with_cp (out, k, &cp);
}

void faiss_Clustering1D_free (FaissClustering1D *self) {
    faiss_Clustering_free ((FaissClustering *)self);
}

FaissStatus faiss_Clustering1D_train_exact (FaissClustering1D *self, idx_t n, const float *x) {
    FAISS_REQUIRE_ARG (self);
    FaissClustering *clustering = &self->clustering;
    FAISS_REQUIRE (clustering->d == 1, "expected d = 1, got %zu", clustering->d);
    FAISS_TRY (check_sizes (__func__, 1, clustering->k));
    FAISS_REQUIRE (n >= (idx_t)clustering->k,
                   "Number of training points (%lld) should be at least as large as number of "
                   "clusters (%zu)",
                   (long long)n, clustering->k);
    FAISS_REQUIRE (n <= INT_MAX, "expected at most %d training points, got %lld", INT_MAX,
                   (long long)n);
    FAISS_REQUIRE_ARG (x);
    FAISS_REQUIRE (self->cp.max_points_per_centroid > 0,
                   "expected max_points_per_centroid > 0, got %d",
                   self->cp.max_points_per_centroid);
    __attribute__ ((cleanup (Training_clear))) Training training = {
        .cp = self->cp, .d = 1, .k = clustering->k, .points = {.n = n, .d = 1, .x = x}};
    FAISS_TRY (faiss_clustering_check_finite (&training.points));
    FAISS_TRY (sample_points (&training));
    FAISS_TRY (faiss_Float32Vector_resize (&training.centroids, clustering->k));
    FaissClusteringIterationStats stats = {0};
    FAISS_TRY (faiss_kmeans1d (training.points.x, (size_t)training.points.n, clustering->k,
                               training.centroids.data, &stats.imbalance_factor));
    FAISS_TRY (
        faiss_ClusteringIterationStatsVector_push_back (&clustering->iteration_stats, stats));
    faiss_Float32Vector_swap (&clustering->centroids, &training.centroids);
    return FAISS_OK;
}
