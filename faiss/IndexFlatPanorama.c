/* Exhaustive search that reads of most vectors only a part. */
#include <faiss/IndexFlatPanorama.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/panorama_search.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/prefetch.h>
#include <faiss/impl/range_search.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/string.h>

#define SELF(pointer) FAISS_SELF (IndexFlatPanorama, index, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexFlatPanorama, index, pointer)

static bool is_similarity (const FaissIndexFlatPanorama *self) {
    return self->index.metric_type == METRIC_INNER_PRODUCT;
}

/// Vectors that are copied, or asked a selector about, between two questions whether to end.
enum { ROWS_PER_CHECK = 4096 };

/* ---- changes --------------------------------------------------------------------------------- */

/* Memory for n vectors in all; new memory is zero. */
static FaissStatus resize (FaissIndexFlatPanorama *self, size_t n) {
    size_t n_bytes, n_sums, n_bytes_before = self->flat_codes.codes.size;
    FAISS_TRY (faiss_panorama_sizes (&self->pano, n, &n_bytes, &n_sums));
    FAISS_TRY (faiss_UInt8Vector_resize (&self->flat_codes.codes, n_bytes));
    FaissStatus status = faiss_Float32Vector_resize (&self->cum_sums, n_sums);
    if (status != FAISS_OK) {
        self->flat_codes.codes.size = n_bytes_before;
    }
    return status;
}

/* Zero what is behind the first n vectors, and give up the batches behind them. */
static void cut (FaissIndexFlatPanorama *self, idx_t n) {
    size_t n_bytes = 0, n_sums = 0;
    (void)faiss_panorama_sizes (&self->pano, (size_t)n, &n_bytes, &n_sums);
    self->flat_codes.codes.size = n_bytes;
    self->cum_sums.size = n_sums;
    self->index.ntotal = n;
    faiss_panorama_clear_behind (&self->pano, self->flat_codes.codes.data, self->cum_sums.data,
                                 (size_t)n);
}

typedef struct Addition {
    FaissIndexFlatPanorama *self;
    size_t offset;
    const float *x;
} Addition;

static void put (const Addition *a, size_t begin, size_t end) {
    FaissIndexFlatPanorama *self = a->self;
    const float *x = a->x + begin * self->pano.d;
    size_t n = end - begin, offset = a->offset + begin;
    faiss_Panorama_copy_codes_to_level_layout (&self->pano, self->flat_codes.codes.data, offset, n,
                                               (const uint8_t *)x);
    faiss_Panorama_compute_cumulative_sums (&self->pano, self->cum_sums.data, offset, n, x);
}

static FaissStatus IndexFlatPanorama_add (FaissIndex *index, idx_t n, const float *x) {
    enum { BLOCK = 256 };
    FaissIndexFlatPanorama *self = SELF (index);
    Addition addition = {self, (size_t)index->ntotal, x};
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_REQUIRE (n <= INT64_MAX - index->ntotal, "n=%lld more than ntotal=%lld are too many",
                   (long long)n, (long long)index->ntotal);
    FAISS_TRY (resize (self, (size_t)(index->ntotal + n)));
    idx_t n_blocks = (n + BLOCK - 1) / BLOCK;
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks)) schedule(dynamic)
    for (idx_t block = 0; block < n_blocks; block++) {
        idx_t end = (block + 1) * BLOCK;
        if (!faiss_region_stopped (&region)) {
            put (&addition, (size_t)block * BLOCK, (size_t)(end < n ? end : n));
        }
    }
    if (faiss_region_failed (&region)) {
        cut (self, index->ntotal);
    } else {
        index->ntotal += n;
    }
    return faiss_region_close (&region);
}

/* Codes outside of the index are the vectors. */
static FaissStatus IndexFlatPanorama_add_sa_codes (FaissIndex *index, idx_t n, const uint8_t *codes,
                                                   const idx_t *xids) {
    (void)xids; /* ids are positions */
    size_t n_floats = (size_t)n * (size_t)index->d;
    if ((uintptr_t)codes % sizeof (float) == 0) {
        return IndexFlatPanorama_add (index, n, (const float *)(const void *)codes);
    }
    FAISS_AUTO_FREE (float) *x = NULL;
    FAISS_TRY (faiss_alloc (&x, n_floats, sizeof *x));
    memcpy (x, codes, n_floats * sizeof *x);
    return IndexFlatPanorama_add (index, n, x);
}

static FaissStatus IndexFlatPanorama_reset (FaissIndex *index) {
    FaissIndexFlatPanorama *self = SELF (index);
    faiss_UInt8Vector_clear (&self->flat_codes.codes);
    faiss_Float32Vector_clear (&self->cum_sums);
    index->ntotal = 0;
    return FAISS_OK;
}

