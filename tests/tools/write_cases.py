#!/usr/bin/env python3
"""Let the oracle write the files of some lines of format_cases.tsv.

    write_cases.py DIR NAME...

To be run by the oracle's interpreter. Each file is DIR/NAME; what a case needs besides (data files,
the file of which it is an older form) is left there too. A case that cannot be built is reported,
the exit status is 1 then.
"""

import os
import sys

import faiss

import format_build
import legacy_format
from format_cases import all_cases


def read_lists(name):
    return faiss.read_InvertedLists(faiss.FileIOReader(name))


READERS = {
    "index": faiss.read_index,
    "binary": faiss.read_index_binary,
    "transform": faiss.read_VectorTransform,
    "pq": faiss.read_ProductQuantizer,
    "invlists": read_lists,
}


def read_with_upstream(name, kind):
    return READERS[kind](name)


def write_case(case, cases, directory):
    """In a process of its own: upstream may crash."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if case.kind == "legacy":
                legacy_format.write_case(case, cases, directory)
            else:
                format_build.write_case(case, os.path.join(directory, case.name), directory)
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def main():
    faiss.omp_set_num_threads(1)
    directory, names = sys.argv[1], sys.argv[2:]
    cases = all_cases()
    failed = [name for name in names if not write_case(cases[name], cases, directory)]
    if failed:
        print("not written:", " ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
