/* Graphs over plain vectors: filter codes change nothing, in building and in searching. */
#include "testing.h"

#include <math.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/utils/random.h>
#include <faiss/utils/simd_levels.h>

enum { N_QUERIES = 20, K = 10 };

/* mixed: some rows are of bytes; few: of few numbers, so that many are equally near */
typedef enum Kind { FLOATS, BYTES, MIXED, FEW } Kind;

static float *new_rows (size_t n, int d, Kind kind) {
    float *x = malloc (n * (size_t)d * sizeof *x);
    faiss_float_rand (x, n * (size_t)d, 7 + kind);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i * (size_t)d; j < (i + 1) * (size_t)d && kind != FLOATS; j++) {
            x[j] = floorf ((kind == FEW ? 3 : 100) * x[j]) - 20 +
                   (kind == MIXED && i % 7 == 0 ? 0.25f : 0);
        }
    }
    return x;
}

typedef struct Found {
    FaissIndexHNSWFlat *index;
    float distances[N_QUERIES * K];
    idx_t labels[N_QUERIES * K];
} Found;

static void build_and_search (Found *self, int d, int M, FaissMetricType metric, size_t n,
                              const float *x, FaissFilterCodesMode mode) {
    assert_ok (faiss_IndexHNSWFlat_new_with (&self->index, d, M, metric));
    FaissIndexHNSW *graph = &self->index->index_hnsw;
    faiss_IndexFlat_set_filter_codes (faiss_IndexFlat_cast (graph->storage), mode);
    graph->hnsw.efConstruction = 30;
    assert_ok (faiss_Index_add (&self->index->index, (idx_t)(n / 2), x));
    assert_ok (faiss_Index_add (&self->index->index, (idx_t)(n - n / 2), x + n / 2 * (size_t)d));
    assert_ok (
        faiss_Index_search (&self->index->index, N_QUERIES, x, K, self->distances, self->labels));
}

static void assert_codes_change_nothing (int d, int M, FaissMetricType metric, Kind kind) {
    size_t n = 2000; /* 1000 and more at once are coded */
    float *x = new_rows (n, d, kind);
    static Found with, without;
    build_and_search (&with, d, M, metric, n, x, FAISS_FILTER_CODES_ON);
    build_and_search (&without, d, M, metric, n, x, FAISS_FILTER_CODES_OFF);
    const FaissHNSW *a = &with.index->index_hnsw.hnsw, *b = &without.index->index_hnsw.hnsw;
    assert_int_equal (a->neighbors.size, b->neighbors.size);
    assert_memory_equal (a->neighbors.data, b->neighbors.data,
                         a->neighbors.size * sizeof *a->neighbors.data);
    assert_memory_equal (with.distances, without.distances, sizeof with.distances);
    assert_memory_equal (with.labels, without.labels, sizeof with.labels);
    faiss_Index_free (&with.index->index);
    faiss_Index_free (&without.index->index);
    free (x);
}

/* M: more links than codes are compared with at a time, and fewer; d: codes in groups or not. */
static void codes_change_nothing (void **state) {
    (void)state;
    FaissSIMDLevel level = faiss_get_simd_level ();
    for (int l = 0; l < SIMDLevel_COUNT; l++) {
        if (!faiss_simd_level_is_available ((FaissSIMDLevel)l)) {
            continue;
        }
        assert_ok (faiss_set_simd_level ((FaissSIMDLevel)l));
        assert_codes_change_nothing (33, 16, METRIC_L2, BYTES);
        assert_codes_change_nothing (33, 16, METRIC_L2, MIXED);
        assert_codes_change_nothing (65, 9, METRIC_INNER_PRODUCT, FLOATS);
        assert_codes_change_nothing (260, 3, METRIC_L2, FLOATS);
    }
    assert_ok (faiss_set_simd_level (level));
}

/* Rows that are equal, and very large or small numbers. */
static void odd_rows_change_nothing (void **state) {
    (void)state;
    int d = 20;
    size_t n = 2000;
    float *x = new_rows (n, d, BYTES);
    for (size_t i = 0; i < n; i++) {
        if (i % 50 == 0) {
            x[i * (size_t)d + 3] = i % 100 ? 1e30f : 1e-30f;
        } else if (i % 5 == 0) { /* the row before once more */
            memcpy (x + i * (size_t)d, x + (i - 1) * (size_t)d, (size_t)d * sizeof *x);
        }
    }
    static Found with, without;
    build_and_search (&with, d, 8, METRIC_L2, n, x, FAISS_FILTER_CODES_ON);
    build_and_search (&without, d, 8, METRIC_L2, n, x, FAISS_FILTER_CODES_OFF);
    const FaissHNSW *a = &with.index->index_hnsw.hnsw, *b = &without.index->index_hnsw.hnsw;
    assert_memory_equal (a->neighbors.data, b->neighbors.data,
                         a->neighbors.size * sizeof *a->neighbors.data);
    assert_memory_equal (with.labels, without.labels, sizeof with.labels);
    faiss_Index_free (&with.index->index);
    faiss_Index_free (&without.index->index);
    free (x);
}

/* Single queries are searched in a way of their own, as are many at a time. */
static void one_by_one (void **state) {
    (void)state;
    static const struct {
        int d, ef;
        FaissMetricType metric;
        Kind kind;
    } cases[] = {
        {33, 16, METRIC_L2, BYTES},           {33, 300, METRIC_L2, FEW},
        {40, 300, METRIC_INNER_PRODUCT, FEW}, {100, 100, METRIC_INNER_PRODUCT, FLOATS},
        {33, 50, METRIC_L2, MIXED},           {600, 40, METRIC_L2, BYTES},
        {4, 300, METRIC_INNER_PRODUCT, FEW}, /* without codes */
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int d = cases[c].d;
        float *x = new_rows (1200, d, cases[c].kind);
        static Found all, one;
        build_and_search (&all, d, 8, cases[c].metric, 1200, x, FAISS_FILTER_CODES_ON);
        FaissIndex *index = &all.index->index;
        all.index->index_hnsw.hnsw.efSearch = cases[c].ef;
        assert_ok (faiss_Index_search (index, N_QUERIES, x, K, all.distances, all.labels));
        for (int i = 0; i < N_QUERIES; i++) {
            assert_ok (faiss_Index_search (index, 1, x + i * d, K, one.distances + i * K,
                                           one.labels + i * K));
        }
        assert_memory_equal (all.distances, one.distances, sizeof all.distances);
        assert_memory_equal (all.labels, one.labels, sizeof all.labels);
        faiss_Index_free (index);
        free (x);
    }
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (odd_rows_change_nothing),
        cmocka_unit_test (codes_change_nothing),
        cmocka_unit_test (one_by_one),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
