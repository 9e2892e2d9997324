/* Inverted files: settings, refusals, and that what fails changes nothing. */
#include "testing.h"

#include <float.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/index_factory.h>
#include <faiss/invlists/ArrayInvertedLists.h>

enum { D = 6, NLIST = 8, N = 200 };

static float rows[N * D];

static FaissIndexIVF *make (void) {
    FaissIndex *index = NULL;
    TestRandom random = {3};
    testing_floats (&random, rows, N * D);
    assert_ok (faiss_index_factory (&index, D, "IVF8,Flat", METRIC_L2));
    FaissIndexIVF *ivf = faiss_IndexIVF_cast (index);
    assert_non_null (ivf);
    ivf->cp.min_points_per_centroid = 1;
    assert_ok (faiss_Index_train (index, N, rows));
    assert_ok (faiss_Index_add (index, N, rows));
    return ivf;
}

static void search_params_have_defaults (void **state) {
    (void)state;
    FaissSearchParametersIVF *params = NULL;
    assert_ok (faiss_SearchParametersIVF_new (&params));
    assert_int_equal (faiss_SearchParametersIVF_nprobe (params), 1);
    assert_int_equal (faiss_SearchParametersIVF_max_codes (params), 0);
    assert_int_equal (faiss_SearchParametersIVF_max_lists_num (params), 0);
    assert_int_equal (faiss_SearchParametersIVF_ensure_topk_full (params), 0);
    assert_int_equal (faiss_SearchParametersIVF_max_empty_result_buckets (params), 0);
    assert_null (faiss_SearchParametersIVF_sel (params));
    faiss_SearchParametersIVF_set_ensure_topk_full (params, 7);
    assert_int_equal (faiss_SearchParametersIVF_ensure_topk_full (params), 1);
    assert_ptr_equal (faiss_SearchParametersIVF_cast (&params->params), params);
    faiss_SearchParametersIVF_free (params);
    FaissSearchParameters *plain = NULL;
    assert_ok (faiss_SearchParameters_new (&plain, NULL));
    assert_null (faiss_SearchParametersIVF_cast (plain));
    FaissIndexIVF *ivf = make ();
    float distances[3];
    idx_t labels[3];
    assert_fails (
        faiss_Index_search_with_params (&ivf->index, 1, rows, 3, plain, distances, labels),
        "SearchParametersIVF");
    faiss_SearchParameters_free (plain);
    faiss_IndexIVF_free (ivf);
}

static void searches_that_cannot_be_are_refused (void **state) {
    (void)state;
    FaissIndexIVF *ivf = make ();
    FaissIndex *index = &ivf->index;
    float distances[3];
    idx_t labels[3], keys[NLIST] = {0, 1, 2, 3, 4, 5, 6, 7};
    ivf->nprobe = 0;
    assert_fails (faiss_Index_search (index, 1, rows, 3, distances, labels), "nprobe > 0");
    ivf->nprobe = NLIST;
    ivf->parallel_mode = 4;
    assert_fails (faiss_Index_search (index, 1, rows, 3, distances, labels), "parallel_mode");
    ivf->parallel_mode = 1;
    ivf->max_codes = 5;
    assert_fails (faiss_Index_search (index, 1, rows, 3, distances, labels), "max_codes");
    ivf->parallel_mode = 0;
    ivf->max_codes = 0;
    keys[3] = NLIST;
    assert_fails (
        faiss_IndexIVF_search_preassigned (ivf, 1, rows, 3, keys, NULL, distances, labels, 0),
        "no list 8");
    keys[3] = -1;
    assert_ok (
        faiss_IndexIVF_search_preassigned (ivf, 1, rows, 3, keys, NULL, distances, labels, 0));
    FaissIDSelectorRange *sel = NULL;
    FaissSearchParametersIVF *params = NULL;
    assert_ok (faiss_IDSelectorRange_new (&sel, 0, 5));
    assert_ok (faiss_SearchParametersIVF_new_with (&params, &sel->sel, NLIST, 0));
    assert_fails (faiss_IndexIVF_search_preassigned_with_stats (ivf, 1, rows, 3, keys, NULL,
                                                                distances, labels, 1, params, NULL),
                  "selector");
    faiss_SearchParametersIVF_free (params);
    faiss_IDSelector_free (&sel->sel);
    faiss_IndexIVF_free (ivf);
}

