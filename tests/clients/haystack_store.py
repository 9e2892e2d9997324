# packages: faiss-haystack
"""haystack's document store on faiss."""
import tempfile

from haystack import Document
from haystack_integrations.components.retrievers.faiss import FAISSEmbeddingRetriever
from haystack_integrations.document_stores.faiss import FAISSDocumentStore

from common import TEXTS, embed, report

results = {}
with tempfile.TemporaryDirectory () as folder:
    store = FAISSDocumentStore (index_path=folder + "/store", embedding_dim=32)
    store.write_documents ([Document (id=str (i), content=t, embedding=embed (t), meta={"i": i})
                            for i, t in enumerate (TEXTS)])
    retriever = FAISSEmbeddingRetriever (document_store=store, top_k=5)
    for text in "blue river", "letter of iron":
        found = retriever.run (query_embedding=embed (text))["documents"]
        results[text] = [(d.id, float (d.score)) for d in found]
    store.delete_documents (["3", "9"])
    results["count"] = store.count_documents ()
    found = retriever.run (query_embedding=embed ("red apple"),
                           filters={"field": "meta.i", "operator": ">", "value": 5})["documents"]
    results["filter"] = [(d.id, float (d.score)) for d in found]
report (**results)
