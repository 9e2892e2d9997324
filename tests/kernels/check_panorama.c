/* Checks of the kernel that searches by levels. */
#include <math.h>
#include <string.h>

#include "checkkernels.h"

enum { N_ROWS = 100 };

typedef struct Left {
    size_t n;
    uint32_t *active;
    float *keys;
} Left;

static Left run_on (const FaissKernels *kernels, const FaissPanoramaLevel *level, size_t n,
                    const uint32_t *active, const float *keys) {
    Left left = {.active = guarded (n * sizeof *active), .keys = guarded (n * sizeof *keys)};
    memcpy (left.active, active, n * sizeof *active);
    memcpy (left.keys, keys, n * sizeof *keys);
    left.n = kernels->panorama_level (level, n, left.active, left.keys);
    return left;
}

static void check_level (const Run *run, size_t width, size_t n, float bound) {
    /* small integers: products are exact */
    float *x = random_small_integers (width), *rows = random_small_integers (N_ROWS * width);
    float *sums = random_floats (N_ROWS), *keys = random_small_integers (n);
    uint32_t *active = guarded (n * sizeof *active);
    for (size_t i = 0; i < n; i++) {
        active[i] = (uint32_t)(n == N_ROWS ? i : i * (N_ROWS / n) + random_bits () % (N_ROWS / n));
    }
    if (n > 3) {
        keys[2] = NAN;
    }
    FaissPanoramaLevel level = {.x = x,
                                .width = width,
                                .rows = rows,
                                .sums = sums,
                                .scale = 2,
                                .rest = 1.5f,
                                .bound = bound};
    Left got = run_on (run->tested, &level, n, active, keys);
    Left expected = run_on (run->reference, &level, n, active, keys);
    bool same =
        got.n == expected.n && memcmp (got.active, expected.active, got.n * sizeof *active) == 0;
    for (size_t i = 0; same && i < got.n; i++) {
        same = got.keys[i] == expected.keys[i] || (isnan (got.keys[i]) && isnan (expected.keys[i]));
    }
    if (!same) {
        failed (run, "width=%zu, n=%zu, bound=%g: expected %zu rows, got %zu", width, n,
                (double)bound, expected.n, got.n);
    }
}

static void bench (const Run *run, size_t width) {
    /* masked loads beside memory that cannot be read are slow: not at the end of a page */
    float *x = random_floats (width + 32), *rows = random_floats (257 * width);
    float *sums = random_floats (256), *keys = random_floats (256);
    uint32_t *active = guarded (256 * sizeof *active);
    for (uint32_t i = 0; i < 256; i++) {
        active[i] = i;
    }
    FaissPanoramaLevel level = {
        .x = x, .width = width, .rows = rows, .sums = sums, .scale = 0, .rest = 0, .bound = 2};
    char what[64];
    snprintf (what, sizeof what, "width=%zu n=256", width);
    BENCH (run, what, 256.0, run->tested->panorama_level (&level, 256, active, keys));
}

void check_panorama_level (void) {
    static const size_t widths[] = {1, 2, 3, 4, 7, 8, 9, 12, 13, 15, 16, 17, 31, 32, 33, 64, 98};
    static const size_t counts[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 50, 100};
    for (Run run = RUN (panorama_level); next_run (&run);) {
        for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
            for (size_t j = 0; j < sizeof counts / sizeof *counts; j++) {
                check_level (&run, widths[i], counts[j], -HUGE_VALF);
                check_level (&run, widths[i], counts[j], 0.3f);
                check_level (&run, widths[i], counts[j], HUGE_VALF);
            }
        }
        static const size_t timed[] = {12, 16, 32, 98};
        for (size_t i = 0; i < sizeof timed / sizeof *timed; i++) {
            bench (&run, timed[i]);
        }
    }
}
