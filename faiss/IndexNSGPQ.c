/* Spreading-out graphs over product quantizer codes. */
#include <faiss/IndexNSGPQ.h>

#include <faiss/IndexPQ.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/io_fields.h>
#include <faiss/index_io.h>

static FaissIndexPQ *storage_of (const FaissIndex *index) {
    const FaissIndexNSGPQ *self = FAISS_CONST_SELF (IndexNSGPQ, index, index);
    return faiss_IndexPQ_cast (self->index_nsg.storage);
}

static FaissStatus make_table (FaissIndexPQ *storage) {
    bool is_used = storage && storage->index.is_trained && storage->index.metric_type == METRIC_L2;
    return is_used ? faiss_ProductQuantizer_compute_sdc_table (&storage->pq) : FAISS_OK;
}

static FaissStatus IndexNSGPQ_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexPQ *storage = storage_of (index);
    FAISS_REQUIRE (storage, "the storage is no IndexPQ");
    FAISS_TRY (faiss_Index_train (&storage->index, n, x));
    FAISS_TRY (make_table (storage));
    index->is_trained = true;
    return FAISS_OK;
}

static FaissStatus IndexNSGPQ_copy (void *object, const void *other) {
    (void)other;
    FaissIndexNSGPQ *self = object;
    return make_table (faiss_IndexPQ_cast (self->index_nsg.storage));
}

/* By L2 whatever the metric asked for, as upstream. */
static FaissStatus build (const FaissFactoryContext *context, void *out) {
    return faiss_IndexNSG_new_of (out, &faiss_IndexNSGPQ_class.head, context->d, context->groups[2],
                                  METRIC_L2, context->groups[1]);
}

static const FaissFactoryRule factory_rules[] = {
    {"NSG([0-9]*)[,_](PQ[0-9]+(x[0-9]+)?(np)?)", FAISS_FACTORY_INDEX,
     "NSG[<R>],PQ<m>[x<nbits>][np]", "a spreading-out graph over product quantizer codes, by L2",
     build},
    {0},
};

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexNSGPQ_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag;
    FAISS_OWNED (Index) *self = NULL;
    FAISS_TRY (faiss_IndexNSG_read_as (&faiss_IndexNSGPQ_class.head, &self, r, io_flags));
    FaissIndexPQ *storage = storage_of (self);
    const FaissIndexNSG *graph = faiss_IndexNSG_cast (self);
    FAISS_REQUIRE_FILE (r, storage || !graph->storage || io_flags & FAISS_IO_FLAG_PQ_SKIP_SDC_TABLE,
                        "the storage is %s, expected IndexPQ",
                        faiss_Index_class_name (graph->storage));
    if (!(io_flags & FAISS_IO_FLAG_PQ_SKIP_SDC_TABLE)) {
        FAISS_TRY (make_table (storage));
    }
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexNSGPQ_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    return faiss_IndexNSG_write_as (object, "INSp", w);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexClass faiss_IndexNSGPQ_class = {
    .head = {.name = "IndexNSGPQ",
             .parent = &faiss_IndexNSG_class.head,
             .instance_size = sizeof (FaissIndexNSGPQ),
             .table_size = sizeof (FaissIndexClass),
             .copy = IndexNSGPQ_copy,
             .tags = "INSp",
             .read = IndexNSGPQ_read,
             .write = IndexNSGPQ_write,
             .factory = factory_rules},
    .train = IndexNSGPQ_train,
};

FaissStatus faiss_IndexNSGPQ_new (FaissIndexNSGPQ **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_IndexNSG_new_over (out, &faiss_IndexNSGPQ_class.head, NULL, 32);
}

FaissStatus faiss_IndexNSGPQ_new_with (FaissIndexNSGPQ **out, int d, int pq_m, int M,
                                       int pq_nbits) {
    FaissIndexPQ *storage = NULL;
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (pq_m > 0 && pq_nbits > 0, "expected pq_m > 0 and pq_nbits > 0, got %d and %d",
                   pq_m, pq_nbits);
    FAISS_TRY (faiss_IndexPQ_new_with (&storage, d, (size_t)pq_m, (size_t)pq_nbits, METRIC_L2));
    return faiss_IndexNSG_new_over (out, &faiss_IndexNSGPQ_class.head, &storage->index, M);
}

void faiss_IndexNSGPQ_free (FaissIndexNSGPQ *self) {
    faiss_object_free (self);
}

FaissIndexNSGPQ *faiss_IndexNSGPQ_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexNSGPQ_class.head);
}
