/* Maps from vectors to vectors, applied in front of an index. */
#ifndef FAISS_VECTOR_TRANSFORM_C_H
#define FAISS_VECTOR_TRANSFORM_C_H

#include "Index_c.h"

FAISS_C_API_BEGIN

FAISS_DECLARE_CLASS (VectorTransform)
FAISS_DECLARE_CLASS_INHERITED (LinearTransform, VectorTransform)
FAISS_DECLARE_CLASS_INHERITED (RandomRotationMatrix, VectorTransform)
FAISS_DECLARE_CLASS_INHERITED (PCAMatrix, VectorTransform)
FAISS_DECLARE_CLASS_INHERITED (ITQMatrix, VectorTransform)
FAISS_DECLARE_CLASS_INHERITED (ITQTransform, VectorTransform)
FAISS_DECLARE_CLASS_INHERITED (OPQMatrix, VectorTransform)
FAISS_DECLARE_CLASS_INHERITED (RemapDimensionsTransform, VectorTransform)
FAISS_DECLARE_CLASS_INHERITED (NormalizationTransform, VectorTransform)
FAISS_DECLARE_CLASS_INHERITED (CenteringTransform, VectorTransform)

/// Free a transform of any class. NULL is allowed.
void faiss_VectorTransform_free (FaissVectorTransform *self);
int faiss_VectorTransform_is_trained (const FaissVectorTransform *self);
int faiss_VectorTransform_d_in (const FaissVectorTransform *self);
int faiss_VectorTransform_d_out (const FaissVectorTransform *self);

/// Train on n vectors. @param x  size n * d_in
int faiss_VectorTransform_train (FaissVectorTransform *self, idx_t n, const float *x);

/// Apply to n vectors: n * d_out floats, to be released with free (); NULL on failure.
float *faiss_VectorTransform_apply (const FaissVectorTransform *self, idx_t n, const float *x);

/// Apply to n vectors. On failure xt is untouched and faiss_get_last_error () says why.
void faiss_VectorTransform_apply_noalloc (const FaissVectorTransform *self, idx_t n, const float *x,
                                          float *xt);

/// The way back, where there is one; fails like apply_noalloc.
void faiss_VectorTransform_reverse_transform (const FaissVectorTransform *self, idx_t n,
                                              const float *xt, float *x);

/// y = A x + b: is there a b, and is A^T the inverse of A?
int faiss_LinearTransform_have_bias (const FaissLinearTransform *self);
int faiss_LinearTransform_is_orthonormal (const FaissLinearTransform *self);
/// Find out whether A is orthonormal.
void faiss_LinearTransform_set_is_orthonormal (FaissLinearTransform *self);
/// x = A^T (y - b) for n vectors y of d_out components; fails like apply_noalloc.
void faiss_LinearTransform_transform_transpose (const FaissLinearTransform *self, idx_t n,
                                                const float *y, float *x);
void faiss_LinearTransform_free (FaissLinearTransform *self);

/// A random rotation, or a projection, drawn when it is trained.
int faiss_RandomRotationMatrix_new_with (FaissRandomRotationMatrix **out, int d_in, int d_out);
void faiss_RandomRotationMatrix_free (FaissRandomRotationMatrix *self);

/// Principal components, scaled by the eigenvalues to a power (-0.5: whitening).
int faiss_PCAMatrix_new_with (FaissPCAMatrix **out, int d_in, int d_out, float eigen_power,
                              int random_rotation);
float faiss_PCAMatrix_eigen_power (const FaissPCAMatrix *self);
int faiss_PCAMatrix_random_rotation (const FaissPCAMatrix *self);
int faiss_PCAMatrix_balanced_bins (const FaissPCAMatrix *self);
void faiss_PCAMatrix_set_balanced_bins (FaissPCAMatrix *self, int balanced_bins);
void faiss_PCAMatrix_free (FaissPCAMatrix *self);

/// Iterative quantization: a rotation for codes of signs.
int faiss_ITQMatrix_new_with (FaissITQMatrix **out, int d);
void faiss_ITQMatrix_free (FaissITQMatrix *self);

/// The same behind centering, scaling to norm 1 and, with do_pca, principal components.
int faiss_ITQTransform_new_with (FaissITQTransform **out, int d_in, int d_out, int do_pca);
int faiss_ITQTransform_do_pca (const FaissITQTransform *self);
void faiss_ITQTransform_free (FaissITQTransform *self);

/// A rotation for a product quantizer of M parts. @param d2  dimension of the output; -1: d
int faiss_OPQMatrix_new_with (FaissOPQMatrix **out, int d, int M, int d2);
void faiss_OPQMatrix_free (FaissOPQMatrix *self);
int faiss_OPQMatrix_verbose (const FaissOPQMatrix *self);
void faiss_OPQMatrix_set_verbose (FaissOPQMatrix *self, int verbose);
/// Iterations, and those of the k-means in each of them.
int faiss_OPQMatrix_niter (const FaissOPQMatrix *self);
void faiss_OPQMatrix_set_niter (FaissOPQMatrix *self, int niter);
int faiss_OPQMatrix_niter_pq (const FaissOPQMatrix *self);
void faiss_OPQMatrix_set_niter_pq (FaissOPQMatrix *self, int niter_pq);

/// Drops components or adds zeros: spread evenly, or at the end.
int faiss_RemapDimensionsTransform_new_with (FaissRemapDimensionsTransform **out, int d_in,
                                             int d_out, int uniform);
void faiss_RemapDimensionsTransform_free (FaissRemapDimensionsTransform *self);

/// Scales vectors to length 1 (norm 2 is the only one there is).
int faiss_NormalizationTransform_new_with (FaissNormalizationTransform **out, int d, float norm);
float faiss_NormalizationTransform_norm (const FaissNormalizationTransform *self);
void faiss_NormalizationTransform_free (FaissNormalizationTransform *self);

/// Subtracts the mean of the training vectors.
int faiss_CenteringTransform_new_with (FaissCenteringTransform **out, int d);
void faiss_CenteringTransform_free (FaissCenteringTransform *self);

FAISS_C_API_END

#endif
