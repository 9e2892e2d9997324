#!/usr/bin/env python3
"""Wrong arguments for every public C function: sweep.py libfaiss.so [--verbose] [WORD ...]

The functions are those of the headers. Each is called, in a child process, with arguments of which one is
odd: NULL for each pointer, zero, a negative or a huge number. A crash, a call that takes seconds, a failure
without a message of its own, or one that touches `*out` is a fault; so is a call without an object, or
without a place for the result, that is no error. docs/c-api.md says what functions promise. Numbers that
could be lengths of the arrays beside them are not made larger than these.
WORD: only functions that have it in their names. --each: methods of indexes with an index of every kind,
full, empty and untrained, which takes minutes. --verbose: what is called with zeros for an object.
"""
import argparse
import ctypes
import os
import re
import resource
import signal
import sys

import prototypes

D, SECONDS, GIGABYTES = 8, 10, 4
ROOM = 1 << 18  # bytes of an array
DEFAULTS = {"faiss_IcmEncoderFactory_get", "faiss_ProgressiveDimIndexFactory_make"}  # NULL: the usual one
BY_VALUE = {"faiss_IndexIVF_level1_quantizer"}  # a struct comes back, which ctypes does not know here
NOT_EMPTY = {"faiss_heap_replace_top", "faiss_fvec_L2sqr_batch_4", "faiss_fvec_inner_product_batch_4"}

INDEXES = ["Flat", "IVF4,Flat", "IDMap,Flat", "IDMap2,Flat", "HNSW8,Flat", "HNSW8,PQ4x4", "HNSW8,SQ8",
           "HNSW8,4+PQ2", "HNSW8,FlatPanorama2", "NSG8,Flat", "NSG8,PQ4x4", "NSG8,SQ8", "IVF4,PQ4x4",
           "IVF4,PQ4+4", "IVF4,SQ8", "IVF4,FlatDedup", "IVF4,FlatPanorama2_2", "IVF4,RQ2x4", "IVF4,LSQ2x4",
           "IVF4,PRQ2x1x4", "IVF4,PLSQ2x1x4", "IVF4,ITQ8,SH", "IMI2x2,PQ4x4", "SQ8", "PQ4x4", "LSH",
           "RQ2x4", "LSQ2x4", "PRQ2x1x4", "PLSQ2x1x4", "PCA4,Flat", "Flat,RFlat", "MinMax,SQ8",
           "MinMaxFP16,SQ8", "ZnLattice2x10_4", "Residual2x4,PQ4x4", "FlatL2Panorama2_2", "Flat,Refine(SQ8)"]

SCALARS = {
    "float": ctypes.c_float, "double": ctypes.c_double, "_Bool": ctypes.c_bool, "char": ctypes.c_int8,
    "size_t": ctypes.c_size_t, "idx_t": ctypes.c_int64, "long": ctypes.c_long,
    "int8_t": ctypes.c_int8, "int16_t": ctypes.c_int16, "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64, "uint8_t": ctypes.c_uint8, "uint16_t": ctypes.c_uint16,
    "uint32_t": ctypes.c_uint32, "uint64_t": ctypes.c_uint64,
}  # what is left are int and enumerations
UNSIGNED = ("size_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t")
NUMBERS = {"d": D, "d_in": D, "d_out": D, "d1": D, "d2": D, "dim": D, "dim_in": D, "n": 2, "nx": 2, "ny": 2,
           "nq": 2, "k": 2, "K": 2, "M": 2, "nbits": 4, "nbits_per_idx": 4, "nbits_refine": 4, "nbit": 4,
           "store_pairs": 0, "r2": 4, "r2_in": 4, "nlist": 4, "code_size": 4 * D, "bsz": 4096, "buffer_size": 64}


