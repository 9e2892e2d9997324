/* k-means assignment with bounds: to the bit what comparing with all centroids gives. */
#include "testing.h"

#ifdef _OPENMP
#include <omp.h>
#endif

#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>
#include <faiss/impl/clustering_assign.h>
#include <faiss/utils/random.h>
#include <faiss/utils/simd_levels.h>

#include "failing.h"

/* Points around some centers; small integers where ties are wanted. */
static float *make_points (size_t n, int d, bool integers, int64_t seed) {
    float *x = malloc (n * (size_t)d * sizeof *x);
    float *centers = malloc (40 * (size_t)d * sizeof *x);
    assert_non_null (x);
    assert_non_null (centers);
    faiss_float_randn (x, n * (size_t)d, seed);
    faiss_float_randn (centers, 40 * (size_t)d, seed + 1);
    for (size_t i = 0; i < n * (size_t)d; i++) {
        float value = x[i] + 1.5f * centers[i / (size_t)d % 40 * (size_t)d + i % (size_t)d];
        x[i] = integers ? roundf (value) : value;
    }
    free (centers);
    return x;
}

/* Move the centroids like k-means does: most of them little and ever less, one of them far. */
static void move_centroids (float *centroids, size_t k, int d, bool integers, int run) {
    TestRandom random = {(uint64_t)run + 1};
    float step = integers ? 1 : 0.3f / (float)(1 + run);
    for (size_t i = 0; i < k * (size_t)d; i++) {
        if (!integers || testing_random (&random) % 50 == 0) {
            centroids[i] += step * ((float)(testing_random (&random) % 3) - 1);
        }
    }
    size_t moved = testing_random (&random) % k, to = testing_random (&random) % k;
    if (moved != to) {
        memcpy (centroids + moved * (size_t)d, centroids + to * (size_t)d,
                (size_t)d * sizeof *centroids);
    }
}

typedef struct Result {
    float *distances;
    idx_t *assign;
} Result;

static void run (FaissClusterAssigner *assigner, const float *centroids, Result *out) {
    bool done = false;
    assert_ok (faiss_ClusterAssigner_run (assigner, centroids, out->distances, out->assign, &done));
    assert_true (done);
}

static Result new_result (size_t n) {
    return (Result){calloc (n, sizeof (float)), calloc (n, sizeof (idx_t))};
}

static void free_result (Result *result) {
    free (result->distances);
    free (result->assign);
}

static void compare_with_all (size_t n, int d, size_t k, FaissMetricType metric, bool integers) {
    float *x = make_points (n, d, integers, 5), *centroids = make_points (k, d, integers, 6);
    FaissIndexFlat *index = NULL;
    assert_ok (faiss_IndexFlat_new_with (&index, d, metric));
    FaissClusterAssigner *tested = NULL, *reference = NULL;
    assert_ok (faiss_ClusterAssigner_new (&tested, &index->index, n, x, k));
    assert_ok (faiss_ClusterAssigner_new (&reference, &index->index, n, x, k));
    assert_non_null (tested);
    Result got = new_result (n), expected = new_result (n);
    for (int i = 0; i < 7; i++) {
        faiss_ClusterAssigner_restart (reference);
        run (reference, centroids, &expected);
        run (tested, centroids, &got);
        assert_memory_equal (got.assign, expected.assign, n * sizeof *got.assign);
        assert_memory_equal (got.distances, expected.distances, n * sizeof *got.distances);
        move_centroids (centroids, k, d, integers, i);
        if (i == 5) { /* beyond the norms seen so far */
            for (size_t j = 0; j < k * (size_t)d; j++) {
                centroids[j] *= 1.5f;
            }
        }
    }
    free_result (&got);
    free_result (&expected);
    faiss_ClusterAssigner_free (tested);
    faiss_ClusterAssigner_free (reference);
    faiss_IndexFlat_free (index);
    free (x);
    free (centroids);
}

