/* Searches with a pool of candidates for the members of a selector only. */
#include <faiss/impl/pool_filter.h>

#include <faiss/IndexNSG.h>
#include <faiss/impl/check.h>
#include <faiss/impl/graph_filter.h>
#include <faiss/impl/parallel.h>
#include <faiss/utils/Heap.h>

FaissStatus faiss_pool_settings (const char *function, const FaissSearchParameters *params,
                                 int search_L, FaissPoolSettings *out) {
    const FaissSearchParametersNSG *own =
        faiss_object_cast (params, &faiss_SearchParametersNSG_class);
    *out = (FaissPoolSettings){.search_L = own ? own->search_L : search_L,
                               .filter = own ? (int)own->filter : FAISS_HNSW_FILTER_AUTO,
                               .sel = params ? params->sel : NULL};
    if (out->filter < FAISS_HNSW_FILTER_AUTO || out->filter > FAISS_HNSW_FILTER_SCAN) {
        return faiss_fail_in (FAISS_EXCEPT, function, "expected a filter of 0 .. %d, got %d",
                              FAISS_HNSW_FILTER_SCAN, out->filter);
    }
    return FAISS_OK;
}

typedef struct Search {
    const FaissPoolPlan *plan;
    const FaissIndex *storage;
    FaissGraphFilter filter;
    const FaissIDSelector *sel;
    size_t ef, k;
    const float *x;
    float *distances;
    idx_t *labels;
} Search;

/* Scratch of one thread: for a walk among all nodes, or among members. */
typedef struct Worker {
    FaissPoolScratch pool;
    FaissGraphScratch graph;
    FaissGraphNode *starts;
    float *keys;
} Worker;

static FaissStatus open_worker (const Search *s, Worker *w) {
    size_t room = s->plan->graph.degree, n_starts = s->plan->pool;
    if (s->filter.way == FAISS_HNSW_FILTER_PLAIN) {
        return faiss_pool_scratch_init (&w->pool, s->plan, s->storage);
    }
    FAISS_TRY (faiss_graph_vectors_open (&w->graph.vectors, s->storage));
    FAISS_TRY (faiss_visited_init (&w->graph.visited, s->plan->graph.n));
    FAISS_TRY (faiss_alloc (&w->graph.fresh, room, sizeof *w->graph.fresh));
    FAISS_TRY (faiss_alloc (&w->graph.fresh_keys, room, sizeof *w->graph.fresh_keys));
    FAISS_TRY (faiss_alloc (&w->starts, n_starts, sizeof *w->starts));
    return faiss_alloc (&w->keys, n_starts, sizeof *w->keys);
}

static void close_worker (Worker *w) {
    faiss_pool_scratch_free (&w->pool);
    faiss_graph_scratch_free (&w->graph);
    free (w->starts);
    free (w->keys);
}

/* The members among all nodes that the search meets. */
static FaissStatus search_plainly (const Search *s, Worker *w, const float *x,
                                   FaissGraphResults *results) {
    FAISS_TRY (faiss_graph_set_query (&w->pool.vectors, x));
    FAISS_TRY (faiss_pool_search (&w->pool, s->plan, true));
    for (size_t i = 0; i < w->pool.n_met; i++) {
        FaissGraphNode node = w->pool.met[i];
        if (s->sel->cls->is_member (s->sel, node.id)) {
            FAISS_TRY (faiss_graph_offer (results, node.key, node.id));
        }
    }
    return FAISS_OK;
}

/* From where a search among all nodes begins. */
static FaissStatus search_members (const Search *s, Worker *w, const float *x,
                                   FaissGraphResults *results) {
    const FaissPoolPlan *plan = s->plan;
    FaissGraphLevel graph = {
        .n = plan->graph.n,
        .room = plan->graph.degree,
        .links = (int32_t *)(uintptr_t)plan->graph.links, /* is only read */
    };
    FAISS_TRY (faiss_graph_set_query (&w->graph.vectors, x));
    if (s->filter.way != FAISS_HNSW_FILTER_SCAN) {
        faiss_graph_distances (&w->graph.vectors, plan->pool, plan->init, w->keys);
    }
    for (size_t i = 0; i < plan->pool && s->filter.way != FAISS_HNSW_FILTER_SCAN; i++) {
        w->starts[i] = (FaissGraphNode){w->keys[i], plan->init[i]};
    }
    FAISS_TRY (faiss_graph_filter_search_from (&s->filter, &graph, &w->graph, w->starts, plan->pool,
                                               s->ef, results));
    return w->graph.vectors.dc->status;
}

static FaissStatus search_one (const Search *s, Worker *w, size_t i) {
    bool is_similarity = faiss_is_similarity_metric (s->storage->metric_type);
    const float *x = s->x + i * (size_t)s->storage->d;
    FaissGraphResults results = {.is_similarity = is_similarity,
                                 .k = s->k,
                                 .distances = s->distances + i * s->k,
                                 .labels = s->labels + i * s->k};
    faiss_heap_heapify (is_similarity, s->k, results.distances, results.labels);
    FAISS_TRY (s->filter.way == FAISS_HNSW_FILTER_PLAIN ? search_plainly (s, w, x, &results)
                                                        : search_members (s, w, x, &results));
    faiss_heap_reorder (is_similarity, s->k, results.distances, results.labels);
    return FAISS_OK;
}

static FaissStatus search_all (const Search *s, size_t n) {
    FaissRegion region = {0};
#pragma omp parallel num_threads(faiss_threads_for((int64_t)n))
    {
        Worker w = {0};
        faiss_region_note (&region, open_worker (s, &w));
#pragma omp for schedule(dynamic, 4)
        for (size_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region, search_one (s, &w, i));
            }
        }
        close_worker (&w);
    }
    return faiss_region_close (&region);
}

FaissStatus faiss_pool_search_index (const FaissPoolPlan *plan, const FaissIndex *storage,
                                     const FaissPoolSettings *settings, size_t n, const float *x,
                                     size_t k, float *distances, idx_t *labels) {
    if (!settings->sel) {
        return faiss_pool_search_all (plan, storage, n, x, k, distances, labels);
    }
    size_t search_L = (size_t)settings->search_L;
    Search s = {.plan = plan,
                .storage = storage,
                .sel = settings->sel,
                .ef = search_L > k ? search_L : k,
                .k = k,
                .x = x,
                .distances = distances,
                .labels = labels};
    FaissGraphFilterCall call = {.sel = settings->sel,
                                 .filter = settings->filter,
                                 .n = plan->graph.n,
                                 .room = plan->graph.degree,
                                 .d = (size_t)storage->d,
                                 .ef = s.ef,
                                 .n_queries = n > 0 ? n : 1,
                                 .k = k};
    FAISS_TRY (faiss_graph_filter_open_call (&s.filter, &call));
    FaissStatus status = search_all (&s, n);
    faiss_graph_filter_close (&s.filter);
    return status;
}
