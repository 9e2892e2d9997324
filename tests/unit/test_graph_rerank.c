/* Searches of graphs by codes: SearchParametersHNSW.rerank. */
#include "testing.h"

#include <float.h>

#include <faiss/AutoTune.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/clone_index.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/index_factory.h>

#ifdef _OPENMP
#include <omp.h>
#else
#define omp_set_num_threads(n) ((void)(n))
#endif

enum { NQ = 70, K = 10, MAX_N = 3000 };

typedef struct Data {
    idx_t n, d;
    float *x, *q;
    FaissIndexHNSWFlat *graph;
    FaissIndexFlat *storage;
} Data;

typedef struct Found {
    float distances[NQ * K];
    idx_t labels[NQ * K];
} Found;

/* With codes however few the vectors are. */
static Data make (idx_t n, idx_t d, FaissMetricType metric, FaissFilterCodesMode mode) {
    Data data = {.n = n, .d = d};
    TestRandom random = {(uint64_t)(n * 1000 + d)};
    data.x = malloc ((size_t)(n * d + 1) * sizeof (float));
    data.q = malloc ((size_t)(NQ * d) * sizeof (float));
    testing_floats (&random, data.x, (size_t)(n * d));
    testing_floats (&random, data.q, (size_t)(NQ * d));
    assert_ok (faiss_IndexHNSWFlat_new_with (&data.graph, (int)d, 8, metric));
    data.storage = faiss_IndexFlat_cast (data.graph->index_hnsw.storage);
    faiss_IndexFlat_set_filter_codes (data.storage, mode);
    return data;
}

static void add (Data *data) {
    assert_ok (faiss_Index_add (&data->graph->index, data->n, data->x));
}

static void release (Data *data) {
    faiss_IndexHNSWFlat_free (data->graph);
    free (data->x);
    free (data->q);
}

static Found *search (const Data *data, int ef, int rerank, FaissIDSelector *sel) {
    Found *found = calloc (1, sizeof *found);
    FaissSearchParametersHNSW *params = NULL;
    assert_ok (faiss_SearchParametersHNSW_new_with (&params, sel, ef));
    assert_int_equal (params->rerank, 0);
    params->rerank = rerank;
    params->filter = FAISS_HNSW_FILTER_PLAIN;
    assert_ok (faiss_Index_search_with_params (&data->graph->index, NQ, data->q, K, &params->params,
                                               found->distances, found->labels));
    faiss_SearchParametersHNSW_free (params);
    return found;
}

static void assert_same (Found *a, Found *b) {
    assert_memory_equal (a->labels, b->labels, sizeof a->labels);
    assert_memory_equal (a->distances, b->distances, sizeof a->distances);
    free (a);
    free (b);
}

/* How many of `expected` are there. */
static double share (const Found *found, const Found *expected) {
    size_t n = 0, n_found = 0;
    for (int i = 0; i < NQ * K; i++) {
        n += expected->labels[i] >= 0;
        for (int j = i / K * K; j < (i / K + 1) * K; j++) {
            n_found += expected->labels[i] >= 0 && found->labels[j] == expected->labels[i];
        }
    }
    return n > 0 ? (double)n_found / (double)n : 1;
}

/* Nearest first, none twice, and their distances are those of the vectors. */
static void assert_is_right (const Data *data, const Found *found) {
    FaissDistanceComputer *dc = NULL;
    bool is_similarity = data->storage->index.metric_type == METRIC_INNER_PRODUCT;
    assert_ok (faiss_Index_get_distance_computer (&data->storage->index, &dc));
    for (int i = 0; i < NQ * K; i++) {
        if (i % K >= data->n) {
            assert_int_equal (found->labels[i], -1);
            continue;
        }
        if (i % K == 0) {
            assert_ok (dc->set_query (dc, data->q + i / K * data->d));
        }
        assert_in_range (found->labels[i], 0, data->n - 1);
        assert_float_equal (found->distances[i], dc->distance (dc, found->labels[i]), 1e-4);
        for (int j = i / K * K; j < i; j++) {
            assert_int_not_equal (found->labels[i], found->labels[j]);
            assert_true (is_similarity ? found->distances[i] <= found->distances[j]
                                       : found->distances[i] >= found->distances[j]);
        }
    }
    faiss_DistanceComputer_free (dc);
}

static const FaissMetricType metrics[] = {METRIC_L2, METRIC_INNER_PRODUCT};

static void test_finds_nearly_the_same (void **state) {
    (void)state;
    static const idx_t dims[] = {1, 7, 8, 15, 16, 17, 31, 33, 100, 784};
    bool are_other = false; /* if never, nothing was compared by codes */
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        for (int m = 0; m < 2; m++) {
            Data data =
                make (dims[i] > 100 ? 400 : 1500, dims[i], metrics[m], FAISS_FILTER_CODES_ON);
            add (&data);
            Found *exact = search (&data, 64, 0, NULL), *found = search (&data, 64, 30, NULL);
            assert_is_right (&data, found);
            assert_true (share (found, exact) > 0.97);
            Found *few = search (&data, 64, 1, NULL); /* as many as results */
            assert_is_right (&data, few);
            assert_true (share (few, exact) > 0.85);
            are_other |= share (few, exact) < 1;
            assert_same (found, search (&data, 64, 30, NULL));
            free (exact);
            free (few);
            release (&data);
        }
    }
    assert_true (are_other);
}

