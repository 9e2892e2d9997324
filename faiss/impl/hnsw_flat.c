/* Searches of graphs over plain vectors by inner product or L2: the fast way.
 *
 * Results are those of faiss_hnsw_search, to the bit. What is different is how memory is read,
 * because that takes the time:
 *
 * - Candidates are kept in one sorted array. Where two of them are equally near, what comes first
 * is a matter of upstream's heap: all that happened is logged, and when it matters, the heap is
 * made from the log.
 * - Before the floats of a row are read, its filter code (see FilterCodes.h) says whether it can be
 *   among the candidates at all.
 * - A thread searches two queries in turns. What one will read next is fetched while it is the turn
 *   of the other.
 * - All queries descend to level 0 first. Those that end at the same place are searched one after
 *   the other, so that rows are still in the cache.
 */
#include <faiss/impl/hnsw_flat.h>

#include <math.h>
#include <string.h>

#include <faiss/IndexFlatPanorama.h>
#include <faiss/impl/FilterCodes.h>
#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_candidates.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>

enum {
    IN_FLIGHT = 2,        /* queries that a thread searches in turns */
    LISTS_AHEAD = 3,      /* candidates whose links are fetched before they are next */
    QUERIES_AT_ONCE = 32, /* that a thread takes from the order */
    MAX_BATCH = 16384     /* queries that are put in order */
};

/* ---- vectors --------------------------------------------------------------------------------- */

bool faiss_flat_vectors_open (FaissFlatVectors *self, const FaissIndex *storage) {
    const FaissIndexFlat *flat = faiss_object_cast (storage, &faiss_IndexFlat_class.index.head);
    if (!flat || faiss_object_cast (storage, &faiss_IndexFlatPanorama_class.index.head) ||
        (flat->index.metric_type != METRIC_L2 && flat->index.metric_type != METRIC_INNER_PRODUCT)) {
        return false;
    }
    const FaissIndexFlatL2 *with_norms =
        faiss_object_cast (storage, &faiss_IndexFlatL2_class.index.head);
    if (with_norms && with_norms->cached_l2norms.size > 0) {
        return false;
    }
    bool is_similarity = flat->index.metric_type == METRIC_INNER_PRODUCT;
    *self = (FaissFlatVectors){
        .d = (size_t)storage->d,
        .n = (size_t)storage->ntotal,
        .is_similarity = is_similarity,
        .rows = (const float *)(const void *)flat->flat_codes.codes.data,
        .distance = is_similarity ? faiss_kernels.fvec_inner_product : faiss_kernels.fvec_L2sqr,
        .distance_4 = is_similarity ? faiss_kernels.fvec_inner_product_batch_4
                                    : faiss_kernels.fvec_L2sqr_batch_4,
        .find = is_similarity ? faiss_kernels.filter_find_ip : faiss_kernels.filter_find_L2,
    };
    return true;
}

static inline const float *row_of (const FaissFlatVectors *v, uint32_t i) {
    return v->rows + (size_t)i * v->d;
}

static inline void prefetch_bytes (const void *at, size_t size) {
    enum { LINE = 64 };
    const char *line = (const char *)((uintptr_t)at & ~(uintptr_t)(LINE - 1));
    for (const char *end = (const char *)at + size; line < end; line += LINE) {
        __builtin_prefetch (line);
    }
}

static inline float key_of (const FaissFlatVectors *v, float value) {
    return v->is_similarity ? -value : value;
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
    for (j = 0; v->is_similarity && j < n; j++) {
        keys[j] = -keys[j];
    }
}

/* ---- one query ------------------------------------------------------------------------------- */

#define TAKEN 0x80000000u /* set in the id of a candidate that was followed */

typedef enum Phase {
    IDLE,
    LISTING,   /* the links of the next candidate are on their way */
    FILTERING, /* the codes of its unseen links are */
    COMPARING, /* the rows that passed are */
} Phase;

typedef struct Flight {
    Phase phase;
    size_t query;      /* its number */
    int level, lowest; /* above 0: on the way down to the lowest one */
    int32_t nearest, walked_from;
    float key; /* of nearest */
    const float *x;
    const FaissFilterQuery *filter; /* or NULL */
    FaissGraphNode *candidates;     /* nearest first; one place more than capacity */
    size_t size, n_open;
    size_t next; /* all before it are taken */
    uint64_t *seen;
    uint32_t *fresh, *positions; /* unseen links; which of them may be near */
    float *keys;                 /* of the latter */
    size_t n_fresh, n_rows;
    size_t n_steps, n_distances;
    bool has_nan;
    FaissGraphNode *log; /* candidates in the order of insertion; TAKEN where one was taken */
    size_t log_size, log_capacity, log_at; /* log_at: what the heap does not know yet begins here */
    FaissCandidates heap;                  /* made when it is needed */
    float worst_result;                    /* with a selector: key of the k-th member so far */
} Flight;

