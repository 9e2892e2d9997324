/* Allocations that fail on demand. */
#include "failing.h"

#include <stddef.h>
#include <stdlib.h>

static long fail_at; /* 0: none */
static long count;
static bool happened;

static bool fails (void) {
    if (__atomic_load_n (&fail_at, __ATOMIC_RELAXED) == 0) {
        return false;
    }
    if (__atomic_add_fetch (&count, 1, __ATOMIC_RELAXED) != fail_at) {
        return false;
    }
    __atomic_store_n (&happened, true, __ATOMIC_RELAXED);
    return true;
}

void failing_start (long i) {
    count = 0;
    happened = false;
    __atomic_store_n (&fail_at, i, __ATOMIC_RELAXED);
}

void failing_stop (void) {
    __atomic_store_n (&fail_at, 0, __ATOMIC_RELAXED);
}

bool failing_happened (void) {
    return happened;
}

long failing_count (void) {
    return count;
}

#ifdef FAILING_WRAPS
bool failing_available (void) {
    return true;
}

void *__real_malloc (size_t n);
void *__real_calloc (size_t n, size_t size);
void *__real_realloc (void *p, size_t n);
void *__real_aligned_alloc (size_t alignment, size_t n);
int __real_posix_memalign (void **out, size_t alignment, size_t n);
char *__real_strdup (const char *s);
char *__real_strndup (const char *s, size_t n);

void *__wrap_malloc (size_t n);
void *__wrap_malloc (size_t n) {
    return fails () ? NULL : __real_malloc (n);
}

void *__wrap_calloc (size_t n, size_t size);
void *__wrap_calloc (size_t n, size_t size) {
    return fails () ? NULL : __real_calloc (n, size);
}

void *__wrap_realloc (void *p, size_t n);
void *__wrap_realloc (void *p, size_t n) {
    return fails () ? NULL : __real_realloc (p, n);
}

void *__wrap_aligned_alloc (size_t alignment, size_t n);
void *__wrap_aligned_alloc (size_t alignment, size_t n) {
    return fails () ? NULL : __real_aligned_alloc (alignment, n);
}

int __wrap_posix_memalign (void **out, size_t alignment, size_t n);
int __wrap_posix_memalign (void **out, size_t alignment, size_t n) {
    return fails () ? 12 : __real_posix_memalign (out, alignment, n);
}

char *__wrap_strdup (const char *s);
char *__wrap_strdup (const char *s) {
    return fails () ? NULL : __real_strdup (s);
}

char *__wrap_strndup (const char *s, size_t n);
char *__wrap_strndup (const char *s, size_t n) {
    return fails () ? NULL : __real_strndup (s, n);
}
#else
bool failing_available (void) {
    return false;
}
#endif
