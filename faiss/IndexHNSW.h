/* Indexes that search by walking through a graph, whatever stores the vectors. */
#ifndef FAISS_INDEX_HNSW_H
#define FAISS_INDEX_HNSW_H

#include <faiss/Index.h>
#include <faiss/impl/HNSW.h>

FAISS_BEGIN_DECLS

/// How the members of a selector are searched for.
typedef enum FaissHNSWFilter {
    FAISS_HNSW_FILTER_AUTO = 0, ///< as suits the share of members
    FAISS_HNSW_FILTER_PLAIN =
        1, ///< among the nodes that a search without a selector visits: upstream
    FAISS_HNSW_FILTER_EXPAND = 2, ///< from member to member, through other nodes where need be
    FAISS_HNSW_FILTER_SCAN = 3,   ///< all members: exact, but for the codes of the storage
} FaissHNSWFilter;

/** How one search is done. Replaces all the graph's own settings.
 *
 * With rerank > 0 a search among full vectors (IndexFlat as the storage, L2 or inner product)
 * compares 8-bit codes of them only (see faiss_IndexFlat_set_filter_codes), and in the end the
 * vectors of the `rerank` nearest: at least k, at most efSearch. Distances are right, but a vector
 * may be missed that a search with rerank = 0 finds; a few times k is enough to lose next to
 * nothing. It is without effect where there are no codes, with bounded_queue = false, where a
 * selector is not searched for in the way of FAISS_HNSW_FILTER_PLAIN, and in range_search, search1
 * and search_level_0 from several nodes.
 */
typedef struct FaissSearchParametersHNSW FAISS_EXTENDS (FaissSearchParameters) {
    union {
        FaissSearchParameters params;
    };
    int efSearch;                 ///< candidates kept (16)
    bool check_relative_distance; ///< as in HNSW (true)
    bool bounded_queue;           ///< as search_bounded_queue in HNSW (true)
    FaissHNSWFilter filter;       ///< with a selector (FAISS_HNSW_FILTER_AUTO); not in upstream
    int rerank; ///< walk by 8-bit codes, then compare so many vectors (0: no); not in upstream
    FaissHNSWStats *stats; ///< or NULL: what the call does is added to it too; not in upstream
} FaissSearchParametersHNSW;

/** A graph (see HNSW) over the vectors of another index, the storage.
 *
 * Distances are those of the storage. Ids are positions, below 2^31. The graph that an add makes
 * depends on the vectors and on how they are divided among calls of add, not on the number of
 * threads; it is the one that faiss 1.15.1 makes. Vectors cannot be encoded.
 *
 * remove_ids renumbers, as that of the flat indexes: each vector moves up by the number of removed
 * ones before it. (Ids of your own, which stay: IndexIDMap2.) Links around what is removed are
 * mended; the rest of the graph stays. A call reads all links and moves all vectors once, so remove
 * many at once rather than one by one.
 *
 * Several threads may call search, range_search, search1, search_level_0, reconstruct, add,
 * remove_ids, reset, write_index and clone at the same time. (Not so fields, nor the storage.)
 * Changes follow one another. A search finds all that was there before it began, and any part of
 * what is being added; labels are those of the moment when it ends.
 */
typedef struct FaissIndexHNSW FAISS_EXTENDS (FaissIndex) {
    union {
        FaissIndex index;
    };
    FAISS_PRIVATE (struct FaissSharedLock *lock;)
    FaissHNSW hnsw;            ///< the links
    bool own_fields;           ///< free the storage with this index (false)
    FaissIndex *storage;       ///< the vectors; NULL if read without them: see own_fields
    bool init_level0;          ///< link all vectors; false: only those of higher levels (true)
    bool keep_max_size_level0; ///< fill the links of level 0 even with redundant ones (false)
    int use_visited_hashset;   ///< as in HNSW
} FaissIndexHNSW;

/// A graph over full vectors.
typedef struct FaissIndexHNSWFlat FAISS_EXTENDS (FaissIndexHNSW) {
    union {
        FaissIndex index;
        FaissIndexHNSW index_hnsw;
    };
} FaissIndexHNSWFlat;

#ifndef SWIG
extern FaissIndexClass faiss_IndexHNSW_class;
extern FaissIndexClass faiss_IndexHNSWFlat_class;
extern FaissClass faiss_SearchParametersHNSW_class;
#endif

FaissStatus faiss_SearchParametersHNSW_new (FaissSearchParametersHNSW **out);
/// @param sel  the ids to search among, or NULL for all; borrowed @param efSearch  > 0
FaissStatus faiss_SearchParametersHNSW_new_with (FaissSearchParametersHNSW **out,
                                                 FaissIDSelector *sel, int efSearch);
