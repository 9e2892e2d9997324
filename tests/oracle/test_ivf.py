"""Inverted files against the oracle: the same file on both sides, the same calls, equal answers.

Where a call changes the index the files are compared afterwards, byte for byte.
"""
import ctypes

import numpy as np
import pytest

import cfaiss

METRICS = {"INNER_PRODUCT": 0, "L2": 1, "L1": 2, "Linf": 3, "Lp": 4, "Canberra": 20,
           "BrayCurtis": 21, "JensenShannon": 22, "Jaccard": 23, "NaNEuclidean": 24}
IP, L2 = 0, 1


def data(n, d, seed=1):
    return np.random.default_rng(seed).random((n, d), np.float32)


def make(oracle, d=16, n=900, nlist=20, metric=L2, code="Flat", ids=None, seed=1, then=""):
    """An index of the oracle: its bytes, and ours from them."""
    x = data(n, d, seed)
    file = oracle("""
        index = faiss.index_factory(x.shape[1], "IVF%d,%s" % (nlist, tail), metric)
        index.metric_arg = index.quantizer.metric_arg = 3
        if metric in (0, 1):
            index.train(x)
        else:
            index.quantizer.add(x[:nlist]); index.is_trained = True
        if ids is None:
            index.add(x)
        else:
            index.add_with_ids(x, ids)
        exec(then)
        return faiss.serialize_index(index)
    """, x=x, nlist=nlist, metric=metric, tail=code, ids=ids, then=then)
    return file, x, cfaiss.deserialize(file)


def theirs(oracle, file, code, **arguments):
    """Run code on the oracle's index; it sets `result`. The index's bytes come back too."""
    return oracle("index = faiss.deserialize_index(file)\nresult = None\n" + code +
                  "\nreturn result, faiss.serialize_index(index)", file=file, **arguments)


def params(nprobe=1, max_codes=0, sel=None, topk=False, empty=0):
    p = cfaiss.new("SearchParametersIVF_new_with", sel, nprobe, max_codes)
    cfaiss.lib.faiss_SearchParametersIVF_set_ensure_topk_full(p, topk)
    cfaiss.lib.faiss_SearchParametersIVF_set_max_empty_result_buckets(p, empty)
    return p


def assert_same_results(ours, expected, tolerance=1e-5):
    """Distances agree, and ids wherever distances are not tied."""
    D, labels = ours
    D1, labels1 = expected
    np.testing.assert_array_equal(labels < 0, labels1 < 0)
    scale = np.abs(D1[labels1 >= 0]).max() if (labels1 >= 0).any() else 1
    np.testing.assert_allclose(D, D1, rtol=tolerance, atol=tolerance * scale)
    for i, j in zip(*np.nonzero(labels != labels1)):
        near = np.isclose(D1[i], D1[i, j], rtol=tolerance, atol=tolerance * scale)
        at_end = np.isclose(D1[i, -1], D1[i, j], rtol=tolerance, atol=tolerance * scale)
        assert labels[i, j] in labels1[i, near] or at_end, (i, j, labels[i], labels1[i])


SEARCH = """
index.nprobe = nprobe
index.parallel_mode = mode
result = index.search(q, k)
"""


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("d", [1, 7, 16, 17, 100])
def test_search(oracle, metric, d):
    file, x, index = make(oracle, d, metric=METRICS[metric])
    for n, k, nprobe in [(1, 1, 1), (1, 10, 5), (33, 10, 3), (100, 5, 20), (40, 120, 20),
                         (5, 1000, 20)]:
        q = data(n, d, 99)
        index.nprobe = nprobe
        expected, _ = theirs(oracle, file, SEARCH, q=q, k=k, nprobe=nprobe, mode=0)
        assert_same_results(index.search(q, k), expected)


