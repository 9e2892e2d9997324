"""A store of documents: vectors under ids, texts beside them, deleting, updating, saving, restoring, filters."""
import json
import pickle
import uuid

import numpy as np

import faiss


class Store:
    def __init__ (self, d, factory="IDMap2,Flat", metric=faiss.METRIC_INNER_PRODUCT):
        self.index = faiss.index_factory (d, factory, metric)
        self.docs, self.keys = {}, {}

    def key (self, name):
        return uuid.uuid5 (uuid.NAMESPACE_DNS, name).int & (1 << 63) - 1

    def add (self, names, x, metadata):
        x = np.array (x, dtype=np.float32)
        faiss.normalize_L2 (x)
        keys = np.array ([self.key (n) for n in names])
        known = [k for k in keys.tolist () if k in self.docs]
        if known:
            self.index.remove_ids (np.array (known, dtype='int64'))
        if not self.index.is_trained:
            self.index.train (x)
        self.index.add_with_ids (x, keys)
        for k, n, m in zip (keys.tolist (), names, metadata):
            self.docs[k] = (n, m)

    def delete (self, names):
        keys = [self.key (n) for n in names]
        n = self.index.remove_ids (np.asarray (keys, dtype=np.int64))
        for k in keys:
            self.docs.pop (k, None)
        return n

    def search (self, x, k=4, where=None, threshold=None):
        x = np.array ([x], dtype=np.float32)
        faiss.normalize_L2 (x)
        params = None
        if where is not None:
            chosen = [key for key, (n, m) in self.docs.items () if where (m)]
            params = faiss.SearchParameters (sel=faiss.IDSelectorBatch (chosen))
        scores, found = self.index.search (x, k, params=params)
        hits = [(self.docs[i][0], round (float (s), 3)) for s, i in zip (scores[0], found[0]) if i != -1]
        return [h for h in hits if threshold is None or h[1] >= threshold]

    def save (self, name):
        faiss.write_index (self.index, name + ".faiss")
        with open (name + ".pkl", "wb") as f:
            pickle.dump (self.docs, f)

    @classmethod
    def load (cls, name):
        store = cls.__new__ (cls)
        store.index = faiss.read_index (name + ".faiss")
        with open (name + ".pkl", "rb") as f:
            store.docs = pickle.load (f)
        return store


rs = np.random.RandomState (61)
x = rs.randn (500, 48)
names = [f"page {i}" for i in range (500)]
store = Store (48)
store.add (names, x, [{"year": 1990 + i % 30, "lang": "de" if i % 3 else "en"} for i in range (500)])
print (store.index.ntotal, store.search (x[7], 3))
print (store.search (x[7], 3, where=lambda m: m["lang"] == "en"), store.search (x[7], 9, threshold=.4))
store.add (["page 7", "page 501"], -x[7:9], [{"year": 1, "lang": "fr"}] * 2)
print (store.index.ntotal, store.search (x[7], 2), store.search (-x[7], 1))
print (store.delete (["page 1", "page 2", "no page"]), store.index.ntotal)
store.save ("store")
again = Store.load ("store")
print (type (again.index).__name__, again.search (x[9], 3) == store.search (x[9], 3))
print (again.search (x[9], 600)[-1], len (again.search (x[9], 600)))
vector = again.index.reconstruct (again.key ("page 9"))
print (np.allclose (vector, x[9] / np.linalg.norm (x[9]), atol=1e-5))
try:
    again.index.reconstruct (12345)
except RuntimeError as e:
    print ("no such key")
print (json.dumps ({"ntotal": again.index.ntotal, "d": again.index.d, "metric": again.index.metric_type}))

# from a list of lists, of float64, a batch at a time; other kinds of index
for factory in ("IDMap,HNSW16,Flat", "IVF10,Flat", "IDMap2,SQ8", "IVF10,PQ8x4"):
    for metric in (faiss.METRIC_INNER_PRODUCT, faiss.METRIC_L2):
        store = Store (48, factory, metric)
        store.add (names[:400], x[:400].tolist (), [{}] * 400)
        store.add (names[400:], x[400:].tolist (), [{}] * 100)
        ivf = faiss.try_extract_index_ivf (store.index)
        if ivf is not None:
            ivf.nprobe = 10
        hits = [store.search (x[i], 1) for i in range (0, 500, 10)]
        print (factory, metric, store.index.ntotal, sum (bool (h) and h[0][0] == names[i * 10] for i, h in enumerate (hits)) > 45)

# deduplication by a range search
y = np.vstack ([x, x[:50] + .001 * rs.randn (50, 48)]).astype ('float32')
faiss.normalize_L2 (y)
index = faiss.IndexFlatIP (48)
index.add (y)
lims, D, I = index.range_search (y, .99)
pairs = {(min (i, j), max (i, j)) for i in range (len (y)) for j in I[lims[i]:lims[i + 1]].tolist () if i != j}
print (len (pairs), sorted (pairs)[:3], (D > .99).all ())
keep = np.ones (len (y), bool)
for i, j in sorted (pairs):
    if keep[i]:
        keep[j] = False
print (keep.sum ())
sel = faiss.IDSelectorBitmap (np.packbits (keep, bitorder='little'))
print ((index.search (y[:50], 2, params=faiss.SearchParameters (sel=sel))[0][:, 1] < .99).all ())
