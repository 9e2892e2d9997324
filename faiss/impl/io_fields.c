/* Fields of index files. */
#include <faiss/impl/io_fields.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/io_limits.h>

/* Numbers go to the file as they are in memory. */
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "index files are little-endian: this machine would need byte swaps here"
#endif

/* Arrays up to this size are allocated before it is known whether the file has so many bytes. */
enum { TRUSTED_BYTES = 64 * 1024 };

/* Where the reader cannot tell how much is left, memory grows from this by doubling. */
enum { FIRST_CHUNK = 16 * 1024 * 1024 };

size_t faiss_deserialization_loop_limit = 0;
size_t faiss_deserialization_lattice_r2_limit = 0;
size_t faiss_deserialization_vector_byte_limit = (size_t)1 << 40;

/* ---- messages ---- */

static const char *reader_name (const FaissIOReader *r) {
    return r->name ? r->name : r->cls->head.name;
}

FaissStatus faiss_file_error (const FaissIOReader *r, const char *format, ...) {
    char message[900];
    va_list args;
    va_start (args, format);
    vsnprintf (message, sizeof message, format, args);
    va_end (args);
    if (r->object) {
        return faiss_fail (FAISS_EXCEPT, "%s: %s: %s", reader_name (r), r->object, message);
    }
    return faiss_fail (FAISS_EXCEPT, "%s: %s", reader_name (r), message);
}

/* ---- reading items ---- */

static FaissStatus short_read (const FaissIOReader *r, size_t got, size_t wanted, size_t size,
                               const char *name) {
    if (errno) {
        return faiss_file_error (r, "cannot read %s: %s", name, strerror (errno));
    }
    return faiss_file_error (r, "the file ends within %s: expected %zu x %zu bytes, got %zu", name,
                             wanted, size, got);
}

/* Items between two looks whether the caller wants an end. */
static size_t items_at_once (size_t size) {
    enum { BYTES = 8 * 1024 * 1024 };
    return size < BYTES ? BYTES / size : 1;
}

static FaissStatus read_items (FaissIOReader *r, void *ptr, size_t size, size_t n,
                               const char *name) {
    if (n == 0 || size == 0) {
        return FAISS_OK;
    }
    errno = 0;
    size_t got = 0, block = items_at_once (size);
    while (got < n) {
        size_t step = n - got < block ? n - got : block;
        size_t given = r->cls->read (r, (char *)ptr + got * size, size, step);
        got += given;
        if (given != step) {
            break;
        }
        if (got < n) {
            FAISS_TRY (faiss_check_interrupt ());
        }
    }
    return got == n ? FAISS_OK : short_read (r, got, n, size, name);
}

/* What is not in the file is not allocated: *known tells whether the reader could say so. */
static FaissStatus check_remaining (FaissIOReader *r, size_t n, size_t size, const char *name,
                                    bool *known) {
    *known = true;
    FAISS_REQUIRE_FILE (r, n <= SIZE_MAX / 2 / size, "%s has an impossible size of %zu x %zu bytes",
                        name, n, size);
    if (n * size > TRUSTED_BYTES) {
        size_t left = 0;
        *known = r->cls->remaining (r, &left);
        FAISS_REQUIRE_FILE (r, !*known || n * size <= left,
                            "%s has %zu x %zu bytes, but only %zu bytes follow", name, n, size,
                            left);
    }
    return FAISS_OK;
}

/* n items into new memory; NULL for none. */
static FaissStatus read_memory (FaissIOReader *r, size_t n, size_t size, void **out,
                                const char *name) {
    FAISS_AUTO_FREE (char) *memory = NULL;
    if (n == 0) {
        *out = NULL;
        return FAISS_OK;
    }
    bool known;
    FAISS_TRY (check_remaining (r, n, size, name, &known));
    size_t done = 0;
    size_t chunk = known ? n : FIRST_CHUNK / size + 1;
    while (done < n) {
        chunk = chunk < n - done ? chunk : n - done;
        char *grown = realloc (memory, (done + chunk) * size);
        if (!grown) {
            return faiss_fail (FAISS_STD_EXCEPT, "%s: no memory for %s: %zu x %zu bytes",
                               reader_name (r), name, n, size);
        }
        memory = grown;
        faiss_advise_huge_pages (memory + done * size, chunk * size);
        FAISS_TRY (read_items (r, memory + done * size, size, chunk, name));
        done += chunk;
        chunk = done;
    }
    *out = FAISS_STEAL (memory);
    return FAISS_OK;
}