@pytest.mark.parametrize("metric", [IP, L2])
def test_results_do_not_depend_on_batch_mode_or_threads(oracle, metric):
    """To the bit, with ties too: half of the vectors are there twice."""
    x = np.concatenate([data(600, 12), data(300, 12)])
    index = cfaiss.index_factory(12, "IVF16,Flat", metric)
    index.train(x)
    index.add(x)
    q = np.concatenate([data(50, 12, 5), x[:50]])
    for nprobe, k in [(1, 3), (4, 10), (16, 100)]:
        index.nprobe = nprobe
        D, labels = index.search(q, k)
        for i in range(0, 100, 9):
            D1, labels1 = index.search(q[i:i + 1], k)
            np.testing.assert_array_equal(D[i], D1[0])
            np.testing.assert_array_equal(labels[i], labels1[0])
        for threads in (1, 2, 3):
            cfaiss.set_threads(threads)
            for mode in (0, 1, 2, 3):
                index.parallel_mode = mode
                D1, labels1 = index.search(q, k)
                np.testing.assert_array_equal(labels, labels1)
                np.testing.assert_array_equal(D, D1)
        index.parallel_mode = 0
        everything = cfaiss.new("IDSelectorAll_new")
        D1, labels1 = index.search(q, k, params(nprobe, sel=everything))
        np.testing.assert_array_equal(labels, labels1)
        np.testing.assert_array_equal(D, D1)


class Stats(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in ("nq", "nlist", "ndis", "nheap_updates")]
    _fields_ += [("quantization_time", ctypes.c_double), ("search_time", ctypes.c_double)]


PARAMS = """
p = faiss.SearchParametersIVF(nprobe=nprobe, max_codes=max_codes)
p.ensure_topk_full = bool(topk)
p.max_empty_result_buckets = empty
if sel:
    s = faiss.IDSelectorRange(*sel)
    p.sel = s
faiss.cvar.indexIVF_stats.reset()
"""


@pytest.mark.parametrize("sel", [None, (100, 400, False), (100, 400, True)])
@pytest.mark.parametrize("topk", [False, True])
def test_parameters_of_one_search(oracle, sel, topk):
    file, x, index = make(oracle)
    q = data(20, 16, 7)
    selector = sel and cfaiss.new("IDSelectorRange_new_with", *sel)
    stats = ctypes.cast(cfaiss.lib.faiss_get_indexIVF_stats(), ctypes.POINTER(Stats)).contents
    for nprobe, max_codes in [(1, 0), (8, 0), (8, 1), (8, 37), (20, 100), (100, 300)]:
        expected, _ = theirs(oracle, file, PARAMS + """
D, I = index.search(q, 30, params=p)
s = faiss.cvar.indexIVF_stats
result = D, I, (s.nq, s.nlist, s.ndis)
""", q=q, nprobe=nprobe, max_codes=max_codes, topk=topk, empty=0, sel=sel)
        cfaiss.lib.faiss_IndexIVFStats_reset(ctypes.byref(stats))
        found = index.search(q, 30, params(nprobe, max_codes, selector, topk))
        assert_same_results(found, expected[:2])
        assert (stats.nq, stats.nlist, stats.ndis) == tuple(expected[2])


