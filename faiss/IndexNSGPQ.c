/* Spreading-out graphs over product quantizer codes. */
#include <faiss/IndexNSGPQ.h>

#include <faiss/IndexPQ.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/graph_storage.h>
#include <faiss/impl/graph_subclass.h>
#include <faiss/impl/io_fields.h>

static FaissStatus IndexNSGPQ_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexNSGPQ *self = FAISS_SELF (IndexNSGPQ, index, index);
    return faiss_graph_pq_train (__func__, index, self->index_nsg.storage, n, x);
}

static FaissStatus IndexNSGPQ_copy (void *object, const void *other) {
    (void)other;
    FaissIndexNSGPQ *self = object;
    return faiss_graph_pq_make_table (self->index_nsg.storage);
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
    FAISS_OWNED (IndexNSG) *self = NULL;
    FAISS_TRY (faiss_IndexNSG_read_as (&faiss_IndexNSGPQ_class.head, &self, r, io_flags));
    FAISS_TRY (faiss_graph_pq_check_read (r, self->storage, io_flags));
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
