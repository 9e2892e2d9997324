/* Searching by levels, AVX2 with FMA: lanes run along the components, four rows at a time. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

/* Rows that are asked for ahead: which they are is known, but not to the processor. */
enum { ROWS = 8, AHEAD = 16 };

ALWAYS_INLINE __m128 sum_4 (const __m256 *a) {
    __m256 v = _mm256_hadd_ps (_mm256_hadd_ps (a[0], a[1]), _mm256_hadd_ps (a[2], a[3]));
    return _mm_add_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1));
}

ALWAYS_INLINE __m128 products_4 (const float *x, const float *const *rows, size_t width) {
    __m256 sums[4];
    FAISS_UNROLL
    for (int r = 0; r < 4; r++) {
        sums[r] = _mm256_setzero_ps ();
    }
    size_t j = 0;
    for (; j + 8 <= width; j += 8) {
        __m256 component = _mm256_loadu_ps (x + j);
        FAISS_UNROLL
        for (int r = 0; r < 4; r++) {
            sums[r] = _mm256_fmadd_ps (component, _mm256_loadu_ps (rows[r] + j), sums[r]);
        }
    }
    if (j < width) {
        __m256i mask = _mm256_cmpgt_epi32 (_mm256_set1_epi32 ((int)(width - j)),
                                           _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7));
        __m256 component = _mm256_maskload_ps (x + j, mask);
        FAISS_UNROLL
        for (int r = 0; r < 4; r++) {
            sums[r] = _mm256_fmadd_ps (component, _mm256_maskload_ps (rows[r] + j, mask), sums[r]);
        }
    }
    return sum_4 (sums);
}

size_t faiss_panorama_level_avx2 (const FaissPanoramaLevel *level, size_t n, uint32_t *active,
                                  float *keys) {
    size_t n_left = 0, width = level->width;
    for (size_t i = 0; i < n; i += ROWS) {
        size_t here = n - i < ROWS ? n - i : ROWS;
        uint32_t positions[ROWS];
        float new_keys[ROWS], sums[ROWS];
        const float *rows[ROWS];
        for (size_t r = 0; r < ROWS; r++) {
            positions[r] = active[i + (r < here ? r : 0)];
            rows[r] = level->rows + positions[r] * width;
            sums[r] = level->sums[positions[r]];
            new_keys[r] = keys[i + (r < here ? r : 0)];
            _mm_prefetch (
                (const char *)(level->rows + active[i + r + AHEAD < n ? i + r + AHEAD : i] * width),
                _MM_HINT_T0);
        }
        __m256 products = _mm256_set_m128 (products_4 (level->x, rows + 4, width),
                                           products_4 (level->x, rows, width));
        __m256 key =
            _mm256_fnmadd_ps (_mm256_set1_ps (level->scale), products, _mm256_loadu_ps (new_keys));
        __m256 lowest =
            _mm256_fnmadd_ps (_mm256_set1_ps (level->rest), _mm256_loadu_ps (sums), key);
        unsigned left = (unsigned)_mm256_movemask_ps (
            _mm256_cmp_ps (lowest, _mm256_set1_ps (level->bound), _CMP_NGT_UQ));
        left &= (1U << here) - 1;
        _mm256_storeu_ps (new_keys, key);
        for (; left; left &= left - 1) {
            int r = __builtin_ctz (left);
            active[n_left] = positions[r];
            keys[n_left++] = new_keys[r];
        }
    }
    return n_left;
}
