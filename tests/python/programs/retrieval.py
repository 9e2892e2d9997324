"""Image retrieval: features, exact truth, recall of several indexes, reranking, codes on disk, a tuned point."""
import os

import numpy as np

import faiss

rs = np.random.RandomState (81)
classes = rs.randn (60, 64) * .5
labels = rs.randint (0, 60, 8000)
features = (classes[labels] + .5 * rs.randn (8000, 64)).astype ('float32')
faiss.normalize_L2 (features)
train, base, queries = features[:3000], features[3000:7900], features[7900:]
base_labels, query_labels = labels[3000:7900], labels[7900:]
exact = faiss.IndexFlatIP (64)
exact.add (base)
gtD, gtI = exact.search (queries, 20)

def recall (I, r):
    return float (np.mean ([gtI[i, 0] in I[i, :r] for i in range (len (I))]))

def precision (I):
    return round (float ((base_labels[np.maximum (I, 0)] == query_labels[:, None]).mean ()), 1)

for text, settings in [("IVF64,Flat", "nprobe=8"), ("IVF64,SQ8", "nprobe=16"), ("HNSW16,Flat", "efSearch=64"), ("IVF64,PQ16x4,RFlat", "nprobe=16,k_factor_rf=8"),
                       ("SQfp16", ""), ("PCA32,IVF16,Flat", "nprobe=8"), ("PQ16x4", ""), ("IVF64_HNSW8,SQ6", "nprobe=16,quantizer_efSearch=32")]:
    index = faiss.index_factory (64, text, faiss.METRIC_INNER_PRODUCT)
    index.train (train)
    for i in range (0, len (base), 1000):
        index.add (base[i:i + 1000])
    if settings:
        faiss.ParameterSpace ().set_index_parameters (index, settings)
    D, I = index.search (queries, 20)
    print (text, index.ntotal, recall (I, 20) > .5, precision (I), D[0, 0] >= D[0, -1], faiss.serialize_index (index).nbytes // 10**5)

# codes in a memory map, decoded where they are wanted
codec = faiss.index_factory (64, "SQ8")
codec.train (train)
codes = np.lib.format.open_memmap ("codes.npy", mode="w+", dtype="uint8", shape=(len (base), codec.sa_code_size ()))
for i in range (0, len (base), 1000):
    codes[i:i + 1000] = codec.sa_encode (base[i:i + 1000])
codes.flush ()
codes = np.load ("codes.npy", mmap_mode="r")
print (codes.shape, os.path.getsize ("codes.npy") - codes.nbytes < 1000)
flat = faiss.clone_index (codec)
flat.add_sa_codes (np.array (codes))
print (flat.ntotal, np.allclose (flat.reconstruct_n (0, 10), codec.sa_decode (np.array (codes[:10]))))
D, I = flat.search (queries, 1)
print ((I == faiss.knn (queries, base, 1)[1]).mean () > .9)

# rerank by hand
short = faiss.index_factory (64, "PCA16,Flat")
short.train (train)
short.add (base)
_, candidates = short.search (queries, 100)
scores = np.einsum ("ij,ikj->ik", queries, base[candidates])
order = np.argsort (-scores, axis=1)[:, :10]
best = np.take_along_axis (candidates, order, 1)
print (recall (best, 10) > recall (candidates, 10) - 1e-6, recall (best, 10) > .9)

# query expansion with what was found, and a mean over a class
D, I, R = exact.search_and_reconstruct (queries, 3)
expanded = queries + R.mean (axis=1)
faiss.normalize_L2 (expanded)
print (R.shape, precision (exact.search (expanded, 20)[1]) >= precision (gtI), np.array_equal (R[:, 0], base[I[:, 0]]))
votes = [np.bincount (base_labels[row], minlength=60).argmax () for row in gtI]
print ((np.array (votes) == query_labels).mean () > .8)

# every pair above a similarity, in blocks, and connected components of it
pairs = []
for i in range (0, 1000, 250):
    lims, D, I = exact.range_search (base[i:i + 250], .97)
    for q in range (250):
        pairs += [(i + q, int (j)) for j in I[int (lims[q]):int (lims[q + 1])] if j > i + q]
print (len (pairs) >= 0, all (base[a] @ base[b] > .96 for a, b in pairs))

# an operating point of a given recall
index = faiss.index_factory (64, "IVF64,Flat")
index.train (train)
index.add (base)
criterion = faiss.OneRecallAtRCriterion (len (queries), 1)
criterion.set_groundtruth (None, faiss.knn (queries, base, 1)[1])
space = faiss.ParameterSpace ()
space.verbose = False
space.initialize (index)
points = space.explore (index, queries, criterion)
perfs = [points.optimal_pts.at (i).perf for i in range (points.optimal_pts.size ())]
print (perfs == sorted (perfs), perfs[-1])
keys = [points.all_pts.at (i).key for i in range (points.all_pts.size ())]
print (keys[:3], len (keys) >= 1)
