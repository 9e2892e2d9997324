"""Selectors, range results, transforms, wrapping indexes and parameters, compared with upstream."""
import ctypes

import numpy as np
import pytest

import cfaiss
from cfaiss import lib

D, NB, NQ, K = 17, 700, 23, 9


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(7)
    return rng.standard_normal((NB, D), np.float32), rng.standard_normal((NQ, D), np.float32)


def assert_same_results(ours, theirs):
    """The same up to rounding: labels may change places where the distances are equal within it."""
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5, atol=1e-5)
    for i, j in zip(*np.nonzero(ours[1] != theirs[1])):
        place = np.flatnonzero(theirs[1][i] == ours[1][i, j])
        assert len(place) == 1 or j == ours[1].shape[1] - 1
        if len(place) == 1:
            assert abs(theirs[0][i, place[0]] - theirs[0][i, j]) <= 2e-5 * abs(theirs[0][i, j])


def by_query(lims, distances, labels):
    """The results of each query in the order of their labels."""
    rows = []
    lims = lims.astype(np.int64)
    for begin, end in zip(lims, lims[1:]):
        order = np.argsort(labels[begin:end], kind="stable") + begin
        rows.append((labels[order], distances[order]))
    return rows


def assert_same_ranges(ours, theirs):
    np.testing.assert_array_equal(ours[0], theirs[0])
    for (our_labels, our_distances), (labels, distances) in zip(by_query(*ours), by_query(*theirs)):
        np.testing.assert_array_equal(our_labels, labels)
        np.testing.assert_allclose(our_distances, distances, rtol=1e-5, atol=1e-5)


def from_oracle(oracle, factory, xb, metric=cfaiss.METRIC_L2, code="", ids=None):
    """An index that the oracle made, trained and filled: in the file format, and read by us."""
    content = oracle(f"""
        index = faiss.index_factory(xb.shape[1], factory, metric)
        index.train(xb)
        if ids is None:
            index.add(xb)
        else:
            index.add_with_ids(xb, ids)
{code}
        return faiss.serialize_index(index)
    """, factory=factory, xb=xb, metric=metric, ids=ids)
    return content, cfaiss.deserialize(content)


# ---- selectors ------------------------------------------------------------------------------

SOME = np.random.default_rng(3).choice(NB, 120, replace=False).astype(np.int64)
BITS = np.packbits(np.random.default_rng(4).random(NB) < 0.3, bitorder="little")

SELECTORS = {
    "range": (lambda: cfaiss.new("IDSelectorRange_new", 100, 333),
              "faiss.IDSelectorRange(100, 333)"),
    "sorted range": (lambda: cfaiss.new("IDSelectorRange_new_with", 100, 333, True),
                     "faiss.IDSelectorRange(100, 333, True)"),
    "empty range": (lambda: cfaiss.new("IDSelectorRange_new", 50, 50),
                    "faiss.IDSelectorRange(50, 50)"),
    "range beyond the end": (lambda: cfaiss.new("IDSelectorRange_new", NB - 20, NB + 1000),
                             f"faiss.IDSelectorRange({NB - 20}, {NB + 1000})"),
    "array": (lambda: cfaiss.new("IDSelectorArray_new", len(SOME), SOME),
              "faiss.IDSelectorArray(some)"),
    "batch": (lambda: cfaiss.new("IDSelectorBatch_new", len(SOME), SOME),
              "faiss.IDSelectorBatch(some)"),
    "bitmap": (lambda: cfaiss.new("IDSelectorBitmap_new", len(BITS), BITS),
               "faiss.IDSelectorBitmap(bits)"),
    "all": (lambda: cfaiss.new("IDSelectorAll_new"), "faiss.IDSelectorAll()"),
    "not": (lambda: cfaiss.new("IDSelectorNot_new", SELECTORS["bitmap"][0]()),
            "faiss.IDSelectorNot(faiss.IDSelectorBitmap(bits))"),
    "and": (lambda: cfaiss.new("IDSelectorAnd_new", SELECTORS["bitmap"][0](),
                               SELECTORS["range"][0]()),
            "faiss.IDSelectorAnd(faiss.IDSelectorBitmap(bits), faiss.IDSelectorRange(100, 333))"),
    "or": (lambda: cfaiss.new("IDSelectorOr_new", SELECTORS["batch"][0](),
                              SELECTORS["range"][0]()),
           "faiss.IDSelectorOr(faiss.IDSelectorBatch(some), faiss.IDSelectorRange(100, 333))"),
    "xor": (lambda: cfaiss.new("IDSelectorXOr_new", SELECTORS["batch"][0](),
                               SELECTORS["range"][0]()),
            "faiss.IDSelectorXOr(faiss.IDSelectorBatch(some), faiss.IDSelectorRange(100, 333))"),
}


