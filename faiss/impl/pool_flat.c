/* Searches with a pool of candidates over plain vectors by inner product or L2: the fast way.
 *
 * What is done is what faiss_pool_search does, results are the same to the bit. As in searches of
 * HNSW graphs (hnsw_flat.c), rows are looked at as filter codes first, and a thread searches two
 * queries in turns: what one will read next is fetched while it is the turn of the other.
 */
#include <faiss/impl/pool_flat.h>

#include <math.h>
#include <string.h>

#include <faiss/IndexFlatCodes.h>
#include <faiss/impl/FilterCodes.h>
#include <faiss/impl/check.h>
#include <faiss/impl/graph_sort.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/prefetch.h>

enum {
    IN_FLIGHT = 2,     /* queries that a thread searches in turns */
    LISTS_AHEAD = 3,   /* candidates whose links are fetched before they are next */
    MAX_TOUCHED = 4096 /* visited nodes that are unmarked one by one */
};

static inline const float *row_of (const FaissFlatVectors *v, uint32_t i) {
    return v->rows + (size_t)i * v->d;
}

/* A key that can be ordered: a distance that is no number is infinite. */
static inline float key_of (const FaissFlatVectors *v, float value) {
    value = v->is_similarity ? -value : value;
    return value == value ? value : HUGE_VALF;
}

/* The keys of those of `ids` that are at `positions`. */
static void keys_at (const FaissFlatVectors *v, const float *x, const uint32_t *ids,
                     const uint32_t *positions, size_t n, float *keys) {
    size_t j = 0;
    for (; j + 4 <= n; j += 4) {
        v->distance_4 (x, row_of (v, ids[positions[j]]), row_of (v, ids[positions[j + 1]]),
                       row_of (v, ids[positions[j + 2]]), row_of (v, ids[positions[j + 3]]), v->d,
                       keys + j);
    }
    for (; j < n; j++) {
        keys[j] = v->distance (x, row_of (v, ids[positions[j]]), v->d);
    }
    for (j = 0; j < n; j++) {
        keys[j] = key_of (v, keys[j]);
    }
}

/* ---- one query ------------------------------------------------------------------------------- */

typedef enum Phase {
    IDLE,
    LISTING,   /* the links of the next candidate are on their way */
    FILTERING, /* the codes of its unseen links are */
    COMPARING, /* the rows that passed are */
} Phase;

typedef struct Flight {
    Phase phase;
    size_t query; /* its number */
    const float *x;
    FaissFilterQuery filter;
    bool is_filtering;
    int16_t *components;
    FaissGraphNode *candidates; /* nearest first; one place more than the pool */
    size_t next;                /* all before it are taken */
    uint64_t *seen;
    uint32_t *touched; /* nodes that were marked as seen */
    size_t n_touched;  /* more than MAX_TOUCHED: the first ones only */
    uint32_t *fresh, *positions;
    float *keys;
    size_t n_fresh, n_rows;
} Flight;

typedef struct Worker {
    Flight flights[IN_FLIGHT];
    size_t n_tested, n_passed; /* codes */
} Worker;

typedef struct Batch {
    const FaissPoolPlan *plan;
    FaissFlatVectors v;
    float *init_rows;    /* of plan->init, size pool * d */
    uint64_t *init_seen; /* what is seen at the beginning */
    size_t n_seen_words;
    size_t k;
    const float *x;
    float *distances;
    idx_t *labels;
} Batch;

static inline bool see (Flight *f, uint32_t node) {
    uint64_t bit = (uint64_t)1 << (node & 63), *word = &f->seen[node >> 6];
    bool is_new = !(*word & bit);
    *word |= bit;
    return is_new;
}

static void forget_seen (const Batch *b, Flight *f) {
    if (f->n_touched > MAX_TOUCHED) {
        memcpy (f->seen, b->init_seen, b->n_seen_words * sizeof *f->seen);
    } else {
        for (size_t i = 0; i < f->n_touched; i++) {
            f->seen[f->touched[i] >> 6] = b->init_seen[f->touched[i] >> 6];
        }
    }
    f->n_touched = 0;
}

