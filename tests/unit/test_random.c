/* Random numbers: upstream's values for the same seeds, whatever the number of threads. */
#include "testing.h"

#ifdef _OPENMP
#include <omp.h>
#endif

#include <faiss/impl/random_internal.h>
#include <faiss/utils/random.h>

#include "golden/golden.h"
#include "golden/random.h"

static const int maxima[3] = {10, 1000, 1000000007};

static void assert_ints (const int64_t *expected, int64_t got) {
    assert_int_equal (got, *expected);
}

static void test_RandomGenerator (void **state) {
    (void)state;
    FaissRandomGenerator *generator = NULL;
    assert_ok (faiss_RandomGenerator_new (&generator, 1234));
    for (int i = 0; i < golden_RandomGenerator_rand_int_n; i++) {
        assert_ints (&golden_RandomGenerator_rand_int[i],
                     faiss_RandomGenerator_rand_int (generator));
    }
    for (int i = 0; i < golden_RandomGenerator_rand_int64_n; i++) {
        assert_ints (&golden_RandomGenerator_rand_int64[i],
                     faiss_RandomGenerator_rand_int64 (generator));
    }
    for (int i = 0; i < golden_RandomGenerator_rand_int_max_n; i++) {
        assert_ints (&golden_RandomGenerator_rand_int_max[i],
                     faiss_RandomGenerator_rand_int_max (generator, maxima[i]));
    }
    for (int i = 0; i < golden_RandomGenerator_rand_float_n; i++) {
        float value = faiss_RandomGenerator_rand_float (generator);
        assert_golden (&value, &golden_RandomGenerator_rand_float[i], 1);
    }
    for (int i = 0; i < golden_RandomGenerator_rand_double_n; i++) {
        assert_true (faiss_RandomGenerator_rand_double (generator) ==
                     golden_RandomGenerator_rand_double[i]);
    }
    faiss_RandomGenerator_free (generator);
}

static void test_SplitMix64 (void **state) {
    (void)state;
    FaissSplitMix64RandomGenerator *generator = NULL;
    assert_ok (faiss_SplitMix64RandomGenerator_new (&generator, 1234));
    for (int i = 0; i < golden_SplitMix64_rand_int_n; i++) {
        assert_ints (&golden_SplitMix64_rand_int[i],
                     faiss_SplitMix64RandomGenerator_rand_int (generator));
    }
    for (int i = 0; i < golden_SplitMix64_rand_int64_n; i++) {
        assert_ints (&golden_SplitMix64_rand_int64[i],
                     faiss_SplitMix64RandomGenerator_rand_int64 (generator));
    }
    for (int i = 0; i < golden_SplitMix64_rand_int_max_n; i++) {
        assert_ints (&golden_SplitMix64_rand_int_max[i],
                     faiss_SplitMix64RandomGenerator_rand_int_max (generator, maxima[i]));
    }
    for (int i = 0; i < golden_SplitMix64_rand_float_n; i++) {
        float value = faiss_SplitMix64RandomGenerator_rand_float (generator);
        assert_golden (&value, &golden_SplitMix64_rand_float[i], 1);
    }
    for (int i = 0; i < golden_SplitMix64_rand_double_n; i++) {
        assert_true (faiss_SplitMix64RandomGenerator_rand_double (generator) ==
                     golden_SplitMix64_rand_double[i]);
    }
    faiss_SplitMix64RandomGenerator_free (generator);
}

/* The standard names the 10000th number of std::mt19937 and std::mt19937_64 with default seeds. */
static void test_twisters_against_the_standard (void **state) {
    (void)state;
    FaissRandomGenerator generator;
    faiss_RandomGenerator_init (&generator, 5489);
    FaissMt64 generator64;
    faiss_mt64_init (&generator64, 5489);
    for (int i = 0; i < 9999; i++) {
        faiss_RandomGenerator_rand_int (&generator);
        faiss_mt64_next (&generator64);
    }
    assert_int_equal (faiss_RandomGenerator_rand_int (&generator), 4123659995u & 0x7fffffffu);
    assert_true (faiss_mt64_next (&generator64) == 9981545732273789042u);
}

