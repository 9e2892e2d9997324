/* A text that grows: messages, factory strings. */
#ifndef FAISS_STRING_H
#define FAISS_STRING_H

#include <stddef.h>

#include <faiss/impl/error.h>

FAISS_BEGIN_DECLS

/// `data` is NUL-terminated, or NULL while the text is empty; `{0}` is an empty text.
typedef struct FaissString {
    FAISS_PRIVATE (char *data; size_t size; size_t capacity;)
} FaissString;

#ifndef SWIG
/// Append formatted text.
FaissStatus faiss_String_printf (FaissString *self, const char *format, ...) FAISS_PRINTF (2, 3);
#endif

/// The text; "" when empty. Valid until the next change.
const char *faiss_String_text (const FaissString *self);

/// Release the memory; the text is empty afterwards.
void faiss_String_clear (FaissString *self);

FAISS_END_DECLS

#endif
