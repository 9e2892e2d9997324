/* Searches of graphs over plain vectors by inner product or L2: the fast way.
 * Not for public headers. */
#ifndef FAISS_HNSW_FLAT_H
#define FAISS_HNSW_FLAT_H

#include <faiss/impl/derived_rows.h>
#include <faiss/impl/hnsw_internal.h>
#include <faiss/kernels/filter_codes.h>

/// The vectors of an IndexFlat as kernels read them.
typedef struct FaissFlatVectors {
    size_t d, n;
    bool is_similarity;
    const float *rows;
    FaissFilterView codes; ///< of all rows, or of none
    float (*distance) (const float *x, const float *y, size_t d);
    void (*distance_4) (const float *x, const float *y0, const float *y1, const float *y2,
                        const float *y3, size_t d, float out[4]);
    size_t (*find) (const FaissFilterQuery *query, const uint8_t *rows, const uint32_t *ids,
                    size_t n, float bound, uint32_t *positions);
} FaissFlatVectors;

/// False if the storage is something else, or has distances of its own.
bool faiss_flat_vectors_open (FaissFlatVectors *self, const FaissIndex *storage);

/** The k nearest of n queries, as faiss_hnsw_search finds them, with settings->bounded_queue.
 *
 * @param x  size n * storage->d
 */
FaissStatus faiss_hnsw_search_flat (const FaissHNSW *self, const FaissIndex *storage,
                                    const FaissHNSWSettings *settings, size_t n, const float *x,
                                    size_t k, float *distances, idx_t *labels);

/// Looks for the links of new nodes; for one thread.
typedef struct FaissFlatFinder {
    FaissFlatVectors v;
    FaissGraphNode *nodes; ///< what was found, nearest first
    size_t size, capacity;
    uint32_t *fresh, *positions;
    float *keys;
    FaissFilterQuery filter;
    int16_t *components;
    bool is_filtering;
} FaissFlatFinder;

FaissStatus faiss_flat_finder_init (FaissFlatFinder *self, const FaissHNSW *hnsw,
                                    const FaissFlatVectors *v);
void faiss_flat_finder_free (FaissFlatFinder *self);

/// The vector whose neighbours are looked for; x must stay valid.
void faiss_flat_finder_set_query (FaissFlatFinder *self, const float *x);

/** As faiss_hnsw_find_candidates. False if equal distances were met: then the order is not known.
 *
 * @param visited  scratch
 */
bool faiss_flat_finder_find (FaissFlatFinder *self, const FaissHNSW *hnsw, FaissVisited *visited,
                             const float *x, int level, FaissGraphNode nearest);

#endif
