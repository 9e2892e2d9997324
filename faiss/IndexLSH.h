/* Locality-sensitive hashing: one bit per random direction. */
#ifndef FAISS_INDEX_LSH_H
#define FAISS_INDEX_LSH_H

#include <faiss/IndexFlatCodes.h>
#include <faiss/VectorTransform.h>

FAISS_BEGIN_DECLS

/** The signs of projections (Charikar, "Similarity estimation techniques from rounding algorithms",
 * STOC 2002), compared by Hamming distance.
 *
 * search returns the number of bits that differ. What compares with decoded vectors (range_search,
 * distance computers) gives squared L2 distances.
 */
typedef struct FaissIndexLSH FAISS_EXTENDS (FaissIndexFlatCodes) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
    };
    int nbits;                      ///< bits per vector
    bool rotate_data;               ///< project on random directions; else: the first components
    bool train_thresholds;          ///< compare with the medians of training, else with 0
    FaissRandomRotationMatrix rrot; ///< from d to nbits; without a matrix unless rotate_data
    FaissFloat32Vector thresholds;  ///< size nbits, or empty
} FaissIndexLSH;

#ifndef SWIG
extern FaissIndexFlatCodesClass faiss_IndexLSH_class;
#endif

/// No dimension, no bits, neither rotation nor thresholds.
FaissStatus faiss_IndexLSH_new_default (FaissIndexLSH **out);

/// With a rotation, without thresholds.
FaissStatus faiss_IndexLSH_new (FaissIndexLSH **out, idx_t d, int nbits);

/// @param nbits  at most d without rotate_data
FaissStatus faiss_IndexLSH_new_with_options (FaissIndexLSH **out, idx_t d, int nbits,
                                             int rotate_data FAISS_DEFAULT (1),
                                             int train_thresholds FAISS_DEFAULT (0));
void faiss_IndexLSH_free (FaissIndexLSH *self);
/// The index itself if it is of this class, else NULL.
FaissIndexLSH *faiss_IndexLSH_cast (FaissIndex *index);

int faiss_IndexLSH_nbits (const FaissIndexLSH *self);
int faiss_IndexLSH_code_size (const FaissIndexLSH *self);
/// The same, by the name of versions before 1.7.
int faiss_IndexLSH_bytes_per_vec (const FaissIndexLSH *self);
int faiss_IndexLSH_rotate_data (const FaissIndexLSH *self);
int faiss_IndexLSH_train_thresholds (const FaissIndexLSH *self);

/** The projections whose signs are the bits: rotated, thresholds subtracted.
 *
 * @return n * nbits floats to be released with free (), NULL on failure
 */
float *faiss_IndexLSH_apply_preprocess (const FaissIndexLSH *self, idx_t n, const float *x);

/** Move the thresholds into the bias of a transform in front of the index.
 *
 * @param vt  of d_out = nbits; gets a bias if it has none
 */
FaissStatus faiss_IndexLSH_transfer_thresholds (FaissIndexLSH *self, FaissLinearTransform *vt);

FAISS_END_DECLS

#endif
