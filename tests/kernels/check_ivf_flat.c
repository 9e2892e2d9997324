/* Checks of the scans of inverted lists. */
#include <math.h>
#include <string.h>

#include "checkkernels.h"

typedef void (*Scan) (const float *const *x, size_t nx, const float *y, size_t d, size_t ny,
                      float *out, size_t ld);

static const size_t dims[] = {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 100, 784};
enum { N_DIMS = sizeof dims / sizeof *dims, MAX_NY = 21 };

/* Sums of small integers are exact: the order does not matter. */
static void check_exact (const Run *run, Scan reference, Scan tested, size_t d, size_t nx,
                         size_t ny) {
    const float *x[4];
    for (size_t i = 0; i < nx; i++) {
        x[i] = random_small_integers (d);
    }
    float *y = random_small_integers (ny * d);
    size_t ld = ny + nx, size = nx ? (nx - 1) * ld + ny : 0;
    float *expected = guarded (size * sizeof (float)), *got = guarded (size * sizeof (float));
    memset (expected, 0, size * sizeof (float));
    memset (got, 0, size * sizeof (float));
    reference (x, nx, y, d, ny, expected, ld);
    tested (x, nx, y, d, ny, got, ld);
    for (size_t i = 0; i < size; i++) {
        if (expected[i] != got[i]) {
            failed (run, "d=%zu, nx=%zu, ny=%zu, out[%zu]: expected %g, got %g", d, nx, ny, i,
                    (double)expected[i], (double)got[i]);
            return;
        }
    }
}

/* A pair has one distance, alone or among others; near to the definition's. */
static void check_bits (const Run *run, Scan reference, Scan tested, size_t d) {
    const float *x[4];
    for (size_t i = 0; i < 4; i++) {
        x[i] = random_floats (d);
    }
    float *y = random_floats (MAX_NY * d);
    float all[4 * MAX_NY], alone, expected;
    for (size_t nx = 1; nx <= 4; nx++) {
        tested (x, nx, y, d, MAX_NY, all, MAX_NY);
        for (size_t i = 0; i < nx * MAX_NY; i++) {
            tested (&x[i / MAX_NY], 1, y + i % MAX_NY * d, d, 1, &alone, 1);
            reference (&x[i / MAX_NY], 1, y + i % MAX_NY * d, d, 1, &expected, 1);
            if (memcmp (&all[i], &alone, sizeof alone) != 0) {
                failed (run, "d=%zu, nx=%zu, pair %zu: %.9g alone, %.9g among others", d, nx, i,
                        (double)alone, (double)all[i]);
            }
            if (!(fabsf (alone - expected) <= 4e-6f * sqrtf ((float)d) * (float)d)) {
                failed (run, "d=%zu, pair %zu: expected %g, got %g", d, i, (double)expected,
                        (double)alone);
            }
        }
    }
}

static void check_scan (const Run *run, Scan reference, Scan tested) {
    for (size_t i = 0; i < N_DIMS; i++) {
        check_bits (run, reference, tested, dims[i]);
        for (size_t nx = 1; nx <= 4; nx++) {
            for (size_t ny = i % 2; ny <= MAX_NY; ny += i % 3 + 2) {
                check_exact (run, reference, tested, dims[i], nx, ny);
            }
        }
    }
    for (size_t d = 100; d <= 784; d += 684) {
        float *y = random_floats (64 * d), *out = guarded (4 * 64 * sizeof *out);
        const float *x[4] = {y, y + d, y + 2 * d, y + 3 * d};
        for (size_t nx = 1; nx <= 4; nx++) {
            char what[64];
            snprintf (what, sizeof what, "d=%zu nx=%zu ny=64", d, nx);
            BENCH (run, what, (double)(nx * 64 * d), (tested (x, nx, y, d, 64, out, 64), 0));
        }
    }
}

void check_ivf_L2sqr (void) {
    for (Run run = RUN (ivf_L2sqr); next_run (&run);) {
        check_scan (&run, run.reference->ivf_L2sqr, run.tested->ivf_L2sqr);
    }
}

void check_ivf_inner_product (void) {
    for (Run run = RUN (ivf_inner_product); next_run (&run);) {
        check_scan (&run, run.reference->ivf_inner_product, run.tested->ivf_inner_product);
    }
}

typedef size_t (*Find) (const float *values, size_t n, float bound, uint32_t *positions);

static void check_find (const Run *run, Find reference, Find tested) {
    for (size_t n = 0; n < 70; n++) {
        float *values = random_small_integers (n);
        for (size_t i = 0; i < n; i += 11) {
            values[i] = NAN;
        }
        for (float bound = -5; bound < 6; bound++) {
            uint32_t *expected = guarded (n * sizeof *expected);
            uint32_t *got = guarded (n * sizeof *got);
            size_t n_expected = reference (values, n, bound, expected);
            size_t n_got = tested (values, n, bound, got);
            if (n_got != n_expected || memcmp (got, expected, n_got * sizeof *got) != 0) {
                failed (run, "n=%zu, bound %g: expected %zu positions, got %zu or others", n,
                        (double)bound, n_expected, n_got);
            }
        }
    }
}

void check_find_at_most (void) {
    for (Run run = RUN (find_at_most); next_run (&run);) {
        check_find (&run, run.reference->find_at_most, run.tested->find_at_most);
    }
}

void check_find_at_least (void) {
    for (Run run = RUN (find_at_least); next_run (&run);) {
        check_find (&run, run.reference->find_at_least, run.tested->find_at_least);
    }
}
