/* Graphs over full vectors that know the norms of their levels. */
#include <faiss/IndexHNSWFlatPanorama.h>

#include <string.h>

#include <faiss/IndexFlat.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/graph_subclass.h>
#include <faiss/impl/hnsw_internal.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/panorama_search.h>
#include <faiss/utils/string.h>

#define THIS(pointer) FAISS_SELF (IndexHNSWFlatPanorama, index, pointer)

/* ---- the norms ------------------------------------------------------------------------------- */

/* Those of all vectors that the storage holds, from `begin` on. */
static void compute_sums (FaissIndexHNSWFlatPanorama *self, idx_t begin) {
    const FaissIndexFlatCodes *rows = faiss_IndexFlatCodes_cast (self->index_hnsw.storage);
    const float *x = (const float *)(const void *)rows->codes.data;
    faiss_Panorama_compute_cumulative_sums (&self->pano, self->cum_sums.data, (size_t)begin,
                                            (size_t)(self->index.ntotal - begin),
                                            x + begin * self->index.d);
}

static FaissStatus reserve_sums (FaissIndexHNSWFlatPanorama *self, idx_t n) {
    FAISS_REQUIRE (
        faiss_object_cast (self->index_hnsw.storage, &faiss_IndexFlatL2_class.index.head),
        "expected an IndexFlatL2 as storage, got %s",
        self->index_hnsw.storage ? faiss_Index_class_name (self->index_hnsw.storage) : "NULL");
    size_t n_bytes, n_sums;
    FAISS_TRY (
        faiss_panorama_sizes (&self->pano, (size_t)(self->index.ntotal + n), &n_bytes, &n_sums));
    return faiss_Float32Vector_reserve (&self->cum_sums, n_sums);
}

const float *faiss_IndexHNSWFlatPanorama_get_cum_sum (const FaissIndexHNSWFlatPanorama *self,
                                                      idx_t i) {
    if (!self) {
        return NULL;
    }
    size_t per_vector = self->pano.n_levels + 1;
    return i >= 0 && i < self->index.ntotal && ((size_t)i + 1) * per_vector <= self->cum_sums.size
               ? self->cum_sums.data + (size_t)i * per_vector
               : NULL;
}

/* ---- changes --------------------------------------------------------------------------------- */

static FaissStatus IndexHNSWFlatPanorama_add (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexHNSWFlatPanorama *self = THIS (index);
    idx_t begin = index->ntotal;
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (reserve_sums (self, n));
    FAISS_TRY (faiss_IndexHNSW_class.add (index, n, x));
    self->cum_sums.size = (size_t)index->ntotal * (self->pano.n_levels + 1);
    compute_sums (self, begin);
    return FAISS_OK;
}

static FaissStatus IndexHNSWFlatPanorama_reset (FaissIndex *index) {
    FAISS_TRY (faiss_IndexHNSW_class.reset (index));
    faiss_Float32Vector_clear (&THIS (index)->cum_sums);
    return FAISS_OK;
}

static FaissStatus IndexHNSWFlatPanorama_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                                     size_t *n_removed) {
    FaissIndexHNSWFlatPanorama *self = THIS (index);
    FAISS_TRY (reserve_sums (self, 0));
    FAISS_TRY (faiss_IndexHNSW_class.remove_ids (index, sel, n_removed));
    self->cum_sums.size = (size_t)index->ntotal * (self->pano.n_levels + 1);
    compute_sums (self, 0);
    return FAISS_OK;
}

FaissStatus faiss_IndexHNSWFlatPanorama_permute_entries (FaissIndexHNSWFlatPanorama *self,
                                                         const idx_t *perm) {
    FAISS_TRY (faiss_check_index (__func__, self ? &self->index : NULL));
    FAISS_TRY (reserve_sums (self, 0));
    FAISS_TRY (faiss_IndexHNSW_permute_entries (&self->index_hnsw, perm));
    compute_sums (self, 0);
    return FAISS_OK;
}

/* ---- files and factory strings --------------------------------------------------------------- */

static FaissStatus set_layout (FaissIndexHNSWFlatPanorama *self, size_t n_levels) {
    self->num_panorama_levels = n_levels;
    self->pano = (FaissPanorama){
        .code_size = sizeof (float) * (size_t)self->index.d, .n_levels = n_levels, .batch_size = 1};
    self->index_hnsw.hnsw.search_method = FAISS_HNSW_SM_PANORAMA;
    return faiss_Panorama_set_derived_values (&self->pano);
}

static FaissStatus read_fields (FaissIndexHNSWFlatPanorama *self, FaissIOReader *r, int io_flags) {
    size_t n_levels, n_bytes, n_sums;
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_size (r, &n_levels, "n_levels"));
    FAISS_REQUIRE_FILE (r, self->index.metric_type == METRIC_L2, "expected METRIC_L2, got %d",
                        (int)self->index.metric_type);
    FAISS_TRY (set_layout (self, n_levels));
    FAISS_TRY (faiss_read_Float32Vector (r, &self->cum_sums, "cum_sums"));
    FAISS_TRY (faiss_Float32Vector_own (&self->cum_sums));
    FAISS_TRY (faiss_IndexHNSW_read_fields (&self->index_hnsw, r, io_flags));
    FAISS_TRY (faiss_panorama_sizes (&self->pano, (size_t)self->index.ntotal, &n_bytes, &n_sums));
    FAISS_REQUIRE_FILE (r, self->cum_sums.size == n_sums, "cum_sums has %zu elements, expected %zu",
                        self->cum_sums.size, n_sums);
    FAISS_REQUIRE_FILE (
        r,
        !self->index_hnsw.storage ||
            faiss_object_cast (self->index_hnsw.storage, &faiss_IndexFlatL2_class.index.head),
        "expected an IndexFlatL2 as storage");
    self->index_hnsw.hnsw.search_method = FAISS_HNSW_SM_PANORAMA;
    return FAISS_OK;
}

