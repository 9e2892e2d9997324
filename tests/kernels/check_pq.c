/* Checks of the kernels of product quantizers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "checkkernels.h"

enum { ENTRIES = 256, LANES = 64 };

static const size_t columns[] = {1, 2, 3, 4, 7, 8, 15, 16, 17, 25, 31, 32, 33, 50, 64, 98, 112};
static const size_t numbers[] = {0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 255, 256, 257, 300, 520};
enum {
    N_COLUMNS = sizeof columns / sizeof *columns,
    N_NUMBERS = sizeof numbers / sizeof *numbers,
    MAX_N = 520,
};

static uint8_t *random_bytes (size_t n) {
    uint8_t *bytes = guarded (n);
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)random_bits ();
    }
    return bytes;
}

static size_t whole_groups (size_t n) {
    return (n + LANES - 1) / LANES * LANES;
}

static void check_sum (const Run *run, size_t n_columns, size_t n) {
    size_t stride = n_columns + random_bits () % 3;
    const float *tables = random_floats (n_columns * ENTRIES);
    const uint8_t *codes = random_bytes (n * stride);
    float expected[MAX_N], *out = guarded (n * sizeof *out);
    uint32_t *positions = guarded (n * sizeof *positions);
    for (size_t i = 0; i < n; i++) {
        positions[i] = random_bits () % (unsigned)n;
    }
    for (int listed = 0; listed < 2; listed++) {
        const uint32_t *which = listed ? positions : NULL;
        run->reference->pq_sum_bytes (tables, n_columns, 0.5f, codes, stride, which, n, expected);
        run->tested->pq_sum_bytes (tables, n_columns, 0.5f, codes, stride, which, n, out);
        if (memcmp (out, expected, n * sizeof *out) != 0) {
            failed (run, "%zu columns, n=%zu, positions %d: other sums", n_columns, n, listed);
        }
    }
}

void check_pq_sum_bytes (void) {
    for (Run run = RUN (pq_sum_bytes); next_run (&run);) {
        for (size_t c = 0; c < N_COLUMNS; c++) {
            for (size_t n = 0; n < N_NUMBERS; n++) {
                check_sum (&run, columns[c], numbers[n]);
            }
        }
        for (size_t c = 8; bench_wanted && c <= 64; c *= 2) {
            float *tables = random_floats (c * ENTRIES), *out = guarded (1024 * sizeof *out);
            uint8_t *codes = random_bytes (1024 * c);
            char what[64];
            snprintf (what, sizeof what, "%zu columns n=1024", c);
            BENCH (&run, what, 1024.0 * (double)c,
                   (run.tested->pq_sum_bytes (tables, c, 0, codes, c, NULL, 1024, out), 0));
        }
    }
}

void check_pq_unpack (void) {
    for (Run run = RUN (pq_unpack); next_run (&run);) {
        for (size_t c = 0; c < N_COLUMNS; c++) {
            for (size_t n_bits = 1; n_bits <= 8; n_bits++) {
                size_t M = columns[c], n = random_bits () % 20, code_size = (M * n_bits + 7) / 8;
                const uint8_t *codes = random_bytes (n * code_size);
                uint8_t *expected = guarded (n * M), *out = guarded (n * M);
                uint32_t *positions = guarded (n * sizeof *positions);
                for (size_t i = 0; i < n; i++) {
                    positions[i] = random_bits () % (unsigned)n;
                }
                const uint32_t *which = n % 2 ? positions : NULL;
                run.reference->pq_unpack (codes, code_size, M, n_bits, which, n, expected);
                run.tested->pq_unpack (codes, code_size, M, n_bits, which, n, out);
                if (memcmp (out, expected, n * M) != 0) {
                    failed (&run, "M=%zu n_bits=%zu n=%zu: other numbers", M, n_bits, n);
                }
            }
        }
        uint8_t *codes = random_bytes (1024 * 32), *out = guarded (1024 * 50);
        BENCH (&run, "M=50 n_bits=5 n=1024", 1024.0 * 50,
               (run.tested->pq_unpack (codes, 32, 50, 5, NULL, 1024, out), 0));
    }
}

void check_pq_table_ranges (void) {
    for (Run run = RUN (pq_table_ranges); next_run (&run);) {
        for (size_t n_entries = 1; n_entries <= ENTRIES; n_entries += 1 + n_entries / 3) {
            enum { N = 3 };
            const float *tables = random_floats ((N - 1) * ENTRIES + n_entries);
            float expected[2 * N], *low = guarded (N * sizeof *low);
            float *high = guarded (N * sizeof *high);
            run.reference->pq_table_ranges (tables, N, n_entries, expected, expected + N);
            run.tested->pq_table_ranges (tables, N, n_entries, low, high);
            if (memcmp (low, expected, N * sizeof *low) != 0 ||
                memcmp (high, expected + N, N * sizeof *high) != 0) {
                failed (&run, "%zu entries: other ranges", n_entries);
            }
        }
    }
}

void check_pq_round_tables (void) {
    for (Run run = RUN (pq_round_tables); next_run (&run);) {
        for (size_t n_entries = 1; n_entries <= ENTRIES; n_entries += 1 + n_entries / 3) {
            enum { N = 3 };
            const float low[N] = {-1, -1, -1};
            const float *tables = random_floats ((N - 1) * ENTRIES + n_entries);
            uint8_t expected[N * ENTRIES], *out = guarded (N * ENTRIES);
            float sign = n_entries % 2 ? 1.0f : -1.0f;
            run.reference->pq_round_tables (tables, N, n_entries, sign, low, 127, expected);
            run.tested->pq_round_tables (tables, N, n_entries, sign, low, 127, out);
            if (memcmp (out, expected, sizeof expected) != 0) {
                failed (&run, "%zu entries: other bytes", n_entries);
            }
        }
    }
}

void check_pq_transpose_bytes (void) {
    for (Run run = RUN (pq_transpose_bytes); next_run (&run);) {
        for (size_t c = 0; c < N_COLUMNS; c++) {
            for (size_t i = 0; i < N_NUMBERS; i++) {
                size_t n_columns = columns[c], n = numbers[i];
                size_t stride = n_columns + random_bits () % 3, size = whole_groups (n) * n_columns;
                const uint8_t *codes = random_bytes (n == 0 ? 0 : (n - 1) * stride + n_columns);
                uint8_t *expected = guarded (size), *out = guarded (size);
                run.reference->pq_transpose_bytes (codes, stride, n_columns, n, expected);
                run.tested->pq_transpose_bytes (codes, stride, n_columns, n, out);
                if (memcmp (out, expected, size) != 0) {
                    failed (&run, "%zu columns, n=%zu: other bytes", n_columns, n);
                }
            }
        }
        for (size_t c = 8; bench_wanted && c <= 64; c *= 2) {
            uint8_t *codes = random_bytes (1024 * c), *out = guarded (1024 * c);
            char what[64];
            snprintf (what, sizeof what, "%zu columns n=1024", c);
            BENCH (&run, what, 1024.0 * (double)c,
                   (run.tested->pq_transpose_bytes (codes, c, c, 1024, out), 0));
        }
    }
}

static void check_filter (const Run *run, size_t n_columns, size_t n) {
    size_t size = whole_groups (n) * n_columns;
    const uint8_t *tables = random_bytes (n_columns * ENTRIES), *codes = random_bytes (size);
    uint32_t limits[] = {0, (uint32_t)n_columns * 110, (uint32_t)n_columns * 128, 65535};
    for (int i = 0; i < 4; i++) {
        uint32_t expected[MAX_N], *positions = guarded (n * sizeof *positions);
        size_t n_expected =
            run->reference->pq_filter_bytes (tables, n_columns, codes, n, limits[i], expected);
        size_t n_found =
            run->tested->pq_filter_bytes (tables, n_columns, codes, n, limits[i], positions);
        if (n_found != n_expected ||
            memcmp (positions, expected, n_found * sizeof *positions) != 0) {
            failed (run, "%zu columns, n=%zu, limit %u: expected %zu codes, got %zu", n_columns, n,
                    limits[i], n_expected, n_found);
        }
    }
}

/* Terms and slope are such that all limits are exact. */
static void check_filter_with_terms (const Run *run, size_t n_columns, size_t n) {
    size_t size = whole_groups (n) * n_columns;
    const uint8_t *tables = random_bytes (n_columns * ENTRIES), *codes = random_bytes (size);
    const float limits[] = {-70000, 100 * (float)n_columns, 128 * (float)n_columns, 70000};
    float *terms = guarded (n * sizeof *terms);
    for (size_t i = 0; i < n; i++) {
        terms[i] = (float)(random_bits () % 2000) / 8 - 100;
    }
    for (int i = 0; i < 4; i++) {
        uint32_t expected[MAX_N], *positions = guarded (n * sizeof *positions);
        size_t n_expected = run->reference->pq_filter_bytes_with_terms (
            tables, n_columns, codes, terms, 4, limits[i], n, expected);
        size_t n_found = run->tested->pq_filter_bytes_with_terms (tables, n_columns, codes, terms,
                                                                  4, limits[i], n, positions);
        if (n_found != n_expected ||
            memcmp (positions, expected, n_found * sizeof *positions) != 0) {
            failed (run, "%zu columns, n=%zu, limit %g: expected %zu codes, got %zu", n_columns, n,
                    (double)limits[i], n_expected, n_found);
        }
    }
}

