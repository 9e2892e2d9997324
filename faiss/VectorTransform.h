/* Maps from vectors to vectors, applied in front of an index. */
#ifndef FAISS_VECTOR_TRANSFORM_H
#define FAISS_VECTOR_TRANSFORM_H

#include <faiss/MetricType.h>
#include <faiss/impl/object.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/// Maps vectors of d_in components to vectors of d_out.
typedef struct FaissVectorTransform {
    FAISS_PRIVATE (struct FaissVectorTransformClass *cls;)
    int d_in;
    int d_out;
    bool is_trained; ///< false while train () is still to be called
} FaissVectorTransform;

#ifndef SWIG
typedef struct FaissVectorTransformClass {
    FaissClass head;
    FaissStatus (*train) (FaissVectorTransform *self, idx_t n, const float *x);
    FaissStatus (*apply_noalloc) (const FaissVectorTransform *self, idx_t n, const float *x,
                                  float *xt);
    FaissStatus (*reverse_transform) (const FaissVectorTransform *self, idx_t n, const float *xt,
                                      float *x);
    FaissStatus (*check_identical) (const FaissVectorTransform *self,
                                    const FaissVectorTransform *other);
} FaissVectorTransformClass;

extern FaissVectorTransformClass faiss_VectorTransform_class;

/// For subclasses.
FaissStatus faiss_VectorTransform_init (FaissVectorTransform *self, int d_in, int d_out);

/* The fallible forms of what upstream's C API declares void, for callers that want the status. */
FaissStatus faiss_VectorTransform_try_apply (const FaissVectorTransform *self, idx_t n,
                                             const float *x, float *xt);
FaissStatus faiss_VectorTransform_try_reverse (const FaissVectorTransform *self, idx_t n,
                                               const float *xt, float *x);
#endif

int faiss_VectorTransform_is_trained (const FaissVectorTransform *self);
int faiss_VectorTransform_d_in (const FaissVectorTransform *self);
int faiss_VectorTransform_d_out (const FaissVectorTransform *self);

/// Train on n vectors of d_in components.
FaissStatus faiss_VectorTransform_train (FaissVectorTransform *self, idx_t n, const float *x);

/// Apply to n vectors. Returns n * d_out floats to be released with free (), NULL on failure.
float *faiss_VectorTransform_apply (const FaissVectorTransform *self, idx_t n, const float *x);

/// Apply to n vectors; on failure xt is untouched and faiss_get_last_error () says why.
void faiss_VectorTransform_apply_noalloc (const FaissVectorTransform *self, idx_t n, const float *x,
                                          float *xt);

/// The (pseudo-)inverse, where there is one; fails like apply_noalloc.
void faiss_VectorTransform_reverse_transform (const FaissVectorTransform *self, idx_t n,
                                              const float *xt, float *x);

/// Success if other does the same as self, else an error that says what differs.
FaissStatus faiss_VectorTransform_check_identical (const FaissVectorTransform *self,
                                                   const FaissVectorTransform *other);

/// Free any transform. NULL is allowed.
void faiss_VectorTransform_free (FaissVectorTransform *self);

FAISS_END_DECLS

#endif
