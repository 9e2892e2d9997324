/* Building graphs: what the two phases of a batch share. Not for public headers. */
#ifndef FAISS_HNSW_LINK_H
#define FAISS_HNSW_LINK_H

#include <faiss/impl/hnsw_walk.h>
#include <faiss/kernels/filter_codes.h>

enum {
    FAISS_LINKS_IN_TURNS = 4, ///< walks of a thread, at most
};

/// Where the search for the links of a new node begins.
typedef struct FaissLinkStart {
    int32_t node;
    FaissGraphNode nearest;
    int32_t *path; ///< the nearest nodes on the way down
    size_t path_length;
} FaissLinkStart;

/// The walk of a new node.
typedef struct FaissLinkTurn {
    FaissWalk walk;
    FaissLinkStart *start;
    FaissFilterQuery filter;
    int16_t *components; ///< of the filter
} FaissLinkTurn;

/// What a thread uses.
typedef struct FaissLinkWorker {
    FaissGraphScratch s;
    FaissLinkTurn turns[FAISS_LINKS_IN_TURNS]; ///< for plain vectors
    /* choosing the links of one node */
    FaissGraphNode *nodes, *rejected; ///< candidates
    uint32_t *kept, *positions;       ///< ids of those that are chosen; which of them to compare
    size_t capacity;
    FaissFilterPair pair;
    FaissFilterKept kept_codes;
} FaissLinkWorker;

/// A link back: to `source` among the links of `target`, as (target << 32) | source.
typedef uint64_t FaissLink;

typedef struct FaissLinkVector {
    FaissLink *data;
    size_t size, capacity;
} FaissLinkVector;

/// Links of old nodes as they were, to be put back if the add fails.
typedef struct FaissLinkUndo {
    FaissInt32Vector nodes;     ///< those whose links were saved
    FaissInt32Vector neighbors; ///< their links, one after the other
    FaissVisited is_saved;
} FaissLinkUndo;

/// What an add uses.
typedef struct FaissLinking {
    FaissHNSW *hnsw;
    const FaissHNSWBuild *args;
    FaissFlatVectors flat;
    bool is_flat;
    bool has_pairs;     ///< rows of the flat vectors can be compared by codes
    FaissWalkPlan plan; ///< of walks among plain vectors
    size_t n_turns;
    FaissLinkWorker *workers;
    int n_threads;
    int32_t *order;        ///< new nodes, highest level first
    size_t *begins;        ///< where the nodes of a level begin in order; [level + 1] .. [level]
    FaissLinkVector links; ///< of one batch and level
    FaissLinkVector sorted;
    size_t *runs; ///< where the links to one node begin
    size_t runs_capacity;
    FaissLinkUndo undo;
} FaissLinking;

/// Scratch for n candidates in worker->nodes and worker->rejected.
FaissStatus faiss_link_reserve_nodes (FaissLinkWorker *worker, size_t n);

/** As faiss_hnsw_shrink, for n of self->nodes, with the help of filter codes if there are any. */
size_t faiss_link_shrink (const FaissLinking *self, FaissLinkWorker *worker, size_t n,
                          size_t max_size, size_t fill_size);

/// Phase A: the links of n new nodes of one level, from the graph as it is.
FaissStatus faiss_link_forward (FaissLinking *self, const int32_t *nodes, size_t n);

/// Phase B: links to n new nodes, from the nodes that they are linked to at a level.
FaissStatus faiss_link_back (FaissLinking *self, int level, const int32_t *nodes, size_t n);

#endif
