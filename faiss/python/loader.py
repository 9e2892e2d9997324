"""Loads the extension module: the GPU build where there is one, else the CPU build."""

from faiss import swigfaiss
from faiss.swigfaiss import __getattr__  # noqa: F401: the classes

# its functions and constants, but for those that are no part of the package
_own = {"memcpy_bytes", "memory_view", "is_usual", "is_output", "pointer_type", "extra_distance_computer",
        "set_numpy", "set_array_function", "set_class_loader", "set_explainer", "set_message_function",
        "set_progress_function", "CLASSES"}
vars ().update ({_name: _value for _name, _value in vars (swigfaiss).items ()
                 if not _name.startswith ("_") and _name not in _own and not _name.endswith ("_arrays") and (
                     not _name.startswith ("FAISS_") or _name.startswith ("FAISS_VERSION_"))})


def supported_instruction_sets ():
    """The instruction sets of this CPU that this build has code for, under NumPy's names."""
    names = {swigfaiss.SIMDLevel_AVX2: "AVX2", swigfaiss.SIMDLevel_AVX512: "AVX512_SKX",
             swigfaiss.SIMDLevel_AVX512_SPR: "AVX512_SPR", swigfaiss.SIMDLevel_ARM_SVE: "SVE"}
    return {name for level, name in names.items () if swigfaiss.simd_level_is_available (level)}


def log_message (text, is_warning):
    """What verbose objects say, and warnings: logging.getLogger ("faiss")."""
    import logging  # here: programs that want no messages start sooner
    log = logging.getLogger ("faiss")
    for line in text.split ("\n"):
        log.log (logging.WARNING if is_warning else logging.INFO, line)


swigfaiss.set_message_function (log_message)
