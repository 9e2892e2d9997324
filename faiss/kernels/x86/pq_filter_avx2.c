/* Product quantizer codes: 32 look-ups in tables of 256 bytes at a time, AVX2.
 *
 * A shuffle looks up 16 entries. A table of 256 is 16 of them: number h is for the codes that are
 * not below 16 h, and holds in what the entries differ from those of number h - 1.
 */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>
#include <faiss/kernels/x86/pq_tile_tmpl.h>

enum {
    ENTRIES = 256,
    HALF = ENTRIES / 2, /* what a signed byte can be without being negative */
    ROW = 16,           /* entries that a shuffle looks up */
    VECTOR = 32,        /* codes of a register */
    GROUPS = 2,         /* that are looked up together */
};

/* ---- transposing ----------------------------------------------------------------------------- */

/* 32 rows x 16 columns, all readable, of which n_out columns are written. In each lane 16 x 16
 * bytes are transposed. */
ALWAYS_INLINE void transpose_rows (const uint8_t *codes, size_t stride, const size_t n_out,
                                   uint8_t *out) {
    __m256i a[TILE], b[TILE];
    FAISS_UNROLL
    for (size_t i = 0; i < TILE; i++) {
        const uint8_t *row = codes + i * stride;
        a[i] = _mm256_castsi128_si256 (_mm_loadu_si128 ((const __m128i_u *)row));
        a[i] = _mm256_inserti128_si256 (
            a[i], _mm_loadu_si128 ((const __m128i_u *)(row + TILE * stride)), 1);
    }
    FAISS_UNROLL
    for (int i = 0; i < 8; i++) { /* rows i and i + 8: pairs of bytes */
        b[2 * i] = _mm256_unpacklo_epi8 (a[i], a[i + 8]);
        b[2 * i + 1] = _mm256_unpackhi_epi8 (a[i], a[i + 8]);
    }
    FAISS_UNROLL
    for (int i = 0; i < 8; i++) {
        a[2 * i] = _mm256_unpacklo_epi8 (b[i], b[i + 8]);
        a[2 * i + 1] = _mm256_unpackhi_epi8 (b[i], b[i + 8]);
    }
    FAISS_UNROLL
    for (int i = 0; i < 8; i++) {
        b[2 * i] = _mm256_unpacklo_epi8 (a[i], a[i + 8]);
        b[2 * i + 1] = _mm256_unpackhi_epi8 (a[i], a[i + 8]);
    }
    FAISS_UNROLL
    for (size_t i = 0; i < 8; i++) {
        if (2 * i < n_out) {
            _mm256_store_si256 ((__m256i *)(void *)(out + 2 * i * LANES),
                                _mm256_unpacklo_epi8 (b[i], b[i + 8]));
        }
        if (2 * i + 1 < n_out) {
            _mm256_store_si256 ((__m256i *)(void *)(out + (2 * i + 1) * LANES),
                                _mm256_unpackhi_epi8 (b[i], b[i + 8]));
        }
    }
}

ALWAYS_INLINE void transpose_tile (const uint8_t *codes, size_t stride, const size_t n_out,
                                   uint8_t *out) {
    transpose_rows (codes, stride, n_out, out);
    transpose_rows (codes + VECTOR * stride, stride, n_out, out + VECTOR);
}

void faiss_pq_transpose_bytes_avx2 (const uint8_t *codes, size_t stride, size_t n_columns, size_t n,
                                    uint8_t *out) {
    transpose_all (codes, stride, n_columns, n, out);
}

/* ---- tables of bytes ------------------------------------------------------------------------- */

void faiss_pq_table_ranges_avx2 (const float *tables, size_t n_columns, size_t n_entries,
                                 float *low, float *high) {
    enum { FLOATS = 8 };
    for (size_t c = 0; c < n_columns; c++) {
        const float *table = tables + c * ENTRIES;
        float smallest = table[0], largest = table[0], lane_low[FLOATS], lane_high[FLOATS];
        __m256 lows = _mm256_set1_ps (table[0]), highs = lows;
        size_t i = 0;
        for (; i + FLOATS <= n_entries; i += FLOATS) {
            __m256 values = _mm256_loadu_ps (table + i);
            lows = _mm256_min_ps (lows, values);
            highs = _mm256_max_ps (highs, values);
        }
        for (; i < n_entries; i++) {
            smallest = table[i] < smallest ? table[i] : smallest;
            largest = table[i] > largest ? table[i] : largest;
        }
        _mm256_storeu_ps (lane_low, lows);
        _mm256_storeu_ps (lane_high, highs);
        for (size_t j = 0; j < FLOATS; j++) {
            smallest = lane_low[j] < smallest ? lane_low[j] : smallest;
            largest = lane_high[j] > largest ? lane_high[j] : largest;
        }
        low[c] = smallest;
        high[c] = largest;
    }
}

