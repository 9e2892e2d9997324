"""Progress bars for long calls: faiss.set_progress ()."""
from __future__ import annotations

import sys
import time
from typing import Any, Callable, Iterator

from faiss import swigfaiss

factory: Callable[..., Any] | None = None
training = None  # the bar of the training that runs: (what, done, bar)

LEAST = 4096  # vectors that are added between two looks at the bar


class Bar:
    """What is shown where tqdm is not installed: one line on stderr, not more often than 10 times a second."""

    def __init__ (self, total: int, desc: str) -> None:
        self.total, self.desc, self.n, self.shown = total, desc, 0, 0.0
        self.start = time.time ()

    def update (self, n: int) -> None:
        self.n += n
        now = time.time ()
        if now - self.shown > .1 or self.n >= self.total:
            self.shown = now
            percent = 100 * self.n // max (self.total, 1)
            sys.stderr.write (f"\r{self.desc}: {percent:3d}% {self.n}/{self.total} "
                              f"[{now - self.start:.1f} s]")
            sys.stderr.flush ()

    def close (self) -> None:
        sys.stderr.write ("\n")


def set_progress (bar: bool | Callable[..., Any] | None = True) -> None:
    """Show bars for add and train: by tqdm if it is installed; False or None: no more.

    Instead of True, a function like tqdm itself, called with the keywords total and desc, whose result has
    update (n) and close (). With bars add works block by block: if it is interrupted what was added by
    then is taken away again, where the index can remove vectors.
    """
    global factory
    if bar is True:
        try:
            from tqdm.auto import tqdm
            bar = tqdm
        except ImportError:
            bar = Bar
    factory = bar or None
    swigfaiss.set_progress_function (show_training if factory else None)


def show_training (what: str, done: int, total: int) -> None:
    """Called by the library after each step of a training; bars follow one another."""
    global training
    if training is not None and (training[0] != (what, total) or done <= training[1]):
        training[2].close ()
        training = None
    if factory is None:
        return
    before, bar = training[1:] if training else (0, factory (total=total, desc=what))
    bar.update (done - before)
    if done >= total:
        bar.close ()
        training = None
    else:
        training = (what, total), done, bar


def blocks (index: Any, n: int) -> Iterator[tuple[int, int]]:
    """Begin and size of the blocks in which n vectors are added."""
    assert factory is not None
    before, step = index.ntotal, max (LEAST, -(-n // 100))
    bar = factory (total=n, desc="add")
    try:
        for i in range (0, n, step):
            size = min (step, n - i)
            yield i, size
            bar.update (size)
    except GeneratorExit:  # the caller's add has failed
        if index.ntotal > before:
            try:
                index.remove_ids (swigfaiss.IDSelectorRange (before, index.ntotal))
            except RuntimeError:  # this index cannot
                pass
        raise
    finally:
        bar.close ()
    if n == 0:
        index.add_c (0, None)
