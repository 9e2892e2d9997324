/* Inverted files of vectors as they are. */
#ifndef FAISS_INDEX_IVF_FLAT_C_H
#define FAISS_INDEX_IVF_FLAT_C_H

#include "IndexIVF_c.h"

FAISS_C_API_BEGIN

FAISS_DECLARE_CLASS_INHERITED (IndexIVFFlat, Index)

/// The quantizer is borrowed unless set_own_fields says otherwise.
int faiss_IndexIVFFlat_new (FaissIndexIVFFlat **out);
int faiss_IndexIVFFlat_new_with (FaissIndexIVFFlat **out, FaissIndex *quantizer, size_t d,
                                 size_t nlist);
int faiss_IndexIVFFlat_new_with_metric (FaissIndexIVFFlat **out, FaissIndex *quantizer, size_t d,
                                        size_t nlist, FaissMetricType metric);
void faiss_IndexIVFFlat_free (FaissIndexIVFFlat *self);
FaissIndexIVFFlat *faiss_IndexIVFFlat_cast (FaissIndex *index);

size_t faiss_IndexIVFFlat_nlist (const FaissIndexIVFFlat *self);
size_t faiss_IndexIVFFlat_nprobe (const FaissIndexIVFFlat *self);
void faiss_IndexIVFFlat_set_nprobe (FaissIndexIVFFlat *self, size_t nprobe);
FaissIndex *faiss_IndexIVFFlat_quantizer (const FaissIndexIVFFlat *self);
char faiss_IndexIVFFlat_quantizer_trains_alone (const FaissIndexIVFFlat *self);
int faiss_IndexIVFFlat_own_fields (const FaissIndexIVFFlat *self);
void faiss_IndexIVFFlat_set_own_fields (FaissIndexIVFFlat *self, int own_fields);

/// Add vectors whose lists are known. @param precomputed_idx  lists, size n; or NULL
int faiss_IndexIVFFlat_add_core (FaissIndexIVFFlat *self, idx_t n, const float *x,
                                 const idx_t *xids, const int64_t *precomputed_idx);

/// Replace the vectors of nv ids; needs a direct map. @param v  size nv * d
int faiss_IndexIVFFlat_update_vectors (FaissIndexIVFFlat *self, int nv, idx_t *idx, const float *v);

FAISS_C_API_END

#endif