static void test_equals_comparing_with_all (void **state) {
    (void)state;
    FaissSIMDLevel before = faiss_get_simd_level ();
    for (int level = 0; level < SIMDLevel_COUNT; level++) {
        if (!faiss_simd_level_is_available ((FaissSIMDLevel)level)) {
            continue;
        }
        assert_ok (faiss_set_simd_level ((FaissSIMDLevel)level));
        for (int metric = METRIC_INNER_PRODUCT; metric <= METRIC_L2; metric++) {
            compare_with_all (8001, 16, 128, (FaissMetricType)metric, false);
            compare_with_all (7800, 17, 203, (FaissMetricType)metric, true);
            compare_with_all (1300, 100, 300, (FaissMetricType)metric, false);
            if (level == (int)before) { /* several panels to a group; two blocks of another size */
                compare_with_all (2000, 64, 2100, (FaissMetricType)metric, true);
                compare_with_all (1100, 300, 129, (FaissMetricType)metric, false);
                compare_with_all (32001, 4, 256, (FaissMetricType)metric, true);
            }
        }
    }
    assert_ok (faiss_set_simd_level (before));
}

/* Against the index itself, whose distances may differ in the last bits. */
static void test_equals_the_search (void **state) {
    (void)state;
    enum { N = 4000, D = 40, K = 150 };
    for (int metric = METRIC_INNER_PRODUCT; metric <= METRIC_L2; metric++) {
        float *x = make_points (N, D, false, 1), *centroids = make_points (K, D, false, 2);
        FaissIndexFlat *index = NULL;
        assert_ok (faiss_IndexFlat_new_with (&index, D, (FaissMetricType)metric));
        FaissClusterAssigner *assigner = NULL;
        assert_ok (faiss_ClusterAssigner_new (&assigner, &index->index, N, x, K));
        assert_non_null (assigner);
        Result got = new_result (N), expected = new_result (N);
        for (int i = 0; i < 5; i++) {
            assert_ok (faiss_Index_reset (&index->index));
            assert_ok (faiss_Index_add (&index->index, K, centroids));
            assert_ok (
                faiss_Index_search (&index->index, N, x, 1, expected.distances, expected.assign));
            run (assigner, centroids, &got);
            for (int p = 0; p < N; p++) {
                float tolerance = 1e-5f * (fabsf (expected.distances[p]) + 2 * D);
                assert_true (fabsf (got.distances[p] - expected.distances[p]) <= tolerance);
            }
            move_centroids (centroids, K, D, false, i);
        }
        free_result (&got);
        free_result (&expected);
        faiss_ClusterAssigner_free (assigner);
        faiss_IndexFlat_free (index);
        free (x);
        free (centroids);
    }
}

/* An IndexFlat by another class: k-means searches it. */
static FaissIndexFlatCodesClass other_class;

static FaissClustering *cluster (FaissIndex *index, idx_t n, const float *x, int k,
                                 bool spherical) {
    FaissClustering *clustering = NULL;
    assert_ok (faiss_Clustering_new (&clustering, index->d, k));
    clustering->cp.niter = 8;
    clustering->cp.nredo = 2;
    clustering->cp.spherical = spherical;
    assert_ok (faiss_Clustering_train (clustering, n, x, index));
    return clustering;
}

static void test_the_same_kmeans (void **state) {
    (void)state;
    enum { N = 6000, D = 24, K = 130 };
    other_class.index.head = (FaissClass){.name = "OtherFlat",
                                          .parent = &faiss_IndexFlat_class.index.head,
                                          .instance_size = sizeof (FaissIndexFlat),
                                          .table_size = sizeof (FaissIndexFlatCodesClass)};
    for (int metric = METRIC_INNER_PRODUCT; metric <= METRIC_L2; metric++) {
        float *x = make_points (N, D, false, 3);
        FaissIndexFlat *flat = NULL, *other = NULL;
        assert_ok (faiss_IndexFlat_new_with (&flat, D, (FaissMetricType)metric));
        assert_ok (faiss_object_new (&other, &other_class.index.head));
        assert_ok (faiss_IndexFlat_init (other, D, (FaissMetricType)metric));
        FaissClustering *got = cluster (&flat->index, N, x, K, metric == METRIC_INNER_PRODUCT);
        FaissClustering *expected =
            cluster (&other->index, N, x, K, metric == METRIC_INNER_PRODUCT);
        assert_int_equal (flat->index.ntotal, K);
        assert_memory_equal (faiss_IndexFlat_get_xb (flat), got->centroids.data,
                             K * D * sizeof (float));
        assert_int_equal (got->iteration_stats.size, expected->iteration_stats.size);
        for (size_t i = 0; i < got->iteration_stats.size; i++) {
            double obj = expected->iteration_stats.data[i].obj;
            assert_true (fabs (got->iteration_stats.data[i].obj - obj) <= 1e-3 * fabs (obj));
        }
        faiss_Clustering_free (got);
        faiss_Clustering_free (expected);
        faiss_IndexFlat_free (flat);
        faiss_IndexFlat_free (other);
        free (x);
    }
}

