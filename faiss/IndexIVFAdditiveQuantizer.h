/* Inverted files of codes of additive quantizers. */
#ifndef FAISS_INDEX_IVF_ADDITIVE_QUANTIZER_H
#define FAISS_INDEX_IVF_ADDITIVE_QUANTIZER_H

#include <faiss/IndexIVF.h>
#include <faiss/impl/LocalSearchQuantizer.h>
#include <faiss/impl/ProductAdditiveQuantizer.h>
#include <faiss/impl/ResidualQuantizer.h>

FAISS_BEGIN_DECLS

/** The lists store codes of an additive quantizer, by default of the vectors' residuals.
 *
 * How codes are compared is the quantizer's search_type; norms that it stores are those of what is
 * encoded, of the residuals for instance. METRIC_L2 or METRIC_INNER_PRODUCT.
 */
typedef struct FaissIndexIVFAdditiveQuantizer FAISS_EXTENDS (FaissIndexIVF) {
    union {
        FaissIndex index;
        FaissIndexIVF ivf;
    };
    FaissAdditiveQuantizer *aq; ///< in subclasses their own quantizer; else borrowed
    int use_precomputed_table;  ///< kept for files (0)
} FaissIndexIVFAdditiveQuantizer;

/// Codes of a residual quantizer.
typedef struct FaissIndexIVFResidualQuantizer FAISS_EXTENDS (FaissIndexIVFAdditiveQuantizer) {
    union {
        FaissIndex index;
        FaissIndexIVF ivf;
        FaissIndexIVFAdditiveQuantizer additive;
    };
    FaissResidualQuantizer rq;
} FaissIndexIVFResidualQuantizer;

/// Codes of a local search quantizer.
typedef struct FaissIndexIVFLocalSearchQuantizer FAISS_EXTENDS (FaissIndexIVFAdditiveQuantizer) {
    union {
        FaissIndex index;
        FaissIndexIVF ivf;
        FaissIndexIVFAdditiveQuantizer additive;
    };
    FaissLocalSearchQuantizer lsq;
} FaissIndexIVFLocalSearchQuantizer;

/// Codes of residual quantizers of the vectors' parts.
typedef struct FaissIndexIVFProductResidualQuantizer FAISS_EXTENDS (
    FaissIndexIVFAdditiveQuantizer) {
    union {
        FaissIndex index;
        FaissIndexIVF ivf;
        FaissIndexIVFAdditiveQuantizer additive;
    };
    FaissProductResidualQuantizer prq;
} FaissIndexIVFProductResidualQuantizer;

/// Codes of local search quantizers of the vectors' parts.
typedef struct FaissIndexIVFProductLocalSearchQuantizer FAISS_EXTENDS (
    FaissIndexIVFAdditiveQuantizer) {
    union {
        FaissIndex index;
        FaissIndexIVF ivf;
        FaissIndexIVFAdditiveQuantizer additive;
    };
    FaissProductLocalSearchQuantizer plsq;
} FaissIndexIVFProductLocalSearchQuantizer;

#ifndef SWIG
extern FaissIndexIVFClass faiss_IndexIVFAdditiveQuantizer_class;
extern FaissIndexIVFClass faiss_IndexIVFResidualQuantizer_class;
extern FaissIndexIVFClass faiss_IndexIVFLocalSearchQuantizer_class;
extern FaissIndexIVFClass faiss_IndexIVFProductResidualQuantizer_class;
extern FaissIndexIVFClass faiss_IndexIVFProductLocalSearchQuantizer_class;

/// For subclasses: code_size is that of the quantizer.
FaissStatus faiss_IndexIVFAdditiveQuantizer_init (FaissIndexIVFAdditiveQuantizer *self,
                                                  FaissAdditiveQuantizer *aq, FaissIndex *quantizer,
                                                  size_t d, size_t nlist, FaissMetricType metric,
                                                  bool own_invlists);
#endif

