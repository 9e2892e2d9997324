/* The only macros a public header may use. Everything else is plain C. */
#ifndef FAISS_PLATFORM_MACROS_H
#define FAISS_PLATFORM_MACROS_H

#ifdef SWIG
/* What SWIG sees: inheritance, default arguments, no private fields. */
#define FAISS_EXTENDS(Parent) : public Parent
#define FAISS_DEFAULT(value) = value
#define FAISS_PRIVATE(...)
#define FAISS_BEGIN_DECLS
#define FAISS_END_DECLS
#define FAISS_PRINTF(fmt, first)
#else
/* What compilers see: documentation. (C++ callers do get the defaults.) */
#define FAISS_EXTENDS(Parent)
#define FAISS_PRIVATE(...) __VA_ARGS__

/* What a public header declares is exported; the library's other symbols are hidden. */
#ifdef __GNUC__
#define FAISS_EXPORT_PUSH _Pragma ("GCC visibility push(default)")
#define FAISS_EXPORT_POP _Pragma ("GCC visibility pop")
#define FAISS_PRINTF(fmt, first) __attribute__ ((format (printf, fmt, first)))
#else
#define FAISS_EXPORT_PUSH
#define FAISS_EXPORT_POP
#define FAISS_PRINTF(fmt, first)
#endif

#ifdef __cplusplus
#define FAISS_DEFAULT(value) = value
#define FAISS_BEGIN_DECLS FAISS_EXPORT_PUSH extern "C" {
#define FAISS_END_DECLS                                                                            \
    }                                                                                              \
    FAISS_EXPORT_POP
#else
#define FAISS_DEFAULT(value)
#define FAISS_BEGIN_DECLS FAISS_EXPORT_PUSH
#define FAISS_END_DECLS FAISS_EXPORT_POP
#endif
#endif

#endif
