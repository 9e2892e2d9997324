/* Numbers, searched by bisection. */
#ifndef FAISS_INDEX_FLAT_1D_H
#define FAISS_INDEX_FLAT_1D_H

#include <faiss/IndexFlat.h>

FAISS_BEGIN_DECLS

/** Numbers on a line (d = 1), searched by bisection; distances are |x - y|, not squared.
 *
 * A query that is NaN finds nothing. In files it is an IndexFlatL2.
 */
typedef struct FaissIndexFlat1D FAISS_EXTENDS (FaissIndexFlatL2) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
        FaissIndexFlat flat;
        FaissIndexFlatL2 flat_l2;
    };
    bool continuous_update; ///< sort after every add (default true)
    FaissInt64Vector perm;  ///< the ids in ascending order of their values
} FaissIndexFlat1D;

#ifndef SWIG
extern FaissIndexFlatCodesClass faiss_IndexFlat1D_class;
#endif

FaissStatus faiss_IndexFlat1D_new (FaissIndexFlat1D **out);
/// @param continuous_update  sort with every add; else update_permutation is to be called
FaissStatus faiss_IndexFlat1D_new_with (FaissIndexFlat1D **out,
                                        int continuous_update FAISS_DEFAULT (1));
void faiss_IndexFlat1D_free (FaissIndexFlat1D *self);
FaissIndexFlat1D *faiss_IndexFlat1D_cast (FaissIndex *index);

/// Sort, after adds with continuous_update false.
FaissStatus faiss_IndexFlat1D_update_permutation (FaissIndexFlat1D *self);

FAISS_END_DECLS

#endif
