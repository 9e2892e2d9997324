"""Quantizers, and indexes as codecs."""
import numpy as np

import faiss

rs = np.random.RandomState (23)
x = rs.rand (3000, 16).astype ('float32')

pq = faiss.ProductQuantizer (16, 4, 6)
pq.train (x)
codes = pq.compute_codes (x)
y = pq.decode (codes)
print (codes.shape, codes.dtype, y.shape, round (float (((x - y)**2).sum (1).mean ()), 2))
centroids = faiss.vector_to_array (pq.centroids).reshape (pq.M, pq.ksub, pq.dsub)
print (centroids.shape)
unpacked = faiss.unpack_bitstrings (codes, 4, 6)
print (np.allclose (np.hstack ([centroids[m][unpacked[:, m]] for m in range (4)]), y),
       (faiss.pack_bitstrings (unpacked, 6) == codes).all ())

for text in ("SQ8", "SQ4", "SQfp16", "PQ4x5", "RQ3x4", "LSQ2x4", "IVF16,PQ4x4", "PCA8,SQ8", "LSH", "Flat"):
    index = faiss.index_factory (16, text)
    index.train (x)
    codes = index.sa_encode (x[:100])
    y = index.sa_decode (codes)
    print (text, index.sa_code_size (), codes.shape, y.shape, round (float (((x[:100] - y)**2).sum (1).mean ()), 1))

sq = faiss.IndexScalarQuantizer (16, faiss.ScalarQuantizer.QT_6bit)
sq.train (x)
sq.add (x)
print (sq.sq.code_size, sq.code_size, sq.search (x[:5], 1)[1].ravel (), faiss.vector_to_array (sq.codes).size)
codes = faiss.vector_to_array (sq.codes).reshape (3000, -1)
print ((codes[:100] == sq.sa_encode (x[:100])).all ())
rq = faiss.ResidualQuantizer (16, 3, 5)
rq.train (x)
print (rq.tot_bits, rq.code_size, faiss.vector_to_array (rq.codebook_offsets), rq.decode (rq.compute_codes (x)).shape)
index = faiss.IndexPQ (16, 4, 5)
index.train (x)
index.add (x)
print (index.pq.nbits, np.array_equal (index.reconstruct (5), index.sa_decode (index.sa_encode (x[5:6]))[0]),
       index.search_type == index.ST_PQ if hasattr (index, "ST_PQ") else faiss.IndexPQ.ST_PQ)
print (faiss.vector_to_array (index.codes).reshape (-1, 3)[:2].dtype)
