/* Graph indexes: changes of the links of level 0, other than by adding. */
#include <string.h>

#include <faiss/IndexFlatCodes.h>
#include <faiss/IndexHNSW.h>
#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_internal.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/parallel.h>

/* What a change of links uses. */
typedef struct Links {
    FaissHNSW *hnsw;
    FaissGraphScratch s;
    size_t room;
    FaissGraphNode *nodes, *rejected; /* candidates of one node */
} Links;

static FaissStatus open_links (Links *l, FaissIndexHNSW *self, size_t n_candidates) {
    FAISS_REQUIRE (self->storage, "the index has no storage");
    FAISS_REQUIRE (self->storage->ntotal == self->index.ntotal &&
                       faiss_hnsw_size (&self->hnsw) == (size_t)self->index.ntotal,
                   "expected a storage and a graph of ntotal=%lld, got %lld and %zu",
                   (long long)self->index.ntotal, (long long)self->storage->ntotal,
                   faiss_hnsw_size (&self->hnsw));
    l->hnsw = &self->hnsw;
    l->room = (size_t)faiss_hnsw_room (&self->hnsw, 0);
    size_t n = n_candidates > l->room + 1 ? n_candidates : l->room + 1;
    FAISS_TRY (faiss_Int32Vector_own (&self->hnsw.neighbors));
    FAISS_TRY (faiss_graph_scratch_init (&l->s, &self->hnsw, self->storage));
    FAISS_TRY (faiss_alloc (&l->nodes, n, sizeof *l->nodes));
    return faiss_alloc (&l->rejected, n, sizeof *l->rejected);
}

static void close_links (Links *l) {
    faiss_graph_scratch_free (&l->s);
    free (l->nodes);
    free (l->rejected);
}

#define AUTO_LINKS __attribute__ ((cleanup (close_links))) Links

static void set_links (Links *l, int32_t node, size_t n) {
    int32_t *links = faiss_hnsw_links (l->hnsw, node, 0);
    for (size_t j = 0; j < l->room; j++) {
        links[j] = j < n ? l->nodes[j].id : -1;
    }
}

static size_t links_with_distances (Links *l, int32_t node) {
    const int32_t *links = faiss_hnsw_links (l->hnsw, node, 0);
    size_t n = 0;
    for (; n < l->room && links[n] >= 0; n++) {
        l->nodes[n] =
            (FaissGraphNode){faiss_graph_pair_distance (&l->s.vectors, node, links[n]), links[n]};
    }
    return n;
}

/* Nearest first; equal ones in the order in which upstream's queue gives them. */
static FaissStatus sort_by_queue (Links *l, size_t n) {
    FaissGraphQueue *queue = &l->s.candidates;
    queue->size = 0;
    for (size_t j = 0; j < n; j++) {
        FAISS_TRY (faiss_graph_queue_push (queue, false, FAISS_GRAPH_TIES_BY_LAYOUT, l->nodes[j]));
    }
    for (size_t j = 0; j < n; j++) {
        l->nodes[j] = faiss_graph_queue_pop (queue, false, FAISS_GRAPH_TIES_BY_LAYOUT);
    }
    return FAISS_OK;
}

FaissStatus faiss_IndexHNSW_shrink_level_0_neighbors (FaissIndexHNSW *self, int size) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (size >= 1, "expected size >= 1, got %d", size);
    AUTO_LINKS l = {0};
    FAISS_TRY (open_links (&l, self, 0));
    FAISS_TRY (faiss_graph_queue_reserve (&l.s.candidates, l.room + 1));
    for (int32_t node = 0; node < self->index.ntotal; node++) {
        size_t n = links_with_distances (&l, node);
        FAISS_TRY (sort_by_queue (&l, n));
        set_links (&l, node,
                   faiss_hnsw_shrink (&l.s.vectors, l.nodes, n, (size_t)size, 0, l.rejected));
    }
    return FAISS_OK;
}

FaissStatus faiss_IndexHNSW_init_level_0_from_knngraph (FaissIndexHNSW *self, int k, const float *D,
                                                        const idx_t *I) {
    FAISS_REQUIRE_ARG (self);
    idx_t ntotal = self->index.ntotal;
    FAISS_REQUIRE (k >= 0, "expected k >= 0, got %d", k);
    FAISS_REQUIRE (ntotal == 0 || k == 0 || (D && I), "D or I is NULL");
    for (idx_t i = 0; i < ntotal * k; i++) {
        FAISS_REQUIRE (I[i] < ntotal, "neighbour %lld, but ntotal=%lld", (long long)I[i],
                       (long long)ntotal);
    }
    AUTO_LINKS l = {0};
    FAISS_TRY (open_links (&l, self, (size_t)k));
    FAISS_TRY (faiss_graph_queue_reserve (&l.s.candidates, (size_t)k));
    for (int32_t node = 0; node < ntotal; node++) {
        size_t n = 0;
        for (size_t j = (size_t)node * (size_t)k; j < ((size_t)node + 1) * (size_t)k && I[j] >= 0;
             j++) {
            l.nodes[n] = (FaissGraphNode){faiss_graph_key (&l.s.vectors, D[j]), (int32_t)I[j]};
            n += I[j] != node;
        }
        FAISS_TRY (sort_by_queue (&l, n));
        set_links (&l, node, faiss_hnsw_shrink (&l.s.vectors, l.nodes, n, l.room, 0, l.rejected));
    }
    return FAISS_OK;
}

