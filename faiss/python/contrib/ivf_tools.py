"""Inverted files whose lists the caller chooses, and changes of their quantizers and lists."""

import faiss
import numpy as np

from faiss.blocks import compact, row_blocks
from faiss.contrib.inspect_tools import get_invlist_sizes
from faiss.ivf_wrappers import transformed


def _parts (index, x):
    """The inverted file inside an index, and vectors as that gets them."""
    return faiss.extract_index_ivf (index), transformed (index, compact (x, "float32"))


def add_preassigned (index_ivf, x, a, ids=None):
    """Add vectors to the lists a, shape (n,)."""
    ivf, xt = _parts (index_ivf, x)
    a = np.ascontiguousarray (a, dtype="int64")
    assert a.shape == (len (xt),), f"a: expected shape ({len (xt)},), got {a.shape}"
    if ids is not None:
        ids = np.ascontiguousarray (ids, dtype="int64")
        assert ids.shape == a.shape, f"ids: expected shape {a.shape}, got {ids.shape}"
    ivf.add_core (len (xt), faiss.swig_ptr (xt), None if ids is None else faiss.swig_ptr (ids),
                  faiss.swig_ptr (a))
    if ivf is not index_ivf:
        index_ivf.ntotal = ivf.ntotal


def _distances (ivf, xt, list_nos, coarse_dis):
    """The lists as a matrix, and the distances to their centroids, zeros if nothing needs them."""
    list_nos = np.ascontiguousarray (list_nos, dtype="int64").reshape (len (xt), -1)
    if coarse_dis is None:
        coarse_dis = np.zeros (list_nos.shape, dtype="float32")
        if ivf.by_residual:
            for rows in row_blocks (len (xt), list_nos.shape[1] * ivf.d):
                lists = np.maximum (list_nos[rows], 0)
                centroids = ivf.quantizer.reconstruct_batch (lists.ravel ())
                difference = xt[rows, None] - centroids.reshape (*lists.shape, ivf.d)
                coarse_dis[rows] = (difference ** 2).sum (2)
    return list_nos, np.ascontiguousarray (coarse_dis, "float32").reshape (list_nos.shape)


def search_preassigned (index_ivf, xq, k, list_nos, coarse_dis=None):
    """Search the lists list_nos, shape (n,) or (n, nprobe); returns D, I."""
    ivf, xt = _parts (index_ivf, xq)
    list_nos, coarse_dis = _distances (ivf, xt, list_nos, coarse_dis)
    params = faiss.SearchParametersIVF (nprobe=list_nos.shape[1], max_codes=ivf.max_codes)
    return ivf.search_preassigned (xt, k, list_nos, coarse_dis, params=params)


def range_search_preassigned (index_ivf, x, radius, list_nos, coarse_dis=None):
    """Range search in the lists list_nos; returns lims, D, I."""
    ivf, xt = _parts (index_ivf, x)
    list_nos, coarse_dis = _distances (ivf, xt, list_nos, coarse_dis)
    params = faiss.SearchParametersIVF (nprobe=list_nos.shape[1], max_codes=ivf.max_codes)
    return ivf.range_search_preassigned (xt, radius, list_nos, coarse_dis, params=params)


def replace_ivf_quantizer (index_ivf, new_quantizer):
    """Put the centroids into another quantizer and use that; returns the old one."""
    ivf = faiss.extract_index_ivf (index_ivf)
    if new_quantizer.ntotal == 0:
        new_quantizer.train (ivf.quantizer.reconstruct_n ())
        new_quantizer.add (ivf.quantizer.reconstruct_n ())
    else:
        assert new_quantizer.ntotal == ivf.nlist, "new_quantizer: expected nlist centroids or none"
    old = faiss.downcast_index (ivf.quantizer)
    if ivf.own_fields:
        old.this.own (True)
        new_quantizer.this.disown ()
    ivf.quantizer = new_quantizer
    return old


def permute_invlists (index_ivf, perm):
    """List and centroid i become what list and centroid perm[i] were."""
    ivf = faiss.extract_index_ivf (index_ivf)
    quantizer = faiss.downcast_index (ivf.quantizer)
    perm = np.ascontiguousarray (perm, dtype="int64")
    assert np.array_equal (np.sort (perm), np.arange (ivf.nlist)), \
        f"perm: expected a permutation of 0 .. {ivf.nlist - 1}"
    assert isinstance (quantizer, faiss.IndexFlat), "only flat quantizers can be permuted"
    centroids = quantizer.reconstruct_n ()
    quantizer.reset ()
    quantizer.add (centroids[perm])
    faiss.downcast_InvertedLists (ivf.invlists).permute_invlists (faiss.swig_ptr (perm))
    if ivf.direct_map.type != faiss.DirectMap.NoMap:
        kind = ivf.direct_map.type
        ivf.set_direct_map_type (faiss.DirectMap.NoMap)
        ivf.set_direct_map_type (kind)


def sort_invlists_by_size (index_ivf):
    """Short lists first; returns the permutation."""
    ivf = faiss.extract_index_ivf (index_ivf)
    perm = np.argsort (get_invlist_sizes (ivf.invlists), kind="stable")
    permute_invlists (index_ivf, perm)
    return perm
