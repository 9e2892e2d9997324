/* Metrics by their names on the command line. */
#ifndef FAISS_CLI_METRIC_H
#define FAISS_CLI_METRIC_H

#include <stdbool.h>

#include <faiss/Index.h>

#include "vectors.h"

/// The library's metric, and whether vectors are divided by their norms first.
typedef struct Metric {
    const char *name; ///< "l2", "ip", "cosine", ...
    FaissMetricType type;
    bool cosine;
} Metric;

/// The metric of a name; usage error if there is none. NULL gives l2.
Metric metric_parse (const char *name);

/// The metric that a file of vectors asks for (HDF5 of ann-benchmarks), else l2.
Metric metric_of_vectors (const Vectors *vectors);

/// The metric of an index; cosine is recognised by the normalisation in front.
Metric metric_of (FaissIndex *index);

/// Is a larger value nearer?
bool metric_is_similarity (Metric metric);

#endif
