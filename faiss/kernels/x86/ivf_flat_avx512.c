/* Scans of inverted lists of full vectors, AVX-512: lanes run along the components.
 *
 * 16 pairs of vectors at a time, one accumulator each: 4 queries and 4 rows, 2 and 8, or 1 and 16.
 * The accumulators are summed four and four together: within 128 bits first, then 128-bit lane 0
 * with 2 and 1 with 3. The same order holds for the rows that are left over.
 */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

typedef enum Metric { IP, L2 } Metric; /* always a constant argument */

ALWAYS_INLINE __m512 step (const Metric metric, __m512 sum, __m512 x, __m512 y) {
    if (metric == IP) {
        return _mm512_fmadd_ps (x, y, sum);
    }
    __m512 difference = _mm512_sub_ps (x, y);
    return _mm512_fmadd_ps (difference, difference, sum);
}

/* Four accumulators become one: lane l has the sums of their four 128-bit lanes l. */
ALWAYS_INLINE __m512 sum_within_lanes (const __m512 *a) {
    __m512 ab = _mm512_add_ps (_mm512_unpacklo_ps (a[0], a[1]), _mm512_unpackhi_ps (a[0], a[1]));
    __m512 ce = _mm512_add_ps (_mm512_unpacklo_ps (a[2], a[3]), _mm512_unpackhi_ps (a[2], a[3]));
    __m512d ab_d = _mm512_castps_pd (ab), ce_d = _mm512_castps_pd (ce);
    return _mm512_add_ps (_mm512_castpd_ps (_mm512_unpacklo_pd (ab_d, ce_d)),
                          _mm512_castpd_ps (_mm512_unpackhi_pd (ab_d, ce_d)));
}

ALWAYS_INLINE __m128 sum_4 (const __m512 *a) {
    __m512 v = sum_within_lanes (a);
    __m256 half = _mm256_add_ps (_mm512_castps512_ps256 (v), _mm512_extractf32x8_ps (v, 1));
    return _mm_add_ps (_mm256_castps256_ps128 (half), _mm256_extractf128_ps (half, 1));
}

/* Lane l of the result: the sums of accumulators 4 l .. 4 l + 3. */
ALWAYS_INLINE __m512 sum_16 (const __m512 *a) {
    __m512 v0 = sum_within_lanes (a), v1 = sum_within_lanes (a + 4);
    __m512 v2 = sum_within_lanes (a + 8), v3 = sum_within_lanes (a + 12);
    /* 0+2 and 1+3 of two of them */
    __m512 v01 =
        _mm512_add_ps (_mm512_shuffle_f32x4 (v0, v1, 0x44), _mm512_shuffle_f32x4 (v0, v1, 0xee));
    __m512 v23 =
        _mm512_add_ps (_mm512_shuffle_f32x4 (v2, v3, 0x44), _mm512_shuffle_f32x4 (v2, v3, 0xee));
    return _mm512_add_ps (_mm512_shuffle_f32x4 (v01, v23, 0x88),
                          _mm512_shuffle_f32x4 (v01, v23, 0xdd));
}

ALWAYS_INLINE void add_components (const Metric metric, const int nx, const float *const *x,
                                   const float *y, size_t d, size_t j, __mmask16 mask,
                                   __m512 *sums) {
    const int rows = 16 / nx;
    __m512 q[4];
    for (int i = 0; i < nx; i++) {
        q[i] = _mm512_maskz_loadu_ps (mask, x[i] + j);
    }
    for (int r = 0; r < rows; r++) {
        __m512 row = _mm512_maskz_loadu_ps (mask, y + (size_t)r * d + j);
        for (int i = 0; i < nx; i++) {
            sums[i * rows + r] = step (metric, sums[i * rows + r], q[i], row);
        }
    }
}

/* nx queries and the next 16 / nx rows */
ALWAYS_INLINE __m512 tile (const Metric metric, const int nx, const float *const *x, const float *y,
                           size_t d) {
    __m512 sums[16];
    for (int i = 0; i < 16; i++) {
        sums[i] = _mm512_setzero_ps ();
    }
    size_t j = 0;
    for (; j + 16 <= d; j += 16) {
        add_components (metric, nx, x, y, d, j, 0xffff, sums);
    }
    if (j < d) {
        add_components (metric, nx, x, y, d, j, (__mmask16)((1u << (d - j)) - 1), sums);
    }
    return sum_16 (sums);
}

/* one query and four rows, which may repeat */
ALWAYS_INLINE __m128 small_tile (const Metric metric, const float *x, const float *const *y,
                                 size_t d) {
    __m512 sums[4];
    for (int i = 0; i < 4; i++) {
        sums[i] = _mm512_setzero_ps ();
    }
    for (size_t j = 0; j < d; j += 16) {
        __mmask16 mask = d - j >= 16 ? 0xffff : (__mmask16)((1u << (d - j)) - 1);
        __m512 q = _mm512_maskz_loadu_ps (mask, x + j);
        for (int i = 0; i < 4; i++) {
            sums[i] = step (metric, sums[i], q, _mm512_maskz_loadu_ps (mask, y[i] + j));
        }
    }
    return sum_4 (sums);
}

