"""The module's surface against upstream's: names, signatures, fields, defaults, values, class tree.

python_api.json records upstream's (facts, found by inspecting the module). What ours lacks stands
in missing.txt, which may only shrink; what ours has beyond it, in extra.txt; what is there must agree.

usage: test_surface.py --update    write both lists anew (review the difference)
"""
import ast
import importlib
import inspect
import json
import pathlib
import re
import sys

HERE = pathlib.Path (__file__).resolve ().parent
API = json.loads ((HERE / "python_api.json").read_text ())

# what differs on purpose
DIFFERENT = {
    "DirectMapAdd.__init__": "C has no constructors: init () does it",
    "AdditiveCoarseQuantizer ()": "a class of which there are no objects, in C",
    "IndexIVFIndependentQuantizer ().is_trained": "an object without parts is not trained",
    "LocalSearchCoarseQuantizer ().is_trained": "the same",
    "IndexIVFProductLocalSearchQuantizer ().is_trained": "the same",
    "IndexIVFProductLocalSearchQuantizer ().invlists": "an inverted file always has lists",
    "IndexIVFProductLocalSearchQuantizer ().own_invlists": "the same",
    "IndexIVFProductResidualQuantizer ().is_trained": "the same",
    "IndexIVFProductResidualQuantizer ().invlists": "an inverted file always has lists",
    "IndexIVFProductResidualQuantizer ().own_invlists": "the same",
    "IndexRowwiseMinMaxBase.train_inplace": "takes an array in the class that has it, too",
    "ResidualQuantizer (8, 2, 8).only_8bit": "upstream's is always false",
    "LocalSearchQuantizer (8, 2, 8).only_8bit": "the same",
    "MappedFileIOReader.__init__": "by the file's name; upstream's class of maps is not public in C",
    "SIMDConfig ().avx512_split": "of the machine on which it was recorded",
    "FileIOReader (FILE *)": "Python has none",
    "FileIOWriter (FILE *)": "Python has none",
    "AdditiveCoarseQuantizer (idx_t)": "a class of which there are no objects, in C",
    "IndexIVFAdditiveQuantizer (AdditiveQuantizer *)": "the same",
    "IndexHNSW (int, int, MetricType)": "the same: a graph has a storage",
    "IndexHNSW (int, int)": "the same",
    "IndexHNSW (int)": "the same",
    **{f"Index{graph} ({arguments})": "the same" for graph in ["NSG", "NNDescent"]
       for arguments in ["int", "int, int", "int, int, MetricType"]},
    "NSG.build": "the number of links is an argument of its own",
    "NSG (32).enterpoint": "upstream leaves it without a value",
    "NSG_Graph_int (nsg::Graph< int >)": "there is no copy",
    "Nhood (int, int, mt19937 &, int)": "no Python program has an mt19937",
    "VisitedTable.get_reusable (size_t, optional< bool >)": "upstream's Python takes nothing for it; here it is 0 or 1",
    "NSG_Graph_int.get_neighbors": "says how many there are",
    "IndexIVFFlat (Index *, size_t, size_t, MetricType, bool)": "class_wrappers.accept_own_invlists takes it",
    "IndexIVFFlatDedup (Index *, size_t, size_t, MetricType, bool)": "the same",
    "IndexIVFScalarQuantizer (Index *, size_t, size_t, ScalarQuantizer::QuantizerType, MetricType, bool, bool)":
        "the same",
    "InvertedListScanner.scan_codes (size_t, uint8_t const *, idx_t const *, ResultHandler &)":
        "handlers are functions in C",
    "Level1Quantizer (Index *, size_t)": "upstream_names.level1_init takes it",
    "RandomGenerator.rand_int (int)": "upstream_names.rand_int takes it",
    "SplitMix64RandomGenerator.rand_int (int)": "the same",
    "MultiIndexQuantizer2 (int, size_t, size_t, Index **)": "Python has no arrays of pointers to indexes",
    "ProductAdditiveQuantizer (size_t, vector< AdditiveQuantizer * >, AdditiveQuantizer::Search_type_t)":
        "nor vectors of quantizers",
    "ProductAdditiveQuantizer (size_t, vector< AdditiveQuantizer * >)": "the same",
    "ZnSphereSearch.search (float const *, float *, float *, int *, int *)": "needs no memory of the caller's",
    "ZnSphereSearch.search (float const *, float *, float *, int *)": "the same",
    "fourcc_inv (uint32_t, char [5])": "returns the text",
    "NormalizationTransform ().d_in": "the default object is an empty one, not an invalid one",
    "NormalizationTransform ().d_out": "the same",
    "NormalizationTransform ().norm": "the same",
}


