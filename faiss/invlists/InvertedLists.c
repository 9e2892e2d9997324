/* Inverted lists: what does not depend on how they are stored. */
#include <faiss/invlists/InvertedLists.h>

#include <stdio.h>
#include <stdlib.h>

#include <faiss/impl/check.h>

/* ---- what classes inherit -------------------------------------------------------------------- */

#define NOT_IMPLEMENTED(self, method)                                                              \
    return faiss_fail (FAISS_EXCEPT, "Error in %s: " #method " is not implemented for this class", \
                       (self)->cls->head.name)

static size_t InvertedLists_list_size (const FaissInvertedLists *self, size_t list_no) {
    (void)self, (void)list_no;
    return 0;
}

static const uint8_t *InvertedLists_get_codes (const FaissInvertedLists *self, size_t list_no) {
    (void)self, (void)list_no;
    return NULL;
}

static const idx_t *InvertedLists_get_ids (const FaissInvertedLists *self, size_t list_no) {
    (void)self, (void)list_no;
    return NULL;
}

static void InvertedLists_release_codes (const FaissInvertedLists *self, size_t list_no,
                                         const uint8_t *codes) {
    (void)self, (void)list_no, (void)codes;
}

static void InvertedLists_release_ids (const FaissInvertedLists *self, size_t list_no,
                                       const idx_t *ids) {
    (void)self, (void)list_no, (void)ids;
}

static idx_t InvertedLists_get_single_id (const FaissInvertedLists *self, size_t list_no,
                                          size_t offset) {
    const idx_t *ids = self->cls->get_ids (self, list_no);
    idx_t id = ids[offset];
    self->cls->release_ids (self, list_no, ids);
    return id;
}

static const uint8_t *InvertedLists_get_single_code (const FaissInvertedLists *self, size_t list_no,
                                                     size_t offset) {
    static const uint8_t empty; /* codes of no bytes are codes all the same */
    return self->code_size == 0 ? &empty
                                : self->cls->get_codes (self, list_no) + offset * self->code_size;
}

static void InvertedLists_prefetch_lists (const FaissInvertedLists *self, const idx_t *list_nos,
                                          int nlist) {
    (void)self, (void)list_nos, (void)nlist;
}

static FaissStatus InvertedLists_add_entries (FaissInvertedLists *self, size_t list_no,
                                              size_t n_entry, const idx_t *ids,
                                              const uint8_t *codes, size_t *offset) {
    (void)list_no, (void)n_entry, (void)ids, (void)codes, (void)offset;
    NOT_IMPLEMENTED (self, add_entries);
}

static FaissStatus InvertedLists_update_entries (FaissInvertedLists *self, size_t list_no,
                                                 size_t offset, size_t n_entry, const idx_t *ids,
                                                 const uint8_t *codes) {
    (void)list_no, (void)offset, (void)n_entry, (void)ids, (void)codes;
    NOT_IMPLEMENTED (self, update_entries);
}

static FaissStatus InvertedLists_move_entry (FaissInvertedLists *self, size_t list_no, size_t to,
                                             size_t from) {
    idx_t id = self->cls->get_single_id (self, list_no, from);
    const uint8_t *code = self->cls->get_single_code (self, list_no, from);
    if (!code) {
        return FAISS_STD_EXCEPT;
    }
    FaissStatus status = self->cls->update_entries (self, list_no, to, 1, &id, code);
    self->cls->release_codes (self, list_no, code);
    return status;
}

static FaissStatus InvertedLists_resize (FaissInvertedLists *self, size_t list_no,
                                         size_t new_size) {
    (void)list_no, (void)new_size;
    NOT_IMPLEMENTED (self, resize);
}

static FaissStatus InvertedLists_reset (FaissInvertedLists *self) {
    for (size_t i = 0; i < self->nlist; i++) {
        FAISS_TRY (self->cls->resize (self, i, 0));
    }
    return FAISS_OK;
}

/* ---- iterators over arrays ------------------------------------------------------------------- */

