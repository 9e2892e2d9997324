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

/* ---- sixteen rows: rows 4 g .. 4 g + 3 in the lanes g
 * -------------------------------------------- */

/* In lane g the sums over the lanes of group g, which has four sums side by side. */
ALWAYS_INLINE __m512i sums_of_lanes (const __m512i group[4]) {
    __m512i low = _mm512_add_epi32 (_mm512_shuffle_i64x2 (group[0], group[1], 0x44),
                                    _mm512_shuffle_i64x2 (group[0], group[1], 0xee));
    __m512i high = _mm512_add_epi32 (_mm512_shuffle_i64x2 (group[2], group[3], 0x44),
                                     _mm512_shuffle_i64x2 (group[2], group[3], 0xee));
    return _mm512_add_epi32 (_mm512_shuffle_i64x2 (low, high, 0x88),
                             _mm512_shuffle_i64x2 (low, high, 0xdd));
}

ALWAYS_INLINE __m512i dots_16 (const FaissFilterQuery *query, const uint8_t *const row[16]) {
    __m512i group[4];
#pragma GCC unroll 4
    for (int g = 0; g < 4; g++) {
        __m512i dot[4] = {_mm512_setzero_si512 (), _mm512_setzero_si512 (), _mm512_setzero_si512 (),
                          _mm512_setzero_si512 ()};
        for (size_t j = 0; j < query->d; j += 32) {
            __m512i components = _mm512_loadu_si512 (query->components + j);
#pragma GCC unroll 4
            for (int t = 0; t < 4; t++) {
                dot[t] = step (dot[t], row[4 * g + t], j, components);
            }
        }
        group[g] = lane_sums_of_4 (dot[0], dot[1], dot[2], dot[3]);
    }
    return sums_of_lanes (group);
}

typedef struct SixteenRows {
    __m512 scale, low, error, norm;
} SixteenRows;

ALWAYS_INLINE SixteenRows infos_of_16 (const uint8_t *const row[16], size_t info_at) {
    __m512 v[4]; /* in lane g the info of row 4 g + t */
#pragma GCC unroll 4
    for (int t = 0; t < 4; t++) {
        v[t] =
            _mm512_castps128_ps512 (_mm_loadu_ps ((const float *)(const void *)(row[t] + info_at)));
        v[t] = _mm512_mask_broadcast_f32x4 (
            v[t], 0xf0, _mm_loadu_ps ((const float *)(const void *)(row[4 + t] + info_at)));
        v[t] = _mm512_mask_broadcast_f32x4 (
            v[t], 0xf00, _mm_loadu_ps ((const float *)(const void *)(row[8 + t] + info_at)));
        v[t] = _mm512_mask_broadcast_f32x4 (
            v[t], 0xf000, _mm_loadu_ps ((const float *)(const void *)(row[12 + t] + info_at)));
    }
    __m512 low01 = _mm512_unpacklo_ps (v[0], v[1]), high01 = _mm512_unpackhi_ps (v[0], v[1]);
    __m512 low23 = _mm512_unpacklo_ps (v[2], v[3]), high23 = _mm512_unpackhi_ps (v[2], v[3]);
    return (SixteenRows){
        _mm512_shuffle_ps (low01, low23, 0x44), _mm512_shuffle_ps (low01, low23, 0xee),
        _mm512_shuffle_ps (high01, high23, 0x44), _mm512_shuffle_ps (high01, high23, 0xee)};
}