static void fetch_links (const Batch *b, FaissGraphNode node) {
    faiss_prefetch (faiss_fixed_links (&b->plan->graph, node.id & (int32_t)~FAISS_POOL_TAKEN),
                    b->plan->graph.degree * sizeof (int32_t));
}

static void begin (const Batch *b, Flight *f, size_t query) {
    const FaissFlatVectors *v = &b->v;
    size_t pool = b->plan->pool, j = 0;
    f->query = query;
    f->x = b->x + query * v->d;
    f->next = 0;
    f->is_filtering = v->codes.n_rows > 0 && faiss_filter_query_init (&f->filter, v->is_similarity,
                                                                      v->d, f->x, f->components);
    forget_seen (b, f);
    for (; j + 4 <= pool; j += 4) {
        const float *rows = b->init_rows + j * v->d;
        v->distance_4 (f->x, rows, rows + v->d, rows + 2 * v->d, rows + 3 * v->d, v->d,
                       f->keys + j);
    }
    for (; j < pool; j++) {
        f->keys[j] = v->distance (f->x, b->init_rows + j * v->d, v->d);
    }
    for (j = 0; j < pool; j++) {
        f->candidates[j] = (FaissGraphNode){key_of (v, f->keys[j]), b->plan->init[j]};
    }
    faiss_graph_sort (f->candidates, pool);
    fetch_links (b, f->candidates[0]);
    f->phase = LISTING;
}

/* The links of the next candidate that are new. False if there is none. */
static bool list_links (const Batch *b, Flight *f) {
    const FaissFixedGraph *graph = &b->plan->graph;
    while (f->next < b->plan->pool && faiss_pool_is_taken (f->candidates[f->next])) {
        f->next++;
    }
    if (f->next == b->plan->pool) {
        return false;
    }
    const int32_t *links = faiss_fixed_links (graph, f->candidates[f->next].id);
    size_t n = 0, stride = faiss_filter_stride (b->v.d);
    f->candidates[f->next].id |= (int32_t)FAISS_POOL_TAKEN;
    for (size_t j = 0; j < graph->degree; j++) {
        if (links[j] >= 0) {
            f->fresh[n] = (uint32_t)links[j];
            n += see (f, (uint32_t)links[j]);
        }
    }
    for (size_t j = 0; j < n; j++) {
        if (f->is_filtering) {
            faiss_prefetch (b->v.codes.rows + f->fresh[j] * stride, stride);
        }
        if (f->n_touched < MAX_TOUCHED) {
            f->touched[f->n_touched] = f->fresh[j];
        }
        f->n_touched++;
    }
    f->n_fresh = n;
    f->phase = FILTERING;
    return true;
}

static void filter_links (const Batch *b, Worker *w, Flight *f) {
    float worst = f->candidates[b->plan->pool - 1].key;
    f->n_rows = f->n_fresh;
    if (f->is_filtering && worst < HUGE_VALF) {
        float bound = faiss_filter_bound (&f->filter, b->v.is_similarity,
                                          b->v.is_similarity ? -worst : worst);
        f->n_rows =
            b->v.find (&f->filter, b->v.codes.rows, f->fresh, f->n_fresh, bound, f->positions);
        w->n_tested += f->n_fresh;
        w->n_passed += f->n_rows;
    } else {
        for (size_t j = 0; j < f->n_fresh; j++) {
            f->positions[j] = (uint32_t)j;
        }
    }
    for (size_t j = 0; j < f->n_rows; j++) {
        faiss_prefetch (row_of (&b->v, f->fresh[f->positions[j]]), b->v.d * sizeof (float));
    }
    f->phase = COMPARING;
}

static void compare_links (const Batch *b, Flight *f) {
    size_t pool = b->plan->pool;
    FaissGraphNode *candidates = f->candidates;
    keys_at (&b->v, f->x, f->fresh, f->positions, f->n_rows, f->keys);
    for (size_t j = 0; j < f->n_rows; j++) {
        float key = f->keys[j];
        int32_t id = (int32_t)f->fresh[f->positions[j]];
        if (!(key < candidates[pool - 1].key)) {
            continue;
        }
        size_t at = faiss_pool_place (candidates, pool, key);
        if (!b->plan->init_is_seen && faiss_pool_has (candidates, at, key, id)) {
            continue;
        }
        memmove (candidates + at + 1, candidates + at, (pool - 1 - at) * sizeof *candidates);
        candidates[at] = (FaissGraphNode){key, id};
        f->next = at < f->next ? at : f->next;
    }
    int n_fetched = 0;
    for (size_t at = f->next; at < pool && n_fetched < LISTS_AHEAD; at++) {
        if (!faiss_pool_is_taken (candidates[at])) {
            fetch_links (b, candidates[at]);
            n_fetched++;
        }
    }
    f->phase = LISTING;
}

