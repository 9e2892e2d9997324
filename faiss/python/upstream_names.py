"""Members that upstream's classes have and that are spelled otherwise in C, or are of no use here but may be asked for."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from faiss import heap_arrays, swigfaiss
from faiss.array_conversions import check, copy_array_to_vector, integer, numbers, rev_swig_ptr, swig_ptr
from faiss.class_wrappers import float32_only, is_object, wraps

# ---- Index: methods with the type of the numbers, of which there is one ----


def train_ex (self, n, x, numeric_type):
    """train_c for numbers of a NumericType: Float32."""
    float32_only (numeric_type)
    self.train_c (n, x)


def add_ex (self, n, x, numeric_type):
    """add_c for numbers of a NumericType: Float32."""
    float32_only (numeric_type)
    self.add_c (n, x)


def add_with_ids_ex (self, n, x, numeric_type, xids):
    """add_with_ids_c for numbers of a NumericType: Float32."""
    float32_only (numeric_type)
    self.add_with_ids_c (n, x, xids)


def search_ex (self, n, x, numeric_type, k, distances, labels, params=None):
    """search_c for numbers of a NumericType: Float32."""
    float32_only (numeric_type)
    self.search_c (n, x, k, distances, labels, params)


def train_with_queries (self, n, x, n_train_q, xq_train):
    """train_c; no index here learns from queries."""
    self.train_c (n, x)


# ---- neural codecs: from arrays and from torch's modules ----


def tensor_to_array (self) -> Any:
    """A copy as an array of shape (n, d)."""
    shape = rev_swig_ptr (self.shape, 2)
    return rev_swig_ptr (self.data (), self.numel ()).reshape (shape).copy ()


def tensor_iadd (self, other):
    self.iadd (other)
    return self


def fill (vector, array, shape, name):
    array = numbers (array, "float32", name)
    check (array.shape == shape, f"{name}: expected shape {shape}, got {array.shape}")
    copy_array_to_vector (array.ravel (), vector)


def linear_from_array (self, array, bias=None):
    """Take the weights, shape (out_features, in_features), and the bias, shape (out_features,)."""
    check ((bias is None) == (self.bias.size () == 0), "bias: expected one if this has one, and only then")
    fill (self.weight, array, (self.out_features, self.in_features), "array")
    if bias is not None:
        fill (self.bias, bias, (self.out_features,), "bias")


def linear_from_torch (self, linear):
    """Take what a torch.nn.Linear has learned."""
    bias = None if linear.bias is None else linear.bias.detach ().cpu ().numpy ()
    self.from_array (linear.weight.detach ().cpu ().numpy (), bias)


def embedding_from_array (self, array):
    """Take the vectors, shape (num_embeddings, embedding_dim)."""
    fill (self.weight, array, (self.num_embeddings, self.embedding_dim), "array")


def embedding_from_torch (self, emb):
    """Take what a torch.nn.Embedding has learned."""
    self.from_array (emb.weight.detach ().cpu ().numpy ())


def step_from_torch (self, step):
    """Take what a step of a QINCo in torch has learned: codebook, MLPconcat, residual_blocks."""
    check ((step.d, step.K, step.L, step.h) == (self.d, self.K, self.L, self.h),
           f"step: expected (d, K, L, h) = {(self.d, self.K, self.L, self.h)}, "
           f"got {(step.d, step.K, step.L, step.h)}")
    self.codebook.from_torch (step.codebook)
    self.MLPconcat.from_torch (step.MLPconcat)
    for i in range (self.L):
        block, theirs = self.get_residual_block (i), step.residual_blocks[i]
        block.linear1.from_torch (theirs[0])
        block.linear2.from_torch (theirs[2])  # 1 is the activation


def qinco_from_torch (self, qinco):
    """Take what a QINCo in torch has learned: codebook0 and steps."""
    check ((qinco.d, qinco.K, qinco.L, qinco.M, qinco.h) == (self.d, self.K, self.L, self.M, self.h),
           f"qinco: expected (d, K, L, M, h) = {(self.d, self.K, self.L, self.M, self.h)}, "
           f"got {(qinco.d, qinco.K, qinco.L, qinco.M, qinco.h)}")
    self.codebook0.from_torch (qinco.codebook0)
    for i in range (self.M - 1):
        self.get_step (i).from_torch (qinco.steps[i])


def constructed_from_torch (the_class, fields):
    """One more constructor: of a torch module with these fields."""
    original = the_class.original_init = the_class.__init__

    @wraps (original)
    def replacement_init (self, *args):
        if len (args) != 1 or not hasattr (args[0], "parameters"):
            original (self, *args)
        else:
            given = (getattr (args[0], name) for name in fields)
            original (self, *(value is not None if name == "bias" else value
                              for name, value in zip (fields, given)))
            self.from_torch (args[0])

    the_class.__init__ = replacement_init


# ---- callbacks ----


def keep_callback (the_class):
    """The function stands in `callback`."""
    original = the_class.__init__

    @wraps (original)
    def replacement_init (self, *args):
        original (self, *args)
        self.__dict__["callback"] = args[0]

    the_class.__init__ = replacement_init
    the_class.callback = None


def keep_name (the_class):
    """The name of the file stands in `name`."""
    original = the_class.__init__

    @wraps (original)
    def replacement_init (self, *args):
        original (self, *args)
        if args and isinstance (args[0], str):
            self.__dict__["name"] = args[0]

    the_class.__init__ = replacement_init


def close_at_end (the_class):
    """A writer that is dropped closes its file; if write_index failed, there is none."""
    keep_name (the_class)
    original = the_class.close

    @wraps (original)
    def close (self):
        self.__dict__["is_closed"] = True
        original (self)

    def __del__ (self):
        if "this" in self.__dict__ and self.thisown and not self.__dict__.get ("is_closed"):
            self.close ()

    the_class.close, the_class.__del__ = close, __del__


def rand_int (self, max=None):
    """A random number: 0 .. max - 1, or of 31 bits."""
    return self.rand_int_c () if max is None else self.rand_int_max (max)


def level1_init (self, quantizer=None, nlist=None):
    """What has lists, or nothing yet."""
    self.original_init ()
    if quantizer is not None:
        self.quantizer, self.nlist = quantizer, nlist


# ---- codes in blocks ----


def check_block (self, offset, block):
    check (block.ndim == 2 and block.shape[1] == self.block_size,
           f"block: expected shape (n, {self.block_size}), got {block.shape}")
    check (0 <= offset < len (block) * self.nvec, f"offset: expected 0 .. {len (block) * self.nvec - 1}, got {offset}")


def pack_1 (self, x, offset, block):
    """Put a code, uint8 of shape (code_size,), in its place in blocks of shape (n, block_size)."""
    check (x.shape == (self.code_size,), f"x: expected shape ({self.code_size},), got {x.shape}")
    check_block (self, offset, block)
    self.pack_1_c (swig_ptr (x), offset, swig_ptr (block))


def unpack_1 (self, block, offset):
    """The code at this place in blocks of shape (n, block_size)."""
    check_block (self, offset, block)
    x = np.zeros (self.code_size, "uint8")
    self.unpack_1_c (swig_ptr (block), offset, swig_ptr (x))
    return x


# ---- quantizers ----


class LSQTimer:
    """Seconds by name: what upstream's training of a LocalSearchQuantizer counts if it is verbose."""

    t: dict[str, float] = {}

    def __init__ (self):
        self.t = {}

    def get (self, name: str) -> float:
        """The seconds of a name; 0 if it was never counted."""
        return self.t.get (name, 0.0)

    def add (self, name: str, delta: float) -> None:
        """More seconds for a name."""
        self.t[name] = self.get (name) + delta

    def reset (self) -> None:
        """Forget all."""
        self.t.clear ()


