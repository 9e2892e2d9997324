/* Distances between queries and codes of an additive quantizer, block by block. */
#include <faiss/impl/additive_search.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/additive_internal.h>
#include <faiss/impl/bitstring.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/range_search.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/distances.h>

/* ---- life ------------------------------------------------------------------------------------ */

bool faiss_aq_needs_table (const FaissAdditiveQuantizer *aq) {
    return aq->search_type != AdditiveQuantizer_ST_decompress;
}

static bool adds_norms (FaissAdditiveQuantizerSearchType search_type, bool is_similarity) {
    return !is_similarity &&
           (faiss_aq_has_norms (search_type) || search_type == AdditiveQuantizer_ST_norm_from_LUT);
}

FaissStatus faiss_AqScan_init (FaissAqScan *self, const FaissAdditiveQuantizer *aq,
                               FaissAdditiveQuantizerSearchType search_type, FaissMetricType metric,
                               size_t capacity) {
    enum { BITS_OF_FLOAT = 32 };
    FAISS_TRY (faiss_aq_check_trained (__func__, aq));
    FAISS_REQUIRE (metric == METRIC_L2 || metric == METRIC_INNER_PRODUCT,
                   "expected METRIC_L2 or METRIC_INNER_PRODUCT, got %d", (int)metric);
    *self = (FaissAqScan){.aq = aq,
                          .is_similarity = faiss_is_similarity_metric (metric),
                          .by_table = search_type != AdditiveQuantizer_ST_decompress,
                          .capacity = capacity};
    bool has_norms = adds_norms (search_type, self->is_similarity);
    bool is_decoded = !self->by_table || (has_norms && !faiss_aq_has_norms (search_type));
    if (is_decoded || !aq->only_8bit) {
        FAISS_TRY (faiss_alloc (&self->unpacked, capacity * aq->M, sizeof *self->unpacked));
    }
    if (is_decoded) {
        FAISS_TRY (faiss_alloc (&self->decoded, capacity * aq->quantizer.d, sizeof (float)));
    }
    if (has_norms) {
        FAISS_TRY (faiss_alloc (&self->norms, capacity, sizeof *self->norms));
    }
    if (has_norms && aq->norm_bits > 0 && aq->norm_bits < BITS_OF_FLOAT) {
        size_t n = (size_t)1 << aq->norm_bits;
        FAISS_TRY (faiss_alloc (&self->norm_values, n, sizeof *self->norm_values));
        for (size_t i = 0; i < n; i++) {
            self->norm_values[i] = faiss_aq_decode_norm (aq, (uint32_t)i);
        }
    }
    return FAISS_OK;
}

void faiss_AqScan_clear (FaissAqScan *self) {
    free (self->unpacked);
    free (self->norms);
    free (self->decoded);
    free (self->norm_values);
    *self = (FaissAqScan){0};
}

/* ---- codes ----------------------------------------------------------------------------------- */

static void load_stored_norms (FaissAqScan *self) {
    const FaissAdditiveQuantizer *aq = self->aq;
    size_t at = faiss_aq_row_bits (aq), code_size = aq->quantizer.code_size;
    for (size_t i = 0; i < self->n; i++) {
        uint32_t norm =
            (uint32_t)faiss_bitstring_get (self->codes + i * code_size, at, aq->norm_bits);
        self->norms[i] =
            self->norm_values ? self->norm_values[norm] : faiss_aq_decode_norm (aq, norm);
    }
}

/* The rows' numbers, row by row as decoding wants them. */
static void unpack_by_rows (FaissAqScan *self) {
    for (size_t i = 0; i < self->n; i++) {
        faiss_aq_unpack (self->aq, self->codes + i * self->aq->quantizer.code_size,
                         self->unpacked + i * self->aq->M);
    }
}

/* The same column by column, as places in the table. */
static void unpack_by_columns (FaissAqScan *self) {
    const FaissAdditiveQuantizer *aq = self->aq;
    size_t at = 0;
    for (size_t m = 0; m < aq->M; at += aq->nbits.data[m++]) {
        int32_t *column = self->unpacked + m * self->n;
        for (size_t i = 0; i < self->n; i++) {
            column[i] = (int32_t)(aq->codebook_offsets.data[m] +
                                  faiss_bitstring_get (self->codes + i * aq->quantizer.code_size,
                                                       at, aq->nbits.data[m]));
        }
    }
}

static void decode (FaissAqScan *self) {
    const FaissAdditiveQuantizerClass *cls =
        (const FaissAdditiveQuantizerClass *)(const void *)self->aq->quantizer.cls;
    unpack_by_rows (self);
    cls->decode_unpacked (self->aq, self->unpacked, self->decoded, self->n, (int64_t)self->aq->M);
}

