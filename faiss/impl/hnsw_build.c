/* Building graphs of hierarchical navigable small worlds, in batches.
 *
 * New nodes are taken level by level from the highest one down, in a random order that depends on
 * nothing but their number. The nodes of a batch look for their links in the graph as it was before
 * the batch (phase A), then the links back to them are put in, node by node (phase B). So the graph
 * is the same whatever the number of threads.
 */
#include <limits.h>
#include <string.h>

#include <faiss/IndexFlatCodes.h>
#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_flat.h>
#include <faiss/impl/parallel.h>

/* ---- choosing links -------------------------------------------------------------------------- */

size_t faiss_hnsw_shrink (const FaissGraphVectors *vectors, FaissGraphNode *nodes, size_t n,
                          size_t max_size, bool keep_max_size, FaissGraphNode *rejected) {
    size_t n_kept = 0, n_rejected = 0;
    for (size_t i = 0; i < n && n_kept < max_size; i++) {
        FaissGraphNode node = nodes[i];
        bool good = true;
        for (size_t j = 0; j < n_kept && good; j++) {
            good = !(faiss_graph_pair_distance (vectors, nodes[j].id, node.id) < node.key);
        }
        if (good) {
            nodes[n_kept++] = node;
        } else if (keep_max_size) {
            rejected[n_rejected++] = node;
        }
    }
    for (size_t i = 0; i < n_rejected && n_kept < max_size; i++) {
        nodes[n_kept++] = rejected[i];
    }
    return n_kept;
}

/* ---- what an add uses ------------------------------------------------------------------------ */

/* A link back: to `source` among the links of `target`, as (target << 32) | source. */
typedef uint64_t Link;

typedef struct LinkVector {
    Link *data;
    size_t size, capacity;
} LinkVector;

/* Links of old nodes as they were, to be put back if the add fails. */
typedef struct Undo {
    FaissInt32Vector nodes;     /* those whose links were saved */
    FaissInt32Vector neighbors; /* their links, one after the other */
    FaissVisited is_saved;
} Undo;

typedef struct Worker {
    FaissGraphScratch s;
    FaissFlatFinder finder;           /* where Build has plain vectors */
    FaissGraphNode *nodes, *rejected; /* candidates for the links of one node */
    size_t capacity;
} Worker;

/* Where the search for the links of a new node begins. */
typedef struct Start {
    int32_t node;
    FaissGraphNode nearest;
} Start;

typedef struct Build {
    FaissHNSW *hnsw;
    const FaissHNSWBuild *args;
    FaissFlatVectors flat;
    bool is_flat;
    Worker *workers;
    int n_threads;
    int32_t *order;   /* new nodes, highest level first */
    size_t *begins;   /* where the nodes of a level begin in order; [level + 1] .. [level] */
    LinkVector links; /* of one batch and level */
    LinkVector sorted;
    size_t *runs; /* where the links to one node begin */
    size_t runs_capacity;
    Undo undo;
} Build;

static FaissStatus reserve_nodes (Worker *w, size_t n) {
    if (n > w->capacity) {
        free (w->nodes);
        free (w->rejected);
        w->nodes = w->rejected = NULL;
        w->capacity = 0;
        FAISS_TRY (faiss_alloc (&w->nodes, n, sizeof *w->nodes));
        FAISS_TRY (faiss_alloc (&w->rejected, n, sizeof *w->rejected));
        w->capacity = n;
    }
    return FAISS_OK;
}

static FaissStatus reserve_links (LinkVector *v, size_t n) {
    if (n > v->capacity) {
        size_t capacity = n + n / 2;
        Link *data = realloc (v->data, capacity * sizeof *data);
        if (!data) {
            return faiss_fail (FAISS_STD_EXCEPT, "no memory for %zu links", capacity);
        }
        v->data = data;
        v->capacity = capacity;
    }
    return FAISS_OK;
}

static void free_build (Build *b) {
    for (int t = 0; t < b->n_threads && b->workers; t++) {
        faiss_graph_scratch_free (&b->workers[t].s);
        faiss_flat_finder_free (&b->workers[t].finder);
        free (b->workers[t].nodes);
        free (b->workers[t].rejected);
    }
    free (b->workers);
    free (b->order);
    free (b->begins);
    free (b->links.data);
    free (b->sorted.data);
    free (b->runs);
    faiss_Int32Vector_clear (&b->undo.nodes);
    faiss_Int32Vector_clear (&b->undo.neighbors);
    faiss_visited_free (&b->undo.is_saved);
}

