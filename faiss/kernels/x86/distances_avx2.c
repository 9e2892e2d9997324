/* Distances between vectors, AVX2 with FMA: lanes run along the components.
 *
 * Every kernel sums a pair of vectors in the same order: two accumulators take turns, the tail goes
 * to the first, and the final sum is within 128 bits first, then across. So one vector or four at a
 * time makes no difference to the result.
 */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

typedef enum Metric { IP, L2, L1, LINF } Metric; /* always a constant argument */

ALWAYS_INLINE __m256 step (const Metric metric, __m256 sum, __m256 x, __m256 y) {
    if (metric == IP) {
        return _mm256_fmadd_ps (x, y, sum);
    }
    __m256 difference = _mm256_sub_ps (x, y);
    if (metric == L2) {
        return _mm256_fmadd_ps (difference, difference, sum);
    }
    difference = _mm256_andnot_ps (_mm256_set1_ps (-0.f), difference);
    /* max returns the second operand where one is NaN */
    return metric == L1 ? _mm256_add_ps (sum, difference) : _mm256_max_ps (difference, sum);
}

/* The first n < 8 lanes. */
ALWAYS_INLINE __m256i tail_mask (size_t n) {
    return _mm256_cmpgt_epi32 (_mm256_set1_epi32 ((int)n),
                               _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7));
}

ALWAYS_INLINE float horizontal_sum (__m256 v) {
    v = _mm256_add_ps (v, _mm256_permute_ps (v, 0x4e));
    v = _mm256_add_ps (v, _mm256_permute_ps (v, 0xb1));
    return _mm_cvtss_f32 (_mm_add_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1)));
}

/* the same for four vectors at once */
ALWAYS_INLINE __m128 horizontal_sums (__m256 a, __m256 b, __m256 c, __m256 e) {
    __m256 ab = _mm256_add_ps (_mm256_unpacklo_ps (a, b), _mm256_unpackhi_ps (a, b));
    __m256 ce = _mm256_add_ps (_mm256_unpacklo_ps (c, e), _mm256_unpackhi_ps (c, e));
    __m256d ab_d = _mm256_castps_pd (ab), ce_d = _mm256_castps_pd (ce);
    __m256 sums = _mm256_add_ps (_mm256_castpd_ps (_mm256_unpacklo_pd (ab_d, ce_d)),
                                 _mm256_castpd_ps (_mm256_unpackhi_pd (ab_d, ce_d)));
    return _mm_add_ps (_mm256_castps256_ps128 (sums), _mm256_extractf128_ps (sums, 1));
}

ALWAYS_INLINE float distance (const Metric metric, const float *x, const float *y, size_t d) {
    __m256 sum0 = _mm256_setzero_ps (), sum1 = sum0;
    size_t j = 0;
    for (; j + 16 <= d; j += 16) {
        sum0 = step (metric, sum0, _mm256_loadu_ps (x + j), _mm256_loadu_ps (y + j));
        sum1 = step (metric, sum1, _mm256_loadu_ps (x + j + 8), _mm256_loadu_ps (y + j + 8));
    }
    if (j + 8 <= d) {
        sum1 = step (metric, sum1, _mm256_loadu_ps (x + j), _mm256_loadu_ps (y + j));
        j += 8;
    }
    if (j < d) {
        __m256i tail = tail_mask (d - j);
        sum0 =
            step (metric, sum0, _mm256_maskload_ps (x + j, tail), _mm256_maskload_ps (y + j, tail));
    }
    if (metric == LINF) {
        __m256 max = _mm256_max_ps (sum0, sum1);
        max = _mm256_max_ps (max, _mm256_permute_ps (max, 0x4e));
        max = _mm256_max_ps (max, _mm256_permute_ps (max, 0xb1));
        return _mm_cvtss_f32 (
            _mm_max_ps (_mm256_castps256_ps128 (max), _mm256_extractf128_ps (max, 1)));
    }
    return horizontal_sum (_mm256_add_ps (sum0, sum1));
}

