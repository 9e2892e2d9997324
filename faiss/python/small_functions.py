"""Small functions and classes on arrays and pointers that C has no use for: by NumPy, or by what C has."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from faiss import swigfaiss
from faiss._swigfaiss import id_map_arrays
from faiss.array_conversions import (as_array, check, codes as as_codes, copy_array_to_vector, integer, numbers,
                                     rev_swig_ptr, swig_ptr, vector_to_array, vectors)
from faiss.blocks import copied, row_blocks
from faiss.extra_wrappers import checksum
from faiss.heap_arrays import HeapArray

# ---- results ----


class IntHeapArray (HeapArray):
    """Heaps of int32 values."""

    _neutral = 2**31 - 1

    def heapify (self) -> None:
        val, ids = self.arrays ()
        val[:], ids[:] = (self._neutral if self._sign > 0 else -2**31), -1


class int_maxheap_array_t (IntHeapArray):
    """Of distances, Hamming's for instance: the smallest are kept."""


class int_minheap_array_t (IntHeapArray):
    """Of similarities: the largest are kept."""

    _sign = -1


def merge_parts (keep_max, n, k, nshard, all_distances, all_labels, distances, labels):
    D, I = (rev_swig_ptr (p, nshard * n * k).reshape (nshard, n, k) for p in (all_distances, all_labels))
    out_D, out_I = (rev_swig_ptr (p, n * k).reshape (n, k) for p in (distances, labels))
    for rows in row_blocks (n, nshard * k):
        some_D, some_I = (np.moveaxis (a[:, rows], 0, 1).reshape (-1, nshard * k) for a in (D, I))
        key = (-some_D if keep_max else some_D).astype ("float64")
        best = np.argsort (np.where (some_I < 0, np.inf, key), axis=1, kind="stable")[:, :k]
        out_D[rows] = np.take_along_axis (some_D, best, axis=1)
        out_I[rows] = np.take_along_axis (some_I, best, axis=1)


def merge_knn_results_CMax (n: int, k: int, nshard: int, all_distances: Any, all_labels: Any, distances: Any,
                            labels: Any) -> None:
    """Sorted results of nshard shards, of similarities, into those of all; pointers, float or int32."""
    merge_parts (True, n, k, nshard, all_distances, all_labels, distances, labels)


def merge_knn_results_CMin (n: int, k: int, nshard: int, all_distances: Any, all_labels: Any, distances: Any,
                            labels: Any) -> None:
    """The same of distances."""
    merge_parts (False, n, k, nshard, all_distances, all_labels, distances, labels)


def merge_result_table_with (n: int, k: int, I0: Any, D0: Any, I1: Any, D1: Any, keep_min: bool = True,
                             translation: int = 0) -> int:
    """Merge the sorted results I1, D1 into I0, D0, pointers to n * k each; translation is added to the labels of I1.

    Returns how many results came from the second table.
    """
    I0, D0, I1, D1 = (rev_swig_ptr (p, n * k).reshape (n, k) for p in (I0, D0, I1, D1))
    n_from_1 = 0
    for rows in row_blocks (n, 2 * k):
        I = np.concatenate ([I0[rows], np.where (I1[rows] < 0, -1, I1[rows] + translation)], axis=1)
        D = np.concatenate ([D0[rows], D1[rows]], axis=1)
        best = np.argsort (np.where (I < 0, np.inf, D if keep_min else -D), axis=1, kind="stable")[:, :k]
        I0[rows], D0[rows] = np.take_along_axis (I, best, axis=1), np.take_along_axis (D, best, axis=1)
        n_from_1 += int (((best >= k) & (I0[rows] >= 0)).sum ())
    return n_from_1


def ranklist_handle_ties (k: int, idx: Any, dis: Any) -> None:
    """Sort the labels of equal distances; pointers to k sorted results."""
    labels = rev_swig_ptr (idx, k)
    labels[:] = labels[np.lexsort ((labels, np.cumsum (np.diff (rev_swig_ptr (dis, k), prepend=0) != 0)))]


# ---- distances ----


