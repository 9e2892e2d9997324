/* Rows packed for the kernels of exhaustive search, to be used by many. Not for public headers. */
#ifndef FAISS_PACKED_ROWS_H
#define FAISS_PACKED_ROWS_H

#include <stdbool.h>

#include <faiss/impl/error.h>
#include <faiss/kernels/exact_search.h>

/// n rows of d floats in groups of FAISS_EXACT_ROWS (FaissExactBlock.rows), the last one padded.
typedef struct FaissPackedRows {
    size_t n, d;
    float *rows;
    float *norms; ///< squared, whole groups
} FaissPackedRows;

/// Pack; the loop is parallel. @param y_norms  squared norms, or NULL: they are computed
FaissStatus faiss_PackedRows_init (FaissPackedRows *self, size_t n, size_t d, const float *y,
                                   const float *y_norms);

/// Is this still the row with that number, to the bit?
bool faiss_PackedRows_holds (const FaissPackedRows *self, size_t row, const float *y);

void faiss_PackedRows_clear (FaissPackedRows *self);

#endif
