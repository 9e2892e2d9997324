/* The k best of a stream of (distance, id) pairs, kept in two parallel arrays.
 *
 * Order: nearer first; between equal distances the smaller id is better for distances and the
 * larger id for similarities, as upstream's max-heaps and min-heaps have it. A candidate enters
 * only if it is strictly nearer than the worst entry, so of equal ones the first offered stays.
 */
#ifndef FAISS_HEAP_H
#define FAISS_HEAP_H

#include <float.h>

#include <faiss/MetricType.h>

FAISS_BEGIN_DECLS

/// Fill with k missing results: id -1, distance FLT_MAX or -FLT_MAX for similarities.
void faiss_heap_heapify (bool is_similarity, size_t k, float *distances, idx_t *ids);

/// Replace the worst entry, distances[0].
void faiss_heap_replace_top (bool is_similarity, size_t k, float *distances, idx_t *ids,
                             float distance, idx_t id);

/// Sort the heap: best first, missing results last.
void faiss_heap_reorder (bool is_similarity, size_t k, float *distances, idx_t *ids);

/// Take a candidate if it is strictly nearer than the worst entry. NaN never is.
static inline void faiss_heap_offer (bool is_similarity, size_t k, float *distances, idx_t *ids,
                                     float distance, idx_t id) {
    if (is_similarity ? distance > distances[0] : distance < distances[0]) {
        faiss_heap_replace_top (is_similarity, k, distances, ids, distance, id);
    }
}

/** Take a candidate if it comes before the worst entry in the order of (distance, id).
 *
 * Unlike the results of faiss_heap_offer, those of these offers do not depend on their order.
 * Returns true if the heap changed.
 */
static inline bool faiss_heap_offer_unordered (bool is_similarity, size_t k, float *distances,
                                               idx_t *ids, float distance, idx_t id) {
    if (is_similarity ? distance > distances[0] : distance < distances[0]) {
        faiss_heap_replace_top (is_similarity, k, distances, ids, distance, id);
        return true;
    }
    if (distance == distances[0] && ids[0] >= 0 && (is_similarity ? id > ids[0] : id < ids[0])) {
        faiss_heap_replace_top (is_similarity, k, distances, ids, distance, id);
        return true;
    }
    return false;
}

/** Merge sorted results of several shards into the k best.
 *
 * @param all_distances  size n_shards * n * k; a shard's results of a query end at its first id -1
 * @param distances      output, size n * k
 */
FaissStatus faiss_merge_knn_results (bool is_similarity, size_t n, size_t k, size_t n_shards,
                                     const float *all_distances, const idx_t *all_labels,
                                     float *distances, idx_t *labels);

FAISS_END_DECLS

#endif
