"""Methods of the classes that take arrays; the originals are kept as `search_c` and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from faiss import progress, swigfaiss
from faiss.array_conversions import (DTYPES, ArgumentError, as_array, check, codes as as_codes, ids as as_ids,
                                     integer, numbers, output, real, rev_swig_ptr, vectors)
from faiss._swigfaiss import is_usual, range_search_arrays, search_arrays, swig_ptr  # past a Python frame

if TYPE_CHECKING:  # the signatures are the stubs', too
    from numpy.typing import ArrayLike, NDArray

    from faiss.swigfaiss import Codes, Floats, Ids


def wraps (original):
    """functools.wraps without what takes long to get from functions written in C."""
    def decorate (function):
        function.__name__, function.__doc__ = original.__name__, original.__doc__
        function.__wrapped__ = original
        return function
    return decorate


def replace_method (the_class, name, replacement, ignore_missing=False):
    """Put a Python method in place of a SWIG one, which stays as NAME_c."""
    original = the_class.__dict__.get (name)
    if original is None:
        inherited = getattr (the_class, name, None)
        if inherited is None:
            if ignore_missing:
                return
            raise AttributeError (f"{the_class.__name__} has no method {name}")
        return  # the parent's replacement is inherited
    if original.__name__ == f"replacement_{name}":
        return
    setattr (the_class, name + "_c", original)
    replacement.__doc__ = replacement.__doc__ or original.__doc__
    replacement.__qualname__ = f"{the_class.__name__}.{name}"  # is in Python's messages
    setattr (the_class, name, replacement)


def replacement (the_class, ignore_missing=False):
    """Decorator: a function called replacement_NAME takes the place of the method NAME."""
    def decorate (function):
        name = function.__name__.removeprefix ("replacement_")
        replace_method (the_class, name, function, ignore_missing)
        return function
    return decorate


def float32_only (numeric_type):
    raise ArgumentError (f"numeric_type {numeric_type} is not supported, expected Float32 (0)")


def labels_and_distances (n, k, D, I):
    k = integer (k, "k")
    if k <= 0:
        raise ArgumentError (f"k: expected k > 0, got {k}")
    shape = n, k
    return output (D, shape, "float32", "D"), output (I, shape, "int64", "I")


def copy_range_result (res, n):
    """lims, D, I of a RangeSearchResult."""
    lims = rev_swig_ptr (res.lims, n + 1).copy ()
    total = int (lims[-1])
    return lims, rev_swig_ptr (res.distances, total).copy (), rev_swig_ptr (res.labels,
                                                                           total).copy ()


def as_selector (index, x):
    """An IDSelector from an array of ids or from a selector: one that the index's direct map can do with."""
    if isinstance (x, swigfaiss.IDSelector):
        return x
    x = as_array (x, "x")
    check (x.ndim == 1, f"x: expected an IDSelector or ids of shape (n,), got {x.shape}")
    from faiss.ivf_wrappers import try_extract_index_ivf
    ivf, x = try_extract_index_ivf (index), as_ids (x, x.shape[0], "x")
    if ivf is not None and ivf.direct_map.type == swigfaiss.DirectMap.Hashtable:
        return swigfaiss.IDSelectorArray (x)
    return swigfaiss.IDSelectorBatch (x)