/* What a thread uses. */
typedef struct Worker {
    Flight flights[IN_FLIGHT];
    FaissGraphScratch literal; /* for queries with NaN; opened when there is one */
    bool has_literal;
    size_t n_tested, n_passed; /* codes */
    FaissHNSWStats stats;
} Worker;

/* Where the search of a query at level 0 begins. */
typedef struct Start {
    int32_t node;
    float key;
} Start;

typedef struct Batch {
    const FaissHNSW *hnsw;
    const FaissIndex *storage;
    FaissFlatVectors v;
    const FaissHNSWSettings *settings;
    size_t n, k, capacity, n_seen_words;
    const float *x;
    float *distances;
    idx_t *labels;
    FaissFilterQuery *filters; /* of each query, with step 0 where it cannot be used; or NULL */
    int16_t *components;       /* of the filters */
    Start *starts;
    int32_t *paths; /* the nearest node of each level, the highest first; n * max_level */
    uint32_t *order;
} Batch;

/* Position of a key among the candidates: behind those that are less. */
static inline size_t place_of (const FaissGraphNode *candidates, size_t n, float key) {
    const FaissGraphNode *at = candidates;
    while (n > 1) {
        size_t half = n / 2;
        at += at[half - 1].key < key ? half : 0;
        n -= half;
    }
    return (size_t)(at - candidates) + (n == 1 && at->key < key);
}

static FaissStatus reserve_log (Flight *f, size_t more) {
    size_t n = f->log_size + more;
    if (n > f->log_capacity) {
        size_t capacity = n + n / 2 + 256;
        FaissGraphNode *log = realloc (f->log, capacity * sizeof *log);
        if (!log) {
            return faiss_fail (FAISS_STD_EXCEPT, "no memory for %zu candidates", capacity);
        }
        f->log = log;
        f->log_capacity = capacity;
    }
    return FAISS_OK;
}

/* The heap as it would be by now. */
static FaissStatus update_heap (const Batch *b, Flight *f) {
    FaissCandidates *heap = &f->heap;
    if (!heap->keys) {
        FAISS_TRY (faiss_alloc (&heap->keys, b->capacity, sizeof *heap->keys));
        FAISS_TRY (faiss_alloc (&heap->ids, b->capacity, sizeof *heap->ids));
        heap->capacity = b->capacity;
        heap->is_similarity = b->v.is_similarity;
    }
    if (f->log_at == 0) {
        heap->size = heap->n_open = 0;
    }
    for (; f->log_at < f->log_size; f->log_at++) {
        FaissGraphNode event = f->log[f->log_at];
        if ((uint32_t)event.id & TAKEN) {
            faiss_candidates_take_id (heap, (int32_t)((uint32_t)event.id & ~TAKEN));
        } else {
            faiss_candidates_add (heap, event.key, event.id);
        }
    }
    return FAISS_OK;
}

static void remove_candidate (Flight *f, size_t at) {
    f->n_open -= !((uint32_t)f->candidates[at].id & TAKEN);
    f->size--;
    memmove (f->candidates + at, f->candidates + at + 1, (f->size - at) * sizeof *f->candidates);
    f->next = at < f->next ? f->next - 1 : f->next;
}

/* Several candidates are the farthest: remove the one on top of the heap. */
static FaissStatus remove_one_of_the_farthest (const Batch *b, Flight *f) {
    FAISS_TRY (update_heap (b, f));
    int32_t id = f->heap.ids[0];
    size_t at = f->size - 1;
    while (id == FAISS_CANDIDATE_TAKEN ? !((uint32_t)f->candidates[at].id & TAKEN)
                                       : f->candidates[at].id != id) {
        at--;
    }
    remove_candidate (f, at);
    return FAISS_OK;
}

/* Room in the log must have been reserved. */
static inline FaissStatus insert (const Batch *b, Flight *f, float key, uint32_t id) {
    if (key != key) {
        f->has_nan = true;
        return FAISS_OK;
    }
    if (f->size == b->capacity) {
        const FaissGraphNode *last = &f->candidates[f->size - 1];
        if (!(key < last->key)) {
            return FAISS_OK;
        }
        if (f->size > 1 && last[-1].key == last->key) {
            FAISS_TRY (remove_one_of_the_farthest (b, f));
        } else {
            remove_candidate (f, f->size - 1);
        }
    }
    size_t at = place_of (f->candidates, f->size, key);
    memmove (f->candidates + at + 1, f->candidates + at, (f->size - at) * sizeof *f->candidates);
    f->candidates[at] = f->log[f->log_size++] = (FaissGraphNode){key, (int32_t)id};
    f->size++;
    f->n_open++;
    f->next = at < f->next ? at : f->next;
    return FAISS_OK;
}

