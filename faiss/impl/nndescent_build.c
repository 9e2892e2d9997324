/* Finding the neighbours of all vectors by descent.
 *
 * The graph is what faiss 1.15.1 finds with one thread, whatever the number of threads here: rows
 * are taken in blocks, whose pairs of vectors are compared in parallel; then each vector's pool
 * gets what it was offered, in the order of rows, from one thread. While a block is compared, pools
 * stay as they are, so that more is offered than will be kept, never less.
 */
#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/graph_sort.h>
#include <faiss/impl/nndescent_internal.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pool_flat.h>
#include <faiss/impl/random_internal.h>

enum {
    FEW = 100,    /* so many vectors are compared with all others */
    CHUNK = 8,    /* rows that a thread takes at once */
    N_CHUNKS = 32 /* that are compared before pools change */
};

#define NEW 0x80000000u /* set in the id of a neighbour whose neighbours were not compared yet */

/* A neighbour for a vector's pool. */
typedef struct Offer {
    int32_t target;
    FaissGraphNode node;
} Offer;

typedef struct Offers {
    Offer *data;
    size_t size, capacity;
} Offers;

typedef struct Worker {
    FaissGraphVectors vectors;
    int32_t *list; /* neighbours of one vector: new ones, then old ones */
    int32_t *others;
    float *keys;
} Worker;

typedef struct Build {
    const FaissNNDescent *self;
    const FaissIndex *storage; /* NULL: distances are the caller's, and one thread works */
    size_t n, S, R, L;
    size_t capacity; /* of pools */
    size_t width;    /* of forward lists */
    FaissFlatVectors flat;
    bool is_flat;
    FaissGraphNode *pools; /* size n * capacity; heaps, the farthest neighbour on top */
    uint32_t *sizes;       /* of pools */
    float *worst;          /* keys on top of pools */
    uint32_t *n_used;      /* neighbours of a pool that take part in the next iteration */
    int32_t *forward;      /* size n * width: new ones, then old ones */
    uint32_t *n_new, *n_old;
    int32_t *back_new, *back_old; /* size n * R: vectors that have it as a neighbour */
    uint32_t *n_back_new, *n_back_old;
    Offers offers[N_CHUNKS];
    Worker *workers;
    int n_threads;
} Build;

/* ---- scratch --------------------------------------------------------------------------------- */

static FaissStatus open_worker (const Build *b, Worker *w) {
    size_t n = b->width + b->R + (b->width + 2 * b->R);
    if (b->storage) {
        FAISS_TRY (faiss_graph_vectors_open (&w->vectors, b->storage));
    }
    FAISS_TRY (faiss_alloc (&w->list, n, sizeof *w->list));
    FAISS_TRY (faiss_alloc (&w->others, n, sizeof *w->others));
    return faiss_alloc (&w->keys, n, sizeof *w->keys);
}

static FaissStatus open_build (Build *b) {
    size_t n = b->n;
    b->n_threads = b->storage ? faiss_threads_for ((int64_t)n) : 1;
    b->is_flat = b->storage && faiss_flat_vectors_open (&b->flat, b->storage);
    FAISS_TRY (faiss_alloc (&b->pools, n * b->capacity, sizeof *b->pools));
    FAISS_TRY (faiss_alloc_zeroed (&b->sizes, n, sizeof *b->sizes));
    FAISS_TRY (faiss_alloc_zeroed (&b->worst, n, sizeof *b->worst));
    FAISS_TRY (faiss_alloc (&b->n_used, n, sizeof *b->n_used));
    FAISS_TRY (faiss_alloc (&b->forward, n * b->width, sizeof *b->forward));
    FAISS_TRY (faiss_alloc_zeroed (&b->n_new, n, sizeof *b->n_new));
    FAISS_TRY (faiss_alloc_zeroed (&b->n_old, n, sizeof *b->n_old));
    FAISS_TRY (faiss_alloc (&b->back_new, n * b->R, sizeof *b->back_new));
    FAISS_TRY (faiss_alloc (&b->back_old, n * b->R, sizeof *b->back_old));
    FAISS_TRY (faiss_alloc_zeroed (&b->n_back_new, n, sizeof *b->n_back_new));
    FAISS_TRY (faiss_alloc_zeroed (&b->n_back_old, n, sizeof *b->n_back_old));
    FAISS_TRY (faiss_alloc_zeroed (&b->workers, (size_t)b->n_threads, sizeof *b->workers));
    for (int t = 0; t < b->n_threads; t++) {
        FAISS_TRY (open_worker (b, &b->workers[t]));
    }
    return FAISS_OK;
}

