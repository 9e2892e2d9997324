# packages: mem0ai

"""mem0's store of memories: insert, filters, deletion by reconstruction, update, files."""
import os
import tempfile

os.environ["MEM0_TELEMETRY"] = "False"
os.environ["MEM0_DIR"] = tempfile.mkdtemp ()

from mem0.vector_stores.faiss import FAISS  # noqa: E402

from common import TEXTS, embed, report  # noqa: E402


def seen (results):
    return [[r.id, r.score, r.payload] for r in results]


results = {}
for strategy in "euclidean", "inner_product", "cosine":
    folder = tempfile.mkdtemp ()
    options = dict (collection_name="memories", path=os.path.join (folder, "store"), distance_strategy=strategy,
                    normalize_L2=strategy == "euclidean", embedding_model_dims=32)
    store = FAISS (**options)
    store.insert ([embed (t) for t in TEXTS], [{"color": t.split ()[0], "text": t} for t in TEXTS],
                  [f"id {i}" for i in range (len (TEXTS))])
    query = embed ("red river in winter")
    results[strategy] = [seen (store.search ("", query, top_k=5))]
    results[strategy].append (seen (store.search ("", query, top_k=3, filters={"color": "blue"})))
    first = results[strategy][0][0][0]
    store.delete (first)
    store.update ("id 8", embed ("red river in winter"), {"color": "new"})
    results[strategy].append (seen (store.search ("", query, top_k=5)))
    results[strategy].append (seen (FAISS (**options).search ("", [query], top_k=4)))
    results[strategy].append ([store.get (first), len (store.list ()[0]), store.col_info ()["count"]])
report (**results)
