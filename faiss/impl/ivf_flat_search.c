/* The fast way through inverted files of full vectors. */
#include <faiss/impl/ivf_flat_search.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/ivf_internal.h>
#include <faiss/impl/nearest_collector.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>

/// Rows whose distances are computed before the first is looked at; a part of a list that stays in
/// the cache for all queries.
#define ROWS 64

/// Queries that a kernel takes together.
#define GROUP 4

/// Of the next list.
#define PREFETCH_BYTES 4096

/// Of rows that are copied to be aligned.
#define COPY_BYTES 65536

/// Memory for candidates per thread.
#define CANDIDATE_BYTES ((size_t)16 << 20)

bool faiss_ivf_flat_is_fast (const FaissIndexIVF *self, bool store_pairs,
                             const FaissSearchParametersIVF *params) {
    FaissMetricType metric = self->index.metric_type;
    size_t max_codes = params ? params->max_codes : self->max_codes;
    return (metric == METRIC_L2 || metric == METRIC_INNER_PRODUCT) &&
           (self->parallel_mode == 0 || self->parallel_mode == 3) && !store_pairs &&
           max_codes == 0 && !(params && (params->params.sel || params->ensure_topk_full)) &&
           self->invlists->code_size == self->code_size;
}

/* ---- what a search has, what a thread has -----------------------------------------------------
 */

typedef void (*ScanKernel) (const float *const *x, size_t nx, const float *y, size_t d, size_t ny,
                            float *out, size_t ld);
typedef size_t (*FindKernel) (const float *values, size_t n, float bound, uint32_t *positions);

typedef struct FlatSearch {
    const FaissInvertedLists *lists;
    size_t d;
    const float *x;
    const idx_t *keys;
    size_t nprobe;
    float *distances;
    idx_t *labels;
    FaissCollectorShape shape;
    ScanKernel scan;
    FindKernel find;
} FlatSearch;

/* Some queries, which one thread does. */
typedef struct Block {
    const FlatSearch *s;
    size_t begin, n;
    FaissCollector *collectors; /* size n */
    int32_t *keys;              /* size n * capacity */
    idx_t *ids;                 /* size n * capacity */
    uint32_t *starts;           /* by list: where its queries begin in `order`, size nlist + 1 */
    uint32_t *order;            /* queries, sorted by list, size n * nprobe */
    uint64_t *sort_buffer;      /* size 2 * k */
    float *rows;                /* a copy of rows that are not aligned, size n_rows * d */
    size_t n_rows;
    size_t nlist, ndis, n_candidates;
} Block;

static void clear_block (Block *b) {
    free (b->collectors);
    free (b->keys);
    free (b->ids);
    free (b->starts);
    free (b->order);
    free (b->sort_buffer);
    free (b->rows);
}

static FaissStatus allocate_block (Block *b, const FlatSearch *s, size_t n) {
    size_t capacity = s->shape.capacity;
    *b = (Block){.s = s};
    FAISS_TRY (faiss_alloc (&b->collectors, n, sizeof *b->collectors));
    FAISS_TRY (faiss_alloc (&b->keys, n * capacity, sizeof *b->keys));
    FAISS_TRY (faiss_alloc (&b->ids, n * capacity, sizeof *b->ids));
    FAISS_TRY (faiss_alloc (&b->starts, s->lists->nlist + 1, sizeof *b->starts));
    FAISS_TRY (faiss_alloc (&b->order, n * s->nprobe, sizeof *b->order));
    FAISS_TRY (faiss_alloc (&b->sort_buffer, 2 * s->shape.k, sizeof *b->sort_buffer));
    size_t row = s->d * sizeof (float);
    b->n_rows = row * ROWS <= COPY_BYTES ? ROWS : row <= COPY_BYTES ? COPY_BYTES / row : 1;
    return faiss_alloc (&b->rows, b->n_rows, row);
}

/* ---- one list -----------------------------------------------------------------------------------
 */

