"""Functions and classes on arrays that no single class of the library offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from faiss import swigfaiss
from faiss._swigfaiss import (bitstring_arrays, bucket_sort_arrays, common_arrays, id_map_arrays, is_output, is_usual,
                              k_best_arrays, merge_arrays)
from faiss.array_conversions import (FLOAT32, ArgumentError, ArgumentTypeError, as_array, check, copy_array_to_vector, integer,
                                     numbers, output, real, rev_swig_ptr, shape_of, short, vector_to_array, vectors)
from faiss.blocks import BLOCK, compact, row_blocks
from faiss.gpu_wrappers import get_num_gpus
from faiss.swigfaiss import METRIC_INNER_PRODUCT, METRIC_L2, swig_ptr

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def is_larger_better (metric):
    return swigfaiss.is_similarity_metric (metric)


# ---- random numbers, the same for the same seed as upstream's ----


def rand (n: int | tuple[int, ...], seed: int = 12345) -> NDArray[np.float32]:
    """Uniform float32 numbers in [0, 1], of shape n (a number or a tuple)."""
    res = np.empty (shape_of (n), dtype="float32")
    swigfaiss.float_rand_or_end (swig_ptr (res), res.size, seed)
    return res


def randn (n: int | tuple[int, ...], seed: int = 12345) -> NDArray[np.float32]:
    """Normal float32 numbers, of shape n (a number or a tuple)."""
    res = np.empty (shape_of (n), dtype="float32")
    swigfaiss.float_randn_or_end (swig_ptr (res), res.size, seed)
    return res


def randint (n: int | tuple[int, ...], seed: int = 12345,
             vmax: int | None = None) -> NDArray[np.int64]:
    """Random int64 numbers, below vmax if it is given."""
    res = np.empty (shape_of (n), dtype="int64")
    swigfaiss.int64_rand_or_end (swig_ptr (res), res.size, 0 if vmax is None else vmax, seed)
    return res


lrand = randint


def rand_smooth_vectors (n: int, d: int, seed: int = 1234) -> NDArray[np.float32]:
    """n vectors of d components near a curved surface of low dimension."""
    res = np.empty ((integer (n, "n", 0), integer (d, "d", 0)), dtype="float32")
    swigfaiss.rand_smooth_vectors (n, d, swig_ptr (res), seed)
    return res


# ---- indexes ----


def index_factory (d: int, description: str, metric: int = METRIC_L2,
                   own_invlists: bool = True) -> swigfaiss.Index:
    """Make an index from a description, "IVF100,Flat" for instance; it owns its parts.

    Without own_invlists an inverted file has no lists: replace_invlists gives it some.
    """
    index = swigfaiss.index_factory (d, description, metric)
    if not own_invlists:
        from faiss.ivf_wrappers import try_extract_index_ivf
        ivf = try_extract_index_ivf (index)
        if ivf is not None:
            ivf.replace_invlists (None, False)
    return index


# ---- small functions on arrays ----


def eval_intersection (I1: ArrayLike, I2: ArrayLike) -> int:
    """The number of labels that each pair of rows has in common, summed; -1 is none."""
    I1, I2 = numbers (I1, "int64", "I1"), numbers (I2, "int64", "I2")
    check (I1.ndim == 2 and I2.ndim == 2 and I1.shape[0] == I2.shape[0],
           f"expected tables of equally many rows, got shapes {I1.shape} and {I2.shape}")
    return common_arrays (I1, I2)


def checksum (a):
    """A number that differs, most likely, for arrays that differ; of a matrix one per row."""
    a = compact (a)
    check (a.dtype.kind not in "OMm", f"a: expected numbers, got dtype {a.dtype}")
    check (a.ndim in (1, 2), f"a: expected a vector or a matrix, got shape {a.shape}")
    rows = a.view ("uint8")
    if a.ndim == 1:
        return checksum_of_bytes (rows)
    cs = np.zeros (a.shape[0], dtype="uint64")
    for some in row_blocks (*rows.shape):
        part = rows[some]
        swigfaiss.bvecs_checksum (part.shape[0], part.shape[1], swig_ptr (part), swig_ptr (cs[some]))
    return cs


def checksum_of_bytes (a):
    """bvec_checksum, from the last block to the first: each word multiplies what came before by a factor."""
    start, factor, end = 112909, 65713, 1 << 64
    found, n_words = start, a.size // 4
    for part in reversed ([*row_blocks (n_words)]):
        words = a[4 * part.start:4 * part.stop]
        alone = swigfaiss.bvec_checksum (words.size, swig_ptr (words))
        found = (alone + (found - start) * pow (factor, words.size // 4, end)) % end
    for byte in a[4 * n_words:].tolist ():
        found = (found * factor + byte * 1686049) % end
    return found


def normalize_L2 (x: NDArray[np.float32]) -> None:
    """Scale the rows of x to norm 1, in place; zero rows stay. x may be a tensor of torch's, too."""
    if not is_output (x, FLOAT32, 2):
        if hasattr (x, "detach"):
            x = x.numpy ()  # the same memory
        if not (isinstance (x, np.ndarray) and x.ndim == 2 and x.dtype == np.float32
                and x.flags.c_contiguous and x.flags.writeable):
            what = f"{x.dtype} of shape {x.shape}" if isinstance (x, np.ndarray) else type (x).__name__
            kind = ArgumentError if isinstance (x, np.ndarray) and x.dtype == np.float32 else ArgumentTypeError
            raise kind (f"x: expected a writable C-contiguous float32 matrix, to change in place, got {what}")
    for part in [x] if x.size <= BLOCK else (x[rows] for rows in row_blocks (*x.shape)):
        swigfaiss.fvec_renorm_L2 (x.shape[1], len (part), swig_ptr (part))


