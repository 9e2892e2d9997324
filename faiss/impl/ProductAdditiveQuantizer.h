/* Vectors cut into parts, each encoded by an additive quantizer of its own. */
#ifndef FAISS_PRODUCT_ADDITIVE_QUANTIZER_H
#define FAISS_PRODUCT_ADDITIVE_QUANTIZER_H

#include <faiss/impl/AdditiveQuantizer.h>

FAISS_BEGIN_DECLS

/** The parts' quantizers decompose d into nsplits equal parts.
 *
 * A code is the rows' numbers of part 0, of part 1 ..., then one norm for the whole vector. The
 * codebooks (rows of d / nsplits) are the parts' codebooks one after the other.
 */
typedef struct FaissProductAdditiveQuantizer FAISS_EXTENDS (FaissAdditiveQuantizer) {
    union {
        FaissQuantizer quantizer;
        FaissAdditiveQuantizer aq;
    };
    size_t nsplits;                      ///< number of parts
    FaissAdditiveQuantizer **quantizers; ///< size nsplits; owned
    FAISS_PRIVATE (size_t made_nsplits;) ///< how many there are
} FaissProductAdditiveQuantizer;

/// Parts that are residual quantizers.
typedef struct FaissProductResidualQuantizer FAISS_EXTENDS (FaissProductAdditiveQuantizer) {
    union {
        FaissQuantizer quantizer;
        FaissAdditiveQuantizer aq;
        FaissProductAdditiveQuantizer paq;
    };
} FaissProductResidualQuantizer;

/// Parts that are local search quantizers.
typedef struct FaissProductLocalSearchQuantizer FAISS_EXTENDS (FaissProductAdditiveQuantizer) {
    union {
        FaissQuantizer quantizer;
        FaissAdditiveQuantizer aq;
        FaissProductAdditiveQuantizer paq;
    };
} FaissProductLocalSearchQuantizer;

#ifndef SWIG
extern FaissAdditiveQuantizerClass faiss_ProductAdditiveQuantizer_class;
extern FaissAdditiveQuantizerClass faiss_ProductResidualQuantizer_class;
extern FaissAdditiveQuantizerClass faiss_ProductLocalSearchQuantizer_class;

/// For subclasses and fields.
FaissStatus faiss_ProductResidualQuantizer_init (FaissProductResidualQuantizer *self, size_t d,
                                                 size_t nsplits, size_t Msub, size_t nbits,
                                                 FaissAdditiveQuantizerSearchType search_type);
FaissStatus faiss_ProductLocalSearchQuantizer_init (FaissProductLocalSearchQuantizer *self,
                                                    size_t d, size_t nsplits, size_t Msub,
                                                    size_t nbits,
                                                    FaissAdditiveQuantizerSearchType search_type);
#endif

FaissStatus faiss_ProductAdditiveQuantizer_new (FaissProductAdditiveQuantizer **out);

/** Of given quantizers.
 *
 * @param aqs  nsplits of them, whose dimensions add up to d and are equal; deep copies are taken
 */
FaissStatus faiss_ProductAdditiveQuantizer_new_with (FaissProductAdditiveQuantizer **out, size_t d,
                                                     size_t nsplits,
                                                     FaissAdditiveQuantizer *const *aqs,
                                                     FaissAdditiveQuantizerSearchType search_type);
void faiss_ProductAdditiveQuantizer_free (FaissProductAdditiveQuantizer *self);
FaissProductAdditiveQuantizer *faiss_ProductAdditiveQuantizer_cast (FaissQuantizer *quantizer);

/// The quantizer of a part, NULL if there is none.
FaissAdditiveQuantizer *faiss_ProductAdditiveQuantizer_subquantizer (
    const FaissProductAdditiveQuantizer *self, size_t m);

/// Encode without packing. @param codes  output, n rows of M @param centroids  unused, may be NULL
FaissStatus faiss_ProductAdditiveQuantizer_compute_unpacked_codes (
    const FaissProductAdditiveQuantizer *self, const float *x, int32_t *codes, size_t n,
    const float *centroids FAISS_DEFAULT (NULL));

FaissStatus faiss_ProductResidualQuantizer_new (FaissProductResidualQuantizer **out);
/// nsplits (divides d) parts of Msub codebooks of nbits bits.
FaissStatus faiss_ProductResidualQuantizer_new_with (
    FaissProductResidualQuantizer **out, size_t d, size_t nsplits, size_t Msub, size_t nbits,
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress));
void faiss_ProductResidualQuantizer_free (FaissProductResidualQuantizer *self);

FaissStatus faiss_ProductLocalSearchQuantizer_new (FaissProductLocalSearchQuantizer **out);
/// nsplits (divides d) parts of Msub codebooks of nbits bits.
FaissStatus faiss_ProductLocalSearchQuantizer_new_with (
    FaissProductLocalSearchQuantizer **out, size_t d, size_t nsplits, size_t Msub, size_t nbits,
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress));
void faiss_ProductLocalSearchQuantizer_free (FaissProductLocalSearchQuantizer *self);

FAISS_END_DECLS

#endif
