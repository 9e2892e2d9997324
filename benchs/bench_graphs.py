"""HNSW beside faiss-cpu 1.15.1, and beside hnswlib and usearch where they are installed.

usage: bench_graphs.py [--data glove=FILE.npy] [--data fashion=FILE.gz] [--rows 30000] [-M 16]
                       [--ef-construction 200] [--recalls 0.9 0.95 0.99] [--threads 1] [--rounds 5]

Builds the same graph with each, then searches in turn, the best of the rounds counts: batches of
all queries and single ones, k = 10, with the smallest ef that reaches each recall. faiss-cpu reads
the graph that was built here; `links` says how many of its own differ. On one thread CPU time is
taken; run it pinned: taskset -c 1 python3 benchs/bench_graphs.py --threads 1
"""
import argparse
import importlib
import time

import numpy as np

import common
from common import cfaiss
from cfaiss import lib

K = 10
EFS = (10, 13, 16, 20, 26, 32, 40, 50, 64, 80, 100, 130, 160, 210, 260, 320, 400, 500, 640, 890,
       1200)

BUILD = """
    import time
    clock = time.process_time if threads == 1 else time.perf_counter
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexHNSWFlat(x.shape[1], M, metric)
    index.hnsw.efConstruction = ef
    start = clock()
    index.add(x)
    return clock() - start, faiss.vector_to_array(index.hnsw.neighbors)
"""

READ = """
    faiss.bench = faiss.deserialize_index(content)
"""

SEARCH = """
    import time
    clock = time.process_time if threads == 1 else time.perf_counter
    faiss.omp_set_num_threads(threads)
    faiss.downcast_index(faiss.bench).hnsw.efSearch = ef
    start = clock()
    for i in range(0, len(q), batch):
        D, I = faiss.bench.search(q[i:i + batch], 10)
    return clock() - start
"""


def clock_of(threads):
    return time.process_time if threads == 1 else time.perf_counter


def graph_of(index):
    return lib.faiss_IndexHNSW_hnsw(index)


class Ours:
    name = "ours"

    def __init__(self, x, metric, args):
        cfaiss.set_threads(args.threads)
        self.index = cfaiss.index_factory(x.shape[1], f"HNSW{args.M}", metric)
        lib.faiss_HNSW_set_efConstruction(graph_of(self.index), args.ef_construction)
        start = clock_of(args.threads)()
        self.index.add(x)
        self.build_time = clock_of(args.threads)() - start

    def find(self, q, ef):
        lib.faiss_HNSW_set_efSearch(graph_of(self.index), ef)
        return self.index.search(q, K)[1]

    def search(self, q, ef, batch, threads):
        clock = clock_of(threads)
        start = clock()
        for i in range(0, len(q), batch):
            self.find(q[i:i + batch], ef)
        return clock() - start


class Upstream:
    """Searches the graph that was built here."""
    name = "faiss-cpu"

    def __init__(self, oracle, ours, x, metric, args):
        self.oracle, self.find = oracle, ours.find
        self.build_time, links = oracle(BUILD, x=x, M=args.M, metric=metric, threads=args.threads,
                                        ef=args.ef_construction, timeout=3600)
        oracle(READ, content=cfaiss.serialize(ours.index))
        import ctypes
        mine = ctypes.cast(lib.faiss_HNSW_neighbors(graph_of(ours.index)),
                           ctypes.POINTER(cfaiss.Vector)).contents.array(np.int32)
        print(f"links: {len(mine)}, of which {int(np.sum(mine != links))} differ from faiss-cpu's")

    def search(self, q, ef, batch, threads):
        return self.oracle(SEARCH, q=q, ef=ef, batch=batch, threads=threads)


class Hnswlib:
    name = "hnswlib"

    def __init__(self, module, x, metric, args):
        self.index = module.Index("ip" if metric == cfaiss.METRIC_INNER_PRODUCT else "l2",
                                  x.shape[1])
        self.index.init_index(len(x), M=args.M, ef_construction=args.ef_construction)
        self.index.set_num_threads(args.threads)
        start = clock_of(args.threads)()
        self.index.add_items(x)
        self.build_time = clock_of(args.threads)() - start

    def find(self, q, ef):
        self.index.set_ef(ef)
        return self.index.knn_query(q, K)[0]

    search = Ours.search


class Usearch:
    name = "usearch"

    def __init__(self, module, x, metric, args):
        self.threads = args.threads
        self.index = importlib.import_module("usearch.index").Index(
            ndim=x.shape[1], metric="ip" if metric == cfaiss.METRIC_INNER_PRODUCT else "l2sq",
            connectivity=args.M, expansion_add=args.ef_construction, dtype="f32")
        start = clock_of(args.threads)()
        self.index.add(np.arange(len(x)), x, threads=args.threads)
        self.build_time = clock_of(args.threads)() - start

    def find(self, q, ef):
        self.index.expansion_search = ef
        return self.index.search(q, K, threads=self.threads).keys.reshape(len(q), K)

    search = Ours.search


def others(x, metric, args):
    for name, make in (("hnswlib", Hnswlib), ("usearch", Usearch)):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        yield make(module, x, metric, args)


def recall(found, truth):
    return np.mean([len(np.intersect1d(a, b)) for a, b in zip(found, truth)]) / K


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", action="append")
    parser.add_argument("--rows", type=int, default=30000)
    parser.add_argument("-M", type=int, default=16)
    parser.add_argument("--ef-construction", type=int, default=200)
    parser.add_argument("--recalls", type=float, nargs="+", default=[0.9, 0.95, 0.99])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    oracle = common.Oracle()
    print(common.cpu_name())
    for data in args.data or [f"glove={common.GLOVE}", f"fashion={common.FASHION}"]:
        name, path = data.split("=", 1)
        x, q, metric = common.load(name, path)
        x = x[:args.rows]
        flat = cfaiss.index_factory(x.shape[1], "Flat", metric)
        flat.add(x)
        truth = flat.search(q, K)[1]
        ours = Ours(x, metric, args)
        sides = [ours, Upstream(oracle, ours, x, metric, args), *others(x, metric, args)]
        for side in sides:
            print(f"{name:8} {side.name:10} build {side.build_time:7.2f} s, "
                  f"ours is {side.build_time / ours.build_time:.2f} times as fast")
        for wanted in args.recalls:
            efs = [next((ef for ef in EFS if recall(side.find(q, ef), truth) >= wanted), EFS[-1])
                   for side in sides]
            for batch in (len(q), 1):
                some = q if batch > 1 else q[:500]
                times = [min(t) for t in zip(*([side.search(some, ef, batch, args.threads)
                                                for side, ef in zip(sides, efs)]
                                               for _ in range(args.rounds)))]
                for side, ef, t in zip(sides, efs, times):
                    print(f"{name:8} recall {wanted:.2f} batch {batch:4} {side.name:10} ef {ef:4} "
                          f"{len(some) / t:8.0f} q/s, ours is {t / times[0]:.2f} times as fast")


if __name__ == "__main__":
    main()
