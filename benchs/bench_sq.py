#!/usr/bin/env python3
"""Scalar quantizers beside faiss-cpu 1.15.1: train, add and search in turn, the best rounds count.

usage: bench_sq.py [--threads 1,2] [--batch 1,16,2000] [--k 10] [--rounds 5] [--nprobe 1,16]
                   [--index SQ8,SQ4,SQ6,SQfp16,SQbf16,IVF1024:SQ8,...]  (a colon for the comma)
                   [--data glove=FILE.npy,fashion=FILE.gz] [--rows N]

Both search the oracle's index, read from its file. On one thread CPU time is taken, so that other
programs disturb less; run it pinned: taskset -c 1 python3 benchs/bench_sq.py --threads 1. Results are
compared too.
"""
import argparse
import os
import tempfile

import numpy as np

import common
from common import CLOCK, cfaiss, compare_results, numbers, time_searches, timed

INDEXES = ("SQ8,SQ4,SQ6,SQfp16,SQbf16,SQtqmse4,SQtq4,IVF1024:SQ8,IVF1024:SQ4,IVF1024:SQ6,"
           "IVF1024:SQfp16")

# the coarse quantizer is trained once, outside the clock: it is that of bench_kmeans
TRAIN = CLOCK + """
    index = faiss.index_factory(xb.shape[1], description, metric)
    if "IVF" in description:
        index.quantizer.add(xb[:index.nlist])
    start = clock()
    index.train(faiss.xb[:n_train])
    trained = clock()
    index.add(faiss.xb)
    end = clock()
    faiss.searched = index
    return trained - start, end - trained
"""

def build(description, xb, metric, threads, n_train):
    """Seconds for train and add here."""
    index = cfaiss.index_factory(xb.shape[1], description, metric)
    if "IVF" in description:
        nlist = int(description[3:].split(",")[0])
        quantizer = cfaiss.Index(cfaiss.lib.faiss_IndexIVF_quantizer(index), borrowed=True)
        quantizer.add(xb[:nlist])
    return (timed(threads, lambda: index.train(xb[:n_train]))[0],
            timed(threads, lambda: index.add(xb))[0])


def compare_building(args, oracle, label, description, xb, metric, threads):
    n_train = min(len(xb), 100000)
    best = np.full((2, 2), 9e9)
    for _ in range(args.build_rounds):
        best[0] = np.minimum(best[0], build(description, xb, metric, threads, n_train))
        best[1] = np.minimum(best[1], oracle(TRAIN, xb=xb[:1024], description=description,
                                             metric=metric, threads=threads, n_train=n_train))
    ratio = best[1] / best[0]
    print(f"{label} threads {threads} train: ours {best[0][0] * 1e3:8.2f} ms, oracle "
          f"{best[1][0] * 1e3:8.2f} ms, ratio {ratio[0]:5.2f}; add: {best[0][1] * 1e3:8.2f} ms, "
          f"{best[1][1] * 1e3:8.2f} ms, ratio {ratio[1]:5.2f}", flush=True)
    return ratio[best[1] > 1e-3].min(initial=9e9)  # some types have nothing to train


def compare_search(args, oracle, label, ours, xq, threads, batch, k):
    best, theirs = time_searches(oracle, ours, xq, threads, batch, k, args.rounds, args.rounds,
                                 args.patience)
    print(f"{label} threads {threads} batch {batch:4} k {k:3}: ours {1 / best:9.0f} q/s, oracle "
          f"{1 / theirs:9.0f} q/s, ratio {theirs / best:6.2f}", flush=True)
    return theirs / best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--batch", default="1,16,2000")
    parser.add_argument("--k", default="10")
    parser.add_argument("--nprobe", default="1,16")
    parser.add_argument("--index", default=INDEXES)
    parser.add_argument("--data", default=f"glove={common.GLOVE},fashion={common.FASHION}")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--build-rounds", type=int, default=2, help="0: do not time train and add")
    parser.add_argument("--patience", type=float, default=5, help="seconds of the oracle per line")
    args = parser.parse_args()
    oracle = common.Oracle()
    print(common.cpu_name())
    worst = 9e9
    for source in args.data.split(","):
        data, path = source.split("=")
        xb, xq, metric = common.load(data, path)
        xb = np.ascontiguousarray(xb[:args.rows])
        oracle("faiss.xb, faiss.queries = xb, xq", xb=xb, xq=xq)
        for description in args.index.replace(":", "\0").split(","):
            description = description.replace("\0", ",")
            label = f"{data:7} {description:14}"
            for threads in numbers(args.threads):
                cfaiss.set_threads(threads)
                oracle("faiss.omp_set_num_threads(t)", t=threads)
                if args.build_rounds:
                    worst = min(worst, compare_building(args, oracle, label, description, xb,
                                                        metric, threads))
            with tempfile.TemporaryDirectory() as folder:
                fname = os.path.join(folder, "index")
                if not args.build_rounds:
                    oracle(TRAIN, xb=xb[:1024], description=description, metric=metric, threads=2,
                           n_train=min(len(xb), 100000))
                oracle("faiss.write_index(faiss.searched, fname)", fname=fname)
                ours = cfaiss.read_index(fname)
            for nprobe in numbers(args.nprobe) if "IVF" in description else [None]:
                if nprobe:
                    ours.nprobe = nprobe
                    oracle("faiss.searched.nprobe = nprobe", nprobe=nprobe)
                at = f"{label} nprobe {nprobe:2}" if nprobe else label
                for threads in numbers(args.threads):
                    cfaiss.set_threads(threads)
                    oracle("faiss.omp_set_num_threads(t)", t=threads)
                    for batch in numbers(args.batch):
                        for k in numbers(args.k):
                            worst = min(worst, compare_search(args, oracle, at, ours, xq, threads,
                                                              batch, k))
                print(f"{at} same ids {compare_results(oracle, ours, xq[:100], 10):.4f}")
    print(f"worst ratio {worst:.2f}")


if __name__ == "__main__":
    main()
