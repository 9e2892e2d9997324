"""Ctrl-C and timeouts end long calls; what they were to change is as before."""
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

LONG = {  # calls of many seconds
    "search": "flat.search (many, 10)",
    "search, k=1": "flat.search (many, 1)",
    "search with a selector": "flat.search (many, 10, params=faiss.SearchParameters (sel=odd))",
    "search by another metric": "l1.search (many, 10)",
    "range search": "flat.range_search (many, 1e-3)",
    "inverted file": "ivf.search (many, 10)",
    "range search of an inverted file": "ivf.range_search (many, 1e-3)",
    "k-means": "faiss.Kmeans (64, 300, niter=10000, max_points_per_centroid=10000).train (many)",
    "one iteration": "faiss.Kmeans (64, 20000, niter=1, max_points_per_centroid=10000).train (many)",
    "train": "faiss.index_factory (64, 'IVF8192,Flat').train (many)",
    "add": "large.add (many)",
    "knn": "faiss.knn (many, base, 3)",
}
PREPARE = """
import faiss, numpy as np, threading, os, signal, time
rng = np.random.default_rng (1)
base, many = rng.random ((20000, 64), dtype="f4"), rng.random ((300000, 64), dtype="f4")
flat = faiss.IndexFlatL2 (64); flat.add (base)
l1 = faiss.IndexFlat (64, faiss.METRIC_L1); l1.add (base)
ivf = faiss.index_factory (64, "IVF100,Flat"); ivf.quantizer.add (base[:100]); ivf.is_trained = True
ivf.add (base); ivf.nprobe = 100
large = faiss.index_factory (64, "IVF20000,Flat"); large.quantizer.add (base); large.is_trained = True
large.add (base[:1000])
odd = faiss.IDSelectorBatch (np.arange (1, 20000, 2))
def interrupt ():
    global at
    at = time.time ()
    os.kill (os.getpid (), signal.SIGINT)
signal.signal (signal.SIGINT, signal.default_int_handler)  # jobs in the background ignore it
threading.Timer (.2, interrupt).start ()
"""


@pytest.mark.parametrize ("name", LONG)
def test_ctrl_c (faiss, name):
    code = f"""name = {name!r}{PREPARE}
try:
    {LONG[name]}
    print ("done before", end=" ")
except KeyboardInterrupt:
    print ("stopped after", time.time () - at)
assert ivf.ntotal == 20000 and flat.search (base[:1], 1)[1][0, 0] == 0
assert large.ntotal == 1000 == sum (large.invlists.list_size (i) for i in range (20000))
"""
    path = os.path.dirname (os.path.dirname (faiss.__file__))
    result = subprocess.run ([sys.executable, "-c", code], capture_output=True, text=True,
                             timeout=120, env={**os.environ, "PYTHONPATH": path})
    assert "stopped after" in result.stdout, result.stdout + result.stderr
    assert float (result.stdout.split ()[-1]) < 2  # 0.2 on a machine of one's own


def test_timeout (faiss):
    x = np.random.rand (50000, 64).astype ("f4")
    index = faiss.IndexFlatL2 (64)
    index.add (x)
    start = time.time ()
    with pytest.raises (RuntimeError, match="interrupted"):
        with faiss.TimeoutGuard (.05):
            index.search (np.tile (x, (10, 1)), 10)
    assert time.time () - start < 5
    assert index.search (x[:3], 1)[1].ravel ().tolist () == [0, 1, 2]


def test_threads (faiss):
    """Several Python threads search at once; the GIL is free meanwhile."""
    x = np.random.rand (20000, 32).astype ("f4")
    index = faiss.IndexFlatL2 (32)
    index.add (x)
    results = [None] * 4

    def work (i):
        results[i] = index.search (x[i * 50:i * 50 + 50], 1)[1].ravel ()

    threads = [threading.Thread (target=work, args=(i,)) for i in range (4)]
    for t in threads:
        t.start ()
    for t in threads:
        t.join ()
    np.testing.assert_array_equal (np.concatenate (results), np.arange (200))


@pytest.mark.skipif (not hasattr (os, "fork"), reason="no fork")
def test_fork (faiss):
    """A child searches after its parent did."""
    x = np.random.rand (5000, 32).astype ("f4")
    index = faiss.IndexFlatL2 (32)
    index.add (x)
    index.search (x, 2)
    child = os.fork ()
    if child == 0:
        status = 1
        try:
            status = 0 if index.search (x[:9], 1)[1][8, 0] == 8 else 2
        finally:
            os._exit (status)
    end = time.time () + 60
    while time.time () < end:
        done, status = os.waitpid (child, os.WNOHANG)
        if done:
            assert status == 0
            return
        time.sleep (.01)
    os.kill (child, signal.SIGKILL)
    os.waitpid (child, 0)
    raise AssertionError ("the child hangs")
