/* The fast way through inverted files of product quantizer codes.
 *
 * Of a query that meets few codes no table is made: they are decoded. Otherwise for all codes of a
 * list a lower bound of the distance is computed from the query's table rounded down to bytes; only
 * what is below the k-th distance so far is summed up in full. The codes are transposed for that,
 * 64 together. Where many queries meet in the lists, these are visited in order, and what is done
 * per code is done for all queries of a list.
 */
#include <faiss/impl/ivfpq_search.h>

#include <math.h>

#include <faiss/impl/check.h>
#include <faiss/impl/ivf_pairs.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pq_filter.h>
#include <faiss/impl/pq_internal.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/distances.h>

enum {
    BYTE = FAISS_PQ_BYTE,
    CHUNK = 512, /* codes that are transposed together */
    PAIRS_PER_CHECK = 64,
    FIRST = 64, /* codes that are summed up in full before the next look at the bound */
};

/// Memory for tables of queries per thread.
#define TABLE_BYTES ((size_t)32 << 20)

bool faiss_ivfpq_is_fast (const FaissIndexIVFPQ *self, const FaissIVFPQSettings *settings,
                          const FaissIVFSearchSettings *ivf_settings) {
    enum { N_BITS = 8 };
    int mode = ivf_settings->parallel_mode;
    return self->pq.nbits == N_BITS && self->pq.M <= FAISS_PQ_MAX_COLUMNS &&
           settings->form != IVFPQ_L2_RESIDUAL && settings->polysemous_ht <= 0 &&
           (mode == 0 || mode == 3) && !ivf_settings->sel && ivf_settings->max_codes == 0 &&
           !ivf_settings->ensure_topk_full &&
           self->ivf.invlists->code_size == self->ivf.code_size &&
           !self->ivf.invlists->use_iterator && faiss_pq_filter_is_fast ();
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
    size_t few_codes;  /* a query that meets no more needs no table */
    size_t short_list; /* nor does a list that has no more */
    float *distances;  /* heaps */
    idx_t *labels;
} Search;

/* A query. The sum of its table's entries is compared, or the negated sum where a large one is
 * good. */
typedef struct Query {
    size_t number;
    float *table; /* M * 256 */
    bool has_table, has_filter;
    bool is_direct; /* codes are decoded instead */
    FaissPQFilter filter;
} Query;

typedef struct Worker {
    const Search *s;
    Query *queries;
    float *tables;
    uint8_t *bytes;
    float *ranges;   /* 2 * M */
    float *row;      /* M * 256, for terms */
    float *centroid; /* of the list */
    float *decoded;  /* FAISS_IVFPQ_DECODED * d */
    uint8_t *transposed;
    float terms[CHUNK];
    float values[CHUNK];
    uint32_t positions[CHUNK];
    FaissIVFPairs pairs;
    FaissIndexIVFStats counts;
} Worker;

static void Worker_clear (Worker *self) {
    free (self->queries);
    free (self->tables);
    free (self->bytes);
    free (self->ranges);
    free (self->row);
    free (self->centroid);
    free (self->decoded);
    free (self->transposed);
    faiss_ivf_pairs_clear (&self->pairs);
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
    FAISS_TRY (
        faiss_alloc (&self->decoded, FAISS_IVFPQ_DECODED * s->pq->quantizer.d, sizeof (float)));
    FAISS_TRY (faiss_alloc_aligned (&self->transposed, CHUNK, M));
    if (is_sorted) {
        FAISS_TRY (faiss_ivf_pairs_init (&self->pairs, s->lists->nlist, n * s->nprobe));
    }
    return FAISS_OK;
}

/* ---- a query --------------------------------------------------------------------------------- */

/* Are entries added to a distance as they are, or negated? */
static bool is_negated (const Search *s) {
    return s->form != IVFPQ_L2;
}

static void make_filter (Worker *w, Query *query) {
    query->has_filter = true;
    faiss_pq_filter_init (&query->filter, query->table, w->s->pq->M, BYTE, is_negated (w->s),
                          w->ranges);
}

