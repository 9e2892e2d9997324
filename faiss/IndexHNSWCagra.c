/* Graphs of one level, made elsewhere, that are searched from random vectors. */
#include <faiss/IndexHNSWCagra.h>

#include <faiss/IndexFlat.h>
#include <faiss/IndexScalarQuantizer.h>
#include <faiss/impl/check.h>
#include <faiss/impl/graph_subclass.h>
#include <faiss/impl/hnsw_internal.h>
#include <faiss/impl/io_fields.h>
#include <faiss/index_factory.h>

#define THIS(pointer) FAISS_SELF (IndexHNSWCagra, index, pointer)
#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexHNSWCagra, index, pointer)

/* ---- adding ---------------------------------------------------------------------------------- */

static FaissStatus IndexHNSWCagra_add (FaissIndex *index, idx_t n, const float *x) {
    FAISS_REQUIRE (!THIS (index)->base_level_only,
                   "vectors cannot be added to a graph with base_level_only");
    return faiss_IndexHNSW_class.add (index, n, x);
}

/* ---- searching ------------------------------------------------------------------------------- */

/* The nearest of some random vectors to a query. */
static FaissGraphNode choose_start (const FaissIndexHNSW *index, const FaissGraphVectors *vectors,
                                    idx_t query) {
    enum { BATCH = 64 };
    FaissGraphNode best = {.id = -1};
    FaissRandomGenerator random;
    faiss_RandomGenerator_init (&random, 12345 + query);
    /* of so many as are 16 for each vector, none is missed any more */
    int64_t n_wanted = CONST_THIS (&index->index)->num_base_level_search_entrypoints;
    int64_t n_useful = 16 * index->index.ntotal + 256;
    int64_t n_left = n_wanted < n_useful ? n_wanted : n_useful;
    while (n_left > 0) {
        int32_t nodes[BATCH];
        float keys[BATCH];
        int n = n_left < BATCH ? (int)n_left : BATCH;
        for (int j = 0; j < n; j++) {
            nodes[j] = (int32_t)((uint64_t)faiss_RandomGenerator_rand_int64 (&random) %
                                 (uint64_t)index->index.ntotal);
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

/* NULL: searches begin at the entry point, as those of other graphs. */
static FaissStatus choice_of_start (const char *function, const FaissIndexHNSWCagra *self,
                                    FaissHNSWChooseStart *choice) {
    int n = self->num_base_level_search_entrypoints;
    *choice = self->base_level_only ? choose_start : NULL;
    return n >= 1 || !self->base_level_only
               ? FAISS_OK
               : faiss_fail_in (FAISS_EXCEPT, function,
                                "expected num_base_level_search_entrypoints >= 1, got %d", n);
}

static FaissStatus IndexHNSWCagra_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                          const FaissSearchParameters *params, float *distances,
                                          idx_t *labels) {
    FaissHNSWChooseStart choice = NULL;
    FAISS_TRY (choice_of_start (__func__, CONST_THIS (index), &choice));
    return faiss_IndexHNSW_search_by (__func__, &CONST_THIS (index)->index_hnsw, choice, n, x, k,
                                      params, distances, labels);
}

static FaissStatus IndexHNSWCagra_range_search (const FaissIndex *index, idx_t n, const float *x,
                                                float radius, const FaissSearchParameters *params,
                                                FaissRangeSearchResult *result) {
    FaissHNSWChooseStart choice = NULL;
    FAISS_TRY (choice_of_start (__func__, CONST_THIS (index), &choice));
    return faiss_IndexHNSW_range_search_by (__func__, &CONST_THIS (index)->index_hnsw, choice, n, x,
                                            radius, params, result);
}

static FaissStatus IndexHNSWCagra_search1 (const FaissIndex *index, const float *x,
                                           FaissResultHandler *handler,
                                           const FaissSearchParameters *params) {
    FaissHNSWChooseStart choice = NULL;
    FAISS_TRY (choice_of_start (__func__, CONST_THIS (index), &choice));
    return faiss_IndexHNSW_search1_by (__func__, &CONST_THIS (index)->index_hnsw, choice, x,
                                       handler, params);
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
    return self ? self->numeric_type_ : 0;
}

void faiss_IndexHNSWCagra_set_numeric_type (FaissIndexHNSWCagra *self,
                                            FaissNumericType numeric_type) {
    if (self) {
        self->numeric_type_ = numeric_type;
    }
}
