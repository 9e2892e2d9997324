"""Some of what sweep_fields.py sets fields to; a slice of it is here, all of it in make test-bad-input."""
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

SET = [("Flat", "d", 3), ("Flat", "d", -1), ("Flat", "code_size", 7), ("Flat", "ntotal", 10**9), ("Flat", "ntotal", -2),
       ("IVF4,Flat", "nlist", 9), ("IVF4,Flat", "code_size", 2**40), ("IVF4,PQ2x4", "pq.M", 3), ("PQ2x4", "pq.nbits", 9),
       ("PQ2x4", "pq.ksub", 2**20), ("SQ8", "sq.d", 900), ("HNSW8", "hnsw.entry_point", 10**6),
       ("HNSW8", "hnsw.max_level", 90), ("RQ2x4", "rq.M", 7), ("PRQ2x2x4", "prq.nsplits", 5), ("IDMap,Flat", "ntotal", 999),
       ("NSG8,Flat", "nsg.final_graph.K", 99), ("IVF4,Flat", "invlists.nlist", 50), ("LSH", "nbits", 2**30)]


@pytest.mark.parametrize ("factory, field, value", SET)
def test_set (faiss, data, factory, field, value):
    x = data[0][:400, :8].copy ()
    index = faiss.index_factory (8, factory)
    index.train (x)
    index.add_with_ids (x, np.arange (400)) if "IDMap" in factory else index.add (x)
    parts = field.split (".")
    holder = index
    for name in parts[:-1]:
        holder = getattr (holder, name)
    before = getattr (holder, parts[-1])
    expected = index.search (x[:5], 3)
    setattr (holder, parts[-1], value)
    with pytest.raises ((RuntimeError, ValueError)) as error:
        index.search (x[:5], 3)
    assert str (error.value)
    setattr (holder, parts[-1], before)  # and all is well again
    assert (index.search (x[:5], 3)[1] == expected[1]).all ()


def test_some (faiss):
    sweep = pathlib.Path (__file__).with_name ("sweep_fields.py")
    result = subprocess.run ([sys.executable, sweep, "--every", "97"], capture_output=True, text=True, timeout=300,
                             env={**os.environ, "PYTHONPATH": str (pathlib.Path (faiss.__file__).parents[1])})
    assert result.returncode == 0, result.stdout + result.stderr
