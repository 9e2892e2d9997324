"""How soon Ctrl-C ends each long call: `make test-interrupt`; no part of the tests that must pass on a busy machine.

Each call would take seconds. A signal comes .3 s after it began, and from then on the processor time of the
process counts until KeyboardInterrupt is there: on one thread that is the time which the user of an idle
machine waits. What is not in Python within LIMIT fails; the table at the end shows all.

usage: FAISS_LIBRARY=build/libfaiss.so python -m pytest -q tests/interrupt.py [-k NAME]
"""
import atexit
import hashlib
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

BUILD = pathlib.Path (os.environ.get ("FAISS_LIBRARY", "build/libfaiss.so")).resolve ().parent
sys.path.insert (0, str (BUILD / "python"))
import faiss  # noqa: E402

LIMIT = .2

rng = np.random.default_rng (1)
X = rng.random ((200000, 64), dtype="f4")  # reads of it must not wrap around quickly
WIDE = rng.random ((3000, 1536), dtype="f4")
made = {}
times = {}
WATCHED = []  # indexes that shall be after the call as they were before
TRAINED = []  # those whose training is interrupted: they are not trained then
SIZES = []  # (index, n): those to which n vectors are added again and again


def index (description, n=20000, n_train=2000, **fields):
    """A trained index with n vectors; made once."""
    key = description, n, tuple (fields.items ())
    if key not in made:
        found = faiss.index_factory (64, description)
        found.train (X[:n_train])
        found.add (X[:n])
        made[key] = found
    for name, value in fields.items ():
        faiss.ParameterSpace ().set_index_parameter (made[key], name, value)
    WATCHED.append (made[key])
    return made[key]


def empty (description, n_train=2000):
    return index (description, 0, n_train)


def train (description, d=64, n=200000, **fields):
    found = faiss.index_factory (d, description)
    for name, value in fields.items ():
        *path, last = name.split ("__")
        thing = found
        for part in path:
            thing = getattr (thing, part)
        setattr (thing, last, value)
    TRAINED.append (found)
    return lambda: found.train (X[:n] if d == 64 else WIDE)


def many (call):
    """What is called in a loop of C would take long only with more memory than there is: again and again. The
    signal is heard between two at the latest, so each must be short."""
    def loop ():
        for _ in range (10**9):
            call ()
    return loop


def quantizer (the_class, *args, n_train=2000):
    key = the_class, args
    if key not in made:
        made[key] = getattr (faiss, the_class) (*args)
        made[key].train (X[:n_train])
    return made[key]


DELAYS = {"train OPQ of d=1536, in a decomposition": 2.2}  # name -> seconds until the signal, if not .3
CASES = {}  # name -> function that prepares, and returns the call


def case (name):
    def decorate (prepare):
        CASES[name] = prepare
        return prepare
    return decorate


def search (*args, **fields):
    found = index (*args, **fields)
    return lambda: found.search (X, 100)


def range_search (*args, **fields):
    found = index (*args, **fields)
    return lambda: found.range_search (X, 4.)


for text in ["Flat", "SQ8", "SQfp16", "PQ16", "PQ16x4", "PQ8x10", "LSH", "LSHrt", "PCA32,Flat", "OPQ8,PQ8",
             "RQ4x4", "LSQ4x4", "PRQ2x2x4", "PLSQ2x2x4", "ZnLattice4x10_4", "Flat,RFlat", "PQ16,Refine(SQ8)",
             "Pad100,Flat", "L2norm,Flat"]:
    case (f"search {text}") (lambda text=text: search (text))
for text in ["HNSW16", "HNSW16_SQ8", "HNSW16_PQ16"]:
    case (f"search {text}") (lambda text=text: search (text, efSearch=500))
for text in ["IVF64,Flat", "IVF64,SQ8", "IVF64,PQ16", "IVF64,PQ16x4", "IVF64,PQ8+4", "IVF64,RQ4x4", "IVF64,LSQ4x4",
             "IVF64,PRQ2x2x4", "IVF64(HNSW8),Flat", "IMI2x3,Flat"]:
    case (f"search {text}") (lambda text=text: search (text, nprobe=64))
for text in ["Flat", "SQ8", "PQ16", "RQ4x4", "HNSW16"]:
    case (f"range_search {text}") (lambda text=text: range_search (text))
for text in ["IVF64,Flat", "IVF64,PQ16", "IVF64,SQ8", "IVF64,RQ4x4"]:
    case (f"range_search {text}") (lambda text=text: range_search (text, nprobe=64))
for text in ["SQ8", "PQ16", "PQ16x4", "PQ8x10", "LSHrt", "PCA32,SQ8", "RQ4x8", "LSQ4x6", "PRQ2x4x6", "PLSQ2x4x6",
             "HNSW32", "HNSW32_SQ8", "HNSW32_PQ16", "IVF4096(HNSW32),Flat", "IVF64,PQ16", "IVF64,SQ8", "IVF64,RQ4x8",
             "IVF64,LSQ4x6", "ZnLattice4x10_4", "IVF1024,PQ8+8", "IVF64,PRQ2x4x6", "IVF1024,Flat", "IVF1024,FlatDedup"]:
    def prepare (text=text):
        n_train = 5000 if "IVF1024" in text else 10000 if "4096" in text else 2000
        found = faiss.clone_index (empty (text, n_train))
        x = np.tile (X, (4, 1))
        SIZES.append ((found, len (x)))
        return many (lambda: found.add (x))
    case (f"add {text}") (prepare)
for text, more in {"PQ16": {}, "PQ4x12": {}, "OPQ16,Flat": {}, "ITQ,LSH": {}, "IVF2048,Flat": {},
                   "IVF2048(HNSW16),Flat": {}, "IVF64,PQ16": {}, "RQ8x8": {}, "LSQ4x8": {}, "PRQ2x4x8": {},
                   "PLSQ2x4x6": {}, "IVF16,LSQ4x6": {}, "IVF16,RQ6x8": {}, "IMI2x12,Flat": {}, "Residual1024,PQ8": {},
                   "IVF4096,PQ8+8": {}, "IVF1024_HNSW32,Flat": {}, "HNSW32_PQ16": {}}.items ():
    case (f"train {text}") (lambda text=text, more=more: train (text, **more))