static void free_build (Build *b) {
    for (int t = 0; t < b->n_threads && b->workers; t++) {
        Worker *w = &b->workers[t];
        if (b->storage) {
            faiss_graph_vectors_close (&w->vectors);
        }
        free (w->list);
        free (w->others);
        free (w->keys);
    }
    for (size_t i = 0; i < N_CHUNKS; i++) {
        free (b->offers[i].data);
    }
    free (b->workers);
    free (b->pools);
    free (b->sizes);
    free (b->worst);
    free (b->n_used);
    free (b->forward);
    free (b->n_new);
    free (b->n_old);
    free (b->back_new);
    free (b->back_old);
    free (b->n_back_new);
    free (b->n_back_old);
}

static inline FaissGraphNode *pool_of (const Build *b, size_t i) {
    return b->pools + i * b->capacity;
}

/* ---- distances ------------------------------------------------------------------------------- */

static inline const float *row_of (const Build *b, int32_t i) {
    return b->flat.rows + (size_t)i * b->flat.d;
}

/* Of a vector to n others, in w->keys. */
static void compare (const Build *b, Worker *w, int32_t id, const int32_t *others, size_t n) {
    float *keys = w->keys;
    size_t j = 0;
    if (b->is_flat) {
        const float *x = row_of (b, id);
        for (; j + 4 <= n; j += 4) {
            b->flat.distance_4 (x, row_of (b, others[j]), row_of (b, others[j + 1]),
                                row_of (b, others[j + 2]), row_of (b, others[j + 3]), b->flat.d,
                                keys + j);
        }
        for (; j < n; j++) {
            keys[j] = b->flat.distance (x, row_of (b, others[j]), b->flat.d);
        }
    } else {
        for (; j < n; j++) {
            keys[j] = w->vectors.dc->symmetric_dis (w->vectors.dc, id, others[j]);
        }
    }
    for (j = 0; j < n; j++) {
        keys[j] = w->vectors.is_similarity ? -keys[j] : keys[j];
        keys[j] = keys[j] == keys[j] ? keys[j] : HUGE_VALF;
    }
}

/* ---- the beginning --------------------------------------------------------------------------- */

/* Loops over all vectors may end. */
static FaissStatus check_every_so_often (size_t i) {
    enum { VECTORS = 1024 };
    return i % VECTORS == VECTORS - 1 ? faiss_check_interrupt () : FAISS_OK;
}

/* Random neighbours: in the forward lists those to compare, in the pools others. */
static FaissStatus draw_neighbours (Build *b) {
    FaissRandomGenerator rng;
    size_t n_lists = 2 * b->S < b->n ? 2 * b->S : b->n, n_pool = b->S < b->n ? b->S : b->n;
    uint32_t seed = (uint32_t)b->self->random_seed;
    faiss_RandomGenerator_init (&rng, (int64_t)(seed * 6007u));
    for (size_t i = 0; i < b->n; i++) {
        FAISS_TRY (check_every_so_often (i));
        faiss_nndescent_random (&rng, b->forward + i * b->width, n_lists, b->n);
        b->n_new[i] = (uint32_t)n_lists;
    }
    faiss_RandomGenerator_init (&rng, (int64_t)(seed * 7741u));
    for (size_t i = 0; i < b->n; i++) {
        FAISS_TRY (check_every_so_often (i));
        int32_t *ids = b->workers[0].list;
        FaissGraphNode *pool = pool_of (b, i);
        faiss_nndescent_random (&rng, ids, n_pool, b->n);
        for (size_t j = 0; j < n_pool; j++) {
            if (ids[j] != (int32_t)i) {
                pool[b->sizes[i]++].id = ids[j];
            }
        }
    }
    return FAISS_OK;
}

