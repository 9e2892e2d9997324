"""Rotations, changes of dimension, principal components: compared with upstream."""
import ctypes

import numpy as np
import pytest

import cfaiss
from cfaiss import lib

N = 300

# constructor in the oracle, ours, d_in
TRANSFORMS = {
    **{f"rotation {d_in} {d_out} {seed}":
       (f"vt = faiss.RandomRotationMatrix({d_in}, {d_out}); vt.init({seed})",
        "RandomRotationMatrix_new_with", (d_in, d_out), seed, d_in)
       for d_in, d_out, seed in [(1, 1, 1), (4, 4, 12345), (17, 5, 7), (5, 17, 7), (100, 100, -3),
                                 (33, 64, 0)]},
    **{f"hadamard {d} {seed}":
       (f"vt = faiss.HadamardRotation({d}, {seed})", "HadamardRotation_new_with", (d, seed), None, d)
       for d, seed in [(1, 1), (2, 5), (3, 12345), (4, 0), (8, 7), (15, 1), (16, 3), (17, 2),
                       (100, 4294967295), (784, 12345)]},
    **{f"remap {d_in} {d_out} {uniform}":
       (f"vt = faiss.RemapDimensionsTransform({d_in}, {d_out}, {uniform})",
        "RemapDimensionsTransform_new_with", (d_in, d_out, uniform), None, d_in)
       for d_in, d_out in [(1, 1), (5, 7), (5, 3), (17, 40), (40, 17), (8, 8)]
       for uniform in (True, False)},
}

RUN = """
y = vt.apply(x)
try:
    z = vt.reverse_transform(y)
except RuntimeError:
    z = None
writer = faiss.VectorIOWriter()
faiss.write_VectorTransform(vt, writer)
return y, z, faiss.vector_to_array(writer.data)
"""


def read_transform(content):
    data = np.frombuffer(content.tobytes(), np.uint8)
    reader, out = cfaiss.new("VectorIOReader_new_with", data, len(data)), ctypes.c_void_p()
    lib.faiss_read_VectorTransform_custom(reader, ctypes.byref(out))
    return cfaiss.Object(out)


def apply(transform, x):
    y = np.empty((len(x), transform.d_out), np.float32)
    lib.faiss_VectorTransform_try_apply(transform, len(x), x, y)
    return y


def reverse(transform, y):
    """None where there is no reverse."""
    x = np.empty((len(y), transform.d_in), np.float32)
    try:
        lib.faiss_VectorTransform_try_reverse(transform, len(y), y, x)
    except cfaiss.Error:
        return None
    return x


def assert_same_reverse(ours, theirs):
    assert (ours is None) == (theirs is None)
    if ours is not None:
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(oracle, rng, name):
    code, constructor, arguments, seed, d = TRANSFORMS[name]
    x = rng.standard_normal((N, d), np.float32)
    applied, back, content = oracle(code + "\n" + RUN, x=x)
    transform = cfaiss.new(constructor, *arguments)
    if seed is not None:
        lib.faiss_RandomRotationMatrix_init(transform, seed)
    written = cfaiss.serialize(transform, "write_VectorTransform_custom")
    if "rotation" in name:  # rounded by another LAPACK
        assert len(written) == len(content)
        size = 4 * d * arguments[1]
        ours, theirs = (np.frombuffer(b.tobytes()[13:13 + size], np.float32)
                        for b in (np.asarray(written), content))
        np.testing.assert_allclose(ours, theirs, atol=2e-6)
    else:
        np.testing.assert_array_equal(written, content)
    np.testing.assert_allclose(apply(transform, x), applied, rtol=1e-5, atol=2e-5)
    # the same from a file, byte for byte
    transform = read_transform(content)
    np.testing.assert_array_equal(cfaiss.serialize(transform, "write_VectorTransform_custom"),
                                  content)
    y = apply(transform, x)
    np.testing.assert_allclose(y, applied, rtol=1e-5, atol=1e-5)
    assert_same_reverse(reverse(transform, y), back)


def test_remap_by_a_map(oracle, rng):
    x = rng.standard_normal((5, 4), np.float32)
    indices = np.array([2, 2, -1, 0, 3], np.int32)
    applied, back, content = oracle(
        "vt = faiss.RemapDimensionsTransform(4, 5, faiss.swig_ptr(indices))\n" + RUN,
        x=x, indices=indices)
    transform = cfaiss.new("RemapDimensionsTransform_new_with_map", 4, 5, indices)
    np.testing.assert_array_equal(cfaiss.serialize(transform, "write_VectorTransform_custom"),
                                  content)
    np.testing.assert_array_equal(apply(transform, x), applied)
    np.testing.assert_array_equal(reverse(transform, applied), back)


CHAINS = ["RR,Flat", "RR5,Flat", "RR30,Flat", "HR,Flat", "HR7,IVF4,Flat", "Pad20,Flat", "Pad3,Flat",
          "L2norm,RR8,HR,Pad20,IVF4,Flat", "RR8,IVF4,Flat,RFlat", "IDMap,HR3,Flat"]


