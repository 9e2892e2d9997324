#!/usr/bin/env python3
"""How much each kind of index loses, here and in faiss-cpu 1.15.1: docs/accuracy.md is what this prints.

usage: accuracy.py [--write] [--only PATTERN] [--data glove=FILE.npy,fashion=FILE.gz] [--rows 20000]
                   [--train 20000] [--queries 5000] [--repeats 1] [--threads 2] [--cache FOLDER]

Both sides run the same Python program, ours with build/python (`make py`). Each trains and encodes by
itself, from the same seeds and vectors. What was measured is kept in the cache, so the families can
be measured one by one (--only), and --write puts together what there is. --repeats 4: trains on the
same vectors in 3 other orders too, and takes the mean; of an index with a difference of more than
1 % of the other side's, and more than the queries' noise, this is done without being asked.
"""
import argparse
import hashlib
import io
import json
import os
import re
import sys

import numpy as np

import common

COLUMNS = ("error", "R@1", "R@10", "R@100")
REPEATS = 4  # of what differs
TOLERANCE = 0.01


class Case:
    """A line of the table. `{20|28}` in a text stands for GloVe's and Fashion-MNIST's number.

    make    a factory string, or an expression of faiss, d; before: statements before training,
            after: behind it; queries: fewer of them, for slow searches; prepare: what the
            vectors x become before
    """

    def __init__(self, make, label=None, before="", after="", queries=0, only=None,
                 prepare="x"):
        self.make, self.before, self.after, self.label = make, before, after, label or make
        self.queries, self.only, self.prepare = queries, only, prepare

    def with_queries(self, n):
        self.queries = self.queries or n
        return self

    def text(self, name, data):
        pick = {"glove": 1, "fashion": 2}[data]
        return re.sub(r"\{([^{}|]*)\|([^{}|]*)\}", lambda m: m[pick], getattr(self, name))

    def program(self, data):
        make = self.text("make", data)
        if "faiss." not in make:
            make = f"faiss.index_factory(d, {make!r})"
        return PROGRAM % (self.prepare, make, self.text("before", data), self.text("after", data))


PROGRAM = """
faiss.omp_set_num_threads(threads)
d = faiss.xb.shape[1]
xb, xq, xt = [%s for x in (faiss.xb, faiss.xq, faiss.xt)]
index = %s
%s
index.train(xt[np.random.RandomState(order).permutation(len(xt))] if order else xt)
%s
size = error = I = None
try:
    size = index.sa_code_size()
    error = ((index.sa_decode(index.sa_encode(xq)) - xq) ** 2).sum(1)
except RuntimeError:
    pass
try:
    index.add(xb)
    I = index.search(xq[:n_queries], 100)[1]
except RuntimeError:
    pass
return size, error, I
"""


def sets(**values):
    """Statements that set search parameters of the index, of what is inside of it too."""
    return "; ".join(f"faiss.ParameterSpace().set_index_parameter(index, {name!r}, {value})"
                     for name, value in values.items())


def sq(name, label, before="", **more):
    return Case(f"faiss.IndexScalarQuantizer(d, faiss.ScalarQuantizer.QT_{name})", label, before,
                **more)


def pq(label, before):
    return Case("faiss.IndexPQ(d, {20|28}, 8)", label, before)


