#!/usr/bin/env python3
"""Write the type stubs swigfaiss.pyi and __init__.pyi: from the same tree as the binding, and from the
signatures of the methods on arrays in class_wrappers.py. And parameters.py, for wrong_arguments.py: the names
and C types of what SWIG's functions take.

usage: stubs.py parse-tree.xml FOLDER-OF-SOURCES FOLDER-OF-STUBS
"""
import ast
import keyword
import pathlib
import re
import sys
import xml.etree.ElementTree as ET

from bindgen import attributes, c_type, class_constants, python_members, read_tree
from python_names import BOOLEANS, DOWNCASTS

INTEGERS = set ("int long short unsigned size_t ssize_t idx_t int8_t int16_t int32_t int64_t uint8_t uint16_t "
                "uint32_t uint64_t char".split ()) | {"unsigned int", "unsigned long", "long long",
                                                     "unsigned char", "signed char"}

HEAD = '''# Made by stubs.py: what the extension module has, with the methods on arrays of class_wrappers.py.
# mypy: disable-error-code="override, misc, overload-overlap, assignment"
from typing import Any, Callable, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

Pointer = Any
Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
Codes = NDArray[np.uint8]

class _Object:
    """What all classes of the extension module have."""
    this: Any
    thisown: bool
    referenced_objects: list[Any]
    part_of: Any

'''

