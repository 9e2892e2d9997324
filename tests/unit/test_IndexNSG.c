/* NSG and NNDescent: upstream's numbers, what the graphs keep to, bad input. */
#include "testing.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <faiss/AutoTune.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexNNDescent.h>
#include <faiss/IndexNSG.h>
#include <faiss/IndexNSGPQ.h>
#include <faiss/IndexNSGSQ.h>
#include <faiss/impl/check.h>
#include <faiss/impl/graph_sort.h>
#include <faiss/impl/nndescent_internal.h>
#include <faiss/impl/nsg_internal.h>
#include <faiss/impl/parallel.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <faiss/utils/random.h>

#include "../golden/golden.h"
#include "../golden/graph_ivf_more.h"

static float *random_rows (size_t n, int d, int64_t seed) {
    float *x = malloc ((n * (size_t)d + 1) * sizeof *x);
    faiss_float_rand (x, n * (size_t)d, seed);
    return x;
}

static FaissIndexNSG *new_nsg (int d, int R, FaissMetricType metric) {
    FaissIndexNSGFlat *index = NULL;
    assert_ok (faiss_IndexNSGFlat_new_with (&index, d, R, metric));
    return &index->index_nsg;
}

static FaissIndexNNDescent *new_nndescent (int d, int K, FaissMetricType metric) {
    FaissIndexNNDescentFlat *index = NULL;
    assert_ok (faiss_IndexNNDescentFlat_new_with (&index, d, K, metric));
    return &index->index_nndescent;
}

/* ---- upstream's numbers ---------------------------------------------------------------------- */

enum { GOLDEN_N = 150, GOLDEN_D = 4, GOLDEN_K = 8, GOLDEN_NQ = 2 };

static void assert_golden_results (FaissIndex *index, const double *D, const int64_t *I) {
    enum { K = 4 };
    float *q = golden_inputs (91, GOLDEN_NQ * GOLDEN_D), distances[GOLDEN_NQ * K];
    idx_t labels[GOLDEN_NQ * K];
    assert_ok (faiss_Index_search (index, GOLDEN_NQ, q, K, distances, labels));
    for (int i = 0; i < GOLDEN_NQ * K; i++) {
        assert_int_equal (labels[i], I[i]);
        assert_float_equal (distances[i], (float)D[i], 1e-6f);
    }
    free (q);
}

static void the_neighbours_are_upstreams (void **state) {
    (void)state;
    float *x = golden_inputs (90, GOLDEN_N * GOLDEN_D);
    FaissIndexNNDescent *index = new_nndescent (GOLDEN_D, GOLDEN_K, METRIC_L2);
    assert_int_equal (index->nndescent.L, golden_nndescent_L[0]);
    assert_ok (faiss_Index_add (&index->index, GOLDEN_N, x));
    for (int i = 0; i < golden_nndescent_rows_n; i++) {
        assert_int_equal (index->nndescent.final_graph.data[i], golden_nndescent_rows[i]);
    }
    assert_golden_results (&index->index, golden_nndescent_D, golden_nndescent_I);
    faiss_IndexNNDescent_free (index);
    free (x);
}

static void the_nsg_is_upstreams (void **state) {
    (void)state;
    float *x = golden_inputs (90, GOLDEN_N * GOLDEN_D);
    FaissIndexNSG *index = new_nsg (GOLDEN_D, GOLDEN_K, METRIC_L2);
    assert_int_equal (index->build_type, golden_nsg_nndescent_build_type[0]);
    assert_ok (faiss_Index_add (&index->index, GOLDEN_N, x));
    assert_int_equal (index->nsg.enterpoint, golden_nsg_nndescent_enterpoint[0]);
    for (int i = 0; i < golden_nsg_nndescent_rows_n; i++) {
        assert_int_equal (index->nsg.final_graph->data[i], golden_nsg_nndescent_rows[i]);
    }
    assert_golden_results (&index->index, golden_nsg_nndescent_D, golden_nsg_nndescent_I);
    faiss_IndexNSG_free (index);
    free (x);
}

