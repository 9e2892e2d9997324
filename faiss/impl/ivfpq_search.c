/* The fast way through inverted files of product quantizer codes.
 *
 * For all codes of a list a lower bound of the distance is computed from the query's table rounded
 * down to bytes; only what is below the k-th distance so far is summed up in full. The codes are
 * transposed for that, 64 together. Where many queries meet in the lists, these are visited in
 * order, and what is done per code is done for all queries of a list.
 */
#include <faiss/impl/ivfpq_search.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/distances.h>

enum {
    BYTE = 256,      /* entries of a table */
    LANES = 64,      /* codes of a transposed group */
    CHUNK = 512,     /* codes that are transposed together */
    FIRST = 64,      /* codes that are summed up in full before the next look at the bound */
    MAX_SUM = 65535, /* of the tables of bytes */
};

/// Memory for tables of queries per thread.
#define TABLE_BYTES ((size_t)32 << 20)

bool faiss_ivfpq_is_fast (const FaissIndexIVFPQ *self, const FaissIVFPQSettings *settings,
                          const FaissIVFSearchSettings *ivf_settings) {
    enum { N_BITS = 8, MAX_PARTS = MAX_SUM / 8 };
    int mode = ivf_settings->parallel_mode;
    return self->pq.nbits == N_BITS && self->pq.M <= MAX_PARTS &&
           settings->form != IVFPQ_L2_RESIDUAL && settings->polysemous_ht <= 0 &&
           (mode == 0 || mode == 3) && !ivf_settings->sel && ivf_settings->max_codes == 0 &&
           !ivf_settings->ensure_topk_full &&
           self->ivf.invlists->code_size == self->ivf.code_size &&
           faiss_kernels.pq_filter_bytes != faiss_pq_filter_bytes_generic;
}

/* ---- what a search has, what a thread has ---------------------------------------------------- */

typedef struct Search {
    const FaissIndexIVFPQ *index;
    const FaissProductQuantizer *pq;
    const FaissInvertedLists *lists;
    FaissIVFPQForm form;
    const FaissPQColumns *columns; /* of the centroids, for tables */
    bool needs_centroid;           /* the base is the product with it */
    bool is_similarity, store_pairs, keep_heaps;
    const float *x;
    const idx_t *keys;
    const float *coarse_dis;
    size_t nprobe, k;
    float *distances; /* heaps */
    idx_t *labels;
} Search;

/* A query. The sum of its table's entries is compared, or the negated sum where a large one is
 * good. */
typedef struct Query {
    size_t number;
    float *table;    /* M * 256 */
    uint8_t *bytes;  /* (entry - smallest of its part) * scale, rounded down */
    bool is_rounded; /* there are bytes */
    bool is_on;      /* they mean something */
    double smallest, scale, magnitudes;
} Query;

typedef struct Worker {
    const Search *s;
    Query *queries;
    float *tables;
    uint8_t *bytes;
    float *ranges;   /* 2 * M */
    float *row;      /* M * 256, for terms */
    float *centroid; /* of the list */
    uint8_t *transposed;
    float terms[CHUNK];
    float values[CHUNK];
    uint32_t positions[CHUNK];
    uint32_t *starts; /* by list: where its probes begin in `order`, size nlist + 1 */
    uint32_t *order;  /* probes */
    FaissIndexIVFStats counts;
} Worker;

static void Worker_clear (Worker *self) {
    free (self->queries);
    free (self->tables);
    free (self->bytes);
    free (self->ranges);
    free (self->row);
    free (self->centroid);
    free (self->transposed);
    free (self->starts);
    free (self->order);
}

