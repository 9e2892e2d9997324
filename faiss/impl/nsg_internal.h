/* Parts of the NSG: life, files, the build. Not for public headers. */
#ifndef FAISS_NSG_INTERNAL_H
#define FAISS_NSG_INTERNAL_H

#include <faiss/impl/NSG.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/pool_search.h>

FaissStatus faiss_NSG_init (FaissNSG *self, int R);
void faiss_NSG_clear (FaissNSG *self);
FaissStatus faiss_NSG_copy (FaissNSG *self, const FaissNSG *other);

/// Reads what faiss_NSG_write wrote, and checks it: any search in it ends.
FaissStatus faiss_NSG_read (FaissNSG *self, FaissIOReader *r);
FaissStatus faiss_NSG_write (const FaissNSG *self, FaissIOWriter *w);

/// An error if N or K are not those that the links were made for.
FaissStatus faiss_nsg_check_links (const FaissNSG_Graph_int *self);

/// An error if the settings or the graph are not what a search needs.
FaissStatus faiss_NSG_check (const FaissNSG *self);

/// The plan of searches for k results that keep search_L candidates.
FaissStatus faiss_NSG_plan (const FaissNSG *self, int search_L, size_t k, FaissPoolPlan *out);

/// As faiss_NSG_build. @param knn  size n * K, ids or negative
FaissStatus faiss_nsg_build (FaissNSG *self, const FaissIndex *storage, size_t n,
                             const int32_t *knn, size_t K, bool verbose);

/// Links between n nodes, R places each, of which the first -1 ends those of a node.
typedef struct FaissNSGTree {
    const FaissIndex *storage; ///< the vectors of the nodes
    int32_t *links;
    size_t n, R;
    int32_t root;               ///< from where all nodes are to be reached
    size_t pool;                ///< candidates of a search for the node that gets a link
    FaissRandomGenerator *rng;  ///< for where no search finds one
    const FaissVisited *absent; ///< nodes without links, which are not to be reached; or NULL
    bool verbose;
} FaissNSGTree;

/// Add links where there is room, so that all nodes can be reached from the root.
FaissStatus faiss_nsg_grow_tree (const FaissNSGTree *tree);

/* Its steps. */

/// Mark what can be reached from `from`. @return how many were not marked before
size_t faiss_nsg_reach (const FaissNSGTree *tree, int32_t from, FaissVisited *reached,
                        int32_t *scratch);

/** Link a node, the first one without a mark, to one that has a mark and room for a link.
 *
 * @param degrees  of each node, size n
 * @param met      nodes that the search passes over; those that it has met get marks
 * @param parent   output: the node with the new link; -1 if there is no such node
 */
FaissStatus faiss_nsg_attach (const FaissNSGTree *tree, FaissVisited *reached, FaissVisited *met,
                              int32_t *degrees, int32_t *parent);

/** Remove nodes: mend the links around them, remove the vectors from the storage, renumber.
 *
 * What is left can be reached from the entry point. A failure leaves graph and storage as they
 * were.
 */
FaissStatus faiss_nsg_remove (FaissNSG *self, FaissIndex *storage, const FaissIDSelector *sel,
                              size_t *n_removed);

#endif
