/* Scans of product quantizer codes by tables of distances. */
#include <faiss/impl/pq_scan.h>

#include <string.h>

#include <faiss/impl/bitstring.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pq_filter.h>
#include <faiss/impl/range_search.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/candidates.h>

enum {
    BYTE = FAISS_PQ_BYTE,
    GROUP = 32,        /* queries that share what is done per code */
    FIRST_BLOCK = 128, /* of the first codes most are candidates */
};

/* ---- columns --------------------------------------------------------------------------------- */

void faiss_pq_layout (FaissPQLayout *self, const FaissProductQuantizer *pq) {
    bool divides_byte = pq->nbits == 1 || pq->nbits == 2 || pq->nbits == 4 || pq->nbits == 8;
    *self = (FaissPQLayout){
        .M = pq->M,
        .nbits = pq->nbits,
        .ksub = pq->ksub,
        .code_size = pq->quantizer.code_size,
        .is_packed = !divides_byte,
        .n_columns = divides_byte ? pq->quantizer.code_size : pq->M,
        .n_entries = pq->nbits <= 8 ? BYTE : pq->ksub,
    };
}

/* One table for a byte that holds n parts. */
static void add_up (const FaissPQLayout *self, const float *table, size_t n, float *out) {
    for (size_t byte = 0; byte < BYTE; byte++) {
        float sum = table[byte & (self->ksub - 1)];
        for (size_t i = 1; i < n; i++) {
            sum += table[i * self->ksub + (byte >> (i * self->nbits) & (self->ksub - 1))];
        }
        out[byte] = sum;
    }
}

void faiss_pq_make_tables (const FaissPQLayout *self, const float *table, float *tables) {
    size_t per_byte = self->is_packed ? 1 : 8 / self->nbits;
    for (size_t c = 0; c < self->n_columns; c++) {
        const float *from = table + c * per_byte * self->ksub;
        float *to = tables + c * self->n_entries;
        if (per_byte > 1) {
            size_t left = self->M - c * per_byte;
            add_up (self, from, left < per_byte ? left : per_byte, to);
        } else {
            memcpy (to, from, self->ksub * sizeof *to);
        }
    }
}

/* ---- sums ------------------------------------------------------------------------------------ */

size_t faiss_pq_scratch_size (const FaissPQLayout *self) {
    return self->nbits > 8 || !self->is_packed ? 0 : FAISS_PQ_BLOCK * self->M;
}

/* Number m of a code of n_bits > 8 bits per part; word: all of a short code. */
static inline __attribute__ ((always_inline)) uint32_t number_of (const uint8_t *code,
                                                                  size_t code_size, uint64_t word,
                                                                  size_t m, size_t n_bits,
                                                                  bool is_short) {
    return is_short ? (uint32_t)(word >> (m * n_bits)) & (((uint32_t)1 << n_bits) - 1)
                    : faiss_bitstring_field (code, code_size, m, n_bits);
}

static inline __attribute__ ((always_inline)) void sum_wide (
    const FaissPQLayout *self, size_t n_bits, bool is_short, const float *tables, float bias,
    const uint8_t *codes, const uint32_t *positions, size_t n, float *out) {
    enum { AT_ONCE = 8 };
    size_t code_size = self->code_size;
    for (size_t i = 0; i < n; i += AT_ONCE) {
        const uint8_t *code[AT_ONCE];
        uint64_t words[AT_ONCE] = {0};
        float sums[AT_ONCE];
        size_t present = n - i < AT_ONCE ? n - i : AT_ONCE;
        for (size_t j = 0; j < AT_ONCE; j++) {
            size_t at = i + (j < present ? j : 0);
            code[j] = codes + (positions ? positions[at] : at) * code_size;
            words[j] = is_short ? faiss_bitstring_short (code[j], code_size) : 0;
            sums[j] = bias;
        }
        for (size_t m = 0; m < self->M; m++) {
            const float *table = tables + m * self->ksub;
            for (size_t j = 0; j < AT_ONCE; j++) {
                sums[j] += table[number_of (code[j], code_size, words[j], m, n_bits, is_short)];
            }
        }
        memcpy (out + i, sums, present * sizeof *sums);
    }
}

