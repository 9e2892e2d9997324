/* Distances between vectors. */
#ifndef FAISS_DISTANCES_C_H
#define FAISS_DISTANCES_C_H

#include "../faiss_c.h"

FAISS_C_API_BEGIN

/** All squared distances between nq and nb vectors: dis[i * ldd + j].
 *
 * ldq, ldb, ldd: floats from row to row; -1 for rows without gaps.
 */
void faiss_pairwise_L2sqr (int64_t d, int64_t nq, const float *xq, int64_t nb, const float *xb,
                           float *dis, int64_t ldq, int64_t ldb, int64_t ldd);
void faiss_pairwise_L2sqr_with_defaults (int64_t d, int64_t nq, const float *xq, int64_t nb,
                                         const float *xb, float *dis);

/// One vector against ny others. @param ip  output, size ny
void faiss_fvec_inner_products_ny (float *ip, const float *x, const float *y, size_t d, size_t ny);
void faiss_fvec_L2sqr_ny (float *dis, const float *x, const float *y, size_t d, size_t ny);

/// Squared length of a vector.
float faiss_fvec_norm_L2sqr (const float *x, size_t d);

/// Lengths, or squared lengths, of nx vectors.
void faiss_fvec_norms_L2 (float *norms, const float *x, size_t d, size_t nx);
void faiss_fvec_norms_L2sqr (float *norms, const float *x, size_t d, size_t nx);

/// Scale nx vectors to length 1; zeros stay.
void faiss_fvec_renorm_L2 (size_t d, size_t nx, float *x);

/* Settings of the process, not synchronised. */
void faiss_set_distance_compute_blas_threshold (int value);
int faiss_get_distance_compute_blas_threshold (void);
void faiss_set_distance_compute_blas_query_bs (int value);
int faiss_get_distance_compute_blas_query_bs (void);
void faiss_set_distance_compute_blas_database_bs (int value);
int faiss_get_distance_compute_blas_database_bs (void);
void faiss_set_distance_compute_min_k_reservoir (int value);
int faiss_get_distance_compute_min_k_reservoir (void);

FAISS_C_API_END

#endif
