/* Building graphs, phase B of a batch: the links back to new nodes. */
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_link.h>
#include <faiss/impl/parallel.h>

static FaissStatus reserve_links (FaissLinkVector *v, size_t n) {
    if (n > v->capacity) {
        size_t capacity = n + n / 2;
        FaissLink *data = realloc (v->data, capacity * sizeof *data);
        if (!data) {
            return faiss_fail (FAISS_STD_EXCEPT, "no memory for %zu links", capacity);
        }
        v->data = data;
        v->capacity = capacity;
    }
    return FAISS_OK;
}

static FaissStatus collect_links (FaissLinking *b, int level, const int32_t *nodes, size_t n) {
    const FaissHNSW *hnsw = b->hnsw;
    size_t room = (size_t)faiss_hnsw_room (hnsw, level);
    b->links.size = 0;
    FAISS_TRY (reserve_links (&b->links, n * room));
    for (size_t i = 0; i < n; i++) {
        const int32_t *links = faiss_hnsw_links (hnsw, nodes[i], level);
        for (size_t j = 0; j < room && links[j] >= 0; j++) {
            b->links.data[b->links.size++] = (FaissLink)links[j] << 32 | (uint32_t)nodes[i];
        }
    }
    return FAISS_OK;
}

/* By bytes from the lowest to the highest; those that are the same in all links are left out. */
static FaissStatus sort_links (FaissLinking *b) {
    size_t n = b->links.size;
    FAISS_TRY (reserve_links (&b->sorted, n));
    FaissLink all_or = 0, all_and = ~(FaissLink)0;
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
        FaissLinkVector sorted = b->sorted;
        b->sorted = b->links;
        b->links = sorted;
        b->links.size = n;
    }
    return FAISS_OK;
}

/* Where the links to each node begin, and the end. */
static FaissStatus find_runs (FaissLinking *b, size_t *n_runs) {
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

static FaissStatus save_for_undo (FaissLinking *b, size_t n_runs) {
    FaissLinkUndo *undo = &b->undo;
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
static FaissStatus link_back (FaissLinking *b, FaissLinkWorker *w, int level,
                              const FaissLink *incoming, size_t n) {
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
    FAISS_TRY (faiss_link_reserve_nodes (w, n_old + n));
    for (size_t j = 0; j < n_old + n; j++) {
        int32_t id = j < n_old ? links[j] : (int32_t)(uint32_t)incoming[j - n_old];
        w->nodes[j] = (FaissGraphNode){faiss_graph_pair_distance (&w->s.vectors, node, id), id};
    }
    qsort (w->nodes, n_old + n, sizeof *w->nodes, faiss_graph_compare_nodes);
    bool keep_max_size = level == 0 && b->args->keep_max_size_level0;
    size_t n_kept =
        faiss_link_shrink (b, w, n_old + n, faiss_hnsw_room_after_pruning (hnsw, level, false),
                           keep_max_size ? room : 0);
    for (size_t j = 0; j < room; j++) {
        links[j] = j < n_kept ? w->nodes[j].id : -1;
    }
    return w->s.vectors.dc->status;
}

FaissStatus faiss_link_back (FaissLinking *b, int level, const int32_t *nodes, size_t n) {
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
