/* Polysemous training: simulated annealing of the centroids' numbers. */
#include <faiss/impl/PolysemousTraining.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/distances.h>

/* ---- simulated annealing --------------------------------------------------------------------- */

void faiss_SimulatedAnnealingParameters_set_defaults (FaissSimulatedAnnealingParameters *self) {
    if (!self) {
        return;
    }
    *self = (FaissSimulatedAnnealingParameters){
        .init_temperature = 0.7,
        .temperature_decay = pow (0.9, 1 / 500.),
        .n_iter = 500000,
        .n_redo = 2,
        .seed = 123,
    };
}

double faiss_PermutationObjective_compute_cost (const FaissPermutationObjective *self,
                                                const int *perm) {
    return self && perm ? self->compute_cost (self, perm) : 0;
}

/* By computing both. perm is const for callers: it is as it was at the end. */
static double cost_update_by_swapping (const FaissPermutationObjective *self, const int *perm,
                                       int iw, int jw) {
    double before = self->compute_cost (self, perm);
    int *changed = (int *)perm;
    int kept = changed[iw];
    changed[iw] = changed[jw];
    changed[jw] = kept;
    double after = self->compute_cost (self, changed);
    changed[jw] = changed[iw];
    changed[iw] = kept;
    return after - before;
}

double faiss_PermutationObjective_cost_update (const FaissPermutationObjective *self,
                                               const int *perm, int iw, int jw) {
    if (!self || !perm) {
        return 0;
    }
    return self->cost_update ? self->cost_update (self, perm, iw, jw)
                             : cost_update_by_swapping (self, perm, iw, jw);
}

void faiss_PermutationObjective_free (FaissPermutationObjective *self) {
    if (self) {
        self->free (self);
    }
}

FaissStatus faiss_SimulatedAnnealingOptimizer_new_with (
    FaissSimulatedAnnealingOptimizer **out, FaissPermutationObjective *obj_in,
    const FaissSimulatedAnnealingParameters *p) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (obj_in);
    FAISS_REQUIRE_ARG (p);
    FAISS_REQUIRE (obj_in->n > 0, "expected n > 0, got %d", obj_in->n);
    FAISS_REQUIRE (p->n_redo > 0, "expected n_redo > 0, got %d", p->n_redo);
    FAISS_REQUIRE (!p->only_bit_flips || (obj_in->n & (obj_in->n - 1)) == 0,
                   "only_bit_flips: expected a power of two elements, got %d", obj_in->n);
    FaissSimulatedAnnealingOptimizer *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    self->params = *p;
    self->obj = obj_in;
    self->n = obj_in->n;
    faiss_RandomGenerator_init (&self->rnd, p->seed);
    *out = self;
    return FAISS_OK;
}

void faiss_SimulatedAnnealingOptimizer_free (FaissSimulatedAnnealingOptimizer *self) {
    free (self);
}

/* Which two numbers to swap. */
static void choose_pair (FaissSimulatedAnnealingOptimizer *self, int *iw, int *jw) {
    *iw = faiss_RandomGenerator_rand_int_max (&self->rnd, self->n);
    if (self->params.only_bit_flips) {
        int n_bits = 0;
        while (1 << n_bits < self->n) {
            n_bits++;
        }
        *jw = *iw ^ (1 << faiss_RandomGenerator_rand_int_max (&self->rnd, n_bits));
    } else {
        *jw = faiss_RandomGenerator_rand_int_max (&self->rnd, self->n - 1);
        *jw += *jw == *iw;
    }
}

