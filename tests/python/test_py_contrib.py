"""faiss.contrib, against upstream's where the results are determined."""
import socket
import threading
import time

import numpy as np
import pytest


@pytest.fixture
def ivf (faiss, data):
    index = faiss.index_factory (24, "IVF16,Flat")
    index.train (data[0])
    index.add (data[1])
    index.nprobe = 4
    return index


def test_datasets (faiss, oracle):
    from faiss.contrib.datasets import SyntheticDataset, dataset_from_name
    ds = SyntheticDataset (20, 300, 500, 30, "IP", 7)
    parts = oracle ('''
        from faiss.contrib.datasets import SyntheticDataset
        ds = SyntheticDataset(20, 300, 500, 30, "IP", 7)
        return (str(ds), ds.get_train(), ds.get_database(), ds.get_queries(), ds.get_groundtruth(5),
                [x.shape[0] for x in ds.database_iterator(bs=77, split=(3, 1))])
    ''')
    assert str (ds) == parts[0]
    for a, b in zip ((ds.get_train (), ds.get_database (), ds.get_queries ()), parts[1:]):
        np.testing.assert_allclose (a, b, atol=1e-5)
    assert (ds.get_groundtruth (5) == parts[4]).mean () > .99
    assert [len (x) for x in ds.database_iterator (bs=77, split=(3, 1))] == list (parts[5])
    ds.check_sizes ()
    with pytest.raises (RuntimeError):
        dataset_from_name ("nothing")


def test_vecs_io (faiss, tmp_path, rng):
    from faiss.contrib import vecs_io
    x = rng.random ((20, 7), "float32")
    path = str (tmp_path / "x")
    vecs_io.fvecs_write (path, x)
    np.testing.assert_array_equal (vecs_io.fvecs_read (path), x)
    np.testing.assert_array_equal (vecs_io.fvecs_mmap (path), x)
    i = rng.integers (0, 100, (5, 3)).astype ("int32")
    vecs_io.ivecs_write (path, i)
    np.testing.assert_array_equal (vecs_io.ivecs_read (path), i)
    b = rng.integers (0, 255, (25, 9)).astype ("uint8")
    for c, part in enumerate ((b[:11], b[11:])):
        rows = np.zeros ((len (part), 13), "uint8")
        rows[:, 0], rows[:, 4:] = 9, part
        rows.tofile (tmp_path / f"chunk_{c:04}.bvecs")
    np.testing.assert_array_equal (vecs_io.bvecs_mmap (tmp_path / "chunk_0000.bvecs"), b[:11])
    batches = list (vecs_io.bvecs_iter_chunked (str (tmp_path), 4))
    assert [len (x) for x in batches] == [4] * 6 + [1]
    np.testing.assert_array_equal (np.concatenate (batches), b)
    (tmp_path / "bad").write_bytes (b"12345")
    with pytest.raises (ValueError):
        vecs_io.fvecs_read (str (tmp_path / "bad"))


def test_inspect (faiss, data, ivf, capsys):
    from faiss.contrib import inspect_tools
    sizes = inspect_tools.get_invlist_sizes (ivf.invlists)
    assert sizes.sum () == 1000
    for l in range (16):
        ids, codes = inspect_tools.get_invlist (ivf.invlists, l)
        assert len (ids) == sizes[l]
        np.testing.assert_array_equal (codes.view ("float32"), data[1][ids])
    empty = faiss.ArrayInvertedLists (3, 5)
    assert inspect_tools.get_invlist (empty, 0)[1].shape == (0, 5)
    flat = faiss.IndexFlatL2 (24)
    flat.add (data[1])
    np.testing.assert_array_equal (inspect_tools.get_flat_data (flat), data[1])
    assert inspect_tools.get_flat_codes (flat).shape == (1000, 96)
    A, b = np.eye (3, 24).astype ("float32"), np.arange (3).astype ("float32")
    A2, b2 = inspect_tools.get_LinearTransform_matrix (inspect_tools.make_LinearTransform_matrix (A,
                                                                                                  b))
    np.testing.assert_array_equal (A, A2)
    np.testing.assert_array_equal (b, b2)
    inspect_tools.print_object_fields (flat)
    assert "ntotal = 1000" in capsys.readouterr ().out


