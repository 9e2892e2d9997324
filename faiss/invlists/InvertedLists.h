/* Inverted lists: per list of an inverted file, the ids and codes of its vectors. */
#ifndef FAISS_INVERTED_LISTS_H
#define FAISS_INVERTED_LISTS_H

#include <faiss/MetricType.h>
#include <faiss/impl/object.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/** nlist lists of (id, code) entries.
 *
 * Reading is safe from several threads; adding to different lists too.
 */
typedef struct FaissInvertedLists {
    FAISS_PRIVATE (struct FaissInvertedListsClass *cls;)
    size_t nlist;
    size_t code_size;  ///< bytes per code; (size_t) -1 where codes have no addresses of their own
    bool use_iterator; ///< searches walk over the lists by get_iterator
} FaissInvertedLists;

/// code_size of lists whose entries are not addressable bytes
#define FAISS_INVALID_CODE_SIZE ((size_t)-1)

/// Which entries copy_subset_to copies, with a1 and a2.
typedef enum FaissInvertedListsSubsetType {
    SUBSET_TYPE_ID_RANGE = 0,         ///< a1 <= id < a2
    SUBSET_TYPE_ID_MOD = 1,           ///< id % a1 == a2
    SUBSET_TYPE_ELEMENT_RANGE = 2,    ///< entries a1 .. a2 - 1 of all, list after list, in part
    SUBSET_TYPE_INVLIST_FRACTION = 3, ///< part a2 of a1 of each list
    SUBSET_TYPE_INVLIST = 4,          ///< lists a1 .. a2 - 1
} FaissInvertedListsSubsetType;

/** A walk over the entries of a list, made by faiss_InvertedLists_get_iterator.
 *
 * The functions sit in the object; whoever makes one fills them in.
 */
typedef struct FaissInvertedListsIterator {
    FAISS_PRIVATE (
        /// is there an entry here? false behind the last one
        bool (*is_available) (const struct FaissInvertedListsIterator *self);
        /// the entry; the code is valid until next or free
        FaissStatus (*get_id_and_codes) (struct FaissInvertedListsIterator * self, idx_t *id,
                                         const uint8_t **code);
        void (*next) (struct FaissInvertedListsIterator *self);
        /// release what the object owns and the object
        void (*free) (struct FaissInvertedListsIterator *self);)
} FaissInvertedListsIterator;

#ifndef SWIG
typedef struct FaissInvertedListsClass {
    FaissClass head;
    size_t (*list_size) (const FaissInvertedLists *self, size_t list_no);
    /// valid until release_codes or a change; NULL may stand for an empty list
    const uint8_t *(*get_codes) (const FaissInvertedLists *self, size_t list_no);
    const idx_t *(*get_ids) (const FaissInvertedLists *self, size_t list_no);
    void (*release_codes) (const FaissInvertedLists *self, size_t list_no, const uint8_t *codes);
    void (*release_ids) (const FaissInvertedLists *self, size_t list_no, const idx_t *ids);
    idx_t (*get_single_id) (const FaissInvertedLists *self, size_t list_no, size_t offset);
    /// NULL, and an error recorded, where a copy is needed and there is no memory
    const uint8_t *(*get_single_code) (const FaissInvertedLists *self, size_t list_no,
                                       size_t offset);
    void (*prefetch_lists) (const FaissInvertedLists *self, const idx_t *list_nos, int nlist);
    /// append; *offset (may be NULL) is the position of the first new entry
    FaissStatus (*add_entries) (FaissInvertedLists *self, size_t list_no, size_t n_entry,
                                const idx_t *ids, const uint8_t *codes, size_t *offset);
    FaissStatus (*update_entries) (FaissInvertedLists *self, size_t list_no, size_t offset,
                                   size_t n_entry, const idx_t *ids, const uint8_t *codes);
    /// entry `from` takes the place of entry `to` of the same list, too; the root's does so by
    /// get_single_code and update_entries
    FaissStatus (*move_entry) (FaissInvertedLists *self, size_t list_no, size_t to, size_t from);
    FaissStatus (*resize) (FaissInvertedLists *self, size_t list_no, size_t new_size);
    FaissStatus (*reset) (FaissInvertedLists *self);
    /// for lists with use_iterator all that a search calls; the root's walks over get_ids and
    /// get_codes. @param context  of the search (inverted_list_context), or NULL
    FaissStatus (*get_iterator) (const FaissInvertedLists *self, size_t list_no, void *context,
                                 FaissInvertedListsIterator **out);
} FaissInvertedListsClass;

