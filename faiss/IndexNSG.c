/* Indexes that search in a navigating spreading-out graph, whatever stores the vectors. */
#include <faiss/IndexNSG.h>

#include <string.h>

#include <faiss/AutoTune.h>
#include <faiss/IndexFlat.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/graph_remove.h>
#include <faiss/impl/graph_storage.h>
#include <faiss/impl/graph_subclass.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/nndescent_internal.h>
#include <faiss/impl/nsg_internal.h>
#include <faiss/impl/pool_filter.h>
#include <faiss/impl/pool_flat.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <faiss/utils/string.h>

#define THIS(pointer) FAISS_SELF (IndexNSG, index, pointer)
#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexNSG, index, pointer)

enum { BY_SEARCH = 0, BY_NNDESCENT = 1, MAX_GK = 1 << 16 };

/* ---- nearest neighbours ---------------------------------------------------------------------- */

/* Without the vector itself: the first one by L2, by inner product the one of its id. */
static void write_neighbours (const FaissIndexNSG *self, idx_t node, const idx_t *labels,
                              int32_t *out) {
    int GK = self->GK, n = 0;
    bool is_similarity = faiss_is_similarity_metric (self->index.metric_type);
    for (int j = is_similarity ? 0 : 1; j < GK + 1 && n < GK; j++) {
        if (!is_similarity || labels[j] != node) {
            out[n++] = (int32_t)labels[j];
        }
    }
}

static FaissStatus neighbours_by_search (const FaissIndexNSG *self, idx_t n, const float *x,
                                         int32_t *knn) {
    enum { BLOCK = 1 << 15 };
    idx_t k = self->GK + 1, block = n <= 2 * BLOCK ? n : BLOCK;
    FAISS_AUTO_FREE (float) *distances = NULL;
    FAISS_AUTO_FREE (idx_t) *labels = NULL;
    FAISS_TRY (faiss_alloc (&distances, (size_t)(block * k), sizeof *distances));
    FAISS_TRY (faiss_alloc (&labels, (size_t)(block * k), sizeof *labels));
    for (idx_t begin = 0; begin < n; begin += block) {
        idx_t size = n - begin < block ? n - begin : block;
        FAISS_TRY (faiss_Index_search (self->storage, size, x + begin * self->index.d, k, distances,
                                       labels));
        for (idx_t i = 0; i < size; i++) {
            write_neighbours (self, begin + i, labels + i * k, knn + (begin + i) * self->GK);
        }
    }
    return FAISS_OK;
}

static FaissStatus neighbours_by_nndescent (const FaissIndexNSG *self, int32_t *knn) {
    int most = self->GK + 50;
    FaissNNDescent graph;
    FAISS_TRY (faiss_NNDescent_init (&graph, self->index.d, self->GK));
    graph.S = self->nndescent_S;
    graph.R = self->nndescent_R;
    graph.L = self->nndescent_L > most ? self->nndescent_L : most;
    graph.iter = self->nndescent_iter;
    FAISS_TRY (faiss_NNDescent_check (&graph, self->storage));
    return faiss_nndescent_build (&graph, self->storage, self->index.verbose, knn);
}

/* ---- adding ---------------------------------------------------------------------------------- */

static FaissStatus IndexNSG_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexNSG *self = THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    FAISS_TRY (faiss_Index_train (self->storage, n, x));
    index->is_trained = true;
    return FAISS_OK;
}

static FaissStatus check_empty (const FaissIndexNSG *self, idx_t n) {
    FAISS_REQUIRE (!self->is_built && self->index.ntotal == 0,
                   "the graph has ntotal=%lld vectors and takes no more: reset it first",
                   (long long)self->index.ntotal);
    return faiss_graph_storage_check_add (__func__, &self->index, self->storage, n);
}

