/* Quantizers whose vectors are sums of codebook rows: the abstract class. */
#ifndef FAISS_ADDITIVE_QUANTIZER_H
#define FAISS_ADDITIVE_QUANTIZER_H

#include <faiss/IndexFlat1D.h>
#include <faiss/impl/Quantizer.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/** How a search compares a query with a code.
 *
 * All but ST_decompress add values of a table of inner products of the query with the rows of the
 * codebooks. That gives inner products; an L2 distance needs the squared norm of the decoded vector
 * too, which most types store behind the code in norm_bits bits.
 */
typedef enum FaissAdditiveQuantizerSearchType {
    AdditiveQuantizer_ST_decompress = 0,    ///< decode, compare in full
    AdditiveQuantizer_ST_LUT_nonorm = 1,    ///< leave the norm out: right for inner products only
    AdditiveQuantizer_ST_norm_from_LUT = 2, ///< sum the norm up from codebook_cross_products
    AdditiveQuantizer_ST_norm_float = 3,    ///< a float
    AdditiveQuantizer_ST_norm_qint8 = 4,    ///< 8 bits, uniform between norm_min and norm_max
    AdditiveQuantizer_ST_norm_qint4 = 5,    ///< 4 bits, uniform
    AdditiveQuantizer_ST_norm_cqint8 = 6,   ///< 8 bits, by an exact 1-dimensional k-means
    AdditiveQuantizer_ST_norm_cqint4 = 7,   ///< 4 bits, the same
    AdditiveQuantizer_ST_norm_lsq2x4 = 8,   ///< 2 x 4 bits, by a LocalSearchQuantizer
    AdditiveQuantizer_ST_norm_rq2x4 = 9,    ///< 2 x 4 bits, by a ResidualQuantizer
    AdditiveQuantizer_ST_count = 10
} FaissAdditiveQuantizerSearchType;

/** A vector is the sum of M rows, one of each codebook (Babenko, Lempitsky 2014).
 *
 * A code is the numbers of the rows, nbits[m] bits each, lowest bits first, and behind them the
 * norm. How rows are chosen is up to the subclasses.
 */
typedef struct FaissAdditiveQuantizer FAISS_EXTENDS (FaissQuantizer) {
    union {
        FaissQuantizer quantizer;
    };
    size_t M;                           ///< number of codebooks
    FaissUInt64Vector nbits;            ///< size M: codebook m has 2^nbits[m] rows
    FaissFloat32Vector codebooks;       ///< size total_codebook_size * d; empty while untrained
    FaissUInt64Vector codebook_offsets; ///< size M + 1: the first row of each codebook
    size_t tot_bits;                    ///< bits of a code, the norm included
    size_t norm_bits;                   ///< bits of the norm
    size_t total_codebook_size;         ///< rows of all codebooks
    bool only_8bit;                     ///< all nbits are 8
    bool verbose;                       ///< print progress while training (default false)
    bool is_trained;                    ///< false while train () is still to be called
    FaissFloat32Vector norm_tabs;       ///< ST_norm_lsq2x4 and rq2x4: two tables of 16 terms
    FaissIndexFlat1D qnorm;             ///< ST_norm_cqint8 .. rq2x4: the quantized norms
    FaissFloat32Vector centroid_norms;  ///< squared norms of the rows, or empty
    /// for m > 0 the inner products of the rows of codebook m with all of earlier ones, or empty:
    /// row i of codebook m with row j of all is at (start of m) + j * 2^nbits[m] + i
    FaissFloat32Vector codebook_cross_products;
    /// bytes that distances may take at a time (default 5 * 2^30); kept, for what is held here at a
    /// time, some hundred vectors per thread, is far below it
    size_t max_mem_distances;
    FaissAdditiveQuantizerSearchType search_type;
    float norm_min; ///< of the training vectors, squared; NaN while untrained
    float norm_max;
} FaissAdditiveQuantizer;

#ifndef SWIG
typedef struct FaissAdditiveQuantizerClass {
    FaissQuantizerClass quantizer;
    FaissStatus (*compute_codes_add_centroids) (const FaissAdditiveQuantizer *self, const float *x,
                                                uint8_t *codes, size_t n, const float *centroids);
    FaissStatus (*decode_unpacked) (const FaissAdditiveQuantizer *self, const int32_t *codes,
                                    float *x, size_t n, int64_t ld_codes);
    FaissStatus (*compute_LUT) (const FaissAdditiveQuantizer *self, size_t n, const float *xq,
                                float *LUT, float alpha, int64_t ld_lut);
} FaissAdditiveQuantizerClass;

extern FaissAdditiveQuantizerClass faiss_AdditiveQuantizer_class;

/// For subclasses. @param nbits  size M
FaissStatus faiss_AdditiveQuantizer_init (FaissAdditiveQuantizer *self, size_t d, size_t M,
                                          const uint64_t *nbits,
                                          FaissAdditiveQuantizerSearchType search_type);
