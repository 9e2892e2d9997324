/* Filter codes: rows of floats once more in a quarter of the space, for exact searches.
 *
 * Why a bound holds. Let x be the query, y a row, x' and y' what their codes stand for, all as real
 * numbers. Then
 *
 *     <x, y> = <x', y'> + <x - x', y'> + <x, y - y'>  and  |x - y| >= |x' - y'| - |x - x'| - |y -
 * y'|
 *
 * with <x', y'> = scale * step * (a sum of integers, exact) + low * (the sum of x'). The norms of
 * the differences are measured in double and rounded up. What the kernels round is allowed for in
 * proportion to the parts that were added (FAISS_FILTER_ROUNDING_...). The floats' own kernels add
 * d products in any order: their value is off by at most (d + 3) 2^-24 of the sum of the
 * magnitudes, and where products underflow by 2^-126 each (as may the bounds themselves: `tiny` is
 * far above).
 */
#include <faiss/impl/FilterCodes.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>

enum {
    MAX_D = 1 << 20,
    ROWS_AT_ONCE = 256,
};

#define HALF_ULP 5.9604644775390625e-8 /* 2^-24 */

/* ---- rows ------------------------------------------------------------------------------------ */

bool faiss_filter_codes_suit (size_t d) {
    return d > 0 && d <= MAX_D && 2 * faiss_filter_stride (d) <= d * sizeof (float);
}

FaissStatus faiss_FilterCodes_init (FaissFilterCodes *self, size_t d, size_t capacity) {
    *self = (FaissFilterCodes){.d = d, .stride = faiss_filter_stride (d), .capacity = capacity};
    FAISS_TRY (
        faiss_alloc_aligned (&self->rows, capacity, self->stride)); /* few cache lines each */
    faiss_advise_huge_pages (self->rows, capacity * self->stride);
    return FAISS_OK;
}

FaissStatus faiss_FilterCodes_reserve (FaissFilterCodes *self, size_t capacity) {
    if (capacity <= self->capacity) {
        return FAISS_OK;
    }
    uint8_t *rows = NULL;
    FAISS_TRY (faiss_alloc_aligned (&rows, capacity, self->stride));
    faiss_advise_huge_pages (rows, capacity * self->stride);
    memcpy (rows, self->rows, self->n_rows * self->stride);
    free (self->rows);
    self->rows = rows;
    self->capacity = capacity;
    return FAISS_OK;
}

void faiss_FilterCodes_append (FaissFilterCodes *self, size_t n, const float *y) {
    uint8_t *rows = self->rows + self->n_rows * self->stride;
    size_t d = self->d, n_blocks = (n + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE;
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)(n * d >> 16)))
    for (size_t block = 0; block < n_blocks; block++) {
        size_t first = block * ROWS_AT_ONCE, left = n - first;
        faiss_kernels.filter_encode (y + first * d, left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE, d,
                                     rows + first * self->stride);
    }
    __atomic_store_n (&self->n_rows, self->n_rows + n, __ATOMIC_RELEASE);
}

bool faiss_FilterCodes_holds (const FaissFilterCodes *self, size_t row, const float *y,
                              uint8_t *buffer) {
    const uint8_t *kept = self->rows + row * self->stride;
    faiss_kernels.filter_encode (y, 1, self->d, buffer);
    size_t same = self->stride - sizeof (float) * 2; /* error and norm depend on the SIMD level */
    return memcmp (buffer, kept, same) == 0;
}

void faiss_FilterCodes_clear (FaissFilterCodes *self) {
    free (self->rows);
    *self = (FaissFilterCodes){0};
}

/* ---- queries --------------------------------------------------------------------------------- */

size_t faiss_filter_query_size (size_t d) {
    return (d + FAISS_FILTER_QUERY_ALIGN - 1) / FAISS_FILTER_QUERY_ALIGN * FAISS_FILTER_QUERY_ALIGN;
}

/* What the query's components are multiples of: the largest fits 16 bits, and the products with
 * codes, added up, 32. */
static float step_for (double max, double sum, size_t d) {
    double by_max = max / 32766, by_sum = 255 * sum / (2147483000.0 - 128 * (double)d);
    return nextafterf ((float)(by_max > by_sum ? by_max : by_sum), HUGE_VALF);
}

