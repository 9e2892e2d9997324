/* Residual quantization: each codebook encodes what the ones before it left over. */
#include <faiss/impl/ResidualQuantizer.h>

#include <limits.h>
#include <math.h>
#include <string.h>

#include <faiss/impl/additive_files.h>
#include <faiss/impl/additive_internal.h>
#include <faiss/impl/check.h>
#include <faiss/impl/codebook_lstsq.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/residual_beam.h>
#include <faiss/index_io.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/candidates.h>
#include <faiss/utils/distances.h>

/* ---- life ------------------------------------------------------------------------------------ */

FaissStatus faiss_ResidualQuantizer_init (FaissResidualQuantizer *self, size_t d, size_t M,
                                          const uint64_t *nbits,
                                          FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (self);
    enum { NITER_CODEBOOK_REFINE = 5, MAX_BEAM_SIZE = 5 };
    self->train_type = ResidualQuantizer_Train_progressive_dim;
    self->niter_codebook_refine = NITER_CODEBOOK_REFINE;
    self->max_beam_size = MAX_BEAM_SIZE;
    self->approx_topk_mode = EXACT_TOPK;
    faiss_ProgressiveDimClusteringParameters_set_defaults (&self->cp);
    return faiss_AdditiveQuantizer_init (&self->aq, d, M, nbits, search_type);
}

static FaissStatus new_quantizer (FaissResidualQuantizer **out, size_t d, size_t M,
                                  const uint64_t *nbits,
                                  FaissAdditiveQuantizerSearchType search_type) {
    FAISS_OWNED (ResidualQuantizer) *self = NULL;
    FAISS_TRY (faiss_object_new (&self, &faiss_ResidualQuantizer_class.quantizer.head));
    FAISS_TRY (faiss_ResidualQuantizer_init (self, d, M, nbits, search_type));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_ResidualQuantizer_new (FaissResidualQuantizer **out) {
    FAISS_REQUIRE_ARG (out);
    return new_quantizer (out, 0, 0, NULL, AdditiveQuantizer_ST_decompress);
}

FaissStatus faiss_ResidualQuantizer_new_with (FaissResidualQuantizer **out, size_t d, size_t M,
                                              size_t nbits,
                                              FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO (UInt64Vector) all = {0};
    FAISS_TRY (faiss_aq_repeat_nbits (&all, M, nbits));
    return new_quantizer (out, d, M, all.data, search_type);
}

FaissStatus faiss_ResidualQuantizer_new_with_nbits (FaissResidualQuantizer **out, size_t d,
                                                    const FaissUInt64Vector *nbits,
                                                    FaissAdditiveQuantizerSearchType search_type) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (nbits);
    return new_quantizer (out, d, nbits->size, nbits->data, search_type);
}

void faiss_ResidualQuantizer_free (FaissResidualQuantizer *self) {
    faiss_object_free (self);
}

FaissResidualQuantizer *faiss_ResidualQuantizer_cast (FaissQuantizer *quantizer) {
    return faiss_object_cast (quantizer, &faiss_ResidualQuantizer_class.quantizer.head);
}

static FaissStatus ResidualQuantizer_copy (void *object, const void *other_object) {
    FaissResidualQuantizer *self = object;
    const FaissResidualQuantizer *other = other_object;
    self->train_type = other->train_type;
    self->niter_codebook_refine = other->niter_codebook_refine;
    self->max_beam_size = other->max_beam_size;
    self->use_beam_LUT = other->use_beam_LUT;
    self->approx_topk_mode = other->approx_topk_mode;
    self->cp = other->cp;
    self->assign_index_factory = other->assign_index_factory;
    return FAISS_OK;
}

