/* Inverted files: what the lists of one query have goes to a handler. */
#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/ivf_probe.h>

static FaissStatus handle_probe (const FaissIVFSearch *s, FaissInvertedListScanner *scanner,
                                 size_t p, FaissResultHandler *handler,
                                 FaissIndexIVFStats *counts) {
    FaissIVFListPart part;
    FAISS_TRY (faiss_ivf_open_probe (s, scanner, p, SIZE_MAX, true, counts, &part));
    FaissStatus status = FAISS_OK;
    if (part.size > 0) {
        status =
            scanner->scan_codes_handler (scanner, part.size, part.codes, part.ids, handler, counts);
    }
    faiss_ivf_close_probe (s, p, &part);
    return status;
}

static FaissStatus handle_probes (const FaissIVFSearch *s, FaissInvertedListScanner *scanner,
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
    FaissIVFSearch s = {.self = self, .x = x};
    FAISS_TRY (faiss_ivf_check_parts (function, self));
    FAISS_TRY (faiss_ivf_params (function, self, params, &s.params));
    FAISS_TRY (faiss_ivf_search_settings (function, self, s.params, false, &s.settings));
    s.range = faiss_ivf_sorted_range (s.settings.sel);
    FaissIVFCoarse coarse = {0};
    FaissInvertedListScanner *scanner = NULL;
    FaissStatus status =
        faiss_ivf_assign_queries (self, 1, x, s.settings.nprobe, s.params, &coarse);
    s.keys = coarse.keys;
    s.coarse_dis = coarse.distances;
    status = status ? status : faiss_ivf_new_scanner (&s, &scanner);
    status = status ? status : handle_probes (&s, scanner, handler);
    faiss_InvertedListScanner_free (scanner);
    faiss_ivf_clear_coarse (&coarse);
    return status;
}