/* The vectors are in the storage. A graph of neighbours of the caller's or NULL. */
static FaissStatus build_graph (FaissIndexNSG *self, idx_t n, const float *x,
                                const idx_t *knn_graph, int GK) {
    FAISS_AUTO_FREE (int32_t) *knn = NULL;
    bool verbose = self->index.verbose;
    if (knn_graph) {
        return faiss_NSG_build (&self->nsg, self->storage, n, knn_graph, GK, verbose);
    }
    FAISS_TRY (faiss_alloc (&knn, (size_t)n * (size_t)GK, sizeof *knn));
    FAISS_TRY (self->build_type == BY_SEARCH ? neighbours_by_search (self, n, x, knn)
                                             : neighbours_by_nndescent (self, knn));
    return faiss_nsg_build (&self->nsg, self->storage, (size_t)n, knn, (size_t)GK, verbose);
}

static FaissStatus add (FaissIndexNSG *self, idx_t n, const float *x, const idx_t *knn_graph,
                        int GK) {
    FAISS_TRY (faiss_Index_add (self->storage, n, x));
    FaissStatus status = build_graph (self, n, x, knn_graph, GK);
    if (status != FAISS_OK) {
        FAISS_TRY (faiss_remove_from (self->storage, 0));
        return status;
    }
    self->index.ntotal = n;
    self->is_built = true;
    return FAISS_OK;
}

static FaissStatus IndexNSG_add (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexNSG *self = THIS (index);
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (check_empty (self, n));
    FAISS_REQUIRE (self->build_type == BY_SEARCH || self->build_type == BY_NNDESCENT,
                   "expected build_type 0 or 1, got %d", self->build_type);
    FAISS_REQUIRE (self->GK > 0 && self->GK <= MAX_GK, "expected 0 < GK <= %d, got %d", MAX_GK,
                   self->GK);
    return add (self, n, x, NULL, self->GK);
}

FaissStatus faiss_IndexNSG_check_knn_graph (const FaissIndexNSG *self, const idx_t *knn_graph,
                                            idx_t n, int K) {
    idx_t n_bad = 0;
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (knn_graph || n == 0, "knn_graph is NULL");
    FAISS_REQUIRE (n >= 0 && K > 0, "expected n >= 0 and K > 0, got n=%lld and K=%d", (long long)n,
                   K);
    for (idx_t i = 0; i < n; i++) {
        int n_invalid = 0;
        for (int j = 0; j < K; j++) {
            idx_t id = knn_graph[i * K + j];
            n_invalid += id < 0 || id >= n || id == i;
        }
        n_bad += n_invalid > K / 2;
    }
    FAISS_REQUIRE (n_bad == 0 || n_bad < n / 10,
                   "%lld of %lld vectors have ids in knn_graph that are none, or their own",
                   (long long)n_bad, (long long)n);
    return FAISS_OK;
}

FaissStatus faiss_IndexNSG_build (FaissIndexNSG *self, idx_t n, const float *x,
                                  const idx_t *knn_graph, int GK) {
    FAISS_TRY (faiss_check_vectors (__func__, self ? &self->index : NULL, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, &self->index));
    FAISS_REQUIRE (GK > 0 && GK <= MAX_GK, "expected 0 < GK <= %d, got %d", MAX_GK, GK);
    FAISS_TRY (check_empty (self, n));
    FAISS_TRY (faiss_IndexNSG_check_knn_graph (self, knn_graph, n, GK));
    return n > 0 ? add (self, n, x, knn_graph, GK) : FAISS_OK;
}

static FaissStatus IndexNSG_reset (FaissIndex *index) {
    FaissIndexNSG *self = THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    FAISS_TRY (faiss_Index_reset (self->storage));
    FAISS_TRY (faiss_NSG_reset (&self->nsg));
    index->ntotal = 0;
    self->is_built = false;
    return FAISS_OK;
}

static size_t n_nodes (const FaissIndexNSG *self) {
    return self->nsg.is_built ? (size_t)self->nsg.ntotal : 0;
}

