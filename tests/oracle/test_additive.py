"""Additive quantizers: codes from upstream's trained state, results on its indexes, quality of
training, all search types; ProgressiveDimClustering."""
import ctypes

import numpy as np
import pytest

import cfaiss
from cfaiss import lib

SEARCH_TYPES = range(10)


def data(rng, n, d):
    """Vectors with some structure: smooth, not centered."""
    basis = rng.standard_normal((6, d)).astype(np.float32)
    x = rng.standard_normal((n, 6)).astype(np.float32) @ basis
    return np.ascontiguousarray(x + 0.3 * rng.standard_normal((n, d)) + 1, np.float32)


def read(content):
    content = np.frombuffer(content.tobytes(), np.uint8)
    reader = cfaiss.new("VectorIOReader_new_with", content, len(content))
    out = ctypes.c_void_p()
    lib.faiss_read_index_custom(reader, 0, ctypes.byref(out))
    return cfaiss.Index(out)


TRAINED = """
        index = faiss.index_factory(x.shape[1], description, metric)
        if "IVF" in description:
            index.nprobe = 4
        index.train(x)
        content = faiss.serialize_index(index)
"""


def vector(index, name):
    """A field that is a vector of floats of the quantizer of a flat index."""
    address = getattr(lib, f"faiss_AdditiveQuantizer_{name}")(index.aq)

    class Vector(ctypes.Structure):
        _fields_ = [("data", ctypes.POINTER(ctypes.c_float)), ("size", ctypes.c_size_t)]

    v = ctypes.cast(address, ctypes.POINTER(Vector)).contents
    return np.array(v.data[:v.size], np.float32)


def assert_same_up_to_ties(D, labels, mine):
    """Labels differ only among equal distances: vectors that share a code, rounding."""
    gap = np.abs(np.diff(D, axis=1))
    near = gap <= 1e-4 * (1 + np.abs(D[:, 1:]))
    # the last one of a row may be tied with what is not in it
    tied = np.pad(near, ((0, 0), (1, 0))) | np.pad(near, ((0, 0), (0, 1)), constant_values=True)
    assert (mine == labels)[~tied].all()


# ---- codes ------------------------------------------------------------------------------------

@pytest.mark.parametrize("d", [1, 7, 8, 15, 16, 17, 100])
@pytest.mark.parametrize("description", ["RQ3x4", "RQ1x8_2x5", "LSQ3x4"])
def test_codes_of_upstreams_codebooks(oracle, rng, d, description):
    x, xq = data(rng, 600, d), data(rng, 400, d)
    content, codes = oracle(TRAINED + """
        return content, index.sa_encode(xq)
    """, x=x, xq=xq, metric=1,
                            description=description)
    index = read(content)
    mine = index.sa_encode(xq)
    differ = np.flatnonzero((mine != codes).any(1))
    # different sums that are as near as makes no difference
    for i in differ:
        a, b = ((index.sa_decode(c[i:i + 1]) - xq[i]).astype(np.float64) for c in (mine, codes))
        assert abs((a ** 2).sum() - (b ** 2).sum()) < 1e-5 * (1 + (xq[i] ** 2).sum())
    assert len(differ) <= 0.01 * len(xq) or d == 1


@pytest.mark.parametrize("beam_size", [1, 2, 16, 60])
def test_beam_sizes(oracle, rng, beam_size):
    x, xq = data(rng, 600, 12), data(rng, 300, 12)
    content, codes = oracle(TRAINED + """
        index.rq.max_beam_size = beam_size
        return content, index.sa_encode(xq)
    """, x=x, xq=xq, metric=1, description="RQ4x4", beam_size=beam_size)
    index = read(content)
    lib.faiss_ResidualQuantizer_set_max_beam_size(index.aq, beam_size)
    assert (index.sa_encode(xq) == codes).all(1).mean() > 0.99


