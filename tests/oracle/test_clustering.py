"""k-means with every parameter, from the same seeds as upstream: same centroids, same statistics."""
import ctypes

import numpy as np
import pytest

import cfaiss
from cfaiss import lib


class Parameters(ctypes.Structure):
    """FaissClusteringParameters."""

    _fields_ = [("niter", ctypes.c_int), ("nredo", ctypes.c_int), ("verbose", ctypes.c_bool),
                ("spherical", ctypes.c_bool), ("int_centroids", ctypes.c_bool),
                ("update_index", ctypes.c_bool), ("frozen_centroids", ctypes.c_bool),
                ("min_points_per_centroid", ctypes.c_int),
                ("max_points_per_centroid", ctypes.c_int), ("seed", ctypes.c_int),
                ("decode_block_size", ctypes.c_size_t),
                ("check_input_data_for_NaNs", ctypes.c_bool),
                ("use_faster_subsampling", ctypes.c_bool), ("init_method", ctypes.c_int),
                ("afkmc2_chain_length", ctypes.c_uint16),
                ("early_stop_threshold", ctypes.c_double), ("use_super_kmeans", ctypes.c_bool)]


class Stats(ctypes.Structure):
    _fields_ = [("obj", ctypes.c_float), ("time", ctypes.c_double),
                ("time_search", ctypes.c_double), ("imbalance_factor", ctypes.c_double),
                ("nsplit", ctypes.c_int)]


class Clustering(ctypes.Structure):
    _fields_ = [("cp", Parameters), ("d", ctypes.c_size_t), ("k", ctypes.c_size_t),
                ("centroids", cfaiss.Vector), ("iteration_stats", cfaiss.Vector)]


def results(address):
    """Centroids, and the columns obj, imbalance_factor and nsplit of the statistics."""
    it = ctypes.cast(address, ctypes.POINTER(Clustering)).contents
    stats = ctypes.cast(it.iteration_stats.data, ctypes.POINTER(Stats))
    rows = [(s.obj, s.imbalance_factor, s.nsplit) for s in stats[:it.iteration_stats.size]]
    return it.centroids.array(np.float32).reshape(-1, it.d), np.array(rows).reshape(-1, 3)


def kmeans(x, k, index=None, weights=None, centroids=None, codec=None, **parameters):
    x = np.ascontiguousarray(x)
    d = int(lib.faiss_Index_d(index)) if index else x.shape[1]
    index = index or cfaiss.new("IndexFlat_new_with", d, cfaiss.METRIC_L2)
    out = ctypes.c_void_p()
    lib.faiss_Clustering_new(ctypes.byref(out), d, k)
    try:
        it = ctypes.cast(out, ctypes.POINTER(Clustering)).contents
        for name, value in parameters.items():
            assert hasattr(it.cp, name)
            setattr(it.cp, name, value)
        if centroids is not None:
            lib.faiss_Float32Vector_assign(ctypes.byref(it.centroids), np.ascontiguousarray(
                centroids.ravel()), centroids.size)
        if codec:
            lib.faiss_Clustering_train_encoded(out, len(x), x, codec, index, weights)
        else:
            lib.faiss_Clustering_train_weighted(out, len(x), x, index, weights)
        return results(out)
    finally:
        lib.faiss_Clustering_free(out)


ORACLE_KMEANS = """
    index = faiss.index_factory(x.shape[1], factory, metric)
    clus = faiss.Clustering(x.shape[1], k)
    for name, value in parameters.items():
        setattr(clus, name, value)
    if centroids is not None:
        faiss.copy_array_to_vector(centroids.ravel(), clus.centroids)
    clus.train(x, index, weights)
    stats = [clus.iteration_stats.at(i) for i in range(clus.iteration_stats.size())]
    rows = np.array([(s.obj, s.imbalance_factor, s.nsplit) for s in stats]).reshape(-1, 3)
    return faiss.vector_to_array(clus.centroids).reshape(k, -1), rows
"""


def oracle_kmeans(oracle, x, k, weights=None, centroids=None, factory="Flat",
                  metric=cfaiss.METRIC_L2, **parameters):
    return oracle(ORACLE_KMEANS, x=x, k=k, weights=weights, centroids=centroids, factory=factory,
                  metric=metric, parameters=parameters)


def assert_same(got, expected, tolerance=1e-5):
    np.testing.assert_allclose(got[0], expected[0], rtol=10 * tolerance, atol=tolerance)
    assert got[1].shape == expected[1].shape
    np.testing.assert_allclose(got[1][:, 0], expected[1][:, 0], rtol=tolerance)
    np.testing.assert_allclose(got[1][:, 1], expected[1][:, 1], rtol=1e-9)
    np.testing.assert_array_equal(got[1][:, 2], expected[1][:, 2])