static inline bool see (Flight *f, uint32_t node) {
    uint64_t bit = (uint64_t)1 << (node & 63), *word = &f->seen[node >> 6];
    bool is_new = !(*word & bit);
    *word |= bit;
    return is_new;
}

static inline bool is_member (const Batch *b, uint32_t id) {
    return b->settings->sel->cls->is_member (b->settings->sel, id);
}

/* With a selector results are members only, in a heap of their own. */
static void offer_member (const Batch *b, Flight *f, float key, uint32_t id) {
    if (b->settings->sel && is_member (b, id)) {
        float *distances = b->distances + f->query * b->k;
        faiss_heap_offer (b->v.is_similarity, b->k, distances, b->labels + f->query * b->k,
                          key_of (&b->v, key), id);
        f->worst_result = key_of (&b->v, distances[0]);
    }
}

static void fetch_links (const Batch *b, int32_t node, int level) {
    prefetch_bytes (faiss_hnsw_links (b->hnsw, node, level),
                    (size_t)faiss_hnsw_room (b->hnsw, level) * sizeof (int32_t));
}

static void begin_query (const Batch *b, Flight *f, size_t query) {
    f->phase = LISTING;
    f->query = query;
    f->x = b->x + query * b->v.d;
    f->filter = b->filters && b->filters[query].step > 0 ? &b->filters[query] : NULL;
    f->n_steps = f->n_distances = 0;
}

static void prepare_filter (const Batch *b, size_t query) {
    size_t size = faiss_filter_query_size (b->v.d);
    if (b->filters &&
        !faiss_filter_query_init (&b->filters[query], b->v.is_similarity, b->v.d,
                                  b->x + query * b->v.d, b->components + query * size)) {
        b->filters[query].step = 0;
    }
}

/* On the way down from the entry point, to level 1 or 0; or from level 1 to 0. */
static void begin_descent (const Batch *b, Flight *f, size_t query, int level, int lowest) {
    if (level == b->hnsw->max_level) {
        uint32_t entry = (uint32_t)b->hnsw->entry_point;
        float value = b->v.distance (b->x + query * b->v.d, row_of (&b->v, entry), b->v.d);
        prepare_filter (b, query);
        b->starts[query] = (Start){b->hnsw->entry_point, key_of (&b->v, value)};
    }
    begin_query (b, f, query);
    f->level = level;
    f->lowest = lowest;
    f->nearest = f->walked_from = b->starts[query].node;
    f->key = b->starts[query].key;
    fetch_links (b, f->nearest, f->level);
}

/* At level 0, from where the descent has ended. */
static FaissStatus begin (const Batch *b, Flight *f, size_t query) {
    Start start = b->starts[query];
    begin_query (b, f, query);
    f->level = 0;
    f->size = f->next = f->n_open = 0;
    f->has_nan = false;
    f->log_size = f->log_at = 0;
    f->worst_result = HUGE_VALF;
    memset (f->seen, 0, b->n_seen_words * sizeof *f->seen);
    see (f, (uint32_t)start.node);
    if (b->settings->sel) {
        faiss_heap_heapify (b->v.is_similarity, b->k, b->distances + query * b->k,
                            b->labels + query * b->k);
    }
    FAISS_TRY (reserve_log (f, 1));
    FAISS_TRY (insert (b, f, start.key, (uint32_t)start.node));
    offer_member (b, f, start.key, (uint32_t)start.node);
    fetch_links (b, start.node, 0);
    return FAISS_OK;
}

static bool is_taken (const Flight *f, size_t at) {
    return (uint32_t)f->candidates[at].id & TAKEN;
}

/* Is another one that is not taken as near as the one at `at`? It can only be behind that. */
static bool has_rival (const Flight *f, size_t at) {
    for (size_t i = at + 1; i < f->size && f->candidates[i].key == f->candidates[at].key; i++) {
        if (!is_taken (f, i)) {
            return true;
        }
    }
    return false;
}

/* The next candidate to follow; *is_over: there is none, or it is too far. Room in the log must
 * have been reserved. */
