#!/usr/bin/env python3
"""Compare the reader rules with what a reader really accepts.

Takes the files that write_cases.py made, changes one field at a time and
asks two judges whether the result is still a valid file: the rules of the
specification, as implemented by faissdump.py, and a reader.  Each field of
each kind of object is changed in only a few files.

    check_rules.py DIR [--reader COMMAND | --server COMMAND] [--only REGEX]
                   [--per-field N]

Without --reader the judge is upstream, through the faiss Python package.
The command of --reader is run with a file name appended and must exit 0 to
accept it; that of --server is given file names, one a line, and answers each.

Exit status 0 when both judges agree everywhere, except for KNOWN and STRICTER below.
"""

import argparse
import collections
import os
import re
import resource
import shlex
import signal
import struct
import subprocess
import sys
import tempfile

import faissdump
from format_cases import kind_of, load_cases

HERE = os.path.dirname(os.path.abspath(__file__))
MEMORY_LIMIT = 8 << 30
SECONDS = 20

SCALAR_VALUES = {
    "bool": lambda v: [2, 255, 1 - v],
    "u8": lambda v: [v + 1, 0, 9, 255],
    "i8": lambda v: [v + 1, -1],
    "i32": lambda v: [v + 1, v - 1, 0, -1, 1 << 20, (1 << 31) - 1],
    "u32": lambda v: [v + 1],
    "i64": lambda v: [v + 1, v - 1, 0, -1, 1 << 36],
    "u64": lambda v: [v + 1, v - 1, 0, 1 << 36, (1 << 64) - 1],
    "f32": lambda v: [0.0, 0.5, -1.0, float("nan"), float("inf"), 5000.0],
}

ELEMENT_VALUES = {
    "i32": [-2, -1, 1 << 30], "i64": [-2, -1, 1 << 40],
    "u64": [0, 1 << 40],
}

# Disagreements that are understood: (pattern on "object field: change", why).
KNOWN = [
    (r"ilod (filename|totsize):", "depends on the data file"),
    (r"(ilbl n_per_block|ilp2 batch_size): = 18446744073709551615",
     "upstream rounds up modulo 2^64"),
    (r"IxLa scale_nbit: = 2147483647", "upstream computes in 32-bit int"),
    (r"OldRQ nbits: ", "upstream keeps the low 32 bits of nbits"),
    (r"RaBitQ nb_bits: = (0|68719476736|18446744073709551615)",
     "not tested for Irfs and Iwrf; the factor size shows it"),
    (r"NSG R: = 2147483647", "upstream allocates ntotal * R links"),
    (r"(Irfs codes: emptied|Iwrf bbs: = 1048576)",
     "upstream does not test the size of the blocks and crashes"),
    (r"Header metric_type: = 2$", "later fields move by four bytes and "
     "upstream allocates what they say"),
]

# What a careful reader (--reader, --server) may refuse although the rules accept it, in the same form,
# with "case: " in front.
STRICTER = [
    (r"IxLa scale_nbit: = -1", "upstream makes an index that cannot encode"),
    (r"(LegacyIvfHeader ids|Iv\w\w codes)\[", "upstream does not compare the lengths of a list's ids "
     "and codes, and reads past the shorter"),
    (r"(pq_|multi_index|two_layer|imi|ivf_pq).*(Header d|Header ntotal|PQ M): ", "upstream does not "
     "compare d, ntotal and the product quantizer, and reads past the shorter of them"),
    (r"I[vw](PQ|QR) (code_size|refine_codes): ", "upstream does not compare the sizes of codes"),
    (r"Ix(Pq|Po) search_type: ", "upstream takes a search type that there is not"),
    (r"Ix2L nlist: ", "upstream does not compare it with the quantizer"),
    (r"hnsw_.*Header metric_type: ", "upstream searches with the metric of the storage"),
    (r"HNSW (entry_point|max_level|neighbors|cum_nneighbor_per_level|assign_probas): ", "upstream "
     "does not check that the entry point has all levels, nor tables behind their used part"),
    (r"(nsg|nndescent)_.*Header metric_type: ", "upstream searches with the metric of the storage"),
    (r"NSG R: = 2147483647", "upstream adds to it what it cannot allocate"),
    (r"NNDescent (K|has_built): ", "upstream adds to, and searches, a graph that there is not"),
    (r"refine_panorama.*Header d: ", "upstream does not compare d, ntotal and the product quantizer, "
     "and reads past the shorter of them"),
    (r"IHc2 numeric_type: ", "upstream takes a type of numbers that there is not"),
    (r"LSQ (train_iters|(encode|train)_ils_iters|icm_iters): = ", "upstream takes so many rounds "
     "that training or encoding never ends"),
    (r"OldRQ max_beam_size: ", "upstream reads a beam of no width, but not what it then writes"),
    (r"OldRQ (nbits|codebooks): ", "upstream does not compare the codebooks with nbits"),
    (r"(AQ|OldRQ) search_type: ", "upstream takes a search type that there is not for one without "
     "norms"),
]

