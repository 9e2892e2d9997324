/* Kernels of scalar quantizers: the data they work on. Not for public headers. */
#ifndef FAISS_KERNELS_SQ_H
#define FAISS_KERNELS_SQ_H

#include <stddef.h>
#include <stdint.h>

typedef enum FaissSQKind {
    FAISS_SQ_AFFINE, ///< 4, 6 or 8 bits: steps of a range
    FAISS_SQ_DIRECT, ///< 8 bits: integers
    FAISS_SQ_TABLE,  ///< 1 .. 8 bits: numbers of centroids
    FAISS_SQ_FP16,
    FAISS_SQ_BF16,
    FAISS_SQ_ZERO, ///< no bits
} FaissSQKind;

/// How components are stored. A code is a stream of `bits` per component, the lowest first.
typedef struct FaissSQCodec {
    FaissSQKind kind;
    unsigned bits;
    size_t d;
    size_t code_size;
    /// AFFINE, DIRECT: component j of code c is offset[j] + scale[j] * c
    const float *offset, *scale;
    /// AFFINE: x is encoded as (x - vmin[j]) / vdiff[j], between 0 and 1, times 2^bits - 1, rounded
    /// down; 0 if vdiff[j] is 0
    const float *vmin, *vdiff;
    /// DIRECT: x is encoded as the low byte of the integer part of x + shift
    float shift;
    /// TABLE: ascending, 2^bits and 2^bits - 1; a code is the number of boundaries <= x
    const float *centroids, *boundaries;
} FaissSQCodec;

/// TurboQuant's codes: n_planes planes of bits of the centroids' numbers and a plane of signs, each
/// of (d + 7) / 8 bytes, and something behind.
typedef struct FaissTurboCodec {
    size_t d;
    size_t code_size;
    unsigned n_planes;      ///< 1 .. 4
    const float *centroids; ///< 2^n_planes
} FaissTurboCodec;

#endif
