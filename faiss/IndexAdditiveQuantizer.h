/* Vectors as codes of additive quantizers; the codebooks of such quantizers as centroids. */
#ifndef FAISS_INDEX_ADDITIVE_QUANTIZER_H
#define FAISS_INDEX_ADDITIVE_QUANTIZER_H

#include <faiss/IndexFlatCodes.h>
#include <faiss/impl/LocalSearchQuantizer.h>
#include <faiss/impl/ProductAdditiveQuantizer.h>
#include <faiss/impl/ResidualQuantizer.h>

FAISS_BEGIN_DECLS

/* ---- exhaustive search in codes -------------------------------------------------------------- */

/** Stores codes of an additive quantizer and compares with all of them.
 *
 * How, and with what error in the distances, is the quantizer's search_type. Range searches and the
 * like compare with the decoded vectors. METRIC_L2 or METRIC_INNER_PRODUCT.
 */
typedef struct FaissIndexAdditiveQuantizer FAISS_EXTENDS (FaissIndexFlatCodes) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
    };
    FaissAdditiveQuantizer *aq; ///< in subclasses their own quantizer; else borrowed
} FaissIndexAdditiveQuantizer;

/// Codes of a residual quantizer.
typedef struct FaissIndexResidualQuantizer FAISS_EXTENDS (FaissIndexAdditiveQuantizer) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
        FaissIndexAdditiveQuantizer additive;
    };
    FaissResidualQuantizer rq;
} FaissIndexResidualQuantizer;

/// Codes of a local search quantizer.
typedef struct FaissIndexLocalSearchQuantizer FAISS_EXTENDS (FaissIndexAdditiveQuantizer) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
        FaissIndexAdditiveQuantizer additive;
    };
    FaissLocalSearchQuantizer lsq;
} FaissIndexLocalSearchQuantizer;

/// Codes of residual quantizers of the vectors' parts.
typedef struct FaissIndexProductResidualQuantizer FAISS_EXTENDS (FaissIndexAdditiveQuantizer) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
        FaissIndexAdditiveQuantizer additive;
    };
    FaissProductResidualQuantizer prq;
} FaissIndexProductResidualQuantizer;

/// Codes of local search quantizers of the vectors' parts.
typedef struct FaissIndexProductLocalSearchQuantizer FAISS_EXTENDS (FaissIndexAdditiveQuantizer) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
        FaissIndexAdditiveQuantizer additive;
    };
    FaissProductLocalSearchQuantizer plsq;
} FaissIndexProductLocalSearchQuantizer;

#ifndef SWIG
extern FaissIndexFlatCodesClass faiss_IndexAdditiveQuantizer_class;
extern FaissIndexFlatCodesClass faiss_IndexResidualQuantizer_class;
extern FaissIndexFlatCodesClass faiss_IndexLocalSearchQuantizer_class;
extern FaissIndexFlatCodesClass faiss_IndexProductResidualQuantizer_class;
extern FaissIndexFlatCodesClass faiss_IndexProductLocalSearchQuantizer_class;

/// For subclasses: code_size and is_trained are those of the quantizer.
FaissStatus faiss_IndexAdditiveQuantizer_init (FaissIndexAdditiveQuantizer *self, idx_t d,
                                               FaissAdditiveQuantizer *aq, FaissMetricType metric);
#endif

/// With a quantizer of the caller's, borrowed, which must be trained or be trained by the index.
FaissStatus faiss_IndexAdditiveQuantizer_new_with (
    FaissIndexAdditiveQuantizer **out, idx_t d, FaissAdditiveQuantizer *aq,
    FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_IndexAdditiveQuantizer_free (FaissIndexAdditiveQuantizer *self);
FaissIndexAdditiveQuantizer *faiss_IndexAdditiveQuantizer_cast (FaissIndex *index);

FaissStatus faiss_IndexResidualQuantizer_new (FaissIndexResidualQuantizer **out);
/// M codebooks of nbits bits each.
FaissStatus faiss_IndexResidualQuantizer_new_with (
    FaissIndexResidualQuantizer **out, int d, size_t M, size_t nbits,
    FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress));
/// Codebooks of different sizes.
FaissStatus faiss_IndexResidualQuantizer_new_with_nbits (
    FaissIndexResidualQuantizer **out, int d, const FaissUInt64Vector *nbits,
    FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress));
void faiss_IndexResidualQuantizer_free (FaissIndexResidualQuantizer *self);
FaissIndexResidualQuantizer *faiss_IndexResidualQuantizer_cast (FaissIndex *index);

FaissStatus faiss_IndexLocalSearchQuantizer_new (FaissIndexLocalSearchQuantizer **out);
/// M codebooks of nbits bits each.
FaissStatus faiss_IndexLocalSearchQuantizer_new_with (
    FaissIndexLocalSearchQuantizer **out, int d, size_t M, size_t nbits,
    FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress));
void faiss_IndexLocalSearchQuantizer_free (FaissIndexLocalSearchQuantizer *self);
FaissIndexLocalSearchQuantizer *faiss_IndexLocalSearchQuantizer_cast (FaissIndex *index);

FaissStatus faiss_IndexProductResidualQuantizer_new (FaissIndexProductResidualQuantizer **out);
/// nsplits (divides d) parts of Msub codebooks of nbits bits.
FaissStatus faiss_IndexProductResidualQuantizer_new_with (
    FaissIndexProductResidualQuantizer **out, int d, size_t nsplits, size_t Msub, size_t nbits,
    FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress));
void faiss_IndexProductResidualQuantizer_free (FaissIndexProductResidualQuantizer *self);
FaissIndexProductResidualQuantizer *faiss_IndexProductResidualQuantizer_cast (FaissIndex *index);

