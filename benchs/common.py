"""What the benchmarks share: data, the oracle beside the library, the name of the CPU."""
import ctypes
import gzip
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's, which only measures the peak here

import numpy as np  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "oracle"))

import cfaiss  # noqa: E402,F401
from conftest import Oracle  # noqa: E402,F401


class Ours(Oracle):
    """The Python module of this tree in a process of its own, like the oracle."""

    def __init__(self):
        super().__init__()
        self.python = sys.executable

    def start(self):
        module = ROOT / "build" / "python"
        if not (module / "faiss").exists():
            sys.exit(f"{module}/faiss is missing: make py")
        environment = dict(os.environ, PYTHONPATH=str(module))
        server = ROOT / "tests" / "oracle" / "oracle_server.py"
        self.process = subprocess.Popen([self.python, str(server)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=environment)
        self.version = self.answer(60)


GLOVE = os.environ.get("GLOVE", str(ROOT / "demos" / "data" / "glove-20k.f16.npy"))
FASHION = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"


def read_vectors(path, n=None):
    """The first n rows of a .npy matrix or of an IDX file (.gz), as floats."""
    if path.endswith(".npy"):
        return np.ascontiguousarray(np.load(path, mmap_mode="r")[:n], np.float32)
    data = gzip.open(path).read() if path.endswith(".gz") else open(path, "rb").read()
    d = int.from_bytes(data[8:12], "big") * int.from_bytes(data[12:16], "big")
    rows = np.frombuffer(data, np.uint8, offset=16).reshape(-1, d)
    return np.ascontiguousarray(rows[:n], np.float32)


def load(name, path, n_queries=2000):
    """(base, queries, metric): GloVe as unit vectors by inner product, Fashion-MNIST by L2."""
    x = read_vectors(path)
    if name == "glove":
        x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-20)
        metric = cfaiss.METRIC_INNER_PRODUCT
    else:
        metric = cfaiss.METRIC_L2
    order = np.random.RandomState(123).permutation(len(x))
    return (np.ascontiguousarray(x[order[n_queries:]]), np.ascontiguousarray(x[order[:n_queries]]),
            metric)


def cpu_name():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return f"{names[0]}, {len(os.sched_getaffinity(0))} CPUs" if names else "unknown CPU"


def gemm_peak():
    """GFLOP/s of a float matrix product on one thread, by numpy's BLAS."""
    a = np.random.RandomState(0).rand(2048, 2048).astype(np.float32)
    best = 1e9
    for _ in range(6):
        start = time.process_time()
        a @ a
        best = min(best, time.process_time() - start)
    return 2e-9 * 2048 ** 3 / best


# ---- options and clocks ---------------------------------------------------------------------------

def numbers(text):
    return [int(t) for t in text.split(",")]


# the same two clocks in the oracle's process
CLOCK = """
    import time
    clock = time.process_time if threads == 1 else time.perf_counter
"""


def clock_of(threads):
    """CPU time on one thread, so that other programs disturb less."""
    return time.process_time if threads == 1 else time.perf_counter


def timed(threads, call):
    """(seconds, what it returns)"""
    clock = clock_of(threads)
    start = clock()
    result = call()
    return clock() - start, result


# ---- searches -------------------------------------------------------------------------------------

SEARCH = CLOCK + """
    index, queries = faiss.searched, faiss.queries
    D, I = np.empty((batch, k), np.float32), np.empty((batch, k), np.int64)
    D_, I_, x_ = faiss.swig_ptr(D), faiss.swig_ptr(I), faiss.swig_ptr
    start = clock()
    for i in range(0, n, batch):
        index.search_c(batch, x_(queries[i:i + batch]), k, D_, I_)
    return clock() - start
"""


def time_searches(oracle, ours, xq, threads, batch, k, rounds, most=50, patience=9e9):
    """Least seconds per query of both sides, for ours and the oracle's faiss.searched, which has
    faiss.queries. The oracle gets no further round after `patience` seconds."""
    n = batch  # queries per round: short rounds, so that the best one is undisturbed
    D, labels = np.empty((batch, k), np.float32), np.empty((batch, k), np.int64)
    address = xq.ctypes.data
    row = xq.strides[0]
    # plain pointers: what ctypes converts costs more than a small search
    pointer, integer = ctypes.c_void_p, ctypes.c_int64
    call = ctypes.CFUNCTYPE(ctypes.c_int, pointer, integer, pointer, integer, pointer, pointer)(
        ("faiss_Index_search", ctypes.CDLL(str(cfaiss.LIBRARY))))
    D_, labels_, index = D.ctypes.data, labels.ctypes.data, ours.address

    def search():
        for i in range(0, n, batch):
            call(index, batch, address + i * row, k, D_, labels_)

    search()
    n = max(1, min(len(xq) // batch, int(0.01 / timed(threads, search)[0]))) * batch
    rounds = max(rounds, min(most, 25600 // n))
    best, theirs, spent = 9e9, 9e9, 0
    for _ in range(rounds):
        best = min(best, timed(threads, search)[0])
        took = oracle(SEARCH, n=n, batch=batch, k=k, threads=threads)
        theirs, spent = min(theirs, took), spent + took
        if spent > patience:
            break
    return best / n, theirs / n


def compare_results(oracle, ours, xq, k):
    """The share of equal ids; distances must be the same."""
    D, labels = ours.search(xq, k)
    D1, labels1 = oracle("return faiss.searched.search(faiss.queries[:n], k)", n=len(xq), k=k)
    found = labels >= 0
    assert (found == (labels1 >= 0)).all()
    np.testing.assert_allclose(D[found], D1[found], rtol=1e-5, atol=1e-5 * np.abs(D1[found]).max())
    return (labels == labels1).mean()
