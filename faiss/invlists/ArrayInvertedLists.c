/* Inverted lists in memory, each in two arrays. */
#include <faiss/invlists/ArrayInvertedLists.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/derived_rows.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/io_limits.h>
#include <faiss/index_io.h>
#include <faiss/invlists/ArrayInvertedListsPanorama.h>

/* ---- what indexes keep with the codes -------------------------------------------------------- */

static void forget (FaissArrayInvertedLists *self, size_t list_no) {
    if (self->kept) {
        free (self->kept[list_no]);
        self->kept[list_no] = NULL;
    }
}

static void forget_all (FaissArrayInvertedLists *self) {
    for (size_t i = 0; self->kept && i < self->made_nlist; i++) {
        free (self->kept[i]);
    }
    free (self->kept);
    self->kept = NULL;
}

FaissStatus faiss_ArrayInvertedLists_keep (FaissArrayInvertedLists *self, uint64_t key,
                                           size_t list_no, void *kept) {
    FAISS_REQUIRE_ARG (self);
    if (self->kept_key != key) {
        forget_all (self);
        self->kept_key = key;
    }
    FaissStatus status = FAISS_OK;
    if (!self->kept) {
        status = faiss_alloc_zeroed (&self->kept, self->made_nlist, sizeof *self->kept);
    }
    if (status != FAISS_OK) {
        free (kept);
        return status;
    }
    free (self->kept[list_no]);
    self->kept[list_no] = kept;
    return FAISS_OK;
}

const void *faiss_ArrayInvertedLists_kept (const FaissArrayInvertedLists *self, uint64_t key,
                                           size_t list_no) {
    return self && self->kept && self->kept_key == key ? self->kept[list_no] : NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_ArrayInvertedLists_init (FaissArrayInvertedLists *self, size_t nlist,
                                           size_t code_size) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (faiss_alloc_zeroed (&self->codes, nlist, sizeof *self->codes));
    FAISS_TRY (faiss_alloc_zeroed (&self->ids, nlist, sizeof *self->ids));
    self->lists.nlist = self->made_nlist = nlist;
    self->lists.code_size = self->made_code_size = code_size;
    return FAISS_OK;
}

static void ArrayInvertedLists_finalize (void *object) {
    FaissArrayInvertedLists *self = object;
    faiss_ArrayInvertedLists_vectors_changed (self);
    if (self->codes && self->ids) {
        for (size_t i = 0; i < self->made_nlist; i++) {
            faiss_UInt8Vector_clear (&self->codes[i]);
            faiss_Int64Vector_clear (&self->ids[i]);
        }
    }
    free (self->codes);
    free (self->ids);
}

static FaissStatus ArrayInvertedLists_copy (void *object, const void *other_object) {
    FaissArrayInvertedLists *self = object;
    const FaissArrayInvertedLists *other = other_object;
    FAISS_TRY (faiss_ArrayInvertedLists_init (self, other->made_nlist, other->made_code_size));
    self->filter_mode = other->filter_mode;
    for (size_t i = 0; i < self->made_nlist; i++) {
        FAISS_TRY (
            faiss_UInt8Vector_assign (&self->codes[i], other->codes[i].data, other->codes[i].size));
        FAISS_TRY (
            faiss_Int64Vector_assign (&self->ids[i], other->ids[i].data, other->ids[i].size));
    }
    return FAISS_OK;
}

FaissStatus faiss_ArrayInvertedLists_new (FaissArrayInvertedLists **out) {
    return faiss_ArrayInvertedLists_new_with (out, 0, 0);
}

FaissStatus faiss_ArrayInvertedLists_new_with (FaissArrayInvertedLists **out, size_t nlist,
                                               size_t code_size) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (ArrayInvertedLists) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ArrayInvertedLists_class.head));
    FAISS_TRY (faiss_ArrayInvertedLists_init (self, nlist, code_size));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

/* ---- what searches derive -------------------------------------------------------------------- */

