/* Exhaustive search over blocks of rows. Not for public headers.
 *
 * A task compares nx queries with the chosen ones of ny rows. It is cut into parts: some queries
 * with some rows, each done by one thread and handed over block by block to what keeps the results.
 * What is kept does not depend on how the task is cut.
 */
#ifndef FAISS_EXACT_SEARCH_H
#define FAISS_EXACT_SEARCH_H

#include <faiss/Index.h>
#include <faiss/impl/check.h>
#include <faiss/impl/derived_rows.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/candidates.h>
#include <faiss/utils/packed_rows.h>

typedef enum FaissExactMetric {
    FAISS_EXACT_IP,
    FAISS_EXACT_L2,       ///< sum of (x - y)^2
    FAISS_EXACT_L2_NORMS, ///< |x|^2 + |y|^2 - 2xy
} FaissExactMetric;

/// The values that passed a query's threshold, in the order of the rows.
typedef struct FaissExactFound {
    float *vals;
    idx_t *ids;
    size_t size, capacity;
} FaissExactFound;

/// Rows that are kept as codes: a codec's functions and its codes.
typedef struct FaissExactCodes {
    const void *codec;
    const uint8_t *codes; ///< ny codes in a row
    size_t code_size;
    void (*decode) (const void *codec, const uint8_t *codes, size_t n, float *x);
    /// to n codes in a row, for streamed rows; `query` is what prepare made of x
    void (*distances) (const void *codec, const float *x, const float *query, const uint8_t *codes,
                       size_t n, float *out);
    /// what distances wants to know of a query: query_size floats; NULL: nothing
    void (*prepare) (const void *codec, const float *x, float *query);
    size_t query_size;
    bool is_always_streamed; ///< distances are not those of the decoded vectors
} FaissExactCodes;

typedef struct FaissExactTask {
    FaissExactMetric metric;
    const float *x, *y;
    size_t d, nx, ny;
    const FaissExactCodes *codes; ///< instead of y; or NULL
    const float *y_norms;         ///< squared, or NULL

    /* which rows: begin .. end - 1 (positions in `list` if there is one) that `sel` selects */
    size_t begin, end;
    const uint32_t *list;       ///< ascending, or NULL
    const FaissIDSelector *sel; ///< or NULL

    /* codes of the first rows, and how they were used; for few queries */
    FaissFilterView filter;
    size_t n_tested, n_passed; ///< atomic

    /// all rows packed once, for many queries with few rows; or NULL
    const FaissPackedRows *packed;

    FaissRegion *region; ///< tells parts that they are no longer wanted; or NULL
} FaissExactTask;

/** What one part keeps, of queries first_query .. first_query + n_queries - 1. One of three. */
typedef struct FaissExactPart {
    size_t first_query, n_queries;
    size_t begin, end; ///< of the task's rows
    size_t k;
    FaissCandidates *candidates; ///< the k best
    float *best_vals;            ///< the best one
    int64_t *best_ids;
    FaissExactFound *found; ///< all that are better than radius
    float radius;
} FaissExactPart;

/// Do one part, in the calling thread.
FaissStatus faiss_exact_part (FaissExactTask *task, FaissExactPart *part);

/// With few queries the rows are streamed: is the task one of few? (A question of the task, not of
/// its parts: the kernels' values differ in the last bits, and may not depend on the threads.)
bool faiss_exact_is_streamed (const FaissExactTask *task);

/// faiss_knn_L2sqr, faiss_knn_inner_product and the ranges for fewer than 2^32 codes.
FaissStatus faiss_coded_knn (bool is_similarity, const float *x, const FaissExactCodes *codes,
                             size_t d, size_t nx, size_t ny, size_t k, float *vals, idx_t *ids,
                             const FaissIDSelector *sel);
FaissStatus faiss_coded_range_search (bool is_similarity, const float *x,
                                      const FaissExactCodes *codes, size_t d, size_t nx, size_t ny,
                                      float radius, FaissRangeSearchResult *result,
                                      const FaissIDSelector *sel);

/** faiss_knn_L2sqr, faiss_knn_inner_product and the ranges for vectors of an index, from which more
 * is derived.
 *
 * @param derived   of the index that has the vectors
 * @param may_code  whether memory may be taken for it
 */
FaissStatus faiss_filtered_knn (bool is_similarity, const float *x, const float *y, size_t d,
                                size_t nx, size_t ny, size_t k, float *vals, idx_t *ids,
                                const FaissIDSelector *sel, FaissDerivedRows *derived,
                                bool may_code);
FaissStatus faiss_filtered_range_search (bool is_similarity, const float *x, const float *y,
                                         size_t d, size_t nx, size_t ny, float radius,
                                         FaissRangeSearchResult *result, const FaissIDSelector *sel,
                                         FaissDerivedRows *derived, bool may_code);

#endif