class LSQTimerScope:
    """Counts in timer, under name, the seconds from its beginning to finish or its end."""

    timer, name, t0, finished = None, "", 0.0, True

    def __init__ (self, timer: LSQTimer, name: str):
        check (isinstance (timer, LSQTimer), f"timer: expected an LSQTimer, got a {type (timer).__name__}")
        check (isinstance (name, str), f"name: expected a text, got a {type (name).__name__}")
        self.timer, self.name, self.finished = timer, name, False
        self.t0 = time.monotonic () * 1000

    def finish (self) -> None:
        """Stop and count; once."""
        if not self.finished:
            self.finished = True
            self.timer.add (self.name, time.monotonic () - self.t0 / 1000)

    def __del__ (self):
        self.finish ()


class SQuantizer:
    """Encodes and decodes one vector; pointers, as upstream's."""

    def __init__ (self, sq):
        self.sq = sq

    def encode_vector (self, x, code) -> None:
        """code: sq.code_size bytes, output."""
        self.sq.compute_codes_c (x, code, 1)

    def decode_vector (self, code, x) -> None:
        """x: sq.d floats, output."""
        self.sq.decode_c (code, x, 1)


def select_quantizer (self) -> SQuantizer:
    """What encodes a single vector."""
    return SQuantizer (self)