/* What reading a damaged file may leave. */
static void missing_parts_are_noticed (void **state) {
    (void)state;
    FaissIndexIVF *ivf = make ();
    FaissIndex *index = &ivf->index, *quantizer = ivf->quantizer;
    FaissInvertedLists *lists = ivf->invlists;
    float distances[3];
    idx_t labels[3], list_nos[1] = {0};
    uint8_t code[64];
    ivf->quantizer = NULL;
    assert_fails (faiss_Index_search (index, 1, rows, 3, distances, labels), "quantizer");
    assert_fails (faiss_Index_add (index, 1, rows), "quantizer");
    assert_fails (faiss_Index_train (index, N, rows), "quantizer");
    assert_fails (faiss_Index_sa_encode (index, 1, rows, code), "quantizer");
    ivf->quantizer = quantizer;
    ivf->invlists = NULL;
    assert_fails (faiss_Index_search (index, 1, rows, 3, distances, labels), "lists");
    assert_fails (faiss_IndexIVF_add_core (ivf, 1, rows, NULL, list_nos), "lists");
    assert_fails (faiss_IndexIVF_reconstruct_from_offset (ivf, 0, 0, distances), "lists");
    assert_int_equal (faiss_IndexIVF_get_list_size (ivf, 0), 0);
    ivf->invlists = lists;
    lists->code_size = 3;
    assert_fails (faiss_Index_search (index, 1, rows, 3, distances, labels), "codes of 3 bytes");
    lists->code_size = ivf->code_size;
    assert_ok (faiss_Index_search (index, 1, rows, 3, distances, labels));
    faiss_IndexIVF_free (ivf);
}

static void check_unchanged (const FaissIndexIVF *ivf, const size_t *sizes) {
    assert_int_equal (ivf->index.ntotal, N);
    for (size_t i = 0; i < NLIST; i++) {
        assert_int_equal (faiss_IndexIVF_get_list_size (ivf, i), sizes[i]);
    }
}

/* A class of lists whose memory ends. */
static FaissInvertedListsClass small_lists_class;
static size_t entries_left;

static FaissStatus add_while_there_is_room (FaissInvertedLists *self, size_t list_no,
                                            size_t n_entry, const idx_t *ids, const uint8_t *codes,
                                            size_t *offset) {
    if (entries_left < n_entry) {
        return faiss_InvertedLists_resize (self, list_no, SIZE_MAX / 2);
    }
    entries_left -= n_entry;
    return faiss_ArrayInvertedLists_class.add_entries (self, list_no, n_entry, ids, codes, offset);
}

static void an_add_that_fails_changes_nothing (void **state) {
    (void)state;
    for (int type = 0; type <= 2; type++) {
        FaissIndexIVF *ivf = make ();
        size_t sizes[NLIST];
        for (size_t i = 0; i < NLIST; i++) {
            sizes[i] = faiss_IndexIVF_get_list_size (ivf, i);
        }
        assert_ok (faiss_IndexIVF_set_direct_map_type (ivf, (FaissDirectMapType)type));
        small_lists_class = faiss_ArrayInvertedLists_class;
        small_lists_class.add_entries = add_while_there_is_room;
        ivf->invlists->cls = &small_lists_class;
        idx_t bad_lists[2] = {0, NLIST}, ids[N];
        for (idx_t i = 0; i < N; i++) {
            ids[i] = i / 2; /* some are there already, and all come twice */
        }
        for (entries_left = 0; entries_left < N;) {
            size_t room = entries_left;
            assert_fails (faiss_Index_add (&ivf->index, N, rows), "too many");
            check_unchanged (ivf, sizes);
            entries_left = room;
            assert_int_equal (faiss_Index_add_with_ids (&ivf->index, N, rows, ids), FAISS_EXCEPT);
            check_unchanged (ivf, sizes);
            entries_left = room + 37;
        }
        assert_fails (faiss_IndexIVF_add_core (ivf, 2, rows, NULL, bad_lists), "no list 8");
        check_unchanged (ivf, sizes);
        if (type) {
            float row[D];
            for (idx_t i = 0; i < N; i++) {
                assert_ok (faiss_Index_reconstruct (&ivf->index, i, row));
                assert_memory_equal (row, rows + i * D, sizeof row);
            }
        }
        faiss_IndexIVF_free (ivf);
    }
}

