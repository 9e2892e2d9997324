/* Nearest centroids without comparing with all of them.
 *
 * All bounds are Euclidean distances. For the inner product a component sqrt (M^2 - |y|^2) is added
 * to the centroids in thought, and 0 to the points: |x - y|^2 is then |x|^2 + M^2 - 2xy, so that
 * the nearest centroid is the one with the largest product.
 */
#include <faiss/impl/clustering_assign.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include <faiss/IndexFlat.h>
#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/kernels/kernels.h>
#include <faiss/utils/distances.h>

enum {
    ROWS = FAISS_KMEANS_ROWS, /* centroids of a panel, compared at once */
    MAX_GROUPS = 64,          /* of neighbouring panels: one bound per point and group */
    BLOCK = 1024,             /* points that are worked on together */
    REGROUPINGS = 2,          /* the first centroids and the first means */
};

struct FaissClusterAssigner {
    bool is_ip;
    size_t n, d, k;
    const float *x;
    float *x_norms; /* squared, size n */
    size_t block;   /* points worked on together, at most BLOCK */

    /* the centroids */
    size_t n_panels, n_groups, panels_per_group;
    uint32_t *order;     /* panel p holds the centroids order[p * ROWS] ..., ascending in a panel */
    float *panels;       /* packed, see kmeans.h */
    float *norms;        /* squared, in the panels' order, whole panels */
    uint32_t *group_of;  /* the group of a centroid */
    size_t *first_panel; /* of a group, size n_groups + 1 */
    float *previous;     /* the centroids of the last run, size k * d */
    float *extra;        /* inner product: their additional component */
    float largest_norm;  /* inner product: M */
    float norm_bound;    /* no squared norm is larger */

    /* what is known of the points */
    int n_runs;    /* since the restart */
    float *bounds; /* block b, group g, point i: [(b * n_groups + g) * block + i]: no centroid of
                    * the group but the point's own is nearer than this */
    float drifts[MAX_GROUPS]; /* how far a centroid of the group has moved at most */
    uint32_t *labels;         /* the centroids of the last run, size n */
    void (*nearest) (const FaissKmeansGroup *group);
};

/* ---- making one ------------------------------------------------------------------------------ */

static bool can_replace (const FaissIndex *index, size_t n, size_t k) {
    const FaissClass *cls = faiss_object_class (index);
    if (cls != &faiss_IndexFlat_class.index.head && cls != &faiss_IndexFlatL2_class.index.head &&
        cls != &faiss_IndexFlatIP_class.index.head) {
        return false;
    }
    size_t d = (size_t)index->d;
    bool is_ip = index->metric_type == METRIC_INNER_PRODUCT;
    if (!is_ip && (index->metric_type != METRIC_L2 ||
                   (double)n * (double)d < faiss_get_distance_compute_blas_threshold ())) {
        return false; /* the search of few points is by another formula */
    }
    return k >= 4 * ROWS && d >= 4 && n >= BLOCK && n <= UINT32_MAX && k <= UINT32_MAX / 2;
}

static FaissStatus allocate (FaissClusterAssigner *self) {
    size_t n_blocks = (self->n + self->block - 1) / self->block;
    size_t slots = self->n_panels * ROWS;
    FAISS_TRY (faiss_alloc (&self->x_norms, self->n, sizeof (float)));
    FAISS_TRY (faiss_alloc (&self->labels, self->n, sizeof (uint32_t)));
    FAISS_TRY (faiss_alloc (&self->order, self->k, sizeof (uint32_t)));
    FAISS_TRY (faiss_alloc (&self->group_of, self->k, sizeof (uint32_t)));
    FAISS_TRY (faiss_alloc (&self->first_panel, self->n_groups + 1, sizeof (size_t)));
    FAISS_TRY (faiss_alloc (&self->norms, slots, sizeof (float)));
    FAISS_TRY (faiss_alloc (&self->extra, self->k, sizeof (float)));
    FAISS_TRY (faiss_alloc (&self->previous, self->k * self->d, sizeof (float)));
    FAISS_TRY (faiss_alloc_aligned (&self->panels, slots * self->d, sizeof (float)));
    return faiss_alloc_aligned (&self->bounds, n_blocks * self->block * self->n_groups,
                                sizeof (float));
}