void check_pq_filter_bytes_with_terms (void) {
    for (Run run = RUN (pq_filter_bytes_with_terms); next_run (&run);) {
        for (size_t c = 0; c < N_COLUMNS; c++) {
            for (size_t n = 0; n < N_NUMBERS; n++) {
                check_filter_with_terms (&run, columns[c], numbers[n]);
            }
        }
        for (size_t c = 8; bench_wanted && c <= 64; c *= 2) {
            uint8_t *tables = random_bytes (c * ENTRIES), *codes = random_bytes (1024 * c);
            float *terms = random_floats (1024);
            uint32_t *positions = guarded (1024 * sizeof *positions);
            char what[64];
            snprintf (what, sizeof what, "%zu columns n=1024", c);
            BENCH (&run, what, 1024.0 * (double)c,
                   run.tested->pq_filter_bytes_with_terms (tables, c, codes, terms, 1, 0, 1024,
                                                           positions));
        }
    }
}

void check_pq_filter_bytes (void) {
    for (Run run = RUN (pq_filter_bytes); next_run (&run);) {
        for (size_t c = 0; c < N_COLUMNS; c++) {
            for (size_t n = 0; n < N_NUMBERS; n++) {
                check_filter (&run, columns[c], numbers[n]);
            }
        }
        for (size_t c = 8; bench_wanted && c <= 64; c *= 2) {
            uint8_t *tables = random_bytes (c * ENTRIES), *codes = random_bytes (1024 * c);
            uint32_t *positions = guarded (1024 * sizeof *positions);
            char what[64];
            snprintf (what, sizeof what, "%zu columns n=1024", c);
            BENCH (&run, what, 1024.0 * (double)c,
                   run.tested->pq_filter_bytes (tables, c, codes, 1024, 0, positions));
        }
    }
}

