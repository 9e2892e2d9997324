/* Inverted files of codes of local search quantizers of the vectors' parts. */
#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>
#include <faiss/impl/index_ivf_additive_internal.h>

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus new_index (FaissIndexIVFProductLocalSearchQuantizer **out, FaissIndex *quantizer,
                              size_t d, size_t nlist, size_t nsplits, size_t Msub, size_t nbits,
                              FaissMetricType metric, FaissAdditiveQuantizerSearchType search_type,
                              bool own_invlists) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexIVFProductLocalSearchQuantizer) *self = NULL;
    FAISS_TRY (
        faiss_object_new (&self, &faiss_IndexIVFProductLocalSearchQuantizer_class.index.head));
    faiss_object_init (&self->plsq, &faiss_ProductLocalSearchQuantizer_class.quantizer.head);
    FAISS_TRY (
        faiss_ProductLocalSearchQuantizer_init (&self->plsq, d, nsplits, Msub, nbits, search_type));
    FAISS_TRY (faiss_IndexIVFAdditiveQuantizer_init (&self->additive, &self->plsq.aq, quantizer, d,
                                                     nlist, metric, own_invlists));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFProductLocalSearchQuantizer_new (
    FaissIndexIVFProductLocalSearchQuantizer **out) {
    return new_index (out, NULL, 0, 0, 0, 0, 0, METRIC_L2, AdditiveQuantizer_ST_decompress, true);
}

FaissStatus faiss_IndexIVFProductLocalSearchQuantizer_new_with (
    FaissIndexIVFProductLocalSearchQuantizer **out, FaissIndex *quantizer, size_t d, size_t nlist,
    size_t nsplits, size_t Msub, size_t nbits, FaissMetricType metric,
    FaissAdditiveQuantizerSearchType search_type, bool own_invlists) {
    FAISS_REQUIRE_ARG (quantizer);
    return new_index (out, quantizer, d, nlist, nsplits, Msub, nbits, metric, search_type,
                      own_invlists);
}

void faiss_IndexIVFProductLocalSearchQuantizer_free (
    FaissIndexIVFProductLocalSearchQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexIVFProductLocalSearchQuantizer *faiss_IndexIVFProductLocalSearchQuantizer_cast (
    FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexIVFProductLocalSearchQuantizer_class.index.head);
}

static void IndexIVFProductLocalSearchQuantizer_finalize (void *object) {
    FaissIndexIVFProductLocalSearchQuantizer *self = object;
    faiss_object_clear (&self->plsq);
}

static FaissStatus IndexIVFProductLocalSearchQuantizer_copy (void *object,
                                                             const void *other_object) {
    FaissIndexIVFProductLocalSearchQuantizer *self = object;
    const FaissIndexIVFProductLocalSearchQuantizer *other = other_object;
    self->additive.aq = &self->plsq.aq;
    return faiss_object_assign (&self->plsq, &other->plsq);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexIVFProductLocalSearchQuantizer_read (void **out, FaissIOReader *r,
                                                             uint32_t tag, int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexIVFProductLocalSearchQuantizer) *self = NULL;
    FAISS_TRY (
        new_index (&self, NULL, 0, 0, 0, 0, 0, METRIC_L2, AdditiveQuantizer_ST_decompress, false));
    FAISS_TRY (faiss_read_ivf_additive_begin (r, &self->additive));
    FAISS_TRY (faiss_read_ProductLocalSearchQuantizer (r, &self->plsq));
    FAISS_TRY (faiss_read_ivf_additive_end (r, &self->additive, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexIVFProductLocalSearchQuantizer_write (const void *object, FaissIOWriter *w,
                                                              int io_flags) {
    (void)io_flags;
    const FaissIndexIVFProductLocalSearchQuantizer *self = object;
    FAISS_TRY (faiss_write_tag (w, "IwPL"));
    FAISS_TRY (faiss_write_ivf_additive_begin (w, &self->additive));
    FAISS_TRY (faiss_write_ProductAdditiveQuantizer (w, &self->plsq.paq));
    return faiss_write_ivf_additive_end (w, &self->additive);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissIndexIVFProductLocalSearchQuantizer *self = NULL;
    FaissProductSizes sizes;
    FAISS_TRY (faiss_aq_parse_product (context, &sizes));
    FAISS_TRY (new_index (&self, context->quantizer, (size_t)context->d, context->nlist,
                          sizes.nsplits, sizes.Msub, sizes.nbits, context->metric,
                          sizes.search_type, true));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "PLSQ([0-9]+)x([0-9]+)x([0-9]+)" FAISS_AQ_NORM,
     .kind = FAISS_FACTORY_CODE,
     .syntax = "PLSQ<splits>x<M>x<nbits>[_N<norm>]",
     .what = "codes of local search quantizers of the residuals' parts; norm as for flat RQ",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus IndexIVFProductLocalSearchQuantizer_describe (const void *object,
                                                                 FaissString *out) {
    const FaissIndexIVFProductLocalSearchQuantizer *self = object;
    FAISS_TRY (faiss_IndexIVF_describe_coarse (&self->ivf, out));
    return faiss_aq_describe_product (",PLSQ", &self->plsq.paq, self->index.metric_type, out);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexIVFClass faiss_IndexIVFProductLocalSearchQuantizer_class = {
    .index = {.head = {.name = "IndexIVFProductLocalSearchQuantizer",
                       .parent = &faiss_IndexIVFAdditiveQuantizer_class.index.head,
                       .instance_size = sizeof (FaissIndexIVFProductLocalSearchQuantizer),
                       .table_size = sizeof (FaissIndexIVFClass),
                       .finalize = IndexIVFProductLocalSearchQuantizer_finalize,
                       .copy = IndexIVFProductLocalSearchQuantizer_copy,
                       .tags = "IwPL",
                       .read = IndexIVFProductLocalSearchQuantizer_read,
                       .write = IndexIVFProductLocalSearchQuantizer_write,
                       .factory = factory_rules,
                       .describe = IndexIVFProductLocalSearchQuantizer_describe}},
};
