/* What blevesearch's fork adds to upstream's C API, for the Go programs that use it. */
#ifndef FAISS_BLEVE_H
#define FAISS_BLEVE_H

#include <faiss/Index.h>
#include <faiss/IndexIVF.h>

FAISS_BEGIN_DECLS

/// The bytes that an index takes, roughly: codes and ids of all vectors, centroids, the object.
FaissStatus faiss_Index_size (const FaissIndex *self, size_t *out);

/** Distances of one query to stored vectors. For indexes that keep codes in order, such as Flat.
 *
 * @param ids        size n_ids, 0 <= id < ntotal
 * @param distances  output, size n_ids
 * @return  FAISS_UNKNOWN_EXCEPT for other classes
 */
FaissStatus faiss_Index_dist_compute (const FaissIndex *self, const float *query, const idx_t *ids,
                                      size_t n_ids, float *distances);

/// The number of threads of loops that the calling thread starts.
void faiss_set_omp_threads (unsigned int n);

/// Write an index to memory. @param buf  output, to be released by faiss_free_buf
FaissStatus faiss_write_index_buf (const FaissIndex *idx, size_t *buf_size, uint8_t **buf);

/// Read an index from the first `limit` bytes of a buffer, which is not needed afterwards.
FaissStatus faiss_read_index_buf (const uint8_t *buf, size_t limit, int io_flags, FaissIndex **out);

/// Release *buf and set it to NULL.
void faiss_free_buf (uint8_t **buf);

/// One bit per component: 1 where x > 0. @param x_out  output, size n * d / 8; d divisible by 8
void faiss_real_to_binary (size_t n, size_t d, const float *x_in, uint8_t *x_out);

/// How ids are found in the lists. @param direct_map_type  0: not, 1: by array, 2: by hash table
FaissStatus faiss_IndexIVF_set_direct_map (FaissIndexIVF *self, int direct_map_type);

/** Count the vectors of each list that the selector of params takes.
 *
 * @param list_counts       added to, size list_counts_size
 * @param list_counts_size  nlist
 * @param params            with a selector
 */
FaissStatus faiss_IndexIVF_list_vector_count (const FaissIndexIVF *self, idx_t *list_counts,
                                              size_t list_counts_size,
                                              const FaissSearchParametersIVF *params);

/// The k nearest centroids of n queries, among those that the selector of params takes.
FaissStatus faiss_IndexIVF_search_closest_eligible_centroids (const FaissIndexIVF *self, idx_t n,
                                                              const float *query, idx_t k,
                                                              float *centroid_distances,
                                                              idx_t *centroid_ids,
                                                              const FaissSearchParameters *params);

/// search_preassigned with parameters; assign and centroid_dis have params->nprobe columns.
FaissStatus faiss_IndexIVF_search_preassigned_with_params (
    const FaissIndexIVF *self, idx_t n, const float *x, idx_t k, const idx_t *assign,
    const float *centroid_dis, float *distances, idx_t *labels, int store_pairs,
    const FaissSearchParametersIVF *params);

/** All centroids, and how many vectors their lists have.
 *
 * @param centroid_vectors  output, size nlist * d
 * @param cardinalities     output, size nlist
 * @param centroid_ids      output, 0 .. nlist - 1; may be NULL
 */
FaissStatus faiss_IndexIVF_get_centroids_and_cardinality (const FaissIndexIVF *self,
                                                          float *centroid_vectors,
                                                          size_t *cardinalities,
                                                          idx_t *centroid_ids);

/** Distances of a query to n codes of a list.
 *
 * @param codes       size n * code_size
 * @param dist_table  not used
 */
FaissStatus faiss_IndexIVF_compute_distance_to_codes_for_list (FaissIndexIVF *self, idx_t list_no,
                                                               const float *x, idx_t n,
                                                               const uint8_t *codes, float *dists,
                                                               float *dist_table);

/** Give an index what another one has learned, for the same d: the codec, and of inverted files the
 * coarse quantizer, which the target borrows. IndexScalarQuantizer and IndexIVFScalarQuantizer;
 * others are an error (-1). The target is trained then.
 */
FaissStatus faiss_Set_quantizers (FaissIndex *target, FaissIndex *source);

FAISS_END_DECLS

#endif