ALWAYS_INLINE __m128 distance_4 (const Metric metric, const float *x, const float *y0,
                                 const float *y1, const float *y2, const float *y3, size_t d) {
    __m256 sum0[4], sum1[4];
    for (int i = 0; i < 4; i++) {
        sum0[i] = sum1[i] = _mm256_setzero_ps ();
    }
    size_t j = 0;
    for (; j + 16 <= d; j += 16) {
        __m256 q = _mm256_loadu_ps (x + j);
        sum0[0] = step (metric, sum0[0], q, _mm256_loadu_ps (y0 + j));
        sum0[1] = step (metric, sum0[1], q, _mm256_loadu_ps (y1 + j));
        sum0[2] = step (metric, sum0[2], q, _mm256_loadu_ps (y2 + j));
        sum0[3] = step (metric, sum0[3], q, _mm256_loadu_ps (y3 + j));
        q = _mm256_loadu_ps (x + j + 8);
        sum1[0] = step (metric, sum1[0], q, _mm256_loadu_ps (y0 + j + 8));
        sum1[1] = step (metric, sum1[1], q, _mm256_loadu_ps (y1 + j + 8));
        sum1[2] = step (metric, sum1[2], q, _mm256_loadu_ps (y2 + j + 8));
        sum1[3] = step (metric, sum1[3], q, _mm256_loadu_ps (y3 + j + 8));
    }
    if (j + 8 <= d) {
        __m256 q = _mm256_loadu_ps (x + j);
        sum1[0] = step (metric, sum1[0], q, _mm256_loadu_ps (y0 + j));
        sum1[1] = step (metric, sum1[1], q, _mm256_loadu_ps (y1 + j));
        sum1[2] = step (metric, sum1[2], q, _mm256_loadu_ps (y2 + j));
        sum1[3] = step (metric, sum1[3], q, _mm256_loadu_ps (y3 + j));
        j += 8;
    }
    if (j < d) {
        __m256i tail = tail_mask (d - j);
        __m256 q = _mm256_maskload_ps (x + j, tail);
        sum0[0] = step (metric, sum0[0], q, _mm256_maskload_ps (y0 + j, tail));
        sum0[1] = step (metric, sum0[1], q, _mm256_maskload_ps (y1 + j, tail));
        sum0[2] = step (metric, sum0[2], q, _mm256_maskload_ps (y2 + j, tail));
        sum0[3] = step (metric, sum0[3], q, _mm256_maskload_ps (y3 + j, tail));
    }
    return horizontal_sums (_mm256_add_ps (sum0[0], sum1[0]), _mm256_add_ps (sum0[1], sum1[1]),
                            _mm256_add_ps (sum0[2], sum1[2]), _mm256_add_ps (sum0[3], sum1[3]));
}

/* Rows in a row: memory is read once and in order, in four streams that the hardware does not see
 * in time: so ask for what comes well ahead of use. */
enum { PREFETCH_BYTES = 2048 };

ALWAYS_INLINE void distances_ny (const Metric metric, float *out, const float *x, const float *y,
                                 size_t d, size_t ny) {
    size_t i = 0;
    for (; i + 4 <= ny; i += 4) {
        const float *row = y + i * d;
        const char *ahead = (const char *)(row + 4 * d) + PREFETCH_BYTES;
        for (size_t at = 0; at < 16 * d; at += 64) {
            _mm_prefetch (ahead + at, _MM_HINT_T0);
        }
        _mm_storeu_ps (out + i, distance_4 (metric, x, row, row + d, row + 2 * d, row + 3 * d, d));
    }
    for (; i < ny; i++) {
        out[i] = distance (metric, x, y + i * d, d);
    }
}

float faiss_fvec_L2sqr_avx2 (const float *x, const float *y, size_t d) {
    return distance (L2, x, y, d);
}

float faiss_fvec_inner_product_avx2 (const float *x, const float *y, size_t d) {
    return distance (IP, x, y, d);
}

float faiss_fvec_L1_avx2 (const float *x, const float *y, size_t d) {
    return distance (L1, x, y, d);
}

float faiss_fvec_Linf_avx2 (const float *x, const float *y, size_t d) {
    return distance (LINF, x, y, d);
}

void faiss_fvec_L2sqr_batch_4_avx2 (const float *x, const float *y0, const float *y1,
                                    const float *y2, const float *y3, size_t d, float out[4]) {
    _mm_storeu_ps (out, distance_4 (L2, x, y0, y1, y2, y3, d));
}

void faiss_fvec_inner_product_batch_4_avx2 (const float *x, const float *y0, const float *y1,
                                            const float *y2, const float *y3, size_t d,
                                            float out[4]) {
    _mm_storeu_ps (out, distance_4 (IP, x, y0, y1, y2, y3, d));
}

void faiss_fvec_L2sqr_ny_avx2 (float *out, const float *x, const float *y, size_t d, size_t ny) {
    distances_ny (L2, out, x, y, d, ny);
}

void faiss_fvec_inner_products_ny_avx2 (float *out, const float *x, const float *y, size_t d,
                                        size_t ny) {
    distances_ny (IP, out, x, y, d, ny);
}

void faiss_fvec_madd_avx2 (size_t n, const float *a, float bf, const float *b, float *c) {
    __m256 factor = _mm256_set1_ps (bf);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        _mm256_storeu_ps (
            c + i, _mm256_fmadd_ps (factor, _mm256_loadu_ps (b + i), _mm256_loadu_ps (a + i)));
    }
    if (i < n) {
        __m256i tail = tail_mask (n - i);
        __m256 sum = _mm256_fmadd_ps (factor, _mm256_maskload_ps (b + i, tail),
                                      _mm256_maskload_ps (a + i, tail));
        _mm256_maskstore_ps (c + i, tail, sum);
    }
}
