/* Inverted files: vectors in lists by a coarse quantizer, of which a search visits a few. */
#ifndef FAISS_INDEX_IVF_H
#define FAISS_INDEX_IVF_H

#include <faiss/Index.h>
#include <faiss/Level1Quantizer.h>
#include <faiss/impl/CodePacker.h>
#include <faiss/invlists/DirectMap.h>
#include <faiss/invlists/InvertedLists.h>

FAISS_BEGIN_DECLS

/// How one search in an inverted file is done. Replaces all the index's own settings.
typedef struct FaissSearchParametersIVF FAISS_EXTENDS (FaissSearchParameters) {
    union {
        FaissSearchParameters params;
    };
    size_t nprobe;         ///< lists to visit (default 1)
    size_t max_codes;      ///< stop after so many codes (default 0: no limit)
    size_t max_lists_num;  ///< fast-scan indexes: stop after so many lists (default 0: no limit)
    bool ensure_topk_full; ///< with max_codes: go on at least to k results, whole lists only
    size_t max_empty_result_buckets; ///< range search: stop after so many lists in a row without a
                                     ///< result (default 0: never)
    FaissSearchParameters *quantizer_params; ///< for the coarse quantizer, borrowed; may be NULL
    void *inverted_list_context;             ///< handed through to the inverted lists
} FaissSearchParametersIVF;

/// What searches have done. The layout is that of upstream's C API.
typedef struct FaissIndexIVFStats {
    size_t nq;                ///< queries
    size_t nlist;             ///< lists scanned
    size_t ndis;              ///< distances computed
    size_t nheap_updates;     ///< candidates taken into the results
    double quantization_time; ///< milliseconds in the coarse quantizer
    double search_time;       ///< milliseconds in the lists
} FaissIndexIVFStats;

struct FaissRangeQueryResult;

/** Compares one query with the codes of lists. Made by get_InvertedListScanner, for one thread.
 *
 * The functions sit in the object; whoever makes one fills them in: set_query, then set_list for
 * each list, then the scans of its codes.
 */
typedef struct FaissInvertedListScanner {
    idx_t list_no;              ///< the list, -1 before set_list
    bool keep_max;              ///< larger is better: similarities
    bool store_pairs;           ///< label the results with list_no << 32 | offset instead of ids
    const FaissIDSelector *sel; ///< take only these ids, or NULL; borrowed
    size_t code_size;           ///< bytes per code
    FAISS_PRIVATE (
        bool has_query; ///< has faiss_InvertedListScanner_set_query been called?
        /// x (size d) must stay valid while it is the query
        FaissStatus (*set_query) (struct FaissInvertedListScanner * self, const float *x);
        FaissStatus (*set_list) (struct FaissInvertedListScanner * self, idx_t list_no,
                                 float coarse_dis);
        float (*distance_to_code) (const struct FaissInvertedListScanner *self,
                                   const uint8_t *code);
        /// offer n codes to a heap of k results (faiss_heap_offer_unordered); counts are added to
        FaissStatus (*scan_codes) (const struct FaissInvertedListScanner *self, size_t n,
                                   const uint8_t *codes, const idx_t *ids, float *distances,
                                   idx_t *labels, size_t k, FaissIndexIVFStats *counts);
        /// offer those nearer than the handler's threshold
        FaissStatus (*scan_codes_handler) (const struct FaissInvertedListScanner *self, size_t n,
                                           const uint8_t *codes, const idx_t *ids,
                                           FaissResultHandler *handler, FaissIndexIVFStats *counts);
        /// add those nearer than the radius
        FaissStatus (*scan_codes_range) (const struct FaissInvertedListScanner *self, size_t n,
                                         const uint8_t *codes, const idx_t *ids, float radius,
                                         struct FaissRangeQueryResult *result,
                                         FaissIndexIVFStats *counts);
        /// release what the object owns and the object
        void (*free) (struct FaissInvertedListScanner *self);)
} FaissInvertedListScanner;

