/* Product quantizer codes, AVX-512. */
#include <string.h>

#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

enum { ENTRIES = 256, LANES = 64, TILE = 16 };

/* 16 bytes of the rows i, i + 16, i + 32, i + 48. */
static inline __m512i load_rows (const uint8_t *codes, size_t stride) {
    __m512i rows = _mm512_castsi128_si512 (_mm_loadu_si128 ((const __m128i_u *)codes));
    rows = _mm512_inserti32x4 (rows, _mm_loadu_si128 ((const __m128i_u *)(codes + 16 * stride)), 1);
    rows = _mm512_inserti32x4 (rows, _mm_loadu_si128 ((const __m128i_u *)(codes + 32 * stride)), 2);
    return _mm512_inserti32x4 (rows, _mm_loadu_si128 ((const __m128i_u *)(codes + 48 * stride)), 3);
}

/* 64 rows x 16 columns, all there. In each of the four lanes 16 x 16 bytes are transposed. */
static inline void transpose_tile (const uint8_t *codes, size_t stride, uint8_t *out) {
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
        _mm512_store_si512 (out + (size_t)(2 * i) * LANES, _mm512_unpacklo_epi8 (b[i], b[i + 8]));
        _mm512_store_si512 (out + (size_t)(2 * i + 1) * LANES,
                            _mm512_unpackhi_epi8 (b[i], b[i + 8]));
    }
}

/* A group that has not 64 codes, or columns that make no tile. */
static void transpose_rest (const uint8_t *codes, size_t stride, size_t n_columns, size_t n,
                            uint8_t *out) {
    for (size_t c = 0; c < n_columns; c++) {
        for (size_t i = 0; i < n; i++) {
            out[c * LANES + i] = codes[i * stride + c];
        }
        memset (out + c * LANES + n, 0, LANES - n);
    }
}

void faiss_pq_transpose_bytes_avx512 (const uint8_t *codes, size_t stride, size_t n_columns,
                                      size_t n, uint8_t *out) {
    for (size_t first = 0; first < n; first += LANES, out += n_columns * LANES) {
        const uint8_t *rows = codes + first * stride;
        if (n_columns < TILE || n - first < LANES) {
            transpose_rest (rows, stride, n_columns, n - first < LANES ? n - first : LANES, out);
            continue;
        }
        size_t c = 0;
        for (; c + TILE <= n_columns; c += TILE) {
            transpose_tile (rows + c, stride, out + c * LANES);
        }
        if (c < n_columns) { /* the last tile overlaps the one before it */
            c = n_columns - TILE;
            transpose_tile (rows + c, stride, out + c * LANES);
        }
    }
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
