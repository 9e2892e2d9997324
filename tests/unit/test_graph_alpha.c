/* Graphs whose links are chosen with alpha > 1. */
#include "graph_checks.h"

#include <faiss/AutoTune.h>
#include <faiss/IndexHNSW.h>
#include <faiss/clone_index.h>
#include <faiss/impl/io.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <faiss/utils/distances.h>

#ifdef _OPENMP
#include <omp.h>
#else
#define omp_set_num_threads(n) ((void)(n))
#endif

enum { N = 3000, D = 24, NQ = 100, K = 10 };

static float *make_vectors (uint64_t seed, size_t n) {
    TestRandom random = {seed};
    float *x = malloc (n * D * sizeof *x);
    testing_floats (&random, x, n * D);
    for (size_t i = 0; i < n * D; i++) { /* in few dimensions few links are kept by alpha = 1 */
        x[i] *= i % D < 6 ? 1 : 0.05f;
    }
    faiss_fvec_renorm_L2 (D, n, x);
    return x;
}

static FaissIndexHNSW *build (const char *factory, FaissMetricType metric, double alpha,
                              const float *x, idx_t n) {
    FaissIndex *index = NULL;
    FaissParameterSpace *space = NULL;
    assert_ok (faiss_index_factory (&index, D, factory, metric));
    assert_float_equal (faiss_IndexHNSW_cast (index)->hnsw.alpha, 1, 0);
    assert_ok (faiss_ParameterSpace_new (&space));
    assert_ok (faiss_ParameterSpace_set_index_parameter (space, index, "alpha", alpha));
    faiss_ParameterSpace_free (space);
    assert_ok (faiss_Index_train (index, n, x));
    assert_ok (faiss_Index_add (index, n, x));
    return faiss_IndexHNSW_cast (index);
}

static size_t count_links (const FaissHNSW *hnsw) {
    size_t n = 0;
    for (size_t i = 0; i < hnsw->neighbors.size; i++) {
        n += hnsw->neighbors.data[i] >= 0;
    }
    return n;
}

static void assert_same_links (const FaissIndexHNSW *a, const FaissIndexHNSW *b) {
    assert_int_equal (a->hnsw.neighbors.size, b->hnsw.neighbors.size);
    assert_memory_equal (a->hnsw.neighbors.data, b->hnsw.neighbors.data,
                         a->hnsw.neighbors.size * sizeof (int32_t));
}

static double recall (FaissIndexHNSW *index, int ef) {
    static float distances[2][NQ * K];
    static idx_t labels[2][NQ * K];
    float *q = make_vectors (7, NQ);
    assert_ok (faiss_Index_search (index->storage, NQ, q, K, distances[0], labels[0]));
    index->hnsw.efSearch = ef;
    assert_ok (faiss_Index_search (&index->index, NQ, q, K, distances[1], labels[1]));
    size_t n = 0;
    for (int i = 0; i < NQ * K; i++) {
        for (int j = i / K * K; j < (i / K + 1) * K; j++) {
            n += labels[0][i] == labels[1][j];
        }
    }
    free (q);
    return (double)n / (NQ * K);
}

/* All kinds of vectors: good graphs with more links, in which more is found. */
static void test_graphs (void **state) {
    (void)state;
    static const char *const factories[] = {"HNSW8", "HNSW8,SQ8"};
    static const FaissMetricType metrics[] = {METRIC_L2, METRIC_INNER_PRODUCT};
    float *x = make_vectors (1, N);
    for (int i = 0; i < 4; i++) {
        FaissIndexHNSW *plain = build (factories[i / 2], metrics[i % 2], 1, x, N);
        FaissIndexHNSW *index = build (factories[i / 2], metrics[i % 2], 1.2, x, N);
        assert_links_are_good (&index->hnsw);
        assert_int_equal (count_reachable (&index->hnsw), N);
        assert_true (count_links (&index->hnsw) > count_links (&plain->hnsw) * 11 / 10);
        printf ("%s %d: %.4f %.4f links %zu %zu\n", factories[i / 2], i % 2, recall (plain, 30),
                recall (index, 30), count_links (&plain->hnsw), count_links (&index->hnsw));
        faiss_IndexHNSW_free (plain);
        faiss_IndexHNSW_free (index);
    }
    free (x);
}

