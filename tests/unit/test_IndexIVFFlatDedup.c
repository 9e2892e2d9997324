/* Equal vectors are stored once and found, removed and merged each. */
#include "testing.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlatDedup.h>
#include <faiss/index_factory.h>

enum { D = 3, NLIST = 4, N = 240, N_DISTINCT = 30 };

static float rows[N * D];

/* Vector i is one of N_DISTINCT: the corners of a grid. */
static void make_rows (void) {
    for (int i = 0; i < N; i++) {
        int which = i * 7 % N_DISTINCT;
        rows[i * D] = (float)(which % 5);
        rows[i * D + 1] = (float)(which / 5);
        rows[i * D + 2] = 1;
    }
}

typedef struct Sample {
    FaissIndexFlat *quantizer;
    FaissIndexIVFFlatDedup *dedup;
} Sample;

static Sample make (void) {
    Sample s = {0};
    make_rows ();
    assert_ok (faiss_IndexFlat_new_with (&s.quantizer, D, METRIC_L2));
    assert_ok (faiss_Index_add (&s.quantizer->index, NLIST, rows));
    assert_ok (
        faiss_IndexIVFFlatDedup_new_with (&s.dedup, &s.quantizer->index, D, NLIST, METRIC_L2));
    s.dedup->ivf.nprobe = NLIST;
    return s;
}

static void clear (Sample *s) {
    faiss_Index_free (&s->dedup->index);
    faiss_IndexFlat_free (s->quantizer);
}

/* A search for everything finds exactly the ids for which is_there says 1. */
static void check_ids (const FaissIndexIVFFlatDedup *dedup, const char *is_there, size_t n_ids) {
    size_t k = n_ids + 3, n = 0;
    float *distances = malloc (k * sizeof *distances);
    idx_t *labels = malloc (k * sizeof *labels);
    char *found = calloc (k, 1);
    assert_ok (faiss_Index_search (&dedup->index, 1, rows, (idx_t)k, distances, labels));
    for (size_t i = 0; i < k && labels[i] >= 0; i++, n++) {
        const float *row = rows + labels[i] % 1000 * D;
        float distance =
            (row[0] - rows[0]) * (row[0] - rows[0]) + (row[1] - rows[1]) * (row[1] - rows[1]);
        assert_true (distances[i] == distance);
        assert_true (i == 0 || distances[i - 1] <= distances[i]);
        assert_true ((size_t)labels[i] < n_ids && !found[labels[i]]);
        found[labels[i]] = 1;
    }
    assert_int_equal (dedup->index.ntotal, n);
    assert_memory_equal (found, is_there, n_ids);
    free (found);
    free (distances);
    free (labels);
}

static void equal_vectors_are_stored_once (void **state) {
    (void)state;
    Sample s = make ();
    char is_there[N];
    memset (is_there, 1, N);
    for (idx_t i = 0; i < N;) { /* few at a time are found by walking, many by hashing */
        idx_t n = i < 30 ? 1 : i < 60 ? 10 : 60;
        assert_ok (faiss_Index_add (&s.dedup->index, n, rows + i * D));
        i += n;
    }
    assert_int_equal (faiss_InvertedLists_compute_ntotal (s.dedup->ivf.invlists), N_DISTINCT);
    check_ids (s.dedup, is_there, N);
    assert_ok (faiss_Index_reset (&s.dedup->index));
    check_ids (s.dedup, NULL, 0);
    clear (&s);
}

static void each_id_is_removed_and_selected (void **state) {
    (void)state;
    Sample s = make ();
    FaissIndex *index = &s.dedup->index;
    char is_there[N];
    memset (is_there, 1, N);
    assert_ok (faiss_Index_add (index, N, rows));
    for (idx_t begin = 0; begin < N; begin += 55) {
        FaissIDSelectorRange *sel = NULL;
        FaissSearchParametersIVF *params = NULL;
        idx_t end = begin + 55 < N ? begin + 55 : N, labels[N];
        float distances[N];
        assert_ok (faiss_IDSelectorRange_new (&sel, begin, end));
        assert_ok (faiss_SearchParametersIVF_new_with (&params, &sel->sel, NLIST, 0));
        assert_ok (
            faiss_Index_search_with_params (index, 1, rows, N, &params->params, distances, labels));
        for (idx_t i = 0; i < N; i++) {
            assert_true (i < end - begin ? labels[i] >= begin && labels[i] < end : labels[i] == -1);
        }
        size_t n_removed = 0;
        assert_ok (faiss_Index_remove_ids (index, &sel->sel, &n_removed));
        assert_int_equal (n_removed, end - begin);
        memset (is_there + begin, 0, (size_t)(end - begin));
        check_ids (s.dedup, is_there, N);
        faiss_SearchParametersIVF_free (params);
        faiss_IDSelector_free (&sel->sel);
    }
    assert_int_equal (faiss_InvertedLists_compute_ntotal (s.dedup->ivf.invlists), 0);
    clear (&s);
}

