/* Distances between vectors, nearest neighbours among plain arrays. */
#ifndef FAISS_DISTANCES_H
#define FAISS_DISTANCES_H

#include <stddef.h>

#include <faiss/Index.h>

FAISS_BEGIN_DECLS

/* Two vectors of d components. */
float faiss_fvec_L2sqr (const float *x, const float *y, size_t d);
float faiss_fvec_inner_product (const float *x, const float *y, size_t d);
float faiss_fvec_L1 (const float *x, const float *y, size_t d);
float faiss_fvec_Linf (const float *x, const float *y, size_t d);

/// One vector against four.
void faiss_fvec_L2sqr_batch_4 (const float *x, const float *y0, const float *y1, const float *y2,
                               const float *y3, size_t d, float out[4]);
void faiss_fvec_inner_product_batch_4 (const float *x, const float *y0, const float *y1,
                                       const float *y2, const float *y3, size_t d, float out[4]);

/// c = a + bf * b, c = a + b, c = a - b, componentwise; c may be a or b.
void faiss_fvec_madd (size_t n, const float *a, float bf, const float *b, float *c);
void faiss_fvec_add (size_t d, const float *a, const float *b, float *c);
void faiss_fvec_sub (size_t d, const float *a, const float *b, float *c);

/** Sort indirectly: vals[perm[i]] does not decrease with i. Equal values keep their order, NaN
 * last.
 *
 * @param perm  output, a permutation of 0 .. n - 1
 */
FaissStatus faiss_fvec_argsort (size_t n, const float *vals, idx_t *perm);

/// Squared norm.
float faiss_fvec_norm_L2sqr (const float *x, size_t d);

/// Norms, or squared norms, of nx vectors.
void faiss_fvec_norms_L2 (float *norms, const float *x, size_t d, size_t nx);
void faiss_fvec_norms_L2sqr (float *norms, const float *x, size_t d, size_t nx);

/// Scale nx vectors to norm 1; zero vectors stay.
void faiss_fvec_renorm_L2 (size_t d, size_t nx, float *x);

/// One vector against ny others (rows of y, size ny * d).
void faiss_fvec_inner_products_ny (float *ip, const float *x, const float *y, size_t d, size_t ny);
void faiss_fvec_L2sqr_ny (float *dis, const float *x, const float *y, size_t d, size_t ny);

/// The nearest of ny vectors by squared distance, the first of equal ones; 0 if ny is 0.
/// @param distances_tmp_buffer  size ny, receives the distances
size_t faiss_fvec_L2sqr_ny_nearest (float *distances_tmp_buffer, const float *x, const float *y,
                                    size_t d, size_t ny);

/// c = a + bf * b like faiss_fvec_madd; the position of the smallest c, the first of equal ones.
int faiss_fvec_madd_and_argmin (size_t n, const float *a, float bf, const float *b, float *c);

/// n pairs of rows, x[ix[i] * d ...] and y[iy[i] * d ...]: dis has n elements.
void faiss_pairwise_indexed_L2sqr (size_t d, size_t n, const float *x, const int64_t *ix,
                                   const float *y, const int64_t *iy, float *dis);
void faiss_pairwise_indexed_inner_product (size_t d, size_t n, const float *x, const int64_t *ix,
                                           const float *y, const int64_t *iy, float *dis);

/** All squared distances between nq and nb vectors: dis[i * ldd + j].
 *
 * ldq, ldb, ldd: distance between rows; -1 for compact matrices. By the expansion |x|^2 + |y|^2 -
 * 2xy, so that small distances may come out slightly negative.
 */
void faiss_pairwise_L2sqr (int64_t d, int64_t nq, const float *xq, int64_t nb, const float *xb,
                           float *dis, int64_t ldq, int64_t ldb, int64_t ldd);
void faiss_pairwise_L2sqr_with_defaults (int64_t d, int64_t nq, const float *xq, int64_t nb,
                                         const float *xb, float *dis);

/** The k nearest of ny vectors for each of nx queries, sorted.
 *
 * @param x       queries, size nx * d
 * @param y       vectors, size ny * d
 * @param vals    output, size nx * k
 * @param ids     output, size nx * k, -1 for missing results
 * @param y_norms  squared norms of y, size ny, or NULL to compute them where they are needed
 * @param sel     restricts the ids 0 .. ny - 1, or NULL
 */
FaissStatus faiss_knn_L2sqr (const float *x, const float *y, size_t d, size_t nx, size_t ny,
                             size_t k, float *vals, idx_t *ids, const float *y_norms,
                             const FaissIDSelector *sel);
FaissStatus faiss_knn_inner_product (const float *x, const float *y, size_t d, size_t nx, size_t ny,
                                     size_t k, float *vals, idx_t *ids, const FaissIDSelector *sel);

/** Each of nx vectors against ny vectors of its own, those that row i of ids names.
 *
 * @param ids  size nx * ny; a negative one gives -infinity or +infinity, the worst value
 */
void faiss_fvec_inner_products_by_idx (float *ip, const float *x, const float *y, const idx_t *ids,
                                       size_t d, size_t nx, size_t ny);
void faiss_fvec_L2sqr_by_idx (float *dis, const float *x, const float *y, const idx_t *ids,
                              size_t d, size_t nx, size_t ny);

/// Nearest neighbours among subsets: row i of `subset` lists nsubset candidates of query i,
/// negative ones end.
FaissStatus faiss_knn_L2sqr_by_idx (const float *x, const float *y, const idx_t *subset, size_t d,
                                    size_t nx, size_t ny, size_t nsubset, size_t k, float *vals,
                                    idx_t *ids, int64_t ld_subset);
FaissStatus faiss_knn_inner_products_by_idx (const float *x, const float *y, const idx_t *subset,
                                             size_t d, size_t nx, size_t ny, size_t nsubset,
                                             size_t k, float *vals, idx_t *ids, int64_t ld_subset);

/// All of ny vectors with distance < radius (L2) or similarity > radius.
FaissStatus faiss_range_search_L2sqr (const float *x, const float *y, size_t d, size_t nx,
                                      size_t ny, float radius, FaissRangeSearchResult *result,
                                      const FaissIDSelector *sel);
FaissStatus faiss_range_search_inner_product (const float *x, const float *y, size_t d, size_t nx,
                                              size_t ny, float radius,
                                              FaissRangeSearchResult *result,
                                              const FaissIDSelector *sel);

/* Process-wide settings of the functions above, not synchronised. */

/// From nx * d on L2 distances are computed by |x|^2 + |y|^2 - 2xy (default 128000).
void faiss_set_distance_compute_blas_threshold (int value);
int faiss_get_distance_compute_blas_threshold (void);
/// Kept for compatibility; blocks are sized by the caches.
void faiss_set_distance_compute_blas_query_bs (int value);
int faiss_get_distance_compute_blas_query_bs (void);
void faiss_set_distance_compute_blas_database_bs (int value);
int faiss_get_distance_compute_blas_database_bs (void);
/// From k on results are collected in a reservoir instead of a heap (default 100).
void faiss_set_distance_compute_min_k_reservoir (int value);
int faiss_get_distance_compute_min_k_reservoir (void);

FAISS_END_DECLS

#endif
