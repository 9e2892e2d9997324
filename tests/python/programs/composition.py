"""Indexes put together by hand, and taken apart."""
import numpy as np

import faiss

rs = np.random.RandomState (7)
x, xq = rs.rand (4000, 32).astype ('float32'), rs.rand (20, 32).astype ('float32')

coarse = faiss.IndexFlatL2 (16)
sub = faiss.IndexIVFPQ (coarse, 16, 32, 8, 4)
sub.own_fields = False
pca = faiss.PCAMatrix (32, 16, 0, True)
index = faiss.IndexPreTransform (pca, sub)
index.verbose = False
index.train (x)
index.add (x)
sub.nprobe = 8
D, I = index.search (xq, 5)
print (index.ntotal, sub.ntotal, pca.is_trained, D.shape, (I >= 0).all ())
y = pca.apply_py (xq)
D2, I2 = sub.search (y, 5)
print ((I == I2).all (), np.allclose (D, D2))
print (pca.apply (xq).shape, np.allclose (pca.apply (xq), y), pca.reverse_transform (y).shape)
A = faiss.vector_to_array (pca.A).reshape (16, 32)
b = faiss.vector_to_array (pca.b)
print (np.allclose (xq @ A.T + b, y, atol=1e-4), faiss.vector_to_array (pca.mean).shape, faiss.vector_to_array (pca.eigenvalues).size)

exact = faiss.IndexFlatL2 (32)
try:
    faiss.IndexRefine (index, exact)
except RuntimeError:
    print ("of different sizes")
exact.add (x)
refined = faiss.IndexRefine (index, exact)
for k_factor in (1, 4, 16):
    refined.k_factor = k_factor
    D, I = refined.search (xq, 5)
    print (k_factor, np.allclose (D[:, 0], ((xq - x[I[:, 0]]) ** 2).sum (1), rtol=1e-3))
    params = faiss.IndexRefineSearchParameters (k_factor=k_factor, base_index_params=faiss.SearchParametersPreTransform (
        index_params=faiss.SearchParametersIVF (nprobe=32)))
    print ((refined.search (xq, 5, params=params)[0] <= D + 1e-5).mean () > .5)
flat = faiss.IndexRefineFlat (faiss.index_factory (32, "PQ8x4"))
flat.train (x)
flat.add (x)
flat.k_factor = 100
print ((flat.search (xq, 1)[1] == faiss.knn (xq, x, 1)[1]).mean () > .9)
print (type (faiss.downcast_index (flat.base_index)).__name__, type (faiss.downcast_index (flat.refine_index)).__name__)

# what a factory made
made = faiss.index_factory (32, "OPQ8_16,IVF16,PQ8x4")
ivf = faiss.downcast_index (faiss.extract_index_ivf (made))
clus = faiss.IndexFlatL2 (ivf.d)
ivf.clustering_index = clus
ivf.cp.niter, ivf.cp.max_points_per_centroid = 5, 100
made.train (x)
opq = faiss.downcast_VectorTransform (made.chain.at (0))
print (type (opq).__name__, opq.d_in, opq.d_out, clus.ntotal, ivf.quantizer.ntotal)
centroids = ivf.quantizer.reconstruct_n (0, ivf.nlist)
xb = faiss.rev_swig_ptr (faiss.downcast_index (ivf.quantizer).get_xb (), ivf.nlist * ivf.d).reshape (ivf.nlist, -1)
print (np.array_equal (xb, centroids), faiss.vector_float_to_array (ivf.pq.centroids).shape, ivf.pq.M, ivf.pq.ksub, ivf.pq.dsub)
R = faiss.vector_float_to_array (opq.A).reshape (opq.d_out, opq.d_in)
print (np.allclose (R @ R.T, np.eye (16), atol=1e-3))

# transforms whose numbers one knows
rotation = faiss.LinearTransform (32, 32, True)
Q = np.linalg.qr (rs.randn (32, 32))[0].astype ('float32')
faiss.copy_array_to_vector (Q.ravel (), rotation.A)
faiss.copy_array_to_vector (np.arange (32, dtype='float32'), rotation.b)
rotation.is_trained = True
print (np.allclose (rotation.apply (xq), xq @ Q.T + np.arange (32), atol=1e-4))
rotation.set_is_orthonormal ()
print (rotation.is_orthonormal, np.allclose (rotation.reverse_transform (rotation.apply (xq)), xq, atol=1e-3))
chain = faiss.IndexPreTransform (faiss.IndexFlatL2 (32))
chain.prepend_transform (rotation)
chain.add (x)
print ((chain.search (xq, 3)[1] == faiss.knn (xq, x, 3)[1]).mean () > .98, chain.chain.size ())
