/* Index files in memory, as a widely used fork's C API has them. */
#ifndef FAISS_INDEX_IO_C_EX_H
#define FAISS_INDEX_IO_C_EX_H

#include "index_io_c.h"

FAISS_C_API_BEGIN

/// Write an index to memory. @param buf  output, to be released by faiss_free_buf
int faiss_write_index_buf (const FaissIndex *idx, size_t *buf_size, uint8_t **buf);

/// Read an index from the first `limit` bytes of a buffer, which is not needed afterwards.
int faiss_read_index_buf (const uint8_t *buf, size_t limit, int io_flags, FaissIndex **out);

/// Release *buf and set it to NULL.
void faiss_free_buf (uint8_t **buf);

FAISS_C_API_END

#endif
