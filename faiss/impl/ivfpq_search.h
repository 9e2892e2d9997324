/* The fast way through inverted files of product quantizer codes. Not for public headers. */
#ifndef FAISS_IVFPQ_SEARCH_H
#define FAISS_IVFPQ_SEARCH_H

#include <faiss/impl/ivf_internal.h>
#include <faiss/impl/ivfpq_internal.h>

/// Can this search be done here: bytes, no selector, no budget, one query in one thread, and a CPU
/// that looks up 64 bytes at once.
bool faiss_ivfpq_is_fast (const FaissIndexIVFPQ *self, const FaissIVFPQSettings *settings,
                          const FaissIVFSearchSettings *ivf_settings);

/** search_preassigned.
 *
 * @param nprobe  lists per query in assign and centroid_dis
 * @param counts  added to
 */
FaissStatus faiss_ivfpq_search (const FaissIndexIVFPQ *self, const FaissIVFPQSettings *settings,
                                size_t n, const float *x, size_t k, const idx_t *assign,
                                const float *centroid_dis, size_t nprobe, bool store_pairs,
                                bool keep_heaps, float *distances, idx_t *labels,
                                FaissIndexIVFStats *counts);

#endif
