/* The fast way through inverted files of full vectors, or of codes that are decoded. */
#include <faiss/impl/ivf_flat_search.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/FilterCodes.h>
#include <faiss/impl/check.h>
#include <faiss/impl/derived_rows.h>
#include <faiss/impl/ivf_internal.h>
#include <faiss/impl/ivf_pairs.h>
#include <faiss/impl/nearest_collector.h>
#include <faiss/impl/parallel.h>
#include <faiss/invlists/ArrayInvertedLists.h>
#include <faiss/kernels/kernels.h>

/// Rows whose distances are computed before the first is looked at; a part of a list that stays in
/// the cache for all queries.
#define ROWS 64

/// Queries that a kernel takes together.
#define GROUP 4

/// Queries of an encoded list whose residuals are made at once.
#define CHUNK 32

/// From so many queries on an encoded list is decoded; for fewer its codes are compared as they
/// are.
#define DECODE_QUERIES 3

/// Of the next list, and of the next filter codes.
#define PREFETCH_BYTES 4096

/// Of rows that are copied to be aligned.
#define COPY_BYTES 65536

/// Threads that share out the lists; more of them have queries of their own.
#define MAX_SHARING 8

/// Pieces of a thread's share of the queries, where each query goes its own way.
#define PIECES 8

/// Rows whose filter codes are looked at together.
#define CODED_ROWS 256

/// Components of a list; shorter lists need no filter codes.
#define MIN_CODED (1 << 12)

/// Memory for candidates per thread.
#define CANDIDATE_BYTES ((size_t)16 << 20)

bool faiss_ivf_flat_is_fast (const FaissIndexIVF *self, bool store_pairs,
                             const FaissSearchParametersIVF *params) {
    FaissMetricType metric = self->index.metric_type;
    size_t max_codes = params ? params->max_codes : self->max_codes;
    return (metric == METRIC_L2 || metric == METRIC_INNER_PRODUCT) &&
           (self->parallel_mode == 0 || self->parallel_mode == 3) && !store_pairs &&
           max_codes == 0 && !(params && (params->params.sel || params->ensure_topk_full)) &&
           self->invlists->code_size == self->code_size && !self->invlists->use_iterator;
}

/* ---- what a search has, what a thread has ---------------------------------------------------- */

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
    FaissDerivedRows *derived;             /* per list, if filter codes are to be used; or NULL */
    bool may_code;                         /* is there memory for codes? */
    const FaissArrayInvertedLists *arrays; /* the lists, if `derived` is theirs */
    const FaissIVFCodes *codes;            /* NULL: the lists hold vectors */
    const float *coarse_dis;               /* by pair of query and list, as keys */
} FlatSearch;

/* A query as the kernels of filter codes want it, prepared when it is first needed. */
typedef struct CodedQuery {
    enum { QUERY_NEW, QUERY_CODED, QUERY_ODD } state; /* ODD: as floats only */
    FaissFilterQuery query;
} CodedQuery;

/* What a thread has for some queries. */
typedef struct Block {
    const FlatSearch *s;
    size_t begin, n;
    FaissCollector *collectors; /* size n */
    int32_t *keys;              /* size n * capacity */
    idx_t *ids;                 /* size n * capacity */
    FaissIVFPairs pairs;
    uint64_t *sort_buffer; /* size 2 * k */
    float *rows;           /* decoded, or a copy of what is not aligned, size n_rows * d */
    CodedQuery *coded;     /* size n, if there are filter codes */
    int16_t *components;   /* of the coded queries */
    size_t n_rows;
    float *centroid;    /* of residuals: of the list, size d */
    float *residuals;   /* of queries, size CHUNK * d */
    FaissStatus status; /* a failure ends the work */
    size_t nlist, ndis, n_candidates;
    FaissRegion *region; /* tells that the results are no longer wanted; or NULL */
} Block;

static bool is_unwanted (const Block *b) {
    return b->status != FAISS_OK || (b->region && faiss_region_stopped (b->region));
}

