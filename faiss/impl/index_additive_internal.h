/* What the indexes on additive quantizers share. Not for public headers. */
#ifndef FAISS_INDEX_ADDITIVE_INTERNAL_H
#define FAISS_INDEX_ADDITIVE_INTERNAL_H

#include <faiss/IndexAdditiveQuantizer.h>
#include <faiss/impl/additive_files.h>
#include <faiss/impl/additive_internal.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/utils/string.h>

/* ---- centroids ------------------------------------------------------------------------------- */

/// Fill centroid_norms; for METRIC_INNER_PRODUCT there are none.
FaissStatus faiss_AdditiveCoarseQuantizer_compute_norms (FaissAdditiveCoarseQuantizer *self);

/// Train the quantizer only.
FaissStatus faiss_AdditiveCoarseQuantizer_train_aq (FaissAdditiveCoarseQuantizer *self, idx_t n,
                                                    const float *x);

/* ---- files ----------------------------------------------------------------------------------- */

/// The code size and the codes, which end the files of flat indexes; checks that all fits.
FaissStatus faiss_read_additive_codes (FaissIOReader *r, FaissIndexAdditiveQuantizer *self);
FaissStatus faiss_write_additive_codes (FaissIOWriter *w, const FaissIndexAdditiveQuantizer *self);

/// The quantizer of a file fits its index.
FaissStatus faiss_check_aq_dimension (const FaissIOReader *r, const FaissIndex *index,
                                      const FaissAdditiveQuantizer *aq);

/* ---- factory strings ------------------------------------------------------------------------- */

/* Codebooks, one or two groups, and how the norm is stored, one group. */
#define FAISS_AQ_SIZES "([0-9]+x[0-9]+(_[0-9]+x[0-9]+)*)"
#define FAISS_AQ_NORM "(_Nnone|_Nfloat|_Nqint8|_Nqint4|_Ncqint8|_Ncqint4|_Nlsq2x4|_Nrq2x4)?"

/// "2x8_1x4": two codebooks of 8 bits and one of 4.
FaissStatus faiss_aq_parse_sizes (const char *text, FaissUInt64Vector *nbits);

/// "_Nqint8", or NULL or "" for the default of the metric.
FaissAdditiveQuantizerSearchType faiss_aq_parse_norm (const char *text, FaissMetricType metric);

/// Append the same.
FaissStatus faiss_aq_describe_sizes (const FaissAdditiveQuantizer *aq, FaissString *out);
FaissStatus faiss_aq_describe_norm (const FaissAdditiveQuantizer *aq, FaissMetricType metric,
                                    FaissString *out);

/// The three numbers of "PRQ4x2x8", and the norm after them.
typedef struct FaissProductSizes {
    size_t nsplits, Msub, nbits;
    FaissAdditiveQuantizerSearchType search_type;
} FaissProductSizes;

/// From the groups 1 .. 4 of a rule.
FaissStatus faiss_aq_parse_product (const FaissFactoryContext *context, FaissProductSizes *out);
FaissStatus faiss_aq_describe_product (const char *name, const FaissProductAdditiveQuantizer *paq,
                                       FaissMetricType metric, FaissString *out);

#endif