typedef struct ArrayIterator {
    FaissInvertedListsIterator iterator;
    const FaissInvertedLists *lists;
    size_t list_no, size, at;
    const uint8_t *codes;
    const idx_t *ids;
} ArrayIterator;

static bool ArrayIterator_is_available (const FaissInvertedListsIterator *iterator) {
    const ArrayIterator *self = (const ArrayIterator *)(const void *)iterator;
    return self->at < self->size;
}

static FaissStatus ArrayIterator_get_id_and_codes (FaissInvertedListsIterator *iterator, idx_t *id,
                                                   const uint8_t **code) {
    const ArrayIterator *self = (const ArrayIterator *)(const void *)iterator;
    *id = self->ids[self->at];
    *code = self->codes + self->at * self->lists->code_size;
    return FAISS_OK;
}

static void ArrayIterator_next (FaissInvertedListsIterator *iterator) {
    ((ArrayIterator *)(void *)iterator)->at++;
}

static void ArrayIterator_free (FaissInvertedListsIterator *iterator) {
    ArrayIterator *self = (ArrayIterator *)(void *)iterator;
    self->lists->cls->release_codes (self->lists, self->list_no, self->codes);
    self->lists->cls->release_ids (self->lists, self->list_no, self->ids);
    free (self);
}

static FaissStatus InvertedLists_get_iterator (const FaissInvertedLists *self, size_t list_no,
                                               void *context, FaissInvertedListsIterator **out) {
    (void)context;
    ArrayIterator *iterator = NULL;
    FAISS_TRY (faiss_alloc (&iterator, 1, sizeof *iterator));
    *iterator = (ArrayIterator){.iterator = {.is_available = ArrayIterator_is_available,
                                             .get_id_and_codes = ArrayIterator_get_id_and_codes,
                                             .next = ArrayIterator_next,
                                             .free = ArrayIterator_free},
                                .lists = self,
                                .list_no = list_no,
                                .size = self->cls->list_size (self, list_no),
                                .codes = self->cls->get_codes (self, list_no),
                                .ids = self->cls->get_ids (self, list_no)};
    *out = &iterator->iterator;
    return FAISS_OK;
}

/* ---- the class ------------------------------------------------------------------------------- */

static FaissStatus InvertedLists_copy (void *object, const void *other_object) {
    FaissInvertedLists *self = object;
    const FaissInvertedLists *other = other_object;
    self->nlist = other->nlist;
    self->code_size = other->code_size;
    self->use_iterator = other->use_iterator;
    return FAISS_OK;
}

static FaissStatus InvertedLists_write (const void *object, struct FaissIOWriter *writer,
                                        int io_flags) {
    (void)writer, (void)io_flags;
    return faiss_fail (FAISS_EXCEPT, "Error in write_InvertedLists: don't know how to write an %s",
                       faiss_object_class (object)->name);
}

FaissInvertedListsClass faiss_InvertedLists_class = {
    .head = {.name = "InvertedLists",
             .instance_size = sizeof (FaissInvertedLists),
             .table_size = sizeof (FaissInvertedListsClass),
             .copy = InvertedLists_copy,
             .write = InvertedLists_write},
    .list_size = InvertedLists_list_size,
    .get_codes = InvertedLists_get_codes,
    .get_ids = InvertedLists_get_ids,
    .release_codes = InvertedLists_release_codes,
    .release_ids = InvertedLists_release_ids,
    .get_single_id = InvertedLists_get_single_id,
    .get_single_code = InvertedLists_get_single_code,
    .prefetch_lists = InvertedLists_prefetch_lists,
    .add_entries = InvertedLists_add_entries,
    .update_entries = InvertedLists_update_entries,
    .move_entry = InvertedLists_move_entry,
    .resize = InvertedLists_resize,
    .reset = InvertedLists_reset,
    .get_iterator = InvertedLists_get_iterator,
};

FaissStatus faiss_InvertedLists_get_iterator (const FaissInvertedLists *self, size_t list_no,
                                              FaissInvertedListsIterator **out,
                                              void *inverted_list_context) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (list_no < self->nlist, "expected a list below %zu, got %zu", self->nlist,
                   list_no);
    return self->cls->get_iterator (self, list_no, inverted_list_context, out);
}

