"""Arguments of wrong types: upstream's kinds of exceptions, with names, expected and given in words."""
import numpy as np
import pytest

WRONG = [
    ("faiss.IndexFlatL2 ('5')", TypeError, "IndexFlatL2: d: expected an integer, got '5' of type str"),
    ("faiss.IndexFlatL2 (5.5)", TypeError, "IndexFlatL2: d: expected an integer, got 5.5 of type float"),
    ("faiss.IndexFlatL2 (None)", TypeError, "IndexFlatL2: d: expected an integer, got None"),
    ("faiss.IndexFlatL2 (1, 2, 3)", TypeError, "IndexFlatL2: expected 0 or 1 arguments, got 3; it takes () or (d)"),
    ("faiss.IndexFlatL2 (2**70)", TypeError, "IndexFlatL2: d: expected an integer from -9223372036854775808 to "
     "9223372036854775807, got 1180591620717411303424 of type int"),
    ("faiss.IndexIVFFlat (5, 5, 5)", TypeError, "IndexIVFFlat: quantizer: expected an Index, got 5 of type int"),
    ("faiss.IndexIVFFlat (faiss.IndexFlatL2 (5), 5, 'x')", TypeError,
     "IndexIVFFlat: nlist: expected an integer, got 'x' of type str"),
    ("faiss.IndexIVFFlat (faiss.IDSelectorAll (), 5, 5)", TypeError,
     "IndexIVFFlat: quantizer: expected an Index, got an IDSelectorAll"),
    ("setattr (ivf, 'nprobe', -1)", OverflowError,
     "IndexIVFFlat.nprobe: expected an integer from 0 to 18446744073709551615, got -1 of type int"),
    ("setattr (ivf, 'nprobe', '3')", TypeError, "IndexIVFFlat.nprobe: expected an integer, got '3' of type str"),
    ("setattr (ivf, 'verbose', 1)", TypeError, "IndexIVFFlat.verbose: expected True or False, got 1 of type int"),
    ("setattr (ivf, 'quantizer', xq)", TypeError,
     "IndexIVFFlat.quantizer: expected an Index, got an array of float32, shape (37, 24)"),
    ("setattr (index, 'd', 2**40)", OverflowError,
     "IndexFlatL2.d: expected an integer from -2147483648 to 2147483647, got 1099511627776 of type int"),
    ("setattr (index, 'metric_arg', [])", TypeError, "IndexFlatL2.metric_arg: expected a number, got [] of type list"),
    ("setattr (index, 'metric_type', 'L2')", TypeError,
     "IndexFlatL2.metric_type: expected an integer, a constant of MetricType, got 'L2' of type str"),
    ("setattr (ivf, 'nprob', 3)", AttributeError, "'IndexIVFFlat' object has no attribute 'nprob'"),
    ("index.search (xq, k='2')", TypeError, "k: expected an integer, got '2' of type str"),
    ("index.search (xq, 2.5)", TypeError, "k: expected an integer, got 2.5 of type float"),
    ("index.search (xq, 2, params={})", TypeError,
     "IndexFlatL2.search: params: expected a SearchParameters or None, got {} of type dict"),
    ("index.search (xq)", TypeError, "Index.search() missing 1 required positional argument: 'k'"),
    ("index.search_c (1, xq, 2, None, None)", TypeError, "IndexFlatL2.search: x: expected a pointer to float (swig_ptr "
     "makes one of an array), got an array of float32, shape (37, 24)"),
    ("index.search_c (1, faiss.swig_ptr (np.zeros (24)), 2, None, None)", TypeError, "IndexFlatL2.search: x: expected a "
     "pointer to float (swig_ptr makes one of an array), got a pointer to double"),
    ("index.range_search (xq, 'near')", ValueError, "thresh: expected a number, got 'near' of type str"),
    ("index.reconstruct (0.5)", TypeError, "key: expected an integer, got 0.5 of type float"),
    ("faiss.IndexFlatL2.reconstruct_c (3, 4, None)", TypeError, "Index.reconstruct: self: expected an Index, got 3 of "
     "type int"),
    ("faiss.SearchParametersIVF (nprobe='a')", TypeError,
     "SearchParametersIVF.nprobe: expected an integer, got 'a' of type str"),
    ("faiss.read_index (3)", TypeError,
     "read_index: fname: expected a text, or reader: expected an IOReader, got 3 of type int"),
    ("faiss.index_factory (24, 'Flat', 'L2')", TypeError,
     "index_factory: metric: expected an integer, a constant of MetricType, got 'L2' of type str"),
    ("faiss.clone_index (None)", ValueError, "arg1: expected an Index, got None"),
    ("faiss.Kmeans ('8', 3)", TypeError, "d: expected an integer, got '8' of type str"),
    ("faiss.Kmeans (8, 3, niter='2')", TypeError, "ClusteringParameters.niter: expected an integer, got '2' of type str"),
    ("faiss.knn (xq, xq, None)", TypeError, "k: expected an integer, got None"),
    ("faiss.omp_set_num_threads ('a')", TypeError, "omp_set_num_threads: num_threads: expected an integer, got 'a' of "
     "type str"),
    ("faiss.fvec_L2sqr (1, 2, 3)", TypeError,
     "fvec_L2sqr: x: expected a pointer to float (swig_ptr makes one of an array), got 1 of type int"),
    ("faiss.IndexFlatL2.add_c (faiss.IndexFlatL2.__new__ (faiss.IndexFlatL2), 1, None)", TypeError,
     "IndexFlatL2.add: self: expected an Index, got an IndexFlatL2 whose constructor was not called"),
]