static FaissStatus take_next (const Batch *b, Flight *f, uint32_t *node, bool *is_over) {
    size_t ef = (size_t)b->settings->efSearch;
    while (f->next < f->size && is_taken (f, f->next)) {
        f->next++;
    }
    size_t at = f->next, n_nearer = at;
    *is_over = at == f->size || (!b->settings->check_relative_distance && f->n_steps > ef);
    if (*is_over) {
        return FAISS_OK;
    }
    if (has_rival (f, at)) {
        float key;
        FAISS_TRY (update_heap (b, f));
        int32_t id = faiss_candidates_take (&f->heap, &key);
        while (f->candidates[at].id != id) {
            at++;
        }
        f->log_at++; /* the heap knows what is logged below */
    }
    *node = (uint32_t)f->candidates[at].id;
    f->candidates[at].id = (int32_t)(*node | TAKEN);
    f->log[f->log_size++] = f->candidates[at];
    f->n_open--;
    while (n_nearer > 0 && f->candidates[n_nearer - 1].key == f->candidates[at].key) {
        n_nearer--;
    }
    *is_over = b->settings->check_relative_distance && n_nearer >= ef;
    return FAISS_OK;
}

/* The links of a node that are new; on the way down, all of them. */
static void list_links (const Batch *b, Flight *f, uint32_t node) {
    const int32_t *links = faiss_hnsw_links (b->hnsw, (int32_t)node, f->level);
    size_t room = (size_t)faiss_hnsw_room (b->hnsw, f->level), n = 0;
    for (size_t j = 0; j < room && links[j] >= 0; j++) {
        f->fresh[n] = (uint32_t)links[j];
        n += f->level > 0 || see (f, (uint32_t)links[j]);
    }
    f->n_fresh = n;
    f->n_steps++;
    f->n_distances += n;
    if (f->filter) {
        size_t stride = faiss_filter_stride (b->v.d);
        for (size_t j = 0; j < n; j++) {
            prefetch_bytes (b->v.codes.rows + f->fresh[j] * stride, stride);
        }
    }
    f->phase = FILTERING;
}

/* What a row must be nearer than to be of any use. */
static float useful_key (const Batch *b, const Flight *f) {
    if (f->level > 0) {
        return f->key;
    }
    float worst = f->size == b->capacity ? f->candidates[f->size - 1].key : HUGE_VALF;
    return b->settings->sel && f->worst_result > worst ? f->worst_result : worst;
}

static void filter_links (const Batch *b, Worker *w, Flight *f) {
    float worst = useful_key (b, f);
    if (f->filter && worst < HUGE_VALF) {
        float bound = faiss_filter_bound (f->filter, b->v.is_similarity, key_of (&b->v, worst));
        f->n_rows =
            b->v.find (f->filter, b->v.codes.rows, f->fresh, f->n_fresh, bound, f->positions);
        w->n_tested += f->n_fresh;
        w->n_passed += f->n_rows;
    } else {
        f->n_rows = f->n_fresh;
        for (size_t j = 0; j < f->n_fresh; j++) {
            f->positions[j] = (uint32_t)j;
        }
    }
    for (size_t j = 0; j < f->n_rows; j++) {
        prefetch_bytes (row_of (&b->v, f->fresh[f->positions[j]]), b->v.d * sizeof (float));
    }
    f->phase = COMPARING;
}

static FaissStatus compare_links (const Batch *b, Flight *f) {
    FAISS_TRY (reserve_log (f, f->n_rows));
    keys_at (&b->v, f->x, f->fresh, f->positions, f->n_rows, f->keys);
    for (size_t j = 0; j < f->n_rows; j++) {
        uint32_t id = f->fresh[f->positions[j]];
        __builtin_prefetch (&b->hnsw->offsets.data[id]);
        offer_member (b, f, f->keys[j], id);
        FAISS_TRY (insert (b, f, f->keys[j], id));
    }
    f->phase = LISTING;
    while (f->next < f->size && is_taken (f, f->next)) {
        f->next++;
    }
    /* the one that is next now, and those that may be */
    int n_fetched = 0;
    for (size_t at = f->next; at < f->size && n_fetched < LISTS_AHEAD; at++) {
        if (!is_taken (f, at)) {
            fetch_links (b, f->candidates[at].id, 0);
            n_fetched++;
        }
    }
    return FAISS_OK;
}

/* As faiss_hnsw_greedy: one step, or one level down where no link is nearer. */
static void walk (const Batch *b, Worker *w, Flight *f) {
    keys_at (&b->v, f->x, f->fresh, f->positions, f->n_rows, f->keys);
    for (size_t j = 0; j < f->n_rows; j++) {
        if (f->keys[j] < f->key) {
            f->key = f->keys[j];
            f->nearest = (int32_t)f->fresh[f->positions[j]];
        }
    }
    f->phase = LISTING;
    if (f->nearest == f->walked_from) {
        size_t length = (size_t)b->hnsw->max_level;
        b->paths[f->query * length + length - (size_t)f->level] = f->nearest;
        f->level--;
    }
    f->walked_from = f->nearest;
    fetch_links (b, f->nearest, f->level);
    if (f->level == f->lowest) {
        b->starts[f->query] = (Start){f->nearest, f->key};
        w->stats.ndis += f->n_distances;
        w->stats.nhops += f->n_steps;
        f->phase = IDLE;
    }
}

