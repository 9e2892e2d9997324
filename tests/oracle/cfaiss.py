"""build/libfaiss.so from Python, by ctypes, for tests.

The prototypes are read from the public headers, so every exported function can be called as
`lib.faiss_Index_add (index, n, x)`: arrays become pointers (their type and layout are checked),
a status other than 0 becomes an Error. On top of that come an Index with the methods of the Python
module (train, add, search ...) and a few helpers.

    index = cfaiss.index_factory(100, "IVF64,Flat")
    index.train(x); index.add(x)
    index.nprobe = 8                                # faiss_IndexIVF_set_nprobe
    D, I = index.search(q, 10)
    sel = cfaiss.new("IDSelectorRange_new", 10, 20) # a constructor: out is its first argument
    params = cfaiss.new("SearchParameters_new", sel)
"""
import ctypes
import os
import pathlib
import re
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "c_api"))
from prototypes import read_prototypes  # noqa: E402

LIBRARY = pathlib.Path(os.environ.get("FAISS_LIBRARY", ROOT / "build" / "libfaiss.so"))

METRIC_INNER_PRODUCT, METRIC_L2, METRIC_L1, METRIC_Linf, METRIC_Lp = range(5)
(METRIC_Canberra, METRIC_BrayCurtis, METRIC_JensenShannon, METRIC_Jaccard, METRIC_NaNEuclidean,
 METRIC_GOWER) = range(20, 26)


