"""The calls that bench_python.py times, in a process of one module: prints {name: seconds} as JSON.

usage: python_calls.py [--threads N] [--only REGEX] [--seconds S]    S: for each case, about
"""
import argparse
import copy
import itertools
import json
import os
import pickle
import re
import tempfile
import time

import numpy as np

start = time.perf_counter ()
import faiss  # noqa: E402

import_time = time.perf_counter () - start
rng = np.random.RandomState (1)


def data (n, d):
    return rng.rand (n, d).astype ("f4")


def factory (description, x, metric=faiss.METRIC_L2):
    index = faiss.index_factory (x.shape[1], description, metric)
    index.train (x)
    if description.startswith ("IDMap"):
        index.add_with_ids (x, np.arange (len (x)))
    else:
        index.add (x)
    return index


def single ():
    """One vector on small indexes: what a call costs."""
    x, q = data (1000, 64), data (1, 64)
    D, I = np.empty ((1, 10), "f4"), np.empty ((1, 10), "i8")
    params = faiss.SearchParameters ()
    some = faiss.SearchParameters (sel=faiss.IDSelectorRange (100, 900))
    for name, index in (("FlatL2", factory ("Flat", x)),
                        ("FlatIP", factory ("Flat", x, faiss.METRIC_INNER_PRODUCT)),
                        ("IVF16", factory ("IVF16,Flat", x)), ("HNSW", factory ("HNSW16", x)),
                        ("IDMap", factory ("IDMap,Flat", x)), ("SQ8", factory ("SQ8", x)),
                        ("PCA", factory ("PCA32,Flat", x)), ("PQ8", factory ("PQ8", x))):
        yield f"search {name}", lambda index=index: index.search (q, 10)
        if name in ("FlatL2", "FlatIP", "IVF16", "HNSW", "IDMap"):
            yield f"search {name} k=1", lambda index=index: index.search (q, 1)
    flat, hnsw = factory ("Flat", x), factory ("HNSW16", x)
    ivf = factory ("IVF16,Flat", x)
    yield "search params", lambda: flat.search (q, 10, params=params)
    yield "search params sel", lambda: flat.search (q, 10, params=some)
    yield "search IVF params", lambda p=faiss.SearchParametersIVF (nprobe=2): ivf.search (q, 10, params=p)
    yield "search HNSW params", lambda p=faiss.SearchParametersHNSW (efSearch=20): hnsw.search (q, 10, params=p)
    yield "search new params", lambda: ivf.search (q, 10, params=faiss.SearchParametersIVF (nprobe=2))
    yield "search D I", lambda: flat.search (q, 10, D=D, I=I)
    yield "search float64", lambda q=q.astype ("f8"): flat.search (q, 10)
    yield "search float16", lambda q=q.astype ("f2"): flat.search (q, 10)
    yield "search x[3:4]", lambda: flat.search (x[3:4], 10)
    tiny = factory ("Flat", x[:1])
    yield "search n=1", lambda: tiny.search (q, 1)
    yield "range_search", lambda: flat.range_search (q, 6.)
    yield "range_search IVF", lambda: ivf.range_search (q, 6.)
    yield "search_and_reconstruct", lambda: flat.search_and_reconstruct (q, 10)
    yield "assign", lambda: flat.assign (q, 1)
    yield "reconstruct", lambda: flat.reconstruct (7)
    yield "reconstruct_n", lambda: flat.reconstruct_n (7, 3)
    yield "reconstruct_batch", lambda ids=np.arange (3): flat.reconstruct_batch (ids)
    yield "ntotal", lambda: flat.ntotal
    yield "is_trained", lambda: flat.is_trained
    yield "d", lambda: flat.d
    yield "IndexFlatL2 ()", lambda: faiss.IndexFlatL2 (64)
    yield "index_factory Flat", lambda: faiss.index_factory (64, "Flat")
    yield "index_factory IVF,PQ", lambda: faiss.index_factory (64, "IVF16,PQ8")
    yield "set nprobe", lambda: setattr (ivf, "nprobe", 2)
    yield "quantizer", lambda: ivf.quantizer
    yield "downcast_index", lambda: faiss.downcast_index (ivf.quantizer)
    yield "invlists.list_size", lambda: ivf.invlists.list_size (1)
    yield "extract_index_ivf", lambda: faiss.extract_index_ivf (ivf)
    yield "ParameterSpace", lambda: faiss.ParameterSpace ().set_index_parameter (ivf, "nprobe", 3)

    def adds (make, add):
        def one ():
            index = make ()
            for i in range (20):
                add (index, i)
        return one
    yield "20 adds", adds (lambda: faiss.IndexFlatL2 (64), lambda index, i: index.add (x[i:i + 1]))
    yield "20 adds IDMap", adds (lambda: faiss.IndexIDMap (faiss.IndexFlatL2 (64)),
                                 lambda index, i: index.add_with_ids (x[i:i + 1], np.array ([i])))
    yield "20 adds IVF", adds (lambda: (ivf.reset (), ivf)[1], lambda index, i: index.add (x[i:i + 1]))
    yield "20 adds HNSW", adds (lambda: faiss.IndexHNSWFlat (64, 16), lambda index, i: index.add (x[i:i + 1]))
    yield "add 1000", lambda: factory ("Flat", x)
    pca = faiss.PCAMatrix (64, 16)
    pca.train (x)
    yield "PCA apply", lambda: pca.apply (q)
    pq = faiss.ProductQuantizer (64, 8, 8)
    pq.train (x)
    codes = pq.compute_codes (q)
    yield "PQ compute_codes", lambda: pq.compute_codes (q)
    yield "PQ decode", lambda: pq.decode (codes)
    sq = factory ("SQ8", x)
    code = sq.sa_encode (q)
    yield "sa_encode", lambda: sq.sa_encode (q)
    yield "sa_decode", lambda: sq.sa_decode (code)
    yield "normalize_L2 1", lambda row=q.copy (): faiss.normalize_L2 (row)
    yield "knn 1 x 1000", lambda: faiss.knn (q, x, 10)
    yield "knn 1 x 1000 IP", lambda: faiss.knn (q, x, 10, metric=faiss.METRIC_INNER_PRODUCT)
    yield "knn 1 x 1000 L1", lambda: faiss.knn (q, x, 10, metric=faiss.METRIC_L1)
    yield "pairwise 1 x 1000", lambda: faiss.pairwise_distances (q, x)
    yield "pairwise 10 x 10", lambda: faiss.pairwise_distances (x[:10], x[:10])
    yield "pairwise 10 x 10 L1", lambda: faiss.pairwise_distances (x[:10], x[:10], metric=faiss.METRIC_L1)
    yield "fvec_L2sqr", lambda a=faiss.swig_ptr (q), b=faiss.swig_ptr (x): faiss.fvec_L2sqr (a, b, 64)
    yield "swig_ptr", lambda: faiss.swig_ptr (x)
    yield "rev_swig_ptr", lambda p=faiss.swig_ptr (x): faiss.rev_swig_ptr (p, 100)