class Parameter:
    def __init__(self, text):
        self.is_callback = "(" in text or text.endswith("Callback") or "Callback " in text
        self.is_const = bool(re.match(r"\s*const\b", text))
        text = re.sub(r"\b(const|struct|restrict)\b", " ", text)
        self.stars = text.count("*") + text.count("[")
        words = re.sub(r"\[.*", "", text.replace("*", " ")).split()
        self.name = words.pop() if len(words) > 1 else ""
        self.type = " ".join(words)

    def c_type(self):
        if self.stars or self.is_callback:
            return ctypes.c_void_p
        return SCALARS.get(self.type, ctypes.c_int)

    def is_number(self):
        return not self.stars and not self.is_callback


class Function:
    def __init__(self, library, name, result, arguments):
        self.name, self.result = name, result.replace("const ", "")
        self.parameters = [Parameter(a) for a in arguments]
        self.call = getattr(library, name)
        self.call.argtypes = [p.c_type() for p in self.parameters]
        self.call.restype = (None if result == "void" else ctypes.c_void_p if "*" in result
                             else SCALARS.get(self.result, ctypes.c_int))
        self.has_status = result == "FaissStatus"

    def is_of_arrays(self):
        """fvec_L2sqr, heap_reorder ...: no status, no object."""
        return not self.has_status and bool(self.parameters) and not any(
            p.type.startswith("Faiss") or p.type == "void" for p in self.parameters if p.stars)


