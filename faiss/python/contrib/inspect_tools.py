"""A look into indexes: the contents of inverted lists, matrices, codes, as arrays."""

import faiss
import numpy as np

from faiss.blocks import copied


def get_invlist (invlists, l):
    """The ids and the codes of inverted list l, shapes (n,) and (n, code_size)."""
    invlists = faiss.downcast_InvertedLists (invlists)
    n, size = invlists.list_size (l), invlists.code_size
    ids, codes = invlists.get_ids (l), invlists.get_codes (l)
    try:
        list_ids = copied (faiss.rev_swig_ptr (ids, n)) if n else np.zeros (0, "int64")
        list_codes = copied (faiss.rev_swig_ptr (codes, n * size)) if n else np.zeros (0, "uint8")
    finally:
        invlists.release_ids (l, ids)
        invlists.release_codes (l, codes)
    return list_ids, list_codes.reshape (n, size)


def get_invlist_sizes (invlists):
    """The sizes of all lists."""
    return np.array ([invlists.list_size (i) for i in range (invlists.nlist)], dtype="int64")


def print_object_fields (obj):
    """Print the fields of an object and their values."""
    for name in sorted (dir (type (obj))):
        if isinstance (getattr (type (obj), name), property) and name != "thisown":
            print (name, "=", getattr (obj, name))


def get_pq_centroids (pq):
    """The centroids of a product quantizer, shape (M, ksub, dsub)."""
    return faiss.vector_to_array (pq.centroids).reshape (pq.M, pq.ksub, pq.dsub)


def get_LinearTransform_matrix (pca):
    """The matrix, shape (d_out, d_in), and the bias, shape (d_out,), of a linear transform."""
    A = faiss.vector_to_array (pca.A).reshape (pca.d_out, pca.d_in)
    return A, faiss.vector_to_array (pca.b)


def make_LinearTransform_matrix (A, b=None):
    """A linear transform x -> A x + b."""
    d_out, d_in = A.shape
    lt = faiss.LinearTransform (d_in, d_out, b is not None)
    faiss.copy_array_to_vector (np.ascontiguousarray (A, dtype="float32").ravel (), lt.A)
    if b is not None:
        assert b.shape == (d_out,), f"b: expected shape ({d_out},), got {b.shape}"
        faiss.copy_array_to_vector (np.ascontiguousarray (b, dtype="float32"), lt.b)
    lt.is_trained = True
    lt.set_is_orthonormal ()
    return lt


def get_additive_quantizer_codebooks (aq):
    """The codebooks of an additive quantizer, a list of matrices (K, d)."""
    codebooks = faiss.vector_to_array (aq.codebooks).reshape (-1, aq.d)
    offsets = faiss.vector_to_array (aq.codebook_offsets).astype ("int64")
    return [codebooks[begin:end] for begin, end in zip (offsets, offsets[1:])]


def get_flat_data (index):
    """A copy of the vectors of an IndexFlat."""
    return faiss.vector_to_array (index.codes).view ("float32").reshape (index.ntotal, index.d)


def get_flat_codes (index_flat):
    """A copy of the codes of an index of flat codes, shape (ntotal, code_size)."""
    return faiss.vector_to_array (index_flat.codes).reshape (index_flat.ntotal,
                                                             index_flat.code_size)


def get_NSG_neighbors (nsg):
    """The neighbours of all nodes of an NSG, shape (ntotal, K), -1 for none."""
    graph = nsg.get_final_graph ()
    data = faiss.rev_swig_ptr (graph.data, graph.N * graph.K)
    return copied (data.reshape (graph.N, graph.K))
