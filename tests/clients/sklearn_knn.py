# packages: sklearn-ann scikit-learn
# relative: 1e-3
"""sklearn-ann: faiss as scikit-learn's neighbours transformer."""
from sklearn.cluster import DBSCAN
from sklearn.manifold import Isomap
from sklearn_ann.kneighbors.faiss import FAISSTransformer

from common import report, vectors

x = vectors (400, 16)
results = {}
for key in "Flat", "IVF10,Flat":
    graph = FAISSTransformer (n_neighbors=9, index_key=key).fit_transform (x)
    results[key] = graph.shape, graph.nnz, float (graph.sum ()) if key == "Flat" else 0
graph = FAISSTransformer (n_neighbors=30).fit_transform (x)
results["clusters"] = int (DBSCAN (eps=2, metric="precomputed").fit (graph).labels_.max ())
report (**results)