void faiss_AqScan_load (FaissAqScan *self, const uint8_t *codes, size_t n) {
    const FaissAdditiveQuantizer *aq = self->aq;
    size_t d = aq->quantizer.d;
    self->codes = codes;
    self->n = n;
    if (self->decoded) {
        decode (self);
    }
    if (self->norms && aq->norm_bits > 0) {
        load_stored_norms (self);
    } else if (self->norms) {
        for (size_t i = 0; i < n; i++) {
            self->norms[i] = faiss_fvec_norm_L2sqr (self->decoded + i * d, d);
        }
    }
    if (self->by_table && !aq->only_8bit) {
        unpack_by_columns (self);
    }
}

/* ---- distances ------------------------------------------------------------------------------- */

static void sum_columns (const float *table, size_t M, const int32_t *places, size_t n,
                         float *out) {
    for (size_t i = 0; i < n; i++) {
        out[i] = 0;
    }
    for (size_t m = 0; m < M; m++) {
        for (size_t i = 0; i < n; i++) {
            out[i] += table[places[m * n + i]];
        }
    }
}

void faiss_AqScan_compute (const FaissAqScan *self, const float *x, const float *table, float bias,
                           float *out) {
    const FaissAdditiveQuantizer *aq = self->aq;
    size_t n = self->n;
    if (!self->by_table) {
        size_t d = aq->quantizer.d;
        (self->is_similarity ? faiss_kernels.ivf_inner_product
                             : faiss_kernels.ivf_L2sqr) (&x, 1, self->decoded, d, n, out, n);
        for (size_t i = 0; i < n && bias != 0; i++) {
            out[i] += bias;
        }
        return;
    }
    if (aq->only_8bit) {
        faiss_kernels.pq_sum_bytes (table, aq->M, 0, self->codes, aq->quantizer.code_size, NULL, n,
                                    out);
    } else {
        sum_columns (table, aq->M, self->unpacked, n, out);
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = self->is_similarity ? bias + out[i]
                 : self->norms       ? bias + self->norms[i] - 2 * out[i]
                                     : bias - out[i];
    }
}

/* ---- search ---------------------------------------------------------------------------------- */

enum { BLOCK = 512, MAX_GROUP = 64 };

typedef struct Search {
    FaissAqCodes from;
    idx_t n;
    const float *x;
    idx_t k;
    const FaissIDSelector *sel;
    float *distances;
    idx_t *labels;
    idx_t group; /* queries that are compared with a block while it is loaded */
} Search;

static void offer_block (const Search *s, idx_t first, size_t n, const float *values,
                         uint32_t *positions, float *distances, idx_t *labels) {
    bool is_similarity = faiss_is_similarity_metric (s->from.metric);
    size_t n_found = is_similarity
                         ? faiss_kernels.find_at_least (values, n, distances[0], positions)
                         : faiss_kernels.find_at_most (values, n, distances[0], positions);
    for (size_t i = 0; i < n_found; i++) {
        idx_t id = first + positions[i];
        if (!s->sel || s->sel->cls->is_member (s->sel, id)) {
            faiss_heap_offer (is_similarity, (size_t)s->k, distances, labels, values[positions[i]],
                              id);
        }
    }
}

static void search_block (const Search *s, FaissAqScan *scan, const float *tables,
                          const float *biases, idx_t first_query, idx_t n_queries, idx_t first) {
    size_t n = (size_t)(s->from.ntotal - first < BLOCK ? s->from.ntotal - first : BLOCK);
    float values[BLOCK];
    uint32_t positions[BLOCK];
    faiss_AqScan_load (scan, s->from.codes + (size_t)first * s->from.aq->quantizer.code_size, n);
    for (idx_t i = 0; i < n_queries; i++) {
        idx_t query = first_query + i;
        faiss_AqScan_compute (scan, s->x + (size_t)query * s->from.aq->quantizer.d,
                              tables ? tables + (size_t)i * s->from.aq->total_codebook_size : NULL,
                              biases[i], values);
        offer_block (s, first, n, values, positions, s->distances + query * s->k,
                     s->labels + query * s->k);
    }
}

static FaissStatus search_group (const Search *s, FaissAqScan *scan, float *tables, idx_t first) {
    idx_t n = s->n - first < s->group ? s->n - first : s->group;
    size_t d = s->from.aq->quantizer.d;
    bool is_similarity = faiss_is_similarity_metric (s->from.metric);
    float biases[MAX_GROUP] = {0};
    if (tables) {
        FAISS_TRY (faiss_AdditiveQuantizer_compute_LUT (s->from.aq, (size_t)n,
                                                        s->x + (size_t)first * d, tables, 1, -1));
    }
    for (idx_t i = 0; i < n; i++) {
        idx_t query = first + i;
        if (tables && !is_similarity) {
            biases[i] = faiss_fvec_norm_L2sqr (s->x + (size_t)query * d, d);
        }
        faiss_heap_heapify (is_similarity, (size_t)s->k, s->distances + query * s->k,
                            s->labels + query * s->k);
    }
    for (idx_t block = 0; block < s->from.ntotal; block += BLOCK) {
        search_block (s, scan, tables, biases, first, n, block);
        FAISS_TRY (faiss_check_interrupt ());
    }
    for (idx_t query = first; query < first + n; query++) {
        faiss_heap_reorder (is_similarity, (size_t)s->k, s->distances + query * s->k,
                            s->labels + query * s->k);
    }
    return FAISS_OK;
}

