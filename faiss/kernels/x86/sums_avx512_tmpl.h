/* The sums of four AVX-512 registers of integers, each of all it has. Not for public headers. */
#include <immintrin.h>

/* In each lane the sums over the lane. */
static inline __attribute__ ((always_inline)) __m512i lane_sums_of_4 (__m512i a, __m512i b,
                                                                      __m512i c, __m512i e) {
    __m512i ab = _mm512_add_epi32 (_mm512_unpacklo_epi32 (a, b), _mm512_unpackhi_epi32 (a, b));
    __m512i ce = _mm512_add_epi32 (_mm512_unpacklo_epi32 (c, e), _mm512_unpackhi_epi32 (c, e));
    return _mm512_add_epi32 (_mm512_unpacklo_epi64 (ab, ce), _mm512_unpackhi_epi64 (ab, ce));
}

static inline __attribute__ ((always_inline)) __m128i sums_of_4 (__m512i a, __m512i b, __m512i c,
                                                                 __m512i e) {
    __m512i all = lane_sums_of_4 (a, b, c, e);
    __m256i half =
        _mm256_add_epi32 (_mm512_castsi512_si256 (all), _mm512_extracti64x4_epi64 (all, 1));
    return _mm_add_epi32 (_mm256_castsi256_si128 (half), _mm256_extracti128_si256 (half, 1));
}
