/* Graphs over full vectors that know the norms of their levels. */
#ifndef FAISS_INDEX_HNSW_FLAT_PANORAMA_H
#define FAISS_INDEX_HNSW_FLAT_PANORAMA_H

#include <faiss/IndexHNSW.h>
#include <faiss/impl/Panorama.h>

FAISS_BEGIN_DECLS

/** An IndexHNSWFlat with the norms of a Panorama layout, in batches of one vector; METRIC_L2 only.
 *
 * Graph and results are those of an IndexHNSWFlat. Upstream's searches use the norms to read fewer
 * components; those here read filter codes instead, which leaves less to read. The norms are for
 * upstream: they are computed when vectors change, and stored.
 */
typedef struct FaissIndexHNSWFlatPanorama FAISS_EXTENDS (FaissIndexHNSWFlat) {
    union {
        FaissIndex index;
        FaissIndexHNSW index_hnsw;
        FaissIndexHNSWFlat hnsw_flat;
    };
    FaissFloat32Vector cum_sums; ///< norms, levels + 1 per vector
    FaissPanorama pano;          ///< the layout
    size_t num_panorama_levels;  ///< levels asked for; not to be changed
} FaissIndexHNSWFlatPanorama;

#ifndef SWIG
extern FaissIndexClass faiss_IndexHNSWFlatPanorama_class;
#endif

/// Without storage: of no use before it is read.
FaissStatus faiss_IndexHNSWFlatPanorama_new (FaissIndexHNSWFlatPanorama **out);

/** @param M                    links per vector and level, >= 2
 *  @param num_panorama_levels  1 .. d
 *  @param metric               METRIC_L2
 */
FaissStatus faiss_IndexHNSWFlatPanorama_new_with (FaissIndexHNSWFlatPanorama **out, int d, int M,
                                                  int num_panorama_levels,
                                                  FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_IndexHNSWFlatPanorama_free (FaissIndexHNSWFlatPanorama *self);
/// The index itself if it is of this class or a subclass, else NULL.
FaissIndexHNSWFlatPanorama *faiss_IndexHNSWFlatPanorama_cast (FaissIndex *index);

/// The norms of a vector, levels + 1; NULL if there is no such vector. Valid until the next change.
const float *faiss_IndexHNSWFlatPanorama_get_cum_sum (const FaissIndexHNSWFlatPanorama *self,
                                                      idx_t i);

/// Renumber: vector i becomes what was vector perm[i]; size ntotal.
FaissStatus faiss_IndexHNSWFlatPanorama_permute_entries (FaissIndexHNSWFlatPanorama *self,
                                                         const idx_t *perm);

FAISS_END_DECLS

#endif
