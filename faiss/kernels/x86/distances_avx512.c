/* Distances between vectors, AVX-512: lanes run along the components.
 *
 * Every kernel sums a pair of vectors in the same order: two accumulators take turns, the tail goes
 * to the first, and the final sum is within 128 bits first, then across. So one vector or four at a
 * time makes no difference to the result.
 */
#include <immintrin.h>

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

ALWAYS_INLINE float horizontal_sum (__m512 v) {
    v = _mm512_add_ps (v, _mm512_permute_ps (v, 0x4e));
    v = _mm512_add_ps (v, _mm512_permute_ps (v, 0xb1));
    __m256 half = _mm256_add_ps (_mm512_castps512_ps256 (v), _mm512_extractf32x8_ps (v, 1));
    return _mm_cvtss_f32 (
        _mm_add_ps (_mm256_castps256_ps128 (half), _mm256_extractf128_ps (half, 1)));
}

/* the same for four vectors at once */
ALWAYS_INLINE __m128 horizontal_sums (__m512 a, __m512 b, __m512 c, __m512 e) {
    __m512 ab = _mm512_add_ps (_mm512_unpacklo_ps (a, b), _mm512_unpackhi_ps (a, b));
    __m512 ce = _mm512_add_ps (_mm512_unpacklo_ps (c, e), _mm512_unpackhi_ps (c, e));
    __m512d ab_d = _mm512_castps_pd (ab), ce_d = _mm512_castps_pd (ce);
    __m512 sums = _mm512_add_ps (_mm512_castpd_ps (_mm512_unpacklo_pd (ab_d, ce_d)),
                                 _mm512_castpd_ps (_mm512_unpackhi_pd (ab_d, ce_d)));
    __m256 half = _mm256_add_ps (_mm512_castps512_ps256 (sums), _mm512_extractf32x8_ps (sums, 1));
    return _mm_add_ps (_mm256_castps256_ps128 (half), _mm256_extractf128_ps (half, 1));
}

ALWAYS_INLINE float distance (const Metric metric, const float *x, const float *y, size_t d) {
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
    if (metric == LINF) {
        return _mm512_reduce_max_ps (_mm512_max_ps (sum0, sum1));
    }
    return horizontal_sum (_mm512_add_ps (sum0, sum1));
}

ALWAYS_INLINE __m128 distance_4 (const Metric metric, const float *x, const float *y0,
                                 const float *y1, const float *y2, const float *y3, size_t d) {
    __m512 sum0[4], sum1[4];
    for (int i = 0; i < 4; i++) {
        sum0[i] = sum1[i] = _mm512_setzero_ps ();
    }
    size_t j = 0;
    for (; j + 32 <= d; j += 32) {
        __m512 q = _mm512_loadu_ps (x + j);
        sum0[0] = step (metric, sum0[0], q, _mm512_loadu_ps (y0 + j));
        sum0[1] = step (metric, sum0[1], q, _mm512_loadu_ps (y1 + j));
        sum0[2] = step (metric, sum0[2], q, _mm512_loadu_ps (y2 + j));
        sum0[3] = step (metric, sum0[3], q, _mm512_loadu_ps (y3 + j));
        q = _mm512_loadu_ps (x + j + 16);
        sum1[0] = step (metric, sum1[0], q, _mm512_loadu_ps (y0 + j + 16));
        sum1[1] = step (metric, sum1[1], q, _mm512_loadu_ps (y1 + j + 16));
        sum1[2] = step (metric, sum1[2], q, _mm512_loadu_ps (y2 + j + 16));
        sum1[3] = step (metric, sum1[3], q, _mm512_loadu_ps (y3 + j + 16));
    }
    if (j + 16 <= d) {
        __m512 q = _mm512_loadu_ps (x + j);
        sum1[0] = step (metric, sum1[0], q, _mm512_loadu_ps (y0 + j));
        sum1[1] = step (metric, sum1[1], q, _mm512_loadu_ps (y1 + j));
        sum1[2] = step (metric, sum1[2], q, _mm512_loadu_ps (y2 + j));
        sum1[3] = step (metric, sum1[3], q, _mm512_loadu_ps (y3 + j));
        j += 16;
    }
    if (j < d) {
        __mmask16 tail = tail_mask (d - j);
        __m512 q = _mm512_maskz_loadu_ps (tail, x + j);
        sum0[0] = step (metric, sum0[0], q, _mm512_maskz_loadu_ps (tail, y0 + j));
        sum0[1] = step (metric, sum0[1], q, _mm512_maskz_loadu_ps (tail, y1 + j));
        sum0[2] = step (metric, sum0[2], q, _mm512_maskz_loadu_ps (tail, y2 + j));
        sum0[3] = step (metric, sum0[3], q, _mm512_maskz_loadu_ps (tail, y3 + j));
    }
    return horizontal_sums (_mm512_add_ps (sum0[0], sum1[0]), _mm512_add_ps (sum0[1], sum1[1]),
                            _mm512_add_ps (sum0[2], sum1[2]), _mm512_add_ps (sum0[3], sum1[3]));
}

/* Rows in a row: memory is read once and in order. Where rows are short the hardware does not see
 * four streams in time, so ask for what comes well ahead of use. */
enum { PREFETCH_BYTES = 4096, PREFETCH_MAX_D = 256 };

ALWAYS_INLINE void distances_ny (const Metric metric, float *out, const float *x, const float *y,
                                 size_t d, size_t ny) {
    size_t i = 0;
    for (; i + 4 <= ny; i += 4) {
        const float *row = y + i * d;
        const char *ahead = (const char *)(row + 4 * d) + PREFETCH_BYTES;
        for (size_t at = 0; d <= PREFETCH_MAX_D && at < 16 * d; at += 64) {
            _mm_prefetch (ahead + at, _MM_HINT_T0);
        }
        _mm_storeu_ps (out + i, distance_4 (metric, x, row, row + d, row + 2 * d, row + 3 * d, d));
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
    return distance (L1, x, y, d);
}

float faiss_fvec_Linf_avx512 (const float *x, const float *y, size_t d) {
    return distance (LINF, x, y, d);
}

void faiss_fvec_L2sqr_batch_4_avx512 (const float *x, const float *y0, const float *y1,
                                      const float *y2, const float *y3, size_t d, float out[4]) {
    _mm_storeu_ps (out, distance_4 (L2, x, y0, y1, y2, y3, d));
}

void faiss_fvec_inner_product_batch_4_avx512 (const float *x, const float *y0, const float *y1,
                                              const float *y2, const float *y3, size_t d,
                                              float out[4]) {
    _mm_storeu_ps (out, distance_4 (IP, x, y0, y1, y2, y3, d));
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
