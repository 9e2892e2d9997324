# packages: sklearn-ann scikit-learn
# relative: 1e-3
"""sklearn-ann: faiss as scikit-learn's neighbours transformer."""
from sklearn.cluster import DBSCAN
from sklearn_ann.kneighbors.faiss import FAISSTransformer

from common import report, vectors

x = vectors (400, 16)
results = {}
for metric in "euclidean", "sqeuclidean", "cosine", "manhattan", "canberra", "braycurtis":
    graph = FAISSTransformer (n_neighbors=9, metric=metric).fit_transform (x)
    results[metric] = graph.shape, graph.nnz, float (graph.sum ())
graph = FAISSTransformer (n_neighbors=30, metric="euclidean").fit_transform (x)
results["clusters"] = int (DBSCAN (eps=2, metric="precomputed").fit (graph).labels_.max ())
report (**results)
