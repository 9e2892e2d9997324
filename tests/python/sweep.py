"""Wrong input for all that the Python module has: sweep.py [--every N] [WORD ...]

The functions, constructors, methods and attributes are those of the type stubs and of the package above
them. Each is called with arguments of which one is odd: of another type, of another shape, negative, too
large, not a number, freed. Whatever comes is fine as long as the process lives, answers soon, takes no
huge memory, says what it refuses, prints nothing, and leaves an index that it refused to change as it was.
WORD: only what has this in its name. --every N: only every Nth function, for a quick look.
"""
import argparse
import ast
import gc
import inspect
import os
import pathlib
import re
import resource
import select
import signal
import struct
import sys
import tempfile
import traceback
import warnings

import numpy as np

D, N = 8, 300
SECONDS = 20  # for a call
MEGABYTES = 900  # that a call may take

INDEXES = ["Flat", "HNSW8", "HNSW8_SQ8", "HNSW8_PQ4x4", "IVF4,Flat", "IVF4,PQ4x4", "IVF4,PQ4+4", "IVF4,SQ8",
           "IVF4,FlatDedup", "IVF4,RQ2x4", "IVF4,LSQ2x4", "IVF4,PRQ2x1x4", "IVF4,PLSQ2x1x4", "IVF4,ITQ8,SH",
           "IMI2x2,PQ4x4", "SQ8", "SQfp16", "PQ4x4", "PQ4x4np", "LSH", "RQ2x4", "LSQ2x4", "PRQ2x1x4",
           "PLSQ2x1x4", "IDMap,Flat", "IDMap2,Flat", "PCA4,Flat", "OPQ4,PQ4x4", "L2norm,Flat", "RR,Flat",
           "ITQ8,LSH", "Flat,RFlat", "PQ4x4,Refine(SQ8)", "NSG8,Flat", "NSG8,PQ4x4", "NSG8,SQ8",
           "MinMax,SQ8", "MinMaxFP16,SQ8", "ZnLattice2x10_4", "Residual2x4,PQ4x4", "IVF4_HNSW8,Flat",
           "Pad16,Flat", "HR,Flat"]


def some (n, seed=1):
    return np.random.default_rng (seed).normal (size=(n, D)).astype ("float32")


# ---- what there is ----


def stubs (faiss):
    text = pathlib.Path (faiss.swigfaiss.__file__).with_suffix (".pyi").read_text ()
    return ast.parse (text).body


def parameters (node):
    """(name, type) of a function's parameters, without self."""
    found = [(a.arg, ast.unparse (a.annotation).split (" |")[0].strip () if a.annotation else "Any")
             for a in [*node.args.args, *node.args.kwonlyargs]]
    return [f for f in found if f[0] != "self"], {a.arg for a in node.args.kwonlyargs}


