"""Product quantizers from within: tables, codes, polysemous search."""
import numpy as np

import faiss
from faiss.contrib.inspect_tools import get_pq_centroids

rs = np.random.RandomState (17)
x, xq = rs.rand (2000, 16).astype ('float32'), rs.rand (6, 16).astype ('float32')
pq = faiss.ProductQuantizer (16, 4, 6)
pq.train (x)
print (pq.d, pq.M, pq.nbits, pq.ksub, pq.dsub, pq.code_size)
centroids = faiss.vector_to_array (pq.centroids).reshape (pq.M, pq.ksub, pq.dsub)
print (np.array_equal (centroids, get_pq_centroids (pq)))
codes = pq.compute_codes (x)
y = pq.decode (codes)
numbers = faiss.unpack_bitstrings (codes, 4, 6)
print (codes.shape, numbers.shape, numbers.max () < 64, np.allclose (y, np.hstack ([centroids[m][numbers[:, m]] for m in range (4)])))
print (np.array_equal (faiss.pack_bitstrings (numbers, 6), codes))

tables = np.empty ((6, pq.M, pq.ksub), 'float32')
pq.compute_distance_tables (6, faiss.swig_ptr (xq), faiss.swig_ptr (tables))
by_hand = np.stack ([((xq[:, m * 4:m * 4 + 4][:, None] - centroids[m][None]) ** 2).sum (2) for m in range (4)], 1)
print (np.allclose (tables, by_hand, atol=1e-4))
one = np.empty ((pq.M, pq.ksub), 'float32')
pq.compute_distance_table (faiss.swig_ptr (xq[0]), faiss.swig_ptr (one))
print (np.allclose (one, tables[0], atol=1e-5))
pq.compute_inner_prod_tables (6, faiss.swig_ptr (xq), faiss.swig_ptr (tables))
print (np.allclose (tables[:, 0], xq[:, :4] @ centroids[0].T, atol=1e-4))

heaps = faiss.float_maxheap_array_t ()
heaps.nh, heaps.k = 6, 3
D, I = np.empty ((6, 3), 'float32'), np.empty ((6, 3), 'int64')
heaps.val, heaps.ids = faiss.swig_ptr (D), faiss.swig_ptr (I)
pq.search (faiss.swig_ptr (xq), 6, faiss.swig_ptr (codes), 2000, heaps, True)
print (np.allclose (D, np.sort (faiss.pairwise_distances (xq, y), 1)[:, :3], atol=1e-3))

# its own numbers put into another one
other = faiss.ProductQuantizer (16, 4, 6)
faiss.copy_array_to_vector (centroids.ravel (), other.centroids)
print (np.array_equal (other.compute_codes (x), codes))
pq.compute_sdc_table ()
print (pq.sdc_table.size (), faiss.vector_to_array (pq.sdc_table).min ())

index = faiss.IndexPQ (16, 4, 8)
index.do_polysemous_training = True
index.train (x)
index.add (x)
D, I = index.search (xq, 3)
index.search_type = faiss.IndexPQ.ST_polysemous
index.polysemous_ht = 32
print (np.allclose (index.search (xq, 3)[0], D, atol=1e-4))
index.polysemous_ht = 10
stats = faiss.cvar.indexPQ_stats
stats.reset ()
Dp, Ip = index.search (xq, 3)
print (stats.nq, 0 < stats.n_hamming_pass < stats.ncode)
index.search_type = faiss.IndexPQ.ST_SDC
print (index.search (xq, 3)[1].shape)
stored = faiss.vector_to_array (index.codes).reshape (2000, -1)
print (stored.shape, np.array_equal (stored, index.sa_encode (x)), np.array_equal (index.pq.compute_codes (x), stored))
faiss.copy_array_to_vector (np.ascontiguousarray (stored[::-1]).ravel (), index.codes)
index.search_type = faiss.IndexPQ.ST_PQ
print (np.array_equal (index.reconstruct (0), index.sa_decode (stored[-1:])[0]))

ivf = faiss.IndexIVFPQ (faiss.IndexFlatL2 (16), 16, 12, 4, 8)
ivf.train (x)
ivf.add (x)
ivf.nprobe = 12
for use in (0, 1, -1):
    ivf.use_precomputed_table = use
    ivf.precompute_table () if use >= 0 else None
    print (use, ivf.precomputed_table.size (), np.allclose (ivf.search (xq, 1)[0], faiss.knn (xq, ivf.sa_decode (ivf.sa_encode (x)), 1)[0], atol=1e-3))
ivf.polysemous_ht = 30
print (ivf.search (xq, 2)[1].shape, ivf.by_residual, ivf.pq.code_size, ivf.code_size)
sq = faiss.ScalarQuantizer (16, faiss.ScalarQuantizer.QT_8bit)
sq.train (x)
print (sq.code_size, sq.bits, np.abs (sq.decode (sq.compute_codes (x)) - x).max () < 1 / 255, faiss.vector_to_array (sq.trained).shape)
