/* Searches with a pool of candidates over plain vectors by inner product or L2: the fast way.
 * Not for public headers. */
#ifndef FAISS_POOL_FLAT_H
#define FAISS_POOL_FLAT_H

#include <faiss/impl/hnsw_flat.h>
#include <faiss/impl/pool_search.h>

#define FAISS_POOL_TAKEN 0x80000000u /* set in the id of a candidate that was followed */

static inline bool faiss_pool_is_taken (FaissGraphNode node) {
    return (uint32_t)node.id & FAISS_POOL_TAKEN;
}

/// Position of a key among candidates: behind those that are as near.
static inline size_t faiss_pool_place (const FaissGraphNode *candidates, size_t n, float key) {
    const FaissGraphNode *at = candidates;
    while (n > 1) {
        size_t half = n / 2;
        at += at[half - 1].key <= key ? half : 0;
        n -= half;
    }
    return (size_t)(at - candidates) + (n == 1 && at->key <= key);
}

/// Is a node among those that are as near, which end before `at`?
static inline bool faiss_pool_has (const FaissGraphNode *candidates, size_t at, float key,
                                   int32_t id) {
    for (; at > 0 && candidates[at - 1].key == key; at--) {
        if (((uint32_t)candidates[at - 1].id & ~FAISS_POOL_TAKEN) == (uint32_t)id) {
            return true;
        }
    }
    return false;
}

/// The first k of a pool as results.
void faiss_pool_write_results (const FaissGraphNode *candidates, size_t pool, bool is_similarity,
                               size_t k, float *distances, idx_t *labels);

/// As faiss_pool_search_all, for what faiss_flat_vectors_open takes.
FaissStatus faiss_pool_search_flat (const FaissPoolPlan *plan, const FaissIndex *storage, size_t n,
                                    const float *x, size_t k, float *distances, idx_t *labels);

/** Looks for the links of nodes; for one thread. */
typedef struct FaissPoolFinder {
    FaissFlatVectors v;
    const FaissPoolPlan *plan;
    size_t capacity;       ///< so many are wanted, at least the pool
    FaissGraphNode *nodes; ///< the nearest ones that were met
    size_t size;
    FaissVisited visited;
    uint32_t *fresh, *positions;
    float *keys;
    FaissFilterQuery filter;
    int16_t *components;
    bool is_filtering;
} FaissPoolFinder;

FaissStatus faiss_pool_finder_init (FaissPoolFinder *self, const FaissPoolPlan *plan,
                                    const FaissFlatVectors *v, size_t capacity);
void faiss_pool_finder_free (FaissPoolFinder *self);

/** As faiss_pool_search, which would have met the nodes, sorted.
 *
 * False if equal distances were met: then the order is not known.
 */
bool faiss_pool_finder_find (FaissPoolFinder *self, const float *x);

#endif
