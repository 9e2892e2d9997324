/* Taking nodes out of a graph: links around them are mended, the others move up and get new
 * numbers. For graphs of any kind. Not for public headers. */
#ifndef FAISS_GRAPH_REMOVE_H
#define FAISS_GRAPH_REMOVE_H

#include <faiss/impl/hnsw_internal.h>

/// The links of one level of a graph. Those of a node end with the first -1.
typedef struct FaissGraphLevel {
    size_t n;    ///< nodes of the graph
    size_t room; ///< links of a node
    int32_t *links;
    const uint64_t *offsets; ///< where the links of a node begin; NULL: at node * room
    size_t begin;            ///< where this level's are behind that
    const int32_t *levels;   ///< levels of each node; NULL: all nodes have links
    int level;
} FaissGraphLevel;

static inline bool faiss_graph_level_has (const FaissGraphLevel *self, int32_t node) {
    return !self->levels || self->levels[node] > self->level;
}

static inline int32_t *faiss_graph_level_links (const FaissGraphLevel *self, int32_t node) {
    size_t at = self->offsets ? self->offsets[node] + self->begin : (size_t)node * self->room;
    return self->links + at;
}

/// Nodes to be removed, and what becomes of the numbers of the others.
typedef struct FaissGraphRemoval {
    size_t n, n_removed;
    FaissVisited removed;
    int32_t *nodes;       ///< the removed ones, ascending, size n_removed
    int32_t *new_numbers; ///< of all nodes, or NULL where few are removed
} FaissGraphRemoval;

/// Ask a selector which of n nodes to remove.
FaissStatus faiss_graph_removal_init (FaissGraphRemoval *self, size_t n,
                                      const FaissIDSelector *sel);
void faiss_graph_removal_free (FaissGraphRemoval *self);

/// Remove them from what keeps the vectors, which must number them as the graph does.
FaissStatus faiss_graph_removal_apply (const FaissGraphRemoval *self, FaissIndex *storage);

/** Is so little left that the graph is built anew?
 *
 * Mending sees what was near a node. Where nearly all of that is gone, whole parts of a graph may
 * no longer lead to each other; a new build of what is left costs little then.
 */
static inline bool faiss_graph_few_are_left (size_t n_left, size_t n_removed) {
    return n_left >= 2 && n_left <= n_removed / 2;
}

/// Links to be put in place of others.
typedef struct FaissGraphPatch {
    size_t room;
    FaissInt32Vector nodes; ///< whose links change
    FaissInt32Vector links; ///< of each of them, size room
} FaissGraphPatch;

void faiss_graph_patch_free (FaissGraphPatch *self);

/// Which links take the place of lost ones.
typedef enum FaissGraphMending {
    FAISS_GRAPH_MEND_SPREAD,  ///< as an add chooses them; they are behind the others
    FAISS_GRAPH_MEND_NEAREST, ///< the nearest ones; links are sorted
} FaissGraphMending;

/** Mend the links of a level around nodes that will be removed.
 *
 * A node that loses links keeps its others, and gets links to what is around it in the graph as it
 * was, chosen as an add chooses them. A node to which no link would lead any more gets one. The
 * graph stays as it is; the result does not depend on the number of threads.
 *
 * @param storage  the vectors, still with those that will be removed
 * @param n_links  no node gets more links than that, at most level->room
 * @param alpha    of links that are spread: as in HNSW
 * @param out      what to change
 */
FaissStatus faiss_graph_mend (const FaissGraphLevel *level, const FaissGraphRemoval *removal,
                              const FaissIndex *storage, size_t n_links, FaissGraphMending mending,
                              float alpha, FaissGraphPatch *out);

/// Put the links in.
void faiss_graph_patch_apply (const FaissGraphPatch *self, const FaissGraphLevel *level);

/// Where -1 is between links, as in files from elsewhere: move them to the front.
void faiss_graph_squeeze (const FaissGraphLevel *level);

/// The nodes that stay, with their links, move to where the removed ones were and get new numbers.
/// For levels without offsets.
void faiss_graph_close_gaps (const FaissGraphRemoval *self, const FaissGraphLevel *level);

/// A node that stays: the entry point, or else one that it leads to, perhaps through removed ones,
/// or else the first one; -1 if there is none.
int32_t faiss_graph_next_entry (const FaissGraphRemoval *self, const FaissGraphLevel *level,
                                int32_t entry);

/// Give new numbers to the nodes that n links lead to. None of them may be removed.
void faiss_graph_renumber (const FaissGraphRemoval *self, int32_t *links, size_t n);

/// The new number of a node that stays.
int32_t faiss_graph_new_number (const FaissGraphRemoval *self, int32_t node);

/** Remove nodes: mend the links, remove the vectors from the storage, renumber.
 *
 * A failure leaves graph and storage as they were.
 * @param lock  a change of it is paused while links are mended; or NULL
 */
FaissStatus faiss_hnsw_remove (FaissHNSW *self, FaissIndex *storage, const FaissIDSelector *sel,
                               bool keep_max_size_level0, FaissSharedLock *lock, size_t *n_removed);

#endif
