"""Graph indexes: the same graph, link for link, and the same results as upstream."""
import ctypes

import numpy as np
import pytest

import cfaiss
from cfaiss import lib

PLAIN = 1  # FAISS_HNSW_FILTER_PLAIN: a selector is searched for as upstream does
L2, IP, L1 = cfaiss.METRIC_L2, cfaiss.METRIC_INNER_PRODUCT, cfaiss.METRIC_L1


def make_data(kind, n, d, seed=0):
    """Rows and queries: floats; integers, whose sums are exact; few integers, so many ties.

    The latter two are bytes to the library, as are those below zero; one row in ten of "mixed" is not.
    """
    rng = np.random.default_rng(seed)
    x, q = rng.random((n, d), np.float32), rng.random((50, d), np.float32)
    factor = {"floats": None, "integers": 20, "ties": 3, "bytes": 256, "shifted": 200,
              "mixed": 99}[kind]
    if kind == "shifted":
        x, q = x - 0.5, q - 0.5
    if factor is not None:
        x, q = np.floor(factor * x), np.floor(factor * q)
    if kind == "mixed":
        x[::10] += 0.25
        q[::3] += 0.25
    return x, q


# n, d, M, metric, kind, efConstruction, parts, prune_headroom
BUILDS = [
    (300, 3, 4, L2, "ties", 40, None, 0.2),
    (300, 3, 4, IP, "ties", 40, None, 0.2),
    (600, 4, 16, L2, "floats", 40, None, 0.2),
    (600, 4, 4, L2, "floats", 40, None, 0.2),
    (600, 8, 8, IP, "floats", 40, None, 0.2),
    (1000, 16, 8, L2, "integers", 100, [250, 251, 252, 650, 1000], 0.2),
    (2000, 8, 5, L2, "floats", 40, None, 0.2),
    (500, 8, 5, L1, "floats", 40, None, 0.1),
    (500, 4, 5, IP, "integers", 10, [1, 2, 3, 100, 500], 0.0),
    (2000, 6, 16, L2, "integers", 40, None, 0.5),
    (1500, 6, 3, L2, "integers", 40, None, 0.9),
    (600, 100, 8, L2, "integers", 40, None, 0.2),
    (60, 784, 8, L2, "integers", 40, None, 0.2),
    (500, 1, 4, L2, "integers", 40, None, 0.2),
    (1, 5, 4, L2, "floats", 40, None, 0.2),
    # large enough for filter codes, with more links than codes are compared with at a time
    (2300, 33, 16, L2, "bytes", 60, [100, 1150, 2300], 0.2),
    (1100, 65, 9, L2, "shifted", 60, None, 0.2),
    (1100, 40, 9, L2, "mixed", 60, None, 0.2),
    (1100, 784, 4, L2, "bytes", 40, None, 0.2),
    (1100, 100, 32, IP, "integers", 80, None, 0.2),
    (1100, 300, 24, L2, "mixed", 80, None, 0.2),
    (1100, 300, 24, IP, "integers", 80, None, 0.2),
]

SEARCHES = [
    (1, {}), (5, {}), (5, {"efSearch": 64}), (40, {"efSearch": 8}), (40, {"efSearch": 100}),
    (5, {"check_relative_distance": False}), (10, {"bounded_queue": False, "efSearch": 30}),
    (10, {"sel": True, "efSearch": 30}), (3000, {"efSearch": 30}),
    (10, {"sel": True, "efSearch": 30, "check_relative_distance": False}),
]

STATISTICS = ("n1", "n2", "ndis", "nhops")


