/* The median of numbers. Not for public headers. */
#ifndef FAISS_MEDIAN_H
#define FAISS_MEDIAN_H

#include <stddef.h>

/// The middle one of n > 0 values, or the mean of the two in the middle. Reorders them; NaNs stand
/// anywhere.
float faiss_median (float *values, size_t n);

#endif
