/* Readers and writers made of the caller's functions. */
#ifndef FAISS_IO_C_H
#define FAISS_IO_C_H

#include "../Index_c.h"

FAISS_C_API_BEGIN

FAISS_DECLARE_CLASS (IOReader)
FAISS_DECLARE_CLASS (IOWriter)
FAISS_DECLARE_CLASS_INHERITED (CustomIOReader, IOReader)
FAISS_DECLARE_CLASS_INHERITED (CustomIOWriter, IOWriter)

void faiss_IOReader_free (FaissIOReader *self);
void faiss_IOWriter_free (FaissIOWriter *self);

/** A reader by a function like fread that needs no stream.
 *
 * The function must return nitems; any other count is an error. nitems may be 0.
 */
int faiss_CustomIOReader_new (FaissCustomIOReader **out,
                              size_t (*func_in) (void *ptr, size_t size, size_t nitems));
void faiss_CustomIOReader_free (FaissCustomIOReader *self);

/// A writer by a function like fwrite, in the same way.
int faiss_CustomIOWriter_new (FaissCustomIOWriter **out,
                              size_t (*func_in) (const void *ptr, size_t size, size_t nitems));
void faiss_CustomIOWriter_free (FaissCustomIOWriter *self);

FAISS_C_API_END

#endif
