/* Graphs of approximate nearest neighbours, by descent: neighbours of neighbours are near. */
#ifndef FAISS_NNDESCENT_H
#define FAISS_NNDESCENT_H

#include <faiss/Index.h>
#include <faiss/impl/DistanceComputer.h>
#include <faiss/impl/VisitedTable.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/** Links from each of ntotal vectors to K near ones (Dong, Charikar, Li: Efficient k-nearest
 * neighbor graph construction for generic similarity measures, 2011).
 *
 * It begins with random neighbours. In each iteration every vector compares pairs of its
 * neighbours, old and new, in both directions of links, and keeps the nearest ones for both.
 */
typedef struct FaissNNDescent {
    bool has_built;
    int S;           ///< neighbours of a vector that are new to an iteration, at most (10)
    int R;           ///< vectors that have it as a neighbour, at most (100)
    int iter;        ///< iterations (10)
    int search_L;    ///< candidates kept during a search; at least k are (0)
    int random_seed; ///< of the first neighbours, and of where searches begin (2021)
    int K;           ///< neighbours in the final graph
    int d;           ///< dimension
    int L;           ///< neighbours kept meanwhile, at least K (K + 50)
    int ntotal;      ///< vectors
    FaissInt32Vector final_graph; ///< size ntotal * K, nearest first; -1: no more
    FAISS_PRIVATE (struct FaissNNDescentSteps *steps;) ///< between single steps, or NULL
} FaissNNDescent;

/// @param d  dimension @param K  neighbours, > 0
FaissStatus faiss_NNDescent_new_with (FaissNNDescent **out, int d, int K);

/// d = 0, K = 32
FaissStatus faiss_NNDescent_new (FaissNNDescent **out);
void faiss_NNDescent_free (FaissNNDescent *self);

/** Find the neighbours of all vectors of an index.
 *
 * The graph does not depend on the number of threads. It is the one that faiss 1.15.1 builds with
 * one thread; at most 100 vectors, which that refuses, get their true neighbours. A failure leaves
 * the graph as it was.
 */
FaissStatus faiss_NNDescent_build (FaissNNDescent *self, const FaissIndex *storage, bool verbose);

/** The nearest of the query of a distance computer.
 *
 * @param indices  output, size topk, -1 where there are fewer
 * @param dists    output, size topk; distances, or similarities with their sign turned
 */
FaissStatus faiss_NNDescent_search (const FaissNNDescent *self, FaissDistanceComputer *dis,
                                    bool is_similarity, int topk, idx_t *indices, float *dists);

/// Forget the graph.
FaissStatus faiss_NNDescent_reset (FaissNNDescent *self);

/* ---- single steps ----------------------------------------------------------------------------
 *
 * What build does, step by step: set ntotal, then init_graph, and in each iteration join and
 * update. Distances are those between vectors of a distance computer, smaller is nearer; one thread
 * works. */

/// As faiss_NNDescent_build, by the distances between the first n vectors of a computer.
FaissStatus faiss_NNDescent_build_by (FaissNNDescent *self, FaissDistanceComputer *qdis, int n,
                                      bool verbose);

/** As faiss_NNDescent_search.
 *
 * @param vt  for the walk; it has no marks afterwards
 */
FaissStatus faiss_NNDescent_search_visiting (const FaissNNDescent *self,
                                             FaissDistanceComputer *qdis, int topk, idx_t *indices,
                                             float *dists, FaissVisitedTable *vt);

/// Random neighbours for each of ntotal vectors.
FaissStatus faiss_NNDescent_init_graph (FaissNNDescent *self, FaissDistanceComputer *qdis);

/// Compare pairs of the neighbours of each vector; both of a pair keep what is near.
FaissStatus faiss_NNDescent_join (FaissNNDescent *self, FaissDistanceComputer *qdis);

/// Choose whose neighbours are compared next.
FaissStatus faiss_NNDescent_update (FaissNNDescent *self);

/// `iter` times join and update.
FaissStatus faiss_NNDescent_nndescent (FaissNNDescent *self, FaissDistanceComputer *qdis,
                                       bool verbose);

/** True neighbours.
 *
 * @param c  some of the first N vectors @param v  output: the K nearest of each, nearest first
 */
FaissStatus faiss_NNDescent_generate_eval_set (const FaissNNDescent *self,
                                               FaissDistanceComputer *qdis,
                                               const FaissInt32Vector *c, FaissInt32VectorVector *v,
                                               int N);

/** Which part of true neighbours the vectors know.
 *
 * @param ctrl_points   vectors @param acc_eval_set  neighbours of each @param out  0 .. 1
 */
FaissStatus faiss_NNDescent_eval_recall (const FaissNNDescent *self,
                                         const FaissInt32Vector *ctrl_points,
                                         const FaissInt32VectorVector *acc_eval_set, float *out);

/// A neighbour of a vector.
typedef struct FaissNeighbor {
    int id;
    float distance;
    bool flag; ///< its neighbours were not compared yet
} FaissNeighbor;

/// 0, 0, false
FaissStatus faiss_Neighbor_new (FaissNeighbor **out);
FaissStatus faiss_Neighbor_new_with (FaissNeighbor **out, int id, float distance, bool flag);
void faiss_Neighbor_free (FaissNeighbor *self);

/// Is it nearer than another?
bool faiss_Neighbor_is_less (const FaissNeighbor *self, const FaissNeighbor *other);

/// The neighbours of a vector, both ways.
typedef struct FaissNhood {
    int M;                    ///< neighbours that take part in the next iteration
    FaissInt32Vector nn_old;  ///< neighbours
    FaissInt32Vector nn_new;  ///< those whose neighbours were not compared yet
    FaissInt32Vector rnn_old; ///< vectors that have it as a neighbour
    FaissInt32Vector rnn_new; ///< those that are new
} FaissNhood;

/// No neighbours.
FaissStatus faiss_Nhood_new (FaissNhood **out);
FaissStatus faiss_Nhood_new_copy (FaissNhood **out, const FaissNhood *other);
void faiss_Nhood_free (FaissNhood *self);

FAISS_END_DECLS

#endif
