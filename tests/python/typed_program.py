"""A program for mypy --strict; test_py_stubs.py compares what it says with the comments."""
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import faiss

x = np.zeros ((10, 4), "float32")
index = faiss.IndexFlatL2 (4)
index.add (x)
D, I = index.search (x, 3)
assert_type (D, NDArray[np.float32])
assert_type (I, NDArray[np.int64])
assert_type (faiss.index_factory (4, "Flat").ntotal, int)
assert_type (faiss.read_index ("name"), faiss.Index)
ivf = faiss.IndexIVFFlat (index, 4, 2, faiss.METRIC_L2)
ivf.nprobe = 5
assert_type (ivf.quantizer, faiss.Index)
assert_type (ivf.cp.niter, int)
lims, D, I = ivf.range_search ([[1, 2, 3, 4]], 2.5)
params = faiss.SearchParametersIVF (nprobe=3, sel=faiss.IDSelectorBatch ([1, 2]))
ivf.search (x, 3, params=params)
ivf.remove_ids (np.arange (3))
assert_type (faiss.knn (x, x, 3)[1], NDArray[np.int64])
assert_type (faiss.Kmeans (4, 3, niter=2).train (x), float)
assert_type (faiss.PCAMatrix (4, 2).apply (x), NDArray[np.float32])
assert_type (faiss.deserialize_index (faiss.serialize_index (ivf)), faiss.Index)
assert_type (faiss.__version__, str)

ivf.nprobe = "5"  # error: assignment
index.search (x)  # error: call-arg
index.add ()  # error: call-arg
faiss.IndexFlatL2 ("4")  # error: call-overload
index.serach (x, 3)  # error: attr-defined
faiss.Kmeans ()  # error: call-arg
