/* Distances between plain arrays against straightforward loops. */
#include "testing.h"

#include <float.h>

#include <faiss/utils/blas.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/simd_levels.h>

static const size_t dims[] = {0, 1, 7, 8, 15, 16, 17, 100, 784};
enum { N_DIMS = sizeof dims / sizeof *dims };

static double exact (const float *x, const float *y, size_t d, int metric) {
    double sum = 0;
    for (size_t j = 0; j < d; j++) {
        double difference = (double)x[j] - (double)y[j];
        sum += metric ? difference * difference : (double)x[j] * (double)y[j];
    }
    return sum;
}

static bool close_to (float value, double expected, size_t d) {
    return fabs ((double)value - expected) <= 1e-6 * (double)(d + 1);
}

static float *vectors (TestRandom *random, size_t n, size_t d) {
    float *x = malloc ((n * d + 1) * sizeof *x);
    assert_non_null (x);
    testing_floats (random, x, n * d);
    return x;
}

static void one_against_many (void **unused) {
    (void)unused;
    TestRandom random = {1};
    for (int i = 0; i < N_DIMS; i++) {
        size_t d = dims[i], n = 13;
        float *x = vectors (&random, 1, d), *y = vectors (&random, n, d), out[13];
        faiss_fvec_L2sqr_ny (out, x, y, d, n);
        for (size_t j = 0; j < n; j++) {
            assert_true (close_to (out[j], exact (x, y + j * d, d, 1), d));
            assert_true (out[j] == faiss_fvec_L2sqr (x, y + j * d, d));
        }
        faiss_fvec_inner_products_ny (out, x, y, d, n);
        for (size_t j = 0; j < n; j++) {
            assert_true (close_to (out[j], exact (x, y + j * d, d, 0), d));
        }
        assert_int_equal (faiss_fvec_L2sqr_ny_nearest (out, y + 7 * d, y, d, n), d ? 7 : 0);
        int64_t ix[] = {0, 0}, iy[] = {12, 5};
        faiss_pairwise_indexed_L2sqr (d, 2, x, ix, y, iy, out);
        assert_true (out[1] == faiss_fvec_L2sqr (x, y + 5 * d, d));
        faiss_pairwise_indexed_inner_product (d, 2, x, ix, y, iy, out);
        assert_true (out[0] == faiss_fvec_inner_product (x, y + 12 * d, d));
        idx_t ids[4] = {3, -1, 12, 3};
        faiss_fvec_inner_products_by_idx (out, x, y, ids, d, 1, 4);
        assert_true (out[1] == -HUGE_VALF && out[0] == out[3]);
        faiss_fvec_L2sqr_by_idx (out, x, y, ids, d, 1, 4);
        assert_true (out[1] == HUGE_VALF);
        assert_true (out[2] == faiss_fvec_L2sqr (x, y + 12 * d, d));
        free (x), free (y);
    }
}

static void pairs_with_strides (void **unused) {
    (void)unused;
    TestRandom random = {2};
    for (int i = 0; i < N_DIMS; i++) {
        size_t d = dims[i], ldq = d + 3, ldb = d + 5, nq = i == 3 ? 520 : 6, nb = 9, ldd = 11;
        float *xq = vectors (&random, nq, ldq), *xb = vectors (&random, nb, ldb);
        float *dis = vectors (&random, nq, ldd), before = dis[nb];
        faiss_pairwise_L2sqr ((int64_t)d, (int64_t)nq, xq, (int64_t)nb, xb, dis, (int64_t)ldq,
                              (int64_t)ldb, (int64_t)ldd);
        for (size_t q = 0; q < nq; q++) {
            for (size_t b = 0; b < nb; b++) {
                assert_true (
                    close_to (dis[q * ldd + b], exact (xq + q * ldq, xb + b * ldb, d, 1), d));
            }
        }
        assert_true (dis[nb] == before); /* nothing between the rows is written */
        faiss_pairwise_L2sqr_with_defaults ((int64_t)d, 2, xq, 3, xb, dis);
        assert_true (close_to (dis[5], exact (xq + d, xb + 2 * d, d, 1), d));
        free (xq), free (xb), free (dis);
    }
}

static void norms (void **unused) {
    (void)unused;
    float x[] = {3, 4, 0, 0, 1, 0}, out[3];
    faiss_fvec_norms_L2 (out, x, 2, 3);
    assert_true (out[0] == 5 && out[1] == 0 && out[2] == 1);
    faiss_fvec_norms_L2sqr (out, x, 2, 3);
    assert_true (out[0] == 25);
    faiss_fvec_renorm_L2 (2, 3, x);
    assert_true (fabsf (x[0] - 0.6f) < 1e-6f && x[2] == 0 && x[4] == 1);
}

