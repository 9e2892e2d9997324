/* The candidates of a search in a graph, as upstream keeps them. Not for public headers. */
#ifndef FAISS_HNSW_CANDIDATES_H
#define FAISS_HNSW_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FAISS_CANDIDATE_TAKEN = -1
}; /* id of a candidate that was followed; its distance still counts */

/** A heap of the nearest nodes, the farthest one on top. Equal distances are ordered as upstream
 * has it: that is visible in results. */
typedef struct FaissCandidates {
    float *keys;
    int32_t *ids;
    size_t size, capacity;
    size_t n_open; /* not taken */
    bool is_similarity;
} FaissCandidates;

static inline bool faiss_candidate_is_worse (const FaissCandidates *c, float key_a, int32_t id_a,
                                             float key_b, int32_t id_b) {
    return key_a > key_b || (key_a == key_b && (c->is_similarity ? id_a < id_b : id_a > id_b));
}

static inline void faiss_candidates_drop (FaissCandidates *c) {
    c->n_open -= c->ids[0] != FAISS_CANDIDATE_TAKEN;
    size_t size = --c->size, at = 0;
    float key = c->keys[size];
    int32_t id = c->ids[size];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= size) {
            break;
        }
        if (child + 1 < size && !faiss_candidate_is_worse (c, c->keys[child], c->ids[child],
                                                           c->keys[child + 1], c->ids[child + 1])) {
            child++;
        }
        if (faiss_candidate_is_worse (c, key, id, c->keys[child], c->ids[child])) {
            break;
        }
        c->keys[at] = c->keys[child];
        c->ids[at] = c->ids[child];
        at = child;
    }
    c->keys[at] = key;
    c->ids[at] = id;
}

static inline void faiss_candidates_add (FaissCandidates *c, float key, int32_t id) {
    if (c->size == c->capacity) {
        if (!(key < c->keys[0])) {
            return;
        }
        faiss_candidates_drop (c);
    }
    size_t at = c->size++;
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (!faiss_candidate_is_worse (c, key, id, c->keys[parent], c->ids[parent])) {
            break;
        }
        c->keys[at] = c->keys[parent];
        c->ids[at] = c->ids[parent];
        at = parent;
    }
    c->keys[at] = key;
    c->ids[at] = id;
    c->n_open++;
}

/* The nearest one that is not taken, of several the last; -1 if there is none (all are NaN). */
static inline int32_t faiss_candidates_take (FaissCandidates *c, float *key) {
    size_t best = c->size;
    for (size_t i = 0; i < c->size; i++) {
        if (c->ids[i] != FAISS_CANDIDATE_TAKEN &&
            (best == c->size || c->keys[i] <= c->keys[best])) {
            best = i;
        }
    }
    if (best == c->size) {
        return -1;
    }
    int32_t id = c->ids[best];
    *key = c->keys[best];
    c->ids[best] = FAISS_CANDIDATE_TAKEN;
    c->n_open--;
    return id;
}

/* The same for a given one, if it is there. Near ones are far behind in a heap. */
static inline void faiss_candidates_take_id (FaissCandidates *c, int32_t id) {
    enum { AT_ONCE = 32 };
    size_t end = c->size;
    for (; end >= AT_ONCE; end -= AT_ONCE) {
        uint32_t found = 0; /* the highest bit: one of them is it */
        for (size_t t = 1; t <= AT_ONCE; t++) {
            uint32_t x = (uint32_t)(c->ids[end - t] ^ id);
            found |= (x - 1) & ~x;
        }
        if (found >> 31) {
            break;
        }
    }
    while (end-- > 0) {
        if (c->ids[end] == id) {
            c->ids[end] = FAISS_CANDIDATE_TAKEN;
            c->n_open--;
            return;
        }
    }
}

static inline size_t faiss_candidates_nearer (const FaissCandidates *c, float key) {
    size_t n = 0;
    for (size_t i = 0; i < c->size; i++) {
        n += c->keys[i] < key;
    }
    return n;
}

#endif