/* After a removal. Without the memory for it the mended graph stays. */
static void build_anew_if_few_are_left (FaissIndexNSG *self, size_t n_removed) {
    idx_t n = self->storage->ntotal;
    FAISS_AUTO_FREE (float) *x = NULL;
    if (faiss_graph_few_are_left ((size_t)n, n_removed) && self->GK > 0 && self->GK <= MAX_GK &&
        faiss_alloc (&x, (size_t)n * (size_t)self->index.d, sizeof *x) == FAISS_OK &&
        faiss_Index_reconstruct_n (self->storage, 0, n, x) == FAISS_OK) {
        (void)build_graph (self, n, x, NULL, self->GK);
    }
}

static FaissStatus IndexNSG_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                        size_t *n_removed) {
    FaissIndexNSG *self = THIS (index);
    FAISS_TRY (faiss_graph_storage_check (__func__, index, self->storage, n_nodes (self)));
    FAISS_TRY (faiss_graph_storage_check_remove (__func__, self->storage));
    *n_removed = 0;
    if (index->ntotal > 0) {
        FAISS_TRY (faiss_nsg_remove (&self->nsg, self->storage, sel, n_removed));
        index->ntotal = self->storage->ntotal;
        self->is_built = self->nsg.is_built;
        build_anew_if_few_are_left (self, *n_removed);
    }
    return FAISS_OK;
}

/* ---- searching ------------------------------------------------------------------------------- */

static FaissStatus IndexNSG_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                    const FaissSearchParameters *params, float *distances,
                                    idx_t *labels) {
    const FaissIndexNSG *self = CONST_THIS (index);
    FaissPoolPlan plan = {0};
    FaissPoolSettings settings;
    FAISS_TRY (faiss_pool_settings (__func__, params, self->nsg.search_L, &settings));
    FAISS_TRY (faiss_graph_storage_check (__func__, index, self->storage, n_nodes (self)));
    if (index->ntotal == 0) {
        bool is_similarity = faiss_is_similarity_metric (index->metric_type);
        faiss_pool_write_results (NULL, 0, is_similarity, (size_t)(n * k), distances, labels);
        return FAISS_OK;
    }
    FAISS_TRY (faiss_NSG_plan (&self->nsg, settings.search_L, (size_t)k, &plan));
    FaissStatus status = faiss_pool_search_index (&plan, self->storage, &settings, (size_t)n, x,
                                                  (size_t)k, distances, labels);
    faiss_pool_plan_free (&plan);
    return status;
}

/* ---- what the storage does ------------------------------------------------------------------- */

static FaissStatus IndexNSG_reconstruct (const FaissIndex *index, idx_t key, float *recons) {
    const FaissIndexNSG *self = CONST_THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    return faiss_Index_reconstruct (self->storage, key, recons);
}

static FaissStatus IndexNSG_reconstruct_n (const FaissIndex *index, idx_t i0, idx_t ni,
                                           float *recons) {
    const FaissIndexNSG *self = CONST_THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    return faiss_Index_reconstruct_n (self->storage, i0, ni, recons);
}

static FaissStatus IndexNSG_get_distance_computer (const FaissIndex *index,
                                                   FaissDistanceComputer **out) {
    const FaissIndexNSG *self = CONST_THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    return faiss_Index_get_distance_computer (self->storage, out);
}

/* ---- parameters ------------------------------------------------------------------------------ */

static FaissStatus IndexNSG_set_parameter (FaissIndex *index, const char *name, double value,
                                           bool *known) {
    FaissIndexNSG *self = THIS (index);
    if (strcmp (name, "search_L") == 0) {
        *known = true;
        FAISS_REQUIRE (value >= 1 && value <= INT32_MAX, "expected %s >= 1, got %g", name, value);
        self->nsg.search_L = (int)value;
        return FAISS_OK;
    }
    if (strcmp (name, "verbose") == 0 && self->storage) {
        FAISS_TRY (self->storage->cls->set_parameter (self->storage, name, value, known));
    }
    return faiss_Index_class.set_parameter (index, name, value, known);
}