class Samples:
    """A value for each parameter: objects that were made of what there is, arrays of zeros, small numbers."""

    def __init__(self, library, functions):
        self.library, self.functions, self.made, self.kept = library, functions, {}, []
        self.parents, self.failures = prototypes.parents(), {}
        library.faiss_get_last_error.restype = ctypes.c_char_p
        self.file = ctypes.c_void_p(self.fopen(b"/dev/null", b"r+"))
        self.rows = (ctypes.c_float * (300 * D))(*[(i * 7919 % 1009) / 1009 for i in range(300 * D)])
        self.indexes = []  # (description, its classes, address)
        for state in "full", "empty", "untrained":
            for text in INDEXES:
                self.index(text, state)
        makers = [f for f in functions.values() if f.has_status and sum(p.stars == 2 for p in f.parameters) == 1
                  and any(p.stars == 2 and p.name == "out" and p.type.startswith("Faiss") for p in f.parameters)]
        for f in functions.values():
            if f.name.endswith("_set_defaults"):
                self.note(f.parameters[0].type, self.array())
                f.call(self.made[f.parameters[0].type])
        makers.sort(key=lambda f: ("_new" not in f.name, -len(f.parameters)))  # with arguments: no default object
        for _ in range(4):  # until what they need is there
            for f in makers:
                self.make(f)
        queries = [(name, self.made[type], type) for name, type in (
            ("faiss_DistanceComputer_set_query", "FaissDistanceComputer"),
            ("faiss_DistanceComputer_set_query", "FaissFlatCodesDistanceComputer"),
            ("faiss_InvertedListScanner_set_query", "FaissInvertedListScanner")) if type in self.made]
        for name, address, type in queries:
            if functions[name].call(address, self.rows) != 0:
                sys.exit(f"{name} ({type}): {library.faiss_get_last_error().decode()}")
        for f in functions.values():  # objects that are parts of others: faiss_IndexPQ_pq (index)
            m = re.fullmatch(r"(Faiss\w+) \*", f.result)
            if m and len(f.parameters) == 1 and m[1] not in self.made and f.parameters[0].type in self.made:
                self.note(m[1], f.call(self.made[f.parameters[0].type]))

    def fopen(self, *arguments):
        function = ctypes.CDLL(None).fopen
        function.restype = ctypes.c_void_p
        return function(*arguments)

    def note(self, type, address):
        if address:
            self.made.setdefault(type, address)
        return address

    def index(self, text, state):
        out = ctypes.c_void_p()
        call = {name: self.functions["faiss_" + name].call for name in
                ("index_factory", "Index_train", "Index_add", "Index_add_with_ids", "object_class")}
        failed = call["index_factory"](ctypes.addressof(out), D, text.encode(), 1)
        if state != "untrained":
            failed = failed or call["Index_train"](out, 300, self.rows)
        if state == "full" and not text.startswith(("MinMax", "ZnL")):
            ids = (ctypes.c_int64 * 100)(*range(100))
            failed = failed or (call["Index_add_with_ids"](out, 100, self.rows, ids) if "IDMap" in text
                                else call["Index_add"](out, 100, self.rows))
        if failed:
            sys.exit(f"{text}: {self.library.faiss_get_last_error().decode()}")
        head, classes = call["object_class"](out), []
        while head:  # FaissClass begins with its name and its parent
            name, head = ctypes.cast(head, ctypes.POINTER(ctypes.c_void_p))[0:2]
            classes.append("Faiss" + ctypes.string_at(name).decode())
            self.note(classes[-1], out.value)
        self.indexes.append((f"{text}, {state}", classes, out.value))

    def make(self, function):
        """An object by a function with an `X **out`, if what it needs is there."""
        out = ctypes.c_void_p()
        made = next(p.type for p in function.parameters if p.stars == 2)
        if made in self.made or any(
                p.stars == 1 and p.type.startswith("Faiss") and p.type not in self.made
                and f"faiss_{p.type[5:]}_clear" not in self.functions for p in function.parameters):
            return
        for nbits in 4, 8, 16:
            values = [ctypes.addressof(out) if p.stars == 2 else nbits if p.name == "nbits" else self.value(p)
                      for p in function.parameters]
            if function.call(*values) == 0:
                break
        self.failures[function.name] = self.library.faiss_get_last_error() if not out else None
        while out and made:
            self.note(made, out.value)
            made = self.parents.get(made)

    def array(self, fill=0):
        room = ctypes.create_string_buffer(ROOM)
        if fill:
            ctypes.memset(room, fill, ROOM)
        self.kept.append(room)
        return ctypes.addressof(room)

    def value(self, p):
        """What is right for a parameter, as far as one can tell."""
        if p.is_callback:
            return None
        if not p.stars:
            return NUMBERS.get(p.name, 1)
        if p.type == "FaissMemoryOwner":
            return None  # nobody
        if p.type == "FILE":
            return self.file
        if p.type == "char":
            return ctypes.addressof(self.text(b"/nonexistent/name" if "name" in p.name else b"Flat"))
        if p.stars == 1 and p.type in self.made:
            return self.made[p.type]
        if p.type == "float" and p.is_const:
            return ctypes.addressof(self.rows)
        return self.array()

    def text(self, text):
        self.kept.append(ctypes.create_string_buffer(text, 64))
        return self.kept[-1]


def variants(function):
    """(what is odd, {position: value}) of the calls."""
    parameters = function.parameters
    pointers = [i for i, p in enumerate(parameters) if p.stars]
    if function.is_of_arrays():  # like memcpy, they look at nothing
        if function.name not in NOT_EMPTY:
            yield "nothing", {i: None if p.stars else 0 for i, p in enumerate(parameters)}
        return
    yield from ((f"{parameters[i].name} = NULL", {i: None}) for i in pointers)
    if len(pointers) > 1:
        yield "all NULL", {i: None for i in pointers}
    if re.search(r"_(free|release)$", function.name):
        return
    arrays = [p for p in parameters if p.stars and p.name != "out"
              and (p.stars > 1 or not p.type.startswith("Faiss"))]
    for i, p in enumerate(parameters):
        if p.type == "_Bool" or not p.is_number():
            continue
        if p.type in ("float", "double"):
            odd = [0, -1, float("nan"), float("inf")]
        else:
            odd = [0] + ([] if p.type in UNSIGNED else [-1])
            if not arrays:  # whose sizes they might be
                odd += [(1 << 8 * ctypes.sizeof(p.c_type()) - 1) - 1]
                if p.type in UNSIGNED:
                    odd += [(1 << 8 * ctypes.sizeof(p.c_type())) - 1]
                if ctypes.sizeof(p.c_type()) == 8:
                    odd += [1 << 33]
        yield from ((f"{p.name} = {value}", {i: value}) for value in odd)


