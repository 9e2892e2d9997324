"""k-means on torch tensors: data sets for faiss.contrib.clustering.kmeans."""

import faiss
import faiss.contrib.torch_utils  # noqa: F401: tensors for arrays
import torch
from faiss.contrib.clustering import kmeans  # noqa: F401: what the classes are for


class DatasetAssign:
    """The vectors of a tensor, shape (n, d)."""

    def __init__ (self, x):
        self.x = x

    def count (self):
        return self.x.shape[0]

    def dim (self):
        return self.x.shape[1]

    def get_subset (self, indices):
        return self.x[torch.as_tensor (indices)]

    def perform_search (self, centroids):
        """Distance and number of the nearest centroid, shapes (n, 1)."""
        return faiss.knn (self.x, centroids, 1)

    def assign_to (self, centroids, weights=None):
        """Number and distance of the nearest centroid of each vector, and the sum of each one's vectors."""
        centroids = torch.as_tensor (centroids, dtype=self.x.dtype)
        D, I = (torch.as_tensor (a).ravel () for a in self.perform_search (centroids))
        sums = torch.zeros_like (centroids)
        if weights is None:
            sums.index_add_ (0, I, self.x)
        else:
            sums.index_add_ (0, I, self.x * torch.as_tensor (weights, dtype=self.x.dtype)[:, None])
        return I, D, sums


class DatasetAssignGPU (DatasetAssign):
    """For GPU builds, which this is not."""

    def __init__ (self, res, x):
        super ().__init__ (x)
        self.res = res

    def perform_search (self, centroids):
        return faiss.knn_gpu (self.res, self.x, centroids, 1)
