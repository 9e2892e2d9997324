/* (query, list) pairs of a search, sorted by list. Not for public headers. */
#ifndef FAISS_IVF_PAIRS_H
#define FAISS_IVF_PAIRS_H

#include <faiss/MetricType.h>

/// A pair is known by its number, query * nprobe + rank.
typedef struct FaissIVFPairs {
    uint32_t *starts; ///< by list: where its pairs begin in `order`, size nlist + 1
    uint32_t *order;  ///< pairs
} FaissIVFPairs;

/// {0} is empty. @param n_pairs  that are sorted at a time, at most
FaissStatus faiss_ivf_pairs_init (FaissIVFPairs *self, size_t nlist, size_t n_pairs);
void faiss_ivf_pairs_clear (FaissIVFPairs *self);

/** Sort the pairs of some queries by list, those of a list by number.
 *
 * @param keys                  lists, size n * nprobe; -1: none
 * @param first_rank, end_rank  of a query's pairs only these
 * @param divisor               `order` gets the numbers divided by it: 1, or nprobe for queries
 */
void faiss_ivf_pairs_sort (FaissIVFPairs *self, size_t nlist, const idx_t *keys, size_t n,
                           size_t nprobe, size_t first_rank, size_t end_rank, size_t divisor);

#endif
