# packages: torch==1.12.1 numpy<2 scikit-learn
# python: 3.10
# oracle: no
"""torch, scikit-learn and ours in one process, imported in any order, and forked after a search."""
import itertools
import subprocess
import sys

from common import report

# torch 1.12 is the last whose package holds all it needs; its OpenMP runtime is another than ours
CODE = """
import {order}
import multiprocessing, numpy as np, faiss, sklearn, torch
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
    (t @ t.T).sum ()
    torch.linalg.svd (t[:64])
    KMeans (10, n_init=1, max_iter=5).fit (x)

def child (n):
    ours ()
    return n

class Data (torch.utils.data.Dataset):
    index = faiss.IndexFlatL2 (64)
    index.add (x)
    def __len__ (self):
        return 64
    def __getitem__ (self, i):
        return torch.tensor (self.index.search (x[i:i + 1], 2)[1][0])

for f in {calls}:
    f ()
with multiprocessing.get_context ("fork").Pool (2) as pool:
    assert pool.map (child, range (4)) == [0, 1, 2, 3]
loaded = [b[:, 0] for b in torch.utils.data.DataLoader (Data (), batch_size=8, num_workers=2)]
assert torch.cat (loaded).tolist () == list (range (64))
index = faiss.IndexFlatL2 (64)
index.add (torch.from_numpy (x))
assert index.search (torch.from_numpy (x[:5]), 1)[1].ravel ().tolist () == [0, 1, 2, 3, 4]
"""
done = []
for order in itertools.permutations (["torch", "sklearn.cluster", "faiss"]):
    for calls in "(ours, theirs, ours)", "(theirs, ours, theirs)":
        code = CODE.format (order=", ".join (order), calls=calls)
        subprocess.run ([sys.executable, "-c", code], timeout=120, check=True)
        done.append (f"{order} {calls}")
report (done=done)
