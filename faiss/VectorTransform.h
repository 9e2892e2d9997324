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

/** A random rotation; with d_out < d_in a projection, with d_out > d_in into a subspace.
 *
 * Training is init (12345), whatever the vectors. The reverse is A^T y.
 */
typedef struct FaissRandomRotationMatrix FAISS_EXTENDS (FaissLinearTransform) {
    union {
        FaissVectorTransform transform;
        FaissLinearTransform linear;
    };
} FaissRandomRotationMatrix;

/** The first d_out principal components of the training vectors.
 *
 * Trained with fewer vectors than d_in, it knows as many components as there were vectors. The sign
 * of a component is LAPACK's choice.
 */
typedef struct FaissPCAMatrix FAISS_EXTENDS (FaissLinearTransform) {
    union {
        FaissVectorTransform transform;
        FaissLinearTransform linear; ///< without have_bias no mean is subtracted
    };
    float eigen_power;       ///< components are scaled by eigenvalue ^ eigen_power; -0.5: whitening
    float epsilon;           ///< added to the eigenvalues before that, without a random rotation
    bool random_rotation;    ///< a random rotation follows
    size_t max_points_per_d; ///< train on at most d_in times so many vectors (default 1000)
    int balanced_bins;       ///< order the components in so many parts of about equal energy; 0: no
    FaissFloat32Vector mean; ///< size d_in
    FaissFloat32Vector eigenvalues; ///< size d_in, descending: of the sum of squares, not its mean
    FaissFloat32Vector PCAMat;      ///< the components, min (d_in, n) rows of d_in
} FaissPCAMatrix;

/** Iterative quantization: a rotation after which signs say most about vectors (Gong, Lazebnik,
 * "Iterative quantization: a Procrustean approach to learning binary codes", CVPR 2011).
 *
 * As upstream, an iteration takes U V of the decomposition U S V^T where the paper takes U V^T. So
 * the result depends on LAPACK's choice of signs, and is about as good as the rotation that it
 * begins with: on some vectors better than the paper's, on others worse.
 */
typedef struct FaissITQMatrix FAISS_EXTENDS (FaissLinearTransform) {
    union {
        FaissVectorTransform transform;
        FaissLinearTransform linear;
    };
    int max_iter;                     ///< iterations (default 50)
    int seed;                         ///< of the first rotation (default 123)
    FaissFloat64Vector init_rotation; ///< the first rotation instead, transposed: size d * d
} FaissITQMatrix;

/** Subtracts the mean, scales to norm 1, keeps the first principal components if wanted, and
 * applies an ITQMatrix: in front of an IndexLSH, for instance.
 */
typedef struct FaissITQTransform FAISS_EXTENDS (FaissVectorTransform) {
    union {
        FaissVectorTransform transform;
    };
    FaissFloat32Vector mean; ///< size d_in
    bool do_pca;             ///< else d_in = d_out
    FaissITQMatrix itq;
    int max_train_per_dim; ///< train on at most so many vectors per dimension, but up to 32768 (10)
    FaissLinearTransform pca_then_itq; ///< what is applied to the scaled vectors
} FaissITQTransform;

struct FaissProductQuantizer;

/** Optimized product quantization: a rotation for a product quantizer (Ge et al., "Optimized
 * product quantization for approximate nearest neighbor search", CVPR 2013).
 *
 * A second training goes on from the matrix of the first. Files keep the matrix only: it is read
 * back as a LinearTransform.
 */
typedef struct FaissOPQMatrix FAISS_EXTENDS (FaissLinearTransform) {
    union {
        FaissVectorTransform transform;
        FaissLinearTransform linear;
    };
    int M;                   ///< number of sub-quantizers
    int niter;               ///< iterations (default 50)
    int niter_pq;            ///< iterations of the k-means in each of them (4)
    int niter_pq_0;          ///< in the first one (40)
    size_t max_train_points; ///< train on at most so many vectors (65536)
    /// the quantizer to train, of d_out dimensions; borrowed; NULL: one of M times 8 bits
    struct FaissProductQuantizer *pq;
} FaissOPQMatrix;

