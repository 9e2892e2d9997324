/* Removing nodes from graphs of hierarchical navigable small worlds. */
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/graph_remove.h>

typedef struct Removal {
    FaissHNSW *hnsw;
    FaissGraphRemoval removal;
    FaissGraphLevel *levels; /* of the graph, n_levels */
    FaissGraphPatch *patches;
    int n_levels;
} Removal;

static FaissGraphLevel level_of (const FaissHNSW *hnsw, int level) {
    return (FaissGraphLevel){.n = faiss_hnsw_size (hnsw),
                             .room = (size_t)faiss_hnsw_room (hnsw, level),
                             .links = hnsw->neighbors.data,
                             .offsets = hnsw->offsets.data,
                             .begin = (size_t)hnsw->cum_nneighbor_per_level.data[level],
                             .levels = hnsw->levels.data,
                             .level = level};
}

static FaissStatus mend_levels (Removal *r, const FaissIndex *storage, bool keep_max_size_level0) {
    r->n_levels = 1; /* in files from elsewhere there may be more than max_level says */
    for (size_t i = 0; i < r->removal.n; i++) {
        int of_node = r->hnsw->levels.data[i];
        r->n_levels = of_node > r->n_levels ? of_node : r->n_levels;
    }
    FAISS_TRY (faiss_alloc_zeroed (&r->levels, (size_t)r->n_levels, sizeof *r->levels));
    FAISS_TRY (faiss_alloc_zeroed (&r->patches, (size_t)r->n_levels, sizeof *r->patches));
    for (int level = 0; level < r->n_levels; level++) {
        bool keep_max_size = level == 0 && keep_max_size_level0;
        r->levels[level] = level_of (r->hnsw, level);
        FAISS_TRY (faiss_graph_mend (&r->levels[level], &r->removal, storage,
                                     faiss_hnsw_room_after_pruning (r->hnsw, level, keep_max_size),
                                     FAISS_GRAPH_MEND_SPREAD, r->hnsw->alpha, &r->patches[level]));
    }
    return FAISS_OK;
}

/* A node of the highest level there will be: the entry point if it stays, else one that it has a
 * link to, else the first one. */
static int32_t next_entry (const Removal *r) {
    const FaissHNSW *hnsw = r->hnsw;
    int32_t best = -1, entry = hnsw->entry_point;
    if (entry >= 0 && !faiss_visited_get (&r->removal.removed, entry)) {
        return entry;
    }
    for (size_t i = 0; i < r->removal.n; i++) {
        if (!faiss_visited_get (&r->removal.removed, (int32_t)i) &&
            (best < 0 || hnsw->levels.data[i] > hnsw->levels.data[best])) {
            best = (int32_t)i;
        }
    }
    if (best < 0 || entry < 0) {
        return best;
    }
    for (int level = hnsw->levels.data[best] - 1; level >= 0; level--) {
        const int32_t *links = faiss_hnsw_links (hnsw, entry, level);
        for (int j = 0; j < faiss_hnsw_room (hnsw, level) && links[j] >= 0; j++) {
            if (!faiss_visited_get (&r->removal.removed, links[j]) &&
                hnsw->levels.data[links[j]] == hnsw->levels.data[best]) {
                return links[j];
            }
        }
    }
    return best;
}

/* Nodes move to where the removed ones were. Nothing in here can fail. */
static void close_gaps (Removal *r) {
    FaissHNSW *hnsw = r->hnsw;
    size_t n = r->removal.n, kept = 0, end = 0;
    int32_t *levels = hnsw->levels.data, *links = hnsw->neighbors.data;
    uint64_t *offsets = hnsw->offsets.data;
    for (size_t i = 0; i < n; i++) {
        size_t begin = offsets[i], size = offsets[i + 1] - begin;
        if (faiss_visited_get (&r->removal.removed, (int32_t)i)) {
            continue;
        }
        if (kept < i) {
            levels[kept] = levels[i];
            memmove (links + end, links + begin, size * sizeof *links);
        }
        faiss_graph_renumber (&r->removal, links + end, size);
        offsets[kept++] = end;
        end += size;
    }
    offsets[kept] = end;
    hnsw->levels.size = kept;
    hnsw->offsets.size = kept + 1;
    hnsw->neighbors.size = end;
}

