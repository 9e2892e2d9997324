/* Functions on indexes that a widely used fork's C API adds. */
#ifndef FAISS_INDEX_C_EX_H
#define FAISS_INDEX_C_EX_H

#include "Index_c.h"

FAISS_C_API_BEGIN

/// The stored vectors of n ids. @param recons  output, size n * d
int faiss_Index_reconstruct_batch (const FaissIndex *self, idx_t n, const idx_t *keys,
                                   float *recons);

/// Move all vectors of other into self, ids shifted by add_id; other is empty afterwards.
int faiss_Index_merge_from (FaissIndex *self, FaissIndex *other, idx_t add_id);

/// The bytes that an index takes, roughly.
int faiss_Index_size (const FaissIndex *self, size_t *size);

/// Distances of one query to stored vectors; -1 for indexes that do not keep codes in order.
int faiss_Index_dist_compute (const FaissIndex *self, const float *query, const idx_t *ids,
                              size_t n_ids, float *distances);

FAISS_C_API_END

#endif
