/* Bytes of a file at any position, also of one that gzip has compressed. */
#ifndef FAISS_CLI_SOURCE_H
#define FAISS_CLI_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Source {
    const char *name; ///< for messages; borrowed
    int64_t size;     ///< bytes; -1 while unknown (compressed files)
    int descriptor;
    void *gz;         ///< zlib's file, if it is compressed
    int64_t position; ///< of the next byte to be decompressed
} Source;

/// Open a regular file; fails with a message. A compressed one is recognised by its first bytes.
void source_open (Source *self, const char *path);
void source_close (Source *self);

/** Read n bytes at a position.
 *
 * Returns how many there are: fewer at the end of the file. Going back in a compressed file
 * decompresses it from its start.
 */
size_t source_read (Source *self, int64_t position, void *out, size_t n);

/// The number of bytes; decompresses everything if need be.
int64_t source_size (Source *self);

/** A shared library, loaded when it is needed; NULL if none of the names is there.
 *
 * @param names  separated by spaces
 */
void *load_library (const char *names);

/// A function of it; fails with a message if it lacks one. Copies its address to *function.
void load_function (void *library, const char *symbol, void *function);

#endif
