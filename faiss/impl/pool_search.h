/* Searches that walk through a graph with a pool of candidates, as NSG and NNDescent do.
 * Not for public headers.
 *
 * The pool always has the same number of candidates, nearest first; it begins with nodes that are
 * the same for all queries. The nearest one that was not followed yet is followed next: its links
 * that are nearer than the last candidate go into the pool behind those that are as near.
 */
#ifndef FAISS_POOL_SEARCH_H
#define FAISS_POOL_SEARCH_H

#include <faiss/impl/hnsw_internal.h>

/// Links of n nodes, `degree` places each; negative: no link.
typedef struct FaissFixedGraph {
    const int32_t *links;
    size_t n, degree;
} FaissFixedGraph;

static inline const int32_t *faiss_fixed_links (const FaissFixedGraph *self, int32_t node) {
    return self->links + (size_t)(uint32_t)node * self->degree;
}

/// How searches are done, for any number of queries and threads.
typedef struct FaissPoolPlan {
    FaissFixedGraph graph;
    size_t pool;       ///< candidates, at most n
    int32_t *init;     ///< the first ones, size pool
    bool init_is_seen; ///< they are not met again
} FaissPoolPlan;

void faiss_pool_plan_free (FaissPoolPlan *self);

/** Begin at the links of a node and, as these are fewer than the pool, at random ones.
 *
 * @param marks  nodes that are not taken by chance; or NULL. The pool is no larger than what is
 * left
 */
FaissStatus faiss_pool_plan_from_node (FaissPoolPlan *self, const FaissFixedGraph *graph,
                                       int32_t node, size_t pool, const FaissVisited *marks);

/// Scratch of one thread.
typedef struct FaissPoolScratch {
    FaissGraphVectors vectors;
    FaissVisited visited;
    int32_t *fresh;
    float *fresh_keys;
    FaissGraphNode *candidates; ///< of the last search, nearest first
    FaissGraphNode *met;        ///< if asked for: all nodes whose distances were computed, in order
    size_t n_met, met_capacity;
    const FaissVisited *marks; ///< nodes that are passed over, besides the first ones; or NULL
} FaissPoolScratch;

/// @param storage  NULL: the caller sets vectors
FaissStatus faiss_pool_scratch_init (FaissPoolScratch *self, const FaissPoolPlan *plan,
                                     const FaissIndex *storage);
void faiss_pool_scratch_free (FaissPoolScratch *self);

/** The search for the query of scratch->vectors: plan->pool nodes in scratch->candidates.
 *
 * @param collect  fill scratch->met
 */
FaissStatus faiss_pool_search (FaissPoolScratch *scratch, const FaissPoolPlan *plan, bool collect);

/** The k nearest of n queries.
 *
 * @param labels  output, -1 where the pool has fewer
 */
FaissStatus faiss_pool_search_all (const FaissPoolPlan *plan, const FaissIndex *storage, size_t n,
                                   const float *x, size_t k, float *distances, idx_t *labels);

/// One search by a distance computer that has its query. @param keys  output: smaller is nearer
FaissStatus faiss_pool_search_computer (const FaissPoolPlan *plan, FaissDistanceComputer *dc,
                                        bool is_similarity, size_t k, idx_t *labels, float *keys);

#endif