static void advance (const Batch *b, Worker *w, Flight *f) {
    if (f->phase == FILTERING) {
        filter_links (b, w, f);
    } else if (f->phase == COMPARING) {
        compare_links (b, f);
    } else if (!list_links (b, f)) {
        faiss_pool_write_results (f->candidates, b->plan->pool, b->v.is_similarity, b->k,
                                  b->distances + f->query * b->k, b->labels + f->query * b->k);
        f->phase = IDLE;
    }
}

/* ---- many ------------------------------------------------------------------------------------ */

static FaissStatus open_flight (const Batch *b, Flight *f) {
    size_t pool = b->plan->pool, degree = b->plan->graph.degree;
    FAISS_TRY (faiss_alloc (&f->candidates, pool + 1, sizeof *f->candidates));
    FAISS_TRY (faiss_alloc_aligned (&f->seen, b->n_seen_words, sizeof *f->seen));
    FAISS_TRY (faiss_alloc (&f->touched, MAX_TOUCHED, sizeof *f->touched));
    FAISS_TRY (faiss_alloc (&f->fresh, degree, sizeof *f->fresh));
    FAISS_TRY (faiss_alloc (&f->positions, degree, sizeof *f->positions));
    FAISS_TRY (faiss_alloc (&f->keys, pool > degree ? pool : degree, sizeof *f->keys));
    FAISS_TRY (faiss_alloc_aligned (&f->components, faiss_filter_query_size (b->v.d),
                                    sizeof *f->components));
    memcpy (f->seen, b->init_seen, b->n_seen_words * sizeof *f->seen);
    return FAISS_OK;
}

static FaissStatus open_worker (const Batch *b, Worker *w, size_t n_flights) {
    for (size_t i = 0; i < n_flights; i++) {
        FAISS_TRY (open_flight (b, &w->flights[i]));
    }
    return FAISS_OK;
}

static void close_worker (Worker *w) {
    for (int i = 0; i < IN_FLIGHT; i++) {
        Flight *f = &w->flights[i];
        free (f->candidates);
        free (f->seen);
        free (f->touched);
        free (f->fresh);
        free (f->positions);
        free (f->keys);
        free (f->components);
    }
}

static void search_some (const Batch *b, Worker *w, size_t n_flights, size_t next, size_t end) {
    size_t n_active = 0;
    do {
        n_active = 0;
        for (size_t i = 0; i < n_flights; i++) {
            Flight *f = &w->flights[i];
            if (f->phase != IDLE) {
                advance (b, w, f);
            } else if (next < end) {
                begin (b, f, next++);
            }
            n_active += f->phase != IDLE;
        }
    } while (n_active > 0 || next < end);
}

static FaissStatus search_all (const Batch *b, size_t n, size_t *n_tested, size_t *n_passed) {
    enum { LONG_CODES = 512, QUERIES_AT_ONCE = 32 };
    FaissRegion region = {0};
    size_t tested = 0, passed = 0;
    size_t per_task = n < (size_t)QUERIES_AT_ONCE * 8 ? n / 64 + 1 : QUERIES_AT_ONCE;
    size_t n_tasks = (n + per_task - 1) / per_task;
    bool is_long = faiss_filter_stride (b->v.d) > LONG_CODES; /* reading one takes all there is */
    size_t n_flights = n < IN_FLIGHT || is_long ? 1 : IN_FLIGHT;
#pragma omp parallel num_threads(faiss_threads_for((int64_t)n_tasks)) reduction(+ : tested, passed)
    {
        Worker w = {0};
        faiss_region_note (&region, open_worker (b, &w, n_flights));
#pragma omp for schedule(dynamic, 1)
        for (size_t task = 0; task < n_tasks; task++) {
            if (!faiss_region_stopped (&region)) {
                size_t end = (task + 1) * per_task;
                search_some (b, &w, n_flights, task * per_task, end < n ? end : n);
            }
        }
        tested += w.n_tested;
        passed += w.n_passed;
        close_worker (&w);
    }
    *n_tested = tested;
    *n_passed = passed;
    return faiss_region_close (&region);
}

