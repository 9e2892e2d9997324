/* Index files, and what the subcommands do with the indexes in them. */
#ifndef FAISS_CLI_INDEX_FILE_H
#define FAISS_CLI_INDEX_FILE_H

#include <faiss/Index.h>

#include "output.h"
#include "vectors.h"

/// Read an index; fails with a message. The caller frees it.
FaissIndex *index_read (const char *path);

/// The same; NULL for a file that says that there is none (the tag "null").
FaissIndex *index_read_or_null (const char *path);

/// Write an index to an open Output and finish it. Returns the size in bytes.
long long index_write (const FaissIndex *index, Output *output);

/** Add all vectors of a file, block by block.
 *
 * @param ids  a file of their ids, or NULL for ntotal, ntotal + 1, ...
 */
void index_add (FaissIndex *index, Vectors *vectors, const char *ids);

/// The index whose parameters matter: the one inside of id maps and transforms.
FaissIndex *index_tuned (FaissIndex *index);

/// Set parameters of the search like "nprobe=16"; fails with a message. NULL changes nothing.
void index_set_parameters (FaissIndex *index, const char *parameters);

#endif