/* nx queries of the block against n <= ROWS rows. */
static void scan_rows (Block *b, const uint32_t *queries, size_t nx, const float *rows,
                       const idx_t *ids, size_t n) {
    const FlatSearch *s = b->s;
    const float *x[GROUP] = {NULL};
    float distances[GROUP * ROWS];
    uint32_t positions[ROWS];
    for (size_t i = 0; i < nx; i++) {
        x[i] = s->x + (b->begin + queries[i]) * s->d;
    }
    s->scan (x, nx, rows, s->d, n, distances, ROWS);
    for (size_t i = 0; i < nx; i++) {
        FaissCollector *collector = &b->collectors[queries[i]];
        const float *values = distances + i * ROWS;
        size_t n_found = s->find (values, n, collector->bound, positions);
        for (size_t j = 0; j < n_found; j++) {
            b->n_candidates += faiss_collector_offer (collector, &s->shape, values[positions[j]],
                                                      ids[positions[j]]);
        }
    }
}

static void scan_list (Block *b, size_t list_no, const uint32_t *queries, size_t n_queries) {
    const FlatSearch *s = b->s;
    const FaissInvertedLists *lists = s->lists;
    size_t size = lists->cls->list_size (lists, list_no);
    if (size == 0) {
        return;
    }
    const uint8_t *codes = lists->cls->get_codes (lists, list_no);
    const idx_t *ids = lists->cls->get_ids (lists, list_no);
    bool is_aligned = (uintptr_t)codes % sizeof (float) == 0; /* in a mapped file it may not be */
    size_t step = is_aligned ? ROWS : b->n_rows;
    for (size_t begin = 0; begin < size; begin += step) {
        size_t n = size - begin < step ? size - begin : step;
        const void *rows = codes + begin * lists->code_size;
        if (!is_aligned) {
            rows = memcpy (b->rows, rows, n * lists->code_size);
        }
        for (size_t i = 0; i < n_queries; i += GROUP) {
            size_t nx = n_queries - i < GROUP ? n_queries - i : GROUP;
            scan_rows (b, queries + i, nx, rows, ids + begin, n);
        }
    }
    lists->cls->release_codes (lists, list_no, codes);
    lists->cls->release_ids (lists, list_no, ids);
    b->nlist += n_queries;
    b->ndis += n_queries * size;
}

/* ---- some queries -----------------------------------------------------------------------------
 */

/* Sort the (query, list) pairs by list, by counting. */
static void sort_pairs (Block *b) {
    const FlatSearch *s = b->s;
    const idx_t *keys = s->keys + b->begin * s->nprobe;
    size_t nlist = s->lists->nlist, n_pairs = b->n * s->nprobe;
    memset (b->starts, 0, (nlist + 1) * sizeof *b->starts);
    for (size_t p = 0; p < n_pairs; p++) {
        if (keys[p] >= 0) {
            b->starts[keys[p]]++;
        }
    }
    uint32_t sum = 0;
    for (size_t i = 0; i <= nlist; i++) { /* the ends; filling from behind makes them starts */
        sum += b->starts[i];
        b->starts[i] = sum;
    }
    for (size_t p = n_pairs; p-- > 0;) {
        if (keys[p] >= 0) {
            b->order[--b->starts[keys[p]]] = (uint32_t)(p / s->nprobe);
        }
    }
}

static void search_list_by_list (Block *b) {
    sort_pairs (b);
    for (size_t i = 0; i < b->s->lists->nlist; i++) {
        if (b->starts[i + 1] > b->starts[i]) {
            scan_list (b, i, b->order + b->starts[i], b->starts[i + 1] - b->starts[i]);
        }
    }
}

/* The first vectors of a list, which is scanned next: memory answers while another is scanned. */
static void prefetch_list (const FlatSearch *s, idx_t key) {
    const FaissInvertedLists *lists = s->lists;
    if (key < 0 || lists->cls->list_size (lists, (size_t)key) == 0) {
        return;
    }
    size_t bytes = lists->cls->list_size (lists, (size_t)key) * lists->code_size;
    const uint8_t *codes = lists->cls->get_codes (lists, (size_t)key);
    for (size_t at = 0; at < bytes && at < PREFETCH_BYTES; at += 64) {
        __builtin_prefetch (codes + at);
    }
    lists->cls->release_codes (lists, (size_t)key, codes);
}