static void test_floats (void **state) {
    (void)state;
    float x[4100];
    faiss_float_rand (x, 10, 123);
    assert_golden (x, golden_float_rand_small_values, golden_float_rand_small_values_n);
    faiss_float_randn (x, 9, 123);
    assert_golden (x, golden_float_randn_small_values, golden_float_randn_small_values_n);
    faiss_float_rand (x, 2050, 5);
    for (int i = 0; i < golden_float_rand_blocks_indices_n; i++) {
        assert_golden (&x[golden_float_rand_blocks_indices[i]], &golden_float_rand_blocks_values[i],
                       1);
    }
    faiss_float_randn (x, 4100, 77);
    for (int i = 0; i < golden_float_randn_blocks_indices_n; i++) {
        assert_golden (&x[golden_float_randn_blocks_indices[i]],
                       &golden_float_randn_blocks_values[i], 1);
    }
}

static void test_integers (void **state) {
    (void)state;
    int64_t x[3000];
    faiss_int64_rand (x, 5, 1);
    assert_memory_equal (x, golden_int64_rand_values, sizeof golden_int64_rand_values);
    faiss_int64_rand_max (x, 6, 1000, 42);
    assert_memory_equal (x, golden_int64_rand_max_values, sizeof golden_int64_rand_max_values);
    faiss_int64_rand (x, 3000, 9);
    for (int i = 0; i < golden_int64_rand_blocks_indices_n; i++) {
        assert_ints (&golden_int64_rand_blocks_values[i], x[golden_int64_rand_blocks_indices[i]]);
    }
    uint8_t bytes[12];
    faiss_byte_rand (bytes, 12, 99);
    for (int i = 0; i < golden_byte_rand_values_n; i++) {
        assert_ints (&golden_byte_rand_values[i], bytes[i]);
    }
}

static void test_permutations (void **state) {
    (void)state;
    int perm[12], prefix[12];
    faiss_rand_perm (perm, 12, 1234);
    faiss_rand_perm_prefix (prefix, 12, 5, 1234);
    for (int i = 0; i < golden_rand_perm_values_n; i++) {
        assert_ints (&golden_rand_perm_values[i], perm[i]);
    }
    assert_memory_equal (perm, prefix, 5 * sizeof *perm);
    faiss_rand_perm_splitmix64 (perm, 12, 1234);
    for (int i = 0; i < golden_rand_perm_splitmix64_values_n; i++) {
        assert_ints (&golden_rand_perm_splitmix64_values[i], perm[i]);
    }
    faiss_rand_perm (NULL, 0, 1);
    faiss_rand_perm (perm, 1, 1);
    assert_int_equal (perm[0], 0);
}

static void test_rand_smooth_vectors (void **state) {
    (void)state;
    float x[12];
    assert_ok (faiss_rand_smooth_vectors (4, 3, x, 1234));
    assert_golden (x, golden_rand_smooth_vectors_values, 12);
    assert_ok (faiss_rand_smooth_vectors (0, 3, NULL, 1234));
    assert_fails (faiss_rand_smooth_vectors (4, 3, NULL, 1234), "x is NULL");
    assert_fails (faiss_rand_smooth_vectors (SIZE_MAX, 1, x, 1234), "too large");
}

/* Around the size from which arrays are cut into blocks, on one thread and on several. */
static void test_threads_do_not_show (void **state) {
    (void)state;
#ifdef _OPENMP
    int before = omp_get_max_threads ();
    const size_t sizes[] = {0, 1, 2, 1023, 1024, 1025, 4099};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        float one[4099] = {0}, many[4099] = {0};
        omp_set_num_threads (1);
        faiss_float_randn (one, sizes[s], 3);
        omp_set_num_threads (5);
        faiss_float_randn (many, sizes[s], 3);
        assert_memory_equal (one, many, sizeof one);
    }
    omp_set_num_threads (before);
#endif
}

static void test_mt64_below (void **state) {
    (void)state;
    FaissMt64 generator;
    faiss_mt64_init (&generator, 1);
    int hist[7] = {0};
    for (int i = 0; i < 7000; i++) {
        uint64_t value = faiss_mt64_below (&generator, 7);
        assert_true (value < 7);
        hist[value]++;
        double real = faiss_mt64_real (&generator, 2.5);
        assert_true (real >= 0 && real < 2.5);
    }
    for (int i = 0; i < 7; i++) {
        assert_in_range (hist[i], 850, 1150);
    }
}

TEST_MAIN (cmocka_unit_test (test_RandomGenerator), cmocka_unit_test (test_SplitMix64),
           cmocka_unit_test (test_twisters_against_the_standard), cmocka_unit_test (test_floats),
           cmocka_unit_test (test_integers), cmocka_unit_test (test_permutations),
           cmocka_unit_test (test_rand_smooth_vectors), cmocka_unit_test (test_threads_do_not_show),
           cmocka_unit_test (test_mt64_below))
