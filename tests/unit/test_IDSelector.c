/* Sets of ids: each class against the set it stands for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <faiss/impl/IDSelector.h>

#define OK(expr) assert_int_equal ((expr), FAISS_OK)
#define FAILS(expr) assert_int_equal ((expr), FAISS_EXCEPT)

static void range_is_half_open (void **state) {
    (void)state;
    FaissIDSelectorRange *sel = NULL;
    OK (faiss_IDSelectorRange_new (&sel, 3, 6));
    assert_int_equal (faiss_IDSelectorRange_imin (sel), 3);
    assert_int_equal (faiss_IDSelectorRange_imax (sel), 6);
    assert_false (sel->assume_sorted);
    for (idx_t id = -2; id < 10; id++) {
        assert_int_equal (faiss_IDSelector_is_member (&sel->sel, id), id >= 3 && id < 6);
    }
    faiss_IDSelectorRange_free (sel);
}

static void range_finds_its_part_of_sorted_ids (void **state) {
    (void)state;
    idx_t ids[40];
    for (size_t n = 0; n <= 40; n++) {
        for (size_t i = 0; i < n; i++) {
            ids[i] = (idx_t)(2 * i + i / 7);
        }
        for (idx_t imin = -1; imin < 90; imin += 3) {
            for (idx_t imax = imin - 2; imax < 95; imax += 5) {
                FaissIDSelectorRange *sel = NULL;
                OK (faiss_IDSelectorRange_new_with (&sel, imin, imax, true));
                size_t jmin = 999, jmax = 999;
                faiss_IDSelectorRange_find_sorted_ids_bounds (sel, n, ids, &jmin, &jmax);
                assert_true (jmin <= jmax && jmax <= n);
                for (size_t j = 0; j < n; j++) {
                    assert_int_equal (faiss_IDSelector_is_member (&sel->sel, ids[j]),
                                      j >= jmin && j < jmax);
                }
                faiss_IDSelectorRange_free (sel);
            }
        }
    }
}

static void array_and_batch_hold_the_same_ids (void **state) {
    (void)state;
    enum { N = 1000 };
    static idx_t ids[N];
    static char in[4 * N];
    srand (1);
    for (int n = 0; n <= N; n += n < 10 ? 1 : 330) {
        memset (in, 0, sizeof in);
        for (int i = 0; i < n; i++) {
            ids[i] = rand () % (4 * N);
            in[ids[i]] = 1;
        }
        FaissIDSelectorArray *array = NULL;
        FaissIDSelectorBatch *batch = NULL;
        OK (faiss_IDSelectorArray_new (&array, (size_t)n, ids));
        OK (faiss_IDSelectorBatch_new (&batch, (size_t)n, ids));
        for (idx_t id = -40; id < 5 * N; id++) {
            int expected = id >= 0 && id < 4 * N && in[id];
            assert_int_equal (faiss_IDSelector_is_member (&array->sel, id), expected);
            assert_int_equal (faiss_IDSelector_is_member (&batch->sel, id), expected);
        }
        faiss_IDSelector_free (&array->sel);
        faiss_IDSelector_free (&batch->sel);
    }
}

static void batch_copies_and_takes_any_id (void **state) {
    (void)state;
    idx_t ids[] = {INT64_MIN, -1, 0, INT64_MAX, 7, 7};
    FaissIDSelectorBatch *batch = NULL;
    OK (faiss_IDSelectorBatch_new (&batch, 6, ids));
    memset (ids, 0x55, sizeof ids);
    assert_true (faiss_IDSelector_is_member (&batch->sel, INT64_MIN));
    assert_true (faiss_IDSelector_is_member (&batch->sel, -1));
    assert_true (faiss_IDSelector_is_member (&batch->sel, INT64_MAX));
    assert_true (faiss_IDSelector_is_member (&batch->sel, 7));
    assert_false (faiss_IDSelector_is_member (&batch->sel, 8));
    assert_false (faiss_IDSelector_is_member (&batch->sel, 7 + ((idx_t)1 << 40)));
    FaissIDSelectorBatch *clone = NULL;
    OK (faiss_object_clone (&clone, batch));
    faiss_IDSelector_free (&batch->sel);
    assert_true (faiss_IDSelector_is_member (&clone->sel, INT64_MAX));
    assert_false (faiss_IDSelector_is_member (&clone->sel, 8));
    faiss_IDSelector_free (&clone->sel);
}

static void batch_has_32_bits_per_id (void **state) {
    (void)state;
    static idx_t ids[1025];
    const size_t counts[] = {0, 1, 2, 3, 4, 5, 1000, 1024, 1025};
    const int nbits[] = {5, 5, 6, 7, 7, 8, 15, 15, 16};
    for (int i = 0; i < 9; i++) {
        FaissIDSelectorBatch *batch = NULL;
        OK (faiss_IDSelectorBatch_new (&batch, counts[i], ids));
        assert_int_equal (faiss_IDSelectorBatch_nbits (batch), nbits[i]);
        assert_int_equal (faiss_IDSelectorBatch_mask (batch), ((idx_t)1 << nbits[i]) - 1);
        faiss_IDSelector_free (&batch->sel);
    }
}

static void bitmap_counts_bytes (void **state) {
    (void)state;
    const uint8_t bitmap[] = {0x81, 0x00, 0x10};
    FaissIDSelectorBitmap *sel = NULL;
    OK (faiss_IDSelectorBitmap_new (&sel, 3, bitmap));
    assert_int_equal (faiss_IDSelectorBitmap_n (sel), 3);
    assert_ptr_equal (faiss_IDSelectorBitmap_bitmap (sel), bitmap);
    for (idx_t id = -70; id < 100; id++) {
        assert_int_equal (faiss_IDSelector_is_member (&sel->sel, id),
                          id == 0 || id == 7 || id == 20);
    }
    faiss_IDSelectorBitmap_free (sel);
}

static void combinations_are_set_operations (void **state) {
    (void)state;
    FaissIDSelectorRange *a = NULL, *b = NULL;
    FaissIDSelectorAll *all = NULL;
    FaissIDSelectorNot *not_a = NULL;
    FaissIDSelectorAnd *and_ab = NULL;
    FaissIDSelectorOr *or_ab = NULL;
    FaissIDSelectorXOr *xor_ab = NULL;
    OK (faiss_IDSelectorRange_new (&a, 2, 6));
    OK (faiss_IDSelectorRange_new (&b, 4, 9));
    OK (faiss_IDSelectorAll_new (&all));
    OK (faiss_IDSelectorNot_new (&not_a, &a->sel));
    OK (faiss_IDSelectorAnd_new (&and_ab, &a->sel, &b->sel));
    OK (faiss_IDSelectorOr_new (&or_ab, &a->sel, &b->sel));
    OK (faiss_IDSelectorXOr_new (&xor_ab, &a->sel, &b->sel));
    for (idx_t id = -1; id < 12; id++) {
        int in_a = id >= 2 && id < 6, in_b = id >= 4 && id < 9;
        assert_int_equal (faiss_IDSelector_is_member (&all->sel, id), 1);
        assert_int_equal (faiss_IDSelector_is_member (&not_a->base, id), !in_a);
        assert_int_equal (faiss_IDSelector_is_member (&and_ab->base, id), in_a && in_b);
        assert_int_equal (faiss_IDSelector_is_member (&or_ab->base, id), in_a || in_b);
        assert_int_equal (faiss_IDSelector_is_member (&xor_ab->base, id), in_a != in_b);
    }
    faiss_IDSelector_free (&xor_ab->base);
    faiss_IDSelector_free (&or_ab->base);
    faiss_IDSelector_free (&and_ab->base);
    faiss_IDSelector_free (&not_a->base);
    faiss_IDSelector_free (&all->sel);
    faiss_IDSelector_free (&b->sel);
    faiss_IDSelector_free (&a->sel);
}

static void translated_looks_up_the_id_of_a_position (void **state) {
    (void)state;
    FaissInt64Vector id_map = {0};
    const idx_t ids[] = {100, -5, 102, 7};
    OK (faiss_Int64Vector_append (&id_map, ids, 4));
    FaissIDSelectorRange *range = NULL;
    FaissIDSelectorTranslated *sel = NULL;
    OK (faiss_IDSelectorRange_new (&range, 50, 200));
    OK (faiss_IDSelectorTranslated_new (&sel, &id_map, &range->sel));
    const int expected[] = {0, 1, 0, 1, 0, 0};
    for (idx_t i = -1; i < 5; i++) {
        assert_int_equal (faiss_IDSelector_is_member (&sel->base, i), expected[i + 1]);
    }
    faiss_IDSelector_free (&sel->base);
    faiss_IDSelector_free (&range->sel);
    faiss_Int64Vector_clear (&id_map);
}

static void null_arguments_are_errors (void **state) {
    (void)state;
    FaissIDSelectorArray *array = NULL;
    FaissIDSelectorBatch *batch = NULL;
    FaissIDSelectorBitmap *bitmap = NULL;
    FaissIDSelectorNot *not = NULL;
    FaissIDSelectorAnd *both = NULL;
    FaissIDSelectorOr *either = NULL;
    FaissIDSelectorXOr *one = NULL;
    FaissIDSelectorTranslated *translated = NULL;
    FaissIDSelectorAll *all = NULL;
    OK (faiss_IDSelectorAll_new (&all));
    FAILS (faiss_IDSelectorRange_new (NULL, 0, 1));
    FAILS (faiss_IDSelectorArray_new (&array, 1, NULL));
    FAILS (faiss_IDSelectorBatch_new (&batch, 1, NULL));
    FAILS (faiss_IDSelectorBatch_new (NULL, 0, NULL));
    FAILS (faiss_IDSelectorBatch_new (&batch, SIZE_MAX, (const idx_t *)&array));
    FAILS (faiss_IDSelectorBitmap_new (&bitmap, 1, NULL));
    FAILS (faiss_IDSelectorNot_new (&not, NULL));
    FAILS (faiss_IDSelectorAnd_new (&both, &all->sel, NULL));
    FAILS (faiss_IDSelectorOr_new (&either, NULL, &all->sel));
    FAILS (faiss_IDSelectorXOr_new (&one, NULL, NULL));
    FAILS (faiss_IDSelectorTranslated_new (&translated, NULL, &all->sel));
    assert_non_null (strstr (faiss_get_last_error (), "faiss_IDSelectorTranslated_new: id_map"));
    assert_true (!array && !batch && !bitmap && !not &&!both && !either && !one && !translated);
    assert_int_equal (faiss_IDSelector_is_member (NULL, 0), 0);
    faiss_IDSelector_free (&all->sel);
    faiss_IDSelector_free (NULL);
}

int main (void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (range_is_half_open),
        cmocka_unit_test (range_finds_its_part_of_sorted_ids),
        cmocka_unit_test (array_and_batch_hold_the_same_ids),
        cmocka_unit_test (batch_copies_and_takes_any_id),
        cmocka_unit_test (batch_has_32_bits_per_id),
        cmocka_unit_test (bitmap_counts_bytes),
        cmocka_unit_test (combinations_are_set_operations),
        cmocka_unit_test (translated_looks_up_the_id_of_a_position),
        cmocka_unit_test (null_arguments_are_errors),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
