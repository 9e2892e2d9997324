/* Building the navigating spreading-out graph.
 *
 * The graph is what faiss 1.15.1 builds with one thread, whatever the number of threads here.
 * Looking for the links of a node reads the graph of nearest neighbours only, so nodes are
 * independent. Links back are a matter of order: node after node adds itself to the nodes it is
 * linked to. They are put in by batches of nodes none of which has got a link from another one of
 * the batch; in a batch, all that happens to one target is done by one thread in the order of
 * nodes.
 */
#include <math.h>
#include <string.h>

#include <faiss/IndexFlatCodes.h>
#include <faiss/impl/check.h>
#include <faiss/impl/derived_rows.h>
#include <faiss/impl/graph_sort.h>
#include <faiss/impl/nsg_internal.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pool_flat.h>

enum { NONE = -1 };

/* A link to be added to a target. */
typedef struct LinkBack {
    int32_t target;
    FaissGraphNode node; /* the one that is linked to the target */
} LinkBack;

typedef struct Worker {
    FaissPoolScratch s;
    FaissPoolFinder finder; /* where Build has plain vectors */
    FaissGraphNode *nodes;  /* candidates for the links of a node */
    size_t capacity;
    FaissGraphNode *kept; /* size R */
    float *x;             /* a vector, size d */
} Worker;

typedef struct Build {
    FaissNSG *nsg;
    const FaissIndex *storage;
    size_t n, R, C;
    FaissFlatVectors flat;
    bool is_flat, verbose;
    FaissFixedGraph knn;
    FaissPoolPlan plan;    /* of the search for links */
    FaissGraphNode *links; /* size n * R; NONE behind the last one */
    int32_t enterpoint;
    FaissRandomGenerator rng;
    FaissNSG_Graph_int *final_graph;
    Worker *workers;
    int n_threads;
    LinkBack *batch;
    size_t batch_size;
    uint32_t *last_batch; /* in which a node got a link; size n */
} Build;

/* ---- scratch --------------------------------------------------------------------------------- */

static FaissStatus open_worker (Build *b, Worker *w) {
    FAISS_TRY (faiss_pool_scratch_init (&w->s, &b->plan, b->storage));
    FAISS_TRY (faiss_alloc (&w->kept, b->R, sizeof *w->kept));
    FAISS_TRY (faiss_alloc (&w->x, (size_t)b->storage->d, sizeof *w->x));
    return b->is_flat ? faiss_pool_finder_init (&w->finder, &b->plan, &b->flat, b->C) : FAISS_OK;
}

static FaissStatus open_workers (Build *b) {
    b->n_threads = faiss_threads_for ((int64_t)b->n);
    FAISS_TRY (faiss_alloc_zeroed (&b->workers, (size_t)b->n_threads, sizeof *b->workers));
    for (int t = 0; t < b->n_threads; t++) {
        FAISS_TRY (open_worker (b, &b->workers[t]));
    }
    return FAISS_OK;
}

static void free_build (Build *b) {
    for (int t = 0; t < b->n_threads && b->workers; t++) {
        Worker *w = &b->workers[t];
        faiss_pool_scratch_free (&w->s);
        faiss_pool_finder_free (&w->finder);
        free (w->nodes);
        free (w->kept);
        free (w->x);
    }
    free (b->workers);
    free (b->links);
    free (b->batch);
    free (b->last_batch);
    faiss_pool_plan_free (&b->plan);
    faiss_NSG_Graph_int_free (b->final_graph);
}

static FaissStatus reserve_nodes (Worker *w, size_t n) {
    if (n > w->capacity) {
        free (w->nodes);
        w->nodes = NULL;
        w->capacity = 0;
        FAISS_TRY (faiss_alloc (&w->nodes, n + n / 2, sizeof *w->nodes));
        w->capacity = n + n / 2;
    }
    return FAISS_OK;
}

/* ---- the entry point ------------------------------------------------------------------------- */

