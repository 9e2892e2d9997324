"""The faiss command: every subcommand against exact results in numpy, and what it refuses."""
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess

import numpy as np
import pytest

from command import COMMAND, ROOT, faiss, nearest, read_ivecs, vectors, write_idx, write_vecs  # noqa: F401

HERE = pathlib.Path(__file__).resolve().parent
COMMANDS = ["build", "add", "search", "info", "eval", "tune", "truth", "kmeans"]


@pytest.fixture
def data(tmp_path):
    """base.npy and queries.npy in the folder where the command runs."""
    base, queries = vectors(600, 12), vectors(20, 12, seed=1)
    np.save(tmp_path / "base.npy", base)
    np.save(tmp_path / "queries.npy", queries)
    return base, queries


def check_results(path, base, queries, k, metric="l2"):
    found = np.load(path)
    distances, ids = nearest(base, queries, k, metric)
    assert (found["labels"] == ids).all()
    assert found["distances"].dtype == np.float32 and found["labels"].dtype == np.int64
    np.testing.assert_allclose(found["distances"], distances, rtol=1e-4, atol=1e-4)


# ---- build, search, add, info ----

@pytest.mark.parametrize("metric", ["l2", "ip", "cosine"])
def test_flat_is_exact(faiss, data, tmp_path, metric):
    faiss("build", "base.npy", "-f", "Flat", "-m", metric, "-o", "a.index")
    faiss("search", "a.index", "queries.npy", "-k", 7, "-o", "r.npz")
    check_results(tmp_path / "r.npz", *data, 7, metric)
    assert faiss.json("info", "a.index")["metric"] == metric


@pytest.mark.parametrize("metric", ["l2", "ip", "cosine"])
def test_ivf_with_all_lists_is_exact(faiss, data, tmp_path, metric):
    faiss("build", "base.npy", "-f", "IVF8,Flat", "-m", metric, "-o", "a.index")
    faiss("search", "a.index", "queries.npy", "-k", 7, "-p", "nprobe=8", "-o", "r.npz")
    check_results(tmp_path / "r.npz", *data, 7, metric)


@pytest.mark.parametrize("factory", ["IDMap,Flat", "IVF4,Flat,RFlat", "IDMap2,IVF4,Flat"])
def test_cosine_of_wrapped_indexes(faiss, tmp_path, factory):
    base = vectors(300, 8) * np.linspace(0.1, 10, 300, dtype="f4")[:, None]
    np.save(tmp_path / "base.npy", base)
    faiss("build", "base.npy", "-f", factory, "-m", "cosine", "-o", "a.index")
    parameters = ["-p", "nprobe=4"] if "IVF" in factory else []
    faiss("search", "a.index", "base.npy", "-k", 5, "-o", "r.npz", *parameters)
    check_results(tmp_path / "r.npz", base, base, 5, "cosine")


@pytest.mark.parametrize("factory", ["Flat", "IVF8,Flat", "IDMap,Flat"])
def test_adding_is_as_building_at_once(faiss, data, tmp_path, factory):
    base, queries = data
    np.save(tmp_path / "first.npy", base[:400])
    np.save(tmp_path / "rest.npy", base[400:])
    faiss("build", "first.npy", "-f", factory, "-m", "cosine", "-o", "a.index", "-p",
          "nprobe=8") if "IVF" in factory else faiss(
        "build", "first.npy", "-f", factory, "-m", "cosine", "-o", "a.index")
    before = (tmp_path / "a.index").read_bytes()
    assert faiss.json("add", "a.index", "rest.npy", "-o", "b.index")["ntotal"] == 600
    assert (tmp_path / "a.index").read_bytes() == before
    faiss("add", "a.index", "rest.npy")
    assert (tmp_path / "a.index").read_bytes() == (tmp_path / "b.index").read_bytes()
    faiss("search", "b.index", "queries.npy", "-k", 4, "-o", "r.npz")
    check_results(tmp_path / "r.npz", base, queries, 4, "cosine")


def test_ids_of_the_users_choice(faiss, data, tmp_path):
    base, queries = data
    ids = np.arange(600) * 10 + 5
    np.save(tmp_path / "ids.npy", ids)
    write_vecs(tmp_path / "ids.ivecs", ids[:, None].astype("i4"))
    for name in "ids.npy", "ids.ivecs":
        faiss("build", "base.npy", "-f", "IDMap,Flat", "--ids", name, "-o", "a.index")
        faiss("search", "a.index", "queries.npy", "-k", 3, "-o", "r.npz")
        assert (np.load(tmp_path / "r.npz")["labels"] == nearest(base, queries, 3)[1] * 10 + 5).all()
    faiss("build", "base.npy", "-f", "IVF4,Flat", "-i", "ids.npy", "-o", "a.index")
    np.save(tmp_path / "few.npy", ids[:5])
    assert "5 ids for the 600 vectors" in faiss.fails(
        "build", "base.npy", "-f", "IDMap,Flat", "--ids", "few.npy", "-o", "x.index")
    assert "floating-point" in faiss.fails(
        "build", "base.npy", "-f", "IDMap,Flat", "--ids", save(tmp_path, "f.npy", ids * 1.0), "-o",
        "x.index")


def save(folder, name, x):
    np.save(folder / name, x)
    return name


