/* Filter codes, AVX-512: four rows at a time; codes are widened to 16 bits and multiplied in pairs.
 */
#include <immintrin.h>

#include <faiss/kernels/filter_codes_finish.h>
#include <faiss/kernels/kernels.h>
#include <faiss/kernels/x86/filter_codes_tmpl.h>
#include <faiss/kernels/x86/sums_avx512_tmpl.h>

/* ---- rows to codes --------------------------------------------------------------------------- */

ALWAYS_INLINE __mmask16 lanes (size_t n) {
    return n >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << n) - 1);
}

static FaissFilterScale scale_of (const float *y, size_t d) {
    __m512 min = _mm512_set1_ps (*(const FaissStoredFloat *)y), max = min;
    __mmask16 fractions = 0;
    for (size_t j = 0; j < d; j += 16) {
        __mmask16 mask = lanes (d - j);
        __m512 v = _mm512_mask_loadu_ps (min, mask, y + j);
        min = _mm512_min_ps (min, v);
        max = _mm512_mask_max_ps (max, mask, max, v);
        __m512 whole = _mm512_roundscale_ps (v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        fractions |= _mm512_mask_cmp_ps_mask (mask, v, whole, _CMP_NEQ_UQ);
    }
    return faiss_filter_scale (_mm512_reduce_min_ps (min), _mm512_reduce_max_ps (max), !fractions);
}

/* Eight lanes: what was lost, and what was kept, squared. */
ALWAYS_INLINE void add_squares (__m256 y, __m256i code, __m512d scale, __m512d low, __mmask8 mask,
                                __m512d *error2, __m512d *norm2) {
    __m512d decoded = _mm512_maskz_fmadd_pd (mask, _mm512_cvtepi32_pd (code), scale, low);
    __m512d lost = _mm512_sub_pd (_mm512_cvtps_pd (y), decoded);
    *error2 = _mm512_fmadd_pd (lost, lost, *error2);
    *norm2 = _mm512_fmadd_pd (decoded, decoded, *norm2);
}

static void encode_row (const float *y, size_t d, uint8_t *row) {
    FaissFilterScale s = scale_of (y, d);
    __m512 low = _mm512_set1_ps (s.low), inverse = _mm512_set1_ps (s.inverse);
    __m512d low_d = _mm512_set1_pd (s.low), scale_d = _mm512_set1_pd (s.scale);
    __m512d error2[2] = {_mm512_setzero_pd (), _mm512_setzero_pd ()};
    __m512d norm2[2] = {_mm512_setzero_pd (), _mm512_setzero_pd ()};
    for (size_t j = 0; j < d; j += 16) {
        __mmask16 mask = lanes (d - j);
        __m512 v = _mm512_maskz_loadu_ps (mask, y + j);
        __m512 steps = _mm512_mul_ps (_mm512_sub_ps (v, low), inverse);
        __mmask16 good = _mm512_mask_cmp_ps_mask (mask, steps, _mm512_setzero_ps (), _CMP_GE_OQ) &
                         _mm512_cmp_ps_mask (steps, _mm512_set1_ps (256), _CMP_LT_OQ);
        __m512i code = _mm512_maskz_cvtps_epi32 (good, steps);
        _mm512_mask_cvtepi32_storeu_epi8 (row + j, mask, code);
        add_squares (_mm512_castps512_ps256 (v), _mm512_castsi512_si256 (code), scale_d, low_d,
                     (__mmask8)mask, &error2[0], &norm2[0]);
        add_squares (_mm512_extractf32x8_ps (v, 1), _mm512_extracti64x4_epi64 (code, 1), scale_d,
                     low_d, (__mmask8)(mask >> 8), &error2[1], &norm2[1]);
    }
    faiss_filter_finish_row (row, d, s, _mm512_reduce_add_pd (_mm512_add_pd (error2[0], error2[1])),
                             _mm512_reduce_add_pd (_mm512_add_pd (norm2[0], norm2[1])));
}

void faiss_filter_encode_avx512 (const float *y, size_t n, size_t d, uint8_t *rows) {
    for (size_t i = 0; i < n; i++) {
        encode_row (y + i * d, d, rows + i * faiss_filter_stride (d));
    }
}

/* ---- codes with a query ---------------------------------------------------------------------- */

/* Codes of a row times components j .. j + 31, which are zero where the codes end. */
ALWAYS_INLINE __m512i step (__m512i sum, const uint8_t *row, size_t j, __m512i components) {
    __m256i codes = _mm256_loadu_si256 ((const __m256i *)(const void *)(row + j));
    return _mm512_add_epi32 (sum, _mm512_madd_epi16 (_mm512_cvtepu8_epi16 (codes), components));
}

ALWAYS_INLINE __m128i dots_4 (const FaissFilterQuery *query, const uint8_t *const row[4]) {
    __m512i dot0 = _mm512_setzero_si512 (), dot1 = dot0, dot2 = dot0, dot3 = dot0;
    for (size_t j = 0; j < query->d; j += 32) {
        __m512i components = _mm512_loadu_si512 (query->components + j);
        dot0 = step (dot0, row[0], j, components);
        dot1 = step (dot1, row[1], j, components);
        dot2 = step (dot2, row[2], j, components);
        dot3 = step (dot3, row[3], j, components);
    }
    return sums_of_4 (dot0, dot1, dot2, dot3);
}

size_t faiss_filter_find_ip_avx512 (const FaissFilterQuery *query, const uint8_t *rows,
                                    const uint32_t *ids, size_t n, float bound,
                                    uint32_t *positions) {
    return find (true, query, rows, ids, n, bound, positions);
}

size_t faiss_filter_find_L2_avx512 (const FaissFilterQuery *query, const uint8_t *rows,
                                    const uint32_t *ids, size_t n, float bound,
                                    uint32_t *positions) {
    return find (false, query, rows, ids, n, bound, positions);
}

void faiss_filter_keys_ip_avx512 (const FaissFilterQuery *query, const uint8_t *rows,
                                  const uint32_t *ids, size_t n, float *keys) {
    find_keys (true, query, rows, ids, n, keys);
}

void faiss_filter_keys_L2_avx512 (const FaissFilterQuery *query, const uint8_t *rows,
                                  const uint32_t *ids, size_t n, float *keys) {
    find_keys (false, query, rows, ids, n, keys);
}
