/* Inverted files: searching. */
#include <math.h>
#include <string.h>
#include <time.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/ivf_internal.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/range_search.h>
#include <faiss/utils/Heap.h>

/// Queries whose coarse results are kept at once.
#define QUERY_BLOCK 16384

static const FaissIndexIVFClass *class_of (const FaissIndexIVF *self) {
    return (const FaissIndexIVFClass *)self->index.cls;
}

/* ---- statistics ------------------------------------------------------------------------------ */

static FaissIndexIVFStats global_stats;

FaissIndexIVFStats *faiss_get_indexIVF_stats (void) {
    return &global_stats;
}

void faiss_IndexIVFStats_reset (FaissIndexIVFStats *self) {
    *self = (FaissIndexIVFStats){0};
}

void faiss_IndexIVFStats_init (FaissIndexIVFStats *self) {
    faiss_IndexIVFStats_reset (self);
}

void faiss_IndexIVFStats_add (FaissIndexIVFStats *self, const FaissIndexIVFStats *other) {
    self->nq += other->nq;
    self->nlist += other->nlist;
    self->ndis += other->ndis;
    self->nheap_updates += other->nheap_updates;
    self->quantization_time += other->quantization_time;
    self->search_time += other->search_time;
}

static void add_double (double *at, double value) {
    double old, new;
    __atomic_load (at, &old, __ATOMIC_RELAXED);
    do {
        new = old + value;
    } while (!__atomic_compare_exchange (at, &old, &new, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

void faiss_ivf_count (const FaissIndexIVFStats *counts, FaissIndexIVFStats *stats) {
    FaissIndexIVFStats *global = &global_stats;
    __atomic_fetch_add (&global->nq, counts->nq, __ATOMIC_RELAXED);
    __atomic_fetch_add (&global->nlist, counts->nlist, __ATOMIC_RELAXED);
    __atomic_fetch_add (&global->ndis, counts->ndis, __ATOMIC_RELAXED);
    __atomic_fetch_add (&global->nheap_updates, counts->nheap_updates, __ATOMIC_RELAXED);
    add_double (&global->quantization_time, counts->quantization_time);
    add_double (&global->search_time, counts->search_time);
    if (stats) {
        faiss_IndexIVFStats_add (stats, counts);
    }
}

double faiss_ivf_milliseconds (void) {
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/* ---- settings -------------------------------------------------------------------------------- */

FaissStatus faiss_ivf_params (const char *function, const FaissIndexIVF *self,
                              const FaissSearchParameters *params,
                              const FaissSearchParametersIVF **out) {
    FAISS_TRY (faiss_check_params_class (function, &self->index, params,
                                         &faiss_SearchParametersIVF_class));
    *out = (const FaissSearchParametersIVF *)params;
    return FAISS_OK;
}

FaissStatus faiss_ivf_check_quantizer (const char *function, const FaissIndexIVF *self) {
    if (!self->quantizer || self->quantizer->d != self->index.d) {
        return faiss_fail_in (FAISS_EXCEPT, function, "the %s has no quantizer of d=%d",
                              faiss_Index_class_name (&self->index), self->index.d);
    }
    return FAISS_OK;
}

FaissStatus faiss_ivf_check_parts (const char *function, const FaissIndexIVF *self) {
    FAISS_TRY (faiss_ivf_check_quantizer (function, self));
    if (!self->invlists || self->invlists->nlist != self->nlist) {
        return faiss_fail_in (FAISS_EXCEPT, function, "the %s has not got its %zu inverted lists",
                              faiss_Index_class_name (&self->index), self->nlist);
    }
    if (self->invlists->code_size != self->code_size &&
        self->invlists->code_size != FAISS_INVALID_CODE_SIZE) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "the inverted lists have codes of %zu bytes, expected %zu",
                              self->invlists->code_size, self->code_size);
    }
    return FAISS_OK;
}

FaissStatus faiss_ivf_check_key (const FaissIndexIVF *self, idx_t key) {
    if (key < -1 || key >= (idx_t)self->nlist) {
        return faiss_fail (FAISS_EXCEPT, "Error in %s: there is no list %lld, nlist=%zu",
                           faiss_Index_class_name (&self->index), (long long)key, self->nlist);
    }
    return FAISS_OK;
}

FaissStatus faiss_ivf_search_settings (const char *function, const FaissIndexIVF *self,
                                       const FaissSearchParametersIVF *params, bool store_pairs,
                                       FaissIVFSearchSettings *out) {
    size_t nprobe = params ? params->nprobe : self->nprobe;
    *out = (FaissIVFSearchSettings){
        .nprobe = nprobe < self->nlist ? nprobe : self->nlist,
        .max_codes = params ? params->max_codes : self->max_codes,
        .ensure_topk_full = params && params->ensure_topk_full,
        .max_empty_result_buckets = params ? params->max_empty_result_buckets : 0,
        .sel = params ? params->params.sel : NULL,
        .parallel_mode = self->parallel_mode & ~FAISS_PARALLEL_MODE_NO_HEAP_INIT,
        .keep_heaps = (self->parallel_mode & FAISS_PARALLEL_MODE_NO_HEAP_INIT) != 0,
    };
    if (out->nprobe == 0) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "expected nprobe > 0 and nlist > 0, got %zu "
                              "and %zu",
                              nprobe, self->nlist);
    }
    if (out->sel && store_pairs) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "a selector does not go with store_pairs: it selects ids");
    }
    return FAISS_OK;
}