# what swigfaiss.swig has beyond the headers
FUNCTIONS = '''
def swig_ptr (a: Any) -> Pointer: ...
def memory_view (data: Pointer, n_bytes: int) -> memoryview: ...
def memcpy (dest: Pointer, src: Pointer, n: int) -> Pointer: ...
def memcpy_bytes (dest: Pointer, src: Pointer, n: int) -> Pointer: ...
def set_numpy (ndarray: Any, empty: Any, dtypes: Any, example: Any) -> None: ...
def pointer_type (pointer: Pointer) -> str: ...
def is_usual (a: Any, dtype: Any, columns: int) -> bool: ...
def is_output (a: Any, dtype: Any, nd: int) -> bool: ...
def k_best_arrays (array: Floats, k: int, is_similarity: bool) -> tuple[Floats, Ids]: ...
def merge_arrays (D: Floats, I: Ids, new_D: Floats, new_I: Ids, is_similarity: bool) -> None: ...
def common_arrays (I1: Ids, I2: Ids) -> int: ...
def bucket_sort_arrays (array: Ids, n_buckets: int, divisor: int) -> tuple[Ids, Ids] | None: ...
def bitstring_arrays (numbers: Any, codes: Codes, widths: Any, packs: bool) -> None: ...
def id_map_arrays (map: IdMap, keys: Ids, values: Ids, sets: bool) -> None: ...
def search_arrays (index: Index, x: Any, k: Any, params: SearchParameters | None, D_given: Any,
                   I_given: Any) -> tuple[Floats, Ids] | None: ...
def range_search_arrays (index: Index, x: Any, radius: float, params: SearchParameters | None
                         ) -> tuple[NDArray[np.uint64], Floats, Ids] | None: ...
def set_array_function (function: Callable[[Any], Any]) -> None: ...
def set_message_function (function: Callable[[str, bool], Any]) -> None: ...
def set_class_loader (function: Callable[[str], Any]) -> None: ...
def set_explainer (function: Callable[[str, tuple[Any, ...], Exception], str | None]) -> None: ...
def set_progress_function (function: Callable[[str, int, int], Any] | None) -> None: ...
def set_timeout (seconds: float) -> None: ...
def extra_distance_computer (d: int, mt: int, metric_arg: float, xb: Pointer) -> FlatCodesDistanceComputer: ...
def omp_get_max_threads () -> int: ...
def omp_set_num_threads (num_threads: int) -> None: ...
def swig_version () -> int: ...
def cast_integer_to_float_ptr (x: int) -> Pointer: ...
def cast_integer_to_idx_t_ptr (x: int) -> Pointer: ...
def cast_integer_to_int_ptr (x: int) -> Pointer: ...
def cast_integer_to_uint8_ptr (x: int) -> Pointer: ...
def cast_integer_to_void_ptr (x: int) -> Pointer: ...
'''
METHODS = {
    "IOReader": ["name: str", "def __call__ (self, ptr: Pointer, size: int, nitems: int) -> int: ...",
                 "def filedescriptor (self) -> int: ..."],
    "IOWriter": ["name: str", "def __call__ (self, ptr: Pointer, size: int, nitems: int) -> int: ...",
                 "def filedescriptor (self) -> int: ..."],
    "Index": ["def __getstate__ (self) -> dict[str, bytes]: ...",
              "def __setstate__ (self, state: dict[str, bytes]) -> None: ...",
              "def train_ex (self, n: int, x: Pointer, numeric_type: int) -> None: ...",
              "def add_ex (self, n: int, x: Pointer, numeric_type: int) -> None: ...",
              "def add_with_ids_ex (self, n: int, x: Pointer, numeric_type: int, xids: Pointer) -> None: ...",
              "def search_ex (self, n: int, x: Pointer, numeric_type: int, k: int, distances: Pointer, "
              "labels: Pointer, params: SearchParameters | None = ...) -> None: ...",
              "def train_with_queries (self, n: int, x: Pointer, n_train_q: int, xq_train: Pointer) -> None: ..."],
    "CodePacker": ["def pack_1_c (self, flat_code: Pointer, offset: int, block: Pointer) -> None: ...",
                   "def unpack_1_c (self, block: Pointer, offset: int, flat_code: Pointer) -> None: ..."],
    "ProductQuantizer": ["def search (self, x: Pointer, nx: int, codes: Pointer, ncodes: int, res: Any, "
                         "init_finalize_heap: bool = True) -> None: ...",
                         "def search_ip (self, x: Pointer, nx: int, codes: Pointer, ncodes: int, res: Any, "
                         "init_finalize_heap: bool = True) -> None: ...",
                         "def search_sdc (self, qcodes: Pointer, nq: int, bcodes: Pointer, ncodes: int, res: Any, "
                         "init_finalize_heap: bool = True) -> None: ..."],
    "ScalarQuantizer": ["turboq_refine: None", "def select_quantizer (self) -> Any: ..."],
    "PolysemousTraining": ["log_pattern: str"],
    "InvertedListsIterator": ["has_search_callbacks_: bool", "def get_id (self) -> int: ...",
                              "def get_code (self) -> Pointer: ...",
                              "def get_id_and_codes (self) -> tuple[int, Pointer]: ...",
                              "def on_distance_computed (self, id: int, distance: float) -> None: ...",
                              "def on_heap_changed (self, id: int, removed: int) -> None: ..."],
    "DistanceComputer": ["def __call__ (self, i: int) -> float: ...",
                         "def distances_batch_4 (self, idx0: int, idx1: int, idx2: int, idx3: int, dis0: Pointer, "
                         "dis1: Pointer, dis2: Pointer, dis3: Pointer) -> None: ..."],
    "FlatCodesDistanceComputer": [
        "def distance_to_code (self, code: Pointer) -> float: ...",
        "def distance_to_code_batch_4 (self, c1: Pointer, c2: Pointer, c3: Pointer, c4: Pointer, d1: Pointer, d2: Pointer, "
        "d3: Pointer, d4: Pointer) -> None: ...",
        "def partial_dot_product (self, i: int, offset: int, num_components: int) -> float: ...",
        "def partial_dot_product_batch_4 (self, idx0: int, idx1: int, idx2: int, idx3: int, dp0: Pointer, dp1: Pointer, "
        "dp2: Pointer, dp3: Pointer, offset: int, num_components: int) -> None: ..."],
    "InvertedListScanner": [
        "def iterate_codes (self, iterator: Any, distances: Pointer, labels: Pointer, k: int, list_size: Pointer) -> int: ...",
        "def iterate_codes_range (self, iterator: Any, radius: float, result: RangeQueryResult, list_size: Pointer) -> None: ..."],
    "LinearTransform": ["def print_if_verbose (self, name: str, mat: Float64Vector, n: int, d: int) -> None: ..."],
    "PQDecoder8": ["nbits: int"],
    "PQDecoder16": ["nbits: int"],
    "RandomGenerator": ["def rand_int_c (self) -> int: ..."],
    "SplitMix64RandomGenerator": ["def rand_int_c (self) -> int: ..."],
    "Tensor2D": ["def numpy (self) -> Floats: ...", "def __iadd__ (self, other: Tensor2D) -> Tensor2D: ..."],
    "Int32Tensor2D": ["def numpy (self) -> NDArray[np.int32]: ...",
                      "def __iadd__ (self, other: Int32Tensor2D) -> Int32Tensor2D: ..."],
    "Linear": ["def from_array (self, array: ArrayLike, bias: ArrayLike | None = None) -> None: ...",
               "def from_torch (self, linear: Any) -> None: ..."],
    "Embedding": ["def from_array (self, array: ArrayLike) -> None: ...",
                  "def from_torch (self, emb: Any) -> None: ..."],
    "QINCoStep": ["def from_torch (self, step: Any) -> None: ..."],
    "QINCo": ["def from_torch (self, qinco: Any) -> None: ..."],
    "PyCallbackIDSelector": ["callback: Callable[[int], bool]"],
    "PyCallbackIOReader": ["callback: Callable[[int], bytes]"],
    "PyCallbackIOWriter": ["callback: Callable[[bytes], Any]"],
    "DirectMap": ["DMT_count: int"],
    "InvertedLists": ["INVALID_CODE_SIZE: int"],
    "IndexIVFPQ": ["ScannerMode_Precomputed: int", "ScannerMode_OnTheFly: int"],
    "IndexIVF": ["PARALLEL_MODE_NO_HEAP_INIT: int"],
    "SearchParameters": ["def __init__ (self, **args: Any) -> None: ..."],
    "IDSelectorArray": ["@overload", "def __init__ (self, indices: ArrayLike) -> None: ..."],
    "IDSelectorBatch": ["@overload", "def __init__ (self, indices: ArrayLike) -> None: ..."],
    "IDSelectorBitmap": ["@overload", "def __init__ (self, indices: ArrayLike) -> None: ..."],
}
# further bases, as class_wrappers.py gives them
BASES = {"IndexIVF": ", IndexIVFInterface", "ZnSphereCodec": ", ZnSphereSearch"}


