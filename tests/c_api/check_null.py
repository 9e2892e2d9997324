#!/usr/bin/env python3
"""Is nothing at all, NULL and 0 for every argument, an error where it can be said, and no crash?

Functions that return a status must fail with a message. Those that free or cast take NULL.
usage: check_null.py libfaiss.so
"""
import ctypes
import os
import sys

import table


def call(library, row):
    """In a child process: 0 if the function does what it should, else a signal or a status."""
    child = os.fork()
    if child == 0:
        function = getattr(library, row["symbol"])
        zeros = [ctypes.c_int64(0)] * 12  # more arguments than there are do no harm
        result = function(*zeros)
        if row["ret_kind"] == "status":
            message = library.faiss_get_last_error()
            if result not in (-2, -4):
                print(f"{row['symbol']} of nothing returns {result}", flush=True)
                os._exit(1)
            if not message:
                print(f"{row['symbol']} of nothing fails without a message", flush=True)
                os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def main():
    library = ctypes.CDLL(sys.argv[1])
    library.faiss_get_last_error.restype = ctypes.c_char_p
    missing = set(table.missing())
    bad = tried = 0
    for row in table.rows():
        name = row["symbol"]
        takes_null = row["ret_kind"] == "status" or name.endswith(("_free", "_cast"))
        if name in missing or not takes_null:
            continue
        tried += 1
        outcome = call(library, row)
        bad += outcome != 0
        if outcome and os.WIFSIGNALED(outcome):
            print(f"{name} of nothing: signal {os.WTERMSIG(outcome)}")
    print(f"{tried} functions tried, {bad} of them wrong")
    return bad != 0


sys.exit(main())
