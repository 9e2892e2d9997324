"""Flat search beside faiss-cpu 1.15.1: both search in turn, the best of the rounds counts.

usage: bench_flat.py [--data glove=FILE.npy] [--data fashion=FILE.gz] [--threads 1 2]
                     [--batches 1 16 2000] [-k 10 100] [--rounds 5] [--json]

GloVe vectors are normalised and searched by inner product, Fashion-MNIST by L2. `share` is the
arithmetic of the search (2 n d per query) against a matrix product on one thread, times the number
of threads. On one thread CPU time is taken, so that other programs disturb less; run it pinned: taskset -c 1 python3 benchs/bench_flat.py --threads 1
FAISS_SIMD_LEVEL=AVX2 is a level for both sides, FAISS_FILTER_CODES=off takes the filter codes away.
"""
import argparse
import json

import numpy as np

import common
from common import CLOCK, cfaiss, clock_of

ADD = """
    index = faiss.IndexFlat(x.shape[1], metric)
    index.add(x)
    faiss.bench = index
"""

SEARCH = CLOCK + """
    faiss.omp_set_num_threads(threads)
    start = clock()
    for i in range(0, len(q), batch):
        D, I = faiss.bench.search(q[i:i + batch], k)
    return clock() - start, D, I
"""


def ours(index, q, batch, k, threads):
    cfaiss.set_threads(threads)
    clock = clock_of(threads)
    start = clock()
    for i in range(0, len(q), batch):
        D, I = index.search(q[i:i + batch], k)
    return clock() - start, D, I


def compare(mine, theirs, q):
    """Distances within 1e-5, of themselves or of the squared norms they are made of; how many ids
    differ."""
    (D0, I0), (D1, I1) = mine, theirs
    norms = (q[-len(D0):] ** 2).sum(1, keepdims=True)
    assert (np.abs(D0 - D1) <= 1e-5 * np.maximum(np.abs(D1), norms)).all(), np.abs(D0 - D1).max()
    return int((I0 != I1).sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", action="append")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16, 2000])
    parser.add_argument("-k", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    oracle = common.Oracle()
    peak = common.gemm_peak()
    if not args.json:
        print(f"{common.cpu_name()}; sgemm {peak:.0f} GFLOP/s on one thread")
        print(f"{'data':8} {'k':>4} {'batch':>5} {'thr':>3} {'ours q/s':>9} {'oracle':>9} "
              f"{'ratio':>6} {'share':>6} {'GFLOP/s':>8}  ids that differ")
    for data in args.data or [f"glove={common.GLOVE}", f"fashion={common.FASHION}"]:
        name, path = data.split("=", 1)
        base, queries, metric = common.load(name, path)
        oracle(ADD, x=base, metric=metric)
        index = cfaiss.new("IndexFlat_new_with", base.shape[1], metric)
        index.add(base)
        for threads in args.threads:
            for batch in args.batches:
                q = queries[:{1: 20, 16: 160}.get(batch, max(batch, 32))]
                for k in args.k:
                    mine, theirs = [], []
                    for _ in range(args.rounds):
                        mine.append(ours(index, q, batch, k, threads))
                        theirs.append(oracle(SEARCH, q=q, batch=batch, k=k, threads=threads))
                    n_differ = compare(mine[0][1:], theirs[0][1:], q)
                    fast, slow = (min(run[0] for run in runs) for runs in (mine, theirs))
                    rate = 2e-9 * base.size * len(q) / fast
                    row = dict(data=name, k=k, batch=batch, threads=threads, qps=len(q) / fast,
                               oracle_qps=len(q) / slow, ratio=slow / fast,
                               share=rate / (peak * threads), gflops=rate, ids_differ=n_differ)
                    if args.json:
                        print(json.dumps(row), flush=True)
                    else:
                        print(f"{name:8} {k:4} {batch:5} {threads:3} {row['qps']:9.1f} "
                              f"{row['oracle_qps']:9.1f} {row['ratio']:6.2f} {row['share']:6.2f} "
                              f"{rate:8.1f}  {n_differ} of {mine[0][2].size}", flush=True)
    oracle.stop()


if __name__ == "__main__":
    main()
