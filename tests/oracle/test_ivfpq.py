"""IndexIVFPQ, IndexIVFPQR and Index2Layer against the oracle: the same file on both sides, the same
calls, equal answers; the oracle's codes from the oracle's trained state; training as good as its."""
import ctypes

import numpy as np
import pytest

import cfaiss
from cfaiss import lib

IP, L2 = 0, 1


def data(n, d, seed=1):
    """Clusters in a subspace: residuals are not all alike."""
    rng = np.random.default_rng(seed)
    low = rng.standard_normal((n, max(d // 3, 1))).astype(np.float32)
    mix = np.random.default_rng(5).standard_normal((max(d // 3, 1), d)).astype(np.float32)
    noise = rng.standard_normal((n, d)).astype(np.float32)
    return low @ mix + noise * np.float32(0.3)


def make(oracle, d, tail, metric=L2, n=1500, nlist=12, before="", after=""):
    """An index of the oracle: its vectors, its bytes, and ours from them."""
    x = data(n, d)
    file = oracle("""
        index = faiss.index_factory(x.shape[1], "%s,%s" % (head, tail), metric)
        exec(before)
        index.train(x)
        index.add(x)
        exec(after)
        return faiss.serialize_index(index)
    """, x=x, head=f"IVF{nlist}" if nlist else "", tail=tail, metric=metric, before=before,
                  after=after)
    return x, file, cfaiss.deserialize(file)


def theirs(oracle, file, code, **arguments):
    """Run code on the oracle's index; it sets `result`."""
    return oracle("index = faiss.deserialize_index(file)\nresult = None\n" + code +
                  "\nreturn result", file=file, **arguments)


def assert_same(ours, expected, tolerance=1e-5, scale=0):
    """Distances agree, and ids wherever distances are not tied. scale: what they are sums of."""
    D, labels = ours
    D1, labels1 = expected
    np.testing.assert_array_equal(labels < 0, labels1 < 0)
    scale = max(scale, np.abs(D1[labels1 >= 0]).max() if (labels1 >= 0).any() else 1)
    np.testing.assert_allclose(D, D1, rtol=tolerance, atol=tolerance * scale)
    for i, j in zip(*np.nonzero(labels != labels1)):
        near = np.isclose(D1[i], D1[i, j], rtol=tolerance, atol=tolerance * scale)
        at_end = np.isclose(D1[i, -1], D1[i, j], rtol=tolerance, atol=tolerance * scale)
        assert labels[i, j] in labels1[i, near] or at_end, (i, j, labels[i], labels1[i])


SEARCH = """
index.nprobe = nprobe
result = index.search(q, k)
"""
SETTINGS = {
    "tables": "",
    "no_tables": "index.use_precomputed_table = -1",
    "vectors": "index.by_residual = False",
    "ip": "",
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("d,tail", [(8, "PQ4x4np"), (16, "PQ4np"), (17, "PQ17np"), (15, "PQ3x5np"),
                                    (12, "PQ6x3np"), (100, "PQ25np"), (1, "PQ1x6np"),
                                    (24, "PQ3x10np")])
def test_search(oracle, d, tail, setting):
    x, file, index = make(oracle, d, tail, IP if setting == "ip" else L2,
                          before=SETTINGS[setting])
    there = ""
    if setting == "no_tables":  # it is not in the file
        there = "index.use_precomputed_table = -1; index.precompute_table()"
        index.use_precomputed_table = -1
        lib.faiss_IndexIVFPQ_precompute_table(index)
    for n, k, nprobe in [(1, 1, 1), (1, 10, 5), (33, 10, 3), (100, 5, 12), (40, 150, 12),
                         (3, 2000, 12)]:
        q = data(n, d, 99)
        index.nprobe = nprobe
        expected = theirs(oracle, file, there + SEARCH, q=q, k=k, nprobe=nprobe)
        assert_same(index.search(q, k), expected, scale=(q ** 2).sum(1).max())


@pytest.mark.parametrize("metric", [IP, L2])
@pytest.mark.parametrize("d,tail", [(8, "PQ4x4np"), (16, "PQ4np"), (15, "PQ5x7np")])
def test_codes(oracle, d, tail, metric):
    """From the oracle's trained state: its codes, its files."""
    x, file, index = make(oracle, d, tail, metric)
    q = data(700, d, 7)
    codes, decoded, grown = theirs(oracle, file, """
codes = index.sa_encode(q)
decoded = index.sa_decode(codes)
index.add(q)
result = codes, decoded, faiss.serialize_index(index)
""", q=q)
    np.testing.assert_array_equal(index.sa_encode(q), codes)
    np.testing.assert_allclose(index.sa_decode(codes), decoded, rtol=1e-6, atol=1e-6)
    index.add(q)
    np.testing.assert_array_equal(cfaiss.serialize(index), grown)


def test_range_search_and_scanners(oracle):
    x, file, index = make(oracle, 16, "PQ4np")
    q = data(20, 16, 3)
    index.nprobe = 5
    D = theirs(oracle, file, SEARCH, q=q, k=10, nprobe=5)[0]
    radius = float(np.median(D)) * 1.0003
    lims, distances, labels = theirs(oracle, file, """
index.nprobe = 5
result = index.range_search(q, radius)
""", q=q, radius=radius)
    got = index.range_search(q, radius)
    np.testing.assert_array_equal(got[0], lims)
    np.testing.assert_array_equal(got[2], labels)
    np.testing.assert_allclose(got[1], distances, rtol=1e-5)


@pytest.mark.parametrize("metric", [IP, L2])
@pytest.mark.parametrize("by_residual", [True, False])
@pytest.mark.parametrize("tables", [0, -1])
def test_polysemous(oracle, metric, by_residual, tables):
    before = f"index.by_residual = {by_residual}; index.use_precomputed_table = {tables}"
    x, file, index = make(oracle, 16, "PQ8np", metric, before=before)
    index.use_precomputed_table = tables
    lib.faiss_IndexIVFPQ_precompute_table(index)
    q = data(30, 16, 8)
    index.nprobe = 6
    for ht in [0, 1, 20, 24, 28, 64]:
        expected, passed = theirs(oracle, file, """
index.use_precomputed_table = tables
index.precompute_table()
index.nprobe = 6
index.polysemous_ht = ht
faiss.cvar.indexIVFPQ_stats.reset()
result = index.search(q, 10), faiss.cvar.indexIVFPQ_stats.n_hamming_pass
""", q=q, ht=ht, tables=tables)
        index.polysemous_ht = ht
        stats = lib.faiss_get_indexIVFPQ_stats()
        lib.faiss_IndexIVFPQStats_reset(stats)
        assert_same(index.search(q, 10), expected)
        assert lib.faiss_IndexIVFPQStats_n_hamming_pass(stats) == passed


def test_polysemous_by_parameters(oracle):
    """Upstream reads the index's threshold only; ours does so where the parameters have none."""
    x, file, index = make(oracle, 16, "PQ8np")
    q = data(30, 16, 8)
    index.nprobe, index.polysemous_ht = 6, 24
    expected = index.search(q, 10)
    params = cfaiss.new("IVFPQSearchParameters_new_with", None, 6, 0)
    np.testing.assert_array_equal(index.search(q, 10, params)[1], expected[1])
    index.polysemous_ht, params.polysemous_ht = 0, 24
    np.testing.assert_array_equal(index.search(q, 10, params)[1], expected[1])


def test_selectors_and_budgets(oracle):
    x, file, index = make(oracle, 16, "PQ4np")
    q = data(30, 16, 8)
    expected = theirs(oracle, file, """
params = faiss.SearchParametersIVF(nprobe=6, sel=faiss.IDSelectorRange(100, 700))
by_range = index.search(q, 10, params=params)
params = faiss.SearchParametersIVF(nprobe=6, max_codes=200)
result = by_range, index.search(q, 10, params=params)
""", q=q)
    sel = cfaiss.new("IDSelectorRange_new", 100, 700)
    params = cfaiss.new("SearchParametersIVF_new_with", sel, 6, 0)
    assert_same(index.search(q, 10, params), expected[0])
    params = cfaiss.new("SearchParametersIVF_new_with", None, 6, 200)
    assert_same(index.search(q, 10, params), expected[1])


@pytest.mark.parametrize("d,tail,metric", [(32, "PQ4np", L2), (32, "PQ8x4np", IP),
                                           (30, "PQ5x6np", L2), (32, "PQ4x3", L2)])
def test_training(oracle, d, tail, metric):
    """On the same vectors: codes that lose as much as the oracle's, within one percent."""
    x = data(6000, d)
    expected = oracle("""
        index = faiss.index_factory(x.shape[1], "IVF16," + tail, metric)
        index.train(x)
        return index.sa_decode(index.sa_encode(x))
    """, x=x, tail=tail, metric=metric)
    index = cfaiss.index_factory(d, "IVF16," + tail, metric)
    index.train(x)
    ours = index.sa_decode(index.sa_encode(x))
    lost, lost_there = ((ours - x) ** 2).sum(), ((expected - x) ** 2).sum()
    assert abs(lost / lost_there - 1) < 0.01


def test_encoding_of_known_lists(oracle):
    x, file, index = make(oracle, 16, "PQ4np")
    q = data(50, 16, 3)
    keys, codes = np.empty(50, np.int64), np.empty((50, 4), np.uint8)
    lib.faiss_IndexIVFPQ_encode_multiple(index, 50, keys, q, codes, True)
    expected = theirs(oracle, file, """
keys, codes, x = np.empty(50, np.int64), np.empty((50, 4), np.uint8), np.empty_like(q)
p = faiss.swig_ptr
index.encode_multiple(50, p(keys), p(q), p(codes), True)
index.decode_multiple(50, p(keys), p(codes), p(x))
result = keys, codes, x
""", q=q)
    np.testing.assert_array_equal(keys, expected[0])
    np.testing.assert_array_equal(codes, expected[1])
    decoded = np.empty_like(q)
    lib.faiss_IndexIVFPQ_decode_multiple(index, 50, keys, codes, decoded)
    np.testing.assert_allclose(decoded, expected[2], rtol=1e-6, atol=1e-6)
    one = np.empty(4, np.uint8)
    lib.faiss_IndexIVFPQ_encode(index, int(keys[7]), q[7].copy(), one)
    np.testing.assert_array_equal(one, codes[7])


def test_duplicates(oracle):
    x, file, index = make(oracle, 8, "PQ4x4np", after="index.add(x[::3]); index.add(x[::7])")
    n = index.ntotal
    ids, lims, out = np.empty(n, np.int64), np.empty(n + 1, np.uint64), ctypes.c_size_t()
    lib.faiss_IndexIVFPQ_find_duplicates(index, ids, lims, ctypes.byref(out))
    expected = theirs(oracle, file, """
n = index.ntotal
ids, lims = np.empty(n, np.int64), np.empty(n + 1, np.uint64)
count = index.find_duplicates(faiss.swig_ptr(ids), faiss.swig_ptr(lims))
result = [sorted(ids[int(lims[i]):int(lims[i + 1])].tolist()) for i in range(count)]
""")
    groups = [sorted(ids[int(lims[i]):int(lims[i + 1])].tolist()) for i in range(out.value)]
    assert sorted(groups) == sorted(expected)


def test_precomputed_table(oracle):
    x, file, index = make(oracle, 12, "PQ3x5np")
    table = theirs(oracle, file, """
result = index.use_precomputed_table, faiss.vector_to_array(index.precomputed_table)
""")
    assert index.use_precomputed_table == table[0] == 1
    vector = lib.faiss_IndexIVFPQ_precomputed_table(index)
    size = lib.faiss_Float32Vector_size(vector)
    ours = np.ctypeslib.as_array(
        ctypes.cast(lib.faiss_Float32Vector_data(vector), ctypes.POINTER(ctypes.c_float)), (size,))
    np.testing.assert_allclose(ours, table[1], rtol=1e-5, atol=1e-5)


def test_precomputed_table_has_a_limit():
    x = data(1500, 12)
    lib.faiss_set_precomputed_table_max_bytes(1000)
    try:
        index = cfaiss.index_factory(12, "IVF12,PQ3x5np")
        index.train(x)
    finally:
        lib.faiss_set_precomputed_table_max_bytes(1 << 31)
    assert index.use_precomputed_table == 0
    lib.faiss_IndexIVFPQ_precompute_table(index)
    assert index.use_precomputed_table == 1


# ---- IndexIVFPQR -----------------------------------------------------------------------------


@pytest.mark.parametrize("tail", ["PQ4+8", "PQ8+4"])
def test_refined_search(oracle, tail):
    x, file, index = make(oracle, 16, tail, n=1000)
    for n, k, nprobe, factor in [(1, 1, 1, 1), (20, 10, 4, 4), (20, 10, 12, 2.5), (7, 30, 12, 100),
                                 (5, 10, 12, 0.4)]:
        q = data(n, 16, 99)
        index.nprobe, index.k_factor = nprobe, factor
        expected = theirs(oracle, file, "index.k_factor = factor" + SEARCH, q=q, k=k, nprobe=nprobe,
                          factor=factor)
        assert_same(index.search(q, k), expected)
    q = data(100, 16, 5)
    grown, recons = theirs(oracle, file, """
index.add(q)
index.make_direct_map()
result = faiss.serialize_index(index), index.reconstruct_n(0, index.ntotal)
""", q=q)
    index = cfaiss.deserialize(file)
    index.add(q)
    lib.faiss_IndexIVF_make_direct_map(index, 1)
    np.testing.assert_array_equal(cfaiss.serialize(index), grown)
    np.testing.assert_allclose(index.reconstruct_n(), recons, rtol=1e-5, atol=1e-5)


def test_refined_training(oracle):
    x = data(6000, 32)
    expected = oracle("""
        index = faiss.index_factory(x.shape[1], "IVF16,PQ4+4")
        index.train(x)
        index.add(x)
        index.make_direct_map()
        return index.reconstruct_n(0, len(x))
    """, x=x)
    index = cfaiss.index_factory(32, "IVF16,PQ4+4")
    index.train(x)
    index.add(x)
    lib.faiss_IndexIVF_make_direct_map(index, 1)
    lost = ((index.reconstruct_n() - x) ** 2).sum()
    assert abs(lost / ((expected - x) ** 2).sum() - 1) < 0.01


# ---- Index2Layer -----------------------------------------------------------------------------


@pytest.mark.parametrize("text,d", [("Residual5,PQ4x4", 8), ("Residual300,PQ3", 15)])
def test_two_layers(oracle, text, d):
    x, q = data(1500, d), data(40, d, 3)
    file, codes, decoded, grown = oracle("""
        index = faiss.index_factory(x.shape[1], text)
        index.train(x)
        index.add(x)
        file = faiss.serialize_index(index)
        codes = index.sa_encode(q)
        decoded = index.sa_decode(codes)
        index.add(q)
        return file, codes, decoded, faiss.serialize_index(index)
    """, x=x, q=q, text=text)
    index = cfaiss.deserialize(file)
    np.testing.assert_array_equal(index.sa_encode(q), codes)
    np.testing.assert_allclose(index.sa_decode(codes), decoded, rtol=1e-6, atol=1e-6)
    index.add(q)
    np.testing.assert_array_equal(cfaiss.serialize(index), grown)
    ours = cfaiss.index_factory(d, text)
    ours.train(x)
    lost = ((ours.sa_decode(ours.sa_encode(x)) - x) ** 2).sum()
    lost_there = ((index.sa_decode(index.sa_encode(x)) - x) ** 2).sum()
    assert abs(lost / lost_there - 1) < 0.01


def test_transfer(oracle):
    x = data(1500, 8)
    file, moved = oracle("""
        index = faiss.index_factory(8, "Residual5,PQ4x4")
        index.train(x)
        index.add(x)
        other = faiss.IndexIVFPQ(index.q1.quantizer, 8, 5, 4, 4)
        other.pq = index.pq
        other.is_trained = True
        index.transfer_to_IVFPQ(other)
        ids = [faiss.rev_swig_ptr(other.invlists.get_ids(i), other.invlists.list_size(i)).copy()
               for i in range(5)]
        return faiss.serialize_index(index), ids
    """, x=x)
    index = cfaiss.deserialize(file)
    other = cfaiss.index_factory(8, "IVF5,PQ4x4np")
    other.train(x)
    lib.faiss_Index2Layer_transfer_to_IVFPQ(index, other)
    assert other.ntotal == len(x)
    for i in range(5):
        ids = np.empty(lib.faiss_IndexIVF_get_list_size(other, i), np.int64)
        lib.faiss_IndexIVF_invlists_get_ids(other, i, ids)
        np.testing.assert_array_equal(ids, moved[i])
