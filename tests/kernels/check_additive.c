/* Checks of the kernels of additive quantizers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "checkkernels.h"

static const size_t dims[] = {0, 1, 7, 8, 15, 16, 17, 33, 100};
static const size_t counts[] = {0, 1, 3, 5, 6, 7, 8, 12, 13, 16, 17, 31, 32, 33, 47, 64, 65, 100};
enum {
    N_DIMS = sizeof dims / sizeof *dims,
    N_COUNTS = sizeof counts / sizeof *counts,
    MAX_NX = 29
};

/* ---- all pairs ------------------------------------------------------------------------------- */

/* rows packed in memory that ends with them; *memory is to be freed */
static float *packed (const float *y, size_t ny, size_t d, float **memory) {
    size_t groups = (ny + FAISS_EXACT_ROWS - 1) / FAISS_EXACT_ROWS;
    size_t size = groups * FAISS_EXACT_ROWS * d * sizeof (float);
    *memory = aligned_alloc (64, size ? size : 64);
    faiss_kernels_of_level[0]->exact_pack_rows (y, NULL, ny, d, *memory);
    return *memory;
}

static float *floats (bool are_integers, size_t n) {
    return are_integers ? random_small_integers (n) : random_floats (n);
}

static void check_products (const Run *run, size_t d, size_t nx, size_t ny, unsigned variant) {
    bool is_exact = variant & 1;
    float *x = floats (is_exact, nx * d), *y = floats (is_exact, ny * d), *memory;
    float *x_terms = variant & 2 ? floats (is_exact, nx) : NULL;
    float *y_terms = variant & 4 ? floats (is_exact, ny) : NULL;
    float scale = variant & 8 ? -2 : 1;
    const float *rows = packed (y, ny, d, &memory);
    size_t ld = ny + variant, size = nx ? (nx - 1) * ld + ny : 0;
    float *expected = guarded (size * sizeof (float)), *got = guarded (size * sizeof (float));
    memset (expected, 0, size * sizeof (float));
    memset (got, 0, size * sizeof (float));
    run->reference->packed_products (x, nx, d, rows, ny, x_terms, y_terms, scale, expected, ld);
    run->tested->packed_products (x, nx, d, rows, ny, x_terms, y_terms, scale, got, ld);
    float tolerance = is_exact ? 0 : 4e-6f * sqrtf ((float)d) * (float)(d + 2);
    for (size_t i = 0; i < size; i++) {
        if (!(fabsf (expected[i] - got[i]) <= tolerance)) {
            failed (run, "d=%zu, nx=%zu, ny=%zu, variant %u, out[%zu]: expected %g, got %g", d, nx,
                    ny, variant, i, (double)expected[i], (double)got[i]);
            break;
        }
    }
    for (size_t i = 0; i < nx; i++) { /* a pair has one value, alone or among others */
        float alone;
        run->tested->packed_products (x + i * d, 1, d, rows, ny ? 1 : 0,
                                      x_terms ? x_terms + i : NULL, y_terms, scale, &alone, 1);
        if (ny > 0 && memcmp (&alone, &got[i * ld], sizeof alone) != 0) {
            failed (run, "d=%zu, nx=%zu, row %zu: %.9g alone, %.9g among others", d, nx, i,
                    (double)alone, (double)got[i * ld]);
        }
    }
    free (memory);
}

void check_packed_products (void) {
    for (Run run = RUN (packed_products); next_run (&run);) {
        for (size_t i = 0; i < N_DIMS; i++) {
            for (size_t j = 0; j < N_COUNTS; j++) {
                size_t nx = random_bits () % MAX_NX;
                check_products (&run, dims[i], nx, counts[j], random_bits () % 16);
                check_products (&run, dims[i], nx, counts[j], 1 | random_bits () % 16);
            }
        }
        enum { D = 100, NX = 60, NY = 256 };
        float *memory, *x = random_floats (NX * D), *out = guarded (NX * NY * sizeof *out);
        const float *rows = packed (random_floats (NY * D), NY, D, &memory);
        BENCH (&run, "60 x 256, d=100", (double)(NX * NY * D),
               (run.tested->packed_products (x, NX, D, rows, NY, NULL, NULL, 1, out, NY), 0));
        free (memory);
    }
}

void check_row_products (void) {
    for (Run run = RUN (row_products); next_run (&run);) {
        for (size_t i = 0; i < N_DIMS * N_COUNTS * 2; i++) {
            size_t d = dims[i % N_DIMS], ny = counts[i / N_DIMS % N_COUNTS];
            const float *x = random_floats (d), *y = random_floats (ny * d);
            const float *terms = i % 2 ? random_floats (ny) : NULL;
            float *memory, *got = guarded (ny * sizeof *got),
                           *expected = guarded (ny * sizeof *got);
            run.tested->row_products (x, d, y, ny, terms, got);
            const float *rows = packed (y, ny, d, &memory);
            run.tested->packed_products (x, 1, d, rows, ny, NULL, terms, 1, expected, ny);
            if (ny > 0 && memcmp (got, expected, ny * sizeof *got) != 0) {
                failed (&run, "d=%zu, ny=%zu: not the values of packed_products", d, ny);
            }
            free (memory);
        }
        const float *x = random_floats (784), *y = random_floats (784 * 784);
        float *out = guarded (784 * sizeof *out);
        BENCH (&run, "784 x 784", 784 * 784,
               (run.tested->row_products (x, 784, y, 784, NULL, out), 0));
        BENCH (&run, "100 x 100", 100 * 100,
               (run.tested->row_products (x, 100, y, 100, NULL, out), 0));
    }
}

/* ---- minima ---------------------------------------------------------------------------------- */

void check_aq_column_minima (void) {
    for (Run run = RUN (aq_column_minima); next_run (&run);) {
        for (size_t i = 0; i < N_COUNTS; i++) {
            float *values = random_floats (counts[i]), expected[32], got[32];
            for (size_t j = 0; j < counts[i]; j += 5) {
                values[j] = j % 2 ? NAN : INFINITY;
            }
            run.reference->aq_column_minima (values, counts[i], expected);
            run.tested->aq_column_minima (values, counts[i], got);
            if (memcmp (expected, got, sizeof got) != 0) {
                failed (&run, "n=%zu", counts[i]);
            }
        }
        float *values = random_floats (1280), out[32];
        BENCH (&run, "n=1280", 1280, (run.tested->aq_column_minima (values, 1280, out), 0));
    }
}

void check_aq_smallest_sum (void) {
    for (Run run = RUN (aq_smallest_sum); next_run (&run);) {
        for (size_t i = 0; i < 4 * N_COUNTS; i++) {
            size_t n = counts[i % N_COUNTS] + 1, n_rows = random_bits () % 9;
            bool has_ties = i % 2;
            const float *unary = floats (has_ties, n), *rows[8];
            for (size_t row = 0; row < 8; row++) {
                rows[row] = floats (has_ties, n);
            }
            uint32_t expected = run.reference->aq_smallest_sum (unary, rows, n_rows % 9, n);
            uint32_t got = run.tested->aq_smallest_sum (unary, rows, n_rows % 9, n);
            if (expected != got) {
                failed (&run, "n=%zu, %zu rows: expected %u, got %u", n, n_rows, expected, got);
            }
        }
        const float *unary = random_floats (256), *rows[7];
        for (int row = 0; row < 7; row++) {
            rows[row] = random_floats (256);
        }
        BENCH (&run, "7 rows, n=256", 7 * 256, run.tested->aq_smallest_sum (unary, rows, 7, 256));
    }
}
