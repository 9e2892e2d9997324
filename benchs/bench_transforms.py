#!/usr/bin/env python3
"""Transforms and codes of signs beside faiss-cpu 1.15.1: both work in turn, the best rounds count.

usage: bench_transforms.py [--threads 1 2] [--data glove=FILE.npy] [--data fashion=FILE.gz]
                           [--points 20000] [--rounds 5] [--only train|apply|search] [--names TEXT]
                           [--batch 0]

train: TRANSFORM,Flat; apply: the transform to all vectors, or --batch of them in a call; search: codes made by add, 1000 queries,
k = 10. On one thread CPU time is taken, so that other programs disturb less; run it pinned:
taskset -c 1 python3 benchs/bench_transforms.py --threads 1. `quality` is the share of the vectors'
energy that is kept (train), or the share of equal distances (search).
"""
import argparse
import ctypes
import os
import tempfile

import numpy as np

import common
from common import CLOCK, cfaiss, timed
from cfaiss import lib

TRAINED = ["PCA64", "PCAWR32", "ITQ", "ITQ32", "OPQ10_40", "OPQ20"]
APPLIED = ["RR", "PCA64", "HR", "Pad%(pad)d", "L2norm", "ITQ32", "OPQ10_40", "OPQ8_40"]
SEARCHED = ["LSH", "LSH64r", "LSH128rt", "LSH256r", "IVF64,PCA64,SH", "IVF64,PCA64,SH1.5c"]

PREPARE = CLOCK + """
    faiss.clock = clock
    faiss.omp_set_num_threads(threads)
    if x is not None:
        faiss.bench = x
"""
SHORTER = """
    def shorten(index, iterations):
        transform = faiss.downcast_VectorTransform(index.chain.at(0))
        if isinstance(transform, faiss.OPQMatrix):
            transform.niter = iterations
"""
TRAIN = SHORTER + """
    index = faiss.index_factory(faiss.bench.shape[1], text + ",Flat")
    shorten(index, iterations)
    start = faiss.clock()
    index.train(faiss.bench)
    elapsed = faiss.clock() - start
    return elapsed, (index.chain.at(0).apply(faiss.bench[:1000]) ** 2).sum()
"""
MAKE = SHORTER + """
    faiss.made = faiss.index_factory(faiss.bench.shape[1], text + ",Flat")
    shorten(faiss.made, 2)
    faiss.made.train(faiss.bench[:5000])
    faiss.write_VectorTransform(faiss.made.chain.at(0), name)
    faiss.out = np.empty((len(faiss.bench), faiss.made.chain.at(0).d_out), np.float32)
"""
APPLY = """
    transform = faiss.downcast_VectorTransform(faiss.made.chain.at(0))
    out = faiss.swig_ptr(faiss.out)
    rows = [faiss.swig_ptr(faiss.bench[i:i + batch]) for i in range(0, n, batch)]
    start = faiss.clock()
    for row in rows:
        transform.apply_noalloc(batch, row, out)
    return faiss.clock() - start
"""
MAKE_CODES = """
    index = faiss.index_factory(faiss.bench.shape[1], text)
    index.train(faiss.bench[:5000])
    faiss.write_index(index, name)
    faiss.made = index
"""
ADD = """
    faiss.made.reset()
    start = faiss.clock()
    faiss.made.add(faiss.bench)
    return faiss.clock() - start
"""
SEARCH = """
    if hasattr(faiss.made, "nprobe"):
        faiss.made.nprobe = 16
    start = faiss.clock()
    D, I = faiss.made.search(faiss.bench[:1000], 10)
    return faiss.clock() - start, D
"""


def transform_of(index):
    vector = lib.faiss_IndexPreTransform_chain(index)
    out = ctypes.c_void_p()
    lib.faiss_VectorTransformVector_at(vector, 0, ctypes.byref(out))
    return cfaiss.Object(out, borrowed=True).keep(index)


def report(what, text, data, threads, mine, theirs, quality):
    print(f"{what:<8}{text:<20}{data:<9}{threads:>8}{min(mine) * 1e3:>11.2f}"
          f"{min(theirs) * 1e3:>11.2f}{min(theirs) / min(mine):>8.2f}{quality:>10.4f}", flush=True)


