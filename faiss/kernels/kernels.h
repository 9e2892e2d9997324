/* The inner loops, one implementation per instruction set. Not for public headers.
 *
 *     float distance = faiss_kernels.fvec_L2sqr (x, y, d);
 *
 * Loops fetch the pointer first. Kernels are single-threaded and cannot fail. How to add one:
 * list it in kernels.def with its contract, write the generic form and its check in
 * tests/kernels/checkkernels.c (it does not link without), then the fast forms in x86/ and arm/,
 * and name these in the tables of kernels.c.
 */
#ifndef FAISS_KERNELS_H
#define FAISS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include <faiss/kernels/exact_search.h>
#include <faiss/kernels/filter_codes.h>
#include <faiss/kernels/kmeans.h>
#include <faiss/kernels/panorama.h>
#include <faiss/kernels/sq.h>
#include <faiss/utils/simd_levels.h>

/// A component of a stored vector. In a mapped file they begin at any address, also at odd ones:
/// who reads them one by one says so by this type, loads of the SIMD forms do not care.
typedef float FaissStoredFloat __attribute__ ((aligned (1)));

/// Function pointers, named as in kernels.def. A NULL entry of a level's table stands for the next
/// lower level's; the generic table is complete.
typedef struct FaissKernels {
#define FAISS_KERNEL(result, name, arguments) result (*name) arguments;
#include <faiss/kernels/kernels.def>
#undef FAISS_KERNEL
} FaissKernels;

/// The table in use: complete, of the level that faiss_get_simd_level () says.
extern FaissKernels faiss_kernels;

/// The tables as written, by level; NULL where this build has none.
extern const FaissKernels *const faiss_kernels_of_level[SIMDLevel_COUNT];

/* the implementations; those of a level that are not in its table do not exist */
#define FAISS_KERNEL(result, name, arguments)                                                      \
    result faiss_##name##_generic arguments;                                                       \
    result faiss_##name##_avx2 arguments;                                                          \
    result faiss_##name##_avx512 arguments;                                                        \
    result faiss_##name##_avx512_vpopcnt arguments;
#include <faiss/kernels/kernels.def>
#undef FAISS_KERNEL

#endif
