/* What the subclasses of IndexHNSW and IndexNSG are made of. Not for public headers. */
#ifndef FAISS_GRAPH_SUBCLASS_H
#define FAISS_GRAPH_SUBCLASS_H

#include <faiss/IndexHNSW.h>
#include <faiss/IndexNSG.h>
#include <faiss/impl/io_fields.h>

/// An index of a class over a storage, which is given away, also on failure.
FaissStatus faiss_IndexHNSW_new_over (void *out, FaissClass *cls, FaissIndex *storage, int M);

/// The same over what index_factory makes of a description.
FaissStatus faiss_IndexHNSW_new_of (void *out, FaissClass *cls, int d, const char *storage,
                                    FaissMetricType metric, const char *M);

/// An index of a class from a file whose tag was read; and the other way.
FaissStatus faiss_IndexHNSW_read_as (FaissClass *cls, void *out, FaissIOReader *r, int io_flags);
/// What follows the header and the class's own fields.
FaissStatus faiss_IndexHNSW_read_fields (FaissIndexHNSW *self, FaissIOReader *r, int io_flags);
FaissStatus faiss_IndexHNSW_write_fields (const FaissIndexHNSW *self, FaissIOWriter *w,
                                          int io_flags);
FaissStatus faiss_IndexHNSW_write_as (const FaissIndexHNSW *self, const char *tag, FaissIOWriter *w,
                                      int io_flags);

/// An index of a class over a storage, which is given away, also on failure; NULL:
/// without.
FaissStatus faiss_IndexNSG_new_over (void *out, FaissClass *cls, FaissIndex *storage, int R);

/// The same over what index_factory makes of a description.
FaissStatus faiss_IndexNSG_new_of (void *out, FaissClass *cls, int d, const char *storage,
                                   FaissMetricType metric, const char *R);

/// An index of a class from a file whose tag was read; and the other way.
FaissStatus faiss_IndexNSG_read_as (FaissClass *cls, void *out, FaissIOReader *r, int io_flags);
FaissStatus faiss_IndexNSG_write_as (const FaissIndexNSG *self, const char *tag, FaissIOWriter *w);

#endif
