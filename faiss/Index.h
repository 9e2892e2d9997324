/* The root of all float indexes. */
#ifndef FAISS_INDEX_H
#define FAISS_INDEX_H

#include <faiss/MetricType.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/DistanceComputer.h>
#include <faiss/impl/IDSelector.h>
#include <faiss/impl/ResultHandler.h>
#include <faiss/impl/object.h>

#define FAISS_VERSION_MAJOR 1
#define FAISS_VERSION_MINOR 15
#define FAISS_VERSION_PATCH 1

FAISS_BEGIN_DECLS

struct FaissParameterSpace;

/// Restricts or tunes one search. Subclasses add what their index reads.
typedef struct FaissSearchParameters {
    FAISS_PRIVATE (FaissClass *cls;)
    FaissIDSelector *sel; ///< if not NULL, only these ids are returned; never owned
} FaissSearchParameters;

/** Adds vectors, and searches those nearest to a query.
 *
 * Vectors are rows of a compact row-major matrix: component j of vector i is x[i * d + j]. Vectors
 * are numbered 0 .. ntotal - 1 in the order of adding unless add_with_ids says otherwise; ids are
 * not negative. Several threads may search at once; nothing else may run beside a change.
 */
typedef struct FaissIndex {
    FAISS_PRIVATE (struct FaissIndexClass *cls;)
    int d;           ///< dimension of the vectors
    idx_t ntotal;    ///< number of vectors indexed
    bool verbose;    ///< print progress to standard output (default false)
    bool is_trained; ///< false while train () is still to be called
    FaissMetricType metric_type;
    float metric_arg; ///< argument of the metric, the p of METRIC_Lp
} FaissIndex;

#ifndef SWIG
/** What an index class may override.
 *
 * The functions faiss_Index_<method> below check their arguments (not NULL, n >= 0, k > 0, trained)
 * and then call these; subclasses call each other's slots without a second check. A slot left NULL
 * is the parent's; the root's report "not implemented" or do it by other slots, as said here.
 */
typedef struct FaissIndexClass {
    FaissClass head;
    FaissStatus (*train) (FaissIndex *self, idx_t n, const float *x); ///< root: nothing to train
    /// asked while is_trained is false: may vectors be added all the same? root: no
    bool (*was_trained_behind) (const FaissIndex *self);
    FaissStatus (*add) (FaissIndex *self, idx_t n, const float *x);
    FaissStatus (*add_with_ids) (FaissIndex *self, idx_t n, const float *x, const idx_t *xids);
    FaissStatus (*search) (const FaissIndex *self, idx_t n, const float *x, idx_t k,
                           const FaissSearchParameters *params, float *distances, idx_t *labels);
    FaissStatus (*range_search) (const FaissIndex *self, idx_t n, const float *x, float radius,
                                 const FaissSearchParameters *params,
                                 FaissRangeSearchResult *result);
    FaissStatus (*search1) (const FaissIndex *self, const float *x, FaissResultHandler *handler,
                            const FaissSearchParameters *params);
    FaissStatus (*assign) (const FaissIndex *self, idx_t n, const float *x, idx_t *labels,
                           idx_t k); ///< root: search without the distances
    FaissStatus (*reset) (FaissIndex *self);
    FaissStatus (*remove_ids) (FaissIndex *self, const FaissIDSelector *sel, size_t *n_removed);
    FaissStatus (*reconstruct) (const FaissIndex *self, idx_t key, float *recons);
    FaissStatus (*reconstruct_batch) (const FaissIndex *self, idx_t n, const idx_t *keys,
                                      float *recons); ///< root: one by one
    FaissStatus (*reconstruct_n) (const FaissIndex *self, idx_t i0, idx_t ni,
                                  float *recons); ///< root: one by one
    FaissStatus (*search_and_reconstruct) (const FaissIndex *self, idx_t n, const float *x, idx_t k,
                                           const FaissSearchParameters *params, float *distances,
                                           idx_t *labels, float *recons); ///< root: both in turn
    FaissStatus (*search_subset) (const FaissIndex *self, idx_t n, const float *x, idx_t k_base,
                                  const idx_t *base_labels, idx_t k, float *distances,
                                  idx_t *labels); ///< root: by the class's distance computers
    FaissStatus (*compute_residual) (const FaissIndex *self, const float *x, float *residual,
                                     idx_t key); ///< root: x minus the reconstruction
    FaissStatus (*compute_residual_n) (const FaissIndex *self, idx_t n, const float *xs,
                                       float *residuals, const idx_t *keys); ///< root: one by one
    FaissStatus (*get_distance_computer) (const FaissIndex *self,
                                          FaissDistanceComputer **out); ///< root: for METRIC_L2, by
                                                                        ///< reconstruction
    FaissStatus (*sa_code_size) (const FaissIndex *self, size_t *out);
    FaissStatus (*sa_encode) (const FaissIndex *self, idx_t n, const float *x, uint8_t *bytes);
    FaissStatus (*sa_decode) (const FaissIndex *self, idx_t n, const uint8_t *bytes, float *x);
    FaissStatus (*check_compatible_for_merge) (const FaissIndex *self, const FaissIndex *other);
    FaissStatus (*merge_from) (FaissIndex *self, FaissIndex *other, idx_t add_id);
    FaissStatus (*add_sa_codes) (FaissIndex *self, idx_t n, const uint8_t *codes,
                                 const idx_t *xids);
    /// ParameterSpace: set a parameter by name; *known = false (and success) if there is no such
    /// one
    FaissStatus (*set_parameter) (FaissIndex *self, const char *name, double value, bool *known);
    /// ParameterSpace: add the ranges of the parameters worth exploring; root: none
    FaissStatus (*add_parameter_ranges) (const FaissIndex *self, struct FaissParameterSpace *space);
} FaissIndexClass;

