#!/usr/bin/env python3
"""Cut SWIG's swigfaiss.py into the module and one file for each class, which is read when the class is needed.

To import some hundred classes takes longer than to use the ten that a program needs. The module keeps the
functions and constants; `swigfaiss.IndexFlat` comes from _classes/IndexFlat.py, after the class it derives
from, by the module's __getattr__. The files are run as parts of the module, so nothing shows where a class was.

usage: split_classes.py swigfaiss.py PACKAGE
"""
import ast
import pathlib
import sys

HEAD = '"""A class of swigfaiss.py, which reads this file: see there."""\n'

TAIL = '''
# ---- classes: made when they are needed ----

# class -> what it derives from
CLASSES = {
%s}

from _thread import RLock as _RLock

_loading = _RLock ()
_made = {}
_finish = None  # a function of faiss/__init__.py: gives a class its methods on arrays, and so on


def _code (name):
    """The code of _classes/NAME.py."""
    full = __name__.rpartition (".")[0] + "._classes." + name
    try:
        loader = type (__loader__) (full, __file__.replace ("swigfaiss.py", "_classes/" + name + ".py"))
        return loader.get_code (full)
    except Exception:  # packed programs, whose packers look for imports, and other loaders: editable installs
        import faiss._classes
        from importlib.util import find_spec
        return find_spec (full).loader.get_code (full)


def _load_class (name):
    """Make the class of this name."""
    with _loading:
        if name not in _made:
            base = CLASSES[name]
            here = {} if base is None else {base: _load_class (base)}
            exec (_code (name), globals (), here)
            _made[name] = here[name]
            _finish (here[name], here["_object_members"])
            globals ()[name] = here[name]
        return _made[name]


def __getattr__ (name):
    if name == "IndexIVFInterface":  # class_wrappers.py makes it with that class
        _load_class ("IndexIVF")
        return globals ()[name]
    if name not in CLASSES:
        raise AttributeError (f"module {__name__!r} has no attribute {name!r}")
    return _load_class (name)


def __dir__ ():
    return sorted ({*globals (), *CLASSES})


# whose objects C returns
_swigfaiss.set_class_loader (lambda name: name in CLASSES and _load_class (name))


def _explain (text, arguments, error):
    """What to say of wrong arguments."""
    from faiss.wrong_arguments import explain
    return explain (text, arguments, error)


_swigfaiss.set_explainer (_explain)
'''

PACKAGE = '''"""The classes of swigfaiss.py, which reads these files."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for programs that look which modules are imported
    from faiss._classes import (%s)
'''


def table (tree, name):
    """The value of a list in the module, which leaves it."""
    node = next (n for n in tree.body if isinstance (n, ast.Assign) and n.targets[0].id == name)
    return node, ast.literal_eval (node.value)


def main (path, package):
    text = path.read_text ()
    lines = text.split ("\n")
    tree = ast.parse (text)
    folder = package / "_classes"
    folder.mkdir (parents=True, exist_ok=True)
    constants_node, constants = table (tree, "CLASS_CONSTANTS")
    members_node, members = table (tree, "OBJECT_MEMBERS")
    of_classes = {c_name for _, _, c_name in constants}
    left_out = {constants_node, members_node}
    classes = {}
    for node, following in zip (tree.body, [*tree.body[1:], None]):
        if isinstance (node, ast.ClassDef) and isinstance (following, ast.Expr) and "_swigregister" in ast.unparse (following):
            base = node.bases[0].id if node.bases else "object"
            classes[node.name] = None if base == "object" else base
            body = lines[node.lineno - 1:node.end_lineno] + lines[following.lineno - 1:following.end_lineno]
            body += [f"{node.name}.{name} = _swigfaiss.{c_name}" for of, name, c_name in constants if of == node.name]
            body += [f"_object_members = {[m for of, m in members if of == node.name]}"]
            target = folder / f"{node.name}.py"
            content = HEAD + "\n".join (body).replace (
                'property(lambda x: x.this.own(), lambda x, v: x.this.own(v), doc="The membership flag")',
                "_thisown") + "\n"
            if not target.exists () or target.read_text () != content:
                target.write_text (content)
            left_out.update ([node, following])
        elif isinstance (node, ast.Assign) and isinstance (node.targets[0], ast.Name) and node.targets[0].id in of_classes:
            left_out.add (node)
    for target in folder.glob ("*.py"):
        if target.stem not in classes:
            target.unlink ()
    gone = {i for node in left_out for i in range (node.lineno - 1, node.end_lineno)}
    kept = "\n".join (line for i, line in enumerate (lines) if i not in gone)
    kept += '\n_thisown = property (lambda x: x.this.own (), lambda x, v: x.this.own (v), doc="The membership flag")\n'
    rows = "".join (f'    "{name}": {base and chr (34) + base + chr (34)},\n' for name, base in classes.items ())
    (package / "swigfaiss.py").write_text (kept + TAIL % rows)
    (folder / "__init__.py").write_text (PACKAGE % ", ".join (classes))


if __name__ == "__main__":
    main (pathlib.Path (sys.argv[1]), pathlib.Path (sys.argv[2]))
