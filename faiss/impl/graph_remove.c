/* Taking nodes out of a graph: mending the links around them. */
#include <faiss/impl/graph_remove.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/graph_near.h>
#include <faiss/impl/parallel.h>

enum {
    FEW_REMOVED = 8, /* renumber by comparing with each of them */
    MIN_NEAR = 8,    /* nodes around one that loses few of its links */
    MAX_NEAR = 64,   /* the same for one that loses all; more where there is room for many links */
    NODES_PER_TASK = 64 * 16
};

/* ---- what is removed ------------------------------------------------------------------------- */

static FaissStatus collect_removed (FaissGraphRemoval *self, const FaissIDSelector *sel) {
    FAISS_TRY (faiss_visited_init (&self->removed, self->n));
    for (size_t i = 0; i < self->n; i++) {
        if (sel->cls->is_member (sel, (idx_t)i)) {
            faiss_visited_set (&self->removed, (int32_t)i);
            self->n_removed++;
        }
    }
    FAISS_TRY (faiss_alloc (&self->nodes, self->n_removed, sizeof *self->nodes));
    size_t at = 0;
    for (size_t word = 0; word < self->removed.n_words; word++) {
        for (uint64_t bits = self->removed.bits[word]; bits; bits &= bits - 1) {
            self->nodes[at++] = (int32_t)(word * 64 + (size_t)__builtin_ctzll (bits));
        }
    }
    return FAISS_OK;
}

static FaissStatus number_anew (FaissGraphRemoval *self) {
    FAISS_TRY (faiss_alloc (&self->new_numbers, self->n, sizeof *self->new_numbers));
    int32_t number = 0;
    for (size_t i = 0; i < self->n; i++) {
        bool is_removed = faiss_visited_get (&self->removed, (int32_t)i);
        self->new_numbers[i] = is_removed ? -1 : number++;
    }
    return FAISS_OK;
}

FaissStatus faiss_graph_removal_init (FaissGraphRemoval *self, size_t n,
                                      const FaissIDSelector *sel) {
    *self = (FaissGraphRemoval){.n = n};
    FaissStatus status = collect_removed (self, sel);
    if (status == FAISS_OK && self->n_removed > FEW_REMOVED) {
        status = number_anew (self);
    }
    if (status != FAISS_OK) {
        faiss_graph_removal_free (self);
    }
    return status;
}

void faiss_graph_removal_free (FaissGraphRemoval *self) {
    faiss_visited_free (&self->removed);
    free (self->nodes);
    free (self->new_numbers);
    *self = (FaissGraphRemoval){0};
}

/* The caller's selector may be slow, or may answer otherwise the second time: ours says it. */
FaissStatus faiss_graph_removal_apply (const FaissGraphRemoval *self, FaissIndex *storage) {
    FaissIDSelectorBitmap *sel = NULL;
    size_t n_removed = 0;
    FAISS_AUTO (UInt8Vector) bitmap = {0};
    FAISS_TRY (faiss_UInt8Vector_resize (&bitmap, self->n / 8 + 1));
    for (size_t i = 0; i < self->n_removed; i++) {
        bitmap.data[self->nodes[i] >> 3] |= (uint8_t)(1 << (self->nodes[i] & 7));
    }
    FAISS_TRY (faiss_IDSelectorBitmap_new (&sel, bitmap.size, bitmap.data));
    FaissStatus status = storage->cls->remove_ids (storage, &sel->sel, &n_removed);
    faiss_IDSelectorBitmap_free (sel);
    return status;
}

int32_t faiss_graph_new_number (const FaissGraphRemoval *self, int32_t node) {
    faiss_graph_renumber (self, &node, 1);
    return node;
}

/* -1, where links end, stays. */
void faiss_graph_renumber (const FaissGraphRemoval *self, int32_t *links, size_t n) {
    const int32_t *new_numbers = self->new_numbers;
    if (new_numbers) {
        for (size_t j = 0; j < n; j++) {
            links[j] = links[j] < 0 ? links[j] : new_numbers[links[j]];
        }
        return;
    }
    for (size_t r = self->n_removed; r-- > 0;) { /* from the highest one down */
        int32_t node = self->nodes[r];
        for (size_t j = 0; j < n; j++) {
            links[j] -= links[j] > node;
        }
    }
}