extern FaissIndexClass faiss_Index_class;
extern FaissClass faiss_SearchParameters_class;

/// For subclasses: set the fields that every index has; trained, empty, quiet.
FaissStatus faiss_Index_init (FaissIndex *self, idx_t d, FaissMetricType metric);
#endif

/// Default parameters, restricted to the ids of a selector (borrowed) if it is not NULL.
FaissStatus faiss_SearchParameters_new (FaissSearchParameters **out,
                                        FaissIDSelector *sel FAISS_DEFAULT (NULL));
void faiss_SearchParameters_free (FaissSearchParameters *self);

int faiss_Index_d (const FaissIndex *self);
idx_t faiss_Index_ntotal (const FaissIndex *self);
int faiss_Index_is_trained (const FaissIndex *self);
FaissMetricType faiss_Index_metric_type (const FaissIndex *self);
int faiss_Index_verbose (const FaissIndex *self);
void faiss_Index_set_verbose (FaissIndex *self, int verbose);
float faiss_Index_metric_arg (const FaissIndex *self);
void faiss_Index_set_metric_arg (FaissIndex *self, float metric_arg);

/// The name of the object's class, "IndexFlatL2" for instance.
const char *faiss_Index_class_name (const FaissIndex *self);

/** Perform training on a representative set of vectors.
 *
 * @param n  number of training vectors
 * @param x  training vectors, size n * d
 */
FaissStatus faiss_Index_train (FaissIndex *self, idx_t n, const float *x);

/** Add n vectors; they receive the ids ntotal .. ntotal + n - 1.
 *
 * An add that fails leaves the index as it was.
 * @param x  size n * d
 */
FaissStatus faiss_Index_add (FaissIndex *self, idx_t n, const float *x);

/// The same with ids of the caller's choice, size n. Not every index keeps ids.
FaissStatus faiss_Index_add_with_ids (FaissIndex *self, idx_t n, const float *x, const idx_t *xids);

/** Find the k nearest vectors of each of n queries.
 *
 * @param x          queries, size n * d
 * @param k          number of results per query, > 0
 * @param distances  output, size n * k, best first
 * @param labels     output, size n * k, -1 where fewer than k were found
 */
FaissStatus faiss_Index_search (const FaissIndex *self, idx_t n, const float *x, idx_t k,
                                float *distances, idx_t *labels);

/// The same, restricted and tuned; params may be NULL.
FaissStatus faiss_Index_search_with_params (const FaissIndex *self, idx_t n, const float *x,
                                            idx_t k, const FaissSearchParameters *params,
                                            float *distances, idx_t *labels);

/** Find all vectors nearer than a radius: distance < radius, or similarity > radius.
 *
 * @param result  made for n queries, not filled yet
 */
