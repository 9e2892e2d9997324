/* Vectors as product quantizer codes: searches of all types. */
#include <faiss/IndexPQ.h>

#include <float.h>
#include <limits.h>
#include <string.h>

#include <faiss/impl/bitstring.h>
#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/index_pq_internal.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pq_filter.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/hamming.h>

#define CONST_SELF(pointer) FAISS_CONST_SELF (IndexPQ, index, pointer)

/* ---- parameters and statistics --------------------------------------------------------------- */

FaissClass faiss_SearchParametersPQ_class = {
    .name = "SearchParametersPQ",
    .parent = &faiss_SearchParameters_class,
    .instance_size = sizeof (FaissSearchParametersPQ),
    .table_size = sizeof (FaissClass),
};

FaissStatus faiss_SearchParametersPQ_new (FaissSearchParametersPQ **out) {
    FAISS_REQUIRE_ARG (out);
    return faiss_object_new (out, &faiss_SearchParametersPQ_class);
}

void faiss_SearchParametersPQ_free (FaissSearchParametersPQ *self) {
    faiss_object_free (self);
}

FaissSearchParametersPQ *faiss_SearchParametersPQ_cast (FaissSearchParameters *params) {
    return faiss_object_cast (params, &faiss_SearchParametersPQ_class);
}

static FaissIndexPQStats global_stats;

FaissIndexPQStats *faiss_get_indexPQ_stats (void) {
    return &global_stats;
}

void faiss_IndexPQStats_reset (FaissIndexPQStats *self) {
    if (self) {
        *self = (FaissIndexPQStats){0};
    }
}

static void count (const FaissIndexPQ *self, idx_t n, size_t n_hamming_pass) {
    __atomic_fetch_add (&global_stats.nq, (size_t)n, __ATOMIC_RELAXED);
    __atomic_fetch_add (&global_stats.ncode, (size_t)(n * self->index.ntotal), __ATOMIC_RELAXED);
    __atomic_fetch_add (&global_stats.n_hamming_pass, n_hamming_pass, __ATOMIC_RELAXED);
}

/* ---- by tables ------------------------------------------------------------------------------- */

static FaissPQScan scan_of (const FaissIndexPQ *self, const FaissPQQueries *queries,
                            const FaissIDSelector *sel) {
    return faiss_pq_scan_of (queries, self->flat_codes.codes.data, (size_t)self->index.ntotal, sel);
}

/* A program or a file may have set any metric; tables are made for two. */
static FaissStatus check_parts (const char *function, const FaissIndexPQ *self) {
    FaissMetricType metric = self->index.metric_type;
    if (metric != METRIC_L2 && metric != METRIC_INNER_PRODUCT) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "expected METRIC_L2 or METRIC_INNER_PRODUCT, got %d", (int)metric);
    }
    return faiss_pq_check (function, &self->pq);
}

static FaissPQQueryKind kind_of (const FaissIndexPQ *self) {
    return self->index.metric_type == METRIC_INNER_PRODUCT ? FAISS_PQ_INNER_PRODUCT : FAISS_PQ_L2;
}

static FaissStatus search_by_tables (const FaissIndexPQ *self, idx_t n, const float *x, idx_t k,
                                     const FaissIDSelector *sel, float *distances, idx_t *labels) {
    FaissPQQueries queries = {.kind = kind_of (self), .pq = &self->pq, .x = x};
    FAISS_TRY (faiss_pq_columns (&self->pq, (size_t)n, &queries.columns));
    FaissPQScan scan = scan_of (self, &queries, sel);
    FaissStatus status = faiss_pq_knn (&scan, (size_t)n, (size_t)k, distances, labels);
    faiss_PQColumns_clear (&queries.columns);
    return status;
}

static FaissStatus search_symmetric (const FaissIndexPQ *self, idx_t n, const uint8_t *codes,
                                     idx_t k, const FaissIDSelector *sel, float *distances,
                                     idx_t *labels) {
    FAISS_TRY (faiss_pq_check_sdc_table ("IndexPQ_search", &self->pq));
    FaissPQQueries queries = {.kind = FAISS_PQ_SYMMETRIC, .pq = &self->pq, .codes = codes};
    FaissPQScan scan = scan_of (self, &queries, sel);
    return faiss_pq_knn (&scan, (size_t)n, (size_t)k, distances, labels);
}