FaissStatus faiss_SimulatedAnnealingOptimizer_optimize (FaissSimulatedAnnealingOptimizer *self,
                                                        int *perm, double *out) {
    enum { ITERATIONS_PER_CHECK = 4096 };
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (perm);
    FaissPermutationObjective *obj = self->obj;
    FAISS_REQUIRE (obj, "there is no objective");
    double cost = obj->compute_cost (obj, perm);
    double temperature = self->params.init_temperature;
    self->init_cost = cost;
    if (obj->begin) {
        obj->begin (obj, perm);
    }
    for (int it = 0; it < self->params.n_iter && self->n > 1; it++) {
        int iw, jw;
        temperature *= self->params.temperature_decay;
        choose_pair (self, &iw, &jw);
        double delta = faiss_PermutationObjective_cost_update (obj, perm, iw, jw);
        if (delta < 0 || (double)faiss_RandomGenerator_rand_float (&self->rnd) < temperature) {
            int kept = perm[iw];
            perm[iw] = perm[jw];
            perm[jw] = kept;
            cost += delta;
            if (obj->swapped) {
                obj->swapped (obj, perm, iw, jw);
            }
        }
        if (self->params.verbose > 2 || (self->params.verbose > 1 && it % 10000 == 0)) {
            faiss_say ("      iteration %d cost %g temp %g\n", it, cost, temperature);
        }
        if (it % ITERATIONS_PER_CHECK == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
    }
    if (out) {
        *out = cost;
    }
    return FAISS_OK;
}

FaissStatus faiss_SimulatedAnnealingOptimizer_run_optimization (
    FaissSimulatedAnnealingOptimizer *self, int *best_perm, double *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (best_perm);
    size_t n = (size_t)self->n;
    FAISS_AUTO_FREE (int) *perm = NULL;
    FAISS_TRY (faiss_alloc (&perm, n, sizeof *perm));
    double best = HUGE_VAL;
    for (int redo = 0; redo < self->params.n_redo; redo++) {
        for (int i = 0; i < self->n; i++) {
            perm[i] = i;
        }
        for (int i = 0; self->params.init_random && i < self->n; i++) {
            int j = i + faiss_RandomGenerator_rand_int_max (&self->rnd, self->n - i);
            int kept = perm[i];
            perm[i] = perm[j];
            perm[j] = kept;
        }
        double cost;
        FAISS_TRY (faiss_SimulatedAnnealingOptimizer_optimize (self, perm, &cost));
        if (self->params.verbose > 1) {
            faiss_say ("    optimization run %d: cost=%g\n", redo, cost);
        }
        if (redo == 0 || cost < best) {
            best = cost;
            memcpy (best_perm, perm, n * sizeof *perm);
        }
    }
    if (out) {
        *out = best;
    }
    return FAISS_OK;
}

/* ---- distances to be reproduced -------------------------------------------------------------- */

double faiss_ReproduceDistancesObjective_sqr (double x) {
    return x * x;
}

double faiss_ReproduceDistancesObjective_dis_weight (const FaissReproduceDistancesObjective *self,
                                                     double x) {
    return self ? exp (-self->dis_weight_factor * x) : 0;
}

double faiss_ReproduceDistancesObjective_get_source_dis (
    const FaissReproduceDistancesObjective *self, int i, int j) {
    if (!self || i < 0 || j < 0 || i >= self->objective.n || j >= self->objective.n) {
        return 0;
    }
    return self->source_dis.data[(size_t)i * (size_t)self->objective.n + (size_t)j];
}

void faiss_ReproduceDistancesObjective_compute_mean_stdev (const double *tab, size_t n2,
                                                           double *mean_out, double *stddev_out) {
    double sum = 0, sum_of_squares = 0;
    for (size_t i = 0; tab && i < n2; i++) {
        sum += tab[i];
        sum_of_squares += tab[i] * tab[i];
    }
    double mean = n2 ? sum / (double)n2 : 0;
    double variance = n2 ? sum_of_squares / (double)n2 - mean * mean : 0;
    if (mean_out) {
        *mean_out = mean;
    }
    if (stddev_out) {
        *stddev_out = sqrt (variance > 0 ? variance : 0);
    }
}

/* (x - mean) / deviation * new_deviation + new_mean; what is all equal becomes new_mean */
static double affine (double x, double mean, double deviation, double new_mean,
                      double new_deviation) {
    return (deviation > 0 ? (x - mean) / deviation * new_deviation : 0) + new_mean;
}

void faiss_ReproduceDistancesObjective_set_affine_target_dis (
    FaissReproduceDistancesObjective *self, const double *source_dis_in) {
    if (!self || !source_dis_in) {
        return;
    }
    size_t n2 = (size_t)self->objective.n * (size_t)self->objective.n;
    double mean, deviation, target_mean, target_deviation;
    faiss_ReproduceDistancesObjective_compute_mean_stdev (source_dis_in, n2, &mean, &deviation);
    faiss_ReproduceDistancesObjective_compute_mean_stdev (self->target_dis, n2, &target_mean,
                                                          &target_deviation);
    for (size_t i = 0; i < n2; i++) {
        self->source_dis.data[i] =
            affine (source_dis_in[i], mean, deviation, target_mean, target_deviation);
    }
}

static double reproduce_cost (const FaissPermutationObjective *objective, const int *perm) {
    const FaissReproduceDistancesObjective *self =
        FAISS_CONST_SELF (ReproduceDistancesObjective, objective, objective);
    int n = objective->n;
    double cost = 0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            size_t at = (size_t)i * (size_t)n + (size_t)j;
            double actual =
                faiss_ReproduceDistancesObjective_get_source_dis (self, perm[i], perm[j]);
            double difference = self->target_dis[at] - actual;
            cost += self->weights.data[at] * difference * difference;
        }
    }
    return cost;
}