void faiss_graph_squeeze (const FaissGraphLevel *level) {
    for (size_t i = 0; i < level->n; i++) {
        int32_t *links = faiss_graph_level_links (level, (int32_t)i);
        size_t n = 0;
        for (size_t j = 0; j < level->room; j++) {
            int32_t link = links[j];
            links[j] = -1;
            links[n] = link;
            n += link >= 0;
        }
    }
}

void faiss_graph_close_gaps (const FaissGraphRemoval *self, const FaissGraphLevel *level) {
    size_t kept = 0, room = level->room;
    for (size_t i = 0; i < level->n; i++) {
        if (faiss_visited_get (&self->removed, (int32_t)i)) {
            continue;
        }
        if (kept < i) {
            memmove (level->links + kept * room, level->links + i * room,
                     room * sizeof *level->links);
        }
        faiss_graph_renumber (self, level->links + kept++ * room, room);
    }
}

int32_t faiss_graph_next_entry (const FaissGraphRemoval *self, const FaissGraphLevel *level,
                                int32_t entry) {
    enum { MAX_PASSED = 64 }; /* removed nodes that are passed */
    int32_t passed[MAX_PASSED + 1] = {entry};
    size_t n_passed = 1;
    if (!faiss_visited_get (&self->removed, entry)) {
        return entry;
    }
    for (size_t i = 0; i < n_passed; i++) {
        const int32_t *links = faiss_graph_level_links (level, passed[i]);
        for (size_t j = 0; j < level->room && links[j] >= 0; j++) {
            if (!faiss_visited_get (&self->removed, links[j])) {
                return links[j];
            }
            passed[n_passed] = links[j];
            n_passed += n_passed < MAX_PASSED;
        }
    }
    for (size_t i = 0; i < self->n; i++) {
        if (!faiss_visited_get (&self->removed, (int32_t)i)) {
            return (int32_t)i;
        }
    }
    return -1;
}

/* ---- patches --------------------------------------------------------------------------------- */

void faiss_graph_patch_free (FaissGraphPatch *self) {
    faiss_Int32Vector_clear (&self->nodes);
    faiss_Int32Vector_clear (&self->links);
}

void faiss_graph_patch_apply (const FaissGraphPatch *self, const FaissGraphLevel *level) {
    for (size_t i = 0; i < self->nodes.size; i++) {
        memcpy (faiss_graph_level_links (level, self->nodes.data[i]),
                self->links.data + i * self->room, self->room * sizeof (int32_t));
    }
}

static size_t count_links (const int32_t *links, size_t room) {
    size_t n = 0;
    while (n < room && links[n] >= 0) {
        n++;
    }
    return n;
}

/* ---- mending --------------------------------------------------------------------------------- */

typedef struct Mending {
    const FaissGraphLevel *level;
    const FaissGraphRemoval *removal;
    const FaissIndex *storage;
    size_t n_links;
    size_t max_near; /* nodes around one that are followed, and among which links are chosen */
    FaissGraphMending how;
    float alpha;
    FaissGraphPatch *patch;
    FaissVisited losing; /* nodes that have links to removed ones */
    FaissVisited lonely; /* nodes to which perhaps only removed ones have links */
    FaissVisited marked; /* removed ones, and those that were lonely at first */
} Mending;

/* Scratch of one thread. */
typedef struct Mender {
    FaissGraphVectors vectors;
    FaissVisited seen;
    int32_t *touched; /* what is marked in seen */
    size_t n_touched;
    FaissGraphNear near;   /* what was met around a node */
    FaissGraphNear found;  /* what stays of that */
    FaissGraphNear behind; /* what stays of what its lost links had links to */
    FaissGraphNode *kept;
    float *x, *keys;
    int32_t *ids;
} Mender;

static bool is_removed (const Mending *m, int32_t node) {
    return faiss_visited_get (&m->removal->removed, node);
}

static bool stays (const Mending *m, int32_t node) {
    return !is_removed (m, node) && faiss_graph_level_has (m->level, node);
}

