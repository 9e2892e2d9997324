/* Inverted lists in memory whose vectors are stored by levels. */
#include <faiss/invlists/ArrayInvertedListsPanorama.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/io_limits.h>
#include <faiss/impl/panorama_search.h>
#include <faiss/index_io.h>

#define SELF(pointer) FAISS_SELF (ArrayInvertedListsPanorama, lists, pointer)
#define CONST_SELF(pointer) FAISS_CONST_SELF (ArrayInvertedListsPanorama, lists, pointer)

/* ---- life ------------------------------------------------------------------------------------ */

static FaissStatus init (FaissArrayInvertedListsPanorama *self, size_t nlist, size_t code_size,
                         size_t n_levels, size_t batch_size) {
    self->n_levels = n_levels;
    self->batch_size = batch_size;
    self->pano =
        (FaissPanorama){.code_size = code_size, .n_levels = n_levels, .batch_size = batch_size};
    if (nlist > 0 || code_size > 0) {
        FAISS_TRY (faiss_Panorama_set_derived_values (&self->pano));
    }
    self->level_width = self->pano.level_width;
    FAISS_TRY (faiss_ArrayInvertedLists_init (&self->array, nlist, code_size));
    return faiss_alloc_zeroed (&self->cum_sums, nlist, sizeof *self->cum_sums);
}

FaissStatus faiss_ArrayInvertedListsPanorama_new_with (FaissArrayInvertedListsPanorama **out,
                                                       size_t nlist, size_t code_size,
                                                       size_t n_levels, size_t batch_size) {
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (ArrayInvertedListsPanorama) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ArrayInvertedListsPanorama_class.head));
    FAISS_TRY (init (self, nlist, code_size, n_levels, batch_size));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_ArrayInvertedListsPanorama_new (FaissArrayInvertedListsPanorama **out) {
    return faiss_ArrayInvertedListsPanorama_new_with (out, 0, 0, 0,
                                                      FAISS_PANORAMA_DEFAULT_BATCH_SIZE);
}

static void ArrayInvertedListsPanorama_finalize (void *object) {
    FaissArrayInvertedListsPanorama *self = object;
    for (size_t i = 0; self->cum_sums && i < self->array.made_nlist; i++) {
        faiss_Float32Vector_clear (&self->cum_sums[i]);
    }
    free (self->cum_sums);
}

static FaissStatus ArrayInvertedListsPanorama_copy (void *object, const void *other_object) {
    FaissArrayInvertedListsPanorama *self = object;
    const FaissArrayInvertedListsPanorama *other = other_object;
    self->n_levels = other->n_levels;
    self->batch_size = other->batch_size;
    self->level_width = other->level_width;
    self->pano = other->pano;
    FAISS_TRY (
        faiss_alloc_zeroed (&self->cum_sums, other->array.made_nlist, sizeof *self->cum_sums));
    for (size_t i = 0; i < other->array.made_nlist; i++) {
        FAISS_TRY (faiss_Float32Vector_assign (&self->cum_sums[i], other->cum_sums[i].data,
                                               other->cum_sums[i].size));
    }
    return FAISS_OK;
}

/* ---- entries --------------------------------------------------------------------------------- */

const float *faiss_ArrayInvertedListsPanorama_get_cum_sums (
    const FaissArrayInvertedListsPanorama *self, size_t list_no) {
    return self && list_no < self->array.made_nlist ? self->cum_sums[list_no].data : NULL;
}

static const uint8_t *ArrayInvertedListsPanorama_get_single_code (const FaissInvertedLists *lists,
                                                                  size_t list_no, size_t offset) {
    const FaissArrayInvertedListsPanorama *self = CONST_SELF (lists);
    float *code = NULL;
    if (faiss_alloc (&code, self->pano.d, sizeof *code) == FAISS_OK) {
        faiss_Panorama_reconstruct (&self->pano, (idx_t)offset, code,
                                    self->array.codes[list_no].data);
    }
    return (const uint8_t *)code;
}

static void ArrayInvertedListsPanorama_release_codes (const FaissInvertedLists *lists,
                                                      size_t list_no, const uint8_t *codes) {
    if (codes != CONST_SELF (lists)->array.codes[list_no].data) {
        free ((void *)(uintptr_t)codes);
    }
}

/* Lists that were read by a map are copied before they are written to. */
static FaissStatus own (FaissArrayInvertedListsPanorama *self, size_t list_no) {
    FAISS_TRY (faiss_UInt8Vector_own (&self->array.codes[list_no]));
    FAISS_TRY (faiss_Float32Vector_own (&self->cum_sums[list_no]));
    return faiss_Int64Vector_own (&self->array.ids[list_no]);
}