/* Of the pair (i, j): the cost with the numbers pi and pj less that with qi and qj. */
static double pair_change (const FaissReproduceDistancesObjective *self, int i, int j, int pi,
                           int pj, int qi, int qj) {
    size_t at = (size_t)i * (size_t)self->objective.n + (size_t)j;
    double target = self->target_dis[at];
    double after = target - faiss_ReproduceDistancesObjective_get_source_dis (self, pi, pj);
    double before = target - faiss_ReproduceDistancesObjective_get_source_dis (self, qi, qj);
    return self->weights.data[at] * (after * after - before * before);
}

static double reproduce_update (const FaissPermutationObjective *objective, const int *perm, int iw,
                                int jw) {
    const FaissReproduceDistancesObjective *self =
        FAISS_CONST_SELF (ReproduceDistancesObjective, objective, objective);
    double delta = 0;
    int a = perm[iw], b = perm[jw];
    for (int j = 0; j < objective->n; j++) {
        int p = perm[j], q = j == iw ? b : j == jw ? a : p; /* before, after */
        delta += pair_change (self, iw, j, b, q, a, p) + pair_change (self, jw, j, a, q, b, p);
        if (j != iw && j != jw) {
            delta += pair_change (self, j, iw, p, b, p, a) + pair_change (self, j, jw, p, a, p, b);
        }
    }
    return delta;
}

static void reproduce_free (FaissPermutationObjective *objective) {
    FaissReproduceDistancesObjective *self =
        FAISS_SELF (ReproduceDistancesObjective, objective, objective);
    faiss_Float64Vector_clear (&self->source_dis);
    faiss_Float64Vector_clear (&self->weights);
    free (self);
}

void faiss_ReproduceDistancesObjective_free (FaissReproduceDistancesObjective *self) {
    if (self) {
        reproduce_free (&self->objective);
    }
}

static FaissStatus reproduce_init (FaissReproduceDistancesObjective *self,
                                   const double *source_dis_in) {
    size_t n2 = (size_t)self->objective.n * (size_t)self->objective.n;
    FAISS_TRY (faiss_Float64Vector_resize (&self->source_dis, n2));
    FAISS_TRY (faiss_Float64Vector_resize (&self->weights, n2));
    faiss_ReproduceDistancesObjective_set_affine_target_dis (self, source_dis_in);
    for (size_t i = 0; i < n2; i++) {
        self->weights.data[i] =
            faiss_ReproduceDistancesObjective_dis_weight (self, self->target_dis[i]);
    }
    return FAISS_OK;
}

FaissStatus faiss_ReproduceDistancesObjective_new_with (FaissReproduceDistancesObjective **out,
                                                        int n_in, const double *source_dis_in,
                                                        const double *target_dis_in,
                                                        double dis_weight_factor_in) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (n_in >= 0, "expected n >= 0, got %d", n_in);
    FAISS_REQUIRE (n_in == 0 || (source_dis_in && target_dis_in),
                   "source_dis_in or target_dis_in is NULL");
    FaissReproduceDistancesObjective *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    self->objective = (FaissPermutationObjective){.n = n_in,
                                                  .compute_cost = reproduce_cost,
                                                  .cost_update = reproduce_update,
                                                  .free = reproduce_free};
    self->dis_weight_factor = dis_weight_factor_in;
    self->target_dis = target_dis_in;
    FaissStatus status = reproduce_init (self, source_dis_in);
    if (status != FAISS_OK) {
        faiss_ReproduceDistancesObjective_free (self);
        return status;
    }
    *out = self;
    return FAISS_OK;
}