static FaissStatus IndexHNSWFlatPanorama_read (void **out, FaissIOReader *r, uint32_t tag,
                                               int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexHNSWFlatPanorama) *self = NULL;
    FAISS_TRY (faiss_IndexHNSWFlatPanorama_new (&self));
    FAISS_TRY (read_fields (self, r, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexHNSWFlatPanorama_write (const void *object, FaissIOWriter *w,
                                                int io_flags) {
    const FaissIndexHNSWFlatPanorama *self = object;
    FAISS_TRY (faiss_write_tag (w, "IHfP"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_write_u64 (w, self->num_panorama_levels));
    FAISS_TRY (faiss_write_Float32Vector (w, &self->cum_sums));
    return faiss_IndexHNSW_write_fields (&self->index_hnsw, w, io_flags);
}

static FaissStatus IndexHNSWFlatPanorama_describe (const void *object, FaissString *out) {
    const FaissIndexHNSWFlatPanorama *self = object;
    return faiss_String_printf (out, "HNSW%d,FlatPanorama%zu",
                                faiss_hnsw_room (&self->index_hnsw.hnsw, 0) / 2,
                                self->num_panorama_levels);
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    int M, n_levels;
    FaissIndexHNSWFlatPanorama *index = NULL;
    FAISS_TRY (faiss_factory_int (context->groups[1], 32, &M));
    FAISS_TRY (faiss_factory_int (context->groups[2], 8, &n_levels));
    FAISS_TRY (
        faiss_IndexHNSWFlatPanorama_new_with (&index, context->d, M, n_levels, context->metric));
    memcpy (out, &index, sizeof index);
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {"HNSW([0-9]*)[,_]FlatPanorama([0-9]*)", FAISS_FACTORY_INDEX, "HNSW[<M>],FlatPanorama[<n>]",
     "a graph over full vectors, with the norms of n levels (8) for upstream", build},
    {0},
};

/* ---- the class ------------------------------------------------------------------------------- */

static void IndexHNSWFlatPanorama_finalize (void *object) {
    FaissIndexHNSWFlatPanorama *self = object;
    faiss_Float32Vector_clear (&self->cum_sums);
}

static FaissStatus IndexHNSWFlatPanorama_copy (void *object, const void *other_object) {
    FaissIndexHNSWFlatPanorama *self = object;
    const FaissIndexHNSWFlatPanorama *other = other_object;
    self->pano = other->pano;
    self->num_panorama_levels = other->num_panorama_levels;
    return faiss_Float32Vector_assign (&self->cum_sums, other->cum_sums.data, other->cum_sums.size);
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexHNSWFlatPanorama_check (const void *object) {
    const FaissIndexHNSWFlatPanorama *self = object;
    return self->index.d == 0 ? FAISS_OK
                              : faiss_panorama_check (__func__, &self->pano, (size_t)self->index.d);
}

FaissIndexClass faiss_IndexHNSWFlatPanorama_class = {
    .head = {.name = "IndexHNSWFlatPanorama",
             .parent = &faiss_IndexHNSWFlat_class.head,
             .instance_size = sizeof (FaissIndexHNSWFlatPanorama),
             .table_size = sizeof (FaissIndexClass),
             .check = IndexHNSWFlatPanorama_check,
             .finalize = IndexHNSWFlatPanorama_finalize,
             .copy = IndexHNSWFlatPanorama_copy,
             .tags = "IHfP",
             .read = IndexHNSWFlatPanorama_read,
             .write = IndexHNSWFlatPanorama_write,
             .factory = factory_rules,
             .describe = IndexHNSWFlatPanorama_describe},
    .add = IndexHNSWFlatPanorama_add,
    .reset = IndexHNSWFlatPanorama_reset,
    .remove_ids = IndexHNSWFlatPanorama_remove_ids,
};

FaissStatus faiss_IndexHNSWFlatPanorama_new (FaissIndexHNSWFlatPanorama **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_IndexHNSW_new_over (out, &faiss_IndexHNSWFlatPanorama_class.head, NULL, 32));
    (*out)->pano.batch_size = 1;
    (*out)->index_hnsw.hnsw.search_method = FAISS_HNSW_SM_PANORAMA;
    return FAISS_OK;
}

FaissStatus faiss_IndexHNSWFlatPanorama_new_with (FaissIndexHNSWFlatPanorama **out, int d, int M,
                                                  int num_panorama_levels, FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (metric == METRIC_L2, "expected METRIC_L2, got metric_type=%d", (int)metric);
    FAISS_REQUIRE (num_panorama_levels >= 1, "expected num_panorama_levels >= 1, got %d",
                   num_panorama_levels);
    FaissIndexFlatL2 *storage = NULL;
    FAISS_OWNED (IndexHNSWFlatPanorama) *self = NULL;
    FAISS_TRY (faiss_IndexFlatL2_new_with (&storage, d));
    FAISS_TRY (faiss_IndexHNSW_new_over (&self, &faiss_IndexHNSWFlatPanorama_class.head,
                                         &storage->index, M));
    FAISS_TRY (set_layout (self, (size_t)num_panorama_levels));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexHNSWFlatPanorama_free (FaissIndexHNSWFlatPanorama *self) {
    faiss_object_free (self);
}

FaissIndexHNSWFlatPanorama *faiss_IndexHNSWFlatPanorama_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexHNSWFlatPanorama_class.head);
}
