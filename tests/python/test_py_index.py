"""The methods of Index on arrays: as upstream's where upstream answers, by properties elsewhere."""
import copy
import gc
import io
import pickle

import numpy as np
import pytest

FACTORY = ["Flat", "IVF16,Flat", "IDMap,Flat", "IDMap2,Flat", "L2norm,Flat", "IVF16,FlatDedup",
           "Flat,RFlat", "IDMap,IVF16,Flat"]


def made (faiss, data, key, metric=1):
    xt, xb, xq = data
    index = faiss.index_factory (xb.shape[1], key, metric)
    index.train (xt)
    add (index, key, xb)
    return index


def add (index, key, x):
    if "IDMap" in key:
        index.add_with_ids (x, np.arange (len (x)) + 7)
    else:
        index.add (x)


@pytest.mark.parametrize ("metric", [0, 1])
@pytest.mark.parametrize ("key", FACTORY)
def test_search_as_upstream (faiss, oracle, data, key, metric):
    if "Dedup" in key and metric == 0:
        pytest.skip ("upstream's Dedup is for L2")
    xt, xb, xq = data
    index = made (faiss, data, key, metric)
    D, I = index.search (xq, 10)
    D2, I2 = oracle ('''
        index = faiss.index_factory(xb.shape[1], key, metric)
        index.train(xt)
        if "IDMap" in key:
            index.add_with_ids(xb, np.arange(len(xb)) + 7)
        else:
            index.add(xb)
        return index.search(xq, 10)
    ''', key=key, metric=metric, xt=xt, xb=xb, xq=xq)
    assert D.dtype == np.float32 and I.dtype == np.int64 and I.shape == (37, 10)
    np.testing.assert_allclose (D, D2, rtol=1e-3, atol=1e-3)
    assert (I == I2).mean () > .99


@pytest.mark.parametrize ("key", FACTORY)
def test_serialized (faiss, oracle, data, key):
    xt, xb, xq = data
    index = made (faiss, data, key)
    D, I = index.search (xq, 5)
    array = faiss.serialize_index (index)
    for other in (faiss.deserialize_index (array), faiss.deserialize_index (array.tobytes ()),
                  pickle.loads (pickle.dumps (index)), copy.deepcopy (index),
                  faiss.clone_index (index)):
        assert isinstance (other, type (index))
        np.testing.assert_array_equal (other.search (xq, 5)[1], I)
    theirs = oracle ("return faiss.deserialize_index(array).search(xq, 5)", array=array, xq=xq)
    assert (theirs[1] == I).mean () > .99


def test_files (faiss, data, tmp_path):
    index = made (faiss, data, "IVF16,Flat")
    xq, path = data[2], str (tmp_path / "an index")
    faiss.write_index (index, path)
    D, I = index.search (xq, 3)
    np.testing.assert_array_equal (faiss.read_index (path).search (xq, 3)[1], I)
    np.testing.assert_array_equal (faiss.read_index (path, faiss.IO_FLAG_MMAP_IFC).search (xq, 3)[1],
                                   I)
    with open (path, "rb") as f:
        reader = faiss.PyCallbackIOReader (f.read, 1000)
        np.testing.assert_array_equal (faiss.read_index (reader).search (xq, 3)[1], I)
    out = io.BytesIO ()
    faiss.write_index (index, faiss.PyCallbackIOWriter (out.write))
    with open (path, "rb") as f:
        assert f.read () == out.getvalue ()
    for bad in (str (tmp_path / "none"), str (tmp_path)):
        with pytest.raises (RuntimeError):
            faiss.read_index (bad)
    with pytest.raises (ZeroDivisionError):
        faiss.read_index (faiss.PyCallbackIOReader (lambda n: 1 / 0))
    with pytest.raises (RuntimeError):
        faiss.read_index (faiss.PyCallbackIOReader (lambda n: b""))


def test_reader_bytes (faiss, tmp_path):
    path = str (tmp_path / "bytes")
    writer = faiss.FileIOWriter (path)
    assert writer.write_bytes (b"0123456789") == 10
    writer.close ()
    assert faiss.FileIOReader (path).read_bytes (20) == b"0123456789"


def test_writer_dropped (faiss, tmp_path):
    path = tmp_path / "index"
    index = faiss.IndexFlatL2 (4)
    for n in (1, 2):
        index.add (np.ones ((1, 4), "float32"))
        faiss.write_index (index, faiss.FileIOWriter (str (path)))
        assert faiss.read_index (str (path)).ntotal == n
    writer = faiss.FileIOWriter (str (path))
    with pytest.raises (TypeError):
        faiss.write_index (3, writer)
    del writer
    assert faiss.read_index (str (path)).ntotal == 2 and [*tmp_path.iterdir ()] == [path]


