#!/usr/bin/env python3
"""The other searches over product quantizer codes beside faiss-cpu 1.15.1, in turn; the best rounds
count: all search types of IndexPQ, MultiIndexQuantizer, IndexIVFPQR, IndexIVFPQ with other settings.

usage: bench_pq_types.py [--threads 1,2] [--batch 1,200] [--rounds 3] [--n 50000] [--only WORD,...]
                         [--data glove,fashion] [--train | --make]

The oracle trains; both sides search what it has written (kept in the folder IVF_CACHE, if that is
set). --train: training and adding instead; --make: those files only. Ratios above 1: we are faster. On one thread CPU time is
taken: taskset -c 1 python3 benchs/bench_pq_types.py --threads 1.
"""
import argparse
import ctypes
import os
import tempfile

import numpy as np

import common
from bench_ivfpq import TRAIN
from common import cfaiss, compare_results, numbers, timed, time_searches

NEW = """
    if spec.startswith("IMI") and "," not in spec:
        index = faiss.MultiIndexQuantizer(xb.shape[1], 2, int(spec[5:]))
    else:
        index = faiss.index_factory(xb.shape[1], spec, metric)
"""

MAKE = NEW + """
    index.train(xb[::max(1, len(xb) // 20000)])
    if "IMI" not in spec or "," in spec:
        index.add(xb)
    faiss.write_index(index, fname)
"""

ST_HE, ST_GENERALIZED_HE, ST_SDC, ST_POLYSEMOUS, ST_POLYSEMOUS_GENERALIZE = 1, 2, 3, 4, 5

# name: codes on GloVe, on Fashion-MNIST; what is set; k. (Where bytes are compared the oracle leaves
# out those behind the last eight, and GloVe has no fitting M.)
CASES = {
    "PQ": ("PQ50np", "PQ56np", {}, 10),
    "PQ-ip": ("PQ50np", "PQ56np", {"metric": 0}, 10),
    "PQ-k100": ("PQ50np", "PQ56np", {}, 100),
    "PQx4": ("PQ50x4np", "PQ56x4np", {}, 10),
    "PQx6": ("PQ50x6np", "PQ56x6np", {}, 10),
    "PQx12": ("PQ10x12np", "PQ16x12np", {}, 10),
    "HE": ("PQ50np", "PQ56np", {"search_type": ST_HE}, 10),
    "HE-8": ("PQ10np", "PQ8np", {"search_type": ST_HE}, 10),
    "generalized-HE": (None, "PQ56np", {"search_type": ST_GENERALIZED_HE}, 10),
    "SDC": ("PQ50np", "PQ56np", {"search_type": ST_SDC}, 10),
    "polysemous-tight": ("PQ50np", "PQ56np", {"search_type": ST_POLYSEMOUS, "ht": 0.40}, 10),
    "polysemous-loose": ("PQ50np", "PQ56np", {"search_type": ST_POLYSEMOUS, "ht": 0.60}, 10),
    "polysemous-generalized": (None, "PQ56np",
                               {"search_type": ST_POLYSEMOUS_GENERALIZE, "ht": 0.12}, 10),
    "IMI-k1": ("IMI2x8", "IMI2x8", {}, 1),
    "IMI-k16": ("IMI2x8", "IMI2x8", {}, 16),
    "IMI-k256": ("IMI2x8", "IMI2x8", {}, 256),
    "IMI10-k16": ("IMI2x10", "IMI2x10", {}, 16),
    "IVFPQ-ip": ("IVF1024,PQ50np", "IVF1024,PQ98np", {"metric": 0, "nprobe": 8}, 10),
    "IVFPQ-ht": ("IVF1024,PQ50np", "IVF1024,PQ98np", {"nprobe": 8, "ht": 0.45}, 10),
    "IVFPQx4": ("IVF1024,PQ50x4np", "IVF1024,PQ98x4np", {"nprobe": 8}, 10),
    "IVFPQx12": ("IVF256,PQ10x12np", "IVF256,PQ16x12np", {"nprobe": 8}, 10),
    "IVFPQ-direct": ("IVF1024,PQ50np", "IVF1024,PQ98np",
                     {"nprobe": 8, "use_precomputed_table": -1}, 10),
    "IMI-IVFPQ": ("IMI2x5,PQ50np", "IMI2x5,PQ98np", {"nprobe": 8}, 10),
    "IVFPQR-1": ("IVF1024,PQ25+10", "IVF1024,PQ49+14", {"nprobe": 1}, 10),
    "IVFPQR-16": ("IVF1024,PQ25+10", "IVF1024,PQ49+14", {"nprobe": 16}, 10),
}

SET = """
    index = faiss.searched
    bits = index.pq.M * index.pq.nbits
    for name, value in settings.items():
        if name == "ht":
            index.polysemous_ht = int(value * bits)
        elif name != "metric":
            setattr(index, name, value)
    if "use_precomputed_table" in settings:
        index.precompute_table()
"""