/* ---- what every graph keeps to --------------------------------------------------------------- */

/* Links lead to other nodes; nothing follows the first -1. Returns how many nodes are reached. */
static size_t check_links (const FaissNSG *nsg) {
    size_t n = (size_t)nsg->ntotal, R = (size_t)nsg->R, n_seen = 0, next = 0;
    int32_t *queue = malloc ((n + 1) * sizeof *queue);
    FaissVisited visited = {0};
    assert_ok (faiss_NSG_check_graph (nsg));
    assert_ok (faiss_visited_init (&visited, n));
    queue[n_seen++] = nsg->enterpoint;
    faiss_visited_set (&visited, nsg->enterpoint);
    for (; next < n_seen; next++) {
        const int *links = nsg->final_graph->data + (size_t)queue[next] * R;
        for (size_t j = 0; j < R; j++) {
            assert_true (j == 0 || links[j] < 0 || links[j - 1] >= 0);
            if (links[j] >= 0 && faiss_visited_set (&visited, links[j])) {
                queue[n_seen++] = links[j];
            }
        }
    }
    faiss_visited_free (&visited);
    free (queue);
    return n_seen;
}

static void graphs_are_good (void **state) {
    (void)state;
    static const struct {
        int d, R;
        FaissMetricType metric;
        size_t n;
        char build_type;
    } cases[] = {
        {1, 4, METRIC_L2, 1, 1},     {7, 4, METRIC_L2, 2, 0},
        {8, 8, METRIC_L2, 60, 1},    {8, 8, METRIC_L2, 100, 0},
        {15, 8, METRIC_L1, 101, 1},  {16, 6, METRIC_L2, 400, 1},
        {17, 16, METRIC_L2, 70, 0},  {100, 16, METRIC_L2, 1100, 0},
        {784, 8, METRIC_L2, 120, 1}, {4, 16, METRIC_INNER_PRODUCT, 300, 1},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t n = cases[c].n, n_found = 0;
        float *x = random_rows (n, cases[c].d, (int64_t)(30 + c));
        FaissIndexNSG *index = new_nsg (cases[c].d, cases[c].R, cases[c].metric);
        index->build_type = cases[c].build_type;
        assert_ok (faiss_Index_add (&index->index, (idx_t)n, x));
        assert_in_range (check_links (&index->nsg), n - n / 20, n);
        index->nsg.search_L = 100;
        float *distances = malloc (n * sizeof *distances);
        idx_t *labels = malloc (n * sizeof *labels);
        assert_ok (faiss_Index_search (&index->index, (idx_t)n, x, 1, distances, labels));
        for (size_t i = 0; i < n; i++) {
            n_found += labels[i] == (idx_t)i;
        }
        if (cases[c].metric != METRIC_INNER_PRODUCT) {
            assert_in_range (n_found, n - n / 50, n);
        }
        faiss_IndexNSG_free (index);
        free (distances);
        free (labels);
        free (x);
    }
}

/* Hundreds of equal vectors, more than a node has links. */
static void equal_vectors_do_not_hang (void **state) {
    (void)state;
    enum { N = 300, D = 4 };
    float *x = calloc (N * D, sizeof *x), distances[N];
    idx_t labels[N];
    for (int R = 1; R <= 9; R += 4) {
        FaissIndexNSG *index = new_nsg (D, R, METRIC_L2);
        assert_ok (faiss_Index_add (&index->index, N, x));
        check_links (&index->nsg);
        assert_ok (faiss_Index_search (&index->index, 1, x, N, distances, labels));
        assert_true (labels[N - 1] >= 0);
        faiss_IndexNSG_free (index);
    }
    free (x);
}

