/* Which instruction set the inner loops use. */
#ifndef FAISS_SIMD_LEVELS_H
#define FAISS_SIMD_LEVELS_H

#include <faiss/impl/error.h>

FAISS_BEGIN_DECLS

/// Instruction sets; the numbers are upstream's.
typedef enum FaissSIMDLevel {
    SIMDLevel_NONE = 0, ///< plain C
    SIMDLevel_AVX2 = 1, ///< with FMA and F16C
    SIMDLevel_AVX512 = 2,
    SIMDLevel_AVX512_SPR = 3,
    SIMDLevel_ARM_NEON = 4,
    SIMDLevel_ARM_SVE = 5,
    SIMDLevel_RISCV_RVV = 6,
    SIMDLevel_AVX512_VPOPCNT = 7,
    SIMDLevel_COUNT = 8,
} FaissSIMDLevel;

/** The level in use.
 *
 * At load the best one that the CPU and this build have, or the one that the environment variable
 * FAISS_SIMD_LEVEL names ("NONE", "AVX2", ...) if they have it.
 */
FaissSIMDLevel faiss_get_simd_level (void);

/** Use a level, for tests and comparisons. Not to be called while other functions run.
 *
 * An error if the CPU or this build lacks it.
 */
FaissStatus faiss_set_simd_level (FaissSIMDLevel level);

/// 1 if the CPU and this build have a level, else 0.
int faiss_simd_level_is_available (FaissSIMDLevel level);

/// "AVX2" and so on; "unknown" for other numbers.
const char *faiss_simd_level_name (FaissSIMDLevel level);

/// The level of a name, or an error that lists the names.
FaissStatus faiss_simd_level_from_name (FaissSIMDLevel *out, const char *name);

FAISS_END_DECLS

#endif