static void unmark (const FaissVisited *visited, int32_t node) {
    uint64_t bit = (uint64_t)1 << (node & 63), *word = &visited->bits[(uint32_t)node >> 6];
    if (__atomic_load_n (word, __ATOMIC_RELAXED) & bit) {
        __atomic_fetch_and (word, ~bit, __ATOMIC_RELAXED);
    }
}

static void mark_lonely (Mending *m) {
    for (size_t i = 0; i < m->removal->n_removed; i++) {
        int32_t node = m->removal->nodes[i];
        if (!faiss_graph_level_has (m->level, node)) {
            continue;
        }
        const int32_t *links = faiss_graph_level_links (m->level, node);
        for (size_t j = 0; j < m->level->room && links[j] >= 0; j++) {
            if (!is_removed (m, links[j])) {
                faiss_visited_set (&m->lonely, links[j]);
            }
        }
    }
}

/* Nearly all nodes have links to others only; this is where the time goes if few are removed. */
static bool has_marked_link (const Mending *m, const int32_t *links) {
    size_t room = m->level->room;
    for (size_t j = 0; j < room && links[j] >= 0; j++) {
        if (faiss_visited_get (&m->marked, links[j])) {
            return true;
        }
    }
    return false;
}

/* Nodes begin .. end - 1, which begin at a word of the bitsets. */
static void look_for_losses (Mending *m, size_t begin, size_t end) {
    for (size_t i = begin; i < end && i < m->level->n; i++) {
        int32_t node = (int32_t)i;
        if (!stays (m, node)) {
            continue;
        }
        const int32_t *links = faiss_graph_level_links (m->level, node);
        bool loses = false;
        if (!has_marked_link (m, links)) {
            continue;
        }
        for (size_t j = 0; j < m->level->room && links[j] >= 0; j++) {
            loses |= is_removed (m, links[j]);
            unmark (&m->lonely, links[j]);
        }
        if (loses) {
            faiss_visited_set (&m->losing, node);
        }
    }
}

static FaissStatus find_losses (Mending *m) {
    FAISS_TRY (faiss_visited_init (&m->losing, m->level->n));
    FAISS_TRY (faiss_visited_init (&m->lonely, m->level->n));
    FAISS_TRY (faiss_visited_init (&m->marked, m->level->n));
    mark_lonely (m);
    for (size_t word = 0; word < m->marked.n_words; word++) {
        m->marked.bits[word] = m->removal->removed.bits[word] | m->lonely.bits[word];
    }
    size_t n_tasks = (m->level->n + NODES_PER_TASK - 1) / NODES_PER_TASK;
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)n_tasks))
    for (size_t task = 0; task < n_tasks; task++) {
        look_for_losses (m, task * NODES_PER_TASK, (task + 1) * NODES_PER_TASK);
    }
    FaissGraphPatch *patch = m->patch;
    for (size_t word = 0; word < m->losing.n_words; word++) {
        for (uint64_t bits = m->losing.bits[word]; bits; bits &= bits - 1) {
            FAISS_TRY (faiss_Int32Vector_push_back (
                &patch->nodes, (int32_t)(word * 64 + (size_t)__builtin_ctzll (bits))));
        }
    }
    FAISS_TRY (faiss_Int32Vector_resize (&patch->links, patch->nodes.size * patch->room));
    if (patch->links.size > 0) { /* else it may be NULL */
        memset (patch->links.data, 0xff, patch->links.size * sizeof *patch->links.data);
    }
    return FAISS_OK;
}

static bool see (Mender *w, int32_t node) {
    if (faiss_visited_set (&w->seen, node)) {
        w->touched[w->n_touched++] = node;
        return true;
    }
    return false;
}

static void forget_seen (Mender *w) {
    for (size_t i = 0; i < w->n_touched; i++) {
        w->seen.bits[(uint32_t)w->touched[i] >> 6] = 0;
    }
    w->n_touched = 0;
}

/* Links of a node, removed ones or not, that were not met before: into w->ids. */
static size_t unseen_links (const Mending *m, Mender *w, int32_t node) {
    const int32_t *links = faiss_graph_level_links (m->level, node);
    size_t n = 0;
    for (size_t j = 0; j < m->level->room && links[j] >= 0; j++) {
        if (see (w, links[j])) {
            w->ids[n++] = links[j];
        }
    }
    faiss_graph_distances (&w->vectors, n, w->ids, w->keys);
    return n;
}