/* Plain vectors, with filter codes if there will be many searches. */
static void open_flat (Build *b) {
    enum { MANY = 1000 };
    b->is_flat = faiss_flat_vectors_open (&b->flat, b->args->storage);
    if (b->is_flat && b->args->n >= MANY) {
        const FaissIndexFlatCodes *codes =
            faiss_object_cast (b->args->storage, &faiss_IndexFlatCodes_class.index.head);
        FaissDerivedRows *derived = (FaissDerivedRows *)(uintptr_t)&codes->derived;
        faiss_derived_codes_open_all (derived, b->flat.rows, b->flat.n, b->flat.d,
                                      codes->codes.owner == NULL, true, &b->flat.codes);
    }
}

static FaissStatus open_build (Build *b) {
    open_flat (b);
    b->n_threads = faiss_threads_for ((int64_t)b->args->n);
    FAISS_TRY (faiss_alloc_zeroed (&b->workers, (size_t)b->n_threads, sizeof *b->workers));
    for (int t = 0; t < b->n_threads; t++) {
        FAISS_TRY (faiss_graph_scratch_init (&b->workers[t].s, b->hnsw, b->args->storage));
        if (b->is_flat) {
            FAISS_TRY (faiss_flat_finder_init (&b->workers[t].finder, b->hnsw, &b->flat));
        }
    }
    return b->args->n0 > 0 ? faiss_visited_init (&b->undo.is_saved, b->args->n0) : FAISS_OK;
}

/* ---- order ----------------------------------------------------------------------------------- */

/* Bucket the new nodes by level, the highest first, and shuffle each bucket. */
static FaissStatus make_order (Build *b, int max_level) {
    const FaissHNSWBuild *args = b->args;
    const int32_t *levels = b->hnsw->levels.data + args->n0;
    FAISS_TRY (faiss_alloc (&b->order, args->n, sizeof *b->order));
    FAISS_TRY (faiss_alloc_zeroed (&b->begins, (size_t)max_level + 2, sizeof *b->begins));
    size_t *next = b->begins; /* counts, then positions */
    for (size_t i = 0; i < args->n; i++) {
        next[levels[i] - 1]++;
    }
    size_t at = args->n;
    for (int level = 0; level <= max_level; level++) {
        at -= next[level];
        next[level] = at;
    }
    for (size_t i = 0; i < args->n; i++) {
        b->order[next[levels[i] - 1]++] = (int32_t)(args->n0 + i);
    }
    /* now next[level] is where level ends and level - 1 begins */
    FaissRandomGenerator rng;
    faiss_RandomGenerator_init (&rng, 789);
    for (int level = max_level; level >= 0; level--) {
        size_t begin = level == max_level ? 0 : next[level + 1];
        for (size_t j = begin; j < next[level]; j++) {
            size_t other =
                j + (size_t)faiss_RandomGenerator_rand_int_max (&rng, (int)(next[level] - j));
            int32_t node = b->order[j];
            b->order[j] = b->order[other];
            b->order[other] = node;
        }
    }
    return FAISS_OK;
}

/* ---- phase A: links of new nodes ------------------------------------------------------------- */