static void more_results_than_vectors (void **state) {
    (void)state;
    enum { N = 20, D = 3, K = 30 };
    float *x = random_rows (N, D, 5), distances[K];
    idx_t labels[K];
    FaissIndexNSG *nsg = new_nsg (D, 4, METRIC_INNER_PRODUCT);
    FaissIndexNNDescent *nndescent = new_nndescent (D, 40, METRIC_INNER_PRODUCT);
    FaissIndex *indexes[] = {&nsg->index, &nndescent->index};
    for (int i = 0; i < 2; i++) {
        assert_ok (faiss_Index_add (indexes[i], N, x));
        assert_ok (faiss_Index_search (indexes[i], 1, x, K, distances, labels));
        for (int j = 0; j < K; j++) {
            assert_true (j < N ? labels[j] >= 0 : labels[j] == -1 && distances[j] == -FLT_MAX);
            assert_true (j == 0 || distances[j] <= distances[j - 1]);
        }
        x[0] = NAN; /* nothing is near to it */
        assert_ok (faiss_Index_search (indexes[i], 1, x, 3, distances, labels));
        assert_int_equal (labels[0], -1);
        x[0] = 0.5f;
    }
    faiss_IndexNSG_free (nsg);
    faiss_IndexNNDescent_free (nndescent);
    free (x);
}

/* ---- parts ----------------------------------------------------------------------------------- */

static void nodes_are_sorted (void **state) {
    (void)state;
    enum { MAX = 700 };
    FaissRandomGenerator rng;
    FaissGraphNode nodes[MAX];
    faiss_RandomGenerator_init (&rng, 3);
    for (size_t n = 0; n < MAX; n = n * 3 / 2 + 1) {
        for (size_t i = 0; i < n; i++) {
            nodes[i] =
                (FaissGraphNode){(float)faiss_RandomGenerator_rand_int_max (&rng, 50), (int32_t)i};
        }
        faiss_graph_heap_make (nodes, n);
        for (size_t i = 1; i < n; i++) {
            assert_true (nodes[i].key <= nodes[(i - 1) / 2].key);
        }
        faiss_graph_heap_pop (nodes, n);
        if (n > 0) {
            faiss_graph_heap_push (nodes, n);
            assert_true (n < 2 || nodes[0].key >= nodes[n - 1].key);
        }
        faiss_graph_sort (nodes, n);
        for (size_t i = 1; i < n; i++) {
            assert_true (nodes[i - 1].key <= nodes[i].key);
        }
    }
    for (size_t i = 0; i < MAX; i++) { /* the pattern that makes quicksort slow */
        nodes[i] = (FaissGraphNode){(float)(i % 2 ? i : MAX - i), (int32_t)i};
    }
    faiss_graph_sort (nodes, MAX);
    for (size_t i = 1; i < MAX; i++) {
        assert_true (nodes[i - 1].key <= nodes[i].key);
    }
}

static void single_searches_of_the_parts (void **state) {
    (void)state;
    enum { N = 200, D = 6, K = 5 };
    float *x = random_rows (N, D, 8), distances[K], of_part[K];
    idx_t labels[K], labels_of_part[K];
    FaissIndexNSG *nsg = new_nsg (D, 8, METRIC_L2);
    FaissIndexNNDescent *nndescent = new_nndescent (D, 8, METRIC_L2);
    FaissIndex *indexes[] = {&nsg->index, &nndescent->index};
    for (int i = 0; i < 2; i++) {
        FaissDistanceComputer *dc = NULL;
        assert_ok (faiss_Index_add (indexes[i], N, x));
        assert_ok (faiss_Index_search (indexes[i], 1, x, K, distances, labels));
        assert_ok (faiss_Index_get_distance_computer (indexes[i], &dc));
        assert_ok (faiss_DistanceComputer_set_query (dc, x));
        if (i == 0) {
            assert_ok (faiss_NSG_search (&nsg->nsg, dc, false, K, labels_of_part, of_part));
        } else {
            assert_ok (faiss_NNDescent_search (&nndescent->nndescent, dc, false, K, labels_of_part,
                                               of_part));
        }
        assert_memory_equal (labels, labels_of_part, sizeof labels);
        assert_memory_equal (distances, of_part, sizeof distances);
        faiss_DistanceComputer_free (dc);
    }
    int links[8], link = 0;
    size_t size = 0;
    FaissNSG_Graph_int *graph = faiss_NSG_get_final_graph (&nsg->nsg);
    assert_ok (faiss_NSG_Graph_int_get_neighbors (graph, 3, links, &size));
    assert_in_range (size, 1, 8);
    assert_ok (faiss_NSG_Graph_int_at (graph, 3, 0, &link));
    assert_int_equal (link, links[0]);
    assert_ok (faiss_NSG_Graph_int_set (graph, 3, 0, 3));
    assert_fails (faiss_NSG_check_graph (&nsg->nsg), "node 3 of 200 has a link to 3");
    assert_fails (faiss_NSG_Graph_int_set (graph, 3, 0, N), "expected a link to -1 .. 199");
    assert_fails (faiss_NSG_Graph_int_at (graph, N, 0, &link), "got node 200");
    faiss_IndexNSG_free (nsg);
    faiss_IndexNNDescent_free (nndescent);
    free (x);
}

