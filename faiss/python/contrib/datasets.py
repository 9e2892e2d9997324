"""Data sets: training vectors, a database, queries, and their true neighbours."""

import os

import faiss
import numpy as np

from faiss.blocks import compact, row_blocks
from faiss.contrib.exhaustive_search import knn_ground_truth
from faiss.contrib.vecs_io import bvecs_mmap, fvecs_mmap, fvecs_read, ivecs_mmap, ivecs_read

dataset_basedir = os.environ.get ("FAISS_DATASETS", "data/")


def set_dataset_basedir (path):
    """The folder that holds the files of the data sets; or FAISS_DATASETS in the environment."""
    global dataset_basedir
    dataset_basedir = path


def _file (*parts):
    return os.path.join (dataset_basedir, *parts)


def sanitize (x):
    """x as the library takes it: compact, float32."""
    return compact (x, "float32")


class Dataset:
    """What the data sets have in common. Fields: d, metric ("L2" or "IP"), nq, nb, nt."""

    def __init__ (self):
        self.d, self.metric = -1, "L2"
        self.nq = self.nb = self.nt = -1

    def get_queries (self):
        raise NotImplementedError ()

    def get_train (self, maxtrain=None):
        raise NotImplementedError ()

    def get_database (self):
        raise NotImplementedError ()

    def database_iterator (self, bs=128, split=(1, 0)):
        """Blocks of the database; split = (n, i): of the i-th of n parts."""
        xb = self.get_database ()
        nsplit, rank = split
        begin, end = self.nb * rank // nsplit, self.nb * (rank + 1) // nsplit
        for i in range (begin, end, bs):
            yield sanitize (xb[i:min (i + bs, end)])

    def get_groundtruth (self, k=None):
        raise NotImplementedError ()

    def get_groundtruth_range (self, thresh=None):
        raise NotImplementedError ()

    def __str__ (self):
        return (f"dataset in dimension {self.d}, with metric {self.metric}, "
                f"size: Q {self.nq} B {self.nb} T {self.nt}")

    def check_sizes (self):
        """Does the data set have the sizes that it says?"""
        assert self.get_queries ().shape == (self.nq, self.d)
        if self.nt > 0:
            assert self.get_train (maxtrain=123).shape == (min (123, self.nt), self.d)
        assert self.get_database ().shape == (self.nb, self.d)
        assert self.get_groundtruth (k=13).shape == (self.nq, 13)


class SyntheticDataset (Dataset):
    """Points of a curved surface of ten dimensions: neither clustered nor uniform."""

    def __init__ (self, d, nt, nb, nq, metric="L2", seed=1338):
        Dataset.__init__ (self)
        self.d, self.nt, self.nb, self.nq, self.metric = d, nt, nb, nq, metric
        inner = 10
        rs = np.random.RandomState (seed)
        n = nt + nb + nq
        low, x = np.empty ((n, inner)), np.empty ((n, d), dtype="float32")
        for rows in row_blocks (n, inner):
            low[rows] = rs.normal (size=low[rows].shape)
        up, scale = rs.rand (inner, d), 4 * rs.rand (d) + .1
        for rows in row_blocks (n, d):
            x[rows] = np.sin (low[rows] @ up * scale)
        self.xt, self.xb, self.xq = x[:nt], x[nt:nt + nb], x[nt + nb:]

    def get_queries (self):
        return self.xq

    def get_train (self, maxtrain=None):
        return self.xt[:maxtrain]

    def get_database (self):
        return self.xb

    def get_groundtruth (self, k=100):
        metric = faiss.METRIC_L2 if self.metric == "L2" else faiss.METRIC_INNER_PRODUCT
        return faiss.knn (self.xq, self.xb, k, metric)[1]


def _first_columns (I, k):
    if k is None:
        return I
    assert k <= I.shape[1], f"k: expected at most {I.shape[1]}, got {k}"
    return I[:, :k]


class _Texmex (Dataset):
    """Four .fvecs and .ivecs files of one prefix."""

    def __init__ (self, folder, prefix, d, nt, nb, nq):
        Dataset.__init__ (self)
        self.d, self.nt, self.nb, self.nq = d, nt, nb, nq
        self.prefix = _file (folder, prefix)

    def get_queries (self):
        return fvecs_read (self.prefix + "_query.fvecs")

    def get_train (self, maxtrain=None):
        return fvecs_read (self.prefix + "_learn.fvecs")[:maxtrain]

    def get_database (self):
        return fvecs_read (self.prefix + "_base.fvecs")

    def get_groundtruth (self, k=None):
        return _first_columns (ivecs_read (self.prefix + "_groundtruth.ivecs"), k)


class DatasetSIFT1M (_Texmex):
    """A million SIFT descriptors of images (corpus-texmex.irisa.fr)."""

    def __init__ (self):
        super ().__init__ ("sift1M", "sift", 128, 100_000, 1_000_000, 10_000)


