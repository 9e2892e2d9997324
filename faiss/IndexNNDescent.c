/* Indexes that search in a graph of nearest neighbours, whatever stores the vectors. */
#include <faiss/IndexNNDescent.h>

#include <string.h>

#include <faiss/AutoTune.h>
#include <faiss/IndexFlat.h>
#include <faiss/impl/check.h>
#include <faiss/impl/graph_storage.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/nndescent_internal.h>
#include <faiss/impl/pool_filter.h>
#include <faiss/impl/pool_flat.h>

#define THIS(pointer) FAISS_SELF (IndexNNDescent, index, pointer)
#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexNNDescent, index, pointer)

/* ---- adding ---------------------------------------------------------------------------------- */

static FaissStatus IndexNNDescent_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexNNDescent *self = THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    FAISS_TRY (faiss_Index_train (self->storage, n, x));
    index->is_trained = true;
    return FAISS_OK;
}

static FaissStatus IndexNNDescent_add (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexNNDescent *self = THIS (index);
    idx_t n0 = index->ntotal;
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_graph_storage_check_add (__func__, index, self->storage, n));
    FAISS_TRY (faiss_Index_add (self->storage, n, x));
    FaissStatus status = faiss_NNDescent_build (&self->nndescent, self->storage, index->verbose);
    if (status != FAISS_OK) {
        FAISS_TRY (faiss_remove_from (self->storage, n0));
        return status;
    }
    index->ntotal = n0 + n;
    return FAISS_OK;
}

static FaissStatus IndexNNDescent_reset (FaissIndex *index) {
    FaissIndexNNDescent *self = THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    FAISS_TRY (faiss_Index_reset (self->storage));
    FAISS_TRY (faiss_NNDescent_reset (&self->nndescent));
    index->ntotal = 0;
    return FAISS_OK;
}

static size_t n_nodes (const FaissIndexNNDescent *self) {
    return self->nndescent.has_built ? (size_t)self->nndescent.ntotal : 0;
}

static FaissStatus IndexNNDescent_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                              size_t *n_removed) {
    FaissIndexNNDescent *self = THIS (index);
    FAISS_TRY (faiss_graph_storage_check (__func__, index, self->storage, n_nodes (self)));
    FAISS_TRY (faiss_graph_storage_check_remove (__func__, self->storage));
    *n_removed = 0;
    if (index->ntotal > 0) {
        FAISS_TRY (faiss_nndescent_remove (&self->nndescent, self->storage, sel, n_removed));
        index->ntotal = self->storage->ntotal;
    }
    return FAISS_OK;
}

/* ---- searching ------------------------------------------------------------------------------- */

static FaissStatus IndexNNDescent_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                          const FaissSearchParameters *params, float *distances,
                                          idx_t *labels) {
    const FaissIndexNNDescent *self = CONST_THIS (index);
    FaissPoolPlan plan = {0};
    FaissPoolSettings settings;
    FAISS_TRY (faiss_pool_settings (__func__, params, self->nndescent.search_L, &settings));
    FAISS_TRY (faiss_graph_storage_check (__func__, index, self->storage, n_nodes (self)));
    if (index->ntotal == 0) {
        bool is_similarity = faiss_is_similarity_metric (index->metric_type);
        faiss_pool_write_results (NULL, 0, is_similarity, (size_t)(n * k), distances, labels);
        return FAISS_OK;
    }
    FAISS_TRY (faiss_NNDescent_plan (&self->nndescent, settings.search_L, (size_t)k, &plan));
    FaissStatus status = faiss_pool_search_index (&plan, self->storage, &settings, (size_t)n, x,
                                                  (size_t)k, distances, labels);
    faiss_pool_plan_free (&plan);
    return status;
}

/* ---- what the storage does ------------------------------------------------------------------- */

static FaissStatus IndexNNDescent_reconstruct (const FaissIndex *index, idx_t key, float *recons) {
    const FaissIndexNNDescent *self = CONST_THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    return faiss_Index_reconstruct (self->storage, key, recons);
}

static FaissStatus IndexNNDescent_reconstruct_n (const FaissIndex *index, idx_t i0, idx_t ni,
                                                 float *recons) {
    const FaissIndexNNDescent *self = CONST_THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    return faiss_Index_reconstruct_n (self->storage, i0, ni, recons);
}

static FaissStatus IndexNNDescent_get_distance_computer (const FaissIndex *index,
                                                         FaissDistanceComputer **out) {
    const FaissIndexNNDescent *self = CONST_THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    return faiss_Index_get_distance_computer (self->storage, out);
}

/* ---- parameters ------------------------------------------------------------------------------ */

static FaissStatus IndexNNDescent_set_parameter (FaissIndex *index, const char *name, double value,
                                                 bool *known) {
    FaissIndexNNDescent *self = THIS (index);
    if (strcmp (name, "search_L") == 0) {
        *known = true;
        FAISS_REQUIRE (value >= 0 && value <= INT32_MAX, "expected %s >= 0, got %g", name, value);
        self->nndescent.search_L = (int)value;
        return FAISS_OK;
    }
    return faiss_Index_class.set_parameter (index, name, value, known);
}

static FaissStatus IndexNNDescent_add_parameter_ranges (const FaissIndex *index,
                                                        FaissParameterSpace *space) {
    (void)index;
    return faiss_ParameterSpace_append_powers_of_2 (space, "search_L", 2, 10, 1e9);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus IndexNNDescentFlat_read (void **out, FaissIOReader *r, uint32_t tag,
                                            int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexNNDescentFlat) *self = NULL;
    FAISS_TRY (faiss_IndexNNDescentFlat_new (&self));
    FaissIndexNNDescent *graph = &self->index_nndescent;
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_NNDescent_read (&graph->nndescent, r));
    graph->own_fields = true;
    FAISS_TRY (faiss_read_object (r, &faiss_Index_class.head, io_flags, &graph->storage));
    FAISS_TRY (faiss_graph_storage_check_read (r, &self->index, graph->storage, n_nodes (graph)));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

