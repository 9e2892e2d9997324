"""Vector transforms alone and before an index."""
import numpy as np

import faiss

rs = np.random.RandomState (19)
x = (rs.randn (2000, 20) * np.arange (1, 21)).astype ('float32')

pca = faiss.PCAMatrix (20, 5)
pca.train (x)
y = pca.apply (x)
print (y.shape, y.var (0))
A = faiss.vector_to_array (pca.A).reshape (pca.d_out, pca.d_in)
b = faiss.vector_to_array (pca.b)
print (np.allclose (y, x @ A.T + b, atol=1e-2), faiss.vector_to_array (pca.eigenvalues)[:3], pca.have_bias)
print (np.abs (pca.reverse_transform (y) - x).mean ())
print (pca.apply_py (x).shape)

white = faiss.PCAMatrix (20, 5, -.5)
white.train (x)
print (white.apply (x).var (0))

rr = faiss.RandomRotationMatrix (20, 20)
rr.init (123)
R = faiss.vector_to_array (rr.A).reshape (20, 20)
print (np.abs (R @ R.T - np.eye (20)).max () < 1e-4, R[0, :3])

lt = faiss.LinearTransform (20, 4, False)
faiss.copy_array_to_vector (np.eye (4, 20).astype ('float32').ravel (), lt.A)
lt.is_trained = True
print (np.array_equal (lt.apply (x), x[:, :4]))

index = faiss.IndexPreTransform (pca, faiss.IndexFlatL2 (5))
index.add (x)
print (index.ntotal, index.d, index.search (x[:5], 1)[1].ravel ())
norm = faiss.NormalizationTransform (5, 2.0)
index = faiss.IndexPreTransform (faiss.IndexFlatL2 (5))
index.prepend_transform (norm)
index.prepend_transform (pca)
index.add (x)
D, I = index.search (x[:3], 3)
print (I, D)
print ([type (faiss.downcast_VectorTransform (index.chain.at (i))).__name__ for i in range (index.chain.size ())])

refine = faiss.IndexRefineFlat (faiss.index_factory (20, "PQ5x4"))
refine.train (x)
refine.add (x)
refine.k_factor = 50
print (refine.search (x[:5], 1)[1].ravel ())

z = np.ascontiguousarray (x[:10])
faiss.normalize_L2 (z)
print (np.linalg.norm (z, axis=1))
opq = faiss.OPQMatrix (20, 4)
opq.niter = 3
opq.train (x)
O = faiss.vector_to_array (opq.A).reshape (20, 20)
print (np.abs (O @ O.T - np.eye (20)).max () < 1e-3)
index = faiss.index_factory (20, "L2norm,PCAW8,Flat")
index.train (x)
index.add (x)
print (index.search (x[:3], 2))
