/* Graphs of one level, made elsewhere, that are searched from random vectors. */
#include <faiss/IndexHNSWCagra.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexScalarQuantizer.h>
#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_internal.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/range_search.h>
#include <faiss/index_factory.h>

#define THIS(pointer) FAISS_SELF (IndexHNSWCagra, index, pointer)
#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexHNSWCagra, index, pointer)

/* ---- adding ---------------------------------------------------------------------------------- */

static FaissStatus IndexHNSWCagra_add (FaissIndex *index, idx_t n, const float *x) {
    FAISS_REQUIRE (!THIS (index)->base_level_only,
                   "vectors cannot be added to a graph with base_level_only");
    return faiss_IndexHNSW_class.add (index, n, x);
}

/* ---- where a search begins ------------------------------------------------------------------- */

/* The nearest of some random vectors to a query, which is set. */
static FaissGraphNode random_start (const FaissIndexHNSWCagra *self,
                                    const FaissGraphVectors *vectors, idx_t query) {
    enum { BATCH = 64 };
    FaissGraphNode best = {.id = -1};
    FaissRandomGenerator random;
    faiss_RandomGenerator_init (&random, 12345 + query);
    int n_left = self->num_base_level_search_entrypoints;
    while (n_left > 0) {
        int32_t nodes[BATCH];
        float keys[BATCH];
        int n = n_left < BATCH ? n_left : BATCH;
        for (int j = 0; j < n; j++) {
            nodes[j] = (int32_t)((uint64_t)faiss_RandomGenerator_rand_int64 (&random) %
                                 (uint64_t)self->index.ntotal);
        }
        faiss_graph_distances (vectors, (size_t)n, nodes, keys);
        for (int j = 0; j < n; j++) {
            if (best.id < 0 || keys[j] < best.key) {
                best = (FaissGraphNode){keys[j], nodes[j]};
            }
        }
        n_left -= n;
    }
    return best;
}

static FaissStatus check_search (const FaissIndexHNSWCagra *self) {
    FAISS_REQUIRE (self->index_hnsw.storage, "the index has no storage");
    FAISS_REQUIRE (self->num_base_level_search_entrypoints >= 1,
                   "expected num_base_level_search_entrypoints >= 1, got %d",
                   self->num_base_level_search_entrypoints);
    FAISS_REQUIRE (self->index_hnsw.storage->ntotal == self->index.ntotal &&
                       self->index_hnsw.storage->d == self->index.d &&
                       faiss_hnsw_size (&self->index_hnsw.hnsw) == (size_t)self->index.ntotal,
                   "expected a storage and a graph of ntotal=%lld, got %lld and %zu",
                   (long long)self->index.ntotal, (long long)self->index_hnsw.storage->ntotal,
                   faiss_hnsw_size (&self->index_hnsw.hnsw));
    return FAISS_OK;
}

/* ---- searching ------------------------------------------------------------------------------- */

static FaissStatus find_starts (const FaissIndexHNSWCagra *self, idx_t n, const float *x,
                                int32_t *nearest, float *nearest_d) {
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n))
    {
        FaissGraphScratch scratch = {0};
        faiss_region_note (&region, faiss_graph_scratch_init (&scratch, &self->index_hnsw.hnsw,
                                                              self->index_hnsw.storage));
#pragma omp for schedule(static)
        for (idx_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region,
                                   faiss_graph_set_query (&scratch.vectors, x + i * self->index.d));
                FaissGraphNode start = random_start (self, &scratch.vectors, i);
                nearest[i] = start.id;
                nearest_d[i] = faiss_graph_key (&scratch.vectors, start.key); /* its own inverse */
            }
        }
        faiss_graph_scratch_free (&scratch);
    }
    return faiss_region_close (&region);
}

static FaissStatus IndexHNSWCagra_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                          const FaissSearchParameters *params, float *distances,
                                          idx_t *labels) {
    const FaissIndexHNSWCagra *self = CONST_THIS (index);
    if (!self->base_level_only || index->ntotal == 0) {
        return faiss_IndexHNSW_class.search (index, n, x, k, params, distances, labels);
    }
    FAISS_AUTO_FREE (int32_t) *nearest = NULL;
    FAISS_AUTO_FREE (float) *nearest_d = NULL;
    FAISS_TRY (check_search (self));
    FAISS_TRY (faiss_alloc (&nearest, (size_t)n, sizeof *nearest));
    FAISS_TRY (faiss_alloc (&nearest_d, (size_t)n, sizeof *nearest_d));
    FAISS_TRY (find_starts (self, n, x, nearest, nearest_d));
    return faiss_IndexHNSW_search_level_0 (&self->index_hnsw, n, x, k, nearest, nearest_d,
                                           distances, labels, 1, 1, params);
}

