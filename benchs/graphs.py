"""HNSW beside faiss-cpu 1.15.1, hnswlib, usearch and SVS (scalable-vs): search, build, memory.

usage: graphs.py [--data glove=FILE.npy] [--data fashion=FILE.gz] [--rows N] [--queries 1000]
                       [--sides ours faiss-cpu ...] [--threads 1 2] [--recalls 0.9 0.95 0.99]
                       [--rounds 3] [--build-threads N] [--keep FOLDER] [-M 16]
                       [--ef-construction 200] [--json FILE]

Each library runs in a process of its own, on pinned CPUs, one after another: while one works the
others wait. First each builds its graph (SVS: a Vamana graph of degree 2 M, window for ef); then,
for each number of threads and each recall@10, each searches with the smallest ef that reaches the
recall, in turns: a batch of all queries, and the queries one by one. The best of the rounds counts;
on one thread it is CPU time (a busy machine disturbs that less), on several wall time. Memory is
what the process has gained in anonymous pages by the build, without the vectors in their file.

ours-rerank and ours-alpha are this library with what upstream does not have (docs/graphs.md).

With --keep the graphs of the others stay in a folder, with their times, and are taken from there
the next time (ours is always built anew). `make bench-graphs` installs what is needed. About
12 minutes with --rows 100000 on two cores, twice as long for all of GloVe-100; half a minute with
--rows 10000 --rounds 1.
"""
import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import common
import graph_sides
from graph_sides import K

HERE = pathlib.Path(__file__).resolve().parent
LARGEST_EF = 4000


