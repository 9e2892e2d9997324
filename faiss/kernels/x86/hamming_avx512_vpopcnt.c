/* Hamming distances of eight codes at a time, by the instruction that counts bits in a register. */
#include <immintrin.h>

#include <faiss/kernels/kernels.h>
#include <faiss/kernels/unroll.h>

/* How codes lie in registers: each gets 1, 2, 4 or 8 of the 8 words. */
typedef struct Layout {
    size_t code_size;
    __m512i permutation; /* the bytes of the codes in a row, to their words */
    __mmask64 used;      /* the bytes of words that belong to codes */
    __m512i x;           /* the query, once per code */
} Layout;

static inline __mmask64 first_bytes (size_t n) {
    return n >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << n) - 1;
}

static Layout make_layout (const uint8_t *x, size_t code_size, size_t n_words) {
    uint8_t from[64] = {0}, query[64] = {0};
    Layout self = {.code_size = code_size};
    for (size_t i = 0; i < 64; i++) {
        size_t code = i / (n_words * 8), byte = i % (n_words * 8);
        if (byte < code_size) {
            from[i] = (uint8_t)(code * code_size + byte);
            query[i] = x[byte];
            self.used |= (__mmask64)1 << i;
        }
    }
    self.permutation = _mm512_loadu_si512 (from);
    self.x = _mm512_loadu_si512 (query);
    return self;
}

/* The bits in which the next 8 / n_words codes differ from the query, by word. */
static inline __attribute__ ((always_inline)) __m512i count_words (const Layout *self,
                                                                   const uint8_t *codes,
                                                                   __mmask64 there,
                                                                   size_t n_words) {
    __m512i bytes = _mm512_maskz_loadu_epi8 (there, codes);
    if (self->code_size != n_words * 8) {
        bytes = _mm512_maskz_permutexvar_epi8 (self->used, self->permutation, bytes);
    }
    return _mm512_popcnt_epi64 (_mm512_xor_si512 (bytes, self->x));
}

/* Neighbouring words of two registers, added: those of a and of b in turn, by lane. */
static inline __m512i add_pairs (__m512i a, __m512i b) {
    return _mm512_add_epi64 (_mm512_unpacklo_epi64 (a, b), _mm512_unpackhi_epi64 (a, b));
}

/* Neighbouring lanes of two registers, added: lanes a0+a1, a2+a3, b0+b1, b2+b3. */
static inline __m512i add_lanes (__m512i a, __m512i b) {
    return _mm512_add_epi64 (_mm512_shuffle_i64x2 (a, b, 0x88), _mm512_shuffle_i64x2 (a, b, 0xdd));
}

/* The sums of eight codes, in their order. */
static inline __attribute__ ((always_inline)) __m512i add_words (const __m512i *words,
                                                                 size_t n_words) {
    const __m512i turn = _mm512_setr_epi64 (0, 2, 4, 6, 1, 3, 5, 7);
    if (n_words == 1) {
        return words[0];
    }
    if (n_words == 2) { /* a0 b0 a1 b1 a2 b2 a3 b3 */
        return _mm512_permutexvar_epi64 (turn, add_pairs (words[0], words[1]));
    }
    if (n_words == 4) { /* two codes per register: a0 b0 a1 b1 c0 d0 c1 d1 */
        __m512i sum = add_lanes (add_pairs (words[0], words[1]), add_pairs (words[2], words[3]));
        const __m512i order = _mm512_setr_epi64 (0, 2, 1, 3, 4, 6, 5, 7);
        return _mm512_permutexvar_epi64 (order, sum);
    }
    __m512i ab = add_pairs (words[0], words[1]), cd = add_pairs (words[2], words[3]);
    __m512i ef = add_pairs (words[4], words[5]), gh = add_pairs (words[6], words[7]);
    return add_lanes (add_lanes (ab, cd), add_lanes (ef, gh));
}

