/* Searches of graphs over plain vectors by inner product or L2.
 *
 * Results are those of faiss_hnsw_search, to the bit. A thread walks for several queries in turns
 * (see hnsw_walk.h). All queries descend to level 0 first; those that end at the same place are
 * searched one after the other, so that rows are still in the cache.
 *
 * Where it is asked for (settings->rerank) walks compare codes alone, and the vectors of the
 * nearest ones afterwards.
 */
#include <math.h>

#include <faiss/IndexFlatCodes.h>
#include <faiss/impl/FilterCodes.h>
#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_rerank.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>

enum {
    IN_TURNS = 4,         /* walks of a thread */
    IN_TURNS_LONG = 2,    /* the same with long codes: reading one takes nearly all there is */
    QUERIES_AT_ONCE = 32, /* that a thread takes from the order */
    MAX_BATCH = 16384,    /* queries that are put in order */
    LONG_CODES = 512,     /* bytes */
};

/* The walk of a query. */
typedef struct Turn {
    FaissWalk walk;
    size_t query;
    int lowest;          /* of the levels it goes down to */
    FaissRerank nearest; /* of a walk by codes */
    bool awaits_vectors; /* of the nearest */
} Turn;

/* What a thread uses. */
typedef struct Worker {
    Turn turns[IN_TURNS];
    FaissGraphScratch literal; /* for queries with NaN; opened when there is one */
    bool has_literal;
    FaissHNSWStats stats;
} Worker;

/* Where the search of a query at level 0 begins. */
typedef struct Start {
    int32_t node;
    float key;
} Start;

typedef struct Batch {
    FaissWalkPlan plan;
    FaissFlatVectors v;
    const FaissIndex *storage;
    const FaissHNSWSettings *settings;
    size_t n, k, n_turns;
    size_t n_reranked; /* of each query, by its vectors; or 0 */
    const float *x;
    const int32_t *nearest; /* where to begin at level 0; or NULL */
    const float *nearest_d;
    float *distances;
    idx_t *labels;
    FaissFilterQuery *filters; /* of each query, with step 0 where it cannot be used; or NULL */
    int16_t *components;       /* of the filters */
    uint8_t *codes; /* of the queries, if those of the rows are of whole numbers; or NULL */
    Start *starts;
    int32_t *paths; /* the nearest node of each level, the highest first; n * max_level */
    uint32_t *order;
} Batch;

/* ---- descents -------------------------------------------------------------------------------- */

static void prepare_filter (const Batch *b, size_t query) {
    size_t size = faiss_filter_query_size (b->v.d);
    if (b->filters &&
        !faiss_filter_query_init (&b->filters[query], b->v.is_similarity, b->v.d,
                                  b->x + query * b->v.d, b->components + query * size)) {
        b->filters[query].step = 0;
    }
    if (b->codes) {
        faiss_kernels.filter_encode (b->x + query * b->v.d, 1, b->v.d,
                                     b->codes + query * b->v.code_stride);
    }
}

/* As the walks of the query see it. */
static float key_of (const Batch *b, const Turn *t, int32_t node) {
    uint32_t id = (uint32_t)node;
    if (t->walk.by_codes) {
        float key;
        faiss_flat_keys_by_codes (&b->v, t->walk.filter, t->walk.x, &id, 1, &key);
        return key;
    }
    float value = b->v.distance (t->walk.x, faiss_flat_row (&b->v, id), b->v.d);
    return b->v.is_similarity ? -value : value;
}

static void begin_query (const Batch *b, Turn *t, size_t query) {
    t->query = query;
    t->walk.x = b->x + query * b->v.d;
    t->walk.filter = b->filters && b->filters[query].step > 0 ? &b->filters[query] : NULL;
    t->walk.whole = t->walk.filter && b->codes
                        ? faiss_walk_code (&b->v, b->codes + query * b->v.code_stride)
                        : NULL;
    /* those of whole numbers are compared exactly, and by their codes as well */
    t->walk.by_codes = b->n_reranked > 0 && t->walk.filter && !t->walk.whole;
}

/* On the way down from the entry point, to level 1 or 0; or from level 1 to 0. */
static void begin_descent (const Batch *b, Turn *t, size_t query, int level, int lowest) {
    const FaissHNSW *hnsw = b->plan.hnsw;
    if (level == hnsw->max_level) {
        prepare_filter (b, query);
        begin_query (b, t, query);
        b->starts[query] = (Start){hnsw->entry_point, key_of (b, t, hnsw->entry_point)};
    }
    begin_query (b, t, query);
    t->lowest = lowest;
    t->walk.n_steps = t->walk.n_distances = 0;
    if (level > lowest) {
        faiss_walk_begin_greedy (&t->walk, &b->plan, level, b->starts[query].node,
                                 b->starts[query].key);
    }
}

