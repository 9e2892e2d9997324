"""Global settings and values: faiss.cvar, SIMDConfig."""

from faiss import swigfaiss


class GlobalVariables:
    """faiss.cvar: a variable X for every pair of functions get_X, set_X of the library."""

    # of upstream's, without effect here: sizes of blocks and what is printed or checked
    bucket_sort_verbose = index_factory_verbose = 0
    check_compatible_for_merge_expensive_check = index_read_warn_on_null_invlists = True
    hamming_batch_size = 65536
    index2layer_sa_encode_bs = multi_index_quantizer_search_bs = 32768
    product_quantizer_compute_codes_bs = 262144
    rowwise_minmax_sa_decode_bs = rowwise_minmax_sa_encode_bs = 16384
    visited_table_hashset_threshold = 10000000
    SINGLE_SIMD_LEVEL = SINGLE_SIMD_LEVEL_256 = SINGLE_SIMD_LEVEL_512 = 0
    SIMDConfig_avx512_split = False
    SIMDConfig_level = property (lambda self: swigfaiss.get_simd_level ())
    SIMDConfig_supported_simd_levels = property (lambda self: SIMDConfig ().supported_simd_levels)

    def __setattr__ (self, name, value):
        if not hasattr (type (self), name):
            raise AttributeError (f"there is no global variable {name!r}")
        object.__setattr__ (self, name, value)


def add_variable (name):
    get, set_value = getattr (swigfaiss, "get_" + name), getattr (swigfaiss, "set_" + name)
    doc = get.__doc__
    setattr (GlobalVariables, name,
             property (lambda self: get (), lambda self, value: set_value (value), doc=doc))


for name in dir (swigfaiss):
    if name.startswith ("get_") and hasattr (swigfaiss, "set_" + name[4:]) \
            and not name.startswith ("get_deserialization"):
        add_variable (name[4:])
    elif name.startswith ("get_") and name.endswith ("_stats"):
        setattr (GlobalVariables, name[4:], property (lambda self, get=getattr (swigfaiss, name): get ()))
    elif name.startswith ("IO_FLAG_"):
        setattr (GlobalVariables, name, getattr (swigfaiss, name))


class SIMDConfig:
    """Which instruction set the inner loops use."""

    def __init__ (self, faiss_simd_level_env=None):
        pass

    level = property (lambda self: swigfaiss.get_simd_level ())
    avx512_split = property (lambda self: False)

    @property
    def supported_simd_levels (self):
        """A bit per level that there is."""
        return sum (1 << level for level in range (swigfaiss.SIMDLevel_COUNT)
                    if swigfaiss.simd_level_is_available (level))

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
