/* Removing vectors from graph indexes. */
#include "testing.h"

#include <string.h>

#include "graph_checks.h"
#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexIDMap.h>
#include <faiss/impl/check.h>
#include <faiss/index_factory.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/random.h>

enum { N = 2000, D = 8, M = 8, NQ = 200, K = 10 };

static float *random_rows (size_t n, int d, int64_t seed) {
    float *x = malloc ((n * (size_t)d + 1) * sizeof *x);
    faiss_float_rand (x, n * (size_t)d, seed);
    return x;
}

static FaissIndexHNSW *new_graph (const char *factory, size_t n, const float *x) {
    FaissIndex *index = NULL;
    assert_ok (faiss_index_factory (&index, D, factory, METRIC_L2));
    assert_ok (faiss_Index_train (index, (idx_t)n, x));
    assert_ok (faiss_Index_add (index, (idx_t)n, x));
    FaissIndexHNSW *graph = faiss_IndexHNSW_cast (index);
    assert_non_null (graph);
    return graph;
}

/* Each vector is at its place, and nearly all are found. */
static void assert_holds (FaissIndexHNSW *index, size_t n, const float *x) {
    float *rows = malloc ((n * D + 1) * sizeof *rows), *distances = malloc ((n + 1) * sizeof *rows);
    idx_t *labels = malloc ((n + 1) * sizeof *labels);
    assert_int_equal (index->index.ntotal, n);
    assert_int_equal (index->storage->ntotal, n);
    assert_int_equal (faiss_hnsw_size (&index->hnsw), n);
    assert_links_are_good (&index->hnsw);
    assert_ok (faiss_Index_reconstruct_n (&index->index, 0, (idx_t)n, rows));
    assert_memory_equal (rows, x, n * D * sizeof *x);
    index->hnsw.efSearch = 64;
    assert_ok (faiss_Index_search (&index->index, (idx_t)n, x, 1, distances, labels));
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++) {
        n_found += labels[i] == (idx_t)i;
    }
    assert_in_range (n_found, n - n / 50, n);
    assert_in_range (count_reachable (&index->hnsw), n - n / 50, n);
    free (rows);
    free (distances);
    free (labels);
}

/* Random parts go, several times; what is left is as good as before. */
static void graphs_stay_good (void **state) {
    (void)state;
    static const double shares[] = {0.0005, 0.01, 0.1, 0.5, 0.3, 0.9, 0.5};
    float *x = random_rows (N, D, 1), u[N];
    FaissIndexHNSW *index = new_graph ("HNSW8,Flat", N, x);
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
        assert_int_equal (remove_members (&index->index, bitmap, sizeof bitmap), n_expected);
        n = keep_rows (n, D, x, bitmap);
        assert_holds (index, n, x);
    }
    free (x);
    faiss_IndexHNSW_free (index);
}

/* Neighbours of each other go, so that whole neighbourhoods are gone. */
static void a_region_can_go (void **state) {
    (void)state;
    float *x = random_rows (N, D, 2);
    uint8_t bitmap[N / 8 + 1] = {0};
    FaissIndexHNSW *index = new_graph ("HNSW8,Flat", N, x);
    for (size_t i = 0; i < N; i++) {
        bitmap[i >> 3] |= (uint8_t)((x[i * D] > 0.3f && x[i * D] < 0.7f) << (i & 7));
    }
    remove_members (&index->index, bitmap, sizeof bitmap);
    assert_holds (index, keep_rows (N, D, x, bitmap), x);
    free (x);
    faiss_IndexHNSW_free (index);
}

/* All that a node has links to goes, and what is behind that: of groups far from each other two
 * are left of each. */
