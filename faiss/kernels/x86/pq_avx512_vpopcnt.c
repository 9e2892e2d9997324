/* Product quantizer codes: 64 look-ups in tables of 256 bytes at a time. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

enum { ENTRIES = 256, LANES = 64, GROUPS = 4 };

/* Bit i of `even` to bit 2 i, bit i of `odd` to bit 2 i + 1. */
static uint64_t interleave (uint32_t even, uint32_t odd) {
    uint64_t result = 0;
    for (uint32_t left = even; left; left &= left - 1) {
        result |= (uint64_t)1 << (2 * __builtin_ctz (left));
    }
    for (uint32_t left = odd; left; left &= left - 1) {
        result |= (uint64_t)2 << (2 * __builtin_ctz (left));
    }
    return result;
}

/* Words: the limits of the even and of the odd of 64 codes. */
typedef struct Limits {
    __m512i even, odd;
} Limits;

/* What the codes may have: the same for all, or (terms not NULL) limit - slope * term for each. */
typedef struct Bound {
    Limits of_all;
    const float *terms;
    __m512 slope, limit;
} Bound;

/* Where two registers of packed words have the even codes, and where the odd ones. */
static const uint16_t even_words[32] = {0,  2,  8,  10, 16, 18, 24, 26, 4,  6,  12,
                                        14, 20, 22, 28, 30, 32, 34, 40, 42, 48, 50,
                                        56, 58, 36, 38, 44, 46, 52, 54, 60, 62};
static const uint16_t odd_words[32] = {1,  3,  9,  11, 17, 19, 25, 27, 5,  7,  13,
                                       15, 21, 23, 29, 31, 33, 35, 41, 43, 49, 51,
                                       57, 59, 37, 39, 45, 47, 53, 55, 61, 63};

/* Whole numbers for 16 of at most n terms. */
static inline __m512i whole_limits (const Bound *bound, size_t first, size_t n) {
    size_t left = first < n ? n - first : 0;
    __mmask16 there = (__mmask16)(left < 16 ? (1u << left) - 1 : 0xffff);
    __m512 terms = _mm512_maskz_loadu_ps (there, bound->terms + (left ? first : 0));
    __m512 limits = _mm512_fnmadd_ps (bound->slope, terms, bound->limit);
    return _mm512_cvttps_epi32 (_mm512_min_ps (limits, _mm512_set1_ps (65535)));
}

/* The limits of the 64 codes from `first` on. */
static inline Limits limits_at (const Bound *bound, size_t first, size_t n) {
    if (!bound->terms) {
        return bound->of_all;
    }
    __m512i a =
        _mm512_packus_epi32 (whole_limits (bound, first, n), whole_limits (bound, first + 16, n));
    __m512i b = _mm512_packus_epi32 (whole_limits (bound, first + 32, n),
                                     whole_limits (bound, first + 48, n));
    return (Limits){_mm512_permutex2var_epi16 (a, _mm512_loadu_si512 (even_words), b),
                    _mm512_permutex2var_epi16 (a, _mm512_loadu_si512 (odd_words), b)};
}

/* Note which of 64 sums are within the limit. low: words of the even codes' sums, plus 256 times
 * the odd ones; high: the odd ones. */
static inline size_t note (__m512i low, __m512i high, Limits limits, size_t first, size_t n,
                           uint32_t *positions, size_t n_found) {
    low = _mm512_sub_epi16 (low, _mm512_slli_epi16 (high, 8));
    __mmask32 even = _mm512_cmple_epu16_mask (low, limits.even);
    __mmask32 odd = _mm512_cmple_epu16_mask (high, limits.odd);
    if (_kortestz_mask32_u8 (even, odd)) {
        return n_found;
    }
    for (uint64_t left = interleave (even, odd); left; left &= left - 1) {
        size_t i = first + (size_t)__builtin_ctzll (left);
        if (i < n) {
            positions[n_found++] = (uint32_t)i;
        }
    }
    return n_found;
}

