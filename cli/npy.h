/* The .npy format: headers of arrays. */
#ifndef FAISS_CLI_NPY_H
#define FAISS_CLI_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source.h"

enum { NPY_MAX_DIMENSIONS = 8 };

typedef struct NpyHeader {
    char kind;       ///< 'f', 'i', 'u' or what else the file says
    int size;        ///< bytes of an element
    bool big_endian; ///< where the order matters
    bool fortran;    ///< column after column
    char descr[32];  ///< as the file has it, "<f4"
    int n_dimensions;
    int64_t shape[NPY_MAX_DIMENSIONS];
    int64_t data; ///< where the elements begin
} NpyHeader;

/// Is this the beginning of such a file? 6 bytes are needed.
bool npy_recognise (const unsigned char *bytes);

/// Read the header; fails with a message.
void npy_read_header (Source *source, NpyHeader *out);

enum { NPY_HEADER_SIZE = 128 };

/// The header of a matrix (or of an array, if columns < 0) in C order, NPY_HEADER_SIZE bytes.
void npy_make_header (char *out, const char *descr, int64_t rows, int64_t columns);

#endif