FaissStatus faiss_ResidualQuantizer_initialize_from (FaissResidualQuantizer *self,
                                                     const FaissResidualQuantizer *other,
                                                     int skip_M) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (other);
    FaissAdditiveQuantizer *aq = &self->aq;
    size_t skip = (size_t)skip_M, d = aq->quantizer.d;
    FAISS_REQUIRE (skip_M >= 0 && aq->M <= other->aq.M && skip <= other->aq.M - aq->M,
                   "expected M + skip_M <= %zu, got %zu + %d", other->aq.M, aq->M, skip_M);
    FAISS_REQUIRE (other->aq.quantizer.d == d, "expected d=%zu, got %zu", d, other->aq.quantizer.d);
    FAISS_TRY (faiss_aq_check_trained (__func__, &other->aq));
    for (size_t m = 0; m < aq->M; m++) {
        FAISS_REQUIRE (aq->nbits.data[m] == other->aq.nbits.data[skip + m],
                       "codebook %zu has nbits=%llu, expected %llu", m,
                       (unsigned long long)other->aq.nbits.data[skip + m],
                       (unsigned long long)aq->nbits.data[m]);
    }
    FAISS_TRY (faiss_Float32Vector_assign (
        &aq->codebooks, other->aq.codebooks.data + other->aq.codebook_offsets.data[skip] * d,
        aq->total_codebook_size * d));
    self->train_type = other->train_type;
    self->max_beam_size = other->max_beam_size;
    aq->norm_min = other->aq.norm_min;
    aq->norm_max = other->aq.norm_max;
    faiss_Float32Vector_clear (&aq->centroid_norms);
    faiss_Float32Vector_clear (&aq->codebook_cross_products);
    aq->is_trained = true;
    return self->train_type & ResidualQuantizer_Skip_codebook_tables
               ? FAISS_OK
               : faiss_AdditiveQuantizer_compute_codebook_tables (aq);
}

/* ---- training -------------------------------------------------------------------------------- */

/* The beams' residuals of all training vectors, stage by stage. */
typedef struct Training {
    size_t n, d, beam_size;
    const float *residuals; /* n * beam_size rows of d: the vectors themselves, then: */
    float *memory;
    int approx_topk_mode;
} Training;

static void Training_clear (Training *self) {
    free (self->memory);
}

static FaissStatus check_parameters (const char *function, const FaissResidualQuantizer *self) {
    if (self->max_beam_size <= 0) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected max_beam_size > 0, got %d",
                              self->max_beam_size);
    }
    return FAISS_OK;
}

static FaissStatus cluster_progressively (const FaissResidualQuantizer *self, size_t K, size_t n,
                                          const float *x, float *codebook) {
    size_t d = self->quantizer.d;
    FaissProgressiveDimClustering *clustering = NULL;
    FAISS_TRY (faiss_ProgressiveDimClustering_new_with_cp (&clustering, (int)d, (int)K, &self->cp));
    FaissStatus status =
        faiss_ProgressiveDimClustering_train (clustering, (idx_t)n, x, self->assign_index_factory);
    if (status == FAISS_OK) {
        memcpy (codebook, clustering->centroids.data, K * d * sizeof *codebook);
    }
    faiss_ProgressiveDimClustering_free (clustering);
    return status;
}

static FaissStatus cluster (const FaissResidualQuantizer *self, size_t K, size_t n, const float *x,
                            float *codebook) {
    size_t d = self->quantizer.d;
    FAISS_REQUIRE (n <= INT_MAX, "expected at most %d training vectors, got %zu", INT_MAX, n);
    if (self->train_type & ResidualQuantizer_Train_progressive_dim) {
        return cluster_progressively (self, K, n, x, codebook);
    }
    FAISS_OWNED (Index) *index = NULL;
    FAISS_TRY (faiss_ProgressiveDimIndexFactory_make (self->assign_index_factory, (int)d, &index));
    FaissClustering *clustering = NULL;
    FAISS_TRY (faiss_Clustering_new_with_cp (&clustering, (int)d, (int)K, &self->cp.cp));
    FaissStatus status = faiss_Clustering_train (clustering, (idx_t)n, x, index);
    if (status == FAISS_OK) {
        memcpy (codebook, clustering->centroids.data, K * d * sizeof *codebook);
    }
    faiss_Clustering_free (clustering);
    return status;
}