/* Write vectors over those from offset on. */
static void put (FaissArrayInvertedListsPanorama *self, size_t list_no, size_t offset,
                 size_t n_entry, const float *x) {
    faiss_Panorama_copy_codes_to_level_layout (&self->pano, self->array.codes[list_no].data, offset,
                                               n_entry, (const uint8_t *)x);
    faiss_Panorama_compute_cumulative_sums (&self->pano, self->cum_sums[list_no].data, offset,
                                            n_entry, x);
}

/* Codes as floats: a copy where they are not aligned. */
static FaissStatus floats_of (const FaissArrayInvertedListsPanorama *self, const uint8_t *codes,
                              size_t n_entry, float **copy, const float **out) {
    if ((uintptr_t)codes % sizeof (float) == 0) {
        *out = (const float *)(const void *)codes;
        return FAISS_OK;
    }
    FAISS_TRY (faiss_alloc (copy, n_entry * self->pano.d, sizeof **copy));
    memcpy (*copy, codes, n_entry * self->lists.code_size);
    *out = *copy;
    return FAISS_OK;
}

/* Room for n entries, of which those that are new are zero. On failure all is as it was. */
static FaissStatus resize (FaissArrayInvertedListsPanorama *self, size_t list_no, size_t n) {
    FaissUInt8Vector *codes = &self->array.codes[list_no];
    FaissFloat32Vector *sums = &self->cum_sums[list_no];
    size_t n_bytes, n_sums, bytes_before = codes->size, sums_before = sums->size;
    FAISS_TRY (faiss_panorama_sizes (&self->pano, n, &n_bytes, &n_sums));
    FAISS_TRY (faiss_UInt8Vector_resize (codes, n_bytes));
    FaissStatus status = faiss_Float32Vector_resize (sums, n_sums);
    if (status == FAISS_OK) {
        status = faiss_Int64Vector_resize (&self->array.ids[list_no], n);
    }
    if (status != FAISS_OK) {
        codes->size = bytes_before;
        sums->size = sums_before;
    }
    return status;
}

static FaissStatus ArrayInvertedListsPanorama_add_entries (FaissInvertedLists *lists,
                                                           size_t list_no, size_t n_entry,
                                                           const idx_t *ids, const uint8_t *codes,
                                                           size_t *offset) {
    FaissArrayInvertedListsPanorama *self = SELF (lists);
    FAISS_AUTO_FREE (float) *copy = NULL;
    const float *x = NULL;
    size_t old_size = self->array.ids[list_no].size;
    if (n_entry > 0) {
        FAISS_TRY (floats_of (self, codes, n_entry, &copy, &x));
        FAISS_TRY (resize (self, list_no, old_size + n_entry));
        memcpy (self->array.ids[list_no].data + old_size, ids, n_entry * sizeof *ids);
        put (self, list_no, old_size, n_entry, x);
    }
    if (offset) {
        *offset = old_size;
    }
    return FAISS_OK;
}

static FaissStatus ArrayInvertedListsPanorama_update_entries (FaissInvertedLists *lists,
                                                              size_t list_no, size_t offset,
                                                              size_t n_entry, const idx_t *ids,
                                                              const uint8_t *codes) {
    FaissArrayInvertedListsPanorama *self = SELF (lists);
    FAISS_AUTO_FREE (float) *copy = NULL;
    const float *x = NULL;
    if (n_entry > 0) {
        FAISS_TRY (floats_of (self, codes, n_entry, &copy, &x));
        FAISS_TRY (own (self, list_no));
        memmove (self->array.ids[list_no].data + offset, ids, n_entry * sizeof *ids);
        put (self, list_no, offset, n_entry, x);
    }
    return FAISS_OK;
}

static FaissStatus ArrayInvertedListsPanorama_move_entry (FaissInvertedLists *lists, size_t list_no,
                                                          size_t to, size_t from) {
    FaissArrayInvertedListsPanorama *self = SELF (lists);
    FAISS_TRY (own (self, list_no));
    uint8_t *codes = self->array.codes[list_no].data;
    float *sums = self->cum_sums[list_no].data;
    idx_t *ids = self->array.ids[list_no].data;
    faiss_Panorama_copy_entry (&self->pano, codes, codes, sums, sums, to, from);
    ids[to] = ids[from];
    return FAISS_OK;
}