/* ---- distances to centroids ------------------------------------------------------------------ */

static const size_t dsubs[] = {0, 1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 28, 50};
static const size_t ksubs[] = {1, 2, 4, 8, 16, 32, 64, 256, 512};
enum { N_DSUBS = sizeof dsubs / sizeof *dsubs, N_KSUBS = sizeof ksubs / sizeof *ksubs };

/* The same centroids as columns. */
static float *as_columns (const float *centroids, size_t dsub, size_t ksub, size_t ld) {
    float *columns = guarded (dsub ? ((dsub - 1) * ld + ksub) * sizeof *columns : 0);
    for (size_t c = 0; c < ksub; c++) {
        for (size_t j = 0; j < dsub; j++) {
            columns[j * ld + c] = centroids[c * dsub + j];
        }
    }
    return columns;
}

/* Small integers: distances are exact, ties occur, and the first wins at every level. */
void check_pq_nearest (void) {
    for (Run run = RUN (pq_nearest); next_run (&run);) {
        for (size_t s = 0; s < N_DSUBS * N_KSUBS; s++) {
            size_t dsub = dsubs[s / N_KSUBS], ksub = ksubs[s % N_KSUBS], n = random_bits () % 12;
            size_t ld = ksub + random_bits () % 3, stride = dsub + random_bits () % 3;
            float *x = random_small_integers (n == 0 ? 0 : (n - 1) * stride + dsub);
            float *columns = as_columns (random_small_integers (dsub * ksub), dsub, ksub, ld);
            uint32_t expected[12], *where = guarded (n * sizeof *where);
            run.reference->pq_nearest (x, stride, n, dsub, columns, ld, ksub, expected);
            run.tested->pq_nearest (x, stride, n, dsub, columns, ld, ksub, where);
            if (memcmp (where, expected, n * sizeof *where) != 0) {
                failed (&run, "dsub=%zu ksub=%zu n=%zu: other centroids", dsub, ksub, n);
            }
        }
        static const size_t timed[][2] = {{2, 256}, {4, 256}, {8, 256}, {28, 256}, {2, 16}};
        for (size_t i = 0; bench_wanted && i < 5; i++) {
            size_t dsub = timed[i][0], ksub = timed[i][1];
            float *x = random_floats (64 * dsub), *columns = random_floats (dsub * ksub);
            uint32_t *where = guarded (64 * sizeof *where);
            char what[64];
            snprintf (what, sizeof what, "dsub=%zu ksub=%zu n=64", dsub, ksub);
            BENCH (&run, what, 64.0 * (double)(dsub * ksub),
                   (run.tested->pq_nearest (x, dsub, 64, dsub, columns, ksub, ksub, where), 0));
        }
    }
}

typedef void (*Table) (const float *x, size_t dsub, const float *columns, size_t ld, size_t ksub,
                       float *out);
typedef void (*RowTable) (const float *x, size_t dsub, const float *centroids, size_t ksub,
                          float *out);

