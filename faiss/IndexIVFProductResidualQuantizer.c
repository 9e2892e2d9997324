/* Inverted files of codes of residual quantizers of the vectors' parts. */
#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>
#include <faiss/impl/index_ivf_additive_internal.h>

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus new_index (FaissIndexIVFProductResidualQuantizer **out, FaissIndex *quantizer,
                              size_t d, size_t nlist, size_t nsplits, size_t Msub, size_t nbits,
                              FaissMetricType metric, FaissAdditiveQuantizerSearchType search_type,
                              bool own_invlists) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexIVFProductResidualQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexIVFProductResidualQuantizer_class.index.head));
    faiss_object_init (&self->prq, &faiss_ProductResidualQuantizer_class.quantizer.head);
    FAISS_TRY (
        faiss_ProductResidualQuantizer_init (&self->prq, d, nsplits, Msub, nbits, search_type));
    FAISS_TRY (faiss_IndexIVFAdditiveQuantizer_init (&self->additive, &self->prq.aq, quantizer, d,
                                                     nlist, metric, own_invlists));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFProductResidualQuantizer_new (
    FaissIndexIVFProductResidualQuantizer **out) {
    return new_index (out, NULL, 0, 0, 0, 0, 0, METRIC_L2, AdditiveQuantizer_ST_decompress, true);
}

FaissStatus faiss_IndexIVFProductResidualQuantizer_new_with (
    FaissIndexIVFProductResidualQuantizer **out, FaissIndex *quantizer, size_t d, size_t nlist,
    size_t nsplits, size_t Msub, size_t nbits, FaissMetricType metric,
    FaissAdditiveQuantizerSearchType search_type, bool own_invlists) {
    FAISS_REQUIRE_ARG (quantizer);
    return new_index (out, quantizer, d, nlist, nsplits, Msub, nbits, metric, search_type,
                      own_invlists);
}

void faiss_IndexIVFProductResidualQuantizer_free (FaissIndexIVFProductResidualQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexIVFProductResidualQuantizer *faiss_IndexIVFProductResidualQuantizer_cast (
    FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFProductResidualQuantizer_class.index.head);
}

static void IndexIVFProductResidualQuantizer_finalize (void *object) {
    FaissIndexIVFProductResidualQuantizer *self = object;
    faiss_object_clear (&self->prq);
}

static FaissStatus IndexIVFProductResidualQuantizer_copy (void *object, const void *other_object) {
    FaissIndexIVFProductResidualQuantizer *self = object;
    const FaissIndexIVFProductResidualQuantizer *other = other_object;
    self->additive.aq = &self->prq.aq;
    return faiss_object_assign (&self->prq, &other->prq);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexIVFProductResidualQuantizer_read (void **out, FaissIOReader *r,
                                                          uint32_t tag, int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexIVFProductResidualQuantizer) *self = NULL;
    FAISS_TRY (
        new_index (&self, NULL, 0, 0, 0, 0, 0, METRIC_L2, AdditiveQuantizer_ST_decompress, false));
    FAISS_TRY (faiss_read_ivf_additive_begin (r, &self->additive));
    FAISS_TRY (faiss_read_ProductResidualQuantizer (r, &self->prq, io_flags));
    FAISS_TRY (faiss_read_ivf_additive_end (r, &self->additive, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexIVFProductResidualQuantizer_write (const void *object, FaissIOWriter *w,
                                                           int io_flags) {
    (void)io_flags;
    const FaissIndexIVFProductResidualQuantizer *self = object;
    FAISS_TRY (faiss_write_tag (w, "IwPR"));
    FAISS_TRY (faiss_write_ivf_additive_begin (w, &self->additive));
    FAISS_TRY (faiss_write_ProductAdditiveQuantizer (w, &self->prq.paq));
    return faiss_write_ivf_additive_end (w, &self->additive);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissIndexIVFProductResidualQuantizer *self = NULL;
    FaissProductSizes sizes;
    FAISS_TRY (faiss_aq_parse_product (context, &sizes));
    FAISS_TRY (new_index (&self, context->quantizer, (size_t)context->d, context->nlist,
                          sizes.nsplits, sizes.Msub, sizes.nbits, context->metric,
                          sizes.search_type, true));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "PRQ([0-9]+)x([0-9]+)x([0-9]+)" FAISS_AQ_NORM,
     .kind = FAISS_FACTORY_CODE,
     .syntax = "PRQ<splits>x<M>x<nbits>[_N<norm>]",
     .what = "codes of residual quantizers of the residuals' parts; norm as for flat RQ",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus IndexIVFProductResidualQuantizer_describe (const void *object,
                                                              FaissString *out) {
    const FaissIndexIVFProductResidualQuantizer *self = object;
    FAISS_TRY (faiss_IndexIVF_describe_coarse (&self->ivf, out));
    return faiss_aq_describe_product (",PRQ", &self->prq.paq, self->index.metric_type, out);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexIVFClass faiss_IndexIVFProductResidualQuantizer_class = {
    .index = {.head = {.name = "IndexIVFProductResidualQuantizer",
                       .parent = &faiss_IndexIVFAdditiveQuantizer_class.index.head,
                       .instance_size = sizeof (FaissIndexIVFProductResidualQuantizer),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .finalize = IndexIVFProductResidualQuantizer_finalize,
                       .copy = IndexIVFProductResidualQuantizer_copy,
                       .tags = "IwPR",
                       .read = IndexIVFProductResidualQuantizer_read,
                       .write = IndexIVFProductResidualQuantizer_write,
                       .factory = factory_rules,
                       .describe = IndexIVFProductResidualQuantizer_describe}},
};