void faiss_ClusterAssigner_free (FaissClusterAssigner *self) {
    if (self) {
        free (self->x_norms);
        free (self->labels);
        free (self->order);
        free (self->group_of);
        free (self->first_panel);
        free (self->norms);
        free (self->extra);
        free (self->previous);
        free (self->panels);
        free (self->bounds);
        free (self);
    }
}

FaissStatus faiss_ClusterAssigner_new (FaissClusterAssigner **out, const FaissIndex *index,
                                       size_t n, const float *x, size_t k) {
    if (!can_replace (index, n, k)) {
        *out = NULL;
        return FAISS_OK;
    }
    FaissClusterAssigner *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    self->is_ip = index->metric_type == METRIC_INNER_PRODUCT;
    self->n = n;
    self->d = (size_t)index->d;
    self->k = k;
    self->x = x;
    self->block = self->d <= 256 ? BLOCK : BLOCK / 2;
    self->n_panels = (k + ROWS - 1) / ROWS;
    /* the bounds shall not take much more memory than the points */
    size_t max_groups = self->d < 16 ? 16 : self->d < MAX_GROUPS ? self->d : MAX_GROUPS;
    self->panels_per_group = (self->n_panels + max_groups - 1) / max_groups;
    self->n_groups = (self->n_panels + self->panels_per_group - 1) / self->panels_per_group;
    self->nearest =
        self->is_ip ? faiss_kernels.kmeans_nearest_ip : faiss_kernels.kmeans_nearest_L2_norms;
    if (allocate (self) != FAISS_OK) {
        faiss_ClusterAssigner_free (self);
        *out = NULL;
        return FAISS_OK;
    }
    faiss_fvec_norms_L2sqr (self->x_norms, x, self->d, n);
    *out = self;
    return FAISS_OK;
}

void faiss_ClusterAssigner_restart (FaissClusterAssigner *self) {
    self->n_runs = 0;
}

/* ---- groups of neighbouring centroids -------------------------------------------------------- */

typedef struct Projected {
    float value;
    uint32_t centroid;
} Projected;

static int compare_projected (const void *a, const void *b) {
    const Projected *first = a, *second = b;
    if (first->value != second->value) {
        return first->value < second->value ? -1 : 1;
    }
    return (first->centroid > second->centroid) - (first->centroid < second->centroid);
}

