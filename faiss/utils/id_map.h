/* A hash table from ids to ids: direct maps, reverse id maps, sets of ids. */
#ifndef FAISS_ID_MAP_H
#define FAISS_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <faiss/impl/error.h>

FAISS_BEGIN_DECLS

/** Open addressing with linear probing; any int64 may be a key or a value.
 *
 * `{0}` is an empty map. Iterate over the slots 0 .. n_slots - 1 where used[i] is 1.
 */
typedef struct FaissIdMap {
    size_t size;                                                      ///< number of keys
    FAISS_PRIVATE (size_t n_slots;                                    ///< a power of two, or 0
                   int64_t * keys; int64_t * values; uint8_t * used;) ///< 0 free, 1 used
} FaissIdMap;

/// Room for n keys, so that that many `set`s cannot fail.
FaissStatus faiss_IdMap_reserve (FaissIdMap *self, size_t n);

/// Insert a key or change its value.
FaissStatus faiss_IdMap_set (FaissIdMap *self, int64_t key, int64_t value);

/// Find a key: true, and its value in *value (which may be NULL), or false.
bool faiss_IdMap_get (const FaissIdMap *self, int64_t key, int64_t *value);

/// Remove a key; false if there is none.
bool faiss_IdMap_remove (FaissIdMap *self, int64_t key);

/// A copy; `self` must be empty.
FaissStatus faiss_IdMap_copy (FaissIdMap *self, const FaissIdMap *other);

/// Exchange two maps.
void faiss_IdMap_swap (FaissIdMap *self, FaissIdMap *other);

/// Release everything; the map is empty afterwards.
void faiss_IdMap_clear (FaissIdMap *self);

FAISS_END_DECLS

#endif
