# packages: gptcache

"""GPTCache's store of vectors: ids removed, the index written and read again."""
import os
import tempfile

import numpy as np

from gptcache.manager import VectorBase
from gptcache.manager.vector_data.base import VectorData

from common import TEXTS, embed, report

folder = tempfile.mkdtemp ()
store = VectorBase ("faiss", dimension=32, top_k=3, index_path=os.path.join (folder, "faiss.index"))
store.mul_add ([VectorData (id=i + 10, data=np.array (embed (t), "float32")) for i, t in enumerate (TEXTS)])
queries = [np.array (embed (t)) for t in ("red river in winter", "black letter of iron", "green apple near town")]
found = [store.search (q, top_k=4) for q in queries]
store.delete ([found[0][0][1], found[1][0][1]])
after = [store.search (q) for q in queries]
store.flush ()
again = VectorBase ("faiss", dimension=32, top_k=3, index_path=os.path.join (folder, "faiss.index"))
report (found=found, after=after, again=[again.search (q) for q in queries], count=again.count ())