/* ---- one list for one query ------------------------------------------------------------------ */

/* The part of a list that is to be scanned. */
typedef struct ListPart {
    size_t size;
    const uint8_t *all_codes; /* to be released */
    const idx_t *all_ids;     /* to be released; NULL if not asked for */
    const uint8_t *codes;
    const idx_t *ids;
    FaissUInt8Vector own_codes; /* of lists that are walked by an iterator */
    FaissInt64Vector own_ids;
} ListPart;

static const FaissIDSelectorRange *sorted_range (const FaissIDSelector *sel) {
    const FaissIDSelectorRange *range = faiss_object_cast (sel, &faiss_IDSelectorRange_class.head);
    return range && range->assume_sorted ? range : NULL;
}

static FaissStatus walk (FaissInvertedListsIterator *iterator, size_t code_size, size_t max_size,
                         ListPart *part) {
    for (; part->size < max_size && iterator->is_available (iterator); part->size++) {
        idx_t id;
        const uint8_t *code;
        FAISS_TRY (iterator->get_id_and_codes (iterator, &id, &code));
        FAISS_TRY (faiss_Int64Vector_append (&part->own_ids, &id, 1));
        FAISS_TRY (faiss_UInt8Vector_append (&part->own_codes, code, code_size));
        iterator->next (iterator);
    }
    part->codes = part->own_codes.data;
    part->ids = part->own_ids.data;
    return FAISS_OK;
}

static FaissStatus open_list (const FaissInvertedLists *lists, size_t list_no, size_t max_size,
                              bool with_ids, const FaissIDSelectorRange *range, void *context,
                              ListPart *part) {
    *part = (ListPart){0};
    if (lists->use_iterator) {
        FaissInvertedListsIterator *iterator;
        FAISS_TRY (lists->cls->get_iterator (lists, list_no, context, &iterator));
        FaissStatus status = walk (iterator, lists->code_size, max_size, part);
        iterator->free (iterator);
        FAISS_TRY (status);
    } else {
        size_t size = lists->cls->list_size (lists, list_no);
        part->size = size < max_size ? size : max_size;
        part->all_codes = part->codes = lists->cls->get_codes (lists, list_no);
        if (with_ids) {
            part->all_ids = part->ids = lists->cls->get_ids (lists, list_no);
        }
    }
    if (range) {
        size_t jmin, jmax;
        faiss_IDSelectorRange_find_sorted_ids_bounds (range, part->size, part->ids, &jmin, &jmax);
        part->size = jmax - jmin;
        if (part->size > 0) {
            part->codes += jmin * lists->code_size;
            part->ids += jmin;
        }
    }
    return FAISS_OK;
}

static void close_list (const FaissInvertedLists *lists, size_t list_no, ListPart *part) {
    faiss_UInt8Vector_clear (&part->own_codes);
    faiss_Int64Vector_clear (&part->own_ids);
    if (part->all_codes) {
        lists->cls->release_codes (lists, list_no, part->all_codes);
    }
    if (part->all_ids) {
        lists->cls->release_ids (lists, list_no, part->all_ids);
    }
}

/* What the threads of one search share. */
typedef struct Search {
    const FaissIndexIVF *self;
    FaissIVFSearchSettings settings;
    const FaissIDSelectorRange *range; /* sel if it can be found by bisection */
    const float *x;
    const idx_t *keys;
    const float *coarse_dis;
    bool store_pairs;
    bool is_similarity;
    const FaissSearchParametersIVF *params;
    /* k nearest */
    size_t k;
    float *distances;
    idx_t *labels;
    /* range */
    float radius;
} Search;

static FaissStatus new_scanner (const Search *s, FaissInvertedListScanner **scanner) {
    /* a range found by bisection leaves nothing to test */
    const FaissIDSelector *sel = s->range ? NULL : s->settings.sel;
    return class_of (s->self)->get_InvertedListScanner (s->self, s->store_pairs, sel, s->params,
                                                        scanner);
}

/* Set a scanner to the list of probe p (of query p / nprobe) and open what is to be scanned of it:
 * nothing (size 0) for a key of -1 and an empty list. To be closed by close_probe. */
static FaissStatus open_probe (const Search *s, FaissInvertedListScanner *scanner, size_t p,
                               size_t max_size, bool with_ids, FaissIndexIVFStats *counts,
                               ListPart *part) {
    const FaissInvertedLists *lists = s->self->invlists;
    *part = (ListPart){0};
    FAISS_TRY (faiss_ivf_check_key (s->self, s->keys[p]));
    size_t list_no = (size_t)s->keys[p];
    if (s->keys[p] < 0 || (!lists->use_iterator && lists->cls->list_size (lists, list_no) == 0)) {
        return FAISS_OK;
    }
    FAISS_TRY (scanner->set_list (scanner, s->keys[p], s->coarse_dis ? s->coarse_dis[p] : 0));
    counts->nlist++;
    FaissStatus status = open_list (lists, list_no, max_size, with_ids, s->range,
                                    s->params ? s->params->inverted_list_context : NULL, part);
    if (status != FAISS_OK) {
        close_list (lists, list_no, part);
    }
    return status;
}

static void close_probe (const Search *s, size_t p, ListPart *part) {
    close_list (s->self->invlists, (size_t)s->keys[p], part);
}

