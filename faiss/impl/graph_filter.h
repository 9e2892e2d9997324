/* Searches in graphs for the members of a selector only. Not for public headers.
 *
 * Upstream walks through all nodes and keeps the members it meets: good where most nodes are
 * members, poor where few are. Here a search looks how many there are, and then
 *
 * - where that is cheaper than any walk, or members are too few to be walked along: computes the
 *   distances of all of them;
 * - where some are: walks from member to member, along links and, through nodes that are none,
 *   along two links (as in Patel et al.: ACORN, 2024); distances are those of members only;
 * - where most are: walks as upstream does, with upstream's results.
 */
#ifndef FAISS_GRAPH_FILTER_H
#define FAISS_GRAPH_FILTER_H

#include <faiss/IndexHNSW.h>
#include <faiss/impl/graph_remove.h>
#include <faiss/impl/hnsw_internal.h>

/// What a selector lets pass, and how to search that. For one call.
typedef struct FaissGraphFilter {
    int way; ///< a FaissHNSWFilter, never FAISS_HNSW_FILTER_AUTO
    const FaissIDSelector *sel;
    size_t n;                    ///< nodes
    double share;                ///< of members among them, about
    FaissVisited bits;           ///< the members, if there are words
    FaissInt32Vector ids;        ///< the members, ascending, for FAISS_HNSW_FILTER_SCAN
    FaissIDSelectorBatch *batch; ///< instead of an array, which is slow to ask
    FaissIDSelectorTranslated translated;
} FaissGraphFilter;

/// One call of a search, whatever the graph.
typedef struct FaissGraphFilterCall {
    const FaissIDSelector *sel; ///< or NULL: then the way is FAISS_HNSW_FILTER_PLAIN
    int filter;                 ///< FaissHNSWFilter
    size_t n, room;             ///< nodes, links of each
    size_t d;
    size_t ef;        ///< candidates kept
    size_t n_queries; ///< of the call
    size_t k;         ///< results of each; 0: all in a range
} FaissGraphFilterCall;

/// Look at the selector of a search.
FaissStatus faiss_graph_filter_open_call (FaissGraphFilter *self, const FaissGraphFilterCall *call);

/** The same for HNSW.
 *
 * @param settings   sel may be NULL: then the way is FAISS_HNSW_FILTER_PLAIN
 * @param n_queries  of the call
 * @param k          results of each; 0: all in a range
 */
FaissStatus faiss_graph_filter_open (FaissGraphFilter *self, const FaissHNSW *hnsw, size_t d,
                                     const FaissHNSWSettings *settings, size_t n_queries, size_t k);
void faiss_graph_filter_close (FaissGraphFilter *self);

/** Find what is near the query of scratch->vectors, in another way than FAISS_HNSW_FILTER_PLAIN.
 *
 * @param starts  where a walk begins, size n_starts
 * @param ef      members kept, at least results->k
 */
FaissStatus faiss_graph_filter_search_from (const FaissGraphFilter *self,
                                            const FaissGraphLevel *graph,
                                            FaissGraphScratch *scratch,
                                            const FaissGraphNode *starts, size_t n_starts,
                                            size_t ef, FaissGraphResults *results);

/// The same in an HNSW graph: from a given start at level 0 or, NULL, where the upper levels lead
/// to.
FaissStatus faiss_graph_filter_search (const FaissGraphFilter *self, const FaissHNSW *hnsw,
                                       FaissGraphScratch *scratch,
                                       const FaissHNSWSettings *settings,
                                       const FaissGraphNode *given, FaissGraphResults *results);

#endif
