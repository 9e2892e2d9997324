/* k-means: upstream's results for the same seeds, what must hold for any, and bad input. */
#include "testing.h"

#ifdef _OPENMP
#include <omp.h>
#endif

#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>
#include <faiss/impl/kmeans1d.h>

#include "failing.h"
#include "golden/clustering.h"
#include "golden/golden.h"

enum { N = 60, D = 4, K = 5 };

/* One clustering of the golden values: 60 x 4 numbers into 5 clusters unless said otherwise. */
typedef struct Case {
    FaissClustering *clustering;
    FaissIndex *index;
    float *x;
    size_t n;
} Case;

static Case make_case (uint64_t stream, size_t n, int d, int k, FaissMetricType metric) {
    Case it = {.x = golden_inputs (stream, n * (size_t)d), .n = n};
    FaissIndexFlat *index = NULL;
    assert_ok (faiss_IndexFlat_new_with (&index, d, metric));
    it.index = &index->index;
    assert_ok (faiss_Clustering_new (&it.clustering, d, k));
    return it;
}

static Case basic_case (int niter) {
    Case it = make_case (1, N, D, K, METRIC_L2);
    it.clustering->cp.niter = niter;
    return it;
}

static void free_case (Case *it) {
    faiss_Clustering_free (it->clustering);
    faiss_object_free (it->index);
    free (it->x);
}

static void give_centroids (Case *it, const float *levels, size_t n) {
    FaissClustering *self = it->clustering;
    for (size_t i = 0; i < n * self->d; i++) {
        assert_ok (faiss_Float32Vector_push_back (&self->centroids, levels[i / self->d]));
    }
}

static void train (Case *it) {
    assert_ok (faiss_Clustering_train (it->clustering, (idx_t)it->n, it->x, it->index));
}

static void assert_trained (const Case *it, const double *centroids, const double *obj,
                            const double *imbalance, const int64_t *nsplit, size_t n_stats) {
    FaissClustering *self = it->clustering;
    assert_int_equal (self->centroids.size, self->k * self->d);
    assert_golden (self->centroids.data, centroids, self->centroids.size);
    assert_int_equal (it->index->ntotal, self->k);
    float *in_index = faiss_IndexFlat_get_xb (faiss_IndexFlat_cast (it->index));
    assert_memory_equal (in_index, self->centroids.data, self->centroids.size * sizeof (float));
    FaissClusteringIterationStats *stats;
    size_t size;
    faiss_Clustering_iteration_stats (self, &stats, &size);
    assert_int_equal (size, n_stats);
    for (size_t i = 0; i < size; i++) {
        float its_obj = faiss_ClusteringIterationStats_obj (&stats[i]);
        if (fabs (obj[i]) > 1e-3) { /* smaller ones are differences of rounding errors */
            assert_golden (&its_obj, &obj[i], 1);
        }
        float factor = (float)faiss_ClusteringIterationStats_imbalance_factor (&stats[i]);
        assert_golden (&factor, &imbalance[i], 1);
        assert_int_equal (faiss_ClusteringIterationStats_nsplit (&stats[i]), nsplit[i]);
        assert_true (faiss_ClusteringIterationStats_time (&stats[i]) >=
                     faiss_ClusteringIterationStats_time_search (&stats[i]));
    }
}

