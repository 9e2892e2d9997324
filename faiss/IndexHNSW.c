/* Indexes that search by walking through a graph, whatever stores the vectors. */
#include <faiss/IndexHNSW.h>

#include <string.h>

#include <faiss/AutoTune.h>
#include <faiss/IndexFlat.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/graph_filter.h>
#include <faiss/impl/graph_remove.h>
#include <faiss/impl/graph_storage.h>
#include <faiss/impl/graph_subclass.h>
#include <faiss/impl/hnsw_flat.h>
#include <faiss/impl/hnsw_internal.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/range_search.h>
#include <faiss/impl/shared_lock.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <faiss/utils/Heap.h>

#define THIS(pointer) FAISS_SELF (IndexHNSW, index, pointer)
#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexHNSW, index, pointer)

/* Held to the end of the scope: a search, a change, a copy of the index. */
static void end_search (FaissSharedLock **lock) {
    faiss_SharedLock_end_search (*lock);
}

static void end_change (FaissSharedLock **lock) {
    faiss_SharedLock_end_change (*lock);
}

static void end_copy (FaissSharedLock **lock) {
    faiss_SharedLock_end_copy (*lock);
}

#define HOLD(what, self)                                                                           \
    __attribute__ ((cleanup (end_##what), unused)) FaissSharedLock *held_lock = (self)->lock;      \
    faiss_SharedLock_begin_##what (held_lock)
#define HOLD_FOR_SEARCH(self) HOLD (search, self)
#define HOLD_FOR_CHANGE(self) HOLD (change, self)
#define HOLD_FOR_COPY(self) HOLD (copy, self)

static FaissStatus check_parts (const char *function, const FaissIndexHNSW *self) {
    FAISS_TRY (faiss_graph_storage_check (function, &self->index, self->storage,
                                          faiss_hnsw_size (&self->hnsw)));
    FAISS_TRY (faiss_object_check (self->storage));
    return faiss_hnsw_check (function, &self->hnsw);
}

/* faiss_Index_ntotal holds no lock. */
static void set_ntotal (FaissIndex *index, idx_t ntotal) {
    __atomic_store_n (&index->ntotal, ntotal, __ATOMIC_RELAXED);
}

/* ---- adding ---------------------------------------------------------------------------------- */

static FaissStatus IndexHNSW_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexHNSW *self = THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    HOLD_FOR_CHANGE (self);
    FAISS_TRY (faiss_Index_train (self->storage, n, x));
    index->is_trained = true;
    return FAISS_OK;
}

/* Levels that the caller has set for the vectors to come are kept. */
static FaissStatus add_to_graph (FaissIndexHNSW *self, idx_t n0, idx_t n, const float *x) {
    FaissHNSWBuild build = {
        .storage = self->storage,
        .n0 = (size_t)n0,
        .n = (size_t)n,
        .x = x,
        .init_level0 = self->init_level0,
        .keep_max_size_level0 = self->keep_max_size_level0,
        .preset_levels = faiss_hnsw_size (&self->hnsw) == (size_t)(n0 + n),
        .verbose = self->index.verbose,
        .lock = self->lock,
    };
    return faiss_hnsw_add (&self->hnsw, &build);
}

static FaissStatus IndexHNSW_add (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexHNSW *self = THIS (index);
    HOLD_FOR_CHANGE (self);
    idx_t n0 = index->ntotal;
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_graph_storage_check_add (__func__, index, self->storage, n));
    FAISS_REQUIRE (self->hnsw.offsets.size == (size_t)n0 + 1,
                   "expected a graph of ntotal=%lld nodes, got %zu", (long long)n0,
                   self->hnsw.offsets.size - 1);
    FAISS_REQUIRE (faiss_hnsw_n_levels (&self->hnsw) > 0, "the graph has no levels");
    FAISS_TRY (faiss_hnsw_check_to_add (__func__, &self->hnsw));
    FAISS_REQUIRE (self->hnsw.efConstruction >= 1, "expected efConstruction >= 1, got %d",
                   self->hnsw.efConstruction);
    FAISS_REQUIRE (self->hnsw.alpha >= 1, "expected alpha >= 1, got %g", (double)self->hnsw.alpha);
    FAISS_TRY (faiss_Index_add (self->storage, n, x));
    set_ntotal (index, n0 + n); /* now, because searches run while links are looked for */
    FaissStatus status = add_to_graph (self, n0, n, x);
    if (status != FAISS_OK) {
        set_ntotal (index, n0);
        FAISS_TRY (faiss_remove_from (self->storage, n0));
        return status;
    }
    return FAISS_OK;
}

static FaissStatus IndexHNSW_reset (FaissIndex *index) {
    FaissIndexHNSW *self = THIS (index);
    HOLD_FOR_CHANGE (self);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    FAISS_TRY (faiss_Index_reset (self->storage));
    FAISS_TRY (faiss_HNSW_reset (&self->hnsw));
    set_ntotal (index, 0);
    return FAISS_OK;
}

static FaissStatus IndexHNSW_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                         size_t *n_removed) {
    FaissIndexHNSW *self = THIS (index);
    HOLD_FOR_CHANGE (self);
    FAISS_TRY (check_parts (__func__, self));
    FAISS_TRY (faiss_graph_storage_check_remove (__func__, self->storage));
    FAISS_TRY (faiss_hnsw_remove (&self->hnsw, self->storage, sel, self->keep_max_size_level0,
                                  self->lock, n_removed));
    set_ntotal (index, self->storage->ntotal);
    return FAISS_OK;
}