def inner_product_to_L2sqr (dis: Any, nr1: Any, nr2: Any, n1: int, n2: int) -> None:
    """Turn n1 x n2 inner products into squared distances by the squared norms of both sides; pointers."""
    table = rev_swig_ptr (dis, n1 * n2).reshape (n1, n2)
    norms1, norms2 = rev_swig_ptr (nr1, n1), rev_swig_ptr (nr2, n2)
    for rows in row_blocks (n1, n2):
        table[rows] = norms1[rows, None] + norms2 - 2 * table[rows]


def fvec_L2sqr_batch_4 (x: Any, y0: Any, y1: Any, y2: Any, y3: Any, d: int, dis0: Any, dis1: Any, dis2: Any,
                        dis3: Any) -> None:
    """fvec_L2sqr of x and four vectors, into what dis0 .. dis3 point to."""
    for y, dis in zip ((y0, y1, y2, y3), (dis0, dis1, dis2, dis3)):
        rev_swig_ptr (dis, 1)[0] = swigfaiss.fvec_L2sqr (x, y, d)


def fvec_inner_product_batch_4 (x: Any, y0: Any, y1: Any, y2: Any, y3: Any, d: int, dis0: Any, dis1: Any, dis2: Any,
                                dis3: Any) -> None:
    """The same of fvec_inner_product."""
    for y, dis in zip ((y0, y1, y2, y3), (dis0, dis1, dis2, dis3)):
        rev_swig_ptr (dis, 1)[0] = swigfaiss.fvec_inner_product (x, y, d)


def transposed_distances (x, y, y_sqlen, d, d_offset, ny):
    x, rows = rev_swig_ptr (x, d), rev_swig_ptr (y, d * d_offset).reshape (d, d_offset)[:, :ny]
    return (x @ x + rev_swig_ptr (y_sqlen, ny) - 2 * (x @ rows)).astype ("float32")


def fvec_L2sqr_ny_transposed (dis: Any, x: Any, y: Any, y_sqlen: Any, d: int, d_offset: int, ny: int) -> None:
    """Squared distances of x to ny vectors whose components i are at y + i * d_offset; y_sqlen: their squared norms."""
    rev_swig_ptr (dis, ny)[:] = transposed_distances (x, y, y_sqlen, d, d_offset, ny)


def fvec_L2sqr_ny_nearest_y_transposed (distances_tmp_buffer: Any, x: Any, y: Any, y_sqlen: Any, d: int, d_offset: int,
                                        ny: int) -> int:
    """The nearest of them; distances_tmp_buffer gets all distances."""
    fvec_L2sqr_ny_transposed (distances_tmp_buffer, x, y, y_sqlen, d, d_offset, ny)
    return int (rev_swig_ptr (distances_tmp_buffer, ny).argmin ()) if ny > 0 else 0


