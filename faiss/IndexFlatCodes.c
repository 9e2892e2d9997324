/* Indexes that keep one code of fixed size per vector, in order. */
#include <faiss/IndexFlatCodes.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/derived_rows.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/range_search.h>
#include <faiss/utils/Heap.h>

#define SELF(pointer) FAISS_SELF (IndexFlatCodes, index, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexFlatCodes, index, pointer)

static const FaissIndexFlatCodesClass *class_of (const FaissIndexFlatCodes *self) {
    return (const FaissIndexFlatCodesClass *)self->index.cls;
}

static void changed (FaissIndexFlatCodes *self) {
    faiss_derived_rows_forget (&self->derived);
    class_of (self)->codes_changed (self);
}

FaissStatus faiss_IndexFlatCodes_init (FaissIndexFlatCodes *self, size_t code_size, idx_t d,
                                       FaissMetricType metric) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (faiss_Index_init (&self->index, d, metric));
    self->code_size = code_size;
    return FAISS_OK;
}

static void IndexFlatCodes_finalize (void *object) {
    FaissIndexFlatCodes *self = object;
    faiss_derived_rows_forget (&self->derived);
    faiss_UInt8Vector_clear (&self->codes);
}

static FaissStatus IndexFlatCodes_copy (void *object, const void *other_object) {
    FaissIndexFlatCodes *self = object;
    const FaissIndexFlatCodes *other = other_object;
    self->code_size = other->code_size;
    self->derived.mode = other->derived.mode;
    return faiss_UInt8Vector_assign (&self->codes, other->codes.data, other->codes.size);
}

/* ---- changes --------------------------------------------------------------------------------- */

/* Room for n more codes behind the last one, without a change of the size. */
static FaissStatus reserve (FaissIndexFlatCodes *self, idx_t n, uint8_t **room) {
    FAISS_REQUIRE (self->codes.size == (size_t)self->index.ntotal * self->code_size,
                   "codes has %zu bytes, expected %lld times %zu", self->codes.size,
                   (long long)self->index.ntotal, self->code_size);
    FAISS_REQUIRE (self->code_size == 0 ||
                       (size_t)n <= (SIZE_MAX - self->codes.size) / self->code_size,
                   "n=%lld codes of %zu bytes are too many", (long long)n, self->code_size);
    size_t wanted = self->codes.size + (size_t)n * self->code_size;
    size_t geometric = self->codes.capacity + self->codes.capacity / 2; /* many small adds */
    if (wanted <= self->codes.capacity || geometric <= wanted || self->codes.owner ||
        faiss_UInt8Vector_reserve (&self->codes, geometric) != FAISS_OK) {
        FAISS_TRY (faiss_UInt8Vector_reserve (&self->codes, wanted));
    }
    *room = self->codes.data + self->codes.size;
    return FAISS_OK;
}

/* The n codes are there; `before` is where the others were before there was room for them. */
static void commit (FaissIndexFlatCodes *self, idx_t n, const uint8_t *before) {
    faiss_derived_rows_added (&self->derived, (size_t)self->index.ntotal, before, self->codes.data,
                              self->code_size ? self->codes.capacity / self->code_size : 0);
    self->codes.size += (size_t)n * self->code_size;
    self->index.ntotal += n;
    class_of (self)->codes_changed (self);
}

static FaissStatus IndexFlatCodes_add (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexFlatCodes *self = SELF (index);
    uint8_t *room = NULL;
    const uint8_t *before = self->codes.data;
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (reserve (self, n, &room));
    FAISS_TRY (index->cls->sa_encode (index, n, x, room));
    commit (self, n, before);
    return FAISS_OK;
}

static FaissStatus IndexFlatCodes_add_sa_codes (FaissIndex *index, idx_t n, const uint8_t *codes,
                                                const idx_t *xids) {
    (void)xids; /* ids are positions */
    FaissIndexFlatCodes *self = SELF (index);
    uint8_t *room = NULL;
    const uint8_t *before = self->codes.data;
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (reserve (self, n, &room));
    FAISS_TRY (faiss_copy_bytes (room, codes, (size_t)n * self->code_size));
    commit (self, n, before);
    return FAISS_OK;
}

