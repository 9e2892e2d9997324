#!/usr/bin/env python3
"""IVF1024,PQ... beside faiss-cpu 1.15.1: training, adding, searching, in turn; the best rounds count.

usage: bench_ivfpq.py [--threads 1,2] [--nprobe 1,4,16,64] [--k 10] [--batch 1,16,2000] [--rounds 5]
                      [--codes glove=FILE.npy:L2:PQ25+PQ50+PQ10,fashion=FILE.gz:L2:PQ49+PQ98]
                      [--train] [--nlist 1024]

The oracle trains and writes the index; both sides search that file (kept in the folder IVF_CACHE,
if that is set). --train: time training and adding on both sides instead. On one thread CPU time is
taken: taskset -c 1 python3 benchs/bench_ivfpq.py --threads 1. Results are compared too.
"""
import argparse
import os
import tempfile

import common
from bench_ivf import compare
from common import CLOCK, cfaiss, numbers, timed

MAKE = """
    index = faiss.index_factory(xb.shape[1], spec, metric)
    index.train(xb[::4] if len(xb) > 100000 else xb)
    index.add(xb)
    faiss.write_index(index, fname)
"""

TRAIN = CLOCK + """
    faiss.omp_set_num_threads(threads)
    index = faiss.index_factory(xb.shape[1], spec, metric)
    start = clock()
    index.train(xb[::4] if len(xb) > 100000 else xb)
    trained = clock()
    index.add(xb)
    return trained - start, clock() - trained
"""


def time_training(data, oracle, xb, spec, metric, threads):
    cfaiss.set_threads(threads)
    theirs = oracle(TRAIN, xb=xb, spec=spec, metric=metric, threads=threads)
    index = cfaiss.index_factory(xb.shape[1], spec, metric)
    sample = xb[::4].copy() if len(xb) > 100000 else xb
    ours = [timed(threads, lambda: index.train(sample))[0],
            timed(threads, lambda: index.add(xb))[0]]
    for what, a, b in zip(("train", "add"), ours, theirs):
        print(f"{data:8} {spec} threads {threads} {what}: ours {a:.2f} s, oracle {b:.2f} s, "
              f"ratio {b / a:.2f}", flush=True)
    return min(b / a for a, b in zip(ours, theirs))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--nprobe", default="1,4,16,64")
    parser.add_argument("--k", default="10")
    parser.add_argument("--batch", default="1,16,2000")
    parser.add_argument("--codes", default=f"glove={common.GLOVE}:L2:PQ25+PQ50+PQ10,"
                        f"fashion={common.FASHION}:L2:PQ49+PQ98")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--nlist", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    oracle = common.Oracle()
    print(common.cpu_name())
    worst = 9e9
    for source in args.codes.split(","):
        data, rest = source.split("=")
        path, metric_name, codes = rest.rsplit(":", 2)
        metric = cfaiss.METRIC_L2 if metric_name == "L2" else cfaiss.METRIC_INNER_PRODUCT
        xb, xq, _ = common.load(data, path)
        for code in codes.split("+"):
            spec = f"IVF{args.nlist},{code}np"
            if args.train:
                worst = min([worst] + [time_training(data, oracle, xb, spec, metric, t)
                                       for t in numbers(args.threads)])
                continue
            with tempfile.TemporaryDirectory() as folder:
                fname = os.path.join(os.environ.get("IVF_CACHE", folder),
                                     f"{data}.{len(xb)}.{metric_name}.{spec}.index")
                if not os.path.exists(fname):
                    oracle(MAKE, xb=xb, metric=metric, fname=fname, spec=spec)
                oracle("faiss.queries = xq; faiss.searched = faiss.read_index(fname)", xq=xq,
                       fname=fname)
                ours = cfaiss.read_index(fname)
            for threads in numbers(args.threads):
                cfaiss.set_threads(threads)
                oracle("faiss.omp_set_num_threads(t)", t=threads)
                for batch in numbers(args.batch):
                    for nprobe in numbers(args.nprobe):
                        for k in numbers(args.k):
                            worst = min(worst, compare(f"{data} {code} {metric_name}", oracle,
                                                       ours, xq, threads, batch, nprobe, k,
                                                       args.rounds))
    print(f"worst ratio {worst:.2f}")


if __name__ == "__main__":
    main()