void faiss_pq_sums (const FaissPQLayout *self, const float *tables, float bias,
                    const uint8_t *codes, const uint32_t *positions, size_t n, float *out,
                    uint8_t *scratch) {
    if (self->nbits > 8 && self->code_size < 8) {
        sum_wide (self, self->nbits, true, tables, bias, codes, positions, n, out);
    } else if (self->nbits == 12) {
        sum_wide (self, 12, false, tables, bias, codes, positions, n, out);
    } else if (self->nbits == 16) {
        sum_wide (self, 16, false, tables, bias, codes, positions, n, out);
    } else if (self->nbits > 8) {
        sum_wide (self, self->nbits, false, tables, bias, codes, positions, n, out);
    } else if (self->is_packed) {
        faiss_kernels.pq_unpack (codes, self->code_size, self->M, self->nbits, positions, n,
                                 scratch);
        faiss_kernels.pq_sum_bytes (tables, self->M, bias, scratch, self->M, NULL, n, out);
    } else {
        faiss_kernels.pq_sum_bytes (tables, self->n_columns, bias, codes, self->code_size,
                                    positions, n, out);
    }
}

/* ---- many queries against blocks of codes ---------------------------------------------------- */

/* What a thread needs for up to GROUP queries. */
typedef struct Worker {
    const FaissPQScan *scan;
    size_t first, n; /* the queries */
    bool can_filter;
    size_t chunk;  /* codes that are transposed together */
    float *table;  /* M * ksub, where tables are made from it; else NULL */
    float *tables; /* GROUP queries */
    uint8_t *filter_tables;
    float *ranges;
    FaissPQFilter filters[GROUP];
    uint8_t *unpacked;   /* chunk * M, for packed codes */
    uint8_t *transposed; /* chunk codes */
    uint8_t *scratch;
    uint32_t *positions; /* chunk */
    float *values;       /* FAISS_PQ_BLOCK */
} Worker;

/* A threshold is asked for and candidates are handed over: one of these per search. */
typedef struct Sink {
    /// what is not better than this is not wanted
    float (*threshold) (void *sink, size_t query);
    /// candidate i has the code first + positions[i], or first + i if positions is NULL
    FaissStatus (*take) (void *sink, size_t query, size_t n, const float *values,
                         const uint32_t *positions, size_t first);
} Sink;

/* The sum of a code's bytes that belongs to a bound: what is above it is no better than it. */
static uint32_t filter_limit (const FaissPQFilter *filter, bool is_similarity, float bound) {
    double limit =
        faiss_pq_filter_limit (filter, is_similarity ? -(double)bound : (double)bound, 0);
    return limit >= FAISS_PQ_MAX_SUM ? FAISS_PQ_MAX_SUM : limit > 0 ? (uint32_t)limit : 0;
}

/* @param group  queries at a time, at most GROUP */
static FaissStatus Worker_init (Worker *self, const FaissPQScan *scan, size_t group) {
    enum { CHUNK_BYTES = 1 << 17 };
    const FaissPQLayout *layout = &scan->layout;
    size_t tables_size = faiss_pq_tables_size (layout);
    *self = (Worker){.scan = scan};
    self->can_filter = faiss_pq_filter_is_fast () && layout->nbits > 0 && layout->nbits <= 8 &&
                       layout->n_columns <= FAISS_PQ_MAX_COLUMNS;
    self->chunk = FAISS_PQ_BLOCK;
    if (self->can_filter) {
        size_t n = CHUNK_BYTES / layout->n_columns;
        self->chunk = n < 256 ? 256 : n > 4096 ? 4096 : n / 256 * 256;
    }
    size_t n_columns = layout->n_columns;
    if (!faiss_pq_tables_are_plain (layout)) {
        FAISS_TRY (faiss_alloc (&self->table, layout->M * layout->ksub, sizeof (float)));
    }
    FAISS_TRY (faiss_alloc_aligned (&self->tables, group * tables_size, sizeof (float)));
    FAISS_TRY (faiss_alloc (&self->scratch, faiss_pq_scratch_size (layout), 1));
    FAISS_TRY (faiss_alloc (&self->positions, self->chunk, sizeof (uint32_t)));
    FAISS_TRY (faiss_alloc (&self->values, FAISS_PQ_BLOCK, sizeof (float)));
    if (self->can_filter) {
        FAISS_TRY (faiss_alloc_aligned (&self->filter_tables, group * n_columns, BYTE));
        FAISS_TRY (faiss_alloc (&self->ranges, 2 * n_columns, sizeof (float)));
        FAISS_TRY (faiss_alloc_aligned (&self->transposed, self->chunk, n_columns));
        FAISS_TRY (faiss_alloc (&self->unpacked, layout->is_packed ? self->chunk : 0, n_columns));
    }
    return FAISS_OK;
}

