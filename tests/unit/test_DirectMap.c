/* Direct maps of each type, kept true through additions and removals. */
#include "testing.h"

#include <faiss/invlists/ArrayInvertedLists.h>
#include <faiss/invlists/DirectMap.h>

enum { NLIST = 4 };

/* Every id of the lists is in the map, at its place, and the map has no others. */
static void check_map (const FaissDirectMap *map, const FaissInvertedLists *lists) {
    size_t n = 0;
    for (size_t l = 0; l < lists->nlist; l++) {
        for (size_t j = 0; j < faiss_InvertedLists_list_size (lists, l); j++, n++) {
            idx_t lo = -1, id = faiss_InvertedLists_get_single_id (lists, l, j);
            assert_ok (faiss_DirectMap_get (map, id, &lo));
            assert_int_equal (faiss_lo_listno (lo), l);
            assert_int_equal (faiss_lo_offset (lo), j);
            assert_int_equal (*faiss_InvertedLists_get_single_code (lists, l, j), (uint8_t)id);
        }
    }
    if (map->type == FAISS_DIRECT_MAP_HASHTABLE) {
        assert_int_equal (map->hashtable.size, n);
    }
}

static FaissArrayInvertedLists *make (const idx_t *ids, size_t n) {
    FaissArrayInvertedLists *lists = NULL;
    assert_ok (faiss_ArrayInvertedLists_new_with (&lists, NLIST, 1));
    for (size_t i = 0; i < n; i++) {
        uint8_t code = (uint8_t)ids[i];
        assert_ok (
            faiss_InvertedLists_add_entry (&lists->lists, i * i % NLIST, ids[i], &code, NULL));
    }
    return lists;
}

static void sequential (idx_t *ids, size_t n) {
    for (size_t i = 0; i < n; i++) {
        ids[i] = (idx_t)i;
    }
}

static void types_are_made_from_the_lists (void **state) {
    (void)state;
    idx_t ids[50], lo;
    sequential (ids, 50);
    FaissArrayInvertedLists *lists = make (ids, 50);
    FaissDirectMap map = {0};
    assert_true (faiss_DirectMap_no (&map));
    assert_fails (faiss_DirectMap_get (&map, 3, &lo), "no direct map");
    for (int type = 1; type <= 2; type++) {
        assert_ok (faiss_DirectMap_set_type (&map, (FaissDirectMapType)type, &lists->lists, 50));
        check_map (&map, &lists->lists);
        assert_fails (faiss_DirectMap_get (&map, 50, &lo), "50");
        assert_fails (faiss_DirectMap_get (&map, -1, &lo), "-1");
    }
    assert_fails (faiss_DirectMap_set_type (&map, (FaissDirectMapType)3, &lists->lists, 50),
                  "got 3");
    assert_fails (faiss_DirectMap_set_type (&map, FAISS_DIRECT_MAP_ARRAY, &lists->lists, 49),
                  "sequential");
    assert_int_equal (map.type, FAISS_DIRECT_MAP_HASHTABLE);
    check_map (&map, &lists->lists);
    faiss_DirectMap_clear (&map);
    faiss_InvertedLists_free (&lists->lists);
}

static void additions_are_noted_and_committed (void **state) {
    (void)state;
    for (int type = 0; type <= 2; type++) {
        idx_t ids[10], lo;
        sequential (ids, 10);
        FaissArrayInvertedLists *lists = make (ids, 10);
        FaissDirectMap map = {0};
        assert_ok (faiss_DirectMap_set_type (&map, (FaissDirectMapType)type, &lists->lists, 10));
        FaissDirectMapAdd add;
        assert_ok (faiss_DirectMapAdd_init (&add, &map, 10, 3, NULL));
        faiss_DirectMapAdd_add (&add, 2, 1, 77);
        faiss_DirectMapAdd_add (&add, 0, 3, 5);
        if (type) {
            assert_fails (faiss_DirectMap_get (&map, 10, &lo), "10"); /* not yet */
        }
        faiss_DirectMapAdd_commit (&add);
        faiss_DirectMapAdd_clear (&add);
        if (type) {
            assert_ok (faiss_DirectMap_get (&map, 10, &lo));
            assert_int_equal (lo, faiss_lo_build (3, 5));
            assert_ok (faiss_DirectMap_get (&map, 12, &lo));
            assert_int_equal (lo, faiss_lo_build (1, 77));
            assert_fails (faiss_DirectMap_get (&map, 11, &lo), "11");
        }
        faiss_DirectMap_clear (&map);
        faiss_InvertedLists_free (&lists->lists);
    }
}

