/* Exhaustive search: some queries with some rows, in one thread. */
#include <faiss/utils/exact_search.h>

#include <float.h>
#include <math.h>

#include <faiss/impl/FilterCodes.h>
#include <faiss/impl/check.h>

enum {
    QUERIES = FAISS_EXACT_QUERIES,
    ROWS = FAISS_EXACT_ROWS,
    BLOCK_BYTES = 512 << 10, /* a packed block stays in the second-level cache */
    MAX_BLOCK_ROWS = 4096,   /* bounds the buffers where d is small */
    STREAM_QUERIES = 4,      /* up to so many packing does not pay */
    STREAM_BYTES = 16 << 10, /* rows that several queries read while they are in the first level */
    MAX_STREAM_ROWS = 256,
    CODES_AHEAD = 16 << 10, /* filter codes are asked for */
    TESTS_PER_CHECK = 1024, /* rows that a selector is asked about; the caller's may be slow */
    BLOCKS_PER_CHECK = 64, /* so many streamed blocks are done between looks at the task's region */
};

static size_t round_up (size_t n, size_t unit) {
    return (n + unit - 1) / unit * unit;
}

static bool is_similarity (const FaissExactTask *task) {
    return task->metric == FAISS_EXACT_IP;
}

/* Has the caller asked for the end, or has another part failed? */
static bool is_unwanted (const FaissExactTask *task) {
    return task->region && faiss_region_stopped (task->region);
}

static size_t min_size (size_t a, size_t b) {
    return a < b ? a : b;
}

/* ---- rows, block after block ----------------------------------------------------------------- */

typedef struct RowBlock {
    size_t n;
    size_t first;        /* the rows are first .. first + n - 1 */
    const uint32_t *ids; /* or these, if not NULL */
} RowBlock;

/* The next at most max_rows rows from *at on; n = 0 at the end. `buffer` holds max_rows ids. */
static RowBlock next_rows (const FaissExactTask *task, size_t *at, size_t end, size_t max_rows,
                           uint32_t *buffer) {
    RowBlock block = {.first = *at};
    if (!task->sel) {
        block.n = min_size (max_rows, end - *at);
        block.ids = task->list ? task->list + *at : NULL;
        *at += block.n;
        return block;
    }
    bool (*is_member) (const FaissIDSelector *, idx_t) = task->sel->cls->is_member;
    for (; *at < end && block.n < max_rows; ++*at) {
        if (*at % TESTS_PER_CHECK == 0 && is_unwanted (task)) {
            *at = end; /* whoever asks for the status hears of it */
            block.n = 0;
            break;
        }
        if (is_member (task->sel, (idx_t)*at)) {
            buffer[block.n++] = (uint32_t)*at;
        }
    }
    block.ids = buffer;
    return block;
}

/* ---- what is kept ---------------------------------------------------------------------------- */

static FaissStatus keep_found (FaissExactFound *found, size_t n, const float *vals,
                               const uint32_t *places, const RowBlock *rows) {
    if (found->size + n > found->capacity) {
        size_t capacity = found->capacity + found->capacity / 2 + n + 16;
        float *new_vals = realloc (found->vals, capacity * sizeof *new_vals);
        found->vals = new_vals ? new_vals : found->vals;
        idx_t *new_ids = realloc (found->ids, capacity * sizeof *new_ids);
        found->ids = new_ids ? new_ids : found->ids;
        if (!new_vals || !new_ids) {
            return faiss_fail (FAISS_STD_EXCEPT, "no memory for %zu results of a range search",
                               capacity);
        }
        found->capacity = capacity;
    }
    for (size_t i = 0; i < n; i++) {
        found->vals[found->size] = vals[i];
        found->ids[found->size++] =
            rows->ids ? (idx_t)rows->ids[places[i]] : (idx_t)(rows->first + places[i]);
    }
    return FAISS_OK;
}

