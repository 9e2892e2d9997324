/* Searches with a pool of candidates (pool_search.h) for the members of a selector only.
 * Not for public headers. */
#ifndef FAISS_POOL_FILTER_H
#define FAISS_POOL_FILTER_H

#include <faiss/impl/pool_search.h>

/// What a search of an index uses: the caller's parameters, or those of the index.
typedef struct FaissPoolSettings {
    int search_L;
    int filter;                 ///< FaissHNSWFilter
    const FaissIDSelector *sel; ///< or NULL
} FaissPoolSettings;

/** The settings of a search.
 *
 * @param function  the caller's __func__
 * @param params    SearchParametersNSG, or others of which only the selector counts; may be NULL
 * @param search_L  of the index
 */
FaissStatus faiss_pool_settings (const char *function, const FaissSearchParameters *params,
                                 int search_L, FaissPoolSettings *out);

/** The k nearest of n queries, members of the selector if there is one.
 *
 * @param labels  output, -1 where there are fewer
 */
FaissStatus faiss_pool_search_index (const FaissPoolPlan *plan, const FaissIndex *storage,
                                     const FaissPoolSettings *settings, size_t n, const float *x,
                                     size_t k, float *distances, idx_t *labels);

#endif