class Samples:
    """An object of each class that can be had."""

    def __init__ (self, faiss):
        self.faiss, self.made, self.lacks = faiss, {}, []
        x = some (N)
        for text in INDEXES:
            try:
                index = faiss.index_factory (D, text)
            except RuntimeError as error:
                self.lacks.append (str (error))
                continue
            index.train (x)
            if text.startswith ("IDMap"):
                index.add_with_ids (x, np.arange (N))
            elif not text.startswith ("MinMax"):
                index.add (x)
            self.note (index)
            for ivf in [faiss.try_extract_index_ivf (index)]:
                if ivf is not None:
                    self.note (ivf.invlists, ivf.get_InvertedListScanner (), ivf.quantizer, ivf.direct_map)
            for field in ("pq", "sq", "rq", "lsq", "prq", "plsq", "hnsw", "nsg", "zn_sphere_codec"):
                if hasattr (index, field):
                    self.note (getattr (index, field))
            if hasattr (index, "chain"):
                self.note (faiss.downcast_VectorTransform (index.chain.at (0)))
            self.note (index.get_distance_computer () if hasattr (index, "get_distance_computer") else None)
        for make in (lambda: faiss.IndexFlatL2 (D), lambda: faiss.IndexFlatIP (D), lambda: faiss.IndexFlat1D (),
                     lambda: faiss.IndexFlatL2Panorama (D, 2), lambda: faiss.IndexFlatIPPanorama (D, 2),
                     lambda: faiss.IndexHNSWFlatPanorama (D, 8, 2), lambda: faiss.IndexHNSW2Level (
                         faiss.IndexFlatL2 (D), 4, 4, 8), lambda: faiss.IndexHNSWCagra (D, 8),
                     lambda: faiss.IndexIVFFlatPanorama (faiss.IndexFlatL2 (D), D, 4, 2),
                     lambda: faiss.IndexNNDescentFlat (D, 8), lambda: faiss.IndexRandom (D, N),
                     lambda: faiss.IndexQINCo (D, 2, 2, 1, 8), lambda: faiss.ResidualCoarseQuantizer (D, 2, 2),
                     lambda: faiss.LocalSearchCoarseQuantizer (D, 2, 2), lambda: faiss.Index2Layer (
                         faiss.IndexFlatL2 (D), 4, 4), lambda: faiss.MultiIndexQuantizer2 (D, 2, faiss.IndexFlatL2 (4), faiss.IndexFlatL2 (4)),
                     lambda: faiss.IndexIVFIndependentQuantizer (faiss.IndexFlatL2 (D), faiss.index_factory (D, "IVF4,Flat"))):
            try:
                index = make ()
                if not index.is_trained:
                    index.train (x)
                if type (index).__name__ not in ("IndexRandom",):
                    index.add (x if index.d == D else x[:, :index.d].copy ())
            except Exception as error:
                self.lacks.append (str (error))
            self.note (index)
        for make in (lambda: faiss.ArrayInvertedLists (4, 32), lambda: faiss.ArrayInvertedListsPanorama (4, 32, 2),
                     lambda: faiss.IDSelectorRange (2, 8), lambda: faiss.IDSelectorArray ([1, 2]),
                     lambda: faiss.IDSelectorBatch ([1, 2]), lambda: faiss.IDSelectorBitmap ([1, 2]),
                     lambda: faiss.IDSelectorNot (faiss.IDSelectorRange (2, 8)),
                     lambda: faiss.RangeSearchResult (3), lambda: faiss.OneRecallAtRCriterion (5, 1),
                     lambda: faiss.IntersectionCriterion (5, 3), lambda: faiss.Clustering (D, 4),
                     lambda: faiss.Clustering1D (4), lambda: faiss.ProgressiveDimClustering (D, 4),
                     lambda: faiss.LinearTransform (D, 4), lambda: faiss.PCAMatrix (D, 4), lambda: faiss.ITQMatrix (D),
                     lambda: faiss.CenteringTransform (D), lambda: faiss.RemapDimensionsTransform (D, 4),
                     lambda: faiss.Tensor2D (2, 3), lambda: faiss.Int32Tensor2D (2, 3), lambda: faiss.Linear (3, 4),
                     lambda: faiss.Embedding (3, 4), lambda: faiss.FFN (3, 4), lambda: faiss.QINCoStep (D, 2, 1, 4),
                     lambda: faiss.NSG_Graph_int (5, 3), lambda: faiss.CodePackerFlat (8),
                     lambda: faiss.HNSW (4), lambda: faiss.NSG (4), lambda: faiss.NNDescent (D, 4),
                     lambda: faiss.VectorIOReader (), lambda: faiss.VectorIOWriter (),
                     lambda: faiss.PyCallbackIOReader (lambda n: b""), lambda: faiss.PyCallbackIOWriter (len),
                     lambda: faiss.ZnSphereSearch (4, 10), lambda: faiss.ZnSphereCodec (4, 10),
                     lambda: faiss.ZnSphereCodecRec (4, 10), lambda: faiss.ZnSphereCodecAlt (4, 10)):
            try:
                self.note (make ())
            except Exception as error:
                self.lacks.append (str (error))

    def note (self, *objects):
        for o in objects:
            if o is not None:
                self.made.setdefault (type (o).__name__, o)

    def of (self, name):
        """An object of a class or of one that derives from it."""
        if name not in self.made:
            the_class = getattr (self.faiss, name, None)
            try:
                self.made[name] = the_class ()
            except Exception:
                self.made[name] = next ((o for o in [*self.made.values ()] if the_class and isinstance (
                    o, the_class)), None)
        return self.made[name]


