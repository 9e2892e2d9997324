/* Checks of the kernels of exhaustive search. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "checkkernels.h"

void check_exact_pack_rows (void) {
    static const size_t dims[] = {1, 7, 8, 15, 16, 17, 33, 100};
    static const size_t sizes[] = {0, 1, 15, 16, 31, 32, 33, 70};
    for (Run run = RUN (exact_pack_rows); next_run (&run);) {
        for (size_t i = 0; i < 64; i++) {
            size_t d = dims[i / 8], n = sizes[i % 8], n_padded = (n + 31) / 32 * 32;
            float *y = random_floats (d * n), *expected = guarded (4 * d * n_padded);
            float *got = guarded (4 * d * n_padded);
            uint32_t *ids = guarded (n * sizeof *ids);
            for (size_t j = 0; j < n; j++) {
                ids[j] = random_bits () % (unsigned)n;
            }
            for (int by_ids = 0; by_ids < 2; by_ids++) {
                run.reference->exact_pack_rows (y, by_ids ? ids : NULL, n, d, expected);
                run.tested->exact_pack_rows (y, by_ids ? ids : NULL, n, d, got);
                if (memcmp (expected, got, 4 * d * n_padded) != 0) {
                    failed (&run, "d=%zu n=%zu by_ids=%d", d, n, by_ids);
                }
            }
        }
        if (bench_wanted) {
            float *y = random_floats (1280 * 100), *out = guarded (4 * 1280 * 100);
            BENCH (&run, "1280 rows of d=100", 128000,
                   (run.tested->exact_pack_rows (y, NULL, 1280, 100, out), 0));
        }
    }
}

typedef void (*Scan) (const FaissExactBlock *block);
typedef enum Metric { IP, L2, L2_NORMS } Metric;
enum { QUERIES = FAISS_EXACT_QUERIES, ROWS = FAISS_EXACT_ROWS };

typedef struct Data {
    FaissExactBlock block;
    float *vals, *expected_vals;
    uint32_t *rows, *expected_rows;
    uint32_t *n_found, *expected_n_found;
    float *best, *expected_best;
    int64_t *ids, *expected_ids;
} Data;

static float *packed_queries (int n, size_t d) {
    float *queries = guarded (d * QUERIES * sizeof *queries);
    memset (queries, 0, d * QUERIES * sizeof *queries);
    for (size_t j = 0; j < d; j++) {
        for (int i = 0; i < n; i++) {
            queries[j * QUERIES + (size_t)i] = random_small_integer ();
        }
    }
    return queries;
}

/* Small integers: all sums are exact, so results must be equal. */
static Data random_data (Metric metric, int n_queries, size_t n_rows, size_t d) {
    size_t n_padded = (n_rows + ROWS - 1) / ROWS * ROWS;
    float *y = random_small_integers (n_rows * d), *packed = guarded (n_padded * d * 4);
    faiss_kernels_of_level[0]->exact_pack_rows (y, NULL, n_rows, d, packed);
    float *row_norms = random_small_integers (n_padded);
    float *query_norms = random_small_integers ((size_t)n_queries);
    float *thresholds = guarded (4 * (size_t)n_queries);
    float spread = sqrtf ((float)d) * 7;
    for (int i = 0; i < n_queries; i++) {
        query_norms[i] += (float)d * 7;
        thresholds[i] = metric == IP ? floorf (spread * random_float ())
                                     : floorf ((float)d * 13 + 2 * spread * random_float ());
        if (random_bits () % 8 == 0) {
            thresholds[i] = metric == IP ? -FLT_MAX : FLT_MAX;
        }
    }
    for (size_t j = 0; j < n_padded; j++) {
        row_norms[j] += (float)d * 7;
        if (j < n_rows && d > 0 && random_bits () % 16 == 0) { /* NaN is never better */
            size_t component = random_bits () % d;
            packed[(j / ROWS * d + component) * ROWS + j % ROWS] = NAN;
        }
    }
    size_t stride = n_padded;
    Data data = {.block = {.d = d,
                           .queries = packed_queries (n_queries, d),
                           .n_queries = n_queries,
                           .query_norms = query_norms,
                           .rows = packed,
                           .n_rows = n_rows,
                           .row_norms = row_norms,
                           .thresholds = thresholds,
                           .found_stride = stride,
                           .first_id = 1000}};
    data.vals = guarded (stride * (size_t)n_queries * 4);
    data.expected_vals = guarded (stride * (size_t)n_queries * 4);
    data.rows = guarded (stride * (size_t)n_queries * 4);
    data.expected_rows = guarded (stride * (size_t)n_queries * 4);
    data.n_found = guarded ((size_t)n_queries * 4);
    data.expected_n_found = guarded ((size_t)n_queries * 4);
    data.best = guarded ((size_t)n_queries * 4);
    data.expected_best = guarded ((size_t)n_queries * 4);
    data.ids = guarded ((size_t)n_queries * 8);
    data.expected_ids = guarded ((size_t)n_queries * 8);
    for (int i = 0; i < n_queries; i++) {
        data.best[i] = data.expected_best[i] = thresholds[i];
        data.ids[i] = data.expected_ids[i] = -1;
    }
    return data;
}

