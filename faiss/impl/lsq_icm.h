/* The local search of LocalSearchQuantizer. Not for public headers. */
#ifndef FAISS_LSQ_ICM_H
#define FAISS_LSQ_ICM_H

#include <faiss/impl/LocalSearchQuantizer.h>

/// A random change of a code.
typedef struct FaissLsqChange {
    int32_t m, code;
} FaissLsqChange;

/// Changes per vector and round: nperts, at most M.
static inline size_t faiss_lsq_n_changes (const FaissLocalSearchQuantizer *lsq) {
    return lsq->nperts < lsq->aq.M ? lsq->nperts : lsq->aq.M;
}

/// Draw the changes of n vectors for a number of rounds, round by round. @param out  to be freed
FaissStatus faiss_lsq_draw_changes (const FaissLocalSearchQuantizer *lsq, size_t n, size_t rounds,
                                    FaissRandomGenerator *gen, FaissLsqChange **out);

/** Improve the codes of n vectors, in parallel.
 *
 * @param unaries  M x n x K, or NULL: computed block by block
 * @param changes  from faiss_lsq_draw_changes for n vectors and as many rounds
 */
FaissStatus faiss_lsq_search (const FaissLocalSearchQuantizer *lsq, const float *binaries,
                              const float *unaries, const FaissLsqChange *changes, size_t rounds,
                              const float *x, size_t n, int32_t *codes);

/** Sweeps over the codes of vector i of n until nothing changes, at most n_iters.
 *
 * @param rows  scratch, size M
 */
void faiss_lsq_sweep (const FaissLocalSearchQuantizer *lsq, const float *binaries,
                      const float *unaries, size_t n, size_t i, size_t n_iters, const float **rows,
                      int32_t *code);

#endif
