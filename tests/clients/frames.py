# packages: pandas polars pyarrow jax
# oracle: no
"""What holds numbers in other libraries, wherever an array goes: DataFrames of pandas and polars, columns that
may lack values, arrays of JAX, tables of Arrow."""
import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

import faiss

from common import report, vectors

x, ids = vectors (300, 8), np.arange (300) * 3 + 7
names = list ("abcdefgh")


def everything (vectors_of, ids_of):
    """What each function says of these vectors and ids."""
    given, q, several = vectors_of (x), vectors_of (x[:5]), ids_of (ids[:9])
    index = faiss.index_factory (8, "IVF4,Flat")
    index.train (given)
    index.add_with_ids (given, ids_of (ids))
    yield index.search (q, 3)
    yield index.range_search (q, 2.)
    yield index.search (q, 3, params=faiss.SearchParametersIVF (sel=faiss.IDSelectorBatch (several), nprobe=4))
    yield index.remove_ids (several), index.assign (q, 2)
    flat = faiss.IndexIDMap2 (faiss.IndexFlatL2 (8))
    flat.add_with_ids (given, ids_of (ids))
    yield flat.reconstruct_batch (several), flat.search (q, 4)[1]
    kmeans = faiss.Kmeans (8, 5, niter=3, seed=1)
    kmeans.train (given)
    yield kmeans.centroids, kmeans.assign (q)[1]
    yield faiss.knn (q, given, 3)
    yield faiss.pairwise_distances (q, given), faiss.kmin (given, 2)[1]
    transform = faiss.PCAMatrix (8, 4)
    transform.train (given)
    yield transform.apply (q), transform.reverse_transform (transform.apply (q))


def flattened (results):
    return [np.asarray (a) for r in results for a in r]


want = flattened (everything (np.array, np.array))
kinds = {
    "pandas": (pd.DataFrame, pd.Series),
    "pandas, named": (lambda a: pd.DataFrame (a.astype ("f8"), map (str, range (len (a))), names), pd.Index),
    "pandas, nullable": (lambda a: pd.DataFrame (a).astype ("Float32"), lambda i: pd.Series (i, dtype="Int64")),
    "pandas, mixed": (lambda a: pd.DataFrame (dict (zip (names, a.T))).astype ({"b": "f8", "c": "Float32"}),
                      lambda i: pd.Series (i, dtype="UInt32")),
    "pandas, arrow": (lambda a: pd.DataFrame (a).astype ("float[pyarrow]"),
                      lambda i: pd.Series (i, dtype="int64[pyarrow]")),
    "polars": (pl.DataFrame, pl.Series),
    "polars, mixed": (lambda a: pl.DataFrame (dict (zip (names, a.T))).cast ({"a": pl.Float64}),
                      lambda i: pl.Series (i.astype ("u4"))),
    "polars, arrays": (pl.Series, pl.Series),
    "jax": (jnp.asarray, lambda i: jnp.asarray (i.astype ("i4"))),
    "arrow": (lambda a: pa.table (dict (zip (names, a.T))), pa.array),
}
for kind, conversions in kinds.items ():
    for a, b in zip (want, flattened (everything (*conversions)), strict=True):
        np.testing.assert_allclose (a, b, rtol=1e-4, atol=1e-4, err_msg=kind)
half = faiss.knn (jnp.asarray (x[:5], jnp.bfloat16), x, 1)[1]
assert (half.ravel () == np.arange (5)).all ()

missing = pd.Series (ids, dtype="Int64")
missing[3] = None
for call, name in ((lambda: faiss.knn (pd.DataFrame ({"a": ["1", "2"]}), x[:, :1], 1), "xq"),
                   (lambda: faiss.knn (x[:, :1], pl.DataFrame ({"a": ["1", "2"]}), 1), "xb"),
                   (lambda: faiss.IndexIDMap (faiss.IndexFlatL2 (8)).add_with_ids (x, missing), "ids")):
    try:
        call ()
        raise SystemExit (f"no error for {name}")
    except ValueError as error:
        assert str (error).startswith (name + ": "), error
report (kinds=sorted (kinds))
