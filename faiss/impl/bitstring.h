/* Fields of n bits in a stream of bytes: bit i of the stream is bit i % 8 of byte i / 8, a field
 * begins with its lowest bit. Not for public headers.
 */
#ifndef FAISS_BITSTRING_H
#define FAISS_BITSTRING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// Put the low n_bits (0 .. 64) of a value at a position of a stream that is zero there.
static inline void faiss_bitstring_put (uint8_t *code, size_t position, uint64_t value,
                                        size_t n_bits) {
    size_t byte = position >> 3, shift = position & 7;
    for (size_t done = 0; done < n_bits; byte++) {
        size_t step = 8 - shift < n_bits - done ? 8 - shift : n_bits - done;
        uint64_t mask = ((uint64_t)1 << step) - 1;
        code[byte] = (uint8_t)(code[byte] | (value >> done & mask) << shift);
        done += step;
        shift = 0;
    }
}

/// The n_bits (0 .. 64) at a position of a stream.
static inline uint64_t faiss_bitstring_get (const uint8_t *code, size_t position, size_t n_bits) {
    size_t byte = position >> 3, shift = position & 7;
    uint64_t value = 0;
    for (size_t done = 0; done < n_bits; byte++) {
        size_t step = 8 - shift < n_bits - done ? 8 - shift : n_bits - done;
        uint64_t mask = ((uint64_t)1 << step) - 1;
        value |= ((uint64_t)code[byte] >> shift & mask) << done;
        done += step;
        shift = 0;
    }
    return value;
}

/* ---- fields of a code, fast ------------------------------------------------------------------ */

/// The next 8 bytes, the first of them lowest.
static inline uint64_t faiss_bitstring_word (const uint8_t *code) {
    uint64_t word;
    memcpy (&word, code, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64 (word);
#endif
    return word;
}

/// All of a code of 1 .. 8 bytes as a number.
static inline uint64_t faiss_bitstring_short (const uint8_t *code, size_t code_size) {
    if (code_size == 8) {
        return faiss_bitstring_word (code);
    }
    uint64_t word = 0;
    for (size_t i = 0; i < code_size; i++) {
        word |= (uint64_t)code[i] << (8 * i);
    }
    return word;
}

/// Field m of n_bits <= 24 bits in a code of at least 8 bytes; nothing outside of it is read.
static inline uint32_t faiss_bitstring_field (const uint8_t *code, size_t code_size, size_t m,
                                              size_t n_bits) {
    size_t position = m * n_bits, byte = position >> 3;
    byte = byte < code_size - 8 ? byte : code_size - 8;
    return (uint32_t)(faiss_bitstring_word (code + byte) >> (position - 8 * byte)) &
           (((uint32_t)1 << n_bits) - 1);
}

#endif