class Stubs:
    def __init__ (self, tree, sources):
        self.tree = tree
        self.bases, self.fields, functions, _ = read_tree (tree)
        self.members = [*python_members (self.bases, self.fields, functions)]
        self.root = ET.parse (tree).getroot ()
        self.wrappers = array_methods (sources / "class_wrappers.py")
        self.enums ()

    def enums (self):
        """Types of enumerations, and enumerators by class ("" for those of the module)."""
        self.enum_types, self.enumerators, of_classes = set (), {"": []}, set ()
        for cls, name, c_name in class_constants (self.tree, self.bases):
            self.enumerators.setdefault (cls[5:], []).append (name)
            of_classes.add (c_name)
        for node in self.root.iter ("enum"):
            self.enum_types.add (attributes (node).get ("name"))
            for item in node.findall ("enumitem"):
                name = attributes (item)["name"]
                if name not in of_classes:
                    self.enumerators[""].append (re.sub ("^FAISS_(?=IO_FLAG)", "", name))
        for node in self.root.iter ("constant"):
            name = re.sub ("^FAISS_(?=IO_FLAG)", "", attributes (node).get ("sym_name", ""))
            if re.match (r"[A-Z]", name):
                self.enumerators.setdefault ("", []).append (name)

    def python_type (self, text, optional=True):
        """Of a C type; optional: may a pointer be None?"""
        text = text.replace ("const ", "").replace (" const", "").strip ()
        if text in ("", "void"):
            return "None"
        if text == "bool":
            return "bool"
        if text in INTEGERS or text in self.enum_types:
            return "int"
        if text in ("float", "double"):
            return "float"
        if text == "char *":
            return "str"
        m = re.fullmatch (r"(Faiss\w+?)(Ptr)?( \*)?", text)
        if m and m[1] in self.bases:
            return m[1][5:] + (" | None" if optional and (m[2] or m[3]) else "")
        if m and text.startswith ("Faiss") and not m[3]:
            return "int" if "Type" in text or "Mode" in text or "Level" in text else "Any"
        return "Pointer" if text.endswith ("*") else "Any"

    def parameters (self, function):
        texts, seen_default = [], False
        for p in function.inputs ():
            name = p.name + "_" * keyword.iskeyword (p.name)
            seen_default = seen_default or bool (p.default)
            of = "Any" if p.is_callback else self.python_type (p.type)
            of += " | None" if p.default == "NULL" and "None" not in of and of not in ("Any", "Pointer") else ""
            texts.append (f"{name}: {of}" + (" = ..." if seen_default else ""))
        return texts

    def result (self, function):
        if function.name in BOOLEANS:
            return "bool"
        if function.result == "FaissStatus":
            out = next ((p for p in function.params if p.name == function.out_name), None)
            if out is None:
                return "None"
            if out.type == "FaissString *":
                return "str"
            return self.python_type (re.sub (r" \*$|\*$", "", out.type), optional=False)
        return self.python_type (function.result)

    def definition (self, member):
        params = self.parameters (member.function)
        if member.cls and member.kind != "static":
            params.insert (0, "self")
        result = "None" if member.kind == "constructor" else self.result (member.function)
        return f"def {member.name} ({', '.join (params)}) -> {result}: ..."

    def definitions (self, members):
        """Lines for functions of a class or of the module; several of one name are overloads."""
        names = {}
        for member in members:
            names.setdefault (member.name, []).append (member)
        for name, same in names.items ():
            for member in same:
                if len (same) > 1:
                    yield "@overload"
                if member.kind == "static":
                    yield "@staticmethod"
                yield self.definition (member)

    def roots_of (self, cls):
        while cls:
            yield cls[5:]
            cls = self.bases[cls]

    def one_class (self, cls):
        name = cls[5:]
        base = (self.bases[cls][5:] if self.bases[cls] else "_Object") + BASES.get (name, "")
        lines = [f"class {name} ({base}):"]
        node = next (n for n in self.root.iter ("class") if attributes (n).get ("name") == cls)
        for member in node.findall ("cdecl"):
            a = attributes (member)
            if a.get ("kind") == "variable":
                array = "a(" in a.get ("decl", "")
                encoded = re.sub (r"a\(\w*\)\.", "p.", a.get ("decl", "")) + a["type"]
                of = "Any" if "f(" in encoded else self.python_type (c_type (encoded), optional=False)
                lines.append (f"{a['name']}: {'Pointer' if array else of}")
        lines += [f"{e}: int" for e in self.enumerators.get (name, ())]
        own = [m for m in self.members if m.cls == cls and m.kind != "destructor"]
        replaced = {}
        for root in self.roots_of (cls):
            for method, text in self.wrappers.get (root, {}).items ():
                if method.startswith ("+"):
                    if root == name:
                        lines.append (text)
                elif any (m.name == method for m in own):
                    replaced.setdefault (method, text)
        for m in own:
            if m.name in replaced:
                m.name += "_c"
        lines += replaced.values ()
        more = METHODS.get (name, [])
        if "SearchParameters" in self.roots_of (cls):  # constructed by keywords
            own = [m for m in own if m.kind != "constructor"]
        elif "@overload" in more:
            constructor = next (self.definition (m) for m in own if m.kind == "constructor")
            own = [m for m in own if m.kind != "constructor"]
            lines += ["@overload", constructor]
        elif not any (m.kind == "constructor" for m in own) and cls in self.plain ():
            lines.append ("def __init__ (self) -> None: ...")
        lines += more
        lines += self.definitions (own)
        return "\n    ".join (lines if len (lines) > 1 else [*lines, "..."])

    def plain (self):
        """Values: classes that are not freed by a function of their own have a constructor anyway."""
        freed = {m.cls for m in self.members if m.kind == "destructor"}
        return {c for c in self.bases if not any ("Faiss" + r in freed for r in self.roots_of (c))}

    def text (self):
        parts = [HEAD, "\n".join (f"{n}: int" for n in sorted (set (self.enumerators[""]))), FUNCTIONS]
        for root, (name, parameter) in DOWNCASTS.items ():
            if root in self.bases:
                parts.append (f"def {name} ({parameter}: {root[5:]}) -> {root[5:]}: ...")
        parts.append ("\n".join (self.definitions (m for m in self.members if not m.cls)))
        ordered = []

        def visit (cls):
            if cls and cls not in ordered:
                visit (self.bases[cls])
                ordered.append (cls)

        for cls in self.bases:
            visit (cls)
        texts = [self.one_class (cls) for cls in ordered]
        parts += texts
        methods = self.wrappers["Index"]
        parts.append ("class IndexIVFInterface (Level1Quantizer):\n    nprobe: int\n    max_codes: int\n    "
                      + "\n    ".join (methods[m] for m in ("search_preassigned",
                                                            "range_search_preassigned")))
        return "\n\n".join (parts) + "\n"


