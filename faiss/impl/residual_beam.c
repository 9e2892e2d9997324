/* Beam search: the core of residual quantizers.
 *
 * The vectors are worked on in blocks that stay in the cache through all stages. The distances of a
 * block's residuals to a codebook are one matrix product.
 */
#include <faiss/impl/residual_beam.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/impl/ResidualQuantizer.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/candidates.h>
#include <faiss/utils/distances.h>

/// Residuals that are compared with a codebook together.
enum { BLOCK_ROWS = 120 };

/* ---- codebooks ------------------------------------------------------------------------------- */

void faiss_BeamStages_clear (FaissBeamStages *self) {
    free (self->stages);
    free (self->memory_packed);
    free (self->memory_norms);
    *self = (FaissBeamStages){0};
}

static size_t whole_groups (size_t n) {
    return (n + FAISS_EXACT_ROWS - 1) / FAISS_EXACT_ROWS * FAISS_EXACT_ROWS;
}

FaissStatus faiss_BeamStages_init (FaissBeamStages *self, size_t d, size_t M,
                                   const float *codebooks, const uint64_t *offsets) {
    size_t n_packed = 0;
    for (size_t m = 0; m < M; m++) {
        n_packed += whole_groups (offsets[m + 1] - offsets[m]);
    }
    *self = (FaissBeamStages){.d = d, .M = M};
    FAISS_TRY (faiss_alloc_zeroed (&self->stages, M, sizeof *self->stages));
    FAISS_TRY (faiss_alloc_aligned (&self->memory_packed, n_packed * d, sizeof (float)));
    FAISS_TRY (faiss_alloc (&self->memory_norms, offsets[M], sizeof (float)));
    faiss_fvec_norms_L2sqr (self->memory_norms, codebooks, d, offsets[M]);
    float *packed = self->memory_packed;
    for (size_t m = 0; m < M; m++) {
        size_t K = offsets[m + 1] - offsets[m];
        const float *codebook = codebooks + offsets[m] * d;
        self->stages[m] =
            (FaissBeamStage){codebook, K, packed, self->memory_norms + offsets[m], 0, 0};
        faiss_kernels.exact_pack_rows (codebook, NULL, K, d, packed);
        packed += whole_groups (K) * d;
    }
    return FAISS_OK;
}

enum { MAX_BUCKETS = 32, MAX_DEPTH = 3 };

FaissStatus faiss_BeamStages_approximate (FaissBeamStages *self, int mode) {
    static const struct {
        size_t n_buckets, depth;
    } modes[] = {[EXACT_TOPK] = {0, 0},
                 [APPROX_TOPK_BUCKETS_B32_D2] = {32, 2},
                 [APPROX_TOPK_BUCKETS_B8_D3] = {8, 3},
                 [APPROX_TOPK_BUCKETS_B16_D2] = {16, 2},
                 [APPROX_TOPK_BUCKETS_B8_D2] = {8, 2}};
    const int n_modes = sizeof modes / sizeof *modes;
    FAISS_REQUIRE (mode >= 0 && mode < n_modes, "expected approx_topk_mode 0 .. %d, got %d",
                   n_modes - 1, mode);
    for (size_t m = 0; m < self->M; m++) {
        self->stages[m].n_buckets = modes[mode].n_buckets;
        self->stages[m].bucket_depth = modes[mode].depth;
    }
    return FAISS_OK;
}

size_t faiss_beam_next_size (size_t beam_size, size_t K, size_t max_beam_size) {
    return K >= max_beam_size || beam_size >= max_beam_size || beam_size * K >= max_beam_size
               ? max_beam_size
               : beam_size * K;
}

/* ---- selection ------------------------------------------------------------------------------- */

enum { COLUMNS = 32 };

