#!/usr/bin/env python3
"""Writes fuzz/corpora/read_index: one small file for each description below, made by build/libfaiss.so.

Run it after adding a class: a fuzzer finds its way into a reader by starting from a sound file.
"""
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "oracle"))

import cfaiss  # noqa: E402
from cfaiss import lib  # noqa: E402

D, N = 2, 5
L2, IP, L1 = cfaiss.METRIC_L2, cfaiss.METRIC_INNER_PRODUCT, cfaiss.METRIC_L1
FILES = {
    "flat_l2": ("Flat", L2), "flat_ip": ("Flat", IP), "flat_l1": ("Flat", L1),
    "ivf": ("IVF3,Flat", L2), "ivf_dedup": ("IVF2,FlatDedup", L2),
    "ivf_ivf": ("IVF3(IVF2,Flat),Flat", IP), "ivf_sparse": ("IVF40,Flat", L2),
    "idmap": ("IDMap,Flat", L2), "idmap2_ivf": ("IDMap2,IVF2,Flat", L2),
    "refine_flat": ("IVF2,Flat,RFlat", L2), "refine": ("Flat,Refine(L2norm,Flat)", IP),
    "pretransform": ("L2norm,L2norm,IVF2,Flat", L2),
}


def main():
    folder = HERE / "corpora" / "read_index"
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    for name, (description, metric) in FILES.items():
        try:
            index = cfaiss.index_factory(D, description, metric)
        except cfaiss.Error as e:
            print(e)
            continue
        index.train(rng.random((2000, D), np.float32))
        index.add_with_ids(rng.random((N, D), np.float32), np.arange(N) * 3) \
            if "IDMap" in description else index.add(rng.random((N, D), np.float32))
        lib.faiss_write_index_fname(index, str(folder / name))
        if name == "ivf":
            for kind in 1, 2:  # with a direct map
                lib.faiss_IndexIVF_set_direct_map_type(index, kind)
                lib.faiss_write_index_fname(index, str(folder / f"ivf_map{kind}"))


if __name__ == "__main__":
    main()
