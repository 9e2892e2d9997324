/* Search in graphs of hierarchical navigable small worlds. */
#include <float.h>
#include <math.h>
#include <string.h>

#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_candidates.h>
#include <faiss/impl/hnsw_internal.h>
#include <faiss/utils/Heap.h>

/* ---- scratch --------------------------------------------------------------------------------- */

static size_t max_room (const FaissHNSW *hnsw) {
    size_t max = 1;
    for (int level = 0; level < faiss_hnsw_n_levels (hnsw); level++) {
        size_t room = (size_t)faiss_hnsw_room (hnsw, level);
        max = room > max ? room : max;
    }
    return max;
}

FaissStatus faiss_graph_scratch_init (FaissGraphScratch *self, const FaissHNSW *hnsw,
                                      const FaissIndex *storage) {
    size_t room = max_room (hnsw);
    FAISS_TRY (faiss_graph_vectors_open (&self->vectors, storage));
    self->vectors.alpha = hnsw->alpha;
    FAISS_TRY (faiss_visited_init (&self->visited, faiss_hnsw_size (hnsw)));
    FAISS_TRY (faiss_alloc (&self->fresh, room, sizeof *self->fresh));
    return faiss_alloc (&self->fresh_keys, room, sizeof *self->fresh_keys);
}

void faiss_graph_scratch_free (FaissGraphScratch *self) {
    faiss_graph_vectors_close (&self->vectors);
    faiss_visited_free (&self->visited);
    faiss_graph_queue_free (&self->candidates);
    faiss_graph_queue_free (&self->found);
    free (self->keys);
    free (self->ids);
    free (self->fresh);
    free (self->fresh_keys);
    *self = (FaissGraphScratch){0};
}

static FaissStatus make_room (FaissGraphScratch *self, size_t n) {
    if (n > self->capacity) {
        free (self->keys);
        free (self->ids);
        self->keys = NULL;
        self->ids = NULL;
        self->capacity = 0;
        FAISS_TRY (faiss_alloc (&self->keys, n, sizeof *self->keys));
        FAISS_TRY (faiss_alloc (&self->ids, n, sizeof *self->ids));
        self->capacity = n;
    }
    return FAISS_OK;
}