# ---- small functions ----


def as_file (f, method, callback_class):
    """What the library reads from or writes to: a file's name from any path, or what calls a Python file's method."""
    if isinstance (f, (str, bytes, os.PathLike)):
        f = os.fsdecode (f)
        check (not any ("\ud800" <= c <= "\udfff" for c in f),
               f"fname: expected a name in UTF-8, got {os.fsencode (f)!r}")
    elif not is_object (f) and hasattr (f, method):
        f = callback_class (getattr (f, method))
    return f


def read_index (f, io_flags: int = 0) -> swigfaiss.Index:
    """Read an index from a file of this name, a Python file open for reading bytes, or an IOReader."""
    return swigfaiss.read_index (as_file (f, "read", swigfaiss.PyCallbackIOReader), io_flags)


def read_VectorTransform (f) -> swigfaiss.VectorTransform:
    """The same for a vector transform."""
    return swigfaiss.read_VectorTransform (as_file (f, "read", swigfaiss.PyCallbackIOReader))


def write_VectorTransform (vt, f) -> None:
    """Write a vector transform as write_index does an index."""
    swigfaiss.write_VectorTransform (vt, as_file (f, "write", swigfaiss.PyCallbackIOWriter))


def write_index (idx, writer, io_flags: int = 0) -> None:
    """Write an index to a file of this name, a Python file open for writing bytes, or an IOWriter."""
    writer = as_file (writer, "write", swigfaiss.PyCallbackIOWriter)
    if io_flags != 0 and isinstance (writer, str):
        writer = swigfaiss.FileIOWriter (writer)
        write_index (idx, writer, io_flags)
        writer.close ()
        return
    try:
        if io_flags != 0:
            swigfaiss.write_index (idx, writer, io_flags)
        else:
            swigfaiss.write_index (idx, writer)
    except BaseException:
        if isinstance (writer, swigfaiss.FileIOWriter):
            writer.__dict__["is_closed"] = True  # what is in it is no index
        raise


def fvec_add (d, a, b, c) -> None:
    """c = a + b, for pointers to d floats; b may be a number."""
    if isinstance (b, (int, float)):
        np.add (rev_swig_ptr (a, d), np.float32 (b), out=rev_swig_ptr (c, d))
    else:
        swigfaiss.fvec_add (d, a, b, c)


def fourcc (s: str) -> int:
    """Four characters as a number, the first one lowest."""
    check (isinstance (s, (str, bytes)) and len (s) == 4, f"s: expected four characters, got {s!r}")
    return int.from_bytes (s if isinstance (s, bytes) else s.encode ("latin-1"), "little")


def fourcc_inv (x: int) -> str:
    """The four characters of a number."""
    x = integer (x, "x", 0)
    check (x < 2**32, f"x: expected 32 bits, got {x}")
    return x.to_bytes (4, "little").decode ("latin-1")


def fourcc_inv_printable (x: int) -> str:
    """The same, with \\xNN for what is no printable character."""
    return "".join (c if 32 <= ord (c) < 127 else f"\\x{ord (c):02X}" for c in fourcc_inv (x))


def popcount32 (x: int) -> int:
    """How many of 32 bits are set."""
    return bin (integer (x, "x") & 0xffffffff).count ("1")


def popcount64 (x: int) -> int:
    """How many of 64 bits are set."""
    return bin (integer (x, "x", None, 2**64) & (2**64 - 1)).count ("1")


