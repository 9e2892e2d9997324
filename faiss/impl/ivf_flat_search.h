/* The fast way through inverted files of full vectors, or of codes that are decoded.
 * Not for public headers. */
#ifndef FAISS_IVF_FLAT_SEARCH_H
#define FAISS_IVF_FLAT_SEARCH_H

#include <faiss/IndexIVF.h>

/** Can a search take the fast way? L2 or inner product, all of nprobe lists, ids as labels.
 */
bool faiss_ivf_flat_is_fast (const FaissIndexIVF *self, bool store_pairs,
                             const FaissSearchParametersIVF *params);

/// What lists hold that are no vectors.
typedef struct FaissIVFCodes {
    const void *codec;
    void (*decode) (const void *codec, const uint8_t *codes, size_t n, float *x);
    /// by the metric, to n codes in a row; to the bit what ivf kernels say of the decoded vectors,
    /// as results may not depend on how many queries a list has (the third argument is NULL)
    void (*distances) (const void *codec, const float *x, const float *query, const uint8_t *codes,
                       size_t n, float *out);
    const FaissIndex *quantizer; ///< codes are of residuals to its vectors; or NULL
} FaissIVFCodes;

/** The k nearest in the lists of `assign`, size n * nprobe.
 *
 * Many queries are taken list by list, so that vectors are read once for several queries; the
 * results are the same as one by one.
 *
 * @param coarse_dis  distances to the centroids, size n * nprobe; for residuals by inner product
 * @param codes       what the lists hold, or NULL for vectors
 */
FaissStatus faiss_ivf_flat_search (const FaissIndexIVF *self, size_t n, const float *x, size_t k,
                                   const idx_t *assign, const float *coarse_dis, size_t nprobe,
                                   const FaissIVFCodes *codes, float *distances, idx_t *labels,
                                   FaissIndexIVFStats *counts);

#endif
