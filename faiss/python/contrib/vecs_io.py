"""Files of vectors with their dimension in front of each: .fvecs, .ivecs, .bvecs."""

import pathlib
import re

import numpy as np

from faiss.blocks import compact, copied, row_blocks


def _mapped (fname, item_bytes):
    """The rows of a file as bytes, shape (n, 4 + d * item_bytes), and d."""
    data = np.memmap (fname, dtype="uint8", mode="r")
    if data.size < 4:
        raise ValueError (f"{fname}: no dimension in {data.size} bytes")
    d = int (data[:4].view ("<i4")[0])
    row = 4 + d * item_bytes
    if d <= 0 or data.size % row != 0:
        raise ValueError (f"{fname}: {data.size} bytes are no vectors of dimension {d}")
    return data.reshape (-1, row), d


def ivecs_mmap (fname):
    """The vectors of an .ivecs file, int32, mapped."""
    rows, d = _mapped (fname, 4)
    return rows.view ("<i4")[:, 1:]


def fvecs_mmap (fname):
    """The vectors of an .fvecs file, float32, mapped."""
    return ivecs_mmap (fname).view ("float32")


def bvecs_mmap (fname):
    """The vectors of a .bvecs file, uint8, mapped."""
    rows, d = _mapped (fname, 1)
    return rows[:, 4:]


def ivecs_read (fname):
    """The vectors of an .ivecs file, in memory."""
    return copied (ivecs_mmap (fname))


def fvecs_read (fname):
    """The vectors of an .fvecs file, in memory."""
    return copied (fvecs_mmap (fname))


def ivecs_write (fname, m):
    """Write a matrix of integers."""
    m = np.asarray (m)
    n, d = m.shape
    with open (fname, "wb") as f:
        for part in row_blocks (n, d):
            rows = np.empty ((len (m[part]), d + 1), dtype="<i4")
            rows[:, 0], rows[:, 1:] = d, m[part]
            f.write (rows)


def fvecs_write (fname, m):
    """Write a matrix of float32 numbers."""
    ivecs_write (fname, compact (m, "float32").view ("int32"))


def bvecs_iter (filepath, batch_size=100000):
    """Batches of the vectors of a .bvecs file, each read when its turn comes."""
    vectors = bvecs_mmap (filepath)
    for i in range (0, len (vectors), batch_size):
        yield np.array (vectors[i:i + batch_size])


def bvecs_iter_chunked (chunk_folder, batch_size=100000):
    """The same over the files chunk_0000.bvecs, chunk_0001.bvecs, ... of a folder."""
    files = sorted (pathlib.Path (chunk_folder).glob ("chunk_*.bvecs"),
                    key=lambda p: int (re.sub (r"\D", "", p.stem) or 0))
    waiting, n = [], 0
    for path in files:
        vectors = bvecs_mmap (str (path))
        at = 0
        while at < len (vectors):
            part = np.array (vectors[at:at + batch_size - n])
            waiting.append (part)
            at += len (part)
            n += len (part)
            if n == batch_size:
                yield np.concatenate (waiting)
                waiting, n = [], 0
    if n:
        yield np.concatenate (waiting)
