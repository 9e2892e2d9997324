/* Inverted lists in memory, each in two arrays. */
#ifndef FAISS_ARRAY_INVERTED_LISTS_H
#define FAISS_ARRAY_INVERTED_LISTS_H

#include <faiss/invlists/InvertedLists.h>

FAISS_BEGIN_DECLS

/// The default lists: per list one vector of codes and one of ids.
typedef struct FaissArrayInvertedLists FAISS_EXTENDS (FaissInvertedLists) {
    union {
        FaissInvertedLists lists;
    };
    FAISS_PRIVATE (FaissUInt8Vector *codes; ///< size nlist, of code_size bytes per entry
                   FaissInt64Vector * ids;) ///< size nlist
} FaissArrayInvertedLists;

#ifndef SWIG
extern FaissInvertedListsClass faiss_ArrayInvertedLists_class;
#endif

/// No lists at all.
FaissStatus faiss_ArrayInvertedLists_new (FaissArrayInvertedLists **out);

/// nlist empty lists of codes of code_size bytes.
FaissStatus faiss_ArrayInvertedLists_new_with (FaissArrayInvertedLists **out, size_t nlist,
                                               size_t code_size);

/// Reorder: list i becomes what was list map[i]. @param map  a permutation, size nlist
FaissStatus faiss_ArrayInvertedLists_permute_invlists (FaissArrayInvertedLists *self,
                                                       const idx_t *map);

FAISS_END_DECLS

#endif
