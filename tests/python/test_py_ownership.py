"""An object lives as long as something in C points to it."""
import ast
import gc
import os
import pathlib
import subprocess
import sys
import weakref

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


def stub_classes (faiss):
    """Every class, and what its stub says of its constructors and attributes that are objects."""
    text = pathlib.Path (faiss.swigfaiss.__file__).with_suffix (".pyi").read_text ()
    nodes = {c.name: c for c in ast.parse (text).body if isinstance (c, ast.ClassDef)}
    for name, node in nodes.items ():
        constructors = [[ast.unparse (a.annotation).removesuffix (" | None") for a in f.args.args[1:]]
                        for f in node.body if isinstance (f, ast.FunctionDef) and f.name == "__init__"]
        attributes = {a.target.id: a.annotation.id for a in node.body if isinstance (a, ast.AnnAssign)
                      and isinstance (a.annotation, ast.Name) and a.annotation.id in nodes}
        yield name, nodes, constructors, attributes


def sample (faiss, nodes, name):
    """An object of a class or a subclass, or None."""
    known = {"Index": lambda: faiss.IndexFlatL2 (24), "VectorTransform": lambda: faiss.NormalizationTransform (24),
             "InvertedLists": lambda: faiss.ArrayInvertedLists (8, 96),
             "IDSelector": lambda: faiss.IDSelectorRange (2, 8), "IOReader": faiss.VectorIOReader,
             "IOWriter": faiss.VectorIOWriter, "IndexFlat": lambda: faiss.IndexFlatL2 (24),
             "IndexIVF": lambda: faiss.index_factory (24, "IVF8,Flat"),
             "ResidualQuantizer": lambda: faiss.ResidualQuantizer (24, 2, 4),
             "AdditiveQuantizer": lambda: faiss.ResidualQuantizer (24, 2, 4)}
    if name in known:
        return known[name] ()
    try:
        return getattr (faiss, name) ()
    except (TypeError, AttributeError, RuntimeError):
        return None


def test_every_constructor_keeps_objects (faiss):
    """a = A (B ()): B lives as long as A, for all constructors with objects among their arguments."""
    tried, numbers = [], {"int": [24, 8, 2, 4, 1, 1, 1, 1, 1], "float": [1.0] * 4, "bool": [False] * 4, "Any": [len] * 4}
    for name, nodes, constructors, _ in stub_classes (faiss):
        for types in constructors:
            if not any (t in nodes for t in types):
                continue
            numbers_left = {t: [*n] for t, n in numbers.items ()}
            arguments = [sample (faiss, nodes, t) if t in nodes else
                         numbers_left[t].pop (0) if t in numbers else None for t in types]
            kept = [weakref.ref (a) for a in arguments if hasattr (a, "thisown")
                    and not isinstance (a, faiss.ClusteringParameters)]  # these are copied
            if not kept:
                continue
            try:
                made = getattr (faiss, name) (*arguments)
            except RuntimeError as error:  # the library says why it does not like these
                assert str (error), name
                continue
            del arguments
            gc.collect ()
            assert all (r () is not None for r in kept), f"{name} ({', '.join (types)})"
            tried.append (name)
            del made
    assert len (tried) > 12, tried


def test_every_attribute_keeps_objects (faiss):
    """a.b = B (): the same for all attributes that are objects."""
    tried = []
    for name, nodes, _, attributes in stub_classes (faiss):
        holder = sample (faiss, nodes, name)
        for attribute, of in attributes.items ():
            value = sample (faiss, nodes, of)
            if holder is None or value is None:
                continue
            ref = weakref.ref (value)
            owned = [f for f in ("own_fields", "own_invlists", "own_indices") if hasattr (holder, f)]
            if any (getattr (holder, f) for f in owned):
                continue
            try:
                setattr (holder, attribute, value)
            except (AttributeError, TypeError):  # read only
                continue
            del value
            gc.collect ()
            assert ref () is not None, f"{name}.{attribute}"
            tried.append (f"{name}.{attribute}")
    assert len (tried) > 30, tried


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


def test_made_by_methods (faiss, data):
    """Scanners, iterators and distance computers look at their index, and at the selector."""
    x = data[1]
    def made (text):
        index = faiss.index_factory (24, text)
        index.train (x)
        index.add (x)
        return index
    scanner = made ("IVF4,PQ4x4").get_InvertedListScanner (False, faiss.IDSelectorRange (0, 9), None)
    computers = [made ("Flat").get_distance_computer (), faiss.storage_distance_computer (made ("Flat"))]
    iterator = made ("IVF4,Flat").invlists.get_iterator (2)
    gc.collect ()
    faiss.rand (100000)
    scanner.set_query (faiss.swig_ptr (x[0]))
    scanner.set_list (1, 0.)
    assert scanner.distance_to_code (faiss.swig_ptr (np.zeros (2, "uint8"))) > 0
    for computer in computers:
        with pytest.raises (ValueError, match="set_query"):
            computer (5)
        computer.set_query (faiss.swig_ptr (x[0]))
        np.testing.assert_allclose (computer (5), ((x[0] - x[5]) ** 2).sum (), rtol=1e-4)
    while iterator.is_available ():
        id, code = iterator.get_id_and_codes ()
        np.testing.assert_array_equal (faiss.rev_swig_ptr (code, 96).view ("float32"), x[id])
        iterator.next ()
    with pytest.raises (RuntimeError, match="last"):
        iterator.get_id ()


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


def test_demo (faiss):
    """demos/07-ownership.py, as its first lines say."""
    demo = pathlib.Path (__file__).resolve ().parents[2] / "demos" / "07-ownership.py"
    path = os.path.dirname (os.path.dirname (faiss.__file__))
    result = subprocess.run ([sys.executable, demo], capture_output=True, text=True, timeout=60,
                             env={**os.environ, "PYTHONPATH": path})
    assert result.returncode == 0 and "the nearest" in result.stdout, result.stderr
