"""Searches of very many queries in an inverted file: list by list instead of query by query."""

import logging
import os
import pickle
import time
from multiprocessing.pool import ThreadPool

import faiss
import numpy as np

from faiss.blocks import compact, row_blocks, taken

from faiss.contrib.inspect_tools import get_invlist

LOG = logging.getLogger (__name__)


class BigBatchSearcher:
    """The state of a search: which queries visit which list, and the results so far."""

    def __init__ (self, index, xq, k, verbose=0, use_float16=False):
        self.index, self.xq, self.k, self.verbose = index, xq, k, verbose
        self.use_float16 = use_float16
        self.keep_max = faiss.is_similarity_metric (index.metric_type)
        self.rh = faiss.ResultHeap (len (xq), k, keep_max=self.keep_max)
        self.t_accu = {}
        self.t_display = self.t0 = time.time ()
        self.q_assign = None

    def start_t_accu (self):
        self.t_accu_t0 = time.time ()

    def stop_t_accu (self, n):
        self.t_accu[n] = self.t_accu.get (n, 0.0) + time.time () - self.t_accu_t0

    def tic (self, name):
        self.tic_name, self.tic_t0 = name, time.time ()
        LOG.debug ("%s ...", name)

    def toc (self):
        LOG.debug ("%s: %.3f s", self.tic_name, time.time () - self.tic_t0)
        return time.time () - self.tic_t0

    def report (self, l):
        """Say how far it is, once in a while."""
        if self.verbose > 0 and (time.time () - self.t_display > 1 or l == self.index.nlist - 1):
            LOG.info ("%.2f s: list %d of %d", time.time () - self.t0, l, self.index.nlist)
            self.t_display = time.time ()

    def coarse_quantization (self):
        """The lists of all queries."""
        self.tic ("coarse quantization")
        _, self.q_assign = self.index.quantizer.search (self.xq, self.index.nprobe)
        self.toc ()

    def reorder_assign (self):
        """The queries of each list: query_ids[bucket_lims[l]:bucket_lims[l + 1]]."""
        nprobe = self.q_assign.shape[1]
        lists = np.empty (self.q_assign.size, dtype="int64")
        for part in row_blocks (lists.size):
            lists[part] = self.q_assign.ravel ()[part] + 1  # those of no list first
        lims, order = faiss.bucket_sort (lists, nbucket=self.index.nlist + 1)
        for part in row_blocks (order.size):
            order[part] //= nprobe
        self.bucket_lims, self.query_ids = lims[1:], order

    def prepare_bucket (self, l):
        """The queries of list l and the list's contents."""
        q_subset = self.query_ids[self.bucket_lims[l]:self.bucket_lims[l + 1]]
        if q_subset.size == 0:
            return None
        list_ids, codes = get_invlist (self.index.invlists, l)
        if list_ids.size == 0:
            return None
        xb = self.index.decode_list (codes, l) if hasattr (self.index, "decode_list") \
            else decode (self.index, codes, l)
        xq = taken (self.xq, q_subset)
        if self.use_float16:
            xb, xq = (compact (compact (a, "float16"), "float32") for a in (xb, xq))
        return q_subset, xq, list_ids, xb

    def add_results_to_heap (self, q_subset, D, list_ids, I):
        """Take the results of one list."""
        if D is None:
            return
        ids = list_ids if I is None else np.where (I >= 0, list_ids[np.maximum (I, 0)], -1)
        if I is None:
            ids = np.broadcast_to (list_ids, D.shape)
        self.rh.add_result_subset (q_subset, D, ids)

    def sizes_in_checkpoint (self):
        return (self.xq.shape, self.index.nprobe, self.index.nlist, self.k)

    def write_checkpoint (self, fname, completed):
        """Save the results so far, for the lists that are completed."""
        temporary = fname + ".tmp"
        with open (temporary, "wb") as f:
            pickle.dump ({"sizes": self.sizes_in_checkpoint (), "completed": completed,
                          "D": self.rh.D, "I": self.rh.I}, f, -1)
        os.replace (temporary, fname)

    def read_checkpoint (self, fname):
        """Go on from there; returns the lists that are completed."""
        with open (fname, "rb") as f:
            saved = pickle.load (f)
        assert saved["sizes"] == self.sizes_in_checkpoint (), \
            f"{fname}: another search's, {saved['sizes']}"
        self.rh.D, self.rh.I = saved["D"], saved["I"]
        return saved["completed"]