static FaissStatus keep (const FaissExactTask *task, FaissExactPart *part, size_t query, size_t n,
                         const float *vals, const uint32_t *places, const RowBlock *rows) {
    if (n == 0) {
        return FAISS_OK;
    }
    if (part->found) {
        return keep_found (part->found + query, n, vals, places, rows);
    }
    faiss_candidates_add (part->candidates + query, is_similarity (task), part->k, n, vals, places,
                          (uint32_t)rows->first, rows->ids);
    return FAISS_OK;
}

static float threshold_of (const FaissExactPart *part, size_t query) {
    return part->found ? part->radius : part->candidates[query].threshold;
}

/* ---- few queries: rows are streamed ---------------------------------------------------------- */

/* `query` is the task's codec's; else NULL */
static void distances_to_codes (const FaissExactTask *task, const float *x, const float *query,
                                const RowBlock *rows, float *out) {
    const FaissExactCodes *codes = task->codes;
    if (!rows->ids) {
        codes->distances (codes->codec, x, query, codes->codes + rows->first * codes->code_size,
                          rows->n, out);
        return;
    }
    for (size_t i = 0; i < rows->n; i++) {
        codes->distances (codes->codec, x, query, codes->codes + rows->ids[i] * codes->code_size, 1,
                          out + i);
    }
}

static void distances_to_rows (const FaissExactTask *task, const float *x, const float *query,
                               const RowBlock *rows, float *out) {
    size_t d = task->d, i = 0;
    bool ip = is_similarity (task);
    if (task->codes) {
        distances_to_codes (task, x, query, rows, out);
        return;
    }
    if (!rows->ids) {
        (ip ? faiss_kernels.fvec_inner_products_ny
            : faiss_kernels.fvec_L2sqr_ny) (out, x, task->y + rows->first * d, d, rows->n);
        return;
    }
    for (; i + 4 <= rows->n; i += 4) {
        const uint32_t *ids = rows->ids + i;
        const float *y = task->y;
        (ip ? faiss_kernels.fvec_inner_product_batch_4 : faiss_kernels.fvec_L2sqr_batch_4) (
            x, y + ids[0] * d, y + ids[1] * d, y + ids[2] * d, y + ids[3] * d, d, out + i);
    }
    for (; i < rows->n; i++) {
        const float *y = task->y + rows->ids[i] * d;
        out[i] =
            ip ? faiss_kernels.fvec_inner_product (x, y, d) : faiss_kernels.fvec_L2sqr (x, y, d);
    }
}

/* The floats of these rows, and what is better than the threshold. */
static FaissStatus stream_floats (const FaissExactTask *task, FaissExactPart *part, size_t q,
                                  const float *query, const RowBlock *rows) {
    bool similarity = is_similarity (task);
    float vals[MAX_STREAM_ROWS], threshold = threshold_of (part, q);
    uint32_t places[MAX_STREAM_ROWS];
    size_t n_found = 0;
    distances_to_rows (task, task->x + (part->first_query + q) * task->d, query, rows, vals);
    for (size_t i = 0; i < rows->n; i++) {
        float value = vals[i];
        places[n_found] = (uint32_t)i;
        vals[n_found] = value; /* n_found <= i: what is overwritten was looked at */
        n_found += similarity ? value > threshold : value < threshold;
    }
    return keep (task, part, q, n_found, vals, places, rows);
}

/* ---- the same by codes first ----------------------------------------------------------------- */

/* The queries of a part as the codes' kernels want them. */
typedef struct CodedQueries {
    FaissFilterQuery queries[STREAM_QUERIES];
    bool is_usable[STREAM_QUERIES]; /* false: as floats */
    int16_t *components;
    size_t n_tested[STREAM_QUERIES], n_passed[STREAM_QUERIES];
} CodedQueries;

