/* Single steps of walks and builds of graphs: what they do together, bad input. (That they do what
 * upstream's do: tests/python/programs/graph_steps.py.) */
#include "testing.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexNSG.h>
#include <faiss/impl/DistanceComputer.h>
#include <faiss/impl/HNSW.h>
#include <faiss/impl/NNDescent.h>
#include <faiss/impl/NSG.h>
#include <faiss/impl/VisitedTable.h>
#include <faiss/utils/random.h>

enum { N = 300, D = 5 };

static float rows[N * D];

static FaissIndexFlat *new_storage (size_t n) {
    FaissIndexFlat *flat = NULL;
    faiss_float_rand (rows, N * D, 5);
    assert_ok (faiss_IndexFlat_new_with (&flat, D, METRIC_L2));
    assert_ok (faiss_Index_add (&flat->index, (idx_t)n, rows));
    return flat;
}

static FaissDistanceComputer *new_computer (FaissIndexFlat *storage) {
    FaissDistanceComputer *computer = NULL;
    assert_ok (faiss_Index_get_distance_computer (&storage->index, &computer));
    assert_ok (faiss_DistanceComputer_set_query (computer, rows));
    return computer;
}

static void test_marks (void **state) {
    (void)state;
    for (int use_set = 0; use_set <= 1; use_set++) {
        FaissVisitedTable *table = NULL;
        int is_new = 0;
        assert_ok (faiss_VisitedTable_get_reusable (&table, N, use_set));
        for (int round = 0; round < 600; round++) {
            for (size_t no = (size_t)round % 7; no < N; no += 7) {
                assert_int_equal (faiss_VisitedTable_get (table, no), 0);
                assert_ok (faiss_VisitedTable_set (table, no, &is_new));
                assert_int_equal (is_new, 1);
                assert_ok (faiss_VisitedTable_set (table, no, &is_new));
                assert_int_equal (is_new, 0);
            }
            assert_ok (faiss_VisitedTable_reserve (table, (size_t)round * 3));
            faiss_VisitedTable_advance (table);
        }
        if (use_set) {
            assert_ok (faiss_VisitedTable_set (table, SIZE_MAX - 1, &is_new));
            assert_fails (faiss_VisitedTable_set (table, SIZE_MAX, &is_new), "expected a number");
            assert_fails (faiss_VisitedTable_reserve (table, SIZE_MAX), "expected n");
            assert_int_equal (faiss_VisitedTable_get (table, SIZE_MAX), 0);
        } else {
            assert_fails (faiss_VisitedTable_set (table, N, &is_new), "below 300, got 300");
            assert_int_equal (faiss_VisitedTable_get (table, SIZE_MAX), 0);
            faiss_VisitedTable_prefetch (table, SIZE_MAX);
        }
        faiss_VisitedTable_free (table);
    }
    faiss_VisitedTable_advance (NULL);
    faiss_VisitedTable_free (NULL);
}

static void test_hnsw (void **state) {
    (void)state;
    FaissIndexFlat *storage = new_storage (N), *few = new_storage (10);
    FaissIndexHNSWFlat *index = NULL;
    assert_ok (faiss_IndexHNSWFlat_new_with (&index, D, 4, METRIC_L2));
    FaissHNSW *hnsw = &index->index_hnsw.hnsw;
    FaissDistanceComputer *computer = new_computer (storage), *short_one = new_computer (few);
    FaissInt32Vector incoming = {0};
    FaissHNSWStats stats;
    int node = 0;
    float d = 1e9f;
    assert_fails (faiss_greedy_update_nearest (hnsw, computer, 0, &node, &d, &stats),
                  "expected a node");
    assert_ok (faiss_Index_add (&index->index, N, rows));
    node = N - 1;
    assert_ok (faiss_greedy_update_nearest (hnsw, computer, 0, &node, &d, &stats));
    assert_true (d < 1e9f && stats.ndis > 0 && stats.nhops > 0);
    node = -1;
    assert_fails (faiss_greedy_update_nearest (hnsw, computer, 0, &node, &d, &stats), "got -1");
    node = 3;
    assert_fails (faiss_greedy_update_nearest (hnsw, computer, 99, &node, &d, &stats), "got 99");
    assert_fails (faiss_greedy_update_nearest (hnsw, short_one, 0, &node, &d, &stats), "got 10");
    for (int32_t i = 0; i < 40; i++) {
        assert_ok (faiss_Int32Vector_push_back (&incoming, 39 - i));
    }
    assert_ok (
        faiss_HNSW_merge_reverse_links_deterministic (hnsw, computer, 7, 0, &incoming, false));
    for (int32_t i = 0; i < 40; i++) {
        assert_int_equal (incoming.data[i], i);
    }
    size_t begin = 0, end = 0;
    assert_ok (faiss_HNSW_neighbor_range (hnsw, 7, 0, &begin, &end));
    for (size_t i = begin; i < end; i++) {
        assert_true (hnsw->neighbors.data[i] >= -1 && hnsw->neighbors.data[i] < N &&
                     hnsw->neighbors.data[i] != 7);
    }
    assert_ok (faiss_Int32Vector_push_back (&incoming, N));
    assert_fails (
        faiss_HNSW_merge_reverse_links_deterministic (hnsw, computer, 7, 0, &incoming, false),
        "got 300");
    faiss_Int32Vector_clear (&incoming);
    faiss_DistanceComputer_free (computer);
    faiss_DistanceComputer_free (short_one);
    faiss_Index_free (&index->index);
    faiss_Index_free (&storage->index);
    faiss_Index_free (&few->index);
}

