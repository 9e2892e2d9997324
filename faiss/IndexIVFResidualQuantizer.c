/* Inverted files of codes of residual quantizers. */
#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>
#include <faiss/impl/index_ivf_additive_internal.h>

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus new_index (FaissIndexIVFResidualQuantizer **out, FaissIndex *quantizer, size_t d,
                              size_t nlist, size_t M, const uint64_t *nbits, FaissMetricType metric,
                              FaissAdditiveQuantizerSearchType search_type, bool own_invlists) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexIVFResidualQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFResidualQuantizer_class.index.head));
    faiss_object_init (&self->rq, &faiss_ResidualQuantizer_class.quantizer.head);
    FAISS_TRY (faiss_ResidualQuantizer_init (&self->rq, d, M, nbits, search_type));
    FAISS_TRY (faiss_IndexIVFAdditiveQuantizer_init (&self->additive, &self->rq.aq, quantizer, d,
                                                     nlist, metric, own_invlists));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFResidualQuantizer_new (FaissIndexIVFResidualQuantizer **out) {
    return new_index (out, NULL, 0, 0, 0, NULL, METRIC_L2, AdditiveQuantizer_ST_decompress, true);
}

FaissStatus faiss_IndexIVFResidualQuantizer_new_with (FaissIndexIVFResidualQuantizer **out,
                                                      FaissIndex *quantizer, size_t d, size_t nlist,
                                                      size_t M, size_t nbits,
                                                      FaissMetricType metric,
                                                      FaissAdditiveQuantizerSearchType search_type,
                                                      bool own_invlists) {
    FAISS_REQUIRE_ARG (quantizer);
    FAISS_AUTO (UInt64Vector) all = {0};
    FAISS_TRY (faiss_aq_repeat_nbits (&all, M, nbits));
    return new_index (out, quantizer, d, nlist, M, all.data, metric, search_type, own_invlists);
}

FaissStatus faiss_IndexIVFResidualQuantizer_new_with_nbits (
    FaissIndexIVFResidualQuantizer **out, FaissIndex *quantizer, size_t d, size_t nlist,
    const FaissUInt64Vector *nbits, FaissMetricType metric,
    FaissAdditiveQuantizerSearchType search_type, bool own_invlists) {
    FAISS_REQUIRE_ARG (quantizer);
    FAISS_REQUIRE_ARG (nbits);
    return new_index (out, quantizer, d, nlist, nbits->size, nbits->data, metric, search_type,
                      own_invlists);
}

void faiss_IndexIVFResidualQuantizer_free (FaissIndexIVFResidualQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexIVFResidualQuantizer *faiss_IndexIVFResidualQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFResidualQuantizer_class.index.head);
}

static void IndexIVFResidualQuantizer_finalize (void *object) {
    FaissIndexIVFResidualQuantizer *self = object;
    faiss_object_clear (&self->rq);
}

static FaissStatus IndexIVFResidualQuantizer_copy (void *object, const void *other_object) {
    FaissIndexIVFResidualQuantizer *self = object;
    const FaissIndexIVFResidualQuantizer *other = other_object;
    self->additive.aq = &self->rq.aq;
    return faiss_object_assign (&self->rq, &other->rq);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexIVFResidualQuantizer_read (void **out, FaissIOReader *r, uint32_t tag,
                                                   int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexIVFResidualQuantizer) *self = NULL;
    FAISS_TRY (
        new_index (&self, NULL, 0, 0, 0, NULL, METRIC_L2, AdditiveQuantizer_ST_decompress, false));
    FAISS_TRY (faiss_read_ivf_additive_begin (r, &self->additive));
    FAISS_TRY (faiss_read_ResidualQuantizer (r, &self->rq, io_flags));
    FAISS_TRY (faiss_read_ivf_additive_end (r, &self->additive, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexIVFResidualQuantizer_write (const void *object, FaissIOWriter *w,
                                                    int io_flags) {
    (void)io_flags;
    const FaissIndexIVFResidualQuantizer *self = object;
    FAISS_TRY (faiss_write_tag (w, "IwRQ"));
    FAISS_TRY (faiss_write_ivf_additive_begin (w, &self->additive));
    FAISS_TRY (faiss_write_ResidualQuantizer (w, &self->rq));
    return faiss_write_ivf_additive_end (w, &self->additive);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissIndexIVFResidualQuantizer *self = NULL;
    FAISS_AUTO (UInt64Vector) nbits = {0};
    FAISS_TRY (faiss_aq_parse_sizes (context->groups[1], &nbits));
    FAISS_TRY (new_index (&self, context->quantizer, (size_t)context->d, context->nlist, nbits.size,
                          nbits.data, context->metric,
                          faiss_aq_parse_norm (context->groups[3], context->metric), true));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "RQ" FAISS_AQ_SIZES FAISS_AQ_NORM,
     .kind = FAISS_FACTORY_CODE,
     .syntax = "RQ<M>x<nbits>[_<M>x<nbits>...][_N<norm>]",
     .what = "residual quantizer codes of residuals; norm as for flat RQ",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus IndexIVFResidualQuantizer_describe (const void *object, FaissString *out) {
    const FaissIndexIVFResidualQuantizer *self = object;
    FAISS_TRY (faiss_IndexIVF_describe_coarse (&self->ivf, out));
    FAISS_TRY (faiss_String_printf (out, ",RQ"));
    FAISS_TRY (faiss_aq_describe_sizes (&self->rq.aq, out));
    return faiss_aq_describe_norm (&self->rq.aq, self->index.metric_type, out);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexIVFClass faiss_IndexIVFResidualQuantizer_class = {
    .index = {.head = {.name = "IndexIVFResidualQuantizer",
                       .parent = &faiss_IndexIVFAdditiveQuantizer_class.index.head,
                       .instance_size = sizeof (FaissIndexIVFResidualQuantizer),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .finalize = IndexIVFResidualQuantizer_finalize,
                       .copy = IndexIVFResidualQuantizer_copy,
                       .tags = "IwRQ",
                       .read = IndexIVFResidualQuantizer_read,
                       .write = IndexIVFResidualQuantizer_write,
                       .factory = factory_rules,
                       .describe = IndexIVFResidualQuantizer_describe}},
};