static FaissStatus train_codebook (const FaissResidualQuantizer *self, const Training *training,
                                   size_t K, float *codebook) {
    size_t n = training->n, d = training->d, beam_size = training->beam_size;
    if (beam_size == 1 || !(self->train_type & ResidualQuantizer_Train_top_beam)) {
        return cluster (self, K, n * beam_size, training->residuals, codebook);
    }
    FAISS_AUTO_FREE (float) *best = NULL;
    FAISS_TRY (faiss_alloc (&best, n * d, sizeof *best));
    for (size_t i = 0; i < n; i++) {
        memcpy (best + i * d, training->residuals + i * beam_size * d, d * sizeof *best);
    }
    return cluster (self, K, n, best, codebook);
}

/* The beams after one more codebook. */
static FaissStatus next_beams (Training *training, const float *codebook, size_t K,
                               size_t max_beam_size) {
    size_t n = training->n, d = training->d;
    size_t new_beam_size = faiss_beam_next_size (training->beam_size, K, max_beam_size);
    const uint64_t offsets[2] = {0, K};
    __attribute__ ((cleanup (faiss_BeamStages_clear))) FaissBeamStages stages = {0};
    FAISS_TRY (faiss_BeamStages_init (&stages, d, 1, codebook, offsets));
    FAISS_TRY (faiss_BeamStages_approximate (&stages, training->approx_topk_mode));
    FAISS_AUTO_FREE (float) *grown = NULL;
    float *to = training->memory;
    if (!to || new_beam_size != training->beam_size) {
        FAISS_REQUIRE (n <= SIZE_MAX / sizeof (float) / d / new_beam_size,
                       "%zu vectors with beams of %zu are too many", n, new_beam_size);
        FAISS_TRY (faiss_alloc (&grown, n * new_beam_size * d, sizeof *grown));
        to = grown;
    }
    FAISS_TRY (faiss_beam_stage (stages.stages, d, n, training->beam_size, training->residuals,
                                 new_beam_size, to));
    if (grown) {
        free (training->memory);
        training->memory = FAISS_STEAL (grown);
    }
    training->residuals = training->memory;
    training->beam_size = new_beam_size;
    return FAISS_OK;
}

/* Squared norms of what the best beams' codes decode to. */
static FaissStatus train_norms (FaissAdditiveQuantizer *aq, const Training *training,
                                const float *x) {
    size_t d = training->d, stride = training->beam_size * d;
    FAISS_AUTO_FREE (float) *norms = NULL;
    FAISS_TRY (faiss_alloc (&norms, training->n, sizeof *norms));
    for (size_t i = 0; i < training->n; i++) {
        norms[i] = faiss_fvec_L2sqr (x + i * d, training->residuals + i * stride, d);
    }
    return faiss_AdditiveQuantizer_train_norm (aq, training->n, norms);
}

static FaissStatus train_codebooks (FaissResidualQuantizer *self, size_t n, const float *x,
                                    FaissFloat32Vector *codebooks) {
    FaissAdditiveQuantizer *aq = &self->aq;
    __attribute__ ((cleanup (Training_clear)))
    Training training = {.n = n,
                         .d = aq->quantizer.d,
                         .beam_size = 1,
                         .residuals = x,
                         .approx_topk_mode = (int)self->approx_topk_mode};
    for (size_t m = 0; m < aq->M; m++) {
        size_t K = (size_t)1 << aq->nbits.data[m];
        float *codebook = codebooks->data + aq->codebook_offsets.data[m] * training.d;
        FAISS_TRY (train_codebook (self, &training, K, codebook));
        FAISS_TRY (next_beams (&training, codebook, K, (size_t)self->max_beam_size));
        if (aq->verbose) {
            faiss_say ("residual quantizer: codebook %zu of %zu, beams of %zu\n", m + 1, aq->M,
                       training.beam_size);
        }
    }
    return train_norms (aq, &training, x);
}