static void search_one_by_one (Block *b) {
    const FlatSearch *s = b->s;
    for (uint32_t i = 0; i < b->n; i++) {
        const idx_t *keys = s->keys + (b->begin + i) * s->nprobe;
        for (size_t j = 0; j < s->nprobe; j++) {
            if (j + 1 < s->nprobe) {
                prefetch_list (s, keys[j + 1]);
            }
            if (keys[j] >= 0) {
                scan_list (b, (size_t)keys[j], &i, 1);
            }
        }
    }
}

static void search_block (Block *b, size_t begin, size_t n) {
    const FlatSearch *s = b->s;
    size_t k = s->shape.k, capacity = s->shape.capacity;
    b->begin = begin;
    b->n = n;
    for (size_t i = 0; i < n; i++) {
        faiss_collector_init (&b->collectors[i], &s->shape, b->keys + i * capacity,
                              b->ids + i * capacity);
    }
    if (n >= GROUP && n * s->nprobe >= s->lists->nlist) {
        search_list_by_list (b);
    } else {
        search_one_by_one (b);
    }
    for (size_t i = 0; i < n; i++) {
        faiss_collector_finish (&b->collectors[i], &s->shape, b->sort_buffer,
                                s->distances + (begin + i) * k, s->labels + (begin + i) * k);
    }
}

/* ---- all queries ------------------------------------------------------------------------------
 */

/* How many queries a thread takes at once. */
static size_t block_size (const FlatSearch *s, size_t n, size_t n_threads) {
    size_t per_query = s->shape.capacity * (sizeof (int32_t) + sizeof (idx_t));
    size_t most = CANDIDATE_BYTES / per_query;
    size_t share = (n + n_threads - 1) / n_threads;
    most = most < UINT32_MAX / s->nprobe ? most : UINT32_MAX / s->nprobe; /* pairs are counted */
    most = most < 1 ? 1 : most;
    size_t n_blocks = (share + most - 1) / most; /* of a thread, of equal size */
    return (share + n_blocks - 1) / n_blocks;
}

static FaissStatus search_blocks (const FlatSearch *s, size_t n, FaissIndexIVFStats *counts) {
    FaissRegion region = {0};
    int n_threads = faiss_threads_for ((int64_t)n);
    size_t size = block_size (s, n, (size_t)n_threads);
    size_t nlist = 0, ndis = 0, n_candidates = 0;
#pragma omp parallel num_threads(n_threads) reduction(+ : nlist, ndis, n_candidates)
    {
        Block block;
        bool failed = faiss_region_note (&region, allocate_block (&block, s, size));
#pragma omp for schedule(dynamic)
        for (size_t begin = 0; begin < n; begin += size) {
            if (!failed && !faiss_region_failed (&region)) {
                search_block (&block, begin, n - begin < size ? n - begin : size);
            }
        }
        nlist += block.nlist;
        ndis += block.ndis;
        n_candidates += block.n_candidates;
        clear_block (&block);
    }
    counts->nq += n;
    counts->nlist += nlist;
    counts->ndis += ndis;
    counts->nheap_updates += n_candidates;
    return faiss_region_close (&region);
}

FaissStatus faiss_ivf_flat_search (const FaissIndexIVF *self, size_t n, const float *x, size_t k,
                                   const idx_t *assign, size_t nprobe, float *distances,
                                   idx_t *labels, FaissIndexIVFStats *counts) {
    bool is_similarity = self->index.metric_type == METRIC_INNER_PRODUCT;
    for (size_t p = 0; p < n * nprobe; p++) {
        FAISS_TRY (faiss_ivf_check_key (self, assign[p]));
    }
    FlatSearch s = {
        .lists = self->invlists,
        .d = (size_t)self->index.d,
        .x = x,
        .keys = assign,
        .nprobe = nprobe,
        .distances = distances,
        .labels = labels,
        .shape = faiss_collector_shape (k, is_similarity),
        .scan = is_similarity ? faiss_kernels.ivf_inner_product : faiss_kernels.ivf_L2sqr,
        .find = is_similarity ? faiss_kernels.find_at_least : faiss_kernels.find_at_most,
    };
    return search_blocks (&s, n, counts);
}
