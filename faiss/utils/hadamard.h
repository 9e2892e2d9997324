/* Products with Hadamard matrices. Not for public headers. */
#ifndef FAISS_HADAMARD_H
#define FAISS_HADAMARD_H

#include <stddef.h>

/// x = H x, H the Hadamard matrix of order p (a power of two) without a factor.
void faiss_hadamard (float *x, size_t p);

#endif