PROBE = sets(nprobe=16)
PROBE8 = sets(nprobe=8)
FEW = "xt = xt[:5000]"  # for what takes long to train
INNER = "inner = faiss.downcast_index(index.index) if hasattr(index, 'chain') else index; "
FAMILIES = [  # (name, cases, queries unless a case says it; 0: all)
    ("Scalar quantizers", [
        "SQfp16", "SQbf16", "SQ8", "SQ6", "SQ4",
        sq("8bit_uniform", "QT_8bit_uniform"), sq("4bit_uniform", "QT_4bit_uniform"),
        sq("8bit_direct", "SQ8_direct", only="fashion"),
        sq("8bit_direct_signed", "SQ8_direct_signed, of x - 128", only="fashion", prepare="x - 128"),
    ] + [sq("4bit", f"SQ4, {kind} {value}", f"index.sq.rangestat = faiss.ScalarQuantizer.{kind}; "
            f"index.sq.rangestat_arg = {value}")
         for kind, value in (("RS_minmax", 0.1), ("RS_meanstd", 2.5), ("RS_quantiles", 0.01),
                             ("RS_optim", 0))], 1000),
    ("TurboQuant and EDEN", [
        *(Case(f"RR,SQtqmse{bits}", f"RR,SQtqmse{bits}, of unit vectors",
               prepare="x / np.linalg.norm(x, axis=1, keepdims=True)")
          for bits in (8, 4, 3, 2, 1)),
        "SQtq5", "SQtq4", "SQtq3", "SQtq2",
        *(Case(f"faiss.IndexPreTransform(faiss.RandomRotationMatrix(d, d), "
               f"faiss.IndexScalarQuantizer(d, faiss.ScalarQuantizer.QT_{bits}bit_eden))",
               f"RR, then QT_{bits}bit_eden, of rows of length sqrt(d)",
               prepare="x / np.linalg.norm(x, axis=1, keepdims=True) * np.float32(d ** .5)")
          for bits in (1, 2, 4, 8)),
    ], 1000),
    ("Rows scaled by their own range", [
        "MinMax,SQ8", "MinMax,SQ4", "MinMaxFP16,SQ8", "MinMaxFP16,SQ4",
        "MinMax,PQ{20|28}np", "MinMaxFP16,IVF64,SQ8",
    ], 1000),
    ("Inverted files of vectors and of scalar codes", [
        Case("IVF256,Flat", "IVF256,Flat, nprobe 16", after=PROBE),
        Case("IVF256,SQ8", "IVF256,SQ8, nprobe 16", after=PROBE),
        Case("IVF256,SQ6", "IVF256,SQ6, nprobe 16", after=PROBE),
        Case("IVF256,SQ4", "IVF256,SQ4, nprobe 16", after=PROBE),
        Case("IVF256,SQtq4", "IVF256,SQtq4, nprobe 16", after=PROBE),
        Case("IVF256,SQ4,RFlat", "IVF256,SQ4,RFlat, nprobe 16, k_factor 4",
             after=sets(nprobe=16, k_factor_rf=4)),
    ], 0),
    ("Transforms", [
        "PCA{32|64},Flat", "PCAR{32|64},Flat", "PCAW{32|64},Flat", "PCAWR{32|64},SQ8",
        Case("faiss.IndexPreTransform(faiss.PCAMatrix(d, {32|64}), faiss.IndexPQ({32|64}, 8, 8))",
             "PCA{32|64} in 8 balanced bins, PQ8",
             before="faiss.downcast_VectorTransform(index.chain.at(0)).balanced_bins = 8"),
        "PCAR{32|64},PQ16np", "RR,PQ{20|28}np", Case("HR,SQ4", queries=2000),
        Case("OPQ{20|28}_{100|112},PQ{20|28}x6np", before=FEW),
        Case("OPQ16_64,PQ16x6np", before=FEW),
        Case("OPQ16_64,IVF64,PQ16x6np", "OPQ16_64,IVF64,PQ16x6np, nprobe 8", before=FEW,
             after=sets(nprobe=8)),
        "ITQ64,LSH", "ITQ64,SQ4",
    ], 0),
    ("Product quantizers", [
        "PQ{10|14}x4np", "PQ{20|28}x4np", "PQ{20|28}x5np", "PQ{20|28}x6np", "PQ{20|28}np",
        "PQ{20|28}x10np", "PQ{50|98}np",
        Case("PQ{20|28}", "PQ{20|28}, polysemous training"),
        Case("PQ{20|28}", "PQ{20|28}, polysemous search, threshold {52|72}",
             after="index.search_type = faiss.IndexPQ.ST_polysemous; "
                   "index.polysemous_ht = {52|72}"),
        Case("PQ{20|28}", "PQ{20|28}, Hamming search",
             after="index.search_type = faiss.IndexPQ.ST_HE"),
        Case("PQ{20|28}np", "PQ{20|28}np, symmetric distances",
             after="index.search_type = faiss.IndexPQ.ST_SDC; index.pq.compute_sdc_table()"),
    ] + [pq(f"PQ{{20|28}}, {name}", f"index.do_polysemous_training = False; "
            f"index.pq.train_type = faiss.ProductQuantizer.{name}")
         for name in ("Train_hot_start", "Train_shared", "Train_hypercube",
                      "Train_hypercube_pca")], 0),
    ("Inverted files of product codes", [
        Case("IVF256,PQ{20|28}np", "IVF256,PQ{20|28}np, nprobe 16", after=PROBE),
        Case("IVF256,PQ{20|28}np", "IVF256,PQ{20|28}np, by_residual 0, nprobe 16",
             before="index.by_residual = False", after=PROBE),
        Case("IVF256,PQ{20|28}x4np", "IVF256,PQ{20|28}x4np, nprobe 16", after=PROBE),
        Case("IVF256,PQ{20|28}x10np", "IVF256,PQ{20|28}x10np, nprobe 16", after=PROBE),
        Case("IVF256,PQ{20|28}", "IVF256,PQ{20|28}, polysemous, threshold {56|80}, nprobe 16",
             before="index.do_polysemous_training = True",
             after=PROBE + "; index.polysemous_ht = {56|80}"),
        Case("IVF256,PQ{20|28}+{20|28}", "IVF256,PQ{20|28}+{20|28} (IVFPQR), nprobe 16",
             after=PROBE),
        Case("IVF256,PQ{20|28}np,RFlat", "IVF256,PQ{20|28}np,RFlat, nprobe 16, k_factor 4",
             after=sets(nprobe=16, k_factor_rf=4)),
        Case("IMI2x5,PQ{20|28}np", "IMI2x5,PQ{20|28}np, nprobe 64", after=sets(nprobe=64)),
        Case("Residual256,PQ{20|28}", "Residual256,PQ{20|28} (Index2Layer)", queries=10),
        Case("Residual2x5,PQ{20|28}", "Residual2x5,PQ{20|28} (Index2Layer)", queries=10),
        Case("IVF256_HNSW16,PQ{20|28}np", "IVF256_HNSW16,PQ{20|28}np, nprobe 16", after=PROBE),
    ], 0),
    ("Residual quantizers", [
        Case("RQ4x6", before=FEW, queries=1000),
        *(Case("{|PCA64,}" + text, before=FEW, queries=queries) for text, queries in (
            ("RQ8x6", 2000), ("RQ8x6_Nqint8", 0), ("RQ8x6_Nfloat", 0), ("RQ8x6_Ncqint4", 0),
            ("RQ8x6_Nrq2x4", 0), ("RQ8x6_Nlsq2x4", 0), ("RQ4x8_Nqint8", 0),
            ("RQ1x7_7x5_Nqint8", 0))),
        Case("{|PCA64,}RQ8x6_Nqint8", "{|PCA64,}RQ8x6_Nqint8, beam 1",
             FEW + "; " + INNER + "inner.rq.max_beam_size = 1"),
        Case("{|PCA64,}RQ8x6_Nqint8", "{|PCA64,}RQ8x6_Nqint8, beam 16 by tables",
             FEW + "; " + INNER + "inner.rq.max_beam_size = 16; inner.rq.use_beam_LUT = 1"),
        Case("{|PCA64,}IVF64,RQ8x6_Nqint8", "{|PCA64,}IVF64,RQ8x6_Nqint8, nprobe 8", FEW, PROBE8),
        Case("{|PCA64,}IVF64,RQ8x6", "{|PCA64,}IVF64,RQ8x6, nprobe 8", FEW, PROBE8),
        Case("IVF256(RCQ2x4),Flat", "IVF256(RCQ2x4),Flat, nprobe 8", FEW, PROBE8),
        Case("{|PCA64,}PRQ4x2x6_Nqint8", before=FEW), Case("PRQ{10|14}x2x4_Nqint8", before=FEW),
        Case("{|PCA64,}IVF64,PRQ4x2x6_Nqint8", "{|PCA64,}IVF64,PRQ4x2x6_Nqint8, nprobe 8", FEW,
             PROBE8),
    ], 0),
    ("Local search quantizers", [
        Case("LSQ4x5_Nfloat", before=FEW),
        Case("{|PCA64,}LSQ8x6", before=FEW, queries=2000),
        Case("{|PCA64,}LSQ8x6_Nqint8", before=FEW),
        Case("{|PCA64,}IVF64,LSQ8x6_Nqint8", "{|PCA64,}IVF64,LSQ8x6_Nqint8, nprobe 8", FEW, PROBE8),
        Case("{|PCA64,}PLSQ4x2x6_Nqint8", before=FEW),
        Case("{|PCA64,}IVF64,PLSQ4x2x6_Nqint8", "{|PCA64,}IVF64,PLSQ4x2x6_Nqint8, nprobe 8", FEW,
             PROBE8),
        Case("faiss.IndexIVFFlat(faiss.LocalSearchCoarseQuantizer(d, 2, 4), d, 256)",
             "IVF256 of a LocalSearchCoarseQuantizer 2x4, Flat, nprobe 8",
             FEW + "; index.quantizer_trains_alone = 1", PROBE8),
    ], 0),
    ("Signs and lattices", [
        "LSH", "LSH64r", "LSH256r", "LSH64rt", "LSH256rt",
        Case("ZnLattice{10|98}x10_6", queries=50),
        Case("IVF256,PCAR32,SH2.5g", "IVF256,PCAR32,SH2.5g, nprobe 16", after=PROBE),
        Case("IVF256,PCA32,SH2.5c", "IVF256,PCA32,SH2.5c, nprobe 16", after=PROBE),
        Case("IVF256,ITQ64,SH", "IVF256,ITQ64,SH, nprobe 16", after=PROBE),
    ], 0),
    ("Graphs on codes", [
        Case("HNSW16,Flat", "HNSW16,Flat, efSearch 100", after=sets(efSearch=100)),
        Case("HNSW16,SQ8", "HNSW16,SQ8, efSearch 100", after=sets(efSearch=100)),
        Case("HNSW16,PQ{20|28}np", "HNSW16,PQ{20|28}np, efSearch 100", after=sets(efSearch=100)),
        Case("HNSW16,256+PQ{20|28}", "HNSW16,256+PQ{20|28} (2Level), efSearch 100",
             after=sets(efSearch=100)),
    ], 0),
]

