/* The local search of LocalSearchQuantizer.
 *
 * One vector goes through all rounds before the next one: the parts of the tables that its codes
 * use stay in the cache. The random changes are drawn before, in upstream's order, which is round
 * by round.
 */
#include <faiss/impl/lsq_icm.h>

#include <string.h>

#include <faiss/impl/additive_internal.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/random_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/distances.h>

/* ---- random changes -------------------------------------------------------------------------- */

FaissStatus faiss_lsq_draw_changes (const FaissLocalSearchQuantizer *lsq, size_t n, size_t rounds,
                                    FaissRandomGenerator *gen, FaissLsqChange **out) {
    size_t nperts = faiss_lsq_n_changes (lsq);
    FAISS_REQUIRE (nperts == 0 || rounds == 0 || n <= SIZE_MAX / sizeof **out / rounds / nperts,
                   "%zu changes of %zu vectors in %zu rounds are too many", nperts, n, rounds);
    FAISS_TRY (faiss_alloc (out, rounds * n * nperts, sizeof **out));
    for (size_t i = 0; i < rounds * n * nperts; i++) {
        if (i % 65536 == 65535) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        (*out)[i].m = (int32_t)faiss_mt32_below (gen, (uint32_t)lsq->aq.M);
        (*out)[i].code = (int32_t)faiss_mt32_below (gen, (uint32_t)lsq->K);
    }
    return FAISS_OK;
}

/* ---- sweeps ---------------------------------------------------------------------------------- */

void faiss_lsq_sweep (const FaissLocalSearchQuantizer *lsq, const float *binaries,
                      const float *unaries, size_t n, size_t i, size_t n_iters, const float **rows,
                      int32_t *code) {
    size_t M = lsq->aq.M, K = lsq->K, unchanged = 0;
    for (size_t step = 0; step < n_iters * M; step++) {
        size_t m = step % M, n_rows = 0;
        for (size_t other = 0; other < M; other++) {
            if (other != m) {
                rows[n_rows++] = binaries + ((other * M + m) * K + (size_t)code[other]) * K;
            }
        }
        int32_t best =
            (int32_t)faiss_kernels.aq_smallest_sum (unaries + (m * n + i) * K, rows, n_rows, K);
        unchanged = best == code[m] ? unchanged + 1 : 0;
        code[m] = best;
        /* the others' choices depend on nothing that has changed since they were made */
        if (step + 1 >= M && unchanged >= M - 1) {
            break;
        }
    }
}

/* ---- rounds ---------------------------------------------------------------------------------- */

typedef struct LocalSearch {
    const FaissLocalSearchQuantizer *lsq;
    const float *binaries;
    const float *unaries; /* of all vectors, or NULL */
    float **packed;       /* without unaries: the codebooks, packed */
    const float *norms;   /* of all rows */
    const FaissLsqChange *changes;
    size_t rounds, n;
    const float *x;
    int32_t *codes;
} LocalSearch;

/* What a thread needs. */
typedef struct Worker {
    float *unaries;     /* of a block, M x block x K */
    const float **rows; /* size M */
    int32_t *code;      /* size M */
    float *decoded;     /* size d */
} Worker;

enum { BLOCK = 24 };

static void Worker_clear (Worker *self) {
    free (self->unaries);
    free (self->rows);
    free (self->code);
    free (self->decoded);
}

static FaissStatus Worker_init (Worker *self, const LocalSearch *s) {
    size_t M = s->lsq->aq.M;
    if (!s->unaries) {
        FAISS_TRY (faiss_alloc (&self->unaries, M * BLOCK * s->lsq->K, sizeof *self->unaries));
    }
    FAISS_TRY (faiss_alloc (&self->rows, M, sizeof *self->rows));
    FAISS_TRY (faiss_alloc (&self->code, M, sizeof *self->code));
    return faiss_alloc (&self->decoded, s->lsq->quantizer.d, sizeof *self->decoded);
}

static float error_of (const FaissLocalSearchQuantizer *lsq, const int32_t *code, const float *x,
                       float *decoded) {
    size_t d = lsq->quantizer.d;
    for (size_t m = 0; m < lsq->aq.M; m++) {
        const float *row = lsq->aq.codebooks.data + (m * lsq->K + (size_t)code[m]) * d;
        if (m == 0) {
            memcpy (decoded, row, d * sizeof *decoded);
        } else {
            faiss_kernels.fvec_madd (d, decoded, 1, row, decoded);
        }
    }
    return faiss_kernels.fvec_L2sqr (x, decoded, d);
}

