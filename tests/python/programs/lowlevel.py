"""Pointers, vectors and small functions."""
import numpy as np

import faiss

rs = np.random.RandomState (29)
x, y = rs.rand (50, 8).astype ('float32'), rs.rand (300, 8).astype ('float32')

v = faiss.Float32Vector ()
for i in range (5):
    v.push_back (i * .5)
print (v.size (), v.at (3), faiss.vector_to_array (v))
faiss.copy_array_to_vector (np.arange (7, dtype='int64'), w := faiss.Int64Vector ())
print (faiss.vector_to_array (w), w.size ())
w.resize (2)
w.clear ()
print (w.size ())
a = faiss.rev_swig_ptr (v.data (), 5)
a[0] = 9
print (v.at (0))
b = np.zeros (5, 'float32')
faiss.memcpy (faiss.swig_ptr (b), v.data (), b.nbytes)
print (b)
p = faiss.cast_integer_to_float_ptr (b.ctypes.data)
print (faiss.rev_swig_ptr (p, 2))

D, I = faiss.knn (x, y, 3)
print (I[:4], D[:4])
D2, I2 = faiss.knn (x, y, 3, metric=faiss.METRIC_INNER_PRODUCT)
print (I2[:4])
D3, I3 = faiss.knn (x, y, 3, metric=faiss.METRIC_L1)
print (I3[:4])
print (faiss.pairwise_distances (x[:2], y[:3]), faiss.pairwise_distances (x[:2], y[:3], faiss.METRIC_Linf))
print (faiss.kmin (x[:3], 2), faiss.kmax (x[:3], 2))
rh = faiss.ResultHeap (50, 3)
for i in range (0, 300, 100):
    Di, Ii = faiss.knn (x, y[i:i + 100], 3)
    rh.add_result (Di, Ii + i)
rh.finalize ()
print ((rh.I == I).all ())
Dall = np.stack ([faiss.knn (x, y[i:i + 100], 3)[0] for i in (0, 100, 200)])
Iall = np.stack ([faiss.knn (x, y[i:i + 100], 3)[1] + i for i in (0, 100, 200)])
print ((faiss.merge_knn_results (Dall, Iall)[1] == I).all ())
m = faiss.MapLong2Long ()
m.add (np.array ([1, 5, 9]), np.array ([10, 50, 90]))
print (m.search (5), m.search_multiple (np.array ([9, 2, 1])))
print (faiss.rand (4, 1), faiss.randn ((2, 2), 1), faiss.randint (4, 1, 100), faiss.lrand (2, 5))
print (faiss.rand_smooth_vectors (3, 4, 5).shape)
print (faiss.checksum (np.arange (10)), faiss.checksum (x[:2]))
lims, perm = faiss.bucket_sort (np.array ([3, 1, 0, 3, 1]), 4)
print (lims, [sorted (perm[lims[i]:lims[i + 1]]) for i in range (4)])
print (faiss.__version__, faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT, faiss.METRIC_Jaccard)
print (isinstance (faiss.get_compile_options (), str), faiss.swig_version () > 0x40000, faiss.get_num_gpus ())
print (faiss.fourcc ("IxFl"), faiss.fourcc_inv_printable (faiss.fourcc ("IxFI")))
print (hasattr (faiss, "StandardGpuResources"), hasattr (faiss, "index_cpu_to_all_gpus"), hasattr (faiss, "GpuIndexFlatL2"))
index = faiss.IndexFlatL2 (8)
if faiss.get_num_gpus () > 0:
    index = faiss.index_cpu_to_all_gpus (index)
index.add (y)
xb = faiss.rev_swig_ptr (index.get_xb (), 300 * 8).reshape (300, 8)
print (np.array_equal (xb, y), index.search (x[:2], 2)[1])
D, I = np.empty ((50, 2), 'float32'), np.empty ((50, 2), 'int64')
index.search (x, 2, D=D, I=I)
index.search_c (50, faiss.swig_ptr (x), 2, faiss.swig_ptr (D), faiss.swig_ptr (I))
print (I[:3], index.assign (x[:3], 2))
s = faiss.StringVector () if hasattr (faiss, "StringVector") else None
for t in (np.float64, np.float16):
    try:
        index.search (x.astype (t), 1)
        print ("ok")
    except TypeError:
        print ("TypeError")
for bad in (lambda: index.search (x[:, :3], 1), lambda: index.add (x[0]), lambda: index.search (x, 0)):
    try:
        bad ()
        print ("no error")
    except (AssertionError, ValueError):
        print ("wrong")
