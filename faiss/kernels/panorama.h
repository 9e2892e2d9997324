/* Kernel of searches by levels: the data it works on. Not for public headers. */
#ifndef FAISS_KERNELS_PANORAMA_H
#define FAISS_KERNELS_PANORAMA_H

#include <stddef.h>
#include <stdint.h>

/// One level of the vectors of a batch, and of a query.
typedef struct FaissPanoramaLevel {
    const float *x;    ///< the query's components
    size_t width;      ///< how many, >= 1
    const float *rows; ///< rows[p * width + j] for position p of the batch
    const float *sums; ///< by position: norms of what is left of the rows behind this level
    float scale;       ///< a key becomes key - scale * <x, row>
    float rest;        ///< what is left changes it by at most rest * sums[p]
    float bound;       ///< rows with key - rest * sums[p] > bound go
} FaissPanoramaLevel;

#endif