/* A search whose results go elsewhere than to k nearest. */
typedef struct Search {
    const FaissIndexHNSWCagra *self;
    FaissHNSWSettings settings;
    const float *x;
    float radius;
} Search;

static FaissStatus search_one (const Search *s, FaissGraphScratch *scratch, idx_t i,
                               FaissGraphResults *results) {
    FAISS_TRY (faiss_graph_set_query (&scratch->vectors, s->x + i * s->self->index.d));
    FaissGraphNode start = random_start (s->self, &scratch->vectors, i);
    float distance = faiss_graph_key (&scratch->vectors, start.key);
    FAISS_TRY (faiss_hnsw_search_level_0 (&s->self->index_hnsw.hnsw, scratch, &s->settings, 1,
                                          &start.id, &distance, 1, results));
    return scratch->vectors.dc->status;
}

static FaissStatus range_search_queries (const Search *s, FaissGraphScratch *scratch, size_t begin,
                                         size_t end, FaissRangeSearchPartialResult *partial) {
    FAISS_TRY (
        faiss_graph_scratch_init (scratch, &s->self->index_hnsw.hnsw, s->self->index_hnsw.storage));
    for (size_t i = begin; i < end; i++) {
        FaissGraphResults results = {
            .is_similarity = scratch->vectors.is_similarity, .k = 1, .radius = s->radius};
        FAISS_TRY (faiss_RangeSearchPartialResult_new_result (partial, (idx_t)i, &results.range));
        FAISS_TRY (search_one (s, scratch, (idx_t)i, &results));
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

static FaissStatus IndexHNSWCagra_range_search (const FaissIndex *index, idx_t n, const float *x,
                                                float radius, const FaissSearchParameters *params,
                                                FaissRangeSearchResult *result) {
    const FaissIndexHNSWCagra *self = CONST_THIS (index);
    Search s = {.self = self, .x = x, .radius = radius};
    if (!self->base_level_only || index->ntotal == 0) {
        return faiss_IndexHNSW_class.range_search (index, n, x, radius, params, result);
    }
    FAISS_TRY (check_search (self));
    FAISS_TRY (faiss_IndexHNSW_settings (&self->index_hnsw, params, &s.settings));
    return faiss_range_search_in_shares (result, (size_t)n, range_search_share, &s);
}

static FaissStatus IndexHNSWCagra_search1 (const FaissIndex *index, const float *x,
                                           FaissResultHandler *handler,
                                           const FaissSearchParameters *params) {
    const FaissIndexHNSWCagra *self = CONST_THIS (index);
    Search s = {.self = self, .x = x};
    if (!self->base_level_only || index->ntotal == 0) {
        return faiss_IndexHNSW_class.search1 (index, x, handler, params);
    }
    FAISS_TRY (check_search (self));
    FAISS_TRY (faiss_IndexHNSW_settings (&self->index_hnsw, params, &s.settings));
    FaissGraphScratch scratch = {0};
    FaissStatus status =
        faiss_graph_scratch_init (&scratch, &self->index_hnsw.hnsw, self->index_hnsw.storage);
    if (status == FAISS_OK) {
        FaissGraphResults results = {
            .is_similarity = scratch.vectors.is_similarity, .k = 1, .handler = handler};
        status = search_one (&s, &scratch, 0, &results);
    }
    faiss_hnsw_count (&s.settings, &scratch.stats);
    faiss_graph_scratch_free (&scratch);
    return status;
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus read_fields (FaissIndexHNSWCagra *self, FaissIOReader *r, uint32_t tag,
                                int io_flags) {
    int numeric_type = Float32;
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_bool (r, &self->index_hnsw.keep_max_size_level0, "keep_max_size_level0"));
    FAISS_TRY (faiss_read_bool (r, &self->base_level_only, "base_level_only"));
    FAISS_TRY (faiss_read_i32 (r, &self->num_base_level_search_entrypoints,
                               "num_base_level_search_entrypoints"));
    if (tag == FAISS_FOURCC ("IHc2")) {
        FAISS_TRY (faiss_read_i32 (r, &numeric_type, "numeric_type"));
        FAISS_REQUIRE_FILE (r, numeric_type >= 0 && numeric_type <= Int8,
                            "expected 0 <= numeric_type <= 3, got %d", numeric_type);
    }
    self->numeric_type_ = (FaissNumericType)numeric_type;
    return faiss_IndexHNSW_read_fields (&self->index_hnsw, r, io_flags);
}

static FaissStatus IndexHNSWCagra_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    FAISS_OWNED (IndexHNSWCagra) *self = NULL;
    FAISS_TRY (faiss_IndexHNSWCagra_new (&self));
    FAISS_TRY (read_fields (self, r, tag, io_flags));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexHNSWCagra_write (const void *object, FaissIOWriter *w, int io_flags) {
    const FaissIndexHNSWCagra *self = object;
    FAISS_TRY (faiss_write_tag (w, "IHc2"));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_write_bool (w, self->index_hnsw.keep_max_size_level0));
    FAISS_TRY (faiss_write_bool (w, self->base_level_only));
    FAISS_TRY (faiss_write_i32 (w, self->num_base_level_search_entrypoints));
    FAISS_TRY (faiss_write_i32 (w, (int)self->numeric_type_));
    return faiss_IndexHNSW_write_fields (&self->index_hnsw, w, io_flags);
}

/* ---- the class ------------------------------------------------------------------------------- */

static FaissStatus IndexHNSWCagra_copy (void *object, const void *other_object) {
    FaissIndexHNSWCagra *self = object;
    const FaissIndexHNSWCagra *other = other_object;
    self->base_level_only = other->base_level_only;
    self->num_base_level_search_entrypoints = other->num_base_level_search_entrypoints;
    self->numeric_type_ = other->numeric_type_;
    return FAISS_OK;
}

FaissIndexClass faiss_IndexHNSWCagra_class = {
    .head = {.name = "IndexHNSWCagra",
             .parent = &faiss_IndexHNSW_class.head,
             .instance_size = sizeof (FaissIndexHNSWCagra),
             .table_size = sizeof (FaissIndexClass),
             .copy = IndexHNSWCagra_copy,
             .tags = "IHc2 IHNc",
             .read = IndexHNSWCagra_read,
             .write = IndexHNSWCagra_write},
    .add = IndexHNSWCagra_add,
    .search = IndexHNSWCagra_search,
    .range_search = IndexHNSWCagra_range_search,
    .search1 = IndexHNSWCagra_search1,
};

static FaissStatus new_over (FaissIndexHNSWCagra **out, FaissIndex *storage, int M,
                             FaissNumericType numeric_type) {
    FaissIndexHNSWCagra *self = NULL;
    FAISS_TRY (faiss_IndexHNSW_new_over (&self, &faiss_IndexHNSWCagra_class.head, storage, M));
    self->num_base_level_search_entrypoints = 256;
    self->numeric_type_ = numeric_type;
    self->index_hnsw.keep_max_size_level0 = storage != NULL;
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_IndexHNSWCagra_new (FaissIndexHNSWCagra **out) {
    FAISS_REQUIRE_ARG (out);
    return new_over (out, NULL, 32, Float32);
}

FaissStatus faiss_IndexHNSWCagra_new_with (FaissIndexHNSWCagra **out, int d, int M,
                                           FaissMetricType metric, FaissNumericType numeric_type) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (metric == METRIC_L2 || metric == METRIC_INNER_PRODUCT,
                   "expected METRIC_L2 or METRIC_INNER_PRODUCT, got metric_type=%d", (int)metric);
    FAISS_REQUIRE (numeric_type == Float32 || numeric_type == Float16,
                   "expected numeric_type 0 (Float32) or 1 (Float16), got %d", (int)numeric_type);
    FaissIndex *storage = NULL;
    if (numeric_type == Float16) {
        FaissIndexScalarQuantizer *halves = NULL;
        FAISS_TRY (faiss_IndexScalarQuantizer_new_with (&halves, d, QT_fp16, metric));
        storage = &halves->flat_codes.index;
    } else if (metric == METRIC_L2) {
        FaissIndexFlatL2 *flat = NULL;
        FAISS_TRY (faiss_IndexFlatL2_new_with (&flat, d));
        storage = &flat->index;
    } else {
        FaissIndexFlatIP *flat = NULL;
        FAISS_TRY (faiss_IndexFlatIP_new_with (&flat, d));
        storage = &flat->index;
    }
    return new_over (out, storage, M, numeric_type);
}

void faiss_IndexHNSWCagra_free (FaissIndexHNSWCagra *self) {
    faiss_object_free (self);
}

FaissIndexHNSWCagra *faiss_IndexHNSWCagra_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexHNSWCagra_class.head);
}

FaissNumericType faiss_IndexHNSWCagra_get_numeric_type (const FaissIndexHNSWCagra *self) {
    return self->numeric_type_;
}

void faiss_IndexHNSWCagra_set_numeric_type (FaissIndexHNSWCagra *self,
                                            FaissNumericType numeric_type) {
    self->numeric_type_ = numeric_type;
}