/* ---- searching ------------------------------------------------------------------------------- */

/* Of one search, from the index or from the caller's parameters. */
static FaissStatus settings_of (const FaissIndexHNSW *self, const FaissSearchParameters *params,
                                FaissHNSWSettings *out) {
    const FaissSearchParametersHNSW *own =
        faiss_object_cast (params, &faiss_SearchParametersHNSW_class);
    *out = (FaissHNSWSettings){
        .efSearch = own ? own->efSearch : self->hnsw.efSearch,
        .check_relative_distance =
            own ? own->check_relative_distance : self->hnsw.check_relative_distance,
        .bounded_queue = own ? own->bounded_queue : self->hnsw.search_bounded_queue,
        .sel = params ? params->sel : NULL,
        .filter = own ? own->filter : FAISS_HNSW_FILTER_AUTO,
        .rerank = own ? own->rerank : self->hnsw.rerank,
        .stats = own ? own->stats : NULL,
    };
    FAISS_REQUIRE (out->filter >= FAISS_HNSW_FILTER_AUTO && out->filter <= FAISS_HNSW_FILTER_SCAN,
                   "expected a filter of 0 .. %d, got %d", FAISS_HNSW_FILTER_SCAN, out->filter);
    FAISS_REQUIRE (out->rerank >= 0, "expected rerank >= 0, got %d", out->rerank);
    FAISS_REQUIRE (out->efSearch >= 1, "expected efSearch >= 1, got %d", out->efSearch);
    return FAISS_OK;
}

/* One call of a search. */
typedef struct Search {
    const FaissIndexHNSW *self;
    FaissHNSWSettings settings;
    FaissGraphFilter filter;
    const float *x;
    idx_t k;
    float *distances;
    idx_t *labels;
    float radius;
    FaissHNSWChooseStart choose_start; /* or NULL */
    /* where searches begin at level 0 */
    int nprobe, search_type; /* 0: from the entry point */
    const int32_t *nearest;
    const float *nearest_d;
    int32_t *chosen; /* the same, owned */
    float *chosen_d;
} Search;

static FaissStatus choose_starts (Search *s, idx_t n) {
    FaissRegion region = {0};
    FAISS_TRY (faiss_alloc (&s->chosen, (size_t)n, sizeof *s->chosen));
    FAISS_TRY (faiss_alloc (&s->chosen_d, (size_t)n, sizeof *s->chosen_d));
#pragma omp parallel num_threads(faiss_threads_for(n))
    {
        FaissGraphVectors vectors = {0};
        faiss_region_note (&region, faiss_graph_vectors_open (&vectors, s->self->storage));
#pragma omp for schedule(dynamic, 8)
        for (idx_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region,
                                   faiss_graph_set_query (&vectors, s->x + i * s->self->index.d));
                FaissGraphNode start = s->choose_start (s->self, &vectors, i);
                s->chosen[i] = start.id;
                s->chosen_d[i] = faiss_graph_key (&vectors, start.key); /* its own inverse */
                faiss_region_note (&region, vectors.dc->status);
            }
        }
        faiss_graph_vectors_close (&vectors);
    }
    s->nprobe = s->search_type = 1;
    s->nearest = s->chosen;
    s->nearest_d = s->chosen_d;
    return faiss_region_close (&region);
}

