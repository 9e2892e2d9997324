/* Graphs over codes of a list number and a residual. */
#ifndef FAISS_INDEX_HNSW_2LEVEL_H
#define FAISS_INDEX_HNSW_2LEVEL_H

#include <faiss/IndexHNSW.h>

FAISS_BEGIN_DECLS

/// A graph over an Index2Layer. It can be turned into an inverted file with the same codes.
typedef struct FaissIndexHNSW2Level FAISS_EXTENDS (FaissIndexHNSW) {
    union {
        FaissIndex index;
        FaissIndexHNSW index_hnsw;
    };
} FaissIndexHNSW2Level;

#ifndef SWIG
extern FaissIndexClass faiss_IndexHNSW2Level_class;
#endif

/// Without storage: of no use before one is set.
FaissStatus faiss_IndexHNSW2Level_new (FaissIndexHNSW2Level **out);

/** A graph over the codes of a new Index2Layer.
 *
 * @param quantizer  borrowed, finds one of nlist centroids @param m_pq  bytes of code for the rest
 * @param M          links per vector and level, >= 2
 */
FaissStatus faiss_IndexHNSW2Level_new_with (FaissIndexHNSW2Level **out, FaissIndex *quantizer,
                                            size_t nlist, int m_pq, int M);
void faiss_IndexHNSW2Level_free (FaissIndexHNSW2Level *self);
FaissIndexHNSW2Level *faiss_IndexHNSW2Level_cast (FaissIndex *index);

/// Replace the storage by an IndexIVFPQ with the same codes in lists.
FaissStatus faiss_IndexHNSW2Level_flip_to_ivf (FaissIndexHNSW2Level *self);

FAISS_END_DECLS

#endif