def test_same_seed_same_index(faiss, data, tmp_path):
    for name in "a", "b":
        faiss("build", "base.npy", "-f", "IVF8,Flat", "-t", 300, "--seed", 7, "-o", name)
    faiss("build", "base.npy", "-f", "IVF8,Flat", "-t", 300, "--seed", 8, "-o", "c")
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b and a != c


def test_build_reports(faiss, data):
    report = faiss.json("build", "base.npy", "-f", "IVF8,Flat", "-t", "400", "-o", "a.index")
    assert report["ntotal"] == 600 and report["trained_on"] == 400 and report["d"] == 12
    text = faiss("build", "base.npy", "-f", "Flat", "-o", "a.index")
    assert text.count("\n") == 1 and "600 vectors of 12 components" in text
    assert faiss("build", "base.npy", "-f", "Flat", "-o", "a.index", "--quiet") == ""
    assert "IVF" in faiss("build", "-f", "help")


def test_info(faiss, data, tmp_path):
    faiss("build", "base.npy", "-f", "IVF8,Flat", "-m", "cosine", "-p", "nprobe=3", "-o", "a.index")
    text = faiss("info", "a.index")
    info = faiss.json("info", "a.index")
    assert info["class"] == "IndexPreTransform" and info["ancestors"] == ["Index"]
    assert info["ntotal"] == 600 and info["d"] == 12 and info["is_trained"] is True
    assert info["factory"] == "L2norm,IVF8,Flat"
    assert info["bytes"] == os.path.getsize(tmp_path / "a.index")
    assert info["transforms"][0]["class"] == "NormalizationTransform"
    ivf = info["index"]
    assert ivf["class"] == "IndexIVFFlat" and ivf["nlist"] == 8 and ivf["nprobe"] == 3
    sizes = ivf["list_sizes"]
    assert sizes["min"] <= sizes["median"] <= sizes["max"] and sizes["mean"] == 75
    assert ivf["quantizer"]["class"] == "IndexFlatIP" and ivf["quantizer"]["ntotal"] == 8
    for word in "IndexPreTransform < Index", "cosine", "600", "IndexIVFFlat", "imbalance":
        assert word in text


def test_info_of_wrapped_indexes(faiss, data):
    faiss("build", "base.npy", "-f", "IDMap2,IVF4,Flat", "-o", "a.index")
    assert faiss.json("info", "a.index")["index"]["nlist"] == 4
    faiss("build", "base.npy", "-f", "IVF4,Flat,RFlat", "-o", "a.index")
    info = faiss.json("info", "a.index")
    assert info["k_factor"] == 1 and info["refine_index"]["class"].startswith("IndexFlat")
    assert info["base_index"]["list_sizes"]["mean"] == 150


# ---- forms of results ----

def test_results_agree_in_all_forms(faiss, data, tmp_path):
    base, queries = data
    distances, ids = nearest(base, queries, 5)
    faiss("build", "base.npy", "-f", "Flat", "-o", "a.index")
    search = ["search", "a.index", "queries.npy", "-k", 5]
    faiss(*search, "-o", "r.ivecs")
    assert (read_ivecs(tmp_path / "r.ivecs") == ids).all()
    faiss(*search, "-o", "r.tsv")
    rows = [line.split("\t") for line in (tmp_path / "r.tsv").read_text().splitlines()]
    assert rows == [line.split("\t") for line in faiss(*search, "-o", "-").splitlines()]
    assert [int(r[0]) for r in rows] == list(np.repeat(np.arange(20), 5))
    assert [int(r[1]) for r in rows] == [1, 2, 3, 4, 5] * 20
    assert [int(r[2]) for r in rows] == list(ids.ravel())
    np.testing.assert_allclose([float(r[3]) for r in rows], distances.ravel(), rtol=1e-4)
    lines = [json.loads(line) for line in faiss(*search, "--json").splitlines()]
    assert [line["query"] for line in lines] == list(range(20))
    assert [[r["id"] for r in line["results"]] for line in lines] == ids.tolist()
    printed = [line.split() for line in faiss(*search).splitlines()]
    assert [[int(i) for i in line[1::2]] for line in printed] == ids.tolist()


def test_npz_is_a_sound_zip_file(faiss, data, tmp_path):
    import zipfile
    faiss("build", "base.npy", "-f", "Flat", "-o", "a.index")
    faiss("search", "a.index", "queries.npy", "-o", "r.npz")
    with zipfile.ZipFile(tmp_path / "r.npz") as z:
        assert z.testzip() is None
        assert z.namelist() == ["distances.npy", "labels.npy"]
    if shutil.which("unzip"):
        subprocess.run(["unzip", "-tq", tmp_path / "r.npz"], check=True, stdout=subprocess.DEVNULL)


def test_more_results_than_vectors(faiss, tmp_path):
    np.save(tmp_path / "base.npy", vectors(3, 4))
    faiss("build", "base.npy", "-f", "Flat", "-o", "a.index")
    faiss("search", "a.index", "base.npy", "-k", 5, "-o", "r.npz")
    labels = np.load(tmp_path / "r.npz")["labels"]
    assert (labels[:, 3:] == -1).all() and (labels[:, 0] == [0, 1, 2]).all()
    assert [len(line.split()) for line in faiss("search", "a.index", "base.npy").splitlines()] == [
        7, 7, 7]