/* Queries in a group: their tables shall stay in the cache; all threads shall have one. */
static idx_t group_size (const FaissAdditiveQuantizer *aq, idx_t n) {
    const size_t cache = 1 << 19;
    size_t table = aq->total_codebook_size * sizeof (float);
    idx_t group = !faiss_aq_needs_table (aq) || table * MAX_GROUP <= cache ? MAX_GROUP
                  : table >= cache                                         ? 1
                                                                           : (idx_t)(cache / table);
    idx_t n_threads = faiss_threads_for (n), share = (n + n_threads - 1) / n_threads;
    return group < share ? group : share > 0 ? share : 1;
}

FaissStatus faiss_aq_search (const FaissAqCodes *codes, idx_t n, const float *x, idx_t k,
                             const FaissIDSelector *sel, float *distances, idx_t *labels) {
    const FaissAdditiveQuantizer *aq = codes->aq;
    Search search = {*codes, n, x, k, sel, distances, labels, group_size (aq, n)};
    idx_t n_groups = (n + search.group - 1) / search.group;
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n_groups))
    {
        FaissAqScan scan = {0};
        float *tables = NULL;
        faiss_region_note (&region,
                           faiss_AqScan_init (&scan, aq, aq->search_type, codes->metric, BLOCK));
        if (faiss_aq_needs_table (aq)) {
            faiss_region_note (&region,
                               faiss_alloc (&tables, (size_t)search.group * aq->total_codebook_size,
                                            sizeof *tables));
        }
        faiss_region_watch (&region);
#pragma omp for schedule(dynamic)
        for (idx_t group = 0; group < n_groups; group++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region,
                                   search_group (&search, &scan, tables, group * search.group));
            }
        }
        faiss_region_watch (NULL);
        free (tables);
        faiss_AqScan_clear (&scan);
    }
    return faiss_region_close (&region);
}

/* ---- range search ---------------------------------------------------------------------------- */

typedef struct RangeSearch {
    FaissAqCodes from;
    const float *x;
    float radius;
    const FaissIDSelector *sel;
} RangeSearch;

static FaissStatus range_search_one (const RangeSearch *s, FaissAqScan *scan, idx_t query,
                                     FaissRangeSearchPartialResult *partial) {
    FaissRangeQueryResult *found = NULL;
    float values[BLOCK];
    FAISS_TRY (faiss_RangeSearchPartialResult_new_result (partial, query, &found));
    for (idx_t first = 0; first < s->from.ntotal; first += BLOCK) {
        FAISS_TRY (faiss_check_interrupt ());
        size_t n = (size_t)(s->from.ntotal - first < BLOCK ? s->from.ntotal - first : BLOCK);
        faiss_AqScan_load (scan, s->from.codes + (size_t)first * s->from.aq->quantizer.code_size,
                           n);
        faiss_AqScan_compute (scan, s->x + (size_t)query * s->from.aq->quantizer.d, NULL, 0,
                              values);
        for (size_t i = 0; i < n; i++) {
            idx_t id = first + (idx_t)i;
            bool is_near = scan->is_similarity ? values[i] > s->radius : values[i] < s->radius;
            if (is_near && (!s->sel || s->sel->cls->is_member (s->sel, id))) {
                FAISS_TRY (faiss_RangeQueryResult_add (found, values[i], id));
            }
        }
    }
    return FAISS_OK;
}

static FaissStatus range_search_share (void *context, size_t begin, size_t end,
                                       FaissRangeSearchPartialResult *partial) {
    const RangeSearch *s = context;
    __attribute__ ((cleanup (faiss_AqScan_clear))) FaissAqScan scan = {0};
    FAISS_TRY (faiss_AqScan_init (&scan, s->from.aq, AdditiveQuantizer_ST_decompress,
                                  s->from.metric, BLOCK));
    for (size_t i = begin; i < end; i++) {
        FAISS_TRY (range_search_one (s, &scan, (idx_t)i, partial));
    }
    return FAISS_OK;
}

FaissStatus faiss_aq_range_search (const FaissAqCodes *codes, idx_t n, const float *x, float radius,
                                   const FaissIDSelector *sel, FaissRangeSearchResult *result) {
    RangeSearch search = {*codes, x, radius, sel};
    return faiss_range_search_in_shares (result, (size_t)n, range_search_share, &search);
}
