/* Checks of the kernels of pairs of rows by their filter codes. */
#include <float.h>
#include <math.h>

#include <faiss/impl/FilterCodes.h>

#include "checkkernels.h"

static const size_t dims[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 784};
enum { N_DIMS = sizeof dims / sizeof *dims, N = 40, N_KINDS = 10, PLAIN = 9 };

typedef size_t (*FindBetter) (const FaissFilterPair *pair, const FaissFilterKept *kept,
                              uint32_t *positions);

static void fill_row (float *row, size_t d, unsigned kind) {
    static const float odd[] = {NAN, HUGE_VALF, -HUGE_VALF, FLT_MAX, -FLT_MAX, 1e-42f};
    float scale = kind == 1 ? 1e18f : kind == 2 ? 1e-20f : kind == 3 ? 1e-41f : 1;
    float offset = kind == 4 ? 1e4f : kind == 5 ? 3e38f : kind == 7 ? -3 : 0;
    for (size_t j = 0; j < d; j++) {
        row[j] = kind == 6 ? (float)(random_bits () % 256) : scale * random_float () + offset;
    }
    if (kind == 8) {
        row[random_bits () % d] = odd[random_bits () % 6];
    }
}

/* Of one kind, or of all of them if that is too large; some are equal, some nearly. */
static float *rows_of_kind (unsigned kind, size_t d) {
    float *y = random_floats (N * d);
    for (size_t i = 0; i < N; i++) {
        fill_row (y + i * d, d, kind < N_KINDS ? kind : random_bits () % N_KINDS);
        for (size_t j = 0; j < d && i > 0 && i % 4 == 0; j++) {
            y[i * d + j] = y[(i - 1) * d + j] * (i % 8 == 0 ? 1 : 1 + 1e-3f * random_float ());
        }
    }
    return y;
}

/* As a float kernel of this level computes it; levels without one have that of a lower level. */
static float value_of (const Run *run, bool is_similarity, const float *x, const float *y,
                       size_t d) {
    const FaissKernels *tested = run->tested;
    if (is_similarity) {
        return (tested->fvec_inner_product ? tested : run->reference)->fvec_inner_product (x, y, d);
    }
    return (tested->fvec_L2sqr ? tested : run->reference)->fvec_L2sqr (x, y, d);
}

static bool is_better (bool is_similarity, float value, float threshold) {
    return is_similarity ? value > threshold : value < threshold;
}

/* *n_decided: of how many pairs nothing more has to be known. */
static void check_some (const Run *run, bool is_similarity, FindBetter find, const float *y,
                        const uint8_t *rows, size_t d, size_t n, float threshold, size_t a,
                        size_t *n_decided) {
    uint32_t *ids = guarded (n * sizeof *ids), *positions = guarded (n * sizeof *positions);
    FaissFilterPair pair;
    FaissFilterKept kept;
    size_t n_better = 0, at = 0;
    faiss_filter_kept_init (&kept, d, n);
    for (size_t i = 0; i < n; i++) {
        ids[i] = random_bits () % N;
        faiss_filter_kept_add (&kept, rows + ids[i] * faiss_filter_stride (d));
    }
    faiss_filter_pair_init (&pair, d);
    faiss_filter_pair_set (&pair, is_similarity, rows + a * faiss_filter_stride (d), threshold);
    size_t n_found = find (&pair, &kept, positions);
    faiss_filter_kept_free (&kept);
    for (size_t i = 0; i < n; i++) {
        float value = value_of (run, is_similarity, y + a * d, y + ids[i] * d, d);
        bool better = is_better (is_similarity, value, threshold);
        n_better += better;
        if (n_found != FAISS_FILTER_CERTAIN) {
            bool is_found = at < n_found && positions[at] == i;
            at += is_found;
            *n_decided += !is_found;
            if (better && !is_found) {
                failed (run, "d=%zu: row %u of %g is lost, the threshold is %g", d, ids[i], value,
                        threshold);
            }
        }
    }
    if (n_found == FAISS_FILTER_CERTAIN) {
        *n_decided += n;
        if (n_better == 0) {
            failed (run, "d=%zu n=%zu: none is better than %g for certain", d, n, threshold);
        }
    } else if (at != n_found) {
        failed (run, "d=%zu n=%zu: positions are not ascending", d, n);
    }
}

static void check_find_better (const Run *run, bool is_similarity, FindBetter find) {
    for (size_t i = 0; i < N_DIMS; i++) {
        size_t d = dims[i], stride = faiss_filter_stride (d), n_decided = 0, n_of_all = 0;
        for (int round = 0; round < 12; round++) {
            unsigned kind = round % 3 == 0 ? PLAIN : random_bits () % (N_KINDS + 3);
            size_t n_decided_here = 0, *count = kind == PLAIN ? &n_decided : &n_decided_here;
            float *y = rows_of_kind (kind, d);
            uint8_t *rows = guarded (N * stride);
            faiss_kernels_of_level[0]->filter_encode (y, N, d, rows);
            for (size_t n = 0; n <= 35; n += n < 9 ? 1 : 13) {
                size_t a = random_bits () % N, b = random_bits () % N, c = random_bits () % N;
                float threshold = value_of (run, is_similarity, y + b * d, y + c * d, d);
                /* of the row itself with another one, where it matters; or of other rows */
                check_some (run, is_similarity, find, y, rows, d, n, threshold, b, count);
                check_some (run, is_similarity, find, y, rows, d, n, threshold, a, count);
                n_of_all += kind == PLAIN ? 2 * n : 0;
            }
            check_some (run, is_similarity, find, y, rows, d, 2, NAN, 0, &n_decided_here);
        }
        if (d >= 16 && n_decided * 2 < n_of_all) {
            failed (run, "d=%zu: of %zu pairs, %zu decided only", d, n_of_all, n_decided);
        }
    }
    if (bench_wanted) {
        static const size_t bench_dims[] = {100, 784};
        for (int i = 0; i < 2; i++) {
            size_t d = bench_dims[i], n = 32;
            float *y = random_floats (n * d);
            uint8_t *rows = guarded (n * faiss_filter_stride (d));
            uint32_t positions[32];
            FaissFilterPair pair;
            FaissFilterKept kept;
            faiss_kernels_of_level[0]->filter_encode (y, n, d, rows);
            faiss_filter_kept_init (&kept, d, n);
            for (size_t j = 0; j < n; j++) {
                faiss_filter_kept_add (&kept, rows + j * faiss_filter_stride (d));
            }
            faiss_filter_pair_init (&pair, d);
            faiss_filter_pair_set (&pair, is_similarity, rows, is_similarity ? FLT_MAX : 0);
            BENCH (run, i ? "32 rows of d=784" : "32 rows of d=100", 32 * (double)d,
                   find (&pair, &kept, positions));
            faiss_filter_kept_free (&kept);
        }
    }
}

void check_filter_pairs_ip (void) {
    for (Run run = RUN (filter_pairs_ip); next_run (&run);) {
        check_find_better (&run, true, run.tested->filter_pairs_ip);
    }
}

void check_filter_pairs_L2 (void) {
    for (Run run = RUN (filter_pairs_L2); next_run (&run);) {
        check_find_better (&run, false, run.tested->filter_pairs_L2);
    }
}
