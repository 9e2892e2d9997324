/* A text that grows. */
#include <faiss/utils/string.h>

#include <stdarg.h>
#include <stdio.h>

#include <faiss/impl/check.h>

FaissStatus faiss_String_printf (FaissString *self, const char *format, ...) {
    va_list args;
    va_start (args, format);
    int length = vsnprintf (NULL, 0, format, args);
    va_end (args);
    FAISS_REQUIRE (length >= 0, "invalid format \"%s\"", format);
    size_t needed = self->size + (size_t)length + 1;
    if (needed > self->capacity) {
        size_t capacity = needed > 2 * self->capacity ? needed : 2 * self->capacity;
        char *data = realloc (self->data, capacity);
        if (!data) {
            return faiss_fail (FAISS_STD_EXCEPT, "no memory for a text of %zu bytes", needed);
        }
        self->data = data;
        self->capacity = capacity;
    }
    va_start (args, format);
    vsnprintf (self->data + self->size, (size_t)length + 1, format, args);
    va_end (args);
    self->size += (size_t)length;
    return FAISS_OK;
}

const char *faiss_String_text (const FaissString *self) {
    return self && self->data ? self->data : "";
}

void faiss_String_clear (FaissString *self) {
    if (!self) {
        return;
    }
    free (self->data);
    *self = (FaissString){0};
}
