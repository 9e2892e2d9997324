/* Results of range searches, and the per-thread parts that they are put together from. */
#ifndef FAISS_AUX_INDEX_STRUCTURES_H
#define FAISS_AUX_INDEX_STRUCTURES_H

#include <faiss/MetricType.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/** The results of a range search: those of query i are at lims[i] .. lims[i + 1] - 1.
 *
 * Filled by one search; labels and distances are allocated by it. Results of a query are not
 * sorted.
 */
typedef struct FaissRangeSearchResult {
    size_t nq;
    size_t *lims;       ///< size nq + 1
    idx_t *labels;      ///< size lims[nq], NULL before the search
    float *distances;   ///< size lims[nq], NULL before the search
    size_t buffer_size; ///< entries of the temporary buffers
} FaissRangeSearchResult;

/// For the results of nq queries.
FaissStatus faiss_RangeSearchResult_new (FaissRangeSearchResult **out, idx_t nq);
/// @param alloc_lims  false: lims is to be set by the caller
FaissStatus faiss_RangeSearchResult_new_with (FaissRangeSearchResult **out, idx_t nq,
                                              int alloc_lims);

/// Turn counts in lims[0 .. nq) into offsets and allocate labels and distances; once only.
FaissStatus faiss_RangeSearchResult_do_allocation (FaissRangeSearchResult *self);

size_t faiss_RangeSearchResult_nq (const FaissRangeSearchResult *self);
size_t faiss_RangeSearchResult_buffer_size (const FaissRangeSearchResult *self);
/// @param lims  output, size nq + 1, borrowed: results of query i are at lims[i] .. lims[i + 1] - 1
void faiss_RangeSearchResult_lims (FaissRangeSearchResult *self, size_t **lims);
/// @param labels, distances  output, size lims[nq], borrowed
void faiss_RangeSearchResult_labels (FaissRangeSearchResult *self, idx_t **labels,
                                     float **distances);
void faiss_RangeSearchResult_free (FaissRangeSearchResult *self);

/// One chunk of a BufferList.
typedef struct FaissBuffer {
    idx_t *ids;
    float *dis;
} FaissBuffer;

/// A list of (id, distance) pairs that grows without moving them.
typedef struct FaissBufferList {
    size_t buffer_size; ///< pairs per buffer
    FAISS_PRIVATE (FaissBuffer *buffers; size_t n_buffers; size_t buffers_capacity;)
    size_t wp; ///< write position in the last buffer
    FAISS_PRIVATE (
        void (*finalize) (struct FaissBufferList *self);) ///< of what extends it, or NULL
} FaissBufferList;

/// @param buffer_size  pairs per buffer
FaissStatus faiss_BufferList_new (FaissBufferList **out, size_t buffer_size);
void faiss_BufferList_free (FaissBufferList *self);
size_t faiss_BufferList_buffer_size (const FaissBufferList *self);
size_t faiss_BufferList_wp (const FaissBufferList *self);
/// Begin another buffer.
FaissStatus faiss_BufferList_append_buffer (FaissBufferList *self);
/// Append a pair.
FaissStatus faiss_BufferList_add (FaissBufferList *self, idx_t id, float dis);

/// Copy n pairs from position ofs on.
FaissStatus faiss_BufferList_copy_range (FaissBufferList *self, size_t ofs, size_t n,
                                         idx_t *dest_ids, float *dest_dis);

struct FaissRangeSearchPartialResult;

/// The results of one query within a partial result.
typedef struct FaissRangeQueryResult {
    idx_t qno;                                  ///< the query
    size_t nres;                                ///< results so far
    struct FaissRangeSearchPartialResult *pres; ///< where they are, borrowed
} FaissRangeQueryResult;

idx_t faiss_RangeQueryResult_qno (const FaissRangeQueryResult *self);
size_t faiss_RangeQueryResult_nres (const FaissRangeQueryResult *self);
struct FaissRangeSearchPartialResult *faiss_RangeQueryResult_pres (
    const FaissRangeQueryResult *self);
/// Append a result of the query.
FaissStatus faiss_RangeQueryResult_add (FaissRangeQueryResult *self, float dis, idx_t id);

/** The results that one thread found: query after query, in one BufferList.
 *
 * The RangeQueryResults stay at their addresses while the partial result lives.
 */
typedef struct FaissRangeSearchPartialResult FAISS_EXTENDS (FaissBufferList) {
    union {
        FaissBufferList list;
    };
    FaissRangeSearchResult *res; ///< the final result, borrowed
    FAISS_PRIVATE (FaissRangeQueryResult **queries; size_t n_queries; size_t queries_capacity;)
} FaissRangeSearchPartialResult;

/// @param res_in  where the results go at the end; borrowed
FaissStatus faiss_RangeSearchPartialResult_new (FaissRangeSearchPartialResult **out,
                                                FaissRangeSearchResult *res_in);
void faiss_RangeSearchPartialResult_free (FaissRangeSearchPartialResult *self);
FaissRangeSearchResult *faiss_RangeSearchPartialResult_res (
    const FaissRangeSearchPartialResult *self);

/// Start the results of a query; *out may be NULL if the address is not wanted.
FaissStatus faiss_RangeSearchPartialResult_new_result (FaissRangeSearchPartialResult *self,
                                                       idx_t qno, FaissRangeQueryResult **out);

/// Set lims, allocate and copy: for a single partial result.
FaissStatus faiss_RangeSearchPartialResult_finalize (FaissRangeSearchPartialResult *self);

/// Store the number of results of each query in res->lims.
FaissStatus faiss_RangeSearchPartialResult_set_lims (FaissRangeSearchPartialResult *self);

/** Copy the results to res->labels and res->distances at the positions of lims.
 *
 * @param incremental  advance lims by what was copied, so that another partial result of the same
 *                     query goes behind it
 */
FaissStatus faiss_RangeSearchPartialResult_copy_result (FaissRangeSearchPartialResult *self,
                                                        bool incremental);

/** Put the partial results of several threads together; they may share queries.
 *
 * @param partial_results  size n, entries may be NULL; not freed
 */
FaissStatus faiss_RangeSearchPartialResult_merge (FaissRangeSearchPartialResult **partial_results,
                                                  size_t n);

FAISS_END_DECLS

#endif