static void forget_derived (FaissArrayInvertedLists *self) {
    for (size_t i = 0; self->derived && i < self->made_nlist; i++) {
        faiss_derived_rows_forget (&self->derived[i]);
    }
    free (self->derived);
    self->derived = NULL;
}

void faiss_ArrayInvertedLists_vectors_changed (FaissArrayInvertedLists *self) {
    if (!self) {
        return;
    }
    forget_derived (self);
    forget_all (self);
}

static void list_changed (FaissArrayInvertedLists *self, size_t list_no) {
    if (self->derived) {
        faiss_derived_rows_forget (&self->derived[list_no]);
    }
}

void faiss_ArrayInvertedLists_set_filter_codes (FaissArrayInvertedLists *self,
                                                FaissFilterCodesMode mode) {
    if (!self) {
        return;
    }
    forget_derived (self);
    self->filter_mode = (int)mode;
}

FaissFilterCodesMode faiss_ArrayInvertedLists_filter_codes (const FaissArrayInvertedLists *self) {
    return self ? (FaissFilterCodesMode)self->filter_mode : 0;
}

size_t faiss_ArrayInvertedLists_filter_codes_size (const FaissArrayInvertedLists *self) {
    if (!self) {
        return 0;
    }
    size_t size = 0;
    const FaissDerivedRows *derived = __atomic_load_n (&self->derived, __ATOMIC_ACQUIRE);
    for (size_t i = 0; derived && i < self->made_nlist; i++) {
        size += faiss_derived_codes_size (&derived[i]);
    }
    return size;
}

