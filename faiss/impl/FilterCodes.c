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
