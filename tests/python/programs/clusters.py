"""k-means in its three forms."""
import numpy as np

import faiss

rs = np.random.RandomState (11)
centers = rs.rand (10, 8) * 10
truth = rs.randint (0, 10, 3000)
x = (centers[truth] + rs.randn (3000, 8) * .1).astype ('float32')

kmeans = faiss.Kmeans (8, 10, niter=4, nredo=3, seed=5, verbose=False)
obj = kmeans.train (x)
print (obj, kmeans.obj[-1], len (kmeans.obj), kmeans.centroids.shape, kmeans.centroids.dtype)
D, I = kmeans.index.search (x, 1)
print (D.sum (), I.shape, sorted (np.bincount (I.ravel ())))
D, I = kmeans.assign (x[:5])
print (D.shape, I.dtype)
print (sorted (kmeans.iteration_stats[-1]), kmeans.iteration_stats[-1]["imbalance_factor"])

kmeans = faiss.Kmeans (8, 10, niter=5, gpu=False, max_points_per_centroid=100, min_points_per_centroid=5)
kmeans.train (x, init_centroids=x[:10])
print (kmeans.obj, kmeans.centroids[:2])
kmeans = faiss.Kmeans (8, 6, niter=10, spherical=True)
kmeans.train (x)
print (np.linalg.norm (kmeans.centroids, axis=1))
weights = np.ones (3000, 'float32')
weights[:1500] = 5
kmeans = faiss.Kmeans (8, 10, niter=5)
kmeans.train (x, weights=weights)
print (kmeans.obj[-1])

clus = faiss.Clustering (8, 10)
clus.niter = 10
clus.seed = 3
clus.verbose = False
index = faiss.IndexFlatL2 (8)
clus.train (x, index)
print (faiss.vector_to_array (clus.centroids).reshape (10, 8)[:2], index.ntotal)
stats = clus.iteration_stats
print (stats.size (), stats.at (stats.size () - 1).obj, [stats.at (i).nsplit for i in range (stats.size ())])
print (faiss.vector_float_to_array (clus.centroids).shape)
centroids, = [np.zeros ((10, 8), 'float32')]
print (faiss.kmeans_clustering (8, len (x), 10, faiss.swig_ptr (x), faiss.swig_ptr (centroids)), centroids[0])
try:
    faiss.Kmeans (8, 100).train (x[:50])
except RuntimeError as e:
    print ("RuntimeError", "100" in str (e))