/* With the lock held. To be closed, also after a failure. */
static FaissStatus open_search (const char *function, Search *s,
                                const FaissSearchParameters *params, idx_t n) {
    const FaissIndexHNSW *self = s->self;
    FAISS_TRY (check_parts (function, self));
    FAISS_TRY (settings_of (self, params, &s->settings));
    FAISS_TRY (faiss_graph_filter_open (&s->filter, &self->hnsw, (size_t)self->index.d,
                                        &s->settings, (size_t)n, (size_t)s->k));
    bool walks = s->filter.way != FAISS_HNSW_FILTER_SCAN && self->index.ntotal > 0;
    return s->choose_start && walks ? choose_starts (s, n) : FAISS_OK;
}

static void close_search (Search *s) {
    faiss_graph_filter_close (&s->filter);
    free (s->chosen);
    free (s->chosen_d);
}

#define AUTO_SEARCH __attribute__ ((cleanup (close_search))) Search

static FaissStatus search_from (const Search *s, FaissGraphScratch *scratch, idx_t i,
                                FaissGraphResults *results) {
    const FaissHNSW *hnsw = &s->self->hnsw;
    FAISS_TRY (faiss_graph_set_query (&scratch->vectors, s->x + i * s->self->index.d));
    if (s->filter.way > FAISS_HNSW_FILTER_PLAIN) {
        FaissGraphNode start = {.id = -1};
        if (s->chosen) {
            start = (FaissGraphNode){faiss_graph_key (&scratch->vectors, s->nearest_d[i]),
                                     s->nearest[i]};
        }
        FAISS_TRY (faiss_graph_filter_search (&s->filter, hnsw, scratch, &s->settings,
                                              s->chosen ? &start : NULL, results));
    } else if (s->search_type == 0) {
        FAISS_TRY (faiss_hnsw_search (hnsw, scratch, &s->settings, results));
    } else {
        FAISS_TRY (faiss_hnsw_search_level_0 (
            hnsw, scratch, &s->settings, (size_t)s->nprobe, s->nearest + i * s->nprobe,
            s->nearest_d + i * s->nprobe, s->search_type, results));
    }
    return scratch->vectors.dc->status;
}

static FaissStatus search_one (const Search *s, FaissGraphScratch *scratch, idx_t i) {
    bool is_similarity = scratch->vectors.is_similarity;
    FaissGraphResults results = {.is_similarity = is_similarity,
                                 .k = (size_t)s->k,
                                 .distances = s->distances + i * s->k,
                                 .labels = s->labels + i * s->k};
    faiss_heap_heapify (is_similarity, results.k, results.distances, results.labels);
    FAISS_TRY (search_from (s, scratch, i, &results));
    faiss_heap_reorder (is_similarity, results.k, results.distances, results.labels);
    return FAISS_OK;
}

static FaissStatus search_all (const Search *s, idx_t n) {
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n))
    {
        FaissGraphScratch scratch = {0};
        faiss_region_note (&region,
                           faiss_graph_scratch_init (&scratch, &s->self->hnsw, s->self->storage));
#pragma omp for schedule(dynamic, 4)
        for (idx_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region, search_one (s, &scratch, i));
            }
        }
        faiss_hnsw_count (&s->settings, &scratch.stats);
        faiss_graph_scratch_free (&scratch);
    }
    return faiss_region_close (&region);
}

/* Graphs over plain vectors have a way of their own, with the same results. */
static FaissStatus search_k (const Search *s, idx_t n) {
    const FaissIndexHNSW *self = s->self;
    FaissFlatVectors flat;
    bool is_plain = s->filter.way <= FAISS_HNSW_FILTER_PLAIN && s->nprobe <= 1;
    bool is_bounded = s->settings.bounded_queue || s->search_type > 0;
    if (is_plain && is_bounded && faiss_flat_vectors_open (&flat, self->storage)) {
        return faiss_hnsw_search_flat (&self->hnsw, self->storage, &s->settings, (size_t)n, s->x,
                                       s->nearest, s->nearest_d, (size_t)s->k, s->distances,
                                       s->labels);
    }
    return search_all (s, n);
}

