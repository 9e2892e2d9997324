/* Scans of inverted lists of full vectors: the definition. */
#include <faiss/kernels/kernels.h>

void faiss_ivf_L2sqr_generic (const float *const *x, size_t nx, const float *y, size_t d, size_t ny,
                              float *out, size_t ld) {
    for (size_t i = 0; i < nx; i++) {
        for (size_t j = 0; j < ny; j++) {
            out[i * ld + j] = faiss_fvec_L2sqr_generic (x[i], y + j * d, d);
        }
    }
}

void faiss_ivf_inner_product_generic (const float *const *x, size_t nx, const float *y, size_t d,
                                      size_t ny, float *out, size_t ld) {
    for (size_t i = 0; i < nx; i++) {
        for (size_t j = 0; j < ny; j++) {
            out[i * ld + j] = faiss_fvec_inner_product_generic (x[i], y + j * d, d);
        }
    }
}

size_t faiss_find_at_most_generic (const float *values, size_t n, float bound,
                                   uint32_t *positions) {
    size_t n_found = 0;
    for (size_t j = 0; j < n; j++) {
        if (values[j] <= bound) {
            positions[n_found++] = (uint32_t)j;
        }
    }
    return n_found;
}

size_t faiss_find_at_least_generic (const float *values, size_t n, float bound,
                                    uint32_t *positions) {
    size_t n_found = 0;
    for (size_t j = 0; j < n; j++) {
        if (values[j] >= bound) {
            positions[n_found++] = (uint32_t)j;
        }
    }
    return n_found;
}