# ---- odd values ----


class Array:
    """Is made anew for each call, so that a call cannot spoil the next."""

    def __init__ (self, make, name):
        self.make, self.name = make, name


def odd_numbers (has_pointers):
    yield from (None, "text", b"bytes", 2.5, float ("nan"), [], [1], {}, object (), np.zeros (3, "f4"),
                np.zeros ((), "i8"), -1, 0, -2**31, 2**64, -2**63)
    if not has_pointers:  # what is said to be behind a pointer is for the caller to know
        yield from (2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1, 2**63)


ODD_TEXTS = [None, 3, 2.5, "", "a\0b", b"\xff\xfe", "\udcff", "/", "/nowhere/at/all", "x" * 100000, [], {}, object (),
             "\u00e4" * 50, "(" * 5000, "IVF" * 1000, "IVF4," * 3000 + "Flat", "PQ4x4[IVF]"]


def odd_arrays (shape):
    n = shape[0] if shape else 5

    def array (text):
        return Array (lambda: eval (text, {"np": np, "x": np.ones (shape, "float32"), "n": n, "shape": shape}), text)

    yield from (None, "text", b"bytes", 3, 2.5, [], [[]], {}, object (), [["a"]], [[1, 2], [3]], range (3))
    for dtype in ("float16", "float64", "int8", "int32", "int64", "uint8", "uint64", "bool", "complex64", "U3", "S1", "O",
                  "M8[s]", ">f4", "f4,i4"):
        yield array (f"np.zeros (shape, '{dtype}')")
    yield from map (array, (
        "np.zeros ((), 'f4')", "np.zeros (0, 'f4')", "np.zeros ((0, 0), 'f4')", "np.zeros ((3, 0), 'f4')",
        "np.zeros (shape + (2,), 'f4')", "np.zeros ((0,) + shape[1:], 'f4')", "np.zeros ((n, 5), 'f4')", "np.asfortranarray (x)",
        "np.full (shape, np.nan)", "np.full (shape, np.inf, 'f4')", "np.full (shape, 3e38, 'f4')", "np.full (shape, -1)",
        "np.full (shape, 2**40)", "np.full (shape, 2**63, 'u8')", "np.full (shape, -2**63)", "np.broadcast_to (x[:1], shape)",
        "x[::-1]", "np.ma.masked_array (x, x > 0)", "np.full (shape, 2.5)", "np.full (shape, None)",
        "np.broadcast_to (np.zeros (1, 'f4'), (2**40,) + shape[1:])"))


def odd_objects (samples, name):
    yield from (None, "text", 3, object (), np.zeros (3, "f4"), [], len)
    for other in ("IndexFlatL2", "IndexIVFFlat", "IDSelectorRange", "PCAMatrix", "ArrayInvertedLists", "VectorIOReader",
                  "Float32Vector", "SearchParametersIVF", "SearchParametersHNSW", "IndexLSH", "IndexHNSWFlat"):
        if samples.of (other) is not None:
            yield samples.of (other)
    the_class = getattr (samples.faiss, name, None)
    if isinstance (the_class, type):
        yield the_class  # the class itself
        yield the_class.__new__ (the_class)  # without its C object


def odd_pointers (samples):
    yield from (None, "text", b"bytes", 3, 0, 2.5, np.zeros (5, "f4"), [], object (), samples.of ("IndexFlatL2"),
                samples.of ("Float32Vector"))


class Memory:
    """A pointer of whatever type a parameter has, to memory enough for small counts."""
    blocks = [np.zeros (1 << 14, "float64") for _ in range (12)]

    @classmethod
    def pointer (cls, faiss, c_type, at):
        block = cls.blocks[at]
        block[:] = 0
        dtype = next ((d for t, d in (("float", "f4"), ("double", "f8"), ("idx_t", "i8"), ("int64", "i8"), ("uint8", "u1"),
                                      ("size_t", "u8"), ("int32", "i4"), ("int ", "i4"), ("uint16", "u2"),
                                      ("int16", "i2"), ("int8", "i1"), ("uint32", "u4"), ("uint64", "u8"), ("void", "f4")) if t in c_type), "f4")
        return faiss.swig_ptr (block.view (dtype))


