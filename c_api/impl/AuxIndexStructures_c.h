/* Results of range searches, sets of ids, distance computers. */
#ifndef FAISS_AUX_INDEX_STRUCTURES_C_H
#define FAISS_AUX_INDEX_STRUCTURES_C_H

#include "../Index_c.h"

FAISS_C_API_BEGIN

FAISS_DECLARE_CLASS_INHERITED (IDSelectorRange, IDSelector)
FAISS_DECLARE_CLASS_INHERITED (IDSelectorBatch, IDSelector)
FAISS_DECLARE_CLASS_INHERITED (IDSelectorBitmap, IDSelector)
FAISS_DECLARE_CLASS_INHERITED (IDSelectorNot, IDSelector)
FAISS_DECLARE_CLASS_INHERITED (IDSelectorAnd, IDSelector)
FAISS_DECLARE_CLASS_INHERITED (IDSelectorOr, IDSelector)
FAISS_DECLARE_CLASS_INHERITED (IDSelectorXOr, IDSelector)
FAISS_DECLARE_CLASS (BufferList)
FAISS_DECLARE_CLASS_INHERITED (RangeSearchPartialResult, BufferList)
FAISS_DECLARE_CLASS (RangeQueryResult)
FAISS_DECLARE_CLASS (DistanceComputer)

/* Results of a range search: those of query i are at lims[i] .. lims[i + 1] - 1, in no order. */

int faiss_RangeSearchResult_new (FaissRangeSearchResult **out, idx_t nq);
int faiss_RangeSearchResult_new_with (FaissRangeSearchResult **out, idx_t nq, int alloc_lims);
void faiss_RangeSearchResult_free (FaissRangeSearchResult *self);
size_t faiss_RangeSearchResult_nq (const FaissRangeSearchResult *self);
/// Entries of the temporary buffers, not of the result.
size_t faiss_RangeSearchResult_buffer_size (const FaissRangeSearchResult *self);
/// Borrowed, size nq + 1.
void faiss_RangeSearchResult_lims (FaissRangeSearchResult *self, size_t **lims);
/// Borrowed, size lims[nq]; NULL before the search.
void faiss_RangeSearchResult_labels (FaissRangeSearchResult *self, idx_t **labels,
                                     float **distances);
/// Turn counts in lims into offsets and allocate the rest; once only.
int faiss_RangeSearchResult_do_allocation (FaissRangeSearchResult *self);

/* Sets of ids. Pointers to all of them are pointers to FaissIDSelector. */

int faiss_IDSelector_is_member (const FaissIDSelector *self, idx_t id);
/// Free a selector of any class; its operands stay. NULL is allowed.
void faiss_IDSelector_free (FaissIDSelector *self);

/// imin <= id < imax
int faiss_IDSelectorRange_new (FaissIDSelectorRange **out, idx_t imin, idx_t imax);
void faiss_IDSelectorRange_free (FaissIDSelectorRange *self);
idx_t faiss_IDSelectorRange_imin (const FaissIDSelectorRange *self);
idx_t faiss_IDSelectorRange_imax (const FaissIDSelectorRange *self);

/// A copy of n ids, behind a Bloom filter of 2^nbits bits.
int faiss_IDSelectorBatch_new (FaissIDSelectorBatch **out, size_t n, const idx_t *indices);
int faiss_IDSelectorBatch_nbits (const FaissIDSelectorBatch *self);
idx_t faiss_IDSelectorBatch_mask (const FaissIDSelectorBatch *self);

/// Bit id & 7 of byte id >> 3. The bitmap has n bytes and stays the caller's.
int faiss_IDSelectorBitmap_new (FaissIDSelectorBitmap **out, size_t n, const uint8_t *bitmap);
void faiss_IDSelectorBitmap_free (FaissIDSelectorBitmap *self);
size_t faiss_IDSelectorBitmap_n (const FaissIDSelectorBitmap *self);
const uint8_t *faiss_IDSelectorBitmap_bitmap (const FaissIDSelectorBitmap *self);

/* Combinations; the operands are borrowed. */
int faiss_IDSelectorNot_new (FaissIDSelectorNot **out, const FaissIDSelector *sel);
int faiss_IDSelectorAnd_new (FaissIDSelectorAnd **out, const FaissIDSelector *lhs_sel,
                             const FaissIDSelector *rhs_sel);
int faiss_IDSelectorOr_new (FaissIDSelectorOr **out, const FaissIDSelector *lhs_sel,
                            const FaissIDSelector *rhs_sel);
int faiss_IDSelectorXOr_new (FaissIDSelectorXOr **out, const FaissIDSelector *lhs_sel,
                             const FaissIDSelector *rhs_sel);

/* How a range search collects its results. */

/// One chunk of a buffer list.
typedef struct FaissBuffer {
    idx_t *ids;
    float *dis;
} FaissBuffer;

/// (id, distance) pairs in chunks of buffer_size.
int faiss_BufferList_new (FaissBufferList **out, size_t buffer_size);
void faiss_BufferList_free (FaissBufferList *self);
size_t faiss_BufferList_buffer_size (const FaissBufferList *self);
/// Write position in the last chunk.
size_t faiss_BufferList_wp (const FaissBufferList *self);
int faiss_BufferList_append_buffer (FaissBufferList *self);
int faiss_BufferList_add (FaissBufferList *self, idx_t id, float dis);
/// Copy the n pairs from position ofs on.
int faiss_BufferList_copy_range (FaissBufferList *self, size_t ofs, size_t n, idx_t *dest_ids,
                                 float *dest_dis);

/// The results of one query, inside a partial result.
idx_t faiss_RangeQueryResult_qno (const FaissRangeQueryResult *self);
size_t faiss_RangeQueryResult_nres (const FaissRangeQueryResult *self);
FaissRangeSearchPartialResult *faiss_RangeQueryResult_pres (const FaissRangeQueryResult *self);
int faiss_RangeQueryResult_add (FaissRangeQueryResult *self, float dis, idx_t id);

/// The results that one thread found. @param res_in  where they will go, borrowed
int faiss_RangeSearchPartialResult_new (FaissRangeSearchPartialResult **out,
                                        FaissRangeSearchResult *res_in);
FaissRangeSearchResult *faiss_RangeSearchPartialResult_res (
    const FaissRangeSearchPartialResult *self);
/// Begin the results of a query. @param out  stays valid with the partial result; may be NULL
int faiss_RangeSearchPartialResult_new_result (FaissRangeSearchPartialResult *self, idx_t qno,
                                               FaissRangeQueryResult **out);
/// Copy everything to the result.
int faiss_RangeSearchPartialResult_finalize (FaissRangeSearchPartialResult *self);
/// Store only the queries' counts in the result's lims.
int faiss_RangeSearchPartialResult_set_lims (FaissRangeSearchPartialResult *self);

/* Distances between a query and stored vectors. */

/// x is borrowed while it is the query.
int faiss_DistanceComputer_set_query (FaissDistanceComputer *self, const float *x);
int faiss_DistanceComputer_vector_to_query_dis (FaissDistanceComputer *self, idx_t i, float *qd);
int faiss_DistanceComputer_symmetric_dis (FaissDistanceComputer *self, idx_t i, idx_t j, float *vd);
void faiss_DistanceComputer_free (FaissDistanceComputer *self);

FAISS_C_API_END

#endif