static void Worker_clear (Worker *self) {
    free (self->table);
    free (self->tables);
    free (self->filter_tables);
    free (self->ranges);
    free (self->unpacked);
    free (self->transposed);
    free (self->scratch);
    free (self->positions);
    free (self->values);
}

static const float *tables_of (const Worker *self, size_t query) {
    return self->tables + query * faiss_pq_tables_size (&self->scan->layout);
}

static void start_queries (Worker *self, size_t first, size_t n) {
    const FaissPQScan *scan = self->scan;
    const FaissPQLayout *layout = &scan->layout;
    self->first = first;
    self->n = n;
    for (size_t q = 0; q < n; q++) {
        float *tables = self->tables + q * faiss_pq_tables_size (layout);
        scan->make_table (scan->context, first + q, self->table ? self->table : tables);
        if (self->table) {
            faiss_pq_make_tables (layout, self->table, tables);
        }
        self->filters[q] = (FaissPQFilter){0};
        if (self->can_filter) {
            self->filters[q].tables = self->filter_tables + q * layout->n_columns * BYTE;
            faiss_pq_filter_init (&self->filters[q], tables, layout->n_columns,
                                  layout->is_packed ? layout->ksub : BYTE, scan->is_similarity,
                                  self->ranges);
        }
    }
}

/* Keep of n positions behind `first` those that are selected. */
static size_t select_positions (const FaissIDSelector *sel, size_t first, uint32_t *positions,
                                size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (sel->cls->is_member (sel, (idx_t)(first + positions[i]))) {
            positions[kept++] = positions[i];
        }
    }
    return kept;
}

/* Sum up some of the codes behind `first`, and hand over what is better than the threshold. */
static FaissStatus look_at (Worker *self, size_t query, size_t first, const uint32_t *positions,
                            size_t n, Sink *sink) {
    const FaissPQScan *scan = self->scan;
    const uint8_t *codes = scan->codes + first * scan->layout.code_size;
    for (size_t begin = 0; begin < n; begin += FAISS_PQ_BLOCK) {
        size_t size = n - begin < FAISS_PQ_BLOCK ? n - begin : FAISS_PQ_BLOCK;
        const uint8_t *block = positions ? codes : codes + begin * scan->layout.code_size;
        const uint32_t *which = positions ? positions + begin : NULL;
        faiss_pq_sums (&scan->layout, tables_of (self, query), 0, block, which, size, self->values,
                       self->scratch);
        FAISS_TRY (
            sink->take (sink, query, size, self->values, which, positions ? first : first + begin));
    }
    return FAISS_OK;
}

static FaissStatus look_at_all (Worker *self, size_t query, size_t first, size_t n, Sink *sink) {
    const FaissIDSelector *sel = self->scan->sel;
    if (!sel) {
        return look_at (self, query, first, NULL, n, sink);
    }
    for (size_t i = 0; i < n; i++) {
        self->positions[i] = (uint32_t)i;
    }
    return look_at (self, query, first, self->positions,
                    select_positions (sel, first, self->positions, n), sink);
}