extern FaissInvertedListsClass faiss_InvertedLists_class;
#endif

/// 0 where there is no such list.
size_t faiss_InvertedLists_list_size (const FaissInvertedLists *self, size_t list_no);
/// The codes of a list, list_size * code_size bytes; NULL where there are none. To be released.
const uint8_t *faiss_InvertedLists_get_codes (const FaissInvertedLists *self, size_t list_no);
/// The ids of a list; NULL where there are none. To be released.
const idx_t *faiss_InvertedLists_get_ids (const FaissInvertedLists *self, size_t list_no);
/// What get_codes or get_single_code gave. @param codes  or NULL
void faiss_InvertedLists_release_codes (const FaissInvertedLists *self, size_t list_no,
                                        const uint8_t *codes);
/// What get_ids gave. @param ids  or NULL
void faiss_InvertedLists_release_ids (const FaissInvertedLists *self, size_t list_no,
                                      const idx_t *ids);
/// -1 where there is no such entry.
idx_t faiss_InvertedLists_get_single_id (const FaissInvertedLists *self, size_t list_no,
                                         size_t offset);
/// NULL where there is no such entry. To be released by release_codes.
const uint8_t *faiss_InvertedLists_get_single_code (const FaissInvertedLists *self, size_t list_no,
                                                    size_t offset);
/// Lists that will be read soon. @param list_nos  size nlist
void faiss_InvertedLists_prefetch_lists (const FaissInvertedLists *self, const idx_t *list_nos,
                                         int nlist);
bool faiss_InvertedLists_is_empty (const FaissInvertedLists *self, size_t list_no);

/// The lists must stay. @param context  for lists that want one, or NULL
FaissStatus faiss_InvertedLists_get_iterator (const FaissInvertedLists *self, size_t list_no,
                                              FaissInvertedListsIterator **out,
                                              void *inverted_list_context FAISS_DEFAULT (NULL));
bool faiss_InvertedListsIterator_is_available (const FaissInvertedListsIterator *self);
/// An error behind the last entry. @param id, code  outputs; either may be NULL
FaissStatus faiss_InvertedListsIterator_get_id_and_codes (FaissInvertedListsIterator *self,
                                                          idx_t *id, const uint8_t **code);
/// Behind the last entry it stays there.
void faiss_InvertedListsIterator_next (FaissInvertedListsIterator *self);
void faiss_InvertedListsIterator_free (FaissInvertedListsIterator *self);

/// Append an entry. @param offset  output, its position; may be NULL
FaissStatus faiss_InvertedLists_add_entry (FaissInvertedLists *self, size_t list_no, idx_t theid,
                                           const uint8_t *code, size_t *offset);
FaissStatus faiss_InvertedLists_add_entries (FaissInvertedLists *self, size_t list_no,
                                             size_t n_entry, const idx_t *ids, const uint8_t *codes,
                                             size_t *offset);
FaissStatus faiss_InvertedLists_update_entry (FaissInvertedLists *self, size_t list_no,
                                              size_t offset, idx_t id, const uint8_t *code);
FaissStatus faiss_InvertedLists_update_entries (FaissInvertedLists *self, size_t list_no,
                                                size_t offset, size_t n_entry, const idx_t *ids,
                                                const uint8_t *codes);
FaissStatus faiss_InvertedLists_resize (FaissInvertedLists *self, size_t list_no, size_t new_size);
FaissStatus faiss_InvertedLists_reset (FaissInvertedLists *self);

/// Append all entries of other, their ids plus add_id; other is empty afterwards.
FaissStatus faiss_InvertedLists_merge_from (FaissInvertedLists *self, FaissInvertedLists *other,
                                            size_t add_id);

/// Copy some entries to other. @param n_added  output, how many; may be NULL
FaissStatus faiss_InvertedLists_copy_subset_to (const FaissInvertedLists *self,
                                                FaissInvertedLists *other,
                                                FaissInvertedListsSubsetType subset_type, idx_t a1,
                                                idx_t a2, size_t *n_added);

/// 1 for lists of equal size; the factor by which uneven ones slow down a search.
double faiss_InvertedLists_imbalance_factor (const FaissInvertedLists *self);

/// Print a histogram of the sizes to standard output.
void faiss_InvertedLists_print_stats (const FaissInvertedLists *self);

/// The sum of the list sizes.
size_t faiss_InvertedLists_compute_ntotal (const FaissInvertedLists *self);

/// Free any inverted lists. NULL is allowed.
void faiss_InvertedLists_free (FaissInvertedLists *self);

FAISS_END_DECLS

#endif