# missing names by what brings them; what fits none is due now
GROUPS = [
    ("binary indexes and Hamming distances: with their issue",
     r"(?i).*binary|hamming|crosshamming|.*Hamming|BitstringReader|BitstringWriter|bitvec|bincode|match_hamming|popcount|"
     r"extract_bit_standard|set_bit_standard|cvar.hamdis|IndexBinary"),
    ("RaBitQ and EDEN: with their issue",
     r".*RaBitQ|.*EDEN|is_eden|.*rabitq|SignBit|ExtraBits|QueryFactors|compute_1bit|compute_factors|compute_full|"
     r"compute_per_vector|compute_query_factors|compute_vector|chi2|normal_quantile|packed_code_size|code_size$|"
     r"nb_bits_for_qtype|quantizer_type_for_bits|extract_code|ivf_residual|should_refine|unpack_sign|"
     r"populate_block_aux|cvar.Z_MAX|compute_codes$|decode$|get_distance_computer|.*_bit_fastscan"),
    ("FastScan, its packed codes, partitions and tables: with their issue",
     r".*FastScan|AlignedTable|.*AlignedTable|C(Max|Min)_|CodePacker|.*get_CodePacker|simd_histogram|quantize_LUT|"
     r"aq_|round_|cvar.partition|PartitionStats|BlockInvertedLists|CombinerRange|approx_topk"),
    ("graphs: they take queues, result handlers, locks, pairs, graphs of nodes or std::functions, which no Python program can make",
     r"HNSW\.(add_links|compute_forward|merge_reverse|search)|NSG\.(add_reverse|init_graph|link|sync_prune)|hnsw_add|"
     r"search_from|search_neighbors"),
    ("Panorama: vectors and an iterator that come with inverted lists of other kinds; get_cum_sums gives the sums",
     r".*Panorama\."),
    ("graphs: opaque to upstream's Python; Nhood.insert crashes there, as nothing can give it a pool",
     r"HNSW|IndexHNSW|NSG|IndexNSG|NNDescent|IndexNNDescent|Nhood|Neighbor$|VisitedTable|cvar.visited|hnsw_|greedy_update|"
     r".*Panorama|cvar.indexPanorama"),
    ("inverted lists of other kinds, on disk, mapped; files without copies: with their issue",
     r".*InvertedLists(PtrVector|IOHook|Iterator)?$|contrib.ondisk|OnDisk|MaybeOwned|Mmapped|MappedFile|ZeroCopy|"
     r"InvertedLists.get_iterator|InvertedListScanner.iterate|ArrayInvertedLists\.|get_invlist_range|set_invlist_range|"
     r"SlidingIndex"),
    ("shards, replicas, threads: with their issue",
     r"IndexShards|IndexReplicas|IndexProxy|IndexSplitVectors|ThreadedIndex|.*ShardingFunction|shard_ivf|IndexResidual$"),
    ("super k-means: with its issue", r".*[Ss]uper_?[Kk]-?[Mm]eans|precompute_ad|fvec_argsort_parallel"),
    ("parts whose form in C is another: nothing that Python can have",
     r"DirectMapAdd|BufferList.buffers|IndexFlatCodes \(\)|RandomGenerator.mt|RangeQueryResult.stats|"
     r"RangeSearchPartialResult|SimulatedAnnealingOptimizer.logfile|"
     r"ZnSphereCodec|SwigPyIterator|ProductAdditiveQuantizer.init|LocalSearchQuantizer.icm"),
]


def group_of (name):
    return next ((title for title, pattern in GROUPS if re.match (pattern, name)), DUE)


DUE = "of what is there: due now"


