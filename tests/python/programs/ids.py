"""Vectors under ids of one's own: adding, removing, replacing, and what selectors choose."""
import numpy as np

import faiss

rs = np.random.RandomState (3)
x = rs.rand (1000, 16).astype ('float32')
ids = np.arange (1000) * 7 + 100

index = faiss.IndexIDMap (faiss.IndexFlatL2 (16))
index.add_with_ids (x, ids)
print (index.search (x[:4], 3)[1])
print (index.remove_ids (np.array ([100, 107, 99999], dtype='int64')), index.ntotal)
print (index.search (x[:4], 1)[1].ravel ())
print (index.remove_ids (faiss.IDSelectorRange (200, 400)), index.ntotal)
print (faiss.vector_to_array (index.id_map)[:20])
try:
    index.add (x)
except RuntimeError as e:
    print ("RuntimeError", "add" in str (e))

index2 = faiss.index_factory (16, "IDMap2,Flat")
index2.add_with_ids (x, ids)
print (np.abs (index2.reconstruct (107) - x[1]).max ())
print (np.allclose (index2.reconstruct_batch (np.array ([100, 114])), x[[0, 2]]))
try:
    index2.reconstruct (1)
except RuntimeError as e:
    print ("RuntimeError")
print (index2.remove_ids (faiss.IDSelectorBatch ([107, 114])), index2.ntotal)
print (index2.remove_ids (faiss.IDSelectorNot (faiss.IDSelectorRange (100, 500))), index2.ntotal)

flat = faiss.IndexFlatIP (16)
flat.add (x)
for sel in (faiss.IDSelectorRange (10, 20), faiss.IDSelectorBatch ([1, 2, 3, 900]), faiss.IDSelectorArray ([5, 6]),
            faiss.IDSelectorBitmap (np.array ([255, 0, 1], 'uint8')), faiss.IDSelectorNot (faiss.IDSelectorRange (3, 1000)),
            faiss.IDSelectorAnd (faiss.IDSelectorRange (0, 10), faiss.IDSelectorRange (5, 15)),
            faiss.IDSelectorOr (faiss.IDSelectorRange (0, 2), faiss.IDSelectorArray ([50])),
            faiss.IDSelectorXOr (faiss.IDSelectorRange (0, 8), faiss.IDSelectorRange (4, 12)), faiss.IDSelectorAll ()):
    D, I = flat.search (x[:2], 5, params=faiss.SearchParameters (sel=sel))
    print (type (sel).__name__, I, [sel.is_member (i) for i in (0, 5, 50)])

ivf = faiss.index_factory (16, "IVF10,Flat")
ivf.train (x)
ivf.add_with_ids (x, ids)
params = faiss.SearchParametersIVF (nprobe=10, sel=faiss.IDSelectorBatch (ids[:50]))
D, I = ivf.search (x[:3], 4, params=params)
print (I, D)
D, I = ivf.search (x[60:61], 60, params=params)
print ((I >= 0).sum (), (I == -1).sum (), D.max () > 1e30)
print (ivf.remove_ids (ids[:100]), ivf.ntotal, ivf.search (x[:1], 1)[1][0, 0] in ids[:100])
ivf.set_direct_map_type (faiss.DirectMap.Hashtable)
print (np.allclose (ivf.reconstruct (int (ids[500])), x[500]))
ivf.update_vectors (ids[500:501], x[:1])
ivf.nprobe = 10
print (ivf.search (x[:1], 1)[1])
ivf.reset ()
print (ivf.ntotal, ivf.is_trained)
