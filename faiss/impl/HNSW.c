/* The graph of hierarchical navigable small worlds: structure, files, renumbering. */
#include <faiss/impl/HNSW.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/hnsw_internal.h>

enum { MAX_M = 1 << 20, MAX_LEVELS = 64 };

/* ---- settings -------------------------------------------------------------------------------- */

static FaissHNSWStats global_stats;

FaissHNSWStats *faiss_get_hnsw_stats (void) {
    return &global_stats;
}

void faiss_HNSWStats_reset (FaissHNSWStats *self) {
    if (self) {
        *self = (FaissHNSWStats){0};
    }
}

/* Atomic, because this also adds to the global sums. */
void faiss_HNSWStats_combine (FaissHNSWStats *self, const FaissHNSWStats *other) {
    if (!self || !other) {
        return;
    }
    __atomic_fetch_add (&self->n1, other->n1, __ATOMIC_RELAXED);
    __atomic_fetch_add (&self->n2, other->n2, __ATOMIC_RELAXED);
    __atomic_fetch_add (&self->ndis, other->ndis, __ATOMIC_RELAXED);
    __atomic_fetch_add (&self->nhops, other->nhops, __ATOMIC_RELAXED);
}

static FaissStatus check_nodes_fit (const char *function, const FaissHNSW *self, size_t n) {
    const FaissInt32Vector *cum = &self->cum_nneighbor_per_level;
    if (n == 0 && cum->size == 0 && self->assign_probas.size == 0) {
        return FAISS_OK; /* a default object */
    }
    bool fits = cum->size > self->assign_probas.size && cum->size <= INT32_MAX && n <= INT32_MAX;
    for (size_t l = 1; fits && l < cum->size; l++) {
        fits = cum->data[l] >= cum->data[l - 1];
    }
    if (!fits || self->max_level >= (int)cum->size - 1) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "cum_nneighbor_per_level (%zu elements) does not fit assign_probas "
                              "(%zu) and max_level=%d",
                              cum->size, self->assign_probas.size, self->max_level);
    }
    if ((n > 0 || self->offsets.size > 1) &&
        (self->offsets.size != n + 1 || self->neighbors.size != self->offsets.data[n])) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "levels has %zu elements, offsets %zu and neighbors %zu: they do not "
                              "fit each other",
                              n, self->offsets.size, self->neighbors.size);
    }
    if (self->entry_point < -1 || self->entry_point >= (int64_t)n ||
        (self->entry_point >= 0 &&
         (self->max_level < 0 || self->max_level >= self->levels.data[self->entry_point]))) {
        return faiss_fail_in (FAISS_EXCEPT, function,
                              "entry_point=%d and max_level=%d do not fit %zu nodes",
                              self->entry_point, self->max_level, n);
    }
    return FAISS_OK;
}

FaissStatus faiss_hnsw_check (const char *function, const FaissHNSW *self) {
    return check_nodes_fit (function, self, self->levels.size);
}

FaissStatus faiss_hnsw_check_to_add (const char *function, const FaissHNSW *self) {
    const size_t n = self->offsets.size > 0 ? self->offsets.size - 1 : 0;
    if (self->levels.size < n) {
        return faiss_fail_in (FAISS_EXCEPT, function, "levels has %zu elements, expected %zu",
                              self->levels.size, n);
    }
    return check_nodes_fit (function, self, n);
}

static FaissStatus check_empty (const FaissHNSW *self) {
    FAISS_REQUIRE (self->levels.size == 0, "the graph has %zu nodes already", self->levels.size);
    return FAISS_OK;
}

FaissStatus faiss_HNSW_set_default_probas (FaissHNSW *self, int M, float levelMult) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (M >= 2 && M <= MAX_M, "expected 2 <= M <= %d, got %d", MAX_M, M);
    FAISS_REQUIRE (levelMult > 0 && levelMult < 3, "expected 0 < levelMult < 3, got %g",
                   (double)levelMult);
    FAISS_TRY (check_empty (self));
    FAISS_AUTO (Float64Vector) probas = {0};
    FAISS_AUTO (Int32Vector) cum = {0};
    FAISS_TRY (faiss_Int32Vector_push_back (&cum, 0));
    for (int level = 0; level < MAX_LEVELS; level++) {
        /* rounded to float as upstream does: the levels depend on it */
        float proba = (float)(exp ((double)((float)-level / levelMult)) *
                              (1 - exp ((double)(-1 / levelMult))));
        if (proba < 1e-9) {
            break;
        }
        FAISS_TRY (faiss_Float64Vector_push_back (&probas, (double)proba));
        FAISS_TRY (faiss_Int32Vector_push_back (&cum, cum.data[level] + (level == 0 ? 2 * M : M)));
    }
    faiss_Float64Vector_swap (&self->assign_probas, &probas);
    faiss_Int32Vector_swap (&self->cum_nneighbor_per_level, &cum);
    return FAISS_OK;
}

