/* Searching by levels, AVX-512: lanes run along the components, sixteen rows between two looks at
 * the bound. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

enum { ROWS = 16, AHEAD = 16 };

ALWAYS_INLINE __m256 halves (__m512 v) {
    return _mm256_add_ps (_mm512_castps512_ps256 (v), _mm512_extractf32x8_ps (v, 1));
}

/* The sums of four vectors' lanes. */
ALWAYS_INLINE __m128 sum_4 (const __m512 *a) {
    __m256 v = _mm256_hadd_ps (_mm256_hadd_ps (halves (a[0]), halves (a[1])),
                               _mm256_hadd_ps (halves (a[2]), halves (a[3])));
    return _mm_add_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1));
}

ALWAYS_INLINE __m128 products_4 (const float *x, const float *rows, const uint32_t *positions,
                                 size_t width, __mmask16 tail) {
    __m512 sums[4];
    const float *row[4];
    FAISS_UNROLL
    for (int r = 0; r < 4; r++) {
        row[r] = rows + positions[r] * width;
        sums[r] = _mm512_setzero_ps ();
    }
    size_t j = 0;
    for (; j + 16 <= width; j += 16) {
        __m512 component = _mm512_loadu_ps (x + j);
        FAISS_UNROLL
        for (int r = 0; r < 4; r++) {
            sums[r] = _mm512_fmadd_ps (component, _mm512_loadu_ps (row[r] + j), sums[r]);
        }
    }
    if (tail) {
        __m512 component = _mm512_maskz_loadu_ps (tail, x + j);
        FAISS_UNROLL
        for (int r = 0; r < 4; r++) {
            sums[r] =
                _mm512_fmadd_ps (component, _mm512_maskz_loadu_ps (tail, row[r] + j), sums[r]);
        }
    }
    return sum_4 (sums);
}

size_t faiss_panorama_level_avx512 (const FaissPanoramaLevel *level, size_t n, uint32_t *active,
                                    float *keys) {
    size_t n_left = 0, width = level->width;
    __mmask16 tail = (__mmask16)((1U << (width % 16)) - 1);
    for (size_t i = 0; i < n; i += ROWS) {
        __mmask16 here = (__mmask16)(n - i < ROWS ? (1U << (n - i)) - 1 : 0xffff);
        uint32_t at[ROWS];
        float products[ROWS];
        /* lanes behind the end repeat the first row */
        __m512i positions =
            _mm512_mask_loadu_epi32 (_mm512_set1_epi32 ((int)active[i]), here, active + i);
        _mm512_storeu_si512 (at, positions);
        for (size_t r = i + AHEAD; r < i + AHEAD + ROWS && r < n; r++) {
            _mm_prefetch ((const char *)(level->rows + active[r] * width), _MM_HINT_T0);
        }
        FAISS_UNROLL
        for (int r = 0; r < ROWS; r += 4) {
            _mm_storeu_ps (products + r, products_4 (level->x, level->rows, at + r, width, tail));
        }
        __m512 key = _mm512_fnmadd_ps (_mm512_set1_ps (level->scale), _mm512_loadu_ps (products),
                                       _mm512_maskz_loadu_ps (here, keys + i));
        __m512 sums = _mm512_i32gather_ps (positions, level->sums, 4);
        __m512 lowest = _mm512_fnmadd_ps (_mm512_set1_ps (level->rest), sums, key);
        __mmask16 left =
            _mm512_mask_cmp_ps_mask (here, lowest, _mm512_set1_ps (level->bound), _CMP_NGT_UQ);
        size_t n_here = (size_t)__builtin_popcount (left);
        __mmask16 first = (__mmask16)((1U << n_here) - 1);
        _mm512_mask_storeu_epi32 (active + n_left, first,
                                  _mm512_maskz_compress_epi32 (left, positions));
        _mm512_mask_storeu_ps (keys + n_left, first, _mm512_maskz_compress_ps (left, key));
        n_left += n_here;
    }
    return n_left;
}
