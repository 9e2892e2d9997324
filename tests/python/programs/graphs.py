"""The links of an HNSW graph, efforts, graphs over other storages."""
import numpy as np

import faiss

rs = np.random.RandomState (23)
x, xq = rs.rand (3000, 16).astype ('float32'), rs.rand (50, 16).astype ('float32')
gt = faiss.knn (xq, x, 5)[1]
index = faiss.IndexHNSWFlat (16, 12)
index.hnsw.efConstruction = 60
index.add (x)
for ef in (5, 20, 100):
    index.hnsw.efSearch = ef
    print (ef, faiss.eval_intersection (index.search (xq, 5)[1], gt) / 250 > (.7 if ef == 5 else .95))
params = faiss.SearchParametersHNSW (efSearch=200)
print (faiss.eval_intersection (index.search (xq, 5, params=params)[1], gt) > 245)
hnsw = index.hnsw
levels = faiss.vector_to_array (hnsw.levels)
neighbors = faiss.vector_to_array (hnsw.neighbors)
offsets = faiss.vector_to_array (hnsw.offsets)
print (levels.shape, levels.min (), np.bincount (levels)[1:3], offsets[:3], hnsw.nb_neighbors (0), hnsw.nb_neighbors (1), hnsw.cum_nb_neighbors (1))
print (hnsw.max_level + 1 == levels.max (), levels[hnsw.entry_point] == levels.max ())
links = neighbors[offsets[5]:offsets[5] + hnsw.nb_neighbors (0)]
links = links[links >= 0]
print ((links < 3000).all (), 5 not in links, len (set (links)) == len (links))
faiss.cvar.hnsw_stats.reset ()
index.search (xq, 3)
print (faiss.cvar.hnsw_stats.n1, faiss.cvar.hnsw_stats.ndis > 50)
storage = faiss.downcast_index (index.storage)
print (type (storage).__name__, storage.ntotal, np.array_equal (faiss.vector_to_array (storage.codes).view ('float32').reshape (-1, 16), x))
sq = faiss.IndexHNSWSQ (16, faiss.ScalarQuantizer.QT_8bit, 12)
sq.train (x)
sq.add (x)
print (faiss.eval_intersection (sq.search (xq, 5)[1], gt) / 250 > .7)
sel = faiss.IDSelectorRange (0, 500)
I = index.search (xq, 5, params=faiss.SearchParametersHNSW (sel=sel, efSearch=100))[1]
print (I.max () < 500)
lims, D, I = index.range_search (xq, .3)
print (len (lims), (D < .3).all ())
ivf = faiss.IndexIVFFlat (faiss.IndexHNSWFlat (16, 16), 16, 50)
ivf.train (x)
ivf.add (x)
ivf.nprobe = 50
print (faiss.eval_intersection (ivf.search (xq, 5)[1], gt) / 250 > .95)
nsg = faiss.IndexNSGFlat (16, 16)
nsg.build_type = 1
nsg.GK = 20
nsg.train (x)
nsg.add (x)
nsg.nsg.search_L = 60
print (faiss.eval_intersection (nsg.search (xq, 5)[1], gt) / 250 > .9, nsg.is_built, nsg.nsg.R)
knn_graph = faiss.knn (x, x, 21)[1][:, 1:]
given = faiss.IndexNSGFlat (16, 16)
given.build (x, np.ascontiguousarray (knn_graph))
print (given.ntotal, faiss.eval_intersection (given.search (xq, 5)[1], gt) / 250 > .9)
graph = given.nsg.get_final_graph ()
print (graph.N, graph.K)
index.reset ()
print (index.ntotal, index.hnsw.max_level, index.hnsw.entry_point)
by_hand = faiss.IndexHNSWFlat (16, 8)
by_hand.init_level0 = False
print (by_hand.hnsw.levels.size (), by_hand.keep_max_size_level0)