static int compare_numbers (const void *a, const void *b) {
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

/* The listed centroid that is farthest from a given one. */
static uint32_t farthest (const float *centroids, size_t d, const Projected *list, size_t n,
                          uint32_t from) {
    uint32_t best = from;
    float largest = 0;
    for (size_t i = 0; i < n; i++) {
        float distance = faiss_kernels.fvec_L2sqr (centroids + (size_t)list[i].centroid * d,
                                                   centroids + (size_t)from * d, d);
        if (distance > largest) {
            largest = distance;
            best = list[i].centroid;
        }
    }
    return best;
}

/* Order centroids so that each panel holds neighbours: cut the list in two between two centroids
 * that are far from each other, and so on. */
static void bisect (const float *centroids, size_t d, Projected *list, size_t n) {
    while (n > ROWS) {
        uint32_t a = farthest (centroids, d, list, n, list[0].centroid);
        uint32_t b = farthest (centroids, d, list, n, a);
        const float *from = centroids + (size_t)a * d, *to = centroids + (size_t)b * d;
        for (size_t i = 0; i < n; i++) {
            const float *centroid = centroids + (size_t)list[i].centroid * d;
            list[i].value = faiss_kernels.fvec_L2sqr (centroid, from, d) -
                            faiss_kernels.fvec_L2sqr (centroid, to, d);
        }
        qsort (list, n, sizeof *list, compare_projected);
        size_t n_panels = (n + ROWS - 1) / ROWS;
        size_t n_first = n_panels / 2 * ROWS;
        bisect (centroids, d, list, n_first);
        list += n_first;
        n -= n_first;
    }
}

static FaissStatus regroup (FaissClusterAssigner *self, const float *centroids) {
    FAISS_AUTO_FREE (Projected) *list = NULL;
    FAISS_TRY (faiss_alloc (&list, self->k, sizeof *list));
    for (size_t c = 0; c < self->k; c++) {
        list[c] = (Projected){.centroid = (uint32_t)c};
    }
    if (self->n_runs > 0) { /* before that a grouping is used only once */
        bisect (centroids, self->d, list, self->k);
    }
    for (size_t c = 0; c < self->k; c++) {
        self->order[c] = list[c].centroid;
    }
    for (size_t p = 0; p < self->n_panels; p++) {
        size_t first = p * ROWS, size = self->k - first < ROWS ? self->k - first : ROWS;
        qsort (self->order + first, size, sizeof *self->order, compare_numbers);
        for (size_t i = first; i < first + size; i++) {
            self->group_of[self->order[i]] = (uint32_t)(p / self->panels_per_group);
        }
    }
    for (size_t g = 0; g <= self->n_groups; g++) {
        size_t panel = g * self->panels_per_group;
        self->first_panel[g] = panel < self->n_panels ? panel : self->n_panels;
    }
    return FAISS_OK;
}

/* ---- new centroids --------------------------------------------------------------------------- */

static void pack_panel (const FaissClusterAssigner *self, const float *centroids, size_t panel) {
    size_t d = self->d;
    float *out = self->panels + panel * ROWS * d;
    for (size_t i = 0; i < ROWS; i++) {
        size_t slot = panel * ROWS + i;
        const float *centroid = slot < self->k ? centroids + (size_t)self->order[slot] * d : NULL;
        for (size_t j = 0; j < d; j++) {
            out[j * ROWS + i] = centroid ? centroid[j] : 0;
        }
        if (slot >= self->k) {
            self->norms[slot] = 0;
        } else {
            faiss_fvec_norms_L2sqr (&self->norms[slot], centroid, d, 1);
        }
    }
}

static void pack (FaissClusterAssigner *self, const float *centroids) {
#pragma omp parallel for num_threads(faiss_threads_for((int64_t)self->n_panels)) schedule(static)
    for (size_t panel = 0; panel < self->n_panels; panel++) {
        pack_panel (self, centroids, panel);
    }
}

/* The inner product's additional component of a centroid. */
static float extra_component (const FaissClusterAssigner *self, size_t slot) {
    float rest = self->largest_norm * self->largest_norm - self->norms[slot];
    return sqrtf (rest > 0 ? rest : 0);
}

/* How far each group has moved since the last run. A little is added for rounding. */
static void measure_drifts (FaissClusterAssigner *self, const float *centroids) {
    memset (self->drifts, 0, sizeof self->drifts);
    for (size_t slot = 0; slot < self->k; slot++) {
        size_t c = self->order[slot];
        float squared = faiss_kernels.fvec_L2sqr (centroids + c * self->d,
                                                  self->previous + c * self->d, self->d);
        if (self->is_ip) {
            float difference = extra_component (self, slot) - self->extra[c];
            squared += difference * difference;
        }
        float drift = sqrtf (squared) * (1 + (float)self->d * FLT_EPSILON);
        float *of_group = &self->drifts[self->group_of[c]];
        *of_group = drift > *of_group ? drift : *of_group;
    }
}

static void remember_centroids (FaissClusterAssigner *self, const float *centroids) {
    memcpy (self->previous, centroids, self->k * self->d * sizeof *centroids);
    for (size_t slot = 0; self->is_ip && slot < self->k; slot++) {
        self->extra[self->order[slot]] = extra_component (self, slot);
    }
}

/* The largest squared norm; infinite if one is infinite or NaN. */
static float largest_value (const float *norms, size_t n) {
    float largest = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(norms[i] <= FLT_MAX)) {
            return INFINITY;
        }
        largest = norms[i] > largest ? norms[i] : largest;
    }
    return largest;
}