def train(oracle, x, text, data, threads, rounds):
    mine, theirs = [], []
    d = x.shape[1]
    iterations = 4
    for _ in range(rounds):
        seconds, energy = oracle(TRAIN, text=text, iterations=iterations)
        theirs.append(seconds)
        index = cfaiss.index_factory(d, text + ",Flat")
        transform = transform_of(index)
        if text.startswith("OPQ"):
            lib.faiss_OPQMatrix_set_niter(transform, iterations)
        mine.append(timed(threads, lambda: index.train(x))[0])
        y = np.empty((1000, transform.d_out), np.float32)
        lib.faiss_VectorTransform_try_apply(transform, 1000, x, y)
    report("train", text, data, threads, mine, theirs, float((y ** 2).sum() / energy))


def apply(oracle, x, text, data, threads, rounds, name, batch):
    oracle(MAKE, text=text, name=name)
    out = ctypes.c_void_p()
    lib.faiss_read_VectorTransform_fname(name, ctypes.byref(out))
    transform = cfaiss.Object(out)
    y = np.empty((len(x), transform.d_out), np.float32)
    mine, theirs = [], []
    batch, n = batch or len(x), min(batch * 500, len(x)) // batch * batch if batch else len(x)
    call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p,
                            ctypes.c_void_p)(("faiss_VectorTransform_try_apply",
                                              ctypes.CDLL(str(cfaiss.LIBRARY))))
    address, row, to = x.ctypes.data, x.strides[0], y.ctypes.data
    self = transform.address

    def work():
        for i in range(0, n, batch):
            call(self, batch, address + i * row, to)

    for _ in range(rounds * 4):
        theirs.append(oracle(APPLY, n=n, batch=batch))
        mine.append(timed(threads, work)[0])
    report(f"apply {batch}" if batch < n else "apply", text, data, threads, mine, theirs, 1)


def search(oracle, x, text, data, threads, rounds, name):
    oracle(MAKE_CODES, text=text, name=name)
    out = ctypes.c_void_p()
    lib.faiss_read_index_fname(name, 0, ctypes.byref(out))
    index = cfaiss.Index(out)
    mine, theirs = ([], []), ([], [])
    for _ in range(rounds):
        theirs[0].append(oracle(ADD))
        lib.faiss_Index_reset(index)
        mine[0].append(timed(threads, lambda: index.add(x))[0])
    if text.startswith("IVF"):
        index.nprobe = 16
    for _ in range(rounds):
        seconds, D = oracle(SEARCH)
        theirs[1].append(seconds)
        seconds, (mine_D, _) = timed(threads, lambda: index.search(x[:1000], 10))
        mine[1].append(seconds)
    report("add", text, data, threads, mine[0], theirs[0], 1)
    report("search", text, data, threads, mine[1], theirs[1], float((mine_D == D).mean()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", action="append")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--points", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=0, help="vectors in a call; 0: all")
    parser.add_argument("--only", choices=["train", "apply", "search"])
    parser.add_argument("--names", nargs="+", help="only these")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench(options, os.path.join(folder, "file"))


def bench(options, name):
    oracle = common.Oracle()
    print(common.cpu_name())
    print(f"{'':<8}{'':<20}{'data':<9}{'threads':>8}{'ours ms':>11}{'oracle ms':>11}{'ratio':>8}"
          f"{'quality':>10}")
    for item in options.data or [f"glove={common.GLOVE}", f"fashion={common.FASHION}"]:
        data, path = item.split("=", 1)
        x = common.read_vectors(path, options.points)
        if data == "fashion":
            x /= 255

        def chosen(kind, texts):
            wanted = [t % {"pad": x.shape[1] + 28} for t in texts]
            return [t for t in wanted if options.only in (None, kind)
                    and (not options.names or t in options.names)]
        sent = x
        for threads in options.threads:
            oracle(PREPARE, x=sent, threads=threads)
            sent = None
            cfaiss.set_threads(threads)
            for text in chosen("apply", APPLIED):
                if "OPQ" not in text or x.shape[1] % int(text[3:].split("_")[0]) == 0:
                    apply(oracle, x, text, data, threads, options.rounds, name, options.batch)
            for text in chosen("search", SEARCHED):
                search(oracle, x, text, data, threads, options.rounds, name)
            for text in chosen("train", TRAINED):
                # a matrix of 784 x 784 takes the oracle minutes
                if x.shape[1] <= 200 or "OPQ" not in text and text != "ITQ":
                    train(oracle, x, text, data, threads, max(1, options.rounds // 3))


if __name__ == "__main__":
    main()