/* Scan the list of a probe into a heap. */
static FaissStatus scan_probe (const Search *s, FaissInvertedListScanner *scanner, size_t p,
                               size_t max_size, float *distances, idx_t *labels,
                               FaissIndexIVFStats *counts) {
    ListPart part;
    FAISS_TRY (open_probe (s, scanner, p, max_size, !s->store_pairs, counts, &part));
    if (part.size > 0) {
        scanner->scan_codes (scanner, part.size, part.codes, part.ids, distances, labels, s->k,
                             counts);
    }
    close_probe (s, p, &part);
    return FAISS_OK;
}

static FaissStatus range_scan_probe (const Search *s, FaissInvertedListScanner *scanner, size_t p,
                                     FaissRangeQueryResult *result, FaissIndexIVFStats *counts) {
    ListPart part;
    FAISS_TRY (open_probe (s, scanner, p, SIZE_MAX, !s->store_pairs, counts, &part));
    FaissStatus status = FAISS_OK;
    if (part.size > 0) {
        status = scanner->scan_codes_range (scanner, part.size, part.codes, part.ids, s->radius,
                                            result, counts);
    }
    close_probe (s, p, &part);
    return status;
}

/* ---- k nearest: one query per thread --------------------------------------------------------- */

static FaissStatus search_one_query (const Search *s, FaissInvertedListScanner *scanner, size_t i,
                                     FaissIndexIVFStats *counts) {
    const FaissIVFSearchSettings *set = &s->settings;
    float *distances = s->distances + i * s->k;
    idx_t *labels = s->labels + i * s->k;
    FAISS_TRY (scanner->set_query (scanner, s->x + i * (size_t)s->self->index.d));
    if (!set->keep_heaps) {
        faiss_heap_heapify (s->is_similarity, s->k, distances, labels);
    }
    size_t budget = set->max_codes ? set->max_codes : SIZE_MAX;
    if (set->ensure_topk_full && budget < s->k) {
        budget = s->k;
    }
    size_t before = counts->ndis;
    for (size_t j = 0; j < set->nprobe && counts->ndis - before < budget; j++) {
        size_t left = set->ensure_topk_full ? SIZE_MAX : budget - (counts->ndis - before);
        FAISS_TRY (scan_probe (s, scanner, i * set->nprobe + j, left, distances, labels, counts));
    }
    if (!set->keep_heaps) {
        faiss_heap_reorder (s->is_similarity, s->k, distances, labels);
    }
    return FAISS_OK;
}

/* What a thread does of all queries. */
static void search_some_queries (const Search *s, size_t n, size_t *next, FaissRegion *region,
                                 FaissIndexIVFStats *counts) {
    enum { STEP = 8 };
    FaissInvertedListScanner *scanner = NULL;
    FaissIndexIVFStats mine = {0};
    faiss_region_note (region, new_scanner (s, &scanner));
    for (size_t begin; (begin = faiss_share (next, STEP)) < n;) {
        for (size_t i = begin; i < n && i < begin + STEP; i++) {
            if (!faiss_region_stopped (region)) {
                faiss_region_note (region, search_one_query (s, scanner, i, &mine));
            }
        }
    }
    faiss_InvertedListScanner_free (scanner);
#pragma omp critical(faiss_ivf_counts)
    faiss_IndexIVFStats_add (counts, &mine);
}

static FaissStatus search_by_queries (const Search *s, size_t n, FaissIndexIVFStats *counts) {
    FaissRegion region = {0};
    size_t next = 0;
    int n_threads = faiss_threads_for ((int64_t)n);
    *counts = (FaissIndexIVFStats){.nq = n};
    FAISS_BY_THREADS (n_threads, search_some_queries (s, n, &next, &region, counts));
    return faiss_region_close (&region);
}

/* ---- k nearest: the lists of a query, or of all queries, split among threads ----------------- */

/* What a thread has of its own. */
typedef struct Worker {
    FaissInvertedListScanner *scanner;
    float *distances; /* a heap of k */
    idx_t *labels;
    FaissIndexIVFStats counts;
} Worker;

static void clear_workers (Worker *workers, int n) {
    for (int t = 0; workers && t < n; t++) {
        faiss_InvertedListScanner_free (workers[t].scanner);
        free (workers[t].distances);
        free (workers[t].labels);
    }
    free (workers);
}

static FaissStatus make_workers (const Search *s, int n, Worker *workers) {
    for (int t = 0; t < n; t++) {
        FAISS_TRY (new_scanner (s, &workers[t].scanner));
        FAISS_TRY (faiss_alloc (&workers[t].distances, s->k, sizeof (float)));
        FAISS_TRY (faiss_alloc (&workers[t].labels, s->k, sizeof (idx_t)));
    }
    return FAISS_OK;
}

/* Which is taken first does not matter: the heaps order by distance and id. */
static void merge_heap (const Search *s, const Worker *worker, size_t i) {
    float *distances = s->distances + i * s->k;
    idx_t *labels = s->labels + i * s->k;
#pragma omp critical(faiss_ivf_merge_heap)
    for (size_t j = 0; j < s->k; j++) {
        if (worker->labels[j] != -1) {
            faiss_heap_offer_unordered (s->is_similarity, s->k, distances, labels,
                                        worker->distances[j], worker->labels[j]);
        }
    }
}

