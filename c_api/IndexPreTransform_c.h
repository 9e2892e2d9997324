/* A chain of transforms in front of an index. */
#ifndef FAISS_INDEX_PRE_TRANSFORM_C_H
#define FAISS_INDEX_PRE_TRANSFORM_C_H

#include "Index_c.h"
#include "VectorTransform_c.h"

FAISS_C_API_BEGIN

FAISS_DECLARE_CLASS_INHERITED (IndexPreTransform, Index)

/// Index and transforms are borrowed unless set_own_fields says otherwise.
int faiss_IndexPreTransform_new (FaissIndexPreTransform **out);
int faiss_IndexPreTransform_new_with (FaissIndexPreTransform **out, FaissIndex *index);
int faiss_IndexPreTransform_new_with_transform (FaissIndexPreTransform **out,
                                                FaissVectorTransform *ltrans, FaissIndex *index);
void faiss_IndexPreTransform_free (FaissIndexPreTransform *self);
FaissIndexPreTransform *faiss_IndexPreTransform_cast (FaissIndex *index);
/// Borrowed.
FaissIndex *faiss_IndexPreTransform_index (const FaissIndexPreTransform *self);
int faiss_IndexPreTransform_own_fields (const FaissIndexPreTransform *self);
void faiss_IndexPreTransform_set_own_fields (FaissIndexPreTransform *self, int own_fields);

/// Put one more transform in front of those there are.
int faiss_IndexPreTransform_prepend_transform (FaissIndexPreTransform *self,
                                               FaissVectorTransform *ltrans);

FAISS_C_API_END

#endif