/** Vectors in lists by a coarse quantizer; a search compares with those in the nprobe nearest
 * lists.
 *
 * How vectors are encoded is up to subclasses.
 */
typedef struct FaissIndexIVF FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex index;
    };
    FAISS_LEVEL1_QUANTIZER_FIELDS
    size_t nprobe;    ///< lists to visit per query (default 1)
    size_t max_codes; ///< codes to visit per query at most (default 0: no limit)
    FaissInvertedLists *invlists;
    bool own_invlists; ///< free the lists with the index
    size_t code_size;  ///< bytes per vector
    int parallel_mode; ///< one query's work is 0: in one thread (default); 1: split by its lists;
                       ///< 2: in pairs of query and list; 3: as 0; plus 1024: the caller's results
                       ///< are heaps already and stay so
    FaissDirectMap direct_map; ///< where each id is
    bool by_residual;          ///< codes are of the vector minus the centroid of its list
} FaissIndexIVF;

/// Flag of parallel_mode: search_preassigned neither initialises nor sorts the result heaps.
#define FAISS_PARALLEL_MODE_NO_HEAP_INIT 1024

#ifndef SWIG
typedef struct FaissIndexIVFClass {
    FaissIndexClass index;
    /// encode n vectors; include_listno: preceded by coarse_code_size bytes of list number; a
    /// vector of list -1 gets zeros
    FaissStatus (*encode_vectors) (const FaissIndexIVF *self, idx_t n, const float *x,
                                   const idx_t *list_nos, uint8_t *codes, bool include_listno);
    /// decode codes without list numbers
    FaissStatus (*decode_vectors) (const FaissIndexIVF *self, idx_t n, const uint8_t *codes,
                                   const idx_t *list_nos, float *x);
    /// add vectors that are assigned to lists (-1: to none)
    FaissStatus (*add_core) (FaissIndexIVF *self, idx_t n, const float *x, const idx_t *xids,
                             const idx_t *precomputed_idx, void *inverted_list_context);
    /// train what encodes, on vectors or residuals; assign is NULL without by_residual
    FaissStatus (*train_encoder) (FaissIndexIVF *self, idx_t n, const float *x,
                                  const idx_t *assign);
    /// the same of vectors whose residuals it computes itself, block by block; *out is
    /// false, and nothing done, where it needs all of them at once
    FaissStatus (*train_encoder_by_blocks) (FaissIndexIVF *self, idx_t n, const float *x,
                                            bool *out);
    /// how many vectors train_encoder wants at most; <= 0: all
    idx_t (*train_encoder_num_vectors) (const FaissIndexIVF *self);
    FaissStatus (*get_InvertedListScanner) (const FaissIndexIVF *self, bool store_pairs,
                                            const FaissIDSelector *sel,
                                            const FaissSearchParametersIVF *params,
                                            FaissInvertedListScanner **out);
    FaissStatus (*search_preassigned) (const FaissIndexIVF *self, idx_t n, const float *x, idx_t k,
                                       const idx_t *assign, const float *centroid_dis,
                                       float *distances, idx_t *labels, bool store_pairs,
                                       const FaissSearchParametersIVF *params,
                                       FaissIndexIVFStats *stats);
    FaissStatus (*range_search_preassigned) (const FaissIndexIVF *self, idx_t nx, const float *x,
                                             float radius, const idx_t *keys,
                                             const float *coarse_dis,
                                             FaissRangeSearchResult *result, bool store_pairs,
                                             const FaissSearchParametersIVF *params,
                                             FaissIndexIVFStats *stats);
    FaissStatus (*reconstruct_from_offset) (const FaissIndexIVF *self, int64_t list_no,
                                            int64_t offset, float *recons);
    FaissStatus (*update_vectors) (FaissIndexIVF *self, int nv, const idx_t *idx, const float *v);
    FaissStatus (*copy_subset_to) (const FaissIndexIVF *self, FaissIndexIVF *other,
                                   FaissInvertedListsSubsetType subset_type, idx_t a1, idx_t a2);
} FaissIndexIVFClass;

