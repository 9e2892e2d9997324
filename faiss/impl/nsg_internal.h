/* Parts of the NSG: life, files, the build. Not for public headers. */
#ifndef FAISS_NSG_INTERNAL_H
#define FAISS_NSG_INTERNAL_H

#include <faiss/impl/NSG.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/pool_search.h>

FaissStatus faiss_NSG_init (FaissNSG *self, int R);
void faiss_NSG_clear (FaissNSG *self);
FaissStatus faiss_NSG_copy (FaissNSG *self, const FaissNSG *other);

/// Reads what faiss_NSG_write wrote, and checks it: any search in it ends.
FaissStatus faiss_NSG_read (FaissNSG *self, FaissIOReader *r);
FaissStatus faiss_NSG_write (const FaissNSG *self, FaissIOWriter *w);

/// An error if the settings or the graph are not what a search needs.
FaissStatus faiss_NSG_check (const FaissNSG *self);

/// The plan of searches for k results.
FaissStatus faiss_NSG_plan (const FaissNSG *self, size_t k, FaissPoolPlan *out);

/// As faiss_NSG_build. @param knn  size n * K, ids or negative
FaissStatus faiss_nsg_build (FaissNSG *self, const FaissIndex *storage, size_t n,
                             const int32_t *knn, size_t K, bool verbose);

#endif