/* ---- the same where the distances are Hamming distances of the numbers ----------------------- */

/* The columns of both matrices are in the order of the numbers that the centroids have: then the
 * Hamming distances of a row are those of 0, 1, 2 ... to its number. */
typedef struct HammingObjective {
    FaissPermutationObjective objective;
    double *weights;        /* n * n: of the centroids i, and of numbers */
    double *weighted;       /* 2 * weight * target, likewise */
    const double *target;   /* n * n, of centroids */
    const double *of_pairs; /* n * n, the weights of centroids */
} HammingObjective;

static double hamming (int a, int b) {
    return (double)__builtin_popcount ((unsigned)a ^ (unsigned)b);
}

static double hamming_cost (const FaissPermutationObjective *objective, const int *perm) {
    const HammingObjective *self = (const HammingObjective *)objective;
    int n = objective->n;
    double cost = 0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            size_t at = (size_t)i * (size_t)n + (size_t)j;
            double difference = self->target[at] - hamming (perm[i], perm[j]);
            cost += self->of_pairs[at] * difference * difference;
        }
    }
    return cost;
}

static void hamming_begin (FaissPermutationObjective *objective, const int *perm) {
    HammingObjective *self = (HammingObjective *)objective;
    size_t n = (size_t)objective->n;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            size_t from = i * n + j, to = i * n + (size_t)perm[j];
            self->weights[to] = self->of_pairs[from];
            self->weighted[to] = 2 * self->of_pairs[from] * self->target[from];
        }
    }
}

static void swap_columns (double *matrix, size_t n, size_t a, size_t b) {
    for (size_t i = 0; i < n; i++) {
        double kept = matrix[i * n + a];
        matrix[i * n + a] = matrix[i * n + b];
        matrix[i * n + b] = kept;
    }
}

static void hamming_swapped (FaissPermutationObjective *objective, const int *perm, int iw,
                             int jw) {
    HammingObjective *self = (HammingObjective *)objective;
    size_t n = (size_t)objective->n;
    swap_columns (self->weights, n, (size_t)perm[iw], (size_t)perm[jw]);
    swap_columns (self->weighted, n, (size_t)perm[iw], (size_t)perm[jw]);
}

/* Both matrices are symmetric: rows iw and jw, twice. The pairs of iw and jw among themselves do
 * not change, and are taken out again. */
static double hamming_update (const FaissPermutationObjective *objective, const int *perm, int iw,
                              int jw) {
    const HammingObjective *self = (const HammingObjective *)objective;
    size_t n = (size_t)objective->n;
    const double *u1 = self->weighted + (size_t)iw * n, *u2 = self->weighted + (size_t)jw * n;
    const double *w1 = self->weights + (size_t)iw * n, *w2 = self->weights + (size_t)jw * n;
    uint32_t a = (uint32_t)perm[iw], b = (uint32_t)perm[jw];
    double sum = faiss_kernels.pq_swap_cost (u1, u2, w1, w2, n, a, b);
    double h = hamming ((int)a, (int)b);
    double of_a = -h * ((u1[a] - u2[a]) - h * (w1[a] - w2[a]));
    double of_b = h * ((u1[b] - u2[b]) - h * (w1[b] - w2[b]));
    return 2 * (sum - (of_a + of_b));
}