class Side:
    """A library in its process."""

    def __init__(self, name, folder):
        root = HERE.parent / "build"
        pythons = {**dict.fromkeys(graph_sides.OURS, sys.executable), "faiss-cpu": os.environ.get(
            "FAISS_ORACLE_PYTHON", str(root / "oracle-venv" / "bin" / "python"))}
        python = pythons.get(name, os.environ.get(
            "GRAPHS_PYTHON", str(root / "graphs-venv" / "bin" / "python")))
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "FAISS_LIBRARY": os.environ.get(
            "FAISS_LIBRARY", str(root / "libfaiss.so"))}
        environment.pop("PYTHONPATH", None)
        self.name, self.path = name, os.path.join(folder, name)
        self.found, self.smallest = {}, {}
        self.process = subprocess.Popen([python, str(HERE / "graph_sides.py"), name],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=environment)

    def __call__(self, method, *arguments):
        graph_sides.send(self.process.stdin, (method, arguments))
        ok, result = graph_sides.receive(self.process.stdout)
        if not ok:
            raise RuntimeError(f"{self.name}: {method}: {result}")
        return result

    def stop(self):
        self.process.stdin.close()
        self.process.wait()

    def recall(self, ef, truth):
        if ef not in self.found:
            found = self("find", ef)
            self.found[ef] = np.mean([len(np.intersect1d(a, b)) for a, b in zip(found, truth)]) / K
        return self.found[ef]

    def ef_for(self, wanted, truth):
        """The smallest ef with this recall, within 3 %; None if there is none."""
        if wanted not in self.smallest:
            low, high = K - 1, K  # not enough, enough
            while high <= LARGEST_EF and self.recall(high, truth) < wanted:
                low, high = high, high * 2
            while high <= LARGEST_EF and high - low > max(1, low // 33):
                middle = int(round((low * high) ** 0.5)) if high > low + 2 else low + 1
                if self.recall(middle, truth) < wanted:
                    low = middle
                else:
                    high = middle
            self.smallest[wanted] = high if high <= LARGEST_EF else None
        return self.smallest[wanted]


def exact(x, q, ip):
    """The K nearest rows of each query, by numpy."""
    lengths = np.einsum("ij,ij->i", x, x)
    found = []
    for i in range(0, len(q), 250):
        keys = -q[i:i + 250] @ x.T
        if not ip:
            keys = 2 * keys + lengths
        nearest = np.argpartition(keys, K, axis=1)[:, :K]
        found.append(np.take_along_axis(
            nearest, np.argsort(np.take_along_axis(keys, nearest, 1), 1), 1))
    return np.concatenate(found)


def build_all(sides, rows, folder, key, args, cpus):
    """What each build took: (seconds, bytes per vector)."""
    built = {}
    for side in sides:
        facts = os.path.join(folder, f"{side.name}.json")
        if side.name not in graph_sides.OURS and args.keep and os.path.exists(facts):
            with open(facts) as file:
                known = json.load(file)
            if known["key"] == key:
                side("load", side.path)
                built[side.name] = known["seconds"], known["bytes"]
                continue
        side("threads", args.build_threads, cpus[:args.build_threads])
        wall, cpu, size = side("build", rows, side.path)
        built[side.name] = cpu if args.build_threads == 1 else wall, size
        with open(facts, "w") as file:
            json.dump({"key": key, "seconds": built[side.name][0], "bytes": size}, file)
    return built


def print_table(title, unit, values, form, smaller_is_better):
    """One line per side: its value, and how many times as good ours is."""
    print(f"\n{title}")
    ours = values.get("ours")
    for name, value in values.items():
        if value is None:
            print(f"  {name:11} this recall is not reached")
        else:
            ratio = (value / ours if smaller_is_better else ours / value) if ours else float("nan")
            print(f"  {name:11} {value:{form}} {unit}   ours is {ratio:.2f} times as good")


def search_all(sides, wanted, threads, truth, args):
    """Queries per second in a batch and microseconds of a single query, by side."""
    efs = {side.name: side.ef_for(wanted, truth) for side in sides}
    batch, single = {}, {}
    able = [side for side in sides if efs[side.name]]
    for _ in range(args.rounds):
        for side in able:
            wall, cpu = side("batch", efs[side.name])
            batch.setdefault(side.name, []).append(cpu if threads == 1 else wall)
            if threads == 1:
                single.setdefault(side.name, []).append(
                    side("single", efs[side.name], min(300, args.queries)))
    rates = {side.name: args.queries / min(batch[side.name]) if side in able else None
             for side in sides}
    # the best time of each query, then the mean and the slow ones of those
    latencies = {name: np.min(times, 0) * 1e6 for name, times in single.items()}
    return efs, rates, latencies


def measure(name, path, args, cpus, report):
    x, q, metric = common.load(name, path, args.queries)
    x = np.ascontiguousarray(x[:args.rows])
    ip = metric == 0
    folder = os.path.join(args.keep or args.scratch, name)
    os.makedirs(folder, exist_ok=True)
    rows, queries = os.path.join(folder, "rows.npy"), os.path.join(folder, "queries.npy")
    np.save(rows, x)
    np.save(queries, q)
    truth = exact(x, q, ip)
    key = hashlib.sha1(x.tobytes() + repr((args.M, args.ef_construction, args.build_threads,
                                           metric)).encode()).hexdigest()
    print(f"\n==== {name}: {len(x)} x {x.shape[1]}, {'inner product' if ip else 'L2'}, "
          f"{len(q)} queries, M = {args.M}, efConstruction = {args.ef_construction}", flush=True)
    sides = [Side(side, folder) for side in args.sides]
    options = {"d": x.shape[1], "ip": ip, "M": args.M, "ef_construction": args.ef_construction,
               "threads": args.build_threads}
    raw = 4 * x.shape[1]
    try:
        for side in list(sides):
            try:
                side("start", options, queries)
            except (RuntimeError, EOFError) as error:
                print(f"without {side.name}: {error}")
                sides.remove(side)
                side.stop()
        built = build_all(sides, rows, folder, key, args, cpus)
        print_table(f"build on {args.build_threads} threads", "s",
                    {n: b[0] for n, b in built.items()}, "9.2f", True)
        print_table(f"memory per vector (the vector itself: {raw} bytes)", "bytes",
                    {n: b[1] / len(x) for n, b in built.items()}, "9.0f", True)
        result = report[name] = {"build": built, "search": []}
        if {"ours", "faiss-cpu"} <= set(built):
            one, other = (next(s for s in sides if s.name == n) for n in ("ours", "faiss-cpu"))
            same = np.mean(one("find", 100) == other("find", 100))
            print(f"\nresults equal to faiss-cpu's: {100 * same:.2f} %")
        for threads in args.threads:
            for side in sides:
                side("threads", threads, cpus[:threads])
            for wanted in args.recalls:
                efs, rates, latencies = search_all(sides, wanted, threads, truth, args)
                head = f"{name}, recall@10 {wanted}"
                print_table(f"{head}, batch, {threads} threads (ef: "
                            f"{', '.join(f'{n} {e}' for n, e in efs.items())})", "q/s", rates,
                            "9.0f", False)
                if latencies:
                    print_table(f"{head}, single queries, mean", "us",
                                {n: t.mean() for n, t in latencies.items()}, "9.1f", True)
                    print_table(f"{head}, single queries, 99th percentile", "us",
                                {n: np.quantile(t, 0.99) for n, t in latencies.items()}, "9.1f",
                                True)
                result["search"].append({
                    "recall": wanted, "threads": threads, "ef": efs, "rate": rates,
                    "latency": {n: t.mean() for n, t in latencies.items()}})
                sys.stdout.flush()
    finally:
        for side in sides:
            side.stop()


def print_summary(report):
    """All of it as ratios, in Markdown: how many times as fast ours is."""
    for name, result in report.items():
        others = [n for n in result["build"] if n != "ours"]
        if "ours" not in result["build"]:
            continue
        print(f"\n| {name}: ours is so many times as fast as | {' | '.join(others)} |")
        print("|---|" + "---|" * len(others))

        def line(title, ours, values, smaller):
            cells = [f"{(v / ours if smaller else ours / v):.2f}" if v and ours else "-"
                     for v in values]
            print(f"| {title} | {' | '.join(cells)} |")

        build = result["build"]
        line("build", build["ours"][0], [build[n][0] for n in others], True)
        line("memory (so many times as small)", build["ours"][1], [build[n][1] for n in others],
             True)
        for s in result["search"]:
            line(f"batch, {s['threads']} threads, recall {s['recall']}", s["rate"]["ours"],
                 [s["rate"][n] for n in others], False)
        for s in result["search"]:
            if s["latency"]:
                line(f"single, recall {s['recall']}", s["latency"].get("ours"),
                     [s["latency"].get(n) for n in others], True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", action="append")
    parser.add_argument("--rows", type=int, default=100000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--sides", nargs="+", default=list(graph_sides.SIDES),
                        choices=list(graph_sides.SIDES))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--build-threads", type=int)
    parser.add_argument("-M", type=int, default=16)
    parser.add_argument("--ef-construction", type=int, default=200)
    parser.add_argument("--recalls", type=float, nargs="+", default=[0.9, 0.95, 0.99])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep")
    parser.add_argument("--json")
    args = parser.parse_args()
    cpus = sorted(os.sched_getaffinity(0), reverse=True)
    args.threads = [n for n in args.threads if n <= len(cpus)]
    args.build_threads = min(args.build_threads or max(args.threads), len(cpus))
    report = {}
    print(common.cpu_name())
    with tempfile.TemporaryDirectory() as args.scratch:
        for data in args.data or [f"glove={common.GLOVE}", f"fashion={common.FASHION}"]:
            measure(*data.split("=", 1), args, cpus, report)
    print_summary(report)
    if args.json:
        with open(args.json, "w") as file:
            json.dump(report, file, indent=1, default=float)


if __name__ == "__main__":
    main()
