/* Product quantization: a vector is cut into parts, each is replaced by the nearest of its
 * centroids.
 */
#ifndef FAISS_PRODUCT_QUANTIZER_H
#define FAISS_PRODUCT_QUANTIZER_H

#include <faiss/Clustering.h>
#include <faiss/impl/Quantizer.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/// How the centroids are trained.
typedef enum FaissProductQuantizerTrainType {
    ProductQuantizer_Train_default = 0,       ///< k-means in each sub-space
    ProductQuantizer_Train_hot_start = 1,     ///< the same, from the present centroids
    ProductQuantizer_Train_shared = 2,        ///< one k-means, the same centroids for all
    ProductQuantizer_Train_hypercube = 3,     ///< k-means from the corners of a cube
    ProductQuantizer_Train_hypercube_pca = 4, ///< the same, along the principal components
} FaissProductQuantizerTrainType;

/** Encodes vectors by M sub-quantizers of nbits bits each (Jegou, Douze, Schmid 2011).
 *
 * The vector is cut into M parts of dsub components; each has ksub = 2^nbits centroids of its own.
 * The code is the centroids' numbers: sub-quantizer m has the bits m * nbits .. (m + 1) * nbits -
 * 1, lowest first, of code_size = ceil (M * nbits / 8) bytes.
 */
typedef struct FaissProductQuantizer FAISS_EXTENDS (FaissQuantizer) {
    union {
        FaissQuantizer quantizer;
    };
    size_t M;     ///< number of sub-quantizers, divides d
    size_t nbits; ///< bits of a sub-quantizer, at most 24
    size_t dsub;  ///< components of a part (derived: d / M)
    size_t ksub;  ///< centroids of a part (derived: 2^nbits)
    bool verbose; ///< print progress of the training (default false)
    FaissProductQuantizerTrainType train_type;
    FaissClusteringParameters cp; ///< of the k-means
    FaissIndex *assign_index;     ///< assigns during the k-means (dsub dimensions); borrowed, NULL
    FaissFloat32Vector centroids; ///< size M * ksub * dsub
    /// size dsub * M * ksub, component j of centroid i of m at (j * M + m) * ksub + i; or empty
    FaissFloat32Vector transposed_centroids;
    FaissFloat32Vector centroids_sq_lengths; ///< squared norms, size M * ksub; or empty
    FaissFloat32Vector
        sdc_table; ///< squared distances of centroids, size M * ksub * ksub; or empty
} FaissProductQuantizer;

#ifndef SWIG
extern FaissQuantizerClass faiss_ProductQuantizer_class;
#endif

FaissStatus faiss_ProductQuantizer_new (FaissProductQuantizer **out);

/// @param M      divides d
/// @param nbits  0 .. 24
FaissStatus faiss_ProductQuantizer_new_with (FaissProductQuantizer **out, size_t d, size_t M,
                                             size_t nbits);
void faiss_ProductQuantizer_free (FaissProductQuantizer *self);

#ifndef SWIG
/// Make zeroed memory, a field of another object, a quantizer; faiss_object_clear releases it. On
/// failure the memory is zero.
FaissStatus faiss_ProductQuantizer_init (FaissProductQuantizer *self, size_t d, size_t M,
                                         size_t nbits);
#endif

/* train, compute_codes and decode: faiss_Quantizer_... (&self->quantizer, ...) */

/// Set what follows from d, M and nbits, and the size of centroids. Keeps them if it is the same.
FaissStatus faiss_ProductQuantizer_set_derived_values (FaissProductQuantizer *self);

/// The i-th centroid of sub-quantizer m, dsub components.
float *faiss_ProductQuantizer_get_centroids (FaissProductQuantizer *self, size_t m, size_t i);

/// Set the centroids of sub-quantizer m, or with m = -1 of all alike. @param centroids  ksub * dsub
FaissStatus faiss_ProductQuantizer_set_params (FaissProductQuantizer *self, const float *centroids,
                                               int m);

/// Encode one vector.
FaissStatus faiss_ProductQuantizer_compute_code (const FaissProductQuantizer *self, const float *x,
                                                 uint8_t *code);

/// The same for n vectors by the searches of assign_index, which may be none of the flat ones.
FaissStatus faiss_ProductQuantizer_compute_codes_with_assign_index (
    const FaissProductQuantizer *self, const float *x, uint8_t *codes, size_t n);

/// The code of the smallest entries of a distance table.
FaissStatus faiss_ProductQuantizer_compute_code_from_distance_table (
    const FaissProductQuantizer *self, const float *tab, uint8_t *code);

/** Squared distances of a vector's parts to all centroids.
 *
 * @param x          size d
 * @param dis_table  output, size M * ksub: of part m and centroid i at m * ksub + i
 */
FaissStatus faiss_ProductQuantizer_compute_distance_table (const FaissProductQuantizer *self,
                                                           const float *x, float *dis_table);

/// The same with inner products.
FaissStatus faiss_ProductQuantizer_compute_inner_prod_table (const FaissProductQuantizer *self,
                                                             const float *x, float *dis_table);

/// Tables of nx vectors, size nx * M * ksub.
FaissStatus faiss_ProductQuantizer_compute_distance_tables (const FaissProductQuantizer *self,
                                                            size_t nx, const float *x,
                                                            float *dis_tables);
FaissStatus faiss_ProductQuantizer_compute_inner_prod_tables (const FaissProductQuantizer *self,
                                                              size_t nx, const float *x,
                                                              float *dis_tables);