def get_numeric_type_size (numeric_type: int) -> int:
    """Bytes of a number of a NumericType."""
    numeric_type = integer (numeric_type, "numeric_type")
    sizes = {swigfaiss.Float32: 4, swigfaiss.Float16: 2, swigfaiss.UInt8: 1, swigfaiss.Int8: 1}
    check (numeric_type in sizes, f"numeric_type: expected {sorted (sizes)}, got {numeric_type}")
    return sizes[numeric_type]


def metric_type_count () -> int:
    """How many metrics there are."""
    return sum (name.startswith ("METRIC_") for name in dir (swigfaiss))


def compiled_simd_levels () -> int:
    """A bit per SIMDLevel that this build, on this processor, has code for."""
    return sum (1 << level for level in range (swigfaiss.SIMDLevel_COUNT)
                if swigfaiss.simd_level_is_available (level))


def add_to_index (the_class):
    for function in (train_ex, add_ex, add_with_ids_ex, search_ex, train_with_queries):
        setattr (the_class, function.__name__, function)


def add_to_hnsw (the_class):
    """The graph may be set: to a copy."""
    inherited = the_class.hnsw

    def set_hnsw (self, other):
        if not isinstance (other, swigfaiss.HNSW):
            raise TypeError (f"hnsw: expected a HNSW, got {type (other).__name__}")
        graph = self.hnsw
        for name, member in vars (swigfaiss.HNSW).items () if int (graph.this) != int (other.this) else ():
            if isinstance (member, property) and member.fset is not None and name != "thisown":
                setattr (graph, name, getattr (other, name))

    the_class.hnsw = property (inherited.fget, set_hnsw, doc=inherited.__doc__)


def add_to_tensor (the_class):
    """Its members, and one more constructor: of a matrix."""
    the_class.numpy, the_class.__iadd__ = tensor_to_array, tensor_iadd
    dtype = "int32" if the_class.__name__.startswith ("Int32") else "float32"
    original = the_class.original_init = the_class.__init__

    @wraps (original)
    def replacement_init (self, *args):
        if len (args) != 1:
            original (self, *args)
            return
        array = numbers (args[0], dtype, "array")
        check (array.ndim == 2, f"array: expected shape (n, d), got {array.shape}")
        original (self, *array.shape)
        rev_swig_ptr (self.data (), array.size)[:] = array.ravel ()

    the_class.__init__ = replacement_init


def make_callable (the_class):
    the_class.__call__ = the_class.apply


def add_to_linear (the_class):
    make_callable (the_class)
    the_class.from_array, the_class.from_torch = linear_from_array, linear_from_torch
    constructed_from_torch (the_class, ("in_features", "out_features", "bias"))


def add_to_embedding (the_class):
    make_callable (the_class)
    the_class.from_array, the_class.from_torch = embedding_from_array, embedding_from_torch
    constructed_from_torch (the_class, ("num_embeddings", "embedding_dim"))


def add_to_step (the_class):
    the_class.from_torch = step_from_torch
    constructed_from_torch (the_class, ("d", "K", "L", "h"))


def add_to_qinco (the_class):
    the_class.from_torch = qinco_from_torch
    constructed_from_torch (the_class, ("d", "K", "L", "M", "h"))


def add_to_generator (the_class):
    the_class.rand_int_c, the_class.rand_int = the_class.rand_int, rand_int


def add_to_level1 (the_class):
    the_class.original_init, the_class.__init__ = the_class.__init__, level1_init


def add_nbits (the_class):
    the_class.nbits = int (the_class.__name__[len ("PQDecoder"):])


def add_no_name (the_class):
    the_class.name = ""


def add_to_packer (the_class):
    the_class.pack_1_c, the_class.unpack_1_c = the_class.pack_1, the_class.unpack_1
    the_class.pack_1, the_class.unpack_1 = pack_1, unpack_1


def distances_batch_4 (self, idx0, idx1, idx2, idx3, dis0, dis1, dis2, dis3):
    """The distances of four vectors, into what dis0 .. dis3 point to."""
    for i, dis in zip ((idx0, idx1, idx2, idx3), (dis0, dis1, dis2, dis3)):
        rev_swig_ptr (dis, 1)[0] = self (i)