/* The count in front of an array, against the limit on the bytes of any array. */
static FaissStatus read_count (FaissIOReader *r, size_t size, size_t *n, const char *name) {
    uint64_t count;
    FAISS_TRY (read_items (r, &count, sizeof count, 1, name));
    FAISS_REQUIRE_FILE (r, count < faiss_deserialization_vector_byte_limit / size,
                        "%s has %llu elements of %zu bytes, expected less than %zu bytes", name,
                        (unsigned long long)count, size, faiss_deserialization_vector_byte_limit);
    *n = (size_t)count;
    return FAISS_OK;
}

static FaissStatus check_array_bytes (const FaissIOReader *r, size_t n, size_t size,
                                      const char *name) {
    FAISS_REQUIRE_FILE (r, n <= faiss_deserialization_vector_byte_limit / size,
                        "%s has %zu x %zu bytes, expected at most %zu", name, n, size,
                        faiss_deserialization_vector_byte_limit);
    return FAISS_OK;
}

/* ---- scalars ---- */

static FaissStatus read_scalar (FaissIOReader *r, void *value, size_t size, const char *name) {
    unsigned char bytes[8];
    FAISS_TRY (read_items (r, bytes, size, 1, name));
    memcpy (value, bytes, size);
    return FAISS_OK;
}

FaissStatus faiss_read_bytes (FaissIOReader *r, void *bytes, size_t n, const char *name) {
    return read_items (r, bytes, 1, n, name);
}

FaissStatus faiss_read_u8 (FaissIOReader *r, uint8_t *value, const char *name) {
    return read_scalar (r, value, sizeof *value, name);
}

FaissStatus faiss_read_i8 (FaissIOReader *r, char *value, const char *name) {
    return read_scalar (r, value, sizeof *value, name);
}

FaissStatus faiss_read_bool (FaissIOReader *r, bool *value, const char *name) {
    uint8_t byte;
    FAISS_TRY (faiss_read_u8 (r, &byte, name));
    FAISS_REQUIRE_FILE (r, byte <= 1, "%s is %d, expected 0 or 1", name, byte);
    *value = byte;
    return FAISS_OK;
}

FaissStatus faiss_read_flag8 (FaissIOReader *r, bool *value, const char *name) {
    uint8_t byte;
    FAISS_TRY (faiss_read_u8 (r, &byte, name));
    *value = byte != 0;
    return FAISS_OK;
}

FaissStatus faiss_read_i32 (FaissIOReader *r, int *value, const char *name) {
    return read_scalar (r, value, sizeof *value, name);
}

FaissStatus faiss_read_u32 (FaissIOReader *r, uint32_t *value, const char *name) {
    return read_scalar (r, value, sizeof *value, name);
}

FaissStatus faiss_read_i64 (FaissIOReader *r, int64_t *value, const char *name) {
    return read_scalar (r, value, sizeof *value, name);
}

FaissStatus faiss_read_u64 (FaissIOReader *r, uint64_t *value, const char *name) {
    return read_scalar (r, value, sizeof *value, name);
}

FaissStatus faiss_read_size (FaissIOReader *r, size_t *value, const char *name) {
    uint64_t wide;
    FAISS_TRY (faiss_read_u64 (r, &wide, name));
    FAISS_REQUIRE_FILE (r, wide <= SIZE_MAX, "%s is %llu, too large for this machine", name,
                        (unsigned long long)wide);
    *value = (size_t)wide;
    return FAISS_OK;
}

FaissStatus faiss_read_f32 (FaissIOReader *r, float *value, const char *name) {
    return read_scalar (r, value, sizeof *value, name);
}

FaissStatus faiss_read_f64 (FaissIOReader *r, double *value, const char *name) {
    return read_scalar (r, value, sizeof *value, name);
}

/* ---- writing items ---- */

static FaissStatus write_items (FaissIOWriter *w, const void *ptr, size_t size, size_t n) {
    if (n == 0 || size == 0) {
        return FAISS_OK;
    }
    errno = 0;
    size_t written = 0, block = items_at_once (size);
    while (written < n) {
        size_t step = n - written < block ? n - written : block;
        size_t taken = w->cls->write (w, (const char *)ptr + written * size, size, step);
        written += taken;
        if (taken != step) {
            break;
        }
        if (written < n) {
            FAISS_TRY (faiss_check_interrupt ());
        }
    }
    if (written != n) {
        return faiss_fail (FAISS_EXCEPT, "%s: cannot write: %s (%zu of %zu x %zu bytes)",
                           w->name ? w->name : w->cls->head.name,
                           errno ? strerror (errno) : "the writer took less than it was given",
                           written, n, size);
    }
    return FAISS_OK;
}

FaissStatus faiss_write_bytes (FaissIOWriter *w, const void *bytes, size_t n) {
    return write_items (w, bytes, 1, n);
}