static void few_can_be_left (void **state) {
    (void)state;
    enum { N_GROUPS = 50 };
    float *x = random_rows (N, D, 12), *middles = random_rows (N_GROUPS, D, 13);
    uint8_t bitmap[N / 8 + 1] = {0};
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < D; j++) {
            x[i * D + j] += 100 * middles[i % N_GROUPS * D + j];
        }
        bitmap[i >> 3] |= (uint8_t)((i >= 2 * N_GROUPS) << (i & 7));
    }
    FaissIndexHNSW *index = new_graph ("HNSW8,Flat", N, x);
    assert_int_equal (remove_members (&index->index, bitmap, sizeof bitmap), N - 2 * N_GROUPS);
    assert_holds (index, 2 * N_GROUPS, x);
    free (x);
    free (middles);
    faiss_IndexHNSW_free (index);
}

static double share_reachable (const FaissHNSW *hnsw, int level) {
    size_t n_of_level = 0;
    for (size_t i = 0; i < faiss_hnsw_size (hnsw); i++) {
        n_of_level += hnsw->levels.data[i] > level;
    }
    return (double)count_reachable_at (hnsw, level) / (double)n_of_level;
}

static void the_entry_point_can_go (void **state) {
    (void)state;
    float *x = random_rows (N, D, 3);
    size_t n = N;
    FaissIndexHNSW *index = new_graph ("HNSW4,Flat", N, x);
    double before[64] = {0};
    for (int level = 0; level <= index->hnsw.max_level; level++) {
        before[level] = share_reachable (&index->hnsw, level);
    }
    for (int step = 0; step < 60; step++) {
        int32_t entry = index->hnsw.entry_point;
        assert_int_equal (remove_range (&index->index, entry, entry + 1), 1);
        memmove (x + entry * D, x + (entry + 1) * D, (n - (size_t)entry - 1) * D * sizeof *x);
        n--;
        int highest = 0;
        for (size_t i = 0; i < n; i++) {
            int level = index->hnsw.levels.data[i] - 1;
            highest = level > highest ? level : highest;
        }
        assert_int_equal (index->hnsw.max_level, highest);
    }
    assert_holds (index, n, x);
    for (int level = 0; level <= index->hnsw.max_level; level++) {
        /* of the highest levels few nodes are left */
        assert_true (share_reachable (&index->hnsw, level) >
                     before[level] - (level == 0 ? 0.01 : 0.12));
    }
    free (x);
    faiss_IndexHNSW_free (index);
}

static void all_can_go_and_come_back (void **state) {
    (void)state;
    float *x = random_rows (N, D, 4), distance;
    idx_t label;
    FaissIndexHNSW *index = new_graph ("HNSW8,Flat", 300, x);
    assert_int_equal (remove_range (&index->index, -5, 299), 299);
    assert_holds (index, 1, x + 299 * D);
    assert_int_equal (remove_range (&index->index, 1, 100), 0);
    assert_int_equal (remove_range (&index->index, 0, 1), 1);
    assert_int_equal (index->hnsw.entry_point, -1);
    assert_int_equal (index->hnsw.max_level, -1);
    assert_ok (faiss_Index_search (&index->index, 1, x, 1, &distance, &label));
    assert_int_equal (label, -1);
    assert_int_equal (remove_range (&index->index, 0, 1000), 0);
    assert_ok (faiss_Index_add (&index->index, 500, x));
    assert_holds (index, 500, x);
    free (x);
    faiss_IndexHNSW_free (index);
}

static double recall (FaissIndexHNSW *index, size_t n, const float *x, const float *q) {
    float distances[NQ * K];
    idx_t labels[NQ * K], truth[NQ * K];
    FaissIndexFlatL2 *flat = NULL;
    assert_ok (faiss_IndexFlatL2_new_with (&flat, index->index.d));
    assert_ok (faiss_Index_add (&flat->index, (idx_t)n, x));
    assert_ok (faiss_Index_search (&flat->index, NQ, q, K, distances, truth));
    index->hnsw.efSearch = 32;
    assert_ok (faiss_Index_search (&index->index, NQ, q, K, distances, labels));
    size_t n_found = 0;
    for (int i = 0; i < NQ * K; i++) {
        for (int j = i / K * K; j < (i / K + 1) * K; j++) {
            n_found += labels[i] == truth[j];
        }
    }
    faiss_IndexFlatL2_free (flat);
    return (double)n_found / (NQ * K);
}

