/* Kernels of exhaustive search: the data they work on. Not for public headers.
 *
 * A block of stored vectors is packed so that lanes run along the vectors, and a panel of queries
 * so that one component of all of them is read together. A kernel compares each query of a panel
 * with each row of a block and keeps in registers what is no better than the query's threshold: no
 * matrix of distances is written.
 */
#ifndef FAISS_KERNELS_EXACT_SEARCH_H
#define FAISS_KERNELS_EXACT_SEARCH_H

#include <stddef.h>
#include <stdint.h>

enum {
    FAISS_EXACT_QUERIES = 12, ///< queries in a panel
    FAISS_EXACT_ROWS = 32,    ///< rows in a group
};

typedef struct FaissExactBlock {
    size_t d;
    /// queries[j * FAISS_EXACT_QUERIES + i] is component j of query i
    const float *queries;
    int n_queries;            ///< 1 .. FAISS_EXACT_QUERIES; components of others are zero
    const float *query_norms; ///< squared, per query; for L2 by the expansion only
    /// rows[(g * d + j) * FAISS_EXACT_ROWS + i] is component j of row g * FAISS_EXACT_ROWS + i;
    /// 64-byte aligned, whole groups, components of rows beyond n_rows are zero
    const float *rows;
    size_t n_rows;
    const float *row_norms; ///< squared, readable for whole groups; for L2 by the expansion only

    /* collect: rows better than the query's threshold, in the order of rows */
    const float *thresholds; ///< per query
    float *found_vals;       ///< of query i: from i * found_stride on; room for n_rows
    uint32_t *found_rows;
    size_t found_stride; ///< >= n_rows rounded up to whole groups
    uint32_t *n_found;   ///< output, per query

    /* nearest: the best of this and earlier blocks, the first of equal ones */
    float *best_vals;  ///< per query, updated
    int64_t *best_ids; ///< per query, set to first_id + row where the block has a better one
    int64_t first_id;
} FaissExactBlock;

#endif
