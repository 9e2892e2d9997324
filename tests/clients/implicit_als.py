# packages: implicit
# relative: 0.02
"""implicit: FaissModel, recommendations by an inverted file."""
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy as np
import scipy.sparse
from implicit.als import AlternatingLeastSquares
from implicit.ann.faiss import FaissModel

from common import report

rng = np.random.RandomState (3)
taste, kind = rng.randint (0, 8, 400), rng.randint (0, 8, 300)
seen = (rng.rand (400, 300) < .02 + .3 * (taste[:, None] == kind)).astype ("float32")
model = FaissModel (AlternatingLeastSquares (factors=16, iterations=10, random_state=7, num_threads=1),
                    nlist=8, nprobe=8, use_gpu=False)
model.fit (scipy.sparse.csr_matrix (seen), show_progress=False)
right, scores = [], []
for user in range (0, 400, 10):
    ids, s = model.recommend (user, scipy.sparse.csr_matrix (seen[user]), N=10,
                              filter_already_liked_items=False)
    right += (kind[ids] == taste[user]).tolist ()
    scores += s.tolist ()
ids, s = model.similar_items (5, N=8)
report (share_of_right=float (np.mean (right)), scores=scores, similar=ids, similarity=s)