def batches ():
    for d, n in itertools.product ((64, 128, 768), (1000, 20000)):
        x, q = data (n, d), data (1000, d)
        for kind, index in (("L2", factory ("Flat", x)), ("IP", factory ("Flat", x, faiss.METRIC_INNER_PRODUCT))):
            for nq in (10, 100, 1000) if n < 20000 or d < 768 else (10, 100):
                yield f"search {kind} d={d} n={n} nq={nq}", lambda i=index, b=q[:nq]: i.search (b, 10)
        for description in ("IVF64,Flat", "SQ8", "PQ16"):
            if d < 768:
                index = factory (description, x)
                for nq in (10, 1000):
                    yield f"search {description} d={d} n={n} nq={nq}", lambda i=index, b=q[:nq]: i.search (b, 10)
    for d in (64, 768):
        x = data (10000, d)
        for nb in (10, 100, 1000, 10000):
            yield f"add d={d} {nb}", lambda b=x[:nb]: faiss.IndexFlatL2 (d).add (b)
        ivf = factory ("IVF64,Flat", x)

        def add (index, b):
            index.reset ()
            index.add (b)
        for nb in (10, 100, 1000):
            yield f"add IVF d={d} {nb}", lambda b=x[:nb]: add (ivf, b)
    x, q = data (20000, 64), data (100, 64)
    flat = factory ("Flat", x)
    for dtype in ("f2", "f8"):
        yield f"search {dtype} nq=100", lambda b=q.astype (dtype): flat.search (b, 10)
        yield f"add {dtype} 20000", lambda b=x.astype (dtype): faiss.IndexFlatL2 (64).add (b)
        yield f"knn {dtype} 100", lambda b=q.astype (dtype), y=x.astype (dtype): faiss.knn (b, y, 10)
    yield "search Fortran nq=100", lambda b=np.asfortranarray (q): flat.search (b, 10)
    for radius in (5., 8., 11.):
        yield f"range_search r={radius:g} nq=100", lambda r=radius: flat.range_search (q, r)
    yield "knn 100 x 20000", lambda: faiss.knn (q, x, 10)
    yield "knn 100 x 20000 k=100", lambda: faiss.knn (q, x, 100)
    yield "knn 100 x 20000 IP", lambda: faiss.knn (q, x, 10, metric=faiss.METRIC_INNER_PRODUCT)
    yield "knn 100 x 20000 L1", lambda: faiss.knn (q, x, 10, metric=faiss.METRIC_L1)
    yield "pairwise 100 x 20000", lambda: faiss.pairwise_distances (q, x)
    yield "pairwise 100 x 20000 IP", lambda: faiss.pairwise_distances (q, x, faiss.METRIC_INNER_PRODUCT)
    yield "pairwise 100 x 20000 L1", lambda: faiss.pairwise_distances (q, x, faiss.METRIC_L1)


