/* Spreading-out graphs over vectors of which each component is stored in a few bits. */
#ifndef FAISS_INDEX_NSG_SQ_H
#define FAISS_INDEX_NSG_SQ_H

#include <faiss/IndexNSG.h>
#include <faiss/impl/ScalarQuantizer.h>

FAISS_BEGIN_DECLS

/// A graph over the codes of a scalar quantizer. Links and results are by the codes' distances.
typedef struct FaissIndexNSGSQ FAISS_EXTENDS (FaissIndexNSG) {
    union {
        FaissIndex index;
        FaissIndexNSG index_nsg;
    };
} FaissIndexNSGSQ;

#ifndef SWIG
extern FaissIndexClass faiss_IndexNSGSQ_class;
#endif

/// Without storage: of no use before one is set.
FaissStatus faiss_IndexNSGSQ_new (FaissIndexNSGSQ **out);

/// @param qtype  of the codes @param M  links per vector, > 0
FaissStatus faiss_IndexNSGSQ_new_with (FaissIndexNSGSQ **out, int d, FaissQuantizerType qtype,
                                       int M, FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_IndexNSGSQ_free (FaissIndexNSGSQ *self);
FaissIndexNSGSQ *faiss_IndexNSGSQ_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
