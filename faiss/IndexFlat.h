/* Exhaustive search over the vectors as they are. */
#ifndef FAISS_INDEX_FLAT_H
#define FAISS_INDEX_FLAT_H

#include <faiss/IndexFlatCodes.h>

FAISS_BEGIN_DECLS

/// Stores the full vectors and compares each with the query, by any metric.
typedef struct FaissIndexFlat FAISS_EXTENDS (FaissIndexFlatCodes) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes; ///< codes are the vectors: 4 * d bytes each
    };
} FaissIndexFlat;

/// An IndexFlat for the inner product.
typedef struct FaissIndexFlatIP FAISS_EXTENDS (FaissIndexFlat) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
        FaissIndexFlat flat;
    };
} FaissIndexFlatIP;

/// An IndexFlat for the L2 distance.
typedef struct FaissIndexFlatL2 FAISS_EXTENDS (FaissIndexFlat) {
    union {
        FaissIndex index;
        FaissIndexFlatCodes flat_codes;
        FaissIndexFlat flat;
    };
    /// squared norms for the distance computer, or empty; a change of the vectors empties it
    FaissFloat32Vector cached_l2norms;
} FaissIndexFlatL2;

#ifndef SWIG
extern FaissIndexFlatCodesClass faiss_IndexFlat_class;
extern FaissIndexFlatCodesClass faiss_IndexFlatIP_class;
extern FaissIndexFlatCodesClass faiss_IndexFlatL2_class;

/// For subclasses.
FaissStatus faiss_IndexFlat_init (FaissIndexFlat *self, idx_t d, FaissMetricType metric);
#endif

FaissStatus faiss_IndexFlat_new (FaissIndexFlat **out);
/// An empty index of d components.
FaissStatus faiss_IndexFlat_new_with (FaissIndexFlat **out, idx_t d,
                                      FaissMetricType metric FAISS_DEFAULT (METRIC_L2));
FaissStatus faiss_IndexFlatIP_new (FaissIndexFlatIP **out);
/// By the inner product.
FaissStatus faiss_IndexFlatIP_new_with (FaissIndexFlatIP **out, idx_t d);
FaissStatus faiss_IndexFlatL2_new (FaissIndexFlatL2 **out);
/// By squared L2 distances.
FaissStatus faiss_IndexFlatL2_new_with (FaissIndexFlatL2 **out, idx_t d);

void faiss_IndexFlat_free (FaissIndexFlat *self);
void faiss_IndexFlatIP_free (FaissIndexFlatIP *self);
void faiss_IndexFlatL2_free (FaissIndexFlatL2 *self);

/// The index itself if it is of this class or a subclass, else NULL.
FaissIndexFlat *faiss_IndexFlat_cast (FaissIndex *index);
FaissIndexFlatIP *faiss_IndexFlatIP_cast (FaissIndex *index);
FaissIndexFlatL2 *faiss_IndexFlatL2_cast (FaissIndex *index);

/// The stored vectors, size ntotal * d; valid until the next change. They may be changed; until the
/// next change of the index it keeps no filter codes.
float *faiss_IndexFlat_get_xb (FaissIndexFlat *self);

/// The same, and the number of floats; size may be NULL.
void faiss_IndexFlat_xb (FaissIndexFlat *self, float **xb, size_t *size);

/// When the index keeps filter codes: see FaissFilterCodesMode.
void faiss_IndexFlat_set_filter_codes (FaissIndexFlat *self, FaissFilterCodesMode mode);
FaissFilterCodesMode faiss_IndexFlat_filter_codes (const FaissIndexFlat *self);

/// Bytes that filter codes take now.
size_t faiss_IndexFlat_filter_codes_size (const FaissIndexFlat *self);

/// To be called after vectors were changed in place: forgets what was derived from them.
void faiss_IndexFlat_vectors_changed (FaissIndexFlat *self);

/** Distances of each query to k vectors of its own.
 *
 * @param distances  output, size n * k
 * @param labels     which vectors, size n * k; a negative one gets the worst value
 */
FaissStatus faiss_IndexFlat_compute_distance_subset (FaissIndex *self, idx_t n, const float *x,
                                                     idx_t k, float *distances,
                                                     const idx_t *labels);

/// Compute, or forget, the squared norms that speed up the distance computer.
FaissStatus faiss_IndexFlatL2_sync_l2norms (FaissIndexFlatL2 *self);
void faiss_IndexFlatL2_clear_l2norms (FaissIndexFlatL2 *self);

FAISS_END_DECLS

#endif