/* Take over the centroids. @param fresh  output: the bounds mean nothing any more */
static FaissStatus take_centroids (FaissClusterAssigner *self, const float *centroids,
                                   bool *fresh) {
    *fresh = self->n_runs < REGROUPINGS;
    if (*fresh) {
        FAISS_TRY (regroup (self, centroids));
    }
    pack (self, centroids);
    float largest = largest_value (self->norms, self->k);
    if (self->is_ip) {
        float limit = self->largest_norm * self->largest_norm;
        if (*fresh || !(largest <= limit)) { /* with some room for the next ones */
            self->largest_norm = sqrtf (largest) * 1.0001f;
            *fresh = true;
        }
        largest = self->largest_norm * self->largest_norm;
    }
    self->norm_bound = largest;
    if (!*fresh) {
        measure_drifts (self, centroids);
    }
    remember_centroids (self, centroids);
    return FAISS_OK;
}

/* ---- a block of points ----------------------------------------------------------------------- */

typedef struct Block {
    const FaissClusterAssigner *self;
    size_t begin, n;         /* of the points */
    float *bounds;           /* bounds[g * self->block + i] */
    float best[BLOCK];       /* value of the nearest centroid so far */
    uint32_t labels[BLOCK];  /* which one */
    float error[BLOCK];      /* how wrong a computed squared distance may be */
    float threshold[BLOCK];  /* a group whose bound is above it has nothing better */
    float group_best[BLOCK]; /* squared distance to the nearest of a group */
    uint32_t list[BLOCK];    /* the points to compare with a group, by their places here */
    uint32_t points[BLOCK];  /* the same as points of x */
    float vals[BLOCK];       /* what a kernel found */
    uint32_t rows[BLOCK];
} Block;

/* The squared distance, in the sense of the head of this file, that belongs to a value. */
static inline float squared_distance (const Block *block, size_t i, float value) {
    const FaissClusterAssigner *self = block->self;
    if (!self->is_ip) {
        return value;
    }
    return self->x_norms[block->begin + i] + self->norm_bound - 2 * value;
}

static inline void set_threshold (Block *block, size_t i) {
    float squared = squared_distance (block, i, block->best[i]) + block->error[i];
    block->threshold[i] = sqrtf (squared > 0 ? squared : 0) * (1 + 2 * FLT_EPSILON);
}

static inline bool is_better (const Block *block, size_t i, float value, uint32_t label) {
    if (value == block->best[i]) {
        return label < block->labels[i];
    }
    return block->self->is_ip ? value > block->best[i] : value < block->best[i];
}

static void start_block (Block *block, const FaissClusterAssigner *self, size_t number) {
    block->self = self;
    block->begin = number * self->block;
    block->n = self->n - block->begin < self->block ? self->n - block->begin : self->block;
    block->bounds = self->bounds + number * self->block * self->n_groups;
    /* products, their sum and the norms are off by at most d roundings each */
    float relative = (float)(self->d + 8) * FLT_EPSILON;
    for (size_t i = 0; i < block->n; i++) {
        block->best[i] = self->is_ip ? -INFINITY : INFINITY;
        block->labels[i] = UINT32_MAX;
        block->error[i] = relative * (self->x_norms[block->begin + i] + self->norm_bound);
    }
}

/* Compare the listed points with a panel. */
static void compare_with_panel (Block *block, size_t n, size_t panel) {
    const FaissClusterAssigner *self = block->self;
    size_t first = panel * ROWS;
    FaissKmeansGroup group = {
        .d = self->d,
        .x = self->x,
        .x_norms = self->x_norms,
        .points = block->points,
        .n = n,
        .rows = self->panels + first * self->d,
        .row_norms = self->norms + first,
        .n_rows = self->k - first < ROWS ? (unsigned)(self->k - first) : ROWS,
        .vals = block->vals,
        .best = block->rows,
    };
    self->nearest (&group);
    for (size_t at = 0; at < n; at++) {
        size_t i = block->list[at];
        uint32_t label = self->order[first + block->rows[at]];
        float squared = squared_distance (block, i, block->vals[at]);
        block->group_best[i] = squared < block->group_best[i] ? squared : block->group_best[i];
        if (is_better (block, i, block->vals[at], label)) {
            block->best[i] = block->vals[at];
            block->labels[i] = label;
            set_threshold (block, i);
        }
    }
}

