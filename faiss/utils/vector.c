/* Growable arrays: the template's instances for scalars. */
#include <faiss/utils/vector.h>

#include <stdlib.h>
#include <string.h>

#include <faiss/impl/check.h>

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
