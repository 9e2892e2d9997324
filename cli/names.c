/* Names of vectors, a line each: words, titles, labels. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "source.h"

void names_read (Names *self, const char *path) {
    memset (self, 0, sizeof *self);
    if (!path) {
        return;
    }
    Source source;
    source_open (&source, path);
    size_t size = (size_t)source_size (&source);
    self->text = allocate (size + 1, 1);
    size = source_read (&source, 0, self->text, size);
    source_close (&source);
    int64_t lines = size && self->text[size - 1] != '\n';
    for (size_t i = 0; i < size; i++) {
        lines += self->text[i] == '\n';
        if (self->text[i] == 0) {
            fail ("%s: not a text with one name a line", path);
        }
    }
    self->names = allocate ((size_t)lines, sizeof *self->names);
    char *line = self->text;
    for (int64_t i = 0; i < lines; i++) {
        char *end = line + strcspn (line, "\n");
        bool last = *end == 0;
        *end = 0;
        if (end > line && end[-1] == '\r') {
            end[-1] = 0;
        }
        self->names[self->n++] = line;
        line = last ? end : end + 1;
    }
}

void names_free (Names *self) {
    free (self->text);
    free (self->names);
    free (self->sorted);
    memset (self, 0, sizeof *self);
}

const char *names_get (const Names *self, int64_t id) {
    return id >= 0 && id < self->n ? self->names[id] : NULL;
}

/* qsort () has no context; the command sorts one list at a time. */
static const char *const *sorting;
static int compare (const void *a, const void *b) {
    int64_t i = *(const int64_t *)a, j = *(const int64_t *)b;
    int order = strcmp (sorting[i], sorting[j]);
    return order ? order : i < j ? -1 : i > j;
}

int64_t names_find (Names *self, const char *name) {
    if (!self->sorted) {
        self->sorted = allocate ((size_t)self->n, sizeof *self->sorted);
        for (int64_t i = 0; i < self->n; i++) {
            self->sorted[i] = i;
        }
        sorting = self->names;
        qsort (self->sorted, (size_t)self->n, sizeof *self->sorted, compare);
    }
    int64_t low = 0, high = self->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (strcmp (self->names[self->sorted[middle]], name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < self->n && !strcmp (self->names[self->sorted[low]], name) ? self->sorted[low] : -1;
}