static void clear_block (Block *b) {
    free (b->collectors);
    free (b->keys);
    free (b->ids);
    faiss_ivf_pairs_clear (&b->pairs);
    free (b->sort_buffer);
    free (b->rows);
    free (b->coded);
    free (b->components);
    free (b->centroid);
    free (b->residuals);
}

static FaissStatus allocate_block (Block *b, const FlatSearch *s, size_t n) {
    size_t capacity = s->shape.capacity;
    *b = (Block){.s = s};
    FAISS_TRY (faiss_alloc_zeroed (&b->collectors, n, sizeof *b->collectors));
    FAISS_TRY (faiss_alloc (&b->keys, n * capacity, sizeof *b->keys));
    FAISS_TRY (faiss_alloc (&b->ids, n * capacity, sizeof *b->ids));
    FAISS_TRY (faiss_alloc (&b->sort_buffer, 2 * s->shape.k, sizeof *b->sort_buffer));
    if (s->derived) {
        FAISS_TRY (faiss_alloc (&b->coded, n, sizeof *b->coded));
        FAISS_TRY (faiss_alloc_aligned (&b->components, n * faiss_filter_query_size (s->d),
                                        sizeof *b->components));
    }
    if (s->codes && s->codes->quantizer) {
        FAISS_TRY (faiss_alloc (&b->centroid, s->d, sizeof *b->centroid));
        FAISS_TRY (faiss_alloc (&b->residuals, CHUNK * s->d, sizeof *b->residuals));
    }
    size_t row = s->d * sizeof (float);
    b->n_rows = s->codes                   ? ROWS
                : row * ROWS <= COPY_BYTES ? ROWS
                : row <= COPY_BYTES        ? COPY_BYTES / row
                                           : 1;
    return faiss_alloc (&b->rows, b->n_rows, row);
}

/* ---- one list -------------------------------------------------------------------------------- */

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

/* All queries against all rows of a list. */
static void scan_floats (Block *b, const uint8_t *codes, const idx_t *ids, size_t size,
                         const uint32_t *queries, size_t n_queries) {
    size_t code_size = b->s->lists->code_size;
    bool is_aligned = (uintptr_t)codes % sizeof (float) == 0; /* in a mapped file it may not be */
    size_t step = is_aligned ? ROWS : b->n_rows;
    for (size_t begin = 0; begin < size; begin += step) {
        size_t n = size - begin < step ? size - begin : step;
        const void *rows = codes + begin * code_size;
        if (!is_aligned) {
            rows = memcpy (b->rows, rows, n * code_size);
        }
        for (size_t i = 0; i < n_queries; i += GROUP) {
            size_t nx = n_queries - i < GROUP ? n_queries - i : GROUP;
            scan_rows (b, queries + i, nx, rows, ids + begin, n);
        }
    }
}

/* ---- one list by filter codes ---------------------------------------------------------------- */

/* A query in the form for codes, or NULL if it has none. */
static FaissFilterQuery *coded_query (Block *b, uint32_t query) {
    const FlatSearch *s = b->s;
    CodedQuery *coded = &b->coded[query];
    if (coded->state == QUERY_NEW) {
        int16_t *components = b->components + query * faiss_filter_query_size (s->d);
        bool is_coded = faiss_filter_query_init (&coded->query, s->shape.is_similarity, s->d,
                                                 s->x + (b->begin + query) * s->d, components);
        coded->state = is_coded ? QUERY_CODED : QUERY_ODD;
    }
    return coded->state == QUERY_CODED ? &coded->query : NULL;
}

/* A bound that is worth comparing with: that of the nearest so far. */
static bool has_bound (Block *b, uint32_t query) {
    FaissCollector *collector = &b->collectors[query];
    size_t k = b->s->shape.k;
    if (collector->size >= k + k / 2 + 8) {
        faiss_collector_shrink (collector, &b->s->shape);
    }
    return collector->is_bounded;
}