static FaissStatus ResidualQuantizer_train (FaissQuantizer *quantizer, size_t n, const float *x) {
    FaissResidualQuantizer *self = FAISS_SELF (ResidualQuantizer, quantizer, quantizer);
    FaissAdditiveQuantizer *aq = &self->aq;
    FAISS_REQUIRE (quantizer->d > 0 && aq->M > 0, "expected d > 0 and M > 0, got %zu and %zu",
                   quantizer->d, aq->M);
    FAISS_TRY (faiss_AdditiveQuantizer_set_derived_values (aq));
    FAISS_TRY (check_parameters (__func__, self));
    FAISS_AUTO (Float32Vector) codebooks = {0};
    FAISS_TRY (faiss_Float32Vector_resize (&codebooks, aq->total_codebook_size * quantizer->d));
    FAISS_TRY (train_codebooks (self, n, x, &codebooks));
    faiss_Float32Vector_swap (&aq->codebooks, &codebooks);
    faiss_Float32Vector_clear (&aq->centroid_norms);
    faiss_Float32Vector_clear (&aq->codebook_cross_products);
    aq->is_trained = true;
    if (self->train_type & ResidualQuantizer_Train_refine_codebook) {
        for (int i = 0; i < self->niter_codebook_refine; i++) {
            float error;
            FAISS_TRY (faiss_ResidualQuantizer_retrain_AQ_codebook (self, n, x, &error));
        }
    }
    return self->train_type & ResidualQuantizer_Skip_codebook_tables
               ? FAISS_OK
               : faiss_AdditiveQuantizer_compute_codebook_tables (aq);
}

/* ---- encoding -------------------------------------------------------------------------------- */

static FaissStatus init_stages (const FaissResidualQuantizer *self, FaissBeamStages *stages) {
    const FaissAdditiveQuantizer *aq = &self->aq;
    FAISS_REQUIRE (aq->M > 0 && aq->quantizer.d > 0, "expected M > 0 and d > 0, got %zu and %zu",
                   aq->M, aq->quantizer.d);
    FAISS_REQUIRE (aq->codebooks.size >= aq->total_codebook_size * aq->quantizer.d,
                   "codebooks has %zu elements, expected %zu", aq->codebooks.size,
                   aq->total_codebook_size * aq->quantizer.d);
    FAISS_TRY (faiss_BeamStages_init (stages, aq->quantizer.d, aq->M, aq->codebooks.data,
                                      aq->codebook_offsets.data));
    return faiss_BeamStages_approximate (stages, (int)self->approx_topk_mode);
}

static FaissStatus encode_part (const FaissResidualQuantizer *self, const FaissBeamStages *stages,
                                const float *x, uint8_t *codes, size_t n, const float *centroids,
                                int32_t *unpacked, float *residuals, float *norms) {
    size_t d = self->quantizer.d;
    FAISS_TRY (faiss_beam_search (stages, n, 1, x, (size_t)self->max_beam_size, 1, unpacked,
                                  residuals, NULL));
    for (size_t i = 0; i < n && norms; i++) {
        norms[i] = faiss_fvec_L2sqr (x + i * d, residuals + i * d, d);
    }
    return faiss_AdditiveQuantizer_pack_codes (&self->aq, n, unpacked, codes, -1, norms, centroids);
}

