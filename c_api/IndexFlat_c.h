/* Exhaustive search, and refinement of another index's results. */
#ifndef FAISS_INDEX_FLAT_C_H
#define FAISS_INDEX_FLAT_C_H

#include "Index_c.h"

FAISS_C_API_BEGIN

FAISS_DECLARE_CLASS_INHERITED (IndexFlat, Index)
FAISS_DECLARE_CLASS_INHERITED (IndexFlatIP, Index)
FAISS_DECLARE_CLASS_INHERITED (IndexFlatL2, Index)
FAISS_DECLARE_CLASS_INHERITED (IndexFlat1D, Index)
FAISS_DECLARE_CLASS_INHERITED (IndexRefineFlat, Index)

/// The vectors as they are, compared by any metric.
int faiss_IndexFlat_new (FaissIndexFlat **out);
int faiss_IndexFlat_new_with (FaissIndexFlat **out, idx_t d, FaissMetricType metric);
void faiss_IndexFlat_free (FaissIndexFlat *self);
/// The index itself if it is of this class or a subclass, else NULL; so for all casts.
FaissIndexFlat *faiss_IndexFlat_cast (FaissIndex *index);

/// The stored vectors, valid until the next change, and their number of floats (size may be NULL).
void faiss_IndexFlat_xb (FaissIndexFlat *self, float **xb, size_t *size);

/// Distances of n queries to k stored vectors each. @param distances  output, size n * k
int faiss_IndexFlat_compute_distance_subset (FaissIndex *self, idx_t n, const float *x, idx_t k,
                                             float *distances, const idx_t *labels);

/// Inner product.
int faiss_IndexFlatIP_new (FaissIndexFlatIP **out);
int faiss_IndexFlatIP_new_with (FaissIndexFlatIP **out, idx_t d);
void faiss_IndexFlatIP_free (FaissIndexFlatIP *self);
FaissIndexFlatIP *faiss_IndexFlatIP_cast (FaissIndex *index);

/// Squared Euclidean distance.
int faiss_IndexFlatL2_new (FaissIndexFlatL2 **out);
int faiss_IndexFlatL2_new_with (FaissIndexFlatL2 **out, idx_t d);
void faiss_IndexFlatL2_free (FaissIndexFlatL2 *self);
FaissIndexFlatL2 *faiss_IndexFlatL2_cast (FaissIndex *index);

/// Numbers on a line. With continuous_update 0, call update_permutation after adding.
int faiss_IndexFlat1D_new (FaissIndexFlat1D **out);
int faiss_IndexFlat1D_new_with (FaissIndexFlat1D **out, int continuous_update);
int faiss_IndexFlat1D_update_permutation (FaissIndexFlat1D *self);
void faiss_IndexFlat1D_free (FaissIndexFlat1D *self);
FaissIndexFlat1D *faiss_IndexFlat1D_cast (FaissIndex *index);

/// Asks a base index (borrowed) for k * k_factor candidates and ranks them by full vectors.
int faiss_IndexRefineFlat_new (FaissIndexRefineFlat **out, FaissIndex *base_index);
/// Does it free the base index?
int faiss_IndexRefineFlat_own_fields (const FaissIndexRefineFlat *self);
void faiss_IndexRefineFlat_set_own_fields (FaissIndexRefineFlat *self, int own_fields);
float faiss_IndexRefineFlat_k_factor (const FaissIndexRefineFlat *self);
void faiss_IndexRefineFlat_set_k_factor (FaissIndexRefineFlat *self, float k_factor);
void faiss_IndexRefineFlat_free (FaissIndexRefineFlat *self);
FaissIndexRefineFlat *faiss_IndexRefineFlat_cast (FaissIndex *index);

FAISS_C_API_END

#endif
