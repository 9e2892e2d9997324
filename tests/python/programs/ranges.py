"""All neighbours within a radius."""
import numpy as np

import faiss
from faiss.contrib.evaluation import filter_range_results, range_PR

rs = np.random.RandomState (13)
x = rs.rand (2000, 8).astype ('float32')
xq = rs.rand (20, 8).astype ('float32')

for text, metric, radius in (("Flat", faiss.METRIC_L2, .2), ("Flat", faiss.METRIC_INNER_PRODUCT, 3.), ("IVF10,Flat", faiss.METRIC_L2, .2),
                             ("IDMap,Flat", faiss.METRIC_L2, .2), ("PCA8,Flat", faiss.METRIC_L2, .2)):
    index = faiss.index_factory (8, text, metric)
    index.train (x)
    if text.startswith ("IDMap"):
        index.add_with_ids (x, np.arange (2000) * 2)
    else:
        index.add (x)
    if "IVF" in text:
        index.nprobe = 10
    lims, D, I = index.range_search (xq, radius)
    print (text, lims.dtype, D.dtype, I.dtype, lims)
    rows = [sorted (zip (D[lims[i]:lims[i + 1]].tolist (), I[lims[i]:lims[i + 1]].tolist ())) for i in range (20)]
    print (rows[:3])
    l0, D0, I0 = index.range_search (xq, -1.0 if metric == faiss.METRIC_L2 else 1e9)
    print (l0.sum (), D0.shape)

flat = faiss.IndexFlatL2 (8)
flat.add (x)
lims, D, I = flat.range_search (xq, .3)
lims2, D2, I2 = filter_range_results (lims, D, I, .1)
print (lims2, len (D2))
print (range_PR (lims, I, lims2, I2))
res = faiss.RangeSearchResult (20)
flat.range_search_c (20, faiss.swig_ptr (xq), .2, res)
lims = faiss.rev_swig_ptr (res.lims, 21).copy ()
print (lims, np.sort (faiss.rev_swig_ptr (res.labels, int (lims[-1])))[:10])
D, I = flat.search (xq, 10)
print (faiss.eval_intersection (I, I[:, ::-1]), I[:, :3])
