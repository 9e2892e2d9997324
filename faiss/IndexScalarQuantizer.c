/* Scalar-quantized vectors, one after the other. */
#include <faiss/IndexScalarQuantizer.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/sq_codec.h>
#include <faiss/utils/exact_search.h>
#include <faiss/utils/string.h>

#define SELF(pointer) FAISS_SELF (IndexScalarQuantizer, index, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexScalarQuantizer, index, pointer)

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus init (FaissIndexScalarQuantizer *self, idx_t d, FaissQuantizerType qtype,
                         FaissMetricType metric) {
    FAISS_REQUIRE (d >= 0 && d <= FAISS_MAX_DIMENSION, "expected 0 <= d <= %d, got %lld",
                   FAISS_MAX_DIMENSION, (long long)d);
    FAISS_TRY (faiss_ScalarQuantizer_init (&self->sq, (size_t)d, qtype));
    FAISS_TRY (
        faiss_IndexFlatCodes_init (&self->flat_codes, self->sq.quantizer.code_size, d, metric));
    self->index.is_trained = qtype == QT_fp16 || qtype == QT_bf16 || qtype == QT_8bit_direct ||
                             qtype == QT_8bit_direct_signed;
    return FAISS_OK;
}

FaissStatus faiss_IndexScalarQuantizer_new (FaissIndexScalarQuantizer **out) {
    return faiss_IndexScalarQuantizer_new_with (out, 0, QT_8bit, METRIC_L2);
}

FaissStatus faiss_IndexScalarQuantizer_new_with (FaissIndexScalarQuantizer **out, idx_t d,
                                                 FaissQuantizerType qt, FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexScalarQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexScalarQuantizer_class.index.head));
    FAISS_TRY (init (self, d, qt, metric));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexScalarQuantizer_free (FaissIndexScalarQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexScalarQuantizer *faiss_IndexScalarQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexScalarQuantizer_class.index.head);
}

FaissScalarQuantizer *faiss_IndexScalarQuantizer_sq (FaissIndexScalarQuantizer *self) {
    return &self->sq;
}

static void IndexScalarQuantizer_finalize (void *object) {
    FaissIndexScalarQuantizer *self = object;
    faiss_object_clear (&self->sq);
}

static FaissStatus IndexScalarQuantizer_copy (void *object, const void *other_object) {
    FaissIndexScalarQuantizer *self = object;
    const FaissIndexScalarQuantizer *other = other_object;
    return faiss_object_assign (&self->sq, &other->sq);
}

/* ---- methods --------------------------------------------------------------------------------- */

static FaissStatus IndexScalarQuantizer_train (FaissIndex *index, idx_t n, const float *x) {
    FAISS_TRY (faiss_ScalarQuantizer_train (&SELF (index)->sq, (size_t)n, x));
    index->is_trained = true;
    return FAISS_OK;
}

/* ---- search ---------------------------------------------------------------------------------- */

static void decode (const void *coder, const uint8_t *codes, size_t n, float *x) {
    faiss_SQCoder_decode (coder, codes, n, x, NULL);
}

/* A search over all codes; the metric is one that codes have. */
typedef struct CodedSearch {
    FaissSQCoder coder;
    FaissExactCodes codes;
    bool is_similarity;
} CodedSearch;

static FaissStatus open_search (const FaissIndexScalarQuantizer *self, CodedSearch *search) {
    FaissMetricType metric = self->index.metric_type;
    FAISS_REQUIRE (metric == METRIC_L2 || metric == METRIC_INNER_PRODUCT,
                   "expected METRIC_L2 or METRIC_INNER_PRODUCT, got %d", (int)metric);
    FAISS_TRY (faiss_SQCoder_init (&search->coder, &self->sq));
    search->is_similarity = metric == METRIC_INNER_PRODUCT;
    const FaissSQCoder *coder = &search->coder;
    search->codes = (FaissExactCodes){
        .codec = coder,
        .codes = self->flat_codes.codes.data,
        .code_size = self->flat_codes.code_size,
        .decode = decode,
        .distances = search->is_similarity ? faiss_SQCoder_inner_products : faiss_SQCoder_L2sqr,
        .prepare = coder->is_turbo ? faiss_SQCoder_prepare : NULL,
        .query_size = faiss_SQCoder_query_size (coder),
        .is_always_streamed = coder->is_turbo || coder->codec.kind == FAISS_SQ_ZERO};
    return FAISS_OK;
}

