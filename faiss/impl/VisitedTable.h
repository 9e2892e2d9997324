/* Marks on numbered things, all of them taken away at once: for walks that are programmed step by
 * step. The searches of this library keep their own. */
#ifndef FAISS_VISITED_TABLE_H
#define FAISS_VISITED_TABLE_H

#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/// Marks in one of two forms: VisitedTableVector, VisitedTableSet.
typedef struct FaissVisitedTable {
    FAISS_PRIVATE (bool is_set;)
} FaissVisitedTable;

/** A byte per number, which says in which round it was marked last. */
typedef struct FaissVisitedTableVector FAISS_EXTENDS (FaissVisitedTable) {
    union {
        FaissVisitedTable table;
    };
    FaissUInt8Vector visited; ///< the round of each number's last mark; 0: none
    uint8_t visno;            ///< this round, 1 .. 254
} FaissVisitedTableVector;

/** A hash table of the numbers that are marked. */
typedef struct FaissVisitedTableSet FAISS_EXTENDS (FaissVisitedTable) {
    union {
        FaissVisitedTable table;
    };
    FAISS_PRIVATE (uint64_t *slots; /* numbers plus 1; 0: empty */ size_t n_slots, size;)
} FaissVisitedTableSet;

/// Marks on 0 .. size - 1.
FaissStatus faiss_VisitedTableVector_new (FaissVisitedTableVector **out, size_t size);

/// Marks on any numbers below SIZE_MAX.
FaissStatus faiss_VisitedTableSet_new (FaissVisitedTableSet **out);

/** A new table for the numbers 0 .. size - 1.
 *
 * @param use_hashset  1: a VisitedTableSet, else a VisitedTableVector
 */
FaissStatus faiss_VisitedTable_get_reusable (FaissVisitedTable **out, size_t size,
                                             int use_hashset FAISS_DEFAULT (-1));
void faiss_VisitedTable_free (FaissVisitedTable *self);

/// Mark a number. @param out  1 if it had no mark, else 0
FaissStatus faiss_VisitedTable_set (FaissVisitedTable *self, size_t no, int *out);

/// Has a number a mark? No, beyond the end of a vector.
int faiss_VisitedTable_get (const FaissVisitedTable *self, size_t no);

/// Bring a number's mark into the cache.
void faiss_VisitedTable_prefetch (const FaissVisitedTable *self, size_t no);

/// Make room for n marks; only a set needs that.
FaissStatus faiss_VisitedTable_reserve (FaissVisitedTable *self, size_t n);

/// Take all marks away.
void faiss_VisitedTable_advance (FaissVisitedTable *self);

/// Have at least `size` numbers; new ones have no mark.
FaissStatus faiss_VisitedTableVector_ensure_size (FaissVisitedTableVector *self, size_t size);

FAISS_END_DECLS

#endif
