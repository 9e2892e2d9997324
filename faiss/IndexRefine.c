/* A fast index whose best results are ranked again by an exact one. */
#include <faiss/IndexRefine.h>

#include <math.h>
#include <string.h>

#include <faiss/AutoTune.h>
#include <faiss/IndexFlat.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/refine_internal.h>
#include <faiss/index_factory.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/string.h>

#define THIS(pointer) FAISS_SELF (IndexRefine, index, pointer)
#define CONST_THIS(pointer) FAISS_CONST_SELF (IndexRefine, index, pointer)

static FaissStatus check_parts (const FaissIndexRefine *self) {
    FAISS_REQUIRE (self->base_index && self->refine_index, "the %s is NULL",
                   self->base_index ? "refine index" : "base index");
    int d = self->index.d;
    FAISS_REQUIRE (self->base_index->d == d && self->refine_index->d == d,
                   "expected parts with d=%d, got a base index with %d, a refine index with %d", d,
                   self->base_index->d, self->refine_index->d);
    return FAISS_OK;
}

/* ---- adding ---------------------------------------------------------------------------------- */

static FaissStatus IndexRefine_train (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexRefine *self = THIS (index);
    FAISS_TRY (check_parts (self));
    FAISS_TRY (faiss_Index_train (self->base_index, n, x));
    FAISS_TRY (faiss_Index_train (self->refine_index, n, x));
    index->is_trained = true;
    return FAISS_OK;
}

/* The refine index first: it is the one, a flat index as a rule, that can surely give back. */
static FaissStatus IndexRefine_add (FaissIndex *index, idx_t n, const float *x) {
    FaissIndexRefine *self = THIS (index);
    FAISS_TRY (check_parts (self));
    idx_t begin = self->refine_index->ntotal;
    FAISS_TRY (faiss_Index_add (self->refine_index, n, x));
    FaissStatus status = faiss_Index_add (self->base_index, n, x);
    if (status != FAISS_OK) {
        FAISS_TRY (faiss_remove_from (self->refine_index, begin));
        return status;
    }
    index->ntotal = self->refine_index->ntotal;
    return FAISS_OK;
}

static FaissStatus IndexRefine_reset (FaissIndex *index) {
    FaissIndexRefine *self = THIS (index);
    FAISS_TRY (check_parts (self));
    FAISS_TRY (faiss_Index_reset (self->base_index));
    FAISS_TRY (faiss_Index_reset (self->refine_index));
    index->ntotal = 0;
    return FAISS_OK;
}

/* ---- searching ------------------------------------------------------------------------------- */

/* What a search uses: the caller's parameters, or those of the index. */
typedef struct RefineSettings {
    float k_factor;
    const FaissSearchParameters *base_params;
} RefineSettings;

static FaissStatus settings_of (const FaissIndexRefine *self, const FaissSearchParameters *params,
                                RefineSettings *out) {
    *out = (RefineSettings){.k_factor = self->k_factor};
    if (params) {
        const FaissIndexRefineSearchParameters *mine =
            faiss_object_cast (params, &faiss_IndexRefineSearchParameters_class);
        FAISS_REQUIRE (mine, "search params of class %s for an %s, expected %s",
                       faiss_object_class (params)->name, faiss_Index_class_name (&self->index),
                       faiss_IndexRefineSearchParameters_class.name);
        *out = (RefineSettings){mine->k_factor, mine->base_index_params};
    }
    return FAISS_OK;
}

/* A refine index and its rows, where it keeps rows that can be fetched ahead. */
typedef struct Rows {
    const FaissIndex *index;
    const uint8_t *codes; /* or NULL */
    size_t code_size;
} Rows;

static Rows rows_of (const FaissIndex *index) {
    Rows rows = {.index = index};
    const FaissIndexFlatCodes *flat =
        faiss_object_cast (index, &faiss_IndexFlatCodes_class.index.head);
    if (flat) {
        rows.codes = flat->codes.data;
        rows.code_size = flat->code_size;
    }
    return rows;
}