static FaissStatus ResidualQuantizer_compute_codes_add_centroids (const FaissAdditiveQuantizer *aq,
                                                                  const float *x, uint8_t *codes,
                                                                  size_t n,
                                                                  const float *centroids) {
    enum { PART = 16384 };
    const FaissResidualQuantizer *self = FAISS_CONST_SELF (ResidualQuantizer, aq, aq);
    FAISS_TRY (faiss_aq_check_trained (__func__, aq));
    FAISS_TRY (check_parameters (__func__, self));
    __attribute__ ((cleanup (faiss_BeamStages_clear))) FaissBeamStages stages = {0};
    FAISS_TRY (init_stages (self, &stages));
    size_t d = aq->quantizer.d, part = n < PART ? n : PART;
    bool needs_norms = faiss_aq_has_norms (aq->search_type) && !centroids;
    FAISS_AUTO_FREE (int32_t) *unpacked = NULL;
    FAISS_AUTO_FREE (float) *residuals = NULL;
    FAISS_AUTO_FREE (float) *norms = NULL;
    FAISS_TRY (faiss_alloc (&unpacked, part * aq->M, sizeof *unpacked));
    if (needs_norms) {
        FAISS_TRY (faiss_alloc (&residuals, part * d, sizeof *residuals));
        FAISS_TRY (faiss_alloc (&norms, part, sizeof *norms));
    }
    for (size_t begin = 0; begin < n; begin += PART) {
        FAISS_TRY (
            encode_part (self, &stages, x + begin * d, codes + begin * aq->quantizer.code_size,
                         n - begin < PART ? n - begin : PART,
                         centroids ? centroids + begin * d : NULL, unpacked, residuals, norms));
    }
    return FAISS_OK;
}

FaissStatus faiss_ResidualQuantizer_refine_beam (const FaissResidualQuantizer *self, size_t n,
                                                 size_t beam_size, const float *residuals,
                                                 int new_beam_size, int32_t *new_codes,
                                                 float *new_residuals, float *new_distances) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (n == 0 || (residuals && new_codes), "residuals or new_codes is NULL");
    FAISS_REQUIRE (beam_size > 0 && new_beam_size > 0, "expected beam sizes > 0, got %zu and %d",
                   beam_size, new_beam_size);
    __attribute__ ((cleanup (faiss_BeamStages_clear))) FaissBeamStages stages = {0};
    FAISS_TRY (init_stages (self, &stages));
    return faiss_beam_search (&stages, n, beam_size, residuals, (size_t)new_beam_size,
                              (size_t)new_beam_size, new_codes, new_residuals, new_distances);
}

/* ---- retraining ------------------------------------------------------------------------------ */

FaissStatus faiss_ResidualQuantizer_retrain_AQ_codebook (FaissResidualQuantizer *self, size_t n,
                                                         const float *x, float *out) {
    const double rcond = 1e-4;
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (x);
    FaissAdditiveQuantizer *aq = &self->aq;
    FAISS_TRY (faiss_aq_check_trained (__func__, aq));
    FAISS_TRY (check_parameters (__func__, self));
    FAISS_REQUIRE (n >= aq->total_codebook_size,
                   "too few training points: expected at least %zu, got %zu",
                   aq->total_codebook_size, n);
    __attribute__ ((cleanup (faiss_BeamStages_clear))) FaissBeamStages stages = {0};
    FAISS_TRY (init_stages (self, &stages));
    FAISS_AUTO_FREE (int32_t) *codes = NULL;
    FAISS_AUTO (Float32Vector) codebooks = {0};
    FAISS_TRY (faiss_alloc (&codes, n * aq->M, sizeof *codes));
    FAISS_TRY (
        faiss_beam_search (&stages, n, 1, x, (size_t)self->max_beam_size, 1, codes, NULL, NULL));
    FAISS_TRY (faiss_Float32Vector_resize (&codebooks, aq->total_codebook_size * aq->quantizer.d));
    FaissCodebookProblem problem = {.n = n,
                                    .d = aq->quantizer.d,
                                    .M = aq->M,
                                    .offsets = aq->codebook_offsets.data,
                                    .codes = codes,
                                    .x = x};
    float error = 0;
    FAISS_TRY (faiss_codebook_least_squares (&problem, rcond, codebooks.data));
    FAISS_TRY (faiss_codebook_error (&problem, codebooks.data, &error));
    faiss_Float32Vector_swap (&aq->codebooks, &codebooks);
    faiss_Float32Vector_clear (&aq->centroid_norms);
    faiss_Float32Vector_clear (&aq->codebook_cross_products);
    if (aq->verbose) {
        faiss_say ("residual quantizer: error %g after a new choice of codebooks\n", (double)error);
    }
    if (out) {
        *out = error;
    }
    return FAISS_OK;
}