def signature (function):
    arguments = ast.unparse (function.args)
    arguments = re.sub (r"=('[^']*'|[^,)]+)", "=...", arguments)
    result = ast.unparse (function.returns) if function.returns else "Any"
    return f"({arguments}) -> {result}: ...".replace ("swigfaiss.", "")


def array_methods (path):
    """root of classes -> method -> definition: of handle_<Root>'s replacement_<method>; +name if new."""
    found = {}
    for handler in ast.parse (path.read_text ()).body:
        if isinstance (handler, ast.FunctionDef) and handler.name.startswith ("handle_"):
            methods = found.setdefault (handler.name[7:], {})
            for f in ast.walk (handler):
                if isinstance (f, ast.FunctionDef) and f is not handler:
                    name = f.name.removeprefix ("replacement_")
                    if name != "init":
                        key = name if name != f.name else "+" + name
                        methods[key] = f"def {name} {signature (f)}"
    return found


def package (path):
    """__init__.pyi: what __init__.py imports, defines and sets."""
    lines = ["# Made by stubs.py from __init__.py.",
             "# mypy: disable-error-code=\"assignment, no-redef, no-untyped-def, misc\"", "from typing import Any", "",
             "import numpy as np", "from numpy.typing import ArrayLike, NDArray", "",
             "from faiss.swigfaiss import *"]
    constants = []
    for node in ast.parse (path.read_text ()).body:
        if isinstance (node, ast.ImportFrom) and node.names[0].name != "*" and node.module != "__future__":
            names = ", ".join (f"{n.name} as {n.name}" for n in node.names)
            lines.append (f"from {node.module} import ({names})")
        elif isinstance (node, ast.FunctionDef):
            lines.append (f"def {node.name} {signature (node)}")
        elif isinstance (node, ast.Assign):
            for target in node.targets:
                if isinstance (target, ast.Name) and target.id == "_rare":
                    names = node.value.args[0].func.value.value.split ()
                    lines.append (f"from faiss.rare_functions import ({', '.join (f'{n} as {n}' for n in names)})")
                    lines += [f"{old}VectorVector = {new}VectorVector" for old, new in (
                        ("Float", "Float32"), ("Byte", "UInt8"), ("Long", "Int64"))]
                elif isinstance (target, ast.Name):
                    is_text = target.id in ("__version__", "VERSION_STRING")
                    of = "str" if is_text else "int" if target.id.isupper () else "Any"
                    constants.append (f"{target.id}: {of}")
                    if target.id == "vector_name_map":
                        for key, value in zip (node.value.keys, node.value.values):
                            lines.append (f"class {key.value}Vector ({value.value}Vector): ...")
    constants += ["IVFSearchParameters = SearchParametersIVF"]
    return "\n".join (lines + constants) + "\n"


