"""What to say of arguments of the wrong type: SWIG knows only numbers of arguments and C's types."""

from __future__ import annotations

import operator
import re
from typing import Any

from faiss import swigfaiss
from faiss.array_conversions import POINTER_TYPES
from faiss.parameters import PARAMETERS

BITS = {"size_t": 64, "idx_t": 64, "long": 64, "long long": 64, "int": 32, "short": 16, "char": 8, "signed char": 8,
        **{f"int{bits}_t": bits for bits in (8, 16, 32, 64)}}
UNSIGNED = {"size_t": 64, "unsigned int": 32, "unsigned long": 64, "unsigned short": 16, "unsigned char": 8,
            **{f"uint{bits}_t": bits for bits in (8, 16, 32, 64)}}

# functions of array_calls.i are methods' first steps
METHODS = {"search_arrays": ("search", "self,x,k,params,D,I"),
           "range_search_arrays": ("range_search", "self,x,radius,params")}


def plain (c_type: str) -> str:
    return re.sub (r"\bconst\b|&", "", c_type).strip ()


def limits (c_type: str) -> tuple[int, int] | None:
    """The smallest and the largest value of an integer type."""
    if c_type in UNSIGNED:
        return 0, 2**UNSIGNED[c_type] - 1
    bits = BITS.get (c_type, 0 if c_type.endswith ("*") or not re.search ("(Type|Mode|Level|Method)$", c_type) else 32)
    return (-2**(bits - 1), 2**(bits - 1) - 1) if bits else None


def a_or_an (name: str) -> str:
    return ("an " if name[:1] in "AEIOaeio" else "a ") + name


def expected (c_type: str, value: Any) -> str:
    """Of an argument of this type."""
    c_type = plain (c_type)
    known = limits (c_type)
    if known:
        constant = re.match (r"Faiss(\w+)", c_type)
        text = "an integer" + (f", a constant of {constant[1]}" if constant else "")
        try:
            inside = known[0] <= operator.index (value) <= known[1]
        except TypeError:
            inside = True
        return text if inside else f"{text} from {known[0]} to {known[1]}"
    if c_type in ("float", "double"):
        return "a number"
    if c_type == "bool":
        return "True or False"
    if c_type == "char *":
        return "a text"
    if "Faiss" in c_type:
        return a_or_an (c_type.replace ("Faiss", "").rstrip (" *"))
    if c_type == "void *":
        return "a pointer (swig_ptr makes one of an array)"
    return f"a pointer to {c_type.rstrip (' *')} (swig_ptr makes one of an array)"


def given (value: Any) -> str:
    """The value and its type, in a few words."""
    of = type (value)
    if value is None:
        return "None"
    if of.__name__ == "SwigPyObject":
        return f"a pointer to {pointed_to (value)}"
    if of.__module__.startswith ("faiss"):
        return a_or_an (of.__name__) + ("" if hasattr (value, "this") else " whose constructor was not called")
    if isinstance (value, type):
        return f"the class {value.__name__}"
    if hasattr (value, "shape") and hasattr (value, "dtype") and value.shape != ():
        return f"an array of {value.dtype}, shape {tuple (value.shape)}"
    try:
        text = repr (value)
    except Exception:  # whatever it is
        return a_or_an (of.__name__)
    return f"{text if len (text) <= 60 else text[:57] + '...'} of type {of.__name__}"


def pointed_to (value: Any) -> str:
    return repr (value).split ("type '")[-1].split ("'")[0].rstrip (" *")


def fits (value: Any, c_type: str) -> bool:
    """Would SWIG take it?"""
    c_type = plain (c_type)
    known = limits (c_type)
    if known:
        try:
            return known[0] <= operator.index (value) <= known[1]
        except TypeError:
            return False
    if c_type in ("float", "double"):
        return hasattr (value, "__float__") and not hasattr (value, "__len__")
    if c_type == "bool":
        return type (value).__name__ in ("bool", "bool_")
    if value is None:
        return True
    if c_type == "char *":
        return isinstance (value, (str, bytes))
    if "Faiss" in c_type:
        the_class = getattr (swigfaiss, c_type.replace ("Faiss", "").rstrip (" *"), None)
        return isinstance (the_class, type) and isinstance (value, the_class) and hasattr (value, "this")
    if type (value).__name__ != "SwigPyObject":
        return False
    mine, its = (POINTER_TYPES.get (plain (t).rstrip (" *")) for t in (c_type, pointed_to (value)))
    return c_type == "void *" or mine == its


