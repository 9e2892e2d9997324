"""Similarity search and clustering of dense vectors: upstream Faiss's Python module on cfaiss."""

from __future__ import annotations

import gc
import sys
import warnings

import numpy as np

_collects = gc.isenabled ()
gc.disable ()  # a tenth of the import's time: it makes many objects and no garbage

from faiss import swigfaiss
from faiss.loader import *  # noqa: F401, F403
from faiss import (array_conversions, class_wrappers, extra_wrappers, globals, gpu_wrappers, ivf_wrappers,
                   small_functions, upstream_names)
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
from faiss.heap_arrays import (float_maxheap_array_t, float_minheap_array_t, knn_inner_product,
                               knn_L2sqr)
from faiss.ivf_wrappers import (check_compatible_for_merge, extract_index_ivf, merge_into,
                                range_search_with_parameters, search_and_return_centroids,
                                search_centroid, search_with_parameters, try_extract_index_ivf)
from faiss.progress import set_progress
from faiss.small_functions import (Cloner, ClusteringInitialization, CodeSet, InterruptCallback,
                                   InvertedListScannerStats, MapInt64ToInt64, MatrixStats, PythonInterruptCallback, TimeoutCallback,
                                   compute_PQ_dis_tables_dsub2, fvec_L2sqr_batch_4,
                                   fvec_L2sqr_ny_nearest_y_transposed, fvec_L2sqr_ny_transposed,
                                   fvec_inner_product_batch_4, inner_product_to_L2sqr, int_maxheap_array_t,
                                   int_minheap_array_t, kmeans1d, merge_knn_results_CMax,
                                   merge_knn_results_CMin, merge_result_table_with, ranklist_handle_ties,
                                   reflection, smawk)
from faiss.upstream_names import (LSQTimer, LSQTimerScope, compiled_simd_levels, fourcc, fourcc_inv,
                                  fourcc_inv_printable, fvec_add,
                                  get_numeric_type_size, metric_type_count, popcount32, popcount64,
                                  read_VectorTransform, read_index, write_VectorTransform, write_index)

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


def _finish_class (the_class, object_members):
    """Give a class of the extension module what it has beyond SWIG's; its parents have theirs.

    object_members: its fields, and methods with results, that are objects within or behind it.
    """
    name = the_class.__name__
    ancestors = {c.__name__ for c in the_class.__mro__}
    class_wrappers.keep_wholes_of_parts (the_class, object_members)
    class_wrappers.add_members (the_class)
    for root, handle in class_wrappers.HANDLERS.items ():
        if root in ancestors and (root == name or root not in class_wrappers.NOT_INHERITED):
            handle (the_class)
    # whatever a constructor takes or an attribute is set to may be pointed to from C
    if object in the_class.__bases__:
        the_class.__setattr__ = (class_wrappers.known_attributes_only if name in ("Index", "IndexBinary")
                                 else class_wrappers.replacement_setattr)
    if "__init__" in the_class.__dict__ and name not in ("Clustering", "Clustering1D"):
        if "IndexIVF" in ancestors:
            class_wrappers.accept_own_invlists (the_class)
        add_ref_in_constructor (the_class, None)
    if "Index" in ancestors:
        the_class.__repr__ = class_wrappers.index_repr
    upstream_names.add_members (the_class)
    if name == "IndexPreTransform":
        add_ref_in_method (the_class, "prepend_transform", 0)
    elif name == "IndexIVF":
        add_ref_in_method_explicit_own (the_class, "replace_invlists")
    elif name == "IndexIVFSpectralHash":
        add_ref_in_method_explicit_own (the_class, "replace_vt")
    elif name == "Index":
        the_class.__getstate__ = index_getstate
        the_class.__setstate__ = index_setstate


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


swigfaiss._finish = _finish_class
for _name in [*vars ()]:
    if _name.startswith ("downcast_"):
        vars ()[_name] = class_wrappers.kept_with_argument (vars ()[_name])

add_ref_in_function ("storage_distance_computer", 0)

# vectors under their old names
vector_name_map = {"Float": "Float32", "Double": "Float64", "Char": "Int8", "Int": "Int32",
                   "Long": "Int64", "LongLong": "Int64", "Byte": "UInt8", "Uint64": "UInt64"}
deprecated_name_map = {f"{old}Vector": f"{new}Vector" for old, new in vector_name_map.items ()}
deprecated_name_map.update ({"FloatVectorVector": "Float32VectorVector", "ByteVectorVector": "UInt8VectorVector",
                             "LongVectorVector": "Int64VectorVector"})
# of rare_functions.py
_rare = set ('''
ComputeCodesAddCentroidsLUT0MemoryPool ComputeCodesAddCentroidsLUT1MemoryPool Float32VectorVector
IDScanContext IDSelectorContextDispatch IDSelectorWithContext Int64VectorVector NegativeDistanceComputer
RefineBeamLUTMemoryPool RefineBeamMemoryPool UInt8VectorVector beam_search_encode_step
beam_search_encode_step_tab clone_Quantizer compute_codes_add_centroids_mp_lut0
compute_codes_add_centroids_mp_lut1 get_extra_distance_computer hashtable_int64_to_int64_add
hashtable_int64_to_int64_init hashtable_int64_to_int64_lookup range_search_with_parameters_c
refine_beam_LUT_mp refine_beam_mp search_with_parameters_c
fvecs_maybe_subsample
'''.split ())
_other_names = {"IVFSearchParameters": "SearchParametersIVF", "IndexIVFInterface": "IndexIVFInterface"}


def deprecated_class (name, current):

    def replacement_init (self, *args, **kwargs):
        warnings.warn (f"{name} is the old name of {current.__name__}", DeprecationWarning,
                       stacklevel=2)
        super (the_class, self).__init__ (*args, **kwargs)

    the_class = type (name, (current,), {"__init__": replacement_init, "__module__": __name__,
                                         "__doc__": f"The old name of {current.__name__}."})
    return the_class


def __getattr__ (name):
    """The classes are made when they are needed: swigfaiss.py."""
    if name in swigfaiss.CLASSES:
        value = getattr (swigfaiss, name)
    elif name in _rare:
        from faiss import rare_functions
        value = getattr (rare_functions, name)
    elif name in deprecated_name_map:
        value = deprecated_class (name, getattr (this_module, deprecated_name_map[name]))
    elif name in _other_names:
        value = getattr (swigfaiss, _other_names[name])
    elif name == "__all__":  # for `from faiss import *`
        return [n for n in __dir__ () if not n.startswith ("_")]
    else:
        raise AttributeError (f"module {__name__!r} has no attribute {name!r}")
    setattr (this_module, name, value)
    return value


def __dir__ ():
    return sorted ({*vars (this_module), *swigfaiss.CLASSES, *deprecated_name_map, *_other_names, *_rare})


if _collects:
    gc.enable ()
