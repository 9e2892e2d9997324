"""Searches of a graph for the members of a selector, beside faiss-cpu 1.15.1 on the same graph.

usage: bench_filter.py [--data glove=FILE.npy] [--data fashion=FILE.gz] [--rows 50000] [-M 16]
                       [--shares 0.001 0.01 0.1 0.5 0.9] [--efs 16 64 256] [--batch 1] [--rounds 3]

Members are random nodes; `near` and `far`: a tenth of all, those nearest to some vector, or those
farthest. k = 10; recall is among the members. On one thread; run it pinned:
taskset -c 1 python3 benchs/bench_filter.py
"""
import argparse
import time

import numpy as np

import common
from common import cfaiss
from cfaiss import lib

K = 10
PLAIN, EXPAND, SCAN = 1, 2, 3

SEARCH = """
    import time
    faiss.omp_set_num_threads(1)
    if content is not None:
        faiss.bench = faiss.deserialize_index(content)
    sel = faiss.IDSelectorBitmap(bitmap)
    params = faiss.SearchParametersHNSW(sel=sel, efSearch=ef)
    labels, start = [], time.process_time()
    for i in range(0, len(q), batch):
        labels.append(faiss.bench.search(q[i:i + batch], 10, params=params)[1])
    return time.process_time() - start, np.concatenate(labels)
"""


def bitmap_of(members):
    return np.packbits(members, bitorder="little")


def search(index, q, bitmap, ef, batch, way=0):
    sel = cfaiss.new("IDSelectorBitmap_new", len(bitmap), bitmap)
    params = cfaiss.new("SearchParametersHNSW_new_with", sel, ef)
    lib.faiss_SearchParametersHNSW_set_filter(params, way)
    labels, start = [], time.process_time()
    for i in range(0, len(q), batch):
        labels.append(index.search(q[i:i + batch], K, params)[1])
    return time.process_time() - start, np.concatenate(labels)


def recall(found, truth):
    return np.mean([len(np.intersect1d(a, b)) for a, b in zip(found, truth)]) / K


def filters(x, shares):
    rng = np.random.default_rng(1)
    for share in shares:
        yield f"{100 * share:g} %", rng.random(len(x)) < share
    order = np.argsort(((x - x[0]) ** 2).sum(1))
    for name, some in (("near", order[:len(x) // 10]), ("far", order[-(len(x) // 10):])):
        members = np.zeros(len(x), bool)
        members[some] = True
        yield name, members


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", action="append")
    parser.add_argument("--rows", type=int, default=50000)
    parser.add_argument("-M", type=int, default=16)
    parser.add_argument("--ef-construction", type=int, default=100)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.001, 0.01, 0.1, 0.5, 0.9])
    parser.add_argument("--efs", type=int, nargs="+", default=[16, 64, 256])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", action="store_true", help="each way, not only the one chosen")
    args = parser.parse_args()
    oracle = common.Oracle()
    cfaiss.set_threads(1)
    print(common.cpu_name())
    for data in args.data or [f"glove={common.GLOVE}", f"fashion={common.FASHION}"]:
        name, path = data.split("=", 1)
        x, q, metric = common.load(name, path)
        x, q = x[:args.rows], q[:args.queries]
        index = cfaiss.index_factory(x.shape[1], f"HNSW{args.M}", metric)
        lib.faiss_HNSW_set_efConstruction(lib.faiss_IndexHNSW_hnsw(index), args.ef_construction)
        index.add(x)
        content = cfaiss.serialize(index)
        for title, members in filters(x, args.shares):
            flat = cfaiss.index_factory(x.shape[1], "Flat", metric)
            flat.add(x[members])
            truth = np.flatnonzero(members)[flat.search(q, K)[1]]
            bitmap = bitmap_of(members)
            for ef in args.efs:
                ways = {"ours": 0}
                if args.ways:
                    ways.update(plain=PLAIN, expand=EXPAND, scan=SCAN)
                best = {}
                for _ in range(args.rounds):
                    for side in ("faiss-cpu", *ways):
                        t, labels = (search(index, q, bitmap, ef, args.batch, ways[side])
                                     if side in ways else
                                     oracle(SEARCH, q=q, bitmap=bitmap, ef=ef, batch=args.batch,
                                            content=content))
                        content = None
                        best[side] = min(t, best.get(side, (1e9,))[0]), recall(labels, truth)
                print(f"{name:8} {title:6} ef {ef:4}  " + "  ".join(
                    f"{side} {len(q) / t:7.0f} q/s {100 * r:6.2f} %" for side, (t, r) in
                    best.items()), flush=True)


if __name__ == "__main__":
    main()