static FaissStatus own_all (FaissIndexFlatPanorama *self) {
    FAISS_TRY (faiss_UInt8Vector_own (&self->flat_codes.codes));
    return faiss_Float32Vector_own (&self->cum_sums);
}

static FaissStatus IndexFlatPanorama_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                                 size_t *n_removed) {
    FaissIndexFlatPanorama *self = SELF (index);
    FAISS_TRY (own_all (self));
    uint8_t *codes = self->flat_codes.codes.data;
    float *sums = self->cum_sums.data;
    FAISS_AUTO_FREE (bool) *is_removed = NULL;
    FAISS_TRY (faiss_alloc (&is_removed, (size_t)index->ntotal, sizeof *is_removed));
    for (idx_t i = 0; i < index->ntotal; i++) {
        if (i % ROWS_PER_CHECK == 0) { /* once vectors are moved there is no way back */
            FAISS_TRY (faiss_check_interrupt ());
        }
        is_removed[i] = sel->cls->is_member (sel, i);
    }
    idx_t kept = 0;
    for (idx_t i = 0; i < index->ntotal; i++) {
        if (!is_removed[i]) {
            if (kept < i) {
                faiss_Panorama_copy_entry (&self->pano, codes, codes, sums, sums, (size_t)kept,
                                           (size_t)i);
            }
            kept++;
        }
    }
    *n_removed = (size_t)(index->ntotal - kept);
    if (*n_removed > 0) {
        cut (self, kept);
    }
    return FAISS_OK;
}

/* The two may have other levels and batches: what was computed from the vectors is computed anew.
 */
static FaissStatus IndexFlatPanorama_merge_from (FaissIndex *index, FaissIndex *other,
                                                 idx_t add_id) {
    FAISS_REQUIRE (add_id == 0, "the ids of an %s are positions: expected add_id=0, got %lld",
                   faiss_Index_class_name (index), (long long)add_id);
    enum { BLOCK = 1024 };
    FaissIndexFlatPanorama *self = SELF (index);
    FAISS_AUTO_FREE (float) *rows = NULL;
    idx_t n = other->ntotal, ntotal = index->ntotal;
    FAISS_REQUIRE (n <= INT64_MAX - ntotal, "n=%lld more than ntotal=%lld are too many",
                   (long long)n, (long long)ntotal);
    FAISS_TRY (faiss_alloc (&rows, BLOCK * (size_t)index->d, sizeof *rows));
    FAISS_TRY (resize (self, (size_t)(ntotal + n)));
    for (idx_t i = 0; i < n; i += BLOCK) {
        idx_t here = n - i < BLOCK ? n - i : BLOCK;
        FaissStatus status = faiss_Index_reconstruct_n (other, i, here, rows);
        status = status == FAISS_OK ? faiss_check_interrupt () : status;
        if (status != FAISS_OK) {
            cut (self, ntotal);
            return status;
        }
        Addition addition = {self, (size_t)(ntotal + i), rows};
        put (&addition, 0, (size_t)here);
    }
    index->ntotal = ntotal + n;
    return IndexFlatPanorama_reset (other);
}

