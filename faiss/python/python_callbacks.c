/* Objects of the library whose methods are Python functions. They take the GIL, which the binding
 * gave up, for each call; an exception of the function stays set and ends the call. */
#define PY_SSIZE_T_CLEAN
#include "python_callbacks.h"

#include <string.h>

#include <faiss/impl/object.h>

static void release_callback (PyObject **callback) {
    PyGILState_STATE gil = PyGILState_Ensure ();
    Py_CLEAR (*callback);
    PyGILState_Release (gil);
}

static void retain_callback (PyObject **field, PyObject *callback) {
    PyGILState_STATE gil = PyGILState_Ensure ();
    Py_INCREF (callback);
    *field = callback;
    PyGILState_Release (gil);
}

/* ---- PyCallbackIDSelector ---- */

static bool PyCallbackIDSelector_is_member (const FaissIDSelector *sel, idx_t id) {
    const FaissPyCallbackIDSelector *self = FAISS_CONST_SELF (PyCallbackIDSelector, sel, sel);
    PyGILState_STATE gil = PyGILState_Ensure ();
    PyObject *answer = PyObject_CallFunction (self->callback, "L", (long long)id);
    bool member = answer && PyObject_IsTrue (answer) == 1;
    Py_XDECREF (answer);
    if (!answer && PyErr_ExceptionMatches (PyExc_KeyboardInterrupt)) {
        PyErr_Clear ();
        PyErr_SetInterrupt (); /* for the call's own check, which ends it */
    } else if (!answer) {
        PyErr_WriteUnraisable (self->callback); /* worker threads have nobody to raise it to */
    }
    PyGILState_Release (gil);
    return member;
}

static void PyCallbackIDSelector_finalize (void *object) {
    release_callback (&((FaissPyCallbackIDSelector *)object)->callback);
}

static FaissIDSelectorClass id_selector_class = {
    .head = {.name = "PyCallbackIDSelector",
             .parent = &faiss_IDSelector_class.head,
             .instance_size = sizeof (FaissPyCallbackIDSelector),
             .table_size = sizeof (FaissIDSelectorClass),
             .finalize = PyCallbackIDSelector_finalize},
    .is_member = PyCallbackIDSelector_is_member,
};

FaissStatus faiss_PyCallbackIDSelector_new (FaissPyCallbackIDSelector **out, PyObject *callback) {
    FaissStatus status = faiss_object_new (out, &id_selector_class.head);
    if (status == FAISS_OK) {
        retain_callback (&(*out)->callback, callback);
    }
    return status;
}

/* ---- PyCallbackIOReader ---- */

static size_t PyCallbackIOReader_read (FaissIOReader *reader, void *ptr, size_t size,
                                       size_t nitems) {
    FaissPyCallbackIOReader *self = FAISS_SELF (PyCallbackIOReader, reader, reader);
    size_t wanted = size * nitems, done = 0;
    PyGILState_STATE gil = PyGILState_Ensure ();
    while (done < wanted) {
        size_t ask = wanted - done < self->bs ? wanted - done : self->bs;
        PyObject *bytes = PyObject_CallFunction (self->callback, "n", (Py_ssize_t)ask);
        char *data = NULL;
        Py_ssize_t got = 0;
        if (!bytes || PyBytes_AsStringAndSize (bytes, &data, &got) < 0 || got == 0 ||
            (size_t)got > ask) {
            if (bytes && !PyErr_Occurred () && (size_t)got > ask) {
                PyErr_Format (PyExc_IOError, "the reader's callback returned %zd bytes, asked %zu",
                              got, ask);
            }
            Py_XDECREF (bytes);
            break;
        }
        memcpy ((char *)ptr + done, data, (size_t)got);
        done += (size_t)got;
        Py_DECREF (bytes);
    }
    PyGILState_Release (gil);
    return size ? done / size : 0;
}

static void PyCallbackIOReader_finalize (void *object) {
    release_callback (&((FaissPyCallbackIOReader *)object)->callback);
}

static FaissIOReaderClass io_reader_class = {
    .head = {.name = "PyCallbackIOReader",
             .parent = &faiss_IOReader_class.head,
             .instance_size = sizeof (FaissPyCallbackIOReader),
             .table_size = sizeof (FaissIOReaderClass),
             .finalize = PyCallbackIOReader_finalize},
    .read = PyCallbackIOReader_read,
};

FaissStatus faiss_PyCallbackIOReader_new_with (FaissPyCallbackIOReader **out, PyObject *callback,
                                               size_t bs) {
    FaissStatus status = faiss_object_new (out, &io_reader_class.head);
    if (status == FAISS_OK) {
        (*out)->bs = bs ? bs : 1;
        retain_callback (&(*out)->callback, callback);
    }
    return status;
}

/* ---- PyCallbackIOWriter ---- */

static size_t PyCallbackIOWriter_write (FaissIOWriter *writer, const void *ptr, size_t size,
                                        size_t nitems) {
    FaissPyCallbackIOWriter *self = FAISS_SELF (PyCallbackIOWriter, writer, writer);
    size_t wanted = size * nitems, done = 0;
    PyGILState_STATE gil = PyGILState_Ensure ();
    while (done < wanted) {
        size_t give = wanted - done < self->bs ? wanted - done : self->bs;
        PyObject *answer = PyObject_CallFunction (self->callback, "y#", (const char *)ptr + done,
                                                  (Py_ssize_t)give);
        if (!answer) {
            break;
        }
        Py_DECREF (answer);
        done += give;
    }
    PyGILState_Release (gil);
    return size ? done / size : 0;
}

static void PyCallbackIOWriter_finalize (void *object) {
    release_callback (&((FaissPyCallbackIOWriter *)object)->callback);
}

static FaissIOWriterClass io_writer_class = {
    .head = {.name = "PyCallbackIOWriter",
             .parent = &faiss_IOWriter_class.head,
             .instance_size = sizeof (FaissPyCallbackIOWriter),
             .table_size = sizeof (FaissIOWriterClass),
             .finalize = PyCallbackIOWriter_finalize},
    .write = PyCallbackIOWriter_write,
};

FaissStatus faiss_PyCallbackIOWriter_new_with (FaissPyCallbackIOWriter **out, PyObject *callback,
                                               size_t bs) {
    FaissStatus status = faiss_object_new (out, &io_writer_class.head);
    if (status == FAISS_OK) {
        (*out)->bs = bs ? bs : 1;
        retain_callback (&(*out)->callback, callback);
    }
    return status;
}
