"""The command under test, named by FAISS_COMMAND; build/faiss by default."""
import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("FAISS_COMMAND") or str(ROOT / "build" / "faiss")


class Faiss:
    """faiss ("build", file, "-f", "Flat", ...) runs the command and gives what it printed."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *arguments, **more):
        more.setdefault("cwd", self.folder)
        return subprocess.run([COMMAND, *map(str, arguments)], stdin=subprocess.DEVNULL,
                              stdout=more.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE,
                              timeout=120, text=True, **more)

    def __call__(self, *arguments):
        result = self.run(*arguments)
        assert result.returncode == 0, result.stderr
        assert "\r" not in result.stderr and "\x1b" not in result.stderr  # quiet in a pipe
        return result.stdout

    def json(self, *arguments):
        return json.loads(self(*arguments, "--json"))

    def fails(self, *arguments, status=1, **more):
        """One line on stderr, nothing else, and the exit status."""
        result = self.run(*arguments, **more)
        assert result.returncode == status, (result.returncode, result.stdout, result.stderr)
        assert not result.stdout
        assert result.stderr.startswith("faiss: ") and result.stderr.count("\n") == 1
        assert result.stderr.endswith("\n")
        return result.stderr


@pytest.fixture
def faiss(tmp_path):
    return Faiss(tmp_path)


def vectors(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d)).astype("f4")


def write_vecs(path, x):
    """.fvecs, .bvecs, .ivecs: every row begins with its length, a 32-bit integer."""
    x = np.ascontiguousarray(x)
    head = np.full((len(x), 1), x.shape[1], "<i4").view("u1")
    body = x.view("u1").reshape(len(x), -1)
    np.hstack([head, body]).tofile(path)


def read_ivecs(path):
    x = np.fromfile(path, "<i4")
    return x.reshape(-1, x[0] + 1)[:, 1:]


def write_idx(path, x, open=open):
    code = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[x.dtype.str[1:]]
    with open(path, "wb") as f:
        f.write(bytes([0, 0, code, x.ndim]) + np.array(x.shape, ">i4").tobytes())
        f.write(x.astype(x.dtype.newbyteorder(">")).tobytes())


def nearest(base, queries, k, metric="l2"):
    """Exact neighbours: distances (or similarities) and ids, in double precision."""
    base, queries = base.astype("f8"), queries.astype("f8")
    if metric == "cosine":
        base = base / np.linalg.norm(base, axis=1, keepdims=True)
        queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    if metric == "l2":
        order = values = ((queries[:, None] - base[None]) ** 2).sum(-1)
    else:
        values = queries @ base.T
        order = -values
    ids = np.argsort(order, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(values, ids, 1), ids