/* Follow the links of a node on the walk around another. */
static void step (const Mending *m, Mender *w, int32_t node, bool is_lost_link) {
    size_t n = unseen_links (m, w, node);
    for (size_t j = 0; j < n; j++) {
        faiss_graph_near_put (&w->near, w->keys[j], w->ids[j]);
        if (!is_removed (m, w->ids[j])) {
            faiss_graph_near_put (&w->found, w->keys[j], w->ids[j]);
            if (is_lost_link) {
                faiss_graph_near_put (&w->behind, w->keys[j], w->ids[j]);
            }
        }
    }
}

/* Nodes around one, in the graph as it is before the removal: first what is behind the links that
 * it loses, perhaps far away, then by a walk through what stays and what does not, the longer the
 * more links it loses. The query of w->vectors is the node. */
static void look_around (const Mending *m, Mender *w, int32_t node, size_t n_lost, size_t n_old) {
    size_t n_steps = 0, capacity = m->max_near * n_lost / n_old;
    const int32_t *links = faiss_graph_level_links (m->level, node);
    w->near.size = w->near.next = w->found.size = w->behind.size = 0;
    w->near.capacity = capacity > MIN_NEAR ? capacity : MIN_NEAR;
    see (w, node);
    size_t n = unseen_links (m, w, node);
    for (size_t j = 0; j < n; j++) {
        faiss_graph_near_put (&w->near, w->keys[j], w->ids[j]);
    }
    for (size_t j = 0; j < n_old; j++) {
        if (is_removed (m, links[j])) {
            step (m, w, links[j], true);
        }
    }
    for (int32_t at = -1; n_steps < 2 * m->max_near && faiss_graph_near_take (&w->near, &at);
         n_steps++) {
        step (m, w, at, false);
    }
    forget_seen (w);
}

static bool is_redundant (const Mender *w, size_t n_links, FaissGraphNode node, float alpha) {
    for (size_t j = 0; j < n_links; j++) {
        if (w->kept[j].key <= node.key &&
            faiss_graph_is_needless (
                &w->vectors, faiss_graph_pair_distance (&w->vectors, w->kept[j].id, node.id),
                node.key, alpha)) {
            return true;
        }
    }
    return false;
}

/* What there is to choose among: in w->kept the n links that stay, in w->found other nodes. */
static FaissStatus find_nodes (const Mending *m, Mender *w, int32_t node, const int32_t *links,
                               size_t n, size_t n_old) {
    FAISS_TRY (m->storage->cls->reconstruct (m->storage, node, w->x));
    FAISS_TRY (faiss_graph_set_query (&w->vectors, w->x));
    look_around (m, w, node, n_old - n, n_old);
    faiss_graph_distances (&w->vectors, n, links, w->keys);
    for (size_t j = 0; j < n; j++) {
        w->kept[j] = (FaissGraphNode){w->keys[j], links[j]};
    }
    return FAISS_OK;
}

static bool has_kept (const Mender *w, size_t n, int32_t node) {
    for (size_t j = 0; j < n; j++) {
        if (w->kept[j].id == node) {
            return true;
        }
    }
    return false;
}

/* Append some of `from`, nearest first, to the n links in w->kept until there are `most`: those
 * that are not redundant; all with alpha = 0. */
static size_t choose (Mender *w, const FaissGraphNear *from, size_t n, size_t most, float alpha) {
    for (size_t i = 0; i < from->size && n < most; i++) {
        FaissGraphNode node = from->nodes[i];
        if (!(alpha > 0 && is_redundant (w, n, node, alpha)) && !has_kept (w, n, node.id)) {
            w->kept[n++] = node;
        }
    }
    return n;
}

/* Links for a node that had n_old and keeps n, in w->kept. It gets those that an add would choose
 * (so it may have more than before: what is gone has made others redundant) and then, up to n_old,
 * others behind lost links. Without these, lists would be shorter after each removal, and have
 * fewer links that lead far. */
