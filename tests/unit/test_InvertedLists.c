/* Inverted lists: entries, bounds, merging and copying parts. */
#include "testing.h"

#include <faiss/IndexIVF.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/CodePacker.h>
#include <faiss/index_factory.h>
#include <faiss/invlists/ArrayInvertedLists.h>

enum { NLIST = 5, CODE_SIZE = 3 };

static FaissArrayInvertedLists *make (void) {
    FaissArrayInvertedLists *lists = NULL;
    assert_ok (faiss_ArrayInvertedLists_new_with (&lists, NLIST, CODE_SIZE));
    return lists;
}

/* Entry `id` has a code that says so. */
static void add (FaissArrayInvertedLists *lists, size_t list_no, idx_t id) {
    uint8_t code[CODE_SIZE] = {(uint8_t)id, (uint8_t)(id >> 8), 7};
    assert_ok (faiss_InvertedLists_add_entry (&lists->lists, list_no, id, code, NULL));
}

/* ids 0 .. n - 1 round the lists */
static FaissArrayInvertedLists *make_filled (idx_t n) {
    FaissArrayInvertedLists *lists = make ();
    for (idx_t id = 0; id < n; id++) {
        add (lists, (size_t)id % NLIST, id);
    }
    return lists;
}

static void check_codes (const FaissInvertedLists *lists, idx_t shift) {
    for (size_t l = 0; l < lists->nlist; l++) {
        for (size_t j = 0; j < faiss_InvertedLists_list_size (lists, l); j++) {
            idx_t id = faiss_InvertedLists_get_single_id (lists, l, j) - shift;
            const uint8_t *code = faiss_InvertedLists_get_single_code (lists, l, j);
            assert_int_equal (code[0] + 256 * code[1], id);
            assert_int_equal (code[2], 7);
        }
    }
}

/* All entries of a list, in order; behind the last one there is an error. */
static void iterators_walk_over_lists (void **state) {
    (void)state;
    FaissArrayInvertedLists *array = make_filled (13);
    FaissInvertedListsIterator *iterator = NULL;
    for (size_t l = 0; l < NLIST; l++) {
        idx_t id, n = 0;
        const uint8_t *code;
        assert_ok (faiss_InvertedLists_get_iterator (&array->lists, l, &iterator, NULL));
        for (; faiss_InvertedListsIterator_is_available (iterator); n++) {
            assert_ok (faiss_InvertedListsIterator_get_id_and_codes (iterator, &id, &code));
            assert_int_equal (id, (idx_t)l + NLIST * n);
            assert_int_equal (code[0], id);
            faiss_InvertedListsIterator_next (iterator);
        }
        assert_int_equal (n, faiss_InvertedLists_list_size (&array->lists, l));
        faiss_InvertedListsIterator_next (iterator);
        assert_fails (faiss_InvertedListsIterator_get_id_and_codes (iterator, &id, &code),
                      "behind the last entry");
        faiss_InvertedListsIterator_free (iterator);
    }
    assert_fails (faiss_InvertedLists_get_iterator (&array->lists, NLIST, &iterator, NULL),
                  "expected a list below 5");
    faiss_InvertedListsIterator_free (NULL);
    faiss_InvertedLists_free (&array->lists);
}