/* test_4 of sixteen rows. */
ALWAYS_INLINE __mmask16 test_16 (const bool is_similarity, const FaissFilterQuery *query,
                                 const uint8_t *const row[16], size_t info_at, float bound) {
    SixteenRows rows = infos_of_16 (row, info_at);
    __m512 dot = _mm512_cvtepi32_ps (dots_16 (query, row));
    __m512 by_codes = _mm512_mul_ps (rows.scale, _mm512_mul_ps (_mm512_set1_ps (query->step), dot));
    __m512 by_low = _mm512_mul_ps (rows.low, _mm512_set1_ps (query->sum));
    __m512 ip = _mm512_add_ps (by_codes, by_low);
    __m512 rounding =
        _mm512_mul_ps (_mm512_set1_ps (FAISS_FILTER_ROUNDING_DOT),
                       _mm512_add_ps (_mm512_abs_ps (by_codes), _mm512_abs_ps (by_low)));
    __m512 by_error = _mm512_mul_ps (_mm512_set1_ps (query->error_factor), rows.error);
    if (is_similarity) {
        __m512 slack =
            _mm512_add_ps (_mm512_mul_ps (_mm512_set1_ps (query->norm_factor), rows.norm),
                           _mm512_set1_ps (query->constant));
        __m512 best = _mm512_add_ps (ip, _mm512_add_ps (rounding, _mm512_add_ps (by_error, slack)));
        return _mm512_cmp_ps_mask (best, _mm512_set1_ps (bound), _CMP_NLE_UQ);
    }
    __m512 norms =
        _mm512_add_ps (_mm512_set1_ps (query->norm2), _mm512_mul_ps (rows.norm, rows.norm));
    rounding = _mm512_add_ps (rounding,
                              _mm512_mul_ps (_mm512_set1_ps (FAISS_FILTER_ROUNDING_NORM), norms));
    __m512 best = _mm512_sub_ps (_mm512_sub_ps (norms, _mm512_add_ps (ip, ip)), rounding);
    __m512 limit = _mm512_add_ps (_mm512_set1_ps (bound), by_error);
    return _mm512_cmp_ps_mask (best, _mm512_mul_ps (limit, limit), _CMP_NGE_UQ);
}

ALWAYS_INLINE size_t find_by_16 (const bool is_similarity, const FaissFilterQuery *query,
                                 const uint8_t *rows, const uint32_t *ids, size_t n, float bound,
                                 uint32_t *positions) {
    size_t stride = faiss_filter_stride (query->d), info_at = stride - sizeof (FaissFilterInfo);
    __m512i numbers = _mm512_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t n_found = 0, i = 0;
    for (; i + 16 <= n; i += 16) {
        const uint8_t *row[16];
#pragma GCC unroll 16
        for (size_t t = 0; t < 16; t++) {
            row[t] = rows + (ids ? ids[i + t] : i + t) * stride;
        }
        ask_ahead (query, row[0], 16, stride);
        __mmask16 found = test_16 (is_similarity, query, row, info_at, bound);
        __m512i all = _mm512_add_epi32 (numbers, _mm512_set1_epi32 ((int)i));
        /* there is room for sixteen: n_found <= i */
        _mm512_storeu_si512 (positions + n_found, _mm512_maskz_compress_epi32 (found, all));
        n_found += (size_t)__builtin_popcount (found);
    }
    return find (is_similarity, query, rows, ids, i, n, bound, positions, n_found);
}

size_t faiss_filter_find_ip_avx512 (const FaissFilterQuery *query, const uint8_t *rows,
                                    const uint32_t *ids, size_t n, float bound,
                                    uint32_t *positions) {
    return find_by_16 (true, query, rows, ids, n, bound, positions);
}

size_t faiss_filter_find_L2_avx512 (const FaissFilterQuery *query, const uint8_t *rows,
                                    const uint32_t *ids, size_t n, float bound,
                                    uint32_t *positions) {
    return find_by_16 (false, query, rows, ids, n, bound, positions);
}

void faiss_filter_keys_ip_avx512 (const FaissFilterQuery *query, const uint8_t *rows,
                                  const uint32_t *ids, size_t n, float *keys) {
    find_keys (true, query, rows, ids, n, keys);
}

void faiss_filter_keys_L2_avx512 (const FaissFilterQuery *query, const uint8_t *rows,
                                  const uint32_t *ids, size_t n, float *keys) {
    find_keys (false, query, rows, ids, n, keys);
}
