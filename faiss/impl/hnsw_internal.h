/* Parts of the graph indexes: links, queues, vectors as a graph sees them.
 * Not for public headers. */
#ifndef FAISS_HNSW_INTERNAL_H
#define FAISS_HNSW_INTERNAL_H

#include <faiss/IndexHNSW.h>
#include <faiss/impl/HNSW.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/shared_lock.h>

struct FaissRangeQueryResult;

/* ---- the graph as a part (HNSW.c) ------------------------------------------------------------ */

FaissStatus faiss_HNSW_init (FaissHNSW *self, int M);
void faiss_HNSW_clear (FaissHNSW *self);
FaissStatus faiss_HNSW_copy (FaissHNSW *self, const FaissHNSW *other);

/// Reads what faiss_HNSW_write wrote, and checks it: any search in it ends.
FaissStatus faiss_HNSW_read (FaissHNSW *self, FaissIOReader *r);
FaissStatus faiss_HNSW_write (const FaissHNSW *self, FaissIOWriter *w);

static inline size_t faiss_hnsw_size (const FaissHNSW *self) {
    return self->levels.size;
}

/// Do sizes and entry point fit each other? With the index's lock held; what the tables contain is
/// not looked at.
FaissStatus faiss_hnsw_check (const char *function, const FaissHNSW *self);

/// The same before vectors are added, whose levels may be set already.
FaissStatus faiss_hnsw_check_to_add (const char *function, const FaissHNSW *self);

/// Levels that the tables know.
static inline int faiss_hnsw_n_levels (const FaissHNSW *self) {
    return (int)self->cum_nneighbor_per_level.size - 1;
}

/// Room for links at a level.
static inline int faiss_hnsw_room (const FaissHNSW *self, int level) {
    const int32_t *cum = self->cum_nneighbor_per_level.data;
    return cum[level + 1] - cum[level];
}

static inline int32_t *faiss_hnsw_links (const FaissHNSW *self, int32_t node, int level) {
    return self->neighbors.data + self->offsets.data[node] +
           self->cum_nneighbor_per_level.data[level];
}

/* ---- the vectors ----------------------------------------------------------------------------- */

/** The vectors of a graph, for one thread. Keys are distances, or similarities with their sign
 * turned: smaller is nearer. */
typedef struct FaissGraphVectors {
    FaissDistanceComputer *dc;
    bool is_similarity;
    const uint8_t *rows; ///< what dc reads, to be fetched ahead, or NULL
    size_t row_size;
    float alpha; ///< of the graph: for faiss_hnsw_shrink
} FaissGraphVectors;

/// Borrows the storage; an error if it has no vectors (IO_FLAG_SKIP_STORAGE).
FaissStatus faiss_graph_vectors_open (FaissGraphVectors *self, const FaissIndex *storage);
void faiss_graph_vectors_close (FaissGraphVectors *self);

static inline float faiss_graph_key (const FaissGraphVectors *self, float value) {
    return self->is_similarity ? -value : value;
}

/// Of the query to a node.
static inline float faiss_graph_distance (const FaissGraphVectors *self, int32_t node) {
    return faiss_graph_key (self, self->dc->distance (self->dc, node));
}

/// Between two nodes.
static inline float faiss_graph_pair_distance (const FaissGraphVectors *self, int32_t a,
                                               int32_t b) {
    return faiss_graph_key (self, self->dc->symmetric_dis (self->dc, a, b));
}

/** Is a link to a node needless, because one that is kept leads so near to it?
 *
 * @param between  of the node to the end of the kept link; @param key  of the node to be linked to
 *                 the node
 * @param alpha    1: nearer than the link itself; more: alpha times nearer
 */
static inline bool faiss_graph_is_needless (const FaissGraphVectors *self, float between, float key,
                                            float alpha) {
    if (self->is_similarity && key < 0) { /* minus the similarity */
        return between < alpha * key;
    }
    return alpha * between < key;
}

/// The next query. @param x  size d, must stay valid
static inline FaissStatus faiss_graph_set_query (FaissGraphVectors *self, const float *x) {
    self->dc->status = FAISS_OK;
    return self->dc->set_query (self->dc, x);
}

/// Of the query to n nodes; their rows are fetched ahead.
void faiss_graph_distances (const FaissGraphVectors *self, size_t n, const int32_t *nodes,
                            float *keys);

