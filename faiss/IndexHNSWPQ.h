/* Graphs over product quantizer codes. */
#ifndef FAISS_INDEX_HNSW_PQ_H
#define FAISS_INDEX_HNSW_PQ_H

#include <faiss/IndexHNSW.h>

FAISS_BEGIN_DECLS

/** A graph over the codes of a product quantizer.
 *
 * Queries are compared with what codes stand for, vectors among each other by a table of the
 * centroids' distances, which training makes.
 */
typedef struct FaissIndexHNSWPQ FAISS_EXTENDS (FaissIndexHNSW) {
    union {
        FaissIndex index;
        FaissIndexHNSW index_hnsw;
    };
} FaissIndexHNSWPQ;

#ifndef SWIG
extern FaissIndexClass faiss_IndexHNSWPQ_class;
#endif

/// Without storage: of no use before one is set.
FaissStatus faiss_IndexHNSWPQ_new (FaissIndexHNSWPQ **out);

/// @param pq_m  sub-quantizers of pq_nbits bits @param M  links per vector and level, >= 2
FaissStatus faiss_IndexHNSWPQ_new_with (FaissIndexHNSWPQ **out, int d, int pq_m, int M,
                                        int pq_nbits FAISS_DEFAULT (8),
                                        FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_IndexHNSWPQ_free (FaissIndexHNSWPQ *self);
FaissIndexHNSWPQ *faiss_IndexHNSWPQ_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