bool faiss_InvertedListsIterator_is_available (const FaissInvertedListsIterator *self) {
    return self && self->is_available (self);
}

FaissStatus faiss_InvertedListsIterator_get_id_and_codes (FaissInvertedListsIterator *self,
                                                          idx_t *id, const uint8_t **code) {
    idx_t own_id;
    const uint8_t *own_code;
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (self->is_available (self), "the iterator is behind the last entry");
    return self->get_id_and_codes (self, id ? id : &own_id, code ? code : &own_code);
}

void faiss_InvertedListsIterator_next (FaissInvertedListsIterator *self) {
    if (faiss_InvertedListsIterator_is_available (self)) {
        self->next (self);
    }
}

void faiss_InvertedListsIterator_free (FaissInvertedListsIterator *self) {
    if (self) {
        self->free (self);
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

size_t faiss_InvertedLists_list_size (const FaissInvertedLists *self, size_t list_no) {
    return self && list_no < self->nlist ? self->cls->list_size (self, list_no) : 0;
}

const uint8_t *faiss_InvertedLists_get_codes (const FaissInvertedLists *self, size_t list_no) {
    return self && list_no < self->nlist ? self->cls->get_codes (self, list_no) : NULL;
}

const idx_t *faiss_InvertedLists_get_ids (const FaissInvertedLists *self, size_t list_no) {
    return self && list_no < self->nlist ? self->cls->get_ids (self, list_no) : NULL;
}

void faiss_InvertedLists_release_codes (const FaissInvertedLists *self, size_t list_no,
                                        const uint8_t *codes) {
    if (self) {
        self->cls->release_codes (self, list_no, codes);
    }
}

void faiss_InvertedLists_release_ids (const FaissInvertedLists *self, size_t list_no,
                                      const idx_t *ids) {
    if (self) {
        self->cls->release_ids (self, list_no, ids);
    }
}

idx_t faiss_InvertedLists_get_single_id (const FaissInvertedLists *self, size_t list_no,
                                         size_t offset) {
    if (!self) {
        return 0;
    }
    return offset < faiss_InvertedLists_list_size (self, list_no)
               ? self->cls->get_single_id (self, list_no, offset)
               : -1;
}

const uint8_t *faiss_InvertedLists_get_single_code (const FaissInvertedLists *self, size_t list_no,
                                                    size_t offset) {
    if (!self) {
        return NULL;
    }
    return offset < faiss_InvertedLists_list_size (self, list_no)
               ? self->cls->get_single_code (self, list_no, offset)
               : NULL;
}

void faiss_InvertedLists_prefetch_lists (const FaissInvertedLists *self, const idx_t *list_nos,
                                         int nlist) {
    if (self && list_nos) {
        self->cls->prefetch_lists (self, list_nos, nlist);
    }
}

bool faiss_InvertedLists_is_empty (const FaissInvertedLists *self, size_t list_no) {
    return self && faiss_InvertedLists_list_size (self, list_no) == 0;
}

size_t faiss_InvertedLists_compute_ntotal (const FaissInvertedLists *self) {
    if (!self) {
        return 0;
    }
    size_t total = 0;
    for (size_t i = 0; i < self->nlist; i++) {
        total += self->cls->list_size (self, i);
    }
    return total;
}

double faiss_InvertedLists_imbalance_factor (const FaissInvertedLists *self) {
    if (!self) {
        return 0;
    }
    double total = 0, squares = 0;
    for (size_t i = 0; i < self->nlist; i++) {
        double size = (double)self->cls->list_size (self, i);
        total += size;
        squares += size * size;
    }
    return total > 0 ? (double)self->nlist * squares / (total * total) : 1;
}

void faiss_InvertedLists_print_stats (const FaissInvertedLists *self) {
    if (!self) {
        return;
    }
    size_t counts[65] = {0}; /* counts[b]: sizes of b bits */
    for (size_t i = 0; i < self->nlist; i++) {
        size_t size = self->cls->list_size (self, i);
        int bits = 0;
        while (size >> bits && bits < 64) {
            bits++;
        }
        counts[bits]++;
    }
    for (int bits = 0; bits < 64; bits++) {
        if (counts[bits]) {
            printf ("list size in [%zu, %zu): %zu lists\n", bits ? (size_t)1 << (bits - 1) : 0,
                    (size_t)1 << bits, counts[bits]);
        }
    }
}

/* ---- changing -------------------------------------------------------------------------------- */

static FaissStatus check_list (const char *function, const FaissInvertedLists *self,
                               size_t list_no) {
    if (!self) {
        return faiss_fail_in (FAISS_EXCEPT, function, "the inverted lists are NULL");
    }
    if (list_no >= self->nlist) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected a list below %zu, got %zu",
                              self->nlist, list_no);
    }
    return FAISS_OK;
}

