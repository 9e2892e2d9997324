/* Growable arrays: the template's instances for scalars. */
#define _DEFAULT_SOURCE /* madvise */
#include <faiss/utils/vector.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <faiss/impl/check.h>

/* Memory that is searched from end to end is read a third faster from huge pages. It has to be said
 * before the pages are touched, and of all pages that the memory has a part of: realloc () moves a
 * large block without a copy only if all of it is of one kind. */
void faiss_advise_huge_pages (void *data, size_t bytes) {
#ifdef MADV_HUGEPAGE
    const uintptr_t page = 4096, worth_it = (uintptr_t)8 << 20;
    if (bytes >= worth_it) {
        char *begin = (char *)data - (uintptr_t)data % page;
        size_t size = (size_t)((char *)data - begin) + bytes;
        madvise (begin, (size + page - 1) / page * page, MADV_HUGEPAGE);
    }
#else
    (void)data, (void)bytes;
#endif
}

FaissMemoryOwner *faiss_MemoryOwner_retain (FaissMemoryOwner *self) {
    if (self) {
        __atomic_add_fetch (&self->references, 1, __ATOMIC_RELAXED);
    }
    return self;
}

void faiss_MemoryOwner_release (FaissMemoryOwner *self) {
    if (self && __atomic_sub_fetch (&self->references, 1, __ATOMIC_ACQ_REL) == 0) {
        self->release (self);
    }
}

#define NAME Float32Vector
#define T float
#include "vector_tmpl.h"

#define NAME Float64Vector
#define T double
#include "vector_tmpl.h"

#define NAME Int8Vector
#define T int8_t
#include "vector_tmpl.h"

#define NAME Int16Vector
#define T int16_t
#include "vector_tmpl.h"

#define NAME Int32Vector
#define T int32_t
#include "vector_tmpl.h"

#define NAME Int64Vector
#define T int64_t
#include "vector_tmpl.h"

#define NAME UInt8Vector
#define T uint8_t
#include "vector_tmpl.h"

#define NAME UInt16Vector
#define T uint16_t
#include "vector_tmpl.h"

#define NAME UInt32Vector
#define T uint32_t
#include "vector_tmpl.h"

#define NAME UInt64Vector
#define T uint64_t
#include "vector_tmpl.h"