static FaissStatus code_queries (CodedQueries *coded, const FaissExactTask *task,
                                 const FaissExactPart *part) {
    *coded = (CodedQueries){0};
    if (task->filter.n_rows == 0) {
        return FAISS_OK;
    }
    size_t size = faiss_filter_query_size (task->d);
    FAISS_TRY (faiss_alloc_aligned (&coded->components, part->n_queries * size, sizeof (int16_t)));
    for (size_t q = 0; q < part->n_queries; q++) {
        coded->is_usable[q] = faiss_filter_query_init (
            &coded->queries[q], is_similarity (task), task->d,
            task->x + (part->first_query + q) * task->d, coded->components + q * size);
        size_t end = task->filter.n_rows < part->end ? task->filter.n_rows : part->end;
        coded->queries[q].ahead = CODES_AHEAD;
        coded->queries[q].end = task->list || task->sel
                                    ? NULL
                                    : task->filter.rows + end * faiss_filter_stride (task->d);
    }
    return FAISS_OK;
}

/* Is there a threshold, and do codes help? */
static bool is_filtered (const FaissExactTask *task, const FaissExactPart *part,
                         const CodedQueries *coded, size_t q, const RowBlock *rows) {
    if (!coded->is_usable[q] || rows->n == 0) {
        return false;
    }
    size_t last = rows->ids ? rows->ids[rows->n - 1] : rows->first + rows->n - 1;
    bool is_useless =
        coded->n_tested[q] >= 8 * MAX_STREAM_ROWS && coded->n_passed[q] > coded->n_tested[q] / 2;
    return last < task->filter.n_rows && !is_useless &&
           (part->found || fabsf (threshold_of (part, q)) != FLT_MAX);
}

/* Rows near enough by their codes, then by their floats. */
static FaissStatus stream_codes (const FaissExactTask *task, FaissExactPart *part,
                                 CodedQueries *coded, size_t q, const RowBlock *rows) {
    bool similarity = is_similarity (task);
    uint32_t near[MAX_STREAM_ROWS];
    const FaissFilterQuery *query = &coded->queries[q];
    float bound = faiss_filter_bound (query, similarity, threshold_of (part, q));
    const uint8_t *codes = task->filter.rows;
    codes += rows->ids ? 0 : rows->first * faiss_filter_stride (task->d);
    size_t n = (similarity ? faiss_kernels.filter_find_ip : faiss_kernels.filter_find_L2) (
        query, codes, rows->ids, rows->n, bound, near);
    coded->n_tested[q] += rows->n;
    coded->n_passed[q] += n;
    for (size_t i = 0; i < n; i++) {
        near[i] = rows->ids ? rows->ids[near[i]] : (uint32_t)(rows->first + near[i]);
        const char *row = (const char *)(task->y + near[i] * task->d);
        for (size_t at = 0; at < task->d * sizeof (float); at += 64) {
            __builtin_prefetch (row + at);
        }
    }
    RowBlock near_rows = {.n = n, .ids = near};
    return n == 0 ? FAISS_OK : stream_floats (task, part, q, NULL, &near_rows);
}

static FaissStatus stream_coded (const FaissExactTask *task, FaissExactPart *part,
                                 CodedQueries *coded) {
    size_t max_rows = round_up (STREAM_BYTES / (sizeof (float) * (task->d + 1)) + 1, 4);
    max_rows = part->n_queries == 1 ? MAX_STREAM_ROWS : min_size (max_rows, MAX_STREAM_ROWS);
    uint32_t ids[MAX_STREAM_ROWS];
    /* without a threshold everything is a candidate, and codes are of no use: begin with few rows
     */
    size_t n_rows = part->candidates ? round_up (2 * part->k + 16, 16) : max_rows, n_blocks = 0;
    for (size_t at = part->begin; at < part->end; n_rows *= 2) {
        if (++n_blocks % BLOCKS_PER_CHECK == 0 && is_unwanted (task)) {
            return FAISS_OK;
        }
        n_rows = min_size (n_rows, max_rows);
        RowBlock rows = next_rows (task, &at, part->end, n_rows, ids);
        for (size_t q = 0; q < part->n_queries; q++) {
            FAISS_TRY (is_filtered (task, part, coded, q, &rows)
                           ? stream_codes (task, part, coded, q, &rows)
                           : stream_floats (task, part, q, NULL, &rows));
        }
    }
    return FAISS_OK;
}

