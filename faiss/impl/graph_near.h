/* The nearest nodes that a walk has met, in order, and which of them it has followed.
 * Not for public headers. */
#ifndef FAISS_GRAPH_NEAR_H
#define FAISS_GRAPH_NEAR_H

#include <faiss/impl/hnsw_internal.h>

#define FAISS_NEAR_TAKEN 0x80000000u /* set in the id of a node that was followed */

/// At most `capacity` nodes, nearest first.
typedef struct FaissGraphNear {
    FaissGraphNode *nodes; ///< size capacity, > 0
    size_t size, capacity;
    size_t next; ///< all before are taken
} FaissGraphNear;

static inline int32_t faiss_graph_near_id (const FaissGraphNear *self, size_t i) {
    return (int32_t)((uint32_t)self->nodes[i].id & ~FAISS_NEAR_TAKEN);
}

/// A node that was met for the first time; of equal ones the first is nearer. NaN is no distance.
static inline void faiss_graph_near_put (FaissGraphNear *self, float key, int32_t id) {
    if (key != key || (self->size == self->capacity && !(key < self->nodes[self->size - 1].key))) {
        return;
    }
    self->size -= self->size == self->capacity;
    size_t at = self->size++;
    for (; at > 0 && self->nodes[at - 1].key > key; at--) {
        self->nodes[at] = self->nodes[at - 1];
    }
    self->nodes[at] = (FaissGraphNode){key, id};
    self->next = at < self->next ? at : self->next;
}

/// The nearest one that is not taken yet; false if there is none.
static inline bool faiss_graph_near_take (FaissGraphNear *self, int32_t *id) {
    while (self->next < self->size && (uint32_t)self->nodes[self->next].id & FAISS_NEAR_TAKEN) {
        self->next++;
    }
    if (self->next == self->size) {
        return false;
    }
    *id = self->nodes[self->next].id;
    self->nodes[self->next++].id = (int32_t)((uint32_t)*id | FAISS_NEAR_TAKEN);
    return true;
}

#endif
