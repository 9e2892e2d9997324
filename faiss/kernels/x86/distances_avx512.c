/* Distances between vectors, AVX-512: lanes run along the components.
 *
 * Every kernel sums a pair of vectors in the same order, so one vector or four at a time makes no
 * difference to the result. For L2 and IP the order is that of faiss 1.15.1 at this level, to the
 * bit, since graphs whose links are chosen among nearly equal distances follow from it: one
 * accumulator of 16 lanes; its upper half is added to the lower; 8 more components, if there are as
 * many, to that; halves are added until one is left; then the last components one by one.
 */
#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

#include <faiss/kernels/kernels.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

typedef enum Metric { IP, L2, L1, LINF } Metric; /* always a constant argument */

ALWAYS_INLINE __m512 step (const Metric metric, __m512 sum, __m512 x, __m512 y) {
    if (metric == IP) {
        return _mm512_fmadd_ps (x, y, sum);
    }
    __m512 difference = _mm512_sub_ps (x, y);
    if (metric == L2) {
        return _mm512_fmadd_ps (difference, difference, sum);
    }
    difference = _mm512_abs_ps (difference);
    /* max returns the second operand where one is NaN */
    return metric == L1 ? _mm512_add_ps (sum, difference) : _mm512_max_ps (difference, sum);
}

ALWAYS_INLINE __mmask16 tail_mask (size_t n) {
    return (__mmask16)((1u << n) - 1);
}

ALWAYS_INLINE __m256 step_8 (const Metric metric, __m256 sum, __m256 x, __m256 y) {
    __m256 difference = metric == L2 ? _mm256_sub_ps (x, y) : x;
    return _mm256_fmadd_ps (difference, metric == L2 ? difference : y, sum);
}

ALWAYS_INLINE __m128 step_4 (const Metric metric, __m128 sum, __m128 x, __m128 y) {
    __m128 difference = metric == L2 ? _mm_sub_ps (x, y) : x;
    return _mm_fmadd_ps (difference, metric == L2 ? difference : y, sum);
}

/* _mm_load_ss takes aligned floats only; rows of mapped files may not be */
ALWAYS_INLINE __m128 load_1 (const float *p) {
    float value;
    memcpy (&value, p, sizeof value);
    return _mm_set_ss (value);
}

ALWAYS_INLINE __m256 fold (__m512 v) {
    return _mm256_add_ps (_mm512_castps512_ps256 (v), _mm512_extractf32x8_ps (v, 1));
}

ALWAYS_INLINE float distance (const Metric metric, const float *x, const float *y, size_t d) {
    __m512 sum = _mm512_setzero_ps ();
    size_t j = 0;
    for (; j + 16 <= d; j += 16) {
        sum = step (metric, sum, _mm512_loadu_ps (x + j), _mm512_loadu_ps (y + j));
    }
    __m256 sum_8 = fold (sum);
    if (j + 8 <= d) {
        sum_8 = step_8 (metric, sum_8, _mm256_loadu_ps (x + j), _mm256_loadu_ps (y + j));
        j += 8;
    }
    __m128 sum_4 = _mm_add_ps (_mm256_castps256_ps128 (sum_8), _mm256_extractf128_ps (sum_8, 1));
    sum_4 = _mm_add_ps (sum_4, _mm_movehl_ps (sum_4, sum_4));
    sum_4 = _mm_add_ps (sum_4, _mm_movehdup_ps (sum_4));
    for (; j < d; j++) {
        sum_4 = step_4 (metric, sum_4, load_1 (x + j), load_1 (y + j));
    }
    return _mm_cvtss_f32 (sum_4);
}