FaissStatus faiss_IndexHNSW_search_by (const char *function, const FaissIndexHNSW *self,
                                       FaissHNSWChooseStart choose_start, idx_t n, const float *x,
                                       idx_t k, const FaissSearchParameters *params,
                                       float *distances, idx_t *labels) {
    AUTO_SEARCH s = {.self = self,
                     .x = x,
                     .k = k,
                     .distances = distances,
                     .labels = labels,
                     .choose_start = choose_start};
    HOLD_FOR_SEARCH (self);
    FAISS_TRY (open_search (function, &s, params, n));
    return search_k (&s, n);
}

static FaissStatus IndexHNSW_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                     const FaissSearchParameters *params, float *distances,
                                     idx_t *labels) {
    return faiss_IndexHNSW_search_by (__func__, CONST_THIS (index), NULL, n, x, k, params,
                                      distances, labels);
}

FaissStatus faiss_IndexHNSW_search_level_0 (const FaissIndexHNSW *self, idx_t n, const float *x,
                                            idx_t k, const int32_t *nearest, const float *nearest_d,
                                            float *distances, idx_t *labels, int nprobe,
                                            int search_type, const FaissSearchParameters *params) {
    FAISS_TRY (faiss_check_vectors (__func__, self ? &self->index : NULL, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, &self->index));
    FAISS_TRY (faiss_check_results (__func__, n, k, distances, labels));
    FAISS_REQUIRE (nprobe >= 1, "expected nprobe >= 1, got %d", nprobe);
    FAISS_REQUIRE (search_type == 1 || search_type == 2, "expected search_type 1 or 2, got %d",
                   search_type);
    FAISS_REQUIRE (n == 0 || (nearest && nearest_d), "nearest or nearest_d is NULL");
    Search s = {.self = self,
                .x = x,
                .k = k,
                .distances = distances,
                .labels = labels,
                .nprobe = nprobe,
                .search_type = search_type,
                .nearest = nearest,
                .nearest_d = nearest_d};
    HOLD_FOR_SEARCH (self);
    FAISS_TRY (check_parts (__func__, self));
    FAISS_TRY (settings_of (self, params, &s.settings));
    return search_k (&s, n);
}

static FaissStatus range_search_queries (const Search *s, FaissGraphScratch *scratch, size_t begin,
                                         size_t end, FaissRangeSearchPartialResult *partial) {
    FAISS_TRY (faiss_graph_scratch_init (scratch, &s->self->hnsw, s->self->storage));
    for (size_t i = begin; i < end; i++) {
        FAISS_TRY (faiss_check_interrupt ());
        FaissGraphResults results = {
            .is_similarity = scratch->vectors.is_similarity, .k = 1, .radius = s->radius};
        FAISS_TRY (faiss_RangeSearchPartialResult_new_result (partial, (idx_t)i, &results.range));
        FAISS_TRY (search_from (s, scratch, (idx_t)i, &results));
    }
    return FAISS_OK;
}

static FaissStatus range_search_share (void *context, size_t begin, size_t end,
                                       FaissRangeSearchPartialResult *partial) {
    FaissGraphScratch scratch = {0};
    FaissStatus status = range_search_queries (context, &scratch, begin, end, partial);
    faiss_hnsw_count (&((const Search *)context)->settings, &scratch.stats);
    faiss_graph_scratch_free (&scratch);
    return status;
}

FaissStatus faiss_IndexHNSW_range_search_by (const char *function, const FaissIndexHNSW *self,
                                             FaissHNSWChooseStart choose_start, idx_t n,
                                             const float *x, float radius,
                                             const FaissSearchParameters *params,
                                             FaissRangeSearchResult *result) {
    AUTO_SEARCH s = {.self = self, .x = x, .radius = radius, .choose_start = choose_start};
    HOLD_FOR_SEARCH (self);
    FAISS_TRY (open_search (function, &s, params, n));
    return faiss_range_search_in_shares (result, (size_t)n, range_search_share, &s);
}

static FaissStatus IndexHNSW_range_search (const FaissIndex *index, idx_t n, const float *x,
                                           float radius, const FaissSearchParameters *params,
                                           FaissRangeSearchResult *result) {
    return faiss_IndexHNSW_range_search_by (__func__, CONST_THIS (index), NULL, n, x, radius,
                                            params, result);
}