FaissStatus faiss_IndexHNSW_reorder_links (FaissIndexHNSW *self) {
    FAISS_REQUIRE_ARG (self);
    AUTO_LINKS l = {0};
    FAISS_TRY (open_links (&l, self, 0));
    for (int32_t node = 0; node < self->index.ntotal; node++) {
        size_t n = links_with_distances (&l, node);
        qsort (l.nodes, n, sizeof *l.nodes, faiss_graph_compare_nodes);
        set_links (&l, node, n);
    }
    return FAISS_OK;
}

/* ---- links of single vectors ----------------------------------------------------------------- */

/* Link node -> other; where there is no room, choose among all. */
static void add_link (Links *l, int32_t node, int32_t other) {
    int32_t *links = faiss_hnsw_links (l->hnsw, node, 0);
    size_t n = 0;
    for (; n < l->room && links[n] >= 0; n++) {
        if (links[n] == other) {
            return;
        }
    }
    if (n < l->room) {
        links[n] = other;
        return;
    }
    n = links_with_distances (l, node);
    l->nodes[n++] = (FaissGraphNode){faiss_graph_pair_distance (&l->s.vectors, node, other), other};
    qsort (l->nodes, n, sizeof *l->nodes, faiss_graph_compare_nodes);
    set_links (l, node, faiss_hnsw_shrink (&l->s.vectors, l->nodes, n, l->room, 0, l->rejected));
}

/* The vector of a node becomes the query. */
static FaissStatus query_node (Links *l, const FaissIndex *storage, int32_t node, float *x) {
    FAISS_TRY (faiss_Index_reconstruct (storage, node, x));
    return faiss_graph_set_query (&l->s.vectors, x);
}

static FaissStatus link_point (Links *l, int32_t node, int32_t nearest) {
    FaissGraphQueue *found = &l->s.found;
    FaissGraphNode start = {faiss_graph_distance (&l->s.vectors, nearest), nearest};
    FAISS_TRY (faiss_hnsw_find_candidates (l->hnsw, &l->s, 0, start));
    size_t n = 0;
    while (found->size > 0) {
        FaissGraphNode next = faiss_graph_queue_pop (found, true, FAISS_GRAPH_TIES_BY_LAYOUT);
        if (next.id != node) {
            l->nodes[n++] = next; /* farthest first */
        }
    }
    for (size_t j = 0; j < n / 2; j++) {
        FaissGraphNode swapped = l->nodes[j];
        l->nodes[j] = l->nodes[n - 1 - j];
        l->nodes[n - 1 - j] = swapped;
    }
    if (n >= l->room) {
        n = faiss_hnsw_shrink (&l->s.vectors, l->nodes, n, l->room, 0, l->rejected);
    }
    FAISS_AUTO_FREE (int32_t) *chosen = NULL;
    FAISS_TRY (faiss_alloc (&chosen, n, sizeof *chosen));
    for (size_t j = 0; j < n; j++) {
        chosen[j] = l->nodes[j].id;
    }
    for (size_t j = n; j-- > 0;) {
        add_link (l, node, chosen[j]);
        add_link (l, chosen[j], node);
    }
    return FAISS_OK;
}

static FaissStatus check_nodes (const FaissIndexHNSW *self, int n, const int32_t *nodes) {
    for (int i = 0; i < n; i++) {
        FAISS_REQUIRE (nodes[i] >= 0 && nodes[i] < self->index.ntotal, "vector %d, but ntotal=%lld",
                       nodes[i], (long long)self->index.ntotal);
    }
    return FAISS_OK;
}

FaissStatus faiss_IndexHNSW_init_level_0_from_entry_points (FaissIndexHNSW *self, int npt,
                                                            const int32_t *points,
                                                            const int32_t *nearests) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (npt >= 0, "expected npt >= 0, got %d", npt);
    FAISS_REQUIRE (npt == 0 || (points && nearests), "points or nearests is NULL");
    FAISS_TRY (check_nodes (self, npt, points));
    FAISS_TRY (check_nodes (self, npt, nearests));
    AUTO_LINKS l = {0};
    FAISS_AUTO_FREE (float) *x = NULL;
    size_t ef = self->hnsw.efConstruction > 1 ? (size_t)self->hnsw.efConstruction : 1;
    FAISS_TRY (faiss_alloc (&x, (size_t)self->index.d, sizeof *x));
    FAISS_TRY (open_links (&l, self, ef + 1));
    for (int i = 0; i < npt; i++) {
        FAISS_TRY (query_node (&l, self->storage, points[i], x));
        FAISS_TRY (link_point (&l, points[i], nearests[i]));
    }
    return FAISS_OK;
}