void faiss_SearchParametersHNSW_free (FaissSearchParametersHNSW *self);
FaissSearchParametersHNSW *faiss_SearchParametersHNSW_cast (FaissSearchParameters *params);
const FaissIDSelector *faiss_SearchParametersHNSW_sel (const FaissSearchParametersHNSW *self);
int faiss_SearchParametersHNSW_efSearch (const FaissSearchParametersHNSW *self);
void faiss_SearchParametersHNSW_set_efSearch (FaissSearchParametersHNSW *self, int efSearch);
int faiss_SearchParametersHNSW_check_relative_distance (const FaissSearchParametersHNSW *self);
void faiss_SearchParametersHNSW_set_check_relative_distance (FaissSearchParametersHNSW *self,
                                                             int check_relative_distance);
int faiss_SearchParametersHNSW_bounded_queue (const FaissSearchParametersHNSW *self);
void faiss_SearchParametersHNSW_set_bounded_queue (FaissSearchParametersHNSW *self,
                                                   int bounded_queue);

/// Without storage: of no use before one is set.
FaissStatus faiss_IndexHNSW_new (FaissIndexHNSW **out);

/// @param storage  an empty index, borrowed; @param M  links per vector and level, >= 2
FaissStatus faiss_IndexHNSW_new_with (FaissIndexHNSW **out, FaissIndex *storage, int M);
void faiss_IndexHNSW_free (FaissIndexHNSW *self);
FaissIndexHNSW *faiss_IndexHNSW_cast (FaissIndex *index);

/// Distances as graphs use them: those of the storage, similarities with their sign turned.
/// @param out  to be freed by faiss_DistanceComputer_free; the storage must stay
FaissStatus faiss_storage_distance_computer (const FaissIndex *storage,
                                             FaissDistanceComputer **out);

/** Search at level 0 from given vectors.
 *
 * @param nearest      where to start, size n * nprobe, a negative one ends a query's list
 * @param nearest_d    their distances, size n * nprobe
 * @param search_type  1: one search after the other; 2: one search from all of them
 * @param params       may be NULL
 */
FaissStatus faiss_IndexHNSW_search_level_0 (const FaissIndexHNSW *self, idx_t n, const float *x,
                                            idx_t k, const int32_t *nearest, const float *nearest_d,
                                            float *distances, idx_t *labels, int nprobe,
                                            int search_type, const FaissSearchParameters *params);

/** Link all vectors at level 0 by their known nearest neighbours, instead of an add that does.
 *
 * @param D  distances, size ntotal * k
 * @param I  ids, size ntotal * k; negative ones and the vector itself are left out
 */
FaissStatus faiss_IndexHNSW_init_level_0_from_knngraph (FaissIndexHNSW *self, int k, const float *D,
                                                        const idx_t *I);

/** Link some vectors at level 0, one after the other, by searches from given vectors.
 *
 * @param points    the vectors to link, size npt
 * @param nearests  where the search for each of them starts, size npt
 */
FaissStatus faiss_IndexHNSW_init_level_0_from_entry_points (FaissIndexHNSW *self, int npt,
                                                            const int32_t *points,
                                                            const int32_t *nearests);

/// Keep at most `size` links per vector at level 0, chosen as an add chooses them.
FaissStatus faiss_IndexHNSW_shrink_level_0_neighbors (FaissIndexHNSW *self, int size);

/// Sort the links of level 0, nearest first.
FaissStatus faiss_IndexHNSW_reorder_links (FaissIndexHNSW *self);

/// Link vectors to which no link of level 0 leads.
FaissStatus faiss_IndexHNSW_link_singletons (FaissIndexHNSW *self);

/// Renumber: vector i becomes what was vector perm[i]; size ntotal. The storage must keep codes.
FaissStatus faiss_IndexHNSW_permute_entries (FaissIndexHNSW *self, const idx_t *perm);

FaissStatus faiss_IndexHNSWFlat_new (FaissIndexHNSWFlat **out);
/** Over vectors of d components, which the index owns.
 *
 * @param M       links per vector and level, twice as many at level 0, >= 2
 * @param metric  any of MetricType.h
 */
FaissStatus faiss_IndexHNSWFlat_new_with (FaissIndexHNSWFlat **out, int d, int M,
                                          FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
void faiss_IndexHNSWFlat_free (FaissIndexHNSWFlat *self);
FaissIndexHNSWFlat *faiss_IndexHNSWFlat_cast (FaissIndex *index);

#ifndef SWIG
/// For subclasses: the storage is borrowed (NULL: none); M >= 2.
FaissStatus faiss_IndexHNSW_init (FaissIndexHNSW *self, FaissIndex *storage, int M);
#endif

FAISS_END_DECLS

#endif
