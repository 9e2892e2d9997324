/* Kernels of additive quantizers, AVX-512. */
#include <immintrin.h>
#include <math.h>
#include <stdbool.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

#define VECTOR 16
typedef __m512 Vec;
#include <faiss/kernels/x86/additive_tmpl.h>

enum { ROWS = FAISS_EXACT_ROWS };

/* ---- all pairs: lanes run along the rows, a tile has 24 accumulators: 12 vectors x 32 rows,
 * 8 x 48, or for the last rows 12 x 16 ----------------------------------------------------------
 */

typedef struct Products {
    const float *x;
    size_t nx, d;
    const float *y;
    size_t ny;
    const float *x_terms, *y_terms;
    float scale;
    float *out;
    size_t ld;
} Products;

ALWAYS_INLINE __mmask16 first_lanes (size_t n) {
    return n >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << n) - 1);
}

/* vectors i .. i + n - 1 with the rows first .. first + 16 * width - 1, of which some may be
 * missing in the last 16 */
ALWAYS_INLINE void tile_products (const int n, const int width, const Products *p, size_t i,
                                  size_t first) {
    const size_t d = p->d;
    const float *x = p->x + i * d;
    const float *rows[8];
    __m512 sums[12][8];
    FAISS_UNROLL
    for (int v = 0; v < width; v++) {
        size_t row = first + 16 * (size_t)v;
        rows[v] = p->y + row / ROWS * ROWS * d + row % ROWS;
        FAISS_UNROLL
        for (int j = 0; j < n; j++) {
            sums[j][v] = _mm512_setzero_ps ();
        }
    }
    for (size_t t = 0; t < d; t++) {
        __m512 group[8];
        FAISS_UNROLL
        for (int v = 0; v < width; v++) {
            group[v] = _mm512_load_ps (rows[v] + t * ROWS);
        }
        FAISS_UNROLL
        for (int j = 0; j < n; j++) {
            __m512 component = _mm512_set1_ps (x[(size_t)j * d + t]);
            FAISS_UNROLL
            for (int v = 0; v < width; v++) {
                sums[j][v] = _mm512_fmadd_ps (component, group[v], sums[j][v]);
            }
        }
    }
    const __m512 scale = _mm512_set1_ps (p->scale);
    FAISS_UNROLL
    for (int v = 0; v < width; v++) {
        size_t row = first + 16 * (size_t)v;
        __mmask16 lanes = first_lanes (p->ny - row);
        __m512 y_terms =
            p->y_terms ? _mm512_maskz_loadu_ps (lanes, p->y_terms + row) : _mm512_setzero_ps ();
        FAISS_UNROLL
        for (int j = 0; j < n; j++) {
            __m512 x_term = _mm512_set1_ps (p->x_terms ? p->x_terms[i + (size_t)j] : 0);
            _mm512_mask_storeu_ps (
                p->out + (i + (size_t)j) * p->ld + row, lanes,
                _mm512_fmadd_ps (scale, sums[j][v], _mm512_add_ps (x_term, y_terms)));
        }
    }
}

/* all vectors but the last nx % 4 */
ALWAYS_INLINE void column_of_tiles (const int n, const int width, const Products *p, size_t first) {
    size_t i = 0;
    for (; i + (size_t)n <= p->nx; i += (size_t)n) {
        tile_products (n, width, p, i, first);
    }
    for (; i + 4 <= p->nx; i += 4) {
        tile_products (4, width, p, i, first);
    }
}

void faiss_packed_products_avx512 (const float *x, size_t nx, size_t d, const float *y, size_t ny,
                                   const float *x_terms, const float *y_terms, float scale,
                                   float *out, size_t ld) {
    const Products p = {x, nx, d, y, ny, x_terms, y_terms, scale, out, ld};
    size_t n_vectors = (ny + 15) / 16;
    for (size_t v = 0; nx >= 4 && v < n_vectors;) {
        size_t left = n_vectors - v;
        if (left == 1) {
            column_of_tiles (12, 1, &p, 16 * v);
            v += 1;
        } else if (left % 2 == 1) {
            column_of_tiles (8, 3, &p, 16 * v);
            v += 3;
        } else {
            column_of_tiles (12, 2, &p, 16 * v);
            v += 2;
        }
    }
    for (size_t i = nx / 4 * 4; i < nx; i++) { /* many sums at once, for an addition takes long */
        size_t v = 0;
        for (; v + 8 <= n_vectors; v += 8) {
            tile_products (1, 8, &p, i, 16 * v);
        }
        for (; v + 3 <= n_vectors; v += 3) {
            tile_products (1, 3, &p, i, 16 * v);
        }
        for (; v < n_vectors; v++) {
            tile_products (1, 1, &p, i, 16 * v);
        }
    }
}

/* ---- one vector: blocks of 16 rows x 4 components are transposed in registers ------------------
 */

ALWAYS_INLINE __m512 four_rows (const float *y, size_t d) {
    __m512 all = _mm512_castps128_ps512 (_mm_loadu_ps (y));
    all = _mm512_insertf32x4 (all, _mm_loadu_ps (y + 4 * d), 1);
    all = _mm512_insertf32x4 (all, _mm_loadu_ps (y + 8 * d), 2);
    return _mm512_insertf32x4 (all, _mm_loadu_ps (y + 12 * d), 3);
}

ALWAYS_INLINE Vec add_product (Vec sum, const float *factor, const float *values) {
    return _mm512_fmadd_ps (_mm512_set1_ps (*factor), _mm512_loadu_ps (values), sum);
}

ALWAYS_INLINE __m512 add_4_components (__m512 sum, const float *x, const float *y, size_t d,
                                       size_t t) {
    __m512 r0 = four_rows (y + t, d), r1 = four_rows (y + t + d, d);
    __m512 r2 = four_rows (y + t + 2 * d, d), r3 = four_rows (y + t + 3 * d, d);
    __m512d low01 = _mm512_castps_pd (_mm512_unpacklo_ps (r0, r1));
    __m512d high01 = _mm512_castps_pd (_mm512_unpackhi_ps (r0, r1));
    __m512d low23 = _mm512_castps_pd (_mm512_unpacklo_ps (r2, r3));
    __m512d high23 = _mm512_castps_pd (_mm512_unpackhi_ps (r2, r3));
    __m512 columns[4] = {_mm512_castpd_ps (_mm512_unpacklo_pd (low01, low23)),
                         _mm512_castpd_ps (_mm512_unpackhi_pd (low01, low23)),
                         _mm512_castpd_ps (_mm512_unpacklo_pd (high01, high23)),
                         _mm512_castpd_ps (_mm512_unpackhi_pd (high01, high23))};
    FAISS_UNROLL
    for (int i = 0; i < 4; i++) {
        sum = _mm512_fmadd_ps (_mm512_set1_ps (x[t + (size_t)i]), columns[i], sum);
    }
    return sum;
}

ALWAYS_INLINE void put_sums (__m512 sums, const float *y_terms, size_t n, float *out) {
    __mmask16 lanes = first_lanes (n);
    __m512 terms = y_terms ? _mm512_maskz_loadu_ps (lanes, y_terms) : _mm512_setzero_ps ();
    _mm512_mask_storeu_ps (out, lanes, _mm512_add_ps (sums, terms));
}

void faiss_row_products_avx512 (const float *x, size_t d, const float *y, size_t ny,
                                const float *y_terms, float *out) {
    row_products (x, d, y, ny, y_terms, out);
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