static inline __attribute__ ((always_inline)) size_t note (__m512i sums, size_t first, size_t n,
                                                           uint32_t bound, size_t n_found,
                                                           uint32_t *positions,
                                                           uint32_t *distances) {
    __mmask8 found = _mm512_cmplt_epu64_mask (sums, _mm512_set1_epi64 ((int64_t)bound));
    found &= (__mmask8)first_bytes (n);
    if (found) {
        uint32_t values[8];
        _mm256_storeu_si256 ((__m256i_u *)values, _mm512_cvtepi64_epi32 (sums));
        for (unsigned left = found; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctz (left);
            positions[n_found] = (uint32_t)(first + i);
            distances[n_found++] = values[i];
        }
    }
    return n_found;
}

static inline __attribute__ ((always_inline)) size_t below (const uint8_t *x, const uint8_t *codes,
                                                            size_t code_size, size_t n_words,
                                                            size_t n, uint32_t bound,
                                                            uint32_t *positions,
                                                            uint32_t *distances) {
    const Layout layout = make_layout (x, code_size, n_words);
    const size_t step = 8 / n_words * code_size; /* bytes per register */
    const __mmask64 all = first_bytes (step);
    size_t n_found = 0, j = 0;
    __m512i words[8];
    for (; j + 8 <= n; j += 8) {
        FAISS_UNROLL
        for (size_t r = 0; r < n_words; r++) {
            words[r] = count_words (&layout, codes + j * code_size + r * step, all, n_words);
        }
        n_found = note (add_words (words, n_words), j, 8, bound, n_found, positions, distances);
    }
    if (j < n) {
        size_t left = (n - j) * code_size;
        for (size_t r = 0; r < n_words; r++, left -= left < step ? left : step) {
            __mmask64 there = first_bytes (left < step ? left : step);
            words[r] = count_words (&layout, codes + n * code_size - left, there, n_words);
        }
        n_found = note (add_words (words, n_words), j, n - j, bound, n_found, positions, distances);
    }
    return n_found;
}

/* Codes of more than 64 bytes. */
static size_t below_long (const uint8_t *x, const uint8_t *codes, size_t code_size, size_t n,
                          uint32_t bound, uint32_t *positions, uint32_t *distances) {
    const size_t n_whole = code_size / 64 * 64;
    const __mmask64 used = first_bytes (code_size - n_whole);
    const __m512i x_end = _mm512_maskz_loadu_epi8 (used, x + n_whole);
    size_t n_found = 0;
    for (size_t j = 0; j < n; j += 8) {
        __m512i words[8];
        for (size_t r = 0; r < 8; r++) {
            const uint8_t *code = codes + (j + r < n ? j + r : j) * code_size;
            __m512i end = _mm512_maskz_loadu_epi8 (used, code + n_whole);
            words[r] = _mm512_popcnt_epi64 (_mm512_xor_si512 (end, x_end));
            for (size_t i = 0; i < n_whole; i += 64) {
                __m512i differ =
                    _mm512_xor_si512 (_mm512_loadu_si512 (code + i), _mm512_loadu_si512 (x + i));
                words[r] = _mm512_add_epi64 (words[r], _mm512_popcnt_epi64 (differ));
            }
        }
        n_found = note (add_words (words, 8), j, n - j, bound, n_found, positions, distances);
    }
    return n_found;
}

size_t faiss_hamming_below_avx512_vpopcnt (const uint8_t *x, const uint8_t *codes, size_t code_size,
                                           size_t n, uint32_t bound, uint32_t *positions,
                                           uint32_t *distances) {
    if (code_size <= 8) {
        return below (x, codes, code_size, 1, n, bound, positions, distances);
    }
    if (code_size <= 16) {
        return below (x, codes, code_size, 2, n, bound, positions, distances);
    }
    if (code_size <= 32) {
        return below (x, codes, code_size, 4, n, bound, positions, distances);
    }
    if (code_size <= 64) {
        return below (x, codes, code_size, 8, n, bound, positions, distances);
    }
    return below_long (x, codes, code_size, n, bound, positions, distances);
}
