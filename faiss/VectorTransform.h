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

/* The fallible forms of what upstream's C API declares void, for callers that want the status. */
FaissStatus faiss_VectorTransform_try_apply (const FaissVectorTransform *self, idx_t n,
                                             const float *x, float *xt);
FaissStatus faiss_VectorTransform_try_reverse (const FaissVectorTransform *self, idx_t n,
                                               const float *xt, float *x);

/// Success if other does the same as self, else an error that says what differs.
FaissStatus faiss_VectorTransform_check_identical (const FaissVectorTransform *self,
                                                   const FaissVectorTransform *other);

/// Free any transform. NULL is allowed.
void faiss_VectorTransform_free (FaissVectorTransform *self);

/// y = A x + b
typedef struct FaissLinearTransform FAISS_EXTENDS (FaissVectorTransform) {
    union {
        FaissVectorTransform transform;
    };
    bool have_bias;       ///< is there a b?
    bool is_orthonormal;  ///< A A^T = 1, so that A^T is the inverse
    FaissFloat32Vector A; ///< size d_out * d_in, row-major; empty while untrained
    FaissFloat32Vector b; ///< size d_out, or empty
    bool verbose;         ///< print progress (default false)
} FaissLinearTransform;

/// Scales vectors to norm 1; zero vectors stay. The reverse is the identity.
typedef struct FaissNormalizationTransform FAISS_EXTENDS (FaissVectorTransform) {
    union {
        FaissVectorTransform transform;
    };
    float norm; ///< which norm; only 2 is supported (the default)
} FaissNormalizationTransform;

/// Subtracts the mean of the training vectors.
typedef struct FaissCenteringTransform FAISS_EXTENDS (FaissVectorTransform) {
    union {
        FaissVectorTransform transform;
    };
    FaissFloat32Vector mean; ///< size d_in; empty while untrained
} FaissCenteringTransform;

#ifndef SWIG
extern FaissVectorTransformClass faiss_LinearTransform_class;
extern FaissVectorTransformClass faiss_NormalizationTransform_class;
extern FaissVectorTransformClass faiss_CenteringTransform_class;

/// For subclasses.
FaissStatus faiss_LinearTransform_init (FaissLinearTransform *self, int d_in, int d_out,
                                        bool have_bias);
#endif

FaissStatus faiss_LinearTransform_new (FaissLinearTransform **out);
FaissStatus faiss_LinearTransform_new_with (FaissLinearTransform **out, int d_in FAISS_DEFAULT (0),
                                            int d_out FAISS_DEFAULT (0),
                                            int have_bias FAISS_DEFAULT (0));
void faiss_LinearTransform_free (FaissLinearTransform *self);
int faiss_LinearTransform_have_bias (const FaissLinearTransform *self);
int faiss_LinearTransform_is_orthonormal (const FaissLinearTransform *self);

/** x = A^T (y - b) for n vectors, the inverse where A is orthonormal.
 *
 * On failure x is untouched and faiss_get_last_error () says why.
 * @param y  size n * d_out
 * @param x  output, size n * d_in
 */
void faiss_LinearTransform_transform_transpose (const FaissLinearTransform *self, idx_t n,
                                                const float *y, float *x);

/// Set is_orthonormal by looking at A: no entry of A A^T - 1 beyond 4e-5. Fails like the above.
void faiss_LinearTransform_set_is_orthonormal (FaissLinearTransform *self);

FaissStatus faiss_NormalizationTransform_new (FaissNormalizationTransform **out);
FaissStatus faiss_NormalizationTransform_new_with (FaissNormalizationTransform **out, int d,
                                                   float norm FAISS_DEFAULT (2.0));
void faiss_NormalizationTransform_free (FaissNormalizationTransform *self);
float faiss_NormalizationTransform_norm (const FaissNormalizationTransform *self);

FaissStatus faiss_CenteringTransform_new (FaissCenteringTransform **out);
FaissStatus faiss_CenteringTransform_new_with (FaissCenteringTransform **out,
                                               int d FAISS_DEFAULT (0));
void faiss_CenteringTransform_free (FaissCenteringTransform *self);

FAISS_END_DECLS

#endif
