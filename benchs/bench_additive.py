#!/usr/bin/env python3
"""Additive quantizers beside faiss-cpu 1.15.1: training, encoding and searching, in turn.

usage: bench_additive.py [--threads 1,2] [--index RQ8x8,LSQ8x8,...] [--what train,encode,search]
                         [--data glove=FILE.npy,fashion=FILE.gz] [--rounds 3]
                         [--n-train 16384] [--n-encode 10000] [--n-base 100000] [--batch 1,256]

Each side trains an index of its own (mean squared errors are compared). Then both read the file
that the oracle wrote, encode the same vectors (the share of equal codes is printed) and search in
the same codes. On one thread CPU time is taken; run it pinned:
taskset -c 1 python3 benchs/bench_additive.py --threads 1
"""
import argparse
import os
import tempfile

import numpy as np

import common
from common import CLOCK, cfaiss, numbers, timed

TRAIN = CLOCK + """
    index = faiss.index_factory(x.shape[1], description, metric)
    start = clock()
    index.train(x)
    seconds = clock() - start
    faiss.trained = index
    y = index.sa_decode(index.sa_encode(x[:1000]))
    return seconds, float(((y - x[:1000]) ** 2).sum(1).mean())
"""

ENCODE = CLOCK + """
    start = clock()
    codes = faiss.index.sa_encode(x)
    return clock() - start, codes
"""

SEARCH = CLOCK + """
    n = len(x)
    D, I = np.empty((n, k), np.float32), np.empty((n, k), np.int64)
    start = clock()
    for i in range(0, n, batch):
        D[i:i + batch], I[i:i + batch] = faiss.index.search(x[i:i + batch], k)
    return clock() - start, D, I
"""


def report(*columns):
    print(" ".join(f"{c:>12}" for c in columns), flush=True)


def bench_train(oracle, args, x, metric, description, threads):
    best = [9e9, 9e9]
    for _ in range(args.rounds):
        theirs, their_error = oracle(TRAIN, x=x, metric=metric, description=description,
                                     threads=threads)
        index = cfaiss.index_factory(x.shape[1], description, metric)
        ours, _ = timed(threads, lambda: index.train(x))
        y = index.sa_decode(index.sa_encode(x[:1000]))
        error = float(((y - x[:1000]) ** 2).sum(1).mean())
        best = [min(best[0], ours), min(best[1], theirs)]
    report(description, threads, "train", f"{best[0]:.3f}", f"{best[1]:.3f}",
           f"{best[1] / best[0]:.2f}", f"error {error / their_error:.4f}")


def bench_encode(oracle, args, index, x, description, threads):
    best = [9e9, 9e9]
    for _ in range(args.rounds):
        theirs, their_codes = oracle(ENCODE, x=x, threads=threads)
        ours, codes = timed(threads, lambda: index.sa_encode(x))
        best = [min(best[0], ours), min(best[1], theirs)]
    same = (codes == their_codes).all(1).mean()
    report(description, threads, "encode", f"{best[0]:.3f}", f"{best[1]:.3f}",
           f"{best[1] / best[0]:.2f}", f"equal {same:.4f}")


def bench_search(oracle, args, index, x, description, threads, batch):
    x = x[:16] if batch == 1 else x[:batch]
    best = [9e9, 9e9]
    for _ in range(args.rounds):
        theirs, _, their_ids = oracle(SEARCH, x=x, k=args.k, batch=batch, threads=threads)
        ours, (_, ids) = timed(threads, lambda: [index.search(x[i:i + batch], args.k)
                                                 for i in range(0, len(x), batch)][-1])
        best = [min(best[0], ours), min(best[1], theirs)]
    same = (ids == their_ids[-len(ids):]).mean()
    report(description, threads, f"search {batch}", f"{best[0]:.4f}", f"{best[1]:.4f}",
           f"{best[1] / best[0]:.2f}", f"equal {same:.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--index", default="RQ8x8,RQ8x8_Nqint8,LSQ8x8,PRQ4x2x8,IVF1024,RQ8x8_Nqint8")
    parser.add_argument("--what", default="train,encode,search")
    parser.add_argument("--data", default=f"glove={common.GLOVE},fashion={common.FASHION}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--n-train", type=int, default=16384)
    parser.add_argument("--n-encode", type=int, default=10000)
    parser.add_argument("--n-base", type=int, default=50000)
    parser.add_argument("--batch", default="1,256")
    parser.add_argument("--nprobe", type=int, default=16)
    parser.add_argument("--k", type=int, default=10)
    args = parser.parse_args()
    descriptions = []
    for part in args.index.split(","):
        if descriptions and descriptions[-1].startswith("IVF") and "," not in descriptions[-1]:
            descriptions[-1] += "," + part
        else:
            descriptions.append(part)
    oracle = common.Oracle()
    print(common.cpu_name())
    report("index", "threads", "what", "ours s", "oracle s", "ratio", "quality")
    for source in args.data.split(","):
        data, path = source.split("=")
        xb, xq, metric = common.load(data, path)
        print(data, xb.shape, flush=True)
        for description in descriptions:
            for threads in numbers(args.threads):
                cfaiss.set_threads(threads)
                oracle("faiss.omp_set_num_threads(t)", t=threads)
                if "train" in args.what:
                    bench_train(oracle, args, xb[:args.n_train], metric, description, threads)
            if args.what == "train":
                continue
            with tempfile.TemporaryDirectory() as folder:
                fname = os.path.join(os.environ.get("ADDITIVE_CACHE", folder),
                                     f"{data}.{description}.{args.n_train}.{args.n_base}.index")
                if not os.path.exists(fname):
                    oracle("""
                        index = faiss.index_factory(x.shape[1], description, metric)
                        index.train(x[:n_train])
                        index.add(x)
                        faiss.write_index(index, fname)
                    """, x=xb[:args.n_base], n_train=args.n_train, metric=metric,
                           description=description, fname=fname)
                oracle("faiss.index = faiss.read_index(fname)", fname=fname)
                ours = cfaiss.read_index(fname)
            if description.startswith("IVF"):
                oracle("faiss.index.nprobe = nprobe", nprobe=args.nprobe)
                ours.nprobe = args.nprobe
            for threads in numbers(args.threads):
                cfaiss.set_threads(threads)
                oracle("faiss.omp_set_num_threads(t)", t=threads)
                if "encode" in args.what:
                    bench_encode(oracle, args, ours, xb[:args.n_encode], description, threads)
                if "search" in args.what:
                    for batch in numbers(args.batch):
                        bench_search(oracle, args, ours, xq, description, threads, batch)


if __name__ == "__main__":
    main()
