"""k-means for codebooks: options of Kmeans, two levels, the k best, and what counts as found."""
import contextlib

import numpy as np

import faiss
from faiss.contrib import evaluation
with contextlib.redirect_stdout (None):  # upstream's says that there is no SciPy
    from faiss.contrib import clustering

rs = np.random.RandomState (41)
centers = rs.rand (40, 16)
x = (centers[rs.randint (0, 40, 4000)] + .2 * rs.randn (4000, 16)).astype ('float32')

# programs written for machines with a GPU
km = faiss.Kmeans (16, 20, niter=5, gpu=True)
print (km.train (x), km.gpu, type (km.index).__name__)

# few principal components first, then more
km = faiss.Kmeans (16, 12, progressive_dim_steps=3, niter=4, seed=3)
print (km.train (x) < 3900, km.obj.shape, km.obj[:4], km.centroids.shape, len (km.iteration_stats))
for more in (dict (weights=np.ones (4000, 'float32')), dict (init_centroids=x[:12])):
    try:
        km.train (x, **more)
    except AssertionError:
        print ("refused", *more)

for options in (dict (nredo=2), dict (spherical=True), dict (int_centroids=True), dict (max_points_per_centroid=50),
                dict (frozen_centroids=True), dict (update_index=True), dict (decode_block_size=100), dict (seed=7),
                dict (min_points_per_centroid=500), dict (use_faster_subsampling=True, max_points_per_centroid=50)):
    km = faiss.Kmeans (16, 20, niter=6, **options)
    km.train (x)
    D, I = km.assign (x[:6])
    print (*options, km.obj, D, I)
for wrong in (dict (nothing=3), dict (niter="many")):
    try:
        faiss.Kmeans (16, 20, **wrong)
    except (AttributeError, TypeError) as error:
        print (type (error).__name__)
try:
    faiss.SearchParametersIVF (nprobes=3)
except AssertionError:
    print ("no parameter")

centroids, stats = clustering.two_level_clustering (x, 6, 40)
print (centroids.shape, len (stats), [s[-1]["obj"] for s in stats])
centroids, stats = clustering.two_level_clustering (x, 6, 40, rebalance=False)
print ([len (s) for s in stats], faiss.knn (x, centroids, 1)[0].sum ())
index = faiss.index_factory (16, "IVF36,Flat")
with contextlib.redirect_stdout (None):
    clustering.train_ivf_index_with_2level (index, x)
index.add (x)
print (index.invlists.imbalance_factor (), index.search (x[:3], 4)[1])

# the k best of each row: of equal numbers which, and what is no number
scores = rs.randint (0, 6, size=(5, 30)).astype ('float32')
scores[1, ::3], scores[2, ::4] = np.nan, -np.inf
for k in (1, 7, 30, 33):
    print (faiss.kmin (scores, k)[1], faiss.kmax (scores, k)[1])

# -1 is no label
found, truth = np.array ([[4, -1, -1], [2, 3, 1]]), np.array ([[4, 7, -1], [1, 2, -1]])
print (faiss.eval_intersection (found, truth), evaluation.knn_intersection_measure (found, truth))