static void prefetch (const Rows *rows, idx_t label) {
    enum { LINE = 64, MAX_LINES = 32 };
    if (rows->codes) {
        const uint8_t *row = rows->codes + (size_t)label * rows->code_size;
        size_t end = rows->code_size < LINE * MAX_LINES ? rows->code_size : LINE * MAX_LINES;
        for (size_t at = 0; at < end; at += LINE) {
            __builtin_prefetch (row + at);
        }
    }
}

/* Candidates before the first missing one. */
static FaissStatus count_candidates (const FaissIndex *index, idx_t n, const idx_t *labels,
                                     idx_t *out) {
    idx_t count = 0;
    for (; count < n && labels[count] >= 0; count++) {
        FAISS_REQUIRE (labels[count] < index->ntotal,
                       "the base index found %lld, but the refine index has ntotal=%lld",
                       (long long)labels[count], (long long)index->ntotal);
    }
    *out = count;
    return FAISS_OK;
}

/* The distances of n vectors to the query, four at a time, their rows fetched ahead. */
static FaissStatus compute_distances (FaissDistanceComputer *dc, const Rows *rows, idx_t n,
                                      const idx_t *labels, float *distances) {
    enum { AHEAD = 8, PER_CHECK = 256 };
    for (idx_t j = 0; j < AHEAD && j < n; j++) {
        prefetch (rows, labels[j]);
    }
    idx_t j = 0;
    for (; j + 4 <= n; j += 4) {
        if (j % PER_CHECK == PER_CHECK - 4) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        for (idx_t next = j + AHEAD; next < j + AHEAD + 4 && next < n; next++) {
            prefetch (rows, labels[next]);
        }
        dc->distances_batch_4 (dc, labels + j, distances + j);
    }
    for (; j < n; j++) {
        distances[j] = dc->distance (dc, labels[j]);
    }
    return FAISS_OK;
}

/* The k best of k_base candidates of one query. Overwrites the candidates' distances. */
static FaissStatus refine_query (FaissDistanceComputer *dc, const Rows *rows, bool is_similarity,
                                 const float *x, idx_t k_base, const idx_t *base_labels,
                                 float *base_distances, idx_t k, float *distances, idx_t *labels) {
    idx_t n = 0;
    FAISS_TRY (count_candidates (rows->index, k_base, base_labels, &n));
    FAISS_TRY (dc->set_query (dc, x));
    FAISS_TRY (compute_distances (dc, rows, n, base_labels, base_distances));
    faiss_heap_heapify (is_similarity, (size_t)k, distances, labels);
    for (idx_t j = 0; j < n; j++) {
        faiss_heap_offer (is_similarity, (size_t)k, distances, labels, base_distances[j],
                          base_labels[j]);
    }
    faiss_heap_reorder (is_similarity, (size_t)k, distances, labels);
    return FAISS_OK;
}

static FaissStatus refine (const FaissIndexRefine *self, idx_t n, const float *x, idx_t k_base,
                           const idx_t *base_labels, float *base_distances, idx_t k,
                           float *distances, idx_t *labels) {
    const FaissIndex *exact = self->refine_index;
    Rows rows = rows_of (exact);
    bool is_similarity = faiss_is_similarity_metric (self->index.metric_type);
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n))
    {
        FaissDistanceComputer *dc = NULL;
        faiss_region_note (&region, faiss_Index_get_distance_computer (exact, &dc));
        faiss_region_watch (&region);
#pragma omp for schedule(dynamic, 4)
        for (idx_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (
                    &region, refine_query (dc, &rows, is_similarity, x + i * self->index.d, k_base,
                                           base_labels + i * k_base, base_distances + i * k_base, k,
                                           distances + i * k, labels + i * k));
            }
        }
        faiss_region_watch (NULL);
        faiss_DistanceComputer_free (dc);
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_refine_candidates (const FaissIndexRefine *self, idx_t n, const float *x, idx_t k,
                                     const FaissSearchParameters *params,
                                     FaissRefineCandidates *out) {
    RefineSettings settings;
    FAISS_TRY (check_parts (self));
    FAISS_TRY (settings_of (self, params, &settings));
    float wanted = (float)k * settings.k_factor;
    FAISS_REQUIRE (wanted >= (float)k && wanted < 9e18f,
                   "expected a finite k_factor >= 1, got k_factor=%g for k=%lld",
                   (double)settings.k_factor, (long long)k);
    /* more than all would only take memory */
    idx_t k_base = (idx_t)wanted < self->index.ntotal ? (idx_t)wanted : self->index.ntotal;
    k_base = k_base > k ? k_base : k;
    FAISS_REQUIRE (n == 0 || k_base <= INT64_MAX / 16 / n, "k_base=%lld for n=%lld is too much",
                   (long long)k_base, (long long)n);
    out->k = k_base;
    FAISS_TRY (faiss_alloc (&out->distances, (size_t)(n * k_base), sizeof *out->distances));
    FAISS_TRY (faiss_alloc (&out->labels, (size_t)(n * k_base), sizeof *out->labels));
    return faiss_Index_search_with_params (self->base_index, n, x, k_base, settings.base_params,
                                           out->distances, out->labels);
}

