/* Growable arrays, one C type per element type: the counterparts of upstream's std::vectors. */
#ifndef FAISS_VECTOR_H
#define FAISS_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#include <faiss/impl/error.h>

FAISS_BEGIN_DECLS

/** Memory that several vectors may view, for instance a mapped file: reference counted.
 *
 * `release` is called with the owner when the last reference is dropped.
 */
typedef struct FaissMemoryOwner {
    FAISS_PRIVATE (long references; void (*release) (struct FaissMemoryOwner *self);)
} FaissMemoryOwner;

/// Take one more reference; returns self. NULL is allowed.
FaissMemoryOwner *faiss_MemoryOwner_retain (FaissMemoryOwner *self);

/// Drop a reference. NULL is allowed.
void faiss_MemoryOwner_release (FaissMemoryOwner *self);

/** A vector type and its functions.
 *
 * C reads `v.data[i]` and `v.size`; `{0}` is an empty vector. Where `owner` is not NULL the data
 * are a view of somebody else's memory, which the first change of the vector copies (upstream's
 * MaybeOwnedVector). A function that fails leaves the vector as it was.
 *
 *   resize     to n elements; new ones are zero
 *   reserve    room for n elements without changing the size
 *   push_back  append one element
 *   append     append n elements; `values` may not point into the vector
 *   assign     replace the content by n elements; `values` may not point into the vector
 *   own        make sure that the data belong to this vector and may be written to
 *   view       become a view of n elements at `values`; takes a reference to the owner
 *   at         read one element, with a check of the position
 *   swap       exchange the contents of two vectors
 *   clear      release everything; the vector is empty afterwards and can be used again
 */
#define FAISS_DECLARE_VECTOR(Name, T)                                                              \
    typedef struct Faiss##Name {                                                                   \
        FAISS_PRIVATE (T *data; size_t size; size_t capacity; FaissMemoryOwner * owner;)           \
    } Faiss##Name;                                                                                 \
    FaissStatus faiss_##Name##_resize (Faiss##Name *self, size_t n);                               \
    FaissStatus faiss_##Name##_reserve (Faiss##Name *self, size_t n);                              \
    FaissStatus faiss_##Name##_push_back (Faiss##Name *self, T value);                             \
    FaissStatus faiss_##Name##_append (Faiss##Name *self, const T *values, size_t n);              \
    FaissStatus faiss_##Name##_assign (Faiss##Name *self, const T *values, size_t n);              \
    FaissStatus faiss_##Name##_own (Faiss##Name *self);                                            \
    void faiss_##Name##_view (Faiss##Name *self, T *values, size_t n, FaissMemoryOwner *owner);    \
    T *faiss_##Name##_data (const Faiss##Name *self);                                              \
    size_t faiss_##Name##_size (const Faiss##Name *self);                                          \
    FaissStatus faiss_##Name##_at (const Faiss##Name *self, size_t n, T *out);                     \
    void faiss_##Name##_swap (Faiss##Name *self, Faiss##Name *other);                              \
    void faiss_##Name##_clear (Faiss##Name *self);

FAISS_DECLARE_VECTOR (Float32Vector, float)
FAISS_DECLARE_VECTOR (Float64Vector, double)
FAISS_DECLARE_VECTOR (Int8Vector, int8_t)
FAISS_DECLARE_VECTOR (Int16Vector, int16_t)
FAISS_DECLARE_VECTOR (Int32Vector, int32_t)
FAISS_DECLARE_VECTOR (Int64Vector, int64_t)
FAISS_DECLARE_VECTOR (UInt8Vector, uint8_t)
FAISS_DECLARE_VECTOR (UInt16Vector, uint16_t)
FAISS_DECLARE_VECTOR (UInt32Vector, uint32_t)
FAISS_DECLARE_VECTOR (UInt64Vector, uint64_t)

/// A vector of vectors, whose functions are like theirs; `{0}` is an empty one.
typedef struct FaissInt32VectorVector {
    FAISS_PRIVATE (FaissInt32Vector *data; size_t size;)
} FaissInt32VectorVector;

/// n vectors; new ones are empty.
FaissStatus faiss_Int32VectorVector_resize (FaissInt32VectorVector *self, size_t n);

/// Append a copy.
FaissStatus faiss_Int32VectorVector_push_back (FaissInt32VectorVector *self,
                                               const FaissInt32Vector *value);
FaissInt32Vector *faiss_Int32VectorVector_data (const FaissInt32VectorVector *self);
size_t faiss_Int32VectorVector_size (const FaissInt32VectorVector *self);

/// A vector of it, NULL if there is no such one; valid until the next change of the size.
FaissInt32Vector *faiss_Int32VectorVector_at (const FaissInt32VectorVector *self, size_t n);
void faiss_Int32VectorVector_swap (FaissInt32VectorVector *self, FaissInt32VectorVector *other);
void faiss_Int32VectorVector_clear (FaissInt32VectorVector *self);

FAISS_END_DECLS

#endif