/* @param memory  size 4 * n * n */
static void hamming_init (HammingObjective *self, const float *distances, int nbits,
                          double dis_weight_factor, double *memory) {
    size_t n = (size_t)1 << nbits, n2 = n * n;
    double *target = memory, *of_pairs = memory + n2, mean, deviation;
    for (size_t i = 0; i < n2; i++) {
        target[i] = (double)distances[i];
    }
    faiss_ReproduceDistancesObjective_compute_mean_stdev (target, n2, &mean, &deviation);
    for (size_t i = 0; i < n2; i++) {
        /* Hamming distances of random numbers; the divisions are integers' */
        target[i] = affine (target[i], mean, deviation, nbits / 2, sqrt (nbits / 4));
        of_pairs[i] = exp (-dis_weight_factor * target[i]);
    }
    *self = (HammingObjective){
        .objective = {.n = (int)n,
                      .compute_cost = hamming_cost,
                      .cost_update = hamming_update,
                      .begin = hamming_begin,
                      .swapped = hamming_swapped},
        .weights = memory + 2 * n2,
        .weighted = memory + 3 * n2,
        .target = target,
        .of_pairs = of_pairs,
    };
}

/* ---- rankings to be reproduced --------------------------------------------------------------- */

/* How often a vector of centroid i is nearer to one of j than to one of k: weights[(i n + j) n +
 * k]. The cost is how many bits the Hamming distances of those are wrong. */
typedef struct RankingObjective {
    FaissPermutationObjective objective;
    float *weights;
} RankingObjective;

static double ranking_cost (const FaissPermutationObjective *objective, const int *perm) {
    const RankingObjective *self = (const RankingObjective *)objective;
    int n = objective->n;
    double cost = 0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            double near = hamming (perm[i], perm[j]);
            const float *weights = self->weights + ((size_t)i * (size_t)n + (size_t)j) * (size_t)n;
            for (int k = 0; k < n; k++) {
                double wrong = near - hamming (perm[i], perm[k]);
                cost += wrong > 0 ? (double)weights[k] * wrong : 0;
            }
        }
    }
    return cost;
}

/* Of the triple: its cost by the numbers in perm. */
static double triple_cost (const RankingObjective *self, const int *perm, int i, int j, int k) {
    size_t n = (size_t)self->objective.n;
    double wrong = hamming (perm[i], perm[j]) - hamming (perm[i], perm[k]);
    double weight = (double)self->weights[((size_t)i * n + (size_t)j) * n + (size_t)k];
    return wrong > 0 ? weight * wrong : 0;
}

/* The cost of all triples in which iw or jw occurs. */
static double cost_around (const RankingObjective *self, const int *perm, int iw, int jw) {
    int n = self->objective.n;
    double cost = 0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            bool all = i == iw || i == jw || j == iw || j == jw;
            if (all) {
                for (int k = 0; k < n; k++) {
                    cost += triple_cost (self, perm, i, j, k);
                }
            } else {
                cost += triple_cost (self, perm, i, j, iw) + triple_cost (self, perm, i, j, jw);
            }
        }
    }
    return cost;
}

static double ranking_update (const FaissPermutationObjective *objective, const int *perm, int iw,
                              int jw) {
    const RankingObjective *self = (const RankingObjective *)objective;
    int *changed = (int *)perm; /* as it was at the end */
    double before = cost_around (self, changed, iw, jw);
    int kept = changed[iw];
    changed[iw] = changed[jw];
    changed[jw] = kept;
    double after = cost_around (self, changed, iw, jw);
    changed[jw] = changed[iw];
    changed[iw] = kept;
    return after - before;
}

/* Count the rankings of n vectors: a quarter of them are queries for the others. A pair of ranks
 * weighs by how far they are apart, over the number of others. */