static void only_a_hashtable_has_ids_of_choice (void **state) {
    (void)state;
    idx_t id = 5;
    FaissDirectMap map = {.type = FAISS_DIRECT_MAP_ARRAY};
    assert_ok (faiss_DirectMap_check_can_add (&map, NULL));
    assert_fails (faiss_DirectMap_check_can_add (&map, &id), "array");
    assert_ok (faiss_DirectMap_add_single_id (&map, 0, 3, 4));
    assert_ok (faiss_DirectMap_add_single_id (&map, 1, -1, 0));
    assert_fails (faiss_DirectMap_add_single_id (&map, 5, 1, 0), "expected id 2");
    idx_t lo;
    assert_ok (faiss_DirectMap_get (&map, 0, &lo));
    assert_int_equal (lo, faiss_lo_build (3, 4));
    assert_fails (faiss_DirectMap_get (&map, 1, &lo), "no list");
    faiss_DirectMap_clear (&map);
}

/* Remove every third id, by each way that there is, and compare with what should be left. */
static void removal_keeps_map_and_lists_true (void **state) {
    (void)state;
    idx_t ids[60], gone[23];
    for (size_t i = 0; i < 60; i++) {
        ids[i] = (idx_t)(i * 37 % 60) * 4;
    }
    for (size_t i = 0; i < 20; i++) {
        gone[i] = ids[3 * i];
    }
    gone[20] = gone[5]; /* twice, and unknown */
    gone[21] = 3;
    gone[22] = -7;
    FaissIDSelectorArray *sel = NULL;
    assert_ok (faiss_IDSelectorArray_new (&sel, 23, gone));
    for (int type = 0; type <= 2; type += 2) {
        FaissArrayInvertedLists *lists = make (ids, 60);
        FaissDirectMap map = {0};
        assert_ok (faiss_DirectMap_set_type (&map, (FaissDirectMapType)type, &lists->lists, 60));
        size_t n = 99;
        assert_ok (faiss_DirectMap_remove_ids (&map, &sel->sel, &lists->lists, &n));
        assert_int_equal (n, 20);
        assert_int_equal (faiss_InvertedLists_compute_ntotal (&lists->lists), 40);
        for (size_t l = 0; l < NLIST; l++) {
            for (size_t j = 0; j < faiss_InvertedLists_list_size (&lists->lists, l); j++) {
                assert_false (faiss_IDSelector_is_member (
                    &sel->sel, faiss_InvertedLists_get_single_id (&lists->lists, l, j)));
            }
        }
        if (type) {
            check_map (&map, &lists->lists);
        }
        faiss_DirectMap_clear (&map);
        faiss_InvertedLists_free (&lists->lists);
    }
    faiss_IDSelector_free (&sel->sel);
}

static void codes_are_updated_in_an_array (void **state) {
    (void)state;
    idx_t ids[30], wanted[] = {3, 4, 3, 29}, list_nos[] = {0, 1, 2, 3}, bad[] = {3, 30};
    uint8_t codes[] = {3, 4, 3, 29};
    sequential (ids, 30);
    FaissArrayInvertedLists *lists = make (ids, 30);
    FaissDirectMap map = {0};
    assert_fails (faiss_DirectMap_update_codes (&map, &lists->lists, 4, wanted, list_nos, codes),
                  "array");
    assert_ok (faiss_DirectMap_set_type (&map, FAISS_DIRECT_MAP_ARRAY, &lists->lists, 30));
    assert_fails (faiss_DirectMap_update_codes (&map, &lists->lists, 2, bad, list_nos, codes),
                  "below 30");
    for (int round = 0; round < 4; round++) { /* the same list and others */
        assert_ok (faiss_DirectMap_update_codes (&map, &lists->lists, 4, wanted, list_nos, codes));
        check_map (&map, &lists->lists);
        assert_int_equal (faiss_InvertedLists_compute_ntotal (&lists->lists), 30);
        list_nos[round] = (list_nos[round] + round) % NLIST;
    }
    list_nos[1] = -1; /* to no list */
    idx_t lo;
    assert_ok (faiss_DirectMap_update_codes (&map, &lists->lists, 4, wanted, list_nos, codes));
    assert_fails (faiss_DirectMap_get (&map, 4, &lo), "no list");
    check_map (&map, &lists->lists);
    faiss_DirectMap_clear (&map);
    faiss_InvertedLists_free (&lists->lists);
}

