#!/usr/bin/env python3
"""The figures of docs/choosing.md: memory, recall and speed of some indexes of this library.

usage: choosing.py build   [--only PATTERN] [--threads 2]     makes and writes the indexes
       choosing.py measure [--only PATTERN]                   searches in them, on one thread
       choosing.py write                                      puts the tables into docs/choosing.md
       [--data glove=FILE.npy,fashion=FILE.gz] [--folder build/choosing]

Pin what measures: taskset -c 1 benchs/choosing.py measure. CPU time counts, the least of several
rounds. GloVe's vectors are made unit vectors; the metric is L2. An index's memory is the size of its
file.
"""
import argparse
import ctypes
import json
import os
import re
import time

import numpy as np

import common
from common import cfaiss

N_QUERIES, K = 1000, 10
NPROBE = [f"nprobe={n}" for n in (1, 2, 4, 8, 16, 32, 64, 128, 256)]
EF = [f"efSearch={n}" for n in (16, 32, 64, 128, 256, 512)]
REFINED = [f"k_factor_rf={k},nprobe={n}" for k in (1, 4, 16) for n in (4, 16, 64, 128)]
# the graph must walk as far as lists are asked for
WALKED = [f"nprobe={n},quantizer_efSearch={max(32, 2 * n)}" for n in (1, 4, 8, 16, 32, 64, 128, 256)]

# {GloVe|Fashion-MNIST}; what to try in searches
INDEXES = [
    ("Flat", [""]),
    ("SQ8", [""]),
    ("PQ{25|49}np", [""]),
    ("IVF{1024|256},Flat", NPROBE),
    ("IVF{1024|256},SQ8", NPROBE),
    ("IVF{1024|256},SQ4", NPROBE),
    ("PCA{64|64},IVF{1024|256},SQ8", NPROBE),
    ("PCA{64|64},IVF{1024|256},SQ8,RFlat", REFINED),
    ("IVF{1024|256},PQ{50|98}np", NPROBE),
    ("IVF{1024|256},PQ{25|49}np", NPROBE),
    ("OPQ{25_100|49_98},IVF{1024|256},PQ{25|49}np", NPROBE),
    ("IVF{1024|256},PQ{10|14}np", NPROBE),
    ("{|PCA64,}IVF{1024|256},RQ{9|13}x8_Nqint8", NPROBE),
    ("IVF{1024|256},PQ{25|49}np,Refine(SQ8)", REFINED),
    ("IVF{1024|256},PQ{25|49}np,RFlat", REFINED),
    ("IVF{1024|256},PQ{25|49}+{25|49}", NPROBE),
    ("HNSW16", EF),
    ("HNSW32", EF),
    ("HNSW32_SQ8", EF),
    ("IVF{4096|1024}_HNSW16,Flat", WALKED),
]
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)


def description(text, column):
    return re.sub(r"\{([^{}|]*)\|([^{}|]*)\}", lambda m: m[column + 1], text)


