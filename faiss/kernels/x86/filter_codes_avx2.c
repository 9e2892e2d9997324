/* Filter codes, AVX2: four rows at a time; codes are widened to 16 bits and multiplied in pairs. */
#include <immintrin.h>

#include <faiss/kernels/filter_codes_finish.h>
#include <faiss/kernels/kernels.h>
#include <faiss/kernels/x86/filter_codes_tmpl.h>

/* ---- rows to codes --------------------------------------------------------------------------- */

/* The first n lanes. */
ALWAYS_INLINE __m256i lanes (size_t n) {
    return _mm256_cmpgt_epi32 (_mm256_set1_epi32 (n < 8 ? (int)n : 8),
                               _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7));
}

static FaissFilterScale scale_of (const float *y, size_t d) {
    __m256 first = _mm256_set1_ps (*(const FaissStoredFloat *)y), min = first, max = first;
    __m256 fractions = _mm256_setzero_ps ();
    for (size_t j = 0; j < d; j += 8) {
        __m256i mask = lanes (d - j);
        __m256 v =
            _mm256_blendv_ps (first, _mm256_maskload_ps (y + j, mask), _mm256_castsi256_ps (mask));
        min = _mm256_min_ps (min, v);
        max = _mm256_max_ps (max, v);
        __m256 whole = _mm256_round_ps (v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        fractions = _mm256_or_ps (fractions, _mm256_cmp_ps (v, whole, _CMP_NEQ_UQ));
    }
    __m128 low = _mm_min_ps (_mm256_castps256_ps128 (min), _mm256_extractf128_ps (min, 1));
    __m128 high = _mm_max_ps (_mm256_castps256_ps128 (max), _mm256_extractf128_ps (max, 1));
    low = _mm_min_ps (low, _mm_movehl_ps (low, low));
    high = _mm_max_ps (high, _mm_movehl_ps (high, high));
    low = _mm_min_ss (low, _mm_movehdup_ps (low));
    high = _mm_max_ss (high, _mm_movehdup_ps (high));
    return faiss_filter_scale (_mm_cvtss_f32 (low), _mm_cvtss_f32 (high),
                               !_mm256_movemask_ps (fractions));
}

/* Four lanes: what was lost, and what was kept, squared. */
ALWAYS_INLINE void add_squares (__m128 y, __m128i code, __m256d scale, __m256d low, __m128i mask,
                                __m256d *error2, __m256d *norm2) {
    __m256d decoded = _mm256_fmadd_pd (_mm256_cvtepi32_pd (code), scale, low);
    decoded = _mm256_and_pd (decoded, _mm256_castsi256_pd (_mm256_cvtepi32_epi64 (mask)));
    __m256d lost = _mm256_sub_pd (_mm256_cvtps_pd (y), decoded);
    *error2 = _mm256_fmadd_pd (lost, lost, *error2);
    *norm2 = _mm256_fmadd_pd (decoded, decoded, *norm2);
}

ALWAYS_INLINE double sum (__m256d a, __m256d b) {
    a = _mm256_add_pd (a, b);
    __m128d half = _mm_add_pd (_mm256_castpd256_pd128 (a), _mm256_extractf128_pd (a, 1));
    return _mm_cvtsd_f64 (half) + _mm_cvtsd_f64 (_mm_unpackhi_pd (half, half));
}

/* Eight codes, each in 32 bits, to bytes. */
ALWAYS_INLINE void store_codes (uint8_t *at, __m256i code, size_t n) {
    __m128i words =
        _mm_packus_epi32 (_mm256_castsi256_si128 (code), _mm256_extracti128_si256 (code, 1));
    int64_t bytes = _mm_cvtsi128_si64 (_mm_packus_epi16 (words, words));
    memcpy (at, &bytes, n < 8 ? n : 8);
}

static void encode_row (const float *y, size_t d, uint8_t *row) {
    FaissFilterScale s = scale_of (y, d);
    __m256 low = _mm256_set1_ps (s.low), inverse = _mm256_set1_ps (s.inverse);
    __m256d low_d = _mm256_set1_pd (s.low), scale_d = _mm256_set1_pd (s.scale);
    __m256d error2[2] = {_mm256_setzero_pd (), _mm256_setzero_pd ()};
    __m256d norm2[2] = {_mm256_setzero_pd (), _mm256_setzero_pd ()};
    for (size_t j = 0; j < d; j += 8) {
        __m256i mask = lanes (d - j);
        __m256 v = _mm256_maskload_ps (y + j, mask);
        __m256 steps = _mm256_mul_ps (_mm256_sub_ps (v, low), inverse);
        __m256 good = _mm256_and_ps (_mm256_cmp_ps (steps, _mm256_setzero_ps (), _CMP_GE_OQ),
                                     _mm256_cmp_ps (steps, _mm256_set1_ps (256), _CMP_LT_OQ));
        __m256i code = _mm256_and_si256 (_mm256_cvtps_epi32 (steps), _mm256_castps_si256 (good));
        store_codes (row + j, code, d - j);
        add_squares (_mm256_castps256_ps128 (v), _mm256_castsi256_si128 (code), scale_d, low_d,
                     _mm256_castsi256_si128 (mask), &error2[0], &norm2[0]);
        add_squares (_mm256_extractf128_ps (v, 1), _mm256_extracti128_si256 (code, 1), scale_d,
                     low_d, _mm256_extracti128_si256 (mask, 1), &error2[1], &norm2[1]);
    }
    faiss_filter_finish_row (row, d, s, sum (error2[0], error2[1]), sum (norm2[0], norm2[1]));
}

void faiss_filter_encode_avx2 (const float *y, size_t n, size_t d, uint8_t *rows) {
    for (size_t i = 0; i < n; i++) {
        encode_row (y + i * d, d, rows + i * faiss_filter_stride (d));
    }
}

/* ---- codes with a query ---------------------------------------------------------------------- */

ALWAYS_INLINE __m128i sums (__m256i a, __m256i b, __m256i c, __m256i e) {
    __m256i all = _mm256_hadd_epi32 (_mm256_hadd_epi32 (a, b), _mm256_hadd_epi32 (c, e));
    return _mm_add_epi32 (_mm256_castsi256_si128 (all), _mm256_extracti128_si256 (all, 1));
}

/* Codes of a row times components j .. j + 15, which are zero where the codes end. */
ALWAYS_INLINE __m256i step (__m256i sum, const uint8_t *row, size_t j, __m256i components) {
    __m128i codes = _mm_loadu_si128 ((const __m128i *)(const void *)(row + j));
    return _mm256_add_epi32 (sum, _mm256_madd_epi16 (_mm256_cvtepu8_epi16 (codes), components));
}

ALWAYS_INLINE __m128i dots_4 (const FaissFilterQuery *query, const uint8_t *const row[4]) {
    __m256i dot0 = _mm256_setzero_si256 (), dot1 = dot0, dot2 = dot0, dot3 = dot0;
    for (size_t j = 0; j < query->d; j += 16) {
        __m256i components =
            _mm256_loadu_si256 ((const __m256i *)(const void *)(query->components + j));
        dot0 = step (dot0, row[0], j, components);
        dot1 = step (dot1, row[1], j, components);
        dot2 = step (dot2, row[2], j, components);
        dot3 = step (dot3, row[3], j, components);
    }
    return sums (dot0, dot1, dot2, dot3);
}

size_t faiss_filter_find_ip_avx2 (const FaissFilterQuery *query, const uint8_t *rows,
                                  const uint32_t *ids, size_t n, float bound, uint32_t *positions) {
    return find (true, query, rows, ids, 0, n, bound, positions, 0);
}

size_t faiss_filter_find_L2_avx2 (const FaissFilterQuery *query, const uint8_t *rows,
                                  const uint32_t *ids, size_t n, float bound, uint32_t *positions) {
    return find (false, query, rows, ids, 0, n, bound, positions, 0);
}

void faiss_filter_keys_ip_avx2 (const FaissFilterQuery *query, const uint8_t *rows,
                                const uint32_t *ids, size_t n, float *keys) {
    find_keys (true, query, rows, ids, n, keys);
}

void faiss_filter_keys_L2_avx2 (const FaissFilterQuery *query, const uint8_t *rows,
                                const uint32_t *ids, size_t n, float *keys) {
    find_keys (false, query, rows, ids, n, keys);
}
