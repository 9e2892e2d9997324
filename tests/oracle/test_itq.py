"""Iterative quantization: from the oracle's state the same vectors, trained here at least as good."""
import ctypes
import itertools

import numpy as np
import pytest

import cfaiss
from cfaiss import lib


@pytest.mark.parametrize("text, d_out", [("ITQ", 24), ("ITQ10", 10)])
def test_itq(oracle, rng, tmp_path, text, d_out):
    x = rng.standard_normal((3000, 24)).astype(np.float32) * np.arange(1, 25, dtype=np.float32)
    name = str(tmp_path / "itq")
    theirs = oracle("""
        index = faiss.index_factory(24, text + ",Flat")
        index.train(x)
        transform = index.chain.at(0)
        faiss.write_VectorTransform(transform, name)
        return transform.apply(x)
    """, x=x, text=text, name=name)
    out = ctypes.c_void_p()
    lib.faiss_read_VectorTransform_fname(name, ctypes.byref(out))
    read = cfaiss.Object(out)
    mine = np.empty((len(x), d_out), np.float32)
    lib.faiss_VectorTransform_try_apply(read, len(x), x, mine)
    np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    lib.faiss_VectorTransform_train(read, len(x), x)
    lib.faiss_VectorTransform_try_apply(read, len(x), x, mine)
    assert np.abs(mine).sum() >= np.abs(theirs).sum() * 0.98


def test_rule(oracle, rng):
    """One iteration from the same rotation, up to the signs that two LAPACKs may choose."""
    d = 4
    x = rng.standard_normal((60, d)).astype(np.float32)
    for iterations in range(1, 4):
        before, after = oracle("""
            A = []
            for n in iterations - 1, iterations:
                matrix = faiss.ITQMatrix(d)
                matrix.max_iter = n
                matrix.train(x)
                A.append(faiss.vector_to_array(matrix.A).reshape(d, d))
            return A
        """, x=x, d=d, iterations=iterations)
        out = ctypes.c_void_p()
        lib.faiss_ITQMatrix_new_with(ctypes.byref(out), d)
        mine = cfaiss.Object(out)
        mine.max_iter = 1
        start = np.ascontiguousarray(before.T.astype(np.float64))
        lib.faiss_Float64Vector_append(lib.faiss_ITQMatrix_init_rotation(mine), start, d * d)
        lib.faiss_VectorTransform_train(mine, len(x), x)
        A = np.empty((d, d), np.float32)
        lib.faiss_VectorTransform_try_apply(mine, d, np.eye(d, dtype=np.float32), A)
        U, _, Vt = np.linalg.svd(np.where(x @ before.T < 0, -1.0, 1).T @ x)
        candidates = [U * s @ (Vt.T * s) for s in itertools.product([1, -1], repeat=d)]
        for result in after, A.T:
            assert min(np.abs(result - c).max() for c in candidates) < 1e-5


def test_recall(oracle, rng):
    """Codes of signs after ITQ find as much as upstream's."""
    centers = rng.standard_normal((60, 32)) * 3
    x = (centers[rng.integers(60, size=6000)] + rng.standard_normal((6000, 32))).astype(np.float32)
    truth, theirs = oracle("""
        flat = faiss.IndexFlatL2(32)
        flat.add(x)
        index = faiss.index_factory(32, "ITQ,LSH")
        index.train(x)
        index.add(x)
        return flat.search(x[:300], 10)[1], index.search(x[:300], 50)[1]
    """, x=x)
    index = cfaiss.index_factory(32, "ITQ,LSH")
    index.train(x)
    index.add(x)
    mine = index.search(x[:300], 50)[1]

    def recall(found):
        return np.mean([len(set(f) & set(t)) / 10 for f, t in zip(found, truth)])
    assert recall(mine) >= recall(theirs) * 0.95
