/* Files of vectors: .npy, .fvecs, .bvecs, .ivecs, IDX, HDF5; all but HDF5 also as .gz. */
#ifndef FAISS_CLI_VECTORS_H
#define FAISS_CLI_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hdf5_file.h"
#include "source.h"

typedef enum ElementType {
    ELEMENT_F16,
    ELEMENT_F32,
    ELEMENT_F64,
    ELEMENT_U8,
    ELEMENT_I8,
    ELEMENT_I16,
    ELEMENT_I32,
    ELEMENT_I64,
} ElementType;

/** An open file: n vectors of d components.
 *
 * Vectors are read by blocks, so that a file may be larger than the memory.
 */
typedef struct Vectors {
    const char *name;   ///< as the user gave it
    const char *format; ///< "npy", "fvecs", ...
    int64_t n;
    int64_t d;
    ElementType type;
    bool big_endian;
    bool ids; ///< opened by vectors_open_ids ()
    Source source;
    int64_t data;      ///< where the first row begins
    int64_t row_bytes; ///< from row to row
    int row_header;    ///< bytes in front of a row's elements (the d of .fvecs)
    Hdf5File *hdf5;    ///< reads it all instead, if not NULL
    char *path;
    unsigned char *buffer; ///< raw rows
    size_t buffer_size;
} Vectors;

/** Open a file; fails with a message.
 *
 * @param name     FILE, or FILE:DATASET for HDF5; borrowed
 * @param dataset  what to read of an HDF5 file if the name does not say
 */
void vectors_open (Vectors *self, const char *name, const char *dataset);
void vectors_close (Vectors *self);

/// The same for a list of ids: an array of one dimension is a column here. The type must be
/// integer.
void vectors_open_ids (Vectors *self, const char *name);

/** Read n rows from row `first` on as floats, size n * d; fails with a message.
 *
 * NaN and infinite components are refused.
 */
void vectors_read (Vectors *self, int64_t first, int64_t n, float *x);

/// The same as whole numbers, for files of ids.
void vectors_read_integers (Vectors *self, int64_t first, int64_t n, int64_t *x);

/// All rows as floats. The caller frees them.
float *vectors_read_all (Vectors *self);

/** m rows chosen at random, in their order, size m * d; all rows if m >= n.
 *
 * The caller frees them.
 */
float *vectors_sample (Vectors *self, int64_t m, uint64_t seed);

/// How many rows to read at a time.
int64_t vectors_block_rows (const Vectors *self);

/// Fail unless the vectors have d components; `what` is what they are to be used with.
void vectors_require_d (const Vectors *self, int64_t d, const char *what);

/// Divide rows by their norms; zero rows stay.
void normalise_rows (float *x, int64_t n, int64_t d);

#endif