/* Compare the listed points with a group, and note the new bounds. */
static void compare_with_group (Block *block, size_t n, size_t group) {
    const FaissClusterAssigner *self = block->self;
    for (size_t at = 0; at < n; at++) {
        block->points[at] = (uint32_t)block->begin + block->list[at];
        block->group_best[block->list[at]] = INFINITY;
    }
    for (size_t p = self->first_panel[group]; n > 0 && p < self->first_panel[group + 1]; p++) {
        compare_with_panel (block, n, p);
    }
    float *bounds = block->bounds + group * self->block;
    for (size_t at = 0; at < n; at++) {
        size_t i = block->list[at];
        float squared = block->group_best[i] - block->error[i];
        bounds[i] = sqrtf (squared > 0 ? squared : 0) * (1 - 2 * FLT_EPSILON);
    }
}

static void compare_with_all (Block *block) {
    for (size_t i = 0; i < block->n; i++) {
        block->list[i] = (uint32_t)i;
    }
    for (size_t g = 0; g < block->self->n_groups; g++) {
        compare_with_group (block, block->n, g);
    }
}

/* Each point with the group of its last centroid: what is found there is hard to beat. */
static void compare_with_own (Block *block) {
    const FaissClusterAssigner *self = block->self;
    uint32_t begin[MAX_GROUPS + 1] = {0}, sorted[BLOCK];
    const uint32_t *last = self->labels + block->begin;
    for (size_t i = 0; i < block->n; i++) {
        begin[self->group_of[last[i]] + 1]++;
    }
    for (size_t g = 0; g < self->n_groups; g++) {
        begin[g + 1] += begin[g];
    }
    for (size_t i = 0; i < block->n; i++) {
        sorted[begin[self->group_of[last[i]]]++] = (uint32_t)i;
    }
    for (size_t g = 0; g < self->n_groups; g++) { /* begin[g] is now the end of g */
        uint32_t first = g ? begin[g - 1] : 0;
        memcpy (block->list, sorted + first, (begin[g] - first) * sizeof *sorted);
        compare_with_group (block, begin[g] - first, g);
    }
}

/* Each point with those other groups that may hold something better. */
static void compare_with_others (Block *block) {
    const FaissClusterAssigner *self = block->self;
    const uint32_t *last = self->labels + block->begin;
    uint8_t own[BLOCK];
    for (size_t i = 0; i < block->n; i++) {
        own[i] = (uint8_t)self->group_of[last[i]];
    }
    for (size_t g = 0; g < self->n_groups; g++) {
        float *bounds = block->bounds + g * self->block;
        float drift = self->drifts[g];
        uint32_t n = 0;
        for (size_t i = 0; i < block->n; i++) {
            if (own[i] != g) { /* compared already, with a new bound */
                bounds[i] = (bounds[i] - drift) * (1 - 2 * FLT_EPSILON);
            }
            block->list[n] = (uint32_t)i;
            n += (own[i] != g) & (bounds[i] <= block->threshold[i]);
        }
        compare_with_group (block, n, g);
    }
}

static void run_block (const FaissClusterAssigner *self, size_t number, bool fresh,
                       float *distances, idx_t *assign) {
    Block block;
    start_block (&block, self, number);
    if (fresh) {
        compare_with_all (&block);
    } else {
        compare_with_own (&block);
        compare_with_others (&block);
    }
    for (size_t i = 0; i < block.n; i++) {
        distances[block.begin + i] = block.best[i];
        assign[block.begin + i] = block.labels[i];
        self->labels[block.begin + i] = block.labels[i];
    }
}

FaissStatus faiss_ClusterAssigner_run (FaissClusterAssigner *self, const float *centroids,
                                       float *distances, idx_t *assign, bool *done) {
    bool fresh;
    FAISS_TRY (take_centroids (self, centroids, &fresh));
    *done = largest_value (self->x_norms, self->n) + self->norm_bound < FLT_MAX / 8;
    if (!*done) {
        self->n_runs = 0;
        return FAISS_OK;
    }
    int64_t n_blocks = (int64_t)((self->n + self->block - 1) / self->block);
    FaissRegion region = {0};
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks)) schedule(dynamic)
    for (int64_t b = 0; b < n_blocks; b++) {
        if (!faiss_region_stopped (&region)) {
            run_block (self, (size_t)b, fresh, distances, assign);
        }
    }
    FAISS_TRY (faiss_region_close (&region));
    self->n_runs++;
    return FAISS_OK;
}
