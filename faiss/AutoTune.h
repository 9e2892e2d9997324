/* Search-time parameters of indexes, by name, and the search for good values. */
#ifndef FAISS_AUTO_TUNE_H
#define FAISS_AUTO_TUNE_H

#include <faiss/Index.h>
#include <faiss/utils/string.h>
#include <faiss/utils/vector.h>

FAISS_BEGIN_DECLS

/* ---- criteria: how good are results? --------------------------------------------------------- */

/// Compares results with the ground truth.
typedef struct FaissAutoTuneCriterion {
    FAISS_PRIVATE (struct FaissAutoTuneCriterionClass *cls;)
    idx_t nq;                ///< number of queries
    idx_t nnn;               ///< results per query that it looks at
    idx_t gt_nnn;            ///< true neighbours per query
    FaissFloat32Vector gt_D; ///< their distances, size nq * gt_nnn, or empty
    FaissInt64Vector gt_I;   ///< their ids, size nq * gt_nnn
} FaissAutoTuneCriterion;

/// The fraction of queries whose true nearest neighbour is among the first R.
typedef struct FaissOneRecallAtRCriterion FAISS_EXTENDS (FaissAutoTuneCriterion) {
    union {
        FaissAutoTuneCriterion criterion;
    };
    idx_t R;
} FaissOneRecallAtRCriterion;

/// The share of the first R true neighbours that is found among the first R.
typedef struct FaissIntersectionCriterion FAISS_EXTENDS (FaissAutoTuneCriterion) {
    union {
        FaissAutoTuneCriterion criterion;
    };
    idx_t R;
} FaissIntersectionCriterion;

#ifndef SWIG
typedef struct FaissAutoTuneCriterionClass {
    FaissClass head;
    FaissStatus (*evaluate) (const FaissAutoTuneCriterion *self, const float *D, const idx_t *I,
                             double *out);
} FaissAutoTuneCriterionClass;

extern FaissAutoTuneCriterionClass faiss_AutoTuneCriterion_class;
extern FaissAutoTuneCriterionClass faiss_OneRecallAtRCriterion_class;
extern FaissAutoTuneCriterionClass faiss_IntersectionCriterion_class;
#endif

FaissStatus faiss_OneRecallAtRCriterion_new (FaissOneRecallAtRCriterion **out, idx_t nq, idx_t R);
FaissStatus faiss_IntersectionCriterion_new (FaissIntersectionCriterion **out, idx_t nq, idx_t R);
void faiss_AutoTuneCriterion_free (FaissAutoTuneCriterion *self);

/** Copy the true neighbours.
 *
 * @param gt_D  distances, size nq * gt_nnn, or NULL
 * @param gt_I  ids, size nq * gt_nnn
 */
FaissStatus faiss_AutoTuneCriterion_set_groundtruth (FaissAutoTuneCriterion *self, int gt_nnn,
                                                     const float *gt_D, const idx_t *gt_I);

/// The performance of results, 0 .. 1. @param D, I  size nq * nnn; D may be NULL
FaissStatus faiss_AutoTuneCriterion_evaluate (const FaissAutoTuneCriterion *self, const float *D,
                                              const idx_t *I, double *out);

/* ---- operating points ------------------------------------------------------------------------ */

/// One measurement.
typedef struct FaissOperatingPoint {
    double perf;     ///< performance by some criterion, 0 .. 1
    double t;        ///< search time in seconds
    const char *key; ///< names the parameters; valid until the OperatingPoints are cleared
    int64_t cno;     ///< number of the combination of parameters
} FaissOperatingPoint;

FAISS_DECLARE_VECTOR (OperatingPointVector, FaissOperatingPoint)

/// All measurements, and the best of them: more performance only for more time.
typedef struct FaissOperatingPoints {
    FaissOperatingPointVector all_pts;
    FaissOperatingPointVector optimal_pts; ///< ascending; the first is "nothing, in no time"
} FaissOperatingPoints;

FaissStatus faiss_OperatingPoints_new (FaissOperatingPoints **out);
void faiss_OperatingPoints_free (FaissOperatingPoints *self);

/// Forget all measurements.
FaissStatus faiss_OperatingPoints_clear (FaissOperatingPoints *self);

/// Note a measurement. @param is_optimal  output, 1 if nothing better was known; may be NULL
FaissStatus faiss_OperatingPoints_add (FaissOperatingPoints *self, double perf, double t,
                                       const char *key, size_t cno, int *is_optimal);

/// Add others' measurements, their keys prefixed. @param n_optimal  output; may be NULL
FaissStatus faiss_OperatingPoints_merge_with (FaissOperatingPoints *self,
                                              const FaissOperatingPoints *other, const char *prefix,
                                              int *n_optimal);

/// The least time known for a performance, 1e50 if it was never reached.
double faiss_OperatingPoints_t_for_perf (const FaissOperatingPoints *self, double perf);

/// Print to standard output.
void faiss_OperatingPoints_display (const FaissOperatingPoints *self,
                                    int only_optimal FAISS_DEFAULT (1));

/// Write a file for gnuplot: a line "performance time key" per point.
FaissStatus faiss_OperatingPoints_all_to_gnuplot (const FaissOperatingPoints *self,
                                                  const char *fname);

/// The same for the optimal points, with the corners of the stairs between them.
FaissStatus faiss_OperatingPoints_optimal_to_gnuplot (const FaissOperatingPoints *self,
                                                      const char *fname);

/* ---- the space of parameters ----------------------------------------------------------------- */