extern FaissIndexIVFClass faiss_IndexIVF_class;
extern FaissClass faiss_SearchParametersIVF_class;

/** For subclasses: the fields of IndexIVF; trained if the quantizer is.
 *
 * @param quantizer  borrowed until own_fields is set; NULL for a default object
 */
FaissStatus faiss_IndexIVF_init (FaissIndexIVF *self, FaissIndex *quantizer, idx_t d, size_t nlist,
                                 size_t code_size, FaissMetricType metric, bool own_invlists);
#endif

/* ---- search parameters ----------------------------------------------------------------------- */

FaissStatus faiss_SearchParametersIVF_new (FaissSearchParametersIVF **out);
/// @param sel  borrowed, or NULL
/// @param max_codes  entries that are scanned per query; 0: all of the lists visited
FaissStatus faiss_SearchParametersIVF_new_with (FaissSearchParametersIVF **out,
                                                FaissIDSelector *sel, size_t nprobe,
                                                size_t max_codes);
void faiss_SearchParametersIVF_free (FaissSearchParametersIVF *self);
FaissSearchParametersIVF *faiss_SearchParametersIVF_cast (FaissSearchParameters *params);
const FaissIDSelector *faiss_SearchParametersIVF_sel (const FaissSearchParametersIVF *self);
size_t faiss_SearchParametersIVF_nprobe (const FaissSearchParametersIVF *self);
void faiss_SearchParametersIVF_set_nprobe (FaissSearchParametersIVF *self, size_t nprobe);
size_t faiss_SearchParametersIVF_max_codes (const FaissSearchParametersIVF *self);
void faiss_SearchParametersIVF_set_max_codes (FaissSearchParametersIVF *self, size_t max_codes);
size_t faiss_SearchParametersIVF_max_lists_num (const FaissSearchParametersIVF *self);
void faiss_SearchParametersIVF_set_max_lists_num (FaissSearchParametersIVF *self,
                                                  size_t max_lists_num);
int faiss_SearchParametersIVF_ensure_topk_full (const FaissSearchParametersIVF *self);
void faiss_SearchParametersIVF_set_ensure_topk_full (FaissSearchParametersIVF *self,
                                                     int ensure_topk_full);
size_t faiss_SearchParametersIVF_max_empty_result_buckets (const FaissSearchParametersIVF *self);
void faiss_SearchParametersIVF_set_max_empty_result_buckets (FaissSearchParametersIVF *self,
                                                             size_t max_empty_result_buckets);

/* ---- statistics ------------------------------------------------------------------------------ */

/// All counts 0.
void faiss_IndexIVFStats_reset (FaissIndexIVFStats *self);
/// The same, by the name of upstream's C API.
void faiss_IndexIVFStats_init (FaissIndexIVFStats *self);
/// Add the counts of other.
void faiss_IndexIVFStats_add (FaissIndexIVFStats *self, const FaissIndexIVFStats *other);

/// The counts of all searches of the process; may be read and reset while nothing searches.
FaissIndexIVFStats *faiss_get_indexIVF_stats (void);

/* ---- scanners -------------------------------------------------------------------------------- */

/// @param x  size d; borrowed until the next query
FaissStatus faiss_InvertedListScanner_set_query (FaissInvertedListScanner *self, const float *x);
/// Following codes are of this list. @param coarse_dis  of the query to its centroid
FaissStatus faiss_InvertedListScanner_set_list (FaissInvertedListScanner *self, idx_t list_no,
                                                float coarse_dis);
/// Of the query to one code of the list.
FaissStatus faiss_InvertedListScanner_distance_to_code (const FaissInvertedListScanner *self,
                                                        const uint8_t *code, float *out);
