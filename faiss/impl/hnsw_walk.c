/* Walks through a graph over plain vectors. */
#include <faiss/impl/hnsw_walk.h>

#include <math.h>
#include <string.h>

#include <faiss/impl/FilterCodes.h>
#include <faiss/impl/check.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/Heap.h>

#define TAKEN FAISS_WALK_TAKEN

enum {
    LISTS_AHEAD = 2,   /* candidates whose links are fetched before they are next */
    OFFSETS_AHEAD = 4, /* the same, of the places of their links */
};

/* ---- scratch --------------------------------------------------------------------------------- */

/* Steps share one piece of memory. */
static FaissStatus open_steps (FaissWalk *w, size_t room, size_t n_ahead) {
    FAISS_TRY (faiss_alloc (&w->step.fresh, (1 + n_ahead) * room, 2 * sizeof (uint32_t)));
    FAISS_TRY (faiss_alloc (&w->step.keys, (1 + n_ahead) * room, sizeof (float)));
    w->step.positions = w->step.fresh + room;
    for (size_t i = 0; i < n_ahead; i++) {
        FaissWalkStep *step = &w->ahead[i].step;
        step->fresh = w->step.fresh + 2 * (i + 1) * room;
        step->positions = step->fresh + room;
        step->keys = w->step.keys + (i + 1) * room;
    }
    return FAISS_OK;
}

FaissStatus faiss_walk_open (FaissWalk *self, const FaissWalkPlan *plan) {
    size_t room = 0;
    for (int level = 0; level < faiss_hnsw_n_levels (plan->hnsw); level++) {
        size_t of_level = (size_t)faiss_hnsw_room (plan->hnsw, level);
        room = of_level > room ? of_level : room;
    }
    size_t capacity = plan->capacity + 1, n_words = faiss_hnsw_size (plan->hnsw) / 64 + 1;
    FAISS_TRY (faiss_alloc (&self->keys, capacity, sizeof *self->keys));
    FAISS_TRY (faiss_alloc (&self->ids, capacity, sizeof *self->ids));
    FAISS_TRY (faiss_alloc_aligned (&self->seen, n_words, sizeof *self->seen));
    FAISS_TRY (faiss_alloc (&self->new_keys, room + 1, sizeof *self->new_keys));
    FAISS_TRY (faiss_alloc (&self->new_ids, room + 1, sizeof *self->new_ids));
    return open_steps (self, room, plan->prepares_steps ? FAISS_WALK_AHEAD : 0);
}

void faiss_walk_close (FaissWalk *self) {
    free (self->keys);
    free (self->ids);
    free (self->log);
    free (self->heap.keys);
    free (self->heap.ids);
    free (self->seen);
    free (self->new_keys);
    free (self->new_ids);
    free (self->step.fresh);
    free (self->step.keys);
    *self = (FaissWalk){0};
}

static inline bool keeps_log (const FaissWalk *w, const FaissWalkPlan *plan) {
    return plan->keeps_log && !w->by_codes;
}

static FaissStatus reserve_log (FaissWalk *w, const FaissWalkPlan *plan, size_t more) {
    size_t n = w->log_size + more;
    if (n > w->log_capacity && keeps_log (w, plan)) {
        size_t capacity = n + n / 2 + 256;
        FaissGraphNode *log = realloc (w->log, capacity * sizeof *log);
        if (!log) {
            return faiss_fail (FAISS_STD_EXCEPT, "no memory for %zu candidates", capacity);
        }
        w->log = log;
        w->log_capacity = capacity;
    }
    return FAISS_OK;
}

/* ---- candidates ------------------------------------------------------------------------------ */

/* The heap as it would be by now. */
static FaissStatus update_heap (FaissWalk *w, const FaissWalkPlan *plan) {
    FaissCandidates *heap = &w->heap;
    if (!heap->keys) {
        FAISS_TRY (faiss_alloc (&heap->keys, plan->capacity, sizeof *heap->keys));
        FAISS_TRY (faiss_alloc (&heap->ids, plan->capacity, sizeof *heap->ids));
        heap->capacity = plan->capacity;
        heap->is_similarity = plan->v->is_similarity;
    }
    if (w->log_at == 0) {
        heap->size = heap->n_open = 0;
    }
    for (; w->log_at < w->log_size; w->log_at++) {
        FaissGraphNode event = w->log[w->log_at];
        if ((uint32_t)event.id & TAKEN) {
            faiss_candidates_take_id (heap, (int32_t)((uint32_t)event.id & ~TAKEN));
        } else {
            faiss_candidates_add (heap, event.key, event.id);
        }
    }
    return FAISS_OK;
}