def test_evaluation (faiss, oracle, rng):
    from faiss.contrib import evaluation
    def some (n):
        counts = rng.integers (0, 9, n)
        lims = np.concatenate ([[0], np.cumsum (counts)])
        return (lims, rng.random (lims[-1]).astype ("float32"),
                np.concatenate ([rng.permutation (12)[:c] for c in counts]))
    ref, new = some (20), some (20)
    thresholds = np.array ([0, .2, .5, 2])
    for mode in ("overall", "average"):
        ours = (evaluation.range_PR (ref[0], ref[2], new[0], new[2], mode),
                *evaluation.range_PR_multiple_thresholds (ref[0], ref[2], *new, thresholds, mode))
        theirs = oracle ('''
            from faiss.contrib import evaluation
            a = evaluation.range_PR(L, I, L2, I2, mode)
            b = evaluation.range_PR_multiple_thresholds(L, I, L2, D2, I2, thresholds, mode)
            return [float(x) for x in a], b[0], b[1]
        ''', L=ref[0], I=ref[2], L2=new[0], D2=new[1], I2=new[2], thresholds=thresholds, mode=mode)
        for a, b in zip (ours, theirs):
            np.testing.assert_allclose (a, b)
    L, D, I = evaluation.filter_range_results (*new, .5)
    assert (D < .5).all () and L[-1] == len (D) == (new[1] < .5).sum ()
    I1 = rng.permutation (1000).reshape (10, 100)[:, :9]
    assert evaluation.knn_intersection_measure (I1, I1) == 1


def test_checks (faiss, data):
    from faiss.contrib import evaluation
    D, I = faiss.knn (data[2], data[1], 9)
    evaluation.check_ref_knn_with_draws (D, I, D, I)
    D[0, 3], J = D[0, 2], I.copy ()
    J[0, [2, 3]] = I[0, [3, 2]]
    evaluation.check_ref_knn_with_draws (D, I, D, J)
    J[0, 0] = 12345
    with pytest.raises (AssertionError):
        evaluation.check_ref_knn_with_draws (D, I, D, J)
    index = faiss.IndexFlatL2 (24)
    index.add (data[1])
    L, D, I = index.range_search (data[2], 6.)
    evaluation.check_ref_range_results (L, D, I, L, *evaluation.sort_range_res_2 (L, D, I))
    with pytest.raises (AssertionError):
        evaluation.check_ref_range_results (L, D, I, L, D, I + 1)


def test_operating_points (faiss):
    from faiss.contrib.evaluation import OperatingPointsWithRanges, RepeatTimer
    op = OperatingPointsWithRanges ()
    op.add_range ("a", [1, 2, 3])
    op.add_range ("b", [10, 20])
    assert op.num_experiments () == 6
    assert sorted (op.sample_experiments (0)) == list (range (6))
    assert op.sample_experiments (4)[:2] == [0, 5] and len (op.sample_experiments (4)) == 4
    assert op.get_parameters (op.cno_to_key (4)) == {"a": 2, "b": 20}
    assert op.add_operating_point ((0, 0), .5, 1.)
    assert not op.add_operating_point ((1, 1), .4, 2.)
    assert op.add_operating_point ((2, 1), .9, 2.)
    assert op.predict_bounds ((1, 0)) == (.4, 1.) and not op.should_run_experiment ((1, 0))
    op.restrict_range ("a", 2)
    assert op.ranges == [("a", [1]), ("b", [10, 20])]
    timer = RepeatTimer (warmup=1, runs=3)
    assert sum (1 for _ in timer) == 3 and timer.nruns () == 2 and timer.ms () >= 0


def test_exhaustive (faiss, data):
    from faiss.contrib import exhaustive_search as ex
    from faiss.contrib.evaluation import check_ref_range_results
    xt, xb, xq = data
    blocks = lambda: (xb[i:i + 130] for i in range (0, 1000, 130))
    for metric in (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT):
        D, I = ex.knn_ground_truth (xq, blocks (), 7, metric)
        D2, I2 = faiss.knn (xq, xb, 7, metric)
        np.testing.assert_allclose (D, D2, rtol=1e-4, atol=1e-3)
        assert (I == I2).mean () > .99
        index = faiss.IndexFlat (24, metric)
        index.add (xb)
        radius = 8. if metric == faiss.METRIC_L2 else 20.
        reference = index.range_search (xq, radius)
        check_ref_range_results (*reference, *ex.range_ground_truth (xq, blocks (), radius, metric))
        check_ref_range_results (*reference, *ex.range_search_gpu (xq, radius, index, index, 10))
        r, L, D, I = ex.range_search_max_results (
            index, ex.exponential_query_iterator (xq, 4), radius, max_results=100)
        assert len (D) == L[-1] <= 100
        check_ref_range_results (*index.range_search (xq, float (r)), L, D, I)
    sizes = [len (q) for q in ex.exponential_query_iterator (np.zeros ((1000, 3)), 32, 300)]
    assert sizes == [32, 64, 128, 256, 300, 220]


def test_factory_tools (faiss, oracle):
    from faiss.contrib import factory_tools
    for key in ("Flat", "IVF10,Flat", "Flat,RFlat"):
        assert factory_tools.get_code_size (8, key) == oracle ('''
            from faiss.contrib import factory_tools
            return factory_tools.get_code_size(8, key)
        ''', key=key)
    for key in ("Flat", "IVF10,Flat", "IDMap,Flat", "L2norm,Flat"):
        assert factory_tools.reverse_index_factory (faiss.index_factory (8, key)) == key