def handle_Index (the_class):
    """Array forms of the methods of Index and its subclasses."""

    @replacement (the_class)
    def replacement_train (self, x: ArrayLike, *, numeric_type: int = 0,
                           xq_train: ArrayLike | None = None) -> None:
        """Train on the vectors x, shape (n, d)."""
        if numeric_type != 0:
            float32_only (numeric_type)
        x = vectors (x, self.d)
        self.train_c (x.shape[0], swig_ptr (x))

    @replacement (the_class)
    def replacement_add (self, x: ArrayLike, numeric_type: int = 0) -> None:
        """Add the vectors x, shape (n, d)."""
        if numeric_type != 0:
            float32_only (numeric_type)
        x = vectors (x, self.d)
        if progress.factory is None:
            self.add_c (x.shape[0], swig_ptr (x))
        else:
            for i, n in progress.blocks (self, x.shape[0]):
                self.add_c (n, swig_ptr (x[i:i + n]))

    @replacement (the_class)
    def replacement_add_with_ids (self, x: ArrayLike, ids: ArrayLike,
                                  numeric_type: int = 0) -> None:
        """Add the vectors x, shape (n, d), with ids of shape (n,)."""
        if numeric_type != 0:
            float32_only (numeric_type)
        x = vectors (x, self.d)
        ids = as_ids (ids, x.shape[0])
        if progress.factory is None:
            self.add_with_ids_c (x.shape[0], swig_ptr (x), swig_ptr (ids))
        else:
            for i, n in progress.blocks (self, x.shape[0]):
                self.add_with_ids_c (n, swig_ptr (x[i:i + n]), swig_ptr (ids[i:i + n]))

    @replacement (the_class)
    def replacement_search (self, x: ArrayLike, k: int, *,
                            params: swigfaiss.SearchParameters | None = None,
                            D: Floats | None = None, I: Ids | None = None,
                            numeric_type: int = 0) -> tuple[Floats, Ids]:
        """Find the k nearest neighbours of the vectors x, shape (n, d).

        Returns distances and labels, both of shape (n, k), best first; label -1 where fewer than k
        were found. D and I may be given to be written to.
        """
        if numeric_type != 0:
            float32_only (numeric_type)
        found = search_arrays (self, x, k, params, D, I)
        if found is not None:
            return found
        x = vectors (x, self.d)
        n = x.shape[0]
        D, I = labels_and_distances (n, k, D, I)
        self.search_c (n, swig_ptr (x), k, swig_ptr (D), swig_ptr (I), params)
        return D, I

    @replacement (the_class)
    def replacement_range_search (self, x: ArrayLike, thresh: float, *,
                                  params: swigfaiss.SearchParameters | None = None
                                  ) -> tuple[NDArray[np.uint64], Floats, Ids]:
        """Find all vectors nearer than thresh.

        Returns lims, D, I: the results of query i are D[lims[i]:lims[i + 1]] and I likewise.
        """
        thresh = real (thresh, "thresh")
        found = range_search_arrays (self, x, thresh, params)
        if found is not None:
            return found
        x = vectors (x, self.d)
        n = x.shape[0]
        res = swigfaiss.RangeSearchResult (n)
        self.range_search_c (n, swig_ptr (x), thresh, res, params)
        return copy_range_result (res, n)

    @replacement (the_class)
    def replacement_assign (self, x: ArrayLike, k: int, labels: Ids | None = None) -> Ids:
        """The labels of the k nearest neighbours of x, shape (n, k)."""
        x = vectors (x, self.d)
        k = integer (k, "k", 1)
        labels = output (labels, (x.shape[0], k), "int64", "labels")
        self.assign_c (x.shape[0], swig_ptr (x), swig_ptr (labels), k)
        return labels

    @replacement (the_class)
    def replacement_remove_ids (self, x: ArrayLike | swigfaiss.IDSelector) -> int:
        """Remove the vectors of an IDSelector or an array of ids; returns how many."""
        return self.remove_ids_c (as_selector (self, x))

    @replacement (the_class)
    def replacement_reconstruct (self, key: int, x: Floats | None = None) -> Floats:
        """The vector of an id, shape (d,)."""
        x = output (x, (self.d,), "float32", "x")
        self.reconstruct_c (integer (key, "key"), swig_ptr (x))
        return x

    @replacement (the_class)
    def replacement_reconstruct_batch (self, key: ArrayLike, x: Floats | None = None) -> Floats:
        """The vectors of several ids, shape (n, d)."""
        key = as_array (key, "key")
        key = as_ids (key, key.shape[0] if key.ndim else 0, "key")
        x = output (x, (key.shape[0], self.d), "float32", "x")
        self.reconstruct_batch_c (key.shape[0], swig_ptr (key), swig_ptr (x))
        return x

    @replacement (the_class)
    def replacement_reconstruct_n (self, n0: int = 0, ni: int = -1,
                                   x: Floats | None = None) -> Floats:
        """The vectors n0 .. n0 + ni - 1, all from n0 on for ni = -1."""
        n0, ni = integer (n0, "n0"), integer (ni, "ni")
        if ni == -1:
            ni = self.ntotal - n0
        check (ni >= 0, f"n0, ni: expected vectors 0 .. {self.ntotal - 1}, got {ni} from {n0} on")
        x = output (x, (ni, self.d), "float32", "x")
        self.reconstruct_n_c (n0, ni, swig_ptr (x))
        return x

    @replacement (the_class)
    def replacement_search_and_reconstruct (self, x: ArrayLike, k: int, *,
                                            params: swigfaiss.SearchParameters | None = None,
                                            D: Floats | None = None, I: Ids | None = None,
                                            R: Floats | None = None) -> tuple[Floats, Ids, Floats]:
        """Search, and return the results' vectors too, shape (n, k, d)."""
        x = vectors (x, self.d)
        n = x.shape[0]
        D, I = labels_and_distances (n, k, D, I)
        R = output (R, (n, k, self.d), "float32", "R")
        self.search_and_reconstruct_c (n, swig_ptr (x), k, swig_ptr (D), swig_ptr (I), swig_ptr (R),
                                       params)
        return D, I, R

    @replacement (the_class)
    def replacement_sa_encode (self, x: ArrayLike, codes: Codes | None = None) -> Codes:
        """Encode vectors without storing them, shape (n, sa_code_size)."""
        x = vectors (x, self.d)
        codes = output (codes, (x.shape[0], self.sa_code_size ()), "uint8", "codes")
        self.sa_encode_c (x.shape[0], swig_ptr (x), swig_ptr (codes))
        return codes

    @replacement (the_class)
    def replacement_sa_decode (self, codes: ArrayLike, x: Floats | None = None) -> Floats:
        """Decode vectors, shape (n, d)."""
        codes = as_codes (codes, self.sa_code_size ())
        x = output (x, (codes.shape[0], self.d), "float32", "x")
        self.sa_decode_c (codes.shape[0], swig_ptr (codes), swig_ptr (x))
        return x

    @replacement (the_class)
    def replacement_add_sa_codes (self, codes: ArrayLike, ids: ArrayLike | None = None) -> None:
        """Add vectors that sa_encode made, with ids of shape (n,) if they are given."""
        codes = as_codes (codes, self.sa_code_size ())
        if ids is not None:
            ids = as_ids (ids, codes.shape[0])
        self.add_sa_codes_c (codes.shape[0], swig_ptr (codes),
                             None if ids is None else swig_ptr (ids))

    @replacement (the_class, ignore_missing=True)
    def replacement_permute_entries (self, perm: ArrayLike) -> None:
        """Entry i becomes what was entry perm[i]."""
        perm = as_ids (perm, self.ntotal, "perm")
        check (np.array_equal (np.sort (perm), np.arange (self.ntotal)),
               f"perm: expected a permutation of 0 .. {self.ntotal - 1}")
        self.permute_entries_c (swig_ptr (perm))

    @replacement (the_class, ignore_missing=True)
    def replacement_train_inplace (self, x: Floats) -> None:
        """Train on x, shape (n, d), which is changed: its rows are scaled."""
        check (isinstance (x, np.ndarray) and x.dtype == np.float32 and x.flags.c_contiguous
               and x.flags.writeable, "x: expected a writable C-contiguous float32 matrix")
        self.train_inplace_c (vectors (x, self.d).shape[0], swig_ptr (x))

    @replacement (the_class, ignore_missing=True)
    def replacement_search_preassigned (self, x: ArrayLike, k: int, Iq: ArrayLike,
                                        Dq: ArrayLike | None, *,
                                        params: swigfaiss.SearchParameters | None = None,
                                        D: Floats | None = None,
                                        I: Ids | None = None) -> tuple[Floats, Ids]:
        """Search lists chosen by the caller: Iq and, if it is used, Dq have shape (n, nprobe)."""
        x, Iq, Dq, nprobe = preassigned (self, x, Iq, Dq, params)
        D, I = labels_and_distances (x.shape[0], k, D, I)
        self.search_preassigned_c (x.shape[0], swig_ptr (x), k, swig_ptr (Iq), swig_ptr (Dq),
                                   swig_ptr (D), swig_ptr (I), False, params)
        return D, I

    @replacement (the_class, ignore_missing=True)
    def replacement_range_search_preassigned (self, x: ArrayLike, thresh: float, Iq: ArrayLike,
                                              Dq: ArrayLike | None, *,
                                              params: swigfaiss.SearchParameters | None = None
                                  ) -> tuple[NDArray[np.uint64], Floats, Ids]:
        """Range search in lists chosen by the caller."""
        x, Iq, Dq, nprobe = preassigned (self, x, Iq, Dq, params)
        res = swigfaiss.RangeSearchResult (x.shape[0])
        self.range_search_preassigned_c (x.shape[0], swig_ptr (x), real (thresh, "thresh"), swig_ptr (Iq),
                                         swig_ptr (Dq), res, False, params)
        return copy_range_result (res, x.shape[0])

    @replacement (the_class, ignore_missing=True)
    def replacement_update_vectors (self, keys: ArrayLike, x: ArrayLike) -> None:
        """Replace the vectors of some ids."""
        x = vectors (x, self.d)
        keys = as_ids (keys, x.shape[0], "keys")
        self.update_vectors_c (x.shape[0], swig_ptr (keys), swig_ptr (x))

    @replacement (the_class, ignore_missing=True)
    def replacement_search_and_return_codes (self, x: ArrayLike, k: int, *,
                                             include_listnos: bool = False,
                                             params: swigfaiss.SearchParameters | None = None,
                                             D: Floats | None = None, I: Ids | None = None,
                                             codes: Codes | None = None) -> tuple[Floats, Ids, Codes]:
        """Search, and return the results' codes too, shape (n, k, code_size)."""
        x = vectors (x, self.d)
        n = x.shape[0]
        D, I = labels_and_distances (n, k, D, I)
        size = self.code_size + (self.coarse_code_size () if include_listnos else 0)
        codes = output (codes, (n, k, size), "uint8", "codes")
        self.search_and_return_codes_c (n, swig_ptr (x), k, swig_ptr (D), swig_ptr (I),
                                        swig_ptr (codes), include_listnos, params)
        return D, I, codes


