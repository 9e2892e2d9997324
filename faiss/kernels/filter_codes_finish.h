/* Filter codes: what all levels do alike once per row. Not for public headers. */
#ifndef FAISS_KERNELS_FILTER_CODES_FINISH_H
#define FAISS_KERNELS_FILTER_CODES_FINISH_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <faiss/kernels/filter_codes.h>

typedef struct FaissFilterScale {
    float scale, low;
    float inverse; ///< of the scale, or 0
} FaissFilterScale;

/** The scale for components between min and max.
 *
 * Bytes, pixels for instance, are kept as they are. A spread that is hardly a number makes all
 * codes zero; the error says what that costs.
 */
static inline FaissFilterScale faiss_filter_scale (float min, float max, bool integers) {
    float range = max - min;
    if (integers && range <= 255) {
        return (FaissFilterScale){1, min, 1};
    }
    float scale = range / 255;
    if (!(scale > 1e-30f && scale < 1e30f)) {
        return (FaissFilterScale){0, min, 0};
    }
    return (FaissFilterScale){scale, min, 1 / scale};
}

/** Zeros behind the codes, and the info. The squares are of the row without the decoded row, and of
 * the decoded row. A row that is not of finite numbers gets an infinite error. */
static inline void faiss_filter_finish_row (uint8_t *row, size_t d, FaissFilterScale s,
                                            double error2, double norm2) {
    size_t at = faiss_filter_stride (d) - sizeof (FaissFilterInfo);
    memset (row + d, 0, at - d);
    /* the squares are rounded, and so is each decoded component in a double */
    double rounding = sqrt ((double)d) * 1e-15 * (fabs ((double)s.low) + 255 * (double)s.scale);
    float error = (float)(sqrt (error2) * (1 + 1e-6) + rounding + 1.2e-38);
    float norm = (float)sqrt (norm2);
    FaissFilterInfo info = {s.scale, s.low, error, norm};
    if (!isfinite (error) || !isfinite (norm)) {
        memset (row, 0, d);
        info = (FaissFilterInfo){0, 0, HUGE_VALF, 0};
    }
    memcpy (row + at, &info, sizeof info);
}

#endif