def compute_PQ_dis_tables_dsub2 (d: int, ksub: int, centroids: Any, nx: int, x: Any, is_inner_product: bool,
                                 dis_tables: Any) -> None:
    """Distance tables of nx vectors for a product quantizer of pairs of components; pointers."""
    check (d % 2 == 0, f"d: expected an even number, got {d}")
    centers = rev_swig_ptr (centroids, d * ksub).reshape (1, d // 2, ksub, 2)
    parts = rev_swig_ptr (x, nx * d).reshape (nx, d // 2, 1, 2)
    tables = (parts * centers).sum (3) if is_inner_product else ((parts - centers) ** 2).sum (3)
    rev_swig_ptr (dis_tables, tables.size)[:] = tables.ravel ()


def reflection (u: Any, x: Any, n: int, d: int, nu: int) -> None:
    """Reflect n vectors, one after another, at the hyperplanes of nu unit vectors u; pointers."""
    rows = rev_swig_ptr (x, n * d).reshape (n, d)
    for normal in rev_swig_ptr (u, nu * d).reshape (nu, d):
        rows -= 2 * (rows @ normal)[:, None] * normal


# ---- clustering of numbers ----


def kmeans1d (x: Any, n: int, nclusters: int, centroids: Any) -> float:
    """The best clustering of n numbers; pointers. Returns the imbalance factor of the clusters."""
    values = copied (rev_swig_ptr (x, n))
    clustering = swigfaiss.Clustering1D (nclusters)
    clustering.train_exact (values[:, None])
    found = np.sort (vector_to_array (clustering.centroids))
    rev_swig_ptr (centroids, nclusters)[:] = found
    sizes = np.zeros (nclusters, dtype="int64")
    for rows in row_blocks (n, nclusters):
        sizes += np.bincount (((values[rows, None] - found) ** 2).argmin (1), minlength=nclusters)
    return float (nclusters * (sizes.astype ("float64") ** 2).sum () / n ** 2)


def smawk (nrows: int, ncols: int, x: Any, argmins: Any) -> None:
    """The column of the smallest value of each row; pointers, to int64 numbers for argmins."""
    table, found = rev_swig_ptr (x, nrows * ncols).reshape (nrows, ncols), rev_swig_ptr (argmins, nrows)
    for rows in row_blocks (nrows, ncols):
        found[rows] = table[rows].argmin (1)


class InvertedListScannerStats:
    """Counts of scans, for what counts by itself."""

    scan_cnt = nheap_updates = 0


class ClusteringInitialization:
    """Where k-means begins: init_centroids by a ClusteringInitMethod."""

    d = k = method = 0
    seed, afkmc2_chain_length = 1234, 50

    def __init__ (self, d: int, k: int) -> None:
        self.d, self.k = d, k

    def init_centroids (self, n: int, x: Any, centroids: Any, n_existing_centroids: int = 0,
                        existing_centroids: Any = None) -> None:
        """Choose k centroids, less those that exist, among n vectors; pointers."""
        wanted = self.k - n_existing_centroids
        check (0 <= n_existing_centroids <= self.k, f"n_existing_centroids: expected at most {self.k}, "
               f"got {n_existing_centroids}")
        check (n >= wanted, f"n: expected at least {wanted} vectors, got {n}")
        clustering = swigfaiss.Clustering (self.d, self.k)
        clustering.init_method, clustering.afkmc2_chain_length = self.method, self.afkmc2_chain_length
        clustering.niter, clustering.seed = 0, self.seed - 1
        clustering.min_points_per_centroid, clustering.max_points_per_centroid = 1, 2**31 - 1
        if n_existing_centroids > 0:
            existing = rev_swig_ptr (existing_centroids, n_existing_centroids * self.d)
            copy_array_to_vector (existing.astype ("float32"), clustering.centroids)
        points = rev_swig_ptr (x, n * self.d).reshape (n, self.d)
        clustering.train (points, swigfaiss.IndexFlatL2 (self.d))
        found = vector_to_array (clustering.centroids).reshape (self.k, self.d)
        rev_swig_ptr (centroids, wanted * self.d)[:] = found[n_existing_centroids:].ravel ()


# ---- sets and maps ----


class CodeSet:
    """A set of codes of d bytes; `s` is Python's set of them."""

    d = 0
    s: set[bytes] = set ()

    def __init__ (self, d_in: int) -> None:
        self.d, self.s = integer (d_in, "d_in", 0), set ()

    def insert (self, codes: Any, inserted: Any = None) -> Any:
        """Add codes of shape (n, d); returns which of them were new, shape (n,)."""
        codes = as_codes (codes, self.d)
        if inserted is None:
            inserted = np.empty (len (codes), "bool")
        check (inserted.shape == (len (codes),) and inserted.dtype == bool,
               f"inserted: expected bool of shape ({len (codes)},), got {inserted.dtype} {inserted.shape}")
        for i, code in enumerate (map (bytes, codes)):
            inserted[i] = code not in self.s
            self.s.add (code)
        return inserted

    def insert_c (self, n: int, codes: Any, inserted: Any) -> None:
        """insert for pointers."""
        self.insert (rev_swig_ptr (codes, n * self.d).reshape (n, self.d), rev_swig_ptr (inserted, n).view ("bool"))


class MapInt64ToInt64:
    """A map of int64 keys with room for as many as a power of two."""

    def __init__ (self, capacity: int) -> None:
        capacity = integer (capacity, "capacity")
        check (capacity > 0 and capacity & (capacity - 1) == 0, f"capacity: expected a power of two, got {capacity}")
        self.capacity, self.log2_capacity, self.map = capacity, capacity.bit_length () - 1, swigfaiss.IdMap ()

    def add (self, keys: Any, vals: Any) -> None:
        """Note the values of keys; of keys that are there already, the new ones count."""
        keys, vals = numbers (keys, "int64", "keys"), numbers (vals, "int64", "vals")
        check (keys.ndim == 1 and keys.shape == vals.shape,
               f"expected equal shapes (n,), got {keys.shape} and {vals.shape}")
        both = swigfaiss.IdMap ()
        if self.map.size > 0:
            both.copy (self.map)
        id_map_arrays (both, keys, vals, True)
        if both.size > self.capacity:
            raise RuntimeError (f"the map has room for {self.capacity} keys, not for {both.size}")
        self.map = both

    def lookup (self, keys: Any) -> Any:
        """The values of keys, -1 for those that it lacks."""
        keys = numbers (keys, "int64", "keys")
        check (keys.ndim == 1, f"keys: expected shape (n,), got {keys.shape}")
        vals = np.empty (keys.shape, "int64")
        id_map_arrays (self.map, keys, vals, False)
        return vals


# ---- what data look like ----


class MatrixStats:
    """What there is to know about vectors of shape (n, d) before they are indexed; `comments` says it."""

    n = d = n_valid = n0 = n_collision = hash_value = nbuf = 0
    min_norm2 = max_norm2 = 0.0
    comments = buf = ""
    occurrences: dict[int, int] = {}  # the first of equal vectors -> how many they are
    per_dim_stats: list[tuple[float, float]] = []  # mean and standard deviation

    def __init__ (self, m: Any) -> None:
        m = as_array (m, "m")
        check (m.ndim == 2, f"m: expected a matrix, got shape {m.shape}")
        m = vectors (m, m.shape[1], "m")
        self.n, self.d = m.shape
        norms2, hashes = np.empty (self.n), np.zeros (self.n, dtype="uint64")
        with np.errstate (over="ignore", invalid="ignore"):
            for rows in row_blocks (*m.shape):
                norms2[rows] = (m[rows].astype ("float64") ** 2).sum (1)
            valid = np.isfinite (norms2) & (norms2 < np.finfo ("float32").max)
        if m.size > 0:
            hashes = checksum (m)
        found, first, which, copies = np.unique (hashes, return_index=True, return_inverse=True, return_counts=True)
        bits = m.view ("uint32")
        for rows in row_blocks (*m.shape):
            self.n_collision += int ((bits[rows] != bits[first[which[rows]]]).any (1).sum ())
        self.n_valid, self.n0 = int (valid.sum ()), int ((norms2[valid] == 0).sum ())
        self.occurrences = dict (zip (map (int, first), map (int, copies)))
        self.hash_value = checksum (m.ravel ())
        norms = np.sqrt (norms2[valid])  # upstream's fields are norms, too, whatever their names say
        self.min_norm2, self.max_norm2 = float (norms.min (initial=np.inf)), float (norms.max (initial=0))
        self.do_comment (f"{self.n} vectors of {self.d} components, checksum 0x{self.hash_value:016x}\n")
        if self.n_valid < self.n:
            self.do_comment (f"{self.n - self.n_valid} vectors have NaN, infinite or far too large components: "
                             "searches will not find them\n")
        if len (found) == self.n:
            self.do_comment ("no vector is there twice\n")
        else:
            most = int (np.argmax (copies))
            self.do_comment (f"{len (found)} vectors differ ({100 * len (found) / self.n:.2f} %); vector {first[most]} "
                             f"is there {copies[most]} times\n")
        self.do_comment (f"norms from {self.min_norm2:g} to {self.max_norm2:g}, {self.n0} of them 0\n")
        if self.n_valid > 0 and self.max_norm2 < self.min_norm2 * 1.0001:
            self.do_comment ("all norms are the same: inner products and distances rank alike\n")
        elif self.n_valid > self.n0 and self.max_norm2 > norms[norms > 0].min () * 100:
            self.do_comment ("norms differ very much\n")
        self._dimensions (m, valid)

    def do_comment (self, fmt: str) -> None:
        """Add to the comments."""
        self.comments += fmt

    def _dimensions (self, m, valid):
        if not valid.any ():
            return
        parts = [(m[rows], valid[rows]) for rows in row_blocks (*m.shape) if valid[rows].any ()]
        mean = sum (x[some].sum (0, dtype="float64") for x, some in parts) / self.n_valid
        deviation = np.sqrt (sum (((x[some] - mean) ** 2).sum (0) for x, some in parts) / self.n_valid)
        self.per_dim_stats = [*zip (mean.tolist (), deviation.tolist ())]
        least = np.min ([x[some].min (0) for x, some in parts], axis=0)
        constant = least == np.max ([x[some].max (0) for x, some in parts], axis=0)
        shifted = ~constant & (np.abs (mean) > deviation * 1e4)
        zeros = sum (int ((x[some] == 0).sum ()) for x, some in parts)
        if zeros > 0:
            self.do_comment (f"{100 * zeros / (self.n_valid * self.d):.2f} % of the numbers are 0\n")
        if constant.any ():
            self.do_comment (f"{constant.sum ()} dimensions are constant and could go\n")
        if shifted.any ():
            self.do_comment (f"{shifted.sum ()} dimensions have means far above their deviations, which costs digits: "
                             "a CenteringTransform helps\n")
        self.do_comment (f"standard deviations of the dimensions from {deviation.min ():g} to {deviation.max ():g}\n")


class Cloner:
    """Copies, as clone_index makes them."""

    def clone_Index (self, index: swigfaiss.Index) -> swigfaiss.Index:
        return swigfaiss.clone_index (index)

    def clone_IndexIVF (self, index: swigfaiss.Index) -> swigfaiss.Index:
        return swigfaiss.clone_index (index)

    def clone_VectorTransform (self, vt: swigfaiss.VectorTransform) -> swigfaiss.VectorTransform:
        writer, reader = swigfaiss.VectorIOWriter (), swigfaiss.VectorIOReader ()
        swigfaiss.write_VectorTransform (vt, writer)
        copy_array_to_vector (vector_to_array (writer.data), reader.data)
        return swigfaiss.read_VectorTransform (reader)


# ---- ends of long calls ----


class InterruptCallback:
    """Whether long calls are to end, which they ask Python and the timeout by themselves."""

    def __init__ (self) -> None:
        raise AttributeError ("No constructor defined - class is abstract")

    def want_interrupt (self) -> bool:
        return False

    @staticmethod
    def clear_instance () -> None:
        """No timeout any more."""
        TimeoutCallback._end = None
        swigfaiss.set_timeout (-1)

    @staticmethod
    def check () -> None:
        """Raise if the time is over."""
        if InterruptCallback.is_interrupted ():
            raise RuntimeError ("computation interrupted")

    @staticmethod
    def is_interrupted () -> bool:
        return TimeoutCallback._end is not None and time.monotonic () > TimeoutCallback._end

    @staticmethod
    def get_period_hint (flops: int) -> int:
        """How many steps of so many operations to do between two questions."""
        return max (10**8 // (flops + 1), 1)


class PythonInterruptCallback (InterruptCallback):
    """Ctrl-C, which is always asked for."""

    def __init__ (self) -> None:
        pass

    @staticmethod
    def reset () -> None:
        InterruptCallback.clear_instance ()


class TimeoutCallback (InterruptCallback):
    """The time after which calls end; TimeoutGuard is more comfortable."""

    _end: float | None = None
    timeout = start = 0.0

    def __init__ (self) -> None:
        self.start = time.monotonic ()

    def set_timeout (self, timeout_in_seconds: float) -> None:
        self.timeout, self.start = float (timeout_in_seconds), time.monotonic ()

    def want_interrupt (self) -> bool:
        return self.timeout > 0 and time.monotonic () > self.start + self.timeout

    @staticmethod
    def reset (timeout_in_seconds: float) -> None:
        """Calls of this thread end when so many seconds have passed."""
        TimeoutCallback._end = time.monotonic () + timeout_in_seconds
        swigfaiss.set_timeout (max (timeout_in_seconds, 0))