@case ("train PQ8x8, polysemous")
def _ ():
    found = faiss.IndexPQ (64, 8, 8)
    found.do_polysemous_training = True
    TRAINED.append (found)
    return lambda: found.train (X[:5000])


@case ("train PCA1024 of d=1536")
def _ ():
    return train ("PCA1024,Flat", 1536)


@case ("train OPQ of d=1536")
def _ ():
    return train ("OPQ64,Flat", 1536)


@case ("train ITQ512 of d=1536")
def _ ():
    return train ("ITQ512,LSH", 1536)


@case ("train OPQ of d=1536, in a decomposition")
def _ ():
    return train ("OPQ64,Flat", 1536)


@case ("train RR4096 of d=4096")
def _ ():
    found = faiss.index_factory (4096, "RR4096,Flat")
    return lambda: found.train (np.zeros ((10, 4096), "f4"))


@case ("Kmeans")
def _ ():
    return lambda: faiss.Kmeans (64, 300, niter=10000, max_points_per_centroid=10000).train (X)


@case ("Kmeans, one iteration")
def _ ():
    return lambda: faiss.Kmeans (64, 20000, niter=1, max_points_per_centroid=10000).train (X)


@case ("Kmeans, initialised by k-means++")
def _ ():
    cp = faiss.ClusteringParameters ()
    cp.init_method = faiss.ClusteringInitMethod_KMEANS_PLUS_PLUS
    return lambda: faiss.Clustering (64, 2000, cp).train (X, faiss.IndexFlatL2 (64))


@case ("Clustering.train_encoded")
def _ ():
    codec = quantizer ("IndexPQ", 64, 16, 8)
    codes = codec.sa_encode (X[:50000])
    cp = faiss.ClusteringParameters ()
    cp.niter, cp.max_points_per_centroid = 1000, 10**6
    return lambda: faiss.Clustering (64, 500, cp).train_encoded (codes, codec, faiss.IndexFlatL2 (64))


@case ("Clustering1D.train_exact")
def _ ():
    x = rng.random ((2000000, 1), dtype="f4")
    return lambda: faiss.Clustering1D (256).train_exact (x)


@case ("ProgressiveDimClustering")
def _ ():
    cp = faiss.ProgressiveDimClusteringParameters ()
    cp.niter, cp.max_points_per_centroid, cp.progressive_dim_steps = 1000, 10**6, 5
    clustering = faiss.ProgressiveDimClustering (64, 300, cp)
    return lambda: clustering.train (len (X), faiss.swig_ptr (X), faiss.ProgressiveDimIndexFactory ())


for metric in ["L2", "INNER_PRODUCT", "L1", "Linf", "Lp", "Canberra", "BrayCurtis", "JensenShannon", "Jaccard",
               "NaNEuclidean", "GOWER"]:
    case (f"knn {metric}") (lambda m=metric: lambda: faiss.knn (
        X, X[:30000], 10, getattr (faiss, "METRIC_" + m), 3.))
    case (f"pairwise_distances {metric}") (lambda m=metric: many (lambda: faiss.pairwise_distances (
        X[:20000], X[:5000], getattr (faiss, "METRIC_" + m), 3.)))


@case ("search with a Python callback as selector")
def _ ():
    found, sel = index ("Flat"), faiss.PyCallbackIDSelector (lambda i: i % 2 == 1)
    return lambda: found.search (X, 10, params=faiss.SearchParameters (sel=sel))


for name, prepare in {
        "search with IDSelectorBatch": lambda: faiss.IDSelectorBatch (np.arange (1, 20000, 2)),
        "search with IDSelectorBitmap": lambda: faiss.IDSelectorBitmap (np.full (2500, 0x55, "u1")),
        "search with IDSelectorNot": lambda: faiss.IDSelectorNot (faiss.IDSelectorRange (0, 100))}.items ():
    def with_selector (prepare=prepare):
        found, params = index ("Flat"), faiss.SearchParameters (sel=prepare ())
        return lambda: found.search (X, 10, params=params)
    case (name) (with_selector)


@case ("search_preassigned")
def _ ():
    ivf = index ("IVF64,Flat", nprobe=64)
    D, I = ivf.quantizer.search (X, 64)
    return lambda: ivf.search_preassigned (X, 100, I, D)


@case ("search_and_reconstruct")
def _ ():
    found = index ("PQ16")
    return lambda: found.search_and_reconstruct (X[:100000], 100)


@case ("search_and_return_codes")
def _ ():
    found = index ("IVF64,PQ16", nprobe=64)
    return lambda: found.search_and_return_codes (X[:100000], 100)


for text in ["PQ16", "SQ8", "RQ4x8", "LSQ4x6", "IVF64,PQ16", "OPQ16,PQ16", "LSHrt", "ZnLattice4x10_4"]:
    def prepare (text=text):
        codec = empty (text)
        return many (lambda: codec.sa_encode (X))
    case (f"sa_encode {text}") (prepare)

    def prepare (text=text):
        codec = empty (text)
        codes = np.tile (codec.sa_encode (X[:20000]), (20, 1))
        return many (lambda: codec.sa_decode (codes))
    case (f"sa_decode {text}") (prepare)


@case ("reconstruct_n")
def _ ():
    found = index ("RQ4x4")
    return many (lambda: found.reconstruct_n ())


@case ("remove_ids")
def _ ():
    found = faiss.clone_index (index ("Flat"))
    for _ in range (20):
        found.add (X)
    sel = faiss.IDSelectorBatch (np.arange (0, 4000000, 2))
    return many (lambda: faiss.clone_index (found).remove_ids (sel))