FaissStatus faiss_InvertedLists_add_entry (FaissInvertedLists *self, size_t list_no, idx_t theid,
                                           const uint8_t *code, size_t *offset) {
    return faiss_InvertedLists_add_entries (self, list_no, 1, &theid, code, offset);
}

FaissStatus faiss_InvertedLists_add_entries (FaissInvertedLists *self, size_t list_no,
                                             size_t n_entry, const idx_t *ids, const uint8_t *codes,
                                             size_t *offset) {
    FAISS_TRY (check_list (__func__, self, list_no));
    FAISS_REQUIRE (n_entry == 0 || (ids && codes), "ids or codes is NULL");
    return self->cls->add_entries (self, list_no, n_entry, ids, codes, offset);
}

FaissStatus faiss_InvertedLists_update_entry (FaissInvertedLists *self, size_t list_no,
                                              size_t offset, idx_t id, const uint8_t *code) {
    return faiss_InvertedLists_update_entries (self, list_no, offset, 1, &id, code);
}

FaissStatus faiss_InvertedLists_update_entries (FaissInvertedLists *self, size_t list_no,
                                                size_t offset, size_t n_entry, const idx_t *ids,
                                                const uint8_t *codes) {
    FAISS_TRY (check_list (__func__, self, list_no));
    size_t size = self->cls->list_size (self, list_no);
    FAISS_REQUIRE (offset <= size && n_entry <= size - offset,
                   "entries %zu .. %zu + %zu of list %zu, which has %zu", offset, offset, n_entry,
                   list_no, size);
    FAISS_REQUIRE (n_entry == 0 || (ids && codes), "ids or codes is NULL");
    return self->cls->update_entries (self, list_no, offset, n_entry, ids, codes);
}

FaissStatus faiss_InvertedLists_resize (FaissInvertedLists *self, size_t list_no, size_t new_size) {
    FAISS_TRY (check_list (__func__, self, list_no));
    return self->cls->resize (self, list_no, new_size);
}

FaissStatus faiss_InvertedLists_reset (FaissInvertedLists *self) {
    FAISS_REQUIRE_ARG (self);
    return self->cls->reset (self);
}

/* The sizes of all lists, so that what was appended can be cut off again. */
static FaissStatus note_sizes (const FaissInvertedLists *self, size_t **sizes) {
    FAISS_TRY (faiss_alloc (sizes, self->nlist, sizeof **sizes));
    for (size_t i = 0; i < self->nlist; i++) {
        (*sizes)[i] = self->cls->list_size (self, i);
    }
    return FAISS_OK;
}

static void restore_sizes (FaissInvertedLists *self, const size_t *sizes) {
    for (size_t i = 0; i < self->nlist; i++) {
        if (self->cls->list_size (self, i) > sizes[i]) {
            (void)self->cls->resize (self, i, sizes[i]); /* shrinking does not fail */
        }
    }
}

static FaissStatus check_same_shape (const char *function, const FaissInvertedLists *self,
                                     const FaissInvertedLists *other) {
    if (!self || !other) {
        return faiss_fail_in (FAISS_EXCEPT, function, "the inverted lists are NULL");
    }
    if (self == other) {
        return faiss_fail_in (FAISS_EXCEPT, function, "both inverted lists are the same object");
    }
    if (self->nlist != other->nlist || self->code_size != other->code_size) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "expected nlist=%zu and code_size=%zu, got %zu and %zu", self->nlist,
                              self->code_size, other->nlist, other->code_size);
    }
    return FAISS_OK;
}