static void test_nsg (void **state) {
    (void)state;
    FaissIndexFlat *storage = new_storage (N), *few = new_storage (10);
    FaissIndexNSGFlat *index = NULL;
    FaissVisitedTable *table = NULL, *met = NULL;
    FaissDistanceComputer *computer = new_computer (storage), *short_one = new_computer (few);
    FaissInt32Vector degrees = {0};
    idx_t labels[N + 10];
    float distances[N + 10];
    int n = 0;
    assert_ok (faiss_IndexNSGFlat_new_with (&index, D, 4, METRIC_L2));
    FaissNSG *nsg = &index->index_nsg.nsg;
    assert_ok (faiss_VisitedTable_get_reusable (&table, 0, 0)); /* gets longer */
    assert_ok (faiss_VisitedTable_get_reusable (&met, 0, 1));
    assert_fails (faiss_NSG_dfs (nsg, table, 0, 0, &n), "not built");
    index->index_nsg.GK = 10;
    assert_ok (faiss_Index_add (&index->index, N, rows));
    assert_fails (faiss_NSG_dfs (nsg, table, N, 0, &n), "got 300");
    assert_ok (faiss_NSG_dfs (nsg, table, nsg->enterpoint, 0, &n));
    assert_int_equal (n, N);
    assert_fails (faiss_NSG_search_visiting (nsg, short_one, 3, labels, distances, met), "got 10");
    /* all marked: only the links of the entry point are left; then nothing but -1 is new */
    assert_ok (faiss_NSG_search_visiting (nsg, computer, N + 10, labels, distances, table));
    assert_int_equal (labels[N], -1);
    assert_ok (faiss_NSG_search_visiting (nsg, computer, N + 10, labels, distances, met));
    assert_int_equal (labels[0], 0);
    assert_int_equal (labels[N], -1);
    /* cut a node off, mend */
    assert_fails (faiss_NSG_tree_grow (nsg, &storage->index, &degrees, &n), "degrees of 300");
    assert_ok (faiss_Int32Vector_resize (&degrees, N));
    int *links = nsg->final_graph->data;
    for (int i = 0; i < N; i++) {
        int kept = 0;
        for (int j = 0; j < 4; j++) {
            int link = links[i * 4 + j];
            links[i * 4 + j] = -1;
            if (link >= 0 && link != 9) {
                links[i * 4 + kept++] = link;
            }
        }
        degrees.data[i] = kept;
    }
    faiss_VisitedTable_advance (table);
    faiss_VisitedTable_advance (met);
    assert_ok (faiss_NSG_dfs (nsg, table, nsg->enterpoint, 0, &n));
    if (nsg->enterpoint != 9) {
        assert_true (n < N);
        assert_fails (faiss_NSG_attach_unlinked (nsg, &few->index, table, met, &degrees, &n),
                      "expected");
        degrees.data[3] += 5;
        assert_fails (faiss_NSG_attach_unlinked (nsg, &storage->index, table, met, &degrees, &n),
                      "expected degrees of 0 .. 4");
        degrees.data[3] -= 5;
        assert_ok (faiss_NSG_attach_unlinked (nsg, &storage->index, table, met, &degrees, &n));
        assert_true (n >= 0 && n < N && faiss_VisitedTable_get (table, (size_t)n));
    }
    assert_ok (faiss_NSG_tree_grow (nsg, &storage->index, &degrees, &n));
    faiss_VisitedTable_advance (table);
    assert_ok (faiss_NSG_dfs (nsg, table, nsg->enterpoint, 0, &n));
    assert_int_equal (n, N);
    assert_fails (faiss_NSG_attach_unlinked (nsg, &storage->index, table, met, &degrees, &n),
                  "none is to be linked");
    faiss_Int32Vector_clear (&degrees);
    faiss_VisitedTable_free (table);
    faiss_VisitedTable_free (met);
    faiss_DistanceComputer_free (computer);
    faiss_DistanceComputer_free (short_one);
    faiss_Index_free (&index->index);
    faiss_Index_free (&storage->index);
    faiss_Index_free (&few->index);
}