INTRODUCTION = """# Accuracy

How much each kind of index loses, here and in faiss-cpu 1.15.1. Made by `benchs/accuracy.py`: the same
program runs with both; each trains by itself, from the same seeds and vectors.

* **bytes** of a vector's code (of inverted files with the number of the list);
* **error**: mean squared distance between vectors that were not in the training set (the queries)
  and what their codes decode to, in percent of their mean squared distance to the mean;
* **R@n**: percent of the queries whose nearest vector is among the first n results.

Each column has two numbers: this library, then faiss-cpu; `-` is what one of them does not do. Where both
train to the same codes all columns are equal; where sums are rounded in another order k-means ends
elsewhere, here and there by chance. Recall is as exact as the queries are many: where two trainings find
about half of the neighbours, twice the standard error of their difference is 1 to 2 points with 5,000
queries and 2 to 4 with the 1,000 or 2,000 of slow searches (SQ, RQ8x6, LSQ8x6); the means over all lines, at
the end, say more.

The last column names what is worse than faiss-cpu's by more than 1 % of its number *and* by more than
twice the standard error of the difference. Such an index is trained again with the training vectors in
three other orders, and the means are shown, with (4) behind the name.
"""


class Measured:
    """A data set on both sides, and what has been measured with it."""

    def __init__(self, args, sides, data, path):
        self.args, self.sides, self.data = args, sides, data
        rows, self.queries, _ = common.load(data, path, args.queries)
        self.rows = np.ascontiguousarray(rows[:args.rows])
        train = np.ascontiguousarray(rows[-args.train:])  # apart from the indexed, if there are many
        self.truths = {}
        for side in sides:
            side("faiss.xb, faiss.xq, faiss.xt = xb, xq, xt", xb=self.rows, xq=self.queries,
                 xt=train)

    def truth_of(self, case):
        """The nearest vectors, and the mean squared distance from the mean."""
        if case.prepare not in self.truths:
            rows, queries = (eval(case.prepare, {"np": np, "d": x.shape[1], "x": x})
                             for x in (self.rows, self.queries))
            self.truths[case.prepare] = (
                self.sides[1]("return faiss.knn(xq, xb, 1)[1][:, 0]", xq=queries, xb=rows),
                float(((queries - rows.mean(0)) ** 2).sum(1).mean()))
        return self.truths[case.prepare]

    def run(self, case, order):
        """Of each side: bytes, and rows of numbers per query for COLUMNS (None: does not do it)."""
        n = min(case.queries or len(self.queries), len(self.queries))
        truth, spread = self.truth_of(case)
        out = []
        for side in self.sides:
            size, error, labels = side(case.program(self.data), n_queries=n, order=order,
                                       threads=self.args.threads, timeout=3000)
            values = [None if error is None else 100 * error / spread]
            for count in (1, 10, 100):
                values.append(None if labels is None else 100.0 * (
                    labels[:, :count] == truth[:n, None]).any(1))
            out.append((size, values))
        return out

    def measure(self, case):
        """{"bytes", "runs": [per order: per column (ours, theirs, variance of the difference)]}"""
        runs, size = [], None
        while len(runs) < self.args.repeats or (len(runs) < REPEATS and any(
                by > noise for _, by, noise in lost(runs[:1]))):
            (size, ours), (_, theirs) = self.run(case, len(runs))
            runs.append([None if b is None else
                         [float("nan") if a is None else float(a.mean()), float(b.mean()),
                          0.0 if a is None else float((a - b).var() / len(b))]
                         for a, b in zip(ours, theirs)])
        return {"bytes": size, "runs": runs}