static bool is_taken (const FaissWalk *w, size_t at) {
    return w->ids[at] & TAKEN;
}

static void remove_candidate (FaissWalk *w, size_t at) {
    w->n_open -= !is_taken (w, at);
    w->size--;
    memmove (w->keys + at, w->keys + at + 1, (w->size - at) * sizeof *w->keys);
    memmove (w->ids + at, w->ids + at + 1, (w->size - at) * sizeof *w->ids);
    w->next = at < w->next ? w->next - 1 : w->next;
}

/* Several candidates are the farthest: remove the one on top of the heap.
 *
 * As long as none so far has been taken, that is the worst by its id too. (What is taken loses its
 * id inside the heap, which is out of order then.) */
static FaissStatus remove_one_of_the_farthest (FaissWalk *w, const FaissWalkPlan *plan) {
    float farthest = w->keys[w->size - 1];
    if (w->farthest_taken < farthest) {
        size_t worst = w->size - 1;
        for (size_t at = worst; at-- > 0 && w->keys[at] == farthest;) {
            bool is_larger = w->ids[at] > w->ids[worst];
            worst = is_larger != plan->v->is_similarity ? at : worst;
        }
        remove_candidate (w, worst);
        return FAISS_OK;
    }
    FAISS_TRY (update_heap (w, plan));
    int32_t id = w->heap.ids[0];
    size_t at = w->size - 1;
    while (id == FAISS_CANDIDATE_TAKEN ? !is_taken (w, at) : w->ids[at] != (uint32_t)id) {
        at--;
    }
    remove_candidate (w, at);
    return FAISS_OK;
}

/* The farthest one makes room. */
static FaissStatus remove_farthest (FaissWalk *w, const FaissWalkPlan *plan) {
    if (keeps_log (w, plan) && w->size > 1 && w->keys[w->size - 2] == w->keys[w->size - 1]) {
        return remove_one_of_the_farthest (w, plan);
    }
    w->size--;
    w->n_open -= !is_taken (w, w->size);
    return FAISS_OK;
}

/* The first m of new_keys and new_ids become candidates, of which there is room for as many. */
static inline size_t merge (FaissWalk *w, size_t m) {
    size_t at = faiss_kernels.sorted_merge (w->keys, w->ids, w->size, w->new_keys, w->new_ids, m);
    w->size += m;
    w->n_open += m;
    w->next = at < w->next ? at : w->next;
    return at;
}

/* Room in the log must have been reserved. */
static inline FaissStatus insert (FaissWalk *w, const FaissWalkPlan *plan, float key, uint32_t id) {
    if (key != key) {
        w->has_nan = true;
        return FAISS_OK;
    }
    if (w->size == plan->capacity) {
        if (!(key < w->keys[w->size - 1])) {
            return FAISS_OK;
        }
        FAISS_TRY (remove_farthest (w, plan));
    }
    w->new_keys[0] = key;
    w->new_ids[0] = id;
    size_t at = merge (w, 1);
    if (keeps_log (w, plan)) {
        w->log[w->log_size++] = (FaissGraphNode){key, (int32_t)id};
    } else {
        w->has_ties |= !w->by_codes && at + 1 < w->size && w->keys[at + 1] == key;
    }
    return FAISS_OK;
}

/* The rows whose keys are known and near enough: into the log, and sorted into new_keys and
 * new_ids. How many. */
static inline size_t list_new (FaissWalk *w, const FaissWalkPlan *plan, const FaissWalkStep *s) {
    bool is_full = w->size == plan->capacity;
    float worst = is_full ? w->keys[w->size - 1] : 0;
    size_t m = 0;
    for (size_t j = 0; j < s->n_rows; j++) {
        float key = s->keys[j];
        uint32_t id = s->fresh[s->positions[j]];
        w->has_nan |= key != key;
        if (key != key || (is_full && !(key < worst))) {
            continue;
        }
        if (keeps_log (w, plan)) {
            w->log[w->log_size++] = (FaissGraphNode){key, (int32_t)id};
        }
        size_t at = m++;
        for (; at > 0 && !(w->new_keys[at - 1] < key); at--) {
            w->new_keys[at] = w->new_keys[at - 1];
            w->new_ids[at] = w->new_ids[at - 1];
        }
        w->new_keys[at] = key;
        w->new_ids[at] = id;
    }
    return m;
}

