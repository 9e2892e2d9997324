"""Importing: the classes are made when they are needed, which nothing else shows."""
import os
import pathlib
import subprocess
import sys

PROGRAMS = {
    "objects that C returns": """
index = faiss.index_factory (8, "PCA4,IVF4,SQ8")
assert type (index).__name__ == "IndexPreTransform"
assert type (index.index).__name__ == "IndexIVFScalarQuantizer"
assert type (index.chain.at (0)).__name__ == "PCAMatrix"
assert type (index.index.invlists).__name__ == "ArrayInvertedLists"
""",
    "few classes": """
faiss.IndexFlatL2 (8).add (np.zeros ((3, 8), "f4"))
assert "IndexIVF" not in vars (faiss.swigfaiss)
""",
    "parents and their names": """
assert issubclass (faiss.IndexIVFPQ, faiss.IndexIVF) and issubclass (faiss.IndexIVF, faiss.IndexIVFInterface)
assert faiss.IndexIVFInterface is faiss.swigfaiss.IndexIVFInterface
assert faiss.IndexIVFPQ is faiss.swigfaiss.IndexIVFPQ is faiss.loader.IndexIVFPQ
assert faiss.IndexIVFPQ.__module__ == "faiss.swigfaiss"
""",
    "star": """
names = {}
exec ("from faiss import *", names)
assert names["IndexFlatL2"] is faiss.IndexFlatL2 and "knn" in names and "FloatVector" in names
exec ("from faiss.swigfaiss import *", {})
""",
    "what there is not": """
for name in ("StandardGpuResources", "memcpy_bytes", "FAISS_OK", "Nonsense"):
    assert not hasattr (faiss, name), name
assert "no attribute 'Nonsense'" in error (lambda: faiss.Nonsense)
assert "no attribute 'Nonsense'" in error (lambda: faiss.swigfaiss.Nonsense)
assert "no attribute 'Nonsense'" in error (lambda: faiss.swigfaiss._swigfaiss.Nonsense)
""",
    "the interpreter's lists": """
import inspect
assert {"IndexFlatL2", "FloatVector", "IVFSearchParameters", "knn"} <= {*dir (faiss)}
assert "IndexFlatL2" in dict (inspect.getmembers (faiss, inspect.isclass))
assert inspect.signature (faiss.IndexIVF.make_direct_map).parameters["new_maintain_direct_map"].default == 1
""",
    "pickles": """
import pickle
text = pickle.dumps (faiss.IndexFlatIP (3))
code = "import pickle; print (type (pickle.loads (%r)).__name__)" % text
import subprocess, sys
assert subprocess.run ([sys.executable, "-c", code], capture_output=True, text=True).stdout == "IndexFlatIP\\n"
""",
    "programs that pack programs": """
import modulefinder, pathlib
finder = modulefinder.ModuleFinder (path=[str (pathlib.Path (faiss.__file__).parents[1])])
finder.import_hook ("faiss.swigfaiss")
assert {"faiss._classes." + name for name in faiss.swigfaiss.CLASSES} <= {*finder.modules}
""",
    "threads": """
import threading
found, barrier = [], threading.Barrier (8)
def look ():
    barrier.wait ()
    found.append ([getattr (faiss, name) for name in ("IndexIVFPQR", "IndexHNSWFlat", "IDSelectorBatch")])
threads = [threading.Thread (target=look) for _ in range (8)]
[t.start () for t in threads], [t.join () for t in threads]
assert len (found) == 8 and all (f == found[0] for f in found)
""",
    "another copy of a function": """
import unittest.mock
with unittest.mock.patch ("faiss.IndexFlatL2") as fake:
    assert faiss.IndexFlatL2 is fake
assert faiss.IndexFlatL2 (4).d == 4
""",
}

HEAD = """
import numpy as np
import faiss

def error (f):
    try:
        f ()
    except AttributeError as e:
        return str (e)
    return ""
"""


def pytest_generate_tests (metafunc):
    metafunc.parametrize ("program", PROGRAMS.values (), ids=PROGRAMS.keys ())


def test_import (faiss, program):
    env = {**os.environ, "PYTHONPATH": str (pathlib.Path (faiss.__file__).parents[1])}
    result = subprocess.run ([sys.executable, "-W", "error", "-c", HEAD + program], capture_output=True, text=True,
                             env=env, timeout=60)
    assert result.returncode == 0, result.stderr