FaissDerivedRows *faiss_ArrayInvertedLists_derived (const FaissArrayInvertedLists *lists) {
    if (!lists) {
        return NULL;
    }
    /* what searches derive is no part of the lists' value */
    FaissArrayInvertedLists *self = (FaissArrayInvertedLists *)(uintptr_t)lists;
    FaissDerivedRows *derived = __atomic_load_n (&self->derived, __ATOMIC_ACQUIRE);
    if (derived || self->filter_mode == FAISS_FILTER_CODES_OFF) {
        return derived;
    }
    FaissDerivedRows *mine = calloc (self->made_nlist + 1, sizeof *mine);
    for (size_t i = 0; mine && i < self->made_nlist; i++) {
        mine[i].mode = self->filter_mode;
    }
    if (mine && !__atomic_compare_exchange_n (&self->derived, &derived, mine, false,
                                              __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        free (mine); /* another search was first */
        return derived;
    }
    return mine;
}

/* ---- the lists ------------------------------------------------------------------------------- */

static size_t ArrayInvertedLists_list_size (const FaissInvertedLists *lists, size_t list_no) {
    return FAISS_CONST_SELF (ArrayInvertedLists, lists, lists)->ids[list_no].size;
}

static const uint8_t *ArrayInvertedLists_get_codes (const FaissInvertedLists *lists,
                                                    size_t list_no) {
    return FAISS_CONST_SELF (ArrayInvertedLists, lists, lists)->codes[list_no].data;
}

static const idx_t *ArrayInvertedLists_get_ids (const FaissInvertedLists *lists, size_t list_no) {
    return FAISS_CONST_SELF (ArrayInvertedLists, lists, lists)->ids[list_no].data;
}

static FaissStatus ArrayInvertedLists_add_entries (FaissInvertedLists *lists, size_t list_no,
                                                   size_t n_entry, const idx_t *ids,
                                                   const uint8_t *codes, size_t *offset) {
    FaissArrayInvertedLists *self = FAISS_SELF (ArrayInvertedLists, lists, lists);
    FaissInt64Vector *list_ids = &self->ids[list_no];
    FaissUInt8Vector *list_codes = &self->codes[list_no];
    size_t old_size = list_ids->size;
    const uint8_t *before = list_codes->data;
    forget (self, list_no);
    FAISS_TRY (faiss_UInt8Vector_append (list_codes, codes, n_entry * lists->code_size));
    FaissStatus status = faiss_Int64Vector_append (list_ids, ids, n_entry);
    if (status != FAISS_OK) {
        list_codes->size = old_size * lists->code_size;
        return status;
    }
    if (self->derived) {
        size_t room = lists->code_size ? list_codes->capacity / lists->code_size : 0;
        faiss_derived_rows_added (&self->derived[list_no], old_size, before, list_codes->data,
                                  room);
    }
    if (offset) {
        *offset = old_size;
    }
    return FAISS_OK;
}

static FaissStatus ArrayInvertedLists_update_entries (FaissInvertedLists *lists, size_t list_no,
                                                      size_t offset, size_t n_entry,
                                                      const idx_t *ids, const uint8_t *codes) {
    FaissArrayInvertedLists *self = FAISS_SELF (ArrayInvertedLists, lists, lists);
    forget (self, list_no);
    FAISS_TRY (faiss_UInt8Vector_own (&self->codes[list_no]));
    FAISS_TRY (faiss_Int64Vector_own (&self->ids[list_no]));
    list_changed (self, list_no);
    if (n_entry) {
        size_t code_size = lists->code_size;
        if (code_size) { /* SQ0 has codes of no bytes, and no memory for them */
            memmove (self->codes[list_no].data + offset * code_size, codes, n_entry * code_size);
        }
        memmove (self->ids[list_no].data + offset, ids, n_entry * sizeof *ids);
    }
    return FAISS_OK;
}

static FaissStatus ArrayInvertedLists_resize (FaissInvertedLists *lists, size_t list_no,
                                              size_t new_size) {
    FaissArrayInvertedLists *self = FAISS_SELF (ArrayInvertedLists, lists, lists);
    size_t old_size = self->ids[list_no].size, code_size = lists->code_size;
    list_changed (self, list_no);
    forget (self, list_no);
    if (new_size == 0) {
        faiss_UInt8Vector_clear (&self->codes[list_no]);
        faiss_Int64Vector_clear (&self->ids[list_no]);
        return FAISS_OK;
    }
    if (new_size <= old_size) { /* even a view only gets shorter */
        self->codes[list_no].size = new_size * code_size;
        self->ids[list_no].size = new_size;
        return FAISS_OK;
    }
    FAISS_REQUIRE (code_size == 0 || new_size <= SIZE_MAX / code_size,
                   "%zu entries of %zu bytes are too many", new_size, code_size);
    FAISS_TRY (faiss_UInt8Vector_resize (&self->codes[list_no], new_size * code_size));
    FaissStatus status = faiss_Int64Vector_resize (&self->ids[list_no], new_size);
    if (status != FAISS_OK) {
        self->codes[list_no].size = old_size * code_size;
    }
    return status;
}

FaissStatus faiss_ArrayInvertedLists_permute_invlists (FaissArrayInvertedLists *self,
                                                       const idx_t *map) {
    FAISS_REQUIRE_ARG (self);
    size_t nlist = self->made_nlist;
    FAISS_REQUIRE (nlist == 0 || map, "map is NULL");
    FAISS_AUTO_FREE (uint8_t) *seen = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&seen, nlist, 1));
    for (size_t i = 0; i < nlist; i++) {
        FAISS_REQUIRE (map[i] >= 0 && (size_t)map[i] < nlist && !seen[map[i]],
                       "map is not a permutation of 0 .. %zu: map[%zu]=%lld", nlist, i,
                       (long long)map[i]);
        seen[map[i]] = 1;
    }
    FaissUInt8Vector *codes = NULL;
    FaissInt64Vector *ids = NULL;
    FAISS_TRY (faiss_alloc (&codes, nlist, sizeof *codes));
    FaissFloat32Vector *sums = NULL;
    FaissArrayInvertedListsPanorama *panorama =
        faiss_object_cast (self, &faiss_ArrayInvertedListsPanorama_class.head);
    FaissStatus status = faiss_alloc (&ids, nlist, sizeof *ids);
    if (status == FAISS_OK && panorama) {
        status = faiss_ArrayInvertedListsPanorama_permuted (panorama, map, &sums);
    }
    if (status != FAISS_OK) {
        free (codes);
        free (ids);
        return status;
    }
    if (panorama) {
        free (panorama->cum_sums);
        panorama->cum_sums = sums;
    }
    for (size_t i = 0; i < nlist; i++) {
        codes[i] = self->codes[map[i]];
        ids[i] = self->ids[map[i]];
    }
    faiss_ArrayInvertedLists_vectors_changed (self);
    free (self->codes);
    free (self->ids);
    self->codes = codes;
    self->ids = ids;
    return FAISS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* The sizes of all lists, or (list, size) pairs where most lists are empty. */
