"""Flat indexes beside the oracle: every metric, selector and size, ties, missing and odd values."""
import ctypes

import numpy as np
import pytest

import cfaiss

ALL_METRICS = {"INNER_PRODUCT": 0, "L2": 1, "L1": 2, "Linf": 3, "Lp": 4, "Canberra": 20,
               "BrayCurtis": 21, "JensenShannon": 22, "Jaccard": 23, "NaNEuclidean": 24,
               "GOWER": 25}

SEARCH = """
    index = faiss.IndexFlat(x.shape[1], metric)
    index.metric_arg = 3
    index.add(x)
    params = None
    if selector:
        kind, *values = selector
        sel = getattr(faiss, "IDSelector" + kind)(*values)
        params = faiss.SearchParameters(sel=sel)
    D, I = index.search(q, k, params=params)
    return D, I
"""


def flat(x, metric):
    index = cfaiss.new("IndexFlat_new_with", x.shape[1], metric)
    index.call("set_metric_arg", 3.0)
    index.add(x)
    return index


def assert_same_results(ours, theirs, scale):
    """Distances within 1e-5 of the scale; ids equal but where distances are that close."""
    (D0, I0), (D1, I1) = ours, theirs
    present = I1 >= 0
    assert ((I0 >= 0) == present).all()
    assert (D0[~present] == D1[~present]).all()
    close = np.abs(D0 - D1) <= 1e-5 * np.maximum(np.abs(D1), scale)
    assert close[present].all(), np.abs(D0 - D1)[present].max()
    for row in np.flatnonzero((I0 != I1).any(1)):  # what differs must be a tie, up to rounding
        for j in np.flatnonzero(I0[row] != I1[row]):
            near = np.abs(D1[row] - D0[row, j]) <= 2e-5 * np.maximum(np.abs(D0[row, j]), scale)
            assert I0[row, j] in I1[row][near] or near[-1], (row, j)


@pytest.mark.parametrize("metric", [0, 1])
@pytest.mark.parametrize("d,nx", [(1, 3), (7, 1), (16, 33), (17, 5), (64, 2000), (64, 2001),
                                  (100, 16), (784, 17), (784, 200)])
def test_search(oracle, rng, metric, d, nx):
    x, q = rng.random((3001, d), np.float32), rng.random((nx, d), np.float32)
    for k in (1, 10, 100, 130):
        theirs = oracle(SEARCH, x=x, q=q, metric=metric, k=k, selector=None)
        assert_same_results(flat(x, metric).search(q, k), theirs, d / 3)


@pytest.mark.parametrize("name", list(ALL_METRICS))
def test_every_metric(oracle, rng, name):
    metric = ALL_METRICS[name]
    x, q = rng.random((500, 13), np.float32), rng.random((20, 13), np.float32)
    if name in ("NaNEuclidean", "GOWER"):
        x[rng.random(x.shape) < 0.1] = np.nan
    if name == "GOWER":
        x[:, 3], q[:, 3] = -1 - rng.integers(0, 3, 500), -1 - rng.integers(0, 3, 20)
    for k in (1, 7, 120, 600):
        theirs = oracle(SEARCH, x=x, q=q, metric=metric, k=k, selector=None)
        assert_same_results(flat(x, metric).search(q, k), theirs, 1e-3)


@pytest.mark.parametrize("name", [name for name in ALL_METRICS if name != "Linf"])
def test_range_search(oracle, rng, name):
    metric = ALL_METRICS[name]
    x, q = rng.random((700, 8), np.float32), rng.random((33, 8), np.float32)
    D, _ = flat(x, metric).search(q, 30)
    radius = float(np.median(D[:, -1]))
    lims, distances, labels = oracle("""
        index = faiss.IndexFlat(x.shape[1], metric)
        index.metric_arg = 3
        index.add(x)
        return index.range_search(q, radius)
    """, x=x, q=q, metric=metric, radius=radius)
    ours = flat(x, metric).range_search(q, radius)
    lims0, distances0, labels0 = ours
    if len(labels0) == len(labels):  # a value that rounds to the other side of the radius may differ
        assert (labels0 == labels).all() and (lims0 == lims).all()
        assert np.allclose(distances0, distances, rtol=1e-5, atol=1e-6)
    assert abs(len(labels0) - len(labels)) <= 2


SELECTORS = [("Range", 100, 333), ("Range", -5, 10**6), ("Range", 20, 20),
             ("Batch", [699, 3, 8, 8, 500]), ("Array", [699, 3, 8, 500]), ("All",)]


