/* Building graphs, phase A of a batch: the links of new nodes.
 *
 * Nobody reads the links of a new node before links lead to it: they are written in place. */
#include <stdlib.h>

#include <faiss/impl/FilterCodes.h>
#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_link.h>
#include <faiss/impl/parallel.h>

/* ---- any vectors ----------------------------------------------------------------------------- */

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

static bool keeps_max_size (const FaissLinking *b, int level) {
    return level == 0 && b->args->keep_max_size_level0;
}

/* Keep at most `room` of what was found. The queue gives them farthest first afterwards. */
static FaissStatus shrink_found (const FaissLinking *b, FaissLinkWorker *w, size_t room,
                                 bool keep_max_size) {
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
    FAISS_TRY (faiss_link_reserve_nodes (w, n));
    for (size_t i = 0; i < n; i++) {
        w->nodes[i] = faiss_graph_queue_pop (nearest_first, false, FAISS_GRAPH_TIES_BY_LAYOUT);
    }
    n = faiss_link_shrink (b, w, n, room, keep_max_size ? room : 0);
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (faiss_graph_queue_push (found, true, FAISS_GRAPH_TIES_BY_LAYOUT, w->nodes[i]));
    }
    return FAISS_OK;
}

static const float *vector_of (const FaissLinking *b, int32_t node) {
    return b->args->x + ((size_t)node - b->args->n0) * (size_t)b->args->storage->d;
}

/* The highest level at which a node gets links. */
static int first_level (const FaissLinking *b, int32_t node) {
    int level = b->hnsw->levels.data[node] - 1;
    return level < b->hnsw->max_level ? level : b->hnsw->max_level;
}

/* The links of a node at one level; its vector is the query of the worker. */
static FaissStatus link_level (FaissLinking *b, FaissLinkWorker *w, const FaissLinkStart *start,
                               int level) {
    FaissGraphScratch *s = &w->s;
    size_t room = (size_t)faiss_hnsw_room (b->hnsw, level);
    int32_t *links = faiss_hnsw_links (b->hnsw, start->node, level);
    FAISS_TRY (faiss_hnsw_find_candidates (b->hnsw, s, level, start->nearest));
    FAISS_TRY (shrink_found (b, w, room, keeps_max_size (b, level)));
    size_t n = s->found.size;
    for (size_t j = 0; j < n && j < room; j++) {
        links[j] = faiss_graph_queue_pop (&s->found, true, FAISS_GRAPH_TIES_BY_LAYOUT).id;
    }
    return s->vectors.dc->status;
}

/* Down to the highest level at which the node gets links. */
static FaissStatus descend_any (FaissLinking *b, FaissLinkWorker *w, FaissLinkStart *start) {
    const FaissHNSW *hnsw = b->hnsw;
    FAISS_TRY (faiss_graph_set_query (&w->s.vectors, vector_of (b, start->node)));
    start->nearest.id = hnsw->entry_point;
    start->nearest.key = faiss_graph_distance (&w->s.vectors, hnsw->entry_point);
    for (int level = hnsw->max_level; level > hnsw->levels.data[start->node] - 1; level--) {
        faiss_hnsw_greedy (hnsw, &w->s, level, &start->nearest.id, &start->nearest.key);
    }
    return w->s.vectors.dc->status;
}

static FaissStatus link_any (FaissLinking *b, FaissLinkWorker *w, const FaissLinkStart *start) {
    FAISS_TRY (faiss_graph_set_query (&w->s.vectors, vector_of (b, start->node)));
    for (int level = first_level (b, start->node); level >= 0; level--) {
        FAISS_TRY (link_level (b, w, start, level));
    }
    return FAISS_OK;
}

static FaissStatus descend_all_any (FaissLinking *b, FaissLinkWorker *w, FaissLinkStart *starts,
                                    size_t n) {
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (descend_any (b, w, &starts[i]));
    }
    return FAISS_OK;
}

static FaissStatus link_all_any (FaissLinking *b, FaissLinkWorker *w, FaissLinkStart *starts,
                                 size_t n) {
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (link_any (b, w, &starts[i]));
    }
    return FAISS_OK;
}