/* Transpose the codes first .. first + n - 1. */
static void transpose (Worker *self, size_t first, size_t n) {
    const FaissPQLayout *layout = &self->scan->layout;
    const uint8_t *codes = self->scan->codes + first * layout->code_size;
    if (layout->is_packed) {
        faiss_kernels.pq_unpack (codes, layout->code_size, layout->M, layout->nbits, NULL, n,
                                 self->unpacked);
        codes = self->unpacked;
    }
    faiss_kernels.pq_transpose_bytes (codes, layout->is_packed ? layout->M : layout->code_size,
                                      layout->n_columns, n, self->transposed);
}

/* All queries against the codes first .. first + n - 1, at most a chunk. */
static FaissStatus scan_chunk (Worker *self, size_t first, size_t n, bool with_filter, Sink *sink) {
    const FaissPQScan *scan = self->scan;
    uint32_t limits[GROUP];
    bool transposed = false;
    for (size_t q = 0; q < self->n; q++) {
        const FaissPQFilter *filter = &self->filters[q];
        limits[q] = FAISS_PQ_MAX_SUM;
        if (with_filter && filter->is_on) {
            limits[q] = filter_limit (filter, scan->is_similarity, sink->threshold (sink, q));
        }
        if (limits[q] < FAISS_PQ_MAX_SUM && !transposed) {
            transpose (self, first, n);
            transposed = true;
        }
    }
    for (size_t q = 0; q < self->n; q++) {
        if (limits[q] == FAISS_PQ_MAX_SUM) {
            FAISS_TRY (look_at_all (self, q, first, n, sink));
            continue;
        }
        size_t n_found =
            faiss_kernels.pq_filter_bytes (self->filters[q].tables, scan->layout.n_columns,
                                           self->transposed, n, limits[q], self->positions);
        if (scan->sel && n_found > 0) {
            n_found = select_positions (scan->sel, first, self->positions, n_found);
        }
        if (n_found > 0) {
            FAISS_TRY (look_at (self, q, first, self->positions, n_found, sink));
        }
    }
    return FAISS_OK;
}

/* The queries of the worker against codes begin .. end - 1. The first blocks are small, so that
 * thresholds are good from early on. @param warm_up  thresholds mean nothing before so many codes
 */
static FaissStatus scan_codes (Worker *self, size_t begin, size_t end, size_t warm_up, Sink *sink) {
    size_t size = FIRST_BLOCK;
    for (size_t first = begin; first < end; first += size) {
        size_t done = first - begin;
        size = done == 0 ? FIRST_BLOCK : done;
        size = size < self->chunk ? size : self->chunk;
        size = end - first < size ? end - first : size;
        FAISS_TRY (scan_chunk (self, first, size, done >= warm_up, sink));
        FAISS_TRY (faiss_check_interrupt ());
    }
    return FAISS_OK;
}

/* ---- the k nearest --------------------------------------------------------------------------- */

/* Ids within a part have 32 bits. */
#define PART ((size_t)1 << 31)

typedef struct KnnSink {
    Sink sink;
    bool is_similarity;
    size_t k, begin; /* begin: of the part */
    FaissCandidates candidates[GROUP];
} KnnSink;

static float KnnSink_threshold (void *sink, size_t query) {
    return ((const KnnSink *)sink)->candidates[query].threshold;
}

static FaissStatus KnnSink_take (void *sink, size_t query, size_t n, const float *values,
                                 const uint32_t *positions, size_t first) {
    KnnSink *self = sink;
    FaissCandidates *candidates = &self->candidates[query];
    uint32_t places[FAISS_PQ_BLOCK];
    float found[FAISS_PQ_BLOCK];
    size_t n_found = self->is_similarity
                         ? faiss_kernels.find_at_least (values, n, candidates->threshold, places)
                         : faiss_kernels.find_at_most (values, n, candidates->threshold, places);
    for (size_t i = 0; i < n_found; i++) {
        found[i] = values[places[i]];
        places[i] = positions ? positions[places[i]] : places[i];
    }
    if (n_found > 0) {
        faiss_candidates_add (candidates, self->is_similarity, self->k, n_found, found, places,
                              (uint32_t)(first - self->begin), NULL);
    }
    return FAISS_OK;
}

