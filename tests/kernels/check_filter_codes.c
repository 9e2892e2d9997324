/* Checks of the kernels of filter codes. */
#include <float.h>
#include <math.h>
#include <string.h>

#include <faiss/impl/FilterCodes.h>

#include "checkkernels.h"

static const size_t dims[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 100, 784};
enum { N_DIMS = sizeof dims / sizeof *dims, N = 70 };

/* ---- rows of many kinds ---------------------------------------------------------------------- */

static float odd_number (void) {
    static const float numbers[] = {0, -0.f, NAN, HUGE_VALF, -HUGE_VALF, FLT_MAX, -FLT_MAX, 1e-42f};
    return numbers[random_bits () % 8];
}

static void fill_row (float *row, size_t d, unsigned kind) {
    float scale = kind == 1 ? 1e18f : kind == 2 ? 1e-20f : kind == 3 ? 1e-41f : 1;
    float offset = kind == 4 ? 1e4f : kind == 5 ? 3e38f : 0;
    for (size_t j = 0; j < d; j++) {
        row[j] = kind == 6   ? (float)(random_bits () % 256) /* a pixel */
                 : kind == 7 ? 0.25f
                             : scale * random_float () + offset;
    }
    if (kind == 8 && d > 0) {
        row[random_bits () % d] = odd_number ();
    }
}

static float *odd_rows (size_t n, size_t d) {
    float *y = random_floats (n * d);
    for (size_t i = 0; i < n; i++) {
        fill_row (y + i * d, d, random_bits () % 12); /* 9 .. 11: plain */
    }
    return y;
}

static FaissFilterInfo info_of (const uint8_t *row, size_t d) {
    FaissFilterInfo info;
    memcpy (&info, row + faiss_filter_stride (d) - sizeof info, sizeof info);
    return info;
}

/* ---- encoding -------------------------------------------------------------------------------- */

static bool is_near (float a, float b) {
    return a == b || fabsf (a - b) <= 1e-6f * fabsf (b);
}

static void check_row (const Run *run, const float *y, size_t d, const uint8_t *expected,
                       const uint8_t *got) {
    FaissFilterInfo a = info_of (expected, d), b = info_of (got, d);
    if (memcmp (expected, got, faiss_filter_stride (d) - sizeof a) != 0 || a.scale != b.scale ||
        a.low != b.low || !is_near (a.error, b.error) || !is_near (a.norm, b.norm)) {
        failed (run, "d=%zu: %g + %g x, error %g, norm %g, expected %g + %g x, %g, %g", d, b.low,
                b.scale, b.error, b.norm, a.low, a.scale, a.error, a.norm);
    }
    long double error2 = 0;
    for (size_t j = 0; j < d; j++) {
        long double lost = y[j] - (b.low + (long double)b.scale * got[j]);
        error2 += lost * lost;
    }
    if (!(sqrtl (error2) <= b.error) && !isinf (b.error)) {
        failed (run, "d=%zu: error %g, but it is %Lg", d, b.error, sqrtl (error2));
    }
}

void check_filter_encode (void) {
    for (Run run = RUN (filter_encode); next_run (&run);) {
        for (size_t i = 0; i < N_DIMS; i++) {
            size_t d = dims[i], stride = faiss_filter_stride (d);
            float *y = odd_rows (N, d);
            uint8_t *expected = guarded (N * stride), *got = guarded (N * stride);
            for (size_t n = 0; n <= N; n += n < 2 ? 1 : N - 2) {
                run.reference->filter_encode (y, n, d, expected);
                run.tested->filter_encode (y, n, d, got);
                for (size_t row = 0; row < n; row++) {
                    check_row (&run, y + row * d, d, expected + row * stride, got + row * stride);
                }
            }
        }
        if (bench_wanted) {
            float *y = random_floats (1000 * 100);
            uint8_t *rows = guarded (1000 * faiss_filter_stride (100));
            BENCH (&run, "1000 rows of d=100", 100000,
                   (run.tested->filter_encode (y, 1000, 100, rows), 0));
        }
    }
}

/* ---- finding --------------------------------------------------------------------------------- */

typedef size_t (*Find) (const FaissFilterQuery *query, const uint8_t *rows, const uint32_t *ids,
                        size_t n, float bound, uint32_t *positions);

/* As a float kernel of this level computes it; levels without one have that of a lower level. */
static float value_of (const Run *run, bool is_similarity, const float *x, const float *y,
                       size_t d) {
    const FaissKernels *tested = run->tested;
    if (is_similarity) {
        return (tested->fvec_inner_product ? tested : run->reference)->fvec_inner_product (x, y, d);
    }
    return (tested->fvec_L2sqr ? tested : run->reference)->fvec_L2sqr (x, y, d);
}