@pytest.mark.parametrize("mode", [1, 2, 3, 4])
@pytest.mark.parametrize("description, beam_size", [("RQ3x5", 5), ("RQ2x6_1x3", 7), ("RQ2x7", 1)])
def test_selection_by_buckets(oracle, rng, description, beam_size, mode):
    x, xq = data(rng, 900, 12), data(rng, 300, 12)
    content, codes, exact = oracle(TRAINED + """
        index.rq.max_beam_size = beam_size
        exact = index.sa_encode(xq)
        index.rq.approx_topk_mode = mode
        return content, index.sa_encode(xq), exact
    """, x=x, xq=xq, metric=1, description=description, beam_size=beam_size, mode=mode)
    index = read(content)
    lib.faiss_ResidualQuantizer_set_max_beam_size(index.aq, beam_size)
    assert (index.sa_encode(xq) == exact).all(1).mean() > 0.99
    lib.faiss_ResidualQuantizer_set_approx_topk_mode(index.aq, mode)
    assert (index.sa_encode(xq) == codes).all(1).mean() > 0.99


@pytest.mark.parametrize("description", ["PRQ2x2x4", "PLSQ2x2x4_Nqint8", "RQ2x4_Ncqint8",
                                         "RQ2x4_Nlsq2x4", "LSQ2x4_Nrq2x4", "RQ2x4_Ncqint4",
                                         "IVF4,RQ2x4_Nqint4", "IVF4,LSQ2x4", "IVF4,PRQ2x2x4",
                                         "IVF4,PLSQ2x2x4_Nqint8"])
@pytest.mark.parametrize("metric", [0, 1])
def test_codes_and_results_of_other_kinds(oracle, rng, description, metric):
    x, xq = data(rng, 700, 16), data(rng, 50, 16)
    content, codes, decoded, D, labels = oracle(TRAINED + """
        index.add(x)
        codes = index.sa_encode(xq)
        D, I = index.search(xq, 5)
        return content, codes, index.sa_decode(codes), D, I
    """, x=x, xq=xq, metric=metric, description=description)
    index = read(content)
    # norms that are equal may have several numbers: the vectors are compared
    mine = index.sa_decode(index.sa_encode(xq))
    assert np.isclose(mine, decoded, rtol=1e-5, atol=1e-5).all(1).mean() > 0.97
    np.testing.assert_allclose(index.sa_decode(codes), decoded, rtol=1e-5, atol=1e-5)
    index.add(x)
    if "IVF" in description:
        index.nprobe = 4
    D2, labels2 = index.search(xq, 5)
    np.testing.assert_allclose(D2, D, rtol=2e-4, atol=2e-4 * np.abs(D).max())
    assert_same_up_to_ties(D, labels, labels2)


@pytest.mark.parametrize("metric", [0, 1])
@pytest.mark.parametrize("search_type", SEARCH_TYPES)
def test_all_search_types(oracle, rng, search_type, metric):
    x, xq = data(rng, 700, 10), data(rng, 20, 10)
    content, D, labels, computed = oracle("""
        index = faiss.IndexResidualQuantizer(x.shape[1], 2, 5, metric, search_type)
        index.train(x)
        index.add(x)
        D, I = index.search(xq, 7)
        dc = None
        if search_type != 2 or metric == 0:
            dc = index.get_distance_computer()
            dc.set_query(faiss.swig_ptr(xq))
            dc = np.array([dc(i) for i in range(10)])
        return faiss.serialize_index(index), D, I, dc
    """, x=x, xq=xq, metric=metric, search_type=search_type)
    index = read(content)
    D2, labels2 = index.search(xq, 7)
    np.testing.assert_allclose(D2, D, rtol=1e-4, atol=1e-4)
    assert_same_up_to_ties(D, labels, labels2)
    if computed is not None:
        computer = ctypes.c_void_p()
        lib.faiss_Index_get_distance_computer(index, ctypes.byref(computer))
        lib.faiss_DistanceComputer_set_query(computer, xq)
        value = ctypes.c_float()
        for i in range(10):
            lib.faiss_DistanceComputer_vector_to_query_dis(computer, i, ctypes.byref(value))
            assert value.value == pytest.approx(computed[i], rel=1e-4, abs=1e-4)
        lib.faiss_DistanceComputer_free(computer)