FaissStatus faiss_IndexHNSW_search1_by (const char *function, const FaissIndexHNSW *self,
                                        FaissHNSWChooseStart choose_start, const float *x,
                                        FaissResultHandler *handler,
                                        const FaissSearchParameters *params) {
    AUTO_SEARCH s = {.self = self, .x = x, .choose_start = choose_start};
    HOLD_FOR_SEARCH (self);
    FAISS_TRY (open_search (function, &s, params, 1));
    FaissGraphScratch scratch = {0};
    FaissStatus status = faiss_graph_scratch_init (&scratch, &self->hnsw, self->storage);
    if (status == FAISS_OK) {
        FaissGraphResults results = {
            .is_similarity = scratch.vectors.is_similarity, .k = 1, .handler = handler};
        status = search_from (&s, &scratch, 0, &results);
    }
    faiss_hnsw_count (&s.settings, &scratch.stats);
    faiss_graph_scratch_free (&scratch);
    return status;
}

static FaissStatus IndexHNSW_search1 (const FaissIndex *index, const float *x,
                                      FaissResultHandler *handler,
                                      const FaissSearchParameters *params) {
    return faiss_IndexHNSW_search1_by (__func__, CONST_THIS (index), NULL, x, handler, params);
}

/* ---- what the storage does ------------------------------------------------------------------- */

static FaissStatus IndexHNSW_reconstruct (const FaissIndex *index, idx_t key, float *recons) {
    const FaissIndexHNSW *self = CONST_THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    HOLD_FOR_SEARCH (self);
    return faiss_Index_reconstruct (self->storage, key, recons);
}

static FaissStatus IndexHNSW_reconstruct_n (const FaissIndex *index, idx_t i0, idx_t ni,
                                            float *recons) {
    const FaissIndexHNSW *self = CONST_THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    HOLD_FOR_SEARCH (self);
    return faiss_Index_reconstruct_n (self->storage, i0, ni, recons);
}

static FaissStatus IndexHNSW_get_distance_computer (const FaissIndex *index,
                                                    FaissDistanceComputer **out) {
    const FaissIndexHNSW *self = CONST_THIS (index);
    FAISS_REQUIRE (self->storage, "the index has no storage");
    return faiss_Index_get_distance_computer (self->storage, out);
}

/* ---- parameters ------------------------------------------------------------------------------ */

static FaissStatus to_int (const char *name, double value, int *out) {
    FAISS_REQUIRE (value >= 1 && value <= INT32_MAX, "expected %s >= 1, got %g", name, value);
    *out = (int)value;
    return FAISS_OK;
}

static FaissStatus IndexHNSW_set_parameter (FaissIndex *index, const char *name, double value,
                                            bool *known) {
    FaissIndexHNSW *self = THIS (index);
    *known = true;
    if (strcmp (name, "efSearch") == 0) {
        return to_int (name, value, &self->hnsw.efSearch);
    }
    if (strcmp (name, "efConstruction") == 0) {
        return to_int (name, value, &self->hnsw.efConstruction);
    }
    if (strcmp (name, "rerank") == 0) {
        FAISS_REQUIRE (value >= 0 && value <= INT32_MAX, "expected rerank >= 0, got %g", value);
        self->hnsw.rerank = (int)value;
        return FAISS_OK;
    }
    if (strcmp (name, "alpha") == 0) {
        FAISS_REQUIRE (value >= 1, "expected alpha >= 1, got %g", value);
        self->hnsw.alpha = (float)value;
        return FAISS_OK;
    }
    if (strcmp (name, "prune_headroom") == 0) {
        self->hnsw.prune_headroom = (float)value;
        return FAISS_OK;
    }
    if (strcmp (name, "verbose") == 0 && self->storage) {
        FAISS_TRY (self->storage->cls->set_parameter (self->storage, name, value, known));
    }
    return faiss_Index_class.set_parameter (index, name, value, known);
}

static FaissStatus IndexHNSW_add_parameter_ranges (const FaissIndex *index,
                                                   FaissParameterSpace *space) {
    (void)index;
    return faiss_ParameterSpace_append_powers_of_2 (space, "efSearch", 2, 10, 1e9);
}

/* ---- files ----------------------------------------------------------------------------------- */

FaissStatus faiss_IndexHNSW_read_fields (FaissIndexHNSW *self, FaissIOReader *r, int io_flags) {
    FAISS_TRY (faiss_HNSW_read (&self->hnsw, r));
    self->own_fields = true;
    FAISS_TRY (faiss_read_object (r, &faiss_Index_class.head, io_flags, &self->storage));
    self->hnsw.is_similarity = faiss_is_similarity_metric (self->index.metric_type);
    return faiss_graph_storage_check_read (r, &self->index, self->storage,
                                           faiss_hnsw_size (&self->hnsw));
}