FaissStatus faiss_HNSW_init (FaissHNSW *self, int M) {
    *self = (FaissHNSW){.entry_point = -1,
                        .max_level = -1,
                        .efConstruction = 40,
                        .efSearch = 16,
                        .prune_headroom = 0.2f,
                        .alpha = 1,
                        .check_relative_distance = true,
                        .search_bounded_queue = true,
                        .use_visited_hashset = -1};
    FAISS_REQUIRE (M >= 2 && M <= MAX_M, "expected 2 <= M <= %d, got %d", MAX_M, M);
    faiss_RandomGenerator_init (&self->rng, 12345);
    FAISS_TRY (faiss_UInt64Vector_push_back (&self->offsets, 0));
    return faiss_HNSW_set_default_probas (self, M, (float)(1 / log (M)));
}

void faiss_HNSW_clear (FaissHNSW *self) {
    faiss_Float64Vector_clear (&self->assign_probas);
    faiss_Int32Vector_clear (&self->cum_nneighbor_per_level);
    faiss_Int32Vector_clear (&self->levels);
    faiss_UInt64Vector_clear (&self->offsets);
    faiss_Int32Vector_clear (&self->neighbors);
}

FaissStatus faiss_HNSW_copy (FaissHNSW *self, const FaissHNSW *other) {
    *self = *other;
    self->assign_probas = (FaissFloat64Vector){0};
    self->cum_nneighbor_per_level = self->levels = self->neighbors = (FaissInt32Vector){0};
    self->offsets = (FaissUInt64Vector){0};
    FAISS_TRY (faiss_Float64Vector_assign (&self->assign_probas, other->assign_probas.data,
                                           other->assign_probas.size));
    FAISS_TRY (faiss_Int32Vector_assign (&self->cum_nneighbor_per_level,
                                         other->cum_nneighbor_per_level.data,
                                         other->cum_nneighbor_per_level.size));
    FAISS_TRY (faiss_Int32Vector_assign (&self->levels, other->levels.data, other->levels.size));
    FAISS_TRY (
        faiss_UInt64Vector_assign (&self->offsets, other->offsets.data, other->offsets.size));
    return faiss_Int32Vector_assign (&self->neighbors, other->neighbors.data,
                                     other->neighbors.size);
}

FaissStatus faiss_HNSW_new_with (FaissHNSW **out, int M) {
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO_FREE (FaissHNSW) *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FaissStatus status = faiss_HNSW_init (self, M);
    if (status != FAISS_OK) {
        faiss_HNSW_clear (self);
        return status;
    }
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

FaissStatus faiss_HNSW_new (FaissHNSW **out) {
    return faiss_HNSW_new_with (out, 32);
}

void faiss_HNSW_free (FaissHNSW *self) {
    if (self) {
        faiss_HNSW_clear (self);
        free (self);
    }
}

/* ---- tables ---------------------------------------------------------------------------------- */

static FaissStatus check_level (const FaissHNSW *self, int level) {
    FAISS_REQUIRE (level >= 0 && level < faiss_hnsw_n_levels (self),
                   "expected a level of 0 .. %d, got %d", faiss_hnsw_n_levels (self) - 1, level);
    return FAISS_OK;
}

FaissStatus faiss_HNSW_set_nb_neighbors (FaissHNSW *self, int level_no, int n) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (check_empty (self));
    FAISS_TRY (check_level (self, level_no));
    FAISS_REQUIRE (n >= 1 && n <= 2 * MAX_M, "expected 1 <= n <= %d, got %d", 2 * MAX_M, n);
    int more = n - faiss_hnsw_room (self, level_no);
    for (size_t l = (size_t)level_no + 1; l < self->cum_nneighbor_per_level.size; l++) {
        self->cum_nneighbor_per_level.data[l] += more;
    }
    return FAISS_OK;
}

