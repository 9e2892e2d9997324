/* The fast way through inverted files of full vectors. Not for public headers. */
#ifndef FAISS_IVF_FLAT_SEARCH_H
#define FAISS_IVF_FLAT_SEARCH_H

#include <faiss/IndexIVF.h>

/** Can a search take the fast way? L2 or inner product, all of nprobe lists, ids as labels.
 */
bool faiss_ivf_flat_is_fast (const FaissIndexIVF *self, bool store_pairs,
                             const FaissSearchParametersIVF *params);

/** The k nearest in the lists of `assign`, size n * nprobe.
 *
 * Many queries are taken list by list, so that vectors are read once for several queries; the
 * results are the same as one by one.
 */
FaissStatus faiss_ivf_flat_search (const FaissIndexIVF *self, size_t n, const float *x, size_t k,
                                   const idx_t *assign, size_t nprobe, float *distances,
                                   idx_t *labels, FaissIndexIVFStats *counts);

#endif
