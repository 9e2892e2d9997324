"""Global settings and values: faiss.cvar, SIMDConfig."""

from faiss import swigfaiss


class GlobalVariables:
    """faiss.cvar: a variable X for every pair of functions get_X, set_X of the library."""

    @property
    def indexIVF_stats (self):
        return swigfaiss.get_indexIVF_stats ()


def add_variable (name):
    get, set_value = getattr (swigfaiss, "get_" + name), getattr (swigfaiss, "set_" + name)
    doc = get.__doc__
    setattr (GlobalVariables, name,
             property (lambda self: get (), lambda self, value: set_value (value), doc=doc))


for name in dir (swigfaiss):
    if name.startswith ("get_") and hasattr (swigfaiss, "set_" + name[4:]) \
            and not name.startswith ("get_deserialization"):
        add_variable (name[4:])
    elif name.startswith ("IO_FLAG_"):
        setattr (GlobalVariables, name, getattr (swigfaiss, name))


class SIMDConfig:
    """Which instruction set the inner loops use."""

    def __init__ (self, faiss_simd_level_env=None):
        pass

    @staticmethod
    def set_level (level):
        """Use a SIMDLevel_*; an error if this CPU or build lacks it."""
        swigfaiss.set_simd_level (level)

    @staticmethod
    def get_level ():
        return swigfaiss.get_simd_level ()

    @staticmethod
    def get_level_name ():
        return swigfaiss.to_string (swigfaiss.get_simd_level ())

    @staticmethod
    def is_simd_level_available (level):
        return bool (swigfaiss.simd_level_is_available (level))

    @staticmethod
    def get_dispatched_level ():
        return swigfaiss.get_simd_level ()

    @staticmethod
    def has_dynamic_dispatch ():
        return True

    @staticmethod
    def auto_detect_simd_level ():
        """The best level there is."""
        best = [swigfaiss.SIMDLevel_AVX512_VPOPCNT, swigfaiss.SIMDLevel_AVX512_SPR,
                swigfaiss.SIMDLevel_AVX512, swigfaiss.SIMDLevel_AVX2, swigfaiss.SIMDLevel_ARM_SVE,
                swigfaiss.SIMDLevel_ARM_NEON, swigfaiss.SIMDLevel_RISCV_RVV]
        for level in best:
            if swigfaiss.simd_level_is_available (level):
                return level
        return swigfaiss.SIMDLevel_NONE


def get_compile_options ():
    """The instruction sets that this build has code for."""
    return "OPTIMIZE DD " + "".join (
        swigfaiss.to_string (level) + " " for level in range (1, swigfaiss.SIMDLevel_COUNT)
        if swigfaiss.simd_level_is_available (level))