void faiss_RefineCandidates_clear (FaissRefineCandidates *self) {
    free (self->distances);
    free (self->labels);
}

static FaissStatus IndexRefine_search (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                       const FaissSearchParameters *params, float *distances,
                                       idx_t *labels) {
    const FaissIndexRefine *self = CONST_THIS (index);
    FAISS_AUTO (RefineCandidates) found = {0};
    FAISS_TRY (faiss_refine_candidates (self, n, x, k, params, &found));
    return refine (self, n, x, found.k, found.labels, found.distances, k, distances, labels);
}

/* Replace the distances of one query's results by exact ones; those within the radius move to the
 * front. */
static FaissStatus refine_range (FaissDistanceComputer *dc, const Rows *rows, bool is_similarity,
                                 const float *x, float radius, FaissRangeSearchResult *result,
                                 idx_t i, size_t *n_kept) {
    size_t begin = result->lims[i];
    idx_t n = (idx_t)(result->lims[i + 1] - begin);
    idx_t *labels = result->labels + begin;
    float *distances = result->distances + begin;
    idx_t counted = 0;
    FAISS_TRY (count_candidates (rows->index, n, labels, &counted));
    FAISS_TRY (dc->set_query (dc, x));
    FAISS_TRY (compute_distances (dc, rows, counted, labels, distances));
    size_t kept = 0;
    for (idx_t j = 0; j < counted; j++) {
        if (is_similarity ? distances[j] > radius : distances[j] < radius) {
            distances[kept] = distances[j];
            labels[kept] = labels[j];
            kept++;
        }
    }
    *n_kept = kept;
    return FAISS_OK;
}

/* Close the gaps that the filter left behind each query's results. */
static void compact (FaissRangeSearchResult *result, const size_t *n_kept) {
    size_t to = 0;
    for (size_t i = 0; i < result->nq; i++) {
        size_t from = result->lims[i];
        memmove (result->labels + to, result->labels + from, n_kept[i] * sizeof *result->labels);
        memmove (result->distances + to, result->distances + from,
                 n_kept[i] * sizeof *result->distances);
        result->lims[i] = to;
        to += n_kept[i];
    }
    result->lims[result->nq] = to;
}

/* Take back what the base index put into a result. */
static void clear_result (FaissRangeSearchResult *result) {
    free (result->labels);
    free (result->distances);
    result->labels = NULL;
    result->distances = NULL;
    memset (result->lims, 0, (result->nq + 1) * sizeof *result->lims);
}

static FaissStatus refine_ranges (const FaissIndexRefine *self, const float *x, float radius,
                                  FaissRangeSearchResult *result) {
    const FaissIndex *exact = self->refine_index;
    Rows rows = rows_of (exact);
    bool is_similarity = faiss_is_similarity_metric (self->index.metric_type);
    idx_t n = (idx_t)result->nq;
    FAISS_AUTO_FREE (size_t) *n_kept = NULL;
    FAISS_TRY (faiss_alloc (&n_kept, (size_t)n, sizeof *n_kept));
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n))
    {
        FaissDistanceComputer *dc = NULL;
        faiss_region_note (&region, faiss_Index_get_distance_computer (exact, &dc));
        faiss_region_watch (&region);
#pragma omp for schedule(dynamic, 4)
        for (idx_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region,
                                   refine_range (dc, &rows, is_similarity, x + i * self->index.d,
                                                 radius, result, i, &n_kept[i]));
            }
        }
        faiss_region_watch (NULL);
        faiss_DistanceComputer_free (dc);
    }
    FAISS_TRY (faiss_region_close (&region));
    compact (result, n_kept);
    return FAISS_OK;
}