def test_names_and_choice_of_queries(faiss, data, tmp_path):
    base, _ = data
    names = [f"w{i}" for i in range(600)]
    names[3] = "größer als\tdu"[:10]
    names[7] = "12"  # a name that looks like a number
    (tmp_path / "names.txt").write_text("\n".join(names) + "\n", encoding="utf8")
    faiss("build", "base.npy", "-f", "Flat", "-o", "a.index")
    search = ["search", "a.index", "base.npy", "-k", 3, "--names", "names.txt"]
    _, ids = nearest(base, base, 4)
    lines = faiss(*search, "-Q", "w5,größer als,12,9:11,598:").splitlines()
    assert [line.split("  ")[0] for line in lines] == ["w5", "größer als", "12", "w9", "w10",
                                                      "w598", "w599"]
    assert lines[0].split() == ["w5", "w5", "0"] + lines[0].split()[3:]
    assert lines[0].split()[3] == names[ids[5][1]]
    without = faiss(*search, "-Q", "w5", "--no-self").split()
    assert without[1::2] == [names[i] for i in ids[5][1:4]]
    line = json.loads(faiss(*search, "-Q", "w5", "--json"))
    assert line["query"] == 5 and line["name"] == "w5" and line["results"][0]["name"] == "w5"
    assert "no such name" in faiss.fails(*search, "-Q", "w5000")
    assert "0 to 599" in faiss.fails("search", "a.index", "base.npy", "-Q", "600")
    assert "names" in faiss.fails("search", "a.index", "base.npy", "-Q", "king", status=2)


# ---- truth, eval, kmeans ----

@pytest.mark.parametrize("metric", ["l2", "ip", "cosine"])
def test_truth(faiss, data, tmp_path, metric):
    base, queries = data
    faiss("truth", "base.npy", "queries.npy", "-k", 30, "-m", metric, "-o", "gt.ivecs")
    assert (read_ivecs(tmp_path / "gt.ivecs") == nearest(base, queries, 30, metric)[1]).all()
    faiss("truth", "base.npy", "queries.npy", "-k", 30, "-m", metric, "-o", "gt.npz")
    check_results(tmp_path / "gt.npz", base, queries, 30, metric)
    assert faiss.json("truth", "base.npy", "queries.npy", "-k", 3, "-o", "gt.tsv")["queries"] == 20


def test_truth_of_l1(faiss, data, tmp_path):
    base, queries = data
    faiss("truth", "base.npy", "queries.npy", "-k", 5, "-m", "l1", "-o", "gt.ivecs")
    exact = np.abs(queries[:, None] - base[None]).sum(-1).argsort(1)[:, :5]
    assert (read_ivecs(tmp_path / "gt.ivecs") == exact).all()


def test_streaming_in_blocks(faiss, tmp_path):
    """More than one block of 16 MB: 5000 vectors of 2000 components."""
    base = vectors(5000, 2000)
    np.save(tmp_path / "base.npy", base)
    queries = base[::500] + np.float32(0.01)
    np.save(tmp_path / "queries.npy", queries)
    exact = nearest_large(base, queries, 10)
    faiss("truth", "base.npy", "queries.npy", "-k", 10, "-o", "gt.ivecs")
    assert (read_ivecs(tmp_path / "gt.ivecs") == exact).all()
    faiss("build", "base.npy", "-f", "Flat", "-o", "a.index")
    faiss("search", "a.index", "queries.npy", "-k", 10, "-o", "r.ivecs")
    assert (read_ivecs(tmp_path / "r.ivecs") == exact).all()
    assert "vector 4321 " in with_value(faiss, tmp_path, base, 4321, np.nan)


def nearest_large(base, queries, k):
    base, queries = base.astype("f8"), queries.astype("f8")
    distances = (base ** 2).sum(1)[None] - 2 * queries @ base.T
    return np.argsort(distances, axis=1)[:, :k]


def with_value(faiss, folder, base, row, value):
    base = base.copy()
    base[row, 5] = value
    np.save(folder / "bad.npy", base)
    return faiss.fails("build", "bad.npy", "-f", "Flat", "-o", "bad.index")


def test_eval(faiss, data, tmp_path):
    base, queries = data
    faiss("build", "base.npy", "-f", "IVF8,Flat", "-o", "a.index")
    faiss("truth", "base.npy", "queries.npy", "-k", 20, "-o", "gt.ivecs")
    evaluate = ["eval", "a.index", "queries.npy", "--truth", "gt.ivecs"]
    faiss("search", "a.index", "queries.npy", "-p", "nprobe=2", "-o", "r.ivecs")
    found, exact = read_ivecs(tmp_path / "r.ivecs"), nearest(base, queries, 10)[1]
    recall = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(found, exact)])
    point, = faiss.json(*evaluate, "-p", "nprobe=2")["points"]
    assert point["recall"] == pytest.approx(recall) and point["queries_per_second"] > 0
    assert point["parameters"] == "nprobe=2"
    point, exact_point = faiss.json("eval", "a.index", "queries.npy", "--base", "base.npy", "-p",
                                    "nprobe=2")["points"]
    assert point["recall"] == pytest.approx(recall)
    assert exact_point["exact"] and exact_point["recall"] == 1
    np.save(tmp_path / "gt.npy", exact)
    assert faiss.json("eval", "a.index", "queries.npy", "--truth", "gt.npy", "-p", "nprobe=2",
                      "-b", 3)["points"][0]["recall"] == pytest.approx(recall)
    assert "recall@10" in faiss(*evaluate)


