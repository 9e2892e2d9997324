/* When an index of plain vectors has filter codes. Not for public headers.
 *
 * Codes are made by searches of few queries. The first ones do without, so that a single search
 * costs what it did; each of the next ones codes a part of the rows, until all are coded. Vectors
 * that are added are coded likewise; other changes forget the codes. One thread at a time codes,
 * and searches beside it use what is there.
 *
 * Codes can only be right as long as nobody writes into the vectors behind the index's back. So
 * there are none while the caller may have a pointer to write through (faiss_IndexFlat_get_xb), nor
 * where the vectors have moved; and each search compares a few rows with their codes, which finds
 * the owner of a pointer who rewrites them all, though not, for certain, one who changes a few.
 */
#ifndef FAISS_ROW_FILTER_H
#define FAISS_ROW_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include <faiss/IndexFlatCodes.h>

/// The codes that a search may use.
typedef struct FaissFilterView {
    const uint8_t *rows; ///< of vectors 0 .. n_rows - 1
    size_t n_rows;       ///< 0: there are none
} FaissFilterView;

/** What a search can use; it may code some rows first. To be closed by faiss_row_filter_close.
 *
 * @param y         the vectors, n * d floats
 * @param may_take  false: use codes that are there, but make none
 */
void faiss_row_filter_open (FaissRowFilter *self, const float *y, size_t n, size_t d, bool may_take,
                            FaissFilterView *out);

/// The search is over: how many codes were looked at, how many rows had to be looked at after all?
void faiss_row_filter_close (FaissRowFilter *self, size_t n_tested, size_t n_passed);

/// Vectors were added behind n others. They have moved from `before` to y, where there is room for
/// `capacity` of them.
void faiss_row_filter_added (FaissRowFilter *self, size_t n, const void *before, const void *y,
                             size_t capacity);

/// The vectors have changed: forget the codes.
void faiss_row_filter_forget (FaissRowFilter *self);

/// The caller gets a pointer to the vectors, for a while.
void faiss_row_filter_expose (FaissRowFilter *self);

/// Bytes of the codes there are.
size_t faiss_row_filter_size (const FaissRowFilter *self);

#endif
