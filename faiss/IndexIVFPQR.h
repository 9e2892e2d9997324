/* Inverted files of product quantizer codes whose results are refined by a second code. */
#ifndef FAISS_INDEX_IVF_PQR_H
#define FAISS_INDEX_IVF_PQR_H

#include <faiss/IndexIVFPQ.h>

FAISS_BEGIN_DECLS

/** An IndexIVFPQ with a second product quantizer for what the first one misses (Jegou, Tavenard,
 * Douze, Amsaleg, "Searching in one billion vectors: re-rank with source coding", ICASSP 2011).
 *
 * A search finds k * k_factor candidates by the first codes and sorts them by both. The second
 * codes are found by id: ids are those that add gives. METRIC_L2 only.
 */
typedef struct FaissIndexIVFPQR FAISS_EXTENDS (FaissIndexIVFPQ) {
    union {
        FaissIndex index;
        FaissIndexIVF ivf;
        FaissIndexIVFPQ ivfpq;
    };
    FaissProductQuantizer refine_pq; ///< makes the second codes
    FaissUInt8Vector refine_codes;   ///< of vector id at id * refine_pq.code_size
    float k_factor;                  ///< candidates per result (default 4; 1 in a default object)
} FaissIndexIVFPQR;

#ifndef SWIG
extern FaissIndexIVFClass faiss_IndexIVFPQR_class;
#endif

/// No dimension, no quantizer, no lists.
FaissStatus faiss_IndexIVFPQR_new (FaissIndexIVFPQR **out);

/// faiss_IndexIVFPQ_new_with, for METRIC_L2. @param M_refine  of the second quantizer, divides d
FaissStatus faiss_IndexIVFPQR_new_with (FaissIndexIVFPQR **out, FaissIndex *quantizer, size_t d,
                                        size_t nlist, size_t M, size_t nbits_per_idx,
                                        size_t M_refine, size_t nbits_per_idx_refine,
                                        bool own_invlists FAISS_DEFAULT (true));
void faiss_IndexIVFPQR_free (FaissIndexIVFPQR *self);
/// The index itself if it is of this class or a subclass, else NULL.
FaissIndexIVFPQR *faiss_IndexIVFPQR_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