def test_range_search(oracle, rng):
    x, xq = data(rng, 500, 10), data(rng, 10, 10)
    content, lims, D, labels = oracle("""
        index = faiss.index_factory(x.shape[1], "RQ3x4_Nqint4")
        index.train(x)
        index.add(x)
        return faiss.serialize_index(index), *index.range_search(xq, 10.0)
    """, x=x, xq=xq)
    lims2, D2, labels2 = read(content).range_search(xq, 10.0)
    np.testing.assert_array_equal(lims2, lims)
    np.testing.assert_array_equal(labels2, labels)
    np.testing.assert_allclose(D2, D, rtol=1e-4)


# ---- training ---------------------------------------------------------------------------------

def mean_error(index, x):
    return float(((index.sa_decode(index.sa_encode(x)) - x) ** 2).sum(1).mean())


ERROR = """
        y = index.sa_decode(index.sa_encode(x))
        return float(((y - x) ** 2).sum(1).mean())
"""


@pytest.mark.parametrize("description", ["RQ4x5", "LSQ4x4", "PRQ2x2x5", "PLSQ2x2x4", "IVF8,RQ3x4"])
def test_training_is_as_good(oracle, rng, description):
    x = data(rng, 3000, 20)
    theirs = oracle(TRAINED + ERROR, x=x, metric=1, description=description)
    index = cfaiss.index_factory(20, description)
    index.train(x)
    assert mean_error(index, x) < 1.01 * theirs


@pytest.mark.parametrize("train_type", [0, 1, 2, 3, 1024, 1025, 2048])
def test_kinds_of_training(oracle, rng, train_type):
    x = data(rng, 2000, 16)
    theirs, norm_min, norm_max, sizes = oracle("""
        index = faiss.IndexResidualQuantizer(x.shape[1], 3, 4, 1, 3)
        index.rq.train_type = train_type
        index.train(x)
        y = index.sa_decode(index.sa_encode(x))
        rq = index.rq
        return (float(((y - x) ** 2).sum(1).mean()), rq.norm_min, rq.norm_max,
                [rq.centroid_norms.size(), rq.codebook_cross_products.size()])
    """, x=x, train_type=train_type)
    index = cfaiss.new("IndexResidualQuantizer_new_with", 16, 3, 4, 1, 3)
    lib.faiss_ResidualQuantizer_set_train_type(index.aq, train_type)
    index.train(x)
    assert mean_error(index, x) < 1.01 * theirs
    if not train_type & 1024:  # upstream measures norms of mixed-up vectors there
        assert lib.faiss_AdditiveQuantizer_norm_max(index.aq) == pytest.approx(norm_max, rel=0.02)
        assert lib.faiss_AdditiveQuantizer_norm_min(index.aq) == pytest.approx(norm_min, rel=0.5,
                                                                               abs=0.5)
    assert [vector(index, "centroid_norms").size,
            vector(index, "codebook_cross_products").size] == sizes


