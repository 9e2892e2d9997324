"""Parts of indexes taken out, looked at, replaced: writers, lists, quantizers, pointers to sizes."""
import os

import numpy as np

import faiss
from faiss import swig_ptr

rs = np.random.RandomState (17)
x, xq = rs.rand (2000, 16).astype ('float32'), rs.rand (8, 16).astype ('float32')
index = faiss.index_factory (16, "IVF20,Flat")
index.train (x)
index.add (x)
index.nprobe = 20
D, I = index.search (xq, 4)

# writers that are dropped
def save (index, name):
    writer = faiss.FileIOWriter (name)
    faiss.write_index (index, writer)
save (index, "a")
buffered = faiss.BufferedIOWriter (faiss.FileIOWriter ("b"), 1000)
faiss.write_index (index, buffered)
del buffered
faiss.write_index (index, faiss.FileIOWriter ("c"))
print ([faiss.read_index (f).ntotal for f in "abc"], len ({os.path.getsize (f) for f in "abc"}))
print (faiss.read_index (faiss.BufferedIOReader (faiss.FileIOReader ("a"), 100)).ntotal)

# another quantizer for the same lists
quantizer = faiss.IndexHNSWFlat (16, 8)
quantizer.add (index.quantizer.reconstruct_n (0, 20))
quantizer.hnsw.efSearch = 40
other = faiss.IndexIVFFlat (quantizer, 16, 20)
other.is_trained, other.nprobe = True, 20
other.replace_invlists (index.invlists, False)
other.ntotal = index.ntotal
print (np.array_equal (other.search (xq, 4)[1], I), other.own_invlists, index.own_invlists)
index.quantizer.this.own (False)
own = faiss.downcast_index (index.quantizer)
print (own.ntotal, own.this.own (), index.own_fields)

# a second index over some of the lists
lists = faiss.ArrayInvertedLists (20, index.code_size)
for i in range (0, 20, 2):
    n = index.invlists.list_size (i)
    lists.add_entries (i, n, index.invlists.get_ids (i), index.invlists.get_codes (i))
half = faiss.IndexIVFFlat (faiss.IndexFlatL2 (16), 16, 20)
half.quantizer.add (index.quantizer.reconstruct_n (0, 20))
half.is_trained = True
lists.this.disown ()
half.replace_invlists (lists, True)
half.ntotal = lists.compute_ntotal ()
half.nprobe = 20
print (half.ntotal, half.search (xq, 4)[1])
faiss.clone_index (half).merge_from (faiss.clone_index (index), 0)
empty = lists.list_size (1)
print (empty, faiss.rev_swig_ptr (faiss.Int64Vector ().data (), 0).size)

# pointers to sizes
graph = faiss.IndexHNSWFlat (16, 8)
graph.add (x)
begin, end = np.zeros (1, 'uint64'), np.zeros (1, 'uint64')
graph.hnsw.neighbor_range (11, 0, swig_ptr (begin), swig_ptr (end))
neighbors = faiss.vector_to_array (graph.hnsw.neighbors)[int (begin[0]):int (end[0])]
print (begin, end, (neighbors >= 0).sum () > 3)
sel = faiss.IDSelectorRange (3, 8, True)
sel.find_sorted_ids_bounds (5, swig_ptr (np.array ([1, 3, 5, 7, 9])), swig_ptr (begin), swig_ptr (end))
print (begin, end, sel.assume_sorted)
twice = faiss.index_factory (16, "IVF4,PQ4x4")
twice.train (x)
twice.add (np.repeat (x[:30], 2, 0))
ids, lims = np.zeros (60, 'int64'), np.zeros (61, 'uint64')
print (twice.find_duplicates (swig_ptr (ids), swig_ptr (lims)) >= 30, lims[0], (np.diff (lims[:30].astype (int)) >= 2).all ())
res = faiss.RangeSearchResult (8)
index.range_search_c (8, swig_ptr (xq), .6, res)
lims = np.zeros (9, 'uint64')
faiss.memcpy (swig_ptr (lims), res.lims, lims.nbytes)
print (lims, faiss.rev_swig_ptr (res.lims, 9).dtype)

# removals where ids are looked up
for text in ("IVF20,Flat", "PCA8,IVF4,Flat", "IVF20,PQ4x4"):
    changing = faiss.index_factory (16, text)
    changing.train (x)
    changing.add_with_ids (x, np.arange (2000) * 3) if text.startswith ("IVF") else changing.add (x)
    ivf = faiss.extract_index_ivf (changing)
    ivf.set_direct_map_type (faiss.DirectMap.Hashtable)
    print (text, changing.remove_ids (np.array ([3, 6, 9, 99999])), changing.ntotal)
    try:
        changing.remove_ids (faiss.IDSelectorRange (0, 100))
        print ("by a range")
    except RuntimeError:
        print ("not by a range")
    if text.endswith ("Flat") and text.startswith ("IVF"):
        ivf.update_vectors (np.array ([30, 33]), x[:2])
        print (np.allclose (changing.reconstruct (33), x[1]), changing.search (x[1:2], 1)[1])

# whose an object is
given = faiss.IndexFlatL2 (16)
with faiss.class_wrappers.RememberSwigOwnership (given):
    given.this.own (False)
    print (given.this.own (), given.thisown)
print (given.this.own (), given.thisown)
