#!/usr/bin/env python3
"""Are the functions of the table exported by the library, and nothing but faiss_* names?

usage: check_symbols.py libfaiss.so [libfaiss.a]
"""
import subprocess
import sys

import table


def symbols(nm_options, library):
    lines = subprocess.run(["nm", *nm_options, library], check=True, capture_output=True, text=True)
    words = [line.split() for line in lines.stdout.splitlines()]
    return {w[2]: w[1] for w in words if len(w) == 3 and w[1] in "TDBRVWC"}


def main():
    errors = []
    exported = symbols(["-D", "--defined-only"], sys.argv[1])
    functions = {name for name, kind in exported.items() if kind in "TW"}
    wanted = {row["symbol"] for row in table.rows()}
    missing = table.missing()
    for name in sorted(wanted - functions - set(missing)):
        errors.append(f"{name}: not exported, and not listed in missing.txt")
    for name in sorted(functions & set(missing)):
        errors.append(f"{name}: exported now, remove it from missing.txt")
    for name in sorted(set(missing) - wanted):
        errors.append(f"{name}: listed in missing.txt, but no such name in c_api.tsv")
    if missing != sorted(set(missing)):
        errors.append("missing.txt is not sorted")
    for library in sys.argv[1:]:
        shared = ["-D"] if library.endswith((".so", ".dylib")) else ["-g"]
        for name in symbols([*shared, "--defined-only"], library):
            # names that no program can have are the compiler's: locks, sanitizers
            if not name.startswith(("faiss_", "__")) and name.isidentifier():
                errors.append(f"{name}: a name of {library} that does not begin with faiss_")
    print(f"{len(wanted & functions)} of {len(wanted)} functions, {len(missing)} still to come")
    print("\n".join(errors))
    return 1 if errors else 0


sys.exit(main())