def test_ivf_tools (faiss, data, ivf):
    from faiss.contrib import ivf_tools
    xt, xb, xq = data
    D, I = ivf.search (xq, 5)
    Dq, Iq = ivf.quantizer.search (xq, 4)
    np.testing.assert_array_equal (ivf_tools.search_preassigned (ivf, xq, 5, Iq)[1], I)
    lims, _, _ = ivf_tools.range_search_preassigned (ivf, xq, 6., Iq)
    np.testing.assert_array_equal (lims, ivf.range_search (xq, 6.)[0])
    other = faiss.clone_index (ivf)
    other.reset ()
    ivf_tools.add_preassigned (other, xb, ivf.quantizer.search (xb, 1)[1].ravel (),
                               np.arange (1000) + 5)
    np.testing.assert_array_equal (other.search (xq, 5)[1], I + 5)
    ivf.make_direct_map ()
    ivf_tools.sort_invlists_by_size (ivf)
    sizes = [ivf.get_list_size (i) for i in range (16)]
    assert sizes == sorted (sizes)
    np.testing.assert_array_equal (ivf.search (xq, 5)[1], I)
    np.testing.assert_array_equal (ivf.reconstruct (77), xb[77])
    old = ivf_tools.replace_ivf_quantizer (ivf, faiss.IndexFlatL2 (24))
    assert old.ntotal == 16
    np.testing.assert_array_equal (ivf.search (xq, 5)[1], I)


@pytest.mark.parametrize ("options", [{}, {"method": "pairwise_distances"}, {"method": "index"},
                                      {"threaded": 1, "computation_threads": 3}])
def test_big_batch_search (faiss, data, ivf, tmp_path, options):
    from faiss.contrib.big_batch_search import big_batch_search
    D, I = ivf.search (data[2], 5)
    D2, I2 = big_batch_search (ivf, data[2], 5, **options)
    np.testing.assert_allclose (D, D2, rtol=1e-4, atol=1e-4)
    assert (I == I2).mean () > .99
    path = str (tmp_path / "checkpoint")
    with pytest.raises (ZeroDivisionError):
        big_batch_search (ivf, data[2], 5, checkpoint=path, checkpoint_freq=-1, crash_at=7)
    np.testing.assert_allclose (big_batch_search (ivf, data[2], 5, checkpoint=path)[0], D, rtol=1e-4,
                                atol=1e-4)


def test_clustering (faiss, data):
    from faiss.contrib import clustering
    x = data[0]
    centroids, stats = clustering.kmeans (12, clustering.DatasetAssign (x), niter=10, verbose=False,
                                          return_stats=True)
    km = faiss.Kmeans (24, 12, niter=10)
    km.train (x)
    assert stats[-1]["obj"] < 1.3 * km.obj[-1] and stats[-1]["obj"] <= stats[0]["obj"]
    two, stats = clustering.two_level_clustering (x, 4, 16)
    assert two.shape == (16, 24)
    assert faiss.knn (x, two, 1)[0].sum () < 2 * km.obj[-1]
    index = faiss.index_factory (24, "IVF16,Flat")
    clustering.train_ivf_index_with_2level (index, x)
    assert index.is_trained and index.quantizer.ntotal == 16
    assign = clustering.balanced_assignment_with_penalties (x, centroids)
    assert clustering.imbalance_factor (12, assign) <= clustering.imbalance_factor (
        12, faiss.knn (x, centroids, 1)[1].ravel ())


def test_sparse (faiss, rng):
    sparse = pytest.importorskip ("scipy.sparse")
    from faiss.contrib import clustering
    x = rng.random ((200, 30), "float32") * (rng.random ((200, 30)) < .2)
    I, D = clustering.sparse_assign_to_dense_blocks (sparse.csr_matrix (x), x[:9].copy (), qbs=50,
                                                     bbs=4)
    D2, I2 = faiss.knn (x, x[:9], 1)
    np.testing.assert_allclose (D, D2.ravel (), atol=1e-4)


def test_server (faiss, data):
    from faiss.contrib import client_server, rpc
    ports = []
    for part in range (2):
        index = faiss.IndexIDMap (faiss.IndexFlatL2 (24))
        index.add_with_ids (data[1][part::2], np.arange (1000)[part::2])
        with socket.socket () as s:
            s.bind (("localhost", 0))
            ports.append (("localhost", s.getsockname ()[1]))
        threading.Thread (target=client_server.run_index_server, args=(index, ports[-1][1]),
                          daemon=True).start ()
    for attempt in range (50):
        try:
            client = client_server.ClientIndex (ports)
            break
        except ConnectionRefusedError:
            time.sleep (.05)
    assert client.get_ntotal () == 1000
    D, I = client.search (data[2], 6)
    np.testing.assert_array_equal (I, faiss.knn (data[2], data[1], 6)[1])
    with pytest.raises (rpc.ServerException):
        client.sub_indexes[0].no_such_function ()
    import io
    import pickle
    with pytest.raises (pickle.UnpicklingError):
        rpc.RestrictedUnpickler (io.BytesIO (pickle.dumps (eval))).load ()
