/* Fields of index files, for the classes' read and write functions. Little-endian.
 * Not for public headers.
 *
 * Reading trusts nothing: a count is checked against the bytes that remain before memory is
 * allocated (where the reader cannot tell, memory grows with what really arrives).
 */
#ifndef FAISS_IO_FIELDS_H
#define FAISS_IO_FIELDS_H

#include <faiss/Index.h>
#include <faiss/impl/io.h>

/// A tag (fourcc) as a number: FAISS_FOURCC ("IxF2")
#define FAISS_FOURCC(s)                                                                            \
    ((uint32_t)(uint8_t)(s)[0] | (uint32_t)(uint8_t)(s)[1] << 8 |                                  \
     (uint32_t)(uint8_t)(s)[2] << 16 | (uint32_t)(uint8_t)(s)[3] << 24)

/* Scalars. Reads fail at the end of the file; `name` is the field's name, for messages. */
FaissStatus faiss_read_bytes (FaissIOReader *r, void *bytes, size_t n, const char *name);
FaissStatus faiss_read_u8 (FaissIOReader *r, uint8_t *value, const char *name);
FaissStatus faiss_read_i8 (FaissIOReader *r, char *value, const char *name);
FaissStatus faiss_read_bool (FaissIOReader *r, bool *value, const char *name);  ///< 0 or 1 only
FaissStatus faiss_read_flag8 (FaissIOReader *r, bool *value, const char *name); ///< nonzero is true
FaissStatus faiss_read_i32 (FaissIOReader *r, int *value, const char *name);
FaissStatus faiss_read_u32 (FaissIOReader *r, uint32_t *value, const char *name);
FaissStatus faiss_read_i64 (FaissIOReader *r, int64_t *value, const char *name);
FaissStatus faiss_read_u64 (FaissIOReader *r, uint64_t *value, const char *name);
FaissStatus faiss_read_size (FaissIOReader *r, size_t *value, const char *name); ///< u64
FaissStatus faiss_read_f32 (FaissIOReader *r, float *value, const char *name);
FaissStatus faiss_read_f64 (FaissIOReader *r, double *value, const char *name);

FaissStatus faiss_write_bytes (FaissIOWriter *w, const void *bytes, size_t n);
FaissStatus faiss_write_tag (FaissIOWriter *w, const char *tag);
FaissStatus faiss_write_u8 (FaissIOWriter *w, uint8_t value);
FaissStatus faiss_write_bool (FaissIOWriter *w, bool value);
FaissStatus faiss_write_i32 (FaissIOWriter *w, int value);
FaissStatus faiss_write_u32 (FaissIOWriter *w, uint32_t value);
FaissStatus faiss_write_i64 (FaissIOWriter *w, int64_t value);
FaissStatus faiss_write_u64 (FaissIOWriter *w, uint64_t value);
FaissStatus faiss_write_f32 (FaissIOWriter *w, float value);
FaissStatus faiss_write_f64 (FaissIOWriter *w, double value);

/* Vectors: u64 count, then the elements. A read replaces the content of an empty vector. */
FaissStatus faiss_read_Float32Vector (FaissIOReader *r, FaissFloat32Vector *v, const char *name);
FaissStatus faiss_read_Float64Vector (FaissIOReader *r, FaissFloat64Vector *v, const char *name);
FaissStatus faiss_read_Int32Vector (FaissIOReader *r, FaissInt32Vector *v, const char *name);
FaissStatus faiss_read_Int64Vector (FaissIOReader *r, FaissInt64Vector *v, const char *name);
FaissStatus faiss_read_UInt8Vector (FaissIOReader *r, FaissUInt8Vector *v, const char *name);
FaissStatus faiss_read_UInt64Vector (FaissIOReader *r, FaissUInt64Vector *v, const char *name);

FaissStatus faiss_write_Float32Vector (FaissIOWriter *w, const FaissFloat32Vector *v);
FaissStatus faiss_write_Float64Vector (FaissIOWriter *w, const FaissFloat64Vector *v);
FaissStatus faiss_write_Int32Vector (FaissIOWriter *w, const FaissInt32Vector *v);
FaissStatus faiss_write_Int64Vector (FaissIOWriter *w, const FaissInt64Vector *v);
FaissStatus faiss_write_UInt8Vector (FaissIOWriter *w, const FaissUInt8Vector *v);
FaissStatus faiss_write_UInt64Vector (FaissIOWriter *w, const FaissUInt64Vector *v);

/// Code bytes whose count is stored in units of four bytes ("f32[]" of IndexFlat).
FaissStatus faiss_read_xb (FaissIOReader *r, FaissUInt8Vector *v, const char *name);
FaissStatus faiss_write_xb (FaissIOWriter *w, const FaissUInt8Vector *v);

/// n elements of `size` bytes without a count, into new memory (*out, to be freed by the caller).
FaissStatus faiss_read_array (FaissIOReader *r, void *out, size_t n, size_t size, const char *name);

/// Append n bytes without a count to a vector (a view of a mapped file where that is possible).
FaissStatus faiss_read_codes (FaissIOReader *r, FaissUInt8Vector *v, size_t n, const char *name);
FaissStatus faiss_read_ids (FaissIOReader *r, FaissInt64Vector *v, size_t n, const char *name);

/// The header of every float index; sets d, ntotal, is_trained, metric_type, metric_arg.
FaissStatus faiss_read_index_header (FaissIOReader *r, FaissIndex *index);
FaissStatus faiss_write_index_header (FaissIOWriter *w, const FaissIndex *index);

/** A nested object: its tag, then the class's read or write function.
 *
 * @param root  what is expected, &faiss_Index_class.head for instance; other classes' tags are
 *              refused
 * @param out   NULL for the tag "null" (a missing index) and "il00"
 */
FaissStatus faiss_read_object (FaissIOReader *r, const FaissClass *root, int io_flags, void *out);
FaissStatus faiss_write_object (FaissIOWriter *w, const void *object, int io_flags);

/// A rule of the file format is broken: the message names the reader's file.
#define FAISS_REQUIRE_FILE(reader, cond, ...)                                                      \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            faiss_file_error (reader, __VA_ARGS__);                                                \
            return FAISS_EXCEPT;                                                                   \
        }                                                                                          \
    } while (0)

/// Record "file: class of the object: message"; returns FAISS_EXCEPT.
FaissStatus faiss_file_error (const FaissIOReader *r, const char *format, ...) FAISS_PRINTF (2, 3);

#endif