/* (sign * entry - low) * scale of 8 entries, whole numbers */
ALWAYS_INLINE __m256i round_entries (const float *entries, __m256 sign, __m256 low, __m256 scale) {
    __m256 values = _mm256_sub_ps (_mm256_mul_ps (_mm256_loadu_ps (entries), sign), low);
    return _mm256_cvttps_epi32 (_mm256_mul_ps (values, scale));
}

void faiss_pq_round_tables_avx2 (const float *tables, size_t n_columns, size_t n_entries,
                                 float sign, const float *low, float scale, uint8_t *out) {
    const __m256i order = _mm256_setr_epi32 (0, 4, 1, 5, 2, 6, 3, 7);
    const __m256 signs = _mm256_set1_ps (sign), scales = _mm256_set1_ps (scale);
    for (size_t c = 0; c < n_columns; c++, tables += ENTRIES, out += ENTRIES) {
        __m256 lows = _mm256_set1_ps (low[c]);
        size_t i = 0;
        for (; i + VECTOR <= n_entries; i += VECTOR) {
            __m256i a = round_entries (tables + i, signs, lows, scales);
            __m256i b = round_entries (tables + i + 8, signs, lows, scales);
            __m256i words = _mm256_packs_epi32 (a, b);
            a = round_entries (tables + i + 16, signs, lows, scales);
            b = round_entries (tables + i + 24, signs, lows, scales);
            words = _mm256_packus_epi16 (words, _mm256_packs_epi32 (a, b));
            _mm256_store_si256 ((__m256i *)(void *)(out + i),
                                _mm256_permutevar8x32_epi32 (words, order));
        }
        for (; i < n_entries; i++) {
            out[i] = (uint8_t)(int)((sign * tables[i] - low[c]) * scale);
        }
        memset (out + i, 0, ENTRIES - i);
    }
}

/* ---- look-ups -------------------------------------------------------------------------------- */

/* What the codes may have: the same for all, or (terms not NULL) limit - slope * term for each. */
typedef struct Bound {
    __m256i of_all; /* words */
    const float *terms;
    __m256 slope, limit;
} Bound;

/* Whole numbers, as words, for the terms a[0 .. 3], b[0 .. 3] and those 16 behind them. */
ALWAYS_INLINE __m256i limits_of (const Bound *bound, const float *terms) {
    const __m256 highest = _mm256_set1_ps (65535);
    __m256i whole[2];
    FAISS_UNROLL
    for (size_t i = 0; i < 2; i++) {
        __m256 four = _mm256_castps128_ps256 (_mm_loadu_ps (terms + 4 * i));
        four = _mm256_insertf128_ps (four, _mm_loadu_ps (terms + 4 * i + 16), 1);
        four = _mm256_fnmadd_ps (bound->slope, four, bound->limit);
        whole[i] = _mm256_cvttps_epi32 (_mm256_min_ps (four, highest));
    }
    return _mm256_packus_epi32 (whole[0], whole[1]);
}

/* Words that are not above their limits: all bits. */
ALWAYS_INLINE __m256i within (__m256i sums, __m256i limits) {
    return _mm256_cmpeq_epi16 (_mm256_subs_epu16 (sums, limits), _mm256_setzero_si256 ());
}

/* Which of 32 sums are within the limit? low: words of the even codes' sums, plus 256 times the odd
 * ones; high: the odd ones. */
ALWAYS_INLINE uint32_t test (__m256i low, __m256i high, const Bound *bound, size_t first,
                             size_t n) {
    low = _mm256_sub_epi16 (low, _mm256_slli_epi16 (high, 8));
    const float *terms = bound->terms;
    if (!terms) {
        __m256i even = within (low, bound->of_all), odd = within (high, bound->of_all);
        __m256i mask = _mm256_blendv_epi8 (odd, even, _mm256_set1_epi16 (0x00ff));
        return (uint32_t)_mm256_movemask_epi8 (mask);
    }
    float rest[VECTOR] = {0};
    terms += first;
    if (n - first < VECTOR) {
        memcpy (rest, terms, (n - first) * sizeof *rest);
        terms = rest;
    }
    __m256i a = within (_mm256_unpacklo_epi16 (low, high), limits_of (bound, terms));
    __m256i b = within (_mm256_unpackhi_epi16 (low, high), limits_of (bound, terms + 8));
    return (uint32_t)_mm256_movemask_epi8 (_mm256_packs_epi16 (a, b));
}

