"""What the benchmarks share: data, the oracle beside the library, the name of the CPU."""
import gzip
import os
import pathlib
import subprocess
import sys

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
    import time
    a = np.random.RandomState(0).rand(2048, 2048).astype(np.float32)
    best = 1e9
    for _ in range(6):
        start = time.process_time()
        a @ a
        best = min(best, time.process_time() - start)
    return 2e-9 * 2048 ** 3 / best