static FaissStatus stream_rows (FaissExactTask *task, FaissExactPart *part) {
    CodedQueries coded;
    FAISS_TRY (code_queries (&coded, task, part));
    FaissStatus status = stream_coded (task, part, &coded);
    for (size_t q = 0; q < part->n_queries; q++) {
        __atomic_fetch_add (&task->n_tested, coded.n_tested[q], __ATOMIC_RELAXED);
        __atomic_fetch_add (&task->n_passed, coded.n_passed[q], __ATOMIC_RELAXED);
    }
    free (coded.components);
    return status;
}

/* ---- rows that are codes --------------------------------------------------------------------- */

static FaissStatus stream_codec (const FaissExactTask *task, FaissExactPart *part) {
    const FaissExactCodes *codes = task->codes;
    size_t max_rows = part->n_queries == 1 ? MAX_STREAM_ROWS : MAX_STREAM_ROWS / 2, n_blocks = 0;
    uint32_t ids[MAX_STREAM_ROWS];
    FAISS_AUTO_FREE (float) *queries = NULL;
    FAISS_TRY (faiss_alloc (&queries, part->n_queries * codes->query_size, sizeof *queries));
    for (size_t q = 0; codes->prepare && q < part->n_queries; q++) {
        codes->prepare (codes->codec, task->x + (part->first_query + q) * task->d,
                        queries + q * codes->query_size);
    }
    for (size_t at = part->begin; at < part->end;) {
        if (++n_blocks % BLOCKS_PER_CHECK == 0 && is_unwanted (task)) {
            return FAISS_OK;
        }
        RowBlock rows = next_rows (task, &at, part->end, max_rows, ids);
        for (size_t q = 0; q < part->n_queries; q++) {
            FAISS_TRY (stream_floats (task, part, q, queries + q * codes->query_size, &rows));
        }
    }
    return FAISS_OK;
}

/* The rows of a block as floats, packed group by group. */
static void pack_decoded (const FaissExactTask *task, const RowBlock *rows, float *decoded,
                          float *packed) {
    const FaissExactCodes *codes = task->codes;
    for (size_t begin = 0; begin < rows->n; begin += ROWS) {
        size_t n = min_size (ROWS, rows->n - begin);
        for (size_t i = 0; rows->ids && i < n; i++) {
            codes->decode (codes->codec, codes->codes + rows->ids[begin + i] * codes->code_size, 1,
                           decoded + i * task->d);
        }
        if (!rows->ids) {
            codes->decode (codes->codec, codes->codes + (rows->first + begin) * codes->code_size, n,
                           decoded);
        }
        faiss_kernels.exact_pack_rows (decoded, NULL, n, task->d, packed + begin * task->d);
    }
}

/* ---- more queries: panels against packed blocks ---------------------------------------------- */

/* The buffers of a part. */
typedef struct Buffers {
    size_t panel_size, n_panels; /* queries in a panel, the last one may have fewer */
    size_t max_rows;
    float *queries;     /* n_panels panels */
    float *query_norms; /* n_queries */
    float *rows, *row_norms;
    float *decoded; /* a group of rows that are codes */
    uint32_t *ids;
    float *found_vals;
    uint32_t *found_rows;
    uint32_t n_found[QUERIES];
} Buffers;

static void buffers_clear (Buffers *buffers) {
    free (buffers->queries), free (buffers->query_norms);
    free (buffers->rows), free (buffers->row_norms), free (buffers->ids);
    free (buffers->decoded);
    free (buffers->found_vals), free (buffers->found_rows);
}

