/* A fast index whose best results are ranked again by an index that reads most of them in part. */
#include <faiss/IndexRefinePanorama.h>

#include <faiss/impl/check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/refine_internal.h>

static FaissStatus IndexRefinePanorama_search (const FaissIndex *index, idx_t n, const float *x,
                                               idx_t k, const FaissSearchParameters *params,
                                               float *distances, idx_t *labels) {
    const FaissIndexRefine *self = FAISS_CONST_SELF (IndexRefine, index, index);
    FAISS_AUTO (RefineCandidates) found = {0};
    FAISS_TRY (faiss_refine_candidates (self, n, x, k, params, &found));
    return faiss_Index_search_subset (self->refine_index, n, x, found.k, found.labels, k, distances,
                                      labels);
}

static FaissStatus IndexRefinePanorama_read (void **out, FaissIOReader *r, uint32_t tag,
                                             int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexRefine) *self = NULL;
    FAISS_TRY (faiss_refine_new_empty (&faiss_IndexRefinePanorama_class.head, &self));
    FAISS_TRY (faiss_refine_read_fields (self, r, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexRefinePanorama_write (const void *object, FaissIOWriter *w, int io_flags) {
    return faiss_refine_write_as (object, "IxRP", w, io_flags);
}

static FaissStatus IndexRefinePanorama_describe (const void *object, FaissString *out) {
    return faiss_refine_describe_as (object, "RefinePanorama", out);
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    return faiss_refine_build (context, &faiss_IndexRefinePanorama_class.head, out);
}

static const FaissFactoryRule factory_rules[] = {
    {"(.+),RefinePanorama\\((.+)\\)", FAISS_FACTORY_WRAPPER, "<index>,RefinePanorama(<index>)",
     "rank the results of the first index by the second, which is made to drop most early", build},
    {0},
};

FaissIndexClass faiss_IndexRefinePanorama_class = {
    .head = {.name = "IndexRefinePanorama",
             .parent = &faiss_IndexRefine_class.head,
             .instance_size = sizeof (FaissIndexRefinePanorama),
             .table_size = sizeof (FaissIndexClass),
             .tags = "IxRP",
             .read = IndexRefinePanorama_read,
             .write = IndexRefinePanorama_write,
             .factory = factory_rules,
             .describe = IndexRefinePanorama_describe},
    .search = IndexRefinePanorama_search,
};

FaissStatus faiss_IndexRefinePanorama_new (FaissIndexRefinePanorama **out) {
    FAISS_REQUIRE_ARG (out);
    FaissIndexRefine *self = NULL;
    FAISS_TRY (faiss_refine_new_empty (&faiss_IndexRefinePanorama_class.head, &self));
    *out = (FaissIndexRefinePanorama *)self;
    return FAISS_OK;
}

FaissStatus faiss_IndexRefinePanorama_new_with (FaissIndexRefinePanorama **out,
                                                FaissIndex *base_index, FaissIndex *refine_index) {
    FAISS_REQUIRE_ARG (out);
    FaissIndexRefine *self = NULL;
    FAISS_TRY (faiss_refine_new_as (&faiss_IndexRefinePanorama_class.head, base_index, refine_index,
                                    &self));
    *out = (FaissIndexRefinePanorama *)self;
    return FAISS_OK;
}

void faiss_IndexRefinePanorama_free (FaissIndexRefinePanorama *self) {
    faiss_object_free (self);
}

FaissIndexRefinePanorama *faiss_IndexRefinePanorama_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexRefinePanorama_class.head);
}
