#!/usr/bin/env python3
"""Write fields.def: the public fields of all structs, from the public headers.

The C compiler's preprocessor reads the headers as SWIG sees them: without private fields and class
tables, with inheritance spelled out. What has a function of its own already is left out.

usage: fields.py [--check]    (with --check: only say whether fields.def is up to date)
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.path.join(ROOT, "faiss", "fields.def")

# class tables, and the second form of a struct
NOT_OBJECTS = {"Class", "FactoryRule", "ClusteringParametersC"}

HEADING = """/* The public fields of all structs: made by fields.py, run it (make fields) after a change.
 *
 * GET and SET: numbers, enumerators, pointers. GET_BOOL and SET_BOOL: booleans. VALUE: structs
 * within the struct, of which the address is given. FAISS_FIELDS_HEADERS: where they are declared.
 */
"""


def public_headers():
    for folder, _, files in sorted(os.walk(os.path.join(ROOT, "faiss"))):
        for name in sorted(files):
            path = os.path.relpath(os.path.join(folder, name), ROOT)
            if name.endswith(".h") and not re.search(r"_tmpl\.h$|/python/|faiss/fields\.h", path):
                with open(os.path.join(ROOT, path)) as f:
                    if "Not for public headers" not in f.read():
                        yield path


def preprocessed():
    compiler = os.environ.get("CC", "cc").split()
    includes = "".join(f"#include <{header}>\n" for header in public_headers())
    run = subprocess.run([*compiler, "-E", "-P", "-DSWIG", f"-I{ROOT}", "-xc", "-"], text=True,
                         input=includes, check=True, capture_output=True)
    return run.stdout


def body_at(text, start):
    """What is between the brace at start and the one that closes it."""
    depth = 0
    for end in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            return text[start + 1:end]
    raise ValueError("unbalanced braces")


def fields(body):
    """(type, name) of the fields of a struct; views of ancestors and functions are none."""
    body = re.sub(r"union\s*\{[^{}]*\}\s*;", "", body)
    for declaration in body.split(";"):
        declaration = " ".join(declaration.split())
        match = re.fullmatch(r"((?:const |struct |unsigned )*\w+)( \**|\**)(\w+)", declaration)
        if match and "(" not in declaration:
            yield (match[1] + " " + match[2].strip()).strip(), match[3]


def lines():
    text = preprocessed()
    functions = set(re.findall(r"\b(faiss_\w+)\s*\(", text))
    enums = set(re.findall(r"typedef enum (Faiss\w+)", text))
    for match in re.finditer(r"typedef struct Faiss(\w+)(?:\s*:\s*public \w+)?\s*\{", text):
        name = match[1]
        if name in NOT_OBJECTS:
            continue
        for kind, field in fields(body_at(text, match.end() - 1)):
            getter, setter = f"faiss_{name}_{field}", f"faiss_{name}_set_{field}"
            if kind == "_Bool":
                entries = [("GET_BOOL", getter), ("SET_BOOL", setter)]
            elif kind == "char *":  # owned texts
                entries = [("GET", getter)]
            elif kind.startswith("Faiss") and "*" not in kind and kind not in enums:
                entries = [("VALUE", getter)]
            else:
                entries = [("GET", getter), ("SET", setter)]
            for macro, function in entries:
                if function in functions:
                    continue
                if kind == "_Bool":
                    yield f"FAISS_FIELD_{macro} ({name}, {field})\n"
                else:
                    yield f"FAISS_FIELD_{macro} ({name}, {kind}, {field})\n"


def main():
    content = HEADING + "#ifdef FAISS_FIELDS_HEADERS\n"
    content += "".join(f"#include <{header}>\n" for header in public_headers())
    content += "#else\n" + "".join(lines()) + "#endif\n"
    current = open(TARGET).read() if os.path.exists(TARGET) else ""
    if "--check" not in sys.argv:
        with open(TARGET, "w") as f:
            f.write(content)
    elif content != current:
        changed = set(content.splitlines()) ^ set(current.splitlines())
        print("faiss/fields.def is not up to date, run `make fields`:", *sorted(changed), sep="\n")
        return 1
    return 0


sys.exit(main())
