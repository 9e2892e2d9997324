"""Functions of the module, mostly against upstream's."""
import numpy as np
import pytest


@pytest.mark.parametrize ("call", ["rand(100)", "rand((5, 7), 3)", "randn(101)", "randn((4, 5), 77)",
                                   "randint(50)", "randint(50, 7, 1000)", "lrand(20, 5)"])
def test_random (faiss, oracle, call):
    np.testing.assert_array_equal (eval ("faiss." + call), oracle (f"return faiss.{call}"))


def test_smooth (faiss, oracle):
    np.testing.assert_allclose (faiss.rand_smooth_vectors (20, 6),
                                oracle ("return faiss.rand_smooth_vectors(20, 6)"), atol=1e-5)


@pytest.mark.parametrize ("metric", [0, 1, 2, 3, 4, 20, 21, 22])
def test_knn (faiss, oracle, rng, metric):
    xb, xq = rng.random ((300, 16), "float32"), rng.random ((11, 16), "float32")
    D, I = faiss.knn (xq, xb, 7, metric, 1.5)
    P = faiss.pairwise_distances (xq, xb, metric, 1.5)
    D2, I2, P2 = oracle ('''
        return *faiss.knn(xq, xb, 7, metric, 1.5), faiss.pairwise_distances(xq, xb, metric, 1.5)
    ''', xb=xb, xq=xq, metric=metric)
    np.testing.assert_allclose (D, D2, rtol=1e-4, atol=1e-4)
    assert (I == I2).mean () > .98
    np.testing.assert_allclose (P, P2, rtol=1e-3, atol=1e-4)


def test_kmin_kmax (faiss, oracle, rng):
    array = rng.random ((6, 50), "float32")
    for name in ("kmin", "kmax"):
        D, I = getattr (faiss, name) (array, 5)
        D2, I2 = oracle (f"return faiss.{name}(array, 5)", array=array)
        np.testing.assert_array_equal (D, D2)
        np.testing.assert_array_equal (I, I2)


def test_normalize (faiss, rng):
    x = rng.random ((20, 9), "float32")
    y = x.copy ()
    faiss.normalize_L2 (y)
    np.testing.assert_allclose (y, x / np.linalg.norm (x, axis=1)[:, None], rtol=1e-5)
    with pytest.raises (ValueError):
        faiss.normalize_L2 (x.astype ("float64"))


def test_checksums (faiss, oracle, rng):
    for a in (rng.integers (0, 255, 1000).astype ("uint8"), rng.random ((7, 8), "float32"),
              rng.random (5), np.arange (9), rng.random (5).astype ("float16"),
              np.zeros (0, "int64")):
        np.testing.assert_array_equal (faiss.checksum (a),
                                       oracle ("return faiss.checksum(a)", a=a))


@pytest.mark.parametrize ("nbit", [1, 5, 8, 12])
def test_bitstrings (faiss, oracle, rng, nbit):
    a = rng.integers (0, 1 << nbit, (10, 7)).astype ("int32")
    packed = faiss.pack_bitstrings (a, nbit)
    np.testing.assert_array_equal (packed, oracle ("return faiss.pack_bitstrings(a, nbit)", a=a,
                                                   nbit=nbit))
    np.testing.assert_array_equal (faiss.unpack_bitstrings (packed, 7, nbit), a)
    widths = [3, nbit, 4, nbit, 5, 5, nbit]
    a = np.stack ([rng.integers (0, 1 << w, 10) for w in widths], 1).astype ("int32")
    np.testing.assert_array_equal (
        faiss.unpack_bitstrings (faiss.pack_bitstrings (a, widths), widths), a)


def test_intersection (faiss, rng):
    I1, I2 = rng.integers (0, 30, (8, 10)), rng.integers (0, 30, (8, 10))
    assert faiss.eval_intersection (I1, I2) == sum (len ({*a} & {*b}) for a, b in zip (I1, I2))