@pytest.mark.parametrize("metric", [0, 1, 2])
@pytest.mark.parametrize("selector", SELECTORS, ids=str)
def test_selectors(oracle, rng, metric, selector):
    x, q = rng.random((700, 24), np.float32), rng.random((21, 24), np.float32)
    kind, *values = selector
    theirs = oracle("""
        kind, *values = selector
        values = [np.array(v, 'int64') if isinstance(v, list) else v for v in values]
        sel = getattr(faiss, "IDSelector" + kind)(*values)
        index = faiss.IndexFlat(x.shape[1], metric)
        index.add(x)
        return [index.search(q[:n], k, params=faiss.SearchParameters(sel=sel))
                for n, k in ((1, 10), (21, 1), (21, 130))]
    """, x=x, q=q, metric=metric, selector=selector)
    keep = [np.array(v, np.int64) for v in values if isinstance(v, list)]
    arguments = [len(keep[0]), keep[0]] if keep else values
    sel = cfaiss.new(f"IDSelector{kind}_new", *arguments)
    params = cfaiss.new("SearchParameters_new", sel)
    for (n, k), expected in zip(((1, 10), (21, 1), (21, 130)), theirs):
        assert_same_results(flat(x, metric).search(q[:n], k, params), expected, 1)


@pytest.mark.parametrize("metric", [0, 1])
@pytest.mark.parametrize("nx", [1, 20, 3000])
def test_ties(oracle, rng, metric, nx):
    """Small integers: sums are exact, so order and choice among equal values show."""
    x = rng.integers(-2, 3, (900, 43)).astype(np.float32)
    x[500:] = x[:400]
    q = rng.integers(-2, 3, (nx, 43)).astype(np.float32)
    for k in (1, 5, 20, 150):
        D1, I1 = oracle(SEARCH, x=x, q=q, metric=metric, k=k, selector=None)
        D0, I0 = flat(x, metric).search(q, k)
        assert (D0 == D1).all()
        # which of the vectors equal to the last one are taken depends on upstream's heap (a maximum
        # of similarities drops its smallest id); all others are the same, in the same order
        settled = (D1 != D1[:, -1:]) if metric == 0 or k >= 100 else np.full(D1.shape, True)
        assert (I0 == I1)[settled].all()


def test_odd_values(oracle, rng):
    x, q = rng.random((300, 20), np.float32), rng.random((18, 20), np.float32)
    x[5, 3], x[50, 0], x[77, 9] = np.nan, np.inf, -np.inf
    x[100] *= 1e19
    q[3, 3], q[4, 0] = np.nan, np.inf
    for metric in (0, 1):
        index = flat(x, metric)
        for queries in (q, q[3:5], q[:1]):
            for k in (1, 12, 299):
                theirs = oracle(SEARCH, x=x, q=queries, metric=metric, k=k, selector=None)
                ours = index.search(queries, k)
                assert (ours[1] == theirs[1]).all()
                assert np.allclose(ours[0], theirs[0], rtol=1e-5)


def test_numbers_on_a_line(oracle, rng):
    x, q = rng.random((200, 1), np.float32), rng.random((30, 1), np.float32)
    x[100:150] = np.round(x[100:150] * 8) / 8
    q[20:] = np.round(q[20:] * 8) / 8
    D1, I1 = oracle("""
        index = faiss.IndexFlat1D()
        index.add(x)
        return index.search(q, 220)
    """, x=x, q=q)
    index = cfaiss.new("IndexFlat1D_new")
    index.add(x)
    D0, I0 = index.search(q, 220)
    assert (D0 == D1).all()
    values = np.append(x[:, 0], np.nan)  # equal values come in any order
    assert np.array_equal(np.abs(values[I0] - q), np.abs(values[I1] - q), equal_nan=True)


def test_distance_subset(oracle, rng):
    x, q = rng.random((50, 9), np.float32), rng.random((4, 9), np.float32)
    labels = rng.integers(-1, 50, (4, 6))
    for metric in (0, 1):
        theirs = oracle("""
            index = faiss.IndexFlat(9, metric)
            index.add(x)
            D = np.empty(labels.shape, 'float32')
            index.compute_distance_subset(len(q), faiss.swig_ptr(q), labels.shape[1],
                                          faiss.swig_ptr(D), faiss.swig_ptr(labels))
            return D
        """, x=x, q=q, metric=metric, labels=labels)
        D = np.empty(labels.shape, np.float32)
        cfaiss.lib.faiss_IndexFlat_compute_distance_subset(flat(x, metric), 4, q, 6, D, labels)
        assert np.allclose(D, theirs, rtol=1e-5)


@pytest.mark.parametrize("name", list(ALL_METRICS))
def test_pairwise(oracle, rng, name):
    metric = ALL_METRICS[name]
    x, q = rng.random((40, 12), np.float32), rng.random((7, 12), np.float32)
    theirs = oracle("return faiss.pairwise_distances(q, x, metric, 3)", x=x, q=q, metric=metric)
    D = np.empty((7, 40), np.float32)
    cfaiss.lib.faiss_pairwise_extra_distances(12, 7, q, 40, x, metric, ctypes.c_float(3), D, -1, -1,
                                              -1)
    assert np.allclose(D, theirs, rtol=1e-5, atol=1e-6)