/* Rows of which the codes say that they may be within the bound: what do the floats say? */
static size_t scan_coded_rows (Block *b, uint32_t query, const FaissFilterQuery *coded,
                               const uint8_t *codes, const float *rows, const idx_t *ids,
                               size_t n) {
    const FlatSearch *s = b->s;
    bool is_similarity = s->shape.is_similarity;
    FaissCollector *collector = &b->collectors[query];
    const float *x = s->x + (b->begin + query) * s->d;
    uint32_t near[CODED_ROWS];
    /* a candidate may be as far as the bound: one step beyond is not wanted */
    float beyond = nextafterf (collector->bound, is_similarity ? -HUGE_VALF : HUGE_VALF);
    size_t n_near = (is_similarity ? faiss_kernels.filter_find_ip : faiss_kernels.filter_find_L2) (
        coded, codes, NULL, n, faiss_filter_bound (coded, is_similarity, beyond), near);
    for (size_t i = 0; i < n_near; i++) {
        const char *row = (const char *)(rows + near[i] * s->d);
        for (size_t at = 0; at < s->d * sizeof (float); at += 64) {
            __builtin_prefetch (row + at);
        }
    }
    for (size_t i = 0; i < n_near; i++) {
        float distance;
        s->scan (&x, 1, rows + near[i] * s->d, s->d, 1, &distance, 1);
        if (distance == distance) { /* a number */
            b->n_candidates += faiss_collector_offer (collector, &s->shape, distance, ids[near[i]]);
        }
    }
    return n_near;
}

/* The same with the codes of the rows where they help. */
static void scan_codes (Block *b, const FaissFilterView *view, FaissDerivedRows *derived,
                        const float *rows, const idx_t *ids, size_t size, const uint32_t *queries,
                        size_t n_queries) {
    size_t d = b->s->d, stride = faiss_filter_stride (d), n_tested = 0, n_near = 0;
    for (size_t begin = 0; begin < size;) {
        bool is_coded = begin < view->n_rows;
        for (size_t i = 0; i < n_queries; i++) {
            is_coded = is_coded && coded_query (b, queries[i]) && has_bound (b, queries[i]);
            b->coded[queries[i]].query.ahead = PREFETCH_BYTES;
            b->coded[queries[i]].query.end = view->rows + view->n_rows * stride;
        }
        size_t most = is_coded ? CODED_ROWS : ROWS;
        size_t end = is_coded ? view->n_rows : size;
        size_t n = end - begin < most ? end - begin : most;
        if (!is_coded) {
            scan_rows (b, queries, n_queries, rows + begin * d, ids + begin, n);
        }
        for (size_t i = 0; is_coded && i < n_queries; i++) {
            n_near +=
                scan_coded_rows (b, queries[i], coded_query (b, queries[i]),
                                 view->rows + begin * stride, rows + begin * d, ids + begin, n);
            n_tested += n;
        }
        begin += n;
    }
    faiss_derived_codes_close (derived, n_tested, n_near);
}

/* ---- one list of codes ----------------------------------------------------------------------- */

/* What there is of a list. */
typedef struct OpenList {
    const uint8_t *codes;
    const idx_t *ids;
    size_t size;
} OpenList;

/* What is compared for n <= CHUNK pairs with a list: the queries, or of residuals by L2 the queries
 * minus the centroid. */
static void make_queries (const Block *b, const uint32_t *pairs, size_t n, const float **x) {
    const FlatSearch *s = b->s;
    for (size_t i = 0; i < n; i++) {
        x[i] = s->x + (b->begin + pairs[i] / s->nprobe) * s->d;
        if (b->residuals && !s->shape.is_similarity) {
            float *residual = b->residuals + i * s->d;
            faiss_kernels.fvec_madd (s->d, x[i], -1, b->centroid, residual);
            x[i] = residual;
        }
    }
}

