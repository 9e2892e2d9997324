# packages: wm-faiss

"""wm-faiss: a classifier of scikit-learn's; its index outlives the function that made the quantizer."""
import gc

import numpy as np
from sklearn.model_selection import GridSearchCV, train_test_split
from wm_faiss.faiss_knn import FaissKnn

from common import report, vectors

x = vectors (800, 12)
y = (x[:, 0] > 0).astype (int) + (x[:, 1] > .5)
train, test, labels, expected = train_test_split (x, y, random_state=0)
results = {}
for p in 1, 2, np.inf:
    for centroids in 1, 8:
        model = FaissKnn (n_neighbors=5, p=p, n_centroids=centroids, weights="distance").fit (train, labels)
        gc.collect ()
        results[f"{p} {centroids}"] = model.predict (test)[:30 if centroids == 1 else 0]
        results[f"{p} {centroids} score"] = round (model.score (test, expected), 1)
search = GridSearchCV (FaissKnn (), {"n_neighbors": [1, 3], "p": [1, 2]}, cv=3).fit (train, labels)
results["best"] = search.best_params_
report (**results)
