"""NSG and NNDescent: the graphs that upstream builds with one thread, link for link, and the same
results in any graph."""
import numpy as np
import pytest

import cfaiss
from cfaiss import lib
from test_graphs import make_data

L2, IP, L1 = cfaiss.METRIC_L2, cfaiss.METRIC_INNER_PRODUCT, cfaiss.METRIC_L1


def nsg(d, R, metric, build_type, GK, **settings):
    index = cfaiss.new("IndexNSGFlat_new_with", d, R, metric, cls=cfaiss.Index)
    lib.faiss_IndexNSG_set_build_type(index, build_type)
    lib.faiss_IndexNSG_set_GK(index, GK)
    for name, value in settings.items():
        getattr(lib, f"faiss_IndexNSG_set_{name}")(index, value)
    return index


# n, d, R, metric, kind, build_type, GK
NSGS = [
    (300, 3, 6, L2, "floats", 0, 10),
    (300, 8, 16, IP, "floats", 0, 20),
    (1000, 16, 8, L2, "floats", 0, 64),
    (1000, 16, 32, L2, "floats", 1, 64),
    (1500, 100, 16, L2, "integers", 1, 64),
    (500, 8, 8, L1, "floats", 1, 30),
    (500, 8, 8, IP, "floats", 1, 64),
    (400, 6, 5, L2, "integers", 1, 64),
    (200, 784, 8, L2, "integers", 1, 64),
    (400, 1, 4, L2, "floats", 1, 40),
]


@pytest.fixture(scope="module", params=NSGS, ids=lambda b: "-".join(map(str, b)))
def built_nsg(request, oracle):
    n, d, R, metric, kind, build_type, GK = request.param
    x, q = make_data(kind, n, d)
    content = oracle("""
        faiss.omp_set_num_threads(1)
        index = faiss.IndexNSGFlat(d, R, metric)
        index.build_type, index.GK = build_type, GK
        index.add(x)
        return faiss.serialize_index(index)
    """, d=d, R=R, metric=metric, build_type=build_type, GK=GK, x=x)
    return (d, R, metric, build_type, GK), content, x, q


@pytest.mark.parametrize("threads", [1, 5])
def test_the_nsg_is_the_same(built_nsg, threads):
    arguments, content, x, _ = built_nsg
    cfaiss.set_threads(threads)
    try:
        index = nsg(*arguments)
        index.add(x)
        np.testing.assert_array_equal(cfaiss.serialize(index), content)
    finally:
        cfaiss.set_threads(2)


@pytest.mark.parametrize("search_L, k", [(16, 1), (16, 5), (100, 10), (4, 40), (16, 180)])
def test_searches_in_an_nsg_find_the_same(oracle, built_nsg, search_L, k):
    _, content, x, q = built_nsg
    D, I = oracle("""
        index = faiss.deserialize_index(content)
        index.nsg.search_L = search_L
        return index.search(q, k)
    """, content=content, q=q, search_L=search_L, k=k)
    index = cfaiss.deserialize(content)
    lib.faiss_NSG_set_search_L(lib.faiss_IndexNSG_nsg(index), search_L)
    ours = index.search(q, k)
    np.testing.assert_array_equal(ours[1], I)
    np.testing.assert_allclose(ours[0], D, rtol=1e-5, atol=1e-5)


# n, d, K, metric, kind, S, R, L, iter
NNDESCENTS = [
    (300, 3, 8, L2, "floats", 10, 100, 58, 10),
    (300, 3, 8, L2, "floats", 6, 20, 12, 2),
    (500, 8, 10, IP, "integers", 10, 100, 60, 10),
    (1000, 16, 32, L2, "integers", 10, 100, 82, 10),
    (1000, 16, 10, L2, "floats", 20, 10, 30, 4),
    (500, 8, 10, L1, "floats", 10, 12, 12, 6),
    (400, 4, 10, L2, "ties", 10, 100, 60, 5),
]


@pytest.fixture(scope="module", params=NNDESCENTS, ids=lambda b: "-".join(map(str, b)))
def built_nndescent(request, oracle):
    n, d, K, metric, kind, S, R, L, iterations = request.param
    x, q = make_data(kind, n, d)
    settings = {"S": S, "R": R, "L": L, "iter": iterations}
    content = oracle("""
        faiss.omp_set_num_threads(1)
        index = faiss.IndexNNDescentFlat(d, K, metric)
        for name, value in settings.items():
            setattr(index.nndescent, name, value)
        index.add(x)
        return faiss.serialize_index(index)
    """, d=d, K=K, metric=metric, settings=settings, x=x)
    return (d, K, metric), settings, content, x, q


