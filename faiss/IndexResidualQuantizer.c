/* Exhaustive search in codes of residual quantizers. */
#include <faiss/impl/additive_internal.h>
#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus new_index (FaissIndexResidualQuantizer **out, int d, size_t M,
                              const uint64_t *nbits, FaissMetricType metric,
                              FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (d >= 0, "expected d >= 0, got %d", d);
    FAISS_OWNED (IndexResidualQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexResidualQuantizer_class.index.head));
    faiss_object_init (&self->rq, &faiss_ResidualQuantizer_class.quantizer.head);
    FAISS_TRY (faiss_ResidualQuantizer_init (&self->rq, (size_t)d, M, nbits, search_type));
    FAISS_TRY (faiss_IndexAdditiveQuantizer_init (&self->additive, d, &self->rq.aq, metric));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexResidualQuantizer_new (FaissIndexResidualQuantizer **out) {
    return new_index (out, 0, 0, NULL, METRIC_L2, AdditiveQuantizer_ST_decompress);
}

FaissStatus faiss_IndexResidualQuantizer_new_with (FaissIndexResidualQuantizer **out, int d,
                                                   size_t M, size_t nbits, FaissMetricType metric,
                                                   FaissAdditiveQuantizerSearchType search_type) {
    FAISS_AUTO (UInt64Vector) all = {0};
    FAISS_TRY (faiss_aq_repeat_nbits (&all, M, nbits));
    return new_index (out, d, M, all.data, metric, search_type);
}

FaissStatus faiss_IndexResidualQuantizer_new_with_nbits (
    FaissIndexResidualQuantizer **out, int d, const FaissUInt64Vector *nbits,
    FaissMetricType metric, FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (nbits);
    return new_index (out, d, nbits->size, nbits->data, metric, search_type);
}

void faiss_IndexResidualQuantizer_free (FaissIndexResidualQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexResidualQuantizer *faiss_IndexResidualQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexResidualQuantizer_class.index.head);
}

static void IndexResidualQuantizer_finalize (void *object) {
    FaissIndexResidualQuantizer *self = object;
    faiss_object_clear (&self->rq);
}

static FaissStatus IndexResidualQuantizer_copy (void *object, const void *other_object) {
    FaissIndexResidualQuantizer *self = object;
    const FaissIndexResidualQuantizer *other = other_object;
    self->additive.aq = &self->rq.aq;
    return faiss_object_assign (&self->rq, &other->rq);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexResidualQuantizer_read (void **out, FaissIOReader *r, uint32_t tag,
                                                int io_flags) {
    FAISS_OWNED (IndexResidualQuantizer) *self = NULL;
    FAISS_TRY (faiss_IndexResidualQuantizer_new (&self));
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (tag == FAISS_FOURCC ("IxRQ")
                   ? faiss_read_OldResidualQuantizer (r, &self->rq)
                   : faiss_read_ResidualQuantizer (r, &self->rq, io_flags));
    FAISS_TRY (faiss_read_additive_codes (r, &self->additive));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexResidualQuantizer_write (const void *object, FaissIOWriter *w,
                                                 int io_flags) {
    (void)io_flags;
    const FaissIndexResidualQuantizer *self = object;
    FAISS_TRY (faiss_write_tag (w, "IxRq"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_write_ResidualQuantizer (w, &self->rq));
    return faiss_write_additive_codes (w, &self->additive);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissIndexResidualQuantizer *self = NULL;
    FAISS_AUTO (UInt64Vector) nbits = {0};
    FAISS_TRY (faiss_aq_parse_sizes (context->groups[1], &nbits));
    FAISS_TRY (new_index (&self, context->d, nbits.size, nbits.data, context->metric,
                          faiss_aq_parse_norm (context->groups[3], context->metric)));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "RQ" FAISS_AQ_SIZES FAISS_AQ_NORM,
     .kind = FAISS_FACTORY_INDEX,
     .syntax = "RQ<M>x<nbits>[_<M>x<nbits>...][_N<norm>]",
     .what =
         "residual quantizer codes; norm: none, float, qint8, qint4, cqint8, cqint4, lsq2x4, rq2x4",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus IndexResidualQuantizer_describe (const void *object, FaissString *out) {
    const FaissIndexResidualQuantizer *self = object;
    FAISS_TRY (faiss_String_printf (out, "RQ"));
    FAISS_TRY (faiss_aq_describe_sizes (&self->rq.aq, out));
    return faiss_aq_describe_norm (&self->rq.aq, self->index.metric_type, out);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexFlatCodesClass faiss_IndexResidualQuantizer_class = {
    .index = {.head = {.name = "IndexResidualQuantizer",
                       .parent = &faiss_IndexAdditiveQuantizer_class.index.head,
                       .instance_size = sizeof (FaissIndexResidualQuantizer),
                       .table_size = sizeof (FaissIndexFlatCodesClass),
                       .finalize = IndexResidualQuantizer_finalize,
                       .copy = IndexResidualQuantizer_copy,
                       .tags = "IxRq IxRQ",
                       .read = IndexResidualQuantizer_read,
                       .write = IndexResidualQuantizer_write,
                       .factory = factory_rules,
                       .describe = IndexResidualQuantizer_describe}},
};