def summary(runs):
    """Per column None or (ours, theirs, two standard errors of the difference)."""
    out = []
    for column in zip(*runs):
        if column[0] is None:
            out.append(None)
            continue
        ours, theirs, variance = np.array(column).T
        noise = variance.mean()
        if len(runs) > 1:  # that of the trainings holds that of the queries only in part
            noise += (ours - theirs).var(ddof=1) / len(runs)
        out.append((ours.mean(), theirs.mean(), 2 * noise ** 0.5))
    return out


def lost(runs):
    """What is worse than the other side's by more than the tolerance: (column, ...) of summary."""
    found = []
    for name, value in zip(COLUMNS, summary(runs) if runs else []):
        if value is None:
            continue
        ours, theirs, noise = value
        worse = (ours - theirs if name == "error" else theirs - ours)
        if not worse <= TOLERANCE * theirs + 1e-9 and not (ours != ours and theirs != theirs):
            found.append((name, worse / theirs if theirs else float("inf"),
                          noise / theirs if theirs else 0))
    return found


def line(case, data, result):
    cells = []
    for name, value in zip(COLUMNS, summary(result["runs"])):
        form = "%.3g" if name == "error" else "%.1f"
        cells.append("-" if value is None else " / ".join(form % v for v in value[:2]))
    n = len(result["runs"])
    remark = "; ".join(f"{name} {'+' if name == 'error' else '-'}{100 * by:.1f} % ± {100 * noise:.1f}"
                       for name, by, noise in lost(result["runs"]) if by > noise)
    label = f"{case.text('label', data)}{f' ({n})' if n > 1 else ''}"
    return " | ".join([label, str(result["bytes"] or "-"), *cells, remark])


