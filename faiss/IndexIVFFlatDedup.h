/* Inverted files of full vectors in which equal vectors are stored once. */
#ifndef FAISS_INDEX_IVF_FLAT_DEDUP_H
#define FAISS_INDEX_IVF_FLAT_DEDUP_H

#include <faiss/IndexIVFFlat.h>
#include <faiss/utils/id_map.h>

FAISS_BEGIN_DECLS

/** The ids of vectors that are equal to one in the lists: several per id of that one.
 *
 * `{0}` is empty.
 */
typedef struct FaissInstances {
    FaissInt64Vector firsts;              ///< of each pair: the id in the lists
    FaissInt64Vector ids;                 ///< of each pair: the id of an equal vector
    FAISS_PRIVATE (FaissInt64Vector next; ///< the pair before it with the same first id, or -1
                   FaissIdMap newest;)    ///< id in the lists to its newest pair
} FaissInstances;

/** Equal vectors of a list are stored once; the ids of the others are kept beside the lists.
 *
 * A search returns all of them. There are no direct maps, no range search and no reconstruction.
 * (Of an IDSelector each id is asked, not only the one in the lists as upstream does.)
 */
typedef struct FaissIndexIVFFlatDedup FAISS_EXTENDS (FaissIndexIVFFlat) {
    union {
        FaissIndex index;
        FaissIndexIVF ivf;
        FaissIndexIVFFlat ivf_flat;
    };
    FaissInstances instances;
} FaissIndexIVFFlatDedup;

#ifndef SWIG
extern FaissIndexIVFClass faiss_IndexIVFFlatDedup_class;
#endif

/// No dimension, no quantizer, no lists.
FaissStatus faiss_IndexIVFFlatDedup_new (FaissIndexIVFFlatDedup **out);
/// @param quantizer  of dimension d; borrowed until own_fields is set
FaissStatus faiss_IndexIVFFlatDedup_new_with (FaissIndexIVFFlatDedup **out, FaissIndex *quantizer,
                                              size_t d, size_t nlist,
                                              FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
/// The index itself if it is of this class or a subclass, else NULL.
FaissIndexIVFFlatDedup *faiss_IndexIVFFlatDedup_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
