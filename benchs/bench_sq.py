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
import ctypes
import os
import tempfile
import time

import numpy as np

import common
from common import cfaiss

INDEXES = ("SQ8,SQ4,SQ6,SQfp16,SQbf16,SQtqmse4,SQtq4,IVF1024:SQ8,IVF1024:SQ4,IVF1024:SQ6,"
           "IVF1024:SQfp16")

# the coarse quantizer is trained once, outside the clock: it is that of bench_kmeans
TRAIN = """
    import time
    clock = time.process_time if threads == 1 else time.perf_counter
    index = faiss.index_factory(xb.shape[1], description, metric)
    if "IVF" in description:
        index.quantizer.add(xb[:index.nlist])
    start = clock()
    index.train(faiss.xb[:n_train])
    trained = clock()
    index.add(faiss.xb)
    end = clock()
    faiss.i = index
    return trained - start, end - trained
"""

SEARCH = """
    import time
    clock = time.process_time if threads == 1 else time.perf_counter
    index, queries = faiss.i, faiss.xq
    D, I = np.empty((batch, k), np.float32), np.empty((batch, k), np.int64)
    D_, I_, x_ = faiss.swig_ptr(D), faiss.swig_ptr(I), faiss.swig_ptr
    start = clock()
    for i in range(0, n, batch):
        index.search_c(batch, x_(queries[i:i + batch]), k, D_, I_)
    return clock() - start
"""


def numbers(text):
    return [int(t) for t in text.split(",")]


def seconds(call, threads):
    clock = time.process_time if threads == 1 else time.perf_counter
    start = clock()
    call()
    return clock() - start


def build(description, xb, metric, threads, n_train):
    """Seconds for train and add here."""
    index = cfaiss.index_factory(xb.shape[1], description, metric)
    if "IVF" in description:
        nlist = int(description[3:].split(",")[0])
        quantizer = cfaiss.Index(cfaiss.lib.faiss_IndexIVF_quantizer(index), borrowed=True)
        quantizer.add(xb[:nlist])
    return (seconds(lambda: index.train(xb[:n_train]), threads),
            seconds(lambda: index.add(xb), threads))


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
    D, labels = np.empty((batch, k), np.float32), np.empty((batch, k), np.int64)
    address, row = xq.ctypes.data, xq.strides[0]
    pointer, integer = ctypes.c_void_p, ctypes.c_int64
    call = ctypes.CFUNCTYPE(ctypes.c_int, pointer, integer, pointer, integer, pointer, pointer)(
        ("faiss_Index_search", ctypes.CDLL(str(cfaiss.LIBRARY))))
    D_, labels_, index = D.ctypes.data, labels.ctypes.data, ours.address
    n = batch

    def search():
        for i in range(0, n, batch):
            call(index, batch, address + i * row, k, D_, labels_)

    search()
    n = max(1, min(len(xq) // batch, int(0.02 / seconds(search, threads)))) * batch
    best, theirs, spent = 9e9, 9e9, 0
    for done in range(args.rounds):
        best = min(best, seconds(search, threads))
        took = oracle(SEARCH, n=n, batch=batch, k=k, threads=threads)
        theirs, spent = min(theirs, took), spent + took
        if done and spent > args.patience:
            break
    print(f"{label} threads {threads} batch {batch:4} k {k:3}: ours {n / best:9.0f} q/s, oracle "
          f"{n / theirs:9.0f} q/s, ratio {theirs / best:6.2f}", flush=True)
    return theirs / best


def compare_results(oracle, label, ours, xq, k):
    D, labels = ours.search(xq[:100], k)
    D1, labels1 = oracle("return faiss.i.search(faiss.xq[:100], k)", k=k)
    np.testing.assert_allclose(D, D1, rtol=1e-5, atol=1e-5 * np.abs(D1).max())
    print(f"{label} same ids {(labels == labels1).mean():.4f}")


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
        oracle("faiss.xb, faiss.xq = xb, xq", xb=xb, xq=xq)
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
                oracle("faiss.write_index(faiss.i, fname)", fname=fname)
                ours = cfaiss.read_index(fname)
            for nprobe in numbers(args.nprobe) if "IVF" in description else [None]:
                if nprobe:
                    ours.nprobe = nprobe
                    oracle("faiss.i.nprobe = nprobe", nprobe=nprobe)
                at = f"{label} nprobe {nprobe:2}" if nprobe else label
                for threads in numbers(args.threads):
                    cfaiss.set_threads(threads)
                    oracle("faiss.omp_set_num_threads(t)", t=threads)
                    for batch in numbers(args.batch):
                        for k in numbers(args.k):
                            worst = min(worst, compare_search(args, oracle, at, ours, xq, threads,
                                                              batch, k))
                compare_results(oracle, at, ours, xq, 10)
    print(f"worst ratio {worst:.2f}")


if __name__ == "__main__":
    main()
