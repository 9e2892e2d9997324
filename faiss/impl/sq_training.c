/* How the ranges of scalar quantizers are learned. */
#include <faiss/impl/sq_training.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>

typedef struct Range {
    float min, max;
} Range;

/* min and max, size d, of rows begin .. end - 1 and of what they are already */
static void widen_to_rows (const float *x, size_t d, size_t begin, size_t end, float *restrict min,
                           float *restrict max) {
    for (size_t i = begin; i < end; i++) {
        const float *row = x + i * d;
        for (size_t j = 0; j < d; j++) {
            min[j] = row[j] < min[j] ? row[j] : min[j];
            max[j] = row[j] > max[j] ? row[j] : max[j];
        }
    }
}

void faiss_sq_widen (size_t n, size_t d, const float *x, float *min, float *max) {
    widen_to_rows (x, d, 0, n, min, max);
}

/* As a matrix of LANES columns, which compilers make vectors of. */
static Range extremes (const float *x, size_t n) {
    enum { LANES = 16 };
    float min[LANES], max[LANES];
    for (size_t j = 0; j < LANES; j++) {
        min[j] = max[j] = x[0];
    }
    widen_to_rows (x, LANES, 0, n / LANES, min, max);
    widen_to_rows (x + n / LANES * LANES, n % LANES, 0, 1, min, max);
    Range range = {min[0], max[0]};
    for (size_t j = 1; j < LANES; j++) {
        range.min = min[j] < range.min ? min[j] : range.min;
        range.max = max[j] > range.max ? max[j] : range.max;
    }
    return range;
}

static Range widened (Range range, float arg) {
    float margin = (range.max - range.min) * arg;
    return (Range){range.min - margin, range.max + margin};
}

/* ---- around the mean ------------------------------------------------------------------------- */

static Range around_mean (const float *x, size_t n, float arg) {
    double sum = 0, sum_of_squares = 0;
    for (size_t i = 0; i < n; i++) {
        float square = x[i] * x[i];
        sum += x[i];
        sum_of_squares += square;
    }
    float mean = (float)(sum / (double)n);
    float variance = (float)(sum_of_squares / (double)n - mean * mean);
    float deviation = variance <= 0 ? 1 : sqrtf (variance);
    return (Range){mean - deviation * arg, mean + deviation * arg};
}

/* ---- quantiles ------------------------------------------------------------------------------- */

static void swap (float *a, float *b) {
    float value = *a;
    *a = *b;
    *b = value;
}

/* The k-th smallest, by partitioning; the array is reordered. */
static FaissStatus kth_smallest (float *x, size_t n, size_t k, float *out) {
    size_t begin = 0, end = n; /* it is between them */
    while (end - begin > 2) {
        FAISS_TRY (faiss_check_interrupt ());
        float *first = x + begin, *middle = x + begin + (end - begin) / 2, *last = x + end - 1;
        if (*middle < *first) {
            swap (middle, first);
        }
        if (*last < *middle) {
            swap (last, middle);
        }
        if (*middle < *first) {
            swap (middle, first);
        }
        float pivot = *middle;
        size_t i = begin, j = end - 1;
        while (i <= j) {
            while (x[i] < pivot) {
                i++;
            }
            while (x[j] > pivot) {
                j--;
            }
            if (i <= j) {
                swap (&x[i++], &x[j]);
                if (j-- == 0) {
                    break;
                }
            }
        }
        /* begin .. j are <= the pivot, i .. end - 1 are >= it, between them they are equal */
        if (k < i && (j == SIZE_MAX || k > j)) {
            *out = pivot;
            return FAISS_OK;
        }
        if (k >= i) {
            begin = i;
        } else {
            end = j + 1;
        }
    }
    if (end - begin == 2 && x[begin + 1] < x[begin]) {
        swap (&x[begin], &x[begin + 1]);
    }
    *out = x[k];
    return FAISS_OK;
}

static bool has_nan (const float *x, size_t n) {
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        found |= isnan (x[i]);
    }
    return found;
}

static FaissStatus quantiles (float *x, size_t n, float arg, Range *range) {
    FAISS_REQUIRE (!has_nan (x, n), "quantiles of values that are no numbers");
    float share = arg * (float)n;
    size_t o = share >= (float)n ? n : share > 0 ? (size_t)share : 0;
    if (o > n - o) {
        o = n / 2;
    }
    FAISS_TRY (kth_smallest (x, n, o, &range->min));
    return kth_smallest (x, n, n - 1 - o, &range->max);
}

/* ---- least squares --------------------------------------------------------------------------- */

