/* Scalar-quantized vectors, one after the other or in inverted lists. */
#ifndef FAISS_INDEX_SCALAR_QUANTIZER_C_H
#define FAISS_INDEX_SCALAR_QUANTIZER_C_H

#include "IndexIVF_c.h"
#include "Index_c.h"
#include "faiss_c.h"

FAISS_C_API_BEGIN

/// How a component is stored; the numbers are those of files.
typedef enum FaissQuantizerType {
    QT_8bit = 0,
    QT_4bit = 1,
    QT_8bit_uniform = 2,
    QT_4bit_uniform = 3,
    QT_fp16 = 4,
    QT_8bit_direct = 5,
    QT_6bit = 6,
    QT_bf16 = 7,
    QT_8bit_direct_signed = 8,
    QT_0bit = 9,
    QT_1bit_tqmse = 10,
    QT_2bit_tqmse = 11,
    QT_3bit_tqmse = 12,
    QT_4bit_tqmse = 13,
    QT_8bit_tqmse = 14,
    QT_2bit_tq = 15,
    QT_3bit_tq = 16,
    QT_4bit_tq = 17,
    QT_5bit_tq = 18,
    QT_1bit_eden = 19,
    QT_2bit_eden = 20,
    QT_3bit_eden = 21,
    QT_4bit_eden = 22,
    QT_5bit_eden = 23,
    QT_6bit_eden = 24,
    QT_7bit_eden = 25,
    QT_8bit_eden = 26,
    QT_count = 27
} FaissQuantizerType;

/// How the range of a component is learned.
typedef enum FaissRangeStat {
    RS_minmax = 0,
    RS_meanstd = 1,
    RS_quantiles = 2,
    RS_optim = 3
} FaissRangeStat;

FAISS_DECLARE_CLASS (ScalarQuantizer)
FAISS_DECLARE_CLASS_INHERITED (IndexScalarQuantizer, Index)
FAISS_DECLARE_CLASS_INHERITED (IndexIVFScalarQuantizer, Index)

int faiss_IndexScalarQuantizer_new (FaissIndexScalarQuantizer **out);
int faiss_IndexScalarQuantizer_new_with (FaissIndexScalarQuantizer **out, idx_t d,
                                         FaissQuantizerType qt, FaissMetricType metric);
FaissIndexScalarQuantizer *faiss_IndexScalarQuantizer_cast (FaissIndex *index);
void faiss_IndexScalarQuantizer_free (FaissIndexScalarQuantizer *self);
/// The index's own quantizer.
FaissScalarQuantizer *faiss_IndexScalarQuantizer_sq (FaissIndexScalarQuantizer *self);

FaissIndexIVFScalarQuantizer *faiss_IndexIVFScalarQuantizer_cast (FaissIndex *index);
void faiss_IndexIVFScalarQuantizer_free (FaissIndexIVFScalarQuantizer *self);
/// The quantizer is borrowed unless set_own_fields says otherwise.
int faiss_IndexIVFScalarQuantizer_new (FaissIndexIVFScalarQuantizer **out);
int faiss_IndexIVFScalarQuantizer_new_with (FaissIndexIVFScalarQuantizer **out,
                                            FaissIndex *quantizer, idx_t d, size_t nlist,
                                            FaissQuantizerType qt);
int faiss_IndexIVFScalarQuantizer_new_with_metric (FaissIndexIVFScalarQuantizer **out,
                                                   FaissIndex *quantizer, size_t d, size_t nlist,
                                                   FaissQuantizerType qt, FaissMetricType metric,
                                                   int encode_residual);

size_t faiss_IndexIVFScalarQuantizer_nlist (const FaissIndexIVFScalarQuantizer *self);
size_t faiss_IndexIVFScalarQuantizer_nprobe (const FaissIndexIVFScalarQuantizer *self);
void faiss_IndexIVFScalarQuantizer_set_nprobe (FaissIndexIVFScalarQuantizer *self, size_t nprobe);
FaissIndex *faiss_IndexIVFScalarQuantizer_quantizer (const FaissIndexIVFScalarQuantizer *self);
int faiss_IndexIVFScalarQuantizer_own_fields (const FaissIndexIVFScalarQuantizer *self);
void faiss_IndexIVFScalarQuantizer_set_own_fields (FaissIndexIVFScalarQuantizer *self,
                                                   int own_fields);

/// Add vectors whose lists are known. @param precomputed_idx  lists, size n
int faiss_IndexIVFScalarQuantizer_add_core (FaissIndexIVFScalarQuantizer *self, idx_t n,
                                            const float *x, const idx_t *xids,
                                            const idx_t *precomputed_idx);
/// Train the scalar quantizer alone.
int faiss_IndexIVFScalarQuantizer_train_residual (FaissIndexIVFScalarQuantizer *self, idx_t n,
                                                  const float *x);
FaissScalarQuantizer *faiss_IndexIVFScalarQuantizer_sq (FaissIndexIVFScalarQuantizer *self);

FaissQuantizerType faiss_ScalarQuantizer_qtype (const FaissScalarQuantizer *self);
size_t faiss_ScalarQuantizer_bits (const FaissScalarQuantizer *self);
size_t faiss_ScalarQuantizer_d (const FaissScalarQuantizer *self);
size_t faiss_ScalarQuantizer_code_size (const FaissScalarQuantizer *self);
FaissRangeStat faiss_ScalarQuantizer_rangestat (const FaissScalarQuantizer *self);
void faiss_ScalarQuantizer_set_rangestat (FaissScalarQuantizer *self, FaissRangeStat rangestat);
float faiss_ScalarQuantizer_rangestat_arg (const FaissScalarQuantizer *self);
void faiss_ScalarQuantizer_set_rangestat_arg (FaissScalarQuantizer *self, float rangestat_arg);
size_t faiss_ScalarQuantizer_trained_size (const FaissScalarQuantizer *self);
/// @param out  size trained_size
void faiss_ScalarQuantizer_trained (const FaissScalarQuantizer *self, float *out);

FAISS_C_API_END

#endif
