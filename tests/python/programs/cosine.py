"""Inner products by L2 indexes, cosines, and the farthest vectors."""
import numpy as np

import faiss

rs = np.random.RandomState (5)
x, xq = rs.randn (2000, 20).astype ('float32'), rs.randn (7, 20).astype ('float32')

# maximum inner product search by one more dimension
phi = (x ** 2).sum (1).max ()
extra = np.sqrt (np.maximum (phi - (x ** 2).sum (1), 0))
xa = np.hstack ([x, extra.reshape (-1, 1)]).astype ('float32')
qa = np.hstack ([xq, np.zeros ((7, 1), 'float32')])
l2 = faiss.IndexFlatL2 (21)
l2.add (xa)
ip = faiss.IndexFlatIP (20)
ip.add (x)
D, I = l2.search (qa, 5)
Di, Ii = ip.search (xq, 5)
print ((I == Ii).all (), Di[:2])

# cosines: by hand, by normalize_L2, by a transform
xn = x / np.linalg.norm (x, axis=1, keepdims=True)
y, q = x.copy (), xq.copy ()
faiss.normalize_L2 (y)
faiss.normalize_L2 (q)
print (np.abs (y - xn).max () < 1e-6)
cosine = faiss.IndexFlat (20, faiss.METRIC_INNER_PRODUCT)
cosine.add (y)
Dc, Ic = cosine.search (q, 4)
chained = faiss.index_factory (20, "L2norm,Flat", faiss.METRIC_INNER_PRODUCT)
chained.add (x)
Dt, It = chained.search (xq, 4)
print ((It == Ic).all (), np.allclose (Dt, Dc, atol=1e-5), chained.metric_type)
lims, D, I = cosine.range_search (q, .5)
print (lims, np.sort (I[lims[0]:lims[1]]), (D > .5).all ())
ivf = faiss.index_factory (20, "IVF16,Flat", faiss.METRIC_INNER_PRODUCT)
print (type (faiss.downcast_index (ivf.quantizer)).__name__, ivf.cp.spherical, ivf.metric_type == faiss.METRIC_INNER_PRODUCT)

# the farthest vector: the nearest to the opposite
xs = xn.astype ('float32')
flat = faiss.IndexFlatL2 (20)
flat.add (xs)
D, I = flat.search (-q, 1)
print ((I.ravel () == (q @ xs.T).argmin (1)).all ())

# other metrics
for metric, argument in ((faiss.METRIC_L1, 0), (faiss.METRIC_Linf, 0), (faiss.METRIC_Lp, 3.), (faiss.METRIC_Canberra, 0),
                         (faiss.METRIC_BrayCurtis, 0), (faiss.METRIC_JensenShannon, 0)):
    index = faiss.IndexFlat (20, metric)
    index.metric_arg = argument
    index.add (np.abs (x))
    D, I = index.search (np.abs (xq), 3)
    print (metric, index.metric_arg, I[0], D[0])
    print (np.allclose (faiss.pairwise_distances (np.abs (xq), np.abs (x), metric, argument).min (1), D[:, 0], rtol=1e-4))