static FaissStatus count_rankings (const FaissProductQuantizer *pq, size_t m, size_t n,
                                   const float *x, float *weights) {
    size_t ksub = pq->ksub, dsub = pq->dsub, d = pq->quantizer.d, n_queries = n / 4;
    size_t n_base = n - n_queries;
    FAISS_AUTO_FREE (uint32_t) *labels = NULL;
    FAISS_AUTO_FREE (float) *distances = NULL;
    FAISS_AUTO_FREE (idx_t) *order = NULL;
    FAISS_TRY (faiss_alloc (&labels, n, sizeof *labels));
    FAISS_TRY (faiss_alloc (&distances, n + ksub, sizeof *distances));
    FAISS_TRY (faiss_alloc (&order, n, sizeof *order));
    const float *centroids = pq->centroids.data + m * ksub * dsub;
    for (size_t i = 0; i < n; i++) {
        labels[i] = (uint32_t)faiss_fvec_L2sqr_ny_nearest (distances, x + i * d + m * dsub,
                                                           centroids, dsub, ksub);
    }
    for (size_t q = 0; q < n_queries; q++) {
        for (size_t i = 0; i < n_base; i++) {
            distances[i] =
                faiss_fvec_L2sqr (x + q * d + m * dsub, x + (n_queries + i) * d + m * dsub, dsub);
        }
        FAISS_TRY (faiss_fvec_argsort (n_base, distances, order));
        for (size_t i = 0; i < n_base; i++) {
            for (size_t j = i + 1; j < n_base; j++) {
                size_t near = labels[n_queries + (size_t)order[i]];
                size_t far = labels[n_queries + (size_t)order[j]];
                weights[((size_t)labels[q] * ksub + near) * ksub + far] +=
                    (float)(j - i) / (float)n_base;
            }
        }
    }
    return FAISS_OK;
}

/* ---- product quantizers ---------------------------------------------------------------------- */

void faiss_PolysemousTraining_set_defaults (FaissPolysemousTraining *self) {
    if (!self) {
        return;
    }
    *self = (FaissPolysemousTraining){
        .optimization_type = PolysemousTraining_OT_ReproduceDistances_affine,
        .dis_weight_factor = log (2),
        .max_memory = (size_t)20 * 1024 * 1024 * 1024,
    };
    faiss_SimulatedAnnealingParameters_set_defaults (&self->params);
}

size_t faiss_PolysemousTraining_memory_usage_per_thread (const FaissPolysemousTraining *self,
                                                         const FaissProductQuantizer *pq) {
    if (!self || !pq) {
        return 0;
    }
    size_t n = pq->ksub;
    switch (self->optimization_type) {
    case PolysemousTraining_OT_ReproduceDistances_affine:
        return n * n * (4 * sizeof (double) + sizeof (float));
    case PolysemousTraining_OT_Ranking_weighted_diff:
        return n * n * n * sizeof (float);
    default:
        return 0;
    }
}

/* Give centroid i of sub-quantizer m the number perm[i]. */
static FaissStatus renumber (FaissProductQuantizer *pq, size_t m, const int *perm) {
    size_t size = pq->ksub * pq->dsub;
    FAISS_AUTO_FREE (float) *old = NULL;
    FAISS_TRY (faiss_alloc (&old, size, sizeof *old));
    float *centroids = pq->centroids.data + m * size;
    memcpy (old, centroids, size * sizeof *old);
    for (size_t i = 0; i < pq->ksub; i++) {
        memcpy (centroids + (size_t)perm[i] * pq->dsub, old + i * pq->dsub, pq->dsub * sizeof *old);
    }
    return FAISS_OK;
}

static FaissStatus anneal (const FaissPolysemousTraining *self, FaissPermutationObjective *obj,
                           int *perm) {
    FAISS_AUTO_FREE (FaissSimulatedAnnealingOptimizer) *optimizer = NULL;
    FAISS_TRY (faiss_SimulatedAnnealingOptimizer_new_with (&optimizer, obj, &self->params));
    double cost;
    FAISS_TRY (faiss_SimulatedAnnealingOptimizer_run_optimization (optimizer, perm, &cost));
    if (self->params.verbose > 0) {
        faiss_say ("  cost %g -> %g\n", optimizer->init_cost, cost);
    }
    return FAISS_OK;
}

static FaissStatus permute_by_distances (const FaissPolysemousTraining *self,
                                         const FaissProductQuantizer *pq, size_t m, int *perm) {
    size_t n = pq->ksub;
    FAISS_AUTO_FREE (float) *distances = NULL;
    FAISS_AUTO_FREE (double) *memory = NULL;
    FAISS_TRY (faiss_alloc (&distances, n * n, sizeof *distances));
    FAISS_TRY (faiss_alloc (&memory, 4 * n * n, sizeof *memory));
    const float *centroids = pq->centroids.data + m * n * pq->dsub;
    for (size_t i = 0; i < n; i++) {
        faiss_fvec_L2sqr_ny (distances + i * n, centroids + i * pq->dsub, centroids, pq->dsub, n);
    }
    HammingObjective objective;
    hamming_init (&objective, distances, (int)pq->nbits, self->dis_weight_factor, memory);
    return anneal (self, &objective.objective, perm);
}