/* ---- beams from tables ----------------------------------------------------------------------- */

/* One vector's beams: codes, distances so far, and a table of values for the next codebook. */
typedef struct TableBeams {
    size_t size;
    int32_t *codes; /* size rows of M */
    float *distances;
} TableBeams;

typedef struct TableSearch {
    const FaissAdditiveQuantizer *aq;
    size_t max_beam_size, largest_K;
    const float *query_norms, *query_cp;
    int32_t *new_codes;
    float *new_distances;
} TableSearch;

typedef struct TableWorker {
    TableBeams beams[2];
    float *values, *selected;
    uint32_t *places, *positions;
    uint64_t *keys;
} TableWorker;

static void TableWorker_clear (TableWorker *self) {
    for (int i = 0; i < 2; i++) {
        free (self->beams[i].codes);
        free (self->beams[i].distances);
    }
    free (self->values);
    free (self->selected);
    free (self->places);
    free (self->positions);
    free (self->keys);
}

static FaissStatus TableWorker_init (TableWorker *self, const TableSearch *s) {
    size_t beam_size = s->max_beam_size, n_values = beam_size * s->largest_K;
    for (int i = 0; i < 2; i++) {
        TableBeams *beams = &self->beams[i];
        FAISS_TRY (faiss_alloc (&beams->codes, beam_size * s->aq->M, sizeof *beams->codes));
        FAISS_TRY (faiss_alloc (&beams->distances, beam_size, sizeof *beams->distances));
    }
    FAISS_TRY (faiss_alloc (&self->values, n_values, sizeof *self->values));
    FAISS_TRY (faiss_alloc (&self->selected, beam_size, sizeof *self->selected));
    FAISS_TRY (faiss_alloc (&self->places, beam_size, sizeof *self->places));
    FAISS_TRY (faiss_alloc (&self->positions, n_values, sizeof *self->positions));
    return faiss_alloc (&self->keys, faiss_candidates_capacity (beam_size), sizeof *self->keys);
}

/* |r - c|^2 = |r|^2 + |c|^2 - 2 <x, c> + 2 sum of <earlier rows, c> */
static void table_stage (const TableSearch *s, TableWorker *worker, size_t m, const float *products,
                         const float *query_cp, const TableBeams *from, TableBeams *to) {
    const FaissAdditiveQuantizer *aq = s->aq;
    const uint64_t *offsets = aq->codebook_offsets.data;
    size_t K = (size_t)1 << aq->nbits.data[m], M = aq->M;
    to->size = faiss_beam_next_size (from->size, K, s->max_beam_size);
    for (size_t b = 0; b < from->size; b++) {
        float *values = worker->values + b * K;
        for (size_t k = 0; k < K; k++) {
            values[k] = from->distances[b] + aq->centroid_norms.data[offsets[m] + k];
        }
        faiss_kernels.fvec_madd (K, values, -2, query_cp + offsets[m], values);
        for (size_t earlier = 0; earlier < m; earlier++) {
            size_t row = offsets[earlier] + (size_t)from->codes[b * M + earlier];
            faiss_kernels.fvec_madd (K, values, 2, products + row * K, values);
        }
    }
    faiss_beam_select (worker->values, from->size * K, to->size, worker->places, to->distances,
                       worker->keys, worker->positions);
    for (size_t b = 0; b < to->size; b++) {
        memcpy (to->codes + b * M, from->codes + worker->places[b] / K * M, m * sizeof *to->codes);
        to->codes[b * M + m] = (int32_t)(worker->places[b] % K);
    }
}