static FaissStatus IndexFlatPanorama_permute_entries (FaissIndexFlatCodes *codes,
                                                      const idx_t *perm) {
    FaissIndexFlatPanorama *self = FAISS_SELF (IndexFlatPanorama, flat_codes, codes);
    FAISS_AUTO (UInt8Vector) new_codes = {0};
    FAISS_AUTO (Float32Vector) new_sums = {0};
    FAISS_TRY (faiss_UInt8Vector_resize (&new_codes, codes->codes.size));
    FAISS_TRY (faiss_Float32Vector_resize (&new_sums, self->cum_sums.size));
    for (idx_t i = 0; i < self->index.ntotal; i++) {
        if (i % ROWS_PER_CHECK == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        faiss_Panorama_copy_entry (&self->pano, new_codes.data, codes->codes.data, new_sums.data,
                                   self->cum_sums.data, (size_t)i, (size_t)perm[i]);
    }
    faiss_UInt8Vector_swap (&new_codes, &codes->codes);
    faiss_Float32Vector_swap (&new_sums, &self->cum_sums);
    return FAISS_OK;
}

FaissStatus faiss_IndexFlatPanorama_permute_entries (FaissIndexFlatPanorama *self,
                                                     const idx_t *perm) {
    FAISS_REQUIRE_ARG (self);
    return faiss_IndexFlatCodes_permute_entries (&self->flat_codes, perm);
}

/* ---- reading --------------------------------------------------------------------------------- */

static FaissStatus IndexFlatPanorama_reconstruct_n (const FaissIndex *index, idx_t i0, idx_t ni,
                                                    float *recons) {
    const FaissIndexFlatPanorama *self = CONST_SELF (index);
    FAISS_REQUIRE (ni == 0 || (i0 >= 0 && i0 <= index->ntotal - ni),
                   "expected 0 <= i0 <= ntotal - ni, got i0=%lld, ni=%lld, ntotal=%lld",
                   (long long)i0, (long long)ni, (long long)index->ntotal);
    for (idx_t i = 0; i < ni; i++) {
        if (i % ROWS_PER_CHECK == ROWS_PER_CHECK - 1) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        faiss_Panorama_reconstruct (&self->pano, i0 + i, recons + i * index->d,
                                    self->flat_codes.codes.data);
    }
    return FAISS_OK;
}

static FaissStatus IndexFlatPanorama_reconstruct (const FaissIndex *index, idx_t key,
                                                  float *recons) {
    FAISS_REQUIRE (key >= 0 && key < index->ntotal, "expected 0 <= key < ntotal=%lld, got %lld",
                   (long long)index->ntotal, (long long)key);
    return IndexFlatPanorama_reconstruct_n (index, key, 1, recons);
}

/* ---- searching ------------------------------------------------------------------------------- */

enum {
    QUERIES = 8,      /* that look at a block while it is in the cache */
    FIRST_BLOCK = 32, /* before there are results nothing can be dropped: begin with a few */
};

/* One search. */
typedef struct Search {
    const FaissIndexFlatPanorama *self;
    const float *x;
    const FaissIDSelector *sel;
    idx_t k;
    float *distances;
    idx_t *labels;
    float radius;
} Search;

/* Some vectors of a batch, those that are searched. */
typedef struct Block {
    const uint8_t *codes; /* of the batch */
    const float *sums;
    idx_t first; /* the id of position 0 */
    size_t n;
    uint32_t positions[FAISS_PANORAMA_BLOCK];
} Block;

/* The block that begins at an id; returns the id behind it. */
static idx_t next_block (const Search *s, idx_t begin, Block *out) {
    const FaissIndexFlatPanorama *self = s->self;
    size_t B = self->batch_size, batch = (size_t)begin / B, at = (size_t)begin % B;
    idx_t ntotal = self->index.ntotal;
    size_t size = begin < FIRST_BLOCK                ? FIRST_BLOCK
                  : begin < FAISS_PANORAMA_BLOCK / 2 ? (size_t)begin
                                                     : FAISS_PANORAMA_BLOCK;
    size = size < B - at ? size : B - at;
    size = (idx_t)size < ntotal - begin ? size : (size_t)(ntotal - begin);
    out->codes = faiss_panorama_batch_codes (&self->pano, self->flat_codes.codes.data, batch);
    out->sums = faiss_panorama_batch_sums (&self->pano, self->cum_sums.data, batch);
    out->first = (idx_t)(batch * B);
    out->n = 0;
    for (size_t i = 0; i < size; i++) {
        if (!s->sel || s->sel->cls->is_member (s->sel, begin + (idx_t)i)) {
            out->positions[out->n++] = (uint32_t)(at + i);
        }
    }
    return begin + (idx_t)size;
}

static void search_block (const Search *s, FaissPanoramaQuery *query, const Block *block,
                          idx_t number) {
    bool similarity = query->is_similarity;
    float *heap_distances = s->distances + number * s->k, found[FAISS_PANORAMA_BLOCK];
    idx_t *heap_labels = s->labels + number * s->k;
    uint32_t left[FAISS_PANORAMA_BLOCK];
    memcpy (left, block->positions, block->n * sizeof *left);
    size_t n = faiss_panorama_scan (query, block->codes, block->sums, heap_distances[0], block->n,
                                    left, found);
    for (size_t i = 0; i < n; i++) {
        faiss_heap_offer (similarity, (size_t)s->k, heap_distances, heap_labels, found[i],
                          block->first + left[i]);
    }
}

static FaissStatus open_queries (const Search *s, FaissPanoramaQuery *queries, size_t n) {
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (
            faiss_panorama_query_init (&queries[i], &s->self->pano, is_similarity (s->self)));
    }
    return FAISS_OK;
}

static void close_queries (FaissPanoramaQuery *queries, size_t n) {
    for (size_t i = 0; i < n; i++) {
        faiss_panorama_query_free (&queries[i]);
    }
}

/* Search for queries begin .. begin + n - 1, n <= QUERIES, together. */
static FaissStatus search_group (const Search *s, FaissPanoramaQuery *queries, idx_t begin,
                                 idx_t n) {
    const FaissIndex *index = &s->self->index;
    bool similarity = is_similarity (s->self);
    for (idx_t i = 0; i < n; i++) {
        faiss_panorama_query_set (&queries[i], s->x + (begin + i) * index->d);
        faiss_heap_heapify (similarity, (size_t)s->k, s->distances + (begin + i) * s->k,
                            s->labels + (begin + i) * s->k);
    }
    Block block;
    for (idx_t at = 0; at < index->ntotal;) {
        FAISS_TRY (faiss_check_interrupt ());
        at = next_block (s, at, &block);
        for (idx_t i = 0; i < n && block.n > 0; i++) {
            search_block (s, &queries[i], &block, begin + i);
        }
    }
    for (idx_t i = 0; i < n; i++) {
        faiss_heap_reorder (similarity, (size_t)s->k, s->distances + (begin + i) * s->k,
                            s->labels + (begin + i) * s->k);
    }
    return FAISS_OK;
}