class DatasetGIST1M (_Texmex):
    """A million GIST descriptors of images (corpus-texmex.irisa.fr)."""

    def __init__ (self):
        super ().__init__ ("gist1M", "gist", 960, 500_000, 1_000_000, 1000)


class DatasetBigANN (Dataset):
    """Up to a thousand million SIFT descriptors of bytes."""

    def __init__ (self, nb_M=1000):
        Dataset.__init__ (self)
        assert nb_M in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
        self.nb_M = nb_M
        self.d, self.nt, self.nb, self.nq = 128, 10**8, nb_M * 10**6, 10_000
        self.basedir = _file ("bigann") + "/"

    def get_queries (self):
        return sanitize (bvecs_mmap (self.basedir + "bigann_query.bvecs"))

    def get_train (self, maxtrain=None):
        return sanitize (bvecs_mmap (self.basedir + "bigann_learn.bvecs")[:maxtrain])

    def get_groundtruth (self, k=None):
        return _first_columns (ivecs_read (f"{self.basedir}gnd/idx_{self.nb_M}M.ivecs"), k)

    def get_database (self):
        assert self.nb_M < 100, "too large for memory: use database_iterator ()"
        return sanitize (bvecs_mmap (self.basedir + "bigann_base.bvecs")[:self.nb])

    def database_iterator (self, bs=128, split=(1, 0)):
        xb = bvecs_mmap (self.basedir + "bigann_base.bvecs")
        nsplit, rank = split
        begin, end = self.nb * rank // nsplit, self.nb * (rank + 1) // nsplit
        for i in range (begin, end, bs):
            yield sanitize (xb[i:min (i + bs, end)])


class DatasetDeep1B (Dataset):
    """Up to a thousand million descriptors of images by a network."""

    def __init__ (self, nb=10 ** 9):
        Dataset.__init__ (self)
        names = {10**5: "100k", 10**6: "1M", 10**7: "10M", 10**8: "100M", 10**9: "1B"}
        assert nb in names
        self.d, self.nt, self.nb, self.nq = 96, 358_480_000, nb, 10_000
        self.basedir = _file ("deep1b") + "/"
        self.gt_fname = f"{self.basedir}deep{names[nb]}_groundtruth.ivecs"

    def get_queries (self):
        return sanitize (fvecs_read (self.basedir + "deep1B_queries.fvecs"))

    def get_train (self, maxtrain=None):
        return sanitize (fvecs_mmap (self.basedir + "learn.fvecs")[:maxtrain])

    def get_groundtruth (self, k=None):
        return _first_columns (ivecs_read (self.gt_fname), k)

    def get_database (self):
        assert self.nb <= 10**8, "too large for memory: use database_iterator ()"
        return sanitize (fvecs_mmap (self.basedir + "base.fvecs")[:self.nb])

    def database_iterator (self, bs=128, split=(1, 0)):
        xb = fvecs_mmap (self.basedir + "base.fvecs")
        nsplit, rank = split
        begin, end = self.nb * rank // nsplit, self.nb * (rank + 1) // nsplit
        for i in range (begin, end, bs):
            yield sanitize (xb[i:min (i + bs, end)])


class DatasetGlove (Dataset):
    """Word vectors, compared by their angles (ann-benchmarks.com, HDF5)."""

    def __init__ (self, loc=None, download=False):
        import h5py
        assert not download, "nothing is downloaded: get glove-100-angular.hdf5 and give loc"
        Dataset.__init__ (self)
        self.glove_h5py = h5py.File (loc or _file ("glove", "glove-100-angular.hdf5"), "r")
        self.metric = "IP"
        self.nb, self.d = self.glove_h5py["train"].shape
        self.nq, self.nt = self.glove_h5py["test"].shape[0], 0

    def get_queries (self):
        xq = np.array (self.glove_h5py["test"])
        faiss.normalize_L2 (xq)
        return xq

    def get_database (self):
        xb = np.array (self.glove_h5py["train"])
        faiss.normalize_L2 (xb)
        return xb

    def get_groundtruth (self, k=None):
        return _first_columns (np.array (self.glove_h5py["neighbors"]), k)


class DatasetMusic100 (Dataset):
    """Factors of music recommendations, compared by inner products."""

    def __init__ (self):
        Dataset.__init__ (self)
        self.d, self.nt, self.nb, self.nq, self.metric = 100, 0, 10**6, 10_000, "IP"
        self.basedir = _file ("music-100") + "/"

    def get_queries (self):
        return np.fromfile (self.basedir + "query_music100.bin", dtype="float32").reshape (-1, 100)

    def get_database (self):
        return np.fromfile (self.basedir + "database_music100.bin",
                            dtype="float32").reshape (-1, 100)

    def get_groundtruth (self, k=None):
        path = self.basedir + "gt.npy"
        if os.path.exists (path):
            return _first_columns (np.load (path), k)
        k = 100 if k is None else k
        return knn_ground_truth (self.get_queries (), self.database_iterator (10_000), k,
                                 faiss.METRIC_INNER_PRODUCT)[1]