@case ("clone_index")
def _ ():
    found = faiss.clone_index (index ("Flat"))
    for _ in range (10):
        found.add (X)
    return many (lambda: faiss.clone_index (found))


@case ("write_index, read_index")
def _ ():
    found = faiss.clone_index (index ("Flat"))
    for _ in range (10):
        found.add (X)

    def both ():
        faiss.write_index (found, "/tmp/interrupt.faiss")
        faiss.read_index ("/tmp/interrupt.faiss")
    return many (both)


@case ("serialize_index")
def _ ():
    found = faiss.clone_index (index ("Flat"))
    for _ in range (10):
        found.add (X)
    return many (lambda: faiss.deserialize_index (faiss.serialize_index (found)))


@case ("ParameterSpace.explore")
def _ ():
    ivf = index ("IVF64,Flat")
    criterion = faiss.OneRecallAtRCriterion (len (X), 1)
    criterion.set_groundtruth (None, np.zeros ((len (X), 1), "i8"))
    space = faiss.ParameterSpace ()
    space.initialize (ivf)
    return lambda: space.explore (ivf, X, criterion)


@case ("merge_from")
def _ ():
    found = index ("IVF64,Flat", 200000)

    def call ():
        a, b = faiss.clone_index (found), faiss.clone_index (found)
        a.merge_from (b, 0)
    return many (call)


@case ("rand, randn, randint")
def _ ():
    return many (lambda: (faiss.rand (10**6), faiss.randn (10**6), faiss.randint (10**6)))


@case ("knn_hamming")
def _ ():
    a = rng.integers (0, 256, (60000, 32), dtype="u1")
    return lambda: faiss.knn_hamming (a, a, 10)


# ---- one query, of which there are not many at once ----

MANY = 1500000  # rows of codes


def long_index (description, n=MANY, **fields):
    """Trained, with n vectors, most of which are there more than once."""
    found = faiss.index_factory (64, description)
    found.train (X[:2000])
    for begin in range (0, n, len (X)):
        found.add (X[:n - begin])
    for name, value in fields.items ():
        faiss.ParameterSpace ().set_index_parameter (found, name, value)
    return found


def slow_selector ():
    text = "x" * 500
    return faiss.PyCallbackIDSelector (lambda i: text.count ("y") == 0)


for text, (n, params) in {
        "Flat": (10**6, "SearchParameters"), "SQ8": (MANY, "SearchParameters"), "IVF1,Flat": (10**6, "SearchParametersIVF"), "IVF1,SQ8": (MANY, "SearchParametersIVF"),
        "IVF1,PQ8": (MANY, "SearchParametersIVF"), "IVF1,RQ4x4": (MANY, "SearchParametersIVF"),
        "FlatL2Panorama4": (10**6, "SearchParameters"),
        "IVF1,FlatPanorama4": (10**6, "SearchParametersIVF")}.items ():
    def one_query (text=text, n=n, params=params, ranges=False):
        found = long_index (text, n)
        given = getattr (faiss, params) (sel=slow_selector ())
        return (lambda: found.range_search (X[:1], 1e-3, params=given)) if ranges else (
            lambda: found.search (X[:1], 10, params=given))
    case (f"search of one query, {text}") (one_query)
    if "Dedup" not in text:
        case (f"range_search of one query, {text}") (lambda f=one_query: f (ranges=True))


@case ("search of one query, ZnLattice4x10_4")
def _ ():
    found = long_index ("ZnLattice4x10_4")
    return lambda: found.search (X[:1], 10)


@case ("search of one query, IVF1,PQ8+8")
def _ ():
    found = long_index ("IVF1,PQ8+8", 1800000, k_factor=500)
    return lambda: found.search (X[:1], 2000)


@case ("search of one query, Refine")
def _ ():
    found = long_index ("SQ8,Refine(ZnLattice4x10_4)", 1800000, k_factor_rf=1000)
    return lambda: found.search (X[:1], 2000)


@case ("search of one query, HNSW16")
def _ ():
    found = long_index ("HNSW8", 60000)
    found.hnsw.efSearch = 60000
    found.storage.add (X[:0])
    params = faiss.SearchParametersHNSW (efSearch=60000, sel=slow_selector ())
    return many (lambda: found.search (X[:1], 60000, params=params))


@case ("search of one query, IMI2x12")
def _ ():
    found = faiss.index_factory (64, "IMI2x12,Flat")
    found.quantizer.train (X[:10000])
    return many (lambda: found.quantizer.search (X[:1], 10**6))


@case ("search of one query, ResidualCoarseQuantizer")
def _ ():
    found = faiss.ResidualCoarseQuantizer (64, 5, 4)
    found.train (X[:2000])
    found.set_beam_factor (-1)
    return many (lambda: found.search (X[:1], 10000))


@case ("train ResidualCoarseQuantizer, exhaustive")
def _ ():
    found = faiss.ResidualCoarseQuantizer (64, 6, 4)
    found.rq.train (X[:2000])
    return many (lambda: found.set_beam_factor (-1))


@case ("sa_encode of one vector, LSQ that iterates")
def _ ():
    found = empty ("LSQ4x6")
    found.lsq.encode_ils_iters = 10**7
    return lambda: found.sa_encode (X[:1])


@case ("train of LSQ that iterates")
def _ ():
    found = faiss.LocalSearchQuantizer (64, 4, 6)
    found.train_iters = 10**7
    return lambda: found.train (X[:1000])


@case ("train of LSQ that looks for codes")
def _ ():
    found = faiss.LocalSearchQuantizer (64, 4, 6)
    found.train_ils_iters = 10**5
    return lambda: found.train (X[:1000])


@case ("train of PLSQ that iterates")
def _ ():
    found = faiss.ProductLocalSearchQuantizer (64, 2, 2, 6)
    for i in range (2):
        faiss.downcast_Quantizer (found.subquantizer (i)).train_iters = 10**7
    return lambda: found.train (X[:1000])


