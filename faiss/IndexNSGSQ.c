/* Spreading-out graphs over vectors of which each component is stored in a few bits. */
#include <faiss/IndexNSGSQ.h>

#include <faiss/IndexScalarQuantizer.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/graph_subclass.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/sq_codec.h>

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    return faiss_IndexNSG_new_of (out, &faiss_IndexNSGSQ_class.head, context->d, context->groups[2],
                                  context->metric, context->groups[1]);
}

static const FaissFactoryRule factory_rules[] = {
    {"NSG([0-9]*)[,_](" FAISS_SQ_PATTERN ")", FAISS_FACTORY_INDEX, "NSG[<R>],SQ...",
     "a spreading-out graph over scalar quantizer codes", build},
    {0},
};

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexNSGSQ_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag;
    return faiss_IndexNSG_read_as (&faiss_IndexNSGSQ_class.head, out, r, io_flags);
}

static FaissStatus IndexNSGSQ_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    return faiss_IndexNSG_write_as (object, "INSs", w);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexClass faiss_IndexNSGSQ_class = {
    .head = {.name = "IndexNSGSQ",
             .parent = &faiss_IndexNSG_class.head,
             .instance_size = sizeof (FaissIndexNSGSQ),
             .table_size = sizeof (FaissIndexClass),
             .tags = "INSs",
             .read = IndexNSGSQ_read,
             .write = IndexNSGSQ_write,
             .factory = factory_rules},
};

FaissStatus faiss_IndexNSGSQ_new (FaissIndexNSGSQ **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_IndexNSG_new_over (out, &faiss_IndexNSGSQ_class.head, NULL, 32);
}

FaissStatus faiss_IndexNSGSQ_new_with (FaissIndexNSGSQ **out, int d, FaissQuantizerType qtype,
                                       int M, FaissMetricType metric) {
    FaissIndexScalarQuantizer *storage = NULL;
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_IndexScalarQuantizer_new_with (&storage, d, qtype, metric));
    return faiss_IndexNSG_new_over (out, &faiss_IndexNSGSQ_class.head, &storage->flat_codes.index,
                                    M);
}

void faiss_IndexNSGSQ_free (FaissIndexNSGSQ *self) {
    faiss_object_free (self);
}

FaissIndexNSGSQ *faiss_IndexNSGSQ_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexNSGSQ_class.head);
}
