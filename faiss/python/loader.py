"""Loads the extension module: the GPU build where there is one, else the CPU build."""

from faiss import swigfaiss
from faiss.swigfaiss import *  # noqa: F401, F403


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