bool faiss_filter_query_init (FaissFilterQuery *self, bool is_similarity, size_t d, const float *x,
                              int16_t *components) {
    double max = 0, sum = 0, norm2 = 0;
    for (size_t j = 0; j < d; j++) {
        double magnitude = fabs ((double)x[j]);
        max = magnitude > max ? magnitude : max;
        sum += magnitude;
        norm2 += magnitude * magnitude;
    }
    if (!(max > 1e-15 && norm2 < 1e30)) { /* NaN and infinities too */
        return false;
    }
    float step = step_for (max, sum, d), inverse = 1 / step;
    double error2 = 0, coded_norm2 = 0;
    int64_t coded_sum = 0;
    for (size_t j = 0; j < d; j++) {
        components[j] = (int16_t)lrintf (x[j] * inverse);
        double coded = (double)step * components[j];
        error2 += (x[j] - coded) * (x[j] - coded);
        coded_norm2 += coded * coded;
        coded_sum += components[j];
    }
    memset (components + d, 0, (faiss_filter_query_size (d) - d) * sizeof *components);
    double up = 1 + 1e-5; /* for roundings: of these numbers, and where they are used */
    double norm = sqrt (norm2), error = sqrt (error2) * (1 + 1e-9) + 1e-15 * norm;
    double off = (double)(d + 8) * HALF_ULP * 1.1, tiny = (double)(d + 16) * 1e-32;
    *self = (FaissFilterQuery){.d = d,
                               .components = components,
                               .step = step,
                               .sum = (float)((double)step * (double)coded_sum),
                               .norm2 = (float)coded_norm2};
    if (is_similarity) {
        self->error_factor = (float)(norm * (1 + off) * up);
        self->norm_factor = (float)((error + off * norm) * up);
        self->constant = (float)tiny;
    } else {
        self->error_factor = (float)up;
        self->constant = (float)(error * up);
    }
    return true;
}

float faiss_filter_bound (const FaissFilterQuery *self, bool is_similarity, float threshold) {
    if (is_similarity) {
        return threshold;
    }
    double off = (double)(self->d + 8) * HALF_ULP * 1.1, tiny = (double)(self->d + 16) * 1e-32;
    double wanted = threshold > 0 ? threshold : threshold <= 0 ? 0 : NAN;
    return (float)(sqrt ((wanted + tiny) / (1 - off)) * (1 + 1e-5) + self->constant);
}

/* ---- pairs of rows ---------------------------------------------------------------------------
 *
 * Of two rows x and y only x' and y' are known, and how far from them they are: |x - x'| <= e and
 * |y - y'| <= f. Then
 *
 *     |<x, y> - <x', y'>| <= f |x'| + e |y'| + e f = (|x'| + e) f + e |y'|
 *     ||x - y| - |x' - y'|| <= e + f
 *
 * The float kernels' values are off by as much as above, that is in proportion to
 * (|x'| + e) (|y'| + f), or to the squared distance.
 */

#define UP (1 + 1e-5f) /* for roundings, here and in kernels */
#define HUGE_NORM                                                                                  \
    1e18f /* the square and products with other norms are finite; beyond, floats decide */

bool faiss_filter_pair_init (FaissFilterPair *self, size_t d) {
    if (d > FAISS_FILTER_MAX_PAIR_D) {
        return false;
    }
    double off = (double)(d + 8) * HALF_ULP * 1.1, tiny = (double)(d + 16) * 1e-32;
    *self = (FaissFilterPair){.d = d,
                              .off = (float)off,
                              .tiny = (float)tiny,
                              .root_tiny = (float)sqrt (tiny) * UP,
                              .root_up = (float)(1 / sqrt (1 - off)) * UP,
                              .root_down = (float)((1 - 2e-5) / sqrt (1 + off))};
    return true;
}

