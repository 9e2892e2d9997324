"""Similarity search and clustering of dense vectors: upstream Faiss's Python module on cfaiss."""

import inspect
import sys

import numpy as np

from faiss import swigfaiss
from faiss.loader import *  # noqa: F401, F403
from faiss import array_conversions, class_wrappers, extra_wrappers
from faiss.array_conversions import (ArgumentError, copy_array_to_vector, rev_swig_ptr,
                                     vector_float_to_array, vector_to_array)
from faiss.class_wrappers import (add_ref_in_constructor, add_ref_in_method, keep_alive,
                                  replace_method)
from faiss.extra_wrappers import (Kmeans, ResultHeap, checksum, eval_intersection, kmax, kmin, knn,
                                  lrand, merge_knn_results, normalize_L2, pack_bitstrings,
                                  pairwise_distances, rand, rand_smooth_vectors, randint, randn,
                                  unpack_bitstrings)

this_module = sys.modules[__name__]
__version__ = "%d.%d.%d" % (swigfaiss.FAISS_VERSION_MAJOR, swigfaiss.FAISS_VERSION_MINOR,
                            swigfaiss.FAISS_VERSION_PATCH)


def add_to_referenced_objects (self, ref):
    keep_alive (self, ref)


def wrap_classes ():
    """Give the classes of the extension module their array methods."""
    handlers = [("Index", class_wrappers.handle_Index),
                ("VectorTransform", class_wrappers.handle_VectorTransform),
                ("Clustering", class_wrappers.handle_Clustering),
                ("Clustering1D", class_wrappers.handle_Clustering1D),
                ("ParameterSpace", class_wrappers.handle_ParameterSpace),
                ("AutoTuneCriterion", class_wrappers.handle_AutoTuneCriterion),
                ("SearchParameters", class_wrappers.handle_SearchParameters)]
    classes = [c for _, c in inspect.getmembers (swigfaiss, inspect.isclass)]
    classes.sort (key=lambda c: len (c.__mro__))  # parents first
    for root_name, handle in handlers:
        root = getattr (swigfaiss, root_name, None)
        for the_class in classes:
            if root is not None and issubclass (the_class, root):
                if root_name in ("Clustering", "ParameterSpace") and the_class is not root:
                    continue
                handle (the_class)
    for name, dtype, keep in [("IDSelectorArray", "int64", True), ("IDSelectorBatch", "int64", False),
                              ("IDSelectorBitmap", "uint8", True)]:
        class_wrappers.selector_of_array (getattr (swigfaiss, name), dtype, keep)
    # whatever object a constructor takes may be referred to from C: it stays alive with the result
    for the_class in classes:
        roots = (swigfaiss.Index, swigfaiss.IDSelector, swigfaiss.VectorTransform)
        if issubclass (the_class, roots) and "__init__" in the_class.__dict__:
            add_ref_in_constructor (the_class, None)
        if issubclass (the_class, swigfaiss.Index):
            the_class.__repr__ = class_wrappers.index_repr
    swigfaiss.Index.__reduce__ = index_reduce


def serialize_index (index, io_flags=0):
    """The bytes of an index file, as an array."""
    writer = swigfaiss.VectorIOWriter ()
    swigfaiss.write_index (index, writer, io_flags)
    return vector_to_array (writer.data)


def deserialize_index (data, io_flags=0):
    """The index of an array that serialize_index made."""
    data = np.ascontiguousarray (np.frombuffer (data, "uint8") if isinstance (data, bytes) else data)
    array_conversions.check (data.dtype == np.uint8 and data.ndim == 1,
                             f"data: expected uint8 of shape (n,), got {data.dtype} {data.shape}")
    reader = swigfaiss.VectorIOReader ()
    copy_array_to_vector (data, reader.data)
    return swigfaiss.read_index (reader, io_flags)


def index_reduce (self):
    """Pickled and deep-copied by its file."""
    return deserialize_index, (serialize_index (self).tobytes (),)


wrap_classes ()
