/* Searches that walk through a graph with a pool of candidates: what all vectors have in common. */
#include <faiss/impl/pool_search.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/graph_sort.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/pool_flat.h>

enum { SEED = 0x1234 };

/* ---- plans ----------------------------------------------------------------------------------- */

void faiss_pool_plan_free (FaissPoolPlan *self) {
    free (self->init);
    *self = (FaissPoolPlan){0};
}

FaissStatus faiss_pool_plan_from_node (FaissPoolPlan *self, const FaissFixedGraph *graph,
                                       int32_t node, size_t pool, const FaissVisited *marks) {
    size_t n = graph->n, size = 0, n_left = n;
    FaissVisited seen = {0};
    FaissRandomGenerator rng;
    pool = pool < n ? pool : n;
    *self = (FaissPoolPlan){.graph = *graph, .init_is_seen = true};
    FAISS_TRY (faiss_alloc (&self->init, pool, sizeof *self->init));
    FaissStatus status = faiss_visited_init (&seen, n);
    if (status != FAISS_OK) {
        faiss_pool_plan_free (self);
        return status;
    }
    if (marks) {
        memcpy (seen.bits, marks->bits, seen.n_words * sizeof *seen.bits);
    }
    const int32_t *links = faiss_fixed_links (graph, node);
    for (size_t j = 0; j < graph->degree && size < pool; j++) {
        bool is_link = links[j] >= 0;
        if (is_link && (faiss_visited_set (&seen, links[j]) ||
                        (marks && faiss_visited_get (marks, links[j])))) {
            self->init[size++] = links[j];
        }
    }
    for (size_t i = 0; i < n && marks; i++) {
        n_left -= faiss_visited_get (&seen, (int32_t)i);
    }
    pool = marks && pool > size + n_left ? size + n_left : pool;
    self->pool = pool;
    if (size < pool) {
        faiss_RandomGenerator_init (&rng, SEED);
    }
    while (size < pool) {
        int32_t id = faiss_RandomGenerator_rand_int_max (&rng, (int)n);
        if (faiss_visited_set (&seen, id)) {
            self->init[size++] = id;
        }
    }
    faiss_visited_free (&seen);
    return FAISS_OK;
}

/* ---- scratch --------------------------------------------------------------------------------- */

FaissStatus faiss_pool_scratch_init (FaissPoolScratch *self, const FaissPoolPlan *plan,
                                     const FaissIndex *storage) {
    size_t n_fresh = plan->graph.degree > plan->pool ? plan->graph.degree : plan->pool;
    if (storage) {
        FAISS_TRY (faiss_graph_vectors_open (&self->vectors, storage));
    }
    FAISS_TRY (faiss_visited_init (&self->visited, plan->graph.n));
    FAISS_TRY (faiss_alloc (&self->fresh, n_fresh, sizeof *self->fresh));
    FAISS_TRY (faiss_alloc (&self->fresh_keys, n_fresh, sizeof *self->fresh_keys));
    return faiss_alloc (&self->candidates, plan->pool + 1, sizeof *self->candidates);
}

void faiss_pool_scratch_free (FaissPoolScratch *self) {
    if (self->vectors.dc) {
        faiss_graph_vectors_close (&self->vectors);
    }
    faiss_visited_free (&self->visited);
    free (self->fresh);
    free (self->fresh_keys);
    free (self->candidates);
    free (self->met);
    *self = (FaissPoolScratch){0};
}

/* ---- one search, whatever the vectors -------------------------------------------------------- */

/* Of fresh nodes; a distance that is no number is infinite. */
static FaissStatus compute_keys (FaissPoolScratch *s, const int32_t *nodes, size_t n,
                                 bool collect) {
    faiss_graph_distances (&s->vectors, n, nodes, s->fresh_keys);
    for (size_t j = 0; j < n; j++) {
        s->fresh_keys[j] = s->fresh_keys[j] == s->fresh_keys[j] ? s->fresh_keys[j] : HUGE_VALF;
    }
    if (!collect) {
        return FAISS_OK;
    }
    if (s->n_met + n > s->met_capacity) {
        size_t capacity = s->n_met + n + s->n_met / 2 + 256;
        FaissGraphNode *met = realloc (s->met, capacity * sizeof *met);
        if (!met) {
            return faiss_fail (FAISS_STD_EXCEPT, "no memory for %zu nodes", capacity);
        }
        s->met = met;
        s->met_capacity = capacity;
    }
    for (size_t j = 0; j < n; j++) {
        s->met[s->n_met++] = (FaissGraphNode){s->fresh_keys[j], nodes[j]};
    }
    return FAISS_OK;
}

/* A better candidate takes the place of the last one; returns its position. */
static size_t insert (FaissPoolScratch *s, size_t pool, float key, int32_t id, bool may_be_there) {
    FaissGraphNode *candidates = s->candidates;
    size_t at = faiss_pool_place (candidates, pool, key);
    if (may_be_there && faiss_pool_has (candidates, at, key, id)) {
        return pool;
    }
    memmove (candidates + at + 1, candidates + at, (pool - 1 - at) * sizeof *candidates);
    candidates[at] = (FaissGraphNode){key, id};
    return at;
}

