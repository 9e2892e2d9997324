/* Locality-sensitive hashing. */
#ifndef FAISS_INDEX_LSH_C_H
#define FAISS_INDEX_LSH_C_H

#include "Index_c.h"

FAISS_C_API_BEGIN

FAISS_DECLARE_CLASS_INHERITED (IndexLSH, Index)

/// With a rotation, without thresholds.
int faiss_IndexLSH_new (FaissIndexLSH **out, idx_t d, int nbits);
int faiss_IndexLSH_new_with_options (FaissIndexLSH **out, idx_t d, int nbits, int rotate_data,
                                     int train_thresholds);
void faiss_IndexLSH_free (FaissIndexLSH *self);
/// The index itself if it is of this class, else NULL.
FaissIndexLSH *faiss_IndexLSH_cast (FaissIndex *index);

/// Bits and bytes per vector.
int faiss_IndexLSH_nbits (const FaissIndexLSH *self);
int faiss_IndexLSH_code_size (const FaissIndexLSH *self);
/// The name of faiss_IndexLSH_code_size before version 1.7.
int faiss_IndexLSH_bytes_per_vec (const FaissIndexLSH *self);

/// Are vectors rotated, are thresholds trained?
int faiss_IndexLSH_rotate_data (const FaissIndexLSH *self);
int faiss_IndexLSH_train_thresholds (const FaissIndexLSH *self);

FAISS_C_API_END

#endif
