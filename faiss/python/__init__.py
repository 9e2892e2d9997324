"""Similarity search and clustering of dense vectors: upstream Faiss's Python module on cfaiss."""

from __future__ import annotations

import gc
import inspect
import sys
import warnings

import numpy as np

_collects = gc.isenabled ()
gc.disable ()  # a tenth of the import's time: it makes many objects and no garbage

from faiss import swigfaiss
from faiss.loader import *  # noqa: F401, F403
from faiss import (array_conversions, class_wrappers, extra_wrappers, globals, gpu_wrappers, ivf_wrappers,
                   upstream_names)
from faiss.array_conversions import (ArgumentError, copy_array_to_vector, rev_swig_ptr,
                                     vector_float_to_array, vector_to_array)
from faiss.class_wrappers import (add_ref_in_constructor, add_ref_in_function, add_ref_in_method,
                                  add_ref_in_method_explicit_own, replace_method)
from faiss.extra_wrappers import (Kmeans, MapLong2Long, ResultHeap, TimeoutGuard,
                                  bucket_sort,
                                  checksum, eval_intersection, index_factory, kmax, kmin, knn,
                                  knn_hamming, lrand, matrix_bucket_sort_inplace, merge_knn_results,
                                  normalize_L2, pack_bitstrings, pairwise_distances, rand,
                                  rand_smooth_vectors, randint, randn, unpack_bitstrings)
from faiss.globals import SIMDConfig, get_compile_options
from faiss.gpu_wrappers import (get_num_gpus, gpu_profiler_start, gpu_profiler_stop,
                                gpu_sync_all_devices, index_cpu_to_all_gpus,
                                index_cpu_to_gpu_multiple_py, index_cpu_to_gpus_list, knn_gpu,
                                pairwise_distance_gpu)
from faiss.ivf_wrappers import (check_compatible_for_merge, extract_index_ivf, merge_into,
                                range_search_with_parameters, search_and_return_centroids,
                                search_centroid, search_with_parameters, try_extract_index_ivf)
from faiss.progress import set_progress
from faiss.upstream_names import (compiled_simd_levels, fourcc, fourcc_inv, fourcc_inv_printable, fvec_add,
                                  get_numeric_type_size, metric_type_count, popcount32, popcount64,
                                  write_index)

this_module = sys.modules[__name__]
__version__ = "%d.%d.%d" % (swigfaiss.FAISS_VERSION_MAJOR, swigfaiss.FAISS_VERSION_MINOR,
                            swigfaiss.FAISS_VERSION_PATCH)


VERSION_STRING = __version__
sizeof_long = 8
SINGLE_SIMD_LEVEL = SINGLE_SIMD_LEVEL_256 = SINGLE_SIMD_LEVEL_512 = swigfaiss.SIMDLevel_NONE
cvar = globals.GlobalVariables ()


def add_to_referenced_objects (self, ref):
    """Keep ref alive as long as self."""
    class_wrappers.keep_alive (self, ref)


def wrap_classes ():
    """Give the classes of the extension module their array methods."""
    handlers = [("Index", class_wrappers.handle_Index),
                ("VectorTransform", class_wrappers.handle_VectorTransform),
                ("Quantizer", class_wrappers.handle_Quantizer),
                ("IndexFlat", class_wrappers.handle_IndexFlat),
                ("Clustering", class_wrappers.handle_Clustering),
                ("IndexNSG", class_wrappers.handle_IndexNSG),
                ("Clustering1D", class_wrappers.handle_Clustering1D),
                ("ParameterSpace", class_wrappers.handle_ParameterSpace),
                ("AutoTuneCriterion", class_wrappers.handle_AutoTuneCriterion),
                ("SearchParameters", class_wrappers.handle_SearchParameters),
                ("IOReader", class_wrappers.handle_IOReader),
                ("IOWriter", class_wrappers.handle_IOWriter)]
    class_wrappers.keep_wholes_of_parts (swigfaiss)
    class_wrappers.add_constants (swigfaiss)
    class_wrappers.make_IndexIVFInterface (swigfaiss)
    classes = [c for _, c in inspect.getmembers (swigfaiss, inspect.isclass)]
    classes.sort (key=lambda c: len (c.__mro__))  # parents first
    for root_name, handle in handlers:
        root = getattr (swigfaiss, root_name, None)
        for the_class in classes:
            if root is not None and issubclass (the_class, root):
                if root_name in ("Clustering", "IndexFlat", "ParameterSpace") and the_class is not root:
                    continue
                handle (the_class)
    for name, dtype, keep in [("IDSelectorArray", "int64", True), ("IDSelectorBatch", "int64", False),
                              ("IDSelectorBitmap", "uint8", True)]:
        class_wrappers.selector_of_array (getattr (swigfaiss, name), dtype, keep)
    # whatever a constructor takes or an attribute is set to may be pointed to from C
    for the_class in classes:
        if not hasattr (the_class, "thisown"):
            continue
        if object in the_class.__bases__:
            the_class.__setattr__ = class_wrappers.replacement_setattr
        if "__init__" in the_class.__dict__ and the_class.__name__ not in ("Clustering",
                                                                           "Clustering1D"):
            if issubclass (the_class, swigfaiss.IndexIVF):
                class_wrappers.accept_own_invlists (the_class)
            add_ref_in_constructor (the_class, None)
        if issubclass (the_class, swigfaiss.Index):
            the_class.__repr__ = class_wrappers.index_repr
    add_ref_in_method (swigfaiss.IndexPreTransform, "prepend_transform", 0)
    add_ref_in_method_explicit_own (swigfaiss.IndexIVF, "replace_invlists")
    add_ref_in_method_explicit_own (swigfaiss.IndexIVFSpectralHash, "replace_vt")
    upstream_names.add_members ()
    swigfaiss.Index.__getstate__ = index_getstate
    swigfaiss.Index.__setstate__ = index_setstate


