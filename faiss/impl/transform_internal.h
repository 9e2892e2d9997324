/* What the classes of VectorTransform share. Not for public headers. */
#ifndef FAISS_TRANSFORM_INTERNAL_H
#define FAISS_TRANSFORM_INTERNAL_H

#include <math.h>

#include <faiss/VectorTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/io_fields.h>
#include <faiss/kernels/kernels.h>

/// What every transform's part of a file ends with: d_in, d_out, is_trained.
FaissStatus faiss_read_transform_dims (FaissIOReader *r, FaissVectorTransform *self);
FaissStatus faiss_write_transform_dims (FaissIOWriter *w, const FaissVectorTransform *self);

/// What the linear ones' parts end with: the matrix and the above.
FaissStatus faiss_read_linear (FaissIOReader *r, FaissLinearTransform *self);
FaissStatus faiss_write_linear (FaissIOWriter *w, const FaissLinearTransform *self);

/// Same class, d_in and d_out?
FaissStatus faiss_check_same_transform (const FaissVectorTransform *self,
                                        const FaissVectorTransform *other);

/// Rows that a thread takes at a time.
enum { FAISS_TRANSFORM_BLOCK = 256 };

static inline idx_t faiss_transform_blocks (idx_t n) {
    return (n + FAISS_TRANSFORM_BLOCK - 1) / FAISS_TRANSFORM_BLOCK;
}

/// Scale a vector to norm 1; one of norm 0 stays. out may be x.
static inline void faiss_scale_to_norm_1 (size_t d, const float *x, float *out) {
    float norm = faiss_kernels.fvec_inner_product (x, x, d);
    float factor = norm > 0 ? 1.f / sqrtf (norm) : 1;
    for (size_t j = 0; j < d; j++) {
        out[j] = x[j] * factor;
    }
}

/// In a parallel loop over vectors: shall vector i be left out, because the caller has asked for
/// the end?
static inline bool faiss_transform_stopped (FaissRegion *region, idx_t i) {
    enum { PER_CHECK = 64 };
    return i % PER_CHECK == 0 ? faiss_region_stopped (region) : faiss_region_failed (region);
}

#endif
