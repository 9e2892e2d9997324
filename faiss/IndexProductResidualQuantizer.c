/* Exhaustive search in codes of residual quantizers of the vectors' parts. */
#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus new_index (FaissIndexProductResidualQuantizer **out, int d, size_t nsplits,
                              size_t Msub, size_t nbits, FaissMetricType metric,
                              FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (d >= 0, "expected d >= 0, got %d", d);
    FAISS_OWNED (IndexProductResidualQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexProductResidualQuantizer_class.index.head));
    faiss_object_init (&self->prq, &faiss_ProductResidualQuantizer_class.quantizer.head);
    FAISS_TRY (faiss_ProductResidualQuantizer_init (&self->prq, (size_t)d, nsplits, Msub, nbits,
                                                    search_type));
    FAISS_TRY (faiss_IndexAdditiveQuantizer_init (&self->additive, d, &self->prq.aq, metric));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexProductResidualQuantizer_new (FaissIndexProductResidualQuantizer **out) {
    return new_index (out, 0, 0, 0, 0, METRIC_L2, AdditiveQuantizer_ST_decompress);
}

FaissStatus faiss_IndexProductResidualQuantizer_new_with (
    FaissIndexProductResidualQuantizer **out, int d, size_t nsplits, size_t Msub, size_t nbits,
    FaissMetricType metric, FaissAdditiveQuantizerSearchType search_type) {
    return new_index (out, d, nsplits, Msub, nbits, metric, search_type);
}

void faiss_IndexProductResidualQuantizer_free (FaissIndexProductResidualQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexProductResidualQuantizer *faiss_IndexProductResidualQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexProductResidualQuantizer_class.index.head);
}

static void IndexProductResidualQuantizer_finalize (void *object) {
    FaissIndexProductResidualQuantizer *self = object;
    faiss_object_clear (&self->prq);
}

static FaissStatus IndexProductResidualQuantizer_copy (void *object, const void *other_object) {
    FaissIndexProductResidualQuantizer *self = object;
    const FaissIndexProductResidualQuantizer *other = other_object;
    self->additive.aq = &self->prq.aq;
    return faiss_object_assign (&self->prq, &other->prq);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexProductResidualQuantizer_read (void **out, FaissIOReader *r, uint32_t tag,
                                                       int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexProductResidualQuantizer) *self = NULL;
    FAISS_TRY (faiss_IndexProductResidualQuantizer_new (&self));
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_ProductResidualQuantizer (r, &self->prq, io_flags));
    FAISS_TRY (faiss_read_additive_codes (r, &self->additive));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexProductResidualQuantizer_write (const void *object, FaissIOWriter *w,
                                                        int io_flags) {
    (void)io_flags;
    const FaissIndexProductResidualQuantizer *self = object;
    FAISS_TRY (faiss_write_tag (w, "IxPR"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_write_ProductAdditiveQuantizer (w, &self->prq.paq));
    return faiss_write_additive_codes (w, &self->additive);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissIndexProductResidualQuantizer *self = NULL;
    FaissProductSizes sizes;
    FAISS_TRY (faiss_aq_parse_product (context, &sizes));
    FAISS_TRY (new_index (&self, context->d, sizes.nsplits, sizes.Msub, sizes.nbits,
                          context->metric, sizes.search_type));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "PRQ([0-9]+)x([0-9]+)x([0-9]+)" FAISS_AQ_NORM,
     .kind = FAISS_FACTORY_INDEX,
     .syntax = "PRQ<splits>x<M>x<nbits>[_N<norm>]",
     .what = "codes of residual quantizers of the vector's parts; norm as for RQ",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus IndexProductResidualQuantizer_describe (const void *object, FaissString *out) {
    const FaissIndexProductResidualQuantizer *self = object;
    return faiss_aq_describe_product ("PRQ", &self->prq.paq, self->index.metric_type, out);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexFlatCodesClass faiss_IndexProductResidualQuantizer_class = {
    .index = {.head = {.name = "IndexProductResidualQuantizer",
                       .parent = &faiss_IndexAdditiveQuantizer_class.index.head,
                       .instance_size = sizeof (FaissIndexProductResidualQuantizer),
                       .table_size = sizeof (FaissIndexFlatCodesClass),
                       .finalize = IndexProductResidualQuantizer_finalize,
                       .copy = IndexProductResidualQuantizer_copy,
                       .tags = "IxPR",
                       .read = IndexProductResidualQuantizer_read,
                       .write = IndexProductResidualQuantizer_write,
                       .factory = factory_rules,
                       .describe = IndexProductResidualQuantizer_describe}},
};
