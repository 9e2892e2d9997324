/* Inverted files: all vectors within a radius. */
#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/ivf_probe.h>
#include <faiss/impl/range_search.h>

static FaissStatus range_scan_probe (const FaissIVFSearch *s, FaissInvertedListScanner *scanner,
                                     size_t p, FaissRangeQueryResult *result,
                                     FaissIndexIVFStats *counts) {
    FaissIVFListPart part;
    FAISS_TRY (faiss_ivf_open_probe (s, scanner, p, SIZE_MAX, !s->store_pairs, counts, &part));
    FaissStatus status = FAISS_OK;
    if (part.size > 0) {
        status = scanner->scan_codes_range (scanner, part.size, part.codes, part.ids, s->radius,
                                            result, counts);
    }
    faiss_ivf_close_probe (s, p, &part);
    return status;
}

/* The probes begin .. end - 1 of one query. */
static FaissStatus range_search_one_query (const FaissIVFSearch *s,
                                           FaissInvertedListScanner *scanner, size_t begin,
                                           size_t end, FaissRangeSearchPartialResult *partial,
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

static FaissStatus range_search_probes (const FaissIVFSearch *s, FaissInvertedListScanner *scanner,
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
    const FaissIVFSearch *search;
    size_t unit; /* probes that stay together: in mode 0 those of a query, else 1 */
    size_t nlist, ndis;
} RangeShares;

static FaissStatus range_search_share (void *context, size_t begin, size_t end,
                                       FaissRangeSearchPartialResult *partial) {
    RangeShares *shares = context;
    FaissIndexIVFStats counts = {0};
    FaissInvertedListScanner *scanner;
    FAISS_TRY (faiss_ivf_new_scanner (shares->search, &scanner));
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
    FaissIVFSearch s = {.self = self,
                        .x = x,
                        .keys = keys,
                        .coarse_dis = coarse_dis,
                        .store_pairs = store_pairs,
                        .is_similarity = faiss_is_similarity_metric (self->index.metric_type),
                        .params = params,
                        .radius = radius};
    FAISS_TRY (faiss_ivf_search_settings ("IndexIVF_range_search", self, params, store_pairs,
                                          &s.settings));
    s.range = faiss_ivf_sorted_range (s.settings.sel);
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
    return faiss_ivf_class (self)->range_search_preassigned (
        self, nx, x, radius, keys, coarse_dis, result, store_pairs != 0, params, stats);
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
    FaissIVFCoarse coarse = {0};
    FaissStatus status =
        faiss_ivf_assign_queries (self, n, x, settings.nprobe, ivf_params, &coarse);
    if (status == FAISS_OK) {
        status = faiss_ivf_class (self)->range_search_preassigned (
            self, n, x, radius, coarse.keys, coarse.distances, result, false, ivf_params, NULL);
    }
    faiss_ivf_clear_coarse (&coarse);
    return status;
}