static FaissStatus permute_by_rankings (const FaissPolysemousTraining *self,
                                        const FaissProductQuantizer *pq, size_t m, size_t n,
                                        const float *x, int *perm) {
    FAISS_AUTO_FREE (float) *weights = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&weights, pq->ksub * pq->ksub * pq->ksub, sizeof *weights));
    FAISS_TRY (count_rankings (pq, m, n, x, weights));
    RankingObjective objective = {
        .objective = {.n = (int)pq->ksub,
                      .compute_cost = ranking_cost,
                      .cost_update = ranking_update},
        .weights = weights,
    };
    return anneal (self, &objective.objective, perm);
}

/* All sub-quantizers, as many at once as memory and threads allow. @param x  NULL: by distances */
static FaissStatus optimize (const FaissPolysemousTraining *self, FaissProductQuantizer *pq,
                             size_t n, const float *x) {
    FAISS_TRY (faiss_Float32Vector_own (&pq->centroids));
    FAISS_AUTO_FREE (int) *perms = NULL;
    FAISS_TRY (faiss_alloc (&perms, pq->M * pq->ksub, sizeof *perms));
    size_t n_threads = (size_t)faiss_threads_for ((int64_t)pq->M);
    size_t per_thread = faiss_PolysemousTraining_memory_usage_per_thread (self, pq);
    FAISS_REQUIRE (per_thread <= self->max_memory, "%zu bytes are needed, but max_memory=%zu",
                   per_thread, self->max_memory);
    while (n_threads > 1 && n_threads * per_thread > self->max_memory) {
        n_threads--;
    }
    FaissRegion region = {0};
#pragma omp parallel for num_threads(n_threads) schedule(dynamic)
    for (size_t m = 0; m < pq->M; m++) {
        if (!faiss_region_stopped (&region)) {
            int *perm = perms + m * pq->ksub;
            faiss_region_note (&region, x ? permute_by_rankings (self, pq, m, n, x, perm)
                                          : permute_by_distances (self, pq, m, perm));
        }
    }
    FAISS_TRY (faiss_region_close (&region));
    for (size_t m = 0; m < pq->M; m++) {
        FAISS_TRY (renumber (pq, m, perms + m * pq->ksub));
    }
    return FAISS_OK;
}

FaissStatus faiss_PolysemousTraining_optimize_reproduce_distances (
    const FaissPolysemousTraining *self, FaissProductQuantizer *pq) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (faiss_pq_check (__func__, pq));
    return optimize (self, pq, 0, NULL);
}

FaissStatus faiss_PolysemousTraining_optimize_ranking (const FaissPolysemousTraining *self,
                                                       FaissProductQuantizer *pq, size_t n,
                                                       const float *x) {
    enum { FEWEST = 8 };
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (faiss_pq_check (__func__, pq));
    FAISS_REQUIRE (n >= FEWEST && x,
                   "expected at least %d training vectors for rankings, got %zu: set "
                   "ntrain_permutation",
                   FEWEST, n);
    return optimize (self, pq, n, x);
}

FaissStatus faiss_PolysemousTraining_optimize_pq_for_hamming (const FaissPolysemousTraining *self,
                                                              FaissProductQuantizer *pq, size_t n,
                                                              const float *x) {
    FAISS_REQUIRE_ARG (self);
    switch (self->optimization_type) {
    case PolysemousTraining_OT_None:
        break;
    case PolysemousTraining_OT_ReproduceDistances_affine:
        FAISS_TRY (faiss_PolysemousTraining_optimize_reproduce_distances (self, pq));
        break;
    case PolysemousTraining_OT_Ranking_weighted_diff:
        FAISS_TRY (faiss_PolysemousTraining_optimize_ranking (self, pq, n, x));
        break;
    default:
        FAISS_FAIL ("unknown optimization_type %d", (int)self->optimization_type);
    }
    return faiss_ProductQuantizer_compute_sdc_table (pq);
}