@pytest.fixture (scope="module")
def names (faiss, data):
    index = faiss.IndexFlatL2 (24)
    ivf = faiss.index_factory (24, "IVF8,Flat")
    ivf.train (data[0])
    for i in (index, ivf):
        i.add (data[1])
    return {"faiss": faiss, "np": np, "xq": data[2], "index": index, "ivf": ivf}


@pytest.mark.parametrize ("code, kind, message", WRONG)
def test_message (names, code, kind, message):
    with pytest.raises (kind) as error:
        eval (code, names)
    assert str (error.value) == message


def test_all_functions (faiss):
    """Each argument has its name in the refusal."""
    from faiss.parameters import PARAMETERS
    from faiss.wrong_arguments import explain, forms_of
    for name in PARAMETERS:
        for form in forms_of (name):
            for i, (_, c_type, _) in enumerate (form):
                if not c_type:  # of a function that checks by itself
                    continue
                text = f"in method '{name}', argument {i + 1} of type '{c_type}'"
                said = explain (text, (*[None] * i, faiss), TypeError (text))
                names = {f[i][0] for f in forms_of (name) if len (f) > i}
                assert any (f": {n}: expected " in said for n in names) and "got <module 'faiss'" in said


@pytest.mark.parametrize ("kind", ["int8", "int32", "int64", "uint8", "uint64"])
def test_numpys_integers (faiss, data, kind):
    """They are as good as Python's, everywhere."""
    number = np.dtype (kind).type
    index = faiss.index_factory (number (24), "IVF4,Flat")
    assert faiss.IndexIVFFlat (faiss.IndexFlatL2 (number (24)), number (24), number (4)).nlist == 4
    index.train (data[0])
    index.nprobe = number (3)
    index.add (data[1])
    D, I = index.search (data[2], number (5))
    D_py, I_py = index.search (data[2], 5, params=faiss.SearchParametersIVF (nprobe=number (3)))
    assert (I == I_py).all () and (D == D_py).all () and index.nprobe == 3
    assert faiss.IDSelectorRange (number (1), number (4)).is_member (number (3))


def test_numpys_others (faiss):
    index = faiss.IndexFlatL2 (3)
    index.metric_arg = np.float32 (.5)
    index.verbose = np.bool_ (True)
    assert index.metric_arg == .5 and index.verbose is True
    for value in (np.array ([1.5]), np.array ([1]), "1"):
        with pytest.raises (TypeError):
            index.metric_arg = value
    for value in (np.array ([3]), np.float32 (3)):
        with pytest.raises (TypeError):
            index.ntotal = value
    assert index.ntotal == 0 and index.metric_arg == .5


def test_same_kinds_as_upstream (oracle, names):
    """What upstream refuses by a TypeError or an OverflowError ours refuses by the same."""
    codes = [code for code, *_ in WRONG if not any (name in code for name in ("xq", "ivf", "swig_ptr"))]
    kinds = oracle ('''
        names = {"faiss": faiss, "np": np, "index": faiss.IndexFlatL2 (24)}
        kinds = []
        for code in codes:
            try:
                eval (code, names)
                kinds.append ("none")
            except Exception as error:
                kinds.append (type (error).__name__)
        return kinds
    ''', codes=codes)
    assert kinds.count ("TypeError") > 10
    for code, kind in zip (codes, kinds):
        if kind in ("TypeError", "OverflowError"):
            with pytest.raises (TypeError if kind == "TypeError" else OverflowError):
                eval (code, names)
