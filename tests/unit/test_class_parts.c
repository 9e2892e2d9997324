/* The classes of classes.def that indexes are made of, and selectors: the life of each, and the
 * same with failing allocations and truncated files. */
#include "class_recipes.h"

#include <faiss/impl/parallel.h>

#include "failing.h"

/* ---- files, for any kind --------------------------------------------------------------------- */

typedef FaissStatus (*WriteFunction) (const void *object, FaissIOWriter *writer);
typedef FaissStatus (*ReadFunction) (FaissIOReader *reader, void **out);

static FaissStatus write_transform (const void *object, FaissIOWriter *writer) {
    return faiss_write_VectorTransform_custom (object, writer);
}
static FaissStatus read_transform (FaissIOReader *reader, void **out) {
    return faiss_read_VectorTransform_custom (reader, (FaissVectorTransform **)out);
}
static FaissStatus write_lists (const void *object, FaissIOWriter *writer) {
    return faiss_write_InvertedLists_custom (object, writer);
}
static FaissStatus read_lists (FaissIOReader *reader, void **out) {
    return faiss_read_InvertedLists_custom (reader, 0, (FaissInvertedLists **)out);
}

static FaissStatus to_bytes (const void *object, WriteFunction write, FaissUInt8Vector *bytes) {
    FaissVectorIOWriter *writer = NULL;
    FAISS_TRY (faiss_VectorIOWriter_new (&writer));
    FaissStatus status = write (object, &writer->writer);
    if (status == FAISS_OK) {
        faiss_UInt8Vector_swap (bytes, &writer->data);
    }
    faiss_IOWriter_free (&writer->writer);
    return status;
}

static FaissStatus from_bytes (const FaissUInt8Vector *bytes, size_t size, ReadFunction read,
                               void **out) {
    FaissVectorIOReader *reader = NULL;
    FAISS_TRY (faiss_VectorIOReader_new_with (&reader, bytes->data, size));
    FaissStatus status = read (&reader->reader, out);
    faiss_IOReader_free (&reader->reader);
    return status;
}

static void assert_same_bytes (const void *a, const void *b, WriteFunction write) {
    FaissUInt8Vector of_a = {0}, of_b = {0};
    assert_ok (to_bytes (a, write, &of_a));
    assert_ok (to_bytes (b, write, &of_b));
    assert_int_equal (of_a.size, of_b.size);
    assert_memory_equal (of_a.data, of_b.data, of_a.size);
    faiss_UInt8Vector_clear (&of_a);
    faiss_UInt8Vector_clear (&of_b);
}

/* Write, read, clone: the same bytes; every truncation and every failing allocation is reported. */
static void files_and_clones (const void *object, WriteFunction write, ReadFunction read) {
    FaissUInt8Vector bytes = {0};
    void *other = NULL;
    assert_ok (to_bytes (object, write, &bytes));
    assert_ok (from_bytes (&bytes, bytes.size, read, &other));
    /* a class without a tag of its own is read back as its parent */
    assert_true (faiss_class_is_a (faiss_object_class (object), faiss_object_class (other)));
    assert_true (!faiss_object_class (object)->tags ||
                 faiss_object_class (object) == faiss_object_class (other));
    assert_same_bytes (object, other, write);
    faiss_object_free (other);
    assert_ok (faiss_object_clone (&other, object));
    assert_ptr_equal (faiss_object_class (other), faiss_object_class (object));
    assert_same_bytes (object, other, write);
    faiss_object_free (other);
    for (size_t size = 0; size < bytes.size; size += 1 + bytes.size / 200) {
        other = &bytes;
        assert_true (from_bytes (&bytes, size, read, &other) != FAISS_OK);
        assert_ptr_equal (other, &bytes);
    }
    for (int what = 0; what < 3; what++) {
        FOR_EACH_FAILING_ALLOCATION (i, 1) {
            FaissUInt8Vector again = {0};
            other = NULL;
            FaissStatus status = what == 0   ? to_bytes (object, write, &again)
                                 : what == 1 ? from_bytes (&bytes, bytes.size, read, &other)
                                             : faiss_object_clone (&other, object);
            failing_stop ();
            if (status == FAISS_OK) {
                faiss_object_free (other);
            } else {
                assert_true (failing_happened ());
                assert_null (other);
            }
            faiss_UInt8Vector_clear (&again);
            if (!failing_happened ()) {
                break;
            }
        }
    }
    faiss_UInt8Vector_clear (&bytes);
}

/* ---- transforms ------------------------------------------------------------------------------ */

static void *sample (FaissClass *cls) {
    const ObjectRecipe *recipe = object_recipe (cls->name);
    if (!recipe) {
        fail_msg ("no recipe for %s in tests/class_recipes.c", cls->name);
    }
    void *object = NULL;
    assert_ok (recipe->build (&object));
    assert_ptr_equal (faiss_object_class (object), cls);
    return object;
}

