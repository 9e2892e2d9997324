/* Where each id is in the inverted lists. */
#include <faiss/invlists/DirectMap.h>

#include <faiss/impl/check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/io_limits.h>
#include <faiss/impl/parallel.h>

/* ---- the map --------------------------------------------------------------------------------- */

static FaissStatus note_list (FaissDirectMap *self, const FaissInvertedLists *invlists,
                              size_t list_no, const idx_t *ids, size_t ntotal) {
    size_t n = invlists->cls->list_size (invlists, list_no);
    for (size_t j = 0; j < n; j++) {
        idx_t lo = faiss_lo_build ((idx_t)list_no, (idx_t)j);
        if (self->type == FAISS_DIRECT_MAP_HASHTABLE) {
            FAISS_TRY (faiss_IdMap_set (&self->hashtable, ids[j], lo));
        } else {
            if (ids[j] < 0 || (size_t)ids[j] >= ntotal) {
                return faiss_fail_in (FAISS_EXCEPT, "DirectMap_set_type",
                                      "an array needs sequential ids, but there is id %lld of %zu",
                                      (long long)ids[j], ntotal);
            }
            self->array.data[ids[j]] = lo;
        }
    }
    return FAISS_OK;
}

static FaissStatus build_map (FaissDirectMap *self, const FaissInvertedLists *invlists,
                              size_t ntotal) {
    if (self->type == FAISS_DIRECT_MAP_NO_MAP) {
        return FAISS_OK;
    }
    if (self->type == FAISS_DIRECT_MAP_ARRAY) {
        FAISS_TRY (faiss_Int64Vector_resize (&self->array, ntotal));
        for (size_t i = 0; i < ntotal; i++) {
            self->array.data[i] = -1;
        }
    }
    for (size_t i = 0; invlists && i < invlists->nlist; i++) {
        const idx_t *ids = invlists->cls->get_ids (invlists, i);
        FaissStatus status = note_list (self, invlists, i, ids, ntotal);
        invlists->cls->release_ids (invlists, i, ids);
        FAISS_TRY (status);
    }
    return FAISS_OK;
}

FaissStatus faiss_DirectMap_set_type (FaissDirectMap *self, FaissDirectMapType new_type,
                                      const FaissInvertedLists *invlists, size_t ntotal) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE ((int)new_type >= 0 && (int)new_type <= 2,
                   "expected a type of direct map 0 .. 2, got %d", (int)new_type);
    if (new_type == self->type) {
        return FAISS_OK;
    }
    FaissDirectMap fresh = {.type = new_type};
    FaissStatus status = build_map (&fresh, invlists, ntotal);
    faiss_DirectMap_clear (status == FAISS_OK ? self : &fresh);
    if (status == FAISS_OK) {
        *self = fresh;
    }
    return status;
}

FaissStatus faiss_DirectMap_get (const FaissDirectMap *self, idx_t id, idx_t *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    if (self->type == FAISS_DIRECT_MAP_ARRAY) {
        FAISS_REQUIRE (id >= 0 && (size_t)id < self->array.size,
                       "expected an id below %zu, got %lld", self->array.size, (long long)id);
        FAISS_REQUIRE (self->array.data[id] >= 0, "id %lld is in no list", (long long)id);
        *out = self->array.data[id];
        return FAISS_OK;
    }
    FAISS_REQUIRE (self->type == FAISS_DIRECT_MAP_HASHTABLE,
                   "there is no direct map: call make_direct_map first");
    FAISS_REQUIRE (faiss_IdMap_get (&self->hashtable, id, out), "there is no id %lld",
                   (long long)id);
    return FAISS_OK;
}

bool faiss_DirectMap_no (const FaissDirectMap *self) {
    return self && self->type == FAISS_DIRECT_MAP_NO_MAP;
}

FaissStatus faiss_DirectMap_check_can_add (const FaissDirectMap *self, const idx_t *ids) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (self->type != FAISS_DIRECT_MAP_ARRAY || !ids,
                   "a direct map of type array cannot have ids of the caller's choice");
    return FAISS_OK;
}