static FaissStatus Worker_init (Worker *self, const Search *s, size_t n, bool is_sorted) {
    size_t M = s->pq->M, size = M * BYTE;
    self->s = s;
    FAISS_TRY (faiss_alloc (&self->queries, n, sizeof *self->queries));
    FAISS_TRY (faiss_alloc_aligned (&self->tables, n * size, sizeof (float)));
    FAISS_TRY (faiss_alloc_aligned (&self->bytes, n * size, 1));
    FAISS_TRY (faiss_alloc (&self->ranges, 2 * M, sizeof (float)));
    FAISS_TRY (faiss_alloc (&self->row, size, sizeof (float)));
    FAISS_TRY (faiss_alloc (&self->centroid, s->pq->quantizer.d, sizeof (float)));
    FAISS_TRY (faiss_alloc_aligned (&self->transposed, CHUNK, M));
    if (is_sorted) {
        FAISS_TRY (faiss_alloc (&self->starts, s->lists->nlist + 1, sizeof *self->starts));
        FAISS_TRY (faiss_alloc (&self->order, n * s->nprobe, sizeof *self->order));
    }
    return FAISS_OK;
}

/* ---- a query --------------------------------------------------------------------------------- */

/* Are entries added to a distance as they are, or negated? */
static bool is_negated (const Search *s) {
    return s->form != IVFPQ_L2;
}

static void round_table (Worker *w, Query *query) {
    const Search *s = w->s;
    size_t M = s->pq->M;
    float *low = w->ranges, *high = w->ranges + M, widest = 0;
    query->is_rounded = true;
    query->smallest = query->magnitudes = 0;
    faiss_kernels.pq_table_ranges (query->table, M, BYTE, low, high);
    for (size_t m = 0; m < M; m++) {
        query->magnitudes += fmax (fabs ((double)low[m]), fabs ((double)high[m]));
        widest = high[m] - low[m] > widest ? high[m] - low[m] : widest;
        low[m] = is_negated (s) ? -high[m] : low[m];
        query->smallest += (double)low[m];
    }
    size_t highest = MAX_SUM / M < 255 ? MAX_SUM / M : 255;
    query->scale = widest > 0 ? (double)highest / (double)widest : 0;
    query->is_on = query->scale > 0 && query->scale < FLT_MAX &&
                   query->magnitudes * query->scale < 1e9; /* NaN is not */
    if (query->is_on) {
        float scale = (float)(query->scale * (1 - 4 * (double)FLT_EPSILON)); /* errs downwards */
        faiss_kernels.pq_round_tables (query->table, M, BYTE, is_negated (s) ? -1 : 1, low, scale,
                                       query->bytes);
    }
}

static void start_query (Worker *w, size_t slot, size_t number) {
    const Search *s = w->s;
    size_t size = s->pq->M * BYTE;
    Query *query = &w->queries[slot];
    const float *x = s->x + number * s->pq->quantizer.d;
    *query = (Query){
        .number = number, .table = w->tables + slot * size, .bytes = w->bytes + slot * size};
    if (s->form == IVFPQ_L2) {
        faiss_pq_distance_table_by (s->pq, s->columns, x, query->table);
    } else {
        faiss_pq_inner_prod_table_by (s->pq, s->columns, x, query->table);
    }
    if (!s->keep_heaps) {
        faiss_heap_heapify (s->is_similarity, s->k, s->distances + number * s->k,
                            s->labels + number * s->k);
    }
}

static void finish_query (const Search *s, size_t number) {
    if (!s->keep_heaps) {
        faiss_heap_reorder (s->is_similarity, s->k, s->distances + number * s->k,
                            s->labels + number * s->k);
    }
}

/* ---- codes ----------------------------------------------------------------------------------- */

/* Codes of a list that are looked at together. */
typedef struct Chunk {
    size_t list_no, begin, n; /* positions in the list */
    const uint8_t *codes;
    const idx_t *ids;   /* NULL for pairs */
    const float *terms; /* or NULL */
    bool is_transposed;
} Chunk;

static void offer (Worker *w, const Query *query, const Chunk *chunk, float distance,
                   size_t position) {
    const Search *s = w->s;
    idx_t label = chunk->ids
                      ? chunk->ids[position]
                      : faiss_lo_build ((idx_t)chunk->list_no, (idx_t)(chunk->begin + position));
    w->counts.nheap_updates +=
        faiss_heap_offer_unordered (s->is_similarity, s->k, s->distances + query->number * s->k,
                                    s->labels + query->number * s->k, distance, label);
}