static void transform_keeps_through_files_and_clones (void **state) {
    FaissVectorTransform *transform = sample (*state);
    files_and_clones (transform, write_transform, read_transform);
    faiss_VectorTransform_free (transform);
}

static void transform_applies (void **state) {
    FaissVectorTransform *transform = sample (*state), *clone = NULL;
    assert_int_equal (transform->d_in, MAX_D);
    assert_true (transform->is_trained);
    size_t n_out = (size_t)(N_ROWS * transform->d_out);
    const float *x = sample_rows (MAX_D);
    float *once = faiss_VectorTransform_apply (transform, N_ROWS, x);
    float *again = calloc (n_out, sizeof *again), *back = calloc (N_ROWS * MAX_D, sizeof *back);
    assert_non_null (once);
    for (size_t i = 0; i < n_out; i++) {
        assert_true (isfinite (once[i]));
    }
    assert_ok (faiss_VectorTransform_try_apply (transform, 0, NULL, NULL));
    assert_ok (faiss_object_clone (&clone, transform));
    faiss_VectorTransform_apply_noalloc (clone, N_ROWS, x, again);
    assert_memory_equal (once, again, n_out * sizeof *once);
    assert_ok (faiss_VectorTransform_check_identical (transform, clone));
#ifdef _OPENMP
    int threads = omp_get_max_threads ();
    omp_set_num_threads (8);
    assert_ok (faiss_VectorTransform_try_apply (transform, N_ROWS, x, again));
    assert_memory_equal (once, again, n_out * sizeof *once);
    omp_set_num_threads (threads);
#endif
    /* one row at a time gives the same */
    for (int i = 0; i < 5; i++) {
        assert_ok (faiss_VectorTransform_try_apply (transform, 1, x + i * MAX_D,
                                                    again + i * transform->d_out));
    }
    for (int i = 0; i < 5 * transform->d_out; i++) {
        assert_true (fabsf (once[i] - again[i]) <= 1e-5f);
    }
    /* the inverse, where there is one, can be transformed to the same again */
    if (faiss_VectorTransform_try_reverse (transform, N_ROWS, once, back) == FAISS_OK) {
        assert_ok (faiss_VectorTransform_try_apply (transform, N_ROWS, back, again));
        for (size_t i = 0; i < n_out; i++) {
            assert_true (fabsf (once[i] - again[i]) <= 1e-4f);
        }
    }
    assert_true (faiss_VectorTransform_try_apply (transform, -1, x, again) != FAISS_OK);
    assert_true (faiss_VectorTransform_try_apply (transform, 1, NULL, again) != FAISS_OK);
    assert_true (faiss_VectorTransform_try_apply (transform, 1, x, NULL) != FAISS_OK);
    assert_true (faiss_VectorTransform_try_apply (NULL, 1, x, again) != FAISS_OK);
    free (once);
    free (again);
    free (back);
    faiss_VectorTransform_free (clone);
    faiss_VectorTransform_free (transform);
}

static void transform_survives_failed_allocations (void **state) {
    FaissVectorTransform *transform = sample (*state);
    const float *x = sample_rows (MAX_D);
    FOR_EACH_FAILING_ALLOCATION (i, 1) {
        float *applied = faiss_VectorTransform_apply (transform, N_ROWS, x);
        failing_stop ();
        free (applied);
        if (!failing_happened ()) {
            assert_non_null (applied);
            break;
        }
        assert_null (applied);
    }
    FOR_EACH_FAILING_ALLOCATION (i, 1) {
        FaissStatus status = faiss_VectorTransform_train (transform, N_ROWS, x);
        failing_stop ();
        if (!failing_happened ()) {
            assert_ok (status);
            break;
        }
    }
    faiss_VectorTransform_free (transform);
}

/* ---- inverted lists -------------------------------------------------------------------------- */

static void lists_keep_through_files_and_clones (void **state) {
    FaissInvertedLists *lists = sample (*state);
    files_and_clones (lists, write_lists, read_lists);
    faiss_InvertedLists_free (lists);
}

static void assert_list (const FaissInvertedLists *lists, size_t list_no, const idx_t *ids,
                         size_t n) {
    assert_int_equal (faiss_InvertedLists_list_size (lists, list_no), n);
    const idx_t *got = faiss_InvertedLists_get_ids (lists, list_no);
    const uint8_t *codes = faiss_InvertedLists_get_codes (lists, list_no);
    assert_true (codes || n == 0);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *code = faiss_InvertedLists_get_single_code (lists, list_no, i);
        assert_int_equal (got[i], ids[i]);
        assert_int_equal (faiss_InvertedLists_get_single_id (lists, list_no, i), ids[i]);
        for (size_t b = 0; b < lists->code_size; b++) {
            assert_int_equal (code[b], (uint8_t)ids[i]);
        }
        faiss_InvertedLists_release_codes (lists, list_no, code);
    }
    faiss_InvertedLists_release_ids (lists, list_no, got);
    faiss_InvertedLists_release_codes (lists, list_no, codes);
}

