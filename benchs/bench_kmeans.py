"""k-means beside faiss-cpu 1.15.1: both train in turn, the best of the rounds counts.

usage: bench_kmeans.py [--data glove=FILE.npy] [--data fashion=FILE.gz] [--threads 1 2] [-k 1024]
                       [--iterations 20] [--points 100000] [--rounds 2] [--json]

GloVe vectors are normalised and clustered by L2, and by the inner product with spherical centroids;
Fashion-MNIST by L2. `share` is what comparing each point with each centroid takes (2 n k d per
iteration) against a matrix product on one thread, times the number of threads: more than 100 % where
comparisons are saved. On one thread CPU time is taken, so that other programs disturb less; run it
pinned: taskset -c 1 python3 benchs/bench_kmeans.py --threads 1
"""
import argparse
import ctypes
import json

import numpy as np

import common
from common import CLOCK, cfaiss, clock_of
from test_clustering import Clustering, results

TRAIN = CLOCK + """
    faiss.omp_set_num_threads(threads)
    if x is not None:
        faiss.bench = x
    x = faiss.bench
    index = faiss.IndexFlat(x.shape[1], metric)
    clustering = faiss.Clustering(x.shape[1], k)
    for name, value in parameters.items():
        setattr(clustering, name, value)
    start = clock()
    clustering.train(x, index)
    elapsed = clock() - start
    n = clustering.iteration_stats.size()
    return elapsed, n, clustering.iteration_stats.at(n - 1).obj
"""


def ours(x, k, metric, threads, parameters):
    """(seconds, iterations, last objective)"""
    cfaiss.set_threads(threads)
    clock = clock_of(threads)
    index = cfaiss.new("IndexFlat_new_with", x.shape[1], metric)
    out = ctypes.c_void_p()
    cfaiss.lib.faiss_Clustering_new(ctypes.byref(out), x.shape[1], k)
    cp = ctypes.cast(out, ctypes.POINTER(Clustering)).contents.cp
    for name, value in parameters.items():
        setattr(cp, name, value)
    start = clock()
    cfaiss.lib.faiss_Clustering_train(out, len(x), x, index)
    elapsed = clock() - start
    stats = results(out)[1]
    cfaiss.lib.faiss_Clustering_free(out)
    return elapsed, len(stats), stats[-1, 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", action="append")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("-k", type=int, default=1024)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--points", type=int, default=100000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    data = options.data or [f"glove={common.GLOVE}", f"fashion={common.FASHION}"]
    oracle = common.Oracle()
    peak = common.gemm_peak()
    if not options.json:
        print(f"{common.cpu_name()}; matrix product {peak:.0f} GFLOP/s; k={options.k}")
        print(f"{'data':<17}{'n':>8}{'d':>5}{'threads':>8}{'iterations':>11}{'ours s':>9}"
              f"{'oracle s':>9}{'ratio':>7}{'share':>7}{'objective ours/oracle':>23}")
    for name, path in (item.split("=", 1) for item in data):
        x = common.read_vectors(path, options.points)
        cases = [("L2", cfaiss.METRIC_L2, False)]
        if name == "glove":
            x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-20)
            cases.append(("spherical", cfaiss.METRIC_INNER_PRODUCT, True))
        sent = x
        for threads in options.threads:
            for case, metric, spherical in cases:
                parameters = {"niter": options.iterations, "spherical": spherical,
                              "max_points_per_centroid": len(x), "min_points_per_centroid": 1,
                              "early_stop_threshold": -1.0}
                mine, theirs = [], []
                for _ in range(options.rounds):
                    theirs.append(oracle(TRAIN, timeout=3000, x=sent, k=options.k, metric=metric,
                                         threads=threads, parameters=parameters))
                    sent = None
                    mine.append(ours(x, options.k, metric, threads, parameters))
                a, b = min(mine), min(theirs)
                flop = 2e-9 * len(x) * x.shape[1] * options.k * a[1]
                row = {"data": name + " " + case, "n": len(x), "d": x.shape[1], "k": options.k,
                       "threads": threads, "iterations": [a[1], b[1]], "ours": a[0],
                       "oracle": b[0], "ratio": b[0] / a[0], "share": flop / a[0] / peak / threads,
                       "objective_ratio": a[2] / b[2]}
                print(json.dumps(row) if options.json else
                      f"{row['data']:<17}{len(x):>8}{x.shape[1]:>5}{threads:>8}{a[1]:>11}"
                      f"{a[0]:>9.2f}{b[0]:>9.2f}{row['ratio']:>7.2f}{row['share']:>7.0%}"
                      f"{row['objective_ratio']:>23.7f}", flush=True)
    oracle.stop()


if __name__ == "__main__":
    main()