/* a sum of any order, for what upstream's graphs do not depend on */
ALWAYS_INLINE float distance_two_sums (const Metric metric, const float *x, const float *y,
                                       size_t d) {
    __m512 sum0 = _mm512_setzero_ps (), sum1 = sum0;
    size_t j = 0;
    for (; j + 32 <= d; j += 32) {
        sum0 = step (metric, sum0, _mm512_loadu_ps (x + j), _mm512_loadu_ps (y + j));
        sum1 = step (metric, sum1, _mm512_loadu_ps (x + j + 16), _mm512_loadu_ps (y + j + 16));
    }
    if (j + 16 <= d) {
        sum1 = step (metric, sum1, _mm512_loadu_ps (x + j), _mm512_loadu_ps (y + j));
        j += 16;
    }
    if (j < d) {
        __mmask16 tail = tail_mask (d - j);
        sum0 = step (metric, sum0, _mm512_maskz_loadu_ps (tail, x + j),
                     _mm512_maskz_loadu_ps (tail, y + j));
    }
    return metric == LINF ? _mm512_reduce_max_ps (_mm512_max_ps (sum0, sum1))
                          : _mm512_reduce_add_ps (_mm512_add_ps (sum0, sum1));
}

/* The sums of four accumulators, and of 8 more components from j on, if there are as many. */
ALWAYS_INLINE __m128 fold_4 (const Metric metric, const __m512 sum[4], const float *x,
                             const float *const y[4], size_t j, bool has_8) {
    /* upper halves are added to lower ones: of two accumulators at once, then of all four */
    __m512 ab = _mm512_add_ps (_mm512_shuffle_f32x4 (sum[0], sum[1], 0x44),
                               _mm512_shuffle_f32x4 (sum[0], sum[1], 0xee));
    __m512 ce = _mm512_add_ps (_mm512_shuffle_f32x4 (sum[2], sum[3], 0x44),
                               _mm512_shuffle_f32x4 (sum[2], sum[3], 0xee));
    if (has_8) {
        __m512 q =
            _mm512_castpd_ps (_mm512_broadcast_f64x4 (_mm256_castps_pd (_mm256_loadu_ps (x + j))));
        ab = step (metric, ab, q,
                   _mm512_insertf32x8 (_mm512_castps256_ps512 (_mm256_loadu_ps (y[0] + j)),
                                       _mm256_loadu_ps (y[1] + j), 1));
        ce = step (metric, ce, q,
                   _mm512_insertf32x8 (_mm512_castps256_ps512 (_mm256_loadu_ps (y[2] + j)),
                                       _mm256_loadu_ps (y[3] + j), 1));
    }
    __m512 all =
        _mm512_add_ps (_mm512_shuffle_f32x4 (ab, ce, 0x88), _mm512_shuffle_f32x4 (ab, ce, 0xdd));
    all = _mm512_add_ps (all, _mm512_permute_ps (all, 0x4e));
    all = _mm512_add_ps (all, _mm512_permute_ps (all, 0xb1));
    const __m512i first = _mm512_setr_epi32 (0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    return _mm512_castps512_ps128 (_mm512_permutexvar_ps (first, all));
}

/* n <= 4 more components from j on, of four vectors, one by one */
ALWAYS_INLINE __m128 add_one_by_one (const Metric metric, __m128 sums, const float *x,
                                     const float *const y[4], size_t j, size_t n) {
    __mmask8 tail = (__mmask8)((1u << n) - 1);
    __m128 a = _mm_maskz_loadu_ps (tail, y[0] + j), b = _mm_maskz_loadu_ps (tail, y[1] + j);
    __m128 c = _mm_maskz_loadu_ps (tail, y[2] + j), e = _mm_maskz_loadu_ps (tail, y[3] + j);
    _MM_TRANSPOSE4_PS (a, b, c, e);
    sums = step_4 (metric, sums, _mm_set1_ps (x[j]), a);
    if (n > 1) {
        sums = step_4 (metric, sums, _mm_set1_ps (x[j + 1]), b);
    }
    if (n > 2) {
        sums = step_4 (metric, sums, _mm_set1_ps (x[j + 2]), c);
    }
    if (n > 3) {
        sums = step_4 (metric, sums, _mm_set1_ps (x[j + 3]), e);
    }
    return sums;
}

/* What is left of four vectors where the 16s end, at j. */
ALWAYS_INLINE __m128 finish (const Metric metric, const __m512 sum[4], const float *x,
                             const float *const y[4], size_t j, size_t d) {
    bool has_8 = j + 8 <= d;
    __m128 sums = fold_4 (metric, sum, x, y, j, has_8);
    for (j += has_8 ? 8 : 0; j < d; j += 4) {
        sums = add_one_by_one (metric, sums, x, y, j, d - j < 4 ? d - j : 4);
    }
    return sums;
}

/* n is 4, or 8: additions of long vectors wait less for one another. */
ALWAYS_INLINE void distance_n (const Metric metric, const int n, const float *x,
                               const float *const *y, size_t d, float *out) {
    __m512 sum[8];
    for (int i = 0; i < n; i++) {
        sum[i] = _mm512_setzero_ps ();
    }
    size_t j = 0;
    for (; j + 16 <= d; j += 16) {
        __m512 q = _mm512_loadu_ps (x + j);
        sum[0] = step (metric, sum[0], q, _mm512_loadu_ps (y[0] + j));
        sum[1] = step (metric, sum[1], q, _mm512_loadu_ps (y[1] + j));
        sum[2] = step (metric, sum[2], q, _mm512_loadu_ps (y[2] + j));
        sum[3] = step (metric, sum[3], q, _mm512_loadu_ps (y[3] + j));
        if (n == 8) {
            sum[4] = step (metric, sum[4], q, _mm512_loadu_ps (y[4] + j));
            sum[5] = step (metric, sum[5], q, _mm512_loadu_ps (y[5] + j));
            sum[6] = step (metric, sum[6], q, _mm512_loadu_ps (y[6] + j));
            sum[7] = step (metric, sum[7], q, _mm512_loadu_ps (y[7] + j));
        }
    }
    _mm_storeu_ps (out, finish (metric, sum, x, y, j, d));
    if (n == 8) {
        _mm_storeu_ps (out + 4, finish (metric, sum + 4, x, y + 4, j, d));
    }
}

/* ---- sixteen short rows in a row --------------------------------------------------------------
 *
 * The same sums, but what is left where the 16s and 8s end is added for sixteen rows at once. A
 * quad is four rows, one in each 128-bit lane: rows 4 q .. 4 q + 3. Of the results lane l has those
 * of rows l, l + 4, l + 8 and l + 12. */

enum { MAX_SHORT_D = 31 };

/* Four components from j on of a quad, the first n of them. */
ALWAYS_INLINE __m512 load_quad (const float *y, size_t d, size_t j, size_t n) {
    if (d == 4) {
        return _mm512_loadu_ps (y);
    }
    __mmask8 mask = (__mmask8)((1u << n) - 1);
    __m512 quad = _mm512_castps128_ps512 (_mm_maskz_loadu_ps (mask, y + j));
    quad = _mm512_insertf32x4 (quad, _mm_maskz_loadu_ps (mask, y + d + j), 1);
    quad = _mm512_insertf32x4 (quad, _mm_maskz_loadu_ps (mask, y + 2 * d + j), 2);
    return _mm512_insertf32x4 (quad, _mm_maskz_loadu_ps (mask, y + 3 * d + j), 3);
}

/* Eight components of two rows. */
ALWAYS_INLINE __m512 load_pair (const float *y0, const float *y1) {
    return _mm512_insertf32x8 (_mm512_castps256_ps512 (_mm256_loadu_ps (y0)), _mm256_loadu_ps (y1),
                               1);
}

/* The four partial sums of each row of a quad, after 16s and an 8: d >= 8. */
ALWAYS_INLINE __m512 sums_of_quad (const Metric metric, const float *x, const float *y, size_t d) {
    __m512 ab = _mm512_setzero_ps (), ce = ab;
    size_t j = 0;
    if (d >= 16) {
        __m512 q = _mm512_loadu_ps (x), zero = ab;
        __m512 a = step (metric, zero, q, _mm512_loadu_ps (y));
        __m512 b = step (metric, zero, q, _mm512_loadu_ps (y + d));
        __m512 c = step (metric, zero, q, _mm512_loadu_ps (y + 2 * d));
        __m512 e = step (metric, zero, q, _mm512_loadu_ps (y + 3 * d));
        ab = _mm512_add_ps (_mm512_shuffle_f32x4 (a, b, 0x44), _mm512_shuffle_f32x4 (a, b, 0xee));
        ce = _mm512_add_ps (_mm512_shuffle_f32x4 (c, e, 0x44), _mm512_shuffle_f32x4 (c, e, 0xee));
        j = 16;
    }
    if (j + 8 <= d) {
        __m512 q =
            _mm512_castpd_ps (_mm512_broadcast_f64x4 (_mm256_castps_pd (_mm256_loadu_ps (x + j))));
        y += j;
        ab = step (metric, ab, q, load_pair (y, y + d));
        ce = step (metric, ce, q, load_pair (y + 2 * d, y + 3 * d));
    }
    return _mm512_add_ps (_mm512_shuffle_f32x4 (ab, ce, 0x88), _mm512_shuffle_f32x4 (ab, ce, 0xdd));
}

/* s0 + s2 and s1 + s3, and both of them, of all rows of four quads. */
ALWAYS_INLINE __m512 sums_of_quads (const __m512 quad[4]) {
    __m512d a = _mm512_castps_pd (quad[0]), b = _mm512_castps_pd (quad[1]);
    __m512d c = _mm512_castps_pd (quad[2]), e = _mm512_castps_pd (quad[3]);
    __m512 ab = _mm512_add_ps (_mm512_castpd_ps (_mm512_unpacklo_pd (a, b)),
                               _mm512_castpd_ps (_mm512_unpackhi_pd (a, b)));
    __m512 ce = _mm512_add_ps (_mm512_castpd_ps (_mm512_unpacklo_pd (c, e)),
                               _mm512_castpd_ps (_mm512_unpackhi_pd (c, e)));
    return _mm512_add_ps (_mm512_shuffle_ps (ab, ce, 0x88), _mm512_shuffle_ps (ab, ce, 0xdd));
}

/* n <= 4 more components from j on of sixteen rows, one by one */
ALWAYS_INLINE __m512 add_to_16 (const Metric metric, __m512 sums, const float *x, const float *y,
                                size_t d, size_t j, size_t n) {
    __m512 a = load_quad (y, d, j, n), b = load_quad (y + 4 * d, d, j, n);
    __m512 c = load_quad (y + 8 * d, d, j, n), e = load_quad (y + 12 * d, d, j, n);
    __m512d ab = _mm512_castps_pd (_mm512_unpacklo_ps (a, b));
    __m512d ce = _mm512_castps_pd (_mm512_unpacklo_ps (c, e));
    sums =
        step (metric, sums, _mm512_set1_ps (x[j]), _mm512_castpd_ps (_mm512_unpacklo_pd (ab, ce)));
    if (n > 1) {
        sums = step (metric, sums, _mm512_set1_ps (x[j + 1]),
                     _mm512_castpd_ps (_mm512_unpackhi_pd (ab, ce)));
    }
    if (n > 2) {
        ab = _mm512_castps_pd (_mm512_unpackhi_ps (a, b));
        ce = _mm512_castps_pd (_mm512_unpackhi_ps (c, e));
        sums = step (metric, sums, _mm512_set1_ps (x[j + 2]),
                     _mm512_castpd_ps (_mm512_unpacklo_pd (ab, ce)));
    }
    if (n > 3) {
        sums = step (metric, sums, _mm512_set1_ps (x[j + 3]),
                     _mm512_castpd_ps (_mm512_unpackhi_pd (ab, ce)));
    }
    return sums;
}

ALWAYS_INLINE __m512 distances_16 (const Metric metric, const float *x, const float *y, size_t d) {
    __m512 sums = _mm512_setzero_ps ();
    if (d == 1) {
        return step (metric, sums, _mm512_set1_ps (x[0]), _mm512_loadu_ps (y));
    }
    if (d == 2) {
        const __m512i even =
            _mm512_setr_epi32 (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        __m512 low = _mm512_loadu_ps (y), high = _mm512_loadu_ps (y + 16);
        sums = step (metric, sums, _mm512_set1_ps (x[0]), _mm512_permutex2var_ps (low, even, high));
        return step (
            metric, sums, _mm512_set1_ps (x[1]),
            _mm512_permutex2var_ps (low, _mm512_add_epi32 (even, _mm512_set1_epi32 (1)), high));
    }
    if (d >= 8) {
        __m512 quads[4];
        for (size_t q = 0; q < 4; q++) {
            quads[q] = sums_of_quad (metric, x, y + 4 * q * d, d);
        }
        sums = sums_of_quads (quads);
    }
    for (size_t j = d / 8 * 8; j < d; j += 4) {
        sums = add_to_16 (metric, sums, x, y, d, j, d - j < 4 ? d - j : 4);
    }
    const __m512i in_order =
        _mm512_setr_epi32 (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_ps (in_order, sums);
}

/* Rows in a row: memory is read once and in order. Where rows are short the hardware does not see
 * four streams in time, so ask for what comes well ahead of use. */
enum { PREFETCH_BYTES = 4096, PREFETCH_MAX_D = 256 };

ALWAYS_INLINE void distances_ny (const Metric metric, float *out, const float *x, const float *y,
                                 size_t d, size_t ny) {
    size_t i = 0;
    for (; d > 0 && d <= MAX_SHORT_D && i + 16 <= ny; i += 16) {
        const float *row = y + i * d;
        for (size_t at = 0; at < 64 * d; at += 64) {
            _mm_prefetch ((const char *)(row + 16 * d) + PREFETCH_BYTES + at, _MM_HINT_T0);
        }
        _mm512_storeu_ps (out + i, distances_16 (metric, x, row, d));
    }
    for (; d > PREFETCH_MAX_D && i + 8 <= ny; i += 8) {
        const float *row = y + i * d;
        const float *const rows[8] = {row,         row + d,     row + 2 * d, row + 3 * d,
                                      row + 4 * d, row + 5 * d, row + 6 * d, row + 7 * d};
        distance_n (metric, 8, x, rows, d, out + i);
    }
    for (; i + 4 <= ny; i += 4) {
        const float *row = y + i * d;
        const char *ahead = (const char *)(row + 4 * d) + PREFETCH_BYTES;
        for (size_t at = 0; d <= PREFETCH_MAX_D && at < 16 * d; at += 64) {
            _mm_prefetch (ahead + at, _MM_HINT_T0);
        }
        const float *const rows[4] = {row, row + d, row + 2 * d, row + 3 * d};
        distance_n (metric, 4, x, rows, d, out + i);
    }
    for (; i < ny; i++) {
        out[i] = distance (metric, x, y + i * d, d);
    }
}

float faiss_fvec_L2sqr_avx512 (const float *x, const float *y, size_t d) {
    return distance (L2, x, y, d);
}

float faiss_fvec_inner_product_avx512 (const float *x, const float *y, size_t d) {
    return distance (IP, x, y, d);
}

float faiss_fvec_L1_avx512 (const float *x, const float *y, size_t d) {
    return distance_two_sums (L1, x, y, d);
}

float faiss_fvec_Linf_avx512 (const float *x, const float *y, size_t d) {
    return distance_two_sums (LINF, x, y, d);
}

void faiss_fvec_L2sqr_batch_4_avx512 (const float *x, const float *y0, const float *y1,
                                      const float *y2, const float *y3, size_t d, float out[4]) {
    const float *const rows[4] = {y0, y1, y2, y3};
    distance_n (L2, 4, x, rows, d, out);
}

void faiss_fvec_inner_product_batch_4_avx512 (const float *x, const float *y0, const float *y1,
                                              const float *y2, const float *y3, size_t d,
                                              float out[4]) {
    const float *const rows[4] = {y0, y1, y2, y3};
    distance_n (IP, 4, x, rows, d, out);
}

void faiss_fvec_L2sqr_ny_avx512 (float *out, const float *x, const float *y, size_t d, size_t ny) {
    distances_ny (L2, out, x, y, d, ny);
}

void faiss_fvec_inner_products_ny_avx512 (float *out, const float *x, const float *y, size_t d,
                                          size_t ny) {
    distances_ny (IP, out, x, y, d, ny);
}

void faiss_fvec_madd_avx512 (size_t n, const float *a, float bf, const float *b, float *c) {
    __m512 factor = _mm512_set1_ps (bf);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        _mm512_storeu_ps (
            c + i, _mm512_fmadd_ps (factor, _mm512_loadu_ps (b + i), _mm512_loadu_ps (a + i)));
    }
    if (i < n) {
        __mmask16 tail = tail_mask (n - i);
        __m512 sum = _mm512_fmadd_ps (factor, _mm512_maskz_loadu_ps (tail, b + i),
                                      _mm512_maskz_loadu_ps (tail, a + i));
        _mm512_mask_storeu_ps (c + i, tail, sum);
    }
}
