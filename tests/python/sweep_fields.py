"""Nonsense in public fields, then calls: sweep_fields.py [--every N] [WORD ...]

Each field of each object, and of its parts, is set to numbers, sizes and objects that cannot be; then the index
is searched, written, added to, and so on. An exception or an answer is fine; a crash, a hang and huge memory are
not. Each field and value has a process of its own.
"""
import argparse
import os
import pathlib
import re
import resource
import signal
import sys
import tempfile

import numpy as np

sys.path.insert (0, str (pathlib.Path (__file__).parent))
from sweep import D, N, Samples, some  # noqa: E402

SECONDS = 10
SKIPPED = {"this", "thisown", "referenced_objects", "part_of", "callback"}
LONG = {"cp", "polysemous_training", "clustering_index"}  # what these say may take long, but is no nonsense


def properties (o):
    return sorted (name for name in dir (type (o)) if isinstance (getattr (type (o), name, None), property)
                   and name not in SKIPPED)


def is_vector (o):
    return type (o).__name__.endswith ("Vector") and hasattr (o, "resize")


def settings (faiss, o, path, depth=0):
    """(text, function that does it to an object like o) for its fields, and for those of its parts."""
    for name in properties (o):
        try:
            value = getattr (o, name)
        except Exception:
            continue
        where = path + [name]

        def setting (text, change):
            return ".".join (where) + text, where, change
        if re.search ("iter|nredo|ils", name):
            continue
        if isinstance (value, bool):
            yield setting (f" = {not value}", lambda holder, last, v=not value: setattr (holder, last, v))
        elif isinstance (value, int):
            for v in sorted ({0, 1, -1, 3, 7, value + 1, value - 1, value * 2, 1 << 20, 2**31 - 1, 2**62} - {value}):
                yield setting (f" = {v}", lambda holder, last, v=v: setattr (holder, last, v))
        elif isinstance (value, float):
            for v in (0., -1., float ("nan"), float ("inf")):
                yield setting (f" = {v}", lambda holder, last, v=v: setattr (holder, last, v))
        elif is_vector (value):
            size = value.size ()
            for v in sorted ({0, 1, size - 1, size // 2, size + 1, size * 2 + 3} - {size, -1}):
                yield setting (f".resize ({v})", lambda holder, last, v=v: getattr (holder, last).resize (v))
        elif hasattr (value, "this") and hasattr (value, "thisown"):
            yield setting (" = None", lambda holder, last: setattr (holder, last, None))
            for other in others (faiss, value):
                yield setting (f" = {other}", lambda holder, last, other=other: setattr (
                    holder, last, OTHERS[other] (faiss)))
            if depth < 2 and name not in LONG:
                yield from settings (faiss, value, where, depth + 1)


OTHERS = {
    "IndexFlatL2 (3)": lambda faiss: filled (faiss.IndexFlatL2 (3)),
    "IndexFlatL2 (8), empty": lambda faiss: faiss.IndexFlatL2 (D),
    "IndexFlatL2 (8), 5 vectors": lambda faiss: filled (faiss.IndexFlatL2 (D)),
    "IndexPQ (8, 2, 4)": lambda faiss: faiss.IndexPQ (D, 2, 4),
    "ArrayInvertedLists (2, 3)": lambda faiss: faiss.ArrayInvertedLists (2, 3),
    "ArrayInvertedLists (4, 1)": lambda faiss: faiss.ArrayInvertedLists (4, 1),
    "PCAMatrix (3, 2)": lambda faiss: faiss.PCAMatrix (3, 2),
    "ProductQuantizer (4, 2, 4)": lambda faiss: faiss.ProductQuantizer (4, 2, 4),
    "ProductQuantizer (8, 8, 8)": lambda faiss: faiss.ProductQuantizer (8, 8, 8),
    "ScalarQuantizer (3, 0)": lambda faiss: faiss.ScalarQuantizer (3, 0),
    "ResidualQuantizer (8, 3, 3)": lambda faiss: faiss.ResidualQuantizer (8, 3, 3),
    "LocalSearchQuantizer (8, 3, 3)": lambda faiss: faiss.LocalSearchQuantizer (8, 3, 3),
    "HNSW (5)": lambda faiss: faiss.HNSW (5),
    "NSG (5)": lambda faiss: faiss.NSG (5),
    "NNDescent (8, 5)": lambda faiss: faiss.NNDescent (8, 5),
    "DirectMap ()": lambda faiss: faiss.DirectMap (),
}


def filled (index):
    index.add (np.ones ((5, index.d), "float32"))
    return index


def others (faiss, value):
    """Names of objects that may stand in the place of this one."""
    for name in OTHERS:
        the_class = getattr (faiss, name.split (" ")[0])
        if isinstance (value, the_class) or any (
                b.__name__ in ("Index", "InvertedLists", "VectorTransform", "AdditiveQuantizer") and isinstance (value, b)
                for b in the_class.__mro__):
            yield name


def calls (faiss, index, like):
    """(text, function) of what may be done to an index."""
    x = some (5, 2)[:, :max (0, min (index.d, D))] if index.d <= D else some (5, 2)
    wide = np.zeros ((5, index.d), "float32") if 0 <= index.d <= 1 << 16 else x
    ivf = isinstance (index, faiss.IndexIVF)

    def computer ():
        if wide.shape[1] != index.d:
            raise ValueError ("no query of this size")
        dc = index.get_distance_computer ()
        dc.set_query (faiss.swig_ptr (wide))
        return dc (0), dc (N - 1), dc.symmetric_dis (0, 1)

    def scanner ():
        s = index.get_InvertedListScanner ()
        s.set_query (faiss.swig_ptr (wide))
        s.set_list (1, 0.)
        return s.distance_to_code (index.invlists.get_codes (1))

    yield "repr", lambda: repr (index)
    yield "search", lambda: index.search (wide, 3)
    yield "search k > n", lambda: index.search (wide[:1], N + 50)
    yield "range_search", lambda: index.range_search (wide, 3.)
    yield "assign", lambda: index.assign (wide, 2)
    yield "reconstruct", lambda: (index.reconstruct (0), index.reconstruct (N - 1))
    yield "reconstruct_n", lambda: index.reconstruct_n (0, min (index.ntotal, N))
    yield "search_and_reconstruct", lambda: index.search_and_reconstruct (wide, 3)
    yield "sa_encode", lambda: index.sa_encode (wide)
    if 0 <= getattr (index, "code_size", 0) < 1 << 20:
        yield "sa_decode", lambda: index.sa_decode (np.full ((3, index.sa_code_size ()), 255, "uint8"))
        yield "add_sa_codes", lambda: index.add_sa_codes (np.full ((3, index.sa_code_size ()), 255, "uint8"))
    yield "computer", computer
    yield "clone", lambda: faiss.clone_index (index).search (wide, 2)
    yield "serialize", lambda: faiss.serialize_index (index)
    yield "serialize and read", lambda: faiss.deserialize_index (faiss.serialize_index (index)).search (wide, 2)
    if ivf:
        yield "scanner", scanner
        yield "search_preassigned", lambda: index.search_preassigned (
            wide, 3, np.ones ((5, min (index.nprobe, 9)), "int64"), None)
        yield "make_direct_map", lambda: index.make_direct_map ()
        yield "update_vectors", lambda: index.update_vectors ([0], wide[:1])
        yield "search_and_return_codes", lambda: index.search_and_return_codes (wide, 3)
        yield "precompute_table", lambda: index.precompute_table ()
    yield "selected", lambda: index.search (wide, 3, params=type (like)() if like is not None else None)
    yield "remove_ids", lambda: index.remove_ids (np.array ([0, 5, N - 1]))
    yield "permute_entries", lambda: index.permute_entries (np.arange (index.ntotal) if index.ntotal < 1000 else [])
    yield "merge_from", lambda: index.merge_from (faiss.clone_index (index))
    yield "add", lambda: index.add (wide)
    yield "add_with_ids", lambda: index.add_with_ids (wide, np.arange (5))
    yield "train", lambda: index.train (np.zeros ((N, index.d), "float32") if 0 <= index.d <= 1 << 12 else x)
    yield "search at the end", lambda: index.search (wide, 3)
    yield "reset", lambda: index.reset ()
    yield "add after reset", lambda: index.add (wide)
    yield "search after reset", lambda: index.search (wide, 3)


def child (faiss, index, where, change, skipped, pipe):
    signal.alarm (SECONDS)
    with open ("/proc/self/statm") as f:
        used = int (f.read ().split ()[0]) * 4096
    resource.setrlimit (resource.RLIMIT_AS, (used + (1 << 30), used + (1 << 30)))
    resource.setrlimit (resource.RLIMIT_CORE, (0, 0))
    out = tempfile.TemporaryFile ()
    os.dup2 (out.fileno (), 1)
    os.dup2 (out.fileno (), 2)
    holder = index
    try:
        for name in where[:-1]:
            holder = getattr (holder, name)
        change (holder, where[-1])
    except Exception:
        os._exit (0)  # refused, which is best
    try:
        number, every = 0, [*calls (faiss, index, None)]
    except Exception:
        os._exit (0)
    for number, (text, call) in enumerate (every):
        if number in skipped:
            continue
        os.write (pipe, f"{number} {text}\n".encode ())
        try:
            call ()
        except Exception as error:
            if not str (error):
                os.write (pipe, f"! {text}: {error!r} without a message\n".encode ())
    os.write (pipe, b"done\n")
    os._exit (0)


def run (faiss, index, where, change):
    """What goes wrong: (call, how)."""
    skipped = set ()
    while True:
        r, w = os.pipe ()
        pid = os.fork ()
        if pid == 0:
            os.close (r)
            try:
                child (faiss, index, where, change, skipped, w)
            finally:
                os._exit (3)
        os.close (w)
        with os.fdopen (r, "rb") as stream:
            lines = stream.read ().decode ().splitlines ()
        _, status = os.waitpid (pid, 0)
        for line in lines:
            if line.startswith ("! "):
                yield line[2:], "no message"
        if not os.WIFSIGNALED (status) and os.WEXITSTATUS (status) == 0:
            return
        last = next ((line for line in reversed (lines) if line[0] != "!"), "-1 at once")
        how = signal.Signals (os.WTERMSIG (status)).name if os.WIFSIGNALED (status) else f"exit {os.WEXITSTATUS (status)}"
        number, _, text = last.partition (" ")
        yield text, how
        if number == "-1" or len (skipped) > 8:
            return
        skipped.add (int (number))


def main ():
    parser = argparse.ArgumentParser (description=__doc__)
    parser.add_argument ("words", nargs="*")
    parser.add_argument ("--every", type=int, default=1)
    options = parser.parse_args ()
    import faiss
    faiss.omp_set_num_threads (1)
    os.chdir (tempfile.mkdtemp ())
    samples = Samples (faiss)
    n = wrong = 0
    at = 0
    for name, index in sorted (samples.made.items ()):
        if not isinstance (index, faiss.Index):
            continue
        for text, where, change in settings (faiss, index, []):
            at += 1
            full = f"{name}.{text}"
            if at % options.every or options.words and not any (w in full for w in options.words):
                continue
            n += 1
            for call, how in run (faiss, index, where, change):
                wrong += 1
                print (f"{full}: {call}: {how}", flush=True)
    print (f"{n} settings: {wrong} wrong")
    return wrong > 0


if __name__ == "__main__":
    sys.exit (main ())