/** Scan n codes of the list into a heap of the k best so far (faiss_heap_heapify makes an empty
 * one, faiss_heap_reorder sorts it).
 *
 * @param out  number of changes of the heap
 */
FaissStatus faiss_InvertedListScanner_scan_codes (const FaissInvertedListScanner *self, size_t n,
                                                  const uint8_t *codes, const idx_t *ids,
                                                  float *distances, idx_t *labels, size_t k,
                                                  size_t *out);
FaissStatus faiss_InvertedListScanner_scan_codes_range (const FaissInvertedListScanner *self,
                                                        size_t n, const uint8_t *codes,
                                                        const idx_t *ids, float radius,
                                                        struct FaissRangeQueryResult *result);
void faiss_InvertedListScanner_free (FaissInvertedListScanner *self);

/* ---- the index ------------------------------------------------------------------------------- */

void faiss_IndexIVF_free (FaissIndexIVF *self);
/// The index itself if it is an inverted file, else NULL.
FaissIndexIVF *faiss_IndexIVF_cast (FaissIndex *index);
size_t faiss_IndexIVF_nlist (const FaissIndexIVF *self);
size_t faiss_IndexIVF_nprobe (const FaissIndexIVF *self);
void faiss_IndexIVF_set_nprobe (FaissIndexIVF *self, size_t nprobe);
FaissIndex *faiss_IndexIVF_quantizer (const FaissIndexIVF *self);
char faiss_IndexIVF_quantizer_trains_alone (const FaissIndexIVF *self);
int faiss_IndexIVF_own_fields (const FaissIndexIVF *self);
void faiss_IndexIVF_set_own_fields (FaissIndexIVF *self, int own_fields);

/// The level-1 quantizer by value, from the fields of the index; it borrows them.
FaissLevel1Quantizer faiss_IndexIVF_level1_quantizer (const FaissIndexIVF *self);
/// Bytes of a list number in a standalone code.
size_t faiss_IndexIVF_coarse_code_size (const FaissIndexIVF *self);

/** Add vectors that are assigned to lists already.
 *
 * @param xids             ids, size n; NULL for consecutive ones
 * @param precomputed_idx  lists, size n; a vector of list -1 gets an id but is not stored
 */
FaissStatus faiss_IndexIVF_add_core (FaissIndexIVF *self, idx_t n, const float *x,
                                     const idx_t *xids, const idx_t *precomputed_idx);

/// Encode vectors of known lists. @param codes  output, size n * code_size, or with include_listno
/// n * sa_code_size
FaissStatus faiss_IndexIVF_encode_vectors (const FaissIndexIVF *self, idx_t n, const float *x,
                                           const idx_t *list_nos, uint8_t *codes,
                                           bool include_listno FAISS_DEFAULT (false));
/// Decode codes of known lists. @param x  output, size n * d
FaissStatus faiss_IndexIVF_decode_vectors (const FaissIndexIVF *self, idx_t n, const uint8_t *codes,
                                           const idx_t *list_nos, float *x);

/// Train what encodes vectors. @param assign  lists of the vectors, or NULL without by_residual
FaissStatus faiss_IndexIVF_train_encoder (FaissIndexIVF *self, idx_t n, const float *x,
                                          const idx_t *assign);
idx_t faiss_IndexIVF_train_encoder_num_vectors (const FaissIndexIVF *self);

/// A scanner of this index's lists. @param sel, params  may be NULL
FaissStatus faiss_IndexIVF_get_InvertedListScanner (const FaissIndexIVF *self, bool store_pairs,
                                                    const FaissIDSelector *sel,
                                                    const FaissSearchParametersIVF *params,
                                                    FaissInvertedListScanner **out);

/** Search lists that the caller chose.
 *
 * @param assign        lists to visit, size n * nprobe, -1 for none
 * @param centroid_dis  distances of the queries to their centroids, size n * nprobe
 * @param store_pairs   labels are list_no << 32 | offset instead of ids
 */