/* Probes begin .. end - 1, in the order of queries. */
static FaissStatus search_probes (const Search *s, Worker *worker, size_t begin, size_t end) {
    size_t nprobe = s->settings.nprobe;
    for (size_t p = begin; p < end;) {
        size_t i = p / nprobe;
        size_t query_end = (i + 1) * nprobe < end ? (i + 1) * nprobe : end;
        FAISS_TRY (
            worker->scanner->set_query (worker->scanner, s->x + i * (size_t)s->self->index.d));
        faiss_heap_heapify (s->is_similarity, s->k, worker->distances, worker->labels);
        for (; p < query_end; p++) {
            FAISS_TRY (faiss_check_interrupt ());
            FAISS_TRY (scan_probe (s, worker->scanner, p, SIZE_MAX, worker->distances,
                                   worker->labels, &worker->counts));
        }
        merge_heap (s, worker, i);
    }
    return FAISS_OK;
}

static FaissStatus split_probes (const Search *s, Worker *workers, int n_threads, size_t begin,
                                 size_t end) {
    FaissRegion region = {0};
    size_t n = end - begin;
#pragma omp parallel for num_threads(n_threads) schedule(static)
    for (int t = 0; t < n_threads; t++) {
        faiss_region_watch (&region);
        faiss_region_note (&region,
                           search_probes (s, &workers[t], begin + n * (size_t)t / (size_t)n_threads,
                                          begin + n * (size_t)(t + 1) / (size_t)n_threads));
        faiss_region_watch (NULL);
    }
    return faiss_region_close (&region);
}

static FaissStatus search_by_probes (const Search *s, size_t n, FaissIndexIVFStats *counts) {
    const FaissIVFSearchSettings *set = &s->settings;
    bool by_query = set->parallel_mode == 1;
    size_t n_probes = by_query ? set->nprobe : n * set->nprobe;
    int n_threads = faiss_threads_for ((int64_t)n_probes);
    if (!set->keep_heaps) {
        for (size_t i = 0; i < n; i++) {
            faiss_heap_heapify (s->is_similarity, s->k, s->distances + i * s->k,
                                s->labels + i * s->k);
        }
    }
    Worker *workers;
    FAISS_TRY (faiss_alloc_zeroed (&workers, (size_t)n_threads, sizeof *workers));
    FaissStatus status = make_workers (s, n_threads, workers);
    for (size_t i = 0; status == FAISS_OK && i < (by_query ? n : 1); i++) {
        status = split_probes (s, workers, n_threads, i * n_probes, (i + 1) * n_probes);
    }
    counts->nq = n;
    for (int t = 0; t < n_threads; t++) {
        faiss_IndexIVFStats_add (counts, &workers[t].counts);
    }
    clear_workers (workers, n_threads);
    if (status == FAISS_OK && !set->keep_heaps) {
        for (size_t i = 0; i < n; i++) {
            faiss_heap_reorder (s->is_similarity, s->k, s->distances + i * s->k,
                                s->labels + i * s->k);
        }
    }
    return status;
}

FaissStatus faiss_IndexIVF_search_preassigned_slot (const FaissIndexIVF *self, idx_t n,
                                                    const float *x, idx_t k, const idx_t *assign,
                                                    const float *centroid_dis, float *distances,
                                                    idx_t *labels, bool store_pairs,
                                                    const FaissSearchParametersIVF *params,
                                                    FaissIndexIVFStats *stats) {
    Search s = {.self = self,
                .x = x,
                .keys = assign,
                .coarse_dis = centroid_dis,
                .store_pairs = store_pairs,
                .is_similarity = faiss_is_similarity_metric (self->index.metric_type),
                .params = params,
                .k = (size_t)k,
                .distances = distances,
                .labels = labels};
    FAISS_TRY (
        faiss_ivf_search_settings ("IndexIVF_search", self, params, store_pairs, &s.settings));
    s.range = sorted_range (s.settings.sel);
    int mode = s.settings.parallel_mode;
    FAISS_REQUIRE (mode >= 0 && mode <= 3, "expected a parallel_mode 0 .. 3, got %d", mode);
    FAISS_REQUIRE (s.settings.max_codes == 0 || mode == 0 || mode == 3,
                   "max_codes needs parallel_mode 0 or 3, got %d", mode);
    FaissIndexIVFStats counts = {0};
    double start = faiss_ivf_milliseconds ();
    if (mode == 0 || mode == 3) {
        FAISS_TRY (search_by_queries (&s, (size_t)n, &counts));
    } else {
        FAISS_TRY (search_by_probes (&s, (size_t)n, &counts));
    }
    counts.search_time = faiss_ivf_milliseconds () - start;
    faiss_ivf_count (&counts, stats);
    return FAISS_OK;
}

/* ---- range ----------------------------------------------------------------------------------- */

/* The probes begin .. end - 1 of one query. */
static FaissStatus range_search_one_query (const Search *s, FaissInvertedListScanner *scanner,
                                           size_t begin, size_t end,
                                           FaissRangeSearchPartialResult *partial,
                                           FaissIndexIVFStats *counts) {
    size_t i = begin / s->settings.nprobe, max_empty = s->settings.max_empty_result_buckets;
    size_t n_empty = 0;
    FaissRangeQueryResult *result;
    FAISS_TRY (faiss_RangeSearchPartialResult_new_result (partial, (idx_t)i, &result));
    FAISS_TRY (scanner->set_query (scanner, s->x + i * (size_t)s->self->index.d));
    for (size_t p = begin; p < end; p++) {
        size_t before = result->nres;
        FAISS_TRY (faiss_check_interrupt ());
        FAISS_TRY (range_scan_probe (s, scanner, p, result, counts));
        n_empty = result->nres > before ? 0 : n_empty + 1;
        if (max_empty && n_empty >= max_empty) {
            break;
        }
    }
    return FAISS_OK;
}

