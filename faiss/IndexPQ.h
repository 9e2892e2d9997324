/* Vectors as product quantizer codes, searched exhaustively; coarse quantizers of products. */
#ifndef FAISS_INDEX_PQ_H
#define FAISS_INDEX_PQ_H

#include <faiss/IndexFlatCodes.h>
#include <faiss/impl/PolysemousTraining.h>
#include <faiss/impl/ProductQuantizer.h>

FAISS_BEGIN_DECLS

/// How an IndexPQ searches.
typedef enum FaissIndexPQSearchType {
    ST_PQ = 0,                    ///< distances from the query to the decoded vectors
    ST_HE = 1,                    ///< Hamming distances of codes
    ST_generalized_HE = 2,        ///< number of bytes in which the codes differ
    ST_SDC = 3,                   ///< distances between decoded vectors; needs pq.sdc_table
    ST_polysemous = 4,            ///< ST_PQ among those with Hamming distance < polysemous_ht
    ST_polysemous_generalize = 5, ///< the same with the number of bytes that differ
} FaissIndexPQSearchType;

/// What replaces the index's own settings in one search.
typedef struct FaissSearchParametersPQ FAISS_EXTENDS (FaissSearchParameters) {
    union {
        FaissSearchParameters params;
    };
    FaissIndexPQSearchType search_type; ///< (default ST_PQ)
    int polysemous_ht;                  ///< (default 0: all pass)
} FaissSearchParametersPQ;

/// What searches have done.
typedef struct FaissIndexPQStats {
    size_t nq;             ///< queries
    size_t ncode;          ///< codes visited
    size_t n_hamming_pass; ///< of which the polysemous test let pass
} FaissIndexPQStats;

/** Stores the codes of a product quantizer; metrics L2 and inner product.
 *
 * Distances are from the query itself to what the code stands for (ADC), unless search_type says
 * otherwise.
 */
typedef struct FaissIndexPQ FAISS_EXTENDS (FaissIndexFlatCodes) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
    };
    FaissProductQuantizer pq;
    bool do_polysemous_training; ///< renumber the centroids after training (default false; the
                                 ///< factory's default is true)
    FaissPolysemousTraining polysemous_training;
    FaissIndexPQSearchType search_type; ///< (default ST_PQ)
    bool encode_signs; ///< Hamming searches: the query's code is its signs (d = M * nbits)
    int polysemous_ht; ///< codes below this Hamming distance are looked at (default M * nbits + 1:
                       ///< all; 0 means the same)
} FaissIndexPQ;

#ifndef SWIG
extern FaissIndexFlatCodesClass faiss_IndexPQ_class;
extern FaissClass faiss_SearchParametersPQ_class;
#endif

FaissStatus faiss_SearchParametersPQ_new (FaissSearchParametersPQ **out);
void faiss_SearchParametersPQ_free (FaissSearchParametersPQ *self);
FaissSearchParametersPQ *faiss_SearchParametersPQ_cast (FaissSearchParameters *params);

void faiss_IndexPQStats_reset (FaissIndexPQStats *self);

/// The counts of all searches of the process; may be read and reset while nothing searches.
FaissIndexPQStats *faiss_get_indexPQ_stats (void);

FaissStatus faiss_IndexPQ_new (FaissIndexPQ **out);

/// @param M  number of sub-quantizers, divides d @param nbits  bits of each
FaissStatus faiss_IndexPQ_new_with (FaissIndexPQ **out, int d, size_t M, size_t nbits,
                                    FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_IndexPQ_free (FaissIndexPQ *self);
FaissIndexPQ *faiss_IndexPQ_cast (FaissIndex *index);

/** Search with the polysemous test, for metric L2 and 8 bits.
 *
 * @param polysemous_ht        codes below this distance are looked at; 0: all
 * @param generalized_hamming  count bytes that differ, not bits
 */
FaissStatus faiss_IndexPQ_search_core_polysemous (const FaissIndexPQ *self, idx_t n, const float *x,
                                                  idx_t k, float *distances, idx_t *labels,
                                                  int polysemous_ht, int generalized_hamming);

/** How often each Hamming distance occurs between the codes of two sets.
 *
 * @param x, xb           n and nb vectors; with xb NULL the index's own codes instead
 * @param dist_histogram  output, size M * nbits + 1
 */
FaissStatus faiss_IndexPQ_hamming_distance_histogram (const FaissIndexPQ *self, idx_t n,
                                                      const float *x, idx_t nb, const float *xb,
                                                      int64_t *dist_histogram);

/// Hamming distances of the codes of n vectors to all of the index. @param dis  size n * ntotal
FaissStatus faiss_IndexPQ_hamming_distance_table (const FaissIndexPQ *self, idx_t n, const float *x,
                                                  int32_t *dis);

/** A coarse quantizer: all combinations of the centroids of a product quantizer (the inverted
 * multi-index, Babenko, Lempitsky 2012).
 *
 * Vector i has the centroid of m whose number is in the bits m * nbits .. (m + 1) * nbits - 1 of i;
 * there are ksub^M of them once it is trained. Nothing can be added or removed.
 */
typedef struct FaissMultiIndexQuantizer FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex index;
    };
    FaissProductQuantizer pq;
} FaissMultiIndexQuantizer;

typedef FaissIndex *FaissIndexPtr;

FAISS_DECLARE_VECTOR (IndexPtrVector, FaissIndexPtr)

/** The same, where an index per part finds its nearest centroids.
 *
 * Those indexes (dsub dimensions) hold the ksub centroids after training. In files it is a
 * MultiIndexQuantizer.
 */
typedef struct FaissMultiIndexQuantizer2 FAISS_EXTENDS (FaissMultiIndexQuantizer) {
    union {
        FaissIndex index;
        FaissMultiIndexQuantizer miq;
    };
    FaissIndexPtrVector assign_indexes; ///< size M
    bool own_fields;                    ///< free them with the object (default false)
} FaissMultiIndexQuantizer2;

#ifndef SWIG
extern FaissIndexClass faiss_MultiIndexQuantizer_class;
extern FaissIndexClass faiss_MultiIndexQuantizer2_class;
#endif

FaissStatus faiss_MultiIndexQuantizer_new (FaissMultiIndexQuantizer **out);

/// @param M, nbits  M * nbits may be 62 at most
FaissStatus faiss_MultiIndexQuantizer_new_with (FaissMultiIndexQuantizer **out, int d, size_t M,
                                                size_t nbits);
void faiss_MultiIndexQuantizer_free (FaissMultiIndexQuantizer *self);
FaissMultiIndexQuantizer *faiss_MultiIndexQuantizer_cast (FaissIndex *index);

FaissStatus faiss_MultiIndexQuantizer2_new (FaissMultiIndexQuantizer2 **out);

/// @param indexes  size M, for L2 and d / M dimensions, borrowed
FaissStatus faiss_MultiIndexQuantizer2_new_with (FaissMultiIndexQuantizer2 **out, int d, size_t M,
                                                 size_t nbits, FaissIndex **indexes);
FaissStatus faiss_MultiIndexQuantizer2_new_with_two (FaissMultiIndexQuantizer2 **out, int d,
                                                     size_t nbits, FaissIndex *assign_index_0,
                                                     FaissIndex *assign_index_1);
void faiss_MultiIndexQuantizer2_free (FaissMultiIndexQuantizer2 *self);
FaissMultiIndexQuantizer2 *faiss_MultiIndexQuantizer2_cast (FaissIndex *index);

FAISS_END_DECLS

#endif