/* n_groups groups of 64 codes together: a table is loaded once for all. */
ALWAYS_INLINE size_t filter (const int n_groups, const uint8_t *tables, size_t n_columns,
                             const uint8_t *transposed, const Bound *bound, size_t first, size_t n,
                             uint32_t *positions, size_t n_found) {
    __m512i low[GROUPS], high[GROUPS];
    FAISS_UNROLL
    for (int g = 0; g < n_groups; g++) {
        low[g] = high[g] = _mm512_setzero_si512 ();
    }
    const size_t group_size = n_columns * LANES;
    for (size_t c = 0; c < n_columns; c++) {
        const uint8_t *table = tables + c * ENTRIES;
        __m512i table0 = _mm512_load_si512 (table), table1 = _mm512_load_si512 (table + 64);
        __m512i table2 = _mm512_load_si512 (table + 128), table3 = _mm512_load_si512 (table + 192);
        FAISS_UNROLL
        for (int g = 0; g < n_groups; g++) {
            __m512i codes = _mm512_load_si512 (transposed + (size_t)g * group_size + c * LANES);
            __m512i lower = _mm512_permutex2var_epi8 (table0, codes, table1);
            __m512i upper = _mm512_permutex2var_epi8 (table2, codes, table3);
            __m512i found = _mm512_mask_mov_epi8 (lower, _mm512_movepi8_mask (codes), upper);
            low[g] = _mm512_add_epi16 (low[g], found);
            high[g] = _mm512_add_epi16 (high[g], _mm512_srli_epi16 (found, 8));
        }
    }
    FAISS_UNROLL
    for (int g = 0; g < n_groups; g++) {
        size_t at = first + (size_t)g * LANES;
        n_found = note (low[g], high[g], limits_at (bound, at, n), at, n, positions, n_found);
    }
    return n_found;
}

ALWAYS_INLINE size_t filter_all (const uint8_t *tables, size_t n_columns, const uint8_t *transposed,
                                 const Bound *bound, size_t n, uint32_t *positions) {
    const size_t group_size = n_columns * LANES;
    size_t n_found = 0, i = 0;
    for (; i + (GROUPS - 1) * LANES < n; i += GROUPS * LANES) {
        n_found = filter (GROUPS, tables, n_columns, transposed + i / LANES * group_size, bound, i,
                          n, positions, n_found);
    }
    for (; i < n; i += LANES) {
        n_found = filter (1, tables, n_columns, transposed + i / LANES * group_size, bound, i, n,
                          positions, n_found);
    }
    return n_found;
}

size_t faiss_pq_filter_bytes_avx512_vpopcnt (const uint8_t *tables, size_t n_columns,
                                             const uint8_t *transposed, size_t n, uint32_t limit,
                                             uint32_t *positions) {
    __m512i limits = _mm512_set1_epi16 ((short)(limit < 65535 ? limit : 65535));
    Bound bound = {.of_all = {limits, limits}};
    return filter_all (tables, n_columns, transposed, &bound, n, positions);
}

size_t faiss_pq_filter_bytes_with_terms_avx512_vpopcnt (const uint8_t *tables, size_t n_columns,
                                                        const uint8_t *transposed,
                                                        const float *terms, float slope,
                                                        float limit, size_t n,
                                                        uint32_t *positions) {
    Bound bound = {
        .terms = terms, .slope = _mm512_set1_ps (slope), .limit = _mm512_set1_ps (limit)};
    return filter_all (tables, n_columns, transposed, &bound, n, positions);
}

/* ---- unpacking ------------------------------------------------------------------------------- */

static inline __mmask64 first_bytes (size_t n) {
    return n >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << n) - 1;
}

/* Eight numbers are n_bits bytes: they go to one word, whose bits are then shifted to bytes. */
void faiss_pq_unpack_avx512_vpopcnt (const uint8_t *codes, size_t code_size, size_t M,
                                     size_t n_bits, const uint32_t *positions, size_t n,
                                     uint8_t *out) {
    uint8_t from[64], shifts[64];
    for (size_t i = 0; i < 64; i++) {
        from[i] = (uint8_t)(i / 8 * n_bits + i % 8);
        shifts[i] = (uint8_t)(i % 8 * n_bits);
    }
    const __m512i bytes = _mm512_loadu_si512 (from), bits = _mm512_loadu_si512 (shifts);
    const __m512i mask = _mm512_set1_epi8 ((char)((1u << n_bits) - 1));
    for (size_t i = 0; i < n; i++, out += M) {
        const uint8_t *code = codes + (positions ? positions[i] : i) * code_size;
        for (size_t m = 0; m < M; m += 64) {
            size_t at = m / 8 * n_bits;
            __m512i packed = _mm512_maskz_loadu_epi8 (first_bytes (code_size - at), code + at);
            __m512i words = _mm512_permutexvar_epi8 (bytes, packed);
            __m512i numbers = _mm512_and_si512 (_mm512_multishift_epi64_epi8 (bits, words), mask);
            _mm512_mask_storeu_epi8 (out + m, first_bytes (M - m), numbers);
        }
    }
}