/// Moves, repeats and drops components: the j-th of the output is the map[j]-th of the input.
typedef struct FaissRemapDimensionsTransform FAISS_EXTENDS (FaissVectorTransform) {
    union {
        FaissVectorTransform transform;
    };
    FaissInt32Vector map; ///< size d_out, values 0 .. d_in - 1, or -1 for a component that is 0
} FaissRemapDimensionsTransform;

/** A rotation that costs O (d log d): three times random signs and a Hadamard transform.
 *
 * d_out is the next power of two, the input is padded with zeros. There is a reverse where
 * d_in = d_out.
 */
typedef struct FaissHadamardRotation FAISS_EXTENDS (FaissVectorTransform) {
    union {
        FaissVectorTransform transform;
    };
    uint32_t seed;             ///< of the signs (default 12345)
    FaissFloat32Vector signs1; ///< size d_out, each 1 or -1
    FaissFloat32Vector signs2;
    FaissFloat32Vector signs3;
} FaissHadamardRotation;

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
extern FaissVectorTransformClass faiss_RandomRotationMatrix_class;
extern FaissVectorTransformClass faiss_PCAMatrix_class;
extern FaissVectorTransformClass faiss_ITQMatrix_class;
extern FaissVectorTransformClass faiss_ITQTransform_class;
extern FaissVectorTransformClass faiss_OPQMatrix_class;
extern FaissVectorTransformClass faiss_RemapDimensionsTransform_class;
extern FaissVectorTransformClass faiss_HadamardRotation_class;
extern FaissVectorTransformClass faiss_NormalizationTransform_class;
extern FaissVectorTransformClass faiss_CenteringTransform_class;

/// For subclasses.
FaissStatus faiss_LinearTransform_init (FaissLinearTransform *self, int d_in, int d_out,
                                        bool have_bias);
FaissStatus faiss_ITQMatrix_init (FaissITQMatrix *self, int d);
#endif

FaissStatus faiss_LinearTransform_new (FaissLinearTransform **out);
/// A and b are to be set; d_out * d_in and d_out numbers.
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

FaissStatus faiss_RandomRotationMatrix_new (FaissRandomRotationMatrix **out);
/// The matrix is drawn by train or init.
FaissStatus faiss_RandomRotationMatrix_new_with (FaissRandomRotationMatrix **out, int d_in,
                                                 int d_out);
void faiss_RandomRotationMatrix_free (FaissRandomRotationMatrix *self);
/// Draw the matrix: the Q of the QR decomposition of normal numbers.
FaissStatus faiss_RandomRotationMatrix_init (FaissRandomRotationMatrix *self, int seed);

FaissStatus faiss_PCAMatrix_new (FaissPCAMatrix **out);
/// @param eigen_power      components are multiplied by eigenvalues to this power; -0.5: whitening
/// @param random_rotation  a random rotation follows
FaissStatus faiss_PCAMatrix_new_with (FaissPCAMatrix **out, int d_in FAISS_DEFAULT (0),
                                      int d_out FAISS_DEFAULT (0),
                                      float eigen_power FAISS_DEFAULT (0),
                                      int random_rotation FAISS_DEFAULT (0));
void faiss_PCAMatrix_free (FaissPCAMatrix *self);
float faiss_PCAMatrix_eigen_power (const FaissPCAMatrix *self);
int faiss_PCAMatrix_random_rotation (const FaissPCAMatrix *self);
int faiss_PCAMatrix_balanced_bins (const FaissPCAMatrix *self);
void faiss_PCAMatrix_set_balanced_bins (FaissPCAMatrix *self, int balanced_bins);
/// Take mean, eigenvalues and components from a trained one with the same d_in, then prepare_Ab.
FaissStatus faiss_PCAMatrix_copy_from (FaissPCAMatrix *self, const FaissPCAMatrix *other);
/// Make A and b from mean, eigenvalues and components, after a change of the options or of d_out.
FaissStatus faiss_PCAMatrix_prepare_Ab (FaissPCAMatrix *self);