/* Other distances, dissimilar vectors, equal ones, full lists: only that all holds together. */
static void test_other_graphs (void **state) {
    (void)state;
    static const FaissMetricType metrics[] = {METRIC_L2, METRIC_INNER_PRODUCT, METRIC_L1};
    static const double alphas[] = {1, 1.0001, 2, 1e30, HUGE_VAL};
    TestRandom random = {3};
    float x[600 * D];
    testing_floats (&random, x, 600 * D);
    for (int i = 0; i < 200 * D; i++) {
        x[i] = roundf (x[i]);
        x[200 * D + i] = fabsf (x[200 * D + i]) * (i % 2 ? -1.f : 1.f);
    }
    x[5] = NAN;
    for (size_t m = 0; m < sizeof metrics / sizeof *metrics; m++) {
        for (size_t a = 0; a < sizeof alphas / sizeof *alphas; a++) {
            for (int keep = 0; keep < 2; keep++) {
                FaissIndexHNSW *index = build ("HNSW4", metrics[m], alphas[a], x, 300);
                index->keep_max_size_level0 = keep;
                assert_ok (faiss_Index_add (&index->index, 300, x + 300 * D));
                assert_links_are_good (&index->hnsw);
                assert_ok (faiss_IndexHNSW_shrink_level_0_neighbors (index, 5));
                assert_links_are_good (&index->hnsw);
                assert_int_equal (remove_range (&index->index, 50, 350), 300);
                assert_links_are_good (&index->hnsw);
                faiss_IndexHNSW_free (index);
            }
        }
    }
}

/* Removals choose links as adds do: with alpha there are more. */
static void test_removals (void **state) {
    (void)state;
    float *x = make_vectors (6, N);
    size_t n_links[2];
    for (int with = 0; with < 2; with++) {
        FaissIndexHNSW *index = build ("HNSW8", METRIC_L2, 1.4, x, N);
        index->hnsw.alpha = with ? 1.4f : 1;
        assert_int_equal (remove_range (&index->index, 0, N / 2), N / 2);
        assert_links_are_good (&index->hnsw);
        n_links[with] = count_links (&index->hnsw);
        faiss_IndexHNSW_free (index);
    }
    assert_true (n_links[1] > n_links[0] * 21 / 20);
    free (x);
}

static void test_threads_do_not_matter (void **state) {
    (void)state;
    float *x = make_vectors (2, N);
    omp_set_num_threads (1);
    FaissIndexHNSW *one = build ("HNSW8", METRIC_L2, 1.3, x, N);
    omp_set_num_threads (3);
    FaissIndexHNSW *three = build ("HNSW8", METRIC_L2, 1.3, x, N);
    assert_same_links (one, three);
    faiss_IndexHNSW_free (one);
    faiss_IndexHNSW_free (three);
    free (x);
}

/* A file does not say how links were chosen; a copy knows. */
static void test_files (void **state) {
    (void)state;
    float *x = make_vectors (4, 500);
    FaissIndexHNSW *index = build ("HNSW8", METRIC_L2, 1.5, x, 500);
    FaissVectorIOWriter *writer = NULL;
    FaissVectorIOReader *reader = NULL;
    FaissIndex *read = NULL, *clone = NULL;
    assert_ok (faiss_VectorIOWriter_new (&writer));
    assert_ok (faiss_write_index_custom (&index->index, &writer->writer, 0));
    assert_ok (faiss_VectorIOReader_new_with (&reader, writer->data.data, writer->data.size));
    assert_ok (faiss_read_index_custom (&reader->reader, 0, &read));
    assert_same_links (index, faiss_IndexHNSW_cast (read));
    assert_float_equal (faiss_IndexHNSW_cast (read)->hnsw.alpha, 1, 0);
    assert_ok (faiss_clone_index (&index->index, &clone));
    assert_float_equal (faiss_IndexHNSW_cast (clone)->hnsw.alpha, 1.5, 0);
    faiss_Index_free (read);
    faiss_Index_free (clone);
    faiss_IOReader_free (&reader->reader);
    faiss_IOWriter_free (&writer->writer);
    faiss_IndexHNSW_free (index);
    free (x);
}

static void test_bad_values (void **state) {
    (void)state;
    float *x = make_vectors (5, 10);
    FaissIndexHNSW *index = build ("HNSW8", METRIC_L2, 1, x, 0);
    FaissParameterSpace *space = NULL;
    assert_ok (faiss_ParameterSpace_new (&space));
    assert_fails (faiss_ParameterSpace_set_index_parameter (space, &index->index, "alpha", 0.9),
                  "expected alpha >= 1, got 0.9");
    static const float bad[] = {0.5f, 0, -1, NAN};
    for (int i = 0; i < 4; i++) {
        index->hnsw.alpha = bad[i];
        assert_fails (faiss_Index_add (&index->index, 10, x), "expected alpha >= 1");
        assert_int_equal (index->index.ntotal, 0);
    }
    faiss_ParameterSpace_free (space);
    faiss_IndexHNSW_free (index);
    free (x);
}

TEST_MAIN (cmocka_unit_test (test_graphs), cmocka_unit_test (test_other_graphs),
           cmocka_unit_test (test_removals), cmocka_unit_test (test_threads_do_not_matter),
           cmocka_unit_test (test_files), cmocka_unit_test (test_bad_values))
