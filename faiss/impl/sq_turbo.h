/* TurboQuant (Zandieh, Daliri, Hadian, Mirrokni 2025): centroids by component for the direction of
 * a vector, and for what is left of it a sketch, the signs of a random projection.
 * Not for public headers. */
#ifndef FAISS_SQ_TURBO_H
#define FAISS_SQ_TURBO_H

#include <faiss/impl/error.h>
#include <faiss/kernels/kernels.h>

typedef struct FaissTurbo {
    FaissTurboCodec codec;
    unsigned bits;
    const float *boundaries; ///< borrowed, between the centroids
    size_t padded;           ///< the smallest power of two >= d
    float *signs;            ///< of the projection by Hadamard, size padded
    float *rotation;         ///< the dense projection, size d * d, or NULL
} FaissTurbo;

/** @param tables  borrowed: centroids and boundaries of bits - 1, the bits of the seed as two
 * floats, the type of the projection
 */
FaissStatus faiss_Turbo_init (FaissTurbo *self, unsigned bits, size_t d, const float *tables);
void faiss_Turbo_clear (FaissTurbo *self);

/// The floats of `scratch` below.
size_t faiss_Turbo_scratch (const FaissTurbo *self);

void faiss_Turbo_encode (const FaissTurbo *self, const float *x, uint8_t *code, float *scratch);
void faiss_Turbo_decode (const FaissTurbo *self, const uint8_t *code, float *x, float *scratch);

/// The projection of a query, as distances want it. @param out  size scratch
void faiss_Turbo_project_query (const FaissTurbo *self, const float *x, float *out);

/** Inner products, or squared distances, of a query with n codes.
 *
 * @param projected  by faiss_Turbo_project_query
 * @param buffer     size n
 */
void faiss_Turbo_distances (const FaissTurbo *self, bool is_similarity, const float *x,
                            float x_norm, const float *projected, const uint8_t *codes, size_t n,
                            float *out, float *buffer);

#endif