#define ASSERT_GOLDEN_CASE(it, name)                                                               \
    assert_trained ((it), golden_##name##_centroids, golden_##name##_obj,                          \
                    golden_##name##_imbalance, golden_##name##_nsplit, golden_##name##_obj_n)

static void test_basic (void **state) {
    (void)state;
    Case it = basic_case (8);
    train (&it);
    ASSERT_GOLDEN_CASE (&it, kmeans_basic);
    free_case (&it);
    it = make_case (1, N, D, K, METRIC_L2);
    train (&it);
    ASSERT_GOLDEN_CASE (&it, kmeans_default);
    free_case (&it);
}

static void test_nredo (void **state) {
    (void)state;
    Case it = basic_case (3);
    it.clustering->cp.nredo = 3;
    it.clustering->cp.seed = 7;
    train (&it);
    ASSERT_GOLDEN_CASE (&it, kmeans_nredo);
    free_case (&it);
}

static void test_spherical (void **state) {
    (void)state;
    Case it = make_case (1, N, D, K, METRIC_INNER_PRODUCT);
    it.clustering->cp.spherical = true;
    it.clustering->cp.niter = 5;
    train (&it);
    ASSERT_GOLDEN_CASE (&it, kmeans_spherical);
    free_case (&it);
}

static void test_int_centroids (void **state) {
    (void)state;
    Case it = basic_case (5);
    for (size_t i = 0; i < N * D; i++) {
        it.x[i] *= 100;
    }
    it.clustering->cp.int_centroids = true;
    train (&it);
    ASSERT_GOLDEN_CASE (&it, kmeans_int);
    free_case (&it);
}

static void test_weights (void **state) {
    (void)state;
    Case it = basic_case (5);
    float *weights = golden_inputs (2, N);
    for (int i = 0; i < N; i++) {
        weights[i] += 0.5f;
    }
    assert_ok (faiss_Clustering_train_weighted (it.clustering, N, it.x, it.index, weights));
    ASSERT_GOLDEN_CASE (&it, kmeans_weights);
    free_case (&it);
    free (weights);
}

static void test_warm_start (void **state) {
    (void)state;
    const float levels[] = {0, 1, 50};
    Case it = basic_case (4);
    give_centroids (&it, levels, 3);
    train (&it);
    ASSERT_GOLDEN_CASE (&it, kmeans_warm);
    free_case (&it);
}

static void test_frozen_centroids (void **state) {
    (void)state;
    const float levels[] = {0, 1, 0.5f, 0.25f, 0.75f};
    Case it = basic_case (4);
    give_centroids (&it, levels, 2);
    it.clustering->cp.frozen_centroids = true;
    train (&it);
    ASSERT_GOLDEN_CASE (&it, kmeans_frozen);
    free_case (&it);
    it = basic_case (4); /* nothing is left to move */
    give_centroids (&it, levels, K);
    it.clustering->cp.frozen_centroids = true;
    train (&it);
    for (size_t i = 0; i < K * D; i++) {
        assert_true (it.clustering->centroids.data[i] == levels[i / D]);
    }
    assert_int_equal (it.clustering->iteration_stats.size, 2); /* the objective repeated */
    free_case (&it);
}

static void test_empty_clusters_are_split (void **state) {
    (void)state;
    Case it = make_case (3, 18, 3, 8, METRIC_L2);
    float *repeated = malloc (90 * sizeof *repeated);
    for (int i = 0; i < 90; i++) {
        repeated[i] = it.x[i / 15 * 3 + i % 3];
    }
    free (it.x);
    it.x = repeated;
    it.n = 30;
    it.clustering->cp.niter = 4;
    train (&it);
    ASSERT_GOLDEN_CASE (&it, kmeans_empty_split);
    free_case (&it);
}

static void test_subsampling (void **state) {
    (void)state;
    Case it = make_case (4, 700, 2, 2, METRIC_L2);
    it.clustering->cp.niter = 4;
    it.clustering->cp.max_points_per_centroid = 20;
    train (&it);
    ASSERT_GOLDEN_CASE (&it, kmeans_subsample);
    free_case (&it);
    it = make_case (4, 700, 2, 2, METRIC_L2);
    it.clustering->cp.niter = 4;
    it.clustering->cp.max_points_per_centroid = 20;
    it.clustering->cp.use_faster_subsampling = true;
    train (&it);
    ASSERT_GOLDEN_CASE (&it, kmeans_subsample_fast);
    free_case (&it);
}

static void check_first_centroids (FaissClusteringInitMethod method, size_t n_given,
                                   const double *expected) {
    const float levels[] = {0, 1};
    Case it = basic_case (0);
    it.clustering->cp.init_method = method;
    give_centroids (&it, levels, n_given);
    train (&it);
    assert_golden (it.clustering->centroids.data, expected, K * D);
    assert_int_equal (it.clustering->iteration_stats.size, 0);
    assert_int_equal (it.index->ntotal, K);
    free_case (&it);
}

static void test_init_methods (void **state) {
    (void)state;
    check_first_centroids (ClusteringInitMethod_KMEANS_PLUS_PLUS, 0,
                           golden_kmeans_pp_init_centroids);
    check_first_centroids (ClusteringInitMethod_AFK_MC2, 0, golden_kmeans_afkmc2_init_centroids);
    check_first_centroids (ClusteringInitMethod_KMEANS_PLUS_PLUS, 2,
                           golden_kmeans_pp_warm_centroids);
    check_first_centroids (ClusteringInitMethod_AFK_MC2, 2, golden_kmeans_afkmc2_warm_centroids);
}

/* More distinct centroids than distinct points: every method comes to an end. */
static void test_init_methods_on_equal_points (void **state) {
    (void)state;
    for (int method = 0; method <= ClusteringInitMethod_AFK_MC2; method++) {
        Case it = basic_case (3);
        for (size_t i = 0; i < N * D; i++) {
            it.x[i] = 2;
        }
        it.clustering->cp.init_method = (FaissClusteringInitMethod)method;
        train (&it);
        for (size_t i = 0; i < K * D; i++) {
            assert_true (fabsf (it.clustering->centroids.data[i] - 2) < 0.01f);
        }
        free_case (&it);
    }
}

static void test_early_stop (void **state) {
    (void)state;
    Case it = basic_case (8);
    it.clustering->cp.early_stop_threshold = 0.1;
    train (&it);
    assert_int_equal (it.clustering->iteration_stats.size, 3); /* 14.56, 9.40, 8.60 */
    free_case (&it);
}

static void test_as_many_points_as_centroids (void **state) {
    (void)state;
    Case it = make_case (1, K, D, K, METRIC_INNER_PRODUCT);
    it.clustering->cp.spherical = true; /* has no effect here */
    train (&it);
    const double obj = 0, imbalance = 1;
    const int64_t nsplit = 0;
    double centroids[K * D];
    for (int i = 0; i < K * D; i++) {
        centroids[i] = it.x[i];
    }
    assert_trained (&it, centroids, &obj, &imbalance, &nsplit, 1);
    assert_true (it.clustering->iteration_stats.data[0].time == 0);
    free_case (&it);
}

static void test_codec (void **state) {
    (void)state;
    for (size_t block = 1; block <= 100; block += 33) {
        Case it = basic_case (8), encoded = basic_case (8);
        train (&it);
        encoded.clustering->cp.decode_block_size = block;
        FaissIndexFlat *codec = NULL;
        assert_ok (faiss_IndexFlat_new_with (&codec, D, METRIC_L2));
        assert_ok (faiss_Clustering_train_encoded (encoded.clustering, N, (const uint8_t *)it.x,
                                                   &codec->index, encoded.index, NULL));
        ASSERT_GOLDEN_CASE (&encoded, kmeans_basic);
        faiss_IndexFlat_free (codec);
        free_case (&it);
        free_case (&encoded);
    }
}

static void test_codec_with_other_init_methods (void **state) {
    (void)state;
    Case it = basic_case (0);
    it.clustering->cp.init_method = ClusteringInitMethod_KMEANS_PLUS_PLUS;
    it.clustering->cp.decode_block_size = 7;
    FaissIndexFlat *codec = NULL;
    assert_ok (faiss_IndexFlat_new_with (&codec, D, METRIC_L2));
    assert_ok (faiss_Clustering_train_encoded (it.clustering, N, (const uint8_t *)it.x,
                                               &codec->index, it.index, NULL));
    assert_golden (it.clustering->centroids.data, golden_kmeans_pp_init_centroids, K * D);
    faiss_IndexFlat_free (codec);
    free_case (&it);
}

/* Each centroid is the mean of its points, and no thread count changes a bit. */
static void test_means_and_threads (void **state) {
    (void)state;
    enum { POINTS = 3000, CLUSTERS = 37 };
    const int dimensions[] = {1, 7, 8, 15, 16, 17, 100};
    for (size_t t = 0; t < sizeof dimensions / sizeof *dimensions; t++) {
        int d = dimensions[t];
        Case it = make_case (9, POINTS, d, CLUSTERS, METRIC_L2);
        Case other = make_case (9, POINTS, d, CLUSTERS, METRIC_L2);
        it.clustering->cp.niter = other.clustering->cp.niter = 6;
#ifdef _OPENMP
        int before = omp_get_max_threads ();
        omp_set_num_threads (1);
#endif
        train (&it);
#ifdef _OPENMP
        omp_set_num_threads (3);
#endif
        train (&other);
#ifdef _OPENMP
        omp_set_num_threads (before);
#endif
        size_t size = it.clustering->centroids.size;
        assert_memory_equal (it.clustering->centroids.data, other.clustering->centroids.data,
                             size * sizeof (float));
        const FaissClusteringIterationStats *stats = it.clustering->iteration_stats.data;
        for (size_t i = 1; i < it.clustering->iteration_stats.size; i++) {
            assert_true (stats[i - 1].nsplit || stats[i].obj <= stats[i - 1].obj * 1.0001f);
        }
        free_case (&it);
        free_case (&other);
    }
}

static void test_kmeans_clustering (void **state) {
    (void)state;
    float *x = golden_inputs (1, N * D), centroids[K * D], error = -1;
    assert_ok (faiss_kmeans_clustering (D, N, K, x, centroids, &error));
    assert_golden (centroids, golden_kmeans_default_centroids, K * D);
    assert_golden (&error, &golden_kmeans_default_obj[golden_kmeans_default_obj_n - 1], 1);
    assert_ok (faiss_kmeans_clustering (D, N, K, x, centroids, NULL));
    error = -1;
    assert_fails (faiss_kmeans_clustering (D, N, N + 1, x, centroids, &error), "points (60)");
    assert_fails (faiss_kmeans_clustering (D, N, 0, x, centroids, &error), "k > 0, got 0");
    assert_fails (faiss_kmeans_clustering (0, N, K, x, centroids, &error), "d > 0, got 0");
    assert_fails (faiss_kmeans_clustering (D, N, K, NULL, centroids, &error), "x is NULL");
    assert_fails (faiss_kmeans_clustering (D, N, K, x, NULL, &error), "centroids is NULL");
    assert_true (error == -1);
    free (x);
}

static void test_parameters (void **state) {
    (void)state;
    FaissClusteringParametersC params;
    faiss_ClusteringParameters_init (&params);
    assert_int_equal (sizeof params, 48);
    params.niter = 3;
    params.nredo = 2;
    params.spherical = 1;
    params.max_points_per_centroid = 77;
    FaissClustering *self = NULL;
    assert_ok (faiss_Clustering_new_with_params (&self, 6, 7, &params));
    assert_int_equal (faiss_Clustering_niter (self), 3);
    assert_int_equal (faiss_Clustering_nredo (self), 2);
    assert_int_equal (faiss_Clustering_verbose (self), 0);
    assert_int_equal (faiss_Clustering_spherical (self), 1);
    assert_int_equal (faiss_Clustering_int_centroids (self), 0);
    assert_int_equal (faiss_Clustering_update_index (self), 0);
    assert_int_equal (faiss_Clustering_frozen_centroids (self), 0);
    assert_int_equal (faiss_Clustering_min_points_per_centroid (self), 39);
    assert_int_equal (faiss_Clustering_max_points_per_centroid (self), 77);
    assert_int_equal (faiss_Clustering_seed (self), 1234);
    assert_int_equal (faiss_Clustering_decode_block_size (self), 32768);
    assert_int_equal (faiss_Clustering_d (self), 6);
    assert_int_equal (faiss_Clustering_k (self), 7);
    assert_true (self->cp.check_input_data_for_NaNs);
    faiss_Clustering_free (self);
    faiss_Clustering_free (NULL);
    self = NULL;
    assert_fails (faiss_Clustering_new (&self, 0, 7), "d > 0, got 0");
    assert_fails (faiss_Clustering_new (&self, 6, -1), "k > 0, got -1");
    assert_fails (faiss_Clustering_new (NULL, 6, 1), "out is NULL");
    assert_fails (faiss_Clustering_new_with_params (&self, 6, 1, NULL), "cp is NULL");
    assert_null (self);
}

/* Whatever is refused leaves the centroids and the statistics as they were. */
static void assert_refused (Case *it, FaissStatus status, const char *text) {
    assert_fails (status, text);
    assert_int_equal (it->clustering->centroids.size, K * D);
    assert_golden (it->clustering->centroids.data, golden_kmeans_basic_centroids, K * D);
    assert_int_equal (it->clustering->iteration_stats.size, golden_kmeans_basic_obj_n);
    assert_int_equal (it->index->ntotal, K);
}

static void test_bad_input (void **state) {
    (void)state;
    Case it = basic_case (8);
    train (&it);
    FaissClustering *self = it.clustering;
    FaissIndexFlat *other = NULL;
    assert_ok (faiss_IndexFlat_new_with (&other, D + 1, METRIC_L2));

    assert_refused (&it, faiss_Clustering_train (NULL, N, it.x, it.index), "clustering is NULL");
    assert_refused (&it, faiss_Clustering_train (self, K - 1, it.x, it.index),
                    "Number of training points (4) should be at least as large");
    assert_refused (&it, faiss_Clustering_train (self, -1, it.x, it.index), "points (-1)");
    assert_refused (&it, faiss_Clustering_train (self, N, NULL, it.index), "x is NULL");
    assert_refused (&it, faiss_Clustering_train (self, N, it.x, NULL), "index is NULL");
    assert_refused (&it, faiss_Clustering_train (self, N, it.x, &other->index),
                    "Index dimension 5 not the same as data dimension 4");
    assert_refused (&it,
                    faiss_Clustering_train_encoded (self, N, (const uint8_t *)it.x, &other->index,
                                                    it.index, NULL),
                    "Codec dimension 5");
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        float saved = it.x[N * D - 1 - i];
        it.x[N * D - 1 - i] = bad[i];
        assert_refused (&it, faiss_Clustering_train (self, N, it.x, it.index),
                        "input contains NaN's or Inf's");
        it.x[N * D - 1 - i] = saved;
    }
    self->cp.nredo = 0;
    assert_refused (&it, faiss_Clustering_train (self, N, it.x, it.index), "nredo > 0, got 0");
    self->cp.nredo = 1;
    self->cp.max_points_per_centroid = 0;
    assert_refused (&it, faiss_Clustering_train (self, N, it.x, it.index), "max_points_per");
    self->cp.max_points_per_centroid = 256;
    self->cp.init_method = (FaissClusteringInitMethod)3;
    assert_refused (&it, faiss_Clustering_train (self, N, it.x, it.index), "init_method 3");
    self->cp.init_method = ClusteringInitMethod_RANDOM;
    self->centroids.size--;
    assert_fails (faiss_Clustering_train (self, N, it.x, it.index), "not a multiple");
    self->centroids.size++;
    self->k--;
    assert_fails (faiss_Clustering_train (self, N, it.x, it.index), "at most 4 provided");
    self->k++;
    faiss_IndexFlat_free (other);
    free_case (&it);
}

