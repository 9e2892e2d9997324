/* Scalar quantizers as kernels want them. Not for public headers. */
#ifndef FAISS_SQ_CODEC_H
#define FAISS_SQ_CODEC_H

#include <faiss/impl/ScalarQuantizer.h>
#include <faiss/impl/sq_turbo.h>
#include <faiss/kernels/kernels.h>

/// The tables of a quantizer spread out, for one operation on many vectors.
typedef struct FaissSQCoder {
    FaissSQCodec codec;
    bool is_turbo;
    FaissTurbo turbo; ///< instead of the codec
    float *memory;
} FaissSQCoder;

/// The elements of `trained` for a type and dimension.
size_t faiss_sq_trained_size (FaissQuantizerType qtype, size_t d);

/// Bits per component and bytes of a code; false for a type that does not exist.
bool faiss_sq_sizes (FaissQuantizerType qtype, size_t d, size_t *bits, size_t *code_size);

bool faiss_sq_is_turbo (FaissQuantizerType qtype);

/// One range for all components?
bool faiss_sq_is_uniform (FaissQuantizerType qtype);

/// Does a type learn from vectors?
bool faiss_sq_needs_vectors (FaissQuantizerType qtype);

FaissStatus faiss_SQCoder_init (FaissSQCoder *self, const FaissScalarQuantizer *sq);
void faiss_SQCoder_clear (FaissSQCoder *self);

/// One thread's work; `scratch` has faiss_SQCoder_scratch floats.
size_t faiss_SQCoder_scratch (const FaissSQCoder *self);
void faiss_SQCoder_encode (const FaissSQCoder *self, const float *x, size_t n, uint8_t *codes,
                           float *scratch);
void faiss_SQCoder_decode (const FaissSQCoder *self, const uint8_t *codes, size_t n, float *x,
                           float *scratch);

/* Distances of one query to codes. What a query is beyond x (TurboQuant's projection) is made once:
 * faiss_SQCoder_query_size floats. `coder` is a FaissSQCoder. */
size_t faiss_SQCoder_query_size (const FaissSQCoder *self);
void faiss_SQCoder_prepare (const void *coder, const float *x, float *query);
void faiss_SQCoder_L2sqr (const void *coder, const float *x, const float *query,
                          const uint8_t *codes, size_t n, float *out);
void faiss_SQCoder_inner_products (const void *coder, const float *x, const float *query,
                                   const uint8_t *codes, size_t n, float *out);

/// A query with what it takes.
typedef struct FaissSQQuery {
    const FaissSQCoder *coder; ///< borrowed
    bool is_similarity;
    const float *x; ///< borrowed
    float *query;   ///< by faiss_SQCoder_prepare
} FaissSQQuery;

FaissStatus faiss_SQQuery_init (FaissSQQuery *self, const FaissSQCoder *coder,
                                FaissMetricType metric);
void faiss_SQQuery_clear (FaissSQQuery *self);

/// x must stay valid while it is the query.
void faiss_SQQuery_set (FaissSQQuery *self, const float *x);

/// To n codes in a row.
void faiss_SQQuery_distances (const FaissSQQuery *self, const uint8_t *codes, size_t n, float *out);

/// To four codes anywhere.
void faiss_SQQuery_batch_4 (const FaissSQQuery *self, const uint8_t *const codes[4], float out[4]);

/* ---- what the indexes share (faiss/impl/sq_index.c) ------------------------------------------ */

struct FaissIOReader;
struct FaissIOWriter;
struct FaissString;

/// The factory's names of types, as a pattern.
#define FAISS_SQ_PATTERN "SQ(0|4|6|8|fp16|bf16|8_direct_signed|8_direct|tqmse[12348]|tq[2-5])"

/// The type of a factory string that fits the pattern.
FaissStatus faiss_sq_type_of_name (const char *name, FaissQuantizerType *out);

/// Append the factory's name of a type, nothing for those that have none.
FaissStatus faiss_sq_describe (FaissQuantizerType qtype, struct FaissString *out);

/// "SQ" of the format; it must fit the index whose header was read.
FaissStatus faiss_ScalarQuantizer_read (FaissScalarQuantizer *self, struct FaissIOReader *reader,
                                        const FaissIndex *index);
FaissStatus faiss_ScalarQuantizer_write (const FaissScalarQuantizer *self,
                                         struct FaissIOWriter *writer);

/// An error unless two quantizers give the same meaning to codes.
FaissStatus faiss_sq_check_same (const FaissScalarQuantizer *a, const FaissScalarQuantizer *b);

#endif
