/* Indexes that search in a graph of nearest neighbours, whatever stores the vectors. */
#ifndef FAISS_INDEX_NNDESCENT_H
#define FAISS_INDEX_NNDESCENT_H

#include <faiss/Index.h>
#include <faiss/impl/NNDescent.h>

FAISS_BEGIN_DECLS

/** A graph (see NNDescent) over the vectors of another index, the storage.
 *
 * Every add builds the graph of all vectors anew. Distances are those of the storage, ids are
 * positions, below 2^31. nndescent.search_L says how many candidates a search keeps, if not its
 * SearchParametersNSG; others may give a selector. What was built depends on neither the number of
 * threads nor how vectors were divided among calls of add. remove_ids mends the links around what
 * goes.
 */
typedef struct FaissIndexNNDescent FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex index;
    };
    FaissNNDescent nndescent; ///< the links
    bool own_fields;          ///< free the storage with this index (false)
    FaissIndex *storage;      ///< the vectors; NULL if there are none: see own_fields
} FaissIndexNNDescent;

/// A graph over full vectors.
typedef struct FaissIndexNNDescentFlat FAISS_EXTENDS (FaissIndexNNDescent) {
    union {
        FaissIndex index;
        FaissIndexNNDescent index_nndescent;
    };
} FaissIndexNNDescentFlat;

#ifndef SWIG
extern FaissIndexClass faiss_IndexNNDescent_class;
extern FaissIndexClass faiss_IndexNNDescentFlat_class;
#endif

/// Without storage: of no use before one is set.
FaissStatus faiss_IndexNNDescent_new (FaissIndexNNDescent **out);

/// @param storage  borrowed @param K  neighbours per vector, > 0
FaissStatus faiss_IndexNNDescent_new_with (FaissIndexNNDescent **out, FaissIndex *storage, int K);
void faiss_IndexNNDescent_free (FaissIndexNNDescent *self);
FaissIndexNNDescent *faiss_IndexNNDescent_cast (FaissIndex *index);

FaissStatus faiss_IndexNNDescentFlat_new (FaissIndexNNDescentFlat **out);
/// Over vectors of d components, which the index owns. @param K  neighbours per vector, > 0
FaissStatus faiss_IndexNNDescentFlat_new_with (FaissIndexNNDescentFlat **out, int d, int K,
                                               FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_IndexNNDescentFlat_free (FaissIndexNNDescentFlat *self);
FaissIndexNNDescentFlat *faiss_IndexNNDescentFlat_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