def storage ():
    """Copies of indexes, and arrays of the library's."""
    x = data (20000, 64)
    folder = tempfile.mkdtemp (dir="/dev/shm" if os.path.isdir ("/dev/shm") else None)
    for description in ("Flat", "IVF64,Flat", "HNSW16", "PQ16"):
        index = factory (description, x if description != "HNSW16" else x[:2000])
        file = os.path.join (folder, f"{description}{os.getpid ()}")
        yield f"serialize_index {description}", lambda i=index: faiss.serialize_index (i)
        yield f"deserialize_index {description}", lambda a=faiss.serialize_index (index): faiss.deserialize_index (a)
        yield f"write_index {description}", lambda i=index, f=file: faiss.write_index (i, f)
        yield f"read_index {description}", lambda f=file: faiss.read_index (f)
        yield f"clone_index {description}", lambda i=index: faiss.clone_index (i)
        yield f"deepcopy {description}", lambda i=index: copy.deepcopy (i)
        yield f"pickle {description}", lambda i=index: pickle.loads (pickle.dumps (i))
    small = factory ("Flat", x[:10])
    yield "serialize_index small", lambda: faiss.serialize_index (small)
    yield "deserialize_index small", lambda a=faiss.serialize_index (small): faiss.deserialize_index (a)
    yield "clone_index small", lambda: faiss.clone_index (small)

    def to_file (index):
        with open (os.path.join (folder, "python"), "wb") as f:
            faiss.write_index (index, faiss.PyCallbackIOWriter (f.write))

    def from_file ():
        with open (os.path.join (folder, "python"), "rb") as f:
            return faiss.read_index (faiss.PyCallbackIOReader (f.read))
    flat = factory ("Flat", x)
    to_file (flat)
    yield "PyCallbackIOWriter", lambda: to_file (flat)
    yield "PyCallbackIOReader", from_file
    for n in (10, 1000, 10**6):
        a = rng.rand (n).astype ("f4")
        v = faiss.Float32Vector ()
        faiss.copy_array_to_vector (a, v)
        yield f"vector_to_array {n}", lambda v=v: faiss.vector_to_array (v)
        yield f"copy_array_to_vector {n}", lambda v=v, a=a: faiss.copy_array_to_vector (a, v)
    yield "reconstruct_n 20000", lambda: flat.reconstruct_n (0, 20000)
    yield "reconstruct_n IVF 1000", lambda i=factory ("IVF64,Flat", x): (i.make_direct_map (), i.reconstruct_n (0, 1000))
    yield "reconstruct_batch 1000", lambda i=rng.permutation (20000)[:1000]: flat.reconstruct_batch (i)
    yield "invlists to arrays", lambda i=factory ("IVF64,Flat", x): [
        faiss.rev_swig_ptr (i.invlists.get_ids (l), i.invlists.list_size (l)).copy () for l in range (64)]
    yield "merge_from", lambda: factory ("Flat", x[:100]).merge_from (factory ("Flat", x[:100]), 0)


