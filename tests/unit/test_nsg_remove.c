/* Removing vectors from graphs with the same number of places for links in each node: NSG and
 * NNDescent. */
#include "testing.h"

#include <string.h>

#include "graph_checks.h"
#include <faiss/IndexFlat.h>
#include <faiss/IndexIDMap.h>
#include <faiss/IndexNNDescent.h>
#include <faiss/IndexNSG.h>
#include <faiss/impl/check.h>
#include <faiss/index_factory.h>
#include <faiss/utils/random.h>

enum { N = 2000, D = 8, K = 10, NQ = 200 };

static float *random_rows (size_t n, int64_t seed) {
    float *x = malloc ((n * D + 1) * sizeof *x);
    faiss_float_rand (x, n * D, seed);
    return x;
}

/* "NNDescent16" or what the factory knows. */
static FaissIndex *new_graph (const char *factory, size_t n, const float *x) {
    FaissIndex *index = NULL;
    if (strcmp (factory, "NNDescent16") == 0) {
        FaissIndexNNDescentFlat *graph = NULL;
        assert_ok (faiss_IndexNNDescentFlat_new_with (&graph, D, 16, METRIC_L2));
        index = &graph->index;
        graph->index_nndescent.nndescent.search_L = 64;
    } else {
        assert_ok (faiss_index_factory (&index, D, factory, METRIC_L2));
        faiss_IndexNSG_cast (index)->nsg.search_L = 64;
    }
    assert_ok (faiss_Index_train (index, (idx_t)n, x));
    assert_ok (faiss_Index_add (index, (idx_t)n, x));
    return index;
}

typedef struct Links {
    const int32_t *data;
    size_t n, room;
    int32_t entry; /* -1: searches begin anywhere */
} Links;

static Links links_of (FaissIndex *index) {
    const FaissIndexNSG *nsg = faiss_IndexNSG_cast (index);
    if (nsg) {
        const FaissNSG_Graph_int *graph = nsg->nsg.final_graph;
        assert_int_equal (nsg->nsg.ntotal, index->ntotal);
        return (Links){graph->data, (size_t)graph->N, (size_t)graph->K, nsg->nsg.enterpoint};
    }
    const FaissNNDescent *graph = &faiss_IndexNNDescent_cast (index)->nndescent;
    assert_int_equal (graph->final_graph.size, (size_t)graph->ntotal * (size_t)graph->K);
    return (Links){graph->final_graph.data, (size_t)graph->ntotal, (size_t)graph->K, -1};
}

/* Links lead to other nodes, and nothing follows the first -1; every node can be reached where
 * searches begin at an entry point. */
static void assert_fixed_links_are_good (FaissIndex *index) {
    Links links = links_of (index);
    size_t n_seen = 0;
    int32_t *queue = malloc ((links.n + 1) * sizeof *queue);
    uint8_t *is_seen = calloc (links.n + 1, 1);
    assert_int_equal (links.n, index->ntotal);
    for (size_t i = 0; i < links.n; i++) {
        const int32_t *of_node = links.data + i * links.room;
        for (size_t j = 0; j < links.room && of_node[j] >= 0; j++) {
            assert_true (of_node[j] < (int32_t)links.n && of_node[j] != (int32_t)i);
            for (size_t l = 0; links.entry < 0 && l < j; l++) { /* NSG builds have doubles */
                assert_int_not_equal (of_node[l], of_node[j]);
            }
        }
        for (size_t j = 1; j < links.room; j++) {
            assert_true (of_node[j] == -1 || of_node[j - 1] >= 0);
        }
    }
    if (links.entry >= 0) {
        queue[n_seen++] = links.entry;
        is_seen[links.entry] = 1;
        for (size_t next = 0; next < n_seen; next++) {
            const int32_t *of_node = links.data + (size_t)queue[next] * links.room;
            for (size_t j = 0; j < links.room && of_node[j] >= 0; j++) {
                if (!is_seen[of_node[j]]) {
                    is_seen[of_node[j]] = 1;
                    queue[n_seen++] = of_node[j];
                }
            }
        }
        assert_int_equal (n_seen, links.n);
    }
    free (queue);
    free (is_seen);
}

static double recall (FaissIndex *index, size_t n, const float *x) {
    float *q = random_rows (NQ, 77), distances[NQ * K];
    idx_t labels[NQ * K], truth[NQ * K];
    FaissIndexFlatL2 *flat = NULL;
    assert_ok (faiss_IndexFlatL2_new_with (&flat, D));
    assert_ok (faiss_Index_add (&flat->index, (idx_t)n, x));
    assert_ok (faiss_Index_search (&flat->index, NQ, q, K, distances, truth));
    assert_ok (faiss_Index_search (index, NQ, q, K, distances, labels));
    size_t n_found = 0, n_wanted = 0;
    for (int i = 0; i < NQ * K; i++) {
        n_wanted += truth[i] >= 0;
        for (int j = i / K * K; j < (i / K + 1) * K; j++) {
            n_found += truth[i] >= 0 && labels[j] == truth[i];
        }
    }
    faiss_IndexFlatL2_free (flat);
    free (q);
    return (double)n_found / (double)n_wanted;
}

