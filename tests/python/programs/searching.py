"""Outputs of one's own, odd inputs, objects of Python's in place of C's."""
import logging
import threading

import numpy as np

import faiss

rs = np.random.RandomState (37)
x, xq = rs.rand (2000, 16).astype ('float32'), rs.rand (12, 16).astype ('float32')
for text in ("Flat", "IVF10,Flat", "HNSW8", "PQ4x4", "SQ8", "IDMap,Flat", "PCA8,Flat", "LSH", "Flat,RFlat", "IVF10,PQ4x4"):
    index = faiss.index_factory (16, text)
    index.train (x)
    index.add_with_ids (x, np.arange (2000) + 7) if text.startswith ("IDMap") else index.add (x)
    D, I = np.empty ((12, 3), 'float32'), np.empty ((12, 3), 'int64')
    D2, I2 = index.search (xq, 3, D=D, I=I)
    print (text, D2 is D, I2 is I, np.array_equal (index.search (xq, k=3)[1], I), index.assign (xq, 3).shape)
    labels = np.empty ((12, 2), 'int64')
    try:
        print (index.assign (xq, 2, labels) is labels, np.array_equal (labels, I[:, :2]))
    except Exception as error:
        print (type (error).__name__)
    for wrong in (dict (D=D[:, :2]), dict (I=I.astype ('int32')), dict (D=D.astype ('float64'))):
        try:
            index.search (xq, 3, **wrong)
            print ("searched")
        except (AssertionError, ValueError, TypeError):
            print ("refused")
    y = np.empty (16, 'float32')
    try:
        index.reconstruct (8, y)
        print (np.abs (y - x[1 if "IDMap" in text else 8]).max () < 1.5)
    except RuntimeError:
        print ("no reconstruction")

index = faiss.IndexFlatL2 (16)
index.add (x)
D, I = index.search (xq, 5)
results = [None] * 4
def one (i):
    results[i] = index.search (xq, 5)[1]
threads = [threading.Thread (target=one, args=(i,)) for i in range (4)]
[t.start () for t in threads]
[t.join () for t in threads]
print (all (np.array_equal (r, I) for r in results))

class Even:
    def __call__ (self, i):
        return i % 2 == 0
sel = faiss.PyCallbackIDSelector (Even ())
print ((index.search (xq, 5, params=faiss.SearchParameters (sel=sel))[1] % 2).sum (), sel.is_member (3), sel.is_member (4))
with faiss.TimeoutGuard (30):
    index.search (xq, 5)
criterion = faiss.OneRecallAtRCriterion (12, 5)
criterion.set_groundtruth (None, I[:, :1].copy ())
ivf = faiss.index_factory (16, "IVF20,Flat")
ivf.train (x)
ivf.add (x)
space = faiss.ParameterSpace ()
space.verbose = 0
space.initialize (ivf)
points = space.explore (ivf, xq, criterion)
best = points.optimal_pts
print (best.size () > 0, points.all_pts.size () >= best.size (), best.at (best.size () - 1).perf)
print (space.n_combinations (), space.combination_name (0), space.parameter_ranges.size (), space.parameter_ranges.at (0).name)
for i in range (space.parameter_ranges.size ()):
    r = space.parameter_ranges.at (i)
    print (r.name, faiss.vector_to_array (r.values))
space.set_index_parameters (ivf, "nprobe=7")
print (ivf.nprobe)
both = faiss.IntersectionCriterion (12, 5)
both.set_groundtruth (D, I)
print (both.evaluate (faiss.swig_ptr (D), faiss.swig_ptr (I)), criterion.evaluate (faiss.swig_ptr (D), faiss.swig_ptr (I)))
perf = faiss.OperatingPoints ()
print (perf.add (.5, 1., "a"), perf.add (.4, 2., "b"), perf.add (.9, 3., "c"), perf.optimal_pts.size (), perf.t_for_perf (.6))
old = ivf.search
ivf.search = lambda xq, k: ("mine", k)
print (ivf.search (xq, 3))
del ivf.search
print (ivf.search (xq, 3)[1].shape)
class Mine (faiss.IndexFlatL2):
    def __init__ (self, d):
        super ().__init__ (d)
    def search (self, x, k, **more):
        D, I = super ().search (x, k, **more)
        return np.sqrt (D), I
mine = Mine (16)
mine.add (x)
print (np.allclose (mine.search (xq, 2)[0] ** 2, D[:, :2], atol=1e-5), isinstance (mine, faiss.Index))
mine.reset ()
idmap = faiss.IndexIDMap2 (mine)
idmap.add_with_ids (x[:10], np.arange (10) * 3)
print (idmap.search (x[4:5], 1)[1], mine.ntotal, idmap.id_map.size ())