def test_sweep_and_plot(faiss, data, tmp_path):
    faiss("build", "base.npy", "-f", "IVF8,Flat", "-o", "a.index")
    sweep = ["eval", "a.index", "queries.npy", "--base", "base.npy", "--sweep", "-k", 3]
    points = [p for p in faiss.json(*sweep, "--plot", "p.svg")["points"] if not p["exact"]]
    recalls = [p["recall"] for p in points]
    assert len(points) >= 3 and recalls == sorted(recalls)
    for p in points:  # the front: nothing is better in both
        assert p["pareto"] == (not any(
            q is not p and q["recall"] >= p["recall"]
            and q["queries_per_second"] > p["queries_per_second"] for q in points))
    import xml.etree.ElementTree
    svg = xml.etree.ElementTree.parse(tmp_path / "p.svg").getroot()
    text = "".join(svg.itertext())
    assert "recall@3" in text and "queries per second" in text and "nprobe=" in text
    faiss("build", "base.npy", "-f", "Flat", "-o", "b.index")
    assert len(faiss.json("eval", "b.index", "queries.npy", "--base", "base.npy", "--sweep", "-n",
                          5)["points"]) == 2


def test_tune(faiss, data, tmp_path):
    faiss("build", "base.npy", "-f", "IVF8,Flat", "-o", "a.index")
    faiss("truth", "base.npy", "queries.npy", "-k", 20, "-o", "gt.ivecs")
    tune = ["tune", "a.index", "queries.npy", "--truth", "gt.ivecs"]
    report = faiss.json(*tune)
    assert report["criterion"] == "inter@10" and report["combinations"] == 3
    points = report["points"]
    assert {p["parameters"] for p in points} <= {"nprobe=1", "nprobe=2", "nprobe=4"}
    best = [p for p in points if p["optimal"]]
    assert best and all(p["us_per_query"] > 0 for p in points)
    for p in points:  # what eval says of the same parameters
        same, = faiss.json("eval", "a.index", "queries.npy", "--truth", "gt.ivecs", "-p",
                           p["parameters"])["points"]
        assert same["recall"] == pytest.approx(p["performance"])
    # the text is made for -p
    reach = max(p["performance"] for p in points)
    chosen = faiss(*tune, "--reach", reach).strip()
    assert chosen in [p["parameters"] for p in best]
    faiss("search", "a.index", "queries.npy", "-p", chosen)
    assert faiss.json(*tune, "--reach", reach)["reaches"] == chosen
    assert "the best is" in faiss.fails("tune", "a.index", "queries.npy", "--base", "base.npy",
                                        "-c", "inter@20", "--reach", 1, "-e", 1)
    table = faiss("tune", "a.index", "queries.npy", "--base", "base.npy", "-c", "recall@5", "-n", 9,
                  "--gnuplot", "p.txt")
    assert "recall@5" in table and "-p nprobe=" in table and "9 queries" in table
    assert "nprobe=" in (tmp_path / "p.txt").read_text()
    # nothing to tune, and an index inside of others
    faiss("build", "base.npy", "-f", "Flat", "-o", "b.index")
    assert "(nothing to set)" in faiss("tune", "b.index", "queries.npy", "--base", "base.npy")
    faiss("build", "base.npy", "-f", "PCA8,IVF8,Flat,RFlat", "-o", "c.index")
    report = faiss.json("tune", "c.index", "queries.npy", "--base", "base.npy", "-k", 3)
    assert report["combinations"] == 21 and report["criterion"] == "inter@3"
    assert any("k_factor_rf=" in p["parameters"] and "nprobe=" in p["parameters"]
               for p in report["points"])


def test_kmeans(faiss, tmp_path):
    centers = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], "f4")
    x = np.repeat(centers, 200, 0) + vectors(800, 2) * 0.1
    np.save(tmp_path / "x.npy", x)
    report = faiss.json("kmeans", "x.npy", "-k", 4, "-o", "c.npy", "--redo", 3, "-a", "a.npy")
    c = np.load(tmp_path / "c.npy")
    assert c.dtype == np.float32 and c.shape == (4, 2) and 1 <= len(report["iterations"]) <= 25
    order = nearest(c, centers, 1)[1].ravel()
    np.testing.assert_allclose(c[order], [x[i * 200:i * 200 + 200].mean(0) for i in range(4)],
                               atol=1e-4)
    assigned = np.load(tmp_path / "a.npy")
    assert (assigned == np.repeat(order, 200)).all()
    assert report["objective"] == pytest.approx(((x - c[assigned]) ** 2).sum(), rel=1e-3)
    faiss("kmeans", "x.npy", "-k", 4, "-o", "c.fvecs", "--redo", 3)
    assert (np.fromfile(tmp_path / "c.fvecs", "f4").reshape(4, 3)[:, 1:] == c).all()
    faiss("kmeans", "x.npy", "-k", 3, "-o", "s.npy", "--spherical", "--seed", 5, "-q")
    np.testing.assert_allclose(np.linalg.norm(np.load(tmp_path / "s.npy"), axis=1), 1, rtol=1e-5)
    result = faiss.run("kmeans", "x.npy", "-k", 100, "-o", "d.npy", "-i", 2)
    assert result.returncode == 0 and "note" in result.stderr
    assert "801" in faiss.fails("kmeans", "x.npy", "-k", 801, "-o", "e.npy")


# ---- formats ----