FaissStatus faiss_write_tag (FaissIOWriter *w, const char *tag) {
    return faiss_write_u32 (w, FAISS_FOURCC (tag));
}

FaissStatus faiss_write_u8 (FaissIOWriter *w, uint8_t value) {
    return write_items (w, &value, sizeof value, 1);
}

FaissStatus faiss_write_bool (FaissIOWriter *w, bool value) {
    return faiss_write_u8 (w, value ? 1 : 0);
}

FaissStatus faiss_write_i32 (FaissIOWriter *w, int value) {
    return write_items (w, &value, sizeof value, 1);
}

FaissStatus faiss_write_u32 (FaissIOWriter *w, uint32_t value) {
    return write_items (w, &value, sizeof value, 1);
}

FaissStatus faiss_write_i64 (FaissIOWriter *w, int64_t value) {
    return write_items (w, &value, sizeof value, 1);
}

FaissStatus faiss_write_u64 (FaissIOWriter *w, uint64_t value) {
    return write_items (w, &value, sizeof value, 1);
}

FaissStatus faiss_write_f32 (FaissIOWriter *w, float value) {
    return write_items (w, &value, sizeof value, 1);
}

FaissStatus faiss_write_f64 (FaissIOWriter *w, double value) {
    return write_items (w, &value, sizeof value, 1);
}

/* ---- vectors ---- */

static FaissStatus read_counted (FaissIOReader *r, size_t size, void **data, size_t *n,
                                 const char *name) {
    FAISS_TRY (read_count (r, size, n, name));
    return read_memory (r, *n, size, data, name);
}

static FaissStatus write_counted (FaissIOWriter *w, const void *data, size_t n, size_t size) {
    FAISS_TRY (faiss_write_u64 (w, n));
    return write_items (w, data, size, n);
}

/* A vector takes over memory from malloc. */
#define ADOPT(Name, v, memory, n)                                                                  \
    do {                                                                                           \
        faiss_##Name##_clear (v);                                                                  \
        (v)->data = (memory);                                                                      \
        (v)->size = (v)->capacity = (n);                                                           \
    } while (0)

#define DEFINE_VECTOR_FIELDS(Name)                                                                 \
    FaissStatus faiss_read_##Name (FaissIOReader *r, Faiss##Name *v, const char *name) {           \
        void *memory;                                                                              \
        size_t n;                                                                                  \
        FAISS_TRY (read_counted (r, sizeof *v->data, &memory, &n, name));                          \
        ADOPT (Name, v, memory, n);                                                                \
        return FAISS_OK;                                                                           \
    }                                                                                              \
    FaissStatus faiss_write_##Name (FaissIOWriter *w, const Faiss##Name *v) {                      \
        return write_counted (w, v->data, v->size, sizeof *v->data);                               \
    }

DEFINE_VECTOR_FIELDS (Float32Vector)
DEFINE_VECTOR_FIELDS (Float64Vector)
DEFINE_VECTOR_FIELDS (Int32Vector)
DEFINE_VECTOR_FIELDS (Int64Vector)
DEFINE_VECTOR_FIELDS (UInt64Vector)

/* ---- bytes, which may be a view of a mapped file ---- */

FaissStatus faiss_read_codes (FaissIOReader *r, FaissUInt8Vector *v, size_t n, const char *name) {
    FAISS_TRY (check_array_bytes (r, n, 1, name));
    FaissMemoryOwner *owner = NULL;
    void *view = v->size == 0 && n > 0 ? r->cls->view (r, n, &owner) : NULL;
    if (view) {
        faiss_UInt8Vector_view (v, view, n, owner);
        return FAISS_OK;
    }
    FAISS_AUTO_FREE (void) *memory = NULL;
    FAISS_TRY (read_memory (r, n, 1, &memory, name));
    if (v->size == 0) {
        ADOPT (UInt8Vector, v, FAISS_STEAL (memory), n);
        return FAISS_OK;
    }
    return faiss_UInt8Vector_append (v, memory, n);
}

FaissStatus faiss_read_UInt8Vector (FaissIOReader *r, FaissUInt8Vector *v, const char *name) {
    size_t n;
    FAISS_TRY (read_count (r, 1, &n, name));
    faiss_UInt8Vector_clear (v);
    return faiss_read_codes (r, v, n, name);
}

FaissStatus faiss_write_UInt8Vector (FaissIOWriter *w, const FaissUInt8Vector *v) {
    return write_counted (w, v->data, v->size, 1);
}

FaissStatus faiss_read_xb (FaissIOReader *r, FaissUInt8Vector *v, const char *name) {
    size_t n;
    FAISS_TRY (read_count (r, sizeof (float), &n, name));
    faiss_UInt8Vector_clear (v);
    return faiss_read_codes (r, v, n * sizeof (float), name);
}

