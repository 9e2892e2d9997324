"""Is the module that is installed here sound? Run by wheel.sh."""
import array
import importlib.metadata
import pathlib
import subprocess
import sys

import numpy as np

import faiss

x = np.random.RandomState (1).rand (1000, 64).astype ("f4")
index = faiss.index_factory (64, "PCA32,IVF10,Flat")
index.train (x)
index.add (x)
D, I = index.search (x[:50], 3)
assert I[:, 0].tolist () == list (range (50))
np.testing.assert_array_equal (faiss.deserialize_index (faiss.serialize_index (index)).search (
    x[:50], 3)[1], I)
assert repr (index).startswith ("IndexPreTransform (d=64")
faiss.swig_ptr (array.array ("f", [1, 2]))  # a buffer that is no array
np.testing.assert_allclose (faiss.pairwise_distances (x[:9], x), faiss.knn (x[:9], x, 1000)[0][
    np.arange (9)[:, None], np.argsort (faiss.knn (x[:9], x, 1000)[1], axis=1)], rtol=1e-3, atol=1e-5)
try:
    index.search (x[:, :3], 2)
    raise SystemExit ("no error")
except ValueError as error:
    assert "d=64" in str (error)

assert importlib.metadata.version ("faiss-cpu") == importlib.metadata.version ("cfaiss") == \
    faiss.__version__
files = [pathlib.Path (f.locate ()) for f in importlib.metadata.files ("cfaiss")]
files = [f for f in files if f.exists () and f.suffix != ".pyc"]
size = sum (f.stat ().st_size for f in files)
packaged = any (f.name == "libcfaiss_openblas.so" for f in files)
assert size <= (30e6 if packaged else 12e6), f"{size} bytes installed"
assert any (f.name == "OpenBLAS.LICENSE.txt" for f in files)
assert any (f.name == "py.typed" for f in files) or "--untyped" in sys.argv
if sys.platform == "linux":  # the system's C library only; OpenBLAS inside or, as OpenMP, by a name of our own
    needed = subprocess.run (["ldd", faiss.swigfaiss._swigfaiss.__file__], capture_output=True,
                             text=True, check=True).stdout
    assert "libstdc++" not in needed and "gfortran" not in needed, needed
    assert "libcfaiss_openblas.so" in needed if packaged else "blas" not in needed, needed
    assert "libgomp-" in needed or "libgomp.so" not in needed, needed

# where another distribution took __init__.py along, an error says so
init = pathlib.Path (faiss.__file__)
init.rename (init.with_suffix (".away"))
try:
    said = subprocess.run ([sys.executable, "-c", "import faiss"], capture_output=True, text=True).stderr
    assert "ImportError: files of cfaiss are missing" in said, said
finally:
    init.with_suffix (".away").rename (init)
print (f"Python {sys.version.split ()[0]}, NumPy {np.__version__}: {size} bytes installed")
