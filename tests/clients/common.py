"""What the clients share: vectors that are the same in every run, and the report."""
import json
import zlib

import numpy as np


def vectors (n, d, seed=1):
    """n vectors in clusters, float32."""
    rng = np.random.RandomState (seed)
    centers = rng.normal (size=(10, d))
    return (centers[rng.randint (0, 10, n)] + .4 * rng.normal (size=(n, d))).astype ("float32")


def embed (text, d=32):
    """A text's vector: the same for the same text, near for texts that share words."""
    rows = [np.random.RandomState (zlib.crc32 (w.encode ())).normal (size=d) for w in text.split ()]
    v = np.sum (rows, axis=0)
    return (v / np.linalg.norm (v)).tolist ()


TEXTS = [f"{a} {b} {c}" for a in ("red", "green", "blue", "black")
         for b in ("apple", "house", "river", "engine", "letter")
         for c in ("near town", "in winter", "of iron")]


def plain (value):
    if isinstance (value, dict):
        return {str (k): plain (v) for k, v in value.items ()}
    if isinstance (value, (list, tuple)):
        return [plain (v) for v in value]
    if isinstance (value, np.ndarray):
        return plain (value.tolist ())
    if isinstance (value, np.generic):
        return value.item ()
    return value


def report (**results):
    import faiss
    print (json.dumps (plain ({"module": faiss.__file__, **results})))