/* Whatever the storage is, the reader takes it. */
static FaissStatus IndexNNDescent_write (const void *object, FaissIOWriter *w, int io_flags) {
    const FaissIndexNNDescent *self = object;
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (w, "INNf"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_NNDescent_write (&self->nndescent, w));
    return self->storage ? faiss_write_object (w, self->storage, 0) : faiss_write_tag (w, "null");
}

/* ---- classes --------------------------------------------------------------------------------- */

static void IndexNNDescent_finalize (void *object) {
    FaissIndexNNDescent *self = object;
    faiss_NNDescent_clear (&self->nndescent);
    if (self->own_fields) {
        faiss_Index_free (self->storage);
    }
}

static FaissStatus IndexNNDescent_copy (void *object, const void *other_object) {
    FaissIndexNNDescent *self = object;
    const FaissIndexNNDescent *other = other_object;
    self->own_fields = true;
    FAISS_TRY (faiss_NNDescent_copy (&self->nndescent, &other->nndescent));
    return other->storage ? faiss_object_clone (&self->storage, other->storage) : FAISS_OK;
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexNNDescent_check (const void *object) {
    const FaissIndexNNDescent *self = object;
    if (self->storage) {
        FAISS_TRY (faiss_check_part (__func__, "storage", self->storage, self->index.d));
    }
    const FaissNNDescent *graph = &self->nndescent;
    FAISS_REQUIRE (!graph->has_built ||
                       (graph->ntotal >= 0 && graph->K > 0 &&
                        graph->final_graph.size == (size_t)graph->ntotal * (size_t)graph->K),
                   "expected links ntotal=%d times K=%d, got %zu", graph->ntotal, graph->K,
                   graph->final_graph.size);
    return FAISS_OK;
}

FaissIndexClass faiss_IndexNNDescent_class = {
    .head = {.name = "IndexNNDescent",
             .parent = &faiss_Index_class.head,
             .instance_size = sizeof (FaissIndexNNDescent),
             .table_size = sizeof (FaissIndexClass),
             .check = IndexNNDescent_check,
             .finalize = IndexNNDescent_finalize,
             .copy = IndexNNDescent_copy,
             .write = IndexNNDescent_write},
    .train = IndexNNDescent_train,
    .add = IndexNNDescent_add,
    .search = IndexNNDescent_search,
    .reset = IndexNNDescent_reset,
    .remove_ids = IndexNNDescent_remove_ids,
    .reconstruct = IndexNNDescent_reconstruct,
    .reconstruct_n = IndexNNDescent_reconstruct_n,
    .get_distance_computer = IndexNNDescent_get_distance_computer,
    .set_parameter = IndexNNDescent_set_parameter,
    .add_parameter_ranges = IndexNNDescent_add_parameter_ranges,
};

FaissIndexClass faiss_IndexNNDescentFlat_class = {
    .head = {.name = "IndexNNDescentFlat",
             .parent = &faiss_IndexNNDescent_class.head,
             .instance_size = sizeof (FaissIndexNNDescentFlat),
             .table_size = sizeof (FaissIndexClass),
             .tags = "INNf",
             .read = IndexNNDescentFlat_read},
};

/* The storage is borrowed; NULL: none. */
static FaissStatus init (FaissIndexNNDescent *self, FaissIndex *storage, int K) {
    FAISS_TRY (faiss_NNDescent_init (&self->nndescent, storage ? storage->d : 0, K));
    FAISS_TRY (faiss_graph_storage_init_index (&self->index, storage));
    self->storage = storage;
    return FAISS_OK;
}

FaissStatus faiss_IndexNNDescent_new (FaissIndexNNDescent **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexNNDescent) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexNNDescent_class.head));
    FAISS_TRY (init (self, NULL, 32));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexNNDescent_new_with (FaissIndexNNDescent **out, FaissIndex *storage, int K) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (storage);
    FAISS_TRY (faiss_graph_storage_check_empty (__func__, storage));
    FAISS_OWNED (IndexNNDescent) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexNNDescent_class.head));
    FAISS_TRY (init (self, storage, K));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexNNDescent_free (FaissIndexNNDescent *self) {
    faiss_object_free (self);
}

FaissIndexNNDescent *faiss_IndexNNDescent_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexNNDescent_class.head);
}

FaissStatus faiss_IndexNNDescentFlat_new (FaissIndexNNDescentFlat **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexNNDescentFlat) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexNNDescentFlat_class.head));
    FAISS_TRY (init (&self->index_nndescent, NULL, 32));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexNNDescentFlat_new_with (FaissIndexNNDescentFlat **out, int d, int K,
                                               FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexNNDescentFlat) *self = NULL;
    FAISS_OWNED (Index) *storage = NULL;
    FAISS_TRY (faiss_graph_storage_new_flat (&storage, d, metric));
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexNNDescentFlat_class.head));
    FAISS_TRY (init (&self->index_nndescent, storage, K));
    self->index_nndescent.own_fields = true;
    (void)FAISS_STEAL (storage);
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexNNDescentFlat_free (FaissIndexNNDescentFlat *self) {
    faiss_object_free (self);
}

FaissIndexNNDescentFlat *faiss_IndexNNDescentFlat_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexNNDescentFlat_class.head);
}
