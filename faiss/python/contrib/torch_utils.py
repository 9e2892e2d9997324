"""Importing this module lets the methods and functions on arrays take torch tensors: they return tensors
then. Only tensors of the CPU, of which no memory is copied; the originals are kept as `search_numpy` ..."""

import contextlib
import functools
import inspect

import faiss
import torch


def _pointer (x, dtype, cast):
    assert x.is_contiguous (), "expected a contiguous tensor"
    assert x.dtype in dtype, f"expected {dtype}, got {x.dtype}"
    assert not x.is_cuda, "this is the CPU build: expected a tensor of the CPU"
    return cast (x.data_ptr ())


def swig_ptr_from_UInt8Tensor (x):
    """The address of a tensor, as a C pointer."""
    return _pointer (x, (torch.uint8,), faiss.cast_integer_to_uint8_ptr)


def swig_ptr_from_HalfTensor (x):
    return _pointer (x, (torch.float16,), faiss.cast_integer_to_void_ptr)


def swig_ptr_from_FloatTensor (x):
    return _pointer (x, (torch.float32,), faiss.cast_integer_to_float_ptr)


def swig_ptr_from_BFloat16Tensor (x):
    return _pointer (x, (torch.bfloat16,), faiss.cast_integer_to_void_ptr)


def swig_ptr_from_IntTensor (x):
    return _pointer (x, (torch.int32,), faiss.cast_integer_to_int_ptr)


def swig_ptr_from_IndicesTensor (x):
    return _pointer (x, (torch.int64,), faiss.cast_integer_to_idx_t_ptr)


@contextlib.contextmanager
def using_stream (res, pytorch_stream=None):
    """For GPU builds, which this is not."""
    raise RuntimeError ("this is the CPU build of the library: it has no GPU functions")
    yield


def _array (value):
    """A tensor as an array of the same memory; anything else as it is."""
    if not isinstance (value, torch.Tensor):
        return value
    assert not value.is_cuda, "this is the CPU build: expected a tensor of the CPU"
    value = value.detach ()
    return (value.float () if value.dtype == torch.bfloat16 else value).numpy ()


def _tensor (value):
    if isinstance (value, tuple):
        return tuple (_tensor (v) for v in value)
    if not hasattr (value, "__array_interface__"):
        return value
    if value.dtype.kind == "u" and value.dtype.itemsize > 1:  # of which torch has none: lims
        value = value.astype ("int64")
    return torch.from_numpy (value)


def _on_tensors (function):
    """A function on arrays that takes tensors as well."""

    @functools.wraps (function)
    def on_tensors (*args, **kwargs):
        if not any (isinstance (a, torch.Tensor) for a in (*args, *kwargs.values ())):
            return function (*args, **kwargs)
        result = function (*map (_array, args), **{k: _array (v) for k, v in kwargs.items ()})
        given = {id (_array (a)): a for a in kwargs.values () if isinstance (a, torch.Tensor)}
        return given.get (id (result)) if id (result) in given else _tensor (result)

    return on_tensors


def torch_replace_method (the_class, name, replacement, ignore_missing=False, ignore_no_base=False):
    """Put a method in place of one on arrays, which stays as NAME_numpy."""
    original = the_class.__dict__.get (name)
    if original is None:
        if ignore_missing or hasattr (the_class, name):
            return
        raise AttributeError (f"{the_class.__name__} has no method {name}")
    if hasattr (original, "_on_tensors"):
        return
    if not ignore_no_base and not hasattr (the_class, name + "_c"):
        raise AttributeError (f"{the_class.__name__} has no method {name}_c")
    setattr (the_class, name + "_numpy", original)
    replacement._on_tensors = True
    setattr (the_class, name, replacement)


METHODS = ("train add add_with_ids search range_search assign remove_ids reconstruct reconstruct_batch "
           "reconstruct_n search_and_reconstruct sa_encode sa_decode add_sa_codes search_preassigned "
           "range_search_preassigned update_vectors search_and_return_codes compute_codes decode apply "
           "reverse_transform").split ()


def handle_torch_Index (the_class):
    """Let the methods of a class take tensors."""
    for name in METHODS:
        method = the_class.__dict__.get (name)
        if method is not None and hasattr (the_class, name + "_c"):
            torch_replace_method (the_class, name, _on_tensors (method), ignore_missing=True)


knn_numpy, pairwise_distances_numpy = faiss.knn, faiss.pairwise_distances


def torch_replacement_knn (xq, xb, k, metric=faiss.METRIC_L2, metric_arg=0):
    return _on_tensors (knn_numpy) (xq, xb, k, metric=metric, metric_arg=metric_arg)


def torch_replacement_pairwise_distances (xq, xb, metric=faiss.METRIC_L2, metric_arg=0):
    return _on_tensors (pairwise_distances_numpy) (xq, xb, metric=metric, metric_arg=metric_arg)


def torch_replacement_knn_gpu (res, xq, xb, k, D=None, I=None, metric=faiss.METRIC_L2, device=-1,
                               use_cuvs=False):
    return faiss.gpu_wrappers.not_here ()


def torch_replacement_pairwise_distance_gpu (res, xq, xb, D=None, metric=faiss.METRIC_L2, device=-1):
    return faiss.gpu_wrappers.not_here ()


for _, _class in inspect.getmembers (faiss.swigfaiss, inspect.isclass):
    if issubclass (_class, (faiss.Index, faiss.Quantizer, faiss.VectorTransform)):
        handle_torch_Index (_class)
faiss.knn = torch_replacement_knn
faiss.pairwise_distances = torch_replacement_pairwise_distances