static size_t choose_links (const Mending *m, Mender *w, size_t n, size_t n_old) {
    bool nearest = m->how == FAISS_GRAPH_MEND_NEAREST;
    size_t most = n_old < m->n_links ? n_old : m->n_links;
    if (!nearest) {
        n = choose (w, &w->found, n, m->n_links, 1);
        n = m->alpha > 1 ? choose (w, &w->found, n, m->n_links, m->alpha) : n;
        n = choose (w, &w->behind, n, most, 1);
        n = choose (w, &w->behind, n, most, 0);
    }
    n = choose (w, &w->found, n, most, 0);
    if (nearest) {
        qsort (w->kept, n, sizeof *w->kept, faiss_graph_compare_nodes);
    }
    return n;
}

/* NSG graphs have some links twice. */
static bool has_link (const int32_t *links, size_t n, int32_t node) {
    for (size_t j = 0; j < n; j++) {
        if (links[j] == node) {
            return true;
        }
    }
    return false;
}

static FaissStatus mend_node (const Mending *m, Mender *w, size_t at) {
    int32_t node = m->patch->nodes.data[at], *to = m->patch->links.data + at * m->patch->room;
    const int32_t *links = faiss_graph_level_links (m->level, node);
    size_t n_old = count_links (links, m->level->room), n = 0;
    for (size_t j = 0; j < n_old; j++) {
        if (!is_removed (m, links[j]) && !has_link (to, n, links[j])) {
            to[n++] = links[j];
        }
    }
    if (n < m->n_links) {
        FAISS_TRY (find_nodes (m, w, node, to, n, n_old));
        n = choose_links (m, w, n, n_old);
        for (size_t j = 0; j < n; j++) {
            to[j] = w->kept[j].id;
        }
    }
    for (size_t j = 0; j < m->patch->room; j++) {
        if (j < n) {
            unmark (&m->lonely, to[j]);
        } else {
            to[j] = -1;
        }
    }
    return w->vectors.dc->status;
}

static FaissStatus open_mender (const Mending *m, Mender *w) {
    size_t room = m->level->room;
    FAISS_TRY (faiss_graph_vectors_open (&w->vectors, m->storage));
    FAISS_TRY (faiss_visited_init (&w->seen, m->level->n));
    FAISS_TRY (
        faiss_alloc (&w->touched, 1 + room * (1 + room + 2 * m->max_near), sizeof *w->touched));
    FAISS_TRY (faiss_alloc (&w->near.nodes, m->max_near, sizeof *w->near.nodes));
    FAISS_TRY (faiss_alloc (&w->found.nodes, m->max_near, sizeof *w->found.nodes));
    FAISS_TRY (faiss_alloc (&w->behind.nodes, m->max_near, sizeof *w->behind.nodes));
    w->found.capacity = w->behind.capacity = m->max_near;
    FAISS_TRY (faiss_alloc (&w->kept, room, sizeof *w->kept));
    FAISS_TRY (faiss_alloc (&w->x, (size_t)m->storage->d, sizeof *w->x));
    FAISS_TRY (faiss_alloc (&w->ids, room, sizeof *w->ids));
    return faiss_alloc (&w->keys, room, sizeof *w->keys);
}

static void close_mender (Mender *w) {
    faiss_graph_vectors_close (&w->vectors);
    faiss_visited_free (&w->seen);
    free (w->touched);
    free (w->near.nodes);
    free (w->found.nodes);
    free (w->behind.nodes);
    free (w->kept);
    free (w->x);
    free (w->ids);
    free (w->keys);
}

static FaissStatus mend_nodes (Mending *m) {
    FaissRegion region = {0};
    int64_t n = (int64_t)m->patch->nodes.size;
    if (n == 0) {
        return FAISS_OK;
    }
#pragma omp parallel num_threads(faiss_threads_for(n))
    {
        Mender w = {0};
        faiss_region_note (&region, open_mender (m, &w));
#pragma omp for schedule(dynamic, 16)
        for (int64_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region, mend_node (m, &w, (size_t)i));
            }
        }
        close_mender (&w);
    }
    return faiss_region_close (&region);
}

/* ---- links to mended nodes, and to those that nothing leads to any more ---------------------- */

