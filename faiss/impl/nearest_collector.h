/* The k nearest of a long stream of candidates, cheaper than a heap. Not for public headers.
 *
 * Candidates within the bound are appended; when the room is used up the k nearest stay, and the
 * bound becomes the farthest of them. Distances are kept as integers in the order of nearness, so
 * that the k-th is found by counting, not by moving. The result is that of
 * faiss_heap_offer_unordered: it does not depend on the order of the stream.
 */
#ifndef FAISS_NEAREST_COLLECTOR_H
#define FAISS_NEAREST_COLLECTOR_H

#include <string.h>

#include <faiss/MetricType.h>

/// What the collectors of one search share.
typedef struct FaissCollectorShape {
    size_t k;
    size_t capacity; ///< candidates, > k
    bool is_similarity;
} FaissCollectorShape;

/// The collector of one query. The arrays are the caller's, of the shape's capacity.
typedef struct FaissCollector {
    int32_t *keys; ///< ascending nearness
    idx_t *ids;
    size_t size;
    float bound;     ///< a candidate must be <= it (distances) or >= it (similarities)
    bool is_bounded; ///< k candidates made the bound
} FaissCollector;

/// A shape with enough room that a shrink is seldom.
FaissCollectorShape faiss_collector_shape (size_t k, bool is_similarity);

void faiss_collector_init (FaissCollector *self, const FaissCollectorShape *shape, int32_t *keys,
                           idx_t *ids);

/// Keep the k nearest and set the bound.
void faiss_collector_shrink (FaissCollector *self, const FaissCollectorShape *shape);

/// Take the candidates of another collector, which keeps its k nearest.
void faiss_collector_merge (FaissCollector *self, FaissCollector *other,
                            const FaissCollectorShape *shape);

/** Write the k nearest, sorted, missing ones last.
 *
 * @param buffer  scratch, size 2 * k
 */
void faiss_collector_finish (FaissCollector *self, const FaissCollectorShape *shape,
                             uint64_t *buffer, float *distances, idx_t *labels);

/// An integer that orders as the distances do, -0 as 0; for similarities reversed.
static inline int32_t faiss_nearness_key (bool is_similarity, float distance) {
    float nearness = (is_similarity ? -distance : distance) + 0.0f;
    int32_t bits;
    memcpy (&bits, &nearness, sizeof bits);
    return bits ^ ((bits >> 31) & 0x7fffffff);
}

/// Take a candidate, which is not NaN, if it is within the bound.
static inline bool faiss_collector_offer (FaissCollector *self, const FaissCollectorShape *shape,
                                          float distance, idx_t id) {
    if (shape->is_similarity ? distance < self->bound : distance > self->bound) {
        return false; /* the bound has moved since the caller looked */
    }
    self->keys[self->size] = faiss_nearness_key (shape->is_similarity, distance);
    self->ids[self->size] = id;
    if (++self->size == shape->capacity) {
        faiss_collector_shrink (self, shape);
    }
    return true;
}

#endif