@case ("train of LSQ with large codebooks")
def _ ():
    found = faiss.LocalSearchQuantizer (64, 16, 8)
    found.train_ils_iters = 1
    return lambda: found.train (X[:5000])


# ---- quantizers and transforms ----

for name, args in {"ProductQuantizer": (64, 8, 8), "ResidualQuantizer": (64, 8, 8),
                   "LocalSearchQuantizer": (64, 4, 6), "ProductResidualQuantizer": (64, 2, 4, 8),
                   "ProductLocalSearchQuantizer": (64, 2, 4, 6)}.items ():
    case (f"{name}.train") (lambda name=name, args=args: lambda: getattr (faiss, name) (*args).train (X))
    case (f"{name}.compute_codes") (lambda name=name, args=args: lambda f=quantizer (name, *args): many (
        lambda: f.compute_codes (X)) ())

    def prepare (name=name, args=args):
        f = quantizer (name, *args)
        codes = np.tile (f.compute_codes (X[:20000]), (50, 1))
        return many (lambda: f.decode (codes))
    case (f"{name}.decode") (prepare)


@case ("ScalarQuantizer: train, compute_codes, decode")
def _ ():
    f = faiss.ScalarQuantizer (64, faiss.ScalarQuantizer.QT_8bit)
    f.rangestat = faiss.ScalarQuantizer.RS_optim
    x = np.tile (X, (10, 1))

    def all_three ():
        f.train (x)
        f.decode (f.compute_codes (x))
    return many (all_three)


for name, args in {"PCAMatrix": (1536, 512), "OPQMatrix": (1536, 64), "ITQTransform": (1536, 256, True),
                   "RandomRotationMatrix": (1536, 1536), "HadamardRotation": (1536,),
                   "CenteringTransform": (1536,), "NormalizationTransform": (1536,)}.items ():
    if not hasattr (faiss, name):
        continue

    def applied (name=name, args=args, back=False):
        f, x = getattr (faiss, name) (*args), np.tile (WIDE, (20, 1))
        small = f if name in ("RandomRotationMatrix", "HadamardRotation", "CenteringTransform") else None
        if small is not None:
            f.train (WIDE[:100])
        elif name != "NormalizationTransform":
            g = faiss.RandomRotationMatrix (*args[:2])
            g.train (WIDE[:1])
            f = g
        if back:
            y = f.apply (x)
            return many (lambda: f.reverse_transform (y))
        return many (lambda: f.apply (x))
    if name not in ("OPQMatrix", "ITQTransform", "PCAMatrix"):
        case (f"{name}.apply") (applied)
    else:
        case (f"{name}.train") (lambda name=name, args=args: lambda: getattr (faiss, name) (*args).train (WIDE))
case ("RandomRotationMatrix.reverse_transform") (lambda: applied ("RandomRotationMatrix", (1536, 1536), True))

# ---- indexes that factory strings above do not make ----

for text in ["NSG32,Flat", "NSG32,PQ16", "NNDescent32,Flat", "HNSW16_4+PQ8", "FlatL2Panorama4",
             "HNSW16_FlatPanorama4", "IVF64,FlatPanorama4", "IVF64,ITQ32,SH"]:
    try:
        faiss.index_factory (64, text)
    except RuntimeError:
        continue

    def built (text=text):
        found = faiss.index_factory (64, text)
        found.train (X[:5000])
        SIZES.append ((found, len (X)))
        return (lambda: found.add (X)) if text[0] in "NH" else many (lambda: (found.add (X), found.reset ()))

    def searched (text=text):
        found = faiss.index_factory (64, text)
        found.train (X[:5000])
        found.add (X[:5000])
        WATCHED.append (found)
        x = np.tile (X, (2, 1))
        return many (lambda: found.search (x, 100))
    case (f"add {text}") (built)
    case (f"search {text}") (searched)


@case ("IndexNSG.build")
def _ ():
    x = X[:50000]
    graph = rng.integers (0, len (x), (len (x), 64))
    found = faiss.IndexNSGFlat (64, 32)
    return lambda: found.build (x, graph)


@case ("NNDescent, many iterations")
def _ ():
    found = faiss.IndexNNDescentFlat (64, 32)
    found.nndescent.iter = 100000
    found.nndescent.S = 50
    SIZES.append ((found, 3000))
    return many (lambda: (found.add (X[:3000]), found.reset ()))


@case ("IndexIVFSpectralHash")
def _ ():
    quantizer_of = faiss.IndexFlatL2 (64)
    found = faiss.IndexIVFSpectralHash (quantizer_of, 64, 64, 32, 1.)
    found.train (X[:5000])
    found.add (X[:20000])
    found.nprobe = 64
    WATCHED.append (found)
    return lambda: found.search (X, 100)


@case ("IndexIVFSpectralHash.train")
def _ ():
    found = faiss.IndexIVFSpectralHash (faiss.IndexFlatL2 (64), 64, 2048, 32, 1.)
    TRAINED.append (found)
    return lambda: found.train (X)


@case ("IndexIVFIndependentQuantizer")
def _ ():
    q, ivf = faiss.IndexFlatL2 (64), faiss.index_factory (64, "IVF64,Flat")
    found = faiss.IndexIVFIndependentQuantizer (q, ivf)
    found.train (X[:5000])
    found.add (X[:20000])
    WATCHED.append (found)
    ivf.nprobe = 64
    return lambda: found.search (X, 100)


@case ("Index2Layer.add")
def _ ():
    found = faiss.index_factory (64, "Residual1024,PQ8")
    found.train (X[:5000])
    SIZES.append ((found, len (X)))
    return many (lambda: found.add (X))


for name in ["IndexRowwiseMinMax", "IndexRowwiseMinMaxFP16"]:
    def coded (name=name):
        f = getattr (faiss, name) (faiss.IndexScalarQuantizer (64, faiss.ScalarQuantizer.QT_8bit))
        f.train (X[:1000])
        return many (lambda: f.sa_decode (f.sa_encode (X)))
    case (f"{name}: sa_encode, sa_decode") (coded)


