/* The k nearest of a long stream of candidates. */
#include <faiss/impl/nearest_collector.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>

FaissCollectorShape faiss_collector_shape (size_t k, bool is_similarity) {
    return (FaissCollectorShape){
        .k = k, .capacity = k <= 256 ? 4 * k + 96 : 2 * k + 608, .is_similarity = is_similarity};
}

void faiss_collector_init (FaissCollector *self, const FaissCollectorShape *shape, int32_t *keys,
                           idx_t *ids) {
    /* FLT_MAX itself stands for "missing" and is no candidate */
    float farthest = nextafterf (FLT_MAX, 0);
    *self = (FaissCollector){
        .keys = keys, .ids = ids, .size = 0, .bound = shape->is_similarity ? -farthest : farthest};
}

static float distance_of_key (bool is_similarity, int32_t key) {
    int32_t bits = key ^ ((key >> 31) & 0x7fffffff);
    float nearness;
    memcpy (&nearness, &bits, sizeof nearness);
    return is_similarity ? -nearness + 0.0f : nearness;
}

static size_t count_up_to (const int32_t *keys, size_t n, int32_t key) {
    uint32_t count = 0; /* 32 bits, as the keys: compilers make vectors of it */
    for (size_t i = 0; i < n; i++) {
        count += keys[i] <= key;
    }
    return count;
}

/* The least key that at least k keys are up to, by bisection between the extremes. */
static int32_t kth_key (const int32_t *keys, size_t n, size_t k, size_t *n_up_to) {
    int32_t low = keys[0], high = keys[0];
    for (size_t i = 1; i < n; i++) {
        low = keys[i] < low ? keys[i] : low;
        high = keys[i] > high ? keys[i] : high;
    }
    *n_up_to = n;
    while (low < high) {
        int32_t middle = (int32_t)(low + ((int64_t)high - low) / 2);
        size_t count = count_up_to (keys, n, middle);
        if (count >= k) {
            high = middle;
            *n_up_to = count;
            if (count == k) {
                break;
            }
        } else {
            low = middle + 1;
        }
    }
    return high;
}

static int compare_ids (const void *a, const void *b) {
    idx_t x = *(const idx_t *)a, y = *(const idx_t *)b;
    return x < y ? -1 : x > y;
}

/* More than k are as near as the k-th: of those at its distance the first ids stay (for
 * similarities the last). */
static void break_ties (FaissCollector *self, const FaissCollectorShape *shape, int32_t key) {
    size_t n_nearer = 0;
    for (size_t i = 0; i < self->size; i++) {
        int32_t this_key = self->keys[i];
        if (this_key < key) { /* to the front */
            idx_t id = self->ids[i];
            self->keys[i] = self->keys[n_nearer];
            self->ids[i] = self->ids[n_nearer];
            self->keys[n_nearer] = this_key;
            self->ids[n_nearer] = id;
            n_nearer++;
        }
    }
    idx_t *ties = self->ids + n_nearer;
    size_t n_ties = self->size - n_nearer, n_kept = shape->k - n_nearer;
    qsort (ties, n_ties, sizeof *ties, compare_ids);
    if (shape->is_similarity) {
        memmove (ties, ties + n_ties - n_kept, n_kept * sizeof *ties);
    }
}

void faiss_collector_shrink (FaissCollector *self, const FaissCollectorShape *shape) {
    if (self->size < shape->k) {
        return;
    }
    size_t n_up_to, n_kept = 0;
    int32_t key = kth_key (self->keys, self->size, shape->k, &n_up_to);
    int32_t farthest = self->keys[0];
    for (size_t i = 0; i < self->size; i++) {
        self->keys[n_kept] = self->keys[i];
        self->ids[n_kept] = self->ids[i];
        n_kept += self->keys[i] <= key;
    }
    self->size = n_kept;
    if (n_kept > shape->k) {
        break_ties (self, shape, key);
        self->size = shape->k;
    }
    for (size_t i = 0; i < self->size; i++) {
        farthest = i == 0 || self->keys[i] > farthest ? self->keys[i] : farthest;
    }
    self->bound = distance_of_key (shape->is_similarity, farthest);
    self->is_bounded = true;
}

void faiss_collector_merge (FaissCollector *self, FaissCollector *other,
                            const FaissCollectorShape *shape) {
    if (other->size > shape->k) {
        faiss_collector_shrink (other, shape);
    }
    for (size_t i = 0; i < other->size; i++) {
        faiss_collector_offer (self, shape, distance_of_key (shape->is_similarity, other->keys[i]),
                               other->ids[i]);
    }
}

/* ---- sorting --------------------------------------------------------------------------------- */

/* Merge sort of numbers; the result may be in `spare`. */
static uint64_t *sort_numbers (uint64_t *values, uint64_t *spare, size_t n) {
    enum { RUN = 8 };
    for (size_t begin = 0; begin < n; begin += RUN) {
        size_t end = begin + RUN < n ? begin + RUN : n;
        for (size_t i = begin + 1; i < end; i++) {
            uint64_t value = values[i];
            size_t at = i;
            for (; at > begin && values[at - 1] > value; at--) {
                values[at] = values[at - 1];
            }
            values[at] = value;
        }
    }
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t begin = 0; begin < n; begin += 2 * width) {
            size_t middle = begin + width < n ? begin + width : n;
            size_t end = begin + 2 * width < n ? begin + 2 * width : n;
            size_t a = begin, b = middle;
            for (size_t at = begin; at < end; at++) {
                bool take_a = b == end || (a < middle && values[a] <= values[b]);
                spare[at] = take_a ? values[a] : values[b];
                a += take_a;
                b += !take_a;
            }
        }
        uint64_t *swap = values;
        values = spare;
        spare = swap;
    }
    return values;
}

/* Entries of equal distance in the order of their ids. */
static void order_ties (bool is_similarity, size_t n, const float *distances, idx_t *labels) {
    for (size_t end, begin = 0; begin < n; begin = end) {
        for (end = begin + 1; end < n && distances[end] == distances[begin]; end++) {
        }
        if (end - begin > 1) {
            qsort (labels + begin, end - begin, sizeof *labels, compare_ids);
            for (size_t i = begin, j = end - 1; is_similarity && i < j; i++, j--) {
                idx_t label = labels[i];
                labels[i] = labels[j];
                labels[j] = label;
            }
        }
    }
}

void faiss_collector_finish (FaissCollector *self, const FaissCollectorShape *shape,
                             uint64_t *buffer, float *distances, idx_t *labels) {
    if (self->size > shape->k) {
        faiss_collector_shrink (self, shape);
    }
    size_t n = self->size;
    for (size_t i = 0; i < n; i++) {
        buffer[i] = (uint64_t)((uint32_t)self->keys[i] ^ 0x80000000u) << 32 | (uint32_t)i;
    }
    const uint64_t *sorted = sort_numbers (buffer, buffer + shape->k, n);
    for (size_t i = 0; i < n; i++) {
        size_t at = (uint32_t)sorted[i];
        distances[i] = distance_of_key (shape->is_similarity, self->keys[at]);
        labels[i] = self->ids[at];
    }
    order_ties (shape->is_similarity, n, distances, labels);
    for (size_t i = n; i < shape->k; i++) {
        distances[i] = shape->is_similarity ? -FLT_MAX : FLT_MAX;
        labels[i] = -1;
    }
}
