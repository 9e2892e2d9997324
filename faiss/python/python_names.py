"""Where upstream's C symbols and Python signatures disagree; everything else follows the convention."""

# C function -> Python's parameters, in order, with defaults; "python<c" where the names differ.
# inverted_list_context, for lists in other systems, does not exist in C: it must be None.
SIGNATURES = {
    "faiss_Index_search_with_params": "n, x, k, distances, labels, params=NULL",
    "faiss_Index_range_search_with_params": "n, x, radius, result, params=NULL",
    "faiss_Index_search_and_reconstruct": "n, x, k, distances, labels, recons, params=NULL",
    "faiss_Index_search1": "x, handler, params=NULL",
    "faiss_HadamardRotation_init": "seed_in<seed",
    "faiss_QINCoStep_encode": "xhat, x, residuals=NULL",
    "faiss_Index_assign": "n, x, labels, k=1",
    "faiss_Index_compute_residual_n": "n, xs<x, residuals, keys",
    "faiss_Index_merge_from": "otherIndex<other, add_id=0",
    "faiss_Index_check_compatible_for_merge": "otherIndex<other",
    "faiss_IndexIVF_merge_from": "otherIndex<other, add_id",
    "faiss_IndexIVFFlat_add_core": "n, x, xids, precomputed_idx, inverted_list_context",
    "faiss_IndexIVFScalarQuantizer_add_core":
        "n, x, xids, precomputed_idx, inverted_list_context",
    "faiss_IndexIVF_add_core": "n, x, xids, precomputed_idx, inverted_list_context",
    "faiss_IndexIVF_get_InvertedListScanner": "store_pairs=false, sel=NULL, params=NULL",
    "faiss_IndexIVF_search_preassigned_with_stats":
        "n, x, k, assign, centroid_dis, distances, labels, store_pairs, params=NULL, stats=NULL",
    "faiss_IndexIVF_range_search_preassigned":
        "nx, x, radius, keys, coarse_dis, result, store_pairs=false, params=NULL, stats=NULL",
    "faiss_IndexIVF_search_and_return_codes":
        "n, x, k, distances, labels, recons, include_listno=false, params=NULL",
    "faiss_InvertedListScanner_set_query": "query_vector<x",
    "faiss_InvertedLists_is_empty": "list_no, inverted_list_context",
    "faiss_InvertedLists_get_iterator": "list_no, inverted_list_context",
    "faiss_InvertedLists_add_entry": "list_no, theid, code, inverted_list_context",
    "faiss_InvertedLists_add_entries": "list_no, n_entry, ids, code<codes",
    "faiss_InvertedLists_update_entries": "list_no, offset, n_entry, ids, code<codes",
    "faiss_InvertedLists_merge_from": "oivf<other, add_id",
    "faiss_InvertedLists_prefetch_lists": "list_nos, nlist_in<nlist",
    "faiss_Level1Quantizer_train_q1": "n, x, verbose, metric_type<metric",
    "faiss_IDSelectorRange_new_with": "imin, imax, assume_sorted=false",
    "faiss_LinearTransform_new_with": "din<d_in=0, dout<d_out=0, have_bias_in<have_bias=false",
    "faiss_RangeSearchPartialResult_copy_result": "incremental=false",
    "faiss_AutoTuneCriterion_set_groundtruth": "gt_nnn, gt_D_in<gt_D, gt_I_in<gt_I",
    "faiss_OperatingPoints_add": "perf, t, key, cno=0",
    "faiss_OperatingPoints_merge_with": "other, prefix=\"\"",
    "faiss_ParameterSpace_set_index_parameter": "index, name, val<value",
    "faiss_IndexIVFSpectralHash_replace_vt": "ref<vt, own=false",
    "faiss_IndexHNSW_new_with": "storage, M=32",
    "faiss_IndexNSG_new_with": "storage, R=32",
    "faiss_IndexNNDescent_new_with": "storage, K=32",
    "faiss_HNSW_prepare_level_tab": "n, preset_levels=false",
    "faiss_IndexHNSW_search_level_0":
        "n, x, k, nearest, nearest_d, distances, labels, nprobe=1, search_type=1, params=NULL",
    "faiss_LocalSearchQuantizer_evaluate": "codes, x, n, objs=NULL",
    "faiss_ZnSphereSearch_new_with": "dim, r2_in<r2",
    "faiss_write_index_fname": "idx, fname",
    "faiss_write_index_custom": "idx, writer<io_writer, io_flags=0",
    "faiss_read_index_custom": "reader<io_reader, io_flags=0",
    "faiss_read_index_fname": "fname, io_flags=0",
    "faiss_read_VectorTransform_custom": "f<io_reader",
    "faiss_write_VectorTransform_custom": "vt, f<io_writer",
    "faiss_read_InvertedLists_custom": "reader<io_reader, io_flags=0",
    "faiss_write_InvertedLists_custom": "ils, f<io_writer",
    "faiss_Clustering_train_weighted": "n, x, index, x_weights=NULL",
    "faiss_Clustering_train_encoded": "nx, x_in, codec, index, weights=NULL",
    "faiss_clone_index": "arg1<index",
    "faiss_is_similarity_metric": "metric_type<metric",
    "faiss_simd_level_from_name": "level_str<name",
    "faiss_lo_build": "list_id<list_no, offset",
    "faiss_knn_L2sqr": "x, y, d, nx, ny, k, vals, ids, y_norms=NULL, sel=NULL",
    "faiss_knn_inner_product": "x, y, d, nx, ny, k, vals, ids, sel=NULL",
    "faiss_knn_L2sqr_by_idx": "x, y, subset, d, nx, ny, nsubset, k, vals, ids, ld_subset=-1",
    "faiss_knn_inner_products_by_idx":
        "x, y, subset, d, nx, ny, nsubset, k, vals, ids, ld_ids<ld_subset=-1",
    "faiss_range_search_L2sqr": "x, y, d, nx, ny, radius, result, sel=NULL",
    "faiss_range_search_inner_product": "x, y, d, nx, ny, radius, result, sel=NULL",
    "faiss_pairwise_L2sqr": "d, nq, xq, nb, xb, dis, ldq=-1, ldb=-1, ldd=-1",
    "faiss_pairwise_extra_distances":
        "d, nq, xq, nb, xb, mt<metric, metric_arg, dis, ldq=-1, ldb=-1, ldd=-1",
    "faiss_knn_extra_metrics":
        "x, y, d, nx, ny, mt<metric, metric_arg, k, distances<vals, indexes<ids, sel=NULL",
}

