/* Indexes of float vectors. */
#ifndef FAISS_INDEX_C_H
#define FAISS_INDEX_C_H

#include "error_c.h"
#include "faiss_c.h"

FAISS_C_API_BEGIN

FAISS_DECLARE_CLASS (RangeSearchResult)
FAISS_DECLARE_CLASS (IDSelector)
FAISS_DECLARE_CLASS (SearchParameters)
FAISS_DECLARE_CLASS (Index)

/// How vectors are compared. A distance unless said otherwise: smaller is nearer.
typedef enum FaissMetricType {
    METRIC_INNER_PRODUCT = 0, ///< a similarity, larger is nearer
    METRIC_L2 = 1,            ///< squared Euclidean distance
    METRIC_L1 = 2,
    METRIC_Linf = 3,
    METRIC_Lp = 4, ///< sum of |x - y|^p, without a root
    METRIC_Canberra = 20,
    METRIC_BrayCurtis = 21,
    METRIC_JensenShannon = 22,
    METRIC_Jaccard = 23,      ///< a similarity
    METRIC_NaNEuclidean = 24, ///< L2 over the components that both vectors have
    METRIC_GOWER = 25,
} FaissMetricType;

/// Parameters of one search: only the ids of the selector (borrowed, may be NULL) are returned.
int faiss_SearchParameters_new (FaissSearchParameters **out, FaissIDSelector *sel);
/// Free search parameters of any class. NULL is allowed.
void faiss_SearchParameters_free (FaissSearchParameters *self);

/// Free an index of any class. NULL is allowed.
void faiss_Index_free (FaissIndex *self);

int faiss_Index_d (const FaissIndex *self);
int faiss_Index_is_trained (const FaissIndex *self);
idx_t faiss_Index_ntotal (const FaissIndex *self);
FaissMetricType faiss_Index_metric_type (const FaissIndex *self);
int faiss_Index_verbose (const FaissIndex *self);
void faiss_Index_set_verbose (FaissIndex *self, int verbose);

/// Train on n vectors. @param x  size n * d
int faiss_Index_train (FaissIndex *self, idx_t n, const float *x);

/// Add n vectors; they get the next n ids. @param x  size n * d
int faiss_Index_add (FaissIndex *self, idx_t n, const float *x);

/// Add n vectors under ids of the caller's choice. @param xids  size n
int faiss_Index_add_with_ids (FaissIndex *self, idx_t n, const float *x, const idx_t *xids);

/** Find the k nearest vectors of n queries.
 *
 * @param x          queries, size n * d
 * @param distances  output, size n * k, best first
 * @param labels     output, size n * k; -1 where there are fewer than k
 */
int faiss_Index_search (const FaissIndex *self, idx_t n, const float *x, idx_t k, float *distances,
                        idx_t *labels);

/// The same; params, if not NULL, replace the index's own settings for this search.
int faiss_Index_search_with_params (const FaissIndex *self, idx_t n, const float *x, idx_t k,
                                    const FaissSearchParameters *params, float *distances,
                                    idx_t *labels);

/// Find all vectors with distance < radius (similarity > radius). @param result  unused, for n
int faiss_Index_range_search (const FaissIndex *self, idx_t n, const float *x, float radius,
                              FaissRangeSearchResult *result);

/// The labels of the k nearest vectors of n queries. @param labels  output, size n * k
int faiss_Index_assign (FaissIndex *self, idx_t n, const float *x, idx_t *labels, idx_t k);

/// Remove all vectors.
int faiss_Index_reset (FaissIndex *self);

/// Remove the selected vectors. @param n_removed  output, how many; may be NULL
int faiss_Index_remove_ids (FaissIndex *self, const FaissIDSelector *sel, size_t *n_removed);

/// The stored vector of an id, as exactly as the index knows it. @param recons  output, size d
int faiss_Index_reconstruct (const FaissIndex *self, idx_t key, float *recons);

/// The stored vectors i0 .. i0 + ni - 1. @param recons  output, size ni * d
int faiss_Index_reconstruct_n (const FaissIndex *self, idx_t i0, idx_t ni, float *recons);

/// x minus the stored vector of an id. @param residual  output, size d
int faiss_Index_compute_residual (const FaissIndex *self, const float *x, float *residual,
                                  idx_t key);

/// The same for n vectors and ids. @param residuals  output, size n * d
int faiss_Index_compute_residual_n (const FaissIndex *self, idx_t n, const float *x,
                                    float *residuals, const idx_t *keys);

/// Bytes per vector of the index's codec. @param size  output
int faiss_Index_sa_code_size (const FaissIndex *self, size_t *size);

/// Encode n vectors without storing them. @param bytes  output, size n * sa_code_size
int faiss_Index_sa_encode (const FaissIndex *self, idx_t n, const float *x, uint8_t *bytes);

/// Decode n vectors. @param x  output, size n * d
int faiss_Index_sa_decode (const FaissIndex *self, idx_t n, const uint8_t *bytes, float *x);

/// The number of threads of loops that the calling thread starts (an addition of a fork).
void faiss_set_omp_threads (unsigned int n);

FAISS_C_API_END

#endif