/* Changes of links beyond those of the mended nodes. */
typedef struct Rescue {
    Mending *m;
    Mender w;
    int32_t *at;         /* of each node its place in the patch, or -1 */
    uint32_t *n_leading; /* links to each node; NULL until it is needed */
} Rescue;

/* The links that a node will have. */
static int32_t *future_links (const Rescue *r, int32_t node) {
    FaissGraphPatch *patch = r->m->patch;
    return r->at[node] < 0 ? faiss_graph_level_links (r->m->level, node)
                           : patch->links.data + (size_t)r->at[node] * patch->room;
}

static FaissStatus count_leading (Rescue *r) {
    const FaissGraphLevel *level = r->m->level;
    FAISS_TRY (faiss_alloc_zeroed (&r->n_leading, level->n, sizeof *r->n_leading));
    for (size_t i = 0; i < level->n; i++) {
        if (stays (r->m, (int32_t)i)) {
            const int32_t *links = future_links (r, (int32_t)i);
            for (size_t j = 0; j < level->room && links[j] >= 0; j++) {
                r->n_leading[links[j]]++;
            }
        }
    }
    return FAISS_OK;
}

/* Links of a node that may be changed. */
static FaissStatus patched_links (Rescue *r, int32_t node, int32_t **out) {
    FaissGraphPatch *patch = r->m->patch;
    if (r->at[node] < 0) {
        const int32_t *links = faiss_graph_level_links (r->m->level, node);
        FAISS_TRY (faiss_Int32Vector_append (&patch->links, links, patch->room));
        FAISS_TRY (faiss_Int32Vector_push_back (&patch->nodes, node));
        r->at[node] = (int32_t)patch->nodes.size - 1;
    }
    *out = future_links (r, node);
    return FAISS_OK;
}

/* A link from -> to, where there is room, or else in place of one to a node with others. */
static FaissStatus lead (Rescue *r, int32_t from, int32_t to, bool may_replace, bool *done) {
    size_t room = r->m->level->room, n = count_links (future_links (r, from), room);
    int32_t *links = NULL;
    if (n == room) {
        if (may_replace && !r->n_leading) {
            FAISS_TRY (count_leading (r));
        }
        for (; may_replace && n > 0 && r->n_leading[future_links (r, from)[n - 1]] < 2; n--) {
        }
        *done = may_replace && n > 0;
        if (!*done) {
            return FAISS_OK;
        }
        FAISS_TRY (patched_links (r, from, &links));
        r->n_leading[links[n - 1]]--;
        links[n - 1] = to;
    } else {
        FAISS_TRY (patched_links (r, from, &links));
        links[n] = to;
    }
    if (r->n_leading) {
        r->n_leading[to]++;
    }
    unmark (&r->m->lonely, to);
    *done = true;
    return FAISS_OK;
}

/* A node that stays, from anywhere in the level. */
static int32_t any_other (const Rescue *r, int32_t node) {
    size_t n = r->m->level->n;
    for (size_t i = 1; i < n; i++) {
        int32_t other = (int32_t)(((size_t)node + i) % n);
        if (stays (r->m, other)) {
            return other;
        }
    }
    return -1;
}

/* The nearest links of a node. */
static void find_links_of (Rescue *r, int32_t node) {
    const int32_t *links = future_links (r, node);
    size_t n = count_links (links, r->m->level->room);
    r->w.found.size = 0;
    for (size_t j = 0; j < n; j++) {
        float key = faiss_graph_pair_distance (&r->w.vectors, node, links[j]);
        faiss_graph_near_put (&r->w.found, key == key ? key : HUGE_VALF, links[j]);
    }
}

static FaissStatus rescue_node (Rescue *r, int32_t node) {
    bool done = false;
    int32_t other = any_other (r, node);
    const FaissGraphNear *near = &r->w.found;
    find_links_of (r, node);
    for (int may_replace = 0; may_replace < 2; may_replace++) {
        for (size_t j = 0; j < near->size && !done; j++) {
            FAISS_TRY (lead (r, near->nodes[j].id, node, may_replace, &done));
        }
    }
    if (!done && other >= 0) {
        bool is_linked = false;
        FAISS_TRY (lead (r, other, node, true, &done));
        FAISS_TRY (near->size == 0 ? lead (r, node, other, false, &is_linked) : FAISS_OK);
    }
    return r->w.vectors.dc->status;
}