class Error(Exception):
    """A function failed: its status in `code`, the message as text."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


# ---- prototypes -----------------------------------------------------------------------------

SCALARS = {
    "float": ctypes.c_float, "double": ctypes.c_double, "bool": ctypes.c_bool,
    "_Bool": ctypes.c_bool, "char": ctypes.c_char, "int": ctypes.c_int, "long": ctypes.c_long,
    "unsigned": ctypes.c_uint, "unsigned int": ctypes.c_uint,
    "size_t": ctypes.c_size_t, "idx_t": ctypes.c_int64, "FaissStatus": ctypes.c_int,
    "int8_t": ctypes.c_int8, "int16_t": ctypes.c_int16, "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64, "uint8_t": ctypes.c_uint8, "uint16_t": ctypes.c_uint16,
    "uint32_t": ctypes.c_uint32, "uint64_t": ctypes.c_uint64,
}
ARRAYS = {"float": np.float32, "double": np.float64, "idx_t": np.int64, "int64_t": np.int64,
          "size_t": np.uint64, "uint64_t": np.uint64, "int": np.int32, "int32_t": np.int32,
          "uint32_t": np.uint32, "uint16_t": np.uint16, "int16_t": np.int16,
          "uint8_t": np.uint8, "int8_t": np.int8}
BY_SIZE = {np.dtype(np.uint64): (np.int64, np.uint64)}


def pointer_class(element):
    """An argument type for `element *`: None, an address, an object, or an array of that type."""
    dtype = ARRAYS.get(element)

    class Pointer:
        @staticmethod
        def from_param(value):
            if value is None:
                return None
            if isinstance(value, np.ndarray):
                if dtype and value.dtype not in BY_SIZE.get(np.dtype(dtype), (dtype,)):
                    raise TypeError(f"expected an array of {np.dtype(dtype)}, got {value.dtype}")
                if not value.flags.c_contiguous:
                    raise TypeError("the array is not contiguous")
                return ctypes.c_void_p(value.ctypes.data)
            if isinstance(value, Object):
                return ctypes.c_void_p(value.address)
            if isinstance(value, str):
                return ctypes.c_char_p(value.encode())
            if isinstance(value, bytes):
                return ctypes.c_char_p(value)
            if isinstance(value, int):
                return ctypes.c_void_p(value)
            return value  # byref (), a ctypes object

    return Pointer


POINTERS = {}


def argument_type(text):
    text = re.sub(r"\b(const|struct|restrict)\b", " ", text).strip()
    if "(" in text:
        return ctypes.c_void_p  # a callback
    stars = text.count("*") + text.count("[")
    words = re.sub(r"\[.*", "", text.replace("*", " ")).split()
    if len(words) > 1 and words[-1] not in SCALARS:
        words.pop()  # the argument's name
    name = " ".join(words)
    if stars:
        key = name if stars == 1 else "void"
        return POINTERS.setdefault(key, pointer_class(key))
    return SCALARS.get(name, ctypes.c_int)  # what is left are enumerations


def result_type(text):
    text = re.sub(r"\b(const|struct|extern)\b", " ", text).strip()
    if "*" in text:
        return ctypes.c_char_p if text.split("*")[0].strip() == "char" else ctypes.c_void_p
    return None if text == "void" else SCALARS.get(text, ctypes.c_int)


def check_status(status, function, arguments):
    if status != 0:
        message = lib.faiss_get_last_error()
        raise Error(status, (message or b"(no message)").decode(errors="replace"))
    return status


class Library:
    """The functions of libfaiss.so as attributes."""

    def __init__(self, path):
        self.dll = ctypes.CDLL(str(path))
        self.prototypes = read_prototypes()

    def __getattr__(self, name):
        if name not in self.prototypes:
            raise AttributeError(f"no public header declares {name}")
        result, arguments = self.prototypes[name]
        try:
            function = getattr(self.dll, name)
        except AttributeError:
            raise AttributeError(f"{name} is declared but not in {LIBRARY}") from None
        function.argtypes = [] if "..." in arguments else [argument_type(a) for a in arguments]
        if "..." in arguments:
            function.argtypes = None
        function.restype = result_type(result)
        if result == "FaissStatus":
            function.errcheck = check_status
        setattr(self, name, function)
        return function

    def has(self, name):
        return name in self.prototypes


class LazyLibrary:
    """Loads on first use, so that collecting tests needs no build."""

    def __getattr__(self, name):
        global lib
        if isinstance(lib, LazyLibrary):
            lib = Library(LIBRARY)
        return getattr(lib, name)


lib = LazyLibrary()


# ---- objects --------------------------------------------------------------------------------

class ClassHead(ctypes.Structure):
    pass


ClassHead._fields_ = [("name", ctypes.c_char_p), ("parent", ctypes.POINTER(ClassHead))]


class Object:
    """A library object. Attributes are its fields, by getters and setters of its class.

    The object is freed with this one unless it is borrowed. What it refers to must be kept alive by
    the test: `keep (...)` ties other objects to this one.
    """

    FIELDS = ("address", "borrowed", "kept")

    def __init__(self, address, borrowed=False):
        self.address = address.value if isinstance(address, ctypes.c_void_p) else address
        self.borrowed = borrowed
        self.kept = []
        if not self.address:
            raise ValueError("a NULL object")

    def __del__(self):
        if getattr(self, "address", None) and not self.borrowed:
            lib.faiss_object_free(self.address)
            self.address = None

    def keep(self, *others):
        self.kept.extend(others)
        return self

    def classes(self):
        """The names of its class and of the ancestors."""
        pointer = ctypes.cast(self.address, ctypes.POINTER(ctypes.POINTER(ClassHead))).contents
        names = []
        while pointer:
            names.append(pointer.contents.name.decode())
            pointer = pointer.contents.parent
        return names

    @property
    def class_name(self):
        return self.classes()[0]

    def function(self, method):
        """faiss_<Class>_<method> of the nearest class that has it, or None."""
        for name in self.classes():
            if lib.has(f"faiss_{name}_{method}"):
                return getattr(lib, f"faiss_{name}_{method}")
        return None

    def call(self, method, *arguments):
        function = self.function(method)
        if function is None:
            raise AttributeError(f"{self.class_name} has no function {method}")
        return function(self, *arguments)

    def __getattr__(self, name):
        function = None if name.startswith("__") or name in self.FIELDS else self.function(name)
        if function is None:
            raise AttributeError(name)
        if function.argtypes is not None and len(function.argtypes) == 1:
            if function.restype is ctypes.c_int and getattr(function, "errcheck", None):
                return lambda: function(self)  # a method that may fail
            return function(self)
        return lambda *arguments: function(self, *arguments)

    def __setattr__(self, name, value):
        if name in self.FIELDS or isinstance(getattr(type(self), name, None), property):
            object.__setattr__(self, name, value)
            return
        setter = self.function("set_" + name)
        if setter is None:
            raise AttributeError(f"{self.class_name} has no function set_{name}")
        setter(self, value)


def matrix(x, dtype=np.float32):
    return np.ascontiguousarray(x, dtype)


class RangeResult(ctypes.Structure):
    _fields_ = [("nq", ctypes.c_size_t), ("lims", ctypes.POINTER(ctypes.c_size_t)),
                ("labels", ctypes.POINTER(ctypes.c_int64)),
                ("distances", ctypes.POINTER(ctypes.c_float)), ("buffer_size", ctypes.c_size_t)]


class Index(Object):
    """An index, with the methods and results of the Python module."""

    def train(self, x):
        x = matrix(x)
        lib.faiss_Index_train(self, len(x), x)

    def add(self, x):
        x = matrix(x)
        lib.faiss_Index_add(self, len(x), x)

    def add_with_ids(self, x, ids):
        x, ids = matrix(x), matrix(ids, np.int64)
        lib.faiss_Index_add_with_ids(self, len(x), x, ids)

    def search(self, x, k, params=None):
        x = matrix(x)
        distances = np.empty((len(x), max(k, 1)), np.float32)
        labels = np.empty((len(x), max(k, 1)), np.int64)
        lib.faiss_Index_search_with_params(self, len(x), x, k, params, distances, labels)
        return distances, labels

    def assign(self, x, k=1):
        x = matrix(x)
        labels = np.empty((len(x), k), np.int64)
        lib.faiss_Index_assign(self, len(x), x, labels, k)
        return labels

    def range_search(self, x, radius, params=None):
        x = matrix(x)
        result = ctypes.c_void_p()
        lib.faiss_RangeSearchResult_new(ctypes.byref(result), len(x))
        try:
            lib.faiss_Index_range_search_with_params(self, len(x), x, radius, params, result)
            found = ctypes.cast(result, ctypes.POINTER(RangeResult)).contents
            lims = np.array(found.lims[:len(x) + 1], np.int64)
            n = int(lims[-1])
            return lims, np.array(found.distances[:n], np.float32), np.array(found.labels[:n],
                                                                             np.int64)
        finally:
            lib.faiss_RangeSearchResult_free(result)

    def reset(self):
        lib.faiss_Index_reset(self)

    def remove_ids(self, selector):
        """By a selector or an array of ids; the number that was removed."""
        if not isinstance(selector, Object):
            ids = matrix(selector, np.int64)
            selector = new("IDSelectorBatch_new", len(ids), ids)
        n = ctypes.c_size_t()
        lib.faiss_Index_remove_ids(self, selector, ctypes.byref(n))
        return n.value

    def reconstruct(self, key):
        out = np.empty(self.d, np.float32)
        lib.faiss_Index_reconstruct(self, key, out)
        return out

    def reconstruct_n(self, i0=0, ni=-1):
        ni = self.ntotal - i0 if ni < 0 else ni
        out = np.empty((ni, self.d), np.float32)
        lib.faiss_Index_reconstruct_n(self, i0, ni, out)
        return out

    def reconstruct_batch(self, keys):
        keys = matrix(keys, np.int64)
        out = np.empty((len(keys), self.d), np.float32)
        lib.faiss_Index_reconstruct_batch(self, len(keys), keys, out)
        return out

    def search_and_reconstruct(self, x, k, params=None):
        x = matrix(x)
        distances = np.empty((len(x), k), np.float32)
        labels = np.empty((len(x), k), np.int64)
        recons = np.empty((len(x), k, self.d), np.float32)
        lib.faiss_Index_search_and_reconstruct(self, len(x), x, k, params, distances, labels,
                                               recons)
        return distances, labels, recons

    def search_subset(self, x, candidates, k):
        x, candidates = matrix(x), matrix(candidates, np.int64)
        distances = np.empty((len(x), k), np.float32)
        labels = np.empty((len(x), k), np.int64)
        lib.faiss_Index_search_subset(self, len(x), x, candidates.shape[1], candidates, k,
                                      distances, labels)
        return distances, labels

    def compute_residual_n(self, x, keys):
        x, keys = matrix(x), matrix(keys, np.int64)
        out = np.empty_like(x)
        lib.faiss_Index_compute_residual_n(self, len(x), x, out, keys)
        return out

    def sa_code_size(self):
        size = ctypes.c_size_t()
        lib.faiss_Index_sa_code_size(self, ctypes.byref(size))
        return size.value

    def sa_encode(self, x):
        x = matrix(x)
        codes = np.empty((len(x), self.sa_code_size()), np.uint8)
        lib.faiss_Index_sa_encode(self, len(x), x, codes)
        return codes

    def sa_decode(self, codes):
        codes = matrix(codes, np.uint8)
        x = np.empty((len(codes), self.d), np.float32)
        lib.faiss_Index_sa_decode(self, len(codes), codes, x)
        return x

    def add_sa_codes(self, codes, ids=None):
        codes = matrix(codes, np.uint8)
        ids = None if ids is None else matrix(ids, np.int64)
        lib.faiss_Index_add_sa_codes(self, len(codes), codes, ids)

    def merge_from(self, other, add_id=0):
        lib.faiss_Index_merge_from(self, other, add_id)

    def set_parameters(self, description):
        """By ParameterSpace: "nprobe=8"."""
        space = ctypes.c_void_p()
        lib.faiss_ParameterSpace_new(ctypes.byref(space))
        try:
            lib.faiss_ParameterSpace_set_index_parameters(space, self, description)
        finally:
            lib.faiss_ParameterSpace_free(space)


def new(constructor, *arguments, cls=None):
    """`new ("IndexFlat_new_with", d, metric)`: call faiss_<constructor>, whose first argument is
    the place of the new object, and return the object. Objects among the arguments are kept."""
    out = ctypes.c_void_p()
    getattr(lib, "faiss_" + constructor)(ctypes.byref(out), *arguments)
    made = (cls or (Index if constructor.startswith("Index") else Object))(out)
    return made.keep(*[a for a in arguments if isinstance(a, (Object, np.ndarray))])


def index_factory(d, description, metric=METRIC_L2):
    return new("index_factory", d, description, metric, cls=Index)


def clone_index(index):
    out = ctypes.c_void_p()
    lib.faiss_clone_index(index, ctypes.byref(out))
    return Index(out)


def reverse_index_factory(index):
    text = Text()
    try:
        lib.faiss_reverse_index_factory(index, ctypes.byref(text))
        return (text.data or b"").decode()
    finally:
        lib.faiss_String_clear(ctypes.byref(text))


def read_index(path, io_flags=0):
    out = ctypes.c_void_p()
    lib.faiss_read_index_fname(str(path), io_flags, ctypes.byref(out))
    return Index(out)


def write_index(index, path):
    lib.faiss_write_index_fname(index, str(path))


class Text(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t),
                ("capacity", ctypes.c_size_t)]


class Vector(ctypes.Structure):
    """Any of the typed vectors."""

    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t),
                ("capacity", ctypes.c_size_t), ("owner", ctypes.c_void_p)]

    def array(self, dtype):
        dtype = np.dtype(dtype)
        data = ctypes.string_at(self.data, self.size * dtype.itemsize) if self.size else b""
        return np.frombuffer(data, dtype).copy()


class MemoryWriter(ctypes.Structure):
    _fields_ = [("cls", ctypes.c_void_p), ("name", ctypes.c_char_p), ("data", Vector)]


def serialize(obj, write="write_index_custom", *more):
    """The bytes of an index; of other objects with the name of their write function."""
    writer = new("VectorIOWriter_new")
    if write == "write_index_custom":
        more = (0,)
    getattr(lib, "faiss_" + write)(obj, writer, *more)
    return ctypes.cast(writer.address, ctypes.POINTER(MemoryWriter)).contents.data.array(np.uint8)


def deserialize(data, io_flags=0):
    """The index of an array of bytes."""
    data = matrix(np.frombuffer(bytes(data), np.uint8), np.uint8)
    reader = new("VectorIOReader_new_with", data, len(data))
    out = ctypes.c_void_p()
    lib.faiss_read_index_custom(reader, io_flags, ctypes.byref(out))
    return Index(out)


def kmeans_clustering(x, k):
    """The centroids and the objective, with the default parameters."""
    x = matrix(x)
    centroids = np.empty((k, x.shape[1]), np.float32)
    error = ctypes.c_float()
    lib.faiss_kmeans_clustering(x.shape[1], len(x), k, x, centroids, ctypes.byref(error))
    return centroids, error.value


def set_threads(n):
    """omp_set_num_threads in the runtime that the library uses."""
    ctypes.CDLL(None if hasattr(ctypes.CDLL(None), "omp_set_num_threads")
                else str(LIBRARY)).omp_set_num_threads(n)
