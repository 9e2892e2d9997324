/* The second step of searches by codes: the nearest ones by their vectors. */
#include <faiss/impl/hnsw_rerank.h>

#include <faiss/impl/check.h>
#include <faiss/utils/Heap.h>

FaissStatus faiss_rerank_open (FaissRerank *self, size_t capacity, bool has_selector) {
    self->capacity = capacity;
    FAISS_TRY (faiss_alloc (&self->ids, capacity, sizeof *self->ids));
    FAISS_TRY (faiss_alloc (&self->positions, capacity, sizeof *self->positions));
    FAISS_TRY (faiss_alloc (&self->keys, capacity, sizeof *self->keys));
    for (size_t j = 0; j < capacity; j++) {
        self->positions[j] = (uint32_t)j;
    }
    if (has_selector) {
        FAISS_TRY (faiss_alloc (&self->distances, capacity, sizeof *self->distances));
        FAISS_TRY (faiss_alloc (&self->labels, capacity, sizeof *self->labels));
    }
    return FAISS_OK;
}

void faiss_rerank_close (FaissRerank *self) {
    free (self->ids);
    free (self->positions);
    free (self->keys);
    free (self->distances);
    free (self->labels);
    *self = (FaissRerank){0};
}

void faiss_rerank_begin (FaissRerank *self, const FaissWalk *walk, const FaissWalkPlan *plan) {
    size_t most = plan->sel || walk->size > self->capacity ? self->capacity : walk->size;
    self->n = 0;
    for (size_t j = 0; j < most; j++) {
        if (!plan->sel) {
            self->ids[self->n++] = walk->ids[j] & ~FAISS_WALK_TAKEN;
        } else if (self->labels[j] >= 0) {
            self->ids[self->n++] = (uint32_t)self->labels[j];
        }
    }
    for (size_t j = 0; j < self->n; j++) {
        faiss_prefetch (faiss_flat_row (plan->v, self->ids[j]), plan->v->d * sizeof (float));
    }
}

void faiss_rerank_finish (FaissRerank *self, const FaissWalk *walk, const FaissWalkPlan *plan,
                          size_t k, float *distances, idx_t *labels) {
    bool is_similarity = plan->v->is_similarity;
    faiss_flat_keys (plan->v, walk->x, self->ids, self->positions, self->n, self->keys);
    faiss_heap_heapify (is_similarity, k, distances, labels);
    for (size_t j = 0; j < self->n; j++) {
        faiss_heap_offer (is_similarity, k, distances, labels,
                          is_similarity ? -self->keys[j] : self->keys[j], self->ids[j]);
    }
    faiss_heap_reorder (is_similarity, k, distances, labels);
}
