"""index_factory: the same descriptions as the oracle's, for the same indexes, byte for byte."""
import ctypes

import numpy as np
import pytest

import cfaiss
from cfaiss import lib

D = 16
METRICS = {"L2": cfaiss.METRIC_L2, "IP": cfaiss.METRIC_INNER_PRODUCT}

DESCRIPTIONS = """
Flat
L2norm,Flat
L2Norm,IDMap,Flat
L2norm,L2norm,Flat
L2norm,Flat,IDMap
IDMap,Flat
IDMap2,Flat
Flat,IDMap
Flat,IDMap2
IDMap2,IDMap,Flat
IDMap,Flat,IDMap2
IDMap,L2norm,Flat
Flat,RFlat
Flat,RFlat,RFlat
Flat,Refine(Flat)
Flat,Refine(Flat,RFlat)
Flat,Refine(Flat),Refine(Flat)
IVF4(Flat,Refine(Flat)),Flat
Flat,Refine(Flat),IDMap
IVF4,Flat
IVF04,Flat
IVF4,FlatDedup
IVF1k,Flat
IVF1M,Flat
IVF4(Flat),Flat
IVF4(IVF2,Flat),Flat
IVF4(IVF2(Flat),Flat),FlatDedup
IVF4(L2norm,Flat),Flat
IVF4(IDMap,Flat),Flat
IVF4(Flat,IDMap),Flat
IVF4(Flat,RFlat),Flat
IVF4,Flat,RFlat
IVF4,Flat,Refine(Flat)
IVF4,Flat,Refine(L2norm,Flat)
IVF4(Flat),Flat,Refine(IVF4(Flat),Flat)
IDMap,IVF4,Flat,RFlat
L2norm,IVF4,Flat,RFlat,IDMap2
PQ4
PQ4np
PQ4x4np
PQ2x12np
IDMap,PQ8x5
PQ4x4np,RFlat
IMI2x3,Flat
IMI2x3,FlatDedup
""".split()

REFUSED = ["", " Flat", "flat", "Flat ", "Flat,", "L2norm", "L2norm,", "IVF4", "IVF4,", "IVF,Flat",
           "IVF4,Foo", "IVF4,Flat,", "IVF4(Flat,Flat", "IVF4(Flat),Flat)", "IVF4(Flat)(Flat),Flat",
           "(Flat)", "IVF99999999999,Flat", "IVF9999999999999999999999,Flat", "IVF4G,Flat",
           "Foo,Flat", "IDMap3,Flat", "Flat,Refine()", "Flat,Refine(Foo)", "IDMap,", ",IDMap"]

ORACLE = """
    try:
        return faiss.serialize_index(faiss.index_factory(d, description, metric))
    except RuntimeError:
        return None
"""


def serialized(index):
    writer = cfaiss.new("VectorIOWriter_new")
    lib.faiss_write_index_custom(index, writer, 0)

    class Writer(ctypes.Structure):
        _fields_ = [("cls", ctypes.c_void_p), ("name", ctypes.c_void_p),
                    ("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]

    content = ctypes.cast(writer.address, ctypes.POINTER(Writer)).contents
    return np.frombuffer(ctypes.string_at(content.data, content.size), np.uint8)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_same_index(oracle, description, metric):
    theirs = oracle(ORACLE, d=D, description=description, metric=METRICS[metric])
    if theirs is None:
        with pytest.raises(cfaiss.Error):
            cfaiss.index_factory(D, description, METRICS[metric])
        return
    mine = serialized(cfaiss.index_factory(D, description, METRICS[metric]))
    np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("description", REFUSED)
def test_refused(oracle, description):
    with pytest.raises(cfaiss.Error) as caught:
        cfaiss.index_factory(D, description)
    assert caught.value.code == -2
    assert "index_factory" in str(caught.value)
    if "99999" not in description:  # no exception that the oracle's module could report
        assert oracle(ORACLE, d=D, description=description, metric=1) is None


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_described(description):
    """reverse_index_factory says nothing, or what makes the same index."""
    index = cfaiss.index_factory(D, description)
    text = cfaiss.reverse_index_factory(index)
    if text:
        again = serialized(cfaiss.index_factory(D, text))
        # "RFlat" may come back as "Refine(Flat)": another class, the same file
        np.testing.assert_array_equal(again, serialized(index))


@pytest.mark.parametrize("description", ["Flat", "IVF4,Flat", "IDMap2,Flat", "IDMap,IVF4,Flat"])
def test_described_as_made(description):
    assert cfaiss.reverse_index_factory(cfaiss.index_factory(D, description)) == description


@pytest.mark.parametrize("description", ["Flat,Refine(Flat,Refine(Flat))",
                                         "Flat,Refine(L2norm,Flat,Refine(Flat)),IDMap"])
def test_more_than_the_oracle(description):
    """It splits at the last ",Refine(", even where that belongs to an inner description."""
    assert cfaiss.index_factory(D, description).ntotal == 0