/* What searches find does not depend on how they walk. */
static void searches_walk_by_iterators (void **state) {
    (void)state;
    enum { N = 300, DIM = 8, K = 10, NQ = 5 };
    static const char *const descriptions[] = {"IVF8,Flat", "IVF8,SQ8", "IVF8,PQ4x4np",
                                               "IVF8,PQ2x8np"};
    float x[N * DIM];
    for (size_t i = 0; i < N * DIM; i++) {
        x[i] = (float)(i * 7919 % 1009) / 1009;
    }
    for (size_t i = 0; i < sizeof descriptions / sizeof *descriptions; i++) {
        FaissIndex *index = NULL;
        float distances[2][NQ * K];
        idx_t labels[2][NQ * K];
        assert_ok (faiss_index_factory (&index, DIM, descriptions[i], METRIC_L2));
        assert_ok (faiss_Index_train (index, N, x));
        assert_ok (faiss_Index_add (index, N, x));
        FaissIndexIVF *ivf = faiss_IndexIVF_cast (index);
        ivf->nprobe = 4;
        for (int round = 0; round < 2; round++) {
            ivf->invlists->use_iterator = round == 1;
            assert_ok (faiss_Index_search (index, NQ, x, K, distances[round], labels[round]));
        }
        for (int j = 0; j < NQ * K; j++) {
            assert_float_equal (distances[0][j], distances[1][j], 1e-5);
        }
        FaissRangeSearchResult *results[2] = {NULL, NULL};
        for (int round = 0; round < 2; round++) {
            ivf->invlists->use_iterator = round == 1;
            assert_ok (faiss_RangeSearchResult_new (&results[round], NQ));
            assert_ok (faiss_Index_range_search (index, NQ, x, 0.5f, results[round]));
        }
        assert_memory_equal (results[0]->lims, results[1]->lims,
                             (NQ + 1) * sizeof *results[0]->lims);
        faiss_RangeSearchResult_free (results[0]);
        faiss_RangeSearchResult_free (results[1]);
        FaissCodePacker *packer = NULL;
        assert_ok (faiss_IndexIVF_get_CodePacker (ivf, &packer));
        assert_int_equal (packer->code_size, ivf->code_size);
        faiss_CodePacker_free (packer);
        faiss_Index_free (index);
    }
}

static void flat_packers_keep_codes_as_they_are (void **state) {
    (void)state;
    FaissCodePackerFlat *flat = NULL;
    FaissCodePacker *packer = NULL;
    assert_ok (faiss_CodePackerFlat_new (&flat, 3));
    assert_ok (faiss_CodePacker_clone (&flat->packer, &packer));
    faiss_CodePackerFlat_free (flat);
    assert_int_equal (packer->code_size, 3);
    assert_int_equal (packer->nvec, 1);
    assert_int_equal (packer->block_size, 3);
    const uint8_t code[3] = {5, 6, 7};
    uint8_t block[3] = {0}, back[3] = {0};
    assert_ok (faiss_CodePacker_pack_1 (packer, code, 0, block));
    assert_ok (faiss_CodePacker_unpack_all (packer, block, back));
    assert_memory_equal (back, code, 3);
    assert_ok (faiss_CodePacker_pack_all (packer, back, block));
    assert_ok (faiss_CodePacker_unpack_1 (packer, block, 0, back));
    assert_memory_equal (back, code, 3);
    assert_fails (faiss_CodePacker_pack_1 (packer, code, 1, block), "expected an offset below 1");
    assert_fails (faiss_CodePacker_unpack_1 (packer, NULL, 0, back), "NULL");
    faiss_CodePacker_free (packer);
    faiss_CodePacker_free (NULL);
}

static void lists_grow_shrink_and_are_updated (void **state) {
    (void)state;
    FaissArrayInvertedLists *array = make_filled (23);
    FaissInvertedLists *lists = &array->lists;
    assert_int_equal (faiss_InvertedLists_compute_ntotal (lists), 23);
    assert_int_equal (faiss_InvertedLists_list_size (lists, 2), 5);
    assert_int_equal (faiss_InvertedLists_get_single_id (lists, 2, 4), 22);
    check_codes (lists, 0);
    idx_t ids[] = {100, 200};
    uint8_t codes[] = {100, 0, 7, 200, 0, 7};
    size_t offset = 99;
    assert_ok (faiss_InvertedLists_add_entries (lists, 3, 2, ids, codes, &offset));
    assert_int_equal (offset, 4);
    assert_ok (faiss_InvertedLists_update_entries (lists, 2, 1, 2, ids, codes));
    assert_int_equal (faiss_InvertedLists_get_ids (lists, 2)[1], 100);
    assert_int_equal (faiss_InvertedLists_get_ids (lists, 2)[2], 200);
    check_codes (lists, 0);
    assert_ok (faiss_InvertedLists_resize (lists, 2, 2));
    assert_ok (faiss_InvertedLists_resize (lists, 2, 4));
    assert_int_equal (faiss_InvertedLists_get_single_id (lists, 2, 3), 0);
    assert_ok (faiss_InvertedLists_reset (lists));
    assert_int_equal (faiss_InvertedLists_compute_ntotal (lists), 0);
    assert_true (faiss_InvertedLists_is_empty (lists, 0));
    faiss_InvertedLists_free (lists);
    faiss_InvertedLists_free (NULL);
}

