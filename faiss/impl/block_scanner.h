/* Scanners of inverted lists that compare the query with many codes at once: all but that is here.
 * Not for public headers. */
#ifndef FAISS_BLOCK_SCANNER_H
#define FAISS_BLOCK_SCANNER_H

#include <faiss/IndexIVF.h>

/// Codes whose distances are computed before the first is looked at.
#define FAISS_SCAN_BLOCK 128

/** What a class's scanner begins with.
 *
 * The class adds set_query, set_list and free, which it writes into `scanner`.
 */
typedef struct FaissBlockScanner {
    FaissInvertedListScanner scanner;
    /// distances to n codes in a row, n <= FAISS_SCAN_BLOCK; called after set_query and set_list
    void (*compute) (const struct FaissBlockScanner *self, size_t n, const uint8_t *codes,
                     float *distances);
    /// a cheap test that codes have to pass first: how many of n <= FAISS_SCAN_BLOCK do, and their
    /// positions, ascending, room for n; NULL: all do
    size_t (*find_passing) (const struct FaissBlockScanner *self, size_t n, const uint8_t *codes,
                            uint32_t *positions);
    size_t n_passed; ///< of those that the selector wants
} FaissBlockScanner;

/// Set all fields, and the functions that scan. A selector with store_pairs is an error.
FaissStatus faiss_BlockScanner_init (FaissBlockScanner *self, const FaissIndexIVF *index,
                                     bool store_pairs, const FaissIDSelector *sel,
                                     void (*compute) (const FaissBlockScanner *self, size_t n,
                                                      const uint8_t *codes, float *distances));

/// The same where there is no index; sel and store_pairs do not go together.
void faiss_BlockScanner_fill (FaissBlockScanner *self, FaissMetricType metric, size_t code_size,
                              bool store_pairs, const FaissIDSelector *sel,
                              void (*compute) (const FaissBlockScanner *self, size_t n,
                                               const uint8_t *codes, float *distances));

/// A set_list that only notes the list.
FaissStatus faiss_BlockScanner_set_list (FaissInvertedListScanner *scanner, idx_t list_no,
                                         float coarse_dis);

#endif
