/* Quantizes each component of a vector by itself, to 1 .. 16 bits. */
#ifndef FAISS_SCALAR_QUANTIZER_H
#define FAISS_SCALAR_QUANTIZER_H

#include <faiss/Index.h>
#include <faiss/impl/Quantizer.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

struct FaissInvertedListScanner;

/// How a component is stored. The numbers are those of files.
typedef enum FaissQuantizerType {
    QT_8bit = 0,         ///< 255 steps between the least and the greatest of each component
    QT_4bit = 1,         ///< 15 steps
    QT_8bit_uniform = 2, ///< the same, one range for all components
    QT_4bit_uniform = 3,
    QT_fp16 = 4,               ///< half precision; ties are rounded away from zero
    QT_8bit_direct = 5,        ///< integers 0 .. 255 as they are
    QT_6bit = 6,               ///< 63 steps
    QT_bf16 = 7,               ///< the upper half of a float; ties are rounded away from zero
    QT_8bit_direct_signed = 8, ///< integers -128 .. 127
    QT_0bit = 9, ///< nothing: vectors decode to zeros, and all distances are 0; in inverted lists
                 ///< to their centroids, whose distances they have
    QT_1bit_tqmse = 10, ///< the least square error for rotated vectors of norm 1: the quantizer of
                        ///< Lloyd (1957, 1982) and Max (1960) for N(0, 1 / d)
    QT_2bit_tqmse = 11,
    QT_3bit_tqmse = 12,
    QT_4bit_tqmse = 13,
    QT_8bit_tqmse = 14,
    QT_2bit_tq = 15, ///< b - 1 bits so, one bit for a sketch of the error, norms apart (TurboQuant;
                     ///< Zandieh, Daliri, Hadian, Mirrokni 2025)
    QT_3bit_tq = 16,
    QT_4bit_tq = 17,
    QT_5bit_tq = 18,
    QT_1bit_eden = 19, ///< the quantizer for N(0, 1)
    QT_2bit_eden = 20,
    QT_3bit_eden = 21,
    QT_4bit_eden = 22,
    QT_5bit_eden = 23,
    QT_6bit_eden = 24,
    QT_7bit_eden = 25,
    QT_8bit_eden = 26,
    QT_count = 27
} FaissQuantizerType;

/// How the range of a component is learned, with an argument a.
typedef enum FaissRangeStat {
    RS_minmax = 0,    ///< from the least to the greatest, widened by a times the difference
    RS_meanstd = 1,   ///< a standard deviations around the mean
    RS_quantiles = 2, ///< without the share a of the values on each side
    RS_optim = 3,     ///< the least square error, by alternating optimisation
} FaissRangeStat;

/** Quantizes each component of a vector by itself.
 *
 * What was trained is in `trained`: the least values and the ranges of the components (8bit, 4bit,
 * 6bit: d and d; uniform: 1 and 1), or 2^b centroids and the 2^b - 1 boundaries between them (tqmse
 * and eden; tq: those of b - 1 bits, then the seed of its projection as the bits of two floats and
 * the projection's type, 0 by Hadamard, 2 dense), or nothing.
 */
typedef struct FaissScalarQuantizer FAISS_EXTENDS (FaissQuantizer) {
    union {
        FaissQuantizer quantizer;
    };
    FaissQuantizerType qtype; ///< after a change call set_derived_sizes
    FaissRangeStat rangestat; ///< default RS_minmax
    float rangestat_arg;      ///< default 0
    size_t bits;              ///< per component
    FaissFloat32Vector trained;
} FaissScalarQuantizer;

#ifndef SWIG
extern FaissQuantizerClass faiss_ScalarQuantizer_class;

/// Make a field of another object a quantizer, which is trained if the type needs no training.
FaissStatus faiss_ScalarQuantizer_init (FaissScalarQuantizer *self, size_t d,
                                        FaissQuantizerType qtype);
#endif

/// 8bit of dimension 0.
FaissStatus faiss_ScalarQuantizer_new (FaissScalarQuantizer **out);
FaissStatus faiss_ScalarQuantizer_new_with (FaissScalarQuantizer **out, size_t d,
                                            FaissQuantizerType qtype);
void faiss_ScalarQuantizer_free (FaissScalarQuantizer *self);

/// Set bits and code_size by qtype and d.
FaissStatus faiss_ScalarQuantizer_set_derived_sizes (FaissScalarQuantizer *self);

/// Train on n vectors, size n * d; types that need none take n = 0.
FaissStatus faiss_ScalarQuantizer_train (FaissScalarQuantizer *self, size_t n, const float *x);

/// Encode n vectors. @param codes  output, size n * code_size
FaissStatus faiss_ScalarQuantizer_compute_codes (const FaissScalarQuantizer *self, const float *x,
                                                 uint8_t *codes, size_t n);

/// Decode n codes. @param x  output, size n * d
FaissStatus faiss_ScalarQuantizer_decode (const FaissScalarQuantizer *self, const uint8_t *code,
                                          float *x, size_t n);

/// Distances between queries and codes, METRIC_L2 or METRIC_INNER_PRODUCT. Set `codes` (borrowed)
/// to use positions; the quantizer must stay as it is.
FaissStatus faiss_ScalarQuantizer_get_distance_computer (
    const FaissScalarQuantizer *self, FaissFlatCodesDistanceComputer **out,
    FaissMetricType metric FAISS_DEFAULT (METRIC_L2));

/** A scanner of inverted lists of such codes.
 *
 * @param quantizer    gives the centroids if by_residual; borrowed
 * @param sel          take only these ids; borrowed, may be NULL
 * @param by_residual  codes are of the vector minus its list's centroid
 */
FaissStatus faiss_ScalarQuantizer_select_InvertedListScanner (
    const FaissScalarQuantizer *self, struct FaissInvertedListScanner **out, FaissMetricType mt,
    const FaissIndex *quantizer, bool store_pairs, const FaissIDSelector *sel,
    bool by_residual FAISS_DEFAULT (false));

size_t faiss_ScalarQuantizer_d (const FaissScalarQuantizer *self);
size_t faiss_ScalarQuantizer_code_size (const FaissScalarQuantizer *self);
size_t faiss_ScalarQuantizer_bits (const FaissScalarQuantizer *self);
FaissQuantizerType faiss_ScalarQuantizer_qtype (const FaissScalarQuantizer *self);
FaissRangeStat faiss_ScalarQuantizer_rangestat (const FaissScalarQuantizer *self);
void faiss_ScalarQuantizer_set_rangestat (FaissScalarQuantizer *self, FaissRangeStat rangestat);
float faiss_ScalarQuantizer_rangestat_arg (const FaissScalarQuantizer *self);
void faiss_ScalarQuantizer_set_rangestat_arg (FaissScalarQuantizer *self, float rangestat_arg);
/// How many numbers training has found.
size_t faiss_ScalarQuantizer_trained_size (const FaissScalarQuantizer *self);
/// @param out  size trained_size
void faiss_ScalarQuantizer_trained (const FaissScalarQuantizer *self, float *out);

FAISS_END_DECLS

#endif