def decode (index, codes, list_no):
    """The vectors of the codes of a list."""
    x = np.empty ((len (codes), index.d), dtype="float32")
    list_nos = np.full (len (codes), list_no, dtype="int64")
    index.decode_vectors (len (codes), faiss.swig_ptr (codes), faiss.swig_ptr (list_nos),
                          faiss.swig_ptr (x))
    return x


class BlockComputer:
    """Compares queries with the vectors of a list, by one of several functions."""

    def __init__ (self, index, method="knn_function", pairwise_distances=faiss.pairwise_distances,
                  knn=faiss.knn):
        methods = ("knn_function", "pairwise_distances", "index")
        assert method in methods, f"method: expected one of {methods}, got {method!r}"
        self.index, self.method = index, method
        self.metric = index.metric_type
        self.pairwise_distances, self.knn = pairwise_distances, knn

    def block_search (self, xq_l, xb_l, list_ids, k, **extra_args):
        """Distances and positions in the list; positions None: of all of them."""
        if self.method == "pairwise_distances":
            return self.pairwise_distances (xq_l, xb_l, metric=self.metric), None
        if self.method == "knn_function":
            return self.knn (xq_l, xb_l, min (k, len (xb_l)), metric=self.metric, **extra_args)
        flat = faiss.IndexFlat (self.index.d, self.metric)
        flat.add (xb_l)
        return flat.search (xq_l, min (k, len (xb_l)))


def big_batch_search (index, xq, k, method="knn_function",
                      pairwise_distances=faiss.pairwise_distances, knn=faiss.knn, verbose=0,
                      threaded=0, use_float16=False, prefetch_threads=1, computation_threads=1,
                      q_assign=None, checkpoint=None, checkpoint_freq=7200, start_list=0,
                      end_list=None, crash_at=-1):
    """Search all queries, list by list: D, I.

    checkpoint: a file for the results so far, written every checkpoint_freq seconds; if it is
    there, the search goes on from it. start_list, end_list: only these lists.
    """
    xq = compact (xq, "float32")
    searcher = BigBatchSearcher (index, xq, k, verbose, use_float16)
    computer = BlockComputer (index, method, pairwise_distances, knn)
    if q_assign is None:
        searcher.coarse_quantization ()
    else:
        searcher.q_assign = compact (q_assign, "int64")
    searcher.reorder_assign ()
    end_list = index.nlist if end_list is None else end_list
    completed = set ()
    if checkpoint is not None and os.path.exists (checkpoint):
        completed = searcher.read_checkpoint (checkpoint)

    def compute (l):
        bucket = searcher.prepare_bucket (l)
        if bucket is None:
            return l, None
        q_subset, xq_l, list_ids, xb_l = bucket
        return l, (q_subset, *computer.block_search (xq_l, xb_l, list_ids, k), list_ids)

    todo = [l for l in range (start_list, end_list) if l not in completed]
    pool = ThreadPool (max (computation_threads, 1)) if threaded else None
    last_checkpoint = time.time ()
    try:
        for l, found in pool.imap_unordered (compute, todo) if pool else map (compute, todo):
            if l == crash_at:
                raise ZeroDivisionError ("crash_at: as asked")
            if found is not None:
                q_subset, D, I, list_ids = found
                searcher.add_results_to_heap (q_subset, D, list_ids, I)
            completed.add (l)
            searcher.report (l)
            if checkpoint is not None and time.time () - last_checkpoint > checkpoint_freq:
                searcher.write_checkpoint (checkpoint, completed)
                last_checkpoint = time.time ()
    finally:
        if pool:
            pool.terminate ()
    searcher.rh.finalize ()
    return searcher.rh.D, searcher.rh.I
