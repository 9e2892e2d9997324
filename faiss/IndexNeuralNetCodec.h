/* Vectors encoded by neural networks. */
#ifndef FAISS_INDEX_NEURAL_NET_CODEC_H
#define FAISS_INDEX_NEURAL_NET_CODEC_H

#include <faiss/IndexFlatCodes.h>
#include <faiss/impl/NeuralNet.h>

FAISS_BEGIN_DECLS

/** Codes are M numbers of nbits bits each, lowest first, that a network makes.
 *
 * Networks are trained elsewhere: set their weights, then is_trained. There is no file format.
 */
typedef struct FaissIndexNeuralNetCodec FAISS_EXTENDS (FaissIndexFlatCodes) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
    };
    FaissNeuralNetCodec *net; ///< in subclasses their own network; else borrowed; may be NULL
    size_t M;
    size_t nbits;
} FaissIndexNeuralNetCodec;

/// Codes of a QINCo.
typedef struct FaissIndexQINCo FAISS_EXTENDS (FaissIndexNeuralNetCodec) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
        FaissIndexNeuralNetCodec neural;
    };
    FaissQINCo qinco;
} FaissIndexQINCo;

#ifndef SWIG
extern FaissIndexFlatCodesClass faiss_IndexNeuralNetCodec_class;
extern FaissIndexFlatCodesClass faiss_IndexQINCo_class;
#endif

FaissStatus faiss_IndexNeuralNetCodec_new (FaissIndexNeuralNetCodec **out);
/// Codes of M numbers of nbits bits; the network is set afterwards.
FaissStatus faiss_IndexNeuralNetCodec_new_with (FaissIndexNeuralNetCodec **out,
                                                int d FAISS_DEFAULT (0), int M FAISS_DEFAULT (0),
                                                int nbits FAISS_DEFAULT (0),
                                                FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_IndexNeuralNetCodec_free (FaissIndexNeuralNetCodec *self);
FaissIndexNeuralNetCodec *faiss_IndexNeuralNetCodec_cast (FaissIndex *index);

FaissStatus faiss_IndexQINCo_new (FaissIndexQINCo **out);
/// M codebooks of nbits bits; steps of L residual blocks with h hidden dimensions.
FaissStatus faiss_IndexQINCo_new_with (FaissIndexQINCo **out, int d, int M, int nbits, int L, int h,
                                       FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_IndexQINCo_free (FaissIndexQINCo *self);
FaissIndexQINCo *faiss_IndexQINCo_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
