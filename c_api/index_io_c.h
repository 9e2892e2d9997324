/* Index files. */
#ifndef FAISS_INDEX_IO_C_H
#define FAISS_INDEX_IO_C_H

#include <stdio.h>

#include "Index_c.h"
#include "VectorTransform_c.h"
#include "impl/io_c.h"

FAISS_C_API_BEGIN

/* io_flags; 1 is ignored when reading */
#define FAISS_IO_FLAG_MMAP 1
#define FAISS_IO_FLAG_READ_ONLY 2

/// Write to a stream, from its position on; it is neither flushed nor closed.
int faiss_write_index (const FaissIndex *idx, FILE *f);
/// Write to a file; if that fails, what was there before stays.
int faiss_write_index_fname (const FaissIndex *idx, const char *fname);
int faiss_write_index_custom (const FaissIndex *idx, FaissIOWriter *io_writer, int io_flags);

/** Read an index, which owns all of its parts.
 *
 * From a stream exactly the index's bytes are consumed. A file that says "no index" (tag `null`) is
 * read with success, *out is NULL then.
 */
int faiss_read_index (FILE *f, int io_flags, FaissIndex **out);
int faiss_read_index_fname (const char *fname, int io_flags, FaissIndex **out);
int faiss_read_index_custom (FaissIOReader *io_reader, int io_flags, FaissIndex **out);

int faiss_read_VectorTransform_fname (const char *fname, FaissVectorTransform **out);

FAISS_C_API_END

#endif