class Translation:
    """A vector of ids, and the selector of positions through it."""

    def __init__(self):
        self.id_map = cfaiss.Vector()
        ids = np.arange(NB, dtype=np.int64)[::-1].copy()
        lib.faiss_Int64Vector_append(ctypes.byref(self.id_map), ids, NB)
        self.inner = SELECTORS["range"][0]()
        self.selector = cfaiss.new("IDSelectorTranslated_new", ctypes.byref(self.id_map),
                                   self.inner)

    def __del__(self):
        lib.faiss_Int64Vector_clear(ctypes.byref(self.id_map))


TRANSLATED = """faiss.IDSelectorTranslated(id_map, inner)"""

INDEXES = [("Flat", cfaiss.METRIC_L2), ("Flat", cfaiss.METRIC_INNER_PRODUCT),
           ("Flat", cfaiss.METRIC_L1), ("IVF16,Flat", cfaiss.METRIC_L2),
           ("IVF16,Flat", cfaiss.METRIC_INNER_PRODUCT)]
RADIUS = {cfaiss.METRIC_L2: 20.0, cfaiss.METRIC_INNER_PRODUCT: 5.0, cfaiss.METRIC_L1: 14.0}


def parameters(factory, selector):
    if factory.startswith("IVF"):
        return cfaiss.new("SearchParametersIVF_new_with", selector, 6, 0)
    return cfaiss.new("SearchParameters_new", selector)


@pytest.mark.parametrize("factory, metric", INDEXES)
@pytest.mark.parametrize("name", [*SELECTORS, "translated"])
def test_selectors_restrict_searches(oracle, data, factory, metric, name):
    xb, xq = data
    content, index = from_oracle(oracle, factory, xb, metric)
    if name == "translated":
        translation = Translation()
        ours, theirs = translation.selector, TRANSLATED
    else:
        ours, theirs = SELECTORS[name][0](), SELECTORS[name][1]
    answer = oracle(f"""
        index = faiss.deserialize_index(content)
        id_map = faiss.Int64Vector()
        faiss.copy_array_to_vector(np.arange({NB})[::-1].copy(), id_map)
        inner = faiss.IDSelectorRange(100, 333)
        sel = {theirs}
        params = (faiss.SearchParametersIVF(sel=sel, nprobe=6) if ivf
                  else faiss.SearchParameters(sel=sel))
        found = [index.search(xq, k, params=params) for k in (1, {K}, 150)]
        return found, index.range_search(xq, radius, params=params)
    """, content=content, xq=xq, radius=RADIUS[metric], some=SOME, bits=BITS,
        ivf=factory.startswith("IVF"))
    params = parameters(factory, ours)
    for k, theirs in zip((1, K, 150), answer[0]):
        assert_same_results(index.search(xq, k, params), theirs)
    assert_same_ranges(index.range_search(xq, RADIUS[metric], params), answer[1])


