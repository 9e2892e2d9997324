/* Kernels of filter codes: the data they work on. Not for public headers.
 *
 * A filter code is a row of floats in a quarter of the space, with a bound of what was lost:
 *
 *     uint8_t codes[d]     component j of the row is about low + scale * codes[j]
 *     zeros                up to a multiple of FAISS_FILTER_ALIGN
 *     FaissFilterInfo
 *
 * From it and a query follows what the distance of the row can be at best. Who looks for the
 * nearest rows needs the floats of those only that can be near enough; see
 * faiss/impl/FilterCodes.h.
 */
#ifndef FAISS_KERNELS_FILTER_CODES_H
#define FAISS_KERNELS_FILTER_CODES_H

#include <stddef.h>
#include <stdint.h>

enum {
    FAISS_FILTER_ALIGN = 16,       ///< bytes: a row of codes is a multiple of it
    FAISS_FILTER_QUERY_ALIGN = 32, ///< components: those of a query are padded to a multiple of it
};

/// What a row has beside its codes.
typedef struct FaissFilterInfo {
    float scale, low;
    float error; ///< at least the norm of (row - decoded row); infinite if there is no useful code
    float norm;  ///< of the decoded row, rounded
} FaissFilterInfo;

/// A query for the kernels.
typedef struct FaissFilterQuery {
    size_t d;
    /// the query is about step * components; 255 times the sum of their magnitudes is an int32_t
    const int16_t *components; ///< zeros behind d, up to a multiple of FAISS_FILTER_QUERY_ALIGN
    float step;
    float sum;   ///< of step * components
    float norm2; ///< squared, of step * components; for L2
    /* how far a row may be from the value by codes: error_factor * error + norm_factor * norm +
     * constant; for L2, where distances add, error_factor * error */
    float error_factor, norm_factor, constant;
    /// what is read next is asked for: so many bytes ahead, but not beyond the end of the rows
    size_t ahead;
    const uint8_t *end; ///< NULL: no asking
} FaissFilterQuery;

enum {
    FAISS_FILTER_MAX_WHOLE = 1 << 24, ///< up to here floats hold every whole number
    FAISS_FILTER_MAX_LOW = 1 << 14,   ///< lowest component of rows that are compared as whole ones
};

/** Does the code say all there is to say, since the components are whole numbers?
 *
 * Components as small as roundings (1e-12 beside others) may be hidden in it. */
static inline int faiss_filter_is_whole (const FaissFilterInfo *info) {
    return info->scale == 1 && info->error < 1e-6f && info->low >= -FAISS_FILTER_MAX_LOW &&
           info->low <= FAISS_FILTER_MAX_LOW && info->low == (float)(int32_t)info->low;
}

enum {
    FAISS_FILTER_GROUP = 16,          ///< rows of FaissFilterKept
    FAISS_FILTER_MAX_GROUPED_D = 256, ///< beyond, codes are not put in groups
    FAISS_FILTER_MAX_PAIR_D = 32768   ///< sums of products of codes are an int32_t
};

/// Rows that many others are compared with, by codes alone; see faiss_filter_kept_add.
typedef struct FaissFilterKept {
    size_t d, n;
    const uint8_t **rows; ///< where they are
    /// in groups; within one, code 4 i + t of row j, minus 128, is at [i][j][t]. NULL: d is large
    int8_t *codes;
    /* of each row; a group may be read from any on */
    int32_t *code_sum;
    float *scale, *low, *error, *norm;
    float *sum;  ///< of the decoded components
    float *size; ///< the magnitudes of what that was added from
} FaissFilterKept;

/// Bytes of a group of codes.
static inline size_t faiss_filter_group_size (size_t d) {
    return (d + 3) / 4 * 4 * FAISS_FILTER_GROUP;
}

/** A row for the kernels that compare it with rows kept; see faiss_filter_pair_set.
 *
 * What the float kernels compute of this row and another is off the value by codes, for inner
 * products, by at most error_factor * error + norm_factor * norm + constant * (1 + norm^2), of the
 * other's info; the last is infinite where products may be. For L2 distances add: they are off by
 * at most error_factor * error, and by what is taken into account already in far and near.
 */
typedef struct FaissFilterPair {
    size_t d;
    const uint8_t *row;
    float threshold; ///< for inner products
    float error_factor, norm_factor, constant;
    float far, near; ///< for L2: not nearer than the threshold from far on, nearer up to near
    /* of d: how float kernels round */
    float off, tiny, root_tiny, root_up, root_down;
} FaissFilterPair;

/// Result of the kernels for pairs: one of the rows is better for certain.
#define FAISS_FILTER_CERTAIN SIZE_MAX

/// Bytes of a row.
static inline size_t faiss_filter_stride (size_t d) {
    return (d + FAISS_FILTER_ALIGN - 1) / FAISS_FILTER_ALIGN * FAISS_FILTER_ALIGN +
           sizeof (FaissFilterInfo);
}

/* Roundings of the float arithmetic in the kernels, in units of what was added up: generous. */
#define FAISS_FILTER_ROUNDING_DOT 2e-6f    /* 32 * 2^-24, of the parts of an inner product */
#define FAISS_FILTER_ROUNDING_NORM 7.2e-7f /* 12 * 2^-24, of squared norms */

#endif
