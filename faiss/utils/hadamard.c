/* Products with Hadamard matrices. */
#include <faiss/utils/hadamard.h>

/* Butterflies between components that are h apart, then 2 h: two stages in one pass. `width` of a
 * row of h are known to the compiler. */
static inline __attribute__ ((always_inline)) void two_stages (float *x, size_t p, size_t h,
                                                               size_t width) {
    for (size_t i = 0; i < p; i += 4 * h) {
        for (size_t j = i; j < i + h; j += width) {
            float *restrict x0 = x + j, *restrict x1 = x0 + h;
            float *restrict x2 = x1 + h, *restrict x3 = x2 + h;
            for (size_t l = 0; l < width; l++) {
                float sum = x0[l] + x1[l], difference = x0[l] - x1[l];
                float other_sum = x2[l] + x3[l], other_difference = x2[l] - x3[l];
                x0[l] = sum + other_sum;
                x1[l] = difference + other_difference;
                x2[l] = sum - other_sum;
                x3[l] = difference - other_difference;
            }
        }
    }
}

/* The last stage where their number is odd. */
static inline void last_stage (float *x, size_t h) {
    float *restrict low = x, *restrict high = x + h;
    for (size_t j = 0; j < h; j++) {
        float a = low[j], b = high[j];
        low[j] = a + b;
        high[j] = a - b;
    }
}

void faiss_hadamard (float *x, size_t p) {
    size_t h = 1;
    if (p >= 4) {
        two_stages (x, p, 1, 1);
        h = 4;
    }
    if (p >= 16) {
        two_stages (x, p, 4, 4);
        h = 16;
    }
    for (; 4 * h <= p; h *= 4) {
        two_stages (x, p, h, 16);
    }
    if (2 * h <= p) {
        last_stage (x, h);
    }
}