/* ---- plain vectors: several nodes in turns --------------------------------------------------- */

static void begin_turn (const FaissLinking *b, FaissLinkTurn *t, FaissLinkStart *start) {
    const FaissFlatVectors *v = &b->flat;
    t->start = start;
    t->walk.x = vector_of (b, start->node);
    bool is_filtering =
        v->codes.n_rows > 0 &&
        faiss_filter_query_init (&t->filter, v->is_similarity, v->d, t->walk.x, t->components);
    t->walk.filter = is_filtering ? &t->filter : NULL;
    t->walk.whole =
        is_filtering ? faiss_walk_code (v, faiss_flat_code (v, (uint32_t)start->node)) : NULL;
}

static void begin_descent (const FaissLinking *b, FaissLinkTurn *t, FaissLinkStart *start) {
    const FaissFlatVectors *v = &b->flat;
    int32_t entry = b->hnsw->entry_point;
    int max_level = b->hnsw->max_level;
    begin_turn (b, t, start);
    float value = v->distance (t->walk.x, faiss_flat_row (v, (uint32_t)entry), v->d);
    start->nearest = (FaissGraphNode){v->is_similarity ? -value : value, entry};
    if (max_level > b->hnsw->levels.data[start->node] - 1) {
        faiss_walk_begin_greedy (&t->walk, &b->plan, max_level, entry, start->nearest.key);
    }
}

static void descend_further (const FaissLinking *b, FaissLinkTurn *t) {
    FaissWalk *walk = &t->walk;
    FaissLinkStart *start = t->start;
    start->nearest = (FaissGraphNode){walk->key, walk->nearest};
    start->path[start->path_length++] = walk->nearest;
    if (walk->level > b->hnsw->levels.data[start->node]) {
        faiss_walk_begin_greedy (walk, &b->plan, walk->level - 1, walk->nearest, walk->key);
    }
}

/* What a thread does with some nodes. */
typedef struct Job {
    FaissLinking *b;
    FaissLinkWorker *w;
    FaissLinkStart *starts;
} Job;

static FaissStatus Job_begin_descent (void *self, void *turn, size_t i) {
    Job *job = self;
    begin_descent (job->b, turn, &job->starts[i]);
    return FAISS_OK;
}

static FaissStatus Job_descend_further (void *self, void *turn) {
    descend_further (((Job *)self)->b, turn);
    return FAISS_OK;
}

static FaissStatus descend_all_flat (FaissLinking *b, FaissLinkWorker *w, FaissLinkStart *starts,
                                     size_t n) {
    Job job = {b, w, starts};
    return faiss_walk_in_turns (&b->plan, w->turns, sizeof *w->turns, b->n_turns, n,
                                Job_begin_descent, Job_descend_further, &job);
}

/* Choose among what a walk has found; false if equal distances make a difference. */
static bool link_found (FaissLinking *b, FaissLinkWorker *w, const FaissWalk *walk,
                        int32_t *links) {
    size_t room = (size_t)faiss_hnsw_room (b->hnsw, walk->level), n = walk->size;
    for (size_t j = 0; j < n; j++) {
        w->nodes[j] = (FaissGraphNode){walk->keys[j], (int32_t)(walk->ids[j] & ~FAISS_WALK_TAKEN)};
    }
    if (n >= room) {
        n = faiss_link_shrink (b, w, n, room, keeps_max_size (b, walk->level) ? room : 0);
    }
    bool in_order = true; /* rejected links behind the others may be nearer */
    for (size_t j = 1; j < n; j++) {
        in_order &= w->nodes[j - 1].key < w->nodes[j].key;
    }
    for (size_t j = 0; j < n && in_order; j++) {
        links[j] = w->nodes[n - 1 - j].id; /* farthest first */
    }
    return in_order;
}

static FaissStatus begin_level (const FaissLinking *b, FaissLinkTurn *t, int level) {
    FaissGraphNode nearest = t->start->nearest;
    return faiss_walk_begin (&t->walk, &b->plan, level, nearest.id, nearest.key);
}

