/* Renumbers the centroids of product quantizers so that Hamming distances of codes tell something.
 */
#ifndef FAISS_POLYSEMOUS_TRAINING_H
#define FAISS_POLYSEMOUS_TRAINING_H

#include <faiss/impl/ProductQuantizer.h>
#include <faiss/utils/random.h>

FAISS_BEGIN_DECLS

/// How the annealing goes.
typedef struct FaissSimulatedAnnealingParameters {
    double init_temperature;  ///< chance to accept any change, at the start (0.7)
    double temperature_decay; ///< its factor per iteration (0.9^(1/500))
    int n_iter;               ///< iterations (500000)
    int n_redo;               ///< runs, of which the best is kept (2)
    int seed;                 ///< of the random numbers (123)
    int verbose;              ///< print progress (0)
    bool only_bit_flips;      ///< swap only numbers that differ in one bit (false)
    bool init_random;         ///< begin with a random permutation (false)
} FaissSimulatedAnnealingParameters;

/// What is in parentheses above.
void faiss_SimulatedAnnealingParameters_set_defaults (FaissSimulatedAnnealingParameters *self);

/** What a permutation costs: the function to be minimised.
 *
 * The functions sit in the object; whoever makes one fills them in.
 */
typedef struct FaissPermutationObjective {
    int n; ///< elements of the permutation
    FAISS_PRIVATE (
        double (*compute_cost) (const struct FaissPermutationObjective *self, const int *perm);
        /// how much the cost grows when perm[iw] and perm[jw] are swapped; NULL: by compute_cost
        double (*cost_update) (const struct FaissPermutationObjective *self, const int *perm,
                               int iw, int jw);
        /// a run begins with this permutation; NULL: nothing to do
        void (*begin) (struct FaissPermutationObjective *self, const int *perm);
        /// perm[iw] and perm[jw] were swapped; NULL: nothing to do
        void (*swapped) (struct FaissPermutationObjective *self, const int *perm, int iw, int jw);
        /// release what the object owns and the object
        void (*free) (struct FaissPermutationObjective *self);)
} FaissPermutationObjective;

/// @param perm  size n
double faiss_PermutationObjective_compute_cost (const FaissPermutationObjective *self,
                                                const int *perm);
/// How much the cost grows when perm[iw] and perm[jw] are swapped.
double faiss_PermutationObjective_cost_update (const FaissPermutationObjective *self,
                                               const int *perm, int iw, int jw);
void faiss_PermutationObjective_free (FaissPermutationObjective *self);

/** sum over i, j of weights[i * n + j] * (target_dis[i * n + j] - source_dis (perm[i], perm[j]))^2
 */
typedef struct FaissReproduceDistancesObjective FAISS_EXTENDS (FaissPermutationObjective) {
    union {
        FaissPermutationObjective objective;
    };
    double dis_weight_factor;      ///< a distance d weighs exp (-dis_weight_factor * d)
    FaissFloat64Vector source_dis; ///< size n * n, brought to mean and deviation of target_dis
    const double *target_dis;      ///< size n * n, borrowed
    FaissFloat64Vector weights;    ///< size n * n
} FaissReproduceDistancesObjective;

/// @param source_dis_in, target_dis_in  size n_in * n_in; the latter is borrowed
FaissStatus faiss_ReproduceDistancesObjective_new_with (FaissReproduceDistancesObjective **out,
                                                        int n_in, const double *source_dis_in,
                                                        const double *target_dis_in,
                                                        double dis_weight_factor_in);
void faiss_ReproduceDistancesObjective_free (FaissReproduceDistancesObjective *self);
double faiss_ReproduceDistancesObjective_sqr (double x);
double faiss_ReproduceDistancesObjective_dis_weight (const FaissReproduceDistancesObjective *self,
                                                     double x);
double faiss_ReproduceDistancesObjective_get_source_dis (
    const FaissReproduceDistancesObjective *self, int i, int j);
