/* Inverted files of full vectors. */
#ifndef FAISS_INDEX_IVF_FLAT_H
#define FAISS_INDEX_IVF_FLAT_H

#include <faiss/IndexIVF.h>

FAISS_BEGIN_DECLS

/// The lists hold the vectors as they are: code_size = 4 * d. Takes every metric.
typedef struct FaissIndexIVFFlat FAISS_EXTENDS (FaissIndexIVF) {
    union {
        FaissIndex index;
        FaissIndexIVF ivf;
    };
} FaissIndexIVFFlat;

#ifndef SWIG
extern FaissIndexIVFClass faiss_IndexIVFFlat_class;

/// For subclasses.
FaissStatus faiss_IndexIVFFlat_init (FaissIndexIVFFlat *self, FaissIndex *quantizer, size_t d,
                                     size_t nlist, FaissMetricType metric, bool own_invlists);
#endif

/// No dimension, no quantizer, no lists.
FaissStatus faiss_IndexIVFFlat_new (FaissIndexIVFFlat **out);
/// @param quantizer  of dimension d; borrowed until own_fields is set
FaissStatus faiss_IndexIVFFlat_new_with (FaissIndexIVFFlat **out, FaissIndex *quantizer, size_t d,
                                         size_t nlist);
FaissStatus faiss_IndexIVFFlat_new_with_metric (FaissIndexIVFFlat **out, FaissIndex *quantizer,
                                                size_t d, size_t nlist, FaissMetricType metric);
void faiss_IndexIVFFlat_free (FaissIndexIVFFlat *self);
/// The index itself if it is of this class or a subclass, else NULL.
FaissIndexIVFFlat *faiss_IndexIVFFlat_cast (FaissIndex *index);

size_t faiss_IndexIVFFlat_nlist (const FaissIndexIVFFlat *self);
size_t faiss_IndexIVFFlat_nprobe (const FaissIndexIVFFlat *self);
void faiss_IndexIVFFlat_set_nprobe (FaissIndexIVFFlat *self, size_t nprobe);
FaissIndex *faiss_IndexIVFFlat_quantizer (const FaissIndexIVFFlat *self);
char faiss_IndexIVFFlat_quantizer_trains_alone (const FaissIndexIVFFlat *self);
int faiss_IndexIVFFlat_own_fields (const FaissIndexIVFFlat *self);
void faiss_IndexIVFFlat_set_own_fields (FaissIndexIVFFlat *self, int own_fields);

/// faiss_IndexIVF_add_core
FaissStatus faiss_IndexIVFFlat_add_core (FaissIndexIVFFlat *self, idx_t n, const float *x,
                                         const idx_t *xids, const int64_t *precomputed_idx);
/// faiss_IndexIVF_update_vectors
FaissStatus faiss_IndexIVFFlat_update_vectors (FaissIndexIVFFlat *self, int nv, idx_t *idx,
                                               const float *v);

FAISS_END_DECLS

#endif
