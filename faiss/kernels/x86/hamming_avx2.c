/* Hamming distances by the instruction that counts the bits of 64. */
#include <string.h>

#include <faiss/kernels/kernels.h>

static inline uint64_t load_word (const uint8_t *at) {
    uint64_t word;
    memcpy (&word, at, sizeof word);
    return word;
}

static inline uint64_t load_bytes (const uint8_t *at, size_t n) {
    uint64_t word = 0;
    memcpy (&word, at, n);
    return word;
}

/* Codes of n_words words and then n_bytes < 8 bytes, which are read as the upper bytes of a word
 * where there is one. */
static inline __attribute__ ((always_inline)) size_t below (const uint8_t *x, const uint8_t *codes,
                                                            size_t n_words, size_t n_bytes,
                                                            size_t n, uint32_t bound,
                                                            uint32_t *positions,
                                                            uint32_t *distances) {
    const size_t code_size = n_words * 8 + n_bytes, shift = 64 - 8 * n_bytes;
    const uint64_t last = n_bytes == 0  ? 0
                          : n_words > 0 ? load_word (x + code_size - 8)
                                        : load_bytes (x, n_bytes);
    size_t n_found = 0;
    for (size_t j = 0; j < n; j++) {
        const uint8_t *code = codes + j * code_size;
        uint32_t distance = 0;
        for (size_t i = 0; i < n_words; i++) {
            distance +=
                (uint32_t)__builtin_popcountll (load_word (x + i * 8) ^ load_word (code + i * 8));
        }
        if (n_bytes > 0 && n_words > 0) {
            uint64_t word = (last ^ load_word (code + code_size - 8)) >> shift;
            distance += (uint32_t)__builtin_popcountll (word);
        } else if (n_bytes > 0) {
            distance += (uint32_t)__builtin_popcountll (last ^ load_bytes (code, n_bytes));
        }
        positions[n_found] = (uint32_t)j;
        distances[n_found] = distance;
        n_found += distance < bound;
    }
    return n_found;
}

/* One instance per size up to 16 bytes and per number of words up to 8. */
/* clang-format off */
#define FOR_EACH_SIZE(X) \
    X (0, 1) X (0, 2) X (0, 3) X (0, 4) X (0, 5) X (0, 6) X (0, 7) \
    X (1, 0) X (1, 1) X (1, 2) X (1, 3) X (1, 4) X (1, 5) X (1, 6) X (1, 7) \
    X (2, 0) X (3, 0) X (4, 0) X (5, 0) X (6, 0) X (7, 0) X (8, 0)
/* clang-format on */

#define IF_SIZE(n_words, n_bytes)                                                                  \
    case n_words * 8 + n_bytes:                                                                    \
        return below (x, codes, n_words, n_bytes, n, bound, positions, distances);

size_t faiss_hamming_below_avx2 (const uint8_t *x, const uint8_t *codes, size_t code_size, size_t n,
                                 uint32_t bound, uint32_t *positions, uint32_t *distances) {
    switch (code_size) {
        FOR_EACH_SIZE (IF_SIZE)
    default:
        return below (x, codes, code_size / 8, code_size % 8, n, bound, positions, distances);
    }
}