FaissStatus faiss_IndexProductLocalSearchQuantizer_new (
    FaissIndexProductLocalSearchQuantizer **out);
/// nsplits (divides d) parts of Msub codebooks of nbits bits.
FaissStatus faiss_IndexProductLocalSearchQuantizer_new_with (
    FaissIndexProductLocalSearchQuantizer **out, int d, size_t nsplits, size_t Msub, size_t nbits,
    FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress));
void faiss_IndexProductLocalSearchQuantizer_free (FaissIndexProductLocalSearchQuantizer *self);
FaissIndexProductLocalSearchQuantizer *faiss_IndexProductLocalSearchQuantizer_cast (
    FaissIndex *index);

/* ---- all vectors that can be encoded, as the lists of an inverted file ------------------------
 */

/** The 2^(bits of a code) vectors that a quantizer can encode are there from the training on;
 * labels are codes as integers. To be the coarse quantizer of an inverted file with many lists.
 *
 * add and reset are errors.
 */
typedef struct FaissAdditiveCoarseQuantizer FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex index;
    };
    FaissAdditiveQuantizer *aq;        ///< in subclasses their own quantizer; else borrowed
    FaissFloat32Vector centroid_norms; ///< of all vectors, for exact searches with METRIC_L2
} FaissAdditiveCoarseQuantizer;

/// How one search in a ResidualCoarseQuantizer is done.
typedef struct FaissSearchParametersResidualCoarseQuantizer FAISS_EXTENDS (FaissSearchParameters) {
    union {
        FaissSearchParameters params;
    };
    float beam_factor; ///< as that of the index (default 4)
} FaissSearchParametersResidualCoarseQuantizer;

/** The vectors of a residual quantizer, found by its beam search.
 *
 * Beams are of k * beam_factor. Distances are squared whatever the metric, but for exact searches.
 */
typedef struct FaissResidualCoarseQuantizer FAISS_EXTENDS (FaissAdditiveCoarseQuantizer) {
    union {
        FaissIndex index;
        FaissAdditiveCoarseQuantizer coarse;
    };
    FaissResidualQuantizer rq;
    float beam_factor; ///< (4); negative: compare with all vectors
} FaissResidualCoarseQuantizer;

/// The vectors of a local search quantizer; all are compared.
typedef struct FaissLocalSearchCoarseQuantizer FAISS_EXTENDS (FaissAdditiveCoarseQuantizer) {
    union {
        FaissIndex index;
        FaissAdditiveCoarseQuantizer coarse;
    };
    FaissLocalSearchQuantizer lsq;
} FaissLocalSearchCoarseQuantizer;

#ifndef SWIG
extern FaissIndexClass faiss_AdditiveCoarseQuantizer_class;
extern FaissIndexClass faiss_ResidualCoarseQuantizer_class;
extern FaissIndexClass faiss_LocalSearchCoarseQuantizer_class;
extern FaissClass faiss_SearchParametersResidualCoarseQuantizer_class;

/// For subclasses.
FaissStatus faiss_AdditiveCoarseQuantizer_init (FaissAdditiveCoarseQuantizer *self, idx_t d,
                                                FaissAdditiveQuantizer *aq, FaissMetricType metric);
#endif

/// With a quantizer of the caller's, borrowed.
FaissStatus faiss_AdditiveCoarseQuantizer_new_with (
    FaissAdditiveCoarseQuantizer **out, idx_t d, FaissAdditiveQuantizer *aq,
    FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_AdditiveCoarseQuantizer_free (FaissAdditiveCoarseQuantizer *self);
FaissAdditiveCoarseQuantizer *faiss_AdditiveCoarseQuantizer_cast (FaissIndex *index);

FaissStatus faiss_SearchParametersResidualCoarseQuantizer_new (
    FaissSearchParametersResidualCoarseQuantizer **out);
void faiss_SearchParametersResidualCoarseQuantizer_free (
    FaissSearchParametersResidualCoarseQuantizer *self);

FaissStatus faiss_ResidualCoarseQuantizer_new (FaissResidualCoarseQuantizer **out);
/// M codebooks of nbits bits each.
FaissStatus faiss_ResidualCoarseQuantizer_new_with (
    FaissResidualCoarseQuantizer **out, int d, size_t M, size_t nbits,
    FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
/// Codebooks of different sizes.
FaissStatus faiss_ResidualCoarseQuantizer_new_with_nbits (
    FaissResidualCoarseQuantizer **out, int d, const FaissUInt64Vector *nbits,
    FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_ResidualCoarseQuantizer_free (FaissResidualCoarseQuantizer *self);
FaissResidualCoarseQuantizer *faiss_ResidualCoarseQuantizer_cast (FaissIndex *index);

/// Set beam_factor, and compute or forget centroid_norms, which exact searches need.
FaissStatus faiss_ResidualCoarseQuantizer_set_beam_factor (FaissResidualCoarseQuantizer *self,
                                                           float new_beam_factor);

/// Take the first codebooks, as many as self has, of a trained one of the same d.
FaissStatus faiss_ResidualCoarseQuantizer_initialize_from (
    FaissResidualCoarseQuantizer *self, const FaissResidualCoarseQuantizer *other);

FaissStatus faiss_LocalSearchCoarseQuantizer_new (FaissLocalSearchCoarseQuantizer **out);
/// M codebooks of nbits bits each.
FaissStatus faiss_LocalSearchCoarseQuantizer_new_with (
    FaissLocalSearchCoarseQuantizer **out, int d, size_t M, size_t nbits,
    FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_LocalSearchCoarseQuantizer_free (FaissLocalSearchCoarseQuantizer *self);
FaissLocalSearchCoarseQuantizer *faiss_LocalSearchCoarseQuantizer_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