static void test_threads_do_not_show (void **state) {
    (void)state;
#ifdef _OPENMP
    enum { N = 9000, D = 33, K = 200 };
    int before = omp_get_max_threads ();
    float *x = make_points (N, D, false, 4);
    FaissIndexFlat *index = NULL;
    assert_ok (faiss_IndexFlat_new_with (&index, D, METRIC_L2));
    omp_set_num_threads (1);
    FaissClustering *one = cluster (&index->index, N, x, K, false);
    omp_set_num_threads (4);
    FaissClustering *four = cluster (&index->index, N, x, K, false);
    omp_set_num_threads (before);
    assert_memory_equal (one->centroids.data, four->centroids.data, K * D * sizeof (float));
    faiss_Clustering_free (one);
    faiss_Clustering_free (four);
    faiss_IndexFlat_free (index);
    free (x);
#endif
}

/* Distances that overflow are left to the search, and what that cannot assign is an error. */
static void test_huge_numbers (void **state) {
    (void)state;
    enum { N = 9000, D = 16, K = 130 };
    float *x = make_points (N, D, false, 4);
    for (size_t i = 0; i < N * D; i++) {
        x[i] *= 1e25f;
    }
    FaissIndexFlat *index = NULL;
    assert_ok (faiss_IndexFlat_new_with (&index, D, METRIC_L2));
    FaissClustering *clustering = NULL;
    assert_ok (faiss_Clustering_new (&clustering, D, K));
    FaissStatus status = faiss_Clustering_train (clustering, N, x, &index->index);
    assert_true (status == FAISS_OK || status == FAISS_EXCEPT);
    faiss_Clustering_free (clustering);
    faiss_IndexFlat_free (index);
    free (x);
}

static void test_other_indexes_are_searched (void **state) {
    (void)state;
    enum { N = 9000, D = 16, K = 130 };
    float *x = make_points (N, D, false, 4);
    FaissIndexFlat *index = NULL;
    FaissClusterAssigner *assigner = NULL;
    assert_ok (faiss_IndexFlat_new_with (&index, D, METRIC_L1));
    assert_ok (faiss_ClusterAssigner_new (&assigner, &index->index, N, x, K));
    assert_null (assigner);
    index->index.metric_type = METRIC_L2;
    assert_ok (faiss_ClusterAssigner_new (&assigner, &index->index, N, x, 100));
    assert_null (assigner); /* few centroids */
    assert_ok (faiss_ClusterAssigner_new (&assigner, &index->index, 2000, x, K));
    assert_null (assigner); /* few points: by the direct formula */
    assert_ok (faiss_ClusterAssigner_new (&assigner, &index->index, N, x, K));
    assert_non_null (assigner);
    faiss_ClusterAssigner_free (assigner);
    faiss_ClusterAssigner_free (NULL);
    faiss_IndexFlat_free (index);
    free (x);
}

static void test_no_memory (void **state) {
    (void)state;
    enum { N = 9000, D = 16, K = 130 };
    float *x = make_points (N, D, false, 4);
    FaissIndexFlat *index = NULL;
    assert_ok (faiss_IndexFlat_new_with (&index, D, METRIC_L2));
    FOR_EACH_FAILING_ALLOCATION (i, 1) {
        failing_stop ();
        FaissClustering *clustering = NULL;
        assert_ok (faiss_Clustering_new (&clustering, D, K));
        clustering->cp.niter = 3;
        failing_start (i);
        FaissStatus status = faiss_Clustering_train (clustering, N, x, &index->index);
        failing_stop ();
        bool happened = failing_happened ();
        assert_true (status == FAISS_OK || (happened && status == FAISS_STD_EXCEPT));
        assert_int_equal (clustering->centroids.size, status == FAISS_OK ? K * D : 0);
        faiss_Clustering_free (clustering);
        if (!happened) {
            break;
        }
    }
    faiss_IndexFlat_free (index);
    free (x);
}

TEST_MAIN (cmocka_unit_test (test_equals_comparing_with_all),
           cmocka_unit_test (test_equals_the_search), cmocka_unit_test (test_the_same_kmeans),
           cmocka_unit_test (test_threads_do_not_show), cmocka_unit_test (test_huge_numbers),
           cmocka_unit_test (test_other_indexes_are_searched), cmocka_unit_test (test_no_memory))