def load_faiss ():
    sys.path.insert (0, str (HERE.parents[1] / "build" / "python"))
    import faiss
    return faiss


def parameters (text):
    """'(self, n: int, k=1) -> x' -> ['n', 'k=1'] as far as Python can say; None for *args."""
    if text is None or "*args" in text or "**" in text:
        return None
    text = re.sub (r"\)\s*->.*$", ")", text.strip ())[1:-1]
    parts = [p.strip () for p in re.split (r",\s*(?![^()\[\]]*[)\]])", text) if p.strip ()]
    parts = [re.sub (r":[^=]*(?==|$)", "", p).replace (" ", "").replace ('"', "'") for p in parts]
    return [p for p in parts if p != "self"]


def signature (function):
    """The same of a function."""
    try:
        return parameters (str (inspect.signature (function)))
    except (TypeError, ValueError):
        return None


def is_expression (text):
    """'PORT', '512*1024' and the like: what inspect shows is another text."""
    try:
        ast.literal_eval (text)
    except ValueError:
        return True
    except SyntaxError:
        pass
    return False


def accepts (given, expected):
    """May a function be called as the expected one? It may have more defaults and parameters."""
    if len (given) < len (expected):
        return False
    for i, ours in enumerate (given):
        name, _, default = ours.partition ("=")
        if i >= len (expected):
            if not default:
                return False
            continue
        their_name, _, their_default = expected[i].partition ("=")
        if re.fullmatch (r"arg\d+", their_name):  # has none in C++
            their_name = name
        alike = {"1": "True", "0": "False"}
        if their_default and is_expression (their_default):
            their_default = default
        if name != their_name or their_default and (
                alike.get (default, default) != alike.get (their_default, their_default)):
            return False
    return True


class Stubs:
    """What each function takes: lists of (type, has a default)."""

    def __init__ (self, faiss):
        text = pathlib.Path (faiss.__file__).with_name ("swigfaiss.pyi").read_text ()
        self.found = {}
        for node in ast.parse (text).body:
            if isinstance (node, ast.FunctionDef):
                self.found.setdefault (node.name, []).append (self.arguments (node))
            elif isinstance (node, ast.ClassDef):
                for item in node.body:
                    if isinstance (item, ast.FunctionDef):
                        self.found.setdefault (f"{node.name}.{item.name}", []).append (
                            self.arguments (item)[1:])

    @staticmethod
    def arguments (function):
        args = function.args.args
        n_required = len (args) - len (function.args.defaults)
        return [(ast.unparse (a.annotation) if a.annotation else "Any", i >= n_required)
                for i, a in enumerate (args)]

    def accept (self, name, types):
        """Does one of the functions of this name accept these types?"""
        for ours in self.found.get (name, ()):
            required = [o for o in ours if not o[1]]
            if len (required) <= len (types) <= len (ours) and all (map (alike, types, ours)):
                return True
        return name not in self.found


INTEGERS = re.compile (r"(u?int\d*(_t)?|size_t|idx_t|(unsigned )?(long|char|short|int)( long)?|bool|.*(Type|_t|Level|Method))$")


def alike (theirs, ours):
    """Does ours, (Python's type, ...), take what upstream's C++ type takes?"""
    t = theirs.replace ("const", "").replace (" ", "").replace ("&", "")
    if ours[0] == "Any":
        return True
    if t in ("char*", "string"):
        return ours[0].startswith ("str")
    if t in ("float", "double"):
        return ours[0] == "float"
    if INTEGERS.match (t):
        return ours[0] in ("int", "bool", "float")
    return ours[0] not in ("int", "bool", "float", "str")


