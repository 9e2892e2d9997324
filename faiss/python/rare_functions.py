"""What hardly any program calls, made from what there is; read when one of its names is asked for.

Arrays are pointers (swig_ptr), as upstream's are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from faiss import swigfaiss
from faiss.array_conversions import check, integer, rev_swig_ptr, swig_ptr
from faiss.class_wrappers import keep_alive

# ---- vectors of vectors ----


class VectorOfVectors:
    """Vectors of one type; `at` and `data` give them, not copies."""

    _class: Any = None

    def __init__ (self) -> None:
        self.vectors: list[Any] = []

    def size (self) -> int:
        return len (self.vectors)

    def at (self, n: int) -> Any:
        if not 0 <= integer (n, "n") < len (self.vectors):
            raise RuntimeError (f"n: expected less than size={len (self.vectors)}, got {n}")
        return self.vectors[n]

    def data (self) -> Any:
        """The first of them, or None."""
        return self.vectors[0] if self.vectors else None

    def push_back (self, arg2: Any) -> None:
        """Append a copy."""
        check (isinstance (arg2, self._class), f"expected a {self._class.__name__}, got a {type (arg2).__name__}")
        copy = self._class ()
        copy.assign (arg2.data (), arg2.size ()) if arg2.size () > 0 else None
        self.vectors.append (copy)

    def resize (self, n: int) -> None:
        """n vectors; new ones are empty."""
        n = integer (n, "n", 0)
        self.vectors = self.vectors[:n] + [self._class () for _ in range (n - len (self.vectors))]

    def clear (self) -> None:
        self.vectors = []

    def swap (self, other: VectorOfVectors) -> None:
        check (type (other) is type (self), f"other: expected a {type (self).__name__}, got a {type (other).__name__}")
        self.vectors, other.vectors = other.vectors, self.vectors


class Float32VectorVector (VectorOfVectors):
    _class = swigfaiss.Float32Vector


class UInt8VectorVector (VectorOfVectors):
    _class = swigfaiss.UInt8Vector


class Int64VectorVector (VectorOfVectors):
    _class = swigfaiss.Int64Vector


# ---- distances ----


class NegativeDistanceComputer (swigfaiss.DistanceComputer):
    """Minus what another computer gives; upstream frees that one, which must have been disowned."""

    basedis: Any = None

    def __init__ (self, basedis_: swigfaiss.DistanceComputer) -> None:
        check (isinstance (basedis_, swigfaiss.DistanceComputer),
               f"basedis_: expected a DistanceComputer, got a {type (basedis_).__name__}")
        self.__dict__["basedis"] = basedis_

    def set_query (self, x: Any) -> None:
        self.basedis.set_query (x)

    def vector_to_query_dis (self, i: int) -> float:
        return -self.basedis.vector_to_query_dis (i)

    __call__ = vector_to_query_dis

    def symmetric_dis (self, i: int, j: int) -> float:
        return -self.basedis.symmetric_dis (i, j)


def get_extra_distance_computer (d: int, mt: int, metric_arg: float, xb: Any) -> swigfaiss.FlatCodesDistanceComputer:
    """Distances by any metric to vectors of d components at xb, of which there are as many as the caller knows."""
    computer = swigfaiss.extra_distance_computer (d, mt, metric_arg, xb)
    computer.__dict__["is_flat"] = True
    keep_alive (computer, xb)
    return computer


# ---- selectors within scans ----


class IDScanContext:
    """Where in a list a scan is."""

    ids: Any = None
    list_size = j = 0


class IDSelectorWithContext (swigfaiss.IDSelector):
    """Selectors that look at the scan, too: the library has none."""

    def __init__ (self, *args: Any, **kwargs: Any) -> None:
        raise AttributeError ("No constructor defined - class is abstract")

    def is_member_with_context (self, id: int, ctx: IDScanContext) -> bool:
        return self.is_member (id)


class IDSelectorContextDispatch:
    """Asks a selector, of whichever kind."""

    sel: Any = None
    ctx_sel: Any = None

    def __init__ (self, sel: swigfaiss.IDSelector, store_pairs: bool) -> None:
        check (sel is None or isinstance (sel, swigfaiss.IDSelector), f"sel: expected an IDSelector, got a {type (sel).__name__}")
        self.sel, self.ctx_sel, self.store_pairs = sel, None, store_pairs

    def is_member (self, id: int, ctx: IDScanContext) -> bool:
        return self.sel is None or self.sel.is_member (id)


# ---- quantizers ----

HOLDERS = {"ProductQuantizer": ("IndexPQ", "pq"), "ScalarQuantizer": ("IndexScalarQuantizer", "sq"),
           "ResidualQuantizer": ("IndexResidualQuantizer", "rq"),
           "LocalSearchQuantizer": ("IndexLocalSearchQuantizer", "lsq"),
           "ProductResidualQuantizer": ("IndexProductResidualQuantizer", "prq"),
           "ProductLocalSearchQuantizer": ("IndexProductLocalSearchQuantizer", "plsq")}


def clone_Quantizer (quant: swigfaiss.Quantizer) -> swigfaiss.Quantizer:
    """A copy."""
    name = type (quant).__name__
    check (name in HOLDERS, f"quant: expected one of {', '.join (HOLDERS)}, got a {name}")
    holder = getattr (swigfaiss, HOLDERS[name][0]) ()
    setattr (holder, HOLDERS[name][1], quant)
    return getattr (holder, HOLDERS[name][1])


class MemoryPool:
    """Upstream keeps memory between calls in it; here it stays empty."""

    _vectors: dict[str, str] = {}

    def __init__ (self) -> None:
        for name, of in self._vectors.items ():
            self.__dict__[name] = globals ()[of] () if of in globals () else getattr (swigfaiss, of) ()


class RefineBeamMemoryPool (MemoryPool):
    _vectors = {"codes": "Int32Vector", "new_codes": "Int32Vector", "residuals": "Float32Vector",
                "new_residuals": "Float32Vector", "distances": "Float32Vector"}
    codes = new_codes = residuals = new_residuals = distances = None


class RefineBeamLUTMemoryPool (MemoryPool):
    _vectors = {"codes": "Int32Vector", "new_codes": "Int32Vector", "distances": "Float32Vector",
                "new_distances": "Float32Vector"}
    codes = new_codes = distances = new_distances = None


class ComputeCodesAddCentroidsLUT0MemoryPool (MemoryPool):
    _vectors = {"codes": "Int32Vector", "norms": "Float32Vector", "distances": "Float32Vector",
                "residuals": "Float32Vector", "refine_beam_pool": "RefineBeamMemoryPool"}
    codes = norms = distances = residuals = refine_beam_pool = None


class ComputeCodesAddCentroidsLUT1MemoryPool (MemoryPool):
    _vectors = {"codes": "Int32Vector", "distances": "Float32Vector", "query_norms": "Float32Vector",
                "query_cp": "Float32Vector", "residuals": "Float32Vector",
                "refine_beam_lut_pool": "RefineBeamLUTMemoryPool"}
    codes = distances = query_norms = query_cp = residuals = refine_beam_lut_pool = None


def refine_beam_mp (rq: swigfaiss.ResidualQuantizer, n: int, beam_size: int, x: Any, out_beam_size: int, out_codes: Any,
                    out_residuals: Any, out_distances: Any, pool: Any) -> None:
    """rq.refine_beam."""
    rq.refine_beam (n, beam_size, x, out_beam_size, out_codes, out_residuals, out_distances)


def refine_beam_LUT_mp (rq: swigfaiss.ResidualQuantizer, n: int, query_norms: Any, query_cp: Any, out_beam_size: int,
                        out_codes: Any, out_distances: Any, pool: Any) -> None:
    """rq.refine_beam_LUT."""
    rq.refine_beam_LUT (n, query_norms, query_cp, out_beam_size, out_codes, out_distances)


def codes_with (rq, use_beam_LUT, x, codes_out, n, centroids):
    before, rq.use_beam_LUT = rq.use_beam_LUT, use_beam_LUT
    try:
        rq.compute_codes_add_centroids (x, codes_out, n, centroids)
    finally:
        rq.use_beam_LUT = before


def compute_codes_add_centroids_mp_lut0 (rq: swigfaiss.ResidualQuantizer, x: Any, codes_out: Any, n: int,
                                         centroids: Any, pool: Any) -> None:
    """rq.compute_codes_add_centroids without tables."""
    codes_with (rq, 0, x, codes_out, n, centroids)


def compute_codes_add_centroids_mp_lut1 (rq: swigfaiss.ResidualQuantizer, x: Any, codes_out: Any, n: int,
                                         centroids: Any, pool: Any) -> None:
    """rq.compute_codes_add_centroids with tables."""
    codes_with (rq, 1, x, codes_out, n, centroids)


def best_of_beam (all_distances, new_beam_size, K, m, codes, new_codes):
    """The places of the nearest among (n, beam_size * K), of which the codes are written."""
    best = np.argsort (all_distances, axis=1, kind="stable")[:, :new_beam_size]
    n = len (best)
    if m > 0:
        new_codes[:, :, :m] = np.take_along_axis (codes, (best // K)[:, :, None], axis=1)
    new_codes[:, :, m] = best % K
    return best, np.take_along_axis (all_distances, best, axis=1) if n else all_distances


def beam_search_encode_step (d: int, K: int, cent: Any, n: int, beam_size: int, residuals: Any, m: int, codes: Any,
                             new_beam_size: int, new_codes: Any, new_residuals: Any, new_distances: Any,
                             assign_index: Any = None, approx_topk: int = 0) -> None:
    """One step of a beam search: of beam_size residuals of each of n vectors minus each of K centroids, the nearest.

    cent: (K, d); residuals: (n, beam_size, d); codes: (n, beam_size, m). Outputs: new_codes (n, new_beam_size, m + 1),
    new_residuals, new_distances; each may be None. All candidates are compared exactly.
    """
    d, K, n, beam_size, m, new_beam_size = (integer (v, name, 0) for v, name in (
        (d, "d"), (K, "K"), (n, "n"), (beam_size, "beam_size"), (m, "m"), (new_beam_size, "new_beam_size")))
    check (new_beam_size <= beam_size * K, f"new_beam_size: expected at most {beam_size * K}, got {new_beam_size}")
    centers = rev_swig_ptr (cent, K * d).reshape (K, d)
    rest = rev_swig_ptr (residuals, n * beam_size * d).reshape (n, beam_size, d)
    distances = np.empty ((n * beam_size, K), "float32")
    if distances.size > 0:
        swigfaiss.pairwise_L2sqr (d, n * beam_size, residuals, K, cent, swig_ptr (distances))
    known = rev_swig_ptr (codes, n * beam_size * m).reshape (n, beam_size, m) if m > 0 else None
    made = rev_swig_ptr (new_codes, n * new_beam_size * (m + 1)).reshape (n, new_beam_size, m + 1)
    best, values = best_of_beam (distances.reshape (n, beam_size * K), new_beam_size, K, m, known, made)
    if new_distances is not None:
        rev_swig_ptr (new_distances, values.size)[:] = values.ravel ()
    if new_residuals is not None:
        rows = np.take_along_axis (rest, (best // K)[:, :, None], axis=1) - centers[best % K]
        rev_swig_ptr (new_residuals, rows.size)[:] = rows.ravel ()


def beam_search_encode_step_tab (K: int, n: int, beam_size: int, codebook_cross_norms: Any, ldc: int,
                                 codebook_offsets: Any, query_cp: Any, ldqc: int, cent_norms_i: Any, m: int,
                                 codes: Any, distances: Any, new_beam_size: int, new_codes: Any,
                                 new_distances: Any, approx_topk: int = 0) -> None:
    """The same by tables: inner products of the rows of this codebook with those before it, and with the vectors.

    codebook_cross_norms: rows of ldc numbers, from row codebook_offsets[i] on for codebook i; query_cp: (n, ldqc), of which
    the first K count; cent_norms_i: (K,); distances: (n, beam_size).
    """
    check (new_beam_size <= beam_size * K, f"new_beam_size: expected at most {beam_size * K}, got {new_beam_size}")
    found = rev_swig_ptr (distances, n * beam_size).reshape (n, beam_size, 1).astype ("float32")
    products = rev_swig_ptr (query_cp, (n - 1) * ldqc + K if n else 0)
    products = np.lib.stride_tricks.as_strided (products, (n, 1, K), (ldqc * 4, 0, 4)) if n else products.reshape (0, 1, K)
    values = found + rev_swig_ptr (cent_norms_i, K) - 2 * products
    known = rev_swig_ptr (codes, n * beam_size * m).reshape (n, beam_size, m) if m > 0 else None
    if m > 0:
        rows = known + rev_swig_ptr (codebook_offsets, m).astype ("int64")
        table = rev_swig_ptr (codebook_cross_norms, int (rows.max (initial=0)) * ldc + K)
        values = values + 2 * table[rows[..., None] * ldc + np.arange (K)].sum (2)
    made = rev_swig_ptr (new_codes, n * new_beam_size * (m + 1)).reshape (n, new_beam_size, m + 1)
    _, values = best_of_beam (values.reshape (n, beam_size * K), new_beam_size, K, m, known, made)
    rev_swig_ptr (new_distances, values.size)[:] = values.ravel ()


subsamples: list[Any] = []  # what pointers were given to: nobody can say when they are no longer used


def fvecs_maybe_subsample (d: int, n: Any, nmax: int, x: Any, verbose: bool = False, seed: int = 1234) -> Any:
    """x, or a pointer to nmax of its n vectors at random; n points to their number, and gets the new one."""
    count = rev_swig_ptr (n, 1)
    if count[0] <= integer (nmax, "nmax", 0):
        return x
    perm = np.empty (int (count[0]), "int32")
    swigfaiss.rand_perm (swig_ptr (perm), perm.size, seed)
    subsamples.append (rev_swig_ptr (x, perm.size * d).reshape (perm.size, d)[perm[:nmax]])
    count[0] = nmax
    return swig_ptr (subsamples[-1])


# ---- tables ----


def slots (log2_capacity, tab):
    """A table of (key, value), -1 where there is none."""
    size = 1 << integer (log2_capacity, "log2_capacity", 0, 60)
    return rev_swig_ptr (tab, 2 * size).reshape (size, 2), size


def slot_of (table, size, key):
    """Where a key is, or could be; -1 if there is no room."""
    at = key * 8 % 1000003 * 7919 % size
    for _ in range (size):
        if table[at, 0] in (key, -1):
            return at
        at = (at + 1) % size
    return -1


def hashtable_int64_to_int64_init (log2_capacity: int, tab: Any) -> None:
    """Empty a table of 2 << log2_capacity numbers."""
    slots (log2_capacity, tab)[0][:] = -1


def hashtable_int64_to_int64_add (log2_capacity: int, tab: Any, n: int, keys: Any, vals: Any) -> None:
    """Note the values of n keys, of which -1 is none; newer ones replace older ones."""
    table, size = slots (log2_capacity, tab)
    for key, value in zip (rev_swig_ptr (keys, n).tolist (), rev_swig_ptr (vals, n).tolist ()):
        at = slot_of (table, size, key)
        if at < 0:
            raise RuntimeError (f"the table has room for {size} keys, and is full")
        table[at] = key, value


def hashtable_int64_to_int64_lookup (log2_capacity: int, tab: Any, n: int, keys: Any, vals: Any) -> None:
    """The values of n keys, -1 for those that it lacks."""
    table, size = slots (log2_capacity, tab)
    places = [slot_of (table, size, key) for key in rev_swig_ptr (keys, n).tolist ()]
    rev_swig_ptr (vals, n)[:] = [table[at, 1] if at >= 0 else -1 for at in places]


# ---- searches ----


def search_with_parameters_c (index: swigfaiss.Index, n: int, x: Any, k: int, distances: Any, labels: Any, params: Any,
                              nb_dis: Any = None, ms_per_stage: Any = None) -> None:
    """search_with_parameters into distances and labels; nb_dis gets one number, ms_per_stage three."""
    from faiss.ivf_wrappers import search_with_parameters
    queries = rev_swig_ptr (x, n * index.d).reshape (n, index.d)
    D, I, counts = search_with_parameters (index, queries, k, params, output_stats=True)
    rev_swig_ptr (distances, D.size)[:], rev_swig_ptr (labels, I.size)[:] = D.ravel (), I.ravel ()
    tell (counts, nb_dis, ms_per_stage)


def range_search_with_parameters_c (index: swigfaiss.Index, n: int, x: Any, radius: float, result: Any, params: Any,
                                    nb_dis: Any = None, ms_per_stage: Any = None) -> None:
    """The same for a range search, into a RangeSearchResult."""
    from faiss.ivf_wrappers import describe, preassignment
    queries = rev_swig_ptr (x, n * index.d).reshape (n, index.d)
    ivf, xt, params, Dq, Iq, start, middle = preassignment (index, queries, params)
    stats = swigfaiss.IndexIVFStats ()
    ivf.range_search_preassigned_c (n, swig_ptr (xt), radius, swig_ptr (Iq), swig_ptr (Dq), result, False, params, stats)
    tell (describe (stats, start, middle), nb_dis, ms_per_stage)


def tell (counts, nb_dis, ms_per_stage):
    if nb_dis is not None:
        rev_swig_ptr (nb_dis, 1)[0] = counts["ndis"]
    if ms_per_stage is not None:
        rev_swig_ptr (ms_per_stage, 3)[:] = counts["pre_transform_ms"], counts["coarse_ms"], counts["invlist_scan_ms"]