static FaissStatus IndexScalarQuantizer_search (const FaissIndex *index, idx_t n, const float *x,
                                                idx_t k, const FaissSearchParameters *params,
                                                float *distances, idx_t *labels) {
    if (index->ntotal > UINT32_MAX) { /* the fast way counts in 32 bits */
        return faiss_IndexFlatCodes_class.index.search (index, n, x, k, params, distances, labels);
    }
    CodedSearch search;
    FAISS_TRY (faiss_IndexFlatCodes_check_size (&CONST_SELF (index)->flat_codes));
    FAISS_TRY (open_search (CONST_SELF (index), &search));
    FaissStatus status = faiss_coded_knn (search.is_similarity, x, &search.codes, (size_t)index->d,
                                          (size_t)n, (size_t)index->ntotal, (size_t)k, distances,
                                          labels, params ? params->sel : NULL);
    faiss_SQCoder_clear (&search.coder);
    return status;
}

static FaissStatus IndexScalarQuantizer_range_search (const FaissIndex *index, idx_t n,
                                                      const float *x, float radius,
                                                      const FaissSearchParameters *params,
                                                      FaissRangeSearchResult *result) {
    if (index->ntotal > UINT32_MAX) {
        return faiss_IndexFlatCodes_class.index.range_search (index, n, x, radius, params, result);
    }
    CodedSearch search;
    FAISS_TRY (open_search (CONST_SELF (index), &search));
    FaissStatus status = faiss_coded_range_search (
        search.is_similarity, x, &search.codes, (size_t)index->d, (size_t)n, (size_t)index->ntotal,
        radius, result, params ? params->sel : NULL);
    faiss_SQCoder_clear (&search.coder);
    return status;
}

/* ---- codes ----------------------------------------------------------------------------------- */

static FaissStatus IndexScalarQuantizer_sa_encode (const FaissIndex *index, idx_t n, const float *x,
                                                   uint8_t *bytes) {
    const FaissScalarQuantizer *sq = &CONST_SELF (index)->sq;
    return n == 0 ? FAISS_OK
                  : sq->quantizer.cls->compute_codes (&sq->quantizer, x, bytes, (size_t)n);
}

static FaissStatus IndexScalarQuantizer_sa_decode (const FaissIndex *index, idx_t n,
                                                   const uint8_t *bytes, float *x) {
    const FaissScalarQuantizer *sq = &CONST_SELF (index)->sq;
    return n == 0 ? FAISS_OK : sq->quantizer.cls->decode (&sq->quantizer, bytes, x, (size_t)n);
}

static FaissStatus IndexScalarQuantizer_get_FlatCodesDistanceComputer (
    const FaissIndexFlatCodes *codes, FaissFlatCodesDistanceComputer **out) {
    const FaissIndexScalarQuantizer *self =
        FAISS_CONST_SELF (IndexScalarQuantizer, flat_codes, codes);
    FaissFlatCodesDistanceComputer *computer;
    FAISS_TRY (faiss_ScalarQuantizer_get_distance_computer (&self->sq, &computer,
                                                            self->index.metric_type));
    computer->codes = codes->codes.data;
    *out = computer;
    return FAISS_OK;
}

static FaissStatus IndexScalarQuantizer_check_compatible_for_merge (const FaissIndex *index,
                                                                    const FaissIndex *other) {
    FAISS_TRY (faiss_IndexFlatCodes_class.index.check_compatible_for_merge (index, other));
    return faiss_sq_check_same (&CONST_SELF (index)->sq, &CONST_SELF (other)->sq);
}