static FaissStatus IndexRefine_range_search (const FaissIndex *index, idx_t n, const float *x,
                                             float radius, const FaissSearchParameters *params,
                                             FaissRangeSearchResult *result) {
    const FaissIndexRefine *self = CONST_THIS (index);
    RefineSettings settings;
    FAISS_TRY (check_parts (self));
    FAISS_TRY (settings_of (self, params, &settings));
    FAISS_TRY (faiss_Index_range_search_with_params (
        self->base_index, n, x, radius * settings.k_factor, settings.base_params, result));
    FaissStatus status = refine_ranges (self, x, radius, result);
    if (status != FAISS_OK) {
        clear_result (result);
    }
    return status;
}

/* ---- vectors out, codec ---------------------------------------------------------------------- */

static FaissStatus IndexRefine_reconstruct (const FaissIndex *index, idx_t key, float *recons) {
    FAISS_TRY (check_parts (CONST_THIS (index)));
    return faiss_Index_reconstruct (CONST_THIS (index)->refine_index, key, recons);
}

static FaissStatus IndexRefine_reconstruct_batch (const FaissIndex *index, idx_t n,
                                                  const idx_t *keys, float *recons) {
    FAISS_TRY (check_parts (CONST_THIS (index)));
    return faiss_Index_reconstruct_batch (CONST_THIS (index)->refine_index, n, keys, recons);
}

static FaissStatus IndexRefine_reconstruct_n (const FaissIndex *index, idx_t i0, idx_t ni,
                                              float *recons) {
    FAISS_TRY (check_parts (CONST_THIS (index)));
    return faiss_Index_reconstruct_n (CONST_THIS (index)->refine_index, i0, ni, recons);
}

static FaissStatus code_sizes (const FaissIndexRefine *self, size_t *base, size_t *refined) {
    FAISS_TRY (check_parts (self));
    FAISS_TRY (faiss_Index_sa_code_size (self->base_index, base));
    return faiss_Index_sa_code_size (self->refine_index, refined);
}

static FaissStatus IndexRefine_sa_code_size (const FaissIndex *index, size_t *out) {
    size_t base = 0, refined = 0;
    FAISS_TRY (code_sizes (CONST_THIS (index), &base, &refined));
    *out = base + refined;
    return FAISS_OK;
}

/* Copy n pieces of `size` bytes from and to places that lie so many bytes apart. */
static void copy_pieces (idx_t n, size_t size, uint8_t *to, size_t to_stride, const uint8_t *from,
                         size_t from_stride) {
    for (idx_t i = 0; i < n; i++) {
        memcpy (to + (size_t)i * to_stride, from + (size_t)i * from_stride, size);
    }
}

static FaissStatus IndexRefine_sa_encode (const FaissIndex *index, idx_t n, const float *x,
                                          uint8_t *bytes) {
    const FaissIndexRefine *self = CONST_THIS (index);
    size_t base = 0, refined = 0;
    FAISS_TRY (code_sizes (self, &base, &refined));
    FAISS_AUTO_FREE (uint8_t) *base_codes = NULL;
    FAISS_AUTO_FREE (uint8_t) *refine_codes = NULL;
    FAISS_TRY (faiss_alloc (&base_codes, (size_t)n, base));
    FAISS_TRY (faiss_alloc (&refine_codes, (size_t)n, refined));
    FAISS_TRY (faiss_Index_sa_encode (self->base_index, n, x, base_codes));
    FAISS_TRY (faiss_Index_sa_encode (self->refine_index, n, x, refine_codes));
    copy_pieces (n, base, bytes, base + refined, base_codes, base);
    copy_pieces (n, refined, bytes + base, base + refined, refine_codes, refined);
    return FAISS_OK;
}

