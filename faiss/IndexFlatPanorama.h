/* Exhaustive search that reads of most vectors only a part. */
#ifndef FAISS_INDEX_FLAT_PANORAMA_H
#define FAISS_INDEX_FLAT_PANORAMA_H

#include <faiss/IndexFlat.h>
#include <faiss/impl/Panorama.h>

FAISS_BEGIN_DECLS

/** Full vectors, stored by levels (see Panorama): a search drops a vector as soon as the norms of
 * what it has not read show that it cannot be a result.
 *
 * Results are those of an IndexFlat, up to rounding. This pays where the first components have most
 * of the vectors' length, as behind a PCA. METRIC_L2 and METRIC_INNER_PRODUCT only. The codes are
 * not rows: there is no get_xb.
 */
typedef struct FaissIndexFlatPanorama FAISS_EXTENDS (FaissIndexFlat) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes; ///< codes are whole batches
        FaissIndexFlat flat;
    };
    size_t batch_size;           ///< vectors per batch; not to be changed
    size_t n_levels;             ///< levels asked for; not to be changed
    FaissPanorama pano;          ///< the layout
    FaissFloat32Vector cum_sums; ///< norms, (levels + 1) * batch_size per batch
} FaissIndexFlatPanorama;

/// An IndexFlatPanorama for the L2 distance.
typedef struct FaissIndexFlatL2Panorama FAISS_EXTENDS (FaissIndexFlatPanorama) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
        FaissIndexFlat flat;
        FaissIndexFlatPanorama panorama;
    };
} FaissIndexFlatL2Panorama;

/// An IndexFlatPanorama for the inner product.
typedef struct FaissIndexFlatIPPanorama FAISS_EXTENDS (FaissIndexFlatPanorama) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
        FaissIndexFlat flat;
        FaissIndexFlatPanorama panorama;
    };
} FaissIndexFlatIPPanorama;

#ifndef SWIG
extern FaissIndexFlatCodesClass faiss_IndexFlatPanorama_class;
extern FaissIndexFlatCodesClass faiss_IndexFlatL2Panorama_class;
extern FaissIndexFlatCodesClass faiss_IndexFlatIPPanorama_class;
#endif

/// d = 0.
FaissStatus faiss_IndexFlatPanorama_new (FaissIndexFlatPanorama **out);
FaissStatus faiss_IndexFlatL2Panorama_new (FaissIndexFlatL2Panorama **out);
FaissStatus faiss_IndexFlatIPPanorama_new (FaissIndexFlatIPPanorama **out);

/// @param n_levels  1 .. d; @param batch_size  >= 1
FaissStatus faiss_IndexFlatPanorama_new_with (FaissIndexFlatPanorama **out, idx_t d,
                                              FaissMetricType metric, size_t n_levels,
                                              size_t batch_size);
FaissStatus faiss_IndexFlatL2Panorama_new_with (FaissIndexFlatL2Panorama **out, idx_t d,
                                                size_t n_levels,
                                                size_t batch_size FAISS_DEFAULT (1024));
FaissStatus faiss_IndexFlatIPPanorama_new_with (FaissIndexFlatIPPanorama **out, idx_t d,
                                                size_t n_levels,
                                                size_t batch_size FAISS_DEFAULT (1024));

void faiss_IndexFlatPanorama_free (FaissIndexFlatPanorama *self);
void faiss_IndexFlatL2Panorama_free (FaissIndexFlatL2Panorama *self);
void faiss_IndexFlatIPPanorama_free (FaissIndexFlatIPPanorama *self);

/// The index itself if it is of this class or a subclass, else NULL.
FaissIndexFlatPanorama *faiss_IndexFlatPanorama_cast (FaissIndex *index);
FaissIndexFlatL2Panorama *faiss_IndexFlatL2Panorama_cast (FaissIndex *index);
FaissIndexFlatIPPanorama *faiss_IndexFlatIPPanorama_cast (FaissIndex *index);

/// Reorder: vector i becomes what was vector perm[i]. @param perm  a permutation, size ntotal
FaissStatus faiss_IndexFlatPanorama_permute_entries (FaissIndexFlatPanorama *self,
                                                     const idx_t *perm);

FAISS_END_DECLS

#endif
