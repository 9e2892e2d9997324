# packages: vicinity[faiss]
# relative: 1e-3

"""vicinity's FAISS backend: nine kinds of indexes, thresholds, files."""
import pathlib
import tempfile

from vicinity import Backend, Vicinity

from common import report, vectors

x, q = vectors (600, 16), vectors (20, 16, seed=2)
names = [f"word{i}" for i in range (len (x))]


def found (results):
    return [[(name, float (d)) for name, d in row] for row in results]


results = {}
for kind in "flat", "hnsw", "lsh", "scalar", "pq", "ivf", "ivf_scalar", "ivfpq", "ivfpqr":
    for metric in "cosine", "euclidean":
        store = Vicinity.from_vectors_and_items (
            vectors=x[:500], items=names[:500], backend_type=Backend.FAISS, metric=metric,
            index_type=kind, nlist=10, m=4, nbits=4 if "pq" in kind else 64)
        store.insert (names[500:], x[500:])
        if "pq" in kind:  # other training: how much of the exact result is there
            rows = found (store.query (x[:200], k=10))
            results[f"{kind} {metric}"] = sum (f"word{i}" in dict (r) for i, r in enumerate (rows)) > 60
        elif kind != "lsh":  # whose projections are random
            results[f"{kind} {metric}"] = found (store.query (q, k=5)[:5 if "ivf" not in kind else 0])
            results[f"{kind} {metric} near"] = sum (map (len, store.query_threshold (
                q, threshold=.1 if metric == "cosine" else 2)))
        with tempfile.TemporaryDirectory () as folder:
            store.save (pathlib.Path (folder) / "store")
            again = Vicinity.load (pathlib.Path (folder) / "store")
            assert found (again.query (q, k=5)) == found (store.query (q, k=5))
report (**results)
