/* Eigenvectors: of all kinds of matrices, across the sizes at which the methods change. */
#include "testing.h"

#include <faiss/utils/eigen.h>

typedef FaissStatus Method (size_t n, double *a, double *values);

static double dot (size_t n, const double *x, const double *y) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i] * y[i];
    }
    return sum;
}

/* Are the columns of q orthonormal, and a q = q * values, values ascending? */
static void assert_decomposed (size_t n, const double *a, const double *q, const double *values) {
    double largest = fmax (fabs (values[0]), fabs (values[n - 1])),
           bound = 1e-12 * largest + 1e-300;
    for (size_t j = 0; j < n; j++) {
        const double *v = q + j * n;
        assert_true (j == 0 || values[j - 1] <= values[j]);
        for (size_t i = 0; i < n; i++) {
            assert_true (fabs (dot (n, a + i * n, v) - values[j] * v[i]) <= bound);
            assert_true (i > j || fabs (dot (n, q + i * n, v) - (i == j)) < 1e-12);
        }
    }
}

static void check (Method *method, size_t n, const double *a) {
    double *q = malloc (n * n * sizeof *q), *values = malloc (n * sizeof *values);
    memcpy (q, a, n * n * sizeof *q);
    assert_ok (method (n, q, values));
    assert_decomposed (n, a, q, values);
    free (q);
    free (values);
}

/* Of random numbers in the first `used` rows and columns. */
static double *matrix (size_t n, size_t used, bool is_diagonal) {
    TestRandom random = {n + used};
    double *a = calloc (n * n, sizeof *a);
    for (size_t i = 0; i < used; i++) {
        for (size_t j = is_diagonal ? i : 0; j <= i; j++) {
            float x = 0;
            testing_floats (&random, &x, 1);
            a[i * n + j] = a[j * n + i] = is_diagonal ? (double)(i % 7) : (double)x;
        }
    }
    return a;
}

static void all_kinds (void **state) {
    (void)state;
    static Method *const methods[] = {faiss_symmetric_eigen, faiss_symmetric_eigen_divide};
    static const size_t sizes[] = {1, 2, 7, 256, 257, 515};
    for (size_t m = 0; m < 2; m++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            size_t n = sizes[s];
            for (int kind = 0; kind < 4; kind++) {
                double *a = matrix (n,
                                    kind == 0   ? n
                                    : kind == 1 ? n / 3
                                    : kind == 2 ? n - 1
                                                : 0,
                                    kind == 2);
                check (methods[m], n, a);
                free (a);
            }
        }
    }
}

/* Counts, as of codes: many values are zero, many nearly equal; and its scale does not matter. */
static void counts_of_codes (void **state) {
    (void)state;
    enum { M = 5, K = 64, N_ROWS = M * K, N = 3000 };
    TestRandom random = {1};
    double *a = calloc (N_ROWS * N_ROWS, sizeof *a);
    for (int i = 0; i < N; i++) {
        size_t code[M];
        for (size_t m = 0; m < M; m++) {
            code[m] = m * K + testing_random (&random) % K;
        }
        for (size_t m = 0; m < M * M; m++) {
            a[code[m / M] * N_ROWS + code[m % M]]++;
        }
    }
    check (faiss_symmetric_eigen_divide, N_ROWS, a);
    for (size_t i = 0; i < N_ROWS * N_ROWS; i++) {
        a[i] *= 1e-200;
    }
    check (faiss_symmetric_eigen_divide, N_ROWS, a);
    free (a);
}

TEST_MAIN (cmocka_unit_test (all_kinds), cmocka_unit_test (counts_of_codes))