def parameters (tree):
    """SWIG's name of a function -> its forms: "name:type,name:type=" (= where there is a default)."""
    bases, fields, functions, _ = read_tree (tree)
    forms = {}
    for member in python_members (bases, fields, functions):
        cls = member.cls and member.cls[5:]
        name = f"new_{cls}" if member.kind == "constructor" else f"{cls}_{member.name}" if cls else member.name
        texts = [f"self:{member.cls} *"] * (member.kind in ("method", "destructor"))
        texts += [f"{p.name}:{p.type}" + "=" * bool (p.default) for p in member.function.inputs ()]
        forms.setdefault (name, []).append (",".join (texts))
    for line in FUNCTIONS.replace ("\n         ", " ").strip ().split ("\n"):  # swigfaiss.swig's own
        function = ast.parse (line).body[0]
        forms.setdefault (function.name, [",".join (a.arg + ":" for a in function.args.args)])
    for name, parameter in DOWNCASTS.values ():
        forms[name] = [parameter + ":"]
    rows = "".join (f'    "{name}": "{"|".join (texts)}",\n' for name, texts in forms.items ())
    return f'"""Made by stubs.py: what SWIG\'s functions take."""\n\nPARAMETERS = {{\n{rows}}}\n'


if __name__ == "__main__":
    tree, sources, out = sys.argv[1], pathlib.Path (sys.argv[2]), pathlib.Path (sys.argv[3])
    (out / "swigfaiss.pyi").write_text (Stubs (tree, sources).text ())
    (out / "__init__.pyi").write_text (package (sources / "__init__.py"))
    (out / "parameters.py").write_text (parameters (tree))