/* Sum up n codes, at positions or in a row from `first` on, and offer what is near enough. */
static void look_at (Worker *w, const Query *query, const Chunk *chunk, float base,
                     const uint32_t *positions, size_t first, size_t n) {
    const Search *s = w->s;
    size_t code_size = s->pq->quantizer.code_size;
    const float *worst = s->distances + query->number * s->k;
    bool has_terms = chunk->terms != NULL;
    faiss_kernels.pq_sum_bytes (query->table, s->pq->M, has_terms ? 0 : base,
                                chunk->codes + first * code_size, code_size, positions, n,
                                w->values);
    for (size_t i = 0; i < n; i++) {
        size_t position = positions ? positions[i] : first + i;
        float distance = has_terms
                             ? faiss_ivfpq_distance (base, chunk->terms[position], w->values[i])
                             : w->values[i];
        if (s->is_similarity ? distance >= *worst : distance <= *worst) {
            offer (w, query, chunk, distance, position);
        }
    }
}

/* The sum of bytes above which a code is farther than the bound: limit - slope * its term. */
typedef struct Limit {
    double limit, slope;
} Limit;

static Limit limit_of (const Search *s, const Query *query, float base, float bound) {
    double room, error = query->magnitudes;
    if (s->form == IVFPQ_L2_TABLE) { /* base + term - 2 * sum <= bound */
        room = ((double)bound - (double)base) / 2;
    } else if (s->form == IVFPQ_IP) { /* base + sum >= bound */
        room = (double)base - (double)bound;
    } else {
        room = (double)bound;
    }
    error += fabs ((double)base) + fabs ((double)bound);
    error *= 4 * (double)(s->pq->M + 4) * FLT_EPSILON * query->scale; /* of sums of floats */
    return (Limit){(room - query->smallest) * query->scale + error + 2, query->scale / 2};
}