/* What is nearest to the mean, as a search from a random node finds it. */
static FaissStatus find_enterpoint (Build *b) {
    enum { VECTORS_PER_CHECK = 1024 };
    size_t d = (size_t)b->storage->d;
    FAISS_AUTO_FREE (float) *mean = NULL;
    FAISS_AUTO_FREE (float) *x = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&mean, d, sizeof *mean));
    FAISS_TRY (faiss_alloc (&x, d, sizeof *x));
    for (size_t i = 0; i < b->n; i++) {
        if (i % VECTORS_PER_CHECK == 0) {
            FAISS_TRY (faiss_check_interrupt ());
        }
        FAISS_TRY (b->storage->cls->reconstruct (b->storage, (idx_t)i, x));
        for (size_t j = 0; j < d; j++) {
            mean[j] += x[j];
        }
    }
    for (size_t j = 0; j < d; j++) {
        mean[j] /= (float)b->n;
    }
    FaissPoolPlan plan = {0};
    FaissPoolScratch s = {0};
    int start = faiss_RandomGenerator_rand_int_max (&b->rng, (int)b->n);
    FAISS_TRY (faiss_pool_plan_from_node (&plan, &b->knn, start, (size_t)b->nsg->L, NULL));
    FaissStatus status = faiss_pool_scratch_init (&s, &plan, b->storage);
    if (status == FAISS_OK) {
        status = faiss_graph_set_query (&s.vectors, mean);
    }
    if (status == FAISS_OK) {
        status = faiss_pool_search (&s, &plan, false);
    }
    if (status == FAISS_OK) {
        b->enterpoint = s.candidates[0].id;
    }
    faiss_pool_scratch_free (&s);
    faiss_pool_plan_free (&plan);
    return status;
}

/* ---- choosing links -------------------------------------------------------------------------- */

static inline const float *row_of (const Build *b, int32_t i) {
    return b->flat.rows + (size_t)i * b->flat.d;
}

static inline float sign_of (const Build *b) {
    return b->flat.is_similarity ? -1.0f : 1.0f;
}

/* Is a node nearer to one of those kept than `key`? */
static bool is_hidden (const Build *b, const Worker *w, size_t n_kept, FaissGraphNode node) {
    const FaissGraphNode *kept = w->kept;
    size_t j = 0;
    if (!b->is_flat) {
        for (; j < n_kept; j++) {
            if (faiss_graph_pair_distance (&w->s.vectors, kept[j].id, node.id) < node.key) {
                return true;
            }
        }
        return false;
    }
    const float *x = row_of (b, node.id);
    float values[4], sign = sign_of (b);
    for (; j + 4 <= n_kept; j += 4) {
        b->flat.distance_4 (x, row_of (b, kept[j].id), row_of (b, kept[j + 1].id),
                            row_of (b, kept[j + 2].id), row_of (b, kept[j + 3].id), b->flat.d,
                            values);
        if ((sign * values[0] < node.key) | (sign * values[1] < node.key) |
            (sign * values[2] < node.key) | (sign * values[3] < node.key)) {
            return true;
        }
    }
    for (; j < n_kept; j++) {
        if (sign * b->flat.distance (x, row_of (b, kept[j].id), b->flat.d) < node.key) {
            return true;
        }
    }
    return false;
}

static bool is_kept (const Worker *w, size_t n_kept, int32_t id) {
    for (size_t j = 0; j < n_kept; j++) {
        if (w->kept[j].id == id) {
            return true;
        }
    }
    return false;
}

/* From the nearest of n nodes on, keep in w->kept what no kept one is nearer to; at most R of the
 * first C. `self` is not kept. */
static size_t choose (const Build *b, Worker *w, const FaissGraphNode *nodes, size_t n, size_t C,
                      int32_t self) {
    size_t n_kept = 0;
    for (size_t i = 0; i < n && n_kept < b->R && (i < C || n_kept == 0); i++) {
        if (nodes[i].id != self && !is_kept (w, n_kept, nodes[i].id) &&
            !is_hidden (b, w, n_kept, nodes[i])) {
            w->kept[n_kept++] = nodes[i];
        }
    }
    return n_kept;
}

/* Those of the nearest neighbours that a search has not met. */
static void append_neighbours (const Build *b, Worker *w, const FaissVisited *visited, int32_t node,
                               size_t *n) {
    const int32_t *neighbours = faiss_fixed_links (&b->knn, node);
    for (size_t j = 0; j < b->knn.degree; j++) {
        int32_t id = neighbours[j];
        if (id < 0 || faiss_visited_get (visited, id)) {
            continue;
        }
        float key = b->is_flat ? sign_of (b) *
                                     b->flat.distance (row_of (b, node), row_of (b, id), b->flat.d)
                               : faiss_graph_pair_distance (&w->s.vectors, node, id);
        w->nodes[(*n)++] = (FaissGraphNode){key == key ? key : HUGE_VALF, id};
    }
}

static bool has_equal (const FaissGraphNode *nodes, size_t n) {
    for (size_t i = 1; i < n; i++) {
        if (nodes[i].key == nodes[i - 1].key) {
            return true;
        }
    }
    return false;
}

