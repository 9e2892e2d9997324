"""k-means (k = 1024, 20 iterations) beside faiss-cpu 1.15.1, one run of each in turn.

usage: bench_kmeans.py [--data glove=FILE.npy] [--data fashion=FILE.gz] [--threads 1] [--threads 2]
                       [--rounds 2] [-k 1024] [--iterations 20] [--points 100000] [--json]

The data are GloVe vectors (.npy, half floats; normalised, then clustered by L2, and by the inner
product with spherical centroids) and Fashion-MNIST images (IDX, L2). The oracle's Python is named
by FAISS_ORACLE_PYTHON. Times are the best of the rounds; `share` is 2 n k d iterations / time
against a matrix product of the oracle's BLAS in the same run.
"""
import argparse
import ctypes
import gzip
import json
import os
import pathlib
import sys
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "oracle"))

import cfaiss  # noqa: E402
from conftest import Oracle  # noqa: E402
from test_clustering import Clustering, results  # noqa: E402

DEFAULT_DATA = ["glove=" + os.environ.get("GLOVE", str(ROOT / "demos" / "data" / "glove-20k.f16.npy")),
                "fashion=/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"]

ORACLE = """
    import time
    faiss.omp_set_num_threads(threads)
    if x is not None:
        faiss.bench_x = x
    x = faiss.bench_x
    index = faiss.IndexFlat(x.shape[1], metric)
    clus = faiss.Clustering(x.shape[1], k)
    clus.niter, clus.spherical, clus.max_points_per_centroid = niter, spherical, 1000000
    clus.early_stop_threshold = -1
    start = time.perf_counter()
    clus.train(x, index)
    elapsed = time.perf_counter() - start
    stats = clus.iteration_stats.at(clus.iteration_stats.size() - 1)
    return elapsed, stats.time_search, stats.obj, clus.iteration_stats.size()
"""

GEMM = """
    import time
    faiss.omp_set_num_threads(threads)
    n = 2048
    a = np.random.RandomState(0).rand(n, n).astype('f')
    out = np.empty((n, n), 'f')
    best = 1e9
    for i in range(4):
        start = time.perf_counter()
        faiss.pairwise_distances(a, a)
        best = min(best, time.perf_counter() - start)
    return 2e-9 * n ** 3 / best
"""


def load(name, path, n_points):
    if path.endswith(".npy"):
        x = np.load(path, mmap_mode="r")[:n_points].astype(np.float32)
        x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-20)
    else:
        data = gzip.open(path).read()
        d = int.from_bytes(data[8:12], "big") * int.from_bytes(data[12:16], "big")
        x = np.frombuffer(data, np.uint8, offset=16).reshape(-1, d)[:n_points].astype(np.float32)
    return np.ascontiguousarray(x)


def ours(x, k, niter, metric, spherical, threads):
    cfaiss.set_threads(threads)
    index = cfaiss.new("IndexFlat_new_with", x.shape[1], metric)
    out = ctypes.c_void_p()
    cfaiss.lib.faiss_Clustering_new(ctypes.byref(out), x.shape[1], k)
    cp = ctypes.cast(out, ctypes.POINTER(Clustering)).contents.cp
    cp.niter, cp.spherical, cp.max_points_per_centroid = niter, spherical, 1000000
    cp.early_stop_threshold = -1
    start = time.perf_counter()
    cfaiss.lib.faiss_Clustering_train(out, len(x), x, index)
    elapsed = time.perf_counter() - start
    stats = results(out)[1]
    from test_clustering import Stats
    last = ctypes.cast(ctypes.cast(out, ctypes.POINTER(Clustering)).contents.iteration_stats.data,
                       ctypes.POINTER(Stats))[len(stats) - 1]
    answer = elapsed, last.time_search, last.obj, len(stats)
    cfaiss.lib.faiss_Clustering_free(out)
    return answer


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append")
    parser.add_argument("--threads", type=int, action="append")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("-k", type=int, default=1024)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--points", type=int, default=100000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    oracle = Oracle()
    if not arguments.json:
        print(f"{'data':<22}{'n':>8}{'d':>5}{'threads':>8}{'ours s':>9}{'(search)':>9}"
              f"{'oracle s':>9}{'(search)':>9}{'ratio':>7}{'share':>7}{'objective':>11}")
    for name, path in (item.split("=", 1) for item in arguments.data or DEFAULT_DATA):
        x = load(name, path, arguments.points)
        cases = [(cfaiss.METRIC_L2, False)]
        if name.startswith("glove"):
            cases.append((cfaiss.METRIC_INNER_PRODUCT, True))
        sent = x
        for threads in arguments.threads or [1, 2]:
            gemm = oracle(GEMM, threads=threads)
            for metric, spherical in cases:
                mine, theirs = [], []
                for _ in range(arguments.rounds):
                    theirs.append(oracle(ORACLE, timeout=3000, x=sent, k=arguments.k,
                                         niter=arguments.iterations, metric=metric,
                                         spherical=spherical, threads=threads))
                    sent = None
                    mine.append(ours(x, arguments.k, arguments.iterations, metric, spherical,
                                     threads))
                a, b = min(mine), min(theirs)
                flop = 2e-9 * len(x) * x.shape[1] * arguments.k * a[3]
                row = {"data": name + (" spherical" if spherical else " L2"), "n": len(x),
                       "d": x.shape[1], "threads": threads, "ours": a[0], "ours_search": a[1],
                       "oracle": b[0], "oracle_search": b[1], "ratio": b[0] / a[0],
                       "gemm_share": flop / a[0] / gemm, "objective_ratio": a[2] / b[2],
                       "iterations": [a[3], b[3]]}
                if arguments.json:
                    print(json.dumps(row), flush=True)
                else:
                    print(f"{row['data']:<22}{row['n']:>8}{row['d']:>5}{threads:>8}{a[0]:>9.2f}"
                          f"{a[1]:>9.2f}{b[0]:>9.2f}{b[1]:>9.2f}{row['ratio']:>7.2f}"
                          f"{row['gemm_share']:>7.0%}{row['objective_ratio']:>11.6f}", flush=True)
    oracle.stop()


if __name__ == "__main__":
    main()
