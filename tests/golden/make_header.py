"""Writes groups of golden values (recorded from upstream's 1.15.1 package) as a C header.

usage: make_header.py golden.json GROUP_OR_NAME... > tests/golden/GROUP.h

Every output `field` of the vector `name` becomes an array golden_<name>_<field> of double, int64_t
or uint64_t (a hexadecimal string: of its bytes), and a number of elements golden_<name>_<field>_n.
"""
import json
import re
import sys


def flatten(value):
    if isinstance(value, list):
        return [item for part in value for item in flatten(part)]
    if isinstance(value, str):
        try:
            return list(bytes.fromhex(value))
        except ValueError:  # other texts
            return []
    return [value]


def array(name, values):
    if any(isinstance(v, float) for v in values) or not values:
        kind, texts = "double", [repr(v) for v in values]
    elif max(values) >= 2**63:
        kind, texts = "uint64_t", [f"{v}u" for v in values]
    else:
        kind, texts = "int64_t", [str(v) for v in values]
    lines, line = [], "   "
    for text in texts or ["0"]:
        if len(line) + len(text) > 96:
            lines.append(line)
            line = "   "
        line += f" {text},"
    body = "\n".join(lines + [line])
    return f"static const {kind} {name}[] = {{\n{body}\n}};\nenum {{ {name}_n = {len(values)} }};\n"


def main():
    path, *groups = sys.argv[1:]
    guard = "GOLDEN_" + "_".join(groups).upper() + "_H"
    print(f"/* Recorded from upstream 1.15.1; written by tests/golden/make_header.py. */\n"
          f"/* clang-format off */\n#ifndef {guard}\n#define {guard}\n\n#include <stdint.h>\n")
    for vector in json.load(open(path))["vectors"]:
        if vector["group"] not in groups and vector["name"] not in groups:
            continue
        print(f"/* {vector['description']} */".replace("\n", " "))
        for part in ("inputs", "outputs"):
            for field, value in vector[part].items():
                values = flatten(value)
                if part == "outputs" and None not in values or field in ("indices", "values_hex"):
                    name = re.sub(r"\W", "_", f"golden_{vector['name']}_{field}")
                    print(array(name, values), end="")
        print()
    print("#endif")


if __name__ == "__main__":
    main()