static void scan_chunk (Worker *w, Query *query, Chunk *chunk, float base) {
    const Search *s = w->s;
    const float *worst = s->distances + query->number * s->k;
    const idx_t *last = s->labels + query->number * s->k; /* -1 while there are not k */
    size_t done = 0, n_found;
    while (done < chunk->n && *last < 0) {
        size_t n = chunk->n - done < FIRST ? chunk->n - done : FIRST;
        look_at (w, query, chunk, base, NULL, done, n);
        done += n;
    }
    if (done == chunk->n) {
        return;
    }
    if (!query->is_rounded) {
        round_table (w, query);
    }
    if (!query->is_on) {
        look_at (w, query, chunk, base, NULL, done, chunk->n - done);
        return;
    }
    if (!chunk->is_transposed) {
        faiss_kernels.pq_transpose_bytes (chunk->codes, s->pq->quantizer.code_size, s->pq->M,
                                          chunk->n, w->transposed);
        chunk->is_transposed = true;
    }
    Limit limit = limit_of (s, query, base, *worst);
    const uint8_t *transposed = w->transposed + done * s->pq->M;
    if (chunk->terms) {
        n_found = faiss_kernels.pq_filter_bytes_with_terms (
            query->bytes, s->pq->M, transposed, chunk->terms + done, (float)limit.slope,
            (float)limit.limit, chunk->n - done, w->positions);
    } else {
        double whole = limit.limit < 0 ? 0 : limit.limit > MAX_SUM ? MAX_SUM : limit.limit;
        n_found = limit.limit < 0 ? 0
                                  : faiss_kernels.pq_filter_bytes (query->bytes, s->pq->M,
                                                                   transposed, chunk->n - done,
                                                                   (uint32_t)whole, w->positions);
    }
    for (size_t i = 0; done > 0 && i < n_found; i++) {
        w->positions[i] += (uint32_t)done;
    }
    if (n_found > 0) {
        look_at (w, query, chunk, base, w->positions, 0, n_found);
    }
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* The base of a query's distances in a list. */
static float base_of (const Worker *w, const Query *query, size_t probe) {
    const Search *s = w->s;
    if (s->form == IVFPQ_L2_TABLE) {
        return s->coarse_dis[probe];
    }
    size_t d = s->pq->quantizer.d;
    return s->needs_centroid ? faiss_fvec_inner_product (s->x + query->number * d, w->centroid, d)
                             : 0;
}

/* The list against the probes of some queries. */
static FaissStatus scan_list (Worker *w, size_t list_no, const uint32_t *probes, size_t n_probes,
                              size_t first_query) {
    const Search *s = w->s;
    const FaissInvertedLists *lists = s->lists;
    const FaissIndex *quantizer = s->index->ivf.quantizer;
    size_t size = lists->cls->list_size (lists, list_no), code_size = s->pq->quantizer.code_size;
    if (size == 0) {
        return FAISS_OK;
    }
    if (s->needs_centroid) {
        FAISS_TRY (quantizer->cls->reconstruct (quantizer, (idx_t)list_no, w->centroid));
    }
    const float *kept =
        s->form == IVFPQ_L2_TABLE ? faiss_ivfpq_kept_terms (s->index, (idx_t)list_no) : NULL;
    const uint8_t *codes = lists->cls->get_codes (lists, list_no);
    const idx_t *ids = s->store_pairs ? NULL : lists->cls->get_ids (lists, list_no);
    for (size_t begin = 0; begin < size; begin += CHUNK) {
        Chunk chunk = {.list_no = list_no,
                       .begin = begin,
                       .n = size - begin < CHUNK ? size - begin : CHUNK,
                       .codes = codes + begin * code_size,
                       .ids = ids ? ids + begin : NULL,
                       .terms = kept ? kept + begin : NULL};
        if (s->form == IVFPQ_L2_TABLE && !kept) {
            faiss_ivfpq_compute_terms (s->index, (idx_t)list_no, chunk.n, chunk.codes, w->row,
                                       w->terms);
            chunk.terms = w->terms;
        }
        faiss_kernels.pq_transpose_bytes (chunk.codes, code_size, s->pq->M, chunk.n, w->transposed);
        for (size_t i = 0; i < n_probes; i++) {
            Query *query = &w->queries[probes[i] / s->nprobe - first_query];
            scan_chunk (w, query, &chunk, base_of (w, query, probes[i]));
        }
    }
    lists->cls->release_codes (lists, list_no, codes);
    if (ids) {
        lists->cls->release_ids (lists, list_no, ids);
    }
    w->counts.nlist += n_probes;
    w->counts.ndis += n_probes * size;
    return FAISS_OK;
}

/* Sort the probes first_rank .. end_rank - 1 of the queries begin .. begin + n - 1 by list. */
static void sort_probes (Worker *w, size_t begin, size_t n, size_t first_rank, size_t end_rank) {
    const Search *s = w->s;
    size_t nlist = s->lists->nlist;
    memset (w->starts, 0, (nlist + 1) * sizeof *w->starts);
    for (size_t i = begin; i < begin + n; i++) {
        for (size_t j = first_rank; j < end_rank; j++) {
            idx_t key = s->keys[i * s->nprobe + j];
            if (key >= 0) {
                w->starts[key]++;
            }
        }
    }
    uint32_t sum = 0;
    for (size_t i = 0; i <= nlist; i++) { /* the ends; filling from behind makes them starts */
        sum += w->starts[i];
        w->starts[i] = sum;
    }
    for (size_t i = begin + n; i-- > begin;) {
        for (size_t j = end_rank; j-- > first_rank;) {
            size_t probe = i * s->nprobe + j;
            if (s->keys[probe] >= 0) {
                w->order[--w->starts[s->keys[probe]]] = (uint32_t)probe;
            }
        }
    }
}

static FaissStatus search_list_by_list (Worker *w, size_t begin, size_t n, size_t first_rank,
                                        size_t end_rank) {
    sort_probes (w, begin, n, first_rank, end_rank);
    for (size_t i = 0; i < w->s->lists->nlist; i++) {
        if (w->starts[i + 1] > w->starts[i]) {
            FAISS_TRY (
                scan_list (w, i, w->order + w->starts[i], w->starts[i + 1] - w->starts[i], begin));
        }
    }
    return FAISS_OK;
}

/* Some queries together: first the nearest list of each, so that the bounds are good. */
static FaissStatus search_together (Worker *w, size_t begin, size_t n) {
    for (size_t i = 0; i < n; i++) {
        start_query (w, i, begin + i);
    }
    FAISS_TRY (search_list_by_list (w, begin, n, 0, 1));
    if (w->s->nprobe > 1) {
        FAISS_TRY (search_list_by_list (w, begin, n, 1, w->s->nprobe));
    }
    for (size_t i = 0; i < n; i++) {
        finish_query (w->s, begin + i);
    }
    return FAISS_OK;
}

static FaissStatus search_alone (Worker *w, size_t number) {
    const Search *s = w->s;
    start_query (w, 0, number);
    for (size_t j = 0; j < s->nprobe; j++) {
        uint32_t probe = (uint32_t)(number * s->nprobe + j);
        if (s->keys[probe] >= 0) {
            FAISS_TRY (scan_list (w, (size_t)s->keys[probe], &probe, 1, number));
        }
    }
    finish_query (s, number);
    return FAISS_OK;
}

/* ---- all queries ----------------------------------------------------------------------------- */

/* Queries per block, of n that a thread has: 1 if too few meet in a list to make up for tables that
 * are not in the cache. */
static size_t block_size (const Search *s, size_t n) {
    enum { ENOUGH = 12 };
    size_t most = TABLE_BYTES / (s->pq->M * BYTE * (sizeof (float) + 1));
    size_t n_blocks = most < 1 ? n : (n + most - 1) / most;
    size_t size = (n + n_blocks - 1) / n_blocks;
    return size * s->nprobe < ENOUGH * s->lists->nlist ? 1 : size;
}

static FaissStatus search_all (const Search *s, size_t n, FaissIndexIVFStats *counts) {
    int n_threads = faiss_threads_for ((int64_t)n);
    size_t size = block_size (s, (n + (size_t)n_threads - 1) / (size_t)n_threads);
    FaissRegion region = {0};
#pragma omp parallel num_threads(n_threads)
    {
        Worker *worker = NULL;
        FaissStatus status = faiss_alloc_zeroed (&worker, 1, sizeof *worker);
        status = status ? status : Worker_init (worker, s, size, size > 1);
        faiss_region_note (&region, status);
#pragma omp for schedule(dynamic)
        for (size_t begin = 0; begin < n; begin += size) {
            if (status == FAISS_OK && !faiss_region_stopped (&region)) {
                faiss_region_note (
                    &region, size == 1 ? search_alone (worker, begin)
                                       : search_together (worker, begin,
                                                          n - begin < size ? n - begin : size));
            }
        }
        if (worker) {
#pragma omp critical(faiss_ivfpq_counts)
            faiss_IndexIVFStats_add (counts, &worker->counts);
            Worker_clear (worker);
            free (worker);
        }
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_ivfpq_search (const FaissIndexIVFPQ *self, const FaissIVFPQSettings *settings,
                                size_t n, const float *x, size_t k, const idx_t *assign,
                                const float *centroid_dis, size_t nprobe, bool store_pairs,
                                bool keep_heaps, float *distances, idx_t *labels,
                                FaissIndexIVFStats *counts) {
    FAISS_REQUIRE (settings->form != IVFPQ_L2_TABLE || centroid_dis, "centroid_dis is NULL");
    FAISS_REQUIRE (n * nprobe <= UINT32_MAX, "%zu queries of %zu lists are too many", n, nprobe);
    for (size_t p = 0; p < n * nprobe; p++) {
        FAISS_TRY (faiss_ivf_check_key (&self->ivf, assign[p]));
    }
    FAISS_AUTO (PQColumns) columns = {0};
    FAISS_TRY (faiss_pq_columns (&self->pq, n, &columns));
    Search s = {.index = self,
                .pq = &self->pq,
                .lists = self->ivf.invlists,
                .form = settings->form,
                .columns = &columns,
                .needs_centroid = settings->form == IVFPQ_IP && self->ivf.by_residual,
                .is_similarity = self->index.metric_type == METRIC_INNER_PRODUCT,
                .store_pairs = store_pairs,
                .keep_heaps = keep_heaps,
                .x = x,
                .keys = assign,
                .coarse_dis = centroid_dis,
                .nprobe = nprobe,
                .k = k,
                .distances = distances,
                .labels = labels};
    counts->nq += n;
    return search_all (&s, n, counts);
}