/* The walk has ended at a level: note where, and go on below it. */
static void descend_further (const Batch *b, Worker *w, Turn *t) {
    FaissWalk *walk = &t->walk;
    size_t length = (size_t)b->plan.hnsw->max_level;
    b->paths[t->query * length + length - (size_t)walk->level] = walk->nearest;
    b->starts[t->query] = (Start){walk->nearest, walk->key};
    if (walk->level - 1 > t->lowest) {
        faiss_walk_begin_greedy (walk, &b->plan, walk->level - 1, walk->nearest, walk->key);
    } else {
        w->stats.ndis += walk->n_distances;
        w->stats.nhops += walk->n_steps;
    }
}

/* What a thread does with some queries. */
typedef struct Job {
    const Batch *b;
    Worker *w;
    const uint32_t *queries;
    int level, lowest; /* of a descent */
} Job;

static FaissStatus Job_begin_descent (void *self, void *turn, size_t i) {
    const Job *job = self;
    begin_descent (job->b, turn, job->queries[i], job->level, job->lowest);
    return FAISS_OK;
}

static FaissStatus Job_descend_further (void *self, void *turn) {
    const Job *job = self;
    descend_further (job->b, job->w, turn);
    return FAISS_OK;
}

/* Queries in the order of their paths. */
static void merge_runs (const Batch *b, size_t n_compared, const uint32_t *from, size_t begin,
                        size_t middle, size_t end, uint32_t *to) {
    size_t length = (size_t)b->plan.hnsw->max_level, left = begin, right = middle;
    for (size_t at = begin; at < end; at++) {
        bool take_right = left == middle;
        if (left < middle && right < end) {
            const int32_t *of_left = b->paths + from[left] * length;
            const int32_t *of_right = b->paths + from[right] * length;
            size_t l = 0;
            while (l < n_compared && of_left[l] == of_right[l]) {
                l++;
            }
            take_right = l < n_compared && of_right[l] < of_left[l];
        }
        to[at] = from[take_right ? right++ : left++];
    }
}

static FaissStatus sort_by_paths (Batch *b, size_t length) {
    FAISS_AUTO_FREE (uint32_t) *other = NULL;
    if (length == 0 || b->n < 3) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_alloc (&other, b->n, sizeof *other));
    for (size_t run = 1; run < b->n; run *= 2) {
        for (size_t begin = 0; begin < b->n; begin += 2 * run) {
            size_t middle = begin + run < b->n ? begin + run : b->n;
            size_t end = middle + run < b->n ? middle + run : b->n;
            merge_runs (b, length, b->order, begin, middle, end, other);
        }
        uint32_t *sorted = other;
        other = b->order;
        b->order = sorted;
    }
    return FAISS_OK;
}

/* ---- results --------------------------------------------------------------------------------- */

/* The way that knows what becomes of NaN. */
static FaissStatus search_literally (const Batch *b, Worker *w, size_t query) {
    FaissGraphScratch *s = &w->literal;
    float *distances = b->distances + query * b->k;
    idx_t *labels = b->labels + query * b->k;
    if (!w->has_literal) {
        w->has_literal = true;
        FAISS_TRY (faiss_graph_scratch_init (s, b->plan.hnsw, b->storage));
    }
    FaissGraphResults results = {
        .is_similarity = b->v.is_similarity, .k = b->k, .distances = distances, .labels = labels};
    faiss_heap_heapify (b->v.is_similarity, b->k, distances, labels);
    FAISS_TRY (faiss_graph_set_query (&s->vectors, b->x + query * b->v.d));
    FAISS_TRY (faiss_hnsw_search_from (b->plan.hnsw, s, b->settings, b->starts[query].node,
                                       b->starts[query].key, &results));
    faiss_heap_reorder (b->v.is_similarity, b->k, distances, labels);
    return FAISS_OK;
}

/* Equal distances among the results, or just behind them: their order is that of a heap. */
static bool has_equal_results (const FaissWalk *walk, size_t k) {
    for (size_t j = 0; j < k && j + 1 < walk->size; j++) {
        if (walk->keys[j] == walk->keys[j + 1]) {
            return true;
        }
    }
    return false;
}

