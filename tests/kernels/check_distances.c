/* Checks of the distance kernels. */
#include <math.h>
#include <string.h>

#include "checkkernels.h"

static const size_t dims[] = {0,  1,  2,  3,  4,  7,  8,   9,   15,  16,  17,
                              24, 31, 32, 33, 47, 64, 100, 128, 129, 784, 1001};
enum { N_DIMS = sizeof dims / sizeof *dims };

typedef float (*Term) (float x, float y);

static float term_L2 (float x, float y) {
    return (x - y) * (x - y);
}

static float term_inner_product (float x, float y) {
    return x * y;
}

static float term_L1 (float x, float y) {
    return fabsf (x - y);
}

/* The bound S of kernels.def. */
static float tolerance (Term term, const float *x, const float *y, size_t d) {
    double sum = 0;
    for (size_t j = 0; j < d; j++) {
        sum += fabs ((double)term (x[j], y[j]));
    }
    return (float)(1e-6 * sqrt ((double)d) * sum);
}

typedef float (*Pair) (const float *x, const float *y, size_t d);

static void check_pair (const Run *run, Pair reference, Pair tested, Term term) {
    for (int i = 0; i < N_DIMS; i++) {
        size_t d = dims[i];
        float *x = random_floats (d), *y = random_floats (d);
        float expected = reference (x, y, d), got = tested (x, y, d);
        if (!(fabsf (got - expected) <= (term ? tolerance (term, x, y, d) : 0))) {
            failed (run, "d=%zu: expected %g, got %g", d, (double)expected, (double)got);
        }
        if (d == 100 || d == 784) {
            BENCH (run, d == 100 ? "d=100" : "d=784", (double)d, tested (x, y, d));
        }
    }
}

/* One step: fused, as all of them are. */
static float add (bool is_L2, float sum, float x, float y) {
    float difference = x - y;
    return is_L2 ? fmaf (difference, difference, sum) : fmaf (x, y, sum);
}

/* The sum in the order of faiss 1.15.1 with AVX-512: see distances_avx512.c. */
static float sum_in_order (bool is_L2, const float *x, const float *y, size_t d) {
    float lanes[16] = {0};
    size_t j = 0;
    for (; j + 16 <= d; j += 16) {
        for (size_t i = 0; i < 16; i++) {
            lanes[i] = add (is_L2, lanes[i], x[j + i], y[j + i]);
        }
    }
    for (size_t n = 8; n > 0; n /= 2) {
        for (size_t i = 0; i < n; i++) {
            lanes[i] += lanes[n + i];
        }
        if (n == 8 && j + 8 <= d) {
            for (size_t i = 0; i < 8; i++) {
                lanes[i] = add (is_L2, lanes[i], x[j + i], y[j + i]);
            }
            j += 8;
        }
    }
    for (; j < d; j++) {
        lanes[0] = add (is_L2, lanes[0], x[j], y[j]);
    }
    return lanes[0];
}

/* To the bit, or links of graphs differ from upstream's. */
static void check_order (const Run *run, Pair tested, bool is_L2) {
    if (run->level != SIMDLevel_AVX512) {
        return;
    }
    for (int i = 0; i < 20 * N_DIMS; i++) {
        size_t d = dims[i % N_DIMS];
        float *x = random_floats (d), *y = random_floats (d);
        float expected = sum_in_order (is_L2, x, y, d), got = tested (x, y, d);
        if (memcmp (&got, &expected, sizeof got) != 0) {
            failed (run, "d=%zu: expected %.9g, got %.9g", d, (double)expected, (double)got);
        }
    }
}

void check_fvec_L2sqr (void) {
    for (Run run = RUN (fvec_L2sqr); next_run (&run);) {
        check_pair (&run, run.reference->fvec_L2sqr, run.tested->fvec_L2sqr, term_L2);
        check_order (&run, run.tested->fvec_L2sqr, true);
    }
}

void check_fvec_inner_product (void) {
    for (Run run = RUN (fvec_inner_product); next_run (&run);) {
        check_pair (&run, run.reference->fvec_inner_product, run.tested->fvec_inner_product,
                    term_inner_product);
        check_order (&run, run.tested->fvec_inner_product, false);
    }
}

void check_fvec_L1 (void) {
    for (Run run = RUN (fvec_L1); next_run (&run);) {
        check_pair (&run, run.reference->fvec_L1, run.tested->fvec_L1, term_L1);
    }
}

void check_fvec_Linf (void) {
    for (Run run = RUN (fvec_Linf); next_run (&run);) {
        check_pair (&run, run.reference->fvec_Linf, run.tested->fvec_Linf, NULL);
        for (size_t d = 1; d < 40; d++) { /* NaN components are skipped */
            float *x = random_floats (d), *y = random_floats (d);
            x[random_bits () % d] = NAN;
            y[random_bits () % d] = NAN;
            float expected = run.reference->fvec_Linf (x, y, d);
            if (run.tested->fvec_Linf (x, y, d) != expected) {
                failed (&run, "d=%zu with NaN: expected %g", d, (double)expected);
            }
        }
    }
}

