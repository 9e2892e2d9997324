/* Pairs of rows by their filter codes, AVX-512 of newer CPUs: products of bytes are added four at a
 * time; one side of a product has a sign, so 128 was subtracted there. Sixteen rows kept at a time,
 * or, where they are long and most often one of the first ones is better, four. */
#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/x86/filter_pairs_tmpl.h>
#include <faiss/kernels/x86/sums_avx512_tmpl.h>

ALWAYS_INLINE __m512i step (__m512i sums, const Row *row, const int8_t *codes, size_t j) {
    int32_t quad;
    memcpy (&quad, row->codes + j, sizeof quad);
    return _mm512_dpbusd_epi32 (sums, _mm512_set1_epi32 (quad),
                                _mm512_loadu_si512 (codes + j * FAISS_FILTER_GROUP));
}

/* Of a group of rows kept. */
ALWAYS_INLINE __m512 dots_16 (const Row *row, size_t d, const int8_t *codes) {
    __m512i sums[4] = {_mm512_set1_epi32 (128 * row->code_sum)};
    sums[1] = sums[2] = sums[3] = _mm512_setzero_si512 ();
    size_t j = 0;
    for (; j + 16 <= d; j += 16) {
        sums[0] = step (sums[0], row, codes, j);
        sums[1] = step (sums[1], row, codes, j + 4);
        sums[2] = step (sums[2], row, codes, j + 8);
        sums[3] = step (sums[3], row, codes, j + 12);
    }
    for (; j < d; j += 4) {
        sums[0] = step (sums[0], row, codes, j);
    }
    sums[0] = _mm512_add_epi32 (sums[0], sums[1]);
    sums[2] = _mm512_add_epi32 (sums[2], sums[3]);
    return _mm512_cvtepi32_ps (_mm512_add_epi32 (sums[0], sums[2]));
}

/* Of the four rows kept from i on; the last one again where there are fewer. */
ALWAYS_INLINE __m512 dots_4 (const Row *row, const FaissFilterKept *kept, size_t i) {
    const uint8_t *other[4];
    __m512i dot[4];
    for (size_t t = 0; t < 4; t++) {
        other[t] = kept->rows[i + t < kept->n ? i + t : kept->n - 1];
        dot[t] = _mm512_setzero_si512 ();
    }
    for (size_t j = 0; j < kept->d; j += 64) {
        size_t left = kept->d - j;
        __mmask64 mask = left < 64 ? ((__mmask64)1 << left) - 1 : ~(__mmask64)0;
        __m512i of_row = _mm512_xor_si512 (_mm512_maskz_loadu_epi8 (mask, row->codes + j),
                                           _mm512_set1_epi8 ((char)0x80));
        for (size_t t = 0; t < 4; t++) {
            dot[t] =
                _mm512_dpbusd_epi32 (dot[t], _mm512_maskz_loadu_epi8 (mask, other[t] + j), of_row);
        }
    }
    __m128i code_sums = _mm_loadu_si128 ((const __m128i *)(const void *)(kept->code_sum + i));
    __m128i dots =
        _mm_add_epi32 (sums_of_4 (dot[0], dot[1], dot[2], dot[3]), _mm_slli_epi32 (code_sums, 7));
    return _mm512_castps128_ps512 (_mm_cvtepi32_ps (dots));
}

ALWAYS_INLINE __m512 product (float a, __m512 b) {
    return _mm512_mul_ps (_mm512_set1_ps (a), b);
}

