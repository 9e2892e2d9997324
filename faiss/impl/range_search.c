/* Range searches in parallel. */
#include <faiss/impl/range_search.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>

static FaissStatus search_share (FaissRangeSearchPartialResult **partial,
                                 FaissRangeSearchResult *result, size_t begin, size_t end,
                                 FaissRangeSearchShare search, void *context,
                                 const FaissRegion *region) {
    FAISS_TRY (faiss_RangeSearchPartialResult_new (partial, result));
    faiss_region_watch (region);
    FaissStatus status = search (context, begin, end, *partial);
    faiss_region_watch (NULL);
    return status;
}

static FaissStatus search_shares (FaissRangeSearchPartialResult **partials, size_t n_threads,
                                  FaissRangeSearchResult *result, size_t n,
                                  FaissRangeSearchShare search, void *context) {
    FaissRegion region = {0};
#pragma omp parallel for num_threads(n_threads) schedule(static)
    for (size_t t = 0; t < n_threads; t++) {
        size_t begin = n * t / n_threads, end = n * (t + 1) / n_threads;
        faiss_region_note (
            &region, search_share (&partials[t], result, begin, end, search, context, &region));
    }
    FAISS_TRY (faiss_region_close (&region));
    return faiss_RangeSearchPartialResult_merge (partials, n_threads);
}

FaissStatus faiss_range_search_in_shares (FaissRangeSearchResult *result, size_t n,
                                          FaissRangeSearchShare search, void *context) {
    size_t n_threads = (size_t)faiss_threads_for ((int64_t)n);
    FAISS_AUTO_FREE (FaissRangeSearchPartialResult *) *partials = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&partials, n_threads, sizeof *partials));
    FaissStatus status = search_shares (partials, n_threads, result, n, search, context);
    for (size_t t = 0; t < n_threads; t++) {
        faiss_RangeSearchPartialResult_free (partials[t]);
    }
    return status;
}