def selectors ():
    x, q = data (10000, 64), data (10, 64)
    flat, ivf = factory ("Flat", x), factory ("IVF64,Flat", x)
    ids = {n: rng.permutation (10000)[:n] for n in (10, 1000, 5000)}
    for n, some in ids.items ():
        yield f"IDSelectorBatch {n}", lambda a=some: faiss.IDSelectorBatch (a)
        yield f"IDSelectorArray {n}", lambda a=some: faiss.IDSelectorArray (a)
        yield f"remove_ids flat {n}", lambda a=some: faiss.clone_index (flat).remove_ids (a)
        yield f"remove_ids IVF {n}", lambda a=some: faiss.clone_index (ivf).remove_ids (a)
        mask = np.zeros (10000, bool)
        mask[some] = True
        bits = np.packbits (mask, bitorder="little")
        yield f"IDSelectorBitmap {n}", lambda a=bits: faiss.IDSelectorBitmap (a)
        batch, bitmap = faiss.IDSelectorBatch (some), faiss.IDSelectorBitmap (bits)
        for name, sel in (("batch", batch), ("bitmap", bitmap), ("not batch", faiss.IDSelectorNot (batch))):
            for kind, index in (("flat", flat), ("IVF", ivf)):
                p = faiss.SearchParameters (sel=sel) if kind == "flat" else faiss.SearchParametersIVF (sel=sel, nprobe=8)
                yield f"search {kind} {name} {n}", lambda p=p, i=index: i.search (q, 10, params=p)