/* The distances of a pair to n <= ROWS codes become candidates. */
static void offer (Block *b, uint32_t pair, float *values, const idx_t *ids, size_t n) {
    const FlatSearch *s = b->s;
    FaissCollector *collector = &b->collectors[pair / s->nprobe];
    uint32_t positions[ROWS];
    if (b->residuals && s->shape.is_similarity) {
        float coarse_dis = s->coarse_dis[b->begin * s->nprobe + pair];
        for (size_t j = 0; j < n; j++) {
            values[j] += coarse_dis;
        }
    }
    size_t n_found = s->find (values, n, collector->bound, positions);
    for (size_t j = 0; j < n_found; j++) {
        b->n_candidates +=
            faiss_collector_offer (collector, &s->shape, values[positions[j]], ids[positions[j]]);
    }
}

/* n <= CHUNK queries with the codes as they are. */
static void scan_encoded (Block *b, const OpenList *list, const uint32_t *pairs,
                          const float *const *x, size_t nx) {
    const FaissIVFCodes *codes = b->s->codes;
    size_t code_size = b->s->lists->code_size;
    float distances[ROWS];
    for (size_t begin = 0; begin < list->size; begin += ROWS) {
        size_t n = list->size - begin < ROWS ? list->size - begin : ROWS;
        for (size_t i = 0; i < nx; i++) {
            codes->distances (codes->codec, x[i], NULL, list->codes + begin * code_size, n,
                              distances);
            offer (b, pairs[i], distances, list->ids + begin, n);
        }
    }
}

/* The same with the decoded vectors. */
static void scan_decoded (Block *b, const OpenList *list, const uint32_t *pairs,
                          const float *const *x, size_t nx) {
    const FaissIVFCodes *codes = b->s->codes;
    size_t code_size = b->s->lists->code_size, d = b->s->d;
    float distances[GROUP * ROWS];
    for (size_t begin = 0; begin < list->size; begin += ROWS) {
        size_t n = list->size - begin < ROWS ? list->size - begin : ROWS;
        codes->decode (codes->codec, list->codes + begin * code_size, n, b->rows);
        for (size_t i = 0; i < nx; i += GROUP) {
            size_t group = nx - i < GROUP ? nx - i : GROUP;
            b->s->scan (x + i, group, b->rows, d, n, distances, ROWS);
            for (size_t j = 0; j < group; j++) {
                offer (b, pairs[i + j], distances + j * ROWS, list->ids + begin, n);
            }
        }
    }
}

/* The pairs of an encoded list. */
static void scan_pairs (Block *b, size_t list_no, const uint32_t *pairs, size_t n_pairs) {
    const FlatSearch *s = b->s;
    const FaissInvertedLists *lists = s->lists;
    OpenList list = {.size = lists->cls->list_size (lists, list_no)};
    if (list.size == 0) {
        return;
    }
    if (b->residuals && !s->shape.is_similarity) {
        const FaissIndex *quantizer = s->codes->quantizer;
        b->status = quantizer->cls->reconstruct (quantizer, (idx_t)list_no, b->centroid);
        if (b->status != FAISS_OK) {
            return;
        }
    }
    list.codes = lists->cls->get_codes (lists, list_no);
    list.ids = lists->cls->get_ids (lists, list_no);
    for (size_t i = 0; i < n_pairs; i += CHUNK) {
        const float *x[CHUNK];
        size_t n = n_pairs - i < CHUNK ? n_pairs - i : CHUNK;
        make_queries (b, pairs + i, n, x);
        (n < DECODE_QUERIES ? scan_encoded : scan_decoded) (b, &list, pairs + i, x, n);
    }
    lists->cls->release_codes (lists, list_no, list.codes);
    lists->cls->release_ids (lists, list_no, list.ids);
    b->nlist += n_pairs;
    b->ndis += n_pairs * list.size;
}

/* ---- one list of any kind -------------------------------------------------------------------- */