static void make_table (const Search *s, Query *query) {
    const float *x = s->x + query->number * s->pq->quantizer.d;
    query->has_table = true;
    if (s->form == IVFPQ_L2) {
        faiss_pq_distance_table_by (s->pq, s->columns, x, query->table);
    } else {
        faiss_pq_inner_prod_table_by (s->pq, s->columns, x, query->table);
    }
}

/* Does a query meet but few codes? This depends on nothing else, so that results do not either. */
static bool meets_few (const Search *s, size_t number) {
    size_t n_codes = 0;
    for (size_t j = 0; j < s->nprobe && n_codes <= s->few_codes; j++) {
        idx_t key = s->keys[number * s->nprobe + j];
        n_codes += key < 0 ? 0 : s->lists->cls->list_size (s->lists, (size_t)key);
    }
    return n_codes <= s->few_codes;
}

static void start_query (Worker *w, size_t slot, size_t number) {
    const Search *s = w->s;
    size_t size = s->pq->M * BYTE;
    Query *query = &w->queries[slot];
    *query = (Query){.number = number,
                     .is_direct = meets_few (s, number),
                     .table = w->tables + slot * size,
                     .filter.tables = w->bytes + slot * size};
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
    bool is_short;      /* the list is */
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

/* Are the chunk's codes decoded? */
static bool is_direct (const Query *query, const Chunk *chunk) {
    return query->is_direct || chunk->is_short;
}

/* Values of n codes in a row without a table. */
static void decode_values (Worker *w, const Query *query, float bias, const uint8_t *codes,
                           size_t n) {
    const Search *s = w->s;
    const float *x = s->x + query->number * s->pq->quantizer.d;
    faiss_ivfpq_decoded_values (s->pq, s->form != IVFPQ_L2, x, bias, codes, n, w->decoded,
                                w->values);
}

/* Sum up n codes, at positions or in a row from `first` on, and offer what is near enough. */
static void look_at (Worker *w, const Query *query, const Chunk *chunk, float base,
                     const uint32_t *positions, size_t first, size_t n) {
    const Search *s = w->s;
    size_t code_size = s->pq->quantizer.code_size;
    const float *worst = s->distances + query->number * s->k;
    bool has_terms = chunk->terms != NULL;
    float bias = has_terms ? 0 : base;
    if (is_direct (query, chunk)) {
        decode_values (w, query, bias, chunk->codes + first * code_size, n);
    } else {
        faiss_kernels.pq_sum_bytes (query->table, s->pq->M, bias, chunk->codes + first * code_size,
                                    code_size, positions, n, w->values);
    }
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
    double room, magnitude = fabs ((double)base) + fabs ((double)bound);
    if (s->form == IVFPQ_L2_TABLE) { /* base + term - 2 * sum <= bound */
        room = ((double)bound - (double)base) / 2;
    } else if (s->form == IVFPQ_IP) { /* base + sum >= bound */
        room = (double)base - (double)bound;
    } else {
        room = (double)bound;
    }
    return (Limit){faiss_pq_filter_limit (&query->filter, room, magnitude),
                   query->filter.scale / 2};
}

static void scan_chunk (Worker *w, Query *query, Chunk *chunk, float base) {
    const Search *s = w->s;
    const float *worst = s->distances + query->number * s->k;
    const idx_t *last = s->labels + query->number * s->k; /* -1 while there are not k */
    size_t done = 0, n_found;
    if (is_direct (query, chunk)) {
        look_at (w, query, chunk, base, NULL, 0, chunk->n);
        return;
    }
    if (!query->has_table) {
        make_table (s, query);
    }
    while (done < chunk->n && *last < 0) {
        size_t n = chunk->n - done < FIRST ? chunk->n - done : FIRST;
        look_at (w, query, chunk, base, NULL, done, n);
        done += n;
    }
    if (done == chunk->n) {
        return;
    }
    if (!query->has_filter) {
        make_filter (w, query);
    }
    if (!query->filter.is_on) {
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
            query->filter.tables, s->pq->M, transposed, chunk->terms + done, (float)limit.slope,
            (float)limit.limit, chunk->n - done, w->positions);
    } else {
        double whole = limit.limit < 0                  ? 0
                       : limit.limit > FAISS_PQ_MAX_SUM ? FAISS_PQ_MAX_SUM
                                                        : limit.limit;
        n_found = limit.limit < 0 ? 0
                                  : faiss_kernels.pq_filter_bytes (query->filter.tables, s->pq->M,
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
static float base_of (const Worker *w, const Query *query, size_t rank) {
    const Search *s = w->s;
    if (s->form == IVFPQ_L2_TABLE) {
        return s->coarse_dis[query->number * s->nprobe + rank];
    }
    size_t d = s->pq->quantizer.d;
    return s->needs_centroid ? faiss_fvec_inner_product (s->x + query->number * d, w->centroid, d)
                             : 0;
}

/* The list against some pairs of the worker's queries. */
static FaissStatus scan_list (Worker *w, size_t list_no, const uint32_t *pairs, size_t n_pairs) {
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
    FaissStatus status = FAISS_OK;
    for (size_t begin = 0; begin < size && status == FAISS_OK; begin += CHUNK) {
        Chunk chunk = {.list_no = list_no,
                       .begin = begin,
                       .n = size - begin < CHUNK ? size - begin : CHUNK,
                       .codes = codes + begin * code_size,
                       .ids = ids ? ids + begin : NULL,
                       .is_short = size <= s->short_list,
                       .terms = kept ? kept + begin : NULL};
        if (s->form == IVFPQ_L2_TABLE && !kept) {
            faiss_ivfpq_compute_terms (s->index, (idx_t)list_no, chunk.n, chunk.codes, w->row,
                                       w->terms);
            chunk.terms = w->terms;
        }
        for (size_t i = 0; i < n_pairs && status == FAISS_OK; i++) {
            Query *query = &w->queries[pairs[i] / s->nprobe];
            scan_chunk (w, query, &chunk, base_of (w, query, pairs[i] % s->nprobe));
            if (i % PAIRS_PER_CHECK == PAIRS_PER_CHECK - 1) {
                status = faiss_check_interrupt ();
            }
        }
        status = status ? status : faiss_check_interrupt ();
    }
    lists->cls->release_codes (lists, list_no, codes);
    if (ids) {
        lists->cls->release_ids (lists, list_no, ids);
    }
    w->counts.nlist += n_pairs;
    w->counts.ndis += n_pairs * size;
    return status;
}

static FaissStatus search_list_by_list (Worker *w, size_t begin, size_t n, size_t first_rank,
                                        size_t end_rank) {
    const Search *s = w->s;
    const uint32_t *starts = w->pairs.starts;
    faiss_ivf_pairs_sort (&w->pairs, s->lists->nlist, s->keys + begin * s->nprobe, n, s->nprobe,
                          first_rank, end_rank, 1);
    for (size_t i = 0; i < s->lists->nlist; i++) {
        if (starts[i + 1] > starts[i]) {
            FAISS_TRY (scan_list (w, i, w->pairs.order + starts[i], starts[i + 1] - starts[i]));
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
        idx_t key = s->keys[number * s->nprobe + j];
        uint32_t pair = (uint32_t)j;
        if (key >= 0) {
            FAISS_TRY (scan_list (w, (size_t)key, &pair, 1));
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
        faiss_region_watch (&region);
#pragma omp for schedule(dynamic)
        for (size_t begin = 0; begin < n; begin += size) {
            if (status == FAISS_OK && !faiss_region_stopped (&region)) {
                faiss_region_note (
                    &region, size == 1 ? search_alone (worker, begin)
                                       : search_together (worker, begin,
                                                          n - begin < size ? n - begin : size));
            }
        }
        faiss_region_watch (NULL);
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
                .few_codes = faiss_ivfpq_few_codes (&self->pq),
                .short_list = settings->scan_table_threshold,
                .distances = distances,
                .labels = labels};
    counts->nq += n;
    return search_all (&s, n, counts);
}
