/* Index files: upstream's format, byte for byte (docs/file-format.md). */
#ifndef FAISS_INDEX_IO_H
#define FAISS_INDEX_IO_H

#include <faiss/Index.h>
#include <faiss/VectorTransform.h>
#include <faiss/impl/ProductQuantizer.h>
#include <faiss/impl/io.h>
#include <faiss/invlists/InvertedLists.h>

FAISS_BEGIN_DECLS

/* Upstream's C API has macros of these names, the first with a number that means nothing. */
#undef FAISS_IO_FLAG_MMAP
#undef FAISS_IO_FLAG_READ_ONLY

/* io_flags: how to read or write; combine with |. Other bits mean nothing. */
enum {
    FAISS_IO_FLAG_SKIP_STORAGE = 1,           ///< write: graph indexes without their vectors
    FAISS_IO_FLAG_READ_ONLY = 2,              ///< read: on-disk lists are mapped read-only
    FAISS_IO_FLAG_ONDISK_SAME_DIR = 4,        ///< read: on-disk lists lie beside the index file
    FAISS_IO_FLAG_SKIP_IVF_DATA = 8,          ///< read: the data of on-disk lists are not opened
    FAISS_IO_FLAG_SKIP_PRECOMPUTE_TABLE = 16, ///< read: derived tables are not built
    FAISS_IO_FLAG_PQ_SKIP_SDC_TABLE = 32,     ///< read: symmetric tables are not built
    FAISS_IO_FLAG_MMAP_IFC = 512,             ///< read: large arrays are views of the mapped file
    FAISS_IO_FLAG_MMAP = 0x646f0008,          ///< read: inverted lists are views of the mapped file
};

/** Write an index.
 *
 * To a file name: atomically, the old content stays if anything fails. To a FILE: from its current
 * position, neither flushed nor closed.
 */
FaissStatus faiss_write_index (const FaissIndex *idx, FILE *f);
FaissStatus faiss_write_index_fname (const FaissIndex *idx, const char *fname);
FaissStatus faiss_write_index_custom (const FaissIndex *idx, FaissIOWriter *io_writer,
                                      int io_flags);

/** Read an index; it owns all of its parts.
 *
 * Files are mapped where a flag asks for it, by name, by FILE or by a FileIOReader; other readers
 * copy for MMAP_IFC and refuse MMAP. What is mapped may be replaced or deleted, but not cut short.
 * From a FILE exactly the index's bytes are consumed, so that several may follow each other. The
 * tag "null" reads as success with *out NULL. Damaged and foreign files are refused with a message.
 */
FaissStatus faiss_read_index (FILE *f, int io_flags, FaissIndex **out);
FaissStatus faiss_read_index_fname (const char *fname, int io_flags, FaissIndex **out);
FaissStatus faiss_read_index_custom (FaissIOReader *io_reader, int io_flags, FaissIndex **out);

/* Transforms and inverted lists alone; as indexes. What is read is the caller's. */
FaissStatus faiss_write_VectorTransform_fname (const FaissVectorTransform *vt, const char *fname);
FaissStatus faiss_write_VectorTransform_custom (const FaissVectorTransform *vt,
                                                FaissIOWriter *io_writer);
FaissStatus faiss_read_VectorTransform_fname (const char *fname, FaissVectorTransform **out);
FaissStatus faiss_read_VectorTransform_custom (FaissIOReader *io_reader,
                                               FaissVectorTransform **out);

/* Inverted lists alone. What is read is the caller's. */
FaissStatus faiss_write_InvertedLists_custom (const FaissInvertedLists *ils,
                                              FaissIOWriter *io_writer);
FaissStatus faiss_read_InvertedLists_custom (FaissIOReader *io_reader, int io_flags,
                                             FaissInvertedLists **out);

/* A product quantizer alone; its file has no tag. */
FaissStatus faiss_write_ProductQuantizer_fname (const FaissProductQuantizer *pq, const char *fname);
FaissStatus faiss_write_ProductQuantizer_custom (const FaissProductQuantizer *pq,
                                                 FaissIOWriter *io_writer);
FaissStatus faiss_read_ProductQuantizer_fname (const char *fname, FaissProductQuantizer **out);
FaissStatus faiss_read_ProductQuantizer_custom (FaissIOReader *io_reader,
                                                FaissProductQuantizer **out);

/** Limits on what a file may ask for (process-wide, not synchronised).
 *
 * The loop limit bounds counts such as nlist (0: no limit); the byte limit bounds each array.
 */
void faiss_set_deserialization_loop_limit (size_t value);
size_t faiss_get_deserialization_loop_limit (void);
void faiss_set_deserialization_vector_byte_limit (size_t value);
size_t faiss_get_deserialization_vector_byte_limit (void);
/// The largest r2 that an IndexLattice may have in a file; 0 (the default): whatever can be made.
void faiss_set_deserialization_lattice_r2_limit (size_t value);
size_t faiss_get_deserialization_lattice_r2_limit (void);

FAISS_END_DECLS

#endif
