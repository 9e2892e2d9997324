/* Searches with NumPy arrays in C, for the usual case: a C-contiguous float32 matrix of the right width. Of one
 * query on a small index, the checks and conversions in Python would take longer than the search.
 *
 * All else returns None and is done, or complained about, in class_wrappers.py. */
%{
enum { FAISS_ARRAY_ALIGNED = 0x100, FAISS_ARRAY_WRITEABLE = 0x400 };

/* Of NumPy, given by array_conversions.py: a class, a function, types. */
static PyObject *faiss_ndarray, *faiss_empty, *faiss_float32, *faiss_int64, *faiss_uint64;

/* A reference that is released with its scope. */
struct FaissReference {
    PyObject *object;
    explicit FaissReference (PyObject *object = NULL) : object (object) {
    }
    FaissReference (const FaissReference &) = delete;
    ~FaissReference () {
        Py_XDECREF (object);
    }
    void set (PyObject *other) {
        Py_XDECREF (object);
        object = other;
    }
    PyObject *give () {
        PyObject *given = object;
        object = NULL;
        return given;
    }
};

/* The elements of an array of this many dimensions, type and flags; NULL, without an error, if it is no such
 * array. They are valid as long as the array. */
static void *faiss_elements (PyObject *a, int nd, char kind, int itemsize, int more_flags, Py_ssize_t shape[]) {
    if ((PyObject *) Py_TYPE (a) != faiss_ndarray) {
        return NULL;
    }
    FaissReference capsule (faiss_array_struct (a));
    FaissArrayInterface *array =
        capsule.object ? (FaissArrayInterface *) PyCapsule_GetPointer (capsule.object, NULL) : NULL;
    int flags = FAISS_ARRAY_C_CONTIGUOUS | FAISS_ARRAY_NOTSWAPPED | FAISS_ARRAY_ALIGNED | more_flags;
    if (!array) {
        PyErr_Clear ();
        return NULL;
    }
    if (array->two != 2 || array->nd != nd || array->typekind != kind || array->itemsize != itemsize ||
        (array->flags & flags) != flags) {
        return NULL;
    }
    for (int i = 0; i < nd; i++) {
        shape[i] = array->shape[i];
    }
    return array->data;
}

/* A new array: of shape (n, k), or (n,) for k < 0. NULL with an error if there is no memory for it. */
static void *faiss_new_array (FaissReference *out, PyObject *dtype, Py_ssize_t n, Py_ssize_t k) {
    FaissReference shape (k < 0 ? Py_BuildValue ("(n)", n) : Py_BuildValue ("(nn)", n, k));
    if (!shape.object) {
        return NULL;
    }
    out->set (PyObject_CallFunctionObjArgs (faiss_empty, shape.object, dtype, NULL));
    FaissReference capsule (out->object ? faiss_array_struct (out->object) : NULL);
    return capsule.object ? ((FaissArrayInterface *) PyCapsule_GetPointer (capsule.object, NULL))->data
                          : NULL;
}

/* A preallocated output as it is, or a new array; NULL if it is not fit, with an error or without. */
static void *faiss_output (FaissReference *out, PyObject *given, PyObject *dtype, char kind, int itemsize,
                           Py_ssize_t n, Py_ssize_t k) {
    if (given == Py_None) {
        return faiss_new_array (out, dtype, n, k);
    }
    Py_ssize_t shape[2];
    void *data = faiss_elements (given, 2, kind, itemsize, FAISS_ARRAY_WRITEABLE, shape);
    if (!data || shape[0] != n || shape[1] != k) {
        return NULL;
    }
    Py_INCREF (given);
    out->set (given);
    return data;
}

/* What a call without the GIL came to. */
static bool faiss_has_failed (FaissStatus status) {
    if (status != FAISS_OK && !PyErr_Occurred ()) {
        PyErr_SetString (PyExc_RuntimeError, faiss_get_last_error ());
    }
    return PyErr_Occurred ();
}

static PyObject *faiss_none_or_error () {
    if (PyErr_Occurred ()) {
        return NULL;
    }
    Py_RETURN_NONE;
}
%}

