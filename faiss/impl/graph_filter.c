/* Searches in graphs for the members of a selector only. */
#include <faiss/impl/graph_filter.h>

#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/graph_near.h>

enum {
    N_SAMPLES = 512,
    N_SEEDS = 16, /* nodes, members or not, that the walk begins with */
    SCANNED_AT_ONCE = 256
};

/* ---- who is a member ------------------------------------------------------------------------- */

static inline bool is_member (const FaissGraphFilter *f, int32_t node) {
    return f->bits.bits ? faiss_visited_get (&f->bits, node)
                        : f->sel->cls->is_member (f->sel, node);
}

static const void *as (const FaissIDSelector *sel, FaissIDSelectorClass *cls) {
    return faiss_object_cast (sel, &cls->head);
}

static void note_member (FaissGraphFilter *f, idx_t id, size_t *n_members) {
    if (id >= 0 && (uint64_t)id < f->n) {
        *n_members += faiss_visited_set (&f->bits, (int32_t)id);
    }
}

static size_t count_bits (const FaissVisited *bits) {
    size_t count = 0;
    for (size_t i = 0; i < bits->n_words; i++) {
        count += (size_t)__builtin_popcountll (bits->bits[i]);
    }
    return count;
}

static void take_bits (FaissGraphFilter *f, const FaissIDSelectorBitmap *bitmap) {
    size_t n_bytes = bitmap->n < f->n / 8 + 1 ? bitmap->n : f->n / 8 + 1;
    for (size_t i = 0; i < n_bytes; i++) {
        f->bits.bits[i / 8] |= (uint64_t)bitmap->bitmap[i] << (8 * (i & 7));
    }
    f->bits.bits[f->n / 64] &= ((uint64_t)1 << (f->n & 63)) - 1;
}

/* Lists of ids and bits become words of bits: asking these takes no time. */
static FaissStatus spread_ids (FaissGraphFilter *f, size_t *n_members, bool *is_known) {
    const FaissIDSelectorArray *array = as (f->sel, &faiss_IDSelectorArray_class);
    const FaissIDSelectorBatch *batch = as (f->sel, &faiss_IDSelectorBatch_class);
    const FaissIDSelectorBitmap *bitmap = as (f->sel, &faiss_IDSelectorBitmap_class);
    if (!array && !batch && !bitmap) {
        return FAISS_OK;
    }
    FAISS_TRY (faiss_visited_init (&f->bits, f->n));
    if (bitmap) {
        take_bits (f, bitmap);
        *n_members = count_bits (&f->bits);
    }
    for (size_t i = 0; array && i < array->n; i++) {
        note_member (f, array->ids[i], n_members);
    }
    for (size_t i = 0; batch && i < batch->set.n_slots; i++) {
        if (batch->set.used[i] == 1) {
            note_member (f, batch->set.keys[i], n_members);
        }
    }
    *is_known = true;
    return FAISS_OK;
}

/* An array of ids of the caller's, which each question walks through. */
static FaissStatus index_array (FaissGraphFilter *f) {
    const FaissIDSelectorTranslated *translated = as (f->sel, &faiss_IDSelectorTranslated_class);
    const FaissIDSelectorArray *array =
        translated ? as (translated->sel, &faiss_IDSelectorArray_class) : NULL;
    if (array && array->n > 4) {
        FAISS_TRY (faiss_IDSelectorBatch_new (&f->batch, array->n, array->ids));
        f->translated = *translated;
        f->translated.sel = &f->batch->sel;
        f->sel = &f->translated.base;
    }
    return FAISS_OK;
}

/* Those whose number can be told without asking for each node. */
static bool count_members (const FaissIDSelector *sel, size_t n, size_t *count) {
    const FaissIDSelectorRange *range = as (sel, &faiss_IDSelectorRange_class);
    const FaissIDSelectorNot *not_these = as (sel, &faiss_IDSelectorNot_class);
    if (range) {
        size_t begin = range->imin > 0 ? (size_t)range->imin : 0;
        size_t end = range->imax > 0 ? (size_t)range->imax : 0;
        end = end < n ? end : n;
        *count = end > begin ? end - begin : 0;
        return true;
    }
    if (not_these && not_these->sel && count_members (not_these->sel, n, count)) {
        *count = n - *count;
        return true;
    }
    *count = n;
    return as (sel, &faiss_IDSelectorAll_class);
}

/* Nodes all over the graph, one of each part of it. */
static double sample_share (const FaissGraphFilter *f) {
    size_t n_samples = f->n < N_SAMPLES ? f->n : N_SAMPLES, n_members = 0;
    uint64_t random = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < n_samples; i++) {
        size_t begin = i * f->n / n_samples, end = (i + 1) * f->n / n_samples;
        random = random * 6364136223846793005u + 1442695040888963407u;
        n_members += is_member (f, (int32_t)(begin + (random >> 33) % (end - begin)));
    }
    return n_samples > 0 ? (double)n_members / (double)n_samples : 0;
}

