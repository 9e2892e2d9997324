"""The first pages of any introduction: exact search, inverted lists, product quantization."""
import numpy as np

import faiss

d, nb, nq, k = 64, 5000, 100, 4
np.random.seed (1234)
xb = np.random.random ((nb, d)).astype ('float32')
xb[:, 0] += np.arange (nb) / 1000.
xq = np.random.random ((nq, d)).astype ('float32')
xq[:, 0] += np.arange (nq) / 1000.

index = faiss.IndexFlatL2 (d)
print (index.is_trained, index.ntotal)
index.add (xb)
print (index.ntotal)
D, I = index.search (xb[:5], k)
print (I[:, 0], D[:, 0].max () < 1e-3)
D, I = index.search (xq, k)
print (I[:5], I[-5:], D[-5:])
exact = I

nlist = 50
quantizer = faiss.IndexFlatL2 (d)
index = faiss.IndexIVFFlat (quantizer, d, nlist, faiss.METRIC_L2)
assert not index.is_trained
index.train (xb)
assert index.is_trained
index.add (xb)
for nprobe in 1, 10, nlist:
    index.nprobe = nprobe
    D, I = index.search (xq, k)
    print (nprobe, I.shape, D.dtype, I.dtype, round ((I[:, :1] == exact[:, :1]).mean (), 1))
print (index.nlist, index.quantizer.ntotal, index.cp.niter, index.metric_type == faiss.METRIC_L2)

index = faiss.IndexIVFPQ (faiss.IndexFlatL2 (d), d, nlist, 8, 5)
index.train (xb)
index.add (xb)
D, I = index.search (xb[:5], k)
print ((I == np.arange (5)[:, None]).any (1))
print (index.pq.M, index.pq.nbits, index.pq.ksub, index.code_size, index.pq.dsub, index.by_residual)

index = faiss.index_factory (d, "IVF50,PQ8x4np")
index.train (xb)
index.add (xb)
faiss.extract_index_ivf (index).nprobe = 5
print (index.search (xq, k)[1].shape, type (index).__name__)
