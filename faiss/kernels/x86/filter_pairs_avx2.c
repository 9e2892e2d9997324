/* Pairs of rows by their filter codes, AVX2: codes are widened to 16 bits and multiplied in pairs.
 */
#include <immintrin.h>
#include <stdbool.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/x86/filter_pairs_tmpl.h>

enum { AT_ONCE = 8 };

/* Of the eight rows kept from i on; the last one again where there are fewer. */
ALWAYS_INLINE __m256 dots_8 (const Row *row, const FaissFilterKept *kept, size_t i) {
    const uint8_t *other[AT_ONCE];
    __m256i dot[AT_ONCE];
    for (size_t t = 0; t < AT_ONCE; t++) {
        other[t] = kept->rows[i + t < kept->n ? i + t : kept->n - 1];
        dot[t] = _mm256_setzero_si256 ();
    }
    for (size_t j = 0; j < kept->d; j += 16) {
        __m256i of_row = _mm256_cvtepu8_epi16 (
            _mm_loadu_si128 ((const __m128i *)(const void *)(row->codes + j)));
#pragma GCC unroll 8
        for (size_t t = 0; t < AT_ONCE; t++) {
            __m256i codes = _mm256_cvtepu8_epi16 (
                _mm_loadu_si128 ((const __m128i *)(const void *)(other[t] + j)));
            dot[t] = _mm256_add_epi32 (dot[t], _mm256_madd_epi16 (codes, of_row));
        }
    }
    __m256i first =
        _mm256_hadd_epi32 (_mm256_hadd_epi32 (dot[0], dot[1]), _mm256_hadd_epi32 (dot[2], dot[3]));
    __m256i second =
        _mm256_hadd_epi32 (_mm256_hadd_epi32 (dot[4], dot[5]), _mm256_hadd_epi32 (dot[6], dot[7]));
    __m256i low = _mm256_permute2x128_si256 (first, second, 0x20);
    __m256i high = _mm256_permute2x128_si256 (first, second, 0x31);
    return _mm256_cvtepi32_ps (_mm256_add_epi32 (low, high));
}

ALWAYS_INLINE __m256 magnitude (__m256 v) {
    return _mm256_andnot_ps (_mm256_set1_ps (-0.f), v);
}

ALWAYS_INLINE __m256 product (float a, __m256 b) {
    return _mm256_mul_ps (_mm256_set1_ps (a), b);
}

ALWAYS_INLINE unsigned is_less (__m256 a, __m256 b) {
    return (unsigned)_mm256_movemask_ps (_mm256_cmp_ps (a, b, _CMP_LT_OQ));
}

/* Which of the rows kept from i on are better for certain, and which may be. */
ALWAYS_INLINE void judge_8 (const bool is_similarity, const FaissFilterPair *pair, const Row *row,
                            const FaissFilterKept *kept, size_t i, unsigned *certain,
                            unsigned *possible) {
    __m256 dots = dots_8 (row, kept, i);
    __m256 by_codes =
        _mm256_mul_ps (_mm256_loadu_ps (kept->scale + i), product (row->info.scale, dots));
    __m256 by_low =
        product (row->info.scale * (float)row->code_sum, _mm256_loadu_ps (kept->low + i));
    __m256 by_sum = product (row->info.low, _mm256_loadu_ps (kept->sum + i));
    __m256 sizes = magnitude (product (row->info.low, _mm256_loadu_ps (kept->size + i)));
    __m256 ip = _mm256_add_ps (_mm256_add_ps (by_codes, by_low), by_sum);
    sizes = _mm256_add_ps (_mm256_add_ps (magnitude (by_codes), magnitude (by_low)), sizes);
    __m256 rounding = product (FAISS_FILTER_ROUNDING_DOT, sizes);
    __m256 error = product (pair->error_factor, _mm256_loadu_ps (kept->error + i));
    __m256 norm = _mm256_loadu_ps (kept->norm + i), norm2 = _mm256_mul_ps (norm, norm);
    if (is_similarity) {
        __m256 constant =
            _mm256_add_ps (_mm256_set1_ps (pair->constant), product (pair->constant, norm2));
        __m256 slack = _mm256_add_ps (product (pair->norm_factor, norm), constant);
        __m256 off = _mm256_add_ps (rounding, _mm256_add_ps (error, slack));
        __m256 threshold = _mm256_set1_ps (pair->threshold);
        *certain = is_less (threshold, _mm256_sub_ps (ip, off));
        *possible = (unsigned)_mm256_movemask_ps (
            _mm256_cmp_ps (_mm256_add_ps (ip, off), threshold, _CMP_NLE_UQ));
        return;
    }
    __m256 norms = _mm256_add_ps (_mm256_set1_ps (row->info.norm * row->info.norm), norm2);
    rounding = _mm256_add_ps (rounding, product (FAISS_FILTER_ROUNDING_NORM, norms));
    __m256 square = _mm256_sub_ps (norms, _mm256_add_ps (ip, ip));
    __m256 far = _mm256_add_ps (_mm256_set1_ps (pair->far), error);
    __m256 near = _mm256_sub_ps (_mm256_set1_ps (pair->near), error);
    *certain = is_less (_mm256_add_ps (square, rounding), _mm256_mul_ps (near, near)) &
               is_less (_mm256_setzero_ps (), near);
    *possible = (unsigned)_mm256_movemask_ps (
        _mm256_cmp_ps (_mm256_sub_ps (square, rounding), _mm256_mul_ps (far, far), _CMP_NGE_UQ));
}

ALWAYS_INLINE size_t find_better (const bool is_similarity, const FaissFilterPair *pair,
                                  const FaissFilterKept *kept, uint32_t *positions) {
    size_t n_possible = 0;
    Row row = open_row (pair);
    for (size_t i = 0; i < kept->n; i += AT_ONCE) {
        unsigned certain, possible;
        unsigned valid = kept->n - i < AT_ONCE ? (1u << (kept->n - i)) - 1 : (1u << AT_ONCE) - 1;
        judge_8 (is_similarity, pair, &row, kept, i, &certain, &possible);
        if (certain & valid) {
            return FAISS_FILTER_CERTAIN;
        }
        for (possible &= valid; possible; possible &= possible - 1) {
            positions[n_possible++] = (uint32_t)i + (uint32_t)__builtin_ctz (possible);
        }
    }
    return n_possible;
}

size_t faiss_filter_pairs_ip_avx2 (const FaissFilterPair *pair, const FaissFilterKept *kept,
                                   uint32_t *positions) {
    return find_better (true, pair, kept, positions);
}

size_t faiss_filter_pairs_L2_avx2 (const FaissFilterPair *pair, const FaissFilterKept *kept,
                                   uint32_t *positions) {
    return find_better (false, pair, kept, positions);
}