def set_ours(index, settings, bits):
    for name, value in settings.items():
        if name == "ht":
            index.polysemous_ht = int(value * bits)
        elif name != "metric":
            setattr(index, name, value)
    if "use_precomputed_table" in settings:
        index.call("precompute_table")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--batch", default="1,200")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--n", type=int, default=50000)
    parser.add_argument("--only", default="")
    parser.add_argument("--data", default="glove,fashion")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--make", action="store_true")
    args = parser.parse_args()
    oracle = common.Oracle()
    oracle("faiss.omp_set_num_threads(1)")
    print(common.cpu_name())
    worst = []
    for d, data in enumerate(("glove", "fashion")):
        if data not in args.data.split(","):
            continue
        xb, xq, _ = common.load(data, (common.GLOVE, common.FASHION)[d])
        xb = np.ascontiguousarray(xb[:args.n])
        for name, (*specs, settings, k) in CASES.items():
            if not specs[d] or args.only and not any(word in name for word in args.only.split(",")):
                continue
            spec, metric = specs[d], settings.get("metric", cfaiss.METRIC_L2)
            if args.train:
                worst += train(data, name, oracle, xb, spec, metric, numbers(args.threads))
                continue
            worst += search(data, name, oracle, xb, xq, spec, metric, settings, k, args)
    print("below 1.1:", *sorted(worst)[:20], sep="\n")


def report(data, name, what, ours, theirs, unit, scale, more=""):
    ratio = theirs / ours
    print(f"{data:8} {name:22} {what:22} ours {ours * scale:9.2f} {unit}, oracle "
          f"{theirs * scale:9.2f} {unit}, ratio {ratio:5.2f}{more}", flush=True)
    return [(round(ratio, 2), data, name, what)] if ratio < 1.1 else []


def search(data, name, oracle, xb, xq, spec, metric, settings, k, args):
    low = []
    with tempfile.TemporaryDirectory() as folder:
        fname = os.path.join(os.environ.get("IVF_CACHE", folder),
                             f"{data}.{len(xb)}.{metric}.{spec}.index")
        if not os.path.exists(fname):
            oracle(MAKE, xb=xb, metric=metric, fname=fname, spec=spec)
        oracle("faiss.queries = xq; faiss.searched = faiss.read_index(fname)", xq=xq, fname=fname)
        ours = cfaiss.read_index(fname)
    if args.make:
        return low
    bits = oracle("return faiss.searched.pq.M * faiss.searched.pq.nbits")
    if settings.get("search_type") == ST_SDC:  # which is not in files
        oracle("faiss.searched.pq.compute_sdc_table()")
        cfaiss.lib.faiss_ProductQuantizer_compute_sdc_table(
            cfaiss.lib.faiss_IndexPQ_pq(ours.address))
    oracle(SET, settings=settings)
    set_ours(ours, settings, bits)
    for threads in numbers(args.threads):
        cfaiss.set_threads(threads)
        oracle("faiss.omp_set_num_threads(t)", t=threads)
        for batch in numbers(args.batch):
            best, theirs = time_searches(oracle, ours, xq, threads, batch, k, args.rounds,
                                         args.rounds)
            try:
                same = f"same ids {compare_results(oracle, ours, xq[:50], k):.4f}"
            except AssertionError:  # the oracle's MultiIndexQuantizer may give a label twice
                same = "other distances"
            low += report(data, name, f"threads {threads} batch {batch}", best, theirs, "us", 1e6,
                          f", {same}")
    return low


def new_index(d, spec, metric):
    if "IMI" not in spec or "," in spec:
        return cfaiss.index_factory(d, spec, metric)
    out = ctypes.c_void_p()
    cfaiss.lib.faiss_MultiIndexQuantizer_new_with(ctypes.byref(out), d, 2, int(spec[5:]))
    return cfaiss.Index(out.value)


def train(data, name, oracle, xb, spec, metric, all_threads):
    low = []
    is_imi = "IMI" in spec and "," not in spec
    for threads in all_threads:
        cfaiss.set_threads(threads)
        code = TRAIN.replace("    index = faiss.index_factory(xb.shape[1], spec, metric)\n", NEW)
        code = code.replace("index.add(xb)", "pass") if is_imi else code
        theirs = oracle(code, xb=xb, spec=spec, metric=metric, threads=threads)
        index = new_index(xb.shape[1], spec, metric)
        sample = xb[::4].copy() if len(xb) > 100000 else xb
        ours = [timed(threads, lambda: index.train(sample))[0]]
        if not is_imi:
            ours.append(timed(threads, lambda: index.add(xb))[0])
        for what, a, b in zip(("train", "add"), ours, theirs):
            low += report(data, name, f"{what} threads {threads}", a, b, "s", 1)
    return low


if __name__ == "__main__":
    main()
