"""Arguments by name, attributes that may and may not be set."""
import numpy as np

import faiss

print (faiss.PCAMatrix (din=16, dout=4, eigen_power_in=-.5).eigen_power, faiss.PCAMatrix (16, dout=4).d_out, faiss.OPQMatrix (d=16, d2=8).d_out,
       faiss.OPQMatrix (d=16, M_in=4).M, faiss.IDSelectorRange (imin=3, imax=5).imax, faiss.IDSelectorRange (3, 5, assume_sorted=True).assume_sorted)
print (faiss.RandomGenerator (seed=4).rand_int (), faiss.ITQTransform (din=16, dout=8, do_pca_in=True).do_pca, faiss.CenteringTransform (d=4).d_in,
       faiss.LinearTransform (din=3, dout=2, have_bias_in=True).have_bias, faiss.HNSW (M=8).nb_neighbors (0), faiss.RangeSearchResult (nq=3).nq,
       faiss.ArrayInvertedLists (nlist_in=3, code_size_in=4).nlist, faiss.NSG (R=8).R, faiss.NNDescent (d=8, K=5).K,
       faiss.IndexFlat1D (continuous_update=False).continuous_update, faiss.ITQMatrix (d=5).d_in)
for wrong in (lambda: faiss.PCAMatrix (d=3), lambda: faiss.IDSelectorRange (imin=3), lambda: faiss.PCAMatrix (16, 4, din=4),
              lambda: faiss.IndexFlatL2 (16, d=3)):
    try:
        wrong ()
    except TypeError:
        print ("TypeError")
print (type (faiss.downcast_index (index=faiss.IndexFlatL2 (3))).__name__)


class Rotation (faiss.PCAMatrix):
    def __init__ (self):
        super ().__init__ (8, 4)


print (Rotation ().d_out)
index = faiss.index_factory (16, "PCA8,IVF4,Flat")
for name in ("nprobe", "d", "hnsw", "ntotal"):
    try:
        setattr (index, name, 16)
        print (name, getattr (index, name))
    except AttributeError:
        print ("no", name)
faiss.extract_index_ivf (index).nprobe = 3
print (faiss.downcast_index (index.index).nprobe)
try:
    faiss.cvar.no_such_thing = 3
except AttributeError:
    print ("no such variable")
x = np.random.RandomState (3).rand (100, 16).astype ('float32')
flat = faiss.IndexFlatL2 (16)
flat.add (x=x)
D, I = flat.search (x=x[:3], k=2)
print (I, flat.reconstruct_n (n0=3, ni=2).shape, flat.assign (x=x[:2], k=1), flat.range_search (x=x[:2], thresh=.3)[0], flat.remove_ids (x=[4, 5][:0] or np.array ([4, 5])))

# the links of one graph over the codes of another
graph = faiss.IndexHNSWFlat (16, 8)
graph.add (x)
codes = faiss.IndexHNSWSQ (16, faiss.ScalarQuantizer.QT_8bit, 4)
codes.train (x)
codes.storage.add (x)
codes.hnsw = graph.hnsw
codes.ntotal = graph.ntotal
codes.hnsw.efSearch = 50
print (codes.hnsw.efSearch, graph.hnsw.efSearch, codes.hnsw.nb_neighbors (0), codes.search (x[:4], 2)[1])
codes.hnsw = codes.hnsw
codes.hnsw = faiss.HNSW (6)
print (codes.hnsw.nb_neighbors (0), codes.hnsw.entry_point, codes.hnsw.levels.size ())
try:
    codes.hnsw = 3
except TypeError:
    print ("TypeError")