/* Put a link to `node` among those of `other`: into a free place, or in place of the last one that
 * leads to a node with other links. */
static bool take_in (Links *l, int32_t other, int32_t node, uint32_t *n_links_to) {
    int32_t *links = faiss_hnsw_links (l->hnsw, other, 0);
    size_t n = 0;
    while (n < l->room && links[n] >= 0) {
        n++;
    }
    size_t at = n;
    while (n == l->room && at > 0 && n_links_to[links[--at]] < 2) {
        if (at == 0) {
            return false;
        }
    }
    if (n == l->room) {
        n_links_to[links[at]]--;
    }
    links[at] = node;
    n_links_to[node]++;
    return true;
}

static FaissStatus link_singleton (Links *l, int32_t node, uint32_t *n_links_to) {
    FaissGraphNode start = {.id = l->hnsw->entry_point};
    start.key = faiss_graph_distance (&l->s.vectors, start.id);
    for (int level = l->hnsw->max_level; level > 0; level--) {
        faiss_hnsw_greedy (l->hnsw, &l->s, level, &start.id, &start.key);
    }
    FAISS_TRY (faiss_hnsw_find_candidates (l->hnsw, &l->s, 0, start));
    FaissGraphQueue *found = &l->s.found;
    qsort (found->nodes, found->size, sizeof *found->nodes, faiss_graph_compare_nodes);
    for (size_t j = 0; j < found->size; j++) {
        if (found->nodes[j].id != node && take_in (l, found->nodes[j].id, node, n_links_to)) {
            break;
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_IndexHNSW_link_singletons (FaissIndexHNSW *self) {
    FAISS_REQUIRE_ARG (self);
    AUTO_LINKS l = {0};
    FAISS_AUTO_FREE (float) *x = NULL;
    FAISS_AUTO_FREE (uint32_t) *n_links_to = NULL;
    size_t n = (size_t)self->index.ntotal;
    FAISS_TRY (faiss_alloc (&x, (size_t)self->index.d, sizeof *x));
    FAISS_TRY (faiss_alloc_zeroed (&n_links_to, n, sizeof *n_links_to));
    FAISS_TRY (open_links (&l, self, 0));
    for (size_t i = 0; i < n; i++) {
        const int32_t *links = faiss_hnsw_links (l.hnsw, (int32_t)i, 0);
        for (size_t j = 0; j < l.room && links[j] >= 0; j++) {
            n_links_to[links[j]]++;
        }
    }
    for (size_t i = 0; i < n && self->hnsw.entry_point >= 0; i++) {
        if (n_links_to[i] == 0 && (int32_t)i != self->hnsw.entry_point) {
            FAISS_TRY (query_node (&l, self->storage, (int32_t)i, x));
            FAISS_TRY (link_singleton (&l, (int32_t)i, n_links_to));
        }
    }
    return FAISS_OK;
}

/* ---- renumbering ----------------------------------------------------------------------------- */

static FaissStatus permute (FaissIndexHNSW *self, FaissHNSW *permuted, const idx_t *perm) {
    FaissIndexFlatCodes *codes = faiss_IndexFlatCodes_cast (self->storage);
    FAISS_REQUIRE (codes, "the storage is %s, which cannot be permuted",
                   self->storage ? faiss_Index_class_name (self->storage) : "NULL");
    FAISS_REQUIRE (codes->index.ntotal == self->index.ntotal,
                   "expected a storage of ntotal=%lld, got %lld", (long long)self->index.ntotal,
                   (long long)codes->index.ntotal);
    FAISS_TRY (faiss_HNSW_copy (permuted, &self->hnsw));
    FAISS_TRY (faiss_HNSW_permute_entries (permuted, perm));
    return faiss_IndexFlatCodes_permute_entries (codes, perm);
}

FaissStatus faiss_IndexHNSW_permute_entries (FaissIndexHNSW *self, const idx_t *perm) {
    FAISS_TRY (faiss_check_index (__func__, self ? &self->index : NULL));
    FAISS_TRY (faiss_hnsw_check (__func__, &self->hnsw));
    FAISS_REQUIRE (faiss_hnsw_size (&self->hnsw) == (size_t)self->index.ntotal,
                   "expected a graph of ntotal=%lld nodes, got %zu", (long long)self->index.ntotal,
                   faiss_hnsw_size (&self->hnsw));
    FaissHNSW permuted = {0};
    FaissStatus status = permute (self, &permuted, perm);
    if (status == FAISS_OK) {
        FaissHNSW old = self->hnsw;
        self->hnsw = permuted;
        permuted = old;
    }
    faiss_HNSW_clear (&permuted);
    return status;
}
