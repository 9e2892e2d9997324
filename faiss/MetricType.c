/* Metrics: their names and numbers. */
#include <faiss/MetricType.h>

#include <faiss/impl/check.h>

const char *faiss_metric_type_name (FaissMetricType metric) {
    switch (metric) {
    case METRIC_INNER_PRODUCT:
        return "INNER_PRODUCT";
    case METRIC_L2:
        return "L2";
    case METRIC_L1:
        return "L1";
    case METRIC_Linf:
        return "Linf";
    case METRIC_Lp:
        return "Lp";
    case METRIC_Canberra:
        return "Canberra";
    case METRIC_BrayCurtis:
        return "BrayCurtis";
    case METRIC_JensenShannon:
        return "JensenShannon";
    case METRIC_Jaccard:
        return "Jaccard";
    case METRIC_NaNEuclidean:
        return "NaNEuclidean";
    case METRIC_GOWER:
        return "GOWER";
    }
    return "unknown";
}

FaissStatus faiss_metric_type_from_int (FaissMetricType *out, int x) {
    FAISS_REQUIRE_ARG (out);
    bool known = (x >= METRIC_INNER_PRODUCT && x <= METRIC_Lp) ||
                 (x >= METRIC_Canberra && x <= METRIC_GOWER);
    FAISS_REQUIRE (known, "metric type %d is none of 0-4, 20-25", x);
    *out = (FaissMetricType)x;
    return FAISS_OK;
}
