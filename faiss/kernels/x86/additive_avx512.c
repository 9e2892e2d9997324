/* Kernels of additive quantizers, AVX-512. */
#include <immintrin.h>
#include <math.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

enum { ROWS = FAISS_EXACT_ROWS, PANEL = 12 };

/* ---- all pairs: 12 vectors x 32 rows in 24 accumulators; lanes run along the rows -------------
 */

ALWAYS_INLINE __mmask16 first_lanes (size_t n) {
    return n >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << n) - 1);
}

ALWAYS_INLINE void store_sums (__m512 sum, __m512 x_term, const float *y_terms, __m512 scale,
                               __mmask16 lanes, float *out) {
    __m512 terms = x_term;
    if (y_terms) {
        terms = _mm512_add_ps (terms, _mm512_maskz_loadu_ps (lanes, y_terms));
    }
    _mm512_mask_storeu_ps (out, lanes, _mm512_fmadd_ps (scale, sum, terms));
}

ALWAYS_INLINE void panel_products (const int n, const float *x, size_t d, const float *y, size_t ny,
                                   const float *x_terms, const float *y_terms, float scale,
                                   float *out, size_t ld) {
    const __m512 factor = _mm512_set1_ps (scale);
    for (size_t first = 0; first < ny; first += ROWS) {
        const float *group = y + first * d;
        __m512 sums[PANEL][2];
        FAISS_UNROLL
        for (int i = 0; i < n; i++) {
            sums[i][0] = sums[i][1] = _mm512_setzero_ps ();
        }
        for (size_t t = 0; t < d; t++) {
            __m512 row0 = _mm512_load_ps (group + t * ROWS);
            __m512 row1 = _mm512_load_ps (group + t * ROWS + 16);
            FAISS_UNROLL
            for (int i = 0; i < n; i++) {
                __m512 component = _mm512_set1_ps (x[(size_t)i * d + t]);
                sums[i][0] = _mm512_fmadd_ps (component, row0, sums[i][0]);
                sums[i][1] = _mm512_fmadd_ps (component, row1, sums[i][1]);
            }
        }
        __mmask16 low = first_lanes (ny - first);
        __mmask16 high = ny - first > 16 ? first_lanes (ny - first - 16) : 0;
        FAISS_UNROLL
        for (int i = 0; i < n; i++) {
            __m512 x_term = _mm512_set1_ps (x_terms ? x_terms[i] : 0);
            float *to = out + (size_t)i * ld + first;
            store_sums (sums[i][0], x_term, y_terms ? y_terms + first : NULL, factor, low, to);
            if (high) {
                store_sums (sums[i][1], x_term, y_terms ? y_terms + first + 16 : NULL, factor, high,
                            to + 16);
            }
        }
    }
}

void faiss_aq_products_avx512 (const float *x, size_t nx, size_t d, const float *y, size_t ny,
                               const float *x_terms, const float *y_terms, float scale, float *out,
                               size_t ld) {
    while (nx > 0) {
        size_t n = nx >= PANEL ? PANEL : nx >= 4 ? 4 : 1;
        if (n == PANEL) {
            panel_products (PANEL, x, d, y, ny, x_terms, y_terms, scale, out, ld);
        } else if (n == 4) {
            panel_products (4, x, d, y, ny, x_terms, y_terms, scale, out, ld);
        } else {
            panel_products (1, x, d, y, ny, x_terms, y_terms, scale, out, ld);
        }
        x += n * d;
        out += n * ld;
        x_terms = x_terms ? x_terms + n : NULL;
        nx -= n;
    }
}

/* ---- minima ---------------------------------------------------------------------------------- */

void faiss_aq_column_minima_avx512 (const float *values, size_t n, float out[32]) {
    __m512 low = _mm512_set1_ps (INFINITY), high = low;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) { /* min returns its second operand where one is NaN */
        low = _mm512_min_ps (_mm512_loadu_ps (values + i), low);
        high = _mm512_min_ps (_mm512_loadu_ps (values + i + 16), high);
    }
    if (i < n) {
        __mmask16 lanes = first_lanes (n - i);
        low = _mm512_mask_min_ps (low, lanes, _mm512_maskz_loadu_ps (lanes, values + i), low);
    }
    if (i + 16 < n) {
        __mmask16 lanes = first_lanes (n - i - 16);
        high =
            _mm512_mask_min_ps (high, lanes, _mm512_maskz_loadu_ps (lanes, values + i + 16), high);
    }
    _mm512_storeu_ps (out, low);
    _mm512_storeu_ps (out + 16, high);
}

/* The first smallest: of those lanes that hold the minimum the one with the smallest position. */
ALWAYS_INLINE uint32_t first_of_smallest (__m512 smallest, __m512i at) {
    __m512 minimum = _mm512_set1_ps (_mm512_reduce_min_ps (smallest));
    __mmask16 equal = _mm512_cmp_ps_mask (smallest, minimum, _CMP_EQ_OQ);
    return _mm512_mask_reduce_min_epu32 (equal, at);
}

uint32_t faiss_aq_smallest_sum_avx512 (const float *unary, const float *const *rows, size_t n_rows,
                                       size_t n) {
    const __m512i step = _mm512_set1_epi32 (16);
    __m512i position = _mm512_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i at = position;
    __m512 smallest = _mm512_set1_ps (INFINITY);
    size_t j = 0;
    for (; j + 64 <= n; j += 64) {
        __m512 sums[4];
        FAISS_UNROLL
        for (int v = 0; v < 4; v++) {
            sums[v] = _mm512_loadu_ps (unary + j + 16 * v);
        }
        for (size_t i = 0; i < n_rows; i++) {
            const float *row = rows[i] + j;
            FAISS_UNROLL
            for (int v = 0; v < 4; v++) {
                sums[v] = _mm512_add_ps (sums[v], _mm512_loadu_ps (row + 16 * v));
            }
        }
        FAISS_UNROLL
        for (int v = 0; v < 4; v++) {
            __mmask16 smaller = _mm512_cmp_ps_mask (sums[v], smallest, _CMP_LT_OQ);
            smallest = _mm512_mask_mov_ps (smallest, smaller, sums[v]);
            at = _mm512_mask_mov_epi32 (at, smaller, position);
            position = _mm512_add_epi32 (position, step);
        }
    }
    for (; j < n; j += 16) {
        __mmask16 lanes = first_lanes (n - j);
        __m512 sum = _mm512_maskz_loadu_ps (lanes, unary + j);
        for (size_t i = 0; i < n_rows; i++) {
            sum = _mm512_add_ps (sum, _mm512_maskz_loadu_ps (lanes, rows[i] + j));
        }
        __mmask16 smaller = _mm512_mask_cmp_ps_mask (lanes, sum, smallest, _CMP_LT_OQ);
        smallest = _mm512_mask_mov_ps (smallest, smaller, sum);
        at = _mm512_mask_mov_epi32 (at, smaller, position);
        position = _mm512_add_epi32 (position, step);
    }
    return first_of_smallest (smallest, at);
}
