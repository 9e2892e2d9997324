/* Beam search: the core of residual quantizers. Not for public headers. */
#ifndef FAISS_RESIDUAL_BEAM_H
#define FAISS_RESIDUAL_BEAM_H

#include <stddef.h>
#include <stdint.h>

#include <faiss/impl/error.h>

/// A codebook, ready for comparisons.
typedef struct FaissBeamStage {
    const float *codebook; ///< K rows of d
    size_t K;
    float *packed; ///< the rows in groups of 32
    float *norms;  ///< their squared norms
    /// 0: all sums compete. Otherwise row r is in bucket r % n_buckets, and of each bucket and beam
    /// the bucket_depth nearest compete; those of an incomplete last round of buckets all do.
    size_t n_buckets, bucket_depth;
} FaissBeamStage;

/// All stages of a search; release with faiss_BeamStages_clear.
typedef struct FaissBeamStages {
    size_t d, M;
    FaissBeamStage *stages;
    float *memory_packed, *memory_norms;
} FaissBeamStages;

void faiss_BeamStages_clear (FaissBeamStages *self);

/// @param offsets  size M + 1: the first row of each codebook. Clear it even after a failure.
FaissStatus faiss_BeamStages_init (FaissBeamStages *self, size_t d, size_t M,
                                   const float *codebooks, const uint64_t *offsets);

/// Let the stages select as an ApproxTopK_mode_t says. An error for a number that is none.
FaissStatus faiss_BeamStages_approximate (FaissBeamStages *self, int mode);

/// min (beam_size * K, max_beam_size)
size_t faiss_beam_next_size (size_t beam_size, size_t K, size_t max_beam_size);

/** Of each of n vectors' beam_size * K sums take the new_beam_size nearest, ascending; of equal
 * ones those of lower beam and row first.
 *
 * @param values     size beam_size * K
 * @param out_places output, size k: beam * K + row
 * @param keys       scratch, size faiss_candidates_capacity (k)
 * @param positions  scratch, size n
 */
void faiss_beam_select (const float *values, size_t n, size_t k, uint32_t *out_places,
                        float *out_values, uint64_t *keys, uint32_t *positions);

/** One stage for n vectors, in parallel.
 *
 * @param residuals      n * beam_size rows of d
 * @param new_residuals  output, n * new_beam_size rows of d; may be `residuals` if the beam sizes
 *                       are equal
 */
FaissStatus faiss_beam_stage (const FaissBeamStage *stage, size_t d, size_t n, size_t beam_size,
                              const float *residuals, size_t new_beam_size, float *new_residuals);

/** All stages for n vectors, in parallel.
 *
 * @param residuals      n * beam_size rows of d
 * @param max_beam_size  beams grow to that
 * @param codes          output, n * keep rows of M: the best beams
 * @param keep           how many of the last beams are wanted
 * @param out_residuals  n * keep rows of d, or NULL
 * @param out_distances  n * keep, or NULL
 */
FaissStatus faiss_beam_search (const FaissBeamStages *stages, size_t n, size_t beam_size,
                               const float *residuals, size_t max_beam_size, size_t keep,
                               int32_t *codes, float *out_residuals, float *out_distances);

#endif