/* The refine part says all. */
static FaissStatus IndexRefine_sa_decode (const FaissIndex *index, idx_t n, const uint8_t *bytes,
                                          float *x) {
    const FaissIndexRefine *self = CONST_THIS (index);
    size_t base = 0, refined = 0;
    FAISS_TRY (code_sizes (self, &base, &refined));
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_TRY (faiss_alloc (&codes, (size_t)n, refined));
    copy_pieces (n, refined, codes, refined, bytes + base, base + refined);
    return faiss_Index_sa_decode (self->refine_index, n, codes, x);
}

/* ---- parameters ------------------------------------------------------------------------------ */

static FaissStatus IndexRefine_set_parameter (FaissIndex *index, const char *name, double value,
                                              bool *known) {
    FaissIndexRefine *self = THIS (index);
    FAISS_TRY (check_parts (self));
    if (strcmp (name, "k_factor_rf") == 0) {
        FAISS_REQUIRE (value >= 0 && value < 2147483648.0, "expected k_factor_rf >= 0, got %g",
                       value);
        self->k_factor = (float)(int)value;
        *known = true;
        return FAISS_OK;
    }
    FAISS_TRY (faiss_Index_class.set_parameter (index, name, value, known));
    bool base_knows = false;
    FAISS_TRY (self->base_index->cls->set_parameter (self->base_index, name, value, &base_knows));
    *known = *known || base_knows;
    return FAISS_OK;
}