FaissStatus faiss_hnsw_find_candidates (const FaissHNSW *hnsw, FaissGraphScratch *s, int level,
                                        FaissGraphNode nearest) {
    size_t ef = hnsw->efConstruction > 1 ? (size_t)hnsw->efConstruction : 1;
    FaissGraphQueue *candidates = &s->candidates, *found = &s->found;
    candidates->size = found->size = 0;
    faiss_visited_clear (&s->visited);
    FAISS_TRY (faiss_graph_queue_push (candidates, false, FAISS_GRAPH_TIES_BY_LAYOUT, nearest));
    FAISS_TRY (faiss_graph_queue_push (found, true, FAISS_GRAPH_TIES_BY_LAYOUT, nearest));
    faiss_visited_set (&s->visited, nearest.id);
    while (candidates->size > 0 && !(candidates->nodes[0].key > found->nodes[0].key)) {
        FaissGraphNode node = faiss_graph_queue_pop (candidates, false, FAISS_GRAPH_TIES_BY_LAYOUT);
        const int32_t *links = faiss_hnsw_links (hnsw, node.id, level);
        size_t room = (size_t)faiss_hnsw_room (hnsw, level), n = 0;
        for (size_t j = 0; j < room && links[j] >= 0; j++) {
            s->fresh[n] = links[j];
            n += faiss_visited_set (&s->visited, links[j]);
        }
        faiss_graph_distances (&s->vectors, n, s->fresh, s->fresh_keys);
        for (size_t j = 0; j < n; j++) {
            FaissGraphNode next = {s->fresh_keys[j], s->fresh[j]};
            if (found->size < ef || found->nodes[0].key > next.key) {
                FAISS_TRY (
                    faiss_graph_queue_push (candidates, false, FAISS_GRAPH_TIES_BY_LAYOUT, next));
                FAISS_TRY (faiss_graph_queue_push (found, true, FAISS_GRAPH_TIES_BY_LAYOUT, next));
                if (found->size > ef) {
                    faiss_graph_queue_pop (found, true, FAISS_GRAPH_TIES_BY_LAYOUT);
                }
            }
        }
    }
    return FAISS_OK;
}

/* Keep at most `room` of what was found. The queue gives them farthest first afterwards. */
static FaissStatus shrink_found (Worker *w, size_t room, bool keep_max_size) {
    FaissGraphQueue *found = &w->s.found, *nearest_first = &w->s.candidates;
    if (found->size < room) {
        return FAISS_OK;
    }
    nearest_first->size = 0;
    while (found->size > 0) {
        FaissGraphNode node = faiss_graph_queue_pop (found, true, FAISS_GRAPH_TIES_BY_LAYOUT);
        FAISS_TRY (faiss_graph_queue_push (nearest_first, false, FAISS_GRAPH_TIES_BY_LAYOUT, node));
    }
    size_t n = nearest_first->size;
    FAISS_TRY (reserve_nodes (w, n));
    for (size_t i = 0; i < n; i++) {
        w->nodes[i] = faiss_graph_queue_pop (nearest_first, false, FAISS_GRAPH_TIES_BY_LAYOUT);
    }
    n = faiss_hnsw_shrink (&w->s.vectors, w->nodes, n, room, keep_max_size, w->rejected);
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (faiss_graph_queue_push (found, true, FAISS_GRAPH_TIES_BY_LAYOUT, w->nodes[i]));
    }
    return FAISS_OK;
}

/* The same by the fast search of plain vectors; false if it cannot tell. */
static bool link_by_finder (Build *b, Worker *w, const float *x, int level, FaissGraphNode nearest,
                            int32_t *links) {
    FaissFlatFinder *finder = &w->finder;
    size_t room = (size_t)faiss_hnsw_room (b->hnsw, level);
    if (!b->is_flat ||
        !faiss_flat_finder_find (finder, b->hnsw, &w->s.visited, x, level, nearest) ||
        reserve_nodes (w, finder->size) != FAISS_OK) {
        return false;
    }
    size_t n = finder->size;
    if (n >= room) {
        n = faiss_hnsw_shrink (&w->s.vectors, finder->nodes, n, room,
                               level == 0 && b->args->keep_max_size_level0, w->rejected);
    }
    bool in_order = true; /* rejected links behind the others may be nearer */
    for (size_t j = 1; j < n; j++) {
        in_order &= finder->nodes[j - 1].key < finder->nodes[j].key;
    }
    for (size_t j = 0; j < n && in_order; j++) {
        links[j] = finder->nodes[n - 1 - j].id; /* farthest first */
    }
    return in_order;
}

static FaissStatus query_new_node (Build *b, Worker *w, int32_t node, const float **x) {
    *x = b->args->x + ((size_t)node - b->args->n0) * (size_t)b->args->storage->d;
    return faiss_graph_set_query (&w->s.vectors, *x);
}

/* Down to the highest level at which the node gets links. */
static FaissStatus descend (Build *b, Worker *w, Start *start) {
    const FaissHNSW *hnsw = b->hnsw;
    const float *x;
    FAISS_TRY (query_new_node (b, w, start->node, &x));
    start->nearest.id = hnsw->entry_point;
    start->nearest.key = faiss_graph_distance (&w->s.vectors, hnsw->entry_point);
    for (int level = hnsw->max_level; level > hnsw->levels.data[start->node] - 1; level--) {
        faiss_hnsw_greedy (hnsw, &w->s, level, &start->nearest.id, &start->nearest.key);
    }
    return w->s.vectors.dc->status;
}

