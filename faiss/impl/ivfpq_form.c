/* Inverted files of product quantizer codes: how distances are composed, precomputed tables. */
#include <faiss/impl/ivfpq_internal.h>

#include <string.h>

#include <faiss/IndexPQ.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/distances.h>

/* ---- statistics and settings of the process -------------------------------------------------- */

static FaissIndexIVFPQStats global_stats;
static size_t precomputed_table_max_bytes = (size_t)1 << 31;

FaissIndexIVFPQStats *faiss_get_indexIVFPQ_stats (void) {
    return &global_stats;
}

void faiss_IndexIVFPQStats_reset (FaissIndexIVFPQStats *self) {
    if (self) {
        *self = (FaissIndexIVFPQStats){0};
    }
}

void faiss_ivfpq_count (const FaissIndexIVFPQStats *counts) {
    __atomic_fetch_add (&global_stats.nrefine, counts->nrefine, __ATOMIC_RELAXED);
    __atomic_fetch_add (&global_stats.n_hamming_pass, counts->n_hamming_pass, __ATOMIC_RELAXED);
    __atomic_fetch_add (&global_stats.search_cycles, counts->search_cycles, __ATOMIC_RELAXED);
    __atomic_fetch_add (&global_stats.refine_cycles, counts->refine_cycles, __ATOMIC_RELAXED);
}

void faiss_set_precomputed_table_max_bytes (size_t value) {
    precomputed_table_max_bytes = value;
}

size_t faiss_get_precomputed_table_max_bytes (void) {
    return precomputed_table_max_bytes;
}

/* ---- precomputed tables ---------------------------------------------------------------------- */

/* The quantizer as a multi-index of which each part covers whole parts of the code, else NULL. */
static const FaissMultiIndexQuantizer *multi_index (const FaissIndex *quantizer, size_t M) {
    const FaissMultiIndexQuantizer *miq =
        faiss_object_cast (quantizer, &faiss_MultiIndexQuantizer_class.head);
    return miq && miq->pq.M > 0 && M % miq->pq.M == 0 ? miq : NULL;
}

/* row[m * ksub + i] = norms[m * ksub + i] + 2 <x_m, r_i> */
static void fill_row (const FaissProductQuantizer *pq, const float *norms, const float *x,
                      float *row) {
    faiss_pq_inner_prod_table (pq, x, row);
    faiss_kernels.fvec_madd (pq->M * pq->ksub, norms, 2, row, row);
}

/* What row i of the table is made for: centroid i of the quantizer, or of all its parts. */
static FaissStatus row_vector (const FaissIndex *quantizer, const FaissMultiIndexQuantizer *miq,
                               size_t i, float *x) {
    if (!miq) {
        return quantizer->cls->reconstruct (quantizer, (idx_t)i, x);
    }
    for (size_t m = 0; m < miq->pq.M; m++) {
        const float *centroid = miq->pq.centroids.data + (m * miq->pq.ksub + i) * miq->pq.dsub;
        memcpy (x + m * miq->pq.dsub, centroid, miq->pq.dsub * sizeof *x);
    }
    return FAISS_OK;
}

static FaissStatus fill_rows (const FaissIndex *quantizer, const FaissMultiIndexQuantizer *miq,
                              const FaissProductQuantizer *pq, const float *norms, size_t n_rows,
                              float *table) {
    FaissRegion region = {0};
    size_t row = pq->M * pq->ksub;
#pragma omp parallel num_threads(faiss_threads_for((int64_t)n_rows))
    {
        float *x = NULL;
        faiss_region_note (&region, faiss_alloc (&x, pq->quantizer.d, sizeof *x));
#pragma omp for
        for (size_t i = 0; i < n_rows; i++) {
            if (!faiss_region_failed (&region)) {
                faiss_region_note (&region, row_vector (quantizer, miq, i, x));
                fill_row (pq, norms, x, table + i * row);
            }
        }
        free (x);
    }
    return faiss_region_close (&region);
}

static FaissStatus make_table (const FaissIndex *quantizer, const FaissMultiIndexQuantizer *miq,
                               const FaissProductQuantizer *pq, size_t n_rows,
                               FaissFloat32Vector *out) {
    FAISS_AUTO_FREE (float) *norms = NULL;
    FAISS_AUTO (Float32Vector) table = {0};
    size_t row = pq->M * pq->ksub;
    FAISS_REQUIRE (n_rows == 0 || row <= SIZE_MAX / sizeof (float) / n_rows,
                   "a table of %zu times %zu entries is too large", n_rows, row);
    FAISS_TRY (faiss_alloc (&norms, row, sizeof *norms));
    FAISS_TRY (faiss_Float32Vector_resize (&table, n_rows * row));
    faiss_fvec_norms_L2sqr (norms, pq->centroids.data, pq->dsub, row);
    FAISS_TRY (fill_rows (quantizer, miq, pq, norms, n_rows, table.data));
    faiss_Float32Vector_swap (out, &table);
    return FAISS_OK;
}

/* 0 becomes what is best, if it fits. */
static int choose_table (const FaissIndex *quantizer, const FaissProductQuantizer *pq,
                         bool verbose) {
    if (quantizer->metric_type != METRIC_L2) {
        return 0;
    }
    if (multi_index (quantizer, pq->M)) {
        return 2;
    }
    double bytes = (double)pq->M * (double)pq->ksub * (double)quantizer->ntotal * sizeof (float);
    if (bytes > (double)precomputed_table_max_bytes) {
        if (verbose) {
            faiss_say ("precomputed table of %.0f bytes is beyond the limit of %zu\n", bytes,
                       precomputed_table_max_bytes);
        }
        return 0;
    }
    return 1;
}