static FaissStatus IndexNSG_add_parameter_ranges (const FaissIndex *index,
                                                  FaissParameterSpace *space) {
    (void)index;
    return faiss_ParameterSpace_append_powers_of_2 (space, "search_L", 2, 10, 1e9);
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus read_fields (FaissIndexNSG *self, FaissIOReader *r, int io_flags) {
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_i32 (r, &self->GK, "GK"));
    FAISS_TRY (faiss_read_i8 (r, &self->build_type, "build_type"));
    FAISS_TRY (faiss_read_i32 (r, &self->nndescent_S, "nndescent_S"));
    FAISS_TRY (faiss_read_i32 (r, &self->nndescent_R, "nndescent_R"));
    FAISS_TRY (faiss_read_i32 (r, &self->nndescent_L, "nndescent_L"));
    FAISS_TRY (faiss_read_i32 (r, &self->nndescent_iter, "nndescent_iter"));
    FAISS_TRY (faiss_NSG_read (&self->nsg, r));
    self->is_built = self->nsg.is_built;
    self->own_fields = true;
    FAISS_TRY (faiss_read_object (r, &faiss_Index_class.head, io_flags, &self->storage));
    return faiss_graph_storage_check_read (r, &self->index, self->storage, n_nodes (self));
}

FaissStatus faiss_IndexNSG_read_as (FaissClass *cls, void *out, FaissIOReader *r, int io_flags) {
    FAISS_OWNED (IndexNSG) *self = NULL;
    FAISS_TRY (faiss_IndexNSG_new_over (&self, cls, NULL, 32));
    FAISS_TRY (read_fields (self, r, io_flags));
    void *done = FAISS_STEAL (self);
    memcpy (out, &done, sizeof done);
    return FAISS_OK;
}

FaissStatus faiss_IndexNSG_write_as (const FaissIndexNSG *self, const char *tag, FaissIOWriter *w) {
    FAISS_TRY (faiss_write_tag (w, tag));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_write_i32 (w, self->GK));
    FAISS_TRY (faiss_write_u8 (w, (uint8_t)self->build_type));
    FAISS_TRY (faiss_write_i32 (w, self->nndescent_S));
    FAISS_TRY (faiss_write_i32 (w, self->nndescent_R));
    FAISS_TRY (faiss_write_i32 (w, self->nndescent_L));
    FAISS_TRY (faiss_write_i32 (w, self->nndescent_iter));
    FAISS_TRY (faiss_NSG_write (&self->nsg, w));
    return self->storage ? faiss_write_object (w, self->storage, 0) : faiss_write_tag (w, "null");
}

static FaissStatus IndexNSGFlat_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag;
    return faiss_IndexNSG_read_as (&faiss_IndexNSGFlat_class.head, out, r, io_flags);
}

/* Whatever the storage is, the reader takes it. */
static FaissStatus IndexNSG_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    return faiss_IndexNSG_write_as (object, "INSf", w);
}

/* ---- factory strings ------------------------------------------------------------------------- */

/* "NSG32,Flat" */
static FaissStatus IndexNSG_describe (const void *object, FaissString *out) {
    const FaissIndexNSG *self = object;
    return faiss_graph_storage_describe (out, "NSG", self->nsg.R, self->storage);
}

static FaissStatus build_flat (const FaissFactoryContext *context, void *out) {
    int R = 0;
    FaissIndexNSGFlat *index = NULL;
    FAISS_TRY (faiss_factory_int (context->groups[1], 32, &R));
    FAISS_TRY (faiss_IndexNSGFlat_new_with (&index, context->d, R, context->metric));
    memcpy (out, &index, sizeof index);
    return FAISS_OK;
}

