"""Variants of k-means: in two levels, balanced, on sparse matrices, in Python."""

import logging
import time

import faiss
import numpy as np

from faiss.blocks import compact, row_blocks

LOG = logging.getLogger (__name__)


def print_nop (*arg, **kwargs):
    """A print that prints nothing."""


def two_level_clustering (xt, nc1, nc2, rebalance=True, clustering_niter=25, **args):
    """k-means to nc1 clusters, and k-means of each: nc2 centroids in all.

    rebalance: larger clusters get more of the nc2 centroids. Other arguments go to Kmeans.
    Returns the centroids and the iteration_stats of the first k-means and of the others.
    """
    xt = compact (xt, "float32")
    n, d = xt.shape
    first = faiss.Kmeans (d, nc1, niter=clustering_niter, max_points_per_centroid=2000, **args)
    first.train (xt)
    assign = first.assign (xt)[1]
    sizes = np.bincount (assign, minlength=nc1)
    if rebalance:
        wanted = np.diff (np.cumsum (sizes) * nc2 // n, prepend=0)
    else:
        wanted = np.diff (np.arange (nc1 + 1) * nc2 // nc1)
    wanted = np.minimum (wanted, sizes)
    while wanted.sum () < nc2:  # what small clusters cannot use goes to the largest ones
        wanted[np.argmax ((sizes - wanted) / np.maximum (wanted, 1))] += 1
    members = np.split (np.argsort (assign), np.cumsum (sizes)[:-1])  # in this order: the start depends on it
    centroids, stats = [], [first.iteration_stats]
    for c in np.flatnonzero (wanted):
        km = faiss.Kmeans (d, int (wanted[c]), niter=clustering_niter, **args)
        km.train (xt[members[c]])
        centroids.append (km.centroids)
        stats.append (km.iteration_stats)
    return np.vstack (centroids), stats


def train_ivf_index_with_2level (index, xt, **args):
    """Train an index whose inverted file gets its centroids by two-level k-means."""
    ivf = faiss.extract_index_ivf (index)
    assert ivf.metric_type == faiss.METRIC_L2, "only for METRIC_L2"
    from faiss.ivf_wrappers import transformed
    if isinstance (index, faiss.IndexPreTransform):
        x = compact (xt, "float32")
        for i in range (index.chain.size ()):
            transform = index.chain.at (i)
            if not transform.is_trained:
                transform.train (x)
            x = transform.apply (x)
    x = transformed (index, compact (xt, "float32"))
    centroids, _ = two_level_clustering (x, int (np.sqrt (ivf.nlist)), ivf.nlist, **args)
    ivf.quantizer.train (centroids)
    ivf.quantizer.add (centroids)
    index.train (xt)


def balanced_assignment_with_penalties (x, centroids, alpha=0.03, num_iter=20, maxk=100):
    """Assign vectors to centroids so that clusters become of similar size.

    Clusters that are too large get a penalty that grows from one iteration to the next.
    """
    k = len (centroids)
    D, I = faiss.knn (x, centroids, min (k, maxk))
    penalty, assign = np.zeros (k), np.empty (len (x), dtype=I.dtype)
    unit = alpha * D[:, 0].mean ()

    def cheapest ():
        for rows in row_blocks (*I.shape):
            best = (D[rows] + penalty[I[rows]]).argmin (1)
            assign[rows] = np.take_along_axis (I[rows], best[:, None], 1)[:, 0]
        return assign

    for _ in range (num_iter):
        sizes = np.bincount (cheapest (), minlength=k)
        penalty += unit * (sizes * k / len (x) - 1)
    return cheapest ()


# ---- what k-means assigns ----


class DatasetAssign:
    """A matrix that vectors can be assigned from."""

    def __init__ (self, x):
        self.x = compact (x, "float32")

    def count (self):
        return self.x.shape[0]

    def dim (self):
        return self.x.shape[1]

    def get_subset (self, indices):
        return self.x[indices]

    def perform_search (self, centroids):
        return faiss.knn (self.x, centroids, 1)

    def assign_to (self, centroids, weights=None):
        """Clusters, distances, and the (weighted) sums of the clusters' vectors."""
        D, I = self.perform_search (centroids)
        I, D = I.ravel (), D.ravel ()
        sums = np.zeros (centroids.shape, dtype="float64")
        for rows in row_blocks (*self.x.shape):
            x = self.x[rows] if weights is None else self.x[rows] * weights[rows, None]
            np.add.at (sums, I[rows], x)
        return I, D, sums.astype ("float32")


class DatasetAssignGPU (DatasetAssign):
    """The same on a GPU, which this build does not have."""

    def __init__ (self, x, gpu_id, verbose=False):
        raise RuntimeError ("this is the CPU build of the library: it has no GPU functions")

    def perform_search (self, centroids):
        raise NotImplementedError


def sparse_assign_to_dense (xq, xb, xq_norms=None, xb_norms=None):
    """The nearest row of a dense matrix for each row of a sparse one: I, D."""
    if xq_norms is None:
        xq_norms = np.asarray (xq.multiply (xq).sum (1)).ravel ()
    if xb_norms is None:
        xb_norms = (xb ** 2).sum (1)
    D = xb_norms - 2 * np.asarray (xq @ xb.T)
    I = D.argmin (1)
    return I, np.maximum (D[np.arange (len (I)), I] + xq_norms, 0)


def sparse_assign_to_dense_blocks (xq, xb, xq_norms=None, xb_norms=None, qbs=16384, bbs=16384,
                                   nt=None):
    """The same by blocks, which need less memory, in nt threads."""
    from multiprocessing.pool import ThreadPool
    nq, nb = xq.shape[0], xb.shape[0]
    if xq_norms is None:
        xq_norms = np.asarray (xq.multiply (xq).sum (1)).ravel ()
    if xb_norms is None:
        xb_norms = (xb ** 2).sum (1)

    def one_block (q0):
        best_I, best_D = None, None
        for b0 in range (0, nb, bbs):
            I, D = sparse_assign_to_dense (xq[q0:q0 + qbs], xb[b0:b0 + bbs], xq_norms[q0:q0 + qbs],
                                           xb_norms[b0:b0 + bbs])
            if best_D is None:
                best_I, best_D = I, D
            else:
                better = D < best_D
                best_I, best_D = np.where (better, I + b0, best_I), np.where (better, D, best_D)
        return best_I, best_D

    with ThreadPool (nt) as pool:
        blocks = pool.map (one_block, range (0, nq, qbs))
    return np.concatenate ([i for i, _ in blocks]), np.concatenate ([d for _, d in blocks])


class DatasetAssignSparse (DatasetAssign):
    """The same for a scipy.sparse.csr_matrix."""

    def __init__ (self, x):
        self.x = x
        self.squared_norms = np.asarray (x.multiply (x).sum (1)).ravel ()

    def get_subset (self, indices):
        return np.asarray (self.x[indices].todense ())

    def perform_search (self, centroids):
        I, D = sparse_assign_to_dense_blocks (self.x, centroids, self.squared_norms)
        return D, I

    def assign_to (self, centroids, weights=None):
        from scipy.sparse import csr_matrix
        D, I = self.perform_search (centroids)
        n = self.count ()
        w = np.ones (n, "float32") if weights is None else weights
        members = csr_matrix ((w, I, np.arange (n + 1)), shape=(n, len (centroids)))
        return I, D, np.asarray ((members.T @ self.x).todense ()).astype ("float32")


def imbalance_factor (k, assign):
    """1 if all clusters have the same size, k if one has everything."""
    assign = np.ascontiguousarray (assign, dtype="int64")
    return faiss.imbalance_factor (assign.size, k, faiss.swig_ptr (assign))


def check_if_torch (x):
    """Is it a torch tensor?"""
    return type (x).__module__.split (".")[0] == "torch"


def reassign_centroids (hassign, centroids, rs=None):
    """Give each empty cluster half of a large one; returns how many."""
    rs = rs or np.random
    k, d = centroids.shape
    empty = np.flatnonzero (hassign == 0)
    if empty.size:
        weights = np.maximum (hassign - 1, 0).astype ("float64")
        sign = np.where (np.arange (d) % 2 == 0, 1 / 1024, -1 / 1024).astype (centroids.dtype)
        for c in empty:
            big = rs.choice (k, p=weights / weights.sum ())
            centroids[c] = centroids[big] * (1 + sign)
            centroids[big] *= 1 - sign
            hassign[c] = hassign[big] // 2
            hassign[big] -= hassign[c]
            weights[c], weights[big] = max (hassign[c] - 1, 0), max (hassign[big] - 1, 0)
    return empty.size


def kmeans (k, data, niter=25, seed=1234, checkpoint=None, verbose=True, return_stats=False):
    """k-means of a DatasetAssign; returns the centroids, with return_stats also the statistics.

    checkpoint: a file that the centroids are written to after each iteration.
    """
    say = print if verbose else print_nop
    n, d = data.count (), data.dim ()
    assert n >= k, f"expected at least {k} points, got {n}"
    rs = np.random.RandomState (seed)
    centroids = np.array (data.get_subset (rs.choice (n, size=k, replace=False)), dtype="float32")
    iteration_stats = []
    start, search_time = time.time (), 0.0
    for i in range (niter):
        t0 = time.time ()
        assign, D, sums = (np.asarray (a) for a in data.assign_to (centroids))
        search_time += time.time () - t0
        sizes = np.bincount (np.asarray (assign), minlength=k)
        objective = float (np.sum (D))
        filled = sizes > 0
        centroids[filled] = sums[filled] / sizes[filled, None]
        nsplit = reassign_centroids (sizes, centroids, rs)
        factor = imbalance_factor (k, assign)
        say (f"iteration {i}: objective {objective:g}, imbalance {factor:.3f}, splits {nsplit}, "
             f"{time.time () - start:.2f} s")
        iteration_stats.append ({"obj": objective, "time": time.time () - start,
                                 "time_search": search_time, "imbalance_factor": factor,
                                 "nsplit": nsplit})
        if checkpoint is not None:
            np.save (checkpoint, centroids)
    return (centroids, iteration_stats) if return_stats else centroids
