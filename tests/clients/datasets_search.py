# packages: datasets
"""datasets: add_faiss_index."""
import os
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import datasets
import faiss

from common import report, vectors

datasets.disable_progress_bars ()
x, q = vectors (500, 24), vectors (5, 24, seed=2)
table = datasets.Dataset.from_dict ({"number": list (range (500)), "v": x.tolist ()})
results = {}
for name, options in {"flat": {}, "inner product": {"metric_type": faiss.METRIC_INNER_PRODUCT},
                      "factory": {"string_factory": "Flat"},
                      "custom": {"custom_index": faiss.IndexFlatL2 (24)}}.items ():
    table.add_faiss_index ("v", index_name=name, **options)
    scores, samples = table.get_nearest_examples (name, q[0], k=7)
    results[name] = scores, samples["number"]
    found = table.search_batch (name, q, k=3)
    results[name + " batch"] = found.total_scores, found.total_indices
with tempfile.TemporaryDirectory () as folder:
    table.save_faiss_index ("flat", folder + "/index.faiss")
    table.drop_index ("flat")
    table.load_faiss_index ("flat", folder + "/index.faiss")
    results["loaded"] = table.get_nearest_examples ("flat", q[1], k=4)[1]["number"]
report (**results)