def preassigned (index, x, Iq, Dq, params):
    """The checked arguments of a search with given lists."""
    x = vectors (x, index.d)
    nprobe = params.nprobe if params is not None else index.nprobe
    shape = (x.shape[0], nprobe)
    Iq = numbers (Iq, "int64", "Iq")
    check (Iq.shape == shape, f"Iq: expected shape {shape}, got {Iq.shape}")
    if Dq is None:
        Dq = np.zeros (shape, dtype="float32")
    Dq = numbers (Dq, "float32", "Dq")
    check (Dq.shape == shape, f"Dq: expected shape {shape}, got {Dq.shape}")
    return x, Iq, Dq, nprobe


def index_repr (self):
    """IndexIVFFlat (d=64, ntotal=1000, metric=L2, "IVF16,Flat")"""
    if not hasattr (self, "this"):
        return f"{type (self).__name__} (not made)"
    try:
        text = swigfaiss.reverse_index_factory (self)
    except RuntimeError:  # of fields that were set to what cannot be; one wants to see them
        text = ""
    metric = swigfaiss.metric_type_name (self.metric_type)
    factory = f', "{text}"' if text else ""
    return f"{type (self).__name__} (d={self.d}, ntotal={self.ntotal}, metric={metric}{factory})"


def handle_VectorTransform (the_class):

    @replacement (the_class)
    def replacement_train (self, x: ArrayLike) -> None:
        """Train on the vectors x, shape (n, d_in)."""
        x = vectors (x, self.d_in)
        self.train_c (x.shape[0], swig_ptr (x))

    def apply_py (self, x: ArrayLike) -> Floats:
        """Transform the vectors x, shape (n, d_in); returns shape (n, d_out)."""
        x = vectors (x, self.d_in)
        out = np.empty ((x.shape[0], self.d_out), dtype="float32")
        self.apply_noalloc (x.shape[0], swig_ptr (x), swig_ptr (out))
        return out

    def replacement_apply (self, x: ArrayLike) -> Floats:
        return apply_py (self, x)

    def replacement_reverse_transform (self, x: ArrayLike) -> Floats:
        """The inverse transform of x, shape (n, d_out), or the best there is."""
        x = vectors (x, self.d_out)
        out = np.empty ((x.shape[0], self.d_in), dtype="float32")
        self.reverse_transform_c (x.shape[0], swig_ptr (x), swig_ptr (out))
        return out

    replace_method (the_class, "apply", replacement_apply)
    replace_method (the_class, "reverse_transform", replacement_reverse_transform)
    if "apply" in the_class.__dict__:
        the_class.apply_py = apply_py