static void what_is_not_there_is_refused (void **state) {
    (void)state;
    FaissArrayInvertedLists *array = make_filled (23);
    FaissInvertedLists *lists = &array->lists;
    idx_t id = 1;
    uint8_t code[CODE_SIZE] = {0};
    assert_int_equal (faiss_InvertedLists_list_size (lists, NLIST), 0);
    assert_null (faiss_InvertedLists_get_codes (lists, NLIST));
    assert_null (faiss_InvertedLists_get_ids (lists, NLIST));
    assert_int_equal (faiss_InvertedLists_get_single_id (lists, 0, 5), -1);
    assert_null (faiss_InvertedLists_get_single_code (lists, 0, 5));
    assert_fails (faiss_InvertedLists_add_entries (lists, NLIST, 1, &id, code, NULL), "below 5");
    assert_fails (faiss_InvertedLists_add_entries (lists, 0, 1, NULL, code, NULL), "NULL");
    assert_fails (faiss_InvertedLists_update_entry (lists, 0, 5, id, code), "which has 5");
    assert_fails (faiss_InvertedLists_update_entries (lists, 0, 4, SIZE_MAX, &id, code), "has 5");
    assert_fails (faiss_InvertedLists_resize (lists, NLIST, 1), "below 5");
    assert_fails (faiss_InvertedLists_resize (lists, 0, SIZE_MAX / 2), "too many");
    assert_int_equal (faiss_InvertedLists_compute_ntotal (lists), 23);
    check_codes (lists, 0);
    faiss_InvertedLists_free (lists);
}

static void merging_moves_all_entries (void **state) {
    (void)state;
    FaissArrayInvertedLists *a = make_filled (7), *b = make_filled (13);
    assert_ok (faiss_InvertedLists_merge_from (&a->lists, &b->lists, 1000));
    assert_int_equal (faiss_InvertedLists_compute_ntotal (&a->lists), 20);
    assert_int_equal (faiss_InvertedLists_compute_ntotal (&b->lists), 0);
    assert_int_equal (faiss_InvertedLists_get_single_id (&a->lists, 0, 2), 1000);
    assert_fails (faiss_InvertedLists_merge_from (&a->lists, &a->lists, 0), "same");
    FaissArrayInvertedLists *c = NULL;
    assert_ok (faiss_ArrayInvertedLists_new_with (&c, NLIST, CODE_SIZE + 1));
    assert_fails (faiss_InvertedLists_merge_from (&a->lists, &c->lists, 0), "code_size");
    faiss_InvertedLists_free (&a->lists);
    faiss_InvertedLists_free (&b->lists);
    faiss_InvertedLists_free (&c->lists);
}

static size_t copied (FaissInvertedListsSubsetType type, idx_t a1, idx_t a2) {
    FaissArrayInvertedLists *a = make_filled (43), *b = make ();
    size_t n = 99;
    assert_ok (faiss_InvertedLists_copy_subset_to (&a->lists, &b->lists, type, a1, a2, &n));
    assert_int_equal (n, faiss_InvertedLists_compute_ntotal (&b->lists));
    check_codes (&b->lists, 0);
    faiss_InvertedLists_free (&a->lists);
    faiss_InvertedLists_free (&b->lists);
    return n;
}