/* Both forms of the level; the one by rows must give what the one by columns gives. */
static void check_tables (const Run *run, Table reference, Table table, RowTable row_table) {
    for (size_t s = 0; s < N_DSUBS * N_KSUBS; s++) {
        size_t dsub = dsubs[s / N_KSUBS], ksub = ksubs[s % N_KSUBS];
        size_t ld = ksub + random_bits () % 3;
        const float *x = random_floats (dsub), *centroids = random_floats (dsub * ksub);
        const float *columns = as_columns (centroids, dsub, ksub, ld);
        float expected[512], *out = guarded (ksub * sizeof *out);
        float *by_rows = guarded (ksub * sizeof *by_rows);
        reference (x, dsub, columns, ld, ksub, expected);
        table (x, dsub, columns, ld, ksub, out);
        row_table (x, dsub, centroids, ksub, by_rows);
        for (size_t c = 0; c < ksub; c++) {
            double bound = 1e-6 * sqrt ((double)dsub) * (double)dsub * 4;
            if (!(fabs ((double)out[c] - (double)expected[c]) <= bound)) {
                failed (run, "dsub=%zu ksub=%zu: expected %g, got %g", dsub, ksub,
                        (double)expected[c], (double)out[c]);
            }
            if (memcmp (&by_rows[c], &out[c], sizeof out[c]) != 0) {
                failed (run, "dsub=%zu ksub=%zu: by rows %g, by columns %g", dsub, ksub,
                        (double)by_rows[c], (double)out[c]);
            }
        }
    }
}

static void bench_tables (const Run *run, Table table, RowTable row_table) {
    static const size_t timed[] = {2, 4, 8, 10, 28};
    for (size_t i = 0; bench_wanted && i < 5; i++) {
        size_t dsub = timed[i];
        float *x = random_floats (dsub), *centroids = random_floats (dsub * 256), out[256];
        char what[64];
        snprintf (what, sizeof what, "dsub=%zu ksub=256", dsub);
        if (table) {
            BENCH (run, what, 256.0 * (double)dsub, (table (x, dsub, centroids, 256, 256, out), 0));
        } else {
            BENCH (run, what, 256.0 * (double)dsub, (row_table (x, dsub, centroids, 256, out), 0));
        }
    }
}

#define CHECK_TABLES(metric)                                                                       \
    void check_pq_table_##metric (void) {                                                          \
        for (Run run = RUN (pq_table_##metric); next_run (&run);) {                                \
            check_tables (&run, run.reference->pq_table_##metric, run.tested->pq_table_##metric,   \
                          run.tested->pq_row_table_##metric);                                      \
            bench_tables (&run, run.tested->pq_table_##metric, NULL);                              \
        }                                                                                          \
    }                                                                                              \
    void check_pq_row_table_##metric (void) {                                                      \
        for (Run run = RUN (pq_row_table_##metric); next_run (&run);) {                            \
            check_tables (&run, run.reference->pq_table_##metric, run.tested->pq_table_##metric,   \
                          run.tested->pq_row_table_##metric);                                      \
            bench_tables (&run, NULL, run.tested->pq_row_table_##metric);                          \
        }                                                                                          \
    }

CHECK_TABLES (L2)
CHECK_TABLES (ip)

/* ---- polysemous training --------------------------------------------------------------------- */

static const double *random_doubles (size_t n) {
    double *values = guarded (n * sizeof *values);
    for (size_t i = 0; i < n; i++) {
        values[i] = (double)random_float ();
    }
    return values;
}

void check_pq_swap_cost (void) {
    for (Run run = RUN (pq_swap_cost); next_run (&run);) {
        for (size_t n = 1; n <= 4096; n *= 2) {
            const double *rows[4];
            for (int i = 0; i < 4; i++) {
                rows[i] = random_doubles (n);
            }
            for (int i = 0; i < 20; i++) {
                uint32_t a = random_bits () % (unsigned)n, b = random_bits () % (unsigned)n;
                double expected = 0,
                       got = run.tested->pq_swap_cost (rows[0], rows[1], rows[2], rows[3], n, a, b);
                for (size_t c = 0; c < n; c++) {
                    double to_a = __builtin_popcount (a ^ (unsigned)c);
                    double to_b = __builtin_popcount (b ^ (unsigned)c);
                    expected += (to_a - to_b) * ((rows[0][c] - rows[1][c]) -
                                                 (to_a + to_b) * (rows[2][c] - rows[3][c]));
                }
                if (!(fabs (got - expected) <= 1e-14 * (double)n * (double)n * 600)) {
                    failed (&run, "n=%zu: expected %g, got %g", n, expected, got);
                }
            }
            if (n == 256) {
                BENCH (&run, "n=256", 256.0,
                       run.tested->pq_swap_cost (rows[0], rows[1], rows[2], rows[3], n, 3, 77));
            }
        }
    }
}
