/* Small neural networks that decode vectors: the layers, and QINCo. */
#ifndef FAISS_NEURAL_NET_H
#define FAISS_NEURAL_NET_H

#include <faiss/impl/object.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/* ---- matrices -------------------------------------------------------------------------------- */

/// A matrix of floats, row-major.
typedef struct FaissTensor2D {
    size_t shape[2];      ///< rows, columns
    FaissFloat32Vector v; ///< size shape[0] * shape[1]
} FaissTensor2D;

/// A matrix of integers, row-major.
typedef struct FaissInt32Tensor2D {
    size_t shape[2];
    FaissInt32Vector v;
} FaissInt32Tensor2D;

/// @param data  size n0 * n1, copied; NULL: zeros
FaissStatus faiss_Tensor2D_new (FaissTensor2D **out, size_t n0, size_t n1,
                                const float *data FAISS_DEFAULT (NULL));
void faiss_Tensor2D_free (FaissTensor2D *self);
/// n0 * n1
size_t faiss_Tensor2D_numel (const FaissTensor2D *self);
/// Row after row, borrowed.
float *faiss_Tensor2D_data (FaissTensor2D *self);
/// Add a matrix of the same shape.
FaissStatus faiss_Tensor2D_iadd (FaissTensor2D *self, const FaissTensor2D *other);
/// Column j as a matrix of one column.
FaissStatus faiss_Tensor2D_column (const FaissTensor2D *self, size_t j, FaissTensor2D **out);

/* The same of integers. */
FaissStatus faiss_Int32Tensor2D_new (FaissInt32Tensor2D **out, size_t n0, size_t n1,
                                     const int32_t *data FAISS_DEFAULT (NULL));
void faiss_Int32Tensor2D_free (FaissInt32Tensor2D *self);
size_t faiss_Int32Tensor2D_numel (const FaissInt32Tensor2D *self);
int32_t *faiss_Int32Tensor2D_data (FaissInt32Tensor2D *self);
FaissStatus faiss_Int32Tensor2D_iadd (FaissInt32Tensor2D *self, const FaissInt32Tensor2D *other);
FaissStatus faiss_Int32Tensor2D_column (const FaissInt32Tensor2D *self, size_t j,
                                        FaissInt32Tensor2D **out);

/* ---- layers ---------------------------------------------------------------------------------- */

/// y = W x + b
typedef struct FaissLinear {
    size_t in_features;
    size_t out_features;
    FaissFloat32Vector weight; ///< out_features rows of in_features
    FaissFloat32Vector bias;   ///< size out_features; empty: none
} FaissLinear;

FaissStatus faiss_Linear_new (FaissLinear **out, size_t in_features, size_t out_features,
                              bool bias FAISS_DEFAULT (true));
void faiss_Linear_free (FaissLinear *self);
/// The layer applied to each row.
FaissStatus faiss_Linear_apply (const FaissLinear *self, const FaissTensor2D *x,
                                FaissTensor2D **out);

/// Rows by number.
typedef struct FaissEmbedding {
    size_t num_embeddings;
    size_t embedding_dim;
    FaissFloat32Vector weight; ///< num_embeddings rows of embedding_dim
} FaissEmbedding;

FaissStatus faiss_Embedding_new (FaissEmbedding **out, size_t num_embeddings, size_t embedding_dim);
void faiss_Embedding_free (FaissEmbedding *self);
/// Row after row, borrowed.
float *faiss_Embedding_data (FaissEmbedding *self);
/// The rows of a column of numbers.
FaissStatus faiss_Embedding_apply (const FaissEmbedding *self, const FaissInt32Tensor2D *codes,
                                   FaissTensor2D **out);

/// y = W2 max (W1 x, 0)
typedef struct FaissFFN {
    FaissLinear linear1; ///< d to h
    FaissLinear linear2; ///< h to d
} FaissFFN;

FaissStatus faiss_FFN_new (FaissFFN **out, int d, int h);
void faiss_FFN_free (FaissFFN *self);
/// The rows of x, each on its own.
FaissStatus faiss_FFN_apply (const FaissFFN *self, const FaissTensor2D *x, FaissTensor2D **out);

