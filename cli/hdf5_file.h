/* Data sets of HDF5 files, through libhdf5 if it is installed. */
#ifndef FAISS_CLI_HDF5_FILE_H
#define FAISS_CLI_HDF5_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Hdf5File Hdf5File;

/// Is this the beginning of such a file? 8 bytes are needed.
bool hdf5_recognise (const unsigned char *bytes);

/** Open a matrix.
 *
 * @param name     for messages; must live as long as the file
 * @param dataset  "train", "test", ...
 * @param rows, columns  output
 * @param integers       output, are the elements whole numbers?
 */
Hdf5File *hdf5_open (const char *name, const char *path, const char *dataset, int64_t *rows,
                     int64_t *columns, bool *integers);
void hdf5_close (Hdf5File *self);

/// The attribute "distance" of ann-benchmarks' files: "euclidean", "angular"; "" without it.
void hdf5_distance (const Hdf5File *self, char *out, size_t size);

/// Read n rows from row `first` on.
void hdf5_read_floats (Hdf5File *self, int64_t first, int64_t n, float *out);
void hdf5_read_integers (Hdf5File *self, int64_t first, int64_t n, int64_t *out);

#endif