static FaissStatus fill_pool (Build *b, Worker *w, size_t i) {
    FaissGraphNode *pool = pool_of (b, i);
    for (size_t j = 0; j < b->sizes[i]; j++) {
        w->others[j] = pool[j].id;
    }
    compare (b, w, (int32_t)i, w->others, b->sizes[i]);
    for (size_t j = 0; j < b->sizes[i]; j++) {
        pool[j] = (FaissGraphNode){w->keys[j], (int32_t)((uint32_t)pool[j].id | NEW)};
    }
    faiss_graph_heap_make (pool, b->sizes[i]);
    b->worst[i] = b->sizes[i] > 0 ? pool[0].key : HUGE_VALF;
    return w->vectors.dc->status;
}

static FaissStatus fill_pools (Build *b) {
    FaissRegion region = {0};
#pragma omp parallel for num_threads(b->n_threads) schedule(dynamic, 256)
    for (size_t i = 0; i < b->n; i++) {
        if (!faiss_region_stopped (&region)) {
            faiss_region_note (&region, fill_pool (b, &b->workers[faiss_thread_number ()], i));
        }
    }
    return faiss_region_close (&region);
}

/* ---- comparing neighbours -------------------------------------------------------------------- */

static FaissStatus reserve_offers (Offers *offers, size_t more) {
    size_t n = offers->size + more;
    if (n > offers->capacity) {
        size_t capacity = n + n / 2;
        Offer *data = realloc (offers->data, capacity * sizeof *data);
        if (!data) {
            return faiss_fail (FAISS_STD_EXCEPT, "no memory for %zu neighbours", capacity);
        }
        offers->data = data;
        offers->capacity = capacity;
    }
    return FAISS_OK;
}

/* The neighbours of a row, both ways: new ones, then old ones, of which 2 R are enough. */
static size_t list_neighbours (const Build *b, Worker *w, size_t row, size_t *n_new) {
    size_t n = 0, new = b->n_new[row], back = b->n_back_new[row];
    const int32_t *forward = b->forward + row * b->width;
    memcpy (w->list, forward, new * sizeof *w->list);
    memcpy (w->list + new, b->back_new + row * b->R, back * sizeof *w->list);
    *n_new = n = new + back;
    size_t most = 2 * b->R, old = b->n_old[row] < most ? b->n_old[row] : most;
    back = b->n_back_old[row] < most - old ? b->n_back_old[row] : most - old;
    memcpy (w->list + n, forward + new, old * sizeof *w->list);
    memcpy (w->list + n + old, b->back_old + row * b->R, back * sizeof *w->list);
    return n + old + back;
}

/* Each new neighbour of a row with the new ones of larger ids and with all old ones. */
static FaissStatus compare_row (Build *b, Worker *w, size_t row, Offers *offers) {
    size_t n_new = 0, n = list_neighbours (b, w, row, &n_new);
    for (size_t i = 0; i < n_new; i++) {
        int32_t id = w->list[i];
        size_t n_others = 0;
        for (size_t j = 0; j < n; j++) {
            int32_t other = w->list[j];
            w->others[n_others] = other;
            n_others += j < n_new ? id < other : id != other;
        }
        compare (b, w, id, w->others, n_others);
        FAISS_TRY (reserve_offers (offers, 2 * n_others));
        float worst = b->worst[id];
        for (size_t j = 0; j < n_others; j++) {
            float key = w->keys[j];
            int32_t other = w->others[j];
            offers->data[offers->size] = (Offer){id, {key, other}};
            offers->size += key <= worst;
            offers->data[offers->size] = (Offer){other, {key, id}};
            offers->size += key <= b->worst[other];
        }
    }
    return w->vectors.dc->status;
}

static inline bool has (const FaissGraphNode *pool, size_t n, int32_t id) {
    unsigned found = 0;
    for (size_t i = 0; i < n; i++) {
        found |= ((uint32_t)pool[i].id & ~NEW) == (uint32_t)id;
    }
    return found;
}

static void keep (Build *b, int32_t target, FaissGraphNode node) {
    FaissGraphNode *pool = pool_of (b, (size_t)target);
    size_t n = b->sizes[target];
    if (node.key > b->worst[target] || has (pool, n, node.id)) {
        return;
    }
    if (n == b->capacity) {
        faiss_graph_heap_pop (pool, n);
        n--;
    }
    pool[n] = (FaissGraphNode){node.key, (int32_t)((uint32_t)node.id | NEW)};
    faiss_graph_heap_push (pool, n + 1);
    b->sizes[target] = (uint32_t)n + 1;
    b->worst[target] = pool[0].key;
}

