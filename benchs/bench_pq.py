#!/usr/bin/env python3
"""IndexPQ beside faiss-cpu 1.15.1: training, encoding and search in turn, the best rounds count.

usage: bench_pq.py [--threads 1,2] [--what train,add,search] [--batch 1,16,2000] [--k 10,100]
                   [--glove PQ8x8,PQ50x8,...] [--fashion PQ16x8,...] [--n 100000] [--rounds 5]

Without polysemous training unless the name ends in "p". The data are those of bench_ivf.py, of which
n vectors are used; both sides search the index that the oracle trained. Ratios above 1: we are
faster. On one thread CPU time is taken; run it pinned: taskset -c 1 python3 benchs/bench_pq.py
--threads 1.
"""
import argparse

import numpy as np

import common
from common import CLOCK, cfaiss, numbers, timed

ORACLE_TIME = CLOCK + """
    faiss.omp_set_num_threads(threads)
"""


def factory(name):
    return name[:-1] if name.endswith("p") else name + "np"


class Pair:
    """The same work on both sides, by turns."""

    def __init__(self, oracle, threads, rounds):
        self.oracle, self.threads, self.rounds = oracle, threads, rounds

    def measure(self, ours, code, **arguments):
        """The least seconds of both; ours is a function, code sets `seconds`."""
        best = [float("inf")] * 2
        for _ in range(self.rounds):
            best[0] = min(best[0], timed(self.threads, ours)[0])
            best[1] = min(best[1], self.oracle(ORACLE_TIME + code + "\n    return seconds",
                                               threads=self.threads, **arguments))
        return best


def report(what, name, threads, ours, theirs, unit, scale):
    print(f"{what:24} {name:10} {threads} thr  {ours * scale:10.3f} {theirs * scale:10.3f} {unit:12}"
          f" x{theirs / ours:.2f}", flush=True)


def bench(oracle, args, name, xb, xq, metric, threads):
    d = xb.shape[1]
    pair = Pair(oracle, threads, args.rounds)
    cfaiss.lib.dll.omp_set_num_threads(threads)
    index = cfaiss.index_factory(d, factory(name), metric)
    n_train = min(len(xb), 65536 + 1000)
    oracle("""
        faiss.pq_index = faiss.index_factory(d, name, metric)
        faiss.xb = xb
        faiss.xq = xq
    """, d=d, name=factory(name), metric=metric, xb=xb, xq=xq)
    train = """
    start = clock()
    index = faiss.index_factory(faiss.xb.shape[1], name, metric)
    index.train(faiss.xb[:n])
    seconds = clock() - start
    faiss.pq_index = index
    """
    if "train" in args.what:
        slow = Pair(oracle, threads, 1)
        ours, theirs = slow.measure(lambda: index.train(xb[:n_train]), train, n=n_train,
                                    name=factory(name), metric=metric)
        report("train", name, threads, ours, theirs, "s", 1)
    else:
        oracle(ORACLE_TIME + train, threads=threads, n=n_train, name=factory(name), metric=metric)
    file = oracle("return faiss.serialize_index(faiss.pq_index)")
    index = cfaiss.deserialize(file)

    def add():
        index.reset()
        index.add(xb[:args.add])
    if "add" in args.what:
        ours, theirs = pair.measure(add, """
    index = faiss.pq_index
    index.reset()
    start = clock()
    index.add(faiss.xb[:n])
    seconds = clock() - start
        """.rstrip(), n=args.add)
        report("add", name, threads, ours, theirs, "us/vector", 1e6 / args.add)
    if "search" not in args.what:
        return
    index.reset()
    index.add(xb)
    oracle("faiss.pq_index.reset()\nfaiss.pq_index.add(faiss.xb)")
    for k in args.k:
        for batch in args.batch:
            # single queries are repeated; of the others one batch is enough
            n = 8 if batch == 1 else batch
            if threads > 1 and batch == 1:
                continue

            def search():
                for i in range(0, n, batch):
                    index.search(xq[i:i + batch], k)
            ours, theirs = pair.measure(search, """
    start = clock()
    for i in range(0, n, batch):
        faiss.pq_index.search(faiss.xq[i:i + batch], k)
    seconds = clock() - start
            """.rstrip(), n=n, batch=batch, k=k)
            report(f"search k={k} batch={batch}", name, threads, ours, theirs, "ns/code",
                   1e9 / n / len(xb))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--what", default="train,add,search")
    parser.add_argument("--batch", default="1,16,2000")
    parser.add_argument("--k", default="10,100")
    parser.add_argument("--glove", default="PQ10x8,PQ25x8,PQ50x8,PQ50x4,PQ10x12")
    parser.add_argument("--fashion", default="PQ16x8,PQ56x8,PQ112x8,PQ112x4")
    parser.add_argument("--n", type=int, default=100000)
    parser.add_argument("--add", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    args.what = args.what.split(",")
    args.batch = numbers(args.batch)
    args.k = numbers(args.k)
    oracle = common.Oracle()
    print(common.cpu_name())
    print(f"{'what':24} {'index':10} {'':6} {'ours':>10} {'oracle':>10}")
    for data, path, names in (("glove", common.GLOVE, args.glove),
                              ("fashion", common.FASHION, args.fashion)):
        if not names:
            continue
        xb, xq, metric = common.load(data, path)
        xb = np.ascontiguousarray(xb[:args.n])
        for name in names.split(","):
            for threads in numbers(args.threads):
                bench(oracle, args, name, xb, xq, metric, threads)


if __name__ == "__main__":
    main()