static FaissStatus ask_for_ids (const FaissGraphFilter *f, FaissInt32Vector *ids) {
    const FaissIDSelectorRange *range = as (f->sel, &faiss_IDSelectorRange_class);
    size_t begin = range && range->imin > 0 ? (size_t)range->imin : 0, end = f->n;
    end = range && range->imax < (idx_t)end ? (size_t)(range->imax > 0 ? range->imax : 0) : end;
    for (size_t i = begin; i < end; i++) {
        if (f->sel->cls->is_member (f->sel, (idx_t)i)) {
            FAISS_TRY (faiss_Int32Vector_push_back (ids, (int32_t)i));
        }
    }
    return FAISS_OK;
}

static FaissStatus collect_ids (FaissGraphFilter *f, FaissInt32Vector *ids) {
    if (!f->bits.bits) {
        return ask_for_ids (f, ids);
    }
    for (size_t word = 0; word < f->bits.n_words; word++) {
        for (uint64_t bits = f->bits.bits[word]; bits; bits &= bits - 1) {
            FAISS_TRY (faiss_Int32Vector_push_back (
                ids, (int32_t)(word * 64 + (size_t)__builtin_ctzll (bits))));
        }
    }
    return FAISS_OK;
}

/* ---- which way ------------------------------------------------------------------------------- */

/* In units of one distance of a scan; measured with vectors of 25 to 784 components. */
/* Of more members a walk with more candidates finds as many, as quickly. */
#define MOSTLY 0.35

static int choose_way (const FaissGraphFilter *f, const FaissGraphFilterCall *call,
                       bool is_counted) {
    double room = (double)call->room, share = f->share, n_members = share * (double)f->n;
    double n_steps = (double)(call->ef > call->k ? call->ef : call->k);
    double question = 20.0 / (double)(call->d > 20 ? call->d : 20); /* is a node a member? */
    double n_asked = share > 0 && room / share < room * room ? room / share : room * room;
    double walk = n_steps * (room * 1.5 + n_asked * question);
    double collecting = is_counted ? 0 : (double)f->n * question / (double)call->n_queries;
    bool too_few = share * room * room < 8; /* members among what two links lead to */
    if (n_members + collecting < walk || too_few) {
        return FAISS_HNSW_FILTER_SCAN;
    }
    if (call->k == 0 || share > MOSTLY) {
        return FAISS_HNSW_FILTER_PLAIN;
    }
    return FAISS_HNSW_FILTER_EXPAND;
}

static FaissStatus open_filter (FaissGraphFilter *f, const FaissGraphFilterCall *call) {
    size_t n_members = 0;
    bool is_counted = false;
    FAISS_TRY (spread_ids (f, &n_members, &is_counted));
    FAISS_TRY (index_array (f));
    is_counted = is_counted || count_members (f->sel, f->n, &n_members);
    f->share = is_counted ? (double)n_members / (double)f->n : sample_share (f);
    f->way =
        call->filter != FAISS_HNSW_FILTER_AUTO ? call->filter : choose_way (f, call, is_counted);
    if (call->k == 0 && f->way == FAISS_HNSW_FILTER_EXPAND) {
        f->way = FAISS_HNSW_FILTER_PLAIN;
    }
    return f->way == FAISS_HNSW_FILTER_SCAN ? collect_ids (f, &f->ids) : FAISS_OK;
}

FaissStatus faiss_graph_filter_open_call (FaissGraphFilter *self,
                                          const FaissGraphFilterCall *call) {
    *self = (FaissGraphFilter){.way = FAISS_HNSW_FILTER_PLAIN, .sel = call->sel, .n = call->n};
    if (!call->sel || call->filter == FAISS_HNSW_FILTER_PLAIN || call->n == 0) {
        return FAISS_OK;
    }
    FaissStatus status = open_filter (self, call);
    if (status != FAISS_OK || self->way == FAISS_HNSW_FILTER_PLAIN) {
        faiss_graph_filter_close (self);
        self->way = FAISS_HNSW_FILTER_PLAIN;
    }
    return status;
}

FaissStatus faiss_graph_filter_open (FaissGraphFilter *self, const FaissHNSW *hnsw, size_t d,
                                     const FaissHNSWSettings *settings, size_t n_queries,
                                     size_t k) {
    FaissGraphFilterCall call = {.sel = hnsw->entry_point < 0 ? NULL : settings->sel,
                                 .filter = settings->filter,
                                 .n = faiss_hnsw_size (hnsw),
                                 .room = (size_t)faiss_hnsw_room (hnsw, 0),
                                 .d = d,
                                 .ef = (size_t)settings->efSearch,
                                 .n_queries = n_queries,
                                 .k = k};
    return faiss_graph_filter_open_call (self, &call);
}