def functions ():
    """Functions on arrays."""
    for n in (10, 10**5):
        yield f"rand {n}", lambda n=n: faiss.rand (n)
        yield f"randn {n}", lambda n=n: faiss.randn (n)
        yield f"randint {n}", lambda n=n: faiss.randint (n)
        yield f"randint vmax {n}", lambda n=n: faiss.randint (n, vmax=1000)
        yield f"checksum {n}", lambda a=rng.rand (n): faiss.checksum (a)
    yield "checksum 1000 x 64", lambda a=data (1000, 64): faiss.checksum (a)
    yield "rand_smooth_vectors", lambda: faiss.rand_smooth_vectors (1000, 32)
    for n, k in ((10, 10), (1000, 10), (1000, 100)):
        I1, I2 = rng.randint (k * 10, size=(n, k)), rng.randint (k * 10, size=(n, k))
        yield f"eval_intersection {n} x {k}", lambda a=I1, b=I2: faiss.eval_intersection (a, b)
        D = np.sort (data (4 * n, k).reshape (4, n, k), axis=2)
        I = rng.randint (10**6, size=(4, n, k))
        yield f"merge_knn_results 4 x {n} x {k}", lambda a=D, b=I: faiss.merge_knn_results (a, b)

        def heap (D, I):
            heap = faiss.ResultHeap (D.shape[1], D.shape[2])
            for i in range (4):
                heap.add_result (D[i], I[i])
            heap.finalize ()
        yield f"ResultHeap 4 x {n} x {k}", lambda a=D, b=I: heap (a, b)

        def subset (D, I, some):
            heap = faiss.ResultHeap (D.shape[1], D.shape[2])
            heap.add_result_subset (some, D[0, :some.size], I[0, :some.size])
            heap.finalize ()
        yield f"ResultHeap subset {n} x {k}", lambda a=D, b=I, s=np.arange (0, n, 2): subset (a, b, s)
    for n, m, k in ((10, 100, 10), (100, 10000, 10), (10, 10000, 100), (1, 10**6, 10)):
        yield f"kmin {n} x {m} k={k}", lambda a=data (n, m), k=k: faiss.kmin (a, k)
        yield f"kmax {n} x {m} k={k}", lambda a=data (n, m), k=k: faiss.kmax (a, k)
    for n in (1, 100, 100000):
        yield f"normalize_L2 {n} x 64", lambda a=data (n, 64): faiss.normalize_L2 (a)
    for n, m, bits in ((10, 8, 4), (10000, 8, 4), (10000, 16, 11)):
        a = rng.randint (1 << bits, size=(n, m)).astype ("i4")
        packed = faiss.pack_bitstrings (a, bits)
        yield f"pack_bitstrings {n} x {m} x {bits}", lambda a=a, b=bits: faiss.pack_bitstrings (a, b)
        yield f"unpack_bitstrings {n} x {m} x {bits}", lambda p=packed, m=m, b=bits: faiss.unpack_bitstrings (p, m, b)
        widths = np.arange (m) % bits + 1
        wide = a & ((1 << widths) - 1).astype ("i4")
        yield f"pack_bitstrings {n} x {m} widths", lambda a=wide, w=widths.tolist (): faiss.pack_bitstrings (a, w)
        yield (f"unpack_bitstrings {n} x {m} widths",
               lambda p=faiss.pack_bitstrings (wide, widths.tolist ()), w=widths.tolist ():
               faiss.unpack_bitstrings (p, w))
    for n in (100, 100000):
        tab = rng.randint (100, size=n)
        yield f"bucket_sort {n}", lambda t=tab: faiss.bucket_sort (t, 100)
        yield f"bucket_sort {n} nt=2", lambda t=tab: faiss.bucket_sort (t, 100, nt=2)
        matrix = tab.reshape (-1, 10).astype ("i4")
        yield f"matrix_bucket_sort {n}", lambda t=matrix: faiss.matrix_bucket_sort_inplace (t.copy (), 100)
    for n in (10, 1000, 100000):
        keys = rng.permutation (10 * n)[:n]

        def fill (keys):
            m = faiss.MapLong2Long ()
            m.add (keys, keys)
            return m
        yield f"MapLong2Long add {n}", lambda k=keys: fill (k)
        yield f"MapLong2Long search {n}", lambda m=fill (keys), k=keys: m.search_multiple (k)
        capacity = 1 << int (n * 2).bit_length ()

        def table (keys, c):
            m = faiss.MapInt64ToInt64 (c)
            m.add (keys, keys)
            return m
        yield f"MapInt64ToInt64 add {n}", lambda k=keys, c=capacity: table (k, c)
        yield f"MapInt64ToInt64 lookup {n}", lambda m=table (keys, capacity), k=keys: m.lookup (k)
    yield "MapLong2Long.search", lambda m=fill (keys): m.search (7)
    for nq, nb, d in ((1, 1000, 8), (100, 10000, 32)):
        xq, xb = (rng.randint (256, size=(n, d)).astype ("u1") for n in (nq, nb))
        for variant in ("hc", "mc"):
            yield f"knn_hamming {variant} {nq} x {nb}", lambda a=xq, b=xb, v=variant: faiss.knn_hamming (a, b, 10, variant=v)
    codes = rng.randint (4, size=(10000, 8)).astype ("u1")
    yield "CodeSet.insert 10000", lambda: faiss.CodeSet (8).insert (codes)
    yield "MatrixStats 1000 x 64", lambda a=data (1000, 64): faiss.MatrixStats (a)