RECORD_WIDTH = {"u64x3[]": 3, "u64x2[]": 2, "pair<i64,i64>[]": 2}

FORMATS = {"bool": "B", "u8": "B", "i8": "b", "i32": "i", "u32": "I",
           "i64": "q", "u64": "Q", "f32": "f", "f64": "d", "char": "B"}


def pack(type_, value):
    try:
        return struct.pack("<" + FORMATS[type_], value)
    except struct.error:
        return None


def leaves(node, owner=""):
    """(owner kind, leaf) for every leaf of the tree."""
    if node.children is not None:
        # "lists" groups belong to the object around them
        owner = owner if node.type == "lists" else node.type
        for child in node.children:
            yield from leaves(child, owner)
    else:
        yield owner, node


def mutations(data, leaf):
    """(description, changed bytes) for one leaf."""
    base = leaf.type.split("[")[0].rstrip("*")
    start, end = leaf.offset, leaf.offset + leaf.size
    if leaf.shape is None:
        if leaf.name == "tag":
            return
        for value in dict.fromkeys(
                str(v) for v in SCALAR_VALUES[base](leaf.value)):
            value = float(value) if base == "f32" else int(value)
            raw = pack(base, value)
            if raw and raw != data[start:end]:
                yield f"= {value}", data[:start] + raw + data[end:]
        return
    counted = leaf.type.endswith("[]")
    item = leaf.data.itemsize * RECORD_WIDTH.get(leaf.type, 1)
    first = end - leaf.data.nbytes
    if counted:
        count = struct.unpack_from("<Q", data, start)[0]
        if count:
            yield "one element shorter", (
                data[:start] + struct.pack("<Q", count - 1)
                + data[first:end - item] + data[end:])
            yield "emptied", data[:start] + bytes(8) + data[end:]
        yield "one element longer", (
            data[:start] + struct.pack("<Q", count + 1) + data[first:end]
            + bytes(item) + data[end:])
        yield "impossible length", (
            data[:start] + struct.pack("<Q", 1 << 60) + data[first:])
    if base in ELEMENT_VALUES and leaf.data.size:
        size = leaf.data.itemsize
        for position in dict.fromkeys((0, leaf.data.size - 1)):
            at = first + position * size
            for value in ELEMENT_VALUES[base]:
                raw = pack(base, value)
                if raw != data[at:at + size]:
                    yield f"[{position}] = {value}", (
                        data[:at] + raw + data[at + size:])


# --------------------------------------------------------------------------
# The judges
# --------------------------------------------------------------------------


def judge_rules(data, kind):
    try:
        dump = faissdump.parse(data, kind, exact=False)
    except faissdump.FormatError as e:
        return False, e.reason
    if dump.violations:
        return False, "; ".join(f"{v[0]}: {v[2]}" for v in dump.violations)
    return True, ""


class Upstream:
    """Reads candidate files in a child process that may crash."""

    def __init__(self):
        self.child = None

    def start(self):
        to_child, self.request = os.pipe()
        self.answer, from_child = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            os.close(self.request)
            os.close(self.answer)
            self.serve(to_child, from_child)
            os._exit(0)
        os.close(to_child)
        os.close(from_child)

    @staticmethod
    def serve(requests, answers):
        import faiss
        from write_cases import read_with_upstream
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        faiss.omp_set_num_threads(1)
        with os.fdopen(requests) as f:
            for line in f:
                name, kind = line.rstrip("\n").split("\t")
                signal.alarm(SECONDS)
                try:
                    read_with_upstream(name, kind)
                    message = "+"
                except MemoryError:
                    message = "-out of memory"
                except Exception as e:
                    text = str(e).replace("\n", " ")
                    message = "-" + text.split("Error: ", 1)[-1][:200]
                signal.alarm(0)
                os.write(answers, message.encode() + b"\n")

    def __call__(self, name, kind):
        if self.child is None:
            self.start()
        os.write(self.request, f"{name}\t{kind}\n".encode())
        message = b""
        while not message.endswith(b"\n"):
            part = os.read(self.answer, 4096)
            if not part:
                status = os.waitpid(self.child, 0)[1]
                os.close(self.request)
                os.close(self.answer)
                self.child = None
                return None, f"crash, signal {status & 127}"
            message += part
        text = message.decode(errors="replace").rstrip("\n")
        return text.startswith("+"), text[1:]

    def stop(self):
        if self.child is not None:
            os.close(self.request)
            os.waitpid(self.child, 0)