static inline size_t share_of (int32_t target, int n_shares) {
    return (((uint32_t)target * 0x9e3779b1u) >> 16) % (uint32_t)n_shares;
}

/* What is offered to the vectors of one of n shares. */
static void keep_offers (Build *b, int share, int n_shares) {
    for (size_t chunk = 0; chunk < N_CHUNKS; chunk++) {
        const Offers *offers = &b->offers[chunk];
        for (size_t j = 0; j < offers->size; j++) {
            if (n_shares == 1 || share_of (offers->data[j].target, n_shares) == (size_t)share) {
                keep (b, offers->data[j].target, offers->data[j].node);
            }
        }
    }
}

static FaissStatus compare_chunk (Build *b, Worker *w, size_t begin, Offers *offers) {
    size_t end = begin + CHUNK < b->n ? begin + CHUNK : b->n;
    offers->size = 0;
    for (size_t row = begin; row < end; row++) {
        FAISS_TRY (compare_row (b, w, row, offers));
    }
    return FAISS_OK;
}

static FaissStatus join (Build *b) {
    FaissRegion region = {0};
    for (size_t begin = 0; begin < b->n; begin += CHUNK * N_CHUNKS) {
#pragma omp parallel num_threads(b->n_threads)
        {
            Worker *w = &b->workers[faiss_thread_number ()];
#pragma omp for schedule(dynamic, 1)
            for (size_t i = 0; i < N_CHUNKS; i++) {
                if (!faiss_region_stopped (&region)) {
                    faiss_region_note (&region,
                                       compare_chunk (b, w, begin + i * CHUNK, &b->offers[i]));
                }
            }
#pragma omp for schedule(static, 1)
            for (int share = 0; share < b->n_threads; share++) {
                if (!faiss_region_failed (&region)) {
                    keep_offers (b, share, b->n_threads);
                }
            }
        }
        FAISS_TRY (faiss_region_close (&region));
    }
    return FAISS_OK;
}

/* ---- who is a neighbour in the next iteration ------------------------------------------------ */

/* Sort the pool; up to the S-th new neighbour, all take part. */
static void sort_pool (Build *b, size_t i) {
    FaissGraphNode *pool = pool_of (b, i);
    size_t n = b->sizes[i], used = 0, n_new = 0;
    faiss_graph_sort (pool, n);
    n = n < b->L ? n : b->L;
    b->sizes[i] = (uint32_t)n;
    size_t most = b->n_used[i] + b->S;
    most = most < n ? most : n;
    while (used < most && n_new < b->S) {
        n_new += ((uint32_t)pool[used++].id & NEW) != 0;
    }
    b->n_used[i] = (uint32_t)used;
    b->worst[i] = n > 0 ? pool[n - 1].key : HUGE_VALF;
    b->n_back_new[i] = b->n_back_old[i] = 0;
}

/* Row i to those it has as neighbours, unless they know it; R are kept, chosen by chance. */
static void link_back (Build *b, FaissRandomGenerator *rng, size_t i) {
    const FaissGraphNode *pool = pool_of (b, i);
    for (size_t j = 0; j < b->n_used[i]; j++) {
        bool is_new = ((uint32_t)pool[j].id & NEW) != 0;
        size_t other = (uint32_t)pool[j].id & ~NEW;
        if (!(pool[j].key > b->worst[other])) {
            continue;
        }
        uint32_t *size = is_new ? &b->n_back_new[other] : &b->n_back_old[other];
        int32_t *list = (is_new ? b->back_new : b->back_old) + other * b->R;
        if (*size < b->R) {
            list[(*size)++] = (int32_t)i;
        } else {
            list[faiss_mt32_next (rng) % b->R] = (int32_t)i;
        }
    }
}

