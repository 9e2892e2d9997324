/* The graph of hierarchical navigable small worlds: links between numbered vectors, on levels. */
#ifndef FAISS_HNSW_H
#define FAISS_HNSW_H

#include <faiss/Index.h>
#include <faiss/impl/DistanceComputer.h>
#include <faiss/utils/random.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/// What searches in graphs have done.
typedef struct FaissHNSWStats {
    size_t n1;    ///< queries
    size_t n2;    ///< queries that ran out of candidates
    size_t ndis;  ///< distances computed
    size_t nhops; ///< nodes whose links were followed
} FaissHNSWStats;

/// The sums over all searches of the process; counted without locks. (Of one search:
/// SearchParametersHNSW.stats.)
FaissHNSWStats *faiss_get_hnsw_stats (void);
void faiss_HNSWStats_reset (FaissHNSWStats *self);
void faiss_HNSWStats_combine (FaissHNSWStats *self, const FaissHNSWStats *other);

/// How a search computes distances.
typedef enum FaissHNSWSearchMethod {
    FAISS_HNSW_SM_DEFAULT = 0,
    FAISS_HNSW_SM_PANORAMA = 1,
    FAISS_HNSW_SM_RABITQ = 2,
} FaissHNSWSearchMethod;

/** Links between nodes 0 .. n - 1 (Malkov, Yashunin: Efficient and robust approximate nearest
 * neighbor search using hierarchical navigable small world graphs, 2018).
 *
 * Level 0 has all nodes, every further level about one M-th of those below. The links of node i at
 * level l are neighbors[offsets[i] + cum[l]] .. neighbors[offsets[i] + cum[l + 1] - 1], where cum
 * is cum_nneighbor_per_level; the first -1 ends them.
 *
 * Links are chosen from the nearest on. One is left out if a link kept before leads nearer to its
 * node. With alpha > 1 that must be alpha times nearer (by the distances of the storage, which are
 * squares for METRIC_L2; or alpha times more similar), where there is room for more links than with
 * alpha = 1 (Subramanya et al.: DiskANN, fast accurate billion-point nearest neighbor search on a
 * single node, 2019). Such a graph takes longer to build, and fewer steps to search; 1.1 to 1.3 are
 * useful values. With 1 the graph is upstream's.
 */
typedef struct FaissHNSW {
    FaissFloat64Vector assign_probas;         ///< probability of each level
    FaissInt32Vector cum_nneighbor_per_level; ///< links of a node below each level
    FaissInt32Vector levels;                  ///< levels of each node: the highest one, plus 1
    FaissUInt64Vector offsets;                ///< first link of each node; one more than nodes
    FaissInt32Vector neighbors;               ///< links
    int entry_point;                          ///< a node of the highest level; -1 if there is none
    FaissRandomGenerator rng;                 ///< draws the levels
    int max_level;                            ///< highest level; -1 if there is none
    int efConstruction;                       ///< candidates kept while links are looked for (40)
    int efSearch;                             ///< candidates kept during a search (16)
    float prune_headroom; ///< part of a full list that is left free when it is thinned out (0.2)
    bool check_relative_distance; ///< end when efSearch candidates are nearer; false: after
                                  ///< efSearch steps (true)
    bool search_bounded_queue;    ///< keep a limited number of candidates (true)
    FaissHNSWSearchMethod search_method;
    bool is_similarity;      ///< larger is better
    int use_visited_hashset; ///< upstream's choice of a data structure: 0, 1 or -1; not needed here
    int rerank;              ///< as in SearchParametersHNSW (0); not in upstream, nor in files
    float alpha; ///< links that are left out while others are chosen: see above (1); likewise
} FaissHNSW;

/// An empty graph with M links per node and level, twice as many at level 0.
FaissStatus faiss_HNSW_new (FaissHNSW **out);
FaissStatus faiss_HNSW_new_with (FaissHNSW **out, int M);
void faiss_HNSW_free (FaissHNSW *self);

/// Set probabilities and numbers of links for M: level l has probability exp (-l / m) (1 - exp (-1
/// / m)) with m = levelMult; M >= 2.
FaissStatus faiss_HNSW_set_default_probas (FaissHNSW *self, int M, float levelMult);

/// Change the number of links of a level; only while the graph is empty.
FaissStatus faiss_HNSW_set_nb_neighbors (FaissHNSW *self, int level_no, int n);

/// The largest number of links of a node at a level, and of all levels below it.
FaissStatus faiss_HNSW_nb_neighbors (const FaissHNSW *self, int layer_no, int *out);
FaissStatus faiss_HNSW_cum_nb_neighbors (const FaissHNSW *self, int layer_no, int *out);

/// The positions begin .. end - 1 of the links of a node in neighbors.
FaissStatus faiss_HNSW_neighbor_range (const FaissHNSW *self, idx_t no, int layer_no, size_t *begin,
                                       size_t *end);

/// Draw a level.
int faiss_HNSW_random_level (FaissHNSW *self);

/** Make room for n more nodes, without links, and draw their levels.
 *
 * @param preset_levels  the levels are there already
 * @param max_level      output, the highest of their levels
 */
FaissStatus faiss_HNSW_prepare_level_tab (FaissHNSW *self, size_t n, bool preset_levels,
                                          int *max_level);

/// Replace the graph by n nodes with random links.
FaissStatus faiss_HNSW_fill_with_random_links (FaissHNSW *self, size_t n);

/// Forget all nodes; the settings and the random state stay.
FaissStatus faiss_HNSW_reset (FaissHNSW *self);

/// Remove the links of a level.
FaissStatus faiss_HNSW_clear_neighbor_tables (FaissHNSW *self, int level);

/// Print numbers about the links of a level.
FaissStatus faiss_HNSW_print_neighbor_stats (const FaissHNSW *self, int level);

/// Renumber: node i becomes what was node map[i]. @param map  a permutation of the nodes
FaissStatus faiss_HNSW_permute_entries (FaissHNSW *self, const idx_t *map);

/* ---- single steps, for walks and builds of one's own ------------------------------------------
 */

/** Move to the nearest node that a greedy walk from *nearest finds at a level.
 *
 * @param qdis       has its query
 * @param nearest    input and output: a node that has links at this level
 * @param d_nearest  input and output: its distance
 * @param out        what the walk has done
 */
FaissStatus faiss_greedy_update_nearest (const FaissHNSW *hnsw, FaissDistanceComputer *qdis,
                                         int level, int *nearest, float *d_nearest,
                                         FaissHNSWStats *out);

/** Links from a node to others, as an add puts them in that links the others with the node: behind
 * its own if there is room, else chosen among all of them.
 *
 * @param dis       of the vectors of the graph
 * @param incoming  the others; they are sorted, and each is there once afterwards
 * @param keep_max_size_level0  at level 0 a full list stays full
 */
FaissStatus faiss_HNSW_merge_reverse_links_deterministic (
    FaissHNSW *self, FaissDistanceComputer *dis, int node, int level, FaissInt32Vector *incoming,
    bool keep_max_size_level0 FAISS_DEFAULT (false));

FAISS_END_DECLS

#endif