/* ---- QINCo ----------------------------------------------------------------------------------- */

/** One step of QINCo: a codebook that depends on what was decoded before.
 *
 * Row c of the codebook becomes z = c + MLPconcat ([c, xhat]), then z += block (z) for each block.
 */
typedef struct FaissQINCoStep {
    int d;
    int K; ///< rows of the codebook
    int L; ///< number of residual blocks
    int h; ///< their hidden dimension
    FaissEmbedding codebook;
    FaissLinear MLPconcat;     ///< 2 * d to d
    FaissFFN *residual_blocks; ///< size L
} FaissQINCoStep;

FaissStatus faiss_QINCoStep_new (FaissQINCoStep **out, int d, int K, int L, int h);
void faiss_QINCoStep_free (FaissQINCoStep *self);
/// Block i, NULL if there is none.
FaissFFN *faiss_QINCoStep_get_residual_block (FaissQINCoStep *self, int i);

/** The rows of the codebook that bring xhat nearest to x.
 *
 * @param residuals  output, what these rows became, the shape of x; or NULL
 * @param out        a column of numbers
 */
FaissStatus faiss_QINCoStep_encode (const FaissQINCoStep *self, const FaissTensor2D *xhat,
                                    const FaissTensor2D *x, FaissTensor2D *residuals,
                                    FaissInt32Tensor2D **out);
/// What rows of the codebook become; to be added to xhat. @param codes  a column of numbers
FaissStatus faiss_QINCoStep_decode (const FaissQINCoStep *self, const FaissTensor2D *xhat,
                                    const FaissInt32Tensor2D *codes, FaissTensor2D **out);

/// Maps vectors of d components to M numbers each, and back.
typedef struct FaissNeuralNetCodec {
    FAISS_PRIVATE (struct FaissNeuralNetCodecClass *cls;)
    int d;
    int M;
} FaissNeuralNetCodec;

/// Residual quantization with implicit neural codebooks (Huijben et al. 2024).
typedef struct FaissQINCo FAISS_EXTENDS (FaissNeuralNetCodec) {
    union {
        FaissNeuralNetCodec codec;
    };
    int K;                       ///< rows of each codebook
    int L;                       ///< residual blocks of each step
    int h;                       ///< their hidden dimension
    FaissEmbedding codebook0;    ///< the first codebook, as it is
    FaissQINCoStep *steps;       ///< size M - 1
    FAISS_PRIVATE (int n_steps;) ///< what there is memory for
} FaissQINCo;

#ifndef SWIG
typedef struct FaissNeuralNetCodecClass {
    FaissClass head;
    FaissStatus (*decode) (const FaissNeuralNetCodec *self, const FaissInt32Tensor2D *codes,
                           FaissTensor2D **out);
    FaissStatus (*encode) (const FaissNeuralNetCodec *self, const FaissTensor2D *x,
                           FaissInt32Tensor2D **out);
} FaissNeuralNetCodecClass;

extern FaissNeuralNetCodecClass faiss_NeuralNetCodec_class;
extern FaissNeuralNetCodecClass faiss_QINCo_class;

/// For fields.
FaissStatus faiss_QINCo_init (FaissQINCo *self, int d, int K, int L, int M, int h);
#endif

/// Decode rows of M numbers. @param out  rows of d
FaissStatus faiss_NeuralNetCodec_decode (const FaissNeuralNetCodec *self,
                                         const FaissInt32Tensor2D *codes, FaissTensor2D **out);
/// Encode rows of d. @param out  rows of M numbers
FaissStatus faiss_NeuralNetCodec_encode (const FaissNeuralNetCodec *self, const FaissTensor2D *x,
                                         FaissInt32Tensor2D **out);
void faiss_NeuralNetCodec_free (FaissNeuralNetCodec *self);

/// All weights are zero; they come from elsewhere.
FaissStatus faiss_QINCo_new (FaissQINCo **out, int d, int K, int L, int M, int h);
void faiss_QINCo_free (FaissQINCo *self);
/// Step i (codebook i + 1), NULL if there is none.
FaissQINCoStep *faiss_QINCo_get_step (FaissQINCo *self, int i);

FAISS_END_DECLS

#endif