static void link_forward (Build *b, size_t i) {
    FaissGraphNode *pool = pool_of (b, i);
    int32_t *forward = b->forward + i * b->width;
    size_t n_new = 0, n = 0, used = b->n_used[i];
    for (size_t j = 0; j < used; j++) {
        n_new += ((uint32_t)pool[j].id & NEW) != 0;
    }
    b->n_new[i] = (uint32_t)n_new;
    b->n_old[i] = (uint32_t)(used - n_new);
    for (size_t j = 0, old = n_new; j < used; j++) {
        bool is_new = ((uint32_t)pool[j].id & NEW) != 0;
        pool[j].id = (int32_t)((uint32_t)pool[j].id & ~NEW);
        forward[is_new ? n++ : old++] = pool[j].id;
    }
    faiss_graph_heap_make (pool, b->sizes[i]);
}

static FaissStatus update (Build *b) {
    FaissRandomGenerator rng;
    FaissRegion region = {0};
#pragma omp parallel for num_threads(b->n_threads) schedule(dynamic, 256)
    for (size_t i = 0; i < b->n; i++) {
        if (!faiss_region_stopped (&region)) {
            sort_pool (b, i);
        }
    }
    FAISS_TRY (faiss_region_close (&region));
    faiss_RandomGenerator_init (&rng, (int64_t)((uint32_t)b->self->random_seed * 5081u));
    for (size_t i = 0; i < b->n; i++) {
        FAISS_TRY (check_every_so_often (i));
        link_back (b, &rng, i);
    }
#pragma omp parallel for num_threads(b->n_threads) schedule(dynamic, 256)
    for (size_t i = 0; i < b->n; i++) {
        link_forward (b, i);
    }
    return FAISS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* The nearest ones of a sorted pool. */
static void write_links (const Build *b, const FaissGraphNode *pool, size_t n, int32_t *links) {
    size_t K = (size_t)b->self->K;
    for (size_t j = 0; j < K; j++) {
        links[j] = j < n ? (int32_t)((uint32_t)pool[j].id & ~NEW) : -1;
    }
}

static FaissStatus begin (Build *b) {
    FAISS_TRY (draw_neighbours (b));
    FAISS_TRY (fill_pools (b));
    for (size_t i = 0; i < b->n; i++) {
        b->n_used[i] = (uint32_t)b->S;
    }
    return FAISS_OK;
}

static FaissStatus descend (Build *b, bool verbose, int32_t *graph) {
    FAISS_TRY (begin (b));
    for (int iteration = 0; iteration < b->self->iter; iteration++) {
        FAISS_TRY (join (b));
        FAISS_TRY (update (b));
        if (verbose) {
            faiss_say ("NNDescent: iteration %d of %d\n", iteration + 1, b->self->iter);
        }
    }
    for (size_t i = 0; i < b->n; i++) {
        FAISS_TRY (check_every_so_often (i));
        faiss_graph_sort (pool_of (b, i), b->sizes[i]);
        write_links (b, pool_of (b, i), b->sizes[i], graph + i * (size_t)b->self->K);
    }
    return FAISS_OK;
}

/* All pairs. */
static FaissStatus compare_all (Build *b, int32_t *graph) {
    Worker *w = &b->workers[0];
    for (size_t i = 0; i < b->n; i++) {
        size_t n = 0;
        FaissGraphNode nodes[FEW];
        for (size_t j = 0; j < b->n; j++) {
            w->others[n] = (int32_t)j;
            n += j != i;
        }
        compare (b, w, (int32_t)i, w->others, n);
        for (size_t j = 0; j < n; j++) {
            nodes[j] = (FaissGraphNode){w->keys[j], w->others[j]};
        }
        faiss_graph_sort (nodes, n);
        write_links (b, nodes, n, graph + i * (size_t)b->self->K);
    }
    return w->vectors.dc->status;
}

/* upstream's pools grow to a power of two */
static Build sizes_of (const FaissNNDescent *self, size_t n) {
    Build b = {.self = self,
               .n = n,
               .S = (size_t)self->S,
               .R = (size_t)self->R,
               .L = (size_t)self->L,
               .capacity = 1};
    while (b.capacity < b.S) {
        b.capacity *= 2;
    }
    b.capacity = b.capacity > b.L ? b.capacity : b.L;
    b.width = b.capacity > 2 * b.S ? b.capacity : 2 * b.S;
    b.width = b.n <= FEW && b.width < FEW ? FEW : b.width;
    return b;
}

FaissStatus faiss_nndescent_build (const FaissNNDescent *self, const FaissIndex *storage,
                                   bool verbose, int32_t *graph) {
    Build b = sizes_of (self, (size_t)storage->ntotal);
    b.storage = storage;
    FaissStatus status = open_build (&b);
    if (status == FAISS_OK) {
        status = b.n <= FEW ? compare_all (&b, graph) : descend (&b, verbose, graph);
    }
    free_build (&b);
    return status;
}

/* ---- single steps ---------------------------------------------------------------------------- */

struct FaissNNDescentSteps {
    Build b;
};

void faiss_nndescent_steps_free (FaissNNDescentSteps *steps) {
    if (steps) {
        free_build (&steps->b);
        free (steps);
    }
}

static FaissStatus check_computer (const char *function, const FaissDistanceComputer *dc,
                                   size_t n) {
    if (dc->end && *dc->end < (idx_t)n) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected distances to %zu vectors, got %lld",
                              n, (long long)*dc->end);
    }
    return FAISS_OK;
}