/* Nobody reads the links of a new node before links lead to it: they are written in place. */
static FaissStatus link_forward (Build *b, Worker *w, const Start *start) {
    FaissHNSW *hnsw = b->hnsw;
    FaissGraphScratch *s = &w->s;
    const float *x;
    int level = hnsw->levels.data[start->node] - 1;
    FAISS_TRY (query_new_node (b, w, start->node, &x));
    if (b->is_flat) {
        faiss_flat_finder_set_query (&w->finder, x);
    }
    for (level = level < hnsw->max_level ? level : hnsw->max_level; level >= 0; level--) {
        size_t room = (size_t)faiss_hnsw_room (hnsw, level);
        int32_t *links = faiss_hnsw_links (hnsw, start->node, level);
        if (link_by_finder (b, w, x, level, start->nearest, links)) {
            continue;
        }
        FAISS_TRY (faiss_hnsw_find_candidates (hnsw, s, level, start->nearest));
        FAISS_TRY (shrink_found (w, room, level == 0 && b->args->keep_max_size_level0));
        size_t n = s->found.size;
        for (size_t j = 0; j < n && j < room; j++) {
            links[j] = faiss_graph_queue_pop (&s->found, true, FAISS_GRAPH_TIES_BY_LAYOUT).id;
        }
    }
    return s->vectors.dc->status;
}

static int compare_starts (const void *a_, const void *b_) {
    const Start *a = a_, *b = b_;
    if (a->nearest.id != b->nearest.id) {
        return a->nearest.id < b->nearest.id ? -1 : 1;
    }
    return (a->node > b->node) - (a->node < b->node);
}

/* Nodes that begin at the same place are linked one after the other: they read the same rows. */
static FaissStatus link_batch_forward (Build *b, const int32_t *nodes, size_t n) {
    FAISS_AUTO_FREE (Start) *starts = NULL;
    FaissRegion region = {0};
    int n_threads = (size_t)b->n_threads < n ? b->n_threads : (int)n;
    FAISS_TRY (faiss_alloc (&starts, n, sizeof *starts));
    for (size_t i = 0; i < n; i++) {
        starts[i].node = nodes[i];
    }
#pragma omp parallel num_threads(n_threads)
    {
        Worker *w = &b->workers[faiss_thread_number ()];
#pragma omp for schedule(static)
        for (size_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region, descend (b, w, &starts[i]));
            }
        }
#pragma omp single
        if (!faiss_region_failed (&region)) {
            qsort (starts, n, sizeof *starts, compare_starts);
        }
#pragma omp for schedule(dynamic, 4)
        for (size_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region, link_forward (b, w, &starts[i]));
            }
        }
    }
    return faiss_region_close (&region);
}

/* ---- phase B: links back --------------------------------------------------------------------- */

static FaissStatus collect_links (Build *b, int level, const int32_t *nodes, size_t n) {
    const FaissHNSW *hnsw = b->hnsw;
    size_t room = (size_t)faiss_hnsw_room (hnsw, level);
    b->links.size = 0;
    FAISS_TRY (reserve_links (&b->links, n * room));
    for (size_t i = 0; i < n; i++) {
        const int32_t *links = faiss_hnsw_links (hnsw, nodes[i], level);
        for (size_t j = 0; j < room && links[j] >= 0; j++) {
            b->links.data[b->links.size++] = (Link)links[j] << 32 | (uint32_t)nodes[i];
        }
    }
    return FAISS_OK;
}

