/* How the first centroids of a k-means are chosen. */
#include <faiss/impl/ClusteringInitialization.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/parallel.h>
#include <faiss/impl/random_internal.h>
#include <faiss/utils/distances.h>

/* ---- distinct points at random --------------------------------------------------------------- */

static FaissStatus init_random (const FaissClusteringPoints *points, int64_t seed, size_t n_input,
                                size_t k, float *centroids) {
    FAISS_AUTO_FREE (int) *perm = NULL;
    FAISS_TRY (faiss_alloc (&perm, (size_t)points->n, sizeof *perm));
    faiss_rand_perm_prefix (perm, (size_t)points->n, k, seed);
    for (size_t i = n_input; i < k; i++) {
        FAISS_TRY (faiss_clustering_point (points, perm[i], centroids + i * points->d));
    }
    return FAISS_OK;
}

/* ---- what the two other methods share -------------------------------------------------------- */

/* Points as plain vectors, their squared distances to the centroids chosen so far, and a table to
 * sample from. */
typedef struct Seeding {
    size_t n, d;
    const float *x;
    float *decoded;     /* x, if there is a codec */
    double *distances;  /* to the nearest centroid, size n */
    double *cumulative; /* of what is sampled from, size n */
    bool *selected;     /* AFK-MC2: is a point a centroid? size n */
    FaissMt64 generator;
} Seeding;

static void Seeding_clear (Seeding *self) {
    free (self->decoded);
    free (self->distances);
    free (self->cumulative);
    free (self->selected);
}

static FaissStatus Seeding_init (Seeding *self, FaissClusteringPoints *points, int64_t seed) {
    self->n = (size_t)points->n;
    self->d = points->d;
    self->x = points->x;
    faiss_mt64_init (&self->generator, (uint64_t)seed);
    FAISS_TRY (faiss_alloc (&self->distances, self->n, sizeof *self->distances));
    FAISS_TRY (faiss_alloc (&self->cumulative, self->n, sizeof *self->cumulative));
    FAISS_TRY (faiss_alloc_zeroed (&self->selected, self->n, sizeof *self->selected));
    for (size_t i = 0; i < self->n; i++) {
        self->distances[i] = DBL_MAX;
    }
    if (!self->x) {
        FAISS_TRY (faiss_alloc_aligned (&self->decoded, self->n * self->d, sizeof (float)));
        for (idx_t i = 0; i < points->n; i += points->block) {
            idx_t end = points->n - i < points->block ? points->n : i + points->block;
            const float *block;
            FAISS_TRY (faiss_clustering_block (points, i, end, &block));
            memcpy (self->decoded + (size_t)i * self->d, block,
                    (size_t)(end - i) * self->d * sizeof *block);
        }
        self->x = self->decoded;
    }
    return FAISS_OK;
}

/* Take one more centroid into account. */
static void add_centroid (Seeding *self, const float *centroid) {
    enum { BLOCK = 256 };
    int64_t n_blocks = (int64_t)((self->n + BLOCK - 1) / BLOCK);
#pragma omp parallel for num_threads(faiss_threads_for(n_blocks)) schedule(static)
    for (int64_t block = 0; block < n_blocks; block++) {
        float distances[BLOCK];
        size_t begin = (size_t)block * BLOCK;
        size_t size = self->n - begin < BLOCK ? self->n - begin : BLOCK;
        faiss_fvec_L2sqr_ny (distances, centroid, self->x + begin * self->d, self->d, size);
        for (size_t i = 0; i < size; i++) {
            if (distances[i] < self->distances[begin + i]) {
                self->distances[begin + i] = distances[i];
            }
        }
    }
}