static void a_graph_of_neighbours_may_be_given (void **state) {
    (void)state;
    enum { N = 300, D = 5, K = 10 };
    float *x = random_rows (N, D, 9), *distances = malloc (N * (K + 1) * sizeof *distances);
    idx_t *labels = malloc (N * (K + 1) * sizeof *labels), *knn = malloc (N * K * sizeof *knn);
    FaissIndexFlatL2 *flat = NULL;
    assert_ok (faiss_IndexFlatL2_new_with (&flat, D));
    assert_ok (faiss_Index_add (&flat->index, N, x));
    assert_ok (faiss_Index_search (&flat->index, N, x, K + 1, distances, labels));
    for (int i = 0; i < N; i++) {
        memcpy (knn + i * K, labels + i * (K + 1) + 1, K * sizeof *knn);
    }
    FaissIndexNSG *given = new_nsg (D, 6, METRIC_L2), *found = new_nsg (D, 6, METRIC_L2);
    found->build_type = 0;
    found->GK = K;
    assert_ok (faiss_Index_add (&found->index, N, x));
    assert_ok (faiss_IndexNSG_build (given, N, x, knn, K));
    assert_int_equal (given->index.ntotal, N);
    assert_memory_equal (given->nsg.final_graph->data, found->nsg.final_graph->data,
                         N * 6 * sizeof (int));
    assert_fails (faiss_IndexNSG_build (given, N, x, knn, K), "takes no more");
    assert_ok (faiss_Index_reset (&given->index));
    knn[7] = 999; /* left out */
    assert_ok (faiss_IndexNSG_build (given, N, x, knn, K));
    assert_ok (faiss_Index_reset (&given->index));
    for (int i = 0; i < N * K; i++) {
        knn[i] = i % 3 ? -1 : knn[i];
    }
    assert_fails (faiss_IndexNSG_build (given, N, x, knn, K), "300 of 300 vectors have ids");
    assert_int_equal (given->index.ntotal, 0);
    faiss_IndexNSG_free (given);
    faiss_IndexNSG_free (found);
    faiss_IndexFlatL2_free (flat);
    free (x);
    free (distances);
    free (labels);
    free (knn);
}

/* ---- bad input ------------------------------------------------------------------------------- */

