/* Indexes that give another index ids of the caller's choice. */
#ifndef FAISS_META_INDEXES_C_H
#define FAISS_META_INDEXES_C_H

#include "Index_c.h"

FAISS_C_API_BEGIN

FAISS_DECLARE_CLASS_INHERITED (IndexIDMap, Index)
FAISS_DECLARE_CLASS_INHERITED (IndexIDMap2, Index)

/// Keeps the ids in an array. The index is borrowed unless set_own_fields says otherwise.
int faiss_IndexIDMap_new (FaissIndexIDMap **out, FaissIndex *index);
int faiss_IndexIDMap_own_fields (const FaissIndexIDMap *self);
void faiss_IndexIDMap_set_own_fields (FaissIndexIDMap *self, int own_fields);
FaissIndexIDMap *faiss_IndexIDMap_cast (FaissIndex *index);
/// The ids, valid until the next change, and their number (outputs may be NULL).
void faiss_IndexIDMap_id_map (FaissIndexIDMap *self, idx_t **id_map, size_t *size);
/// Borrowed.
FaissIndex *faiss_IndexIDMap_sub_index (FaissIndexIDMap *self);

/// The same with a way back from ids to vectors, for reconstruct ().
int faiss_IndexIDMap2_new (FaissIndexIDMap2 **out, FaissIndex *index);
int faiss_IndexIDMap2_own_fields (const FaissIndexIDMap2 *self);
void faiss_IndexIDMap2_set_own_fields (FaissIndexIDMap2 *self, int own_fields);
/// Make that way anew, after the array was changed by hand.
int faiss_IndexIDMap2_construct_rev_map (FaissIndexIDMap2 *self);
FaissIndexIDMap2 *faiss_IndexIDMap2_cast (FaissIndex *index);
void faiss_IndexIDMap2_id_map (FaissIndexIDMap2 *self, idx_t **id_map, size_t *size);
FaissIndex *faiss_IndexIDMap2_sub_index (FaissIndexIDMap2 *self);

FAISS_C_API_END

#endif
