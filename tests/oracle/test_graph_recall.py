"""Recall of graph indexes over data of the world: floors, and what removals leave."""
import gzip
from pathlib import Path

import numpy as np
import pytest

import cfaiss
from cfaiss import lib

N, NQ, K = 4000, 1000, 10


def glove():
    path = Path(__file__).resolve().parents[2] / "../shared/data/glove-100.f16.npy"
    for at in (path, Path("/work/shared/data/glove-100.f16.npy")):
        if at.exists():
            rows = np.load(at, mmap_mode="r")
            rows = np.array(rows[:: len(rows) // (N + NQ)][: N + NQ], np.float32)
            return rows / np.linalg.norm(rows, axis=1, keepdims=True)
    pytest.skip("GloVe is not there")


def fashion():
    path = Path("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")
    if not path.exists():
        pytest.skip("Fashion-MNIST is not there")
    pixels = gzip.open(path).read((N + NQ) * 784 + 16)
    return np.frombuffer(pixels, np.uint8, offset=16).reshape(-1, 784).astype(np.float32)


@pytest.fixture(scope="module", params=[glove, fashion])
def data(request):
    rows = request.param()
    rows = np.random.default_rng(0).permutation(rows)  # GloVe: frequent words come first
    return request.param.__name__, rows[:N], rows[N:]


def recall(index, x, q):
    flat = cfaiss.index_factory(x.shape[1], "Flat")
    flat.add(x)
    truth, found = flat.search(q, K)[1], index.search(q, K)[1]
    return np.mean([len(np.intersect1d(a, b)) for a, b in zip(truth, found)]) / K


def build(factory, x, search, effort):
    index = cfaiss.index_factory(x.shape[1], factory)
    set_parameter(index, search, effort)
    index.add(x)
    return index


def set_parameter(index, name, value):
    lib.faiss_ParameterSpace_set_index_parameter(cfaiss.new("ParameterSpace_new"), index, name,
                                                 float(value))


# Measured. Other kernels round otherwise, so that graphs are a little different.
FLOORS = {
    ("glove", "HNSW16"): 0.945,
    ("glove", "NSG16"): 0.955,
    ("fashion", "HNSW16"): 0.997,
    ("fashion", "NSG16"): 0.999,
}


@pytest.mark.parametrize("factory, search, effort", [("HNSW16", "efSearch", 64),
                                                     ("NSG16", "search_L", 64)])
def test_recall_has_a_floor(data, factory, search, effort):
    name, x, q = data
    assert recall(build(factory, x, search, effort), x, q) >= FLOORS[name, factory] - 0.005


def test_recall_survives_renewals(data):
    """Half of the vectors go and come back: within half a point of a fresh build, at the
    default efConstruction, and when it is done again."""
    _, x, q = data
    rng = np.random.default_rng(1)
    index = build("HNSW16", x, "efSearch", 16)
    lost = []
    for _ in range(3):
        gone = rng.random(N) < 0.5
        bitmap = np.packbits(gone, bitorder="little")
        lib.faiss_Index_remove_ids(index, cfaiss.new("IDSelectorBitmap_new", len(bitmap), bitmap),
                                   None)
        index.add(x[gone])
        x = np.concatenate([x[~gone], x[gone]])
        fresh = build("HNSW16", x, "efSearch", 16)
        for ef in (16, 32, 64, 128):
            set_parameter(fresh, "efSearch", ef)
            set_parameter(index, "efSearch", ef)
            lost.append(recall(fresh, x, q) - recall(index, x, q))
    assert np.mean(lost) <= 0.005, lost
