/* Additive quantization by local search. */
#ifndef FAISS_LOCAL_SEARCH_QUANTIZER_H
#define FAISS_LOCAL_SEARCH_QUANTIZER_H

#include <faiss/impl/AdditiveQuantizer.h>
#include <faiss/utils/random.h>

FAISS_BEGIN_DECLS

struct FaissLocalSearchQuantizer;

/** Finds codes for the vectors of a LocalSearchQuantizer by iterated conditional modes.
 *
 * A subclass may do that elsewhere, on another device for instance.
 */
typedef struct FaissIcmEncoder {
    FAISS_PRIVATE (struct FaissIcmEncoderClass *cls;)
    FaissFloat32Vector binaries; ///< size M * M * K * K, see compute_binary_terms; set_binary_term
    bool verbose;                ///< print progress (default false)
    const struct FaissLocalSearchQuantizer *lsq; ///< borrowed
} FaissIcmEncoder;

/// Makes the encoders; the root makes an IcmEncoder.
typedef struct FaissIcmEncoderFactory {
    FAISS_PRIVATE (struct FaissIcmEncoderFactoryClass *cls;)
} FaissIcmEncoderFactory;

#ifndef SWIG
typedef struct FaissIcmEncoderClass {
    FaissClass head;
    FaissStatus (*set_binary_term) (FaissIcmEncoder *self);
    FaissStatus (*encode) (const FaissIcmEncoder *self, int32_t *codes, const float *x,
                           FaissRandomGenerator *gen, size_t n, size_t ils_iters);
} FaissIcmEncoderClass;

typedef struct FaissIcmEncoderFactoryClass {
    FaissClass head;
    FaissStatus (*get) (FaissIcmEncoderFactory *self, const struct FaissLocalSearchQuantizer *lsq,
                        FaissIcmEncoder **out);
} FaissIcmEncoderFactoryClass;

extern FaissIcmEncoderClass faiss_IcmEncoder_class;
extern FaissIcmEncoderFactoryClass faiss_IcmEncoderFactory_class;
#endif

FaissStatus faiss_IcmEncoder_new (FaissIcmEncoder **out,
                                  const struct FaissLocalSearchQuantizer *lsq);
void faiss_IcmEncoder_free (FaissIcmEncoder *self);
/// Take over the present codebooks; before encode.
FaissStatus faiss_IcmEncoder_set_binary_term (FaissIcmEncoder *self);
/// Improve the codes of n vectors, n rows of M, in ils_iters rounds.
FaissStatus faiss_IcmEncoder_encode (const FaissIcmEncoder *self, int32_t *codes, const float *x,
                                     FaissRandomGenerator *gen, size_t n, size_t ils_iters);

FaissStatus faiss_IcmEncoderFactory_new (FaissIcmEncoderFactory **out);
void faiss_IcmEncoderFactory_free (FaissIcmEncoderFactory *self);
/// An encoder of the caller's for a quantizer, which it borrows.
FaissStatus faiss_IcmEncoderFactory_get (FaissIcmEncoderFactory *self,
                                         const struct FaissLocalSearchQuantizer *lsq,
                                         FaissIcmEncoder **out);

/** LSQ++ (Martinez et al. 2016 and 2018): codes by iterated local search, codebooks by least
 * squares, in turn.
 *
 * Codes depend on the random numbers and so on what else is encoded by the same call.
 */
typedef struct FaissLocalSearchQuantizer FAISS_EXTENDS (FaissAdditiveQuantizer) {
    union {
        FaissQuantizer quantizer;
        FaissAdditiveQuantizer aq;
    };
    size_t K;                ///< rows of each codebook, 2^nbits
    size_t train_iters;      ///< rounds of training (25)
    size_t encode_ils_iters; ///< rounds of local search when encoding (16)
    size_t train_ils_iters;  ///< the same while training (8)
    size_t icm_iters;        ///< sweeps over the codebooks in a round (4)
    float p;                 ///< how fast the training cools down (0.5)
    float lambd;             ///< penalty of the least squares (0.01)
    size_t chunk_size;       ///< vectors encoded at a time (10000)
    int random_seed;         ///< (0x12345)
    size_t nperts;           ///< codes changed at random before a round (4, at most M)
    FaissIcmEncoderFactory *icm_encoder_factory; ///< owned; NULL: IcmEncoder
    bool update_codebooks_with_double;           ///< kept for files: it is always double (true)
} FaissLocalSearchQuantizer;

