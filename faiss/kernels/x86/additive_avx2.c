/* Kernels of additive quantizers, AVX2. */
#include <immintrin.h>
#include <math.h>
#include <stdbool.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

#define VECTOR 8
typedef __m256 Vec;
#include <faiss/kernels/x86/additive_tmpl.h>

enum { ROWS = FAISS_EXACT_ROWS, HALF = 16, PANEL = 6 };

ALWAYS_INLINE __m256i first_lanes (size_t n) {
    const __m256i lanes = _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32 (_mm256_set1_epi32 (n > 8 ? 8 : (int)n), lanes);
}

/* ---- all pairs: 6 vectors x 16 rows in 12 accumulators; lanes run along the rows --------------
 */

ALWAYS_INLINE void store_sums (__m256 sum, float x_term, const float *y_terms, float scale,
                               size_t n, float *out) {
    __m256 terms = _mm256_set1_ps (x_term), factor = _mm256_set1_ps (scale);
    if (n >= 8) {
        if (y_terms) {
            terms = _mm256_add_ps (terms, _mm256_loadu_ps (y_terms));
        }
        _mm256_storeu_ps (out, _mm256_fmadd_ps (factor, sum, terms));
    } else {
        __m256i lanes = first_lanes (n);
        if (y_terms) {
            terms = _mm256_add_ps (terms, _mm256_maskload_ps (y_terms, lanes));
        }
        _mm256_maskstore_ps (out, lanes, _mm256_fmadd_ps (factor, sum, terms));
    }
}

ALWAYS_INLINE void panel_products (const int n, const float *x, size_t d, const float *y, size_t ny,
                                   const float *x_terms, const float *y_terms, float scale,
                                   float *out, size_t ld) {
    for (size_t first = 0; first < ny; first += HALF) {
        const float *group = y + first / ROWS * ROWS * d + first % ROWS;
        __m256 sums[PANEL][2];
        FAISS_UNROLL
        for (int i = 0; i < n; i++) {
            sums[i][0] = sums[i][1] = _mm256_setzero_ps ();
        }
        for (size_t t = 0; t < d; t++) {
            __m256 row0 = _mm256_load_ps (group + t * ROWS);
            __m256 row1 = _mm256_load_ps (group + t * ROWS + 8);
            FAISS_UNROLL
            for (int i = 0; i < n; i++) {
                __m256 component = _mm256_broadcast_ss (x + (size_t)i * d + t);
                sums[i][0] = _mm256_fmadd_ps (component, row0, sums[i][0]);
                sums[i][1] = _mm256_fmadd_ps (component, row1, sums[i][1]);
            }
        }
        FAISS_UNROLL
        for (int i = 0; i < n; i++) {
            float x_term = x_terms ? x_terms[i] : 0;
            float *to = out + (size_t)i * ld + first;
            store_sums (sums[i][0], x_term, y_terms ? y_terms + first : NULL, scale, ny - first,
                        to);
            if (ny - first > 8) {
                store_sums (sums[i][1], x_term, y_terms ? y_terms + first + 8 : NULL, scale,
                            ny - first - 8, to + 8);
            }
        }
    }
}

void faiss_packed_products_avx2 (const float *x, size_t nx, size_t d, const float *y, size_t ny,
                                 const float *x_terms, const float *y_terms, float scale,
                                 float *out, size_t ld) {
    while (nx > 0) {
        size_t n = nx >= PANEL ? PANEL : nx >= 2 ? 2 : 1;
        if (n == PANEL) {
            panel_products (PANEL, x, d, y, ny, x_terms, y_terms, scale, out, ld);
        } else if (n == 2) {
            panel_products (2, x, d, y, ny, x_terms, y_terms, scale, out, ld);
        } else {
            panel_products (1, x, d, y, ny, x_terms, y_terms, scale, out, ld);
        }
        x += n * d;
        out += n * ld;
        x_terms = x_terms ? x_terms + n : NULL;
        nx -= n;
    }
}

/* ---- one vector: blocks of 8 rows x 4 components are transposed in registers -------------------
 */

ALWAYS_INLINE __m256 two_rows (const float *y, size_t d) {
    __m256 low = _mm256_castps128_ps256 (_mm_loadu_ps (y));
    return _mm256_insertf128_ps (low, _mm_loadu_ps (y + 4 * d), 1);
}

ALWAYS_INLINE Vec add_product (Vec sum, const float *factor, const float *values) {
    return _mm256_fmadd_ps (_mm256_broadcast_ss (factor), _mm256_loadu_ps (values), sum);
}