/* No fewer than k of the values are at most this. */
static float upper_bound (const float *values, size_t n, size_t k) {
    float minima[COLUMNS];
    faiss_kernels.aq_column_minima (values, n, minima);
    for (size_t i = 0; i < k; i++) { /* the k smallest to the front */
        size_t best = i;
        for (size_t j = i + 1; j < COLUMNS; j++) {
            best = minima[j] < minima[best] ? j : best;
        }
        float smallest = minima[best];
        minima[best] = minima[i];
        minima[i] = smallest;
    }
    return minima[k - 1];
}

/* The k first of a list in the order of (value, place). Returns how many there are. */
static size_t insert_sorted (const float *values, const uint32_t *places, size_t n, size_t k,
                             uint32_t *out_places, float *out_values) {
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        float value = values[places[i]];
        if (size == k && !(value < out_values[k - 1])) {
            continue;
        }
        size_t at = size < k ? size++ : k - 1;
        for (; at > 0 && value < out_values[at - 1]; at--) {
            out_values[at] = out_values[at - 1];
            out_places[at] = out_places[at - 1];
        }
        out_values[at] = value;
        out_places[at] = places[i];
    }
    return size;
}

/* For many: in blocks, what is below the worst so far. Returns how many there are. */
static size_t select_many (const float *values, size_t n, size_t k, uint32_t *out_places,
                           float *out_values, uint64_t *keys, uint32_t *positions) {
    enum { BLOCK = 1024 };
    FaissCandidates candidates;
    faiss_candidates_init (&candidates, false, keys);
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        size_t size = n - begin < BLOCK ? n - begin : BLOCK;
        size_t n_found =
            faiss_kernels.find_at_most (values + begin, size, candidates.threshold, positions);
        float found[BLOCK];
        for (size_t i = 0; i < n_found; i++) {
            found[i] = values[begin + positions[i]];
        }
        faiss_candidates_add (&candidates, false, k, n_found, found, positions, (uint32_t)begin,
                              NULL);
    }
    size_t n_found = candidates.size < k ? candidates.size : k;
    faiss_candidates_finish (&candidates, false, k, out_values, (idx_t *)(void *)keys);
    for (size_t i = 0; i < n_found; i++) {
        idx_t id;
        memcpy (&id, keys + i, sizeof id);
        out_places[i] = (uint32_t)id;
    }
    return n_found;
}

void faiss_beam_select (const float *values, size_t n, size_t k, uint32_t *out_places,
                        float *out_values, uint64_t *keys, uint32_t *positions) {
    size_t size;
    if (k == 1) {
        out_places[0] = faiss_kernels.aq_smallest_sum (values, NULL, 0, n);
        out_places[0] = out_places[0] < n ? out_places[0] : 0; /* all are NaN */
        out_values[0] = values[out_places[0]];
        return;
    }
    if (k <= COLUMNS) {
        float bound = n < COLUMNS ? INFINITY : upper_bound (values, n, k);
        size_t n_found = faiss_kernels.find_at_most (values, n, bound, positions);
        size = insert_sorted (values, positions, n_found, k, out_places, out_values);
    } else {
        size = select_many (values, n, k, out_places, out_values, keys, positions);
    }
    for (; size < k; size++) { /* numbers that are not finite: any valid row */
        out_places[size] = 0;
        out_values[size] = NAN;
    }
}

/* ---- buckets --------------------------------------------------------------------------------- */

/* Of each bucket of a row the values that do not compete become infinite. */
static void cut_row (const FaissBeamStage *stage, float *values) {
    size_t n_buckets = stage->n_buckets, n = stage->K / n_buckets * n_buckets;
    float nearest[MAX_DEPTH][MAX_BUCKETS];
    for (size_t i = 0; i < MAX_DEPTH * MAX_BUCKETS; i++) {
        nearest[i / MAX_BUCKETS][i % MAX_BUCKETS] = INFINITY;
    }
    for (size_t first = 0; first < n; first += n_buckets) {
        for (size_t j = 0; j < n_buckets; j++) {
            float value = values[first + j];
            for (size_t depth = 0; depth < stage->bucket_depth; depth++) {
                float other = nearest[depth][j];
                nearest[depth][j] = value < other ? value : other;
                value = value < other ? other : value;
            }
        }
    }
    const float *limits = nearest[stage->bucket_depth - 1];
    for (size_t first = 0; first < n; first += n_buckets) {
        for (size_t j = 0; j < n_buckets; j++) {
            values[first + j] = values[first + j] <= limits[j] ? values[first + j] : INFINITY;
        }
    }
}