def conclusion(results):
    """How the two compare over all lines: without a bias the means are 1."""
    pairs = {name: [] for name in COLUMNS}
    worse = 0
    for result in results:
        worse += any(by > noise for _, by, noise in lost(result["runs"]))
        for name, value in zip(COLUMNS, summary(result["runs"])):
            if value is not None and value[1] > 0:  # false for NaN too
                pairs[name].append(value[0] / value[1])
    means = ", ".join(f"{name} {np.mean(ratios):.4f} ± {2 * np.std(ratios) / len(ratios) ** .5:.4f}"
                      for name, ratios in pairs.items())
    return (f"{len(results)} lines, {worse} of them with something worse by more than 1 % and than the "
            f"noise. Means over all of them of this library's number divided by faiss-cpu's, with twice "
            f"their standard errors: {means}.")


def tables(args, sides, out):
    all_results = []
    for source in args.data.split(","):
        data, path = source.split("=")
        cache = Cache(args.cache, data)
        measured = None
        heading = False
        for family, cases, queries in FAMILIES:
            rows = []
            for case in cases:
                case = (case if isinstance(case, Case) else Case(case)).with_queries(queries)
                if case.only not in (None, data):
                    continue
                key = hashlib.sha1(repr([data, os.path.basename(path), args.rows, args.train,
                                         args.queries, case.program(data), case.queries]).encode()).hexdigest()
                wanted = re.search(args.only, case.text("label", data)) if args.only else True
                result = cache.results.get(key)
                if wanted and (result is None or len(result["runs"]) < args.repeats or args.again):
                    measured = measured or Measured(args, sides, data, path)
                    result = measured.measure(case)
                    cache.put(key, result)
                    print(data, line(case, data, result), sep=" | ", flush=True, file=sys.stderr)
                if result:
                    all_results.append(result)
                    rows.append(line(case, data, result))
            if rows and not heading:
                heading = True
                print(f"\n## {HEADINGS[data]}\n\n{args.rows:,} vectors, {args.train:,} others to "
                      f"train with, {args.queries:,} queries, L2.", file=out)
            if rows:
                print(f"\n### {family}\n\n| index | bytes | error | R@1 | R@10 | R@100 | worse by "
                      "more than 1 % |\n| --- | --- | --- | --- | --- | --- | --- |", file=out)
                for row in rows:
                    print(f"| {row} |", file=out)
    if all_results:
        print("\n## All together\n\n" + conclusion(all_results), file=out)


