/* For tests on golden values: their input generator and comparisons. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include "testing.h"

/// The i-th number of the stream s: uniform in 0 .. 1.
static inline float golden_input (uint64_t s, uint64_t i) {
    uint64_t z = (s * 1000003u + i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return (float)(z >> 40) / 16777216.0f;
}

/// n numbers of the stream s in a new array.
static inline float *golden_inputs (uint64_t s, size_t n) {
    float *x = malloc ((n + 1) * sizeof *x);
    assert_non_null (x);
    for (size_t i = 0; i < n; i++) {
        x[i] = golden_input (s, i);
    }
    return x;
}

/// Floats as recorded, with 9 digits: equal up to 1e-5 relative, near zero 1e-6 absolute.
static inline void assert_golden (const float *values, const double *expected, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double tolerance = 1e-5 * fabs (expected[i]) + 1e-6;
        if (!(fabs (values[i] - expected[i]) <= tolerance)) {
            print_error ("value %zu: expected %.9g, got %.9g\n", i, expected[i], values[i]);
            fail ();
        }
    }
}

#endif