/* Unless too few for k would be left. */
static void cut_buckets (const FaissBeamStage *stage, float *values, size_t n_rows, size_t k) {
    size_t rounds = stage->n_buckets ? stage->K / stage->n_buckets : 0;
    if (rounds <= stage->bucket_depth) {
        return;
    }
    size_t n_left = n_rows * (stage->n_buckets * stage->bucket_depth + stage->K % stage->n_buckets);
    for (size_t i = 0; i < n_rows && k <= n_left; i++) {
        cut_row (stage, values + i * stage->K);
    }
}

/* ---- one stage ------------------------------------------------------------------------------- */

/* What a thread needs for a block. */
typedef struct Scratch {
    float *norms, *values; /* of all residuals; beam_size * K for each vector */
    uint32_t *positions, *places;
    float *distances; /* of one vector's new beams */
    uint64_t *keys;
} Scratch;

static void Scratch_clear (Scratch *self) {
    free (self->norms);
    free (self->values);
    free (self->positions);
    free (self->places);
    free (self->distances);
    free (self->keys);
}

/* For n vectors with beams of beam_size, which become new ones of new_beam_size, codebooks of K. */
static FaissStatus Scratch_init (Scratch *self, size_t n, size_t beam_size, size_t new_beam_size,
                                 size_t K) {
    size_t capacity = faiss_candidates_capacity (new_beam_size);
    FAISS_REQUIRE (beam_size <= UINT32_MAX / K && n <= SIZE_MAX / sizeof (float) / beam_size / K,
                   "beams of %zu with codebooks of %zu rows are too many", beam_size, K);
    FAISS_TRY (faiss_alloc (&self->norms, n * beam_size, sizeof *self->norms));
    FAISS_TRY (faiss_alloc (&self->values, n * beam_size * K, sizeof *self->values));
    FAISS_TRY (faiss_alloc (&self->positions, beam_size * K, sizeof *self->positions));
    FAISS_TRY (faiss_alloc (&self->places, new_beam_size, sizeof *self->places));
    FAISS_TRY (faiss_alloc (&self->distances, new_beam_size, sizeof *self->distances));
    return faiss_alloc (&self->keys, capacity > new_beam_size ? capacity : new_beam_size,
                        sizeof *self->keys);
}

/* The beams of a block of vectors. */
typedef struct Beams {
    size_t size;
    float *residuals; /* n * size rows of d */
    int32_t *codes;   /* n * size rows of M; NULL: not wanted */
    float *distances; /* n * size; NULL: not wanted */
} Beams;

/* The new beams of vector i: residuals and codes of their parents, and one more row. */
static void extend (const FaissBeamStage *stage, size_t d, size_t M, size_t m, size_t i,
                    const Scratch *scratch, const Beams *from, Beams *to) {
    for (size_t b = 0; b < to->size; b++) {
        size_t parent = i * from->size + scratch->places[b] / stage->K, child = i * to->size + b;
        size_t row = scratch->places[b] % stage->K;
        faiss_kernels.fvec_madd (d, from->residuals + parent * d, -1, stage->codebook + row * d,
                                 to->residuals + child * d);
        if (to->codes) {
            memcpy (to->codes + child * M, from->codes + parent * M, m * sizeof *to->codes);
            to->codes[child * M + m] = (int32_t)row;
        }
        if (to->distances) {
            to->distances[child] = scratch->distances[b];
        }
    }
}