def formats(folder, x):
    """The same whole numbers 0 .. 100 in every format."""
    files = {}

    def put(name, write):
        write(folder / name)
        files[name] = name

    for dtype in "f2", "f4", "f8", "u1", "i1":
        put(f"{dtype}.npy", lambda path: np.save(path, x.astype(dtype)))
    for version in (1, 0), (2, 0), (3, 0):
        def write(path):
            with open(path, "wb") as f:
                np.lib.format.write_array(f, x.astype("f4"), version=version)
        put(f"v{version[0]}.npy", write)
    put("x.fvecs", lambda path: write_vecs(path, x.astype("f4")))
    put("x.bvecs", lambda path: write_vecs(path, x.astype("u1")))
    put("x.ivecs", lambda path: write_vecs(path, x.astype("i4")))
    for dtype in "u1", "i1", "i2", "i4", "f4", "f8":
        put(f"{dtype}-idx2", lambda path: write_idx(path, x.astype(dtype)))
    put("images-idx3-ubyte", lambda path: write_idx(path, x.astype("u1").reshape(len(x), 2, -1)))
    for name in "f4.npy", "x.fvecs", "u1-idx2":
        put(name + ".gz", lambda path: path.write_bytes(
            gzip.compress((folder / name).read_bytes())))
    return files


def test_all_formats_give_the_same_vectors(faiss, tmp_path):
    x = np.random.default_rng(3).integers(0, 100, (70, 6))
    expected = None
    for name in formats(tmp_path, x):
        faiss("build", name, "-f", "Flat", "-o", "a.index")
        index = (tmp_path / "a.index").read_bytes()
        expected = expected or index
        assert index == expected, name
        faiss("truth", name, name, "-k", 1, "-o", "gt.ivecs")
        assert len(read_ivecs(tmp_path / "gt.ivecs")) == 70


def test_half_floats(faiss, tmp_path):
    x = np.array([[0, -0.0, 1, -2, 65504, 6e-8, 6.1e-5, 1 / 3]], "f2")
    np.save(tmp_path / "x.npy", x)
    faiss("kmeans", "x.npy", "-k", 1, "-o", "c.npy", "-i", 1)
    assert (np.load(tmp_path / "c.npy") == x.astype("f4")).all()
    x[0, 3] = np.inf
    np.save(tmp_path / "x.npy", x)
    assert "infinite" in faiss.fails("kmeans", "x.npy", "-k", 1, "-o", "c.npy")


def test_hdf5(faiss, tmp_path):
    file = tmp_path / "small.hdf5"
    shutil.copy(HERE / "small.hdf5", file)
    result = faiss.run("build", file, "-f", "Flat", "-o", "a.index")
    if result.returncode == 1 and "libhdf5" in result.stderr:
        assert "install" in result.stderr and result.stderr.count("\n") == 1
        pytest.skip("no libhdf5 here")
    assert result.returncode == 0, result.stderr
    assert faiss.json("info", "a.index")["ntotal"] == 40
    assert faiss.json("eval", "a.index", file, "--truth", file)["points"][0]["recall"] == 1
    faiss("truth", f"{file}:train", f"{file}:test", "-k", 10, "-o", "gt.ivecs")
    faiss("search", "a.index", f"{file}:test", "-k", 10, "-o", "r.ivecs")
    assert (read_ivecs(tmp_path / "gt.ivecs") == read_ivecs(tmp_path / "r.ivecs")).all()
    faiss("build", file, "-f", "IVF2,Flat", "-t", 20, "-o", "a.index")
    message = faiss.fails("build", f"{file}:nothing", "-f", "Flat", "-o", "b.index")
    assert "train" in message and "test" in message
    faiss("truth", file, file, "-k", 10, "-o", "l2.ivecs")
    (tmp_path / "angular.hdf5").write_bytes(file.read_bytes().replace(b"euclidean", b"angular\0\0"))
    for more, metric in ([], "cosine"), (["-m", "l2"], "l2"):
        faiss("build", "angular.hdf5", "-f", "Flat", "-o", "a.index", *more)
        assert faiss.json("info", "a.index")["metric"] == metric
    file.write_bytes(file.read_bytes()[:3000])
    faiss.fails("build", file, "-f", "Flat", "-o", "b.index")


# ---- damaged and foreign files ----

def test_refused_npy_files(faiss, tmp_path):
    x = vectors(10, 4)

    def refused(name):
        return faiss.fails("build", name, "-f", "Flat", "-o", "a.index")

    assert "Fortran" in refused(save(tmp_path, "a.npy", np.asfortranarray(x)))
    assert "big-endian" in refused(save(tmp_path, "b.npy", x.astype(">f4")))
    assert "1 dimension" in refused(save(tmp_path, "c.npy", x[0]))
    assert "3 dimensions" in refused(save(tmp_path, "d.npy", x[None]))
    assert "<c8" in refused(save(tmp_path, "e.npy", x.astype("c8")))
    assert "records" in refused(save(tmp_path, "f.npy", np.zeros(3, "f4,f4")))
    assert "no vectors" in refused(save(tmp_path, "g.npy", x[:0]))
    assert "0 components" in refused(save(tmp_path, "h.npy", x[:, :0]))
    assert not (tmp_path / "a.index").exists()
    whole = (tmp_path / save(tmp_path, "x.npy", x)).read_bytes()
    for size in list(range(0, 130, 7)) + [len(whole) - 1]:  # truncated everywhere
        (tmp_path / "t.npy").write_bytes(whole[:size])
        refused("t.npy")
    for bad in (b"(10,", b"(-1,", b"(10, 4, 4, 4, 4, 4, 4, 4, 4, 4)", b"(99999999999999999999, 4)",
                b"(4611686018427387904, 4)", b"(4611686018427387904, 4611686018427387904)"):
        header = whole[:128].replace(b"(10, 4)", bad)
        header = header[:128] if len(header) >= 128 else header.ljust(128)
        (tmp_path / "t.npy").write_bytes(header + whole[128:])
        refused("t.npy")
    (tmp_path / "t.npy").write_bytes(whole.replace(b"\x93NUMPY\x01", b"\x93NUMPY\x04"))
    assert "version 4" in refused("t.npy")