FaissStatus faiss_ITQMatrix_new (FaissITQMatrix **out);
/// A rotation of d components.
FaissStatus faiss_ITQMatrix_new_with (FaissITQMatrix **out, int d FAISS_DEFAULT (0));
void faiss_ITQMatrix_free (FaissITQMatrix *self);

FaissStatus faiss_ITQTransform_new (FaissITQTransform **out);
/// @param do_pca  principal components first, else d_out = d_in
FaissStatus faiss_ITQTransform_new_with (FaissITQTransform **out, int d_in FAISS_DEFAULT (0),
                                         int d_out FAISS_DEFAULT (0), int do_pca FAISS_DEFAULT (0));
void faiss_ITQTransform_free (FaissITQTransform *self);
int faiss_ITQTransform_do_pca (const FaissITQTransform *self);

FaissStatus faiss_OPQMatrix_new (FaissOPQMatrix **out);
/// @param M   divides d2
/// @param d2  dimension of the output; -1: d
FaissStatus faiss_OPQMatrix_new_with (FaissOPQMatrix **out, int d FAISS_DEFAULT (0),
                                      int M FAISS_DEFAULT (1), int d2 FAISS_DEFAULT (-1));
void faiss_OPQMatrix_free (FaissOPQMatrix *self);
int faiss_OPQMatrix_verbose (const FaissOPQMatrix *self);
void faiss_OPQMatrix_set_verbose (FaissOPQMatrix *self, int verbose);
int faiss_OPQMatrix_niter (const FaissOPQMatrix *self);
void faiss_OPQMatrix_set_niter (FaissOPQMatrix *self, int niter);
int faiss_OPQMatrix_niter_pq (const FaissOPQMatrix *self);
void faiss_OPQMatrix_set_niter_pq (FaissOPQMatrix *self, int niter_pq);

FaissStatus faiss_RemapDimensionsTransform_new (FaissRemapDimensionsTransform **out);

/** Another number of dimensions.
 *
 * @param uniform  spread dropped or added components evenly, else they are the last ones
 */
FaissStatus faiss_RemapDimensionsTransform_new_with (FaissRemapDimensionsTransform **out, int d_in,
                                                     int d_out, int uniform FAISS_DEFAULT (1));

/// With a map of size d_out, which is copied.
FaissStatus faiss_RemapDimensionsTransform_new_with_map (FaissRemapDimensionsTransform **out,
                                                         int d_in, int d_out, const int *map);
void faiss_RemapDimensionsTransform_free (FaissRemapDimensionsTransform *self);

FaissStatus faiss_HadamardRotation_new (FaissHadamardRotation **out);
/// d_out is the next power of 2.
FaissStatus faiss_HadamardRotation_new_with (FaissHadamardRotation **out, int d,
                                             uint32_t seed FAISS_DEFAULT (12345));
void faiss_HadamardRotation_free (FaissHadamardRotation *self);
/// Draw the signs anew.
FaissStatus faiss_HadamardRotation_init (FaissHadamardRotation *self, uint32_t seed);

FaissStatus faiss_NormalizationTransform_new (FaissNormalizationTransform **out);
/// @param norm  2, the only one
FaissStatus faiss_NormalizationTransform_new_with (FaissNormalizationTransform **out, int d,
                                                   float norm FAISS_DEFAULT (2.0));
void faiss_NormalizationTransform_free (FaissNormalizationTransform *self);
float faiss_NormalizationTransform_norm (const FaissNormalizationTransform *self);

FaissStatus faiss_CenteringTransform_new (FaissCenteringTransform **out);
/// The mean is found by train.
FaissStatus faiss_CenteringTransform_new_with (FaissCenteringTransform **out,
                                               int d FAISS_DEFAULT (0));
void faiss_CenteringTransform_free (FaissCenteringTransform *self);

FAISS_END_DECLS

#endif