/* With m new ones there are more candidates than are kept. The farthest old ones are removed; how
 * many new ones stay. *is_a_tie: one that goes is as far as one that stays; nothing is removed. */
static size_t remove_surplus (FaissWalk *w, const FaissWalkPlan *plan, size_t m, bool *is_a_tie) {
    size_t n_old = w->size, n_new = m;
    float key = 0;
    while (n_old + n_new > plan->capacity) {
        bool is_new = n_old == 0 || (n_new > 0 && w->new_keys[n_new - 1] > w->keys[n_old - 1]);
        key = is_new ? w->new_keys[--n_new] : w->keys[--n_old];
    }
    *is_a_tie =
        (n_old > 0 && w->keys[n_old - 1] == key) || (n_new > 0 && w->new_keys[n_new - 1] == key);
    while (w->size > n_old && !(*is_a_tie && keeps_log (w, plan))) {
        w->size--;
        w->n_open -= !is_taken (w, w->size);
    }
    return n_new;
}

/* All rows whose keys are known. Room in the log must have been reserved.
 *
 * The nearest of all stay, whatever their order, unless several are equally far: then they come
 * one after the other. */
static FaissStatus insert_all (FaissWalk *w, const FaissWalkPlan *plan, const FaissWalkStep *s) {
    size_t begin = w->log_size, m = list_new (w, plan, s);
    bool is_a_tie = false;
    size_t n_kept = w->size + m > plan->capacity ? remove_surplus (w, plan, m, &is_a_tie) : m;
    if (!is_a_tie || w->by_codes) {
        merge (w, n_kept);
        return FAISS_OK;
    }
    w->log_size = begin;
    for (size_t i = begin; i < begin + m; i++) {
        FAISS_TRY (insert (w, plan, w->log[i].key, (uint32_t)w->log[i].id));
    }
    return FAISS_OK;
}

/* Is another one that is not taken as near as the one at `at`? It can only be behind that. */
static bool has_rival (const FaissWalk *w, size_t at) {
    for (size_t i = at + 1; i < w->size && w->keys[i] == w->keys[at]; i++) {
        if (!is_taken (w, i)) {
            return true;
        }
    }
    return false;
}

/* The first one from `at` on that is not taken; that may be w->size. There may be hundreds of taken
 * ones in front of it. */
static inline size_t find_open (const FaissWalk *w, size_t at) {
    enum { AT_ONCE = 32 };
    for (; at + AT_ONCE <= w->size; at += AT_ONCE) {
        uint32_t all = TAKEN;
        for (size_t t = 0; t < AT_ONCE; t++) {
            all &= w->ids[at + t];
        }
        if (!all) {
            break;
        }
    }
    while (at < w->size && is_taken (w, at)) {
        at++;
    }
    return at;
}

/* The nearest one that is not taken; that may be w->size. */
static inline size_t next_open (FaissWalk *w) {
    w->next = find_open (w, w->next);
    return w->next;
}

/* The next candidate to follow; *is_over: there is none, or it is too far. Room in the log must
 * have been reserved. */
static FaissStatus take_next (FaissWalk *w, const FaissWalkPlan *plan, int32_t *node,
                              bool *is_over) {
    size_t at = next_open (w), n_nearer = at;
    *is_over =
        at == w->size || w->has_ties || (!plan->check_relative_distance && w->n_steps > plan->ef);
    if (*is_over) {
        return FAISS_OK;
    }
    if (keeps_log (w, plan) && has_rival (w, at)) {
        float key;
        FAISS_TRY (update_heap (w, plan));
        int32_t id = faiss_candidates_take (&w->heap, &key);
        while (w->ids[at] != (uint32_t)id) {
            at++;
        }
        w->log_at++; /* the heap knows what is logged below */
    }
    *node = (int32_t)w->ids[at];
    w->ids[at] |= TAKEN;
    w->farthest_taken = w->keys[at] > w->farthest_taken ? w->keys[at] : w->farthest_taken;
    if (keeps_log (w, plan)) {
        w->log[w->log_size++] = (FaissGraphNode){w->keys[at], (int32_t)w->ids[at]};
    }
    w->n_open--;
    while (n_nearer > 0 && w->keys[n_nearer - 1] == w->keys[at]) {
        n_nearer--;
    }
    *is_over = plan->check_relative_distance && n_nearer >= plan->ef;
    return FAISS_OK;
}