static FaissStatus search_all (const Search *s, idx_t n) {
    int n_threads = faiss_threads_for (n);
    idx_t share = (n + n_threads - 1) / n_threads;
    idx_t group = share < QUERIES ? share : QUERIES;
    FaissRegion region = {0};
#pragma omp parallel num_threads(n_threads)
    {
        FaissPanoramaQuery queries[QUERIES] = {0};
        faiss_region_note (&region, open_queries (s, queries, (size_t)group));
        faiss_region_watch (&region);
#pragma omp for schedule(dynamic)
        for (idx_t begin = 0; begin < n; begin += group) {
            if (!faiss_region_stopped (&region)) {
                idx_t here = n - begin < group ? n - begin : group;
                faiss_region_note (&region, search_group (s, queries, begin, here));
            }
        }
        faiss_region_watch (NULL);
        close_queries (queries, (size_t)group);
    }
    return faiss_region_close (&region);
}

static FaissStatus IndexFlatPanorama_search (const FaissIndex *index, idx_t n, const float *x,
                                             idx_t k, const FaissSearchParameters *params,
                                             float *distances, idx_t *labels) {
    Search s = {.self = CONST_SELF (index),
                .x = x,
                .sel = params ? params->sel : NULL,
                .k = k,
                .distances = distances,
                .labels = labels};
    return n == 0 ? FAISS_OK : search_all (&s, n);
}

static FaissStatus range_search_one (const Search *s, FaissPanoramaQuery *query, idx_t number,
                                     FaissRangeSearchPartialResult *partial) {
    FaissRangeQueryResult *result;
    Block block;
    FAISS_TRY (faiss_RangeSearchPartialResult_new_result (partial, number, &result));
    faiss_panorama_query_set (query, s->x + number * s->self->index.d);
    for (idx_t at = 0; at < s->self->index.ntotal;) {
        FAISS_TRY (faiss_check_interrupt ());
        float found[FAISS_PANORAMA_BLOCK];
        at = next_block (s, at, &block);
        size_t n = faiss_panorama_scan (query, block.codes, block.sums, s->radius, block.n,
                                        block.positions, found);
        for (size_t i = 0; i < n; i++) {
            if (query->is_similarity ? found[i] > s->radius : found[i] < s->radius) {
                FAISS_TRY (faiss_RangeQueryResult_add (result, found[i],
                                                       block.first + block.positions[i]));
            }
        }
    }
    return FAISS_OK;
}

static FaissStatus range_search_share (void *context, size_t begin, size_t end,
                                       FaissRangeSearchPartialResult *partial) {
    const Search *s = context;
    FaissPanoramaQuery query;
    FAISS_TRY (faiss_panorama_query_init (&query, &s->self->pano, is_similarity (s->self)));
    FaissStatus status = FAISS_OK;
    for (size_t i = begin; i < end && status == FAISS_OK; i++) {
        status = range_search_one (s, &query, (idx_t)i, partial);
    }
    faiss_panorama_query_free (&query);
    return status;
}

static FaissStatus IndexFlatPanorama_range_search (const FaissIndex *index, idx_t n, const float *x,
                                                   float radius,
                                                   const FaissSearchParameters *params,
                                                   FaissRangeSearchResult *result) {
    Search s = {
        .self = CONST_SELF (index), .x = x, .sel = params ? params->sel : NULL, .radius = radius};
    return faiss_range_search_in_shares (result, (size_t)n, range_search_share, &s);
}

/* ---- distances to single vectors ------------------------------------------------------------- */

static float distance_within (const FaissIndexFlatPanorama *self, FaissPanoramaQuery *query,
                              idx_t id, float bound) {
    size_t batch = (size_t)id / self->batch_size;
    return faiss_panorama_distance (
        query, faiss_panorama_batch_codes (&self->pano, self->flat_codes.codes.data, batch),
        faiss_panorama_batch_sums (&self->pano, self->cum_sums.data, batch), bound,
        (size_t)id % self->batch_size);
}

/* Ask for the first level of a vector, which is all that is read of most. */
static void prefetch (const FaissIndexFlatPanorama *self, idx_t id) {
    const FaissPanorama *pano = &self->pano;
    size_t batch = (size_t)id / pano->batch_size, position = (size_t)id % pano->batch_size;
    const float *codes = (const float *)(const void *)faiss_panorama_batch_codes (
        pano, self->flat_codes.codes.data, batch);
    const float *sums = faiss_panorama_batch_sums (pano, self->cum_sums.data, batch);
    const float *row = codes + position * pano->level_width_floats;
    faiss_prefetch (row, pano->level_width_floats * sizeof *row);
    faiss_prefetch (sums + position, sizeof *sums);
    faiss_prefetch (sums + pano->batch_size + position, sizeof *sums);
}

