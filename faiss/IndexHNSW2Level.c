/* Graphs over codes of a list number and a residual. */
#include <faiss/IndexHNSW2Level.h>

#include <faiss/Index2Layer.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexPQ.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/graph_subclass.h>
#include <faiss/impl/io_fields.h>
#include <faiss/utils/string.h>

static FaissStatus build_over (const FaissFactoryContext *context, const char *storage, void *out) {
    return faiss_IndexHNSW_new_of (out, &faiss_IndexHNSW2Level_class.head, context->d, storage,
                                   METRIC_L2, context->groups[1]);
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    FAISS_AUTO (String) storage = {0};
    FAISS_TRY (
        faiss_String_printf (&storage, "Residual%s,PQ%s", context->groups[2], context->groups[4]));
    return build_over (context, faiss_String_text (&storage), out);
}

static const FaissFactoryRule factory_rules[] = {
    {"HNSW([0-9]*)[,_]([0-9]+(x[0-9]+)?)\\+PQ([0-9]+)", FAISS_FACTORY_INDEX,
     "HNSW[<M>],{<nlist>|2x<nbits>}+PQ<m>", "a graph over codes of two layers, by L2", build},
    {0},
};

static FaissStatus IndexHNSW2Level_describe (const void *object, FaissString *out) {
    const FaissIndexHNSW2Level *self = object;
    const FaissIndex2Layer *storage = faiss_Index2Layer_cast (self->index_hnsw.storage);
    int links = 0;
    FAISS_TRY (faiss_HNSW_nb_neighbors (&self->index_hnsw.hnsw, 0, &links));
    FAISS_TRY (faiss_String_printf (out, "HNSW%d", links / 2));
    if (!storage) {
        return FAISS_OK;
    }
    const FaissMultiIndexQuantizer *multi = faiss_MultiIndexQuantizer_cast (storage->q1.quantizer);
    FAISS_TRY (multi ? faiss_String_printf (out, ",%zux%zu", multi->pq.M, multi->pq.nbits)
                     : faiss_String_printf (out, ",%zu", storage->q1.nlist));
    return faiss_String_printf (out, "+PQ%zu", storage->pq.M);
}

/* ---- as an inverted file --------------------------------------------------------------------- */

static FaissStatus make_ivf (FaissIndex2Layer *layers, FaissIndexIVFPQ **out) {
    FAISS_OWNED (IndexIVFPQ) *ivf = NULL;
    FAISS_REQUIRE (layers->index.is_trained, "the index is not trained");
    FAISS_TRY (faiss_IndexIVFPQ_new_with (&ivf, layers->q1.quantizer, (size_t)layers->index.d,
                                          layers->q1.nlist, layers->pq.M, layers->pq.nbits,
                                          METRIC_L2, true));
    FAISS_TRY (faiss_Float32Vector_assign (&ivf->pq.centroids, layers->pq.centroids.data,
                                           layers->pq.centroids.size));
    ivf->ivf.index.is_trained = true;
    ivf->ivf.quantizer_trains_alone = layers->q1.quantizer_trains_alone;
    FAISS_TRY (faiss_IndexIVFPQ_precompute_table (ivf));
    FAISS_TRY (faiss_Index2Layer_transfer_to_IVFPQ (layers, ivf));
    FAISS_TRY (faiss_IndexIVF_make_direct_map (&ivf->ivf, 1)); /* the graph reconstructs */
    *out = FAISS_STEAL (ivf);
    return FAISS_OK;
}

FaissStatus faiss_IndexHNSW2Level_flip_to_ivf (FaissIndexHNSW2Level *self) {
    FAISS_REQUIRE_ARG (self);
    FaissIndex2Layer *layers = faiss_Index2Layer_cast (self->index_hnsw.storage);
    FaissIndexIVFPQ *ivf = NULL;
    FAISS_REQUIRE (layers, "the storage is no Index2Layer");
    FAISS_TRY (make_ivf (layers, &ivf));
    if (self->index_hnsw.own_fields) { /* the quantizer goes over to the inverted file */
        ivf->ivf.own_fields = layers->q1.own_fields;
        layers->q1.own_fields = false;
        faiss_Index2Layer_free (layers);
    }
    self->index_hnsw.storage = &ivf->ivf.index;
    self->index_hnsw.own_fields = true;
    return FAISS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexHNSW2Level_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag;
    FAISS_OWNED (Index) *self = NULL;
    FAISS_TRY (faiss_IndexHNSW_read_as (&faiss_IndexHNSW2Level_class.head, &self, r, io_flags));
    FaissIndex *storage = faiss_IndexHNSW_cast (self)->storage;
    FAISS_REQUIRE_FILE (r, faiss_Index2Layer_cast (storage) || faiss_IndexIVFPQ_cast (storage),
                        "the storage is %s, expected Index2Layer or IndexIVFPQ",
                        storage ? faiss_Index_class_name (storage) : "missing");
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexHNSW2Level_write (const void *object, FaissIOWriter *w, int io_flags) {
    return faiss_IndexHNSW_write_as (object, "IHN2", w, io_flags);
}

/* ---- the class ------------------------------------------------------------------------------- */

FaissIndexClass faiss_IndexHNSW2Level_class = {
    .head = {.name = "IndexHNSW2Level",
             .parent = &faiss_IndexHNSW_class.head,
             .instance_size = sizeof (FaissIndexHNSW2Level),
             .table_size = sizeof (FaissIndexClass),
             .tags = "IHN2",
             .read = IndexHNSW2Level_read,
             .write = IndexHNSW2Level_write,
             .factory = factory_rules,
             .describe = IndexHNSW2Level_describe},
};

FaissStatus faiss_IndexHNSW2Level_new (FaissIndexHNSW2Level **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_IndexHNSW_new_over (out, &faiss_IndexHNSW2Level_class.head, NULL, 32);
}

FaissStatus faiss_IndexHNSW2Level_new_with (FaissIndexHNSW2Level **out, FaissIndex *quantizer,
                                            size_t nlist, int m_pq, int M) {
    FaissIndex2Layer *storage = NULL;
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_Index2Layer_new_with (&storage, quantizer, nlist, m_pq, 8, METRIC_L2));
    return faiss_IndexHNSW_new_over (out, &faiss_IndexHNSW2Level_class.head,
                                     &storage->flat_codes.index, M);
}

void faiss_IndexHNSW2Level_free (FaissIndexHNSW2Level *self) {
    faiss_object_free (self);
}

FaissIndexHNSW2Level *faiss_IndexHNSW2Level_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexHNSW2Level_class.head);
}
