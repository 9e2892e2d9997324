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

/** Look at the selector of a search.
 *
 * @param settings   sel may be NULL: then the way is FAISS_HNSW_FILTER_PLAIN
 * @param n_queries  of the call
 * @param k          results of each; 0: all in a range
 */
FaissStatus faiss_graph_filter_open (FaissGraphFilter *self, const FaissHNSW *hnsw, size_t d,
                                     const FaissHNSWSettings *settings, size_t n_queries, size_t k);
void faiss_graph_filter_close (FaissGraphFilter *self);

/// Find what is near the query of scratch->vectors, in another way than FAISS_HNSW_FILTER_PLAIN.
FaissStatus faiss_graph_filter_search (const FaissGraphFilter *self, const FaissHNSW *hnsw,
                                       FaissGraphScratch *scratch,
                                       const FaissHNSWSettings *settings,
                                       FaissGraphResults *results);

#endif
