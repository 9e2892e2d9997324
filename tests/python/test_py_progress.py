"""faiss.set_progress: bars for add and train."""
import subprocess
import sys

import numpy as np
import pytest


class Bar:
    made = []

    def __init__ (self, total, desc):
        self.total, self.desc, self.n, self.closed = total, desc, 0, False
        Bar.made.append (self)

    def update (self, n):
        assert n >= 0 and not self.closed
        self.n += n

    def close (self):
        self.closed = True


@pytest.fixture
def bars (faiss):
    Bar.made = []
    faiss.set_progress (Bar)
    yield Bar.made
    faiss.set_progress (None)


def test_bars (faiss, data, bars):
    index = faiss.index_factory (24, "IVF8,Flat")
    index.train (data[0])
    assert [b.desc for b in bars] == ["k-means"] and bars[0].n == bars[0].total == 10
    x = np.tile (data[1], (20, 1))
    index.add (x)
    index.add_with_ids (x[:10], np.arange (10))
    index.add (x[:0])
    assert [(b.desc, b.n, b.total) for b in bars[1:]] == [
        ("add", 20000, 20000), ("add", 10, 10), ("add", 0, 0)]
    assert all (b.closed for b in bars)
    faiss.set_progress (False)
    plain = faiss.clone_index (index)
    plain.reset ()
    plain.add (x)
    plain.add_with_ids (x[:10], np.arange (10))
    assert len (bars) == 4
    np.testing.assert_array_equal (plain.search (data[2], 5)[1], index.search (data[2], 5)[1])


def test_failed_add (faiss, data, bars, monkeypatch):
    """What was added before the failure is taken away."""
    index = faiss.IndexFlatL2 (24)
    index.add (data[1])
    original, calls = faiss.IndexFlat.add_c if hasattr (faiss.IndexFlat, "add_c") else faiss.Index.add_c, []

    def add (self, n, x):
        calls.append (n)
        if len (calls) == 3:
            raise KeyboardInterrupt
        original (self, n, x)

    monkeypatch.setattr (faiss.IndexFlatL2, "add_c", add, raising=False)
    with pytest.raises (KeyboardInterrupt):
        index.add (np.tile (data[1], (20, 1)))
    assert index.ntotal == 1000 and bars[-1].closed


def test_without_tqdm (faiss):
    code = """
import sys
sys.modules["tqdm"] = None
import faiss, numpy as np
faiss.set_progress ()
x = np.random.rand (20000, 4).astype ("f4")
index = faiss.index_factory (4, "IVF8,Flat")
index.train (x)
index.add (x)
"""
    import os
    path = os.path.dirname (os.path.dirname (faiss.__file__))
    result = subprocess.run ([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                             env={**os.environ, "PYTHONPATH": path})
    assert "k-means: 100% 10/10" in result.stderr and "add: 100% 20000/20000" in result.stderr
    assert result.stdout == ""