/* ---- its results ----------------------------------------------------------------------------- */

/* The way that knows what becomes of NaN. */
static FaissStatus search_literally (const Batch *b, Worker *w, size_t query) {
    FaissGraphScratch *s = &w->literal;
    float *distances = b->distances + query * b->k;
    idx_t *labels = b->labels + query * b->k;
    if (!w->has_literal) {
        w->has_literal = true;
        FAISS_TRY (faiss_graph_scratch_init (s, b->hnsw, b->storage));
    }
    FaissGraphResults results = {
        .is_similarity = b->v.is_similarity, .k = b->k, .distances = distances, .labels = labels};
    faiss_heap_heapify (b->v.is_similarity, b->k, distances, labels);
    FAISS_TRY (faiss_graph_set_query (&s->vectors, b->x + query * b->v.d));
    FAISS_TRY (faiss_hnsw_search_from (b->hnsw, s, b->settings, b->starts[query].node,
                                       b->starts[query].key, &results));
    faiss_heap_reorder (b->v.is_similarity, b->k, distances, labels);
    return FAISS_OK;
}

/* Equal distances among the results, or just behind them: their order is that of a heap. */
static bool has_equal_results (const Batch *b, const Flight *f) {
    for (size_t j = 0; j < b->k && j + 1 < f->size; j++) {
        if (f->candidates[j].key == f->candidates[j + 1].key) {
            return true;
        }
    }
    return false;
}

static void write_results (const Batch *b, const Flight *f) {
    float *distances = b->distances + f->query * b->k;
    idx_t *labels = b->labels + f->query * b->k;
    bool is_similarity = b->v.is_similarity;
    if (!b->settings->sel && !has_equal_results (b, f)) {
        size_t n = f->size < b->k ? f->size : b->k;
        for (size_t j = 0; j < n; j++) {
            distances[j] = key_of (&b->v, f->candidates[j].key);
            labels[j] = (uint32_t)f->candidates[j].id & ~TAKEN;
        }
        faiss_heap_heapify (is_similarity, b->k - n, distances + n, labels + n);
        return;
    }
    if (!b->settings->sel) {
        faiss_heap_heapify (is_similarity, b->k, distances, labels);
        for (size_t i = 0; i < f->log_size; i++) {
            if (!((uint32_t)f->log[i].id & TAKEN)) {
                faiss_heap_offer (is_similarity, b->k, distances, labels,
                                  key_of (&b->v, f->log[i].key), f->log[i].id);
            }
        }
    }
    faiss_heap_reorder (is_similarity, b->k, distances, labels);
}

static FaissStatus finish (const Batch *b, Worker *w, Flight *f) {
    f->phase = IDLE;
    if (f->has_nan) {
        return search_literally (b, w, f->query);
    }
    w->stats.n1++;
    w->stats.n2 += f->n_open == 0;
    w->stats.ndis += f->n_distances;
    w->stats.nhops += f->n_steps;
    write_results (b, f);
    return FAISS_OK;
}

/* One phase of a query. */
static FaissStatus advance (const Batch *b, Worker *w, Flight *f) {
    uint32_t node = (uint32_t)f->nearest;
    bool is_over = false;
    if (f->phase == LISTING) {
        if (f->level == 0) {
            FAISS_TRY (reserve_log (f, 1));
            FAISS_TRY (take_next (b, f, &node, &is_over));
        }
        if (is_over) {
            return finish (b, w, f);
        }
        list_links (b, f, node);
    } else if (f->phase == FILTERING) {
        filter_links (b, w, f);
    } else if (f->level > 0) {
        walk (b, w, f);
    } else {
        return compare_links (b, f);
    }
    return FAISS_OK;
}

/* ---- workers --------------------------------------------------------------------------------- */

