/* Output files: complete or not there at all. */
#ifndef FAISS_CLI_OUTPUT_H
#define FAISS_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/** A file being written beside its final name, which it gets by output_finish ().
 *
 * Until then the old file of that name stays; a failure or Ctrl-C removes the new one. Devices and
 * pipes are written directly.
 */
typedef struct Output {
    const char *path; ///< as the user gave it; borrowed
    FILE *file;
    char *target, *temporary; ///< temporary is NULL for devices
} Output;

/// Begin; fails with a message, before any work is done, if the folder cannot be written to.
void output_open (Output *self, const char *path);

/// Write; fails with a message.
void output_write (Output *self, const void *data, size_t n);

/// Fail because of errno.
_Noreturn void output_failed (Output *self);

/// Make it durable and give it its name; fails with a message. Returns the size in bytes.
long long output_finish (Output *self);

/// At the end of main (): flush standard output; fails with a message.
void finish_standard_output (void);

#endif
