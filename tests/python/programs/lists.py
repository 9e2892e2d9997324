"""Inverted lists by hand."""
import numpy as np

import faiss
from faiss.contrib import ivf_tools
from faiss.contrib.inspect_tools import get_invlist

rs = np.random.RandomState (17)
x = rs.rand (3000, 12).astype ('float32')
xq = rs.rand (10, 12).astype ('float32')
centroids = x[:20].copy ()
quantizer = faiss.IndexFlatL2 (12)
quantizer.add (centroids)
index = faiss.IndexIVFFlat (quantizer, 12, 20)
index.add (x)
print (index.is_trained, index.ntotal, [index.invlists.list_size (i) for i in range (20)])
invlists = index.invlists
for list_no in 0, 7:
    n = invlists.list_size (list_no)
    ids = faiss.rev_swig_ptr (invlists.get_ids (list_no), n).copy ()
    codes = faiss.rev_swig_ptr (invlists.get_codes (list_no), n * invlists.code_size)
    vectors = codes.view ('float32').reshape (n, 12)
    print (ids[:5], np.array_equal (vectors, x[ids]))
    ids2, codes2 = get_invlist (invlists, list_no)
    print ((ids == ids2).all (), codes2.shape)
print (invlists.imbalance_factor (), invlists.compute_ntotal ())
Dq, Iq = quantizer.search (xq, 4)
index.nprobe = 4
D, I = index.search_preassigned (xq, 5, Iq, Dq)
D2, I2 = index.search (xq, 5)
print ((I == I2).all (), I[:3], D[:3])
D3, I3 = ivf_tools.search_preassigned (index, xq, 5, Iq, Dq)
print ((I == I3).all ())
try:
    index.reconstruct (3)
except RuntimeError:
    print ("no direct map")
index.make_direct_map ()
print (np.array_equal (index.reconstruct (3), x[3]), np.array_equal (index.reconstruct_n (10, 20), x[10:30]))
print (index.search_and_reconstruct (xq[:2], 2)[2].shape)

index.make_direct_map (False)
other = faiss.IndexIVFFlat (faiss.clone_index (quantizer), 12, 20)
other.add (x[:100])
faiss.merge_into (index, other, True)
print (index.ntotal, other.ntotal)

index2 = faiss.IndexIVFFlat (quantizer, 12, 20)
index.make_direct_map (False)
index.copy_subset_to (index2, faiss.InvertedLists.SUBSET_TYPE_ID_RANGE, 0, 1000)
print (index2.ntotal)
il = faiss.ArrayInvertedLists (20, 12 * 4)
for i in range (20):
    il.add_entries (i, 1, faiss.swig_ptr (np.array ([i])), faiss.swig_ptr (centroids[i].view ('uint8')))
index3 = faiss.IndexIVFFlat (quantizer, 12, 20)
index3.replace_invlists (il, False)
index3.ntotal = 20
print (index3.search (xq, 2)[1])
pre = faiss.index_factory (12, "PCA6,IVF5,Flat")
pre.train (x)
pre.add (x)
print (isinstance (faiss.extract_index_ivf (pre), faiss.IndexIVF), type (faiss.downcast_index (pre.index)).__name__,
       type (faiss.downcast_VectorTransform (pre.chain.at (0))).__name__, pre.chain.size ())
faiss.ParameterSpace ().set_index_parameter (pre, "nprobe", 5)
print (faiss.extract_index_ivf (pre).nprobe)
print (faiss.try_extract_index_ivf (quantizer))
stats = faiss.cvar.indexIVF_stats
stats.reset ()
index.search (xq, 3)
print (stats.nq, stats.nlist, stats.ndis > 0)
