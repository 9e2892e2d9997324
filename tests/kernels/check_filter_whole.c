/* Checks of the kernels of rows of whole numbers by their filter codes. */
#include <math.h>
#include <string.h>

#include <faiss/kernels/filter_codes.h>

#include "checkkernels.h"

static const size_t dims[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 784, 1000};
enum { N_DIMS = sizeof dims / sizeof *dims, N = 40 };

/* Pixels, whole numbers around others, and rows that are none; some are equal or nearly. */
static void fill_row (float *row, size_t d, unsigned kind) {
    unsigned range = kind % 3 == 0 ? 256 : kind % 3 == 1 ? 16 : 2;
    float low = kind < 6 ? 0 : kind < 9 ? -128 : kind < 12 ? 16384 : kind < 15 ? 100000 : 0;
    for (size_t j = 0; j < d; j++) {
        row[j] = low + (float)(random_bits () % range);
    }
    if (kind == 15) {
        row[random_bits () % d] += 0.5f;
    } else if (kind == 16) {
        row[random_bits () % d] = 1e-12f;
    } else if (kind == 17) {
        row[random_bits () % d] = NAN;
    }
}

static bool is_of_bytes (const float *row, size_t d) {
    float min = row[0], max = row[0];
    bool is_whole = true;
    for (size_t j = 0; j < d; j++) {
        min = fminf (min, row[j]);
        max = fmaxf (max, row[j]);
        is_whole &= row[j] == rintf (row[j]);
    }
    return is_whole && max - min <= 255 && fabsf (min) <= FAISS_FILTER_MAX_LOW;
}

static void check_some (const Run *run, const float *y, const uint8_t *rows, size_t d, size_t n) {
    const FaissKernels *tested = run->tested;
    uint32_t *ids = guarded (N * sizeof *ids), *positions = guarded (n * sizeof *positions);
    float *out = guarded (n * sizeof *out);
    size_t a = random_bits () % N, n_negative = 0;
    for (size_t i = 0; i < N; i++) {
        ids[i] = random_bits () % N;
    }
    for (size_t i = 0; i < n; i++) {
        positions[i] = random_bits () % N;
    }
    size_t got = tested->filter_whole_L2 (rows + a * faiss_filter_stride (d), d, rows, ids,
                                          positions, n, out);
    for (size_t i = 0; i < n; i++) {
        const float *other = y + ids[positions[i]] * d;
        float value =
            (tested->fvec_L2sqr ? tested : run->reference)->fvec_L2sqr (y + a * d, other, d);
        bool is_certain = is_of_bytes (y + a * d, d) && is_of_bytes (other, d) && value >= 1 &&
                          value < FAISS_FILTER_MAX_WHOLE;
        n_negative += out[i] < 0;
        if (out[i] < 0 ? is_certain : out[i] != value) {
            failed (run, "d=%zu: %.9g, expected %.9g", d, out[i], value);
        }
    }
    if (got != n_negative) {
        failed (run, "d=%zu: %zu are negative, expected %zu", d, got, n_negative);
    }
}

void check_filter_whole_L2 (void) {
    for (Run run = RUN (filter_whole_L2); next_run (&run);) {
        for (size_t i = 0; i < N_DIMS; i++) {
            size_t d = dims[i];
            for (int round = 0; round < 20; round++) {
                float *y = random_floats (N * d);
                uint8_t *rows = guarded (N * faiss_filter_stride (d));
                for (size_t row = 0; row < N; row++) {
                    fill_row (y + row * d, d, round < 10 ? 6 : random_bits () % 20);
                    if (row > 0 && row % 5 == 0) {
                        memcpy (y + row * d, y + (row - 1) * d, d * sizeof *y);
                        y[row * d] += (float)(row % 2);
                    }
                }
                faiss_kernels_of_level[0]->filter_encode (y, N, d, rows);
                check_some (&run, y, rows, d, (size_t)round);
            }
        }
        if (bench_wanted) {
            size_t d = 784, n = 32;
            float *y = random_floats (n * d), out[32];
            uint8_t *rows = guarded (n * faiss_filter_stride (d));
            uint32_t ids[32];
            for (uint32_t j = 0; j < n; j++) {
                fill_row (y + j * d, d, 0);
                ids[j] = j;
            }
            faiss_kernels_of_level[0]->filter_encode (y, n, d, rows);
            BENCH (&run, "32 rows of d=784", 32 * (double)d,
                   run.tested->filter_whole_L2 (rows, d, rows, ids, ids, n, out));
        }
    }
}
