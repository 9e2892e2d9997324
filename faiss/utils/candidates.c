/* The k best of a stream of values. */
#include <faiss/utils/candidates.h>

#include <float.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

/* ---- keys: floats as unsigned integers of the same order ------------------------------------- */

ALWAYS_INLINE uint64_t key_of (bool is_similarity, float value, uint32_t id) {
    uint32_t bits;
    value += 0.f; /* -0 becomes 0 */
    memcpy (&bits, &value, sizeof bits);
    bits ^= (bits & 0x80000000u) ? 0xffffffffu : 0x80000000u;
    return (uint64_t)(is_similarity ? ~bits : bits) << 32 | id;
}

ALWAYS_INLINE float value_of (bool is_similarity, uint64_t key) {
    uint32_t bits = (uint32_t)(key >> 32);
    bits = is_similarity ? ~bits : bits;
    bits ^= (bits & 0x80000000u) ? 0x80000000u : 0xffffffffu;
    float value;
    memcpy (&value, &bits, sizeof value);
    return value;
}

/* ---- selection and sorting ------------------------------------------------------------------- */

static void insertion_sort (uint64_t *keys, size_t n) {
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1] > key; j--) {
            keys[j] = keys[j - 1];
        }
        keys[j] = key;
    }
}

ALWAYS_INLINE uint64_t median (uint64_t a, uint64_t b, uint64_t c) {
    uint64_t low = a < b ? a : b, high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

/* Keys below the pivot first; returns how many. Keys are distinct, so both sides are shorter. */
static size_t partition (uint64_t *keys, size_t n) {
    uint64_t pivot = median (keys[0], keys[n / 2], keys[n - 1]);
    size_t n_below = 0;
    for (size_t i = 0; i < n; i++) { /* no branch to mispredict */
        uint64_t key = keys[i];
        keys[i] = keys[n_below];
        keys[n_below] = key;
        n_below += key < pivot;
    }
    return n_below;
}

/* The k smallest to the front. */
static void select_smallest (uint64_t *keys, size_t n, size_t k) {
    while (n > 16) {
        size_t n_below = partition (keys, n);
        if (n_below == 0 || n_below == n) {
            break; /* equal keys: not from this library */
        }
        if (k <= n_below) {
            n = n_below;
        } else {
            keys += n_below;
            n -= n_below;
            k -= n_below;
        }
    }
    insertion_sort (keys, n);
}

static void sort (uint64_t *keys, size_t n) {
    while (n > 24) {
        size_t n_below = partition (keys, n);
        if (n_below == 0 || n_below == n) {
            break;
        }
        if (n_below < n - n_below) { /* recurse into the smaller side: logarithmic depth */
            sort (keys, n_below);
            keys += n_below;
            n -= n_below;
        } else {
            sort (keys + n_below, n - n_below);
            n = n_below;
        }
    }
    insertion_sort (keys, n);
}

/* Keep the k best and raise the bar. */
static void shrink (FaissCandidates *self, bool is_similarity, size_t k) {
    if (self->size < k) {
        return;
    }
    select_smallest (self->keys, self->size, k);
    uint64_t worst = 0;
    for (size_t i = 0; i < k; i++) {
        worst = self->keys[i] > worst ? self->keys[i] : worst;
    }
    self->size = k;
    self->threshold = value_of (is_similarity, worst);
}

/* ---- candidates ------------------------------------------------------------------------------ */

void faiss_candidates_init (FaissCandidates *self, bool is_similarity, uint64_t *keys) {
    self->keys = keys;
    self->size = 0;
    self->threshold = is_similarity ? -FLT_MAX : FLT_MAX;
}

ALWAYS_INLINE void add (FaissCandidates *self, const bool is_similarity, size_t k, size_t n,
                        const float *vals, const uint32_t *places, uint32_t first,
                        const uint32_t *ids) {
    const size_t capacity = faiss_candidates_capacity (k);
    for (size_t i = 0; i < n; i++) {
        float value = vals[i];
        if (is_similarity ? value > self->threshold : value < self->threshold) {
            uint32_t id = ids ? ids[places[i]] : first + places[i];
            self->keys[self->size++] = key_of (is_similarity, value, id);
            if (self->size == capacity) {
                shrink (self, is_similarity, k);
            }
        }
    }
    /* a bar a little too low costs less than a selection for each candidate */
    if (self->size >= k + k / 4 + 8) {
        shrink (self, is_similarity, k);
    }
}

void faiss_candidates_add (FaissCandidates *self, bool is_similarity, size_t k, size_t n,
                           const float *vals, const uint32_t *places, uint32_t first,
                           const uint32_t *ids) {
    if (is_similarity) {
        add (self, true, k, n, vals, places, first, ids);
    } else {
        add (self, false, k, n, vals, places, first, ids);
    }
}

void faiss_candidates_merge (FaissCandidates *self, bool is_similarity, size_t k,
                             const FaissCandidates *other) {
    for (size_t i = 0; i < other->size; i++) {
        self->keys[self->size++] = other->keys[i]; /* equal values may win by their ids: no test */
        if (self->size == faiss_candidates_capacity (k)) {
            shrink (self, is_similarity, k);
        }
    }
}

void faiss_candidates_finish (FaissCandidates *self, bool is_similarity, size_t k, float *vals,
                              idx_t *ids) {
    if (self->size > k) {
        shrink (self, is_similarity, k);
    }
    sort (self->keys, self->size);
    for (size_t i = 0; i < self->size; i++) {
        vals[i] = value_of (is_similarity, self->keys[i]);
        ids[i] = (idx_t)(uint32_t)self->keys[i];
    }
    for (size_t i = self->size; i < k; i++) {
        vals[i] = is_similarity ? -FLT_MAX : FLT_MAX;
        ids[i] = -1;
    }
    for (size_t i = 0; is_similarity && i < self->size;) { /* ties by decreasing id */
        size_t end = i + 1;
        while (end < self->size && vals[end] == vals[i]) {
            end++;
        }
        for (size_t a = i, b = end - 1; a < b; a++, b--) {
            idx_t id = ids[a];
            ids[a] = ids[b];
            ids[b] = id;
        }
        i = end;
    }
}
