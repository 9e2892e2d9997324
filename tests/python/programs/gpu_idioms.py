"""Programs that would use a GPU, notebooks that look at objects, memory and threads."""
import inspect

import numpy as np

import faiss

rs = np.random.RandomState (71)
x = rs.rand (1000, 24).astype ('float32')

def make_index (d, use_gpu=True):
    index = faiss.IndexFlatL2 (d)
    if use_gpu and faiss.get_num_gpus () > 0 and hasattr (faiss, "StandardGpuResources"):
        return faiss.index_cpu_to_gpu (faiss.StandardGpuResources (), 0, index)
    return index

index = make_index (24)
index.add (x)
print (type (index).__name__, index.search (x[:3], 2)[1])
for name in ("StandardGpuResources", "GpuIndexFlatL2", "GpuIndexFlatConfig", "GpuClonerOptions", "index_cpu_to_gpu", "GpuIndexIVFFlat",
             "GpuMultipleClonerOptions", "index_gpu_to_cpu", "index_cpu_to_all_gpus", "index_cpu_to_gpus_list", "get_num_gpus", "knn_gpu",
             "gpu_profiler_start", "gpu_sync_all_devices", "GpuResourcesVector", "GpuDistanceParams", "bfKnn", "pairwise_distance_gpu"):
    print (name, hasattr (faiss, name))
for call in (lambda: faiss.StandardGpuResources (), lambda: faiss.index_cpu_to_gpu (None, 0, index), lambda: faiss.GpuIndexFlatL2 (None, 3)):
    try:
        call ()
    except AttributeError:
        print ("AttributeError")
try:
    faiss.index_cpu_to_all_gpus (index)
except Exception:
    print ("no GPU")
km = faiss.Kmeans (24, 10, niter=4, verbose=False, gpu=faiss.get_num_gpus () > 0)
print (km.train (x) > 0, km.gpu)
try:
    import torch
except ImportError:
    torch = None

# what a notebook shows: completion, help, source
members = dir (index)
print ([m for m in ("add", "search", "train", "ntotal", "d", "reset", "remove_ids", "range_search", "reconstruct_n", "add_c", "search_c", "this",
                    "thisown", "codes", "get_xb", "sa_encode", "is_trained", "metric_type", "verbose", "add_with_ids") if m not in members])
print ([n for n in ("IndexFlatL2", "index_factory", "Kmeans", "read_index", "METRIC_L2", "IndexIVFPQ", "knn", "cvar", "contrib") if n not in dir (faiss)])
print (all (inspect.getdoc (f) for f in (faiss.IndexFlatL2, index.search, faiss.knn, faiss.Kmeans, faiss.index_factory, faiss.IndexHNSWFlat)))
for f, expected in ((faiss.IndexFlatL2.search, "self x k params D I numeric_type"), (faiss.knn, "xq xb k metric metric_arg"),
                    (faiss.IndexFlatL2.add, "self x numeric_type"), (faiss.Kmeans.train, "self x weights init_centroids"),
                    (faiss.IndexFlatL2.range_search, "self x thresh params"), (faiss.IndexIVF.search_preassigned, "self x k Iq Dq params D I"),
                    (faiss.IndexFlatL2.reconstruct_n, "self n0 ni x"), (faiss.normalize_L2, "x"), (faiss.rand, "n seed"),
                    (faiss.randint, "n seed vmax"), (faiss.ResultHeap.__init__, "self nq k keep_max"), (faiss.kmin, "array k"),
                    (faiss.merge_knn_results, "Dall Iall keep_max"), (faiss.eval_intersection, "I1 I2"), (faiss.serialize_index, "index io_flags")):
    print (f.__name__, list (inspect.signature (f).parameters) == expected.split () or list (inspect.signature (f).parameters))
print (isinstance (repr (index), str), str (index) == repr (index), isinstance (hash (index), int), index == index, index != faiss.IndexFlatL2 (24))
print (bool (index), callable (index), hasattr (index, "__len__"))
for name in ("nprobe", "train_on", "N"):
    try:
        getattr (index, name)
    except AttributeError as e:
        print (name in str (e))
for name in ("note", "nprobe", "search"):  # a name that there is not is an error, what there is may be covered
    try:
        setattr (index, name, getattr (index, name, None))
        print (name)
    except AttributeError:
        print ("no", name)
del index.search
try:
    faiss.index_factory (24, "PCA8,IVF4,Flat").nprobe = 3
except AttributeError:
    print ("the inverted file is within")

n = faiss.omp_get_max_threads ()
faiss.omp_set_num_threads (1)
alone = index.search (x, 3)[1]
faiss.omp_set_num_threads (2)
print (np.array_equal (alone, index.search (x, 3)[1]), faiss.omp_get_max_threads ())
faiss.omp_set_num_threads (n)
before = faiss.get_mem_usage_kb ()
for _ in range (30):
    big = faiss.IndexFlatL2 (1000)
    big.add (np.zeros ((2000, 1000), 'float32'))
    del big
print (faiss.get_mem_usage_kb () - before < 50000)
