"""Arrays in, arrays out: between NumPy and the library's vectors and pointers."""

import functools
import operator

import numpy as np

from faiss import swigfaiss
from faiss._swigfaiss import is_usual, memory_view, pointer_type, swig_ptr  # past a Python frame
from faiss.blocks import compact
from faiss.swigfaiss import memcpy


class ArgumentError (ValueError, AssertionError):
    """An argument of the wrong shape, type or size.

    Upstream raises AssertionError for these; a ValueError is what Python programs expect.
    """


class ArgumentTypeError (ArgumentError, TypeError):
    """An array of the wrong type: with upstream, here and there, a TypeError."""


def check (condition, message):
    if not condition:
        raise ArgumentError (message)


def short (value):
    """A value and its type, for messages."""
    if value is None:
        return "None"
    text = repr (value)
    return f"{text if len (text) <= 60 else text[:57] + '...'} of type {type (value).__name__}"


def integer (value, name, least=None, end=2**63):
    """A number as Python's int."""
    try:
        number = operator.index (value)
    except TypeError:
        raise TypeError (f"{name}: expected an integer, got {short (value)}") from None
    if least is not None and number < least:
        raise ArgumentError (f"{name}: expected at least {least}, got {number}")
    if number >= end:
        raise ArgumentError (f"{name}: expected less than 2**{end.bit_length () - 1}, got {short (value)}")
    return number


def real (value, name):
    """A number as Python's float."""
    try:
        return float (value)
    except (TypeError, ValueError) as error:
        raise type (error) (f"{name}: expected a number, got {short (value)}") from None


def shape_of (n, name="n"):
    """The shape of a new array: a number or several."""
    return tuple (integer (i, name, 0) for i in n) if isinstance (n, (tuple, list)) else integer (n, name, 0)


# NumPy's types by their names
DTYPES = {name: np.dtype (name)
          for name in "f4 i8 u1 f8 i4 f2 u2 i2 b1 i1 u4 u8 float32 float64 int8 int16 int32 int64 uint8 uint16 "
                      "uint32 uint64".split ()}
FLOAT32, INT64, UINT8 = DTYPES["f4"], DTYPES["i8"], DTYPES["u1"]

swigfaiss.set_numpy (np.ndarray, np.empty, DTYPES, np.ones ((2, 3), FLOAT32))


def as_array (x, name):
    """x as NumPy reads it; and what it does not read, or not as numbers: tensors that have a gradient or are of
    bfloat16, columns that may lack values, DLPack."""
    try:
        a = np.asarray (x)
    except (TypeError, ValueError, RuntimeError) as error:
        if not hasattr (x, "detach"):
            raise ArgumentError (f"{name}: {error}") from error
        a = None
    try:
        if a is None:
            x = x.detach ().resolve_conj ().resolve_neg ()
            return np.asarray (x.float () if x.is_floating_point () else x)
        if a.dtype.kind == "V" and np.can_cast (a.dtype, FLOAT32):  # bfloat16 of ml_dtypes
            return a.astype (FLOAT32)
        if a.dtype.kind == "O" and hasattr (x, "to_numpy") and hasattr (x, "dtypes"):  # pandas
            types = [x.dtype] if a.ndim == 1 else list (x.dtypes)
            return x.to_numpy (np.result_type (*[getattr (t, "numpy_dtype", t) for t in types]))
        if a.dtype.kind == "O" and hasattr (x, "__dlpack__"):
            return np.from_dlpack (x)
    except (TypeError, ValueError, RuntimeError, BufferError) as error:  # missing values, memory of a GPU
        raise ArgumentError (f"{name}: {error}") from error
    return a


# Calls for single queries are frequent: arrays that can be used as they are, C says so, are looked at no further,
# and messages are made only where they are needed.


def vectors (x, d, name="x"):
    """x as a C-contiguous float32 matrix of d columns; copied only where it has to be."""
    if is_usual (x, FLOAT32, d):
        return x
    x = as_array (x, name)
    if x.ndim != 2:
        raise ArgumentError (f"{name}: expected a matrix of shape (n, {d}), got shape {x.shape}")
    if x.shape[1] != d:
        raise ArgumentError (f"{name}: expected d={d} columns, got {x.shape[1]}")
    return numbers (x, FLOAT32, name)


def numbers (x, dtype, name):
    """x as a C-contiguous array of a type that its numbers can be converted to."""
    if is_usual (x, DTYPES.get (dtype, dtype), -2):
        return x
    x = as_array (x, name)
    if x.dtype.kind not in "fiub":
        raise ArgumentTypeError (f"{name}: expected numbers that convert to {np.dtype (dtype)}, "
                                 f"got dtype {x.dtype}")
    dtype = np.dtype (dtype)
    # ids that are hashes may be 64 bits without a sign
    if dtype.kind in "iu" and not np.can_cast (x.dtype, dtype) and (x.dtype.kind, dtype) != ("u", np.int64):
        with np.errstate (invalid="ignore"):  # what is no such number shows below
            converted = compact (x, dtype)
        if not np.array_equal (converted, x):
            raise ArgumentError (f"{name}: expected integers of type {dtype}, got others as {x.dtype}")
        return converted
    return compact (x, dtype)


