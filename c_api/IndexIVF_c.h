/* Inverted files: a quantizer cuts space into cells, a search looks into a few of them. */
#ifndef FAISS_INDEX_IVF_C_H
#define FAISS_INDEX_IVF_C_H

#include "Index_c.h"

FAISS_C_API_BEGIN

FAISS_DECLARE_CLASS_INHERITED (SearchParametersIVF, SearchParameters)
FAISS_DECLARE_CLASS_INHERITED (IndexIVF, Index)

/* Parameters of a search; given to a search they replace all of the index's own. */

/// nprobe 1, no limits.
int faiss_SearchParametersIVF_new (FaissSearchParametersIVF **out);
int faiss_SearchParametersIVF_new_with (FaissSearchParametersIVF **out, FaissIDSelector *sel,
                                        size_t nprobe, size_t max_codes);
void faiss_SearchParametersIVF_free (FaissSearchParametersIVF *self);
FaissSearchParametersIVF *faiss_SearchParametersIVF_cast (FaissSearchParameters *params);
const FaissIDSelector *faiss_SearchParametersIVF_sel (const FaissSearchParametersIVF *self);

/// Lists visited per query.
size_t faiss_SearchParametersIVF_nprobe (const FaissSearchParametersIVF *self);
void faiss_SearchParametersIVF_set_nprobe (FaissSearchParametersIVF *self, size_t nprobe);

/// Vectors compared per query at most; 0: no limit.
size_t faiss_SearchParametersIVF_max_codes (const FaissSearchParametersIVF *self);
void faiss_SearchParametersIVF_set_max_codes (FaissSearchParametersIVF *self, size_t max_codes);

/// Fast-scan indexes: lists visited per query at most; 0: no limit.
size_t faiss_SearchParametersIVF_max_lists_num (const FaissSearchParametersIVF *self);
void faiss_SearchParametersIVF_set_max_lists_num (FaissSearchParametersIVF *self,
                                                  size_t max_lists_num);

/// Go beyond max_codes until there are k results?
int faiss_SearchParametersIVF_ensure_topk_full (const FaissSearchParametersIVF *self);
void faiss_SearchParametersIVF_set_ensure_topk_full (FaissSearchParametersIVF *self,
                                                     int ensure_topk_full);

/// Range search: end after so many lists in a row without a result; 0: no limit.
size_t faiss_SearchParametersIVF_max_empty_result_buckets (const FaissSearchParametersIVF *self);
void faiss_SearchParametersIVF_set_max_empty_result_buckets (FaissSearchParametersIVF *self,
                                                             size_t max_empty_result_buckets);

/* The index, whatever its codes. These functions do not check the class: cast first. */

void faiss_IndexIVF_free (FaissIndexIVF *self);
FaissIndexIVF *faiss_IndexIVF_cast (FaissIndex *index);
size_t faiss_IndexIVF_nlist (const FaissIndexIVF *self);
size_t faiss_IndexIVF_nprobe (const FaissIndexIVF *self);
void faiss_IndexIVF_set_nprobe (FaissIndexIVF *self, size_t nprobe);
/// Borrowed.
FaissIndex *faiss_IndexIVF_quantizer (const FaissIndexIVF *self);
/// 0: trained by k-means; 1: trains itself; 2: k-means with a flat index, added to the quantizer.
char faiss_IndexIVF_quantizer_trains_alone (const FaissIndexIVF *self);
/// Does it free the quantizer?
int faiss_IndexIVF_own_fields (const FaissIndexIVF *self);
void faiss_IndexIVF_set_own_fields (FaissIndexIVF *self, int own_fields);

/// Move all vectors of other into self, ids shifted by add_id; other is empty afterwards.
int faiss_IndexIVF_merge_from (FaissIndexIVF *self, FaissIndexIVF *other, idx_t add_id);

/** Copy some entries to other, a trained index with the same lists.
 *
 * @param subset_type  0: ids a1 <= id < a2; 1: ids with id % a1 == a2; 2: elements a1 .. a2 - 1;
 *                     3: part a2 of a1 of each list; 4: lists a1 .. a2 - 1
 */
int faiss_IndexIVF_copy_subset_to (const FaissIndexIVF *self, FaissIndexIVF *other, int subset_type,
                                   idx_t a1, idx_t a2);

/** Search lists that were chosen before.
 *
 * @param assign        lists to visit, size n * nprobe; negative ones are skipped
 * @param centroid_dis  distances to their centroids, size n * nprobe
 * @param distances     output, size n * k
 * @param labels        output, size n * k; with store_pairs (list << 32 | offset) instead of ids
 */
int faiss_IndexIVF_search_preassigned (const FaissIndexIVF *self, idx_t n, const float *x, idx_t k,
                                       const idx_t *assign, const float *centroid_dis,
                                       float *distances, idx_t *labels, int store_pairs);

size_t faiss_IndexIVF_get_list_size (const FaissIndexIVF *self, size_t list_no);

/// Maintain (or drop) the array from ids to entries that reconstruct () needs.
int faiss_IndexIVF_make_direct_map (FaissIndexIVF *self, int new_maintain_direct_map);

/// 1 for lists of equal size; the factor by which uneven ones slow a search down.
double faiss_IndexIVF_imbalance_factor (const FaissIndexIVF *self);

/// Print a histogram of the lists' sizes.
void faiss_IndexIVF_print_stats (const FaissIndexIVF *self);

/// Copy the ids of a list. @param invlist  output, size get_list_size
void faiss_IndexIVF_invlists_get_ids (const FaissIndexIVF *self, size_t list_no, idx_t *invlist);

/// Train what encodes the vectors. @param assign  the vectors' lists, size n; NULL if not by
/// residual
int faiss_IndexIVF_train_encoder (FaissIndexIVF *self, idx_t n, const float *x,
                                  const idx_t *assign);

/// What searches of the whole process did since the last reset.
typedef struct FaissIndexIVFStats {
    size_t nq;                ///< queries
    size_t nlist;             ///< lists visited
    size_t ndis;              ///< distances computed
    size_t nheap_updates;     ///< improvements of a result
    double quantization_time; ///< milliseconds spent on choosing lists
    double search_time;       ///< milliseconds spent on visiting them
} FaissIndexIVFStats;

void faiss_IndexIVFStats_reset (FaissIndexIVFStats *stats);
void faiss_IndexIVFStats_init (FaissIndexIVFStats *stats);
/// The one instance that searches add to.
FaissIndexIVFStats *faiss_get_indexIVF_stats (void);

FAISS_C_API_END

#endif
