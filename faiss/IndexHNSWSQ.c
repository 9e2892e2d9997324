/* Graphs over vectors of which each component is stored in a few bits. */
#include <faiss/IndexHNSWSQ.h>

#include <faiss/IndexScalarQuantizer.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/graph_subclass.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/sq_codec.h>

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    return faiss_IndexHNSW_new_of (out, &faiss_IndexHNSWSQ_class.head, context->d,
                                   context->groups[2], context->metric, context->groups[1]);
}

static const FaissFactoryRule factory_rules[] = {
    {"HNSW([0-9]*)[,_](" FAISS_SQ_PATTERN ")", FAISS_FACTORY_INDEX, "HNSW[<M>],SQ...",
     "a graph over scalar quantizer codes", build},
    {0},
};

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexHNSWSQ_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag;
    return faiss_IndexHNSW_read_as (&faiss_IndexHNSWSQ_class.head, out, r, io_flags);
}

static FaissStatus IndexHNSWSQ_write (const void *object, FaissIOWriter *w, int io_flags) {
    return faiss_IndexHNSW_write_as (object, "IHNs", w, io_flags);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexClass faiss_IndexHNSWSQ_class = {
    .head = {.name = "IndexHNSWSQ",
             .parent = &faiss_IndexHNSW_class.head,
             .instance_size = sizeof (FaissIndexHNSWSQ),
             .table_size = sizeof (FaissIndexClass),
             .tags = "IHNs",
             .read = IndexHNSWSQ_read,
             .write = IndexHNSWSQ_write,
             .factory = factory_rules},
};

FaissStatus faiss_IndexHNSWSQ_new (FaissIndexHNSWSQ **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_IndexHNSW_new_over (out, &faiss_IndexHNSWSQ_class.head, NULL, 32);
}

FaissStatus faiss_IndexHNSWSQ_new_with (FaissIndexHNSWSQ **out, int d, FaissQuantizerType qtype,
                                        int M, FaissMetricType metric) {
    FaissIndexScalarQuantizer *storage = NULL;
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_IndexScalarQuantizer_new_with (&storage, d, qtype, metric));
    return faiss_IndexHNSW_new_over (out, &faiss_IndexHNSWSQ_class.head, &storage->flat_codes.index,
                                     M);
}

void faiss_IndexHNSWSQ_free (FaissIndexHNSWSQ *self) {
    faiss_object_free (self);
}

FaissIndexHNSWSQ *faiss_IndexHNSWSQ_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexHNSWSQ_class.head);
}