static void scan_list (Block *b, size_t list_no, const uint32_t *queries, size_t n_queries) {
    const FlatSearch *s = b->s;
    const FaissInvertedLists *lists = s->lists;
    size_t size = lists->cls->list_size (lists, list_no);
    if (s->codes) {
        scan_pairs (b, list_no, queries, n_queries);
        return;
    }
    if (size == 0) {
        return;
    }
    const uint8_t *codes = lists->cls->get_codes (lists, list_no);
    const idx_t *ids = lists->cls->get_ids (lists, list_no);
    FaissFilterView view = {0};
    if (s->derived && n_queries <= GROUP && (uintptr_t)codes % sizeof (float) == 0) {
        bool may_code = s->may_code && size * s->d >= MIN_CODED && !s->arrays->codes[list_no].owner;
        faiss_derived_codes_open (&s->derived[list_no], (const float *)(const void *)codes, size,
                                  s->d, may_code, &view);
    }
    if (view.n_rows > 0) {
        scan_codes (b, &view, &s->derived[list_no], (const float *)(const void *)codes, ids, size,
                    queries, n_queries);
    } else {
        scan_floats (b, codes, ids, size, queries, n_queries);
    }
    lists->cls->release_codes (lists, list_no, codes);
    lists->cls->release_ids (lists, list_no, ids);
    b->nlist += n_queries;
    b->ndis += n_queries * size;
}

/* ---- some queries ---------------------------------------------------------------------------- */

/* Of encoded lists pairs are looked at, of others queries: what `order` has. */
static size_t pairs_divisor (const FlatSearch *s) {
    return s->codes ? 1 : s->nprobe;
}

/* Sort the pairs of the queries begin .. begin + n - 1 by list. */
static void sort_pairs (const FlatSearch *s, size_t begin, size_t n, FaissIVFPairs *pairs) {
    faiss_ivf_pairs_sort (pairs, s->lists->nlist, s->keys + begin * s->nprobe, n, s->nprobe, 0,
                          s->nprobe, pairs_divisor (s));
}

/* The first vectors of a list, which is scanned next: memory answers while another is scanned. */
static void prefetch_list (const FlatSearch *s, size_t list_no) {
    const FaissInvertedLists *lists = s->lists;
    size_t bytes = lists->cls->list_size (lists, list_no) * lists->code_size;
    if (bytes > 0) {
        const uint8_t *coded = s->derived ? faiss_derived_codes_peek (&s->derived[list_no]) : NULL;
        const uint8_t *codes = coded ? coded : lists->cls->get_codes (lists, list_no);
        bytes = coded ? bytes / 4 : bytes;
        for (size_t at = 0; at < bytes && at < PREFETCH_BYTES; at += 64) {
            __builtin_prefetch (codes + at);
        }
        if (!coded) {
            lists->cls->release_codes (lists, list_no, codes);
        }
    }
}

/* The lists begin .. end - 1 that have queries. */
static void search_list_by_list (Block *b, const FaissIVFPairs *pairs, size_t begin, size_t end) {
    size_t previous = end;
    for (size_t i = begin; i < end; i++) {
        if (pairs->starts[i + 1] > pairs->starts[i]) {
            if (is_unwanted (b)) {
                return;
            }
            prefetch_list (b->s, i);
            if (previous < end) {
                scan_list (b, previous, pairs->order + pairs->starts[previous],
                           pairs->starts[previous + 1] - pairs->starts[previous]);
            }
            previous = i;
        }
    }
    if (previous < end) {
        scan_list (b, previous, pairs->order + pairs->starts[previous],
                   pairs->starts[previous + 1] - pairs->starts[previous]);
    }
}

static void search_one_by_one (Block *b) {
    const FlatSearch *s = b->s;
    const idx_t *keys = s->keys + b->begin * s->nprobe;
    size_t n_probes = b->n * s->nprobe;
    for (size_t p = 0; p < n_probes && !is_unwanted (b); p++) {
        uint32_t entry = (uint32_t)(p / pairs_divisor (s));
        if (p + 1 < n_probes && keys[p + 1] >= 0) {
            prefetch_list (s, (size_t)keys[p + 1]);
        }
        if (keys[p] >= 0) {
            scan_list (b, (size_t)keys[p], &entry, 1);
        }
    }
}

static void begin_block (Block *b, size_t begin, size_t n) {
    size_t capacity = b->s->shape.capacity;
    b->begin = begin;
    b->n = n;
    for (size_t i = 0; i < n; i++) {
        faiss_collector_init (&b->collectors[i], &b->s->shape, b->keys + i * capacity,
                              b->ids + i * capacity);
        if (b->coded) {
            b->coded[i].state = QUERY_NEW;
        }
    }
}