/* The candidates in w->nodes, sorted: as many as matter. False: equal ones are among them. */
static bool find_quickly (Build *b, Worker *w, int32_t node, size_t *n) {
    FaissPoolFinder *finder = &w->finder;
    if (!faiss_pool_finder_find (finder, row_of (b, node))) {
        return false;
    }
    *n = finder->size;
    memcpy (w->nodes, finder->nodes, finder->size * sizeof *w->nodes);
    append_neighbours (b, w, &finder->visited, node, n);
    faiss_graph_sort (w->nodes, *n);
    return !has_equal (w->nodes, *n < b->C + 1 ? *n : b->C + 1);
}

/* All of them. */
static FaissStatus find_literally (Build *b, Worker *w, int32_t node, size_t *n) {
    FAISS_TRY (b->storage->cls->reconstruct (b->storage, node, w->x));
    FAISS_TRY (faiss_graph_set_query (&w->s.vectors, w->x));
    FAISS_TRY (faiss_pool_search (&w->s, &b->plan, true));
    FAISS_TRY (reserve_nodes (w, w->s.n_met + b->knn.degree));
    memcpy (w->nodes, w->s.met, w->s.n_met * sizeof *w->nodes);
    *n = w->s.n_met;
    append_neighbours (b, w, &w->s.visited, node, n);
    faiss_graph_sort (w->nodes, *n);
    return w->s.vectors.dc->status;
}

static FaissStatus link_forward (Build *b, Worker *w, int32_t node) {
    FaissGraphNode *links = b->links + (size_t)node * b->R;
    size_t n = 0;
    FAISS_TRY (reserve_nodes (w, w->finder.capacity + b->knn.degree));
    if (!b->is_flat || !find_quickly (b, w, node, &n)) {
        FAISS_TRY (find_literally (b, w, node, &n));
    }
    size_t n_kept = choose (b, w, w->nodes, n, b->C, node);
    for (size_t j = 0; j < b->R; j++) {
        links[j] = j < n_kept ? w->kept[j] : (FaissGraphNode){0, NONE};
    }
    return w->s.vectors.dc->status;
}

static FaissStatus link_all_forward (Build *b) {
    FaissRegion region = {0};
#pragma omp parallel for num_threads(b->n_threads) schedule(dynamic, 32)
    for (size_t i = 0; i < b->n; i++) {
        if (!faiss_region_stopped (&region)) {
            faiss_region_note (&region,
                               link_forward (b, &b->workers[faiss_thread_number ()], (int32_t)i));
        }
    }
    return faiss_region_close (&region);
}

/* ---- links back ------------------------------------------------------------------------------ */

/* Behind the target's links if there is room. Else among all of them it is chosen again; where
 * fewer are chosen than there were, the last ones stay as they are. */
static FaissStatus link_back (Build *b, Worker *w, int32_t target, FaissGraphNode node) {
    FaissGraphNode *links = b->links + (size_t)target * b->R;
    size_t n = 0;
    for (; n < b->R && links[n].id != NONE; n++) {
        if (links[n].id == node.id) {
            return FAISS_OK;
        }
    }
    if (n < b->R) {
        links[n] = node;
        return FAISS_OK;
    }
    FAISS_TRY (reserve_nodes (w, n + 1));
    memcpy (w->nodes, links, n * sizeof *links);
    w->nodes[n++] = node;
    faiss_graph_sort (w->nodes, n);
    size_t n_kept = choose (b, w, w->nodes, n, n, NONE);
    memcpy (links, w->kept, n_kept * sizeof *links);
    return w->s.vectors.dc->status;
}

/* The links back from nodes *next .. to be added: until one has got a link in this batch. */
static void collect_batch (Build *b, size_t *next, uint32_t number) {
    enum { MAX_NODES = 256 };
    b->batch_size = 0;
    for (size_t end = *next + MAX_NODES; *next < b->n && *next < end; (*next)++) {
        size_t node = *next;
        if (b->last_batch[node] == number) {
            return;
        }
        const FaissGraphNode *links = b->links + node * b->R;
        for (size_t j = 0; j < b->R && links[j].id != NONE; j++) {
            b->batch[b->batch_size++] =
                (LinkBack){links[j].id, (FaissGraphNode){links[j].key, (int32_t)node}};
            b->last_batch[links[j].id] = number;
        }
    }
}

/* Those whose targets fall to one of n shares. */
static FaissStatus add_batch (Build *b, Worker *w, int share, int n_shares) {
    for (size_t i = 0; i < b->batch_size; i++) {
        const LinkBack *link = &b->batch[i];
        uint32_t hash = ((uint32_t)link->target * 0x9e3779b1u) >> 16;
        if ((int)(hash % (uint32_t)n_shares) == share) {
            FAISS_TRY (link_back (b, w, link->target, link->node));
        }
    }
    return FAISS_OK;
}

