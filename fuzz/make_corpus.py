#!/usr/bin/env python3
"""Writes fuzz/corpora/read_index: one small file for each description below, made by build/libfaiss.so.

Run it after adding a class: a fuzzer finds its way into a reader by starting from a sound file.
"""
import pathlib
import re
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "corpora" / "read_index"
sys.path.insert(0, str(HERE.parent / "tests" / "oracle"))

import cfaiss  # noqa: E402
from cfaiss import lib  # noqa: E402

N = 5
L2, IP, L1 = cfaiss.METRIC_L2, cfaiss.METRIC_INNER_PRODUCT, cfaiss.METRIC_L1
FILES = {  # of two dimensions
    "flat_l2": ("Flat", L2), "flat_ip": ("Flat", IP), "flat_l1": ("Flat", L1),
    "ivf": ("IVF3,Flat", L2), "ivf_dedup": ("IVF2,FlatDedup", L2),
    "ivf_ivf": ("IVF3(IVF2,Flat),Flat", IP), "ivf_sparse": ("IVF40,Flat", L2),
    "idmap": ("IDMap,Flat", L2), "idmap2_ivf": ("IDMap2,IVF2,Flat", L2),
    "refine_flat": ("IVF2,Flat,RFlat", L2), "refine": ("Flat,Refine(L2norm,Flat)", IP),
    "panorama_ip": ("FlatIPPanorama2_2", IP), "pretransform": ("L2norm,L2norm,IVF2,Flat", L2),
}
CODES = [  # of four dimensions, named after what they are
    "PQ2x2np", "PQ2x8", "PQ1x9np", "IVF2,PQ2x2np", "IVF2,PQ2x4", "IVF2,PQ2+1", "IMI2x2,PQ2x2np",
    "IVF2,Flat,Refine(PQ2x2np)", "SQ8", "SQ4", "SQ6", "SQfp16", "SQbf16", "SQtq3", "IVF2,SQ8",
    "IVF2,SQ6", "MinMax,SQ8", "MinMaxFP16,SQ4", "RQ2x3", "RQ2x3_Nqint8", "RQ2x3_Nfloat",
    "IVF2,RQ2x3_Nqint4", "LSQ2x3", "IVF2,LSQ2x3_Nfloat", "PRQ2x1x3", "IVF2,PRQ2x1x3_Ncqint8",
    "PLSQ2x1x3", "IVF2,PLSQ2x1x3", "HNSW2,Flat", "HNSW2,PQ2x2", "HNSW2,SQ8", "HNSW2,2+PQ2",
    "HNSW2,FlatPanorama2", "NSG2,Flat", "NSG2,PQ2x2", "NSG2,SQ8", "IVF3_HNSW2,Flat",
    "IVF3_NSG2,Flat", "LSH", "LSH9rt", "IVF2,ITQ2,SH1", "IVF2,PCA2,SH1c", "PCA2,Flat", "PCAWR2,Flat",
    "OPQ2,PQ2x2np", "ITQ2,LSHt", "RR3,Flat", "HR,Flat", "Pad9,Flat", "Residual2x2,PQ2x2",
    "Residual4,PQ2x5", "FlatL2Panorama2_2", "IVF2,FlatPanorama2_2", "ZnLattice2x4_4",
    "IVF4(RCQ2x1),Flat",
    "Flat,RefinePanorama(FlatL2Panorama2_1)", "IVF3_HNSW2,PQ2x2", "IDMap2,HNSW2,Flat",
]


def nndescent():
    return cfaiss.new("IndexNNDescentFlat_new_with", 4, 3, L2)


def cagra(numeric_type):
    return cfaiss.new("IndexHNSWCagra_new_with", 4, 2, L2, numeric_type)


def general_hnsw():
    """Over a storage that no class of graphs is named after."""
    storage = cfaiss.index_factory(4, "RQ2x3")
    return cfaiss.new("IndexHNSW_new_with", storage, 2)


def independent_quantizer():
    parts = (cfaiss.index_factory(4, "Flat"), cfaiss.index_factory(2, "IVF2,Flat"),
             cfaiss.new("PCAMatrix_new_with", 4, 2, 0, 0))
    return cfaiss.new("IndexIVFIndependentQuantizer_new_with", *parts)


def centering():
    flat, transform = cfaiss.index_factory(4, "Flat"), cfaiss.new("CenteringTransform_new_with", 4)
    return cfaiss.new("IndexPreTransform_new_with_transform", transform, flat)


BUILT = {  # no factory string makes them
    "NNDescent3_Flat": nndescent, "HNSWCagra2": lambda: cagra(0), "HNSWCagra2_fp16": lambda: cagra(1),
    "HNSW2_RQ2x3": general_hnsw, "IndependentQuantizer": independent_quantizer, "Centering_Flat": centering,
}


def make(rng, name, d, description, metric, index=None):
    try:
        index = index or cfaiss.index_factory(d, description, metric)
        index.train(rng.random((2000, d), np.float32))
        if "IDMap" in description:
            index.add_with_ids(rng.random((N, d), np.float32), np.arange(N) * 3)
        elif not description.startswith(("MinMax", "ZnLattice")):  # which only make codes
            index.add(rng.random((N, d), np.float32))
    except cfaiss.Error as e:
        sys.exit(f"{description}: {e}")
    lib.faiss_write_index_fname(index, str(FOLDER / name))
    return index


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    for name, (description, metric) in FILES.items():
        index = make(rng, name, 2, description, metric)
        if name == "ivf":
            for kind in 1, 2:  # with a direct map
                lib.faiss_IndexIVF_set_direct_map_type(index, kind)
                lib.faiss_write_index_fname(index, str(FOLDER / f"ivf_map{kind}"))
    for description in CODES:
        make(rng, re.sub(r"\W+", "_", description).strip("_"), 4, description, L2)
    for name, build in BUILT.items():
        make(rng, name, 4, name, L2, build())


if __name__ == "__main__":
    main()
