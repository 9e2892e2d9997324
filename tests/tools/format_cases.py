"""The lines of format_cases.tsv and the data that their indexes hold; needs no faiss."""

import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))

SEED = 1234


def float_data(n, d, seed=SEED):
    return np.random.RandomState(seed).rand(n, d).astype("float32")


def binary_data(n, d, seed=SEED):
    return np.random.RandomState(seed).randint(
        256, size=(n, d // 8)).astype("uint8")


class Case:
    """One line of format_cases.tsv."""

    COLUMNS = ("name", "kind", "spec", "d", "metric", "ntrain", "nadd",
               "options", "tags")

    def __init__(self, line):
        values = line.rstrip("\n").split("\t")
        if len(values) != len(self.COLUMNS):
            raise ValueError(f"expected {len(self.COLUMNS)} columns: {line!r}")
        for column, value in zip(self.COLUMNS, values):
            setattr(self, column, value)
        self.d = int(self.d) if self.d != "-" else 0
        self.ntrain = int(self.ntrain) if self.ntrain != "-" else 0
        self.nadd = int(self.nadd) if self.nadd != "-" else 0
        self.options = [] if self.options == "-" else [
            tuple(item.split("=", 1)) for item in self.options.split(";")]
        self.tags = [] if self.tags == "-" else self.tags.split()

    def line(self):
        options = ";".join("=".join(o) for o in self.options) or "-"
        values = (self.name, self.kind, self.spec, self.d or "-", self.metric,
                  self.ntrain or "-", self.nadd or "-", options,
                  " ".join(self.tags) or "-")
        return "\t".join(str(v) for v in values)


def load_cases(name):
    """(comment lines, cases)"""
    comments, cases = [], []
    with open(name) as f:
        for line in f:
            if line.startswith("#") or not line.strip():
                comments.append(line)
            else:
                cases.append(Case(line))
    names = [c.name for c in cases]
    doubled = {n for n in names if names.count(n) > 1}
    if doubled:
        raise ValueError(f"case names used twice: {sorted(doubled)}")
    return comments, cases


# --------------------------------------------------------------------------
# What kind of file a case is
# --------------------------------------------------------------------------

KIND_OF_FILE = {"pq": "pq", "invlists": "invlists", "transform": "transform",
                "binary": "binary", "binary_recipe": "binary"}


def base_of(case, cases):
    """The case itself, or that of which a legacy case is an older form."""
    if case.kind == "legacy":
        return cases[case.spec.split(":")[1]]
    return case


def kind_of(case, cases):
    return KIND_OF_FILE.get(base_of(case, cases).kind, "index")


def all_cases():
    """name -> case"""
    table = load_cases(os.path.join(HERE, "format_cases.tsv"))[1]
    return {case.name: case for case in table}
