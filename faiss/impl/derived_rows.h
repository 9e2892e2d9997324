/* What searches derive from the vectors of an index, and when. Not for public headers.
 *
 * Filter codes (faiss/impl/FilterCodes.h) for searches of few queries: the first ones do without,
 * so that a single search costs what it did; each of the next ones codes a part of the rows, until
 * all are coded. Vectors that are added are coded likewise. Packed rows (faiss/utils/packed_rows.h)
 * for searches of some more queries among few rows, as in coarse quantizers: packed by the third of
 * them. One thread at a time derives, and searches beside it use what is there.
 *
 * What is derived can only be right as long as nobody writes into the vectors behind the index's
 * back. So there is nothing while the caller may have a pointer to write through
 * (faiss_IndexFlat_get_xb), nor where the vectors have moved; and each search compares a few rows
 * with what was derived, which finds the owner of a pointer who rewrites them all, though not, for
 * certain, one who changes a few.
 */
#ifndef FAISS_DERIVED_ROWS_H
#define FAISS_DERIVED_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include <faiss/utils/filter_codes_mode.h>
#include <faiss/utils/packed_rows.h>

/// The codes that a search may use.
typedef struct FaissFilterView {
    const uint8_t *rows; ///< of vectors 0 .. n_rows - 1
    size_t n_rows;       ///< 0: there are none
} FaissFilterView;

/** What a search can use; it may code some rows first. To be closed by faiss_derived_codes_close.
 *
 * @param y         the vectors, n * d floats
 * @param may_take  false: only the mode "on" makes codes
 */
void faiss_derived_codes_open (FaissDerivedRows *self, const float *y, size_t n, size_t d,
                               bool may_take, FaissFilterView *out);

/** The same for searches that need the codes of any rows: of all of them, or none.
 *
 * @param at_once  if rows are not coded yet, code them now, not by and by
 */
void faiss_derived_codes_open_all (FaissDerivedRows *self, const float *y, size_t n, size_t d,
                                   bool may_take, bool at_once, FaissFilterView *out);

/// Are n vectors not too many for the machine's memory? To be asked for all together.
bool faiss_derived_codes_fit (size_t n, size_t d);

/// Where codes begin, to ask for them ahead, or NULL.
const uint8_t *faiss_derived_codes_peek (const FaissDerivedRows *self);

/// The search is over: how many codes were looked at, how many rows had to be looked at after all?
void faiss_derived_codes_close (FaissDerivedRows *self, size_t n_tested, size_t n_passed);

/** All rows packed, or NULL: for searches of many queries among few rows.
 *
 * Arguments as above.
 */
const FaissPackedRows *faiss_derived_packed (FaissDerivedRows *self, const float *y, size_t n,
                                             size_t d, bool may_take);

/// Vectors were added behind n others. They have moved from `before` to y, where there is room for
/// `capacity` of them.
void faiss_derived_rows_added (FaissDerivedRows *self, size_t n, const void *before, const void *y,
                               size_t capacity);

/// The vectors have changed: forget everything.
void faiss_derived_rows_forget (FaissDerivedRows *self);

/// The caller gets a pointer to the vectors, for a while.
void faiss_derived_rows_expose (FaissDerivedRows *self);

/// Bytes of the codes there are.
size_t faiss_derived_codes_size (const FaissDerivedRows *self);

#endif