static FaissStatus IndexRefine_add_parameter_ranges (const FaissIndex *index,
                                                     FaissParameterSpace *space) {
    const FaissIndex *base = CONST_THIS (index)->base_index;
    FAISS_TRY (faiss_ParameterSpace_append_powers_of_2 (space, "k_factor_rf", 0, 7, INFINITY));
    if (!base || faiss_object_cast (base, &faiss_IndexRefine_class.head)) {
        return FAISS_OK; /* the factor of an inner one could not be told from this one's */
    }
    return base->cls->add_parameter_ranges (base, space);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void IndexRefine_finalize (void *object) {
    FaissIndexRefine *self = object;
    if (self->own_fields) {
        faiss_Index_free (self->base_index);
    }
    if (self->own_refine_index) {
        faiss_Index_free (self->refine_index);
    }
}

static FaissStatus IndexRefine_copy (void *object, const void *other_object) {
    FaissIndexRefine *self = object;
    const FaissIndexRefine *other = other_object;
    self->k_factor = other->k_factor;
    self->own_fields = true;
    self->own_refine_index = true;
    if (other->base_index) {
        FAISS_TRY (faiss_object_clone (&self->base_index, other->base_index));
    }
    return other->refine_index ? faiss_object_clone (&self->refine_index, other->refine_index)
                               : FAISS_OK;
}

/* Upstream compares neither d nor ntotal of the parts: methods check what they rely on. */
FaissStatus faiss_refine_read_fields (FaissIndexRefine *self, FaissIOReader *r, int io_flags) {
    self->own_fields = true;
    self->own_refine_index = true;
    FAISS_TRY (faiss_read_index_header (r, &self->index));
    FAISS_TRY (faiss_read_object (r, &faiss_Index_class.head, io_flags, &self->base_index));
    FAISS_TRY (faiss_read_object (r, &faiss_Index_class.head, io_flags, &self->refine_index));
    FAISS_REQUIRE_FILE (r, self->base_index && self->refine_index, "the %s index is missing",
                        self->base_index ? "refine" : "base");
    self->index.ntotal = self->refine_index->ntotal;
    FAISS_TRY (faiss_read_f32 (r, &self->k_factor, "k_factor"));
    FAISS_REQUIRE_FILE (r, self->k_factor >= 1 && self->k_factor <= 1000,
                        "expected 1 <= k_factor <= 1000, got %g", (double)self->k_factor);
    return FAISS_OK;
}

/* Which of the two classes it was is not in the file: the refine index tells. */
static FaissStatus IndexRefine_read (void **out, FaissIOReader *r, uint32_t tag, int io_flags) {
    (void)tag;
    FAISS_OWNED (IndexRefine) *self = NULL;
    FAISS_TRY (faiss_IndexRefine_new (&self));
    FAISS_TRY (faiss_refine_read_fields (self, r, io_flags));
    if (faiss_object_cast (self->refine_index, &faiss_IndexFlat_class.index.head)) {
        faiss_class_ready (&faiss_IndexRefineFlat_class.head);
        self->index.cls = &faiss_IndexRefineFlat_class;
    }
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

_Static_assert(sizeof (FaissIndexRefineFlat) == sizeof (FaissIndexRefine),
               "reading changes one into the other in place");

FaissStatus faiss_refine_write_as (const FaissIndexRefine *self, const char *tag, FaissIOWriter *w,
                                   int io_flags) {
    FAISS_TRY (faiss_write_tag (w, tag));
    FAISS_TRY (faiss_write_index_header (w, &self->index));
    FAISS_TRY (faiss_write_object (w, self->base_index, io_flags));
    FAISS_TRY (faiss_write_object (w, self->refine_index, io_flags));
    return faiss_write_f32 (w, self->k_factor);
}

static FaissStatus IndexRefine_write (const void *object, FaissIOWriter *w, int io_flags) {
    return faiss_refine_write_as (object, "IxRF", w, io_flags);
}

static FaissStatus build_base (const FaissFactoryContext *context, FaissIndex **out) {
    return faiss_index_factory (out, context->d, context->groups[1], context->metric);
}

FaissStatus faiss_refine_build (const FaissFactoryContext *context, FaissClass *cls, void *out) {
    FAISS_OWNED (Index) *base = NULL;
    FAISS_OWNED (Index) *exact = NULL;
    FaissIndexRefine *self;
    FAISS_TRY (build_base (context, &base));
    FAISS_TRY (faiss_index_factory (&exact, context->d, context->groups[2], context->metric));
    FAISS_TRY (faiss_refine_new_as (cls, base, exact, &self));
    self->own_fields = true;
    self->own_refine_index = true;
    (void)FAISS_STEAL (base);
    (void)FAISS_STEAL (exact);
    memcpy (out, &self, sizeof self);
    return FAISS_OK;
}

static FaissStatus build (const FaissFactoryContext *context, void *out) {
    return faiss_refine_build (context, &faiss_IndexRefine_class.head, out);
}

static const FaissFactoryRule factory_rules[] = {
    {"(.+),Refine\\((.+)\\)", FAISS_FACTORY_WRAPPER, "<index>,Refine(<index>)",
     "rank the results of the first index by the second", build},
    {0},
};

FaissStatus faiss_refine_describe_as (const FaissIndexRefine *self, const char *name,
                                      FaissString *out) {
    FAISS_AUTO (String) base = {0};
    FAISS_AUTO (String) exact = {0};
    if (!self->base_index || !self->refine_index) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_reverse_index_factory (self->base_index, &base));
    FAISS_TRY (faiss_reverse_index_factory (self->refine_index, &exact));
    if (base.size == 0 || exact.size == 0) {
        return FAISS_OK;
    }
    return faiss_String_printf (out, "%s,%s(%s)", faiss_String_text (&base), name,
                                faiss_String_text (&exact));
}

static FaissStatus IndexRefine_describe (const void *object, FaissString *out) {
    return faiss_refine_describe_as (object, "Refine", out);
}

/* What a field was set to may not fit the others. */
static FaissStatus IndexRefine_check (const void *object) {
    const FaissIndexRefine *self = object;
    if (!self->base_index && !self->refine_index) {
        return FAISS_OK; /* a default object */
    }
    FAISS_TRY (faiss_check_part (__func__, "base_index", self->base_index, self->index.d));
    FAISS_TRY (faiss_check_part (__func__, "refine_index", self->refine_index, self->index.d));
    FAISS_REQUIRE (self->base_index->ntotal == self->index.ntotal &&
                       self->refine_index->ntotal == self->index.ntotal,
                   "ntotal=%lld, but base_index has %lld vectors and refine_index %lld",
                   (long long)self->index.ntotal, (long long)self->base_index->ntotal,
                   (long long)self->refine_index->ntotal);
    return FAISS_OK;
}

FaissIndexClass faiss_IndexRefine_class = {
    .head = {.name = "IndexRefine",
             .parent = &faiss_Index_class.head,
             .instance_size = sizeof (FaissIndexRefine),
             .table_size = sizeof (FaissIndexClass),
             .check = IndexRefine_check,
             .finalize = IndexRefine_finalize,
             .copy = IndexRefine_copy,
             .tags = "IxRF",
             .read = IndexRefine_read,
             .write = IndexRefine_write,
             .factory = factory_rules,
             .describe = IndexRefine_describe},
    .train = IndexRefine_train,
    .add = IndexRefine_add,
    .search = IndexRefine_search,
    .range_search = IndexRefine_range_search,
    .reset = IndexRefine_reset,
    .reconstruct = IndexRefine_reconstruct,
    .reconstruct_batch = IndexRefine_reconstruct_batch,
    .reconstruct_n = IndexRefine_reconstruct_n,
    .sa_code_size = IndexRefine_sa_code_size,
    .sa_encode = IndexRefine_sa_encode,
    .sa_decode = IndexRefine_sa_decode,
    .set_parameter = IndexRefine_set_parameter,
    .add_parameter_ranges = IndexRefine_add_parameter_ranges,
};

FaissClass faiss_IndexRefineSearchParameters_class = {
    .name = "IndexRefineSearchParameters",
    .parent = &faiss_SearchParameters_class,
    .instance_size = sizeof (FaissIndexRefineSearchParameters),
    .table_size = sizeof (FaissClass),
};

FaissStatus faiss_IndexRefineSearchParameters_new (FaissIndexRefineSearchParameters **out) {
    return faiss_IndexRefineSearchParameters_new_with (out, 1, NULL);
}

FaissStatus faiss_IndexRefineSearchParameters_new_with (FaissIndexRefineSearchParameters **out,
                                                        float k_factor,
                                                        FaissSearchParameters *base_index_params) {
    FAISS_REQUIRE_ARG (out);
    FaissIndexRefineSearchParameters *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexRefineSearchParameters_class));
    self->k_factor = k_factor;
    self->base_index_params = base_index_params;
    *out = self;
    return FAISS_OK;
}

