"""Large arrays piece by piece: what NumPy does in one call, nothing ends; between two pieces Ctrl-C is heard."""

import numpy as np

# of elements: some milliseconds of what is done with them here
BLOCK = 1 << 20


def row_blocks (n, row_size=1):
    """Slices that cover n rows of row_size elements each."""
    step = max (1, BLOCK // max (1, row_size))
    return (slice (i, min (i + step, n)) for i in range (0, n, step))


def copied (x, dtype=None):
    """A C-contiguous copy, of another type maybe."""
    x = np.asarray (x)
    if x.size <= BLOCK or x.ndim == 0:
        return np.array (x, dtype=dtype, order="C")
    out = np.empty (x.shape, dtype=x.dtype if dtype is None else dtype)
    for rows in row_blocks (len (x), x.size // len (x)):
        out[rows] = x[rows]
    return out


def compact (x, dtype=None):
    """x as a C-contiguous array of a type, np.ascontiguousarray: a copy only where there must be one."""
    x = np.asarray (x)
    if x.size <= BLOCK or (x.flags.c_contiguous and (dtype is None or x.dtype == dtype)):
        return np.ascontiguousarray (x, dtype=dtype)
    return copied (x, dtype)


def taken (x, which):
    """x[which], rows of a matrix."""
    out = np.empty ((len (which), x.shape[1]), dtype=x.dtype)
    for rows in row_blocks (*out.shape):
        out[rows] = x[which[rows]]
    return out


def smallest (arrays, n):
    """The value that n of all values of some arrays (1-d, no NaN) come before when they are sorted, as np.partition
    finds it."""
    rs = np.random.RandomState (1)
    while True:
        count = sum (a.size for a in arrays)
        if count <= BLOCK:
            return np.partition (np.concatenate (arrays), n)[n]
        sample = np.concatenate ([a[rs.randint (0, a.size, 1 + 1000 * a.size // count)] for a in arrays if a.size])
        pivot = np.quantile (sample, n / count, method="lower")
        below, equal, above = [], 0, []
        for a in arrays:
            for rows in row_blocks (a.size):
                part = a[rows]
                below.append (part[part < pivot])
                above.append (part[part > pivot])
                equal += part.size - below[-1].size - above[-1].size
        n_below = sum (a.size for a in below)
        if n < n_below:
            arrays = below
        elif n < n_below + equal:
            return pivot
        else:
            arrays, n = above, n - n_below - equal
