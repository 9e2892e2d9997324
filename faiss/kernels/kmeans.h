/* Kernels of k-means assignment: the data they work on. Not for public headers.
 *
 * A group of 32 centroids is packed so that lanes run along the centroids. Points are read where
 * they are: which of them are compared with which group changes from call to call.
 */
#ifndef FAISS_KERNELS_KMEANS_H
#define FAISS_KERNELS_KMEANS_H

#include <stddef.h>
#include <stdint.h>

enum { FAISS_KMEANS_ROWS = 32 }; ///< centroids in a group

typedef struct FaissKmeansGroup {
    size_t d;
    const float *x;         ///< points, x[i * d + j]
    const float *x_norms;   ///< their squared norms; for L2
    const uint32_t *points; ///< which of them, size n
    size_t n;
    /// rows[j * FAISS_KMEANS_ROWS + i] is component j of centroid i; 64-byte aligned
    const float *rows;
    const float *row_norms; ///< squared, FAISS_KMEANS_ROWS readable; for L2
    unsigned n_rows;        ///< 1 .. FAISS_KMEANS_ROWS; what is behind them is any finite number

    float *vals;    ///< output, size n: the best value of a point
    uint32_t *best; ///< output, size n: the first row that has it
} FaissKmeansGroup;

#endif
