"""Rewrites index files into the older forms that readers must still accept.

Upstream no longer writes these tags, so the only way to test a reader for them
is to make the files.  Each rewriter takes the bytes of a current file and the
tree that faissdump parsed from it, and returns the bytes of the older form.

A line of kind "legacy" in format_cases.tsv has the spec REWRITER:BASE_CASE.
"""

import os

import faiss
import numpy as np

import dump_rules
import dump_tree
import faissdump
import format_build

PANORAMA_BATCH = 128


class Edit:
    """Collects replacements of byte ranges, then applies them."""

    def __init__(self, data, dump):
        self.data, self.root = data, dump.root
        self.changes = []

    def replace(self, node, new):
        self.changes.append((node.offset, node.offset + node.size, new))

    def remove(self, *nodes):
        for node in nodes:
            self.replace(node, b"")

    def insert_before(self, node, new):
        self.changes.append((node.offset, node.offset, new))

    def tag(self, node, text):
        self.replace(node.get("tag"), text.encode())

    def bytes_of(self, node):
        return self.data[node.offset: node.offset + node.size]

    def result(self):
        out, pos = [], 0
        for start, end, new in sorted(self.changes, key=lambda c: c[:2]):
            if start < pos:
                raise ValueError("overlapping changes")
            out += [self.data[pos:start], new]
            pos = end
        out.append(self.data[pos:])
        return b"".join(out)


def u64(value):
    return int(value).to_bytes(8, "little")


def vector(array, count=None):
    raw = np.ascontiguousarray(array).tobytes()
    return u64(len(array) if count is None else count) + raw


REWRITERS = {}


def rewriter(function):
    REWRITERS[function.__name__] = function
    return function


# --------------------------------------------------------------------------
# One object, fields dropped or reordered
# --------------------------------------------------------------------------


@rewriter
def IxPo(e):
    e.tag(e.root, "IxPo")


@rewriter
def IxPQ(e):
    e.tag(e.root, "IxPQ")
    e.remove(*(e.root.get(n) for n in ("search_type", "encode_signs",
                                       "polysemous_ht")))


@rewriter
def IxRQ(e):
    state = e.root.get("quantizer_state")
    aq = state.get("aq")
    order = [aq.get(n) for n in ("d", "M", "nbits", "is_trained")]
    order += [state.get("train_type"), state.get("max_beam_size")]
    order += [aq.get(n) for n in ("codebooks", "search_type", "norm_min",
                                  "norm_max")]
    e.tag(e.root, "IxRQ")
    e.replace(state, b"".join(e.bytes_of(node) for node in order))


