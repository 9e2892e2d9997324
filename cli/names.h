/* Names of vectors, a line each: words, titles, labels. */
#ifndef FAISS_CLI_NAMES_H
#define FAISS_CLI_NAMES_H

#include <stdint.h>

typedef struct Names {
    int64_t n;
    const char **names;
    char *text;
    int64_t *sorted; ///< numbers in the order of the names, made by the first names_find ()
} Names;

/// Read a file; fails with a message. A NULL path gives no names.
void names_read (Names *self, const char *path);
void names_free (Names *self);

/// The name of a vector, or NULL.
const char *names_get (const Names *self, int64_t id);

/// The first vector of a name, or -1.
int64_t names_find (Names *self, const char *name);

#endif