static void write_results (const Batch *b, const Turn *t) {
    const FaissWalk *walk = &t->walk;
    float *distances = b->distances + t->query * b->k;
    idx_t *labels = b->labels + t->query * b->k;
    bool is_similarity = b->v.is_similarity;
    if (!b->settings->sel && !has_equal_results (walk, b->k)) {
        size_t n = walk->size < b->k ? walk->size : b->k;
        for (size_t j = 0; j < n; j++) {
            distances[j] = is_similarity ? -walk->keys[j] : walk->keys[j];
            labels[j] = walk->ids[j] & ~FAISS_WALK_TAKEN;
        }
        faiss_heap_heapify (is_similarity, b->k - n, distances + n, labels + n);
        return;
    }
    if (!b->settings->sel) {
        faiss_heap_heapify (is_similarity, b->k, distances, labels);
        for (size_t i = 0; i < walk->log_size; i++) {
            FaissGraphNode event = walk->log[i];
            if (!((uint32_t)event.id & FAISS_WALK_TAKEN)) {
                faiss_heap_offer (is_similarity, b->k, distances, labels,
                                  is_similarity ? -event.key : event.key, event.id);
            }
        }
    }
    faiss_heap_reorder (is_similarity, b->k, distances, labels);
}

/* Those of the nearest by codes that are the nearest. */
static void finish_by_codes (const Batch *b, Turn *t) {
    t->awaits_vectors = false;
    faiss_rerank_finish (&t->nearest, &t->walk, &b->plan, b->k, b->distances + t->query * b->k,
                         b->labels + t->query * b->k);
}

static FaissStatus Job_finish (void *self, void *turn) {
    const Job *job = self;
    const Batch *b = job->b;
    Worker *w = job->w;
    Turn *t = turn;
    FaissWalk *walk = &t->walk;
    if (t->awaits_vectors) {
        finish_by_codes (b, t);
        return FAISS_OK;
    }
    if (walk->has_nan) {
        return search_literally (b, w, t->query);
    }
    w->stats.n1++;
    w->stats.n2 += walk->n_open == 0;
    w->stats.ndis += walk->n_distances;
    w->stats.nhops += walk->n_steps;
    if (walk->by_codes) {
        faiss_rerank_begin (&t->nearest, walk, &b->plan);
        t->awaits_vectors = true;
        walk->phase = FAISS_WALK_ENDING;
    } else {
        write_results (b, t);
    }
    return FAISS_OK;
}

/* ---- level 0 --------------------------------------------------------------------------------- */

/* There has been no descent. */
static void begin_at_given (const Batch *b, Turn *t, size_t query) {
    float key = b->v.is_similarity ? -b->nearest_d[query] : b->nearest_d[query];
    prepare_filter (b, query);
    begin_query (b, t, query);
    if (t->walk.by_codes) {
        key = key_of (b, t, b->nearest[query]);
    }
    b->starts[query] = (Start){b->nearest[query], key};
}

static FaissStatus Job_begin_search (void *self, void *turn, size_t i) {
    const Job *job = self;
    const Batch *b = job->b;
    Turn *t = turn;
    size_t query = job->queries[i];
    if (b->nearest && b->nearest[query] < 0) {
        faiss_heap_heapify (b->v.is_similarity, b->k, b->distances + query * b->k,
                            b->labels + query * b->k);
        return FAISS_OK;
    }
    if (b->nearest) {
        begin_at_given (b, t, query);
    } else {
        begin_query (b, t, query);
    }
    FaissWalk *walk = &t->walk;
    walk->k = walk->by_codes ? b->n_reranked : b->k;
    walk->distances = walk->by_codes ? t->nearest.distances : b->distances + query * b->k;
    walk->labels = walk->by_codes ? t->nearest.labels : b->labels + query * b->k;
    return faiss_walk_begin (walk, &b->plan, 0, b->starts[query].node, b->starts[query].key);
}

/* ---- all queries ----------------------------------------------------------------------------- */

static FaissStatus open_worker (const Batch *b, Worker *w) {
    for (size_t i = 0; i < b->n_turns; i++) {
        FAISS_TRY (faiss_walk_open (&w->turns[i].walk, &b->plan));
        if (b->n_reranked > 0) {
            FAISS_TRY (faiss_rerank_open (&w->turns[i].nearest, b->n_reranked, b->plan.sel));
        }
    }
    return FAISS_OK;
}

