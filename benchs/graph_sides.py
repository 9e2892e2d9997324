"""Graph indexes of several libraries behind one interface, each in a process of its own.

graphs.py starts `python graph_sides.py NAME` with the Python that has the library, and sends
it calls of Server's methods, pickled: (method, arguments); the answers are (ok, result or error).
"""
import ctypes
import os
import pickle
import struct
import sys
import time

import numpy as np

K = 10


def send(stream, value):
    content = pickle.dumps(value)
    stream.write(struct.pack("<Q", len(content)))
    stream.write(content)
    stream.flush()


def receive(stream):
    head = stream.read(8)
    if len(head) < 8:
        raise EOFError("the process has ended")
    return pickle.loads(stream.read(struct.unpack("<Q", head)[0]))


def anonymous_bytes():
    """Memory of this process that is no file's: what was read by mmap does not count."""
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Anonymous:"))


def trim():
    """Give back what was freed."""
    ctypes.CDLL(None).malloc_trim(0)


# ---- the libraries ---------------------------------------------------------------------------
# build (x) makes the index, save and load keep it; search (q) gives labels, with the ef set before.


class Ours:
    settings = "ef"

    def __init__(self, o):
        self.o = o
        self.dll = ctypes.CDLL(os.environ["FAISS_LIBRARY"])
        self.dll.faiss_get_last_error.restype = ctypes.c_char_p
        self.dll.faiss_IndexHNSW_cast.restype = ctypes.c_void_p
        self.dll.faiss_IndexHNSW_hnsw.restype = ctypes.c_void_p
        self.index = ctypes.c_void_p()
        self.threads(o["threads"])

    def call(self, name, *arguments):
        if getattr(self.dll, name)(*arguments):
            raise RuntimeError(self.dll.faiss_get_last_error().decode())

    def graph(self):
        hnsw = self.dll.faiss_IndexHNSW_cast(self.index)
        return ctypes.c_void_p(self.dll.faiss_IndexHNSW_hnsw(ctypes.c_void_p(hnsw)))

    def threads(self, n):
        self.dll.omp_set_num_threads(n)

    def prepare(self):
        """What else is set before vectors come."""

    def build(self, x):
        self.call("faiss_index_factory", ctypes.byref(self.index), x.shape[1],
                  f"HNSW{self.o['M']}".encode(), 0 if self.o["ip"] else 1)
        self.dll.faiss_HNSW_set_efConstruction(self.graph(), self.o["ef_construction"])
        self.prepare()
        self.call("faiss_Index_add", self.index, ctypes.c_int64(len(x)),
                  x.ctypes.data_as(ctypes.c_void_p))

    def save(self, path):
        self.call("faiss_write_index_fname", self.index, path.encode())

    def load(self, path):
        self.call("faiss_read_index_fname", path.encode(), 0, ctypes.byref(self.index))

    def set_ef(self, ef):
        self.dll.faiss_HNSW_set_efSearch(self.graph(), ef)

    def search(self, q):
        labels = np.empty((len(q), K), np.int64)
        distances = np.empty((len(q), K), np.float32)
        self.call("faiss_Index_search", self.index, ctypes.c_int64(len(q)),
                  ctypes.c_void_p(q.ctypes.data), ctypes.c_int64(K),
                  ctypes.c_void_p(distances.ctypes.data), ctypes.c_void_p(labels.ctypes.data))
        return labels


class OursReranked(Ours):
    """Walks by 8-bit codes, then compares the 30 nearest."""

    def set_ef(self, ef):
        super().set_ef(ef)
        self.dll.faiss_HNSW_set_rerank(self.graph(), 30)


class OursAlpha(Ours):
    """A graph with links chosen by alpha = 1.2, without headroom; exact."""
    ALPHA = 1.2

    def prepare(self):
        self.dll.faiss_HNSW_set_alpha(self.graph(), ctypes.c_float(self.ALPHA))
        self.dll.faiss_HNSW_set_prune_headroom(self.graph(), ctypes.c_float(0))


class FaissCpu:
    settings = "ef"

    def __init__(self, o):
        import faiss
        self.o, self.faiss = o, faiss
        self.threads(o["threads"])

    def threads(self, n):
        self.faiss.omp_set_num_threads(n)

    def build(self, x):
        self.index = self.faiss.IndexHNSWFlat(x.shape[1], self.o["M"], 0 if self.o["ip"] else 1)
        self.index.hnsw.efConstruction = self.o["ef_construction"]
        self.index.add(x)

    def save(self, path):
        self.faiss.write_index(self.index, path)

    def load(self, path):
        self.index = self.faiss.read_index(path)

    def set_ef(self, ef):
        self.index.hnsw.efSearch = ef

    def search(self, q):
        return self.index.search(q, K)[1]