static void table_search (const TableSearch *s, TableWorker *worker, size_t i) {
    const FaissAdditiveQuantizer *aq = s->aq;
    TableBeams *from = &worker->beams[0], *to = &worker->beams[1];
    const float *products = aq->codebook_cross_products.data;
    from->size = 1;
    from->distances[0] = s->query_norms[i];
    for (size_t m = 0; m < aq->M; m++) {
        table_stage (s, worker, m, products, s->query_cp + i * aq->total_codebook_size, from, to);
        if (m > 0) {
            products += aq->codebook_offsets.data[m] << aq->nbits.data[m];
        }
        TableBeams *other = from;
        from = to;
        to = other;
    }
    memcpy (s->new_codes + i * s->max_beam_size * aq->M, from->codes,
            s->max_beam_size * aq->M * sizeof *from->codes);
    if (s->new_distances) {
        memcpy (s->new_distances + i * s->max_beam_size, from->distances,
                s->max_beam_size * sizeof (float));
    }
}

FaissStatus faiss_ResidualQuantizer_refine_beam_LUT (const FaissResidualQuantizer *self, size_t n,
                                                     const float *query_norms,
                                                     const float *query_cp, int new_beam_size,
                                                     int32_t *new_codes, float *new_distances) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (n == 0 || (query_norms && query_cp && new_codes),
                   "query_norms, query_cp or new_codes is NULL");
    FAISS_REQUIRE (new_beam_size > 0, "expected new_beam_size > 0, got %d", new_beam_size);
    const FaissAdditiveQuantizer *aq = &self->aq;
    FAISS_TRY (faiss_aq_check_trained (__func__, aq));
    FAISS_REQUIRE (aq->centroid_norms.size == aq->total_codebook_size,
                   "there are no tables: call compute_codebook_tables");
    TableSearch search = {aq,        (size_t)new_beam_size, 0, query_norms, query_cp,
                          new_codes, new_distances};
    size_t size = 1;
    for (size_t m = 0; m < aq->M; m++) {
        size_t K = (size_t)1 << aq->nbits.data[m];
        search.largest_K = K > search.largest_K ? K : search.largest_K;
        size = faiss_beam_next_size (size, K, search.max_beam_size);
    }
    FAISS_REQUIRE (size == search.max_beam_size, "the search ends with beams of %zu, expected %d",
                   size, new_beam_size);
    FAISS_REQUIRE (search.max_beam_size <= UINT32_MAX / search.largest_K,
                   "beams of %d with codebooks of %zu rows are too large", new_beam_size,
                   search.largest_K);
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for((idx_t)n))
    {
        TableWorker worker = {0};
        faiss_region_note (&region, TableWorker_init (&worker, &search));
#pragma omp for schedule(dynamic, 8)
        for (idx_t i = 0; i < (idx_t)n; i++) {
            if (!faiss_region_stopped (&region)) {
                table_search (&search, &worker, (size_t)i);
            }
        }
        TableWorker_clear (&worker);
    }
    return faiss_region_close (&region);
}

size_t faiss_ResidualQuantizer_memory_per_point (const FaissResidualQuantizer *self,
                                                 int beam_size) {
    if (!self) {
        return 0;
    }
    size_t beam = (size_t)(beam_size < 0 ? self->max_beam_size : beam_size);
    size_t residuals = 2 * beam * self->quantizer.d * sizeof (float);   /* old and new */
    return residuals + beam * beam * (sizeof (float) + sizeof (idx_t)); /* candidates */
}

/* ---- files ----------------------------------------------------------------------------------- */

