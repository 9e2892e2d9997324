"""Who keeps what: an IndexIVFPQ on a coarse quantizer made here, returned as the only object to track.

    PYTHONPATH=build/python python3 demos/07-ownership.py
"""
import gc

import faiss
import numpy as np


def make_index (base):
    """An index of the rows of base; the quantizer lives as long as the index that points to it."""
    d = base.shape[1]
    quantizer = faiss.IndexFlatL2 (d)
    index = faiss.IndexIVFPQ (quantizer, d, 64, 8, 8)  # 64 lists, codes of 8 bytes
    index.train (base)
    index.add (base)
    index.nprobe = 5
    return index  # quantizer goes out of scope: index.referenced_objects holds it


base = np.random.RandomState (123).rand (10000, 32).astype ("float32")
index = make_index (base)
gc.collect ()
assert any (isinstance (thing, faiss.IndexFlatL2) for thing in index.referenced_objects)

D, I = index.search (base[:5], 3)
print ("the nearest of five vectors:", *I[:, 0])
assert index.quantizer.ntotal == 64 and (I >= 0).all ()