#ifndef SWIG
extern FaissAdditiveQuantizerClass faiss_LocalSearchQuantizer_class;

/// For subclasses and fields.
FaissStatus faiss_LocalSearchQuantizer_init (FaissLocalSearchQuantizer *self, size_t d, size_t M,
                                             size_t nbits,
                                             FaissAdditiveQuantizerSearchType search_type);
#endif

FaissStatus faiss_LocalSearchQuantizer_new (FaissLocalSearchQuantizer **out);
/// M codebooks of nbits bits each.
FaissStatus faiss_LocalSearchQuantizer_new_with (
    FaissLocalSearchQuantizer **out, size_t d, size_t M, size_t nbits,
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress));
void faiss_LocalSearchQuantizer_free (FaissLocalSearchQuantizer *self);
FaissLocalSearchQuantizer *faiss_LocalSearchQuantizer_cast (FaissQuantizer *quantizer);

/// Choose the codebooks that decode given codes best. @param codes  n rows of M
FaissStatus faiss_LocalSearchQuantizer_update_codebooks (FaissLocalSearchQuantizer *self,
                                                         const float *x, const int32_t *codes,
                                                         size_t n);

/// Improve the codes of n vectors, n rows of M, in ils_iters rounds of local search.
FaissStatus faiss_LocalSearchQuantizer_icm_encode (const FaissLocalSearchQuantizer *self,
                                                   int32_t *codes, const float *x, size_t n,
                                                   size_t ils_iters, FaissRandomGenerator *gen);

/// The same for one chunk. @param binaries, unaries  from the functions below
FaissStatus faiss_LocalSearchQuantizer_icm_encode_impl (const FaissLocalSearchQuantizer *self,
                                                        int32_t *codes, const float *x,
                                                        const float *unaries, const float *binaries,
                                                        FaissRandomGenerator *gen, size_t n,
                                                        size_t ils_iters, bool verbose);

/// Sweeps: each code in turn becomes the best one for the others. Nothing is random here.
FaissStatus faiss_LocalSearchQuantizer_icm_encode_step (const FaissLocalSearchQuantizer *self,
                                                        int32_t *codes, const float *unaries,
                                                        const float *binaries, size_t n,
                                                        size_t n_iters);

/// Change nperts codes of each vector at random.
FaissStatus faiss_LocalSearchQuantizer_perturb_codes (const FaissLocalSearchQuantizer *self,
                                                      int32_t *codes, size_t n,
                                                      FaissRandomGenerator *gen);

/// Add noise to the codebooks. @param stddev  per component, size d @param T  temperature
FaissStatus faiss_LocalSearchQuantizer_perturb_codebooks (FaissLocalSearchQuantizer *self, float T,
                                                          const FaissFloat32Vector *stddev,
                                                          FaissRandomGenerator *gen);

/// Twice the inner products of all pairs of rows. @param binaries  output, M x M x K x K
FaissStatus faiss_LocalSearchQuantizer_compute_binary_terms (const FaissLocalSearchQuantizer *self,
                                                             float *binaries);

/// |c|^2 - 2 <x, c> for all vectors and rows. @param unaries  output, M x n x K
FaissStatus faiss_LocalSearchQuantizer_compute_unary_terms (const FaissLocalSearchQuantizer *self,
                                                            const float *x, float *unaries,
                                                            size_t n);

/** The mean squared error of codes.
 *
 * @param codes  n rows of M
 * @param objs   output, the error of each vector, size n; or NULL
 */
FaissStatus faiss_LocalSearchQuantizer_evaluate (const FaissLocalSearchQuantizer *self,
                                                 const int32_t *codes, const float *x, size_t n,
                                                 float *objs, float *out);

FAISS_END_DECLS

#endif