void faiss_filter_pair_set (FaissFilterPair *self, bool is_similarity, const uint8_t *row,
                            float threshold) {
    FaissFilterInfo info;
    memcpy (&info, row + faiss_filter_stride (self->d) - sizeof info, sizeof info);
    self->row = row;
    if (is_similarity) {
        float norm = info.norm * UP + info.error; /* of the row at most */
        self->threshold = threshold;
        self->error_factor = norm < HUGE_NORM ? norm * (1 + self->off) * UP : HUGE_VALF;
        self->norm_factor = (info.error + self->off * norm) * (UP * UP);
        self->constant = self->tiny;
    } else { /* NaN where the threshold is: then all rows are possible, none is certain */
        float root = sqrtf (threshold);
        self->error_factor = UP;
        self->far = (root + self->root_tiny) * self->root_up + info.error * UP;
        root = root > HUGE_NORM ? HUGE_NORM : root;
        self->near = (root - self->root_tiny) * self->root_down - info.error * UP;
    }
}

FaissStatus faiss_filter_kept_init (FaissFilterKept *self, size_t d, size_t capacity) {
    size_t n_groups = (capacity + FAISS_FILTER_GROUP - 1) / FAISS_FILTER_GROUP;
    size_t room = (n_groups + 1) * FAISS_FILTER_GROUP;
    float **const of_rows[] = {&self->scale, &self->low, &self->error,
                               &self->norm,  &self->sum, &self->size};
    *self = (FaissFilterKept){.d = d};
    if (d <= FAISS_FILTER_MAX_GROUPED_D) {
        FAISS_TRY (faiss_alloc_aligned (&self->codes, n_groups, faiss_filter_group_size (d)));
        memset (self->codes, 0, n_groups * faiss_filter_group_size (d));
    }
    FAISS_TRY (faiss_alloc (&self->rows, capacity, sizeof *self->rows));
    FAISS_TRY (faiss_alloc_zeroed (&self->code_sum, room, sizeof *self->code_sum));
    for (size_t i = 0; i < sizeof of_rows / sizeof *of_rows; i++) {
        FAISS_TRY (faiss_alloc_zeroed (of_rows[i], room, sizeof (float)));
    }
    return FAISS_OK;
}

/* There are zeros behind the codes of a row. */
static int32_t sum_of_codes (const uint8_t *row, size_t d) {
    uint64_t sum = 0;
    for (size_t j = 0; j < d; j += 8) {
        uint64_t codes, low_bytes = 0x00ff00ff00ff00ff;
        memcpy (&codes, row + j, sizeof codes);
        sum += (((codes & low_bytes) + (codes >> 8 & low_bytes)) * 0x0001000100010001) >> 48;
    }
    return (int32_t)sum;
}

static void put_in_group (FaissFilterKept *self, size_t at, const uint8_t *row) {
    int8_t *codes = self->codes + at / FAISS_FILTER_GROUP * faiss_filter_group_size (self->d);
    for (size_t j = 0; j < self->d; j += 4) {
        uint32_t quad;
        memcpy (&quad, row + j, sizeof quad);
        quad ^= 0x80808080;
        memcpy (codes + j * FAISS_FILTER_GROUP + at % FAISS_FILTER_GROUP * 4, &quad, sizeof quad);
    }
}

void faiss_filter_kept_add (FaissFilterKept *self, const uint8_t *row) {
    size_t at = self->n++;
    FaissFilterInfo info;
    memcpy (&info, row + faiss_filter_stride (self->d) - sizeof info, sizeof info);
    if (self->codes) {
        put_in_group (self, at, row);
    }
    self->rows[at] = row;
    self->code_sum[at] = sum_of_codes (row, self->d);
    self->scale[at] = info.scale;
    self->low[at] = info.low;
    self->error[at] = info.error;
    self->norm[at] = info.norm;
    float by_codes = info.scale * (float)self->code_sum[at], by_low = info.low * (float)self->d;
    self->sum[at] = by_codes + by_low;
    self->size[at] = fabsf (by_codes) + fabsf (by_low);
}

void faiss_filter_kept_free (FaissFilterKept *self) {
    free (self->rows);
    free (self->codes);
    free (self->code_sum);
    free (self->scale);
    free (self->low);
    free (self->error);
    free (self->norm);
    free (self->sum);
    free (self->size);
    *self = (FaissFilterKept){0};
}