static FaissStatus write_sizes (const FaissArrayInvertedLists *self, FaissIOWriter *writer) {
    size_t nlist = self->made_nlist, n_nonempty = 0;
    for (size_t i = 0; i < nlist; i++) {
        n_nonempty += self->ids[i].size > 0;
    }
    bool full = n_nonempty > nlist / 2;
    FAISS_TRY (faiss_write_tag (writer, full ? "full" : "sprs"));
    FAISS_TRY (faiss_write_u64 (writer, full ? nlist : 2 * n_nonempty));
    for (size_t i = 0; i < nlist; i++) {
        if (full || self->ids[i].size > 0) {
            if (!full) {
                FAISS_TRY (faiss_write_u64 (writer, i));
            }
            FAISS_TRY (faiss_write_u64 (writer, self->ids[i].size));
        }
    }
    return FAISS_OK;
}

static FaissStatus ArrayInvertedLists_write (const void *object, FaissIOWriter *writer,
                                             int io_flags) {
    const FaissArrayInvertedLists *self = object;
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (writer, "ilar"));
    FAISS_TRY (faiss_write_u64 (writer, self->made_nlist));
    FAISS_TRY (faiss_write_u64 (writer, self->lists.code_size));
    FAISS_TRY (write_sizes (self, writer));
    for (size_t i = 0; i < self->made_nlist; i++) {
        const FaissInt64Vector *ids = &self->ids[i];
        if (ids->size > 0) {
            FAISS_TRY (
                faiss_write_bytes (writer, self->codes[i].data, ids->size * self->lists.code_size));
            FAISS_TRY (faiss_write_bytes (writer, ids->data, ids->size * sizeof *ids->data));
        }
    }
    return FAISS_OK;
}

/* Sizes of all lists, size nlist; *out is to be freed. */
FaissStatus faiss_ArrayInvertedLists_read_sizes (FaissIOReader *reader, size_t nlist,
                                                 size_t **out) {
    FAISS_REQUIRE_ARG (reader);
    FAISS_REQUIRE_FILE (reader, reader->nlist == 0 || nlist == reader->nlist,
                        "expected nlist=%zu of the inverted lists, got %zu", reader->nlist, nlist);
    uint32_t list_type;
    FAISS_AUTO (UInt64Vector) stored = {0};
    FAISS_TRY (faiss_read_u32 (reader, &list_type, "list_type"));
    FAISS_REQUIRE_FILE (reader,
                        list_type == FAISS_FOURCC ("full") || list_type == FAISS_FOURCC ("sprs"),
                        "unknown list_type 0x%08x of inverted lists", (unsigned)list_type);
    FAISS_TRY (faiss_read_UInt64Vector (reader, &stored, "sizes"));
    if (list_type == FAISS_FOURCC ("full")) {
        FAISS_REQUIRE_FILE (reader, stored.size == nlist, "%zu list sizes for %zu lists",
                            stored.size, nlist);
    } else {
        FAISS_REQUIRE_FILE (reader, stored.size % 2 == 0, "an odd number of sparse list sizes: %zu",
                            stored.size);
    }
    FAISS_AUTO_FREE (size_t) *sizes = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&sizes, nlist, sizeof *sizes));
    if (list_type == FAISS_FOURCC ("full")) {
        for (size_t i = 0; i < nlist; i++) {
            sizes[i] = stored.data[i];
        }
    } else {
        for (size_t i = 0; i < stored.size; i += 2) {
            FAISS_REQUIRE_FILE (reader, stored.data[i] < nlist, "a size of list %llu of %zu",
                                (unsigned long long)stored.data[i], nlist);
            sizes[stored.data[i]] = stored.data[i + 1];
        }
    }
    *out = FAISS_STEAL (sizes);
    return FAISS_OK;
}