class Hnswlib:
    settings = "ef"

    def __init__(self, o):
        import hnswlib
        self.o = o
        self.index = hnswlib.Index("ip" if o["ip"] else "l2", o["d"])
        self.n = o["threads"]

    def threads(self, n):
        self.n = n
        self.index.set_num_threads(n)

    def build(self, x):
        self.index.init_index(len(x), M=self.o["M"], ef_construction=self.o["ef_construction"])
        self.threads(self.n)
        self.index.add_items(x)

    def save(self, path):
        self.index.save_index(path)

    def load(self, path):
        self.index.load_index(path)
        self.threads(self.n)

    def set_ef(self, ef):
        self.index.set_ef(ef)

    def search(self, q):
        return self.index.knn_query(q, K)[0]


class Usearch:
    settings = "ef"

    def __init__(self, o):
        from usearch.index import Index
        self.n = o["threads"]
        self.index = Index(ndim=o["d"], metric="ip" if o["ip"] else "l2sq", connectivity=o["M"],
                           expansion_add=o["ef_construction"], dtype="f32")

    def threads(self, n):
        self.n = n

    def build(self, x):
        self.index.add(np.arange(len(x)), x, threads=self.n)

    def save(self, path):
        self.index.save(path)

    def load(self, path):
        self.index.load(path)

    def set_ef(self, ef):
        self.index.expansion_search = ef

    def search(self, q):
        return self.index.search(q, K, threads=self.n).keys.reshape(len(q), K)


class Svs:
    """Intel's Scalable Vector Search: a Vamana graph of degree 2 M, the window takes ef's part."""
    settings = "window"

    def __init__(self, o):
        import svs
        self.o, self.svs, self.n = o, svs, o["threads"]
        self.distance = svs.DistanceType.MIP if o["ip"] else svs.DistanceType.L2
        self.index = None

    def threads(self, n):
        self.n = n
        if self.index is not None:
            self.index.num_threads = n

    def build(self, x):
        parameters = self.svs.VamanaBuildParameters(
            alpha=0.95 if self.o["ip"] else 1.2, graph_max_degree=2 * self.o["M"],
            window_size=self.o["ef_construction"])
        self.index = self.svs.Vamana.build(parameters, x, self.distance, num_threads=self.n)

    def save(self, path):
        for part in "config", "graph", "data":
            os.makedirs(f"{path}/{part}", exist_ok=True)
        self.index.save(f"{path}/config", f"{path}/graph", f"{path}/data")

    def load(self, path):
        self.index = self.svs.Vamana(
            f"{path}/config", self.svs.GraphLoader(f"{path}/graph"),
            self.svs.VectorDataLoader(f"{path}/data", self.svs.DataType.float32), self.distance,
            num_threads=self.n)

    def set_ef(self, ef):
        self.index.search_window_size = ef

    def search(self, q):
        return self.index.search(q, K)[0]


SIDES = {"ours": Ours, "ours-rerank": OursReranked, "ours-alpha": OursAlpha,
         "faiss-cpu": FaissCpu, "hnswlib": Hnswlib, "usearch": Usearch, "svs": Svs}

OURS = [name for name in SIDES if name.startswith("ours")]


# ---- the process -----------------------------------------------------------------------------


class Server:
    def __init__(self, name):
        self.make = SIDES[name]

    def start(self, options, queries):
        """@param options  d, ip, M, ef_construction, threads"""
        self.side = self.make(options)
        self.q = np.load(queries)

    def build(self, rows, path):
        """Build over the rows of a .npy file and write the index: (wall s, CPU s, bytes)."""
        x = np.load(rows, mmap_mode="r")
        x.max()  # read before the clock starts
        x = np.asarray(x)
        before, wall, cpu = anonymous_bytes(), time.perf_counter(), time.process_time()
        self.side.build(x)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        trim()
        size = anonymous_bytes() - before
        self.side.save(path)
        return wall, cpu, size

    def load(self, path):
        self.side.load(path)

    def threads(self, n, cpus):
        for thread in os.listdir("/proc/self/task"):
            os.sched_setaffinity(int(thread), cpus)
        self.side.threads(n)

    def find(self, ef):
        self.side.set_ef(ef)
        return np.asarray(self.side.search(self.q)).astype(np.int64)

    def batch(self, ef):
        """Seconds of one search for all queries: (wall, CPU)."""
        self.side.set_ef(ef)
        wall, cpu = time.perf_counter(), time.process_time()
        self.side.search(self.q)
        return time.perf_counter() - wall, time.process_time() - cpu

    def single(self, ef, n):
        """Seconds of each of the first n queries, searched one by one; the best of three rounds."""
        self.side.set_ef(ef)
        queries = [self.q[i:i + 1] for i in range(n)]
        times = np.full(n, np.inf)
        search, clock = self.side.search, time.perf_counter
        for _ in range(3):
            for i, q in enumerate(queries):
                start = clock()
                search(q)
                times[i] = min(times[i], clock() - start)
        return times


def main():
    commands, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    server = Server(sys.argv[1])
    while True:
        try:
            method, arguments = receive(commands)
        except EOFError:
            return
        try:
            send(answers, (True, getattr(server, method)(*arguments)))
        except Exception as error:
            send(answers, (False, f"{type(error).__name__}: {error}"))


if __name__ == "__main__":
    main()