/* ---- queues ---------------------------------------------------------------------------------- */

typedef struct FaissGraphNode {
    float key;
    int32_t id;
} FaissGraphNode;

/** A binary heap whose layout is that of std::priority_queue in libstdc++: what comes first among
 * equal keys is visible in the graph. */
typedef struct FaissGraphQueue {
    FaissGraphNode *nodes; ///< nodes[0] is the top
    size_t size, capacity;
} FaissGraphQueue;

/// Which of equal keys is on top.
typedef enum FaissGraphTies {
    FAISS_GRAPH_TIES_BY_LAYOUT,
    FAISS_GRAPH_TIES_FARTHEST_HAS_LARGEST_ID,
    FAISS_GRAPH_TIES_FARTHEST_HAS_SMALLEST_ID,
} FaissGraphTies;

/// `farthest`: the top has the largest key, else the smallest.
FaissStatus faiss_graph_queue_push (FaissGraphQueue *self, bool farthest, FaissGraphTies ties,
                                    FaissGraphNode node);
FaissGraphNode faiss_graph_queue_pop (FaissGraphQueue *self, bool farthest, FaissGraphTies ties);
void faiss_graph_queue_free (FaissGraphQueue *self);

/// Room for n nodes.
FaissStatus faiss_graph_queue_reserve (FaissGraphQueue *self, size_t n);

/* ---- visited nodes --------------------------------------------------------------------------- */

/// One bit per node.
typedef struct FaissVisited {
    uint64_t *bits;
    size_t n_words;
} FaissVisited;

FaissStatus faiss_visited_init (FaissVisited *self, size_t n);
void faiss_visited_clear (FaissVisited *self);
void faiss_visited_free (FaissVisited *self);

static inline bool faiss_visited_get (const FaissVisited *self, int32_t node) {
    return self->bits[(uint32_t)node >> 6] >> (node & 63) & 1;
}

/// Mark a node; true if it was not marked before.
static inline bool faiss_visited_set (FaissVisited *self, int32_t node) {
    uint64_t bit = (uint64_t)1 << (node & 63), *word = &self->bits[(uint32_t)node >> 6];
    bool is_new = !(*word & bit);
    *word |= bit;
    return is_new;
}

/* ---- search (hnsw_search.c) ------------------------------------------------------------------ */

/// What a search uses: the caller's parameters, or those of the graph.
typedef struct FaissHNSWSettings {
    int efSearch;
    bool check_relative_distance, bounded_queue;
    const FaissIDSelector *sel; ///< or NULL
    int filter;                 ///< FaissHNSWFilter
    int rerank;                 ///< 0, or walk by codes and compare so many by their vectors
    FaissHNSWStats *stats;      ///< of the call, or NULL
} FaissHNSWSettings;

/// Add what a thread has done to the sums of the process, and of the call.
void faiss_hnsw_count (const FaissHNSWSettings *settings, const FaissHNSWStats *stats);

/// Who takes what is found: k best of one query, a range, or a handler.
typedef struct FaissGraphResults {
    bool is_similarity;
    size_t k;
    float *distances; ///< size k, a heap; NULL: not the k best
    idx_t *labels;
    float radius;
    struct FaissRangeQueryResult *range; ///< or NULL
    FaissResultHandler *handler;         ///< or NULL
} FaissGraphResults;

/// Hand over a node that was found.
FaissStatus faiss_graph_offer (FaissGraphResults *results, float key, int32_t id);

/// Scratch of one thread, for any number of queries.
typedef struct FaissGraphScratch {
    FaissGraphVectors vectors;
    FaissVisited visited;
    FaissGraphQueue candidates, found;
    float *keys; ///< candidates of a bounded search
    int32_t *ids;
    size_t capacity; ///< of keys and ids
    int32_t *fresh;  ///< links of one node
    float *fresh_keys;
    FaissHNSWStats stats;
} FaissGraphScratch;

FaissStatus faiss_graph_scratch_init (FaissGraphScratch *self, const FaissHNSW *hnsw,
                                      const FaissIndex *storage);
void faiss_graph_scratch_free (FaissGraphScratch *self);

/// Move to the nearest node that a greedy walk from *nearest finds at a level.
void faiss_hnsw_greedy (const FaissHNSW *self, FaissGraphScratch *scratch, int level,
                        int32_t *nearest, float *key);

