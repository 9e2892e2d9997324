/* Sets of ids: restrict searches and removals. */
#include <faiss/impl/IDSelector.h>

#include <string.h>

#include <faiss/impl/check.h>

/* Selectors are values but for what they borrow: a copy borrows the same. Batch adds what it owns.
 */
static FaissStatus IDSelector_copy (void *self, const void *other) {
    size_t head = sizeof (FaissIDSelector);
    memcpy ((char *)self + head, (const char *)other + head,
            faiss_object_class (self)->instance_size - head);
    return FAISS_OK;
}

FaissIDSelectorClass faiss_IDSelector_class = {
    .head = {.name = "IDSelector",
             .instance_size = sizeof (FaissIDSelector),
             .table_size = sizeof (FaissIDSelectorClass),
             .copy = IDSelector_copy},
};

#define SELECTOR_HEAD(class_name)                                                                  \
    .name = #class_name, .parent = &faiss_IDSelector_class.head,                                   \
    .instance_size = sizeof (Faiss##class_name), .table_size = sizeof (FaissIDSelectorClass)

int faiss_IDSelector_is_member (const FaissIDSelector *self, idx_t id) {
    return self && self->cls->is_member (self, id);
}

void faiss_IDSelector_free (FaissIDSelector *self) {
    faiss_object_free (self);
}

/* ---- Range ----------------------------------------------------------------------------------- */

static bool IDSelectorRange_is_member (const FaissIDSelector *sel, idx_t id) {
    const FaissIDSelectorRange *self = FAISS_CONST_SELF (IDSelectorRange, sel, sel);
    return id >= self->imin && id < self->imax;
}

FaissIDSelectorClass faiss_IDSelectorRange_class = {
    .head = {SELECTOR_HEAD (IDSelectorRange)},
    .is_member = IDSelectorRange_is_member,
};

FaissStatus faiss_IDSelectorRange_new (FaissIDSelectorRange **out, idx_t imin, idx_t imax) {
    return faiss_IDSelectorRange_new_with (out, imin, imax, false);
}

FaissStatus faiss_IDSelectorRange_new_with (FaissIDSelectorRange **out, idx_t imin, idx_t imax,
                                            bool assume_sorted) {
    FAISS_REQUIRE_ARG (out);
    FaissIDSelectorRange *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_IDSelectorRange_class.head));
    self->imin = imin;
    self->imax = imax;
    self->assume_sorted = assume_sorted;
    *out = self;
    return FAISS_OK;
}

void faiss_IDSelectorRange_free (FaissIDSelectorRange *self) {
    faiss_object_free (self);
}

idx_t faiss_IDSelectorRange_imin (const FaissIDSelectorRange *self) {
    return self ? self->imin : 0;
}

idx_t faiss_IDSelectorRange_imax (const FaissIDSelectorRange *self) {
    return self ? self->imax : 0;
}

/* The first position of an id that is not below a limit. */
static size_t lower_bound (size_t n, const idx_t *ids, idx_t limit) {
    size_t begin = 0;
    while (n > 0) {
        size_t half = n / 2;
        if (ids[begin + half] < limit) {
            begin += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return begin;
}

void faiss_IDSelectorRange_find_sorted_ids_bounds (const FaissIDSelectorRange *self,
                                                   size_t list_size, const idx_t *ids, size_t *jmin,
                                                   size_t *jmax) {
    if (!self || (!ids && list_size > 0) || !jmin || !jmax) {
        return;
    }
    size_t begin = lower_bound (list_size, ids, self->imin);
    size_t end = lower_bound (list_size, ids, self->imax);
    *jmin = begin;
    *jmax = end > begin ? end : begin;
}

/* ---- Array ----------------------------------------------------------------------------------- */

static bool IDSelectorArray_is_member (const FaissIDSelector *sel, idx_t id) {
    const FaissIDSelectorArray *self = FAISS_CONST_SELF (IDSelectorArray, sel, sel);
    for (size_t i = 0; i < self->n; i++) {
        if (self->ids[i] == id) {
            return true;
        }
    }
    return false;
}

FaissIDSelectorClass faiss_IDSelectorArray_class = {
    .head = {SELECTOR_HEAD (IDSelectorArray)},
    .is_member = IDSelectorArray_is_member,
};

FaissStatus faiss_IDSelectorArray_new (FaissIDSelectorArray **out, size_t n, const idx_t *ids) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (n == 0 || ids, "ids is NULL");
    FaissIDSelectorArray *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_IDSelectorArray_class.head));
    self->n = n;
    self->ids = ids;
    *out = self;
    return FAISS_OK;
}

/* ---- Batch ----------------------------------------------------------------------------------- */

