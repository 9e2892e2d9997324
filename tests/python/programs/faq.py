"""Questions that come again and again."""
import copy
import io
import pickle

import numpy as np

import faiss

rs = np.random.RandomState (13)
x, xq = rs.rand (3000, 24).astype ('float32'), rs.rand (10, 24).astype ('float32')

# all vectors of an index, whatever it is
for text in ("Flat", "IVF16,Flat", "IDMap2,Flat", "PQ6x4", "SQ8", "HNSW8", "PCA12,Flat", "IVF16,PQ6x4", "LSH", "Flat,RFlat"):
    index = faiss.index_factory (24, text)
    index.train (x)
    if text.startswith ("IDMap"):
        index.add_with_ids (x, np.arange (3000))
    else:
        index.add (x)
    if text.startswith ("IVF"):
        index.make_direct_map ()
    y = index.reconstruct_n (0, index.ntotal)
    print (text, y.shape, ((x - y) ** 2).sum (1).mean () < 3, np.allclose (index.reconstruct (5), y[5], atol=1e-5),
           np.allclose (index.reconstruct_batch ([7, 3]), y[[7, 3]], atol=1e-5))

# can I change one vector? which indexes remove?
for text in ("Flat", "IVF16,Flat", "PQ6x4", "SQ8", "IDMap,Flat"):
    index = faiss.index_factory (24, text)
    index.train (x)
    index.add_with_ids (x, np.arange (3000)) if text in ("IDMap,Flat", "IVF16,Flat") else index.add (x)
    try:
        n = index.remove_ids (np.arange (0, 100))
        print (text, "removed", n, index.ntotal)
    except RuntimeError:
        print (text, "cannot remove")

# add_with_ids where there are no ids
for text in ("Flat", "HNSW8", "PQ6x4"):
    index = faiss.index_factory (24, text)
    index.train (x)
    try:
        index.add_with_ids (x, np.arange (3000))
        print (text, "took ids")
    except RuntimeError:
        print (text, "takes no ids")

# more neighbours than vectors; no neighbours
index = faiss.IndexFlatL2 (24)
index.add (x[:3])
D, I = index.search (xq[:2], 5)
print (I, (D[:, 3:] > 1e38).all (), index.search (xq[:0], 5)[0].shape)
index.reset ()
print (index.search (xq[:1], 2)[1], index.ntotal)

# are two searches one after another the same as one for all?
index = faiss.index_factory (24, "IVF16,SQ8")
index.train (x)
index.add (x)
D, I = index.search (xq, 4)
print (all ((index.search (xq[i:i + 1], 4)[1] == I[i]).all () for i in range (10)))

# how large is it?
for text in ("Flat", "SQ8", "PQ6", "PQ6x4", "LSH", "IVF16,PQ6", "SQfp16", "SQ4"):
    index = faiss.index_factory (24, text)
    print (text, index.sa_code_size () if hasattr (index, "sa_code_size") else None, getattr (index, "code_size", None))
small = faiss.index_factory (24, "SQ8")
small.train (x)
small.add (x)
print (abs (len (faiss.serialize_index (small)) - 3000 * 24) < 1000, faiss.serialize_index (small).dtype)

# copies, pickles, bytes, files
index = faiss.IndexFlatL2 (24)
index.add (x)
for other in (faiss.clone_index (index), copy.deepcopy (index), pickle.loads (pickle.dumps (index)),
              faiss.deserialize_index (faiss.serialize_index (index))):
    print (type (other).__name__, other.ntotal, np.array_equal (other.search (xq, 3)[1], index.search (xq, 3)[1]))
buffer = io.BytesIO ()
faiss.write_index (index, faiss.PyCallbackIOWriter (buffer.write))
buffer.seek (0)
print (faiss.read_index (faiss.PyCallbackIOReader (buffer.read)).ntotal)
buffer.seek (0)
reader = faiss.BufferedIOReader (faiss.PyCallbackIOReader (buffer.read, 1234))
print (faiss.read_index (reader).ntotal)
with open ("index.bin", "wb") as f:
    f.write (faiss.serialize_index (index).tobytes ())
print (faiss.read_index ("index.bin").ntotal, faiss.read_index ("index.bin", faiss.IO_FLAG_READ_ONLY).ntotal)
try:
    faiss.read_index ("no such file")
except RuntimeError as e:
    print ("RuntimeError", "no such file" in str (e))

# types and shapes
for bad in (x[0], x[:, :5], x.T):
    try:
        index.search (bad, 3)
        print ("searched")
    except (AssertionError, ValueError):
        print ("refused")
print (index.search (np.ascontiguousarray (x[:4:2]), 1)[1].ravel (), index.search (x[:4:2], 1)[1].ravel ())
print (index.is_trained, index.d, index.metric_type, index.verbose, index.ntotal)
index.verbose = True
index.verbose = False
print (isinstance (index, faiss.Index), issubclass (faiss.IndexFlatL2, faiss.IndexFlat), issubclass (faiss.IndexIVFFlat, faiss.IndexIVF),
       issubclass (faiss.IndexFlat, faiss.IndexFlatCodes), faiss.IndexFlatL2.__mro__[1].__name__)
print (index.this.own (), index.thisown)
index.this.disown ()
print (index.this.own ())
index.this.own (True)
print (index.thisown)