class Server:
    """A command that reads file names from its input and answers each with a line: + or -message.

    It is started again when it crashes.
    """

    def __init__(self, command):
        self.command = shlex.split(command)
        self.process = None

    def __call__(self, name, kind):
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE,
                                            stderr=subprocess.DEVNULL)
        self.process.stdin.write(name.encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode(errors="replace")
        if not answer:
            status = self.process.wait()
            self.process = None
            return None, f"crash, status {status}"
        return answer.startswith("+"), answer[1:].rstrip("\n")

    def stop(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


class Command:
    def __init__(self, command):
        self.command = shlex.split(command)

    def __call__(self, name, kind):
        done = subprocess.run(self.command + [name], capture_output=True,
                              timeout=SECONDS)
        if done.returncode < 0:
            return None, f"crash, signal {-done.returncode}"
        return done.returncode == 0, done.stderr.decode(errors="replace")

    def stop(self):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dir", help="files made by write_cases.py")
    parser.add_argument("--cases", default=os.path.join(HERE,
                                                        "format_cases.tsv"))
    parser.add_argument("--reader", help="command instead of upstream")
    parser.add_argument("--server", help="the same, started once")
    parser.add_argument("--only", default="",
                        help="only case names that match")
    parser.add_argument("--per-field", type=int, default=2,
                        help="files in which each field is changed")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()

    case_list = load_cases(args.cases)[1]
    cases = {c.name: c for c in case_list}
    reader = (Server(args.server) if args.server else
              Command(args.reader) if args.reader else Upstream())
    done = collections.Counter()
    tried = agreed = 0
    differences = []
    scratch = tempfile.mkdtemp(prefix="check_rules_")
    candidate = os.path.join(scratch, "candidate")
    for case in case_list:
        if not re.search(args.only, case.name) or dict(case.options).get(
                "refused"):
            continue
        kind = kind_of(case, cases)
        with open(os.path.join(args.dir, case.name), "rb") as f:
            data = f.read()
        root = faissdump.parse(data, kind).root
        for owner, leaf in leaves(root):
            field = root.type, owner, re.sub(r"\d+", "N", leaf.name)
            if done[field] >= args.per_field:
                continue
            done[field] += 1
            for what, changed in mutations(data, leaf):
                expected, why = judge_rules(changed, kind)
                with open(candidate, "wb") as f:
                    f.write(changed)
                got, message = reader(candidate, kind)
                tried += 1
                if got == expected:
                    agreed += 1
                else:
                    differences.append((case.name, owner, leaf.name, what,
                                        expected, why, got, message))
                    if args.verbose:
                        print(differences[-1], flush=True)
    reader.stop()
    if os.path.exists(candidate):
        os.unlink(candidate)
    os.rmdir(scratch)
    words = {True: "accept", False: "refuse", None: "crash"}
    known = collections.Counter()
    for name, owner, leaf, what, expected, why, got, message in differences:
        change = described = f"{owner.split(' ')[-1]} {leaf}: {what}"
        understood = KNOWN
        if args.reader or args.server:
            understood = STRICTER if expected and got is False else []
            change = f"{name}: {change}"
        reason = next((r for p, r in understood if re.search(p, change)), None)
        if reason:
            known[reason] += 1
            continue
        print(f"{name}: {described}: rules {words[expected]} ({why}), "
              f"reader {words[got]} ({message})")
    for reason, count in known.items():
        print(f"{count} known: {reason}")
    print(f"{tried} changed files, {agreed} judged alike, "
          f"{len(differences)} differently, {sum(known.values())} of these "
          "known")
    return 1 if len(differences) > sum(known.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