static FaissStatus read_list (FaissArrayInvertedLists *self, FaissIOReader *reader, size_t list_no,
                              size_t size) {
    size_t code_size = self->lists.code_size;
    size_t limit = faiss_deserialization_vector_byte_limit;
    FAISS_REQUIRE_FILE (
        reader, size <= limit / sizeof (idx_t) && (code_size == 0 || size <= limit / code_size),
        "list %zu has %zu entries of %zu bytes, above the limit of %zu bytes", list_no, size,
        code_size, limit);
    FAISS_TRY (faiss_read_codes (reader, &self->codes[list_no], size * code_size, "codes"));
    return faiss_read_ids (reader, &self->ids[list_no], size, "ids");
}

static FaissStatus ArrayInvertedLists_read (void **out, FaissIOReader *reader, uint32_t tag,
                                            int io_flags) {
    (void)tag;
    bool mapped = (io_flags & FAISS_IO_FLAG_MMAP) == FAISS_IO_FLAG_MMAP;
    FAISS_REQUIRE_FILE (reader, mapped || !(io_flags & FAISS_IO_FLAG_SKIP_IVF_DATA),
                        "array inverted lists cannot be read without their data");
    FAISS_REQUIRE_FILE (reader,
                        !mapped || faiss_object_cast (reader, &faiss_MappedFileIOReader_class.head),
                        "inverted lists can only be mapped from a file");
    size_t nlist, code_size;
    FAISS_TRY (faiss_read_size (reader, &nlist, "nlist"));
    FAISS_TRY (faiss_read_size (reader, &code_size, "code_size"));
    FAISS_TRY (faiss_check_loop_limit (reader, nlist, "nlist"));
    FAISS_AUTO_FREE (size_t) *sizes = NULL;
    FAISS_TRY (faiss_ArrayInvertedLists_read_sizes (reader, nlist, &sizes));
    FAISS_OWNED (ArrayInvertedLists) *self = NULL;
    FAISS_TRY (faiss_ArrayInvertedLists_new_with (&self, nlist, code_size));
    for (size_t i = 0; i < nlist; i++) {
        if (sizes[i] > 0) {
            FAISS_TRY (read_list (self, reader, i, sizes[i]));
        }
    }
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

/* What a field was set to may not fit the others. */
static FaissStatus ArrayInvertedLists_check (const void *object) {
    const FaissArrayInvertedLists *self = object;
    FAISS_REQUIRE (
        self->lists.nlist == self->made_nlist && self->lists.code_size == self->made_code_size,
        "expected nlist=%zu, code_size=%zu as in the beginning, got %zu, %zu", self->made_nlist,
        self->made_code_size, self->lists.nlist, self->lists.code_size);
    return FAISS_OK;
}

FaissInvertedListsClass faiss_ArrayInvertedLists_class = {
    .head = {.name = "ArrayInvertedLists",
             .parent = &faiss_InvertedLists_class.head,
             .instance_size = sizeof (FaissArrayInvertedLists),
             .table_size = sizeof (FaissInvertedListsClass),
             .check = ArrayInvertedLists_check,
             .finalize = ArrayInvertedLists_finalize,
             .copy = ArrayInvertedLists_copy,
             .tags = "ilar",
             .read = ArrayInvertedLists_read,
             .write = ArrayInvertedLists_write},
    .list_size = ArrayInvertedLists_list_size,
    .get_codes = ArrayInvertedLists_get_codes,
    .get_ids = ArrayInvertedLists_get_ids,
    .add_entries = ArrayInvertedLists_add_entries,
    .update_entries = ArrayInvertedLists_update_entries,
    .resize = ArrayInvertedLists_resize,
};
