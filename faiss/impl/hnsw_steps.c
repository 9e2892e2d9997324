/* Single steps of walks in graphs and of their build, by a distance computer of the caller's. */
#include <stdlib.h>

#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_internal.h>

static FaissStatus check_node (const char *function, const FaissHNSW *hnsw, int node, int level) {
    size_t n = faiss_hnsw_size (hnsw);
    if (node < 0 || (size_t)node >= n) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected a node of 0 .. %lld, got %d",
                              (long long)n - 1, node);
    }
    if (level < 0 || level >= hnsw->levels.data[node] || level >= faiss_hnsw_n_levels (hnsw)) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "expected a level of node %d, 0 .. %d, got %d", node,
                              hnsw->levels.data[node] - 1, level);
    }
    return FAISS_OK;
}

static FaissStatus check_computer (const char *function, const FaissHNSW *hnsw,
                                   const FaissDistanceComputer *dc) {
    if (dc->end && *dc->end < (idx_t)faiss_hnsw_size (hnsw)) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected distances to %zu vectors, got %lld",
                              faiss_hnsw_size (hnsw), (long long)*dc->end);
    }
    return FAISS_OK;
}

static size_t count_links (const int32_t *links, size_t room) {
    size_t n = 0;
    while (n < room && links[n] >= 0) {
        n++;
    }
    return n;
}

FaissStatus faiss_greedy_update_nearest (const FaissHNSW *hnsw, FaissDistanceComputer *qdis,
                                         int level, int *nearest, float *d_nearest,
                                         FaissHNSWStats *out) {
    FAISS_REQUIRE_ARG (hnsw);
    FAISS_REQUIRE_ARG (qdis);
    FAISS_REQUIRE_ARG (nearest);
    FAISS_REQUIRE_ARG (d_nearest);
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (qdis->has_query, "there is no query: set_query comes first");
    FAISS_TRY (check_node (__func__, hnsw, *nearest, level));
    FAISS_TRY (check_computer (__func__, hnsw, qdis));
    FAISS_AUTO_FREE (float) *keys = NULL;
    FAISS_TRY (faiss_alloc (&keys, (size_t)faiss_hnsw_room (hnsw, level), sizeof *keys));
    bool is_similarity = hnsw->is_similarity;
    FaissGraphScratch s = {.vectors = {.dc = qdis, .is_similarity = is_similarity},
                           .fresh_keys = keys};
    int32_t node = *nearest;
    float key = is_similarity ? -*d_nearest : *d_nearest;
    qdis->status = FAISS_OK;
    faiss_hnsw_greedy (hnsw, &s, level, &node, &key);
    FAISS_TRY (qdis->status);
    *nearest = node;
    *d_nearest = is_similarity ? -key : key;
    *out = s.stats;
    return FAISS_OK;
}

static int compare_ids (const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Sort; each once. */
static FaissStatus sort_incoming (const FaissHNSW *hnsw, FaissInt32Vector *incoming) {
    FAISS_TRY (faiss_Int32Vector_own (incoming));
    for (size_t i = 0; i < incoming->size; i++) {
        int32_t id = incoming->data[i];
        FAISS_REQUIRE (id >= 0 && (size_t)id < faiss_hnsw_size (hnsw),
                       "expected nodes of 0 .. %lld, got %d", (long long)faiss_hnsw_size (hnsw) - 1,
                       id);
    }
    size_t n = 0;
    if (incoming->size > 0) {
        qsort (incoming->data, incoming->size, sizeof *incoming->data, compare_ids);
    }
    for (size_t i = 0; i < incoming->size; i++) {
        if (n == 0 || incoming->data[n - 1] != incoming->data[i]) {
            incoming->data[n++] = incoming->data[i];
        }
    }
    return faiss_Int32Vector_resize (incoming, n);
}

static bool has_link (const int32_t *links, size_t n, int32_t id) {
    for (size_t i = 0; i < n; i++) {
        if (links[i] == id) {
            return true;
        }
    }
    return false;
}

FaissStatus faiss_HNSW_merge_reverse_links_deterministic (FaissHNSW *self,
                                                          FaissDistanceComputer *dis, int node,
                                                          int level, FaissInt32Vector *incoming,
                                                          bool keep_max_size_level0) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (dis);
    FAISS_REQUIRE_ARG (incoming);
    FAISS_TRY (check_node (__func__, self, node, level));
    FAISS_TRY (check_computer (__func__, self, dis));
    FAISS_TRY (sort_incoming (self, incoming));
    FAISS_TRY (faiss_Int32Vector_own (&self->neighbors));
    int32_t *links = faiss_hnsw_links (self, node, level);
    size_t room = (size_t)faiss_hnsw_room (self, level), n_old = count_links (links, room);
    size_t most = n_old + incoming->size, n = n_old;
    FAISS_AUTO_FREE (FaissGraphNode) *nodes = NULL;
    FAISS_TRY (faiss_alloc (&nodes, 2 * most + 1, sizeof *nodes));
    for (size_t i = 0; i < n_old; i++) {
        nodes[i].id = links[i];
    }
    for (size_t i = 0; i < incoming->size; i++) {
        if (incoming->data[i] != node && !has_link (links, n_old, incoming->data[i])) {
            nodes[n++].id = incoming->data[i];
        }
    }
    size_t n_kept = n;
    if (n > room) {
        FaissGraphVectors vectors = {
            .dc = dis, .is_similarity = self->is_similarity, .alpha = self->alpha};
        dis->status = FAISS_OK;
        for (size_t i = 0; i < n; i++) {
            nodes[i].key = faiss_graph_pair_distance (&vectors, node, nodes[i].id);
        }
        qsort (nodes, n, sizeof *nodes, faiss_graph_compare_nodes);
        n_kept = faiss_hnsw_shrink (&vectors, nodes, n,
                                    faiss_hnsw_room_after_pruning (self, level, false),
                                    keep_max_size_level0 && level == 0 ? room : 0, nodes + most);
        FAISS_TRY (dis->status);
    }
    for (size_t i = 0; i < room; i++) {
        links[i] = i < n_kept ? nodes[i].id : -1;
    }
    return FAISS_OK;
}
