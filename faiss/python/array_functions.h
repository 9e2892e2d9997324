/* Loops over arrays for functions of the Python module that the library has no use for.
 * Not for public headers. */
#ifndef FAISS_PYTHON_ARRAY_FUNCTIONS_H
#define FAISS_PYTHON_ARRAY_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The k best of each row of values, n x m, and their columns: D and I, n x k. NaN are never among
/// them.
void faiss_rows_k_best (bool is_similarity, size_t n, size_t m, const float *values, size_t k,
                        float *D, int64_t *I);

/** Merge new results, n x m in any order, into sorted ones, n x k.
 *
 * Missing ones (id < 0) come last; of equal ones those that are there already come first, then the
 * new ones in their order. */
void faiss_rows_merge (bool is_similarity, size_t n, size_t k, float *D, int64_t *I, size_t m,
                       const float *new_D, const int64_t *new_I);

/** How many labels >= 0 each pair of rows has in common, without repetitions, summed.
 *
 * @param table  size 2 * n_slots, a power of two of at least 2 * k1
 */
size_t faiss_rows_common (size_t n, size_t k1, const int64_t *I1, size_t k2, const int64_t *I2,
                          size_t n_slots, int64_t *table);

/** Count the values in lims[1 + value], lims[0 .. n_buckets] counting up from 0.
 *
 * Returns false if there are values out of 0 .. n_buckets - 1. */
bool faiss_bucket_count (size_t n, const int64_t *values, size_t n_buckets, int64_t *lims);

/// From the counts to where each value begins.
void faiss_bucket_begin (size_t n_buckets, int64_t *lims);

/// i / divisor of the values begin .. end - 1 goes to positions[lims[value]], which moves on.
void faiss_bucket_place (size_t begin, size_t end, const int64_t *values, size_t divisor,
                         int64_t *lims, int64_t *positions);

/// Each value begins where, after all were placed, the one before has ended.
void faiss_bucket_end (size_t n_buckets, int64_t *lims);

/// Numbers, n x m, of widths[j] bits, to rows of code_size bytes, lowest bit first.
void faiss_rows_pack (size_t n, size_t m, const int32_t *numbers, const int32_t *widths,
                      uint8_t *codes, size_t code_size);

/// Back.
void faiss_rows_unpack (size_t n, size_t m, const uint8_t *codes, size_t code_size,
                        const int32_t *widths, int32_t *numbers);

#ifdef __cplusplus
}
#endif

#endif
