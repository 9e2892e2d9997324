# packages: langchain-community
"""langchain-community's FAISS store."""
import tempfile
import warnings

warnings.simplefilter ("ignore")
from langchain_community.vectorstores import FAISS
from langchain_community.vectorstores.utils import DistanceStrategy
from langchain_core.embeddings import Embeddings

from common import TEXTS, embed, report


class Words (Embeddings):
    def embed_documents (self, texts):
        return [embed (t) for t in texts]

    def embed_query (self, text):
        return embed (text)


def found (results):
    return [(d.page_content, float (s)) for d, s in results]


words = Words ()
ids = [str (i) for i in range (len (TEXTS))]
store = FAISS.from_texts (TEXTS, words, metadatas=[{"i": i} for i in range (len (TEXTS))], ids=ids)
results = {"search": found (store.similarity_search_with_score ("blue river", k=6))}
results["filter"] = found (store.similarity_search_with_score ("blue river", k=3, filter={"i": 50}))
results["mmr"] = [d.page_content for d in store.max_marginal_relevance_search ("red house", k=4,
                                                                            fetch_k=20)]
store.delete (ids[:7])
store.add_texts (["blue river in autumn"], ids=["new"])
other = FAISS.from_texts (["green engine of wood"], words, ids=["other"])
store.merge_from (other)
results["changed"] = found (store.similarity_search_with_score ("blue river", k=5))
results["ntotal"] = store.index.ntotal
with tempfile.TemporaryDirectory () as folder:
    store.save_local (folder)
    again = FAISS.load_local (folder, words, allow_dangerous_deserialization=True)
    results["loaded"] = found (again.similarity_search_with_score ("green engine", k=5))
again = FAISS.deserialize_from_bytes (store.serialize_to_bytes (), words,
                                      allow_dangerous_deserialization=True)
results["bytes"] = found (again.similarity_search_with_score ("green engine", k=5))
inner = FAISS.from_texts (TEXTS, words, distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT,
                          normalize_L2=True)
results["inner product"] = found (inner.similarity_search_with_relevance_scores ("black letter", k=5))
report (**results)
