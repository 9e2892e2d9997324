/* Filter codes: rows of floats once more in a quarter of the space, for exact searches.
 * Not for public headers.
 *
 * A code says how near to a query its row can be at best. A search that has k rows already needs
 * the floats of a row only if that is nearer than the k-th; the others are read as codes, that is,
 * a quarter of the bytes. Results are those of the floats, to the bit: a bound is never too strict,
 * whatever the numbers (and a row with NaN or infinite components always passes).
 *
 *     FaissFilterQuery query;
 *     if (faiss_filter_query_init (&query, is_similarity, d, x, components)) {
 *         float bound = faiss_filter_bound (&query, is_similarity, threshold);
 *         n_found = faiss_kernels.filter_find_ip (&query, rows, NULL, n, bound, positions);
 */
#ifndef FAISS_FILTER_CODES_H
#define FAISS_FILTER_CODES_H

#include <stdbool.h>

#include <faiss/impl/error.h>
#include <faiss/kernels/filter_codes.h>

typedef struct FaissFilterCodes {
    size_t d;
    size_t stride;   ///< bytes from row to row
    size_t n_rows;   ///< that have codes; the first ones of those of the index
    size_t capacity; ///< rows
    uint8_t *rows;
} FaissFilterCodes;

/// Are codes for vectors of d components much smaller than the vectors, and not too long to count?
bool faiss_filter_codes_suit (size_t d);

/// Without rows, with room for `capacity`. The memory is not touched before it is used.
FaissStatus faiss_FilterCodes_init (FaissFilterCodes *self, size_t d, size_t capacity);

/// More room.
FaissStatus faiss_FilterCodes_reserve (FaissFilterCodes *self, size_t capacity);

/** Append the codes of n rows, for which there is room; y[0] is row n_rows.
 *
 * The loop is parallel. n_rows is set last, with release order: who reads it with acquire order may
 * use so many rows meanwhile.
 */
void faiss_FilterCodes_append (FaissFilterCodes *self, size_t n, const float *y);

/// Do the floats of a row still have the code that is kept? @param buffer  size stride
bool faiss_FilterCodes_holds (const FaissFilterCodes *self, size_t row, const float *y,
                              uint8_t *buffer);

void faiss_FilterCodes_clear (FaissFilterCodes *self);

/// How many components a query needs, of which `components` below is an array, 64-byte aligned.
size_t faiss_filter_query_size (size_t d);

/** Prepare a query; false if its numbers are so large, so small or so odd that codes do not help.
 *
 * @param components  scratch that the query keeps a pointer to
 */
bool faiss_filter_query_init (FaissFilterQuery *self, bool is_similarity, size_t d, const float *x,
                              int16_t *components);

/// The bound for the kernels that belongs to a threshold: rows wanted have similarity > threshold,
/// or squared distance < threshold, as the float kernels compute them.
float faiss_filter_bound (const FaissFilterQuery *self, bool is_similarity, float threshold);

/** Prepare comparisons of rows with rows that are kept, by codes; false if d is too large.
 *
 * Whether a row is nearer to another one than a threshold is often clear from their codes:
 *
 *     faiss_filter_pair_set (&pair, is_similarity, code, threshold);
 *     n = faiss_kernels.filter_pairs_ip (&pair, &kept, positions);
 *     if n is FAISS_FILTER_CERTAIN, one of those kept is; else the floats of n have to be compared
 *     faiss_filter_kept_add (&kept, code);
 */
bool faiss_filter_pair_init (FaissFilterPair *self, size_t d);

/// The next row. Wanted are others with similarity > threshold, or squared distance < threshold, as
/// the float kernels compute them.
void faiss_filter_pair_set (FaissFilterPair *self, bool is_similarity, const uint8_t *row,
                            float threshold);

/// No rows, with room for `capacity` of them.
FaissStatus faiss_filter_kept_init (FaissFilterKept *self, size_t d, size_t capacity);

/// One more row; there is room for it.
void faiss_filter_kept_add (FaissFilterKept *self, const uint8_t *row);

void faiss_filter_kept_free (FaissFilterKept *self);

#endif