def test_range_search (faiss, data):
    xt, xb, xq = data
    lims, D, I = made (faiss, data, "Flat").range_search (xq, 6.0)
    true = ((xq[:, None] - xb) ** 2).sum (2)
    assert lims[-1] == len (D) == len (I) == (true < 6).sum ()
    for i in range (len (xq)):
        found = I[lims[i]:lims[i + 1]]
        assert set (found) == set (np.flatnonzero (true[i] < 6))
        np.testing.assert_allclose (D[lims[i]:lims[i + 1]], true[i, found], rtol=1e-4)


def test_outputs (faiss, data):
    index, xq = made (faiss, data, "Flat"), data[2]
    D, I = np.zeros ((37, 4), "float32"), np.zeros ((37, 4), "int64")
    D2, I2 = index.search (xq, 4, D=D, I=I)
    assert D2 is D and I2 is I
    np.testing.assert_array_equal (I, index.search (xq, 4)[1])
    np.testing.assert_array_equal (I, index.assign (xq, 4))
    D3, I3, R = index.search_and_reconstruct (xq, 4)
    np.testing.assert_array_equal (R, data[1][I3])


def test_reconstruct (faiss, data):
    index, xb = made (faiss, data, "Flat"), data[1]
    np.testing.assert_array_equal (index.reconstruct (7), xb[7])
    np.testing.assert_array_equal (index.reconstruct_n (), xb)
    np.testing.assert_array_equal (index.reconstruct_n (10, 5), xb[10:15])
    np.testing.assert_array_equal (index.reconstruct_batch ([3, 1, 999]), xb[[3, 1, 999]])
    with pytest.raises (RuntimeError):
        index.reconstruct (1000)


def test_codes (faiss, data):
    index, xb = made (faiss, data, "IVF16,Flat"), data[1]
    codes = index.sa_encode (xb[:50])
    assert codes.shape == (50, index.sa_code_size ())
    np.testing.assert_allclose (index.sa_decode (codes), xb[:50], atol=1e-5)
    empty = faiss.clone_index (index)
    empty.reset ()
    empty.add_sa_codes (codes, np.arange (100, 150))
    assert empty.ntotal == 50 and empty.search (xb[3:4], 1)[1][0, 0] == 103


def test_remove (faiss, data):
    for ids in (np.arange (10), [3, 4, 5], faiss.IDSelectorRange (20, 40)):
        index = made (faiss, data, "IVF16,Flat")
        n = index.remove_ids (ids)
        assert n == (20 if not hasattr (ids, "__len__") else len (ids)) == 1000 - index.ntotal


def test_selectors (faiss, data):
    xt, xb, xq = data
    allowed = np.arange (0, 1000, 3)
    bitmap = np.zeros (125, "uint8")
    np.bitwise_or.at (bitmap, allowed >> 3, (1 << (allowed & 7)).astype ("uint8"))
    for key in ("Flat", "IVF16,Flat"):
        index = made (faiss, data, key)
        results = []
        for sel in (faiss.IDSelectorBatch (allowed), faiss.IDSelectorArray (allowed),
                    faiss.IDSelectorBitmap (bitmap),
                    faiss.IDSelectorNot (faiss.IDSelectorBatch (np.setdiff1d (np.arange (1000),
                                                                              allowed))),
                    faiss.IDSelectorAnd (faiss.IDSelectorAll (), faiss.IDSelectorBatch (allowed)),
                    faiss.PyCallbackIDSelector (lambda i: i % 3 == 0)):
            gc.collect ()
            params = faiss.SearchParametersIVF (sel=sel, nprobe=16) if "IVF" in key else \
                faiss.SearchParameters (sel=sel)
            del sel
            gc.collect ()
            results.append (index.search (xq, 5, params=params)[1])
            assert (results[-1] % 3 == 0).all ()
            np.testing.assert_array_equal (results[-1], results[0])