def distance_to_code_batch_4 (self, c1, c2, c3, c4, d1, d2, d3, d4):
    """The same of four codes."""
    for code, dis in zip ((c1, c2, c3, c4), (d1, d2, d3, d4)):
        rev_swig_ptr (dis, 1)[0] = self.distance_to_code (code)


def partial_dot_product (self, i, offset, num_components):
    """The inner product of some components of the query with those of vector i, of an IndexFlat."""
    held = self.__dict__.get ("referenced_objects", ())
    index = next ((thing for thing in held if isinstance (thing, swigfaiss.IndexFlat)), None)
    if index is None and "is_flat" not in self.__dict__:
        raise RuntimeError ("partial_dot_product not implemented")
    check (self.__dict__.get ("has_query"), "there is no query: set_query comes first")
    i, d = integer (i, "i", 0), self.code_size // 4
    check (index is None or i < index.ntotal, f"i: expected less than {index and index.ntotal}, got {i}")
    offset, n = integer (offset, "offset", 0), integer (num_components, "num_components", 0)
    check (offset + n <= d, f"offset, num_components: expected components of {d}, got {offset}, {n}")
    row = rev_swig_ptr (self.codes, (i + 1) * self.code_size)[i * self.code_size:].view ("float32")
    return swigfaiss.fvec_inner_product (swig_ptr (rev_swig_ptr (self.q, d)[offset:]), swig_ptr (row[offset:]), n)


def partial_dot_product_batch_4 (self, idx0, idx1, idx2, idx3, dp0, dp1, dp2, dp3, offset, num_components):
    """The same of four vectors, into what dp0 .. dp3 point to."""
    for i, dp in zip ((idx0, idx1, idx2, idx3), (dp0, dp1, dp2, dp3)):
        rev_swig_ptr (dp, 1)[0] = self.partial_dot_product (i, offset, num_components)


def add_to_flat_computer (the_class):
    the_class.distance_to_code_batch_4 = distance_to_code_batch_4
    the_class.partial_dot_product = partial_dot_product
    the_class.partial_dot_product_batch_4 = partial_dot_product_batch_4


def iterate_codes (self, iterator, distances, labels, k, list_size):
    """Scan what an iterator gives, into heaps of k distances and labels; list_size gets how many there were.

    Returns how often a result was replaced.
    """
    D, I = rev_swig_ptr (distances, k), rev_swig_ptr (labels, k)
    sign, replaced, count = -1 if self.keep_max else 1, 0, 0
    while iterator.is_available ():
        id, distance = iterator.get_id (), np.float32 (self.distance_to_code (iterator.get_code ()))
        worst = int (np.lexsort ((-I, -sign * D))[0]) if k > 0 else 0
        if k > 0 and sign * distance < sign * D[worst]:
            D[worst], I[worst] = distance, id
            replaced += 1
        count += 1
        iterator.next ()
    order = np.lexsort ((-I, -sign * D))  # the worst first, as in a heap
    D[:], I[:] = D[order], I[order]
    rev_swig_ptr (list_size, 1)[0] = count
    return replaced


def iterate_codes_range (self, iterator, radius, result, list_size):
    """The same for a range search, into a RangeQueryResult."""
    count = 0
    while iterator.is_available ():
        distance = self.distance_to_code (iterator.get_code ())
        if distance > radius if self.keep_max else distance < radius:
            result.add (distance, iterator.get_id ())
        count += 1
        iterator.next ()
    rev_swig_ptr (list_size, 1)[0] = count


def add_to_scanner (the_class):
    the_class.iterate_codes, the_class.iterate_codes_range = iterate_codes, iterate_codes_range


def print_if_verbose (self, name, mat, n, d):
    """Say, if verbose, what a matrix of n x d numbers in a Float64Vector is; to logging, as all that is said."""
    if self.verbose:
        from faiss.loader import log_message
        rows = rev_swig_ptr (mat.data (), n * d).reshape (n, d)
        log_message (f"matrix {name}: {n}*{d} [\n" + "".join (
            "".join (f"{v:10.5g} " for v in row) + "\n" for row in rows) + "]", False)


def add_to_linear_transform (the_class):
    the_class.print_if_verbose = print_if_verbose


def add_to_computer (the_class):
    the_class.__call__ = the_class.vector_to_query_dis
    the_class.distances_batch_4 = distances_batch_4


