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
    FAISS_TRY (faiss_alloc (&self->fresh, room, sizeof *self->fresh));
    FAISS_TRY (faiss_alloc (&self->positions, room, sizeof *self->positions));
    FAISS_TRY (faiss_alloc (&self->new_keys, room + 1, sizeof *self->new_keys));
    FAISS_TRY (faiss_alloc (&self->new_ids, room + 1, sizeof *self->new_ids));
    return faiss_alloc (&self->fresh_keys, room, sizeof *self->fresh_keys);
}

void faiss_walk_close (FaissWalk *self) {
    free (self->keys);
    free (self->ids);
    free (self->log);
    free (self->heap.keys);
    free (self->heap.ids);
    free (self->seen);
    free (self->fresh);
    free (self->positions);
    free (self->fresh_keys);
    free (self->new_keys);
    free (self->new_ids);
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
static inline size_t list_new (FaissWalk *w, const FaissWalkPlan *plan) {
    bool is_full = w->size == plan->capacity;
    float worst = is_full ? w->keys[w->size - 1] : 0;
    size_t m = 0;
    for (size_t j = 0; j < w->n_rows; j++) {
        float key = w->fresh_keys[j];
        uint32_t id = w->fresh[w->positions[j]];
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
static FaissStatus insert_all (FaissWalk *w, const FaissWalkPlan *plan) {
    size_t begin = w->log_size, m = list_new (w, plan);
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
    uint32_t *fresh = w->fresh;
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
    w->n_fresh = n;
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

static void filter_links (FaissWalk *w, const FaissWalkPlan *plan) {
    const FaissFlatVectors *v = plan->v;
    float worst = useful_key (w, plan);
    if (w->filter && worst < HUGE_VALF) {
        float bound =
            faiss_filter_bound (w->filter, v->is_similarity, v->is_similarity ? -worst : worst);
        w->n_rows = v->find (w->filter, v->codes.rows, w->fresh, w->n_fresh, bound, w->positions);
        w->n_tested += w->n_fresh;
        w->n_passed += w->n_rows;
    } else {
        w->n_rows = w->n_fresh;
        for (size_t j = 0; j < w->n_fresh; j++) {
            w->positions[j] = (uint32_t)j;
        }
    }
    for (size_t j = 0; j < w->n_rows; j++) {
        uint32_t id = w->fresh[w->positions[j]];
        if (!w->whole) {
            faiss_prefetch (faiss_flat_row (v, id), v->d * sizeof (float));
        }
        __builtin_prefetch (&plan->hnsw->offsets.data[id]); /* where its links are */
    }
    w->phase = FAISS_WALK_COMPARING;
    if (plan->looks_ahead && w->filter && !w->is_greedy) {
        look_ahead (w, plan);
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
static void compute_keys (FaissWalk *w, const FaissWalkPlan *plan) {
    const FaissFlatVectors *v = plan->v;
    if (w->whole) {
        size_t n_left = faiss_kernels.filter_whole_L2 (w->whole, v->d, v->codes.rows, w->fresh,
                                                       w->positions, w->n_rows, w->fresh_keys);
        for (size_t j = 0; n_left > 0 && j < w->n_rows; j++) {
            if (w->fresh_keys[j] < 0) {
                faiss_flat_keys (v, w->x, w->fresh, w->positions + j, 1, w->fresh_keys + j);
            }
        }
    } else {
        faiss_flat_keys (v, w->x, w->fresh, w->positions, w->n_rows, w->fresh_keys);
    }
}

/* The links whose keys are known become candidates. */
static FaissStatus insert_links (FaissWalk *w, const FaissWalkPlan *plan) {
    FAISS_TRY (reserve_log (w, plan, w->n_rows));
    for (size_t j = 0; plan->sel && j < w->n_rows; j++) {
        offer_member (w, plan, w->fresh_keys[j], w->fresh[w->positions[j]]);
    }
    if (keeps_log (w, plan) || w->by_codes) {
        FAISS_TRY (insert_all (w, plan));
    } else { /* equal ones have to be noticed */
        for (size_t j = 0; j < w->n_rows; j++) {
            FAISS_TRY (insert (w, plan, w->fresh_keys[j], w->fresh[w->positions[j]]));
        }
    }
    w->phase = FAISS_WALK_LISTING;
    fetch_next_links (w, plan);
    return FAISS_OK;
}

/* As faiss_hnsw_greedy: the walk is over where no link is nearer. */
static void move_on (FaissWalk *w, const FaissWalkPlan *plan) {
    for (size_t j = 0; j < w->n_rows; j++) {
        if (w->fresh_keys[j] < w->key) {
            w->key = w->fresh_keys[j];
            w->nearest = (int32_t)w->fresh[w->positions[j]];
        }
    }
    w->phase = w->nearest == w->walked_from ? FAISS_WALK_DONE : FAISS_WALK_LISTING;
    w->walked_from = w->nearest;
    if (w->phase == FAISS_WALK_LISTING) {
        fetch_links (plan, w->nearest, w->level);
    }
}

static FaissStatus compare_links (FaissWalk *w, const FaissWalkPlan *plan) {
    compute_keys (w, plan);
    if (!w->is_greedy) {
        return insert_links (w, plan);
    }
    move_on (w, plan);
    return FAISS_OK;
}

/* The same by codes, which are here: there is nothing to wait for. */
static FaissStatus compare_codes (FaissWalk *w, const FaissWalkPlan *plan) {
    if (plan->looks_ahead && !w->is_greedy) {
        look_ahead (w, plan);
    }
    faiss_flat_keys_by_codes (plan->v, w->filter, w->x, w->fresh, w->n_fresh, w->fresh_keys);
    float worst = useful_key (w, plan);
    w->n_rows = 0;
    for (size_t j = 0; j < w->n_fresh; j++) {
        w->positions[w->n_rows] = (uint32_t)j;
        w->fresh_keys[w->n_rows] = w->fresh_keys[j];
        w->n_rows += !(w->fresh_keys[j] >= worst);
    }
    if (!w->is_greedy) {
        return insert_links (w, plan);
    }
    move_on (w, plan);
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
        } else {
            list_links (w, plan, node);
        }
        return FAISS_OK;
    case FAISS_WALK_FILTERING:
        if (w->by_codes) {
            return compare_codes (w, plan);
        }
        filter_links (w, plan);
        return FAISS_OK;
    case FAISS_WALK_COMPARING:
        return compare_links (w, plan);
    default:
        return FAISS_OK;
    }
}