static void a_damaged_map_is_noticed (void **state) {
    (void)state;
    idx_t ids[10], gone[] = {2};
    uint8_t code = 2;
    sequential (ids, 10);
    FaissArrayInvertedLists *lists = make (ids, 10);
    FaissIDSelectorArray *sel = NULL;
    assert_ok (faiss_IDSelectorArray_new (&sel, 1, gone));
    static const idx_t damaged[] = {(idx_t)9 << 32, 1000, -5};
    for (size_t i = 0; i < 3; i++) {
        size_t n;
        FaissDirectMap map = {0};
        assert_ok (faiss_DirectMap_set_type (&map, FAISS_DIRECT_MAP_HASHTABLE, &lists->lists, 10));
        assert_ok (faiss_IdMap_set (&map.hashtable, 2, damaged[i]));
        assert_fails (faiss_DirectMap_remove_ids (&map, &sel->sel, &lists->lists, &n),
                      "does not exist");
        assert_int_equal (n, 0);
        assert_ok (faiss_DirectMap_set_type (&map, FAISS_DIRECT_MAP_ARRAY, &lists->lists, 10));
        map.array.data[2] = damaged[i];
        idx_t list_no = 1;
        if (damaged[i] >= 0) {
            assert_fails (
                faiss_DirectMap_update_codes (&map, &lists->lists, 1, gone, &list_no, &code),
                "does not exist");
        }
        faiss_DirectMap_clear (&map);
    }
    faiss_IDSelector_free (&sel->sel);
    faiss_InvertedLists_free (&lists->lists);
}

/* As a damaged file may have it. */
static void two_ids_at_one_place_are_an_error (void **state) {
    (void)state;
    FaissArrayInvertedLists *lists = make ((const idx_t[]){0}, 1);
    FaissDirectMap map = {.type = FAISS_DIRECT_MAP_ARRAY};
    const idx_t ids[] = {0, 1}, list_nos[] = {1, 0};
    const uint8_t codes[] = {7, 8};
    for (int i = 0; i < 2; i++) {
        assert_ok (faiss_Int64Vector_push_back (&map.array, faiss_lo_build (0, 0)));
    }
    assert_fails (faiss_DirectMap_update_codes (&map, &lists->lists, 2, ids, list_nos, codes),
                  "does not exist");
    faiss_DirectMap_clear (&map);
    faiss_InvertedLists_free (&lists->lists);
}

static void nothing_is_an_error (void **state) {
    (void)state;
    FaissDirectMap map = {0};
    idx_t out = 0;
    size_t n_removed = 0;
    assert_fails (faiss_DirectMap_get (NULL, 0, &out), "self is NULL");
    assert_fails (faiss_DirectMap_get (&map, 0, NULL), "out is NULL");
    assert_fails (faiss_DirectMap_set_type (NULL, FAISS_DIRECT_MAP_ARRAY, NULL, 0), "self is NULL");
    assert_fails (faiss_DirectMap_remove_ids (&map, NULL, NULL, &n_removed), "sel is NULL");
}

TEST_MAIN (cmocka_unit_test (types_are_made_from_the_lists),
           cmocka_unit_test (additions_are_noted_and_committed),
           cmocka_unit_test (only_a_hashtable_has_ids_of_choice),
           cmocka_unit_test (removal_keeps_map_and_lists_true),
           cmocka_unit_test (codes_are_updated_in_an_array),
           cmocka_unit_test (two_ids_at_one_place_are_an_error),
           cmocka_unit_test (a_damaged_map_is_noticed), cmocka_unit_test (nothing_is_an_error))