/// The values of one parameter that are worth trying, ascending: slower and better.
typedef struct FaissParameterRange {
    char *name; ///< owned by the ParameterSpace
    FaissFloat64Vector values;
} FaissParameterRange;

typedef FaissParameterRange *FaissParameterRangePtr;

FAISS_DECLARE_VECTOR (ParameterRangeVector, FaissParameterRangePtr)

/** All combinations of the parameters of an index.
 *
 * Combination c takes value c % n0 of the first range, (c / n0) % n1 of the second, and so on.
 */
typedef struct FaissParameterSpace {
    FAISS_PRIVATE (struct FaissParameterSpaceClass *cls;)
    FaissParameterRangeVector parameter_ranges; ///< owned; each stays at its address
    int verbose;                                ///< what explore prints (1)
    int n_experiments;        ///< combinations that explore tries at most; 0 for all (500)
    size_t batchsize;         ///< queries per search (1 << 30)
    bool thread_over_batches; ///< search the batches in parallel (false)
    double min_test_duration; ///< repeat each search until it took so many seconds (0)
} FaissParameterSpace;

#ifndef SWIG
typedef struct FaissParameterSpaceClass {
    FaissClass head;
    FaissStatus (*initialize) (FaissParameterSpace *self, const FaissIndex *index);
    FaissStatus (*set_index_parameter) (const FaissParameterSpace *self, FaissIndex *index,
                                        const char *name, double value);
} FaissParameterSpaceClass;

extern FaissParameterSpaceClass faiss_ParameterSpace_class;

/* For classes' add_parameter_ranges. */

/// Append a range of n values.
FaissStatus faiss_ParameterSpace_append (FaissParameterSpace *self, const char *name, size_t n,
                                         const double *values);

/// Append the powers of two 2^i < limit, begin <= i < end.
FaissStatus faiss_ParameterSpace_append_powers_of_2 (FaissParameterSpace *self, const char *name,
                                                     int begin, int end, double limit);

/// Append all ranges of a part of an index, their names prefixed ("quantizer_").
FaissStatus faiss_ParameterSpace_append_part (FaissParameterSpace *self, const char *prefix,
                                              const FaissIndex *part);
#endif

/// An empty space: one combination, which sets nothing.
FaissStatus faiss_ParameterSpace_new (FaissParameterSpace **out);
void faiss_ParameterSpace_free (FaissParameterSpace *self);

/// Append the ranges of an index's parameters.
FaissStatus faiss_ParameterSpace_initialize (FaissParameterSpace *self, const FaissIndex *index);

/// Append an empty range, or find the one of that name. @param out  borrowed; may be NULL
FaissStatus faiss_ParameterSpace_add_range (FaissParameterSpace *self, const char *name,
                                            FaissParameterRange **out);

/// Borrowed: it lives as long as the range.
const char *faiss_ParameterRange_name (const FaissParameterRange *self);
/// @param values  output, size *size, borrowed
void faiss_ParameterRange_values (FaissParameterRange *self, double **values, size_t *size);

/// Set the values of a range. @param values  size n
FaissStatus faiss_ParameterRange_set_values (FaissParameterRange *self, const double *values,
                                             size_t n);

/// The product of the ranges' sizes.
size_t faiss_ParameterSpace_n_combinations (const FaissParameterSpace *self);

/// Is each parameter of combination c1 at least that of c2?
int faiss_ParameterSpace_combination_ge (const FaissParameterSpace *self, size_t c1, size_t c2);

/** The name of a combination, "nprobe=4,ht=12".
 *
 * As strncpy: padded with zeros, not terminated if it fills the buffer.
 * @param buffer  output, `size` bytes
 */
FaissStatus faiss_ParameterSpace_combination_name (const FaissParameterSpace *self, size_t cno,
                                                   char *buffer, size_t size);

/// The same as a text of any length, appended.
FaissStatus faiss_ParameterSpace_describe_combination (const FaissParameterSpace *self, size_t cno,
                                                       FaissString *out);

/** Set parameters of an index from a text.
 *
 * @param param_string  "name=value" pairs separated by commas or spaces
 */
FaissStatus faiss_ParameterSpace_set_index_parameters (const FaissParameterSpace *self,
                                                       FaissIndex *index, const char *param_string);

/// Set the parameters of a combination.
FaissStatus faiss_ParameterSpace_set_index_parameters_cno (const FaissParameterSpace *self,
                                                           FaissIndex *index, size_t cno);

/// Set one parameter. A name that the index does not know is an error.
FaissStatus faiss_ParameterSpace_set_index_parameter (const FaissParameterSpace *self,
                                                      FaissIndex *index, const char *name,
                                                      double value);

/// Print the ranges to standard output.
void faiss_ParameterSpace_display (const FaissParameterSpace *self);

/// What a measurement says about another combination: at most as good, or at least as slow.
FaissStatus faiss_ParameterSpace_update_bounds (const FaissParameterSpace *self, size_t cno,
                                                const FaissOperatingPoint *op,
                                                double *upper_bound_perf, double *lower_bound_t);

/** Measure combinations, first and last and then in random order, and note them in ops.
 *
 * Those that cannot be better than what is known are skipped. The index keeps the parameters of
 * the last one.
 * @param xq  queries, size nq * d
 */
FaissStatus faiss_ParameterSpace_explore (const FaissParameterSpace *self, FaissIndex *index,
                                          size_t nq, const float *xq,
                                          const FaissAutoTuneCriterion *crit,
                                          FaissOperatingPoints *ops);

FAISS_END_DECLS

#endif