/* Beyond efSearch there is nothing to compare. */
static void test_any_number (void **state) {
    (void)state;
    Data data = make (MAX_N, 32, METRIC_L2, FAISS_FILTER_CODES_AUTO);
    add (&data);
    Found *exact = search (&data, 40, 0, NULL);
    static const int numbers[] = {2, 10, 11, 39, 40, 41, INT32_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        Found *found = search (&data, 40, numbers[i], NULL);
        assert_is_right (&data, found);
        assert_true (share (found, exact) > 0.9);
        free (found);
    }
    assert_same (search (&data, 40, 40, NULL), search (&data, 40, INT32_MAX, NULL));
    free (exact);
    release (&data);
}

/* What is found for a query depends neither on those beside it nor on the threads. */
static void test_one_by_one (void **state) {
    (void)state;
    Data data = make (MAX_N, 32, METRIC_INNER_PRODUCT, FAISS_FILTER_CODES_ON);
    add (&data);
    Found *found = search (&data, 50, 25, NULL);
    omp_set_num_threads (1);
    assert_same (search (&data, 50, 25, NULL), search (&data, 50, 25, NULL));
    omp_set_num_threads (3);
    Found *one = calloc (1, sizeof *one);
    FaissHNSW *hnsw = &data.graph->index_hnsw.hnsw;
    hnsw->efSearch = 50;
    hnsw->rerank = 25;
    for (int i = 0; i < NQ; i++) {
        assert_ok (faiss_Index_search (&data.graph->index, 1, data.q + i * data.d, K,
                                       one->distances + i * K, one->labels + i * K));
    }
    assert_same (found, one);
    release (&data);
}

static void test_few_vectors (void **state) {
    (void)state;
    for (idx_t n = 0; n <= 40; n += n < 3 ? 1 : 12) {
        Data data = make (n, 16, METRIC_L2, FAISS_FILTER_CODES_ON);
        add (&data);
        Found *found = search (&data, 64, 30, NULL);
        assert_is_right (&data, found);
        assert_same (found, search (&data, 64, 0, NULL)); /* all are compared, or nearly all */
        release (&data);
    }
}

/* Bytes are compared exactly by their codes. */
static void test_bytes (void **state) {
    (void)state;
    Data data = make (MAX_N, 64, METRIC_L2, FAISS_FILTER_CODES_ON);
    TestRandom random = {1};
    for (idx_t i = 0; i < data.n * data.d; i++) {
        data.x[i] = (float)(testing_random (&random) % 256);
    }
    for (idx_t i = 0; i < NQ * data.d; i++) {
        data.q[i] = (float)(testing_random (&random) % 256);
    }
    add (&data);
    FaissIDSelectorRange *range = NULL;
    assert_ok (faiss_IDSelectorRange_new (&range, 100, 2000));
    assert_same (search (&data, 40, 0, NULL), search (&data, 40, 12, NULL));
    assert_same (search (&data, 40, 0, &range->sel), search (&data, 40, 12, &range->sel));
    data.q[0] += 0.25F; /* one of them is not of bytes */
    Found *found = search (&data, 40, 12, NULL), *with_range = search (&data, 40, 12, &range->sel);
    assert_is_right (&data, found);
    free (found);
    free (with_range);
    faiss_IDSelectorRange_free (range);
    release (&data);
}

static void test_selectors (void **state) {
    (void)state;
    for (int m = 0; m < 2; m++) {
        Data data = make (MAX_N, 32, metrics[m], FAISS_FILTER_CODES_ON);
        add (&data);
        FaissIDSelectorRange *range = NULL;
        assert_ok (faiss_IDSelectorRange_new (&range, 100, 2000));
        Found *exact = search (&data, 64, 0, &range->sel);
        Found *found = search (&data, 64, 30, &range->sel);
        for (int i = 0; i < NQ * K; i++) {
            assert_in_range (found->labels[i], 100, 1999);
        }
        assert_is_right (&data, found);
        assert_true (share (found, exact) > 0.97);
        free (exact);
        free (found);
        faiss_IDSelectorRange_free (range);
        /* fewer members than results */
        FaissIDSelectorBatch *batch = NULL;
        static const idx_t members[] = {5, 6, 7};
        assert_ok (faiss_IDSelectorBatch_new (&batch, 3, members));
        found = search (&data, MAX_N, 30, &batch->sel);
        for (int i = 0; i < NQ * K; i++) {
            assert_in_range (found->labels[i], i % K < 3 ? 5 : -1, i % K < 3 ? 7 : -1);
        }
        free (found);
        faiss_IDSelector_free (&batch->sel);
        release (&data);
    }
}