/* With a selector results are members only, in a heap of their own. */
static void offer_member (FaissWalk *w, const FaissWalkPlan *plan, float key, uint32_t id) {
    if (plan->sel->cls->is_member (plan->sel, id)) {
        bool is_similarity = plan->v->is_similarity;
        faiss_heap_offer (is_similarity, w->k, w->distances, w->labels, is_similarity ? -key : key,
                          id);
        w->worst_result = is_similarity ? -w->distances[0] : w->distances[0];
    }
}

/* ---- steps ----------------------------------------------------------------------------------- */

static inline bool see (FaissWalk *w, uint32_t node) {
    uint64_t bit = (uint64_t)1 << (node & 63), *word = &w->seen[node >> 6];
    bool is_new = !(*word & bit);
    *word |= bit;
    return is_new;
}

static inline bool is_seen (const FaissWalk *w, uint32_t node) {
    return w->seen[node >> 6] >> (node & 63) & 1;
}

static inline void fetch_links (const FaissWalkPlan *plan, int32_t node, int level) {
    faiss_prefetch (faiss_hnsw_links (plan->hnsw, node, level),
                    (size_t)faiss_hnsw_room (plan->hnsw, level) * sizeof (int32_t));
}

static inline void fetch_code (const FaissFlatVectors *v, uint32_t node) {
    faiss_prefetch (v->codes.rows + node * v->code_stride, v->code_stride);
}

/* The links of a node that are new; on greedy walks, all of them. */
static void list_links (FaissWalk *w, const FaissWalkPlan *plan, int32_t node) {
    const int32_t *links = faiss_hnsw_links (plan->hnsw, node, w->level);
    size_t room = (size_t)faiss_hnsw_room (plan->hnsw, w->level), n = 0;
    FaissWalkStep *s = &w->step;
    uint32_t *fresh = s->fresh;
    if (w->is_greedy) {
        for (; n < room && links[n] >= 0; n++) {
            fresh[n] = (uint32_t)links[n];
        }
    } else {
        for (size_t j = 0; j < room && links[j] >= 0; j++) {
            fresh[n] = (uint32_t)links[j];
            n += see (w, (uint32_t)links[j]);
        }
    }
    s->n_fresh = n;
    w->n_steps++;
    w->n_distances += n;
    for (size_t j = 0; w->filter && j < n; j++) {
        fetch_code (plan->v, fresh[j]);
    }
    w->phase = FAISS_WALK_FILTERING;
}

/* What a row must be nearer than to be of any use. */
static float useful_key (const FaissWalk *w, const FaissWalkPlan *plan) {
    if (w->is_greedy) {
        return w->key;
    }
    float worst = w->size == plan->capacity ? w->keys[w->size - 1] : HUGE_VALF;
    return plan->sel && w->worst_result > worst ? w->worst_result : worst;
}

/* Those that may be near enough. */
static void filter_links (FaissWalk *w, const FaissWalkPlan *plan, FaissWalkStep *s) {
    const FaissFlatVectors *v = plan->v;
    float worst = useful_key (w, plan);
    if (w->filter && worst < HUGE_VALF) {
        float bound =
            faiss_filter_bound (w->filter, v->is_similarity, v->is_similarity ? -worst : worst);
        s->n_rows = v->find (w->filter, v->codes.rows, s->fresh, s->n_fresh, bound, s->positions);
        w->n_tested += s->n_fresh;
        w->n_passed += s->n_rows;
    } else {
        s->n_rows = s->n_fresh;
        for (size_t j = 0; j < s->n_fresh; j++) {
            s->positions[j] = (uint32_t)j;
        }
    }
    for (size_t j = 0; j < s->n_rows; j++) {
        uint32_t id = s->fresh[s->positions[j]];
        if (!w->whole) {
            faiss_prefetch (faiss_flat_row (v, id), v->d * sizeof (float));
        }
        __builtin_prefetch (&plan->hnsw->offsets.data[id]); /* where its links are */
    }
}