static FaissStatus finish_level (FaissLinking *b, FaissLinkWorker *w, FaissLinkTurn *t) {
    FaissWalk *walk = &t->walk;
    int level = walk->level;
    FAISS_TRY (faiss_link_reserve_nodes (w, walk->size));
    if (walk->has_nan || walk->has_ties ||
        !link_found (b, w, walk, faiss_hnsw_links (b->hnsw, t->start->node, level))) {
        FAISS_TRY (faiss_graph_set_query (&w->s.vectors, walk->x));
        FAISS_TRY (link_level (b, w, t->start, level));
    }
    return level > 0 ? begin_level (b, t, level - 1) : FAISS_OK;
}

static FaissStatus Job_begin_links (void *self, void *turn, size_t i) {
    Job *job = self;
    FaissLinkTurn *t = turn;
    begin_turn (job->b, t, &job->starts[i]);
    return begin_level (job->b, t, first_level (job->b, t->start->node));
}

static FaissStatus Job_finish_level (void *self, void *turn) {
    Job *job = self;
    return finish_level (job->b, job->w, turn);
}

static FaissStatus link_all_flat (FaissLinking *b, FaissLinkWorker *w, FaissLinkStart *starts,
                                  size_t n) {
    Job job = {b, w, starts};
    return faiss_walk_in_turns (&b->plan, w->turns, sizeof *w->turns, b->n_turns, n,
                                Job_begin_links, Job_finish_level, &job);
}

/* ---- a batch --------------------------------------------------------------------------------- */

static int compare_starts (const void *a_, const void *b_) {
    const FaissLinkStart *a = a_, *b = b_;
    for (size_t i = 0; i < a->path_length && i < b->path_length; i++) {
        if (a->path[i] != b->path[i]) {
            return a->path[i] < b->path[i] ? -1 : 1;
        }
    }
    return (a->node > b->node) - (a->node < b->node);
}

/* Nodes that took the same way down are linked one after the other: they read the same rows. */
static FaissStatus link_starts (FaissLinking *b, FaissLinkStart *starts, size_t n) {
    FaissRegion region = {0};
    int n_threads = (size_t)b->n_threads < n ? b->n_threads : (int)n;
    size_t at_once = n / ((size_t)n_threads * 8) + 1;
    at_once = at_once < 32 ? at_once : 32;
    size_t n_tasks = (n + at_once - 1) / at_once;
#pragma omp parallel num_threads(n_threads)
    {
        FaissLinkWorker *w = &b->workers[faiss_thread_number ()];
#pragma omp for schedule(dynamic, 1)
        for (size_t task = 0; task < n_tasks; task++) {
            size_t begin = task * at_once, left = n - begin;
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region,
                                   (b->is_flat ? descend_all_flat : descend_all_any) (
                                       b, w, starts + begin, left < at_once ? left : at_once));
            }
        }
#pragma omp single
        if (!faiss_region_failed (&region)) {
            qsort (starts, n, sizeof *starts, compare_starts);
        }
#pragma omp for schedule(dynamic, 1)
        for (size_t task = 0; task < n_tasks; task++) {
            size_t begin = task * at_once, left = n - begin;
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region,
                                   (b->is_flat ? link_all_flat : link_all_any) (
                                       b, w, starts + begin, left < at_once ? left : at_once));
            }
        }
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_link_forward (FaissLinking *b, const int32_t *nodes, size_t n) {
    FAISS_AUTO_FREE (FaissLinkStart) *starts = NULL;
    FAISS_AUTO_FREE (int32_t) *paths = NULL;
    size_t n_levels = b->hnsw->max_level > 0 ? (size_t)b->hnsw->max_level : 0;
    FAISS_TRY (faiss_alloc (&starts, n, sizeof *starts));
    FAISS_TRY (faiss_alloc (&paths, n * n_levels, sizeof *paths));
    for (size_t i = 0; i < n; i++) {
        starts[i] = (FaissLinkStart){.node = nodes[i], .path = paths + i * n_levels};
    }
    return link_starts (b, starts, n);
}
