/* Asking for memory ahead of its use.
 * Not for public headers. */
#ifndef FAISS_PREFETCH_H
#define FAISS_PREFETCH_H

#include <stddef.h>
#include <stdint.h>

/** Ask for memory that is read soon.
 *
 * The empty statement is for GCC, to which a function that does nothing but prefetch is one without
 * effect: it drops the calls.
 */
static inline void faiss_prefetch (const void *at, size_t size) {
    enum { LINE = 64 };
    const char *line = (const char *)((uintptr_t)at & ~(uintptr_t)(LINE - 1));
    for (const char *end = (const char *)at + size; line < end; line += LINE) {
        __builtin_prefetch (line);
    }
    __asm__ volatile("");
}

#endif