def ids (x, n, name="ids"):
    """n ids as int64."""
    if is_usual (x, INT64, -1) and len (x) == n:
        return x
    x = as_array (x, name)
    if x.shape != (n,):
        raise ArgumentError (f"{name}: expected shape ({n},), got {x.shape}")
    if x.dtype.kind not in "iu" and x.size > 0:
        raise ArgumentTypeError (f"{name}: expected integers, got dtype {x.dtype}")
    return compact (x, np.int64)


def codes (x, code_size, name="codes"):
    """A C-contiguous uint8 matrix of code_size columns."""
    if is_usual (x, UINT8, code_size):
        return x
    x = as_array (x, name)
    if x.ndim != 2 or x.shape[1] != code_size:
        raise ArgumentError (f"{name}: expected shape (n, {code_size}), got {x.shape}")
    if x.dtype != np.uint8:
        raise ArgumentTypeError (f"{name}: expected dtype uint8, got {x.dtype}")
    return compact (x)


def output (array, shape, dtype, name):
    """A preallocated output, checked, or a new array."""
    if array is None:
        return np.empty (shape, DTYPES[dtype])
    if not isinstance (array, np.ndarray) or array.shape != shape:
        raise ArgumentError (f"{name}: expected an array of shape {shape}, got {np.shape (array)}")
    if array.dtype != dtype:
        raise ArgumentTypeError (f"{name}: expected dtype {np.dtype (dtype)}, got {array.dtype}")
    if not (array.flags.c_contiguous and array.flags.writeable):
        raise ArgumentError (f"{name}: expected a writable C-contiguous array")
    return array


# bytes, memoryviews, array.array: swig_ptr's way to whatever is no array but has a buffer
swigfaiss.set_array_function (lambda a: np.asarray (memoryview (a)))

# class of a vector -> type of its elements
VECTOR_TYPES = {
    "Float32Vector": "float32",
    "Float64Vector": "float64",
    "Int8Vector": "int8",
    "Int16Vector": "int16",
    "Int32Vector": "int32",
    "Int64Vector": "int64",
    "UInt8Vector": "uint8",
    "UInt16Vector": "uint16",
    "UInt32Vector": "uint32",
    "UInt64Vector": "uint64",
}

# SWIG's names of pointers -> type of what they point to
POINTER_TYPES = {
    "float": "float32", "double": "float64", "int": "int32", "long": "int64", "idx_t": "int64",
    "size_t": "uint64", "int8_t": "int8", "int16_t": "int16", "int32_t": "int32",
    "int64_t": "int64", "uint8_t": "uint8", "uint16_t": "uint16", "uint32_t": "uint32",
    "uint64_t": "uint64", "unsigned char": "uint8", "unsigned long": "uint64",
    "long long": "int64", "char": "int8", "signed char": "int8", "short": "int16",
    "unsigned short": "uint16", "unsigned int": "uint32",
}


@functools.cache
def type_of_pointer (name):
    """NumPy's type for a pointer type of C's, as SWIG spells it."""
    name = name.replace ("const", "").strip (" *")
    check (name in POINTER_TYPES, f"x: expected a pointer to numbers, got one to {name}")
    return np.dtype (POINTER_TYPES[name])


def rev_swig_ptr (x, n):
    """An array that references n elements at the pointer x; None, for data () of an empty vector, has none."""
    n = integer (n, "n", 0)
    if x is None and n == 0:
        return np.empty (0, dtype="float32")
    dtype = type_of_pointer (pointer_type (x))
    return np.frombuffer (memory_view (x, n * dtype.itemsize), dtype)


@functools.cache
def element_type (the_class):
    """The type of elements of a class of vectors; those under old names derive from those of VECTOR_TYPES."""
    name = next ((c.__name__ for c in the_class.__mro__ if c.__name__ in VECTOR_TYPES), None)
    check (name is not None, f"v: expected a vector of numbers, got a {the_class.__name__}")
    return DTYPES[VECTOR_TYPES[name]]


def vector_to_array (v):
    """Copy a vector of scalars to an array."""
    a = np.empty (v.size (), element_type (type (v)))
    if a.size > 0:
        memcpy (swig_ptr (a), v.data (), a.nbytes)
    return a


def vector_float_to_array (v):
    return vector_to_array (v)


def copy_array_to_vector (a, v):
    """Copy an array to a vector of the same type, which is resized."""
    dtype = element_type (type (v))
    if not is_usual (a, dtype, -1):
        a = np.asarray (a)
        check (a.ndim == 1, f"a: expected shape (n,), got {a.shape}")
        check (a.dtype == dtype, f"cannot copy {a.dtype} to a {type (v).__name__}, expected {dtype}")
        a = compact (a)
    v.resize (a.size)
    if a.size > 0:
        memcpy (v.data (), swig_ptr (a), a.nbytes)