/* Query i of the block; `collector` may be that of another thread. */
static void finish_query (Block *b, FaissCollector *collector, size_t i) {
    const FlatSearch *s = b->s;
    faiss_collector_finish (collector, &s->shape, b->sort_buffer,
                            s->distances + (b->begin + i) * s->shape.k,
                            s->labels + (b->begin + i) * s->shape.k);
}

/* Do enough queries meet in a list? */
static bool is_worth_sorting (const FlatSearch *s, size_t n) {
    return n > 1 && n * s->nprobe >= s->lists->nlist / 4;
}

static void search_block (Block *b, size_t begin, size_t n) {
    const FlatSearch *s = b->s;
    begin_block (b, begin, n);
    if (is_worth_sorting (s, n)) {
        sort_pairs (s, begin, n, &b->pairs);
        search_list_by_list (b, &b->pairs, 0, s->lists->nlist);
    } else {
        search_one_by_one (b);
    }
    for (size_t i = 0; i < n; i++) {
        finish_query (b, &b->collectors[i], i);
    }
}

/* ---- all queries ----------------------------------------------------------------------------- */

static void add_counts (FaissIndexIVFStats *counts, const Block *b) {
    counts->nlist += b->nlist;
    counts->ndis += b->ndis;
    counts->nheap_updates += b->n_candidates;
}

/* How many queries a thread can have at once. */
static size_t most_queries (const FlatSearch *s) {
    size_t per_query = s->shape.capacity * (sizeof (int32_t) + sizeof (idx_t));
    size_t most = CANDIDATE_BYTES / per_query;
    most = most < UINT32_MAX / s->nprobe ? most : UINT32_MAX / s->nprobe; /* pairs are counted */
    return most < 1 ? 1 : most;
}

/* n in parts of equal size, none above `most` */
static size_t part_size (size_t n, size_t most) {
    size_t n_parts = (n + most - 1) / most;
    return (n + n_parts - 1) / n_parts;
}

/* What a thread does of all queries, `size` of them at a time. */
static void search_some_queries (const FlatSearch *s, size_t n, size_t size, size_t *next,
                                 FaissRegion *region, FaissIndexIVFStats *counts) {
    Block block;
    FaissStatus status = allocate_block (&block, s, size);
    status =
        status ? status : faiss_ivf_pairs_init (&block.pairs, s->lists->nlist, size * s->nprobe);
    faiss_region_note (region, status);
    block.region = region;
    for (size_t begin; (begin = faiss_share (next, size)) < n;) {
        if (status == FAISS_OK && !faiss_region_stopped (region)) {
            search_block (&block, begin, n - begin < size ? n - begin : size);
            status = block.status;
            faiss_region_note (region, status);
        }
    }
#pragma omp critical(faiss_ivf_flat_counts)
    add_counts (counts, &block);
    clear_block (&block);
}

/* Each thread has queries of its own. */
static FaissStatus search_by_queries (const FlatSearch *s, size_t n, int n_threads,
                                      FaissIndexIVFStats *counts) {
    FaissRegion region = {0};
    size_t share = (n + (size_t)n_threads - 1) / (size_t)n_threads;
    size_t size = part_size (share, most_queries (s));
    if (n_threads > 1 && !is_worth_sorting (s, size)) {
        size = (size + PIECES - 1) / PIECES; /* lists differ in size: who is ready takes the next */
    }
    size_t next = 0;
    FAISS_BY_THREADS (n_threads, search_some_queries (s, n, size, &next, &region, counts));
    return faiss_region_close (&region);
}

/* The lists of some queries are shared out, so that each is read once; what the threads found for a
 * query is put together afterwards. */
