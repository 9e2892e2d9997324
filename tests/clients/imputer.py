# packages: faiss-imputer

"""faiss-imputer: an estimator of scikit-learn's that fills in what is missing by neighbours' values."""
import pickle

import numpy as np
from faiss_imputer import FaissImputer
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from common import report, vectors

x = vectors (400, 8).astype (float)
y = x @ np.arange (8)
x[np.random.RandomState (3).rand (*x.shape) < .05] = np.nan
results = {}
for metric in "l2", "ip":
    for strategy in "mean", "median":
        for weights in "uniform", "distance":
            try:
                imputer = FaissImputer (5, metric=metric, strategy=strategy, weights=weights)
                filled = imputer.fit_transform (x)
            except ValueError as error:
                results[f"{metric} {strategy} {weights}"] = str (error)
                continue
            assert np.isfinite (filled).all ()
            results[f"{metric} {strategy} {weights}"] = filled[np.isnan (x)]
for text in "IVF4,Flat", "HNSW16", "SQ8":
    imputer = FaissImputer (3, index_factory=text).fit (x)
    results[text] = imputer.transform (x[:50]).sum (axis=0)
again = pickle.loads (pickle.dumps (FaissImputer (3).fit (x)))
np.testing.assert_array_equal (again.transform (x), clone (again).fit_transform (x))
pipeline = make_pipeline (FaissImputer (4), LinearRegression ())
results["scores"] = cross_val_score (pipeline, x, y, cv=4)
report (**results)