static FaissStatus open_flight (const Batch *b, Flight *f) {
    size_t room = 0;
    for (int level = 0; level < faiss_hnsw_n_levels (b->hnsw); level++) {
        size_t of_level = (size_t)faiss_hnsw_room (b->hnsw, level);
        room = of_level > room ? of_level : room;
    }
    FAISS_TRY (faiss_alloc (&f->candidates, b->capacity + 1, sizeof *f->candidates));
    FAISS_TRY (faiss_alloc_aligned (&f->seen, b->n_seen_words, sizeof *f->seen));
    FAISS_TRY (faiss_alloc (&f->fresh, room, sizeof *f->fresh));
    FAISS_TRY (faiss_alloc (&f->positions, room, sizeof *f->positions));
    return faiss_alloc (&f->keys, room, sizeof *f->keys);
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
        free (f->log);
        free (f->heap.keys);
        free (f->heap.ids);
        free (f->seen);
        free (f->fresh);
        free (f->positions);
        free (f->keys);
    }
    faiss_HNSWStats_combine (faiss_get_hnsw_stats (), &w->stats);
    if (w->has_literal) {
        faiss_HNSWStats_combine (faiss_get_hnsw_stats (), &w->literal.stats);
        faiss_graph_scratch_free (&w->literal);
    }
}

/* ---- descents -------------------------------------------------------------------------------- */

/* The queries at begin .. end - 1 of the order go down, from a level to the lowest. */
static void descend (const Batch *b, Worker *w, size_t n_flights, int level, int lowest,
                     size_t begin_at, size_t end) {
    size_t next = begin_at, n_active = 0;
    do {
        n_active = 0;
        for (size_t i = 0; i < n_flights; i++) {
            Flight *f = &w->flights[i];
            if (f->phase != IDLE) {
                (void)advance (b, w, f); /* nothing of it can fail on the way down */
            } else if (next < end) {
                begin_descent (b, f, b->order[next++], level, lowest);
                f->phase = level == lowest ? IDLE : LISTING;
            }
            n_active += f->phase != IDLE;
        }
    } while (n_active > 0 || next < end);
}

