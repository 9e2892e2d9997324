/* Scans of inverted lists of full vectors, AVX2 with FMA: lanes run along the components.
 *
 * Four rows at a time with one or two queries, one accumulator per pair. The accumulators are
 * summed four together: within 128 bits first, then across.
 */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

typedef enum Metric { IP, L2 } Metric; /* always a constant argument */

ALWAYS_INLINE __m256 step (const Metric metric, __m256 sum, __m256 x, __m256 y) {
    if (metric == IP) {
        return _mm256_fmadd_ps (x, y, sum);
    }
    __m256 difference = _mm256_sub_ps (x, y);
    return _mm256_fmadd_ps (difference, difference, sum);
}

/* The first n < 8 lanes. */
ALWAYS_INLINE __m256i tail_mask (size_t n) {
    return _mm256_cmpgt_epi32 (_mm256_set1_epi32 ((int)n),
                               _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7));
}

ALWAYS_INLINE __m128 sum_4 (const __m256 *a) {
    __m256 v = _mm256_hadd_ps (_mm256_hadd_ps (a[0], a[1]), _mm256_hadd_ps (a[2], a[3]));
    return _mm_add_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1));
}

/* nx = 1 or 2 queries and four rows, which may repeat. */
ALWAYS_INLINE void sum_tile (const Metric metric, const int nx, const float *const *x,
                             const float *const *y, size_t d, __m256 *sums) {
    FAISS_UNROLL
    for (int i = 0; i < 4 * nx; i++) {
        sums[i] = _mm256_setzero_ps ();
    }
    size_t j = 0;
    for (; j + 8 <= d; j += 8) {
        FAISS_UNROLL
        for (int r = 0; r < 4; r++) {
            __m256 row = _mm256_loadu_ps (y[r] + j);
            FAISS_UNROLL
            for (int i = 0; i < nx; i++) {
                sums[4 * i + r] = step (metric, sums[4 * i + r], _mm256_loadu_ps (x[i] + j), row);
            }
        }
    }
    if (j < d) {
        __m256i mask = tail_mask (d - j);
        FAISS_UNROLL
        for (int r = 0; r < 4; r++) {
            __m256 row = _mm256_maskload_ps (y[r] + j, mask);
            FAISS_UNROLL
            for (int i = 0; i < nx; i++) {
                sums[4 * i + r] =
                    step (metric, sums[4 * i + r], _mm256_maskload_ps (x[i] + j, mask), row);
            }
        }
    }
}

/* Memory is read once and in order: ask for what is needed soon, line by line. */
enum { PREFETCH_BYTES = 4096 };

ALWAYS_INLINE void prefetch_rows (const float *y, size_t d) {
    const char *ahead = (const char *)y + PREFETCH_BYTES;
    for (size_t at = 0; at < 4 * d * sizeof *y; at += 64) {
        _mm_prefetch (ahead + at, _MM_HINT_T0);
    }
}

ALWAYS_INLINE void scan_rows (const Metric metric, const int nx, const float *const *x,
                              const float *y, size_t d, size_t ny, float *out, size_t ld) {
    __m256 sums[8];
    for (size_t r = 0; r < ny; r += 4) {
        size_t left = ny - r < 4 ? ny - r : 4;
        const float *rows[4];
        for (size_t i = 0; i < 4; i++) {
            rows[i] = y + (r + (i < left ? i : left - 1)) * d;
        }
        prefetch_rows (rows[0], d);
        sum_tile (metric, nx, x, rows, d, sums);
        FAISS_UNROLL
        for (int i = 0; i < nx; i++) {
            float distances[4];
            _mm_storeu_ps (distances, sum_4 (sums + 4 * i));
            for (size_t l = 0; l < left; l++) {
                out[(size_t)i * ld + r + l] = distances[l];
            }
        }
    }
}

ALWAYS_INLINE void scan (const Metric metric, const float *const *x, size_t nx, const float *y,
                         size_t d, size_t ny, float *out, size_t ld) {
    size_t i = 0;
    for (; i + 2 <= nx; i += 2) {
        scan_rows (metric, 2, x + i, y, d, ny, out + i * ld, ld);
    }
    if (i < nx) {
        scan_rows (metric, 1, x + i, y, d, ny, out + i * ld, ld);
    }
}

void faiss_ivf_L2sqr_avx2 (const float *const *x, size_t nx, const float *y, size_t d, size_t ny,
                           float *out, size_t ld) {
    scan (L2, x, nx, y, d, ny, out, ld);
}

void faiss_ivf_inner_product_avx2 (const float *const *x, size_t nx, const float *y, size_t d,
                                   size_t ny, float *out, size_t ld) {
    scan (IP, x, nx, y, d, ny, out, ld);
}

/* ---- finding --------------------------------------------------------------------------------- */

ALWAYS_INLINE size_t find (const int predicate, const float *values, size_t n, float bound,
                           uint32_t *positions) {
    __m256 bounds = _mm256_set1_ps (bound);
    size_t n_found = 0, j = 0;
    for (; j + 8 <= n; j += 8) {
        __m256 block = _mm256_loadu_ps (values + j);
        int hits = _mm256_movemask_ps (predicate == _CMP_LE_OQ
                                           ? _mm256_cmp_ps (block, bounds, _CMP_LE_OQ)
                                           : _mm256_cmp_ps (block, bounds, _CMP_GE_OQ));
        for (unsigned bits = (unsigned)hits; bits; bits &= bits - 1) {
            positions[n_found++] = (uint32_t)j + (uint32_t)__builtin_ctz (bits);
        }
    }
    for (; j < n; j++) {
        if (predicate == _CMP_LE_OQ ? values[j] <= bound : values[j] >= bound) {
            positions[n_found++] = (uint32_t)j;
        }
    }
    return n_found;
}

size_t faiss_find_at_most_avx2 (const float *values, size_t n, float bound, uint32_t *positions) {
    return find (_CMP_LE_OQ, values, n, bound, positions);
}

size_t faiss_find_at_least_avx2 (const float *values, size_t n, float bound, uint32_t *positions) {
    return find (_CMP_GE_OQ, values, n, bound, positions);
}
