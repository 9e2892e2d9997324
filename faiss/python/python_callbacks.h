/* Objects of the library whose methods are Python functions. Not for public headers. */
#ifndef FAISS_PYTHON_CALLBACKS_H
#define FAISS_PYTHON_CALLBACKS_H

#ifndef SWIG
#include <Python.h>
#endif

#include <faiss/impl/IDSelector.h>
#include <faiss/impl/io.h>

FAISS_BEGIN_DECLS

/// An id selector that calls a Python function of the id.
typedef struct FaissPyCallbackIDSelector FAISS_EXTENDS (FaissIDSelector) {
    union {
        FaissIDSelector sel;
    };
    FAISS_PRIVATE (PyObject *callback;)
} FaissPyCallbackIDSelector;

/// Reads what a Python function of the number of bytes returns.
typedef struct FaissPyCallbackIOReader FAISS_EXTENDS (FaissIOReader) {
    union {
        FaissIOReader reader;
    };
    FAISS_PRIVATE (PyObject *callback;)
    size_t bs; ///< bytes asked for at a time, at most
} FaissPyCallbackIOReader;

/// Hands what is written to a Python function of bytes.
typedef struct FaissPyCallbackIOWriter FAISS_EXTENDS (FaissIOWriter) {
    union {
        FaissIOWriter writer;
    };
    FAISS_PRIVATE (PyObject *callback;)
    size_t bs; ///< bytes handed over at a time, at most
} FaissPyCallbackIOWriter;

FaissStatus faiss_PyCallbackIDSelector_new (FaissPyCallbackIDSelector **out, PyObject *callback);
FaissStatus faiss_PyCallbackIOReader_new_with (FaissPyCallbackIOReader **out, PyObject *callback,
                                               size_t bs FAISS_DEFAULT (1024 * 1024));
FaissStatus faiss_PyCallbackIOWriter_new_with (FaissPyCallbackIOWriter **out, PyObject *callback,
                                               size_t bs FAISS_DEFAULT (1024 * 1024));

FAISS_END_DECLS

#endif