FaissStatus faiss_initialize_IVFPQ_precomputed_table (int *use_precomputed_table,
                                                      const FaissIndex *quantizer,
                                                      const FaissProductQuantizer *pq,
                                                      FaissFloat32Vector *precomputed_table,
                                                      bool by_residual, bool verbose) {
    FAISS_REQUIRE_ARG (use_precomputed_table);
    FAISS_REQUIRE_ARG (quantizer);
    FAISS_REQUIRE_ARG (precomputed_table);
    FAISS_TRY (faiss_pq_check (__func__, pq));
    FAISS_REQUIRE ((size_t)quantizer->d == pq->quantizer.d, "expected a quantizer of d=%zu, got %d",
                   pq->quantizer.d, quantizer->d);
    int use = *use_precomputed_table;
    FAISS_REQUIRE (use >= -1 && use <= 2, "expected use_precomputed_table -1 .. 2, got %d", use);
    if (use == 0 && by_residual) {
        use = choose_table (quantizer, pq, verbose);
    }
    if (use <= 0 || !by_residual || quantizer->metric_type != METRIC_L2) {
        faiss_Float32Vector_clear (precomputed_table);
        *use_precomputed_table = use;
        return FAISS_OK;
    }
    const FaissMultiIndexQuantizer *miq = use == 2 ? multi_index (quantizer, pq->M) : NULL;
    FAISS_REQUIRE (
        use == 1 || miq,
        "use_precomputed_table=2 needs a MultiIndexQuantizer whose M divides that of the "
        "codes");
    size_t n_rows = miq ? miq->pq.ksub : (size_t)quantizer->ntotal;
    FAISS_TRY (make_table (quantizer, miq, pq, n_rows, precomputed_table));
    *use_precomputed_table = use;
    return FAISS_OK;
}

FaissStatus faiss_IndexIVFPQ_precompute_table (FaissIndexIVFPQ *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (self->ivf.quantizer, "there is no quantizer");
    FAISS_TRY (faiss_initialize_IVFPQ_precomputed_table (
        &self->use_precomputed_table, self->ivf.quantizer, &self->pq, &self->precomputed_table,
        self->ivf.by_residual, self->index.verbose));
    static uint64_t last_key;
    self->table_key = __atomic_add_fetch (&last_key, 1, __ATOMIC_RELAXED);
    faiss_ivfpq_update_terms (self);
    return FAISS_OK;
}

const float *faiss_ivfpq_list_table (const FaissIndexIVFPQ *self, idx_t list_no, size_t m) {
    const FaissProductQuantizer *pq = &self->pq;
    size_t row = (size_t)list_no;
    if (self->use_precomputed_table == 2) {
        const FaissMultiIndexQuantizer *miq =
            (const FaissMultiIndexQuantizer *)self->ivf.quantizer; /* settings () looked */
        size_t part = m / (pq->M / miq->pq.M);
        row = row >> (part * miq->pq.nbits) & (miq->pq.ksub - 1);
    }
    return self->precomputed_table.data + (row * pq->M + m) * pq->ksub;
}

/* ---- settings of a search -------------------------------------------------------------------- */

/* Is there a table that fits, or is it to be done without? */
static FaissStatus check_table (const char *function, const FaissIndexIVFPQ *self,
                                bool *has_table) {
    int use = self->use_precomputed_table;
    *has_table = use == 1 || use == 2;
    if (!*has_table) {
        return FAISS_OK;
    }
    const FaissMultiIndexQuantizer *miq =
        use == 2 ? multi_index (self->ivf.quantizer, self->pq.M) : NULL;
    size_t n_rows = use == 1 ? self->ivf.nlist : miq ? miq->pq.ksub : 0;
    if (n_rows == 0 || self->precomputed_table.size != n_rows * self->pq.M * self->pq.ksub) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "precomputed_table has %zu entries, which use_precomputed_table=%d "
                              "does not fit: call precompute_table",
                              self->precomputed_table.size, use);
    }
    return FAISS_OK;
}

FaissStatus faiss_ivfpq_settings (const char *function, const FaissIndexIVFPQ *self,
                                  const FaissSearchParametersIVF *params, FaissIVFPQSettings *out) {
    const FaissIVFPQSearchParameters *own =
        faiss_object_cast (params, &faiss_IVFPQSearchParameters_class);
    FaissMetricType metric = self->index.metric_type;
    FAISS_TRY (faiss_pq_check (function, &self->pq));
    if (self->pq.quantizer.d != (size_t)self->index.d ||
        self->pq.quantizer.code_size != self->ivf.code_size) {
        return faiss_fail_in (
            FAISS_EXCEPT, function, "expected pq of d=%d and code_size=%zu, got %zu and %zu",
            self->index.d, self->ivf.code_size, self->pq.quantizer.d, self->pq.quantizer.code_size);
    }
    if (metric != METRIC_L2 && metric != METRIC_INNER_PRODUCT) {
        return faiss_fail_in (FAISS_EXCEPT, function, "metric type %d is not supported",
                              (int)metric);
    }
    *out = (FaissIVFPQSettings){
        .form = metric == METRIC_INNER_PRODUCT ? IVFPQ_IP
                : !self->ivf.by_residual       ? IVFPQ_L2
                                               : IVFPQ_L2_RESIDUAL,
        .scan_table_threshold = own && own->scan_table_threshold ? own->scan_table_threshold
                                                                 : self->scan_table_threshold,
        .polysemous_ht = own && own->polysemous_ht ? own->polysemous_ht : self->polysemous_ht,
    };
    if (out->form == IVFPQ_L2_RESIDUAL) {
        bool has_table;
        FAISS_TRY (check_table (function, self, &has_table));
        out->form = has_table ? IVFPQ_L2_TABLE : IVFPQ_L2_RESIDUAL;
    }
    return FAISS_OK;
}