static void stage_of_block (const FaissBeamStage *stage, size_t d, size_t M, size_t m, size_t n,
                            Scratch *scratch, const Beams *from, Beams *to) {
    size_t n_rows = n * from->size;
    for (size_t i = 0; i < n_rows; i++) {
        scratch->norms[i] = faiss_fvec_norm_L2sqr (from->residuals + i * d, d);
    }
    faiss_kernels.packed_products (from->residuals, n_rows, d, stage->packed, stage->K,
                                   scratch->norms, stage->norms, -2, scratch->values, stage->K);
    for (size_t i = 0; i < n; i++) {
        cut_buckets (stage, scratch->values + i * from->size * stage->K, from->size, to->size);
        faiss_beam_select (scratch->values + i * from->size * stage->K, from->size * stage->K,
                           to->size, scratch->places, scratch->distances, scratch->keys,
                           scratch->positions);
        extend (stage, d, M, m, i, scratch, from, to);
    }
}

/* Vectors per block for the largest beams. */
static size_t block_size (size_t n, size_t beam_size, size_t new_beam_size) {
    size_t largest = beam_size > new_beam_size ? beam_size : new_beam_size;
    size_t block = largest >= BLOCK_ROWS ? 1 : BLOCK_ROWS / largest;
    size_t share = n / (size_t)faiss_threads_for ((idx_t)n) + 1; /* something for all threads */
    return block < share ? block : share;
}

typedef struct StageRun {
    const FaissBeamStage *stage;
    size_t d, beam_size, new_beam_size, block;
    const float *residuals;
    float *new_residuals;
} StageRun;

static void run_stage_block (const StageRun *run, Scratch *scratch, float *copy, size_t begin,
                             size_t n) {
    size_t d = run->d;
    float *residuals = (float *)run->residuals + begin * run->beam_size * d; /* only read */
    if (run->residuals == run->new_residuals) {
        memcpy (copy, residuals, n * run->beam_size * d * sizeof *copy);
        residuals = copy;
    }
    Beams from = {.size = run->beam_size, .residuals = residuals};
    Beams to = {.size = run->new_beam_size,
                .residuals = run->new_residuals + begin * run->new_beam_size * d};
    stage_of_block (run->stage, d, 0, 0, n, scratch, &from, &to);
}

FaissStatus faiss_beam_stage (const FaissBeamStage *stage, size_t d, size_t n, size_t beam_size,
                              const float *residuals, size_t new_beam_size, float *new_residuals) {
    StageRun run = {stage,
                    d,
                    beam_size,
                    new_beam_size,
                    block_size (n, beam_size, new_beam_size),
                    residuals,
                    new_residuals};
    idx_t n_blocks = (idx_t)((n + run.block - 1) / run.block);
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n_blocks))
    {
        Scratch scratch = {0};
        float *copy = NULL;
        faiss_region_note (&region,
                           Scratch_init (&scratch, run.block, beam_size, new_beam_size, stage->K));
        faiss_region_note (&region, faiss_alloc (&copy, run.block * beam_size * d, sizeof *copy));
#pragma omp for schedule(dynamic)
        for (idx_t block = 0; block < n_blocks; block++) {
            size_t begin = (size_t)block * run.block;
            if (!faiss_region_stopped (&region)) {
                run_stage_block (&run, &scratch, copy, begin,
                                 n - begin < run.block ? n - begin : run.block);
            }
        }
        free (copy);
        Scratch_clear (&scratch);
    }
    return faiss_region_close (&region);
}

/* ---- all stages ------------------------------------------------------------------------------ */

typedef struct Search {
    const FaissBeamStages *stages;
    size_t beam_size, max_beam_size, keep, block;
    size_t largest; /* of all beams, the first included */
    size_t largest_K;
    const float *residuals;
    int32_t *codes;
    float *out_residuals, *out_distances;
} Search;

/* What a thread needs for a search: two generations of beams. */
typedef struct Worker {
    Scratch scratch;
    Beams beams[2];
} Worker;

