/* Inverted files: the k nearest. */
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/ivf_probe.h>
#include <faiss/impl/parallel.h>
#include <faiss/utils/Heap.h>

/// Queries whose coarse results are kept at once.
#define QUERY_BLOCK 16384

/* Scan the list of a probe into a heap. */
static FaissStatus scan_probe (const FaissIVFSearch *s, FaissInvertedListScanner *scanner, size_t p,
                               size_t max_size, float *distances, idx_t *labels,
                               FaissIndexIVFStats *counts) {
    FaissIVFListPart part;
    FAISS_TRY (faiss_ivf_open_probe (s, scanner, p, max_size, !s->store_pairs, counts, &part));
    FaissStatus status = FAISS_OK;
    if (part.size > 0) {
        status = scanner->scan_codes (scanner, part.size, part.codes, part.ids, distances, labels,
                                      s->k, counts);
    }
    faiss_ivf_close_probe (s, p, &part);
    return status;
}

/* ---- k nearest: one query per thread --------------------------------------------------------- */

static FaissStatus search_one_query (const FaissIVFSearch *s, FaissInvertedListScanner *scanner,
                                     size_t i, FaissIndexIVFStats *counts) {
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
static void search_some_queries (const FaissIVFSearch *s, size_t n, size_t *next,
                                 FaissRegion *region, FaissIndexIVFStats *counts) {
    enum { STEP = 8 };
    FaissInvertedListScanner *scanner = NULL;
    FaissIndexIVFStats mine = {0};
    faiss_region_note (region, faiss_ivf_new_scanner (s, &scanner));
    faiss_region_watch (region);
    for (size_t begin; (begin = faiss_share (next, STEP)) < n;) {
        for (size_t i = begin; i < n && i < begin + STEP; i++) {
            if (!faiss_region_stopped (region)) {
                faiss_region_note (region, search_one_query (s, scanner, i, &mine));
            }
        }
    }
    faiss_region_watch (NULL);
    faiss_InvertedListScanner_free (scanner);
#pragma omp critical(faiss_ivf_counts)
    faiss_IndexIVFStats_add (counts, &mine);
}

static FaissStatus search_by_queries (const FaissIVFSearch *s, size_t n,
                                      FaissIndexIVFStats *counts) {
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

static FaissStatus make_workers (const FaissIVFSearch *s, int n, Worker *workers) {
    for (int t = 0; t < n; t++) {
        FAISS_TRY (faiss_ivf_new_scanner (s, &workers[t].scanner));
        FAISS_TRY (faiss_alloc (&workers[t].distances, s->k, sizeof (float)));
        FAISS_TRY (faiss_alloc (&workers[t].labels, s->k, sizeof (idx_t)));
    }
    return FAISS_OK;
}

/* Which is taken first does not matter: the heaps order by distance and id. */
static void merge_heap (const FaissIVFSearch *s, const Worker *worker, size_t i) {
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
static FaissStatus search_probes (const FaissIVFSearch *s, Worker *worker, size_t begin,
                                  size_t end) {
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

static FaissStatus split_probes (const FaissIVFSearch *s, Worker *workers, int n_threads,
                                 size_t begin, size_t end) {
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

static FaissStatus search_by_probes (const FaissIVFSearch *s, size_t n,
                                     FaissIndexIVFStats *counts) {
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
    FaissIVFSearch s = {.self = self,
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
    s.range = faiss_ivf_sorted_range (s.settings.sel);
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

/* ---- lists of the caller's choice ------------------------------------------------------------ */

FaissStatus faiss_IndexIVF_search_preassigned_with_stats (
    const FaissIndexIVF *self, idx_t n, const float *x, idx_t k, const idx_t *assign,
    const float *centroid_dis, float *distances, idx_t *labels, int store_pairs,
    const FaissSearchParametersIVF *params, FaissIndexIVFStats *stats) {
    FAISS_TRY (faiss_check_vectors (__func__, (const FaissIndex *)self, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, &self->index));
    FAISS_TRY (faiss_check_results (__func__, n, k, distances, labels));
    FAISS_REQUIRE (n == 0 || assign, "assign is NULL");
    FAISS_TRY (faiss_ivf_check_parts (__func__, self));
    if (n == 0) {
        return FAISS_OK;
    }
    return faiss_ivf_class (self)->search_preassigned (
        self, n, x, k, assign, centroid_dis, distances, labels, store_pairs != 0, params, stats);
}

FaissStatus faiss_IndexIVF_search_preassigned (const FaissIndexIVF *self, idx_t n, const float *x,
                                               idx_t k, const idx_t *assign,
                                               const float *centroid_dis, float *distances,
                                               idx_t *labels, int store_pairs) {
    return faiss_IndexIVF_search_preassigned_with_stats (
        self, n, x, k, assign, centroid_dis, distances, labels, store_pairs, NULL, NULL);
}

/* ---- with the quantizer in front ------------------------------------------------------------- */

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
        FaissIVFCoarse coarse = {0};
        FaissStatus status =
            faiss_ivf_assign_queries (self, size, queries, settings.nprobe, ivf_params, &coarse);
        if (status == FAISS_OK) {
            status = faiss_ivf_class (self)->search_preassigned (
                self, size, queries, k, coarse.keys, coarse.distances, distances + begin * k,
                labels + begin * k, store_pairs, ivf_params, NULL);
        }
        faiss_ivf_clear_coarse (&coarse);
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

/* ---- with what is stored there --------------------------------------------------------------- */

typedef FaissStatus (*Fetch) (const FaissIndexIVF *self, idx_t list_no, idx_t offset, uint8_t *out);

/* A label of the form list << 32 | offset becomes an id; what is at the place goes to out. Where
 * heaps are not initialised a label may be the caller's own, that is, anything. */
static FaissStatus IndexIVF_fetch_result (const FaissIndexIVF *self, idx_t *label, Fetch fetch,
                                          uint8_t *out) {
    const FaissInvertedLists *lists = self->invlists;
    size_t list_no = (size_t)faiss_lo_listno (*label), offset = (size_t)faiss_lo_offset (*label);
    FAISS_REQUIRE (offset < faiss_InvertedLists_list_size (lists, list_no),
                   "there is no entry %zu in list %zu", offset, list_no);
    FAISS_TRY (fetch (self, (idx_t)list_no, (idx_t)offset, out));
    *label = lists->cls->get_single_id (lists, list_no, offset);
    return FAISS_OK;
}

static FaissStatus fetch_results (const FaissIndexIVF *self, size_t n, idx_t *labels, Fetch fetch,
                                  uint8_t *out, size_t size) {
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)n / 64))
    for (size_t i = 0; i < n; i++) {
        if (labels[i] < 0) {
            memset (out + i * size, 0xff, size);
        } else if (!faiss_region_failed (&region)) {
            faiss_region_note (&region,
                               IndexIVF_fetch_result (self, &labels[i], fetch, out + i * size));
        }
    }
    return faiss_region_close (&region);
}

static FaissStatus fetch_vector (const FaissIndexIVF *self, idx_t list_no, idx_t offset,
                                 uint8_t *out) {
    return faiss_ivf_class (self)->reconstruct_from_offset (self, list_no, offset,
                                                            (float *)(void *)out);
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
