/* How many threads loops get; forked children; errors across threads. */
#include "testing.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <faiss/IndexIVFFlat.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/index_factory.h>

/* adds up 1 .. n in a loop as the library writes them */
static int64_t sum_in_parallel (int64_t n, int *n_threads) {
    int64_t sum = 0;
    int threads = 0;
#pragma omp parallel num_threads(faiss_threads_for(n)) reduction(+ : sum, threads)
    {
        threads++;
#pragma omp for
        for (int64_t i = 1; i <= n; i++) {
            sum += i;
        }
    }
    *n_threads = threads;
    return sum;
}

static void a_loop_gets_no_more_threads_than_pieces (void **state) {
    (void)state;
#ifdef _OPENMP
    omp_set_num_threads (4);
    assert_int_equal (faiss_threads_for (100), 4);
    assert_int_equal (faiss_threads_for (INT64_MAX), 4);
    assert_int_equal (faiss_threads_for (3), 3);
#endif
    assert_int_equal (faiss_threads_for (1), 1);
    assert_int_equal (faiss_threads_for (0), 1);
    assert_int_equal (faiss_threads_for (-1), 1);
}

static void loops_are_not_nested (void **state) {
    (void)state;
    int most = 0;
#pragma omp parallel num_threads(3) reduction(max : most)
    { most = faiss_threads_for (100); }
#ifdef _OPENMP
    assert_int_equal (most, 1);
#endif
    (void)most;
}

static void a_forked_child_runs_on_one_thread_and_does_not_hang (void **state) {
    (void)state;
    int threads;
    testing_needs_threads ();
#ifdef _OPENMP
    omp_set_num_threads (4);
#endif
    assert_int_equal (sum_in_parallel (1000, &threads), 500500);
    for (int round = 0; round < 3; round++) {
        fflush (stdout);
        pid_t child = fork ();
        if (child == 0) {
            alarm (20); /* a hang ends the child, and the test fails */
            int64_t sum = sum_in_parallel (1000, &threads);
            _exit (sum == 500500 && threads == 1 ? 0 : 1);
        }
        assert_true (child > 0);
        int status;
        assert_int_equal (waitpid (child, &status, 0), child);
        assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
        assert_int_equal (sum_in_parallel (1000, &threads), 500500);
#ifdef _OPENMP
        assert_int_equal (threads, 4);
#endif
    }
}

/* Build and search an inverted file: k-means, BLAS, searches. */
static FaissStatus build_and_search (FaissIndex *index, const float *x, idx_t n, idx_t *labels) {
    enum { N_QUERIES = 200 };
    float distances[N_QUERIES];
    FAISS_TRY (faiss_Index_train (index, n, x));
    FAISS_TRY (faiss_Index_add (index, n, x));
    return faiss_Index_search (index, N_QUERIES, x, 1, distances, labels);
}

static void a_forked_child_can_do_all_the_work (void **state) {
    (void)state;
    enum { D = 24, N = 3000 };
    static float x[N * D];
    idx_t expected[200], labels[200];
    testing_needs_threads ();
    TestRandom random = {9};
    testing_floats (&random, x, N * D);
    FaissIndex *index = NULL, *second = NULL;
    assert_ok (faiss_index_factory (&index, D, "IVF16,Flat", METRIC_L2));
    assert_ok (faiss_index_factory (&second, D, "IVF16,Flat", METRIC_L2));
    assert_ok (build_and_search (index, x, N, expected));
    fflush (stdout);
    pid_t child = fork ();
    if (child == 0) {
        alarm (60);
        float distances[200];
        bool same = faiss_Index_search (index, 200, x, 1, distances, labels) == FAISS_OK &&
                    memcmp (labels, expected, sizeof labels) == 0 &&
                    build_and_search (second, x, N, labels) == FAISS_OK &&
                    memcmp (labels, expected, sizeof labels) == 0;
        _exit (same ? 0 : 1);
    }
    assert_true (child > 0);
    int status;
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
    assert_ok (build_and_search (second, x, N, labels));
    assert_memory_equal (labels, expected, sizeof labels);
    faiss_Index_free (index);
    faiss_Index_free (second);
}

static FaissStatus fail_late (int64_t i) {
    FAISS_REQUIRE (i != 777, "piece %lld", (long long)i);
    return FAISS_OK;
}

static void an_error_in_any_thread_reaches_the_caller (void **state) {
    (void)state;
    faiss_fail (FAISS_EXCEPT, "an old error");
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(1000)) schedule(dynamic)
    for (int64_t i = 0; i < 1000; i++) {
        if (!faiss_region_failed (&region)) {
            faiss_region_note (&region, fail_late (i));
        }
    }
    assert_fails (faiss_region_close (&region), "Error in fail_late: piece 777");
}

TEST_MAIN (cmocka_unit_test (a_loop_gets_no_more_threads_than_pieces),
           cmocka_unit_test (loops_are_not_nested),
           cmocka_unit_test (a_forked_child_runs_on_one_thread_and_does_not_hang),
           cmocka_unit_test (a_forked_child_can_do_all_the_work),
           cmocka_unit_test (an_error_in_any_thread_reaches_the_caller))
