"""Additive quantizers, beams, coarse quantizers without lists of centroids."""
import numpy as np

import faiss

rs = np.random.RandomState (19)
x, xq = rs.rand (2000, 16).astype ('float32'), rs.rand (6, 16).astype ('float32')
rq = faiss.ResidualQuantizer (16, 3, 5)
rq.train_type = faiss.ResidualQuantizer.Train_default
rq.max_beam_size = 4
rq.cp.niter = 5
rq.train (x)
codes = rq.compute_codes (x)
y = rq.decode (codes)
print (rq.M, faiss.vector_to_array (rq.nbits), rq.tot_bits, rq.code_size, codes.shape, rq.total_codebook_size)
codebooks = faiss.vector_to_array (rq.codebooks).reshape (-1, 16)
offsets = faiss.vector_to_array (rq.codebook_offsets)
numbers = faiss.unpack_bitstrings (codes, 3, 5)
print (offsets, np.allclose (y, sum (codebooks[int (offsets[m]) + numbers[:, m]] for m in range (3)), atol=1e-5))
error = ((x - y) ** 2).sum (1).mean ()
rq.max_beam_size = 20
print (((x - rq.decode (rq.compute_codes (x))) ** 2).sum (1).mean () <= error)
codes32 = numbers.astype ('int32').copy ()
packed = np.zeros_like (codes)
rq.pack_codes (len (codes), faiss.swig_ptr (codes32), faiss.swig_ptr (packed))
print (np.array_equal (packed, codes))
lsq = faiss.LocalSearchQuantizer (16, 3, 4)
lsq.train_iters = lsq.encode_ils_iters = 3
lsq.train (x)
print (lsq.compute_codes (x).shape, lsq.decode (lsq.compute_codes (x[:10])).shape)
for st in ("ST_decompress", "ST_LUT_nonorm", "ST_norm_float", "ST_norm_qint8"):
    index = faiss.IndexResidualQuantizer (16, 3, 5, faiss.METRIC_L2, getattr (faiss.AdditiveQuantizer, st))
    index.rq.max_beam_size, index.rq.cp.niter = 2, 5
    index.train (x)
    index.add (x)
    D, I = index.search (xq, 4)
    print (st, index.code_size, D.shape, (I >= 0).all ())
prq = faiss.ProductResidualQuantizer (16, 2, 2, 4)
prq.train (x)
print (prq.nsplits, prq.M, prq.compute_codes (x).shape)
rcq = faiss.ResidualCoarseQuantizer (16, faiss.UInt64Vector (), faiss.METRIC_L2) if False else faiss.ResidualCoarseQuantizer (16, 2, 3)
rcq.rq.cp.niter = 5
rcq.train (x)
print (rcq.ntotal, rcq.search (xq, 3)[1].shape, rcq.reconstruct (5).shape)
ivf = faiss.IndexIVFFlat (rcq, 16, 64)
ivf.quantizer_trains_alone = 1
ivf.train (x)
ivf.add (x)
ivf.nprobe = 64
print ((ivf.search (xq, 1)[1] == faiss.knn (xq, x, 1)[1]).all ())
params = faiss.SearchParametersResidualCoarseQuantizer (beam_factor=10)
print (rcq.search (xq, 3, params=params)[1].shape)
miq = faiss.MultiIndexQuantizer (16, 2, 3)
imi = faiss.IndexIVFFlat (miq, 16, 64)
imi.quantizer_trains_alone = 1
imi.train (x)
imi.add (x)
imi.nprobe = 64
print ((imi.search (xq, 1)[1] == faiss.knn (xq, x, 1)[1]).all (), miq.pq.M, miq.ntotal)
index = faiss.index_factory (16, "IVF8,RQ3x4_Nqint8")
index.train (x)
index.add (x)
print (type (index).__name__, index.rq.M, index.search (xq, 3)[1].shape, index.rq.search_type == faiss.AdditiveQuantizer.ST_norm_qint8)