static void commit (Removal *r) {
    FaissHNSW *hnsw = r->hnsw;
    int32_t entry = next_entry (r);
    for (int level = 0; level < r->n_levels; level++) {
        faiss_graph_patch_apply (&r->patches[level], &r->levels[level]);
    }
    hnsw->max_level = entry < 0 ? -1 : hnsw->levels.data[entry] - 1;
    hnsw->entry_point = entry < 0 ? -1 : faiss_graph_new_number (&r->removal, entry);
    close_gaps (r);
}

static FaissStatus own (FaissHNSW *hnsw) {
    FAISS_TRY (faiss_Int32Vector_own (&hnsw->levels));
    FAISS_TRY (faiss_UInt64Vector_own (&hnsw->offsets));
    return faiss_Int32Vector_own (&hnsw->neighbors);
}

static FaissStatus plan (Removal *r, const FaissIndex *storage, bool keep_max_size_level0) {
    return r->removal.n_removed == r->removal.n ? FAISS_OK
                                                : mend_levels (r, storage, keep_max_size_level0);
}

static void free_removal (Removal *r) {
    for (int level = 0; level < r->n_levels && r->patches; level++) {
        faiss_graph_patch_free (&r->patches[level]);
    }
    free (r->patches);
    free (r->levels);
    faiss_graph_removal_free (&r->removal);
}

/* ---- few are left ---------------------------------------------------------------------------- */

static FaissStatus build_anew (FaissHNSW *fresh, const FaissHNSW *mended, const FaissIndex *storage,
                               bool keep_max_size_level0) {
    size_t n = faiss_hnsw_size (mended), d = (size_t)storage->d;
    FAISS_AUTO_FREE (float) *x = NULL;
    FAISS_TRY (faiss_alloc (&x, n * d, sizeof *x));
    FAISS_TRY (storage->cls->reconstruct_n (storage, 0, (idx_t)n, x));
    FAISS_TRY (faiss_HNSW_copy (fresh, mended));
    FAISS_TRY (faiss_HNSW_reset (fresh));
    FAISS_TRY (faiss_Int32Vector_append (&fresh->levels, mended->levels.data, n));
    FaissHNSWBuild build = {.storage = storage,
                            .n = n,
                            .x = x,
                            .init_level0 = true,
                            .keep_max_size_level0 = keep_max_size_level0,
                            .preset_levels = true};
    return faiss_hnsw_add (fresh, &build);
}

/* Without the memory for it the mended graph stays. */
static void replace_if_few_are_left (FaissHNSW *self, size_t n_removed, const FaissIndex *storage,
                                     bool keep_max_size_level0) {
    if (!faiss_graph_few_are_left (faiss_hnsw_size (self), n_removed)) {
        return;
    }
    FaissHNSW fresh = {0};
    if (build_anew (&fresh, self, storage, keep_max_size_level0) == FAISS_OK) {
        FaissHNSW mended = *self;
        *self = fresh;
        fresh = mended;
    }
    faiss_HNSW_clear (&fresh);
}

FaissStatus faiss_hnsw_remove (FaissHNSW *self, FaissIndex *storage, const FaissIDSelector *sel,
                               bool keep_max_size_level0, FaissSharedLock *lock,
                               size_t *n_removed) {
    Removal r = {.hnsw = self};
    FAISS_TRY (faiss_graph_removal_init (&r.removal, faiss_hnsw_size (self), sel));
    FaissStatus status = FAISS_OK;
    if (r.removal.n_removed > 0) {
        status = own (self);
        if (status == FAISS_OK) {
            faiss_SharedLock_pause_change (lock);
            status = plan (&r, storage, keep_max_size_level0);
            faiss_SharedLock_resume_change (lock);
        }
        if (status == FAISS_OK) {
            status = faiss_graph_removal_apply (&r.removal, storage);
        }
        if (status == FAISS_OK) {
            commit (&r);
            replace_if_few_are_left (self, r.removal.n_removed, storage, keep_max_size_level0);
        }
    }
    if (status == FAISS_OK) {
        *n_removed = r.removal.n_removed;
    }
    free_removal (&r);
    return status;
}
