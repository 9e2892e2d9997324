/* Building graphs of hierarchical navigable small worlds, in batches.
 *
 * New nodes are taken level by level from the highest one down, in a random order that depends on
 * nothing but their number. The nodes of a batch look for their links in the graph as it was before
 * the batch (phase A), then the links back to them are put in, node by node (phase B). So the graph
 * is the same whatever the number of threads.
 */
#include <string.h>

#include <faiss/IndexFlatCodes.h>
#include <faiss/impl/FilterCodes.h>
#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_link.h>
#include <faiss/impl/parallel.h>

/* ---- what an add uses ------------------------------------------------------------------------ */

static void free_build (FaissLinking *b) {
    for (int t = 0; t < b->n_threads && b->workers; t++) {
        faiss_graph_scratch_free (&b->workers[t].s);
        for (int i = 0; i < FAISS_LINKS_IN_TURNS; i++) {
            faiss_walk_close (&b->workers[t].turns[i].walk);
            free (b->workers[t].turns[i].components);
        }
        free (b->workers[t].nodes);
        free (b->workers[t].rejected);
        free (b->workers[t].kept);
        free (b->workers[t].positions);
        faiss_filter_kept_free (&b->workers[t].kept_codes);
    }
    free (b->workers);
    free (b->order);
    free (b->begins);
    free (b->links.data);
    free (b->sorted.data);
    free (b->runs);
    faiss_Int32Vector_clear (&b->undo.nodes);
    faiss_Int32Vector_clear (&b->undo.neighbors);
    faiss_visited_free (&b->undo.is_saved);
}

/* Plain vectors, with filter codes if there will be many searches. */
static void open_flat (FaissLinking *b) {
    enum { MANY = 1000 };
    b->is_flat = faiss_flat_vectors_open (&b->flat, b->args->storage);
    if (b->is_flat && b->args->n >= MANY) {
        const FaissIndexFlatCodes *codes =
            faiss_object_cast (b->args->storage, &faiss_IndexFlatCodes_class.index.head);
        FaissDerivedRows *derived = (FaissDerivedRows *)(uintptr_t)&codes->derived;
        faiss_derived_codes_open_all (derived, b->flat.rows, b->flat.n, b->flat.d,
                                      codes->codes.owner == NULL, true, &b->flat.codes);
    }
}

/* Several walks of a thread in turns; few where reading one code takes nearly all there is. */
static void plan_walks (FaissLinking *b) {
    enum { LONG_CODES = 512 };
    size_t ef = b->hnsw->efConstruction > 1 ? (size_t)b->hnsw->efConstruction : 1;
    b->n_turns = b->flat.code_stride > LONG_CODES ? 2 : FAISS_LINKS_IN_TURNS;
    b->n_turns = b->args->n < b->n_turns ? b->args->n : b->n_turns;
    b->plan = (FaissWalkPlan){.hnsw = b->hnsw,
                              .v = &b->flat,
                              .capacity = ef,
                              .ef = ef,
                              .check_relative_distance = true,
                              .looks_ahead = b->n_turns == 1};
}

static FaissStatus open_worker (FaissLinking *b, FaissLinkWorker *w) {
    b->has_pairs = b->flat.codes.n_rows > 0 && faiss_filter_pair_init (&w->pair, b->flat.d);
    if (b->has_pairs) {
        size_t most = 0;
        for (int level = 0; level < faiss_hnsw_n_levels (b->hnsw); level++) {
            size_t room = (size_t)faiss_hnsw_room (b->hnsw, level);
            most = room > most ? room : most;
        }
        FAISS_TRY (faiss_filter_kept_init (&w->kept_codes, b->flat.d, most));
    }
    FAISS_TRY (faiss_graph_scratch_init (&w->s, b->hnsw, b->args->storage));
    for (size_t i = 0; i < b->n_turns && b->is_flat; i++) {
        FAISS_TRY (faiss_walk_open (&w->turns[i].walk, &b->plan));
        FAISS_TRY (faiss_alloc_aligned (&w->turns[i].components,
                                        faiss_filter_query_size (b->flat.d),
                                        sizeof *w->turns[i].components));
    }
    return FAISS_OK;
}

static FaissStatus open_build (FaissLinking *b) {
    open_flat (b);
    plan_walks (b);
    b->n_threads = faiss_threads_for ((int64_t)b->args->n);
    FAISS_TRY (faiss_alloc_zeroed (&b->workers, (size_t)b->n_threads, sizeof *b->workers));
    for (int t = 0; t < b->n_threads; t++) {
        FAISS_TRY (open_worker (b, &b->workers[t]));
    }
    return b->args->n0 > 0 ? faiss_visited_init (&b->undo.is_saved, b->args->n0) : FAISS_OK;
}

/* ---- order ----------------------------------------------------------------------------------- */