static double recall_of_fresh (size_t n, int d, const float *x, const float *q) {
    FaissIndexHNSWFlat *fresh = NULL;
    assert_ok (faiss_IndexHNSWFlat_new_with (&fresh, d, M, METRIC_L2));
    assert_ok (faiss_Index_add (&fresh->index, (idx_t)n, x));
    double value = recall (&fresh->index_hnsw, n, x, q);
    faiss_IndexHNSWFlat_free (fresh);
    return value;
}

/* Half of the vectors are removed and added again: recall is within half a point of a fresh build,
 * and stays there. */
static void recall_survives_renewals (void **state) {
    (void)state;
    float *x = random_rows (N, D, 5), *q = random_rows (NQ, D, 77);
    FaissIndexHNSW *index = new_graph ("HNSW8,Flat", N, x);
    for (int round = 0; round < 4; round++) {
        uint8_t bitmap[N / 8 + 1] = {0};
        size_t n_removed = 0;
        float u[N], *removed = malloc (N * D * sizeof *removed);
        faiss_float_rand (u, N, 50 + round);
        for (size_t i = 0; i < N; i++) {
            if (u[i] < 0.5f) {
                bitmap[i >> 3] |= (uint8_t)(1 << (i & 7));
                memcpy (removed + n_removed++ * D, x + i * D, D * sizeof *x);
            }
        }
        size_t n = keep_rows (N, D, x, bitmap);
        assert_int_equal (n + n_removed, N);
        memcpy (x + n * D, removed, n_removed * D * sizeof *x);
        remove_members (&index->index, bitmap, sizeof bitmap);
        assert_ok (faiss_Index_add (&index->index, (idx_t)n_removed, removed));
        assert_holds (index, N, x);
        double of_fresh = recall_of_fresh (N, D, x, q), of_index = recall (index, N, x, q);
        if (of_index < of_fresh - 0.005) {
            fail_msg ("recall %.4f, of a fresh build %.4f", of_index, of_fresh);
        }
        free (removed);
    }
    free (x);
    free (q);
    faiss_IndexHNSW_free (index);
}

/* In many dimensions nearly all have links to those in the middle, and few others: when the middle
 * goes, what is left is linked by other ways, nearly as well as by a fresh build. */
static void the_middle_can_go (void **state) {
    (void)state;
    enum { D_MANY = 32 };
    float *x = malloc (N * D_MANY * sizeof *x), *q = malloc (NQ * D_MANY * sizeof *q), norms[N];
    faiss_float_randn (x, N * D_MANY, 10);
    faiss_float_randn (q, NQ * D_MANY, 11);
    FaissIndexHNSWFlat *index = NULL;
    assert_ok (faiss_IndexHNSWFlat_new_with (&index, D_MANY, M, METRIC_L2));
    assert_ok (faiss_Index_add (&index->index, N, x));
    uint8_t bitmap[N / 8 + 1] = {0};
    faiss_fvec_norms_L2sqr (norms, x, D_MANY, N);
    for (int i = 0; i < N; i++) { /* a seventh, about */
        bitmap[i >> 3] |= (uint8_t)((norms[i] < 24) << (i & 7));
    }
    assert_in_range (remove_members (&index->index, bitmap, sizeof bitmap), N / 10, N / 5);
    size_t n = keep_rows (N, D_MANY, x, bitmap);
    assert_links_are_good (&index->index_hnsw.hnsw);
    double of_fresh = recall_of_fresh (n, D_MANY, x, q);
    double of_index = recall (&index->index_hnsw, n, x, q);
    if (of_index < of_fresh - 0.03) {
        fail_msg ("recall %.4f, of a fresh build %.4f", of_index, of_fresh);
    }
    free (x);
    free (q);
    faiss_IndexHNSWFlat_free (index);
}