def serialize_index (index: swigfaiss.Index, io_flags: int = 0) -> NDArray[np.uint8]:
    """The bytes of an index file, as an array."""
    writer = swigfaiss.VectorIOWriter ()
    swigfaiss.write_index (index, writer, io_flags)
    return vector_to_array (writer.data)


def deserialize_index (data: ArrayLike | bytes, io_flags: int = 0) -> swigfaiss.Index:
    """The index of an array that serialize_index made."""
    data = np.ascontiguousarray (np.frombuffer (data, "uint8") if isinstance (data, bytes) else data)
    array_conversions.check (data.dtype == np.uint8 and data.ndim == 1,
                             f"data: expected uint8 of shape (n,), got {data.dtype} {data.shape}")
    reader = swigfaiss.VectorIOReader ()
    copy_array_to_vector (data, reader.data)
    return swigfaiss.read_index (reader, io_flags)


def index_getstate (self):
    """Pickled and deep-copied by its file, in upstream's form."""
    return {"this": serialize_index (self).tobytes ()}


def index_setstate (self, state):
    index = deserialize_index (np.frombuffer (state["this"], dtype="uint8"))
    array_conversions.check (isinstance (index, type (self)), f"pickle of a {type (self).__name__} "
                             f"holds a {type (index).__name__}")
    self.this = index.this


wrap_classes ()
for _name in dir (swigfaiss):
    if _name.startswith ("downcast_"):
        vars ()[_name] = class_wrappers.kept_with_view (getattr (swigfaiss, _name))
IndexIVFInterface = swigfaiss.IndexIVFInterface
IVFSearchParameters = swigfaiss.SearchParametersIVF

# vectors under their old names
vector_name_map = {"Float": "Float32", "Double": "Float64", "Char": "Int8", "Int": "Int32",
                   "Long": "Int64", "LongLong": "Int64", "Byte": "UInt8", "Uint64": "UInt64"}
deprecated_name_map = {f"{old}Vector": f"{new}Vector" for old, new in vector_name_map.items ()}


def deprecated_class (name, current):

    def replacement_init (self, *args, **kwargs):
        warnings.warn (f"{name} is the old name of {current.__name__}", DeprecationWarning,
                       stacklevel=2)
        super (the_class, self).__init__ (*args, **kwargs)

    the_class = type (name, (current,), {"__init__": replacement_init, "__module__": __name__,
                                         "__doc__": f"The old name of {current.__name__}."})
    return the_class


vars ().update ({old: deprecated_class (old, getattr (swigfaiss, new))
                 for old, new in deprecated_name_map.items ()})

# names of the library's own that are no part of the module
_constants = {c_name for _, _, c_name in swigfaiss.CLASS_CONSTANTS}
for _name in [*vars ()]:
    if _name.startswith ("FAISS_") and not _name.startswith ("FAISS_VERSION_M") and _name != "FAISS_VERSION_PATCH" or _name in _constants or _name in (
            "memcpy_bytes", "memory_view", "search_arrays", "range_search_arrays", "set_numpy",
            "set_array_function", "set_message_function", "set_progress_function", "OBJECT_MEMBERS",
            "CLASS_CONSTANTS"):
        del vars ()[_name]
if _collects:
    gc.enable ()