class Data:
    def __init__(self, args, name, path):
        self.name, self.folder = name, args.folder
        self.column = 1 if name == "fashion" else 0
        self.base, self.queries, _ = common.load(name, path, N_QUERIES)
        self.results_file = os.path.join(args.folder, f"{name}.json")
        self.results = {}
        if os.path.exists(self.results_file):
            with open(self.results_file) as file:
                self.results = json.load(file)

    def indexes(self, only):
        for text, grid in INDEXES:
            text = description(text, self.column)
            if re.search(only, text):
                yield text, grid, os.path.join(self.folder, f"{self.name}.{text}.index")

    def save(self):
        with open(self.results_file + ".new", "w") as file:
            json.dump(self.results, file, indent=1)
        os.replace(self.results_file + ".new", self.results_file)

    def build(self, only, threads):
        cfaiss.set_threads(threads)
        sample = np.ascontiguousarray(self.base[:100000])
        for text, _, fname in self.indexes(only):
            if os.path.exists(fname):
                continue
            index = cfaiss.index_factory(self.base.shape[1], text, cfaiss.METRIC_L2)
            start = time.process_time()
            index.train(sample[:20000] if "RQ" in text else sample)
            index.add(self.base)
            seconds = time.process_time() - start
            cfaiss.lib.faiss_write_index_fname(index, fname + ".new")
            os.replace(fname + ".new", fname)
            self.results.setdefault(text, {}).update(
                build=seconds, bytes=os.path.getsize(fname) / len(self.base))
            self.save()
            print(self.name, text, f"{seconds:.1f} s CPU, {self.results[text]['bytes']:.1f} bytes",
                  flush=True)

    def truth(self):
        fname = os.path.join(self.folder, f"{self.name}.truth.npy")
        if not os.path.exists(fname):
            index = cfaiss.index_factory(self.base.shape[1], "Flat", cfaiss.METRIC_L2)
            index.add(self.base)
            np.save(fname, index.search(self.queries, K)[1])
        return np.load(fname)

    def measure(self, only):
        cfaiss.set_threads(1)
        truth = self.truth()
        for text, grid, fname in self.indexes(only):
            if not os.path.exists(fname):
                print(f"{fname} is missing: build")
                continue
            index = cfaiss.read_index(fname)
            search = Searcher(index, self.queries)
            points, full = [], 0
            for parameters in grid:
                if parameters:
                    index.set_parameters(parameters)
                batch, labels = search.time(len(self.queries))
                recall = np.mean([len(np.intersect1d(a, b)) for a, b in zip(labels, truth)]) / K
                single, _ = search.time(1)
                points.append([parameters, recall, batch, single])
                full = full + 1 if recall > 0.999 else 0
                if full > 1:
                    break  # it cannot get better
            self.results.setdefault(text, {})["points"] = points
            self.save()
            best = max(points, key=lambda p: p[1])
            print(f"{self.name} {text}: recall {best[1]:.4f} at {1 / best[2]:.0f} queries/s, "
                  f"{1 / best[3]:.0f} one by one, with {best[0]}", flush=True)

    def table(self):
        flat = self.results["Flat"]["points"][0]
        heads = [f"{level:.0%}" for level in LEVELS]
        yield ("| index | bytes | build | best recall | " + " | ".join(heads) + " | single, 90% |")
        yield "| --- |" + " ---: |" * (len(LEVELS) + 4)
        for text, _, _ in self.indexes(""):
            result = self.results.get(text, {})
            if "points" not in result:
                continue
            cells = []
            for level in LEVELS:
                fit = [flat[2] / p[2] for p in result["points"] if p[1] >= level]
                cells.append(speed(max(fit)) if fit else "")
            fit = [flat[3] / p[3] for p in result["points"] if p[1] >= 0.9]
            alone = speed(max(fit)) if fit else ""
            best = max(p[1] for p in result["points"])
            yield (f"| `{text}` | {result['bytes']:.0f} | {duration(result['build'])} | "
                   f"{best:.1%} | " + " | ".join(cells) + f" | {alone} |")

    def summary(self):
        flat = self.results["Flat"]["points"][0]
        name = {"glove": "GloVe", "fashion": "Fashion-MNIST"}[self.name]
        return (f"{name}: {len(self.base):,} vectors of {self.base.shape[1]} components. `Flat` "
                f"answers {1 / flat[2]:,.0f} queries a second in a batch of {N_QUERIES:,}, "
                f"{1 / flat[3]:,.0f} one by one.")


def speed(ratio):
    return f"{ratio:.0f}" if ratio >= 9.95 else f"{ratio:.1f}"


def duration(seconds):
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


class Searcher:
    """Searches through a bare function pointer, so that single queries cost nothing else."""

    def __init__(self, index, queries):
        pointer, integer = ctypes.c_void_p, ctypes.c_int64
        self.call = ctypes.CFUNCTYPE(ctypes.c_int, pointer, integer, pointer, integer, pointer,
                                     pointer)(
            ("faiss_Index_search", ctypes.CDLL(str(cfaiss.LIBRARY))))
        self.index, self.queries = index, queries
        self.D = np.empty((len(queries), K), np.float32)
        self.I = np.empty((len(queries), K), np.int64)

    def run(self, batch, n):
        x, D, labels = self.queries, self.D, self.I
        start = time.process_time()
        for i in range(0, n, batch):
            self.call(self.index.address, batch, x.ctypes.data + i * x.strides[0], K,
                      D.ctypes.data + i * D.strides[0], labels.ctypes.data + i * labels.strides[0])
        return (time.process_time() - start) / n

    def time(self, batch):
        """Seconds a query, and the labels."""
        n = len(self.queries)
        if batch == 1:
            n = max(10, min(n, int(0.04 / self.run(1, 10))))
        best, spent, rounds = 9e9, 0, 0
        while rounds < 2 or (spent < 0.1 and rounds < 20):
            seconds = self.run(batch, n)
            best, spent, rounds = min(best, seconds), spent + seconds * n, rounds + 1
            if spent > 2:
                break
        return best, self.I.copy()


def write(sets):
    fname = common.ROOT / "docs" / "choosing.md"
    text = fname.read_text()
    for data in sets:
        lines = [f"<!-- {data.name}: by benchs/choosing.py -->", "", data.summary(), "",
                 *data.table(), "", f"<!-- end of {data.name} -->"]
        text, n = re.subn(f"<!-- {data.name}: .*?<!-- end of {data.name} -->",
                          lambda _: "\n".join(lines), text, flags=re.S)
        assert n == 1, f"{fname} has no place for {data.name}"
    fname.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["build", "measure", "write"])
    parser.add_argument("--only", default="", help="regular expression of indexes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", default=str(common.ROOT / "build" / "choosing"))
    parser.add_argument("--data", default=f"glove={common.GLOVE},fashion={common.FASHION}")
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    sets = [Data(args, *source.split("=")) for source in args.data.split(",")]
    if args.what == "write":
        write(sets)
        return
    for data in sets:
        data.build(args.only, args.threads) if args.what == "build" else data.measure(args.only)


if __name__ == "__main__":
    main()