class Comparison:
    def __init__ (self, faiss):
        self.faiss = faiss
        self.missing, self.extra, self.different = set (), set (), []
        self.classes ()
        self.module ()
        self.contrib ()
        self.overloads ()

    def same_signature (self, name, expected, function):
        expected, given = parameters (expected), signature (function)
        if expected is not None and given is not None and not accepts (given, expected):
            self.different.append (f"{name}: expected ({', '.join (expected)}), "
                                   f"has ({', '.join (given)})")

    def same_value (self, name, expected, given):
        if isinstance (expected, float) and expected == expected:
            same = abs (expected - given) <= 1e-6 * abs (expected) or expected == given
        else:
            same = expected == given or expected != expected and given != given
            same = same and isinstance (expected, bool) == isinstance (given, bool)
        if not same:
            self.different.append (f"{name}: expected {expected!r}, is {given!r}")

    def classes (self):
        for name, api in API["classes"].items ():
            the_class = getattr (self.faiss, name, None)
            if the_class is None:
                self.missing.add (name)
            elif inspect.isclass (the_class):
                self.one_class (name, the_class, api)
            else:
                self.different.append (f"{name}: expected a class")
        for alias, name in API["aliases"].items ():
            if getattr (self.faiss, alias, None) is None:
                self.missing.add (alias)
            elif getattr (self.faiss, alias) is not getattr (self.faiss, name, None):
                self.different.append (f"{alias}: expected another name of {name}")

    def one_class (self, name, the_class, api):
        for base in api["bases"]:
            if not inspect.isclass (getattr (self.faiss, base, None)):
                self.missing.add (f"{name} ({base})")
            elif not issubclass (the_class, getattr (self.faiss, base)):
                self.different.append (f"{name}: expected to derive from {base}")
        for method, text in api.get ("methods", {}).items ():
            function = getattr (the_class, method, None)
            if function is None:
                self.missing.add (f"{name}.{method}")
            elif not self.is_checked_above (the_class, method):
                self.same_signature (f"{name}.{method}", text, function)
        for field in api.get ("fields", ()):
            if not hasattr (the_class, field):
                self.missing.add (f"{name}.{field}")
        for constant, value in api.get ("constants", {}).items ():
            if not hasattr (the_class, constant):
                self.missing.add (f"{name}.{constant}")
            else:
                self.same_value (f"{name}.{constant}", value, getattr (the_class, constant))
        if "init" in api:
            self.same_signature (f"{name}.__init__", api["init"], the_class.__init__)
        if "constructed" in api:
            self.defaults (name, the_class, api)
        known = set ()
        for base in the_class.__mro__:
            known.update (self.known_members (base.__name__))
        for member, value in the_class.__dict__.items ():
            if not member.startswith ("_") and member not in known and member != "thisown":
                self.extra.add (f"{name}.{member}")

    def overloads (self):
        """Each of upstream's lists of types is accepted by one of ours."""
        stubs = Stubs (self.faiss)
        for name, lists in API["overloads"].items ():
            if any (missing == name or name.startswith (missing + ".") for missing in self.missing):
                continue
            ours, (cls, _, method) = name, name.partition (".")
            if name in API["classes"]:
                ours = next ((f"{c.__name__}.__init__" for c in getattr (self.faiss, name).__mro__
                              if f"{c.__name__}.__init__" in stubs.found), name)
            elif method:
                ours = next ((f"{c.__name__}.{method}" for c in getattr (self.faiss, cls).__mro__
                              if f"{c.__name__}.{method}" in stubs.found), name)
            if name in API["functions"] and getattr (self.faiss, name).__module__ != "faiss.swigfaiss":
                stubs.found[ours] = [[("Any", "=" in p) for p in signature (getattr (self.faiss, name))]]
            for types in lists:
                if not stubs.accept (ours, types):
                    self.different.append (f"{name} ({', '.join (types)}): not accepted")

    def is_checked_above (self, the_class, method):
        """Is it inherited from a class that upstream has with this method?"""
        owner = next ((c for c in the_class.__mro__ if method in c.__dict__), the_class)
        return owner is not the_class and method in self.known_members (owner.__name__)

    def known_members (self, name):
        api = API["classes"].get (name, {})
        return [*api.get ("methods", ()), *api.get ("fields", ()), *api.get ("constants", ())]

    def defaults (self, name, the_class, api):
        arguments = api["constructed"].removesuffix (",)").strip ("()") \
            if api["constructed"].endswith (",)") else api["constructed"][1:-1]
        try:
            thing = eval (f"{name} ({arguments})", {n: getattr (self.faiss, n) for n in dir (self.faiss)})
        except AttributeError as error:
            if "No constructor defined" not in str (error):
                raise
            self.missing.add (f"{name} ({arguments})")
            return
        except Exception as error:
            self.different.append (f"{name} ({arguments}): {type (error).__name__}: {error}")
            return
        for field, value in api["defaults"].items ():
            if hasattr (the_class, field):
                self.same_value (f"{name} ({arguments}).{field}", value, getattr (thing, field))

    def module (self):
        for name, text in API["functions"].items ():
            function = getattr (self.faiss, name, None)
            if function is None:
                self.missing.add (name)
            else:
                self.same_signature (name, text, function)
        for name, value in API["constants"].items ():
            if not hasattr (self.faiss, name):
                self.missing.add (name)
            else:
                self.same_value (name, value, getattr (self.faiss, name))
        for name in API["modules"]:
            try:
                importlib.import_module ("faiss." + name)
            except ImportError:
                self.missing.add ("faiss." + name)
        for name in API["cvar"]:
            if not hasattr (getattr (self.faiss, "cvar", None), name):
                self.missing.add ("cvar." + name)
        known = {*API["classes"], *API["functions"], *API["constants"], *API["aliases"],
                 *API["modules"], "cvar", "contrib"}
        for name in dir (self.faiss):
            value = getattr (self.faiss, name)
            if not name.startswith ("_") and name not in known and not inspect.ismodule (value):
                self.extra.add (name)

    def contrib (self):
        for module_name, api in API["contrib"].items ():
            full = f"contrib.{module_name}"
            try:
                module = importlib.import_module ("faiss." + full)
            except ImportError as error:
                if "torch" not in str (error).replace (full, ""):
                    self.missing.add (full)
                continue
            for name, text in api["functions"].items ():
                if not hasattr (module, name):
                    self.missing.add (f"{full}.{name}")
                else:
                    self.same_signature (f"{full}.{name}", text, getattr (module, name))
            for name, cls in api["classes"].items ():
                the_class = getattr (module, name, None)
                if the_class is None:
                    self.missing.add (f"{full}.{name}")
                    continue
                for method, text in cls["methods"].items ():
                    if not hasattr (the_class, method):
                        self.missing.add (f"{full}.{name}.{method}")
                    else:
                        self.same_signature (f"{full}.{name}.{method}", text,
                                             getattr (the_class, method))