@case ("IndexFlat1D")
def _ ():
    f = faiss.IndexFlat1D ()
    x = rng.random ((3000000, 1), dtype="f4")
    f.add (x)
    return many (lambda: (f.update_permutation (), f.search (x, 10)))


@case ("IndexRandom")
def _ ():
    f = faiss.IndexRandom (64, 10**6)
    return lambda: f.search (X, 1000)


@case ("IndexIDMap2: add_with_ids, remove_ids, search")
def _ ():
    f = faiss.index_factory (64, "IDMap2,SQ8")
    f.train (X[:1000])
    ids = np.arange (len (X))

    def all_of_them ():
        f.add_with_ids (X, ids)
        f.remove_ids (ids[::2])
        f.range_search (X[:100], .1)
        f.reset ()
    return many (all_of_them)

# ---- changes of graphs ----


def graph (n=100000):
    found = faiss.IndexHNSWFlat (16, 8)
    found.hnsw.efConstruction = 16
    found.add (X[:n, :16].copy ())
    WATCHED.append (found)
    return found


@case ("IndexHNSW.permute_entries")
def _ ():
    found = graph ()
    perm = rng.permutation (found.ntotal)
    back = np.argsort (perm)
    WATCHED.clear ()
    return many (lambda: (found.permute_entries (perm), found.permute_entries (back)))


@case ("IndexHNSW.reorder_links")
def _ ():
    found = graph ()
    WATCHED.clear ()
    return many (found.reorder_links)


@case ("IndexHNSW.remove_ids")
def _ ():
    found = graph ()
    odd = np.arange (1, found.ntotal, 2)
    return lambda: found.remove_ids (odd)


@case ("clone of a graph")
def _ ():
    found = graph ()
    return many (lambda: faiss.clone_index (found))


@case ("HNSW: write_index, read_index, serialize")
def _ ():
    found = graph ()
    return many (lambda: faiss.deserialize_index (faiss.serialize_index (found)))

# ---- what inverted files do ----


def lists (description="IVF64,Flat", n=200000):
    return faiss.clone_index (index (description, n))


@case ("IVF: reconstruct_n")
def _ ():
    found = lists ("IVF64,PQ16")
    found.make_direct_map ()
    return many (lambda: found.reconstruct_n (0, 200000))


@case ("IVF: remove_ids")
def _ ():
    found = lists ()
    return many (lambda: (found.remove_ids (np.arange (0, 200000, 2)), found.add_with_ids (X[::2].copy (), np.arange (0, 200000, 2))))


@case ("IVF: make_direct_map")
def _ ():
    found = lists ()
    return many (lambda: (found.set_direct_map_type (faiss.DirectMap.Hashtable),
                          found.set_direct_map_type (faiss.DirectMap.NoMap)))


@case ("IVF: update_vectors")
def _ ():
    found = lists ()
    found.make_direct_map ()
    keys = np.arange (100000)
    return many (lambda: found.update_vectors (keys, X[:100000]))


@case ("IVF: copy_subset_to")
def _ ():
    found = lists ()
    other = faiss.clone_index (empty ("IVF64,Flat"))
    return many (lambda: (found.copy_subset_to (other, 1, 2, 0), other.reset ()))


@case ("IVF: range_search_preassigned")
def _ ():
    ivf = index ("IVF64,Flat", nprobe=64)
    D, I = ivf.quantizer.search (X, 64)
    return lambda: ivf.range_search_preassigned (X, 1., I, D)


@case ("IVF: add_core")
def _ ():
    found = lists ()
    x = np.tile (X, (4, 1))
    assign = np.zeros (len (x), "i8")
    return many (lambda: (found.add_core (len (x), faiss.swig_ptr (x), None, faiss.swig_ptr (assign)), found.reset ()))


@case ("IVF: sa_encode, sa_decode")
def _ ():
    f = empty ("IVF64,SQ8")
    return many (lambda: f.sa_decode (f.sa_encode (X)))


for name, args in {"search_with_parameters": (100,), "range_search_with_parameters": (1.,)}.items ():
    def with_parameters (name=name, args=args):
        found = index ("IVF64,Flat")
        params = faiss.SearchParametersIVF (nprobe=64)
        return lambda: getattr (faiss, name) (found, X, *args, params)
    case (name) (with_parameters)

# ---- functions ----


@case ("kmin, kmax")
def _ ():
    a = rng.random ((2000, 20000), dtype="f4")
    return many (lambda: (faiss.kmin (a, 100), faiss.kmax (a, 100)))


@case ("merge_knn_results")
def _ ():
    D = np.sort (rng.random ((8, 100000, 50), dtype="f4"), axis=2)
    I = rng.integers (0, 10**6, D.shape)
    return many (lambda: faiss.merge_knn_results (D, I))


@case ("ResultHeap")
def _ ():
    D = np.sort (rng.random ((100000, 50), dtype="f4"), axis=1)
    I = rng.integers (0, 10**6, D.shape)
    heap = faiss.ResultHeap (100000, 50)
    return many (lambda: heap.add_result (D, I))


@case ("bucket_sort, matrix_bucket_sort_inplace")
def _ ():
    a = rng.integers (0, 10000, 3000000)
    b = rng.integers (0, 10000, (100000, 32), dtype="i4")
    return many (lambda: (faiss.bucket_sort (a, 10000, 1), faiss.matrix_bucket_sort_inplace (b.copy (), 10000, 1)))


@case ("MapLong2Long")
def _ ():
    keys = rng.integers (0, 10**12, 1000000)

    def both ():
        the_map = faiss.MapLong2Long ()
        the_map.add (keys, keys)
        the_map.search_multiple (keys)
    return many (both)


@case ("pack_bitstrings, unpack_bitstrings")
def _ ():
    a = rng.integers (0, 1 << 10, (1000000, 16), dtype="i4")
    return many (lambda: faiss.unpack_bitstrings (faiss.pack_bitstrings (a, 10), 16, 10))