/* Each vector is at its place, and what is found is about what a fresh build finds. */
static void assert_holds (FaissIndex *index, const char *factory, size_t n, const float *x) {
    float *rows = malloc ((n * D + 1) * sizeof *rows);
    assert_int_equal (index->ntotal, n);
    assert_ok (faiss_Index_reconstruct_n (index, 0, (idx_t)n, rows));
    assert_memory_equal (rows, x, n * D * sizeof *x);
    assert_fixed_links_are_good (index);
    FaissIndex *fresh = new_graph (factory, n, x);
    double of_fresh = recall (fresh, n, x), of_index = recall (index, n, x);
    if (of_index < of_fresh - 0.01) {
        fail_msg ("%s, n=%zu: recall %.4f, of a fresh build %.4f", factory, n, of_index, of_fresh);
    }
    faiss_Index_free (fresh);
    free (rows);
}

static const char *const flat_factories[] = {"NSG16,Flat", "NNDescent16"};

static void graphs_stay_good (void **state) {
    (void)state;
    static const double shares[] = {0.0005, 0.01, 0.1, 0.5, 0.3, 0.9, 0.5};
    for (size_t f = 0; f < sizeof flat_factories / sizeof *flat_factories; f++) {
        float *x = random_rows (N, 1), u[N];
        FaissIndex *index = new_graph (flat_factories[f], N, x);
        size_t n = N;
        for (size_t step = 0; step < sizeof shares / sizeof *shares; step++) {
            uint8_t bitmap[N / 8 + 1] = {0};
            faiss_float_rand (u, n, (int64_t)(100 + step));
            size_t n_expected = 0;
            for (size_t i = 0; i < n; i++) {
                bool is_removed = (double)u[i] < shares[step];
                bitmap[i >> 3] |= (uint8_t)(is_removed << (i & 7));
                n_expected += is_removed;
            }
            assert_int_equal (remove_members (index, bitmap, sizeof bitmap), n_expected);
            n = keep_rows (n, D, x, bitmap);
            assert_holds (index, flat_factories[f], n, x);
        }
        free (x);
        faiss_Index_free (index);
    }
}

/* Neighbours of each other go, so that whole neighbourhoods are gone. */
static void a_region_can_go (void **state) {
    (void)state;
    for (size_t f = 0; f < sizeof flat_factories / sizeof *flat_factories; f++) {
        float *x = random_rows (N, 2);
        uint8_t bitmap[N / 8 + 1] = {0};
        FaissIndex *index = new_graph (flat_factories[f], N, x);
        for (size_t i = 0; i < N; i++) {
            bitmap[i >> 3] |= (uint8_t)((x[i * D] > 0.3f && x[i * D] < 0.7f) << (i & 7));
        }
        remove_members (index, bitmap, sizeof bitmap);
        assert_holds (index, flat_factories[f], keep_rows (N, D, x, bitmap), x);
        free (x);
        faiss_Index_free (index);
    }
}

/* What is left lies together at the edge: hardly a link that led there from elsewhere is left. */
static void few_that_are_left_are_found (void **state) {
    (void)state;
    for (size_t f = 0; f < sizeof flat_factories / sizeof *flat_factories; f++) {
        float *x = random_rows (N, 5);
        uint8_t bitmap[N / 8 + 1] = {0};
        FaissIndex *index = new_graph (flat_factories[f], N, x);
        for (size_t i = 0; i < N; i++) {
            bitmap[i >> 3] |= (uint8_t)((x[i * D] < 0.9f) << (i & 7));
        }
        remove_members (index, bitmap, sizeof bitmap);
        size_t n = keep_rows (N, D, x, bitmap);
        FaissIndex *fresh = new_graph (flat_factories[f], n, x);
        assert_holds (index, flat_factories[f], n, x);
        Links links = links_of (index), expected = links_of (fresh);
        if (links.entry < 0) { /* an NSG build goes on with the graph's random numbers */
            assert_memory_equal (links.data, expected.data, n * links.room * sizeof *links.data);
        }
        faiss_Index_free (fresh);
        faiss_Index_free (index);
        free (x);
    }
}

