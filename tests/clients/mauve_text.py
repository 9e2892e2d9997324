# packages: mauve-text
# relative: 0.03
"""mauve-text: compares two samples by k-means of their features."""
from mauve import compute_mauve

from common import report, vectors

p, q = vectors (600, 40), vectors (600, 40, seed=3)
out = compute_mauve (p_features=p, q_features=q, num_buckets=20, verbose=False, seed=5)
same = compute_mauve (p_features=p, q_features=vectors (600, 40, seed=1), num_buckets=20, seed=5)
report (mauve=float (out.mauve), same=float (same.mauve), buckets=int (out.num_buckets))
