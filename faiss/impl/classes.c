/* The registry of classes, from classes.def. */
#include <faiss/Index2Layer.h>
#include <faiss/IndexAdditiveQuantizer.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexFlat1D.h>
#include <faiss/IndexFlatPanorama.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexHNSW2Level.h>
#include <faiss/IndexHNSWCagra.h>
#include <faiss/IndexHNSWFlatPanorama.h>
#include <faiss/IndexHNSWPQ.h>
#include <faiss/IndexHNSWSQ.h>
#include <faiss/IndexIDMap.h>
#include <faiss/IndexIVFAdditiveQuantizer.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/IndexIVFFlatDedup.h>
#include <faiss/IndexIVFFlatPanorama.h>
#include <faiss/IndexIVFIndependentQuantizer.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexIVFPQR.h>
#include <faiss/IndexIVFSpectralHash.h>
#include <faiss/IndexLSH.h>
#include <faiss/IndexLattice.h>
#include <faiss/IndexNNDescent.h>
#include <faiss/IndexNSG.h>
#include <faiss/IndexNSGPQ.h>
#include <faiss/IndexNSGSQ.h>
#include <faiss/IndexNeuralNetCodec.h>
#include <faiss/IndexPQ.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/IndexRandom.h>
#include <faiss/IndexRefine.h>
#include <faiss/IndexRefinePanorama.h>
#include <faiss/IndexRowwiseMinMax.h>
#include <faiss/IndexScalarQuantizer.h>
#include <faiss/VectorTransform.h>
#include <faiss/impl/object.h>
#include <faiss/invlists/ArrayInvertedLists.h>
#include <faiss/invlists/ArrayInvertedListsPanorama.h>

/* every class table begins with a FaissClass */
#define FAISS_CLASS(name, constructor) (FaissClass *)&faiss_##name##_class,

static FaissClass *const all_classes[] = {
#include "classes.def"
    NULL,
};

FaissClass *const *faiss_all_classes (void) {
    return all_classes;
}