/* Queries in the order of their paths. */
static void merge_runs (const Batch *b, size_t n_compared, const uint32_t *from, size_t begin,
                        size_t middle, size_t end, uint32_t *to) {
    size_t length = (size_t)b->hnsw->max_level, left = begin, right = middle;
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

/* ---- all queries ----------------------------------------------------------------------------- */

/* The queries at begin .. end - 1 of the order. */
static FaissStatus search_some (const Batch *b, Worker *w, size_t n_flights, size_t begin_at,
                                size_t end) {
    size_t next = begin_at, n_active = 0;
    do {
        n_active = 0;
        for (size_t i = 0; i < n_flights; i++) {
            Flight *f = &w->flights[i];
            if (f->phase != IDLE) {
                FAISS_TRY (advance (b, w, f));
            } else if (next < end) {
                FAISS_TRY (begin (b, f, b->order[next++]));
            }
            n_active += f->phase != IDLE;
        }
    } while (n_active > 0 || next < end);
    return FAISS_OK;
}

/* One of the steps that all queries go through: down to level 1, down to level 0, level 0. */
static FaissStatus do_step (Batch *b, Worker *w, int step, size_t n_flights, size_t begin_at,
                            size_t end) {
    int max_level = b->hnsw->max_level;
    end = end < b->n ? end : b->n;
    switch (step) {
    case 0:
        descend (b, w, n_flights, max_level, max_level > 1 ? 1 : max_level, begin_at, end);
        return FAISS_OK;
    case 1:
        descend (b, w, n_flights, max_level > 1 ? 1 : max_level, 0, begin_at, end);
        return FAISS_OK;
    default:
        return search_some (b, w, n_flights, begin_at, end);
    }
}

/* Each step takes the queries in the order of the paths that they have taken before. */
static void search_in_order (Batch *b, FaissRegion *region, size_t per_task, size_t *n_tested,
                             size_t *n_passed) {
    enum { LONG_CODES = 512 };
    size_t tested = 0, passed = 0, n_tasks = (b->n + per_task - 1) / per_task;
    bool is_long = faiss_filter_stride (b->v.d) > LONG_CODES; /* reading one takes all there is */
    size_t n_flights = b->n < IN_FLIGHT || is_long ? 1 : IN_FLIGHT;
    size_t length = b->hnsw->max_level > 0 ? (size_t)b->hnsw->max_level : 0;
#pragma omp parallel num_threads(faiss_threads_for((int64_t)n_tasks)) reduction(+ : tested, passed)
    {
        Worker w = {0};
        faiss_region_note (region, open_worker (b, &w, n_flights));
        for (int step = 0; step < 3; step++) {
#pragma omp single
            if (!faiss_region_failed (region) && step > 0) {
                faiss_region_note (region, sort_by_paths (b, step == 1 ? length - 1 : length));
            }
#pragma omp for schedule(dynamic, 1)
            for (size_t task = 0; task < n_tasks; task++) {
                if (!faiss_region_stopped (region)) {
                    faiss_region_note (region, do_step (b, &w, step, n_flights, task * per_task,
                                                        (task + 1) * per_task));
                }
            }
        }
        tested += w.n_tested;
        passed += w.n_passed;
        close_worker (&w);
    }
    *n_tested = tested;
    *n_passed = passed;
}

static FaissStatus alloc_batch (Batch *b) {
    FAISS_TRY (faiss_alloc (&b->starts, b->n, sizeof *b->starts));
    FAISS_TRY (faiss_alloc (&b->paths, b->n * (size_t)b->hnsw->max_level, sizeof *b->paths));
    FAISS_TRY (faiss_alloc (&b->order, b->n, sizeof *b->order));
    for (size_t i = 0; i < b->n; i++) {
        b->order[i] = (uint32_t)i;
    }
    if (b->v.codes.n_rows > 0) {
        FAISS_TRY (faiss_alloc (&b->filters, b->n, sizeof *b->filters));
        FAISS_TRY (faiss_alloc_aligned (&b->components, b->n * faiss_filter_query_size (b->v.d),
                                        sizeof *b->components));
    }
    return FAISS_OK;
}

static FaissStatus search_batch (Batch *b, size_t *n_tested, size_t *n_passed) {
    FaissRegion region = {0};
    size_t per_task = QUERIES_AT_ONCE;
    if (b->n < (size_t)QUERIES_AT_ONCE * 8) { /* few queries: one after the other */
        per_task = b->n / 64 + 1;
    }
    FaissStatus status = alloc_batch (b);
    if (status == FAISS_OK) {
        search_in_order (b, &region, per_task, n_tested, n_passed);
        status = faiss_region_close (&region);
    }
    free (b->filters);
    free (b->components);
    free (b->starts);
    free (b->paths);
    free (b->order);
    return status;
}

FaissStatus faiss_hnsw_search_flat (const FaissHNSW *self, const FaissIndex *storage,
                                    const FaissHNSWSettings *settings, size_t n, const float *x,
                                    size_t k, float *distances, idx_t *labels) {
    bool is_similarity = faiss_is_similarity_metric (storage->metric_type);
    if (self->entry_point < 0 || n == 0) {
        faiss_heap_heapify (is_similarity, n * k, distances, labels);
        return FAISS_OK;
    }
    size_t size = faiss_hnsw_size (self), ef = (size_t)settings->efSearch;
    size_t capacity = ef > k ? ef : k, n_tested = 0, n_passed = 0;
    FaissFlatVectors v;
    faiss_flat_vectors_open (&v, storage);
    const FaissIndexFlatCodes *codes =
        faiss_object_cast (storage, &faiss_IndexFlatCodes_class.index.head);
    FaissDerivedRows *derived =
        (FaissDerivedRows *)(uintptr_t)&codes->derived; /* no part of the value */
    faiss_derived_codes_open_all (derived, v.rows, v.n, v.d, codes->codes.owner == NULL,
                                  n * 1000 > v.n, &v.codes);
    FaissStatus status = FAISS_OK;
    for (size_t begin_at = 0; begin_at < n && status == FAISS_OK; begin_at += MAX_BATCH) {
        size_t tested = 0, passed = 0;
        Batch b = {
            .hnsw = self,
            .storage = storage,
            .v = v,
            .settings = settings,
            .n = n - begin_at < MAX_BATCH ? n - begin_at : MAX_BATCH,
            .k = k,
            .capacity = capacity < size ? capacity : size,
            .n_seen_words = size / 64 + 1,
            .x = x + begin_at * v.d,
            .distances = distances + begin_at * k,
            .labels = labels + begin_at * k,
        };
        status = search_batch (&b, &tested, &passed);
        n_tested += tested;
        n_passed += passed;
    }
    faiss_derived_codes_close (derived, n_tested, n_passed);
    return status;
}

/* ---- for building ---------------------------------------------------------------------------- */

FaissStatus faiss_flat_finder_init (FaissFlatFinder *self, const FaissHNSW *hnsw,
                                    const FaissFlatVectors *v) {
    size_t room = 0;
    for (int level = 0; level < faiss_hnsw_n_levels (hnsw); level++) {
        size_t of_level = (size_t)faiss_hnsw_room (hnsw, level);
        room = of_level > room ? of_level : room;
    }
    self->v = *v;
    self->capacity = (size_t)hnsw->efConstruction;
    FAISS_TRY (faiss_alloc (&self->nodes, self->capacity + 1, sizeof *self->nodes));
    FAISS_TRY (faiss_alloc (&self->fresh, room, sizeof *self->fresh));
    FAISS_TRY (faiss_alloc (&self->positions, room, sizeof *self->positions));
    FAISS_TRY (faiss_alloc (&self->keys, room, sizeof *self->keys));
    return faiss_alloc_aligned (&self->components, faiss_filter_query_size (v->d),
                                sizeof *self->components);
}

void faiss_flat_finder_free (FaissFlatFinder *self) {
    free (self->nodes);
    free (self->fresh);
    free (self->positions);
    free (self->keys);
    free (self->components);
    *self = (FaissFlatFinder){0};
}

void faiss_flat_finder_set_query (FaissFlatFinder *self, const float *x) {
    self->is_filtering =
        self->v.codes.n_rows > 0 && faiss_filter_query_init (&self->filter, self->v.is_similarity,
                                                             self->v.d, x, self->components);
}

/* False if a key is there already, or is NaN. */
static bool keep_nearest (FaissFlatFinder *self, float key, uint32_t id, size_t *next) {
    if (self->size == self->capacity) {
        if (!(key < self->nodes[self->size - 1].key)) {
            return key == key;
        }
        self->size--;
    }
    size_t at = place_of (self->nodes, self->size, key);
    bool is_new = key == key && !(at < self->size && self->nodes[at].key == key);
    memmove (self->nodes + at + 1, self->nodes + at, (self->size - at) * sizeof *self->nodes);
    self->nodes[at] = (FaissGraphNode){key, (int32_t)id};
    self->size++;
    *next = at < *next ? at : *next;
    return is_new;
}

/* The unseen links of a node that may be near enough: self->fresh at self->positions. */
static size_t links_of (FaissFlatFinder *self, const FaissHNSW *hnsw, FaissVisited *visited,
                        uint32_t node, int level) {
    const FaissFlatVectors *v = &self->v;
    const int32_t *links = faiss_hnsw_links (hnsw, (int32_t)node, level);
    size_t room = (size_t)faiss_hnsw_room (hnsw, level), n = 0;
    bool is_full = self->size == self->capacity;
    for (size_t j = 0; j < room && links[j] >= 0; j++) {
        self->fresh[n] = (uint32_t)links[j];
        self->positions[n] = (uint32_t)n;
        n += faiss_visited_set (visited, links[j]);
    }
    if (is_full && self->is_filtering) {
        size_t stride = faiss_filter_stride (v->d);
        for (size_t j = 0; j < n; j++) {
            prefetch_bytes (v->codes.rows + self->fresh[j] * stride, stride);
        }
        float worst = key_of (v, self->nodes[self->size - 1].key);
        float bound = faiss_filter_bound (&self->filter, v->is_similarity, worst);
        n = v->find (&self->filter, v->codes.rows, self->fresh, n, bound, self->positions);
    }
    for (size_t j = 0; j < n; j++) {
        prefetch_bytes (row_of (v, self->fresh[self->positions[j]]), v->d * sizeof (float));
    }
    return n;
}

bool faiss_flat_finder_find (FaissFlatFinder *self, const FaissHNSW *hnsw, FaissVisited *visited,
                             const float *x, int level, FaissGraphNode nearest) {
    size_t next = 0;
    bool is_clear = true;
    faiss_visited_clear (visited);
    faiss_visited_set (visited, nearest.id);
    self->size = 0;
    is_clear &= keep_nearest (self, nearest.key, (uint32_t)nearest.id, &next);
    while (is_clear) {
        while (next < self->size && (uint32_t)self->nodes[next].id & TAKEN) {
            next++;
        }
        if (next == self->size) {
            break;
        }
        uint32_t node = (uint32_t)self->nodes[next].id;
        self->nodes[next++].id = (int32_t)(node | TAKEN);
        size_t n = links_of (self, hnsw, visited, node, level);
        keys_at (&self->v, x, self->fresh, self->positions, n, self->keys);
        for (size_t j = 0; j < n; j++) {
            __builtin_prefetch (&hnsw->offsets.data[self->fresh[self->positions[j]]]);
            is_clear &= keep_nearest (self, self->keys[j], self->fresh[self->positions[j]], &next);
        }
        int n_fetched = 0;
        for (size_t at = next; at < self->size && n_fetched < LISTS_AHEAD; at++) {
            if (!((uint32_t)self->nodes[at].id & TAKEN)) {
                prefetch_bytes (faiss_hnsw_links (hnsw, self->nodes[at].id, level),
                                (size_t)faiss_hnsw_room (hnsw, level) * sizeof (int32_t));
                n_fetched++;
            }
        }
    }
    for (size_t j = 0; j < self->size; j++) {
        self->nodes[j].id = (int32_t)((uint32_t)self->nodes[j].id & ~TAKEN);
    }
    return is_clear;
}
