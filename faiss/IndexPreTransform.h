/* An index behind a chain of vector transforms. */
#ifndef FAISS_INDEX_PRE_TRANSFORM_H
#define FAISS_INDEX_PRE_TRANSFORM_H

#include <faiss/Index.h>
#include <faiss/VectorTransform.h>

FAISS_BEGIN_DECLS

typedef FaissVectorTransform *FaissVectorTransformPtr;

FAISS_DECLARE_VECTOR (VectorTransformVector, FaissVectorTransformPtr)

/// Parameters for the index behind the transforms; any other class of parameters is passed on.
typedef struct FaissSearchParametersPreTransform FAISS_EXTENDS (FaissSearchParameters) {
    union {
        FaissSearchParameters params;
    };
    FaissSearchParameters *index_params; ///< borrowed; NULL for the index's own
} FaissSearchParametersPreTransform;

/** Applies transforms to all vectors that come in, the first of the chain first.
 *
 * What comes out (reconstruct, sa_decode) goes through their inverses.
 */
typedef struct FaissIndexPreTransform FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex base;
    };
    FaissVectorTransformVector chain; ///< the transforms; see own_fields
    FaissIndex *index;                ///< gets the transformed vectors; see own_fields
    bool own_fields;                  ///< free the index and the transforms with this (false)
} FaissIndexPreTransform;

#ifndef SWIG
extern FaissIndexClass faiss_IndexPreTransform_class;
extern FaissClass faiss_SearchParametersPreTransform_class;
#endif

FaissStatus faiss_SearchParametersPreTransform_new (FaissSearchParametersPreTransform **out);
/// @param index_params  for the index behind the transforms; borrowed, or NULL
FaissStatus faiss_SearchParametersPreTransform_new_with (FaissSearchParametersPreTransform **out,
                                                         FaissSearchParameters *index_params);

FaissStatus faiss_IndexPreTransform_new (FaissIndexPreTransform **out);

/// No transform yet; the index is borrowed (own_fields).
FaissStatus faiss_IndexPreTransform_new_with (FaissIndexPreTransform **out, FaissIndex *index);

/// One transform; both are borrowed (own_fields).
FaissStatus faiss_IndexPreTransform_new_with_transform (FaissIndexPreTransform **out,
                                                        FaissVectorTransform *ltrans,
                                                        FaissIndex *index);

void faiss_IndexPreTransform_free (FaissIndexPreTransform *self);
FaissIndexPreTransform *faiss_IndexPreTransform_cast (FaissIndex *index);
/// The index behind the transforms, borrowed.
FaissIndex *faiss_IndexPreTransform_index (const FaissIndexPreTransform *self);
int faiss_IndexPreTransform_own_fields (const FaissIndexPreTransform *self);
void faiss_IndexPreTransform_set_own_fields (FaissIndexPreTransform *self, int own_fields);

/// Put a transform in front of the chain; it is freed with it if own_fields. Its d_out must be d.
FaissStatus faiss_IndexPreTransform_prepend_transform (FaissIndexPreTransform *self,
                                                       FaissVectorTransform *ltrans);

/// n vectors through the chain. @param out  n * index d floats, to be released with free ()
FaissStatus faiss_IndexPreTransform_apply_chain (const FaissIndexPreTransform *self, idx_t n,
                                                 const float *x, float **out);

/// The way back. @param x  output, size n * d
FaissStatus faiss_IndexPreTransform_reverse_chain (const FaissIndexPreTransform *self, idx_t n,
                                                   const float *xt, float *x);

FAISS_END_DECLS

#endif
