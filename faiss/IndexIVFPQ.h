/* Inverted files of product quantizer codes. */
#ifndef FAISS_INDEX_IVF_PQ_H
#define FAISS_INDEX_IVF_PQ_H

#include <faiss/IndexIVF.h>
#include <faiss/impl/ProductQuantizer.h>

FAISS_BEGIN_DECLS

struct FaissPolysemousTraining;

/** How one search in an inverted file of product quantizer codes is done. A plain
 * SearchParametersIVF is taken too. (Upstream does not read the two fields below.)
 */
typedef struct FaissIVFPQSearchParameters FAISS_EXTENDS (FaissSearchParametersIVF) {
    union {
        FaissSearchParameters params;
        FaissSearchParametersIVF ivf_params;
    };
    size_t scan_table_threshold; ///< lists of at most so many codes are compared without tables
                                 ///< (default 0: as the index says)
    int polysemous_ht;           ///< take only codes at a Hamming distance below it (default 0: as
                                 ///< the index says)
} FaissIVFPQSearchParameters;

/// What searches with product quantizer codes have done.
typedef struct FaissIndexIVFPQStats {
    size_t nrefine;        ///< codes refined (IndexIVFPQR)
    size_t n_hamming_pass; ///< codes that passed the Hamming test
    size_t search_cycles;  ///< kept for compatibility
    size_t refine_cycles;  ///< clock cycles of the refinement
} FaissIndexIVFPQStats;

/** The lists hold codes of a product quantizer, of the vectors or of what remains of them when the
 * centroid of their list is subtracted (by_residual, the default). For METRIC_L2 and
 * METRIC_INNER_PRODUCT.
 *
 * Search in Hamming space first, by polysemous codes: Douze, Jegou, Perronnin, "Polysemous codes",
 * ECCV 2016.
 */
typedef struct FaissIndexIVFPQ FAISS_EXTENDS (FaissIndexIVF) {
    union {
        FaissIndex index;
        FaissIndexIVF ivf;
    };
    FaissProductQuantizer pq;    ///< makes the codes
    bool do_polysemous_training; ///< reorder the centroids after training (default false)
    struct FaissPolysemousTraining *polysemous_training; ///< how; borrowed, NULL for the default
    size_t scan_table_threshold; ///< as in the search parameters (default 0: none are)
    int polysemous_ht;           ///< as in the search parameters (default 0: no test)
    /// for METRIC_L2 by residual, tables made before any search: -1: never; 0: decided in training,
    /// by their size; 1: nlist * M * ksub entries; 2: for a MultiIndexQuantizer, which needs fewer
    int use_precomputed_table;
    /// of list l, part m and centroid r: r^2 + 2 * <centroid of the list, r>
    FaissFloat32Vector precomputed_table;
    FAISS_PRIVATE (uint64_t table_key;) /* names the table among all that were ever made */
} FaissIndexIVFPQ;

#ifndef SWIG
extern FaissIndexIVFClass faiss_IndexIVFPQ_class;
extern FaissClass faiss_IVFPQSearchParameters_class;

/// For subclasses. @param quantizer  NULL for a default object
FaissStatus faiss_IndexIVFPQ_init (FaissIndexIVFPQ *self, FaissIndex *quantizer, size_t d,
                                   size_t nlist, size_t M, size_t nbits_per_idx,
                                   FaissMetricType metric, bool own_invlists);
#endif

/* ---- search parameters ----------------------------------------------------------------------- */

FaissStatus faiss_IVFPQSearchParameters_new (FaissIVFPQSearchParameters **out);
/// @param sel  the ids to search among, or NULL for all; borrowed @param nprobe  lists to visit
/// @param max_codes  codes to visit at most; 0: no limit
FaissStatus faiss_IVFPQSearchParameters_new_with (FaissIVFPQSearchParameters **out,
                                                  FaissIDSelector *sel, size_t nprobe,
                                                  size_t max_codes);
void faiss_IVFPQSearchParameters_free (FaissIVFPQSearchParameters *self);
/// The parameters themselves if they are of this class, else NULL.
FaissIVFPQSearchParameters *faiss_IVFPQSearchParameters_cast (FaissSearchParameters *params);

/* ---- statistics and settings of the process ---------------------------------------------------
 */