FaissStatus faiss_IndexHNSW_write_fields (const FaissIndexHNSW *self, FaissIOWriter *w,
                                          int io_flags) {
    FAISS_TRY (faiss_HNSW_write (&self->hnsw, w));
    if (!self->storage || io_flags & FAISS_IO_FLAG_SKIP_STORAGE) {
        return faiss_write_tag (w, "null");
    }
    return faiss_write_object (w, self->storage, 0);
}

FaissStatus faiss_IndexHNSW_read_as (FaissClass *cls, void *out, FaissIOReader *r, int io_flags) {
    FAISS_OWNED (IndexHNSW) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, cls));
    FAISS_TRY (faiss_IndexHNSW_init (self, NULL, 32));
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_IndexHNSW_read_fields (self, r, io_flags));
    void *done = FAISS_STEAL (self);
    memcpy (out, &done, sizeof done);
    return FAISS_OK;
}

static FaissStatus IndexHNSW_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag;
    return faiss_IndexHNSW_read_as (&faiss_IndexHNSW_class.head, out, r, io_flags);
}

static FaissStatus IndexHNSWFlat_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag;
    return faiss_IndexHNSW_read_as (&faiss_IndexHNSWFlat_class.head, out, r, io_flags);
}

FaissStatus faiss_IndexHNSW_write_as (const FaissIndexHNSW *self, const char *tag, FaissIOWriter *w,
                                      int io_flags) {
    HOLD_FOR_COPY (self);
    FAISS_TRY (faiss_write_tag (w, tag));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    return faiss_IndexHNSW_write_fields (self, w, io_flags);
}

static FaissStatus IndexHNSW_write (const void *object, FaissIOWriter *w, int io_flags) {
    return faiss_IndexHNSW_write_as (object, "IH00", w, io_flags);
}

static FaissStatus IndexHNSWFlat_write (const void *object, FaissIOWriter *w, int io_flags) {
    return faiss_IndexHNSW_write_as (object, "IHNf", w, io_flags);
}

/* ---- factory strings ------------------------------------------------------------------------- */

/* "HNSW32", and what stores the vectors unless these are as they are. */
static FaissStatus IndexHNSW_describe (const void *object, FaissString *out) {
    const FaissIndexHNSW *self = object;
    bool is_flat = faiss_object_cast (self->storage, &faiss_IndexFlat_class.index.head);
    return faiss_graph_storage_describe (out, "HNSW", faiss_hnsw_room (&self->hnsw, 0) / 2,
                                         is_flat ? NULL : self->storage);
}

static FaissStatus build_flat (const FaissFactoryContext *context, void *out) {
    int M = 0;
    FaissIndexHNSWFlat *index = NULL;
    FAISS_TRY (faiss_factory_int (context->groups[1], 32, &M));
    FAISS_TRY (faiss_IndexHNSWFlat_new_with (&index, context->d, M, context->metric));
    memcpy (out, &index, sizeof index);
    return FAISS_OK;
}

