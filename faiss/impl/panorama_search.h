/* Searching by levels: what indexes over Panorama layouts share. Not for public headers. */
#ifndef FAISS_PANORAMA_SEARCH_H
#define FAISS_PANORAMA_SEARCH_H

#include <faiss/impl/Panorama.h>

/// Vectors that are compared with a query at once.
#define FAISS_PANORAMA_BLOCK 256

/// A query, and what it has done.
typedef struct FaissPanoramaQuery {
    const FaissPanorama *layout;
    bool is_similarity;
    const float *x;     ///< borrowed, size d
    float *sums;        ///< owned, size n_levels + 1
    uint64_t n_scanned; ///< levels read
    uint64_t n_levels;  ///< levels there were
} FaissPanoramaQuery;

/// Room for queries of a layout, which is borrowed.
FaissStatus faiss_panorama_query_init (FaissPanoramaQuery *self, const FaissPanorama *layout,
                                       bool is_similarity);
void faiss_panorama_query_set (FaissPanoramaQuery *self, const float *x);
/// Release, and add what was done to the process's statistics.
void faiss_panorama_query_free (FaissPanoramaQuery *self);

/** Compare the query with vectors of one batch.
 *
 * @param codes      the batch
 * @param sums       its sums
 * @param bound      results are not worse than this distance or similarity
 * @param n          <= FAISS_PANORAMA_BLOCK
 * @param active     positions in the batch, ascending, size n; those that are left stay
 * @param distances  output, size n; of those that are left
 * @return           how many are left: none that is better than the bound is missing
 */
size_t faiss_panorama_scan (FaissPanoramaQuery *self, const uint8_t *codes, const float *sums,
                            float bound, size_t n, uint32_t *active, float *distances);

/// The distance of the query to one vector of a batch, or HUGE_VALF or -HUGE_VALF where it is worse
/// than the bound.
float faiss_panorama_distance (FaissPanoramaQuery *self, const uint8_t *codes, const float *sums,
                               float bound, size_t position);

/// A batch of a layout's memory.
static inline const uint8_t *faiss_panorama_batch_codes (const FaissPanorama *layout,
                                                         const uint8_t *codes, size_t batch) {
    return codes + batch * layout->batch_size * layout->code_size;
}

static inline const float *faiss_panorama_batch_sums (const FaissPanorama *layout,
                                                      const float *sums, size_t batch) {
    return sums + batch * layout->batch_size * (layout->n_levels + 1);
}

/// Zero what is behind the first n vectors in their last batch.
void faiss_panorama_clear_behind (const FaissPanorama *layout, uint8_t *codes, float *sums,
                                  size_t n);

/// Bytes of codes and number of sums of n vectors, in whole batches; an error where that is too
/// much.
FaissStatus faiss_panorama_sizes (const FaissPanorama *layout, size_t n, size_t *n_code_bytes,
                                  size_t *n_sums);

/// An error if the fields are not those that set_derived_values gives for vectors of d components.
FaissStatus faiss_panorama_check (const char *function, const FaissPanorama *self, size_t d);

#endif
