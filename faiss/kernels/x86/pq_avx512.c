/* Product quantizer codes, AVX-512. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>
#include <faiss/kernels/x86/pq_tile_tmpl.h>

#define VECTOR 16
#include <faiss/kernels/x86/pq_tmpl.h>

enum { ENTRIES = 256 };

/* 16 bytes of the rows i, i + 16, i + 32, i + 48. */
static inline __m512i load_rows (const uint8_t *codes, size_t stride) {
    __m512i rows = _mm512_castsi128_si512 (_mm_loadu_si128 ((const __m128i_u *)codes));
    rows = _mm512_inserti32x4 (rows, _mm_loadu_si128 ((const __m128i_u *)(codes + 16 * stride)), 1);
    rows = _mm512_inserti32x4 (rows, _mm_loadu_si128 ((const __m128i_u *)(codes + 32 * stride)), 2);
    return _mm512_inserti32x4 (rows, _mm_loadu_si128 ((const __m128i_u *)(codes + 48 * stride)), 3);
}

/* 64 rows x 16 columns, all readable, of which n_out columns are written. In each of the four lanes
 * 16 x 16 bytes are transposed. */
ALWAYS_INLINE void transpose_tile (const uint8_t *codes, size_t stride, const size_t n_out,
                                   uint8_t *out) {
    __m512i a[TILE], b[TILE];
    FAISS_UNROLL
    for (int i = 0; i < TILE; i++) {
        a[i] = load_rows (codes + (size_t)i * stride, stride);
    }
    FAISS_UNROLL
    for (int i = 0; i < 8; i++) { /* rows i and i + 8: pairs of bytes */
        b[2 * i] = _mm512_unpacklo_epi8 (a[i], a[i + 8]);
        b[2 * i + 1] = _mm512_unpackhi_epi8 (a[i], a[i + 8]);
    }
    FAISS_UNROLL
    for (int i = 0; i < 8; i++) {
        a[2 * i] = _mm512_unpacklo_epi8 (b[i], b[i + 8]);
        a[2 * i + 1] = _mm512_unpackhi_epi8 (b[i], b[i + 8]);
    }
    FAISS_UNROLL
    for (int i = 0; i < 8; i++) {
        b[2 * i] = _mm512_unpacklo_epi8 (a[i], a[i + 8]);
        b[2 * i + 1] = _mm512_unpackhi_epi8 (a[i], a[i + 8]);
    }
    FAISS_UNROLL
    for (int i = 0; i < 8; i++) {
        if ((size_t)(2 * i) < n_out) {
            _mm512_store_si512 (out + (size_t)(2 * i) * LANES,
                                _mm512_unpacklo_epi8 (b[i], b[i + 8]));
        }
        if ((size_t)(2 * i + 1) < n_out) {
            _mm512_store_si512 (out + (size_t)(2 * i + 1) * LANES,
                                _mm512_unpackhi_epi8 (b[i], b[i + 8]));
        }
    }
}

void faiss_pq_transpose_bytes_avx512 (const uint8_t *codes, size_t stride, size_t n_columns,
                                      size_t n, uint8_t *out) {
    transpose_all (codes, stride, n_columns, n, out);
}

/* ---- tables of bytes ------------------------------------------------------------------------- */

void faiss_pq_table_ranges_avx512 (const float *tables, size_t n_columns, size_t n_entries,
                                   float *low, float *high) {
    for (size_t c = 0; c < n_columns; c++) {
        const float *table = tables + c * ENTRIES;
        __m512 lows = _mm512_set1_ps (table[0]), highs = lows;
        for (size_t i = 0; i < n_entries; i += 16) {
            size_t left = n_entries - i;
            __mmask16 there = (__mmask16)(left < 16 ? (1u << left) - 1 : 0xffff);
            __m512 values = _mm512_mask_loadu_ps (lows, there, table + i);
            lows = _mm512_min_ps (lows, values);
            highs = _mm512_mask_max_ps (highs, there, highs, values);
        }
        low[c] = _mm512_reduce_min_ps (lows);
        high[c] = _mm512_reduce_max_ps (highs);
    }
}

