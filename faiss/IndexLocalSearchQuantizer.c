/* Exhaustive search in codes of local search quantizers. */
#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus new_index (FaissIndexLocalSearchQuantizer **out, int d, size_t M, size_t nbits,
                              FaissMetricType metric,
                              FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (d >= 0, "expected d >= 0, got %d", d);
    FAISS_OWNED (IndexLocalSearchQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexLocalSearchQuantizer_class.index.head));
    faiss_object_init (&self->lsq, &faiss_LocalSearchQuantizer_class.quantizer.head);
    FAISS_TRY (faiss_LocalSearchQuantizer_init (&self->lsq, (size_t)d, M, nbits, search_type));
    FAISS_TRY (faiss_IndexAdditiveQuantizer_init (&self->additive, d, &self->lsq.aq, metric));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexLocalSearchQuantizer_new (FaissIndexLocalSearchQuantizer **out) {
    return new_index (out, 0, 0, 0, METRIC_L2, AdditiveQuantizer_ST_decompress);
}

FaissStatus faiss_IndexLocalSearchQuantizer_new_with (
    FaissIndexLocalSearchQuantizer **out, int d, size_t M, size_t nbits, FaissMetricType metric,
    FaissAdditiveQuantizerSearchType search_type) {
    return new_index (out, d, M, nbits, metric, search_type);
}

void faiss_IndexLocalSearchQuantizer_free (FaissIndexLocalSearchQuantizer *self) {
    faiss_object_free (self);
}

FaissIndexLocalSearchQuantizer *faiss_IndexLocalSearchQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexLocalSearchQuantizer_class.index.head);
}

static void IndexLocalSearchQuantizer_finalize (void *object) {
    FaissIndexLocalSearchQuantizer *self = object;
    faiss_object_clear (&self->lsq);
}

static FaissStatus IndexLocalSearchQuantizer_copy (void *object, const void *other_object) {
    FaissIndexLocalSearchQuantizer *self = object;
    const FaissIndexLocalSearchQuantizer *other = other_object;
    self->additive.aq = &self->lsq.aq;
    return faiss_object_assign (&self->lsq, &other->lsq);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexLocalSearchQuantizer_read (void **out, FaissIOReader *r, uint32_t tag,
                                                   int io_flags) {
    (void)tag, (void)io_flags;
    FAISS_OWNED (IndexLocalSearchQuantizer) *self = NULL;
    FAISS_TRY (faiss_IndexLocalSearchQuantizer_new (&self));
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_LocalSearchQuantizer (r, &self->lsq));
    FAISS_TRY (faiss_read_additive_codes (r, &self->additive));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexLocalSearchQuantizer_write (const void *object, FaissIOWriter *w,
                                                    int io_flags) {
    (void)io_flags;
    const FaissIndexLocalSearchQuantizer *self = object;
    FAISS_TRY (faiss_write_tag (w, "IxLS"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_write_LocalSearchQuantizer (w, &self->lsq));
    return faiss_write_additive_codes (w, &self->additive);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissIndexLocalSearchQuantizer *self = NULL;
    int M, nbits;
    FAISS_TRY (faiss_factory_int (context->groups[1], 0, &M));
    FAISS_TRY (faiss_factory_int (context->groups[2], 0, &nbits));
    FAISS_TRY (new_index (&self, context->d, (size_t)M, (size_t)nbits, context->metric,
                          faiss_aq_parse_norm (context->groups[3], context->metric)));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "LSQ([0-9]+)x([0-9]+)" FAISS_AQ_NORM,
     .kind = FAISS_FACTORY_INDEX,
     .syntax = "LSQ<M>x<nbits>[_N<norm>]",
     .what = "local search quantizer codes; norm as for RQ",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus IndexLocalSearchQuantizer_describe (const void *object, FaissString *out) {
    const FaissIndexLocalSearchQuantizer *self = object;
    FAISS_TRY (faiss_String_printf (out, "LSQ"));
    FAISS_TRY (faiss_aq_describe_sizes (&self->lsq.aq, out));
    return faiss_aq_describe_norm (&self->lsq.aq, self->index.metric_type, out);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexFlatCodesClass faiss_IndexLocalSearchQuantizer_class = {
    .index = {.head = {.name = "IndexLocalSearchQuantizer",
                       .parent = &faiss_IndexAdditiveQuantizer_class.index.head,
                       .instance_size = sizeof (FaissIndexLocalSearchQuantizer),
                       .table_size = sizeof (FaissIndexFlatCodesClass),
                       .finalize = IndexLocalSearchQuantizer_finalize,
                       .copy = IndexLocalSearchQuantizer_copy,
                       .tags = "IxLS",
                       .read = IndexLocalSearchQuantizer_read,
                       .write = IndexLocalSearchQuantizer_write,
                       .factory = factory_rules,
                       .describe = IndexLocalSearchQuantizer_describe}},
};
