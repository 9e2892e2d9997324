"""Scalar quantizers against the oracle: codes from the same training, results on the same index."""
import ctypes

import numpy as np
import pytest

import cfaiss
from cfaiss import lib

TYPES = {"8bit": 0, "4bit": 1, "8bit_uniform": 2, "4bit_uniform": 3, "fp16": 4, "8bit_direct": 5,
         "6bit": 6, "bf16": 7, "8bit_direct_signed": 8, "0bit": 9, "1bit_tqmse": 10,
         "2bit_tqmse": 11, "3bit_tqmse": 12, "4bit_tqmse": 13, "8bit_tqmse": 14, "2bit_tq": 15,
         "3bit_tq": 16, "4bit_tq": 17, "5bit_tq": 18, "1bit_eden": 19, "2bit_eden": 20,
         "3bit_eden": 21, "4bit_eden": 22, "5bit_eden": 23, "6bit_eden": 24, "7bit_eden": 25,
         "8bit_eden": 26}
TURBO = [name for name in TYPES if name.endswith("_tq")]
DIMS = [1, 7, 8, 15, 16, 17, 100, 784]
RANGES = {"minmax": 0, "meanstd": 1, "quantiles": 2, "optim": 3}

all_types = pytest.mark.parametrize("qtype", TYPES)


def data(n, d, seed=1, qtype=""):
    x = np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)
    if qtype.startswith("8bit_direct"):
        x = np.round(x * 30) + (0 if qtype.endswith("signed") else 128)
        x = np.clip(x, -128, 255 if not qtype.endswith("signed") else 127)
    return np.ascontiguousarray(x, np.float32)


class ScalarQuantizer(cfaiss.Object):
    """A quantizer of ours, trained here or by the oracle's values."""

    def __init__(self, d, qtype, trained=None):
        out = ctypes.c_void_p()
        lib.faiss_ScalarQuantizer_new_with(ctypes.byref(out), d, TYPES[qtype])
        super().__init__(out)
        self.d = d

    def train(self, x):
        lib.faiss_ScalarQuantizer_train(self, len(x), x)
        trained = np.empty(lib.faiss_ScalarQuantizer_trained_size(self), np.float32)
        lib.faiss_ScalarQuantizer_trained(self, trained)
        return trained

    def encode(self, x):
        size = lib.faiss_ScalarQuantizer_code_size(self)
        codes = np.zeros((len(x), size), np.uint8)
        lib.faiss_ScalarQuantizer_compute_codes(self, x, codes, len(x))
        return codes

    def decode(self, codes):
        x = np.empty((len(codes), self.d), np.float32)
        lib.faiss_ScalarQuantizer_decode(self, codes, x, len(codes))
        return x


@all_types
@pytest.mark.parametrize("d", DIMS)
def test_codes(oracle, qtype, d):
    """Trained on the same vectors, the same tables and codes; decoded, the same vectors."""
    x, y = data(200, d, 1, qtype), data(80, d, 2, qtype)
    trained, codes, decoded = oracle("""
        sq = faiss.ScalarQuantizer(x.shape[1], qtype)
        sq.train(x)
        codes = sq.compute_codes(y)
        return faiss.vector_to_array(sq.trained), codes, sq.decode(codes)
    """, x=x, y=y, qtype=TYPES[qtype])
    sq = ScalarQuantizer(d, qtype)
    np.testing.assert_array_equal(sq.train(x).view(np.uint32), trained.view(np.uint32))
    ours = sq.encode(y)
    if qtype in TURBO:
        assert_turbo_codes(ours, codes)
    else:
        np.testing.assert_array_equal(ours, codes)
    np.testing.assert_allclose(sq.decode(codes), decoded, rtol=2e-6, atol=2e-6)


