/* The first half of a k-means iteration, where the index is an IndexFlat: the nearest centroid of
 * each point, found without comparing with all of them. Not for public headers. */
#ifndef FAISS_CLUSTERING_ASSIGN_H
#define FAISS_CLUSTERING_ASSIGN_H

#include <faiss/Index.h>

/** Assigns the same points again and again, to centroids that move.
 *
 * Centroids are put into groups of neighbours. From the iteration before it is known how near a
 * point may have come to a group, by the triangle inequality; only groups that may hold something
 * nearer than the point's own centroid are looked at (Ding et al. 2015, "Yinyang k-means"). The
 * bounds allow for rounding, so that the result is, to the bit, that of comparing all.
 */
typedef struct FaissClusterAssigner FaissClusterAssigner;

/** Make an assigner if this index is one whose search it can replace and if that is worth it.
 *
 * @param index  an IndexFlat, IndexFlatL2 or IndexFlatIP for L2 or the inner product, else *out is
 *               NULL
 * @param x      points, size n * d, all finite; they stay in place
 * @param out    the assigner, or NULL: then the index must be searched; so also where there is no
 *               memory for it
 */
FaissStatus faiss_ClusterAssigner_new (FaissClusterAssigner **out, const FaissIndex *index,
                                       size_t n, const float *x, size_t k);
void faiss_ClusterAssigner_free (FaissClusterAssigner *self);

/// Forget what is known of the centroids: the next ones are unrelated to the last ones.
void faiss_ClusterAssigner_restart (FaissClusterAssigner *self);

/** Assign all points.
 *
 * @param centroids  size k * d
 * @param distances  output, size n: to the nearest centroid; similarities for the inner product
 * @param assign     output, size n: its number, the lowest of equally near ones
 * @param done       output, false where numbers are so large that distances overflow: nothing was
 *                   assigned then, the index must be searched
 */
FaissStatus faiss_ClusterAssigner_run (FaissClusterAssigner *self, const float *centroids,
                                       float *distances, idx_t *assign, bool *done);

#endif
