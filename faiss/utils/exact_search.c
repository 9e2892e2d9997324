/* Nearest neighbours and ranges among plain arrays, L2 and inner product. */
#include <faiss/utils/distances.h>

#include <faiss/impl/check.h>
#include <faiss/utils/extra_distances.h>

FaissStatus faiss_knn_L2sqr (const float *x, const float *y, size_t d, size_t nx, size_t ny,
                             size_t k, float *vals, idx_t *ids, const float *y_norms,
                             const FaissIDSelector *sel) {
    (void)y_norms;
    return faiss_knn_extra_metrics (x, y, d, nx, ny, METRIC_L2, 0, k, vals, ids, sel);
}

FaissStatus faiss_knn_inner_product (const float *x, const float *y, size_t d, size_t nx, size_t ny,
                                     size_t k, float *vals, idx_t *ids,
                                     const FaissIDSelector *sel) {
    return faiss_knn_extra_metrics (x, y, d, nx, ny, METRIC_INNER_PRODUCT, 0, k, vals, ids, sel);
}

FaissStatus faiss_range_search_L2sqr (const float *x, const float *y, size_t d, size_t nx,
                                      size_t ny, float radius, FaissRangeSearchResult *result,
                                      const FaissIDSelector *sel) {
    return faiss_range_search_extra_metrics (x, y, d, nx, ny, METRIC_L2, 0, radius, result, sel);
}

FaissStatus faiss_range_search_inner_product (const float *x, const float *y, size_t d, size_t nx,
                                              size_t ny, float radius,
                                              FaissRangeSearchResult *result,
                                              const FaissIDSelector *sel) {
    return faiss_range_search_extra_metrics (x, y, d, nx, ny, METRIC_INNER_PRODUCT, 0, radius,
                                             result, sel);
}