@rewriter
def IxHE(e):
    code_size = e.root.get("code_size")
    e.tag(e.root, "IxHE")
    e.replace(code_size, (code_size.value // 8).to_bytes(4, "little"))


@rewriter
def IwSQ(e):
    e.tag(e.root, "IwSQ")
    e.remove(e.root.get("by_residual"))


@rewriter
def IwPn(e):
    lists = e.root.get("invlists")
    if lists.get("batch_size").value != PANORAMA_BATCH:
        raise ValueError("ilpn needs batches of 128")
    e.tag(e.root, "IwPn")
    e.remove(e.root.get("batch_size"))
    e.tag(lists, "ilpn")
    e.remove(lists.get("batch_size"))


@rewriter
def IHNc(e):
    e.tag(e.root, "IHNc")
    e.remove(e.root.get("numeric_type"))


@rewriter
def IxEd(e):
    e.tag(e.root, "IxEd")
    e.remove(e.root.get("eden", "scale_type"))


@rewriter
def IwEd(e):
    e.tag(e.root, "IwEd")
    e.remove(e.root.get("eden", "scale_type"))


def pca_of(root):
    return root.get("chain[0]") or root


@rewriter
def PcAm(e):
    pca = pca_of(e.root)
    e.tag(pca, "PcAm")
    e.remove(pca.get("epsilon"))


@rewriter
def PCAm(e):
    pca = pca_of(e.root)
    e.tag(pca, "PCAm")
    e.remove(pca.get("epsilon"), pca.get("balanced_bins"))


# --------------------------------------------------------------------------
# IvXX: one vector of ids and one of codes per list
# --------------------------------------------------------------------------


def split_lists(e, tag, as_floats=False):
    ivf, lists = e.root.get("ivf"), e.root.get("invlists")
    if dump_tree.tag_of(lists) != "ilar":
        raise ValueError("needs array inverted lists")
    nlist, content = ivf.get("nlist").value, lists.get("lists")
    empty = np.empty(0, "u1")

    def part(name, i):
        node = content.get(f"{name}[{i}]")
        return empty if node is None else node.data

    ids = b"".join(vector(part("ids", i)) for i in range(nlist))
    codes = [part("codes", i) for i in range(nlist)]
    codes = b"".join(vector(c, len(c) // 4 if as_floats else None)
                     for c in codes)
    e.tag(e.root, tag)
    e.insert_before(ivf.get("direct_map"), ids)
    e.replace(lists, codes)


@rewriter
def IvFL(e):
    split_lists(e, "IvFL")


@rewriter
def IvFl(e):
    split_lists(e, "IvFl", as_floats=True)


@rewriter
def IvSQ(e):
    split_lists(e, "IvSQ")
    e.remove(e.root.get("by_residual"))


@rewriter
def IvPQ(e):
    split_lists(e, "IvPQ")


@rewriter
def IvQR(e):
    split_lists(e, "IvQR")


# --------------------------------------------------------------------------
# RaBitQ fast scan: factors stored apart from the code blocks
# --------------------------------------------------------------------------


def split_blocks(codes, n, bbs, m2, aux):
    """(blocks without factors, factors in vector order)."""
    packed = (m2 + 1) // 2 * bbs
    stride = packed + aux * bbs
    blocks = codes.reshape(-1, stride)
    factors = blocks[:, packed:].reshape(-1, aux)[:n]
    return np.ascontiguousarray(blocks[:, :packed]).ravel(), factors


def aux_size(e, d):
    bits = e.root.get("rabitq", "nb_bits").value
    return dump_rules.rabitq_code_size(d, bits) - (d + 7) // 8


@rewriter
def Irfs(e):
    value = {n: e.root.get(n).value for n in ("bbs", "M2")}
    d = e.root.get("header", "d").value
    n = e.root.get("header", "ntotal").value
    codes, factors = split_blocks(e.root.get("codes").data, n, value["bbs"],
                                  value["M2"], aux_size(e, d))
    e.tag(e.root, "Irfs")
    e.insert_before(e.root.get("bbs"), vector(factors.ravel()))
    e.replace(e.root.get("codes"), vector(codes))


@rewriter
def Iwrf(e):
    ivf, lists = e.root.get("ivf"), e.root.get("invlists")
    bbs, m2 = e.root.get("bbs").value, e.root.get("M2").value
    aux = aux_size(e, ivf.get("header", "d").value)
    n = ivf.get("header", "ntotal").value
    flat = np.zeros((n, aux), "u1")
    content = lists.get("lists")
    for i in range(lists.get("nlist").value):
        ids = content.get(f"ids[{i}]").data
        node = content.get(f"codes[{i}]")
        codes, factors = split_blocks(node.data, len(ids), bbs, m2, aux)
        flat[ids] = factors
        e.replace(node, vector(codes))
    e.tag(e.root, "Iwrf")
    e.replace(lists.get("block_size"), u64((m2 + 1) // 2 * bbs))
    e.insert_before(lists, vector(flat.ravel()))


# --------------------------------------------------------------------------
# Use by write_cases.py
# --------------------------------------------------------------------------


def base_of(case, cases):
    name, base = case.spec.split(":")
    return REWRITERS[name], cases[base]


def write_case(case, cases, directory):
    function, base = base_of(case, cases)
    name = os.path.join(directory, base.name)
    if not os.path.exists(name):
        format_build.write_case(base, name, directory)
    with open(name, "rb") as f:
        data = f.read()
    edit = Edit(data, faissdump.parse(data))
    function(edit)
    with open(os.path.join(directory, case.name), "wb") as f:
        f.write(edit.result())


def compare(case, cases, directory):
    """Problems found when upstream reads the old and the current file."""
    base = base_of(case, cases)[1]
    names = [os.path.join(directory, c.name) for c in (case, base)]
    if base.kind == "transform":
        old, new = (faiss.read_VectorTransform(n) for n in names)
        x = format_build.float_data(10, base.d)
        if not np.array_equal(old.apply(x), new.apply(x)):
            return ["upstream transforms vectors differently"]
        return []
    old, new = (faiss.read_index(n) for n in names)
    x = format_build.float_data(10, base.d, format_build.SEED + 2)
    results = []
    for index in (old, new):
        if hasattr(index, "nprobe"):
            index.nprobe = 4
        results.append(index.search(x, 5))
    (d0, i0), (d1, i1) = results
    if not (np.array_equal(i0, i1) and np.array_equal(d0, d1)):
        return ["upstream finds other neighbors than in the current form"]
    return []
