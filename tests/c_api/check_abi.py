#!/usr/bin/env python3
"""Do the headers of the C API, and the library's own, declare what upstream's C API declares?

The compiler compares: every prototype of the table is repeated behind the headers, once behind
c_api/*.h with all typedefs resolved, once behind faiss/*.h. A difference in any argument (int for
bool, size_t for idx_t, a lost const) is a conflicting declaration. So both header sets agree with
the table and with each other.

usage: check_abi.py [COMPILER]
"""
import os
import re
import subprocess
import sys
import tempfile

import table

# Tags that are one here and several upstream: casts between them compile, nothing else changes.
SAME_TAGS = {
    "IDSelector": "IDSelectorRange IDSelectorBatch IDSelectorBitmap IDSelectorNot IDSelectorAnd "
                  "IDSelectorOr IDSelectorXOr",
    "IOReader": "CustomIOReader",
    "IOWriter": "CustomIOWriter",
    "BufferList": "RangeSearchPartialResult",
}

LAYOUT = """
#line 1 "layout"
#define FIELD(type, field, offset) \\
    _Static_assert (offsetof (type, field) == offset, #type "." #field);
_Static_assert (sizeof (CLUSTERING_PARAMETERS) == 48, "FaissClusteringParameters");
FIELD (CLUSTERING_PARAMETERS, niter, 0)
FIELD (CLUSTERING_PARAMETERS, nredo, 4)
FIELD (CLUSTERING_PARAMETERS, verbose, 8)
FIELD (CLUSTERING_PARAMETERS, spherical, 12)
FIELD (CLUSTERING_PARAMETERS, int_centroids, 16)
FIELD (CLUSTERING_PARAMETERS, update_index, 20)
FIELD (CLUSTERING_PARAMETERS, frozen_centroids, 24)
FIELD (CLUSTERING_PARAMETERS, min_points_per_centroid, 28)
FIELD (CLUSTERING_PARAMETERS, max_points_per_centroid, 32)
FIELD (CLUSTERING_PARAMETERS, seed, 36)
FIELD (CLUSTERING_PARAMETERS, decode_block_size, 40)
_Static_assert (sizeof (FaissIndexIVFStats) == 48, "FaissIndexIVFStats");
FIELD (FaissIndexIVFStats, nq, 0)
FIELD (FaissIndexIVFStats, nlist, 8)
FIELD (FaissIndexIVFStats, ndis, 16)
FIELD (FaissIndexIVFStats, nheap_updates, 24)
FIELD (FaissIndexIVFStats, quantization_time, 32)
FIELD (FaissIndexIVFStats, search_time, 40)
_Static_assert (sizeof (FaissMetricType) == 4 && METRIC_L2 == 1 && METRIC_GOWER == 25, "metrics");
"""


def headers(folder, internal=r"Not for public headers"):
    for path, _, files in sorted(os.walk(os.path.join(table.ROOT, folder))):
        for name in sorted(files):
            file = os.path.join(path, name)
            if name.endswith(".h") and not name.endswith("_tmpl.h") and \
                    "faiss/python" not in os.path.relpath(path, table.ROOT):
                with open(file) as f:
                    if not re.search(internal, f.read()):
                        yield os.path.relpath(file, table.ROOT)


def compile_lines(compiler, what, lines, options=()):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as f:
        f.write("\n".join(lines) + "\n")
        f.flush()
        command = [compiler, "-std=gnu11", "-fsyntax-only", f"-I{table.ROOT}", *options, f.name]
        run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        print(f"{what}:\n{run.stderr}")
    return run.returncode == 0


def repeat(rows, column):
    """Each function must be declared before, and in the same way."""
    for row in rows:
        yield f'#line 1 "{row["symbol"]}"'
        yield f'extern __typeof__ ({row["symbol"]}) {row["symbol"]};'
        yield row[column]


def main():
    compiler = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("CC", "gcc")
    missing = set(table.missing())
    rows = [row for row in table.rows() if row["symbol"] not in missing]
    good = True

    # c_api/*.h declare what the library has, no more and no less ...
    c_api = list(headers("c_api"))
    includes = [f'#include "{header}"' for header in c_api]
    text = subprocess.run([compiler, "-E", "-P", f"-I{table.ROOT}", "-xc", "-"],
                          input="\n".join(includes), capture_output=True, text=True, check=True)
    declared = set(re.findall(r"\b(faiss_\w+) *\(", text.stdout))
    exported = {row["symbol"] for row in rows}
    for what, names in {
        "declared in c_api/, but not in the library": declared - exported,
        "in the library, but not declared in c_api/": exported - declared,
    }.items():
        if names:
            print(f"{what}: {' '.join(sorted(names))}")
            good = False

    # ... each in the header where it is upstream, and in the same way
    for header in c_api:
        ours = [row for row in table.rows() if "c_api/" + row["header"] == header]
        ours = [row for row in ours if row["symbol"] in declared]
        lines = [f'#include "{header}"']
        for tag, others in SAME_TAGS.items():
            lines += [f"#define Faiss{other}_H Faiss{tag}_H" for other in others.split()]
        lines += repeat(ours, "abi_prototype")
        good &= compile_lines(compiler, f"{header} differs from the table", lines)
    lines = [*includes, "#define CLUSTERING_PARAMETERS FaissClusteringParameters", LAYOUT]
    good &= compile_lines(compiler, "structs of c_api/ differ", lines)

    # the library's own headers; one struct has two forms there
    lines = [f'#include "{header}"' for header in headers("faiss")]
    lines.append("#define FaissClusteringParameters FaissClusteringParametersC")
    lines += repeat(rows, "prototype")
    lines += ["#define CLUSTERING_PARAMETERS FaissClusteringParametersC", LAYOUT]
    lines.append('_Static_assert (sizeof (FaissClusteringIterationStats) == 40, "stride");')
    good &= compile_lines(compiler, "faiss/*.h differ from the table", lines)

    print(f"{len(rows)} prototypes compared")
    return 0 if good else 1


sys.exit(main())
