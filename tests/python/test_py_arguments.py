"""What goes in: any array of numbers; what does not is refused by an exception that says why."""
import numpy as np
import pytest


@pytest.fixture
def index (faiss, data):
    index = faiss.IndexFlatL2 (24)
    index.add (data[1])
    return index


def test_kinds_of_arrays (index, data):
    xq = np.round (data[2] * 8)
    D, I = index.search (xq, 5)
    read_only = xq.copy ()
    read_only.flags.writeable = False
    wide = np.zeros ((len (xq), 48), "float32")
    wide[:, ::2] = xq
    for other in (xq.astype ("float64"), xq.astype ("float16"), xq.astype ("int32"),
                  np.asfortranarray (xq), xq.tolist (), read_only, wide[:, ::2],
                  xq.astype (">f4")):
        before = np.array (other)
        D2, I2 = index.search (other, 5)
        np.testing.assert_array_equal (I, I2)
        np.testing.assert_array_equal (before, np.array (other))


class Tensor:
    """Like torch's with a gradient, and a negative bit, and on a GPU if it says so."""

    def __init__ (self, a, ready=False, gpu=False):
        self.a, self.ready, self.gpu = a, ready, gpu

    def detach (self):
        return Tensor (self.a, True, self.gpu)

    resolve_conj = resolve_neg = float = lambda self: self

    def is_floating_point (self):
        return True

    def __array__ (self, dtype=None, copy=None):
        if self.gpu or not self.ready:
            raise TypeError ("cannot convert memory of a GPU" if self.gpu else "use detach ()")
        return self.a


class Packed:
    """What only DLPack can read."""

    def __init__ (self, a):
        self.a = a

    def __dlpack__ (self, **options):
        return self.a.__dlpack__ (**options)

    def __dlpack_device__ (self):
        return self.a.__dlpack_device__ ()


class Nullable:
    """Like pandas' frames and columns of types that may lack values."""

    def __init__ (self, a, lacking=False):
        self.a, self.lacking = a, lacking
        a_type = type ("Type", (), {"numpy_dtype": a.dtype}) ()
        self.dtype, self.dtypes = a_type, [a_type] * a.shape[-1] if a.ndim == 2 else a_type

    def __array__ (self, dtype=None, copy=None):
        return self.a.astype (object)

    def to_numpy (self, dtype):
        if self.lacking:
            raise TypeError ("float () of what is missing")
        return self.a.astype (dtype)


@pytest.mark.parametrize ("kind", [Tensor, Packed, Nullable])
def test_other_libraries (faiss, index, data, kind):
    """tests/clients has the libraries themselves."""
    D, I = index.search (data[2], 5)
    D2, I2 = index.search (kind (data[2]), 5)
    np.testing.assert_array_equal (I, I2)
    np.testing.assert_array_equal (D, D2)
    assert (faiss.knn (kind (data[2]), kind (data[1]), 5)[1] == I).all ()
    if kind is not Tensor:
        with_ids = faiss.IndexIDMap2 (faiss.IndexFlatL2 (24))
        ids = np.arange (len (data[1])) + 2**60
        with_ids.add_with_ids (kind (data[1]), kind (ids))
        assert (with_ids.search (data[2], 5)[1] == I + 2**60).all ()
        assert with_ids.remove_ids (kind (ids[:7])) == 7


def test_other_libraries_refused (faiss, index, data):
    for bad, word in (Tensor (data[2], gpu=True), "GPU"), (Nullable (data[2], True), "missing"):
        with pytest.raises (faiss.ArgumentError, match=f"^x: .*{word}"):
            index.search (bad, 5)
    with pytest.raises (faiss.ArgumentError, match="got Nullable"):
        faiss.normalize_L2 (Nullable (data[2]))


@pytest.mark.parametrize ("call, words", [
    (lambda i, x: i.search (x[:, :23], 5), ["x", "24", "23"]),
    (lambda i, x: i.search (x[0], 5), ["x", "(n, 24)", "(24,)"]),
    (lambda i, x: i.search (x, 0), ["k", "0"]),
    (lambda i, x: i.search (x.astype (str), 5), ["x", "dtype"]),
    (lambda i, x: i.search (x, 5, D=np.zeros ((37, 4), "float32")), ["D", "(37, 5)", "(37, 4)"]),
    (lambda i, x: i.search (x, 5, D=np.zeros ((37, 5))), ["D", "float32", "float64"]),
    (lambda i, x: i.add (None), ["x"]),
    (lambda i, x: i.add_with_ids (x, np.arange (5)), ["ids", "(37,)", "(5,)"]),
    (lambda i, x: i.add_with_ids (x, np.zeros (37)), ["ids", "integers", "float64"]),
    (lambda i, x: i.remove_ids (np.zeros ((2, 2), int)), ["x", "(2, 2)"]),
    (lambda i, x: i.sa_decode (x), ["codes"]),
    (lambda i, x: i.train (x, numeric_type=2), ["numeric_type"]),
])
def test_refused (faiss, index, data, call, words):
    with pytest.raises (ValueError) as error:
        call (index, data[2])
    assert isinstance (error.value, AssertionError) and isinstance (error.value, faiss.ArgumentError)
    for word in words:
        assert word in str (error.value)
    assert index.ntotal == 1000


def test_library_errors (faiss, index, data):
    with pytest.raises (RuntimeError, match="not trained|train"):
        faiss.index_factory (24, "IVF16,Flat").add (data[1])
    with pytest.raises (RuntimeError):
        faiss.index_factory (24, "Nonsense")
    with pytest.raises (RuntimeError):
        faiss.deserialize_index (np.frombuffer (b"IxF2 but no more", "uint8"))
    with pytest.raises (ValueError, match="NUL"):
        faiss.index_factory (24, "Fl\0at")
    with pytest.raises (TypeError):
        faiss.SearchParametersIVF (nprobes=3)
    with pytest.raises (AttributeError):
        faiss.Index ()
    with pytest.raises (TypeError):
        faiss.IndexFlatL2 ("24")
    with pytest.raises ((OverflowError, TypeError, RuntimeError)):
        faiss.IndexFlatL2 (-3)


def test_empty (faiss, index):
    D, I = index.search (np.zeros ((0, 24), "float32"), 5)
    assert D.shape == (0, 5)
    index.add (np.zeros ((0, 24), "float32"))
    D, I = faiss.IndexFlatL2 (24).search (np.zeros ((2, 24)), 5)
    assert (I == -1).all ()
    D, I = index.search (np.full ((1, 24), np.nan, "float32"), 5)
    assert I.shape == (1, 5)
