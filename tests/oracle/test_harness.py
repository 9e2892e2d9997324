"""The harness itself: arrays go to the oracle and come back, errors arrive as exceptions."""
import numpy as np
import pytest

import cfaiss


def test_oracle_is_the_version_that_we_rebuild(oracle):
    assert oracle("return faiss.__version__").startswith("1.15.1")


def test_arrays_come_back_as_they_went(oracle, rng):
    arrays = {"a": rng.random((3, 5), np.float32), "b": np.arange(7), "c": np.zeros((0, 4), "u1")}
    back = oracle("return {'a': a, 'b': b, 'c': c}", **arrays)
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)


def test_an_exception_of_the_oracle_is_raised_here(oracle):
    with pytest.raises(Exception, match="ZeroDivisionError"):
        oracle("return 1 / 0")
    assert oracle("return 1") == 1


def test_version_of_the_library():
    assert cfaiss.lib.faiss_get_version() == b"1.15.1"


def test_a_status_becomes_an_exception_with_the_message():
    with pytest.raises(cfaiss.Error, match="is NULL") as caught:
        cfaiss.lib.faiss_Index_reset(None)
    assert caught.value.code == -2