def listed (name):
    lines = (HERE / name).read_text ().splitlines ()
    return {line for line in lines if line and not line.startswith ("#")}


def test_surface (faiss):
    found = Comparison (faiss)
    missing, extra = listed ("missing.txt"), listed ("extra.txt")
    print (f"{len (found.missing)} names of upstream's surface are missing")
    complaints = [text for text in found.different
                  if text.rpartition (": ")[0] not in DIFFERENT and text.split (":")[0] not in DIFFERENT]
    complaints += [f"{name}: gone, and not in missing.txt" for name in found.missing - missing]
    complaints += [f"{name}: missing, and no later issue brings it" for name in found.missing
                   if group_of (name) == DUE]
    for name in sorted (missing - found.missing):  # of a new class: no error, but due
        print (f"{name}: there now, take it off missing.txt")
    complaints += [f"{name}: not in upstream's surface, nor in extra.txt"
                   for name in found.extra - extra]
    complaints += [f"{name}: gone, take it off extra.txt" for name in extra - found.extra]
    assert not complaints, "\n".join (sorted (complaints))


def write_list (name, title, items, groups=()):
    text = f"# {title}\n"
    for group in groups or [None]:
        members = sorted (i for i in items if group is None or group_of (i) == group)
        if members:
            text += (f"\n# {group}\n" if group else "") + "".join (i + "\n" for i in members)
    (HERE / name).write_text (text)


if __name__ == "__main__":
    found = Comparison (load_faiss ())
    if "--update" in sys.argv:
        write_list ("missing.txt", "what upstream's Python module has and ours lacks; may only shrink",
                    found.missing, [*(title for title, _ in GROUPS), DUE])
        write_list ("extra.txt", "what our Python module has beyond upstream's", found.extra)
    print ("\n".join (found.different))
    print (len (found.missing), "missing,", len (found.extra), "extra,",
           len (found.different), "different")