def handle_Quantizer (the_class):

    @replacement (the_class, ignore_missing=True)
    def replacement_train (self, x: ArrayLike) -> None:
        """Train on the vectors x, shape (n, d)."""
        x = vectors (x, self.d)
        self.train_c (x.shape[0], swig_ptr (x))

    @replacement (the_class, ignore_missing=True)
    def replacement_compute_codes (self, x: ArrayLike) -> Codes:
        """Encode the vectors x, shape (n, d); returns shape (n, code_size)."""
        x = vectors (x, self.d)
        codes = np.empty ((x.shape[0], self.code_size), dtype="uint8")
        self.compute_codes_c (swig_ptr (x), swig_ptr (codes), x.shape[0])
        return codes

    @replacement (the_class, ignore_missing=True)
    def replacement_decode (self, codes: ArrayLike) -> Floats:
        """Decode codes of shape (n, code_size); returns shape (n, d)."""
        codes = as_codes (codes, self.code_size)
        x = np.empty ((codes.shape[0], self.d), dtype="float32")
        self.decode_c (swig_ptr (codes), swig_ptr (x), codes.shape[0])
        return x


def handle_Clustering (the_class):

    @replacement (the_class)
    def replacement_train (self, x: ArrayLike, index: swigfaiss.Index,
                           weights: ArrayLike | None = None) -> None:
        """k-means on x, shape (n, d), with an index for assignment and weights of shape (n,)."""
        x = vectors (x, self.d)
        if weights is not None:
            weights = numbers (weights, "float32", "weights")
            check (weights.shape == (x.shape[0],),
                   f"weights: expected shape ({x.shape[0]},), got {weights.shape}")
        self.train_c (x.shape[0], swig_ptr (x), index,
                      None if weights is None else swig_ptr (weights))

    @replacement (the_class)
    def replacement_train_encoded (self, x: ArrayLike, codec: swigfaiss.Index,
                                   index: swigfaiss.Index,
                                   weights: ArrayLike | None = None) -> None:
        """k-means on codes x of shape (n, codec.sa_code_size ())."""
        check (codec.d == self.d, f"codec: expected d={self.d}, got {codec.d}")
        x = as_codes (x, codec.sa_code_size (), "x")
        if weights is not None:
            weights = numbers (weights, "float32", "weights")
            check (weights.shape == (x.shape[0],),
                   f"weights: expected shape ({x.shape[0]},), got {weights.shape}")
        self.train_encoded_c (x.shape[0], swig_ptr (x), codec, index,
                              None if weights is None else swig_ptr (weights))


