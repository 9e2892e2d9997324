/* Rows of whole numbers by their filter codes: what all levels do alike. Not for public headers.
 *
 * As long as a sum of squares of whole numbers stays below 2^24, floats add it up without rounding,
 * in whatever order, and so do integers. What may be hidden in a code (see faiss_filter_is_whole)
 * is too small to be seen beside a distance of 1.
 */
#ifndef FAISS_KERNELS_FILTER_WHOLE_H
#define FAISS_KERNELS_FILTER_WHOLE_H

#include <string.h>

#include <faiss/kernels/filter_codes.h>

static inline FaissFilterInfo faiss_filter_info (const uint8_t *row, size_t d) {
    FaissFilterInfo info;
    memcpy (&info, row + faiss_filter_stride (d) - sizeof info, sizeof info);
    return info;
}

typedef int64_t FaissWholeDistance (const uint8_t *a, const uint8_t *b, size_t d, int16_t shift);

/// `distance`: the sum of (a[j] - b[j] + shift)^2, a constant function.
static inline __attribute__ ((always_inline)) size_t faiss_filter_whole_all (
    FaissWholeDistance *distance, const uint8_t *row, size_t d, const uint8_t *rows,
    const uint32_t *ids, const uint32_t *positions, size_t n, float *out) {
    size_t stride = faiss_filter_stride (d), n_negative = 0;
    FaissFilterInfo a = faiss_filter_info (row, d);
    int is_whole = faiss_filter_is_whole (&a);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *other = rows + ids[positions[i]] * stride;
        FaissFilterInfo b = faiss_filter_info (other, d);
        int64_t square = 0;
        if (is_whole && faiss_filter_is_whole (&b)) {
            square = distance (row, other, d, (int16_t)(a.low - b.low));
        }
        int is_exact = square > 0 && square < FAISS_FILTER_MAX_WHOLE;
        out[i] = is_exact ? (float)square : -1;
        n_negative += !is_exact;
    }
    return n_negative;
}

#endif