/// With an additive quantizer of the caller's, borrowed. @param quantizer  borrowed too
FaissStatus faiss_IndexIVFAdditiveQuantizer_new_with (
    FaissIndexIVFAdditiveQuantizer **out, FaissAdditiveQuantizer *aq, FaissIndex *quantizer,
    size_t d, size_t nlist, FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
    bool own_invlists FAISS_DEFAULT (true));
void faiss_IndexIVFAdditiveQuantizer_free (FaissIndexIVFAdditiveQuantizer *self);
FaissIndexIVFAdditiveQuantizer *faiss_IndexIVFAdditiveQuantizer_cast (FaissIndex *index);

FaissStatus faiss_IndexIVFResidualQuantizer_new (FaissIndexIVFResidualQuantizer **out);
/// M codebooks of nbits bits each. @param quantizer  borrowed
FaissStatus faiss_IndexIVFResidualQuantizer_new_with (
    FaissIndexIVFResidualQuantizer **out, FaissIndex *quantizer, size_t d, size_t nlist, size_t M,
    size_t nbits, FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress),
    bool own_invlists FAISS_DEFAULT (true));
/// Codebooks of different sizes.
FaissStatus faiss_IndexIVFResidualQuantizer_new_with_nbits (
    FaissIndexIVFResidualQuantizer **out, FaissIndex *quantizer, size_t d, size_t nlist,
    const FaissUInt64Vector *nbits, FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress),
    bool own_invlists FAISS_DEFAULT (true));
void faiss_IndexIVFResidualQuantizer_free (FaissIndexIVFResidualQuantizer *self);
FaissIndexIVFResidualQuantizer *faiss_IndexIVFResidualQuantizer_cast (FaissIndex *index);

FaissStatus faiss_IndexIVFLocalSearchQuantizer_new (FaissIndexIVFLocalSearchQuantizer **out);
/// M codebooks of nbits bits each. @param quantizer  borrowed
FaissStatus faiss_IndexIVFLocalSearchQuantizer_new_with (
    FaissIndexIVFLocalSearchQuantizer **out, FaissIndex *quantizer, size_t d, size_t nlist,
    size_t M, size_t nbits, FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress),
    bool own_invlists FAISS_DEFAULT (true));
void faiss_IndexIVFLocalSearchQuantizer_free (FaissIndexIVFLocalSearchQuantizer *self);
FaissIndexIVFLocalSearchQuantizer *faiss_IndexIVFLocalSearchQuantizer_cast (FaissIndex *index);

FaissStatus faiss_IndexIVFProductResidualQuantizer_new (
    FaissIndexIVFProductResidualQuantizer **out);
/// nsplits (divides d) parts of Msub codebooks of nbits bits. @param quantizer  borrowed
FaissStatus faiss_IndexIVFProductResidualQuantizer_new_with (
    FaissIndexIVFProductResidualQuantizer **out, FaissIndex *quantizer, size_t d, size_t nlist,
    size_t nsplits, size_t Msub, size_t nbits, FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress),
    bool own_invlists FAISS_DEFAULT (true));
void faiss_IndexIVFProductResidualQuantizer_free (FaissIndexIVFProductResidualQuantizer *self);
FaissIndexIVFProductResidualQuantizer *faiss_IndexIVFProductResidualQuantizer_cast (
    FaissIndex *index);

FaissStatus faiss_IndexIVFProductLocalSearchQuantizer_new (
    FaissIndexIVFProductLocalSearchQuantizer **out);
/// nsplits (divides d) parts of Msub codebooks of nbits bits. @param quantizer  borrowed
FaissStatus faiss_IndexIVFProductLocalSearchQuantizer_new_with (
    FaissIndexIVFProductLocalSearchQuantizer **out, FaissIndex *quantizer, size_t d, size_t nlist,
    size_t nsplits, size_t Msub, size_t nbits, FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress),
    bool own_invlists FAISS_DEFAULT (true));
void faiss_IndexIVFProductLocalSearchQuantizer_free (
    FaissIndexIVFProductLocalSearchQuantizer *self);
FaissIndexIVFProductLocalSearchQuantizer *faiss_IndexIVFProductLocalSearchQuantizer_cast (
    FaissIndex *index);

FAISS_END_DECLS

#endif
