/* Inverted files of full vectors, of most of which a search reads only a part. */
#ifndef FAISS_INDEX_IVF_FLAT_PANORAMA_H
#define FAISS_INDEX_IVF_FLAT_PANORAMA_H

#include <faiss/IndexIVFFlat.h>
#include <faiss/impl/Panorama.h>

FAISS_BEGIN_DECLS

/** An IndexIVFFlat whose lists are stored by levels (ArrayInvertedListsPanorama, see Panorama).
 *
 * Results are those of an IndexIVFFlat, up to rounding. A list takes memory for whole batches.
 * METRIC_L2 and METRIC_INNER_PRODUCT only.
 */
typedef struct FaissIndexIVFFlatPanorama FAISS_EXTENDS (FaissIndexIVFFlat) {
    union {
        FaissIndex index;
        FaissIndexIVF ivf;
        FaissIndexIVFFlat ivf_flat;
    };
    size_t n_levels;   ///< levels asked for; not to be changed
    size_t batch_size; ///< vectors per batch; not to be changed
} FaissIndexIVFFlatPanorama;

#ifndef SWIG
extern FaissIndexIVFClass faiss_IndexIVFFlatPanorama_class;
#endif

/// No dimension, no quantizer, no lists.
FaissStatus faiss_IndexIVFFlatPanorama_new (FaissIndexIVFFlatPanorama **out);

/** @param quantizer     of dimension d; borrowed until own_fields is set
 *  @param n_levels      1 .. d
 *  @param own_invlists  have lists; else they are to be set before vectors are added
 *  @param batch_size    vectors per batch, >= 1
 */
FaissStatus faiss_IndexIVFFlatPanorama_new_with (FaissIndexIVFFlatPanorama **out,
                                                 FaissIndex *quantizer, size_t d, size_t nlist,
                                                 int n_levels,
                                                 FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
                                                 bool own_invlists FAISS_DEFAULT (true),
                                                 size_t batch_size FAISS_DEFAULT (1024));
void faiss_IndexIVFFlatPanorama_free (FaissIndexIVFFlatPanorama *self);
/// The index itself if it is of this class or a subclass, else NULL.
FaissIndexIVFFlatPanorama *faiss_IndexIVFFlatPanorama_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