def test_refused_other_files(faiss, tmp_path):
    x = vectors(10, 4)

    def refused(name, content):
        (tmp_path / name).write_bytes(content)
        return faiss.fails("build", name, "-f", "Flat", "-o", "a.index")

    write_vecs(tmp_path / "x.fvecs", x)
    whole = (tmp_path / "x.fvecs").read_bytes()
    assert "truncated" in refused("t.fvecs", whole[:-1])
    assert "truncated" in refused("t.fvecs", whole[:2])
    assert "empty" in refused("t.fvecs", b"")
    assert "components" in refused("t.fvecs", b"hello, this is no such file")
    damaged = bytearray(whole)
    damaged[3 * 20] = 5
    assert "vector 3 has 5 components" in refused("t.fvecs", bytes(damaged))
    write_idx(tmp_path / "x.idx", x)
    whole = (tmp_path / "x.idx").read_bytes()
    assert "truncated" in refused("t.idx", whole[:-1])
    assert "truncated" in refused("t.idx", whole[:7])
    packed = gzip.compress(whole)
    assert "truncated" in refused("t.idx.gz", packed[:-20])
    assert "gzip" in refused("t.idx.gz", packed[:30] + b"\xff" * 8 + packed[38:])
    assert "truncated" in refused("t.idx.gz", gzip.compress(whole[:-1]))
    assert "not a file of vectors" in refused("t.txt", b"1 2 3 4\n")
    assert "empty" in refused("t.txt", b"")
    assert "folder" in faiss.fails("build", ".", "-f", "Flat", "-o", "a.index")
    assert "No such file" in faiss.fails("build", "nothing.npy", "-f", "Flat", "-o", "a.index")
    assert "No such file" in faiss.fails("build", "nothing.hdf5:train", "-f", "Flat", "-o", "a")
    os.mkfifo(tmp_path / "fifo")
    writer = os.open(tmp_path / "fifo", os.O_RDWR)
    assert "regular file" in faiss.fails("build", "fifo", "-f", "Flat", "-o", "a.index")
    os.close(writer)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity(faiss, data, tmp_path, value):
    base, queries = data
    faiss("build", "base.npy", "-f", "IVF4,Flat", "-o", "a.index")
    before = (tmp_path / "a.index").read_bytes()
    base = base.copy()
    base[123, 4] = value
    np.save(tmp_path / "bad.npy", base)
    for arguments in (["build", "bad.npy", "-f", "Flat", "-o", "b"], ["add", "a.index", "bad.npy"],
                      ["search", "a.index", "bad.npy", "-o", "r.npz"],
                      ["kmeans", "bad.npy", "-k", 4, "-o", "c.npy"],
                      ["truth", "bad.npy", "queries.npy", "-o", "gt.ivecs"],
                      ["eval", "a.index", "bad.npy", "--base", "base.npy"]):
        assert "vector 123 " in faiss.fails(*arguments)
    assert (tmp_path / "a.index").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.index", "bad.npy", "base.npy",
                                                         "queries.npy"]


def test_damaged_indexes(faiss, data, tmp_path):
    faiss("build", "base.npy", "-f", "IVF4,Flat", "-o", "a.index")
    whole = (tmp_path / "a.index").read_bytes()
    rng = np.random.default_rng(5)
    for size in [0, 1, 4, 30, 100] + list(rng.integers(0, len(whole), 15)):
        (tmp_path / "t.index").write_bytes(whole[:size])
        for command in ["info", "t.index"], ["search", "t.index", "queries.npy"]:
            assert "t.index" in faiss.fails(*command)
    for name in "base.npy", HERE / "test_cli.py":
        assert "not an index" in faiss.fails("info", name)
    assert "folder" in faiss.fails("info", ".")
    assert "No such file" in faiss.fails("info", "nothing")
    (tmp_path / "null").write_bytes(b"null")
    faiss("info", "null")
    assert "no index" in faiss.fails("search", "null", "queries.npy")


