/* Nearest neighbours and ranges among plain arrays, L2 and inner product: cuts a search into parts.
 */
#include <faiss/utils/exact_search.h>

#include <float.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/extra_distances.h>

enum {
    PART_BYTES = 8 << 20,      /* packed queries of a part */
    PART_KEY_BYTES = 32 << 20, /* candidates of a part */
    MAX_PART_QUERIES = 4096,
    SHARED_BYTES = 8 << 20,    /* so many rows are packed once for all parts, ... */
    SHARED_MIN_QUERIES = 256,  /* ... if there are so many queries */
    SHARED_PART_QUERIES = 504, /* which stay in the second-level cache */
    SPLIT_ROWS_QUERIES = 256,  /* fewer queries per thread: split the rows, not the queries */
    SPLIT_MIN_ROWS = 2048,     /* per thread */
    MIN_CODED = 1 << 15,       /* components: reading fewer is cheap without filter codes */
    THREAD_MIN_WORK = 1 << 19, /* multiplications that are worth a thread */
};

static size_t min_size (size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t max_size (size_t a, size_t b) {
    return a > b ? a : b;
}

/* ---- which rows ------------------------------------------------------------------------------ */

static int compare_ids (const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* A selector that is a range or a list needs no test per row. */
static FaissStatus choose_rows (FaissExactTask *task, const FaissIDSelector *sel, uint32_t **list) {
    task->begin = 0;
    task->end = task->ny;
    const FaissClass *cls = sel ? &sel->cls->head : NULL;
    if (cls == &faiss_IDSelectorRange_class.head) {
        const FaissIDSelectorRange *range = (const FaissIDSelectorRange *)sel;
        idx_t ny = (idx_t)task->ny;
        idx_t begin = range->imin < 0 ? 0 : range->imin;
        idx_t end = range->imax > ny ? ny : range->imax;
        task->begin = begin < end ? (size_t)begin : 0;
        task->end = begin < end ? (size_t)end : 0;
    } else if (cls == &faiss_IDSelectorArray_class.head) {
        const FaissIDSelectorArray *array = (const FaissIDSelectorArray *)sel;
        FAISS_TRY (faiss_alloc (list, array->n, sizeof **list));
        size_t n = 0, n_distinct = 0;
        for (size_t i = 0; i < array->n; i++) {
            if (array->ids[i] >= 0 && array->ids[i] < (idx_t)task->ny) {
                (*list)[n++] = (uint32_t)array->ids[i];
            }
        }
        qsort (*list, n, sizeof **list, compare_ids);
        for (size_t i = 0; i < n; i++) {
            if (i == 0 || (*list)[i] != (*list)[i - 1]) {
                (*list)[n_distinct++] = (*list)[i];
            }
        }
        task->list = *list;
        task->end = n_distinct;
    } else {
        task->sel = sel;
    }
    return FAISS_OK;
}

/* ---- the k best ------------------------------------------------------------------------------ */

/* What the parts of a group of queries keep: one part, or one for each slice of the rows. */
typedef struct Kept {
    FaissCandidates *candidates; /* n_slices * n_queries */
    uint64_t *keys;
    float *best_vals; /* the same for k = 1 */
    int64_t *best_ids;
} Kept;

static void kept_clear (Kept *kept) {
    free (kept->candidates), free (kept->keys);
    free (kept->best_vals), free (kept->best_ids);
}

static FaissStatus kept_init (Kept *kept, bool similarity, bool nearest, size_t n, size_t k) {
    if (nearest) {
        FAISS_TRY (faiss_alloc (&kept->best_vals, n, sizeof *kept->best_vals));
        FAISS_TRY (faiss_alloc (&kept->best_ids, n, sizeof *kept->best_ids));
        for (size_t i = 0; i < n; i++) {
            kept->best_vals[i] = similarity ? -FLT_MAX : FLT_MAX;
            kept->best_ids[i] = -1;
        }
        return FAISS_OK;
    }
    size_t capacity = faiss_candidates_capacity (k);
    FAISS_REQUIRE (capacity <= SIZE_MAX / 16 / max_size (n, 1), "%zu results are too many", k);
    FAISS_TRY (faiss_alloc (&kept->candidates, n, sizeof *kept->candidates));
    FAISS_TRY (faiss_alloc (&kept->keys, n * capacity, sizeof *kept->keys));
    for (size_t i = 0; i < n; i++) {
        faiss_candidates_init (kept->candidates + i, similarity, kept->keys + i * capacity);
    }
    return FAISS_OK;
}

/* The slices' results of each query together, as the caller wants them. */
static void hand_over (const Kept *kept, bool similarity, size_t n, size_t n_slices, size_t k_kept,
                       size_t k, float *vals, idx_t *ids) {
    for (size_t q = 0; q < n; q++) {
        if (kept->candidates) {
            for (size_t slice = 1; slice < n_slices; slice++) {
                faiss_candidates_merge (kept->candidates + q, similarity, k_kept,
                                        kept->candidates + slice * n + q);
            }
            faiss_candidates_finish (kept->candidates + q, similarity, k, vals + q * k,
                                     ids + q * k);
            continue;
        }
        vals[q] = kept->best_vals[q];
        ids[q] = kept->best_ids[q];
        for (size_t slice = 1; slice < n_slices;
             slice++) { /* ids ascend: the first of equal ones */
            float value = kept->best_vals[slice * n + q];
            if (similarity ? value > vals[q] : value < vals[q]) {
                vals[q] = value;
                ids[q] = kept->best_ids[slice * n + q];
            }
        }
    }
}

static size_t slice_border (const FaissExactTask *task, size_t slice, size_t n_slices) {
    size_t n = task->end - task->begin;
    size_t per_slice = (n / n_slices + FAISS_EXACT_ROWS) / FAISS_EXACT_ROWS * FAISS_EXACT_ROWS;
    return slice == n_slices ? task->end : task->begin + min_size (slice * per_slice, n);
}

/* Queries first .. first + n - 1; the rows in n_slices slices, each by a thread of its own. */
typedef struct Group {
    FaissExactTask *task;
    size_t first, n, n_slices, k_kept;
    Kept kept;
    size_t next; /* slice */
    FaissRegion region;
} Group;

static void search_slices (Group *g) {
    for (size_t slice; (slice = faiss_share (&g->next, 1)) < g->n_slices;) {
        FaissExactPart part = {.first_query = g->first,
                               .n_queries = g->n,
                               .begin = slice_border (g->task, slice, g->n_slices),
                               .end = slice_border (g->task, slice + 1, g->n_slices),
                               .k = g->k_kept};
        if (g->kept.best_vals) {
            part.best_vals = g->kept.best_vals + slice * g->n;
            part.best_ids = g->kept.best_ids + slice * g->n;
        } else {
            part.candidates = g->kept.candidates + slice * g->n;
        }
        faiss_region_note (&g->region, faiss_exact_part (g->task, &part));
    }
}

static FaissStatus knn_group (FaissExactTask *task, size_t first, size_t n, size_t n_slices,
                              size_t k, float *vals, idx_t *ids) {
    bool similarity = task->metric == FAISS_EXACT_IP,
         nearest = k == 1 && n > 4 && !faiss_exact_is_streamed (task);
    Group group = {.task = task, .first = first, .n = n, .n_slices = n_slices};
    group.k_kept = min_size (k, max_size (task->end - task->begin, 1));
    FaissStatus status = kept_init (&group.kept, similarity, nearest, n * n_slices, group.k_kept);
    if (status == FAISS_OK) {
        FAISS_BY_THREADS ((int)n_slices, search_slices (&group));
        status = faiss_region_close (&group.region);
    }
    if (status == FAISS_OK) {
        hand_over (&group.kept, similarity, n, n_slices, group.k_kept, k, vals + first * k,
                   ids + first * k);
    }
    kept_clear (&group.kept);
    return status;
}

static size_t threads_for (const FaissExactTask *task) {
    double work = (double)task->nx * (double)(task->end - task->begin) * (double)(task->d + 1);
    double useful = work / THREAD_MIN_WORK;
    return (size_t)faiss_threads_for (useful < 1 ? 1 : useful > 1e6 ? 1000000 : (int64_t)useful);
}

/* Queries per group: what bounds the memory, and an even share for each thread. */
static size_t group_size (const FaissExactTask *task, size_t k, size_t n_threads) {
    size_t key_bytes = faiss_candidates_capacity (min_size (k, task->ny)) * sizeof (uint64_t);
    size_t n = task->packed ? SHARED_PART_QUERIES : MAX_PART_QUERIES;
    n = min_size (n, PART_BYTES / (sizeof (float) * (task->d + 1)));
    n = min_size (n, PART_KEY_BYTES / key_bytes);
    n = min_size (n, (task->nx + n_threads - 1) / n_threads);
    if (n <= FAISS_EXACT_QUERIES) {
        return max_size (n, 1);
    }
    return (n + FAISS_EXACT_QUERIES - 1) / FAISS_EXACT_QUERIES * FAISS_EXACT_QUERIES;
}

/* All queries, in groups that the threads share out or that take all of them. */
typedef struct Search {
    FaissExactTask *task;
    size_t size, n_groups, n_slices;
    size_t k; /* of the nearest */
    float *vals;
    idx_t *ids;
    float radius; /* of ranges */
    FaissExactFound *found;
    size_t next; /* group, or slice of a group */
    FaissRegion region;
} Search;

static void search_groups (Search *s) {
    for (size_t group; (group = faiss_share (&s->next, 1)) < s->n_groups;) {
        size_t first = group * s->size;
        if (!faiss_region_stopped (&s->region)) {
            faiss_region_note (&s->region,
                               knn_group (s->task, first, min_size (s->size, s->task->nx - first),
                                          s->n_slices, s->k, s->vals, s->ids));
        }
    }
}

static FaissStatus knn (FaissExactTask *task, size_t k, float *vals, idx_t *ids,
                        const FaissIDSelector *sel) {
    FAISS_AUTO_FREE (uint32_t) *list = NULL;
    FAISS_AUTO (PackedRows) packed = {0};
    FAISS_TRY (choose_rows (task, sel, &list));
    size_t n_rows = task->end - task->begin;
    if (!sel && !task->packed && !task->codes && task->nx >= SHARED_MIN_QUERIES &&
        task->ny * task->d <= SHARED_BYTES / sizeof (float)) {
        FAISS_TRY (faiss_PackedRows_init (&packed, task->ny, task->d, task->y, task->y_norms));
        task->packed = &packed;
    }
    size_t n_threads = threads_for (task);
    Search search = {.task = task, .n_slices = 1, .k = k, .vals = vals, .ids = ids};
    if (task->nx < SPLIT_ROWS_QUERIES * n_threads && !task->packed) {
        search.n_slices = min_size (n_threads, max_size (n_rows / SPLIT_MIN_ROWS, 1));
    }
    size_t n_group_threads = search.n_slices > 1 ? 1 : n_threads;
    search.size = group_size (task, k, n_group_threads);
    search.n_groups = (task->nx + search.size - 1) / search.size;
    n_group_threads = min_size (n_group_threads, search.n_groups);
    task->region = &search.region;
    FAISS_BY_THREADS ((int)n_group_threads, search_groups (&search));
    return faiss_region_close (&search.region);
}

/* L2 by norms or directly: the choice is visible in the last bits of results, and is upstream's. */
static FaissExactMetric L2_formula (size_t nx, size_t d, const FaissIDSelector *sel) {
    double threshold = faiss_get_distance_compute_blas_threshold ();
    return !sel && (double)nx * (double)d >= threshold ? FAISS_EXACT_L2_NORMS : FAISS_EXACT_L2;
}

static FaissExactTask task_of (FaissExactMetric metric, const float *x, const float *y, size_t d,
                               size_t nx, size_t ny) {
    return (FaissExactTask){.metric = metric, .x = x, .y = y, .d = d, .nx = nx, .ny = ny};
}

FaissStatus faiss_knn_L2sqr (const float *x, const float *y, size_t d, size_t nx, size_t ny,
                             size_t k, float *vals, idx_t *ids, const float *y_norms,
                             const FaissIDSelector *sel) {
    FAISS_REQUIRE (nx == 0 || (x && vals && ids && (y || ny == 0)), "an array is NULL");
    FAISS_REQUIRE (k > 0, "expected k > 0, got 0");
    if (ny > UINT32_MAX) { /* rows are counted in 32 bits */
        return faiss_knn_extra_metrics (x, y, d, nx, ny, METRIC_L2, 0, k, vals, ids, sel);
    }
    FaissExactTask task = task_of (L2_formula (nx, d, sel), x, y, d, nx, ny);
    task.y_norms = y_norms;
    return knn (&task, k, vals, ids, sel);
}

FaissStatus faiss_knn_inner_product (const float *x, const float *y, size_t d, size_t nx, size_t ny,
                                     size_t k, float *vals, idx_t *ids,
                                     const FaissIDSelector *sel) {
    FAISS_REQUIRE (nx == 0 || (x && vals && ids && (y || ny == 0)), "an array is NULL");
    FAISS_REQUIRE (k > 0, "expected k > 0, got 0");
    if (ny > UINT32_MAX) {
        return faiss_knn_extra_metrics (x, y, d, nx, ny, METRIC_INNER_PRODUCT, 0, k, vals, ids,
                                        sel);
    }
    FaissExactTask task = task_of (FAISS_EXACT_IP, x, y, d, nx, ny);
    return knn (&task, k, vals, ids, sel);
}

/* Filter codes pay where few results are wanted of many rows, for few queries. */
static bool open_filter (FaissExactTask *task, size_t k, FaissDerivedRows *derived, bool may_code) {
    bool pays = faiss_exact_is_streamed (task) && k <= task->ny / 16;
    if (pays) {
        may_code = may_code && task->ny * task->d >= MIN_CODED &&
                   faiss_derived_codes_fit (task->ny, task->d);
        faiss_derived_codes_open (derived, task->y, task->ny, task->d, may_code, &task->filter);
    }
    return pays;
}

FaissStatus faiss_filtered_knn (bool is_similarity, const float *x, const float *y, size_t d,
                                size_t nx, size_t ny, size_t k, float *vals, idx_t *ids,
                                const FaissIDSelector *sel, FaissDerivedRows *derived,
                                bool may_code) {
    FaissExactMetric metric = is_similarity ? FAISS_EXACT_IP : L2_formula (nx, d, sel);
    FaissExactTask task = task_of (metric, x, y, d, nx, ny);
    if (ny > UINT32_MAX) {
        return is_similarity ? faiss_knn_inner_product (x, y, d, nx, ny, k, vals, ids, sel)
                             : faiss_knn_L2sqr (x, y, d, nx, ny, k, vals, ids, NULL, sel);
    }
    if (!open_filter (&task, k, derived, may_code) && !faiss_exact_is_streamed (&task) && !sel) {
        task.packed = faiss_derived_packed (derived, y, ny, d, may_code);
    }
    FaissStatus status = knn (&task, k, vals, ids, sel);
    faiss_derived_codes_close (derived, task.n_tested, task.n_passed);
    return status;
}

/* ---- ranges ---------------------------------------------------------------------------------- */

static void free_found (FaissExactFound *found, size_t n) {
    for (size_t i = 0; found && i < n; i++) {
        free (found[i].vals);
        free (found[i].ids);
    }
    free (found);
}

/* found[slice * nx + query]: slice after slice is the order of the rows. */
static FaissStatus fill_result (const FaissExactFound *found, size_t nx, size_t n_slices,
                                FaissRangeSearchResult *result) {
    for (size_t q = 0; q < nx; q++) {
        result->lims[q] = 0;
        for (size_t slice = 0; slice < n_slices; slice++) {
            result->lims[q] += found[slice * nx + q].size;
        }
    }
    FAISS_TRY (faiss_RangeSearchResult_do_allocation (result));
    for (size_t q = 0; q < nx; q++) {
        size_t at = result->lims[q];
        for (size_t slice = 0; slice < n_slices; slice++) {
            const FaissExactFound *part = found + slice * nx + q;
            if (part->size > 0) {
                memcpy (result->distances + at, part->vals, part->size * sizeof *part->vals);
                memcpy (result->labels + at, part->ids, part->size * sizeof *part->ids);
            }
            at += part->size;
        }
    }
    return FAISS_OK;
}

static void search_ranges (Search *s) {
    size_t nx = s->task->nx, n_slices = s->n_slices;
    for (size_t i; (i = faiss_share (&s->next, 1)) < s->n_groups * n_slices;) {
        size_t first = i / n_slices * s->size, slice = i % n_slices;
        FaissExactPart part = {.first_query = first,
                               .n_queries = min_size (s->size, nx - first),
                               .begin = slice_border (s->task, slice, n_slices),
                               .end = slice_border (s->task, slice + 1, n_slices),
                               .found = s->found + slice * nx + first,
                               .radius = s->radius};
        if (!faiss_region_stopped (&s->region)) {
            faiss_region_note (&s->region, faiss_exact_part (s->task, &part));
        }
    }
}

static FaissStatus range_search (FaissExactTask *task, float radius, FaissRangeSearchResult *result,
                                 const FaissIDSelector *sel) {
    FAISS_AUTO_FREE (uint32_t) *list = NULL;
    FAISS_TRY (choose_rows (task, sel, &list));
    size_t n_rows = task->end - task->begin;
    size_t n_threads = threads_for (task);
    Search search = {.task = task, .n_slices = 1, .radius = radius};
    if (task->nx < SPLIT_ROWS_QUERIES * n_threads) {
        search.n_slices = min_size (n_threads, max_size (n_rows / SPLIT_MIN_ROWS, 1));
    }
    search.size = group_size (task, 1, search.n_slices > 1 ? 1 : n_threads);
    search.n_groups = (task->nx + search.size - 1) / search.size;
    size_t n_found = task->nx * search.n_slices;
    FAISS_TRY (faiss_alloc_zeroed (&search.found, n_found, sizeof *search.found));
    task->region = &search.region;
    FAISS_BY_THREADS ((int)n_threads, search_ranges (&search));
    FaissStatus status = faiss_region_close (&search.region);
    if (status == FAISS_OK) {
        status = fill_result (search.found, task->nx, search.n_slices, result);
    }
    free_found (search.found, n_found);
    return status;
}

FaissStatus faiss_range_search_L2sqr (const float *x, const float *y, size_t d, size_t nx,
                                      size_t ny, float radius, FaissRangeSearchResult *result,
                                      const FaissIDSelector *sel) {
    FAISS_REQUIRE_ARG (result);
    FAISS_REQUIRE (nx == 0 || (x && (y || ny == 0)), "an array is NULL");
    if (ny > UINT32_MAX) {
        return faiss_range_search_extra_metrics (x, y, d, nx, ny, METRIC_L2, 0, radius, result,
                                                 sel);
    }
    FaissExactTask task = task_of (L2_formula (nx, d, sel), x, y, d, nx, ny);
    return range_search (&task, radius, result, sel);
}

FaissStatus faiss_range_search_inner_product (const float *x, const float *y, size_t d, size_t nx,
                                              size_t ny, float radius,
                                              FaissRangeSearchResult *result,
                                              const FaissIDSelector *sel) {
    FAISS_REQUIRE_ARG (result);
    FAISS_REQUIRE (nx == 0 || (x && (y || ny == 0)), "an array is NULL");
    if (ny > UINT32_MAX) {
        return faiss_range_search_extra_metrics (x, y, d, nx, ny, METRIC_INNER_PRODUCT, 0, radius,
                                                 result, sel);
    }
    FaissExactTask task = task_of (FAISS_EXACT_IP, x, y, d, nx, ny);
    return range_search (&task, radius, result, sel);
}

/* ---- codes ----------------------------------------------------------------------------------- */

static FaissExactTask coded_task (bool is_similarity, const float *x, const FaissExactCodes *codes,
                                  size_t d, size_t nx, size_t ny) {
    FaissExactTask task =
        task_of (is_similarity ? FAISS_EXACT_IP : FAISS_EXACT_L2, x, NULL, d, nx, ny);
    task.codes = codes;
    return task;
}

FaissStatus faiss_coded_knn (bool is_similarity, const float *x, const FaissExactCodes *codes,
                             size_t d, size_t nx, size_t ny, size_t k, float *vals, idx_t *ids,
                             const FaissIDSelector *sel) {
    FaissExactTask task = coded_task (is_similarity, x, codes, d, nx, ny);
    return knn (&task, k, vals, ids, sel);
}

FaissStatus faiss_coded_range_search (bool is_similarity, const float *x,
                                      const FaissExactCodes *codes, size_t d, size_t nx, size_t ny,
                                      float radius, FaissRangeSearchResult *result,
                                      const FaissIDSelector *sel) {
    FaissExactTask task = coded_task (is_similarity, x, codes, d, nx, ny);
    return range_search (&task, radius, result, sel);
}

FaissStatus faiss_filtered_range_search (bool is_similarity, const float *x, const float *y,
                                         size_t d, size_t nx, size_t ny, float radius,
                                         FaissRangeSearchResult *result, const FaissIDSelector *sel,
                                         FaissDerivedRows *derived, bool may_code) {
    FaissExactMetric metric = is_similarity ? FAISS_EXACT_IP : L2_formula (nx, d, sel);
    FaissExactTask task = task_of (metric, x, y, d, nx, ny);
    if (ny > UINT32_MAX || !open_filter (&task, 0, derived, may_code)) {
        return is_similarity
                   ? faiss_range_search_inner_product (x, y, d, nx, ny, radius, result, sel)
                   : faiss_range_search_L2sqr (x, y, d, nx, ny, radius, result, sel);
    }
    FaissStatus status = range_search (&task, radius, result, sel);
    faiss_derived_codes_close (derived, task.n_tested, task.n_passed);
    return status;
}