/* append an entry whose code repeats the low byte of the id */
static FaissStatus append (FaissInvertedLists *lists, size_t list_no, idx_t id, size_t *offset) {
    uint8_t code[100];
    memset (code, (int)(uint8_t)id, sizeof code);
    return faiss_InvertedLists_add_entry (lists, list_no, id, code, offset);
}

static void lists_take_and_give (void **state) {
    FaissInvertedLists *lists = sample (*state), *other = NULL;
    assert_ok (faiss_InvertedLists_reset (lists));
    assert_int_equal (faiss_InvertedLists_compute_ntotal (lists), 0);
    assert_ok (faiss_object_clone (&other, lists));
    idx_t ids[2000];
    size_t offset;
    for (int i = 0; i < 2000; i++) {
        ids[i] = 5 * i;
        assert_ok (append (lists, 1, ids[i], &offset));
        assert_int_equal (offset, i);
    }
    assert_list (lists, 1, ids, 2000);
    assert_true (faiss_InvertedLists_is_empty (lists, 0));
    assert_int_equal (faiss_InvertedLists_compute_ntotal (lists), 2000);
    uint8_t code[100];
    memset (code, 77, sizeof code);
    assert_ok (faiss_InvertedLists_update_entry (lists, 1, 3, 77, code));
    ids[3] = 77;
    assert_list (lists, 1, ids, 2000);
    assert_ok (faiss_InvertedLists_resize (lists, 1, 10));
    assert_list (lists, 1, ids, 10);
    /* merging appends, shifts the ids and empties the other */
    assert_ok (append (other, 1, 1, NULL));
    assert_ok (append (other, 0, 2, NULL));
    assert_ok (faiss_InvertedLists_merge_from (lists, other, 256));
    assert_int_equal (faiss_InvertedLists_compute_ntotal (other), 0);
    ids[10] = 257;
    assert_list (lists, 1, ids, 11);
    assert_list (lists, 0, (idx_t[]){258}, 1);
    /* a part of the entries: 0 <= id < 12 */
    size_t n_added = 0;
    assert_ok (
        faiss_InvertedLists_copy_subset_to (lists, other, SUBSET_TYPE_ID_RANGE, 0, 12, &n_added));
    assert_int_equal (n_added, 3);
    assert_list (other, 1, (idx_t[]){0, 5, 10}, 3);
    assert_ok (faiss_InvertedLists_reset (lists));
    assert_int_equal (faiss_InvertedLists_compute_ntotal (lists), 0);
    faiss_InvertedLists_free (other);
    faiss_InvertedLists_free (lists);
}

static void lists_survive_failed_allocations (void **state) {
    FaissInvertedLists *empty = sample (*state);
    assert_ok (faiss_InvertedLists_reset (empty));
    for (int what = 0; what < 3; what++) {
        FOR_EACH_FAILING_ALLOCATION (i, 1) {
            failing_stop ();
            FaissInvertedLists *lists = NULL, *other = NULL;
            assert_ok (faiss_object_clone (&lists, empty));
            assert_ok (faiss_object_clone (&other, empty));
            assert_ok (append (lists, 1, 3, NULL));
            assert_ok (append (lists, 0, 4, NULL));
            for (idx_t id = 0; id < 40; id++) {
                assert_ok (append (other, (size_t)(id % 2), id, NULL));
            }
            failing_start (i);
            FaissStatus status = what == 0   ? append (lists, 1, 5, NULL)
                                 : what == 1 ? faiss_InvertedLists_resize (lists, 1, 500)
                                             : faiss_InvertedLists_merge_from (lists, other, 100);
            failing_stop ();
            bool happened = failing_happened ();
            if (status == FAISS_OK) {
                size_t total = what == 0 ? 3 : what == 1 ? 501 : 42;
                assert_int_equal (faiss_InvertedLists_compute_ntotal (lists), total);
            } else {
                assert_true (happened);
                assert_list (lists, 1, (idx_t[]){3}, 1);
                assert_list (lists, 0, (idx_t[]){4}, 1);
                assert_int_equal (faiss_InvertedLists_compute_ntotal (other), 40);
            }
            faiss_InvertedLists_free (lists);
            faiss_InvertedLists_free (other);
            if (!happened) {
                break;
            }
        }
    }
    faiss_InvertedLists_free (empty);
}

/* ---- selectors ------------------------------------------------------------------------------- */

enum { N_SELECTORS = 10, MAX_ID = 300 };