/* Bucket the new nodes by level, the highest first, and shuffle each bucket. */
static FaissStatus make_order (FaissLinking *b, int max_level) {
    const FaissHNSWBuild *args = b->args;
    const int32_t *levels = b->hnsw->levels.data + args->n0;
    FAISS_TRY (faiss_alloc (&b->order, args->n, sizeof *b->order));
    FAISS_TRY (faiss_alloc_zeroed (&b->begins, (size_t)max_level + 2, sizeof *b->begins));
    size_t *next = b->begins; /* counts, then positions */
    for (size_t i = 0; i < args->n; i++) {
        next[levels[i] - 1]++;
    }
    size_t at = args->n;
    for (int level = 0; level <= max_level; level++) {
        at -= next[level];
        next[level] = at;
    }
    for (size_t i = 0; i < args->n; i++) {
        b->order[next[levels[i] - 1]++] = (int32_t)(args->n0 + i);
    }
    /* now next[level] is where level ends and level - 1 begins */
    FaissRandomGenerator rng;
    faiss_RandomGenerator_init (&rng, 789);
    for (int level = max_level; level >= 0; level--) {
        size_t begin = level == max_level ? 0 : next[level + 1];
        for (size_t j = begin; j < next[level]; j++) {
            size_t other =
                j + (size_t)faiss_RandomGenerator_rand_int_max (&rng, (int)(next[level] - j));
            int32_t node = b->order[j];
            b->order[j] = b->order[other];
            b->order[other] = node;
        }
    }
    return FAISS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static FaissStatus add_batch (FaissLinking *b, int own_level, const int32_t *nodes, size_t n) {
    FaissHNSW *hnsw = b->hnsw;
    if (hnsw->entry_point < 0) { /* the first node of all has nothing to be linked to */
        hnsw->entry_point = nodes[0];
        hnsw->max_level = own_level;
        nodes++;
        n--;
    }
    if (n == 0) {
        return FAISS_OK;
    }
    /* nobody reads what is written meanwhile */
    faiss_SharedLock_pause_change (b->args->lock);
    FaissStatus status = faiss_link_forward (b, nodes, n);
    faiss_SharedLock_resume_change (b->args->lock);
    FAISS_TRY (status);
    int level = own_level < hnsw->max_level ? own_level : hnsw->max_level;
    for (; level >= 0; level--) {
        FAISS_TRY (faiss_link_back (b, level, nodes, n));
    }
    if (own_level > hnsw->max_level) {
        hnsw->max_level = own_level;
        hnsw->entry_point = nodes[0];
    }
    return FAISS_OK;
}

static FaissStatus add_batches (FaissLinking *b, int max_level) {
    size_t cap = (b->args->n0 + b->args->n) / 50;
    for (int level = max_level; level >= (b->args->init_level0 ? 0 : 1); level--) {
        size_t begin = level == max_level ? 0 : b->begins[level + 1], end = b->begins[level];
        for (size_t i = 0; i < end - begin;) {
            size_t n = i < cap ? i : cap;
            n = n > 1 ? n : 1;
            n = n < end - begin - i ? n : end - begin - i;
            FAISS_TRY (add_batch (b, level, b->order + begin + i, n));
            i += n;
        }
    }
    return FAISS_OK;
}

static void put_back (FaissHNSW *hnsw, const FaissHNSWBuild *args, const FaissLinkUndo *undo) {
    const int32_t *saved = undo->neighbors.data;
    for (size_t i = 0; i < undo->nodes.size; i++) {
        int32_t node = undo->nodes.data[i];
        size_t begin = hnsw->offsets.data[node], size = hnsw->offsets.data[node + 1] - begin;
        memcpy (hnsw->neighbors.data + begin, saved, size * sizeof *saved);
        saved += size;
    }
    hnsw->levels.size = args->preset_levels ? args->n0 + args->n : args->n0;
    hnsw->offsets.size = args->n0 + 1;
    hnsw->neighbors.size = hnsw->offsets.data[args->n0];
}

FaissStatus faiss_hnsw_add (FaissHNSW *self, const FaissHNSWBuild *args) {
    if (args->n == 0) {
        return FAISS_OK;
    }
    int max_level = 0, old_entry = self->entry_point, old_max_level = self->max_level;
    FaissRandomGenerator rng = self->rng;
    FAISS_TRY (faiss_Int32Vector_own (&self->neighbors));
    FAISS_TRY (faiss_HNSW_prepare_level_tab (self, args->n, args->preset_levels, &max_level));
    FaissLinking b = {.hnsw = self, .args = args};
    FaissStatus status = open_build (&b);
    if (status == FAISS_OK) {
        status = make_order (&b, max_level);
    }
    if (status == FAISS_OK) {
        status = add_batches (&b, max_level);
    }
    if (status != FAISS_OK) {
        put_back (self, args, &b.undo);
        self->rng = rng;
        self->entry_point = old_entry;
        self->max_level = old_max_level;
    }
    free_build (&b);
    return status;
}