def test_selectors_remove(oracle, data):
    xb, xq = data
    for name, (ours, theirs) in SELECTORS.items():
        if name in ("all", "empty range"):
            continue
        for factory in ("Flat", "IVF16,Flat"):
            content, index = from_oracle(oracle, factory, xb)
            n, answer = oracle(f"""
                index = faiss.deserialize_index(content)
                n = index.remove_ids({theirs})
                return n, index.search(xq, {K})
            """, content=content, xq=xq, some=SOME, bits=BITS)
            assert index.remove_ids(ours()) == n, name
            assert_same_results(index.search(xq, K), answer)


@pytest.mark.parametrize("n", [1, 2, 3, 31, 32, 33, 1000])
def test_batch_has_upstreams_filter(oracle, n):
    ids = np.arange(n, dtype=np.int64) * 3
    sel = cfaiss.new("IDSelectorBatch_new", n, ids)
    nbits, mask = oracle("sel = faiss.IDSelectorBatch(ids); return sel.nbits, sel.mask", ids=ids)
    assert (sel.nbits, sel.mask) == (nbits, mask)


# ---- transforms -----------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["NormalizationTransform", "CenteringTransform"])
@pytest.mark.parametrize("d", [1, 7, 8, 17, 100])
def test_transforms(oracle, rng, name, d):
    x = rng.standard_normal((600, d), np.float32) + np.float32(0.5)
    x[5] = 0
    applied, back, content = oracle(f"""
        vt = faiss.{name}(x.shape[1])
        vt.train(x)
        y = vt.apply(x)
        writer = faiss.VectorIOWriter()
        faiss.write_VectorTransform(vt, writer)
        return y, vt.reverse_transform(y), faiss.vector_to_array(writer.data)
    """, x=x)
    transform = cfaiss.new(f"{name}_new_with", d, *([2.0] if name[0] == "N" else []))
    lib.faiss_VectorTransform_train(transform, len(x), x)
    y, z = np.empty_like(x), np.empty_like(x)
    lib.faiss_VectorTransform_apply_noalloc(transform, len(x), x, y)
    lib.faiss_VectorTransform_reverse_transform(transform, len(x), y, z)
    np.testing.assert_allclose(y, applied, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(z, back, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(cfaiss.serialize(transform, "write_VectorTransform_custom"),
                                  content)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("d_in, d_out", [(1, 1), (17, 5), (5, 17), (100, 64)])
def test_linear_transforms(oracle, rng, d_in, d_out, bias):
    x = rng.standard_normal((300, d_in), np.float32)
    A = np.linalg.qr(rng.standard_normal((max(d_in, d_out),) * 2))[0][:d_out, :d_in]
    A, b = A.astype(np.float32), rng.standard_normal(d_out * bias).astype(np.float32)
    applied, transposed, orthonormal, content = oracle("""
        vt = faiss.LinearTransform(x.shape[1], len(A), bias)
        faiss.copy_array_to_vector(A.ravel(), vt.A)
        faiss.copy_array_to_vector(b, vt.b)
        vt.is_trained = True
        vt.set_is_orthonormal()
        y = vt.apply(x)
        z = np.empty_like(x)
        vt.transform_transpose(len(x), faiss.swig_ptr(y), faiss.swig_ptr(z))
        writer = faiss.VectorIOWriter()
        faiss.write_VectorTransform(vt, writer)
        return y, z, vt.is_orthonormal, faiss.vector_to_array(writer.data)
    """, x=x, A=A, b=b, bias=bias)
    data = np.frombuffer(content.tobytes(), np.uint8)
    reader, out = cfaiss.new("VectorIOReader_new_with", data, len(data)), ctypes.c_void_p()
    lib.faiss_read_VectorTransform_custom(reader, ctypes.byref(out))
    transform = cfaiss.Object(out)
    np.testing.assert_array_equal(cfaiss.serialize(transform, "write_VectorTransform_custom"),
                                  content)
    y, z = np.empty_like(applied), np.empty_like(x)
    lib.faiss_VectorTransform_apply_noalloc(transform, len(x), x, y)
    lib.faiss_LinearTransform_transform_transpose(transform, len(x), y, z)
    np.testing.assert_allclose(y, applied, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(z, transposed, rtol=1e-5, atol=1e-5)
    lib.faiss_LinearTransform_set_is_orthonormal(transform)
    assert bool(transform.is_orthonormal) == orthonormal


# ---- wrapping indexes -----------------------------------------------------------------------

IDS = np.random.default_rng(5).permutation(NB).astype(np.int64) * 10 + 1000
WRAPPERS = ["IDMap,Flat", "IDMap2,Flat", "L2norm,Flat", "L2norm,IVF16,Flat", "IDMap,IVF16,Flat",
            "IDMap2,L2norm,Flat", "Flat,RFlat", "IVF16,Flat,RFlat", "IVF16,Flat,Refine(Flat)",
            "IDMap,IVF16,Flat,RFlat", "L2norm,IVF16,Flat,RFlat"]


def ids_of(factory):
    return IDS if "IDMap" in factory else None


@pytest.mark.parametrize("metric", [cfaiss.METRIC_L2, cfaiss.METRIC_INNER_PRODUCT])
@pytest.mark.parametrize("factory", WRAPPERS)
def test_wrappers_search(oracle, data, factory, metric):
    xb, xq = data
    content, index = from_oracle(oracle, factory, xb, metric, ids=ids_of(factory))
    np.testing.assert_array_equal(cfaiss.serialize(index), content)
    radius = 1.0 if "L2norm" in factory else RADIUS[metric]
    if "L2norm" in factory and metric == cfaiss.METRIC_INNER_PRODUCT:
        radius = 0.4
    tune = "nprobe=4,k_factor_rf=3" if "RFlat" in factory or "Refine" in factory else "nprobe=4"
    if "IVF" not in factory:
        tune = "k_factor_rf=3" if "RFlat" in factory else ""
    answer = oracle("""
        index = faiss.deserialize_index(content)
        faiss.ParameterSpace().set_index_parameters(index, tune)
        return [index.search(xq, k) for k in (1, 9, 130, 1000)], index.range_search(xq, radius)
    """, content=content, xq=xq, tune=tune, radius=radius)
    index.set_parameters(tune)
    for k, theirs in zip((1, 9, 130, 1000), answer[0]):
        assert_same_results(index.search(xq, k), theirs)
    assert_same_ranges(index.range_search(xq, radius), answer[1])
    np.testing.assert_array_equal(index.assign(xq, K), answer[0][1][1])


@pytest.mark.parametrize("factory", WRAPPERS)
def test_wrappers_are_built_here_and_read_there(oracle, data, factory):
    xb, xq = data
    index = cfaiss.index_factory(D, factory)
    index.train(xb)
    if ids_of(factory) is None:
        index.add(xb)
    else:
        index.add_with_ids(xb, IDS)
    index.set_parameters("nprobe=3" if "IVF" in factory else "")
    content = cfaiss.serialize(index)
    names, again, found = oracle("""
        def tree(index):
            index = faiss.downcast_index(index)
            parts = [getattr(index, name) for name in ("index", "base_index", "refine_index")
                     if hasattr(index, name)]
            return type(index).__name__, [tree(part) for part in parts]
        index = faiss.deserialize_index(content)
        return tree(index), faiss.serialize_index(index), index.search(xq, 9)
    """, content=content, xq=xq)
    np.testing.assert_array_equal(again, content)
    assert names[0] == cfaiss.deserialize(content).class_name
    assert_same_results(index.search(xq, 9), found)


@pytest.mark.parametrize("factory", [f for f in WRAPPERS if "IVF" not in f])
def test_wrappers_give_vectors_and_codes(oracle, data, factory):
    xb, xq = data
    content, index = from_oracle(oracle, factory, xb, ids=ids_of(factory))
    keys = IDS[:5] if "IDMap" in factory else np.arange(5, dtype=np.int64)
    answer = oracle("""
        index = faiss.deserialize_index(content)
        def attempt(f):
            try:
                return f()
            except RuntimeError:
                return None
        return {
            "reconstruct": attempt(lambda: np.stack([index.reconstruct(int(k)) for k in keys])),
            "searched": attempt(lambda: index.search_and_reconstruct(xq, 5)),
            "code_size": attempt(index.sa_code_size),
            "codes": attempt(lambda: index.sa_encode(xq)),
            "decoded": attempt(lambda: index.sa_decode(index.sa_encode(xq))),
        }
    """, content=content, xq=xq, keys=keys)
    if answer["reconstruct"] is not None:
        np.testing.assert_allclose(index.reconstruct_batch(keys), answer["reconstruct"], rtol=1e-6)
    else:
        with pytest.raises(cfaiss.Error):
            index.reconstruct(keys[0])
    if answer["searched"] is not None:
        ours = index.search_and_reconstruct(xq, 5)
        assert_same_results(ours[:2], answer["searched"][:2])
        np.testing.assert_allclose(ours[2], answer["searched"][2], rtol=1e-6)
    if answer["code_size"] is not None:
        assert index.sa_code_size() == answer["code_size"]
    if answer["codes"] is not None:
        ours = index.sa_encode(xq)
        np.testing.assert_allclose(ours.view(np.float32), answer["codes"].view(np.float32),
                                   rtol=1e-6)
        np.testing.assert_allclose(index.sa_decode(ours), answer["decoded"], rtol=1e-6)


@pytest.mark.parametrize("factory", ["IDMap,Flat", "IDMap2,Flat", "IDMap,IVF16,Flat",
                                     "IDMap2,L2norm,Flat"])
@pytest.mark.parametrize("name", ["range", "batch", "bitmap", "not"])
def test_idmap_translates_selectors(oracle, data, factory, name):
    xb, xq = data
    ids = np.random.default_rng(6).permutation(NB).astype(np.int64)
    content, index = from_oracle(oracle, factory, xb, ids=ids)
    params = parameters("IVF" if "IVF" in factory else factory, SELECTORS[name][0]())
    answer = oracle(f"""
        index = faiss.deserialize_index(content)
        sel = {SELECTORS[name][1]}
        params = (faiss.SearchParametersIVF(sel=sel, nprobe=6) if ivf
                  else faiss.SearchParameters(sel=sel))
        return index.search(xq, 9, params=params), index.range_search(xq, radius, params=params)
    """, content=content, xq=xq, some=SOME, bits=BITS, ivf="IVF" in factory,
        radius=1.0 if "L2norm" in factory else 20.0)
    assert_same_results(index.search(xq, 9, params), answer[0])
    assert_same_ranges(index.range_search(xq, 1.0 if "L2norm" in factory else 20.0, params),
                       answer[1])


@pytest.mark.parametrize("factory", ["IDMap,Flat", "IDMap2,Flat"])
def test_idmap_removes_and_merges(oracle, data, factory):
    xb, xq = data
    ids = IDS.copy()
    ids[3] = ids[400] = ids[20]  # one id three times
    content, index = from_oracle(oracle, factory, xb, ids=ids)
    other_content, other = from_oracle(oracle, factory, xb[:50] + 1, ids=np.arange(50))
    n, found, merged_bytes, removed_bytes, vector = oracle("""
        index = faiss.deserialize_index(content)
        n = index.remove_ids(gone)
        found = index.search(xq, 9)
        removed = faiss.serialize_index(index)
        index.merge_from(faiss.deserialize_index(other), 5000)
        vector = index.reconstruct(int(key)) if "IDMap2" in factory else None
        return n, found, faiss.serialize_index(index), removed, vector
    """, content=content, other=other_content, xq=xq, gone=ids[100:300], factory=factory,
        key=ids[20])
    assert index.remove_ids(ids[100:300]) == n
    assert_same_results(index.search(xq, 9), found)
    np.testing.assert_array_equal(cfaiss.serialize(index), removed_bytes)
    index.merge_from(other, 5000)
    np.testing.assert_array_equal(cfaiss.serialize(index), merged_bytes)
    if vector is not None:
        np.testing.assert_array_equal(index.reconstruct(int(ids[20])), vector)
        lib.faiss_IndexIDMap2_check_consistency(index)


@pytest.mark.parametrize("k_factor", [1.0, 1.5, 2.0, 7.3])
@pytest.mark.parametrize("metric", [cfaiss.METRIC_L2, cfaiss.METRIC_INNER_PRODUCT])
def test_refine_parameters(oracle, data, k_factor, metric):
    xb, xq = data
    content, index = from_oracle(oracle, "IVF16,Flat,RFlat", xb, metric)
    answer = oracle("""
        index = faiss.deserialize_index(content)
        params = faiss.IndexRefineSearchParameters(
            k_factor=k_factor, base_index_params=faiss.SearchParametersIVF(
                nprobe=5, sel=faiss.IDSelectorRange(100, 333)))
        return index.search(xq, 9, params=params), index.range_search(xq, radius, params=params)
    """, content=content, xq=xq, k_factor=k_factor, radius=RADIUS[metric])
    inner = cfaiss.new("SearchParametersIVF_new_with", SELECTORS["range"][0](), 5, 0)
    params = cfaiss.new("IndexRefineSearchParameters_new_with", k_factor, inner)
    assert_same_results(index.search(xq, 9, params), answer[0])
    assert_same_ranges(index.range_search(xq, RADIUS[metric], params), answer[1])
    plain = cfaiss.new("SearchParameters_new", None)
    with pytest.raises(cfaiss.Error, match="IndexRefineSearchParameters"):
        index.search(xq, 9, plain)


def test_refine_reorders_a_lossy_base(oracle, data):
    """The refine index has the vectors, the base index noisy ones."""
    xb, xq = data
    noisy = xb + np.random.default_rng(8).standard_normal(xb.shape).astype(np.float32)
    base = cfaiss.new("IndexFlat_new_with", D, cfaiss.METRIC_L2)
    base.add(noisy)
    index = cfaiss.new("IndexRefineFlat_new_with", base, xb)
    index.k_factor = 4.0
    found, ranges, content = oracle("""
        base = faiss.IndexFlat(noisy.shape[1], faiss.METRIC_L2)
        base.add(noisy)
        index = faiss.IndexRefineFlat(base, faiss.swig_ptr(xb))
        index.k_factor = 4
        return index.search(xq, 20), index.range_search(xq, 9.0), faiss.serialize_index(index)
    """, noisy=noisy, xb=xb, xq=xq)
    assert_same_results(index.search(xq, 20), found)
    assert_same_ranges(index.range_search(xq, 9.0), ranges)
    np.testing.assert_array_equal(cfaiss.serialize(index), content)


# ---- parameters -----------------------------------------------------------------------------

class Space:
    def __init__(self):
        self.pointer = ctypes.c_void_p()
        lib.faiss_ParameterSpace_new(ctypes.byref(self.pointer))

    def __del__(self):
        lib.faiss_ParameterSpace_free(self.pointer)

    def name(self, cno):
        buffer = np.zeros(200, np.uint8)
        lib.faiss_ParameterSpace_combination_name(self.pointer, cno,
                                                  ctypes.c_void_p(buffer.ctypes.data), 200)
        return bytes(buffer).split(b"\0")[0].decode()


@pytest.mark.parametrize("factory", [*WRAPPERS, "Flat", "IVF8,Flat", "IVF9,Flat", "IVF1,Flat",
                                     "IVF16384,Flat", "IVF64(IVF4,Flat,RFlat),Flat",
                                     "IVF64(L2norm,IVF4,Flat),Flat"])
def test_spaces_have_the_same_combinations(oracle, factory):
    index = cfaiss.index_factory(8, factory)
    theirs = oracle("""
        space = faiss.ParameterSpace()
        space.initialize(faiss.index_factory(8, factory))
        n = space.n_combinations()
        return [space.combination_name(c) for c in range(n)]
    """, factory=factory)
    space = Space()
    lib.faiss_ParameterSpace_initialize(space.pointer, index)
    n = lib.faiss_ParameterSpace_n_combinations(space.pointer)
    assert [space.name(c) for c in range(n)] == theirs


@pytest.mark.parametrize("text, good", [
    ("nprobe=3", True), ("nprobe=3,k_factor_rf=2.7", True), ("nprobe=3 k_factor_rf=5", True),
    ("", True), (" , ", True), ("nprobe=1e1", True), ("nprobe=2.9", True), ("verbose=1", True),
    ("max_codes=100", True), ("max_codes=inf", True), ("quantizer_verbose=1", True),
    ("nprobe", False), ("nprobe=x", False), ("nope=3", False), ("quantizer_nprobe=3", False),
    (" nprobe = 5", False), ("nprobe==5", False), ("=5", False)])
def test_parameters_from_texts(oracle, data, text, good):
    xb, _ = data
    content, index = from_oracle(oracle, "L2norm,IVF16,Flat,RFlat", xb)
    fields = oracle("""
        index = faiss.deserialize_index(content)
        try:
            faiss.ParameterSpace().set_index_parameters(index, text)
        except RuntimeError:
            return None
        ivf = faiss.extract_index_ivf(index)
        return (index.k_factor, index.verbose, index.base_index.verbose, ivf.verbose, ivf.nprobe,
                ivf.max_codes, ivf.quantizer.verbose)
    """, content=content, text=text)
    assert (fields is not None) == good
    if not good:
        with pytest.raises(cfaiss.Error):
            index.set_parameters(text)
        return
    index.set_parameters(text)
    pre = cfaiss.Index(index.base_index, borrowed=True)
    ivf = cfaiss.Index(pre.index, borrowed=True)
    quantizer = cfaiss.Index(ivf.quantizer, borrowed=True)
    assert fields == (index.k_factor, index.verbose, pre.verbose, ivf.verbose, ivf.nprobe,
                      ivf.max_codes, quantizer.verbose)


def test_operating_points_keep_the_pareto_front(oracle, tmp_path):
    rng = np.random.default_rng(9)
    perf = np.round(rng.random(300), 2)
    t = np.round(rng.random(300) * perf + 0.01, 2)
    optimal, times, all_text, optimal_text = oracle("""
        import tempfile, os
        points = faiss.OperatingPoints()
        optimal = [points.add(p, s, f"point {i}", i) for i, (p, s) in enumerate(zip(perf, t))]
        times = [points.t_for_perf(p) for p in np.arange(0, 1.1, 0.01)]
        texts = []
        with tempfile.TemporaryDirectory() as folder:
            for write in points.all_to_gnuplot, points.optimal_to_gnuplot:
                write(os.path.join(folder, "points"))
                texts.append(open(os.path.join(folder, "points")).read())
        return optimal, times, texts[0], texts[1]
    """, perf=perf, t=t)
    points, is_optimal = ctypes.c_void_p(), ctypes.c_int()
    lib.faiss_OperatingPoints_new(ctypes.byref(points))
    ours = []
    for i in range(len(perf)):
        lib.faiss_OperatingPoints_add(points, perf[i], t[i], f"point {i}", i,
                                      ctypes.byref(is_optimal))
        ours.append(bool(is_optimal.value))
    assert ours == optimal
    assert [lib.faiss_OperatingPoints_t_for_perf(points, p)
            for p in np.arange(0, 1.1, 0.01)] == times
    for write, text in ((lib.faiss_OperatingPoints_all_to_gnuplot, all_text),
                        (lib.faiss_OperatingPoints_optimal_to_gnuplot, optimal_text)):
        write(points, str(tmp_path / "points"))
        assert (tmp_path / "points").read_text() == text
    lib.faiss_OperatingPoints_free(points)


@pytest.mark.parametrize("name", ["OneRecallAtRCriterion", "IntersectionCriterion"])
def test_criteria(oracle, data, name):
    xb, xq = data
    exact = cfaiss.index_factory(D, "Flat")
    exact.add(xb)
    D_true, I_true = exact.search(xq, 10)
    rng = np.random.default_rng(10)
    I_found = I_true.copy()
    I_found[rng.random(I_found.shape) < 0.4] = 5
    I_found[:, 6:] = -1
    for R in (1, 4, 10):
        theirs = oracle(f"""
            criterion = faiss.{name}({NQ}, R)
            criterion.set_groundtruth(D_true, I_true)
            D, I = np.ascontiguousarray(D_true[:, :R]), np.ascontiguousarray(I_found[:, :R])
            return criterion.evaluate(faiss.swig_ptr(D), faiss.swig_ptr(I))
        """, D_true=D_true, I_true=I_true, I_found=I_found, R=R)
        criterion = cfaiss.new(f"{name}_new", NQ, R)
        lib.faiss_AutoTuneCriterion_set_groundtruth(criterion, 10, D_true, I_true)
        out = ctypes.c_double()
        lib.faiss_AutoTuneCriterion_evaluate(criterion, None,
                                             np.ascontiguousarray(I_found[:, :R]),
                                             ctypes.byref(out))
        assert out.value == theirs


def test_exploring_tries_the_same_combinations_in_the_same_order(oracle, data):
    """With n_experiments = 0 nothing depends on the clock: all combinations are measured."""
    xb, xq = data
    content, index = from_oracle(oracle, "IVF64,Flat,RFlat", xb)
    D_true, I_true = cfaiss.index_factory(D, "Flat"), None
    D_true.add(xb)
    D_true, I_true = D_true.search(xq, 10)
    theirs = oracle(f"""
        index = faiss.deserialize_index(content)
        criterion = faiss.IntersectionCriterion({NQ}, 10)
        criterion.set_groundtruth(D_true, I_true)
        space = faiss.ParameterSpace()
        space.verbose, space.n_experiments = 0, 0
        space.initialize(index)
        points = space.explore(index, xq, criterion)
        points = [points.all_pts.at(i) for i in range(points.all_pts.size())]
        return [(p.cno, p.key, p.perf) for p in points]
    """, content=content, xq=xq, D_true=D_true, I_true=I_true)
    criterion = cfaiss.new("IntersectionCriterion_new", NQ, 10)
    lib.faiss_AutoTuneCriterion_set_groundtruth(criterion, 10, D_true, I_true)
    space, points = Space(), ctypes.c_void_p()
    lib.faiss_ParameterSpace_initialize(space.pointer, index)
    lib.faiss_ParameterSpace_set_verbose(space.pointer, 0)
    lib.faiss_ParameterSpace_set_n_experiments(space.pointer, 0)
    lib.faiss_OperatingPoints_new(ctypes.byref(points))
    lib.faiss_ParameterSpace_explore(space.pointer, index, NQ, xq, criterion, points)

    class Point(ctypes.Structure):
        _fields_ = [("perf", ctypes.c_double), ("t", ctypes.c_double), ("key", ctypes.c_char_p),
                    ("cno", ctypes.c_int64)]

    vector = ctypes.cast(points, ctypes.POINTER(cfaiss.Vector)).contents
    found = ctypes.cast(vector.data, ctypes.POINTER(Point))[:vector.size]
    assert [(p.cno, p.key.decode(), p.perf) for p in found] == [tuple(p) for p in theirs]
    lib.faiss_OperatingPoints_free(points)