/* Remove and add under the same id: the other ids keep their vectors. */
static void ids_of_the_caller_are_updated (void **state) {
    (void)state;
    enum { N_SMALL = 400, N_UPDATES = 60 };
    float *x = random_rows (N_SMALL, D, 6), *y = random_rows (N_UPDATES, D, 7), row[D], distance;
    idx_t ids[N_SMALL], label;
    FaissIndex *index = NULL;
    assert_ok (faiss_index_factory (&index, D, "IDMap2,HNSW8,Flat", METRIC_L2));
    for (int i = 0; i < N_SMALL; i++) {
        ids[i] = 1000000000000 + 7 * i;
    }
    assert_ok (faiss_Index_add_with_ids (index, N_SMALL, x, ids));
    for (int i = 0; i < N_UPDATES; i++) {
        idx_t at = (i * 37) % N_SMALL;
        assert_int_equal (remove_range (index, ids[at], ids[at] + 1), 1);
        assert_ok (faiss_Index_add_with_ids (index, 1, y + i * D, &ids[at]));
        memcpy (x + at * D, y + i * D, D * sizeof *x);
    }
    assert_int_equal (index->ntotal, N_SMALL);
    size_t n_found = 0;
    for (int i = 0; i < N_SMALL; i++) {
        assert_ok (faiss_Index_reconstruct (index, ids[i], row));
        assert_memory_equal (row, x + i * D, sizeof row);
        assert_ok (faiss_Index_search (index, 1, x + i * D, 1, &distance, &label));
        n_found += label == ids[i];
    }
    assert_in_range (n_found, N_SMALL * 98 / 100, N_SMALL);
    faiss_Index_free (index);
    free (x);
    free (y);
}

/* Whatever stores the vectors. */
static void every_storage_does_it (void **state) {
    (void)state;
    static const char *const factories[] = {"HNSW8,SQ8", "HNSW8,PQ4x4", "HNSW8,4+PQ2"};
    float *x = random_rows (500, D, 8);
    for (size_t f = 0; f < sizeof factories / sizeof *factories; f++) {
        FaissIndexHNSW *index = new_graph (factories[f], 500, x);
        assert_half_can_go (&index->index, index->storage, &index->hnsw.efSearch, x);
        assert_links_are_good (&index->hnsw);
        assert_int_equal (count_reachable (&index->hnsw), 250);
        faiss_IndexHNSW_free (index);
    }
    free (x);
}

static void what_cannot_be_done_is_refused (void **state) {
    (void)state;
    float *x = random_rows (N, D, 9);
    FaissIndexHNSW *index = new_graph ("HNSW8,Flat", 50, x);
    FaissIDSelectorRange *sel = NULL;
    assert_ok (faiss_IDSelectorRange_new (&sel, 0, 10));
    FaissIndex *storage = index->storage;
    index->storage = NULL;
    assert_fails (faiss_Index_remove_ids (&index->index, &sel->sel, NULL), "no storage");
    index->storage = storage;
    assert_fails (faiss_Index_remove_ids (&index->index, NULL, NULL), "NULL");
    assert_ok (faiss_Index_add (storage, 1, x));
    assert_fails (faiss_Index_remove_ids (&index->index, &sel->sel, NULL), "ntotal=50");
    faiss_IDSelectorRange_free (sel);
    faiss_IndexHNSW_free (index);
    free (x);
}

TEST_MAIN (cmocka_unit_test (graphs_stay_good), cmocka_unit_test (a_region_can_go),
           cmocka_unit_test (few_can_be_left), cmocka_unit_test (the_entry_point_can_go),
           cmocka_unit_test (all_can_go_and_come_back), cmocka_unit_test (recall_survives_renewals),
           cmocka_unit_test (the_middle_can_go), cmocka_unit_test (ids_of_the_caller_are_updated),
           cmocka_unit_test (every_storage_does_it),
           cmocka_unit_test (what_cannot_be_done_is_refused))
