/* Range searches in parallel. Not for public headers. */
#ifndef FAISS_RANGE_SEARCH_H
#define FAISS_RANGE_SEARCH_H

#include <faiss/impl/AuxIndexStructures.h>

/// Search units begin .. end - 1 (queries, or parts of queries) and put what is found into partial.
typedef FaissStatus (*FaissRangeSearchShare) (void *context, size_t begin, size_t end,
                                              FaissRangeSearchPartialResult *partial);

/** Divide n units among threads and put their partial results together.
 *
 * Each thread takes one contiguous share, so that the results are in the order of one thread.
 */
FaissStatus faiss_range_search_in_shares (FaissRangeSearchResult *result, size_t n,
                                          FaissRangeSearchShare search, void *context);

#endif
