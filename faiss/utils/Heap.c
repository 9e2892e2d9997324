/* The k best of a stream of (distance, id) pairs. */
#include <faiss/utils/Heap.h>

#include <faiss/impl/check.h>

/* Distances and similarities differ in one comparison: it is a constant argument, so that the
 * inlined loops test nothing. */
#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

ALWAYS_INLINE bool is_worse (const bool is_similarity, float distance_a, idx_t id_a,
                             float distance_b, idx_t id_b) {
    if (is_similarity) {
        return distance_a < distance_b || (distance_a == distance_b && id_a < id_b);
    }
    return distance_a > distance_b || (distance_a == distance_b && id_a > id_b);
}

/* Let an entry sink from the root until both its children are better. */
ALWAYS_INLINE void sink (const bool is_similarity, size_t k, float *distances, idx_t *ids,
                         float distance, idx_t id) {
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= k) {
            break;
        }
        if (child + 1 < k && is_worse (is_similarity, distances[child + 1], ids[child + 1],
                                       distances[child], ids[child])) {
            child++;
        }
        if (!is_worse (is_similarity, distances[child], ids[child], distance, id)) {
            break;
        }
        distances[at] = distances[child];
        ids[at] = ids[child];
        at = child;
    }
    distances[at] = distance;
    ids[at] = id;
}

ALWAYS_INLINE void reorder (const bool is_similarity, size_t k, float *distances, idx_t *ids) {
    size_t n_found = 0;
    for (size_t size = k; size > 0; size--) {
        float distance = distances[0];
        idx_t id = ids[0];
        sink (is_similarity, size - 1, distances, ids, distances[size - 1], ids[size - 1]);
        /* found entries collect at the end, best last to be written = first in order */
        if (id >= 0) {
            n_found++;
            distances[k - n_found] = distance;
            ids[k - n_found] = id;
        }
    }
    for (size_t i = 0; i < n_found; i++) {
        distances[i] = distances[k - n_found + i];
        ids[i] = ids[k - n_found + i];
    }
    for (size_t i = n_found; i < k; i++) {
        distances[i] = is_similarity ? -FLT_MAX : FLT_MAX;
        ids[i] = -1;
    }
}

void faiss_heap_heapify (bool is_similarity, size_t k, float *distances, idx_t *ids) {
    for (size_t i = 0; i < k; i++) {
        distances[i] = is_similarity ? -FLT_MAX : FLT_MAX;
        ids[i] = -1;
    }
}

void faiss_heap_replace_top (bool is_similarity, size_t k, float *distances, idx_t *ids,
                             float distance, idx_t id) {
    if (is_similarity) {
        sink (true, k, distances, ids, distance, id);
    } else {
        sink (false, k, distances, ids, distance, id);
    }
}

void faiss_heap_reorder (bool is_similarity, size_t k, float *distances, idx_t *ids) {
    if (is_similarity) {
        reorder (true, k, distances, ids);
    } else {
        reorder (false, k, distances, ids);
    }
}

FaissStatus faiss_merge_knn_results (bool is_similarity, size_t n, size_t k, size_t n_shards,
                                     const float *all_distances, const idx_t *all_labels,
                                     float *distances, idx_t *labels) {
    FAISS_REQUIRE (n == 0 ||
                       (distances && labels && (n_shards == 0 || (all_distances && all_labels))),
                   "an array is NULL");
    FAISS_REQUIRE (k > 0, "expected k > 0, got 0");
    FAISS_AUTO_FREE (size_t) *next = NULL; /* per shard: its next result */
    FAISS_TRY (faiss_alloc (&next, n_shards, sizeof *next));
    for (size_t i = 0; i < n; i++) {
        for (size_t shard = 0; shard < n_shards; shard++) {
            next[shard] = 0;
        }
        for (size_t j = 0; j < k; j++) {
            size_t best = n_shards;
            float best_distance = 0;
            for (size_t shard = 0; shard < n_shards; shard++) {
                size_t at = (shard * n + i) * k + next[shard];
                if (next[shard] >= k || all_labels[at] < 0) {
                    continue;
                }
                /* equal distances: the lower shard, for similarities the higher one */
                float distance = all_distances[at];
                if (best == n_shards ||
                    (is_similarity ? distance >= best_distance : distance < best_distance)) {
                    best = shard;
                    best_distance = distance;
                }
            }
            if (best == n_shards) {
                distances[i * k + j] = is_similarity ? -FLT_MAX : FLT_MAX;
                labels[i * k + j] = -1;
            } else {
                distances[i * k + j] = best_distance;
                labels[i * k + j] = all_labels[(best * n + i) * k + next[best]];
                next[best]++;
            }
        }
    }
    return FAISS_OK;
}