def c_types (faiss, function, count):
    """The C types of a function's parameters, as SWIG's refusals tell them."""
    faiss.swigfaiss.set_explainer (None)
    try:
        return refused_types (function, count)
    finally:
        faiss.swigfaiss.set_explainer (faiss.swigfaiss._explain)


def refused_types (function, count):
    found = {}
    for at in range (1, 2 * count + 2):
        before = [None if "*" in found.get (i, "*") else False if found[i] == "bool" else 0 for i in range (1, at)]
        try:
            function (*before, Exception, *[None] * (count - at))
        except Exception as error:
            for number, text in re.findall (r"argument (\d+) of type '([^']*)'", str (error)):
                found.setdefault (int (number), text)
            overloads = re.findall (r"^ +(?:\w+::)*\w+\((.*)\)$", str (error), re.M)
            overloads = [o.split (",") for o in overloads]
            if any (len (o) >= count for o in overloads):
                best = next (o for o in overloads if len (o) >= count)
                found.update (enumerate (best, 1))
                break
    return found


# ---- calls ----


ARRAY_SHAPES = {"ids": (5,), "keys": (5,), "key": (5,), "weights": (5,), "labels": (5, 3), "D": (5, 3), "I": (5, 3),
                "perm": (N,), "R": (5, 3, D), "Iq": (5, 1), "Dq": (5, 1), "graph": (5, 4)}


class Target:
    """Something to call: function (*arguments), in which each argument has good values and odd ones."""

    def __init__ (self, name, function, types, keywords=(), holder=None, required=None):
        self.name, self.function, self.types, self.keywords, self.holder = name, function, types, keywords, holder
        self.required = len (types) if required is None else required

    def good (self, samples, name, of):
        faiss = samples.faiss
        if of == "bool":
            return True
        if of == "int":
            return {"d": D, "d_in": D, "k": 3, "n": 2, "nx": 2, "ny": 2, "nq": 2, "nb": 2, "ldq": -1, "ldb": -1, "ldd": -1,
                    "ld_subset": -1, "ld_ids": -1, "m": 3}.get (name, 1)
        if of == "float":
            return 1.0
        if of == "str":
            return "Flat"
        if of in ("ArrayLike", "Floats", "Ids", "Codes", "NDArray[np.float32]", "NDArray[np.int64]"):
            shape = ARRAY_SHAPES.get (name, (5, D))
            if name in ("D", "I", "R", "labels", "codes") and name in self.keywords or name == "labels":
                return None
            if name == "codes" and hasattr (self.holder, "sa_code_size"):
                try:
                    return np.zeros ((5, self.holder.sa_code_size ()), "uint8")
                except RuntimeError:
                    return np.zeros ((5, D), "uint8")
            if name == "perm" and self.holder is not None:
                return np.arange (self.holder.ntotal)
            return np.ones (shape, "int64" if name in ("ids", "keys", "key", "Iq", "I", "graph") else "float32")
        if of in ("Pointer", "Any"):
            return Memory
        return samples.of (of)

    def odd (self, samples, name, of):
        if of in ("int", "float", "bool"):
            return odd_numbers (any (t in ("Pointer",) for _, t in self.types))
        if of == "str":
            return ODD_TEXTS
        if of in ("ArrayLike", "Floats", "Ids", "Codes", "NDArray[np.float32]", "NDArray[np.int64]"):
            shape = ARRAY_SHAPES.get (name, (5, D))
            return odd_arrays (shape)
        if of in ("Pointer",):  # memcpy overwrites whatever it is given
            return [p for p in odd_pointers (samples) if not (self.name.startswith ("memcpy") and hasattr (p, "this"))]
        if of == "Any":
            return [None, "text", 3, -1, 2**40, 2.5, [], [1, 2], {}, object (), np.zeros (3), np.zeros ((2, 2)), np.zeros ((2, 2, 2), "f4")]
        return odd_objects (samples, of)

    def calls (self, samples):
        """(text, arguments)"""
        good = [self.good (samples, *t) for t in self.types]
        yield "good", good
        yield "nothing at all", []
        yield "too many", [*good, 1, 2]
        if self.types:
            yield "only None", [None] * len (self.types)
        for at, (name, of) in enumerate (self.types):
            for value in self.odd (samples, name, of):
                text = value.name if isinstance (value, Array) else repr (value)[:60]
                yield f"{name} = {text}", [*good[:at], value, *good[at + 1:]]

    def call (self, samples, arguments):
        types = getattr (self, "c_types", None)
        if types is None:
            pointers = any (a is Memory for a in arguments)
            types = self.c_types = c_types (samples.faiss, self.function, len (self.types)) if pointers else {}
        first = 2 if self.holder is not None else 1  # a method's own object is counted
        made = [Memory.pointer (samples.faiss, types.get (i + first, types.get (i + 1, "")), i) if a is Memory
                else a.make () if isinstance (a, Array) else a for i, a in enumerate (arguments)]
        names = [t[0] for t in self.types]
        by_name = {n: a for n, a in zip (names, made) if n in self.keywords}
        return self.function (*[a for i, a in enumerate (made) if i >= len (names) or names[i] not in self.keywords],
                              **by_name)


