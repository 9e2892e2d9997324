"""Index files for the tests of the format: which lines of tests/tools/format_cases.tsv are in scope,
and their files, written by the oracle."""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOOLS = ROOT / "tests" / "tools"
sys.path.insert(0, str(TOOLS))

import format_cases  # noqa: E402

# what is no object of a class: a missing index, missing lists, the two forms of list sizes
OTHER_TAGS = {"null", "il00", "full", "sprs"}


def known_tags():
    """The tags that the library's classes read, from their sources."""
    tags = set(OTHER_TAGS)
    for source in (ROOT / "faiss").rglob("*.c"):
        for text in re.findall(r'\.tags\s*=\s*"([^"]*)"', source.read_text()):
            tags.update(text.split())
    return tags


CASES = format_cases.all_cases()
KINDS = ("index", "transform", "invlists")


def in_scope():
    """The cases whose tags are all known and that upstream can read itself."""
    known = known_tags()
    return [case for case in CASES.values()
            if set(case.tags) <= known and case.tags
            and not set(case.tags) <= OTHER_TAGS
            and format_cases.kind_of(case, CASES) in KINDS
            and not dict(case.options).get("refused")]


def kind_of(case):
    return format_cases.kind_of(case, CASES)


def base_of(case):
    return format_cases.base_of(case, CASES)


def write_files(python, directory, names=None):
    """Let the oracle's interpreter write the files of some cases, or of all in scope."""
    names = names or [case.name for case in in_scope()]
    done = subprocess.run([python, str(TOOLS / "write_cases.py"), str(directory), *names],
                          capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
