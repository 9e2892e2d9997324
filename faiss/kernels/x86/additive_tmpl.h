/* Products of one vector with rows: what AVX2 and AVX-512 do alike. Not for public headers.
 *
 * Who includes this has defined Vec, a register of floats, and VECTOR, how many it has, and defines
 * the functions that are only declared here.
 */
#include <stdbool.h>
#include <stddef.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

/* To be defined: sum + *factor * values; the same for components t .. t + 3 of VECTOR rows, which
 * are transposed in registers; n <= VECTOR sums go to out, with their terms (or NULL) added. */
ALWAYS_INLINE Vec add_product (Vec sum, const float *factor, const float *values);
ALWAYS_INLINE Vec add_4_components (Vec sum, const float *x, const float *y, size_t d, size_t t);
ALWAYS_INLINE void put_sums (Vec sums, const float *y_terms, size_t n, float *out);

ALWAYS_INLINE Vec add_1_component (Vec sum, const float *x, const float *y, size_t d, size_t t) {
    float column[VECTOR];
    for (int i = 0; i < VECTOR; i++) {
        column[i] = y[(size_t)i * d + t];
    }
    return add_product (sum, x + t, column);
}

/* n = VECTOR or twice as many rows */
ALWAYS_INLINE void add_rows (const int n, const float *x, size_t d, const float *y, Vec *sums) {
    Vec low = {0}, high = {0};
    size_t t = 0;
    for (; t + 4 <= d; t += 4) {
        low = add_4_components (low, x, y, d, t);
        high = n > VECTOR ? add_4_components (high, x, y + VECTOR * d, d, t) : high;
    }
    for (; t < d; t++) {
        low = add_1_component (low, x, y, d, t);
        high = n > VECTOR ? add_1_component (high, x, y + VECTOR * d, d, t) : high;
    }
    sums[0] = low;
    sums[1] = high;
}

ALWAYS_INLINE Vec few_rows (const float *x, size_t d, const float *y, size_t n) {
    Vec sum = {0};
    for (size_t t = 0; t < d; t++) {
        float column[VECTOR] = {0};
        for (size_t i = 0; i < n; i++) {
            column[i] = y[i * d + t];
        }
        sum = add_product (sum, x + t, column);
    }
    return sum;
}

/* The kernel row_products. */
ALWAYS_INLINE void row_products (const float *x, size_t d, const float *y, size_t ny,
                                 const float *y_terms, float *out) {
    Vec sums[2];
    if (ny < VECTOR) {
        put_sums (few_rows (x, d, y, ny), y_terms, ny, out);
        return;
    }
    for (size_t j = 0; j < ny;) {
        /* 32 rows of 2^n components would push each other out of the cache */
        bool is_double = j + 2 * VECTOR <= ny && (VECTOR < 16 || d % 1024 != 0);
        if (is_double) {
            add_rows (2 * VECTOR, x, d, y + j * d, sums);
            put_sums (sums[1], y_terms ? y_terms + j + VECTOR : NULL, VECTOR, out + j + VECTOR);
        } else { /* some of them once more where they are fewer: the values are the same */
            j = j + VECTOR <= ny ? j : ny - VECTOR;
            add_rows (VECTOR, x, d, y + j * d, sums);
        }
        put_sums (sums[0], y_terms ? y_terms + j : NULL, VECTOR, out + j);
        j += is_double ? 2 * VECTOR : VECTOR;
    }
}