def targets (faiss, samples):
    from faiss import loader
    nodes = stubs (faiss)
    classes = {n.name: n for n in nodes if isinstance (n, ast.ClassDef)}
    for node in nodes:
        if isinstance (node, ast.FunctionDef) and hasattr (faiss.swigfaiss, node.name) and node.name not in loader._own:
            types, keywords = parameters (node)
            yield Target (node.name, getattr (faiss.swigfaiss, node.name), types, keywords)
    for name, node in classes.items ():
        the_class = getattr (faiss, name, None)
        if the_class is None or name.startswith ("_"):
            continue
        for item in node.body:
            if isinstance (item, ast.FunctionDef) and item.name == "__init__":
                types, keywords = parameters (item)
                yield Target (f"{name} (...)", the_class, types, keywords)
        ancestors = [classes[c.__name__] for c in the_class.__mro__ if c.__name__ in classes]
        for of in ancestors:
            for item in of.body:
                mine = of is node
                if isinstance (item, ast.AnnAssign) and mine:
                    yield attribute_target (faiss, samples, name, item)
                elif isinstance (item, ast.FunctionDef) and item.name != "__init__":
                    types, keywords = parameters (item)
                    if mine or "Index" in name and not item.name.endswith ("_c"):
                        yield method_target (samples, name, item.name, types, keywords)
    for module in ("", "contrib.factory_tools", "contrib.ivf_tools", "contrib.clustering", "contrib.evaluation",
                   "contrib.exhaustive_search", "contrib.inspect_tools", "contrib.vecs_io", "contrib.big_batch_search"):
        yield from python_targets (faiss, samples, module)


def attribute_target (faiss, samples, name, item):
    holder, attribute, of = samples.of (name), item.target.id, ast.unparse (item.annotation)

    def set_attribute (value):
        setattr (holder, attribute, value)
        repr (holder)
    return Target (f"{name}.{attribute} =", set_attribute if holder is not None else None, [("value", of)], holder=holder)


def method_target (samples, class_name, name, types, keywords):
    holder = samples.of (class_name)
    return Target (f"{class_name}.{name}", getattr (holder, name, None) if holder is not None else None, types, keywords, holder)


ARRAY_NAMES = {"x", "xq", "xb", "I", "I1", "I2", "Dall", "Iall", "keys", "vals", "a", "b", "array", "tab", "data", "centroids", "codes",
               "init_centroids", "weights", "D", "xt", "I_new", "D_new", "Iref", "Inew", "Dref", "Dnew", "queries"}
INT_NAMES = {"k", "d", "n", "nq", "nbit", "M_or_nbits", "seed", "vmax", "nbucket", "nt", "niter", "nprobe"}