static FaissStatus open_rescue (Rescue *r) {
    const FaissGraphPatch *patch = r->m->patch;
    FAISS_TRY (open_mender (r->m, &r->w));
    FAISS_TRY (faiss_alloc (&r->at, r->m->level->n, sizeof *r->at));
    memset (r->at, 0xff, r->m->level->n * sizeof *r->at);
    for (size_t i = 0; i < patch->nodes.size; i++) {
        r->at[patch->nodes.data[i]] = (int32_t)i;
    }
    return FAISS_OK;
}

static void close_rescue (Rescue *r) {
    close_mender (&r->w);
    free (r->at);
    free (r->n_leading);
}

/* From where a mended node has a new link to, one back, if there is room: as an add does. Without
 * these, less and less leads to what stays through many removals. */
static FaissStatus link_back (Rescue *r, size_t at) {
    const FaissGraphLevel *level = r->m->level;
    FaissGraphPatch *patch = r->m->patch;
    int32_t node = patch->nodes.data[at];
    const int32_t *old = faiss_graph_level_links (level, node);
    size_t n_old = count_links (old, level->room);
    for (size_t j = 0; j < level->room; j++) {
        int32_t other = patch->links.data[at * level->room + j];
        if (other < 0) {
            return FAISS_OK;
        }
        const int32_t *links = future_links (r, other);
        size_t n = count_links (links, level->room);
        if (n < level->room && !has_link (old, n_old, other) && !has_link (links, n, node)) {
            bool done = false;
            FAISS_TRY (lead (r, other, node, false, &done));
        }
    }
    return FAISS_OK;
}

static FaissStatus link_all_back (Rescue *r) {
    size_t n = r->m->patch->nodes.size; /* more will come */
    FAISS_TRY (open_rescue (r));
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (link_back (r, i));
    }
    return FAISS_OK;
}

/* Nodes that have no links any more, because all around them is removed, get one. */
static void find_stranded (Rescue *r) {
    const FaissGraphPatch *patch = r->m->patch;
    for (size_t i = 0; i < patch->nodes.size; i++) {
        if (patch->links.data[i * patch->room] < 0) {
            faiss_visited_set (&r->m->lonely, patch->nodes.data[i]);
        }
    }
}

static FaissStatus rescue_lonely (Rescue *r) {
    const FaissVisited *lonely = &r->m->lonely;
    for (size_t word = 0; word < lonely->n_words; word++) {
        for (uint64_t bits = lonely->bits[word]; bits; bits &= bits - 1) {
            FAISS_TRY (r->at ? FAISS_OK : open_rescue (r));
            FAISS_TRY (rescue_node (r, (int32_t)(word * 64 + (size_t)__builtin_ctzll (bits))));
        }
    }
    return FAISS_OK;
}

static FaissStatus mend (Mending *m) {
    FAISS_TRY (find_losses (m));
    FAISS_TRY (mend_nodes (m));
    Rescue r = {.m = m};
    FaissStatus status = m->how == FAISS_GRAPH_MEND_SPREAD ? link_all_back (&r) : FAISS_OK;
    if (status == FAISS_OK) {
        find_stranded (&r);
        status = rescue_lonely (&r);
    }
    close_rescue (&r);
    return status;
}

FaissStatus faiss_graph_mend (const FaissGraphLevel *level, const FaissGraphRemoval *removal,
                              const FaissIndex *storage, size_t n_links, FaissGraphMending mending,
                              float alpha, FaissGraphPatch *out) {
    *out = (FaissGraphPatch){.room = level->room};
    Mending m = {.level = level,
                 .removal = removal,
                 .storage = storage,
                 .n_links = n_links < level->room ? n_links : level->room,
                 .max_near = 2 * n_links > MAX_NEAR ? 2 * n_links : MAX_NEAR,
                 .how = mending,
                 .alpha = alpha,
                 .patch = out};
    FaissStatus status = mend (&m);
    faiss_visited_free (&m.losing);
    faiss_visited_free (&m.lonely);
    faiss_visited_free (&m.marked);
    return status;
}