static FaissStatus build_coarse (const FaissFactoryContext *context, void *out) {
    enum { TRAINED_ON_CENTROIDS = 2 };
    FaissFactoryCoarse coarse = {.quantizer_trains_alone = TRAINED_ON_CENTROIDS};
    FaissIndexHNSWFlat *quantizer = NULL;
    int M = 0;
    FAISS_TRY (faiss_factory_nlist (context->groups[1], context->groups[2], &coarse.nlist));
    FAISS_TRY (faiss_factory_int (context->groups[3], 32, &M));
    FAISS_TRY (faiss_IndexHNSWFlat_new_with (&quantizer, context->d, M, context->metric));
    coarse.quantizer = &quantizer->index;
    memcpy (out, &coarse, sizeof coarse);
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules[] = {
    {"HNSW([0-9]*)([,_](Flat)?)?", FAISS_FACTORY_INDEX, "HNSW[<M>]",
     "a graph over the vectors as they are, M links per vector and level (32)", build_flat},
    {"IVF([0-9]+)([kM]?)_HNSW([0-9]*)", FAISS_FACTORY_COARSE, "IVF<nlist>_HNSW[<M>]",
     "inverted lists, found by a graph over their centroids", build_coarse},
    {0},
};

/* ---- classes --------------------------------------------------------------------------------- */

static void IndexHNSW_finalize (void *object) {
    FaissIndexHNSW *self = object;
    faiss_HNSW_clear (&self->hnsw);
    faiss_SharedLock_free (self->lock);
    if (self->own_fields) {
        faiss_Index_free (self->storage);
    }
}

static FaissStatus IndexHNSW_copy (void *object, const void *other_object) {
    FaissIndexHNSW *self = object;
    const FaissIndexHNSW *other = other_object;
    FAISS_TRY (faiss_SharedLock_new (&self->lock));
    HOLD_FOR_COPY (other);
    FAISS_TRY (faiss_hnsw_check (__func__, &other->hnsw));
    if (other->storage) {
        FAISS_TRY (faiss_object_check (other->storage));
    }
    self->index.ntotal = other->index.ntotal; /* may have changed meanwhile */
    self->own_fields = true;
    self->init_level0 = other->init_level0;
    self->keep_max_size_level0 = other->keep_max_size_level0;
    self->use_visited_hashset = other->use_visited_hashset;
    FAISS_TRY (faiss_HNSW_copy (&self->hnsw, &other->hnsw));
    return other->storage ? faiss_object_clone (&self->storage, other->storage) : FAISS_OK;
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexHNSW_check (const void *object) {
    const FaissIndexHNSW *self = object;
    FAISS_REQUIRE (!self->storage || self->storage->d == self->index.d,
                   "expected a storage of d=%d, its d is %d", self->index.d, self->storage->d);
    return FAISS_OK;
}

FaissIndexClass faiss_IndexHNSW_class = {
    .head = {.name = "IndexHNSW",
             .parent = &faiss_Index_class.head,
             .instance_size = sizeof (FaissIndexHNSW),
             .table_size = sizeof (FaissIndexClass),
             .check = IndexHNSW_check,
             .finalize = IndexHNSW_finalize,
             .copy = IndexHNSW_copy,
             .tags = "IH00",
             .read = IndexHNSW_read,
             .write = IndexHNSW_write,
             .describe = IndexHNSW_describe},
    .train = IndexHNSW_train,
    .add = IndexHNSW_add,
    .search = IndexHNSW_search,
    .range_search = IndexHNSW_range_search,
    .search1 = IndexHNSW_search1,
    .reset = IndexHNSW_reset,
    .remove_ids = IndexHNSW_remove_ids,
    .reconstruct = IndexHNSW_reconstruct,
    .reconstruct_n = IndexHNSW_reconstruct_n,
    .get_distance_computer = IndexHNSW_get_distance_computer,
    .set_parameter = IndexHNSW_set_parameter,
    .add_parameter_ranges = IndexHNSW_add_parameter_ranges,
};

FaissIndexClass faiss_IndexHNSWFlat_class = {
    .head = {.name = "IndexHNSWFlat",
             .parent = &faiss_IndexHNSW_class.head,
             .instance_size = sizeof (FaissIndexHNSWFlat),
             .table_size = sizeof (FaissIndexClass),
             .tags = "IHNf",
             .read = IndexHNSWFlat_read,
             .write = IndexHNSWFlat_write,
             .factory = factory_rules},
};

FaissStatus faiss_IndexHNSW_init (FaissIndexHNSW *self, FaissIndex *storage, int M) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (faiss_HNSW_init (&self->hnsw, M));
    FAISS_TRY (faiss_SharedLock_new (&self->lock));
    FAISS_TRY (faiss_graph_storage_init_index (&self->index, storage));
    self->init_level0 = true;
    self->use_visited_hashset = -1;
    self->storage = storage;
    if (storage) {
        self->hnsw.is_similarity = faiss_is_similarity_metric (storage->metric_type);
    }
    return FAISS_OK;
}

FaissStatus faiss_IndexHNSW_new_over (void *out, FaissClass *cls, FaissIndex *given_storage,
                                      int M) {
    FAISS_OWNED (Index) *storage = given_storage;
    FAISS_OWNED (IndexHNSW) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, cls));
    FAISS_TRY (faiss_IndexHNSW_init (self, storage, M));
    self->own_fields = storage != NULL;
    (void)FAISS_STEAL (storage);
    void *done = FAISS_STEAL (self);
    memcpy (out, &done, sizeof done);
    return FAISS_OK;
}

FaissStatus faiss_IndexHNSW_new_of (void *out, FaissClass *cls, int d, const char *storage,
                                    FaissMetricType metric, const char *M) {
    int links = 0;
    FaissIndex *made = NULL;
    FAISS_TRY (faiss_factory_int (M, 32, &links));
    FAISS_TRY (faiss_index_factory (&made, d, storage, metric));
    return faiss_IndexHNSW_new_over (out, cls, made, links);
}

