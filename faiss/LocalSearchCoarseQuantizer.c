/* The vectors of a local search quantizer as centroids. */
#include <faiss/impl/check.h>
#include <faiss/impl/index_additive_internal.h>

static FaissStatus new_index (FaissLocalSearchCoarseQuantizer **out, int d, size_t M, size_t nbits,
                              FaissAdditiveQuantizerSearchType search_type,
                              FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (d >= 0, "expected d >= 0, got %d", d);
    FAISS_OWNED (LocalSearchCoarseQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_LocalSearchCoarseQuantizer_class.head));
    faiss_object_init (&self->lsq, &faiss_LocalSearchQuantizer_class.quantizer.head);
    FAISS_TRY (faiss_LocalSearchQuantizer_init (&self->lsq, (size_t)d, M, nbits, search_type));
    FAISS_TRY (faiss_AdditiveCoarseQuantizer_init (&self->coarse, d, &self->lsq.aq, metric));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_LocalSearchCoarseQuantizer_new (FaissLocalSearchCoarseQuantizer **out) {
    return new_index (out, 0, 0, 0, AdditiveQuantizer_ST_decompress, METRIC_L2);
}

FaissStatus faiss_LocalSearchCoarseQuantizer_new_with (FaissLocalSearchCoarseQuantizer **out, int d,
                                                       size_t M, size_t nbits,
                                                       FaissMetricType metric) {
    return new_index (out, d, M, nbits, AdditiveQuantizer_ST_decompress, metric);
}

void faiss_LocalSearchCoarseQuantizer_free (FaissLocalSearchCoarseQuantizer *self) {
    faiss_object_free (self);
}

FaissLocalSearchCoarseQuantizer *faiss_LocalSearchCoarseQuantizer_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_LocalSearchCoarseQuantizer_class.head);
}

static void LocalSearchCoarseQuantizer_finalize (void *object) {
    FaissLocalSearchCoarseQuantizer *self = object;
    faiss_object_clear (&self->lsq);
}

static FaissStatus LocalSearchCoarseQuantizer_copy (void *object, const void *other_object) {
    FaissLocalSearchCoarseQuantizer *self = object;
    const FaissLocalSearchCoarseQuantizer *other = other_object;
    self->coarse.aq = &self->lsq.aq;
    return faiss_object_assign (&self->lsq, &other->lsq);
}

/* ---- factory strings ------------------------------------------------------------------------- */

static FaissStatus build_from_factory (const FaissFactoryContext *context, void *out) {
    FaissLocalSearchCoarseQuantizer *self = NULL;
    int M, nbits;
    FAISS_TRY (faiss_factory_int (context->groups[1], 0, &M));
    FAISS_TRY (faiss_factory_int (context->groups[2], 0, &nbits));
    FAISS_TRY (new_index (&self, context->d, (size_t)M, (size_t)nbits,
                          AdditiveQuantizer_ST_decompress, context->metric));
    *(FaissIndex **)out = &self->index;
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {.pattern = "LSCQ([0-9]+)x([0-9]+)" FAISS_AQ_NORM,
     .kind = FAISS_FACTORY_INDEX,
     .syntax = "LSCQ<M>x<nbits>",
     .what = "all vectors of a local search quantizer, for IVF<n>(...)",
     .build = build_from_factory},
    {.pattern = NULL},
};

static FaissStatus LocalSearchCoarseQuantizer_describe (const void *object, FaissString *out) {
    const FaissLocalSearchCoarseQuantizer *self = object;
    FAISS_TRY (faiss_String_printf (out, "LSCQ"));
    return faiss_aq_describe_sizes (&self->lsq.aq, out);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexClass faiss_LocalSearchCoarseQuantizer_class = {
    .head = {.name = "LocalSearchCoarseQuantizer",
             .parent = &faiss_AdditiveCoarseQuantizer_class.head,
             .instance_size = sizeof (FaissLocalSearchCoarseQuantizer),
             .table_size = sizeof (FaissIndexClass),
             .finalize = LocalSearchCoarseQuantizer_finalize,
             .copy = LocalSearchCoarseQuantizer_copy,
             .factory = factory_rules,
             .describe = LocalSearchCoarseQuantizer_describe},
};