typedef struct KnnWorker {
    Worker worker;
    KnnSink sink;
    uint64_t *keys;
    float *part_distances; /* of all parts, where there are several: part, query, k */
    idx_t *part_labels;
} KnnWorker;

static FaissStatus KnnWorker_init (KnnWorker *self, const FaissPQScan *scan, size_t group,
                                   size_t k) {
    *self = (KnnWorker){.sink = {.sink = {KnnSink_threshold, KnnSink_take},
                                 .is_similarity = scan->is_similarity,
                                 .k = k}};
    size_t n_parts = (scan->n_codes + PART - 1) / PART;
    FAISS_TRY (Worker_init (&self->worker, scan, group));
    FAISS_TRY (
        faiss_alloc (&self->keys, group * faiss_candidates_capacity (k), sizeof *self->keys));
    if (n_parts > 1) {
        FAISS_TRY (faiss_alloc (&self->part_distances, n_parts * group * k, sizeof (float)));
        FAISS_TRY (faiss_alloc (&self->part_labels, n_parts * group * k, sizeof (idx_t)));
    }
    return FAISS_OK;
}

static void KnnWorker_clear (KnnWorker *self) {
    Worker_clear (&self->worker);
    free (self->keys);
    free (self->part_distances);
    free (self->part_labels);
}

/* The nearest in one part of the codes. */
static FaissStatus knn_in_part (KnnWorker *self, size_t begin, size_t end, float *distances,
                                idx_t *labels) {
    KnnSink *sink = &self->sink;
    size_t k = sink->k, n = self->worker.n;
    sink->begin = begin;
    for (size_t q = 0; q < n; q++) {
        faiss_candidates_init (&sink->candidates[q], sink->is_similarity,
                               self->keys + q * faiss_candidates_capacity (k));
    }
    FAISS_TRY (scan_codes (&self->worker, begin, end, k, &sink->sink));
    for (size_t q = 0; q < n; q++) {
        faiss_candidates_finish (&sink->candidates[q], sink->is_similarity, k, distances + q * k,
                                 labels + q * k);
        for (size_t i = 0; begin > 0 && i < k; i++) {
            labels[q * k + i] += labels[q * k + i] < 0 ? 0 : (idx_t)begin;
        }
    }
    return FAISS_OK;
}

static FaissStatus knn_of_group (KnnWorker *self, size_t first, size_t n, float *distances,
                                 idx_t *labels) {
    const FaissPQScan *scan = self->worker.scan;
    size_t k = self->sink.k, n_parts = (scan->n_codes + PART - 1) / PART;
    start_queries (&self->worker, first, n);
    if (n_parts <= 1) {
        return knn_in_part (self, 0, scan->n_codes, distances + first * k, labels + first * k);
    }
    for (size_t part = 0; part < n_parts; part++) {
        size_t end = part + 1 == n_parts ? scan->n_codes : (part + 1) * PART;
        FAISS_TRY (knn_in_part (self, part * PART, end, self->part_distances + part * n * k,
                                self->part_labels + part * n * k));
    }
    return faiss_merge_knn_results (scan->is_similarity, n, k, n_parts, self->part_distances,
                                    self->part_labels, distances + first * k, labels + first * k);
}

/* Queries per group: as many as share well, few enough that all threads have some. */
static size_t group_size (size_t nx) {
    size_t n_threads = (size_t)faiss_threads_for ((int64_t)nx);
    size_t size = (nx + n_threads - 1) / n_threads;
    return size < GROUP ? size : GROUP;
}

FaissStatus faiss_pq_knn (const FaissPQScan *self, size_t nx, size_t k, float *distances,
                          idx_t *labels) {
    if (nx == 0) {
        return FAISS_OK;
    }
    size_t group = group_size (nx);
    int64_t n_groups = (int64_t)((nx + group - 1) / group);
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for(n_groups))
    {
        KnnWorker worker;
        faiss_region_note (&region, KnnWorker_init (&worker, self, group, k));
#pragma omp for schedule(dynamic)
        for (int64_t g = 0; g < n_groups; g++) {
            size_t first = (size_t)g * group, n = nx - first < group ? nx - first : group;
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region, knn_of_group (&worker, first, n, distances, labels));
            }
        }
        KnnWorker_clear (&worker);
    }
    return faiss_region_close (&region);
}