def python_targets (faiss, samples, module):
    """Functions and classes written in Python."""
    import importlib
    package = importlib.import_module ("faiss." + module) if module else faiss
    for name, value in sorted (vars (package).items ()):
        if name.startswith ("_") or not getattr (value, "__module__", "").startswith ("faiss") or inspect.ismodule (value):
            continue
        if name in ("downcast_index", "add_ref_in_constructor", "add_ref_in_method", "replace_method", "deprecated_class",
                    "add_ref_in_function", "add_ref_in_method_explicit_own", "add_to_referenced_objects", "set_progress"):
            continue
        if getattr (value, "__module__", "") == "faiss.swigfaiss" and module == "" or not callable (value):
            continue
        try:
            signature = inspect.signature (value)
        except (TypeError, ValueError):
            continue
        types = []
        for p in signature.parameters.values ():
            if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) or p.name == "inplace":
                continue
            of = ("ArrayLike" if p.name in ARRAY_NAMES else "int" if p.name in INT_NAMES or isinstance (p.default, int)
                  else "Index" if p.name.startswith ("index") else "str" if p.name in ("fname", "filename", "description", "factory", "index_key") else "Any")
            types.append ((p.name, of))
        keywords = {p.name for p in signature.parameters.values () if p.kind == p.KEYWORD_ONLY}
        yield Target (f"{module + '.' if module else ''}{name}", value, types, keywords)
        if inspect.isclass (value) and not issubclass (value, BaseException):
            try:
                made = {"Kmeans": lambda: faiss.Kmeans (D, 4), "ResultHeap": lambda: faiss.ResultHeap (5, 3),
                        "MapLong2Long": lambda: faiss.MapLong2Long ()}[name] ()
            except KeyError:
                continue
            for method, function in inspect.getmembers (made, inspect.ismethod):
                if not method.startswith ("_"):
                    ps = [p for p in inspect.signature (function).parameters.values ()]
                    types = [(p.name, "ArrayLike" if p.name in ARRAY_NAMES else "Pointer" if method.endswith ("_c") else "int") for p in ps]
                    yield Target (f"{name}.{method}", function, types, holder=None)


# ---- in a process of its own ----


def child (target, samples, start, pipe):
    """Call after call; tells before each which, and after each what was wrong."""
    faiss = samples.faiss

    def tell (kind, number, text=""):
        data = text.encode ("utf-8", "replace")[:3000]
        os.write (pipe, struct.pack ("<ciI", kind, number, len (data)) + data)

    holder = target.holder
    is_index = isinstance (holder, faiss.Index)

    def state ():
        try:
            return faiss.serialize_index (holder).tobytes () if is_index else None
        except Exception:
            return None
    before = state ()
    output = tempfile.TemporaryFile ()
    os.dup2 (output.fileno (), 1)
    os.dup2 (output.fileno (), 2)
    written = 0
    limit = MEGABYTES << 20
    used = int (pathlib.Path ("/proc/self/statm").read_text ().split ()[0]) * 4096
    resource.setrlimit (resource.RLIMIT_AS, (used + (1 << 30), used + (1 << 30)))
    for number, (text, arguments) in enumerate (target.calls (samples)):
        if number < start:
            continue
        tell (b"c", number, text)
        signal.alarm (SECONDS)
        try:
            result = target.call (samples, arguments)
            after = state () if is_index else None
            if text != "good":
                tell (b"o", number, f"{text} -> {repr (result)[:50]}")
            if after != before:
                return tell (b"n", number)  # a new process, with the index as it was
            del result
        except (SystemExit, KeyboardInterrupt, SystemError) as error:
            tell (b"w", number, f"{text}: {error!r}"[:200])
        except BaseException as error:
            if not str (error) and not isinstance (error, MemoryError):
                tell (b"w", number, f"{text}: {error!r} without a message")
            elif text == "good":
                tell (b"g", number, f"good arguments: {error!r}"[:300])
            if is_index and state () != before:
                tell (b"w", number, f"{text}: {error!r}"[:150] + ": the index was changed")
                return tell (b"n", number)
        signal.alarm (0)
        size = os.fstat (output.fileno ()).st_size
        if size > written and not re.search (r"print_|display|log_message", target.name):
            os.lseek (output.fileno (), written, 0)
            tell (b"w", number, f"{text}: printed {os.read (output.fileno (), 200)!r}")
            written = size
        most = resource.getrusage (resource.RUSAGE_SELF).ru_maxrss << 10
        if most > limit:
            tell (b"w", number, f"{text}: took {most >> 20} MB")
            return tell (b"n", number)
        arguments = None
    gc.collect ()
    tell (b"e", 0)


