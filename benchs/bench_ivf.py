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
import os
import tempfile

import common
from common import cfaiss, compare_results, numbers, time_searches

MAKE = """
    index = faiss.index_factory(xb.shape[1], "IVF%d,Flat" % nlist, metric)
    index.train(xb[::4] if len(xb) > 100000 else xb)
    index.add(xb)
    faiss.write_index(index, fname)
"""

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
            oracle("faiss.queries = xq; faiss.searched = faiss.read_index(fname)", xq=xq, fname=fname)
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


def compare(data, oracle, ours, xq, threads, batch, nprobe, k, rounds):
    ours.nprobe = nprobe
    oracle("faiss.searched.nprobe = nprobe", nprobe=nprobe)
    best, theirs = time_searches(oracle, ours, xq, threads, batch, k, rounds)
    same = compare_results(oracle, ours, xq[:200], k)
    print(f"{data:8} threads {threads} batch {batch:4} nprobe {nprobe:3} k {k:3}: ours "
          f"{1 / best:9.0f} q/s, oracle {1 / theirs:9.0f} q/s, ratio {theirs / best:5.2f}, "
          f"same ids {same:.4f}", flush=True)
    return theirs / best


if __name__ == "__main__":
    main()