FaissStatus faiss_IndexPQ_range_search_slot (const FaissIndex *index, idx_t n, const float *x,
                                             float radius, const FaissSearchParameters *params,
                                             FaissRangeSearchResult *result) {
    const FaissIndexPQ *self = CONST_SELF (index);
    FAISS_TRY (check_parts ("IndexPQ_range_search", self));
    FaissPQQueries queries = {.kind = kind_of (self), .pq = &self->pq, .x = x};
    FAISS_TRY (faiss_pq_columns (&self->pq, (size_t)n, &queries.columns));
    FaissPQScan scan = scan_of (self, &queries, params ? params->sel : NULL);
    FaissStatus status = faiss_pq_range (&scan, (size_t)n, radius, result);
    faiss_PQColumns_clear (&queries.columns);
    return status;
}

/* ---- by bytes that differ -------------------------------------------------------------------- */

/* In how many bytes do two codes differ? */
static uint32_t differing_bytes (const uint8_t *a, const uint8_t *b, size_t n) {
    uint32_t count = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t x, y;
        memcpy (&x, a + i, sizeof x);
        memcpy (&y, b + i, sizeof y);
        x ^= y;
        x |= x >> 4;
        x |= x >> 2;
        x |= x >> 1;
        count += (uint32_t)((x & 0x0101010101010101u) * 0x0101010101010101u >> 56);
    }
    for (; i < n; i++) {
        count += a[i] != b[i];
    }
    return count;
}

/* The same contract as the kernel hamming_below. */
static size_t differ_below (const uint8_t *x, const uint8_t *codes, size_t code_size, size_t n,
                            uint32_t bound, uint32_t *positions, uint32_t *distances) {
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t distance = differing_bytes (x, codes + i * code_size, code_size);
        positions[n_found] = (uint32_t)i;
        distances[n_found] = distance;
        n_found += distance < bound;
    }
    return n_found;
}

enum { BLOCK = FAISS_PQ_BLOCK };

static FaissStatus search_differing_one (const FaissIndexPQ *self, const uint8_t *code, idx_t k,
                                         const FaissIDSelector *sel, float *distances,
                                         idx_t *labels) {
    uint32_t positions[BLOCK], found[BLOCK];
    size_t code_size = self->flat_codes.code_size, ntotal = (size_t)self->index.ntotal;
    faiss_heap_heapify (false, (size_t)k, distances, labels);
    for (size_t first = 0; first < ntotal; first += BLOCK) {
        size_t size = ntotal - first < BLOCK ? ntotal - first : BLOCK;
        uint32_t bound = distances[0] < (float)UINT32_MAX ? (uint32_t)distances[0] : UINT32_MAX;
        size_t n_found = differ_below (code, self->flat_codes.codes.data + first * code_size,
                                       code_size, size, bound, positions, found);
        for (size_t i = 0; i < n_found; i++) {
            idx_t id = (idx_t)(first + positions[i]);
            if (!sel || sel->cls->is_member (sel, id)) {
                faiss_heap_offer (false, (size_t)k, distances, labels, (float)found[i], id);
            }
        }
    }
    faiss_heap_reorder (false, (size_t)k, distances, labels);
    return faiss_check_interrupt ();
}

static FaissStatus search_differing (const FaissIndexPQ *self, idx_t n, const uint8_t *codes,
                                     idx_t k, const FaissIDSelector *sel, float *distances,
                                     idx_t *labels) {
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n)) schedule(dynamic)
    for (idx_t i = 0; i < n; i++) {
        if (!faiss_region_stopped (&region)) {
            const uint8_t *code = codes + (size_t)i * self->flat_codes.code_size;
            faiss_region_note (&region, search_differing_one (self, code, k, sel, distances + i * k,
                                                              labels + i * k));
        }
    }
    return faiss_region_close (&region);
}

