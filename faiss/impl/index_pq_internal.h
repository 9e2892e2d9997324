/* What the sources of IndexPQ share. Not for public headers. */
#ifndef FAISS_INDEX_PQ_INTERNAL_H
#define FAISS_INDEX_PQ_INTERNAL_H

#include <faiss/IndexPQ.h>
#include <faiss/impl/pq_scan.h>

/// Slots of the class (IndexPQ_search.c).
FaissStatus faiss_IndexPQ_search_slot (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                       const FaissSearchParameters *params, float *distances,
                                       idx_t *labels);
FaissStatus faiss_IndexPQ_range_search_slot (const FaissIndex *index, idx_t n, const float *x,
                                             float radius, const FaissSearchParameters *params,
                                             FaissRangeSearchResult *result);

#endif