static void bad_settings_are_refused (void **state) {
    (void)state;
    enum { N = 150, D = 4 };
    float *x = random_rows (N, D, 1), distance;
    idx_t label;
    FaissIndexNSGFlat *flat = NULL;
    assert_fails (faiss_IndexNSGFlat_new_with (&flat, D, 0, METRIC_L2), "expected 0 < R");
    FaissIndexNNDescentFlat *graph = NULL;
    assert_fails (faiss_IndexNNDescentFlat_new_with (&graph, D, -1, METRIC_L2), "expected 0 < K");
    FaissIndexNSG *index = new_nsg (D, 8, METRIC_L2);
    static const struct {
        int GK, build_type, S, L, search_L;
        const char *message;
    } cases[] = {
        {0, 1, 10, 114, 16, "expected 0 < GK"},
        {64, 2, 10, 114, 16, "expected build_type 0 or 1"},
        {64, 1, 0, 114, 16, "expected 0 < S, R"},
        {64, 1, 10, 114, 0, "search_L > 0"},
        {64, 1, 10, 2147483647, 16, "expected 0 < K <= L"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        index->GK = cases[i].GK;
        index->build_type = (char)cases[i].build_type;
        index->nndescent_S = cases[i].S;
        index->nndescent_L = cases[i].L;
        index->nsg.search_L = cases[i].search_L;
        assert_fails (faiss_Index_add (&index->index, N, x), cases[i].message);
        assert_int_equal (index->index.ntotal, 0);
        assert_int_equal (index->storage->ntotal, 0);
    }
    index->nndescent_L = 114;
    index->nsg.search_L = 16;
    assert_ok (faiss_Index_add (&index->index, N, x));
    index->nsg.search_L = -5;
    assert_fails (faiss_Index_search (&index->index, 1, x, 1, &distance, &label),
                  "expected search_L >= 1");
    assert_fails (faiss_Index_add (&index->index, N, x), "reset it first");
    faiss_IndexNSG_free (index);
    FaissIndexNSG *bare = NULL;
    assert_ok (faiss_IndexNSG_new (&bare));
    bare->index.d = D;
    assert_fails (faiss_Index_add (&bare->index, N, x), "no storage");
    assert_fails (faiss_Index_search (&bare->index, 1, x, 1, &distance, &label), "no storage");
    faiss_IndexNSG_free (bare);
    free (x);
}

/* A caller who ends a build leaves the index empty. */
static bool stop_at_once (void) {
    return true;
}

static void builds_can_be_ended (void **state) {
    (void)state;
    enum { N = 2000, D = 8 };
    float *x = random_rows (N, D, 1);
    FaissIndexNSG *index = new_nsg (D, 8, METRIC_L2);
    FaissIndexNNDescent *graph = new_nndescent (D, 8, METRIC_L2);
    faiss_set_interrupt_callback (stop_at_once);
    assert_true (faiss_Index_add (&index->index, N, x) != FAISS_OK);
    assert_true (faiss_Index_add (&graph->index, N, x) != FAISS_OK);
    faiss_set_interrupt_callback (NULL);
    assert_int_equal (index->index.ntotal, 0);
    assert_int_equal (index->storage->ntotal, 0);
    assert_int_equal (graph->storage->ntotal, 0);
    assert_false (index->is_built || index->nsg.is_built || graph->nndescent.has_built);
    faiss_IndexNSG_free (index);
    faiss_IndexNNDescent_free (graph);
    free (x);
}

/* ---- parameters ------------------------------------------------------------------------------ */

static void parameters_by_name (void **state) {
    (void)state;
    FaissIndex *index = NULL;
    FaissParameterSpace *space = NULL;
    assert_ok (faiss_index_factory (&index, 4, "NSG8,Flat", METRIC_L2));
    assert_ok (faiss_ParameterSpace_new (&space));
    assert_ok (faiss_ParameterSpace_set_index_parameter (space, index, "search_L", 33));
    assert_int_equal (faiss_IndexNSG_cast (index)->nsg.search_L, 33);
    assert_true (faiss_ParameterSpace_set_index_parameter (space, index, "search_L", 0) !=
                 FAISS_OK);
    faiss_ParameterSpace_free (space);
    faiss_Index_free (index);
}

TEST_MAIN (cmocka_unit_test (the_neighbours_are_upstreams), cmocka_unit_test (the_nsg_is_upstreams),
           cmocka_unit_test (graphs_are_good), cmocka_unit_test (equal_vectors_do_not_hang),
           cmocka_unit_test (more_results_than_vectors), cmocka_unit_test (nodes_are_sorted),
           cmocka_unit_test (single_searches_of_the_parts),
           cmocka_unit_test (a_graph_of_neighbours_may_be_given),
           cmocka_unit_test (bad_settings_are_refused), cmocka_unit_test (builds_can_be_ended),
           cmocka_unit_test (parameters_by_name))
