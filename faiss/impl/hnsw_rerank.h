/* The second step of searches by codes: the nearest ones by their vectors.
 * Not for public headers. */
#ifndef FAISS_HNSW_RERANK_H
#define FAISS_HNSW_RERANK_H

#include <faiss/impl/hnsw_walk.h>

/// What a walk by codes has found, and the distances of the vectors. Scratch for one query.
typedef struct FaissRerank {
    size_t capacity, n;
    uint32_t *ids, *positions; ///< positions: 0, 1, 2 ...
    float *keys;
    float *distances; ///< with a selector the members come here, a heap by codes
    idx_t *labels;
} FaissRerank;

/// @param capacity  how many are compared, at most
FaissStatus faiss_rerank_open (FaissRerank *self, size_t capacity, bool has_selector);
void faiss_rerank_close (FaissRerank *self);

/// Take the nearest from a walk that is over, and ask for their vectors.
void faiss_rerank_begin (FaissRerank *self, const FaissWalk *walk, const FaissWalkPlan *plan);

/// The k nearest, nearest first.
void faiss_rerank_finish (FaissRerank *self, const FaissWalk *walk, const FaissWalkPlan *plan,
                          size_t k, float *distances, idx_t *labels);

#endif
