/* The little of the ZIP format that .npz files need: stored entries, of any size. */
#ifndef FAISS_CLI_ZIP_H
#define FAISS_CLI_ZIP_H

#include <stddef.h>
#include <stdint.h>

typedef struct ZipEntry {
    const char *name;
    uint64_t offset; ///< of its local header
    uint64_t size;
    uint32_t crc;
} ZipEntry;

enum {
    ZIP_HEADER_SIZE = 30 + 20,    ///< of a local header, its name not counted
    ZIP_DIRECTORY_SIZE = 2 * 200, ///< enough for the directory of two entries
};

/// Go on with a checksum; begin with 0.
uint32_t zip_crc32 (uint32_t crc, const void *data, size_t n);

/// What stands before an entry's bytes. Returns the size.
size_t zip_local_header (unsigned char *out, const ZipEntry *entry);

/// What stands behind the last entry, at position `offset`. Returns the size.
size_t zip_directory (unsigned char *out, const ZipEntry *entries, int n, uint64_t offset);

#endif
