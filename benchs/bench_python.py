"""What the Python module costs beside faiss-cpu: importing it, and the calls of python_calls.py.

usage: bench_python.py [--groups single,batches,...] [--only REGEX] [--threads N] [--rounds N]
       with FAISS_ORACLE_PYTHON, and our module in PYTHONPATH or build/python

Each figure is the smallest processor time of several, in processes that take turns; with two threads that of
the clock. FAISS_BENCH_LOCK names a file that is locked for each process, FAISS_BENCH_CPU the cores it is bound to.
"""
import argparse
import fcntl
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path (__file__).resolve ().parents[1]


def run (python, path, arguments):
    """{name: seconds} of one process."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment.pop ("PYTHONPATH", None)
    if path:
        environment["PYTHONPATH"] = str (path)
    command = [python, str (ROOT / "benchs" / "python_calls.py"), *arguments]
    if "FAISS_BENCH_CPU" in os.environ:
        command = ["taskset", "-c", os.environ["FAISS_BENCH_CPU"], *command]
    with open (os.environ.get ("FAISS_BENCH_LOCK", os.devnull)) as lock:
        if "FAISS_BENCH_LOCK" in os.environ:
            fcntl.flock (lock, fcntl.LOCK_EX)
        output = subprocess.run (command, capture_output=True, text=True, env=environment)
    if output.returncode != 0:
        raise SystemExit (output.stderr)
    return json.loads (output.stdout.splitlines ()[-1])


def main ():
    parser = argparse.ArgumentParser (description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument ("--groups", default="single")
    parser.add_argument ("--only", default="")
    parser.add_argument ("--threads", default="1")
    parser.add_argument ("--rounds", type=int, default=3)
    parser.add_argument ("--seconds", default=".05")
    parser.add_argument ("--worst", type=float, help="only rows whose ratio is above this")
    options = parser.parse_args ()
    oracle = os.environ.get ("FAISS_ORACLE_PYTHON", str (ROOT / "build" / "oracle-venv" / "bin" / "python"))
    ours = os.environ.get ("PYTHONPATH", str (ROOT / "build" / "python"))
    arguments = ["--only", options.only, "--threads", options.threads, "--seconds", options.seconds]
    print (f"{'':44s} {'faiss-cpu':>12s} {'ours':>12s}  ratio")
    for group in options.groups.split (","):
        best = {}
        for _ in range (options.rounds):
            for name, path in (("oracle", None), ("ours", ours)):  # the same Python and NumPy for both
                for key, value in run (oracle, path, [*arguments, "--groups", group]).items ():
                    old = best.get ((key, name), value)
                    best[key, name] = value if isinstance (value, str) else min (value, old)
        for key, name in best:
            if name == "oracle":
                a, b = best[key, "oracle"], best.get ((key, "ours"), "none")
                if isinstance (a, str) or isinstance (b, str):
                    print (f"{key:44s} {a if isinstance (a, str) else b}")
                elif options.worst is None or b / a > options.worst:
                    print (f"{key:44s} {a * 1e6:9.2f} us {b * 1e6:9.2f} us  {b / a:5.2f}", flush=True)


if __name__ == "__main__":
    main ()