/* Numbers that codes cannot hold are compared as they are. */
static void test_odd_numbers (void **state) {
    (void)state;
    for (int m = 0; m < 2; m++) {
        Data data = make (2000, 32, metrics[m], FAISS_FILTER_CODES_ON);
        for (idx_t i = 0; i < data.n; i++) {
            float *row = data.x + i * data.d;
            row[i % 32] = i % 50 == 1   ? NAN
                          : i % 50 == 2 ? HUGE_VALF
                          : i % 50 == 3 ? -HUGE_VALF
                          : i % 50 == 4 ? FLT_MAX
                                        : row[i % 32];
        }
        data.q[0] = NAN;
        data.q[data.d] = HUGE_VALF;
        data.q[2 * data.d] = 1e30f;
        memset (data.q + 3 * data.d, 0, (size_t)data.d * sizeof (float));
        add (&data);
        Found *exact = search (&data, 64, 0, NULL), *found = search (&data, 64, 30, NULL);
        assert_true (share (found, exact) > 0.9);
        for (int i = 0; i < 3 * K; i++) { /* queries that have no code: nothing else is done */
            assert_int_equal (found->labels[i], exact->labels[i]);
        }
        free (exact);
        free (found);
        release (&data);
    }
}

/* Many equal vectors, and vectors that are codes. */
static void test_equal_distances (void **state) {
    (void)state;
    Data data = make (2000, 16, METRIC_L2, FAISS_FILTER_CODES_ON);
    for (idx_t i = 0; i < data.n * data.d; i++) {
        data.x[i] = roundf (data.x[i] * 2);
    }
    add (&data);
    Found *exact = search (&data, 200, 0, NULL), *found = search (&data, 200, 100, NULL);
    assert_is_right (&data, found);
    size_t n_same = 0;
    for (int i = 0; i < NQ * K; i++) {
        n_same += found->distances[i] == exact->distances[i];
    }
    assert_true (n_same > NQ * K * 97 / 100);
    free (exact);
    free (found);
    release (&data);
}

/* Where there are no codes, or nobody looks at them. */
static void test_without_effect (void **state) {
    (void)state;
    Data data = make (2000, 32, METRIC_L2, FAISS_FILTER_CODES_OFF);
    add (&data);
    assert_same (search (&data, 40, 0, NULL), search (&data, 40, 20, NULL));
    data.graph->index_hnsw.hnsw.rerank = 20;
    FaissRangeSearchResult *results[2];
    for (int i = 0; i < 2; i++) {
        assert_ok (faiss_RangeSearchResult_new (&results[i], NQ));
        data.graph->index_hnsw.hnsw.rerank = i * 20;
        assert_ok (faiss_Index_range_search (&data.graph->index, NQ, data.q, 7, results[i]));
    }
    assert_memory_equal (results[0]->lims, results[1]->lims, (NQ + 1) * sizeof (size_t));
    assert_true (results[0]->lims[NQ] > 0);
    assert_memory_equal (results[0]->labels, results[1]->labels,
                         results[0]->lims[NQ] * sizeof (idx_t));
    faiss_RangeSearchResult_free (results[0]);
    faiss_RangeSearchResult_free (results[1]);
    release (&data);
}

static void test_parameters (void **state) {
    (void)state;
    Data data = make (500, 32, METRIC_L2, FAISS_FILTER_CODES_ON);
    add (&data);
    Found found;
    FaissParameterSpace *space = NULL;
    FaissHNSW *hnsw = &data.graph->index_hnsw.hnsw;
    assert_ok (faiss_ParameterSpace_new (&space));
    assert_ok (faiss_ParameterSpace_set_index_parameters (space, &data.graph->index,
                                                          "efSearch=33,rerank=20"));
    assert_int_equal (hnsw->rerank, 20);
    assert_fails (
        faiss_ParameterSpace_set_index_parameter (space, &data.graph->index, "rerank", -1),
        "expected rerank >= 0");
    FaissIndex *clone = NULL;
    assert_ok (faiss_clone_index (&data.graph->index, &clone));
    assert_int_equal (faiss_IndexHNSW_cast (clone)->hnsw.rerank, 20);
    faiss_Index_free (clone);
    hnsw->rerank = -1;
    assert_fails (
        faiss_Index_search (&data.graph->index, NQ, data.q, K, found.distances, found.labels),
        "expected rerank >= 0, got -1");
    faiss_ParameterSpace_free (space);
    release (&data);
}

TEST_MAIN (cmocka_unit_test (test_finds_nearly_the_same), cmocka_unit_test (test_any_number),
           cmocka_unit_test (test_one_by_one), cmocka_unit_test (test_few_vectors),
           cmocka_unit_test (test_selectors), cmocka_unit_test (test_bytes),
           cmocka_unit_test (test_odd_numbers), cmocka_unit_test (test_equal_distances),
           cmocka_unit_test (test_without_effect), cmocka_unit_test (test_parameters))