/// Fill sdc_table from the centroids; it does not follow their changes.
FaissStatus faiss_ProductQuantizer_compute_sdc_table (FaissProductQuantizer *self);

/// Fill transposed_centroids and centroids_sq_lengths; they do not follow changes of the centroids.
FaissStatus faiss_ProductQuantizer_sync_transposed_centroids (FaissProductQuantizer *self);
void faiss_ProductQuantizer_clear_transposed_centroids (FaissProductQuantizer *self);

/** The k codes nearest to each of nx queries by distance tables, like IndexPQ's search.
 *
 * @param codes               size ncodes * code_size
 * @param distances, labels   size nx * k, sorted
 * @param init_finalize_heap  0: they hold heaps already (faiss_heap_heapify), which get the codes'
 *                            candidates and stay heaps
 */
FaissStatus faiss_ProductQuantizer_search (const FaissProductQuantizer *self, const float *x,
                                           size_t nx, const uint8_t *codes, size_t ncodes, size_t k,
                                           float *distances, idx_t *labels,
                                           int init_finalize_heap FAISS_DEFAULT (1));

/// The same by inner product: the largest.
FaissStatus faiss_ProductQuantizer_search_ip (const FaissProductQuantizer *self, const float *x,
                                              size_t nx, const uint8_t *codes, size_t ncodes,
                                              size_t k, float *distances, idx_t *labels,
                                              int init_finalize_heap FAISS_DEFAULT (1));

/// The same for queries that are codes: by sdc_table, which must be there.
FaissStatus faiss_ProductQuantizer_search_sdc (const FaissProductQuantizer *self,
                                               const uint8_t *qcodes, size_t nq,
                                               const uint8_t *bcodes, size_t ncodes, size_t k,
                                               float *distances, idx_t *labels,
                                               int init_finalize_heap FAISS_DEFAULT (1));

/* ---- codes, number by number ----------------------------------------------------------------- */

/* Encoders and decoders walk through one code. A generic one takes any number of bits; the last
 * byte of an encoded code is complete when its encoder is freed. */

typedef struct FaissPQEncoderGeneric {
    uint8_t *code;  ///< the byte that is being filled
    uint8_t offset; ///< how many of its bits are
    int nbits;      ///< of a number
    uint8_t reg;    ///< these bits
} FaissPQEncoderGeneric;

typedef struct FaissPQEncoder8 {
    uint8_t *code; ///< where the next number goes
} FaissPQEncoder8;

typedef struct FaissPQEncoder16 {
    uint8_t *code; ///< where the next number goes; any address will do
} FaissPQEncoder16;

typedef struct FaissPQDecoderGeneric {
    const uint8_t *code; ///< the byte that is being read
    uint8_t offset;      ///< how many of its bits have been
    int nbits;           ///< of a number
    uint64_t mask;       ///< 2^nbits - 1
    uint8_t reg;         ///< the byte, once some of its bits have been read
} FaissPQDecoderGeneric;

typedef struct FaissPQDecoder8 {
    const uint8_t *code; ///< the next number
} FaissPQDecoder8;

typedef struct FaissPQDecoder16 {
    const uint8_t *code; ///< the next number; at any address
} FaissPQDecoder16;

/// @param nbits  1 .. 64 @param offset  bits of the first byte that are there already, 0 .. 7
FaissStatus faiss_PQEncoderGeneric_new_with (FaissPQEncoderGeneric **out, uint8_t *code, int nbits,
                                             uint8_t offset FAISS_DEFAULT (0));
void faiss_PQEncoderGeneric_encode (FaissPQEncoderGeneric *self, uint64_t x);
void faiss_PQEncoderGeneric_free (FaissPQEncoderGeneric *self);

/// @param nbits  8
FaissStatus faiss_PQEncoder8_new_with (FaissPQEncoder8 **out, uint8_t *code, int nbits);
void faiss_PQEncoder8_encode (FaissPQEncoder8 *self, uint64_t x);
void faiss_PQEncoder8_free (FaissPQEncoder8 *self);

/// @param nbits  16
FaissStatus faiss_PQEncoder16_new_with (FaissPQEncoder16 **out, uint8_t *code, int nbits);
void faiss_PQEncoder16_encode (FaissPQEncoder16 *self, uint64_t x);
void faiss_PQEncoder16_free (FaissPQEncoder16 *self);

/// @param nbits  1 .. 64
FaissStatus faiss_PQDecoderGeneric_new_with (FaissPQDecoderGeneric **out, const uint8_t *code,
                                             int nbits);
uint64_t faiss_PQDecoderGeneric_decode (FaissPQDecoderGeneric *self);
void faiss_PQDecoderGeneric_free (FaissPQDecoderGeneric *self);

/// @param nbits  8
FaissStatus faiss_PQDecoder8_new_with (FaissPQDecoder8 **out, const uint8_t *code, int nbits);
uint64_t faiss_PQDecoder8_decode (FaissPQDecoder8 *self);
void faiss_PQDecoder8_free (FaissPQDecoder8 *self);

/// @param nbits  16
FaissStatus faiss_PQDecoder16_new_with (FaissPQDecoder16 **out, const uint8_t *code, int nbits);
uint64_t faiss_PQDecoder16_decode (FaissPQDecoder16 *self);
void faiss_PQDecoder16_free (FaissPQDecoder16 *self);

FAISS_END_DECLS

#endif