FaissStatus faiss_DirectMap_add_single_id (FaissDirectMap *self, idx_t id, idx_t list_no,
                                           size_t offset) {
    FAISS_REQUIRE_ARG (self);
    idx_t lo = list_no < 0 ? -1 : faiss_lo_build (list_no, (idx_t)offset);
    if (self->type == FAISS_DIRECT_MAP_ARRAY) {
        FAISS_REQUIRE (id >= 0 && (size_t)id == self->array.size, "expected id %zu, got %lld",
                       self->array.size, (long long)id);
        return faiss_Int64Vector_push_back (&self->array, lo);
    }
    if (self->type == FAISS_DIRECT_MAP_HASHTABLE && lo >= 0) {
        return faiss_IdMap_set (&self->hashtable, id, lo);
    }
    return FAISS_OK;
}

void faiss_DirectMap_clear (FaissDirectMap *self) {
    if (!self) {
        return;
    }
    faiss_Int64Vector_clear (&self->array);
    faiss_IdMap_clear (&self->hashtable);
}

FaissStatus faiss_DirectMap_copy (FaissDirectMap *self, const FaissDirectMap *other) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (other);
    self->type = other->type;
    FAISS_TRY (faiss_Int64Vector_assign (&self->array, other->array.data, other->array.size));
    return faiss_IdMap_copy (&self->hashtable, &other->hashtable);
}

/* ---- removing and replacing ------------------------------------------------------------------ */

/* A location from a file may be anything. */
static FaissStatus check_location (const FaissInvertedLists *invlists, idx_t id, idx_t lo) {
    size_t list_no = (size_t)faiss_lo_listno (lo), offset = (size_t)faiss_lo_offset (lo);
    if (lo < 0 || list_no >= invlists->nlist ||
        offset >= invlists->cls->list_size (invlists, list_no)) {
        return faiss_fail (FAISS_EXCEPT,
                           "Error in DirectMap: id %lld is said to be entry %zu of list %zu, which "
                           "does not exist",
                           (long long)id, offset, list_no);
    }
    return FAISS_OK;
}

/* The last entry of a list takes the place of another; *moved is its id. The size stays. */
static FaissStatus move_last_entry (FaissInvertedLists *invlists, size_t list_no, size_t offset,
                                    size_t last, idx_t *moved) {
    *moved = invlists->cls->get_single_id (invlists, list_no, last);
    return invlists->cls->move_entry (invlists, list_no, offset, last);
}

static FaissStatus remove_from_list (const FaissIDSelector *sel, FaissInvertedLists *invlists,
                                     size_t list_no, size_t *n_removed) {
    size_t size = invlists->cls->list_size (invlists, list_no), left = size;
    FaissStatus status = FAISS_OK;
    for (size_t j = 0; j < left && status == FAISS_OK;) {
        idx_t moved;
        if (!faiss_IDSelector_is_member (sel,
                                         invlists->cls->get_single_id (invlists, list_no, j))) {
            j++;
        } else if (j == left - 1) {
            left--;
        } else {
            status = move_last_entry (invlists, list_no, j, left - 1, &moved);
            left -= status == FAISS_OK;
        }
    }
    if (left < size) {
        FaissStatus resized = invlists->cls->resize (invlists, list_no, left);
        status = status == FAISS_OK ? resized : status;
        *n_removed += size - left;
    }
    return status;
}

static FaissStatus remove_without_map (const FaissIDSelector *sel, FaissInvertedLists *invlists,
                                       size_t *n_removed) {
    FaissRegion region = {0};
    size_t removed = 0;
#pragma omp parallel for num_threads (faiss_threads_for ((int64_t)invlists->nlist))                \
    reduction (+ : removed)
    for (int64_t i = 0; i < (int64_t)invlists->nlist; i++) {
        if (!faiss_region_failed (&region)) {
            size_t from_list = 0;
            faiss_region_note (&region, remove_from_list (sel, invlists, (size_t)i, &from_list));
            removed += from_list;
        }
    }
    *n_removed = removed;
    return faiss_region_close (&region);
}

static FaissStatus remove_by_hashtable (FaissDirectMap *self, const FaissIDSelectorArray *sel,
                                        FaissInvertedLists *invlists, size_t *n_removed) {
    for (size_t i = 0; i < sel->n; i++) {
        idx_t id = sel->ids[i], lo, moved;
        if (!faiss_IdMap_get (&self->hashtable, id, &lo)) {
            continue;
        }
        FAISS_TRY (check_location (invlists, id, lo));
        size_t list_no = (size_t)faiss_lo_listno (lo), offset = (size_t)faiss_lo_offset (lo);
        size_t last = invlists->cls->list_size (invlists, list_no) - 1;
        if (offset < last) {
            FAISS_TRY (move_last_entry (invlists, list_no, offset, last, &moved));
        }
        faiss_IdMap_remove (&self->hashtable, id);
        if (offset < last) {
            FAISS_TRY (faiss_IdMap_set (&self->hashtable, moved, lo)); /* there is room */
        }
        FAISS_TRY (invlists->cls->resize (invlists, list_no, last));
        ++*n_removed;
    }
    return FAISS_OK;
}

