/* Where each id is in the inverted lists. */
#ifndef FAISS_DIRECT_MAP_H
#define FAISS_DIRECT_MAP_H

#include <faiss/impl/IDSelector.h>
#include <faiss/invlists/InvertedLists.h>
#include <faiss/utils/id_map.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/// How a direct map is stored. The numbers are those of the file format.
typedef enum FaissDirectMapType {
    FAISS_DIRECT_MAP_NO_MAP = 0,    ///< not at all
    FAISS_DIRECT_MAP_ARRAY = 1,     ///< an array, for the sequential ids 0 .. ntotal - 1
    FAISS_DIRECT_MAP_HASHTABLE = 2, ///< a hash table, for any ids
} FaissDirectMapType;

/* A location: list_no << 32 | offset */
static inline idx_t faiss_lo_build (idx_t list_no, idx_t offset) {
    return (idx_t)((uint64_t)list_no << 32 | (uint64_t)offset);
}

static inline idx_t faiss_lo_listno (idx_t lo) {
    return lo >> 32;
}

static inline idx_t faiss_lo_offset (idx_t lo) {
    return lo & 0xffffffff;
}

/// From ids to locations. `{0}` is a map of type NO_MAP.
typedef struct FaissDirectMap {
    FaissDirectMapType type;
    FaissInt64Vector array; ///< type ARRAY: entry i is the location of id i, negative if absent
    FaissIdMap hashtable;   ///< type HASHTABLE: id to location
} FaissDirectMap;

/** Change the type, which makes the map anew from the lists.
 *
 * @param ntotal  ARRAY: the ids in the lists must be below it
 */
FaissStatus faiss_DirectMap_set_type (FaissDirectMap *self, FaissDirectMapType new_type,
                                      const FaissInvertedLists *invlists, size_t ntotal);

/// The location of an id; an error if it is not in the map.
FaissStatus faiss_DirectMap_get (const FaissDirectMap *self, idx_t id, idx_t *out);

/// True if there is no map.
bool faiss_DirectMap_no (const FaissDirectMap *self);

/// An array cannot have ids of the caller's choice. @param ids  NULL for sequential ones
FaissStatus faiss_DirectMap_check_can_add (const FaissDirectMap *self, const idx_t *ids);

/// Note the location of a new id (in an array: the next one); list_no < 0 for a vector left out.
FaissStatus faiss_DirectMap_add_single_id (FaissDirectMap *self, idx_t id, idx_t list_no,
                                           size_t offset);

/// Forget all ids, and release the memory; the type stays.
void faiss_DirectMap_clear (FaissDirectMap *self);

/// A copy; `self` must be `{0}`.
FaissStatus faiss_DirectMap_copy (FaissDirectMap *self, const FaissDirectMap *other);

/** Remove entries from the lists and the map; the last entry of a list fills the gap.
 *
 * Type HASHTABLE takes an IDSelectorArray only, type ARRAY cannot remove.
 * @param n_removed  output: how many were removed, even if an error stopped it
 */
FaissStatus faiss_DirectMap_remove_ids (FaissDirectMap *self, const FaissIDSelector *sel,
                                        FaissInvertedLists *invlists, size_t *n_removed);

/** Replace the codes of n ids, each of which moves to the end of a list. Type ARRAY only.
 *
 * @param list_nos  the lists the ids go to, size n; a negative one leaves the id out
 * @param codes     size n * invlists->code_size
 */
FaissStatus faiss_DirectMap_update_codes (FaissDirectMap *self, FaissInvertedLists *invlists, int n,
                                          const idx_t *ids, const idx_t *list_nos,
                                          const uint8_t *codes);

/** Adds n ids to a map in two steps: notes that threads may take in parallel, then a commit.
 *
 * Memory is taken by init, so that neither step can fail.
 */
typedef struct FaissDirectMapAdd {
    FaissDirectMap *direct_map; ///< borrowed
    size_t ntotal;              ///< the first sequential id
    size_t n;
    const idx_t *xids;                ///< ids, size n, or NULL for sequential ones; borrowed
    FAISS_PRIVATE (idx_t *locations;) ///< size n, negative for vectors left out; NULL without a map
} FaissDirectMapAdd;

/// @param ntotal  the first sequential id, where xids is NULL
/// @param xids    size n, borrowed
FaissStatus faiss_DirectMapAdd_init (FaissDirectMapAdd *self, FaissDirectMap *direct_map,
                                     size_t ntotal, size_t n, const idx_t *xids);
/// Vector i went to a list, or list_no < 0: to none.
void faiss_DirectMapAdd_add (FaissDirectMapAdd *self, size_t i, idx_t list_no, size_t offset);
/// Put all of them into the map.
void faiss_DirectMapAdd_commit (FaissDirectMapAdd *self);
void faiss_DirectMapAdd_clear (FaissDirectMapAdd *self);

#ifndef SWIG
/// "DirectMap" of docs/file-format.md.
FaissStatus faiss_DirectMap_read (FaissDirectMap *self, struct FaissIOReader *reader);
FaissStatus faiss_DirectMap_write (const FaissDirectMap *self, struct FaissIOWriter *writer);
#endif

FAISS_END_DECLS

#endif