/* All rounds of vector i; the unaries are those of vector `at` of `size`. */
static FaissStatus search_one (const LocalSearch *s, Worker *worker, const float *unaries,
                               size_t size, size_t at, size_t i) {
    enum { ROUNDS_PER_CHECK = 16 };
    const FaissLocalSearchQuantizer *lsq = s->lsq;
    size_t M = lsq->aq.M, nperts = faiss_lsq_n_changes (lsq);
    const float *x = s->x + i * lsq->quantizer.d;
    int32_t *best = s->codes + i * M, *code = worker->code;
    float smallest = error_of (lsq, best, x, worker->decoded);
    for (size_t round = 0; round < s->rounds; round++) {
        if (round % ROUNDS_PER_CHECK == ROUNDS_PER_CHECK - 1) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        const FaissLsqChange *changes = s->changes + (round * s->n + i) * nperts;
        memcpy (code, best, M * sizeof *code);
        for (size_t j = 0; j < nperts; j++) {
            code[changes[j].m] = changes[j].code;
        }
        faiss_lsq_sweep (lsq, s->binaries, unaries, size, at, lsq->icm_iters, worker->rows, code);
        if (memcmp (code, best, M * sizeof *code) != 0) {
            float error = error_of (lsq, code, x, worker->decoded);
            if (error < smallest) {
                smallest = error;
                memcpy (best, code, M * sizeof *code);
            }
        }
    }
    return FAISS_OK;
}

static FaissStatus search_block (const LocalSearch *s, Worker *worker, size_t begin, size_t n) {
    const FaissLocalSearchQuantizer *lsq = s->lsq;
    size_t d = lsq->quantizer.d, K = lsq->K;
    for (size_t m = 0; m < lsq->aq.M && !s->unaries; m++) {
        faiss_kernels.packed_products (s->x + begin * d, n, d, s->packed[m], K, NULL,
                                       s->norms + m * K, -2, worker->unaries + m * n * K, K);
    }
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (s->unaries ? search_one (s, worker, s->unaries, s->n, begin + i, begin + i)
                              : search_one (s, worker, worker->unaries, n, i, begin + i));
    }
    return FAISS_OK;
}

static FaissStatus run_search (const LocalSearch *s) {
    idx_t n_blocks = (idx_t)((s->n + BLOCK - 1) / BLOCK);
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n_blocks))
    {
        Worker worker = {0};
        faiss_region_note (&region, Worker_init (&worker, s));
        faiss_region_watch (&region);
#pragma omp for schedule(dynamic)
        for (idx_t block = 0; block < n_blocks; block++) {
            size_t begin = (size_t)block * BLOCK;
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (
                    &region,
                    search_block (s, &worker, begin, s->n - begin < BLOCK ? s->n - begin : BLOCK));
            }
        }
        faiss_region_watch (NULL);
        Worker_clear (&worker);
    }
    return faiss_region_close (&region);
}

static FaissStatus pack_codebooks (const FaissLocalSearchQuantizer *lsq, float **packed) {
    size_t d = lsq->quantizer.d;
    for (size_t m = 0; m < lsq->aq.M; m++) {
        FAISS_TRY (
            faiss_aq_pack_rows (lsq->aq.codebooks.data + m * lsq->K * d, lsq->K, d, &packed[m]));
    }
    return FAISS_OK;
}

FaissStatus faiss_lsq_search (const FaissLocalSearchQuantizer *lsq, const float *binaries,
                              const float *unaries, const FaissLsqChange *changes, size_t rounds,
                              const float *x, size_t n, int32_t *codes) {
    size_t M = lsq->aq.M;
    LocalSearch search = {.lsq = lsq,
                          .binaries = binaries,
                          .unaries = unaries,
                          .changes = changes,
                          .rounds = rounds,
                          .n = n,
                          .x = x,
                          .codes = codes};
    if (unaries) {
        return run_search (&search);
    }
    FAISS_AUTO_FREE (float) *norms = NULL;
    FAISS_TRY (faiss_alloc (&norms, M * lsq->K, sizeof *norms));
    faiss_fvec_norms_L2sqr (norms, lsq->aq.codebooks.data, lsq->quantizer.d, M * lsq->K);
    FAISS_TRY (faiss_alloc_zeroed (&search.packed, M, sizeof *search.packed));
    search.norms = norms;
    FaissStatus status = pack_codebooks (lsq, search.packed);
    if (status == FAISS_OK) {
        status = run_search (&search);
    }
    for (size_t m = 0; m < M; m++) {
        free (search.packed[m]);
    }
    free (search.packed);
    return status;
}