/* The rows from `begin` on, four at a time. */
ALWAYS_INLINE void scan_rest (const Metric metric, const float *x, const float *y, size_t d,
                              size_t begin, size_t ny, float *out) {
    for (size_t r = begin; r < ny; r += 4) {
        size_t left = ny - r < 4 ? ny - r : 4;
        const float *rows[4];
        for (size_t i = 0; i < 4; i++) {
            rows[i] = y + (r + (i < left ? i : left - 1)) * d;
        }
        _mm_mask_storeu_ps (out + r, (__mmask8)((1u << left) - 1), small_tile (metric, x, rows, d));
    }
}

/* Rows in a row: memory is read once and in order, so ask for it well ahead of use. */
enum { PREFETCH_BYTES = 4096 };

ALWAYS_INLINE void scan_1 (const Metric metric, const float *const *x, const float *y, size_t d,
                           size_t ny, float *out) {
    size_t r = 0;
    for (; r + 16 <= ny; r += 16) {
        const char *ahead = (const char *)(y + r * d) + PREFETCH_BYTES;
        for (size_t at = 0; at < 64 * d; at += 64) {
            _mm_prefetch (ahead + at, _MM_HINT_T0);
        }
        _mm512_storeu_ps (out + r, tile (metric, 1, x, y + r * d, d));
    }
    scan_rest (metric, x[0], y, d, r, ny, out);
}

ALWAYS_INLINE void scan_2 (const Metric metric, const float *const *x, const float *y, size_t d,
                           size_t ny, float *out, size_t ld) {
    size_t r = 0;
    for (; r + 8 <= ny; r += 8) {
        __m512 v = tile (metric, 2, x, y + r * d, d);
        _mm256_storeu_ps (out + r, _mm512_castps512_ps256 (v));
        _mm256_storeu_ps (out + ld + r, _mm512_extractf32x8_ps (v, 1));
    }
    for (int i = 0; i < 2; i++) {
        scan_rest (metric, x[i], y, d, r, ny, out + (size_t)i * ld);
    }
}

/* three or four queries; of three the last counts twice */
ALWAYS_INLINE void scan_4 (const Metric metric, const float *const *x, size_t nx, const float *y,
                           size_t d, size_t ny, float *out, size_t ld) {
    const float *four[4] = {x[0], x[1], x[2], x[nx - 1]};
    size_t r = 0;
    for (; r + 4 <= ny; r += 4) {
        __m512 v = tile (metric, 4, four, y + r * d, d);
        _mm_storeu_ps (out + r, _mm512_castps512_ps128 (v));
        _mm_storeu_ps (out + ld + r, _mm512_extractf32x4_ps (v, 1));
        _mm_storeu_ps (out + 2 * ld + r, _mm512_extractf32x4_ps (v, 2));
        if (nx == 4) {
            _mm_storeu_ps (out + 3 * ld + r, _mm512_extractf32x4_ps (v, 3));
        }
    }
    for (size_t i = 0; i < nx; i++) {
        scan_rest (metric, x[i], y, d, r, ny, out + i * ld);
    }
}

ALWAYS_INLINE void scan (const Metric metric, const float *const *x, size_t nx, const float *y,
                         size_t d, size_t ny, float *out, size_t ld) {
    if (nx == 1) {
        scan_1 (metric, x, y, d, ny, out);
    } else if (nx == 2) {
        scan_2 (metric, x, y, d, ny, out, ld);
    } else {
        scan_4 (metric, x, nx, y, d, ny, out, ld);
    }
}

void faiss_ivf_L2sqr_avx512 (const float *const *x, size_t nx, const float *y, size_t d, size_t ny,
                             float *out, size_t ld) {
    scan (L2, x, nx, y, d, ny, out, ld);
}

void faiss_ivf_inner_product_avx512 (const float *const *x, size_t nx, const float *y, size_t d,
                                     size_t ny, float *out, size_t ld) {
    scan (IP, x, nx, y, d, ny, out, ld);
}

/* ---- finding ----------------------------------------------------------------------------------
 */

ALWAYS_INLINE size_t find (const int predicate, const float *values, size_t n, float bound,
                           uint32_t *positions) {
    __m512 bounds = _mm512_set1_ps (bound);
    size_t n_found = 0;
    for (size_t j = 0; j < n; j += 16) {
        __mmask16 mask = n - j >= 16 ? 0xffff : (__mmask16)((1u << (n - j)) - 1);
        __m512 block = _mm512_maskz_loadu_ps (mask, values + j);
        __mmask16 hits = predicate == _CMP_LE_OQ
                             ? _mm512_mask_cmp_ps_mask (mask, block, bounds, _CMP_LE_OQ)
                             : _mm512_mask_cmp_ps_mask (mask, block, bounds, _CMP_GE_OQ);
        for (unsigned bits = hits; bits; bits &= bits - 1) {
            positions[n_found++] = (uint32_t)j + (uint32_t)__builtin_ctz (bits);
        }
    }
    return n_found;
}

size_t faiss_find_at_most_avx512 (const float *values, size_t n, float bound, uint32_t *positions) {
    return find (_CMP_LE_OQ, values, n, bound, positions);
}

size_t faiss_find_at_least_avx512 (const float *values, size_t n, float bound,
                                   uint32_t *positions) {
    return find (_CMP_GE_OQ, values, n, bound, positions);
}
