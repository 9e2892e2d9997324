/* Binary vectors: bits from signs, and exhaustive search by the number of bits that differ. */
#ifndef FAISS_HAMMING_H
#define FAISS_HAMMING_H

#include <faiss/impl/IDSelector.h>

FAISS_BEGIN_DECLS

/** One bit per component: is it >= 0? Component j is bit j % 8 of byte j / 8.
 *
 * @param b  output, size (d + 7) / 8; bits behind the last component are 0
 */
void faiss_fvec2bitvec (const float *x, uint8_t *b, size_t d);

/// The same for n vectors; a code begins with a byte. @param b  output, size n * ((d + 7) / 8)
void faiss_fvecs2bitvecs (const float *x, uint8_t *b, size_t d, size_t n);

/// Back: 1 where the bit is set, else -1. @param x  output, size n * d
void faiss_bitvecs2fvecs (const uint8_t *b, float *x, size_t d, size_t n);

/** The k codes nearest to each query in Hamming distance; of equal ones those with smaller ids.
 *
 * @param x          queries, size nx * code_size
 * @param y          codes, size ny * code_size
 * @param sel        take only these positions, or NULL
 * @param distances  output, size nx * k, ascending
 * @param labels     output, size nx * k, -1 where fewer than k were found, at INT32_MAX
 */
FaissStatus faiss_knn_hamming (const uint8_t *x, const uint8_t *y, size_t nx, size_t ny,
                               size_t code_size, size_t k, const FaissIDSelector *sel,
                               float *distances, idx_t *labels);

FAISS_END_DECLS

#endif