void faiss_pq_round_tables_avx512 (const float *tables, size_t n_columns, size_t n_entries,
                                   float sign, const float *low, float scale, uint8_t *out) {
    for (size_t c = 0; c < n_columns; c++) {
        __m512 lows = _mm512_set1_ps (low[c]), signs = _mm512_set1_ps (sign);
        __m512 scales = _mm512_set1_ps (scale);
        for (size_t i = 0; i < ENTRIES; i += 16) {
            size_t left = i < n_entries ? n_entries - i : 0;
            __mmask16 there = (__mmask16)(left < 16 ? (1u << left) - 1 : 0xffff);
            __m512 values = _mm512_maskz_loadu_ps (there, tables + c * ENTRIES + i);
            values = _mm512_maskz_sub_ps (there, _mm512_mul_ps (values, signs), lows);
            __m512i whole = _mm512_cvttps_epi32 (_mm512_mul_ps (values, scales));
            _mm_store_si128 ((__m128i *)(void *)(out + c * ENTRIES + i),
                             _mm512_cvtepi32_epi8 (whole));
        }
    }
}

/* ---- nearest centroids ----------------------------------------------------------------------- */

static inline __mmask16 first_lanes (size_t n) {
    return (__mmask16)(n < VECTOR ? (1u << n) - 1 : 0xffff);
}

/* Squared distances of n_points points to n_vectors times 16 centroids. */
ALWAYS_INLINE void distances (const int n_points, const int n_vectors, const float *const *points,
                              size_t dsub, const float *columns, size_t ld, const __mmask16 *there,
                              __m512 sums[POINTS][2]) {
    __m512 local[POINTS][2]; /* only indexed by constants once unrolled: registers */
    FAISS_UNROLL
    for (int p = 0; p < n_points; p++) {
        local[p][0] = local[p][1] = _mm512_setzero_ps ();
    }
    for (size_t j = 0; j < dsub; j++) {
        FAISS_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            __m512 centroids =
                _mm512_maskz_loadu_ps (there[v], columns + j * ld + (size_t)v * VECTOR);
            FAISS_UNROLL
            for (int p = 0; p < n_points; p++) {
                __m512 difference = _mm512_sub_ps (centroids, _mm512_set1_ps (points[p][j]));
                local[p][v] = _mm512_fmadd_ps (difference, difference, local[p][v]);
            }
        }
    }
    FAISS_UNROLL
    for (int p = 0; p < n_points; p++) {
        sums[p][0] = local[p][0];
        sums[p][1] = local[p][1];
    }
}

ALWAYS_INLINE void nearest_of_points (const int n_points, const float *x, size_t stride,
                                      size_t dsub, const float *columns, size_t ld, size_t ksub,
                                      uint32_t *best) {
    const float *points[POINTS];
    __m512 nearest[POINTS];
    __m512i which[POINTS];
    FAISS_UNROLL
    for (int p = 0; p < n_points; p++) {
        points[p] = x + (size_t)p * stride;
        nearest[p] = _mm512_set1_ps (__builtin_inff ());
        which[p] = _mm512_setzero_si512 ();
    }
    for (size_t i = 0; i < ksub; i += 2 * VECTOR) {
        __m512 sums[POINTS][2];
        const __mmask16 there[2] = {first_lanes (ksub - i),
                                    first_lanes (ksub - i > VECTOR ? ksub - i - VECTOR : 0)};
        const int n_vectors = ksub - i > VECTOR ? 2 : 1;
        if (n_vectors == 2) {
            distances (n_points, 2, points, dsub, columns + i, ld, there, sums);
        } else {
            distances (n_points, 1, points, dsub, columns + i, ld, there, sums);
        }
        for (int v = 0; v < n_vectors; v++) {
            __m512i number = _mm512_set1_epi32 ((int)(i / VECTOR) + v);
            FAISS_UNROLL
            for (int p = 0; p < n_points; p++) {
                __mmask16 better =
                    _mm512_mask_cmp_ps_mask (there[v], sums[p][v], nearest[p], _CMP_LT_OQ);
                nearest[p] = _mm512_mask_mov_ps (nearest[p], better, sums[p][v]);
                which[p] = _mm512_mask_mov_epi32 (which[p], better, number);
            }
        }
    }
    const __m512i lanes = _mm512_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    FAISS_UNROLL
    for (int p = 0; p < n_points; p++) { /* the first of those that are equally near */
        __m512 smallest = _mm512_set1_ps (_mm512_reduce_min_ps (nearest[p]));
        __mmask16 equal = _mm512_cmp_ps_mask (nearest[p], smallest, _CMP_EQ_OQ);
        __m512i numbers = _mm512_or_si512 (_mm512_slli_epi32 (which[p], 4), lanes);
        best[p] = equal ? _mm512_mask_reduce_min_epu32 (equal, numbers) : 0;
    }
}