/* The graph that the steps work on. */
static FaissStatus steps_of (const char *function, const FaissNNDescent *self, Build **out) {
    if (!self->steps) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "there is no graph of neighbours yet: call init_graph first");
    }
    *out = &self->steps->b;
    (*out)->self = self;
    return FAISS_OK;
}

/* One step by distances of the caller's; it does not keep his computer. */
static FaissStatus do_step (Build *b, FaissDistanceComputer *dc, FaissStatus (*step) (Build *b)) {
    b->workers[0].vectors = (FaissGraphVectors){.dc = dc};
    dc->status = FAISS_OK;
    FaissStatus status = step (b);
    b->workers[0].vectors.dc = NULL;
    return status;
}

FaissStatus faiss_NNDescent_init_graph (FaissNNDescent *self, FaissDistanceComputer *qdis) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (qdis);
    FAISS_REQUIRE (self->ntotal > 0, "expected ntotal > 0, got %d", self->ntotal);
    FAISS_TRY (faiss_NNDescent_check_settings (self));
    FAISS_TRY (check_computer (__func__, qdis, (size_t)self->ntotal));
    FAISS_AUTO_FREE (FaissNNDescentSteps) *steps = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&steps, 1, sizeof *steps));
    steps->b = sizes_of (self, (size_t)self->ntotal);
    FaissStatus status = open_build (&steps->b);
    if (status == FAISS_OK) {
        status = do_step (&steps->b, qdis, begin);
    }
    if (status != FAISS_OK) {
        free_build (&steps->b);
        return status;
    }
    faiss_nndescent_steps_free (self->steps);
    self->steps = FAISS_STEAL (steps);
    return FAISS_OK;
}

FaissStatus faiss_NNDescent_join (FaissNNDescent *self, FaissDistanceComputer *qdis) {
    Build *b = NULL;
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (qdis);
    FAISS_TRY (steps_of (__func__, self, &b));
    FAISS_TRY (check_computer (__func__, qdis, b->n));
    return do_step (b, qdis, join);
}

FaissStatus faiss_NNDescent_update (FaissNNDescent *self) {
    Build *b = NULL;
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (steps_of (__func__, self, &b));
    return update (b);
}

FaissStatus faiss_NNDescent_nndescent (FaissNNDescent *self, FaissDistanceComputer *qdis,
                                       bool verbose) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (qdis);
    for (int iteration = 0; iteration < self->iter; iteration++) {
        FAISS_TRY (faiss_NNDescent_join (self, qdis));
        FAISS_TRY (faiss_NNDescent_update (self));
        if (verbose) {
            faiss_say ("NNDescent: iteration %d of %d\n", iteration + 1, self->iter);
        }
    }
    return FAISS_OK;
}

/* The K nearest of a vector among the first n. */
static FaissStatus find_nearest (FaissDistanceComputer *dc, int32_t id, size_t n, size_t K,
                                 FaissInt32Vector *out) {
    FAISS_AUTO_FREE (FaissGraphNode) *nodes = NULL;
    size_t size = 0;
    FAISS_TRY (faiss_alloc (&nodes, n, sizeof *nodes));
    for (size_t j = 0; j < n; j++) {
        if (j != (size_t)id) {
            nodes[size++] = (FaissGraphNode){dc->symmetric_dis (dc, id, (idx_t)j), (int32_t)j};
        }
    }
    FAISS_TRY (dc->status);
    faiss_graph_sort (nodes, size);
    size = size < K ? size : K;
    FAISS_TRY (faiss_Int32Vector_resize (out, size));
    for (size_t j = 0; j < size; j++) {
        out->data[j] = nodes[j].id;
    }
    return FAISS_OK;
}