static void check_collect (const Run *run, Metric metric, Scan reference, Scan tested) {
    static const size_t dims[] = {0, 1, 7, 16, 33, 100};
    static const size_t sizes[] = {0, 1, 16, 17, 31, 32, 33, 100};
    for (int n = 1; n <= QUERIES; n++) {
        for (size_t i = 0; i < 48; i++) {
            size_t d = dims[i / 8], n_rows = sizes[i % 8];
            Data data = random_data (metric, n, n_rows, d);
            FaissExactBlock block = data.block;
            block.found_vals = data.expected_vals;
            block.found_rows = data.expected_rows;
            block.n_found = data.expected_n_found;
            reference (&block);
            block.found_vals = data.vals;
            block.found_rows = data.rows;
            block.n_found = data.n_found;
            tested (&block);
            for (int q = 0; q < n; q++) {
                size_t at = (size_t)q * block.found_stride, bytes = 4 * data.expected_n_found[q];
                if (data.n_found[q] != data.expected_n_found[q] ||
                    memcmp (data.vals + at, data.expected_vals + at, bytes) != 0 ||
                    memcmp (data.rows + at, data.expected_rows + at, bytes) != 0) {
                    failed (run, "%d queries, %zu rows, d=%zu: query %d, %u found, expected %u", n,
                            n_rows, d, q, data.n_found[q], data.expected_n_found[q]);
                }
            }
        }
    }
}

static void check_nearest (const Run *run, Metric metric, Scan reference, Scan tested) {
    static const size_t dims[] = {0, 1, 7, 16, 33, 100};
    static const size_t sizes[] = {0, 1, 16, 17, 31, 32, 33, 100};
    for (int n = 1; n <= QUERIES; n++) {
        for (size_t i = 0; i < 48; i++) {
            size_t d = dims[i / 8], n_rows = sizes[i % 8];
            Data data = random_data (metric, n, n_rows, d);
            FaissExactBlock block = data.block;
            block.best_vals = data.expected_best;
            block.best_ids = data.expected_ids;
            reference (&block);
            block.best_vals = data.best;
            block.best_ids = data.ids;
            tested (&block);
            for (int q = 0; q < n; q++) {
                if (data.ids[q] != data.expected_ids[q] || data.best[q] != data.expected_best[q]) {
                    failed (run,
                            "%d queries, %zu rows, d=%zu: query %d gets %lld (%g), expected %lld "
                            "(%g)",
                            n, n_rows, d, q, (long long)data.ids[q], (double)data.best[q],
                            (long long)data.expected_ids[q], (double)data.expected_best[q]);
                }
            }
        }
    }
}

/* Thresholds that nothing passes: the cost of the arithmetic. */
static void bench (const Run *run, Metric metric, Scan tested) {
    static const size_t dims[] = {100, 784};
    for (int i = 0; bench_wanted && i < 2; i++) {
        for (int n = 4; n <= QUERIES; n += 4) {
            size_t d = dims[i], n_rows = 512 * 1024 / 4 / d / ROWS * ROWS;
            Data data = random_data (metric, n, n_rows, d);
            FaissExactBlock block = data.block;
            float thresholds[QUERIES];
            for (int q = 0; q < n; q++) {
                thresholds[q] = metric == IP ? FLT_MAX : -FLT_MAX;
            }
            block.thresholds = block.best_vals = thresholds;
            block.best_ids = data.ids;
            block.found_vals = data.vals;
            block.found_rows = data.rows;
            block.n_found = data.n_found;
            char what[64];
            snprintf (what, sizeof what, "%d x %zu, d=%zu (flop)", n, n_rows, d);
            BENCH (run, what, 2.0 * n * (double)(n_rows * d), (tested (&block), 0));
        }
    }
}

#define CHECK(kind, name, metric)                                                                  \
    void check_exact_##kind##_##name (void) {                                                      \
        for (Run run = RUN (exact_##kind##_##name); next_run (&run);) {                            \
            check_##kind (&run, metric, run.reference->exact_##kind##_##name,                      \
                          run.tested->exact_##kind##_##name);                                      \
            bench (&run, metric, run.tested->exact_##kind##_##name);                               \
        }                                                                                          \
    }

CHECK (collect, ip, IP)
CHECK (collect, L2, L2)
CHECK (collect, L2_norms, L2_NORMS)
CHECK (nearest, ip, IP)
CHECK (nearest, L2, L2)
CHECK (nearest, L2_norms, L2_NORMS)
