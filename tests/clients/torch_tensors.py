# packages: torch==1.12.1 numpy<2
# python: 3.10
# newest: torch
# oracle: no
"""faiss.contrib.torch_utils and faiss.contrib.torch: tensors for arrays."""
import numpy as np
import torch

import faiss
import faiss.contrib.torch_utils  # noqa: F401
from faiss.contrib.clustering import kmeans
from faiss.contrib.torch.clustering import DatasetAssign
from faiss.contrib.torch.quantization import ProductQuantizer, VectorQuantizer

from common import report, vectors

x, q = torch.from_numpy (vectors (2000, 16)), torch.from_numpy (vectors (50, 16, seed=2))
for text in "Flat", "IVF10,Flat", "PCA8,Flat", "IDMap,Flat":
    index, plain = faiss.index_factory (16, text), faiss.index_factory (16, text)
    index.train (x)
    plain.train (x.numpy ())
    ids = torch.arange (2000)
    index.add_with_ids (x, ids) if "Flat" != text and "PCA" not in text else index.add (x)
    plain.add_with_ids (x.numpy (), ids.numpy ()) if "Flat" != text and "PCA" not in text \
        else plain.add (x.numpy ())
    D, I = index.search (q, 5)
    assert isinstance (D, torch.Tensor) and D.dtype == torch.float32 and I.dtype == torch.int64
    D2, I2 = plain.search (q.numpy (), 5)
    assert isinstance (D2, np.ndarray)
    np.testing.assert_array_equal (I2, I.numpy ())
    out = torch.empty (50, 5), torch.empty (50, 5, dtype=torch.int64)
    index.search (q, 5, D=out[0], I=out[1])
    assert (out[1] == I).all () and (out[0] == D).all ()
    lims, D, I = index.range_search (q, 2.)
    assert lims.dtype == torch.int64 and lims[-1] == len (I)
assert isinstance (faiss.knn (q, x, 3)[0], torch.Tensor)
assert isinstance (faiss.pairwise_distances (q, x), torch.Tensor)
flat = faiss.IndexFlatL2 (16)
flat.add_c (2000, faiss.contrib.torch_utils.swig_ptr_from_FloatTensor (x))
assert flat.ntotal == 2000 and torch.equal (torch.as_tensor (flat.reconstruct (7)), x[7])
centroids = kmeans (10, DatasetAssign (x), niter=5)
assert centroids.shape == (10, 16)
errors = []
for quantizer in VectorQuantizer (16, 100), ProductQuantizer (16, 4, 8):
    quantizer.train (x)
    codes = quantizer.encode (x)
    assert codes.dtype == torch.uint8 and codes.shape == (2000, quantizer.code_size)
    errors.append (float (((quantizer.decode (codes) - x) ** 2).sum (1).mean ()))
assert errors[1] < errors[0] < float ((x ** 2).sum (1).mean ()) / 2, errors
report (fine=True)