# C function -> Python's name
RENAMED = {
    "faiss_Index_search_with_params": "search",
    "faiss_Index_range_search_with_params": "range_search",
    "faiss_IndexIVF_search_preassigned_with_stats": "search_preassigned",
    "faiss_Clustering_train_weighted": "train",
    "faiss_NSG_search_visiting": "search",
    "faiss_NNDescent_search_visiting": "search",
    "faiss_NNDescent_build_by": "build",
    "faiss_Neighbor_is_less": "__lt__",
    "faiss_ParameterSpace_describe_combination": "combination_name",
    "faiss_ParameterSpace_set_index_parameters_cno": "set_index_parameters",
    "faiss_VectorTransform_try_apply": "apply_noalloc",
    "faiss_VectorTransform_try_reverse": "reverse_transform",
    "faiss_write_index_custom": "write_index",
    "faiss_write_index_fname": "write_index",
    "faiss_read_index_custom": "read_index",
    "faiss_read_index_fname": "read_index",
    "faiss_imbalance_factor_hist": "imbalance_factor",
    "faiss_read_ProductQuantizer_custom": "read_ProductQuantizer",
    "faiss_read_ProductQuantizer_fname": "read_ProductQuantizer",
    "faiss_write_ProductQuantizer_custom": "write_ProductQuantizer",
    "faiss_write_ProductQuantizer_fname": "write_ProductQuantizer",
    "faiss_read_VectorTransform_custom": "read_VectorTransform",
    "faiss_read_VectorTransform_fname": "read_VectorTransform",
    "faiss_write_VectorTransform_custom": "write_VectorTransform",
    "faiss_write_VectorTransform_fname": "write_VectorTransform",
    "faiss_read_InvertedLists_custom": "read_InvertedLists",
    "faiss_write_InvertedLists_custom": "write_InvertedLists",
    "faiss_ProductQuantizer_search": "search_into",  # heap_arrays.py has upstream's, on heaps of a class
    "faiss_ProductQuantizer_search_ip": "search_ip_into",
    "faiss_ProductQuantizer_search_sdc": "search_sdc_into",
    "faiss_simd_level_name": "to_string",
    "faiss_simd_level_from_name": "to_simd_level",
}

# C function -> the output parameter that becomes the result, if it is not called `out`
OUTPUTS = {
    "faiss_Index_remove_ids": "n_removed",
    "faiss_DirectMap_remove_ids": "n_removed",
    "faiss_kmeans_clustering": "q_error",
    "faiss_HNSW_prepare_level_tab": "max_level",
    "faiss_InvertedLists_add_entry": "offset",
    "faiss_InvertedLists_add_entries": "offset",
    "faiss_InvertedLists_copy_subset_to": "n_added",
    "faiss_OperatingPoints_add": "is_optimal",
    "faiss_OperatingPoints_merge_with": "n_optimal",
}

