/* Inverted files whose coarse quantizer sees other vectors than their lists. */
#ifndef FAISS_INDEX_IVF_INDEPENDENT_QUANTIZER_H
#define FAISS_INDEX_IVF_INDEPENDENT_QUANTIZER_H

#include <faiss/IndexIVF.h>
#include <faiss/VectorTransform.h>

FAISS_BEGIN_DECLS

/** Lists are found by a quantizer on the vectors as they come, and store them transformed.
 *
 * So the lists may be chosen more exactly than by the vectors of fewer dimensions that are stored.
 */
typedef struct FaissIndexIVFIndependentQuantizer FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex index;
    };
    FaissIndex *quantizer;    ///< of dimension d, with as many vectors as there are lists
    FaissVectorTransform *vt; ///< from d to the dimension of index_ivf, or NULL
    FaissIndexIVF *index_ivf; ///< the lists; its own quantizer has the transformed centroids
    bool own_fields;          ///< free the three with this index
} FaissIndexIVFIndependentQuantizer;

#ifndef SWIG
extern FaissIndexClass faiss_IndexIVFIndependentQuantizer_class;
#endif

/// No parts.
FaissStatus faiss_IndexIVFIndependentQuantizer_new (FaissIndexIVFIndependentQuantizer **out);

/** From parts, which are borrowed (own_fields).
 *
 * @param quantizer  empty and trained, or with index_ivf's nlist centroids
 * @param vt         may be NULL
 */
FaissStatus faiss_IndexIVFIndependentQuantizer_new_with (
    FaissIndexIVFIndependentQuantizer **out, FaissIndex *quantizer, FaissIndexIVF *index_ivf,
    FaissVectorTransform *vt FAISS_DEFAULT (NULL));
void faiss_IndexIVFIndependentQuantizer_free (FaissIndexIVFIndependentQuantizer *self);
/// The index itself if it is of this class, else NULL.
FaissIndexIVFIndependentQuantizer *faiss_IndexIVFIndependentQuantizer_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