@pytest.mark.parametrize("metric", [cfaiss.METRIC_L2, cfaiss.METRIC_INNER_PRODUCT])
@pytest.mark.parametrize("factory", CHAINS)
def test_chains(oracle, rng, factory, metric):
    xb, xq = (rng.standard_normal((n, 17), np.float32) for n in (400, 20))
    ids = np.arange(len(xb), dtype=np.int64)
    content, distances, labels = oracle("""
        index = faiss.index_factory(xb.shape[1], factory, metric)
        index.train(xb)
        index.add_with_ids(xb, ids) if "IDMap" in factory else index.add(xb)
        D, I = index.search(xq, 10)
        return faiss.serialize_index(index), D, I
    """, factory=factory, metric=metric, xb=xb, xq=xq, ids=ids)
    index = cfaiss.deserialize(content)
    np.testing.assert_array_equal(cfaiss.serialize(index), content)
    D, I = index.search(xq, 10)
    np.testing.assert_allclose(D, distances, rtol=1e-5, atol=1e-5)
    assert (I == labels).mean() > 0.99  # the rest: ties up to rounding
    # ours from the same description, there
    index = cfaiss.index_factory(xb.shape[1], factory, metric)
    index.train(xb)
    index.add_with_ids(xb, ids) if "IDMap" in factory else index.add(xb)
    D, I = index.search(xq, 10)
    written = cfaiss.serialize(index)
    again, distances, labels = oracle("""
        index = faiss.deserialize_index(content)
        D, I = index.search(xq, 10)
        return faiss.serialize_index(index), D, I
    """, content=np.asarray(written), xq=xq)
    np.testing.assert_array_equal(written, again)
    np.testing.assert_allclose(D, distances, rtol=1e-5, atol=1e-5)
    assert (I == labels).mean() > 0.99


# ---- principal components ---------------------------------------------------------------------

def values(transform, field):
    """A vector of floats of an object."""
    function = getattr(lib, f"faiss_{field.replace('.', '_')}")
    return ctypes.cast(function(transform), ctypes.POINTER(cfaiss.Vector)).contents.array(
        np.float32).copy()


PCA_CASES = [  # n, d_in, d_out, eigen_power, epsilon, random_rotation, balanced_bins, have_bias
    (300, 17, 17, 0, 0, False, 0, True),
    (300, 17, 5, -0.5, 0, False, 0, True),
    (300, 17, 5, -0.5, 0.5, False, 0, True),
    (300, 17, 8, -0.5, 0.5, True, 0, True),
    (300, 17, 8, 0, 0, True, 0, True),
    (300, 17, 8, 0, 0, False, 4, True),
    (300, 16, 16, 0.25, 0.1, False, 2, True),
    (300, 17, 8, 0, 0, False, 0, False),
    (12, 17, 8, -0.5, 0, False, 0, True),
    (12, 17, 8, 0, 0, True, 0, True),
    (6000, 5, 3, 0, 0, False, 0, True),  # more than 1000 d: a sample
    (3000, 100, 64, -0.5, 0, False, 0, True),
]


