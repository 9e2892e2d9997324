/* Searches with NumPy arrays in C, for the usual case: a C-contiguous float32 matrix of the right width. Of one
 * query on a small index, the checks and conversions in Python would take longer than the search.
 *
 * All else returns None and is done, or complained about, in class_wrappers.py. */
%{
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
static void *faiss_elements (PyObject *a, int nd, PyObject *dtype, int more_flags, Py_ssize_t shape[]) {
    const int flags = FAISS_ARRAY_C_CONTIGUOUS | FAISS_ARRAY_NOTSWAPPED | FAISS_ARRAY_ALIGNED | more_flags;
    FaissArray array;
    if ((PyObject *) Py_TYPE (a) != faiss_ndarray || !array.look_at (a) || array.nd != nd ||
        (array.flags & flags) != flags || !array.type || array.type->dtype != dtype) {
        return NULL;
    }
    for (int i = 0; i < nd; i++) {
        shape[i] = array.shape[i];
    }
    return array.data;
}

/* A new array. NULL with an error if there is no memory for it. */
static void *faiss_new_array (FaissReference *out, PyObject *dtype, PyObject *shape) {
    if (!shape) {
        return NULL;
    }
    out->set (PyObject_CallFunctionObjArgs (faiss_empty, shape, dtype, NULL));
    FaissArray array;
    return out->object && array.look_at (out->object) ? array.data : NULL;
}

/* A preallocated output as it is, or a new array of the shape, (n, k); NULL if it is not fit, with an error or
 * without. */
static void *faiss_output (FaissReference *out, PyObject *given, PyObject *dtype, PyObject *shape, Py_ssize_t n,
                           Py_ssize_t k) {
    if (given == Py_None) {
        return faiss_new_array (out, dtype, shape);
    }
    Py_ssize_t has[2];
    void *data = faiss_elements (given, 2, dtype, FAISS_ARRAY_WRITEABLE, has);
    if (!data || has[0] != n || has[1] != k) {
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
/* NumPy's class of arrays, empty, the types of elements (float32, int64 and uint64 first), and some array. */
void set_numpy (PyObject *ndarray, PyObject *empty, PyObject *dtypes, PyObject *example) {
    PyObject **here[] = {&faiss_ndarray, &faiss_empty};
    PyObject *given[] = {ndarray, empty};
    for (int i = 0; i < 2; i++) {
        Py_INCREF (given[i]);
        Py_XDECREF (*here[i]);
        *here[i] = given[i];
    }
    for (FaissElementType &t : faiss_element_types) {
        const char text[] = {t.kind, (char) ('0' + t.size), 0};
        PyObject *dtype = PyDict_GetItemString (dtypes, text);
        Py_XINCREF (dtype);
        Py_XDECREF (t.dtype);
        t.dtype = dtype;
    }
    faiss_float32 = PyDict_GetItemString (dtypes, "f4"); /* kept above */
    faiss_int64 = PyDict_GetItemString (dtypes, "i8");
    faiss_uint64 = PyDict_GetItemString (dtypes, "u8");
    faiss_heads_are_known = faiss_is_head_true (example);
}

/* Is this an array of this type, in order, which can be used as it is: a matrix of so many columns, or, for
 * columns < 0, of one dimension? */
bool is_usual (PyObject *a, PyObject *dtype, long long columns) {
    Py_ssize_t shape[2];
    return faiss_elements (a, columns < 0 ? 1 : 2, dtype, 0, shape) && (columns < 0 || shape[1] == columns);
}

/* (D, I) of Index.search, or None: these arguments are none of the usual ones. */
PyObject *search_arrays (FaissIndex *index, PyObject *x, PyObject *k_object, const FaissSearchParameters *params,
                         PyObject *D_given, PyObject *I_given) {
    Py_ssize_t shape[2];
    const float *queries = index ? (const float *) faiss_elements (x, 2, faiss_float32, 0, shape) : NULL;
    Py_ssize_t k = queries && PyLong_Check (k_object) ? PyLong_AsSsize_t (k_object) : 0;
    if (k <= 0 || shape[1] != index->d) {
        PyErr_Clear (); /* k may not fit */
        Py_RETURN_NONE;
    }
    FaissReference D, I, result_shape (Py_BuildValue ("(nn)", shape[0], k));
    float *distances = (float *) faiss_output (&D, D_given, faiss_float32, result_shape.object, shape[0], k);
    idx_t *labels =
        distances ? (idx_t *) faiss_output (&I, I_given, faiss_int64, result_shape.object, shape[0], k) : NULL;
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
    const float *queries = index ? (const float *) faiss_elements (x, 2, faiss_float32, 0, shape) : NULL;
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
    FaissReference lims_shape (PyLong_FromSsize_t (shape[0] + 1)), result_shape (PyLong_FromSize_t (total));
    void *lims_data = faiss_new_array (&lims, faiss_uint64, lims_shape.object);
    void *distances = lims_data ? faiss_new_array (&D, faiss_float32, result_shape.object) : NULL;
    void *labels = distances ? faiss_new_array (&I, faiss_int64, result_shape.object) : NULL;
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
