/* Searches of inverted files: what all of them do before a list is scanned. Not for public headers.
 */
#ifndef FAISS_IVF_PROBE_H
#define FAISS_IVF_PROBE_H

#include <faiss/impl/ivf_internal.h>

/// What the threads of one search share.
typedef struct FaissIVFSearch {
    const FaissIndexIVF *self;
    FaissIVFSearchSettings settings;
    const FaissIDSelectorRange *range; ///< the selector if bisection finds its members, or NULL
    const float *x;
    const idx_t *keys;       ///< nprobe for each query
    const float *coarse_dis; ///< as many, or NULL
    bool store_pairs;
    bool is_similarity;
    const FaissSearchParametersIVF *params;
    /* k nearest */
    size_t k;
    float *distances;
    idx_t *labels;
    /* range */
    float radius;
} FaissIVFSearch;

/// A selector as a range that is found by bisection, or NULL.
const FaissIDSelectorRange *faiss_ivf_sorted_range (const FaissIDSelector *sel);

FaissStatus faiss_ivf_new_scanner (const FaissIVFSearch *s, FaissInvertedListScanner **scanner);

/* ---- the lists of a query -------------------------------------------------------------------- */

/// The coarse results of some queries; {0} has none.
typedef struct FaissIVFCoarse {
    idx_t *keys;
    float *distances;
} FaissIVFCoarse;

/// Ask the quantizer for nprobe lists per query. To be cleared, also after a failure.
FaissStatus faiss_ivf_assign_queries (const FaissIndexIVF *self, idx_t n, const float *x,
                                      size_t nprobe, const FaissSearchParametersIVF *params,
                                      FaissIVFCoarse *coarse);

void faiss_ivf_clear_coarse (FaissIVFCoarse *coarse);

/* ---- one list for one query ------------------------------------------------------------------ */

/// The part of a list that is to be scanned.
typedef struct FaissIVFListPart {
    size_t size;
    const uint8_t *all_codes; ///< to be released
    const idx_t *all_ids;     ///< to be released; NULL if not asked for
    const uint8_t *codes;
    const idx_t *ids;
    FaissUInt8Vector own_codes; ///< of lists that are walked by an iterator
    FaissInt64Vector own_ids;
} FaissIVFListPart;

/** Set a scanner to the list of probe p (of query p / nprobe) and open what is to be scanned of it:
 * nothing (size 0) for a key of -1 and an empty list. To be closed, unless it fails.
 *
 * @param max_size  entries at most
 * @param with_ids  a scanner of pairs has no use for ids; a range needs them
 */
FaissStatus faiss_ivf_open_probe (const FaissIVFSearch *s, FaissInvertedListScanner *scanner,
                                  size_t p, size_t max_size, bool with_ids,
                                  FaissIndexIVFStats *counts, FaissIVFListPart *part);

void faiss_ivf_close_probe (const FaissIVFSearch *s, size_t p, FaissIVFListPart *part);

#endif
