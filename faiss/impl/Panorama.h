/* Panorama: vectors cut into levels, with norms that bound what the levels not yet read can add. */
#ifndef FAISS_PANORAMA_H
#define FAISS_PANORAMA_H

#include <faiss/MetricType.h>

FAISS_BEGIN_DECLS

/** How vectors are laid out (Ramani et al.: Panorama, fast-track nearest neighbors, 2025).
 *
 * A vector's components are cut into n_levels levels of level_width_floats, the last one may be
 * narrower. Vectors come in batches of batch_size: in a batch first level 0 of all, then level 1 of
 * all, and so on. The sums of a batch are (n_levels + 1) rows of batch_size floats: row l has the
 * norms of the components from level l on, so the last row is zero. A search reads level after
 * level and drops a vector as soon as the norms show that it cannot be a result.
 */
typedef struct FaissPanorama {
    size_t d;                  ///< components of a vector
    size_t code_size;          ///< bytes of a vector
    size_t n_levels;           ///< levels there are; can be fewer than were asked for
    size_t level_width;        ///< bytes of a level
    size_t level_width_floats; ///< components of a level
    size_t batch_size;
} FaissPanorama;

typedef enum FaissPanoramaBatchSize {
    FAISS_PANORAMA_DEFAULT_BATCH_SIZE = 1024,
    FAISS_PANORAMA_LEGACY_BATCH_SIZE = 128, ///< in files that do not say
} FaissPanoramaBatchSize;

/// What searches by levels have done; a level of a vector counts as one.
typedef struct FaissPanoramaStats {
    uint64_t total_dims_scanned; ///< levels read
    uint64_t total_dims;         ///< levels that there were
    float ratio_dims_scanned;    ///< the part that was read
} FaissPanoramaStats;

/// The sums over all searches of the process; counted without locks.
FaissPanoramaStats *faiss_get_indexPanorama_stats (void);
FaissStatus faiss_PanoramaStats_new (FaissPanoramaStats **out);
void faiss_PanoramaStats_free (FaissPanoramaStats *self);
void faiss_PanoramaStats_reset (FaissPanoramaStats *self);
void faiss_PanoramaStats_add (FaissPanoramaStats *self, const FaissPanoramaStats *other);

/** A layout of vectors of code_size bytes.
 *
 * @param n_levels    1 .. d; d is code_size / 4
 * @param batch_size  >= 1
 */
FaissStatus faiss_Panorama_new_with (FaissPanorama **out, size_t code_size, size_t n_levels,
                                     size_t batch_size);
/// No components, batches of 1.
FaissStatus faiss_Panorama_new (FaissPanorama **out);
void faiss_Panorama_free (FaissPanorama *self);

/// Check code_size, n_levels and batch_size, and compute the other fields from them.
FaissStatus faiss_Panorama_set_derived_values (FaissPanorama *self);

/** Put vectors into their batches.
 *
 * @param codes    the batches, whole ones
 * @param offset   the position of the first vector
 * @param n_entry  how many
 * @param code     the vectors, size n_entry * code_size
 */
void faiss_Panorama_copy_codes_to_level_layout (const FaissPanorama *self, uint8_t *codes,
                                                size_t offset, size_t n_entry, const uint8_t *code);

/** Compute the sums of vectors.
 *
 * @param cumsum_base  the sums of all batches
 * @param vectors      size n_entry * d
 */
void faiss_Panorama_compute_cumulative_sums (const FaissPanorama *self, float *cumsum_base,
                                             size_t offset, size_t n_entry, const float *vectors);

/// The norms of a query from each level on. @param query_cum_sums  output, size n_levels + 1
void faiss_Panorama_compute_query_cum_sums (const FaissPanorama *self, const float *query,
                                            float *query_cum_sums);

/// Copy a vector and its sums to another position.
void faiss_Panorama_copy_entry (const FaissPanorama *self, uint8_t *dest_codes,
                                const uint8_t *src_codes, float *dest_cum_sums,
                                const float *src_cum_sums, size_t dest_idx, size_t src_idx);

/// The vector at a position, size d.
void faiss_Panorama_reconstruct (const FaissPanorama *self, idx_t key, float *recons,
                                 const uint8_t *codes_base);

FAISS_END_DECLS

#endif
