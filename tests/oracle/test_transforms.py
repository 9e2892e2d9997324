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