static FaissStatus IndexFlatCodes_reset (FaissIndex *index) {
    FaissIndexFlatCodes *self = SELF (index);
    faiss_UInt8Vector_clear (&self->codes);
    index->ntotal = 0;
    changed (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexFlatCodes_check_size (const FaissIndexFlatCodes *self) {
    FAISS_REQUIRE_ARG (self);
    size_t n = (size_t)self->index.ntotal;
    FAISS_REQUIRE (self->code_size == 0 || n <= self->codes.size / self->code_size,
                   "the codes have %zu bytes, which are no %zu codes of %zu bytes",
                   self->codes.size, n, self->code_size);
    return FAISS_OK;
}

static FaissStatus IndexFlatCodes_remove_ids (FaissIndex *index, const FaissIDSelector *sel,
                                              size_t *n_removed) {
    FaissIndexFlatCodes *self = SELF (index);
    FAISS_AUTO_FREE (bool) *is_removed = NULL;
    FAISS_TRY (faiss_IndexFlatCodes_check_size (self));
    FAISS_TRY (faiss_UInt8Vector_own (&self->codes));
    FAISS_TRY (faiss_alloc (&is_removed, (size_t)index->ntotal, sizeof *is_removed));
    for (idx_t i = 0; i < index->ntotal; i++) {
        enum { IDS = 1 << 16 };
        if (i % IDS == 0) { /* once codes are moved there is no way back */
            FAISS_TRY (faiss_check_interrupt ());
        }
        is_removed[i] = sel->cls->is_member (sel, i);
    }
    idx_t kept = 0;
    for (idx_t i = 0; i < index->ntotal; i++) {
        if (is_removed[i]) {
            continue;
        }
        if (kept < i) {
            memcpy (self->codes.data + (size_t)kept * self->code_size,
                    self->codes.data + (size_t)i * self->code_size, self->code_size);
        }
        kept++;
    }
    *n_removed = (size_t)(index->ntotal - kept);
    if (*n_removed > 0) {
        self->codes.size = (size_t)kept * self->code_size;
        index->ntotal = kept;
        changed (self);
    }
    return FAISS_OK;
}

static FaissStatus IndexFlatCodes_check_compatible_for_merge (const FaissIndex *index,
                                                              const FaissIndex *other_index) {
    const FaissIndexFlatCodes *self = CONST_SELF (index);
    FAISS_REQUIRE (other_index->cls == index->cls, "expected an %s, got an %s",
                   faiss_Index_class_name (index), faiss_Index_class_name (other_index));
    const FaissIndexFlatCodes *other = CONST_SELF (other_index);
    FAISS_REQUIRE (other->index.d == index->d, "expected d=%d, got %d", index->d, other->index.d);
    FAISS_REQUIRE (other->code_size == self->code_size, "expected code_size=%zu, got %zu",
                   self->code_size, other->code_size);
    return FAISS_OK;
}

static FaissStatus IndexFlatCodes_merge_from (FaissIndex *index, FaissIndex *other_index,
                                              idx_t add_id) {
    FAISS_REQUIRE (add_id == 0, "the ids of an %s are positions: expected add_id=0, got %lld",
                   faiss_Index_class_name (index), (long long)add_id);
    FaissIndexFlatCodes *other = SELF (other_index);
    FAISS_TRY (IndexFlatCodes_add_sa_codes (index, other_index->ntotal, other->codes.data, NULL));
    return IndexFlatCodes_reset (other_index);
}

static FaissStatus IndexFlatCodes_permute_entries (FaissIndexFlatCodes *self, const idx_t *perm) {
    FAISS_AUTO (UInt8Vector) codes = {0};
    FAISS_TRY (faiss_UInt8Vector_resize (&codes, self->codes.size));
    for (idx_t i = 0; i < self->index.ntotal; i++) {
        memcpy (codes.data + (size_t)i * self->code_size,
                self->codes.data + (size_t)perm[i] * self->code_size, self->code_size);
    }
    faiss_UInt8Vector_swap (&codes, &self->codes);
    return FAISS_OK;
}

FaissStatus faiss_IndexFlatCodes_permute_entries (FaissIndexFlatCodes *self, const idx_t *perm) {
    FAISS_TRY (faiss_check_index (__func__, self ? &self->index : NULL));
    idx_t n = self->index.ntotal;
    FAISS_REQUIRE (n == 0 || perm, "perm is NULL");
    for (idx_t i = 0; i < n; i++) {
        FAISS_REQUIRE (perm[i] >= 0 && perm[i] < n, "perm[%lld]=%lld, but ntotal=%lld",
                       (long long)i, (long long)perm[i], (long long)n);
    }
    FAISS_TRY (class_of (self)->permute_entries (self, perm));
    changed (self);
    return FAISS_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

static FaissStatus IndexFlatCodes_sa_code_size (const FaissIndex *index, size_t *out) {
    *out = CONST_SELF (index)->code_size;
    return FAISS_OK;
}

static FaissStatus IndexFlatCodes_reconstruct_n (const FaissIndex *index, idx_t i0, idx_t ni,
                                                 float *recons) {
    const FaissIndexFlatCodes *self = CONST_SELF (index);
    FAISS_REQUIRE (ni == 0 || (i0 >= 0 && i0 <= index->ntotal - ni),
                   "expected 0 <= i0 <= ntotal - ni, got i0=%lld, ni=%lld, ntotal=%lld",
                   (long long)i0, (long long)ni, (long long)index->ntotal);
    if (ni == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_IndexFlatCodes_check_size (self));
    return index->cls->sa_decode (index, ni, self->codes.data + (size_t)i0 * self->code_size,
                                  recons);
}

static FaissStatus IndexFlatCodes_reconstruct (const FaissIndex *index, idx_t key, float *recons) {
    FAISS_REQUIRE (key >= 0 && key < index->ntotal, "expected 0 <= key < ntotal=%lld, got %lld",
                   (long long)index->ntotal, (long long)key);
    const FaissIndexFlatCodes *self = CONST_SELF (index);
    FAISS_TRY (faiss_IndexFlatCodes_check_size (self));
    return index->cls->sa_decode (index, 1, self->codes.data + (size_t)key * self->code_size,
                                  recons);
}

/* ---- search, for codecs that have a distance computer and nothing faster --------------------- */

FaissStatus faiss_IndexFlatCodes_get_CodePacker (const FaissIndexFlatCodes *self,
                                                 FaissCodePacker **out) {
    FAISS_TRY (faiss_check_index (__func__, self ? &self->index : NULL));
    FAISS_REQUIRE_ARG (out);
    FaissCodePackerFlat *packer = NULL;
    FAISS_TRY (faiss_CodePackerFlat_new (&packer, self->code_size));
    *out = &packer->packer;
    return FAISS_OK;
}

FaissStatus faiss_IndexFlatCodes_get_FlatCodesDistanceComputer (
    const FaissIndexFlatCodes *self, FaissFlatCodesDistanceComputer **out) {
    FAISS_TRY (faiss_check_index (__func__, self ? &self->index : NULL));
    FAISS_REQUIRE_ARG (out);
    return class_of (self)->get_FlatCodesDistanceComputer (self, out);
}

static FaissStatus IndexFlatCodes_get_distance_computer (const FaissIndex *index,
                                                         FaissDistanceComputer **out) {
    const FaissIndexFlatCodes *self = CONST_SELF (index);
    FaissFlatCodesDistanceComputer *computer = NULL;
    FAISS_TRY (faiss_IndexFlatCodes_check_size (self));
    FAISS_TRY (class_of (self)->get_FlatCodesDistanceComputer (self, &computer));
    computer->dc.end = &index->ntotal;
    *out = &computer->dc;
    return FAISS_OK;
}

/* A scan of many rows, which takes long if codes must be decoded, may end every so often. */
enum { ROWS_PER_CHECK = 256 };

static bool is_selected (const FaissIDSelector *sel, idx_t id) {
    return !sel || sel->cls->is_member (sel, id);
}

static FaissStatus search_one (FaissDistanceComputer *dc, const FaissIndex *index, const float *x,
                               idx_t k, const FaissIDSelector *sel, float *distances,
                               idx_t *labels) {
    bool is_similarity = faiss_is_similarity_metric (index->metric_type);
    FAISS_TRY (dc->set_query (dc, x));
    faiss_heap_heapify (is_similarity, (size_t)k, distances, labels);
    for (idx_t i = 0; i < index->ntotal; i++) {
        if (i % ROWS_PER_CHECK == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        if (is_selected (sel, i)) {
            faiss_heap_offer (is_similarity, (size_t)k, distances, labels, dc->distance (dc, i), i);
        }
    }
    faiss_heap_reorder (is_similarity, (size_t)k, distances, labels);
    return FAISS_OK;
}

static FaissStatus IndexFlatCodes_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                          const FaissSearchParameters *params, float *distances,
                                          idx_t *labels) {
    const FaissIDSelector *sel = params ? params->sel : NULL;
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n))
    {
        FaissDistanceComputer *dc = NULL;
        faiss_region_note (&region, index->cls->get_distance_computer (index, &dc));
        faiss_region_watch (&region);
#pragma omp for schedule(dynamic)
        for (idx_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region, search_one (dc, index, x + i * index->d, k, sel,
                                                        distances + i * k, labels + i * k));
            }
        }
        faiss_region_watch (NULL);
        faiss_DistanceComputer_free (dc);
    }
    return faiss_region_close (&region);
}