@pytest.mark.parametrize("metric", [IP, L2])
def test_range_search(oracle, metric):
    file, x, index = make(oracle, metric=metric)
    q = data(25, 16, 7)
    radius = 1.0 if metric == L2 else 5.0
    for mode in (0, 1, 2):
        index.parallel_mode = mode
        for nprobe, empty, sel in [(1, 0, None), (20, 0, None), (6, 0, (0, 300)), (20, 1, None),
                                   (20, 2, None)]:
            if empty and mode:
                continue
            (lims, D, labels), _ = theirs(
                oracle, file, PARAMS + "result = index.range_search(q, radius, params=p)",
                q=q, radius=radius, nprobe=nprobe, max_codes=0, topk=False, empty=empty, sel=sel)
            selector = sel and cfaiss.new("IDSelectorRange_new", *sel)
            found = index.range_search(q, radius, params(nprobe, 0, selector, False, empty))
            np.testing.assert_array_equal(found[0], lims.astype(np.int64))
            np.testing.assert_array_equal(found[2], labels)
            np.testing.assert_allclose(found[1], D, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("metric", [IP, L2])
@pytest.mark.parametrize("d, nlist", [(16, 20), (100, 7)])
def test_training_and_adding_give_the_same_file(oracle, metric, d, nlist):
    x = data(1500, d)
    file = oracle("""
        index = faiss.index_factory(x.shape[1], "IVF%d,Flat" % nlist, metric)
        index.train(x)
        index.add(x[:1000]); index.add(x[1000:])
        return faiss.serialize_index(index)
    """, x=x, nlist=nlist, metric=metric)
    index = cfaiss.index_factory(d, f"IVF{nlist},Flat", metric)
    index.train(x)
    index.add(x[:1000])
    index.add(x[1000:])
    ours = cfaiss.serialize(index)
    assert len(ours) == len(file)
    # the centroids may differ in their last bits; what is in the lists may not, here
    reference = cfaiss.deserialize(file)
    for i in range(nlist):
        np.testing.assert_array_equal(list_ids(index, i), list_ids(reference, i))


def list_ids(index, list_no):
    ids = np.empty(cfaiss.lib.faiss_IndexIVF_get_list_size(index, list_no), np.int64)
    cfaiss.lib.faiss_IndexIVF_invlists_get_ids(index, list_no, ids)
    return ids


CHANGES = {
    "add": ("index.add(y)", lambda i, y: i.add(y)),
    "add_with_ids": ("index.add_with_ids(y, np.arange(len(y)) * 3 + 5)",
                     lambda i, y: i.add_with_ids(y, np.arange(len(y)) * 3 + 5)),
    "remove_range": ("result = index.remove_ids(faiss.IDSelectorRange(100, 300))",
                     lambda i, y: i.remove_ids(cfaiss.new("IDSelectorRange_new", 100, 300))),
    "remove_batch": ("result = index.remove_ids(np.arange(0, 900, 7))",
                     lambda i, y: i.remove_ids(np.arange(0, 900, 7))),
    "update_vectors": ("index.update_vectors(np.arange(5, 45), y[:40])",
                       lambda i, y: cfaiss.lib.faiss_IndexIVF_update_vectors(
                           i, 40, np.arange(5, 45), y[:40].copy())),
    "add_nan": ("index.add(np.full_like(y, np.nan))", lambda i, y: i.add(np.full_like(y, np.nan))),
    "reset": ("index.reset()", lambda i, y: i.reset()),
    "make_direct_map": ("index.make_direct_map()",
                        lambda i, y: cfaiss.lib.faiss_IndexIVF_make_direct_map(i, 1)),
}
NEEDS_MAP = {"update_vectors"}


@pytest.mark.parametrize("direct_map", [0, 1])
@pytest.mark.parametrize("change", CHANGES)
def test_changes_give_the_same_file(oracle, change, direct_map):
    file, x, index = make(oracle, then=f"index.set_direct_map_type({direct_map})")
    y = data(200, 16, 33)
    code, ours = CHANGES[change]
    try:
        result, file1 = theirs(oracle, file, code, y=y)
    except Exception:
        before = bytes(cfaiss.serialize(index))
        with pytest.raises(cfaiss.Error):
            ours(index, y)
        assert bytes(cfaiss.serialize(index)) == before
        return
    found = ours(index, y)
    assert result is None or found == result
    assert bytes(cfaiss.serialize(index)) == bytes(file1)


def test_hashtable_map(oracle):
    """The order of a hash table is free: compare what it knows."""
    ids = np.random.default_rng(3).permutation(5000)[:900] + 10**10
    file, x, index = make(oracle, ids=ids, then="index.set_direct_map_type(2)")
    assert len(cfaiss.serialize(index)) == len(file)
    gone = np.concatenate([ids[100:200], ids[100:110], [77]])
    y = data(300, 16, 5)
    expected, file1 = theirs(oracle, file, """
removed = index.remove_ids(faiss.IDSelectorArray(len(gone), faiss.swig_ptr(gone)))
index.add_with_ids(y, np.arange(300))
index.update_vectors(np.arange(50), y[50:100])
keys = np.concatenate([ids[:100], ids[200:], np.arange(300)])
result = removed, index.ntotal, np.stack([index.reconstruct(int(i)) for i in keys])
""", gone=gone, y=y, ids=ids)
    assert index.remove_ids(cfaiss.new("IDSelectorArray_new", len(gone), gone)) == expected[0]
    index.add_with_ids(y, np.arange(300))
    cfaiss.lib.faiss_IndexIVF_update_vectors(index, 50, np.arange(50), y[50:100].copy())
    assert index.ntotal == expected[1]
    keys = np.concatenate([ids[:100], ids[200:], np.arange(300)])
    np.testing.assert_array_equal(index.reconstruct_batch(keys), expected[2])
    assert len(cfaiss.serialize(index)) == len(file1)
    np.testing.assert_array_equal(
        list_ids(index, 3), list_ids(cfaiss.deserialize(file1), 3))
    with pytest.raises(cfaiss.Error):
        index.reconstruct(int(ids[105]))
    with pytest.raises(cfaiss.Error, match="IDSelectorArray"):
        index.remove_ids(cfaiss.new("IDSelectorRange_new", 0, 10))


def test_reconstruction(oracle):
    file, x, index = make(oracle, then="index.make_direct_map()")
    np.testing.assert_array_equal(index.reconstruct(17), x[17])
    np.testing.assert_array_equal(index.reconstruct_n(100, 50), x[100:150])
    index.nprobe = 20
    D, labels, R = index.search_and_reconstruct(x[:9], 1000)
    D1, labels1 = index.search(x[:9], 1000)
    np.testing.assert_array_equal(labels, labels1)
    np.testing.assert_array_equal(R[labels >= 0], x[labels[labels >= 0]])
    assert np.isnan(R[labels < 0]).all()
    np.testing.assert_array_equal(
        index.compute_residual_n(x[:5], np.arange(10, 15)), x[:5] - x[10:15])


def test_standalone_codes(oracle):
    for nlist in (1, 20, 300):
        file, x, index = make(oracle, n=900, nlist=nlist)
        expected, file1 = theirs(oracle, file, """
codes = index.sa_encode(x[:50])
index.add_sa_codes(codes, np.arange(50) + 7)
index.nprobe = 3
result = codes, index.sa_decode(codes), index.search_and_return_codes(x[:9], 4, include_listnos=True)[2]
""", x=x)
        codes = index.sa_encode(x[:50])
        np.testing.assert_array_equal(codes, expected[0])
        np.testing.assert_array_equal(index.sa_decode(codes), expected[1])
        index.add_sa_codes(codes, np.arange(50) + 7)
        assert index.ntotal == 950
        found = np.empty((9, 4, codes.shape[1]), np.uint8)
        D, labels = np.empty((9, 4), np.float32), np.empty((9, 4), np.int64)
        index.nprobe = 3
        cfaiss.lib.faiss_IndexIVF_search_and_return_codes(index, 9, x, 4, D, labels, found, True,
                                                          None)
        np.testing.assert_array_equal(found, expected[2])
        assert bytes(cfaiss.serialize(index)) == bytes(file1)


def test_merge(oracle):
    file, x, index = make(oracle)
    other = cfaiss.deserialize(file)
    expected, file1 = theirs(oracle, file, """
other = faiss.deserialize_index(file)
index.merge_from(other, 900)
result = index.ntotal, other.ntotal
""")
    index.merge_from(other, 900)
    assert (index.ntotal, other.ntotal) == expected == (1800, 0)
    assert bytes(cfaiss.serialize(index)) == bytes(file1)
    file2, _, different = make(oracle, seed=2)
    for bad in (different, cfaiss.index_factory(16, "Flat"), cfaiss.index_factory(16, "IVF9,Flat")):
        with pytest.raises(cfaiss.Error):
            index.merge_from(bad, 0)
    assert index.ntotal == 1800


@pytest.mark.parametrize("subset", [(0, 10, 500), (1, 10, 3), (2, 100, 700), (2, 0, 900),
                                    (3, 4, 1), (3, 3, 2), (4, 3, 9), (0, 7, 3), (4, 15, 100)])
def test_copy_subset(oracle, subset):
    file, x, index = make(oracle)
    copy = cfaiss.deserialize(file)
    copy.reset()
    expected, file1 = (None, None)
    if subset != (4, 15, 100):  # reads past the lists there
        _, file1 = theirs(oracle, file, """
copy = faiss.clone_index(index)
copy.reset()
index.copy_subset_to(copy, *subset)
index = copy
""", subset=subset)
    cfaiss.lib.faiss_IndexIVF_copy_subset_to(index, copy, *subset)
    if file1 is not None:
        assert bytes(cfaiss.serialize(copy)) == bytes(file1)
    assert copy.ntotal == sum(len(list_ids(copy, i)) for i in range(20))


@pytest.mark.parametrize("code", ["Flat", "FlatDedup"])
@pytest.mark.parametrize("metric", [IP, L2, 4])
def test_files_both_ways(oracle, code, metric):
    file, x, index = make(oracle, metric=metric, code=code)
    assert index.class_name == ("IndexIVFFlat" if code == "Flat" else "IndexIVFFlatDedup")
    ours = cfaiss.serialize(index)
    assert bytes(ours) == bytes(file)
    q = data(10, 16, 4)
    index.nprobe = 5
    expected, _ = theirs(oracle, ours, SEARCH, q=q, k=7, nprobe=5, mode=0)
    assert_same_results(index.search(q, 7), expected)


def test_sparse_lists(oracle):
    file, x, index = make(oracle, n=300, nlist=200, then="""
index.reset()
index.add(x[:7])
""")
    assert b"sprs" in bytes(file)
    assert bytes(cfaiss.serialize(index)) == bytes(file)


@pytest.mark.parametrize("metric", [IP, L2])
def test_dedup(oracle, metric):
    x = data(300, 16)
    rng = np.random.default_rng(5)
    y = np.concatenate([x, x[rng.integers(0, 300, 500)], x[:40]])
    file = oracle("""
        index = faiss.index_factory(16, "IVF9,FlatDedup", metric)
        index.train(x)
        index.add(y)
        return faiss.serialize_index(index)
    """, x=y, y=y, metric=metric)
    index = cfaiss.index_factory(16, "IVF9,FlatDedup", metric)
    index.train(y)
    index.add(y)
    reference = cfaiss.deserialize(file)
    for i in range(9):
        np.testing.assert_array_equal(list_ids(index, i), list_ids(reference, i))
    assert len(cfaiss.serialize(index)) == len(file)
    q = np.concatenate([data(20, 16, 3), x[:20]])
    for nprobe, k in [(1, 1), (3, 10), (9, 1000)]:
        index.nprobe = nprobe
        expected, _ = theirs(oracle, file, SEARCH, q=q, k=k, nprobe=nprobe, mode=0)
        assert_same_results(index.search(q, k), expected)
    # what upstream gets wrong: every id counts, and is asked
    sel = cfaiss.new("IDSelectorRange_new", 200, 700)
    index.nprobe = 9
    D, labels = index.search(q, 600, params(9, sel=sel))
    assert all(set(row[row >= 0]) == set(range(200, 700)) for row in labels)
    assert index.remove_ids(sel) == 500 and index.ntotal == 340
    D, labels = index.search(q, 600)
    assert all(set(row[row >= 0]) == {*range(200), *range(700, 840)} for row in labels)
    exact = cfaiss.new("IndexFlat_new_with", 16, metric)
    exact.add(y)
    D1, _ = exact.search(q, 840)
    for i in range(len(q)):
        np.testing.assert_allclose(
            D[i, :340], np.sort(pairwise(q[i], y[labels[i, :340]], metric))[::1 if metric else -1],
            rtol=1e-4, atol=1e-4)


def pairwise(q, rows, metric):
    return ((q - rows) ** 2).sum(1) if metric else rows @ q


def test_heaps_of_the_caller(oracle):
    file, x, index = make(oracle)
    q = x[:1].copy()
    cD, cI = np.array([[0.0, 0.0, 0.0]], np.float32), np.array([[0, 5, -1]])
    D0, I0 = np.array([[3.0, 2.0, 1.0]], np.float32), np.array([[700, 600, 500]])
    expected, _ = theirs(oracle, file, """
index.nprobe = 3
index.parallel_mode = 1024
sp = faiss.swig_ptr
index.search_preassigned_c(1, sp(q), 3, sp(cI), sp(cD), sp(D), sp(I), False)
result = D, I
""", q=q, cI=cI, cD=cD, D=D0, I=I0)
    index.nprobe = 3
    index.parallel_mode = 1024
    D, labels = D0.copy(), I0.copy()
    cfaiss.lib.faiss_IndexIVF_search_preassigned(index, 1, q, 3, cI, cD, D, labels, 0)
    np.testing.assert_allclose(D, expected[0], rtol=1e-5)
    np.testing.assert_array_equal(labels, expected[1])
    index.parallel_mode = 0
    cfaiss.lib.faiss_IndexIVF_search_preassigned(index, 1, q, 3, cI, cD, D, labels, 1)
    pairs, _ = theirs(oracle, file, """
index.nprobe = 3
sp = faiss.swig_ptr
index.search_preassigned_c(1, sp(q), 3, sp(cI), sp(cD), sp(D), sp(I), True)
result = I
""", q=q, cI=cI, cD=cD, D=D0, I=I0)
    np.testing.assert_array_equal(labels, pairs)
    cI[0, 1] = 99
    with pytest.raises(cfaiss.Error, match="list 99"):
        cfaiss.lib.faiss_IndexIVF_search_preassigned(index, 1, q, 3, cI, cD, D, labels, 0)