void faiss_pq_nearest_avx512 (const float *x, size_t stride, size_t n, size_t dsub,
                              const float *columns, size_t ld, size_t ksub, uint32_t *best) {
    nearest (x, stride, n, dsub, columns, ld, ksub, best);
}

/* ---- tables of distances --------------------------------------------------------------------- */

ALWAYS_INLINE __m512 term (const Metric metric, __m512 centroids, __m512 point, __m512 sum) {
    if (metric == IP) {
        return _mm512_fmadd_ps (centroids, point, sum);
    }
    __m512 difference = _mm512_sub_ps (centroids, point);
    return _mm512_fmadd_ps (difference, difference, sum);
}

/* n_vectors times 16 centroids. */
ALWAYS_INLINE void columns_together (const Metric metric, const int n_vectors, const float *x,
                                     size_t dsub, const float *columns, size_t ld, __mmask16 there,
                                     float *out) {
    __m512 sums[QUAD];
    FAISS_UNROLL
    for (int v = 0; v < n_vectors; v++) {
        sums[v] = _mm512_setzero_ps ();
    }
    for (size_t j = 0; j < dsub; j++) {
        __m512 point = _mm512_set1_ps (x[j]);
        FAISS_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            const float *column = columns + j * ld + v * VECTOR;
            sums[v] = term (metric, _mm512_maskz_loadu_ps (there, column), point, sums[v]);
        }
    }
    FAISS_UNROLL
    for (int v = 0; v < n_vectors; v++) {
        _mm512_mask_storeu_ps (out + v * VECTOR, there, sums[v]);
    }
}

ALWAYS_INLINE void table_by_columns (const Metric metric, const float *x, size_t dsub,
                                     const float *columns, size_t ld, size_t ksub, float *out) {
    size_t i = 0;
    for (; i + QUAD * VECTOR <= ksub; i += QUAD * VECTOR) {
        columns_together (metric, QUAD, x, dsub, columns + i, ld, 0xffff, out + i);
    }
    for (; i < ksub; i += VECTOR) {
        columns_together (metric, 1, x, dsub, columns + i, ld, first_lanes (ksub - i), out + i);
    }
}

void faiss_pq_table_L2_avx512 (const float *x, size_t dsub, const float *columns, size_t ld,
                               size_t ksub, float *out) {
    table_by_columns (L2, x, dsub, columns, ld, ksub, out);
}

void faiss_pq_table_ip_avx512 (const float *x, size_t dsub, const float *columns, size_t ld,
                               size_t ksub, float *out) {
    table_by_columns (IP, x, dsub, columns, ld, ksub, out);
}

