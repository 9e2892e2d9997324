"""The type stubs: mypy understands them, and they say what the module has."""
import ast
import importlib.util
import inspect
import pathlib
import re
import subprocess
import sys

import pytest

HERE = pathlib.Path (__file__).resolve ().parent


@pytest.mark.skipif (importlib.util.find_spec ("mypy") is None, reason="mypy is not installed")
@pytest.mark.skipif (sys.version_info < (3, 11), reason="assert_type is of Python 3.11")
def test_mypy (faiss, tmp_path):
    package = pathlib.Path (faiss.__file__).parent
    (tmp_path / "mypy.ini").write_text (
        f"[mypy]\nstrict = True\nmypy_path = {package.parent}\ncache_dir = {tmp_path}\n"
        "[mypy-faiss.*]\nfollow_imports = silent\n")
    program = HERE / "typed_program.py"
    result = subprocess.run ([sys.executable, "-m", "mypy", "--config-file", tmp_path / "mypy.ini",
                              "--no-error-summary", program], capture_output=True, text=True)
    said = re.findall (r"typed_program.py:(\d+): error: .*\[([\w-]+)\]$", result.stdout, re.M)
    expected = [(str (i), m[1]) for i, line in enumerate (program.read_text ().split ("\n"), 1)
                if (m := re.search (r"# error: ([\w-]+)$", line))]
    assert said == expected, result.stdout + result.stderr
    stubs = [str (package / name) for name in ("swigfaiss.pyi", "__init__.pyi")]
    for stub in stubs:  # errors of their own
        found = subprocess.run ([sys.executable, "-m", "mypy", "--config-file", tmp_path / "mypy.ini",
                                 "--no-error-summary", "--follow-imports=silent", stub],
                                capture_output=True, text=True)
        assert found.stdout == "", found.stdout[:3000]


def declared (tree):
    """Names that a stub's module or class declares."""
    for node in tree.body:
        if isinstance (node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance (node, ast.AnnAssign):
            yield node.target.id
        elif isinstance (node, ast.Assign):
            yield node.targets[0].id
        elif isinstance (node, ast.ImportFrom) and node.module.startswith ("faiss"):
            yield from (n.asname or n.name for n in node.names)


def test_stubs_are_complete (faiss):
    """Whatever is in a stub is in the module, and the other way round."""
    tree = ast.parse (pathlib.Path (faiss.swigfaiss.__file__).with_suffix (".pyi").read_text ())
    classes = {c.name: c for c in tree.body if isinstance (c, ast.ClassDef) and c.name != "_Object"}
    complaints = []
    for name, node in classes.items ():
        the_class = getattr (faiss.swigfaiss, name, None)
        if the_class is None:
            complaints.append (f"{name}: not in the module")
            continue
        for member in declared (node):
            if not hasattr (the_class, member):
                complaints.append (f"{name}.{member}: not in the module")
        names = {m for c in the_class.__mro__ if c.__name__ in classes
                 for m in declared (classes[c.__name__])}
        for member in vars (the_class):
            if not member.startswith ("_") and member not in names \
                    and member not in ("thisown", "original_init"):
                complaints.append (f"{name}.{member}: not in the stub")
    functions = {*declared (tree)}
    for name in dir (faiss.swigfaiss):
        value = getattr (faiss.swigfaiss, name)
        if (inspect.isclass (value) or callable (value)) and not name.startswith ("_") \
                and getattr (value, "__module__", "") == "faiss.swigfaiss" and name not in functions:
            complaints.append (f"{name}: not in the stub")
    assert not complaints, "\n".join (complaints)
    package = ast.parse (pathlib.Path (faiss.__file__).with_suffix (".pyi").read_text ())
    for name in {*declared (package)} - {"*"}:
        assert hasattr (faiss, name), name
    missing = [name for name in dir (faiss) if not name.startswith ("_")
               and name not in {*declared (package), *declared (tree)}
               and not inspect.ismodule (getattr (faiss, name))]
    assert [n for n in missing if n not in ("annotations", "logger", "log_message", "OBJECT_MEMBERS",
                                            "supported_instruction_sets")] == []