def k_best (array, k, is_similarity):
    """As a heap would find them that takes column after column, and a number only if it beats the worst.

    Of equal ones, those first found stay, and among similarities the later ones of these.
    """
    array = numbers (array, "float32", "array")
    k = integer (k, "k", 1)
    check (array.ndim == 2, f"array: expected a matrix, got shape {array.shape}")
    return k_best_arrays (array, k, is_similarity)


def kmin (array: ArrayLike, k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The k smallest values of each row and their columns."""
    return k_best (array, k, False)


def kmax (array: ArrayLike, k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The k largest values of each row and their columns."""
    return k_best (array, k, True)


def two_matrices (xq, xb):
    """xq and xb as vectors of equally many components, and how many these are."""
    if not is_usual (xb, FLOAT32, -2):
        xb = as_array (xb, "xb")
    if xb.ndim != 2:
        raise ArgumentError (f"xb: expected a matrix, got shape {xb.shape}")
    d = xb.shape[1]
    xb = vectors (xb, d, "xb")
    return vectors (xq, d, "xq"), xb, d


def pairwise_distances (xq: ArrayLike, xb: ArrayLike, metric: int = METRIC_L2,
                        metric_arg: float = 0) -> NDArray[np.float32]:
    """The distances between all rows of xq and all of xb, shape (nq, nb)."""
    xq, xb, d = two_matrices (xq, xb)
    dis = output (None, (xq.shape[0], xb.shape[0]), "float32", "dis")
    # Ctrl-C is heard between two pieces: 512 queries, enough for two threads, or more
    step = max (512, 3 * 10**8 // max (1, xb.size))
    rows = min (step, len (xq))
    many = max (64, min (3 * 10**8 // max (1, d * rows), 2 * 10**6 // max (1, rows)))
    if dis.size > BLOCK:  # its pages one after the other: below they would come all at once
        for part in row_blocks (dis.size):
            dis.reshape (-1)[part][::1024] = 0
    if metric == METRIC_L2 and len (xq) <= step and len (xb) <= many:
        swigfaiss.pairwise_L2sqr (d, len (xq), swig_ptr (xq), len (xb), swig_ptr (xb), swig_ptr (dis), -1, -1, -1)
    elif metric in (METRIC_L2, METRIC_INNER_PRODUCT):
        for i in range (0, xq.shape[0], step):
            for j in range (0, xb.shape[0], many):
                some_q, some_b, out = xq[i:i + step], xb[j:j + many], dis[i:i + step, j:j + many]
                if metric == METRIC_L2:
                    swigfaiss.pairwise_L2sqr (d, len (some_q), swig_ptr (some_q), len (some_b), swig_ptr (some_b),
                                              swig_ptr (dis[i, j:]), -1, -1, len (xb))
                else:
                    np.matmul (some_q, some_b.T, out=out)
    else:
        swigfaiss.pairwise_extra_distances (d, xq.shape[0], swig_ptr (xq), xb.shape[0],
                                            swig_ptr (xb), metric, metric_arg, swig_ptr (dis))
    return dis


def knn (xq: ArrayLike, xb: ArrayLike, k: int, metric: int = METRIC_L2,
         metric_arg: float = 0.0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The k nearest of xb for each row of xq, without an index."""
    xq, xb, d = two_matrices (xq, xb)
    k, metric_arg = integer (k, "k", 1), real (metric_arg, "metric_arg")
    nq, nb = xq.shape[0], xb.shape[0]
    D, I = output (None, (nq, k), "float32", "D"), output (None, (nq, k), "int64", "I")
    if metric == METRIC_L2:
        swigfaiss.knn_L2sqr (swig_ptr (xq), swig_ptr (xb), d, nq, nb, k, swig_ptr (D), swig_ptr (I))
    elif metric == METRIC_INNER_PRODUCT:
        swigfaiss.knn_inner_product (swig_ptr (xq), swig_ptr (xb), d, nq, nb, k, swig_ptr (D),
                                     swig_ptr (I))
    else:
        swigfaiss.knn_extra_metrics (swig_ptr (xq), swig_ptr (xb), d, nq, nb, metric, metric_arg, k,
                                     swig_ptr (D), swig_ptr (I))
    return D, I


def merge_knn_results (Dall: ArrayLike, Iall: ArrayLike,
                       keep_max: bool = False) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Merge sorted results of several shards, shape (nshard, nq, k), into those of all."""
    Iall = numbers (Iall, "int64", "Iall")
    Dall = numbers (Dall, "float32", "Dall")
    if Iall.ndim != 3 or Iall.shape != Dall.shape:
        raise ArgumentError (f"expected equal shapes (nshard, nq, k), got {Dall.shape} and {Iall.shape}")
    n_shards, n, k = Iall.shape
    D, I = output (None, (n, k), "float32", "D"), output (None, (n, k), "int64", "I")
    swigfaiss.merge_knn_results (keep_max, n, k, n_shards, swig_ptr (Dall), swig_ptr (Iall),
                                 swig_ptr (D), swig_ptr (I))
    return D, I


def knn_hamming (xq: ArrayLike, xb: ArrayLike, k: int,
                 variant: str = "hc") -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The k nearest bit strings, rows of bytes, by the number of bits that differ."""
    xq, xb = numbers (xq, "uint8", "xq"), numbers (xb, "uint8", "xb")
    check (xq.ndim == 2 and xb.ndim == 2 and xq.shape[1] == xb.shape[1],
           f"expected matrices of equally many columns, got shapes {xq.shape} and {xb.shape}")
    check (variant in ("hc", "mc"), f"variant: expected 'hc' or 'mc', got {variant!r}")
    k = integer (k, "k", 1)
    D, I = np.empty ((len (xq), k), "float32"), np.empty ((len (xq), k), "int64")
    swigfaiss.knn_hamming (swig_ptr (xq), swig_ptr (xb), len (xq), len (xb), xb.shape[1], k, None, swig_ptr (D),
                           swig_ptr (I))
    missing = I < 0
    D[missing] = 0
    D = D.astype ("int32")
    D[missing] = 2**31 - 1
    return D, I


# ---- sorting by small integers ----


def bucket_sort (tab: ArrayLike, nbucket: int | None = None,
                 nt: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of tab's values, value after value: (lims, perm), value v at lims[v]:lims[v + 1]."""
    tab = as_array (tab, "tab")
    check (tab.ndim == 1 and tab.dtype.kind in "iu",
           f"tab: expected integers of shape (n,), got {tab.dtype} {tab.shape}")
    nbucket = int (tab.max () + 1 if tab.size else 0) if nbucket is None else integer (nbucket, "nbucket", 0)
    return sorted_buckets (tab, nbucket, 1)


def sorted_buckets (tab, nbucket, divisor):
    found = bucket_sort_arrays (numbers (tab, "int64", "tab"), nbucket, divisor) if nbucket >= 0 else None
    check (found is not None, f"tab: expected values 0 .. {nbucket - 1}")
    return found


def matrix_bucket_sort_inplace (tab, nbucket=None, nt=0):
    """The same for a matrix; tab becomes the row numbers of the sorted values. Returns lims."""
    check (isinstance (tab, np.ndarray) and tab.ndim == 2 and tab.dtype in ("int32", "int64")
           and tab.flags.writeable, "tab: expected a writable matrix of int32 or int64")
    nbucket = int (tab.max () + 1 if tab.size else 0) if nbucket is None else integer (nbucket, "nbucket", 0)
    lims, rows = sorted_buckets (tab.ravel (), nbucket, tab.shape[1])
    tab[:] = rows.reshape (tab.shape)
    return lims


class MapLong2Long:
    """A map from int64 to int64; -1 for what it lacks."""

    map = None

    def __init__ (self):
        self.map = swigfaiss.IdMap ()

    def add_c (self, n, keys, vals):
        """add for pointers to n keys and values."""
        self.add (rev_swig_ptr (keys, n), rev_swig_ptr (vals, n))

    def search_multiple_c (self, n, keys, vals):
        """search_multiple for pointers to n keys and values."""
        rev_swig_ptr (vals, n)[:] = self.search_multiple (rev_swig_ptr (keys, n))

    def add (self, keys, vals):
        """Note the values of keys; the last one of a key counts."""
        keys, vals = numbers (keys, "int64", "keys"), numbers (vals, "int64", "vals")
        check (keys.ndim == 1 and keys.shape == vals.shape,
               f"expected equal shapes (n,), got {keys.shape} and {vals.shape}")
        id_map_arrays (self.map, keys, vals, True)

    def search (self, key):
        return int (self.search_multiple ([key])[0])

    def search_multiple (self, keys):
        """The values of keys, shape (n,)."""
        keys = numbers (keys, "int64", "keys")
        check (keys.ndim == 1, f"keys: expected shape (n,), got {keys.shape}")
        vals = np.empty (keys.shape, "int64")
        id_map_arrays (self.map, keys, vals, False)
        return vals


# ---- bit strings ----


def widths_of_columns (M, nbit):
    """nbit as int32 numbers, one for each of M columns."""
    if np.ndim (nbit) == 0:
        return np.full (M, integer (nbit, "nbit", 0, 2**31), "int32")
    widths = numbers (nbit, "int32", "nbit")
    if widths.shape != (M,) or (widths < 0).any ():
        raise ArgumentError (f"nbit: expected a number or {M} of them, from 0 on, got {short (nbit)}")
    return widths


def pack_bitstrings (a, nbit):
    """Pack rows of small integers, nbit bits each (a number, or one per column), into bytes."""
    a = numbers (a, "int32", "a")
    check (a.ndim == 2, f"a: expected a matrix, got shape {a.shape}")
    n, M = a.shape
    widths = widths_of_columns (M, nbit)
    codes = np.empty ((n, (sum (widths.tolist ()) + 7) // 8), "uint8")
    bitstring_arrays (a, codes, widths, True)
    return codes


def unpack_bitstrings (b, M_or_nbits, nbit=None):
    """The inverse of pack_bitstrings, by (M, nbit) or a list of widths."""
    b = numbers (b, "uint8", "b")
    if b.ndim != 2:
        raise ArgumentError (f"b: expected a matrix, got shape {b.shape}")
    if nbit is not None:
        M_or_nbits, nbit = integer (M_or_nbits, "M_or_nbits", 0), integer (nbit, "nbit", 0)
        if M_or_nbits * nbit > 8 * b.shape[1]:
            raise ArgumentError (f"b: expected {M_or_nbits} numbers of {nbit} bits in each row, "
                                 f"got {b.shape[1]} bytes")
        widths = widths_of_columns (M_or_nbits, nbit)
    else:
        widths = widths_of_columns (np.size (M_or_nbits), np.ravel (M_or_nbits))
    n_bytes = (sum (widths.tolist ()) + 7) // 8
    if b.shape[1] != n_bytes:
        raise ArgumentError (f"b: expected {n_bytes} columns, got shape {b.shape}")
    a = np.empty ((b.shape[0], widths.size), "int32")
    bitstring_arrays (a, b, widths, False)
    return a


class ResultHeap:
    """Collects the k best of results that arrive slice by slice; finalize () sorts D and I."""

    def __init__ (self, nq: int, k: int, keep_max: bool = False) -> None:
        nq, k = integer (nq, "nq", 0), integer (k, "k", 0)
        self.nq, self.k, self.keep_max = nq, k, keep_max
        worst = -np.finfo ("f").max if keep_max else np.finfo ("f").max
        self.D = np.full ((nq, k), worst, dtype="float32")
        self.I = np.full ((nq, k), -1, dtype="int64")

    def add_result (self, D: ArrayLike, I: ArrayLike) -> None:
        """Results for all queries, shape (nq, any number)."""
        check (D.shape == I.shape and D.shape[0] == self.nq,
               f"expected equal shapes with {self.nq} rows, got {D.shape} and {I.shape}")
        self.add_result_subset (slice (None), D, I)

    def add_result_subset (self, subset: Any, D: ArrayLike, I: ArrayLike) -> None:
        """Results for some queries."""
        best_D, best_I = numbers (self.D[subset], "float32", "D"), numbers (self.I[subset], "int64", "I")
        merge_arrays (best_D, best_I, numbers (D, "float32", "D"), numbers (I, "int64", "I"), self.keep_max)
        self.D[subset], self.I[subset] = best_D, best_I

    def finalize (self) -> None:
        """Nothing is left to do: the results are sorted after each call."""


class TimeoutGuard:
    """with TimeoutGuard (2.5): calls that are not done after 2.5 seconds raise RuntimeError."""

    def __init__ (self, timeout_in_seconds: float) -> None:
        self.timeout = timeout_in_seconds

    def __enter__ (self) -> None:
        swigfaiss.set_timeout (max (real (self.timeout, "timeout_in_seconds"), 0))

    def __exit__ (self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        swigfaiss.set_timeout (-1)


def whole (k):
    """A number of centroids, as upstream takes it: the square root of a count, for instance."""
    try:
        return int (k)
    except (TypeError, ValueError, OverflowError) as error:
        raise type (error) (f"k: expected an integer, got {short (k)}") from None


class Kmeans:
    """k-means: train (), then `centroids`, `obj`, `iteration_stats` and assign ().

    Keyword arguments set the fields of ClusteringParameters; with progressive_dim_steps among them,
    those of ProgressiveDimClusteringParameters: more and more of the principal components count.
    gpu=True means all GPUs there are: none, in a CPU build.
    """

    def __init__ (self, d: int, k: int, **kwargs: Any) -> None:
        self.d = integer (d, "d")
        self.reset (whole (k))
        gpu = kwargs.pop ("gpu", False)
        self.gpu = get_num_gpus () if gpu in (True, -1) else gpu
        check (not self.gpu, f"gpu: this is the CPU build, got {gpu!r}")
        if "progressive_dim_steps" in kwargs:
            self.cp = swigfaiss.ProgressiveDimClusteringParameters ()
            self.fac = swigfaiss.ProgressiveDimIndexFactory ()
        else:
            self.cp, self.fac = swigfaiss.ClusteringParameters (), None
        for name, value in kwargs.items ():
            if not hasattr (type (self.cp), name):
                raise AttributeError (f"Kmeans has no parameter {name}")
            setattr (self.cp, name, value)
        self.set_index ()

    def set_index (self) -> None:
        """The index that assigns points to centroids."""
        if self.cp.spherical:
            self.index = swigfaiss.IndexFlatIP (self.d)
        else:
            self.index = swigfaiss.IndexFlatL2 (self.d)

    def reset (self, k: int | None = None) -> None:
        """Forget the training; k may change."""
        if k is not None:
            self.k = whole (k)
        self.centroids = None
        self.obj = None
        self.iteration_stats = None

    def train (self, x: ArrayLike, weights: ArrayLike | None = None,
               init_centroids: ArrayLike | None = None) -> float:
        """Train on x, shape (n, d); returns the final objective."""
        x = vectors (x, self.d)
        if self.fac is None:
            clustering = swigfaiss.Clustering (self.d, self.k, self.cp)
            if init_centroids is not None:
                init = vectors (init_centroids, self.d, "init_centroids")
                check (init.shape[0] <= self.k,
                       f"init_centroids: expected at most {self.k} rows, got {init.shape[0]}")
                copy_array_to_vector (init.ravel (), clustering.centroids)
            clustering.train (x, self.index, weights)
        else:
            check (weights is None and init_centroids is None and not self.cp.spherical,
                   "with progressive_dim_steps: expected no weights, init_centroids or spherical")
            clustering = swigfaiss.ProgressiveDimClustering (self.d, self.k, self.cp)
            clustering.train (x.shape[0], swig_ptr (x), self.fac)
        self.centroids = vector_to_array (clustering.centroids).reshape (self.k, self.d)
        if self.fac is not None:
            self.index.reset ()
            self.index.add (self.centroids)
        stats = [clustering.iteration_stats.at (i)
                 for i in range (clustering.iteration_stats.size ())]
        self.obj = np.array ([s.obj for s in stats])
        fields = "obj time time_search imbalance_factor nsplit".split ()
        self.iteration_stats = [{f: getattr (s, f) for f in fields} for s in stats]
        return self.obj[-1] if self.obj.size > 0 else 0.0

    def assign (self, x: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Distance and number of the nearest centroid for each row of x."""
        x = vectors (x, self.d)
        check (self.centroids is not None, "train () must be called before assign ()")
        self.index.reset ()
        self.index.add (self.centroids)
        D, I = self.index.search (x, 1)
        return D.ravel (), I.ravel ()