/* What all queries begin with. */
static FaissStatus prepare (Batch *b) {
    const FaissPoolPlan *plan = b->plan;
    size_t d = b->v.d;
    FAISS_TRY (faiss_alloc (&b->init_rows, plan->pool * d, sizeof *b->init_rows));
    FAISS_TRY (faiss_alloc_zeroed (&b->init_seen, b->n_seen_words, sizeof *b->init_seen));
    for (size_t j = 0; j < plan->pool; j++) {
        uint32_t id = (uint32_t)plan->init[j];
        memcpy (b->init_rows + j * d, row_of (&b->v, id), d * sizeof (float));
        b->init_seen[id >> 6] |= (uint64_t)plan->init_is_seen << (id & 63);
    }
    return FAISS_OK;
}

/* The codes of the vectors, to be closed. */
static FaissDerivedRows *open_codes (FaissFlatVectors *v, const FaissIndex *storage, bool at_once) {
    const FaissIndexFlatCodes *codes =
        faiss_object_cast (storage, &faiss_IndexFlatCodes_class.index.head);
    FaissDerivedRows *derived =
        (FaissDerivedRows *)(uintptr_t)&codes->derived; /* no part of the value */
    faiss_derived_codes_open_all (derived, v->rows, v->n, v->d, codes->codes.owner == NULL, at_once,
                                  &v->codes);
    return derived;
}

FaissStatus faiss_pool_search_flat (const FaissPoolPlan *plan, const FaissIndex *storage, size_t n,
                                    const float *x, size_t k, float *distances, idx_t *labels) {
    Batch b = {.plan = plan,
               .n_seen_words = plan->graph.n / 64 + 1,
               .k = k,
               .x = x,
               .distances = distances,
               .labels = labels};
    size_t n_tested = 0, n_passed = 0;
    faiss_flat_vectors_open (&b.v, storage);
    FaissStatus status = prepare (&b);
    if (status == FAISS_OK) {
        FaissDerivedRows *derived = open_codes (&b.v, storage, n * 1000 > b.v.n);
        status = search_all (&b, n, &n_tested, &n_passed);
        faiss_derived_codes_close (derived, n_tested, n_passed);
    }
    free (b.init_rows);
    free (b.init_seen);
    return status;
}

/* ---- for building ---------------------------------------------------------------------------- */

FaissStatus faiss_pool_finder_init (FaissPoolFinder *self, const FaissPoolPlan *plan,
                                    const FaissFlatVectors *v, size_t capacity) {
    size_t room = plan->graph.degree > plan->pool ? plan->graph.degree : plan->pool;
    self->v = *v;
    self->plan = plan;
    self->capacity = capacity > plan->pool ? capacity : plan->pool;
    FAISS_TRY (faiss_alloc (&self->nodes, self->capacity + 1, sizeof *self->nodes));
    FAISS_TRY (faiss_visited_init (&self->visited, plan->graph.n));
    FAISS_TRY (faiss_alloc (&self->fresh, room, sizeof *self->fresh));
    FAISS_TRY (faiss_alloc (&self->positions, room, sizeof *self->positions));
    FAISS_TRY (faiss_alloc (&self->keys, room, sizeof *self->keys));
    return faiss_alloc_aligned (&self->components, faiss_filter_query_size (v->d),
                                sizeof *self->components);
}

void faiss_pool_finder_free (FaissPoolFinder *self) {
    free (self->nodes);
    faiss_visited_free (&self->visited);
    free (self->fresh);
    free (self->positions);
    free (self->keys);
    free (self->components);
    *self = (FaissPoolFinder){0};
}

