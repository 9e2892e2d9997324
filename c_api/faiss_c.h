/* What all headers of the C API share: ids, handles, and macros that declare functions.
 *
 * These headers serve programs and bindings written for upstream's C API, unchanged. Objects are
 * handles here. C programs that want to see the fields include <faiss/Index.h> and its siblings
 * instead: the functions are the same ones, but the two sets cannot be mixed in one source file.
 */
#ifndef FAISS_C_H
#define FAISS_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define FAISS_C_API_BEGIN extern "C" {
#define FAISS_C_API_END }
#else
#define FAISS_C_API_BEGIN
#define FAISS_C_API_END
#endif

/// An id of a vector, a position or a count.
typedef int64_t faiss_idx_t;
typedef faiss_idx_t idx_t;

/// A handle type.
#define FAISS_DECLARE_CLASS(clazz) typedef struct Faiss##clazz##_H Faiss##clazz;

/// A second name of a parent's handle type: pointers convert both ways without casts.
#define FAISS_DECLARE_CLASS_INHERITED(clazz, parent) typedef struct Faiss##parent##_H Faiss##clazz;

/* For headers of third parties; the ones here spell their functions out. Boolean fields are int. */
#define FAISS_DECLARE_GETTER(clazz, ty, name) ty faiss_##clazz##_##name (const Faiss##clazz *);
#define FAISS_DECLARE_SETTER(clazz, ty, name) void faiss_##clazz##_set_##name (Faiss##clazz *, ty);
#define FAISS_DECLARE_GETTER_SETTER(clazz, ty, name)                                               \
    FAISS_DECLARE_GETTER (clazz, ty, name)                                                         \
    FAISS_DECLARE_SETTER (clazz, ty, name)
#define FAISS_DECLARE_DESTRUCTOR(clazz) void faiss_##clazz##_free (Faiss##clazz *obj);
#define FAISS_DECLARE_INDEX_DOWNCAST(clazz) Faiss##clazz *faiss_##clazz##_cast (FaissIndex *);
#define FAISS_DECLARE_INDEX_BINARY_DOWNCAST(clazz)                                                 \
    Faiss##clazz *faiss_##clazz##_cast (FaissIndexBinary *);
#define FAISS_DECLARE_SEARCH_PARAMETERS_DOWNCAST(clazz)                                            \
    Faiss##clazz *faiss_##clazz##_cast (FaissSearchParameters *);

#endif
