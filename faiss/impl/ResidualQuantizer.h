/* Residual quantization: each codebook encodes what the ones before it left over. */
#ifndef FAISS_RESIDUAL_QUANTIZER_H
#define FAISS_RESIDUAL_QUANTIZER_H

#include <faiss/ProgressiveDimClustering.h>
#include <faiss/impl/AdditiveQuantizer.h>

FAISS_BEGIN_DECLS

/// How the codebooks are trained: a sum of these.
typedef enum FaissResidualQuantizerTrainType {
    ResidualQuantizer_Train_default = 0,         ///< k-means of the residuals, codebook by codebook
    ResidualQuantizer_Train_progressive_dim = 1, ///< k-means on growing parts of the dimensions
    ResidualQuantizer_Train_refine_codebook = 2, ///< then all codebooks together, by least squares
    ResidualQuantizer_Train_top_beam = 1024,     ///< k-means of the best beam's residuals only
    ResidualQuantizer_Skip_codebook_tables = 2048, ///< leave the tables for beams out
} FaissResidualQuantizerTrainType;

/// How the best of a beam are found among the candidates; all forms here are exact.
typedef enum FaissApproxTopKMode {
    EXACT_TOPK = 0,
    APPROX_TOPK_BUCKETS_B32_D2 = 1,
    APPROX_TOPK_BUCKETS_B8_D3 = 2,
    APPROX_TOPK_BUCKETS_B16_D2 = 3,
    APPROX_TOPK_BUCKETS_B8_D2 = 4,
} FaissApproxTopKMode;

/** Encodes by a beam search (Liu et al. 2015; Martinez et al. 2014): after codebook m the
 * max_beam_size best combinations of m rows are kept.
 */
typedef struct FaissResidualQuantizer FAISS_EXTENDS (FaissAdditiveQuantizer) {
    union {
        FaissQuantizer quantizer;
        FaissAdditiveQuantizer aq;
    };
    int train_type;            ///< a sum of FaissResidualQuantizerTrainType (default 1)
    int niter_codebook_refine; ///< iterations of Train_refine_codebook (default 5)
    int max_beam_size;         ///< combinations kept (default 5)
    /// 1: compare by codebook_cross_products, without residuals (default 0)
    int use_beam_LUT;
    /// how a beam's successors are selected: of all, or of the nearest of each of some buckets
    FaissApproxTopKMode approx_topk_mode;
    FaissProgressiveDimClusteringParameters cp;            ///< of the k-means
    FaissProgressiveDimIndexFactory *assign_index_factory; ///< for the k-means; borrowed, or NULL
} FaissResidualQuantizer;

#ifndef SWIG
extern FaissAdditiveQuantizerClass faiss_ResidualQuantizer_class;

/// For subclasses and fields. @param nbits  size M
FaissStatus faiss_ResidualQuantizer_init (FaissResidualQuantizer *self, size_t d, size_t M,
                                          const uint64_t *nbits,
                                          FaissAdditiveQuantizerSearchType search_type);
#endif

FaissStatus faiss_ResidualQuantizer_new (FaissResidualQuantizer **out);
/// M codebooks of nbits bits each.
FaissStatus faiss_ResidualQuantizer_new_with (
    FaissResidualQuantizer **out, size_t d, size_t M, size_t nbits,
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress));
/// Codebooks of different sizes.
FaissStatus faiss_ResidualQuantizer_new_with_nbits (
    FaissResidualQuantizer **out, size_t d, const FaissUInt64Vector *nbits,
    FaissAdditiveQuantizerSearchType search_type FAISS_DEFAULT (AdditiveQuantizer_ST_decompress));
void faiss_ResidualQuantizer_free (FaissResidualQuantizer *self);
FaissResidualQuantizer *faiss_ResidualQuantizer_cast (FaissQuantizer *quantizer);

/// Take the codebooks skip_M .. skip_M + M - 1 of a trained quantizer of the same d.
FaissStatus faiss_ResidualQuantizer_initialize_from (FaissResidualQuantizer *self,
                                                     const FaissResidualQuantizer *other,
                                                     int skip_M FAISS_DEFAULT (0));

/** Encode n vectors, then choose the codebooks that decode these codes best (least squares).
 *
 * @param out  the sum of the squared errors that remain
 */
FaissStatus faiss_ResidualQuantizer_retrain_AQ_codebook (FaissResidualQuantizer *self, size_t n,
                                                         const float *x, float *out);

/** Beam search with all codebooks, from beams of a size to beams of another.
 *
 * @param residuals      n * beam_size rows of d
 * @param new_codes      output, n * new_beam_size rows of M
 * @param new_residuals  output, n * new_beam_size rows of d, or NULL
 * @param new_distances  output, n * new_beam_size squared norms, ascending, or NULL
 */
FaissStatus faiss_ResidualQuantizer_refine_beam (const FaissResidualQuantizer *self, size_t n,
                                                 size_t beam_size, const float *residuals,
                                                 int new_beam_size, int32_t *new_codes,
                                                 float *new_residuals FAISS_DEFAULT (NULL),
                                                 float *new_distances FAISS_DEFAULT (NULL));

/** The same from tables, for beams that begin with one vector each.
 *
 * @param query_norms  squared norms of the vectors, size n
 * @param query_cp     their inner products with all rows, n rows of total_codebook_size
 */
FaissStatus faiss_ResidualQuantizer_refine_beam_LUT (const FaissResidualQuantizer *self, size_t n,
                                                     const float *query_norms,
                                                     const float *query_cp, int new_beam_size,
                                                     int32_t *new_codes,
                                                     float *new_distances FAISS_DEFAULT (NULL));

/// Bytes that a beam search needs per vector. @param beam_size  -1: max_beam_size
size_t faiss_ResidualQuantizer_memory_per_point (const FaissResidualQuantizer *self,
                                                 int beam_size FAISS_DEFAULT (-1));

FAISS_END_DECLS

#endif
