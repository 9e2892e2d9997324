/* Exhaustive search in codes of local search quantizers of the vectors' parts. */
#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus new_index (FaissIndexProductLocalSearchQuantizer **out, int d, size_t nsplits,
                              size_t Msub, size_t nbits, FaissMetricType metric,
                              FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (d >= 0, "expected d >= 0, got %d", d);
    FAISS_OWNED (IndexProductLocalSearchQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexProductLocalSearchQuantizer_class.index.head));
    faiss_object_init (&self->plsq, &faiss_ProductLocalSearchQuantizer_class.quantizer.head);
    FAISS_TRY (faiss_ProductLocalSearchQuantizer_init (&self->plsq, (size_t)d, nsplits, Msub, nbits,
                                                       search_type));
    FAISS_TRY (faiss_IndexAdditiveQuantizer_init (&self->additive, d, &self->plsq.aq, metric));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexProductLocalSearchQuantizer_new (
    FaissIndexProductLocalSearchQuantizer **out) {
    return new_index (out, 0, 0, 0, 0, METRIC_L2, AdditiveQuantizer_ST_decompress);
}

FaissStatus faiss_IndexProductLocalSearchQuantizer_new_with (
    FaissIndexProductLocalSearchQuantizer **out, int d, size_t nsplits, size_t Msub, size_t nbits,
    FaissMetricType metric, FaissAdditiveQuantizerSearchType search_type) {
    return new_index (out, d, nsplits, Msub, nbits, metric, search_type);
}

void faiss_IndexProductLocalSearchQuantizer_free (FaissIndexProductLocalSearchQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexProductLocalSearchQuantizer *faiss_IndexProductLocalSearchQuantizer_cast (
    FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexProductLocalSearchQuantizer_class.index.head);
}

static void IndexProductLocalSearchQuantizer_finalize (void *object) {
    FaissIndexProductLocalSearchQuantizer *self = object;
    faiss_object_clear (&self->plsq);
}

static FaissStatus IndexProductLocalSearchQuantizer_copy (void *object, const void *other_object) {
    FaissIndexProductLocalSearchQuantizer *self = object;
    const FaissIndexProductLocalSearchQuantizer *other = other_object;
    self->additive.aq = &self->plsq.aq;
    return faiss_object_assign (&self->plsq, &other->plsq);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexProductLocalSearchQuantizer_read (void **out, FaissIOReader *r,
                                                          uint32_t tag, int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (IndexProductLocalSearchQuantizer) *self = NULL;
    FAISS_TRY (faiss_IndexProductLocalSearchQuantizer_new (&self));
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_ProductLocalSearchQuantizer (r, &self->plsq));
    FAISS_TRY (faiss_read_additive_codes (r, &self->additive));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexProductLocalSearchQuantizer_write (const void *object, FaissIOWriter *w,
                                                           int io_flags) {
    (void)io_flags;
    const FaissIndexProductLocalSearchQuantizer *self = object;
    FAISS_TRY (faiss_write_tag (w, "IxPL"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_write_ProductAdditiveQuantizer (w, &self->plsq.paq));
    return faiss_write_additive_codes (w, &self->additive);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissIndexProductLocalSearchQuantizer *self = NULL;
    FaissProductSizes sizes;
    FAISS_TRY (faiss_aq_parse_product (context, &sizes));
    FAISS_TRY (new_index (&self, context->d, sizes.nsplits, sizes.Msub, sizes.nbits,
                          context->metric, sizes.search_type));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "PLSQ([0-9]+)x([0-9]+)x([0-9]+)" FAISS_AQ_NORM,
     .kind = FAISS_FACTORY_INDEX,
     .syntax = "PLSQ<splits>x<M>x<nbits>[_N<norm>]",
     .what = "codes of local search quantizers of the vector's parts; norm as for RQ",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus IndexProductLocalSearchQuantizer_describe (const void *object,
                                                              FaissString *out) {
    const FaissIndexProductLocalSearchQuantizer *self = object;
    return faiss_aq_describe_product ("PLSQ", &self->plsq.paq, self->index.metric_type, out);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexFlatCodesClass faiss_IndexProductLocalSearchQuantizer_class = {
    .index = {.head = {.name = "IndexProductLocalSearchQuantizer",
                       .parent = &faiss_IndexAdditiveQuantizer_class.index.head,
                       .instance_size = sizeof (FaissIndexProductLocalSearchQuantizer),
                       .table_size = sizeof (FaissIndexFlatCodesClass),
                       .finalize = IndexProductLocalSearchQuantizer_finalize,
                       .copy = IndexProductLocalSearchQuantizer_copy,
                       .tags = "IxPL",
                       .read = IndexProductLocalSearchQuantizer_read,
                       .write = IndexProductLocalSearchQuantizer_write,
                       .factory = factory_rules,
                       .describe = IndexProductLocalSearchQuantizer_describe}},
};
