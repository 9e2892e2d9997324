"""Shards built apart and put together: contrib.ivf_tools, big_batch_search, evaluation, memmaps, ids of strings."""
import hashlib
import os
import tempfile

import numpy as np

import faiss
from faiss.contrib import big_batch_search, evaluation, exhaustive_search, ivf_tools
from faiss.contrib.vecs_io import fvecs_mmap, fvecs_read, fvecs_write

rs = np.random.RandomState (51)
centers = rs.rand (50, 32)
x = (centers[rs.randint (0, 50, 6000)] + .1 * rs.randn (6000, 32)).astype ('float32')
xq = (centers[rs.randint (0, 50, 40)] + .1 * rs.randn (40, 32)).astype ('float32')
folder = tempfile.mkdtemp ()
path = os.path.join (folder, "base.npy")
base = np.lib.format.open_memmap (path, mode="w+", dtype="float32", shape=x.shape)
base[:] = x
base.flush ()
base = np.load (path, mmap_mode="r")
gtD, gtI = exhaustive_search.knn_ground_truth (xq, (base[i:i + 1000] for i in range (0, 6000, 1000)), 10)
print (gtI[:3], gtD[:2])

def number (name):
    return int.from_bytes (hashlib.sha256 (name.encode ()).digest ()[:8], "little") >> 1
names = [f"doc-{i}" for i in range (6000)]
ids = np.array ([number (n) for n in names], dtype="int64")
back = dict (zip (ids.tolist (), names))

empty = faiss.index_factory (32, "PCAR16,IVF32,SQ8")
empty = faiss.index_factory (32, "IVF32,Flat")
empty.train (base[:3000])
shards = []
for part in range (3):
    shard = faiss.clone_index (empty)
    shard.add_with_ids (base[part * 2000:part * 2000 + 2000], ids[part * 2000:part * 2000 + 2000])
    faiss.write_index (shard, os.path.join (folder, f"shard{part}"))
    shards.append (shard)
whole = faiss.read_index (os.path.join (folder, "shard0"))
for part in (1, 2):
    faiss.merge_into (whole, faiss.read_index (os.path.join (folder, f"shard{part}")), False)
print (whole.ntotal)
whole.nprobe = 32
D, I = whole.search (xq, 10)
print ([back[i] for i in I[0].tolist ()] == [names[i] for i in gtI[0]], np.array_equal (I, ids[gtI]))
D2 = [s.search (xq, 10) for s in shards]
for s in shards:
    s.nprobe = 32
D2, I2 = map (np.stack, zip (*[s.search (xq, 10) for s in shards]))
print (np.array_equal (faiss.merge_knn_results (D2, I2)[1], I))

plain = faiss.index_factory (32, "IVF32,Flat")
plain.train (base[:3000])
D, assign = plain.quantizer.search (np.array (base), 1)
ivf_tools.add_preassigned (plain, np.array (base), assign.ravel ())
Dq, Iq = plain.quantizer.search (xq, 8)
plain.nprobe = 8
D, I = ivf_tools.search_preassigned (plain, xq, 10, Iq, Dq)
D3, I3 = plain.search (xq, 10)
print (np.array_equal (I, I3), evaluation.knn_intersection_measure (I, gtI) > .9)
lims, D, I = ivf_tools.range_search_preassigned (plain, xq, .25, Iq, Dq)
lims2, D4, I4 = plain.range_search (xq, .25)
print (np.array_equal (lims, lims2), lims[-1], np.array_equal (np.sort (I), np.sort (I4)))
for method in ("pairwise_distances", "knn_function", "index"):
    for threaded in (0, 1):
        D, I = big_batch_search.big_batch_search (plain, xq, 10, method=method, threaded=threaded, use_float16=False, verbose=-1)
        print (method, threaded, np.array_equal (I, I3), np.allclose (D, D3, atol=1e-4))

new = plain.range_search (xq, .2)
old = exhaustive_search.range_ground_truth (xq, (base[i:i + 900] for i in range (0, 6000, 900)), .25)
print (evaluation.range_PR (old[0], old[2], new[0], new[2]), evaluation.range_PR (old[0], old[2], new[0], new[2], mode="average"))
print (evaluation.range_PR_multiple_thresholds (old[0], old[2], new[0], new[1], new[2], [.1, .15, .2]))
radius, n = exhaustive_search.range_search_max_results (plain, (xq[i:i + 8] for i in range (0, 40, 8)), .3, max_results=300)[:2]
print (round (float (radius), 3), len (n), int (n[-1]))
print (evaluation.check_ref_knn_with_draws (gtD, gtI, gtD, gtI))
D, I = gtD.copy (), gtI.copy ()
D[0, 0] += 1
try:
    evaluation.check_ref_knn_with_draws (gtD, gtI, D, I)
    print ("the same")
except AssertionError:
    print ("another")
fvecs_write (os.path.join (folder, "x.fvecs"), x[:100])
print (np.array_equal (fvecs_read (os.path.join (folder, "x.fvecs")), x[:100]), fvecs_mmap (os.path.join (folder, "x.fvecs"))[3, :2])
ops = evaluation.OperatingPointsWithRanges ()
ops.add_range ("nprobe", [1, 2, 4, 8, 16])
ops.add_range ("k", [1, 10])
print (ops.num_experiments (), ops.sample_experiments (4), ops.cno_to_key (7))
for i in range (ops.num_experiments ()):
    key = ops.cno_to_key (i)
    p = ops.get_parameters (key)
    if not ops.is_pareto_optimal (p["nprobe"] / 20, p["nprobe"] * .1):
        continue
    ops.add_operating_point (key, p["nprobe"] / 20, p["nprobe"] * .1 + p["k"] * .01)
print (sorted (op[1:] for op in ops.operating_points))
