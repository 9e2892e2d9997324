/* Loops of constant length whose arrays shall become registers. Not for public headers.
 *
 *     FAISS_UNROLL
 *     for (int i = 0; i < n; i++)      n is a constant once the function is inlined, at most 16
 */
#ifndef FAISS_KERNELS_UNROLL_H
#define FAISS_KERNELS_UNROLL_H

#ifdef __clang__
#define FAISS_UNROLL _Pragma ("clang loop unroll(full)")
#else
#define FAISS_UNROLL _Pragma ("GCC unroll 16")
#endif

#endif
