# packages: torch==1.12.1 numpy<2 scikit-learn
# python: 3.10
# newest: torch scikit-learn
# oracle: no

"""torch, scikit-learn and ours in one process, imported in any order; children that are forked, spawned or
come from a server, and DataLoaders with workers, after a search; no OpenMP or BLAS file is another's."""
import importlib
import itertools
import multiprocessing
import os
import re
import subprocess
import sys

import numpy as np

if len (sys.argv) > 1:  # children that are spawned import this file anew: with their own arguments
    for module in sys.argv[1].split (","):
        importlib.import_module (module)
    import faiss
    import torch
    from sklearn.cluster import KMeans

x = np.random.RandomState (1).rand (3000, 64).astype ("f4")


def ours ():
    index = faiss.IndexFlatL2 (64)
    index.add (x)
    assert (index.search (x[:500], 3)[1][:, 0] == np.arange (500)).all ()
    faiss.Kmeans (64, 20, niter=3).train (x)
    faiss.PCAMatrix (64, 16).train (x)


def theirs ():
    t = torch.from_numpy (x)
    assert torch.isfinite ((t @ t.T).sum ())
    torch.linalg.svd (t[:64])
    KMeans (10, n_init=1, max_iter=5).fit (x)


def child (n):
    ours ()
    return n


def fresh_child (n):
    ours ()
    theirs ()
    ours ()
    return n


class Data:
    """64 neighbours; the index goes to the workers by fork or by pickle."""

    def __init__ (self):
        self.index = faiss.index_factory (64, "IVF16,Flat")
        self.index.train (x)
        self.index.add (x)

    def __len__ (self):
        return 64

    def __getitem__ (self, i):
        return torch.tensor (self.index.search (x[i:i + 1], 2)[1][0])


def libraries ():
    """The OpenMP and BLAS files of this process."""
    paths = set (re.findall (r"/\S*(?:gomp|iomp|libomp|blas)\S*\.so\S*", open ("/proc/self/maps").read ()))
    return sorted (p for p in paths if "site-packages" in p)


def main (order, first):
    calls = [ours, theirs, ours] if first == "ours" else [theirs, ours, theirs]
    for call in calls:
        call ()
    for method in "fork", "spawn", "forkserver":
        # torch hangs where it is forked after it has calculated, without us too
        function = child if method == "fork" else fresh_child
        with multiprocessing.get_context (method).Pool (2) as pool:
            assert pool.map (function, range (4), chunksize=1) == [0, 1, 2, 3]
        loader = torch.utils.data.DataLoader (Data (), batch_size=8, num_workers=2,
                                              multiprocessing_context=method)
        assert torch.cat ([b[:, 0] for b in loader]).tolist () == list (range (64))
        ours ()
    index = faiss.IndexFlatL2 (64)
    index.add (torch.from_numpy (x))
    assert index.search (torch.from_numpy (x[:5]), 1)[1].ravel ().tolist () == [0, 1, 2, 3, 4]
    if sys.platform == "linux":
        names = [os.path.basename (p) for p in libraries () if "/cfaiss.libs/" in p or "/faiss/" in p]
        assert any ("libgomp-" in n for n in names), names
        others = [os.path.basename (p) for p in libraries () if "cfaiss.libs" not in p and "/faiss/" not in p]
        assert not set (names) & set (others), (names, others)


if __name__ == "__main__":
    if len (sys.argv) > 1:
        main (*sys.argv[1:])
    else:
        from common import report
        done = []
        for order in itertools.permutations (["torch", "sklearn.cluster", "faiss"]):
            for first in "ours", "theirs":
                subprocess.run ([sys.executable, __file__, ",".join (order), first], timeout=900, check=True)
                done.append (f"{order} {first}")
        report (done=done)
