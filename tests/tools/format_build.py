"""Builds the small indexes described by format_cases.tsv with upstream Faiss.

Used by write_cases.py; needs the faiss Python package.
"""

import os

import faiss
import numpy as np

from format_cases import SEED, binary_data, float_data

METRICS = {
    "IP": faiss.METRIC_INNER_PRODUCT, "L2": faiss.METRIC_L2,
    "L1": faiss.METRIC_L1, "Linf": faiss.METRIC_Linf, "Lp": faiss.METRIC_Lp,
    "Canberra": faiss.METRIC_Canberra, "BrayCurtis": faiss.METRIC_BrayCurtis,
    "JensenShannon": faiss.METRIC_JensenShannon,
    "Jaccard": faiss.METRIC_Jaccard,
    "NaNEuclidean": faiss.METRIC_NaNEuclidean, "GOWER": faiss.METRIC_GOWER,
}

# --------------------------------------------------------------------------
# Indexes that no factory string describes
# --------------------------------------------------------------------------

RECIPES = {}


def recipe(function):
    RECIPES[function.__name__] = function
    return function


KEPT = []


def keep(owner, *things):
    """Python objects that `owner` points to must outlive it."""
    KEPT.append((owner, things))
    return owner


def ivf_of(index):
    return faiss.extract_index_ivf(index)


@recipe
def hnsw_base(d, metric):
    storage = faiss.IndexFlat(d, metric)
    return keep(faiss.IndexHNSW(storage, 4), storage)


@recipe
def hnsw_cagra(d, metric):
    return faiss.IndexHNSWCagra(d, 4, metric)


@recipe
def hnsw_rabitq1(d, metric):
    return faiss.IndexHNSWRaBitQ(d, 4, 1, metric)


@recipe
def hnsw_rabitq4(d, metric):
    return faiss.IndexHNSWRaBitQ(d, 4, 4, metric)


@recipe
def hnsw_2level(d, metric):
    quantizer = faiss.IndexFlatL2(d)
    return keep(faiss.IndexHNSW2Level(quantizer, 4, 2, 4), quantizer)


@recipe
def nndescent_flat(d, metric):
    index = faiss.IndexNNDescentFlat(d, 8, metric)
    index.nndescent.S, index.nndescent.R, index.nndescent.L = 6, 8, 12
    index.nndescent.iter = 2
    return index


@recipe
def two_layer_flat(d, metric):
    quantizer = faiss.IndexFlatL2(d)
    return keep(faiss.Index2Layer(quantizer, 4, 2, 4), quantizer)


@recipe
def rowwise_minmax(d, metric):
    sub = faiss.index_factory(d, "SQ8", metric)
    return keep(faiss.IndexRowwiseMinMax(sub), sub)


@recipe
def rowwise_minmax_fp16(d, metric):
    sub = faiss.index_factory(d, "SQ4", metric)
    return keep(faiss.IndexRowwiseMinMaxFP16(sub), sub)


