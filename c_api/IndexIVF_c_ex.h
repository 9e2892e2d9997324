/* Functions on inverted files that a widely used fork's C API adds. */
#ifndef FAISS_INDEX_IVF_C_EX_H
#define FAISS_INDEX_IVF_C_EX_H

#include "IndexIVF_c.h"

FAISS_C_API_BEGIN

/// How ids are found in the lists. @param direct_map_type  0: not, 1: by array, 2: by hash table
int faiss_IndexIVF_set_direct_map (FaissIndexIVF *self, int direct_map_type);

/// Add to list_counts (size nlist) how many vectors of each list the selector of params takes.
int faiss_IndexIVF_list_vector_count (const FaissIndexIVF *self, idx_t *list_counts,
                                      size_t list_counts_size,
                                      const FaissSearchParametersIVF *params);

/// The k nearest centroids of n queries, among those that the selector of params takes.
int faiss_IndexIVF_search_closest_eligible_centroids (const FaissIndexIVF *self, idx_t n,
                                                      const float *query, idx_t k,
                                                      float *centroid_distances,
                                                      idx_t *centroid_ids,
                                                      const FaissSearchParameters *params);

/// search_preassigned with parameters; assign and centroid_dis have params' nprobe columns.
int faiss_IndexIVF_search_preassigned_with_params (const FaissIndexIVF *self, idx_t n,
                                                   const float *x, idx_t k, const idx_t *assign,
                                                   const float *centroid_dis, float *distances,
                                                   idx_t *labels, int store_pairs,
                                                   const FaissSearchParametersIVF *params);

/// Centroids (size nlist * d), sizes of their lists and numbers (may be NULL).
int faiss_IndexIVF_get_centroids_and_cardinality (const FaissIndexIVF *self,
                                                  float *centroid_vectors, size_t *cardinalities,
                                                  idx_t *centroid_ids);

/// Distances of a query to n codes of a list. dist_table is not used.
int faiss_IndexIVF_compute_distance_to_codes_for_list (FaissIndexIVF *self, idx_t list_no,
                                                       const float *x, idx_t n,
                                                       const uint8_t *codes, float *dists,
                                                       float *dist_table);

/// Give an empty index the codec of another one of its class, and of inverted files the quantizer,
/// which it borrows. Scalar quantizers only; -1 for other classes.
int faiss_Set_quantizers (FaissIndex *target, FaissIndex *source);

FAISS_C_API_END

#endif
