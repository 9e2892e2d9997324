"""faiss.contrib."""
import os
import tempfile

import numpy as np

import faiss
from faiss.contrib import datasets, evaluation, exhaustive_search, factory_tools, ivf_tools, vecs_io
from faiss.contrib.big_batch_search import big_batch_search
from faiss.contrib.inspect_tools import get_flat_data, get_LinearTransform_matrix, get_pq_centroids

ds = datasets.SyntheticDataset (16, 500, 2000, 30)
xt, xb, xq = ds.get_train (), ds.get_database (), ds.get_queries ()
gt = ds.get_groundtruth (10)
print (ds, xt.shape, xb.shape, xq.shape, gt[:2], ds.metric)
D, I = exhaustive_search.knn_ground_truth (xq, ds.database_iterator (bs=500), 10)
print ((I == gt).all ())
D, I = exhaustive_search.knn (xq, xb, 5) if hasattr (exhaustive_search, "knn") else faiss.knn (xq, xb, 5)
print (I[0])
lims, D, I = exhaustive_search.range_ground_truth (xq, [xb], 20.)
print (lims[:5], len (D))
print (evaluation.knn_intersection_measure (gt, gt[:, ::-1]))
index = faiss.index_factory (16, "IVF16,Flat")
index.train (xt)
index.add (xb)
index.nprobe = 4
D, I = big_batch_search (index, xq, 5, method="knn_function", verbose=-1)
print ((I == index.search (xq, 5)[1]).mean () > .99)
ivf_tools.add_preassigned (i2 := faiss.IndexIVFFlat (index.quantizer, 16, 16), xb, index.quantizer.assign (xb, 1).ravel ())
print (i2.ntotal, (i2.search (xq, 1)[1] >= 0).all ())
with tempfile.TemporaryDirectory () as folder:
    path = os.path.join (folder, "a.fvecs")
    vecs_io.fvecs_write (path, xb[:10])
    print (np.array_equal (vecs_io.fvecs_read (path), xb[:10]), vecs_io.fvecs_mmap (path).shape)
    vecs_io.ivecs_write (path, gt.astype ('int32'))
    print (np.array_equal (vecs_io.ivecs_read (path), gt))
for text in ("Flat", "IVF16,Flat", "PQ8", "IVF100,PQ8", "HNSW16", "SQ8", "PCA8,SQ8"):
    print (text, factory_tools.get_code_size (16, text))
print (factory_tools.reverse_index_factory (index))
flat = faiss.IndexFlatL2 (16)
flat.add (xb)
print (np.array_equal (get_flat_data (flat), xb))
pq = faiss.ProductQuantizer (16, 4, 4)
pq.train (xt)
print (get_pq_centroids (pq).shape)
pca = faiss.PCAMatrix (16, 4)
pca.train (xt)
A, b = get_LinearTransform_matrix (pca)
print (A.shape, b.shape)