static void vectors_of_no_list_are_counted_only (void **state) {
    (void)state;
    FaissIndexIVF *ivf = make ();
    idx_t list_nos[3] = {2, -1, 2};
    float row[D];
    assert_ok (faiss_IndexIVF_make_direct_map (ivf, 1));
    size_t size = faiss_IndexIVF_get_list_size (ivf, 2);
    assert_ok (faiss_IndexIVF_add_core (ivf, 3, rows, NULL, list_nos));
    assert_int_equal (ivf->index.ntotal, N + 3);
    assert_int_equal (faiss_IndexIVF_get_list_size (ivf, 2), size + 2);
    assert_ok (faiss_Index_reconstruct (&ivf->index, N, row));
    assert_fails (faiss_Index_reconstruct (&ivf->index, N + 1, row), "no list");
    assert_ok (faiss_Index_reconstruct (&ivf->index, N + 2, row));
    faiss_IndexIVF_free (ivf);
}

static void parameters_are_set_by_name (void **state) {
    (void)state;
    FaissIndexIVF *ivf = make ();
    FaissIndex *index = &ivf->index;
    bool known = false;
    assert_ok (index->cls->set_parameter (index, "nprobe", 5, &known));
    assert_true (known);
    assert_int_equal (ivf->nprobe, 5);
    assert_fails (index->cls->set_parameter (index, "nprobe", 0, &known), "nprobe");
    assert_fails (index->cls->set_parameter (index, "nprobe", NAN, &known), "nprobe");
    assert_ok (index->cls->set_parameter (index, "max_codes", 99, &known));
    assert_int_equal (ivf->max_codes, 99);
    assert_ok (index->cls->set_parameter (index, "max_codes", INFINITY, &known));
    assert_int_equal (ivf->max_codes, 0);
    assert_ok (index->cls->set_parameter (index, "quantizer_verbose", 1, &known));
    assert_true (known && ivf->quantizer->verbose && !index->verbose);
    ivf->quantizer->verbose = false;
    assert_ok (index->cls->set_parameter (index, "quantizer_nprobe", 1, &known));
    assert_false (known);
    assert_ok (index->cls->set_parameter (index, "efSearch", 1, &known));
    assert_false (known);
    faiss_IndexIVF_free (ivf);
}

static void lists_are_replaced (void **state) {
    (void)state;
    FaissIndexIVF *ivf = make ();
    FaissArrayInvertedLists *wrong = NULL, *right = NULL;
    assert_ok (faiss_ArrayInvertedLists_new_with (&wrong, NLIST + 1, ivf->code_size));
    assert_ok (faiss_ArrayInvertedLists_new_with (&right, NLIST, ivf->code_size));
    assert_fails (faiss_IndexIVF_replace_invlists (ivf, &wrong->lists, true), "8 lists");
    wrong->lists.nlist = NLIST;
    wrong->lists.code_size = 5;
    assert_fails (faiss_IndexIVF_replace_invlists (ivf, &wrong->lists, true), "code_size");
    wrong->lists.nlist = NLIST + 1;
    assert_ok (faiss_IndexIVF_replace_invlists (ivf, &right->lists, true));
    assert_ptr_equal (ivf->invlists, &right->lists);
    assert_ok (faiss_IndexIVF_replace_invlists (ivf, &right->lists, true)); /* itself */
    assert_ok (faiss_IndexIVF_replace_invlists (ivf, NULL, false));
    faiss_InvertedLists_free (&wrong->lists);
    faiss_IndexIVF_free (ivf);
}