static void close_worker (const Batch *b, Worker *w) {
    for (int i = 0; i < IN_TURNS; i++) {
        faiss_walk_close (&w->turns[i].walk);
        faiss_rerank_close (&w->turns[i].nearest);
    }
    faiss_hnsw_count (b->settings, &w->stats);
    if (w->has_literal) {
        faiss_hnsw_count (b->settings, &w->literal.stats);
        faiss_graph_scratch_free (&w->literal);
    }
}

/* One of the steps that all queries go through: down to level 1, down to level 0, level 0. */
static FaissStatus do_step (Batch *b, Worker *w, int step, size_t begin, size_t end) {
    int max_level = b->plan.hnsw->max_level, middle = max_level > 1 ? 1 : max_level;
    size_t n = (end < b->n ? end : b->n) - begin;
    Job job = {.b = b,
               .w = w,
               .queries = b->order + begin,
               .level = step == 0 ? max_level : middle,
               .lowest = step == 0 ? middle : 0};
    return step < 2 ? faiss_walk_in_turns (&b->plan, w->turns, sizeof *w->turns, b->n_turns, n,
                                           Job_begin_descent, Job_descend_further, &job)
                    : faiss_walk_in_turns (&b->plan, w->turns, sizeof *w->turns, b->n_turns, n,
                                           Job_begin_search, Job_finish, &job);
}

/* A batch whose tasks, of some queries each, are shared by threads. */
typedef struct Tasks {
    Batch *b;
    FaissRegion *region;
    size_t n_threads, per_task, n_tasks;
    size_t next[3];            /* of each step; atomic */
    size_t n_tested, n_passed; /* atomic */
} Tasks;

static void sort_for_step (Tasks *t, int step) {
    size_t length = t->b->plan.hnsw->max_level > 0 ? (size_t)t->b->plan.hnsw->max_level : 0;
    if (!faiss_region_failed (t->region)) {
        faiss_region_note (t->region,
                           sort_by_paths (t->b, step == 1 && length > 0 ? length - 1 : length));
    }
}

/* In each thread: steps, each of which takes the queries in the order of the paths that they have
 * taken before. */
static void do_tasks (Tasks *t) {
    Worker w = {0};
    int first_step = t->b->nearest ? 2 : 0;
    faiss_region_note (t->region, open_worker (t->b, &w));
    for (int step = first_step; step < 3; step++) {
        if (step > first_step && t->n_threads > 1) {
#pragma omp barrier
#pragma omp single
            sort_for_step (t, step);
        } else if (step > first_step) {
            sort_for_step (t, step);
        }
        for (size_t task; (task = faiss_share (&t->next[step], 1)) < t->n_tasks;) {
            if (!faiss_region_stopped (t->region)) {
                faiss_region_note (t->region, do_step (t->b, &w, step, task * t->per_task,
                                                       (task + 1) * t->per_task));
            }
        }
    }
    for (int i = 0; i < IN_TURNS; i++) {
        __atomic_fetch_add (&t->n_tested, w.turns[i].walk.n_tested, __ATOMIC_RELAXED);
        __atomic_fetch_add (&t->n_passed, w.turns[i].walk.n_passed, __ATOMIC_RELAXED);
    }
    close_worker (t->b, &w);
}

static void search_in_order (Batch *b, FaissRegion *region, size_t per_task, size_t *n_tested,
                             size_t *n_passed) {
    Tasks t = {.b = b, .region = region, .per_task = per_task};
    t.n_tasks = (b->n + per_task - 1) / per_task;
    t.n_threads = (size_t)faiss_threads_for ((int64_t)t.n_tasks);
    FAISS_BY_THREADS ((int)t.n_threads, do_tasks (&t));
    *n_tested = t.n_tested;
    *n_passed = t.n_passed;
}

static FaissStatus alloc_batch (Batch *b) {
    FAISS_TRY (faiss_alloc (&b->starts, b->n, sizeof *b->starts));
    if (!b->nearest) {
        FAISS_TRY (
            faiss_alloc (&b->paths, b->n * (size_t)b->plan.hnsw->max_level, sizeof *b->paths));
    }
    FAISS_TRY (faiss_alloc (&b->order, b->n, sizeof *b->order));
    for (size_t i = 0; i < b->n; i++) {
        b->order[i] = (uint32_t)i;
    }
    if (b->v.codes.n_rows > 0) {
        FAISS_TRY (faiss_alloc (&b->filters, b->n, sizeof *b->filters));
        FAISS_TRY (faiss_alloc_aligned (&b->components, b->n * faiss_filter_query_size (b->v.d),
                                        sizeof *b->components));
        if (faiss_walk_code (&b->v, faiss_flat_code (&b->v, 0))) {
            FAISS_TRY (faiss_alloc_aligned (&b->codes, b->n, b->v.code_stride));
        }
    }
    return FAISS_OK;
}