def test_heap_and_merge (faiss, rng):
    D = rng.random ((9, 100), "float32")
    I = np.tile (np.arange (100), (9, 1))
    for keep_max in (False, True):
        heap = faiss.ResultHeap (9, 12, keep_max=keep_max)
        for i in range (0, 100, 25):
            heap.add_result (D[:, i:i + 25], I[:, i:i + 25])
        heap.finalize ()
        order = np.argsort (-D if keep_max else D, axis=1)[:, :12]
        np.testing.assert_array_equal (heap.I, order)
        parts = [np.argsort (-p if keep_max else p, axis=1)[:, :12] for p in np.split (D, 4, axis=1)]
        Dall = np.stack ([np.take_along_axis (p, o, 1) for p, o in zip (np.split (D, 4, 1), parts)])
        Iall = np.stack ([o + 25 * i for i, o in enumerate (parts)])
        D2, I2 = faiss.merge_knn_results (Dall, Iall, keep_max=keep_max)
        np.testing.assert_array_equal (I2, order)


def test_kmeans (faiss, oracle, data):
    x = data[0]
    for arguments in ({}, {"spherical": True, "niter": 5}, {"nredo": 2, "niter": 4, "seed": 7}):
        km = faiss.Kmeans (24, 12, **arguments)
        objective = km.train (x)
        centroids, obj = oracle ('''
            km = faiss.Kmeans(24, 12, **arguments)
            km.train(x)
            return km.centroids, km.obj
        ''', x=x, arguments=arguments)
        np.testing.assert_allclose (km.centroids, centroids, rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose (km.obj, obj, rtol=1e-3)
        assert objective == km.obj[-1] and len (km.iteration_stats) == len (km.obj)
        D, I = km.assign (x)
        assert D.shape == I.shape == (1500,)


def test_vectors (faiss, rng):
    for name, dtype in [("Float32", "float32"), ("Float64", "float64"), ("Int8", "int8"),
                        ("Int16", "int16"), ("Int32", "int32"), ("Int64", "int64"),
                        ("UInt8", "uint8"), ("UInt16", "uint16"), ("UInt32", "uint32"),
                        ("UInt64", "uint64")]:
        v = getattr (faiss, name + "Vector") ()
        a = (rng.random (50) * 100).astype (dtype)
        faiss.copy_array_to_vector (a, v)
        np.testing.assert_array_equal (faiss.vector_to_array (v), a)
        assert v.size () == 50 and v.at (7) == a[7]
        np.testing.assert_array_equal (faiss.rev_swig_ptr (v.data (), 50), a)
        v.push_back (3)
        assert v.size () == 51
        with pytest.raises (RuntimeError):
            v.at (51)
    with pytest.warns (DeprecationWarning):
        assert isinstance (faiss.FloatVector (), faiss.Float32Vector)


def test_pointers (faiss):
    a = np.arange (10, dtype="float32")
    b = np.zeros (10, "float32")
    faiss.memcpy (faiss.swig_ptr (b), faiss.swig_ptr (a), a.nbytes)
    np.testing.assert_array_equal (a, b)
    pointer = faiss.cast_integer_to_float_ptr (a.ctypes.data)
    np.testing.assert_array_equal (faiss.rev_swig_ptr (pointer, 10), a)
    for bad in (a[::2], None, "text", np.zeros (3, complex)):
        with pytest.raises ((ValueError, TypeError)):
            faiss.swig_ptr (bad)


def test_maps_and_sorting (faiss, oracle, rng):
    m = faiss.MapLong2Long ()
    keys, vals = rng.permutation (1000)[:100], rng.integers (0, 1000, 100)
    m.add (keys, vals)
    np.testing.assert_array_equal (m.search_multiple (keys), vals)
    assert m.search (5000) == -1
    tab = rng.integers (0, 20, 300)
    lims, perm = faiss.bucket_sort (tab)
    for v in range (20):
        assert (tab[perm[lims[v]:lims[v + 1]]] == v).all ()
    tab = rng.integers (0, 20, (50, 6)).astype ("int32")
    lims2, tab2 = oracle ("t = tab.copy(); lims = faiss.matrix_bucket_sort_inplace(t); return lims, t",
                          tab=tab)
    lims = faiss.matrix_bucket_sort_inplace (tab)
    np.testing.assert_array_equal (lims, lims2)
    for begin, end in zip (lims, lims[1:]):  # in any order
        np.testing.assert_array_equal (sorted (tab.ravel ()[begin:end]),
                                       sorted (tab2.ravel ()[begin:end]))


def test_knn_hamming (faiss, oracle, rng):
    xb, xq = (rng.integers (0, 256, (n, 8)).astype ("uint8") for n in (100, 5))
    D, I = faiss.knn_hamming (xq, xb, 6)
    D2, I2 = oracle ("return faiss.knn_hamming(xq, xb, 6)", xb=xb, xq=xq)
    np.testing.assert_array_equal (D, D2)


def test_autotune (faiss, data):
    xt, xb, xq = data
    index = faiss.index_factory (24, "IVF16,Flat")
    index.train (xt)
    index.add (xb)
    D, I = faiss.knn (xq, xb, 1)
    criterion = faiss.OneRecallAtRCriterion (len (xq), 1)
    criterion.set_groundtruth (None, I)
    criterion.nnn = 1
    space = faiss.ParameterSpace ()
    space.verbose = 0
    space.initialize (index)
    assert space.n_combinations () > 2
    assert "nprobe=" in space.combination_name (1)
    added = space.add_range ("mine")
    assert added.name == "mine"
    assert space.parameter_ranges.at (0).name == "nprobe"
    space = faiss.ParameterSpace ()
    space.verbose = 0
    space.initialize (index)
    points = space.explore (index, xq, criterion)
    best = [points.optimal_pts.at (i) for i in range (points.optimal_pts.size ())]
    assert best[-1].perf == 1.0 and isinstance (best[-1].key, str)
    space.set_index_parameters (index, "nprobe=7")
    assert index.nprobe == 7
    space.set_index_parameter (index, "nprobe", 3)
    assert index.nprobe == 3
    space.set_index_parameters (index, 0)
    assert points.add (2.0, 1e-9, "better", 3) is not None
    points = faiss.OperatingPoints ()
    assert points.add (.5, 1., "a") and not points.add (.4, 2., "b")


def test_levels (faiss, data):
    before = faiss.SIMDConfig.get_level ()
    assert faiss.SIMDConfig.is_simd_level_available (faiss.SIMDLevel_NONE)
    try:
        faiss.SIMDConfig.set_level (faiss.SIMDLevel_NONE)
        assert faiss.SIMDConfig.get_level_name () == "NONE"
    finally:
        faiss.SIMDConfig.set_level (before)
    assert faiss.cvar.distance_compute_min_k_reservoir == 100
    faiss.cvar.distance_compute_min_k_reservoir = 50
    assert faiss.cvar.distance_compute_min_k_reservoir == 50
    faiss.cvar.distance_compute_min_k_reservoir = 100
    assert faiss.get_version () == faiss.__version__ == "1.15.1"
    assert "OPTIMIZE" in faiss.get_compile_options ()
    n = faiss.omp_get_max_threads ()
    faiss.omp_set_num_threads (1)
    assert faiss.omp_get_max_threads () == 1
    faiss.omp_set_num_threads (n)


def test_tensors (faiss):
    """Tensors of arrays, and results that are True or False."""
    x = np.arange (12).reshape (3, 4)
    for the_class in (faiss.Tensor2D, faiss.Int32Tensor2D):
        np.testing.assert_array_equal (the_class (x).numpy (), x)
        with pytest.raises (ValueError):
            the_class (x[0])
    assert faiss.IDSelectorRange (1, 3).is_member (2) is True
    criterion = faiss.OneRecallAtRCriterion (3, 1)
    criterion.set_groundtruth (None, x[:, :1])
    D, I = np.zeros ((3, 1), "f4"), x[:, :1].copy ()
    assert criterion.evaluate (D, I) == criterion.evaluate (faiss.swig_ptr (D), faiss.swig_ptr (I)) == 1