static void scanners_work_alone (void **state) {
    (void)state;
    FaissIndexIVF *ivf = make ();
    FaissInvertedListScanner *scanner = NULL;
    assert_ok (faiss_IndexIVF_get_InvertedListScanner (ivf, false, NULL, NULL, &scanner));
    assert_false (scanner->keep_max);
    assert_fails (faiss_InvertedListScanner_set_list (scanner, 0, 0), "no query");
    assert_ok (faiss_InvertedListScanner_set_query (scanner, rows));
    for (size_t l = 0; l < NLIST; l++) {
        size_t n = faiss_IndexIVF_get_list_size (ivf, l), n_updates = 0;
        const uint8_t *codes = faiss_InvertedLists_get_codes (ivf->invlists, l);
        const idx_t *ids = faiss_InvertedLists_get_ids (ivf->invlists, l);
        float nearest = FLT_MAX, distance;
        idx_t label = -1, expected = -1;
        float best = FLT_MAX;
        assert_ok (faiss_InvertedListScanner_set_list (scanner, (idx_t)l, 0));
        assert_ok (faiss_InvertedListScanner_scan_codes (scanner, n, codes, ids, &nearest, &label,
                                                         1, &n_updates));
        for (size_t j = 0; j < n; j++) {
            assert_ok (faiss_InvertedListScanner_distance_to_code (
                scanner, codes + j * ivf->code_size, &distance));
            if (distance < best) {
                best = distance;
                expected = ids[j];
            }
        }
        assert_int_equal (label, expected);
        assert_true (nearest == best);
        assert_true (n == 0 || n_updates > 0);
    }
    faiss_InvertedListScanner_free (scanner);
    faiss_InvertedListScanner_free (NULL);
    faiss_IndexIVF_free (ivf);
}

typedef struct Nearest {
    FaissResultHandler handler;
    idx_t id;
    int n_calls;
} Nearest;

static FaissStatus take_nearest (FaissResultHandler *handler, float distance, idx_t id) {
    Nearest *self = (Nearest *)handler;
    assert_true (distance < handler->threshold);
    handler->threshold = distance;
    self->id = id;
    return ++self->n_calls > 100 ? FAISS_EXCEPT : FAISS_OK;
}

static void a_handler_gets_the_candidates (void **state) {
    (void)state;
    FaissIndexIVF *ivf = make ();
    ivf->nprobe = NLIST;
    for (idx_t i = 0; i < N; i += 9) {
        Nearest nearest = {.handler = {.threshold = FLT_MAX, .add_result = take_nearest}, .id = -1};
        assert_ok (faiss_Index_search1 (&ivf->index, rows + i * D, &nearest.handler, NULL));
        assert_int_equal (nearest.id, i);
        assert_true (nearest.handler.threshold == 0);
        nearest.n_calls = 100;
        nearest.handler.threshold = FLT_MAX;
        assert_int_equal (faiss_Index_search1 (&ivf->index, rows, &nearest.handler, NULL),
                          FAISS_EXCEPT);
    }
    assert_fails (faiss_Index_search1 (&ivf->index, rows, NULL, NULL), "no handler");
    faiss_IndexIVF_free (ivf);
}

/* They are in the heap from the beginning and nearer than all there is. */
static void labels_of_the_callers_are_not_places (void **state) {
    (void)state;
    FaissIndexIVF *ivf = make ();
    FaissIndex *index = &ivf->index;
    float distances[2], recons[2 * D];
    uint8_t codes[2 * (D * 4 + 8)];
    const idx_t others[] = {(idx_t)1 << 40, 1000000, INT64_MAX, (idx_t)NLIST << 32};
    ivf->parallel_mode |= FAISS_PARALLEL_MODE_NO_HEAP_INIT;
    for (size_t i = 0; i < 2 * sizeof others / sizeof *others; i++) {
        idx_t labels[2] = {others[i / 2], others[i / 2]};
        distances[0] = distances[1] = -1;
        if (i % 2) {
            assert_fails (faiss_IndexIVF_search_and_return_codes (ivf, 1, rows, 2, distances,
                                                                  labels, codes, true, NULL),
                          "there is no entry");
        } else {
            assert_fails (faiss_Index_search_and_reconstruct (index, 1, rows, 2, NULL, distances,
                                                              labels, recons),
                          "there is no entry");
        }
    }
    faiss_Index_free (index);
}

TEST_MAIN (cmocka_unit_test (search_params_have_defaults),
           cmocka_unit_test (searches_that_cannot_be_are_refused),
           cmocka_unit_test (missing_parts_are_noticed),
           cmocka_unit_test (an_add_that_fails_changes_nothing),
           cmocka_unit_test (vectors_of_no_list_are_counted_only),
           cmocka_unit_test (parameters_are_set_by_name), cmocka_unit_test (lists_are_replaced),
           cmocka_unit_test (scanners_work_alone), cmocka_unit_test (a_handler_gets_the_candidates),
           cmocka_unit_test (labels_of_the_callers_are_not_places))
