/* Distances between queries and codes of an additive quantizer, block by block.
 * Not for public headers. */
#ifndef FAISS_ADDITIVE_SEARCH_H
#define FAISS_ADDITIVE_SEARCH_H

#include <faiss/impl/AdditiveQuantizer.h>

/** A block of codes, made ready for comparisons with several queries. For one thread.
 *
 * What depends on the codes alone is done once, when they are loaded: their norms, or for
 * ST_decompress the vectors. What depends on the query is its table, see faiss_aq_needs_table.
 */
typedef struct FaissAqScan {
    const FaissAdditiveQuantizer *aq;
    bool is_similarity;
    bool by_table; ///< false: by decoding
    size_t capacity, n;
    const uint8_t *codes;
    int32_t *unpacked;  ///< the rows' numbers, column by column; NULL if they are bytes
    float *norms;       ///< what an L2 distance adds; NULL: nothing
    float *decoded;     ///< ST_decompress
    float *norm_values; ///< of all norms of 4 or 8 bits
} FaissAqScan;

/** To compare as a search type says, that of the quantizer for instance.
 *
 * Clear it even after a failure.
 * @param capacity  codes in a block at most
 */
FaissStatus faiss_AqScan_init (FaissAqScan *self, const FaissAdditiveQuantizer *aq,
                               FaissAdditiveQuantizerSearchType search_type, FaissMetricType metric,
                               size_t capacity);
void faiss_AqScan_clear (FaissAqScan *self);

/// Does a query need a table of inner products (of total_codebook_size)?
bool faiss_aq_needs_table (const FaissAdditiveQuantizer *aq);

/// Make n codes in a row the block.
void faiss_AqScan_load (FaissAqScan *self, const uint8_t *codes, size_t n);

/** The distances, or inner products, of a query to the codes of the block.
 *
 * @param x      the query, for ST_decompress
 * @param table  its inner products with all rows, for the other types
 * @param bias   is added: the squared norm of the query for an L2 distance by the table
 */
void faiss_AqScan_compute (const FaissAqScan *self, const float *x, const float *table, float bias,
                           float *out);

/// Codes in a row, and how they are compared.
typedef struct FaissAqCodes {
    const FaissAdditiveQuantizer *aq;
    FaissMetricType metric;
    idx_t ntotal;
    const uint8_t *codes;
} FaissAqCodes;

/// The k nearest codes for each of n queries, by the quantizer's search type.
FaissStatus faiss_aq_search (const FaissAqCodes *codes, idx_t n, const float *x, idx_t k,
                             const FaissIDSelector *sel, float *distances, idx_t *labels);

/// The codes whose decoded vectors are within a radius.
FaissStatus faiss_aq_range_search (const FaissAqCodes *codes, idx_t n, const float *x, float radius,
                                   const FaissIDSelector *sel, FaissRangeSearchResult *result);

#endif
