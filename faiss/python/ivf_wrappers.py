"""Inverted files inside other indexes, and searches in them with parameters."""

import time

import numpy as np

from faiss import swigfaiss
from faiss.array_conversions import check, integer, real, vectors
from faiss.swigfaiss import swig_ptr


def try_extract_index_ivf (index):
    """The inverted file behind transforms, id maps, refinements and quantizers of its own, or None."""
    while index is not None and not isinstance (index, swigfaiss.IndexIVF):
        if isinstance (index, swigfaiss.IndexIVFIndependentQuantizer):
            return index.index_ivf
        inner = getattr (index, "index", None)
        index = getattr (index, "base_index", None) if inner is None else inner
    return index


def extract_index_ivf (index):
    """The same, or an error."""
    found = try_extract_index_ivf (index)
    if found is None:
        raise RuntimeError (f"no inverted file in {index!r}")
    return found


def check_compatible_for_merge (index1, index2):
    """Nothing, or an error that says why the second cannot be merged into the first."""
    index1.check_compatible_for_merge (index2)


def merge_into (index0, index1, shift_ids):
    """Move all vectors of index1 into index0."""
    check_compatible_for_merge (index0, index1)
    ivf0, ivf1 = extract_index_ivf (index0), extract_index_ivf (index1)
    ivf0.merge_from (ivf1, ivf0.ntotal if shift_ids else 0)
    index0.ntotal, index1.ntotal = ivf0.ntotal, ivf1.ntotal


def transformed (index, x):
    """x as the inverted file inside an index gets it."""
    while isinstance (index, swigfaiss.IndexPreTransform):
        for i in range (index.chain.size ()):
            x = index.chain.at (i).apply (x)
        index = index.index
    return x


def search_centroid (index, x, n, centroid_ids):
    """The lists of n vectors; x and centroid_ids are pointers."""
    from faiss.array_conversions import rev_swig_ptr
    ivf = extract_index_ivf (index)
    x = transformed (index, rev_swig_ptr (x, n * index.d).reshape (n, index.d))
    ivf.quantizer.assign_c (n, swig_ptr (x), centroid_ids)


def search_and_return_centroids (index, n, xin, k, distances, labels, query_centroid_ids,
                                 result_centroid_ids):
    """Search one list per query; the lists of queries and results too. All arrays are pointers."""
    from faiss.array_conversions import rev_swig_ptr
    ivf = extract_index_ivf (index)
    x = transformed (index, rev_swig_ptr (xin, n * index.d).reshape (n, index.d))
    Dq, Iq = ivf.quantizer.search (x, ivf.nprobe)
    ivf.search_preassigned_c (n, swig_ptr (x), k, swig_ptr (Iq), swig_ptr (Dq), distances, labels,
                              True)
    pairs = rev_swig_ptr (labels, n * k)
    found = pairs >= 0
    lists = np.where (found, pairs >> 32, -1)
    if query_centroid_ids is not None:
        rev_swig_ptr (query_centroid_ids, n)[:] = Iq[:, 0]
    if result_centroid_ids is not None:
        rev_swig_ptr (result_centroid_ids, n * k)[:] = lists
    for i in np.flatnonzero (found):
        pairs[i] = ivf.invlists.get_single_id (int (lists[i]), int (pairs[i] & 0xffffffff))


def preassignment (index, x, params):
    """What both searches below begin with."""
    ivf = extract_index_ivf (index)
    x = vectors (x, index.d)
    xt = transformed (index, x)
    params = params if params is not None else swigfaiss.SearchParametersIVF (nprobe=ivf.nprobe, max_codes=ivf.max_codes)
    check (isinstance (params, swigfaiss.SearchParametersIVF),
           f"params: expected SearchParametersIVF, got {type (params).__name__}")
    start = time.time ()
    Dq, Iq = ivf.quantizer.search (xt, params.nprobe, params=params.quantizer_params)
    return ivf, xt, params, Dq, Iq, start, time.time ()


def search_with_parameters (index, x, k, params=None, output_stats=False):
    """Search an index with an inverted file inside; with output_stats, (D, I, dictionary)."""
    ivf, x, params, Dq, Iq, start, middle = preassignment (index, x, params)
    k = integer (k, "k", 1)
    D, I = np.empty ((len (x), k), "float32"), np.empty ((len (x), k), "int64")
    stats = swigfaiss.IndexIVFStats ()
    ivf.search_preassigned_c (len (x), swig_ptr (x), k, swig_ptr (Iq), swig_ptr (Dq), swig_ptr (D),
                              swig_ptr (I), False, params, stats)
    return (D, I, describe (stats, start, middle)) if output_stats else (D, I)


def range_search_with_parameters (index, x, radius, params=None, output_stats=False):
    """The same for a range search: (lims, D, I) or (lims, D, I, dictionary)."""
    from faiss.class_wrappers import copy_range_result
    ivf, x, params, Dq, Iq, start, middle = preassignment (index, x, params)
    res = swigfaiss.RangeSearchResult (len (x))
    stats = swigfaiss.IndexIVFStats ()
    ivf.range_search_preassigned_c (len (x), swig_ptr (x), real (radius, "radius"), swig_ptr (Iq),
                                    swig_ptr (Dq), res, False, params, stats)
    result = copy_range_result (res, len (x))
    return (*result, describe (stats, start, middle)) if output_stats else result


def describe (stats, start, middle):
    end = time.time ()
    return {"ndis": stats.ndis, "pre_transform_ms": 0.0, "coarse_ms": (middle - start) * 1000,
            "invlist_scan_ms": (end - middle) * 1000}