/* The best of some vectors; negative ones are none, and one that is there twice is found twice. */
static void search_subset_one (const FaissIndexFlatPanorama *self, FaissPanoramaQuery *query,
                               const float *x, idx_t k_base, const idx_t *base_labels, idx_t k,
                               float *distances, idx_t *labels) {
    enum { AHEAD = 6 };
    bool similarity = query->is_similarity;
    faiss_panorama_query_set (query, x);
    faiss_heap_heapify (similarity, (size_t)k, distances, labels);
    for (idx_t j = 0; j < k_base; j++) {
        if (j + AHEAD < k_base && base_labels[j + AHEAD] >= 0) {
            prefetch (self, base_labels[j + AHEAD]);
        }
        if (base_labels[j] >= 0) {
            faiss_heap_offer (similarity, (size_t)k, distances, labels,
                              distance_within (self, query, base_labels[j], distances[0]),
                              base_labels[j]);
        }
    }
    faiss_heap_reorder (similarity, (size_t)k, distances, labels);
}

static FaissStatus IndexFlatPanorama_search_subset (const FaissIndex *index, idx_t n,
                                                    const float *x, idx_t k_base,
                                                    const idx_t *base_labels, idx_t k,
                                                    float *distances, idx_t *labels) {
    const FaissIndexFlatPanorama *self = CONST_SELF (index);
    for (idx_t i = 0; i < n * k_base; i++) {
        FAISS_REQUIRE (base_labels[i] < index->ntotal, "label %lld, but ntotal=%lld",
                       (long long)base_labels[i], (long long)index->ntotal);
    }
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n))
    {
        FaissPanoramaQuery query = {0};
        faiss_region_note (&region,
                           faiss_panorama_query_init (&query, &self->pano, is_similarity (self)));
#pragma omp for schedule(dynamic, 8)
        for (idx_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                search_subset_one (self, &query, x + i * index->d, k_base, base_labels + i * k_base,
                                   k, distances + i * k, labels + i * k);
            }
        }
        faiss_panorama_query_free (&query);
    }
    return faiss_region_close (&region);
}

typedef struct Computer {
    FaissFlatCodesDistanceComputer base;
    const FaissIndexFlatPanorama *index;
    FaissPanoramaQuery query;
    float *rows; /* two vectors */
} Computer;

static FaissStatus computer_set_query (FaissDistanceComputer *dc, const float *x) {
    Computer *self = (Computer *)dc;
    self->base.q = x;
    faiss_panorama_query_set (&self->query, x);
    return FAISS_OK;
}

static float computer_distance (FaissDistanceComputer *dc, idx_t i) {
    Computer *self = (Computer *)dc;
    float worst = self->query.is_similarity ? -HUGE_VALF : HUGE_VALF;
    return i < 0 ? worst : distance_within (self->index, &self->query, i, worst);
}

static void computer_distances_batch_4 (FaissDistanceComputer *dc, const idx_t i[4], float out[4]) {
    for (int j = 0; j < 4; j++) {
        out[j] = computer_distance (dc, i[j]);
    }
}

static float between (const Computer *self, const float *x, const float *y) {
    size_t d = (size_t)self->index->index.d;
    return self->query.is_similarity ? faiss_kernels.fvec_inner_product (x, y, d)
                                     : faiss_kernels.fvec_L2sqr (x, y, d);
}

static float computer_symmetric_dis (FaissDistanceComputer *dc, idx_t i, idx_t j) {
    Computer *self = (Computer *)dc;
    const FaissIndexFlatPanorama *index = self->index;
    float *x = self->rows, *y = self->rows + index->index.d;
    faiss_Panorama_reconstruct (&index->pano, i, x, index->flat_codes.codes.data);
    faiss_Panorama_reconstruct (&index->pano, j, y, index->flat_codes.codes.data);
    return between (self, x, y);
}

static float computer_distance_to_code (FaissFlatCodesDistanceComputer *fdc, const uint8_t *code) {
    Computer *self = (Computer *)fdc;
    memcpy (self->rows, code, fdc->code_size);
    return between (self, fdc->q, self->rows);
}

static void computer_free (FaissDistanceComputer *dc) {
    Computer *self = (Computer *)dc;
    faiss_panorama_query_free (&self->query);
    free (self->rows);
    free (self);
}

static FaissStatus open_computer (Computer *self) {
    const FaissIndexFlatPanorama *index = self->index;
    FAISS_TRY (faiss_alloc (&self->rows, 2 * (size_t)index->index.d, sizeof *self->rows));
    return faiss_panorama_query_init (&self->query, &index->pano, is_similarity (index));
}

