"""An object lives as long as something in C points to it."""
import gc
import inspect

import numpy as np
import pytest


def used (faiss, index, x):
    gc.collect ()
    faiss.rand (100000)  # memory that was freed is in use again
    index.train (x)
    if isinstance (index, faiss.IndexIDMap):
        index.add_with_ids (x, np.arange (len (x)))
    else:
        index.add (x)
    index.search (x, 3)


def test_constructors (faiss, data):
    x = data[1]
    for make in (lambda: faiss.IndexIVFFlat (faiss.IndexFlatL2 (24), 24, 8),
                 lambda: faiss.IndexIVFFlatDedup (faiss.IndexFlatL2 (24), 24, 8),
                 lambda: faiss.IndexIDMap (faiss.IndexFlatL2 (24)),
                 lambda: faiss.IndexIDMap2 (faiss.IndexFlatL2 (24)),
                 lambda: faiss.IndexPreTransform (faiss.IndexFlatL2 (24)),
                 lambda: faiss.IndexPreTransform (faiss.NormalizationTransform (24),
                                                  faiss.IndexFlatL2 (24)),
                 lambda: faiss.IndexRefine (faiss.IndexFlatL2 (24), faiss.IndexFlatL2 (24)),
                 lambda: faiss.IndexRefineFlat (faiss.IndexFlatL2 (24))):
        used (faiss, make (), x)


def test_every_constructor_keeps_objects (faiss):
    """All constructors, found by their names for parameters, that take an index."""
    tried = 0
    for name, the_class in inspect.getmembers (faiss, inspect.isclass):
        if not issubclass (the_class, faiss.Index) or name == "Index":
            continue
        part = faiss.IndexFlatL2 (24)
        for arguments in ((part,), (part, 24, 4)):
            try:
                index = the_class (*arguments)
            except (TypeError, AttributeError, RuntimeError):
                continue
            assert any (kept is part for kept in index.referenced_objects), name
            tried += 1
    assert tried > 5


def test_attributes (faiss, data):
    x = data[1]
    index = faiss.IndexIVFFlat (faiss.IndexFlatL2 (24), 24, 8)
    index.quantizer = faiss.IndexFlatL2 (24)
    index.clustering_index = faiss.IndexFlatL2 (24)
    used (faiss, index, x)
    index = faiss.IndexIDMap ()
    index.index = faiss.IndexFlatL2 (24)
    params = faiss.SearchParametersIVF ()
    params.sel = faiss.IDSelectorBatch ([1, 2, 3])
    gc.collect ()
    assert params.sel.is_member (2)
    inner = faiss.SearchParametersPreTransform (index_params=params)
    del params
    gc.collect ()
    assert faiss.downcast_index (index.index).d == 24
    assert inner.index_params.sel.is_member (3)


def test_attribute_of_a_view (faiss, data):
    """ivf is Python's view of a part; it goes, what it was given stays."""
    index = faiss.index_factory (24, "L2norm,IVF8,Flat")
    ivf = faiss.extract_index_ivf (index)
    ivf.own_fields = False
    ivf.quantizer.this.own ()
    old = ivf.quantizer
    ivf.quantizer = faiss.IndexFlatL2 (24)
    del ivf
    used (faiss, index, data[1])
    del old


def test_views (faiss, data):
    """What is part of an object keeps it."""
    def made ():
        index = faiss.index_factory (24, "L2norm,IVF8,Flat")
        index.train (data[1])
        index.add (data[1])
        return index
    ivf = faiss.extract_index_ivf (made ())
    quantizer, chain, cp = ivf.quantizer, made ().chain, faiss.extract_index_ivf (made ()).cp
    transform, ids = made ().chain.at (0), faiss.downcast_InvertedLists (ivf.invlists)
    codes = faiss.downcast_index (quantizer).codes
    del ivf, quantizer
    gc.collect ()
    faiss.rand (100000)
    assert codes.size () == 8 * 96 and chain.size () == 1 and cp.niter == 10
    assert transform.apply (data[1]).shape == data[1].shape and ids.nlist == 8
    space = faiss.ParameterSpace ()
    r = space.add_range ("x")
    del space
    gc.collect ()
    assert r.name == "x"


def test_methods (faiss, data):
    index = faiss.IndexPreTransform (faiss.IndexFlatL2 (24))
    index.prepend_transform (faiss.NormalizationTransform (24))
    used (faiss, index, data[1])
    index = faiss.IndexIVFFlat (faiss.IndexFlatL2 (24), 24, 8)
    index.replace_invlists (faiss.ArrayInvertedLists (8, index.code_size))
    used (faiss, index, data[1])
    index = faiss.IndexIVFFlat (faiss.IndexFlatL2 (24), 24, 8)
    lists = faiss.ArrayInvertedLists (8, index.code_size)
    index.replace_invlists (lists, True)
    assert not lists.thisown
    del index
    gc.collect ()
    assert lists.nlist == 8


def test_no_lists (faiss):
    index = faiss.index_factory (24, "IVF8,Flat", faiss.METRIC_L2, False)
    assert index.invlists is None


def test_arrays_of_selectors (faiss):
    sel = faiss.IDSelectorArray (np.arange (5, 1000))
    gc.collect ()
    np.random.rand (1000)
    assert not sel.is_member (4) and sel.is_member (999)


@pytest.mark.parametrize ("name", ["ClusteringIterationStats", "OperatingPoint", "IndexIVFStats"])
def test_values (faiss, name, capfd):
    value = getattr (faiss, name) ()
    del value
    gc.collect ()
    assert capfd.readouterr () == ("", "")