%inline %{
/* NumPy's class of arrays, empty, and three types. */
void set_numpy (PyObject *ndarray, PyObject *empty, PyObject *float32, PyObject *int64, PyObject *uint64) {
    PyObject **here[] = {&faiss_ndarray, &faiss_empty, &faiss_float32, &faiss_int64, &faiss_uint64};
    PyObject *given[] = {ndarray, empty, float32, int64, uint64};
    for (int i = 0; i < 5; i++) {
        Py_INCREF (given[i]);
        Py_XDECREF (*here[i]);
        *here[i] = given[i];
    }
}

/* (D, I) of Index.search, or None: these arguments are none of the usual ones. */
PyObject *search_arrays (FaissIndex *index, PyObject *x, PyObject *k_object, const FaissSearchParameters *params,
                         PyObject *D_given, PyObject *I_given) {
    Py_ssize_t shape[2];
    const float *queries = index ? (const float *) faiss_elements (x, 2, 'f', 4, 0, shape) : NULL;
    Py_ssize_t k = queries && PyLong_Check (k_object) ? PyLong_AsSsize_t (k_object) : 0;
    if (k <= 0 || shape[1] != index->d) {
        PyErr_Clear (); /* k may not fit */
        Py_RETURN_NONE;
    }
    FaissReference D, I;
    float *distances = (float *) faiss_output (&D, D_given, faiss_float32, 'f', 4, shape[0], k);
    idx_t *labels = distances ? (idx_t *) faiss_output (&I, I_given, faiss_int64, 'i', 8, shape[0], k) : NULL;
    if (!labels) {
        return faiss_none_or_error ();
    }
    FaissStatus status;
    {
        FaissCall without_gil;
        status = faiss_Index_search_with_params (index, shape[0], queries, k, params, distances, labels);
    }
    return faiss_has_failed (status) ? NULL : PyTuple_Pack (2, D.object, I.object);
}

/* (lims, D, I) of Index.range_search, or None. */
PyObject *range_search_arrays (FaissIndex *index, PyObject *x, double radius, const FaissSearchParameters *params) {
    Py_ssize_t shape[2];
    const float *queries = index ? (const float *) faiss_elements (x, 2, 'f', 4, 0, shape) : NULL;
    if (!queries || shape[1] != index->d) {
        Py_RETURN_NONE;
    }
    struct Result {
        FaissRangeSearchResult *found = NULL;
        ~Result () {
            faiss_RangeSearchResult_free (found);
        }
    } result;
    FaissStatus status;
    {
        FaissCall without_gil;
        status = faiss_RangeSearchResult_new (&result.found, shape[0]);
        if (status == FAISS_OK) {
            status = faiss_Index_range_search_with_params (index, shape[0], queries, (float) radius, params,
                                                           result.found);
        }
    }
    if (faiss_has_failed (status)) {
        return NULL;
    }
    size_t total = result.found->lims[shape[0]];
    FaissReference lims, D, I;
    void *lims_data = faiss_new_array (&lims, faiss_uint64, shape[0] + 1, -1);
    void *distances = lims_data ? faiss_new_array (&D, faiss_float32, (Py_ssize_t) total, -1) : NULL;
    void *labels = distances ? faiss_new_array (&I, faiss_int64, (Py_ssize_t) total, -1) : NULL;
    if (!labels) {
        return NULL;
    }
    memcpy (lims_data, result.found->lims, (shape[0] + 1) * sizeof (size_t));
    if (total > 0) {
        memcpy (distances, result.found->distances, total * sizeof (float));
        memcpy (labels, result.found->labels, total * sizeof (idx_t));
    }
    return PyTuple_Pack (3, lims.object, D.object, I.object);
}
%}