static FaissStatus build_coarse (const FaissFactoryContext *context, void *out) {
    enum { TRAINED_ON_CENTROIDS = 2 };
    FaissFactoryCoarse coarse = {.quantizer_trains_alone = TRAINED_ON_CENTROIDS};
    FaissIndexNSGFlat *quantizer = NULL;
    int R = 0;
    FAISS_TRY (faiss_factory_nlist (context->groups[1], context->groups[2], &coarse.nlist));
    FAISS_TRY (faiss_factory_int (context->groups[3], 32, &R));
    FAISS_TRY (faiss_IndexNSGFlat_new_with (&quantizer, context->d, R, context->metric));
    coarse.quantizer = &quantizer->index;
    memcpy (out, &coarse, sizeof coarse);
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {"NSG([0-9]*)([,_](Flat)?)?", FAISS_FACTORY_INDEX, "NSG[<R>]",
     "a spreading-out graph over the vectors as they are, R links per vector (32)", build_flat},
    {"IVF([0-9]+)([kM]?)_NSG([0-9]+)", FAISS_FACTORY_COARSE, "IVF<nlist>_NSG<R>",
     "inverted lists, found by a spreading-out graph over their centroids", build_coarse},
    {0},
};

/* ---- classes --------------------------------------------------------------------------------- */

static void IndexNSG_finalize (void *object) {
    FaissIndexNSG *self = object;
    faiss_NSG_clear (&self->nsg);
    if (self->own_fields) {
        faiss_Index_free (self->storage);
    }
}

static FaissStatus IndexNSG_copy (void *object, const void *other_object) {
    FaissIndexNSG *self = object;
    const FaissIndexNSG *other = other_object;
    self->own_fields = true;
    self->is_built = other->is_built;
    self->GK = other->GK;
    self->build_type = other->build_type;
    self->nndescent_S = other->nndescent_S;
    self->nndescent_R = other->nndescent_R;
    self->nndescent_L = other->nndescent_L;
    self->nndescent_iter = other->nndescent_iter;
    FAISS_TRY (faiss_NSG_copy (&self->nsg, &other->nsg));
    return other->storage ? faiss_object_clone (&self->storage, other->storage) : FAISS_OK;
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexNSG_check (const void *object) {
    const FaissIndexNSG *self = object;
    if (self->storage) {
        FAISS_TRY (faiss_check_part (__func__, "storage", self->storage, self->index.d));
    }
    const FaissNSG_Graph_int *graph = self->nsg.final_graph;
    if (graph) {
        FAISS_TRY (faiss_nsg_check_links (graph));
    }
    FAISS_REQUIRE (!self->nsg.is_built || self->nsg.ntotal == 0 ||
                       (graph && graph->N == self->nsg.ntotal),
                   "expected links of ntotal=%d nodes", self->nsg.ntotal);
    return FAISS_OK;
}

FaissIndexClass faiss_IndexNSG_class = {
    .head = {.name = "IndexNSG",
             .parent = &faiss_Index_class.head,
             .instance_size = sizeof (FaissIndexNSG),
             .table_size = sizeof (FaissIndexClass),
             .check = IndexNSG_check,
             .finalize = IndexNSG_finalize,
             .copy = IndexNSG_copy,
             .write = IndexNSG_write,
             .describe = IndexNSG_describe},
    .train = IndexNSG_train,
    .add = IndexNSG_add,
    .search = IndexNSG_search,
    .reset = IndexNSG_reset,
    .remove_ids = IndexNSG_remove_ids,
    .reconstruct = IndexNSG_reconstruct,
    .reconstruct_n = IndexNSG_reconstruct_n,
    .get_distance_computer = IndexNSG_get_distance_computer,
    .set_parameter = IndexNSG_set_parameter,
    .add_parameter_ranges = IndexNSG_add_parameter_ranges,
};

FaissIndexClass faiss_IndexNSGFlat_class = {
    .head = {.name = "IndexNSGFlat",
             .parent = &faiss_IndexNSG_class.head,
             .instance_size = sizeof (FaissIndexNSGFlat),
             .table_size = sizeof (FaissIndexClass),
             .tags = "INSf",
             .read = IndexNSGFlat_read,
             .factory = factory_rules},
};

/* The storage is borrowed; NULL: none. */
static FaissStatus init (FaissIndexNSG *self, FaissIndex *storage, int R) {
    FAISS_TRY (faiss_NSG_init (&self->nsg, R));
    FAISS_TRY (faiss_graph_storage_init_index (&self->index, storage));
    self->GK = 64;
    self->build_type = storage ? BY_NNDESCENT : BY_SEARCH;
    self->nndescent_S = 10;
    self->nndescent_R = 100;
    self->nndescent_L = self->GK + 50;
    self->nndescent_iter = 10;
    self->storage = storage;
    return FAISS_OK;
}

FaissStatus faiss_IndexNSG_new_over (void *out, FaissClass *cls, FaissIndex *given_storage, int R) {
    FAISS_OWNED (Index) *storage = given_storage;
    FAISS_OWNED (IndexNSG) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, cls));
    FAISS_TRY (init (self, storage, R));
    self->own_fields = storage != NULL;
    (void)FAISS_STEAL (storage);
    void *done = FAISS_STEAL (self);
    memcpy (out, &done, sizeof done);
    return FAISS_OK;
}