def test_ivf (faiss, oracle, data):
    xt, xb, xq = data
    index = made (faiss, data, "IVF16,Flat")
    index.nprobe = 4
    D, I = index.search (xq, 5)
    Dq, Iq = index.quantizer.search (xq, 4)
    D2, I2 = index.search_preassigned (xq, 5, Iq, Dq)
    np.testing.assert_array_equal (I, I2)
    lims, D3, I3 = index.range_search_preassigned (xq, 5., Iq, Dq)
    lims4, D4, I4 = index.range_search (xq, 5.)
    np.testing.assert_array_equal (lims, lims4)
    D5, I5, codes = index.search_and_return_codes (xq, 5)
    np.testing.assert_array_equal (codes.view ("float32"), xb[I5])
    D6, I6 = faiss.search_with_parameters (index, xq, 5, faiss.SearchParametersIVF (nprobe=4))
    np.testing.assert_array_equal (I, I6)
    assert isinstance (index, faiss.Level1Quantizer) and isinstance (index, faiss.IndexIVFInterface)
    stats = faiss.cvar.indexIVF_stats
    stats.reset ()
    index.search (xq, 5)
    assert stats.nq == len (xq) and stats.nlist == 4 * len (xq)
    index.make_direct_map ()
    np.testing.assert_array_equal (index.reconstruct (12), xb[12])
    index.update_vectors ([12], xb[:1])
    np.testing.assert_array_equal (index.reconstruct (12), xb[0])


def test_transform (faiss, data):
    xt, xb, xq = data
    vt = faiss.LinearTransform (24, 3, True)
    A, b = np.eye (24, dtype="float32")[:3] * 2, np.arange (3).astype ("float32")
    faiss.copy_array_to_vector (A.ravel (), vt.A)
    faiss.copy_array_to_vector (b, vt.b)
    vt.is_trained = True
    np.testing.assert_allclose (vt.apply (xq), xq @ A.T + b, rtol=1e-5, atol=1e-5)
    index = faiss.IndexPreTransform (vt, faiss.IndexFlatL2 (3))
    del vt
    gc.collect ()
    index.add (xb)
    assert index.search (xb[:1], 1)[1][0, 0] == 0
    centering = faiss.CenteringTransform (24)
    centering.train (xb)
    np.testing.assert_allclose (centering.reverse_transform (centering.apply (xq)), xq, atol=1e-5)


def test_repr (faiss, data):
    text = repr (made (faiss, data, "IVF16,Flat"))
    for part in ("IndexIVFFlat", "d=24", "ntotal=1000", "L2", "IVF16,Flat"):
        assert part in text


def test_merge (faiss, data):
    a, b = made (faiss, data, "Flat"), made (faiss, data, "Flat")
    a.merge_from (b)
    assert a.ntotal == 2000 and b.ntotal == 0
    a.merge_from (otherIndex=made (faiss, data, "Flat"), add_id=0)
    assert a.ntotal == 3000


def test_vectors_written_in_place (faiss):
    """What a program writes through index.codes is found, also where searches keep filter codes."""
    x = np.random.RandomState (7).rand (20000, 64).astype ("f4")
    index = faiss.IndexFlatL2 (64)
    index.add (x)
    for i in range (15):
        index.search (x[i:i + 1], 3)
    assert index.filter_codes_size () > 0
    rows = faiss.rev_swig_ptr (index.codes.data (), x.nbytes).view ("float32").reshape (x.shape)
    rows[4321] = -5
    D, I = index.search (np.full ((1, 64), -5, "float32"), 1)
    assert I[0, 0] == 4321 and D[0, 0] == 0


def test_files (faiss, data, tmp_path):
    """Names of any kind, and Python's files; what follows an index in a file stays to be read."""
    index = faiss.IndexFlatL2 (24)
    index.add (data[1])
    pca = faiss.PCAMatrix (24, 5)
    pca.train (data[1])
    for name in (tmp_path / "an index", str (tmp_path / "b"), bytes (tmp_path / "c")):
        faiss.write_index (index, name)
        assert faiss.read_index (name).ntotal == faiss.read_index (name, faiss.IO_FLAG_READ_ONLY).ntotal == index.ntotal
        faiss.write_VectorTransform (pca, name)
        assert faiss.read_VectorTransform (name).d_out == 5
    with open (tmp_path / "both", "wb") as f:
        faiss.write_index (index, f)
        faiss.write_VectorTransform (pca, f)
        f.write (b"more")
    for f in (open (tmp_path / "both", "rb"), io.BytesIO ((tmp_path / "both").read_bytes ())):
        with f:
            assert faiss.read_index (f).ntotal == index.ntotal
            assert faiss.read_VectorTransform (f).d_in == 24
            assert f.read () == b"more"
    with pytest.raises (ValueError, match="UTF-8"):
        faiss.read_index (b"/tmp/\xff\xfe")
    with pytest.raises (TypeError), open (tmp_path / "text", "w") as f:
        faiss.write_index (index, f)
    with pytest.raises (TypeError):
        faiss.read_index (3)
