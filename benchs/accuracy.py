#!/usr/bin/env python3
"""How much each kind of index loses, here and in faiss-cpu 1.15.1: docs/accuracy.md is what this prints.

usage: accuracy.py [--write] [--only PATTERN] [--data glove=FILE.npy,fashion=FILE.gz] [--rows 30000]
                   [--queries 500] [--train 30000] [--threads 2]

A line of FAMILIES is a factory string, or a pair of one and settings: {"nprobe": 16} is set after
training; "train": 10000 trains on fewer vectors. Both libraries train and encode by themselves.

columns  bytes   of a vector's code (of inverted files without the id)
         error   mean squared distance between vectors that were not in the training set and what
                 their codes decode to, in percent of their mean squared distance to the mean
         R@n     in percent, queries whose nearest vector is among the first n results
"""
import argparse
import io
import re
import sys

import numpy as np

import common
from common import cfaiss

FAMILIES = [
    ("Scalar quantizers", [
        "SQfp16", "SQbf16", "SQ8", "SQ6", "SQ4",
        "RR,SQtqmse8", "RR,SQtqmse4", "RR,SQtqmse3", "RR,SQtqmse2", "RR,SQtqmse1",
        "SQtq5", "SQtq4", "SQtq3", "SQtq2",
    ]),
    ("Inverted files of scalar quantizers", [
        ("IVF1024,Flat", {"nprobe": 16}),
        ("IVF1024,SQ8", {"nprobe": 16}),
        ("IVF1024,SQ6", {"nprobe": 16}),
        ("IVF1024,SQ4", {"nprobe": 16}),
        ("IVF1024,SQ4,RFlat", {"nprobe": 16, "k_factor_rf": 4}),
    ]),
    ("Scaled rows (codecs)", ["MinMax,SQ8", "MinMax,SQ4", "MinMaxFP16,SQ8", "MinMaxFP16,SQ4"]),
    ("Product quantizers", ["PCA64,PQ8", "PCA64,PQ16", "PCA64,PQ32", "PCA64,PQ32x4"]),
    ("Inverted files of product quantizers", [
        ("PCA64,IVF1024,PQ16", {"nprobe": 16}),
        ("PCA64,IVF1024,PQ16,RFlat", {"nprobe": 16, "k_factor_rf": 4}),
    ]),
    ("Codes of signs", ["LSH", "LSH256r", "ITQ64,LSH"]),
]

INTRODUCTION = """# Accuracy

Made by `benchs/accuracy.py --write`; what its columns mean:

* **bytes** of a vector's code (of inverted files without the id);
* **error**: mean squared distance between vectors that were not in the training set and what their
  codes decode to, in percent of their mean squared distance to the mean;
* **R@n**: percent of the queries whose nearest vector is among the first n results.

Each column has two numbers: this library, then faiss-cpu 1.15.1. Both train by themselves on the same
vectors; `-` is what an index does not do.
"""

MEASURE = """
    index = faiss.index_factory(d, description, faiss.METRIC_L2)
    index.train(faiss.xt)
    error = bytes_ = labels = None
    for name, value in settings.items():
        faiss.ParameterSpace().set_index_parameter(index, name, value)
    try:
        bytes_ = index.sa_code_size()
        error = float(((index.sa_decode(index.sa_encode(faiss.xq)) - faiss.xq) ** 2).sum(1).mean())
    except RuntimeError:
        pass
    try:
        index.add(faiss.xb)
        labels = index.search(faiss.xq, 100)[1]
    except RuntimeError:
        pass
    return bytes_, error, labels
"""


def measure_here(description, settings, xt, xb, xq):
    """(bytes, error, labels), each None where the index does not do it; None for what is not built."""
    try:
        index = cfaiss.index_factory(xb.shape[1], description, cfaiss.METRIC_L2)
    except cfaiss.Error:
        return None
    index.train(xt)
    for name, value in settings.items():
        index.set_parameters(f"{name}={value}")
    code_size = error = labels = None
    try:
        code_size = index.sa_code_size()
        error = float(((index.sa_decode(index.sa_encode(xq)) - xq) ** 2).sum(1).mean())
    except cfaiss.Error:
        pass
    try:
        index.add(xb)
        labels = index.search(xq, 100)[1]
    except cfaiss.Error:
        pass
    return code_size, error, labels


def cells(ours, theirs, truth, spread):
    """The columns of a line, as pairs of texts."""
    def recall(labels, n):
        return None if labels is None else 100 * (labels[:, :n] == truth[:, None]).any(1).mean()

    def texts(values, form):
        return " / ".join("-" if value is None else form % value for value in values)

    sides = (ours, theirs)
    yield texts([ours[0]], "%d")
    yield texts([None if side[1] is None else 100 * side[1] / spread for side in sides], "%.3g")
    for n in (1, 10, 100):
        yield texts([recall(side[2], n) for side in sides], "%.1f")


def lines(args, oracle, data, path, out):
    xb, xq, _ = common.load(data, path, args.queries)
    xb = np.ascontiguousarray(xb[:args.rows])
    xt = np.ascontiguousarray(xb[:args.train])
    spread = float(((xq - xb.mean(0)) ** 2).sum(1).mean())
    truth = oracle("""
        faiss.xb, faiss.xq, faiss.xt = xb, xq, xt
        return faiss.knn(xq, xb, 1)[1][:, 0]
    """, xb=xb, xq=xq, xt=xt)
    print(f"\n## {data}: {len(xb)} vectors of d = {xb.shape[1]}, {len(xq)} queries, L2\n",
          file=out)
    for family, members in FAMILIES:
        rows = []
        for member in members:
            description, settings = member if isinstance(member, tuple) else (member, {})
            if not re.search(args.only, description):
                continue
            settings = dict(settings)
            n_train = settings.pop("train", len(xt))
            ours = measure_here(description, settings, xt[:n_train], xb, xq)
            if ours is None:
                print(f"{description}: not there yet", file=sys.stderr)
                continue
            theirs = oracle("faiss.xt = faiss.xb[:n_train]\n" + MEASURE.replace("\n    ", "\n"),
                            description=description, d=xb.shape[1], settings=settings,
                            n_train=n_train)
            at = "".join(f", {name}={value}" for name, value in settings.items())
            rows.append([f"`{description}`{at}", *cells(ours, theirs, truth, spread)])
            print(data, *rows[-1], sep=" | ", file=sys.stderr, flush=True)
        if rows:
            print(f"### {family}\n\n| index | bytes | error | R@1 | R@10 | R@100 |", file=out)
            print("| --- | --- | --- | --- | --- | --- |", file=out)
            for row in rows:
                print("| " + " | ".join(row) + " |", file=out)
            print(file=out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into docs/accuracy.md")
    parser.add_argument("--only", default="", help="regular expression of factory strings")
    parser.add_argument("--data", default=f"glove={common.GLOVE},fashion={common.FASHION}")
    parser.add_argument("--rows", type=int, default=30000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--train", type=int, default=30000)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    oracle = common.Oracle()
    cfaiss.set_threads(args.threads)
    oracle("faiss.omp_set_num_threads(t)", t=args.threads)
    out = io.StringIO()
    print(INTRODUCTION, file=out, end="")
    for source in args.data.split(","):
        lines(args, oracle, *source.split("="), out)
    text = out.getvalue().rstrip() + "\n"
    if args.write:
        (common.ROOT / "docs" / "accuracy.md").write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
