#!/usr/bin/env python3
"""Training, adding and searching of all kinds of quantizers beside faiss-cpu 1.15.1: one table.

usage: bench_quantizers.py [--only PATTERN] [--threads 1,2] [--data glove=FILE.npy,fashion=FILE.gz]
                           [--what train,add,search,memory] [--patience 2] [--rounds 5]

Ratios above 1: we are faster; in brackets our seconds. The two sides take turns and the best rounds
count, as many as fit into --patience seconds. Both train
indexes of their own; then both add to, and search in, the file that the oracle wrote. On one thread
CPU time is taken, on more the time of day: the machine should be quiet.

memory: how much the peak of the process grows while training, on 2 threads, each index in a process of
its own (ours needs `make py`). The ratio is ours to the oracle's: below 1 is less. What both allocate
in vain (less than 4 MB) is not compared.
"""
import argparse
import os
import re
import tempfile
import time

import common
from common import CLOCK, cfaiss, timed

# name, factory string, vectors to train with, to add, queries; each for GloVe | Fashion-MNIST
INDEXES = [
    ("PQ", "PQ25np", 40000, 100000, 1000, "PQ49np", 20000, 58000, 1000),
    ("PQ 4 bits", "PQ50x4np", 40000, 100000, 1000, "PQ98x4np", 20000, 58000, 1000),
    ("IVFPQ", "IVF1024,PQ25np", 100000, 300000, 2000, "IVF256,PQ49np", 20000, 58000, 2000),
    ("SQ8", "SQ8", 100000, 100000, 500, "SQ8", 58000, 58000, 200),
    ("SQ4", "SQ4", 100000, 100000, 500, "SQ4", 58000, 58000, 200),
    ("SQ6", "SQ6", 100000, 100000, 500, "SQ6", 58000, 58000, 200),
    ("SQfp16", "SQfp16", 100000, 100000, 500, "SQfp16", 58000, 58000, 200),
    ("IVFSQ", "IVF1024,SQ8", 100000, 300000, 2000, "IVF256,SQ8", 20000, 58000, 2000),
    ("OPQ", "OPQ20_80,PQ20x6np", 10000, 50000, 1000, "OPQ16_64,PQ16x6np", 10000, 20000, 1000),
    ("RQ", "RQ8x6_Nqint8", 10000, 10000, 500, "RQ8x6_Nqint8", 5000, 10000, 500),
    ("IVFRQ", "IVF256,RQ8x6_Nqint8", 10000, 10000, 1000, "IVF64,RQ8x6_Nqint8", 5000, 10000, 1000),
    ("LSQ", "LSQ8x6_Nqint8", 2600, 2000, 500, "LSQ8x6_Nqint8", 2600, 2000, 500),
]
NPROBE, K = 16, 10

TRAIN = CLOCK + """
    faiss.omp_set_num_threads(threads)
    index = faiss.index_factory(faiss.x.shape[1], spec, metric)
    start = clock()
    index.train(faiss.x[:n])
    seconds = clock() - start
    if fname:
        faiss.write_index(index, fname)
    return seconds
"""
ADD = CLOCK + """
    index = faiss.read_index(fname)
    start = clock()
    index.add(faiss.x[:n])
    seconds = clock() - start
    faiss.filled = index
    return seconds
"""
SEARCH = CLOCK + """
    start = clock()
    D, I = faiss.filled.search(faiss.q[:n], k)
    return clock() - start, I
"""
MEMORY = """
def status(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name)) / 1024
faiss.omp_set_num_threads(2)
index = faiss.index_factory(x.shape[1], spec, metric)
index.train(x[:n]) if warm else None
index = faiss.index_factory(x.shape[1], spec, metric)
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = status("VmRSS")
index.train(x)
return status("VmHWM") - before
"""


