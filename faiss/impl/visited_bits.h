/* Marks of a VisitedTable as bits, and back. Not for public headers. */
#ifndef FAISS_VISITED_BITS_H
#define FAISS_VISITED_BITS_H

#include <faiss/impl/VisitedTable.h>
#include <faiss/impl/hnsw_internal.h>

/// The marks of n nodes, also after a failure to be freed.
FaissStatus faiss_visited_open (FaissVisited *self, const FaissVisitedTable *table, size_t n);

/// To the table, the marks that it does not have. A vector gets longer if need be.
FaissStatus faiss_visited_tell (const FaissVisited *self, FaissVisitedTable *table, size_t n);

#endif