static FaissStatus IndexFlatPanorama_get_FlatCodesDistanceComputer (
    const FaissIndexFlatCodes *codes, FaissFlatCodesDistanceComputer **out) {
    Computer *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    self->base = (FaissFlatCodesDistanceComputer){
        .dc = {.set_query = computer_set_query,
               .distance = computer_distance,
               .distances_batch_4 = computer_distances_batch_4,
               .symmetric_dis = computer_symmetric_dis,
               .free = computer_free},
        .codes = codes->codes.data,
        .code_size = codes->code_size,
        .distance_to_code = computer_distance_to_code,
    };
    self->index = FAISS_CONST_SELF (IndexFlatPanorama, flat_codes, codes);
    FaissStatus status = open_computer (self);
    if (status != FAISS_OK) {
        computer_free (&self->base.dc);
        return status;
    }
    *out = &self->base;
    return FAISS_OK;
}

/* ---- files and factory strings --------------------------------------------------------------- */

static FaissStatus IndexFlatPanorama_write (const void *object, FaissIOWriter *w, int io_flags) {
    (void)io_flags;
    const FaissIndexFlatPanorama *self = object;
    FAISS_TRY (faiss_write_tag (w, is_similarity (self) ? "IxFp" : "IxFP"));
    FAISS_TRY (faiss_write_i32 (w, self->index.d));
    FAISS_TRY (faiss_write_u64 (w, self->n_levels));
    FAISS_TRY (faiss_write_u64 (w, self->batch_size));
    FAISS_TRY (faiss_write_i64 (w, self->index.ntotal));
    FAISS_TRY (faiss_write_bool (w, self->index.is_trained));
    FAISS_TRY (faiss_write_UInt8Vector (w, &self->flat_codes.codes));
    return faiss_write_Float32Vector (w, &self->cum_sums);
}

static FaissStatus init (FaissIndexFlatPanorama *self, idx_t d, FaissMetricType metric,
                         size_t n_levels, size_t batch_size) {
    FAISS_TRY (faiss_IndexFlat_init (&self->flat, d, metric));
    self->n_levels = n_levels;
    self->batch_size = batch_size;
    self->pano = (FaissPanorama){
        .code_size = self->flat_codes.code_size, .n_levels = n_levels, .batch_size = batch_size};
    return d == 0 && n_levels == 0 && batch_size > 0
               ? FAISS_OK
               : faiss_Panorama_set_derived_values (&self->pano);
}

static FaissStatus read_fields (FaissIndexFlatPanorama *self, FaissMetricType metric,
                                FaissIOReader *r) {
    int d;
    size_t n_levels, batch_size, n_bytes, n_sums;
    int64_t ntotal;
    bool is_trained;
    FAISS_TRY (faiss_read_i32 (r, &d, "d"));
    FAISS_TRY (faiss_read_size (r, &n_levels, "n_levels"));
    FAISS_TRY (faiss_read_size (r, &batch_size, "batch_size"));
    FAISS_TRY (faiss_read_i64 (r, &ntotal, "ntotal"));
    FAISS_TRY (faiss_read_bool (r, &is_trained, "is_trained"));
    FAISS_REQUIRE_FILE (r, d >= 0 && ntotal >= 0,
                        "expected d >= 0 and ntotal >= 0, got %d and %lld", d, (long long)ntotal);
    FAISS_TRY (init (self, d, metric, n_levels, batch_size));
    self->index.is_trained = is_trained;
    FAISS_TRY (faiss_read_UInt8Vector (r, &self->flat_codes.codes, "codes"));
    FAISS_TRY (faiss_read_Float32Vector (r, &self->cum_sums, "cum_sums"));
    FAISS_TRY (faiss_panorama_sizes (&self->pano, (size_t)ntotal, &n_bytes, &n_sums));
    FAISS_REQUIRE_FILE (r, self->flat_codes.codes.size == n_bytes && self->cum_sums.size == n_sums,
                        "codes has %zu bytes and cum_sums %zu elements, expected %zu and %zu",
                        self->flat_codes.codes.size, self->cum_sums.size, n_bytes, n_sums);
    self->index.ntotal = ntotal;
    return own_all (self); /* floats of a mapped file may lie at any address */
}

