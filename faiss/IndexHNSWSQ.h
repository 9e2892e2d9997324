/* Graphs over vectors of which each component is stored in a few bits. */
#ifndef FAISS_INDEX_HNSW_SQ_H
#define FAISS_INDEX_HNSW_SQ_H

#include <faiss/IndexHNSW.h>
#include <faiss/impl/ScalarQuantizer.h>

FAISS_BEGIN_DECLS

/// A graph over the codes of a scalar quantizer. Links and results are by the codes' distances.
typedef struct FaissIndexHNSWSQ FAISS_EXTENDS (FaissIndexHNSW) {
    union {
        FaissIndex index;
        FaissIndexHNSW index_hnsw;
    };
} FaissIndexHNSWSQ;

#ifndef SWIG
extern FaissIndexClass faiss_IndexHNSWSQ_class;
#endif

/// Without storage: of no use before one is set.
FaissStatus faiss_IndexHNSWSQ_new (FaissIndexHNSWSQ **out);

/// @param qtype  of the codes @param M  links per vector and level, >= 2
FaissStatus faiss_IndexHNSWSQ_new_with (FaissIndexHNSWSQ **out, int d, FaissQuantizerType qtype,
                                        int M, FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_IndexHNSWSQ_free (FaissIndexHNSWSQ *self);
FaissIndexHNSWSQ *faiss_IndexHNSWSQ_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