FaissStatus faiss_pool_search (FaissPoolScratch *s, const FaissPoolPlan *plan, bool collect) {
    size_t pool = plan->pool;
    s->n_met = 0;
    faiss_visited_clear (&s->visited);
    if (s->marks) {
        memcpy (s->visited.bits, s->marks->bits, s->visited.n_words * sizeof *s->visited.bits);
    }
    FAISS_TRY (compute_keys (s, plan->init, pool, collect));
    for (size_t j = 0; j < pool; j++) {
        s->candidates[j] = (FaissGraphNode){s->fresh_keys[j], plan->init[j]};
        if (plan->init_is_seen) {
            faiss_visited_set (&s->visited, plan->init[j]);
        }
    }
    faiss_graph_sort (s->candidates, pool);
    for (size_t next = 0; next < pool;) {
        size_t n = 0, first = pool;
        if (faiss_pool_is_taken (s->candidates[next])) {
            next++;
            continue;
        }
        const int32_t *links = faiss_fixed_links (&plan->graph, s->candidates[next].id);
        s->candidates[next].id |= (int32_t)FAISS_POOL_TAKEN;
        for (size_t j = 0; j < plan->graph.degree; j++) {
            if (links[j] >= 0 && faiss_visited_set (&s->visited, links[j])) {
                s->fresh[n++] = links[j];
            }
        }
        FAISS_TRY (compute_keys (s, s->fresh, n, collect));
        for (size_t j = 0; j < n; j++) {
            if (s->fresh_keys[j] < s->candidates[pool - 1].key) {
                size_t at = insert (s, pool, s->fresh_keys[j], s->fresh[j], !plan->init_is_seen);
                first = at < first ? at : first;
            }
        }
        next = first <= next ? first : next + 1;
    }
    for (size_t j = 0; j < pool; j++) {
        s->candidates[j].id &= (int32_t)~FAISS_POOL_TAKEN;
    }
    return s->vectors.dc->status;
}

/* ---- many ------------------------------------------------------------------------------------ */

void faiss_pool_write_results (const FaissGraphNode *candidates, size_t pool, bool is_similarity,
                               size_t k, float *distances, idx_t *labels) {
    for (size_t j = 0; j < k; j++) {
        bool is_there = j < pool && candidates[j].key < FLT_MAX;
        float key = is_there ? candidates[j].key : FLT_MAX;
        distances[j] = is_similarity ? -key : key;
        labels[j] = is_there ? (idx_t)(candidates[j].id & (int32_t)~FAISS_POOL_TAKEN) : -1;
    }
}

FaissStatus faiss_pool_search_computer (const FaissPoolPlan *plan, FaissDistanceComputer *dc,
                                        bool is_similarity, size_t k, idx_t *labels, float *keys) {
    FaissPoolScratch s = {0};
    FaissStatus status = faiss_pool_scratch_init (&s, plan, NULL);
    s.vectors = (FaissGraphVectors){.dc = dc, .is_similarity = is_similarity};
    if (status == FAISS_OK) {
        dc->status = FAISS_OK;
        status = faiss_pool_search (&s, plan, false);
    }
    if (status == FAISS_OK) {
        faiss_pool_write_results (s.candidates, plan->pool, false, k, keys, labels);
    }
    s.vectors.dc = NULL; /* the caller's */
    faiss_pool_scratch_free (&s);
    return status;
}

static FaissStatus search_one (const FaissPoolPlan *plan, FaissPoolScratch *s, const float *x,
                               size_t k, float *distances, idx_t *labels) {
    FAISS_TRY (faiss_graph_set_query (&s->vectors, x));
    FAISS_TRY (faiss_pool_search (s, plan, false));
    faiss_pool_write_results (s->candidates, plan->pool, s->vectors.is_similarity, k, distances,
                              labels);
    return FAISS_OK;
}

FaissStatus faiss_pool_search_all (const FaissPoolPlan *plan, const FaissIndex *storage, size_t n,
                                   const float *x, size_t k, float *distances, idx_t *labels) {
    FaissRegion region = {0};
    FaissFlatVectors flat;
    if (faiss_flat_vectors_open (&flat, storage)) {
        return faiss_pool_search_flat (plan, storage, n, x, k, distances, labels);
    }
    size_t d = (size_t)storage->d;
#pragma omp parallel num_threads(faiss_threads_for((int64_t)n))
    {
        FaissPoolScratch s = {0};
        faiss_region_note (&region, faiss_pool_scratch_init (&s, plan, storage));
#pragma omp for schedule(dynamic, 4)
        for (size_t i = 0; i < n; i++) {
            if (!faiss_region_stopped (&region)) {
                faiss_region_note (&region, search_one (plan, &s, x + i * d, k, distances + i * k,
                                                        labels + i * k));
            }
        }
        faiss_pool_scratch_free (&s);
    }
    return faiss_region_close (&region);
}
