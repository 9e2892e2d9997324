"""Indexes in files, bytes, pickles and copies."""
import copy
import io
import os
import pathlib
import pickle
import tempfile

import numpy as np

import faiss

rs = np.random.RandomState (5)
x = rs.rand (2000, 32).astype ('float32')
xq = rs.rand (5, 32).astype ('float32')

with tempfile.TemporaryDirectory () as folder:
    for text in ("Flat", "IVF20,SQ8", "PCA16,IVF10,PQ4x4", "HNSW16", "IDMap,Flat", "OPQ4_16,PQ4x4", "LSH", "IVF16,PQ4x4,Refine(Flat)"):
        index = faiss.index_factory (32, text)
        index.train (x)
        if text.startswith ("IDMap"):
            index.add_with_ids (x, np.arange (2000) + 10)
        else:
            index.add (x)
        expected = index.search (xq, 5)
        path = os.path.join (folder, "my.index")
        faiss.write_index (index, path)
        others = [faiss.read_index (path), faiss.read_index (path, faiss.IO_FLAG_MMAP), faiss.clone_index (index),
                  pickle.loads (pickle.dumps (index)), copy.deepcopy (index),
                  faiss.deserialize_index (faiss.serialize_index (index)),
                  faiss.deserialize_index (np.frombuffer (faiss.serialize_index (index).tobytes (), dtype='uint8'))]
        bio = io.BytesIO ()
        writer = faiss.PyCallbackIOWriter (bio.write)
        faiss.write_index (index, writer)
        del writer
        reader = faiss.PyCallbackIOReader (io.BytesIO (bio.getvalue ()).read)
        others.append (faiss.read_index (reader))
        with open (path, "rb") as f:
            others.append (faiss.read_index (faiss.PyCallbackIOReader (f.read)))
        for other in others:
            D, I = other.search (xq, 5)
            assert (I == expected[1]).all () and (D == expected[0]).all (), text
        print (text, os.path.getsize (path), [type (o).__name__ for o in others], len (bio.getvalue ()))
    faiss.write_index (faiss.IndexFlatL2 (4), str (pathlib.Path (folder) / "empty"))
    print (faiss.read_index (str (pathlib.Path (folder) / "empty")).ntotal)
    for bad in (os.path.join (folder, "nothing"), folder):
        try:
            faiss.read_index (bad)
        except RuntimeError as e:
            print ("RuntimeError", bad in str (e))
    pca = faiss.PCAMatrix (32, 8)
    pca.train (x)
    faiss.write_VectorTransform (pca, path)
    print (np.allclose (faiss.read_VectorTransform (path).apply (xq), pca.apply (xq)))
    pq = faiss.ProductQuantizer (32, 4, 6)
    pq.train (x)
    faiss.write_ProductQuantizer (pq, path)
    print ((faiss.read_ProductQuantizer (path).compute_codes (xq) == pq.compute_codes (xq)).all ())