FaissStatus faiss_IndexNSG_new_of (void *out, FaissClass *cls, int d, const char *storage,
                                   FaissMetricType metric, const char *R) {
    int links = 0;
    FaissIndex *made = NULL;
    FAISS_TRY (faiss_factory_int (R, 32, &links));
    FAISS_TRY (faiss_index_factory (&made, d, storage, metric));
    return faiss_IndexNSG_new_over (out, cls, made, links);
}

FaissStatus faiss_IndexNSG_new (FaissIndexNSG **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_IndexNSG_new_over (out, &faiss_IndexNSG_class.head, NULL, 32);
}

FaissStatus faiss_IndexNSG_new_with (FaissIndexNSG **out, FaissIndex *storage, int R) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (storage);
    FAISS_TRY (faiss_graph_storage_check_empty (__func__, storage));
    FAISS_OWNED (IndexNSG) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexNSG_class.head));
    FAISS_TRY (init (self, storage, R));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexNSG_free (FaissIndexNSG *self) {
    faiss_object_free (self);
}

FaissIndexNSG *faiss_IndexNSG_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexNSG_class.head);
}

FaissStatus faiss_IndexNSGFlat_new (FaissIndexNSGFlat **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_IndexNSG_new_over (out, &faiss_IndexNSGFlat_class.head, NULL, 32);
}

FaissStatus faiss_IndexNSGFlat_new_with (FaissIndexNSGFlat **out, int d, int R,
                                         FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FaissIndex *storage = NULL;
    FAISS_TRY (faiss_graph_storage_new_flat (&storage, d, metric));
    return faiss_IndexNSG_new_over (out, &faiss_IndexNSGFlat_class.head, storage, R);
}

void faiss_IndexNSGFlat_free (FaissIndexNSGFlat *self) {
    faiss_object_free (self);
}

FaissIndexNSGFlat *faiss_IndexNSGFlat_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexNSGFlat_class.head);
}

/* ---- search parameters ----------------------------------------------------------------------- */

FaissClass faiss_SearchParametersNSG_class = {
    .name = "SearchParametersNSG",
    .parent = &faiss_SearchParameters_class,
    .instance_size = sizeof (FaissSearchParametersNSG),
    .table_size = sizeof (FaissClass),
};

FaissStatus faiss_SearchParametersNSG_new (FaissSearchParametersNSG **out) {
    return faiss_SearchParametersNSG_new_with (out, NULL, 16);
}

FaissStatus faiss_SearchParametersNSG_new_with (FaissSearchParametersNSG **out,
                                                FaissIDSelector *sel, int search_L) {
    FAISS_REQUIRE_ARG (out);
    FaissSearchParametersNSG *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_SearchParametersNSG_class));
    self->params.sel = sel;
    self->search_L = search_L;
    *out = self;
    return FAISS_OK;
}

void faiss_SearchParametersNSG_free (FaissSearchParametersNSG *self) {
    faiss_object_free (self);
}

FaissSearchParametersNSG *faiss_SearchParametersNSG_cast (FaissSearchParameters *params) {
    return faiss_object_cast (params, &faiss_SearchParametersNSG_class);
}
