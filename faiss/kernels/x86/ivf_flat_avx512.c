/* Scans of inverted lists of full vectors, AVX-512: lanes run along the components.
 *
 * 16 pairs of vectors at a time, one accumulator each: 4 queries and 4 rows, 2 and 8, or 1 and 16.
 * The accumulators are summed four and four together: within 128 bits first, then 128-bit lane 0
 * with 2 and 1 with 3. The same order holds for the rows that are left over.
 */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

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

/* nx queries and four rows, which may repeat: sums[4 * i + r] for query i and row r */
ALWAYS_INLINE void sum_tile (const Metric metric, const int nx, const float *const *x,
                             const float *const *y, size_t d, __m512 *sums) {
    FAISS_UNROLL
    for (int i = 0; i < 4 * nx; i++) {
        sums[i] = _mm512_setzero_ps ();
    }
    for (size_t j = 0; j < d; j += 16) {
        __mmask16 mask = d - j >= 16 ? 0xffff : (__mmask16)((1u << (d - j)) - 1);
        __m512 rows[4];
        FAISS_UNROLL
        for (int r = 0; r < 4; r++) {
            rows[r] = _mm512_maskz_loadu_ps (mask, y[r] + j);
        }
        FAISS_UNROLL
        for (int i = 0; i < nx; i++) {
            __m512 q = _mm512_maskz_loadu_ps (mask, x[i] + j);
            FAISS_UNROLL
            for (int r = 0; r < 4; r++) {
                sums[4 * i + r] = step (metric, sums[4 * i + r], q, rows[r]);
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

/* The same for one query, row after row: what long rows from memory like best. */
ALWAYS_INLINE void sum_row_by_row (const Metric metric, const float *x, const float *const *y,
                                   size_t d, __m512 *sums) {
    FAISS_UNROLL
    for (int r = 0; r < 4; r++) {
        __m512 sum = _mm512_setzero_ps ();
        size_t j = 0;
        for (; j + 16 <= d; j += 16) {
            _mm_prefetch ((const char *)(y[r] + j) + PREFETCH_BYTES, _MM_HINT_T0);
            sum = step (metric, sum, _mm512_loadu_ps (x + j), _mm512_loadu_ps (y[r] + j));
        }
        if (j < d) {
            __mmask16 mask = (__mmask16)((1u << (d - j)) - 1);
            sum = step (metric, sum, _mm512_maskz_loadu_ps (mask, x + j),
                        _mm512_maskz_loadu_ps (mask, y[r] + j));
        }
        sums[r] = sum;
    }
}

/* One query and one row: a search by a selector has many of these. */
ALWAYS_INLINE float distance (const Metric metric, const float *x, const float *y, size_t d) {
    __m512 sum = _mm512_setzero_ps ();
    for (size_t j = 0; j < d; j += 16) {
        __mmask16 mask = d - j >= 16 ? 0xffff : (__mmask16)((1u << (d - j)) - 1);
        sum = step (metric, sum, _mm512_maskz_loadu_ps (mask, x + j),
                    _mm512_maskz_loadu_ps (mask, y + j));
    }
    sum = _mm512_add_ps (sum, _mm512_permute_ps (sum, 0x4e)); /* in the order of sum_4 */
    sum = _mm512_add_ps (sum, _mm512_permute_ps (sum, 0xb1));
    __m256 half = _mm256_add_ps (_mm512_castps512_ps256 (sum), _mm512_extractf32x8_ps (sum, 1));
    return _mm_cvtss_f32 (
        _mm_add_ss (_mm256_castps256_ps128 (half), _mm256_extractf128_ps (half, 1)));
}

enum { LONG_ROW = 256 };

/* The first n values. (A masked store would do; but GCC 12 makes a masked extraction to memory of
 * it, which may touch what the mask leaves out.) */
ALWAYS_INLINE void store (__m128 values, float *out, size_t n) {
    if (n == 4) {
        _mm_storeu_ps (out, values);
        return;
    }
    float all[4];
    _mm_storeu_ps (all, values);
    for (size_t i = 0; i < n; i++) {
        out[i] = all[i];
    }
}

/* nx = 1, 2 or 4 queries in the kernel; the first n_out of them are wanted */
ALWAYS_INLINE void scan_rows (const Metric metric, const int nx, const float *const *x,
                              const float *y, size_t d, size_t ny, float *out, size_t ld,
                              int n_out) {
    __m512 sums[16];
    for (size_t r = 0; r < ny; r += 4) {
        size_t left = ny - r < 4 ? ny - r : 4;
        if (nx == 1 && left == 1) {
            out[r] = distance (metric, x[0], y + r * d, d);
            continue;
        }
        const float *rows[4];
        for (size_t i = 0; i < 4; i++) {
            rows[i] = y + (r + (i < left ? i : left - 1)) * d;
        }
        if (nx == 1 && d >= LONG_ROW) {
            sum_row_by_row (metric, x[0], rows, d, sums);
        } else {
            prefetch_rows (rows[0], d);
            sum_tile (metric, nx, x, rows, d, sums);
        }
        __m128 tile[4];
        if (nx == 4) {
            __m512 v = sum_16 (sums);
            tile[0] = _mm512_castps512_ps128 (v);
            tile[1] = _mm512_extractf32x4_ps (v, 1);
            tile[2] = _mm512_extractf32x4_ps (v, 2);
            tile[3] = _mm512_extractf32x4_ps (v, 3);
        } else {
            FAISS_UNROLL
            for (int i = 0; i < nx; i++) {
                tile[i] = sum_4 (sums + 4 * i);
            }
        }
        for (int i = 0; i < n_out; i++) {
            store (tile[i], out + (size_t)i * ld + r, left);
        }
    }
}

ALWAYS_INLINE void scan (const Metric metric, const float *const *x, size_t nx, const float *y,
                         size_t d, size_t ny, float *out, size_t ld) {
    if (nx == 1) {
        scan_rows (metric, 1, x, y, d, ny, out, ld, 1);
    } else if (nx == 2) {
        scan_rows (metric, 2, x, y, d, ny, out, ld, 2);
    } else { /* of three queries the last counts twice */
        const float *four[4] = {x[0], x[1], x[2], x[nx - 1]};
        scan_rows (metric, 4, four, y, d, ny, out, ld, (int)nx);
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

/* ---- finding --------------------------------------------------------------------------------- */

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
