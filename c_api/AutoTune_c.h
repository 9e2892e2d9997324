/* Parameters of indexes by name. */
#ifndef FAISS_AUTO_TUNE_C_H
#define FAISS_AUTO_TUNE_C_H

#include "Index_c.h"

FAISS_C_API_BEGIN

FAISS_DECLARE_CLASS (ParameterRange)
FAISS_DECLARE_CLASS (ParameterSpace)

/// Borrowed from its space.
const char *faiss_ParameterRange_name (const FaissParameterRange *self);
/// The values, borrowed, and their number.
void faiss_ParameterRange_values (FaissParameterRange *self, double **values, size_t *size);

/// A space without parameters.
int faiss_ParameterSpace_new (FaissParameterSpace **out);
void faiss_ParameterSpace_free (FaissParameterSpace *self);

/// The product of the numbers of values.
size_t faiss_ParameterSpace_n_combinations (const FaissParameterSpace *self);

/** The text form of a combination, "nprobe=4,ht=64".
 *
 * Copied as strncpy does: filled up with zeros, and without a final zero if it does not fit.
 */
int faiss_ParameterSpace_combination_name (const FaissParameterSpace *self, size_t cno, char *name,
                                           size_t size);

/// Set parameters by their text form, or by the number of a combination.
int faiss_ParameterSpace_set_index_parameters (const FaissParameterSpace *self, FaissIndex *index,
                                               const char *description);
int faiss_ParameterSpace_set_index_parameters_cno (const FaissParameterSpace *self,
                                                   FaissIndex *index, size_t cno);

/// Set one: "nprobe", "quantizer_nprobe", "k_factor_rf", ... An unknown name is an error.
int faiss_ParameterSpace_set_index_parameter (const FaissParameterSpace *self, FaissIndex *index,
                                              const char *name, double value);

/// Print the ranges to standard output.
void faiss_ParameterSpace_display (const FaissParameterSpace *self);

/// The range of a name, made if there is none. @param out  borrowed; may be NULL
int faiss_ParameterSpace_add_range (FaissParameterSpace *self, const char *name,
                                    FaissParameterRange **out);

FAISS_C_API_END

#endif