/// Find what is near the query of scratch->vectors.
FaissStatus faiss_hnsw_search (const FaissHNSW *self, FaissGraphScratch *scratch,
                               const FaissHNSWSettings *settings, FaissGraphResults *results);

/// The same, after the descent to level 0.
FaissStatus faiss_hnsw_search_from (const FaissHNSW *self, FaissGraphScratch *scratch,
                                    const FaissHNSWSettings *settings, int32_t nearest, float key,
                                    FaissGraphResults *results);

/// Chooses where the search of a query begins at level 0, among the vectors, of which there are
/// some. They are set to the query. @param i  which one of the call it is
typedef FaissGraphNode (*FaissHNSWChooseStart) (const struct FaissIndexHNSW *index,
                                                const FaissGraphVectors *vectors, idx_t i);

/* The searches of an index. `function` is the caller's __func__; choose_start may be NULL: a search
 * begins at the entry point and descends. */
FaissStatus faiss_IndexHNSW_search_by (const char *function, const struct FaissIndexHNSW *self,
                                       FaissHNSWChooseStart choose_start, idx_t n, const float *x,
                                       idx_t k, const FaissSearchParameters *params,
                                       float *distances, idx_t *labels);
FaissStatus faiss_IndexHNSW_range_search_by (const char *function,
                                             const struct FaissIndexHNSW *self,
                                             FaissHNSWChooseStart choose_start, idx_t n,
                                             const float *x, float radius,
                                             const FaissSearchParameters *params,
                                             FaissRangeSearchResult *result);
FaissStatus faiss_IndexHNSW_search1_by (const char *function, const struct FaissIndexHNSW *self,
                                        FaissHNSWChooseStart choose_start, const float *x,
                                        FaissResultHandler *handler,
                                        const FaissSearchParameters *params);

/** The same at level 0, from given nodes.
 *
 * @param nearest      size n, a negative one ends it
 * @param nearest_d    their distances
 * @param search_type  1: one search after the other; 2: one search from all of them
 */
FaissStatus faiss_hnsw_search_level_0 (const FaissHNSW *self, FaissGraphScratch *scratch,
                                       const FaissHNSWSettings *settings, size_t n,
                                       const int32_t *nearest, const float *nearest_d,
                                       int search_type, FaissGraphResults *results);

/* ---- build (hnsw_build.c) -------------------------------------------------------------------- */

typedef struct FaissHNSWBuild {
    const FaissIndex *storage; ///< holds the new vectors already
    size_t n0;                 ///< nodes of the graph before
    size_t n;                  ///< new nodes
    const float *x;            ///< their vectors, size n * d
    bool init_level0;          ///< also link the nodes that are at level 0 only
    bool keep_max_size_level0; ///< do not leave room at level 0
    bool preset_levels;        ///< levels of the new nodes are there
    bool verbose;
    FaissSharedLock *lock; ///< a change of it is paused while links are looked for; or NULL
} FaissHNSWBuild;

/// Add nodes and link them. A failure leaves the graph as it was.
FaissStatus faiss_hnsw_add (FaissHNSW *self, const FaissHNSWBuild *build);

/// The efConstruction nearest nodes that a search at a level finds, in s->found; a max-queue.
FaissStatus faiss_hnsw_find_candidates (const FaissHNSW *self, FaissGraphScratch *s, int level,
                                        FaissGraphNode nearest);

/** Choose links: from the nearest on, keep what is nearer to the node than to all links kept; with
 * vectors->alpha > 1 also others (see HNSW), and the result is in the order of distances.
 *
 * @param nodes  size n, nearest first, keys are distances to the node; the kept ones move to the
 *               front
 * @param fill_size  if not 0: then fill up to so many with those that were refused on the way
 * @return how many are kept, at most max_size or fill_size
 */
size_t faiss_hnsw_shrink (const FaissGraphVectors *vectors, FaissGraphNode *nodes, size_t n,
                          size_t max_size, size_t fill_size, FaissGraphNode *scratch);

/// How many links are left where a full list is thinned out.
size_t faiss_hnsw_room_after_pruning (const FaissHNSW *hnsw, int level, bool keep_max_size);

/// Order of (key, id), for qsort.
int faiss_graph_compare_nodes (const void *a, const void *b);

#endif
