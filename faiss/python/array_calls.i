/* Calls with NumPy arrays in C, for the usual case: a C-contiguous float32 matrix of the right width. Of one
 * query on a small index, the checks and conversions in Python would take longer than the search.
 *
 * All else returns None and is done, or complained about, in Python. */
%{
#include "array_functions.h"

#include <vector>

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

/* The elements of an array of this many dimensions (-1: any), type and flags; NULL, without an error, if it is no
 * such array. They are valid as long as the array. */
static void *faiss_elements (PyObject *a, int nd, PyObject *dtype, int more_flags, Py_ssize_t shape[]) {
    const int flags = FAISS_ARRAY_C_CONTIGUOUS | FAISS_ARRAY_NOTSWAPPED | FAISS_ARRAY_ALIGNED | more_flags;
    FaissArray array;
    if ((PyObject *) Py_TYPE (a) != faiss_ndarray || !array.look_at (a) || (nd >= 0 && array.nd != nd) ||
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

/* Is this an array of this type, in order, which can be used as it is: a matrix of so many columns, for -1 of one
 * dimension, for -2 of any shape? */
bool is_usual (PyObject *a, PyObject *dtype, long long columns) {
    Py_ssize_t shape[2];
    int nd = columns >= 0 ? 2 : columns == -1 ? 1 : -1;
    return faiss_elements (a, nd, dtype, 0, shape) && (columns < 0 || shape[1] == columns);
}

/* Is this an array to write to: of this type, in order, of so many dimensions? */
bool is_output (PyObject *a, PyObject *dtype, int nd) {
    Py_ssize_t shape[2];
    return nd >= 1 && nd <= 2 && faiss_elements (a, nd, dtype, FAISS_ARRAY_WRITEABLE, shape);
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
    const size_t few = 1 << 16;
    if (total > few) {
        bool is_complete;
        {
            FaissCall without_gil;
            is_complete = memcpy_bytes (distances, result.found->distances, total * sizeof (float)) &&
                          memcpy_bytes (labels, result.found->labels, total * sizeof (idx_t));
        }
        if (!is_complete) {
            if (!PyErr_Occurred ()) {
                PyErr_SetString (PyExc_RuntimeError, "interrupted");
            }
            return NULL;
        }
    } else if (total > 0) {
        memcpy (distances, result.found->distances, total * sizeof (float));
        memcpy (labels, result.found->labels, total * sizeof (idx_t));
    }
    return PyTuple_Pack (3, lims.object, D.object, I.object);
}
%}

/* ---- functions on arrays: extra_wrappers.py, which made them usual ---- */

%{
/* A matrix, or a vector as one of a single column. */
struct FaissMatrix {
    void *data;
    size_t n, m;
    FaissMatrix (PyObject *a, PyObject *dtype, int nd = 2, int more_flags = 0) : n (0), m (1) {
        Py_ssize_t shape[2] = {0, 1};
        data = faiss_elements (a, nd, dtype, more_flags, shape);
        n = (size_t) shape[0], m = (size_t) shape[1];
        if (!data && !PyErr_Occurred ()) {
            PyErr_SetString (PyExc_TypeError, "expected an array of another type, shape or order");
        }
    }
    const float *floats () const {
        return (const float *) data;
    }
    int64_t *ids () const {
        return (int64_t *) data;
    }
};

static PyObject *faiss_dtype (char kind, int size) {
    for (FaissElementType &t : faiss_element_types) {
        if (t.kind == kind && t.size == size) {
            return t.dtype;
        }
    }
    return NULL;
}

/* function (begin, end) for pieces of n rows, without the GIL; false, with an error, if it was interrupted. */
template <typename Function>
static bool faiss_by_rows (size_t n, size_t row_size, Function function) {
    const size_t step = ((size_t) 1 << 18) / (row_size + 1) + 1;
    bool is_stopped = false;
    {
        FaissCall without_gil;
        for (size_t begin = 0; begin < n && !is_stopped; begin += step) {
            function (begin, n - begin < step ? n : begin + step);
            is_stopped = begin + step < n && faiss_asks_python ();
        }
    }
    if (is_stopped && !PyErr_Occurred ()) {
        PyErr_SetString (PyExc_RuntimeError, "interrupted");
    }
    return !PyErr_Occurred ();
}
%}

%inline %{
/* (D, I): the k best of the rows of a matrix. */
PyObject *k_best_arrays (PyObject *array, long long k, bool is_similarity) {
    FaissMatrix values (array, faiss_float32);
    FaissReference D, I, shape (values.data ? Py_BuildValue ("(nn)", (Py_ssize_t) values.n, (Py_ssize_t) k) : NULL);
    float *distances = (float *) faiss_new_array (&D, faiss_float32, shape.object);
    int64_t *labels = distances ? (int64_t *) faiss_new_array (&I, faiss_int64, shape.object) : NULL;
    if (!labels) {
        return NULL;
    }
    bool is_done = faiss_by_rows (values.n, values.m, [&] (size_t begin, size_t end) {
        faiss_rows_k_best (is_similarity, end - begin, values.m, values.floats () + begin * values.m, (size_t) k,
                           distances + begin * (size_t) k, labels + begin * (size_t) k);
    });
    return is_done ? PyTuple_Pack (2, D.object, I.object) : NULL;
}

/* Merge new results into sorted ones. */
PyObject *merge_arrays (PyObject *D, PyObject *I, PyObject *new_D, PyObject *new_I, bool is_similarity) {
    FaissMatrix d (D, faiss_float32, 2, FAISS_ARRAY_WRITEABLE), i (I, faiss_int64, 2, FAISS_ARRAY_WRITEABLE);
    FaissMatrix more_d (new_D, faiss_float32), more_i (new_I, faiss_int64);
    if (PyErr_Occurred ()) {
        return NULL;
    }
    if (d.n != i.n || d.m != i.m || d.n != more_d.n || d.n != more_i.n || more_d.m != more_i.m) {
        PyErr_SetString (PyExc_ValueError, "expected tables of equal shapes");
        return NULL;
    }
    return faiss_by_rows (d.n, d.m + more_d.m, [&] (size_t begin, size_t end) {
        faiss_rows_merge (is_similarity, end - begin, d.m, (float *) d.data + begin * d.m, i.ids () + begin * d.m,
                          more_d.m, more_d.floats () + begin * more_d.m, more_i.ids () + begin * more_d.m);
    }) ? faiss_none_or_error () : NULL;
}

/* The number of labels that rows have in common. */
PyObject *common_arrays (PyObject *I1, PyObject *I2) {
    FaissMatrix a (I1, faiss_int64), b (I2, faiss_int64);
    if (PyErr_Occurred ()) {
        return NULL;
    }
    if (a.n != b.n) {
        PyErr_SetString (PyExc_ValueError, "expected tables of equally many rows");
        return NULL;
    }
    size_t n_slots = 2, n_common = 0;
    while (n_slots < 2 * a.m) {
        n_slots *= 2;
    }
    std::vector<int64_t> table;
    try {
        table.resize (2 * n_slots);
    } catch (const std::exception &) {
        return PyErr_NoMemory ();
    }
    bool is_done = faiss_by_rows (a.n, n_slots + b.m, [&] (size_t begin, size_t end) {
        n_common += faiss_rows_common (end - begin, a.m, a.ids () + begin * a.m, b.m, b.ids () + begin * b.m, n_slots,
                                       table.data ());
    });
    return is_done ? PyLong_FromSize_t (n_common) : NULL;
}

/* (lims, positions) of values, divided by a divisor; None: there are values out of the buckets. */
PyObject *bucket_sort_arrays (PyObject *array, long long n_buckets, long long divisor) {
    FaissMatrix values (array, faiss_int64, 1);
    FaissReference lims, positions, lims_shape (values.data ? PyLong_FromLongLong (n_buckets + 1) : NULL);
    FaissReference shape (PyLong_FromSize_t (values.n));
    int64_t *lims_data = (int64_t *) faiss_new_array (&lims, faiss_int64, lims_shape.object);
    int64_t *data = lims_data ? (int64_t *) faiss_new_array (&positions, faiss_int64, shape.object) : NULL;
    if (!data) {
        return NULL;
    }
    const int64_t *v = values.ids ();
    const size_t n_lims = (size_t) n_buckets + 1, by = divisor > 0 ? (size_t) divisor : 1;
    bool is_fit = true;
    memset (lims_data, 0, n_lims * sizeof *lims_data);
    bool is_done = faiss_by_rows (values.n, 1, [&] (size_t begin, size_t end) {
        is_fit = is_fit && faiss_bucket_count (end - begin, v + begin, (size_t) n_buckets, lims_data);
        /* its pages one after the other: below they would come all at once */
        memset (data + begin, 0, (end - begin) * sizeof *data);
    });
    if (!is_done || !is_fit) {
        return faiss_none_or_error ();
    }
    faiss_bucket_begin ((size_t) n_buckets, lims_data);
    is_done = faiss_by_rows (values.n, 1, [&] (size_t begin, size_t end) {
        faiss_bucket_place (begin, end, v, by, lims_data, data);
    });
    faiss_bucket_end ((size_t) n_buckets, lims_data);
    return is_done ? PyTuple_Pack (2, lims.object, positions.object) : NULL;
}

/* Numbers to codes, which are written; or back. */
PyObject *bitstring_arrays (PyObject *numbers, PyObject *codes, PyObject *widths, bool packs) {
    PyObject *int32 = faiss_dtype ('i', 4), *uint8 = faiss_dtype ('u', 1);
    FaissMatrix n (numbers, int32, 2, packs ? 0 : FAISS_ARRAY_WRITEABLE), w (widths, int32, 1);
    FaissMatrix c (codes, uint8, 2, packs ? FAISS_ARRAY_WRITEABLE : 0);
    if (PyErr_Occurred ()) {
        return NULL;
    }
    size_t n_bits = 0;
    for (size_t j = 0; j < w.n; j++) {
        int32_t width = ((const int32_t *) w.data)[j];
        n_bits += width > 0 ? (size_t) width : 0;
    }
    if (n.n != c.n || n.m != w.n || c.m != (n_bits + 7) / 8) {
        PyErr_SetString (PyExc_ValueError, "expected tables of equally many rows, and widths that fit them");
        return NULL;
    }
    return faiss_by_rows (n.n, n.m, [&] (size_t begin, size_t end) {
        int32_t *number = (int32_t *) n.data + begin * n.m;
        uint8_t *code = (uint8_t *) c.data + begin * c.m;
        if (packs) {
            faiss_rows_pack (end - begin, n.m, number, (const int32_t *) w.data, code, c.m);
        } else {
            faiss_rows_unpack (end - begin, n.m, code, c.m, (const int32_t *) w.data, number);
        }
    }) ? faiss_none_or_error () : NULL;
}

/* Set the values of keys, or get them: -1 for those that there are not. */
PyObject *id_map_arrays (FaissIdMap *map, PyObject *keys, PyObject *values, bool sets) {
    FaissMatrix k (keys, faiss_int64, 1), v (values, faiss_int64, 1, sets ? 0 : FAISS_ARRAY_WRITEABLE);
    if (PyErr_Occurred ()) {
        return NULL;
    }
    if (!map || k.n != v.n) {
        PyErr_SetString (PyExc_ValueError, "expected a map, and as many values as keys");
        return NULL;
    }
    FaissStatus status = FAISS_OK;
    bool is_done = faiss_by_rows (k.n, 16, [&] (size_t begin, size_t end) {
        for (size_t i = begin; status == FAISS_OK && i < end; i++) {
            if (sets) {
                status = faiss_IdMap_set (map, k.ids ()[i], v.ids ()[i]);
            } else if (!faiss_IdMap_get (map, k.ids ()[i], v.ids () + i)) {
                v.ids ()[i] = -1;
            }
        }
    });
    return is_done && !faiss_has_failed (status) ? faiss_none_or_error () : NULL;
}
%}
