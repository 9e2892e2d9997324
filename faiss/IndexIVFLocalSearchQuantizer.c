/* Inverted files of codes of local search quantizers. */
#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>
#include <faiss/impl/index_ivf_additive_internal.h>

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus new_index (FaissIndexIVFLocalSearchQuantizer **out, FaissIndex *quantizer,
                              size_t d, size_t nlist, size_t M, size_t nbits,
                              FaissMetricType metric, FaissAdditiveQuantizerSearchType search_type,
                              bool own_invlists) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexIVFLocalSearchQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFLocalSearchQuantizer_class.index.head));
    faiss_object_init (&self->lsq, &faiss_LocalSearchQuantizer_class.quantizer.head);
    FAISS_TRY (faiss_LocalSearchQuantizer_init (&self->lsq, d, M, nbits, search_type));
    FAISS_TRY (faiss_IndexIVFAdditiveQuantizer_init (&self->additive, &self->lsq.aq, quantizer, d,
                                                     nlist, metric, own_invlists));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFLocalSearchQuantizer_new (FaissIndexIVFLocalSearchQuantizer **out) {
    return new_index (out, NULL, 0, 0, 0, 0, METRIC_L2, AdditiveQuantizer_ST_decompress, true);
}

FaissStatus faiss_IndexIVFLocalSearchQuantizer_new_with (
    FaissIndexIVFLocalSearchQuantizer **out, FaissIndex *quantizer, size_t d, size_t nlist,
    size_t M, size_t nbits, FaissMetricType metric, FaissAdditiveQuantizerSearchType search_type,
    bool own_invlists) {
    FAISS_REQUIRE_ARG (quantizer);
    return new_index (out, quantizer, d, nlist, M, nbits, metric, search_type, own_invlists);
}

void faiss_IndexIVFLocalSearchQuantizer_free (FaissIndexIVFLocalSearchQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexIVFLocalSearchQuantizer *faiss_IndexIVFLocalSearchQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFLocalSearchQuantizer_class.index.head);
}

static void IndexIVFLocalSearchQuantizer_finalize (void *object) {
    FaissIndexIVFLocalSearchQuantizer *self = object;
    faiss_object_clear (&self->lsq);
}

static FaissStatus IndexIVFLocalSearchQuantizer_copy (void *object, const void *other_object) {
    FaissIndexIVFLocalSearchQuantizer *self = object;
    const FaissIndexIVFLocalSearchQuantizer *other = other_object;
    self->additive.aq = &self->lsq.aq;
    return faiss_object_assign (&self->lsq, &other->lsq);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexIVFLocalSearchQuantizer_read (void **out, FaissIOReader *r, uint32_t tag,
                                                      int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexIVFLocalSearchQuantizer) *self = NULL;
    FAISS_TRY (
        new_index (&self, NULL, 0, 0, 0, 0, METRIC_L2, AdditiveQuantizer_ST_decompress, false));
    FAISS_TRY (faiss_read_ivf_additive_begin (r, &self->additive));
    FAISS_TRY (faiss_read_LocalSearchQuantizer (r, &self->lsq));
    FAISS_TRY (faiss_read_ivf_additive_end (r, &self->additive, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexIVFLocalSearchQuantizer_write (const void *object, FaissIOWriter *w,
                                                       int io_flags) {
    (void)io_flags;
    const FaissIndexIVFLocalSearchQuantizer *self = object;
    FAISS_TRY (faiss_write_tag (w, "IwLS"));
    FAISS_TRY (faiss_write_ivf_additive_begin (w, &self->additive));
    FAISS_TRY (faiss_write_LocalSearchQuantizer (w, &self->lsq));
    return faiss_write_ivf_additive_end (w, &self->additive);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissIndexIVFLocalSearchQuantizer *self = NULL;
    FAISS_AUTO (UInt64Vector) nbits = {0};
    FAISS_TRY (faiss_aq_parse_sizes (context->groups[1], &nbits));
    FAISS_TRY (new_index (&self, context->quantizer, (size_t)context->d, context->nlist, nbits.size,
                          nbits.size ? nbits.data[0] : 0, context->metric,
                          faiss_aq_parse_norm (context->groups[3], context->metric), true));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "LSQ" FAISS_AQ_SIZES FAISS_AQ_NORM,
     .kind = FAISS_FACTORY_CODE,
     .syntax = "LSQ<M>x<nbits>[_N<norm>]",
     .what = "local search quantizer codes of residuals; norm as for flat RQ",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus IndexIVFLocalSearchQuantizer_describe (const void *object, FaissString *out) {
    const FaissIndexIVFLocalSearchQuantizer *self = object;
    FAISS_TRY (faiss_IndexIVF_describe_coarse (&self->ivf, out));
    FAISS_TRY (faiss_String_printf (out, ",LSQ"));
    FAISS_TRY (faiss_aq_describe_sizes (&self->lsq.aq, out));
    return faiss_aq_describe_norm (&self->lsq.aq, self->index.metric_type, out);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexIVFClass faiss_IndexIVFLocalSearchQuantizer_class = {
    .index = {.head = {.name = "IndexIVFLocalSearchQuantizer",
                       .parent = &faiss_IndexIVFAdditiveQuantizer_class.index.head,
                       .instance_size = sizeof (FaissIndexIVFLocalSearchQuantizer),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .finalize = IndexIVFLocalSearchQuantizer_finalize,
                       .copy = IndexIVFLocalSearchQuantizer_copy,
                       .tags = "IwLS",
                       .read = IndexIVFLocalSearchQuantizer_read,
                       .write = IndexIVFLocalSearchQuantizer_write,
                       .factory = factory_rules,
                       .describe = IndexIVFLocalSearchQuantizer_describe}},
};
