/* Graphs over plain vectors by inner product or L2: the fast way.
 * Not for public headers. */
#ifndef FAISS_HNSW_FLAT_H
#define FAISS_HNSW_FLAT_H

#include <faiss/impl/derived_rows.h>
#include <faiss/impl/hnsw_internal.h>
#include <faiss/impl/prefetch.h>
#include <faiss/kernels/filter_codes.h>

/// The vectors of an IndexFlat as kernels read them.
typedef struct FaissFlatVectors {
    size_t d, n;
    bool is_similarity;
    const float *rows;
    FaissFilterView codes; ///< of all rows, or of none
    size_t code_stride;
    float (*distance) (const float *x, const float *y, size_t d);
    void (*distance_4) (const float *x, const float *y0, const float *y1, const float *y2,
                        const float *y3, size_t d, float out[4]);
    size_t (*find) (const FaissFilterQuery *query, const uint8_t *rows, const uint32_t *ids,
                    size_t n, float bound, uint32_t *positions);
    void (*keys_by_codes) (const FaissFilterQuery *query, const uint8_t *rows, const uint32_t *ids,
                           size_t n, float *keys);
} FaissFlatVectors;

/// False if the storage is something else, or has distances of its own.
bool faiss_flat_vectors_open (FaissFlatVectors *self, const FaissIndex *storage);

static inline const float *faiss_flat_row (const FaissFlatVectors *self, uint32_t i) {
    return self->rows + (size_t)i * self->d;
}

static inline const uint8_t *faiss_flat_code (const FaissFlatVectors *self, uint32_t i) {
    return self->codes.rows + (size_t)i * self->code_stride;
}

/// The keys of those of `ids` that are at n positions.
void faiss_flat_keys (const FaissFlatVectors *self, const float *x, const uint32_t *ids,
                      const uint32_t *positions, size_t n, float *keys);

/// Keys of n rows by their codes; of rows without a useful code by their floats.
void faiss_flat_keys_by_codes (const FaissFlatVectors *self, const FaissFilterQuery *query,
                               const float *x, const uint32_t *ids, size_t n, float *keys);

/** The k nearest of n queries, as faiss_hnsw_search finds them, with settings->bounded_queue.
 *
 * @param x        size n * storage->d
 * @param nearest  where to begin at level 0, size n, a negative one: nothing is found; or NULL:
 *                 descend from the entry point
 */
FaissStatus faiss_hnsw_search_flat (const FaissHNSW *self, const FaissIndex *storage,
                                    const FaissHNSWSettings *settings, size_t n, const float *x,
                                    const int32_t *nearest, const float *nearest_d, size_t k,
                                    float *distances, idx_t *labels);

#endif
