/* Graphs of approximate nearest neighbours, by descent: neighbours of neighbours are near. */
#ifndef FAISS_NNDESCENT_H
#define FAISS_NNDESCENT_H

#include <faiss/Index.h>
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

FAISS_END_DECLS

#endif