def attempt(samples, function, odd, of):
    """In the child: a line about what is wrong, or nothing."""
    library = samples.library
    pattern = 0x5a5a5a5a5a5a5a5a
    values = [odd[i] if i in odd else of if of and i == 0 else samples.value(p)
              for i, p in enumerate(function.parameters)]
    outs = [i for i, p in enumerate(function.parameters)
            if p.stars == 2 and p.name == "out" and i not in odd]
    for i in outs:
        values[i] = samples.array(0x5a)
    library.faiss_Index_train(None, 0, None)
    before = library.faiss_get_last_error()
    status = function.call(*values)
    if not function.has_status:
        return ""
    about_self = function.parameters and function.parameters[0].name in ("self", "out") and 0 in odd \
        and odd[0] is None and function.parameters[0].stars
    if status == 0:
        return "is no error" if about_self and function.name not in DEFAULTS else ""
    if status not in (-1, -2, -4):
        return f"returns {status}"
    message = library.faiss_get_last_error()
    if message == before and function.name != "faiss_Index_train":
        return "fails without a message"
    if any(ctypes.c_uint64.from_address(values[i]).value != pattern for i in outs):
        return "fails, but touches *out"
    return ""


def in_child(samples, function, cases, report, of=None):
    """Try the cases, of an object; its lines say how many are done. What is left after a crash."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        for what, odd in cases:
            signal.alarm(SECONDS)
            text = attempt(samples, function, odd, of)
            os.write(writer, (text + "\n").encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as file:
        lines = file.read().decode().splitlines()
    outcome = os.waitpid(child, 0)[1]
    for (what, _), text in zip(cases, lines):
        if text:
            report(f"{function.name}: {what}: {text}")
    if len(lines) < len(cases):
        what = signal.strsignal(os.WTERMSIG(outcome)) if os.WIFSIGNALED(outcome) else f"exit {outcome >> 8}"
        report(f"{function.name}: {cases[len(lines)][0]}: {what}")
        lines.append("")
    return cases[len(lines):]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("library")
    arguments.add_argument("words", nargs="*")
    arguments.add_argument("--each", action="store_true")
    arguments.add_argument("--verbose", action="store_true")
    arguments = arguments.parse_intermixed_args()
    library = ctypes.CDLL(arguments.library)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    functions = {name: Function(library, name, result, parameters)
                 for name, (result, parameters) in prototypes.read_prototypes().items()
                 if "..." not in parameters and name not in BY_VALUE and hasattr(library, name)}
    samples = Samples(library, functions)
    resource.setrlimit(resource.RLIMIT_AS, (GIGABYTES << 30, GIGABYTES << 30))
    lacks = {p.type for f in functions.values() for p in f.parameters
             if p.type.startswith("Faiss") and p.stars == 1 and p.type not in samples.made}
    if arguments.verbose:
        print("objects of zeros:", *sorted(lacks))
        print(*(f"{name}: {why}" for name, why in samples.failures.items() if why), sep="\n")
    faults, tried = [], 0
    for name, function in functions.items():
        if arguments.words and not any(word in name for word in arguments.words):
            continue
        cases = list(variants(function))
        selves = [("", None)]
        if arguments.each and function.parameters and not function.is_of_arrays():
            selves += [(text + ": ", address) for text, classes, address in samples.indexes
                       if function.parameters[0].stars == 1 and function.parameters[0].type in classes]
        for text, of in selves:
            left = cases
            tried += len(left)
            while left:
                left = in_child(samples, function, left, lambda line: faults.append(text + line), of)
    for fault in faults:
        print(fault)
    print(f"{len(functions)} functions, {tried} calls, {len(faults)} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
