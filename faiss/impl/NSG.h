/* The navigating spreading-out graph: links between numbered vectors, at most R of each. */
#ifndef FAISS_NSG_H
#define FAISS_NSG_H

#include <faiss/Index.h>
#include <faiss/impl/VisitedTable.h>
#include <faiss/utils/random.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/// A graph with the same number of places for links in each node.
typedef struct FaissNSG_Graph_int {
    int *data;                        ///< links, size N * K; -1 where there is none
    int K;                            ///< places per node
    int N;                            ///< nodes
    bool own_fields;                  ///< data is freed with the graph
    FAISS_PRIVATE (size_t made_size;) ///< N * K when it was made
} FaissNSG_Graph_int;

/// N nodes without links. @param K  places per node, > 0
FaissStatus faiss_NSG_Graph_int_new (FaissNSG_Graph_int **out, int N, int K);

/// Around links of the caller's, size N * K, which stay his.
FaissStatus faiss_NSG_Graph_int_new_with (FaissNSG_Graph_int **out, int *data, int N, int K);
void faiss_NSG_Graph_int_free (FaissNSG_Graph_int *self);

/// Link j of node i.
FaissStatus faiss_NSG_Graph_int_at (const FaissNSG_Graph_int *self, int i, int j, int *out);
FaissStatus faiss_NSG_Graph_int_set (FaissNSG_Graph_int *self, int i, int j, int link);

/// The links of node i. @param neighbors  output, size K @param size  output, how many there are
FaissStatus faiss_NSG_Graph_int_get_neighbors (const FaissNSG_Graph_int *self, int i,
                                               int *neighbors, size_t *size);

/** Links between nodes 0 .. ntotal - 1 (Fu, Xiang, Wang, Cai: Fast approximate nearest neighbor
 * search with the navigating spreading-out graph, 2019).
 *
 * Every node can be reached from the entry point. A search begins at its neighbours and at some
 * random nodes.
 */
typedef struct FaissNSG {
    int ntotal;              ///< nodes
    int R;                   ///< links per node at most (32)
    int L;                   ///< candidates kept while links are looked for (R + 32)
    int C;                   ///< so many of what was found are looked at for links (R + 100)
    int search_L;            ///< candidates kept during a search (16)
    int use_visited_hashset; ///< upstream's choice of a data structure: 0, 1 or -1; not needed here
    int enterpoint;          ///< where searches begin; -1 if there is none
    FaissNSG_Graph_int *final_graph; ///< the links; NULL if not built
    bool is_built;
    FaissRandomGenerator rng; ///< for the build; goes on with each one
} FaissNSG;

FaissStatus faiss_NSG_new (FaissNSG **out);

/// @param R  links per node, > 0
FaissStatus faiss_NSG_new_with (FaissNSG **out, int R);
void faiss_NSG_free (FaissNSG *self);

/** Build the graph from one that links each vector with its nearest neighbours, nearest first.
 *
 * The graph does not depend on the number of threads. It is the one that faiss 1.15.1 builds with
 * one thread. A failure leaves the graph as it was.
 *
 * @param storage    the vectors, n of them
 * @param knn_graph  size n * K; what is no id is left out
 */
FaissStatus faiss_NSG_build (FaissNSG *self, const FaissIndex *storage, idx_t n,
                             const idx_t *knn_graph, int K, bool verbose);

/// Forget the links; the settings and the random state stay.
FaissStatus faiss_NSG_reset (FaissNSG *self);

/** The k nearest of the query of a distance computer.
 *
 * @param I  output, size k, -1 where the graph has fewer nodes
 * @param D  output, size k; distances, or similarities with their sign turned
 */
FaissStatus faiss_NSG_search (const FaissNSG *self, FaissDistanceComputer *dis, bool is_similarity,
                              int k, idx_t *I, float *D);

/// An error if links lead out of the graph or a node is linked to itself.
FaissStatus faiss_NSG_check_graph (const FaissNSG *self);

/// The links, which stay those of the graph; NULL if it is not built.
FaissNSG_Graph_int *faiss_NSG_get_final_graph (const FaissNSG *self);

/* ---- single steps, for walks and repairs of one's own -----------------------------------------
 */

/** The k nearest of the query of a distance computer among nodes without a mark (and the links of
 * the entry point, where the walk begins).
 *
 * @param I   output, size k, -1 where there are fewer
 * @param D   output, size k
 * @param vt  nodes that the walk passes over; those that it has met get marks
 */
FaissStatus faiss_NSG_search_visiting (const FaissNSG *self, FaissDistanceComputer *dis, int k,
                                       idx_t *I, float *D, FaissVisitedTable *vt);

/** Mark what can be reached from a node, along nodes without a mark.
 *
 * @param cnt  how many were counted before @param out  cnt, plus the nodes that got a mark
 */
FaissStatus faiss_NSG_dfs (const FaissNSG *self, FaissVisitedTable *vt, int root, int cnt,
                           int *out);

/** Link a node, the first one that has no mark in vt, to one that has a mark and room for a link.
 *
 * @param storage  the vectors
 * @param vt       what can be reached
 * @param vt2      nodes that the search for a neighbour passes over; those that it met get marks
 * @param degrees  the number of links of each node; the one with the new link counts it
 * @param out      the node with the new link
 */
FaissStatus faiss_NSG_attach_unlinked (FaissNSG *self, const FaissIndex *storage,
                                       FaissVisitedTable *vt, FaissVisitedTable *vt2,
                                       FaissInt32Vector *degrees, int *out);

/** Attach nodes until all can be reached from the entry point.
 *
 * @param degrees  as in attach_unlinked @param out  how many were attached
 */
FaissStatus faiss_NSG_tree_grow (FaissNSG *self, const FaissIndex *storage,
                                 FaissInt32Vector *degrees, int *out);

FAISS_END_DECLS

#endif
