/* Spreading-out graphs over product quantizer codes. */
#ifndef FAISS_INDEX_NSG_PQ_H
#define FAISS_INDEX_NSG_PQ_H

#include <faiss/IndexNSG.h>

FAISS_BEGIN_DECLS

/** A graph over the codes of a product quantizer.
 *
 * Queries are compared with what codes stand for, vectors among each other by a table of the
 * centroids' distances, which training makes.
 */
typedef struct FaissIndexNSGPQ FAISS_EXTENDS (FaissIndexNSG) {
    union {
        FaissIndex index;
        FaissIndexNSG index_nsg;
    };
} FaissIndexNSGPQ;

#ifndef SWIG
extern FaissIndexClass faiss_IndexNSGPQ_class;
#endif

/// Without storage: of no use before one is set.
FaissStatus faiss_IndexNSGPQ_new (FaissIndexNSGPQ **out);

/// By L2. @param pq_m  sub-quantizers of pq_nbits bits @param M  links per vector, > 0
FaissStatus faiss_IndexNSGPQ_new_with (FaissIndexNSGPQ **out, int d, int pq_m, int M,
                                       int pq_nbits FAISS_DEFAULT (8));
void faiss_IndexNSGPQ_free (FaissIndexNSGPQ *self);
FaissIndexNSGPQ *faiss_IndexNSGPQ_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