def test_files_that_do_not_fit(faiss, data, tmp_path):
    base, queries = data
    np.save(tmp_path / "narrow.npy", base[:, :5])
    faiss("build", "base.npy", "-f", "Flat", "-o", "a.index")
    before = (tmp_path / "a.index").read_bytes()
    for arguments in (["add", "a.index", "narrow.npy"], ["search", "a.index", "narrow.npy"],
                      ["truth", "base.npy", "narrow.npy", "-o", "gt.ivecs"],
                      ["eval", "a.index", "narrow.npy", "--base", "base.npy"],
                      ["eval", "a.index", "queries.npy", "--base", "narrow.npy"]):
        assert "12" in (message := faiss.fails(*arguments)) and "5 components" in message
    assert (tmp_path / "a.index").read_bytes() == before
    faiss("truth", "base.npy", "base.npy", "-k", 5, "-o", "gt.ivecs")
    evaluate = ["eval", "a.index", "queries.npy", "--truth"]
    assert "-k 5" in faiss.fails(*evaluate, "gt.ivecs", "-k", 6)
    assert "600 queries" in faiss.fails(*evaluate, "gt.ivecs", "-k", 5)
    assert "floating-point" in faiss.fails(*evaluate, "queries.npy")
    assert "-k 600" in faiss.fails("truth", "base.npy", "queries.npy", "-k", 601, "-o", "gt.ivecs")
    assert "fewer lists" in faiss.fails("build", "base.npy", "-f", "IVF601,Flat", "-o", "b.index")
    assert "fewer lists" in faiss.fails("build", "base.npy", "-f", "IVF64,Flat", "-t", 50, "-o",
                                        "b.index")
    assert not (tmp_path / "b.index").exists()


def test_unknown_factories_and_parameters(faiss, data, tmp_path):
    message = faiss.fails("build", "base.npy", "-f", "IVF4,Flatt", "-o", "a.index")
    assert "Flatt" in message and "Flat" in message.replace("Flatt", "")
    faiss.fails("build", "base.npy", "-f", "", "-o", "a.index")
    faiss("build", "base.npy", "-f", "IVF4,Flat", "-o", "a.index")
    assert "nprob" in faiss.fails("search", "a.index", "queries.npy", "-p", "nprob=4")
    faiss.fails("search", "a.index", "queries.npy", "-p", "nprobe")
    faiss.fails("search", "a.index", "queries.npy", "-p", "nprobe=x")
    faiss.fails("build", "base.npy", "-f", "Flat", "-p", "nprobe=4", "-o", "b.index")
    assert not (tmp_path / "b.index").exists()


# ---- the command line ----

@pytest.mark.parametrize("arguments", [
    ["bild"], ["--foo"], ["build"], ["build", "base.npy"], ["build", "base.npy", "-f", "Flat"],
    ["build", "base.npy", "-o", "x"], ["build", "base.npy", "more", "-f", "Flat", "-o", "x"],
    ["build", "base.npy", "-f", "Flat", "-m", "euclid", "-o", "x"], ["search", "a.index"],
    ["search", "a.index", "q.npy", "-k", "0"], ["search", "a.index", "q.npy", "-k", "ten"],
    ["search", "a.index", "q.npy", "-k"], ["search", "a.index", "q.npy", "-o", "r.csv"],
    ["search", "a.index", "q.npy", "-o", "r.npz", "--json"], ["info"], ["info", "x", "--jsn"],
    ["eval", "a", "q"], ["eval", "a", "q", "--base", "b", "--truth", "t"], ["truth", "b", "q"],
    ["eval", "a", "q", "--base", "b", "--sweep", "-p", "nprobe=1"], ["kmeans", "b", "-o", "x.npy"],
    ["tune", "a", "q"], ["tune", "a", "q", "--base", "b", "--reach", "2"],
    ["tune", "a", "q", "--base", "b", "-c", "precision@3"],
    ["tune", "a", "q", "--base", "b", "-c", "inter@x"],
    ["kmeans", "b", "-k", "3"], ["kmeans", "b", "-k", "3", "-o", "x.txt"], ["info", "x", "-j", "0"],
    ["info", "x", "-j", "-3"], ["search", "a", "q", "-k", "99999999999999999999"],
    ["info", "x", "--json=yes"],
])
def test_usage_errors(faiss, arguments):
    assert "--help" in faiss.fails(*arguments, status=2)


def test_help(faiss):
    result = faiss.run()
    assert result.returncode == 2 and not result.stdout and "Usage" in result.stderr
    overview = faiss("--help")
    assert overview == faiss("help")
    for command in COMMANDS:
        assert command in overview
        text = faiss(command, "--help")
        assert text == faiss("help", command) == faiss(command, "x", "--wrong", "-h")
        assert all(len(line) <= 92 for line in text.splitlines())
        assert f"Usage: faiss {command} " in text
    assert re.fullmatch(r"faiss \d+\.\d+\.\d+\n", faiss("--version"))
    assert "did you mean build" in faiss.fails("bulid", status=2)
    assert "did you mean --sweep" in faiss.fails("eval", "a", "b", "--swep", status=2)


def test_every_option_is_in_the_manual(faiss):
    manual = (ROOT / "cli" / "faiss.1").read_text()
    if shutil.which("mandoc"):
        subprocess.run(["mandoc", "-T", "lint", "-W", "warning", ROOT / "cli" / "faiss.1"],
                       check=True)
    for command in COMMANDS:
        for option in re.findall(r"^  (?:-(\w), |    )--([\w-]+)", faiss(command, "--help"), re.M):
            name = option[1].replace("-", r"\-")
            assert re.search(rf"Fl \\-{re.escape(name)}\b", manual), (command, option)


def test_forms_of_options(faiss, data, tmp_path):
    faiss("build", "-fFlat", "--output=a.index", "-j1", "--", "base.npy")
    one = faiss("search", "-k3", "a.index", "--", "queries.npy")
    assert one == faiss("search", "a.index", "queries.npy", "--k", "3", "--threads", "2")
    assert one == faiss("search", "a.index", "queries.npy", "--k=3", "-j", "1")


# ---- where it cannot be written ----

FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")


