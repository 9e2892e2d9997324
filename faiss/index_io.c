/* Index files: whole objects from and to files, streams and memory. */
#include <faiss/index_io.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/io_limits.h>
#include <faiss/impl/pq_internal.h>

/* ---- limits ---- */

void faiss_set_deserialization_loop_limit (size_t value) {
    faiss_deserialization_loop_limit = value;
}

size_t faiss_get_deserialization_loop_limit (void) {
    return faiss_deserialization_loop_limit;
}

void faiss_set_deserialization_vector_byte_limit (size_t value) {
    faiss_deserialization_vector_byte_limit = value;
}

size_t faiss_get_deserialization_vector_byte_limit (void) {
    return faiss_deserialization_vector_byte_limit;
}

void faiss_set_deserialization_lattice_r2_limit (size_t value) {
    faiss_deserialization_lattice_r2_limit = value;
}

size_t faiss_get_deserialization_lattice_r2_limit (void) {
    return faiss_deserialization_lattice_r2_limit;
}

/* ---- reading ---- */

/* Errors that know nothing of files, such as those of constructors, get the file's name too. */
static FaissStatus name_the_file (const FaissIOReader *r, FaissStatus status) {
    const char *message = faiss_get_last_error ();
    if (status != FAISS_OK && r->name && message && !strstr (message, r->name)) {
        char copy[1024];
        snprintf (copy, sizeof copy, "%s", message);
        faiss_fail (status, "%s: %s", r->name, copy);
    }
    return status;
}

static FaissStatus read_named (FaissIOReader *r, const FaissClass *root, int io_flags, void *out) {
    r->object = NULL;
    return name_the_file (r, faiss_read_object (r, root, io_flags, out));
}

static bool wants_mapping (int io_flags) {
    return (io_flags & FAISS_IO_FLAG_MMAP_IFC) ||
           (io_flags & FAISS_IO_FLAG_MMAP) == FAISS_IO_FLAG_MMAP;
}

static FaissStatus map_file_of (FaissFileIOReader *file, FaissMappedFileIOReader **out) {
    FAISS_OWNED (MappedFileIOReader) *mapped = NULL;
    FAISS_TRY (faiss_MappedFileIOReader_new_with_file (&mapped, file->f));
    if (file->reader.name) {
        FAISS_TRY (faiss_alloc (&mapped->reader.name, strlen (file->reader.name) + 1, 1));
        strcpy (mapped->reader.name, file->reader.name);
    }
    *out = FAISS_STEAL (mapped);
    return FAISS_OK;
}

/* The reader of a file stands behind the object afterwards, as if it had read it. */
static FaissStatus read_mapped (FaissFileIOReader *file, const FaissClass *root, int io_flags,
                                void *out) {
    void *object = NULL;
    FAISS_OWNED (MappedFileIOReader) *mapped = NULL;
    FAISS_TRY (name_the_file (&file->reader, map_file_of (file, &mapped)));
    FAISS_TRY (read_named (&mapped->reader, root, io_flags, &object));
    if (fseeko (file->f, (off_t)mapped->pos, SEEK_SET) != 0) {
        faiss_object_free (object);
        FAISS_FAIL ("the stream cannot be positioned");
    }
    memcpy (out, &object, sizeof object);
    return FAISS_OK;
}

static FaissStatus read_by_flags (FaissIOReader *r, const FaissClass *root, int io_flags,
                                  void *out) {
    FaissFileIOReader *file = faiss_object_cast (r, &faiss_FileIOReader_class.head);
    if (file && wants_mapping (io_flags)) {
        return read_mapped (file, root, io_flags, out);
    }
    return read_named (r, root, io_flags, out);
}

FaissStatus faiss_read_index_custom (FaissIOReader *io_reader, int io_flags, FaissIndex **out) {
    FAISS_REQUIRE_ARG (io_reader);
    FAISS_REQUIRE_ARG (out);
    return read_by_flags (io_reader, &faiss_Index_class.head, io_flags, out);
}

FaissStatus faiss_read_index (FILE *f, int io_flags, FaissIndex **out) {
    FAISS_REQUIRE_ARG (f);
    FAISS_REQUIRE_ARG (out);
    FaissFileIOReader *reader;
    FAISS_TRY (faiss_FileIOReader_new_with_file (&reader, f));
    FAISS_OWNED (FileIOReader) *owned = reader;
    return faiss_read_index_custom (&owned->reader, io_flags, out);
}

FaissStatus faiss_read_index_fname (const char *fname, int io_flags, FaissIndex **out) {
    FAISS_REQUIRE_ARG (fname);
    FAISS_REQUIRE_ARG (out);
    FaissFileIOReader *reader;
    FAISS_TRY (faiss_FileIOReader_new_with_name (&reader, fname));
    FAISS_OWNED (FileIOReader) *owned = reader;
    return faiss_read_index_custom (&owned->reader, io_flags, out);
}

FaissStatus faiss_read_VectorTransform_custom (FaissIOReader *io_reader,
                                               FaissVectorTransform **out) {
    FAISS_REQUIRE_ARG (io_reader);
    FAISS_REQUIRE_ARG (out);
    return read_named (io_reader, &faiss_VectorTransform_class.head, 0, out);
}

