/* Metrics by their names on the command line. */
#include "metric.h"

#include <string.h>
#include <strings.h>

#include <faiss/IndexPreTransform.h>

#include "message.h"

static const Metric metrics[] = {
    {"l2", METRIC_L2, false},
    {"ip", METRIC_INNER_PRODUCT, false},
    {"cosine", METRIC_INNER_PRODUCT, true},
    {"l1", METRIC_L1, false},
    {"linf", METRIC_Linf, false},
    {"canberra", METRIC_Canberra, false},
    {"braycurtis", METRIC_BrayCurtis, false},
    {"jensenshannon", METRIC_JensenShannon, false},
    {"jaccard", METRIC_Jaccard, false},
};

enum { N_METRICS = sizeof metrics / sizeof metrics[0] };

Metric metric_parse (const char *name) {
    if (!name) {
        return metrics[0];
    }
    for (int i = 0; i < N_METRICS; i++) {
        if (!strcasecmp (name, metrics[i].name)) {
            return metrics[i];
        }
    }
    fail_usage ("unknown metric '%s'; there are l2, ip and cosine (and l1, linf, canberra, "
                "braycurtis, jensenshannon, jaccard)",
                name);
}

Metric metric_of_vectors (const Vectors *vectors) {
    char distance[64] = "";
    if (vectors->hdf5) {
        hdf5_distance (vectors->hdf5, distance, sizeof distance);
    }
    return !strcmp (distance, "angular")                           ? metrics[2]
           : !strcmp (distance, "dot") || !strcmp (distance, "ip") ? metrics[1]
                                                                   : metrics[0];
}

Metric metric_of (FaissIndex *index) {
    FaissMetricType type = faiss_Index_metric_type (index);
    FaissIndexPreTransform *outer = faiss_IndexPreTransform_cast (index);
    if (outer && type == METRIC_INNER_PRODUCT) {
        for (size_t i = 0; i < outer->chain.size; i++) {
            const char *name = faiss_object_class (outer->chain.data[i])->name;
            if (!strcmp (name, "NormalizationTransform")) {
                return metrics[2];
            }
        }
    }
    for (int i = 0; i < N_METRICS; i++) {
        if (metrics[i].type == type) {
            return metrics[i];
        }
    }
    return (Metric){faiss_metric_type_name (type), type, false};
}

bool metric_is_similarity (Metric metric) {
    return faiss_is_similarity_metric (metric.type);
}