@recipe
def ivf_independent(d, metric):
    quantizer = faiss.IndexFlat(d, metric)
    ivf = faiss.index_factory(d // 2, "IVF4,Flat", metric)
    vt = faiss.PCAMatrix(d, d // 2)
    return keep(faiss.IndexIVFIndependentQuantizer(quantizer, ivf, vt),
                quantizer, ivf, vt)


@recipe
def ivf_independent_pq(d, metric):
    quantizer = faiss.IndexFlat(d, metric)
    ivf = faiss.index_factory(d, "IVF4,PQ2x4np", metric)
    return keep(faiss.IndexIVFIndependentQuantizer(quantizer, ivf),
                quantizer, ivf)


@recipe
def sq_8bit_uniform(d, metric):
    return faiss.IndexScalarQuantizer(
        d, faiss.ScalarQuantizer.QT_8bit_uniform, metric)


@recipe
def sq_4bit_uniform(d, metric):
    return faiss.IndexScalarQuantizer(
        d, faiss.ScalarQuantizer.QT_4bit_uniform, metric)


@recipe
def sq_eden3(d, metric):
    return faiss.IndexScalarQuantizer(
        d, faiss.ScalarQuantizer.QT_3bit_eden, metric)


@recipe
def sq_eden8(d, metric):
    return faiss.IndexScalarQuantizer(
        d, faiss.ScalarQuantizer.QT_8bit_eden, metric)


@recipe
def refine_panorama(d, metric):
    base = faiss.index_factory(d, "PQ4x4np", metric)
    refine = faiss.IndexFlatL2Panorama(d, 2)
    return keep(faiss.IndexRefinePanorama(base, refine), base, refine)


@recipe
def center_transform(d, metric):
    vt, sub = faiss.CenteringTransform(d), faiss.IndexFlat(d, metric)
    return keep(faiss.IndexPreTransform(vt, sub), vt, sub)


@recipe
def itq_matrix_transform(d, metric):
    vt, sub = faiss.ITQMatrix(d), faiss.IndexFlat(d, metric)
    return keep(faiss.IndexPreTransform(vt, sub), vt, sub)


@recipe
def remap_uniform(d, metric):
    vt = faiss.RemapDimensionsTransform(d, d + 3, True)
    sub = faiss.IndexFlat(d + 3, metric)
    return keep(faiss.IndexPreTransform(vt, sub), vt, sub)


@recipe
def linear_with_bias(d, metric):
    vt, sub = faiss.LinearTransform(d, 3, True), faiss.IndexFlat(3, metric)
    faiss.copy_array_to_vector(float_data(3, d).ravel(), vt.A)
    faiss.copy_array_to_vector(float_data(1, 3).ravel(), vt.b)
    vt.is_trained = True
    return keep(faiss.IndexPreTransform(vt, sub), vt, sub)


@recipe
def pca_balanced(d, metric):
    vt, sub = faiss.PCAMatrix(d, 4), faiss.IndexFlat(4, metric)
    vt.balanced_bins = 2
    return keep(faiss.IndexPreTransform(vt, sub), vt, sub)


@recipe
def empty_chain(d, metric):
    sub = faiss.IndexFlat(d, metric)
    return keep(faiss.IndexPreTransform(sub), sub)


@recipe
def hadamard_npot(d, metric):
    vt = faiss.HadamardRotation(d, 77)
    sub = faiss.IndexFlat(vt.d_out, metric)
    return keep(faiss.IndexPreTransform(vt, sub), vt, sub)


@recipe
def ivf_residual_coarse(d, metric):
    quantizer = faiss.ResidualCoarseQuantizer(d, 2, 2)
    ivf = faiss.IndexIVFFlat(quantizer, d, 16)
    ivf.quantizer_trains_alone = 1
    return keep(ivf, quantizer)


@recipe
def ivf_in_ivf_quantizer(d, metric):
    coarse = faiss.index_factory(d, "IVF2,Flat", metric)
    ivf = faiss.IndexIVFFlat(coarse, d, 4, metric)
    return keep(ivf, coarse)


@recipe
def ivf_no_lists(d, metric):
    quantizer = faiss.IndexFlat(d, metric)
    ivf = faiss.IndexIVFFlat(quantizer, d, 4, metric, False)
    return keep(ivf, quantizer)


@recipe
def ivfpq_polysemous(d, metric):
    index = faiss.index_factory(d, "IVF4,PQ2x4", metric)
    index.do_polysemous_training = True
    return index


@recipe
def sh_median(d, metric):
    quantizer = faiss.IndexFlat(d, metric)
    index = faiss.IndexIVFSpectralHash(quantizer, d, 4, 8, 1.5)
    index.threshold_type = faiss.IndexIVFSpectralHash.Thresh_median
    return keep(index, quantizer)


@recipe
def multi_index_quantizer2(d, metric):
    a, b = faiss.IndexFlatL2(d // 2), faiss.IndexFlatL2(d // 2)
    return keep(faiss.MultiIndexQuantizer2(d, 2, a, b), a, b)


@recipe
def flat_1d(d, metric):
    return faiss.IndexFlat1D()


@recipe
def nested_id_maps(d, metric):
    index = faiss.IndexFlat(d, metric)
    things = [index]
    for i in range(5):
        index = (faiss.IndexIDMap, faiss.IndexIDMap2)[i % 2](index)
        things.append(index)
    return keep(index, *things[:-1])


@recipe
def binary_from_float(d, metric):
    sub = faiss.IndexFlatL2(d)
    return keep(faiss.IndexBinaryFromFloat(sub), sub)


@recipe
def binary_hnsw_cagra(d, metric):
    return faiss.IndexBinaryHNSWCagra(d, 4)


@recipe
def binary_ivf_no_lists(d, metric):
    quantizer = faiss.IndexBinaryFlat(d)
    return keep(faiss.IndexBinaryIVF(quantizer, d, 4, False), quantizer)


# --------------------------------------------------------------------------
# Options: things done to an index after it was made
# --------------------------------------------------------------------------


def set_attribute(index, value, work_dir):
    path, number = value.split(":")
    *parents, last = path.split(".")
    for name in parents:
        index = getattr(index, name)
    old = getattr(index, last)
    setattr(index, last, type(old)(float(number)) if not isinstance(
        old, bool) else number == "1")


def make_direct_map(index, value, work_dir):
    ivf = index if isinstance(index, faiss.IndexBinary) else ivf_of(index)
    ivf.set_direct_map_type(int(value))


def to_ondisk(index, value, work_dir):
    ivf = index if isinstance(index, faiss.IndexBinary) else ivf_of(index)
    name = os.path.join(work_dir, value)
    lists = faiss.OnDiskInvertedLists(ivf.nlist, ivf.code_size, name)
    source = ivf.invlists
    if getattr(source, "nlist", 0):
        for i in range(ivf.nlist):
            n = source.list_size(i)
            if n:
                lists.add_entries(i, n, source.get_ids(i), source.get_codes(i))
    ivf.replace_invlists(lists, True)
    lists.this.disown()


def flip_to_ivf(index, value, work_dir):
    index.flip_to_ivf()


def remove_first(index, value, work_dir):
    index.remove_ids(np.arange(int(value), dtype="int64"))


def duplicate(index, value, work_dir):
    index.add(float_data(int(value), index.d, SEED + 1))


def drop_storage(index, value, work_dir):
    index.storage = None


def base_level_only(index, value, work_dir):
    index.base_level_only = True


OPTIONS = {
    "direct_map": make_direct_map,
    "ondisk": to_ondisk,
    "flip_to_ivf": flip_to_ivf,
    "remove": remove_first,
    "add_again": duplicate,
    "set": set_attribute,
    "base_level_only": base_level_only,
}

BEFORE_TRAIN = {"set_first": set_attribute}


# --------------------------------------------------------------------------
# From a case to a file
# --------------------------------------------------------------------------


def make_index(case):
    metric = METRICS.get(case.metric, faiss.METRIC_L2)
    if case.kind == "binary":
        return faiss.index_binary_factory(case.d, case.spec)
    if case.kind in ("recipe", "binary_recipe"):
        return RECIPES[case.spec](case.d, metric)
    return faiss.index_factory(case.d, case.spec, metric)


def fill(case, index, work_dir):
    options = dict(case.options)
    data = binary_data if case.kind.startswith("binary") else float_data
    for name, value in case.options:
        if name in BEFORE_TRAIN:
            BEFORE_TRAIN[name](index, value, work_dir)
    if case.ntrain:
        index.train(data(case.ntrain, case.d))
    if case.nadd:
        x = data(case.nadd, case.d, SEED + 1)
        if "ids" in options:
            ids = np.arange(case.nadd, dtype="int64") * 7 + int(options["ids"])
            index.add_with_ids(x, ids)
        else:
            index.add(x)
    for name, value in case.options:
        if name in OPTIONS:
            OPTIONS[name](index, value, work_dir)
    return index


def write_case(case, name, work_dir):
    """Build the case and write it with upstream; returns the object."""
    options = dict(case.options)
    if case.kind == "pq":
        m, nbits = (int(v) for v in case.spec.split("x"))
        pq = faiss.ProductQuantizer(case.d, m, nbits)
        pq.train(float_data(case.ntrain, case.d))
        faiss.write_ProductQuantizer(pq, name)
        return pq
    index = fill(case, make_index(case), work_dir)
    if case.kind in ("binary", "binary_recipe"):
        faiss.write_index_binary(index, name)
    elif case.kind == "transform":
        faiss.write_VectorTransform(index.chain.at(0), name)
    elif case.kind == "invlists":
        writer = faiss.FileIOWriter(name)
        faiss.write_InvertedLists(ivf_of(index).invlists, writer)
        del writer
    elif case.kind in ("factory", "recipe"):
        faiss.write_index(index, name, int(options.get("io_flags", "0")))
    else:
        raise ValueError(f"unknown kind {case.kind}")
    return index