/* Alternate between the level of each value and the line through levels and values. */
static FaissStatus least_squares (const float *x, size_t n, size_t n_levels, Range *out) {
    enum { MAX_ITERATIONS = 2000, MAX_EQUAL = 16, PER_CHECK = 1 << 18 };
    Range range = extremes (x, n);
    float last_level = (float)(n_levels - 1);
    float b = range.min, a = (range.max - range.min) / last_level;
    float sum_x = 0, last_error = -1;
    int n_equal = 0;
    for (size_t i = 0; i < n; i++) {
        sum_x += x[i];
    }
    for (int iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
        float sum_n = 0, sum_n2 = 0, sum_xn = 0, error = 0;
        for (size_t i = 0; i < n; i++) {
            if (i % PER_CHECK == 0) {
                FAISS_TRY (faiss_check_interrupt ());
            }
            float level = (float)floor ((double)((x[i] - b) / a) + 0.5);
            level = level < 0 ? 0 : level > last_level ? last_level : level;
            float difference = x[i] - (level * a + b);
            error += difference * difference;
            sum_n += level;
            sum_n2 += level * level;
            sum_xn += level * x[i];
        }
        if (error == last_error) {
            if (++n_equal == MAX_EQUAL) {
                break;
            }
        } else {
            last_error = error;
            n_equal = 0;
        }
        float determinant = sum_n * sum_n - sum_n2 * (float)n;
        b = (sum_n * sum_xn - sum_n2 * sum_x) / determinant;
        a = (sum_n * sum_x - (float)n * sum_xn) / determinant;
    }
    *out = (Range){b, b + a * last_level};
    return FAISS_OK;
}

/* ---- one range ------------------------------------------------------------------------------- */

/* Of values that may be reordered. */
static FaissStatus range_of (FaissRangeStat rangestat, float arg, size_t n, size_t n_levels,
                             float *x, Range *range) {
    switch (rangestat) {
    case RS_minmax:
        *range = widened (extremes (x, n), arg);
        return FAISS_OK;
    case RS_meanstd:
        *range = around_mean (x, n, arg);
        return FAISS_OK;
    case RS_quantiles:
        return quantiles (x, n, arg, range);
    case RS_optim:
        return least_squares (x, n, n_levels, range);
    }
    FAISS_FAIL ("expected a rangestat 0 .. 3, got %d", (int)rangestat);
}

FaissStatus faiss_sq_train_uniform (FaissRangeStat rangestat, float arg, size_t n, size_t n_levels,
                                    const float *x, float out[2]) {
    Range range;
    FAISS_AUTO_FREE (float) *copy = NULL;
    if (rangestat == RS_quantiles) {
        FAISS_TRY (faiss_alloc (&copy, n, sizeof *copy));
        memcpy (copy, x, n * sizeof *copy);
    }
    FAISS_TRY (range_of (rangestat, arg, n, n_levels, copy ? copy : (float *)x, &range));
    out[0] = range.min;
    out[1] = range.max - range.min;
    return FAISS_OK;
}

/* ---- a range per column ---------------------------------------------------------------------- */

static FaissStatus train_minmax (float arg, size_t n, size_t d, const float *x, float *out) {
    size_t n_shares = (size_t)faiss_threads_for ((int64_t)(n / 4096 + 1));
    FAISS_AUTO_FREE (float) *extremes = NULL;
    FAISS_TRY (faiss_alloc (&extremes, n_shares * d, 2 * sizeof *extremes));
#pragma omp parallel for num_threads((int)n_shares)
    for (size_t share = 0; share < n_shares; share++) {
        float *min = extremes + 2 * d * share, *max = min + d;
        memcpy (min, x, d * sizeof *min);
        memcpy (max, x, d * sizeof *max);
        widen_to_rows (x, d, n * share / n_shares, n * (share + 1) / n_shares, min, max);
    }
    for (size_t share = 1; share < n_shares; share++) {
        widen_to_rows (extremes + 2 * d * share, d, 0, 1, extremes, extremes + d);
        widen_to_rows (extremes + 2 * d * share + d, d, 0, 1, extremes, extremes + d);
    }
    for (size_t j = 0; j < d; j++) {
        Range range = widened ((Range){extremes[j], extremes[d + j]}, arg);
        out[j] = range.min;
        out[d + j] = range.max - range.min;
    }
    return FAISS_OK;
}

/* Upstream counts the first row as zeros here; so do we, for the same codes. */
static FaissStatus train_column (FaissRangeStat rangestat, float arg, size_t n, size_t d, size_t j,
                                 size_t n_levels, const float *x, float *column, float *out) {
    Range range;
    column[0] = 0;
    for (size_t i = 1; i < n; i++) {
        column[i] = x[i * d + j];
    }
    FAISS_TRY (range_of (rangestat, arg, n, n_levels, column, &range));
    out[j] = range.min;
    out[d + j] = range.max - range.min;
    return FAISS_OK;
}

FaissStatus faiss_sq_train_columns (FaissRangeStat rangestat, float arg, size_t n, size_t d,
                                    size_t n_levels, const float *x, float *out) {
    if (rangestat == RS_minmax) {
        return train_minmax (arg, n, d, x, out);
    }
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for((int64_t)d))
    {
        float *column;
        FaissStatus status = faiss_alloc (&column, n, sizeof *column);
        faiss_region_note (&region, status);
        faiss_region_watch (&region);
#pragma omp for schedule(dynamic)
        for (size_t j = 0; j < d; j++) {
            if (status == FAISS_OK && !faiss_region_stopped (&region)) {
                faiss_region_note (
                    &region, train_column (rangestat, arg, n, d, j, n_levels, x, column, out));
            }
        }
        faiss_region_watch (NULL);
        free (column);
    }
    return faiss_region_close (&region);
}
