/* Parts of NNDescent: life, files, the build. Not for public headers. */
#ifndef FAISS_NNDESCENT_INTERNAL_H
#define FAISS_NNDESCENT_INTERNAL_H

#include <faiss/impl/NNDescent.h>
#include <faiss/impl/io_fields.h>
#include <faiss/impl/pool_search.h>

typedef struct FaissNNDescentSteps FaissNNDescentSteps;

FaissStatus faiss_NNDescent_init (FaissNNDescent *self, int d, int K);
void faiss_NNDescent_clear (FaissNNDescent *self);
FaissStatus faiss_NNDescent_copy (FaissNNDescent *self, const FaissNNDescent *other);

/// Reads what faiss_NNDescent_write wrote, and checks it: any search in it ends.
FaissStatus faiss_NNDescent_read (FaissNNDescent *self, FaissIOReader *r);
FaissStatus faiss_NNDescent_write (const FaissNNDescent *self, FaissIOWriter *w);

/// An error if the graph is not what a search needs.
FaissStatus faiss_NNDescent_check_built (const FaissNNDescent *self);

/// The plan of searches for k results that keep search_L candidates.
FaissStatus faiss_NNDescent_plan (const FaissNNDescent *self, int search_L, size_t k,
                                  FaissPoolPlan *out);

/// Different numbers in 0 .. n - 1, size <= n.
void faiss_nndescent_random (FaissRandomGenerator *rng, int32_t *out, size_t size, size_t n);

/// An error if the settings are not what a build needs.
FaissStatus faiss_NNDescent_check_settings (const FaissNNDescent *self);

void faiss_nndescent_steps_free (FaissNNDescentSteps *steps);

/// An error if the settings or the vectors are not what a build needs.
FaissStatus faiss_NNDescent_check (const FaissNNDescent *self, const FaissIndex *storage);

/// The build, of what was checked. @param graph  output, size n * K
FaissStatus faiss_nndescent_build (const FaissNNDescent *self, const FaissIndex *storage,
                                   bool verbose, int32_t *graph);

/** Remove nodes: mend the links around them, remove the vectors from the storage, renumber.
 *
 * A failure leaves graph and storage as they were.
 */
FaissStatus faiss_nndescent_remove (FaissNNDescent *self, FaissIndex *storage,
                                    const FaissIDSelector *sel, size_t *n_removed);

#endif