static FaissStatus check_beam_size (const FaissIOReader *r, const FaissResidualQuantizer *self) {
    FAISS_REQUIRE_FILE (r, self->max_beam_size > 0, "expected max_beam_size > 0, got %d",
                        self->max_beam_size);
    FAISS_REQUIRE_FILE (r,
                        (size_t)self->max_beam_size <
                            faiss_deserialization_vector_byte_limit / sizeof (float) / self->aq.M,
                        "beams of max_beam_size=%d with M=%zu codebooks are too large",
                        self->max_beam_size, self->aq.M);
    return FAISS_OK;
}

FaissStatus faiss_read_ResidualQuantizer (FaissIOReader *r, FaissResidualQuantizer *self,
                                          int io_flags) {
    FaissAdditiveQuantizer *aq = &self->aq;
    FAISS_TRY (faiss_read_AdditiveQuantizer (r, aq));
    FAISS_TRY (faiss_check_codebooks (r, aq, aq->quantizer.d));
    FAISS_TRY (faiss_read_i32 (r, &self->train_type, "train_type"));
    FAISS_TRY (faiss_read_i32 (r, &self->max_beam_size, "max_beam_size"));
    FAISS_TRY (check_beam_size (r, self));
    return self->train_type & ResidualQuantizer_Skip_codebook_tables ||
                   io_flags & FAISS_IO_FLAG_SKIP_PRECOMPUTE_TABLE
               ? FAISS_OK
               : faiss_AdditiveQuantizer_compute_codebook_tables (aq);
}

FaissStatus faiss_write_ResidualQuantizer (FaissIOWriter *w, const FaissResidualQuantizer *self) {
    FAISS_TRY (faiss_write_AdditiveQuantizer (w, &self->aq));
    FAISS_TRY (faiss_write_i32 (w, self->train_type));
    return faiss_write_i32 (w, self->max_beam_size);
}

FaissStatus faiss_read_OldResidualQuantizer (FaissIOReader *r, FaissResidualQuantizer *self) {
    FaissAdditiveQuantizer *aq = &self->aq;
    int search_type;
    FAISS_TRY (faiss_read_nbits (r, aq));
    FAISS_TRY (faiss_read_i32 (r, &self->train_type, "train_type"));
    FAISS_TRY (faiss_read_i32 (r, &self->max_beam_size, "max_beam_size"));
    FAISS_TRY (check_beam_size (r, self));
    FAISS_TRY (faiss_read_Float32Vector (r, &aq->codebooks, "codebooks"));
    FAISS_TRY (faiss_read_i32 (r, &search_type, "search_type"));
    FAISS_TRY (faiss_read_f32 (r, &aq->norm_min, "norm_min"));
    FAISS_TRY (faiss_read_f32 (r, &aq->norm_max, "norm_max"));
    aq->search_type = (FaissAdditiveQuantizerSearchType)search_type;
    FAISS_TRY (faiss_AdditiveQuantizer_set_derived_values (aq));
    return faiss_check_codebooks (r, aq, aq->quantizer.d);
}

/* ---- the class ------------------------------------------------------------------------------- */

/* What a field was set to may not fit the others. */
static FaissStatus ResidualQuantizer_check (const void *object) {
    const FaissResidualQuantizer *self = object;
    FAISS_TRY (faiss_aq_check_codebooks (__func__, &self->aq, self->quantizer.d));
    return FAISS_OK;
}

FaissAdditiveQuantizerClass faiss_ResidualQuantizer_class = {
    .quantizer = {.head = {.name = "ResidualQuantizer",
                           .parent = &faiss_AdditiveQuantizer_class.quantizer.head,
                           .instance_size = sizeof (FaissResidualQuantizer),
                           .table_size = sizeof (FaissAdditiveQuantizerClass),
                           .check = ResidualQuantizer_check,
                           .copy = ResidualQuantizer_copy},
                  .train = ResidualQuantizer_train},
    .compute_codes_add_centroids = ResidualQuantizer_compute_codes_add_centroids,
};
