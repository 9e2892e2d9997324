/* Errors: codes, messages per thread, checked allocation, errors of parallel regions. */
#include "testing.h"

#include <pthread.h>

#include <faiss/impl/check.h>

#include "failing.h"

static FaissStatus fails_with (int a, int b) {
    FAISS_REQUIRE (a == b, "expected %d, got %d", a, b);
    return FAISS_OK;
}

static FaissStatus passes_on (int a, int b) {
    FAISS_TRY (fails_with (a, b));
    return FAISS_OK;
}

static void a_failed_condition_names_the_function_and_the_numbers (void **state) {
    (void)state;
    assert_ok (passes_on (3, 3));
    assert_int_equal (passes_on (3, 4), FAISS_EXCEPT);
    assert_string_equal (faiss_get_last_error (), "Error in fails_with: expected 3, got 4");
    assert_ok (passes_on (3, 3));
    assert_string_equal (faiss_get_last_error (), "Error in fails_with: expected 3, got 4");
}

static void codes_are_those_of_upstream (void **state) {
    (void)state;
    assert_int_equal (FAISS_OK, 0);
    assert_int_equal (FAISS_UNKNOWN_EXCEPT, -1);
    assert_int_equal (FAISS_EXCEPT, -2);
    assert_int_equal (FAISS_STD_EXCEPT, -4);
}

static void a_long_message_is_cut (void **state) {
    (void)state;
    char text[5000];
    memset (text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal (faiss_fail (FAISS_EXCEPT, "%s", text), FAISS_EXCEPT);
    assert_true (strlen (faiss_get_last_error ()) < 2000);
    assert_int_equal (faiss_fail_in (FAISS_EXCEPT, text, "%s", text), FAISS_EXCEPT);
    assert_true (strlen (faiss_get_last_error ()) < 2000);
}

static void an_upper_layer_may_quote_a_lower_one (void **state) {
    (void)state;
    faiss_fail (FAISS_EXCEPT, "disk full");
    faiss_fail_in (FAISS_EXCEPT, "save", "cannot write: %s", faiss_get_last_error ());
    assert_string_equal (faiss_get_last_error (), "Error in save: cannot write: disk full");
    faiss_fail (FAISS_EXCEPT, "once more: %s", faiss_get_last_error ());
    assert_string_equal (faiss_get_last_error (),
                         "once more: Error in save: cannot write: disk full");
}

static void *other_thread (void *unused) {
    (void)unused;
    const char *before = faiss_get_last_error ();
    faiss_fail (FAISS_EXCEPT, "the other thread's");
    return before ? "the thread began with an error" : NULL;
}

static void every_thread_has_its_own_message (void **state) {
    (void)state;
    testing_needs_threads ();
    faiss_fail (FAISS_EXCEPT, "mine");
    pthread_t thread;
    void *complaint;
    assert_int_equal (pthread_create (&thread, NULL, other_thread, NULL), 0);
    pthread_join (thread, &complaint);
    assert_null (complaint);
    assert_string_equal (faiss_get_last_error (), "mine");
}

static void allocation_checks_its_size (void **state) {
    (void)state;
    float *x;
    FaissStatus (*allocators[]) (void *, size_t, size_t) = {faiss_alloc, faiss_alloc_zeroed,
                                                            faiss_alloc_aligned};
    for (size_t i = 0; i < 3; i++) {
        assert_ok (allocators[i](&x, 0, sizeof *x));
        assert_non_null (x);
        free (x);
        assert_ok (allocators[i](&x, 100, sizeof *x));
        memset (x, 1, 100 * sizeof *x);
        free (x);
        size_t too_many[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / sizeof *x, SIZE_MAX / sizeof *x + 2,
                             (size_t)1 << 62};
        for (size_t j = 0; j < sizeof too_many / sizeof *too_many; j++) {
            assert_no_memory (allocators[i](&x, too_many[j], sizeof *x));
            assert_null (x);
        }
    }
    assert_ok (faiss_alloc_aligned (&x, 3, sizeof *x));
    assert_int_equal ((uintptr_t)x % 64, 0);
    free (x);
    assert_ok (faiss_alloc_zeroed (&x, 3, sizeof *x));
    assert_true (x[0] == 0 && x[1] == 0 && x[2] == 0);
    free (x);
}

static void a_region_raises_its_first_error_in_the_callers_thread (void **state) {
    (void)state;
    FaissRegion region = {0};
#pragma omp parallel for num_threads(8)
    for (int i = 0; i < 1000; i++) {
        if (!faiss_region_failed (&region)) {
            faiss_region_note (&region, fails_with (i, i < 500 ? i : -1));
        }
    }
    faiss_fail (FAISS_EXCEPT, "something else");
    assert_fails (faiss_region_close (&region), "Error in fails_with: expected ");
    assert_true (faiss_region_failed (&region));
}

static void a_region_without_errors_succeeds (void **state) {
    (void)state;
    FaissRegion region = {0};
    assert_false (faiss_region_note (&region, FAISS_OK));
    assert_ok (faiss_region_close (&region));
    assert_true (faiss_region_note (&region, faiss_fail (FAISS_STD_EXCEPT, "no memory")));
    assert_true (faiss_region_note (&region, FAISS_OK));
    faiss_region_note (&region, faiss_fail (FAISS_EXCEPT, "later"));
    assert_no_memory (faiss_region_close (&region));
}

static void failing_allocations_are_counted (void **state) {
    (void)state;
    if (!failing_available ()) {
        skip ();
    }
    char *x;
    failing_start (2);
    assert_ok (faiss_alloc (&x, 1, 1));
    free (x);
    assert_no_memory (faiss_alloc (&x, 1, 1));
    assert_ok (faiss_alloc (&x, 1, 1));
    free (x);
    failing_stop ();
    assert_true (failing_happened ());
    assert_int_equal (failing_count (), 3);
}

TEST_MAIN (cmocka_unit_test (a_failed_condition_names_the_function_and_the_numbers),
           cmocka_unit_test (codes_are_those_of_upstream), cmocka_unit_test (a_long_message_is_cut),
           cmocka_unit_test (an_upper_layer_may_quote_a_lower_one),
           cmocka_unit_test (every_thread_has_its_own_message),
           cmocka_unit_test (allocation_checks_its_size),
           cmocka_unit_test (a_region_raises_its_first_error_in_the_callers_thread),
           cmocka_unit_test (a_region_without_errors_succeeds),
           cmocka_unit_test (failing_allocations_are_counted))