/* False if the key is there already, or is infinite. */
static bool keep (FaissPoolFinder *self, float key, uint32_t id, size_t *next) {
    if (self->size == self->capacity) {
        float last = self->nodes[self->size - 1].key;
        if (!(key < last)) {
            return key != last;
        }
        self->size--;
    }
    size_t at = faiss_pool_place (self->nodes, self->size, key);
    bool is_new = key < HUGE_VALF && !(at > 0 && self->nodes[at - 1].key == key);
    memmove (self->nodes + at + 1, self->nodes + at, (self->size - at) * sizeof *self->nodes);
    self->nodes[at] = (FaissGraphNode){key, (int32_t)id};
    self->size++;
    *next = at < *next ? at : *next;
    return is_new;
}

/* The keys of those of n fresh nodes that may be near enough; returns how many. */
static size_t compare (FaissPoolFinder *self, const float *x, size_t n) {
    const FaissFlatVectors *v = &self->v;
    size_t stride = faiss_filter_stride (v->d), n_rows = n;
    if (self->is_filtering && self->size == self->capacity) {
        for (size_t j = 0; j < n; j++) {
            faiss_prefetch (v->codes.rows + self->fresh[j] * stride, stride);
        }
        /* one that is as near as the last is wanted too */
        float worst = nextafterf (self->nodes[self->size - 1].key, HUGE_VALF);
        float bound =
            faiss_filter_bound (&self->filter, v->is_similarity, v->is_similarity ? -worst : worst);
        n_rows = v->find (&self->filter, v->codes.rows, self->fresh, n, bound, self->positions);
    } else {
        for (size_t j = 0; j < n; j++) {
            self->positions[j] = (uint32_t)j;
        }
    }
    for (size_t j = 0; j < n_rows; j++) {
        faiss_prefetch (row_of (v, self->fresh[self->positions[j]]), v->d * sizeof (float));
    }
    keys_at (v, x, self->fresh, self->positions, n_rows, self->keys);
    return n_rows;
}

/* Compare and keep. */
static bool meet (FaissPoolFinder *self, const float *x, size_t n, size_t *next) {
    bool is_clear = true;
    size_t n_rows = compare (self, x, n);
    for (size_t j = 0; j < n_rows; j++) {
        is_clear &= keep (self, self->keys[j], self->fresh[self->positions[j]], next);
    }
    return is_clear;
}

bool faiss_pool_finder_find (FaissPoolFinder *self, const float *x) {
    const FaissPoolPlan *plan = self->plan;
    const FaissFlatVectors *v = &self->v;
    size_t next = 0, pool = plan->pool;
    self->is_filtering =
        v->codes.n_rows > 0 &&
        faiss_filter_query_init (&self->filter, v->is_similarity, v->d, x, self->components);
    faiss_visited_clear (&self->visited);
    self->size = 0;
    for (size_t j = 0; j < pool; j++) {
        self->fresh[j] = (uint32_t)plan->init[j];
        faiss_visited_set (&self->visited, plan->init[j]);
    }
    bool is_clear = meet (self, x, pool, &next);
    while (is_clear) {
        size_t n = 0;
        while (next < pool && faiss_pool_is_taken (self->nodes[next])) {
            next++;
        }
        if (next == pool) {
            break;
        }
        const int32_t *links = faiss_fixed_links (&plan->graph, self->nodes[next].id);
        self->nodes[next].id |= (int32_t)FAISS_POOL_TAKEN;
        for (size_t j = 0; j < plan->graph.degree; j++) {
            if (links[j] >= 0) {
                self->fresh[n] = (uint32_t)links[j];
                n += faiss_visited_set (&self->visited, links[j]);
            }
        }
        is_clear = meet (self, x, n, &next);
        int n_fetched = 0;
        for (size_t at = next; at < pool && n_fetched < LISTS_AHEAD; at++) {
            if (!faiss_pool_is_taken (self->nodes[at])) {
                faiss_prefetch (faiss_fixed_links (&plan->graph, self->nodes[at].id),
                                plan->graph.degree * sizeof (int32_t));
                n_fetched++;
            }
        }
    }
    for (size_t j = 0; j < self->size; j++) {
        self->nodes[j].id &= (int32_t)~FAISS_POOL_TAKEN;
    }
    return is_clear;
}
