/* A hash table from ids to ids. */
#include <faiss/utils/id_map.h>

#include <string.h>

#include <faiss/impl/check.h>

/* Ids are often consecutive: mix all bits down to the low ones. */
static size_t home_slot (const FaissIdMap *self, int64_t key) {
    uint64_t h = (uint64_t)key * 0x9e3779b97f4a7c15u;
    return (size_t)(h >> 32 ^ h) & (self->n_slots - 1);
}

/* The slot of a key, or the free slot where it would go. Needs n_slots > size. */
static size_t find_slot (const FaissIdMap *self, int64_t key) {
    size_t slot = home_slot (self, key);
    while (self->used[slot] && self->keys[slot] != key) {
        slot = (slot + 1) & (self->n_slots - 1);
    }
    return slot;
}

static FaissStatus allocate (FaissIdMap *self, size_t n_slots) {
    FAISS_AUTO (IdMap) fresh = {.n_slots = n_slots};
    FAISS_TRY (faiss_alloc (&fresh.keys, n_slots, sizeof *fresh.keys));
    FAISS_TRY (faiss_alloc (&fresh.values, n_slots, sizeof *fresh.values));
    FAISS_TRY (faiss_alloc_zeroed (&fresh.used, n_slots, sizeof *fresh.used));
    faiss_IdMap_swap (self, &fresh);
    return FAISS_OK;
}

FaissStatus faiss_IdMap_reserve (FaissIdMap *self, size_t n) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (n <= SIZE_MAX / 64, "%zu keys are too many", n);
    if (n * 3 <= self->n_slots * 2) {
        return FAISS_OK;
    }
    size_t n_slots = 16;
    while (n * 3 > n_slots * 2) {
        n_slots *= 2;
    }
    FAISS_AUTO (IdMap) fresh = {0};
    FAISS_TRY (allocate (&fresh, n_slots));
    for (size_t i = 0; i < self->n_slots; i++) {
        if (self->used[i]) {
            size_t slot = find_slot (&fresh, self->keys[i]);
            fresh.used[slot] = 1;
            fresh.keys[slot] = self->keys[i];
            fresh.values[slot] = self->values[i];
        }
    }
    fresh.size = self->size;
    faiss_IdMap_swap (self, &fresh);
    return FAISS_OK;
}

FaissStatus faiss_IdMap_set (FaissIdMap *self, int64_t key, int64_t value) {
    FAISS_REQUIRE_ARG (self);
    size_t slot = self->size ? find_slot (self, key) : 0;
    if (self->size == 0 || !self->used[slot]) { /* a new key: it may need more slots */
        FAISS_TRY (faiss_IdMap_reserve (self, self->size + 1));
        slot = find_slot (self, key);
        self->size++;
    }
    self->used[slot] = 1;
    self->keys[slot] = key;
    self->values[slot] = value;
    return FAISS_OK;
}

bool faiss_IdMap_get (const FaissIdMap *self, int64_t key, int64_t *value) {
    if (!self) {
        return false;
    }
    if (self->size == 0) {
        return false;
    }
    size_t slot = find_slot (self, key);
    if (self->used[slot] && value) {
        *value = self->values[slot];
    }
    return self->used[slot];
}

bool faiss_IdMap_remove (FaissIdMap *self, int64_t key) {
    if (!self) {
        return false;
    }
    if (self->size == 0) {
        return false;
    }
    size_t mask = self->n_slots - 1;
    size_t hole = find_slot (self, key);
    if (!self->used[hole]) {
        return false;
    }
    /* close the gap: move back each follower whose home is not between the hole and itself */
    for (size_t next = (hole + 1) & mask; self->used[next]; next = (next + 1) & mask) {
        size_t home = home_slot (self, self->keys[next]);
        if (((next - home) & mask) >= ((next - hole) & mask)) {
            self->keys[hole] = self->keys[next];
            self->values[hole] = self->values[next];
            hole = next;
        }
    }
    self->used[hole] = 0;
    self->size--;
    return true;
}

FaissStatus faiss_IdMap_copy (FaissIdMap *self, const FaissIdMap *other) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (other);
    if (other->n_slots == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (allocate (self, other->n_slots));
    memcpy (self->keys, other->keys, other->n_slots * sizeof *self->keys);
    memcpy (self->values, other->values, other->n_slots * sizeof *self->values);
    memcpy (self->used, other->used, other->n_slots);
    self->size = other->size;
    return FAISS_OK;
}

void faiss_IdMap_swap (FaissIdMap *self, FaissIdMap *other) {
    if (!self || !other) {
        return;
    }
    FaissIdMap mine = *self;
    *self = *other;
    *other = mine;
}

void faiss_IdMap_clear (FaissIdMap *self) {
    if (!self) {
        return;
    }
    free (self->keys);
    free (self->values);
    free (self->used);
    *self = (FaissIdMap){0};
}
