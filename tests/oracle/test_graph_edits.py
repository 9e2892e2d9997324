"""Graph indexes beyond upstream: what was changed here is read and searched there."""
import numpy as np
import pytest

import cfaiss
from cfaiss import lib

L2, IP = cfaiss.METRIC_L2, cfaiss.METRIC_INNER_PRODUCT


def remove(index, ids):
    ids = np.ascontiguousarray(ids, np.int64)
    lib.faiss_Index_remove_ids(index, cfaiss.new("IDSelectorBatch_new", len(ids), ids), None)


@pytest.mark.parametrize("factory, metric", [("HNSW8", L2), ("HNSW16", IP), ("HNSW8,SQ8", L2),
                                             ("HNSW8,PQ4x4np", L2), ("HNSW8,4+PQ2", L2),
                                             ("IDMap2,HNSW8", L2)])
def test_what_is_left_is_searched_there(oracle, factory, metric):
    """Files after removals, and after adding again: upstream finds what we find."""
    rng = np.random.default_rng(3)
    x, q = rng.random((1500, 8), np.float32), rng.random((40, 8), np.float32)
    index = cfaiss.index_factory(8, factory, metric)
    index.train(x)
    ids = np.arange(len(x), dtype=np.int64)
    with_ids = factory.startswith("IDMap2")
    if with_ids:
        index.add_with_ids(x, ids + 10**10)
    else:
        index.add(x)
    gone = rng.permutation(len(x))[:700]
    remove(index, gone + 10**10 if with_ids else gone)
    contents = [cfaiss.serialize(index)]
    if with_ids:
        index.add_with_ids(x[gone], ids[gone] + 10**10)
    else:
        index.add(x[gone])
    contents.append(cfaiss.serialize(index))
    found = oracle("""
        return [faiss.deserialize_index(c).search(q, 10) for c in contents]
    """, contents=contents, q=q)
    for content, (D, I) in zip(contents, found):
        D2, I2 = cfaiss.deserialize(content).search(q, 10)
        np.testing.assert_allclose(D2, D, rtol=1e-4, atol=1e-5)
        assert np.mean(I2 != I) < 0.01
        assert not with_ids or np.all(I2 >= 10**10)
    kept = np.setdiff1d(ids, gone)
    order = ids + 10**10 if with_ids else np.argsort(np.concatenate([kept, gone]))
    rows = np.zeros((len(x), 8), np.float32)
    for i in range(0, len(x), 50):
        lib.faiss_Index_reconstruct(index, int(order[i]), rows[i])
        if "Q" not in factory:
            np.testing.assert_array_equal(rows[i], x[i])


@pytest.mark.parametrize("factory", ["NSG16,Flat", "NSG16,SQ8", "NSG8,PQ4x4np"])
def test_what_is_left_of_an_nsg_is_searched_there(oracle, factory):
    rng = np.random.default_rng(3)
    x, q = rng.random((1500, 8), np.float32), rng.random((40, 8), np.float32)
    index = cfaiss.index_factory(8, factory)
    index.train(x)
    index.add(x)
    contents = []
    for n_gone in (3, 700):
        remove(index, rng.permutation(index.ntotal)[:n_gone])
        contents.append(cfaiss.serialize(index))
    found = oracle("""
        indexes = [faiss.deserialize_index(c) for c in contents]
        for index in indexes:
            index.nsg.check_graph()
        return [index.search(q, 10) for index in indexes]
    """, contents=contents, q=q)
    for content, (D, I) in zip(contents, found):
        D2, I2 = cfaiss.deserialize(content).search(q, 10)
        np.testing.assert_allclose(D2, D, rtol=1e-4, atol=1e-5)
        assert np.mean(I2 != I) < 0.01


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("ef", [16, 64])
def test_selectors_lose_nothing(oracle, share, ef):
    """By default at least upstream's recall."""
    rng = np.random.default_rng(4)
    x, q = rng.random((5000, 12), np.float32), rng.random((100, 12), np.float32)
    members = rng.random(len(x)) < share
    bitmap = np.packbits(members, bitorder="little")
    index = cfaiss.index_factory(12, "HNSW8")
    index.add(x)
    theirs, truth = oracle("""
        sel = faiss.IDSelectorBitmap(bitmap)
        flat = faiss.IndexFlatL2(x.shape[1])
        flat.add(x)
        index = faiss.deserialize_index(content)
        return (index.search(q, 10, params=faiss.SearchParametersHNSW(sel=sel, efSearch=ef))[1],
                flat.search(q, 10, params=faiss.SearchParameters(sel=sel))[1])
    """, content=cfaiss.serialize(index), x=x, q=q, bitmap=bitmap, ef=ef)
    sel = cfaiss.new("IDSelectorBitmap_new", len(bitmap), bitmap)
    ours = index.search(q, 10, cfaiss.new("SearchParametersHNSW_new_with", sel, ef))[1]

    def recall(found):
        return sum(len(np.intersect1d(a[a >= 0], b[b >= 0])) for a, b in zip(found, truth))

    assert recall(ours) >= recall(theirs)
    assert np.all((ours < 0) | members[ours])
