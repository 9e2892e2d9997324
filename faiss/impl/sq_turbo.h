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

/// What distances want to know of a query: its projection and its norm.
size_t faiss_Turbo_query_size (const FaissTurbo *self);
void faiss_Turbo_prepare (const FaissTurbo *self, const float *x, float *query);

/** Inner products, or squared distances, of a query with n codes.
 *
 * @param query   by faiss_Turbo_prepare
 * @param buffer  size n
 */
void faiss_Turbo_distances (const FaissTurbo *self, bool is_similarity, const float *x,
                            const float *query, const uint8_t *codes, size_t n, float *out,
                            float *buffer);

#endif
