"""Odd and wrong input: an exception with a message, the process alive, the index unchanged."""
import pickle

import numpy as np
import pytest

BAD = [
    "index.reconstruct_n (-1, 5)", "index.reconstruct_n (0, 5000)", "index.reconstruct (-1)",
    "index.reconstruct_batch ([5000])", "index.search (xq, -1)", "index.search (xq, 2**62)",
    "index.search_c (1, None, 5, None, None)", "index.add_c (-1, faiss.swig_ptr (xq))",
    "index.add_c (3, None)", "index.train_c (2**62, faiss.swig_ptr (xq))",
    "index.permute_entries (np.full (1000, 77))", "index.permute_entries ([1, 2])",
    "index.merge_from (index)", "index.merge_from (None)", "index.remove_ids_c (None)",
    "index.remove_ids ('text')", "index.codes.at (10**9)", "index.codes.at (-1)",
    "index.range_search (xq, 'near')", "index.search (xq, 5, params=3)",
    "index.search (xq, 5, params=faiss.IDSelectorAll ())", "index.search ({}, 5)",
    "ivf.search_preassigned (xq, 5, np.full ((37, 1), 99), None)",
    "ivf.search_preassigned (xq, 5, np.zeros ((3, 1), int), None)",
    "ivf.update_vectors ([5000], xq[:1])",
    "faiss.extract_index_ivf (index)", "faiss.IndexIVFFlat (None, 24, 8).train (xq)",
    "faiss.IndexIVFFlat (faiss.IndexFlatL2 (5), 24, 8)", "faiss.IndexPreTransform (None)",
    "faiss.IndexIDMap (None)", "faiss.IndexFlatL2 (2**40)", "faiss.index_factory (-3, 'Flat')",
    "faiss.index_factory (24, None)", "faiss.index_factory (24, 'IVF99999999999999999999,Flat')",
    "faiss.read_index ('no\\0thing')", "faiss.read_index (b'\\xff\\xfe')", "faiss.read_index ('')",
    "faiss.read_index (None)", "faiss.write_index (index, '/nowhere/at/all')",
    "faiss.write_index (None, '/tmp/nothing')", "faiss.deserialize_index (b'')",
    "faiss.deserialize_index (np.zeros (100, 'uint8'))", "faiss.deserialize_index (xq)",
    "faiss.rev_swig_ptr (None, 5)", "faiss.rev_swig_ptr (index, 5)",
    "faiss.vector_to_array (index)", "faiss.copy_array_to_vector (xq, index.codes)",
    "faiss.copy_array_to_vector (xq[0], index.codes)", "faiss.Kmeans (24, 50).train (xq)",
    "faiss.Kmeans (24, 5, nonsense=3)", "faiss.Kmeans (24, 5).assign (xq)",
    "faiss.Kmeans (24, 5).train (np.full ((50, 24), np.nan))", "faiss.knn (xq, xq[:, :5], 3)",
    "faiss.knn (xq, xq, 3, 77)", "faiss.normalize_L2 (xq[:, ::2])",
    "faiss.IndexFlatL2.__new__ (faiss.IndexFlatL2).d",
    "faiss.IndexFlatL2.__new__ (faiss.IndexFlatL2).add (xq)",
    "faiss.IndexFlatL2.__new__ (faiss.IndexFlatL2).__setstate__ ({'this': b'IxF2'})",
    "faiss.IndexIVFFlat.__new__ (faiss.IndexIVFFlat).__setstate__ (index.__getstate__ ())",
    "faiss.SIMDConfig.set_level (faiss.SIMDLevel_ARM_SVE)", "faiss.SIMDConfig.set_level (99)",
    "faiss.ParameterSpace ().set_index_parameter (index, 'nprobe', 3)",
    "faiss.ParameterSpace ().set_index_parameters (index, 'nprobe')",
    "faiss.OneRecallAtRCriterion (37, 1).evaluate (None, np.zeros ((37, 1), int))",
    "faiss.RangeSearchResult (-5)", "faiss.IDSelectorBatch ([[1, 2]])",
    "faiss.IDSelectorBatch (['a'])", "faiss.IDSelectorNot ().is_member (3)",
    "faiss.PyCallbackIOReader (3).read_bytes (3)",
    "faiss.write_index (index, 'a\\0b')", "faiss.index_factory (24, 'Fl\\0at')",
    "faiss.knn_L2sqr (None, faiss.swig_ptr (xq), 24, 1, 1, 1, None, None)",
    "faiss.fvec_L2sqr (faiss.swig_ptr (xq), None, 24)", "faiss.float_rand (None, 5, 1)",
    "faiss.memcpy (None, faiss.swig_ptr (xq), 8)", "faiss.Float32Vector ().assign (None, 3)",
    "faiss.Float32Vector ().append (None, 3)", "ivf.encode_listno (2, None)", "ivf.decode_listno (None)",
    "ivf.direct_map.copy (None)", "index.get_distance_computer () (3)", "ivf.get_InvertedListScanner ().set_list (1, 0.)",
    "index.get_distance_computer ().symmetric_dis (-5, 2)", "faiss.RandomGenerator ().rand_int_max (0)",
    "faiss.pairwise_L2sqr (-1, 2, faiss.swig_ptr (xq), 2, faiss.swig_ptr (xq), faiss.swig_ptr (xq))",
    "setattr (ivf, 'quantizer', ivf)", "faiss.MatrixStats (None)", "faiss.CodeSet (3).insert (xq)",
    "ivf.search_preassigned (xq, 5, np.full ((37, 1), 2.5), None)", "faiss.MapInt64ToInt64 (-1)",
    "ivf.search_preassigned (xq, 5, np.full ((37, 1), np.nan), None)", "faiss.unpack_bitstrings (xq, 2**40, 3)",
    "setattr (ivf, 'cp', None)", "setattr (ivf, 'direct_map', None)", "setattr (index, 'codes', None)",
    "setattr (faiss.IndexPQ (24, 4, 4), 'pq', None)", "setattr (faiss.IndexHNSWFlat (24, 4), 'hnsw', None)",
]


@pytest.mark.parametrize ("code", BAD)
def test_bad (faiss, data, code):
    names = {"faiss": faiss, "np": np, "xq": data[2].copy ()}
    index = names["index"] = faiss.IndexFlatL2 (24)
    index.add (data[1])
    ivf = names["ivf"] = faiss.index_factory (24, "IVF8,Flat")
    ivf.train (data[0])
    ivf.add (data[1])
    before = [faiss.serialize_index (i).tobytes () for i in (index, ivf)]
    with pytest.raises (Exception) as error:
        eval (code, names)
    assert str (error.value) and not isinstance (error.value, SystemError)
    assert before == [faiss.serialize_index (i).tobytes () for i in (index, ivf)]


def test_odd (faiss, data):
    index = faiss.IndexFlatL2 (24)
    index.add (data[1][:5])
    D, I = index.search (data[2], 9)
    assert (I[:, 5:] == -1).all ()
    assert index.remove_ids (np.array ([], "int64")) == 0
    assert index.remove_ids ([77, -3]) == 0
    path = "/tmp/" + "\u00e4" * 3 + ".index"
    faiss.write_index (index, path)
    assert faiss.read_index (path).ntotal == 5
    assert pickle.loads (pickle.dumps (faiss.IndexFlatL2 (3))).ntotal == 0