static bool IDSelectorBatch_is_member (const FaissIDSelector *sel, idx_t id) {
    const FaissIDSelectorBatch *self = FAISS_CONST_SELF (IDSelectorBatch, sel, sel);
    /* the filter answers for most ids that are not members, from far less memory than the table */
    size_t bit = (size_t)(id & self->mask);
    return (self->bloom.data[bit >> 3] >> (bit & 7) & 1) && faiss_IdMap_get (&self->set, id, NULL);
}

static void IDSelectorBatch_finalize (void *object) {
    FaissIDSelectorBatch *self = object;
    faiss_IdMap_clear (&self->set);
    faiss_UInt8Vector_clear (&self->bloom);
}

static FaissStatus IDSelectorBatch_copy (void *object, const void *other_object) {
    FaissIDSelectorBatch *self = object;
    const FaissIDSelectorBatch *other = other_object;
    self->set = (FaissIdMap){0};
    self->bloom = (FaissUInt8Vector){0};
    FAISS_TRY (faiss_IdMap_copy (&self->set, &other->set));
    return faiss_UInt8Vector_append (&self->bloom, other->bloom.data, other->bloom.size);
}

FaissIDSelectorClass faiss_IDSelectorBatch_class = {
    .head = {SELECTOR_HEAD (IDSelectorBatch), .finalize = IDSelectorBatch_finalize,
             .copy = IDSelectorBatch_copy},
    .is_member = IDSelectorBatch_is_member,
};

static FaissStatus fill_batch (FaissIDSelectorBatch *self, size_t n, const idx_t *indices) {
    /* 32 bits per id or more */
    while (n > (size_t)1 << self->nbits) {
        self->nbits++;
    }
    self->nbits += 5;
    self->mask = ((idx_t)1 << self->nbits) - 1;
    FAISS_TRY (faiss_UInt8Vector_resize (&self->bloom, (size_t)1 << (self->nbits - 3)));
    FAISS_TRY (faiss_IdMap_reserve (&self->set, n));
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (faiss_IdMap_set (&self->set, indices[i], 0));
        size_t bit = (size_t)(indices[i] & self->mask);
        self->bloom.data[bit >> 3] |= (uint8_t)(1 << (bit & 7));
    }
    return FAISS_OK;
}

FaissStatus faiss_IDSelectorBatch_new (FaissIDSelectorBatch **out, size_t n, const idx_t *indices) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (n == 0 || indices, "indices is NULL");
    FAISS_REQUIRE (n <= SIZE_MAX / 1024, "%zu ids are too many", n);
    FAISS_OWNED (IDSelectorBatch) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_IDSelectorBatch_class.head));
    FAISS_TRY (fill_batch (self, n, indices));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

int faiss_IDSelectorBatch_nbits (const FaissIDSelectorBatch *self) {
    return self ? self->nbits : 0;
}

idx_t faiss_IDSelectorBatch_mask (const FaissIDSelectorBatch *self) {
    return self ? self->mask : 0;
}

/* ---- Bitmap ---------------------------------------------------------------------------------- */

static bool IDSelectorBitmap_is_member (const FaissIDSelector *sel, idx_t id) {
    const FaissIDSelectorBitmap *self = FAISS_CONST_SELF (IDSelectorBitmap, sel, sel);
    uint64_t byte = (uint64_t)id >> 3; /* a negative id is far beyond the end */
    return byte < self->n && (self->bitmap[byte] >> (id & 7) & 1);
}

FaissIDSelectorClass faiss_IDSelectorBitmap_class = {
    .head = {SELECTOR_HEAD (IDSelectorBitmap)},
    .is_member = IDSelectorBitmap_is_member,
};

FaissStatus faiss_IDSelectorBitmap_new (FaissIDSelectorBitmap **out, size_t n,
                                        const uint8_t *bitmap) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (n == 0 || bitmap, "bitmap is NULL");
    FaissIDSelectorBitmap *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_IDSelectorBitmap_class.head));
    self->n = n;
    self->bitmap = bitmap;
    *out = self;
    return FAISS_OK;
}

void faiss_IDSelectorBitmap_free (FaissIDSelectorBitmap *self) {
    faiss_object_free (self);
}

size_t faiss_IDSelectorBitmap_n (const FaissIDSelectorBitmap *self) {
    return self ? self->n : 0;
}

const uint8_t *faiss_IDSelectorBitmap_bitmap (const FaissIDSelectorBitmap *self) {
    return self ? self->bitmap : NULL;
}

/* ---- All and the combinations ---------------------------------------------------------------- */

static bool is_member (const FaissIDSelector *sel, idx_t id) {
    return sel->cls->is_member (sel, id);
}

