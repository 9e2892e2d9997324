# packages: torch==1.12.1 numpy<2
# python: 3.10
# newest: torch
# oracle: no
"""Tensors for arrays: as they are; with faiss.contrib.torch_utils, and faiss.contrib.torch."""
import numpy as np
import torch

import faiss

from common import report, vectors

x = torch.from_numpy (vectors (500, 16))
for kind in (x, x.double (), x.half (), x.bfloat16 (), x.clone ().requires_grad_ (), torch.nn.Parameter (x.bfloat16 ()),
             x.T.clone ().T, torch.complex (x, -x).conj ().imag):
    near = 1 if kind.dtype in (torch.half, torch.bfloat16) else 1e-5
    index, plain = faiss.index_factory (16, "IVF4,Flat"), faiss.index_factory (16, "IVF4,Flat")
    index.train (kind)
    plain.train (x.numpy ())
    index.add_with_ids (kind, torch.arange (500, dtype=torch.int32) * 2)
    plain.add (x.numpy ())
    D, I = index.search (kind[:9], 3)
    assert isinstance (D, np.ndarray) and (I[:, 0] == 2 * np.arange (9)).all ()
    np.testing.assert_allclose (D, plain.search (x[:9].numpy (), 3)[0], atol=near)
    np.testing.assert_allclose (faiss.pairwise_distances (kind[:9], kind), torch.cdist (x[:9], x) ** 2, atol=.01 + near)
    faiss.Kmeans (16, 3, niter=2).train (kind)
    assert len (index.range_search (kind[:9], 1.)[1]) >= 9 and index.remove_ids (torch.arange (0, 20, 2)) == 10
unit = x.clone ()
faiss.normalize_L2 (unit)
assert torch.allclose (unit, torch.nn.functional.normalize (x))
for bad, word in (x.to_sparse (), "parse"), (x.bfloat16 (), "bfloat16"), (x.clone ().requires_grad_ (), "grad"):
    try:
        faiss.normalize_L2 (bad) if word != "parse" else index.search (bad, 1)
        raise SystemExit (f"no error for {word}")
    except (ValueError, TypeError, RuntimeError) as error:
        assert word.lower () in str (error).lower (), error

import faiss.contrib.torch_utils  # noqa: E402, F401
from faiss.contrib.clustering import kmeans  # noqa: E402
from faiss.contrib.torch.clustering import DatasetAssign  # noqa: E402
from faiss.contrib.torch.quantization import ProductQuantizer, VectorQuantizer  # noqa: E402

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
