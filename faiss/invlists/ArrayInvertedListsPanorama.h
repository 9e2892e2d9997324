/* Inverted lists in memory whose vectors are stored by levels. */
#ifndef FAISS_ARRAY_INVERTED_LISTS_PANORAMA_H
#define FAISS_ARRAY_INVERTED_LISTS_PANORAMA_H

#include <faiss/impl/Panorama.h>
#include <faiss/invlists/ArrayInvertedLists.h>

FAISS_BEGIN_DECLS

/** Lists of full vectors, each list in batches of a Panorama layout, with their norms.
 *
 * Entries come in and go out as vectors; get_codes gives the batches as they are. A code of
 * get_single_code is a copy, to be released.
 */
typedef struct FaissArrayInvertedListsPanorama FAISS_EXTENDS (FaissArrayInvertedLists) {
    union {
        FaissInvertedLists lists;
        FaissArrayInvertedLists array;
    };
    size_t n_levels;                              ///< levels asked for
    size_t batch_size;                            ///< vectors per batch
    size_t level_width;                           ///< bytes of a level
    FaissPanorama pano;                           ///< the layout
    FAISS_PRIVATE (FaissFloat32Vector *cum_sums;) ///< norms of each list, size nlist
} FaissArrayInvertedListsPanorama;

#ifndef SWIG
extern FaissInvertedListsClass faiss_ArrayInvertedListsPanorama_class;
#endif

/// No lists at all.
FaissStatus faiss_ArrayInvertedListsPanorama_new (FaissArrayInvertedListsPanorama **out);

/// nlist empty lists of vectors of code_size bytes in n_levels levels.
FaissStatus faiss_ArrayInvertedListsPanorama_new_with (FaissArrayInvertedListsPanorama **out,
                                                       size_t nlist, size_t code_size,
                                                       size_t n_levels,
                                                       size_t batch_size FAISS_DEFAULT (1024));

/// The norms of a list, (levels + 1) * batch_size per batch; valid until the next change.
const float *faiss_ArrayInvertedListsPanorama_get_cum_sums (
    const FaissArrayInvertedListsPanorama *self, size_t list_no);

#ifndef SWIG
/// For ArrayInvertedLists: the norms of the lists map[0], map[1] ...; *out is to be freed or to
/// become cum_sums.
FaissStatus faiss_ArrayInvertedListsPanorama_permuted (const FaissArrayInvertedListsPanorama *self,
                                                       const idx_t *map, FaissFloat32Vector **out);
#endif

FAISS_END_DECLS

#endif