def assert_turbo_codes(ours, theirs):
    """Norms are sums, rounded in another order; of signs of almost 0 some differ."""
    np.testing.assert_allclose(ours[:, -8:].copy().view(np.float32),
                               theirs[:, -8:].copy().view(np.float32), rtol=1e-5, atol=1e-6)
    differing = np.unpackbits(ours[:, :-8] ^ theirs[:, :-8]).mean()
    assert differing < 2e-4


@pytest.mark.parametrize("rangestat", RANGES)
@pytest.mark.parametrize("qtype", ["8bit", "4bit", "6bit", "8bit_uniform", "4bit_uniform"])
@pytest.mark.parametrize("n, d", [(1, 3), (2, 1), (50, 7), (1000, 20)])
def test_ranges(oracle, rangestat, qtype, n, d):
    x = data(n, d, 3)
    for arg in [0.0, 0.05, 0.5] if rangestat != "meanstd" else [2.0, 3.0]:
        trained = oracle("""
            faiss.omp_set_num_threads(1)  # upstream's threads share a buffer
            sq = faiss.ScalarQuantizer(x.shape[1], qtype)
            sq.rangestat, sq.rangestat_arg = rangestat, arg
            sq.train(x)
            faiss.omp_set_num_threads(2)
            return faiss.vector_to_array(sq.trained)
        """, x=x, qtype=TYPES[qtype], rangestat=RANGES[rangestat], arg=arg)
        sq = ScalarQuantizer(d, qtype)
        lib.faiss_ScalarQuantizer_set_rangestat(sq, RANGES[rangestat])
        lib.faiss_ScalarQuantizer_set_rangestat_arg(sq, arg)
        np.testing.assert_allclose(sq.train(x), trained, rtol=1e-6, atol=1e-7)