static void test_nndescent (void **state) {
    (void)state;
    FaissIndexFlat *storage = new_storage (N);
    FaissDistanceComputer *computer = new_computer (storage);
    FaissNNDescent *graph = NULL;
    FaissInt32Vector points = {0};
    FaissInt32VectorVector truth = {0}, other = {0};
    float before = 0, after = 0;
    assert_ok (faiss_NNDescent_new_with (&graph, D, 8));
    assert_fails (faiss_NNDescent_join (graph, computer), "init_graph");
    assert_fails (faiss_NNDescent_update (graph), "init_graph");
    assert_fails (faiss_NNDescent_init_graph (graph, computer), "ntotal > 0");
    graph->ntotal = N + 1;
    assert_fails (faiss_NNDescent_init_graph (graph, computer), "got 300");
    for (int32_t i = 0; i < 30; i++) {
        assert_ok (faiss_Int32Vector_push_back (&points, i * 10));
    }
    assert_ok (faiss_NNDescent_generate_eval_set (graph, computer, &points, &truth, N));
    assert_int_equal (faiss_Int32VectorVector_size (&truth), 30);
    assert_int_equal (faiss_Int32VectorVector_at (&truth, 29)->size, 8);
    assert_null (faiss_Int32VectorVector_at (&truth, 30));
    assert_fails (faiss_NNDescent_generate_eval_set (graph, computer, &points, &truth, 100),
                  "got 100");
    graph->ntotal = N;
    assert_ok (faiss_NNDescent_init_graph (graph, computer));
    assert_ok (faiss_NNDescent_init_graph (graph, computer));
    assert_ok (faiss_NNDescent_eval_recall (graph, &points, &truth, &before));
    assert_ok (faiss_NNDescent_nndescent (graph, computer, false));
    assert_ok (faiss_NNDescent_eval_recall (graph, &points, &truth, &after));
    assert_true (before < 0.3f && after > 0.9f);
    assert_fails (faiss_NNDescent_eval_recall (graph, &points, &other, &after), "got 0");
    assert_ok (faiss_Int32VectorVector_push_back (&other, &points));
    faiss_Int32VectorVector_swap (&truth, &other);
    assert_int_equal (truth.size, 1);
    assert_ok (faiss_Int32VectorVector_resize (&other, 2));
    /* also few vectors; the steps are over then */
    assert_ok (faiss_NNDescent_build_by (graph, computer, 20, false));
    assert_int_equal (graph->final_graph.size, 20 * 8);
    assert_fails (faiss_NNDescent_update (graph), "init_graph");
    assert_fails (faiss_NNDescent_build_by (graph, computer, N + 1, false), "got 300");
    faiss_Int32VectorVector_clear (&truth);
    faiss_Int32VectorVector_clear (&other);
    faiss_Int32Vector_clear (&points);
    faiss_NNDescent_free (graph);
    faiss_DistanceComputer_free (computer);
    faiss_Index_free (&storage->index);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_marks),
        cmocka_unit_test (test_hnsw),
        cmocka_unit_test (test_nsg),
        cmocka_unit_test (test_nndescent),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
