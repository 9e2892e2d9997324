# packages: llama-index-vector-stores-faiss
"""llama-index's vector stores on an index of faiss."""
import tempfile

import faiss
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery
from llama_index.vector_stores.faiss import FaissVectorStore

from common import TEXTS, embed, report

nodes = [TextNode (id_=str (i), text=t, embedding=embed (t)) for i, t in enumerate (TEXTS)]
results = {}
for name, index in [("flat", faiss.IndexFlatL2 (32)), ("inner product", faiss.IndexFlatIP (32)),
                    ("hnsw", faiss.index_factory (32, "HNSW8,Flat") if hasattr (
                        faiss, "IndexHNSWFlat") else faiss.IndexFlatL2 (32))]:
    store = FaissVectorStore (faiss_index=index)
    store.add (nodes)
    for text in "blue river", "letter of iron":
        found = store.query (VectorStoreQuery (query_embedding=embed (text), similarity_top_k=4))
        results[f"{name} {text}"] = found.ids, found.similarities
with tempfile.TemporaryDirectory () as folder:
    store = FaissVectorStore (faiss_index=faiss.IndexFlatL2 (32))
    store.add (nodes)
    store.persist (folder + "/index.json")
    store = FaissVectorStore.from_persist_path (folder + "/index.json")
    found = store.query (VectorStoreQuery (query_embedding=embed ("red apple"), similarity_top_k=4))
    results["loaded"] = found.ids, found.similarities
try:
    from llama_index.vector_stores.faiss import FaissMapVectorStore
except ImportError:
    pass
else:
    store = FaissMapVectorStore (faiss_index=faiss.IndexIDMap2 (faiss.IndexFlatL2 (32)))
    store.add (nodes)
    store.delete_nodes (["3", "9"])
    found = store.query (VectorStoreQuery (query_embedding=embed ("red apple"), similarity_top_k=8))
    results["map"] = found.ids, found.similarities
report (**results)
