/* Distances between vectors: the definition. */
#include <math.h>

#include <faiss/kernels/kernels.h>

float faiss_fvec_L2sqr_generic (const FaissStoredFloat *x, const FaissStoredFloat *y, size_t d) {
    float sum = 0;
    for (size_t j = 0; j < d; j++) {
        float difference = x[j] - y[j];
        sum += difference * difference;
    }
    return sum;
}

float faiss_fvec_inner_product_generic (const FaissStoredFloat *x, const FaissStoredFloat *y,
                                        size_t d) {
    float sum = 0;
    for (size_t j = 0; j < d; j++) {
        sum += x[j] * y[j];
    }
    return sum;
}

float faiss_fvec_L1_generic (const FaissStoredFloat *x, const FaissStoredFloat *y, size_t d) {
    float sum = 0;
    for (size_t j = 0; j < d; j++) {
        sum += fabsf (x[j] - y[j]);
    }
    return sum;
}

float faiss_fvec_Linf_generic (const FaissStoredFloat *x, const FaissStoredFloat *y, size_t d) {
    float max = 0;
    for (size_t j = 0; j < d; j++) {
        float difference = fabsf (x[j] - y[j]);
        max = difference > max ? difference : max;
    }
    return max;
}

void faiss_fvec_L2sqr_batch_4_generic (const float *x, const float *y0, const float *y1,
                                       const float *y2, const float *y3, size_t d, float out[4]) {
    out[0] = faiss_fvec_L2sqr_generic (x, y0, d);
    out[1] = faiss_fvec_L2sqr_generic (x, y1, d);
    out[2] = faiss_fvec_L2sqr_generic (x, y2, d);
    out[3] = faiss_fvec_L2sqr_generic (x, y3, d);
}

void faiss_fvec_inner_product_batch_4_generic (const float *x, const float *y0, const float *y1,
                                               const float *y2, const float *y3, size_t d,
                                               float out[4]) {
    out[0] = faiss_fvec_inner_product_generic (x, y0, d);
    out[1] = faiss_fvec_inner_product_generic (x, y1, d);
    out[2] = faiss_fvec_inner_product_generic (x, y2, d);
    out[3] = faiss_fvec_inner_product_generic (x, y3, d);
}

void faiss_fvec_L2sqr_ny_generic (float *out, const float *x, const float *y, size_t d, size_t ny) {
    for (size_t i = 0; i < ny; i++) {
        out[i] = faiss_fvec_L2sqr_generic (x, y + i * d, d);
    }
}

void faiss_fvec_inner_products_ny_generic (float *out, const float *x, const float *y, size_t d,
                                           size_t ny) {
    for (size_t i = 0; i < ny; i++) {
        out[i] = faiss_fvec_inner_product_generic (x, y + i * d, d);
    }
}

void faiss_fvec_madd_generic (size_t n, const float *a, float bf, const float *b, float *c) {
    for (size_t i = 0; i < n; i++) {
        c[i] = a[i] + bf * b[i];
    }
}
