/* Rows of whole numbers by their filter codes, AVX-512. */
#include <immintrin.h>

#include <faiss/kernels/filter_whole.h>
#include <faiss/kernels/kernels.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

ALWAYS_INLINE __m512i square (__m256i a, __m256i b, __m512i shift) {
    __m512i difference = _mm512_sub_epi16 (_mm512_cvtepu8_epi16 (a), _mm512_cvtepu8_epi16 (b));
    difference = _mm512_add_epi16 (difference, shift);
    return _mm512_madd_epi16 (difference, difference);
}

ALWAYS_INLINE __m512i in_halves (__m512i sums) {
    return _mm512_add_epi64 (_mm512_and_si512 (sums, _mm512_set1_epi64 (0xffffffff)),
                             _mm512_srli_epi64 (sums, 32));
}

/* Rows whose components begin at the same number: the squares of a lane fit 32 bits. */
ALWAYS_INLINE int64_t distance_without_shift (const uint8_t *a, const uint8_t *b, size_t d) {
    __m512i zero = _mm512_setzero_si512 (), sum[2] = {zero, zero};
    size_t j = 0;
    for (; j + 64 <= d; j += 64) {
        for (size_t t = 0; t < 2; t++) {
            __m256i of_a = _mm256_loadu_si256 ((const __m256i *)(const void *)(a + j + 32 * t));
            __m256i of_b = _mm256_loadu_si256 ((const __m256i *)(const void *)(b + j + 32 * t));
            sum[t] = _mm512_add_epi32 (sum[t], square (of_a, of_b, zero));
        }
    }
    for (; j < d; j += 32) {
        __mmask32 mask = d - j < 32 ? (1u << (d - j)) - 1 : 0xffffffff;
        sum[0] = _mm512_add_epi32 (sum[0], square (_mm256_maskz_loadu_epi8 (mask, a + j),
                                                   _mm256_maskz_loadu_epi8 (mask, b + j), zero));
    }
    return _mm512_reduce_add_epi64 (_mm512_add_epi64 (in_halves (sum[0]), in_halves (sum[1])));
}

ALWAYS_INLINE int64_t distance (const uint8_t *a, const uint8_t *b, size_t d, int16_t shift) {
    enum { MAX_D = 1 << 17 }; /* squares of a lane, 4 in 64, fit 32 bits */
    if (shift == 0 && d <= MAX_D) {
        return distance_without_shift (a, b, d);
    }
    __m512i sum = _mm512_setzero_si512 ();
    for (size_t j = 0; j < d; j += 32) {
        __mmask32 mask = d - j < 32 ? (1u << (d - j)) - 1 : 0xffffffff;
        __m512i shifts = _mm512_maskz_set1_epi16 (mask, shift);
        sum = _mm512_add_epi64 (sum,
                                in_halves (square (_mm256_maskz_loadu_epi8 (mask, a + j),
                                                   _mm256_maskz_loadu_epi8 (mask, b + j), shifts)));
    }
    return _mm512_reduce_add_epi64 (sum);
}

size_t faiss_filter_whole_L2_avx512 (const uint8_t *row, size_t d, const uint8_t *rows,
                                     const uint32_t *ids, const uint32_t *positions, size_t n,
                                     float *out) {
    return faiss_filter_whole_all (distance, row, d, rows, ids, positions, n, out);
}