def split (name: str) -> tuple[str, str]:
    """'NSG_Graph_int_at' -> 'NSG_Graph_int', 'at'"""
    parts = name.split ("_")
    for at in range (len (parts) - 1, 0, -1):
        if "_".join (parts[:at]) in swigfaiss.CLASSES:
            return "_".join (parts[:at]), "_".join (parts[at:])
    return "", name


def forms_of (name: str) -> list[list[tuple[str, str, bool]]]:
    """(name, type, has a default) of what each form of a function takes."""
    found = []
    for text in PARAMETERS[name].split ("|") if name in PARAMETERS else ():
        parts = [part.partition (":") for part in text.split (",") if part]
        found.append ([(part[0], part[2].rstrip ("="), part[2].endswith ("=")) for part in parts])
    return found


def title (name: str, values: tuple) -> str:
    """'IndexFlatL2.search' for 'Index_search' of such an object."""
    if name.startswith ("new_"):
        return name[4:]
    of, method = split (name)
    method, is_method = (METHODS[name][0], True) if name in METHODS else (method, bool (of))
    if is_method and values and isinstance (values[0], getattr (swigfaiss, of or "Index")):
        of = type (values[0]).__name__
    return f"{of}.{method}" if of else method


def explain (text: str, values: tuple, error: Exception) -> str | None:
    """A better message, or None. values: the arguments, as far as they are known; text, error: SWIG's."""
    single = re.search (r"in method '(\w+)', argument (\d+) of type '([^']*)'", text)
    if single:
        return one_argument (single[1], int (single[2]), single[3], values, text)
    overloaded = re.search (r"overloaded function '(\w+)'", text)
    if overloaded is None:
        return None
    number = re.search (r"expected (at (?:least|most) )?(\d+) arguments, got (\w+)", str (error))
    if number:
        return wrong_number (overloaded[1], number[3])
    return no_form (overloaded[1], values)


def one_argument (name: str, number: int, c_type: str, values: tuple, text: str) -> str:
    value = values[number - 1]
    of, member = split (name)
    forms = [f for f in forms_of (name) if len (f) >= number]
    forms.sort (key=lambda f: plain (f[number - 1][1]) != plain (c_type))  # that of which SWIG speaks first
    if name in METHODS:
        parameter = METHODS[name][1].split (",")[number - 1]
    elif forms:
        parameter = forms[0][number - 1][0]
    elif of and member.endswith (("_set", "_get")):  # of a field
        name, parameter = name[:-4], "" if number == 2 else "self"
    else:
        parameter = f"argument {number}"
    where = title (name, values) + (f": {parameter}" if parameter else "")
    or_none = " or None" if "Faiss" in c_type and any (f[number - 1][2] for f in forms) or name in METHODS else ""
    return f"{where}: expected {expected (c_type, value)}{or_none}, got {given (value)}"


def signatures (name: str) -> str:
    """The forms of a function as one may call them."""
    texts = []
    for form in forms_of (name):
        words = [parameter + ("=..." if default else "") for parameter, _, default in form if parameter != "self"]
        texts.append (f"({', '.join (words)})")
    return " or ".join (dict.fromkeys (texts))


def wrong_number (name: str, count: str) -> str:
    forms = forms_of (name)
    counts = sorted ({n for f in forms for n in range (sum (not p[2] for p in f), len (f) + 1)})
    return (f"{title (name, ())}: expected {' or '.join (map (str, counts)) if counts else 'other'} arguments, "
            f"got {count}; it takes {signatures (name)}")


def no_form (name: str, values: tuple) -> str:
    """The argument at which the form that fits best ends to fit."""
    best: dict[int, list[tuple[str, str]]] = {}
    forms = forms_of (name)
    for form in forms:
        if sum (not default for *_, default in form) <= len (values) <= len (form):
            wrong = [i for i, (value, p) in enumerate (zip (values, form)) if not fits (value, p[1])]
            if wrong:
                best.setdefault (wrong[0], []).append (form[wrong[0]][:2])
    if not best:
        is_method = any (f and f[0][0] == "self" for f in forms)
        return f"{title (name, values)}: expected {signatures (name)}, got " + (
            ", ".join (map (given, values[is_method:])) or "no arguments")
    at = max (best)
    wants = [f"{parameter}: expected {expected (c_type, values[at])}" for parameter, c_type in dict.fromkeys (best[at])]
    return f"{title (name, values)}: {', or '.join (wants)}, got {given (values[at])}"