def sweep (target, samples, report):
    start, text, number = 0, "", 0
    while True:
        r, w = os.pipe ()
        pid = os.fork ()
        if pid == 0:
            os.close (r)
            try:
                child (target, samples, start, w)
            except BaseException:
                text = traceback.format_exc ().encode ()[-1500:]
                os.write (w, struct.pack ("<ciI", b"w", 0, len (text)) + text)
                os.write (w, struct.pack ("<ciI", b"x", 0, 0))
                os._exit (3)
            os._exit (0)
        os.close (w)
        ended = False
        with os.fdopen (r, "rb") as stream:
            while True:
                head = stream.read (9)
                if len (head) < 9:
                    break
                kind, at, size = struct.unpack ("<ciI", head)
                said = stream.read (size).decode ("utf-8", "replace")
                if kind == b"c":
                    number, text = at, said
                    report.calls += 1
                elif kind == b"w":
                    report.wrong (target.name, said)
                elif kind == b"o":
                    report.accepted (target.name, said)
                elif kind == b"g":
                    report.good_refused (target.name, said)
                elif kind in b"ex":
                    ended = True
        _, status = os.waitpid (pid, 0)
        if os.WIFSIGNALED (status):
            s = os.WTERMSIG (status)
            report.wrong (target.name, f"{text}: " + ("still at it after %d s" % SECONDS if s == signal.SIGALRM
                                                       else signal.Signals (s).name))
        elif os.WEXITSTATUS (status):
            report.wrong (target.name, f"{text}: exit {os.WEXITSTATUS (status)}")
        if ended:
            return
        start = number + 1


class Report:
    def __init__ (self, log):
        self.calls = self.bad = self.targets = 0
        self.log = log

    def wrong (self, name, text):
        self.bad += 1
        print (f"{name}: {text}", flush=True)

    def accepted (self, name, text):
        if self.log:
            print (f"accepted {name}: {text}", file=self.log)

    def good_refused (self, name, text):
        if self.log:
            print (f"refused {name}: {text}", file=self.log, flush=True)


def main ():
    parser = argparse.ArgumentParser (description=__doc__)
    parser.add_argument ("words", nargs="*")
    parser.add_argument ("--every", type=int, default=1)
    parser.add_argument ("--log", help="a file for what was accepted, and for good arguments that were refused")
    parser.add_argument ("--after", default="", help="begin behind this function")
    options = parser.parse_args ()
    import faiss
    if options.every > 1:
        INDEXES[:] = ["Flat", "IVF4,Flat", "HNSW8", "IDMap2,Flat", "PCA4,Flat"]
    faiss.omp_set_num_threads (1)
    os.chdir (tempfile.mkdtemp ())
    report = Report (open (options.log, "w") if options.log else None)
    warnings.simplefilter ("ignore")  # NumPy's, of casts
    samples = Samples (faiss)
    for text in samples.lacks:
        report.log and print ("no sample:", text, file=report.log)
    for at, target in enumerate (targets (faiss, samples)):
        if options.after:
            options.after = "" if options.after == target.name else options.after
            continue
        if at % options.every or options.words and not any (w in target.name for w in options.words):
            continue
        if target.function is None:
            if report.log:
                print ("no sample for", target.name, file=report.log)
            continue
        sweep (target, samples, report)
        report.targets += 1
    print (f"{report.targets} functions, methods and attributes, {report.calls} calls: {report.bad} wrong")
    return report.bad > 0


if __name__ == "__main__":
    sys.exit (main ())
