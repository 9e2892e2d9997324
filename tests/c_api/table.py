"""The names and prototypes of upstream's C API (c_api.tsv), and which of them are still to come."""
import csv
import os

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(FOLDER))


def rows():
    """The CPU functions: dicts with header, symbol, prototype, abi_prototype, ret_kind, ..."""
    with open(os.path.join(FOLDER, "c_api.tsv"), newline="") as f:
        return [row for row in csv.DictReader(f, delimiter="\t") if row["cpu_gpu"] == "cpu"]


def missing():
    """Symbols that the library does not have yet. The list may only get shorter."""
    with open(os.path.join(FOLDER, "missing.txt")) as f:
        return [line.strip() for line in f if line.strip() and not line.startswith("#")]