/* ---- polysemous ------------------------------------------------------------------------------ */

typedef struct Polysemous {
    const FaissIndexPQ *index;
    FaissPQLayout layout;
    uint32_t bound; /* codes below this Hamming distance are looked at */
    bool is_generalized;
    idx_t k;
    const FaissIDSelector *sel;
} Polysemous;

typedef size_t (*Below) (const uint8_t *x, const uint8_t *codes, size_t code_size, size_t n,
                         uint32_t bound, uint32_t *positions, uint32_t *distances);

/* What a thread has for a query. */
typedef struct PolysemousQuery {
    float *table; /* M * ksub */
    /* where the Hamming test lets many pass, bytes tell which of them to look at */
    FaissPQFilter filter;
    bool can_filter, has_filter;
    float *ranges;       /* 2 * M */
    uint8_t *transposed; /* of a block */
    uint32_t positions[BLOCK], hamming[BLOCK];
    float values[BLOCK];
} PolysemousQuery;

static void PolysemousQuery_free (PolysemousQuery *self) {
    if (self) {
        free (self->table);
        free (self->filter.tables);
        free (self->ranges);
        free (self->transposed);
        free (self);
    }
}

static FaissStatus PolysemousQuery_new (PolysemousQuery **out, const FaissProductQuantizer *pq) {
    FAISS_TRY (faiss_alloc_zeroed (out, 1, sizeof **out));
    PolysemousQuery *self = *out;
    FAISS_TRY (faiss_alloc (&self->table, pq->M * pq->ksub, sizeof *self->table));
    self->can_filter = faiss_pq_filter_is_fast () && pq->M <= FAISS_PQ_MAX_COLUMNS;
    if (self->can_filter) {
        FAISS_TRY (faiss_alloc_aligned (&self->filter.tables, pq->M, FAISS_PQ_BYTE));
        FAISS_TRY (faiss_alloc (&self->ranges, 2 * pq->M, sizeof *self->ranges));
        FAISS_TRY (faiss_alloc_aligned (&self->transposed, BLOCK, pq->M));
    }
    return FAISS_OK;
}

/* Which of n codes are not too far, and pass the test too? */
static size_t near_codes (const Polysemous *s, PolysemousQuery *query, Below below,
                          const uint8_t *code, const uint8_t *codes, size_t n, float bound) {
    size_t M = s->index->pq.M, code_size = s->index->flat_codes.code_size, n_kept = 0;
    double limit = faiss_pq_filter_limit (&query->filter, (double)bound, (double)bound);
    if (limit < 0) {
        return 0;
    }
    limit = limit < FAISS_PQ_MAX_SUM ? limit : FAISS_PQ_MAX_SUM;
    faiss_kernels.pq_transpose_bytes (codes, code_size, M, n, query->transposed);
    size_t n_near = faiss_kernels.pq_filter_bytes (query->filter.tables, M, query->transposed, n,
                                                   (uint32_t)limit, query->positions);
    for (size_t i = 0; i < n_near; i++) {
        uint32_t position = query->positions[i], zero, distance;
        if (below (code, codes + position * code_size, code_size, 1, s->bound, &zero, &distance)) {
            query->positions[n_kept++] = position;
        }
    }
    return n_kept;
}

/* Do the bytes help with a block of which n_found of n codes pass the test? */
static bool filter_helps (const Polysemous *s, PolysemousQuery *query, size_t n, size_t n_found,
                          float bound) {
    if (!query->can_filter || n_found < n / 4 || !(bound < FLT_MAX)) {
        return false;
    }
    if (!query->has_filter) {
        faiss_pq_filter_init (&query->filter, query->table, s->index->pq.M, FAISS_PQ_BYTE, false,
                              query->ranges);
        query->has_filter = true;
    }
    return query->filter.is_on;
}