/* By bytes from the lowest to the highest; those that are the same in all links are left out. */
static FaissStatus sort_links (Build *b) {
    size_t n = b->links.size;
    FAISS_TRY (reserve_links (&b->sorted, n));
    Link all_or = 0, all_and = ~(Link)0;
    for (size_t i = 0; i < n; i++) {
        all_or |= b->links.data[i];
        all_and &= b->links.data[i];
    }
    for (int shift = 0; shift < 64; shift += 8) {
        if (((all_or ^ all_and) >> shift & 255) == 0) {
            continue;
        }
        size_t begins[257] = {0};
        for (size_t i = 0; i < n; i++) {
            begins[(b->links.data[i] >> shift & 255) + 1]++;
        }
        for (int byte = 0; byte < 256; byte++) {
            begins[byte + 1] += begins[byte];
        }
        for (size_t i = 0; i < n; i++) {
            b->sorted.data[begins[b->links.data[i] >> shift & 255]++] = b->links.data[i];
        }
        LinkVector sorted = b->sorted;
        b->sorted = b->links;
        b->links = sorted;
        b->links.size = n;
    }
    return FAISS_OK;
}

/* Where the links to each node begin, and the end. */
static FaissStatus find_runs (Build *b, size_t *n_runs) {
    size_t n = 0;
    if (b->links.size + 1 > b->runs_capacity) {
        free (b->runs);
        b->runs_capacity = 0;
        FAISS_TRY (faiss_alloc (&b->runs, b->links.size + 1, sizeof *b->runs));
        b->runs_capacity = b->links.size + 1;
    }
    for (size_t i = 0; i < b->links.size; i++) {
        if (i == 0 || b->links.data[i] >> 32 != b->links.data[i - 1] >> 32) {
            b->runs[n++] = i;
        }
    }
    b->runs[n] = b->links.size;
    *n_runs = n;
    return FAISS_OK;
}

static FaissStatus save_for_undo (Build *b, size_t n_runs) {
    Undo *undo = &b->undo;
    const FaissHNSW *hnsw = b->hnsw;
    for (size_t i = 0; i < n_runs && b->args->n0 > 0; i++) {
        int32_t node = (int32_t)(b->links.data[b->runs[i]] >> 32);
        if ((size_t)node < b->args->n0 && !faiss_visited_get (&undo->is_saved, node)) {
            size_t begin = hnsw->offsets.data[node], size = hnsw->offsets.data[node + 1] - begin;
            FAISS_TRY (
                faiss_Int32Vector_append (&undo->neighbors, hnsw->neighbors.data + begin, size));
            FAISS_TRY (faiss_Int32Vector_push_back (&undo->nodes, node));
            faiss_visited_set (&undo->is_saved, node);
        }
    }
    return FAISS_OK;
}

size_t faiss_hnsw_room_after_pruning (const FaissHNSW *hnsw, int level, bool keep_max_size) {
    if (keep_max_size) {
        return (size_t)faiss_hnsw_room (hnsw, level);
    }
    float headroom = hnsw->prune_headroom;
    headroom = headroom > 0 ? headroom : 0;
    headroom = headroom < 0.5f ? headroom : 0.5f;
    float room = (float)faiss_hnsw_room (hnsw, level);
    return (size_t)(room - room * headroom);
}

/* Add n links to a node: behind its own if there is room, else choose among all of them. */
static FaissStatus link_back (Build *b, Worker *w, int level, const Link *incoming, size_t n) {
    FaissHNSW *hnsw = b->hnsw;
    int32_t node = (int32_t)(incoming[0] >> 32);
    int32_t *links = faiss_hnsw_links (hnsw, node, level);
    size_t room = (size_t)faiss_hnsw_room (hnsw, level), n_old = 0;
    while (n_old < room && links[n_old] >= 0) {
        n_old++;
    }
    if (n_old + n <= room) {
        for (size_t j = 0; j < n; j++) {
            links[n_old + j] = (int32_t)(uint32_t)incoming[j];
        }
        return FAISS_OK;
    }
    FAISS_TRY (reserve_nodes (w, n_old + n));
    for (size_t j = 0; j < n_old + n; j++) {
        int32_t id = j < n_old ? links[j] : (int32_t)(uint32_t)incoming[j - n_old];
        w->nodes[j] = (FaissGraphNode){faiss_graph_pair_distance (&w->s.vectors, node, id), id};
    }
    qsort (w->nodes, n_old + n, sizeof *w->nodes, faiss_graph_compare_nodes);
    bool keep_max_size = level == 0 && b->args->keep_max_size_level0;
    size_t n_kept = faiss_hnsw_shrink (&w->s.vectors, w->nodes, n_old + n,
                                       faiss_hnsw_room_after_pruning (hnsw, level, keep_max_size),
                                       keep_max_size, w->rejected);
    for (size_t j = 0; j < room; j++) {
        links[j] = j < n_kept ? w->nodes[j].id : -1;
    }
    return w->s.vectors.dc->status;
}

