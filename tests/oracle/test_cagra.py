"""IndexHNSWCagra and IndexHNSWFlatPanorama: graphs, files and results as upstream's."""
import numpy as np
import pytest

import cfaiss
from cfaiss import lib

L2, IP = cfaiss.METRIC_L2, cfaiss.METRIC_INNER_PRODUCT


def make_data(n, d):
    rng = np.random.default_rng(3)
    return rng.random((n, d), np.float32), rng.random((50, d), np.float32)


@pytest.mark.parametrize("metric", [L2, IP])
def test_cagra(oracle, metric):
    x, q = make_data(600, 12)
    ours = cfaiss.new("IndexHNSWCagra_new_with", 12, 8, metric, 0)
    ours.add(x)
    content, D, labels = oracle("""
        index = faiss.IndexHNSWCagra(12, 8, metric)
        index.add(x)
        return faiss.serialize_index(index), *index.search(q, 10)
    """, x=x, q=q, metric=metric)
    assert (cfaiss.serialize(cfaiss.deserialize(content)) == content).all()
    assert (cfaiss.deserialize(content).search(q, 10)[1] == labels).all()
    # level 0 only: a good search finds the nearest from wherever it begins
    exact = cfaiss.index_factory(12, "Flat", metric)
    exact.add(x)
    truth = exact.search(q, 10)[1]
    for index in ours, cfaiss.clone_index(ours), cfaiss.deserialize(content):
        index.base_level_only = True
        with pytest.raises(cfaiss.Error, match="base_level_only"):
            index.add(x[:1])
        params = cfaiss.new("SearchParametersHNSW_new_with", None, 200)
        D, labels = index.search(q, 10, params)
        found = np.mean([len(np.intersect1d(a, b)) for a, b in zip(labels, truth)]) / 10
        assert found > 0.97
        assert (index.search(q, 10, params)[1] == labels).all()
        radius = float(np.median(D[:, 5]))
        lims, distances, ids = index.range_search(q, radius, params)
        assert lims[-1] > 0
        assert (distances > radius).all() if metric == IP else (distances < radius).all()
        index.num_base_level_search_entrypoints = 0
        with pytest.raises(cfaiss.Error, match="num_base_level_search_entrypoints >= 1"):
            index.search(q, 10)


def test_cagra_fixed_degree(oracle):
    """A graph of nearest neighbours that was made elsewhere."""
    x, q = make_data(500, 8)
    content = oracle("""
        index = faiss.IndexHNSWCagra(8, 8)
        index.init_level0 = False
        index.add(x)
        flat = faiss.IndexFlatL2(8)
        flat.add(x)
        D, I = flat.search(x, 17)
        index.init_level_0_from_knngraph(17, faiss.swig_ptr(D), faiss.swig_ptr(I))
        index.base_level_only = True
        return faiss.serialize_index(index)
    """, x=x)
    index = cfaiss.deserialize(content)
    assert (cfaiss.serialize(index) == content).all()
    exact = cfaiss.index_factory(8, "Flat")
    exact.add(x)
    params = cfaiss.new("SearchParametersHNSW_new_with", None, 300)
    labels, truth = index.search(q, 10, params)[1], exact.search(q, 10)[1]
    assert np.mean([len(np.intersect1d(a, b)) for a, b in zip(labels, truth)]) / 10 > 0.9


@pytest.mark.parametrize("d, levels", [(1, 1), (9, 4), (16, 8), (100, 8)])
def test_hnsw_panorama(oracle, d, levels):
    x, q = make_data(400, d)
    name = f"HNSW8,FlatPanorama{levels}"
    ours = cfaiss.index_factory(d, name)
    for part in np.split(x, [1, 150]):
        ours.add(part)
    content, D, labels = oracle("""
        index = faiss.index_factory(x.shape[1], name)
        for part in np.split(x, [1, 150]):
            index.add(part)
        plain = faiss.index_factory(x.shape[1], "HNSW8,Flat")
        for part in np.split(x, [1, 150]):
            plain.add(part)
        return faiss.serialize_index(index), *plain.search(q, 5)
    """, x=x, q=q, name=name)  # upstream's search by levels visits other nodes than that of HNSWFlat
    mine = cfaiss.serialize(ours)
    assert len(mine) == len(content) and np.mean(mine == content) > 0.999
    assert (cfaiss.serialize(cfaiss.deserialize(content)) == content).all()
    back = cfaiss.deserialize(content)
    D0, labels0 = back.search(q, 5)
    assert np.allclose(D0, D, rtol=1e-4, atol=1e-5)
    assert np.mean(labels0 == labels) > 0.98
    assert cfaiss.reverse_index_factory(ours) == name
    back.remove_ids(np.arange(0, 400, 2))
    again = cfaiss.deserialize(cfaiss.serialize(back))  # the norms still fit
    assert again.ntotal == 200 and (again.reconstruct_n() == x[1::2]).all()