/* Append entries to the same list of others: at once where codes are rows, else one by one. */
static FaissStatus append_entries (FaissInvertedLists *self, const FaissInvertedLists *from,
                                   size_t list_no, size_t begin, size_t n, const idx_t *ids) {
    if (from->cls->get_single_code == InvertedLists_get_single_code) {
        const uint8_t *codes = from->cls->get_codes (from, list_no);
        FaissStatus status =
            self->cls->add_entries (self, list_no, n, ids, codes + begin * from->code_size, NULL);
        from->cls->release_codes (from, list_no, codes);
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        const uint8_t *code = from->cls->get_single_code (from, list_no, begin + i);
        if (!code) {
            return FAISS_STD_EXCEPT; /* the message says how much memory was wanted */
        }
        FaissStatus status = self->cls->add_entries (self, list_no, 1, ids + i, code, NULL);
        from->cls->release_codes (from, list_no, code);
        FAISS_TRY (status);
    }
    return FAISS_OK;
}

static FaissStatus append_list (FaissInvertedLists *self, const FaissInvertedLists *other,
                                size_t list_no, size_t add_id) {
    size_t n = other->cls->list_size (other, list_no);
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_AUTO_FREE (idx_t) *shifted = NULL;
    const idx_t *ids = other->cls->get_ids (other, list_no);
    FaissStatus status = FAISS_OK;
    if (add_id) {
        status = faiss_alloc (&shifted, n, sizeof *shifted);
        for (size_t j = 0; status == FAISS_OK && j < n; j++) {
            shifted[j] = (idx_t)((uint64_t)ids[j] + add_id);
        }
    }
    if (status == FAISS_OK) {
        status = append_entries (self, other, list_no, 0, n, shifted ? shifted : ids);
    }
    other->cls->release_ids (other, list_no, ids);
    return status;
}

FaissStatus faiss_InvertedLists_merge_from (FaissInvertedLists *self, FaissInvertedLists *other,
                                            size_t add_id) {
    FAISS_TRY (check_same_shape (__func__, self, other));
    FAISS_AUTO_FREE (size_t) *sizes = NULL;
    FAISS_TRY (note_sizes (self, &sizes));
    for (size_t i = 0; i < self->nlist; i++) {
        FaissStatus status = append_list (self, other, i, add_id);
        if (status != FAISS_OK) {
            restore_sizes (self, sizes);
            return status;
        }
    }
    return other->cls->reset (other);
}

/* ---- copying a part -------------------------------------------------------------------------- */

static FaissStatus copy_positions (const FaissInvertedLists *self, FaissInvertedLists *other,
                                   size_t list_no, size_t begin, size_t end) {
    if (begin >= end) {
        return FAISS_OK;
    }
    const idx_t *ids = self->cls->get_ids (self, list_no);
    FaissStatus status = append_entries (other, self, list_no, begin, end - begin, ids + begin);
    self->cls->release_ids (self, list_no, ids);
    return status;
}

static bool is_in_subset (FaissInvertedListsSubsetType type, idx_t id, idx_t a1, idx_t a2) {
    return type == SUBSET_TYPE_ID_RANGE ? id >= a1 && id < a2 : id % a1 == a2;
}

/* Copies by runs of neighbouring entries. */
static FaissStatus copy_by_id (const FaissInvertedLists *self, FaissInvertedLists *other,
                               size_t list_no, FaissInvertedListsSubsetType type, idx_t a1,
                               idx_t a2) {
    size_t n = self->cls->list_size (self, list_no);
    if (n == 0) {
        return FAISS_OK;
    }
    const idx_t *ids = self->cls->get_ids (self, list_no);
    FaissStatus status = FAISS_OK;
    for (size_t end, begin = 0; status == FAISS_OK && begin < n; begin = end + 1) {
        for (end = begin; end < n && is_in_subset (type, ids[end], a1, a2); end++) {
        }
        status = copy_positions (self, other, list_no, begin, end);
    }
    self->cls->release_ids (self, list_no, ids);
    return status;
}

