"""Large things in pieces: shards by hand, results merged, masks, progress of trainings."""
import numpy as np

import faiss
from faiss.contrib.evaluation import knn_intersection_measure
from faiss.contrib.exhaustive_search import range_search_max_results

rs = np.random.RandomState (29)
x, xq = rs.rand (6000, 12).astype ('float32'), rs.rand (30, 12).astype ('float32')
gtD, gtI = faiss.knn (xq, x, 8)

trained = faiss.index_factory (12, "IVF20,Flat")
trained.train (x)
faiss.write_index (trained, "trained.index")
for part in range (3):
    piece = faiss.read_index ("trained.index")
    piece.add_with_ids (x[part * 2000:][:2000], np.arange (part * 2000, part * 2000 + 2000))
    faiss.write_index (piece, f"part{part}.index")
whole = faiss.read_index ("part0.index")
for part in (1, 2):
    piece = faiss.read_index (f"part{part}.index")
    whole.merge_from (piece, 0)
    print (whole.ntotal, piece.ntotal)
whole.nprobe = 20
print (np.array_equal (whole.search (xq, 8)[1], gtI), whole.check_ids_sorted () if hasattr (whole, "check_ids_sorted") else None)

rh = faiss.ResultHeap (30, 8)
for part in range (3):
    index = faiss.read_index (f"part{part}.index")
    index.nprobe = 20
    D, I = index.search (xq, 8)
    rh.add_result (D, I)
rh.finalize ()
print (np.array_equal (rh.I, gtI), np.allclose (rh.D, gtD, atol=1e-5))
all_D, all_I = zip (*[(d, i) for d, i in (faiss.knn (xq, x[p:p + 1500], 8) for p in range (0, 6000, 1500))])
all_I = [i + 1500 * p for p, i in enumerate (all_I)]
D, I = faiss.merge_knn_results (np.stack (all_D), np.stack (all_I))
print (np.array_equal (I, gtI))
lo, hi = faiss.read_index ("part0.index"), faiss.read_index ("trained.index")
whole.copy_subset_to (hi, faiss.InvertedLists.SUBSET_TYPE_ID_MOD, 3, 1)
print (hi.ntotal, lo.ntotal)
res_list = []
for i in range (30):
    lims, D, I = whole.range_search (xq[i:i + 1], .2)
    res_list.append ((D, I))
radius, lims, D, I = range_search_max_results (whole, iter ([xq[:15], xq[15:]]), .3, max_results=500)
print (lims[-1] <= 500 * 1.5, radius <= .3)
keep = np.zeros (6000 // 8, 'uint8')
keep[:100] = 255
I = whole.search (xq, 5, params=faiss.SearchParametersIVF (nprobe=20, sel=faiss.IDSelectorBitmap (keep)))[1]
print (I.max () < 800)
print (whole.remove_ids (np.arange (0, 6000, 2)), whole.ntotal)
I = whole.search (xq, 3)[1]
print ((I % 2 == 1).all (), knn_intersection_measure (I, I))

km = faiss.Kmeans (12, 20, niter=8, verbose=False, nredo=2, seed=5, max_points_per_centroid=200)
km.train (x)
print (km.centroids.shape, len (km.obj), km.obj[-1] < km.obj[0], km.iteration_stats[-1]["nsplit"])
D, I = km.index.search (x[:5], 1)
print (np.array_equal (I, km.assign (x[:5])[1].reshape (-1, 1)))
clus = faiss.Clustering (12, 10)
clus.niter, clus.verbose, clus.seed = 6, False, 7
index = faiss.IndexFlatL2 (12)
clus.train (x, index)
centroids = faiss.vector_float_to_array (clus.centroids).reshape (10, 12)
stats = clus.iteration_stats
obj = [stats.at (i).obj for i in range (stats.size ())]
print (centroids.shape, len (obj), obj[0] > obj[-1], index.ntotal)
print (faiss.kmeans_clustering (12, 6000, 10, faiss.swig_ptr (x), faiss.swig_ptr (centroids)) > 0)
frozen = faiss.Kmeans (12, 10, niter=4, frozen_centroids=True, min_points_per_centroid=1)
frozen.train (x[:300], init_centroids=centroids[:3])
print (np.allclose (frozen.centroids[:3], centroids[:3]))
weights = rs.rand (6000).astype ('float32')
print (faiss.Kmeans (12, 5, niter=3).train (x, weights=weights) > 0)