static FaissStatus IndexFlatPanorama_read (void **out, FaissIOReader *r, uint32_t tag,
                                           int io_flags) {
    (void)io_flags;
    bool is_ip = tag == FAISS_FOURCC ("IxFp");
    FAISS_OWNED (IndexFlatPanorama) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, is_ip ? &faiss_IndexFlatIPPanorama_class.index.head
                                              : &faiss_IndexFlatL2Panorama_class.index.head));
    FAISS_TRY (read_fields (self, is_ip ? METRIC_INNER_PRODUCT : METRIC_L2, r));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus IndexFlatPanorama_describe (const void *object, FaissString *out) {
    const FaissIndexFlatPanorama *self = object;
    FAISS_TRY (faiss_String_printf (out, "Flat%sPanorama%zu", is_similarity (self) ? "IP" : "L2",
                                    self->n_levels));
    return self->batch_size == FAISS_PANORAMA_DEFAULT_BATCH_SIZE
               ? FAISS_OK
               : faiss_String_printf (out, "_%zu", self->batch_size);
}

static FaissStatus new_panorama (void *out, FaissClass *cls, idx_t d, FaissMetricType metric,
                                 size_t n_levels, size_t batch_size) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (metric == METRIC_L2 || metric == METRIC_INNER_PRODUCT,
                   "expected METRIC_L2 or METRIC_INNER_PRODUCT, got metric_type=%d", (int)metric);
    FAISS_OWNED (IndexFlatPanorama) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, cls));
    FAISS_TRY (init (self, d, metric, n_levels, batch_size));
    void *done = FAISS_STEAL (self);
    memcpy (out, &done, sizeof done);
    return FAISS_OK;
}

static FaissStatus build (const FaissFactoryContext *context, void *out, FaissClass *cls,
                          FaissMetricType metric) {
    int n_levels, batch_size;
    FAISS_REQUIRE (context->metric == metric, "expected metric_type=%d for \"%s\", got %d",
                   (int)metric, context->groups[0], (int)context->metric);
    FAISS_TRY (faiss_factory_int (context->groups[1], 0, &n_levels));
    FAISS_TRY (
        faiss_factory_int (context->groups[3], FAISS_PANORAMA_DEFAULT_BATCH_SIZE, &batch_size));
    return new_panorama (out, cls, context->d, metric, (size_t)n_levels, (size_t)batch_size);
}

static FaissStatus build_L2 (const FaissFactoryContext *context, void *out) {
    return build (context, out, &faiss_IndexFlatL2Panorama_class.index.head, METRIC_L2);
}

static FaissStatus build_IP (const FaissFactoryContext *context, void *out) {
    return build (context, out, &faiss_IndexFlatIPPanorama_class.index.head, METRIC_INNER_PRODUCT);
}

static const FaissFactoryRule factory_rules_L2[] = {
    {"FlatL2Panorama([0-9]+)(_([0-9]+))?", FAISS_FACTORY_INDEX, "FlatL2Panorama<n>[_<b>]",
     "full vectors in n levels and batches of b (1024), most of which are read in part", build_L2},
    {0},
};

static const FaissFactoryRule factory_rules_IP[] = {
    {"FlatIPPanorama([0-9]+)(_([0-9]+))?", FAISS_FACTORY_INDEX, "FlatIPPanorama<n>[_<b>]",
     "the same for the inner product", build_IP},
    {0},
};

/* ---- the classes ----------------------------------------------------------------------------- */

static void IndexFlatPanorama_finalize (void *object) {
    FaissIndexFlatPanorama *self = object;
    faiss_Float32Vector_clear (&self->cum_sums);
}

