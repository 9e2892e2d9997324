"""Vector and product quantizers in torch."""

import faiss
import faiss.contrib.torch_utils  # noqa: F401: tensors for arrays
import torch


def _nearest (x, centroids):
    return faiss.knn (x.contiguous (), centroids.contiguous (), 1)[1].ravel ()


def _centroids (x, k):
    kmeans = faiss.Kmeans (x.shape[1], k)
    kmeans.train (x.contiguous ().numpy ())
    return torch.from_numpy (kmeans.centroids.copy ())


class Quantizer:
    """Codes of code_size bytes for vectors of d components."""

    def __init__ (self, d, code_size):
        self.d, self.code_size = d, code_size

    def train (self, x):
        """Learn from vectors, shape (n, d)."""

    def encode (self, x):
        """Codes, shape (n, code_size)."""
        raise NotImplementedError

    def decode (self, codes):
        """Vectors, shape (n, d)."""
        raise NotImplementedError


def _to_bytes (numbers, code_size):
    """Each number as code_size bytes, the lowest first."""
    return torch.stack ([numbers >> 8 * i & 255 for i in range (code_size)], dim=-1).to (torch.uint8)


def _from_bytes (codes):
    return sum (codes[..., i].long () << 8 * i for i in range (codes.shape[-1]))


class VectorQuantizer (Quantizer):
    """The number of the nearest of k centroids."""

    def __init__ (self, d, k):
        super ().__init__ (d, max (1, ((k - 1).bit_length () + 7) // 8))
        self.k, self.codebook = k, None

    def train (self, x):
        self.codebook = _centroids (x, self.k)

    def encode (self, x):
        return _to_bytes (_nearest (x, self.codebook), self.code_size)

    def decode (self, codes):
        return self.codebook[_from_bytes (codes)]


class ProductQuantizer (Quantizer):
    """M quantizers of nbits bits, 8 or 16, each for d / M components."""

    def __init__ (self, d, M, nbits):
        assert d % M == 0, f"d: expected a multiple of M={M}, got {d}"
        assert nbits in (8, 16), f"nbits: expected 8 or 16, got {nbits}"
        super ().__init__ (d, M * nbits // 8)
        self.M, self.nbits, self.codebook = M, nbits, None

    def train (self, x):
        self.codebook = torch.stack ([_centroids (part, 1 << self.nbits)
                                      for part in x.chunk (self.M, dim=1)])

    def encode (self, x):
        numbers = torch.stack ([_nearest (part, self.codebook[m])
                                for m, part in enumerate (x.chunk (self.M, dim=1))], dim=1)
        return _to_bytes (numbers, self.nbits // 8).reshape (len (x), self.code_size)

    def decode (self, codes):
        numbers = _from_bytes (codes.reshape (len (codes), self.M, -1))
        return torch.cat ([self.codebook[m][numbers[:, m]] for m in range (self.M)], dim=1)
