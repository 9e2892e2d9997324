"""What the Python module costs beside faiss-cpu: importing it, searches of one query, small adds.

usage: bench_python.py    with FAISS_ORACLE_PYTHON, and our module in PYTHONPATH or build/python

Each figure is the smallest of several, in processes that take turns.
"""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path (__file__).resolve ().parents[1]
CODE = r"""
import json, sys, time
import numpy as np
start = time.perf_counter ()
import faiss
result = {"import": time.perf_counter () - start}
faiss.omp_set_num_threads (1)
rng = np.random.RandomState (1)
x, q = rng.rand (1000, 64).astype ("f4"), rng.rand (1, 64).astype ("f4")

def measure (name, f):
    n = 1
    while True:
        start = time.perf_counter ()
        for _ in range (n):
            f ()
        passed = time.perf_counter () - start
        if passed > .05:
            break
        n *= 4
    result[name] = min ([passed / n] + [once (f, n) for _ in range (4)])

def once (f, n):
    start = time.perf_counter ()
    for _ in range (n):
        f ()
    return (time.perf_counter () - start) / n

flat = faiss.IndexFlatL2 (64)
flat.add (x)
tiny = faiss.IndexFlatL2 (64)
tiny.add (x[:1])
ivf = faiss.index_factory (64, "IVF16,Flat")
ivf.train (x)
ivf.add (x)
measure ("search, 1 query, n=1000", lambda: flat.search (q, 10))
measure ("search, 1 query, n=1", lambda: tiny.search (q, 1))
measure ("search, 1 query, IVF16", lambda: ivf.search (q, 10))
D, I = np.empty ((1, 10), "f4"), np.empty ((1, 10), "i8")
measure ("search, into D and I", lambda: flat.search (q, 10, D=D, I=I))
measure ("range_search, 1 query", lambda: flat.range_search (q, 6.))
measure ("reconstruct", lambda: flat.reconstruct (7))
measure ("index.ntotal", lambda: flat.ntotal)
measure ("vector_to_array", lambda: faiss.vector_to_array (flat.codes))
def add ():
    index = faiss.IndexFlatL2 (64)
    for i in range (20):
        index.add (x[i:i + 1])
measure ("20 adds of 1 vector", add)
print (json.dumps (result))
"""


def run (python, path):
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    env.pop ("PYTHONPATH", None)
    if path:
        env["PYTHONPATH"] = str (path)
    output = subprocess.run ([python, "-c", CODE], capture_output=True, text=True, check=True, env=env)
    return json.loads (output.stdout)


def main ():
    oracle = os.environ.get ("FAISS_ORACLE_PYTHON", str (ROOT / "build" / "oracle-venv" / "bin" / "python"))
    ours = os.environ.get ("PYTHONPATH", str (ROOT / "build" / "python"))
    run (oracle, ours)  # the files are in memory from now on
    best = {}
    for _ in range (int (sys.argv[1]) if len (sys.argv) > 1 else 5):
        for name, path in (("oracle", None), ("ours", ours)):
            for key, value in run (oracle, path).items ():  # the same Python and NumPy for both
                best[key, name] = min (value, best.get ((key, name), value))
    print (f"{'':26s} {'faiss-cpu':>12s} {'ours':>12s}  ratio")
    for key, name in best:
        if name == "oracle":
            a, b = best[key, "oracle"], best[key, "ours"]
            print (f"{key:26s} {a * 1e6:9.1f} us {b * 1e6:9.1f} us  {b / a:5.2f}")


if __name__ == "__main__":
    main ()