# C functions whose result, an int, is True or False
BOOLEANS = {
    "faiss_IDSelector_is_member",
    "faiss_OperatingPoints_add",
    "faiss_ParameterSpace_combination_ge",
    "faiss_VisitedTable_get",
    "faiss_VisitedTable_set",
}

# C functions whose result belongs to their object
BORROWED = {
    "faiss_ParameterSpace_add_range",
    "faiss_RangeSearchPartialResult_new_result",
}

# what methods make that looks at its maker, and at what it was made with, as long as it lives
BORROWERS = "DistanceComputer|Scanner|Iterator"

# enumeration -> the class whose constants its enumerators are, where its name does not begin with it;
# None: they are the module's
ENUM_CLASSES = {
    "FaissClusteringInitMethod": None,
    "FaissQuantizerType": "FaissScalarQuantizer",
    "FaissRangeStat": "FaissScalarQuantizer",
}

# enumerator -> its name in the class
CONSTANT_NAMES = {
    "FAISS_DIRECT_MAP_NO_MAP": "NoMap",
    "FAISS_DIRECT_MAP_ARRAY": "Array",
    "FAISS_DIRECT_MAP_HASHTABLE": "Hashtable",
    "FAISS_PANORAMA_DEFAULT_BATCH_SIZE": "kDefaultBatchSize",
    "FAISS_PANORAMA_LEGACY_BATCH_SIZE": "kLegacyBatchSize",
}

# roots -> functions that give pointers to them, from elsewhere, the class they really are
DOWNCASTS = {
    "FaissIndex": ("downcast_index", "index"),
    "FaissIndexBinary": ("downcast_IndexBinary", "index"),
    "FaissVectorTransform": ("downcast_VectorTransform", "vt"),
    "FaissInvertedLists": ("downcast_InvertedLists", "il"),
    "FaissQuantizer": ("downcast_Quantizer", "aq"),
    "FaissAdditiveQuantizer": ("downcast_AdditiveQuantizer", "aq"),
}

# C functions that are methods though their names say that they set or get a field
METHODS = {
    "faiss_ResidualCoarseQuantizer_set_beam_factor",
}

# C functions that Python does without
HIDDEN = {
    "faiss_set_message_callback",
    "faiss_set_interrupt_callback",  # swigfaiss.swig's own
    "faiss_set_progress_callback",
    "faiss_get_last_error",  # exceptions carry it
    "faiss_Index_search",  # search_with_params is Python's search
    "faiss_Index_range_search",
    "faiss_IndexIVF_search_preassigned",
    "faiss_IndexIVF_level1_quantizer",  # its fields are the index's
    "faiss_Clustering_train",
    "faiss_ClusteringParameters_init",  # the 48-byte struct of the C API
    "faiss_Clustering_new_with_params",
    "faiss_IDSelectorRange_new",  # _new_with has a default for what this lacks
    "faiss_LinearTransform_new",
    "faiss_VectorTransform_apply_noalloc",  # the fallible forms take their names
    "faiss_VectorTransform_reverse_transform",
    "faiss_ParameterSpace_combination_name",
    "faiss_pairwise_L2sqr_with_defaults",
    "faiss_LocalSearchQuantizer_icm_encode_impl",  # upstream's computes what ours takes
    "faiss_vector_distance",  # a C function
    "faiss_fvecs_maybe_subsample",  # results in memory of C's
    "faiss_fvec_L2sqr_batch_4",  # upstream's have four results
    "faiss_fvec_inner_product_batch_4",
    "faiss_get_extra_distance_computer",  # upstream's knows no number of vectors
    "faiss_write_index",  # Python has no FILE *
    "faiss_read_index",
    "faiss_FileIOReader_new_with_file",
    "faiss_FileIOWriter_new_with_file",
    "faiss_MappedFileIOReader_new_with_file",
    "faiss_VectorIOReader_new_with",
    "faiss_MemoryOwner_retain",
    "faiss_MemoryOwner_release",
}

# Public headers of no use to Python
HEADERS_LEFT_OUT = {
    "faiss/bleve.h",
    "faiss/fields.h",
    "faiss/impl/clustering_points.h",
    "faiss/impl/io_fields.h",
    "faiss/impl/kmeans1d.h",
    "faiss/impl/object.h",
}