/* How far a value by codes may be from the float at most, generously: in double. (Where the float
 * overflows, codes may, too.) */
static double uncertainty (bool is_similarity, const float *x, const float *y, size_t d,
                           const uint8_t *row) {
    FaissFilterInfo info = info_of (row, d);
    double x2 = 0, y2 = 0, distance2 = 0;
    for (size_t j = 0; j < d; j++) {
        x2 += (double)x[j] * x[j];
        y2 += (double)y[j] * y[j];
        distance2 += ((double)x[j] - y[j]) * ((double)x[j] - y[j]);
    }
    double error = info.error + 1e-4 * sqrt (x2); /* the query is rounded too */
    double rounding = 1e-5 * (sqrt ((double)d) + 2) * (x2 + y2 + sqrt (x2 * y2)) + 1e-25;
    return is_similarity ? 2 * (sqrt (x2) * error + 1e-4 * sqrt (x2 * y2)) + rounding
                         : 4 * error * (sqrt (distance2) + error) + rounding;
}

static void check_rows (const Run *run, bool is_similarity, Find find, const float *x,
                        const float *y, size_t d, size_t n, const uint32_t *ids) {
    size_t stride = faiss_filter_stride (d), at = 0;
    uint8_t *rows = guarded (N * stride);
    int16_t *components = guarded (faiss_filter_query_size (d) * sizeof *components);
    uint32_t *positions = guarded (n * sizeof *positions);
    faiss_kernels_of_level[0]->filter_encode (y, N, d, rows);
    FaissFilterQuery query;
    if (!faiss_filter_query_init (&query, is_similarity, d, x, components)) {
        return;
    }
    /* thresholds at the values of rows, where it matters */
    const float *chosen = y + random_bits () % N * d;
    float threshold = value_of (run, is_similarity, x, chosen, d);
    float bound = faiss_filter_bound (&query, is_similarity, threshold);
    size_t n_found = find (&query, rows, ids, n, bound, positions);
    for (size_t i = 0; i < n; i++) {
        size_t row = ids ? ids[i] : i;
        bool is_found = at < n_found && positions[at] == i;
        at += is_found;
        float value = value_of (run, is_similarity, x, y + row * d, d);
        bool is_better = is_similarity ? value > threshold : value < threshold;
        double distance = is_similarity ? (double)threshold - value : (double)value - threshold;
        if (is_better && !is_found) {
            failed (run, "d=%zu: row %zu of %g is lost, the threshold is %g", d, row, value,
                    threshold);
        } else if (is_found && isfinite (value) &&
                   distance > uncertainty (is_similarity, x, y + row * d, d, rows + row * stride)) {
            failed (run, "d=%zu: row %zu of %g is found, the threshold is %g", d, row, value,
                    threshold);
        }
    }
    if (at != n_found) {
        failed (run, "d=%zu n=%zu: positions are not ascending", d, n);
    }
}

/* A query and n of N odd rows: of each dimension, every n up to a few, and some more. */
typedef struct Rows {
    size_t dim, d, n;
    float *x, *y;
    uint32_t *ids;
} Rows;

static bool next_rows (Rows *r) {
    bool is_first = !r->x;
    r->n += is_first ? 0 : r->n < 9 ? 1 : 61;
    if (r->n > N) {
        r->n = 0;
        r->dim++;
    }
    if (r->dim == N_DIMS) {
        return false;
    }
    r->d = dims[r->dim];
    r->y = odd_rows (N, r->d);
    r->x = random_floats (r->d);
    r->ids = guarded (r->n * sizeof *r->ids);
    for (size_t j = 0; j < r->n; j++) {
        r->ids[j] = random_bits () % N;
    }
    fill_row (r->x, r->d, random_bits () % 12);
    return true;
}

static void check_find (const Run *run, bool is_similarity, Find find) {
    for (Rows r = {0}; next_rows (&r);) {
        check_rows (run, is_similarity, find, r.x, r.y, r.d, r.n, NULL);
        check_rows (run, is_similarity, find, r.x, r.y, r.d, r.n, r.ids);
    }
    if (bench_wanted) {
        static const size_t bench_dims[] = {100, 784};
        for (int i = 0; i < 2; i++) {
            size_t d = bench_dims[i], n = 256;
            float *y = random_floats (n * d), *x = random_floats (d);
            uint8_t *rows = guarded (n * faiss_filter_stride (d));
            int16_t components[784 + 32];
            uint32_t positions[256];
            FaissFilterQuery query;
            faiss_kernels_of_level[0]->filter_encode (y, n, d, rows);
            faiss_filter_query_init (&query, is_similarity, d, x, components);
            float bound = is_similarity ? FLT_MAX : 0;
            BENCH (run, i ? "256 rows of d=784" : "256 rows of d=100", 256 * (double)d,
                   find (&query, rows, NULL, n, bound, positions));
        }
    }
}