/* ---- all within a radius --------------------------------------------------------------------- */

/* Results of several queries come in turns, but must be handed over query by query. */
typedef struct RangeSink {
    Sink sink;
    bool is_similarity;
    float radius;
    FaissFloat32Vector values[GROUP];
    FaissInt64Vector ids[GROUP];
} RangeSink;

static float RangeSink_threshold (void *sink, size_t query) {
    (void)query;
    return ((const RangeSink *)sink)->radius;
}

static FaissStatus RangeSink_take (void *sink, size_t query, size_t n, const float *values,
                                   const uint32_t *positions, size_t first) {
    RangeSink *self = sink;
    for (size_t i = 0; i < n; i++) {
        if (self->is_similarity ? values[i] > self->radius : values[i] < self->radius) {
            idx_t id = (idx_t)(first + (positions ? positions[i] : i));
            FAISS_TRY (faiss_Float32Vector_push_back (&self->values[query], values[i]));
            FAISS_TRY (faiss_Int64Vector_push_back (&self->ids[query], id));
        }
    }
    return FAISS_OK;
}

static void RangeSink_clear (RangeSink *self) {
    for (size_t q = 0; q < GROUP; q++) {
        faiss_Float32Vector_clear (&self->values[q]);
        faiss_Int64Vector_clear (&self->ids[q]);
    }
}

/* Hand over what was found for n queries, and forget it. */
static FaissStatus RangeSink_flush (RangeSink *self, size_t first, size_t n,
                                    FaissRangeSearchPartialResult *partial) {
    for (size_t q = 0; q < n; q++) {
        FaissRangeQueryResult *result = NULL;
        FAISS_TRY (
            faiss_RangeSearchPartialResult_new_result (partial, (idx_t)(first + q), &result));
        for (size_t i = 0; i < self->ids[q].size; i++) {
            FAISS_TRY (
                faiss_RangeQueryResult_add (result, self->values[q].data[i], self->ids[q].data[i]));
        }
        self->values[q].size = self->ids[q].size = 0;
    }
    return FAISS_OK;
}

typedef struct RangeSearch {
    const FaissPQScan *scan;
    float radius;
} RangeSearch;

static FaissStatus range_of_queries (Worker *worker, RangeSink *sink, size_t begin, size_t end,
                                     FaissRangeSearchPartialResult *partial) {
    for (size_t first = begin; first < end; first += GROUP) {
        size_t n = end - first < GROUP ? end - first : GROUP;
        start_queries (worker, first, n);
        FAISS_TRY (scan_codes (worker, 0, worker->scan->n_codes, 0, &sink->sink));
        FAISS_TRY (RangeSink_flush (sink, first, n, partial));
    }
    return FAISS_OK;
}

static FaissStatus range_share (void *context, size_t begin, size_t end,
                                FaissRangeSearchPartialResult *partial) {
    const RangeSearch *search = context;
    Worker worker;
    RangeSink sink = {.sink = {RangeSink_threshold, RangeSink_take},
                      .is_similarity = search->scan->is_similarity,
                      .radius = search->radius};
    FaissStatus status =
        Worker_init (&worker, search->scan, end - begin < GROUP ? end - begin : GROUP);
    if (status == FAISS_OK) {
        status = range_of_queries (&worker, &sink, begin, end, partial);
    }
    RangeSink_clear (&sink);
    Worker_clear (&worker);
    return status;
}

FaissStatus faiss_pq_range (const FaissPQScan *self, size_t nx, float radius,
                            FaissRangeSearchResult *result) {
    RangeSearch search = {self, radius};
    return faiss_range_search_in_shares (result, nx, range_share, &search);
}
