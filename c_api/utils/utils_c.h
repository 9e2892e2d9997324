/* The version of the library, and binarisation. */
#ifndef FAISS_UTILS_C_H
#define FAISS_UTILS_C_H

#include "../faiss_c.h"

FAISS_C_API_BEGIN

/// "1.15.1"
const char *faiss_get_version (void);

/// Bits that say x > 0 (an addition of a fork). @param x_out  output, size n * d / 8
void faiss_real_to_binary (size_t n, size_t d, const float *x_in, uint8_t *x_out);

FAISS_C_API_END

#endif