ALWAYS_INLINE __m256 add_4_components (__m256 sum, const float *x, const float *y, size_t d,
                                       size_t t) {
    __m256 r0 = two_rows (y + t, d), r1 = two_rows (y + t + d, d);
    __m256 r2 = two_rows (y + t + 2 * d, d), r3 = two_rows (y + t + 3 * d, d);
    __m256d low01 = _mm256_castps_pd (_mm256_unpacklo_ps (r0, r1));
    __m256d high01 = _mm256_castps_pd (_mm256_unpackhi_ps (r0, r1));
    __m256d low23 = _mm256_castps_pd (_mm256_unpacklo_ps (r2, r3));
    __m256d high23 = _mm256_castps_pd (_mm256_unpackhi_ps (r2, r3));
    __m256 columns[4] = {_mm256_castpd_ps (_mm256_unpacklo_pd (low01, low23)),
                         _mm256_castpd_ps (_mm256_unpackhi_pd (low01, low23)),
                         _mm256_castpd_ps (_mm256_unpacklo_pd (high01, high23)),
                         _mm256_castpd_ps (_mm256_unpackhi_pd (high01, high23))};
    FAISS_UNROLL
    for (int i = 0; i < 4; i++) {
        sum = _mm256_fmadd_ps (_mm256_broadcast_ss (x + t + i), columns[i], sum);
    }
    return sum;
}

ALWAYS_INLINE void put_sums (__m256 sums, const float *y_terms, size_t n, float *out) {
    store_sums (sums, 0, y_terms, 1, n, out);
}

void faiss_row_products_avx2 (const float *x, size_t d, const float *y, size_t ny,
                              const float *y_terms, float *out) {
    row_products (x, d, y, ny, y_terms, out);
}

/* ---- minima ---------------------------------------------------------------------------------- */

void faiss_aq_column_minima_avx2 (const float *values, size_t n, float out[32]) {
    __m256 minima[4];
    size_t i = 0;
    for (int v = 0; v < 4; v++) {
        minima[v] = _mm256_set1_ps (INFINITY);
    }
    for (; i + 32 <= n; i += 32) { /* min returns its second operand where one is NaN */
        for (int v = 0; v < 4; v++) {
            minima[v] = _mm256_min_ps (_mm256_loadu_ps (values + i + 8 * v), minima[v]);
        }
    }
    for (int v = 0; v < 4; v++) {
        _mm256_storeu_ps (out + 8 * v, minima[v]);
    }
    for (; i < n; i++) {
        if (values[i] < out[i % 32]) {
            out[i % 32] = values[i];
        }
    }
}

/* Sums of 8 places of the rows, and what is smaller is remembered with its place. */
ALWAYS_INLINE void take_smaller (__m256 sum, __m256i position, __m256 *smallest, __m256i *at) {
    __m256 smaller = _mm256_cmp_ps (sum, *smallest, _CMP_LT_OQ);
    *smallest = _mm256_blendv_ps (*smallest, sum, smaller);
    *at = _mm256_castps_si256 (
        _mm256_blendv_ps (_mm256_castsi256_ps (*at), _mm256_castsi256_ps (position), smaller));
}

uint32_t faiss_aq_smallest_sum_avx2 (const float *unary, const float *const *rows, size_t n_rows,
                                     size_t n) {
    const __m256i step = _mm256_set1_epi32 (8);
    __m256i position = _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7), at = position;
    __m256 smallest = _mm256_set1_ps (INFINITY);
    size_t j = 0;
    for (; j + 32 <= n; j += 32) {
        __m256 sums[4];
        FAISS_UNROLL
        for (int v = 0; v < 4; v++) {
            sums[v] = _mm256_loadu_ps (unary + j + 8 * v);
        }
        for (size_t i = 0; i < n_rows; i++) {
            const float *row = rows[i] + j;
            FAISS_UNROLL
            for (int v = 0; v < 4; v++) {
                sums[v] = _mm256_add_ps (sums[v], _mm256_loadu_ps (row + 8 * v));
            }
        }
        FAISS_UNROLL
        for (int v = 0; v < 4; v++) {
            take_smaller (sums[v], position, &smallest, &at);
            position = _mm256_add_epi32 (position, step);
        }
    }
    float values[8];
    uint32_t places[8];
    _mm256_storeu_ps (values, smallest);
    _mm256_storeu_si256 ((__m256i *)(void *)places, at);
    uint32_t best = places[0];
    float minimum = values[0];
    for (int i = 1; i < 8; i++) {
        if (values[i] < minimum || (values[i] == minimum && places[i] < best)) {
            minimum = values[i];
            best = places[i];
        }
    }
    for (; j < n; j++) {
        float sum = unary[j];
        for (size_t i = 0; i < n_rows; i++) {
            sum += rows[i][j];
        }
        if (sum < minimum) {
            minimum = sum;
            best = (uint32_t)j;
        }
    }
    return best;
}
