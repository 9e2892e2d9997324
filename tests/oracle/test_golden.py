"""Golden values: what the released package returned for inputs that a formula makes (golden.json),
so that they hold without an oracle. Those of parts are unit tests in C; here are whole indexes."""
import ctypes
import json
import pathlib

import numpy as np
import pytest

import cfaiss
from cfaiss import lib

FILE = pathlib.Path(__file__).resolve().parents[1] / "golden" / "indexes.json"
VECTORS = {vector["name"]: vector for vector in json.loads(FILE.read_text())}


def U(seed, *shape):
    """The inputs: SplitMix64, its upper 24 bits."""
    n = int(np.prod(shape))
    with np.errstate(over="ignore"):
        z = (np.uint64(seed * 1000003) + np.arange(1, n + 1, dtype=np.uint64)) * np.uint64(
            0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.float64) / 16777216).astype(np.float32).reshape(shape)


def outputs(name):
    return VECTORS[name]["outputs"]


def of_hex(text, dtype=np.uint8):
    return np.frombuffer(bytes.fromhex(text), dtype)


@pytest.mark.parametrize("name", ["rowwise_MinMax", "rowwise_MinMaxFP16"])
def test_rows_scaled(name):
    x, expected = U(50, 40, 6) - np.float32(0.5), outputs(name)
    index = cfaiss.index_factory(6, name.split("_")[1] + ",SQ8", cfaiss.METRIC_L2)
    index.train(x)
    codes = index.sa_encode(x[:2])
    assert codes.shape[1] == expected["code_size"]
    assert codes.tobytes().hex() == expected["codes_hex"]
    np.testing.assert_allclose(index.sa_decode(codes).ravel(), expected["decoded"], rtol=1e-5)


@pytest.mark.parametrize("kind", ["0.4g", "0.4c", "0.4m", ""])
def test_spectral_hash(kind):
    """A principal component of the other sign flips a bit in all codes: distances stay."""
    x, expected = U(72, 400, 8), outputs("spectral_" + kind)
    index = cfaiss.index_factory(8, f"IVF4,PCA4,SH{kind}", cfaiss.METRIC_L2)
    index.train(x)
    index.add(x[:40])
    index.nprobe = 4
    D, I = index.search(U(71, 2, 8), 4)
    np.testing.assert_array_equal(D.ravel(), expected["D"])
    np.testing.assert_array_equal(I.ravel(), expected["I"])


@pytest.mark.parametrize("nlist", [1, 2, 4, 256, 257])
def test_codes_of_inverted_files(nlist):
    expected = outputs(f"ivf_sa_encode_{nlist}")
    x = U(62, 40 * nlist, 2)
    index = cfaiss.index_factory(2, f"IVF{nlist},Flat", cfaiss.METRIC_L2)
    index.train(x)
    codes = index.sa_encode(x[:2])
    assert codes.shape[1] == expected["sa_code_size"]
    for code, golden in zip(codes, of_hex(expected["codes_hex"]).reshape(2, -1)):
        size = expected["coarse_code_size"]
        assert code[size:].tobytes() == golden[size:].tobytes()


@pytest.mark.parametrize("name, description, metric, nprobe", [
    ("ivfflat", "IVF8,Flat", cfaiss.METRIC_L2, 3), ("ivfsq8", "IVF4,SQ8", cfaiss.METRIC_L2, 2),
    ("ivfflat_ip", "IVF8,Flat", cfaiss.METRIC_INNER_PRODUCT, 3)])
def test_inverted_files(name, description, metric, nprobe):
    x, expected = U(63, 400, 4), outputs(name)
    index = cfaiss.index_factory(4, description, metric)
    index.train(x)
    index.add(x[:50])
    index.nprobe = nprobe
    D, I = index.search(U(64, 3, 4), 5)
    np.testing.assert_array_equal(I.ravel(), expected["I"])
    np.testing.assert_allclose(D.ravel(), expected["D"], rtol=1e-5)
    if name == "ivfsq8":
        assert index.sa_encode(x[:2]).tobytes().hex() == expected["sa_code_hex"]


def scalar_quantizer(d, qtype, x):
    """The trained values, and the codes of x."""
    out = ctypes.c_void_p()
    lib.faiss_ScalarQuantizer_new_with(ctypes.byref(out), d, qtype)
    sq = cfaiss.Object(out)
    lib.faiss_ScalarQuantizer_train(sq, len(x), x)
    trained = np.empty(lib.faiss_ScalarQuantizer_trained_size(sq), np.float32)
    lib.faiss_ScalarQuantizer_trained(sq, trained)
    codes = np.zeros((len(x), lib.faiss_ScalarQuantizer_code_size(sq)), np.uint8)
    lib.faiss_ScalarQuantizer_compute_codes(sq, x, codes, len(x))
    return trained, codes


def test_edges_of_half_floats():
    vector = VECTORS["edge_fp16_subnormal"]
    x = of_hex(vector["inputs"]["values_hex"], np.float32).reshape(-1, 1).copy()
    QT_fp16 = 4
    assert scalar_quantizer(1, QT_fp16, x)[1].tobytes().hex() == vector["outputs"]["codes_hex"]


def test_tables_of_turboquant():
    QT_4bit_tqmse, QT_1bit_eden = 13, 19
    x = np.zeros((2, 100), np.float32)
    trained, _ = scalar_quantizer(100, QT_4bit_tqmse, x)
    assert trained.tobytes().hex() == outputs("tqmse_scaling")["trained_hex"]
    for bits, text in outputs("lloyd_max_tables")["trained_hex"].items():
        trained, _ = scalar_quantizer(100, QT_1bit_eden + int(bits) - 1, x)
        assert trained.tobytes().hex() == text
