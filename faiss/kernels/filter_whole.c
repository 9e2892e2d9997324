/* Rows of whole numbers by their filter codes: the definition. */
#include <faiss/kernels/filter_whole.h>
#include <faiss/kernels/kernels.h>

/* Without a shift sums of some squares fit 32 bits. */
static int64_t distance (const uint8_t *a, const uint8_t *b, size_t d, int16_t shift) {
    enum { AT_ONCE = 1 << 14 };
    int64_t total = 0;
    for (size_t begin = 0; begin < d && shift == 0; begin += AT_ONCE) {
        size_t end = begin + AT_ONCE < d ? begin + AT_ONCE : d;
        int32_t sum = 0;
        for (size_t j = begin; j < end; j++) {
            int32_t difference = a[j] - b[j];
            sum += difference * difference;
        }
        total += sum;
    }
    for (size_t j = 0; j < d && shift != 0; j++) {
        int64_t difference = a[j] - b[j] + shift;
        total += difference * difference;
    }
    return total;
}

size_t faiss_filter_whole_L2_generic (const uint8_t *row, size_t d, const uint8_t *rows,
                                      const uint32_t *ids, const uint32_t *positions, size_t n,
                                      float *out) {
    return faiss_filter_whole_all (distance, row, d, rows, ids, positions, n, out);
}