def compare(oracle, x, k, metric=cfaiss.METRIC_L2, **arguments):
    index = cfaiss.new("IndexFlat_new_with", x.shape[1], metric)
    got = kmeans(x, k, index=index, **arguments)
    assert_same(got, oracle_kmeans(oracle, x, k, metric=metric, **arguments))
    np.testing.assert_array_equal(index.reconstruct_n(0, k), got[0])


PARAMETERS = [
    {}, {"niter": 0}, {"niter": 1}, {"seed": 99}, {"nredo": 4, "niter": 5},
    {"int_centroids": True, "niter": 5}, {"init_method": 1, "niter": 6},
    {"init_method": 2, "niter": 6}, {"init_method": 2, "afkmc2_chain_length": 3, "niter": 3},
    {"init_method": 1, "nredo": 3, "niter": 3, "seed": 5}, {"early_stop_threshold": 0.01},
    {"max_points_per_centroid": 20, "niter": 6},
    {"max_points_per_centroid": 20, "niter": 6, "use_faster_subsampling": True},
    {"max_points_per_centroid": 1, "spherical": True}, {"update_index": True, "niter": 4},
]


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
@pytest.mark.parametrize("d", [1, 7, 16, 33])
def test_parameters(oracle, rng, parameters, d):
    scale = 50 if "int_centroids" in parameters else 1
    x = (rng.random((900, d), np.float32) * scale).astype("f")
    compare(oracle, x, 12, **parameters)


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_spherical_inner_product(oracle, rng, parameters):
    x = rng.standard_normal((700, 20)).astype("f") * 3
    compare(oracle, x, 11, cfaiss.METRIC_INNER_PRODUCT, **{"spherical": True, **parameters})


@pytest.mark.parametrize("parameters", [{}, {"max_points_per_centroid": 20}], ids=str)
def test_weights(oracle, rng, parameters):
    x = rng.random((600, 9), np.float32)
    weights = rng.random(600, np.float32) * 3
    compare(oracle, x, 10, weights=weights, niter=7, **parameters)
    weights[::2] = 0
    compare(oracle, x, 10, weights=weights, niter=7, **parameters)


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("n_given", [1, 5, 10])
@pytest.mark.parametrize("init_method", [0, 1, 2])
@pytest.mark.parametrize("nredo", [1, 3])
def test_warm_start_and_frozen_centroids(oracle, rng, frozen, n_given, init_method, nredo):
    x = rng.random((500, 6), np.float32)
    given = rng.random((n_given, 6), np.float32) * 1.5
    compare(oracle, x, 10, centroids=given, frozen_centroids=frozen, init_method=init_method,
            nredo=nredo, niter=5)


@pytest.mark.parametrize("distinct,k", [(3, 8), (10, 40), (1, 5)])
def test_empty_clusters(oracle, rng, distinct, k):
    """Integer points: no rounding that could decide which of two equal centroids gets a point."""
    x = rng.integers(0, 20, (distinct, 4)).astype("f")[rng.integers(0, distinct, 300)]
    got = kmeans(x, k, niter=1)
    expected = oracle_kmeans(oracle, x, k, niter=1)
    assert got[1][0, 2] > 0
    assert_same(got, expected)


@pytest.mark.parametrize("d", [8, 100, 784])
@pytest.mark.parametrize("metric", [cfaiss.METRIC_L2, cfaiss.METRIC_INNER_PRODUCT])
def test_on_the_matrix_product_path(oracle, rng, d, metric):
    """Large enough for the expanded distances. The start is near the solution: from a bad one some
    points lie between two centroids, and rounding decides."""
    centers = rng.standard_normal((30, d)) * 10
    x = (centers[rng.integers(0, 30, 6000)] + rng.standard_normal((6000, d))).astype("f")
    given = (centers + rng.standard_normal((30, d))).astype("f")
    arguments = {"centroids": given, "spherical": metric == cfaiss.METRIC_INNER_PRODUCT}
    index = cfaiss.new("IndexFlat_new_with", d, metric)
    got = kmeans(x, 30, index=index, niter=3, **arguments)
    expected = oracle_kmeans(oracle, x, 30, metric=metric, niter=3, **arguments)
    assert_same(got, expected, 1e-4)