def low_level ():
    """Functions on pointers."""
    p = faiss.swig_ptr
    for d in [*range (1, 33)]:
        x, y, out = data (1, d)[0], data (4096, d), np.empty (4096, "f4")
        keep = x, y, out
        yield f"fvec_L2sqr_ny d={d}", lambda d=d, a=p (x), b=p (y), o=p (out), k=keep: faiss.fvec_L2sqr_ny (o, a, b, d, 4096)
        yield f"fvec_inner_products_ny d={d}", lambda d=d, a=p (x), b=p (y), o=p (out), k=keep: faiss.fvec_inner_products_ny (o, a, b, d, 4096)
        yield f"fvec_L2sqr_ny_nearest d={d}", lambda d=d, a=p (x), b=p (y), o=p (out), k=keep: faiss.fvec_L2sqr_ny_nearest (o, a, b, d, 4096)
        norms, turned = (y ** 2).sum (1), np.ascontiguousarray (y.T)
        keep = keep + (norms, turned)
        if d in (1, 2, 4, 8, 15, 16, 32):
            yield (f"fvec_L2sqr_ny_transposed d={d}", lambda d=d, a=p (x), b=p (turned), n=p (norms), o=p (out), k=keep:
                   faiss.fvec_L2sqr_ny_transposed (o, a, b, n, d, 4096, 4096))
            yield (f"fvec_L2sqr_ny_nearest_y_transposed d={d}", lambda d=d, a=p (x), b=p (turned), n=p (norms), o=p (out),
                   k=keep: faiss.fvec_L2sqr_ny_nearest_y_transposed (o, a, b, n, d, 4096, 4096))
    x = data (1000, 128)
    out, norms = np.empty ((1000, 1000), "f4"), np.empty (1000, "f4")
    yield "fvec_norms_L2sqr", lambda: faiss.fvec_norms_L2sqr (p (norms), p (x), 128, 1000)
    yield "fvec_norms_L2", lambda: faiss.fvec_norms_L2 (p (norms), p (x), 128, 1000)
    yield "pairwise_L2sqr", lambda: faiss.pairwise_L2sqr (128, 1000, p (x), 1000, p (x), p (out))
    yield "fvec_norm_L2sqr", lambda: faiss.fvec_norm_L2sqr (p (x), 128)
    yield "fvec_madd", lambda: faiss.fvec_madd (128, p (x), 2., p (x[1]), p (norms))
    yield "inner_product_to_L2sqr", lambda: faiss.inner_product_to_L2sqr (p (out), p (norms), p (norms), 1000, 1000)
    for n in (1000, 100000):
        values, centroids = rng.rand (n).astype ("f4"), np.empty (16, "f4")
        if n < 10000:
            yield f"kmeans1d {n}", lambda v=values, c=centroids: faiss.kmeans1d (p (v), v.size, 16, p (c))
    for nh, k, nj in ((1, 10, 1000), (100, 10, 1000)):
        dis, D, I = data (nh, nj), np.empty ((nh, k), "f4"), np.empty ((nh, k), "i8")

        def heaps (dis, D, I):
            h = faiss.float_maxheap_array_t ()
            h.nh, h.k, h.val, h.ids = D.shape[0], D.shape[1], p (D), p (I)
            h.heapify ()
            h.addn (dis.shape[1], p (dis))
            h.reorder ()
        yield f"float_maxheap_array_t {nh} x {nj}", lambda a=dis, b=D, c=I: heaps (a, b, c)
    tables = np.empty ((100, 32, 256), "f4")
    centers, queries = data (256, 64), data (100, 64)
    yield "compute_PQ_dis_tables_dsub2", lambda: faiss.compute_PQ_dis_tables_dsub2 (
        64, 256, p (centers), 100, p (queries), False, p (tables))
    u, rows = data (2, 64), data (1000, 64)
    u /= np.linalg.norm (u, axis=1, keepdims=True)
    yield "reflection", lambda: faiss.reflection (p (u), p (rows), 1000, 64, 2)
    argmins = np.empty (1000, "i8")
    yield "smawk", lambda: faiss.smawk (1000, 1000, p (out), p (argmins))
    a, b = rng.randint (1000, size=100), rng.randint (1000, size=100)
    yield "ranklist_intersection_size", lambda: faiss.ranklist_intersection_size (100, p (a), 100, p (b))
    yield "hamming", lambda q=rng.randint (256, size=(100, 8)).astype ("u1"), c=np.empty ((100, 100), "i4"): \
        faiss.hammings (p (q), p (q), 100, 100, 8, p (c))


