# packages: autofaiss pyarrow<20
# relative: 0.02
"""autofaiss: chooses, builds and measures an index."""
import tempfile

import numpy as np
from autofaiss import build_index

from common import report, vectors

x, q = vectors (3000, 32), vectors (20, 32, seed=2)
results = {}
with tempfile.TemporaryDirectory () as folder:
    np.save (folder + "/part1.npy", x[:1500])
    np.save (folder + "/part2.npy", x[1500:])
    for key in "Flat", "IVF16,Flat":
        index, infos = build_index (folder, index_path=folder + "/knn.index", metric_type="l2",
                                    index_infos_path=folder + "/infos.json", index_key=key,
                                    save_on_disk=True, max_index_memory_usage="1G",
                                    current_memory_available="2G", nb_cores=2, verbose=50)
        D, I = index.search (q, 3)
        results[key] = I[:, 0], D[:, 0], infos["nb vectors"], infos["vectors dimension"]
index, infos = build_index (x, save_on_disk=False, metric_type="ip", max_index_memory_usage="1G",
                            current_memory_available="2G", nb_cores=2, verbose=50)
results["chosen"] = type (index).__name__
results["chosen finds"] = float ((index.search (q, 1)[1].ravel () == (q @ x.T).argmax (1)).mean ())
report (**results)