/* Two components of 16 centroids in a row. */
static inline void load_pairs (const float *rows, __m512 columns[QUAD]) {
    const __m512i even =
        _mm512_setr_epi32 (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_add_epi32 (even, _mm512_set1_epi32 (1));
    __m512 a = _mm512_loadu_ps (rows), b = _mm512_loadu_ps (rows + VECTOR);
    columns[0] = _mm512_permutex2var_ps (a, even, b);
    columns[1] = _mm512_permutex2var_ps (a, odd, b);
}

/* Up to four components of 16 centroids dsub apart, one vector per component. */
ALWAYS_INLINE void load_quads (const bool is_whole, const float *rows, size_t dsub, __mmask8 there,
                               __m512 columns[QUAD]) {
    __m512 quads[QUAD];
    FAISS_UNROLL
    for (size_t i = 0; i < QUAD; i++) {
        __m128 lanes[QUAD];
        FAISS_UNROLL
        for (size_t lane = 0; lane < QUAD; lane++) {
            const float *row = rows + (i + lane * QUAD) * dsub;
            lanes[lane] = is_whole ? _mm_loadu_ps (row) : _mm_maskz_loadu_ps (there, row);
        }
        quads[i] = _mm512_castps128_ps512 (lanes[0]);
        quads[i] = _mm512_insertf32x4 (quads[i], lanes[1], 1);
        quads[i] = _mm512_insertf32x4 (quads[i], lanes[2], 2);
        quads[i] = _mm512_insertf32x4 (quads[i], lanes[3], 3);
    }
    __m512 a = _mm512_unpacklo_ps (quads[0], quads[2]), b = _mm512_unpackhi_ps (quads[0], quads[2]);
    __m512 c = _mm512_unpacklo_ps (quads[1], quads[3]), d = _mm512_unpackhi_ps (quads[1], quads[3]);
    columns[0] = _mm512_unpacklo_ps (a, c);
    columns[1] = _mm512_unpackhi_ps (a, c);
    columns[2] = _mm512_unpacklo_ps (b, d);
    columns[3] = _mm512_unpackhi_ps (b, d);
}

/* 16 centroids by their rows, which are all there. */
ALWAYS_INLINE __m512 sum_of_rows (const Metric metric, const float *x, size_t dsub,
                                  const float *rows) {
    __m512 columns[QUAD], sum = _mm512_setzero_ps ();
    if (dsub == 2) {
        load_pairs (rows, columns);
        sum = term (metric, columns[0], _mm512_set1_ps (x[0]), sum);
        return term (metric, columns[1], _mm512_set1_ps (x[1]), sum);
    }
    size_t j = 0;
    for (; j + QUAD <= dsub; j += QUAD) {
        load_quads (true, rows + j, dsub, 0, columns);
        FAISS_UNROLL
        for (size_t i = 0; i < QUAD; i++) {
            sum = term (metric, columns[i], _mm512_set1_ps (x[j + i]), sum);
        }
    }
    if (j < dsub) {
        size_t left = dsub - j;
        load_quads (false, rows + j, dsub, (__mmask8)((1u << left) - 1), columns);
        sum = term (metric, columns[0], _mm512_set1_ps (x[j]), sum);
        sum = left > 1 ? term (metric, columns[1], _mm512_set1_ps (x[j + 1]), sum) : sum;
        sum = left > 2 ? term (metric, columns[2], _mm512_set1_ps (x[j + 2]), sum) : sum;
    }
    return sum;
}

ALWAYS_INLINE void store_sums_of_rows (const Metric metric, const float *x, const size_t dsub,
                                       const float *rows, float *out) {
    _mm512_storeu_ps (out, sum_of_rows (metric, x, dsub, rows));
}

void faiss_pq_row_table_L2_avx512 (const float *x, size_t dsub, const float *centroids, size_t ksub,
                                   float *out) {
    table_of_rows (L2, x, dsub, centroids, ksub, out);
}

void faiss_pq_row_table_ip_avx512 (const float *x, size_t dsub, const float *centroids, size_t ksub,
                                   float *out) {
    table_of_rows (IP, x, dsub, centroids, ksub, out);
}