def handle_IndexFlat (the_class):
    """Who takes hold of the codes may write to them: as after get_xb, no filter codes are used until
    the index changes by a method (docs/exact-search.md)."""
    inherited = the_class.codes

    def codes (self):
        self.get_xb ()
        return inherited.fget (self)

    the_class.codes = property (codes, inherited.fset, doc=inherited.__doc__)


def handle_IndexNSG (the_class):

    @replacement (the_class)
    def replacement_build (self, x: ArrayLike, graph: ArrayLike) -> None:
        """Add the vectors x, shape (n, d), whose nearest neighbours are known: ids of shape (n, K),
        nearest first."""
        x = vectors (x, self.d)
        graph = numbers (graph, "int64", "graph")
        check (graph.ndim == 2 and len (graph) == len (x),
               f"graph: expected shape ({len (x)}, K), got {graph.shape}")
        self.build_c (x.shape[0], swig_ptr (x), swig_ptr (graph), graph.shape[1])


def handle_Clustering1D (the_class):

    @replacement (the_class)
    def replacement_train_exact (self, x: ArrayLike) -> None:
        """Exact k-means of the numbers x, shape (n, 1)."""
        x = vectors (x, self.d)
        self.train_exact_c (x.shape[0], swig_ptr (x))


def handle_ParameterSpace (the_class):

    @replacement (the_class)
    def replacement_explore (self, index: swigfaiss.Index, xq: ArrayLike,
                             crit: swigfaiss.AutoTuneCriterion) -> swigfaiss.OperatingPoints:
        """Measure parameter combinations; returns the operating points."""
        xq = vectors (xq, index.d, "xq")
        check (xq.shape[0] == crit.nq, f"xq: expected {crit.nq} queries, got {xq.shape[0]}")
        ops = swigfaiss.OperatingPoints ()
        self.explore_c (index, xq.shape[0], swig_ptr (xq), crit, ops)
        return ops