@case ("eval_intersection, checksum, normalize_L2")
def _ ():
    I, x = rng.integers (0, 1000, (50000, 100)), X.copy ()
    return many (lambda: (faiss.eval_intersection (I, I), faiss.checksum (x), faiss.normalize_L2 (x)))


@case ("rand_smooth_vectors")
def _ ():
    return many (lambda: faiss.rand_smooth_vectors (50000, 64))


@case ("Kmeans.assign")
def _ ():
    kmeans = faiss.Kmeans (64, 2000, niter=1, max_points_per_centroid=10)
    kmeans.train (X)
    x = np.tile (X, (4, 1))
    return many (lambda: kmeans.assign (x))


@case ("OperatingPoints")
def _ ():
    points = faiss.OperatingPoints ()
    numbers = rng.random ((100000, 2))

    def add ():
        for i, (perf, t) in enumerate (numbers):
            points.add (float (perf), float (t), f"{i}")
    return many (add)


for name in ["knn_L2sqr_by_idx", "knn_inner_products_by_idx"]:
    def by_idx (name=name):
        subset = rng.integers (0, len (X), (50000, 500))
        D, I = np.empty ((50000, 10), "f4"), np.empty ((50000, 10), "i8")
        return many (lambda: getattr (faiss, name) (faiss.swig_ptr (X), faiss.swig_ptr (X), faiss.swig_ptr (subset),
                                                     64, 50000, len (X), 500, 10, faiss.swig_ptr (D), faiss.swig_ptr (I)))
    case (name) (by_idx)


@case ("contrib.knn_ground_truth")
def _ ():
    from faiss.contrib.exhaustive_search import knn_ground_truth
    return many (lambda: knn_ground_truth (X[:5000], (X[i:i + 20000] for i in range (0, 200000, 20000)), 100))


@case ("contrib.range_ground_truth")
def _ ():
    from faiss.contrib.exhaustive_search import range_ground_truth
    return many (lambda: range_ground_truth (X[:5000], (X[i:i + 20000] for i in range (0, 200000, 20000)), 4.))


@case ("contrib.range_search_max_results")
def _ ():
    from faiss.contrib.exhaustive_search import exponential_query_iterator, range_search_max_results
    found = index ("Flat")
    return many (lambda: range_search_max_results (found, exponential_query_iterator (X), 6., max_results=100000))


for method in ["knn_function", "index", "pairwise_distances"]:
    def batch (method=method):
        from faiss.contrib.big_batch_search import big_batch_search
        found = index ("IVF64,Flat", 200000, nprobe=16)
        return many (lambda: big_batch_search (found, X, 10, method=method, threaded=0))
    case (f"contrib.big_batch_search by {method}") (batch)


@case ("contrib.big_batch_search in threads")
def _ ():
    from faiss.contrib.big_batch_search import big_batch_search
    found = index ("IVF64,Flat", 200000, nprobe=16)
    return many (lambda: big_batch_search (found, X, 10, method="knn_function", threaded=2))


@case ("contrib.clustering.kmeans")
def _ ():
    from faiss.contrib.clustering import DatasetAssign, kmeans
    return many (lambda: kmeans (300, DatasetAssign (X), niter=100, verbose=False))


@case ("contrib.two_level_clustering")
def _ ():
    from faiss.contrib.clustering import two_level_clustering
    return many (lambda: two_level_clustering (X, 30, 900, verbose=False))


@case ("contrib.ivf_tools.search_preassigned")
def _ ():
    from faiss.contrib.ivf_tools import search_preassigned
    found = index ("IVF64,Flat")
    D, I = found.quantizer.search (X, 64)
    return lambda: search_preassigned (found, X, 10, I, D)


@case ("contrib.datasets.SyntheticDataset")
def _ ():
    from faiss.contrib.datasets import SyntheticDataset
    return many (lambda: SyntheticDataset (64, 10000, 200000, 1000).get_groundtruth (10))


# ---- large arrays, that Python's part of the module works on ----

for name, dtype, order in [("add of float64", "f8", "C"), ("add of a matrix that lies column by column", "f4", "F")]:
    def converted (dtype=dtype, order=order):
        x = np.tile (X, (4, 1)).astype (dtype, order=order)
        f = faiss.IndexFlatL2 (64)
        return many (lambda: (f.add (x), f.reset ()))
    case (name) (converted)


@case ("randn of many")
def _ ():
    return many (lambda: faiss.randn ((10**6, 64)))


@case ("checksum, normalize_L2 of many")
def _ ():
    x = np.ones (10**8, "f4")
    return many (lambda: (faiss.checksum (x), faiss.checksum (x.reshape (-1, 64)), faiss.normalize_L2 (x.reshape (-1, 64))))


@case ("MatrixStats")
def _ ():
    x = np.tile (X, (4, 1))
    return many (lambda: faiss.MatrixStats (x))


@case ("bucket_sort of many")
def _ ():
    a = rng.integers (0, 4096, 3 * 10**7)
    return many (lambda: faiss.bucket_sort (a))


@case ("ResultHeap of many")
def _ ():
    D = np.sort (rng.random ((10**6, 10), dtype="f4"), axis=1)
    I = np.zeros (D.shape, "i8")
    heap = faiss.ResultHeap (len (D), 10)
    return many (lambda: heap.add_result (D, I))


@case ("pairwise_distances of few and many")
def _ ():
    x = np.tile (X, (5, 1))
    return many (lambda: [faiss.pairwise_distances (X[:100], x, m) for m in (faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT)])


@case ("knn_hamming, few and many")
def _ ():
    a = rng.integers (0, 256, (10**6, 32), dtype="u1")
    return many (lambda: faiss.knn_hamming (a[:1], a, 10))


