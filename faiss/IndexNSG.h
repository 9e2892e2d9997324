/* Indexes that search in a navigating spreading-out graph, whatever stores the vectors. */
#ifndef FAISS_INDEX_NSG_H
#define FAISS_INDEX_NSG_H

#include <faiss/IndexHNSW.h>
#include <faiss/impl/NSG.h>

FAISS_BEGIN_DECLS

/// How one search in an IndexNSG or an IndexNNDescent is done; upstream's take no parameters.
typedef struct FaissSearchParametersNSG FAISS_EXTENDS (FaissSearchParameters) {
    union {
        FaissSearchParameters params;
    };
    int search_L;           ///< candidates kept, instead of the index's search_L (16)
    FaissHNSWFilter filter; ///< with a selector, as in searches of HNSW (FAISS_HNSW_FILTER_AUTO)
} FaissSearchParametersNSG;

/** A graph (see NSG) over the vectors of another index, the storage.
 *
 * All vectors are added at once. Their nearest neighbours are found first, then links are chosen
 * among these and what is met on the way to them. Distances are those of the storage, ids are
 * positions, below 2^31. What was built does not depend on the number of threads. nsg.search_L says
 * how many candidates a search keeps, if not its SearchParametersNSG; others may give a selector.
 * remove_ids mends the links around what goes; when all are gone, others can be added.
 */
typedef struct FaissIndexNSG FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex index;
    };
    FaissNSG nsg;        ///< the links
    bool own_fields;     ///< free the storage with this index (false)
    FaissIndex *storage; ///< the vectors; NULL if there are none: see own_fields
    bool is_built;       ///< vectors were added
    int GK;              ///< nearest neighbours of each vector to begin with (64)
    char build_type;     ///< how these are found: 0 by searches of the storage, 1 by NNDescent
    int nndescent_S;     ///< fields of that NNDescent: S (10)
    int nndescent_R;     ///< R (100)
    int nndescent_L;     ///< L, if less than GK + 50 (GK + 50)
    int nndescent_iter;  ///< iter (10)
} FaissIndexNSG;

/// A graph over full vectors.
typedef struct FaissIndexNSGFlat FAISS_EXTENDS (FaissIndexNSG) {
    union {
        FaissIndex index;
        FaissIndexNSG index_nsg;
    };
} FaissIndexNSGFlat;

#ifndef SWIG
extern FaissIndexClass faiss_IndexNSG_class;
extern FaissIndexClass faiss_IndexNSGFlat_class;
extern FaissClass faiss_SearchParametersNSG_class;
#endif

FaissStatus faiss_SearchParametersNSG_new (FaissSearchParametersNSG **out);

/// @param sel  borrowed; NULL: all
FaissStatus faiss_SearchParametersNSG_new_with (FaissSearchParametersNSG **out,
                                                FaissIDSelector *sel, int search_L);
void faiss_SearchParametersNSG_free (FaissSearchParametersNSG *self);
FaissSearchParametersNSG *faiss_SearchParametersNSG_cast (FaissSearchParameters *params);

/// Without storage: of no use before one is set.
FaissStatus faiss_IndexNSG_new (FaissIndexNSG **out);

/// @param storage  an empty index, borrowed @param R  links per vector, > 0
FaissStatus faiss_IndexNSG_new_with (FaissIndexNSG **out, FaissIndex *storage, int R);
void faiss_IndexNSG_free (FaissIndexNSG *self);
FaissIndexNSG *faiss_IndexNSG_cast (FaissIndex *index);

/** Add vectors whose nearest neighbours are known, instead of an add that finds them.
 *
 * @param x          size n * d
 * @param knn_graph  ids of the nearest neighbours, nearest first, size n * GK; what is no id is
 *                   left out, but not more than a tenth of all may be
 */
FaissStatus faiss_IndexNSG_build (FaissIndexNSG *self, idx_t n, const float *x,
                                  const idx_t *knn_graph, int GK);

/// An error if more than a tenth of the ids are none, or are those of the vectors themselves.
FaissStatus faiss_IndexNSG_check_knn_graph (const FaissIndexNSG *self, const idx_t *knn_graph,
                                            idx_t n, int K);

FaissStatus faiss_IndexNSGFlat_new (FaissIndexNSGFlat **out);
/// Over vectors of d components, which the index owns. @param R  links per vector, > 0
FaissStatus faiss_IndexNSGFlat_new_with (FaissIndexNSGFlat **out, int d, int R,
                                         FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_IndexNSGFlat_free (FaissIndexNSGFlat *self);
FaissIndexNSGFlat *faiss_IndexNSGFlat_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
