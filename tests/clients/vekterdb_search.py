# packages: vekterdb

"""VekterDB: records of a data base found by their vectors; runtime parameters as text, k-NN of all records."""
import os
import tempfile

import sqlalchemy as sa

import faiss
from vekterdb import VekterDB

from common import report, vectors

faiss.GpuIndex = type ("GpuIndex", (), {})  # VekterDB asks for it; builds for CPUs, upstream's too, have none
x = vectors (600, 16)
folder = tempfile.mkdtemp ()
results = {}
for name, factory, metric, parameters in (
        ("flat", "Flat", "l2", None), ("ivf", "IVF8,Flat", "inner_product", "nprobe=4"),
        ("graph", "IVF16_HNSW8,Flat", "l2", "nprobe=8,quantizer_efSearch=40"),
        ("codes", "OPQ4_8,IVF8,SQ8", "l2", "nprobe=8")):
    db = VekterDB ("vectors", columns_dict={"name": {"type": sa.types.String, "index": True}},
                   url=f"sqlite:///{folder}/{name}.db")
    db.insert ({"idx": i, "name": f"row {i}", "vector": v} for i, v in enumerate (x))
    db.create_index (f"{folder}/{name}.index", factory, metric)
    if parameters:
        db.set_faiss_runtime_parameters (parameters)
    found = db.search (x[:6] + .1, 4, "idx", "name")
    near = db.nearest_neighbors (db.Record.idx.in_ ([5, 77]), 3, "idx", "name") if name == "flat" else []
    db.save (f"{folder}/{name}.json") if hasattr (db, "save") else None
    again = VekterDB ("vectors", url=f"sqlite:///{folder}/{name}.db", faiss_index=f"{folder}/{name}.index")
    results[name] = [found, near, again.index.ntotal, os.path.exists (f"{folder}/{name}.index")]
report (**results)