void faiss_graph_filter_close (FaissGraphFilter *self) {
    faiss_visited_free (&self->bits);
    faiss_Int32Vector_clear (&self->ids);
    if (self->batch) {
        faiss_IDSelector_free (&self->batch->sel);
    }
    *self = (FaissGraphFilter){0};
}

/* ---- all members ----------------------------------------------------------------------------- */

static FaissStatus scan_ids (FaissGraphScratch *s, size_t n, const int32_t *ids,
                             FaissGraphResults *results) {
    float keys[SCANNED_AT_ONCE];
    for (size_t begin = 0; begin < n; begin += SCANNED_AT_ONCE) {
        size_t size = n - begin < SCANNED_AT_ONCE ? n - begin : SCANNED_AT_ONCE;
        faiss_graph_distances (&s->vectors, size, ids + begin, keys);
        for (size_t j = 0; j < size; j++) {
            FAISS_TRY (faiss_graph_offer (results, keys[j], ids[begin + j]));
        }
    }
    s->stats.ndis += n;
    return FAISS_OK;
}

/* The same where they are not known; without those that were offered already. */
static FaissStatus scan_others (const FaissGraphFilter *f, FaissGraphScratch *s,
                                FaissGraphResults *results) {
    int32_t ids[SCANNED_AT_ONCE];
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (!faiss_visited_get (&s->visited, (int32_t)i) && is_member (f, (int32_t)i)) {
            ids[n++] = (int32_t)i;
        }
        if (n == SCANNED_AT_ONCE || (i + 1 == f->n && n > 0)) {
            FAISS_TRY (scan_ids (s, n, ids, results));
            n = 0;
        }
    }
    return FAISS_OK;
}

/* ---- from member to member ------------------------------------------------------------------- */

typedef struct Walk {
    const FaissGraphFilter *f;
    const FaissGraphLevel *graph;
    FaissGraphScratch *s;
    FaissGraphResults *results;
    FaissGraphNear seeds; /* members and others */
    FaissGraphNear members;
    FaissVisited passed; /* nodes that are none whose links were read */
    int32_t *others;     /* links of one node that are no members */
    size_t room, n_found;
} Walk;

static FaissStatus meet_member (Walk *w, float key, int32_t node) {
    faiss_graph_near_put (&w->members, key, node);
    w->n_found++;
    return faiss_graph_offer (w->results, key, node);
}

/* Links of a node, whoever they lead to. */
static FaissStatus follow_all (Walk *w, int32_t node) {
    FaissGraphScratch *s = w->s;
    const int32_t *links = faiss_graph_level_links (w->graph, node);
    size_t n = 0;
    for (size_t j = 0; j < w->room && links[j] >= 0; j++) {
        s->fresh[n] = links[j];
        n += faiss_visited_set (&s->visited, links[j]);
    }
    faiss_graph_distances (&s->vectors, n, s->fresh, s->fresh_keys);
    for (size_t j = 0; j < n; j++) {
        faiss_graph_near_put (&w->seeds, s->fresh_keys[j], s->fresh[j]);
        if (is_member (w->f, s->fresh[j])) {
            FAISS_TRY (meet_member (w, s->fresh_keys[j], s->fresh[j]));
        }
    }
    s->stats.ndis += n;
    s->stats.nhops++;
    return FAISS_OK;
}

/* Members among the links of a node that is none: behind n others in s->fresh. */
static size_t pass_through (Walk *w, int32_t node, size_t n) {
    FaissGraphScratch *s = w->s;
    const int32_t *links = faiss_graph_level_links (w->graph, node);
    size_t j = 0;
    for (; j < w->room && links[j] >= 0 && n < w->room; j++) {
        if (!faiss_visited_get (&s->visited, links[j]) && is_member (w->f, links[j])) {
            faiss_visited_set (&s->visited, links[j]);
            s->fresh[n++] = links[j];
        }
    }
    if (n < w->room) {
        faiss_visited_set (&w->passed, node);
    }
    s->stats.nhops++;
    return n;
}

