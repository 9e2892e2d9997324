"""The prototypes of all functions that the public headers declare, as the compiler sees them."""
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def public_headers():
    return [path for path in sorted((ROOT / "faiss").rglob("*.h"))
            if not path.name.endswith("_tmpl.h") and "gpu" not in path.parts
            and "python" not in path.parts
            and "Not for public headers" not in path.read_text()]


def preprocessed():
    """The text of all public headers, without attributes."""
    source = "".join(f"#include <{path.relative_to(ROOT)}>\n" for path in public_headers())
    compiler = os.environ.get("CC", "cc").split()
    text = subprocess.run([*compiler, "-std=c11", "-E", "-P", f"-I{ROOT}", "-x", "c", "-"],
                          input=source, capture_output=True, text=True, check=True).stdout
    text = re.sub(r"^#.*$", "", text, flags=re.M)
    return re.sub(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)", "", text)


def read_prototypes():
    """name -> (result, arguments), all of them text: {"faiss_Index_free": ("void", ["FaissIndex *self"])}."""
    found = re.findall(r"([\w\s*]+?[\s*])(faiss_\w+)\s*\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)\s*;",
                       preprocessed())
    prototypes = {}
    for result, name, arguments in found:
        arguments = [a.strip() for a in re.split(r",(?![^(]*\))", arguments)]
        if arguments in ([""], ["void"]):
            arguments = []
        if result.strip() and "return" not in result.split():
            prototypes[name] = (result.strip(), arguments)
    return prototypes


def parents():
    """struct -> the struct that it extends."""
    return {name: parent for path in public_headers() for name, parent in
            re.findall(r"typedef struct (Faiss\w+) FAISS_EXTENDS \((\w+)\)", path.read_text())}