def handle_AutoTuneCriterion (the_class):

    @replacement (the_class)
    def replacement_set_groundtruth (self, D: ArrayLike | None, I: ArrayLike) -> None:
        """The true neighbours, shape (nq, gt_nnn); D may be None."""
        I = numbers (I, "int64", "I")
        check (I.ndim == 2 and I.shape[0] == self.nq,
               f"I: expected {self.nq} rows, got shape {I.shape}")
        if D is not None:
            D = numbers (D, "float32", "D")
            check (D.shape == I.shape, f"D: expected shape {I.shape}, got {D.shape}")
        self.set_groundtruth_c (I.shape[1], None if D is None else swig_ptr (D), swig_ptr (I))

    @replacement (the_class)
    def replacement_evaluate (self, D: ArrayLike | None, I: ArrayLike) -> float:
        """The criterion for results of shape (nq, nnn), or pointers to them."""
        if not hasattr (I, "__len__"):
            return self.evaluate_c (D, I)
        I = numbers (I, "int64", "I")
        shape = (self.nq, self.nnn)
        check (I.shape == shape, f"I: expected shape {shape}, got {I.shape}")
        D = np.zeros (shape, "float32") if D is None else numbers (D, "float32", "D")
        check (D.shape == shape, f"D: expected shape {shape}, got {D.shape}")
        return self.evaluate_c (swig_ptr (D), swig_ptr (I))


def selector_of_array (the_class, dtype, keep):
    """A constructor that takes an array in place of a count and a pointer."""
    original = the_class.original_init = the_class.__init__

    def replacement_init (self, *args):
        if len (args) == 1:
            array = args[0]
            if not is_usual (array, DTYPES[dtype], -1):
                array = as_array (array, "indices")
                check (array.ndim == 1, f"indices: expected shape (n,), got {array.shape}")
                array = numbers (array, dtype, "indices")
            original (self, array.shape[0], swig_ptr (array))
            if keep:
                self.referenced_objects = [array]
        else:
            original (self, *args)

    the_class.__init__ = replacement_init


class UnknownParameter (ArgumentError, TypeError):
    """A keyword that no field has: an AssertionError with upstream, a TypeError elsewhere in Python."""


def handle_SearchParameters (the_class):
    """SearchParameters*(name=value): constructed with fields as keywords."""
    original_init = the_class.original_init = the_class.__init__

    def replacement_init (self, **args):
        original_init (self)
        for name, value in args.items ():
            if not hasattr (type (self), name):
                raise UnknownParameter (f"{type (self).__name__} has no parameter {name}")
            setattr (self, name, value)

    the_class.__init__ = replacement_init


def handle_IOReader (the_class):

    def read_bytes (self, totsz: int) -> bytes:
        """totsz bytes, or fewer at the end."""
        buffer = np.empty (totsz, dtype="uint8")
        return buffer[:self (swig_ptr (buffer), 1, totsz)].tobytes ()

    the_class.read_bytes = read_bytes


def handle_IOWriter (the_class):

    def write_bytes (self, b: bytes) -> int:
        """Write bytes; returns how many were written."""
        buffer = np.frombuffer (b, dtype="uint8")
        return self (swig_ptr (buffer), 1, buffer.size)

    the_class.write_bytes = write_bytes


def queried (names):
    """Methods that have no answer before set_query was called."""

    def handle (the_class):

        def with_query (method):

            @wraps (method)
            def checked (self, *args, **kwargs):
                check (self.__dict__.get ("has_query"), "there is no query: set_query comes first")
                return method (self, *args, **kwargs)

            return checked

        original = the_class.__dict__.get ("set_query")
        if original is not None:

            @wraps (original)
            def set_query (self, *args, **kwargs):
                original (self, *args, **kwargs)
                self.__dict__["has_query"] = True

            the_class.set_query = set_query
        for name in names:
            if name in the_class.__dict__:
                setattr (the_class, name, with_query (the_class.__dict__[name]))

    return handle


# ---- ownership ----
#
# A constructor, an attribute or a method may store a pointer to another object. The object that
# stores it keeps the other one in `referenced_objects`. What is only a view of something within
# another object keeps that one, its `part_of`, which in turn keeps what the view is given; a view of
# an object that only C knows keeps it for good.

kept_for_views = {}