FaissStatus faiss_IndexIVF_search_preassigned (const FaissIndexIVF *self, idx_t n, const float *x,
                                               idx_t k, const idx_t *assign,
                                               const float *centroid_dis, float *distances,
                                               idx_t *labels, int store_pairs);
/// The same, restricted and tuned. @param stats  counts are added to it; may be NULL
FaissStatus faiss_IndexIVF_search_preassigned_with_stats (
    const FaissIndexIVF *self, idx_t n, const float *x, idx_t k, const idx_t *assign,
    const float *centroid_dis, float *distances, idx_t *labels, int store_pairs,
    const FaissSearchParametersIVF *params, FaissIndexIVFStats *stats);
FaissStatus faiss_IndexIVF_range_search_preassigned (
    const FaissIndexIVF *self, idx_t nx, const float *x, float radius, const idx_t *keys,
    const float *coarse_dis, FaissRangeSearchResult *result, int store_pairs,
    const FaissSearchParametersIVF *params, FaissIndexIVFStats *stats);

/** Search, and return the codes of the results.
 *
 * @param recons  output, size n * k codes; bytes 0xff for missing results
 * @param include_listno  precede each code by its list number, as sa_encode does
 */
FaissStatus faiss_IndexIVF_search_and_return_codes (const FaissIndexIVF *self, idx_t n,
                                                    const float *x, idx_t k, float *distances,
                                                    idx_t *labels, uint8_t *recons,
                                                    bool include_listno,
                                                    const FaissSearchParameters *params);

/// The vector at a position of a list, size d.
FaissStatus faiss_IndexIVF_reconstruct_from_offset (const FaissIndexIVF *self, int64_t list_no,
                                                    int64_t offset, float *recons);

/// Replace the vectors of ids that are in the direct map. @param v  size nv * d
FaissStatus faiss_IndexIVF_update_vectors (FaissIndexIVF *self, int nv, const idx_t *idx,
                                           const float *v);

/// Move the vectors of other, whose ids grow by add_id, to self.
FaissStatus faiss_IndexIVF_merge_from (FaissIndexIVF *self, FaissIndexIVF *other, idx_t add_id);

/// Copy a part of the entries to other. @param subset_type  a FaissInvertedListsSubsetType
FaissStatus faiss_IndexIVF_copy_subset_to (const FaissIndexIVF *self, FaissIndexIVF *other,
                                           int subset_type, idx_t a1, idx_t a2);

/// How the codes of a list lie in blocks: one after the other. @param out  to be freed by the
/// caller
FaissStatus faiss_IndexIVF_get_CodePacker (const FaissIndexIVF *self, FaissCodePacker **out);
size_t faiss_IndexIVF_get_list_size (const FaissIndexIVF *self, size_t list_no);
/// The ids of a list. @param invlist  output, size get_list_size
void faiss_IndexIVF_invlists_get_ids (const FaissIndexIVF *self, size_t list_no, idx_t *invlist);
/// Are the ids of each list in ascending order?
bool faiss_IndexIVF_check_ids_sorted (const FaissIndexIVF *self);

/// Have a direct map of type array, or none.
FaissStatus faiss_IndexIVF_make_direct_map (FaissIndexIVF *self,
                                            int new_maintain_direct_map FAISS_DEFAULT (1));
FaissStatus faiss_IndexIVF_set_direct_map_type (FaissIndexIVF *self, FaissDirectMapType type);

/// Take other lists; own lists are freed before. ntotal follows.
FaissStatus faiss_IndexIVF_replace_invlists (FaissIndexIVF *self, FaissInvertedLists *il,
                                             bool own FAISS_DEFAULT (false));

/// 1 for lists of equal length, more for others: how much longer searches take.
double faiss_IndexIVF_imbalance_factor (const FaissIndexIVF *self);
/// Print the imbalance factor and a histogram of list lengths.
void faiss_IndexIVF_print_stats (const FaissIndexIVF *self);

FAISS_END_DECLS

#endif
