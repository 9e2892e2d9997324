/* Metrics: what "near" means. */
#ifndef FAISS_METRIC_TYPE_H
#define FAISS_METRIC_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <faiss/impl/error.h>

FAISS_BEGIN_DECLS

/// An id of a vector, a position or a count.
typedef int64_t idx_t;

/** How two vectors are compared; the numbers are those of the file format.
 *
 * Where nothing else is said the value is a distance, smaller is nearer.
 */
typedef enum FaissMetricType {
    METRIC_INNER_PRODUCT = 0,  ///< sum of x * y; a similarity, larger is nearer
    METRIC_L2 = 1,             ///< sum of (x - y)^2, without a root
    METRIC_L1 = 2,             ///< sum of |x - y|
    METRIC_Linf = 3,           ///< max of |x - y|
    METRIC_Lp = 4,             ///< sum of |x - y|^p without a root, p = metric_arg
    METRIC_Canberra = 20,      ///< sum of |x - y| / (|x| + |y|)
    METRIC_BrayCurtis = 21,    ///< sum of |x - y| / sum of |x + y|
    METRIC_JensenShannon = 22, ///< half the divergences from the mean, of distributions
    METRIC_Jaccard = 23,       ///< sum of min (x, y) / sum of max (x, y); a similarity
    METRIC_NaNEuclidean = 24,  ///< L2 over the components present in both, scaled up to d
    METRIC_GOWER = 25,         ///< mean over dimensions of |x - y|, or of x != y where negative
} FaissMetricType;

/// Is a larger value nearer?
static inline bool faiss_is_similarity_metric (FaissMetricType metric) {
    return metric == METRIC_INNER_PRODUCT || metric == METRIC_Jaccard;
}

/// The metric of a number, or an error if there is none.
FaissStatus faiss_metric_type_from_int (FaissMetricType *out, int x);

/// "L2", "INNER_PRODUCT", ...: the name without METRIC_; "unknown" for other numbers.
const char *faiss_metric_type_name (FaissMetricType metric);

/// How the values of arrays handed over as void pointers are stored.
typedef enum FaissNumericType {
    Float32 = 0,
    Float16 = 1,
    UInt8 = 2,
    Int8 = 3,
} FaissNumericType;

FAISS_END_DECLS

#endif