static FaissStatus range_search_probes (const Search *s, FaissInvertedListScanner *scanner,
                                        size_t begin, size_t end,
                                        FaissRangeSearchPartialResult *partial,
                                        FaissIndexIVFStats *counts) {
    size_t nprobe = s->settings.nprobe;
    for (size_t p = begin; p < end;) {
        size_t query_end = (p / nprobe + 1) * nprobe < end ? (p / nprobe + 1) * nprobe : end;
        FAISS_TRY (range_search_one_query (s, scanner, p, query_end, partial, counts));
        p = query_end;
    }
    return FAISS_OK;
}

/* How a range search is divided among threads. */
typedef struct RangeShares {
    const Search *search;
    size_t unit; /* probes that stay together: in mode 0 those of a query, else 1 */
    size_t nlist, ndis;
} RangeShares;

static FaissStatus range_search_share (void *context, size_t begin, size_t end,
                                       FaissRangeSearchPartialResult *partial) {
    RangeShares *shares = context;
    FaissIndexIVFStats counts = {0};
    FaissInvertedListScanner *scanner;
    FAISS_TRY (new_scanner (shares->search, &scanner));
    FaissStatus status = range_search_probes (shares->search, scanner, begin * shares->unit,
                                              end * shares->unit, partial, &counts);
    faiss_InvertedListScanner_free (scanner);
    __atomic_fetch_add (&shares->nlist, counts.nlist, __ATOMIC_RELAXED);
    __atomic_fetch_add (&shares->ndis, counts.ndis, __ATOMIC_RELAXED);
    return status;
}

FaissStatus faiss_IndexIVF_range_search_preassigned_slot (
    const FaissIndexIVF *self, idx_t nx, const float *x, float radius, const idx_t *keys,
    const float *coarse_dis, FaissRangeSearchResult *result, bool store_pairs,
    const FaissSearchParametersIVF *params, FaissIndexIVFStats *stats) {
    Search s = {.self = self,
                .x = x,
                .keys = keys,
                .coarse_dis = coarse_dis,
                .store_pairs = store_pairs,
                .is_similarity = faiss_is_similarity_metric (self->index.metric_type),
                .params = params,
                .radius = radius};
    FAISS_TRY (faiss_ivf_search_settings ("IndexIVF_range_search", self, params, store_pairs,
                                          &s.settings));
    s.range = sorted_range (s.settings.sel);
    int mode = self->parallel_mode;
    FAISS_REQUIRE (mode >= 0 && mode <= 2, "expected a parallel_mode 0 .. 2, got %d", mode);
    FAISS_REQUIRE (s.settings.max_empty_result_buckets == 0 || mode == 0,
                   "max_empty_result_buckets needs parallel_mode 0, got %d", mode);
    double start = faiss_ivf_milliseconds ();
    size_t nprobe = s.settings.nprobe;
    RangeShares shares = {.search = &s, .unit = mode == 0 ? nprobe : 1};
    FAISS_TRY (faiss_range_search_in_shares (result, (size_t)nx * nprobe / shares.unit,
                                             range_search_share, &shares));
    FaissIndexIVFStats counts = {.nq = (size_t)nx, .nlist = shares.nlist, .ndis = shares.ndis};
    counts.search_time = faiss_ivf_milliseconds () - start;
    faiss_ivf_count (&counts, stats);
    return FAISS_OK;
}

/* ---- with the quantizer in front ------------------------------------------------------------- */

/* The coarse results of some queries. */
typedef struct Coarse {
    idx_t *keys;
    float *distances;
} Coarse;

static void clear_coarse (Coarse *coarse) {
    free (coarse->keys);
    free (coarse->distances);
}

static FaissStatus assign_queries (const FaissIndexIVF *self, idx_t n, const float *x,
                                   size_t nprobe, const FaissSearchParametersIVF *params,
                                   Coarse *coarse) {
    FAISS_REQUIRE ((size_t)n <= SIZE_MAX / 16 / nprobe, "%lld queries of nprobe=%zu are too many",
                   (long long)n, nprobe);
    FAISS_TRY (faiss_alloc (&coarse->keys, (size_t)n * nprobe, sizeof *coarse->keys));
    FAISS_TRY (faiss_alloc (&coarse->distances, (size_t)n * nprobe, sizeof *coarse->distances));
    double start = faiss_ivf_milliseconds ();
    FAISS_TRY (faiss_Index_search_with_params (self->quantizer, n, x, (idx_t)nprobe,
                                               params ? params->quantizer_params : NULL,
                                               coarse->distances, coarse->keys));
    FaissIndexIVFStats counts = {.quantization_time = faiss_ivf_milliseconds () - start};
    faiss_ivf_count (&counts, NULL);
    if (n * (idx_t)nprobe <= INT32_MAX) {
        self->invlists->cls->prefetch_lists (self->invlists, coarse->keys, (int)n * (int)nprobe);
    }
    return FAISS_OK;
}