/* The bytes of a table that n_vectors times 32 codes name. */
ALWAYS_INLINE void look_up (const int n_vectors, const uint8_t *table, const __m256i *codes,
                            size_t group_size, __m256i found[GROUPS * 2]) {
    const __m256i row = _mm256_set1_epi8 (ROW), half = _mm256_set1_epi8 ((char)HALF);
    FAISS_UNROLL
    for (int v = 0; v < n_vectors; v++) {
        found[v] = _mm256_setzero_si256 ();
    }
    for (int upper = 0; upper < 2; upper++) {
        __m256i left[GROUPS * 2], previous = _mm256_setzero_si256 ();
        FAISS_UNROLL
        for (int v = 0; v < n_vectors; v++) {
            left[v] = _mm256_load_si256 (codes + (size_t)(v / 2) * group_size + v % 2);
            left[v] = upper ? _mm256_xor_si256 (left[v], half) : left[v];
        }
        FAISS_UNROLL
        for (int h = 0; h < HALF / ROW; h++) { /* a negative byte finds 0, and stays negative */
            __m256i entries = _mm256_broadcastsi128_si256 (
                _mm_load_si128 ((const __m128i *)(const void *)(table + upper * HALF + h * ROW)));
            __m256i step = _mm256_xor_si256 (entries, previous);
            previous = entries;
            FAISS_UNROLL
            for (int v = 0; v < n_vectors; v++) {
                found[v] = _mm256_xor_si256 (found[v], _mm256_shuffle_epi8 (step, left[v]));
                left[v] = _mm256_subs_epi8 (left[v], row);
            }
        }
    }
}

/* n_groups groups of 64 codes together: a table is loaded once for all. */
ALWAYS_INLINE size_t filter (const int n_groups, const uint8_t *tables, size_t n_columns,
                             const uint8_t *transposed, const Bound *bound, size_t first, size_t n,
                             uint32_t *positions, size_t n_found) {
    __m256i low[GROUPS * 2], high[GROUPS * 2];
    const size_t group_size = n_columns * LANES / sizeof (__m256i);
    FAISS_UNROLL
    for (int v = 0; v < 2 * n_groups; v++) {
        low[v] = high[v] = _mm256_setzero_si256 ();
    }
    for (size_t c = 0; c < n_columns; c++) {
        __m256i found[GROUPS * 2];
        look_up (2 * n_groups, tables + c * ENTRIES,
                 (const __m256i *)(const void *)(transposed + c * LANES), group_size, found);
        FAISS_UNROLL
        for (int v = 0; v < 2 * n_groups; v++) {
            low[v] = _mm256_add_epi16 (low[v], found[v]);
            high[v] = _mm256_add_epi16 (high[v], _mm256_srli_epi16 (found[v], 8));
        }
    }
    FAISS_UNROLL
    for (int v = 0; v < 2 * n_groups; v++, first += VECTOR) {
        if (first >= n) {
            break;
        }
        for (uint32_t left = test (low[v], high[v], bound, first, n); left; left &= left - 1) {
            size_t i = first + (size_t)__builtin_ctz (left);
            if (i < n) {
                positions[n_found++] = (uint32_t)i;
            }
        }
    }
    return n_found;
}

ALWAYS_INLINE size_t filter_all (const uint8_t *tables, size_t n_columns, const uint8_t *transposed,
                                 const Bound *bound, size_t n, uint32_t *positions) {
    size_t n_found = 0, i = 0;
    for (; i + (GROUPS - 1) * LANES < n; i += GROUPS * LANES) {
        n_found = filter (GROUPS, tables, n_columns, transposed + i * n_columns, bound, i, n,
                          positions, n_found);
    }
    if (i < n) {
        n_found = filter (1, tables, n_columns, transposed + i * n_columns, bound, i, n, positions,
                          n_found);
    }
    return n_found;
}

size_t faiss_pq_filter_bytes_avx2 (const uint8_t *tables, size_t n_columns,
                                   const uint8_t *transposed, size_t n, uint32_t limit,
                                   uint32_t *positions) {
    Bound bound = {.of_all = _mm256_set1_epi16 ((short)(limit < 65535 ? limit : 65535))};
    return filter_all (tables, n_columns, transposed, &bound, n, positions);
}

size_t faiss_pq_filter_bytes_with_terms_avx2 (const uint8_t *tables, size_t n_columns,
                                              const uint8_t *transposed, const float *terms,
                                              float slope, float limit, size_t n,
                                              uint32_t *positions) {
    Bound bound = {
        .terms = terms, .slope = _mm256_set1_ps (slope), .limit = _mm256_set1_ps (limit)};
    return filter_all (tables, n_columns, transposed, &bound, n, positions);
}