FaissStatus faiss_DirectMap_remove_ids (FaissDirectMap *self, const FaissIDSelector *sel,
                                        FaissInvertedLists *invlists, size_t *n_removed) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (sel);
    FAISS_REQUIRE_ARG (invlists);
    FAISS_REQUIRE_ARG (n_removed);
    *n_removed = 0;
    if (self->type == FAISS_DIRECT_MAP_NO_MAP) {
        return remove_without_map (sel, invlists, n_removed);
    }
    FAISS_REQUIRE (self->type == FAISS_DIRECT_MAP_HASHTABLE,
                   "ids cannot be removed with a direct map of type array");
    const FaissIDSelectorArray *array = faiss_object_cast (sel, &faiss_IDSelectorArray_class.head);
    FAISS_REQUIRE (array, "with a direct map of type hashtable ids are removed by an "
                          "IDSelectorArray only");
    return remove_by_hashtable (self, array, invlists, n_removed);
}

/* Take id's entry out of the list it is in and append the new code to list_no. */
static FaissStatus update_code (FaissDirectMap *self, FaissInvertedLists *invlists, idx_t id,
                                idx_t list_no, const uint8_t *code) {
    idx_t old = self->array.data[id], new = -1, moved = id;
    if (old >= 0) { /* in a damaged file two ids share an entry, which the first took away */
        FAISS_TRY (check_location (invlists, id, old));
    }
    size_t old_list = (size_t)faiss_lo_listno (old), old_offset = (size_t)faiss_lo_offset (old);
    if (list_no >= 0 && (old < 0 || old_list != (size_t)list_no)) {
        size_t offset;
        FAISS_TRY (invlists->cls->add_entries (invlists, (size_t)list_no, 1, &id, code, &offset));
        new = faiss_lo_build (list_no, (idx_t)offset);
    }
    if (old >= 0) {
        size_t last = invlists->cls->list_size (invlists, old_list) - 1;
        if (old_offset < last) {
            FAISS_TRY (move_last_entry (invlists, old_list, old_offset, last, &moved));
            FAISS_REQUIRE (moved >= 0 && (size_t)moved < self->array.size,
                           "id %lld is not in the direct map", (long long)moved);
            self->array.data[moved] = old;
        }
        if (list_no >= 0 && old_list == (size_t)list_no) {
            FAISS_TRY (invlists->cls->update_entries (invlists, old_list, last, 1, &id, code));
            new = faiss_lo_build (list_no, (idx_t)last);
        } else {
            FAISS_TRY (invlists->cls->resize (invlists, old_list, last));
        }
    }
    self->array.data[id] = new;
    return FAISS_OK;
}

FaissStatus faiss_DirectMap_update_codes (FaissDirectMap *self, FaissInvertedLists *invlists, int n,
                                          const idx_t *ids, const idx_t *list_nos,
                                          const uint8_t *codes) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (invlists);
    FAISS_REQUIRE (self->type == FAISS_DIRECT_MAP_ARRAY,
                   "a direct map of type array is needed to replace codes");
    FAISS_TRY (faiss_Int64Vector_own (&self->array));
    for (int i = 0; i < n; i++) {
        FAISS_REQUIRE (ids[i] >= 0 && (size_t)ids[i] < self->array.size,
                       "expected an id below %zu, got %lld", self->array.size, (long long)ids[i]);
        FAISS_REQUIRE (list_nos[i] < (idx_t)invlists->nlist, "expected a list below %zu, got %lld",
                       invlists->nlist, (long long)list_nos[i]);
        if (self->array.data[ids[i]] >= 0) {
            FAISS_TRY (check_location (invlists, ids[i], self->array.data[ids[i]]));
        }
    }
    for (int i = 0; i < n; i++) {
        FAISS_TRY (update_code (self, invlists, ids[i], list_nos[i],
                                codes + (size_t)i * invlists->code_size));
    }
    return FAISS_OK;
}

/* ---- adding ---------------------------------------------------------------------------------- */