FaissStatus faiss_HNSW_cum_nb_neighbors (const FaissHNSW *self, int layer_no, int *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (layer_no >= 0 && layer_no <= faiss_hnsw_n_levels (self),
                   "expected a level of 0 .. %d, got %d", faiss_hnsw_n_levels (self), layer_no);
    *out = self->cum_nneighbor_per_level.data[layer_no];
    return FAISS_OK;
}

FaissStatus faiss_HNSW_nb_neighbors (const FaissHNSW *self, int layer_no, int *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (check_level (self, layer_no));
    *out = faiss_hnsw_room (self, layer_no);
    return FAISS_OK;
}

FaissStatus faiss_HNSW_neighbor_range (const FaissHNSW *self, idx_t no, int layer_no, size_t *begin,
                                       size_t *end) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (begin);
    FAISS_REQUIRE_ARG (end);
    FAISS_REQUIRE (no >= 0 && (size_t)no < faiss_hnsw_size (self),
                   "node %lld, but the graph has %zu", (long long)no, faiss_hnsw_size (self));
    FAISS_REQUIRE (layer_no >= 0 && layer_no < self->levels.data[no],
                   "level %d of node %lld, which has %d", layer_no, (long long)no,
                   (int)self->levels.data[no]);
    *begin = self->offsets.data[no] + (size_t)self->cum_nneighbor_per_level.data[layer_no];
    *end = *begin + (size_t)faiss_hnsw_room (self, layer_no);
    return FAISS_OK;
}

int faiss_HNSW_random_level (FaissHNSW *self) {
    if (!self) {
        return 0;
    }
    double f = (double)faiss_RandomGenerator_rand_float (&self->rng);
    int n = (int)self->assign_probas.size;
    for (int level = 0; level < n; level++) {
        if (f < self->assign_probas.data[level]) {
            return level;
        }
        f -= self->assign_probas.data[level];
    }
    return n > 0 ? n - 1 : 0;
}

/* Room for nodes whose levels are known: offsets, and links that are all unused. */
static FaissStatus extend_tables (FaissHNSW *self, size_t n0, size_t n) {
    FAISS_TRY (faiss_UInt64Vector_reserve (&self->offsets, n0 + n + 1));
    size_t end = self->offsets.data[n0];
    for (size_t i = n0; i < n0 + n; i++) {
        end += (size_t)self->cum_nneighbor_per_level.data[self->levels.data[i]];
    }
    size_t begin = self->neighbors.size;
    FAISS_REQUIRE (begin == self->offsets.data[n0], "neighbors has %zu elements, expected %zu",
                   begin, (size_t)self->offsets.data[n0]);
    FAISS_TRY (faiss_Int32Vector_resize (&self->neighbors, end));
    memset (self->neighbors.data + begin, 0xff, (end - begin) * sizeof *self->neighbors.data);
    for (size_t i = n0; i < n0 + n; i++) {
        self->offsets.data[i + 1] =
            self->offsets.data[i] +
            (size_t)self->cum_nneighbor_per_level.data[self->levels.data[i]];
    }
    self->offsets.size = n0 + n + 1;
    return FAISS_OK;
}

FaissStatus faiss_HNSW_prepare_level_tab (FaissHNSW *self, size_t n, bool preset_levels,
                                          int *max_level) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (max_level);
    size_t n0 = self->offsets.size - 1;
    FAISS_REQUIRE (n0 <= INT32_MAX && n <= INT32_MAX - n0,
                   "%zu nodes more than %zu are too many: expected at most %d", n, n0, INT32_MAX);
    FAISS_REQUIRE (self->levels.size == (preset_levels ? n0 + n : n0),
                   "there are %zu levels, expected %zu", self->levels.size,
                   preset_levels ? n0 + n : n0);
    FaissRandomGenerator rng = self->rng;
    if (!preset_levels) {
        FAISS_TRY (faiss_Int32Vector_resize (&self->levels, n0 + n));
        for (size_t i = n0; i < n0 + n; i++) {
            self->levels.data[i] = faiss_HNSW_random_level (self) + 1;
        }
    }
    int highest = 0;
    for (size_t i = n0; i < n0 + n; i++) {
        int level = self->levels.data[i];
        FAISS_REQUIRE (level >= 1 && level <= faiss_hnsw_n_levels (self),
                       "node %zu has %d levels, expected 1 .. %d", i, level,
                       faiss_hnsw_n_levels (self));
        highest = level - 1 > highest ? level - 1 : highest;
    }
    FaissStatus status = extend_tables (self, n0, n);
    if (status != FAISS_OK) {
        self->rng = rng;
        self->levels.size = preset_levels ? n0 + n : n0;
        return status;
    }
    *max_level = highest;
    return FAISS_OK;
}