static FaissStatus buffers_init (Buffers *buffers, const FaissExactTask *task,
                                 const FaissExactPart *part) {
    size_t d = task->d, n = part->n_queries, size = sizeof (float);
    buffers->n_panels = (n + QUERIES - 1) / QUERIES;
    buffers->panel_size = (n + buffers->n_panels - 1) / buffers->n_panels; /* evenly filled */
    size_t max_rows = BLOCK_BYTES / (sizeof (float) * (d + 1)) / ROWS * ROWS;
    max_rows = max_rows < ROWS ? ROWS : min_size (max_rows, MAX_BLOCK_ROWS);
    max_rows = min_size (max_rows, round_up (part->end - part->begin, ROWS));
    buffers->max_rows = max_rows;
    FAISS_TRY (faiss_alloc_aligned (&buffers->queries, buffers->n_panels * QUERIES * d, size));
    FAISS_TRY (faiss_alloc_aligned (&buffers->query_norms, n, size));
    if (!task->packed) {
        FAISS_TRY (faiss_alloc_aligned (&buffers->rows, max_rows * d, size));
        FAISS_TRY (faiss_alloc_aligned (&buffers->row_norms, max_rows, size));
    }
    if (task->codes) {
        FAISS_TRY (faiss_alloc_aligned (&buffers->decoded, ROWS * d, size));
    }
    FAISS_TRY (faiss_alloc (&buffers->ids, max_rows, sizeof *buffers->ids));
    if (!part->best_vals) {
        FAISS_TRY (faiss_alloc (&buffers->found_vals, max_rows * QUERIES, size));
        FAISS_TRY (faiss_alloc (&buffers->found_rows, max_rows * QUERIES, sizeof (uint32_t)));
    }
    return FAISS_OK;
}

static void pack_queries (const FaissExactTask *task, const FaissExactPart *part,
                          Buffers *buffers) {
    size_t d = task->d;
    for (size_t q = 0; q < part->n_queries; q++) {
        const float *x = task->x + (part->first_query + q) * d;
        size_t panel = q / buffers->panel_size, place = q % buffers->panel_size;
        float *out = buffers->queries + panel * QUERIES * d + place;
        for (size_t j = 0; j < d; j++) {
            out[j * QUERIES] = x[j];
        }
        if (task->metric == FAISS_EXACT_L2_NORMS) {
            buffers->query_norms[q] = faiss_kernels.fvec_inner_product (x, x, d);
        }
    }
    for (size_t panel = 0; panel < buffers->n_panels; panel++) { /* the places left are zero */
        size_t used = min_size (buffers->panel_size, part->n_queries - panel * buffers->panel_size);
        float *out = buffers->queries + panel * QUERIES * d;
        for (size_t j = 0; used < QUERIES && j < d; j++) {
            memset (out + j * QUERIES + used, 0, (QUERIES - used) * sizeof *out);
        }
    }
}

static void pack_rows (const FaissExactTask *task, const RowBlock *rows, Buffers *buffers,
                       FaissExactBlock *block) {
    size_t d = task->d;
    if (task->packed) {
        block->rows = task->packed->rows + rows->first * d;
        block->row_norms = task->packed->norms + rows->first;
        return;
    }
    block->rows = buffers->rows;
    block->row_norms = buffers->row_norms;
    if (task->codes) {
        pack_decoded (task, rows, buffers->decoded, buffers->rows);
        return;
    }
    const float *y = rows->ids ? task->y : task->y + rows->first * d;
    faiss_kernels.exact_pack_rows (y, rows->ids, rows->n, d, buffers->rows);
    for (size_t i = 0; task->metric == FAISS_EXACT_L2_NORMS && i < round_up (rows->n, ROWS); i++) {
        size_t row = rows->ids && i < rows->n ? rows->ids[i] : rows->first + i;
        buffers->row_norms[i] =
            i >= rows->n ? 0
            : task->y_norms
                ? task->y_norms[row]
                : faiss_kernels.fvec_inner_product (task->y + row * d, task->y + row * d, d);
    }
}

typedef void (*BlockKernel) (const FaissExactBlock *block);

