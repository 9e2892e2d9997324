/* Inverted files of spectral hash codes. */
#ifndef FAISS_INDEX_IVF_SPECTRAL_HASH_H
#define FAISS_INDEX_IVF_SPECTRAL_HASH_H

#include <faiss/IndexIVF.h>
#include <faiss/VectorTransform.h>

FAISS_BEGIN_DECLS

struct FaissIndexPreTransform;

/// What the components are compared with.
typedef enum FaissSpectralHashThresholdType {
    IndexIVFSpectralHash_Thresh_global = 0,        ///< 0
    IndexIVFSpectralHash_Thresh_centroid = 1,      ///< the components of the list's centroid
    IndexIVFSpectralHash_Thresh_centroid_half = 2, ///< the same minus a quarter of the period
    IndexIVFSpectralHash_Thresh_median = 3, ///< the medians of the training vectors of the list
} FaissSpectralHashThresholdType;

/** One bit per component of a transformed vector: is it in an even or an odd half of the period?
 * (Weiss, Torralba, Fergus, "Spectral hashing", NIPS 2008)
 *
 * Distances are numbers of bits that differ. A code is not turned back into a vector. A period that
 * is larger than all numbers makes bits of signs, inverted if it is negative.
 */
typedef struct FaissIndexIVFSpectralHash FAISS_EXTENDS (FaissIndexIVF) {
    union {
        FaissIndex index;
        FaissIndexIVF ivf;
    };
    FaissVectorTransform *vt; ///< from d to nbit dimensions
    bool own_fields;          ///< free it with the index
    int nbit;                 ///< bits per vector
    float period;
    FaissSpectralHashThresholdType threshold_type;
    FaissFloat32Vector trained; ///< the thresholds of each list, size nlist * nbit, or empty
} FaissIndexIVFSpectralHash;

#ifndef SWIG
extern FaissIndexIVFClass faiss_IndexIVFSpectralHash_class;
#endif

/// No dimension, no quantizer, no transform.
FaissStatus faiss_IndexIVFSpectralHash_new (FaissIndexIVFSpectralHash **out);

/** With a random rotation, which is owned.
 *
 * @param quantizer  of dimension d; borrowed until own_fields of the IndexIVF is set
 * @param period     not 0
 */
FaissStatus faiss_IndexIVFSpectralHash_new_with (FaissIndexIVFSpectralHash **out,
                                                 FaissIndex *quantizer, size_t d, size_t nlist,
                                                 int nbit, float period,
                                                 int own_invlists FAISS_DEFAULT (1));
void faiss_IndexIVFSpectralHash_free (FaissIndexIVFSpectralHash *self);
/// The index itself if it is of this class, else NULL.
FaissIndexIVFSpectralHash *faiss_IndexIVFSpectralHash_cast (FaissIndex *index);

/** Another transform; thresholds become global. The index is trained if it is and the quantizer is.
 *
 * @param vt   from d to nbit dimensions
 * @param own  free it with the index
 */
FaissStatus faiss_IndexIVFSpectralHash_replace_vt (FaissIndexIVFSpectralHash *self,
                                                   FaissVectorTransform *vt,
                                                   bool own FAISS_DEFAULT (false));

/// The same with the transform of an IndexPreTransform over an IndexLSH without rotation, whose
/// thresholds, if it has any, move into the transform.
FaissStatus faiss_IndexIVFSpectralHash_replace_vt_of (FaissIndexIVFSpectralHash *self,
                                                      struct FaissIndexPreTransform *index,
                                                      bool own FAISS_DEFAULT (false));

FAISS_END_DECLS

#endif