FaissStatus faiss_IndexHNSW_new (FaissIndexHNSW **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexHNSW) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexHNSW_class.head));
    FAISS_TRY (faiss_IndexHNSW_init (self, NULL, 32));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexHNSW_new_with (FaissIndexHNSW **out, FaissIndex *storage, int M) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (storage);
    FAISS_TRY (faiss_graph_storage_check_empty (__func__, storage));
    FAISS_OWNED (IndexHNSW) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexHNSW_class.head));
    FAISS_TRY (faiss_IndexHNSW_init (self, storage, M));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

void faiss_IndexHNSW_free (FaissIndexHNSW *self) {
    faiss_object_free (self);
}

FaissIndexHNSW *faiss_IndexHNSW_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexHNSW_class.head);
}

FaissStatus faiss_IndexHNSWFlat_new (FaissIndexHNSWFlat **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_IndexHNSW_new_over (out, &faiss_IndexHNSWFlat_class.head, NULL, 32);
}

FaissStatus faiss_IndexHNSWFlat_new_with (FaissIndexHNSWFlat **out, int d, int M,
                                          FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    FaissIndex *storage = NULL;
    FAISS_TRY (faiss_graph_storage_new_flat (&storage, d, metric));
    return faiss_IndexHNSW_new_over (out, &faiss_IndexHNSWFlat_class.head, storage, M);
}

void faiss_IndexHNSWFlat_free (FaissIndexHNSWFlat *self) {
    faiss_object_free (self);
}

FaissIndexHNSWFlat *faiss_IndexHNSWFlat_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexHNSWFlat_class.head);
}

/* ---- search parameters ----------------------------------------------------------------------- */

FaissClass faiss_SearchParametersHNSW_class = {
    .name = "SearchParametersHNSW",
    .parent = &faiss_SearchParameters_class,
    .instance_size = sizeof (FaissSearchParametersHNSW),
    .table_size = sizeof (FaissClass),
};

FaissStatus faiss_SearchParametersHNSW_new (FaissSearchParametersHNSW **out) {
    return faiss_SearchParametersHNSW_new_with (out, NULL, 16);
}

FaissStatus faiss_SearchParametersHNSW_new_with (FaissSearchParametersHNSW **out,
                                                 FaissIDSelector *sel, int efSearch) {
    FAISS_REQUIRE_ARG (out);
    FaissSearchParametersHNSW *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_SearchParametersHNSW_class));
    self->params.sel = sel;
    self->efSearch = efSearch;
    self->check_relative_distance = true;
    self->bounded_queue = true;
    *out = self;
    return FAISS_OK;
}

void faiss_SearchParametersHNSW_free (FaissSearchParametersHNSW *self) {
    faiss_object_free (self);
}

FaissSearchParametersHNSW *faiss_SearchParametersHNSW_cast (FaissSearchParameters *params) {
    return faiss_object_cast (params, &faiss_SearchParametersHNSW_class);
}

const FaissIDSelector *faiss_SearchParametersHNSW_sel (const FaissSearchParametersHNSW *self) {
    return self ? self->params.sel : NULL;
}

int faiss_SearchParametersHNSW_efSearch (const FaissSearchParametersHNSW *self) {
    return self ? self->efSearch : 0;
}

void faiss_SearchParametersHNSW_set_efSearch (FaissSearchParametersHNSW *self, int efSearch) {
    if (self) {
        self->efSearch = efSearch;
    }
}

int faiss_SearchParametersHNSW_check_relative_distance (const FaissSearchParametersHNSW *self) {
    return self ? self->check_relative_distance : 0;
}

void faiss_SearchParametersHNSW_set_check_relative_distance (FaissSearchParametersHNSW *self,
                                                             int check_relative_distance) {
    if (self) {
        self->check_relative_distance = check_relative_distance != 0;
    }
}

int faiss_SearchParametersHNSW_bounded_queue (const FaissSearchParametersHNSW *self) {
    return self ? self->bounded_queue : 0;
}

void faiss_SearchParametersHNSW_set_bounded_queue (FaissSearchParametersHNSW *self,
                                                   int bounded_queue) {
    if (self) {
        self->bounded_queue = bounded_queue != 0;
    }
}
