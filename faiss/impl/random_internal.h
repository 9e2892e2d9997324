/* Random numbers that only the library's own code needs. Not for public headers. */
#ifndef FAISS_RANDOM_INTERNAL_H
#define FAISS_RANDOM_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <faiss/utils/random.h>

/// The first n_prefix entries of faiss_rand_perm (perm, n, seed); the others are in no order.
void faiss_rand_perm_prefix (int *perm, size_t n, size_t n_prefix, int64_t seed);

/// The next 32 bits of the Mersenne twister.
uint32_t faiss_mt32_next (FaissRandomGenerator *self);

/// Uniform in 0 .. n - 1 without bias, for n > 0 (Lemire 2019).
uint32_t faiss_mt32_below (FaissRandomGenerator *self, uint32_t n);

/// The state of a normal distribution: its numbers come in pairs. {0} to begin with.
typedef struct FaissNormal {
    bool has_saved;
    float saved;
} FaissNormal;

/// Mean 0, deviation 1, by Marsaglia's polar method.
float faiss_mt32_normal (FaissRandomGenerator *self, FaissNormal *distribution);

enum { FAISS_MT64_SIZE = 312 };

/// The 64-bit Mersenne twister (Nishimura 2000).
typedef struct FaissMt64 {
    uint64_t state[FAISS_MT64_SIZE];
    unsigned position;
} FaissMt64;

void faiss_mt64_init (FaissMt64 *self, uint64_t seed);
uint64_t faiss_mt64_next (FaissMt64 *self);

/// Uniform in 0 .. n - 1 without bias, for n > 0 (Lemire 2019).
uint64_t faiss_mt64_below (FaissMt64 *self, uint64_t n);

/// Uniform in 0 .. bound, bound excluded.
double faiss_mt64_real (FaissMt64 *self, double bound);

/// The low half of a 128-bit product; *high gets the other one.
static inline uint64_t faiss_multiply_64 (uint64_t a, uint64_t b, uint64_t *high) {
    __extension__ typedef unsigned __int128 Wide;
    Wide product = (Wide)a * b;
    *high = (uint64_t)(product >> 64);
    return (uint64_t)product;
}

#endif