static bool IDSelectorAll_is_member (const FaissIDSelector *sel, idx_t id) {
    (void)sel, (void)id;
    return true;
}

static bool IDSelectorNot_is_member (const FaissIDSelector *sel, idx_t id) {
    return !is_member (FAISS_CONST_SELF (IDSelectorNot, base, sel)->sel, id);
}

static bool IDSelectorAnd_is_member (const FaissIDSelector *sel, idx_t id) {
    const FaissIDSelectorAnd *self = FAISS_CONST_SELF (IDSelectorAnd, base, sel);
    return is_member (self->lhs, id) && is_member (self->rhs, id);
}

static bool IDSelectorOr_is_member (const FaissIDSelector *sel, idx_t id) {
    const FaissIDSelectorOr *self = FAISS_CONST_SELF (IDSelectorOr, base, sel);
    return is_member (self->lhs, id) || is_member (self->rhs, id);
}

static bool IDSelectorXOr_is_member (const FaissIDSelector *sel, idx_t id) {
    const FaissIDSelectorXOr *self = FAISS_CONST_SELF (IDSelectorXOr, base, sel);
    return is_member (self->lhs, id) != is_member (self->rhs, id);
}

static bool IDSelectorTranslated_is_member (const FaissIDSelector *sel, idx_t id) {
    const FaissIDSelectorTranslated *self = FAISS_CONST_SELF (IDSelectorTranslated, base, sel);
    return (uint64_t)id < self->id_map->size && is_member (self->sel, self->id_map->data[id]);
}

FaissIDSelectorClass faiss_IDSelectorAll_class = {
    .head = {SELECTOR_HEAD (IDSelectorAll)},
    .is_member = IDSelectorAll_is_member,
};

FaissIDSelectorClass faiss_IDSelectorNot_class = {
    .head = {SELECTOR_HEAD (IDSelectorNot)},
    .is_member = IDSelectorNot_is_member,
};

FaissIDSelectorClass faiss_IDSelectorAnd_class = {
    .head = {SELECTOR_HEAD (IDSelectorAnd)},
    .is_member = IDSelectorAnd_is_member,
};

FaissIDSelectorClass faiss_IDSelectorOr_class = {
    .head = {SELECTOR_HEAD (IDSelectorOr)},
    .is_member = IDSelectorOr_is_member,
};

FaissIDSelectorClass faiss_IDSelectorXOr_class = {
    .head = {SELECTOR_HEAD (IDSelectorXOr)},
    .is_member = IDSelectorXOr_is_member,
};

FaissIDSelectorClass faiss_IDSelectorTranslated_class = {
    .head = {SELECTOR_HEAD (IDSelectorTranslated)},
    .is_member = IDSelectorTranslated_is_member,
};

FaissStatus faiss_IDSelectorAll_new (FaissIDSelectorAll **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_object_new (out, &faiss_IDSelectorAll_class.head);
}

FaissStatus faiss_IDSelectorNot_new (FaissIDSelectorNot **out, const FaissIDSelector *sel) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (sel);
    FaissIDSelectorNot *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_IDSelectorNot_class.head));
    self->sel = sel;
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_IDSelectorAnd_new (FaissIDSelectorAnd **out, const FaissIDSelector *lhs_sel,
                                     const FaissIDSelector *rhs_sel) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (lhs_sel);
    FAISS_REQUIRE_ARG (rhs_sel);
    FaissIDSelectorAnd *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_IDSelectorAnd_class.head));
    self->lhs = lhs_sel;
    self->rhs = rhs_sel;
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_IDSelectorOr_new (FaissIDSelectorOr **out, const FaissIDSelector *lhs_sel,
                                    const FaissIDSelector *rhs_sel) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (lhs_sel);
    FAISS_REQUIRE_ARG (rhs_sel);
    FaissIDSelectorOr *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_IDSelectorOr_class.head));
    self->lhs = lhs_sel;
    self->rhs = rhs_sel;
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_IDSelectorXOr_new (FaissIDSelectorXOr **out, const FaissIDSelector *lhs_sel,
                                     const FaissIDSelector *rhs_sel) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (lhs_sel);
    FAISS_REQUIRE_ARG (rhs_sel);
    FaissIDSelectorXOr *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_IDSelectorXOr_class.head));
    self->lhs = lhs_sel;
    self->rhs = rhs_sel;
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_IDSelectorTranslated_new (FaissIDSelectorTranslated **out,
                                            const FaissInt64Vector *id_map,
                                            const FaissIDSelector *sel) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (id_map);
    FAISS_REQUIRE_ARG (sel);
    FaissIDSelectorTranslated *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_IDSelectorTranslated_class.head));
    self->id_map = id_map;
    self->sel = sel;
    *out = self;
    return FAISS_OK;
}