FaissStatus faiss_write_xb (FaissIOWriter *w, const FaissUInt8Vector *v) {
    FAISS_REQUIRE (v->size % sizeof (float) == 0, "%zu code bytes are no whole number of floats",
                   v->size);
    return write_counted (w, v->data, v->size / sizeof (float), sizeof (float));
}

/* Ids are numbers to the processor: what is not aligned in the mapped file is copied. */
FaissStatus faiss_read_ids (FaissIOReader *r, FaissInt64Vector *v, size_t n, const char *name) {
    FAISS_TRY (check_array_bytes (r, n, sizeof (int64_t), name));
    FaissMemoryOwner *owner = NULL;
    size_t bytes = n * sizeof (int64_t);
    void *view = v->size == 0 && n > 0 ? r->cls->view (r, bytes, &owner) : NULL;
    if (view && (uintptr_t)view % sizeof (int64_t) == 0) {
        faiss_Int64Vector_view (v, view, n, owner);
        return FAISS_OK;
    }
    FAISS_AUTO_FREE (void) *memory = NULL;
    if (view) {
        FAISS_TRY (faiss_alloc (&memory, n, sizeof (int64_t)));
        memcpy (memory, view, bytes);
    } else {
        FAISS_TRY (read_memory (r, n, sizeof (int64_t), &memory, name));
    }
    if (v->size == 0) {
        ADOPT (Int64Vector, v, FAISS_STEAL (memory), n);
        return FAISS_OK;
    }
    return faiss_Int64Vector_append (v, memory, n);
}

FaissStatus faiss_read_array (FaissIOReader *r, void *out, size_t n, size_t size,
                              const char *name) {
    void *memory;
    FAISS_TRY (check_array_bytes (r, n, size, name));
    FAISS_TRY (read_memory (r, n, size, &memory, name));
    if (!memory) {
        FAISS_TRY (faiss_alloc (&memory, 1, size));
    }
    memcpy (out, &memory, sizeof memory);
    return FAISS_OK;
}

/* ---- the header of float indexes ---- */

enum {
    MAX_DIMENSION = 1 << 20,
    RESERVED = 1 << 20, /* the content of two fields that mean nothing */
};

static bool is_metric (int metric) {
    return (metric >= METRIC_INNER_PRODUCT && metric <= METRIC_Lp) ||
           (metric >= METRIC_Canberra && metric <= METRIC_GOWER);
}

FaissStatus faiss_read_index_header (FaissIOReader *r, FaissIndex *index) {
    int d, metric;
    int64_t ntotal, reserved;
    bool is_trained;
    float metric_arg = 0;
    FAISS_TRY (faiss_read_i32 (r, &d, "d"));
    FAISS_TRY (faiss_read_i64 (r, &ntotal, "ntotal"));
    FAISS_TRY (faiss_read_i64 (r, &reserved, "reserved"));
    FAISS_TRY (faiss_read_i64 (r, &reserved, "reserved"));
    FAISS_TRY (faiss_read_bool (r, &is_trained, "is_trained"));
    FAISS_TRY (faiss_read_i32 (r, &metric, "metric_type"));
    FAISS_REQUIRE_FILE (r, d >= 0 && d <= MAX_DIMENSION, "d is %d, expected 0 to %d", d,
                        MAX_DIMENSION);
    FAISS_REQUIRE_FILE (r, ntotal >= 0, "ntotal is %lld, expected >= 0", (long long)ntotal);
    FAISS_REQUIRE_FILE (r, is_metric (metric), "metric_type is %d, expected 0 to 4 or 20 to 25",
                        metric);
    if (metric > METRIC_L2) {
        FAISS_TRY (faiss_read_f32 (r, &metric_arg, "metric_arg"));
    }
    index->d = d;
    index->ntotal = ntotal;
    index->is_trained = is_trained;
    index->metric_type = (FaissMetricType)metric;
    index->metric_arg = metric_arg;
    return FAISS_OK;
}

FaissStatus faiss_write_index_header (FaissIOWriter *w, const FaissIndex *index) {
    FAISS_TRY (faiss_write_i32 (w, index->d));
    FAISS_TRY (faiss_write_i64 (w, index->ntotal));
    FAISS_TRY (faiss_write_i64 (w, RESERVED));
    FAISS_TRY (faiss_write_i64 (w, RESERVED));
    FAISS_TRY (faiss_write_bool (w, index->is_trained));
    FAISS_TRY (faiss_write_i32 (w, (int)index->metric_type));
    if (index->metric_type > METRIC_L2) {
        FAISS_TRY (faiss_write_f32 (w, index->metric_arg));
    }
    return FAISS_OK;
}
