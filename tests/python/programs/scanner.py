"""One list at a time: scanners, coarse codes, own loops over lists."""
import numpy as np

import faiss

rs = np.random.RandomState (11)
x, xq = rs.rand (3000, 16).astype ('float32'), rs.rand (5, 16).astype ('float32')
for text in ("IVF20,Flat", "IVF20,SQ8", "IVF20,PQ4x4np"):
    index = faiss.index_factory (16, text)
    index.train (x)
    index.add (x)
    index.nprobe = 6
    D, I = index.search (xq, 5)
    Dq, Iq = index.quantizer.search (xq, 6)
    scanner = index.get_InvertedListScanner (False, None, None)
    same = []
    for i in range (5):
        scanner.set_query (faiss.swig_ptr (xq[i]))
        found = []
        for j in range (6):
            list_no, n = int (Iq[i, j]), index.get_list_size (int (Iq[i, j]))
            scanner.set_list (list_no, float (Dq[i, j]))
            ids = faiss.rev_swig_ptr (index.invlists.get_ids (list_no), n)
            codes = faiss.rev_swig_ptr (index.invlists.get_codes (list_no), n * index.code_size).reshape (n, -1)
            found += [(scanner.distance_to_code (faiss.swig_ptr (codes[m])), int (ids[m])) for m in range (n)]
        found.sort ()
        same.append (np.allclose ([f[0] for f in found[:5]], D[i], rtol=1e-4, atol=1e-4))
    print (text, all (same), scanner.keep_max, scanner.code_size, I[0])

index = faiss.index_factory (16, "IVF20,Flat")
index.train (x)
assign = index.quantizer.assign (x, 1).ravel ()
print (np.bincount (assign, minlength=20))
index.add_core (3000, faiss.swig_ptr (x), None, faiss.swig_ptr (assign))
print (index.ntotal, [index.get_list_size (i) for i in range (20)])
lists = index.invlists
print (lists.nlist, lists.code_size, lists.list_size (3), faiss.vector_to_array (faiss.downcast_InvertedLists (lists).ids.at (3))[:5]
       if hasattr (lists, "no such thing") else lists.get_single_id (3, 0), lists.is_empty (3))
one = np.zeros (16, 'float32')
faiss.memcpy (faiss.swig_ptr (one), lists.get_single_code (3, 0), 64)
print (np.array_equal (one, x[lists.get_single_id (3, 0)]))
code = np.zeros (8, 'uint8')
print (index.coarse_code_size ())
index.encode_listno (17, faiss.swig_ptr (code))
print (code[:2], index.decode_listno (faiss.swig_ptr (code)))
codes = index.sa_encode (x[:4])
print (codes.shape, index.sa_code_size (), np.array_equal (index.sa_decode (codes), x[:4]))
list_nos = assign[:4].copy ()
codes = np.zeros ((4, 64), 'uint8')
index.encode_vectors (4, faiss.swig_ptr (x[:4]), faiss.swig_ptr (list_nos), faiss.swig_ptr (codes))
print (np.array_equal (codes.view ('float32'), x[:4]))
other = np.zeros (lists.list_size (2), 'int64')
index.invlists_get_ids (2, faiss.swig_ptr (other)) if hasattr (index, "invlists_get_ids") else None
print (lists.imbalance_factor (), lists.compute_ntotal ())
D, I = index.search_preassigned (xq, 3, np.full ((5, 1), 4), np.zeros ((5, 1), 'float32'))
print (set (assign[I.ravel ()]) == {4})
res = faiss.RangeSearchResult (5)
index.range_search_c (5, faiss.swig_ptr (xq), .4, res)
lims = faiss.rev_swig_ptr (res.lims, 6).copy ()
print (lims, np.sort (faiss.rev_swig_ptr (res.labels, int (lims[-1]))[:5]).shape)
D, I, codes = index.search_and_return_codes (xq, 3, include_listnos=True)
print (codes.shape, codes[0, 0, 0] in range (20))
params = faiss.SearchParametersIVF (nprobe=20, max_codes=500)
print (index.search (xq, 2, params=params)[1])
ids, codes = lists.get_ids (1), lists.get_codes (1)
lists.release_ids (1, ids)
lists.release_codes (1, codes)