static void Worker_clear (Worker *self) {
    Scratch_clear (&self->scratch);
    for (int i = 0; i < 2; i++) {
        free (self->beams[i].residuals);
        free (self->beams[i].codes);
        free (self->beams[i].distances);
    }
}

static FaissStatus Worker_init (Worker *self, const Search *s) {
    size_t n = s->block * s->largest;
    FAISS_TRY (Scratch_init (&self->scratch, s->block, s->largest, s->max_beam_size, s->largest_K));
    for (int i = 0; i < 2; i++) {
        Beams *beams = &self->beams[i];
        FAISS_TRY (faiss_alloc (&beams->residuals, n * s->stages->d, sizeof *beams->residuals));
        FAISS_TRY (faiss_alloc (&beams->codes, n * s->stages->M, sizeof *beams->codes));
        FAISS_TRY (faiss_alloc (&beams->distances, n, sizeof *beams->distances));
    }
    return FAISS_OK;
}

static void keep_best (const Search *s, const Beams *beams, size_t begin, size_t n) {
    size_t d = s->stages->d, M = s->stages->M;
    for (size_t i = 0; i < n; i++) {
        size_t from = i * beams->size, to = (begin + i) * s->keep;
        memcpy (s->codes + to * M, beams->codes + from * M, s->keep * M * sizeof *s->codes);
        if (s->out_residuals) {
            memcpy (s->out_residuals + to * d, beams->residuals + from * d,
                    s->keep * d * sizeof (float));
        }
        if (s->out_distances) {
            memcpy (s->out_distances + to, beams->distances + from, s->keep * sizeof (float));
        }
    }
}

static void search_block (const Search *s, Worker *worker, size_t begin, size_t n) {
    size_t d = s->stages->d, M = s->stages->M;
    Beams *from = &worker->beams[0], *to = &worker->beams[1];
    from->size = s->beam_size;
    memcpy (from->residuals, s->residuals + begin * s->beam_size * d,
            n * s->beam_size * d * sizeof (float));
    for (size_t m = 0; m < M; m++) {
        const FaissBeamStage *stage = &s->stages->stages[m];
        to->size = faiss_beam_next_size (from->size, stage->K, s->max_beam_size);
        stage_of_block (stage, d, M, m, n, &worker->scratch, from, to);
        Beams *other = from;
        from = to;
        to = other;
    }
    keep_best (s, from, begin, n);
}

FaissStatus faiss_beam_search (const FaissBeamStages *stages, size_t n, size_t beam_size,
                               const float *residuals, size_t max_beam_size, size_t keep,
                               int32_t *codes, float *out_residuals, float *out_distances) {
    Search search = {.stages = stages,
                     .beam_size = beam_size,
                     .max_beam_size = max_beam_size,
                     .keep = keep,
                     .block = block_size (n, beam_size, max_beam_size),
                     .largest = beam_size > max_beam_size ? beam_size : max_beam_size,
                     .residuals = residuals,
                     .codes = codes,
                     .out_residuals = out_residuals,
                     .out_distances = out_distances};
    size_t size = beam_size;
    for (size_t m = 0; m < stages->M; m++) {
        size_t K = stages->stages[m].K;
        search.largest_K = K > search.largest_K ? K : search.largest_K;
        size = faiss_beam_next_size (size, K, max_beam_size);
    }
    FAISS_REQUIRE (keep <= size, "the search ends with beams of %zu, expected at least %zu", size,
                   keep);
    idx_t n_blocks = (idx_t)((n + search.block - 1) / search.block);
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n_blocks))
    {
        Worker worker = {0};
        faiss_region_note (&region, Worker_init (&worker, &search));
#pragma omp for schedule(dynamic)
        for (idx_t block = 0; block < n_blocks; block++) {
            size_t begin = (size_t)block * search.block;
            if (!faiss_region_stopped (&region)) {
                search_block (&search, &worker, begin,
                              n - begin < search.block ? n - begin : search.block);
            }
        }
        Worker_clear (&worker);
    }
    return faiss_region_close (&region);
}
