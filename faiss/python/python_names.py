"""Where upstream's C symbols and Python signatures disagree; everything else follows the convention."""

# C function -> Python's parameters, in order, with defaults
SIGNATURES = {
    "faiss_Index_search_with_params": "n, x, k, distances, labels, params=NULL",
    "faiss_Index_range_search_with_params": "n, x, radius, result, params=NULL",
    "faiss_Index_search_and_reconstruct": "n, x, k, distances, labels, recons, params=NULL",
    "faiss_Index_assign": "n, x, labels, k=1",
    "faiss_write_index_custom": "idx, io_writer, io_flags=0",
    "faiss_read_index_custom": "io_reader, io_flags=0",
    "faiss_read_index_fname": "fname, io_flags=0",
    "faiss_Clustering_train_weighted": "n, x, index, x_weights=NULL",
    "faiss_Clustering_train_encoded": "nx, x_in, codec, index, weights=NULL",
    "faiss_knn_L2sqr": "x, y, d, nx, ny, k, vals, ids, y_norms=NULL, sel=NULL",
    "faiss_knn_inner_product": "x, y, d, nx, ny, k, vals, ids, sel=NULL",
}

# C function -> Python's name
RENAMED = {
    "faiss_Index_search_with_params": "search",
    "faiss_Index_range_search_with_params": "range_search",
    "faiss_Clustering_train_weighted": "train",
    "faiss_write_index_custom": "write_index",
    "faiss_write_index_fname": "write_index",
    "faiss_read_index_custom": "read_index",
    "faiss_read_index_fname": "read_index",
    "faiss_read_VectorTransform_custom": "read_VectorTransform",
    "faiss_read_VectorTransform_fname": "read_VectorTransform",
    "faiss_write_VectorTransform_custom": "write_VectorTransform",
    "faiss_write_VectorTransform_fname": "write_VectorTransform",
    "faiss_read_InvertedLists_custom": "read_InvertedLists",
    "faiss_write_InvertedLists_custom": "write_InvertedLists",
}

# C function -> the output parameter that becomes the result, if it is not called `out`
OUTPUTS = {
    "faiss_Index_remove_ids": "n_removed",
    "faiss_kmeans_clustering": "q_error",
    "faiss_InvertedLists_add_entry": "offset",
    "faiss_InvertedLists_add_entries": "offset",
    "faiss_InvertedLists_copy_subset_to": "n_added",
}

# C functions that Python does without
HIDDEN = {
    "faiss_get_last_error",  # exceptions carry it
    "faiss_Index_search",  # search_with_params is Python's search
    "faiss_Index_range_search",
    "faiss_Clustering_train",
    "faiss_ClusteringParameters_init",  # the 48-byte struct of the C API
    "faiss_Clustering_new_with_params",
    "faiss_write_index",  # Python has no FILE *
    "faiss_read_index",
    "faiss_FileIOReader_new_with_file",
    "faiss_FileIOWriter_new_with_file",
    "faiss_MappedFileIOReader_new_with_file",
    "faiss_VectorIOReader_new_with",
}