static FaissStatus ArrayInvertedListsPanorama_resize (FaissInvertedLists *lists, size_t list_no,
                                                      size_t new_size) {
    FaissArrayInvertedListsPanorama *self = SELF (lists);
    if (new_size == 0) {
        faiss_UInt8Vector_clear (&self->array.codes[list_no]);
        faiss_Float32Vector_clear (&self->cum_sums[list_no]);
        faiss_Int64Vector_clear (&self->array.ids[list_no]);
        return FAISS_OK;
    }
    if (new_size < self->array.ids[list_no].size) {
        size_t n_bytes, n_sums;
        FAISS_TRY (faiss_panorama_sizes (&self->pano, new_size, &n_bytes, &n_sums));
        FAISS_TRY (own (self, list_no));
        self->array.codes[list_no].size = n_bytes;
        self->cum_sums[list_no].size = n_sums;
        self->array.ids[list_no].size = new_size;
        faiss_panorama_clear_behind (&self->pano, self->array.codes[list_no].data,
                                     self->cum_sums[list_no].data, new_size);
        return FAISS_OK;
    }
    return resize (self, list_no, new_size);
}

FaissStatus faiss_ArrayInvertedListsPanorama_permuted (const FaissArrayInvertedListsPanorama *self,
                                                       const idx_t *map, FaissFloat32Vector **out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (map);
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (faiss_alloc (out, self->array.made_nlist, sizeof **out));
    for (size_t i = 0; i < self->array.made_nlist; i++) {
        (*out)[i] = self->cum_sums[map[i]];
    }
    return FAISS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Norms have room for the levels that were asked for; what is not used of it is zero, at the end.
 */
static FaissStatus write_sums (const FaissArrayInvertedListsPanorama *self, FaissIOWriter *writer,
                               size_t n_slots, const FaissFloat32Vector *sums) {
    FAISS_TRY (faiss_write_bytes (writer, sums->data, sums->size * sizeof *sums->data));
    for (size_t left = n_slots * (self->n_levels + 1) - sums->size; left > 0;) {
        static const float zeros[1024] = {0};
        size_t n = left < 1024 ? left : 1024;
        FAISS_TRY (faiss_write_bytes (writer, zeros, n * sizeof *zeros));
        left -= n;
    }
    return FAISS_OK;
}

/* Of all lists, whatever their number. */
static FaissStatus write_sizes (const FaissArrayInvertedListsPanorama *self,
                                FaissIOWriter *writer) {
    FAISS_TRY (faiss_write_tag (writer, "full"));
    FAISS_TRY (faiss_write_u64 (writer, self->array.made_nlist));
    for (size_t i = 0; i < self->array.made_nlist; i++) {
        FAISS_TRY (faiss_write_u64 (writer, self->array.ids[i].size));
    }
    return FAISS_OK;
}

static FaissStatus ArrayInvertedListsPanorama_write (const void *object, FaissIOWriter *writer,
                                                     int io_flags) {
    const FaissArrayInvertedListsPanorama *self = object;
    (void)io_flags;
    FAISS_TRY (faiss_write_tag (writer, "ilp2"));
    FAISS_TRY (faiss_write_u64 (writer, self->array.made_nlist));
    FAISS_TRY (faiss_write_u64 (writer, self->lists.code_size));
    FAISS_TRY (faiss_write_u64 (writer, self->n_levels));
    FAISS_TRY (faiss_write_u64 (writer, self->batch_size));
    FAISS_TRY (write_sizes (self, writer));
    for (size_t i = 0; i < self->array.made_nlist; i++) {
        const FaissInt64Vector *ids = &self->array.ids[i];
        const FaissUInt8Vector *codes = &self->array.codes[i];
        if (ids->size > 0) {
            FAISS_TRY (faiss_write_bytes (writer, codes->data, codes->size));
            FAISS_TRY (faiss_write_bytes (writer, ids->data, ids->size * sizeof *ids->data));
            FAISS_TRY (
                write_sums (self, writer, codes->size / self->lists.code_size, &self->cum_sums[i]));
        }
    }
    return FAISS_OK;
}

static FaissStatus read_list (FaissArrayInvertedListsPanorama *self, FaissIOReader *reader,
                              size_t list_no, size_t size) {
    size_t n_bytes, n_sums, limit = faiss_deserialization_vector_byte_limit;
    FAISS_REQUIRE_FILE (reader, size <= limit / sizeof (idx_t),
                        "list %zu has %zu entries, above the limit of %zu bytes", list_no, size,
                        limit);
    FAISS_TRY (faiss_panorama_sizes (&self->pano, size, &n_bytes, &n_sums));
    size_t n_stored = n_bytes / self->lists.code_size * (self->n_levels + 1);
    FAISS_REQUIRE_FILE (reader, n_bytes <= limit && n_stored <= limit / sizeof (float),
                        "list %zu has %zu entries of %zu bytes, above the limit of %zu bytes",
                        list_no, size, self->lists.code_size, limit);
    FAISS_TRY (faiss_read_codes (reader, &self->array.codes[list_no], n_bytes, "codes"));
    /* levels are floats, which may lie at any address of a mapped file */
    FAISS_TRY (faiss_UInt8Vector_own (&self->array.codes[list_no]));
    FAISS_TRY (faiss_read_ids (reader, &self->array.ids[list_no], size, "ids"));
    FAISS_TRY (faiss_Int64Vector_own (&self->array.ids[list_no]));
    FAISS_AUTO_FREE (float) *sums = NULL;
    FAISS_TRY (faiss_read_array (reader, &sums, n_stored, sizeof *sums, "cum_sums"));
    return faiss_Float32Vector_assign (&self->cum_sums[list_no], sums, n_sums);
}

static FaissStatus ArrayInvertedListsPanorama_read (void **out, FaissIOReader *reader, uint32_t tag,
                                                    int io_flags) {
    size_t nlist, code_size, n_levels, batch_size = FAISS_PANORAMA_LEGACY_BATCH_SIZE;
    FAISS_REQUIRE_FILE (reader,
                        (io_flags & FAISS_IO_FLAG_MMAP) == FAISS_IO_FLAG_MMAP ||
                            !(io_flags & FAISS_IO_FLAG_SKIP_IVF_DATA),
                        "array inverted lists cannot be read without their data");
    FAISS_TRY (faiss_read_size (reader, &nlist, "nlist"));
    FAISS_TRY (faiss_read_size (reader, &code_size, "code_size"));
    FAISS_TRY (faiss_read_size (reader, &n_levels, "n_levels"));
    if (tag == FAISS_FOURCC ("ilp2")) {
        FAISS_TRY (faiss_read_size (reader, &batch_size, "batch_size"));
    }
    FAISS_TRY (faiss_check_loop_limit (reader, nlist, "nlist"));
    FAISS_AUTO_FREE (size_t) *sizes = NULL;
    FAISS_TRY (faiss_ArrayInvertedLists_read_sizes (reader, nlist, &sizes));
    FAISS_OWNED (ArrayInvertedListsPanorama) *self = NULL;
    FAISS_TRY (
        faiss_ArrayInvertedListsPanorama_new_with (&self, nlist, code_size, n_levels, batch_size));
    for (size_t i = 0; i < nlist; i++) {
        if (sizes[i] > 0) {
            FAISS_TRY (read_list (self, reader, i, sizes[i]));
        }
    }
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

/* What a field was set to may not fit the others. */
static FaissStatus ArrayInvertedListsPanorama_check (const void *object) {
    const FaissArrayInvertedListsPanorama *self = object;
    if (self->lists.code_size == 0) {
        return FAISS_OK; /* of a default object */
    }
    FAISS_TRY (
        faiss_panorama_check (__func__, &self->pano, self->lists.code_size / sizeof (float)));
    FAISS_REQUIRE (self->pano.batch_size == self->batch_size &&
                       self->pano.level_width == self->level_width,
                   "batch_size=%zu and level_width=%zu are not those of pano", self->batch_size,
                   self->level_width);
    return FAISS_OK;
}

FaissInvertedListsClass faiss_ArrayInvertedListsPanorama_class = {
    .head = {.name = "ArrayInvertedListsPanorama",
             .parent = &faiss_ArrayInvertedLists_class.head,
             .instance_size = sizeof (FaissArrayInvertedListsPanorama),
             .table_size = sizeof (FaissInvertedListsClass),
             .check = ArrayInvertedListsPanorama_check,
             .finalize = ArrayInvertedListsPanorama_finalize,
             .copy = ArrayInvertedListsPanorama_copy,
             .tags = "ilp2 ilpn",
             .read = ArrayInvertedListsPanorama_read,
             .write = ArrayInvertedListsPanorama_write},
    .get_single_code = ArrayInvertedListsPanorama_get_single_code,
    .release_codes = ArrayInvertedListsPanorama_release_codes,
    .add_entries = ArrayInvertedListsPanorama_add_entries,
    .update_entries = ArrayInvertedListsPanorama_update_entries,
    .move_entry = ArrayInvertedListsPanorama_move_entry,
    .resize = ArrayInvertedListsPanorama_resize,
};
