/* A fast index whose best results are ranked again by an index that reads most of them in part. */
#ifndef FAISS_INDEX_REFINE_PANORAMA_H
#define FAISS_INDEX_REFINE_PANORAMA_H

#include <faiss/IndexRefine.h>

FAISS_BEGIN_DECLS

/** An IndexRefine that ranks by search_subset of the refine index.
 *
 * Made for an IndexFlatPanorama, best with batch_size 1: candidates are dropped as soon as they
 * cannot be results any more. Any other refine index does too.
 */
typedef struct FaissIndexRefinePanorama FAISS_EXTENDS (FaissIndexRefine) {
    union {
        FaissIndex index;
        FaissIndexRefine refine;
    };
} FaissIndexRefinePanorama;

#ifndef SWIG
extern FaissIndexClass faiss_IndexRefinePanorama_class;
#endif

FaissStatus faiss_IndexRefinePanorama_new (FaissIndexRefinePanorama **out);

/// Both indexes are borrowed; same d, metric and ntotal.
FaissStatus faiss_IndexRefinePanorama_new_with (FaissIndexRefinePanorama **out,
                                                FaissIndex *base_index, FaissIndex *refine_index);
void faiss_IndexRefinePanorama_free (FaissIndexRefinePanorama *self);
/// The index itself if it is of this class or a subclass, else NULL.
FaissIndexRefinePanorama *faiss_IndexRefinePanorama_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