def parameters(n, sel=False, efSearch=16, check_relative_distance=True, bounded_queue=True,
               filter=PLAIN):
    selector = cfaiss.new("IDSelectorRange_new", 10, n // 2) if sel else None
    params = cfaiss.new("SearchParametersHNSW_new_with", selector, efSearch)
    lib.faiss_SearchParametersHNSW_set_check_relative_distance(params,
                                                               int(check_relative_distance))
    lib.faiss_SearchParametersHNSW_set_bounded_queue(params, int(bounded_queue))
    lib.faiss_SearchParametersHNSW_set_filter(params, filter)
    return params


def graph_of(index):
    return lib.faiss_IndexHNSW_hnsw(index)


def set_up(index, efConstruction, headroom):
    lib.faiss_HNSW_set_efConstruction(graph_of(index), efConstruction)
    lib.faiss_HNSW_set_prune_headroom(graph_of(index), headroom)


def build(d, factory, metric, efConstruction, headroom, x, parts):
    index = cfaiss.index_factory(d, factory, metric)
    set_up(index, efConstruction, headroom)
    index.train(x)
    for begin, end in zip([0, *parts], parts):
        index.add(x[begin:end])
    return index


def build_there(oracle, d, factory, metric, efConstruction, headroom, x, parts):
    return oracle("""
        index = faiss.index_factory(d, factory, metric)
        graph = faiss.downcast_index(index).hnsw
        graph.efConstruction, graph.prune_headroom = ef, headroom
        index.train(x)
        for begin, end in zip([0] + list(parts), parts):
            index.add(x[begin:end])
        return faiss.serialize_index(index)
    """, d=d, factory=factory, metric=metric, ef=efConstruction, headroom=headroom, x=x,
                  parts=parts)


@pytest.fixture(scope="module", params=BUILDS, ids=lambda b: "-".join(map(str, b[:6])))
def built(request, oracle):
    n, d, M, metric, kind, ef, parts, headroom = request.param
    x, q = make_data(kind, n, d)
    arguments = d, f"HNSW{M}", metric, ef, headroom, x, parts or [n]
    return arguments, build_there(oracle, *arguments), x, q, metric


def test_the_graph_is_the_same(built):
    arguments, content, *_ = built
    np.testing.assert_array_equal(cfaiss.serialize(build(*arguments)), content)


def test_a_graph_is_continued_from_a_file(oracle, built):
    """A file does not have the state of the random generator: neither library goes on with it."""
    (d, factory, metric, ef, headroom, x, parts), *_ = built
    if len(parts) == 1:
        pytest.skip("one part only")
    content = oracle("""
        index = faiss.index_factory(d, factory, metric)
        index.train(x)
        for begin, end in zip([0] + list(parts), parts):
            index = faiss.deserialize_index(faiss.serialize_index(index))
            graph = faiss.downcast_index(index).hnsw
            graph.efConstruction, graph.prune_headroom = ef, headroom
            index.add(x[begin:end])
        return faiss.serialize_index(index)
    """, d=d, factory=factory, metric=metric, ef=ef, headroom=headroom, x=x, parts=parts)
    index = cfaiss.index_factory(d, factory, metric)
    index.train(x)
    for begin, end in zip([0, *parts], parts):
        index = cfaiss.deserialize(cfaiss.serialize(index))
        set_up(index, ef, headroom)
        index.add(x[begin:end])
    np.testing.assert_array_equal(cfaiss.serialize(index), content)


@pytest.mark.parametrize("threads", [1, 5])
def test_threads_make_no_difference(built, threads):
    arguments, content, *_ = built
    cfaiss.set_threads(threads)
    try:
        np.testing.assert_array_equal(cfaiss.serialize(build(*arguments)), content)
    finally:
        cfaiss.set_threads(2)


def sums_are_the_same(oracle):
    """Does either library use AVX-512? Then all its distances are sums in one order, the same one."""
    there = oracle("return faiss.SIMDConfig.get_level_name()")
    here = lib.faiss_simd_level_name(lib.faiss_get_simd_level()).decode()
    return "AVX512" in there and "AVX512" in here


@pytest.mark.parametrize("d", [1, 5, 7, 8, 12, 15, 16, 19, 24, 31, 32, 33, 100, 300, 784])
def test_distances_are_the_same_to_the_bit(oracle, d):
    """From those of two vectors, of one and four, and of a graph's own distance computer."""
    if not sums_are_the_same(oracle):
        pytest.skip("both libraries need AVX-512")
    x, y = np.random.default_rng(d).standard_normal((2, 100, d), np.float32)
    expected = oracle("""
        found = []
        for pair, four, metric in ((faiss.fvec_L2sqr, faiss.fvec_L2sqr_batch_4, 1),
                           (faiss.fvec_inner_product, faiss.fvec_inner_product_batch_4, 0)):
            p = [[faiss.swig_ptr(v[i:]) for i in range(100)] for v in (x, y)]
            found.append(np.array([pair(a, b, d) for a, b in zip(*p)], np.float32))
            out = np.empty((25, 4), np.float32)
            for i in range(25):
                four(p[0][0], *p[1][4 * i:4 * i + 4], d,
                     *[faiss.swig_ptr(out[i, j:]) for j in range(4)])
            found.append(out.ravel())
            index = faiss.IndexHNSWFlat(d, 16, metric)
            index.add(x)
            computer = index.storage.get_distance_computer()
            found.append(np.array([computer.symmetric_dis(0, i) for i in range(100)], np.float32))
        return found
    """, x=x, y=y, d=d)
    found = []
    for name in ("L2sqr", "inner_product"):
        pair = getattr(lib, f"faiss_fvec_{name}")
        for a, b in ((x, y), (np.repeat(x[:1], 100, 0), y), (np.repeat(x[:1], 100, 0), x)):
            found.append(np.array([pair(v, w, d) for v, w in zip(a, b)], np.float32))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("metric", [L2, IP])
def test_graphs_of_many_floats_are_the_same(oracle, metric):
    """Large enough for distances so near to each other that the order of a sum decides.

    Without AVX-512 upstream itself adds in two orders, for one vector and for four.
    """
    x = np.random.default_rng(5).random((8000, 300), np.float32)
    arguments = 300, "HNSW16", metric, 200, 0.2, x, [len(x)]
    theirs, ours = build_there(oracle, *arguments), cfaiss.serialize(build(*arguments))
    assert len(theirs) == len(ours)
    if sums_are_the_same(oracle):
        np.testing.assert_array_equal(ours, theirs)
    else:
        assert np.sum(ours != theirs) < len(x)  # of 10.7 million bytes, 1.06 million of links


@pytest.mark.parametrize("k, settings", SEARCHES, ids=str)
def test_searches_find_the_same(oracle, built, k, settings):
    """The same labels, also among equal distances, and the same number of steps."""
    _, content, x, q, _ = built
    D, I, counts = oracle("""
        index = faiss.deserialize_index(content)
        if "sel" in settings:
            settings["sel"] = faiss.IDSelectorRange(10, index.ntotal // 2)
        stats = faiss.cvar.hnsw_stats
        stats.reset()
        D, I = index.search(q, k, params=faiss.SearchParametersHNSW(**settings))
        return D, I, [stats.n1, stats.n2, stats.ndis, stats.nhops]
    """, content=content, q=q, k=k, settings=settings)
    index = cfaiss.deserialize(content)
    stats = lib.faiss_get_hnsw_stats()
    lib.faiss_HNSWStats_reset(stats)
    ours = index.search(q, k, parameters(len(x), **settings))
    np.testing.assert_array_equal(ours[1], I)
    np.testing.assert_allclose(ours[0], D, rtol=1e-5, atol=1e-5)
    assert [getattr(lib, f"faiss_HNSWStats_{name}")(stats) for name in STATISTICS] == counts


def test_range_searches_find_the_same(oracle, built):
    _, content, x, q, metric = built
    all_distances = cfaiss.deserialize(content).search(q, 20)[0]
    radius = float(np.median(all_distances[np.abs(all_distances) < 1e30])) + 0.013
    lims, D, I = oracle("""
        return faiss.deserialize_index(content).range_search(q, radius)
    """, content=content, q=q, radius=radius)
    ours = cfaiss.deserialize(content).range_search(q, radius)
    np.testing.assert_array_equal(ours[0], lims)
    np.testing.assert_array_equal(ours[2], I)
    np.testing.assert_allclose(ours[1], D, rtol=1e-5, atol=1e-5)


def test_without_bounds_a_selector_is_obeyed(built):
    """Upstream ignores it there."""
    _, content, x, q, _ = built
    n = len(x)
    labels = cfaiss.deserialize(content).search(
        q, 10, parameters(n, sel=True, bounded_queue=False, efSearch=30))[1]
    assert np.all((labels == -1) | ((labels >= 10) & (labels < n // 2)))


# ---- other ways to links -------------------------------------------------------------------

def links(content):
    index = cfaiss.deserialize(content)
    out = ctypes.c_void_p(lib.faiss_HNSW_neighbors(graph_of(index)))
    return ctypes.cast(out, ctypes.POINTER(cfaiss.Vector)).contents.array(np.int32)


@pytest.mark.parametrize("change", ["shrink_level_0_neighbors(5)", "reorder_links()"])
def test_changes_of_links(oracle, change, metric=L2):
    """Not for similarities: there upstream keeps the links to the farthest vectors."""
    x, _ = make_data("integers", 500, 6)
    before, after = oracle(f"""
        index = faiss.IndexHNSWFlat(6, 8, metric)
        index.add(x)
        before = faiss.serialize_index(index)
        index.{change}
        return before, faiss.serialize_index(index)
    """, x=x, metric=metric)
    index = cfaiss.deserialize(before)
    name, argument = change.rstrip(")").split("(")
    getattr(lib, f"faiss_IndexHNSW_{name}")(index, *map(int, argument.split()))
    if change.startswith("reorder"):  # which of equal ones is first is nobody's promise
        ours, theirs = links(cfaiss.serialize(index)), links(after)
        assert sorted(ours) == sorted(theirs)
    else:
        np.testing.assert_array_equal(cfaiss.serialize(index), after)


def test_links_from_a_neighbour_graph(oracle):
    x, _ = make_data("integers", 500, 6)
    before, D, I, after = oracle("""
        index = faiss.IndexHNSWFlat(6, 8)
        index.init_level0 = False
        index.add(x)
        before = faiss.serialize_index(index)
        flat = faiss.IndexFlatL2(6)
        flat.add(x)
        D, I = flat.search(x, 30)
        index.init_level_0_from_knngraph(30, faiss.swig_ptr(D), faiss.swig_ptr(I))
        return before, D, I, faiss.serialize_index(index)
    """, x=x)
    index = cfaiss.index_factory(6, "HNSW8")
    lib.faiss_IndexHNSW_set_init_level0(index, 0)
    index.add(x)
    np.testing.assert_array_equal(cfaiss.serialize(index), before)
    lib.faiss_IndexHNSW_init_level_0_from_knngraph(index, 30, D, I)
    np.testing.assert_array_equal(cfaiss.serialize(index), after)


def test_redundant_links_can_be_kept(oracle):
    x, _ = make_data("floats", 700, 6)
    content = oracle("""
        index = faiss.IndexHNSWFlat(6, 8)
        index.keep_max_size_level0 = True
        index.add(x)
        return faiss.serialize_index(index)
    """, x=x)
    index = cfaiss.index_factory(6, "HNSW8")
    lib.faiss_IndexHNSW_set_keep_max_size_level0(index, 1)
    index.add(x)
    np.testing.assert_array_equal(cfaiss.serialize(index), content)


def test_permuted_entries(oracle):
    x, _ = make_data("integers", 500, 6)
    perm = np.random.default_rng(1).permutation(500).astype(np.int64)
    before, after = oracle("""
        index = faiss.IndexHNSWFlat(6, 8)
        index.add(x)
        before = faiss.serialize_index(index)
        index.permute_entries(perm)
        return before, faiss.serialize_index(index)
    """, x=x, perm=perm)
    index = cfaiss.deserialize(before)
    lib.faiss_IndexHNSW_permute_entries(index, perm)
    np.testing.assert_array_equal(cfaiss.serialize(index), after)


@pytest.mark.parametrize("search_type", [1, 2])
def test_searches_from_given_nodes(oracle, search_type):
    x, q = make_data("floats", 500, 6)
    rng = np.random.default_rng(2)
    nearest = rng.integers(0, 500, (len(q), 3)).astype(np.int32)
    nearest[::3, 2] = -1
    nearest_d = ((q[:, None] - x[nearest]) ** 2).sum(2).astype(np.float32)
    content, D, I = oracle("""
        index = faiss.IndexHNSWFlat(6, 8)
        index.add(x)
        D, I = np.empty((len(q), 7), np.float32), np.empty((len(q), 7), np.int64)
        p = faiss.swig_ptr
        index.search_level_0(len(q), p(q), 7, p(nearest), p(nearest_d), p(D), p(I), 3, search_type)
        return faiss.serialize_index(index), D, I
    """, x=x, q=q, nearest=nearest, nearest_d=nearest_d, search_type=search_type)
    index = cfaiss.deserialize(content)
    D2, I2 = np.empty_like(D), np.empty_like(I)
    lib.faiss_IndexHNSW_search_level_0(index, len(q), q, 7, nearest, nearest_d, D2, I2, 3,
                                       search_type, None)
    np.testing.assert_array_equal(I2, I)
    np.testing.assert_allclose(D2, D, rtol=1e-5)


# ---- the life of an index ------------------------------------------------------------------

def test_levels_after_reading_cloning_and_resetting(oracle):
    """The random state is no part of the file, but of clones; a reset leaves it as it is."""
    x, _ = make_data("integers", 300, 6)
    first, read, cloned, again = oracle("""
        a = faiss.IndexHNSWFlat(6, 4)
        a.add(x)
        first = faiss.serialize_index(a)
        b = faiss.deserialize_index(first)
        b.add(x)
        c = faiss.clone_index(a)
        c.add(x)
        a.reset()
        a.add(x)
        return [faiss.serialize_index(i) for i in (b, c, a)] and [
            first, *(faiss.serialize_index(i) for i in (b, c, a))]
    """, x=x)
    index = cfaiss.index_factory(6, "HNSW4")
    index.add(x)
    np.testing.assert_array_equal(cfaiss.serialize(index), first)
    other = cfaiss.deserialize(first)
    other.add(x)
    np.testing.assert_array_equal(cfaiss.serialize(other), read)
    other = cfaiss.clone_index(index)
    other.add(x)
    np.testing.assert_array_equal(cfaiss.serialize(other), cloned)
    index.reset()
    index.add(x)
    np.testing.assert_array_equal(cfaiss.serialize(index), again)


def test_a_graph_finds_lists(oracle):
    x, q = make_data("integers", 3000, 8)
    content, D, I = oracle("""
        index = faiss.index_factory(8, "IVF64_HNSW8,Flat")
        index.train(x)
        index.add(x)
        index.nprobe = 5
        return faiss.serialize_index(index), *index.search(q, 10)
    """, x=x, q=q)
    index = cfaiss.deserialize(content)
    assert cfaiss.reverse_index_factory(index) == "IVF64_HNSW8,Flat"
    ours = index.search(q, 10)
    np.testing.assert_allclose(ours[0], D, rtol=1e-5)
    index = cfaiss.index_factory(8, "IVF64_HNSW8,Flat")
    index.train(x)
    index.add(x)
    index.nprobe = 5
    assert np.mean(index.search(q, 10)[0]) <= np.mean(D) * 1.01


# ---- graphs over codes -----------------------------------------------------------------------

CODED = ["HNSW8,SQ8", "HNSW8,SQ4", "HNSW8_SQfp16", "HNSW8,PQ4x4np", "HNSW8,4+PQ2", "HNSW8,2x2+PQ2"]


@pytest.mark.parametrize("factory", CODED)
def test_graphs_over_codes(oracle, factory):
    """From upstream's trained index: the same links, and the same results in upstream's graph."""
    rng = np.random.default_rng(5)
    x, q = rng.random((400, 8), np.float32), rng.random((30, 8), np.float32)
    trained, content, D, I = oracle("""
        faiss.omp_set_num_threads(1)
        index = faiss.index_factory(8, factory)
        index.train(x)
        trained = faiss.serialize_index(index)
        index.add(x)
        return trained, faiss.serialize_index(index), *index.search(q, 10)
    """, factory=factory, x=x, q=q)
    index = cfaiss.deserialize(trained)
    index.add(x)
    ours = np.frombuffer(cfaiss.serialize(index).tobytes(), np.uint8)
    if len(ours) != len(content) or np.any(ours != content):
        a, b = links(ours), links(content)  # near ties are rounded otherwise
        assert len(a) == len(b) and np.mean(a != b) < 0.01
    D2, I2 = cfaiss.deserialize(content).search(q, 10)
    np.testing.assert_allclose(D2, D, rtol=1e-4, atol=1e-5)
    assert np.mean(I2 != I) < 0.01
    fresh = cfaiss.index_factory(8, factory)
    fresh.train(x)
    fresh.add(x)
    assert np.mean(fresh.search(q, 10)[0]) <= np.mean(D) * 1.05
