"""Factory strings, parameters and operating points."""
import numpy as np

import faiss

rs = np.random.RandomState (31)
x = rs.rand (3000, 16).astype ('float32')
xq = rs.rand (100, 16).astype ('float32')
gt = faiss.knn (xq, x, 10)[1]

for text in ("Flat", "IVF32,Flat", "IVF32,PQ4", "IVF32,SQ8", "PCA8,IVF16,Flat", "IVF16_HNSW8,Flat", "HNSW8", "HNSW8,SQ8", "PQ4",
             "IMI2x4,Flat", "LSH", "OPQ4,PQ4", "IVF16,PQ4+4", "IVF16,Flat,RFlat", "NSG16,Flat", "PQ4x4", "RQ2x4", "IDMap,Flat"):
    try:
        index = faiss.index_factory (16, text)
    except RuntimeError as e:
        print (text, "RuntimeError")
        continue
    print (text, type (index).__name__, index.is_trained, index.metric_type)
for text in ("", "Nonsense", "IVF,Flat", "Flat,", "PQ5"):
    try:
        print (text, type (faiss.index_factory (16, text)).__name__)
    except RuntimeError:
        print (text, "RuntimeError")

index = faiss.index_factory (16, "IVF32,PQ4x6")
index.train (x)
index.add (x)
ps = faiss.ParameterSpace ()
ps.verbose = 0
ps.initialize (index)
print (ps.parameter_ranges.size (), ps.n_combinations ())
ranges = [ps.parameter_ranges.at (i) for i in range (ps.parameter_ranges.size ())]
print ([(r.name, faiss.vector_to_array (r.values)[:4]) for r in ranges])
ps.set_index_parameters (index, "nprobe=7,ht=10")
print (index.nprobe, index.polysemous_ht)
ps.set_index_parameter (index, "nprobe", 3)
print (index.nprobe, ps.combination_name (5))
crit = faiss.OneRecallAtRCriterion (100, 1)
crit.set_groundtruth (None, gt)
crit.nnn = 10
print (crit.evaluate (faiss.swig_ptr (np.zeros ((100, 10), "float32")), faiss.swig_ptr (gt)))
ps.n_experiments = 4
ops = ps.explore (index, xq, crit)
optimal = ops.optimal_pts
print (optimal.size () >= 1, optimal.at (0).perf, ops.all_pts.size () > 1)
inter = faiss.IntersectionCriterion (100, 10)
inter.set_groundtruth (None, gt)
print (inter.evaluate (faiss.swig_ptr (np.zeros ((100, 10), "float32")), faiss.swig_ptr (backwards := gt[:, ::-1].copy ())))

hnsw = faiss.IndexHNSWFlat (16, 8)
hnsw.hnsw.efConstruction = 40
hnsw.add (x)
hnsw.hnsw.efSearch = 100
print ((hnsw.search (xq, 10)[1] == gt).mean () > .9, hnsw.hnsw.max_level >= 1, hnsw.hnsw.entry_point >= 0)
params = faiss.SearchParametersHNSW (efSearch=4)
print ((hnsw.search (xq, 10, params=params)[1] == gt).mean () < .99)
levels = faiss.vector_to_array (hnsw.hnsw.levels)
print (levels.shape, levels.min (), hnsw.hnsw.nb_neighbors (0), hnsw.hnsw.nb_neighbors (1))
print (faiss.get_mem_usage_kb () > 1000, faiss.getmillisecs () > 0)