def test_objective_of_data_without_structure(oracle, rng):
    x = rng.standard_normal((20000, 32)).astype("f")
    got, expected = kmeans(x, 200), oracle_kmeans(oracle, x, 200)
    assert abs(got[1][-1, 0] / expected[1][-1, 0] - 1) < 1e-3


def test_encoded_points(oracle, rng):
    x = rng.random((800, 5), np.float32)
    codec = cfaiss.new("IndexFlat_new_with", 5, cfaiss.METRIC_L2)
    for block in (1, 100, 800, 10000):
        index = cfaiss.new("IndexFlat_new_with", 5, cfaiss.METRIC_L2)
        got = kmeans(x.view(np.uint8), 12, index=index, codec=codec, decode_block_size=block,
                     niter=6)
        assert_same(got, oracle_kmeans(oracle, x, 12, niter=6))


def test_a_second_training_continues(oracle, rng):
    x = rng.random((300, 4), np.float32)
    first = kmeans(x, 6, niter=2)
    compare(oracle, x, 6, centroids=first[0], niter=3)


def kmeans1d(x, k, **parameters):
    out = ctypes.c_void_p()
    lib.faiss_Clustering1D_new(ctypes.byref(out), k)
    try:
        it = ctypes.cast(out, ctypes.POINTER(Clustering)).contents
        for name, value in parameters.items():
            setattr(it.cp, name, value)
        lib.faiss_Clustering1D_train_exact(out, len(x), np.ascontiguousarray(x))
        return results(out)
    finally:
        lib.faiss_Clustering1D_free(out)


ORACLE_KMEANS1D = """
    clus = faiss.Clustering1D(k)
    for name, value in parameters.items():
        setattr(clus, name, value)
    clus.train_exact(x.reshape(-1, 1))
    s = clus.iteration_stats.at(0)
    return (faiss.vector_to_array(clus.centroids).reshape(-1, 1),
            np.array([[s.obj, s.imbalance_factor, s.nsplit]]))
"""


