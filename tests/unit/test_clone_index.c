/* Deep copies. */
#include "testing.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexFlat1D.h>
#include <faiss/clone_index.h>

#include "failing.h"

enum { D = 5, N = 40, K = 3 };

static FaissIndex *new_index (void) {
    FaissIndexFlatL2 *index;
    float x[N * D];
    TestRandom random = {1};
    testing_floats (&random, x, N * D);
    assert_ok (faiss_IndexFlatL2_new_with (&index, D));
    assert_ok (faiss_Index_add (&index->index, N, x));
    index->index.verbose = true;
    index->index.metric_arg = 3;
    return &index->index;
}

static void test_clone_is_a_copy (void **state) {
    (void)state;
    FaissIndex *index = new_index (), *clone;
    assert_ok (faiss_clone_index (index, &clone));
    assert_ptr_equal (faiss_object_class (clone), faiss_object_class (index));
    assert_int_equal (clone->d, D);
    assert_int_equal (clone->ntotal, N);
    assert_true (clone->verbose && clone->is_trained && clone->metric_arg == 3);
    float x[D] = {0.1f, 0.2f}, before[K], after[K];
    idx_t labels[K], clone_labels[K];
    assert_ok (faiss_Index_search (index, 1, x, K, before, labels));
    assert_ok (faiss_Index_reset (index)); /* the clone does not notice */
    faiss_Index_free (index);
    assert_ok (faiss_Index_search (clone, 1, x, K, after, clone_labels));
    assert_memory_equal (before, after, sizeof before);
    assert_memory_equal (labels, clone_labels, sizeof labels);
    faiss_Index_free (clone);
}

static void test_null_arguments (void **state) {
    (void)state;
    FaissIndex *index = new_index (), *clone = NULL;
    assert_fails (faiss_clone_index (NULL, &clone), "index is NULL");
    assert_fails (faiss_clone_index (index, NULL), "out is NULL");
    assert_null (clone);
    faiss_Index_free (index);
}

static void test_without_memory (void **state) {
    (void)state;
    FaissIndex *index = new_index ();
    FOR_EACH_FAILING_ALLOCATION (i, 1) {
        FaissIndex *clone = NULL;
        FaissStatus status = faiss_clone_index (index, &clone);
        failing_stop ();
        if (!failing_happened ()) {
            assert_ok (status);
            faiss_Index_free (clone);
            break;
        }
        assert_no_memory (status);
        assert_null (clone);
    }
    faiss_Index_free (index);
}

TEST_MAIN (cmocka_unit_test (test_clone_is_a_copy), cmocka_unit_test (test_null_arguments),
           cmocka_unit_test (test_without_memory))