def keep_alive (holder, thing, name=None):
    """holder refers to thing in C, in its field `name`: thing may not be collected before it."""
    while not holder.thisown and "part_of" in holder.__dict__:
        holder = holder.part_of
    if not holder.thisown and name is not None:
        kept_for_views[int (holder.this), name] = thing
        return
    kept = holder.__dict__.setdefault ("referenced_objects", [])
    if not any (k is thing for k in kept):
        kept.append (thing)


class RememberSwigOwnership:
    """with RememberSwigOwnership (object): whose the object is afterwards is as it was before."""

    def __init__ (self, obj):
        self.obj = obj

    def __enter__ (self):
        self.was_owned = self.obj.thisown
        return self

    def __exit__ (self, *exception):
        self.obj.thisown = self.was_owned


def is_object (value):
    return hasattr (value, "this") and hasattr (value, "thisown")


def add_ref_in_constructor (the_class, parameter_no):
    """Keep an argument of the constructor alive with the object; None: all that are objects."""
    original = the_class.__init__

    @wraps (original)
    def replacement_init (self, *args, **kwargs):
        original (self, *args, **kwargs)
        for i, arg in enumerate (args):
            if parameter_no in (None, i) and is_object (arg):
                keep_alive (self, arg)
        for arg in kwargs.values ():
            if is_object (arg):
                keep_alive (self, arg)

    the_class.__init__ = replacement_init


def add_ref_in_method (the_class, method_name, parameter_no):
    """Keep an argument of a method alive with the object."""
    original = getattr (the_class, method_name)

    @wraps (original)
    def replacement_method (self, *args, **kwargs):
        result = original (self, *args, **kwargs)
        kept = [*args, *kwargs.values ()][parameter_no:parameter_no + 1]
        if kept and is_object (kept[0]):
            keep_alive (self, kept[0], method_name)
        return result

    setattr (the_class, method_name, replacement_method)


def add_ref_in_method_explicit_own (the_class, method_name):
    """The same for methods (object, own=False): an object that is given away is not Python's."""
    original = getattr (the_class, method_name)

    @wraps (original)
    def replacement_method (self, ref, own=False):
        result = original (self, ref, own)
        if own and ref is not None:
            ref.this.disown ()
            keep_alive (ref, self)  # freed with self: whoever looks at it keeps it
        elif is_object (ref):
            keep_alive (self, ref, method_name)
        return result

    setattr (the_class, method_name, replacement_method)


def add_ref_in_function (function_name, parameter_no):
    """The result of a function of the module refers to an argument."""
    import faiss
    function = getattr (faiss, function_name)

    @wraps (function)
    def replacement_function (*args):
        result = function (*args)
        keep_alive (result, args[parameter_no])
        return result

    setattr (faiss, function_name, replacement_function)


def replacement_setattr (self, name, value):
    """Attributes are set as ever; an object is kept alive by the one that points to it."""
    check (value is not self, f"{name}: expected another object, got the one of which it would be a part")
    object.__setattr__ (self, name, value)
    if name != "this" and is_object (value):
        keep_alive (self, value, name)


def known_attributes_only (self, name, value):
    """The same for indexes, which refuse what they do not have, as upstream's do: `index.nprob = 3`."""
    if not (hasattr (type (self), name) or name in ("this", "referenced_objects") or name in self.__dict__):
        error = AttributeError (f"'{type (self).__name__}' object has no attribute '{name}'")
        error.name, error.obj = name, self  # Python asks: "Did you mean: 'nprobe'?"
        raise error
    replacement_setattr (self, name, value)


def accept_own_invlists (the_class):
    """Constructors of inverted files have one more argument in upstream: whether to make lists."""
    original = the_class.__init__

    @wraps (original)
    def replacement_init (self, *args):
        try:
            original (self, *args)
        except TypeError:
            if not args or not isinstance (args[-1], bool):
                raise
            original (self, *args[:-1])
            if not args[-1]:
                self.replace_invlists (None, False)

    the_class.__init__ = replacement_init


def kept_with_view (function):
    """The results of a function of an object, where they are objects, keep that one.

    Those that are made, and are Python's, keep the function's other arguments as well.
    """

    @wraps (function)
    def view (self, *args, **kwargs):
        result = function (self, *args, **kwargs)
        if is_object (result) and result.thisown:
            for thing in (self, *args, *kwargs.values ()):
                if is_object (thing):
                    keep_alive (result, thing)
        elif is_object (result) and is_object (self):
            result.__dict__["part_of"] = self
        return result

    return view