void check_filter_find_ip (void) {
    for (Run run = RUN (filter_find_ip); next_run (&run);) {
        check_find (&run, true, run.tested->filter_find_ip);
    }
}

void check_filter_find_L2 (void) {
    for (Run run = RUN (filter_find_L2); next_run (&run);) {
        check_find (&run, false, run.tested->filter_find_L2);
    }
}

/* ---- distances by codes ---------------------------------------------------------------------- */

typedef void (*FindKeys) (const FaissFilterQuery *query, const uint8_t *rows, const uint32_t *ids,
                          size_t n, float *keys);

/* Numbers that are added up differently. */
static bool nearly_same (float a, float b, double size) {
    return (isnan (a) && isnan (b)) || a == b || fabs ((double)a - b) <= 1e-6 * size;
}

static void check_keys_of (const Run *run, bool is_similarity, FindKeys reference, FindKeys tested,
                           const float *x, const float *y, size_t d, size_t n,
                           const uint32_t *ids) {
    size_t stride = faiss_filter_stride (d);
    uint8_t *rows = guarded (N * stride);
    int16_t *components = guarded (faiss_filter_query_size (d) * sizeof *components);
    float *keys = guarded (n * sizeof *keys), *expected = guarded (n * sizeof *keys);
    faiss_kernels_of_level[0]->filter_encode (y, N, d, rows);
    FaissFilterQuery query;
    if (!faiss_filter_query_init (&query, is_similarity, d, x, components)) {
        return;
    }
    reference (&query, rows, ids, n, expected);
    tested (&query, rows, ids, n, keys);
    for (size_t i = 0; i < n; i++) {
        size_t row = ids ? ids[i] : i;
        FaissFilterInfo info = info_of (rows + row * stride, d);
        float value = value_of (run, is_similarity, x, y + row * d, d);
        double key = is_similarity ? -(double)value : value, sum = fabs ((double)query.sum);
        double size = ((double)info.norm + sum * fabs ((double)info.low) * 2) * info.norm;
        size += query.norm2 + sum * fabs ((double)info.low) +
                (double)info.scale * 255 * query.step * 32767 * (double)d;
        if (!nearly_same (keys[i], expected[i], size)) {
            failed (run, "d=%zu: key %g of row %zu, expected %g", d, keys[i], row, expected[i]);
        } else if (isinf (info.error) != isnan (keys[i]) && isfinite (expected[i])) {
            failed (run, "d=%zu: key %g of row %zu, whose error is %g", d, keys[i], row,
                    info.error);
        } else if (isfinite (keys[i]) && isfinite (key) &&
                   fabs (keys[i] - key) >
                       uncertainty (is_similarity, x, y + row * d, d, rows + row * stride)) {
            failed (run, "d=%zu: key %g of row %zu, which is %g by its floats", d, keys[i], row,
                    key);
        }
    }
}

static void check_keys (const Run *run, bool is_similarity, FindKeys reference, FindKeys tested) {
    for (Rows r = {0}; next_rows (&r);) {
        check_keys_of (run, is_similarity, reference, tested, r.x, r.y, r.d, r.n, NULL);
        check_keys_of (run, is_similarity, reference, tested, r.x, r.y, r.d, r.n, r.ids);
    }
    if (bench_wanted) {
        size_t d = 100, n = 256;
        float *y = random_floats (n * d), *x = random_floats (d), keys[256];
        uint8_t *rows = guarded (n * faiss_filter_stride (d));
        int16_t components[100 + 32];
        FaissFilterQuery query;
        faiss_kernels_of_level[0]->filter_encode (y, n, d, rows);
        faiss_filter_query_init (&query, is_similarity, d, x, components);
        BENCH (run, "256 rows of d=100", 256 * (double)d,
               (tested (&query, rows, NULL, n, keys), 0));
    }
}

void check_filter_keys_ip (void) {
    for (Run run = RUN (filter_keys_ip); next_run (&run);) {
        check_keys (&run, true, run.reference->filter_keys_ip, run.tested->filter_keys_ip);
    }
}

void check_filter_keys_L2 (void) {
    for (Run run = RUN (filter_keys_L2); next_run (&run);) {
        check_keys (&run, false, run.reference->filter_keys_L2, run.tested->filter_keys_L2);
    }
}