class DatasetDINO10B (Dataset):
    """Image patches of YFCC100M by DINOv3 ViT-L/16, 1024-d: https://dl.fbaipublicfiles.com/large_objects/dino_vitl_10B

    nb: how many of the ten billion vectors; for these sizes there are true neighbours, for others
    only with ignore_supported. The database lies in several files, read one after the other.
    """

    SIZES = [m * 10**e for e in range (5, 10) for m in (1, 2, 5)] + [10**10]
    IN_MEMORY = 10**7

    def __init__ (self, nb, ignore_supported=False):
        Dataset.__init__ (self)
        if nb not in self.SIZES and not ignore_supported:
            raise ValueError (f"nb: expected one of {self.SIZES}, got {nb}")
        if not os.path.isdir (dataset_basedir):
            raise ValueError (f"the folder of data sets does not exist: {dataset_basedir}")
        self.d, self.metric = 1024, "L2"
        self.nq, self.nb, self.nt = 100000, nb, 99000000
        self.basedir = _file ("dino_vitl_10B/")
        self.indexdir = os.path.join (self.basedir, "chunked_base_10B")
        self.queriesdir = os.path.join (self.basedir, "queries_clean.bvecs")
        self.gtsdir = os.path.join (self.basedir, f"gts/gts_dino_patch_{nb}_k10.npy")
        self.train_queriesdir = os.path.join (self.basedir, "train_queries_99M.bvecs")
        assert os.path.isdir (self.indexdir), f"there is no folder {self.indexdir}"
        assert ignore_supported or os.path.exists (self.queriesdir), f"there is no {self.queriesdir}"

    def get_queries (self):
        return sanitize (bvecs_mmap (self.queriesdir))

    def get_train (self, maxtrain=None):
        if maxtrain is None or maxtrain > self.IN_MEMORY:
            raise NotImplementedError ("the training set takes 400 GB: use train_iterator, or "
                                       f"maxtrain <= {self.IN_MEMORY}")
        return sanitize (bvecs_mmap (self.train_queriesdir)[:maxtrain])

    def get_database (self):
        if self.nb > self.IN_MEMORY:
            raise NotImplementedError ("the database is large: use database_iterator, or a size "
                                       f"<= {self.IN_MEMORY}")
        return np.concatenate ([*self.database_iterator ()] or [np.empty ((0, self.d), "float32")])

    def database_iterator (self, bs=10000):
        """Blocks of bs vectors; the last one may be smaller."""
        files = sorted (f for f in os.listdir (self.indexdir)
                        if f.startswith ("chunk") and f.endswith (".bvecs"))
        left, parts, n = self.nb, [], 0
        for file in files:
            chunk = bvecs_mmap (os.path.join (self.indexdir, file))[:left]
            left -= len (chunk)
            at = 0
            while at < len (chunk):
                part = chunk[at:at + bs - n]
                parts.append (sanitize (part))
                n, at = n + len (part), at + len (part)
                if n == bs:
                    yield np.concatenate (parts)
                    parts, n = [], 0
        if n > 0:
            yield np.concatenate (parts)

    def train_iterator (self, bs=10000):
        """Blocks of bs training vectors."""
        xt = bvecs_mmap (self.train_queriesdir)
        for i in range (0, len (xt), bs):
            yield sanitize (xt[i:i + bs])

    def get_groundtruth (self, k=10):
        if k > 10:
            raise NotImplementedError (f"k: expected at most 10, got {k}")
        return np.load (self.gtsdir)[:, :k]

    def distance (self):
        return "euclidean"


def dataset_from_name (dataset="deep1M", download=False):
    """The data set of a name: sift1M, gist1M, bigann1M .. bigann1B, deep1M .. deep1B, music-100,
    glove."""
    if dataset == "sift1M":
        return DatasetSIFT1M ()
    if dataset == "gist1M":
        return DatasetGIST1M ()
    if dataset == "music-100":
        return DatasetMusic100 ()
    if dataset == "glove":
        return DatasetGlove (download=download)
    factors = {"k": 10**3, "M": 10**6, "B": 10**9}
    for prefix, make in (("bigann", lambda n: DatasetBigANN (nb_M=n // 10**6)),
                         ("deep", DatasetDeep1B)):
        if dataset.startswith (prefix) and dataset[-1] in factors:
            return make (int (dataset[len (prefix):-1]) * factors[dataset[-1]])
    raise RuntimeError (f"unknown data set {dataset}")