static FaissStatus init (FaissIndexRefine *self) {
    FAISS_TRY (faiss_Index_init (&self->index, 0, METRIC_L2));
    self->k_factor = 1;
    return FAISS_OK;
}

/* Everything but the refine index, as the base index has it. */
static void init_from_base (FaissIndexRefine *self, FaissIndex *base_index) {
    self->index.d = base_index->d;
    self->index.ntotal = base_index->ntotal;
    self->index.is_trained = base_index->is_trained;
    self->index.metric_type = base_index->metric_type;
    self->index.metric_arg = base_index->metric_arg;
    self->base_index = base_index;
}

FaissStatus faiss_refine_new_empty (FaissClass *cls, FaissIndexRefine **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexRefine) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, cls));
    FAISS_TRY (init (self));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexRefine_new (FaissIndexRefine **out) {
    return faiss_refine_new_empty (&faiss_IndexRefine_class.head, out);
}

FaissStatus faiss_refine_new_as (FaissClass *cls, FaissIndex *base_index, FaissIndex *refine_index,
                                 FaissIndexRefine **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (base_index);
    FAISS_REQUIRE_ARG (refine_index);
    FAISS_REQUIRE (refine_index->d == base_index->d, "expected a refine index of d=%d, got %d",
                   base_index->d, refine_index->d);
    FAISS_REQUIRE (refine_index->metric_type == base_index->metric_type,
                   "expected a refine index of metric_type=%d, got %d",
                   (int)base_index->metric_type, (int)refine_index->metric_type);
    FAISS_REQUIRE (refine_index->ntotal == base_index->ntotal,
                   "expected a refine index of ntotal=%lld, got %lld",
                   (long long)base_index->ntotal, (long long)refine_index->ntotal);
    FaissIndexRefine *self;
    FAISS_TRY (faiss_refine_new_empty (cls, &self));
    init_from_base (self, base_index);
    self->refine_index = refine_index;
    self->index.is_trained = base_index->is_trained && refine_index->is_trained;
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_IndexRefine_new_with (FaissIndexRefine **out, FaissIndex *base_index,
                                        FaissIndex *refine_index) {
    return faiss_refine_new_as (&faiss_IndexRefine_class.head, base_index, refine_index, out);
}

void faiss_IndexRefine_free (FaissIndexRefine *self) {
    faiss_object_free (self);
}

FaissIndexRefine *faiss_IndexRefine_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexRefine_class.head);
}