def test_dense_projection(oracle):
    """Type 2 of TurboQuant's projections, which only a change of the trained values asks for."""
    x = data(100, 24)
    file = oracle("""
        index = faiss.IndexScalarQuantizer(24, faiss.ScalarQuantizer.QT_3bit_tq)
        index.train(x)
        trained = faiss.vector_to_array(index.sq.trained)
        trained[-1] = 2
        faiss.copy_array_to_vector(trained, index.sq.trained)
        index = faiss.deserialize_index(faiss.serialize_index(index))
        index.add(x)
        return faiss.serialize_index(index)
    """, x=x)
    D, decoded = oracle("""
        index = faiss.deserialize_index(file)
        return index.search(x[:5], 50)[0], index.reconstruct_n(0, index.ntotal)
    """, file=file, x=x)
    ours = cfaiss.deserialize(file)
    np.testing.assert_allclose(ours.reconstruct_n(), decoded, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(ours.search(x[:5], 50)[0], D, rtol=1e-5, atol=1e-4)
    codes = cfaiss.deserialize(file)
    codes.reset()
    codes.add(x)
    size = ours.sa_code_size()
    assert_turbo_codes(np.frombuffer(cfaiss.serialize(codes), np.uint8)[-size * 100:]
                       .reshape(100, size),
                       np.frombuffer(file, np.uint8)[-size * 100:].reshape(100, size))


# ---- indexes ---------------------------------------------------------------------------------

def assert_same(ours, theirs, scale):
    """Equal distances, and equal ids but where distances are near to ties."""
    D, labels = ours
    D1, labels1 = theirs
    np.testing.assert_array_equal(labels < 0, labels1 < 0)
    np.testing.assert_allclose(D, D1, rtol=1e-5, atol=2e-6 * scale)
    assert (labels == labels1).mean() > 0.97


@all_types
@pytest.mark.parametrize("metric", [0, 1], ids=["IP", "L2"])
@pytest.mark.parametrize("d", [7, 16, 100])
def test_flat_search(oracle, qtype, metric, d):
    x, q = data(700, d, 1, qtype), data(40, d, 2, qtype)
    file = oracle("""
        index = faiss.IndexScalarQuantizer(x.shape[1], qtype, metric)
        index.train(x)
        index.add(x)
        return faiss.serialize_index(index)
    """, x=x, qtype=TYPES[qtype], metric=metric)
    theirs = oracle("""
        faiss.i = index = faiss.deserialize_index(file)
        sel = faiss.IDSelectorBatch(list(range(0, 700, 3)))
        selected = index.search(q, 9, params=faiss.SearchParameters(sel=sel))
        return index.search(q, 9), index.search(q[:1], 3), index.search(q[:3], 800), selected
    """, file=file, q=q)
    ours = cfaiss.deserialize(file)
    if qtype == "0bit":  # all distances are equal
        assert (ours.search(q, 9)[0] == 0).all() and (theirs[0][0] == 0).all()
        return
    scale = float((q ** 2).sum(1).max() + (x ** 2).sum(1).max())
    # of one bit there are few different codes
    check = assert_same if not qtype.startswith("1bit") else assert_same_distances
    check(ours.search(q, 9), theirs[0], scale)
    check(ours.search(q[:1], 3), theirs[1], scale)
    check(ours.search(q[:3], 800), theirs[2], scale)
    ids = np.arange(0, 700, 3)
    sel = cfaiss.new("IDSelectorBatch_new", len(ids), ids)
    check(ours.search(q, 9, cfaiss.new("SearchParameters_new", sel)), theirs[3], scale)
    # ranges: those of the search
    D, labels = ours.search(q, 20)
    radius = float(np.median(D[:, 10]))
    lims, Dr, _ = ours.range_search(q, radius)
    lims1, Dr1, _ = oracle("return faiss.i.range_search(q, radius)", q=q, radius=radius)
    if qtype not in TURBO or metric == 0:  # of which upstream decodes for ranges only
        assert np.abs(np.diff(lims.astype(int)) - np.diff(lims1.astype(int))).max() <= 1
    assert ((Dr < radius) if metric else (Dr > radius)).all() and len(Dr) >= 10 * len(q) // 2
    # reconstruction and standalone codes
    rec, codes = oracle("return faiss.i.reconstruct_n(5, 60), faiss.i.sa_encode(q)", q=q)
    np.testing.assert_allclose(ours.reconstruct_n(5, 60), rec, rtol=2e-6, atol=2e-6)
    if qtype not in TURBO:
        np.testing.assert_array_equal(ours.sa_encode(q), codes)


@all_types
@pytest.mark.parametrize("metric", [0, 1], ids=["IP", "L2"])
@pytest.mark.parametrize("by_residual", [False, True], ids=["plain", "residual"])
def test_ivf_search(oracle, qtype, metric, by_residual, d=20):
    x, q = data(900, d, 1, qtype), data(50, d, 2, qtype)
    file = oracle("""
        quantizer = faiss.IndexFlat(x.shape[1], metric)
        index = faiss.IndexIVFScalarQuantizer(quantizer, x.shape[1], 12, qtype, metric, by_residual)
        index.train(x)
        index.add(x)
        index.nprobe = 4
        return faiss.serialize_index(index)
    """, x=x, qtype=TYPES[qtype], metric=metric, by_residual=by_residual)
    theirs = oracle("""
        faiss.i = index = faiss.deserialize_index(file)
        sel = faiss.IDSelectorRange(100, 600)
        selected = index.search(q, 9, params=faiss.SearchParametersIVF(sel=sel, nprobe=3))
        few = index.search(q[:2], 30, params=faiss.SearchParametersIVF(nprobe=9, max_codes=100))
        return index.search(q, 9), index.search(q[:1], 400), selected, few
    """, file=file, q=q)
    ours = cfaiss.deserialize(file)
    assert bytes(cfaiss.serialize(ours)) == bytes(file)
    scale = float((q ** 2).sum(1).max() + (x ** 2).sum(1).max())
    check = assert_same if qtype != "0bit" else assert_same_distances
    check(ours.search(q, 9), theirs[0], scale)
    check(ours.search(q[:1], 400), theirs[1], scale)
    params = cfaiss.new("SearchParametersIVF_new_with",
                        cfaiss.new("IDSelectorRange_new", 100, 600), 3, 0)
    check(ours.search(q, 9, params), theirs[2], scale)
    params = cfaiss.new("SearchParametersIVF_new_with", None, 9, 100)
    check(ours.search(q[:2], 30, params), theirs[3], scale)
    # codes
    codes, decoded = oracle("codes = faiss.i.sa_encode(q); return codes, faiss.i.sa_decode(codes)",
                            q=q)
    np.testing.assert_allclose(ours.sa_decode(codes), decoded, rtol=2e-6, atol=2e-6)
    if qtype not in TURBO:
        same = (ours.sa_encode(q) == codes).mean()  # residuals are differences of equal floats
        assert same == 1


def assert_same_distances(ours, theirs, scale):
    np.testing.assert_array_equal(ours[1] < 0, theirs[1] < 0)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5, atol=1e-6 * scale)