@pytest.mark.parametrize("n,k", [(5, 1), (5, 4), (5, 5), (100, 7), (1000, 16), (3000, 256)])
@pytest.mark.parametrize("kind", ["uniform", "normal", "integers"])
def test_1d(oracle, rng, n, k, kind):
    if kind == "integers":  # all distinct, where upstream is safe
        x = rng.permutation(4 * n)[:n].astype("f")
    else:
        x = (rng.random(n) if kind == "uniform" else rng.standard_normal(n)).astype("f")
    got, expected = kmeans1d(x, k), oracle(ORACLE_KMEANS1D, x=x, k=k, parameters={})

    def cost(centroids):
        return np.min((x[:, None].astype("d") - centroids.ravel()[None]) ** 2, 1).sum()

    assert cost(got[0]) <= cost(expected[0]) * (1 + 1e-4) + 1e-9
    if kind != "integers" and k < 256:  # the best cut is unique, and beyond rounding
        np.testing.assert_allclose(got[0], expected[0], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(got[1], expected[1], rtol=1e-9)


def test_1d_subsampling(oracle, rng):
    x = rng.random(1000, np.float32)
    parameters = {"max_points_per_centroid": 50, "seed": 7}
    got = kmeans1d(x, 4, **parameters)
    expected = oracle(ORACLE_KMEANS1D, x=x, k=4, parameters=parameters)
    np.testing.assert_allclose(got[0], expected[0], rtol=1e-5)


def test_kmeans_clustering(oracle, rng):
    x = rng.random((500, 10), np.float32)
    centroids, obj = cfaiss.kmeans_clustering(x, 9)
    expected, expected_obj = oracle("""
        centroids = np.empty((9, x.shape[1]), np.float32)
        obj = faiss.kmeans_clustering(x.shape[1], len(x), 9, faiss.swig_ptr(x),
                                      faiss.swig_ptr(centroids))
        return centroids, obj
    """, x=x)
    np.testing.assert_allclose(centroids, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(obj, expected_obj, rtol=1e-5)


def test_random_numbers(oracle):
    """Around the block sizes, more seeds than the golden values have."""
    for n in (1, 2, 1023, 1024, 1025, 5000):
        for seed in (0, 1, 2**31, -5, 2**40 + 3):
            x, ints, perm = np.empty(n, "f"), np.empty(n, np.int64), np.empty(n, np.int32)
            perm2, bytes_ = np.empty(n, np.int32), np.empty(n, np.uint8)
            normal = np.empty(n, "f")
            lib.faiss_float_rand(x, n, seed)
            lib.faiss_float_randn(normal, n, seed)
            lib.faiss_int64_rand(ints, n, seed)
            lib.faiss_byte_rand(bytes_, n, seed)
            lib.faiss_rand_perm(perm, n, seed)
            lib.faiss_rand_perm_splitmix64(perm2, n, seed)
            expected = oracle("""
                sp = faiss.swig_ptr
                x, normal = np.empty(n, 'f'), np.empty(n, 'f')
                ints, bytes_ = np.empty(n, 'i8'), np.empty(n, 'u1')
                perm, perm2 = np.empty(n, 'i4'), np.empty(n, 'i4')
                faiss.float_rand(sp(x), n, seed)
                faiss.float_randn(sp(normal), n, seed)
                faiss.int64_rand(sp(ints), n, seed)
                faiss.byte_rand(sp(bytes_), n, seed)
                faiss.rand_perm(sp(perm), n, seed)
                faiss.rand_perm_splitmix64(sp(perm2), n, seed)
                return x, normal, ints, bytes_, perm, perm2
            """, n=n, seed=seed)
            np.testing.assert_array_equal(x, expected[0])
            np.testing.assert_allclose(normal, expected[1], rtol=1e-6)
            for got, wanted in zip((ints, bytes_, perm, perm2), expected[2:]):
                np.testing.assert_array_equal(got, wanted)


def test_checksums(oracle, rng):
    for n in (0, 1, 3, 4, 5, 17, 100):
        ints = rng.integers(-2**31, 2**31, n).astype(np.int32)
        bytes_ = rng.integers(0, 256, max(n, 1)).astype(np.uint8)
        got = (lib.faiss_ivec_checksum(n, ints), lib.faiss_bvec_checksum(n, bytes_),
               lib.faiss_hash_bytes(bytes_, max(n, 1)))
        expected = oracle("""
            sp = faiss.swig_ptr
            return (faiss.ivec_checksum(n, sp(ints)), faiss.bvec_checksum(n, sp(bytes_)),
                    faiss.hash_bytes(sp(bytes_), max(n, 1)))
        """, n=n, ints=ints, bytes_=bytes_)
        assert got == tuple(expected)


class Level1Quantizer(ctypes.Structure):
    _fields_ = [("quantizer", ctypes.c_void_p), ("nlist", ctypes.c_size_t),
                ("quantizer_trains_alone", ctypes.c_char), ("own_fields", ctypes.c_bool),
                ("cp", Parameters), ("clustering_index", ctypes.c_void_p)]


@pytest.mark.parametrize("metric", [cfaiss.METRIC_L2, cfaiss.METRIC_INNER_PRODUCT])
@pytest.mark.parametrize("trains_alone,own_index,super_kmeans",
                         [(0, False, False), (0, True, False), (2, False, False), (2, True, False),
                          (0, False, True), (2, False, True)])
def test_level1_quantizer(oracle, rng, metric, trains_alone, own_index, super_kmeans):
    centers = rng.standard_normal((20, 40)) * 4
    x = (centers[rng.integers(0, 20, 3000)] + rng.standard_normal((3000, 40))).astype("f")
    if metric == cfaiss.METRIC_INNER_PRODUCT:
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    quantizer = cfaiss.new("IndexFlat_new_with", 40, metric)
    other = cfaiss.new("IndexFlat_new_with", 40, metric)
    level1 = Level1Quantizer()
    lib.faiss_Level1Quantizer_init(ctypes.byref(level1), quantizer, 15)
    level1.quantizer_trains_alone = trains_alone
    level1.cp.spherical = metric == cfaiss.METRIC_INNER_PRODUCT
    level1.cp.use_super_kmeans = super_kmeans
    level1.clustering_index = other.address if own_index else None
    lib.faiss_Level1Quantizer_train_q1(ctypes.byref(level1), len(x), x, False, metric)
    expected = oracle("""
        quantizer, other = faiss.IndexFlat(40, metric), faiss.IndexFlat(40, metric)
        index = faiss.IndexIVFFlat(quantizer, 40, 15, metric)
        index.quantizer_trains_alone = bytes([trains_alone]).decode()
        index.cp.use_super_kmeans = super_kmeans
        if own_index:
            index.clustering_index = other
        index.train(x)
        return quantizer.reconstruct_n(0, 15)
    """, x=x, metric=metric, trains_alone=trains_alone, super_kmeans=super_kmeans,
                      own_index=own_index)
    np.testing.assert_allclose(quantizer.reconstruct_n(0, 15), expected, rtol=1e-3, atol=1e-4)