def training ():
    x = {(n, d): data (n, d) for n, d in ((200, 8), (1000, 16), (5000, 64), (20000, 32))}

    def kmeans (a, k, **more):
        faiss.Kmeans (a.shape[1], k, **more).train (a)
    for (n, d), k in zip (x, (4, 16, 64, 64)):
        yield f"Kmeans n={n} d={d} k={k}", lambda a=x[n, d], k=k: kmeans (a, k, niter=10)
    yield "Kmeans spherical", lambda: kmeans (x[5000, 64], 64, niter=10, spherical=True)
    yield "Kmeans nredo=3", lambda: kmeans (x[1000, 16], 16, niter=10, nredo=3)
    made = faiss.Kmeans (64, 64, niter=2)
    made.train (x[5000, 64])
    yield "Kmeans.assign", lambda: made.assign (x[5000, 64])
    yield "PCA train 5000 x 64", lambda: faiss.PCAMatrix (64, 16).train (x[5000, 64])
    yield "PCA apply 5000 x 64", lambda m=faiss.PCAMatrix (64, 16): (m.train (x[5000, 64][:200]), m.apply (x[5000, 64]))
    for description in ("IVF16,Flat", "IVF64,Flat", "PQ8x4", "SQ8", "IVF16,PQ8", "LSH", "OPQ8_32,PQ8x4"):
        yield f"train {description}", lambda s=description: faiss.index_factory (64, s).train (x[5000, 64])
    yield "add HNSW16 500", lambda: factory ("HNSW16", x[1000, 16][:500])


GROUPS = {f.__name__: f for f in (single, batches, storage, selectors, functions, low_level, training)}


def smallest (function, seconds):
    """The least processor time of a call, of several measurements."""
    now = time.process_time
    n = 1
    function ()
    while True:
        start = now ()
        for _ in range (n):
            function ()
        passed = now () - start
        if passed > seconds / 5:
            break
        n = max (2 * n, min (10 * n, int (n * seconds / 5 / max (passed, 1e-9))))
    best, spent = passed, passed
    while spent < seconds:
        start = now ()
        for _ in range (n):
            function ()
        passed = now () - start
        best, spent = min (best, passed), spent + passed
    return best / n


def main ():
    parser = argparse.ArgumentParser ()
    parser.add_argument ("--threads", type=int, default=1)
    parser.add_argument ("--only", default="")
    parser.add_argument ("--groups", default="single")
    parser.add_argument ("--seconds", type=float, default=.05)
    options = parser.parse_args ()
    faiss.omp_set_num_threads (options.threads)
    result = {"import": import_time}
    for group in options.groups.split (","):
        for name, function in GROUPS[group] ():
            if re.search (options.only, name):
                try:
                    result[name] = smallest (function, options.seconds)
                except Exception as error:  # what one of the two cannot do has no row
                    result[name] = repr (error)
    print (json.dumps (result))


if __name__ == "__main__":
    main ()