def kept_with_argument (function):
    """The same for a function of one argument, which may be named."""
    view = kept_with_view (function)

    @wraps (function)
    def kept (*args, **kwargs):
        return view (*args, *kwargs.values ())

    return kept


def keep_wholes_of_parts (the_class, names):
    """Fields and results of methods that are objects: the headers say which."""
    for name in names:
        member = the_class.__dict__.get (name)
        if isinstance (member, property):
            setattr (the_class, name, property (kept_with_view (member.fget), member.fset,
                                                doc=member.__doc__))
        elif callable (member):
            setattr (the_class, name, kept_with_view (member))


# ---- parts of classes that C spells otherwise ----


def add_members (the_class):
    """Constants and parents that the class has in C++."""
    name = the_class.__name__
    if name == "DirectMap":
        the_class.DMT_count = 3
    elif name == "InvertedLists":
        the_class.INVALID_CODE_SIZE = 2**64 - 1
    elif name == "IndexIVFPQ":
        the_class.ScannerMode_Precomputed, the_class.ScannerMode_OnTheFly = 0, 1
    elif name == "ZnSphereCodec":
        the_class.__bases__ += (swigfaiss.ZnSphereSearch,)
    elif name == "IndexIVF":
        the_class.PARALLEL_MODE_NO_HEAP_INIT = swigfaiss.FAISS_PARALLEL_MODE_NO_HEAP_INIT
        make_IndexIVFInterface (the_class)


def make_IndexIVFInterface (IndexIVF):
    """In C++ every IndexIVF is also a Level1Quantizer; in C it has the same fields and methods."""

    class IndexIVFInterface (swigfaiss.Level1Quantizer):
        """An index that can search lists of the caller's choice."""
        nprobe = IndexIVF.nprobe
        max_codes = IndexIVF.max_codes
        search_preassigned = IndexIVF.search_preassigned
        range_search_preassigned = IndexIVF.range_search_preassigned

        def __init__ (self, *args, **kwargs):
            raise AttributeError ("No constructor defined - class is abstract")

    def forward (name):
        method = getattr (swigfaiss.Level1Quantizer, name)

        @wraps (method)
        def forwarded (self, *args, **kwargs):
            part = swigfaiss.Level1Quantizer ()
            for field in ("quantizer", "nlist", "quantizer_trains_alone", "clustering_index", "cp"):
                setattr (part, field, getattr (self, field))
            return method (part, *args, **kwargs)

        if name not in IndexIVF.__dict__:
            setattr (IndexIVF, name, forwarded)

    for name in ("train_q1", "coarse_code_size", "encode_listno", "decode_listno"):
        forward (name)
    IndexIVFInterface.__module__ = "faiss.swigfaiss"
    IndexIVFInterface.__qualname__ = "IndexIVFInterface"
    IndexIVF.__bases__ = (swigfaiss.Index, IndexIVFInterface)
    swigfaiss.IndexIVFInterface = IndexIVFInterface


# ancestor -> what its classes are given, in this order
HANDLERS = {
    "Index": handle_Index,
    "VectorTransform": handle_VectorTransform,
    "Quantizer": handle_Quantizer,
    "IndexFlat": handle_IndexFlat,
    "Clustering": handle_Clustering,
    "IndexNSG": handle_IndexNSG,
    "Clustering1D": handle_Clustering1D,
    "ParameterSpace": handle_ParameterSpace,
    "AutoTuneCriterion": handle_AutoTuneCriterion,
    "SearchParameters": handle_SearchParameters,
    "IOReader": handle_IOReader,
    "IOWriter": handle_IOWriter,
    "DistanceComputer": queried (["vector_to_query_dis", "distance_to_code"]),
    "InvertedListScanner": queried (["set_list", "distance_to_code", "scan_codes", "scan_codes_range"]),
    "IDSelectorArray": lambda the_class: selector_of_array (the_class, "int64", True),
    "IDSelectorBatch": lambda the_class: selector_of_array (the_class, "int64", False),
    "IDSelectorBitmap": lambda the_class: selector_of_array (the_class, "uint8", True),
}
NOT_INHERITED = {"Clustering", "IndexFlat", "ParameterSpace"}
