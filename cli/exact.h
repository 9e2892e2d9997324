/* Exact nearest neighbours by comparing with every vector. */
#ifndef FAISS_CLI_EXACT_H
#define FAISS_CLI_EXACT_H

#include <stdint.h>

#include "metric.h"
#include "vectors.h"

/** The k nearest vectors of a file for each of n queries; the file is read block by block.
 *
 * @param queries    size n * base->d; for cosine they are normalised here
 * @param distances  output, size n * k
 * @param labels     output, size n * k; -1 where the file holds fewer than k
 * @return           the seconds that the searches took, without the reading
 */
double exact_search (Vectors *base, const float *queries, int64_t n, int64_t k, Metric metric,
                     float *distances, int64_t *labels);

#endif
