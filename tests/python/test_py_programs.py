"""Programs as users write them (programs/) print the same with upstream's module and with ours."""
import math
import os
import pathlib
import re
import subprocess
import sys

import pytest

PROGRAMS = sorted ((pathlib.Path (__file__).parent / "programs").glob ("*.py"))
NUMBER = re.compile (r"-?\d+\.?\d*(?:e[+-]?\d+)?|-?\binf\b|\bnan\b")


def start (python, program, folder, **environment):
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **environment}
    return subprocess.Popen ([python, program], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True)


def same (a, b):
    """Numbers may differ by rounding, which NumPy's spaces show."""
    a, b = (re.sub (r"\s*([][,)(]|$)\s*", r"\1", " ".join (text.split ())) for text in (a, b))
    if NUMBER.sub ("#", a) != NUMBER.sub ("#", b):
        return False
    return all (x == y or math.isclose (float (x), float (y), rel_tol=1e-3, abs_tol=1e-4)
                for x, y in zip (NUMBER.findall (a), NUMBER.findall (b)))


@pytest.mark.parametrize ("program", PROGRAMS, ids=lambda path: path.stem)
def test_program (faiss, oracle, tmp_path, program):
    ours = start (sys.executable, program, tmp_path, PYTHONPATH=str (pathlib.Path (faiss.__file__).parents[1]))
    theirs = start (oracle.python, program, tmp_path, PYTHONPATH="")
    try:
        said = [process.communicate (timeout=60) for process in (theirs, ours)]
    finally:
        ours.kill ()
        theirs.kill ()
    assert theirs.returncode == 0, "\n".join (said[0])
    assert ours.returncode == 0, "\n".join (said[1])
    said = ["".join (line for line in out.splitlines (True) if not re.match (r"WARNING clustering|\[.* list \d+/\d+ times", line))
            for out, _ in said]  # ours go to logging
    lines = [(x, y) for x, y in zip (said[0].split ("\n"), said[1].split ("\n")) if not same (x, y)]
    assert not lines and said[0].count ("\n") == said[1].count ("\n"), "\n".join (
        f"upstream: {x}\nours:     {y}" for x, y in lines[:10]) or said[1]