FaissStatus faiss_Index_range_search (const FaissIndex *self, idx_t n, const float *x, float radius,
                                      FaissRangeSearchResult *result);
FaissStatus faiss_Index_range_search_with_params (const FaissIndex *self, idx_t n, const float *x,
                                                  float radius, const FaissSearchParameters *params,
                                                  FaissRangeSearchResult *result);

/// Search for one query whose candidates go to a handler. params may be NULL.
FaissStatus faiss_Index_search1 (const FaissIndex *self, const float *x,
                                 FaissResultHandler *handler, const FaissSearchParameters *params);

/// The labels of the k nearest vectors of n queries, size n * k, without the distances.
FaissStatus faiss_Index_assign (FaissIndex *self, idx_t n, const float *x, idx_t *labels, idx_t k);

/// Remove all vectors.
FaissStatus faiss_Index_reset (FaissIndex *self);

/// Remove the vectors of a selector. @param n_removed  output, how many; may be NULL
FaissStatus faiss_Index_remove_ids (FaissIndex *self, const FaissIDSelector *sel,
                                    size_t *n_removed);

/// The stored vector of an id, or an approximation of it, size d.
FaissStatus faiss_Index_reconstruct (const FaissIndex *self, idx_t key, float *recons);

/// The stored vectors of n ids, size n * d.
FaissStatus faiss_Index_reconstruct_batch (const FaissIndex *self, idx_t n, const idx_t *keys,
                                           float *recons);

/// The stored vectors of the ids i0 .. i0 + ni - 1, size ni * d.
FaissStatus faiss_Index_reconstruct_n (const FaissIndex *self, idx_t i0, idx_t ni, float *recons);

/// Search, and reconstruct the results. @param recons  output, size n * k * d; NaN where label is
/// -1
FaissStatus faiss_Index_search_and_reconstruct (const FaissIndex *self, idx_t n, const float *x,
                                                idx_t k, const FaissSearchParameters *params,
                                                float *distances, idx_t *labels, float *recons);

/** The k nearest among k_base candidates of each query.
 *
 * @param base_labels  candidates, size n * k_base; a negative one ends a query's list
 */
FaissStatus faiss_Index_search_subset (const FaissIndex *self, idx_t n, const float *x,
                                       idx_t k_base, const idx_t *base_labels, idx_t k,
                                       float *distances, idx_t *labels);

/// residual = x - reconstruction of key, size d.
FaissStatus faiss_Index_compute_residual (const FaissIndex *self, const float *x, float *residual,
                                          idx_t key);
FaissStatus faiss_Index_compute_residual_n (const FaissIndex *self, idx_t n, const float *x,
                                            float *residuals, const idx_t *keys);

/// A distance computer on the vectors of this index; free it before the index.
FaissStatus faiss_Index_get_distance_computer (const FaissIndex *self, FaissDistanceComputer **out);

/// Bytes of one vector in the standalone codec.
FaissStatus faiss_Index_sa_code_size (const FaissIndex *self, size_t *out);

/// Encode vectors without storing them. @param bytes  output, size n * sa_code_size
FaissStatus faiss_Index_sa_encode (const FaissIndex *self, idx_t n, const float *x, uint8_t *bytes);

/// Decode vectors, size n * d.
FaissStatus faiss_Index_sa_decode (const FaissIndex *self, idx_t n, const uint8_t *bytes, float *x);

/// Success if other's vectors can be moved into self, else an error that says why not.
FaissStatus faiss_Index_check_compatible_for_merge (const FaissIndex *self,
                                                    const FaissIndex *other);

/// Move all vectors of other into self, their ids shifted by add_id; other is empty afterwards.
FaissStatus faiss_Index_merge_from (FaissIndex *self, FaissIndex *other,
                                    idx_t add_id FAISS_DEFAULT (0));

/// Add vectors that sa_encode made. @param xids  ids, size n; NULL for consecutive ones
FaissStatus faiss_Index_add_sa_codes (FaissIndex *self, idx_t n, const uint8_t *codes,
                                      const idx_t *xids);

/// Free any index, whatever its class. NULL is allowed.
void faiss_Index_free (FaissIndex *self);

/// "1.15.1"
const char *faiss_get_version (void);

FAISS_END_DECLS

#endif
