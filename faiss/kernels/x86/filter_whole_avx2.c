/* Rows of whole numbers by their filter codes, AVX2. */
#include <immintrin.h>

#include <faiss/kernels/filter_whole.h>
#include <faiss/kernels/kernels.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

ALWAYS_INLINE __m256i load (const uint8_t *codes) {
    return _mm256_cvtepu8_epi16 (_mm_loadu_si128 ((const __m128i *)(const void *)codes));
}

/* Squares of differences below 2^15 + 255, in pairs, fit 32 bits without a sign. */
ALWAYS_INLINE __m256i square (__m256i a, __m256i b, __m256i shift) {
    __m256i difference = _mm256_add_epi16 (_mm256_sub_epi16 (a, b), shift);
    return _mm256_madd_epi16 (difference, difference);
}

ALWAYS_INLINE int64_t distance (const uint8_t *a, const uint8_t *b, size_t d, int16_t shift) {
    __m256i zero = _mm256_setzero_si256 (), shifts = _mm256_set1_epi16 (shift), sum = zero;
    size_t j = 0;
    for (; j + 16 <= d; j += 16) {
        __m256i squares = square (load (a + j), load (b + j), shifts);
        sum = _mm256_add_epi64 (sum, _mm256_unpacklo_epi32 (squares, zero));
        sum = _mm256_add_epi64 (sum, _mm256_unpackhi_epi32 (squares, zero));
    }
    __m128i half = _mm_add_epi64 (_mm256_castsi256_si128 (sum), _mm256_extracti128_si256 (sum, 1));
    int64_t total = _mm_cvtsi128_si64 (half) + _mm_extract_epi64 (half, 1);
    for (; j < d; j++) {
        int64_t difference = a[j] - b[j] + shift;
        total += difference * difference;
    }
    return total;
}

size_t faiss_filter_whole_L2_avx2 (const uint8_t *row, size_t d, const uint8_t *rows,
                                   const uint32_t *ids, const uint32_t *positions, size_t n,
                                   float *out) {
    return faiss_filter_whole_all (distance, row, d, rows, ids, positions, n, out);
}