static FaissStatus link_all_back (Build *b) {
    enum { MAX_NODES = 256, FEW = 64 };
    FaissRegion region = {0};
    size_t next = 0;
    uint32_t number = 0;
    bool is_over = false;
    FAISS_TRY (faiss_alloc (&b->batch, MAX_NODES * b->R, sizeof *b->batch));
    FAISS_TRY (faiss_alloc_zeroed (&b->last_batch, b->n, sizeof *b->last_batch));
#pragma omp parallel num_threads(b->n_threads)
    {
        Worker *w = &b->workers[faiss_thread_number ()];
        while (!is_over) {
#pragma omp barrier
#pragma omp master /* which hears of interrupts */
            {
                do { /* small batches are not worth a barrier */
                    number++;
                    collect_batch (b, &next, number);
                    if (b->batch_size < FEW) {
                        faiss_region_note (&region, add_batch (b, w, 0, 1));
                        b->batch_size = 0;
                    }
                } while (b->batch_size == 0 && next < b->n && !faiss_region_stopped (&region));
                is_over = next >= b->n || faiss_region_stopped (&region);
            }
#pragma omp barrier
#pragma omp for schedule(static, 1)
            for (int share = 0; share < b->n_threads; share++) {
                faiss_region_note (&region, add_batch (b, w, share, b->n_threads));
            }
        }
    }
    return faiss_region_close (&region);
}

static FaissStatus make_final_graph (Build *b) {
    FAISS_TRY (faiss_NSG_Graph_int_new (&b->final_graph, (int)b->n, (int)b->R));
    for (size_t i = 0; i < b->n; i++) {
        int *links = b->final_graph->data + i * b->R;
        for (size_t j = 0, n = 0; j < b->R; j++) {
            if (b->links[i * b->R + j].id != NONE) {
                links[n++] = b->links[i * b->R + j].id;
            }
        }
    }
    return FAISS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Plain vectors, with filter codes if there will be many searches. */
static void open_flat (Build *b) {
    enum { MANY = 1000 };
    b->is_flat = faiss_flat_vectors_open (&b->flat, b->storage);
    if (b->is_flat && b->n >= MANY) {
        const FaissIndexFlatCodes *codes =
            faiss_object_cast (b->storage, &faiss_IndexFlatCodes_class.index.head);
        FaissDerivedRows *derived = (FaissDerivedRows *)(uintptr_t)&codes->derived;
        faiss_derived_codes_open_all (derived, b->flat.rows, b->n, b->flat.d,
                                      codes->codes.owner == NULL, true, &b->flat.codes);
    }
}

static FaissStatus build (Build *b) {
    FAISS_TRY (find_enterpoint (b));
    FAISS_TRY (
        faiss_pool_plan_from_node (&b->plan, &b->knn, b->enterpoint, (size_t)b->nsg->L, NULL));
    FAISS_TRY (faiss_alloc (&b->links, b->n * b->R, sizeof *b->links));
    FAISS_TRY (open_workers (b));
    FAISS_TRY (link_all_forward (b));
    FAISS_TRY (link_all_back (b));
    FAISS_TRY (make_final_graph (b));
    FaissNSGTree tree = {.storage = b->storage,
                         .links = b->final_graph->data,
                         .n = b->n,
                         .R = b->R,
                         .root = b->enterpoint,
                         .pool = (size_t)b->nsg->search_L,
                         .rng = &b->rng,
                         .verbose = b->verbose};
    return faiss_nsg_grow_tree (&tree);
}

FaissStatus faiss_nsg_build (FaissNSG *self, const FaissIndex *storage, size_t n,
                             const int32_t *knn, size_t K, bool verbose) {
    FAISS_REQUIRE (self->R > 0 && self->L > 0 && self->C > 0 && self->search_L > 0,
                   "expected R, L, C and search_L > 0, got %d, %d, %d and %d", self->R, self->L,
                   self->C, self->search_L);
    Build b = {.nsg = self,
               .storage = storage,
               .n = n,
               .R = (size_t)self->R,
               .C = (size_t)self->C,
               .verbose = verbose,
               .knn = {knn, n, K},
               .rng = self->rng};
    open_flat (&b);
    FaissStatus status = build (&b);
    if (status == FAISS_OK) {
        faiss_NSG_clear (self);
        self->final_graph = b.final_graph;
        b.final_graph = NULL;
        self->rng = b.rng;
        self->enterpoint = b.enterpoint;
        self->ntotal = (int)n;
        self->is_built = true;
    }
    free_build (&b);
    return status;
}
