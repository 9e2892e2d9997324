"""Searches in indexes of several processes, each with a part of the vectors."""

from multiprocessing.pool import ThreadPool
from typing import List, Tuple

import faiss

from . import rpc


class SearchServer (rpc.Server):
    """Serves an index."""

    def __init__ (self, s: int, index: faiss.Index):
        rpc.Server.__init__ (self, s)
        self.index = index
        self.index_ivf = faiss.try_extract_index_ivf (index)

    def set_nprobe (self, nprobe: int):
        """Set nprobe; returns what it was."""
        before, self.index_ivf.nprobe = self.index_ivf.nprobe, nprobe
        return before

    def get_ntotal (self):
        return self.index.ntotal

    def set_omp_num_threads (self, nt: int):
        faiss.omp_set_num_threads (nt)

    def __getattr__ (self, f):
        if f.startswith ("_") or "index" not in self.__dict__:
            raise AttributeError (f)
        return getattr (self.index, f)


def run_index_server (index: faiss.Index, port: int, v6: bool = False):
    """Serve an index for ever."""
    rpc.run_server (lambda s: SearchServer (s, index), port, v6=v6)


class ClientIndex:
    """The indexes of several servers as one; their ids must differ."""

    def __init__ (self, machine_ports: List[Tuple[str, int]], v6: bool = False):
        self.sub_indexes = [rpc.Client (machine, port, v6) for machine, port in machine_ports]
        self.pool = ThreadPool (len (self.sub_indexes))
        self.ntotal = self.get_ntotal ()

    def _all (self, function):
        return self.pool.map (function, self.sub_indexes)

    def set_nprobe (self, nprobe: int):
        self._all (lambda client: client.set_nprobe (nprobe))

    def set_omp_num_threads (self, nt: int):
        self._all (lambda client: client.set_omp_num_threads (nt))

    def get_ntotal (self):
        return sum (self._all (lambda client: client.get_ntotal ()))

    def search (self, x, k: int):
        """The k nearest of all servers' vectors: D, I."""
        heap = faiss.ResultHeap (x.shape[0], k)
        for D, I in self._all (lambda client: client.search (x, k)):
            heap.add_result (D, I)
        heap.finalize ()
        return heap.D, heap.I