typedef struct RangeSearch {
    const FaissIndex *index;
    const float *x;
    float radius;
    const FaissIDSelector *sel;
} RangeSearch;

static FaissStatus range_search_one (const RangeSearch *s, FaissDistanceComputer *dc, idx_t query,
                                     FaissRangeSearchPartialResult *partial) {
    const FaissIndex *index = s->index;
    bool is_similarity = faiss_is_similarity_metric (index->metric_type);
    FaissRangeQueryResult *found = NULL;
    FAISS_TRY (dc->set_query (dc, s->x + query * index->d));
    FAISS_TRY (faiss_RangeSearchPartialResult_new_result (partial, query, &found));
    for (idx_t i = 0; i < index->ntotal; i++) {
        if (i % ROWS_PER_CHECK == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        if (is_selected (s->sel, i)) {
            float value = dc->distance (dc, i);
            if (is_similarity ? value > s->radius : value < s->radius) {
                FAISS_TRY (faiss_RangeQueryResult_add (found, value, i));
            }
        }
    }
    return FAISS_OK;
}

static FaissStatus range_search_share (void *context, size_t begin, size_t end,
                                       FaissRangeSearchPartialResult *partial) {
    const RangeSearch *s = context;
    FaissDistanceComputer *dc = NULL;
    FAISS_TRY (s->index->cls->get_distance_computer (s->index, &dc));
    FaissStatus status = FAISS_OK;
    for (size_t i = begin; i < end && status == FAISS_OK; i++) {
        status = faiss_check_interrupt ();
        status = status ? status : range_search_one (s, dc, (idx_t)i, partial);
    }
    faiss_DistanceComputer_free (dc);
    return status;
}

static FaissStatus IndexFlatCodes_range_search (const FaissIndex *index, idx_t n, const float *x,
                                                float radius, const FaissSearchParameters *params,
                                                FaissRangeSearchResult *result) {
    RangeSearch s = {index, x, radius, params ? params->sel : NULL};
    return faiss_range_search_in_shares (result, (size_t)n, range_search_share, &s);
}

static FaissStatus hand_over (FaissDistanceComputer *dc, const FaissIndex *index, const float *x,
                              const FaissIDSelector *sel, FaissResultHandler *handler) {
    bool is_similarity = faiss_is_similarity_metric (index->metric_type);
    FAISS_TRY (dc->set_query (dc, x));
    for (idx_t i = 0; i < index->ntotal; i++) {
        if (i % ROWS_PER_CHECK == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        if (is_selected (sel, i)) {
            float value = dc->distance (dc, i);
            if (is_similarity ? value > handler->threshold : value < handler->threshold) {
                FAISS_TRY (handler->add_result (handler, value, i));
            }
        }
    }
    return FAISS_OK;
}

static FaissStatus IndexFlatCodes_search1 (const FaissIndex *index, const float *x,
                                           FaissResultHandler *handler,
                                           const FaissSearchParameters *params) {
    FaissDistanceComputer *dc = NULL;
    FAISS_TRY (index->cls->get_distance_computer (index, &dc));
    FaissStatus status = hand_over (dc, index, x, params ? params->sel : NULL, handler);
    faiss_DistanceComputer_free (dc);
    return status;
}

/* ---- class ----------------------------------------------------------------------------------- */

static void IndexFlatCodes_codes_changed (FaissIndexFlatCodes *self) {
    (void)self;
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexFlatCodes_check (const void *object) {
    const FaissIndexFlatCodes *self = object;
    const size_t n = (size_t)self->index.ntotal;
    FAISS_REQUIRE (n == 0 || self->code_size == 0 || self->codes.size / self->code_size >= n,
                   "ntotal=%zu codes of code_size=%zu do not fit into codes of %zu bytes", n,
                   self->code_size, self->codes.size);
    return FAISS_OK;
}

FaissIndexFlatCodesClass faiss_IndexFlatCodes_class = {
    .index =
        {
            .head = {.name = "IndexFlatCodes",
                     .parent = &faiss_Index_class.head,
                     .instance_size = sizeof (FaissIndexFlatCodes),
                     .table_size = sizeof (FaissIndexFlatCodesClass),
                     .check = IndexFlatCodes_check,
                     .finalize = IndexFlatCodes_finalize,
                     .copy = IndexFlatCodes_copy},
            .add = IndexFlatCodes_add,
            .search = IndexFlatCodes_search,
            .range_search = IndexFlatCodes_range_search,
            .search1 = IndexFlatCodes_search1,
            .reset = IndexFlatCodes_reset,
            .remove_ids = IndexFlatCodes_remove_ids,
            .reconstruct = IndexFlatCodes_reconstruct,
            .reconstruct_n = IndexFlatCodes_reconstruct_n,
            .get_distance_computer = IndexFlatCodes_get_distance_computer,
            .sa_code_size = IndexFlatCodes_sa_code_size,
            .check_compatible_for_merge = IndexFlatCodes_check_compatible_for_merge,
            .merge_from = IndexFlatCodes_merge_from,
            .add_sa_codes = IndexFlatCodes_add_sa_codes,
        },
    .get_FlatCodesDistanceComputer = faiss_decoding_distance_computer,
    .codes_changed = IndexFlatCodes_codes_changed,
    .permute_entries = IndexFlatCodes_permute_entries,
};

FaissIndexFlatCodes *faiss_IndexFlatCodes_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexFlatCodes_class.index.head);
}