void faiss_hnsw_count (const FaissHNSWSettings *settings, const FaissHNSWStats *stats) {
    faiss_HNSWStats_combine (faiss_get_hnsw_stats (), stats);
    if (settings->stats) {
        faiss_HNSWStats_combine (settings->stats, stats);
    }
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* The links of a node that are not visited yet, which are marked, and their distances. */
static size_t expand (const FaissHNSW *self, FaissGraphScratch *s, int32_t node, int level) {
    const int32_t *links = faiss_hnsw_links (self, node, level);
    size_t room = (size_t)faiss_hnsw_room (self, level), n = 0;
    for (size_t j = 0; j < room && links[j] >= 0; j++) {
        s->fresh[n] = links[j];
        n += faiss_visited_set (&s->visited, links[j]);
    }
    faiss_graph_distances (&s->vectors, n, s->fresh, s->fresh_keys);
    s->stats.ndis += n;
    s->stats.nhops++;
    return n;
}

void faiss_hnsw_greedy (const FaissHNSW *self, FaissGraphScratch *s, int level, int32_t *nearest,
                        float *key) {
    int32_t start;
    do {
        start = *nearest;
        const int32_t *links = faiss_hnsw_links (self, start, level);
        size_t room = (size_t)faiss_hnsw_room (self, level), n = 0;
        while (n < room && links[n] >= 0) {
            n++;
        }
        faiss_graph_distances (&s->vectors, n, links, s->fresh_keys);
        for (size_t j = 0; j < n; j++) {
            if (s->fresh_keys[j] < *key) {
                *key = s->fresh_keys[j];
                *nearest = links[j];
            }
        }
        s->stats.ndis += n;
        s->stats.nhops++;
    } while (*nearest != start);
}

FaissStatus faiss_graph_offer (FaissGraphResults *results, float key, int32_t id) {
    float value = results->is_similarity ? -key : key;
    if (results->distances) {
        faiss_heap_offer (results->is_similarity, results->k, results->distances, results->labels,
                          value, id);
        return FAISS_OK;
    }
    float bound = results->handler ? results->handler->threshold : results->radius;
    if (!(results->is_similarity ? value > bound : value < bound)) {
        return FAISS_OK;
    }
    return results->handler ? results->handler->add_result (results->handler, value, id)
                            : faiss_RangeQueryResult_add (results->range, value, id);
}

static bool is_selected (const FaissHNSWSettings *settings, int32_t id) {
    return !settings->sel || settings->sel->cls->is_member (settings->sel, id);
}

/* ---- a limited number of candidates ---------------------------------------------------------- */

static FaissStatus search_bounded (const FaissHNSW *self, FaissGraphScratch *s,
                                   const FaissHNSWSettings *settings, FaissCandidates *candidates,
                                   FaissGraphResults *results) {
    size_t ef = settings->efSearch > 0 ? (size_t)settings->efSearch : 0;
    for (size_t i = 0; i < candidates->size; i++) {
        if (is_selected (settings, candidates->ids[i])) {
            FAISS_TRY (faiss_graph_offer (results, candidates->keys[i], candidates->ids[i]));
        }
        faiss_visited_set (&s->visited, candidates->ids[i]);
    }
    size_t n_steps = 0;
    while (candidates->n_open > 0) {
        float key = 0;
        int32_t node = faiss_candidates_take (candidates, &key);
        if (node < 0 || (settings->check_relative_distance &&
                         faiss_candidates_nearer (candidates, key) >= ef)) {
            break;
        }
        size_t n = expand (self, s, node, 0);
        for (size_t j = 0; j < n; j++) {
            if (is_selected (settings, s->fresh[j])) {
                FAISS_TRY (faiss_graph_offer (results, s->fresh_keys[j], s->fresh[j]));
            }
            faiss_candidates_add (candidates, s->fresh_keys[j], s->fresh[j]);
        }
        n_steps++;
        if (!settings->check_relative_distance && n_steps > ef) {
            break;
        }
    }
    s->stats.n1++;
    s->stats.n2 += candidates->n_open == 0;
    return FAISS_OK;
}

/* As many as can be needed. */
static size_t candidates_of (const FaissHNSW *self, const FaissHNSWSettings *settings, size_t k) {
    size_t ef = settings->efSearch > 0 ? (size_t)settings->efSearch : 0, n = faiss_hnsw_size (self);
    ef = ef > k ? ef : k;
    return ef < n ? ef : n;
}

static FaissStatus open_candidates (FaissCandidates *out, FaissGraphScratch *s, size_t capacity) {
    FAISS_TRY (make_room (s, capacity));
    *out = (FaissCandidates){.keys = s->keys,
                             .ids = s->ids,
                             .capacity = capacity,
                             .is_similarity = s->vectors.is_similarity};
    return FAISS_OK;
}

/* ---- any number of candidates ---------------------------------------------------------------- */

/* With a selector its members are results as they come. (Upstream ignores the selector here.) */
static FaissStatus offer_member (FaissGraphResults *results, const FaissHNSWSettings *settings,
                                 FaissGraphNode node) {
    return settings->sel && is_selected (settings, node.id)
               ? faiss_graph_offer (results, node.key, node.id)
               : FAISS_OK;
}

static FaissStatus search_unbounded (const FaissHNSW *self, FaissGraphScratch *s,
                                     const FaissHNSWSettings *settings, int32_t nearest, float key,
                                     size_t k, FaissGraphResults *results) {
    size_t ef = candidates_of (self, settings, k);
    FaissGraphQueue *candidates = &s->candidates, *found = &s->found;
    FaissGraphNode start = {key, nearest};
    FaissGraphTies ties = results->is_similarity ? FAISS_GRAPH_TIES_FARTHEST_HAS_SMALLEST_ID
                                                 : FAISS_GRAPH_TIES_FARTHEST_HAS_LARGEST_ID;
    candidates->size = found->size = 0;
    FAISS_TRY (faiss_graph_queue_push (candidates, false, ties, start));
    FAISS_TRY (faiss_graph_queue_push (found, true, ties, start));
    faiss_visited_set (&s->visited, nearest);
    FAISS_TRY (offer_member (results, settings, start));
    while (candidates->size > 0 && candidates->nodes[0].key <= found->nodes[0].key) {
        FaissGraphNode node = faiss_graph_queue_pop (candidates, false, ties);
        size_t n = expand (self, s, node.id, 0);
        for (size_t j = 0; j < n; j++) {
            FaissGraphNode next = {s->fresh_keys[j], s->fresh[j]};
            FAISS_TRY (offer_member (results, settings, next));
            if (found->size < ef || next.key < found->nodes[0].key) {
                FAISS_TRY (faiss_graph_queue_push (candidates, false, ties, next));
                FAISS_TRY (faiss_graph_queue_push (found, true, ties, next));
                if (found->size > ef) {
                    faiss_graph_queue_pop (found, true, ties);
                }
            }
        }
    }
    s->stats.n1++;
    s->stats.n2 += candidates->size == 0;
    if (settings->sel) {
        return FAISS_OK;
    }
    while (found->size > k) {
        faiss_graph_queue_pop (found, true, ties);
    }
    while (found->size > 0) {
        FaissGraphNode node = faiss_graph_queue_pop (found, true, ties);
        FAISS_TRY (faiss_graph_offer (results, node.key, node.id));
    }
    return FAISS_OK;
}

/* ---- whole searches -------------------------------------------------------------------------- */

FaissStatus faiss_hnsw_search_from (const FaissHNSW *self, FaissGraphScratch *s,
                                    const FaissHNSWSettings *settings, int32_t nearest, float key,
                                    FaissGraphResults *results) {
    faiss_visited_clear (&s->visited);
    if (!settings->bounded_queue) {
        return search_unbounded (self, s, settings, nearest, key, results->k, results);
    }
    FaissCandidates candidates;
    FAISS_TRY (open_candidates (&candidates, s, candidates_of (self, settings, results->k)));
    faiss_candidates_add (&candidates, key, nearest);
    return search_bounded (self, s, settings, &candidates, results);
}

FaissStatus faiss_hnsw_search (const FaissHNSW *self, FaissGraphScratch *s,
                               const FaissHNSWSettings *settings, FaissGraphResults *results) {
    if (self->entry_point < 0) {
        return FAISS_OK;
    }
    int32_t nearest = self->entry_point;
    float key = faiss_graph_distance (&s->vectors, nearest);
    for (int level = self->max_level; level > 0; level--) {
        faiss_hnsw_greedy (self, s, level, &nearest, &key);
    }
    return faiss_hnsw_search_from (self, s, settings, nearest, key, results);
}

static FaissStatus check_start (const FaissHNSW *self, int32_t node) {
    FAISS_REQUIRE ((size_t)node < faiss_hnsw_size (self), "start at node %d, but the graph has %zu",
                   node, faiss_hnsw_size (self));
    return FAISS_OK;
}

FaissStatus faiss_hnsw_search_level_0 (const FaissHNSW *self, FaissGraphScratch *s,
                                       const FaissHNSWSettings *settings, size_t n,
                                       const int32_t *nearest, const float *nearest_d,
                                       int search_type, FaissGraphResults *results) {
    FAISS_REQUIRE (search_type == 1 || search_type == 2, "expected search_type 1 or 2, got %d",
                   search_type);
    size_t size = candidates_of (self, settings, results->k);
    FaissCandidates candidates;
    faiss_visited_clear (&s->visited);
    if (search_type == 2) {
        FAISS_TRY (open_candidates (&candidates, s, size > n ? size : n));
    }
    for (size_t i = 0; i < n && nearest[i] >= 0; i++) {
        float key = faiss_graph_key (&s->vectors, nearest_d[i]);
        FAISS_TRY (check_start (self, nearest[i]));
        if (search_type == 2) {
            faiss_candidates_add (&candidates, key, nearest[i]);
        } else if (!faiss_visited_get (&s->visited, nearest[i])) {
            FAISS_TRY (open_candidates (&candidates, s, size));
            faiss_candidates_add (&candidates, key, nearest[i]);
            FAISS_TRY (search_bounded (self, s, settings, &candidates, results));
        }
    }
    return search_type == 2 ? search_bounded (self, s, settings, &candidates, results) : FAISS_OK;
}
