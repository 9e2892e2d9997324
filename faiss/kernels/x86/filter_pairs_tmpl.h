/* Pairs of rows by their filter codes: what AVX2 and AVX-512 do alike. Not for public headers. */
#include <immintrin.h>
#include <string.h>

#include <faiss/kernels/filter_codes.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

/* The row of a pair. */
typedef struct Row {
    const uint8_t *codes;
    FaissFilterInfo info;
    int32_t code_sum;
} Row;

ALWAYS_INLINE Row open_row (const FaissFilterPair *pair) {
    Row row = {.codes = pair->row};
    memcpy (&row.info, pair->row + faiss_filter_stride (pair->d) - sizeof row.info,
            sizeof row.info);
    __m128i sum = _mm_setzero_si128 ();
    for (size_t j = 0; j < pair->d; j += 16) { /* behind d there are zeros up to a multiple of 16 */
        __m128i codes = _mm_loadu_si128 ((const __m128i *)(const void *)(pair->row + j));
        sum = _mm_add_epi32 (sum, _mm_sad_epu8 (codes, _mm_setzero_si128 ()));
    }
    row.code_sum = _mm_cvtsi128_si32 (sum) + _mm_extract_epi32 (sum, 2);
    return row;
}