/// All zero.
void faiss_IndexIVFPQStats_reset (FaissIndexIVFPQStats *self);
/// The counts of all searches; may be read and reset while nothing searches.
FaissIndexIVFPQStats *faiss_get_indexIVFPQ_stats (void);

/// The largest table, in bytes, that use_precomputed_table = 0 allows (default 2^31).
void faiss_set_precomputed_table_max_bytes (size_t value);
size_t faiss_get_precomputed_table_max_bytes (void);

/// Vectors that are added at once (default 32768): bounds the memory of an add.
void faiss_set_index_ivfpq_add_core_o_bs (int value);
int faiss_get_index_ivfpq_add_core_o_bs (void);

/* ---- the index ------------------------------------------------------------------------------- */

/// No dimension, no quantizer, no lists.
FaissStatus faiss_IndexIVFPQ_new (FaissIndexIVFPQ **out);

/** An index over codes of M parts of nbits_per_idx bits.
 *
 * @param quantizer  of dimension d, finds the lists; borrowed until own_fields is set
 * @param M          divides d
 */
FaissStatus faiss_IndexIVFPQ_new_with (FaissIndexIVFPQ **out, FaissIndex *quantizer, size_t d,
                                       size_t nlist, size_t M, size_t nbits_per_idx,
                                       FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
                                       bool own_invlists FAISS_DEFAULT (true));
void faiss_IndexIVFPQ_free (FaissIndexIVFPQ *self);
/// The index itself if it is of this class or a subclass, else NULL.
FaissIndexIVFPQ *faiss_IndexIVFPQ_cast (FaissIndex *index);

/** Add vectors, and return what their codes miss.
 *
 * @param xids             ids, size n; NULL for consecutive ones
 * @param residuals_2      output, size n * d: the vector, or its residual, minus its decoded code;
 * 0 for vectors that are assigned to no list; may be NULL
 * @param precomputed_idx  lists, size n; NULL to find them
 */
FaissStatus faiss_IndexIVFPQ_add_core_o (FaissIndexIVFPQ *self, idx_t n, const float *x,
                                         const idx_t *xids, float *residuals_2,
                                         const idx_t *precomputed_idx FAISS_DEFAULT (NULL),
                                         void *inverted_list_context FAISS_DEFAULT (NULL));

/** Find vectors with the same list and code.
 *
 * @param ids   output, size ntotal: the ids of the groups, one after the other
 * @param lims  output, size ntotal + 1: group i is ids[lims[i]] .. ids[lims[i + 1] - 1]
 * @param out   the number of groups
 */
FaissStatus faiss_IndexIVFPQ_find_duplicates (const FaissIndexIVFPQ *self, idx_t *ids, size_t *lims,
                                              size_t *out);

/// Encode one vector of list key. @param code  output, size code_size
FaissStatus faiss_IndexIVFPQ_encode (const FaissIndexIVFPQ *self, idx_t key, const float *x,
                                     uint8_t *code);

/** Encode n vectors.
 *
 * @param keys          lists, size n; output if compute_keys
 * @param codes         output, size n * code_size
 */
FaissStatus faiss_IndexIVFPQ_encode_multiple (const FaissIndexIVFPQ *self, size_t n, idx_t *keys,
                                              const float *x, uint8_t *codes,
                                              bool compute_keys FAISS_DEFAULT (false));

/// The inverse. @param x  output, size n * d
FaissStatus faiss_IndexIVFPQ_decode_multiple (const FaissIndexIVFPQ *self, size_t n,
                                              const idx_t *keys, const uint8_t *xcodes, float *x);

/// Make or remove precomputed_table as use_precomputed_table says. After a change of the quantizer,
/// of pq or of that field.
FaissStatus faiss_IndexIVFPQ_precompute_table (FaissIndexIVFPQ *self);

/** The table of an inverted file with this quantizer.
 *
 * @param use_precomputed_table  in: as in IndexIVFPQ; out: 0 becomes what was decided
 * @param precomputed_table      output; empty if there is to be none
 */
FaissStatus faiss_initialize_IVFPQ_precomputed_table (int *use_precomputed_table,
                                                      const FaissIndex *quantizer,
                                                      const FaissProductQuantizer *pq,
                                                      FaissFloat32Vector *precomputed_table,
                                                      bool by_residual, bool verbose);

FAISS_END_DECLS

#endif
