/* Rows of whole numbers by their filter codes: the definition. */
#include <faiss/kernels/filter_whole.h>
#include <faiss/kernels/kernels.h>

static int64_t distance (const uint8_t *a, const uint8_t *b, size_t d, int16_t shift) {
    int64_t sum = 0;
    for (size_t j = 0; j < d; j++) {
        int64_t difference = a[j] - b[j] + shift;
        sum += difference * difference;
    }
    return sum;
}

size_t faiss_filter_whole_L2_generic (const uint8_t *row, size_t d, const uint8_t *rows,
                                      const uint32_t *ids, const uint32_t *positions, size_t n,
                                      float *out) {
    return faiss_filter_whole_all (distance, row, d, rows, ids, positions, n, out);
}