static FaissStatus polysemous_one (const Polysemous *s, const float *x, const uint8_t *code,
                                   PolysemousQuery *query, float *distances, idx_t *labels,
                                   size_t *n_pass) {
    const FaissIndexPQ *self = s->index;
    size_t code_size = self->flat_codes.code_size, ntotal = (size_t)self->index.ntotal;
    Below below = s->is_generalized ? differ_below : faiss_kernels.hamming_below;
    faiss_pq_distance_table (&self->pq, x, query->table);
    query->has_filter = false;
    faiss_heap_heapify (false, (size_t)s->k, distances, labels);
    for (size_t first = 0; first < ntotal; first += BLOCK) {
        size_t size = ntotal - first < BLOCK ? ntotal - first : BLOCK;
        const uint8_t *codes = self->flat_codes.codes.data + first * code_size;
        const uint32_t *positions = query->positions;
        size_t n_found =
            below (code, codes, code_size, size, s->bound, query->positions, query->hamming);
        *n_pass += n_found;
        if (filter_helps (s, query, size, n_found, distances[0])) {
            n_found = near_codes (s, query, below, code, codes, size, distances[0]);
        }
        faiss_pq_sums (&s->layout, query->table, 0, codes, positions, n_found, query->values, NULL);
        for (size_t i = 0; i < n_found; i++) {
            idx_t id = (idx_t)(first + positions[i]);
            float value = query->values[i];
            if (value < distances[0] && (!s->sel || s->sel->cls->is_member (s->sel, id))) {
                faiss_heap_offer (false, (size_t)s->k, distances, labels, value, id);
            }
        }
    }
    faiss_heap_reorder (false, (size_t)s->k, distances, labels);
    return faiss_check_interrupt ();
}

static FaissStatus search_polysemous (const Polysemous *s, idx_t n, const float *x,
                                      const uint8_t *codes, float *distances, idx_t *labels,
                                      size_t *n_pass) {
    const FaissIndexPQ *self = s->index;
    size_t total = 0;
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n)) reduction(+ : total)
    {
        PolysemousQuery *query = NULL;
        faiss_region_note (&region, PolysemousQuery_new (&query, &self->pq));
#pragma omp for schedule(dynamic, 4)
        for (idx_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (
                    &region, polysemous_one (s, x + i * self->index.d,
                                             codes + (size_t)i * self->flat_codes.code_size, query,
                                             distances + i * s->k, labels + i * s->k, &total));
            }
        }
        PolysemousQuery_free (query);
    }
    *n_pass = total;
    return faiss_region_close (&region);
}

/* ---- search ---------------------------------------------------------------------------------- */

typedef struct Settings {
    FaissIndexPQSearchType search_type;
    int polysemous_ht;
    const FaissIDSelector *sel;
} Settings;

static FaissStatus read_params (const FaissIndexPQ *self, const FaissSearchParameters *params,
                                Settings *out) {
    const FaissSearchParametersPQ *pq_params =
        faiss_object_cast (params, &faiss_SearchParametersPQ_class);
    if (!pq_params) {
        FAISS_TRY (faiss_check_params_class ("IndexPQ_search", &self->index, params,
                                             &faiss_SearchParameters_class));
    }
    *out = (Settings){
        .search_type = pq_params ? pq_params->search_type : self->search_type,
        .polysemous_ht = pq_params ? pq_params->polysemous_ht : self->polysemous_ht,
        .sel = params ? params->sel : NULL,
    };
    return FAISS_OK;
}

/* The codes with which queries are compared: of the quantizer, or the signs. */
static FaissStatus query_codes (const FaissIndexPQ *self, idx_t n, const float *x, uint8_t *codes) {
    const FaissProductQuantizer *pq = &self->pq;
    if (!self->encode_signs) {
        return pq->quantizer.cls->compute_codes (&pq->quantizer, x, codes, (size_t)n);
    }
    FAISS_REQUIRE ((size_t)self->index.d == pq->M * pq->nbits,
                   "encode_signs: expected d = M * nbits=%zu, got %d", pq->M * pq->nbits,
                   self->index.d);
    size_t d = pq->quantizer.d, code_size = pq->quantizer.code_size;
    memset (codes, 0, (size_t)n * code_size);
    for (size_t i = 0; i < (size_t)n; i++) {
        for (size_t j = 0; j < d; j++) {
            codes[i * code_size + j / 8] |= (uint8_t)((x[i * d + j] > 0) << (j % 8));
        }
    }
    return FAISS_OK;
}