static FaissStatus IndexFlatPanorama_copy (void *object, const void *other_object) {
    FaissIndexFlatPanorama *self = object;
    const FaissIndexFlatPanorama *other = other_object;
    self->batch_size = other->batch_size;
    self->n_levels = other->n_levels;
    self->pano = other->pano;
    return faiss_Float32Vector_assign (&self->cum_sums, other->cum_sums.data, other->cum_sums.size);
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexFlatPanorama_check (const void *object) {
    const FaissIndexFlatPanorama *self = object;
    const FaissPanorama pano = self->pano;
    if (self->index.d == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_panorama_check (__func__, &pano, (size_t)self->index.d));
    FAISS_REQUIRE (pano.batch_size == self->batch_size, "expected batch_size=%zu, got %zu",
                   pano.batch_size, self->batch_size);
    const size_t n_batches = ((size_t)self->index.ntotal + pano.batch_size - 1) / pano.batch_size;
    const size_t sums = n_batches * (pano.n_levels + 1) * pano.batch_size;
    FAISS_REQUIRE (self->flat_codes.codes.size >= n_batches * pano.batch_size * pano.code_size &&
                       self->cum_sums.size >= sums,
                   "ntotal=%lld, but codes has %zu bytes and cum_sums %zu elements",
                   (long long)self->index.ntotal, self->flat_codes.codes.size, self->cum_sums.size);
    return FAISS_OK;
}

FaissIndexFlatCodesClass faiss_IndexFlatPanorama_class = {
    .index =
        {
            .head = {.name = "IndexFlatPanorama",
                     .parent = &faiss_IndexFlat_class.index.head,
                     .instance_size = sizeof (FaissIndexFlatPanorama),
                     .table_size = sizeof (FaissIndexFlatCodesClass),
                     .check = IndexFlatPanorama_check,
                     .finalize = IndexFlatPanorama_finalize,
                     .copy = IndexFlatPanorama_copy,
                     .tags = "IxFP IxFp",
                     .read = IndexFlatPanorama_read,
                     .write = IndexFlatPanorama_write,
                     .describe = IndexFlatPanorama_describe},
            .add = IndexFlatPanorama_add,
            .search = IndexFlatPanorama_search,
            .range_search = IndexFlatPanorama_range_search,
            .search_subset = IndexFlatPanorama_search_subset,
            .reset = IndexFlatPanorama_reset,
            .remove_ids = IndexFlatPanorama_remove_ids,
            .reconstruct = IndexFlatPanorama_reconstruct,
            .reconstruct_n = IndexFlatPanorama_reconstruct_n,
            .merge_from = IndexFlatPanorama_merge_from,
            .add_sa_codes = IndexFlatPanorama_add_sa_codes,
        },
    .get_FlatCodesDistanceComputer = IndexFlatPanorama_get_FlatCodesDistanceComputer,
    .permute_entries = IndexFlatPanorama_permute_entries,
};

FaissIndexFlatCodesClass faiss_IndexFlatL2Panorama_class = {
    .index = {.head = {.name = "IndexFlatL2Panorama",
                       .parent = &faiss_IndexFlatPanorama_class.index.head,
                       .instance_size = sizeof (FaissIndexFlatL2Panorama),
                       .table_size = sizeof (FaissIndexFlatCodesClass),
                       .factory = factory_rules_L2}},
};

FaissIndexFlatCodesClass faiss_IndexFlatIPPanorama_class = {
    .index = {.head = {.name = "IndexFlatIPPanorama",
                       .parent = &faiss_IndexFlatPanorama_class.index.head,
                       .instance_size = sizeof (FaissIndexFlatIPPanorama),
                       .table_size = sizeof (FaissIndexFlatCodesClass),
                       .factory = factory_rules_IP}},
};

FaissStatus faiss_IndexFlatPanorama_new (FaissIndexFlatPanorama **out) {
    return new_panorama (out, &faiss_IndexFlatPanorama_class.index.head, 0, METRIC_L2, 0,
                         FAISS_PANORAMA_DEFAULT_BATCH_SIZE);
}

FaissStatus faiss_IndexFlatL2Panorama_new (FaissIndexFlatL2Panorama **out) {
    return new_panorama (out, &faiss_IndexFlatL2Panorama_class.index.head, 0, METRIC_L2, 0,
                         FAISS_PANORAMA_DEFAULT_BATCH_SIZE);
}

FaissStatus faiss_IndexFlatIPPanorama_new (FaissIndexFlatIPPanorama **out) {
    return new_panorama (out, &faiss_IndexFlatIPPanorama_class.index.head, 0, METRIC_INNER_PRODUCT,
                         0, FAISS_PANORAMA_DEFAULT_BATCH_SIZE);
}

FaissStatus faiss_IndexFlatPanorama_new_with (FaissIndexFlatPanorama **out, idx_t d,
                                              FaissMetricType metric, size_t n_levels,
                                              size_t batch_size) {
    return new_panorama (out, &faiss_IndexFlatPanorama_class.index.head, d, metric, n_levels,
                         batch_size);
}

FaissStatus faiss_IndexFlatL2Panorama_new_with (FaissIndexFlatL2Panorama **out, idx_t d,
                                                size_t n_levels, size_t batch_size) {
    return new_panorama (out, &faiss_IndexFlatL2Panorama_class.index.head, d, METRIC_L2, n_levels,
                         batch_size);
}

FaissStatus faiss_IndexFlatIPPanorama_new_with (FaissIndexFlatIPPanorama **out, idx_t d,
                                                size_t n_levels, size_t batch_size) {
    return new_panorama (out, &faiss_IndexFlatIPPanorama_class.index.head, d, METRIC_INNER_PRODUCT,
                         n_levels, batch_size);
}

void faiss_IndexFlatPanorama_free (FaissIndexFlatPanorama *self) {
    faiss_object_free (self);
}

void faiss_IndexFlatL2Panorama_free (FaissIndexFlatL2Panorama *self) {
    faiss_object_free (self);
}

void faiss_IndexFlatIPPanorama_free (FaissIndexFlatIPPanorama *self) {
    faiss_object_free (self);
}

FaissIndexFlatPanorama *faiss_IndexFlatPanorama_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexFlatPanorama_class.index.head);
}

FaissIndexFlatL2Panorama *faiss_IndexFlatL2Panorama_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexFlatL2Panorama_class.index.head);
}

FaissIndexFlatIPPanorama *faiss_IndexFlatIPPanorama_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexFlatIPPanorama_class.index.head);
}
