/* Scalar-quantized vectors, one after the other or in inverted lists. */
#ifndef FAISS_INDEX_SCALAR_QUANTIZER_H
#define FAISS_INDEX_SCALAR_QUANTIZER_H

#include <faiss/IndexFlatCodes.h>
#include <faiss/IndexIVF.h>
#include <faiss/impl/ScalarQuantizer.h>

FAISS_BEGIN_DECLS

/// Keeps vectors as codes of a scalar quantizer and compares each with the query; L2 and inner
/// product.
typedef struct FaissIndexScalarQuantizer FAISS_EXTENDS (FaissIndexFlatCodes) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
    };
    FaissScalarQuantizer sq; ///< encodes the vectors
} FaissIndexScalarQuantizer;

/// Inverted lists of codes of a scalar quantizer, by default of residuals; L2 and inner product.
typedef struct FaissIndexIVFScalarQuantizer FAISS_EXTENDS (FaissIndexIVF) {
    union {
        FaissIndex index;
        FaissIndexIVF ivf;
    };
    FaissScalarQuantizer sq; ///< encodes the vectors
} FaissIndexIVFScalarQuantizer;

/** Settings of a search in lists of QT_*bit_tq codes.
 *
 * Both say how coarse the query may be made to be faster; our scan is fast on the query as it is,
 * so that results are those of qb = 0 whatever they say.
 */
typedef struct FaissIVFSQTurboQSearchParameters FAISS_EXTENDS (FaissSearchParametersIVF) {
    union {
        FaissSearchParameters params;
        FaissSearchParametersIVF params_ivf;
    };
    uint8_t qb;   ///< bits of a component of the query, 0 (default): not quantized
    bool int_qjl; ///< integers also for the sketch (default false)
} FaissIVFSQTurboQSearchParameters;

#ifndef SWIG
extern FaissIndexFlatCodesClass faiss_IndexScalarQuantizer_class;
extern FaissIndexIVFClass faiss_IndexIVFScalarQuantizer_class;
extern FaissClass faiss_IVFSQTurboQSearchParameters_class;
#endif

/* ---- IndexScalarQuantizer -------------------------------------------------------------------- */

/// 8bit of dimension 0.
FaissStatus faiss_IndexScalarQuantizer_new (FaissIndexScalarQuantizer **out);
/// Trained if the type is one of those that take vectors as they are (fp16, bf16, 8bit_direct...).
FaissStatus faiss_IndexScalarQuantizer_new_with (FaissIndexScalarQuantizer **out, idx_t d,
                                                 FaissQuantizerType qt,
                                                 FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_IndexScalarQuantizer_free (FaissIndexScalarQuantizer *self);
/// The index itself if it is of this class, else NULL.
FaissIndexScalarQuantizer *faiss_IndexScalarQuantizer_cast (FaissIndex *index);
FaissScalarQuantizer *faiss_IndexScalarQuantizer_sq (FaissIndexScalarQuantizer *self);

/* ---- IndexIVFScalarQuantizer ----------------------------------------------------------------- */

/// No dimension, no quantizer, no lists.
FaissStatus faiss_IndexIVFScalarQuantizer_new (FaissIndexIVFScalarQuantizer **out);
/// @param quantizer  of dimension d; borrowed until own_fields is set
FaissStatus faiss_IndexIVFScalarQuantizer_new_with (FaissIndexIVFScalarQuantizer **out,
                                                    FaissIndex *quantizer, idx_t d, size_t nlist,
                                                    FaissQuantizerType qt);
/// @param encode_residual  codes are of the vector minus its list's centroid; 0bit and tq types
///                         never do that
FaissStatus faiss_IndexIVFScalarQuantizer_new_with_metric (FaissIndexIVFScalarQuantizer **out,
                                                           FaissIndex *quantizer, size_t d,
                                                           size_t nlist, FaissQuantizerType qt,
                                                           FaissMetricType metric,
                                                           int encode_residual FAISS_DEFAULT (1));
void faiss_IndexIVFScalarQuantizer_free (FaissIndexIVFScalarQuantizer *self);
FaissIndexIVFScalarQuantizer *faiss_IndexIVFScalarQuantizer_cast (FaissIndex *index);
FaissScalarQuantizer *faiss_IndexIVFScalarQuantizer_sq (FaissIndexIVFScalarQuantizer *self);

size_t faiss_IndexIVFScalarQuantizer_nlist (const FaissIndexIVFScalarQuantizer *self);
size_t faiss_IndexIVFScalarQuantizer_nprobe (const FaissIndexIVFScalarQuantizer *self);
void faiss_IndexIVFScalarQuantizer_set_nprobe (FaissIndexIVFScalarQuantizer *self, size_t nprobe);
FaissIndex *faiss_IndexIVFScalarQuantizer_quantizer (const FaissIndexIVFScalarQuantizer *self);
int faiss_IndexIVFScalarQuantizer_own_fields (const FaissIndexIVFScalarQuantizer *self);
void faiss_IndexIVFScalarQuantizer_set_own_fields (FaissIndexIVFScalarQuantizer *self,
                                                   int own_fields);
/// faiss_IndexIVF_add_core
FaissStatus faiss_IndexIVFScalarQuantizer_add_core (FaissIndexIVFScalarQuantizer *self, idx_t n,
                                                    const float *x, const idx_t *xids,
                                                    const idx_t *precomputed_idx);
/// Train the scalar quantizer alone, on vectors whose lists the quantizer finds.
FaissStatus faiss_IndexIVFScalarQuantizer_train_residual (FaissIndexIVFScalarQuantizer *self,
                                                          idx_t n, const float *x);

/* ---- search parameters ----------------------------------------------------------------------- */

FaissStatus faiss_IVFSQTurboQSearchParameters_new (FaissIVFSQTurboQSearchParameters **out);
void faiss_IVFSQTurboQSearchParameters_free (FaissIVFSQTurboQSearchParameters *self);

FAISS_END_DECLS

#endif
