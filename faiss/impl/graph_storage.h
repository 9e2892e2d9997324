/* What indexes that are a graph over the vectors of another index, the storage, have in common.
 * Not for public headers. */
#ifndef FAISS_GRAPH_STORAGE_H
#define FAISS_GRAPH_STORAGE_H

#include <faiss/Index.h>
#include <faiss/impl/io_fields.h>
#include <faiss/utils/string.h>

/// Flat vectors as a storage.
FaissStatus faiss_graph_storage_new_flat (FaissIndex **out, int d, FaissMetricType metric);

/// What a new index has from its storage; NULL: d = 0, L2.
FaissStatus faiss_graph_storage_init_index (FaissIndex *index, const FaissIndex *storage);

/* `function` is the caller's __func__: it opens the message. */

/// For the constructor: the storage has no vectors yet.
FaissStatus faiss_graph_storage_check_empty (const char *function, const FaissIndex *storage);

/// Before an add of n vectors: the storage exists and has those of the index; ids stay below 2^31.
FaissStatus faiss_graph_storage_check_add (const char *function, const FaissIndex *index,
                                           const FaissIndex *storage, idx_t n);

/// Before a removal: the storage numbers its vectors anew, as a graph does.
FaissStatus faiss_graph_storage_check_remove (const char *function, const FaissIndex *storage);

/// Index, storage and the graph of so many nodes belong together.
FaissStatus faiss_graph_storage_check (const char *function, const FaissIndex *index,
                                       const FaissIndex *storage, size_t n_nodes);

/// The same of what was read; there may be no storage.
FaissStatus faiss_graph_storage_check_read (const FaissIOReader *r, const FaissIndex *index,
                                            const FaissIndex *storage, size_t n_nodes);

/// "NSG32,SQ8". @param storage  NULL: only the graph is said
FaissStatus faiss_graph_storage_describe (FaissString *out, const char *graph, int n_links,
                                          const FaissIndex *storage);

/* ---- storages that are an IndexPQ ------------------------------------------------------------ */

/// Train it and make the table by which its vectors are compared with each other.
FaissStatus faiss_graph_pq_train (const char *function, FaissIndex *index, FaissIndex *storage,
                                  idx_t n, const float *x);

/// The table. Nothing is done where it is not used, or if this is no IndexPQ.
FaissStatus faiss_graph_pq_make_table (FaissIndex *storage);

/// Check the class of what was read and make the table, as the flags say.
FaissStatus faiss_graph_pq_check_read (const FaissIOReader *r, FaissIndex *storage, int io_flags);

#endif