@pytest.mark.parametrize("case", PCA_CASES, ids=str)
def test_pca(oracle, rng, case):
    n, d_in, d_out, eigen_power, epsilon, random_rotation, balanced_bins, have_bias = case
    x = rng.standard_normal((n, d_in), np.float32) * (1 + np.arange(d_in, dtype=np.float32)[::-1])
    x += 3
    setup = f"""
vt = faiss.PCAMatrix({d_in}, {d_out}, {eigen_power}, {random_rotation})
vt.epsilon, vt.balanced_bins, vt.have_bias = {epsilon}, {balanced_bins}, {have_bias}
"""
    mean, eigenvalues, components, A, b, orthonormal, applied, back, content = oracle(setup + """
vt.train(x)
values = [faiss.vector_to_array(v) for v in (vt.mean, vt.eigenvalues, vt.PCAMat, vt.A, vt.b)]
y = vt.apply(x)
try:
    z = vt.reverse_transform(y)
except RuntimeError:
    z = None
writer = faiss.VectorIOWriter()
faiss.write_VectorTransform(vt, writer)
return *values, vt.is_orthonormal, y, z, faiss.vector_to_array(writer.data)
""", x=x)
    transform = cfaiss.new("PCAMatrix_new_with", d_in, d_out, eigen_power, random_rotation)
    lib.faiss_PCAMatrix_set_epsilon(transform, epsilon)
    lib.faiss_PCAMatrix_set_balanced_bins(transform, balanced_bins)
    lib.faiss_LinearTransform_set_have_bias(transform, have_bias)
    lib.faiss_VectorTransform_train(transform, n, x)
    ours = {name: values(transform, f"{cls}.{name}")
            for cls, name in [("PCAMatrix", "mean"), ("PCAMatrix", "eigenvalues"),
                              ("PCAMatrix", "PCAMat"), ("LinearTransform", "A"),
                              ("LinearTransform", "b")]}
    np.testing.assert_allclose(ours["mean"], mean, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(ours["eigenvalues"], eigenvalues, rtol=1e-4,
                               atol=1e-5 * eigenvalues[0])
    P, Q = ours["PCAMat"].reshape(-1, d_in), components.reshape(-1, d_in)
    assert P.shape == Q.shape
    real = eigenvalues[:len(Q)] > 1e-5 * eigenvalues[0]
    signs = np.sign((P * Q).sum(1))
    np.testing.assert_allclose((signs[:, None] * P)[real], Q[real], atol=2e-3)
    # with upstream's components: the same matrix
    P[:] = Q
    vector = ctypes.cast(lib.faiss_PCAMatrix_PCAMat(transform),
                         ctypes.POINTER(cfaiss.Vector)).contents
    ctypes.memmove(vector.data, Q.ctypes.data, Q.nbytes)
    lib.faiss_PCAMatrix_prepare_Ab(transform)
    A_now, b_now = values(transform, "LinearTransform.A"), values(transform, "LinearTransform.b")
    scale = abs(A).max()
    np.testing.assert_allclose(A_now, A, rtol=1e-3, atol=1e-4 * scale)
    np.testing.assert_allclose(b_now, b, rtol=1e-3, atol=1e-3 * scale)
    assert bool(transform.is_orthonormal) == orthonormal
    # from the file
    transform = read_transform(content)
    assert transform.class_name == "PCAMatrix"
    np.testing.assert_array_equal(cfaiss.serialize(transform, "write_VectorTransform_custom"),
                                  content)
    y = apply(transform, x)
    np.testing.assert_allclose(y, applied, rtol=1e-4, atol=1e-4)
    if orthonormal:
        assert_same_reverse(reverse(transform, y) / 10, back / 10)


def test_old_pca_files(oracle, rng):
    x = rng.standard_normal((100, 7), np.float32)
    content = bytes(oracle("""
vt = faiss.PCAMatrix(7, 4)
vt.train(x)
writer = faiss.VectorIOWriter()
faiss.write_VectorTransform(vt, writer)
return faiss.vector_to_array(writer.data)
""", x=x))
    assert content[:4] == b"Pcam"
    old = [b"PcAm" + content[4:8] + content[12:], b"PCAm" + content[4:8] + content[12:13] +
           content[17:]]
    for data in old:
        transform = read_transform(np.frombuffer(data, np.uint8))
        assert bytes(cfaiss.serialize(transform, "write_VectorTransform_custom")) == content


@pytest.mark.parametrize("factory", ["PCA8,Flat", "PCAW8,Flat", "PCAR8,IVF4,Flat", "PCAWR8,Flat",
                                     "PCA8,RR4,Flat"])
def test_pca_chains(oracle, rng, factory):
    """The subspace and the distances in it do not depend on the signs."""
    xb, xq = (rng.standard_normal((n, 17), np.float32) * (1 + np.arange(17, dtype=np.float32))
              for n in (600, 20))
    content, distances, labels = oracle("""
        index = faiss.index_factory(xb.shape[1], factory)
        index.train(xb)
        index.add(xb)
        D, I = index.search(xq, 10)
        return faiss.serialize_index(index), D, I
    """, factory=factory, xb=xb, xq=xq)
    index = cfaiss.deserialize(content)
    np.testing.assert_array_equal(cfaiss.serialize(index), content)
    D, I = index.search(xq, 10)
    np.testing.assert_allclose(D, distances, rtol=1e-4, atol=1e-4)
    assert (I == labels).mean() > 0.99
    index = cfaiss.index_factory(xb.shape[1], factory)
    index.train(xb)
    index.add(xb)
    if factory in ("PCA8,Flat", "PCAW8,Flat", "PCAWR8,Flat"):
        D, I = index.search(xq, 10)
        np.testing.assert_allclose(D, distances, rtol=2e-3)
    written = cfaiss.serialize(index)
    again = oracle("return faiss.serialize_index(faiss.deserialize_index(content))",
                   content=np.asarray(written))
    np.testing.assert_array_equal(written, again)
    assert cfaiss.reverse_index_factory(index) == factory


@pytest.mark.parametrize("d, M, d2", [(16, 4, 16), (16, 2, 8), (12, 4, 20)])
def test_opq(oracle, rng, d, M, d2):
    """The same rotation after some iterations: k-means and polar factor agree."""
    x = (rng.standard_normal((3000, d)) * np.arange(1, d + 1)).astype(np.float32)
    theirs = oracle("""
        matrix = faiss.OPQMatrix(d, M, d2)
        matrix.niter, matrix.niter_pq_0 = 3, 6
        matrix.train(x)
        return matrix.apply(x)
    """, x=x, d=d, M=M, d2=d2)
    matrix = cfaiss.new("OPQMatrix_new_with", d, M, d2)
    matrix.niter, matrix.niter_pq_0 = 3, 6
    lib.faiss_VectorTransform_train(matrix, len(x), x)
    mine = apply(matrix, x)
    # a point on the border of two clusters makes the paths differ a little
    assert np.abs(mine - theirs).mean() < 0.02 * np.abs(theirs).mean()