/* As upstream says that nothing was found at an integer distance. */
static void fill_missing (idx_t n, float *distances, const idx_t *labels) {
    for (idx_t i = 0; i < n; i++) {
        distances[i] = labels[i] < 0 ? (float)INT_MAX : distances[i];
    }
}

static FaissStatus search_with_codes (const FaissIndexPQ *self, idx_t n, const float *x, idx_t k,
                                      const Settings *settings, float *distances, idx_t *labels,
                                      size_t *n_pass) {
    const FaissProductQuantizer *pq = &self->pq;
    size_t code_size = pq->quantizer.code_size;
    FaissIndexPQSearchType type = settings->search_type;
    bool is_polysemous = type == ST_polysemous || type == ST_polysemous_generalize;
    if (is_polysemous) {
        FAISS_REQUIRE (pq->nbits == 8, "polysemous search needs nbits=8, got %zu", pq->nbits);
        FAISS_REQUIRE (self->index.metric_type == METRIC_L2, "polysemous search needs METRIC_L2");
    }
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_TRY (faiss_alloc (&codes, (size_t)n * code_size, 1));
    if (is_polysemous) { /* signs are not for them */
        FAISS_TRY (pq->quantizer.cls->compute_codes (&pq->quantizer, x, codes, (size_t)n));
    } else {
        FAISS_TRY (query_codes (self, n, x, codes));
    }
    if (type == ST_SDC) {
        return search_symmetric (self, n, codes, k, settings->sel, distances, labels);
    }
    if (type == ST_HE) {
        FAISS_TRY (faiss_knn_hamming (codes, self->flat_codes.codes.data, (size_t)n,
                                      (size_t)self->index.ntotal, code_size, (size_t)k,
                                      settings->sel, distances, labels));
        return FAISS_OK;
    }
    if (type == ST_generalized_HE) {
        FAISS_TRY (search_differing (self, n, codes, k, settings->sel, distances, labels));
        fill_missing (n * k, distances, labels);
        return FAISS_OK;
    }
    int ht = settings->polysemous_ht;
    Polysemous s = {
        .index = self,
        .bound = ht > 0   ? (uint32_t)ht
                 : ht < 0 ? 0
                          : (uint32_t)(pq->M * pq->nbits + 1),
        .is_generalized = type == ST_polysemous_generalize,
        .k = k,
        .sel = settings->sel,
    };
    faiss_pq_layout (&s.layout, pq);
    return search_polysemous (&s, n, x, codes, distances, labels, n_pass);
}

static FaissStatus search (const FaissIndexPQ *self, idx_t n, const float *x, idx_t k,
                           const Settings *settings, float *distances, idx_t *labels) {
    size_t n_pass = 0;
    FAISS_TRY (check_parts ("IndexPQ_search", self));
    if (settings->search_type == ST_PQ) {
        FAISS_TRY (search_by_tables (self, n, x, k, settings->sel, distances, labels));
    } else {
        FAISS_TRY (search_with_codes (self, n, x, k, settings, distances, labels, &n_pass));
    }
    count (self, n, n_pass);
    return FAISS_OK;
}

FaissStatus faiss_IndexPQ_search_slot (const FaissIndex *index, idx_t n, const float *x, idx_t k,
                                       const FaissSearchParameters *params, float *distances,
                                       idx_t *labels) {
    const FaissIndexPQ *self = CONST_SELF (index);
    Settings settings;
    FAISS_TRY (faiss_IndexFlatCodes_check_size (&self->flat_codes));
    FAISS_TRY (read_params (self, params, &settings));
    if ((unsigned)settings.search_type > ST_polysemous_generalize) {
        return faiss_fail_in (FAISS_EXCEPT, "IndexPQ_search", "unknown search_type %d",
                              (int)settings.search_type);
    }
    return search (self, n, x, k, &settings, distances, labels);
}

