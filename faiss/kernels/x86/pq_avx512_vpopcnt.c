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

/* Note which of 64 sums are within the limit. low: words of the even codes' sums, plus 256 times
 * the odd ones; high: the odd ones. */
static inline size_t note (__m512i low, __m512i high, __m512i limit, size_t first, size_t n,
                           uint32_t *positions, size_t n_found) {
    low = _mm512_sub_epi16 (low, _mm512_slli_epi16 (high, 8));
    __mmask32 even = _mm512_cmple_epu16_mask (low, limit);
    __mmask32 odd = _mm512_cmple_epu16_mask (high, limit);
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
                             const uint8_t *transposed, __m512i limit, size_t first, size_t n,
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
        n_found = note (low[g], high[g], limit, first + (size_t)g * LANES, n, positions, n_found);
    }
    return n_found;
}

size_t faiss_pq_filter_bytes_avx512_vpopcnt (const uint8_t *tables, size_t n_columns,
                                             const uint8_t *transposed, size_t n, uint32_t limit,
                                             uint32_t *positions) {
    __m512i limits = _mm512_set1_epi16 ((short)(limit < 65535 ? limit : 65535));
    const size_t group_size = n_columns * LANES;
    size_t n_found = 0, i = 0;
    for (; i + (GROUPS - 1) * LANES < n; i += GROUPS * LANES) {
        n_found = filter (GROUPS, tables, n_columns, transposed + i / LANES * group_size, limits, i,
                          n, positions, n_found);
    }
    for (; i < n; i += LANES) {
        n_found = filter (1, tables, n_columns, transposed + i / LANES * group_size, limits, i, n,
                          positions, n_found);
    }
    return n_found;
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
