/* Small helpers. */
#include "testing.h"

#include <faiss/utils/random.h>
#include <faiss/utils/utils.h>

#include "golden/golden.h"
#include "golden/random.h"

static void test_checksums (void **state) {
    (void)state;
    int32_t ints[10];
    uint8_t bytes[16];
    for (int i = 0; i < 16; i++) {
        bytes[i] = (uint8_t)i;
    }
    for (int i = 0; i < 10; i++) {
        ints[i] = i;
    }
    assert_true (faiss_ivec_checksum (10, ints) == (uint64_t)golden_ivec_checksum_value[0]);
    assert_true (faiss_hash_bytes (bytes, 16) == (uint64_t)golden_hash_bytes_value[0]);
    assert_true (faiss_hash_bytes (bytes, 0) == 0);
    assert_true (faiss_ivec_checksum (0, NULL) == 112909);
    /* recorded from upstream: products that exceed 32 bits, words and the bytes behind them */
    const int32_t large[4] = {100000, -1, INT32_MAX, -5};
    assert_true (faiss_ivec_checksum (4, large) == 18241930783248213542u);
    assert_true (faiss_bvec_checksum (2, bytes) == 487563461331470u);
    assert_true (faiss_bvec_checksum (7, bytes) == 1265888293705236140u);
    assert_true (faiss_bvec_checksum (16, bytes) == 5805589085429853285u);
    uint64_t rows[2];
    faiss_bvecs_checksum (2, 8, bytes, rows);
    assert_true (rows[0] == faiss_bvec_checksum (8, bytes));
    assert_true (rows[1] == faiss_bvec_checksum (8, bytes + 8));
}

static void test_histograms (void **state) {
    (void)state;
    const int values[6] = {0, 1, 4, 9, -1, 4};
    int hist[5];
    assert_int_equal (faiss_ivec_hist (6, values, 5, hist), 2);
    const int expected[5] = {1, 1, 0, 0, 2};
    assert_memory_equal (hist, expected, sizeof hist);

    const int64_t balanced[6] = {0, 1, 2, 2, 1, 0}, one[6] = {1, 1, 1, 1, 1, 1};
    double factor = 0;
    assert_ok (faiss_imbalance_factor (6, 3, balanced, &factor));
    assert_true (factor == 1);
    assert_ok (faiss_imbalance_factor (6, 3, one, &factor));
    assert_true (factor == 3);
    assert_fails (faiss_imbalance_factor (6, 2, balanced, &factor), "assign[2]=2");
    assert_fails (faiss_imbalance_factor (6, 0, balanced, &factor), "expected k > 0, got 0");
    assert_fails (faiss_imbalance_factor (-1, 2, balanced, &factor), "expected n >= 0, got -1");
    assert_fails (faiss_imbalance_factor (6, 2, NULL, &factor), "assign is NULL");
    assert_true (factor == 3);
}

static void test_subsample (void **state) {
    (void)state;
    enum { N = 50, D = 3 };
    float x[N * D];
    for (int i = 0; i < N * D; i++) {
        x[i] = (float)i;
    }
    size_t n = N;
    float *sample = NULL;
    assert_ok (faiss_fvecs_maybe_subsample (D, &n, N, x, false, 1234, &sample));
    assert_ptr_equal (sample, x);
    assert_int_equal (n, N);
    assert_ok (faiss_fvecs_maybe_subsample (D, &n, 7, x, false, 1234, &sample));
    assert_int_equal (n, 7);
    int perm[N];
    faiss_rand_perm (perm, N, 1234);
    for (int i = 0; i < 7; i++) {
        assert_memory_equal (sample + i * D, x + perm[i] * D, D * sizeof *x);
    }
    free (sample);
    n = N;
    sample = x;
    assert_fails (faiss_fvecs_maybe_subsample (D, &n, 7, NULL, false, 1234, &sample), "x is NULL");
    assert_fails (faiss_fvecs_maybe_subsample (D, NULL, 7, x, false, 1234, &sample), "n is NULL");
    n = SIZE_MAX;
    assert_fails (faiss_fvecs_maybe_subsample (D, &n, 7, x, false, 1234, &sample), "at most");
    assert_ptr_equal (sample, x);
}

static void test_ranklist_intersection (void **state) {
    (void)state;
    const int64_t a[5] = {5, 3, 1, 1, -1}, b[4] = {1, 3, 7, -1};
    size_t common = 99;
    assert_ok (faiss_ranklist_intersection_size (5, a, 4, b, &common));
    assert_int_equal (common, 2);
    assert_ok (faiss_ranklist_intersection_size (0, NULL, 4, b, &common));
    assert_int_equal (common, 0);
    assert_fails (faiss_ranklist_intersection_size (1, NULL, 4, b, &common), "NULL");
}

static void test_clocks (void **state) {
    (void)state;
    double start = faiss_getmillisecs ();
    assert_true (start > 0);
    assert_true (faiss_getmillisecs () >= start);
    assert_true (faiss_get_cycles () != 0);
    assert_true (faiss_get_mem_usage_kb () > 0);
}

TEST_MAIN (cmocka_unit_test (test_checksums), cmocka_unit_test (test_histograms),
           cmocka_unit_test (test_subsample), cmocka_unit_test (test_ranklist_intersection),
           cmocka_unit_test (test_clocks))