HEADINGS = {"glove": "GloVe: words, d = 100, unit length", "fashion": "Fashion-MNIST: images, d = 784"}


class Cache:
    """What has been measured with a data set, in a file."""

    def __init__(self, folder, data):
        self.name = os.path.join(folder, data + ".json")
        self.results = {}
        if os.path.exists(self.name):
            with open(self.name) as file:
                self.results = json.load(file)

    def put(self, key, result):
        self.results[key] = result
        with open(self.name + ".new", "w") as file:
            json.dump(self.results, file)
        os.replace(self.name + ".new", self.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into docs/accuracy.md")
    parser.add_argument("--only", default="", help="regular expression of indexes")
    parser.add_argument("--data", default=f"glove={common.GLOVE},fashion={common.FASHION}")
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--queries", type=int, default=5000)
    parser.add_argument("--train", type=int, default=20000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cache", default=str(common.ROOT / "build" / "accuracy"),
                        help="folder of a file for each data set")
    parser.add_argument("--again", action="store_true", help="measure what is in the cache too")
    args = parser.parse_args()
    os.makedirs(args.cache, exist_ok=True)
    sides = common.Ours(), common.Oracle()
    out = io.StringIO()
    print(INTRODUCTION, file=out, end="")
    tables(args, sides, out)
    text = out.getvalue().rstrip() + "\n"
    if args.write:
        (common.ROOT / "docs" / "accuracy.md").write_text(text)
    elif not args.only:
        print(text, end="")


if __name__ == "__main__":
    main()