/* The one way of searching that the methods below share. */
static FaissStatus search_labels (const char *function, const FaissIndexIVF *self, idx_t n,
                                  const float *x, idx_t k, const FaissSearchParameters *params,
                                  bool store_pairs, float *distances, idx_t *labels) {
    const FaissSearchParametersIVF *ivf_params;
    FaissIVFSearchSettings settings;
    FAISS_TRY (faiss_ivf_check_parts (function, self));
    FAISS_TRY (faiss_ivf_params (function, self, params, &ivf_params));
    FAISS_TRY (faiss_ivf_search_settings (function, self, ivf_params, store_pairs, &settings));
    for (idx_t begin = 0; begin < n; begin += QUERY_BLOCK) {
        idx_t size = n - begin < QUERY_BLOCK ? n - begin : QUERY_BLOCK;
        const float *queries = x + begin * self->index.d;
        Coarse coarse = {0};
        FaissStatus status =
            assign_queries (self, size, queries, settings.nprobe, ivf_params, &coarse);
        if (status == FAISS_OK) {
            status = class_of (self)->search_preassigned (
                self, size, queries, k, coarse.keys, coarse.distances, distances + begin * k,
                labels + begin * k, store_pairs, ivf_params, NULL);
        }
        clear_coarse (&coarse);
        FAISS_TRY (status);
    }
    return FAISS_OK;
}

FaissStatus faiss_IndexIVF_search_slot (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                        const FaissSearchParameters *params, float *distances,
                                        idx_t *labels) {
    const FaissIndexIVF *self = FAISS_CONST_SELF (IndexIVF, index, index);
    return search_labels ("IndexIVF_search", self, n, x, k, params, false, distances, labels);
}

FaissStatus faiss_IndexIVF_range_search_slot (const FaissIndex *index, idx_t n, const float *x,
                                              float radius, const FaissSearchParameters *params,
                                              FaissRangeSearchResult *result) {
    static const char function[] = "IndexIVF_range_search";
    const FaissIndexIVF *self = FAISS_CONST_SELF (IndexIVF, index, index);
    const FaissSearchParametersIVF *ivf_params;
    FaissIVFSearchSettings settings;
    FAISS_TRY (faiss_ivf_check_parts (function, self));
    FAISS_TRY (faiss_ivf_params (function, self, params, &ivf_params));
    FAISS_TRY (faiss_ivf_search_settings (function, self, ivf_params, false, &settings));
    Coarse coarse = {0};
    FaissStatus status = assign_queries (self, n, x, settings.nprobe, ivf_params, &coarse);
    if (status == FAISS_OK) {
        status = class_of (self)->range_search_preassigned (
            self, n, x, radius, coarse.keys, coarse.distances, result, false, ivf_params, NULL);
    }
    clear_coarse (&coarse);
    return status;
}

static FaissStatus handle_probe (const Search *s, FaissInvertedListScanner *scanner, size_t p,
                                 FaissResultHandler *handler, FaissIndexIVFStats *counts) {
    ListPart part;
    FAISS_TRY (open_probe (s, scanner, p, SIZE_MAX, true, counts, &part));
    FaissStatus status = FAISS_OK;
    if (part.size > 0) {
        status =
            scanner->scan_codes_handler (scanner, part.size, part.codes, part.ids, handler, counts);
    }
    close_probe (s, p, &part);
    return status;
}

static FaissStatus handle_probes (const Search *s, FaissInvertedListScanner *scanner,
                                  FaissResultHandler *handler) {
    FaissIndexIVFStats counts = {.nq = 1};
    double start = faiss_ivf_milliseconds ();
    FAISS_TRY (scanner->set_query (scanner, s->x));
    for (size_t p = 0; p < s->settings.nprobe; p++) {
        FAISS_TRY (handle_probe (s, scanner, p, handler, &counts));
    }
    counts.search_time = faiss_ivf_milliseconds () - start;
    faiss_ivf_count (&counts, NULL);
    return FAISS_OK;
}

FaissStatus faiss_IndexIVF_search1_slot (const FaissIndex *index, const float *x,
                                         FaissResultHandler *handler,
                                         const FaissSearchParameters *params) {
    static const char function[] = "IndexIVF_search1";
    const FaissIndexIVF *self = FAISS_CONST_SELF (IndexIVF, index, index);
    Search s = {.self = self, .x = x};
    FAISS_TRY (faiss_ivf_check_parts (function, self));
    FAISS_TRY (faiss_ivf_params (function, self, params, &s.params));
    FAISS_TRY (faiss_ivf_search_settings (function, self, s.params, false, &s.settings));
    s.range = sorted_range (s.settings.sel);
    Coarse coarse = {0};
    FaissInvertedListScanner *scanner = NULL;
    FaissStatus status = assign_queries (self, 1, x, s.settings.nprobe, s.params, &coarse);
    s.keys = coarse.keys;
    s.coarse_dis = coarse.distances;
    status = status ? status : new_scanner (&s, &scanner);
    status = status ? status : handle_probes (&s, scanner, handler);
    faiss_InvertedListScanner_free (scanner);
    clear_coarse (&coarse);
    return status;
}

/* Labels of the form list << 32 | offset become ids; what is at the place goes to recons. */
static FaissStatus fetch_results (const FaissIndexIVF *self, size_t n, idx_t *labels,
                                  FaissStatus (*fetch) (const FaissIndexIVF *self, idx_t list_no,
                                                        idx_t offset, uint8_t *out),
                                  uint8_t *out, size_t size) {
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)n / 64))
    for (size_t i = 0; i < n; i++) {
        if (labels[i] < 0) {
            memset (out + i * size, 0xff, size);
        } else if (!faiss_region_failed (&region)) {
            idx_t list_no = faiss_lo_listno (labels[i]), offset = faiss_lo_offset (labels[i]);
            faiss_region_note (&region, fetch (self, list_no, offset, out + i * size));
            labels[i] = self->invlists->cls->get_single_id (self->invlists, (size_t)list_no,
                                                            (size_t)offset);
        }
    }
    return faiss_region_close (&region);
}