#endif

/// The object itself if it is an additive quantizer, else NULL.
FaissAdditiveQuantizer *faiss_AdditiveQuantizer_cast (FaissQuantizer *quantizer);

/// Set what follows from d, nbits and search_type: sizes, offsets, bits.
FaissStatus faiss_AdditiveQuantizer_set_derived_values (FaissAdditiveQuantizer *self);

/// Fill centroid_norms and codebook_cross_products.
FaissStatus faiss_AdditiveQuantizer_compute_codebook_tables (FaissAdditiveQuantizer *self);

/// Train what encodes the norms. @param norms  squared norms of n decoded vectors
FaissStatus faiss_AdditiveQuantizer_train_norm (FaissAdditiveQuantizer *self, size_t n,
                                                const float *norms);

/// A squared norm as a number of norm_bits bits; 0 for types without norms.
uint64_t faiss_AdditiveQuantizer_encode_norm (const FaissAdditiveQuantizer *self, float norm);
/// The nearest of the trained norms, and the norm of that number. For types with qnorm.
uint32_t faiss_AdditiveQuantizer_encode_qcint (const FaissAdditiveQuantizer *self, float x);
float faiss_AdditiveQuantizer_decode_qcint (const FaissAdditiveQuantizer *self, uint32_t c);

/** Encode the residuals of n vectors.
 *
 * @param x          size n * d
 * @param codes      output, size n * code_size
 * @param centroids  size n * d: the norms in the codes are of the decoded vector plus these; or
 * NULL
 */
FaissStatus faiss_AdditiveQuantizer_compute_codes_add_centroids (
    const FaissAdditiveQuantizer *self, const float *x, uint8_t *codes, size_t n,
    const float *centroids FAISS_DEFAULT (NULL));

/** Write codes as streams of bits.
 *
 * @param codes         numbers of rows, n times M of them, one after the other
 * @param packed_codes  output, size n * code_size
 * @param ld_codes      distance of the codes from each other; -1: M
 * @param norms         squared norms of the decoded vectors, size n; NULL: computed
 * @param centroids     size n * d, added to the decoded vectors before their norms are; or NULL
 */
FaissStatus faiss_AdditiveQuantizer_pack_codes (const FaissAdditiveQuantizer *self, size_t n,
                                                const int32_t *codes, uint8_t *packed_codes,
                                                int64_t ld_codes FAISS_DEFAULT (-1),
                                                const float *norms FAISS_DEFAULT (NULL),
                                                const float *centroids FAISS_DEFAULT (NULL));

/// Decode numbers of rows. @param ld_codes  distance of the codes from each other; -1: M
FaissStatus faiss_AdditiveQuantizer_decode_unpacked (const FaissAdditiveQuantizer *self,
                                                     const int32_t *codes, float *x, size_t n,
                                                     int64_t ld_codes FAISS_DEFAULT (-1));

/// Decode one code given as an integer, first codebook in the low bits. @param x  output, size d
FaissStatus faiss_AdditiveQuantizer_decode_64bit (const FaissAdditiveQuantizer *self, idx_t n,
                                                  float *x);

/** Tables of inner products of n queries with all rows of the codebooks.
 *
 * @param xq      size n * d
 * @param LUT     output: that of query i with row j is at i * ld_lut + j
 * @param alpha   factor
 * @param ld_lut  distance of the tables from each other; -1: total_codebook_size
 */
FaissStatus faiss_AdditiveQuantizer_compute_LUT (const FaissAdditiveQuantizer *self, size_t n,
                                                 const float *xq, float *LUT,
                                                 float alpha FAISS_DEFAULT (1.0f),
                                                 int64_t ld_lut FAISS_DEFAULT (-1));

/** Search among all vectors that can be encoded, 2^(sum of nbits) of them; labels are codes as
 * integers.
 *
 * @param distances  output, size n * k, best first
 * @param labels     output, size n * k, -1 where there are fewer than k
 */
FaissStatus faiss_AdditiveQuantizer_knn_centroids_inner_product (const FaissAdditiveQuantizer *self,
                                                                 idx_t n, const float *xq, idx_t k,
                                                                 float *distances, idx_t *labels);
/// The same by squared distance. @param centroid_norms  from compute_centroid_norms
FaissStatus faiss_AdditiveQuantizer_knn_centroids_L2 (const FaissAdditiveQuantizer *self, idx_t n,
                                                      const float *xq, idx_t k, float *distances,
                                                      idx_t *labels, const float *centroid_norms);

/// Squared norms of all vectors that can be encoded. @param norms  size 2^(sum of nbits)
FaissStatus faiss_AdditiveQuantizer_compute_centroid_norms (const FaissAdditiveQuantizer *self,
                                                            float *norms);

FAISS_END_DECLS

#endif
