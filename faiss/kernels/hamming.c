/* Hamming distances: the definition. */
#include <faiss/kernels/kernels.h>

/* The number of bits of a byte. */
static uint32_t count_bits (unsigned byte) {
    byte = byte - (byte >> 1 & 0x55);
    byte = (byte & 0x33) + (byte >> 2 & 0x33);
    return (byte + (byte >> 4)) & 0x0f;
}

size_t faiss_hamming_below_generic (const uint8_t *x, const uint8_t *codes, size_t code_size,
                                    size_t n, uint32_t bound, uint32_t *positions,
                                    uint32_t *distances) {
    size_t n_found = 0;
    for (size_t j = 0; j < n; j++) {
        uint32_t distance = 0;
        for (size_t i = 0; i < code_size; i++) {
            distance += count_bits (x[i] ^ codes[j * code_size + i]);
        }
        if (distance < bound) {
            positions[n_found] = (uint32_t)j;
            distances[n_found++] = distance;
        }
    }
    return n_found;
}
