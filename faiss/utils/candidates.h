/* The k best of a stream of values, for exhaustive search. Not for public headers.
 *
 * Value and id are one 64-bit key, smaller is better, equal values by increasing id: a total order,
 * so that the k best do not depend on the order or the grouping in which candidates arrive.
 */
#ifndef FAISS_CANDIDATES_H
#define FAISS_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <faiss/MetricType.h>

typedef struct FaissCandidates {
    uint64_t *keys; ///< size capacity, borrowed
    size_t size;
    float threshold; ///< what is not better than this is not among the k best
} FaissCandidates;

/// How many keys the candidates for k results need.
static inline size_t faiss_candidates_capacity (size_t k) {
    return k + k / 2 + 32;
}

/// Empty: everything better than +-FLT_MAX is welcome.
void faiss_candidates_init (FaissCandidates *self, bool is_similarity, uint64_t *keys);

/** Add n candidates; values not better than the threshold are dropped.
 *
 * @param places  the id of candidate i is first + places[i], or ids[places[i]] if ids is not NULL
 */
void faiss_candidates_add (FaissCandidates *self, bool is_similarity, size_t k, size_t n,
                           const float *vals, const uint32_t *places, uint32_t first,
                           const uint32_t *ids);

/// Add the candidates of another set.
void faiss_candidates_merge (FaissCandidates *self, bool is_similarity, size_t k,
                             const FaissCandidates *other);

/** The results: best first, equal distances by increasing and similarities by decreasing id.
 *
 * Missing ones are -1 with +-FLT_MAX. The candidates are used up.
 */
void faiss_candidates_finish (FaissCandidates *self, bool is_similarity, size_t k, float *vals,
                              idx_t *ids);

#endif