static FaissStatus fetch_vector (const FaissIndexIVF *self, idx_t list_no, idx_t offset,
                                 uint8_t *out) {
    return class_of (self)->reconstruct_from_offset (self, list_no, offset, (float *)(void *)out);
}

FaissStatus faiss_IndexIVF_search_and_reconstruct_slot (const FaissIndex *index, idx_t n,
                                                        const float *x, idx_t k,
                                                        const FaissSearchParameters *params,
                                                        float *distances, idx_t *labels,
                                                        float *recons) {
    const FaissIndexIVF *self = FAISS_CONST_SELF (IndexIVF, index, index);
    FAISS_TRY (search_labels ("IndexIVF_search_and_reconstruct", self, n, x, k, params, true,
                              distances, labels));
    return fetch_results (self, (size_t)n * (size_t)k, labels, fetch_vector, (uint8_t *)recons,
                          (size_t)index->d * sizeof *recons);
}

static FaissStatus fetch_code (const FaissIndexIVF *self, idx_t list_no, idx_t offset,
                               uint8_t *out) {
    const FaissInvertedLists *lists = self->invlists;
    const uint8_t *code = lists->cls->get_single_code (lists, (size_t)list_no, (size_t)offset);
    if (!code) {
        return FAISS_STD_EXCEPT;
    }
    memcpy (out, code, self->code_size);
    lists->cls->release_codes (lists, (size_t)list_no, code);
    return FAISS_OK;
}

static FaissStatus fetch_code_with_listno (const FaissIndexIVF *self, idx_t list_no, idx_t offset,
                                           uint8_t *out) {
    FaissLevel1Quantizer level1 = faiss_IndexIVF_level1_quantizer (self);
    faiss_Level1Quantizer_encode_listno (&level1, list_no, out);
    return fetch_code (self, list_no, offset,
                       out + faiss_Level1Quantizer_coarse_code_size (&level1));
}

FaissStatus faiss_IndexIVF_search_and_return_codes (const FaissIndexIVF *self, idx_t n,
                                                    const float *x, idx_t k, float *distances,
                                                    idx_t *labels, uint8_t *recons,
                                                    bool include_listno,
                                                    const FaissSearchParameters *params) {
    FAISS_TRY (faiss_check_vectors (__func__, (const FaissIndex *)self, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, &self->index));
    FAISS_TRY (faiss_check_results (__func__, n, k, distances, labels));
    FAISS_REQUIRE (n == 0 || recons, "recons is NULL");
    FAISS_TRY (search_labels (__func__, self, n, x, k, params, true, distances, labels));
    FAISS_REQUIRE (n == 0 || self->invlists->code_size == self->code_size,
                   "the entries have no codes of their own");
    size_t size = self->code_size + (include_listno ? faiss_IndexIVF_coarse_code_size (self) : 0);
    return fetch_results (self, (size_t)n * (size_t)k, labels,
                          include_listno ? fetch_code_with_listno : fetch_code, recons, size);
}

/* ---- searching lists of the caller's choice -------------------------------------------------- */

FaissStatus faiss_IndexIVF_search_preassigned_with_stats (
    const FaissIndexIVF *self, idx_t n, const float *x, idx_t k, const idx_t *assign,
    const float *centroid_dis, float *distances, idx_t *labels, int store_pairs,
    const FaissSearchParametersIVF *params, FaissIndexIVFStats *stats) {
    FAISS_TRY (faiss_check_vectors (__func__, (const FaissIndex *)self, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, &self->index));
    FAISS_TRY (faiss_check_results (__func__, n, k, distances, labels));
    FAISS_REQUIRE (n == 0 || assign, "assign is NULL");
    FAISS_TRY (faiss_ivf_check_parts (__func__, self));
    return class_of (self)->search_preassigned (self, n, x, k, assign, centroid_dis, distances,
                                                labels, store_pairs != 0, params, stats);
}

FaissStatus faiss_IndexIVF_search_preassigned (const FaissIndexIVF *self, idx_t n, const float *x,
                                               idx_t k, const idx_t *assign,
                                               const float *centroid_dis, float *distances,
                                               idx_t *labels, int store_pairs) {
    return faiss_IndexIVF_search_preassigned_with_stats (
        self, n, x, k, assign, centroid_dis, distances, labels, store_pairs, NULL, NULL);
}

FaissStatus faiss_IndexIVF_range_search_preassigned (
    const FaissIndexIVF *self, idx_t nx, const float *x, float radius, const idx_t *keys,
    const float *coarse_dis, FaissRangeSearchResult *result, int store_pairs,
    const FaissSearchParametersIVF *params, FaissIndexIVFStats *stats) {
    FAISS_TRY (faiss_check_vectors (__func__, (const FaissIndex *)self, nx, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, &self->index));
    FAISS_REQUIRE_ARG (result);
    FAISS_REQUIRE (result->nq == (size_t)nx && result->lims && !result->labels &&
                       !result->distances,
                   "expected an empty result for %lld queries", (long long)nx);
    FAISS_REQUIRE (nx == 0 || keys, "keys is NULL");
    FAISS_TRY (faiss_ivf_check_parts (__func__, self));
    return class_of (self)->range_search_preassigned (self, nx, x, radius, keys, coarse_dis, result,
                                                      store_pairs != 0, params, stats);
}

