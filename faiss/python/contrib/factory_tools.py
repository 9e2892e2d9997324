"""About the strings that index_factory takes."""

import faiss


def _size_of (index):
    """Bytes per vector that an index stores, ids aside."""
    index = faiss.downcast_index (index)
    if isinstance (index, faiss.IndexRefine):
        return _size_of (index.base_index) + _size_of (index.refine_index)
    if isinstance (index, (faiss.IndexPreTransform, faiss.IndexIDMap)):
        return _size_of (index.index)
    if hasattr (index, "hnsw"):
        return _size_of (index.storage) + 2 * 4 * get_hnsw_M (index)
    return index.code_size


def get_code_size (d, indexkey):
    """Bytes per vector of an index made from a string for vectors of dimension d."""
    return _size_of (faiss.index_factory (d, indexkey))


def get_hnsw_M (index):
    """Half of the number of neighbours in the lowest layer of an HNSW graph."""
    return index.hnsw.cum_nneighbor_per_level.at (1) // 2


def reverse_index_factory (index):
    """The string that makes such an index."""
    text = faiss.swigfaiss.reverse_index_factory (faiss.downcast_index (index))
    if not text:
        raise NotImplementedError (f"no factory string makes a {type (index).__name__}")
    return text