class Bench:
    def __init__(self, args):
        self.args, self.oracle = args, common.Oracle()
        self.worst, self.most = {}, {}

    def rounds(self, ours, theirs):
        """The best seconds of each, by turns."""
        best, spent, done = [9e9, 9e9], 0, 0
        while done < self.args.rounds and (spent < self.args.patience or done < 1):
            start = time.perf_counter()
            seconds = ours(), theirs()
            best = [min(pair) for pair in zip(best, seconds)]
            spent += time.perf_counter() - start
            done += 1
        return best

    def load(self, data, path):
        self.data = data
        x, q, self.metric = common.load(data, path)
        self.x, self.q = x[:300000], q
        self.oracle("faiss.x, faiss.q = x, q", x=self.x, q=q)

    def cell(self, what, name, threads, best):
        ratio = best[1] / best[0]
        key = f"{what}, {threads} thread{'s' if threads > 1 else ''}"
        self.worst[key] = min(self.worst.get(key, (9e9,)), (ratio, f"{self.data} {name}"))
        return f"{ratio:6.2f} ({best[0]:7.3f} s)"

    def speed(self, name, spec, n_train, n_add, n_search, threads, fname):
        """The three cells of a line."""
        def theirs(code, **arguments):
            return self.oracle(code, threads=threads, timeout=1000, **arguments)

        cfaiss.set_threads(threads)
        cells = {}
        what = self.args.what.split(",")

        def train_here():
            index = cfaiss.index_factory(self.x.shape[1], spec, self.metric)
            return timed(threads, lambda: index.train(self.x[:n_train]))[0]

        def train_there(**more):
            return theirs(TRAIN, spec=spec, metric=self.metric, n=n_train, fname=fname)

        if cfaiss.index_factory(self.x.shape[1], spec, self.metric).is_trained:
            cells["train"] = "  not needed"
            train_there()
        elif "train" in what:
            cells["train"] = self.cell("train", name, threads, self.rounds(train_here, train_there))
        elif not os.path.exists(fname):
            train_there()
        if "add" not in what and "search" not in what:
            return cells
        filled = []

        def add_here():
            filled[:] = [cfaiss.read_index(fname)]
            return timed(threads, lambda: filled[0].add(self.x[:n_add]))[0]

        def add_there():
            return theirs(ADD, fname=fname, n=n_add)

        best = self.rounds(add_here, add_there) if "add" in what else (add_here(), add_there())
        cells["add"] = self.cell("add", name, threads, best)
        index = filled[0]
        if "IVF" in spec:
            index.nprobe = NPROBE
            self.oracle("faiss.filled.nprobe = nprobe", nprobe=NPROBE)
        found = [None, None]

        def search_here():
            seconds, (_, found[0]) = timed(threads, lambda: index.search(self.q[:n_search], K))
            return seconds

        def search_there():
            seconds, found[1] = theirs(SEARCH, n=n_search, k=K)
            return seconds

        if "search" in what:
            search_here()
            search_there()
            best = self.rounds(search_here, search_there)
            cells["search"] = self.cell("search", name, threads, best)
            cells["equal"] = f"{(found[0] == found[1]).mean():.4f}"
        return cells

    def memory(self, name, spec, n_train):
        peaks = []
        for side in common.Ours(), common.Oracle():
            peaks.append(side(MEMORY, x=self.x[:n_train], spec=spec, metric=self.metric, n=1000,
                              warm=False, timeout=1000))
            side.stop()
        if max(peaks) < 4:
            return f"   - ({peaks[0]:.0f} / {peaks[1]:.0f} MB)"
        ratio = peaks[0] / max(peaks[1], 1)
        self.most["memory"] = max(self.most.get("memory", (0,)), (ratio, f"{self.data} {name}"))
        return f"{ratio:6.2f} ({peaks[0]:.0f} / {peaks[1]:.0f} MB)"

    def lines(self, column):
        for name, *settings in INDEXES:
            if not re.search(self.args.only, name):
                continue
            spec, n_train, n_add, n_search = settings[4 * column:4 * column + 4]
            with tempfile.TemporaryDirectory() as folder:
                for threads in map(int, self.args.threads.split(",")):
                    cells = dict.fromkeys(("train", "add", "search", "equal", "memory"), "")
                    if self.args.what != "memory":
                        cells.update(self.speed(name, spec, n_train, n_add, n_search, threads,
                                                os.path.join(folder, "index")))
                    if "memory" in self.args.what and threads == 2:
                        cells["memory"] = self.memory(name, spec, n_train)
                    print(f"{self.data:8} {spec:20} {threads:2}  {cells['train']:18}  "
                          f"{cells['add']:18}  {cells['search']:18}  {cells['equal']:6}  "
                          f"{cells['memory']}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="regular expression of names")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--what", default="train,add,search,memory")
    parser.add_argument("--data", default=f"glove={common.GLOVE},fashion={common.FASHION}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--patience", type=float, default=2)
    args = parser.parse_args()
    bench = Bench(args)
    start = time.perf_counter()
    print(common.cpu_name())
    print(f"{'data':8} {'index':20} {'threads':2} {'train':16}  {'add':18}  {'search':18}  "
          f"{'equal':6}  memory (ours / oracle)")
    for column, source in enumerate(args.data.split(",")):
        data, path = source.split("=")
        bench.load(data, path)
        bench.lines(1 if data == "fashion" else 0)
    for key, (ratio, name) in {**bench.worst, **bench.most}.items():
        print(f"worst {key}: {ratio:.2f} ({name})")
    print(f"in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