FaissStatus faiss_IndexIVF_get_InvertedListScanner (const FaissIndexIVF *self, bool store_pairs,
                                                    const FaissIDSelector *sel,
                                                    const FaissSearchParametersIVF *params,
                                                    FaissInvertedListScanner **out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    return class_of (self)->get_InvertedListScanner (self, store_pairs, sel, params, out);
}

/* ---- scanners -------------------------------------------------------------------------------- */

FaissStatus faiss_InvertedListScanner_set_query (FaissInvertedListScanner *self, const float *x) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (x);
    return self->set_query (self, x);
}

FaissStatus faiss_InvertedListScanner_set_list (FaissInvertedListScanner *self, idx_t list_no,
                                                float coarse_dis) {
    FAISS_REQUIRE_ARG (self);
    return self->set_list (self, list_no, coarse_dis);
}

FaissStatus faiss_InvertedListScanner_distance_to_code (const FaissInvertedListScanner *self,
                                                        const uint8_t *code, float *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (code);
    FAISS_REQUIRE_ARG (out);
    *out = self->distance_to_code (self, code);
    return FAISS_OK;
}

FaissStatus faiss_InvertedListScanner_scan_codes (const FaissInvertedListScanner *self, size_t n,
                                                  const uint8_t *codes, const idx_t *ids,
                                                  float *distances, idx_t *labels, size_t k,
                                                  size_t *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (n == 0 || (codes && (ids || self->store_pairs)), "codes or ids is NULL");
    FAISS_REQUIRE (k > 0 && distances && labels, "there is no heap");
    FaissIndexIVFStats counts = {0};
    self->scan_codes (self, n, codes, ids, distances, labels, k, &counts);
    if (out) {
        *out = counts.nheap_updates;
    }
    return FAISS_OK;
}

FaissStatus faiss_InvertedListScanner_scan_codes_range (const FaissInvertedListScanner *self,
                                                        size_t n, const uint8_t *codes,
                                                        const idx_t *ids, float radius,
                                                        struct FaissRangeQueryResult *result) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (result);
    FAISS_REQUIRE (n == 0 || (codes && (ids || self->store_pairs)), "codes or ids is NULL");
    FaissIndexIVFStats counts = {0};
    return self->scan_codes_range (self, n, codes, ids, radius, result, &counts);
}

void faiss_InvertedListScanner_free (FaissInvertedListScanner *self) {
    if (self) {
        self->free (self);
    }
}

/* ---- search parameters ----------------------------------------------------------------------- */

FaissClass faiss_SearchParametersIVF_class = {
    .name = "SearchParametersIVF",
    .parent = &faiss_SearchParameters_class,
    .instance_size = sizeof (FaissSearchParametersIVF),
    .table_size = sizeof (FaissClass),
};

FaissStatus faiss_SearchParametersIVF_new (FaissSearchParametersIVF **out) {
    return faiss_SearchParametersIVF_new_with (out, NULL, 1, 0);
}

FaissStatus faiss_SearchParametersIVF_new_with (FaissSearchParametersIVF **out,
                                                FaissIDSelector *sel, size_t nprobe,
                                                size_t max_codes) {
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_object_new (out, &faiss_SearchParametersIVF_class));
    (*out)->params.sel = sel;
    (*out)->nprobe = nprobe;
    (*out)->max_codes = max_codes;
    return FAISS_OK;
}

void faiss_SearchParametersIVF_free (FaissSearchParametersIVF *self) {
    faiss_object_free (self);
}

FaissSearchParametersIVF *faiss_SearchParametersIVF_cast (FaissSearchParameters *params) {
    return faiss_object_cast (params, &faiss_SearchParametersIVF_class);
}

const FaissIDSelector *faiss_SearchParametersIVF_sel (const FaissSearchParametersIVF *self) {
    return self->params.sel;
}

size_t faiss_SearchParametersIVF_nprobe (const FaissSearchParametersIVF *self) {
    return self->nprobe;
}

void faiss_SearchParametersIVF_set_nprobe (FaissSearchParametersIVF *self, size_t nprobe) {
    self->nprobe = nprobe;
}

size_t faiss_SearchParametersIVF_max_codes (const FaissSearchParametersIVF *self) {
    return self->max_codes;
}

void faiss_SearchParametersIVF_set_max_codes (FaissSearchParametersIVF *self, size_t max_codes) {
    self->max_codes = max_codes;
}

size_t faiss_SearchParametersIVF_max_lists_num (const FaissSearchParametersIVF *self) {
    return self->max_lists_num;
}

void faiss_SearchParametersIVF_set_max_lists_num (FaissSearchParametersIVF *self,
                                                  size_t max_lists_num) {
    self->max_lists_num = max_lists_num;
}

int faiss_SearchParametersIVF_ensure_topk_full (const FaissSearchParametersIVF *self) {
    return self->ensure_topk_full;
}

void faiss_SearchParametersIVF_set_ensure_topk_full (FaissSearchParametersIVF *self,
                                                     int ensure_topk_full) {
    self->ensure_topk_full = ensure_topk_full != 0;
}

size_t faiss_SearchParametersIVF_max_empty_result_buckets (const FaissSearchParametersIVF *self) {
    return self->max_empty_result_buckets;
}

void faiss_SearchParametersIVF_set_max_empty_result_buckets (FaissSearchParametersIVF *self,
                                                             size_t max_empty_result_buckets) {
    self->max_empty_result_buckets = max_empty_result_buckets;
}