static void merging_keeps_all_ids (void **state) {
    (void)state;
    Sample a = make (), b = make ();
    char is_there[1000 + N] = {0};
    memset (is_there, 1, 100);
    memset (is_there + 1000, 1, N);
    assert_ok (faiss_Index_add (&a.dedup->index, 100, rows));
    assert_ok (faiss_Index_add (&b.dedup->index, N, rows));
    assert_ok (faiss_Index_merge_from (&a.dedup->index, &b.dedup->index, 1000));
    check_ids (a.dedup, is_there, 1000 + N);
    check_ids (b.dedup, NULL, 0);
    clear (&a);
    clear (&b);
}

static void what_it_does_not_do_is_refused (void **state) {
    (void)state;
    Sample s = make ();
    FaissIndexIVF *ivf = &s.dedup->ivf;
    FaissIndex *index = &s.dedup->index;
    float distances[3], recons[3 * D];
    idx_t labels[3], id = 2;
    FaissRangeSearchResult *result = NULL;
    assert_ok (faiss_Index_add (index, N, rows));
    assert_ok (faiss_RangeSearchResult_new (&result, 1));
    assert_fails (faiss_Index_range_search (index, 1, rows, 1, result), "not implemented");
    faiss_RangeSearchResult_free (result);
    assert_fails (
        faiss_Index_search_and_reconstruct (index, 1, rows, 3, NULL, distances, labels, recons),
        "places");
    assert_fails (faiss_Index_reconstruct_n (index, 0, 2, recons), "not implemented");
    assert_ok (faiss_IndexIVF_set_direct_map_type (ivf, FAISS_DIRECT_MAP_HASHTABLE));
    assert_fails (faiss_Index_add (index, 1, rows), "direct map");
    assert_fails (faiss_IndexIVF_update_vectors (ivf, 1, &id, rows), "not implemented");
    assert_int_equal (index->ntotal, N);
    clear (&s);
}

static int position_of (const idx_t *ids, int n, idx_t id) {
    int at = 0;
    while (at < n && ids[at] != id) {
        at++;
    }
    return at;
}

/* Each vector twice, under ids of which many are negative. */
static void negative_ids_are_found (void **state) {
    enum { MANY = 12 };
    (void)state;
    const idx_t ids[] = {-10, -1, 3, -4, 5, 6, -7, 8, -9, 10, 11, -12};
    float x[MANY * D], distances[MANY];
    idx_t labels[MANY];
    TestRandom random = {5};
    testing_floats (&random, x, MANY / 2 * D);
    memcpy (x + MANY / 2 * D, x, sizeof x / 2);
    FaissIndex *index = NULL;
    assert_ok (faiss_index_factory (&index, D, "IVF1,FlatDedup", METRIC_L2));
    assert_ok (faiss_Index_train (index, MANY, x));
    assert_ok (faiss_Index_add_with_ids (index, MANY, x, ids));
    assert_int_equal (faiss_IndexIVFFlatDedup_cast (index)->instances.firsts.size, MANY / 2);
    for (int i = 0; i < MANY; i++) {
        assert_ok (faiss_Index_search (index, 1, x + i * D, MANY, distances, labels));
        for (int j = 0; j < MANY; j++) { /* all are found, with the vector itself in front */
            int at = position_of (labels, MANY, ids[j]);
            assert_in_range (at, 0, j % (MANY / 2) == i % (MANY / 2) ? 1 : MANY - 1);
            assert_true ((distances[at] == 0) == (at < 2));
        }
    }
    faiss_Index_free (index);
}

TEST_MAIN (cmocka_unit_test (equal_vectors_are_stored_once),
           cmocka_unit_test (each_id_is_removed_and_selected),
           cmocka_unit_test (merging_keeps_all_ids),
           cmocka_unit_test (what_it_does_not_do_is_refused),
           cmocka_unit_test (negative_ids_are_found))