/* Members that one or two links of a node lead to. */
static FaissStatus follow_members (Walk *w, int32_t node) {
    FaissGraphScratch *s = w->s;
    const int32_t *links = faiss_graph_level_links (w->graph, node);
    size_t n = 0, n_others = 0;
    for (size_t j = 0; j < w->room && links[j] >= 0; j++) {
        if (is_member (w->f, links[j])) {
            s->fresh[n] = links[j];
            n += faiss_visited_set (&s->visited, links[j]);
        } else if (!faiss_visited_get (&w->passed, links[j])) {
            w->others[n_others++] = links[j];
            if (w->graph->offsets) {
                __builtin_prefetch (&w->graph->offsets[links[j]]);
            }
        }
    }
    enum { AHEAD = 3 };
    for (size_t j = 0; j < n_others && n < w->room; j++) {
        if (j + AHEAD < n_others) {
            __builtin_prefetch (faiss_graph_level_links (w->graph, w->others[j + AHEAD]));
        }
        n = pass_through (w, w->others[j], n);
    }
    faiss_graph_distances (&s->vectors, n, s->fresh, s->fresh_keys);
    for (size_t j = 0; j < n; j++) {
        FAISS_TRY (meet_member (w, s->fresh_keys[j], s->fresh[j]));
    }
    s->stats.ndis += n;
    s->stats.nhops++;
    return FAISS_OK;
}

static FaissStatus walk (Walk *w, const FaissGraphNode *starts, size_t n_starts) {
    int32_t node = -1;
    faiss_visited_clear (&w->s->visited);
    for (size_t i = 0; i < n_starts; i++) {
        int32_t start = starts[i].id;
        faiss_visited_set (&w->s->visited, start);
        faiss_graph_near_put (&w->seeds, starts[i].key, start);
        FAISS_TRY (is_member (w->f, start) ? meet_member (w, starts[i].key, start) : FAISS_OK);
    }
    while (faiss_graph_near_take (&w->seeds, &node)) {
        FAISS_TRY (follow_all (w, node));
    }
    for (size_t i = 0; i < w->seeds.size; i++) {
        node = faiss_graph_near_id (&w->seeds, i);
        if (!is_member (w->f, node)) {
            FAISS_TRY (follow_members (w, node));
        }
    }
    while (faiss_graph_near_take (&w->members, &node)) {
        FAISS_TRY (follow_members (w, node));
    }
    /* members that nothing leads to, or hardly any */
    return w->n_found < w->results->k ? scan_others (w->f, w->s, w->results) : FAISS_OK;
}

static FaissStatus open_walk (Walk *w, size_t ef) {
    size_t n = w->f->n;
    w->members.capacity = ef < n ? ef : n;
    w->seeds.capacity = N_SEEDS;
    FAISS_TRY (faiss_alloc (&w->members.nodes, w->members.capacity, sizeof *w->members.nodes));
    FAISS_TRY (faiss_alloc (&w->seeds.nodes, w->seeds.capacity, sizeof *w->seeds.nodes));
    FAISS_TRY (faiss_alloc (&w->others, w->room, sizeof *w->others));
    return faiss_visited_init (&w->passed, n);
}

static void close_walk (Walk *w) {
    free (w->members.nodes);
    free (w->seeds.nodes);
    free (w->others);
    faiss_visited_free (&w->passed);
}

static FaissStatus search_by_members (const FaissGraphFilter *f, const FaissGraphLevel *graph,
                                      FaissGraphScratch *s, const FaissGraphNode *starts,
                                      size_t n_starts, size_t ef, FaissGraphResults *results) {
    Walk w = {.f = f, .graph = graph, .s = s, .results = results, .room = graph->room};
    FaissStatus status = open_walk (&w, ef > results->k ? ef : results->k);
    if (status == FAISS_OK) {
        status = walk (&w, starts, n_starts);
    }
    close_walk (&w);
    return status;
}

FaissStatus faiss_graph_filter_search_from (const FaissGraphFilter *self,
                                            const FaissGraphLevel *graph, FaissGraphScratch *s,
                                            const FaissGraphNode *starts, size_t n_starts,
                                            size_t ef, FaissGraphResults *results) {
    return self->way == FAISS_HNSW_FILTER_SCAN
               ? scan_ids (s, self->ids.size, self->ids.data, results)
               : search_by_members (self, graph, s, starts, n_starts, ef, results);
}

FaissStatus faiss_graph_filter_search (const FaissGraphFilter *self, const FaissHNSW *hnsw,
                                       FaissGraphScratch *s, const FaissHNSWSettings *settings,
                                       const FaissGraphNode *given, FaissGraphResults *results) {
    FaissGraphNode start = given ? *given : (FaissGraphNode){0};
    FaissGraphLevel graph = {.n = self->n,
                             .room = (size_t)faiss_hnsw_room (hnsw, 0),
                             .links = hnsw->neighbors.data,
                             .offsets = hnsw->offsets.data};
    s->stats.n1++;
    if (!given && self->way != FAISS_HNSW_FILTER_SCAN) {
        start.id = hnsw->entry_point;
        start.key = faiss_graph_distance (&s->vectors, start.id);
        for (int level = hnsw->max_level; level > 0; level--) {
            faiss_hnsw_greedy (hnsw, s, level, &start.id, &start.key);
        }
    }
    return faiss_graph_filter_search_from (self, &graph, s, &start, 1, (size_t)settings->efSearch,
                                           results);
}
