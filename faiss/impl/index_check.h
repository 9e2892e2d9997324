/* Checks of arguments that all indexes share, and methods that only need other methods.
 * Not for public headers. */
#ifndef FAISS_INDEX_CHECK_H
#define FAISS_INDEX_CHECK_H

#include <faiss/IndexFlatCodes.h>
#include <faiss/impl/Quantizer.h>

/// The largest dimension; the file format has the same limit.
#define FAISS_MAX_DIMENSION (1 << 20)

/* `function` is the caller's __func__: it opens the message. */

/// The index is not NULL, n >= 0, and n * d floats at x exist and can be counted.
FaissStatus faiss_check_vectors (const char *function, const FaissIndex *index, idx_t n,
                                 const float *x, const char *x_name);

/// The index is not NULL, and its fields fit each other (FaissClass.check).
FaissStatus faiss_check_index (const char *function, const FaissIndex *index);

/// For checks of fields: the index within `outer` is there, and of the same dimension.
FaissStatus faiss_check_part (const char *function, const char *name, const FaissIndex *part,
                              int d);

FaissStatus faiss_check_trained (const char *function, const FaissIndex *index);

/// k > 0, and n * k can be counted; k_name is the argument's name.
FaissStatus faiss_check_counts (const char *function, idx_t n, idx_t k, const char *k_name);

/// k > 0, n * k results can be counted, and the outputs exist.
FaissStatus faiss_check_results (const char *function, idx_t n, idx_t k, const float *distances,
                                 const idx_t *labels);

/// For checks of fields: an encoder has the index's dimension and its code_size.
FaissStatus faiss_check_encoder (const char *function, const char *name,
                                 const FaissQuantizer *encoder, const FaissIndex *index,
                                 size_t code_size);

/// For classes that read no parameters but the selector: refuse other classes of parameters.
FaissStatus faiss_check_params_class (const char *function, const FaissIndex *index,
                                      const FaissSearchParameters *params, const FaissClass *cls);

/// Remove the vectors from position `begin` on.
FaissStatus faiss_remove_from (FaissIndex *index, idx_t begin);

/// A distance computer by reconstruction, for METRIC_L2. What cannot be reconstructed is at NaN.
FaissStatus faiss_generic_distance_computer (const FaissIndex *index, FaissDistanceComputer **out);

/// A distance computer by sa_decode, for any metric.
FaissStatus faiss_decoding_distance_computer (const FaissIndexFlatCodes *index,
                                              FaissFlatCodesDistanceComputer **out);

/// search_subset for any index that has distance computers.
FaissStatus faiss_search_subset_by_distance_computer (const FaissIndex *self, idx_t n,
                                                      const float *x, idx_t k_base,
                                                      const idx_t *base_labels, idx_t k,
                                                      float *distances, idx_t *labels);

#endif