FaissStatus faiss_HNSW_reset (FaissHNSW *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (faiss_UInt64Vector_own (&self->offsets));
    faiss_Int32Vector_clear (&self->levels);
    faiss_Int32Vector_clear (&self->neighbors);
    self->offsets.size = 1;
    self->offsets.data[0] = 0;
    self->entry_point = -1;
    self->max_level = -1;
    return FAISS_OK;
}

FaissStatus faiss_HNSW_clear_neighbor_tables (FaissHNSW *self, int level) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (check_level (self, level));
    FAISS_TRY (faiss_Int32Vector_own (&self->neighbors));
    size_t room = (size_t)faiss_hnsw_room (self, level);
    for (size_t i = 0; i < faiss_hnsw_size (self); i++) {
        if (self->levels.data[i] > level) {
            memset (faiss_hnsw_links (self, (int32_t)i, level), 0xff, room * sizeof (int32_t));
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_HNSW_fill_with_random_links (FaissHNSW *self, size_t n) {
    FAISS_REQUIRE_ARG (self);
    int max_level;
    FAISS_TRY (faiss_HNSW_reset (self));
    FAISS_TRY (faiss_HNSW_prepare_level_tab (self, n, false, &max_level));
    FaissRandomGenerator rng;
    faiss_RandomGenerator_init (&rng, 456);
    FAISS_AUTO_FREE (int32_t) *members = NULL; /* of one level */
    FAISS_TRY (faiss_alloc (&members, n, sizeof *members));
    for (int level = max_level; level >= 0 && n > 0; level--) {
        int n_members = 0;
        for (size_t i = 0; i < n; i++) {
            if (self->levels.data[i] > level) {
                members[n_members++] = (int32_t)i;
            }
        }
        if (level == max_level) {
            self->max_level = max_level;
            self->entry_point = members[0];
        }
        int room = faiss_hnsw_room (self, level);
        for (int i = 0; i < n_members; i++) {
            int32_t *links = faiss_hnsw_links (self, members[i], level);
            for (int j = 0; j < room && n_members > 1; j++) {
                int at = faiss_RandomGenerator_rand_int_max (&rng, n_members - 1);
                links[j] = members[at + (at >= i)]; /* not itself */
            }
        }
    }
    return FAISS_OK;
}

FaissStatus faiss_HNSW_print_neighbor_stats (const FaissHNSW *self, int level) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (check_level (self, level));
    size_t n_nodes = 0, n_links = 0, n_mutual = 0;
    int room = faiss_hnsw_room (self, level);
    for (size_t i = 0; i < faiss_hnsw_size (self); i++) {
        if (self->levels.data[i] <= level) {
            continue;
        }
        const int32_t *links = faiss_hnsw_links (self, (int32_t)i, level);
        n_nodes++;
        for (int j = 0; j < room && links[j] >= 0; j++) {
            const int32_t *back = faiss_hnsw_links (self, links[j], level);
            n_links++;
            for (int l = 0; l < room && back[l] >= 0; l++) {
                n_mutual += back[l] == (int32_t)i;
            }
        }
    }
    printf ("level %d: %zu nodes, room for %d links each, %zu links (%.2f per node), %zu of them "
            "in both directions\n",
            level, n_nodes, room, n_links, n_nodes ? (double)n_links / (double)n_nodes : 0.0,
            n_mutual);
    return FAISS_OK;
}

static FaissStatus check_permutation (size_t n, const idx_t *map, int32_t *inverse) {
    memset (inverse, 0xff, n * sizeof *inverse);
    for (size_t i = 0; i < n; i++) {
        FAISS_REQUIRE (map[i] >= 0 && (size_t)map[i] < n && inverse[map[i]] < 0,
                       "expected a permutation of %zu nodes, but map[%zu]=%lld", n, i,
                       (long long)map[i]);
        inverse[map[i]] = (int32_t)i;
    }
    return FAISS_OK;
}

FaissStatus faiss_HNSW_permute_entries (FaissHNSW *self, const idx_t *map) {
    FAISS_REQUIRE_ARG (self);
    size_t n = faiss_hnsw_size (self);
    FAISS_REQUIRE (n == 0 || map, "map is NULL");
    FAISS_AUTO_FREE (int32_t) *inverse = NULL;
    FAISS_AUTO (Int32Vector) levels = {0};
    FAISS_AUTO (UInt64Vector) offsets = {0};
    FAISS_AUTO (Int32Vector) neighbors = {0};
    FAISS_TRY (faiss_alloc (&inverse, n, sizeof *inverse));
    FAISS_TRY (check_permutation (n, map, inverse));
    FAISS_TRY (faiss_Int32Vector_resize (&levels, n));
    FAISS_TRY (faiss_UInt64Vector_resize (&offsets, n + 1));
    FAISS_TRY (faiss_Int32Vector_resize (&neighbors, self->neighbors.size));
    for (size_t i = 0; i < n; i++) {
        size_t begin = self->offsets.data[map[i]], size = self->offsets.data[map[i] + 1] - begin;
        levels.data[i] = self->levels.data[map[i]];
        offsets.data[i + 1] = offsets.data[i] + size;
        for (size_t j = 0; j < size; j++) {
            int32_t link = self->neighbors.data[begin + j];
            neighbors.data[offsets.data[i] + j] = link < 0 ? link : inverse[link];
        }
    }
    faiss_Int32Vector_swap (&self->levels, &levels);
    faiss_UInt64Vector_swap (&self->offsets, &offsets);
    faiss_Int32Vector_swap (&self->neighbors, &neighbors);
    if (self->entry_point >= 0) {
        self->entry_point = inverse[self->entry_point];
    }
    return FAISS_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

FaissStatus faiss_HNSW_write (const FaissHNSW *self, FaissIOWriter *w) {
    FAISS_TRY (faiss_write_Float64Vector (w, &self->assign_probas));
    FAISS_TRY (faiss_write_Int32Vector (w, &self->cum_nneighbor_per_level));
    FAISS_TRY (faiss_write_Int32Vector (w, &self->levels));
    FAISS_TRY (faiss_write_UInt64Vector (w, &self->offsets));
    FAISS_TRY (faiss_write_Int32Vector (w, &self->neighbors));
    FAISS_TRY (faiss_write_i32 (w, self->entry_point));
    FAISS_TRY (faiss_write_i32 (w, self->max_level));
    FAISS_TRY (faiss_write_i32 (w, self->efConstruction));
    FAISS_TRY (faiss_write_i32 (w, self->efSearch));
    return faiss_write_i32 (w, 1); /* a setting of old versions */
}

static FaissStatus check_tables (const FaissHNSW *self, const FaissIOReader *r) {
    const FaissInt32Vector *cum = &self->cum_nneighbor_per_level;
    FAISS_REQUIRE_FILE (r, cum->size >= 1 && cum->size <= INT32_MAX && cum->data[0] == 0,
                        "cum_nneighbor_per_level (%zu elements) does not begin with 0", cum->size);
    FAISS_REQUIRE_FILE (r, cum->size > self->assign_probas.size || self->assign_probas.size == 0,
                        "cum_nneighbor_per_level has %zu elements for %zu levels", cum->size,
                        self->assign_probas.size);
    for (size_t l = 1; l < cum->size; l++) {
        FAISS_REQUIRE_FILE (r, cum->data[l] >= cum->data[l - 1],
                            "cum_nneighbor_per_level[%zu]=%d is less than its predecessor %d", l,
                            cum->data[l], cum->data[l - 1]);
    }
    return FAISS_OK;
}

static FaissStatus check_nodes (const FaissHNSW *self, const FaissIOReader *r) {
    size_t n = faiss_hnsw_size (self), n_links = self->neighbors.size;
    const uint64_t *offsets = self->offsets.data;
    FAISS_REQUIRE_FILE (r, n <= INT32_MAX, "%zu nodes are too many", n);
    FAISS_REQUIRE_FILE (r, self->offsets.size == n + 1, "offsets has %zu elements, expected %zu",
                        self->offsets.size, n + 1);
    FAISS_REQUIRE_FILE (r, offsets[0] == 0, "offsets[0]=%llu, expected 0",
                        (unsigned long long)offsets[0]);
    for (size_t i = 0; i < n; i++) {
        int level = self->levels.data[i];
        FAISS_REQUIRE_FILE (r, level >= 1 && level <= faiss_hnsw_n_levels (self),
                            "node %zu has %d levels, expected 1 .. %d", i, level,
                            faiss_hnsw_n_levels (self));
        uint64_t size = (uint64_t)self->cum_nneighbor_per_level.data[level];
        FAISS_REQUIRE_FILE (r,
                            offsets[i] <= n_links && size <= n_links - offsets[i] &&
                                offsets[i + 1] == offsets[i] + size,
                            "offsets[%zu]=%llu, expected %llu and at most %zu", i + 1,
                            (unsigned long long)offsets[i + 1],
                            (unsigned long long)(offsets[i] + size), n_links);
    }
    FAISS_REQUIRE_FILE (r, offsets[n] == n_links, "neighbors has %zu elements, expected %llu",
                        n_links, (unsigned long long)offsets[n]);
    return FAISS_OK;
}

static FaissStatus check_links (const FaissHNSW *self, const FaissIOReader *r) {
    size_t n = faiss_hnsw_size (self);
    for (size_t i = 0; i < n; i++) {
        for (int level = 0; level < self->levels.data[i]; level++) {
            const int32_t *links = faiss_hnsw_links (self, (int32_t)i, level);
            for (int j = 0; j < faiss_hnsw_room (self, level); j++) {
                FAISS_REQUIRE_FILE (r, links[j] >= -1 && links[j] < (int64_t)n,
                                    "node %zu has a link to %d, but there are %zu nodes", i,
                                    links[j], n);
                FAISS_REQUIRE_FILE (r, links[j] < 0 || self->levels.data[links[j]] > level,
                                    "node %zu has a link at level %d to node %d, which has %d "
                                    "levels",
                                    i, level, links[j], self->levels.data[links[j]]);
            }
        }
    }
    return FAISS_OK;
}

static FaissStatus check_entry (const FaissHNSW *self, const FaissIOReader *r) {
    int64_t n = (int64_t)faiss_hnsw_size (self);
    FAISS_REQUIRE_FILE (r, self->entry_point >= -1 && self->entry_point < n,
                        "entry_point=%d, but there are %lld nodes", self->entry_point,
                        (long long)n);
    if (self->entry_point < 0) {
        FAISS_REQUIRE_FILE (
            r, self->max_level >= -1 && self->max_level < faiss_hnsw_n_levels (self),
            "max_level=%d, expected less than %d", self->max_level, faiss_hnsw_n_levels (self));
        return FAISS_OK;
    }
    FAISS_REQUIRE_FILE (
        r, self->max_level >= 0 && self->max_level < self->levels.data[self->entry_point],
        "max_level=%d, but the entry point %d has %d levels", self->max_level, self->entry_point,
        self->levels.data[self->entry_point]);
    return FAISS_OK;
}

FaissStatus faiss_HNSW_read (FaissHNSW *self, FaissIOReader *r) {
    int upper_beam;
    faiss_HNSW_clear (self);
    FAISS_TRY (faiss_read_Float64Vector (r, &self->assign_probas, "assign_probas"));
    FAISS_TRY (
        faiss_read_Int32Vector (r, &self->cum_nneighbor_per_level, "cum_nneighbor_per_level"));
    FAISS_TRY (faiss_read_Int32Vector (r, &self->levels, "levels"));
    FAISS_TRY (faiss_read_UInt64Vector (r, &self->offsets, "offsets"));
    FAISS_TRY (faiss_read_Int32Vector (r, &self->neighbors, "neighbors"));
    FAISS_TRY (faiss_read_i32 (r, &self->entry_point, "entry_point"));
    FAISS_TRY (faiss_read_i32 (r, &self->max_level, "max_level"));
    FAISS_TRY (faiss_read_i32 (r, &self->efConstruction, "efConstruction"));
    FAISS_TRY (faiss_read_i32 (r, &self->efSearch, "efSearch"));
    FAISS_TRY (faiss_read_i32 (r, &upper_beam, "upper_beam"));
    FAISS_TRY (check_tables (self, r));
    FAISS_TRY (check_nodes (self, r));
    FAISS_TRY (check_links (self, r));
    return check_entry (self, r);
}