@FULL
def test_full_disk(faiss, data, tmp_path):
    faiss("build", "base.npy", "-f", "Flat", "-o", "a.index")
    for arguments in (["build", "base.npy", "-f", "IVF4,Flat", "-o", "/dev/full"],
                      ["add", "a.index", "base.npy", "-o", "/dev/full"],
                      ["kmeans", "base.npy", "-k", 4, "-o", "/dev/full"]):
        assert "no space left" in faiss.fails(*arguments)
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)
    for arguments in (["info", "a.index"], ["info", "a.index", "--json"], ["build", "--help"], ["--help"],
                      ["search", "a.index", "queries.npy"],
                      ["search", "a.index", "queries.npy", "-o", "-"],
                      ["search", "a.index", "queries.npy", "--json"], ["--version"],
                      ["eval", "a.index", "queries.npy", "--base", "base.npy"]):
        with open("/dev/full", "w") as full:
            result = faiss.run(*arguments, stdout=full)
        assert result.returncode == 1 and "no space left" in result.stderr, arguments
        assert result.stderr.count("\n") == 1


def test_limited_file_size(faiss, data, tmp_path):
    """A file that may not grow: the old one stays, no other is left."""
    import resource
    faiss("build", "base.npy", "-f", "Flat", "-o", "a.index")
    before = (tmp_path / "a.index").read_bytes()

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    for arguments in (["add", "a.index", "base.npy"],
                      ["build", "base.npy", "-f", "Flat", "-o", "a.index"],
                      ["search", "a.index", "base.npy", "-o", "r.npz"],
                      ["search", "a.index", "base.npy", "-o", "r.ivecs"],
                      ["search", "a.index", "base.npy", "-o", "r.tsv"],
                      ["kmeans", "base.npy", "-k", 100, "-o", "c.npy", "-q"],
                      ["truth", "base.npy", "base.npy", "-o", "gt.ivecs"]):
        result = faiss.run(*arguments, preexec_fn=limit)
        assert result.returncode == 1 and "cannot write" in result.stderr, arguments
    assert (tmp_path / "a.index").read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["a.index", "base.npy", "queries.npy"]


def test_unwritable_places(faiss, data, tmp_path):
    assert "no such folder" in faiss.fails("build", "base.npy", "-f", "Flat", "-o", "no/a.index")
    assert "folder" in faiss.fails("build", "base.npy", "-f", "Flat", "-o", ".")
    assert "folder" in faiss.fails("kmeans", "base.npy", "-k", 3, "-o", "no/c.npy")
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "permission" in faiss.fails("build", "base.npy", "-f", "Flat", "-o", "locked/a.index")


def test_unwritable_folder_as_another_user(faiss, data, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root becomes another user")
    import tempfile
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        shutil.copy(tmp_path / "base.npy", folder)

        def another():
            os.setgid(65534)
            os.setuid(65534)

        result = faiss.run("build", "base.npy", "-f", "Flat", "-o", "a.index", cwd=folder,
                           preexec_fn=another)
        if "faiss" not in result.stderr and result.returncode in (126, 127):
            pytest.skip("the other user cannot run the command")
        assert result.returncode == 1 and "permission" in result.stderr
        assert os.listdir(folder) == ["base.npy"]


def test_links_and_rights_of_the_old_file_stay(faiss, data, tmp_path):
    faiss("build", "base.npy", "-f", "Flat", "-o", "real.index")
    os.chmod(tmp_path / "real.index", 0o640)
    (tmp_path / "link.index").symlink_to("real.index")
    faiss("add", "link.index", "base.npy")
    assert (tmp_path / "link.index").is_symlink()
    assert stat.S_IMODE(os.stat(tmp_path / "real.index").st_mode) == 0o640
    assert faiss.json("info", "real.index")["ntotal"] == 1200


def test_interrupted(faiss, tmp_path):
    np.save(tmp_path / "base.npy", vectors(200000, 64))
    process = subprocess.Popen([COMMAND, "build", "base.npy", "-f", "IVF4096,Flat", "-o", "a.index"],
                               cwd=tmp_path, stderr=subprocess.PIPE)
    for _ in range(200):
        if len(os.listdir(tmp_path)) > 1 or process.poll() is not None:
            break
        signal.sigtimedwait([], 0.02)
    process.terminate()
    assert process.wait(60) == -signal.SIGTERM
    assert os.listdir(tmp_path) == ["base.npy"]


def on_a_terminal(*arguments, cwd):
    """What a command writes to stderr where that is a terminal."""
    import pty
    master, slave = pty.openpty()
    result = subprocess.run([COMMAND, *arguments], cwd=cwd, stderr=slave, stdout=subprocess.PIPE,
                            env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    seen = os.read(master, 100000).decode()
    os.close(master)
    assert result.returncode == 0
    assert seen.endswith("\x1b[K")  # the line is gone
    return seen


def test_progress_on_a_terminal(faiss, data, tmp_path):
    np.save(tmp_path / "large.npy", vectors(20000, 700))
    seen = on_a_terminal("build", "large.npy", "-f", "Flat", "-o", "a.index", cwd=tmp_path)
    assert "adding" in seen and "%" in seen
    seen = on_a_terminal("kmeans", "large.npy", "-k", "500", "-o", "c.npy", cwd=tmp_path)
    assert re.search(r"clustering +\[=+>? *\] +\d+ %  [\d.]+/s  0:0\d left", seen), seen
