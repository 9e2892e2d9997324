"""Heaps of the k best results of several queries, in arrays of the caller's: what ProductQuantizer.search fills."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from faiss import swigfaiss
from faiss.array_conversions import check, rev_swig_ptr, swig_ptr


class HeapArray:
    """nh heaps of k entries; `val` and `ids` are pointers (swig_ptr) to nh * k numbers."""

    _sign = 1  # 1: the smallest are kept, -1: the largest
    _neutral = float (np.finfo (np.float32).max)

    nh = k = 0
    ids: Any = None
    val: Any = None

    def arrays (self) -> tuple[np.ndarray, np.ndarray]:
        """(val, ids) as they are in memory, shape (nh, k)."""
        check (self.val is not None and self.ids is not None, "val, ids: expected pointers, got None")
        size = self.nh * self.k
        return (rev_swig_ptr (self.val, size).reshape (self.nh, self.k),
                rev_swig_ptr (self.ids, size).reshape (self.nh, self.k))

    def get_val (self, key: int) -> Any:
        """A pointer to the values of a heap."""
        return swig_ptr (self.arrays ()[0][key])

    def get_ids (self, key: int) -> Any:
        """A pointer to the ids of a heap."""
        return swig_ptr (self.arrays ()[1][key])

    def heapify (self) -> None:
        """Empty all heaps: ids -1, and a value that everything is better than."""
        val, ids = self.arrays ()
        val[:], ids[:] = self._sign * self._neutral, -1

    def offer (self, heap: int, values: np.ndarray, new_ids: np.ndarray) -> None:
        """Take what is strictly better than the worst entry, which stands first; of equal ones the larger id is
        worse among distances, the smaller one among similarities."""
        val, ids = (array[heap] for array in self.arrays ())
        entries = [(-v, -i) for v, i in zip ((self._sign * val).tolist (), (self._sign * ids).tolist ())]
        heapq.heapify (entries)
        some = np.flatnonzero (self._sign * values < -entries[0][0]) if entries else []
        for v, i in zip ((self._sign * values[some]).tolist (), (self._sign * new_ids[some]).tolist ()):
            if v < -entries[0][0]:
                heapq.heapreplace (entries, (-v, -i))
        val[:] = [-self._sign * v for v, _ in entries]
        ids[:] = [-self._sign * i for _, i in entries]

    def addn (self, nj: int, vin: Any, j0: int = 0, i0: int = 0, ni: int = -1) -> None:
        """Offer nj values, with the ids j0, j0 + 1 ..., to each of the heaps i0 .. i0 + ni - 1. vin: ni * nj values."""
        ids = np.arange (j0, j0 + nj)
        for row, heap in enumerate (self.range_of (i0, ni)):
            self.offer (heap, self.rows (vin, nj, row), ids)

    def addn_with_ids (self, nj: int, vin: Any, id_in: Any = None, id_stride: int = 0, i0: int = 0,
                       ni: int = -1) -> None:
        """The same with ids: those of the i-th heap begin at id_in + i * id_stride."""
        if id_in is None:
            return self.addn (nj, vin, 0, i0, ni)
        return self.addn_query_subset_with_ids (0, self.range_of (i0, ni), nj, vin, id_in, id_stride)

    def addn_query_subset_with_ids (self, nsubset: int, subset: Any, nj: int, vin: Any, id_in: Any = None,
                                    id_stride: int = 0) -> None:
        """The same for the heaps whose numbers are listed: subset points to nsubset of them."""
        heaps = subset if isinstance (subset, range) else rev_swig_ptr (subset, nsubset)
        for row, heap in enumerate (heaps):
            ids = np.arange (nj) if id_in is None else rev_swig_ptr (id_in, row * id_stride + nj)[row * id_stride:]
            self.offer (int (heap), self.rows (vin, nj, row), ids)

    def reorder (self) -> None:
        """Sort the heaps: the best first, missing results last."""
        val, ids = self.arrays ()
        for heap in range (self.nh):
            order = np.lexsort ((self._sign * ids[heap], self._sign * val[heap], ids[heap] < 0))
            val[heap], ids[heap] = val[heap][order], ids[heap][order]

    def per_line_extrema (self, vals_out: Any, idx_out: Any) -> None:
        """The worst value of each heap, and its id; None where one of them is not wanted."""
        val, ids = self.arrays ()
        worst = np.argmax (self._sign * val, axis=1)
        rows = np.arange (self.nh)
        if vals_out is not None:
            rev_swig_ptr (vals_out, self.nh)[:] = val[rows, worst]
        if idx_out is not None:
            rev_swig_ptr (idx_out, self.nh)[:] = ids[rows, worst]

    def range_of (self, i0: int, ni: int) -> range:
        check (i0 >= 0 and i0 + max (ni, 0) <= self.nh, f"i0, ni: expected heaps of {self.nh}, got {i0}, {ni}")
        return range (i0, self.nh if ni < 0 else i0 + ni)

    @staticmethod
    def rows (vin: Any, nj: int, row: int) -> np.ndarray:
        return rev_swig_ptr (vin, (row + 1) * nj)[row * nj:]


class float_maxheap_array_t (HeapArray):
    """Of distances: the smallest are kept."""


class float_minheap_array_t (HeapArray):
    """Of similarities: the largest are kept."""

    _sign = -1


def knn_L2sqr (x: Any, y: Any, d: int, nx: int, ny: int, k: Any, vals: Any = None, ids: Any = None,
               y_norms: Any = None, sel: Any = None) -> None:
    """The k nearest of ny vectors for each of nx, all of them pointers, into vals and ids.

    Or knn_L2sqr (x, y, d, nx, ny, res, y_norms, sel): into a float_maxheap_array_t of nx heaps.
    """
    if isinstance (k, HeapArray):
        check_heaps (k, float_maxheap_array_t, nx)
        k, vals, ids, y_norms, sel = k.k, k.val, k.ids, vals, ids
    swigfaiss.knn_L2sqr (x, y, d, nx, ny, k, vals, ids, y_norms, sel)


def knn_inner_product (x: Any, y: Any, d: int, nx: int, ny: int, k: Any, vals: Any = None, ids: Any = None,
                       sel: Any = None) -> None:
    """The same by inner product; with heaps: knn_inner_product (x, y, d, nx, ny, res, sel)."""
    if isinstance (k, HeapArray):
        check_heaps (k, float_minheap_array_t, nx)
        k, vals, ids, sel = k.k, k.val, k.ids, vals
    swigfaiss.knn_inner_product (x, y, d, nx, ny, k, vals, ids, sel)


def search (self, x: Any, nx: int, codes: Any, ncodes: int, res: HeapArray, init_finalize_heap: bool = True) -> None:
    """The nearest of ncodes codes to each of nx vectors by L2 distance, into a float_maxheap_array_t of nx heaps.

    x, codes: pointers. Without init_finalize_heap the heaps are neither emptied first nor sorted at the end.
    """
    search_into (self.search_into, res, float_maxheap_array_t, x, nx, codes, ncodes, init_finalize_heap)


def search_ip (self, x: Any, nx: int, codes: Any, ncodes: int, res: HeapArray,
               init_finalize_heap: bool = True) -> None:
    """The same by inner product, into a float_minheap_array_t."""
    search_into (self.search_ip_into, res, float_minheap_array_t, x, nx, codes, ncodes, init_finalize_heap)


def search_sdc (self, qcodes: Any, nq: int, bcodes: Any, ncodes: int, res: HeapArray,
                init_finalize_heap: bool = True) -> None:
    """The same as search for queries that are codes, by sdc_table (compute_sdc_table makes it)."""
    search_into (self.search_sdc_into, res, float_maxheap_array_t, qcodes, nq, bcodes, ncodes, init_finalize_heap)


def check_heaps (res, the_class, n):
    check (isinstance (res, the_class), f"res: expected a {the_class.__name__}, got a {type (res).__name__}")
    check (res.nh == n, f"res: expected {n} heaps, got {res.nh}")
    check (res.val is not None and res.ids is not None, "res: expected heaps with val and ids")


def search_into (function, res, the_class, x, nx, codes, ncodes, init_finalize_heap):
    check_heaps (res, the_class, nx)
    function (x, nx, codes, ncodes, res.k, res.val, res.ids, int (init_finalize_heap))


def add_heap_searches (the_class: type) -> None:
    """Give ProductQuantizer its searches."""
    for function in (search, search_ip, search_sdc):
        setattr (the_class, function.__name__, function)