FaissStatus faiss_DirectMapAdd_init (FaissDirectMapAdd *self, FaissDirectMap *direct_map,
                                     size_t ntotal, size_t n, const idx_t *xids) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (direct_map);
    *self = (FaissDirectMapAdd){
        .direct_map = direct_map, .ntotal = ntotal, .n = n, .xids = xids, .locations = NULL};
    if (direct_map->type == FAISS_DIRECT_MAP_ARRAY) {
        size_t size = direct_map->array.size, wanted = size + n;
        if (wanted > direct_map->array.capacity && wanted < size + size / 2) {
            wanted = size + size / 2; /* many small adds */
        }
        FAISS_TRY (faiss_Int64Vector_reserve (&direct_map->array, wanted));
    } else if (direct_map->type == FAISS_DIRECT_MAP_HASHTABLE) {
        FAISS_TRY (faiss_IdMap_reserve (&direct_map->hashtable, direct_map->hashtable.size + n));
    } else {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_alloc (&self->locations, n, sizeof *self->locations));
    for (size_t i = 0; i < n; i++) {
        self->locations[i] = faiss_lo_build (-1, 0); /* negative; the number is upstream's */
    }
    return FAISS_OK;
}

void faiss_DirectMapAdd_add (FaissDirectMapAdd *self, size_t i, idx_t list_no, size_t offset) {
    if (!self) {
        return;
    }
    if (self->locations) {
        self->locations[i] = faiss_lo_build (list_no < 0 ? -1 : list_no, (idx_t)offset);
    }
}

void faiss_DirectMapAdd_commit (FaissDirectMapAdd *self) {
    if (!self) {
        return;
    }
    FaissDirectMap *map = self->direct_map;
    if (!self->locations) {
        return;
    }
    if (map->type == FAISS_DIRECT_MAP_ARRAY) {
        (void)faiss_Int64Vector_append (&map->array, self->locations, self->n);
        return;
    }
    for (size_t i = 0; i < self->n; i++) {
        if (self->locations[i] >= 0) {
            idx_t id = self->xids ? self->xids[i] : (idx_t)(self->ntotal + i);
            (void)faiss_IdMap_set (&map->hashtable, id, self->locations[i]);
        }
    }
}

void faiss_DirectMapAdd_clear (FaissDirectMapAdd *self) {
    if (!self) {
        return;
    }
    free (self->locations);
    self->locations = NULL;
}

/* ---- files ----------------------------------------------------------------------------------- */

FaissStatus faiss_DirectMap_read (FaissDirectMap *self, FaissIOReader *reader) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (reader);
    uint8_t type;
    FAISS_TRY (faiss_read_u8 (reader, &type, "direct_map type"));
    /* upstream takes any number; others than 0 .. 2 are refused where the map is used */
    self->type = (FaissDirectMapType)type;
    FAISS_TRY (faiss_read_Int64Vector (reader, &self->array, "direct_map array"));
    if (self->type != FAISS_DIRECT_MAP_HASHTABLE) {
        return FAISS_OK;
    }
    size_t n, limit = faiss_deserialization_vector_byte_limit / 16;
    FAISS_TRY (faiss_read_size (reader, &n, "direct_map hashtable"));
    FAISS_REQUIRE_FILE (reader, n < limit, "a hash table of %zu entries, the limit is %zu", n,
                        limit);
    for (size_t i = 0; i < n; i++) {
        int64_t id, lo;
        FAISS_TRY (faiss_read_i64 (reader, &id, "direct_map id"));
        FAISS_TRY (faiss_read_i64 (reader, &lo, "direct_map location"));
        FAISS_TRY (faiss_IdMap_set (&self->hashtable, id, lo));
    }
    return FAISS_OK;
}

FaissStatus faiss_DirectMap_write (const FaissDirectMap *self, FaissIOWriter *writer) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (writer);
    FAISS_TRY (faiss_write_u8 (writer, (uint8_t)self->type));
    FAISS_TRY (faiss_write_Int64Vector (writer, &self->array));
    if (self->type != FAISS_DIRECT_MAP_HASHTABLE) {
        return FAISS_OK;
    }
    const FaissIdMap *map = &self->hashtable;
    FAISS_TRY (faiss_write_u64 (writer, map->size));
    for (size_t i = 0; i < map->n_slots; i++) {
        if (map->used[i]) {
            FAISS_TRY (faiss_write_i64 (writer, map->keys[i]));
            FAISS_TRY (faiss_write_i64 (writer, map->values[i]));
        }
    }
    return FAISS_OK;
}
