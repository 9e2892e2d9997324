/* Graphs of one level, made elsewhere, that are searched from random vectors. */
#ifndef FAISS_INDEX_HNSW_CAGRA_H
#define FAISS_INDEX_HNSW_CAGRA_H

#include <faiss/IndexHNSW.h>

FAISS_BEGIN_DECLS

/** A graph over full vectors whose level 0 can be one of fixed degree, as CAGRA makes them (Ootomo
 * et al.: CAGRA, highly parallel graph construction and approximate nearest neighbor search for
 * GPUs, 2024).
 *
 * With base_level_only it has no levels above and nothing can be added; a search begins at the
 * nearest of some random vectors. Which ones depends on the query's place in the call only, so that
 * the same call gives the same results. Without it this is an IndexHNSWFlat that fills its links.
 */
typedef struct FaissIndexHNSWCagra FAISS_EXTENDS (FaissIndexHNSW) {
    union {
        FaissIndex index;
        FaissIndexHNSW index_hnsw;
    };
    bool base_level_only;                  ///< search level 0 only (false)
    int num_base_level_search_entrypoints; ///< random vectors to choose the start from (256)
    FaissNumericType numeric_type_;        ///< of the vectors that the graph was made of
} FaissIndexHNSWCagra;

#ifndef SWIG
extern FaissIndexClass faiss_IndexHNSWCagra_class;
#endif

/// Without storage: of no use before one is set.
FaissStatus faiss_IndexHNSWCagra_new (FaissIndexHNSWCagra **out);

/** @param M             links per vector and level, twice as many at level 0, >= 2
 *  @param metric        METRIC_L2 or METRIC_INNER_PRODUCT
 *  @param numeric_type  Float32, or Float16, whose vectors are stored so
 */
FaissStatus faiss_IndexHNSWCagra_new_with (FaissIndexHNSWCagra **out, int d, int M,
                                           FaissMetricType metric FAISS_DEFAULT (METRIC_L2),
                                           FaissNumericType numeric_type FAISS_DEFAULT (Float32));
void faiss_IndexHNSWCagra_free (FaissIndexHNSWCagra *self);
/// The index itself if it is of this class or a subclass, else NULL.
FaissIndexHNSWCagra *faiss_IndexHNSWCagra_cast (FaissIndex *index);

/// What the graph was made of; setting it changes no vectors.
FaissNumericType faiss_IndexHNSWCagra_get_numeric_type (const FaissIndexHNSWCagra *self);
void faiss_IndexHNSWCagra_set_numeric_type (FaissIndexHNSWCagra *self,
                                            FaissNumericType numeric_type);

FAISS_END_DECLS

#endif
