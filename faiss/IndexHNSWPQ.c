/* Graphs over product quantizer codes. */
#include <faiss/IndexHNSWPQ.h>

#include <faiss/IndexPQ.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/graph_storage.h>
#include <faiss/impl/graph_subclass.h>
#include <faiss/impl/io_fields.h>

static FaissStatus IndexHNSWPQ_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexHNSWPQ *self = FAISS_SELF (IndexHNSWPQ, index, index);
    return faiss_graph_pq_train (__func__, index, self->index_hnsw.storage, n, x);
}

static FaissStatus IndexHNSWPQ_copy (void *object, const void *other) {
    (void)other;
    FaissIndexHNSWPQ *self = object;
    return faiss_graph_pq_make_table (self->index_hnsw.storage);
}

/* By L2 whatever the metric asked for, as upstream. */
static FaissStatus build (const FaissFactoryContext *context, void *out) {
    return faiss_IndexHNSW_new_of (out, &faiss_IndexHNSWPQ_class.head, context->d,
                                   context->groups[2], METRIC_L2, context->groups[1]);
}

static const FaissFactoryRule factory_rules[] = {
    {"HNSW([0-9]*)[,_](PQ[0-9]+(x[0-9]+)?(np)?)", FAISS_FACTORY_INDEX,
     "HNSW[<M>],PQ<m>[x<nbits>][np]", "a graph over product quantizer codes, by L2", build},
    {0},
};

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexHNSWPQ_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexHNSW) *self = NULL;
    FAISS_TRY (faiss_IndexHNSW_read_as (&faiss_IndexHNSWPQ_class.head, &self, r, io_flags));
    FAISS_TRY (faiss_graph_pq_check_read (r, self->storage, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexHNSWPQ_write (const void *object, FaissIOWriter *w, int io_flags) {
    return faiss_IndexHNSW_write_as (object, "IHNp", w, io_flags);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexClass faiss_IndexHNSWPQ_class = {
    .head = {.name = "IndexHNSWPQ",
             .parent = &faiss_IndexHNSW_class.head,
             .instance_size = sizeof (FaissIndexHNSWPQ),
             .table_size = sizeof (FaissIndexClass),
             .copy = IndexHNSWPQ_copy,
             .tags = "IHNp",
             .read = IndexHNSWPQ_read,
             .write = IndexHNSWPQ_write,
             .factory = factory_rules},
    .train = IndexHNSWPQ_train,
};

FaissStatus faiss_IndexHNSWPQ_new (FaissIndexHNSWPQ **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_IndexHNSW_new_over (out, &faiss_IndexHNSWPQ_class.head, NULL, 32);
}

FaissStatus faiss_IndexHNSWPQ_new_with (FaissIndexHNSWPQ **out, int d, int pq_m, int M,
                                        int pq_nbits, FaissMetricType metric) {
    FaissIndexPQ *storage = NULL;
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (pq_m > 0 && pq_nbits > 0, "expected pq_m > 0 and pq_nbits > 0, got %d and %d",
                   pq_m, pq_nbits);
    FAISS_TRY (faiss_IndexPQ_new_with (&storage, d, (size_t)pq_m, (size_t)pq_nbits, metric));
    return faiss_IndexHNSW_new_over (out, &faiss_IndexHNSWPQ_class.head, &storage->index, M);
}

void faiss_IndexHNSWPQ_free (FaissIndexHNSWPQ *self) {
    faiss_object_free (self);
}

FaissIndexHNSWPQ *faiss_IndexHNSWPQ_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexHNSWPQ_class.head);
}