FaissStatus faiss_read_VectorTransform_fname (const char *fname, FaissVectorTransform **out) {
    FAISS_REQUIRE_ARG (fname);
    FAISS_REQUIRE_ARG (out);
    FaissFileIOReader *reader;
    FAISS_TRY (faiss_FileIOReader_new_with_name (&reader, fname));
    FAISS_OWNED (FileIOReader) *owned = reader;
    return faiss_read_VectorTransform_custom (&owned->reader, out);
}

FaissStatus faiss_read_ProductQuantizer_custom (FaissIOReader *io_reader,
                                                FaissProductQuantizer **out) {
    FAISS_REQUIRE_ARG (io_reader);
    FAISS_REQUIRE_ARG (out);
    FAISS_OWNED (ProductQuantizer) *pq = NULL;
    FAISS_TRY (faiss_ProductQuantizer_new (&pq));
    FAISS_TRY (faiss_read_pq (io_reader, pq));
    *out = FAISS_STEAL (pq);
    return FAISS_OK;
}

FaissStatus faiss_read_ProductQuantizer_fname (const char *fname, FaissProductQuantizer **out) {
    FAISS_REQUIRE_ARG (fname);
    FAISS_REQUIRE_ARG (out);
    FaissFileIOReader *reader;
    FAISS_TRY (faiss_FileIOReader_new_with_name (&reader, fname));
    FAISS_OWNED (FileIOReader) *owned = reader;
    return faiss_read_ProductQuantizer_custom (&owned->reader, out);
}

FaissStatus faiss_read_InvertedLists_custom (FaissIOReader *io_reader, int io_flags,
                                             FaissInvertedLists **out) {
    FAISS_REQUIRE_ARG (io_reader);
    FAISS_REQUIRE_ARG (out);
    return read_by_flags (io_reader, &faiss_InvertedLists_class.head, io_flags, out);
}

/* ---- writing ---- */

FaissStatus faiss_write_index_custom (const FaissIndex *idx, FaissIOWriter *io_writer,
                                      int io_flags) {
    FAISS_REQUIRE_ARG (idx);
    FAISS_TRY (faiss_object_check (idx));
    FAISS_REQUIRE_ARG (io_writer);
    return faiss_write_object (io_writer, idx, io_flags);
}

FaissStatus faiss_write_index (const FaissIndex *idx, FILE *f) {
    FAISS_REQUIRE_ARG (idx);
    FAISS_TRY (faiss_object_check (idx));
    FAISS_REQUIRE_ARG (f);
    FaissFileIOWriter *writer;
    FAISS_TRY (faiss_FileIOWriter_new_with_file (&writer, f));
    FAISS_OWNED (FileIOWriter) *owned = writer;
    return faiss_write_object (&owned->writer, idx, 0);
}

static FaissStatus write_to_name (const void *object, const char *fname) {
    FaissFileIOWriter *writer;
    FAISS_TRY (faiss_FileIOWriter_new_with_name (&writer, fname));
    FAISS_OWNED (FileIOWriter) *owned = writer;
    FAISS_TRY (faiss_write_object (&owned->writer, object, 0));
    return faiss_FileIOWriter_close (owned);
}

FaissStatus faiss_write_index_fname (const FaissIndex *idx, const char *fname) {
    FAISS_REQUIRE_ARG (idx);
    FAISS_TRY (faiss_object_check (idx));
    FAISS_REQUIRE_ARG (fname);
    return write_to_name (idx, fname);
}

FaissStatus faiss_write_VectorTransform_custom (const FaissVectorTransform *vt,
                                                FaissIOWriter *io_writer) {
    FAISS_REQUIRE_ARG (vt);
    FAISS_REQUIRE_ARG (io_writer);
    return faiss_write_object (io_writer, vt, 0);
}

FaissStatus faiss_write_VectorTransform_fname (const FaissVectorTransform *vt, const char *fname) {
    FAISS_REQUIRE_ARG (vt);
    FAISS_REQUIRE_ARG (fname);
    return write_to_name (vt, fname);
}

FaissStatus faiss_write_ProductQuantizer_custom (const FaissProductQuantizer *pq,
                                                 FaissIOWriter *io_writer) {
    FAISS_REQUIRE_ARG (pq);
    FAISS_REQUIRE_ARG (io_writer);
    return faiss_write_pq (io_writer, pq);
}

FaissStatus faiss_write_ProductQuantizer_fname (const FaissProductQuantizer *pq,
                                                const char *fname) {
    FAISS_REQUIRE_ARG (pq);
    FAISS_REQUIRE_ARG (fname);
    FaissFileIOWriter *writer;
    FAISS_TRY (faiss_FileIOWriter_new_with_name (&writer, fname));
    FAISS_OWNED (FileIOWriter) *owned = writer;
    FAISS_TRY (faiss_write_pq (&owned->writer, pq));
    return faiss_FileIOWriter_close (owned);
}

FaissStatus faiss_write_InvertedLists_custom (const FaissInvertedLists *ils,
                                              FaissIOWriter *io_writer) {
    FAISS_REQUIRE_ARG (io_writer);
    if (!ils) {
        return faiss_write_tag (io_writer, "il00");
    }
    return faiss_write_object (io_writer, ils, 0);
}