static void the_entry_point_can_go (void **state) {
    (void)state;
    float *x = random_rows (N, 3);
    size_t n = N;
    FaissIndex *index = new_graph ("NSG8,Flat", N, x);
    for (int step = 0; step < 40; step++) {
        int32_t entry = links_of (index).entry;
        assert_int_equal (remove_range (index, entry, entry + 1), 1);
        memmove (x + entry * D, x + (entry + 1) * D, (n - (size_t)entry - 1) * D * sizeof *x);
        n--;
        assert_fixed_links_are_good (index);
    }
    assert_holds (index, "NSG8,Flat", n, x);
    while (n > 0) { /* down to the last one */
        size_t n_gone = n > 10 ? n / 3 : 1;
        assert_int_equal (remove_range (index, 0, (idx_t)n_gone), n_gone);
        n -= n_gone;
        assert_int_equal (index->ntotal, n);
        if (n > 0) {
            assert_fixed_links_are_good (index);
        }
    }
    free (x);
    faiss_Index_free (index);
}

static void all_can_go_and_come_back (void **state) {
    (void)state;
    for (size_t f = 0; f < sizeof flat_factories / sizeof *flat_factories; f++) {
        float *x = random_rows (N, 4), distances[K];
        idx_t labels[K];
        FaissIndex *index = new_graph (flat_factories[f], N, x);
        assert_int_equal (remove_range (index, 0, N), N);
        assert_int_equal (index->ntotal, 0);
        assert_int_equal (remove_range (index, 0, N), 0);
        assert_ok (faiss_Index_search (index, 1, x, K, distances, labels));
        assert_int_equal (labels[0], -1);
        assert_ok (faiss_Index_add (index, N, x));
        assert_holds (index, flat_factories[f], N, x);
        free (x);
        faiss_Index_free (index);
    }
}

/* Codes of all kinds; the distances that the storage has are those that the graph finds. */
static void every_storage_does_it (void **state) {
    (void)state;
    static const char *const factories[] = {"NSG8,SQ8", "NSG8,PQ4x4"};
    float *x = random_rows (500, 8);
    for (size_t f = 0; f < sizeof factories / sizeof *factories; f++) {
        FaissIndex *index = new_graph (factories[f], 500, x);
        FaissIndexNSG *graph = faiss_IndexNSG_cast (index);
        assert_half_can_go (index, graph->storage, &graph->nsg.search_L, x);
        assert_fixed_links_are_good (index);
        faiss_Index_free (index);
    }
    free (x);
}

/* Files from elsewhere may have places without a link between others. */
static void gaps_between_links_do_no_harm (void **state) {
    (void)state;
    for (size_t f = 0; f < sizeof flat_factories / sizeof *flat_factories; f++) {
        float *x = random_rows (N, 4);
        FaissIndex *index = new_graph (flat_factories[f], N, x);
        Links links = links_of (index);
        for (size_t i = 0; i < links.n; i++) {
            ((int32_t *)(uintptr_t)links.data)[i * links.room + i % links.room] = -1;
        }
        assert_int_equal (remove_range (index, 7, 9), 2);
        assert_fixed_links_are_good (index);
        assert_int_equal (remove_range (index, 50, 100), 50);
        assert_fixed_links_are_good (index);
        free (x);
        faiss_Index_free (index);
    }
}

static void what_cannot_be_done_is_refused (void **state) {
    (void)state;
    float *x = random_rows (N, 9);
    FaissIndex *index = new_graph ("NSG8,Flat", 50, x);
    FaissIndexNSG *graph = faiss_IndexNSG_cast (index);
    FaissIDSelectorRange *sel = NULL;
    assert_ok (faiss_IDSelectorRange_new (&sel, 0, 10));
    FaissIndex *storage = graph->storage;
    graph->storage = NULL;
    assert_fails (faiss_Index_remove_ids (index, &sel->sel, NULL), "no storage");
    graph->storage = storage;
    assert_fails (faiss_Index_remove_ids (index, NULL, NULL), "NULL");
    assert_ok (faiss_Index_add (storage, 1, x));
    assert_fails (faiss_Index_remove_ids (index, &sel->sel, NULL), "ntotal=50");
    faiss_IDSelectorRange_free (sel);
    faiss_Index_free (index);
    free (x);
}

TEST_MAIN (cmocka_unit_test (graphs_stay_good), cmocka_unit_test (a_region_can_go),
           cmocka_unit_test (few_that_are_left_are_found),
           cmocka_unit_test (the_entry_point_can_go), cmocka_unit_test (all_can_go_and_come_back),
           cmocka_unit_test (every_storage_does_it),
           cmocka_unit_test (gaps_between_links_do_no_harm),
           cmocka_unit_test (what_cannot_be_done_is_refused))