static void subsets (void **unused) {
    (void)unused;
    float y[] = {0, 1, 2, 3, 4}, x[] = {0, 10}, vals[6];
    idx_t subset[] = {4, 2, 1, -1, 2, 3, -1, 0}, ids[6];
    assert_ok (faiss_knn_L2sqr_by_idx (x, y, subset, 1, 2, 5, 4, 3, vals, ids, -1));
    assert_true (ids[0] == 1 && ids[1] == 2 && ids[2] == 4);
    assert_true (ids[3] == 3 && ids[4] == 2 && ids[5] == -1 && vals[5] == FLT_MAX);
    assert_ok (faiss_knn_inner_products_by_idx (x, y, subset, 1, 2, 5, 2, 2, vals, ids, 4));
    assert_true (ids[2] == 3 && ids[3] == 2 && vals[2] == 30);
    subset[2] = 5;
    assert_fails (faiss_knn_L2sqr_by_idx (x, y, subset, 1, 2, 5, 4, 3, vals, ids, -1), "ny=5");
}

static void sorting_is_stable_and_ends_with_nan (void **unused) {
    (void)unused;
    float vals[] = {3, NAN, 1, 2, 1, -HUGE_VALF, NAN};
    idx_t perm[7], expected[7] = {5, 2, 4, 3, 0, 1, 6};
    assert_ok (faiss_fvec_argsort (7, vals, perm));
    assert_memory_equal (perm, expected, sizeof perm);
    TestRandom random = {3};
    float *many = vectors (&random, 1000, 1);
    idx_t *order = malloc (1000 * sizeof *order);
    assert_ok (faiss_fvec_argsort (1000, many, order));
    for (int i = 1; i < 1000; i++) {
        assert_true (many[order[i - 1]] < many[order[i]] ||
                     (many[order[i - 1]] == many[order[i]] && order[i - 1] < order[i]));
    }
    free (many), free (order);
}

static void arithmetic_works_in_place (void **unused) {
    (void)unused;
    float a[19], b[19], c[19];
    TestRandom random = {4};
    testing_floats (&random, a, 19);
    testing_floats (&random, b, 19);
    faiss_fvec_sub (19, a, b, c);
    faiss_fvec_add (19, c, b, c);
    faiss_fvec_madd (19, c, -1, a, c);
    for (int i = 0; i < 19; i++) {
        assert_true (fabsf (c[i]) < 1e-6f);
        a[i] = (float)((i * 7) % 19), b[i] = 1;
    }
    assert_int_equal (faiss_fvec_madd_and_argmin (19, a, 2, b, c), 0);
    a[4] = a[11] = -1;
    assert_int_equal (faiss_fvec_madd_and_argmin (19, a, 2, b, c), 4);
}

static void levels_have_names (void **unused) {
    (void)unused;
    FaissSIMDLevel before = faiss_get_simd_level (), level;
    assert_ok (faiss_simd_level_from_name (&level, "NONE"));
    assert_int_equal (level, SIMDLevel_NONE);
    assert_string_equal (faiss_simd_level_name (SIMDLevel_AVX512), "AVX512");
    assert_string_equal (faiss_simd_level_name ((FaissSIMDLevel)99), "unknown");
    assert_fails (faiss_simd_level_from_name (&level, "avx9"), "avx9");
    assert_fails (faiss_set_simd_level (SIMDLevel_COUNT), "8");
    assert_fails (faiss_set_simd_level (SIMDLevel_RISCV_RVV), "RISCV_RVV");
    assert_int_equal (faiss_get_simd_level (), before);
    assert_ok (faiss_set_simd_level (SIMDLevel_NONE));
    assert_ok (faiss_set_simd_level (before));
}

extern int openblas_get_num_threads (void) __attribute__ ((weak));
extern void openblas_set_num_threads (int n) __attribute__ ((weak));

/* Two searches of a program may overlap: the first to end does not give the BLAS threads back. */
static void the_last_to_leave_gives_the_blas_its_threads_back (void **state) {
    (void)state;
    testing_needs_threads ();
    if (!openblas_get_num_threads || !openblas_set_num_threads) {
        skip ();
    }
    int before = openblas_get_num_threads ();
    openblas_set_num_threads (2);
    int two = openblas_get_num_threads ();
    faiss_blas_single_threaded_begin ();
    faiss_blas_single_threaded_begin ();
    faiss_blas_single_threaded_end ();
    assert_int_equal (openblas_get_num_threads (), 1);
    faiss_blas_single_threaded_end ();
    assert_int_equal (openblas_get_num_threads (), two);
    openblas_set_num_threads (before);
}

TEST_MAIN (cmocka_unit_test (one_against_many), cmocka_unit_test (pairs_with_strides),
           cmocka_unit_test (norms), cmocka_unit_test (subsets),
           cmocka_unit_test (sorting_is_stable_and_ends_with_nan),
           cmocka_unit_test (arithmetic_works_in_place), cmocka_unit_test (levels_have_names),
           cmocka_unit_test (the_last_to_leave_gives_the_blas_its_threads_back))
