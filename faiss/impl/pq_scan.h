/* Scans of product quantizer codes by tables of distances. Not for public headers.
 *
 * A query's tables say how far the centroids of each part are from it; the distance of a code is
 * the sum of its entries. Codes are scanned column by column, a column being a byte of the code:
 * with 1, 2 or 4 bits several parts share a byte, and have one table of sums of 256 entries; widths
 * of 3, 5, 6, 7 bits are unpacked into bytes first. Beyond 8 bits there are no bytes, and a column
 * is a part.
 *
 * Of a long scan most codes are not among the results. Where the CPU looks up 32 bytes or more
 * at once, a filter computes for all codes a lower bound of the distance from tables rounded down
 * to bytes, and only what is below the threshold is summed up. The results are the same to the bit.
 */
#ifndef FAISS_PQ_SCAN_H
#define FAISS_PQ_SCAN_H

#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/IDSelector.h>
#include <faiss/impl/ProductQuantizer.h>
#include <faiss/impl/pq_internal.h>

/// How the codes of a quantizer are scanned.
typedef struct FaissPQLayout {
    size_t M, nbits, ksub, code_size;
    bool is_packed;   ///< columns must be unpacked first
    size_t n_columns; ///< tables per query
    size_t n_entries; ///< of a table: 256, or ksub beyond 8 bits
} FaissPQLayout;

void faiss_pq_layout (FaissPQLayout *self, const FaissProductQuantizer *pq);

/// Floats of one query's tables.
static inline size_t faiss_pq_tables_size (const FaissPQLayout *self) {
    return self->n_columns * self->n_entries;
}

/// Are the tables those that ProductQuantizer makes (M * ksub)? Then none need be made.
static inline bool faiss_pq_tables_are_plain (const FaissPQLayout *self) {
    return self->nbits >= 8;
}

/// Make the tables for scans. @param table  M * ksub, as ProductQuantizer makes it
void faiss_pq_make_tables (const FaissPQLayout *self, const float *table, float *tables);

/// Codes that are scanned at a time at most.
enum { FAISS_PQ_BLOCK = 1024 };

/// Bytes of scratch that faiss_pq_sums wants; may be 0.
size_t faiss_pq_scratch_size (const FaissPQLayout *self);

/** Distances of n <= FAISS_PQ_BLOCK codes: out[i] = bias + the entries of code i, added in the
 * order of the columns.
 *
 * @param positions  which of the codes, or NULL for 0 .. n - 1
 */
void faiss_pq_sums (const FaissPQLayout *self, const float *tables, float bias,
                    const uint8_t *codes, const uint32_t *positions, size_t n, float *out,
                    uint8_t *scratch);

/* ---- searches -------------------------------------------------------------------------------- */

typedef struct FaissPQScan {
    FaissPQLayout layout;
    bool is_similarity;
    const uint8_t *codes;
    size_t n_codes;
    const FaissIDSelector *sel; ///< take only these positions, or NULL
    /// the tables of a query as ProductQuantizer makes them, M * ksub; called by several threads
    void (*make_table) (const void *context, size_t query, float *table);
    const void *context;
} FaissPQScan;

/// The k nearest codes of each of nx queries, sorted; missing ones are -1 with +-FLT_MAX.
FaissStatus faiss_pq_knn (const FaissPQScan *self, size_t nx, size_t k, float *distances,
                          idx_t *labels);

/// All codes better than a radius.
FaissStatus faiss_pq_range (const FaissPQScan *self, size_t nx, float radius,
                            FaissRangeSearchResult *result);

/* ---- queries --------------------------------------------------------------------------------- */

typedef enum FaissPQQueryKind {
    FAISS_PQ_L2,
    FAISS_PQ_INNER_PRODUCT,
    FAISS_PQ_SYMMETRIC, ///< of codes, by sdc_table
} FaissPQQueryKind;

/// Queries of which a quantizer makes the tables.
typedef struct FaissPQQueries {
    FaissPQQueryKind kind;
    const FaissProductQuantizer *pq;
    const float *x;         ///< the queries; or
    const uint8_t *codes;   ///< their codes
    FaissPQColumns columns; ///< may be empty
} FaissPQQueries;

/// The scan of codes by these queries, which must stay where they are.
FaissPQScan faiss_pq_scan_of (const FaissPQQueries *queries, const uint8_t *codes, size_t n_codes,
                              const FaissIDSelector *sel);

/// An error unless there is a sdc_table.
FaissStatus faiss_pq_check_sdc_table (const char *function, const FaissProductQuantizer *pq);

#endif