static void parts_add_up_to_the_whole (void **state) {
    (void)state;
    assert_int_equal (copied (SUBSET_TYPE_ID_RANGE, 10, 30), 20);
    assert_int_equal (copied (SUBSET_TYPE_ID_RANGE, 30, 10), 0);
    assert_int_equal (copied (SUBSET_TYPE_ID_MOD, 4, 3), 10);
    assert_int_equal (copied (SUBSET_TYPE_INVLIST, 1, 3), 18);
    for (idx_t n = 0; n <= 43; n++) {
        assert_int_equal (copied (SUBSET_TYPE_ELEMENT_RANGE, 0, n), n);
        assert_int_equal (copied (SUBSET_TYPE_ELEMENT_RANGE, n, 43), 43 - n);
    }
    for (idx_t parts = 1; parts < 12; parts++) {
        size_t sum = 0;
        for (idx_t part = 0; part < parts; part++) {
            sum += copied (SUBSET_TYPE_INVLIST_FRACTION, parts, part);
        }
        assert_int_equal (sum, 43);
    }
}

static void bad_parts_are_refused (void **state) {
    (void)state;
    FaissArrayInvertedLists *a = make_filled (43), *b = make ();
    const FaissInvertedLists *from = &a->lists;
    FaissInvertedLists *to = &b->lists;
    assert_fails (faiss_InvertedLists_copy_subset_to (from, to, SUBSET_TYPE_ID_MOD, 0, 0, NULL),
                  "a1 > 0");
    assert_fails (
        faiss_InvertedLists_copy_subset_to (from, to, SUBSET_TYPE_ELEMENT_RANGE, 5, 44, NULL),
        "a1 <= a2 <= 43");
    assert_fails (
        faiss_InvertedLists_copy_subset_to (from, to, SUBSET_TYPE_ELEMENT_RANGE, 5, 4, NULL),
        "a1 <= a2");
    assert_fails (
        faiss_InvertedLists_copy_subset_to (from, to, SUBSET_TYPE_INVLIST_FRACTION, 3, 3, NULL),
        "a2 < a1");
    assert_fails (
        faiss_InvertedLists_copy_subset_to (from, to, (FaissInvertedListsSubsetType)5, 0, 0, NULL),
        "subset type");
    assert_int_equal (faiss_InvertedLists_compute_ntotal (to), 0);
    faiss_InvertedLists_free (&a->lists);
    faiss_InvertedLists_free (&b->lists);
}

static void lists_are_permuted (void **state) {
    (void)state;
    FaissArrayInvertedLists *lists = make_filled (23);
    idx_t map[] = {4, 2, 0, 1, 3}, bad[] = {4, 2, 0, 1, 1};
    assert_fails (faiss_ArrayInvertedLists_permute_invlists (lists, bad), "permutation");
    assert_ok (faiss_ArrayInvertedLists_permute_invlists (lists, map));
    for (size_t l = 0; l < NLIST; l++) {
        assert_int_equal (faiss_InvertedLists_get_single_id (&lists->lists, l, 1), map[l] + NLIST);
    }
    check_codes (&lists->lists, 0);
    faiss_InvertedLists_free (&lists->lists);
}

static void imbalance_is_1_for_equal_lists (void **state) {
    (void)state;
    FaissArrayInvertedLists *lists = make_filled (20);
    assert_float_equal (faiss_InvertedLists_imbalance_factor (&lists->lists), 1, 1e-12);
    for (idx_t id = 20; id < 40; id++) {
        add (lists, 0, id);
    }
    assert_float_equal (faiss_InvertedLists_imbalance_factor (&lists->lists),
                        5. * (24 * 24 + 4 * 4 * 4) / (40 * 40), 1e-12);
    faiss_InvertedLists_free (&lists->lists);
}

TEST_MAIN (cmocka_unit_test (iterators_walk_over_lists),
           cmocka_unit_test (searches_walk_by_iterators),
           cmocka_unit_test (flat_packers_keep_codes_as_they_are),
           cmocka_unit_test (lists_grow_shrink_and_are_updated),
           cmocka_unit_test (what_is_not_there_is_refused),
           cmocka_unit_test (merging_moves_all_entries),
           cmocka_unit_test (parts_add_up_to_the_whole), cmocka_unit_test (bad_parts_are_refused),
           cmocka_unit_test (lists_are_permuted), cmocka_unit_test (imbalance_is_1_for_equal_lists))