/* Which of the rows kept from i on are better for certain, and which may be. */
ALWAYS_INLINE void judge (const bool is_similarity, const FaissFilterPair *pair, const Row *row,
                          const FaissFilterKept *kept, size_t i, __m512 dots, __mmask16 *certain,
                          __mmask16 *possible) {
    __m512 by_codes =
        _mm512_mul_ps (_mm512_loadu_ps (kept->scale + i), product (row->info.scale, dots));
    __m512 by_low =
        product (row->info.scale * (float)row->code_sum, _mm512_loadu_ps (kept->low + i));
    __m512 by_sum = product (row->info.low, _mm512_loadu_ps (kept->sum + i));
    __m512 sizes = _mm512_abs_ps (product (row->info.low, _mm512_loadu_ps (kept->size + i)));
    __m512 ip = _mm512_add_ps (_mm512_add_ps (by_codes, by_low), by_sum);
    sizes = _mm512_add_ps (_mm512_add_ps (_mm512_abs_ps (by_codes), _mm512_abs_ps (by_low)), sizes);
    __m512 rounding = product (FAISS_FILTER_ROUNDING_DOT, sizes);
    __m512 error = product (pair->error_factor, _mm512_loadu_ps (kept->error + i));
    __m512 norm = _mm512_loadu_ps (kept->norm + i), norm2 = _mm512_mul_ps (norm, norm);
    if (is_similarity) {
        __m512 constant =
            _mm512_add_ps (_mm512_set1_ps (pair->constant), product (pair->constant, norm2));
        __m512 slack = _mm512_add_ps (product (pair->norm_factor, norm), constant);
        __m512 off = _mm512_add_ps (rounding, _mm512_add_ps (error, slack));
        __m512 threshold = _mm512_set1_ps (pair->threshold);
        *certain = _mm512_cmp_ps_mask (_mm512_sub_ps (ip, off), threshold, _CMP_GT_OQ);
        *possible = _mm512_cmp_ps_mask (_mm512_add_ps (ip, off), threshold, _CMP_NLE_UQ);
        return;
    }
    __m512 norms = _mm512_add_ps (_mm512_set1_ps (row->info.norm * row->info.norm), norm2);
    rounding = _mm512_add_ps (rounding, product (FAISS_FILTER_ROUNDING_NORM, norms));
    __m512 square = _mm512_sub_ps (norms, _mm512_add_ps (ip, ip));
    __m512 far = _mm512_add_ps (_mm512_set1_ps (pair->far), error);
    __m512 near = _mm512_sub_ps (_mm512_set1_ps (pair->near), error);
    __mmask16 has_room = _mm512_cmp_ps_mask (near, _mm512_setzero_ps (), _CMP_GT_OQ);
    *certain = _mm512_mask_cmp_ps_mask (has_room, _mm512_add_ps (square, rounding),
                                        _mm512_mul_ps (near, near), _CMP_LT_OQ);
    *possible = _mm512_cmp_ps_mask (_mm512_sub_ps (square, rounding), _mm512_mul_ps (far, far),
                                    _CMP_NGE_UQ);
}

ALWAYS_INLINE size_t find_better (const bool is_similarity, const bool is_grouped,
                                  const FaissFilterPair *pair, const FaissFilterKept *kept,
                                  uint32_t *positions) {
    size_t n_possible = 0, at_once = is_grouped ? FAISS_FILTER_GROUP : 4;
    Row row = open_row (pair);
    for (size_t i = 0; i < kept->n; i += at_once) {
        __mmask16 certain, possible;
        size_t left = kept->n - i, n = left < at_once ? left : at_once;
        unsigned valid = (1u << n) - 1;
        __m512 dots =
            is_grouped
                ? dots_16 (&row, kept->d,
                           kept->codes + i / FAISS_FILTER_GROUP * faiss_filter_group_size (kept->d))
                : dots_4 (&row, kept, i);
        judge (is_similarity, pair, &row, kept, i, dots, &certain, &possible);
        if (certain & valid) {
            return FAISS_FILTER_CERTAIN;
        }
        for (unsigned found = possible & valid; found; found &= found - 1) {
            positions[n_possible++] = (uint32_t)i + (uint32_t)__builtin_ctz (found);
        }
    }
    return n_possible;
}

size_t faiss_filter_pairs_ip_avx512_vpopcnt (const FaissFilterPair *pair,
                                             const FaissFilterKept *kept, uint32_t *positions) {
    return kept->codes ? find_better (true, true, pair, kept, positions)
                       : find_better (true, false, pair, kept, positions);
}

size_t faiss_filter_pairs_L2_avx512_vpopcnt (const FaissFilterPair *pair,
                                             const FaissFilterKept *kept, uint32_t *positions) {
    return kept->codes ? find_better (false, true, pair, kept, positions)
                       : find_better (false, false, pair, kept, positions);
}
