/* Marks on numbered things. */
#include <faiss/impl/VisitedTable.h>

#include <stdlib.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/prefetch.h>
#include <faiss/impl/visited_bits.h>

enum { LAST_ROUND = 254, FIRST_SLOTS = 64 };

static FaissVisitedTableVector *as_vector (const FaissVisitedTable *self) {
    return (FaissVisitedTableVector *)(void *)(uintptr_t)self;
}

static FaissVisitedTableSet *as_set (const FaissVisitedTable *self) {
    return (FaissVisitedTableSet *)(void *)(uintptr_t)self;
}

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_VisitedTableVector_new (FaissVisitedTableVector **out, size_t size) {
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO_FREE (FaissVisitedTableVector) *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FAISS_TRY (faiss_UInt8Vector_resize (&self->visited, size));
    self->visno = 1;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_VisitedTableSet_new (FaissVisitedTableSet **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO_FREE (FaissVisitedTableSet) *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    self->table.is_set = true;
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_VisitedTable_get_reusable (FaissVisitedTable **out, size_t size,
                                             int use_hashset) {
    FAISS_REQUIRE_ARG (out);
    if (use_hashset == 1) {
        FaissVisitedTableSet *set = NULL;
        FAISS_TRY (faiss_VisitedTableSet_new (&set));
        *out = &set->table;
    } else {
        FaissVisitedTableVector *vector = NULL;
        FAISS_TRY (faiss_VisitedTableVector_new (&vector, size));
        *out = &vector->table;
    }
    return FAISS_OK;
}

void faiss_VisitedTable_free (FaissVisitedTable *self) {
    if (self && self->is_set) {
        free (as_set (self)->slots);
    } else if (self) {
        faiss_UInt8Vector_clear (&as_vector (self)->visited);
    }
    free (self);
}

/* ---- a set ----------------------------------------------------------------------------------- */

/* The slot of a number, or the empty one where it would be. */
static size_t slot_of (const FaissVisitedTableSet *self, size_t no) {
    uint64_t hash = (uint64_t)no * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(hash ^ hash >> 32) & (self->n_slots - 1);
    while (self->slots[at] != 0 && self->slots[at] != (uint64_t)no + 1) {
        at = (at + 1) & (self->n_slots - 1);
    }
    return at;
}

/* At most half of the slots are in use. */
static FaissStatus reserve_slots (FaissVisitedTableSet *self, size_t n) {
    FaissVisitedTableSet larger = {.n_slots = FIRST_SLOTS};
    FAISS_REQUIRE (n <= SIZE_MAX / 64, "expected n <= %zu, got %zu", (size_t)SIZE_MAX / 64, n);
    while (larger.n_slots < 2 * n) {
        larger.n_slots *= 2;
    }
    if (larger.n_slots <= self->n_slots) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_alloc_zeroed (&larger.slots, larger.n_slots, sizeof *larger.slots));
    for (size_t i = 0; i < self->n_slots; i++) {
        if (self->slots[i] != 0) {
            larger.slots[slot_of (&larger, (size_t)(self->slots[i] - 1))] = self->slots[i];
        }
    }
    free (self->slots);
    self->slots = larger.slots;
    self->n_slots = larger.n_slots;
    return FAISS_OK;
}

static FaissStatus set_in_set (FaissVisitedTableSet *self, size_t no, int *out) {
    FAISS_REQUIRE (no < SIZE_MAX, "expected a number below %zu", (size_t)SIZE_MAX);
    FAISS_TRY (reserve_slots (self, self->size + 1));
    uint64_t *slot = &self->slots[slot_of (self, no)];
    *out = *slot == 0;
    self->size += *slot == 0;
    *slot = (uint64_t)no + 1;
    return FAISS_OK;
}

/* ---- both ------------------------------------------------------------------------------------ */

FaissStatus faiss_VisitedTable_set (FaissVisitedTable *self, size_t no, int *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    if (self->is_set) {
        return set_in_set (as_set (self), no, out);
    }
    FaissVisitedTableVector *vector = as_vector (self);
    FAISS_REQUIRE (no < vector->visited.size, "expected a number below %zu, got %zu",
                   vector->visited.size, no);
    *out = vector->visited.data[no] != vector->visno;
    vector->visited.data[no] = vector->visno;
    return FAISS_OK;
}

int faiss_VisitedTable_get (const FaissVisitedTable *self, size_t no) {
    if (!self) {
        return 0;
    }
    if (self->is_set) {
        const FaissVisitedTableSet *set = as_set (self);
        return set->n_slots > 0 && no < SIZE_MAX && set->slots[slot_of (set, no)] != 0;
    }
    const FaissVisitedTableVector *vector = as_vector (self);
    return no < vector->visited.size && vector->visited.data[no] == vector->visno;
}

void faiss_VisitedTable_prefetch (const FaissVisitedTable *self, size_t no) {
    if (self && !self->is_set && no < as_vector (self)->visited.size) {
        faiss_prefetch (as_vector (self)->visited.data + no, 1);
    }
}

FaissStatus faiss_VisitedTable_reserve (FaissVisitedTable *self, size_t n) {
    FAISS_REQUIRE_ARG (self);
    return self->is_set ? reserve_slots (as_set (self), n) : FAISS_OK;
}

void faiss_VisitedTable_advance (FaissVisitedTable *self) {
    if (self && self->is_set) {
        FaissVisitedTableSet *set = as_set (self);
        if (set->size > 0) {
            memset (set->slots, 0, set->n_slots * sizeof *set->slots);
        }
        set->size = 0;
    } else if (self) {
        FaissVisitedTableVector *vector = as_vector (self);
        if (vector->visno < LAST_ROUND) {
            vector->visno++;
            return;
        }
        if (vector->visited.size > 0) {
            memset (vector->visited.data, 0, vector->visited.size);
        }
        vector->visno = 1;
    }
}

FaissStatus faiss_VisitedTableVector_ensure_size (FaissVisitedTableVector *self, size_t size) {
    FAISS_REQUIRE_ARG (self);
    return size > self->visited.size ? faiss_UInt8Vector_resize (&self->visited, size) : FAISS_OK;
}

/* ---- as bits --------------------------------------------------------------------------------- */

FaissStatus faiss_visited_open (FaissVisited *self, const FaissVisitedTable *table, size_t n) {
    FAISS_TRY (faiss_visited_init (self, n));
    for (size_t i = 0; i < n; i++) {
        if (faiss_VisitedTable_get (table, i)) {
            faiss_visited_set (self, (int32_t)i);
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_visited_tell (const FaissVisited *self, FaissVisitedTable *table, size_t n) {
    int is_new = 0;
    if (!table->is_set) {
        FAISS_TRY (faiss_VisitedTableVector_ensure_size (as_vector (table), n));
    }
    for (size_t i = 0; i < n; i++) {
        if (faiss_visited_get (self, (int32_t)i)) {
            FAISS_TRY (faiss_VisitedTable_set (table, i, &is_new));
        }
    }
    return FAISS_OK;
}