/* ---- files and factory strings --------------------------------------------------------------- */

static FaissStatus IndexScalarQuantizer_write (const void *object, FaissIOWriter *writer,
                                               int io_flags) {
    const FaissIndexScalarQuantizer *self = object;
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (writer, "IxSQ"));
    FAISS_TRY (faiss_write_index_header (writer, &self->index));
    FAISS_TRY (faiss_ScalarQuantizer_write (&self->sq, writer));
    return faiss_write_UInt8Vector (writer, &self->flat_codes.codes);
}

static FaissStatus IndexScalarQuantizer_read (void **out, FaissIOReader *reader, uint32_t tag,
                                              int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (IndexScalarQuantizer) *self = NULL;
    FAISS_TRY (faiss_IndexScalarQuantizer_new (&self));
    FAISS_TRY (faiss_read_index_header (reader, &self->index));
    FAISS_TRY (faiss_ScalarQuantizer_read (&self->sq, reader, &self->index));
    FAISS_TRY (faiss_read_UInt8Vector (reader, &self->flat_codes.codes, "codes"));
    size_t code_size = self->sq.quantizer.code_size, n_bytes = self->flat_codes.codes.size;
    FAISS_REQUIRE_FILE (reader,
                        code_size == 0 ? n_bytes == 0
                                       : n_bytes % code_size == 0 &&
                                             n_bytes / code_size == (size_t)self->index.ntotal,
                        "codes has %zu bytes, expected ntotal=%lld times %zu", n_bytes,
                        (long long)self->index.ntotal, code_size);
    self->flat_codes.code_size = code_size;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    FaissIndexScalarQuantizer *index;
    FaissQuantizerType qtype;
    FAISS_TRY (faiss_sq_type_of_name (context->groups[0], &qtype));
    FAISS_TRY (faiss_IndexScalarQuantizer_new_with (&index, context->d, qtype, context->metric));
    memcpy (out, &index, sizeof index);
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {FAISS_SQ_PATTERN, FAISS_FACTORY_INDEX, "SQ{8|6|4|0|fp16|bf16|8_direct|tqmse4|tq4...}",
     "each component in a few bits, exhaustive search", build},
    {0},
};

static FaissStatus IndexScalarQuantizer_describe (const void *object, FaissString *out) {
    const FaissIndexScalarQuantizer *self = object;
    return faiss_sq_describe (self->sq.qtype, out);
}

/* ---- the class ------------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus IndexScalarQuantizer_check (const void *object) {
    const FaissIndexScalarQuantizer *self = object;
    FAISS_TRY (faiss_check_encoder (__func__, "sq", &self->sq.quantizer, &self->index,
                                    self->flat_codes.code_size));
    return FAISS_OK;
}

FaissIndexFlatCodesClass faiss_IndexScalarQuantizer_class = {
    .index =
        {
            .head = {.name = "IndexScalarQuantizer",
                     .parent = &faiss_IndexFlatCodes_class.index.head,
                     .instance_size = sizeof (FaissIndexScalarQuantizer),
                     .table_size = sizeof (FaissIndexFlatCodesClass),
                     .check = IndexScalarQuantizer_check,
                     .finalize = IndexScalarQuantizer_finalize,
                     .copy = IndexScalarQuantizer_copy,
                     .tags = "IxSQ",
                     .read = IndexScalarQuantizer_read,
                     .write = IndexScalarQuantizer_write,
                     .factory = factory_rules,
                     .describe = IndexScalarQuantizer_describe},
            .train = IndexScalarQuantizer_train,
            .search = IndexScalarQuantizer_search,
            .range_search = IndexScalarQuantizer_range_search,
            .sa_encode = IndexScalarQuantizer_sa_encode,
            .sa_decode = IndexScalarQuantizer_sa_decode,
            .check_compatible_for_merge = IndexScalarQuantizer_check_compatible_for_merge,
        },
    .get_FlatCodesDistanceComputer = IndexScalarQuantizer_get_FlatCodesDistanceComputer,
};
