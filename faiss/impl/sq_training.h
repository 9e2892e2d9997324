/* How the ranges of scalar quantizers are learned. Not for public headers. */
#ifndef FAISS_SQ_TRAINING_H
#define FAISS_SQ_TRAINING_H

#include <faiss/impl/ScalarQuantizer.h>

/// One range for n values. @param n_levels  numbers of a code @param out  least value, difference
FaissStatus faiss_sq_train_uniform (FaissRangeStat rangestat, float arg, size_t n, size_t n_levels,
                                    const float *x, float out[2]);

/// A range for each of d columns of n rows, n > 0. @param out  d least values, d differences
FaissStatus faiss_sq_train_columns (FaissRangeStat rangestat, float arg, size_t n, size_t d,
                                    size_t n_levels, const float *x, float *out);

/// Widen ranges by n rows. @param min, max  size d, least and largest value of each column so far
void faiss_sq_widen (size_t n, size_t d, const float *x, float *min, float *max);

#endif
