/* Inverted lists in memory, each in two arrays. */
#ifndef FAISS_ARRAY_INVERTED_LISTS_H
#define FAISS_ARRAY_INVERTED_LISTS_H

#include <faiss/invlists/InvertedLists.h>
#include <faiss/utils/filter_codes_mode.h>

FAISS_BEGIN_DECLS

/// The default lists: per list one vector of codes and one of ids.
typedef struct FaissArrayInvertedLists FAISS_EXTENDS (FaissInvertedLists) {
    union {
        FaissInvertedLists lists;
    };
    FAISS_PRIVATE (FaissUInt8Vector *codes; ///< size nlist, of code_size bytes per entry
                   FaissInt64Vector * ids;  ///< size nlist
                   FaissDerivedRows * derived; int filter_mode; ///< size nlist, or NULL
                   size_t made_nlist, made_code_size;           ///< what there is memory for
                   void **kept; uint64_t kept_key;) ///< faiss_ArrayInvertedLists_keep; or NULL
} FaissArrayInvertedLists;

#ifndef SWIG
extern FaissInvertedListsClass faiss_ArrayInvertedLists_class;

/* Memory that an index derives from the codes of a list, to search it faster. It is released when
 * the list changes. */

/** Keep memory for a list.
 *
 * @param key      says what it was made with; what there was with other keys is released
 * @param kept     from malloc (); taken, also on failure
 */
FaissStatus faiss_ArrayInvertedLists_keep (FaissArrayInvertedLists *self, uint64_t key,
                                           size_t list_no, void *kept);
/// What is kept for a list with that key, NULL if nothing is.
const void *faiss_ArrayInvertedLists_kept (const FaissArrayInvertedLists *self, uint64_t key,
                                           size_t list_no);
#endif

/// No lists at all.
FaissStatus faiss_ArrayInvertedLists_new (FaissArrayInvertedLists **out);

/// nlist empty lists of codes of code_size bytes.
FaissStatus faiss_ArrayInvertedLists_new_with (FaissArrayInvertedLists **out, size_t nlist,
                                               size_t code_size);

/// Reorder: list i becomes what was list map[i]. @param map  a permutation, size nlist
FaissStatus faiss_ArrayInvertedLists_permute_invlists (FaissArrayInvertedLists *self,
                                                       const idx_t *map);

/// When lists of plain vectors (those of an IndexIVFFlat) have filter codes: see
/// FaissFilterCodesMode.
void faiss_ArrayInvertedLists_set_filter_codes (FaissArrayInvertedLists *self,
                                                FaissFilterCodesMode mode);
FaissFilterCodesMode faiss_ArrayInvertedLists_filter_codes (const FaissArrayInvertedLists *self);

/// Bytes that filter codes take now.
size_t faiss_ArrayInvertedLists_filter_codes_size (const FaissArrayInvertedLists *self);

/// To be called after vectors were changed in place: forgets what was derived from them.
void faiss_ArrayInvertedLists_vectors_changed (FaissArrayInvertedLists *self);

#ifndef SWIG
/// For subclasses: nlist empty lists.
FaissStatus faiss_ArrayInvertedLists_init (FaissArrayInvertedLists *self, size_t nlist,
                                           size_t code_size);

/// For subclasses: the sizes of the lists in a file. @param out  output, size nlist, to be freed
FaissStatus faiss_ArrayInvertedLists_read_sizes (struct FaissIOReader *reader, size_t nlist,
                                                 size_t **out);

/// What is derived from each list, size nlist; NULL without memory. For searches.
FaissDerivedRows *faiss_ArrayInvertedLists_derived (const FaissArrayInvertedLists *self);
#endif

FAISS_END_DECLS

#endif
