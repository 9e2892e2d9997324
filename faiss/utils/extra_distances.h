/* Every metric by its definition: distances, nearest neighbours, distance computers. */
#ifndef FAISS_EXTRA_DISTANCES_H
#define FAISS_EXTRA_DISTANCES_H

#include <faiss/Index.h>

FAISS_BEGIN_DECLS

/* These take all metrics, METRIC_L2 and METRIC_INNER_PRODUCT too, which faiss/utils/distances.h
 * does faster. metric_arg is the p of METRIC_Lp and ignored by the others. */

/// The value of a metric for two vectors of d components. A function, for loops to keep.
typedef float (*FaissVectorDistance) (const float *x, const float *y, size_t d, float metric_arg);

/// The function of a metric, or an error for other numbers.
FaissStatus faiss_vector_distance (FaissVectorDistance *out, FaissMetricType metric);

/** All distances between nq and nb vectors: dis[i * ldd + j].
 *
 * ldq, ldb, ldd: distance between rows; -1 for compact matrices.
 */
FaissStatus faiss_pairwise_extra_distances (int64_t d, int64_t nq, const float *xq, int64_t nb,
                                            const float *xb, FaissMetricType metric,
                                            float metric_arg, float *dis, int64_t ldq, int64_t ldb,
                                            int64_t ldd);

/** The k nearest of ny vectors for each of nx queries, sorted.
 *
 * A vector whose distance is NaN is never a result.
 * @param vals  output, size nx * k
 * @param ids   output, size nx * k, -1 for missing results
 * @param sel   restricts the ids 0 .. ny - 1, or NULL
 */
FaissStatus faiss_knn_extra_metrics (const float *x, const float *y, size_t d, size_t nx, size_t ny,
                                     FaissMetricType metric, float metric_arg, size_t k,
                                     float *vals, idx_t *ids, const FaissIDSelector *sel);

/// All of ny vectors with distance < radius, or similarity > radius.
FaissStatus faiss_range_search_extra_metrics (const float *x, const float *y, size_t d, size_t nx,
                                              size_t ny, FaissMetricType metric, float metric_arg,
                                              float radius, FaissRangeSearchResult *result,
                                              const FaissIDSelector *sel);

/** A distance computer over nb vectors in an array.
 *
 * @param xb  size nb * d, borrowed
 */
FaissStatus faiss_get_extra_distance_computer (FaissFlatCodesDistanceComputer **out, size_t d,
                                               FaissMetricType metric, float metric_arg, size_t nb,
                                               const float *xb);

FAISS_END_DECLS

#endif