/* The one that is next now, and those that may be; of others behind, where their links are. */
static void fetch_next_links (FaissWalk *w, const FaissWalkPlan *plan) {
    size_t at = next_open (w);
    for (int n = 0; n < OFFSETS_AHEAD && at < w->size; n++) {
        if (n < LISTS_AHEAD) {
            fetch_links (plan, (int32_t)w->ids[at], w->level);
        } else {
            __builtin_prefetch (&plan->hnsw->offsets.data[w->ids[at]]);
        }
        at = find_open (w, at + 1);
    }
}

/* The keys of the rows that passed. */
static void compute_keys (const FaissWalk *w, const FaissWalkPlan *plan, FaissWalkStep *s) {
    const FaissFlatVectors *v = plan->v;
    if (w->whole) {
        size_t n_left = faiss_kernels.filter_whole_L2 (w->whole, v->d, v->codes.rows, s->fresh,
                                                       s->positions, s->n_rows, s->keys);
        for (size_t j = 0; n_left > 0 && j < s->n_rows; j++) {
            if (s->keys[j] < 0) {
                faiss_flat_keys (v, w->x, s->fresh, s->positions + j, 1, s->keys + j);
            }
        }
    } else {
        faiss_flat_keys (v, w->x, s->fresh, s->positions, s->n_rows, s->keys);
    }
}

/* The keys of all by their codes, of those that are near enough. */
static void compute_keys_by_codes (const FaissWalk *w, const FaissWalkPlan *plan,
                                   FaissWalkStep *s) {
    faiss_flat_keys_by_codes (plan->v, w->filter, w->x, s->fresh, s->n_fresh, s->keys);
    float worst = useful_key (w, plan);
    s->n_rows = 0;
    for (size_t j = 0; j < s->n_fresh; j++) {
        s->positions[s->n_rows] = (uint32_t)j;
        s->keys[s->n_rows] = s->keys[j];
        if (!(s->keys[j] >= worst)) {
            __builtin_prefetch (&plan->hnsw->offsets.data[s->fresh[j]]);
            s->n_rows++;
        }
    }
}

/* The links whose keys are known become candidates. */
static FaissStatus insert_links (FaissWalk *w, const FaissWalkPlan *plan, const FaissWalkStep *s) {
    FAISS_TRY (reserve_log (w, plan, s->n_rows));
    for (size_t j = 0; plan->sel && j < s->n_rows; j++) {
        offer_member (w, plan, s->keys[j], s->fresh[s->positions[j]]);
    }
    if (keeps_log (w, plan) || w->by_codes) {
        return insert_all (w, plan, s);
    }
    for (size_t j = 0; j < s->n_rows; j++) { /* equal ones have to be noticed */
        FAISS_TRY (insert (w, plan, s->keys[j], s->fresh[s->positions[j]]));
    }
    return FAISS_OK;
}

/* The codes of what is probably listed next; its links have been fetched. */
static void look_ahead (FaissWalk *w, const FaissWalkPlan *plan) {
    size_t at = next_open (w);
    if (at == w->size) {
        return;
    }
    const int32_t *links = faiss_hnsw_links (plan->hnsw, (int32_t)w->ids[at], w->level);
    size_t room = (size_t)faiss_hnsw_room (plan->hnsw, w->level);
    for (size_t j = 0; j < room && links[j] >= 0; j++) {
        if (!is_seen (w, (uint32_t)links[j])) {
            fetch_code (plan->v, (uint32_t)links[j]);
        }
    }
}

/* As faiss_hnsw_greedy: the walk is over where no link is nearer. */
static void move_on (FaissWalk *w, const FaissWalkPlan *plan, const FaissWalkStep *s) {
    for (size_t j = 0; j < s->n_rows; j++) {
        if (s->keys[j] < w->key) {
            w->key = s->keys[j];
            w->nearest = (int32_t)s->fresh[s->positions[j]];
        }
    }
    w->phase = w->nearest == w->walked_from ? FAISS_WALK_DONE : FAISS_WALK_LISTING;
    w->walked_from = w->nearest;
    if (w->phase == FAISS_WALK_LISTING) {
        fetch_links (plan, w->nearest, w->level);
    }
}

/* The keys are known. */
static FaissStatus end_step (FaissWalk *w, const FaissWalkPlan *plan) {
    if (w->is_greedy) {
        move_on (w, plan, &w->step);
        return FAISS_OK;
    }
    FAISS_TRY (insert_links (w, plan, &w->step));
    w->phase = FAISS_WALK_LISTING;
    fetch_next_links (w, plan);
    return FAISS_OK;
}

