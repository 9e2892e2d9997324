/* Kernels of additive quantizers: the definition. */
#include <math.h>

#include <faiss/kernels/kernels.h>

void faiss_packed_products_generic (const float *x, size_t nx, size_t d, const float *y, size_t ny,
                                    const float *x_terms, const float *y_terms, float scale,
                                    float *out, size_t ld) {
    enum { ROWS = FAISS_EXACT_ROWS };
    for (size_t first = 0; first < ny; first += ROWS) {
        size_t n = ny - first < ROWS ? ny - first : ROWS;
        const float *group = y + first * d;
        for (size_t i = 0; i < nx; i++) {
            float sums[ROWS] = {0};
            for (size_t t = 0; t < d; t++) {
                for (size_t j = 0; j < ROWS; j++) {
                    sums[j] += x[i * d + t] * group[t * ROWS + j];
                }
            }
            for (size_t j = 0; j < n; j++) {
                float terms = (x_terms ? x_terms[i] : 0) + (y_terms ? y_terms[first + j] : 0);
                out[i * ld + first + j] = terms + scale * sums[j];
            }
        }
    }
}

void faiss_row_products_generic (const float *x, size_t d, const float *y, size_t ny,
                                 const float *y_terms, float *out) {
    for (size_t j = 0; j < ny; j++) {
        float sum = 0;
        for (size_t t = 0; t < d; t++) {
            sum += x[t] * y[j * d + t];
        }
        out[j] = (y_terms ? y_terms[j] : 0) + sum;
    }
}

void faiss_aq_column_minima_generic (const float *values, size_t n, float out[32]) {
    for (size_t j = 0; j < 32; j++) {
        out[j] = INFINITY;
    }
    for (size_t i = 0; i < n; i++) {
        if (values[i] < out[i % 32]) {
            out[i % 32] = values[i];
        }
    }
}

uint32_t faiss_aq_smallest_sum_generic (const float *unary, const float *const *rows, size_t n_rows,
                                        size_t n) {
    uint32_t best = 0;
    float smallest = INFINITY;
    for (size_t j = 0; j < n; j++) {
        float sum = unary[j];
        for (size_t i = 0; i < n_rows; i++) {
            sum += rows[i][j];
        }
        if (sum < smallest) {
            smallest = sum;
            best = (uint32_t)j;
        }
    }
    return best;
}