/// Mean and standard deviation of n2 numbers; outputs of one each.
void faiss_ReproduceDistancesObjective_compute_mean_stdev (const double *tab, size_t n2,
                                                           double *mean_out, double *stddev_out);
/// Set source_dis to source_dis_in, scaled and shifted to mean and deviation of target_dis.
void faiss_ReproduceDistancesObjective_set_affine_target_dis (
    FaissReproduceDistancesObjective *self, const double *source_dis_in);

/// Minimises an objective over permutations.
typedef struct FaissSimulatedAnnealingOptimizer FAISS_EXTENDS (FaissSimulatedAnnealingParameters) {
    union {
        FaissSimulatedAnnealingParameters params;
    };
    FaissPermutationObjective *obj; ///< borrowed
    int n;                          ///< elements of the permutation
    FaissRandomGenerator rnd;
    double init_cost; ///< what the last run began with
} FaissSimulatedAnnealingOptimizer;

/// @param obj_in  borrowed
/// @param p       copied
FaissStatus faiss_SimulatedAnnealingOptimizer_new_with (FaissSimulatedAnnealingOptimizer **out,
                                                        FaissPermutationObjective *obj_in,
                                                        const FaissSimulatedAnnealingParameters *p);
void faiss_SimulatedAnnealingOptimizer_free (FaissSimulatedAnnealingOptimizer *self);

/** One run, from the permutation given.
 *
 * @param perm  in and out, size n
 * @param out   the cost of the result
 */
FaissStatus faiss_SimulatedAnnealingOptimizer_optimize (FaissSimulatedAnnealingOptimizer *self,
                                                        int *perm, double *out);

/// n_redo runs. @param best_perm  output, size n @param out  its cost
FaissStatus faiss_SimulatedAnnealingOptimizer_run_optimization (
    FaissSimulatedAnnealingOptimizer *self, int *best_perm, double *out);

/// What is optimised.
typedef enum FaissPolysemousTrainingOptimizationType {
    PolysemousTraining_OT_None = 0,
    PolysemousTraining_OT_ReproduceDistances_affine = 1, ///< Hamming distances ~ distances
    PolysemousTraining_OT_Ranking_weighted_diff = 2,     ///< Hamming ranking ~ ranking of distances
} FaissPolysemousTrainingOptimizationType;

/** Polysemous codes (Douze, Jegou, Perronnin 2016): centroids are renumbered so that near ones get
 * numbers that differ in few bits. */
typedef struct FaissPolysemousTraining FAISS_EXTENDS (FaissSimulatedAnnealingParameters) {
    union {
        FaissSimulatedAnnealingParameters params;
    };
    FaissPolysemousTrainingOptimizationType optimization_type; ///< (ReproduceDistances_affine)
    int ntrain_permutation;   ///< training vectors kept for rankings (0)
    double dis_weight_factor; ///< how much less far distances weigh (log 2)
    size_t max_memory;        ///< of all threads together, in bytes (20 GiB)
} FaissPolysemousTraining;

/// What is in parentheses above.
void faiss_PolysemousTraining_set_defaults (FaissPolysemousTraining *self);

/** Optimise as optimization_type says, then compute sdc_table.
 *
 * @param x  training vectors, size n * d; used for rankings
 */
FaissStatus faiss_PolysemousTraining_optimize_pq_for_hamming (const FaissPolysemousTraining *self,
                                                              FaissProductQuantizer *pq, size_t n,
                                                              const float *x);
FaissStatus faiss_PolysemousTraining_optimize_ranking (const FaissPolysemousTraining *self,
                                                       FaissProductQuantizer *pq, size_t n,
                                                       const float *x);
FaissStatus faiss_PolysemousTraining_optimize_reproduce_distances (
    const FaissPolysemousTraining *self, FaissProductQuantizer *pq);

/// Bytes that the optimisation of one sub-quantizer takes.
size_t faiss_PolysemousTraining_memory_usage_per_thread (const FaissPolysemousTraining *self,
                                                         const FaissProductQuantizer *pq);

FAISS_END_DECLS

#endif