/* ---- steps made ahead ------------------------------------------------------------------------ */

/* A walk that is alone in its thread uses the time that memory takes for the steps from the next
 * candidates: they are prepared before it is their turn. What is prepared stays right: links may
 * have been seen meanwhile, and rows that passed may not be near enough any more; both are
 * noticed, and nothing else can happen. Where a candidate that has just been found is the next
 * one, its step begins from nothing, and the others are carried on while its memory is on its way.
 */

/* How far: the step of the next candidate, and of those behind it. */
static const FaissWalkStage stages_ahead[] = {FAISS_AHEAD_CODES, FAISS_AHEAD_CODES,
                                              FAISS_AHEAD_LINKS};

/* What is prepared of a node's step; if nothing, the place of another that was not used lately. */
static FaissWalkAhead *find_ahead (FaissWalk *w, int32_t node) {
    FaissWalkAhead *oldest = &w->ahead[0];
    for (int i = 0; i < FAISS_WALK_AHEAD; i++) {
        if (w->ahead[i].node == node) {
            w->ahead[i].used_at = w->n_steps + 1;
            return &w->ahead[i];
        }
        oldest = w->ahead[i].used_at < oldest->used_at ? &w->ahead[i] : oldest;
    }
    oldest->node = node;
    oldest->stage = FAISS_AHEAD_NOTHING;
    oldest->used_at = w->n_steps + 1;
    return oldest;
}

/* As list_links, but nothing counts as seen by that. */
static void list_links_ahead (const FaissWalk *w, const FaissWalkPlan *plan, FaissWalkAhead *a) {
    const int32_t *links = faiss_hnsw_links (plan->hnsw, a->node, w->level);
    size_t room = (size_t)faiss_hnsw_room (plan->hnsw, w->level), n = 0;
    for (size_t j = 0; j < room && links[j] >= 0; j++) {
        a->step.fresh[n] = (uint32_t)links[j];
        n += !is_seen (w, (uint32_t)links[j]);
    }
    a->step.n_fresh = n;
    for (size_t j = 0; w->filter && j < n; j++) {
        fetch_code (plan->v, a->step.fresh[j]);
    }
}

/* Go on as soon as this was asked for: what it asks for is read the next time. */
/* Those that have been seen since they were listed are no part of the step any more. */
static void drop_seen (const FaissWalk *w, FaissWalkStep *s) {
    size_t n = 0;
    for (size_t j = 0; j < s->n_fresh; j++) {
        s->fresh[n] = s->fresh[j];
        n += !is_seen (w, s->fresh[j]);
    }
    s->n_fresh = n;
}

static void prepare (FaissWalk *w, const FaissWalkPlan *plan, FaissWalkAhead *a) {
    switch (a->stage) {
    case FAISS_AHEAD_NOTHING:
        fetch_links (plan, a->node, w->level);
        a->stage = FAISS_AHEAD_LINKS;
        break;
    case FAISS_AHEAD_LINKS:
        list_links_ahead (w, plan, a);
        a->stage = FAISS_AHEAD_CODES;
        break;
    case FAISS_AHEAD_CODES:
        drop_seen (w, &a->step);
        if (w->by_codes) {
            compute_keys_by_codes (w, plan, &a->step);
        } else {
            filter_links (w, plan, &a->step);
        }
        if (w->whole) { /* there are no rows to wait for */
            compute_keys (w, plan, &a->step);
        }
        a->stage = w->by_codes || w->whole ? FAISS_AHEAD_KEYS : FAISS_AHEAD_ROWS;
        break;
    case FAISS_AHEAD_ROWS:
        compute_keys (w, plan, &a->step);
        a->stage = FAISS_AHEAD_KEYS;
        break;
    case FAISS_AHEAD_KEYS:
        break;
    }
}

static void prepare_next (FaissWalk *w, const FaissWalkPlan *plan) {
    size_t at = next_open (w), n = sizeof stages_ahead / sizeof *stages_ahead;
    for (size_t i = 0; i < n && at < w->size; i++) {
        FaissWalkAhead *a = find_ahead (w, (int32_t)w->ids[at]);
        if (a->stage < stages_ahead[i]) {
            prepare (w, plan, a);
        }
        at = find_open (w, at + 1);
    }
    if (at < w->size) {
        __builtin_prefetch (&plan->hnsw->offsets.data[w->ids[at]]);
    }
}