static FaissStatus link_batch_back (Build *b, int level, const int32_t *nodes, size_t n) {
    size_t n_runs = 0;
    FAISS_TRY (collect_links (b, level, nodes, n));
    FAISS_TRY (sort_links (b));
    FAISS_TRY (find_runs (b, &n_runs));
    FAISS_TRY (save_for_undo (b, n_runs));
    FaissRegion region = {0};
    int n_threads = (size_t)b->n_threads < n ? b->n_threads : (int)n;
#pragma omp parallel for num_threads(n_threads) schedule(dynamic, 64)
    for (size_t i = 0; i < n_runs; i++) {
        if (!faiss_region_stopped (&region)) {
            faiss_region_note (&region,
                               link_back (b, &b->workers[faiss_thread_number ()], level,
                                          b->links.data + b->runs[i], b->runs[i + 1] - b->runs[i]));
        }
    }
    return faiss_region_close (&region);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static FaissStatus add_batch (Build *b, int own_level, const int32_t *nodes, size_t n) {
    FaissHNSW *hnsw = b->hnsw;
    if (hnsw->entry_point < 0) { /* the first node of all has nothing to be linked to */
        hnsw->entry_point = nodes[0];
        hnsw->max_level = own_level;
        nodes++;
        n--;
    }
    if (n == 0) {
        return FAISS_OK;
    }
    FAISS_TRY (link_batch_forward (b, nodes, n));
    int level = own_level < hnsw->max_level ? own_level : hnsw->max_level;
    for (; level >= 0; level--) {
        FAISS_TRY (link_batch_back (b, level, nodes, n));
    }
    if (own_level > hnsw->max_level) {
        hnsw->max_level = own_level;
        hnsw->entry_point = nodes[0];
    }
    return FAISS_OK;
}

static FaissStatus add_batches (Build *b, int max_level) {
    size_t cap = (b->args->n0 + b->args->n) / 50;
    for (int level = max_level; level >= (b->args->init_level0 ? 0 : 1); level--) {
        size_t begin = level == max_level ? 0 : b->begins[level + 1], end = b->begins[level];
        for (size_t i = 0; i < end - begin;) {
            size_t n = i < cap ? i : cap;
            n = n > 1 ? n : 1;
            n = n < end - begin - i ? n : end - begin - i;
            FAISS_TRY (add_batch (b, level, b->order + begin + i, n));
            i += n;
        }
    }
    return FAISS_OK;
}

static void put_back (FaissHNSW *hnsw, const FaissHNSWBuild *args, const Undo *undo) {
    const int32_t *saved = undo->neighbors.data;
    for (size_t i = 0; i < undo->nodes.size; i++) {
        int32_t node = undo->nodes.data[i];
        size_t begin = hnsw->offsets.data[node], size = hnsw->offsets.data[node + 1] - begin;
        memcpy (hnsw->neighbors.data + begin, saved, size * sizeof *saved);
        saved += size;
    }
    hnsw->levels.size = args->preset_levels ? args->n0 + args->n : args->n0;
    hnsw->offsets.size = args->n0 + 1;
    hnsw->neighbors.size = hnsw->offsets.data[args->n0];
}

FaissStatus faiss_hnsw_add (FaissHNSW *self, const FaissHNSWBuild *args) {
    if (args->n == 0) {
        return FAISS_OK;
    }
    int max_level = 0, old_entry = self->entry_point, old_max_level = self->max_level;
    FaissRandomGenerator rng = self->rng;
    FAISS_TRY (faiss_Int32Vector_own (&self->neighbors));
    FAISS_TRY (faiss_HNSW_prepare_level_tab (self, args->n, args->preset_levels, &max_level));
    Build b = {.hnsw = self, .args = args};
    FaissStatus status = open_build (&b);
    if (status == FAISS_OK) {
        status = make_order (&b, max_level);
    }
    if (status == FAISS_OK) {
        status = add_batches (&b, max_level);
    }
    if (status != FAISS_OK) {
        put_back (self, args, &b.undo);
        self->rng = rng;
        self->entry_point = old_entry;
        self->max_level = old_max_level;
    }
    free_build (&b);
    return status;
}