typedef void (*Batch) (const float *x, const float *y0, const float *y1, const float *y2,
                       const float *y3, size_t d, float out[4]);

/* Equal, to the bit, to the same level's kernel for one pair. */
static void check_batch (const Run *run, Pair pair, Batch tested) {
    for (int i = 0; i < N_DIMS; i++) {
        size_t d = dims[i];
        float *x = random_floats (d), *y[4], *out = guarded (4 * sizeof *out);
        for (int j = 0; j < 4; j++) {
            y[j] = random_floats (d);
        }
        tested (x, y[0], y[1], y[2], y[3], d, out);
        for (int j = 0; j < 4; j++) {
            float expected = pair (x, y[j], d);
            if (memcmp (&out[j], &expected, sizeof expected) != 0) {
                failed (run, "d=%zu, vector %d: expected %.9g, got %.9g", d, j, (double)expected,
                        (double)out[j]);
            }
        }
        if (d == 100 || d == 784) {
            BENCH (run, d == 100 ? "d=100" : "d=784", 4 * (double)d,
                   (tested (x, y[0], y[1], y[2], y[3], d, out), 0));
        }
    }
}

void check_fvec_L2sqr_batch_4 (void) {
    for (Run run = RUN (fvec_L2sqr_batch_4); next_run (&run);) {
        check_batch (&run, run.tested->fvec_L2sqr, run.tested->fvec_L2sqr_batch_4);
    }
}

void check_fvec_inner_product_batch_4 (void) {
    for (Run run = RUN (fvec_inner_product_batch_4); next_run (&run);) {
        check_batch (&run, run.tested->fvec_inner_product, run.tested->fvec_inner_product_batch_4);
    }
}

typedef void (*Rows) (float *out, const float *x, const float *y, size_t d, size_t ny);

static void check_rows (const Run *run, Pair pair, Rows tested) {
    for (int i = 0; i < N_DIMS; i++) {
        for (size_t ny = 0; ny < 12; ny++) {
            size_t d = dims[i];
            float *x = random_floats (d), *y = random_floats (d * ny);
            float *out = guarded (ny * sizeof *out);
            tested (out, x, y, d, ny);
            for (size_t j = 0; j < ny; j++) {
                float expected = pair (x, y + j * d, d);
                if (memcmp (&out[j], &expected, sizeof expected) != 0) {
                    failed (run, "d=%zu, ny=%zu, vector %zu: expected %.9g, got %.9g", d, ny, j,
                            (double)expected, (double)out[j]);
                }
            }
        }
    }
    static const size_t sizes[][2] = {{100, 16}, {100, 400000}, {784, 4}, {784, 50000}};
    for (int i = 0; bench_wanted && i < 4; i++) { /* out of the cache and in it */
        size_t d = sizes[i][0], ny = sizes[i][1];
        float *x = random_floats (d), *y = random_floats (d * ny);
        float *out = guarded (ny * sizeof *out);
        char what[64];
        snprintf (what, sizeof what, "d=%zu ny=%zu", d, ny);
        BENCH (run, what, (double)(d * ny), (tested (out, x, y, d, ny), 0));
    }
}

void check_fvec_L2sqr_ny (void) {
    for (Run run = RUN (fvec_L2sqr_ny); next_run (&run);) {
        check_rows (&run, run.tested->fvec_L2sqr, run.tested->fvec_L2sqr_ny);
    }
}

void check_fvec_inner_products_ny (void) {
    for (Run run = RUN (fvec_inner_products_ny); next_run (&run);) {
        check_rows (&run, run.tested->fvec_inner_product, run.tested->fvec_inner_products_ny);
    }
}

void check_fvec_madd (void) {
    for (Run run = RUN (fvec_madd); next_run (&run);) {
        for (int i = 0; i < N_DIMS; i++) {
            size_t n = dims[i];
            float *a = random_floats (n), *b = random_floats (n), bf = random_float ();
            float *expected = guarded (n * sizeof (float)), *got = guarded (n * sizeof (float));
            run.reference->fvec_madd (n, a, bf, b, expected);
            run.tested->fvec_madd (n, a, bf, b, got);
            run.tested->fvec_madd (n, a, bf, b, b); /* in place */
            for (size_t j = 0; j < n; j++) {
                if (!(fabsf (got[j] - expected[j]) <= 3e-7f) || b[j] != got[j]) {
                    failed (&run, "n=%zu, element %zu: expected %g, got %g, in place %g", n, j,
                            (double)expected[j], (double)got[j], (double)b[j]);
                }
            }
        }
    }
}