/* The selector number `which`, and what it must contain. The operands are made before. */
static FaissStatus make_selector (int which, FaissIDSelector **out, FaissIDSelector *range,
                                  FaissIDSelector *array) {
    static const idx_t ids[] = {3, 200, 77, 3, 0};
    static const uint8_t bits[MAX_ID / 16] = {0xf0, 0x01};
    static idx_t map[MAX_ID];
    static FaissInt64Vector id_map = {.data = map, .size = MAX_ID};
    for (int i = 0; i < MAX_ID; i++) {
        map[i] = MAX_ID - 1 - i;
    }
    switch (which) {
    case 0:
        return faiss_IDSelectorRange_new ((FaissIDSelectorRange **)out, 10, 20);
    case 1:
        return faiss_IDSelectorArray_new ((FaissIDSelectorArray **)out, 5, ids);
    case 2:
        return faiss_IDSelectorBatch_new ((FaissIDSelectorBatch **)out, 5, ids);
    case 3:
        return faiss_IDSelectorBitmap_new ((FaissIDSelectorBitmap **)out, sizeof bits, bits);
    case 4:
        return faiss_IDSelectorAll_new ((FaissIDSelectorAll **)out);
    case 5:
        return faiss_IDSelectorNot_new ((FaissIDSelectorNot **)out, range);
    case 6:
        return faiss_IDSelectorAnd_new ((FaissIDSelectorAnd **)out, range, array);
    case 7:
        return faiss_IDSelectorOr_new ((FaissIDSelectorOr **)out, range, array);
    case 8:
        return faiss_IDSelectorXOr_new ((FaissIDSelectorXOr **)out, range, array);
    default:
        return faiss_IDSelectorTranslated_new ((FaissIDSelectorTranslated **)out, &id_map, range);
    }
}

static bool expected_member (int which, idx_t id) {
    bool in_range = id >= 10 && id < 20, in_array = id == 3 || id == 200 || id == 77 || id == 0;
    switch (which) {
    case 0:
        return in_range;
    case 1:
    case 2:
        return in_array;
    case 3:
        return id >= 4 && id <= 8;
    case 4:
        return true;
    case 5:
        return !in_range;
    case 6:
        return in_range && in_array;
    case 7:
        return in_range || in_array;
    case 8:
        return in_range != in_array;
    default:
        return MAX_ID - 1 - id >= 10 && MAX_ID - 1 - id < 20;
    }
}

static void selectors_live (void **state) {
    (void)state;
    FaissIDSelector *range = NULL, *array = NULL;
    assert_ok (make_selector (0, &range, NULL, NULL));
    assert_ok (make_selector (1, &array, NULL, NULL));
    for (int which = 0; which < N_SELECTORS; which++) {
        FOR_EACH_FAILING_ALLOCATION (i, 1) {
            FaissIDSelector *selector = range;
            FaissStatus status = make_selector (which, &selector, range, array);
            failing_stop ();
            if (status != FAISS_OK) {
                assert_true (failing_happened ());
                assert_ptr_equal (selector, range);
                continue;
            }
            for (idx_t id = 0; id < MAX_ID; id++) {
                assert_int_equal (faiss_IDSelector_is_member (selector, id),
                                  expected_member (which, id));
            }
            faiss_IDSelector_free (selector);
            if (!failing_happened ()) {
                break;
            }
        }
    }
    faiss_IDSelector_free (range);
    faiss_IDSelector_free (array);
}

/* ---- the walk -------------------------------------------------------------------------------- */

enum { MAX_TESTS = 1000 };
static struct CMUnitTest tests[MAX_TESTS];
static char names[MAX_TESTS][80];
static size_t n_tests;

static void plan (FaissClass *cls, const char *what, CMUnitTestFunction function) {
    snprintf (names[n_tests], sizeof names[n_tests], "%s_%s", cls ? cls->name : "all", what);
    tests[n_tests] = (struct CMUnitTest){names[n_tests], function, NULL, NULL, cls};
    n_tests++;
}

int main (void) {
#define PLAN(cls, function) plan (cls, #function, function)
    for (FaissClass *const *cls = faiss_all_classes (); *cls; cls++) {
        if (faiss_class_is_a (*cls, &faiss_VectorTransform_class.head)) {
            PLAN (*cls, transform_keeps_through_files_and_clones);
            PLAN (*cls, transform_applies);
            PLAN (*cls, transform_survives_failed_allocations);
        } else if (faiss_class_is_a (*cls, &faiss_InvertedLists_class.head)) {
            PLAN (*cls, lists_keep_through_files_and_clones);
            PLAN (*cls, lists_take_and_give);
            PLAN (*cls, lists_survive_failed_allocations);
        }
    }
    PLAN (NULL, selectors_live);
    return _cmocka_run_group_tests ("class parts", tests, n_tests, NULL, NULL);
}