@pytest.mark.parametrize("description", ["SQ8", "SQ4", "SQ6", "SQtqmse4", "IVF16,SQ8", "IVF16,SQ4",
                                         "IVF16,SQtq3", "PCA10,SQ8", "IVF16,SQ8,RFlat",
                                         "IVF16,SQ4,Refine(SQfp16)", "MinMax,SQ8"])
def test_training_here(oracle, description):
    """What is trained here is as good as what is trained there."""
    x, q = data(2000, 24, 1), data(200, 24, 2)
    index = cfaiss.index_factory(24, description)
    index.train(x)
    theirs = oracle("""
        index = faiss.index_factory(24, description)
        index.train(x)
        return index.sa_decode(index.sa_encode(q))
    """, description=description, x=x, q=q)
    error = ((index.sa_decode(index.sa_encode(q)) - q) ** 2).mean()
    error1 = ((theirs - q) ** 2).mean()
    assert error <= error1 * 1.01 + 1e-9


@pytest.mark.parametrize("inner", ["SQ8", "SQ4", "Flat", "IVF4,SQ6"])
@pytest.mark.parametrize("name", ["MinMax", "MinMaxFP16"])
def test_minmax(oracle, name, inner):
    x, q = data(300, 12, 1), data(50, 12, 2)
    x[3] = 2
    q[7] = -1
    file, codes, decoded = oracle("""
        index = faiss.index_factory(12, name + "," + inner)
        index.train(x)
        codes = index.sa_encode(q)
        return faiss.serialize_index(index), codes, index.sa_decode(codes)
    """, x=x, q=q, name=name, inner=inner)
    ours = cfaiss.deserialize(file)
    np.testing.assert_array_equal(ours.sa_encode(q), codes)
    np.testing.assert_allclose(ours.sa_decode(codes), decoded, rtol=1e-6, atol=1e-6)
    if "IVF" not in inner:
        trained = cfaiss.index_factory(12, f"{name},{inner}")
        trained.train(x)
        assert bytes(cfaiss.serialize(trained)) == bytes(file)
    for call in [lambda: ours.add(x), lambda: ours.search(x, 1), ours.reset]:
        with pytest.raises(cfaiss.Error):
            call()


def test_several_quantizers_do_not_merge():
    x = data(500, 8)
    a, b = cfaiss.index_factory(8, "SQ8"), cfaiss.index_factory(8, "SQ8")
    a.train(x)
    b.train(x * 2)
    b.add(x)
    with pytest.raises(cfaiss.Error, match="differ"):
        a.merge_from(b)


@pytest.mark.parametrize("metric", [2, 3, 20])
def test_other_metrics_are_refused(metric):
    x = data(100, 8)
    for description in ["SQ8", "IVF4,SQ8"]:
        index = cfaiss.index_factory(8, description, metric)
        if "IVF" in description:
            continue  # k-means has no such metric
        index.train(x)
        index.add(x)
        with pytest.raises(cfaiss.Error, match="METRIC_L2 or METRIC_INNER_PRODUCT"):
            index.search(x[:2], 3)
