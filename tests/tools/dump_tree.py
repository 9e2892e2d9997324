"""What a Faiss index file is read into: a tree of fields with their offsets, and a reader that fills it.

The tables say what there is to read: dump_format.py fills BLOCKS and OBJECTS, dump_rules.py fills RULES.
"""

import math
import struct
import zlib

import numpy as np

BLOCKS = {}   # name of a part that several objects have -> its fields
OBJECTS = {}  # kind of object -> function that reads one
RULES = {}    # tag or block -> function that checks what was read

MAX_NESTING = 50                    # indexes inside each other (a rule)
MAX_OBJECTS = 120                   # protects the Python stack
VECTOR_BYTE_LIMIT = 1 << 40
INVALID_CODE_SIZE = (1 << 64) - 1
LEGACY_PANORAMA_BATCH = 128

# --------------------------------------------------------------------------
# Primitive types and enumerations
# --------------------------------------------------------------------------

DTYPES = {
    "u8": np.dtype("u1"),
    "i8": np.dtype("i1"),
    "char": np.dtype("u1"),
    "bool": np.dtype("u1"),
    "i32": np.dtype("<i4"),
    "u32": np.dtype("<u4"),
    "i64": np.dtype("<i8"),
    "u64": np.dtype("<u8"),
    "f32": np.dtype("<f4"),
    "f64": np.dtype("<f8"),
}

ENUMS = {
    "MetricType": {
        0: "INNER_PRODUCT", 1: "L2", 2: "L1", 3: "Linf", 4: "Lp",
        20: "Canberra", 21: "BrayCurtis", 22: "JensenShannon",
        23: "Jaccard", 24: "NaNEuclidean", 25: "GOWER",
    },
    "QuantizerType": dict(enumerate(
        "8bit 4bit 8bit_uniform 4bit_uniform fp16 8bit_direct 6bit bf16 "
        "8bit_direct_signed 0bit 1bit_tqmse 2bit_tqmse 3bit_tqmse 4bit_tqmse "
        "8bit_tqmse 2bit_tq 3bit_tq 4bit_tq 5bit_tq 1bit_eden 2bit_eden "
        "3bit_eden 4bit_eden 5bit_eden 6bit_eden 7bit_eden 8bit_eden"
        .split())),
    "RangeStat": {0: "minmax", 1: "meanstd", 2: "quantiles", 3: "optim"},
    "PQSearch": {0: "PQ", 1: "HE", 2: "generalized_HE", 3: "SDC",
                 4: "polysemous", 5: "polysemous_generalize"},
    "AQSearch": dict(enumerate(
        "decompress LUT_nonorm norm_from_LUT norm_float norm_qint8 norm_qint4 "
        "norm_cqint8 norm_cqint4 norm_lsq2x4 norm_rq2x4".split())),
    "Threshold": {0: "global", 1: "centroid", 2: "centroid_half",
                  3: "median"},
    "EdenScale": {0: "unbiased(0)", 1: "unbiased", 2: "biased"},
    "NumericType": {0: "Float32", 1: "Float16", 2: "UInt8", 3: "Int8"},
    "DirectMapType": {0: "none", 1: "array", 2: "hashtable"},
    "SVSStorage": dict(enumerate(
        "FP32 FP16 SQ8 LVQ4x0 LVQ4x4 LVQ4x8 LVQ8x0 LeanVec4x4 LeanVec4x8 "
        "LeanVec8x8".split())),
}


class FormatError(Exception):
    """The bytes do not follow the format."""

    def __init__(self, offset, path, reason):
        super().__init__(f"offset {offset}: {path or '(top)'}: {reason}")
        self.offset, self.path, self.reason = offset, path, reason


# --------------------------------------------------------------------------
# The tree
# --------------------------------------------------------------------------


class Node:
    """One field, array or group of fields of the file."""

    __slots__ = ("name", "type", "offset", "size", "value", "shape", "head",
                 "crc", "note", "children", "data")

    def __init__(self, name, type_, offset):
        self.name = name          # field name
        self.type = type_         # "i32", "f32[]", "index IxF2", ...
        self.offset = offset      # first byte in the file
        self.size = 0             # number of bytes, length prefix included
        self.value = None         # scalars only
        self.shape = None         # arrays only
        self.head = None          # arrays only: first elements
        self.crc = None           # arrays only
        self.note = None          # symbolic name of an enumeration value
        self.children = None      # groups only
        self.data = None          # arrays only: view of the elements

    def get(self, *names):
        """Descendant found by child names (None when there is none)."""
        node = self
        for name in names:
            for child in reversed(node.children or ()):
                if child.name == name:
                    node = child
                    break
            else:
                return None
        return node

    def to_dict(self):
        out = {"name": self.name, "type": self.type, "offset": self.offset,
               "size": self.size}
        if self.children is not None:
            out["fields"] = [child.to_dict() for child in self.children]
        elif self.shape is not None:
            out["shape"] = list(self.shape)
            out["head"] = [json_number(v) for v in self.head]
            out["crc32"] = f"{self.crc:08x}"
        else:
            out["value"] = json_number(self.value)
            if self.note:
                out["meaning"] = self.note
        return out


def json_number(value):
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def show_number(value):
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def tag_text(value):
    raw = struct.pack("<I", value & 0xFFFFFFFF)
    return "".join(chr(c) if 32 <= c < 127 else f"\\x{c:02x}" for c in raw)


# --------------------------------------------------------------------------
# The reader
# --------------------------------------------------------------------------


