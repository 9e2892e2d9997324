"""rare_functions.py and what it adds to classes, beside the oracle."""
import numpy as np

PROGRAM = '''
x = x.copy ()
P = faiss.swig_ptr
four = lambda: [np.zeros (1, "float32") for _ in range (4)]
out = []
ix = faiss.IndexFlatL2 (8)
ix.add (x)
dc = ix.get_distance_computer ()
dc.set_query (P (x[7]))
found = four ()
dc.distances_batch_4 (0, 1, 2, 3, *map (P, found))
out.append (np.concatenate (found))
fc = ix.get_FlatCodesDistanceComputer ()
fc.set_query (P (x[7]))
codes = [x[i].view ("uint8") for i in range (4)]
found = four ()
fc.distance_to_code_batch_4 (*map (P, codes), *map (P, found))
out.append (np.concatenate (found))
found = four ()
fc.partial_dot_product_batch_4 (0, 1, 2, 3, *map (P, found), 2, 5)
out.append (np.concatenate (found))
out.append (np.array ([fc.distance_to_code (P (codes[3])), fc.partial_dot_product (5, 0, 4)]))
base = ix.get_distance_computer ()
base.this.disown ()
negative = faiss.NegativeDistanceComputer (base)
negative.set_query (P (x[7]))
out.append (np.array ([negative (3), negative.symmetric_dis (0, 1)]))
extra = faiss.get_extra_distance_computer (8, faiss.METRIC_L1, 0., P (x))
extra.set_query (P (x[7]))
out.append (np.array ([extra (3), extra.symmetric_dis (0, 1)]))
table = np.zeros (32, "int64")
faiss.hashtable_int64_to_int64_init (4, P (table))
keys, vals, asked, answers = (np.array (a, "int64") for a in ([5, 7, -3], [1, 2, 3], [7, 8, 5, -3], [0] * 4))
faiss.hashtable_int64_to_int64_add (4, P (table), 3, P (keys), P (vals))
faiss.hashtable_int64_to_int64_lookup (4, P (table), 4, P (asked), P (answers))
out.append (answers)
cent = x[:16].copy ()
residuals = x[20:32].reshape (6, 2, 8).copy ()
known = np.arange (24, dtype="int32").reshape (6, 2, 2) % 7
for mode in ("step", "tab"):
    new_codes, new_dis = np.zeros ((6, 5, 3), "int32"), np.zeros ((6, 5), "float32")
    if mode == "step":
        new_residuals = np.zeros ((6, 5, 8), "float32")
        faiss.beam_search_encode_step (8, 16, P (cent), 6, 2, P (residuals), 2, P (known), 5, P (new_codes),
                                       P (new_residuals), P (new_dis))
        out.append (new_residuals)
    else:
        r = np.random.RandomState (3)
        cross = r.rand (14, 16).astype ("float32")
        qcp, norms, dis = r.rand (6, 16).astype ("float32"), r.rand (16).astype ("float32"), r.rand (6, 2).astype ("float32")
        offsets = np.array ([0, 7], "uint64")
        faiss.beam_search_encode_step_tab (16, 6, 2, P (cross), 16, P (offsets), P (qcp), 16, P (norms), 2, P (known),
                                           P (dis), 5, P (new_codes), P (new_dis))
    out += [new_codes, new_dis]
n = np.array ([300], "uint64")
kept = faiss.fvecs_maybe_subsample (8, P (n), 100, P (x))
out += [n, faiss.rev_swig_ptr (kept, 800).copy ()]
before = faiss.get_deserialization_lattice_r2_limit ()
out.append (np.array ([before]))
v = faiss.Float32VectorVector ()
w = faiss.Float32Vector ()
w.push_back (3.)
v.push_back (w)
v.resize (3)
out.append (np.array ([v.size (), v.at (0).at (0), v.at (2).size ()]))
pq = faiss.ProductQuantizer (8, 2, 4)
faiss.copy_array_to_vector (np.arange (128, dtype="float32"), pq.centroids)
clone = faiss.clone_Quantizer (pq)
out.append (faiss.vector_to_array (clone.centroids))
sel = faiss.IDSelectorRange (2, 5)
dispatch = faiss.IDSelectorContextDispatch (sel, False)
out.append (np.array ([dispatch.is_member (i, faiss.IDScanContext ()) for i in range (7)]))
'''


def test_same_as_upstream (faiss, oracle, rng):
    x = rng.normal (size=(300, 8)).astype ("float32")
    names = {"faiss": faiss, "np": np, "x": x}
    exec (PROGRAM, names)
    theirs = oracle (PROGRAM + "return out", x=x)
    assert len (theirs) == len (names["out"])
    for ours, other in zip (names["out"], theirs):
        np.testing.assert_allclose (ours, other, atol=1e-4)


def test_iterate_codes (faiss, rng):
    """The same as a search in one list."""
    x = rng.normal (size=(300, 8)).astype ("float32")
    index = faiss.index_factory (8, "IVF4,Flat")
    index.train (x)
    index.add (x)
    scanner = index.get_InvertedListScanner ()
    scanner.set_query (faiss.swig_ptr (x[7]))
    scanner.set_list (1, 0.)
    D, I, size = np.full (3, np.inf, "float32"), np.full (3, -1), np.zeros (1, "uint64")
    iterator = index.invlists.get_iterator (1, None)
    assert scanner.iterate_codes (iterator, faiss.swig_ptr (D), faiss.swig_ptr (I), 3, faiss.swig_ptr (size)) >= 3
    D_found, I_found = index.search_preassigned (x[7:8], 3, [[1]], None)
    assert (np.sort (D) == D_found[0]).all () and set (I) == set (I_found[0]) and size[0] == index.invlists.list_size (1)