FaissStatus faiss_NNDescent_generate_eval_set (const FaissNNDescent *self,
                                               FaissDistanceComputer *qdis,
                                               const FaissInt32Vector *c, FaissInt32VectorVector *v,
                                               int N) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (qdis);
    FAISS_REQUIRE_ARG (c);
    FAISS_REQUIRE_ARG (v);
    FAISS_REQUIRE (N >= 0, "expected N >= 0, got %d", N);
    FAISS_TRY (check_computer (__func__, qdis, (size_t)N));
    for (size_t i = 0; i < c->size; i++) {
        FAISS_REQUIRE (c->data[i] >= 0 && c->data[i] < N, "expected vectors of 0 .. %d, got %d",
                       N - 1, c->data[i]);
    }
    FAISS_TRY (faiss_Int32VectorVector_resize (v, c->size));
    qdis->status = FAISS_OK;
    for (size_t i = 0; i < c->size; i++) {
        FAISS_TRY (find_nearest (qdis, c->data[i], (size_t)N, (size_t)self->K, &v->data[i]));
        FAISS_TRY (faiss_check_interrupt ());
    }
    return FAISS_OK;
}

FaissStatus faiss_NNDescent_eval_recall (const FaissNNDescent *self,
                                         const FaissInt32Vector *ctrl_points,
                                         const FaissInt32VectorVector *acc_eval_set, float *out) {
    Build *b = NULL;
    float sum = 0;
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (ctrl_points);
    FAISS_REQUIRE_ARG (acc_eval_set);
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (steps_of (__func__, self, &b));
    FAISS_REQUIRE (ctrl_points->size == acc_eval_set->size,
                   "expected neighbours of %zu vectors, "
                   "got %zu",
                   ctrl_points->size, acc_eval_set->size);
    for (size_t i = 0; i < ctrl_points->size; i++) {
        int32_t id = ctrl_points->data[i];
        const FaissInt32Vector *truth = &acc_eval_set->data[i];
        FAISS_REQUIRE (id >= 0 && (size_t)id < b->n, "expected vectors of 0 .. %zu, got %d",
                       b->n - 1, id);
        size_t n = 0;
        for (size_t j = 0; j < truth->size; j++) {
            n += has (pool_of (b, (size_t)id), b->sizes[id], truth->data[j]);
        }
        sum += truth->size > 0 ? (float)n / (float)truth->size : 0;
    }
    *out = ctrl_points->size > 0 ? sum / (float)ctrl_points->size : 0;
    return FAISS_OK;
}

FaissStatus faiss_NNDescent_build_by (FaissNNDescent *self, FaissDistanceComputer *qdis, int n,
                                      bool verbose) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (qdis);
    FAISS_REQUIRE (n > 0 && n < INT32_MAX, "expected n > 0, got %d", n);
    FAISS_TRY (faiss_NNDescent_check_settings (self));
    FAISS_TRY (check_computer (__func__, qdis, (size_t)n));
    FAISS_AUTO (Int32Vector) graph = {0};
    FAISS_TRY (faiss_Int32Vector_resize (&graph, (size_t)n * (size_t)self->K));
    Build b = sizes_of (self, (size_t)n);
    FaissStatus status = open_build (&b);
    if (status == FAISS_OK) {
        b.workers[0].vectors = (FaissGraphVectors){.dc = qdis};
        qdis->status = FAISS_OK;
        status = b.n <= FEW ? compare_all (&b, graph.data) : descend (&b, verbose, graph.data);
    }
    free_build (&b);
    FAISS_TRY (status);
    faiss_Int32Vector_swap (&self->final_graph, &graph);
    faiss_nndescent_steps_free (self->steps);
    self->steps = NULL;
    self->ntotal = n;
    self->has_built = true;
    return FAISS_OK;
}