FaissStatus faiss_IndexPQ_search_core_polysemous (const FaissIndexPQ *self, idx_t n, const float *x,
                                                  idx_t k, float *distances, idx_t *labels,
                                                  int polysemous_ht, int generalized_hamming) {
    FAISS_TRY (faiss_check_vectors (__func__, &self->index, n, x, "x"));
    FAISS_TRY (faiss_check_trained (__func__, &self->index));
    FAISS_TRY (faiss_check_results (__func__, n, k, distances, labels));
    Settings settings = {
        .search_type = generalized_hamming ? ST_polysemous_generalize : ST_polysemous,
        .polysemous_ht = polysemous_ht,
    };
    return search (self, n, x, k, &settings, distances, labels);
}

/* ---- Hamming distances of all ---------------------------------------------------------------- */

static FaissStatus encode_all (const FaissIndexPQ *self, const char *function, idx_t n,
                               const float *x, uint8_t **out) {
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_TRY (faiss_check_vectors (function, &self->index, n, x, "x"));
    FAISS_TRY (faiss_check_trained (function, &self->index));
    FAISS_TRY (faiss_alloc (&codes, (size_t)n * self->flat_codes.code_size, 1));
    FAISS_TRY (faiss_Quantizer_compute_codes (&self->pq.quantizer, x, codes, (size_t)n));
    *out = FAISS_STEAL (codes);
    return FAISS_OK;
}

/* All distances of one code. @param out  size n */
static void hamming_row (const uint8_t *code, const uint8_t *codes, size_t code_size, size_t n,
                         int32_t *out) {
    uint32_t positions[BLOCK], distances[BLOCK];
    for (size_t first = 0; first < n; first += BLOCK) {
        size_t size = n - first < BLOCK ? n - first : BLOCK;
        faiss_kernels.hamming_below (code, codes + first * code_size, code_size, size, UINT32_MAX,
                                     positions, distances);
        for (size_t i = 0; i < size; i++) {
            out[first + i] = (int32_t)distances[i];
        }
    }
}

FaissStatus faiss_IndexPQ_hamming_distance_table (const FaissIndexPQ *self, idx_t n, const float *x,
                                                  int32_t *dis) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (n <= 0 || self->index.ntotal == 0 || dis, "dis is NULL");
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_TRY (encode_all (self, __func__, n, x, &codes));
    size_t code_size = self->flat_codes.code_size, ntotal = (size_t)self->index.ntotal;
#pragma omp parallel for num_threads(faiss_threads_for(n))
    for (idx_t i = 0; i < n; i++) {
        hamming_row (codes + (size_t)i * code_size, self->flat_codes.codes.data, code_size, ntotal,
                     dis + (size_t)i * ntotal);
    }
    return FAISS_OK;
}

FaissStatus faiss_IndexPQ_hamming_distance_histogram (const FaissIndexPQ *self, idx_t n,
                                                      const float *x, idx_t nb, const float *xb,
                                                      int64_t *dist_histogram) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (dist_histogram);
    FAISS_AUTO_FREE (uint8_t) *codes = NULL;
    FAISS_AUTO_FREE (uint8_t) *encoded = NULL;
    FAISS_AUTO_FREE (int32_t) *row = NULL;
    FAISS_TRY (encode_all (self, __func__, n, x, &codes));
    const uint8_t *base = self->flat_codes.codes.data;
    if (xb) {
        FAISS_TRY (encode_all (self, __func__, nb, xb, &encoded));
        base = encoded;
    }
    size_t n_base = (size_t)(xb ? nb : self->index.ntotal), code_size = self->flat_codes.code_size;
    FAISS_TRY (faiss_alloc (&row, n_base, sizeof *row));
    memset (dist_histogram, 0, (self->pq.M * self->pq.nbits + 1) * sizeof *dist_histogram);
    for (idx_t i = 0; i < n; i++) {
        hamming_row (codes + (size_t)i * code_size, base, code_size, n_base, row);
        for (size_t j = 0; j < n_base; j++) {
            dist_histogram[row[j]]++;
        }
    }
    return FAISS_OK;
}