/* n * a / b, where a <= b + 1, without overflow as long as b * b does not */
static size_t proportion (size_t n, size_t a, size_t b) {
    return b ? n / b * a + n % b * a / b : 0;
}

static FaissStatus copy_all (const FaissInvertedLists *self, FaissInvertedLists *other,
                             FaissInvertedListsSubsetType type, idx_t a1, idx_t a2) {
    size_t ntotal = faiss_InvertedLists_compute_ntotal (self);
    size_t seen = 0, begin_seen = 0, end_seen = 0; /* of the lists so far, for ELEMENT_RANGE */
    for (size_t i = 0; i < self->nlist; i++) {
        size_t n = self->cls->list_size (self, i);
        switch (type) {
        case SUBSET_TYPE_ID_RANGE:
        case SUBSET_TYPE_ID_MOD:
            FAISS_TRY (copy_by_id (self, other, i, type, a1, a2));
            break;
        case SUBSET_TYPE_ELEMENT_RANGE: {
            seen += n;
            size_t next_begin = proportion (seen, (size_t)a1, ntotal);
            size_t next_end = proportion (seen, (size_t)a2, ntotal);
            FAISS_TRY (
                copy_positions (self, other, i, next_begin - begin_seen, next_end - end_seen));
            begin_seen = next_begin;
            end_seen = next_end;
            break;
        }
        case SUBSET_TYPE_INVLIST_FRACTION:
            FAISS_TRY (copy_positions (self, other, i, proportion (n, (size_t)a2, (size_t)a1),
                                       proportion (n, (size_t)a2 + 1, (size_t)a1)));
            break;
        case SUBSET_TYPE_INVLIST:
            if ((idx_t)i >= a1 && (idx_t)i < a2) {
                FAISS_TRY (copy_positions (self, other, i, 0, n));
            }
            break;
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_InvertedLists_copy_subset_to (const FaissInvertedLists *self,
                                                FaissInvertedLists *other,
                                                FaissInvertedListsSubsetType subset_type, idx_t a1,
                                                idx_t a2, size_t *n_added) {
    FAISS_TRY (check_same_shape (__func__, self, other));
    FAISS_REQUIRE (self->code_size != FAISS_INVALID_CODE_SIZE,
                   "the entries have no codes of their own");
    FAISS_REQUIRE ((int)subset_type >= 0 && (int)subset_type <= 4,
                   "expected a subset type 0 .. 4, got %d", (int)subset_type);
    long long b1 = (long long)a1, b2 = (long long)a2;
    FAISS_REQUIRE (subset_type != SUBSET_TYPE_ID_MOD || a1 > 0, "expected a1 > 0, got %lld", b1);
    FAISS_REQUIRE (subset_type != SUBSET_TYPE_INVLIST_FRACTION || (0 <= a2 && a2 < a1),
                   "expected 0 <= a2 < a1, got a1=%lld, a2=%lld", b1, b2);
    size_t ntotal = faiss_InvertedLists_compute_ntotal (self);
    FAISS_REQUIRE (subset_type != SUBSET_TYPE_ELEMENT_RANGE ||
                       (0 <= a1 && a1 <= a2 && (size_t)a2 <= ntotal),
                   "expected 0 <= a1 <= a2 <= %zu, got a1=%lld, a2=%lld", ntotal, b1, b2);
    FAISS_AUTO_FREE (size_t) *sizes = NULL;
    FAISS_TRY (note_sizes (other, &sizes));
    FaissStatus status = copy_all (self, other, subset_type, a1, a2);
    if (status != FAISS_OK) {
        restore_sizes (other, sizes);
        return status;
    }
    if (n_added) {
        *n_added = 0;
        for (size_t i = 0; i < other->nlist; i++) {
            *n_added += other->cls->list_size (other, i) - sizes[i];
        }
    }
    return FAISS_OK;
}

void faiss_InvertedLists_free (FaissInvertedLists *self) {
    faiss_object_free (self);
}