/* A point drawn with the probabilities of the cumulative table. */
static size_t sample (Seeding *self) {
    double total = self->cumulative[self->n - 1];
    if (total <= 0) {
        return (size_t)faiss_mt64_below (&self->generator, self->n);
    }
    double r = faiss_mt64_real (&self->generator, total);
    size_t low = 0, high = self->n;
    while (low < high) { /* the first entry >= r */
        size_t middle = low + (high - low) / 2;
        if (self->cumulative[middle] < r) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < self->n ? low : self->n - 1;
}

/* Centroids given by the caller, or else one drawn at random; *n_chosen: how many there are then.
 */
static void start_seeding (Seeding *self, size_t n_input, float *centroids, size_t *n_chosen) {
    for (size_t i = 0; i < n_input; i++) {
        add_centroid (self, centroids + i * self->d);
    }
    *n_chosen = n_input;
    if (n_input == 0) {
        size_t first = (size_t)faiss_mt64_below (&self->generator, self->n);
        memcpy (centroids, self->x + first * self->d, self->d * sizeof *centroids);
        self->selected[first] = true;
        add_centroid (self, centroids);
        *n_chosen = 1;
    }
}

static FaissStatus check_total (double total) {
    if (!isfinite (total)) {
        return faiss_fail (FAISS_EXCEPT, "Error in Clustering_train: the distances between the "
                                         "points are too large for this init_method");
    }
    return FAISS_OK;
}

/* ---- k-means++ ------------------------------------------------------------------------------- */

static FaissStatus init_plus_plus (Seeding *self, size_t n_input, size_t k, float *centroids) {
    size_t i;
    start_seeding (self, n_input, centroids, &i);
    for (; i < k; i++) {
        double total = 0;
        FAISS_TRY (faiss_check_interrupt ());
        for (size_t j = 0; j < self->n; j++) {
            total += self->distances[j];
            self->cumulative[j] = total;
        }
        FAISS_TRY (check_total (total));
        float *centroid = centroids + i * self->d;
        memcpy (centroid, self->x + sample (self) * self->d, self->d * sizeof *centroid);
        if (i + 1 < k) {
            add_centroid (self, centroid);
        }
    }
    return FAISS_OK;
}

/* ---- AFK-MC2 --------------------------------------------------------------------------------- */

/* The proposal distribution: half by distance to the first centroids, half uniform. */
static FaissStatus make_proposals (Seeding *self) {
    double sum = 0, total = 0;
    for (size_t i = 0; i < self->n; i++) {
        sum += self->distances[i];
    }
    FAISS_TRY (check_total (sum));
    for (size_t i = 0; i < self->n; i++) {
        double by_distance = sum > 0 ? 0.5 * self->distances[i] / sum : 0;
        self->distances[i] = by_distance + 0.5 / (double)self->n; /* q, from here on */
        total += self->distances[i];
        self->cumulative[i] = total;
    }
    return FAISS_OK;
}

static double distance_to_chosen (const Seeding *self, size_t point, const float *centroids,
                                  size_t n_chosen, float *buffer) {
    faiss_fvec_L2sqr_ny (buffer, self->x + point * self->d, centroids, self->d, n_chosen);
    double nearest = DBL_MAX;
    for (size_t i = 0; i < n_chosen; i++) {
        nearest = buffer[i] < nearest ? buffer[i] : nearest;
    }
    return nearest;
}

/* A Markov chain that ends at the next centroid. */
static size_t run_chain (Seeding *self, int length, const float *centroids, size_t n_chosen,
                         float *buffer) {
    const double *q = self->distances;
    size_t candidate;
    do {
        candidate = sample (self);
    } while (self->selected[candidate]);
    double distance = distance_to_chosen (self, candidate, centroids, n_chosen, buffer);
    for (int step = 0; step < length; step++) {
        size_t proposal = sample (self);
        if (self->selected[proposal]) {
            continue;
        }
        double its_distance = distance_to_chosen (self, proposal, centroids, n_chosen, buffer);
        double acceptance =
            distance > 0 ? fmin (1, (its_distance * q[candidate]) / (distance * q[proposal])) : 0;
        if (faiss_mt64_real (&self->generator, 1) < acceptance) {
            candidate = proposal;
            distance = its_distance;
        }
    }
    return candidate;
}

static FaissStatus init_afkmc2 (Seeding *self, int chain_length, size_t n_input, size_t k,
                                float *centroids) {
    FAISS_AUTO_FREE (float) *buffer = NULL;
    FAISS_TRY (faiss_alloc (&buffer, k, sizeof *buffer));
    size_t i;
    start_seeding (self, n_input, centroids, &i);
    FAISS_TRY (make_proposals (self));
    for (; i < k; i++) {
        FAISS_TRY (faiss_check_interrupt ());
        size_t point = run_chain (self, chain_length, centroids, i, buffer);
        memcpy (centroids + i * self->d, self->x + point * self->d, self->d * sizeof *centroids);
        self->selected[point] = true;
    }
    return FAISS_OK;
}

FaissStatus faiss_clustering_init_centroids (FaissClusteringPoints *points,
                                             const FaissClusteringParameters *cp, int64_t seed,
                                             size_t n_input, size_t k, float *centroids) {
    if (n_input >= k) {
        return FAISS_OK;
    }
    if (cp->init_method == ClusteringInitMethod_RANDOM) {
        return init_random (points, seed, n_input, k, centroids);
    }
    __attribute__ ((cleanup (Seeding_clear))) Seeding seeding = {0};
    FAISS_TRY (Seeding_init (&seeding, points, seed));
    if (cp->init_method == ClusteringInitMethod_KMEANS_PLUS_PLUS) {
        return init_plus_plus (&seeding, n_input, k, centroids);
    }
    return init_afkmc2 (&seeding, cp->afkmc2_chain_length, n_input, k, centroids);
}