/* ---- IndexRefineFlat ------------------------------------------------------------------------- */

static FaissStatus build_flat (const FaissFactoryContext *context, void *out) {
    FAISS_OWNED (Index) *base = NULL;
    FaissIndexRefineFlat *self;
    FAISS_TRY (build_base (context, &base));
    FAISS_TRY (faiss_IndexRefineFlat_new (&self, base));
    self->refine.own_fields = true;
    (void)FAISS_STEAL (base);
    memcpy (out, &self, sizeof self);
    return FAISS_OK;
}

static const FaissFactoryRule factory_rules_flat[] = {
    {"(.+),RFlat", FAISS_FACTORY_WRAPPER, "<index>,RFlat",
     "rank the results of an index by exact distances", build_flat},
    {0},
};

FaissIndexClass faiss_IndexRefineFlat_class = {
    .head = {.name = "IndexRefineFlat",
             .parent = &faiss_IndexRefine_class.head,
             .instance_size = sizeof (FaissIndexRefineFlat),
             .table_size = sizeof (FaissIndexClass),
             .factory = factory_rules_flat},
};

FaissStatus faiss_IndexRefineFlat_new_default (FaissIndexRefineFlat **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (IndexRefineFlat) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IndexRefineFlat_class.head));
    FAISS_TRY (init (&self->refine));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static FaissStatus new_flat (FaissIndexRefineFlat **out, FaissIndex *base_index, const float *xb) {
    FAISS_OWNED (IndexRefineFlat) *self = NULL;
    FaissIndexFlat *flat;
    FAISS_TRY (faiss_IndexRefineFlat_new_default (&self));
    FAISS_TRY (faiss_IndexFlat_new_with (&flat, base_index->d, base_index->metric_type));
    flat->index.metric_arg = base_index->metric_arg;
    self->refine.refine_index = &flat->index;
    self->refine.own_refine_index = true;
    init_from_base (&self->refine, base_index);
    FAISS_TRY (faiss_Index_add (&flat->index, base_index->ntotal, xb));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_IndexRefineFlat_new (FaissIndexRefineFlat **out, FaissIndex *base_index) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (base_index);
    FAISS_REQUIRE (base_index->ntotal == 0,
                   "the base index must be empty, but it has ntotal=%lld: give its vectors",
                   (long long)base_index->ntotal);
    return new_flat (out, base_index, NULL);
}

FaissStatus faiss_IndexRefineFlat_new_with (FaissIndexRefineFlat **out, FaissIndex *base_index,
                                            const float *xb) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (base_index);
    FAISS_REQUIRE (base_index->ntotal == 0 || xb, "xb is NULL");
    return new_flat (out, base_index, xb);
}

void faiss_IndexRefineFlat_free (FaissIndexRefineFlat *self) {
    faiss_object_free (self);
}

FaissIndexRefineFlat *faiss_IndexRefineFlat_cast (FaissIndex *index) {
    return faiss_object_cast (index, &faiss_IndexRefineFlat_class.head);
}

int faiss_IndexRefineFlat_own_fields (const FaissIndexRefineFlat *self) {
    return self ? self->refine.own_fields : 0;
}

void faiss_IndexRefineFlat_set_own_fields (FaissIndexRefineFlat *self, int own_fields) {
    if (self) {
        self->refine.own_fields = own_fields != 0;
    }
}

float faiss_IndexRefineFlat_k_factor (const FaissIndexRefineFlat *self) {
    return self ? self->refine.k_factor : 0;
}

void faiss_IndexRefineFlat_set_k_factor (FaissIndexRefineFlat *self, float k_factor) {
    if (self) {
        self->refine.k_factor = k_factor;
    }
}