/* NaN that nobody looks for: the assignment may be anything but must not be followed blindly. */
static void test_unchecked_nans_do_no_harm (void **state) {
    (void)state;
    Case it = basic_case (3);
    it.clustering->cp.check_input_data_for_NaNs = false;
    it.x[9] = NAN;
    FaissStatus status = faiss_Clustering_train (it.clustering, N, it.x, it.index);
    assert_true (status == FAISS_OK || status == FAISS_EXCEPT);
    free_case (&it);
}

static void test_no_memory (void **state) {
    (void)state;
    FOR_EACH_FAILING_ALLOCATION (i, 1) {
        failing_stop ();
        Case it = make_case (4, 700, 2, 2, METRIC_L2);
        it.clustering->cp.niter = 2;
        it.clustering->cp.nredo = 2;
        it.clustering->cp.max_points_per_centroid = 20;
        it.clustering->cp.init_method = ClusteringInitMethod_AFK_MC2;
        failing_start (i);
        FaissStatus status =
            faiss_Clustering_train_weighted (it.clustering, 700, it.x, it.index, it.x);
        failing_stop ();
        bool happened = failing_happened ();
        if (!happened) {
            assert_ok (status);
        } else if (status != FAISS_OK) {
            assert_int_equal (status, FAISS_STD_EXCEPT);
            assert_int_equal (it.clustering->centroids.size, 0);
            assert_int_equal (it.clustering->iteration_stats.size, 0);
        }
        free_case (&it);
        if (!happened) {
            break;
        }
    }
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* The least objective of all ways to cut sorted numbers, by trying them all. */
static double best_cost (const float *x, size_t n, size_t k) {
    double best = INFINITY;
    for (size_t begin = k - 1; begin < n; begin++) {
        double mean = 0, cost = 0;
        for (size_t i = begin; i < n; i++) {
            mean += x[i];
        }
        mean /= (double)(n - begin);
        for (size_t i = begin; i < n; i++) {
            cost += (x[i] - mean) * (x[i] - mean);
        }
        if (k > 1) {
            cost += best_cost (x, begin, k - 1);
        } else if (begin > 0) {
            break;
        }
        best = cost < best ? cost : best;
    }
    return best;
}

static int compare (const void *a, const void *b) {
    float first = *(const float *)a, second = *(const float *)b;
    return (first > second) - (first < second);
}

static void test_kmeans1d_is_exact (void **state) {
    (void)state;
    enum { MAX = 14 };
    TestRandom random = {7};
    for (int trial = 0; trial < 300; trial++) {
        size_t n = 2 + testing_random (&random) % (MAX - 1), k = 1 + testing_random (&random) % 4;
        float x[MAX], centroids[4];
        if (k >= n) {
            continue;
        }
        for (size_t i = 0; i < n; i++) { /* few distinct values in every other trial */
            x[i] = (float)(testing_random (&random) % (trial % 2 ? 4 : 1000));
        }
        assert_ok (faiss_kmeans1d (x, n, k, centroids, NULL));
        double cost = 0;
        for (size_t i = 0; i < n; i++) {
            double nearest = INFINITY;
            for (size_t c = 0; c < k; c++) {
                assert_true (c == 0 || centroids[c] >= centroids[c - 1]);
                nearest = fmin (nearest, pow ((double)x[i] - centroids[c], 2));
            }
            cost += nearest;
        }
        qsort (x, n, sizeof *x, compare);
        double expected = best_cost (x, n, k);
        assert_true (fabs (cost - expected) <= 1e-4 * expected + 1e-6);
    }
}

static void test_fewer_values_than_clusters (void **state) {
    (void)state;
    float x[200], centroids[50];
    for (int i = 0; i < 200; i++) {
        x[i] = (float)(i % 3);
    }
    for (size_t k = 1; k <= 50; k++) {
        double imbalance = -1;
        assert_ok (faiss_kmeans1d (x, 200, k, centroids, &imbalance));
        assert_true (imbalance >= 1);
        for (size_t c = 0; c < k; c++) {
            assert_true (centroids[c] >= 0 && centroids[c] <= 2);
            assert_true (k < 3 || centroids[c] == roundf (centroids[c]));
        }
        assert_true (k < 3 || (centroids[0] == 0 && centroids[k - 1] == 2));
    }
}

static void test_Clustering1D (void **state) {
    (void)state;
    float *x = golden_inputs (5, 50);
    FaissClustering1D *self = NULL;
    assert_ok (faiss_Clustering1D_new (&self, 4));
    assert_ok (faiss_Clustering1D_train_exact (self, 50, x));
    assert_golden (self->clustering.centroids.data, golden_clustering1d_centroids, 4);
    assert_int_equal (self->clustering.iteration_stats.size, 1);
    float factor = (float)self->clustering.iteration_stats.data[0].imbalance_factor;
    assert_golden (&factor, golden_clustering1d_imbalance, 1);
    assert_ok (faiss_Clustering1D_train_exact (self, 4, x)); /* copied, not sorted */
    assert_memory_equal (self->clustering.centroids.data, x, 4 * sizeof *x);
    assert_fails (faiss_Clustering1D_train_exact (self, 3, x), "training points (3)");
    assert_fails (faiss_Clustering1D_train_exact (self, 50, NULL), "x is NULL");
    assert_fails (faiss_Clustering1D_train_exact (NULL, 50, x), "self is NULL");
    x[7] = NAN;
    assert_fails (faiss_Clustering1D_train_exact (self, 50, x), "NaN");
    assert_memory_equal (self->clustering.centroids.data, x, 4 * sizeof *x);
    faiss_Clustering1D_free (self);
    free (x);
    self = NULL;
    assert_fails (faiss_Clustering1D_new (&self, 0), "k > 0, got 0");
    assert_null (self);
}

static void test_smawk (void **state) {
    (void)state;
    /* (i - j)^2 is totally monotone; so is a matrix of equal entries */
    const idx_t sizes[] = {1, 2, 3, 7, 8, 33};
    for (size_t a = 0; a < 6; a++) {
        for (size_t b = 0; b < 6; b++) {
            idx_t rows = sizes[a], columns = sizes[b], argmins[33];
            float x[33 * 33];
            for (idx_t i = 0; i < rows * columns; i++) {
                x[i] = (float)((i / columns - i % columns) * (i / columns - i % columns));
            }
            assert_ok (faiss_smawk (rows, columns, x, argmins));
            for (idx_t i = 0; i < rows; i++) {
                assert_int_equal (argmins[i], i < columns ? i : columns - 1);
            }
            memset (x, 0, sizeof x);
            assert_ok (faiss_smawk (rows, columns, x, argmins));
            for (idx_t i = 0; i < rows; i++) {
                assert_int_equal (argmins[i], 0);
            }
        }
    }
    idx_t argmin;
    assert_fails (faiss_smawk (1, 0, NULL, &argmin), "no row minima");
    assert_fails (faiss_smawk (1, 1, NULL, &argmin), "NULL");
}

TEST_MAIN (cmocka_unit_test (test_basic), cmocka_unit_test (test_nredo),
           cmocka_unit_test (test_spherical), cmocka_unit_test (test_int_centroids),
           cmocka_unit_test (test_weights), cmocka_unit_test (test_warm_start),
           cmocka_unit_test (test_frozen_centroids),
           cmocka_unit_test (test_empty_clusters_are_split), cmocka_unit_test (test_subsampling),
           cmocka_unit_test (test_init_methods),
           cmocka_unit_test (test_init_methods_on_equal_points), cmocka_unit_test (test_early_stop),
           cmocka_unit_test (test_as_many_points_as_centroids), cmocka_unit_test (test_codec),
           cmocka_unit_test (test_codec_with_other_init_methods),
           cmocka_unit_test (test_means_and_threads), cmocka_unit_test (test_kmeans_clustering),
           cmocka_unit_test (test_parameters), cmocka_unit_test (test_bad_input),
           cmocka_unit_test (test_unchecked_nans_do_no_harm), cmocka_unit_test (test_no_memory),
           cmocka_unit_test (test_kmeans1d_is_exact),
           cmocka_unit_test (test_fewer_values_than_clusters), cmocka_unit_test (test_Clustering1D),
           cmocka_unit_test (test_smawk))
