/* The kernel pq_swap_cost, compiled once per level: a Hamming distance is that of the low four bits
 * plus that of the others, and the former are always the same 16. Not for public headers. */
#include <stddef.h>
#include <stdint.h>

enum { SWAP_LANES = 16 };

/* How many bits differ between x and y, less between 0 and y: for a and b as the kernel wants it.
 */
static inline double swap_bits (uint32_t x, uint32_t y) {
    uint32_t v = x ^ y;
    v = v - (v >> 1 & 0x55555555u);
    v = (v & 0x33333333u) + (v >> 2 & 0x33333333u);
    return (double)(((v + (v >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24);
}

/* Of the low bits of a and b to each of 16 numbers: difference and sum of the above. */
static inline void swap_low_bits (uint32_t a, uint32_t b, double differences[SWAP_LANES],
                                  double totals[SWAP_LANES]) {
    for (uint32_t i = 0; i < SWAP_LANES; i++) {
        double to_a = swap_bits (a & 15, i), to_b = swap_bits (b & 15, i);
        differences[i] = to_a - to_b;
        totals[i] = to_a + to_b;
    }
}

static inline double swap_cost (const double *restrict u1, const double *restrict u2,
                                const double *restrict w1, const double *restrict w2, size_t n,
                                uint32_t a, uint32_t b) {
    double differences[SWAP_LANES], totals[SWAP_LANES], sums[SWAP_LANES] = {0};
    swap_low_bits (a, b, differences, totals);
    for (size_t first = 0; first < n; first += SWAP_LANES) {
        double to_a = swap_bits (a & ~15u, (uint32_t)first);
        double to_b = swap_bits (b & ~15u, (uint32_t)first);
        double difference = to_a - to_b, total = to_a + to_b;
        if (n < SWAP_LANES) {
            for (size_t i = 0; i < n; i++) {
                sums[i] += differences[i] * ((u1[i] - u2[i]) - totals[i] * (w1[i] - w2[i]));
            }
            break;
        }
        for (size_t i = 0; i < SWAP_LANES; i++) {
            size_t c = first + i;
            sums[i] += (differences[i] + difference) *
                       ((u1[c] - u2[c]) - (totals[i] + total) * (w1[c] - w2[c]));
        }
    }
    double sum = 0;
    for (size_t i = 0; i < SWAP_LANES; i++) {
        sum += sums[i];
    }
    return sum;
}