@case ("ProductQuantizer.search")
def _ ():
    pq = quantizer ("ProductQuantizer", 64, 8, 8)
    codes = np.tile (pq.compute_codes (X), (8, 1))
    D, I = np.empty ((1000, 10), "f4"), np.empty ((1000, 10), "i8")
    heaps = faiss.float_maxheap_array_t ()
    heaps.nh, heaps.k, heaps.val, heaps.ids = 1000, 10, faiss.swig_ptr (D), faiss.swig_ptr (I)
    heaps.arrays_of = D, I  # pointers keep nothing alive
    return many (lambda: pq.search (faiss.swig_ptr (X), 1000, faiss.swig_ptr (codes), len (codes), heaps))


@case ("range_search with very many results")
def _ ():
    found = index ("Flat", 200000)
    return many (lambda: found.range_search (X[:100], 1e9))


@case ("ProductQuantizer.compute_distance_tables")
def _ ():
    pq = quantizer ("ProductQuantizer", 64, 8, 8)
    tables = np.empty ((len (X) // 4, 8 * 256), "f4")
    return many (lambda: pq.compute_distance_tables (len (tables), faiss.swig_ptr (X), faiss.swig_ptr (tables)))


@case ("ResidualQuantizer.train that refines codebooks")
def _ ():
    f = faiss.ResidualQuantizer (64, 8, 8)
    f.train_type = faiss.ResidualQuantizer.Train_default | faiss.ResidualQuantizer.Train_refine_codebook
    return lambda: f.train (X[:20000])


@case ("ResidualQuantizer.retrain_AQ_codebook")
def _ ():
    f = faiss.ResidualQuantizer (64, 8, 8)
    f.max_beam_size = 1
    f.train (X[:5000])
    return many (lambda: f.retrain_AQ_codebook (5000, faiss.swig_ptr (X)))


for what in ["sa_encode", "sa_decode"]:
    def network (what=what):
        f = faiss.IndexQINCo (64, 4, 6, 2, 256)
        f.is_trained = True
        if what == "sa_encode":
            return many (lambda: f.sa_encode (X))
        codes = np.zeros ((len (X), f.sa_code_size ()), "u1")
        return many (lambda: f.sa_decode (codes))
    case (f"IndexQINCo.{what}") (network)


@case ("index_factory of a long text")
def _ ():
    text = "L2norm," * 50 + "Flat"  # more are refused
    return many (lambda: faiss.index_factory (64, text))


@case ("index_factory that fails at the end")
def _ ():
    text = "Refine(" * 580

    def call ():
        try:
            faiss.index_factory (64, text)
        except RuntimeError:
            pass
    return many (call)


@case ("IndexFlat: permute_entries, merge_from, reconstruct_batch, compute_residual_n")
def _ ():
    f = faiss.IndexFlatL2 (64)
    for _ in range (4):
        f.add (X)
    perm, keys = rng.permutation (f.ntotal), rng.integers (0, f.ntotal, f.ntotal)

    def call ():
        a = faiss.clone_index (f)
        a.permute_entries (perm)
        a.reconstruct_batch (keys)
        a.merge_from (faiss.clone_index (f))
        a.compute_residual_n (np.tile (X, (4, 1)), keys)
    return many (call)


@case ("FlatL2Panorama4: permute_entries, merge_from, remove_ids, reconstruct_n")
def _ ():
    f = faiss.index_factory (64, "FlatL2Panorama4")
    for _ in range (4):
        f.add (X)
    perm = rng.permutation (f.ntotal)

    def call ():
        a = faiss.clone_index (f)
        a.permute_entries (perm)
        a.merge_from (faiss.clone_index (f))
        a.remove_ids (faiss.IDSelectorRange (0, f.ntotal))
        a.reconstruct_n (0, a.ntotal)
    return many (call)


@case ("contrib.evaluation: sort_range_res, filter_range_results, range_PR")
def _ ():
    from faiss.contrib import evaluation
    lims = np.arange (0, 10**7 + 1, 1000)
    D, I = rng.random (10**7, dtype="f4"), rng.integers (0, 10**6, 10**7)
    return many (lambda: (evaluation.sort_range_res_2 (lims, D, I), evaluation.sort_range_res_1 (lims, I),
                          evaluation.filter_range_results (lims, D, I, .5), evaluation.range_PR (lims, I, lims, I)))


@case ("contrib.exhaustive_search.apply_maxres")
def _ ():
    from faiss.contrib.exhaustive_search import apply_maxres
    D, I = rng.random (10**6, dtype="f4"), np.zeros (10**6, "i8")
    return many (lambda: apply_maxres ([(np.array ([10**6]), D, I)] * 30, 2 * 10**7))


@case ("contrib.balanced_assignment_with_penalties")
def _ ():
    from faiss.contrib.clustering import balanced_assignment_with_penalties
    return many (lambda: balanced_assignment_with_penalties (X, X[:200]))


@case ("contrib.vecs_io")
def _ ():
    from faiss.contrib.vecs_io import fvecs_read, fvecs_write
    x = np.tile (X, (4, 1))
    return many (lambda: (fvecs_write ("/tmp/interrupt.fvecs", x), fvecs_read ("/tmp/interrupt.fvecs")))


@case ("contrib.ivf_tools.search_preassigned that computes distances")
def _ ():
    from faiss.contrib.ivf_tools import search_preassigned
    found = index ("IVF64,SQ8")
    I = found.quantizer.search (X, 16)[1]
    return many (lambda: search_preassigned (found, X, 10, I))


@case ("contrib.inspect_tools")
def _ ():
    from faiss.contrib import inspect_tools
    found = long_index ("IVF1,Flat", 800000)
    return many (lambda: inspect_tools.get_invlist (found.invlists, 0))


# ---- waits, threads, callbacks ----


@case ("contrib.rpc: a server that does not answer")
def _ ():
    import socket
    from faiss.contrib import rpc
    listening = socket.socket ()
    listening.bind (("localhost", 0))
    listening.listen ()
    client = rpc.Client ("localhost", listening.getsockname ()[1])
    client.listening = listening
    return lambda: client.f ()


@case ("contrib.client_server: servers that search")
def _ ():
    import socket
    from faiss.contrib import client_server
    found, ports = index ("Flat"), []
    for _ in range (2):
        listening = socket.socket ()
        listening.bind (("localhost", 0))
        listening.listen ()
        ports.append (listening.getsockname ()[1])

        def serve (listening=listening):
            server = client_server.SearchServer (listening.accept ()[0], found)
            server.logf = open (os.devnull, "w")
            server.exec_loop ()
        threading.Thread (target=serve, daemon=True).start ()
    client = client_server.ClientIndex ([("localhost", port) for port in ports])
    atexit.register (client.pool.terminate)
    return lambda: client.search (X[:20000], 100)


@case ("a search in another thread")
def _ ():
    found = index ("Flat")

    def call ():
        thread = threading.Thread (target=lambda: found.search (X, 100), daemon=True)
        thread.start ()
        thread.join ()
    return call


@case ("searches in a pool of threads")
def _ ():
    from multiprocessing.pool import ThreadPool
    found = index ("Flat")

    def call ():
        with ThreadPool (2) as pool:
            pool.map (lambda i: found.search (X[i:i + 10000], 100), range (0, len (X), 10000))
    return call


@case ("a search while another thread searches")
def _ ():
    found = index ("Flat")

    def call ():
        threading.Thread (target=lambda: found.search (X, 100), daemon=True).start ()
        found.search (X, 100)
    return call


@case ("writing and reading by Python functions")
def _ ():
    found, parts = index ("Flat", 200000), []

    def write (part):
        time.sleep (.001)
        parts.append (part)

    def call ():
        faiss.write_index (found, faiss.PyCallbackIOWriter (write, 4096))
        data = b"".join (parts)
        at = [0]

        def read (n):
            time.sleep (.001)
            at[0] += n
            return data[at[0] - n:at[0]]
        faiss.read_index (faiss.PyCallbackIOReader (read, 4096))
        parts.clear ()
    return many (call)


# ---- one case, in a process of its own ---------------------------------------------------------------

def state (watched):
    """What is in the indexes: their files where they have one."""
    found = []
    for one in watched:
        try:
            found.append (hashlib.sha1 (faiss.serialize_index (one)).hexdigest ())
        except RuntimeError:  # it has no file
            found.append ((one.ntotal, one.is_trained))
    return found


class Ticker (threading.Thread):
    """Counts while it gets the GIL: the longest time that it did not."""
    def __init__ (self):
        super ().__init__ (daemon=True)
        self.longest, self.is_over = 0., False

    def run (self):
        last = time.perf_counter ()
        while not self.is_over:
            time.sleep (.002)
            now = time.perf_counter ()
            self.longest, last = max (self.longest, now - last), now


def run (name, n_threads):
    """Print how long it took until the call was over, or what is wrong."""
    signal.signal (signal.SIGINT, signal.default_int_handler)  # jobs in the background ignore it
    faiss.omp_set_num_threads (n_threads)
    call = CASES[name] ()
    before = state (WATCHED)
    at = []

    def interrupt ():
        at.append ((time.process_time (), time.perf_counter ()))
        os.kill (os.getpid (), signal.SIGINT)

    timer = threading.Timer (DELAYS.get (name, .3), interrupt)
    ticker = Ticker ()
    is_done = False
    timer.start ()
    ticker.start ()
    begin = time.perf_counter ()
    try:
        call ()
        is_done = True
        timer.cancel ()
        timer.join ()
        time.sleep (.05)  # a signal that was on its way
    except KeyboardInterrupt:
        processor, wall = time.process_time (), time.perf_counter ()
    ticker.is_over = True
    if is_done:
        print (f"done after {time.perf_counter () - begin:.2f} s,", "before the signal: more data is needed"
               if not at else "in spite of the signal")
        return
    print (f"{processor - at[0][0]:.4f} {wall - at[0][1]:.4f} {ticker.longest:.4f}")
    if state (WATCHED) != before:
        print ("an index has changed")
    for one in WATCHED:
        if one.is_trained and one.ntotal > 0:
            one.search (np.zeros ((2, one.d), "f4"), 2)
    if any (one.is_trained for one in TRAINED):
        print ("an index is trained")
    for one, n in SIZES:
        if one.ntotal % n != 0 or faiss.deserialize_index (faiss.serialize_index (one)).ntotal != one.ntotal:
            print ("an index has", one.ntotal, "vectors")


@pytest.mark.parametrize ("n_threads", [1, 2])
@pytest.mark.parametrize ("name", CASES)
def test_ctrl_c (name, n_threads):
    try:
        result = subprocess.run ([sys.executable, __file__, name, str (n_threads)], capture_output=True, text=True,
                                 timeout=180, env={**os.environ, "OMP_WAIT_POLICY": "passive"})
        lines = result.stdout.splitlines () + result.stderr.splitlines ()[-3:]
    except subprocess.TimeoutExpired:
        lines = ["it goes on after three minutes"]
    try:
        processor, wall, without_gil = (float (word) for word in lines[0].split ())
    except (ValueError, IndexError):
        print (f"   ?    {n_threads}  {name}: {' '.join (lines)}", flush=True)
        raise AssertionError ("\n".join (lines)) from None
    times[name, n_threads] = processor
    print (f"{processor:7.3f} {wall:7.3f} {without_gil:7.3f} {n_threads}  {name} {' '.join (lines[1:])}", flush=True)
    assert processor / n_threads <= LIMIT
    assert without_gil <= 5 * LIMIT  # the machine may be busy
    assert lines[1:] == []


@pytest.fixture (scope="session", autouse=True)
def table ():
    yield
    print ()
    for name, n_threads in sorted (times, key=times.get, reverse=True)[:20]:
        print (f"{times[name, n_threads]:7.3f} s  {name}, {n_threads} threads")


if __name__ == "__main__":
    run (sys.argv[1], int (sys.argv[2]))