class Reader:
    """Walks over the bytes and builds the tree.

    `read(spec)` understands a comma separated list of "type name" items:

        i32 d               scalar
        i32/MetricType m    scalar with symbolic values
        bool b              one byte that must be 0 or 1
        f32[] v             u64 count, then the elements
        index sub           nested float index      (also: binary index,
                            transform, invlists)
        PQ pq               block: calls BLOCKS["PQ"]
    """

    def __init__(self, buffer, head=6):
        self.buffer = buffer
        self.end = len(buffer)
        self.pos = 0
        self.head = head
        self.depth = 0            # open indexes
        self.objects = 0          # open tagged objects of any kind
        self.stack = []
        self.violations = []
        self.tags = []

    # -- position and errors

    @property
    def group(self):
        return self.stack[-1]

    def path(self):
        """Names of the open groups, the file itself left out."""
        return "/".join(node.name for node in self.stack[1:])

    def error(self, reason, offset=None):
        offset = self.pos if offset is None else offset
        return FormatError(offset, self.path(), reason)

    def violation(self, rule, message):
        self.violations.append((rule, self.path(), message))

    def check(self, rule, condition, message):
        if not condition:
            self.violation(rule, message)

    def __getitem__(self, name):
        """Value of a scalar already read in the current group."""
        return self.group.get(name).value

    def array(self, name):
        return self.group.get(name).data

    def take(self, size, what):
        if size > self.end - self.pos:
            raise self.error(f"{what} needs {size} bytes, "
                             f"{self.end - self.pos} remain")
        start, self.pos = self.pos, self.pos + size
        return start

    # -- building blocks

    def open_group(self, name, type_):
        node = Node(name, type_, self.pos)
        node.children = []
        if self.stack:
            self.group.children.append(node)
        self.stack.append(node)
        return node

    def close_group(self):
        node = self.stack.pop()
        node.size = self.pos - node.offset
        return node

    def scalar(self, type_, name):
        base, _, enum = type_.partition("/")
        dtype = DTYPES[base]
        node = Node(name, base, self.pos)
        start = self.take(dtype.itemsize, f"{name} ({base})")
        node.value = np.frombuffer(self.buffer, dtype, 1, start)[0].item()
        node.size = dtype.itemsize
        if base == "bool" and node.value > 1:
            self.violation("GEN-BOOL", f"{name} holds byte {node.value}")
        if enum:
            node.note = ENUMS[enum].get(node.value, "?")
        self.group.children.append(node)
        return node.value

    def elements(self, base, name, count, offset=None, type_=None):
        """`count` consecutive elements, without a length prefix."""
        dtype = DTYPES[base]
        node = Node(name, type_ or f"{base}*", self.pos if offset is None
                    else offset)
        start = self.take(count * dtype.itemsize,
                          f"{name} ({count} elements of {base})")
        node.data = np.frombuffer(self.buffer, dtype, count, start)
        node.size = self.pos - node.offset
        node.shape = (count,)
        node.head = node.data[: self.head].tolist()
        node.crc = zlib.crc32(node.data)
        self.group.children.append(node)
        return node.data

    def vector(self, base, name, width=1, type_=None):
        """u64 count, then count items of `width` elements each."""
        offset = self.pos
        count = struct.unpack_from("<Q", self.buffer, self.take(8, name))[0]
        if count >= VECTOR_BYTE_LIMIT // (DTYPES[base].itemsize * width):
            raise self.error(f"{name}: length {count} is over the byte limit",
                             offset)
        data = self.elements(base, name, count * width, offset,
                             type_ or f"{base}[]")
        if width > 1:
            self.shape(name, count, width)
        return data

    def read(self, spec):
        for item in spec.split(","):
            type_, _, name = item.strip().partition(" ")
            if type_ in OBJECTS:
                OBJECTS[type_](self, name)
            elif type_.endswith("[]"):
                self.vector(type_[:-2], name)
            elif type_[0].isupper():
                self.block(type_, name or type_.lower())
            else:
                self.scalar(type_, name)

    def block(self, kind, name):
        self.open_group(name, kind)
        body = BLOCKS[kind]
        if callable(body):
            body(self)
        else:
            self.read(body)
        if kind in RULES:
            RULES[kind](self)
        self.close_group()

    def shape(self, name, *dims):
        """Give an array its natural shape if the sizes agree."""
        node = self.group.get(name)
        if node is not None and math.prod(dims) == node.data.size:
            node.shape = tuple(int(d) for d in dims)

    # -- tagged objects

    def tag(self):
        value = self.scalar("u32", "tag")
        text = tag_text(value)
        self.group.children[-1].note = text
        self.tags.append(text)
        return text

    def tagged(self, name, kind, table):
        """An object that starts with a fourcc listed in `table`."""
        self.objects += 1
        if self.objects > MAX_OBJECTS:
            raise self.error("objects are nested too deeply")
        if kind in ("index", "binary"):
            self.depth += 1
            self.check("GEN-NEST", self.depth <= MAX_NESTING,
                       f"more than {MAX_NESTING} nested indexes")
        node = self.open_group(name, kind)
        text = self.tag()
        if text not in table:
            raise self.error(f'unknown {kind} tag "{text}"', node.offset)
        node.type = f"{kind} {text}"
        body = table[text]
        if callable(body):
            body(self)
        else:
            self.read(body)
        if text in RULES:
            RULES[text](self)
        self.close_group()
        self.objects -= 1
        if kind in ("index", "binary"):
            self.depth -= 1


def field(node, *path):
    """Value of a scalar descendant (None when there is none)."""
    node = node.get(*path)
    return None if node is None else node.value


def tag_of(node):
    return node.type.split(" ")[-1]


def index_field(node, name):
    """d or ntotal of an index, wherever its layout stores them."""
    holder = node.get("header") or node.get("ivf", "header") or node
    return field(holder, name)
