"""Indexes by levels: files, results and norms as upstream's."""
import numpy as np
import pytest

import cfaiss

L2, IP = cfaiss.METRIC_L2, cfaiss.METRIC_INNER_PRODUCT
NAMES = {L2: "FlatL2Panorama", IP: "FlatIPPanorama"}


def make_data(n, d, seed=0):
    """Rows and queries with most of their length in front, as behind a PCA; some rows twice."""
    rng = np.random.default_rng(seed)
    scale = (0.9 ** np.arange(d)).astype(np.float32)
    x, q = rng.standard_normal((n, d), np.float32), rng.standard_normal((20, d), np.float32)
    x[n // 2:n // 2 + 5] = x[:5][:len(x[n // 2:n // 2 + 5])]
    q[:3] = x[:3][:len(q[:3])]
    return x * scale, q * scale


def assert_close(ours, theirs):
    (D0, I0), (D1, I1) = ours, theirs
    assert ((I0 >= 0) == (I1 >= 0)).all()
    scale = np.abs(D1[I1 >= 0]).max(initial=1)
    close = np.abs(D0 - D1) <= 1e-5 * scale
    assert (close | (I1 < 0)).all()
    assert (D0[I1 < 0] == D1[I1 < 0]).all()
    assert np.mean(I0 == I1) > 0.98
    for i, j in zip(I0, I1):  # where distances are that close the order may differ
        assert len(np.setdiff1d(i, j)) <= 1


@pytest.mark.parametrize("d, levels, batch", [
    (1, 1, 1), (7, 3, 4), (8, 8, 16), (15, 4, 1024), (16, 1, 8), (17, 5, 7), (100, 8, 64),
    (784, 6, 128)])
@pytest.mark.parametrize("metric", [L2, IP])
def test_flat(oracle, d, levels, batch, metric):
    x, q = make_data(301, d)
    name = f"{NAMES[metric]}{levels}_{batch}"
    products = q @ x.T
    radius = float(np.median(products if metric == IP else (x * x).sum(1) + (q * q).sum(1)[:, None] - 2 * products))
    ours = cfaiss.index_factory(d, name, metric)
    for part in np.split(x, [1, 120]):
        ours.add(part)
    theirs = oracle("""
        index = faiss.index_factory(x.shape[1], name, metric)
        for part in np.split(x, [1, 120]):
            index.add(part)
        faiss.bench = index
        k = min(10, index.batch_size)
        sel = faiss.IDSelectorRange(50, 90)
        return [faiss.serialize_index(index), index.search(q, k),
                index.search(q, k, params=faiss.SearchParameters(sel=sel)),
                index.range_search(q, radius)]
    """, x=x, q=q, name=name, metric=metric, radius=radius)
    content, found, selected, (lims, D, labels) = theirs
    assert (cfaiss.serialize(ours) == content).all()
    assert (cfaiss.serialize(cfaiss.deserialize(content)) == content).all()
    k = min(10, batch)
    assert_close(ours.search(q, k), found)
    sel = cfaiss.new("IDSelectorRange_new", 50, 90)
    params = cfaiss.new("SearchParameters_new", sel)
    assert_close(ours.search(q, k, params), selected)
    ours_lims, ours_D, ours_labels = ours.range_search(q, radius)
    assert lims[-1] > 0 and abs(int(ours_lims[-1]) - int(lims[-1])) <= 2
    if (ours_lims == lims).all():
        assert (ours_labels == labels).all()
        assert np.allclose(ours_D, D, rtol=1e-4, atol=1e-4)


def test_flat_finds_what_a_flat_index_finds():
    x, q = make_data(3000, 40)
    for metric in L2, IP:
        flat = cfaiss.index_factory(40, "Flat", metric)
        panorama = cfaiss.index_factory(40, f"{NAMES[metric]}8_256", metric)
        for index in flat, panorama:
            index.add(x)
        for k in 1, 10, 300, 4000:
            assert_close(panorama.search(q, k), flat.search(q, k))
            assert_close(panorama.search(q[:1], k), flat.search(q[:1], k))


def test_changes(oracle):
    x, q = make_data(100, 9)
    ours, other = (cfaiss.index_factory(9, f"FlatL2Panorama4_{b}") for b in (8, 16))
    ours.add(x)
    other.add(x[:30])
    removed = np.arange(0, 100, 3)
    assert ours.remove_ids(removed) == len(removed)
    ours.merge_from(other)
    assert other.ntotal == 0
    perm = np.random.default_rng(0).permutation(ours.ntotal)
    ours.call("permute_entries", perm)
    rows = np.vstack([np.delete(x, removed, 0), x[:30]])[perm]
    assert (ours.reconstruct_n() == rows).all()
    content = oracle("""
        index = faiss.index_factory(9, "FlatL2Panorama4_8")
        index.add(x)
        return faiss.serialize_index(index)
    """, x=rows)
    assert (cfaiss.serialize(ours) == content).all()  # nothing is left of what was removed


def test_subset(oracle):
    x, q = make_data(200, 16)
    rng = np.random.default_rng(1)
    labels = rng.integers(-1, 200, (len(q), 12))
    for metric in L2, IP:
        index = cfaiss.index_factory(16, f"{NAMES[metric]}4_1", metric)
        index.add(x)
        theirs = oracle("""
            index = faiss.index_factory(16, name, metric)
            index.add(x)
            D, I = np.empty((len(q), 5), np.float32), np.empty((len(q), 5), np.int64)
            sp = faiss.swig_ptr
            index.search_subset(len(q), sp(q), 12, sp(labels), 5, sp(D), sp(I))
            return D, I
        """, x=x, q=q, labels=labels, metric=metric, name=f"{NAMES[metric]}4_1")
        assert_close(index.search_subset(q, labels, 5), theirs)
        wide = cfaiss.index_factory(16, f"{NAMES[metric]}3_32", metric)  # an error upstream
        wide.add(x)
        assert_close(wide.search_subset(q, labels, 5), theirs)


@pytest.mark.parametrize("d, levels, batch", [
    (1, 1, 1), (7, 3, 4), (9, 4, 8), (16, 1, 128), (17, 5, 7), (100, 8, 64)])
@pytest.mark.parametrize("metric", [L2, IP])
def test_ivf(oracle, d, levels, batch, metric):
    x, q = make_data(801, d)
    plain = cfaiss.index_factory(d, "IVF8,Flat", metric)
    plain.train(x)
    plain.reset()
    name = f"IVF8,FlatPanorama{levels}_{batch}"
    ours = cfaiss.index_factory(d, name, metric)
    ours.train(x)
    for part in np.split(x, [1, 300]):
        ours.add(part)
        plain.add(part)
    ours.remove_ids(np.arange(20, 30))
    plain.remove_ids(np.arange(20, 30))
    radius = float(np.median(plain.search(q, 20)[0]))
    theirs = oracle("""
        index = faiss.deserialize_index(content)
        sel = faiss.IDSelectorRange(50, 400)
        out = []
        for nprobe in 1, 3, 8:
            out.append(index.search(q, 10, params=faiss.SearchParametersIVF(nprobe=nprobe)))
            out.append(index.search(q, 10, params=faiss.SearchParametersIVF(
                nprobe=nprobe, sel=sel)))
            out.append(index.range_search(q, radius, params=faiss.SearchParametersIVF(
                nprobe=nprobe)))
        return out, faiss.serialize_index(index)
    """, content=cfaiss.serialize(ours), q=q, radius=radius)
    results, content = theirs
    assert (cfaiss.serialize(ours) == content).all()
    back = cfaiss.deserialize(content)
    sel = cfaiss.new("IDSelectorRange_new", 50, 400)
    for index in ours, back, cfaiss.clone_index(back):
        results_left = iter(results)
        for nprobe in 1, 3, 8:
            params = cfaiss.new("SearchParametersIVF_new_with", None, nprobe, 0)
            selected = cfaiss.new("SearchParametersIVF_new_with", sel, nprobe, 0)
            assert_close(index.search(q, 10, params), next(results_left))
            assert_close(index.search(q, 10, selected), next(results_left))
            # upstream counts those that it has not dropped, here it is the vectors looked at
            limited = cfaiss.new("SearchParametersIVF_new_with", sel, nprobe, 200)
            assert_close(index.search(q, 10, limited), plain.search(q, 10, limited))
            lims, D, labels = index.range_search(q, radius, params)
            their_lims, their_D, their_labels = next(results_left)
            assert abs(int(lims[-1]) - int(their_lims[-1])) <= 2
            if (lims == their_lims).all():
                assert (labels == their_labels).all()
                assert np.allclose(D, their_D, rtol=1e-4, atol=1e-4)
    plain.nprobe = ours.nprobe = 8
    assert_close(ours.search(q, 10), plain.search(q, 10))


def test_ivf_added_as_upstream(oracle):
    x, _ = make_data(500, 9)
    empty = cfaiss.index_factory(9, "IVF4,FlatPanorama4_8")
    empty.train(x)
    content = oracle("""
        index = faiss.deserialize_index(empty)
        for part in np.split(x, [7, 300]):
            index.add(part)
        return faiss.serialize_index(index)
    """, empty=cfaiss.serialize(empty), x=x)
    index, other = cfaiss.clone_index(empty), cfaiss.clone_index(empty)
    for part in np.split(x, [7, 300]):
        index.add(part)
    other.add(x[:50])
    assert (cfaiss.serialize(index) == content).all()
    index.merge_from(other, 1000)  # upstream takes levels for vectors there
    assert other.ntotal == 0
    index.call("set_direct_map_type", 2)  # a hash table
    assert (index.reconstruct(303) == x[303]).all()
    assert (index.reconstruct_batch(np.arange(1000, 1050)) == x[:50]).all()
    D, labels, recons = index.search_and_reconstruct(x[:20], 1)
    assert (recons[:, 0] == x[:20]).all()


def test_refine(oracle):
    x, q = make_data(1000, 16)
    base = cfaiss.index_factory(16, "PQ4x4np")
    base.train(x)
    name = "PQ4x4np,RefinePanorama(FlatL2Panorama4_1)"
    ours = cfaiss.index_factory(16, name)
    ours.train(x)
    ours.add(x)
    assert cfaiss.reverse_index_factory(ours) == "PQ4x4,RefinePanorama(FlatL2Panorama4_1)"
    results, content = oracle("""
        index = faiss.deserialize_index(content)
        out = []
        for k_factor in 1, 4:
            params = faiss.IndexRefineSearchParameters(k_factor=k_factor)
            out.append(index.search(q, 10, params=params))
        out.append(index.search(q[:2], 1200))
        return out, faiss.serialize_index(index)
    """, content=cfaiss.serialize(ours), q=q)
    assert (cfaiss.serialize(ours) == content).all()
    for k_factor, theirs in zip((1, 4), results):
        params = cfaiss.new("IndexRefineSearchParameters_new_with", float(k_factor), None)
        assert_close(ours.search(q, 10, params), theirs)
    assert_close(ours.search(q[:2], 1200), results[2])
