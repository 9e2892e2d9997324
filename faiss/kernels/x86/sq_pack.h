/* Streams of numbers of less than 8 bits. Not for public headers. */
#ifndef FAISS_KERNELS_SQ_PACK_H
#define FAISS_KERNELS_SQ_PACK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Eight bytes below 2^bits become a stream of `bits` bytes. */
static inline __attribute__ ((always_inline)) uint64_t pack_8 (const int bits, uint64_t v) {
    const uint64_t bytes = 0x00ff00ff00ff00ff, words = 0x0000ffff0000ffff;
    v = (v & bytes) | (v >> 8 & bytes) << bits;
    v = (v & words) | (v >> 16 & words) << 2 * bits;
    return (v & 0xffffffff) | v >> 32 << 4 * bits;
}

/* n numbers, of which `v` has the first eight, at a place of a code that begins a byte */
static inline __attribute__ ((always_inline)) void put_numbers (const int bits, uint64_t v,
                                                                size_t n, uint8_t *code) {
    uint64_t packed = pack_8 (bits, v);
    if (n >= 8) {
        memcpy (code, &packed, bits < 8 ? (size_t)bits : sizeof packed);
        return;
    }
    for (size_t i = 0; 8 * i < n * (size_t)bits; i++) {
        code[i] = (uint8_t)(packed >> 8 * i);
    }
}

#endif
