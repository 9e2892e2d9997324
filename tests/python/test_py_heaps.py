"""Heaps in arrays of the caller's, codes in blocks, what quantizers have beside."""
import numpy as np
import pytest


def heaps (faiss, the_class, nh, k):
    heap, values, ids = the_class (), np.empty ((nh, k), np.float32), np.empty ((nh, k), np.int64)
    heap.nh, heap.k = nh, k
    heap.val, heap.ids = faiss.swig_ptr (values), faiss.swig_ptr (ids)
    heap.arrays_of_caller = values, ids
    return heap


@pytest.mark.parametrize ("name, sign", [("float_maxheap_array_t", 1), ("float_minheap_array_t", -1)])
def test_heaps_keep_the_best_of_all_batches (faiss, name, sign):
    rng, the_class = np.random.default_rng (5), getattr (faiss, name)
    heap = heaps (faiss, the_class, 3, 7)
    heap.heapify ()
    x = np.round (rng.random ((3, 40)) * 20).astype (np.float32)
    first, rest = np.ascontiguousarray (x[:, :11]), np.ascontiguousarray (x[:, 11:])
    ids = np.tile (np.arange (11, 40), (3, 1))
    heap.addn (11, faiss.swig_ptr (first))
    heap.addn_with_ids (29, faiss.swig_ptr (rest), faiss.swig_ptr (ids), 29)
    heap.reorder ()
    values, labels = heap.arrays_of_caller
    np.testing.assert_array_equal (values, sign * np.sort (sign * x, axis=1)[:, :7])
    np.testing.assert_array_equal (values, np.take_along_axis (x, labels, axis=1))
    worst, at = np.empty (3, np.float32), np.empty (3, np.int64)
    heap.per_line_extrema (faiss.swig_ptr (worst), faiss.swig_ptr (at))
    np.testing.assert_array_equal (worst, values[:, -1])
    np.testing.assert_array_equal (worst, x[np.arange (3), at])
    np.testing.assert_array_equal (faiss.rev_swig_ptr (heap.get_val (1), 7), values[1])


def test_a_heap_that_got_little_says_so (faiss):
    heap = heaps (faiss, faiss.float_minheap_array_t, 2, 3)
    heap.heapify ()
    subset, x = np.array ([1]), np.array ([[2, np.nan]], np.float32)
    heap.addn_query_subset_with_ids (1, faiss.swig_ptr (subset), 2, faiss.swig_ptr (x))
    heap.reorder ()
    values, labels = heap.arrays_of_caller
    np.testing.assert_array_equal (labels, [[-1, -1, -1], [0, -1, -1]])
    assert values[1, 0] == 2 and values[0, 0] < -1e38


def test_product_quantizers_search_into_heaps (faiss):
    x = np.random.default_rng (1).standard_normal ((400, 8)).astype (np.float32)
    pq = faiss.ProductQuantizer (8, 4, 4)
    pq.train (x)
    codes = pq.compute_codes (x)
    pq.compute_sdc_table ()
    decoded = pq.decode (codes)
    distances = ((x[:5, None] - decoded) ** 2).sum (axis=2)
    symmetric = ((decoded[:5, None] - decoded) ** 2).sum (axis=2)
    for search, the_class, queries, expected in (
            (pq.search, faiss.float_maxheap_array_t, x, np.sort (distances)),
            (pq.search_ip, faiss.float_minheap_array_t, x, -np.sort (-x[:5] @ decoded.T)),
            (pq.search_sdc, faiss.float_maxheap_array_t, codes, np.sort (symmetric))):
        heap = heaps (faiss, the_class, 5, 6)
        search (faiss.swig_ptr (queries), 5, faiss.swig_ptr (codes), 400, heap)
        np.testing.assert_allclose (heap.arrays_of_caller[0], expected[:, :6], rtol=1e-4, atol=1e-4)
    with pytest.raises (faiss.ArgumentError, match="expected 4 heaps, got 5"):
        pq.search (faiss.swig_ptr (x), 4, faiss.swig_ptr (codes), 400, heap)
    with pytest.raises (faiss.ArgumentError, match="minheap"):
        pq.search_ip (faiss.swig_ptr (x), 5, faiss.swig_ptr (codes), 400, heap)


def test_code_packers (faiss):
    index = faiss.index_factory (8, "IVF4,PQ4np")
    packer = index.get_CodePacker ()
    assert (packer.code_size, packer.nvec, packer.block_size) == (4, 1, 4)
    assert faiss.IndexFlatL2 (3).get_CodePacker ().code_size == 12
    block, code = np.zeros ((1, 4), np.uint8), np.arange (4, dtype=np.uint8)
    packer.pack_1 (code, 0, block)
    np.testing.assert_array_equal (packer.clone ().unpack_1 (block, 0), code)
    with pytest.raises (faiss.ArgumentError, match="offset: expected 0 .. 0, got 1"):
        packer.unpack_1 (block, 1)


def test_single_vectors_and_timers (faiss):
    x = np.random.default_rng (2).standard_normal ((50, 6)).astype (np.float32)
    sq = faiss.ScalarQuantizer (6, faiss.ScalarQuantizer.QT_8bit)
    sq.train (x)
    one, code, decoded = sq.select_quantizer (), np.zeros (sq.code_size, np.uint8), np.empty (6, np.float32)
    one.encode_vector (faiss.swig_ptr (x), faiss.swig_ptr (code))
    one.decode_vector (faiss.swig_ptr (code), faiss.swig_ptr (decoded))
    np.testing.assert_array_equal (code, sq.compute_codes (x[:1])[0])
    np.testing.assert_array_equal (decoded, sq.decode (code[None])[0])
    timer = faiss.LSQTimer ()
    timer.add ("a", 1.5)
    scope = faiss.LSQTimerScope (timer, "a")
    scope.finish ()
    seconds = timer.get ("a")
    scope.finish ()
    assert seconds >= 1.5 and timer.get ("a") == seconds and timer.get ("b") == 0
    timer.reset ()
    assert timer.get ("a") == 0


def test_distance_computers_are_called (faiss):
    index = faiss.IndexScalarQuantizer (4, faiss.ScalarQuantizer.QT_fp16)
    index.add (np.eye (4, dtype=np.float32))
    computer, query = index.get_distance_computer (), np.zeros (4, np.float32)
    computer.set_query (faiss.swig_ptr (query))
    assert computer (2) == 1 and computer.symmetric_dis (0, 1) == 2