@pytest.mark.parametrize("threads", [1, 5])
def test_the_neighbours_are_the_same(built_nndescent, threads):
    arguments, settings, content, x, _ = built_nndescent
    cfaiss.set_threads(threads)
    try:
        index = cfaiss.new("IndexNNDescentFlat_new_with", *arguments, cls=cfaiss.Index)
        for name, value in settings.items():
            getattr(lib, f"faiss_NNDescent_set_{name}")(lib.faiss_IndexNNDescent_nndescent(index),
                                                        value)
        index.add(x)
        np.testing.assert_array_equal(cfaiss.serialize(index), content)
    finally:
        cfaiss.set_threads(2)


@pytest.mark.parametrize("search_L, k", [(0, 1), (0, 5), (100, 10), (4, 40), (0, 300)])
def test_searches_among_neighbours_find_the_same(oracle, built_nndescent, search_L, k):
    *_, content, x, q = built_nndescent
    D, I = oracle("""
        index = faiss.deserialize_index(content)
        index.nndescent.search_L = search_L
        return index.search(q, k)
    """, content=content, q=q, search_L=search_L, k=k)
    index = cfaiss.deserialize(content)
    lib.faiss_NNDescent_set_search_L(lib.faiss_IndexNNDescent_nndescent(index), search_L)
    ours = index.search(q, k)
    np.testing.assert_array_equal(ours[1], I)
    np.testing.assert_allclose(ours[0], D, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("factory", ["IVF128_NSG8,Flat", "IVF128_HNSW8,Flat", "IVF128_HNSW,SQ8",
                                     "IVF128(NSG6,SQ8),Flat"])
def test_lists_found_by_a_graph(oracle, factory):
    """Centroids, and the graph over them: the same lists, the same results."""
    x, q = make_data("integers", 5500, 6)
    content, D, I = oracle("""
        faiss.omp_set_num_threads(1)
        index = faiss.index_factory(x.shape[1], factory)
        index.train(x)
        index.add(x)
        index.nprobe = 9
        return faiss.serialize_index(index), *index.search(q, 10)
    """, factory=factory, x=x, q=q)
    for index in [cfaiss.deserialize(content), cfaiss.index_factory(6, factory)]:
        if not index.ntotal:
            index.train(x)
            index.add(x)
        index.nprobe = 9
        ours = index.search(q, 10)
        np.testing.assert_allclose(ours[0], D, rtol=1e-4, atol=1e-4)
        assert np.mean(ours[1] == I) > 0.9  # others are equally near


@pytest.mark.parametrize("factory", ["NSG8,SQ8", "NSG16,PQ4x4np", "NSG8_SQ4", "NSG8,"])
def test_graphs_over_codes(oracle, factory):
    """Searches in the oracle's graph find the same, a graph of our own is as good."""
    x, q = make_data("floats", 1200, 8)
    content, D, I = oracle("""
        faiss.omp_set_num_threads(1)
        index = faiss.index_factory(x.shape[1], factory)
        index.train(x)
        index.add(x)
        return faiss.serialize_index(index), *index.search(q, 10)
    """, factory=factory, x=x, q=q)
    index = cfaiss.deserialize(content)
    np.testing.assert_array_equal(cfaiss.serialize(index), content)
    ours = index.search(q, 10)
    np.testing.assert_allclose(ours[0], D, rtol=1e-4, atol=1e-4)
    assert np.mean(ours[1] == I) > 0.98  # codes that are equal
    index = cfaiss.index_factory(8, factory)
    index.train(x)
    index.add(x)
    assert index.search(q, 10)[0].mean() <= D.mean() * 1.03


def test_duplicates_are_not_linked_to_themselves():
    """Upstream does that, and hangs on such vectors now and then: it is not asked."""
    x, _ = make_data("ties", 300, 3)
    index = nsg(3, 6, L2, 1, 64)
    index.add(x)
    lib.faiss_NSG_check_graph(lib.faiss_IndexNSG_nsg(index))
    D, I = index.search(x, 5)
    assert (np.diff(D) >= 0).all() and ((I >= 0) & (I < 300)).all()
    assert all(len(set(row)) == 5 for row in I)


def test_upstream_searches_in_our_graphs(oracle):
    for index in [nsg(8, 8, IP, 0, 20), cfaiss.new("IndexNNDescentFlat_new_with", 8, 12, L2,
                                                   cls=cfaiss.Index)]:
        x, q = make_data("integers", 700, 8)
        index.add(x)
        D, I = oracle("return faiss.deserialize_index(content).search(q, 5)",
                      content=cfaiss.serialize(index), q=q)
        ours = index.search(q, 5)
        np.testing.assert_array_equal(ours[0], D)
        np.testing.assert_array_equal(ours[1], I)
