"""Exact searches in databases that come block by block, and range searches of bounded size."""

import logging

import faiss
import numpy as np
from faiss.blocks import compact, row_blocks, smallest
from faiss import knn  # noqa: F401  programs import it from here

LOG = logging.getLogger (__name__)


def knn_ground_truth (xq, db_iterator, k, metric_type=faiss.METRIC_L2, shard=False, ngpu=-1):
    """The k nearest of all blocks that an iterator gives: D, I."""
    xq = compact (xq, "float32")
    keep_max = faiss.is_similarity_metric (metric_type)
    heap = faiss.ResultHeap (len (xq), k, keep_max=keep_max)
    i0 = 0
    for xb in db_iterator:
        D, I = faiss.knn (xq, xb, min (k, len (xb)) or 1, metric_type)
        heap.add_result (D, np.where (I >= 0, I + i0, -1))
        i0 += len (xb)
        LOG.info ("%d database vectors done", i0)
    heap.finalize ()
    return heap.D, heap.I


def range_search_gpu (xq, r2, index_gpu, index_cpu, gpu_k=1024):
    """A range search by k nearest neighbours on one index, and by another where k was too few.

    Returns lims, D, I.
    """
    xq = compact (xq, "float32")
    keep_max = faiss.is_similarity_metric (index_cpu.metric_type)
    gpu_k = min (index_gpu.ntotal, gpu_k)
    D, I = index_gpu.search (xq, gpu_k)
    inside = (D > r2 if keep_max else D < r2) & (I >= 0)
    parts = [(d[m], i[m]) for d, i, m in zip (D, I, inside)]
    full = np.flatnonzero (inside.all (1)) if gpu_k < index_cpu.ntotal else []
    if len (full):
        lims, Df, If = index_cpu.range_search (xq[full], r2)
        for j, q in enumerate (full):
            parts[q] = Df[lims[j]:lims[j + 1]], If[lims[j]:lims[j + 1]]
    return _joined (parts)


def _joined (parts):
    """lims, D, I of a list of (D, I)."""
    lims = np.concatenate ([[0], np.cumsum ([len (d) for d, _ in parts])]).astype ("int64")
    D = np.concatenate ([d for d, _ in parts] or [np.zeros (0)]).astype ("float32")
    I = np.concatenate ([i for _, i in parts] or [np.zeros (0)]).astype ("int64")
    return lims, D, I


def range_ground_truth (xq, db_iterator, threshold, metric_type=faiss.METRIC_L2, shard=False,
                        ngpu=-1):
    """All vectors nearer than a threshold, of all blocks that an iterator gives: lims, D, I."""
    xq = compact (xq, "float32")
    index = faiss.IndexFlat (xq.shape[1], metric_type)
    found = [[] for _ in xq]
    i0 = 0
    for xb in db_iterator:
        index.add (xb)
        lims, D, I = index.range_search (xq, threshold)
        for q in range (len (xq)):
            if lims[q] < lims[q + 1]:
                found[q].append ((D[lims[q]:lims[q + 1]], I[lims[q]:lims[q + 1]] + i0))
        index.reset ()
        i0 += len (xb)
    none = (np.zeros (0, "float32"), np.zeros (0, "int64"))
    return _joined ([tuple (np.concatenate (a) for a in zip (*f)) if f else none for f in found])


def _inside (dis, thresh, keep_max):
    return dis > thresh if keep_max else dis < thresh


def threshold_radius_nres (nres, dis, ids, thresh, keep_max=False):
    """Only results within a radius; nres are the numbers of results of the queries."""
    ends = np.concatenate ([[0], np.cumsum (nres)]).astype ("int64")
    lims, dis, ids = threshold_radius (ends, dis, ids, thresh, keep_max)
    return np.diff (lims).astype (np.asarray (nres).dtype), dis, ids


def threshold_radius (lims, dis, ids, thresh, keep_max=False):
    """The same where lims are the limits of the queries' results."""
    before, kept = np.zeros (len (dis) + 1, dtype="int64"), []
    for part in row_blocks (len (dis)):
        keep = _inside (dis[part], thresh, keep_max)
        kept.append ((dis[part][keep], ids[part][keep]))
        np.cumsum (keep, out=before[part.start + 1:part.stop + 1])
        before[part.start + 1:part.stop + 1] += before[part.start]
    return (before[np.asarray (lims, dtype="int64")], np.concatenate ([dis[:0], *(d for d, _ in kept)]),
            np.concatenate ([ids[:0], *(i for _, i in kept)]))


def apply_maxres (res_batches, target_nres, keep_max=False):
    """Find the radius that leaves target_nres results, and leave only those: (radius, count)."""
    parts = [d for _, d, _ in res_batches if len (d)]
    size = sum (len (d) for d in parts)
    if target_nres >= size:
        return (min (d.min () for d in parts) if keep_max else max (d.max () for d in parts)) if parts else 0.0, size
    best_last = smallest ([-d for d in parts] if keep_max else parts, target_nres)
    radius = -best_last if keep_max else best_last
    total = 0
    for i, (nres, d, ids) in enumerate (res_batches):
        res_batches[i] = threshold_radius_nres (nres, d, ids, radius, keep_max)
        total += len (res_batches[i][1])
    LOG.debug ("radius %g: %d of %d results left", radius, total, size)
    return radius, total


def range_search_max_results (index, query_iterator, radius, max_results=None, min_results=None,
                              shard=False, ngpu=0, clip_to_min=False):
    """A range search of many queries whose radius shrinks when there are too many results.

    Beyond max_results the radius is made smaller so that min_results remain (default: 80 % of
    max_results); clip_to_min: at the end too. Returns radius, lims, D, I.
    """
    if max_results is not None and min_results is None:
        min_results = int (.8 * max_results)
    keep_max = faiss.is_similarity_metric (index.metric_type)
    batches, total = [], 0
    for xq in query_iterator:
        lims, D, I = index.range_search (xq, radius)
        batches.append ((np.diff (lims.astype ("int64")), D, I))
        total += len (D)
        if max_results is not None and total > max_results:
            radius, total = apply_maxres (batches, min_results, keep_max)
    if clip_to_min and min_results is not None and total > min_results:
        radius, total = apply_maxres (batches, min_results, keep_max)
    nres = np.concatenate ([n for n, _, _ in batches] or [np.zeros (0, "int64")])
    lims = np.concatenate ([[0], np.cumsum (nres)]).astype ("uint64")
    D = np.concatenate ([d for _, d, _ in batches] or [np.zeros (0, "float32")])
    I = np.concatenate ([i for _, _, i in batches] or [np.zeros (0, "int64")])
    return radius, lims, D, I


def exponential_query_iterator (xq, start_bs=32, max_bs=20000):
    """Batches of queries, each twice as large as the one before, so that a radius adapts early."""
    i, bs = 0, start_bs
    while i < len (xq):
        yield xq[i:i + bs]
        i += bs
        bs = min (2 * bs, max_bs)
