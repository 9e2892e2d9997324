#!/usr/bin/env python3
"""IVF1024,Flat beside faiss-cpu 1.15.1 at equal nprobe: both search in turn, the best rounds count.

usage: bench_ivf.py [--threads 1,2] [--nprobe 1,4,16,64] [--k 10,100] [--batch 1,16,2000]
                    [--data glove=FILE.npy] [--data fashion=FILE.gz] [--rounds 7] [--nlist 1024]

The oracle trains and writes the index; both sides read that file (kept in the folder IVF_CACHE, if
that is set). On one thread CPU time is taken, so that other programs disturb less; run it pinned:
taskset -c 1 python3 benchs/bench_ivf.py --threads 1. FAISS_SIMD_LEVEL=AVX2 is a level for both
sides. Results are compared too: distances, and the
share of equal ids.
"""
import argparse
import ctypes
import os
import tempfile
import time

import numpy as np

import common
from common import cfaiss

MAKE = """
    index = faiss.index_factory(xb.shape[1], "IVF%d,Flat" % nlist, metric)
    index.train(xb[::4] if len(xb) > 100000 else xb)
    index.add(xb)
    faiss.write_index(index, fname)
"""

SEARCH = """
    import time
    clock = time.process_time if threads == 1 else time.perf_counter
    ivf, queries = faiss.ivf, faiss.queries
    D, I = np.empty((batch, k), np.float32), np.empty((batch, k), np.int64)
    D_, I_, x_ = faiss.swig_ptr(D), faiss.swig_ptr(I), faiss.swig_ptr
    start = clock()
    for i in range(0, n, batch):
        ivf.search_c(batch, x_(queries[i:i + batch]), k, D_, I_)
    return clock() - start
"""


def seconds(search, threads):
    clock = time.process_time if threads == 1 else time.perf_counter
    start = clock()
    search()
    return clock() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--nprobe", default="1,4,16,64")
    parser.add_argument("--k", default="10,100")
    parser.add_argument("--batch", default="1,16,2000")
    parser.add_argument("--data", action="append", help="one or several, also with commas")
    parser.add_argument("--nlist", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    numbers = lambda text: [int(t) for t in text.split(",")]  # noqa: E731
    oracle = common.Oracle()
    print(common.cpu_name())
    worst = 9e9
    sources = ",".join(args.data or [f"glove={common.GLOVE}", f"fashion={common.FASHION}"])
    for source in sources.split(","):
        data, path = source.split("=")
        xb, xq, metric = common.load(data, path)
        with tempfile.TemporaryDirectory() as folder:
            fname = os.path.join(os.environ.get("IVF_CACHE", folder),
                                 f"{data}.{len(xb)}.ivf{args.nlist}.index")
            if not os.path.exists(fname):
                oracle(MAKE, xb=xb, metric=metric, fname=fname, nlist=args.nlist)
            oracle("faiss.queries = xq; faiss.ivf = faiss.read_index(fname)", xq=xq, fname=fname)
            ours = cfaiss.read_index(fname)
        for threads in numbers(args.threads):
            cfaiss.set_threads(threads)
            oracle("faiss.omp_set_num_threads(t)", t=threads)
            for batch in numbers(args.batch):
                for nprobe in numbers(args.nprobe):
                    for k in numbers(args.k):
                        worst = min(worst, compare(data, oracle, ours, xq, threads, batch, nprobe,
                                                   k, args.rounds))
    print(f"worst ratio {worst:.2f}")


def time_searches(oracle, ours, xq, threads, batch, k, rounds, most=50):
    """Least seconds per query of both sides, for ours and the oracle's faiss.ivf."""
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
    n = max(1, min(len(xq) // batch, int(0.01 / seconds(search, threads)))) * batch
    rounds = max(rounds, min(most, 25600 // n))
    best, theirs = 9e9, 9e9
    for _ in range(rounds):
        best = min(best, seconds(search, threads))
        theirs = min(theirs, oracle(SEARCH, n=n, batch=batch, k=k, threads=threads))
    return best / n, theirs / n


def compare_results(oracle, ours, xq, k):
    """The share of equal ids; distances must be the same."""
    D, labels = ours.search(xq, k)
    D1, labels1 = oracle("return faiss.ivf.search(faiss.queries[:n], k)", n=len(xq), k=k)
    found = labels >= 0
    assert (found == (labels1 >= 0)).all()
    np.testing.assert_allclose(D[found], D1[found], rtol=1e-5, atol=1e-5 * np.abs(D1[found]).max())
    return (labels == labels1).mean()


def compare(data, oracle, ours, xq, threads, batch, nprobe, k, rounds):
    ours.nprobe = nprobe
    oracle("faiss.ivf.nprobe = nprobe", nprobe=nprobe)
    best, theirs = time_searches(oracle, ours, xq, threads, batch, k, rounds)
    same = compare_results(oracle, ours, xq[:200], k)
    print(f"{data:8} threads {threads} batch {batch:4} nprobe {nprobe:3} k {k:3}: ours "
          f"{1 / best:9.0f} q/s, oracle {1 / theirs:9.0f} q/s, ratio {theirs / best:5.2f}, "
          f"same ids {same:.4f}", flush=True)
    return theirs / best


if __name__ == "__main__":
    main()