def add_to_iterator (the_class):
    the_class.has_search_callbacks_ = False
    the_class.get_id_and_codes = lambda self: (self.get_id (), self.get_code ())
    the_class.on_distance_computed = lambda self, id, distance: None
    the_class.on_heap_changed = lambda self, id, removed: None


def add_to_scalar (the_class):
    the_class.select_quantizer = select_quantizer
    the_class.turboq_refine = None  # upstream: a pointer to what it derives from the type


def add_to_polysemous (the_class):
    the_class.log_pattern = ""  # no file is written


ADDITIONS = {
    "CodePacker": add_to_packer,
    "DistanceComputer": add_to_computer,
    "FlatCodesDistanceComputer": add_to_flat_computer,
    "InvertedListScanner": add_to_scanner,
    "LinearTransform": add_to_linear_transform,
    "InvertedListsIterator": add_to_iterator,
    "ScalarQuantizer": add_to_scalar,
    "PolysemousTraining": add_to_polysemous,
    "ProductQuantizer": heap_arrays.add_heap_searches,
    "Index": add_to_index,
    "IndexHNSW": add_to_hnsw,
    "Tensor2D": add_to_tensor,
    "Int32Tensor2D": add_to_tensor,
    "Linear": add_to_linear,
    "Embedding": add_to_embedding,
    "FFN": make_callable,
    "QINCoStep": add_to_step,
    "QINCo": add_to_qinco,
    "PyCallbackIDSelector": keep_callback,
    "PyCallbackIOReader": keep_callback,
    "PyCallbackIOWriter": keep_callback,
    "RandomGenerator": add_to_generator,
    "SplitMix64RandomGenerator": add_to_generator,
    "Level1Quantizer": add_to_level1,
    "IOReader": add_no_name,
    "IOWriter": add_no_name,
    "FileIOReader": keep_name,
    "FileIOWriter": close_at_end,
    "PQDecoder8": add_nbits,
    "PQDecoder16": add_nbits,
}


# constructors whose arguments upstream takes by name; SWIG forgets the names where there are two constructors
KEYWORDS = {
    "ArrayInvertedLists": "nlist_in code_size_in",
    "CenteringTransform": "d=0",
    "HNSW": "M=32",
    "IDSelectorRange": "imin imax assume_sorted=0",
    "ITQMatrix": "d=0",
    "ITQTransform": "din=0 dout=0 do_pca_in=0",
    "IndexFlat1D": "continuous_update=1",
    "IndexFlatPanorama": "d_in metric n_levels_in batch_size_in",
    "IndexLattice": "d nsq scale_nbit r2",
    "LinearTransform": "din=0 dout=0 have_bias_in=0",
    "NNDescent": "d K",
    "NSG": "R=32",
    "OPQMatrix": "d=0 M_in=1 d2=-1",
    "PCAMatrix": "din=0 dout=0 eigen_power_in=0 random_rotation_in=0",
    "PQEncoderGeneric": "code nbits offset=0",
    "Panorama": "code_size n_levels batch_size",
    "RandomGenerator": "seed=1234",
    "RangeSearchResult": "nq alloc_lims=1",
    "SplitMix64RandomGenerator": "seed=1234",
}


def accept_keywords (the_class, text):
    """Arguments of the constructor by name, as well: "name" or "name=default" each."""
    parameters = [p.partition ("=")[::2] for p in text.split ()]
    original, name = the_class.__init__, the_class.__name__

    @wraps (original)
    def replacement_init (self, *args, **kwargs):
        for parameter, default in parameters[len (args):] if kwargs else ():
            if parameter not in kwargs and not default:
                raise TypeError (f"{name}: argument {parameter} is missing")
            args += (kwargs.pop (parameter) if parameter in kwargs else int (default),)
            if not kwargs:
                break
        if kwargs:
            raise TypeError (f"{name}: unexpected argument {next (iter (kwargs))}")
        original (self, *args)

    the_class.__init__ = replacement_init


def add_members (the_class):
    """Give a class its members."""
    add = ADDITIONS.get (the_class.__name__)
    if add is not None:
        add (the_class)
    if the_class.__name__ in KEYWORDS:
        accept_keywords (the_class, KEYWORDS[the_class.__name__])
