/* Random numbers: the same seed gives the same numbers on every machine and with any threads. */
#ifndef FAISS_RANDOM_H
#define FAISS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include <faiss/impl/error.h>

FAISS_BEGIN_DECLS

/// The 32-bit Mersenne twister (Matsumoto, Nishimura 1998), and numbers made from it.
typedef struct FaissRandomGenerator {
    FAISS_PRIVATE (uint32_t state[624]; unsigned position;)
} FaissRandomGenerator;

FaissStatus faiss_RandomGenerator_new (FaissRandomGenerator **out,
                                       int64_t seed FAISS_DEFAULT (1234));
void faiss_RandomGenerator_free (FaissRandomGenerator *self);

/// Start the sequence of a seed, of which the low 32 bits count.
void faiss_RandomGenerator_init (FaissRandomGenerator *self, int64_t seed);

int faiss_RandomGenerator_rand_int (FaissRandomGenerator *self);       ///< 31 bits
int64_t faiss_RandomGenerator_rand_int64 (FaissRandomGenerator *self); ///< 62 bits
/// 0 .. max - 1, for max > 0.
int faiss_RandomGenerator_rand_int_max (FaissRandomGenerator *self, int max);
float faiss_RandomGenerator_rand_float (FaissRandomGenerator *self);   ///< 0 .. 1, both included
double faiss_RandomGenerator_rand_double (FaissRandomGenerator *self); ///< 0 .. 1, both included

/// SplitMix64 (Steele, Lea, Flood 2014): 8 bytes of state.
typedef struct FaissSplitMix64RandomGenerator {
    uint64_t state;
} FaissSplitMix64RandomGenerator;

FaissStatus faiss_SplitMix64RandomGenerator_new (FaissSplitMix64RandomGenerator **out,
                                                 int64_t seed FAISS_DEFAULT (1234));
void faiss_SplitMix64RandomGenerator_free (FaissSplitMix64RandomGenerator *self);
/// Start the sequence of a seed.
void faiss_SplitMix64RandomGenerator_init (FaissSplitMix64RandomGenerator *self, int64_t seed);

/// 64 bits.
uint64_t faiss_SplitMix64RandomGenerator_next (FaissSplitMix64RandomGenerator *self);
/// 31 bits; rand_int64: 63 bits.
int faiss_SplitMix64RandomGenerator_rand_int (FaissSplitMix64RandomGenerator *self);
int64_t faiss_SplitMix64RandomGenerator_rand_int64 (FaissSplitMix64RandomGenerator *self);
/// 0 .. max - 1, for max > 0.
int faiss_SplitMix64RandomGenerator_rand_int_max (FaissSplitMix64RandomGenerator *self, int max);
float faiss_SplitMix64RandomGenerator_rand_float (FaissSplitMix64RandomGenerator *self);
double faiss_SplitMix64RandomGenerator_rand_double (FaissSplitMix64RandomGenerator *self);

/* Arrays of n numbers, filled in parallel. */

void faiss_float_rand (float *x, size_t n, int64_t seed);   ///< uniform in 0 .. 1
void faiss_float_randn (float *x, size_t n, int64_t seed);  ///< normal, mean 0, deviation 1
void faiss_int64_rand (int64_t *x, size_t n, int64_t seed); ///< 62 bits
/// 0 .. max - 1, for max > 0.
void faiss_int64_rand_max (int64_t *x, size_t n, uint64_t max, int64_t seed);
/// 8 bits.
void faiss_byte_rand (uint8_t *x, size_t n, int64_t seed);

/** The same; they fail if the caller asks for the end meanwhile (faiss_set_interrupt_callback),
 * with x half filled.
 *
 * @param max  numbers are below it; 0 for 62 bits
 */
FaissStatus faiss_float_rand_or_end (float *x, size_t n, int64_t seed);
FaissStatus faiss_float_randn_or_end (float *x, size_t n, int64_t seed);
FaissStatus faiss_int64_rand_or_end (int64_t *x, size_t n, uint64_t max, int64_t seed);

/// A random order of 0 .. n - 1, for n < 2^31.
void faiss_rand_perm (int *perm, size_t n, int64_t seed);
void faiss_rand_perm_splitmix64 (int *perm, size_t n, int64_t seed);

/** Vectors on a smooth surface of 10 dimensions: a test set that is neither clustered nor uniform.
 *
 * @param x  output, size n * d
 */
FaissStatus faiss_rand_smooth_vectors (size_t n, size_t d, float *x, int64_t seed);

FAISS_END_DECLS

#endif