static FaissStatus search_shared_lists (Block *blocks, const FaissIVFPairs *pairs, int n_threads,
                                        size_t begin, size_t n) {
    enum { LISTS = 8 }; /* at once */
    const FlatSearch *s = blocks[0].s;
    size_t nlist = s->lists->nlist;
    FaissRegion region = {0};
#pragma omp parallel num_threads(n_threads)
    {
        Block *mine = &blocks[faiss_thread_number ()];
#pragma omp for schedule(static)
        for (int t = 0; t < n_threads; t++) {
            begin_block (&blocks[t], begin, n);
        }
#pragma omp for schedule(dynamic)
        for (size_t l = 0; l < nlist; l += LISTS) {
            if (!faiss_region_stopped (&region)) {
                search_list_by_list (mine, pairs, l, nlist - l < LISTS ? nlist : l + LISTS);
                faiss_region_note (&region, mine->status);
            }
        }
#pragma omp for schedule(static)
        for (size_t i = 0; i < n; i++) {
            for (int t = 1; t < n_threads; t++) {
                faiss_collector_merge (&blocks[0].collectors[i], &blocks[t].collectors[i],
                                       &s->shape);
            }
            finish_query (mine, &blocks[0].collectors[i], i);
        }
    }
    return faiss_region_close (&region);
}

static FaissStatus search_by_lists (const FlatSearch *s, size_t n, int n_threads,
                                    FaissIndexIVFStats *counts) {
    size_t size = part_size (n, most_queries (s));
    Block blocks[MAX_SHARING] = {0};
    FaissIVFPairs pairs = {0};
    FaissStatus status = faiss_ivf_pairs_init (&pairs, s->lists->nlist, size * s->nprobe);
    for (int t = 0; t < n_threads && status == FAISS_OK; t++) {
        status = allocate_block (&blocks[t], s, size);
    }
    for (size_t begin = 0; begin < n && status == FAISS_OK; begin += size) {
        size_t part = n - begin < size ? n - begin : size;
        sort_pairs (s, begin, part, &pairs);
        status = search_shared_lists (blocks, &pairs, n_threads, begin, part);
    }
    for (int t = 0; t < n_threads; t++) {
        add_counts (counts, &blocks[t]);
        clear_block (&blocks[t]);
    }
    faiss_ivf_pairs_clear (&pairs);
    return status;
}

/* How many rows a query must meet for each of its results, so that codes pay: what is spent for a
 * row besides reading it counts less where rows are long. Measured at d = 100 and 784. */
static double rows_per_result (size_t d) {
    return 16 + 8192.0 / (double)d;
}

/* Filter codes pay where lists have few queries each and most rows are too far. */
static void use_codes (FlatSearch *s, const FaissIndexIVF *self, size_t n, size_t k) {
    const FaissArrayInvertedLists *lists =
        faiss_object_cast (self->invlists, &faiss_ArrayInvertedLists_class.head);
    double n_total = (double)self->index.ntotal, nlist = (double)self->nlist;
    double per_list = (double)n * (double)s->nprobe / nlist;
    double per_query = n_total / nlist * (double)s->nprobe;
    if (lists && per_list <= GROUP && (double)k * rows_per_result (s->d) <= per_query &&
        faiss_filter_codes_suit (s->d)) {
        s->arrays = lists;
        s->derived = faiss_ArrayInvertedLists_derived (lists);
        s->may_code = faiss_derived_codes_fit ((size_t)self->index.ntotal, s->d);
    }
}

FaissStatus faiss_ivf_flat_search (const FaissIndexIVF *self, size_t n, const float *x, size_t k,
                                   const idx_t *assign, const float *coarse_dis, size_t nprobe,
                                   const FaissIVFCodes *codes, float *distances, idx_t *labels,
                                   FaissIndexIVFStats *counts) {
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
        .codes = codes,
        .coarse_dis = coarse_dis,
    };
    if (!codes) {
        use_codes (&s, self, n, k);
    }
    counts->nq += n;
    int n_threads = faiss_threads_for ((int64_t)n);
    if (n_threads > 1 && n_threads <= MAX_SHARING && is_worth_sorting (&s, n)) {
        return search_by_lists (&s, n, n_threads, counts);
    }
    return search_by_queries (&s, n, n_threads, counts);
}