static FaissStatus search_batch (Batch *b, size_t *n_tested, size_t *n_passed) {
    FaissRegion region = {0};
    size_t most = b->v.code_stride > LONG_CODES ? IN_TURNS_LONG : IN_TURNS;
    size_t per_task = b->n / ((size_t)faiss_threads_for ((int64_t)b->n) * 4) + 1;
    per_task = per_task < QUERIES_AT_ONCE ? per_task : QUERIES_AT_ONCE;
    b->n_turns = per_task < most ? per_task : most;
    b->plan.looks_ahead = b->n_turns == 1;
    b->plan.prepares_steps = b->n_turns == 1 && b->v.code_stride <= LONG_CODES;
    FaissStatus status = alloc_batch (b);
    if (status == FAISS_OK) {
        search_in_order (b, &region, per_task, n_tested, n_passed);
        status = faiss_region_close (&region);
    }
    free (b->filters);
    free (b->components);
    free (b->codes);
    free (b->starts);
    free (b->paths);
    free (b->order);
    return status;
}

static FaissWalkPlan plan_of (const FaissHNSW *hnsw, const FaissHNSWSettings *settings, size_t k) {
    size_t size = faiss_hnsw_size (hnsw), ef = (size_t)settings->efSearch;
    size_t capacity = ef > k ? ef : k;
    return (FaissWalkPlan){.hnsw = hnsw,
                           .capacity = capacity < size ? capacity : size,
                           .ef = ef,
                           .check_relative_distance = settings->check_relative_distance,
                           .keeps_log = true,
                           .sel = settings->sel};
}

/* How many of a walk by codes are compared by their vectors; 0: there are no such walks. */
static size_t number_to_rerank (const FaissWalkPlan *plan, int rerank, size_t k, bool has_codes) {
    if (rerank <= 0 || !has_codes) {
        return 0;
    }
    size_t n = (size_t)rerank > k ? (size_t)rerank : k;
    return n < plan->capacity ? n : plan->capacity;
}

FaissStatus faiss_hnsw_search_flat (const FaissHNSW *self, const FaissIndex *storage,
                                    const FaissHNSWSettings *settings, size_t n, const float *x,
                                    const int32_t *nearest, const float *nearest_d, size_t k,
                                    float *distances, idx_t *labels) {
    bool is_similarity = faiss_is_similarity_metric (storage->metric_type);
    for (size_t i = 0; i < n && nearest; i++) {
        FAISS_REQUIRE (nearest[i] < storage->ntotal, "start at node %d, but the graph has %lld",
                       nearest[i], (long long)storage->ntotal);
    }
    if ((self->entry_point < 0 && !nearest) || n == 0) {
        faiss_heap_heapify (is_similarity, n * k, distances, labels);
        return FAISS_OK;
    }
    FaissFlatVectors v;
    faiss_flat_vectors_open (&v, storage);
    const FaissIndexFlatCodes *codes =
        faiss_object_cast (storage, &faiss_IndexFlatCodes_class.index.head);
    FaissDerivedRows *derived =
        (FaissDerivedRows *)(uintptr_t)&codes->derived; /* no part of the value */
    faiss_derived_codes_open_all (derived, v.rows, v.n, v.d, codes->codes.owner == NULL,
                                  n * 1000 > v.n || settings->rerank > 0, &v.codes);
    FaissStatus status = FAISS_OK;
    size_t n_tested = 0, n_passed = 0;
    for (size_t begin = 0; begin < n && status == FAISS_OK; begin += MAX_BATCH) {
        size_t tested = 0, passed = 0;
        Batch b = {
            .plan = plan_of (self, settings, k),
            .v = v,
            .storage = storage,
            .settings = settings,
            .n = n - begin < MAX_BATCH ? n - begin : MAX_BATCH,
            .k = k,
            .x = x + begin * v.d,
            .nearest = nearest ? nearest + begin : NULL,
            .nearest_d = nearest ? nearest_d + begin : NULL,
            .distances = distances + begin * k,
            .labels = labels + begin * k,
        };
        b.plan.v = &b.v;
        b.n_reranked = number_to_rerank (&b.plan, settings->rerank, k, v.codes.n_rows > 0);
        status = search_batch (&b, &tested, &passed);
        n_tested += tested;
        n_passed += passed;
    }
    faiss_derived_codes_close (derived, n_tested, n_passed);
    return status;
}
