/* The quantizers of least square error for the normal distribution (Lloyd 1957, 1982; Max 1960).
 * Not for public headers. */
#ifndef FAISS_LLOYD_MAX_H
#define FAISS_LLOYD_MAX_H

#include <stddef.h>

/// 2^bits centroids, ascending, and the 2^bits - 1 boundaries between them, for N(0, 1).
/// @param bits  1 .. 8
void faiss_lloyd_max (unsigned bits, float *out);

#endif