static BlockKernel kernel_of (FaissExactMetric metric, bool nearest) {
    switch (metric) {
    case FAISS_EXACT_IP:
        return nearest ? faiss_kernels.exact_nearest_ip : faiss_kernels.exact_collect_ip;
    case FAISS_EXACT_L2:
        return nearest ? faiss_kernels.exact_nearest_L2 : faiss_kernels.exact_collect_L2;
    default:
        return nearest ? faiss_kernels.exact_nearest_L2_norms
                       : faiss_kernels.exact_collect_L2_norms;
    }
}

/* One panel, whose first query is `first` of the part, with a block. */
static FaissStatus scan_panel (const FaissExactTask *task, FaissExactPart *part, Buffers *buffers,
                               BlockKernel kernel, FaissExactBlock *block, const RowBlock *rows,
                               size_t first) {
    float thresholds[QUERIES];
    int64_t best[QUERIES];
    block->n_queries = (int)min_size (buffers->panel_size, part->n_queries - first);
    block->queries = buffers->queries + first / buffers->panel_size * QUERIES * task->d;
    block->query_norms = buffers->query_norms + first;
    block->n_found = buffers->n_found;
    block->thresholds = thresholds;
    if (part->best_vals) {
        block->best_vals = part->best_vals + first;
        block->best_ids = best;
        for (int i = 0; i < block->n_queries; i++) {
            best[i] = -1;
        }
        kernel (block);
        for (int i = 0; i < block->n_queries; i++) {
            if (best[i] >= 0) {
                part->best_ids[first + (size_t)i] =
                    rows->ids ? (int64_t)rows->ids[best[i]] : (int64_t)rows->first + best[i];
            }
        }
        return FAISS_OK;
    }
    for (int i = 0; i < block->n_queries; i++) {
        thresholds[i] = threshold_of (part, first + (size_t)i);
    }
    kernel (block);
    for (int i = 0; i < block->n_queries; i++) {
        size_t at = (size_t)i * block->found_stride;
        FAISS_TRY (keep (task, part, first + (size_t)i, block->n_found[i], buffers->found_vals + at,
                         buffers->found_rows + at, rows));
    }
    return FAISS_OK;
}

static FaissStatus scan_blocks (const FaissExactTask *task, FaissExactPart *part,
                                Buffers *buffers) {
    FAISS_TRY (buffers_init (buffers, task, part));
    pack_queries (task, part, buffers);
    BlockKernel kernel = kernel_of (task->metric, part->best_vals != NULL);
    FaissExactBlock block = {.d = task->d,
                             .found_vals = buffers->found_vals,
                             .found_rows = buffers->found_rows,
                             .found_stride = buffers->max_rows};
    /* without a threshold everything is a candidate: begin with few rows */
    size_t n_rows = part->candidates ? round_up (2 * part->k + ROWS, ROWS) : buffers->max_rows;
    for (size_t at = part->begin; at < part->end;) {
        n_rows = min_size (n_rows, buffers->max_rows);
        RowBlock rows = next_rows (task, &at, part->end, n_rows, buffers->ids);
        if (rows.n == 0 || is_unwanted (task)) {
            break;
        }
        n_rows *= 2;
        pack_rows (task, &rows, buffers, &block);
        block.n_rows = rows.n;
        for (size_t q = 0; q < part->n_queries; q += buffers->panel_size) {
            FAISS_TRY (scan_panel (task, part, buffers, kernel, &block, &rows, q));
        }
    }
    return FAISS_OK;
}

bool faiss_exact_is_streamed (const FaissExactTask *task) {
    return (task->nx <= STREAM_QUERIES && task->metric != FAISS_EXACT_L2_NORMS) ||
           (task->codes && task->codes->is_always_streamed);
}

FaissStatus faiss_exact_part (FaissExactTask *task, FaissExactPart *part) {
    if (part->n_queries == 0 || part->begin >= part->end) {
        return FAISS_OK;
    }
    if (faiss_exact_is_streamed (task) && !part->best_vals && !task->packed) {
        return task->codes ? stream_codec (task, part) : stream_rows (task, part);
    }
    Buffers buffers = {0};
    FaissStatus status = scan_blocks (task, part, &buffers);
    buffers_clear (&buffers);
    return status;
}
