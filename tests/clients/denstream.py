# packages: faisst-denstream

"""DenStream on FAISS: clusters of points that keep coming, with scikit-learn's conventions."""
import numpy as np

from faisst_denstream.DenStream import DenStream

from common import report, vectors

x = vectors (1500, 8)
model = DenStream (lamb=.01, mu=4, beta=.4, epsilon=1.6, n_init_points=300, stream_speed=50)
labels = []
for i in range (0, 1500, 300):
    model.partial_fit (x[i:i + 300])
    labels.append (np.asarray (model.predict (x[i:i + 100])))
report (labels=labels, params=model.get_params ())
