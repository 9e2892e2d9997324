"""The Python module as it was built, and the oracle (tests/oracle/conftest.py) beside it."""
import importlib.util
import os
import pathlib
import sys

import numpy as np
import pytest

ROOT = pathlib.Path (__file__).resolve ().parents[2]
BUILD = pathlib.Path (os.environ.get ("FAISS_LIBRARY", ROOT / "build" / "libfaiss.so")).parent
BUILT = BUILD / "python"

spec = importlib.util.spec_from_file_location ("oracle_conftest",
                                               ROOT / "tests" / "oracle" / "conftest.py")
oracle_conftest = importlib.util.module_from_spec (spec)
spec.loader.exec_module (oracle_conftest)
oracle, rng = oracle_conftest.oracle, oracle_conftest.rng


@pytest.fixture (scope="session")
def faiss ():
    if not (BUILT / "faiss").exists ():
        pytest.skip ("build/python/faiss: not built (make py)")
    sys.path.insert (0, str (BUILT))
    import faiss
    assert str (BUILT) in faiss.__file__
    return faiss


@pytest.fixture (scope="session")
def data ():
    """Training vectors, a database, queries; d = 24."""
    rng = np.random.default_rng (42)
    centers = rng.normal (size=(20, 24))
    def some (n):
        return (centers[rng.integers (0, 20, n)] + .4 * rng.normal (size=(n, 24))).astype ("float32")
    return some (1500), some (1000), some (37)
