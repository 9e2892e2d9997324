/* Tables of a query as bytes, by which most codes are found to be too far. Not for public headers.
 *
 * A byte is (entry - smallest of its table) * scale, rounded down, so that the sum of a code's
 * bytes is a lower bound of its distance. Where a large sum is good, entries are negated first.
 */
#ifndef FAISS_PQ_FILTER_H
#define FAISS_PQ_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FAISS_PQ_BYTE = 256,                         ///< entries of a table
    FAISS_PQ_LANES = 64,                         ///< codes of a transposed group
    FAISS_PQ_MAX_SUM = 65535,                    ///< of the bytes of a code
    FAISS_PQ_MAX_COLUMNS = FAISS_PQ_MAX_SUM / 8, ///< more of them would have too few steps
};

typedef struct FaissPQFilter {
    bool is_on;         ///< the bytes mean something
    uint8_t *tables;    ///< n_columns * 256, 64-byte aligned; the caller's
    double smallest;    ///< the sum of the tables' smallest entries
    double scale;       ///< from entries to bytes
    double magnitudes;  ///< the sum of the tables' largest magnitudes
    double error_units; ///< of a sum of floats of magnitude 1
} FaissPQFilter;

/// Does this CPU look up bytes faster than floats?
bool faiss_pq_filter_is_fast (void);

/** Round the tables of a query.
 *
 * @param self       tables is set
 * @param tables     n_columns * 256, of which the first n_entries count
 * @param is_negated is a large sum good?
 * @param ranges     scratch, size 2 * n_columns
 */
void faiss_pq_filter_init (FaissPQFilter *self, const float *tables, size_t n_columns,
                           size_t n_entries, bool is_negated, float *ranges);

/** The sum of a code's bytes above which its sum of entries, as floats add them up, is above a
 * bound.
 *
 * @param bound      as entries were summed up, negated ones negated
 * @param magnitude  of what else was added to the entries
 * @return           anything; negative: all codes are
 */
double faiss_pq_filter_limit (const FaissPQFilter *self, double bound, double magnitude);

#endif
