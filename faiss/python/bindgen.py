#!/usr/bin/env python3
"""Turn the naming convention of the C headers into classes for SWIG.

The headers are plain C. SWIG itself parses them (-xmlout), so there is no second C parser, and this
script prints, for every public function,

    faiss_<Class>_new* (Faiss<Class> **out, ...)  ->  a constructor
    faiss_<Class>_free (Faiss<Class> *self)       ->  the destructor, inherited
    faiss_<Class>_<m> (Faiss<Class> *self, ...)   ->  method m
    faiss_<name> (...)                            ->  function name

where a FaissStatus result becomes an exception and a parameter called `out` becomes the result.
Left out is what Python does otherwise: getters and setters of fields (they are attributes), `cast`
(results have their real class), and functions that return arrays by `T **`.

The few places where C's symbol table and Python's signatures disagree stand in python_names.py. A
prototype that does not fit stops the build.

usage: bindgen.py parse-tree.xml > methods.i
       bindgen.py --fields parse-tree.xml ROOT > fields.i
       bindgen.py --headers ROOT            the public headers, each after those it includes
       bindgen.py --roots ROOT              the roots of the class tree, for swigfaiss.swig's downcasts
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ET

from python_names import (BOOLEANS, BORROWED, BORROWERS, CONSTANT_NAMES, DOWNCASTS, ENUM_CLASSES, HEADERS_LEFT_OUT, HIDDEN,
                          METHODS, OUTPUTS, RENAMED, SIGNATURES)


def public_headers (root):
    """Paths as they are included; those that come first are needed by those behind."""
    ordered, seen = [], set ()

    def visit (name):
        if name in seen or not (root / name).exists ():
            return
        seen.add (name)
        text = (root / name).read_text ()
        for included in re.findall (r"^#include <(faiss/[^>]*\.h)>", text, re.M):
            visit (included)
        if not (re.search (r"Not for public[\s*]+headers", text) or re.search (r"_tmpl\.h$|/python/", name)
                or name in HEADERS_LEFT_OUT):
            ordered.append (name)

    for path in sorted ((root / "faiss").rglob ("*.h")):
        visit (path.relative_to (root).as_posix ())
    return ordered


def roots (root):
    """The classes whose first field is the class table."""
    found = set ()
    for name in public_headers (root):
        found.update (re.findall (r"^typedef struct (Faiss\w+) {\n    FAISS_PRIVATE \(\w.* \*cls;\)",
                                  (root / name).read_text (), re.M))
    return sorted (found)


def attributes (node):
    found = node.find ("attributelist")
    if found is None:
        return {}
    return {a.get ("name"): a.get ("value") for a in found.findall ("attribute")}


def c_type (encoded):
    """'p.q(const).float' -> 'const float *'"""
    suffix = ""
    while True:
        m = re.match (r"(p|q\((\w+)\)|r)\.(.*)", encoded)
        if not m:
            return (encoded + suffix).replace ("enum ", "").replace ("struct ", "")
        if m[1] == "p":
            suffix = " *" + suffix.lstrip ()
        elif m[1].startswith ("q"):
            inner = c_type (m[3])
            return f"{m[2]} {inner}{suffix}" if "*" not in inner else f"{inner} {m[2]}{suffix}"
        else:
            sys.exit (f"bindgen: type not supported in a public prototype: {encoded}")
        encoded = m[3]


def a_or_an (type_of_object):
    """'const FaissIndex *' -> 'an Index'"""
    name = re.sub (r"const |[ *]|Faiss", "", type_of_object)
    return ("an " if name[0] in "AEIO" else "a ") + name


class Param:
    def __init__ (self, node):
        a = attributes (node)
        self.name, self.default = a.get ("name"), a.get ("value")
        self.is_callback = "f(" in a["type"]
        self.type = "" if self.is_callback else c_type (re.sub (r"a\(\w*\)\.", "p.", a["type"]))

    @classmethod
    def context (cls):
        p = cls.__new__ (cls)
        p.name, p.default, p.type, p.is_callback = "inverted_list_context", "NULL", "void *", False
        return p

    def declare (self):
        return f"{self.type} {self.name}" + (f" = {self.default}" if self.default else "")


class Function:
    def __init__ (self, node):
        a = attributes (node)
        self.name, self.doc = a["name"], a.get ("doxygen")
        decl = a["decl"]
        self.result = c_type (decl[decl.rindex (").") + 2:] + a["type"])
        parms = node.find ("attributelist/parmlist")
        self.params = [Param (p) for p in parms.findall ("parm")] if parms is not None else []
        self.params = [p for p in self.params if p.type != "void"]
        # what does not fail returns its result, and may write to arrays of any name
        self.out_name = OUTPUTS.get (self.name, "out") if self.result == "FaissStatus" else None

    def is_for_c_only (self):
        """Does it return arrays by pointers to pointers, or take a C function or an owner of memory?"""
        return any (p.is_callback or p.type == "FaissMemoryOwner *" or (p.type.endswith ("**") and p.name != "out")
                    for p in self.params)

    def is_of_class (self):
        return re.match ("faiss_[A-Z]", self.name) is not None

    def inputs (self):
        inputs = [p for p in self.params if p.name not in ("self", self.out_name)]
        order = SIGNATURES.get (self.name)
        if order:
            by_name = {p.name: p for p in inputs}
            inputs = []
            if "inverted_list_context" in order:
                by_name["inverted_list_context"] = Param.context ()
            for text in order.split (", "):
                name, _, default = text.partition ("=")
                name, _, c_name = name.partition ("<")
                c_name = c_name or name
                p = by_name.pop (c_name, None) or by_name.pop (name, None) or sys.exit (f"bindgen: {self.name} has no {c_name}")
                p.name, p.default = name, default or p.default
                inputs.append (p)
            if by_name:
                sys.exit (f"bindgen: {self.name}: signature lacks {sorted (by_name)}")
        return inputs

    def never_none (self):
        """Pointers that C follows without a look: of functions on arrays, or of methods without a status.

        Which may be NULL the headers say, by a default or a word at the parameter.
        """
        if self.result == "FaissStatus" and self.is_of_class ():
            return []
        about = dict (re.findall (r"@param\s+(\w+)((?:(?!@param|@return)[\s\S])*)", self.doc or ""))
        return [p for p in self.inputs () if p.type.endswith ("*") and not p.default
                and "char" not in p.type.replace ("unsigned char", "") and "NULL" not in about.get (p.name, "")]

    def wrap (self, name, storage=""):
        """The C++ view: status -> exception, out -> result, self -> $self."""
        params = ", ".join (p.declare () for p in self.inputs ())
        out = next ((p for p in self.params if p.name == self.out_name), None)
        args = ", ".join (f"({p.type}) $self" if p.name == "self" else
                          "&out" if p.name == self.out_name else p.name for p in self.params)
        call = f"{self.name} ({args})"
        if self.result == "FaissStatus" and out and out.type == "FaissString *":
            result = "std::string"
            body = (f"FaissText out; faiss_check ({call.replace ('&out', '&out.text')}); "
                    "return faiss_String_text (&out.text);")
        elif self.result == "FaissStatus" and out:
            result = re.sub (r" \*$|\*$", "", out.type)
            body = f"{result} out = {{}}; faiss_check ({call}); return out;"
            result = "bool" if self.name in BOOLEANS else result
        elif self.result == "FaissStatus":
            result, body = "void", f"faiss_check ({call});"
        else:
            result = "bool" if self.name in BOOLEANS else self.result
            body = f"return {call};" if result != "void" else f"{call};"
        if "inverted_list_context" in params:
            body = "faiss_check_no_context (inverted_list_context); " + body
        checks = [("pointer", p, "") for p in self.never_none ()]
        if not self.is_of_class ():
            checks += [("number", p, ", -1" if p.name.startswith ("ld") else ", 0") for p in self.inputs ()
                       if p.type in ("int", "idx_t", "int64_t") and re.match (r"(n|d|k|m|n[xyqb]|ld\w*)$", p.name)]
        checks += [("number", p, ", 1") for p in self.inputs () if p.name == "max" and re.search ("_max$", self.name)]
        checks = [(what, p, f', "{a_or_an (p.type)}"' if what == "pointer" and "Faiss" in p.type else more)
                  for what, p, more in checks]
        body = "".join (f'faiss_check_{what} ({p.name}, "{p.name}"{least}); ' for what, p, least in checks) + body
        doc = f"/**{self.doc}*/\n    " if self.doc else ""
        head = name if name.startswith ("Faiss") else f"{result} {name}"
        return f"{doc}{storage}{head} ({params}) {{ {body} }}"


def read_tree (path):
    bases, fields, functions = {}, {}, []
    views = []  # (class, member) of members that are objects within or behind an object
    for node in ET.parse (path).getroot ().iter ():
        a = attributes (node) if node.tag in ("class", "cdecl") else {}
        if node.tag == "class" and a["name"].startswith ("Faiss"):
            base = node.find ("attributelist/baselist/base")
            bases[a["name"]] = base.get ("name") if base is not None else None
            members = [attributes (m) for m in node.findall ("cdecl")]
            fields[a["name"]] = {m.get ("name") for m in members}
            views += [(a["name"], m["name"], m["type"].replace ("q(const).", ""))
                      for m in members if "type" in m]
        elif (node.tag == "cdecl" and a.get ("kind") == "function"
              and a["name"].startswith ("faiss_")):
            functions.append (Function (node))
    views = [(cls, name) for cls, name, type in views if type in bases]
    return bases, fields, functions, views


def ancestors (cls, bases):
    """A class and what it derives from."""
    found = []
    while cls:
        found.append (cls)
        cls = bases[cls]
    return found


def class_constants (path, bases):
    """(class, its constant, C's name) of enumerations that belong to classes: FaissIndexPQSearchType."""
    for node in ET.parse (path).getroot ().iter ("enum"):
        of = attributes (node).get ("name") or ""
        cls = ENUM_CLASSES[of] if of in ENUM_CLASSES else max (
            (c for c in bases if of.startswith (c)), key=len, default=None)
        for item in node.findall ("enumitem") if of not in ENUM_CLASSES or cls else ():
            name = attributes (item)["name"]
            if cls not in bases:  # or the enumerators' names begin with it
                if "Faiss" + name.split ("_")[0] not in bases:
                    continue
                cls = "Faiss" + name.split ("_")[0]
            yield cls, CONSTANT_NAMES.get (name) or re.sub (f"^(FAISS_)?{cls[5:]}_", "", name), name


def print_fields (path, root):
    """What setting a field means that is a structure itself: C would copy its pointers.

    Vectors and objects are copied, plain structures are what C copies well; no others can be set.
    """
    bases, fields, functions, _ = read_tree (path)
    names = {f.name for f in functions}
    objects = {c for c in bases if {*ancestors (c, bases)} & {*roots (root)}}
    inside, with_texts = {}, set ()  # structure -> (field, structure it is); those with texts of their own
    for node in ET.parse (path).getroot ().iter ("class"):
        a = attributes (node)
        if a["name"] in bases:
            inside[a["name"]] = [(m["name"], m["type"]) for m in map (attributes, node.findall ("cdecl"))
                                 if m.get ("kind") == "variable" and not m.get ("decl")
                                 and m["type"] in bases]
            if any (m.get ("decl") == "p." and m.get ("type") == "char"
                    for m in map (attributes, node.findall ("cdecl"))):
                with_texts.add (a["name"])

    def is_plain (cls):
        return cls not in with_texts and not any (f"faiss_{cls[5:]}_{f}" in names for f in ("clear", "free", "copy")) and all (
            is_plain (of) for c in ancestors (cls, bases) for _, of in inside[c])

    for of in sorted ({of for found in inside.values () for _, of in found}):
        element = next ((f.params[1].type for f in functions if f.name == f"faiss_{of[5:]}_assign"), "")
        element = element.removeprefix ("const ").split (" *")[0]
        if element and (element not in bases or is_plain (element)):
            print (f"%typemap(memberin) {of} %{{\n    FAISS_SET ($input, faiss_check (faiss_{of[5:]}_assign "
                   f"(&$1, $input->data, $input->size)))\n%}}")
        elif of in objects:
            print (f"%typemap(memberin) {of} %{{\n    FAISS_SET ($input, faiss_assign (&$1, $input))\n%}}")
        elif is_plain (of):
            print (f"%typemap(memberin) {of} %{{\n    FAISS_SET ($input, $1 = *$input)\n%}}")
        else:
            for cls, found in inside.items ():
                for name, its in found:
                    if its == of:
                        print (f"%immutable {cls}::{name};")


class Member:
    """A function as Python sees it: kind is constructor, destructor, method, static or function."""

    def __init__ (self, cls, kind, name, function, creates=False):
        self.cls, self.kind, self.name, self.function, self.creates = cls, kind, name, function, creates


def longest_class (name, bases):
    """faiss_NSG_Graph_int_free is of NSG_Graph_int, though there is an NSG."""
    for at in reversed ([m.start () for m in re.finditer ("_", name)]):
        if name.startswith ("faiss_") and "Faiss" + name[6:at] in bases:
            return re.match (f"faiss_({name[6:at]})_(\\w+)$", name)
    return None


def python_members (bases, fields, functions):
    """What the functions are to Python; what it does without is left out."""
    for f in functions:
        if f.name in HIDDEN or f.is_for_c_only ():
            continue
        m = longest_class (f.name, bases) or re.match (r"faiss_([A-Z]\w*?)_(\w+)$", f.name)
        cls = "Faiss" + m[1] if m else None
        selves = [p.type.removeprefix ("const ") for p in f.params if p.name == "self"]
        if ((m and cls not in bases)
                or any (s.removesuffix (" *") not in ancestors (cls, bases) for s in selves)
                or any (not p.name for p in f.params)):
            sys.exit (f"bindgen: {f.name} does not follow the naming convention")
        creates = f.name not in BORROWED and any (
            p.name == "out" and re.match (r"Faiss\w+ \*\*$", p.type) for p in f.params)
        if cls not in bases:
            yield Member (None, "function", RENAMED.get (f.name, f.name.removeprefix ("faiss_")), f,
                          creates)
            continue
        name = RENAMED.get (f.name, m[2])
        known = set ().union (*(fields[c] for c in ancestors (cls, bases)))
        if name.startswith ("new") and f.params[0].type == f"{cls} **":
            yield Member (cls, "constructor", "__init__", f, creates)
        elif name == "free":
            yield Member (cls, "destructor", name, f)
        elif f.name in METHODS or not (name == "cast" or name in known and len (f.params) == 1
                  or name.removeprefix ("set_") in known and len (f.params) == 2):
            # those are attributes here, or done by the downcast of every result
            kind = "method" if f.params and f.params[0].name == "self" else "static"
            yield Member (cls, kind, name, f, creates)


def main (path):
    bases, fields, functions, views = read_tree (path)
    members = {cls: [] for cls in bases}
    free = {}
    for member in python_members (bases, fields, functions):
        cls, name, f = member.cls, member.name, member.function
        if cls is None:
            if member.creates:
                print (f"%newobject py_{name};")
            print (f"%rename({name}) py_{name};\n"
                   f"%inline %{{\n    {f.wrap ('py_' + name, 'static ')}\n%}}")
        elif member.kind == "constructor":
            if any (p.default for p in f.inputs ()):  # SWIG 4.1 cannot split these into overloads
                print (f'%feature("compactdefaultargs") {cls}::{cls};')
            members[cls].append (f.wrap (cls))
        elif member.kind == "destructor":
            free[cls] = f.name
        else:
            out = next ((p.type[:-1] for p in f.params if p.name == f.out_name), f.result)
            if member.creates:
                print (f"%newobject {cls}::{name};")
                if re.search (BORROWERS, out):
                    views.append ((cls, name))
            elif re.match (r"(const )?Faiss\w+(Ptr| \*)", out):
                views.append ((cls, name))
            members[cls].append (f.wrap (name, "static " if member.kind == "static" else ""))

    for cls in members:
        root = cls
        while root and root not in free:
            root = bases[root]
        if root:
            members[cls].append (f"~{cls} () {{ {free[root]} (({root} *) $self); }}")
        elif any (" set_defaults (" in m for m in members[cls]):  # a value with defaults
            members[cls].append (
                f"{cls} () {{ {cls} *self = ({cls} *) calloc (1, sizeof ({cls})); "
                f"faiss_{cls[5:]}_set_defaults (self); return self; }}")
            members[cls].append (f"~{cls} () {{ free ($self); }}")
        elif any (" clear (" in m for m in members[cls]):  # a value: {0} is valid
            members[cls].append (f"{cls} () {{ return ({cls} *) calloc (1, sizeof ({cls})); }}")
            members[cls].append (
                f"~{cls} () {{ faiss_{cls[5:]}_clear ($self); free ($self); }}")
        elif not bases[cls] and not any (re.match (r".*\bnew\b", m) for m in members[cls]):
            members[cls].append (f"{cls} () {{ return new {cls} (); }}")  # a plain struct
            members[cls].append (f"~{cls} () {{ delete $self; }}")
        if members[cls]:
            print (f"\n%extend {cls} {{")
            for text in members[cls]:
                print ("    " + text)
            print ("}")
    for cls in DOWNCASTS:  # the typemap of pointers to objects does the work
        if cls in bases:
            name, parameter = DOWNCASTS[cls]
            print (f"%rename({name}) py_{name};\n%inline %{{\n    "
                   f"static {cls} *py_{name} ({cls} *{parameter}) {{ return {parameter}; }}\n%}}")
    print ("%pythoncode %{\nCLASS_CONSTANTS = [", end="")
    print (*(f'("{cls[5:]}", "{name}", "{c_name}")' for cls, name, c_name in class_constants (path, bases)),
           sep=",\n    ", end="]\n%}\n")
    print ("%pythoncode %{\nOBJECT_MEMBERS = [", end="")
    print (*(f'("{cls[5:]}", "{name}")' for cls, name in views), sep=",\n    ", end="]\n%}\n")


if __name__ == "__main__":
    if sys.argv[1] == "--headers":
        print ("\n".join (public_headers (pathlib.Path (sys.argv[2]))))
    elif sys.argv[1] == "--fields":
        print_fields (sys.argv[2], pathlib.Path (sys.argv[3]))
    elif sys.argv[1] == "--roots":
        print ("\n".join (f"FAISS_ROOT({name})" for name in roots (pathlib.Path (sys.argv[2]))))
    else:
        main (sys.argv[1])