def test_plain_codebooks_are_upstreams(oracle, rng):
    x = data(rng, 1000, 8)
    codebooks, products, norms = oracle("""
        index = faiss.IndexResidualQuantizer(x.shape[1], 3, 4)
        index.rq.train_type = 0
        index.train(x)
        rq = index.rq
        return [faiss.vector_to_array(v) for v in (rq.codebooks, rq.codebook_cross_products,
                                                   rq.centroid_norms)]
    """, x=x)
    index = cfaiss.new("IndexResidualQuantizer_new_with", 8, 3, 4, 1, 0)
    lib.faiss_ResidualQuantizer_set_train_type(index.aq, 0)
    index.train(x)
    np.testing.assert_allclose(vector(index, "codebooks"), codebooks, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(vector(index, "codebook_cross_products"), products, rtol=1e-3,
                               atol=1e-3)
    np.testing.assert_allclose(vector(index, "centroid_norms"), norms, rtol=1e-3, atol=1e-3)


def test_default_codebooks_are_mostly_upstreams(oracle):
    """Each stage goes on from the last one: a comparison of nearly equal values that rounding decides
    otherwise ends the agreement. That happens now and then, and rarely in the first stage."""
    equal = np.zeros(3)
    for seed in range(20):
        x = np.random.default_rng(seed).random((300, 4)).astype(np.float32)
        codebooks = oracle("""
            rq = faiss.ResidualQuantizer(4, 3, 4)
            rq.train(x)
            return faiss.vector_to_array(rq.codebooks)
        """, x=x)
        index = cfaiss.new("IndexResidualQuantizer_new_with", 4, 3, 4, 1, 0)
        index.train(x)
        difference = np.abs(vector(index, "codebooks") - codebooks).reshape(3, -1).max(axis=1)
        equal += difference < 1e-5
    assert equal[0] >= 17 and equal[1] >= 14 and equal[2] >= 11, equal


def test_retraining_solves_the_same_problem(oracle, rng):
    x = data(rng, 1000, 8)
    content, codebooks = oracle("""
        index = faiss.IndexResidualQuantizer(x.shape[1], 3, 4)
        index.train(x)
        content = faiss.serialize_index(index)
        index.rq.retrain_AQ_codebook(len(x), faiss.swig_ptr(x))
        return content, faiss.vector_to_array(index.rq.codebooks)
    """, x=x)
    index = read(content)
    error = ctypes.c_float()
    lib.faiss_ResidualQuantizer_retrain_AQ_codebook(index.aq, len(x), x, ctypes.byref(error))
    np.testing.assert_allclose(vector(index, "codebooks"), codebooks, rtol=1e-3, atol=1e-3)


# ---- coarse quantizers ------------------------------------------------------------------------

@pytest.mark.parametrize("metric", [0, 1])
@pytest.mark.parametrize("beam_factor", [-1, 1, 2, 4, 16])
def test_residual_coarse_quantizer(oracle, rng, beam_factor, metric):
    x, xq = data(rng, 800, 9), data(rng, 30, 9)
    content, D, labels, Dp, labels_p, recons = oracle("""
        index = faiss.ResidualCoarseQuantizer(x.shape[1], 2, 4, metric)
        index.train(x)
        index.set_beam_factor(beam_factor)
        content = faiss.serialize_index(index)
        D, I = index.search(xq, 6)
        params = faiss.SearchParametersResidualCoarseQuantizer()
        params.beam_factor = 3
        return content, D, I, *index.search(xq, 6, params=params), index.reconstruct(77)
    """, x=x, xq=xq, metric=metric, beam_factor=beam_factor)
    index = read(content)
    for (a, b), params in (((D, labels), None),
                           ((Dp, labels_p), cfaiss.new("SearchParametersResidualCoarseQuantizer_new"))):
        if params is not None:
            params.beam_factor = 3
        D2, labels2 = index.search(xq, 6, params)
        np.testing.assert_allclose(D2, a, rtol=1e-4, atol=1e-3)
        assert (labels2 == b).mean() > 0.98
    np.testing.assert_allclose(index.reconstruct(77), recons, rtol=1e-5, atol=1e-5)
    with pytest.raises(cfaiss.Error, match="need SearchParametersResidualCoarseQuantizer"):
        index.search(xq, 6, cfaiss.new("SearchParameters_new", None))


def test_coarse_quantizers_in_inverted_files(oracle, rng):
    x = data(rng, 2000, 9)
    for description in ("IVF64(RCQ2x3),Flat", "IVF64(RCQ1x2_2x2),RQ2x4"):
        content, D, labels = oracle(TRAINED + """
        index.add(x)
        content = faiss.serialize_index(index)
        D, I = index.search(x[:20], 5)
        return content, D, I
        """, x=x, metric=1, description=description)
        index = read(content)
        index.nprobe = 4
        D2, labels2 = index.search(x[:20], 5)
        np.testing.assert_allclose(D2, D, rtol=1e-4, atol=1e-3)
        assert (labels2 == labels).mean() > 0.95
        mine = cfaiss.index_factory(9, description)
        mine.train(x)
        mine.add(x)
        assert mine.ntotal == 2000


# ---- k-means on growing dimensions ------------------------------------------------------------

@pytest.mark.parametrize("d, apply_pca", [(1, True), (3, True), (16, True), (17, False), (50, True)])
def test_progressive_dim_clustering(oracle, rng, d, apply_pca):
    x = data(rng, 1500, d)
    obj, n_steps = oracle("""
        clustering = faiss.ProgressiveDimClustering(x.shape[1], 20)
        clustering.apply_pca = apply_pca
        clustering.train(len(x), faiss.swig_ptr(x), faiss.ProgressiveDimIndexFactory())
        centroids = faiss.vector_to_array(clustering.centroids).reshape(20, -1)
        D, I = faiss.knn(x, centroids, 1)
        return float(D.sum()), clustering.iteration_stats.size()
    """, x=x, apply_pca=apply_pca)
    clustering = ctypes.c_void_p()
    lib.faiss_ProgressiveDimClustering_new(ctypes.byref(clustering), d, 20)
    lib.faiss_ProgressiveDimClusteringParameters_set_apply_pca(clustering, apply_pca)
    lib.faiss_ProgressiveDimClustering_train(clustering, len(x), x, None)
    address = lib.faiss_ProgressiveDimClustering_centroids(clustering)
    data_pointer = ctypes.cast(address, ctypes.POINTER(ctypes.POINTER(ctypes.c_float))).contents
    centroids = np.array(data_pointer[:20 * d], np.float32).reshape(20, d)
    lib.faiss_ProgressiveDimClustering_free(clustering)
    mine = ((x[:, None, :] - centroids[None]) ** 2).sum(-1).min(1).sum()
    assert mine < 1.01 * obj


# ---- QINCo ------------------------------------------------------------------------------------

def test_qinco(oracle, rng):
    d, M, nbits, L, h = 6, 3, 4, 2, 5
    sizes = [16 * d] + (M - 1) * ([16 * d, 2 * d * d, d] + L * [d * h, d * h])
    weights = [rng.standard_normal(n).astype(np.float32) / 2 for n in sizes]
    x = rng.standard_normal((40, d)).astype(np.float32)
    codes, decoded = oracle("""
        index = faiss.IndexQINCo(d, M, nbits, L, h)
        places = [index.qinco.codebook0.weight]
        for m in range(M - 1):
            step = index.qinco.get_step(m)
            places += [step.codebook.weight, step.MLPconcat.weight, step.MLPconcat.bias]
            for i in range(L):
                block = step.get_residual_block(i)
                places += [block.linear1.weight, block.linear2.weight]
        for place, w in zip(places, weights):
            faiss.copy_array_to_vector(w, place)
        index.is_trained = True
        codes = index.sa_encode(x)
        return codes, index.sa_decode(codes)
    """, x=x, weights=weights, d=d, M=M, nbits=nbits, L=L, h=h)
    index = cfaiss.new("IndexQINCo_new_with", d, M, nbits, L, h, 1)
    net = index.qinco
    places = [lib.faiss_Embedding_weight(lib.faiss_QINCo_codebook0(net))]
    for m in range(M - 1):
        step = lib.faiss_QINCo_get_step(net, m)
        mlp = lib.faiss_QINCoStep_MLPconcat(step)
        places += [lib.faiss_Embedding_weight(lib.faiss_QINCoStep_codebook(step)),
                   lib.faiss_Linear_weight(mlp), lib.faiss_Linear_bias(mlp)]
        for i in range(L):
            block = lib.faiss_QINCoStep_get_residual_block(step, i)
            places += [lib.faiss_Linear_weight(lib.faiss_FFN_linear1(block)),
                       lib.faiss_Linear_weight(lib.faiss_FFN_linear2(block))]
    for place, w in zip(places, weights):
        lib.faiss_Float32Vector_assign(place, w, len(w))
    index.is_trained = True
    assert (index.sa_encode(x) == codes).all()
    np.testing.assert_allclose(index.sa_decode(codes), decoded, rtol=1e-4, atol=1e-4)