/* The links of the step are seen now. What has been seen meanwhile is no part of it. */
static void claim_links (FaissWalk *w, FaissWalkStep *s) {
    size_t n = 0, n_new = 0;
    for (size_t j = 0; j < s->n_rows; j++) {
        s->positions[n] = s->positions[j];
        s->keys[n] = s->keys[j];
        n += see (w, s->fresh[s->positions[j]]);
    }
    for (size_t j = 0; j < s->n_fresh; j++) {
        n_new += see (w, s->fresh[j]);
    }
    s->n_rows = n;
    w->n_distances += n + n_new;
}

/* A whole step. */
static FaissStatus step_ahead (FaissWalk *w, const FaissWalkPlan *plan, int32_t node) {
    FaissWalkAhead *a = find_ahead (w, node);
    while (a->stage < FAISS_AHEAD_KEYS) {
        prepare (w, plan, a);
        if (a->stage < FAISS_AHEAD_KEYS) {
            prepare_next (w, plan);
        }
    }
    w->n_steps++;
    claim_links (w, &a->step);
    a->node = -1;
    a->used_at = 0;
    FAISS_TRY (insert_links (w, plan, &a->step));
    prepare_next (w, plan);
    return FAISS_OK;
}

/* ---- walks ----------------------------------------------------------------------------------- */

void faiss_walk_begin_greedy (FaissWalk *w, const FaissWalkPlan *plan, int level, int32_t node,
                              float key) {
    w->phase = FAISS_WALK_LISTING;
    w->is_greedy = true;
    w->level = level;
    w->nearest = w->walked_from = node;
    w->key = key;
    fetch_links (plan, node, level);
}

FaissStatus faiss_walk_begin (FaissWalk *w, const FaissWalkPlan *plan, int level, int32_t node,
                              float key) {
    fetch_links (plan, node, level);
    w->phase = FAISS_WALK_LISTING;
    w->is_greedy = false;
    w->level = level;
    w->n_steps = w->n_distances = 0;
    w->size = w->next = w->n_open = 0;
    w->has_nan = w->has_ties = false;
    w->log_size = w->log_at = 0;
    w->worst_result = HUGE_VALF;
    w->farthest_taken = -HUGE_VALF;
    memset (w->seen, 0, (faiss_hnsw_size (plan->hnsw) / 64 + 1) * sizeof *w->seen);
    see (w, (uint32_t)node);
    for (int i = 0; i < FAISS_WALK_AHEAD; i++) {
        w->ahead[i].node = -1;
        w->ahead[i].used_at = 0;
    }
    if (plan->sel) {
        faiss_heap_heapify (plan->v->is_similarity, w->k, w->distances, w->labels);
        offer_member (w, plan, key, (uint32_t)node);
    }
    FAISS_TRY (reserve_log (w, plan, 1));
    return insert (w, plan, key, (uint32_t)node);
}

FaissStatus faiss_walk_advance (FaissWalk *w, const FaissWalkPlan *plan) {
    int32_t node = w->nearest;
    bool is_over = false;
    switch (w->phase) {
    case FAISS_WALK_LISTING:
        if (!w->is_greedy) {
            FAISS_TRY (reserve_log (w, plan, 1));
            FAISS_TRY (take_next (w, plan, &node, &is_over));
        }
        if (is_over) {
            w->phase = FAISS_WALK_DONE;
        } else if (plan->prepares_steps && !w->is_greedy) {
            return step_ahead (w, plan, node);
        } else {
            list_links (w, plan, node);
        }
        return FAISS_OK;
    case FAISS_WALK_FILTERING:
        if (plan->looks_ahead && w->filter && !w->is_greedy) {
            look_ahead (w, plan);
        }
        if (w->by_codes) { /* they are here: there is nothing to wait for */
            compute_keys_by_codes (w, plan, &w->step);
            return end_step (w, plan);
        }
        filter_links (w, plan, &w->step);
        w->phase = FAISS_WALK_COMPARING;
        return FAISS_OK;
    case FAISS_WALK_COMPARING:
        compute_keys (w, plan, &w->step);
        return end_step (w, plan);
    default:
        w->phase = FAISS_WALK_DONE;
        return FAISS_OK;
    }
}
